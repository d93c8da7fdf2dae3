"""The sheet To send: each insurer's workbook of the month, with a place to note that it went out."""

from __future__ import annotations

import pandas as pd

from ims_billing.payments.sending import first_day, not_sent, to_send
from ims_billing.vocabulary.decision_keys import sending_mark
from ims_billing.vocabulary.model import MonthView
from ims_billing.workbooks.files import workbook_name
from ims_billing.workbooks.parts import Cell, Check, Column
from ims_billing.workbooks.sheet import Book, column_values

SHEET = "To send"
COLUMNS = {
    "sent": Column("Sent", typed=True, choices=("Yes", "No"), width=9),
    "sent_on": Column("Sent on", "date", typed=True, width=13),
    "confirmation": Column("Confirmation number", "id", typed=True, width=22),
    "insurer": Column("Insurer"),
    "channel": Column("Channel", "long"),
    "batch": Column("Batch", "count"),
    "claims": Column("Claims", "count"),
    "amount_cents": Column("Total", "money"),
    "send_by": Column("Send by", "date", width=13),
    "late": Column("Send another way", "count"),
    "answered": Column("Answered", "count"),
    "workbook": Column("Workbook"),
    "mark": Column("Mark", "id", width=10, quiet=True),
}
_PLACES = {name: place for place, name in enumerate(COLUMNS)}
HOW = "Mark what you sent, with the day and the number you were given. Save and close: the next command reads it."


def sent_of(view: MonthView) -> pd.DataFrame:
    """The month's workbooks for insurers: the TO_SEND frame."""
    batches = pd.DataFrame(
        {
            "month": pd.Series([view.month] * len(view.batches), dtype="str"),
            "batch": pd.Series([batch.number for batch in view.batches], dtype="int64"),
            "claimed_on": pd.Series([batch.as_of for batch in view.batches], dtype="datetime64[us]"),
            "already_sent": pd.Series([batch.already_sent for batch in view.batches], dtype="bool"),
        }
    )
    answered = set(view.money.loc[view.money["answered_on"].notna(), "claim"])
    return to_send(view.claims, answered, batches, view.sendings)


def add_to_send(book: Book, view: MonthView, books: pd.DataFrame) -> None:
    """Adds the sheet to the month's summary, of its workbooks for insurers (TO_SEND)."""
    channels = {(b.number, insurer.id): insurer.channel for b in view.batches for insurer in b.origin.insurers}
    keys = list(zip(books["month"], books["batch"], books["insurer_id"], strict=True))
    days = ["" if pd.isna(day) else f"{day:%Y-%m-%d}" for day in books["sent_on"]]
    shown = zip(keys, books["sent"], days, books["confirmation"], strict=True)
    lines = books.assign(
        channel=[channels.get((batch, insurer), "") for _, batch, insurer in keys],
        workbook=[workbook_name(insurer, month, batch) for month, batch, insurer in keys],
        mark=[sending_mark(words, key) for key, *words in shown],
    )
    placed = book.table(
        SHEET,
        list(COLUMNS.values()),
        column_values(lines, list(COLUMNS)),
        above=[[Cell(_lead(books), "lead")], [Cell(HOW, "note")]],
        frozen=_PLACES["insurer"] + 1,
        printed=_PLACES["workbook"] + 1,
    )
    placed.check(
        Check("date", title="Sent on", prompt="The day it was sent, as 2026-12-01."),
        [(place, _PLACES["sent_on"]) for place in range(len(lines))],
    )


def _lead(books: pd.DataFrame) -> str:
    left = not_sent(books)
    if books.empty:
        return "There is no insurer workbook to send"
    if left.empty:
        return "All insurer workbooks are sent"
    count = len(left)
    what = "insurer workbook is" if count == 1 else "insurer workbooks are"
    words = f"{count:,} {what} not marked as sent, for ${int(left['amount_cents'].sum()) / 100:,.2f}"
    first = first_day(left)
    return f"{words}: the first by {first}" if first else words
