"""How wide columns and how high rows have to be for what stands in them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from ims_billing.workbooks.package import Value
from ims_billing.workbooks.parts import Block, Column, Kind

_NARROWEST, WIDEST, _LONG, _LONG_ON_PAGE = 7, 56, 36, 54

# Characters that are narrower, and wider, than a digit.
_THIN, _CAPITAL, _BROAD = re.compile("[-.,:;'!|()/ijlI]"), re.compile("[A-HJ-Z]"), re.compile("[MWmw@%\u1100-\uffff]")
_SPACE = 0.5


def _length(value: Value, kind: Kind) -> int:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return 0
    if kind == "date":
        # Ten digits and dashes, which are narrower.
        return 9
    if kind == "money":
        return len(f"{value:,.2f}")
    if kind == "count":
        return len(f"{value:,}")
    return max((len(line) for line in str(value).splitlines()), default=0)


def _in_digits(text: str) -> float:
    """How wide a text is in the font of the workbooks, as Excel counts widths: in digits."""
    return (
        len(text) - 0.5 * len(_THIN.findall(text)) + 0.2 * len(_CAPITAL.findall(text)) + 0.6 * len(_BROAD.findall(text))
    )


def lines_of(value: Value, width: float) -> int:
    """How many lines a text breaks into in a column of that width; words are kept whole."""
    if not isinstance(value, str) or len(value) * 1.3 < width - 2:
        return 1
    room, lines, used = width - 1.5, 1, 0.0
    for word in value.split():
        wide = _in_digits(word)
        if used and used + _SPACE + wide > room:
            lines, used = lines + 1, 0.0
        # A word that is longer than a line breaks where the line ends.
        more = math.ceil(wide / room) - 1
        lines += more
        used += (_SPACE if used else 0) + wide - more * room
    return lines


def width_of(values: Iterable[Value], column: Column, longest_text: float = _LONG) -> float:
    """Wide enough for the content and for each word of the heading beside its filter button, within reason."""
    longest = max((_length(value, column.kind) for value in values), default=0)
    word = max(len(word) for word in column.heading.split())
    return min(max(longest * 1.05 + 2.5, word * 1.1 + 3, _NARROWEST), longest_text if column.kind == "long" else WIDEST)


def heading_height(columns: Sequence[Column], widths: Sequence[float]) -> float:
    """High enough for the heading that breaks into most lines."""
    room = (max(1.0, width - 3.5) for width in widths)
    return 17.0 * max(math.ceil(len(c.heading) * 1.1 / r) for c, r in zip(columns, room, strict=True))


def page_width(number: int, facts: Sequence[tuple[str, Value]], blocks: Sequence[Block]) -> float:
    """The width of a page's column, by its number from 0: its facts and every block fit, within reason."""
    widths = [
        width_of([row[number] for row in (*block.rows, block.totals) if row], block.columns[number], _LONG_ON_PAGE)
        for block in blocks
        if number < len(block.columns)
    ]
    if number == 0:
        widths.append(max((len(label) for label, _ in facts), default=0) * 1.1 + 2)
    return max(widths)
