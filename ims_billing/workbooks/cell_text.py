"""Text as a cell can hold it, changed as little as the file format demands."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

# XML 1.0, section 2.2 (https://www.w3.org/TR/xml/#charsets): no other character may stand in a workbook's parts.
_NOT_XML = dict.fromkeys({*range(0x20), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF} - {0x09, 0x0A, 0x0D}, " ")
_LINE_ENDS = re.compile("\r\n?")
# ECMA-376, part 1, 22.9.2.19 (ST_Xstring): programs read _x0041_ as "A", unless its first underscore is escaped.
_READ_AS_A_CHARACTER = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
# Excel's limit, in UTF-16 units: https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3
LONGEST = 32_767
CUT = " … (cut: a cell holds no more)"
# Where one of these stands in a column's texts, one to a line, some text is written otherwise than it reads, or reads
# otherwise than it is written.
_TO_LOOK_AT = ("&", "<", ">", "_", "  ", "\n ", " \n", "\n\n")
_MANY = 16


def cell_text(text: str) -> str:
    """The text as a cell shows it: what XML forbids becomes a space, line ends become Excel's own, one each.

    Longer than LONGEST UTF-16 units it is cut, and ends with CUT.
    """
    if len(text) <= LONGEST and text.isascii() and text.isprintable():
        return text  # nearly every cell
    shown = _LINE_ENDS.sub("\n", text.translate(_NOT_XML))
    if _units(shown) <= LONGEST:
        return shown
    room = LONGEST - _units(CUT)
    # Each character is one unit or two, so no more than `room` characters fit.
    kept = shown[:room]
    while _units(kept) > room:
        kept = kept[: len(kept) - max(1, (_units(kept) - room) // 2)]
    return kept + CUT


def are_plain(values: Collection[Any]) -> bool:
    """True if these are many values, and each is a text of one line that a cell shows as it is, in single blanks.

    Nearly every column is; to look at all of it at once takes as long as to look at a few of its values one by one.
    """
    if len(values) < _MANY or set(map(type, values)) != {str} or 2 * max(map(len, values)) > LONGEST:
        return False
    lines = "\n".join(["", *values, ""])
    return "".join(values).isprintable() and not any(mark in lines for mark in _TO_LOOK_AT)


def escaped(text: str) -> str:
    """The text of `cell_text` as it is written into a part, so that no reader takes some of it for a character code."""
    return _READ_AS_A_CHARACTER.sub("_x005F_", text)


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)
