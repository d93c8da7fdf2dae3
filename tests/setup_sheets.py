"""Sheets of a setup workbook in memory, as the reader hands them over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.raw_setup import RawSetup
from ims_billing.clinic.setup_workbook import raw_setup
from ims_billing.clinic.validation import validated
from ims_billing.reading.spreadsheet import RawTable
from ims_billing.vocabulary.cells import Cell

Sheets = Mapping[str, Sequence[Sequence[Cell]]]


def raw_tables(sheets: Sheets) -> list[RawTable]:
    """The sheets as a file is opened into: a number is a float, a blank is empty text."""
    tables = []
    for name, rows in sheets.items():
        width = max((len(row) for row in rows), default=0)
        filled = [[_as_read(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
        columns = [[row[n] for row in filled] for n in range(width)]
        tables.append(RawTable(name, 1, 0, len(rows), columns))
    return tables


def _as_read(cell: Cell) -> Cell:
    if isinstance(cell, int) and not isinstance(cell, bool):
        return float(cell)
    return "" if cell is None else cell


def setup(sheets: Sheets) -> RawSetup:
    """The raw setup in these sheets."""
    return raw_setup(raw_tables(sheets))


def clinic(sheets: Sheets) -> Clinic:
    """The clinic of these sheets, which have no fault."""
    proven, faults = validated(setup(sheets))
    assert proven is not None, faults
    return proven


def faults(sheets: Sheets) -> list[str]:
    """What is wrong with these sheets."""
    return validated(setup(sheets))[1]


def xlsx_of(path: Path, sheets: Sheets) -> Path:
    """The sheets as a real workbook."""
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path
