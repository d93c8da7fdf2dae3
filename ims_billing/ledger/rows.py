"""Rows of the database into frames and plain rows, and back: days are text there, and nothing is NULL."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from ims_billing.ledger.soundness import DamageError
from ims_billing.vocabulary.frames import Column, empty, prove
from ims_billing.vocabulary.rows import cells_of

if TYPE_CHECKING:
    import pandas as pd

# How many rows of the database are turned into columns at a time.
_AT_ONCE = 1_000


def frame_of_rows(rows: Iterable[tuple[Any, ...]], columns: tuple[Column, ...]) -> pd.DataFrame:
    """Rows of the database as a frame with the declared columns."""
    import pandas as pd

    cells = _columns_of_rows(rows, columns)
    if not cells[0]:
        return empty(columns)
    typed: dict[str, Any] = {
        column.name: pd.array(kept, dtype=column.dtype)  # type: ignore[call-overload]
        for column, kept in zip(columns, cells, strict=True)
    }
    return prove(pd.DataFrame(typed, copy=False), columns)


def plain_rows(rows: Iterable[tuple[Any, ...]], columns: tuple[Column, ...]) -> list[tuple[Any, ...]]:
    """Rows of the database with days as dates, and empty text where there is none."""
    return list(zip(*_columns_of_rows(rows, columns), strict=True))


def _columns_of_rows(rows: Iterable[tuple[Any, ...]], columns: tuple[Column, ...]) -> list[list[Any]]:
    """The cells of each column; raises DamageError where one is not of its type."""
    left, cells = iter(rows), [list[Any]() for _ in columns]
    # Each text is kept once: most columns have few, and SQLite makes a new one for every cell.
    texts: list[dict[Any, Any]] = [{None: "" if column.dtype == "str" else None} for column in columns]
    while piece := list(islice(left, _AT_ONCE)):
        for column, own, kept, values in zip(columns, texts, cells, zip(*piece, strict=True), strict=True):
            stored = _STORED.get(column.dtype, _TEXT)
            if not set(map(type, values)) <= stored:
                raise DamageError
            kept.extend(map(own.setdefault, values, values) if stored is _TEXT else values)
    return [_of_type(column.dtype, kept) for column, kept in zip(columns, cells, strict=True)]


def _of_type(dtype: str, values: list[Any]) -> list[Any]:
    if dtype.startswith("datetime"):
        return _days(values)
    return list(map(bool, values)) if dtype == "bool" else values


# What SQLite holds of a column, by its type here.
_TEXT = {str, type(None)}
_STORED: dict[str, set[type]] = {
    "int64": {int},
    "bool": {int},
    "Int64": {int, type(None)},
    "boolean": {int, type(None)},
}


def _days(values: Iterable[str | None]) -> list[dt.date | None]:
    try:
        # A month has few days, and many rows on each.
        days = {text: dt.date.fromisoformat(text) if text else None for text in set(values)}
    except ValueError:
        raise DamageError from None
    return [days[text] for text in values]


def json_of(text: str) -> Any:
    """Reads a text that the ledger keeps as JSON; raises DamageError where it is none."""
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        raise DamageError from None


def columns_of_frame(frame: pd.DataFrame, columns: Sequence[Column]) -> list[list[Any]]:
    """The frame's columns as the database takes them: days as text, nothing for what is absent."""
    shown: list[list[Any]] = []
    for column in columns:
        values: Any = frame[column.name]
        if column.dtype.startswith("datetime"):
            days = cells_of(values)
            texts = {day: day and day.isoformat() for day in set(days)}
            shown.append([texts[day] for day in days])
        elif column.dtype == "Int64":
            shown.append(cells_of(values))
        elif column.name in ("replaces", "follows"):
            shown.append([claim or None for claim in values.tolist()])
        else:
            shown.append(values.tolist())
    return shown


def rows_of_frame(frame: pd.DataFrame, columns: Sequence[Column]) -> list[tuple[Any, ...]]:
    """The frame's rows, as `columns_of_frame` gives their cells."""
    return list(zip(*columns_of_frame(frame, columns), strict=True))
