"""Limits and deadlines: how many visits an insurer pays, and until when it takes claims."""

from __future__ import annotations

import datetime as dt
from typing import cast

import pandas as pd

from ims_billing.checks.desk import BILLED_AS_PHYSIOTHERAPY, Desk, check, of_rows, one_each, say
from ims_billing.checks.visit_counts import (
    COPIED,
    Limited,
    counted,
    end_of_weeks,
    in_order_of_count,
    limited,
    name_of,
    of_claims,
    past_limits,
)
from ims_billing.clinic.clinic import Insurer
from ims_billing.clinic.windows import channel_window, plan_deadline
from ims_billing.rules.published import published
from ims_billing.rules.values import SubmissionWindow
from ims_billing.vocabulary.deadlines import CLOSING_WITHIN
from ims_billing.vocabulary.rows import of_each
from ims_billing.vocabulary.spelling import day_text

# The warning comes this many visits before a limit: our choice, no rule.
_LAST_VISITS = 2


def _limited(desk: Desk) -> list[Limited]:
    return limited(desk.candidates, desk.clinic)


def _visits(desk: Desk) -> pd.DataFrame:
    """The visits that can count towards a limit, each once: from the files, the claims and the ledger's lists.

    Those of `in_order_of_count`. Sessions in the files keep their label, the rest stand below 0.
    """
    insurers = {limit.insurer for limit in desk.clinic.limits}
    sessions = desk.sessions[desk.took_place & ~desk.has_claim & desk.sessions["insurer_id"].isin(insurers)]
    sessions = sessions[~sessions["fee_stated"] | (sessions["fee_cents"] != 0)]
    sessions = sessions[~desk.group[sessions.index].duplicated()]
    # A session that may be the correction of a claimed one is counted as that claim.
    sessions = sessions[desk.states.loc[sessions.index, "resembles"] == ""]
    claims = pd.concat([desk.active, desk.seconds], ignore_index=True)
    lists = desk.unclaimed[desk.unclaimed["insurer_id"].isin(insurers)]
    in_files = sessions[list(COPIED)].assign(
        patient=desk.patient[sessions.index],
        date=sessions["service_date"],
        visit="",
        on_ledger=False,
        # Whoever billed it, the insurer has been asked.
        billed_already=sessions["insurer_paid"] | sessions["billed"],
    )
    beside = pd.DataFrame(
        {
            "patient": lists["patient_key"],
            "date": lists["service_date"],
            "insurer_id": lists["insurer_id"],
            "service": lists["service"],
            "policy": "",
            "payer_file_number": "",
            "accident_date": pd.Series(pd.NaT, index=lists.index, dtype="datetime64[us]"),
            "visit": "",
            "on_ledger": True,
            "billed_already": lists["billed_already"],
        }
    )
    claimed = of_claims(claims[claims["insurer_id"].isin(insurers)], desk.active)
    rest = pd.concat([claimed, beside], ignore_index=True)
    return in_order_of_count(pd.concat([in_files, rest.set_axis(-1 - rest.index)]))


def _over(desk: Desk, *, in_part: bool) -> pd.Series[str]:
    """The messages about candidates past a limit: see `past_limits`."""
    if not (limits := desk.once(_limited)):
        return pd.Series(dtype="str")
    return past_limits(limits, desk.once(_visits), desk.clinic, in_part=in_part, now="in these files")


@check("over-insurer-limit")
def over_insurer_limit(desk: Desk) -> pd.Series[str]:
    """The visit is past a limit of the clinic file, or of the clinic's own list of policies."""
    listed = desk.once(_by_policy_list)

    def message(over: pd.DataFrame) -> pd.Series[str]:
        reasons = "It is visit " + over["nth"].astype("str") + ", and the plan pays " + over["allowed"].astype("str")
        return reasons + ", by the clinic's list of policies."

    by_list = of_rows(listed, listed["nth"] > listed["allowed"], message)
    return one_each([_over(desk, in_part=False), by_list])


@check("insurer-limit-counted-in-part")
def insurer_limit_counted_in_part(desk: Desk) -> pd.Series[str]:
    """The visit is past a limit as far as the clinic can count: other clinics' visits, for one, are not known."""
    return _over(desk, in_part=True)


@check("near-insurer-limit")
def near_insurer_limit(desk: Desk) -> pd.Series[str]:
    """The visit is one of the last that the insurer pays, or in the last days of the weeks that it pays."""
    parts = []
    for limit, labels in desk.once(_limited):
        visits, name = desk.once(_visits), name_of(limit, desk.clinic)
        if limit.visits:
            places = counted(limit, visits)
            last = places["nth"].between(limit.visits - _LAST_VISITS + 1, limit.visits) & places.index.isin(labels)
            reasons = "It is visit " + places.loc[last, "nth"].astype("str")
            parts.append((reasons + f" of the {limit.visits} {limit.what()} that {name} pays.").astype("str"))
        else:
            own = visits.loc[visits.index.isin(labels)]
            end = end_of_weeks(limit, own)
            last = (own["date"] <= end) & (end - own["date"] < pd.Timedelta(days=CLOSING_WITHIN))
            weeks = f"The {limit.weeks_after_accident} weeks after the accident that {name} pays for end on "
            parts.append((weeks + day_text(end[last]) + ".").astype("str"))
    listed = desk.once(_by_policy_list)

    def message(near: pd.DataFrame) -> pd.Series[str]:
        reasons = "It is visit " + near["nth"].astype("str") + " of the " + near["allowed"].astype("str")
        return reasons + " that the plan pays, by the clinic's list of policies."

    last = (listed["nth"] <= listed["allowed"]) & (listed["nth"] > listed["allowed"] - _LAST_VISITS)
    return one_each([*parts, of_rows(listed, last, message)])


