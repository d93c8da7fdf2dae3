"""The columns and rows of a frame as the cells of a workbook show them."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ims_billing.vocabulary.rows import cells_of
from ims_billing.workbooks.package import Value


def column_cells(frame: pd.DataFrame, columns: Iterable[str]) -> dict[str, list[Value]]:
    """Columns of a frame as cells show them: cents (columns that end in `_cents`) in dollars, dates as dates."""
    return {
        name: [cents / 100 for cents in frame[name].tolist()] if name.endswith("_cents") else cells_of(frame[name])
        for name in columns
    }


def column_values(frame: pd.DataFrame, columns: Iterable[str]) -> list[tuple[Value, ...]]:
    """The rows of a frame, of these columns, as cells show them."""
    return list(zip(*column_cells(frame, columns).values(), strict=True))
