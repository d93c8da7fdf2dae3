"""Finds the columns of an export whose headings nobody knows: the row of headings, and the cells below each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ims_billing.reading.layout import both_rows
from ims_billing.reading.spreadsheet import RawTable
from ims_billing.vocabulary.cells import Cell, day, money, text, word_of
from ims_billing.vocabulary.spelling import heading

_HEADER_WITHIN = 30
_CELLS_LOOKED_AT = 400
_PERSON = re.compile(r"[^\W\d]+([ ,.'’()-]+[^\W\d]*)+")


@dataclass(frozen=True)
class ExportColumn:
    """A column of the export: its heading, and the cell of each row."""

    written: str
    rows: tuple[Cell, ...]

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """The cells that are not blank."""
        return tuple(cell for cell in self.rows if text(cell))

    @property
    def words(self) -> frozenset[str]:
        """The words and signs of its heading."""
        spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", self.written)
        return frozenset([*word_of(spaced).split(), *(sign for sign in "$#" if sign in self.written)])

    def share(self, fits: Callable[[Cell], bool]) -> float:
        """The share of the cells that fit."""
        return sum(map(fits, self.cells)) / len(self.cells) if self.cells else 0.0


@dataclass(frozen=True)
class Export:
    """A sheet as an export: its columns, the rows of its header, and whether rows of one cell name people above."""

    columns: list[ExportColumn]
    header_rows: int
    people_above: bool

    @property
    def headings(self) -> list[str]:
        """The headings as they are written."""
        return [column.written for column in self.columns]


def export_in(table: RawTable, fields: Mapping[str, str]) -> Export | None:
    """The columns below the widest row of words near the top; None where there is none, or no row below it.

    `fields`: by heading what the program reads. Two rows are the header where both name more of that than one does.
    """
    rows = [table.row(position) for position in range(min(_HEADER_WITHIN, table.height))]
    wordy = [
        len(filled)
        if (filled := [cell for cell in row if text(cell)]) and all(_is_heading(cell) for cell in filled)
        else 0
        for row in rows
    ]
    top = max(range(len(rows)), key=lambda number: wordy[number], default=None)
    if top is None or wordy[top] < 3 or top + 1 >= table.height:
        return None
    names, last = [text(cell) for cell in rows[top]], top
    for upper in (top - 1, top):
        if upper >= 0 and upper + 1 < len(rows) and min(wordy[upper], wordy[upper + 1]) > 1:
            both = both_rows(table, upper, fields)
            if _understood(both, fields) > _understood(names, fields):
                names, last = both, upper + 1
    below = [table.row(at) for at in range(last + 1, min(last + 1 + _CELLS_LOOKED_AT, table.height))]
    # Bands and subtotals hold few cells, and say nothing of a column.
    sessions = [row for row in below if 2 * sum(bool(text(cell)) for cell in row) >= sum(map(bool, names))]
    written = ([text(cell) for cell in row if text(cell)] for row in below)
    alone = [cells[0] for cells in written if len(cells) == 1]
    columns = [ExportColumn(name, tuple(row[place] for row in sessions)) for place, name in enumerate(names) if name]
    two = names != [text(cell) for cell in rows[top]]
    return Export(columns, 2 if two else 1, any(map(is_person, alone)))


def _understood(names: Sequence[str], fields: Mapping[str, str]) -> int:
    return len({fields[heading(name)] for name in names if heading(name) in fields})


def _is_heading(cell: Cell) -> bool:
    # A heading of one sign says what the column holds: "$", "#".
    in_words = isinstance(cell, str) and (any(map(str.isalpha, cell)) or len(cell.strip()) == 1)
    return in_words and money(cell) is None and day(cell, "month-first") is None


def is_person(written: str) -> bool:
    """Whether a text is a name of two words or more, without figures."""
    return bool(_PERSON.fullmatch(written))
