"""The claims on the ledger: all of them, or those that somebody asks for."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ims_billing.ledger.postings import Payments, columns_of_frame, frame_of_rows, plain_rows
from ims_billing.ledger.soundness import checked_claims, checksum, seal_claims
from ims_billing.vocabulary.entries import BatchDay, Claimed
from ims_billing.vocabulary.errors import BillingError, did_you_mean
from ims_billing.vocabulary.frames import ON_LEDGER

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = {column.name: column for column in ON_LEDGER}


class Claims(Payments):
    """The claims; its methods belong within `reading` or `writing`. Most return the ON_LEDGER frame."""

    def claims(self) -> pd.DataFrame:
        """Every claim of every month, voided ones too: the ON_LEDGER frame, in the order they were made."""
        return self._claims("")

    def claimed(self) -> list[Claimed]:
        """The claims in `claims`, as far as what is owed and sent goes by them, for who only adds them up.

        They are proved with the file only, not one by one: that takes most of the time.
        """
        rows = self.run(f"SELECT {', '.join(Claimed._fields)} FROM claim ORDER BY id")
        return list(map(Claimed._make, plain_rows(rows, tuple(_COLUMNS[name] for name in Claimed._fields))))

    def _claims(self, where: str, *values: object) -> pd.DataFrame:
        later = "(SELECT later.claim FROM claim AS later WHERE later.replaces = claim.claim)"
        query = self.run(f"SELECT *, {later} AS replaced_by FROM claim {where} ORDER BY id", *values)
        return frame_of_rows(checked_claims(query, *(column.name for column in ON_LEDGER)), ON_LEDGER)

    def batch_days(self) -> list[BatchDay]:
        """When each batch was made, and whether it was sent before."""
        rows = self.rows("SELECT month, number, as_of, already_sent FROM batch ORDER BY month, number")
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
            for (month,) in self.rows(f"SELECT month FROM batch WHERE {claims} GROUP BY month HAVING {taken_over}")
        )

    def last_change(self, month: str) -> dt.date:
        """The day of the last command that changed a month: its run, a void, or what was posted to its claims."""
        own = "claim > ? || '-' AND claim < ? || '.'"
        posted = "posting JOIN remittance_line AS of_line ON of_line.id = line JOIN payment ON payment.id = payment"
        days = (
            "SELECT as_of AS day FROM page WHERE month = ?",
            "SELECT as_of FROM batch WHERE month = ?",
            "SELECT voided_on FROM claim WHERE month = ?",
            f"SELECT posted_on FROM posting WHERE {own}",
            f"SELECT undone_on FROM {posted} WHERE {own}",
            f"SELECT noted_on FROM work WHERE sent_on IS NOT NULL AND {own}",
        )
        query = f"SELECT max(day) FROM ({' UNION ALL '.join(days)})"
        [(day,)] = self.rows(query, *[month] * query.count("?"))
        return dt.date.fromisoformat(day)

    def insert_claims(self, month: str, batch: int, numbers: Sequence[str], claims: pd.DataFrame) -> None:
        """Adds claims (CLAIMS) to a batch, each with its number, and with the checksum of what it says."""
        columns = [column for column in ON_LEDGER if column.name in claims]
        names = [str(name) for (name,) in self.rows("SELECT name FROM pragma_table_info('claim')")]
        next_id = 1 + int(self.rows("SELECT coalesce(max(id), 0) FROM claim")[0][0])
        count = len(numbers)
        cells: dict[str, Sequence[Any]] = dict.fromkeys(names[: names.index("checksum")], [None] * count)
        cells |= zip((column.name for column in columns), columns_of_frame(claims, columns), strict=True)
        cells |= {"claim": numbers, "month": [month] * count, "batch": [batch] * count}
        # The checksum is of the id too: to let SQLite give it, and read what was written, takes as long as to write it.
        cells["id"] = range(next_id, next_id + count)
        rows = zip(*cells.values(), strict=True)
        self.insert("claim", [*cells, "checksum"], ((*row, checksum(row)) for row in rows))

    def change_claims(self, change: str, values: tuple[object, ...], where: str, *by: object) -> None:
        """Changes the claims that `where` finds, as `change` says, and keeps what they say now."""
        rows = self.run(f"SELECT * FROM claim WHERE {where}", *by)
        ids = [number for number, _ in checked_claims(rows, "id", "claim")]
        chosen = "id IN (SELECT value FROM json_each(?))"
        self.run(f"UPDATE claim SET {change} WHERE {chosen}", *values, json.dumps(ids))
        self.seal(ids)

    def seal(self, ids: Iterable[int]) -> None:
        """Keeps the checksums of claims that were just changed."""
        if self._connection is None:
            raise RuntimeError("the ledger is not open")
        seal_claims(self._connection, ids)

    def claims_by_id(self, ids: str) -> pd.DataFrame:
        """The claims whose rows have these ids, a JSON list."""
        return self._claims("WHERE id IN (SELECT value FROM json_each(?))", ids)

    def active_claims_to(self, insurers: Iterable[str]) -> pd.DataFrame:
        """The active claims to insurers of these ids, as in `claims`."""
        by_insurer = "WHERE voided_on IS NULL AND insurer_id IN (SELECT value FROM json_each(?))"
        return self._claims(by_insurer, json.dumps(list(insurers)))

    def claims_that_may_be_paid(self, numbers: Iterable[str], days: Iterable[str]) -> pd.DataFrame:
        """The claims of these numbers, and those of visits on these days, as in `claims`."""
        return self._claims(
            "WHERE claim IN (SELECT value FROM json_each(?)) OR service_date IN (SELECT value FROM json_each(?))",
            json.dumps(list(numbers)),
            json.dumps(list(days)),
        )

    def claims_with_second_insurers(self, numbers: Iterable[str] = ()) -> pd.DataFrame:
        """The claims that name a second insurer, are one to it, or have one of these numbers, as in `claims`.

        With each claim to a second insurer the first one's.
        """
        return self._claims(
            "WHERE secondary_insurer <> '' OR follows IS NOT NULL OR claim IN (SELECT value FROM json_each(?)) "
            "OR claim IN (SELECT follows FROM claim WHERE follows IS NOT NULL)",
            json.dumps(list(numbers)),
        )

    def names(self) -> set[str]:
        """The names of all patients and insured persons of claims, as written."""
        rows = self.rows("SELECT DISTINCT patient FROM claim UNION SELECT DISTINCT insured FROM claim")
        return {str(name) for (name,) in rows}

    def claims_of(self, month: str) -> pd.DataFrame:
        """The claims of a month, voided ones too, as in `claims`."""
        # By their ids: whole claims, found by the month, would all be sorted in memory.
        return self._claims("WHERE id IN (SELECT id FROM claim WHERE month = ?)", month)

    def replaced_elsewhere(self, month: str) -> dict[str, str]:
        """The voided claims of a month whose workbook names a claim of another month that replaced them by then.

        Of a claim that was made after that workbook, or is another insurer's, the workbook says nothing.
        """
        rows = self.rows(
            "SELECT old.claim, new.claim FROM claim AS old JOIN claim AS new ON new.replaces = old.claim "
            "JOIN batch AS listed ON listed.month = old.month AND listed.number = old.void_batch "
            "JOIN batch AS made ON made.month = new.month AND made.number = new.batch "
            "WHERE old.month = ? AND new.month <> old.month AND new.insurer_id = old.insurer_id "
            "AND made.rowid < listed.rowid",
            month,
        )
        return {str(old): str(new) for old, new in rows}

    def claim(self, number: str) -> pd.DataFrame:
        """One claim, an ON_LEDGER frame of one row; raises BillingError where there is none of that number."""
        frame = self._claims("WHERE claim = ?", number)
        if frame.empty:
            numbers = [str(claim) for (claim,) in self.rows("SELECT claim FROM claim")]
            raise BillingError(f"{number} is no claim on the ledger{did_you_mean(number, numbers) or '.'}")
        return frame
