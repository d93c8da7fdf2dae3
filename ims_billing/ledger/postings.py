"""The payments on the ledger: posted whole, once, and undone with a reason."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ims_billing.ledger.file import LedgerFile
from ims_billing.ledger.months import Months
from ims_billing.ledger.rows import frame_of_rows, json_of, plain_rows, rows_of_frame
from ims_billing.ledger.soundness import DamageError
from ims_billing.vocabulary.claim_numbers import month_of
from ims_billing.vocabulary.entries import Note, Posted
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import POSTINGS, WORK
from ims_billing.vocabulary.spelling import dollars, source_text

if TYPE_CHECKING:
    import pandas as pd

    from ims_billing.payments.payment import LineCells, Payment, PostedPayment


class Payments:
    """The payments of insurers; the workbooks of the months whose claims are paid are to show them."""

    def __init__(self, file: LedgerFile, months: Months) -> None:
        self._file = file
        self._months = months

    def postings(self, claims: Iterable[str] | None = None) -> pd.DataFrame:
        """The postings to these claims (None: to all), by day, and which were sent again: the POSTINGS frame."""
        return frame_of_rows(self._postings(claims), POSTINGS)

    def entries(self) -> list[Posted]:
        """The postings to all claims, by day, and which were sent again."""
        return list(map(Posted._make, plain_rows(self._postings(None), POSTINGS)))

    def _postings(self, claims: Iterable[str] | None) -> list[tuple[Any, ...]]:
        only: str = ""
        values: tuple[str, ...] = ()
        if claims is not None:
            only, values = " AND claim IN (SELECT value FROM json_each(?))", (json.dumps(list(claims)),)
        rows = self._file.rows(
            "SELECT * FROM ("
            "SELECT payment, claim, posting.paid_cents, expected_cents, denied, reason, paid_on AS day, undone_on, "
            "posting.id AS place FROM posting JOIN remittance_line ON remittance_line.id = line "
            f"JOIN payment ON payment.id = payment WHERE 1{only} "
            # A later note of an earlier day corrects the day on which a claim was sent again.
            f"UNION ALL SELECT 0, claim, 0, 0, 0, '', sent_on, NULL, id FROM work WHERE sent_on IS NOT NULL{only} "
            "AND NOT EXISTS (SELECT 1 FROM work AS later WHERE later.claim = work.claim AND later.id > work.id "
            "AND later.sent_on <= work.sent_on)) "
            # A claim is sent again after what was answered that day.
            "ORDER BY day, payment = 0, place",
            *values,
            *values,
        )
        return [row[:8] for row in rows]

    def paid(self, claims: Iterable[str]) -> dict[str, int]:
        """By claim, the cents that were paid of it and stand; claims without payments are left out."""
        rows = self._file.rows(
            "SELECT claim, sum(posting.paid_cents) FROM posting JOIN remittance_line ON remittance_line.id = line "
            "JOIN payment ON payment.id = payment WHERE undone_on IS NULL "
            "AND claim IN (SELECT value FROM json_each(?)) GROUP BY claim",
            json.dumps(list(claims)),
        )
        return {str(claim): int(cents) for claim, cents in rows}

    def numbers(self) -> dict[int, str]:
        """By the ledger's own number of a payment, the insurer's or the bank's number of it; empty where none."""
        return {int(payment): str(number) for payment, number in self._file.rows("SELECT id, number FROM payment")}

    def notes(self) -> list[Note]:
        """The notes about claims, in the order they were read."""
        rows = self._file.rows(f"SELECT {', '.join(column.name for column in WORK)} FROM work ORDER BY id")
        return list(map(Note._make, plain_rows(rows, WORK)))

    def note(self, work: pd.DataFrame) -> None:
        """Keeps what was noted (WORK).

        A claim that was sent again is waited for again, and nobody is to ask about one that is closed: summaries of
        their months are to show it.
        """
        last = "SELECT claim FROM work WHERE status = 'Closed' AND id IN (SELECT max(id) FROM work GROUP BY claim)"
        closed = {str(claim) for (claim,) in self._file.rows(last)}
        self._file.insert("work", [column.name for column in WORK], rows_of_frame(work, WORK))
        shown = work["sent_on"].notna() | (work["status"] == "Closed") | work["claim"].isin(closed)
        self._show(work.loc[shown, "claim"])

    def standing(self, number_keys: Iterable[str], days: Iterable[str]) -> list[PostedPayment]:
        """The payments that stand, with their lines: those with one of these numbers, or of one of these days."""
        from ims_billing.payments.payment import PostedLine, PostedPayment

        rows = self._file.rows(
            "SELECT id, insurer_id, number, paid_on, amount_cents, file FROM payment WHERE undone_on IS NULL "
            "AND (number_key IN (SELECT value FROM json_each(?)) OR paid_on IN "
            "(SELECT value FROM json_each(?))) ORDER BY id",
            json.dumps(sorted(set(number_keys) - {""})),
            json.dumps(sorted(set(days))),
        )
        lines: dict[int, list[PostedLine]] = {}
        for payment, line, words, posted in self._file.rows(
            "SELECT payment, id, words, (SELECT sum(paid_cents) FROM posting WHERE line = remittance_line.id) "
            "FROM remittance_line WHERE payment IN (SELECT value FROM json_each(?)) ORDER BY id",
            json.dumps([row[0] for row in rows]),
        ):
            lines.setdefault(payment, []).append(PostedLine(line, _cells_of(words), posted))
        return [
            PostedPayment(id_, insurer, number, dt.date.fromisoformat(on), amount, tuple(lines.get(id_, ())), file)
            for id_, insurer, number, on, amount, file in rows
        ]

    def post(self, payments: Iterable[Payment], on: dt.date) -> list[int]:
        """Records payments that post something, with all their lines; returns the ledger's numbers of them."""
        from ims_billing.payments.payment import number_key

        posted, claims = [], set[str]()
        for payment in payments:
            if not payment.posts or payment.paid_on is None:
                continue
            number = payment.ledger_payment
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
                    payment.insurer_id, payment.insurer, payment.number, number_key(payment.number),
                    payment.paid_on.isoformat(), payment.amount, payment.lines[0].file, on.isoformat(),
                )  # fmt: skip
                self._file.insert("payment", columns, [values])
                number = int(self._file.rows("SELECT last_insert_rowid()")[0][0])
            for line in payment.lines:
                ledger_line = line.ledger_line
                if ledger_line is None:
                    place = source_text(line.file, line.sheet, line.row)
                    words = json.dumps(line.cells, ensure_ascii=False)
                    self._file.insert(
                        "remittance_line",
                        ("payment", "place", "words", "paid_cents", "reason"),
                        [(number, place, words, line.paid, line.reason)],
                    )
                    ledger_line = int(self._file.rows("SELECT last_insert_rowid()")[0][0])
                self._file.insert(
                    "posting",
                    ("line", "claim", "paid_cents", "expected_cents", "denied", "posted_on"),
                    [(ledger_line, p.claim, p.paid, p.expected, int(p.denied), on.isoformat()) for p in line.postings],
                )
            posted.append(number)
            claims.update(p.claim for line in payment.lines for p in line.postings)
        self._show(claims)
        return posted

    def undo(self, number: int, on: dt.date, reason: str) -> tuple[str, int, list[str]]:
        """Undoes a payment: its insurer, its amount in cents, and the claims that it was posted to.

        Raises BillingError where there is no such payment, it is undone already or was posted after that day, or
        another one took back what it paid.
        """
        # A bank's trace number, typed in place of the ledger's, may be more than SQLite can count to.
        payments = self._file.rows(
            "SELECT insurer, amount_cents, undone_on, posted_on FROM payment WHERE CAST(id AS TEXT) = ?", str(number)
        )
        if not payments:
            last = "SELECT id, insurer, amount_cents, paid_on FROM payment WHERE undone_on IS NULL ORDER BY id DESC"
            rows = self._file.rows(f"{last} LIMIT 10")
            last_ones = [f"\n  {id_}: {who}, {dollars(cents)} on {day}" for id_, who, cents, day in rows]
            raise BillingError(
                f"there is no payment {number} on the ledger; the last ones are:{''.join(last_ones) or ' none'}"
            )
        insurer, amount, undone, posted_on = payments[0]
        if undone:
            raise BillingError(f"payment {number} was undone already, on {undone}.")
        if on.isoformat() < posted_on:
            raise BillingError(
                f"payment {number} was posted on {posted_on}, and can't be undone on {on}, before that. Give the day "
                "with --as-of."
            )
        self._file.run(
            "UPDATE payment SET undone_on = ?, undone_reason = ? WHERE id = ?", on.isoformat(), reason, number
        )
        claims = self._file.rows(
            "SELECT DISTINCT claim FROM posting JOIN remittance_line ON remittance_line.id = line WHERE payment = ? "
            "ORDER BY claim",
            number,
        )
        taken_back = self._file.rows(
            "SELECT payment.id, claim, posting.paid_cents FROM posting "
            "JOIN remittance_line ON remittance_line.id = line "
            "JOIN payment ON payment.id = payment WHERE undone_on IS NULL AND claim IN "
            f"({', '.join('?' * len(claims))}) ORDER BY claim, paid_on, posting.id",
            *(claim for (claim,) in claims),
        )
        paid: dict[str, int] = {}
        for other, claim, cents in taken_back:
            paid[claim] = paid.get(claim, 0) + cents
            if paid[claim] < 0:
                raise BillingError(
                    f"payment {number} stands: payment {other} took back what it paid of {claim}. Undo payment {other} "
                    "first."
                )
        undone_for = [str(claim) for (claim,) in claims]
        self._show(undone_for)
        return str(insurer), int(amount), undone_for

    def _show(self, claims: Iterable[str]) -> None:
        """The workbooks of the months that claims are billed in are to show what was posted to them."""
        for month in months_of(claims):
            self._months.count_change(month)


def _cells_of(words: str) -> LineCells:
    """The cells of a line as the ledger keeps them; raises DamageError where they are none."""
    from ims_billing.payments.payment import LineCells

    try:
        return LineCells(*json_of(words))
    except TypeError:
        raise DamageError from None


def months_of(claims: Iterable[str]) -> list[str]:
    """The months that claims are billed in, by their numbers, each once."""
    return sorted({month_of(claim) for claim in claims})
