"""One recognised table: its own rows, and its columns as text, days, times and cents."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.reading.group_headings import rows_of_others, rows_under_headings
from ims_billing.reading.layout import Match
from ims_billing.reading.moved_rows import damaged_rows, moved_rows
from ims_billing.reading.own_cells import OwnCells
from ims_billing.reading.own_rows import own_rows
from ims_billing.rules.published import published
from ims_billing.rules.words import LayoutRules
from ims_billing.vocabulary.cells import (
    Cell,
    Clock,
    clock,
    day,
    day_order,
    end_of,
    is_error,
    length,
    meaning_of,
    money,
    other_words,
    says_nothing,
    shown,
    text,
    word_of,
    written_out,
)
from ims_billing.vocabulary.days import born_on
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import CELL_FINDINGS, as_frame, empty
from ims_billing.vocabulary.identifiers import identifier
from ims_billing.vocabulary.rows import of_each_cell
from ims_billing.vocabulary.spelling import counted, heading

_MIDNIGHT = re.compile(r"[T ]00:00(?::00(?:\.0+)?)? ?(?:Z|UTC|[+-]00:?00)$")
_NO_RATE = re.compile(r"0+(?:[.,]0+)? ?%")
_DAY_AND_TIME = len("5/10/26 9:30")
T = TypeVar("T")
# What `Table.bad` collects: position, column of the sessions frame, kind, message.
Bad = tuple[int, str, str, str]


class Table:
    """One recognised table, without the skipped rows.

    `places` are the row numbers as in Excel, `asides` the skipped rows, `bad` the bad cells, `remarks` what was
    corrected while reading. `money_field` is the field whose sum a line of totals would show.
    """

    def __init__(self, match: Match, clinic: Clinic, money_field: str | None = None) -> None:
        self.match, self.clinic = match, clinic
        self.rules: LayoutRules = published().layouts
        self.bad: list[Bad] = []
        self.remarks: list[str] = []
        words = self.rules.words.nothing
        self._nothing = frozenset({"", *map(word_of, words["nothing"])})
        # An amount that somebody still has to find out is not nothing.
        not_known = frozenset(map(word_of, words["not-known"]))
        self._no_money = (self._nothing | frozenset(map(word_of, words["money"]))) - not_known
        self._beside_a_time = frozenset(map(word_of, words["time"]))
        self._beside_a_number = frozenset(map(word_of, words["beside-a-number"]))
        own, self.asides = own_rows(match, money_field)
        self.own = OwnCells(match.table, own)
        self.places = [match.table.first_row + position for position in own]

    def __len__(self) -> int:
        return len(self.places)

    @property
    def sheet(self) -> str:
        """The sheet's name."""
        return self.match.table.sheet

    def raw(self, name: str) -> list[Cell]:
        """The cells of a field, by position; None where the table has no such column."""
        column = self.match.columns.get(name)
        if column is None:
            return [None] * len(self)
        return self.own.cells(column)

    def note(self, position: int, column: str, kind: str, message: str) -> None:
        """Adds a bad cell."""
        self.bad.append((position, column, kind, message))

    def every(self, name: str) -> list[str]:
        """The names of all columns of a field: the field's own, and "status 2" and so on where several are read."""
        return [own for own in self.match.columns if own.partition(" ")[0] == name]

    def heading(self, name: str) -> str:
        """The column's heading as the user wrote it."""
        return text(self.match.table.row(self.match.header)[self.match.columns[name]])

    def called(self, name: str) -> str:
        """The column as the user's own header calls it, with its letter."""
        return f"{self.heading(name)} ({self.match.letters(self.match.columns[name])})"

    def cells(self, column: int) -> list[Cell]:
        """The cells of any column, by position, whether a field or not."""
        return self.own.cells(column)

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

    def whole_names(self, *, sound: bool = False) -> list[str]:
        """The patients' names of two columns, first and last name, as one; `sound` as in `texts`."""
        halves = (self.texts(name, sound=sound) for name in ("first_name", "last_name"))
        return [" ".join(" ".join(names).split()) for names in zip(*halves, strict=True)]

    def days(self, name: str, *, short_years: bool = False) -> list[Any]:
        """A field as local days (with the time where a cell has one); None where there is none or it cannot be read.

        `short_years` as in `vocabulary.days.day`.
        """
        return self._each(name, self._day_reader(name, short_years=short_years, whole_days=False))

    def _day_reader(self, name: str, *, short_years: bool, whole_days: bool) -> Callable[[Cell], dt.datetime | None]:
        """Reads a cell of a field as a day, as the other cells of its column are written."""
        cells = self._distinct(name)
        order, zone = day_order(cells, self.match.read_by.dates), self.clinic.zone
        whole_days = whole_days or _are_bare_days(cells)
        if name.endswith("birth_date"):
            return lambda cell: day(born_on(cell), order, zone=zone, whole_days=whole_days)
        return lambda cell: day(cell, order, short_years=short_years, zone=zone, whole_days=whole_days)

    def _each(self, name: str, read: Callable[[Cell], T]) -> list[T]:
        """A field's cells as `read` reads them, by position."""
        return of_each_cell(self.raw(name), read) if name in self.match.columns else [read(None)] * len(self)

    def _distinct(self, name: str) -> Collection[Cell]:
        """The different cells of a field."""
        return self.own.distinct(self.match.columns[name]) if name in self.match.columns else ()

    def ends(self, name: str) -> list[int | None]:
        """The ends, in minutes after midnight, of ranges of times that stand beside a day in a field."""
        order, zone = day_order(self._distinct(name), self.match.read_by.dates), self.clinic.zone
        # Nothing shorter holds a day and two times.
        ranges = {cell for cell in self._distinct(name) if isinstance(cell, str) and len(cell) > _DAY_AND_TIME}
        return self._each(name, lambda cell: end_of(cell, order, zone=zone) if cell in ranges else None)

    def dates(self, name: str, *, short_years: bool = False) -> list[Any]:
        """A field of days without times (a birth date); None where there is none or it cannot be read."""
        read = self._day_reader(name, short_years=short_years, whole_days=True)
        return self._each(name, lambda cell: midnight(read(cell)))

    def noted_dates(self, name: str, *, short_years: bool = False, personal: bool = False) -> list[Any]:
        """A field as `dates` reads it, with a note for each unreadable cell; `personal` ones are not quoted."""
        days = self.dates(name, short_years=short_years)
        for position, cell in self.unread(name, days):
            written = shown(cell) if personal else written_out(cell)
            message = f"{self.called(name)} holds {written}, which is not plainly a date."
            self.note(position, name, "unreadable-cell", message)
        return days

    def unread(self, name: str, values: Sequence[object]) -> list[tuple[int, Cell]]:
        """Position and cell of each cell of a field that says something and has no value."""
        without = self._without(name, values)
        silent = of_each_cell([cell for _, cell in without], lambda cell: says_nothing(cell, self._nothing))
        return [place for place, says_so in zip(without, silent, strict=True) if not says_so]

    def _without(self, name: str, values: Sequence[object]) -> list[tuple[int, Cell]]:
        """Position and cell of each cell of a field that has no value."""
        if name not in self.match.columns:
            return []
        raw = self.raw(name)
        return [(position, raw[position]) for position, value in enumerate(values) if value is None]

    def clocks(self, name: str) -> list[Clock | None]:
        """A field as times of day, with a note for each cell that cannot be read."""
        times = self._each(name, lambda cell: clock(cell, self.clinic.zone))
        for position, cell in self.unread(name, times):
            message = f"{self.called(name)} holds {written_out(cell)}, which is not plainly a time of day."
            self.note(position, name, "unreadable-cell", message)
            self._note_other_words(position, name, cell)
        return times

    def lengths(self, name: str) -> list[int | None]:
        """A field as minutes, with a note for each cell that cannot be read; zero says nothing."""
        minutes = self._each(name, length)
        for position, cell in self.unread(name, minutes):
            if cell != 0:
                message = f"{self.called(name)} holds {written_out(cell)}, which is not plainly a number of minutes."
                self.note(position, name, "unreadable-cell", message)
                self._note_other_words(position, name, cell)
        return minutes

    def _note_other_words(self, position: int, name: str, cell: Cell) -> None:
        """Notes a cell of a time or a length with a word for neither, such as "cxl"."""
        if not is_error(cell) and other_words(cell) - self._beside_a_time:
            message = f"{self.called(name)} holds a word, which may say that this visit did not take place."
            self.note(position, "status", "status-not-recognised", message)

    def amounts(
        self, name: str, kind: str = "unreadable-cell", column: str = "", *, words: bool = False
    ) -> list[int | None]:
        """A field as cents; None where nothing is written, or where it cannot be read, which is noted.

        With `words` a dash, or a word such as "exempt", is nothing written.
        """
        cents = self._each(name, money)
        for position, cell in self._without(name, cents):
            if text(cell) and not (words and self._is_no_money(cell)):
                message = f"{self.called(name)} holds {written_out(cell)}, which is not an amount in whole cents."
                self.note(position, column or f"{name}_cents", kind, message)
        return cents

    def _is_no_money(self, cell: Cell) -> bool:
        """Whether a cell says that there is no amount: a dash, "exempt", or a rate of 0 %."""
        return says_nothing(cell, self._no_money) or (isinstance(cell, str) and bool(_NO_RATE.fullmatch(cell.strip())))

    def worded(self, name: str, meanings: Mapping[str, str], wanted: str) -> list[str]:
        """Cell words by what they mean, "" where they say nothing of it; a word that is not understood is noted.

        `wanted` says in the message what the cell should say.
        """

        def read(cell: str) -> str | None:
            return "" if says_nothing(cell, self._nothing) else meaning_of(cell, meanings)

        values = of_each_cell(self.texts(name, sound=True), read)
        for position in (p for p, meaning in enumerate(values) if meaning is None):
            self.note(position, name, "unreadable-cell", f"{self.called(name)} does not say {wanted}.")
        return ["" if meaning is None or meaning == "either" else meaning for meaning in values]

    def identifiers(self, name: str) -> list[str]:
        """A field as identifiers, empty where there is none; a damaged one is noted, a fixed one is a remark."""
        fixed: dict[str, list[int]] = {}
        numbers = self._each(name, lambda cell: identifier(cell, self._nothing, self._beside_a_number))
        for position, number in enumerate(numbers):
            if number.damaged:
                self.note(position, name, "unreadable-cell", f"{self.called(name)} holds {number.damaged}.")
            elif number.fixed:
                fixed.setdefault(number.fixed, []).append(self.places[position])
        for how, rows in fixed.items():
            cells = counted(len(rows), "number")
            where = f"row {rows[0]}" if len(rows) == 1 else f"first in row {rows[0]}"
            self.remarks.append(f"{cells} in {self.called(name)} written {how}, read without ({where})")
        return [number.text for number in numbers]

    def without_blanks(self, cells: list[str]) -> list[str]:
        """The cells, empty where one holds a dash, or a word that means that there is nothing."""

        def read(cell: str) -> str:
            return "" if says_nothing(cell, self._nothing) or not any(map(str.isalnum, cell)) else cell

        return of_each_cell(cells, read)

    def elsewhere(self) -> list[str]:
        """The cells under headings that the layout does not know, as one text."""
        unknown = self.match.unknown
        if not unknown:
            return [""] * len(self)
        names = {column: heading(name) for column, name in unknown.items()}
        ordered = sorted(names, key=lambda column: (names[column], column))
        columns = self.match.table.columns
        return ["\n".join(f"{names[c]}={text(columns[c][p])}" for c in ordered) for p in self.own.positions]

    def moved(self) -> dict[int, str]:
        """Why rows can't be read cell by cell, by position: cells moved by a text file, or merged over several rows."""
        return moved_rows(self.match, self.own, self.clinic) | self._merged()

    def _merged(self) -> dict[int, str]:
        """The rows that share a merged cell of a column that is read: what it says may be of one row or of all.

        A status of "cancelled" merged over three rows is blank in two of them, and blank counts as attended.
        """
        positions = {own: position for position, own in enumerate(self.own.positions)}
        fields = {column: name for name, column in self.match.columns.items()}
        messages = {}
        for first, last, column in self.match.table.merged:
            rows = [positions[row] for row in range(first, last + 1) if row in positions]
            if column in fields and len(rows) > 1:
                where = f"rows {self.places[rows[0]]} to {self.places[rows[-1]]}"
                message = (
                    f"{self.called(fields[column])} is one merged cell over {where}: unmerge it and fill in each row."
                )
                messages.update(dict.fromkeys(rows, message))
        return messages

    def note_moved(self) -> None:
        """Notes the rows whose cells may stand in wrong columns, or are merged: each is held as a whole line."""
        for position, message in self.moved().items():
            self.note(position, "line", "unreadable-cell", message)

    def note_headings(self) -> None:
        """Notes the rows below a title or group heading that contradicts them: see `group_headings`."""
        for position, message in rows_under_headings(self.match, self.own.positions, self.asides).items():
            self.note(position, "unread", "unreadable-cell", message)
        for position, name, message in rows_of_others(self.match, self.own.positions, self.asides, self.clinic):
            self.note(position, name, "unreadable-cell", message)
        self._note_marks()

    def _note_marks(self) -> None:
        """Notes the rows with a cell that is struck out."""
        for position, name in self.struck_out().items():
            what = "is struck out. If the visit is to be billed all the same, type no."
            self.note(position, "billed", "unreadable-cell", f"{self.called(name)} {what}")

    def struck_out(self) -> dict[int, str]:
        """By position, the first field of each row whose cell is struck out; notes apart."""
        positions = {own: position for position, own in enumerate(self.own.positions)}
        fields = {column: name for name, column in self.match.columns.items() if name != "notes"}
        first: dict[int, str] = {}
        for row, column in self.match.table.struck:
            if row in positions and column in fields:
                first.setdefault(positions[row], fields[column])
        return first

    def notes(self) -> list[str]:
        """The cells of the column Notes, each with the notes on the cells of its row."""
        texts, positions = self.texts("notes"), {own: position for position, own in enumerate(self.own.positions)}
        width, own = self.match.width, 0
        for row, column, words in self.match.table.notes:
            if row in positions and column < width:
                own += 1
                texts[positions[row]] += f"{' ' if texts[positions[row]] else ''}{words}"
        if own:
            self.remarks.append(f"{counted(own, 'cell note')} {'was' if own == 1 else 'were'} read as Notes")
        return texts

    def refuse_moved(self, file: str) -> None:
        """Raises BillingError where a row's cells may stand in wrong columns: a list has no session to hold."""
        # A workbook's list has years of patients, of whom few matter: an odd cell of one of them stops no month.
        damaged = damaged_rows(self.match, self.own, self.clinic) | self._merged()
        for position, message in (self.moved() if self.match.table.is_text else damaged).items():
            raise BillingError(f"{file}, row {self.places[position]}: {message} Correct the row, or export again.")


def _are_bare_days(cells: Collection[Cell]) -> bool:
    """Whether cells are days that a program wrote as midnight in UTC: all of them are, and on several days."""
    moments = {cell for cell in cells if cell not in (None, "")}
    return len(moments) > 1 and all(isinstance(cell, str) and _MIDNIGHT.search(cell) for cell in moments)


def bad_cells(bad: Sequence[Bad]) -> pd.DataFrame:
    """The CELL_FINDINGS frame of bad cells."""
    return as_frame(bad, CELL_FINDINGS) if bad else empty(CELL_FINDINGS)


def midnight(moment: Any) -> Any:
    """The day of a day with a time; None stays None."""
    return None if moment is None else moment.replace(hour=0, minute=0, second=0, microsecond=0)


def whole(numbers: Sequence[int | None]) -> Any:
    """Whole numbers that may be absent, as a pandas array."""
    return pd.array(list(numbers), dtype="Int64")
