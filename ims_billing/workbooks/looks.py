"""The looks of the house: fonts, fills, borders and alignment of every kind of cell."""

from __future__ import annotations

from functools import cache
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side

from ims_billing.workbooks.parts import FORMATS, Kind

_FONT = "Calibri"
INK, _SHADE, LINE, _GREY = "1F2933", "E4E9EE", "9AA5B1", "616E7C"
_THIN = Side(style="thin", color=LINE)
FONTS = {
    "quiet": Font(name=_FONT, size=9, color=_GREY),
    "shaded": Font(name=_FONT, size=11, color=INK),
    "typed": Font(name=_FONT, size=11, color=INK),
    "lead": Font(name=_FONT, size=12, bold=True, color=INK),
    "title": Font(name=_FONT, size=16, bold=True, color=INK),
    "section": Font(name=_FONT, size=12, bold=True, color=INK),
    "heading": Font(name=_FONT, size=11, bold=True, color=INK),
    "label": Font(name=_FONT, size=11, color=INK),
    "fact": Font(name=_FONT, size=11, color=INK),
    "body": Font(name=_FONT, size=11, color=INK),
    "struck": Font(name=_FONT, size=11, strike=True, color=INK),
    "total": Font(name=_FONT, size=11, bold=True, color=INK),
    "note": Font(name=_FONT, size=11, italic=True, color=INK),
}
SHADED = PatternFill("solid", fgColor=_SHADE)
_UNDER, _OVER = Border(bottom=_THIN), Border(top=_THIN)
FRAME = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_VALUES = ("body", "struck", "total", "fact", "quiet", "shaded", "typed")
_RIGHT = ("money", "count", "percent")
WRAPPING = ("long", "text")


@cache
def _alignment(side: str, vertical: str, wraps: bool, inset: int) -> Alignment:
    return Alignment(horizontal=side, vertical=vertical, wrap_text=wraps, indent=inset)


class Looks:
    """The looks of the house as one workbook numbers them: in the order that they are first asked for."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._numbers: dict[tuple[str, Kind, bool, bool], int] = {}

    def number(self, look: str, kind: Kind, *, typed: bool = False, begun: bool = False) -> int:
        """The number of a look: framed where it is to be `typed` in, or under the line that begins a group."""
        key = (look, kind, typed, begun)
        if key not in self._numbers:
            self._numbers[key] = _styled(self._book.worksheets[0], look, kind, typed=typed, begun=begun).style_id
        return self._numbers[key]


def _styled(sheet: Any, look: str, kind: Kind, *, typed: bool, begun: bool) -> Any:
    cell = WriteOnlyCell(sheet)
    cell.font = FONTS[look]
    cell.number_format = FORMATS[kind] if look in _VALUES else "General"
    side = "right" if kind in _RIGHT else "left"
    flowing = look in ("title", "section", "note", "label", "fact", "lead")
    wraps = not flowing and (kind in WRAPPING or look == "heading") and (look != "quiet" or kind == "long")
    vertical = "top" if look in ("body", "struck", "quiet", "shaded", "typed") else "center"
    # keeps a text apart from the number that ends at its left, and a heading from the next one
    inset = 1 if (side == "left" or look == "heading") and not flowing else 0
    cell.alignment = _alignment(side, vertical, wraps, inset)
    if look == "heading":
        cell.fill, cell.border = SHADED, _UNDER
    elif look == "shaded":
        cell.fill, cell.border = SHADED, FRAME
    elif typed or look == "typed":
        cell.border, cell.protection = FRAME, Protection(locked=False)
    elif look == "total" or begun:
        cell.border = _OVER
    return cell
