"""A first look at a spreadsheet: whether it is an export, by which layout, and in which months its visits lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ims_billing.clinic.clinic import Clinic
from ims_billing.reading.clinic_layouts import layouts
from ims_billing.reading.other_reports import refuse_other_reports
from ims_billing.reading.recognise import recognise_parts
from ims_billing.reading.spreadsheet import AskPassword, open_spreadsheet
from ims_billing.vocabulary.cells import day, day_order
from ims_billing.vocabulary.errors import BillingError

# By which fields a layout says when a visit was, the first that it has.
_DAYS = ("service_date", "start_at", "purchase_date", "start")


@dataclass(frozen=True)
class Glimpse:
    """What a spreadsheet is at first sight: its layout, and its rows by month, the earliest month first."""

    layout: str
    months: Mapping[str, int]


def glimpse(name: str, content: bytes, clinic: Clinic, ask: AskPassword) -> Glimpse | None:
    """A file at first sight; None where it is no export that `claim` could read, or asks for a password."""
    try:
        tables = open_spreadsheet(name, content, ask).tables
        parts = recognise_parts(tables, layouts(clinic), name)
        refuse_other_reports(tables, None if parts[0].missing else parts[0], clinic, name)
    except BillingError:
        return None
    months: Counter[str] = Counter()
    for part in parts:
        column = next((part.columns[field] for field in _DAYS if field in part.columns), None)
        if column is not None:
            cells = part.table.columns[column][part.header + 1 :]
            order = day_order(cells, part.read_by.dates)
            days = (day(cell, order, zone=clinic.zone) for cell in cells)
            months.update(f"{when:%Y-%m}" for when in days if when is not None)
    return Glimpse(parts[0].read_by.id, dict(sorted(months.items())))
