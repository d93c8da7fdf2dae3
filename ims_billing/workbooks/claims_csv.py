"""All claims of a month as text, for other programs."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pandas as pd

from ims_billing.vocabulary.cells import begins_a_formula
from ims_billing.vocabulary.model import MonthView
from ims_billing.vocabulary.spelling import day_text

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
        return [f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}" for cents in values.tolist()]
    if str(values.dtype).startswith("datetime64"):
        return day_text(values).tolist()
    return [harmless(text) for text in values.astype("str").tolist()]


def harmless(text: str) -> str:
    """A quote before text that a spreadsheet would take for a formula: ``-00`` is a plain number and stays."""
    return f"'{text}" if begins_a_formula(text) and not _PLAIN_NUMBER.fullmatch(text) else text
