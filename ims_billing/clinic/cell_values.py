"""Cells of the setup as values, by the kind of their column."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ims_billing.clinic.people import name_and_profession
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
        return [] if bare(written) in NOTHING else [_choice(word, column) for word in _items(written, ",")]
    if column.kind == "list":
        # A sheet's name seldom has a comma, and a person's often: "Example, Ann". In quotes a sheet's may have one.
        commas = column.key == "sheets" and not any(mark in written for mark in ';"\n\r')
        return _items(written, *[","] * commas)
    if column.kind == "pairs":
        parted = [item.rpartition(":") for item in _items(written)]
        # "Sun Life: 12345, MSP: 60001" is two pairs.
        if not all(n.strip() and number.strip() and not ("," in n and ":" in n) for n, _, number in parted):
            return Misfit(written)
        numbers = {name.strip(): number.strip() for name, _, number in parted}
        # One insurer with two numbers: which of them counts is not certain.
        return (
            numbers if all(numbers[name.strip()] == number.strip() for name, _, number in parted) else Misfit(written)
        )
    if column.kind == "yes":
        return True if bare(written) in _YES else False if bare(written) in _NO else Misfit(written)
    number = _number(cell, column)
    return Misfit(written) if number is None else number


def spellings_of(name: str, spellings: Sequence[str]) -> list[str]:
    """A practitioner's spellings, also where commas stand between them: each part is then a name with the last name."""
    last = name_and_profession(name)[0][-1:]

    def is_name(part: str) -> bool:
        words = name_and_profession(part)[0]
        return len(words) > 1 and set(last) <= set(words)

    def parts(spelling: str) -> list[str]:
        parted = [part.strip() for part in spelling.split(",") if part.strip()]
        return parted if all(map(is_name, parted)) else [spelling]

    return list(itertools.chain.from_iterable(map(parts, spellings)))


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
