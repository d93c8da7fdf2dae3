"""The month's folder: which files a month has, and their writing."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from ims_billing.saving import is_shared, probe, sweep, write_all
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.model import Batch, MonthView
from ims_billing.vocabulary.progress import Progress, no_progress
from ims_billing.workbooks.claim_summary import claim_summary
from ims_billing.workbooks.claims_csv import claims_csv
from ims_billing.workbooks.insurer_report import insurer_report
from ims_billing.workbooks.protection import is_encrypted, is_protected, protected
from ims_billing.workbooks.to_send import workbook_name

_SUMMARY, INSURERS = "claim-summary-", "insurers"
# In the name of a summary that was changed by hand, and is kept: it is read no more. Another copy may be "kept" too.
_KEPT = "-kept-"
_KEPT_NAME = re.compile(rf"{_SUMMARY}\d{{4}}-\d{{2}}{_KEPT}\d{{4}}-\d{{2}}-\d{{2}}(-\d+)?\.xlsx")
_ENDINGS = (".xlsx", ".ods", ".xlsm", ".xlsb", ".xls")


@dataclass(frozen=True)
class Written:
    """What was written: the files, those beside them that the ledger does not know, and who can read them."""

    files: tuple[Path, ...]
    left_over: tuple[Path, ...]
    shared: bool
    summary_sha256: str
    # The summary as somebody had changed it, where it is kept beside the new one
    kept: Path | None = None
    # What anybody could read before: kept summaries that open with the password now, and the CSV, which is gone
    protected: tuple[Path, ...] = ()
    removed: tuple[Path, ...] = ()


def month_files(month: str, batches: Iterable[Batch]) -> dict[PurePosixPath, Callable[[MonthView], bytes]]:
    """By path within the output folder, what makes each file: the summary, the CSV, the insurers' of these batches."""
    files: dict[PurePosixPath, Callable[[MonthView], bytes]] = {
        PurePosixPath(month, f"{_SUMMARY}{month}.xlsx"): claim_summary,
        PurePosixPath(csv_path(Path(), month).as_posix()): claims_csv,
    }
    for batch in batches:
        # What was sent before this program came is not to be sent again.
        for insurer in () if batch.already_sent else batch.origin.insurers:
            path = PurePosixPath(month, INSURERS, workbook_name(insurer.id, month, batch.number))
            files[path] = partial(insurer_report, batch=batch, insurer=insurer)
    return files


def _lines(view: MonthView, make: Callable[[MonthView], bytes]) -> int:
    """How many lines a file has, about: how long it takes goes by that."""
    if not isinstance(make, partial):
        # The CSV takes next to nothing beside a workbook.
        return len(view.claims) + len(view.attention) + len(view.not_billed) if make is claim_summary else 0
    claims, options = view.claims, make.keywords
    return int(((claims["batch"] == options["batch"].number) & (claims["insurer_id"] == options["insurer"].id)).sum())


def summary_path(out: Path, month: str) -> Path:
    """Where the month's summary is written."""
    return out / month / f"{_SUMMARY}{month}.xlsx"


def csv_path(out: Path, month: str) -> Path:
    """Where the claims of a month are written as text."""
    return out / month / f"claims-{month}.csv"


def summaries(out: Path, month: str) -> list[Path]:
    """The month's summary in an output folder, and copies beside it that another program saved in its own format."""
    books = (summary_path(out, month).with_suffix(ending) for ending in _ENDINGS)
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
        if path.suffix.casefold() in (*_ENDINGS, ".csv", ".tsv")
        and path not in own
        and not path.name.startswith(("~$", "."))
        and not _KEPT_NAME.fullmatch(path.name)
        and path.is_file()
    ]


def plain_kept(out: Path, month: str) -> list[Path]:
    """The month's summaries that were kept, and that open without a password."""
    paths = sorted((out / month).glob(f"{_SUMMARY}*{_KEPT}*.xlsx"))
    return [path for path in paths if _KEPT_NAME.fullmatch(path.name) and path.is_file() and not is_protected(path)]


def of_batches(batches: Iterable[Batch], numbers: Collection[int]) -> list[Batch]:
    """Those of the batches that have these numbers."""
    return [batch for batch in batches if batch.number in numbers]


def write_month(
    view: MonthView,
    batches: Collection[int],
    out: Path,
    progress: Progress = no_progress,
    password: str = "",
    changed: bytes | None = None,
) -> Written:
    """Writes a month's summary and CSV, and the insurers' workbooks of these batches, below `out`.

    The summary as somebody `changed` it is kept beside the new one, under a name with the day it was saved.

    With a `password` the workbooks open with it only, those too that were kept before; the CSV is plain text, and
    cannot be protected: it is left out, and an earlier one is removed.

    No file is ever half-written, and nothing is written before every file could be. Raises BillingError where one
    cannot be. Calls `progress` with each file before it is written.
    """
    making = {out / path: make for path, make in month_files(view.month, of_batches(view.batches, batches)).items()}
    if password:
        making = {target: make for target, make in making.items() if target.suffix == ".xlsx"}
    readable = plain_kept(out, view.month) if password else []
    text = csv_path(out, view.month)
    removed = (text,) if password and text.is_file() else ()
    for target in (*making, *readable, *removed):
        probe(target)
    for target in removed:
        # What is left of it would be the whole month, for anybody to read.
        target.unlink(missing_ok=True)
    contents: dict[Path, bytes] = {path: protected(path.read_bytes(), password) for path in readable}
    kept = None if changed is None else _place_to_keep(summary_path(out, view.month), changed)
    if kept and changed is not None:
        # First of all: no crash leaves the new summary without it.
        contents[kept] = protected(changed, password) if password and not is_encrypted(changed) else changed
    lines = [_lines(view, make) for make in making.values()]
    for number, (target, make) in enumerate(making.items()):
        done = sum(lines[:number]) / max(sum(lines), 1)
        progress(f"Writing {target.name}, {number + 1} of {len(making)}", done)
        contents[target] = protected(make(view), password) if password else make(view)
    folder = out / view.month
    for place in (folder, folder / INSURERS):
        sweep(place)
    shared = is_shared(out)
    write_all(contents, shared=shared)
    expected = {out / path for path in month_files(view.month, view.batches)}
    books = sorted((folder / INSURERS).glob("*.xlsx"))
    left_over = tuple(path for path in books if path not in expected and not path.name.startswith("~$"))
    summary = hashlib.sha256(contents[summary_path(out, view.month)]).hexdigest()
    return Written(tuple(contents), left_over, shared, summary, kept, tuple(readable), removed)


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
    return [p for p in (*summaries, *insurers) if not p.name.startswith("~$") and _KEPT not in p.name]


def _place_to_keep(summary: Path, content: bytes) -> Path | None:
    """A free name beside the summary, with the day it was saved; None where the same content is kept already."""
    day = dt.datetime.fromtimestamp(summary.stat().st_mtime, dt.UTC).astimezone().date()
    for number in itertools.count(1):
        again = f"-{number}" if number > 1 else ""
        path = summary.with_name(f"{summary.stem}{_KEPT}{day}{again}{summary.suffix}")
        if not path.exists():
            return path
        if path.is_file() and path.read_bytes() == content:
            return None
    raise AssertionError
