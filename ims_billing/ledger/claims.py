"""The claims on the ledger: all of them, or those that somebody asks for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ims_billing.ledger.file import LedgerFile
from ims_billing.ledger.rows import columns_of_frame, frame_of_rows, plain_rows
from ims_billing.ledger.soundness import checked_claims, checksum, seal_claims
from ims_billing.vocabulary.entries import Claimed
from ims_billing.vocabulary.errors import BillingError, did_you_mean
from ims_billing.vocabulary.frames import ON_LEDGER

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = {column.name: column for column in ON_LEDGER}


class Claims:
    """The claims. Most methods return the ON_LEDGER frame."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file

    def all(self) -> pd.DataFrame:
        """Every claim of every month, voided ones too: the ON_LEDGER frame, in the order they were made."""
        return self._found("")

    def entries(self) -> list[Claimed]:
        """The claims in `all`, as far as what is owed and sent goes by them, for who only adds them up.

        They are proved with the file only, not one by one: that takes most of the time.
        """
        rows = self._file.run(f"SELECT {', '.join(Claimed._fields)} FROM claim ORDER BY id")
        return list(map(Claimed._make, plain_rows(rows, tuple(_COLUMNS[name] for name in Claimed._fields))))

    def _found(self, where: str, *values: object) -> pd.DataFrame:
        later = "(SELECT later.claim FROM claim AS later WHERE later.replaces = claim.claim)"
        query = self._file.run(f"SELECT *, {later} AS replaced_by FROM claim {where} ORDER BY id", *values)
        return frame_of_rows(checked_claims(query, *(column.name for column in ON_LEDGER)), ON_LEDGER)

    def insert(self, month: str, batch: int, numbers: Sequence[str], claims: pd.DataFrame) -> None:
        """Adds claims (CLAIMS) to a batch, each with its number, and with the checksum of what it says."""
        columns = [column for column in ON_LEDGER if column.name in claims]
        names = [str(name) for (name,) in self._file.rows("SELECT name FROM pragma_table_info('claim')")]
        next_id = 1 + int(self._file.rows("SELECT coalesce(max(id), 0) FROM claim")[0][0])
        count = len(numbers)
        cells: dict[str, Sequence[Any]] = dict.fromkeys(names[: names.index("checksum")], [None] * count)
        cells |= zip((column.name for column in columns), columns_of_frame(claims, columns), strict=True)
        cells |= {"claim": numbers, "month": [month] * count, "batch": [batch] * count}
        # The checksum is of the id too: to let SQLite give it, and read what was written, takes as long as to write it.
        cells["id"] = range(next_id, next_id + count)
        rows = zip(*cells.values(), strict=True)
        self._file.insert("claim", [*cells, "checksum"], ((*row, checksum(row)) for row in rows))

    def change(self, change: str, values: tuple[object, ...], where: str, *by: object) -> None:
        """Changes the claims that `where` finds, as `change` says, and keeps what they say now."""
        rows = self._file.run(f"SELECT * FROM claim WHERE {where}", *by)
        ids = [number for number, _ in checked_claims(rows, "id", "claim")]
        chosen = "id IN (SELECT value FROM json_each(?))"
        self._file.run(f"UPDATE claim SET {change} WHERE {chosen}", *values, json.dumps(ids))
        self.seal(ids)

    def seal(self, ids: Iterable[int]) -> None:
        """Keeps the checksums of claims that were just changed."""
        seal_claims(self._file.connection, ids)

    def by_id(self, ids: str) -> pd.DataFrame:
        """The claims whose rows have these ids, a JSON list."""
        return self._found("WHERE id IN (SELECT value FROM json_each(?))", ids)

    def active_to(self, insurers: Iterable[str]) -> pd.DataFrame:
        """The active claims to insurers of these ids, as in `all`."""
        by_insurer = "WHERE voided_on IS NULL AND insurer_id IN (SELECT value FROM json_each(?))"
        return self._found(by_insurer, json.dumps(list(insurers)))

    def that_may_be_paid(self, numbers: Iterable[str], days: Iterable[str]) -> pd.DataFrame:
        """The claims of these numbers, and those of visits on these days, as in `all`."""
        return self._found(
            "WHERE claim IN (SELECT value FROM json_each(?)) OR service_date IN (SELECT value FROM json_each(?))",
            json.dumps(list(numbers)),
            json.dumps(list(days)),
        )

    def with_second_insurers(self, numbers: Iterable[str] = ()) -> pd.DataFrame:
        """The claims that name a second insurer, are one to it, or have one of these numbers, as in `all`.

        With each claim to a second insurer the first one's.
        """
        return self._found(
            "WHERE secondary_insurer <> '' OR follows IS NOT NULL OR claim IN (SELECT value FROM json_each(?)) "
            "OR claim IN (SELECT follows FROM claim WHERE follows IS NOT NULL)",
            json.dumps(list(numbers)),
        )

    def names(self) -> set[str]:
        """The names of all patients and insured persons of claims, as written."""
        rows = self._file.rows("SELECT DISTINCT patient FROM claim UNION SELECT DISTINCT insured FROM claim")
        return {str(name) for (name,) in rows}

    def insurers(self) -> list[tuple[str, str]]:
        """Id of each insurer that claims were made to, and its name in the first of them."""
        first = "SELECT min(id) FROM claim GROUP BY insurer_id"
        rows = self._file.rows(f"SELECT insurer_id, insurer FROM claim WHERE id IN ({first}) ORDER BY id")
        return [(str(insurer_id), str(name)) for insurer_id, name in rows]

    def of_month(self, month: str) -> pd.DataFrame:
        """The claims of a month, voided ones too, as in `all`."""
        # By their ids: whole claims, found by the month, would all be sorted in memory.
        return self._found("WHERE id IN (SELECT id FROM claim WHERE month = ?)", month)

    def replaced_elsewhere(self, month: str) -> dict[str, str]:
        """The voided claims of a month whose workbook names a claim of another month that replaced them by then.

        Of a claim that was made after that workbook, or is another insurer's, the workbook says nothing.
        """
        rows = self._file.rows(
            "SELECT old.claim, new.claim FROM claim AS old JOIN claim AS new ON new.replaces = old.claim "
            "JOIN batch AS listed ON listed.month = old.month AND listed.number = old.void_batch "
            "JOIN batch AS made ON made.month = new.month AND made.number = new.batch "
            "WHERE old.month = ? AND new.month <> old.month AND new.insurer_id = old.insurer_id "
            "AND made.rowid < listed.rowid",
            month,
        )
        return {str(old): str(new) for old, new in rows}

    def of_number(self, number: str) -> pd.DataFrame:
        """One claim, an ON_LEDGER frame of one row; raises BillingError where there is none of that number."""
        frame = self._found("WHERE claim = ?", number)
        if frame.empty:
            numbers = [str(claim) for (claim,) in self._file.rows("SELECT claim FROM claim")]
            raise BillingError(f"{number} is no claim on the ledger{did_you_mean(number, numbers) or '.'}")
        return frame

    def knows_second_insurers(self) -> bool:
        """Whether any claim names a second insurer, or is one to it."""
        return bool(self._file.rows("SELECT 1 FROM claim WHERE secondary_insurer <> '' OR follows IS NOT NULL LIMIT 1"))

    def sent_before(self) -> set[str]:
        """The claims that went out before this program came, and those that replace them."""
        rows = self._file.rows(
            "WITH RECURSIVE sent(number) AS (SELECT claim FROM claim JOIN batch ON batch.month = claim.month "
            "AND batch.number = claim.batch WHERE already_sent = 1 "
            "UNION SELECT later.claim FROM claim AS later JOIN sent ON later.replaces = sent.number) "
            "SELECT number FROM sent"
        )
        return {str(claim) for (claim,) in rows}

    def followed_by(self, number: str) -> str:
        """The second insurer's claim that stands for the rest of this one; empty where none does."""
        rows = self._file.rows("SELECT claim FROM claim WHERE follows = ? AND voided_on IS NULL", number)
        return str(rows[0][0]) if rows else ""

    def replaced_by(self, number: str) -> str:
        """The claim that stands for this voided one; empty where none does."""
        rows = self._file.rows("SELECT claim FROM claim WHERE replaces = ?", number)
        return str(rows[0][0]) if rows else ""
