"""Claims that go to their insurer another way, and which: their last day had passed before they were sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import pandas as pd

from ims_billing.vocabulary.model import Batch, InsurerView, MonthView


def late(claims: pd.DataFrame, batch: Batch, day: dt.date) -> pd.Series[bool]:
    """The claims of a batch whose last day had passed on a day: they must go another way."""
    return (claims["batch"] == batch.number) & (claims["send_by"] < pd.Timestamp(day))


def another_way(claims: pd.DataFrame, batch: Batch, insurer: InsurerView, day: dt.date) -> pd.Series[str]:
    """How a claim has to go that its channel takes no more on a day; empty for others."""
    window = pd.Timedelta(days=insurer.window_days)
    by_channel = (claims["service_date"] + window < pd.Timestamp(day)) & (insurer.after_window != "")
    way = pd.Series("past the plan's last day", claims.index, dtype="str").mask(by_channel, insurer.after_window)
    return way.where(late(claims, batch, day), "")


def ways_of_month(view: MonthView, unsent: Collection[tuple[int, str]]) -> list[str]:
    """For each claim of a month how it has to go instead; empty where it goes as usual, or was voided.

    unsent: batch and insurer of the workbooks that are not sent, whose claims may have become late since
    """
    ways = pd.Series("", view.claims.index, dtype="str")
    active = view.claims.loc[view.claims["voided_on"].isna(), ["batch", "insurer_id", "service_date", "send_by"]]
    for batch in view.batches:
        own = active[late(active, batch, view.as_of)]
        for insurer in () if batch.already_sent or own.empty else batch.origin.insurers:
            theirs = own[own["insurer_id"] == insurer.id]
            day = view.as_of if (batch.number, insurer.id) in unsent else batch.as_of
            ways[theirs.index] = another_way(theirs, batch, insurer, day)
    return ways.tolist()
