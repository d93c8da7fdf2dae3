"""Whether a month's files could be written, before anything is recorded: no place, open elsewhere, or left readable."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from ims_billing.saving import probe
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.model import Batch
from ims_billing.workbooks.file_marks import is_ours
from ims_billing.workbooks.files import (
    INSURERS,
    claim_workbooks,
    csv_path,
    month_paths,
    of_batches,
    other_spreadsheets,
    plain_kept,
    summaries,
    summary_path,
)
from ims_billing.workbooks.protection import is_protected, keep_protection


def probe_summary(month: str, out: Path, password: str = "") -> None:
    """Raises BillingError where the month's summary could not be written: it is always one of the files.

    With a `password` also where files of the month lie there that anybody can read, and that would stay so.
    """
    probe(summary_path(out, month))
    keep_protection(summary_path(out, month), password)
    if password:
        _refuse_readable(month, out, (), None)


def probe_month(month: str, expected: Iterable[Batch], batches: Collection[int], out: Path, password: str = "") -> None:
    """Raises BillingError where one of the files could not be written: open elsewhere, or no place for it.

    Of the month's `expected` batches, these `batches` are to be written; with a `password`, nothing that anybody can
    read may stay beside them.
    """
    expected = tuple(expected)
    paths = month_paths(out, month, of_batches(expected, batches))
    for path in paths:
        probe(path)
        keep_protection(path, password)
    if password:
        _refuse_readable(month, out, paths, {*month_paths(out, month, expected)} - {*paths})


def left_readable(month: str, out: Path) -> bool:
    """Whether anybody can read what a command that protects the month would protect or remove."""
    summary = summary_path(out, month)
    plain = summary.is_file() and not is_protected(summary)
    return plain or csv_path(out, month).is_file() or bool(plain_kept(out, month))


def _refuse_readable(month: str, out: Path, written: Collection[Path], others: Collection[Path] | None) -> None:
    """Raises BillingError where files of the month can be read that are not among those to be `written`.

    `others` are those of the month's own that `report` would write as well; None where that is not known.
    """
    books = [path for path in claim_workbooks(out, month) if path.parent.name == INSURERS and path not in written]
    saved = [path for path in summaries(out, month) if path != summary_path(out, month)]
    try:
        books = [path for path in books if not is_protected(path)]
        copies = [path for path in other_spreadsheets(out, month) if is_ours(path.read_bytes())]
        readable = [path for path in (*books, *saved, *copies) if not is_protected(path)]
    except OSError as error:
        raise BillingError(
            f"{error.filename}: cannot be looked into: {error.strerror}. Close it, or move it."
        ) from error
    if not readable:
        return
    count = f"{len(readable)} {'file' if len(readable) == 1 else 'files'} of {month} can be read without a password"
    away = "move them to a place of your own, or delete them"
    whole = f"Write the month protected as a whole with ims-billing report {month} --protect, or {away}."
    then = whole if books and (others is None or {*books} <= {*others}) else f"{away[0].upper()}{away[1:]}."
    raise BillingError(f"{readable[0].parent}: {count}, {readable[0].name} first. {then}")
