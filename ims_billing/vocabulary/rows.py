"""The cells of a frame as plain Python values, and what is worked out once for each distinct row of some columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")
C = TypeVar("C")


def cells_of(column: pd.Series[Any]) -> list[Any]:
    """The values of a column: days as dates; None for a day or a number that is absent."""
    dtype = str(column.dtype)
    if dtype.startswith("datetime64"):
        days = column.to_numpy().astype("datetime64[D]")
        places: list[int] = days.astype("int64").tolist()
        # One object for all rows of a day: a month has few, and each works out its hash once.
        one_of = dict(zip(places, days.tolist(), strict=True))
        return [one_of[place] for place in places]
    if dtype == "Int64":
        numbers: list[Any] = column.to_numpy("object", na_value=None).tolist()  # type: ignore[call-overload]
        return numbers
    return column.tolist()


def rows_of(frame: pd.DataFrame, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """The rows of a frame, of these columns, as `cells_of` gives them."""
    return list(zip(*(cells_of(frame[name]) for name in columns), strict=True))


def of_each_cell(cells: Sequence[C], make: Callable[[C], T]) -> list[T]:
    """Gives `make` each cell, once for all that are the same; 1, 1.0 and True are equal, and three cells."""
    if len({bool, int, float}.intersection(map(type, cells))) < 2:
        results = {cell: make(cell) for cell in dict.fromkeys(cells)}
        return list(map(results.__getitem__, cells))
    typed = list(zip(map(type, cells), cells, strict=True))
    by_type = {key: make(key[1]) for key in dict.fromkeys(typed)}
    return list(map(by_type.__getitem__, typed))


def in_order(keys: Sequence[Any]) -> list[int]:
    """The positions of the keys in their order; equal ones stay as they are."""
    return sorted(range(len(keys)), key=keys.__getitem__)


def of_each(frame: pd.DataFrame, columns: Sequence[str], make: Callable[..., T]) -> list[T]:
    """Gives `make` the cells of each row (`rows_of`), once for all rows that have the same: many rows share few."""
    rows = rows_of(frame, columns)
    results = {row: make(*row) for row in dict.fromkeys(rows)}
    return [results[row] for row in rows]
