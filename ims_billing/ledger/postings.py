"""The payments on the ledger: posted whole, once, and undone with a reason."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from ims_billing.ledger.identity import Identified
from ims_billing.ledger.soundness import DamageError
from ims_billing.vocabulary.entries import Note, Posted
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import POSTINGS, WORK, Column, empty, prove
from ims_billing.vocabulary.rows import cells_of
from ims_billing.vocabulary.spelling import dollars, month_of

if TYPE_CHECKING:
    import pandas as pd

    from ims_billing.payments.payment import Payment, PostedPayment


class Payments(Identified):
    """What insurers paid; its methods belong within `reading` or `writing`."""

    def postings(self, claims: Iterable[str] | None = None) -> pd.DataFrame:
        """What was posted to these claims (None: to all), by its day, and which were sent again: the POSTINGS frame."""
        return frame_of_rows(self._postings(claims), POSTINGS)

    def posted(self) -> list[Posted]:
        """What was posted to all claims, by its day, and which were sent again."""
        return list(map(Posted._make, plain_rows(self._postings(None), POSTINGS)))

    def _postings(self, claims: Iterable[str] | None) -> list[tuple[Any, ...]]:
        only: str = ""
        values: tuple[str, ...] = ()
        if claims is not None:
            only, values = " AND claim IN (SELECT value FROM json_each(?))", (json.dumps(list(claims)),)
        rows = self.rows(
            "SELECT * FROM ("
            "SELECT payment, claim, posting.paid_cents, expected_cents, denied, reason, paid_on AS day, undone_on, "
            "posting.id AS place FROM posting JOIN remittance_line ON remittance_line.id = line "
            f"JOIN payment ON payment.id = payment WHERE 1{only} "
            f"UNION ALL SELECT 0, claim, 0, 0, 0, '', sent_on, NULL, id FROM work WHERE sent_on IS NOT NULL{only}) "
            # A claim is sent again after what was answered that day.
            "ORDER BY day, payment = 0, place",
            *values,
            *values,
        )
        return [row[:8] for row in rows]

    def payment_numbers(self) -> dict[int, str]:
        """By the ledger's own number of a payment, the insurer's or the bank's number of it; empty where none."""
        return {int(payment): str(number) for payment, number in self.rows("SELECT id, number FROM payment")}

    def work(self) -> pd.DataFrame:
        """What was noted about claims, in the order it was read: the WORK frame."""
        return frame_of_rows(self._work(), WORK)

    def notes(self) -> list[Note]:
        """What was noted about claims, in the order it was read."""
        return list(map(Note._make, plain_rows(self._work(), WORK)))

    def _work(self) -> list[tuple[Any, ...]]:
        return self.rows(f"SELECT {', '.join(column.name for column in WORK)} FROM work ORDER BY id")

    def note(self, work: pd.DataFrame) -> None:
        """Keeps what was noted (WORK)."""
        self.insert("work", [column.name for column in WORK], rows_of_frame(work, WORK))

    def aging_left(self, folder: str) -> dict[str, tuple[str, dict[str, list[str]]]]:
        """By file name, the hash of each aging workbook as it was left in a folder or read, and its call list."""
        rows = self.rows("SELECT file, sha256, shown FROM aging_written WHERE folder = ?", folder)
        return {file: (sha256, json_of(shown)) for file, sha256, shown in rows}

    def mark_aging(self, folder: str, file: str, sha256: str, shown: Mapping[str, Sequence[str]]) -> None:
        """Notes how an aging workbook was left in a folder, or read, and what its call list says by claim."""
        as_shown = json.dumps(dict(shown), ensure_ascii=False)
        self.run("INSERT OR REPLACE INTO aging_written VALUES (?, ?, ?, ?)", folder, file, sha256, as_shown)

    def payments(self, number_keys: Iterable[str], days: Iterable[str]) -> list[PostedPayment]:
        """The payments that stand, with their lines: those with one of these numbers, or of one of these days."""
        from ims_billing.payments.payment import PostedLine, PostedPayment

        rows = self.rows(
            "SELECT id, insurer_id, number, paid_on, amount_cents FROM payment WHERE undone_on IS NULL "
            "AND (number_key IN (SELECT value FROM json_each(?)) OR paid_on IN "
            "(SELECT value FROM json_each(?))) ORDER BY id",
            json.dumps(sorted(set(number_keys) - {""})),
            json.dumps(sorted(set(days))),
        )
        lines: dict[int, list[PostedLine]] = {}
        for payment, line, words, posted in self.rows(
            "SELECT payment, id, words, (SELECT sum(paid_cents) FROM posting WHERE line = remittance_line.id) "
            "FROM remittance_line WHERE payment IN (SELECT value FROM json_each(?)) ORDER BY id",
            json.dumps([row[0] for row in rows]),
        ):
            lines.setdefault(payment, []).append(PostedLine(line, tuple(json_of(words)), posted))
        return [
            PostedPayment(id_, insurer, number, dt.date.fromisoformat(on), amount, tuple(lines.get(id_, ())))
            for id_, insurer, number, on, amount in rows
        ]

    def post(self, payments: Iterable[Payment], on: dt.date) -> list[int]:
        """Records payments that post something, with all their lines; returns the ledger's numbers of them."""
        from ims_billing.payments.payment import number_key

        posted = []
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
                self.insert("payment", columns, [values])
                number = int(self.rows("SELECT last_insert_rowid()")[0][0])
            for line in payment.lines:
                ledger_line = line.ledger_line
                if ledger_line is None:
                    sheet = f", {line.sheet}" if line.sheet else ""
                    place = f"{line.file}{sheet}, row {line.row}"
                    words = json.dumps(line.words, ensure_ascii=False)
                    self.insert(
                        "remittance_line",
                        ("payment", "place", "words", "paid_cents", "reason"),
                        [(number, place, words, line.paid, line.reason)],
                    )
                    ledger_line = int(self.rows("SELECT last_insert_rowid()")[0][0])
                self.insert(
                    "posting",
                    ("line", "claim", "paid_cents", "expected_cents", "denied", "posted_on"),
                    [(ledger_line, p.claim, p.paid, p.expected, int(p.denied), on.isoformat()) for p in line.postings],
                )
            posted.append(number)
        return posted

    def undo(self, number: int, on: dt.date, reason: str) -> tuple[str, int, list[str]]:
        """Undoes a payment: its insurer, its amount in cents, and the claims that it was posted to.

        Raises BillingError where there is no such payment, it is undone already, or another one took back what it
        paid.
        """
        payments = self.rows("SELECT insurer, amount_cents, undone_on FROM payment WHERE id = ?", number)
        if not payments:
            last = "SELECT id, insurer, amount_cents, paid_on FROM payment WHERE undone_on IS NULL ORDER BY id DESC"
            rows = self.rows(f"{last} LIMIT 10")
            last_ones = [f"\n  {id_}: {who}, {dollars(cents)} on {day}" for id_, who, cents, day in rows]
            raise BillingError(
                f"there is no payment {number} on the ledger; the last ones are:{''.join(last_ones) or ' none'}"
            )
        insurer, amount, undone = payments[0]
        if undone:
            raise BillingError(f"payment {number} was undone already, on {undone}.")
        self.run("UPDATE payment SET undone_on = ?, undone_reason = ? WHERE id = ?", on.isoformat(), reason, number)
        claims = self.rows(
            "SELECT DISTINCT claim FROM posting JOIN remittance_line ON remittance_line.id = line WHERE payment = ? "
            "ORDER BY claim",
            number,
        )
        taken_back = self.rows(
            "SELECT payment.id, claim, posting.paid_cents FROM posting "
            "JOIN remittance_line ON remittance_line.id = line "
            "JOIN payment ON payment.id = payment WHERE undone_on IS NULL AND claim IN "
            f"({', '.join('?' * len(claims))}) ORDER BY claim, paid_on, posting.paid_cents DESC, posting.id",
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
        return str(insurer), int(amount), [str(claim) for (claim,) in claims]


def months_of(claims: Iterable[str]) -> list[str]:
    """The months that claims are billed in, by their numbers, each once."""
    return sorted({month_of(claim) for claim in claims})


# How many rows of the database are turned into columns at a time.
_AT_ONCE = 1_000


def frame_of_rows(rows: Iterable[tuple[Any, ...]], columns: tuple[Column, ...]) -> pd.DataFrame:
    """Rows of the database as a frame with the declared columns."""
    import pandas as pd

    cells = _columns_of_rows(rows, columns)
    if not cells[0]:
        return empty(columns)
    typed = {column.name: pd.Series(kept, dtype=column.dtype) for column, kept in zip(columns, cells, strict=True)}
    return prove(pd.DataFrame({name: series.array for name, series in typed.items()}), columns)


def plain_rows(rows: Iterable[tuple[Any, ...]], columns: tuple[Column, ...]) -> list[tuple[Any, ...]]:
    """Rows of the database with days as dates, and empty text where there is none."""
    return list(zip(*_columns_of_rows(rows, columns), strict=True))


def _columns_of_rows(rows: Iterable[tuple[Any, ...]], columns: tuple[Column, ...]) -> list[list[Any]]:
    """The cells of each column; raises DamageError where one is not of its type."""
    left, cells = iter(rows), [list[Any]() for _ in columns]
    # Each text is kept once: most columns have few, and SQLite makes a new one for every cell.
    texts: list[dict[Any, Any]] = [{None: "" if column.dtype == "str" else None} for column in columns]
    while piece := list(islice(left, _AT_ONCE)):
        for column, own, kept, values in zip(columns, texts, cells, zip(*piece, strict=True), strict=True):
            stored = _STORED.get(column.dtype, _TEXT)
            if not set(map(type, values)) <= stored:
                raise DamageError
            kept.extend(map(own.setdefault, values, values) if stored is _TEXT else values)
    return [_of_type(column.dtype, kept) for column, kept in zip(columns, cells, strict=True)]


def _of_type(dtype: str, values: list[Any]) -> list[Any]:
    if dtype.startswith("datetime"):
        return _days(values)
    return list(map(bool, values)) if dtype == "bool" else values


# What SQLite holds of a column, by its type here.
_TEXT = {str, type(None)}
_STORED: dict[str, set[type]] = {
    "int64": {int},
    "bool": {int},
    "Int64": {int, type(None)},
    "boolean": {int, type(None)},
}


def _days(values: Iterable[str | None]) -> list[dt.date | None]:
    try:
        # A month has few days, and many rows on each.
        days = {text: dt.date.fromisoformat(text) if text else None for text in set(values)}
    except ValueError:
        raise DamageError from None
    return [days[text] for text in values]


def json_of(text: str) -> Any:
    """What the ledger keeps as JSON; raises DamageError where it is none."""
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        raise DamageError from None


def columns_of_frame(frame: pd.DataFrame, columns: Sequence[Column]) -> list[list[Any]]:
    """The frame's columns as the database takes them: days as text, nothing for what is absent."""
    shown: list[list[Any]] = []
    for column in columns:
        values: Any = frame[column.name]
        if column.dtype.startswith("datetime"):
            days = cells_of(values)
            texts = {day: day and day.isoformat() for day in set(days)}
            shown.append([texts[day] for day in days])
        elif column.dtype == "Int64":
            shown.append(cells_of(values))
        elif column.name in ("replaces", "follows"):
            shown.append([claim or None for claim in values.tolist()])
        else:
            shown.append(values.tolist())
    return shown


def rows_of_frame(frame: pd.DataFrame, columns: Sequence[Column]) -> list[tuple[Any, ...]]:
    """The frame's rows, as `columns_of_frame` gives their cells."""
    return list(zip(*columns_of_frame(frame, columns), strict=True))
