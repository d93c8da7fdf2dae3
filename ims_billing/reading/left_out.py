"""What of a file is not read: other sheets, and rows above the headings; what looks like a visit is refused."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

from ims_billing.reading.layout import HEADER_WITHIN, Match, could_be_header
from ims_billing.reading.spreadsheet import RawTable
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import Cell, Order, day, text, word_of
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.spelling import core_name, heading

# How many people a visit names: a patient and a practitioner.
_NAMES = 2
_NAME = re.compile(r"[^\W\d_]+([ ,.'’()-]+[^\W\d_]+)+[ .)]*")
_PATIENT_COLUMNS = ("patient", "first_name", "last_name")
_PATIENT = {*_PATIENT_COLUMNS}
# From so many cells on, a row is none of a title.
_WIDE = 3
# A visit so far from those that are read is none of theirs.
_NEAR = dt.timedelta(days=62)
# What a row of visits has, where its columns are those of the headings.
_OF_A_VISIT = ("service_date", "patient", "practitioner", "service_name", "fee")


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
        # What is hidden may be a copy, or billed already: it is not read, and that is no secret.
        clause = f"the {'hidden ' if table.hidden else ''}sheet {table.sheet} was not read"
        rows = (_filled_in(table, position) for position in range(min(HEADER_WITHIN, table.height)))
        if parts[0].read_by.sheets and any(row in headings for row in rows):
            clause += ", although it has the same headings: the clinic setup does not name it (Sheets of one list)"
        clauses.append(clause)
    return clauses


def forgotten_visit(table: RawTable, nearest: Match | None, parts: Sequence[Match]) -> int | None:
    """The row, as Excel numbers it, of the first visit with IMS on a sheet that is not read; None where none is.

    table: the sheet
    nearest: the layout and headings that it is nearest to
    parts: what is read of the file: a visit of another year is none that is forgotten

    With headings of a patient, a day and a service, a visit stands below them; without any headings, a row with a day,
    IMS and two people's names is one. Under other headings a day may be a birth date or that of a delivery. A hidden
    sheet is often a copy, or of earlier months: there a visit is one of a month that is read, and stands nowhere else.
    """
    of_ims = says_ims(table.sheet)
    is_meant = _on_no_other_sheet(table, nearest, parts) if table.hidden else lambda _: True
    columns = nearest.columns if nearest else {}
    if nearest and "service_date" in columns and _PATIENT & columns.keys() and (of_ims or "service_name" in columns):
        days = table.columns[columns["service_date"]]
        services = table.columns[columns["service_name"]] if "service_name" in columns else [""] * table.height
        rows = (
            position
            for position in range(nearest.header + 1, table.height)
            if _is_day(days[position]) and (of_ims or says_ims(text(services[position]))) and is_meant(position)
        )
        return _first(table, rows)
    wide = (row for position in range(min(HEADER_WITHIN, table.height)) if len(row := _cells(table, position)) >= _WIDE)
    top = next(wide, None)
    if top is None or could_be_header(top):
        return None
    is_near = _near(parts)
    every = ((position, _cells(table, position)) for position in range(table.height))
    visits = (at for at, row in every if _is_visit(row, everywhere=of_ims) and any(map(is_near, row)))
    return _first(table, filter(is_meant, visits))


def _on_no_other_sheet(table: RawTable, nearest: Match | None, parts: Sequence[Match]) -> Callable[[int], bool]:
    """Whether a row has a day in a month that is read, on which no read sheet has a patient of the row's names."""

    @cache  # most hidden sheets have no visit that would have to be compared
    def read() -> set[tuple[dt.date, str]]:
        rows = ((part.table.row(p), part.columns) for part in parts for p in range(part.header + 1, part.table.height))
        return {pair for row, columns in rows for pair in itertools.product(_days(row, columns), _names(row, columns))}

    @cache
    def months() -> set[tuple[int, int]]:
        return {(on.year, on.month) for on, _ in read()}

    def is_meant(position: int) -> bool:
        row, columns = table.row(position), nearest.columns if nearest else {}
        days = [on for on in _days(row, columns) if (on.year, on.month) in months()]
        return bool(days) and read().isdisjoint(itertools.product(days, _names(row, columns)))

    return is_meant


