"""How lines fit a screen of any width: words are never cut, no line ends in blanks, and commands stay whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.text import Text

from ims_billing.cli.screen.pieces import pieces
from ims_billing.vocabulary.spelling import counted

# A wider screen is not filled: lines of more than this are hard to read.
WIDEST = 100
# The lines of a screen that is as wide as that; beyond them stands only what costs money where nobody reads it.
LINES = 40
# Between two columns of a table.
_GAP = "  "


def wrapped(text: str, wide: int, *, first: str = "", rest: str = "", style: str = "") -> list[Text]:
    """A paragraph in lines of at most `wide` characters; only a word or a command that is longer makes a longer line.

    `first` stands before its first line and `rest` before the others. A command is never broken: where a line has no
    room left for it, it has the next one for itself, so that the line can be copied.
    """
    lines, line = [], first
    empty, alone = True, False
    for piece in pieces(text):
        if not empty and (alone or len(line) + 1 + len(piece.text) > wide):
            lines.append(line)
            line, empty = rest, True
            alone = bool(piece.command)
        line += piece.text if empty else f" {piece.text}"
        empty = False
    return [Text(each, style) for each in (*lines, line)]


def lines_of(text: str, wide: int, *, rest: str = "  ", style: str = "") -> list[Text]:
    """A text of several lines, each wrapped behind its own indent."""
    lines = []
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        lines += wrapped(line, wide, first=indent, rest=indent + rest, style=style)
    return lines


def first_of(entries: Sequence[str], most: int = 5) -> list[str]:
    """The first entries of a list as lines below its head, and how many more there are."""
    left = len(entries) - most
    return [*(f"  {entry}" for entry in entries[:most]), *([f"  and {left:,} more"] if left > 0 else [])]


def listed(
    parts: Sequence[str], wide: int, *, head: str, indent: str, most: int, rest: str, brief: Sequence[str] = ()
) -> list[Text]:
    """A bold head and the parts of a list in at most `most` lines: what does not fit is counted.

    `rest` is the noun for one of the others; `brief` are the parts in fewer words, for where not even one fits. A
    screen narrower than the widest may take more lines.
    """
    most = -(-most * WIDEST // wide)
    choices = [(parts, shown) for shown in range(len(parts), 0, -1)]
    choices += [(brief, shown) for shown in range(len(brief), 0, -1)]
    for each, shown in (*choices, (parts, 0)):
        left = len(parts) - shown
        named = "; ".join([*each[:shown], *([counted(left, rest)] if left else [])])
        lines = wrapped(f"{head} {named}", wide, first=indent, rest=f"{indent}  ")
        if len(lines) <= most:
            break
    for line in lines:
        # The head is bold as far as it goes.
        bold = min(len(head), len(line) - len(indent))
        if line.plain[len(indent) :].startswith(head[:bold]):
            line.stylize("bold", len(indent), len(indent) + bold)
            break
    return lines


def with_command(sentence: str, command: str, wide: int, *, first: str, rest: str) -> list[Text]:
    """A sentence and a command to copy: on one line where both fit, else the command whole on a line of its own.

    Lines below the sentence, behind an indent of their own, stand below it here too.
    """
    head, *below = sentence.splitlines()
    lines = wrapped(head, wide, first=first, rest=rest)
    for line in below:
        lines += lines_of(rest + line, wide)
    if not command:
        return lines
    if len(lines[-1]) + 2 + len(command) <= wide:
        lines[-1].append("  ").append(command, "bold")
        return lines
    return [*lines, Text(rest).append(command, "bold")]


def side_by_side(cells: Sequence[tuple[str, str, str]], wide: int, *, most: int, rest: str) -> list[Text]:
    """Cells of a name and two numbers in up to three columns, to be read downwards, in at most `most` lines.

    Those left over are counted in a last line, with the noun `rest` for one of them; where only one column fits, all
    of them stand in it.
    """
    if not cells:
        return []
    for across in (3, 2, 1):
        # Of a list that is too long, the last line is kept for how many are left over.
        high = min(most, -(-len(cells) // across))
        shown = cells[: across * (most - 1)] if len(cells) > across * most else cells
        high = most - 1 if len(cells) > across * most else high
        columns = [_column(shown[at : at + high]) for at in range(0, len(shown), high)]
        if across > 1 and 2 + sum(len(column[0]) for column in columns) + 4 * (len(columns) - 1) <= wide:
            break
    else:
        columns, shown = [_column(cells)], cells
        if len(columns[0][0]) + 2 > wide:
            return [line for name, one, two in cells for line in wrapped(f"{name}: {one}, {two}", wide, rest="  ")]
    lines = [
        Text("  " + "    ".join(column[at] for column in columns if at < len(column))) for at in range(len(columns[0]))
    ]
    left = len(cells) - len(shown)
    return [*lines, *(wrapped(f"and {counted(left, rest)}", wide, first="  ") if left else [])]


def _column(cells: Sequence[tuple[str, str, str]]) -> list[str]:
    sizes = [max(len(cell[part]) for cell in cells) for part in range(3)]
    return [f"{name:<{sizes[0]}}  {one:>{sizes[1]}}  {two:>{sizes[2]}}" for name, one, two in cells]


class Heading(NamedTuple):
    """A column of a table."""

    text: str
    right: bool = False
    """True for numbers."""
    wraps: bool = False
    """True for a column of words that may stand in several lines."""


def table(
    headings: Sequence[Heading], rows: Sequence[Sequence[str]], wide: int, *, bold_last: bool = False, rule: bool = True
) -> list[Text]:
    """A table; where the screen is too narrow for its columns, each row is a block of lines, a heading each.

    With `bold_last` the last row holds the sums; without `rule` no line stands below the headings.
    """
    if not rows:
        return []
    sizes = [max(len(h.text), *(len(row[n]) for row in rows)) for n, h in enumerate(headings)]
    spare = wide - sum(sizes) - len(_GAP) * (len(sizes) - 1)
    flexible = [n for n, h in enumerate(headings) if h.wraps]
    while spare < 0 and flexible:
        widest = max(flexible, key=lambda n: sizes[n])
        longest = max((len(word) for row in rows for word in row[widest].split()), default=0)
        least = max(longest, len(headings[widest].text), 12)
        if sizes[widest] <= least:
            flexible.remove(widest)
            continue
        taken = min(-spare, sizes[widest] - least)
        sizes[widest] -= taken
        spare += taken
    if spare < 0:
        return _blocks(headings, rows, wide)
    lines = [Text(_joined(headings, [h.text for h in headings], sizes), "bold")]
    if rule:
        lines.append(Text(_GAP.join("-" * size for size in sizes), "dim"))
    for number, row in enumerate(rows):
        style = "bold" if bold_last and number == len(rows) - 1 else ""
        parts = [
            [line.plain for line in wrapped(cell, sizes[n])] if headings[n].wraps else [cell]
            for n, cell in enumerate(row)
        ]
        for at in range(max(len(part) for part in parts)):
            cells = [part[at] if at < len(part) else "" for part in parts]
            lines.append(Text(_joined(headings, cells, sizes), style))
    return lines


def _joined(headings: Sequence[Heading], cells: Sequence[str], sizes: Sequence[int]) -> str:
    filled = [
        f"{cell:>{size}}" if h.right else f"{cell:<{size}}"
        for h, cell, size in zip(headings, cells, sizes, strict=True)
    ]
    return _GAP.join(filled).rstrip()


def _blocks(headings: Sequence[Heading], rows: Sequence[Sequence[str]], wide: int) -> list[Text]:
    """Each row as a paragraph: what it is about, then each heading with its cell; empty cells are left out."""
    lines = []
    for row in rows:
        cells = zip(headings[1:], row[1:], strict=True)
        parts = [f"{heading.text} {cell}".strip() for heading, cell in cells if cell not in ("", "-")]
        lines += wrapped(f"{row[0]}: {', '.join(parts)}" if row[0] else ", ".join(parts), wide, rest="  ")
    return lines
