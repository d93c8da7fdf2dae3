"""Jane's reports for the tests: rows with the headings of the real exports, and the files they make."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ims_billing.month.prepare import Month
from tests.practice import kinds, outcomes, tag

Rows = list[dict[str, Any]]

APPOINTMENT: dict[str, Any] = dict.fromkeys(
    (
        *("id", "location_name", "start_at", "end_at", "patient_guid", "patient_number", "patient_prefix"),
        *("patient_first_name", "patient_preferred_name", "patient_last_name", "treatment_name", "staff_member_name"),
        *("break", "insurance_state", "state", "first_visit", "chart_status", "notes_text", "booked_at", "arrived_at"),
        *("booked_online", "archived_at", "no_show_at", "cancelled_at", "cancelled_reason", "referral_source"),
    ),
    "",
)
SALE: dict[str, Any] = dict.fromkeys(
    (
        *("Location", "Purchase Date", "Invoice Date", "Patient Guid", "Patient", "Item", "Staff Member", "Payer"),
        *("Invoice #", "Income Category", "Details", "Status", "Subtotal", "Total", "Collected", "Balance"),
    ),
    "",
)


def appointment(**cells: Any) -> dict[str, Any]:
    """An arrived IMS appointment on 7 October 2026 at 9:00, but for these cells."""
    assert cells.keys() <= APPOINTMENT.keys()
    usual = {
        "id": "9001", "start_at": "2026-10-07 09:00:00 -0700", "end_at": "2026-10-07 09:30:00 -0700",
        "patient_guid": "g-1", "patient_first_name": "Pat", "patient_last_name": "Madeup", "treatment_name": "IMS",
        "staff_member_name": "Ann Example", "state": "arrived", "first_visit": "false", "chart_status": "signed",
    }  # fmt: skip
    return {**APPOINTMENT, **usual, **cells}


def sale(**cells: Any) -> dict[str, Any]:
    """The insurer's unpaid line for it, but for these cells; an underscore stands for a space, `Invoice` for its #."""
    changed = {("Invoice #" if name == "Invoice" else name.replace("_", " ")): value for name, value in cells.items()}
    assert changed.keys() <= SALE.keys() | {"GST", "PST"}, changed
    usual = {
        "Purchase Date": "2026-10-07", "Invoice Date": "2026-10-07", "Patient Guid": "g-1", "Patient": "Pat Madeup",
        "Item": "IMS", "Staff Member": "Ann Example", "Payer": "Sun Life", "Invoice #": "1001-P01",
        "Income Category": "Physiotherapy", "Status": "unpaid", "Subtotal": "95.00", "Total": "95.00",
        "Collected": "0.00", "Balance": "95.00",
    }  # fmt: skip
    return {**SALE, **usual, "Total": changed.get("Subtotal", "95.00"), **changed}


def as_csv(folder: Path, name: str, rows: Sequence[dict[str, Any]], headings: Sequence[str]) -> Path:
    """The rows as a CSV file with these headings."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]) if rows else list(headings))
    writer.writeheader()
    writer.writerows(rows)
    path = folder / name
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
    return path


def exports(folder: Path, appointments: Sequence[dict[str, Any]], sales: Sequence[dict[str, Any]]) -> list[Path]:
    """Both reports as files."""
    return [
        as_csv(folder, "Clinic_Appointments_20261001_20261031.csv", appointments, list(APPOINTMENT)),
        as_csv(folder, "Sales_20261001_20261031.csv", sales, list(SALE)),
    ]


def apart(cases: Sequence[tuple[Sequence[dict[str, Any]], Sequence[dict[str, Any]]]]) -> tuple[Rows, Rows]:
    """The appointments and sales of many cases as one pair of reports: each has patients and numbers of its own."""
    appointments, sales = [], []
    for number, (visits, receipts) in enumerate(cases):
        for cells in visits:
            own = {name: f"{cells[name]}{tag(number)}" for name in ("id", "patient_guid") if cells[name]}
            appointments.append({**cells, **own, "patient_last_name": f"{cells['patient_last_name']} {tag(number)}"})
        for cells in receipts:
            own = {"Patient Guid": f"{cells['Patient Guid']}{tag(number)}"} if cells["Patient Guid"] else {}
            own["Invoice #"] = f"{number + 1:03}{cells['Invoice #']}"
            for name in ("Patient", "Payer"):
                own[name] = re.sub(r"Madeup\b", f"Madeup {tag(number)}", cells[name])
            sales.append({**cells, **own})
    return appointments, sales


def by_case(count: int, month: Month) -> list[tuple[list[str], list[str]]]:
    """What became of each session of a case of `apart`, in the order of the reports, and the kinds of the case.

    But for overlaps: all cases are of one hour and one physiotherapist.
    """
    patients = month.sessions["patient"]
    of_sessions = list(zip(patients, outcomes(month), map(partial(kinds, month), month.sessions.index), strict=True))
    shown = []
    for number in range(count):
        own = [(outcome, of_session) for who, outcome, of_session in of_sessions if tag(number) in who]
        shown.append(
            (
                [outcome for outcome, _ in own],
                sorted({kind for _, of_session in own for kind in of_session} - {"overlapping-sessions"}),
            )
        )
    assert sum(len(became) for became, _ in shown) == len(patients), "each session is one case's"
    return shown
