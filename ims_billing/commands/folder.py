"""Writes the files of a month in the output folder, from the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager

from ims_billing.commands.refusals import nothing_unread, probe, refuse_files_of_another_ledger
from ims_billing.commands.sent_in_folder import take_sendings
from ims_billing.commands.workplace import Workplace
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.model import MonthView
from ims_billing.workbooks.files import Written, claim_workbooks, summary_path
from ims_billing.workbooks.probes import left_readable, probe_month
from ims_billing.workbooks.protection import is_protected

_CUT_OFF = "A command was cut off before it had written the files of {}."


def write(at: Workplace, month: str, batch: int | None, read: Collection[str] = ()) -> Written | None:
    """Writes the files that the folder lacks, or all where it has no workbook of the month; None if it lacks none.

    `batch` is the batch that was just recorded, and `read` are the hashes of workbooks whose decisions were read.
    The ledger is locked meanwhile, so that the folder shows what the ledger holds, whichever command ran in between.
    """
    with _recorded_already(at, month, batch):
        take_sendings(at, month, read)
    with at.ledger.writing(at.waiting, f"claim {month}"):
        batches = at.ledger.files.unwritten(month, at.place)
        if batches is None and claim_workbooks(at.out, month) and not (at.password and left_readable(month, at.out)):
            return None
        shown = at.ledger.month(month)
        if not batches and not claim_workbooks(at.out, month):
            batches = tuple(b.number for b in shown.batches)
        with _recorded_already(at, month, batch):
            nothing_unread(at, month, read)
            written = _written(at, shown, batches or ())
        _note_written(at, month, written)
    return written


def finish(at: Workplace, but: str = "") -> None:
    """Writes the files that a command which was cut off had recorded and not written, and says so.

    The files of the month `but` are left to the present command, which writes them itself; those that somebody moved
    away are left out.
    """
    if not at.ledger.exists:
        return
    with at.ledger.reading():
        months = at.ledger.files.cut_off(at.place)
        if months.keys() - {but}:
            refuse_files_of_another_ledger(at, list(months))
    for month, had in months.items():
        if had and not claim_workbooks(at.out, month):
            continue
        if month == but:
            at.ledger.notify(f"{_CUT_OFF.format(month)} This command writes them.")
            continue
        try:
            written = write(at, month, None)
        except BillingError as error:
            # Decisions in it that nobody has read, or a file that is open: no reason to stop another command.
            at.ledger.notify(str(error))
            continue
        if written:
            at.ledger.notify(f"{_CUT_OFF.format(month)} They are written now.")


def _written(at: Workplace, shown: MonthView, batches: Collection[int]) -> Written:
    """Writes the files of a month and of these batches, and keeps the summary that somebody changed."""
    # Here, so that a command that writes no workbook does not load what makes them.
    from ims_billing.commands.changed_summary import changed_summary
    from ims_billing.workbooks.month_files import write_month

    return write_month(shown, batches, at.out, at.progress, at.password, changed_summary(at, shown.month))


def _note_written(at: Workplace, month: str, written: Written) -> None:
    """Notes on the ledger that a month's files are up to date, and says what became of those that were there."""
    at.ledger.files.mark_written(month, at.place, written.summary_sha256)
    for path in written.removed:
        at.ledger.notify(f"{path} could be read without a password, so it is deleted.")
    for path in written.protected:
        at.ledger.notify(f"{path} could be read without a password. It opens with the password only now.")
    if written.kept:
        at.ledger.notify(
            f"The claim summary was changed elsewhere than in the cells to type in. It is kept as {written.kept}."
        )


@contextmanager
def _recorded_already(at: Workplace, month: str, batch: int | None) -> Iterator[None]:
    """Where a file cannot be written, the message adds that the ledger has its content, and how to get the file."""
    try:
        yield
    except (BillingError, OSError) as error:
        what = f"Batch {batch} of {month}" if batch else f"The change to {month}"
        summary = summary_path(at.out, month)
        protects = at.password or (summary.is_file() and is_protected(summary))
        raise BillingError(
            f"{what} is on the ledger, but not all of its files could be written. {error}\n"
            f"Put that right, then write them with: ims-billing report {month}{' --protect' if protects else ''}"
        ) from error


def report(at: Workplace, month: str) -> Written:
    """Writes all files of a month again from the ledger, as identical copies; raises BillingError where it cannot."""
    finish(at, month)
    with at.ledger.reading():
        refuse_files_of_another_ledger(at, [month])
        # Before marks To send are recorded, which a refusal would leave unwritten.
        _probe_all(at, month)
    take_sendings(at, month)
    with at.ledger.writing(at.waiting, f"report {month}"):
        _probe_all(at, month)
        shown = at.ledger.month(month)
        batches = tuple(batch.number for batch in shown.batches)
        written = _written(at, shown, batches)
        _note_written(at, month, written)
    return written


def _probe_all(at: Workplace, month: str) -> None:
    """Raises BillingError where one of a month's files could not be written, or says what was not read."""
    batches = at.ledger.batches.of_month(month)
    probe_month(month, batches, tuple(batch.number for batch in batches), at.out, at.password)
    nothing_unread(at, month)


def probe_months(at: Workplace, months: Iterable[str]) -> None:
    """Raises BillingError where `refresh` could not write a file of these months: before their change is recorded."""
    for month in months:
        if claim_workbooks(at.out, month):
            probe(at, month)


def refresh(at: Workplace, months: Sequence[str]) -> list[Written]:
    """Writes the files of changed months again, of those months that the folder has at all.

    Raises BillingError where one cannot be written; the ledger has the change already, and `report` writes it.
    """
    written = []
    for month in months:
        if claim_workbooks(at.out, month):
            with at.ledger.reading(), _recorded_already(at, month, None):
                probe(at, month)
            written.append(write(at, month, None))
    return [one for one in written if one]
