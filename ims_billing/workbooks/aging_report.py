"""The workbook of what is not paid as claimed: by insurer and age, and the claims to ask about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from ims_billing.payments.aging import (
    BUCKETS,
    TO_REVERSE,
    asked_about,
    by_insurer,
    closed,
    states_in_words,
    to_ask,
)
from ims_billing.payments.sending import ToSend
from ims_billing.vocabulary.entries import Sending
from ims_billing.vocabulary.frames import TO_SEND, WORK_STATUSES, as_frame
from ims_billing.vocabulary.spelling import counted
from ims_billing.workbooks.book import Book
from ims_billing.workbooks.content import Content
from ims_billing.workbooks.frame_cells import column_cells, column_values
from ims_billing.workbooks.package import Value
from ims_billing.workbooks.parts import Block, Column
from ims_billing.workbooks.table import Table

CALL_LIST = {
    "insurer": Column("Insurer"),
    "claim": Column("Claim"),
    "patient": Column("Patient"),
    "service_date": Column("Service date", "date"),
    "policy": Column("Policy", "id"),
    "member": Column("Member ID", "id"),
    "claimed_on": Column("Claimed on", "date"),
    "age": Column("Days", "count"),
    "usual_days": Column("Usual days", "count"),
    "amount_cents": Column("Amount claimed", "money"),
    "paid_cents": Column("Paid", "money"),
    "owed_cents": Column("Owed", "money"),
    "state": Column("What it is"),
    "reason": Column("Reason", "long"),
    "number": Column("Payment", "id"),
    "answered_on": Column("Answered on", "date"),
    "owner": Column("Owner", typed=True),
    "status": Column("Status", typed=True, choices=WORK_STATUSES),
    "sent_on": Column("Sent on", "date", typed=True),
    "note": Column("Note", "long", typed=True),
    "first_sent": Column("First sent", "date"),
    "confirmation": Column("Confirmation number", "id"),
}
# On paper what one needs on the telephone.
_PRINTED = list(CALL_LIST).index("answered_on") + 1
SHEET = "Call list"
_VOIDED = "Paid and voided: the insurer has to reverse it"
_CLOSED = "Closed by you, on no list"
# The claims that nobody has to ask about yet, with the same columns.
WAITING = "Waiting"


@dataclass(frozen=True)
class AgingView:
    """The unpaid claims of a clinic on a day, as the workbook shows them."""

    clinic: str
    """The clinic's name."""
    as_of: dt.date
    """The day."""
    frame: pd.DataFrame
    """AGING."""
    sent: Mapping[str, Sending]
    """By claim, what was noted about its workbook, where that is marked as sent."""
    not_sent: Sequence[ToSend]
    """The workbooks for insurers that are not."""
    numbers: Mapping[int, str]
    """The insurers' numbers of the ledger's payments."""


def aging_report(view: AgingView) -> bytes:
    """The workbook `aging-<date>.xlsx`. Claims that are closed are in the sums, and not listed."""
    book = Book(f"What is owed on {view.as_of}", view.clinic, view.as_of, content=Content())
    listed = to_ask(view.frame)
    rest = view.frame[~view.frame["claim"].isin(listed["claim"]) & (view.frame["status"] != "Closed")]
    facts: list[tuple[str, Value]] = [("Clinic", view.clinic), ("As of", view.as_of)]
    facts += _in_the_head(view.frame, listed)
    blocks = [*_blocks(view.frame), *_not_sent(view.not_sent)]
    book.page("Aging", f"What insurers owe, {view.as_of}", facts, blocks)
    book.table(_list_of_claims(SHEET, listed, view))
    if len(rest):
        # Nobody calls about these, so no line is drawn between insurers.
        book.table(replace(_list_of_claims(WAITING, rest, view), groups=()))
    return book.bytes()


