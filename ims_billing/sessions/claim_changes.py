"""The changes of a session since it was claimed, in words without patients' data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.rules.values import Codes
from ims_billing.vocabulary.grounds import remarks_of
from ims_billing.vocabulary.kinds import DID_NOT_TAKE_PLACE
from ims_billing.vocabulary.rows import of_each
from ims_billing.vocabulary.spelling import bare, day_text, dollars, given_name_first, plain, same_name


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


# The doubts that a service name may have since it is written another way.
_DOUBTS = {
    "ims-or-acupuncture": "the service's name, which says IMS and acupuncture",
    "ims-not-certain": "the service's name, which leaves open whether it was IMS",
    "sale-and-arrival-differ": "the service, which its sale names otherwise",
}


def changes(now: pd.DataFrame, then: pd.DataFrame, clinic: Clinic) -> pd.Series[str]:
    """Describes the changes of each session since it was claimed; empty if there are none.

    `now` are classified sessions and `then` their claims (ON_LEDGER), with the same index, both with `person`. A cell
    that is blank now is no change: another layout may lack the column. What the patient has paid is no change
    either, as it grows after the claim. `now` has `against` and `against_kind`: what else its row says against a
    claim, in words, and the kind of finding that it would make.
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
    for rows, against in _said_against(now, then, clinic):
        add(rows, against)
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


def _said_against(
    now: pd.DataFrame, then: pd.DataFrame, clinic: Clinic
) -> Iterator[tuple[pd.Series[bool], pd.Series[str] | str]]:
    """The sessions that a check would hold for what their rows say by now, and what that is.

    What a check found when the session was claimed was decided then; a claim that was read back tells nothing of it.
    """

    def anew(kind: str, rows: pd.Series[bool]) -> pd.Series[bool]:
        rows = rows & (then["service_name"] != "") & (clinic.severity_of(kind) == "hold")
        if not rows.any():
            return rows
        settled = [kind in {remark.kind for remark in remarks_of(text)} for text in then["remarks"].where(rows, "")]
        return rows & ~np.array(settled, dtype=bool)

    for kind in ("status-not-recognised", "ims-not-certain", "sale-and-arrival-differ"):
        yield anew(kind, now["against_kind"] == kind), now["against"]
    renamed = _differ(now["service_name"], then["service_name"], plain)
    for kind, words in _DOUBTS.items():
        in_doubt = pd.Series([kind in doubt.split() for doubt in now["doubt"]], index=now.index, dtype="bool")
        yield anew(kind, in_doubt & (renamed | (kind == "sale-and-arrival-differ"))), words
    yield (
        anew("ims-not-certain", (now["named_instead"] != "") & renamed),
        "the service's name, which names another practitioner",
    )
    yield anew("tax-on-session", now["tax_cents"] != 0), "the tax"


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
