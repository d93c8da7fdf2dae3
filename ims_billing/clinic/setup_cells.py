"""The tables of a setup workbook: where the headings stand, and each cell as what its column holds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ims_billing.clinic.cell_values import cell_value
from ims_billing.reading.spreadsheet import RawTable
from ims_billing.vocabulary.cells import text
from ims_billing.vocabulary.errors import did_you_mean
from ims_billing.vocabulary.setup_sheets import SetupColumn, SetupTable
from ims_billing.vocabulary.spelling import bare, heading

# The headings stand below a title, a line of help, and what a person may have added.
_HEADINGS_WITHIN = 40
# A sheet has at most as many rows and columns as Excel's, so that one number tells what stands first.
_SHEET, _ROW = 100_000_000_000, 100_000


class CellPlace(NamedTuple):
    """Where a cell stands: its position in reading order, and in words, ``sheet Fees, D4``; and its row in words."""

    order: int
    words: str
    row: str


class Filled(NamedTuple):
    """A cell with something in it: its value as its column holds it, and its place.

    `value` is None where the cell only asks. `question` is what it asks: ``?``, or a proposal and ``?``.
    """

    value: Any
    place: CellPlace
    column: SetupColumn
    question: str
    is_number: bool


@dataclass(frozen=True)
class Line:
    """A row below the headings, or the lines of the sheet Clinic: its filled cells by key."""

    place: CellPlace
    cells: dict[str, Filled] = field(default_factory=dict)

    def value(self, key: str) -> Any:
        """The value of a cell; None where it is blank or only asks."""
        return self.cells[key].value if key in self.cells else None


@dataclass(frozen=True)
class Lines:
    """The lines of one table, and what is wrong with its form."""

    table: SetupTable
    lines: list[Line]
    faults: list[tuple[int, str]]


@dataclass(frozen=True)
class Sheet:
    """One sheet of the workbook, by its position in it."""

    number: int
    raw: RawTable

    def cell(self, row: int, column: int) -> CellPlace:
        """The place of a cell, by its position in the raw table."""
        of_row = self.row(row)
        words = f"sheet {self.raw.sheet.strip()}, {self.raw.letters(column)}{self.raw.first_row + row}"
        return CellPlace(of_row.order + self.raw.first_column + column + 1, words, of_row.row)

    def row(self, row: int) -> CellPlace:
        """The place of a row."""
        shown = self.raw.first_row + row
        words = f"sheet {self.raw.sheet.strip()}, row {shown}"
        return CellPlace(self.number * _SHEET + shown * _ROW, words, words)


def by_heading(table: SetupTable) -> dict[str, SetupColumn]:
    """The columns of a table by each heading that is understood, as headings are compared."""
    names: dict[str, SetupColumn] = {}
    for column in table.columns:
        for name in (column.heading, *column.also, column.key):
            if name:
                names.setdefault(heading(name), column)
    return names


def lines_of(sheet: Sheet, table: SetupTable, rows: range) -> Lines:
    """The lines below the headings that stand in some of a sheet's rows."""
    names = by_heading(table)
    top = _headings(sheet.raw, names, rows)
    if top is None:
        used = [row for row in rows if any(text(cell) for cell in sheet.raw.row(row))]
        # A line of help, or what a person noted in one cell, is a table that nobody has filled in.
        least = min(2, sum(bool(column.key) for column in table.columns))
        used = [row for row in used if table.help not in map(text, sheet.raw.row(row))]
        if not any(sum(bool(text(cell)) for cell in sheet.raw.row(row)) >= least for row in used):
            return Lines(table, [], [])
        place = sheet.row(used[0])
        wanted = ", ".join(column.heading for column in table.columns)
        named = table.title or table.sheet
        return Lines(table, [], [(place.order, f"{place.words}: found no headings of {named}; expected {wanted}")])
    columns: dict[int, SetupColumn] = {}
    faults: list[tuple[int, str]] = []
    for position, cell in enumerate(sheet.raw.row(top)):
        column = names.get(heading(text(cell))) if text(cell) else None
        place = sheet.cell(top, position)
        below = [sheet.raw.columns[position][row] for row in rows if row > top]
        if column is None and any(text(cell) for cell in below):
            shown = f"the heading {text(cell)!r} is not known" if text(cell) else "this column has no heading"
            near = did_you_mean(text(cell), [c.heading for c in table.columns]) if text(cell) else ""
            faults.append((place.order, f"{place.words}: {shown}{near}"))
        elif column is not None and column in columns.values() and column.key:
            faults.append((place.order, f"{place.words}: the heading {text(cell)!r} stands for {column.heading}, "
                                        "which is there already"))  # fmt: skip
        elif column is not None:
            columns[position] = column
    lines = []
    read = {position: column for position, column in columns.items() if column.key}
    for row in rows:
        if row > top:
            cells = {
                column.key: filled
                for position, column in read.items()
                if (filled := _filled(sheet, row, position, column)) is not None
            }
            if cells:
                lines.append(Line(sheet.row(row), cells))
        elif row < top and _is_an_entry(sheet, row, table, read):
            place = sheet.row(row)
            faults.append((place.order, f"{place.words}: it stands above the headings, and is read below them only"))
    return Lines(table, lines, [*faults, *_merged(sheet, read, range(top + 1, rows.stop))])


