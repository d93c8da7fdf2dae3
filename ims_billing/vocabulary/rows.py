"""The cells of a frame as plain Python values, and what is worked out once for each distinct row of some columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

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


def numbered(*columns: pd.Series[Any]) -> Numbers:
    """A number for each row, equal where every column is; numbers begin at 0, in the order of the rows."""
    import numpy as np
    import pandas as pd

    numbers = np.zeros(len(columns[0]), dtype=np.int64)
    for place, column in enumerate(columns):
        codes, different = pd.factorize(column)
        # What is absent is -1, and a value like any other.
        values = len(different) + int(codes.min(initial=0) < 0)
        if place == 0 and values == len(different):
            numbers = codes
        elif values > 1:
            numbers = pd.factorize(numbers * (len(different) + 1) + codes + 1)[0]
    return numbers


class Different(NamedTuple):
    """The different rows of some columns."""

    numbers: Numbers
    """Which of them each row of the frame is."""
    rows: list[tuple[Any, ...]]
    """Their cells (`rows_of`), in the order in which they come first."""


def different(frame: pd.DataFrame, columns: Sequence[str]) -> Different:
    """The rows of a frame that differ in these columns: of a million rows a few thousand, at whole columns' speed."""
    import pandas as pd

    numbers = numbered(*(frame[name] for name in columns))
    first = ~pd.Series(numbers).duplicated().to_numpy()
    return Different(numbers, rows_of(frame.loc[first, list(columns)], columns))


# Of fewer rows than this each is looked at by itself in less time than the columns take.
_MANY = 2_000


def of_each(frame: pd.DataFrame, columns: Sequence[str], make: Callable[..., T]) -> list[T]:
    """Gives `make` the cells of each row (`rows_of`), once for all rows that have the same: many rows share few."""
    if len(frame) < _MANY:
        return of_each_cell(rows_of(frame, columns), lambda row: make(*row))
    numbers, rows = different(frame, columns)
    results = [make(*row) for row in rows]
    return [results[number] for number in numbers.tolist()]
