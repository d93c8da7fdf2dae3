"""The changes of a session since it was claimed, in words without patients' data."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.rules.values import Codes
from ims_billing.vocabulary.kinds import DID_NOT_TAKE_PLACE
from ims_billing.vocabulary.rows import of_each
from ims_billing.vocabulary.spelling import bare, day_text, dollars, given_name_first, same_name


class _Compared(NamedTuple):
    """A column that matters for a claim: its name in words, and how two of its texts are compared."""

    column: str
    words: str
    read: Callable[[str], str]


_ALWAYS = (
    _Compared("patient", "the patient's name", same_name),
    _Compared("service", "the service", str),
    _Compared("policy", "the policy number", bare),
    _Compared("member", "the member ID", bare),
    _Compared("payer_file_number", "the payer file number", bare),
)
# Compared only for insurers that require it, by requirement.
_WHERE_REQUIRED = {
    "phn": _Compared("phn", "the PHN", bare),
    "relationship": _Compared("relationship", "the relationship", str),
    "insured": _Compared("insured", "the insured's name", given_name_first),
    "birth-date": _Compared("birth_date", "the birth date", str),
    "accident-date": _Compared("accident_date", "the accident date", str),
}


def changes(now: pd.DataFrame, then: pd.DataFrame, clinic: Clinic) -> pd.Series[str]:
    """Describes the changes of each session since it was claimed; empty if there are none.

    `now` are classified sessions and `then` their claims (ON_LEDGER), with the same index, both with `person`. A cell
    that is blank now is no change: another layout may lack the column. What the patient has paid is no change
    either, as it grows after the claim.
    """
    words = pd.Series("", index=now.index, dtype="str")

    def add(rows: pd.Series[bool], text: pd.Series[str] | str) -> None:
        nonlocal words
        if rows.any():
            words = words.mask(rows, (words + ", ").mask(words == "", "") + text).astype("str")

    # What a claim that was read back from its workbook leaves out is not known of it.
    read_back = then["service_name"] == ""

    def add_where_stated(rows: pd.Series[bool], text: str, stated: pd.Series[str]) -> None:
        add(rows & ~(read_back & (stated == "")), text)

    add(now["status"].isin(DID_NOT_TAKE_PLACE), "the visit is marked as " + now["status"])
    was, is_ = day_text(then["service_date"]), day_text(now["service_date"])
    add((is_ != "") & (was != is_), "the service date (" + was + ", now " + is_ + ")")
    for column, text, read in _ALWAYS:
        add_where_stated(_differ(now[column], then[column], read), text, then[column])
    add((now["person"] != "") & (now["person"] != then["person"]), "the practitioner")
    # An insurer that the setup does not name any more is the one that was claimed.
    same_name = np.array([bare(a) == bare(b) for a, b in zip(now["insurer"], then["insurer"], strict=True)], dtype=bool)
    stated = (now["insurer"] != "") & (now["insurer_id"] != then["insurer_id"]) & ~same_name
    add(stated, "the insurer (" + then["insurer"] + ", now " + now["insurer_name"] + ")")
    amounts = [
        f"the fee ({dollars(a)}, now {dollars(b)})" for a, b in zip(then["fee_cents"], now["fee_cents"], strict=True)
    ]
    fees = now["fee_stated"] & (now["fee_cents"] != then["fee_cents"])
    add(fees, pd.Series(amounts, index=now.index, dtype="str"))
    by_visit = [i.id for i in clinic.insurers if any(isinstance(own.code, Codes) for own in i.codes)]
    depends = {what: _fee_depends_on(what, then, clinic) for what in ("visit", "minutes")}
    visit_counts = then["insurer_id"].isin(by_visit) | depends["visit"]
    add(visit_counts & (then["visit"] != "") & _differ(now["visit"], then["visit"], str), "the visit")
    add(depends["minutes"] & (now["minutes"] != then["minutes"]).fillna(False).astype("bool"), "the length")
    for requirement, (column, text, read) in _WHERE_REQUIRED.items():
        # A private plan does not pay for an accident, whether it asks for its day or not.
        requiring = [
            insurer.id
            for insurer in clinic.insurers
            if any(requirement in rule.fields for rule in insurer.requirements)
            or (requirement == "accident-date" and not insurer.public)
        ]
        one, other = (f[column] if f[column].dtype == "str" else day_text(f[column]) for f in (now, then))
        add_where_stated(then["insurer_id"].isin(requiring) & _differ(one, other, read), text, other)
    return words


def _fee_depends_on(what: Literal["visit", "minutes"], claims: pd.DataFrame, clinic: Clinic) -> pd.Series[bool]:
    depends = partial(clinic.fee_depends_on, what)
    answers = of_each(claims, ["service", "insurer_id", "service_date"], depends)
    return pd.Series(answers, index=claims.index, dtype="bool")


def _differ(now: pd.Series[str], then: pd.Series[str], read: Callable[[str], str]) -> pd.Series[bool]:
    """True where a text is stated now and reads otherwise than then; most are the same to the letter."""
    other = (now != "") & (now != then)
    same = [read(a) == read(b) for a, b in zip(now[other], then[other], strict=True)]
    other[other] = ~np.array(same, dtype=bool)
    return other
