"""Reads exports for a first setup, those too whose headings nobody knows, and says how their columns were read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from ims_billing.clinic.clinic import Clinic, OwnLayout
from ims_billing.clinic.setup_rows import SetupRows
from ims_billing.clinic.toml_file import without_file
from ims_billing.commands.draft import draft
from ims_billing.commands.draft_columns import DraftedLayout, drafted_layout
from ims_billing.reading.clinic_layouts import layouts
from ims_billing.reading.intake import read_contents
from ims_billing.reading.other_reports import refuse_other_reports
from ims_billing.reading.recognise import recognise_parts
from ims_billing.reading.spreadsheet import open_spreadsheet
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import text
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.intake import FileRead, Intake
from ims_billing.vocabulary.progress import nobody_to_ask
from ims_billing.vocabulary.setup_sheets import IGNORE, QUESTION

Read: TypeAlias = Callable[[list[Path], Clinic], Intake]


def drafted(paths: Sequence[Path], read: Read) -> SetupRows:
    """The rows of a first setup from these exports, which `read` reads by a clinic's layouts.

    Raises BillingError where a file is no spreadsheet, or another report than an export of sessions.
    """
    unknown: dict[Path, DraftedLayout] = {}
    for path in paths:
        if (layout := _layout_of(path)) is not None:
            # The months of one program are one layout: what its columns mean is asked once.
            unknown[path] = next((each for each in unknown.values() if each.headings == layout.headings), layout)
    clinic = _with(unknown.values())
    readable = [path for path in paths if path not in unknown or unknown[path].complete]
    rows: SetupRows = {}
    files: tuple[FileRead, ...] = ()
    if readable:
        intake = read(readable, clinic)
        rows, files = draft(intake), intake.files
    elif unknown:
        with suppress(BillingError):  # of too little nothing can be drafted but the columns
            rows = draft(_as_far_as_understood(unknown.values()))
        rows["fee"] = [{**fee, "Notes": _OPEN_FEE} if fee["amount"] == QUESTION else fee for fee in rows.get("fee", ())]
    rows["layout"] = _columns(unknown, files)
    return rows


_OPEN_FEE = "No column is plainly the fee: choose it on the sheet Columns, and write the price of an IMS visit here."


def _as_far_as_understood(unknown: Iterable[DraftedLayout]) -> Intake:
    """The sessions of exports that lack something, by the columns that are understood; what they lack is blank."""
    whole = published().layouts.layout["sessions"]
    contents = []
    for one in {layout.name: layout for layout in unknown}.values():
        needed = [group.split("|") for group in whole.needed]
        lacking = [fields[0] for fields in needed if one.cells.keys().isdisjoint(fields)]
        written = io.StringIO(newline="")
        lines = csv.writer(written)
        lines.writerow([whole.headings[field][0] for field in [*one.cells, *lacking]])
        for cells in zip(*one.cells.values(), strict=True):
            lines.writerow([*map(text, cells), *[""] * len(lacking)])
        contents.append((f"{one.name}.csv", written.getvalue().encode(), ""))
    return read_contents(contents, without_file())


def _layout_of(path: Path) -> DraftedLayout | None:
    """The layout that a file seems to have which no layout fits; None for every other file."""
    try:
        tables = open_spreadsheet(path.name, path.read_bytes(), nobody_to_ask).tables
    except (BillingError, OSError):
        return None  # reading it says why, or asks for its password
    try:
        # One that lacks nothing but the insurer may have it under a heading that nobody knows.
        if not recognise_parts(tables, layouts(without_file()), path.name)[0].missing:
            return None
    except BillingError:
        refuse_other_reports(tables, None, without_file(), path.name)
    return drafted_layout(path.name, tables, without_file())


def of_one_program(paths: Sequence[Path]) -> list[str]:
    """The names of the newest file and of those with the same headings, which are other months, oldest first."""
    headings = {}
    for path in paths:
        # Another report has no layout, and is named by the command that reads it.
        with suppress(BillingError):
            headings[path] = layout.headings if (layout := _layout_of(path)) else None
    newest = headings.get(paths[0])
    return [path.name for path in reversed(paths) if path == paths[0] or (newest and headings.get(path) == newest)]


def _with(unknown: Iterable[DraftedLayout]) -> Clinic:
    """The clinic of nobody, with the drafted layouts as its own."""
    headings: dict[str, dict[str, str]] = {}
    of_all: dict[str, dict[str, Any]] = {}
    for layout in unknown:
        own = headings.setdefault(layout.name, {})
        own |= {row["heading"]: means for row in layout.rows if (means := row.get("meaning", "").rstrip(QUESTION))}
        unread = [row["heading"] for row in layout.rows if row.get("meaning") == QUESTION]
        of_all.setdefault(layout.name, {**layout.of_all, "ignore": tuple(unread)})
    layouts_drafted = (OwnLayout(name=name, headings=own, **of_all[name]) for name, own in headings.items())
    return replace(without_file(), layouts=tuple(layouts_drafted))


def _columns(unknown: Mapping[Path, DraftedLayout], files: Sequence[FileRead]) -> list[dict[str, Any]]:
    """The rows of the sheet Columns: every heading of an unknown export, and of the others what could change a claim.

    A heading that nothing stands for is ignored where its cells say nothing about a claim; else the clinic is asked.
    """
    doubtful = {column.heading for file in files for column in file.doubtful}
    rows: list[dict[str, Any]] = []
    listed = set()
    for layout in unknown.values():
        for row in layout.rows:
            if (layout.name, row["heading"]) not in listed:
                listed.add((layout.name, row["heading"]))
                ask = row["heading"] in doubtful or not layout.complete
                rows.append({"meaning": QUESTION if ask else IGNORE, **row})
    headings = {heading for _, heading in listed}
    return [*rows, *({"heading": name, "meaning": QUESTION} for name in sorted(doubtful - headings) if name)]
