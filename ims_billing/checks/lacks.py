"""Missing or impossible cells without which a session cannot be identified or claimed."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import pandas as pd

from ims_billing.checks.desk import Check, Desk, check, say
from ims_billing.clinic.clinic import Clinic
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import word_of
from ims_billing.vocabulary.rows import of_each
from ims_billing.vocabulary.spelling import bare, dollars, name_words


def _missing(column: str, message: str) -> Check:
    def look(desk: Desk) -> pd.Series[str]:
        return say((desk.candidates[column] == "") & desk.readable(column), message)

    return look


for _kind, _column, _message in (
    ("missing-practitioner", "practitioner", "The practitioner is missing."),
    ("missing-service", "service_name", "The service is missing."),
    ("missing-insurer", "insurer", "The insurer is missing."),
):
    check(_kind)(_missing(_column, _message))


@check("missing-patient")
def missing_patient(desk: Desk) -> pd.Series[str]:
    """The patient's cell is empty, holds no letter of a name, or names nobody: Lunch, Test Patient, Sun Life."""
    patient = desk.candidates["patient"]
    nobody = {*map(word_of, ("", desk.clinic.block.name, *published().layouts.words.nothing["patient"]))}

    def names_nobody(name: str) -> bool:
        is_payer = bare(name) in desk.clinic.self_pay or desk.clinic.insurer(name) is not None
        return is_payer or word_of(name) in nobody

    unnamed = patient.isin([name for name in patient.unique() if names_nobody(name)])
    unnamed |= desk.patient[desk.candidates.index] == ""
    return say(unnamed & desk.readable("patient"), "The patient's name is missing.")


@check("unreadable-fee")
def negative_fee(desk: Desk) -> pd.Series[str]:
    """A fee below zero is a refund, and no claim."""
    fee = desk.candidates["fee_cents"]
    below = fee[fee < 0]
    return pd.Series([f"The fee is {dollars(amount)}: nothing can be claimed." for amount in below], below.index, "str")


@check("missing-fee")
def missing_fee(desk: Desk) -> pd.Series[str]:
    """The fee cell is empty."""
    return say(~desk.candidates["fee_stated"] & desk.readable("fee_cents"), "The fee is missing.")


@check("phn-check-digit")
def phn_check_digit(desk: Desk) -> pd.Series[str]:
    """A Personal Health Number that is not ten digits from 9 with its check digit (python-stdnum, stdnum.ca.bc_phn)."""
    phn = desk.candidates["phn"]
    texts = {number: _wrong_with(number) for number in phn.unique()}
    reasons = phn.map(texts).astype("str")
    return reasons[reasons != ""]


def _wrong_with(phn: str) -> str:
    """Says what is wrong with a Personal Health Number; empty if it is valid or absent."""
    if not phn:
        return ""
    from stdnum.ca import bc_phn

    digits = bc_phn.compact(phn)
    if not digits or bc_phn.is_valid(phn):
        return ""
    if len(digits) != 10 or not digits.isdigit() or digits[0] != "9":
        return "The Personal Health Number is not ten digits of which the first is a 9."
    return "The check digit of the Personal Health Number is not the one that its other digits give."


@check("birth-date-in-future")
def birth_date_in_future(desk: Desk) -> pd.Series[str]:
    """The patient is not born yet on the day of the visit."""
    unborn = desk.candidates["birth_date"] > desk.candidates["service_date"]
    return say(unborn, "The patient's birth date is after the visit.")


@check("chart-not-signed")
def chart_not_signed(desk: Desk) -> pd.Series[str]:
    """The practice system says that the chart of the visit is not signed."""
    return say(desk.candidates["chart"] == "unsigned", "The chart of the visit is not signed.")


def _required(requirement: str, absent: Callable[[pd.DataFrame], pd.Series[bool]], what: str) -> Check:
    """Makes the check for a requirement: the insurer requires `what`, and `absent` is True for the row."""
    that_can = " that can be read" if requirement.endswith("date") else ""

    def look(desk: Desk) -> pd.Series[str]:
        lacking = _requires(desk, requirement) & absent(desk.candidates)
        if not lacking.any():
            return pd.Series(dtype="str")
        names = desk.candidates.loc[lacking, "insurer_name"]
        # A person decides by the message, so it also quotes the fault of the cell.
        cells = desk.bad_cells[desk.bad_cells["column"] == requirement.replace("-", "_")]
        cells = cells[cells["kind"] != f"missing-{requirement}"]
        instead = (" " + cells.groupby("session")["message"].first()).reindex(names.index).fillna("")
        return (names + f" requires {what}, and the row has none{that_can}." + instead).astype("str")

    return look


for _kind, _absent, _what in (
    ("policy", lambda c: c["policy"] == "", "a policy number"),
    ("member", lambda c: c["member"] == "", "a member ID"),
    ("birth-date", lambda c: c["birth_date"].isna(), "the patient's birth date"),
    ("payer-file-number", lambda c: c["payer_file_number"] == "", "its file number of the accident"),
    ("phn", lambda c: c["phn"] == "", "the Personal Health Number"),
):
    check(f"missing-{_kind}")(_required(_kind, _absent, _what))

