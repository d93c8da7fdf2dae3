"""The cells of a table's own rows, column by column, and which of them differ."""

from __future__ import annotations

from collections.abc import Sequence, Set
from functools import cached_property

from ims_billing.reading.spreadsheet import RawTable
from ims_billing.vocabulary.cells import Cell


class OwnCells:
    """The cells of some rows of a table; `positions` are theirs, in order.

    A million rows hold few different cells in most columns: these are looked for once, for whoever judges them.
    """

    def __init__(self, table: RawTable, positions: Sequence[int]) -> None:
        self.table, self.positions = table, positions
        self._distinct: dict[int, Set[Cell]] = {}

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def _rows(self) -> slice | None:
        """The rows as a slice, where none is between them that is not the table's own."""
        if not self.positions:
            return slice(0)
        first, last = self.positions[0], self.positions[-1]
        return slice(first, last + 1) if last - first == len(self.positions) - 1 else None

    def cells(self, column: int) -> list[Cell]:
        """The cells of a column, row by row."""
        cells = self.table.columns[column]
        return cells[self._rows] if self._rows is not None else [cells[position] for position in self.positions]

    def distinct(self, column: int) -> Set[Cell]:
        """The different cells of a column; 1 and True are not told apart."""
        if column not in self._distinct:
            self._distinct[column] = set(self.cells(column))
        return self._distinct[column]

    @cached_property
    def widths(self) -> Sequence[int]:
        """How many cells each row of a text file has; empty for other files."""
        widths = self.table.widths
        if not widths:
            return ()
        return widths[self._rows] if self._rows is not None else [widths[position] for position in self.positions]

    def of_width(self, width: int) -> OwnCells:
        """Those of the rows that have so many cells."""
        if set(self.widths) <= {width}:
            return self
        return self.at([number for number, cells in enumerate(self.widths) if cells == width])

    def at(self, numbers: Sequence[int]) -> OwnCells:
        """Some of the rows, by their numbers among these."""
        if len(numbers) == len(self):
            return self
        return OwnCells(self.table, [self.positions[number] for number in numbers])
