"""Unreadable cells that hold a session, and numbers that do not look like the others of an insurer."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Literal

import pandas as pd

from ims_billing.checks.desk import Desk, cell_holds, check
from ims_billing.vocabulary.frames import BY_SERVICE_NAME
from ims_billing.vocabulary.identifiers import shape
from ims_billing.vocabulary.rows import of_each, rows_of

# An insurer's numbers have a usual shape from this many alike, and this many for each one that is not.
_ALIKE = 5
_TO_ONE_UNLIKE = 5


def _one_to_one(desk: Desk) -> pd.Series[bool]:
    """Candidates whose insurer pays for one patient at a time."""
    return desk.by_insurer_and_day(lambda insurer, day: insurer.goes_by("one-to-one", day))


def _fee_by(desk: Desk, what: Literal["visit", "minutes"]) -> pd.Series[bool]:
    """True for candidates whose fee that day depends on the visit, or on the minutes."""
    depends = partial(desk.clinic.fee_depends_on, what)
    answers = of_each(desk.candidates, ["service", "insurer_id", "service_date"], depends)
    return pd.Series(answers, index=desk.candidates.index, dtype="bool")


@cell_holds("start")
def start_is_needed(desk: Desk) -> pd.Series[bool]:
    """True where the insurer pays one-to-one, or the fee depends on a length that only the start can give."""
    candidates = desk.candidates
    unknown = candidates["start"].isna()
    return (unknown & _one_to_one(desk)) | (candidates["minutes"].isna() & _fee_by(desk, "minutes"))


@cell_holds("end")
def end_is_needed(desk: Desk) -> pd.Series[bool]:
    """True where only the end can give the length, and one-to-one treatment or a fee depends on it."""
    return desk.candidates["minutes"].isna() & (_one_to_one(desk) | _fee_by(desk, "minutes"))


@cell_holds("minutes")
def minutes_are_needed(desk: Desk) -> pd.Series[bool]:
    """True where a fee depends on the minutes, or one-to-one treatment does and nothing else gives the length."""
    return _fee_by(desk, "minutes") | (desk.candidates["minutes"].isna() & _one_to_one(desk))


@cell_holds("visit")
def visit_is_needed(desk: Desk) -> pd.Series[bool]:
    """True where a fee or a service code depends on the visit, and the service name does not say which it was."""
    by_code = desk.by_insurer_and_day(lambda insurer, day: insurer.code_by_visit_on(day))
    return (by_code | _fee_by(desk, "visit")) & (desk.candidates["visit_evidence"] != BY_SERVICE_NAME)


@check("unreadable-cell")
def visit_is_not_certain(desk: Desk) -> pd.Series[str]:
    """An insurer pays by the visit, and nothing says which visit it was, or the service name says another one.

    A public payer's amount may go by the visit; a private plan is charged the row's fee, which is compared with the
    list. A person who corrected the row has decided which visit it was.
    """
    candidates = desk.candidates
    by_code = desk.by_insurer_and_day(lambda insurer, day: insurer.code_by_visit_on(day))
    visit, named = candidates["visit"], candidates["named_visit"]
    differ = (named != "") & (visit != "") & (visit != named) & ~candidates.index.isin(desk.corrected)
    if differ.any():
        differ &= by_code | (candidates["insurer_id"].isin(desk.clinic.public_ids) & _fee_by(desk, "visit"))
    lacks = " has a service code for each visit, and the row does not say which visit it was."
    contradicts = " pays by the visit, and the service name says another one than the column Visit does."
    names = candidates["insurer_name"]
    return pd.concat([names[by_code & (visit == "")] + lacks, names[differ] + contradicts]).astype("str")


@cell_holds("accident_date", "payer_file_number")
def accident_is_needed(desk: Desk) -> pd.Series[bool]:
    """True for private plans: they do not pay for an accident, and the cell may be about one."""
    return desk.by_insurer_and_day(lambda insurer, _: not insurer.public)


@cell_holds("relationship", "birth_date", "insured_birth_date", "policy", "member", "phn")
def only_where_required(desk: Desk) -> pd.Series[bool]:
    """True for no session: if an insurer requires the value, a finding such as `missing-policy` holds the session."""
    return pd.Series(False, index=desk.candidates.index, dtype="bool")


cell_holds("secondary_policy", "secondary_member")(only_where_required)


@check("number-unlike-others")
def number_unlike_others(desk: Desk) -> pd.Series[str]:
    """A policy number or member ID with another pattern of letters and digits than the others of the insurer."""
    messages: dict[int, list[str]] = {}
    claims = desk.active if desk.numbers is None else desk.numbers
    for column, called in (("policy", "policy number"), ("member", "member ID")):
        by_insurer: dict[str, set[str]] = {}
        for insurer, number in {*rows_of(desk.candidates, ["insurer_id", column])}.union(
            rows_of(claims, ["insurer_id", column])
        ):
            by_insurer.setdefault(insurer, set()).add(number)
        unlike: set[tuple[str, str]] = set()
        for insurer, numbers in by_insurer.items():
            shapes = {number: shape(number) for number in numbers - {""}}
            counts = Counter(shapes.values())
            usual, alike = max(counts.items(), key=lambda each: each[1], default=("", 0))
            others = len(shapes) - alike
            if others and alike >= _ALIKE and alike >= _TO_ONE_UNLIKE * others:
                unlike |= {(insurer, number) for number, own in shapes.items() if own != usual}
        if not unlike:
            continue
        rows = desk.candidates[["insurer_id", "insurer_name", column]]
        for label, insurer, name, number in rows.itertuples(name=None):
            if (insurer, number) in unlike:
                message = f"The {called} does not look like the others that go to {name}."
                messages.setdefault(label, []).append(message)
    return pd.Series({label: " ".join(parts) for label, parts in messages.items()}, dtype="str")
