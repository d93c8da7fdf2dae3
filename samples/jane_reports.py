"""The sample month as Jane's reports say it: appointments, sales, clients and policies."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

APPOINTMENTS = (
    "id,location_name,start_at,end_at,patient_guid,patient_number,patient_prefix,patient_first_name,"
    "patient_preferred_name,patient_last_name,treatment_name,staff_member_name,break,insurance_state,state,first_visit,"
    "chart_status,notes_text,booked_at,arrived_at,booked_online,archived_at,no_show_at,cancelled_at,cancelled_reason,"
    "referral_source"
).split(",")
STATES = {
    "Arrived": "arrived",
    "No Show": "no_show",
    "Cancelled": "cancelled",
    "Late Cancel": "cancelled",
    "Booked": "booked",
    "Rescheduled": "rescheduled",
    "Refunded": "arrived",
}
LAST_DAY = dt.date(2026, 10, 28)
Row = dict[str, Any]


def jane_reports(sessions: list[Row]) -> dict[str, bytes]:
    """By file name, the reports that say what the session spreadsheet says, as far as Jane can say it."""
    appointments: list[Row] = []
    sales: list[Row] = []
    clients: dict[str, Row] = {}
    policies: dict[tuple[str, str], Row] = {}
    entered = [row["Session ID"] for row in sessions]
    for row in sessions:
        # What was entered twice has no place in Jane, which numbers each appointment once.
        if not fits_jane(row) or entered.count(row["Session ID"]) > 1:
            continue
        guid = f"guid-{row['Patient ID']}"
        given, family = row["Patient"].split()
        appointments.append(appointment(row))
        clients[guid] = {"patient_guid": guid, "First Name": given, "Last Name": family}
        clients[guid] |= {"Birth Date": row["Birth Date"], "Active": "true"}
        policies[(guid, row["Insurer"])] = policy(row)
        if STATES[row["Status"]] == "arrived":
            own = row["Insurer"] in ("Out of pocket", "Private pay")
            sales.append(sale(row, f"{1001 + len(sales)}-P01", row["Patient"] if own else row["Insurer"]))
    files = {
        "Example_Appointments_20261001_20261031.csv": appointments + appointments_of_strangers(),
        "Sales_20261001_20261031.csv": reissued(sales) + sales_of_strangers(),
        "clients.csv": list(clients.values()),
        "policies.csv": [*policies.values(), *(policy(stranger(n)) for n in range(1, 5))],
    }
    return {name: as_csv(rows) for name, rows in files.items()}


def fits_jane(row: Row) -> bool:
    """Whether Jane's reports of October could say it: they have dates, people, services and amounts, or no row."""
    needed = (row[name] for name in ("Service Date", "Patient", "Practitioner", "Service", "Insurer"))
    day = row["Service Date"]
    plain = isinstance(day, dt.date) and day.month == LAST_DAY.month and isinstance(row["Fee"], float)
    return all(needed) and plain and row["Insurer"] != "#N/A" and row["Status"] in STATES


def appointment(row: Row, **changed: Any) -> Row:
    """A line of the Appointments report; columns that nobody reads are empty."""
    start = dt.datetime.combine(row["Service Date"], row["Start"])
    given, family = row["Patient"].split()
    cells = {
        "id": row["Session ID"][1:],
        "location_name": row["Location"],
        "start_at": f"{start} -0700",
        "end_at": f"{start + dt.timedelta(minutes=row['Minutes'])} -0700",
        "patient_guid": f"guid-{row['Patient ID']}",
        "patient_number": row["Patient ID"],
        "patient_first_name": given,
        "patient_last_name": family,
        "treatment_name": row["Service"],
        "staff_member_name": row["Practitioner"],
        "break": "false",
        "state": STATES[row["Status"]],
        "first_visit": "true" if row.get("Visit") == "Initial" else "false",
        "chart_status": "unsigned" if row["Session ID"].endswith("77") else "signed",
        "notes_text": row.get("Notes"),
    }
    return {name: {**cells, **changed}.get(name) for name in APPOINTMENTS}


