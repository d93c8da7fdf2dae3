"""What a correct value stands for, by kind of finding: which cell it mends, how it is written, whether it can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ims_billing.cells import day, is_error, meanings, money, word_of
from ims_billing.clinic import Clinic
from ims_billing.findings import CATALOGUE
from ims_billing.rulebook import published

# The column of the sessions that a correct value stands for, by kind; of two, the first that it can be read for.
# What cannot be read (`unreadable-cell`) names its column itself.
CORRECTS: dict[str, tuple[str, ...]] = {
    "unreadable-service-date": ("service_date",),
    "missing-service-date": ("service_date",),
    "unreadable-fee": ("fee_cents",),
    "missing-fee": ("fee_cents",),
    "no-fee-in-force": ("fee_cents",),
    "fee-not-as-listed": ("fee_cents",),
    "unreadable-cell": (),
    "missing-patient": ("patient",),
    "missing-practitioner": ("practitioner",),
    "practitioner-not-on-roster": ("practitioner",),
    "missing-service": ("service_name",),
    "missing-insurer": ("insurer",),
    "insurer-not-known": ("insurer",),
    "missing-policy": ("policy",),
    "missing-member": ("member",),
    "missing-birth-date": ("birth_date",),
    "missing-relationship": ("relationship",),
    "missing-insured": ("insured",),
    "missing-payer-file-number": ("payer_file_number",),
    "missing-accident-date": ("accident_date",),
    "missing-phn": ("phn",),
    "status-not-recognised": ("status",),
    "sale-without-arrival": ("status",),
    "arrival-without-sale": ("fee_cents",),
    "sale-and-arrival-differ": ("fee_cents", "practitioner"),
    "tie-not-certain": ("fee_cents", "insurer"),
}
ABOUT_THE_LIST = ("no-fee-in-force", "fee-not-as-listed")
# What a column is called, and how a value of it is written.
_CALLED: dict[str, tuple[str, str]] = {
    "service_date": ("the service date", "a day such as 2026-10-31"),
    "birth_date": ("the birth date", "a day such as 1980-01-31"),
    "accident_date": ("the accident date", "a day such as 2026-01-31"),
    "fee_cents": ("the fee", "an amount such as 95.00"),
    "patient_paid_cents": ("what the patient paid", "an amount such as 20.00"),
    "tax_cents": ("the tax", "an amount such as 0.00"),
    "status": ("the status", "arrived, no show, cancelled or another word for it"),
    "visit": ("the visit", "initial or subsequent"),
    "relationship": ("the relationship", "self, spouse, child or other"),
    "billed": ("whether it was billed", "yes or no"),
    "patient": ("the patient's name", "a name"),
    "practitioner": ("the practitioner", "a name"),
    "service_name": ("the service", "a name"),
    "insurer": ("the insurer", "a name"),
    "insured": ("the insured's name", "a name"),
    "location": ("the location", "a name"),
    "policy": ("the policy number", "a number"),
    "member": ("the member ID", "a number"),
    "payer_file_number": ("the payer file number", "a number"),
    "phn": ("the Personal Health Number", "a number"),
}


def answers(kind: str) -> str:
    """What counts on a line of this kind, in words for whoever decides."""
    decisions, fields = CATALOGUE[kind].decisions, CORRECTS.get(kind, ())
    ways = ["Bill"] if "bill" in decisions else []
    if "correct" in decisions:
        named = " or ".join(_CALLED[column][0] for column in fields) or "what the cell should say"
        form = f", {_CALLED[fields[0]][1]}," if fields and fields[0].endswith("_date") else ""
        ways.append(f"{named}{form} as correct value")
    also = " A fee that is not on the list needs Bill beside it." if kind in ABOUT_THE_LIST else ""
    return f"You can choose {', '.join([*ways, 'Do not bill'])}, or Later.{also}"


def read_value(
    kind: str, value: str, columns: Iterable[str], before: Mapping[Any, Any], clinic: Clinic
) -> dict[str, Any] | str:
    """The cells that a correct value stands for; or why it cannot be one."""
    columns = list(columns)
    if is_error(value):
        return "the correct value is an error of the spreadsheet."
    known = [column for column in columns if column in _CALLED]
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
    return f"the correct value is not {_CALLED[known[-1]][1]}."


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
    named = _CALLED[column][1] != "a name" or any(map(str.isalpha, value))
    return {column: value} if named else None


def put_right(cells: Mapping[str, Any], before: Mapping[Any, Any]) -> str:
    """What stands in place of what; a fee with both, other values without: they could be a patient's."""
    column = next(iter(cells))
    told = f"{_CALLED[column][0]} is corrected"
    if column == "fee_cents":
        was = f"from {before[column] / 100:.2f} " if before["fee_stated"] else ""
        return f"{told} {was}to {cells[column] / 100:.2f}."
    return f"{told}."
