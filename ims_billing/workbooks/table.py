"""A sheet that is one table: what it may have, and how it is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, repeat

from openpyxl.utils import get_column_letter

from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.spelling import counted
from ims_billing.workbooks.looks import WRAPPING
from ims_billing.workbooks.package import Value
from ims_billing.workbooks.paper import narrowed, paper_for
from ims_billing.workbooks.parts import FORMATS, Cell, Check, Column, Placed
from ims_billing.workbooks.sheet import Sheet
from ims_billing.workbooks.widths import (
    LEAD_HEIGHT,
    LINE_HEIGHT,
    WIDEST,
    heading_height,
    least_width,
    lines_of,
    width_of,
)

# How wide a column is at least that somebody types a word or a sentence in.
_TO_TYPE_IN = (15, 30)
_MOST_ROWS = 1_048_575


@dataclass(frozen=True)
class Table:
    """A table with a sheet of its own: its header stays in sight and has filters. Rows and columns count from 0."""

    name: str
    """The sheet's name."""
    columns: Sequence[Column]
    """The columns, from the left."""
    cells: Sequence[Sequence[Value]]
    """The values of each column, from the first row down."""
    above: Sequence[Sequence[Cell]] = ()
    """Lines over the header. Their text runs on and does not wrap."""
    beside: Sequence[Sequence[str]] = ()
    """Columns of notes at the right, from the header's row down; an empty column keeps them apart."""
    totals: Sequence[Value] = ()
    """A line under the rows, outside the filter."""
    struck: Collection[int] = ()
    """Rows that are struck out."""
    groups: Collection[int] = ()
    """Rows that begin a group, with a line drawn above them."""
    settled: Collection[int] = ()
    """Rows in which nothing is to be typed."""
    marked: Mapping[int, Mapping[int, Cell]] = field(default_factory=dict)
    """By row and column, cells with a look and a kind of their own; their values stand in `cells`."""
    widest: float = WIDEST
    """The most that a column of text is wide, in characters; longer text wraps."""
    frozen: int = 0
    """How many columns stay in sight."""
    printed: int | None = None
    """How many columns go on paper; None: all."""
    printed_rows: int | None = None
    """How many rows go on paper; None: all."""


def add_table(sheet: Sheet, table: Table) -> Placed:
    """Writes a table to its sheet. Returns where its rows are, for checks on what is typed there."""
    return _TableWriter(sheet, table).write()


