"""Where the pages of a printed sheet end, so that no chart is cut in two and no heading stands alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from openpyxl.worksheet.pagebreak import Break

# Paper sizes, as Excel numbers them, with the width of a page in landscape within its margins, in points.
LETTER, LEGAL = 1, 5
_WIDE = {LETTER: 11 * 72 - 2 * 0.25 * 72, LEGAL: 14 * 72 - 2 * 0.25 * 72}
# Their height, a little less than it is, as programs round.
_HIGH = (8.5 * 72 - 2 * 0.7 * 72) * 0.96
# The size that text has, and the smallest on paper: 8 points, and some more because other programs widen columns.
_SIZE, _SMALLEST = 11, 8.2
# A character's width in the workbook's font, and what a column has beside its characters.
_CHARACTER, _BESIDE = 5.25, 3.75


def print_landscape(sheet: Any) -> None:
    """Sets a sheet to print in landscape and as wide as a page, its name and the page's number on each."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddHeader.right.text = "&A"
    sheet.oddFooter.right.text = "Page &P of &N"


def _scale(widths: Sequence[float], paper: int) -> float:
    return min(1.0, _WIDE[paper] / max(1.0, sum(width * _CHARACTER + _BESIDE for width in widths)))


def paper_for(widths: Sequence[float]) -> int:
    """Letter, or Legal where the columns (in characters) would make the type too small on Letter."""
    return LETTER if _scale(widths, LETTER) * _SIZE >= _SMALLEST else LEGAL


def _too_wide(widths: Sequence[float]) -> bool:
    """Whether columns make the type too small on Legal as well."""
    return _scale(widths, LEGAL) * _SIZE < _SMALLEST


def narrowed(widths: Sequence[float], least: Callable[[int], float]) -> list[float]:
    """The widths of columns, the widest narrower where the print would be too small: their text breaks into more lines.

    `least` gives how narrow a column can be, by its number from 0.
    """
    fitting = list(widths)
    if not _too_wide(widths):
        return fitting
    least_of = [least(number) for number in range(len(widths))]
    able = set(range(len(widths)))
    while able and _too_wide(fitting):
        widest = max(able, key=fitting.__getitem__)
        if fitting[widest] - 1 >= least_of[widest]:
            fitting[widest] -= 1
        else:
            able.remove(widest)
    return fitting


class Paper:
    """A sheet that is one page wide, as it is filled row by row.

    Another program's font makes columns wider, and the print smaller: so it goes by the pages that were begun on
    purpose, not by where this program takes them to end.

    widths: of the sheet's columns, in characters
    """

    def __init__(self, sheet: Any, widths: Sequence[float]) -> None:
        self._sheet = sheet
        self._high = _HIGH / _scale(widths, paper_for(widths))
        # Rows so far, and the height of those since a page was last begun on purpose.
        self._rows, self._since = 0, 0.0

    def add(self, height: float) -> None:
        """Takes in a row of a height in points."""
        self._rows += 1
        self._since += height

    def has_room(self, height: float) -> bool:
        """Whether rows of that height in all fit on this page."""
        return self._since + height <= self._high

    def keep_together(self, height: float, least: float) -> None:
        """Begins a new page for rows of that height where this one has no room, or of `least` where no page has it."""
        if self._since and not self.has_room(height if height <= self._high else least):
            self.begin()

    def begin(self) -> None:
        """Begins a new page."""
        self._sheet.row_breaks.append(Break(id=self._rows))
        self._since = 0.0
