"""The decisions on the ledger: all that was ever decided about held sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ims_billing.ledger.file import LedgerFile
from ims_billing.ledger.months import Months
from ims_billing.ledger.rows import frame_of_rows, rows_of_frame
from ims_billing.vocabulary.frames import DECISIONS

if TYPE_CHECKING:
    import pandas as pd

_NAMES = [column.name for column in DECISIONS]


class Decisions:
    """The decisions on the ledger, in the order they were read; the workbooks of their months are to show them."""

    def __init__(self, file: LedgerFile, months: Months) -> None:
        self._file = file
        self._months = months

    def all(self) -> pd.DataFrame:
        """The decisions of all months, the last one last."""
        return self._found("")

    def of_month(self, month: str) -> pd.DataFrame:
        """The decisions of a month, the last one last."""
        return self._found("WHERE month = ?", month)

    def take(self, decisions: pd.DataFrame) -> None:
        """Keeps what was decided (DECISIONS)."""
        self._file.insert("decision", _NAMES, rows_of_frame(decisions, DECISIONS))
        for month in decisions["month"].unique():
            self._months.count_change(str(month))

    def _found(self, where: str, *values: object) -> pd.DataFrame:
        rows = self._file.rows(f"SELECT {', '.join(_NAMES)} FROM decision {where} ORDER BY id", *values)
        return frame_of_rows(rows, DECISIONS)
