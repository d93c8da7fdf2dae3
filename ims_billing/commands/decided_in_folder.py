"""Decisions in a month's workbooks in the output folder that are not on the ledger yet."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ims_billing.commands.workplace import Workplace
from ims_billing.ledger.ledger import Ledger
from ims_billing.vocabulary.errors import BillingError, about
from ims_billing.vocabulary.frames import DECISIONS, empty, prove
from ims_billing.workbooks.files import summaries, summary_path

if TYPE_CHECKING:
    import pandas as pd

    from ims_billing.reading.sendings import TypedSending


class DecidedIn(NamedTuple):
    """A workbook that may hold new decisions: its hash, whether it shows the ledger's state, its TYPED.

    `sendings` is what its sheet To send says.
    """

    path: Path
    sha256: str
    fresh: bool
    typed: pd.DataFrame
    sendings: tuple[TypedSending, ...] = ()


def decided_in(at: Workplace, month: str, given: Path | None) -> list[DecidedIn]:
    """The month's summaries that somebody saved after they were written, and the workbook `given`, if any.

    Raises BillingError, with its path, where one cannot be read.
    """
    paths = dict.fromkeys([*summaries(at.out, month), *([given] if given else [])])
    if not paths:
        return []
    with at.ledger.reading():
        left, up_to_date = at.ledger.files.summary_left(month, at.place)
    own = summary_path(at.out, month)
    books = []
    for path in paths:
        with about(path):
            try:
                content = path.read_bytes()
            except OSError as error:
                raise BillingError(f"{path}: the decisions in it cannot be read: {error.strerror}.") from error
            sha256 = hashlib.sha256(content).hexdigest()
            if path != own or sha256 != left:
                # Here, so that a folder where nothing was saved is looked at without what reads workbooks.
                from ims_billing.reading.sendings import typed_sendings
                from ims_billing.reading.typed_decisions import read_decisions, typed_tables

                tables = typed_tables(path.name, content, at.ask_if_needed)
                typed, sendings = read_decisions(path.name, tables), typed_sendings(path.name, tables)
                books.append(DecidedIn(path, sha256, path == own and up_to_date, typed, sendings))
    return books


def saved_workbooks(at: Workplace, months: Iterable[str]) -> dict[str, list[DecidedIn] | BillingError]:
    """By month the workbooks in `decided_in`, or why they cannot be read: for who only looks."""
    books: dict[str, list[DecidedIn] | BillingError] = {}
    for month in months:
        try:
            books[month] = decided_in(at, month, None)
        except BillingError as error:
            books[month] = error
    return books


def unread_decisions(
    ledger: Ledger, month: str, workbooks: Sequence[DecidedIn], as_of: dt.date, *, overrule: bool = False
) -> pd.DataFrame:
    """Decisions in these workbooks that are not on the ledger yet, as DECISIONS.

    Raises BillingError, with the path of the workbook, where two of them decide differently about the same finding, or
    where one is older than a decision that it would `overrule`.
    """
    import pandas as pd

    from ims_billing.sessions.newly_decided import SavedSummary, newly_decided

    new = empty(DECISIONS)
    recorded, lines = ledger.decisions.all(), ledger.months.open_lines()
    for book in workbooks:
        saved = SavedSummary(month, book.typed, book.fresh)
        with about(book.path):
            decided = newly_decided(saved, lines, recorded, on=as_of, overrule=overrule)
        both = decided.merge(new, on=["session", "kind"], suffixes=("", "_before"))
        words = ("decision", "correct_value", "decided_by", "note")
        for line in both.to_dict("records"):
            if any(line[word] != line[f"{word}_before"] for word in words):
                raise BillingError(
                    f"{book.path.name}: another workbook of {month} decides otherwise about the session "
                    f"{line['session']} ({line['kind']}). Leave one of the two decisions.",
                    book.path,
                )
        again = decided.set_index(["session", "kind"]).index.isin(new.set_index(["session", "kind"]).index)
        new = pd.concat([new, decided[~again]], ignore_index=True)
    return prove(new, DECISIONS)
