"""Turns clear sessions into claim lines: the fee in force, the code, the numbers, the amount asked for."""

from __future__ import annotations

from typing import NamedTuple, cast

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.rules_in_words import code_rule, fee_rule, limit_rule, payer_order
from ims_billing.month.windows import window_of
from ims_billing.rules.values import Fee, fee_in_force, has_own_amounts, own_fee_in_force
from ims_billing.vocabulary.frames import CLAIMS, PRICES, as_frame
from ims_billing.vocabulary.grounds import as_json
from ims_billing.vocabulary.spelling import cents, sources


class _Price(NamedTuple):
    """A row of PRICES."""

    listed_cents: int | None
    own_cents: int | None
    rule: int


def prices(sessions: pd.DataFrame, clinic: Clinic) -> pd.DataFrame:
    """Looks up the fees in force for classified sessions on their service dates: PRICES, indexed like them.

    A public payer with amounts of its own that day pays one of those: `listed_cents` is NA if it is not certain which.
    """
    keys = ["service", "visit", "minutes", "insurer_id", "service_date"]
    public = {insurer.id for insurer in clinic.insurers if insurer.public}
    kinds = sessions[keys].drop_duplicates()
    fees: list[_Price] = []
    for service, visit, minutes, insurer, date in kinds.itertuples(index=False, name=None):
        on = cast(pd.Timestamp, date).date()
        length = None if pd.isna(minutes) else int(minutes)
        own = fee_in_force(clinic.fees, service=service, visit=visit, minutes=length, insurer=None, on=on)
        look = own_fee_in_force if insurer in public and has_own_amounts(clinic.fees, insurer, on) else fee_in_force
        listed = look(clinic.fees, service=service, visit=visit, minutes=length, insurer=insurer, on=on)
        rule = -1 if listed is None else clinic.fees.index(listed)
        fees.append(_Price(_cents(listed), _cents(own), rule))
    priced = kinds.assign(
        listed_cents=pd.array([fee.listed_cents for fee in fees], dtype="Int64"),
        own_cents=pd.array([fee.own_cents for fee in fees], dtype="Int64"),
        rule=pd.array([fee.rule for fee in fees], dtype="int64"),
    )
    joined = sessions[keys].merge(priced, on=keys, how="left")
    joined.index = sessions.index
    return as_frame(joined, PRICES)


def _cents(fee: Fee | None) -> int | None:
    return None if fee is None else cents(fee.amount)


