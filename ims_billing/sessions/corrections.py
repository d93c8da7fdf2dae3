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
        moment = day(value, clinic.block.dates, zone=clinic.zone, whole_days=column != "service_date")
        return unfit if moment is None else {column: pd.Timestamp(moment.date())}
    if column in ("start", "end", "minutes"):
        return _time_of(column, value, before) or unfit
    if column in ("status", "visit", "relationship", "billed"):
        meant = meaning_of(value, meanings(getattr(words, column), getattr(clinic.words, column)))
        return unfit if meant in (None, "either") else {column: meant == "yes" if column == "billed" else meant}
    if FIELDS[column][1] == "a name":
        return {column: value} if any(map(str.isalpha, value)) else unfit
    number = identifier(value, nothing, frozenset(map(word_of, words.nothing["beside-a-number"])))
    if not number.text:
        return f"the correct value holds {number.damaged}." if number.damaged else unfit
    return {column: number.text}


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
        was = f"from {before[column] / 100:.2f} " if before["fee_stated"] else ""
        return f"{sentence} {was}to {cells[column] / 100:.2f}."
    return f"{sentence}."
