"""Claims whose last day had passed when they were made: they go to their insurer another way, and which."""

from __future__ import annotations

import pandas as pd

from ims_billing.vocabulary.model import Batch, InsurerView, MonthView


def late(claims: pd.DataFrame, batch: Batch) -> pd.Series[bool]:
    """The claims of a batch whose last day had passed when they were made: they must go another way."""
    return (claims["batch"] == batch.number) & (claims["send_by"] < pd.Timestamp(batch.as_of))


def another_way(claims: pd.DataFrame, batch: Batch, insurer: InsurerView) -> pd.Series[str]:
    """How a claim has to go that its channel takes no more; empty for others."""
    window = pd.Timedelta(days=insurer.window_days)
    by_channel = (claims["service_date"] + window < pd.Timestamp(batch.as_of)) & (insurer.after_window != "")
    way = pd.Series("past the plan's last day", claims.index, dtype="str").mask(by_channel, insurer.after_window)
    return way.where(late(claims, batch), "")


def ways_of_month(view: MonthView) -> list[str]:
    """For each claim of a month how it has to go instead; empty where it goes as usual, or was voided."""
    ways = pd.Series("", view.claims.index, dtype="str")
    active = view.claims.loc[view.claims["voided_on"].isna(), ["batch", "insurer_id", "service_date", "send_by"]]
    for batch in view.batches:
        own = active[late(active, batch)]
        for insurer in () if batch.already_sent or own.empty else batch.origin.insurers:
            theirs = own[own["insurer_id"] == insurer.id]
            ways[theirs.index] = another_way(theirs, batch, insurer)
    return ways.tolist()
