"""The batches on the ledger: what each run of `claim` added, and the marks by which its files are known."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from ims_billing.ledger.file import LedgerFile
from ims_billing.ledger.stored import origins, stored
from ims_billing.vocabulary.entries import BatchDay

if TYPE_CHECKING:
    from ims_billing.vocabulary.model import Batch


class Batches:
    """The batches of every month."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file

    def days(self) -> list[BatchDay]:
        """When each batch was made, and whether it was sent before."""
        rows = self._file.rows("SELECT month, number, as_of, already_sent FROM batch ORDER BY month, number")
        return [BatchDay(month, batch, dt.date.fromisoformat(day), bool(sent)) for month, batch, day, sent in rows]

    def months_sent_before(self) -> frozenset[str]:
        """The months that were billed before this program came, all of whose batches were recorded as sent.

        A month that was read back from what this program sent has no files, and goes on as any other. A batch that
        only tells of voids is none that was billed.
        """
        claims = "already_sent OR EXISTS (SELECT 1 FROM claim WHERE claim.month = batch.month AND batch = number)"
        taken_over = "min(already_sent AND json_array_length(origin, '$.files') > 0)"
        return frozenset(
            str(month)
            for (month,) in self._file.rows(
                f"SELECT month FROM batch WHERE {claims} GROUP BY month HAVING {taken_over}"
            )
        )

    def months_to_record_as_sent(self) -> frozenset[str]:
        """Those of `months_sent_before` without a claim in question: what takes a claim's place is to be sent."""
        in_question = self._file.rows(
            "SELECT DISTINCT month FROM attention WHERE kind IN ('voided', 'changed-since-claimed') AND claim <> ''"
        )
        return self.months_sent_before() - {str(month) for (month,) in in_question}

    def of_month(self, month: str) -> tuple[Batch, ...]:
        """The month's batches, in their order."""
        from ims_billing.vocabulary.model import Batch

        columns = "number, as_of, already_sent, origin, mark"
        rows = self._file.rows(f"SELECT {columns} FROM batch WHERE month = ? ORDER BY number", month)
        return tuple(
            Batch(number, dt.date.fromisoformat(as_of), bool(sent), stored(origins(), origin), mark)
            for number, as_of, sent, origin, mark in rows
        )