def _list_of_claims(name: str, lines: pd.DataFrame, view: AgingView) -> Table:
    """Lines of AGING as a call list; a line is drawn where another insurer, or another of its payments, begins."""
    sendings = [view.sent.get(claim) for claim in lines["claim"]]
    shown = lines.assign(
        state=states_in_words(lines),
        number=[view.numbers.get(payment, "") for payment in lines["payment"]],
        first_sent=pd.Series([s and s.sent_on for s in sendings], lines.index, dtype="datetime64[us]"),
        confirmation=[s.confirmation if s else "" for s in sendings],
    )
    begins = shown[["insurer", "payment"]].ne(shown[["insurer", "payment"]].shift()).any(axis=1).to_numpy()
    return Table(
        name,
        list(CALL_LIST.values()),
        list(column_cells(shown, CALL_LIST).values()),
        groups=set(begins.nonzero()[0][1:].tolist()),
        widest=24,
        frozen=2,
        printed=_PRINTED,
    )


def _in_the_head(frame: pd.DataFrame, listed: pd.DataFrame) -> list[tuple[str, Value]]:
    """The dollars that were refused, paid short, not answered, and paid of voided claims."""
    lost = frame["amount_cents"] - frame["paid_cents"].clip(lower=0)
    ask = asked_about(frame)
    rows: list[tuple[str, Value]] = []
    for label, these, cents in (
        ("Refused", (frame["state"] == "denied") & ask, lost),
        ("Paid short", (frame["state"] == "short-paid") & ask, frame["owed_cents"]),
        ("Not answered in the usual time", (frame["state"] == "not answered") & ask, frame["owed_cents"]),
        (_VOIDED, (frame["state"] == TO_REVERSE) & ask, frame["paid_cents"]),
        (_CLOSED, closed(frame), frame["owed_cents"]),
    ):
        count = int(these.sum())
        of = f"${int(cents[these].sum()) / 100:,.2f} on {counted(count, 'claim')}"
        if count or label not in (_VOIDED, _CLOSED):
            rows.append((label, of if count else "nothing"))
    beside = len(listed) - int(ask.sum())
    more = f", and {beside:,} that somebody looks after" if beside else ""
    return [*rows, ("Claims to ask about", f"{int(ask.sum()):,}{more}")]


def _not_sent(books: Sequence[ToSend]) -> list[Block]:
    """The workbooks that nobody marked as sent: an insurer that got none answers none."""
    if not books:
        return []
    columns = [Column("Insurer"), Column("Month"), Column("Batch", "count"), Column("Claims", "count")]
    columns += [Column("Voids", "count"), Column("Total", "money"), Column("Send by", "date")]
    names = ["insurer", "month", "batch", "claims", "voids", "amount_cents", "send_by"]
    shown = column_values(as_frame(books, TO_SEND), names)
    note = "Mark what was sent on the sheet To send of that month's claim summary."
    return [Block("Insurer workbooks not marked as sent", columns, shown, note=note)]


def _blocks(frame: pd.DataFrame) -> list[Block]:
    money = [Column(f"{bucket} days", "money") for bucket in BUCKETS]
    columns = [Column("Insurer"), Column("Claims", "count"), *money, Column("Owed", "money")]
    largest_first = sorted(by_insurer(frame), key=lambda line: -sum(line[2].values()))
    rows: list[tuple[Value, ...]] = [
        (insurer, count, *(cents[bucket] / 100 for bucket in BUCKETS), sum(cents.values()) / 100)
        for insurer, count, cents in largest_first
    ]
    owed = frame[frame["owed_cents"] > 0]
    sums = [int(owed.loc[owed["bucket"] == bucket, "owed_cents"].sum()) for bucket in BUCKETS]
    total: tuple[Value, ...] = ("Total", len(owed), *(cents / 100 for cents in sums), sum(sums) / 100)
    note = "Days since the claim was made. What a plan leaves to the patient is not owed by it."
    owing = Block("Owed by insurers", columns, rows, total, note)
    blocks = [replace(owing, chart=("bar", len(columns) - 1))]
    states = frame.groupby(frame["state"].mask(frame["again_on"].notna(), "sent again, not answered"))
    kinds: list[tuple[Value, ...]] = [
        (str(state), len(part), int(part["amount_cents"].sum()) / 100, int(part["owed_cents"].sum()) / 100)
        for state, part in states
    ]
    if kinds:
        columns = [Column("What it is"), Column("Claims", "count"), Column("Claimed", "money")]
        note = "Denied claims are owed only once they were sent again. "
        note += "What was paid too much is below zero: the total above leaves it out."
        blocks.append(Block("By what it is", [*columns, Column("Owed", "money")], kinds, note=note))
    return blocks
