"""Rows of a text file whose cells have moved: a separator, a quotation mark or a line end too many or too few."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from ims_billing.clinic.clinic import Clinic
from ims_billing.reading.column_kinds import ColumnKinds
from ims_billing.reading.layout import Match
from ims_billing.vocabulary.cells import text
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.spelling import heading

_ENOUGH_HEADINGS = 3
_PART_OF_A_NUMBER = re.compile(r"[\d.,$ -]+")
_WIDTH = "The line has {} cells under {} headings: its cells may stand in wrong columns."
_SPLIT = "The line may be part of a row that a line break cuts in two: its cells may stand in wrong columns."
_OTHER_HEADER = "Row {} is another header, and this row stands below it: its cells may stand in wrong columns."
_MISFIT = "{} does not hold what belongs there: the cells of the line may stand in wrong columns."


def moved_rows(match: Match, positions: Sequence[int], clinic: Clinic) -> dict[int, str]:
    """The rows of a text file whose cells may stand in wrong columns: a message by index into `positions`.

    `positions` are the rows of the table that are its own. A row is read as it stands only where its cells fit their
    columns, and fit better than if a separator were lost or added anywhere; cells that a program leaves out at the
    end do no harm. Other files than text have no such rows.
    """
    if not match.table.is_text:
        return {}
    return _Rows(match, positions, clinic).messages()


def refuse_damaged_header(match: Match, file: str) -> None:
    """Raises BillingError where a separator or a line break was lost or added within the headings of a text file."""
    if not match.table.is_text:
        return
    row = [text(cell) for cell in match.table.row(match.header)]
    known = {heading(name) for names in match.known.layout.headings.values() for name in names}
    place = f"{file}, row {match.row(match.header)}"
    unknown = [(column, heading(row[column])) for column in sorted(match.unknown)]
    for column, name in unknown:
        if any(name[:cut] in known and name[cut:] in known for cut in range(2, len(name) - 1)):
            raise BillingError(f'{place}: the heading "{row[column]}" is two headings. Put a separator between them.')
    for (column, name), (beside, other) in itertools.pairwise(unknown):
        if beside == column + 1 and name + other in known:
            raise BillingError(f'{place}: the headings "{row[column]}" and "{row[beside]}" are one. Join them.')
    rows = match.table.widths[match.header + 1 :]
    if rows and match.table.widths[match.header] > max(rows) and any(map(_is_a_cell, row)):
        raise BillingError(f"{place}: headings and a row of cells stand on one line. Put a line break between them.")


def _is_a_cell(written: str) -> bool:
    """Whether a text in the header is a day or an amount: part of somebody's row."""
    return bool(
        re.fullmatch(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\$?\d+[.,]\d\d", written)
    )


class _Rows:
    """The rows of one text table, judged one by one."""

    def __init__(self, match: Match, positions: Sequence[int], clinic: Clinic) -> None:
        self.match, self.table = match, match.table
        self.positions = [int(position) for position in positions]
        self.width = match.table.widths[match.header]
        self.kinds = ColumnKinds(match, self.positions, clinic)
        needed = [group.split("|") for group in match.known.layout.needed]
        self.needed = [[match.columns[name] for name in group if name in match.columns] for group in needed]

    def messages(self) -> dict[int, str]:
        """Why each row may have its cells in wrong columns."""
        index = {position: number for number, position in enumerate(self.positions)}
        messages: dict[int, str] = {}
        for position in (*self._cut_in_two(), *self._beside_a_bare_line()):
            if position in index:
                messages.setdefault(index[position], _SPLIT)
        for position, header in self._below_another_header():
            messages.setdefault(index[position], _OTHER_HEADER.format(self.match.row(header)))
        even = []
        for number, position in enumerate(self.positions):
            cells = self.table.widths[position]
            if cells == self._usual_width or cells == self.width:
                even.append(number)
            elif number not in messages and not self._stands(position):
                messages[number] = _WIDTH.format(cells, self.width)
        for number, column in self._misfits(even):
            messages.setdefault(number, _MISFIT.format(self._called(column)))
        return messages

    def _called(self, column: int) -> str:
        return f"{text(self.table.row(self.match.header)[column])} ({self.match.letters(column)})"

    @cached_property
    def _usual_width(self) -> int:
        """The width of all rows, where a program ends each with a separator and not the header; else the header's."""
        widths = {self.table.widths[position] for position in self.positions}
        if len(self.positions) > 1 and len(widths) == 1 and (width := widths.pop()) > self.width:
            beyond = self.table.columns[self.width : width]
            if not any(text(column[position]) for column in beyond for position in self.positions):
                return width
        return self.width

    def _misfits(self, even: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Rows as wide as the header with a cell that plainly belongs into a column of another kind."""
        for column in self.match.columns.values():
            cells = self.table.columns[column]
            for number in even:
                if self.kinds.fit(column, cells[self.positions[number]]) is False:
                    yield number, column

    def _cells(self, position: int) -> list[str]:
        """The cells that a line has, whether more or fewer than the headings."""
        width = self.table.widths[position]
        return [text(column[position]) for column in self.table.columns[:width]]

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
        widths = self.table.widths
        for first in range(self.match.header + 1, self.table.height - 1):
            second = first + 1
            if not (0 < widths[first] < self.width and 0 < widths[second] < self.width):
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
        for line in range(self.match.header + 1, height):
            if widths[line] != 1 or self.width < _ENOUGH_HEADINGS or not (cell := text(self.table.columns[0][line])):
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
        known = {heading(name) for names in self.match.known.layout.headings.values() for name in names}
        own = [heading(text(cell)) for cell in self.table.row(self.match.header)]
        column = self.table.columns[min(self.match.columns.values())]
        rows, other = iter(self.positions), None
        ahead = next(rows, None)
        for position in range(self.match.header + 1, self.table.height):
            cell = column[position]
            if isinstance(cell, str) and not any(map(str.isdigit, cell)):
                names = [heading(written) for written in self._cells(position)]
                if sum(name in known for name in names if name) >= _ENOUGH_HEADINGS:
                    other = None if names == own[: len(names)] else position
            if position == ahead:
                if other is not None:
                    yield position, other
                ahead = next(rows, None)
