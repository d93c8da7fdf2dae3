"""A digest of what a workbook says outside the cells that somebody types in: whether it was changed elsewhere."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from ims_billing.workbooks.cell_text import are_plain, cell_text

# The name of the document property that keeps it.
CONTENT = "ims-billing content"


class Content:
    """The cells of a workbook by sheet and column, without their order: who sorts a sheet changes nothing it says."""

    def __init__(self) -> None:
        self._columns: dict[tuple[str, int], Counter[Any]] = {}

    def add(self, sheet: str, values: Sequence[Any], left_out: Collection[int] = ()) -> None:
        """Adds a row, from the sheet's first column on, but for the columns that are left out."""
        self.add_columns(sheet, [[value] for value in values], left_out)

    def add_columns(self, sheet: str, columns: Sequence[Sequence[Any]], left_out: Collection[int] = ()) -> None:
        """Adds rows by their columns, as `add` adds one."""
        for place, values in enumerate(columns):
            if place not in left_out:
                self._columns.setdefault((sheet, place), Counter()).update(values)

    def digest(self) -> str:
        """The same for the same cells, whichever program saved them."""
        whole = hashlib.sha256()
        for (sheet, place), values in sorted(self._columns.items(), key=lambda column: column[0]):
            counts = values if are_plain(values) else _plain_counts(values)
            texts = sorted(counts.elements())
            if texts:
                whole.update("\x1f".join([sheet, str(place), *texts, "\x1e"]).encode("utf-8", "replace"))
        return whole.hexdigest()


def _plain_counts(values: Counter[Any]) -> Counter[str]:
    counts = Counter[str]()
    for value, count in values.items():
        counts[_plain(value)] += count
    counts.pop("", None)
    return counts


def _plain(value: Any) -> str:
    """A cell as every program gives it back: programs differ in spaces, in the last digit, in days with a time."""
    if isinstance(value, str):
        return " ".join(cell_text(value).split())
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    return f"{float(value):.12g}" if isinstance(value, int | float) else str(value)
