"""Reads a typed correct value, and puts it in the place of the cell it corrects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import (
    day,
    is_error,
    length,
    meaning_of,
    meanings,
    money,
    says_nothing,
    time,
    word_of,
)
from ims_billing.vocabulary.days import born_on
from ims_billing.vocabulary.fields import FIELDS, OFTEN_LIGHT
from ims_billing.vocabulary.identifiers import identifier


def read_value(
    kind: str, value: str, columns: Iterable[str], before: Mapping[Any, Any], clinic: Clinic
) -> dict[str, Any] | str:
    """Reads a correct value; returns the cells of the session that it replaces, or a message why it cannot.

    kind: the kind of finding that it answers
    value: the value as typed
    columns: the columns that the finding is about
    before: the session's cells
    clinic: the clinic's setup
    """
    columns = list(columns)
    if is_error(value):
        return "the correct value is an error of the spreadsheet."
    if kind == "unreadable-cell":
        # A cell that only warns is no reason to refuse the value of one that holds.
        columns = [column for column in columns if column not in OFTEN_LIGHT] or columns
    usable = [column for column in columns if column in FIELDS]
    if not usable or (len(columns) > 1 and kind == "unreadable-cell"):
        return "it is not one cell that a value could stand for. Fix the file."
    reason = ""
    for column in usable:
        cells = _cells_of(column, value, before, clinic)
        if isinstance(cells, str):
            reason = cells
            continue
        treated = clinic.practitioner(before["practitioner"])
        if column == "practitioner" and treated is not None and treated.profession != "physiotherapist":
            return "the row names somebody who is no physiotherapist. Fix it in your practice software."
        return cells
    return reason


def _cells_of(column: str, value: str, before: Mapping[Any, Any], clinic: Clinic) -> dict[str, Any] | str:
    """Reads a typed value for a column; returns the cells, or a message why it cannot be read."""
    unfit = f"the correct value is not {FIELDS[column][1]}."
    words = published().layouts.words
    nothing = frozenset({"", *map(word_of, words.nothing["nothing"])})
    if column.endswith("_cents"):
        amount = money(value)
        if amount is None or amount < 0:
            return unfit
        return {column: amount, "fee_stated": True} if column == "fee_cents" else {column: amount}
    if says_nothing(value, nothing) and column != "billed":
        return f"the correct value says that there is none: it has to be {FIELDS[column][1]}."
    if column.endswith("_date"):
        of_birth = column.endswith("birth_date")
        moment = day(
            born_on(value) if of_birth else value,
            clinic.block.dates,
            short_years=not of_birth,
            zone=clinic.zone,
            whole_days=column != "service_date",
        )
        return unfit if moment is None else {column: pd.Timestamp(moment.date())}
    if column in ("start", "end", "minutes"):
        return _time_of(column, value, before) or unfit
    if column in ("status", "visit", "relationship", "billed"):
        meant = meaning_of(value, meanings(getattr(words, column), getattr(clinic.words, column)))
        return unfit if meant in (None, "either") else {column: meant == "yes" if column == "billed" else meant}
    if FIELDS[column][1] == "a name":
        if not any(map(str.isalpha, value)):
            return unfit
        return _plan_of(value, before, clinic) if column == "insurer" else {column: value}
    number = identifier(value, nothing, frozenset(map(word_of, words.nothing["beside-a-number"])))
    if not number.text:
        return f"the correct value holds {number.damaged}." if number.damaged else unfit
    return {column: number.text}


def _plan_of(insurer: str, before: Mapping[Any, Any], clinic: Clinic) -> dict[str, Any]:
    """A typed insurer, with the cells of its plan where the row has those of another insurer's.

    Where it is the row's second insurer the two change places; else nothing is known of its plan.
    """
    now, was = clinic.insurer(insurer), clinic.insurer(before["insurer"])
    if now is None or was is None or now.id == was.id:
        return {"insurer": insurer}
    second = clinic.insurer(before["secondary_insurer"])
    unknown = {"relationship": "", "insured": "", "insured_birth_date": pd.NaT}
    if second is None or second.id != now.id:
        return {"insurer": insurer, "policy": "", "member": "", **unknown}
    first = {f"secondary_{column}": before[column] for column in ("insurer", "policy", "member")}
    return (
        {"insurer": insurer, "policy": before["secondary_policy"], "member": before["secondary_member"]}
        | first
        | unknown
    )


def _time_of(column: str, value: str, before: Mapping[Any, Any]) -> dict[str, Any] | None:
    """Reads a typed start, end or length, with the minutes that follow from it; None if it cannot be read."""
    if column == "minutes":
        minutes = length(value)
        return None if minutes is None else {column: minutes}
    at = time(value)
    first, last = (at, before["end"]) if column == "start" else (before["start"], at)
    if at is None or (pd.notna(first) and pd.notna(last) and last <= first):
        return None
    if pd.isna(before["minutes"]) and pd.notna(first) and pd.notna(last):
        return {column: at, "minutes": last - first}
    return {column: at}


def put_right(cells: Mapping[str, Any], before: Mapping[Any, Any]) -> str:
    """Says which field was corrected; only a fee with its values, because others could be a patient's."""
    column = next(iter(cells))
    sentence = f"{FIELDS[column][0]} is corrected"
    if column == "fee_cents":
        fee, was = f"{cells[column] / 100:.2f}", f"{before[column] / 100:.2f}"
        if not before["fee_stated"]:
            return f"{sentence} to {fee}."
        return f"{sentence} from {was} to {fee}." if fee != was else f"{FIELDS[column][0]} of {fee} is right."
    return f"{sentence}."
