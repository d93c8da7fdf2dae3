"""Any spreadsheet file into raw tables: cells as they are, rows as Excel numbers them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import statistics
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from ims_billing.findings import BillingError

Cell: TypeAlias = str | float | int | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_DELIMITERS = ",;\t|"
# More than any practice system exports, and still in memory: a far corner may claim 17 billion cells.
_MOST_CELLS = 60_000_000
_ERRORS = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA|#+)", re.IGNORECASE)


@dataclass(frozen=True)
class RawTable:
    """The cells of one sheet; `first_row` is the row of `rows[0]` as Excel numbers it."""

    sheet: str
    first_row: int
    rows: list[list[Cell]]
    is_text: bool = False


def is_error(cell: Cell) -> bool:
    """Whether the cell holds one of Excel's errors."""
    return isinstance(cell, str) and cell.startswith("#") and bool(_ERRORS.fullmatch(cell.strip()))


def read_tables(path: Path, name: str, content: bytes) -> Iterator[RawTable]:
    """The tables of a file, sheet by sheet; raises BillingError where it cannot be read.

    The kind of file is told by its content, never by its ending.
    """
    if not content:
        raise BillingError(f"{name}: the file is empty.")
    if content.startswith(_ZIP):
        yield from _workbook(name, content)
    elif content.startswith(_OLE):
        raise BillingError(
            f"{name}: this is an old or a password-protected Excel file. Open it in Excel and save it as .xlsx "
            "without a password."
        )
    elif content.startswith(b"%PDF") or (b"\x00" in content[:4096] and not _utf16(content)):
        raise BillingError(f"{name}: this is not a spreadsheet. Export the sessions as .xlsx or .csv.")
    else:
        yield _text(name, content)


def _workbook(name: str, content: bytes) -> Iterator[RawTable]:
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [s.name for s in workbook.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
        errors = _error_cells(content)
        for sheet_name in sheets:
            yield _sheet(name, workbook.get_sheet_by_name(sheet_name), errors.get(sheet_name, {}))
    except (CalamineError, zipfile.BadZipFile, OSError) as error:
        raise BillingError(
            f"{name}: the workbook is damaged or is no Excel workbook. Open it in Excel and save it again as .xlsx."
        ) from error


def _sheet(name: str, sheet: CalamineSheet, errors: dict[tuple[int, int], str]) -> RawTable:
    if sheet.start is None or sheet.end is None:
        return RawTable(sheet.name, 1, [])
    top, left = sheet.start
    if (sheet.end[0] - top + 1) * (sheet.end[1] - left + 1) > _MOST_CELLS:
        raise BillingError(
            f"{name}, {sheet.name}: the sheet is too large ({sheet.end[0] + 1} rows by {sheet.end[1] + 1} "
            "columns). Delete the empty rows and columns beyond the table, or export it month by month."
        )
    rows = cast("list[list[Cell]]", sheet.to_python(skip_empty_area=True))
    for (row, column), error in errors.items():
        # calamine gives an error as empty text
        if 0 <= row - top < len(rows) and 0 <= column - left < len(rows[row - top]):
            rows[row - top][column - left] = error
    return RawTable(sheet.name, top + 1, rows)


_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*\bt=[\"']e[\"'][^>]*)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_PLACE = re.compile(rb"\br=[\"']([A-Z]+)(\d+)[\"']")
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)</")
_SHEET = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")


def _error_cells(content: bytes) -> dict[str, dict[tuple[int, int], str]]:
    """By sheet, the cells that hold an error, by row and column from 0, with the error's text."""
    found: dict[str, dict[tuple[int, int], str]] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for sheet, part in _sheet_parts(archive).items():
            xml = archive.read(part)
            if b't="e"' not in xml and b"t='e'" not in xml:
                continue
            cells = found.setdefault(sheet, {})
            for attributes, inside in _CELL.findall(xml):
                place, value = _PLACE.search(attributes), _VALUE.search(inside)
                if place:
                    column = 0
                    for letter in place[1]:
                        column = column * 26 + letter - 64
                    text = value[1].decode("utf-8", "replace") if value else "#N/A"
                    cells[(int(place[2]) - 1, column - 1)] = text
    return found


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of the archive that holds each sheet, by the sheet's name."""
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return {}
    targets = {}
    for tag in _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")):
        target = _attribute(tag, "Target").removeprefix("/").removeprefix("xl/")
        targets[_attribute(tag, "Id")] = f"xl/{target}"
    parts = {}
    for tag in _SHEET.findall(archive.read("xl/workbook.xml").decode("utf-8", "replace")):
        part = targets.get(_attribute(tag, r"\w+:id"), "")
        if part in names:
            parts[_attribute(tag, "name")] = part
    return parts


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"""\s{name}=(?:"([^"]*)"|'([^']*)')""", tag)
    text = (found[1] or found[2] or "") if found else ""
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text


def _utf16(content: bytes) -> bool:
    return content.startswith((b"\xff\xfe", b"\xfe\xff"))


def _text(name: str, content: bytes) -> RawTable:
    if _utf16(content):
        text = content.decode("utf-16", "replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", "replace")
    delimiter = max(_DELIMITERS, key=lambda mark: _columns(text, mark))
    try:
        rows: list[list[Cell]] = [
            [_unwrapped(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        ]
    except csv.Error as error:
        raise BillingError(f"{name}: the text file cannot be read as a table: {error}.") from error
    return RawTable("", 1, rows, is_text=True)


def _unwrapped(cell: str) -> str:
    """Programs write ="01234" so that Excel keeps the zero; the text is what is inside."""
    return cell[2:-1] if len(cell) > 2 and cell.startswith('="') and cell.endswith('"') else cell


def _columns(text: str, delimiter: str) -> float:
    """How many columns the top of the text has, were this the delimiter."""
    lines = io.StringIO(text[:50_000], newline="")
    try:
        widths = [len(row) for row, _ in zip(csv.reader(lines, delimiter=delimiter), range(40), strict=False) if row]
    except csv.Error:
        return 0
    return statistics.median_high(widths) if widths else 0
