"""Insurers' workbooks by batch: how much each asks for, until when, and whether it was sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ims_billing.vocabulary.entries import BatchDay, Claimed, Posted, Sending


class ToSend(NamedTuple):
    """An insurer's workbook of a batch, with what was noted about it; the columns of TO_SEND."""

    month: str
    batch: int
    insurer_id: str
    insurer: str
    claims: int
    voids: int
    amount_cents: int
    send_by: dt.date | None
    """The next last day to send a claim; the first one that passed since they were made, where none is to come."""
    late: int
    """The claims that have to go another way: their last day is past."""
    answered: int
    sent: str
    sent_on: dt.date | None
    confirmation: str


def to_send(
    claims: Iterable[Claimed],
    answered: Collection[str],
    batches: Iterable[BatchDay],
    sendings: Iterable[Sending],
    as_of: dt.date,
) -> list[ToSend]:
    """Lists the workbooks that were written for insurers: by month, batch and the insurer's name.

    answered: the claims that their insurers have answered
    batches: what was sent before this program came has no workbook
    sendings: what was noted about each workbook
    as_of: the day by which a claim that is not sent may be past its last day
    """
    batch_days = {(batch.month, batch.batch): batch for batch in batches}
    noted = {sending.workbook: sending for sending in sendings}
    books: dict[tuple[str, int, str], _Book] = {}
    takes_back = []
    for claim in claims:
        book = books.setdefault((claim.month, claim.batch, claim.insurer_id), _Book())
        # A workbook holds what its batch claimed, also what was voided since: it is as it was sent.
        book.insurer = claim.insurer
        book.claims += 1
        book.cents += claim.amount_cents
        book.answered += claim.claim in answered
        if claim.voided_on is None and claim.send_by is not None:
            book.last_days.append((claim.send_by, claim.claim in answered))
        if claim.void_batch is not None:
            takes_back.append((claim.month, claim.void_batch, claim.insurer_id, claim.insurer))
    for month, number, insurer_id, insurer in takes_back:
        book = books.setdefault((month, number, insurer_id), _Book())
        book.insurer = insurer
        book.voids += 1
    return [
        book.as_noted(noted.get(place, Sending(*place, "", None, "")), batch_days[place[:2]].claimed_on, as_of)
        for place, book in sorted(books.items(), key=lambda each: (*each[0][:2], each[1].insurer.casefold()))
        if place[:2] in batch_days and not batch_days[place[:2]].already_sent
    ]


@dataclass(slots=True)
class _Book:
    """An insurer's workbook of a batch, as far as its claims are counted."""

    insurer: str = ""
    claims: int = 0
    voids: int = 0
    cents: int = 0
    answered: int = 0
    # The last day to send each of its claims that stand, and whether it is answered.
    last_days: list[tuple[dt.date, bool]] = field(default_factory=list)

    def as_noted(self, note: Sending, made_on: dt.date, as_of: dt.date) -> ToSend:
        """The workbook with what was noted about it."""
        is_sent = _is_sent(note.sent, self.answered, self.claims)
        # What was sent is late only where it was so when it was made.
        day = made_on if is_sent else max(made_on, as_of)
        last_days = [last_day for last_day, is_answered in self.last_days if is_sent or not is_answered]
        # What was late when it was made never had a day by which to send it the usual way.
        usual = [last_day for last_day in last_days if last_day >= made_on]
        ahead = [last_day for last_day in usual if last_day >= day]
        return ToSend(
            month=note.month,
            batch=note.batch,
            insurer_id=note.insurer_id,
            insurer=self.insurer,
            claims=self.claims,
            voids=self.voids,
            amount_cents=self.cents,
            send_by=min(ahead or usual, default=None),
            late=sum(last_day < day for last_day in last_days),
            answered=self.answered,
            sent=note.sent,
            sent_on=note.sent_on,
            confirmation=note.confirmation,
        )


def answered_by(postings: Iterable[Posted], as_of: dt.date) -> set[str]:
    """The claims that are answered by a day."""
    return {line.claim for line in postings if line.payment and line.counts_on(as_of)}


def made_by(batches: Iterable[BatchDay], as_of: dt.date) -> list[BatchDay]:
    """Those of the batches that were made by a day."""
    return [batch for batch in batches if batch.claimed_on <= as_of]


def first_day(books: Iterable[ToSend], as_of: dt.date) -> dt.date | None:
    """The first day to come by which one of these workbooks has to be sent; None where none is known."""
    return min((book.send_by for book in books if book.send_by and book.send_by >= as_of), default=None)


def not_sent(books: Iterable[ToSend]) -> list[ToSend]:
    """The workbooks that nobody marked as sent, and that no answer shows to be."""
    return [book for book in books if not _is_sent(book.sent, book.answered, book.claims)]


def _is_sent(sent: str, answered: int, claims: int) -> bool:
    """True if a workbook is marked as sent, or a claim of it is answered; all of them where it is marked as not sent.

    Claims that are keyed into a portal one by one go out, and are answered, one by one.
    """
    return sent == "Yes" or answered >= (max(claims, 1) if sent == "No" else 1)


def sent_with(claims: Iterable[Claimed], sendings: Iterable[Sending]) -> dict[str, Sending]:
    """By claim, what was noted about its workbook, where that is marked as sent."""
    sent = {sending.workbook: sending for sending in sendings if sending.sent == "Yes"}
    workbooks = {claim.claim: (claim.month, claim.batch, claim.insurer_id) for claim in claims}
    return {claim: sent[workbook] for claim, workbook in workbooks.items() if workbook in sent}
