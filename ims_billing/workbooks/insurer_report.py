"""One insurer's workbook of a batch: what that insurer needs, and nothing of anybody else."""

from __future__ import annotations

import pandas as pd

from ims_billing.model import InsurerView, MonthView
from ims_billing.workbooks.sheet import Block, Book, Column, Value, column_values

# By column, the requirement that asks for it; None: every insurer gets it.
LINES: dict[str, tuple[Column, str | None]] = {
    "claim": (Column("Claim"), None),
    "service_date": (Column("Service date", "date"), None),
    "patient": (Column("Patient"), None),
    "birth_date": (Column("Birth date", "date"), "birth-date"),
    "phn": (Column("PHN", "id"), "phn"),
    "relationship": (Column("Relationship"), "relationship"),
    "insured": (Column("Insured"), "insured"),
    "policy": (Column("Policy", "id"), "policy"),
    "member": (Column("Member ID", "id"), "member"),
    "payer_file_number": (Column("Payer file number", "id"), "payer-file-number"),
    "accident_date": (Column("Accident date", "date"), "accident-date"),
    "practitioner": (Column("Practitioner"), None),
    "registration": (Column("Registration", "id"), None),
    "service_code": (Column("Service code", "id"), None),
    "description": (Column("Description"), None),
    "fee_cents": (Column("Fee", "money"), None),
    "patient_paid_cents": (Column("Patient paid", "money"), None),
    "amount_cents": (Column("Amount claimed", "money"), None),
}


def insurer_report(view: MonthView, insurer: InsurerView) -> bytes:
    """The workbook `insurers/<insurer>-<month>.xlsx`, with that insurer's claims only."""
    claims = view.claims[view.claims["insurer_id"] == insurer.id]
    book = Book(f"{insurer.name}, claims {view.month}", view.clinic, view.as_of)
    facts: list[tuple[str, Value]] = [
        ("Clinic", view.clinic),
        ("Address", view.address),
        ("Phone", view.phone),
        ("Vendor number", insurer.vendor_number),
        ("Insurer", insurer.name),
        ("Channel", insurer.channel),
        ("Month", view.month),
        ("Batch", str(view.batch)),
    ]
    stated = [(label, fact) for label, fact in facts if fact]
    book.page("Summary", f"Claims to {insurer.name}, {view.month}", stated, [_practitioners(view, insurer, claims)])
    lines = {name: column for name, (column, asked) in LINES.items() if asked is None or asked in insurer.asks}
    book.table("Claim lines", list(lines.values()), column_values(claims, list(lines)))
    return book.bytes()


def _practitioners(view: MonthView, insurer: InsurerView, claims: pd.DataFrame) -> Block:
    """Who treated, with the numbers they are known by, and what is claimed for each."""
    rows: list[tuple[Value, ...]] = []
    for practitioner in view.practitioners:
        theirs = claims[claims["practitioner"] == practitioner.name]
        if theirs.empty:
            continue
        amounts = (theirs[name].sum() / 100 for name in ("fee_cents", "patient_paid_cents", "amount_cents"))
        number = practitioner.numbers.get(insurer.id, "")
        registration = practitioner.registration
        rows.append((practitioner.name, practitioner.profession, registration, number, len(theirs), *amounts))
    totals = (claims[name].sum() / 100 for name in ("fee_cents", "patient_paid_cents", "amount_cents"))
    columns = [
        Column("Practitioner"),
        Column("Profession"),
        Column("Registration", "id"),
        Column("Provider number", "id"),
        Column("Claims", "count"),
        Column("Fees", "money"),
        Column("Patient paid", "money"),
        Column("Amount claimed", "money"),
    ]
    return Block("Practitioners and totals", columns, rows, ("Total", "", "", "", len(claims), *totals))
