"""Visits counted towards an insurer's limit: first those it was asked for already, then the others by date."""

from __future__ import annotations

from typing import NamedTuple, cast

import pandas as pd

from ims_billing.checks.desk import one_each
from ims_billing.clinic.clinic import Clinic
from ims_billing.rules.values import Limit
from ims_billing.vocabulary.spelling import bare, day_text


class Limited(NamedTuple):
    """A limit, and the labels of the sessions or claims that it limits."""

    limit: Limit
    labels: pd.Index[int]


def limited(candidates: pd.DataFrame, clinic: Clinic) -> list[Limited]:
    """The limits in force for sessions or claims, each with those whose service counts towards it."""
    columns = ["insurer_id", "policy", "service_date"]
    rows = candidates["insurer_id"].isin({limit.insurer for limit in clinic.limits})
    if not rows.any():
        return []
    own = candidates.loc[rows, [*columns, "service"]]
    policy = own["policy"].where(own["insurer_id"].isin(clinic.limits_by_plan), "")
    by_limit: dict[Limit, list[int]] = {}
    for labels, part in own[columns].assign(policy=policy).groupby(columns, sort=False).groups.items():
        insurer, plan, day = cast(tuple[str, str, pd.Timestamp], labels)
        for limit in clinic.limits_on(insurer, plan, day.date()):
            by_limit.setdefault(limit, []).extend(int(label) for label in part)
    counts = {limit: own.loc[labels, "service"].isin(limit.services) for limit, labels in by_limit.items()}
    return [Limited(limit, rows.index[rows]) for limit, rows in counts.items()]


# What a visit has of its row or claim.
COPIED = ("insurer_id", "service", "policy", "payer_file_number", "accident_date")


def of_claims(claims: pd.DataFrame, firsts: pd.DataFrame) -> pd.DataFrame:
    """The visits of claims (CLAIMS with `claim` and `patient_key`), indexed like them; all are billed already.

    A claim to a second insurer says nothing of an accident: that is as the first insurer's claim, one of `firsts`, has
    it. `visit` is the first claim's number.
    """
    first = claims["claim"].mask(claims["follows"] != "", claims["follows"])
    of_accident = (
        firsts.set_index("claim")[["payer_file_number", "accident_date"]].reindex(first).set_axis(claims.index)
    )
    return claims[list(COPIED)].assign(
        payer_file_number=of_accident["payer_file_number"].fillna("").astype("str"),
        accident_date=of_accident["accident_date"],
        patient=claims["patient_key"],
        date=claims["service_date"],
        visit=first,
        on_ledger=True,
        billed_already=True,
    )


def in_order_of_count(visits: pd.DataFrame) -> pd.DataFrame:
    """The visits of known patients in the order in which they count towards a limit, with their `accident`.

    What an insurer was asked for already comes before what it is asked for now, whatever their dates: it has been
    billed for that many, and pays no more of them.
    """
    visits = visits[visits["patient"] != ""].sort_values("date", kind="stable")
    visits = visits.sort_values("billed_already", ascending=False, kind="stable")
    file_number = visits["payer_file_number"].map(bare)
    visits["accident"] = file_number.mask(file_number == "", day_text(visits["accident_date"]))
    # Where one row of an accident says its day, it is said for all of them.
    earliest = visits.groupby(["patient", "accident"])["accident_date"].transform("min")
    visits["accident_date"] = visits["accident_date"].fillna(earliest.where(visits["accident"] != ""))
    return visits


def counted(limit: Limit, visits: pd.DataFrame) -> pd.DataFrame:
    """The visits that count towards a limit, each with its place in the count (`nth`) and how many are on the ledger.

    A visit of an accident whose day nobody knows counts with all others of it. A visit that two plans of one insurer
    pay for is one.
    """
    counting = visits[(visits["insurer_id"] == limit.insurer) & visits["service"].isin(limit.services)]
    if limit.policy is not None:
        counting = counting[counting["policy"].map(bare) == bare(limit.policy)]
    if limit.per:
        by = [counting["patient"], counting["date"].dt.year]
    else:
        within = counting["date"] <= end_of_weeks(limit, counting)
        counting = counting[within | counting["accident_date"].isna()]
        by = [counting["patient"], counting["accident"]]
    once = ~((counting["visit"] != "") & counting["visit"].duplicated())
    visit = counting["visit"].mask(counting["visit"] == "", counting.index.astype("str").to_series(counting.index))
    return counting.assign(
        nth=once.astype("int64").groupby(by).cumsum().groupby(visit).transform("first"),
        ledger=(once & counting["on_ledger"]).astype("int64").groupby(by).cumsum(),
    )


def end_of_weeks(limit: Limit, visits: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """The last day of the weeks after each visit's accident."""
    return visits["accident_date"] + pd.Timedelta(weeks=limit.weeks_after_accident or 0)


def name_of(limit: Limit, clinic: Clinic) -> str:
    """The insurer of a limit."""
    return clinic.insurer_by_id(limit.insurer).name


def past_limits(
    limits: list[Limited], visits: pd.DataFrame, clinic: Clinic, *, in_part: bool, now: str
) -> pd.Series[str]:
    """The messages about limited sessions or claims past a limit.

    limits: the limits, with the labels of those in question
    visits: all visits that may count, from `in_order_of_count`
    clinic: the clinic's setup
    in_part: True for the limits that the clinic can only count in part, False for those that it can count in full
    now: where the visits that are not on the ledger are, in words
    """
    parts = []
    for limit, labels in limits:
        name, besides = name_of(limit, clinic), f"; {limit.not_counted}" if limit.not_counted else ""
        dated = visits["accident_date"].notna() | (limit.per is not None)
        # Without the accident's day nobody knows what lies within its weeks.
        certain = dated & (not limit.not_counted)
        if limit.visits:
            places = counted(limit, visits)
            over = places[(places["nth"] > limit.visits) & places.index.isin(labels)]
            over = over[certain[over.index] != in_part]
            texts = [
                f"It is visit {nth}, and {name} pays {limit.visits} {limit.what()} "
                f"({ledger} counted on the ledger, {nth - ledger} {now}{besides})."
                for nth, ledger in zip(over["nth"], over["ledger"], strict=True)
            ]
            parts.append(pd.Series(texts, over.index, "str"))
            continue
        own = visits.loc[visits.index.isin(labels)]
        weeks = f"the {limit.weeks_after_accident} weeks that {name} pays for"
        late = own[(own["date"] > end_of_weeks(limit, own)) & (certain[own.index] != in_part)]
        days = (late["date"] - late["accident_date"]).dt.days
        parts.append("It is " + days.astype("str") + f" days after the accident, past {weeks}{besides}.")
        if in_part:
            ahead = own[own["date"] < own["accident_date"]]
            message = f"The accident date is after the visit, so {weeks} could not be counted."
            parts.append(pd.Series(message, index=ahead.index, dtype="str"))
            unknown = own[own["accident_date"].isna()]
            several = counted(limit, visits).loc[unknown.index, "nth"].astype("str")
            parts.append(f"The accident date is missing, so {weeks} could not be counted; it is visit " + several + ".")
    return one_each(parts)
