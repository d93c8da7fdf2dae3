"""Insurers' workbooks by batch: how much each asks for, until when, and whether it was sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from ims_billing.vocabulary.frames import SENDINGS, TO_SEND, as_frame
from ims_billing.vocabulary.rows import rows_of

_WORKBOOK = ["month", "batch", "insurer_id"]
_SENDINGS = [column.name for column in SENDINGS]


def to_send(
    claims: pd.DataFrame, answered: Collection[str], batches: pd.DataFrame, sendings: pd.DataFrame
) -> pd.DataFrame:
    """Lists the workbooks that were written for insurers, as TO_SEND: by month, batch and the insurer's name.

    claims: ON_LEDGER
    answered: the claims that their insurers have answered
    batches: `month`, `batch`, `claimed_on` and `already_sent`; what was sent before this program came has no workbook
    sendings: what was noted about each workbook (SENDINGS)
    """
    batch_days = {(month, batch): day for month, batch, day in rows_of(batches, ["month", "batch", "claimed_on"])}
    sent_before = set(rows_of(batches[batches["already_sent"]], ["month", "batch"]))
    noted = {(month, batch, insurer): words for month, batch, insurer, *words in rows_of(sendings, _SENDINGS)}
    books: dict[tuple[str, int, str], _Book] = {}
    columns = [*_WORKBOOK, "insurer", "claim", "amount_cents", "send_by", "voided_on"]
    for month, batch, insurer_id, insurer, claim, cents, send_by, voided_on in rows_of(claims, columns):
        book = books.setdefault((month, batch, insurer_id), _Book())
        # A workbook holds what its batch claimed, also what was voided since: it is as it was sent.
        book.insurer = insurer
        book.claims += 1
        book.cents += cents
        book.answered += claim in answered
        if voided_on is None and send_by is not None:
            # What is late already has no day any more by which to send it the usual way.
            if send_by < batch_days.get((month, batch), dt.date.min):
                book.late += 1
            else:
                book.send_by = min(send_by, book.send_by or send_by)
    voided = claims[claims["void_batch"].notna()]
    for month, batch, insurer_id, insurer in rows_of(voided, ["month", "void_batch", "insurer_id", "insurer"]):
        books.setdefault((month, batch, insurer_id), _Book()).insurer = insurer
    lines = [
        (*place, *book.counted(), *noted.get(place, ("", None, "")))
        for place, book in sorted(books.items(), key=lambda each: (*each[0][:2], each[1].insurer.casefold()))
        if place[:2] in batch_days and place[:2] not in sent_before
    ]
    return as_frame(lines, TO_SEND)


@dataclass
class _Book:
    """An insurer's workbook of a batch, as far as its claims are counted."""

    insurer: str = ""
    claims: int = 0
    cents: int = 0
    send_by: dt.date | None = None
    late: int = 0
    answered: int = 0

    def counted(self) -> tuple[object, ...]:
        """Its cells in TO_SEND."""
        return (self.insurer, self.claims, self.cents, self.send_by, self.late, self.answered)


def answered_by(postings: pd.DataFrame, as_of: dt.date) -> set[str]:
    """The claims that POSTINGS answer by a day."""
    day = pd.Timestamp(as_of)
    stands = (postings["payment"] > 0) & (postings["paid_on"] <= day) & ~(postings["undone_on"] <= day)
    return set(postings.loc[stands, "claim"])


def made_by(batches: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Those of the batches that were made by a day."""
    return batches[batches["claimed_on"] <= pd.Timestamp(as_of)]


def sent_with(claims: pd.DataFrame, sendings: pd.DataFrame) -> pd.DataFrame:
    """By claim, when its workbook was sent and by which number that was confirmed: `first_sent`, `confirmation`."""
    sent = sendings[sendings["sent"] == "Yes"].rename(columns={"sent_on": "first_sent"})
    both = claims[["claim", *_WORKBOOK]].merge(sent, how="left", on=_WORKBOOK).set_index("claim")
    confirmation = both["confirmation"].astype("object").fillna("").astype("str")
    return both.assign(confirmation=confirmation)[["first_sent", "confirmation"]]


def first_day(books: pd.DataFrame) -> dt.date | None:
    """The first day by which one of these workbooks (TO_SEND) has to be sent; None where none is known."""
    first = books["send_by"].min()
    return None if pd.isna(first) else first.date()


def not_sent(books: pd.DataFrame) -> pd.DataFrame:
    """The lines of TO_SEND that nobody marked as sent, and none of whose claims is answered."""
    return books[(books["sent"] != "Yes") & (books["answered"] == 0)].reset_index(drop=True)