def _days(row: Sequence[Cell], columns: Mapping[str, int]) -> list[dt.date]:
    """The days that a row may be of: its column's, or of each cell where no column is one."""
    cells = [row[columns["service_date"]]] if "service_date" in columns else row
    return [on.date() for cell in cells if (on := _day(cell))]


def _names(row: Sequence[Cell], columns: Mapping[str, int]) -> list[str]:
    """The patients that a row may be of, in the same way."""
    own = [text(row[columns[name]]) for name in _PATIENT_COLUMNS if name in columns]
    return [core_name(" ".join(own))] if own else [core_name(text(cell)) for cell in row if _is_name(cell)]


def _first(table: RawTable, positions: Iterator[int]) -> int | None:
    first = next(positions, None)
    return None if first is None else table.first_row + first


def _cells(table: RawTable, position: int) -> list[Cell]:
    return [cell for cell in table.row(position) if text(cell)]


def _near(parts: Sequence[Match]) -> Callable[[Cell], bool]:
    """Whether a cell is a day near those that are read; any day is, where none is read."""
    columns = (part.table.columns[part.columns["service_date"]] for part in parts if "service_date" in part.columns)
    days = [on for column in columns for cell in {*column} if (on := _day(cell))]

    def is_near(cell: Cell) -> bool:
        on = _day(cell)
        return on is not None and (not days or min(days) - _NEAR <= on <= max(days) + _NEAR)

    return is_near


def refuse_visits_above(file: str, part: Match) -> None:
    """Raises BillingError where a row above the headings is a visit: in their columns, or in those of other headings.

    The headings may have been sorted in among the visits, or a second table stands above the one that is read.
    """
    table, fields = part.table, part.read_by.fields
    own = {name: part.columns[name] for name in _OF_A_VISIT if name in part.columns}
    for position in range(part.header):
        row = table.row(position)
        if (
            len(own) == len(_OF_A_VISIT)
            and _is_day(row[own["service_date"]])
            and all(text(row[c]) for c in own.values())
        ):
            raise BillingError(
                f"{file}{f', {table.sheet}' if table.sheet else ''}, row {part.row(position)}: this looks like a visit "
                f"above the headings in row {part.row(part.header)}, where nothing is read. Put the headings above all "
                "visits. If it is none, delete the row."
            )
        if could_be_header(row):
            other = {field: column for column, cell in enumerate(row) if (field := fields.get(heading(text(cell))))}
            own = other if set(_OF_A_VISIT) <= other.keys() else own
            own = {name: own[name] for name in _OF_A_VISIT if name in own}


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


def _is_visit(row: Sequence[Cell], *, everywhere: bool = False) -> bool:
    """Whether a row has a day, IMS and the names of two people beside it; `everywhere` all rows are of IMS."""
    own = everywhere or any(isinstance(cell, str) and says_ims(cell) for cell in row)
    return own and sum(map(_is_name, row)) >= _NAMES and any(map(_is_day, row))


@cache
def _ims() -> re.Pattern[str]:
    services = published().services.service
    terms = {word_of(term) for service in services if service.id == "ims" for term in service.terms}
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(terms - {''})))})\b")


def says_ims(written: str) -> bool:
    """Whether a text has a term for IMS in it."""
    return _ims().search(word_of(written)) is not None


def _day(cell: Cell) -> dt.datetime | None:
    orders: tuple[Order, ...] = ("month-first", "day-first")
    return next((moment for order in orders if (moment := day(cell, order, short_years=True))), None)


def _is_day(cell: Cell) -> bool:
    return _day(cell) is not None


def _is_name(cell: Cell) -> bool:
    """Whether a cell may be a person's name: two words or more, without a figure, and not IMS."""
    return isinstance(cell, str) and bool(_NAME.fullmatch(cell.strip())) and not says_ims(cell)