_no_relationship = _required("relationship", lambda c: c["relationship"] == "", "the relationship to the insured")
_no_insured = _required("insured", lambda c: (c["insured"] == "") & (c["relationship"] != "self"), "the insured's name")


@check("missing-relationship")
def missing_relationship(desk: Desk) -> pd.Series[str]:
    """A required relationship that is missing, or one of the patient's own policy beside somebody else's name."""
    own = desk.candidates["relationship"] == "self"
    words = " requires the relationship to the insured; the row says self, and the insured is somebody else."
    asked_for = own & _requires(desk, "relationship")
    differ = _by_insured(desk, asked_for, lambda i: i.is_a_name and not i.shares_a_word)
    return pd.concat([_no_relationship(desk), desk.candidates.loc[differ, "insurer_name"] + words]).astype("str")


@check("missing-insured")
def missing_insured(desk: Desk) -> pd.Series[str]:
    """A required name of the insured that is missing, is no name, or is the patient's own beside another's policy."""
    another = desk.candidates["relationship"].isin(("spouse", "child", "other")) & _requires(desk, "insured")
    not_own = _by_insured(desk, another, lambda i: i.is_a_name and i.is_the_patients)
    named = (desk.candidates["relationship"] != "self") & (desk.candidates["insured"] != "")
    no_name = _by_insured(desk, named & _requires(desk, "insured"), lambda i: not i.is_a_name)
    # Two people of one name are told apart by the day on which each was born.
    born, insured = desk.candidates["birth_date"], desk.candidates["insured_birth_date"]
    not_own &= insured.isna() | born.isna() | (born == insured)
    names, words = desk.candidates["insurer_name"], " requires the insured's name, and "
    parts = [
        _no_insured(desk),
        names[no_name] + words + "what the row has is no person's name.",
        names[not_own] + words + "the row has the patient's own, who is not the insured.",
    ]
    return pd.concat(parts).astype("str")


class _Insured(NamedTuple):
    """The insured's name beside the patient's, and whether it can be a person's name."""

    written: str
    patient: str
    is_a_name: bool

    @property
    def is_the_patients(self) -> bool:
        """Whether it is the patient's own name, whatever its typography."""
        return {*name_words(self.written)} == {*name_words(self.patient)}

    @property
    def shares_a_word(self) -> bool:
        """Whether it has a word of the patient's name: a maiden name or a nickname is still the patient's."""
        return not {*name_words(self.written)}.isdisjoint(name_words(self.patient))


def _by_insured(desk: Desk, among: pd.Series[bool], says: Callable[[_Insured], bool]) -> pd.Series[bool]:
    """What `says` answers about the insured of each of these candidates; of the others it is False."""
    own = desk.candidates[among]

    def answer(written: str, patient: str) -> bool:
        return says(_Insured(written, patient, _is_a_name(written, desk.clinic)))

    answers = pd.Series(of_each(own, ["insured", "patient"], answer), own.index, dtype="bool")
    return answers.reindex(desk.candidates.index, fill_value=False)


def _is_a_name(written: str, clinic: Clinic) -> bool:
    """Whether a text can be a person's name: it is no insurer's, and no part of it says in other words who is meant.

    A relationship, a place to look or a word such as "deceased" stands for nobody; beside other words it may be a
    surname: Parent, See.
    """
    parts = [part for part in re.split(r"[()\[\]]", written) if any(map(str.isalpha, part))]
    named = clinic.insurer(written) is not None or clinic.pays_self(written)
    return bool(parts) and not named and not any(_for_nobody().issuperset(word_of(part).split()) for part in parts)


@cache
def _for_nobody() -> frozenset[str]:
    """The words in an insured's cell that stand for nobody."""
    words = published().layouts.words
    phrases = {*words.nothing["in-place-of-a-name"]}.union(*words.relationship.values())
    return frozenset(part for phrase in phrases for part in word_of(phrase).split())


def _requires(desk: Desk, requirement: str) -> pd.Series[bool]:
    """True for candidates whose insurer requires it on the day of the visit."""
    return desk.by_insurer_and_day(lambda insurer, day: requirement in (insurer.requires_on(day) or ()))


_no_accident_date = _required("accident-date", lambda c: c["accident_date"].isna(), "the day of the accident")


@check("missing-accident-date")
def missing_accident_date(desk: Desk) -> pd.Series[str]:
    """A required accident date that is missing, or one that no payer of accidents can mean: it is after the visit."""
    candidates = desk.candidates
    after = candidates["accident_date"] > candidates["service_date"]
    after &= desk.by_insurer_and_day(lambda insurer, _: insurer.public)
    impossible = say(after, "The day of the accident is after the visit.")
    return pd.concat([_no_accident_date(desk), impossible]).astype("str")
