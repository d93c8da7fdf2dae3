"""The files of a month in the folder: what was decided in them is read, and they are written from the ledger."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ims_billing.ledger.file import Waiting
from ims_billing.ledger.ledger import Ledger
from ims_billing.reading.intake import nobody_to_ask
from ims_billing.reading.spreadsheet import AskPassword
from ims_billing.reading.typed_decisions import read_decisions
from ims_billing.sessions.newly_decided import newly_decided
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import DECISIONS, empty, prove
from ims_billing.vocabulary.model import Progress, no_progress
from ims_billing.workbooks.files import (
    INSURERS,
    Written,
    batch_of,
    claim_workbooks,
    probe_month,
    summaries,
    summary_path,
    write_month,
)


@dataclass(frozen=True)
class DecidedIn:
    """A spreadsheet in which somebody may have decided: its hash, whether it shows the ledger's state, its TYPED."""

    path: Path
    sha256: str
    fresh: bool
    typed: pd.DataFrame


def decided_in(ledger: Ledger, month: str, out: Path, given: Path | None, ask: AskPassword) -> list[DecidedIn]:
    """The month's summaries in the folder that were saved since they were written, and the file that was given."""
    with ledger.reading():
        left, up_to_date = ledger.summary_left(month, _place(out))
    own = summary_path(out, month)
    found = []
    for path in dict.fromkeys([*summaries(out, month), *([given] if given else [])]):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise BillingError(f"{path}: the decisions in it cannot be read: {error.strerror}.") from error
        sha256 = hashlib.sha256(content).hexdigest()
        if path != own or sha256 != left:
            typed = read_decisions(path.name, content, ask)
            found.append(DecidedIn(path, sha256, path == own and up_to_date, typed))
    return found


def unread_decisions(ledger: Ledger, month: str, workbooks: Sequence[DecidedIn], as_of: dt.date) -> pd.DataFrame:
    """What was decided in these workbooks and is not on the ledger yet: the DECISIONS frame."""
    new = empty(DECISIONS)
    known, lines = ledger.decisions(), ledger.open_lines()
    for book in workbooks:
        decided = newly_decided(book.typed, lines, known, month=month, on=as_of, fresh=book.fresh)
        both = decided.merge(new, on=["session", "kind"], suffixes=("", "_before"))
        words = ("decision", "correct_value", "decided_by", "note")
        for line in both.to_dict("records"):
            if any(line[word] != line[f"{word}_before"] for word in words):
                raise BillingError(
                    f"{book.path.name}: another workbook of {month} decides otherwise about the session "
                    f"{line['session']} ({line['kind']}). Leave one of the two decisions."
                )
        again = decided.set_index(["session", "kind"]).index.isin(new.set_index(["session", "kind"]).index)
        new = pd.concat([new, decided[~again]], ignore_index=True)
    return prove(new, DECISIONS)


def nothing_unread(ledger: Ledger, month: str, out: Path, read: Collection[str], ask: AskPassword) -> None:
    """Raises BillingError where the summary that is to be written again holds decisions that nobody has read."""
    path = summary_path(out, month)
    if not path.is_file():
        return
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    left, up_to_date = ledger.summary_left(month, _place(out))
    if sha256 == left or sha256 in read:
        return
    book = DecidedIn(path, sha256, up_to_date, read_decisions(path.name, content, ask))
    new = unread_decisions(ledger, month, [book], dt.date.min)
    if len(new):
        raise BillingError(
            f"{path}: {len(new)} {'decision' if len(new) == 1 else 'decisions'} in it were not read yet, and would be "
            f"lost. Run ims-billing claim for {month} first, with the files of the month."
        )


def first_known(password: str, ask: AskPassword) -> AskPassword:
    """Asks for a password only where the one that is known does not open a file."""
    return lambda name, again: password if password and not again else ask(name, again)


def refuse_a_forgotten_ledger(ledger: Ledger, out: Path, *, new: bool) -> None:
    """Raises BillingError where claims were made before and the ledger is not there: all would be claimed again."""
    # In this order: a command that begins at the same time makes its ledger before its workbooks.
    before = claim_workbooks(out)
    if before and not new and not ledger.exists:
        raise BillingError(
            f"{ledger.path}: there is no ledger, but {before[0]} shows that claims were made before, and without "
            "their ledger they would all be claimed again. Connect the drive that it is on, or name it with --ledger; "
            "if there never was one, start it with --new-ledger."
        )


