"""The sheet To send: each insurer's workbook of the month, with a place to note that it went out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from ims_billing.payments.sending import ToSend, first_day, not_sent, to_send
from ims_billing.vocabulary.decision_keys import sending_mark
from ims_billing.vocabulary.entries import BatchDay, Claimed, entries_of
from ims_billing.vocabulary.model import MonthView
from ims_billing.vocabulary.spelling import counted
from ims_billing.workbooks.book import Book
from ims_billing.workbooks.files import workbook_name
from ims_billing.workbooks.parts import Cell, Check, Column
from ims_billing.workbooks.table import Table

SHEET = "To send"
COLUMNS = {
    "sent": Column("Sent", typed=True, choices=("Yes", "No"), width=9),
    "sent_on": Column("Sent on", "date", typed=True, width=13),
    "confirmation": Column("Confirmation number", "id", typed=True, width=22),
    "insurer": Column("Insurer"),
    "channel": Column("Channel", "long"),
    "batch": Column("Batch", "count"),
    "claims": Column("Claims", "count"),
    "voids": Column("Voids", "count"),
    "amount_cents": Column("Total", "money"),
    "send_by": Column("Send by", "date", width=13),
    "late": Column("Send another way", "count"),
    "answered": Column("Answered", "count"),
    "workbook": Column("Workbook"),
    "mark": Column("Mark", "id", width=10, quiet=True),
}
_PLACES = {name: place for place, name in enumerate(COLUMNS)}
HOW = "Mark what you sent, with the day and the number you were given. Save and close: the next command reads it."


def sent_of(view: MonthView) -> list[ToSend]:
    """The month's workbooks for insurers."""
    batches = [BatchDay(view.month, batch.number, batch.as_of, batch.already_sent) for batch in view.batches]
    answered = set(view.money.loc[view.money["was_received"], "claim"])
    return to_send(entries_of(view.claims, Claimed), answered, batches, view.sendings, view.as_of)


def add_to_send(book: Book, view: MonthView, books: Sequence[ToSend]) -> None:
    """Adds the sheet to the month's summary, of its workbooks for insurers."""
    channels = {(b.number, insurer.id): insurer.channel for b in view.batches for insurer in b.origin.insurers}
    rows = [
        each._asdict()
        | {
            "amount_cents": each.amount_cents / 100,
            "channel": channels.get((each.batch, each.insurer_id), ""),
            "workbook": workbook_name(each.insurer_id, each.month, each.batch),
            "mark": sending_mark((each.sent, f"{each.sent_on or ''}", each.confirmation), each[:3]),
        }
        for each in books
    ]
    placed = book.table(
        Table(
            SHEET,
            list(COLUMNS.values()),
            [[row[name] for row in rows] for name in COLUMNS],
            above=[[Cell(_lead(books, view.as_of), "lead")], [Cell(HOW, "note")]],
            frozen=_PLACES["insurer"] + 1,
            printed=_PLACES["workbook"] + 1,
        )
    )
    placed.check(
        Check("date", title="Sent on", prompt="The day it was sent, as 2026-12-01."),
        [(place, _PLACES["sent_on"]) for place in range(len(rows))],
    )


def _lead(books: Sequence[ToSend], as_of: dt.date) -> str:
    left = not_sent(books)
    if not books:
        return "There is no insurer workbook to send"
    if not left:
        # An answer shows that a workbook went out: its line may say nothing of it.
        answered = sum(book.sent != "Yes" for book in books)
        return f"All insurer workbooks are {'sent or answered' if answered else 'sent'}"
    count = len(left)
    what = "insurer workbook is" if count == 1 else "insurer workbooks are"
    words = f"{count:,} {what} not marked as sent, for ${sum(each.amount_cents for each in left) / 100:,.2f}"
    voids = sum(each.voids for each in left)
    words += f" and {counted(voids, 'void')}" if voids else ""
    first, late = first_day(left, as_of), sum(each.late for each in left)
    words += f": the first by {first}" if first else ""
    return f"{words}. Past their last day: {counted(late, 'claim')}" if late else words
