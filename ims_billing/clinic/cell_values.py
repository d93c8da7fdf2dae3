"""What a cell of the setup holds, as its column reads it."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from typing import Any

from ims_billing.clinic.raw_setup import Misfit
from ims_billing.vocabulary.cells import Cell, day, is_error, money, text
from ims_billing.vocabulary.setup_sheets import NOTHING, SetupColumn
from ims_billing.vocabulary.spelling import bare

_YES, _NO = ("yes", "y", "true", "1", "x", "oui"), ("no", "n", "false", "0", "non")


def cell_value(cell: Cell, column: SetupColumn) -> Any:
    """A cell as what its column holds; a Misfit where it cannot be read so, for validation to refuse."""
    written = text(cell)
    if is_error(cell):
        return Misfit(written)
    if column.kind in ("text", "verbatim", "id"):
        return written
    if column.kind == "choice":
        return _choice(written, column)
    if column.kind == "words":
        return [] if bare(written) == NOTHING else [_choice(word, column) for word in _items(written, ",")]
    if column.kind == "list":
        return _items(written)
    if column.kind == "pairs":
        parted = [item.rpartition(":") for item in _items(written)]
        if not all(name.strip() and number.strip() for name, _, number in parted):
            return Misfit(written)
        return {name.strip(): number.strip() for name, _, number in parted}
    if column.kind == "yes":
        return True if bare(written) in _YES else False if bare(written) in _NO else Misfit(written)
    number = _number(cell, column)
    return Misfit(written) if number is None else number


def _choice(written: str, column: SetupColumn) -> str:
    """The choice that is written, whatever its case, spaces and hyphens; else the text as it stands."""
    return next((choice for choice in column.choices if bare(choice) == bare(written)), written)


def _items(written: str, *also: str) -> list[str]:
    """The items of a cell, parted by semicolons or lines; one that has such a mark in it stands in quotes."""
    for mark in also:
        written = written.replace(mark, ";")
    lines = [written] if '"' in written else written.splitlines()
    parted = (item.strip() for row in csv.reader(lines, delimiter=";", skipinitialspace=True) for item in row)
    return [item for item in parted if item]


def _number(cell: Cell, column: SetupColumn) -> Any:
    """A cell as a day, an amount, a count or a share; None where it is none."""
    if column.kind == "day":
        return _day(cell)
    if column.kind == "percent" and isinstance(cell, str):
        cell = cell.strip().removesuffix("%").strip()
    amount = money(cell)
    if amount is None:
        return None
    if column.kind == "money":
        return Decimal(amount) / 100
    if column.kind == "percent" and isinstance(cell, int | float) and 0 < cell <= 1:
        # 80% typed into a cell is 0.8 in the file; what is 1 there could be 1% or 100%.
        return amount if cell < 1 else Misfit("1, which could be 1% or 100%")
    return amount // 100 if amount % 100 == 0 else None


def _day(cell: Cell) -> dt.date | None:
    if isinstance(cell, str):
        try:
            return dt.date.fromisoformat(cell.strip())
        except ValueError:
            pass
    moment = day(cell, "unambiguous")
    return moment.date() if moment is not None and moment.time() == dt.time() else None
