"""Which insurers' workbooks somebody noted as sent, with the day and the insurer's confirmation number."""

from __future__ import annotations

import pandas as pd

from ims_billing.ledger.files_written import FilesWritten
from ims_billing.ledger.postings import frame_of_rows, rows_of_frame
from ims_billing.vocabulary.frames import SENDINGS


class Sendings(FilesWritten):
    """What was typed on the sheet To send; its methods belong within `reading` or `writing`."""

    def sendings(self, month: str | None = None) -> pd.DataFrame:
        """What stands about each workbook, of a month or of all: the SENDINGS frame."""
        names = ", ".join(column.name for column in SENDINGS)
        where, values = ("WHERE month = ?", (month,)) if month else ("", ())
        latest = f"SELECT max(id) FROM sending {where} GROUP BY month, batch, insurer_id"
        rows = self.rows(
            f"SELECT {names} FROM sending WHERE id IN ({latest}) ORDER BY month, batch, insurer_id", *values
        )
        return frame_of_rows(rows, SENDINGS)

    def note_sent(self, sendings: pd.DataFrame) -> None:
        """Keeps what was typed about workbooks (SENDINGS)."""
        self.insert("sending", [column.name for column in SENDINGS], rows_of_frame(sendings, SENDINGS))
