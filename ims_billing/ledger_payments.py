"""The payments on the ledger: posted whole, once, and undone with a reason."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from ims_billing.findings import BillingError
from ims_billing.ledger_file import LedgerFile
from ims_billing.model import POSTINGS, WORK, Column, bare, day_text, prove
from ims_billing.remittance import KnownPayment, Payment


class Payments(LedgerFile):
    """What insurers paid; its methods belong within `reading` or `writing`."""

    def postings(self) -> pd.DataFrame:
        """Everything that was posted to claims, by its day, and the claims that were sent again: the POSTINGS frame."""
        rows = self.rows(
            "SELECT payment, claim, posting.paid_cents, expected_cents, denied, reason, paid_on AS day, undone_on, "
            "posting.id FROM posting JOIN remittance_line ON remittance_line.id = line "
            "JOIN payment ON payment.id = payment "
            "UNION ALL SELECT 0, claim, 0, 0, 0, '', noted_on, NULL, id FROM work WHERE status = 'Sent again' "
            "ORDER BY day, 9"
        )
        return frame_of_rows([row[:8] for row in rows], POSTINGS)

    def work(self) -> pd.DataFrame:
        """What was noted about claims, in the order it was read: the WORK frame."""
        names = ", ".join(column.name for column in WORK)
        return frame_of_rows(self.rows(f"SELECT {names} FROM work ORDER BY id"), WORK)

    def note(self, work: pd.DataFrame) -> None:
        """Keeps what was noted (WORK)."""
        self.insert("work", [column.name for column in WORK], rows_of_frame(work, WORK))

    def aging_left(self, folder: str) -> dict[str, str]:
        """By file name, the hash of each aging workbook as it was left in a folder."""
        return dict(self.rows("SELECT file, sha256 FROM aging_written WHERE folder = ?", folder))

    def mark_aging(self, folder: str, file: str, sha256: str) -> None:
        """Notes how an aging workbook was left in a folder."""
        self.run("INSERT OR REPLACE INTO aging_written VALUES (?, ?, ?)", folder, file, sha256)

    def payments(self) -> list[KnownPayment]:
        """The payments that stand, with their lines."""
        lines: dict[int, list[tuple[int, tuple[str, ...], bool]]] = {}
        for payment, line, words, posted in self.rows(
            "SELECT payment, id, words, EXISTS (SELECT 1 FROM posting WHERE line = remittance_line.id) "
            "FROM remittance_line ORDER BY id"
        ):
            lines.setdefault(payment, []).append((line, tuple(json.loads(words)), bool(posted)))
        rows = self.rows(
            "SELECT id, insurer_id, number, paid_on, amount_cents FROM payment WHERE undone_on IS NULL ORDER BY id"
        )
        return [
            KnownPayment(id_, insurer, number, dt.date.fromisoformat(on), amount, tuple(lines.get(id_, ())))
            for id_, insurer, number, on, amount in rows
        ]

    def post(self, payments: Iterable[Payment], on: dt.date) -> list[int]:
        """Records payments that post something, with all their lines; returns the ledger's numbers of them."""
        posted = []
        for payment in payments:
            if not payment.posts or payment.paid_on is None:
                continue
            number = payment.known
            if number is None:
                columns = (
                    "insurer_id",
                    "insurer",
                    "number",
                    "number_key",
                    "paid_on",
                    "amount_cents",
                    "file",
                    "posted_on",
                )
                values = (
                    payment.insurer_id, payment.insurer, payment.number, bare(payment.number),
                    payment.paid_on.isoformat(), payment.amount, payment.lines[0].file, on.isoformat(),
                )  # fmt: skip
                self.insert("payment", columns, [values])
                number = int(self.rows("SELECT last_insert_rowid()")[0][0])
            for line in payment.lines:
                known = line.known_line
                if known is None:
                    sheet = f", {line.sheet}" if line.sheet else ""
                    place = f"{line.file}{sheet}, row {line.row}"
                    words = json.dumps(line.words, ensure_ascii=False)
                    self.insert(
                        "remittance_line",
                        ("payment", "place", "words", "paid_cents", "reason"),
                        [(number, place, words, line.paid, line.reason)],
                    )
                    known = int(self.rows("SELECT last_insert_rowid()")[0][0])
                self.insert(
                    "posting",
                    ("line", "claim", "paid_cents", "expected_cents", "denied", "posted_on"),
                    [(known, p.claim, p.paid, p.expected, int(p.denied), on.isoformat()) for p in line.postings],
                )
            posted.append(number)
        return posted

    def undo(self, number: int, on: dt.date, reason: str) -> tuple[str, int, list[str]]:
        """Undoes a payment: its insurer, its amount in cents, and the claims that it was posted to.

        Raises BillingError where there is no such payment, or it is undone already.
        """
        found = self.rows("SELECT insurer, amount_cents, undone_on FROM payment WHERE id = ?", number)
        if not found:
            known = ", ".join(str(id_) for (id_,) in self.rows("SELECT id FROM payment WHERE undone_on IS NULL"))
            raise BillingError(f"there is no payment {number} on the ledger; it knows {known or 'none'}.")
        insurer, amount, undone = found[0]
        if undone:
            raise BillingError(f"payment {number} was undone already, on {undone}.")
        self.run("UPDATE payment SET undone_on = ?, undone_reason = ? WHERE id = ?", on.isoformat(), reason, number)
        claims = self.rows(
            "SELECT DISTINCT claim FROM posting JOIN remittance_line ON remittance_line.id = line WHERE payment = ? "
            "ORDER BY claim",
            number,
        )
        return str(insurer), int(amount), [str(claim) for (claim,) in claims]


def months_of(claims: Iterable[str]) -> list[str]:
    """The months that claims are billed in, by their numbers, each once."""
    return sorted({claim[:7] for claim in claims})


def frame_of_rows(rows: list[tuple[Any, ...]], columns: tuple[Column, ...]) -> pd.DataFrame:
    """Rows of the database as a frame with the declared columns."""
    by_column = zip(*rows, strict=True) if rows else ([] for _ in columns)
    made: dict[str, Any] = {}
    for column, values in zip(columns, by_column, strict=True):
        stated = ["" if v is None else v for v in values] if column.dtype == "str" else list(values)
        read: Any = pd.to_datetime if column.dtype.startswith("datetime") else pd.Series
        made[column.name] = pd.Series(read(pd.Series(stated, dtype="object"))).astype(column.dtype)  # type: ignore[call-overload]
    return prove(pd.DataFrame(made), columns)


def rows_of_frame(frame: pd.DataFrame, columns: Sequence[Column]) -> list[tuple[Any, ...]]:
    """The frame's rows as the database takes them: days as text, nothing for what is absent."""
    shown: list[list[Any]] = []
    for column in columns:
        values: Any = frame[column.name]
        if column.dtype.startswith("datetime"):
            shown.append([day or None for day in day_text(values)])
        elif column.dtype == "Int64":
            shown.append([None if pd.isna(value) else int(value) for value in values])
        elif column.name in ("replaces", "follows"):
            shown.append([claim or None for claim in values])
        else:
            shown.append(values.tolist())
    return list(zip(*shown, strict=True))
