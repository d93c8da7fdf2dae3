"""The month's folder: which files a month has, where they are, and which are there."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.folder import SPREADSHEETS, WORKBOOKS
from ims_billing.workbooks.protection import is_protected

if TYPE_CHECKING:
    from ims_billing.vocabulary.model import Batch, InsurerView

_SUMMARY, INSURERS = "claim-summary-", "insurers"
# In the name of a workbook that was changed by hand, and is kept: it is read no more. Another copy may be "kept" too.
_KEPT = "-kept-"
_DAY = r"\d{4}-\d{2}-\d{2}"
_KEPT_NAME = re.compile(rf"({_SUMMARY}\d{{4}}-\d{{2}}|aging-{_DAY}){_KEPT}{_DAY}(-\d+)?\.xlsx")


class Written(NamedTuple):
    """The outcome of writing: the files, those beside them that the ledger does not know, and who can read them."""

    files: tuple[Path, ...]
    left_over: tuple[Path, ...]
    shared: bool
    summary_sha256: str
    # The summary as somebody had changed it, where it is kept beside the new one
    kept: Path | None = None
    # What anybody could read before: kept summaries that open with the password now, and the CSV, which is gone
    protected: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()


def workbook_name(insurer_id: str, month: str, batch: int) -> str:
    """The file name of an insurer's workbook of a batch."""
    return f"{insurer_id}-{month}{f'-batch-{batch}' if batch > 1 else ''}.xlsx"


def summary_path(out: Path, month: str) -> Path:
    """Where the month's summary is written."""
    return out / month / f"{_SUMMARY}{month}.xlsx"


def csv_path(out: Path, month: str) -> Path:
    """Where the claims of a month are written as text."""
    return out / month / f"claims-{month}.csv"


def insurer_paths(out: Path, month: str, batches: Iterable[Batch]) -> dict[Path, tuple[Batch, InsurerView]]:
    """Where the insurers' workbooks of a month's batches are written, and whose each is."""
    return {
        out / month / INSURERS / workbook_name(insurer.id, month, batch.number): (batch, insurer)
        for batch in batches
        # What was sent before this program came is not to be sent again.
        for insurer in (() if batch.already_sent else batch.origin.insurers)
    }


def month_paths(out: Path, month: str, batches: Iterable[Batch]) -> list[Path]:
    """Where all files of a month with these batches are written: the summary, the CSV, the insurers' workbooks."""
    return [summary_path(out, month), csv_path(out, month), *insurer_paths(out, month, batches)]


def place_to_keep(path: Path, content: bytes) -> Path | None:
    """A free name beside a workbook for it as it was changed by hand, with the day it was saved.

    None where the same content is kept already.
    """
    day = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).astimezone().date()
    for number in itertools.count(1):
        again = f"-{number}" if number > 1 else ""
        kept = path.with_name(f"{path.stem}{_KEPT}{day}{again}.xlsx")
        if not kept.exists():
            return kept
        if kept.is_file() and kept.read_bytes() == content:
            return None
    raise AssertionError


def summaries(out: Path, month: str) -> list[Path]:
    """The month's summary in an output folder, and copies beside it that another program saved in its own format."""
    books = (summary_path(out, month).with_suffix(ending) for ending in WORKBOOKS)
    return [path for path in books if path.is_file()]


def other_spreadsheets(out: Path, month: str) -> list[Path]:
    """The spreadsheets in the month's folder that are neither its summary, its CSV, nor a summary that was kept."""
    own = {*summaries(out, month), csv_path(out, month)}
    try:
        paths = sorted((out / month).iterdir())
    except OSError:
        return []
    return [
        path
        for path in paths
        if path.suffix.casefold() in SPREADSHEETS
        and path not in own
        and not path.name.startswith(("~$", "."))
        and not _KEPT_NAME.fullmatch(path.name)
        and path.is_file()
    ]


def aging_workbooks(out: Path) -> list[Path]:
    """The aging workbooks in an output folder, by name; one that is kept, or that Excel leaves beside it, is none."""
    return [path for path in sorted(out.glob("aging-*.xlsx")) if path.is_file() and not _KEPT_NAME.fullmatch(path.name)]


def plain_kept(out: Path, month: str) -> list[Path]:
    """The month's summaries that were kept, and that open without a password."""
    paths = sorted((out / month).glob(f"{_SUMMARY}*{_KEPT}*.xlsx"))
    return [path for path in paths if _KEPT_NAME.fullmatch(path.name) and path.is_file() and not is_protected(path)]


def of_batches(batches: Iterable[Batch], numbers: Collection[int]) -> list[Batch]:
    """Those of the batches that have these numbers."""
    return [batch for batch in batches if batch.number in numbers]


def batch_of(workbook: Path) -> int:
    """The number of the batch that an insurer's workbook is of, by its name; 0 where it has none of ours."""
    named = re.fullmatch(r".+-\d{4}-\d{2}(?:-batch-(\d+))?\.xlsx", workbook.name)
    return int(named[1] or 1) if named else 0


def claim_workbooks(out: Path, month: str = "*") -> list[Path]:
    """The workbooks of claims in an output folder, of one month or of all; summaries first."""
    try:
        summaries, insurers = (sorted(out.glob(f"{month}/{name}*.xlsx")) for name in (_SUMMARY, f"{INSURERS}/"))
    except OSError as error:
        raise BillingError(f"{out}: cannot be looked into: {error.strerror}.") from error
    # Only a summary is ever kept: an insurer may well have the word in its own name.
    ours = [path for path in summaries if _KEPT not in path.name] + insurers
    return [path for path in ours if not path.name.startswith("~$")]
