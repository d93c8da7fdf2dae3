"""All claims of a month as text, for other programs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pandas as pd

from ims_billing.vocabulary.cells import begins_a_formula
from ims_billing.vocabulary.model import MonthView
from ims_billing.vocabulary.rows import cells_of

_COLUMNS = {
    "claim": "claim",
    "batch": "batch",
    "insurer": "insurer",
    "service_date": "service_date",
    "patient": "patient",
    "policy": "policy",
    "member": "member_id",
    "practitioner": "practitioner",
    "registration": "registration",
    "service": "service",
    "service_code": "service_code",
    "description": "description",
    "fee_cents": "fee",
    "patient_paid_cents": "patient_paid",
    "amount_cents": "amount_claimed",
    "replaces": "replaces",
    "voided_on": "voided",
}


_PLAIN_NUMBER = re.compile(r"-[0-9]+(\.[0-9]+)?")


def claims_csv(view: MonthView) -> bytes:
    """The file `claims-<month>.csv`: UTF-8 with mark, amounts with two decimals, text that never acts.

    `voided` is the day that a claim was voided; `replaces` the voided claim that one stands for.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS.values())
    writer.writerows(zip(*(_cells(name, view.claims[name]) for name in _COLUMNS), strict=True))
    return text.getvalue().encode("utf-8-sig")


def _cells(name: str, values: pd.Series[Any]) -> list[str]:
    if name.endswith("_cents"):
        return _each(values, lambda cents: f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}")
    if str(values.dtype).startswith("datetime64"):
        return _each(values, lambda day: day.isoformat() if day else "")
    return _each(values, lambda value: harmless(str(value)))


def _each(values: pd.Series[Any], written: Callable[[Any], str]) -> list[str]:
    """The cells of a column as they are written: once each, as most columns have few different ones."""
    cells = cells_of(values)
    texts = {cell: written(cell) for cell in dict.fromkeys(cells)}
    return [texts[cell] for cell in cells]


def harmless(text: str) -> str:
    """A quote before text that a spreadsheet would take for a formula: ``-00`` is a plain number and stays."""
    return f"'{text}" if begins_a_formula(text) and not _PLAIN_NUMBER.fullmatch(text) else text
