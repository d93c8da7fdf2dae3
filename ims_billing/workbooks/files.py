"""The month's folder: which files a month has, and their writing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ims_billing.findings import BillingError
from ims_billing.model import Batch, InsurerView, MonthView
from ims_billing.saving import is_shared, probe, sweep, write_all
from ims_billing.workbooks.claim_summary import claim_summary
from ims_billing.workbooks.claims_csv import claims_csv
from ims_billing.workbooks.insurer_report import insurer_report
from ims_billing.workbooks.protection import keep_protection, protected

_SUMMARY, INSURERS = "claim-summary-", "insurers"
_ENDINGS = (".xlsx", ".ods", ".xlsm", ".xlsb", ".xls")


@dataclass(frozen=True)
class Written:
    """What was written: the files, those beside them that the ledger does not know, and who can read them."""

    files: tuple[Path, ...]
    left_over: tuple[Path, ...]
    shared: bool
    summary_sha256: str


def month_files(view: MonthView, batches: Collection[int]) -> dict[PurePosixPath, Callable[[], bytes]]:
    """By path within the output folder, what makes each file: the summary, the CSV, the insurers' of some batches."""
    month = view.month
    files: dict[PurePosixPath, Callable[[], bytes]] = {
        PurePosixPath(month, f"{_SUMMARY}{month}.xlsx"): lambda: claim_summary(view),
        PurePosixPath(month, f"claims-{month}.csv"): lambda: claims_csv(view),
    }
    for batch in view.batches:
        # What was sent before this program came is not to be sent again.
        if batch.number in batches and not batch.already_sent:
            for insurer in batch.origin.insurers:
                files[_insurer_file(month, batch, insurer)] = _maker(view, batch, insurer)
    return files


def _insurer_file(month: str, batch: Batch, insurer: InsurerView) -> PurePosixPath:
    later = f"-batch-{batch.number}" if batch.number > 1 else ""
    return PurePosixPath(month, INSURERS, f"{insurer.id}-{month}{later}.xlsx")


def _maker(view: MonthView, batch: Batch, insurer: InsurerView) -> Callable[[], bytes]:
    return lambda: insurer_report(view, batch, insurer)


def summary_path(out: Path, month: str) -> Path:
    """Where the month's summary is written."""
    return out / month / f"{_SUMMARY}{month}.xlsx"


def summaries(out: Path, month: str) -> list[Path]:
    """The month's summary in an output folder, and copies beside it that another program saved in its own format."""
    found = (summary_path(out, month).with_suffix(ending) for ending in _ENDINGS)
    return [path for path in found if path.is_file()]


def probe_summary(month: str, out: Path, password: str = "") -> None:
    """Raises BillingError where the month's summary could not be written: it is always one of the files."""
    keep_protection(summary_path(out, month), password)
    probe(summary_path(out, month))


def probe_month(view: MonthView, batches: Collection[int], out: Path, password: str = "") -> None:
    """Raises BillingError where one of the files could not be written: open elsewhere, or no place for it."""
    for path in month_files(view, batches):
        keep_protection(out / path, password)
        probe(out / path)


def write_month(
    view: MonthView,
    batches: Collection[int],
    out: Path,
    started: Callable[[str], None] = lambda _: None,
    password: str = "",
) -> Written:
    """Writes a month's summary and CSV, and the insurers' workbooks of these batches, below `out`.

    With a `password` the workbooks open with it only; the CSV is plain text, and cannot be protected: it is left out.

    No file is ever half-written, and nothing is written before every file could be. Raises BillingError where one
    cannot be. Calls `started` with the name of each file before it is made.
    """
    making = {out / path: make for path, make in month_files(view, batches).items()}
    if password:
        making = {target: make for target, make in making.items() if target.suffix == ".xlsx"}
    for target in making:
        probe(target)
    contents = {}
    for target, make in making.items():
        started(f"Writing {target.name}")
        contents[target] = protected(make(), password) if password else make()
    folder = out / view.month
    for place in (folder, folder / INSURERS):
        sweep(place)
    shared = is_shared(out)
    write_all(contents, shared=shared)
    known = {out / path for path in month_files(view, {batch.number for batch in view.batches})}
    found = sorted((folder / INSURERS).glob("*.xlsx"))
    left_over = tuple(path for path in found if path not in known and not path.name.startswith("~$"))
    summary = hashlib.sha256(contents[summary_path(out, view.month)]).hexdigest()
    return Written(tuple(contents), left_over, shared, summary)


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
    return [path for path in (*summaries, *insurers) if not path.name.startswith("~$")]