def _is_an_entry(sheet: Sheet, row: int, table: SetupTable, columns: Mapping[int, SetupColumn]) -> bool:
    """Whether a row has several cells, and all that an entry needs: above the headings a title may stand too."""
    cells = [filled for at, column in columns.items() if (filled := _filled(sheet, row, at, column)) is not None]
    fits = all(not c.column.choices or c.value in c.column.choices for c in cells if c.column.kind == "choice")
    return len(cells) > 1 and fits and {c.key for c in table.columns if c.needed} <= {c.column.key for c in cells}


def _merged(sheet: Sheet, columns: Collection[int], rows: range) -> Iterator[tuple[int, str]]:
    """The faults of cells that are merged over several rows: only the first of the rows has the value."""
    for first, last, column in sheet.raw.merged:
        if column in columns and first in rows:
            place, end = sheet.cell(first, column), f"{sheet.raw.letters(column)}{sheet.raw.first_row + last}"
            yield place.order, f"{place.words}: merged down to {end}; split the cells and fill in each"


def settings_of(sheet: Sheet, table: SetupTable) -> Lines:
    """The one entry of a sheet that has a key in each row and its value beside it."""
    names = by_heading(table)
    labels = max(
        range(len(sheet.raw.columns)),
        key=lambda column: sum(heading(text(cell)) in names for cell in sheet.raw.columns[column]),
        default=0,
    )
    cells: dict[str, Filled] = {}
    faults: list[tuple[int, str]] = []
    for row in range(sheet.raw.height) if labels + 1 < len(sheet.raw.columns) else ():
        written = text(sheet.raw.columns[labels][row])
        column = names.get(heading(written))
        setting = None if column is None else _filled(sheet, row, labels + 1, column)
        place = sheet.cell(row, labels)
        if written and column is None and text(sheet.raw.columns[labels + 1][row]):
            near = did_you_mean(written, [c.heading for c in table.columns])
            faults.append((place.order, f"{place.words}: {written!r} is not known{near}"))
        if setting is not None and setting.column.key in cells:
            faults.append((place.order, f"{place.words}: {setting.column.heading} is there twice"))
        elif setting is not None:
            cells[setting.column.key] = setting
    return Lines(table, [Line(sheet.row(0), cells)] if cells else [], faults)


def titled(sheet: Sheet, tables: Sequence[SetupTable]) -> Iterator[tuple[SetupTable, range]]:
    """The tables of a sheet that holds several, each with the rows below its title."""
    titles = {bare(table.title): table for table in tables}
    starts = []
    for row in range(sheet.raw.height):
        filled = [text(cell) for cell in sheet.raw.row(row) if text(cell)]
        if len(filled) == 1 and bare(filled[0]) in titles:
            starts.append((row, titles[bare(filled[0])]))
    for number, (row, table) in enumerate(starts):
        end = starts[number + 1][0] if number + 1 < len(starts) else sheet.raw.height
        yield table, range(row + 1, end)


def _headings(raw: RawTable, names: dict[str, SetupColumn], rows: range) -> int | None:
    """The row with the most headings that are understood; None where no row has mostly such."""

    def understood(row: int) -> int:
        return sum(isinstance(cell, str) and heading(cell) in names for cell in raw.row(row) if text(cell))

    def is_read(row: int) -> bool:
        return any(names[heading(text(c))].key for c in raw.row(row) if isinstance(c, str) and heading(c) in names)

    candidates = [row for row in rows[:_HEADINGS_WITHIN] if understood(row) and is_read(row)]
    best = max(candidates, key=understood, default=None)
    if best is None or understood(best) * 2 < sum(bool(text(cell)) for cell in raw.row(best)):
        return None
    return best


def _filled(sheet: Sheet, row: int, position: int, column: SetupColumn) -> Filled | None:
    cell = sheet.raw.columns[position][row]
    written = text(cell)
    if not written:
        return None
    question = ""
    if column.asks(written) and isinstance(cell, str):
        question, cell = written, written.rstrip("? ")
    number = isinstance(cell, int | float) and not isinstance(cell, bool)
    value = cell_value(cell, column) if text(cell) else None
    return Filled(value, sheet.cell(row, position), column, question, number)
