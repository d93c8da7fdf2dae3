"""What a correct value stands for, by kind of finding: which cell it mends, how it is written, whether it can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import day, is_error, meanings, money, word_of
from ims_billing.vocabulary.fields import FIELDS


def read_value(
    kind: str, value: str, columns: Iterable[str], before: Mapping[Any, Any], clinic: Clinic
) -> dict[str, Any] | str:
    """The cells that a correct value stands for; or why it cannot be one."""
    columns = list(columns)
    if is_error(value):
        return "the correct value is an error of the spreadsheet."
    known = [column for column in columns if column in FIELDS]
    alternatives = kind != "unreadable-cell"
    if not known or (len(columns) > 1 and not alternatives):
        return "it is not one cell that a value could stand for. Mend the file."
    for column in known:
        cells = _cells_of(column, value, clinic)
        if cells is None:
            continue
        treated = clinic.practitioner(before["practitioner"])
        if column == "practitioner" and treated is not None and treated.profession != "physiotherapist":
            return "the row names somebody who is no physiotherapist. Mend it where the session is kept."
        return cells
    return f"the correct value is not {FIELDS[known[-1]][1]}."


def _cells_of(column: str, value: str, clinic: Clinic) -> dict[str, Any] | None:
    """A typed value as the sessions frame holds it; None where it cannot be read for what it should be."""
    if column.endswith("_cents"):
        amount = money(value)
        if amount is None or amount < 0:
            return None
        return {column: amount, "fee_stated": True} if column == "fee_cents" else {column: amount}
    if column.endswith("_date"):
        found = day(value, clinic.block.dates)
        return None if found is None else {column: pd.Timestamp(found.date())}
    words: dict[str, Mapping[str, str]] = {
        name: meanings(getattr(published().layouts.words, name), getattr(clinic.words, name))
        for name in ("status", "visit", "relationship", "billed")
    }
    if column in words:
        meant = words[column].get(word_of(value))
        return None if meant is None else {column: meant == "yes" if column == "billed" else meant}
    named = FIELDS[column][1] != "a name" or any(map(str.isalpha, value))
    return {column: value} if named else None


def put_right(cells: Mapping[str, Any], before: Mapping[Any, Any]) -> str:
    """What stands in place of what; a fee with both, other values without: they could be a patient's."""
    column = next(iter(cells))
    told = f"{FIELDS[column][0]} is corrected"
    if column == "fee_cents":
        was = f"from {before[column] / 100:.2f} " if before["fee_stated"] else ""
        return f"{told} {was}to {cells[column] / 100:.2f}."
    return f"{told}."
