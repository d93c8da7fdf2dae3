"""Rows whose cells have moved: by a separator or a line end of a text file, or below other headings, or by hand."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Collection, Container, Iterator, Sequence
from functools import cached_property
from typing import cast

from ims_billing.clinic.clinic import Clinic
from ims_billing.reading.column_kinds import ColumnKinds
from ims_billing.reading.layout import Match
from ims_billing.reading.own_cells import OwnCells
from ims_billing.vocabulary.cells import Cell, text
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.spelling import heading, heading_words, one_letter_apart

_ENOUGH_HEADINGS = 3
_LONG_ENOUGH = 5
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_DIGIT = re.compile(r"\d")
_SEPARATORS = re.compile(r"[;|]")
# What every damaged cell has at least one of.
_SIGNS = re.compile(r"[,;|\"\x00-\x1f\x7f\x85\u2028\u2029]")
# A clinic's own spreadsheet numbers its rows as it likes; no cell moves into these from the right alone.
_OWN_NUMBERS = ("session_id", "patient_id")
# "Invented, Bob, Jr" is a name; a comma beside letters is the separator of "Inve,nted, Bob".
_COMMAS = re.compile(r"^\s*,|,\s*$|,\s*,")
_BESIDE_LETTERS = re.compile(r"[^\W\d_],[^\W\d_]")
# A nickname between two marks: Robert "Bob" Madeup.
_NICKNAME = re.compile(r'(?<!\S)"[^"]+"(?!\S)')
_PART_OF_A_NUMBER = re.compile(r"[\d.,$ -]+")
_WIDTH = "The line has {} cells under {} headings: its cells may stand in wrong columns."
_SPLIT = "The line may be part of a row that a line break cuts in two: its cells may stand in wrong columns."
_OTHER_HEADER = "Row {} is another header, and this row stands below it: its cells may stand in wrong columns."
_SIGN = "{} holds a tab, a line break, a quotation mark or a separator that belongs in no such cell."
_SPACE = "{} holds a number with a space in it, and the other rows' numbers have none."
_MISFIT = "{} does not hold what belongs there: the cells of the line may stand in wrong columns."


def damaged_rows(match: Match, own: OwnCells, clinic: Clinic) -> dict[int, str]:
    """The rows with a name or number that has a sign in it which belongs in none: messages by index."""
    return _Rows(match, own, clinic).damaged_cells()


def moved_rows(match: Match, own: OwnCells, clinic: Clinic) -> dict[int, str]:
    """The rows whose cells may stand in wrong columns, or hold what belongs in none: messages by index.

    `own` are the rows of the table that are its own. A row is read as it stands only where its cells fit their
    columns, and in a text file fit better than if a separator were lost or added anywhere; cells that a program leaves
    out at the end do no harm. A name or number with a sign that belongs in none, such as a line break, is damaged in
    any file. The messages are by number among these rows.
    """
    rows = _Rows(match, own, clinic)
    return rows.messages() | rows.damaged_cells()


def refuse_damaged_text(match: Match, file: str) -> None:
    """Raises BillingError where a text file's headings are damaged, or two of its rows stand on one line.

    Headings are damaged where a separator or a line break was lost or added within them, or where one of them is a
    letter away from a heading that would be read.
    """
    if not match.table.is_text:
        return
    row = [text(cell) for cell in match.table.row(match.header)]
    readable = {heading(name) for names in match.read_by.layout.headings.values() for name in names}
    place = f"{file}, row {match.row(match.header)}"
    unknown = [(column, heading(row[column])) for column in sorted(match.unknown)]
    absent = {
        heading(name): names[0]
        for field, names in match.read_by.layout.headings.items()
        if field not in match.columns
        for name in names
    }
    for column, name in unknown:
        if _is_of_another_tax(row[column]):
            continue
        if near := next((right for right in absent if _is_nearly(name, right)), ""):
            raise BillingError(
                f'{place}: the heading "{row[column]}" is one letter away from "{absent[near]}". Correct it, or have '
                "it ignored: sheet Columns of clinic.xlsx, or ignore under [clinic]."
            )
    widths = match.table.widths[match.header :]
    for column, _ in unknown:
        # "Date/Time" and "Duration (minutes)" are one heading, unless its rows have a cell more.
        halves = _halves(row[column], at_signs=max(widths) > widths[0])
        if any(heading(one) in readable and heading(other) in readable for one, other in halves):
            raise BillingError(f'{place}: the heading "{row[column]}" is two headings. Put a separator between them.')
    for (column, name), (beside, other) in itertools.pairwise(unknown):
        if beside == column + 1 and name + other in readable:
            raise BillingError(f'{place}: the headings "{row[column]}" and "{row[beside]}" are one. Join them.')
    rows = match.table.widths[match.header + 1 :]
    if rows and match.table.widths[match.header] > max(rows) and any(map(_is_a_cell, row)):
        raise BillingError(f"{place}: headings and a row of cells stand on one line. Put a line break between them.")
    _refuse_joined_rows(match, file)


def _refuse_joined_rows(match: Match, file: str) -> None:
    """Raises BillingError where a line is as wide as two rows: to correct one session of it would lose the other."""
    table, width = match.table, match.table.widths[match.header]
    for position in range(match.header + 1, table.height):
        if width >= _ENOUGH_HEADINGS and table.widths[position] >= 2 * width - 1:
            beyond = [column[position] for column in table.columns[width : table.widths[position]]]
            if sum(bool(text(cell)) for cell in beyond) * 2 >= width:
                raise BillingError(
                    f"{file}, row {match.row(position)}: two rows stand on one line. Put a line break between them."
                )


def _halves(written: str, *, at_signs: bool) -> Iterator[tuple[str, str]]:
    """The two parts of a heading at each place within a word; "Insurance state" is a phrase and no two headings."""
    for cut in range(2, len(written) - 1):
        beside = written[cut - 1 : cut + 1]
        if not any(map(str.isspace, beside)) and (at_signs or all(map(str.isalnum, beside))):
            yield written[:cut], written[cut:]


def _is_nearly(name: str, right: str) -> bool:
    """Whether a heading is a slip of `right`; a short one, such as Tax, is one letter away from other words too."""
    return min(len(name), len(right)) >= _LONG_ENOUGH and one_letter_apart(name, right)


def _is_of_another_tax(written: str) -> bool:
    """Whether a heading names another tax than the GST that it is a letter away from."""
    return not {"pst", "qst", "tvq"}.isdisjoint(heading_words(written))


def _is_a_cell(written: str) -> bool:
    """Whether a text in the header is a day or an amount: part of somebody's row."""
    return bool(
        re.fullmatch(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\$?\d+[.,]\d\d", written)
    )


class _Rows:
    """The rows of one text table, judged one by one."""

    def __init__(self, match: Match, own: OwnCells, clinic: Clinic) -> None:
        self.match, self.table, self.own = match, match.table, own
        self.kinds = ColumnKinds(match, own, clinic)
        needed = [group.split("|") for group in match.read_by.layout.needed]
        self.needed = [[match.columns[name] for name in group if name in match.columns] for group in needed]

    def messages(self) -> dict[int, str]:
        """Why each row may have its cells in wrong columns."""
        messages: dict[int, str] = {}
        split = [*self._cut_in_two(), *self._beside_a_bare_line()] if self.table.is_text else []
        if split:
            numbers = {position: number for number, position in enumerate(self.own.positions)}
            messages |= {numbers[position]: _SPLIT for position in split if position in numbers}
        for number, header in self._below_another_header():
            messages.setdefault(number, _OTHER_HEADER.format(self.match.row(header)))
        usual = {self._usual_width, self.width} if self.table.is_text else set()
        uneven = [number for number, cells in enumerate(self.own.widths) if cells not in usual]
        for number in uneven:
            if number not in messages and not self._stands(self.own.positions[number]):
                messages[number] = _WIDTH.format(self.own.widths[number], self.width)
        every = range(len(self.own))
        for number, column in self._misfits(sorted({*every} - {*uneven}) if uneven else every):
            messages.setdefault(number, _MISFIT.format(self._called(column)))
        return messages

    @cached_property
    def width(self) -> int:
        """How many cells the header line of a text file has."""
        return self.table.widths[self.match.header]

    def damaged_cells(self) -> dict[int, str]:
        """Why a row has a name, number, day or amount with a sign in it that belongs in none."""
        messages: dict[int, str] = {}
        for column in self.kinds.without_signs:
            distinct = self._texts(column)
            all_signs = "".join(distinct)
            marked = [cell for cell in distinct if _SIGNS.search(cell)] if _SIGNS.search(all_signs) else []
            if not marked and " " not in all_signs:
                continue
            cells = self.own.cells(column)
            lead = "\t" if any(cell.startswith("\t") for cell in marked) and _are_led(cells) else ""
            damaged = {cell for cell in marked if self._is_damaged(cell.lstrip(lead) if lead else cell)}
            for number in (n for n, cell in enumerate(cells) if cell in damaged) if damaged else ():
                messages.setdefault(number, _SIGN.format(self._called(column)))
            for number in self._odd_spaces(column, cells) if " " in all_signs else ():
                messages.setdefault(number, _SPACE.format(self._called(column)))
        return messages

    def _texts(self, column: int) -> Collection[str]:
        """The different cells of a column that are texts, as all cells of a text file are."""
        cells = self.own.distinct(column)
        if self.table.is_text:
            return cast("Collection[str]", cells)
        return [cell for cell in cells if isinstance(cell, str)]

    def _is_damaged(self, cell: str) -> bool:
        """Whether a cell has a control character, a lone quotation mark or, in a text file, a separator in it."""
        if cell.isalnum():
            return False
        # A workbook's cell often ends with a line break; in a text file nothing but damage writes one.
        cell = cell if self.table.is_text else cell.strip()
        commas = bool(_COMMAS.search(cell)) or (cell.count(",") > 1 and bool(_BESIDE_LETTERS.search(cell)))
        separators = self.table.is_text and (commas or bool(_SEPARATORS.search(cell)))
        return separators or bool(_CONTROLS.search(cell)) or '"' in _NICKNAME.sub(" ", cell)

    def _odd_spaces(self, column: int, cells: Sequence[Cell]) -> list[int]:
        """The rows whose number is cut by a space, in a column of numbers that mostly have none."""
        if self.kinds.fields[column] not in ("policy", "member", "payer_file_number", "session_id", "patient_id"):
            return []
        numbers = {n: text(cell) for n, cell in enumerate(cells) if re.fullmatch(r"\d[\d ]*", text(cell))}
        cut = [n for n, number in numbers.items() if " " in number]
        return cut if len(cut) * 2 <= len(numbers) else []

    def _called(self, column: int) -> str:
        return f"{text(self.table.row(self.match.header)[column])} ({self.match.letters(column)})"

    @cached_property
    def _usual_width(self) -> int:
        """The width of all rows, where a program ends each with a separator and not the header; else the header's."""
        widths = set(self.own.widths)
        width = widths.pop() if len(self.own) > 1 and len(widths) == 1 else 0
        beyond = (self.own.distinct(column) for column in range(self.width, width))
        return self.width if any(text(cell) for cells in beyond for cell in cells) else max(width, self.width)

    def _misfits(self, even: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Rows as wide as the header with a cell that plainly belongs into a column of another kind."""
        rows = self.own.at(even)
        for column in self.match.columns.values():
            if not self.table.is_text and self.kinds.fields[column] in _OWN_NUMBERS:
                continue
            if misfits := self.kinds.misfits(column, rows.distinct(column)):
                cells = list(zip(even, rows.cells(column), strict=True))
                moved = [(number, column) for number, cell in cells if cell in misfits]
                # What most cells of a sheet's column are belongs there: some clinics write patients as numbers.
                if self.table.is_text or 2 * len(moved) <= sum(1 for _, cell in cells if text(cell)):
                    yield from moved

    def _cells(self, position: int) -> list[str]:
        """The cells that a line of a text file has, whether more or fewer than the headings; or a whole row."""
        columns = self.table.columns[: self.table.widths[position]] if self.table.is_text else self.table.columns
        return [text(column[position]) for column in columns]

    def _stands(self, position: int) -> bool:
        """Whether an uneven row fits its columns as it stands, and better than with its cells moved."""
        cells = self._cells(position)
        if any(cells[self.width :]):
            return False
        own = self._score(cells[: self.width])
        if own is None:
            return False
        surplus = len(cells) - self.width
        for other, joined in self._lost(cells) if surplus < 0 else self._added(cells, surplus):
            if self._matters(other) != self._matters(cells[: self.width]):
                score = self._score(other)
                if score is not None and (score > own or (score == own and not joined)):
                    return False
        return True

    def _lost(self, cells: list[str]) -> Iterator[tuple[list[str], bool]]:
        """The rows that a short line could be, had it lost separators at one place."""
        missing = self.width - len(cells)
        for place in range(len(cells) - 1, -1, -1):
            yield [*cells[:place], *[""] * missing, *cells[place:]], False
            if missing == 1:
                for cut in range(1, len(cells[place])):
                    left, right = cells[place][:cut].strip(), cells[place][cut:].strip()
                    yield [*cells[:place], left, right, *cells[place + 1 :]], True
            if not self._may_move(cells, place, missing):
                return

    def _may_move(self, cells: list[str], place: int, by: int) -> bool:
        """Whether the cell at a place could belong that many columns to the right."""
        return not cells[place] or self.kinds.fit(place + by, cells[place]) is not False

    def _added(self, cells: list[str], surplus: int) -> Iterator[tuple[list[str], bool]]:
        """The rows that a wide line could be, had it one separator too many at one place."""
        for place in range(len(cells) - surplus):
            if not any(cells[place : place + surplus]):
                yield [*cells[:place], *cells[place + surplus :]], False
            elif surplus == 1:
                yield [*cells[:place], cells[place] + cells[place + 1], *cells[place + 2 :]], False

    def _matters(self, cells: list[str]) -> list[str]:
        """The cells that can change a claim."""
        columns = self.kinds.matter
        return [cells[column] if column < len(cells) else "" for column in columns]

    def _score(self, cells: list[str]) -> int | None:
        """How many cells are plainly of their columns' kinds; None where one does not fit or a needed one is blank."""
        for group in self.needed:
            if not any(column < len(cells) and cells[column] for column in group):
                return None
        fits = [self.kinds.fit(c, cells[c]) for c in self.match.columns.values() if c < len(cells) and cells[c]]
        return None if False in fits else sum(1 for fit in fits if fit)

    def _cut_in_two(self) -> Iterator[int]:
        """Two lines after each other that make one row together: a line break stands within it."""
        for first, second in itertools.pairwise(self._lines_of(range(1, self.width))):
            if second > first + 1:
                continue
            above, below = self._cells(first), self._cells(second)
            if not any(above) or not any(below):
                continue
            if len(above) + len(below) == self.width + 1:
                whole = [*above[:-1], above[-1] + below[0], *below[1:]]
            elif len(above) + len(below) == self.width:
                whole = [*above, *below]
            else:
                continue
            if self._score(whole) is not None and self._score(below) is None:
                yield from (first, second)

    def _beside_a_bare_line(self) -> Iterator[int]:
        """Rows beside a line of one cell that says nothing of itself: it may be the row's beginning or its end."""
        widths, height = self.table.widths, self.table.height
        last = self.match.width - 1
        for line in self._lines_of((1,)) if self.width >= _ENOUGH_HEADINGS else ():
            if not (cell := text(self.table.columns[0][line])):
                continue
            above, below = line - 1, line + 1
            if below < height and widths[below] > 1 and not self.kinds.explains(cell):
                first = text(self.table.columns[0][below])
                if 0 in self.kinds.matter and self.kinds.fit(0, first) is None:
                    yield below
            if above > self.match.header and widths[above] > 1 and last in self.kinds.matter:
                weak = self.kinds.fit(last, self.table.columns[last][above]) is None
                if _PART_OF_A_NUMBER.fullmatch(cell) or (weak and len(cell.split()) < 3):
                    yield above

    def _below_another_header(self) -> Iterator[tuple[int, int]]:
        """Rows below a header that differs from the table's own, each with the position of that header."""
        readable = self.match.read_by.fields
        others: dict[int, int | None] = {}
        for position in self._without_a_digit(min(self.match.columns.values())):
            names = [heading(written) for written in self._cells(position)]
            if sum(name in readable for name in names if name) >= _ENOUGH_HEADINGS:
                others[position] = None if self._is_own_header(names) else position
        above = list(others)
        for number, position in enumerate(self.own.positions) if above else ():
            nearest = bisect_right(above, position)
            if nearest and (other := others[above[nearest - 1]]) is not None:
                yield number, other

    def _is_own_header(self, names: Sequence[str]) -> bool:
        """Whether headings mean what the table's own do in the same columns; what is blank or no field is none."""
        own = {column: name.partition(" ")[0] for name, column in self.match.columns.items()}
        fields = {column: self.match.read_by.fields.get(name, "") for column, name in enumerate(names) if name}
        same = all(own[column] == field for column, field in fields.items() if column in own)
        return same and all(field in ("", "notes") for column, field in fields.items() if column not in own)

    def _without_a_digit(self, column: int) -> Iterator[int]:
        """The lines below the header with a text in a column that has no digit."""
        for position, cell in enumerate(self.table.columns[column]):
            if position <= self.match.header or not isinstance(cell, str) or _DIGIT.search(cell):
                continue
            if not any(map(str.isdigit, cell)):
                yield position

    def _lines_of(self, widths: Container[int]) -> list[int]:
        """The lines below the header with so many cells."""
        first = self.match.header + 1
        return [line for line, cells in enumerate(self.table.widths[first:], start=first) if cells in widths]


def _are_led(cells: Sequence[Cell]) -> bool:
    """Whether most cells begin with a tab: some programs write numbers so, that a spreadsheet keeps their zeros."""
    led = sum(isinstance(cell, str) and cell.startswith("\t") for cell in cells)
    return led > 1 and led * 2 > sum(bool(text(cell)) for cell in cells)
