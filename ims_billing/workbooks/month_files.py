"""Writes the files of a month: the claim summary, the CSV, and a workbook for each insurer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path

from ims_billing.saving import is_shared, probe, sweep, write_all
from ims_billing.vocabulary.model import Batch, MonthView
from ims_billing.vocabulary.progress import Progress, no_progress
from ims_billing.workbooks.claim_summary import claim_summary
from ims_billing.workbooks.claims_csv import claims_csv
from ims_billing.workbooks.files import (
    INSURERS,
    Written,
    csv_path,
    insurer_paths,
    month_paths,
    of_batches,
    place_to_keep,
    plain_kept,
    summary_path,
)
from ims_billing.workbooks.insurer_report import insurer_report
from ims_billing.workbooks.protection import is_encrypted, protected


def _makers(out: Path, month: str, batches: Iterable[Batch]) -> dict[Path, Callable[[MonthView], bytes]]:
    """By path, what makes each file: the summary, the CSV, the insurers' workbooks of these batches."""
    of_insurers = insurer_paths(out, month, batches).items()
    return {
        summary_path(out, month): claim_summary,
        csv_path(out, month): claims_csv,
        **{path: partial(insurer_report, batch=batch, insurer=insurer) for path, (batch, insurer) in of_insurers},
    }


def _lines(view: MonthView, make: Callable[[MonthView], bytes]) -> int:
    """How many lines a file has, about: how long it takes goes by that."""
    if not isinstance(make, partial):
        # The CSV takes next to nothing beside a workbook.
        return len(view.claims) + len(view.attention) + len(view.not_billed) if make is claim_summary else 0
    claims, options = view.claims, make.keywords
    return int(((claims["batch"] == options["batch"].number) & (claims["insurer_id"] == options["insurer"].id)).sum())


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
    making = _makers(out, view.month, of_batches(view.batches, batches))
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
    kept = None if changed is None else place_to_keep(summary_path(out, view.month), changed)
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
    expected = month_paths(out, view.month, view.batches)
    books = sorted((folder / INSURERS).glob("*.xlsx"))
    left_over = tuple(path for path in books if path not in expected and not path.name.startswith("~$"))
    summary = hashlib.sha256(contents[summary_path(out, view.month)]).hexdigest()
    return Written(tuple(contents), left_over, shared, summary, kept, tuple(readable), removed)