class _TableWriter:
    """Writes one table, from the top of its sheet down."""

    def __init__(self, sheet: Sheet, table: Table) -> None:
        self._sheet, self._table = sheet, table
        self._count = len(table.cells[0])
        if self._count > _MOST_ROWS:
            refusal = f"{self._count:,} lines are more than a sheet of a workbook holds ({_MOST_ROWS:,})"
            raise BillingError(f"{table.name}: {refusal}. Claim fewer files at once.")
        self._header = len(table.above) + 1
        # In their order: that of a set is another one each time, and the widest of some texts is among the first ones.
        self._distinct = [dict.fromkeys([*cells, *table.totals[n : n + 1]]) for n, cells in enumerate(table.cells)]
        self._widths = self._fitting_widths()
        # The empty column and the notes, all as long: beside the header, beside each row, and below them.
        longest = max([self._count + 1, *map(len, table.beside)])
        beside = [[], *table.beside] if table.beside else []
        self._beside = [[*notes, *[None] * (longest - len(notes))] for notes in beside]

    def write(self) -> Placed:
        """Writes the whole sheet."""
        self._set_columns()
        self._add_above()
        self._add_header()
        self._add_rows()
        self._add_totals()
        self._add_rest_of_notes()
        self._set_view()
        self._set_print()
        return self._placed()

    def _fitting_widths(self) -> list[float]:
        """The width of each column, narrower where the print would be too small."""
        table = self._table
        widths = [
            column.width
            or max(
                min(width_of(distinct, column), table.widest if column.kind == "text" else WIDEST),
                _TO_TYPE_IN[column.kind == "long"] if column.typed else 0,
            )
            for column, distinct in zip(table.columns, self._distinct, strict=True)
        ]
        widths[: table.printed] = narrowed(
            widths[: table.printed], lambda n: least_width(self._distinct[n], table.columns[n], widths[n])
        )
        return widths

    def _set_columns(self) -> None:
        columns = self._table.columns
        for number, (column, width) in enumerate(zip(columns, self._widths, strict=True)):
            self._sheet.column(number).width = width
            # for what a person types below the table
            self._sheet.column(number).number_format = FORMATS[column.kind]
        for number, notes in enumerate(self._table.beside, start=len(columns) + 1):
            self._sheet.column(number).width = max(map(len, notes)) * 0.9 + 2

    def _add_above(self) -> None:
        for line in self._table.above:
            values = [cell.value for cell in line]
            self._sheet.rows.add(values, [self._look_of(cell) for cell in line], LEAD_HEIGHT)
            # A line that somebody types in says nothing of its own.
            if not any(cell.look == "typed" for cell in line):
                self._sheet.take_in([[value] for value in values])

    def _add_header(self) -> None:
        columns = self._table.columns
        # Numbered before the headings', with notes or without: `report` writes identical copies of older workbooks.
        beside = self._looks_of_notes(len(self._beside))
        looks = [self._sheet.looks.number("heading", column.kind) for column in columns]
        values: list[Value] = [*(column.heading for column in columns), *(notes[0] for notes in self._beside)]
        self._sheet.add(values, [*looks, *beside], heading_height(columns, self._widths, filtered=True))

    def _add_rows(self) -> None:
        columns = [*self._table.cells, *(notes[1 : self._count + 1] for notes in self._beside)]
        beside, heights = self._looks_of_notes(len(self._beside)), self._heights()
        start = 0
        for looks, alike in groupby(self._looks_of_rows()):
            stop = start + sum(1 for _ in alike)
            rows_alike = [values[start:stop] for values in columns]
            self._sheet.rows.add_alike(rows_alike, [*looks, *beside], heights[start:stop])
            start = stop
        self._sheet.take_in(columns, {n for n, column in enumerate(self._table.columns) if column.typed})

    def _looks_of_rows(self) -> Iterator[list[int]]:
        """The looks of each row's cells."""
        table, number = self._table, self._sheet.looks.number
        struck = [number("struck", column.kind) for column in table.columns]
        # By whether something may be typed in a row, and whether a group begins with it.
        usual = {
            (typed, begun): [
                number("quiet" if column.quiet else "body", column.kind, typed=typed and column.typed, begun=begun)
                for column in table.columns
            ]
            for typed in (False, True)
            for begun in (False, True)
        }
        for place in range(self._count):
            looks = struck if place in table.struck else usual[place not in table.settled, place in table.groups]
            yield self._with_marks(looks, table.marked[place]) if place in table.marked else looks

    def _with_marks(self, looks: Sequence[int], marked: Mapping[int, Cell]) -> list[int]:
        return [self._look_of(marked[n]) if n in marked else look for n, look in enumerate(looks)]

    def _heights(self) -> list[float | None]:
        """The height of each row that is higher than a line: not every program fits it to text that breaks."""
        lines = []
        for number, column in enumerate(self._table.columns):
            if column.kind in WRAPPING and (not column.quiet or column.kind == "long"):
                lines_in = {value: lines_of(value, self._widths[number]) for value in self._distinct[number]}
                if max(lines_in.values(), default=1) > 1:
                    lines.append(map(lines_in.__getitem__, self._table.cells[number]))
        most = map(max, zip(repeat(1, self._count), *lines, strict=True))
        return [LINE_HEIGHT * high if high > 1 else None for high in most]

    def _add_totals(self) -> None:
        if self._table.totals:
            looks = [self._sheet.looks.number("total", column.kind) for column in self._table.columns]
            self._sheet.add(self._table.totals, looks)

    def _add_rest_of_notes(self) -> None:
        left = [None] * len(self._table.columns)
        for notes in zip(*(notes[self._count + 1 :] for notes in self._beside), strict=True):
            values: list[Value] = [*left, *notes]
            self._sheet.add(values, self._looks_of_notes(len(values)))

    def _set_view(self) -> None:
        header, last = self._header, get_column_letter(len(self._table.columns))
        self._sheet.shell.freeze_panes = f"{get_column_letter(self._table.frozen + 1)}{header + 1}"
        self._sheet.shell.auto_filter.ref = f"A{header}:{last}{header + self._count}"

    def _set_print(self) -> None:
        table, shell = self._table, self._sheet.shell
        shell.print_title_rows = f"{self._header}:{self._header}"
        shell.page_setup.paperSize = paper_for(self._widths[: table.printed])
        rows = self._count + bool(table.totals) if table.printed_rows is None else table.printed_rows
        if table.printed is not None or table.printed_rows is not None:
            shell.print_area = f"A1:{get_column_letter(table.printed or len(table.columns))}{self._header + rows}"
        if rows < self._count:
            shell.oddFooter.center.text = (
                f"Printed: {rows:,} of {counted(self._count, 'line')}. The workbook has them all."
            )

    def _placed(self) -> Placed:
        """Where the rows are, with a list on the columns to choose in."""
        placed = Placed(self._sheet.shell, self._header + 1)
        for number, column in enumerate(self._table.columns):
            if column.choices:
                one_of = f'"{",".join(column.choices)}"'
                placed.check(Check("list", one_of, title=column.heading), [(n, number) for n in range(self._count)])
        return placed

    def _look_of(self, cell: Cell) -> int:
        return self._sheet.looks.number(cell.look, cell.kind)

    def _looks_of_notes(self, count: int) -> list[int]:
        return [self._sheet.looks.number("note", "text")] * count
