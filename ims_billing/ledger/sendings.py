"""Insurers' workbooks that somebody noted as sent, with the day and the insurer's confirmation number."""

from __future__ import annotations

from collections.abc import Iterable

from ims_billing.ledger.file import LedgerFile
from ims_billing.ledger.months import Months
from ims_billing.ledger.rows import plain_rows
from ims_billing.vocabulary.entries import Sending
from ims_billing.vocabulary.frames import SENDINGS


class Sendings:
    """The notes typed on the sheet To send; the workbooks of those months are to show them."""

    def __init__(self, file: LedgerFile, months: Months) -> None:
        self._file = file
        self._months = months

    def latest(self, month: str | None = None) -> list[Sending]:
        """The last note about each workbook, of a month or of all, by month, batch and insurer."""
        where, values = ("WHERE month = ?", (month,)) if month else ("", ())
        latest = f"SELECT max(id) FROM sending {where} GROUP BY month, batch, insurer_id"
        rows = self._file.rows(
            f"SELECT {', '.join(Sending._fields)} FROM sending WHERE id IN ({latest}) "
            "ORDER BY month, batch, insurer_id",
            *values,
        )
        return list(map(Sending._make, plain_rows(rows, SENDINGS)))

    def ever(self, month: str) -> set[Sending]:
        """All that was ever noted about the workbooks of a month."""
        rows = self._file.rows(f"SELECT {', '.join(Sending._fields)} FROM sending WHERE month = ?", month)
        return set(map(Sending._make, plain_rows(rows, SENDINGS)))

    def note(self, sendings: Iterable[Sending]) -> None:
        """Keeps what was typed about workbooks."""
        sendings = list(sendings)
        rows = [(*each[:4], each.sent_on and each.sent_on.isoformat(), each.confirmation) for each in sendings]
        self._file.insert("sending", Sending._fields, rows)
        for month in dict.fromkeys(each.month for each in sendings):
            self._months.count_change(month)
