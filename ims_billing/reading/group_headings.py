"""Titles and group headings that say of the rows below them that they did not take place or were billed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from ims_billing.reading.layout import Match
from ims_billing.reading.spreadsheet import RawTable
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import text, word_of
from ims_billing.vocabulary.intake import Aside
from ims_billing.vocabulary.spelling import beside_a_name

_MESSAGE = "The line above in row {} may say that this visit did not take place or was billed, and no column does."
_OF_SHEET = (
    "The sheet's name, {}, may say that this visit did not take place or was billed, and no column does. If it says "
    "nothing of that, rename the sheet."
)
# Line reasons under which a row says nothing of those below it.
_LITTLE = 2
# Before a name that somebody had.
_BORN = {"nee", "ne", "born", "formerly"}
_SILENT = ("a line of totals", "the header again")


def rows_under_headings(match: Match, positions: Sequence[int], asides: Sequence[Aside]) -> dict[int, str]:
    """Messages for the rows below a line that says a status or that something was billed, by index.

    `positions` are the table's own rows, `asides` those that were skipped. A title above the headings speaks of every
    row, a line between the rows of those down to the next such line.
    """
    table = match.table
    skipped = [line.row - table.first_row for line in asides if line.reason not in _SILENT]
    # "Cancelled, 3" names so little that it is no visit's row, even where it could not be skipped.
    lines = {line: _speaks(match, line) for line in (*skipped, *_with_little(table, positions))}
    title = next((match.row(p) for p in range(match.header - 1, -1, -1) if _speaks(match, p)), None)
    if _is_of_others(table.sheet) and not {"status", "billed"} & match.columns.keys():
        return dict.fromkeys(range(len(positions)), _OF_SHEET.format(table.sheet))
    if title is None and not any(lines.values()):
        return {}
    messages, above, ahead = {}, title, sorted(lines)
    for index, position in enumerate(positions):
        while ahead and ahead[0] < position:
            line = ahead.pop(0)
            above = match.row(line) if lines[line] else title
        if above is not None:
            messages[index] = _MESSAGE.format(above)
    return messages


def _with_little(table: RawTable, positions: Sequence[int]) -> list[int]:
    """The rows of which at most a cell or two are filled."""
    rows = np.array(positions, dtype=int)
    filled = np.zeros(len(rows), dtype=int)
    for column in range(len(table.columns)):
        filled += table.filled_in(column)[rows]
        little = filled <= _LITTLE
        rows, filled = rows[little], filled[little]
        if not len(rows):
            break  # as it is in most tables, after three columns
    return [int(row) for row in rows]


def _speaks(match: Match, position: int) -> bool:
    """Whether a cell of a row says that something did not take place or was billed."""
    return any(says_a_state(text(cell)) for cell in match.table.row(position))


def says_a_state(written: str) -> bool:
    """Whether a text says that something did not take place or was billed; "not billed" says neither."""
    words = f" {word_of(written)} "
    for harmless in _unsent():
        words = words.replace(harmless, " ")
    return any(phrase in words for phrase in _phrases())


def _is_of_others(sheet: str) -> bool:
    """Whether a sheet's name says that its visits did not take place or were billed; what is booked may have been."""
    words, unread = published().layouts.words, published().unread
    absent = (word for meaning in ("no-show", "cancelled", "refunded") for word in words.status.get(meaning, ()))
    billed = set(map(word_of, unread.sent)) - {word_of(word) for word in ("unpaid", "facturé", "payé")}
    written = f" {word_of(sheet)} "
    for harmless in _unsent():
        written = written.replace(harmless, " ")
    phrases = {*map(word_of, absent), *map(word_of, unread.absence), *billed}
    return any(f" {phrase}{plural} " in written for phrase in phrases for plural in ("", "s"))


def says_a_state_beside_a_name(name: str) -> bool:
    """Whether a person's name has such words beside it, in brackets or behind a dash; "CXL" before it is one too.

    A name is no reason: Sent, Draft and Cash are surnames.
    """
    beside = beside_a_name(name)
    words = {*word_of(beside).split()}
    if beside and not words & _BORN:
        return says_a_state(beside) or not _beside_names().isdisjoint(words)
    unmistakable = frozenset(map(word_of, published().unread.never_a_name))
    return not unmistakable.isdisjoint(word_of(name).split())


@cache
def _beside_names() -> frozenset[str]:
    return frozenset(map(word_of, published().unread.beside_a_name))


@cache
def _unsent() -> tuple[str, ...]:
    billed = published().layouts.words.billed["no"]
    return tuple(f" {word}" + " " for word in sorted(map(word_of, billed), key=len, reverse=True) if len(word) > 2)


@cache
def _phrases() -> frozenset[str]:
    words, unread = published().layouts.words, published().unread
    absent = (word for meaning, texts in words.status.items() if meaning != "arrived" for word in texts)
    states = ("do not bill", "no charge", "written off", "write off", "draft", "déjà facturé")
    single = [word_of(word) for word in (*absent, *unread.absence, *unread.sent, *unread.above_rows, *states)]
    # Lines and sheets speak of several visits: "No shows".
    return frozenset(f" {word}{plural} " for word in single for plural in ("", "s"))
