"""Writes the files of a month in the output folder, from the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ims_billing.commands.decided_in_folder import first_known, place
from ims_billing.commands.refusals import nothing_unread, probe
from ims_billing.ledger.file import Waiting
from ims_billing.ledger.ledger import Ledger
from ims_billing.reading.intake import nobody_to_ask
from ims_billing.reading.spreadsheet import AskPassword
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.model import Progress, no_progress
from ims_billing.workbooks.files import Written, claim_workbooks, probe_month, write_month


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
        batches = ledger.unwritten(month, place(out))
        if batches is None and claim_workbooks(out, month):
            return None
        shown = ledger.month(month)
        if not batches and not claim_workbooks(out, month):
            batches = tuple(b.number for b in shown.batches)
        with _recorded_already(month, batch):
            nothing_unread(ledger, month, out, read, first_known(password, ask))
            written = write_month(shown, batches or (), out, progress, password)
        ledger.mark_written(month, place(out), written.summary_sha256)
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
        ledger.mark_written(month, place(out), written.summary_sha256)
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
