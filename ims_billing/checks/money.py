"""Fees: whether one is listed, whether the row has it, and tax."""

from __future__ import annotations

import pandas as pd

from ims_billing.checks.desk import BILLED_AS_PHYSIOTHERAPY, Desk, check, of_rows, one_each
from ims_billing.rules.values import has_own_amounts
from ims_billing.vocabulary.kinds import SERVICE_WORDS
from ims_billing.vocabulary.spelling import day_text, dollars


def _public_payer_has_own_amounts(desk: Desk) -> pd.Series[bool]:
    # Without this hold the clinic's private fee would be claimed, which this payer does not pay.
    fees = desk.clinic.fees
    return desk.by_insurer_and_day(lambda insurer, day: insurer.public and has_own_amounts(fees, insurer.id, day))


@check("no-fee-in-force", always_holds=_public_payer_has_own_amounts)
def no_fee_in_force(desk: Desk) -> pd.Series[str]:
    """The fee list has nothing for this service, visit, length and insurer on that day.

    A public payer's amounts may differ by visit or minutes: if the row does not say which it was, no amount is certain.
    """
    candidates = desk.candidates
    rows = _priced(candidates) & desk.prices["listed_cents"].isna()
    if not rows.any():
        return pd.Series(dtype="str")
    rest = candidates[rows]
    visit = rest["visit"].mask(rest["visit"] == "", "visit not stated")
    length = (rest["minutes"].astype("string") + " min").fillna("length not stated").astype("str")
    day = day_text(rest["service_date"])
    public = rest["insurer_id"].isin(desk.clinic.public_ids)
    listed = pd.Series("No fee is listed", rest.index, dtype="str")
    listed = listed.mask(public, rest["insurer_name"] + " pays amounts of its own, and none is listed")
    service = rest["service"].map(SERVICE_WORDS).fillna(rest["service"])
    reasons = listed + " for " + service + " on " + day + " (" + visit + ", " + length + ")."
    texts: pd.Series[str] = reasons.astype("str")
    return texts


def _priced(candidates: pd.DataFrame) -> pd.Series[bool]:
    """True for sessions with all that their fee is looked up by."""
    return (
        candidates["fee_stated"]
        & (candidates["insurer_id"] != "")
        & candidates["service"].isin(BILLED_AS_PHYSIOTHERAPY)
    )


@check("fee-not-as-listed")
def fee_not_as_listed(desk: Desk) -> pd.Series[str]:
    """The row's fee is not the listed one; for a public payer the clinic's own price will do as well."""
    candidates, prices = desk.candidates, desk.prices
    fee = candidates["fee_cents"]
    rows = _priced(candidates) & prices["listed_cents"].notna() & ~desk.once(_as_listed)
    texts = {}
    for label in candidates.index[rows]:
        listed, own = prices["listed_cents"][label], prices["own_cents"][label]
        texts[label] = f"The fee is {dollars(fee[label])}, the list says {dollars(listed)}."
        if candidates["insurer_id"][label] in desk.clinic.public_ids and not pd.isna(own) and own != listed:
            insurer = candidates["insurer_name"][label]
            texts[label] = f"The fee is {dollars(fee[label])}, the list says {dollars(own)}, and "
            texts[label] += f"{dollars(listed)} for {insurer}."
    reasons = pd.Series(texts, dtype="str")
    shared = desk.by_insurer_and_day(lambda insurer, day: insurer.goes_by("no-patient-share", day))
    shared &= candidates["patient_paid_cents"] > 0

    def message(own: pd.DataFrame) -> pd.Series[str]:
        paid = own["insurer_name"] + " pays the whole cost, and the patient has paid "
        return paid + own["patient_paid_cents"].map(dollars).astype("str") + "."

    return one_each([reasons, of_rows(candidates, shared, message)])


def _as_listed(desk: Desk) -> pd.Series[bool]:
    """True for candidates with the listed fee, and for those of a public payer with the clinic's own price."""
    candidates, prices = desk.candidates, desk.prices
    fee = candidates["fee_cents"]
    as_listed = (fee == prices["listed_cents"]) | (
        candidates["insurer_id"].isin(desk.clinic.public_ids) & (fee == prices["own_cents"])
    )
    return as_listed.fillna(False).astype("bool")


@check("fee-varies-by-insurer")
def fee_varies_by_insurer(desk: Desk) -> pd.Series[str]:
    """Private plans are charged different fees for the same visit, among the sessions claimed now.

    Visits are the same if service, visit, minutes and the clinic's own price that day are, so that a new price is no
    difference. The Ontario Chiropractic Association names different rates by coverage as a cause of audits.
    """
    listed = desk.once(_as_listed) | desk.prices["listed_cents"].isna()
    private = ~desk.candidates["insurer_id"].isin(desk.clinic.public_ids) & (desk.candidates["insurer_id"] != "")
    rows = listed & private & (desk.candidates["fee_cents"] > 0)
    if desk.candidates.loc[rows, "fee_cents"].nunique() < 2:
        return pd.Series(dtype="str")
    mine = desk.candidates[rows]
    same = ["service", "visit", "minutes", "own"]
    compared = mine.assign(own=desk.prices.loc[mine.index, "own_cents"])[
        [*same, "insurer_id", "insurer_name", "fee_cents"]
    ]
    by_fee = compared.groupby([*same, "fee_cents"], dropna=False)
    compared["plans"] = by_fee["insurer_id"].transform("nunique")
    compared["visits"] = by_fee["insurer_id"].transform("size")
    # The fee that most plans are charged is the usual one.
    ranked = compared.sort_values(["plans", "visits", "fee_cents"], ascending=[False, False, True], kind="stable")
    compared["usual"] = ranked.groupby(same, dropna=False)["fee_cents"].transform("first")
    others = compared[compared["fee_cents"] != compared["usual"]]
    reasons = [
        f"{insurer} is charged {dollars(fee)}, and other plans {dollars(usual)} for the same visit."
        for insurer, fee, usual in others[["insurer_name", "fee_cents", "usual"]].itertuples(index=False, name=None)
    ]
    return pd.Series(reasons, index=others.index, dtype="str")


@check("tax-on-session")
def tax_on_session(desk: Desk) -> pd.Series[str]:
    """Tax where physiotherapy has none."""
    tax = desk.candidates["tax_cents"]
    taxed = tax[tax != 0]
    return pd.Series([f"Tax of {dollars(amount)} is charged." for amount in taxed], taxed.index, dtype="str")
