"""Unreadable cells that hold a session, and numbers that do not look like the others of an insurer."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any, Literal, NamedTuple

import pandas as pd

from ims_billing.checks.desk import Desk, cell_holds, check, one_each, say
from ims_billing.clinic.clinic import Clinic
from ims_billing.rules.values import fee_in_force, in_force
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
    """An insurer pays by the visit, and nothing says which; or a row says two visits, or two lengths, with two fees.

    A public payer's amount may go by the visit even where the list has one price. A person who corrected the row has
    decided which visit it was.
    """
    candidates = desk.candidates
    by_code = desk.by_insurer_and_day(lambda insurer, day: insurer.code_by_visit_on(day))
    visit, named, names = candidates["visit"], candidates["named_visit"], candidates["insurer_name"]
    as_exported = pd.Series(~candidates.index.isin(desk.corrected), candidates.index)
    differ = (named != "") & (visit != "") & (visit != named) & as_exported
    if differ.any():
        paid_by_visit = candidates["insurer_id"].isin(desk.clinic.public_ids) & _fee_by(desk, "visit")
        differ &= by_code | paid_by_visit | _has_two_fees(desk, ["named_visit"], _fees_of_visits)
    lengths = as_exported & candidates["minutes"].notna() & _fee_by(desk, "minutes")
    if lengths.any():
        lengths &= _has_two_fees(desk, ["start", "end", "service_name"], _fees_of_lengths)
    lacks = " has a service code for each visit, and the row does not say which visit it was."
    two_visits = " is billed by the visit, and the service name says another one than the column Visit does."
    two_lengths = (
        "The fee goes by the length, and the service name, or the start and end, say another than the minutes."
    )
    parts = [names[by_code & (visit == "")] + lacks, names[differ] + two_visits, say(lengths, two_lengths)]
    return one_each([part.astype("str") for part in parts])


class _Listed(NamedTuple):
    """A candidate with what its listed fee is looked up by."""

    clinic: Clinic
    service: str
    insurer: str
    on: dt.date
    visit: str
    minutes: int | None

    @property
    def fee(self) -> Decimal | None:
        """The listed fee; None where none fits."""
        fee = fee_in_force(
            self.clinic.fees,
            service=self.service,
            visit=self.visit,
            minutes=self.minutes,
            insurer=self.insurer,
            on=self.on,
        )
        return None if fee is None else fee.amount


def _has_two_fees(desk: Desk, columns: list[str], fees: Callable[..., set[Decimal | None]]) -> pd.Series[bool]:
    """True for candidates that what the `columns` say beside the visit and minutes leads to another listed fee."""
    places = ["service", "insurer_id", "service_date", "visit", "minutes"]

    def differ(*cells: Any) -> bool:
        return len(fees(_Listed(desk.clinic, *cells[: len(places)]), *cells[len(places) :]) - {None}) > 1

    answers = of_each(desk.candidates, [*places, *columns], differ)
    return pd.Series(answers, desk.candidates.index, dtype="bool")


def _fees_of_visits(row: _Listed, named: str) -> set[Decimal | None]:
    return {row.fee, row._replace(visit=named).fee}


def _fees_of_lengths(row: _Listed, start: int | None, end: int | None, service_name: str) -> set[Decimal | None]:
    """The fees by the minutes, by the lengths of the fee list that the name says, and by a time shorter than those.

    A longer time is what the appointment book keeps free.
    """
    if row.minutes is None:
        return set()
    lengths = {fee.minutes for fee in in_force(row.clinic.fees, row.on) if fee.service == row.service}
    named = lengths & set(map(int, re.findall(r"(?<![\d$.])\d{1,3}(?![\d.])", service_name)))
    lasted = {row.minutes, *(named if row.minutes not in named else ())}
    if start is not None and end is not None and end - start < row.minutes:
        lasted.add(end - start)
    return {row._replace(minutes=minutes).fee for minutes in lasted}


@cell_holds("accident_date", "payer_file_number")
def accident_is_needed(desk: Desk) -> pd.Series[bool]:
    """True for private plans: they do not pay for an accident, and the cell may be about one."""
    return desk.by_insurer_and_day(lambda insurer, _: not insurer.public)


@cell_holds("relationship", "birth_date", "insured_birth_date", "policy", "member", "phn")
def only_where_required(desk: Desk) -> pd.Series[bool]:
    """True for no session: if an insurer requires the value, a finding such as `missing-policy` holds the session."""
    return pd.Series(False, index=desk.candidates.index, dtype="bool")


cell_holds("insured", "secondary_insurer", "secondary_policy", "secondary_member")(only_where_required)


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
