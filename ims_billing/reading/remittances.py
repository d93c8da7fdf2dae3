"""Remittances and lists of payments: what an insurer says it paid, line by line or in one sum."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.reading.intake import named_contents, nobody_to_ask
from ims_billing.reading.layout import recognise, remittance_layouts
from ims_billing.reading.spreadsheet import AskPassword, open_spreadsheet
from ims_billing.reading.table import Table
from ims_billing.vocabulary.cells import shown
from ims_billing.vocabulary.frames import REMITTANCE, prove
from ims_billing.vocabulary.model import FileRead, Progress, no_progress

_TEXTS = ("claim", "insurer", "member", "patient", "reason", "payment_number")
_DATES = ("service_date", "payment_date", "period_from", "period_until")


def read_remittances(
    paths: Sequence[Path],
    clinic: Clinic,
    progress: Progress = no_progress,
    ask: AskPassword = nobody_to_ask,
) -> tuple[pd.DataFrame, tuple[FileRead, ...]]:
    """The lines of all files (REMITTANCE), in the order of the files' names, and an account of each file.

    Raises BillingError, which names the file, where one cannot be read or is none.
    """
    frames, files = [], []
    for name, content, sha256 in named_contents(paths, progress):
        opened = open_spreadsheet(name, content, ask)
        match = recognise(opened.tables, remittance_layouts(clinic), name)
        table = Table(match, clinic, "paid")
        frames.append(_lines(table, name))
        rows, remarks = len(table) + len(table.asides), (*opened.remarks, match.why())
        if match.table.hidden_rows:
            remarks = (*remarks, f"{match.table.hidden_rows} hidden rows were read too")
        files.append(
            FileRead(name, match.known.id, sha256, rows, len(table), 0, 0, tuple(table.asides), remarks)
        )  # fmt: skip
    types = {column.name: column.dtype for column in REMITTANCE}
    return prove(pd.concat(frames, ignore_index=True).astype(types), REMITTANCE), tuple(files)


def _lines(table: Table, file: str) -> pd.DataFrame:
    cells: dict[str, Any] = {name: table.texts(name) for name in _TEXTS}
    cells |= {f"{name}_cents": table.amounts(name) for name in ("claimed", "paid")}
    cells |= {name: table.dates(name, short_years=True) for name in _DATES}
    table.note_moved()
    faults = [""] * len(table)
    for position, _, _, message in table.bad:
        faults[position] += f"{' ' if faults[position] else ''}{message}"
    for name in _DATES:
        for position, (cell, day) in enumerate(zip(table.raw(name), cells[name], strict=True)):
            if day is None and cell not in (None, ""):
                message = f"{table.called(name)} holds {shown(cell)}, which is not plainly a date."
                faults[position] += f"{' ' if faults[position] else ''}{message}"
    cells |= {"file": file, "sheet": table.sheet, "row": table.places, "fault": faults}
    frame = pd.DataFrame({column.name: cells[column.name] for column in REMITTANCE})
    return frame.astype({column.name: column.dtype for column in REMITTANCE})
