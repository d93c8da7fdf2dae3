"""What stands above the lines of a remittance: the sheet's name, a title, the heading of a group."""

from __future__ import annotations

from collections.abc import Sequence

from ims_billing.reading.cell_shapes import is_sentence
from ims_billing.reading.own_rows import TOTALS
from ims_billing.reading.table import Table
from ims_billing.vocabulary.cells import Cell, money, text

# A group's heading alone, or with a count or a sum.
_LITTLE = 2


def texts_above(table: Table) -> list[str]:
    """For each line, the sheet's name and the heading of its group, or else the titles above all: one a line.

    A group begins at a line of a few words and ends at the next, or at its line of totals.
    """
    match, first = table.match, table.match.table.first_row
    titles = [title for row in range(match.header) if (title := _heading(match.table.row(row)))]
    ends = {aside.row - first for aside in table.asides if aside.reason == TOTALS}
    positions = {position: index for index, position in enumerate(table.own.positions)}
    asides = {aside.row - first for aside in table.asides}
    above, group = [""] * len(table), ""
    for position in sorted({*positions, *asides}):
        if position in ends:
            group = ""
        elif heading := _heading(match.table.row(position)):
            group = heading
        elif position in positions:
            above[positions[position]] = "\n".join(filter(None, (table.sheet, *([group] if group else titles))))
    return above


def _heading(row: Sequence[Cell]) -> str:
    """The words of a row that has no more than them and a number; empty where it is a line, or a sentence."""
    filled = [cell for cell in row if text(cell)]
    words = [text(cell) for cell in filled if isinstance(cell, str) and money(cell) is None]
    is_one = (
        len(filled) <= _LITTLE and len(words) == 1 and any(map(str.isalpha, words[0])) and not is_sentence(words[0])
    )
    return words[0] if is_one else ""
