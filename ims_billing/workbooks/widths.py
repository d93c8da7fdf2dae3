"""How wide columns and how high rows have to be for what stands in them."""

from __future__ import annotations

import datetime as dt
import heapq
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from ims_billing.workbooks.package import Value
from ims_billing.workbooks.parts import Block, Column, Kind

_NARROWEST, WIDEST, LONG, _LONG_ON_PAGE = 7, 56, 36, 54
# In points: a row as high as one line of text, and one that leads in.
LINE_HEIGHT, LEAD_HEIGHT = 15.0, 18.0

# Characters that are narrower, and wider, than a digit; what a cell has beside its text, and a heading, with the button
# of its filter; how much wider bold digits are.
_THIN, _CAPITAL, _BROAD = re.compile("[-.,:;'!|()/ijlI]"), re.compile("[A-HJ-Z]"), re.compile("[MWmw@%\u1100-\uffff]")
_SPACE, _BESIDE, _BUTTON, _BOLD = 0.5, 2.2, 3.6, 1.05
# Text that is too wide runs on or breaks, a number or a day is shown as ###: so they have more.
_BESIDE_OF: Mapping[Kind, float] = {"date": 3.2, "money": 2.0, "count": 2.0, "percent": 2.0}
_NUMBERS: Mapping[Kind, str] = {"money": ",.2f", "count": ",", "percent": ".0%"}
# A row is at most 409 points high in Excel, and a file that says more is damaged for some programs.
MOST_LINES = 27
# The widest of many texts is among the longest ones.
_MEASURED = 20


def _texts(value: Value, kind: Kind) -> Sequence[str]:
    """The lines of a value, as a cell shows them."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ()
    if kind == "date":
        return ("2026-10-31",)
    if kind in _NUMBERS:
        return (f"{value:{_NUMBERS[kind]}}",)
    return str(value).splitlines()


# Texts of one shape are equally wide, word by word: names, and numbers of claims, are of few.
_SHAPES = {
    code: "i" if _THIN.match(chr(code)) else "0mAW"[bool(_BROAD.match(chr(code))) + 2 * bool(_CAPITAL.match(chr(code)))]
    for code in range(ord("!"), ord("~") + 1)
}


def _in_digits(text: str) -> float:
    """How wide a text is in the font of the workbooks, as Excel counts widths: in digits."""
    return _shape_in_digits(text.translate(_SHAPES))


@lru_cache(maxsize=1 << 12)
def _shape_in_digits(text: str) -> float:
    thin, capital, broad = len(_THIN.findall(text)), len(_CAPITAL.findall(text)), len(_BROAD.findall(text))
    return len(text) - 0.5 * thin + 0.2 * capital + 0.6 * broad


def _lines(text: str, room: float) -> int:
    """How many lines a text breaks into where there is room for that many digits; words are kept whole."""
    if _in_digits(text) <= room:
        return 1
    lines, used = 1, 0.0
    for word in text.split():
        wide = _in_digits(word)
        if used and used + _SPACE + wide > room:
            lines, used = lines + 1, 0.0
        # A word that is longer than a line breaks where the line ends.
        more = math.ceil(wide / room) - 1
        lines += more
        used += (_SPACE if used else 0) + wide - more * room
    return lines


def lines_of(value: Value, width: float) -> int:
    """How many lines a text breaks into in a column of that width."""
    if not isinstance(value, str) or (len(value) * 1.3 < width - 2 and "\n" not in value):
        return 1
    return _lines_of_shape(value.translate(_SHAPES), width)


@lru_cache(maxsize=1 << 12)
def _lines_of_shape(text: str, width: float) -> int:
    return min(sum(_lines(line, width - 1.5) for line in text.split("\n")), MOST_LINES)


def width_of(values: Iterable[Value], column: Column, longest_text: float = LONG) -> float:
    """Wide enough for the content and for each word of the heading beside its filter button, within reason."""
    texts = (text for value in values for text in _texts(value, column.kind))
    content = max(map(_in_digits, heapq.nlargest(_MEASURED, texts, key=len)), default=0.0)
    word = max(map(_in_digits, column.heading.split()), default=0.0)
    fitting = max(content * _BOLD + _BESIDE_OF.get(column.kind, _BESIDE), word * _BOLD + _BUTTON, _NARROWEST)
    return min(fitting, longest_text if column.kind == "long" else WIDEST)


def least_width(values: Iterable[Value], column: Column, width: float) -> float:
    """How narrow a column of that width can be without cutting a word; one that does not break stays as it is."""
    if column.width or column.kind not in ("text", "long"):
        return width
    return min(width, width_of([word for value in values for word in str(value or "").split()], column))


def heading_height(columns: Sequence[Column], widths: Sequence[float], *, filtered: bool) -> float:
    """High enough for the heading that breaks into most lines, beside the buttons of a filter where there is one."""
    rooms = (max(1.0, (width - (_BUTTON if filtered else _BESIDE)) / _BOLD) for width in widths)
    return 17.0 * max(_lines(column.heading, room) for column, room in zip(columns, rooms, strict=True))


def page_width(number: int, facts: Sequence[tuple[str, Value]], blocks: Sequence[Block]) -> float:
    """The width of a page's column, by its number from 0: its facts and every block fit, within reason."""
    widths = [
        width_of([row[number] for row in (*block.rows, block.totals) if row], block.columns[number], _LONG_ON_PAGE)
        for block in blocks
        if number < len(block.columns)
    ]
    if number == 0:
        widths.append(max((_in_digits(label) for label, _ in facts), default=0.0) * _BOLD + _BESIDE)
    elif number == 1:
        # A sentence runs on over the next cells; a day that is too wide is shown as ###.
        widths += [width_of([fact], Column("", "date")) for _, fact in facts if isinstance(fact, dt.date)]
    return max(widths)
