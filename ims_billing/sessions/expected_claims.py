"""Tells which claims of the ledger files would hold, by the days and the practitioners that they cover."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from ims_billing.vocabulary.spelling import month_text


def expected_in_files(
    dates: pd.Series[pd.Timestamp],
    matched: pd.Series[bool],
    claims: pd.DataFrame,
    active: pd.Series[bool],
    beyond: pd.Series[bool] | None = None,
) -> pd.Series[bool]:
    """Returns which active claims the files would hold, had their sessions not been changed or deleted.

    `claims` has `date` and `practitioner` of each claim, `matched` says which of them the files hold, and `dates` are
    the days of the files. A claim is expected on a day between the first and the last of them, in a month that they
    have; with `beyond` (from `just_beyond`), also in the rest of those two weeks. It is not expected where the files
    hold none of the other claims of that week and practitioner: then they are of other days or other people.
    """
    days = dates.dropna()
    if days.empty:
        return pd.Series(False, index=claims.index)
    first, last = days.min(), days.max()
    within = claims["date"].between(first, last)
    if beyond is not None:
        monday, sunday = first - pd.Timedelta(days=first.day_of_week), last + pd.Timedelta(days=6 - last.day_of_week)
        within |= beyond & claims["date"].between(monday, sunday)
    within &= month_text(claims["date"]).isin(month_text(days).unique())
    week = claims["date"] - pd.to_timedelta(claims["date"].dt.day_of_week, unit="D")
    beside = [claims["practitioner"], week]
    others = active.groupby(beside).transform("sum") - active.astype("int64")
    in_files = matched.groupby(beside).transform("sum")
    return active & within & ((others == 0) | (in_files > 0))


def just_beyond(
    dates: pd.Series[pd.Timestamp],
    matched: pd.Series[bool],
    claims: pd.DataFrame,
    active: pd.Series[bool],
    moved: Collection[int] = (),
) -> pd.Series[bool]:
    """Returns which claims lie before or after the days of the files with no other one as near to them.

    Such a claim may be the first or the last of its list, and its date is corrected now. Files that lack more than
    one on a side just begin later or end earlier than the list that was claimed, unless all of them are `moved`:
    new sessions of the files may be theirs. Claims of practitioners of whom the files hold none say nothing.
    """
    date, days = claims["date"], dates.dropna()
    others = active & ~matched & of_people(claims, matched) & ~claims.index.isin(moved)
    before, after = np.sort(date[others & (date < days.min())]), np.sort(date[others & (date > days.max())])
    as_near = np.where(
        date < days.min(), len(before) - np.searchsorted(before, date), np.searchsorted(after, date, side="right")
    )
    return pd.Series(as_near <= others, index=claims.index)


def only_beyond(
    days: pd.Series[pd.Timestamp], matched: pd.Series[bool], claims: pd.DataFrame, active: pd.Series[bool]
) -> pd.Series[bool]:
    """Returns which claims are the only one of their month before, or after, the days of the files: `just_beyond`."""
    side = (claims["date"] > days.max()).astype("int64") - (claims["date"] < days.min())
    others = active & ~matched & of_people(claims, matched)
    return others.groupby([month_text(claims["date"]), side]).transform("sum") <= others


def of_people(claims: pd.DataFrame, matched: pd.Series[bool]) -> pd.Series[bool]:
    """True for claims of practitioners of whom the files hold claims."""
    return claims["practitioner"].isin(claims.loc[matched, "practitioner"])
