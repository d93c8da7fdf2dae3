"""Jane's reports for the tests: rows with the headings of the real exports, and the files they make."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
