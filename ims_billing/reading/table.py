"""The rows of one recognised table: which are none, and its columns as text, days, times and cents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.reading.layout import Match
from ims_billing.reading.own_rows import own_rows
from ims_billing.rules.published import LayoutRules, published
from ims_billing.vocabulary.cells import (
    Cell,
    day,
    day_order,
    is_error,
    length,
    meanings,
    money,
    shown,
    text,
    time,
    word_of,
)
from ims_billing.vocabulary.frames import CELL_FINDINGS, prove
from ims_billing.vocabulary.spelling import heading

# What `Table.bad` collects: position, column of the sessions frame, kind, message.
Bad = tuple[int, str, str, str]


class Table:
    """One recognised table, with the rows that are not its own set aside.

    `places` are the rows as Excel numbers them, `asides` the rows that are set aside, `bad` the bad cells.
    `money_field` is the field whose sum a line of totals would show.
    """

    def __init__(self, found: Match, clinic: Clinic, money_field: str | None = None) -> None:
        self.found, self.clinic = found, clinic
        self.rules: LayoutRules = published().layouts
        self.bad: list[Bad] = []
        own, self.asides = own_rows(found, money_field)
        self._positions = np.array(own, dtype=int)
        self.places = [found.row(int(position)) for position in self._positions]

    def __len__(self) -> int:
        return len(self.places)

    @property
    def sheet(self) -> str:
        """The sheet's name."""
        return self.found.table.sheet

    def raw(self, name: str) -> list[Cell]:
        """The cells of a field, by position; None where the table has no such column."""
        column = self.found.columns.get(name)
        if column is None:
            return [None] * len(self)
        cells = self.found.table.columns[column]
        if len(self) and self._positions[-1] - self._positions[0] == len(self) - 1:
            return cells[int(self._positions[0]) : int(self._positions[-1]) + 1]
        return [cells[position] for position in self._positions]

    def note(self, position: int, column: str, kind: str, message: str) -> None:
        """Adds a bad cell."""
        self.bad.append((position, column, kind, message))

    def every(self, name: str) -> list[str]:
        """The names of all columns of a field: the field's own, and "status 2" and so on where several are read."""
        return [own for own in self.found.columns if own.partition(" ")[0] == name]

    def heading(self, name: str) -> str:
        """The column's heading as the user wrote it."""
        return text(self.found.table.row(self.found.header)[self.found.columns[name]])

    def called(self, name: str) -> str:
        """The column as the user's own header calls it, with its letter."""
        return f"{self.heading(name)} ({self.found.letters(self.found.columns[name])})"

    def cells(self, column: int) -> list[Cell]:
        """The cells of any column, by position, whether a field or not."""
        cells = self.found.table.columns[column]
        return [cells[position] for position in self._positions]

    def texts(self, name: str, *, sound: bool = False) -> list[str]:
        """A field as text; an error counts as nothing written, and is noted where it must be sound."""
        written = [cell.strip() if type(cell) is str else text(cell) for cell in self.raw(name)]
        if "#" not in "".join(written):
            return written
        for position, cell in enumerate(written):
            if is_error(cell):
                written[position] = ""
                if sound:
                    field = name.partition(" ")[0]
                    self.note(position, field, "unreadable-cell", f"{self.called(name)} holds {cell}.")
        return written

    def days(self, name: str, *, short_years: bool = False) -> list[Any]:
        """A field as days (with the time where a cell has one); None where there is none or it cannot be read."""
        raw = self.raw(name)
        order = day_order(raw, self.found.known.dates)
        known: dict[Cell, Any] = {}
        return [
            known[cell] if cell in known else known.setdefault(cell, day(cell, order, short_years=short_years))
            for cell in raw
        ]

    def dates(self, name: str, *, short_years: bool = False) -> list[Any]:
        """A field as days without their times."""
        known: dict[Any, Any] = {}
        return [
            known[found] if found in known else known.setdefault(found, midnight(found))
            for found in self.days(name, short_years=short_years)
        ]

    def times(self, name: str) -> list[int | None]:
        """A field as minutes after midnight."""
        known: dict[Cell, int | None] = {}
        return [known[c] if c in known else known.setdefault(c, time(c)) for c in self.raw(name)]

    def lengths(self, name: str) -> list[int | None]:
        """A field as minutes."""
        known: dict[Cell, int | None] = {}
        return [known[c] if c in known else known.setdefault(c, length(c)) for c in self.raw(name)]

    def amounts(self, name: str, kind: str = "unreadable-cell", column: str = "") -> list[int | None]:
        """A field as cents; None where nothing is written, or where it cannot be read, which is noted."""
        known: dict[Any, int | None] = {}
        found = []
        for position, cell in enumerate(self.raw(name)):
            key = (type(cell), cell)
            amount = known[key] if key in known else known.setdefault(key, money(cell))
            if amount is None and text(cell):
                told = f"{self.called(name)} holds {shown(cell)}, which is not an amount in whole cents."
                self.note(position, column or f"{name}_cents", kind, told)
            found.append(amount)
        return found

    def worded(self, name: str, meanings: Mapping[str, str]) -> list[str]:
        """Cell words by what they mean; what is not known says nothing."""
        known: dict[str, str] = {}
        return [
            known[cell] if cell in known else known.setdefault(cell, meanings.get(word_of(cell), ""))
            for cell in self.texts(name)
        ]

    def said(self, cells: list[str]) -> list[str]:
        """The cells, empty where one holds a dash, or a word that means that there is nothing."""
        nothing = {"", *meanings(self.rules.words.nothing, {})}
        known = {cell: "" if word_of(cell) in nothing else cell for cell in set(cells)}
        return [known[cell] for cell in cells]

    def elsewhere(self) -> list[str]:
        """The cells under headings that the layout does not know, as one text."""
        unknown = self.found.unknown
        if not unknown:
            return [""] * len(self)
        names = {column: heading(name) for column, name in unknown.items()}
        ordered = sorted(names, key=lambda column: (names[column], column))
        columns = self.found.table.columns
        return ["\n".join(f"{names[c]}={text(columns[c][p])}" for c in ordered) for p in self._positions]

    def ragged(self) -> None:
        """Notes lines of text with more cells than headings: a stray separator has moved their cells."""
        table, width = self.found.table, self.found.width
        if not table.is_text or len(table.columns) <= width:
            return
        for position, place in enumerate(self._positions):
            if any(text(column[place]) for column in table.columns[width:]):
                told = f"The line has more cells than the {width} headings: its cells may stand in wrong columns."
                self.note(position, "line", "unreadable-cell", told)


def bad_cells(bad: Sequence[Bad]) -> pd.DataFrame:
    """The CELL_FINDINGS frame of bad cells."""
    frame = pd.DataFrame(bad, columns=[column.name for column in CELL_FINDINGS])
    return prove(frame.astype({column.name: column.dtype for column in CELL_FINDINGS}), CELL_FINDINGS)


def midnight(found: Any) -> Any:
    """The day of a day with a time; None stays None."""
    return None if found is None else found.replace(hour=0, minute=0, second=0, microsecond=0)


def whole(numbers: Sequence[int | None]) -> Any:
    """Whole numbers that may be absent, as a pandas array."""
    return pd.array(list(numbers), dtype="Int64")
