"""Insurers' workbooks by batch: how much each asks for, until when, and whether it was sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import pandas as pd

from ims_billing.vocabulary.frames import SENDINGS, TO_SEND, as_frame, prove

_WORKBOOK = ["month", "batch", "insurer_id"]


def to_send(
    claims: pd.DataFrame, answered: Collection[str], batches: pd.DataFrame, sendings: pd.DataFrame
) -> pd.DataFrame:
    """Lists the workbooks that were written for insurers, as TO_SEND: by month, batch and the insurer's name.

    claims: ON_LEDGER
    answered: the claims that their insurers have answered
    batches: `month`, `batch`, `claimed_on` and `already_sent`; what was sent before this program came has no workbook
    sendings: what was noted about each workbook (SENDINGS)
    """
    own = claims[[*_WORKBOOK, "insurer", "claim", "amount_cents", "send_by", "voided_on"]]
    active = own["voided_on"].isna()
    late = own["send_by"] < own[["month", "batch"]].merge(batches, how="left")["claimed_on"].set_axis(own.index)
    # A workbook holds what its batch claimed, also what was voided since: it is as it was sent.
    claimed = own.assign(
        claims=1,
        answered=own["claim"].isin(answered).astype("int64"),
        # What is late already has no day any more by which to send it the usual way.
        send_by=own["send_by"].where(active & ~late),
        late=(late & active).astype("int64"),
    )
    voided = claims[claims["void_batch"].notna()]
    voided = voided.assign(batch=voided["void_batch"].astype("int64"), claims=0, answered=0, amount_cents=0, late=0)
    both = pd.concat([claimed, voided[[*_WORKBOOK, "insurer", "claims", "answered", "amount_cents", "late"]]])
    both["send_by"] = both["send_by"].astype("datetime64[us]")
    books = both.groupby(_WORKBOOK, as_index=False, sort=False).agg(
        insurer=("insurer", "last"),
        claims=("claims", "sum"),
        amount_cents=("amount_cents", "sum"),
        send_by=("send_by", "min"),
        late=("late", "sum"),
        answered=("answered", "sum"),
    )
    written = batches.loc[~batches["already_sent"], ["month", "batch"]]
    books = books.merge(written, on=["month", "batch"]).merge(prove(sendings, SENDINGS), how="left", on=_WORKBOOK)
    for name in ("sent", "confirmation"):
        books[name] = books[name].astype("object").fillna("").astype("str")
    order = books.assign(name=books["insurer"].str.casefold()).sort_values(["month", "batch", "name"], kind="stable")
    return as_frame(order.reset_index(drop=True), TO_SEND)


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
