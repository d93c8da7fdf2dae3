"""What of a file is not read: other sheets, and rows above the headings; what looks like a visit is refused."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from functools import cache

from ims_billing.reading.layout import HEADER_WITHIN, Match
from ims_billing.reading.spreadsheet import RawTable
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import Cell, day, money, text, word_of
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.spelling import plain

# How many cells of words a visit has beside its day and its service: a patient and a practitioner at least.
_WORDS = 2
# What a row of visits has, where its columns are those of the headings.
_OF_A_VISIT = ("service_date", "patient", "service_name")


def left_out(tables: Sequence[RawTable], parts: Sequence[Match]) -> list[RawTable]:
    """The sheets that are not among `parts`, the read ones, and have something in them but the same headings."""
    read = {part.table.sheet for part in parts}
    headings = [_filled_in(part.table, part.header) for part in parts]
    left = (table for table in tables if table.sheet not in read)
    return [table for table in left if _rows(table) and _rows(table) not in [[row] for row in headings]]


def named(tables: Sequence[RawTable], parts: Sequence[Match]) -> list[str]:
    """Clauses for the screen that name sheets that were not read beside these parts."""
    clauses = []
    headings = [_filled_in(part.table, part.header) for part in parts]
    for table in tables:
        # What is hidden may be billed already, or forgotten: it is not read, and that is no secret.
        clause = f"the {'hidden ' if table.hidden else ''}sheet {table.sheet} was not read"
        rows = (_filled_in(table, position) for position in range(min(HEADER_WITHIN, table.height)))
        if parts[0].read_by.sheets and any(row in headings for row in rows):
            clause += ", although it has the same headings: the clinic setup does not name it (Sheets of one list)"
        clauses.append(clause)
    return clauses


def refuse_visits(file: str, left: Sequence[RawTable], parts: Sequence[Match], why: Callable[[RawTable], str]) -> None:
    """Raises BillingError where a sheet that was left out is a part that the setup names, or looks like IMS visits.

    A clinic that names the sheets that are parts of its list has decided about every other one. `why` says why a
    sheet is not read.
    """
    sheets = parts[0].read_by.sheets
    for table in left:
        if plain(table.sheet) in sheets:
            raise BillingError(
                f"{file}: the sheet {table.sheet} is a part of one list by the clinic setup (Columns), and it has not "
                f"the headings of {parts[0].table.sheet}. {why(table)}"
            )
        row = None if sheets or table.hidden else _visit(table)
        if row is not None:
            raise BillingError(
                f"{file}, {table.sheet}, row {row}: this looks like a visit with IMS, and the sheet can't be read.\n"
                f"  {why(table)}\n"
                f"  If the sheet is not meant, {how_to_name([part.table.sheet for part in parts])}"
            )


def refuse_visits_above(file: str, part: Match) -> None:
    """Raises BillingError where a row above the headings is a visit, as where the headings were sorted in with them."""
    table, places = part.table, part.columns
    everywhere = all(name in places for name in _OF_A_VISIT)
    for position in range(part.header):
        row = table.row(position)
        in_place = (
            everywhere and _is_day(row[places["service_date"]]) and all(text(row[places[n]]) for n in _OF_A_VISIT)
        )
        if in_place or (_is_visit(row) and any(map(_is_amount, row))):
            raise BillingError(
                f"{file}{f', {table.sheet}' if table.sheet else ''}, row {part.row(position)}: this looks like a visit "
                f"above the headings in row {part.row(part.header)}, where nothing is read. Put the "
                "headings above all visits."
            )


def how_to_name(sheets: Sequence[str]) -> str:
    """How the clinic says once which sheets are parts of one list, in either setup."""
    quoted = ", ".join(f'"{sheet}"' for sheet in sheets)
    return (
        "name once the sheets that are, in clinic.xlsx, sheet Columns, Sheets of one list: "
        f"{'; '.join(sheets)}; in clinic.toml under [[layout]], beside its name and headings: "
        f"sheets = [{quoted}]."
    )


def _rows(table: RawTable) -> list[list[str]]:
    """The texts of the first two rows with something in them: so many tell a header alone from a table."""
    rows = (_filled_in(table, position) for position in range(table.height))
    return list(itertools.islice(filter(None, rows), 2))


def _filled_in(table: RawTable, position: int) -> list[str]:
    return [text(cell) for cell in table.row(position) if text(cell)]


def _visit(table: RawTable) -> int | None:
    """The row, as Excel numbers it, of the first visit with IMS on a sheet; None where none looks like one."""
    everywhere = _says_ims(table.sheet)
    rows = (position for position in range(table.height) if _is_visit(table.row(position), everywhere=everywhere))
    first = next(rows, None)
    return None if first is None else table.first_row + first


def _is_visit(row: Sequence[Cell], *, everywhere: bool = False) -> bool:
    """Whether a row has a day, IMS and two cells of words beside it; `everywhere` all rows are of IMS."""
    own = everywhere or any(isinstance(cell, str) and _says_ims(cell) for cell in row)
    words = sum(map(_is_words, row)) - (own and not everywhere)
    return own and words >= _WORDS and any(map(_is_day, row))


@cache
def _ims() -> re.Pattern[str]:
    services = published().services.service
    terms = {word_of(term) for service in services if service.id == "ims" for term in service.terms}
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(terms - {''})))})\b")


def _says_ims(written: str) -> bool:
    return _ims().search(word_of(written)) is not None


def _is_day(cell: Cell) -> bool:
    return any(day(cell, order, short_years=True) is not None for order in ("month-first", "day-first"))


def _is_amount(cell: Cell) -> bool:
    return money(cell) is not None and not _is_day(cell)


def _is_words(cell: Cell) -> bool:
    return isinstance(cell, str) and any(map(str.isalpha, cell)) and money(cell) is None and not _is_day(cell)
