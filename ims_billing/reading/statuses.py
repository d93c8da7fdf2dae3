"""Each row's status, from every column that says one: a status column, or one headed No Show, Cancelled or Attended."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import Cell, day, meanings, money, quoted, text, time, word_of
from ims_billing.vocabulary.rows import of_each_cell

if TYPE_CHECKING:
    from ims_billing.reading.table import Table

# Words around a status in a heading, as in "patient_arrived", "Is cancelled?", "No show date".
_AROUND = (
    *("is", "was", "has", "patient", "client", "appointment", "appt", "visit", "session", "booking", "flag"),
    *("at", "on", "date", "day", "time"),
)
# Every visit was booked once: such a heading says when, and nothing about what became of the visit.
_BEFORE_THE_VISIT = ("booked", "scheduled", "réservé", "réservée", "prévu", "prévue", "upcoming", "future")
# "Done" heads a column about the bill as often as one about the visit.
_OF_ANYTHING = ("done",)
# A row may state several of these; the first in this order is its status.
_ORDER = ("cancelled", "no-show", "refunded", "not-arrived")
_TICKS = "✓✔☑✅√•●"
# Signs that change nothing around a word or alone: brackets, dashes, full stops and quotation marks. Any other sign
# says something, as in "Arrived?" or "❌ Arrived". (\ufe0f only chooses how a tick is drawn.)
_SILENT = frozenset("()[]{}-–—−‑_.,:;'’‘\"“”…\ufe0f")


def heading_status(written: str, words: Mapping[str, str]) -> str:
    """The status that a heading itself is, such as "cancelled" for ``Cancelled at``; empty where it is none."""
    word = trimmed(written)
    return "" if word in map(word_of, (*_BEFORE_THE_VISIT, *_OF_ANYTHING)) else words.get(word, "")


def trimmed(written: str) -> str:
    """A heading as a word, without words around it such as "is" and "date"."""
    parts = word_of(written).split()
    while parts and parts[0] in _AROUND:
        parts = parts[1:]
    while parts and parts[-1] in _AROUND:
        parts = parts[:-1]
    return " ".join(parts)


def mark(cell: Cell) -> str | None:
    """Whether a cell of a yes/no column says "yes" or "no"; a day or a time says yes; empty: blank; None: neither."""
    written = text(cell)
    if not any(map(str.isalnum, written)):
        signs = _signs(written)
        return None if signs - set(_TICKS) else "yes" if signs else ""
    answer = _yes_and_no().get(word_of(written))
    if answer is None and money(cell) is not None:
        return None  # 20.00 under Refunded is an amount, not a time
    if answer is None and (day(cell, "month-first") or day(cell, "day-first") or time(cell) is not None):
        return "yes"
    return answer


@cache
def _not_applicable() -> frozenset[str]:
    return frozenset(map(word_of, published().layouts.words.nothing["not-applicable"]))


@cache
def _yes_and_no() -> dict[str, str]:
    return meanings(published().layouts.words.billed, {})


def holds_marks(cells: Iterable[Cell], words: Mapping[str, str]) -> bool:
    """Whether most filled cells of a column are marks or statuses, so that its heading says what they mean."""
    filled = [cell for cell in cells if text(cell)]
    marks = sum(mark(cell) is not None or word_of(text(cell)) in words for cell in filled)
    return marks * 2 > len(filled)


def row_statuses(table: Table, words: Mapping[str, str], blank: str) -> list[str]:
    """The status of each row; `blank` where no column says one, "unknown" where it is not certain.

    `words` are the words for a status with their meaning. A cell that is no status, a blank under a heading such as
    Attended, and columns that contradict each other are noted as ``status-not-recognised``.
    """
    columns = [_StatusColumn(table, name, words) for name in table.every("status")]
    by_column = list(zip(*(column.statuses for column in columns), strict=True)) or [()] * len(table)
    rows = of_each_cell(by_column, lambda stated: _settled(columns, stated, blank))
    for position, row in enumerate(rows):
        odd = row.odd.not_a_status(position, several=len(columns) > 1) if row.odd else ""
        if message := odd or row.message:
            of_claim = row.odd is not None and published().layouts.says_billed(row.odd.texts[position])
            table.note(position, "billed" if of_claim else "status", "status-not-recognised", message)
    return [row.status for row in rows]


class _Settled(NamedTuple):
    """The status that the columns of a row make together."""

    status: str
    message: str = ""
    """Why it is not certain; empty where it is."""
    odd: _StatusColumn | None = None
    """The column whose cell is no status."""


def _settled(columns: Sequence[_StatusColumn], by_column: Sequence[str], blank: str) -> _Settled:
    stated = {status: column for column, status in zip(columns, by_column, strict=True) if status}
    absent = [status for status in _ORDER if status in stated]
    if "unknown" in stated:
        return _Settled("unknown", odd=stated["unknown"])
    if "arrived" in stated and absent:
        both = f"{stated['arrived'].called} and {stated[absent[0]].called} contradict each other."
        return _Settled("unknown", both)
    # Where visits are ticked once the patient came, a visit without a tick did not take place or was forgotten.
    silent = next((column.called for column in columns if column.ticks_visits), "") if not stated else ""
    if silent:
        return _Settled("unknown", f"{silent} is blank here, and says of other rows that the patient came.")
    return _Settled(next(iter([*absent, *stated]), blank))


class _StatusColumn:
    """One column that says statuses: by position a status, "unknown", or nothing."""

    def __init__(self, table: Table, name: str, words: Mapping[str, str]) -> None:
        own = heading_status(table.heading(name), words)
        self.called = table.called(name)
        self.texts = table.texts(name, sound=True)
        broken = {
            position for position, column, kind, _ in table.bad if column == "status" and kind == "unreadable-cell"
        }
        cells = list(zip(table.raw(name), self.texts, strict=True))
        self.statuses = of_each_cell(cells, lambda pair: _status(*pair, own, words))
        for position in broken:
            if not self.texts[position]:
                self.statuses[position] = "unknown"
        self.ticks_visits = own == "arrived" and any(self.statuses)

    def not_a_status(self, position: int, *, several: bool) -> str:
        """The message for a cell that is no status; empty for an error such as #N/A, which is noted already."""
        written = self.texts[position]
        place = f" in {self.called}" if several else ""
        return f"The status{quoted(written)}{place} is not one the program knows." if written else ""


def _signs(written: str) -> set[str]:
    """The signs in a text that say something; a stroke between two letters is a hyphen, as in N/A."""
    joined = re.sub(r"(?<=\w) ?/ ?(?=\w)", " ", written)
    return {sign for sign in joined if not (sign.isalnum() or sign.isspace() or sign in _SILENT)}


def doubts(written: str) -> bool:
    """Whether a sign beside a word takes away what the word says, as in "no?"; a sign alone is a word of its own."""
    return any(map(str.isalnum, written)) and bool(_signs(written))


def _status(cell: Cell, written: str, own: str, words: Mapping[str, str]) -> str:
    signs = _signs(written)
    word = word_of("".join(sign for sign in written if sign not in _TICKS))
    if signs and word:
        # A tick beside the word says the same once more where the patient came, and else contradicts it.
        return "arrived" if signs <= set(_TICKS) and words.get(word) == "arrived" else "unknown"
    if (word or written) in words:
        return words[word or written]
    if word in _not_applicable():
        return ""
    if not own:
        return "unknown" if word or signs else ""
    answer = mark(cell)
    if answer == "yes":
        return own
    if answer == "no":
        return "not-arrived" if own == "arrived" else ""
    return "" if answer == "" else "unknown"