def refuse_an_outdated_ledger(ledger: Ledger, month: str, batch: int, out: Path) -> None:
    """Raises BillingError where the folder holds a workbook of this new batch, or of a later one, already.

    Then the ledger is another one, or an old copy: it would give the same numbers to other claims.
    """
    there = [path for path in claim_workbooks(out, month) if path.parent.name == INSURERS and batch_of(path) >= batch]
    if there:
        raise BillingError(
            f"{there[0]}: this workbook is of a batch that the ledger {ledger.path} does not know. The ledger is an "
            "old copy, or another one, and would claim sessions again. Name the right one with --ledger; if this one "
            "is right, move that workbook away."
        )


def _place(out: Path) -> str:
    """How the ledger knows an output folder."""
    return str(out.resolve())


def probe(ledger: Ledger, month: str, out: Path, password: str) -> None:
    """Raises BillingError where a file that is to be written could not be, before anything is recorded."""
    batches = ledger.unwritten(month, _place(out))
    if batches is not None:
        probe_month(month, ledger.batches(month), batches, out, password)


def write(
    ledger: Ledger,
    month: str,
    out: Path,
    batch: int | None,
    progress: Progress,
    waiting: Waiting,
    password: str,
    read: Collection[str],
    ask: AskPassword,
) -> Written | None:
    """Writes what is not in the folder yet; everything, where it has no workbook of the month at all.

    The ledger is locked meanwhile: what a folder shows is then what the ledger holds, whoever came in between.
    """
    with ledger.writing(waiting, f"claim {month}"):
        batches = ledger.unwritten(month, _place(out))
        if batches is None and claim_workbooks(out, month):
            return None
        shown = ledger.month(month)
        if not batches and not claim_workbooks(out, month):
            batches = tuple(b.number for b in shown.batches)
        with _recorded_already(month, batch):
            nothing_unread(ledger, month, out, read, first_known(password, ask))
            written = write_month(shown, batches or (), out, progress, password)
        ledger.mark_written(month, _place(out), written.summary_sha256)
    return written


@contextmanager
def _recorded_already(month: str, batch: int | None) -> Iterator[None]:
    """Says, where a file cannot be written, that the ledger has what it shows, and how to get it."""
    try:
        yield
    except (BillingError, OSError) as error:
        what = f"Batch {batch} of {month}" if batch else f"The change to {month}"
        raise BillingError(
            f"{what} is on the ledger, but not all of its files could be written. {error}\n"
            f"Put that right, then write them with: ims-billing report {month}"
        ) from error


def report(
    ledger: Ledger,
    month: str,
    out: Path,
    *,
    password: str = "",
    ask: AskPassword = nobody_to_ask,
    progress: Progress = no_progress,
    waiting: Waiting = lambda _: None,
) -> Written:
    """Writes all files of a month again from the ledger, the same to the byte; raises BillingError where it cannot."""
    with ledger.writing(waiting, f"report {month}"):
        shown = ledger.month(month)
        batches = tuple(batch.number for batch in shown.batches)
        probe_month(month, shown.batches, batches, out, password)
        nothing_unread(ledger, month, out, (), first_known(password, ask))
        written = write_month(shown, batches, out, progress, password)
        ledger.mark_written(month, _place(out), written.summary_sha256)
    return written


def refresh(
    ledger: Ledger,
    months: Sequence[str],
    out: Path,
    *,
    password: str = "",
    ask: AskPassword = nobody_to_ask,
    progress: Progress = no_progress,
    waiting: Waiting = lambda _: None,
) -> list[Written]:
    """Writes the files of months again that show what has changed since, where the folder has them at all.

    Raises BillingError where one cannot be written; the ledger has the change already, and `report` writes it.
    """
    written = []
    for month in months:
        if claim_workbooks(out, month):
            with ledger.reading(), _recorded_already(month, None):
                probe(ledger, month, out, password)
            written.append(write(ledger, month, out, None, progress, waiting, password, (), ask))
    return [one for one in written if one]
