"""The two choices about a session whose claim changed or was voided, in words and with their amounts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.month.claims import amounts_asked, prices
from ims_billing.month.reasons import reasons_not_to_bill
from ims_billing.sessions.decisions import ABOUT_A_CLAIM
from ims_billing.vocabulary.fields import BILL_REFUSED
from ims_billing.vocabulary.findings import REASONS
from ims_billing.vocabulary.rows import rows_of
from ims_billing.vocabulary.spelling import dollars


def claimed_cents(sessions: pd.DataFrame, claims: pd.DataFrame) -> dict[str, int]:
    """What the claims in question of these sessions (`about_claim`) ask for, in cents, by number.

    claims: ON_LEDGER
    """
    about = claims["claim"].isin(sessions["about_claim"])
    return dict(rows_of(claims[about], ["claim", "amount_cents"]))


def choices_about_claims(
    findings: pd.DataFrame, sessions: pd.DataFrame, clinic: Clinic, as_of: dt.date, claimed: Mapping[str, int]
) -> pd.Series[str]:
    """What Bill and Do not bill do for each finding about a claim, indexed like `findings`; others are left out.

    findings: FINDINGS that hold
    sessions: JUDGED sessions of the run
    claimed: what the claims in question ask for, in cents, by number
    """
    about = findings[findings["kind"].isin(ABOUT_A_CLAIM)]
    if about.empty:
        return pd.Series(dtype="str")
    ours = sessions.loc[about["session"].unique()]
    # Bill does not count for a session that would not be billed as it is now.
    reasons = reasons_not_to_bill(ours, clinic, as_of, month=None)
    certain = ours["fee_stated"] & (ours["insurer_id"] != "") & ours["service_date"].notna()
    amounts = amounts_asked(ours[certain], prices(ours[certain], clinic), clinic)
    texts = [
        _choices(kind, claim, ours.at[label, "about_claim"] == claim != "", reasons[label], amounts.get(label), claimed)
        for label, kind, claim in rows_of(about, ["session", "kind", "claim"])
    ]
    return pd.Series(texts, about.index, dtype="str")


def _choices(
    kind: str, claim: str, is_its_own: bool, reason: str, cents: int | None, claimed: Mapping[str, int]
) -> str:
    """The choices in words; `reason` says why the session is not billed now, `cents` what would be asked for."""
    if not is_its_own:
        first = f"Decide about {claim} first. " if claim else ""
        return f"{first}Do not bill: make no new claim for this session"
    now = "" if cents is None else f" at {dollars(cents)}"
    refused = f"{BILL_REFUSED}: {REASONS[reason]}" if reason else ""
    if kind == "voided":
        return f"{refused or f'Bill: claim it again{now}'}. Do not bill: leave it unclaimed, and close this line"
    then = f" at {dollars(claimed[claim])}"
    if refused:
        return f"{refused}. Do not bill: keep the claim{then}. To take it back, ask for {claim} to be voided"
    return f"Bill: replace the claim{now}. Do not bill: keep it{then}"
