"""The month's folder: which files a month has, and their writing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ims_billing.model import MonthView
from ims_billing.saving import is_shared, probe, write_all
from ims_billing.workbooks.claim_summary import claim_summary
from ims_billing.workbooks.claims_csv import claims_csv
from ims_billing.workbooks.insurer_report import insurer_report


@dataclass(frozen=True)
class Written:
    """What was written: the files, those of an earlier run that are left beside them, and who can read them."""

    files: tuple[Path, ...]
    left_over: tuple[Path, ...]
    shared: bool


def month_files(view: MonthView) -> dict[PurePosixPath, Callable[[], bytes]]:
    """By path within the output folder, what makes each file of a month."""
    month = view.month
    files: dict[PurePosixPath, Callable[[], bytes]] = {
        PurePosixPath(month, f"claim-summary-{month}.xlsx"): lambda: claim_summary(view),
        PurePosixPath(month, f"claims-{month}.csv"): lambda: claims_csv(view),
    }
    for insurer in view.insurers:
        path = PurePosixPath(month, "insurers", f"{insurer.id}-{month}.xlsx")
        files[path] = lambda insurer=insurer: insurer_report(view, insurer)  # type: ignore[misc]
    return files


def write_month(view: MonthView, out: Path, started: Callable[[str], None] = lambda _: None) -> Written:
    """Writes a month's files below `out`; raises BillingError where it cannot.

    No file is ever half-written, and nothing is written before every file could be. A file that is opened
    elsewhere in the moment of moving in stays as it was, though others are new; the next run mends that.

    Calls `started` with the name of each file before it is made.
    """
    making = month_files(view)
    targets = {out.joinpath(*path.parts): make for path, make in making.items()}
    for target in targets:
        probe(target)
    contents = {}
    for target, make in targets.items():
        started(target.name)
        contents[target] = make()
    shared = is_shared(out)
    write_all(contents, shared=shared)
    insurers = out / view.month / "insurers"
    found = sorted(insurers.glob("*.xlsx")) if insurers.is_dir() else []
    left_over = tuple(path for path in found if path not in targets and not path.name.startswith("~$"))
    return Written(tuple(targets), left_over, shared)