def sale(row: Row, invoice: str, payer: str, **changed: Any) -> Row:
    """A line of the Sales report, in the form with the columns of British Columbia's taxes."""
    refunded = row["Status"] == "Refunded"
    paid = bool(row.get("Billed")) or payer == row["Patient"]
    tax = row.get("Tax") or 0.0
    total = f"{row['Fee'] + tax:.2f}"
    return {
        "Location": row["Location"],
        "Purchase Date": row["Service Date"],
        "Invoice Date": row["Service Date"],
        "Patient Guid": f"guid-{row['Patient ID']}",
        "Patient": f"{row['Patient']}*" if refunded else row["Patient"],
        "Item": row["Service"],
        "Staff Member": row["Practitioner"],
        "Payer": payer,
        "Invoice #": invoice,
        "Income Category": "Treatments",
        "Details": None,
        "Status": "refunded" if refunded else "paid" if paid else "unpaid",
        "Subtotal": f"{row['Fee']:.2f}",
        "GST": f"{tax:.2f}",
        "PST": "0.00",
        "Total": total,
        "Collected": total if paid else "0.00",
        "Balance": "0.00" if paid else total,
        **changed,
    }


def policy(row: Row) -> Row:
    """A line of the list of policies."""
    return {
        "Patient Guid": f"guid-{row['Patient ID']}",
        "Insurer": row["Insurer"],
        "Policy #": row.get("Policy Number"),
        "Member ID": row.get("Member ID"),
        "Relationship": row.get("Relationship"),
        "Insured Name": row.get("Insured Name"),
        "Insured Birth Date": row.get("Insured Birth Date"),
        "Claim #": row.get("Payer File Number"),
        "Accident Date": row.get("Accident Date"),
        "PHN": row.get("PHN"),
    }


def reissued(sales: list[Row]) -> list[Row]:
    """Some invoices were edited: a first version with another amount, a credit, then the one that stands."""
    listed = []
    for number, line in enumerate(sales):
        if number % 40 == 7:
            stem = line["Invoice #"].partition("-")[0]
            listed.append({**line, "Subtotal": "60.00", "Total": "60.00"})
            listed.append({**line, "Subtotal": "(60.00)", "Total": "(60.00)", "Invoice #": f"{stem}-C01"})
            listed.append({**line, "Invoice #": f"{stem}-P02"})
        else:
            listed.append(line)
    return listed


def stranger(number: int, **cells: Any) -> Row:
    """A visit of somebody whom only Jane's reports know."""
    row: Row = {
        "Session ID": f"S9{number:04d}",
        "Service Date": LAST_DAY,
        "Start": dt.time(8, 0),
        "Minutes": 30,
        "Patient": f"Number{number} Onlyjane",
        "Patient ID": f"P9{number:03d}",
        "Practitioner": "Ann Example",
        "Service": "IMS Acupuncture - Follow-up 30 min",
        "Visit": "Subsequent",
        "Status": "Arrived",
        "Fee": 95.0,
        "Location": "Saanich",
        "Insurer": "Sun Life",
        "Policy Number": "009000",
        "Member ID": f"0{number}-00",
    }
    return row | cells


def appointments_of_strangers() -> list[Row]:
    """What only two reports can get wrong: a visit without a sale, two that one sale fits; and a break."""
    third = stranger(3, Start=dt.time(15, 0))
    lunch = {"id": "99999", "start_at": f"{LAST_DAY} 12:00:00 -0700", "staff_member_name": "Ann Example"}
    return [
        *(appointment(stranger(number)) for number in (1, 2, 3)),
        appointment(third, id="99993"),
        lunch | {"break": "true", "state": "booked"},
    ]


def sales_of_strangers() -> list[Row]:
    """A sale with another staff member, two that fit either visit, one without a visit, a package, a product."""
    return [
        sale(stranger(2, Practitioner="Ben Sample"), "9002-P01", "Sun Life"),
        sale(stranger(3), "9003-P01", "Sun Life"),
        sale(stranger(3), "9013-P01", "Sun Life"),
        sale(stranger(4), "9004-P01", "Sun Life"),
        sale(
            stranger(5, Service="IMS package of 5", Fee=450.0),
            "9005-P01",
            "Sun Life",
            **{"Income Category": "Packages"},
        ),
        sale(stranger(6, Service="Foam roller", Fee=40.0), "9006-P01", "Sun Life", **{"Income Category": "Products"}),
    ]


def as_csv(rows: list[Row]) -> bytes:
    """The rows as Jane exports them: UTF-8 with a mark."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")
