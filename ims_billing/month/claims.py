"""Turns clear sessions into claim lines: the fee in force, the code, the numbers, the amount asked for."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.rules_in_words import code_rule, fee_rule, limit_rule, payer_order
from ims_billing.clinic.windows import last_day_of
from ims_billing.rules.values import fee_in_force, has_own_amounts, own_fee_in_force
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.frames import CLAIMS, JUDGED, PRICES, as_frame
from ims_billing.vocabulary.grounds import Remark, as_json
from ims_billing.vocabulary.rows import in_order, of_each, of_each_cell, rows_of
from ims_billing.vocabulary.spelling import sources


class _Price(NamedTuple):
    """A row of PRICES."""

    listed_cents: int | None
    own_cents: int | None
    rule: int


def prices(sessions: pd.DataFrame, clinic: Clinic) -> pd.DataFrame:
    """Looks up the fees in force for classified sessions on their service dates: PRICES, indexed like them.

    A public payer with amounts of its own, that day or before, pays one that is in force: `listed_cents` is NA if it is
    not certain which.
    """

    def price(service: str, visit: str, minutes: int | None, insurer: str, on: dt.date) -> _Price:
        own = fee_in_force(clinic.fees, service=service, visit=visit, minutes=minutes, insurer=None, on=on)
        look = (
            own_fee_in_force
            if insurer in clinic.public_ids and has_own_amounts(clinic.fees, insurer, on)
            else fee_in_force
        )
        listed = look(clinic.fees, service=service, visit=visit, minutes=minutes, insurer=insurer, on=on)
        place = -1 if listed is None else clinic.fees.index(listed)
        return _Price(listed.cents if listed else None, own.cents if own else None, place)

    each = of_each(sessions, ["service", "visit", "minutes", "insurer_id", "service_date"], price)
    return as_frame(each, PRICES, sessions.index)


def amounts_asked(sessions: pd.DataFrame, prices: pd.DataFrame, clinic: Clinic) -> pd.Series[int]:
    """By session, the cents that its insurer is asked for: a public payer its own amount, a private plan the fee.

    prices: PRICES of these sessions
    """
    by_list = sessions["insurer_id"].isin(clinic.public_ids) & prices["listed_cents"].notna()
    return sessions["fee_cents"].mask(by_list, prices["listed_cents"].fillna(0).astype("int64"))


# The columns of the sessions that claims are made of: to copy and sort all others too takes as long again.
MADE_OF = ["own_id", "insurer_name", "practitioner_name", "at_row_fee", "file", "sheet", "row"]
MADE_OF += sorted({c.name for c in CLAIMS} & {c.name for c in JUDGED} - {"service_code"})


def claim_lines(sessions: pd.DataFrame, prices: pd.DataFrame, findings: pd.DataFrame, clinic: Clinic) -> pd.DataFrame:
    """Makes the claims (CLAIMS) of clear sessions, in the order of insurer, date and patient.

    sessions: the columns MADE_OF of JUDGED
    prices: PRICES of these sessions, and of others
    findings: FINDINGS about these sessions, and about others
    clinic: the clinic's setup

    A public payer is billed its own amount from the fee list, a private plan the whole fee; neither more than the
    row's fee if somebody decided to bill that. The ledger numbers the claims.
    """
    sessions = sessions.iloc[_order(sessions)]
    prices = prices.loc[sessions.index]
    own = clinic.service_code
    fee, amount = sessions["fee_cents"], amounts_asked(sessions, prices, clinic)

    def code(insurer: str, visit: str, day: dt.date) -> str:
        return clinic.insurer_by_id(insurer).code_for(visit, day, own.code)

    def last_day(insurer: str, day: dt.date) -> dt.date | None:
        return last_day_of(clinic.insurer_by_id(insurer), day)

    by_day = ["insurer_id", "service_date"]
    written = sessions["secondary_insurer"].unique()
    second = {name: insurer.name if (insurer := clinic.insurer(name)) else "" for name in written}
    values = {
        "session": sessions.index,
        "session_id": sessions["own_id"],
        # A claim has the names of the clinic setup, however the row spells them.
        "insurer": sessions["insurer_name"],
        "practitioner": sessions["practitioner_name"],
        "practitioner_written": sessions["practitioner"],
        "service_code": of_each(sessions, ["insurer_id", "visit", "service_date"], code),
        "description": own.description,
        "amount_cents": amount.where(~(sessions["at_row_fee"] & (fee < amount)), fee),
        "source": sources(sessions),
        "secondary_insurer": sessions["secondary_insurer"].map(second).astype("str"),
        "payer_order": _payer_order(sessions, clinic),
        "remarks": _remarks(findings).reindex(sessions.index).fillna("").astype("str"),
        "rules": "",
        "follows": "",
        "first_paid_cents": 0,
        "first_answer": "",
        "send_by": pd.Series(of_each(sessions, by_day, last_day), sessions.index, dtype="datetime64[us]"),
    }
    copied = {c.name: sessions[c.name] for c in CLAIMS if c.name not in values}
    lines = pd.DataFrame({**values, **copied, "rule": prices["rule"]}, index=sessions.index, copy=False)
    lines = lines.reset_index(drop=True)
    lines["rules"] = _rules(lines, clinic)
    return as_frame(lines, CLAIMS)


def _remarks(findings: pd.DataFrame) -> pd.Series[str]:
    """The findings of each session, as a JSON list."""
    remarks: dict[int, list[tuple[str, str, bool]]] = {}
    for session, kind, message, decided in rows_of(findings, ["session", "kind", "message", "decided"]):
        remarks.setdefault(session, []).append((kind, message, decided))

    def text(several: tuple[tuple[str, str, bool], ...]) -> str:
        return as_json(
            Remark(kind, CATALOGUE[kind].title, " ".join(message.split()), decided)
            for kind, message, decided in several
        )

    # Many sessions have the same ones.
    return pd.Series(of_each_cell(list(map(tuple, remarks.values())), text), index=list(remarks), dtype="str")


def _order(sessions: pd.DataFrame) -> list[int]:
    """The positions of the sessions in the order of their claims, as people sort names: iA before Manulife before MSP.

    The lines are made in this order: to sort a million of them afterwards takes as much memory again.
    """
    by = ["insurer_name", "service_date", "patient", "start", "practitioner_name", "fee_cents"]
    keys = [
        (insurer.casefold(), day, patient.casefold(), start is None, start or 0, *rest, source)
        for (insurer, day, patient, start, *rest), source in zip(
            rows_of(sessions, by), sources(sessions).tolist(), strict=True
        )
    ]
    return in_order(keys)


def _payer_order(sessions: pd.DataFrame, clinic: Clinic) -> pd.Series[str]:
    """The rule of who pays first, as a JSON list, for sessions with a known second insurer; empty for others."""
    order = pd.Series("", index=sessions.index, dtype="str")
    second = sessions.loc[sessions["secondary_insurer"] != "", "secondary_insurer"]
    if second.empty:
        return order
    columns = sessions.loc[second.index, ["insurer_id", "relationship", "service_date"]]
    for label, insurer_id, relationship, day in columns.itertuples(name=None):
        insurer, other = clinic.insurer_by_id(insurer_id), clinic.insurer(second[label])
        if other and (by_rule := payer_order(insurer, other, relationship, day.date())):
            order[label] = as_json([by_rule.ground()])
    return order


def _rules(lines: pd.DataFrame, clinic: Clinic) -> pd.Series[str]:
    """The fee, code and limits that each claim rests on, as a JSON list."""
    by = ["rule", "insurer_id", "policy", "service_date", "service_code", "amount_cents"]
    by_claim = lines[by].assign(policy=lines["policy"].where(lines["insurer_id"].isin(clinic.limits_by_plan), ""))

    def grounds(place: int, insurer_id: str, policy: str, day: dt.date, code: str, amount: int) -> str:
        fee = clinic.fees[place] if place >= 0 else None
        rules = [fee_rule(fee, clinic)] if fee is not None and fee.cents == amount else []
        rules.append(code_rule(clinic.insurer_by_id(insurer_id), code, day))
        rules += [limit_rule(limit, clinic) for limit in clinic.limits_on(insurer_id, policy, day)]
        return as_json(rule.ground() for rule in rules)

    return pd.Series(of_each(by_claim, by, grounds), index=lines.index, dtype="str")
