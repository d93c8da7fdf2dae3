"""When each policy of a list is in force: its first and last day, and whether a status says that it has ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ims_billing.reading.statuses import doubts, mark, trimmed
from ims_billing.reading.table import Table
from ims_billing.rules.published import published
from ims_billing.rules.words import PolicyStatus
from ims_billing.vocabulary.cells import Cell, text, word_of
from ims_billing.vocabulary.spelling import heading_words

# Words of a heading that say only what it is that was closed or is active.
_ABOUT = frozenset(["policy", "plan", "coverage", "insurance", "claim"])


@dataclass
class Terms:
    """By row: whether the policy has ended, nobody can tell when; and its first and last day, None where none is."""

    ended: list[bool]
    first: list[dt.datetime | None]
    last: list[dt.datetime | None]


def policy_terms(table: Table) -> Terms:
    """The terms of each policy; every column counts, and of two days the one that leaves the policy less."""
    size = len(table)
    terms = Terms([False] * size, [None] * size, [None] * size)
    for name in table.every("valid_from"):
        _narrow(terms.first, table.noted_dates(name, short_years=True), max)
    for name in table.every("valid_until"):
        _narrow(terms.last, table.noted_dates(name, short_years=True), min)
    # Nobody can say on which days a policy is in force whose first or last day cannot be read: it lends nothing.
    for position, column, *_ in table.bad:
        if column.partition(" ")[0] in ("valid_from", "valid_until"):
            terms.ended[position] = True
    for name in table.every("policy_status"):
        _read_status(table, name, terms)
    return terms


def _narrow(
    terms: list[dt.datetime | None],
    days: Sequence[dt.datetime | None],
    narrower: Callable[[dt.datetime, dt.datetime], dt.datetime],
) -> None:
    for position, day in enumerate(days):
        own = terms[position]
        if day is not None:
            terms[position] = day if own is None else narrower(own, day)


def _read_status(table: Table, name: str, terms: Terms) -> None:
    rules = published().layouts.policy_status
    in_force, ended = ({word_of(word) for word in words} for words in (rules.open, rules.ended))
    head = " ".join(word for word in trimmed(table.heading(name)).split() if word not in _ABOUT)
    days = table.dates(name, short_years=True)
    last: list[dt.datetime | None] = [None] * len(table)
    for position, (cell, day) in enumerate(zip(table.raw(name), days, strict=True)):
        written, word, answer = text(cell), word_of(text(cell)), mark(cell)
        if answer == "" or (word in in_force and not doubts(written)):
            continue
        if head in ended and day is not None:
            last[position] = day
            continue
        # Under "Active" a yes leaves it in force, under "Closed" a no; all else says that it ended, or nobody can tell.
        stays = {"no"} if head in ended else {"yes"} if head in in_force else set()
        terms.ended[position] |= doubts(written) or day is not None or answer not in stays
    _narrow(terms.last, last, min)


def may_speak_of_the_end(written: str, cells: Sequence[Cell], rules: PolicyStatus) -> bool:
    """Whether an unread column of a list of policies may say that one has ended, or from when it is in force."""
    if not any(text(cell) for cell in cells):
        return False
    words = heading_words(written)
    if {*words} & {word_of(word) for word in rules.doubtful} or any(word.startswith(rules.stems) for word in words):
        return True
    ended = {word_of(word) for word in rules.ended}
    return any(word_of(text(cell)) in ended for cell in {*cells})
