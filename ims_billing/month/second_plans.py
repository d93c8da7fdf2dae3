"""The deadlines and limits of second insurers' plans: which balances they still take, and which have to wait."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import replace

import pandas as pd

from ims_billing.checks.visit_counts import in_order_of_count, limited, of_claims, past_limits
from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.windows import plan_deadline
from ims_billing.month.second_insurer import Balances, Waiting
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.grounds import Remark, as_json, remarks_of
from ims_billing.vocabulary.identity import patient_keys
from ims_billing.vocabulary.rows import rows_of
from ims_billing.vocabulary.spelling import dollars

# How a balance that waits is billed after all. Bill, which is for a session, has no line for it in the claim summary:
# the clinic setup has to say what the plan takes.
_WAY_OUT = {
    "past-claim-deadline": "Ask the plan whether it still takes the claim. If it does, correct its deadline in the "
    "clinic setup, sheet Insurers, and run claim again. If not, bill the patient.",
    "over-insurer-limit": "Bill the patient, or ask the plan for more. If it pays more, correct its limit in the "
    "clinic setup, sheet More (with a policy number: of that plan alone), and run claim again.",
    "insurer-limit-counted-in-part": "Ask the plan how many visits are left. It waits because the clinic setup, "
    "sheet More, puts such claims on hold.",
}


def limited_insurers(balances: Balances, clinic: Clinic) -> list[str]:
    """The ids of the second insurers of the due balances that have a limit."""
    return sorted({limit.insurer for limit in clinic.limits} & {*balances.claims["insurer_id"].tolist()})


def as_plans_allow(
    balances: Balances, claims: pd.DataFrame, clinic: Clinic, as_of: dt.date, in_time: Collection[str] = ()
) -> Balances:
    """Moves the due balances that are past a plan's deadline or limit to `waiting`.

    balances: the balances that are due
    claims: the active claims (ON_LEDGER), of this run too, to `limited_insurers`, and those that the balances follow
    clinic: the clinic's setup
    as_of: the day of the run
    in_time: first claims whose balance was billed in time before

    Where the setup makes such a finding a warning, the claim is made, with a remark.
    """
    balances = _weighed(
        balances, "past-claim-deadline", _past_deadline(balances.claims, clinic, as_of, in_time), clinic
    )
    # Visits that a plan is not asked for any more take no place in its count.
    for kind, in_part in (("over-insurer-limit", False), ("insurer-limit-counted-in-part", True)):
        balances = _weighed(balances, kind, _past_limit(balances.claims, claims, clinic, in_part=in_part), clinic)
    return balances


def _past_deadline(due: pd.DataFrame, clinic: Clinic, as_of: dt.date, in_time: Collection[str]) -> dict[int, str]:
    messages = {}
    for label, (follows, insurer_id, day) in zip(
        due.index, rows_of(due, ["follows", "insurer_id", "service_date"]), strict=True
    ):
        insurer = clinic.insurer_by_id(insurer_id)
        last_day = plan_deadline(insurer, day)
        if last_day is not None and last_day < as_of and follows not in in_time:
            messages[label] = f"{insurer.name} took claims for it until {last_day}, by the clinic setup."
    return messages


def _past_limit(due: pd.DataFrame, claims: pd.DataFrame, clinic: Clinic, *, in_part: bool) -> dict[int, str]:
    limits = limited(due, clinic)
    if not limits:
        return {}
    billed = claims[claims["insurer_id"].isin({limit.insurer for limit, _ in limits})]
    both = pd.concat([due.assign(claim=""), billed.set_axis(-1 - pd.RangeIndex(len(billed)))])
    both = both.assign(patient_key=patient_keys(both))
    visits = of_claims(both, claims)
    now = visits.index >= 0
    visits = in_order_of_count(visits.assign(on_ledger=~now, billed_already=~now))
    messages = past_limits(limits, visits, clinic, in_part=in_part, now="to be billed now")
    return dict(zip(messages.index.tolist(), messages.tolist(), strict=True))


def _weighed(balances: Balances, kind: str, messages: dict[int, str], clinic: Clinic) -> Balances:
    """The balances once a finding about some of them holds those, remarks on them, or is off."""
    severity = clinic.severity_of(kind)
    if severity == "off" or not messages:
        return balances
    due = balances.claims
    if severity == "warn":
        title = CATALOGUE[kind].title
        remarks = due["remarks"].copy()
        for label, message in messages.items():
            remarks[label] = as_json([*remarks_of(remarks[label]), Remark(kind, title, message)])
        return replace(balances, claims=due.assign(remarks=remarks))
    columns = ["follows", "insurer", "amount_cents"]
    cells = due.loc[list(messages), columns]
    waiting = tuple(
        Waiting(claim, insurer, kind, f"{claim}: {dollars(cents)} is left for {insurer}. {message} {_WAY_OUT[kind]}")
        for (claim, insurer, cents), message in zip(rows_of(cells, columns), messages.values(), strict=True)
    )
    left = due.drop(index=list(messages)).reset_index(drop=True)
    return replace(balances, claims=left, waiting=(*balances.waiting, *waiting))