def _by_policy_list(desk: Desk) -> pd.DataFrame:
    """The candidates of plans that the clinic's list counts: `nth` is their place in the count, of `allowed` visits.

    The list counts the visits up to the day it was made, so the last visit in the files is its last one, if not more.
    """
    sessions = desk.sessions
    counted = sessions["visits_used"].notna() & sessions["visits_allowed"].notna() & desk.took_place
    columns = ["service_date", "insurer_id", "service", "profession", "fee_stated", "fee_cents"]
    if not counted.any():
        return pd.DataFrame({"nth": [], "allowed": []}, dtype="Int64")
    listed = sessions.loc[counted, [*columns, "visits_used", "visits_allowed"]]
    listed = listed[~desk.group[listed.index].duplicated() & (desk.patient[listed.index] != "")]
    listed = listed[~listed["fee_stated"] | (listed["fee_cents"] != 0)]
    listed = listed[listed["profession"].isin(("physiotherapist", ""))]
    listed = listed[listed["service"].isin(BILLED_AS_PHYSIOTHERAPY)].sort_values("service_date", kind="stable")
    by = [desk.patient[listed.index], listed["insurer_id"]]
    after = listed.groupby(by).cumcount(ascending=False)
    nth = (listed["visits_used"] - after).clip(lower=1).astype("Int64")
    places = pd.DataFrame({"nth": nth, "allowed": listed["visits_allowed"]})
    return places[places.index.isin(desk.candidates.index)]


@check("past-claim-deadline")
def past_claim_deadline(desk: Desk) -> pd.Series[str]:
    """The plan takes no claims for it any more, by the clinic setup."""
    deadlines = desk.once(_deadlines)
    return of_rows(deadlines, deadlines["days_left"] < 0, lambda past: _until(past, "took"))


@check("near-claim-deadline")
def near_claim_deadline(desk: Desk) -> pd.Series[str]:
    """The plan takes claims for it for a few more days only."""
    deadlines = desk.once(_deadlines)
    near = deadlines["days_left"].between(0, CLOSING_WITHIN)
    return of_rows(deadlines, near, lambda soon: _until(soon, "takes"))


def _until(deadlines: pd.DataFrame, takes: str) -> pd.Series[str]:
    until = f" {takes} claims for it until " + day_text(deadlines["last_day"])
    texts: pd.Series[str] = deadlines["insurer_name"] + until + ", by the clinic setup."
    return texts


def _deadlines(desk: Desk) -> pd.DataFrame:
    """The candidates whose insurer has a deadline: `insurer_name`, `last_day` and `days_left`, below zero if past."""
    within = {insurer.id: insurer for insurer in desk.clinic.insurers if insurer.claim_within_days}
    if not within:
        return pd.DataFrame({"days_left": []}, dtype="int64")
    rows = desk.candidates["insurer_id"].isin(within) & ~desk.in_time[desk.candidates.index]
    own = desk.candidates.loc[rows, ["insurer_id", "insurer_name", "service_date"]]
    days = of_each(own, ["insurer_id", "service_date"], lambda insurer, day: plan_deadline(within[insurer], day))
    last_day = pd.Series(days, index=own.index, dtype="datetime64[us]")
    days_left = (last_day - pd.Timestamp(desk.as_of)).dt.days
    return pd.DataFrame({"insurer_name": own["insurer_name"], "last_day": last_day, "days_left": days_left})


@check("past-submission-window")
def past_submission_window(desk: Desk) -> pd.Series[str]:
    """The only channel of the insurer takes no claims for it any more."""
    parts = []
    for window in published().limits.submission_window:

        def late(insurer: Insurer, day: dt.date, window: SubmissionWindow = window) -> bool:
            return (desk.as_of - day).days > window.days and channel_window(insurer, day) == window

        rows = desk.by_insurer_and_day(late) & ~desk.in_time[desk.candidates.index]
        reasons = f"{window.channel} takes claims up to {window.days} days after the visit: now {window.after}."
        parts.append(say(rows, reasons))
    return one_each(parts)


@check("rule-not-verified")
def rule_not_verified(desk: Desk) -> pd.Series[str]:
    """Only a secondary source states a fee or a limit, or a public payer's amount is in no list."""
    clinic, prices = desk.clinic, desk.prices
    public = {insurer: clinic.insurer_by_id(insurer).name for insurer in clinic.public_ids}
    parts = []
    for place, rows in prices.groupby("rule"):
        fee = clinic.fees[int(cast(int, place))] if cast(int, place) >= 0 else None
        if fee is not None and not fee.verified:
            reasons = f"The fee is known only from a secondary source: {fee.source}."
            parts.append(pd.Series(reasons, index=rows.index, dtype="str"))
        elif fee is not None and fee.insurer is None:
            payers = desk.candidates.loc[rows.index, "insurer_id"].map(public).dropna()
            reasons = " pays amounts of its own, and none is listed for that day: the clinic's own fee is claimed."
            parts.append((payers + reasons).astype("str"))
    for limit, labels in desk.once(_limited):
        if not limit.verified:
            reasons = f"{name_of(limit, desk.clinic)}'s limit of {limit.value()} {limit.what()} is known only from a "
            parts.append(pd.Series(f"{reasons}secondary source: {limit.source}.", index=labels, dtype="str"))
    return one_each(parts)
