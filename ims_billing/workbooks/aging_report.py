"""The workbook of what is not paid as claimed: by insurer and age, and the claims to ask about."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd

from ims_billing.payments.aging import BUCKETS, by_insurer
from ims_billing.vocabulary.frames import WORK_STATUSES
from ims_billing.workbooks.package import Value
from ims_billing.workbooks.parts import Block, Column
from ims_billing.workbooks.sheet import Book, column_values

CALL_LIST = {
    "claim": Column("Claim"),
    "insurer": Column("Insurer"),
    "claimed_on": Column("Claimed on", "date"),
    "first_sent": Column("First sent", "date"),
    "confirmation": Column("Confirmation number", "id"),
    "age": Column("Days", "count"),
    "service_date": Column("Service date", "date"),
    "patient": Column("Patient"),
    "policy": Column("Policy", "id"),
    "member": Column("Member ID", "id"),
    "amount_cents": Column("Amount claimed", "money"),
    "paid_cents": Column("Paid", "money"),
    "owed_cents": Column("Owed", "money"),
    "state": Column("What it is"),
    "reason": Column("Reason", "long"),
    "owner": Column("Owner", typed=True),
    "status": Column("Status", typed=True, choices=WORK_STATUSES),
    "sent_on": Column("Sent on", "date", typed=True),
    "note": Column("Note", "long", typed=True),
}
SHEET = "Call list"


def aging_report(
    frame: pd.DataFrame, sent: pd.DataFrame, left_to_send: pd.DataFrame, clinic: str, as_of: dt.date
) -> bytes:
    """The workbook `aging-<date>.xlsx` of an AGING frame. Claims that are closed are in the sums, and not listed.

    `sent` has by claim when its workbook was first sent, and the number that confirmed it; `left_to_send` are the
    workbooks that are not marked as sent (TO_SEND).
    """
    book = Book(f"What is owed on {as_of}", clinic, as_of)
    listed = frame[frame["status"] != "Closed"].join(sent, on="claim")
    facts: list[tuple[str, Value]] = [("Clinic", clinic), ("As of", as_of), ("Claims to ask about", str(len(listed)))]
    book.page("Aging", f"What insurers owe, {as_of}", facts, [*_blocks(frame), *_not_sent(left_to_send)])
    book.table(SHEET, list(CALL_LIST.values()), column_values(listed, list(CALL_LIST)), widest=24)
    return book.bytes()


def _not_sent(books: pd.DataFrame) -> list[Block]:
    """The workbooks that nobody marked as sent: an insurer that got none answers none."""
    if books.empty:
        return []
    columns = [Column("Insurer"), Column("Month"), Column("Batch", "count"), Column("Claims", "count")]
    columns += [Column("Total", "money"), Column("Send by", "date")]
    shown = column_values(books, ["insurer", "month", "batch", "claims", "amount_cents", "send_by"])
    note = "Mark what was sent on the sheet To send of that month's claim summary."
    return [Block("Insurer workbooks not marked as sent", columns, shown, note=note)]


def _blocks(frame: pd.DataFrame) -> list[Block]:
    money = [Column(f"{bucket} days", "money") for bucket in BUCKETS]
    columns = [Column("Insurer"), Column("Claims", "count"), *money, Column("Owed", "money")]
    rows: list[tuple[Value, ...]] = [
        (insurer, count, *(cents[bucket] / 100 for bucket in BUCKETS), sum(cents.values()) / 100)
        for insurer, count, cents in by_insurer(frame)
    ]
    owed = frame[frame["owed_cents"] > 0]
    sums = [int(owed.loc[owed["bucket"] == bucket, "owed_cents"].sum()) for bucket in BUCKETS]
    total: tuple[Value, ...] = ("Total", len(owed), *(cents / 100 for cents in sums), sum(sums) / 100)
    note = "Days since the claim was made. What a plan leaves to the patient is not owed by it."
    owing = Block("Owed by insurers", columns, rows, total, note)
    blocks = [replace(owing, chart=("bar", len(columns) - 1))]
    states = frame.groupby("state")
    kinds: list[tuple[Value, ...]] = [
        (str(state), len(part), int(part["amount_cents"].sum()) / 100, int(part["owed_cents"].sum()) / 100)
        for state, part in states
    ]
    if kinds:
        columns = [Column("What it is"), Column("Claims", "count"), Column("Claimed", "money")]
        note = "Denied claims are owed only once they were sent again; what was paid too much is below zero."
        blocks.append(Block("By what it is", [*columns, Column("Owed", "money")], kinds, note=note))
    return blocks
