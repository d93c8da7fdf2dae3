"""Which insurers' workbooks somebody noted as sent, with the day and the insurer's confirmation number."""

from __future__ import annotations

from collections.abc import Iterable

from ims_billing.ledger.files_written import FilesWritten
from ims_billing.ledger.postings import plain_rows
from ims_billing.vocabulary.entries import Sending
from ims_billing.vocabulary.frames import SENDINGS


class Sendings(FilesWritten):
    """What was typed on the sheet To send; its methods belong within `reading` or `writing`."""

    def sendings(self, month: str | None = None) -> list[Sending]:
        """What stands about each workbook, of a month or of all, by month, batch and insurer."""
        where, values = ("WHERE month = ?", (month,)) if month else ("", ())
        latest = f"SELECT max(id) FROM sending {where} GROUP BY month, batch, insurer_id"
        rows = self.rows(
            f"SELECT {', '.join(Sending._fields)} FROM sending WHERE id IN ({latest}) "
            "ORDER BY month, batch, insurer_id",
            *values,
        )
        return list(map(Sending._make, plain_rows(rows, SENDINGS)))

    def note_sent(self, sendings: Iterable[Sending]) -> None:
        """Keeps what was typed about workbooks."""
        rows = [(*each[:4], each.sent_on and each.sent_on.isoformat(), each.confirmation) for each in sendings]
        self.insert("sending", Sending._fields, rows)