def claim_lines(sessions: pd.DataFrame, prices: pd.DataFrame, remarks: pd.Series[str], clinic: Clinic) -> pd.DataFrame:
    """Makes the claims (CLAIMS) of clear sessions, in the order of insurer, date and patient.

    sessions: the columns of JUDGED but `service_code`
    prices: PRICES of these sessions
    remarks: their findings as JSON, by session
    clinic: the clinic's setup

    A public payer is billed its own amount from the fee list, a private plan the whole fee; neither more than the
    row's fee if somebody decided to bill that. The ledger numbers the claims.
    """
    own = clinic.service_code
    public = {insurer.id for insurer in clinic.insurers if insurer.public}
    by_list = sessions["insurer_id"].isin(public) & prices["listed_cents"].notna()
    fee = sessions["fee_cents"]
    amount = fee.mask(by_list, prices["listed_cents"].fillna(0).astype("int64"))
    coded_by = ["insurer_id", "visit", "service_date"]
    kinds = sessions[coded_by].drop_duplicates()
    codes = [
        clinic.insurer_by_id(insurer).code_for(visit, cast(pd.Timestamp, day).date(), own.code)
        for insurer, visit, day in kinds.itertuples(index=False, name=None)
    ]
    code = sessions[coded_by].merge(kinds.assign(code=pd.Series(codes, index=kinds.index, dtype="str")), how="left")
    written = sessions["secondary_insurer"].unique()
    second = {name: insurer.name if (insurer := clinic.insurer(name)) else "" for name in written}
    days = sessions[["insurer_id", "service_date"]].drop_duplicates()
    windows = [
        window_of(clinic.insurer_by_id(insurer), cast(pd.Timestamp, day).date())
        for insurer, day in days.itertuples(index=False, name=None)
    ]
    days["send_by"] = pd.Series([w.last_day if w else None for w in windows], days.index, dtype="datetime64[us]")
    send_by = sessions[["insurer_id", "service_date"]].merge(days, how="left")
    values = {
        "session": sessions.index,
        "session_id": sessions["own_id"],
        # A claim has the names of the clinic setup, however the row spells them.
        "insurer": sessions["insurer_name"],
        "practitioner": sessions["practitioner_name"],
        "practitioner_written": sessions["practitioner"],
        "service_code": code["code"].to_numpy(),
        "description": own.description,
        "amount_cents": amount.where(~(sessions["at_row_fee"] & (fee < amount)), fee),
        "source": sources(sessions),
        "secondary_insurer": sessions["secondary_insurer"].map(second).astype("str"),
        "payer_order": _payer_order(sessions, clinic),
        "remarks": remarks.reindex(sessions.index).fillna("").astype("str"),
        "rules": "",
        "follows": "",
        "first_paid_cents": 0,
        "first_answer": "",
        "send_by": send_by["send_by"].to_numpy(),
    }
    copied = {c.name: sessions[c.name] for c in CLAIMS if c.name not in values}
    lines = pd.DataFrame({**values, **copied, "rule": prices["rule"]}, index=sessions.index)
    order = ["insurer", "service_date", "patient", "start", "practitioner", "fee_cents", "source"]
    lines = lines.sort_values(order, kind="stable", ignore_index=True, key=_as_people_sort)
    lines["rules"] = _rules(lines, clinic)
    return as_frame(lines, CLAIMS)


def _payer_order(sessions: pd.DataFrame, clinic: Clinic) -> pd.Series[str]:
    """The rule of who pays first, as a JSON list, for sessions with a known second insurer; empty for others."""
    order = pd.Series("", index=sessions.index, dtype="str")
    second = sessions.loc[sessions["secondary_insurer"] != "", "secondary_insurer"]
    columns = sessions.loc[second.index, ["insurer_id", "relationship", "service_date"]]
    for label, insurer_id, relationship, day in columns.itertuples(name=None):
        insurer, other = clinic.insurer_by_id(insurer_id), clinic.insurer(second[label])
        if other and (by_rule := payer_order(insurer, other, relationship, day.date())):
            order[label] = as_json([by_rule.ground()])
    return order


def _rules(lines: pd.DataFrame, clinic: Clinic) -> pd.Series[str]:
    """The fee, code and limits that each claim rests on, as a JSON list."""
    by = ["rule", "insurer_id", "policy", "service_date", "service_code", "amount_cents"]
    plans = {limit.insurer for limit in clinic.limits if limit.policy is not None}
    by_claim = lines[by].assign(policy=lines["policy"].where(lines["insurer_id"].isin(plans), ""))
    kinds = by_claim.drop_duplicates()
    grounds = []
    for place, insurer_id, policy, date, code, amount in kinds.itertuples(index=False, name=None):
        day, insurer = cast(pd.Timestamp, date).date(), clinic.insurer_by_id(insurer_id)
        fee = clinic.fees[place] if place >= 0 else None
        rules = [fee_rule(fee, clinic)] if fee is not None and fee.cents == amount else []
        rules.append(code_rule(insurer, code, day))
        rules += [limit_rule(limit, clinic) for limit in clinic.limits_on(insurer_id, policy, day)]
        grounds.append(as_json(rule.ground() for rule in rules))
    texts = kinds.assign(grounds=pd.Series(grounds, index=kinds.index, dtype="str"))
    return by_claim.merge(texts, how="left")["grounds"].set_axis(lines.index).astype("str")


def _as_people_sort(column: pd.Series[str]) -> pd.Series[str]:
    """A sort key that ignores case in names: iA before Manulife before MSP."""
    return column.str.casefold() if column.name in ("insurer", "patient") else column
