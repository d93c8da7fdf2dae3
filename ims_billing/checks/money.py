"""Fees: listed, as listed, and without tax."""

from __future__ import annotations

import pandas as pd

from ims_billing.checks.desk import BILLED_AS_PHYSIOTHERAPY, Desk, check
from ims_billing.model import day_text, dollars


@check("no-fee-in-force")
def no_fee_in_force(desk: Desk) -> pd.Series[str]:
    """The fee list has nothing for this service, visit, length and insurer on that day."""
    candidates = desk.candidates
    rows = _priced(candidates) & desk.prices["listed_cents"].isna()
    rest = candidates[rows]
    visit = rest["visit"].mask(rest["visit"] == "", "visit not said to be initial or subsequent")
    length = (rest["minutes"].astype("string") + " min").fillna("length not said").astype("str")
    day = day_text(rest["service_date"])
    said = "No fee is listed for " + rest["service"] + " on " + day + " (" + visit + ", " + length + ")."
    told: pd.Series[str] = said.astype("str")
    return told


def _priced(candidates: pd.DataFrame) -> pd.Series[bool]:
    """Sessions of which enough is known to look for their fee."""
    return (
        candidates["fee_stated"]
        & (candidates["insurer_id"] != "")
        & candidates["service"].isin(BILLED_AS_PHYSIOTHERAPY)
    )


@check("fee-not-as-listed")
def fee_not_as_listed(desk: Desk) -> pd.Series[str]:
    """The row's fee is not the listed one; for a public payer the clinic's own price will do as well."""
    candidates, prices = desk.candidates, desk.prices
    public = {insurer.id for insurer in desk.clinic.insurers if insurer.public}
    fee = candidates["fee_cents"]
    as_listed = (fee == prices["listed_cents"]) | (candidates["insurer_id"].isin(public) & (fee == prices["own_cents"]))
    rows = _priced(candidates) & prices["listed_cents"].notna() & ~as_listed.fillna(False).astype("bool")
    said = [
        f"The fee is {dollars(found)}, the list says {dollars(listed)}."
        for found, listed in zip(fee[rows], prices["listed_cents"][rows], strict=True)
    ]
    return pd.Series(said, index=candidates.index[rows], dtype="str")


@check("tax-on-session")
def tax_on_session(desk: Desk) -> pd.Series[str]:
    """Tax where physiotherapy has none."""
    tax = desk.candidates["tax_cents"]
    taxed = tax[tax != 0]
    return pd.Series([f"Tax of {dollars(amount)} is charged." for amount in taxed], taxed.index, dtype="str")
