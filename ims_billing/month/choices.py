"""The two choices about a session whose claim changed or was voided, in words and with their amounts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.month.claims import amounts_asked, prices
from ims_billing.month.page import cells_at
from ims_billing.month.reasons import reasons_not_to_bill
from ims_billing.sessions.decisions import ABOUT_A_CLAIM
from ims_billing.vocabulary.findings import REASONS
from ims_billing.vocabulary.model import Memory
from ims_billing.vocabulary.rows import rows_of
from ims_billing.vocabulary.spelling import dollars

_OF_A_CLAIM = ["insurer_id", "insurer", "amount_cents"]
# In place of an amount that nobody can say, as where the insurer is not known.
UNCERTAIN = -1


class AmountAsked(NamedTuple):
    """Whom a claim asks, and for how much in cents."""

    insurer_id: str
    insurer: str
    cents: int


class Choices(NamedTuple):
    """The decisions that a line about a claim takes."""

    ways: str
    """What each of them does, in words."""
    bill_refused: bool
    """True where Bill does not count."""


class InQuestion(NamedTuple):
    """A claim that changed or was voided: what it asks for, and what was paid of it, in cents."""

    claimed: AmountAsked
    paid: int


def claims_in_question(sessions: pd.DataFrame, memory: Memory) -> dict[str, InQuestion]:
    """The claims in question of these sessions (`about_claim`), by number."""
    about = memory.claims["claim"].isin(sessions["about_claim"])
    return {
        claim: InQuestion(AmountAsked(*cells), memory.paid.get(claim, 0))
        for claim, *cells in rows_of(memory.claims[about], ["claim", *_OF_A_CLAIM])
    }


def again_of_one_insurer(sessions: pd.DataFrame, claims: pd.DataFrame) -> pd.Series[bool]:
    """True for sessions that are claimed again from the insurer of the claim that they replace.

    That insurer was asked in time. Another one counts the days to the new claim.

    claims: ON_LEDGER
    """
    insurers = dict(rows_of(claims[claims["claim"].isin(sessions["replaces"])], ["claim", "insurer_id"]))
    before = pd.Series([insurers.get(claim, "") for claim in sessions["replaces"]], sessions.index, dtype="str")
    return (before != "") & (before == sessions["insurer_id"])


def choices_about_claims(
    findings: pd.DataFrame, sessions: pd.DataFrame, clinic: Clinic, as_of: dt.date, claims: Mapping[str, InQuestion]
) -> pd.DataFrame:
    """Says what Bill and Do not bill do for each finding about a claim.

    findings: FINDINGS that hold
    sessions: JUDGED sessions of the run
    claims: the claims in question, by number

    Returns the columns of `Choices`, indexed like `findings`; findings about no claim are left out.
    """
    about = findings[findings["kind"].isin(ABOUT_A_CLAIM)]
    if about.empty:
        return _frame([], about.index)
    ours = sessions.loc[about["session"].unique()]
    # Bill does not count for a session that would not be billed as it is now.
    reasons = reasons_not_to_bill(ours, clinic, as_of, month=None)
    certain = ours["fee_stated"] & (ours["insurer_id"] != "") & ours["service_date"].notna()
    amounts = amounts_asked(ours[certain], prices(ours[certain], clinic), clinic)
    choices = []
    for label, kind, claim in rows_of(about, ["session", "kind", "claim"]):
        session = cells_at(ours, label)
        if session["about_claim"] == claim != "":
            new = AmountAsked(session["insurer_id"], session["insurer_name"], amounts.get(label, UNCERTAIN))
            ways = _ways(kind, claim, reasons[label], new, claims[claim])
            choices.append(Choices(ways, bill_refused=reasons[label] != ""))
        else:
            first = f"Decide about {claim} first. " if claim else ""
            choices.append(Choices(f"{first}Do not bill: make no new claim for this session", bill_refused=True))
    return _frame(choices, about.index)


def _frame(choices: list[Choices], index: pd.Index[int]) -> pd.DataFrame:
    return pd.DataFrame(choices, index, columns=list(Choices._fields)).astype({"ways": "str", "bill_refused": "bool"})


def _ways(kind: str, claim: str, reason: str, new: AmountAsked, in_question: InQuestion) -> str:
    """The choices in words; `reason` says why the session is not billed now.

    `new` is what would be asked for.
    """
    now = f" at {dollars(new.cents)}" if new.cents != UNCERTAIN else ""
    refused = f"Bill does not count: {REASONS[reason].meaning}" if reason else ""
    if in_question.paid > 0:
        now += f"; {in_question.claimed.insurer} has to reverse the {dollars(in_question.paid)} that it paid of {claim}"
    if kind == "voided":
        return f"{refused or f'Bill: claim it again{now}'}. Do not bill: leave it unclaimed, and close this line"
    old = in_question.claimed
    then = f" at {dollars(old.cents)}"
    if refused:
        then += f", of which {dollars(in_question.paid)} was paid" if in_question.paid > 0 else ""
        return f"{refused}. Do not bill: keep the claim{then}. To take it back, ask for {claim} to be voided"
    if new.insurer_id not in ("", old.insurer_id):
        return (
            f"Bill: void the claim to {old.insurer}, and claim {new.insurer}{now}. "
            f"Do not bill: keep the claim to {old.insurer}{then}"
        )
    if new.cents == old.cents:
        return f"Bill: replace the claim by one with what changed{now}. Do not bill: keep the claim as it was sent"
    return f"Bill: replace the claim{now}. Do not bill: keep it{then}"
