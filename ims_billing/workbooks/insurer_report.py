"""One insurer's workbook of a batch: what that insurer needs, and nothing of anybody else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from ims_billing.vocabulary.model import Batch, InsurerView, Lasting, MonthView, Origin
from ims_billing.vocabulary.rows import in_order, rows_of
from ims_billing.vocabulary.spelling import counted
from ims_billing.workbooks.book import Book
from ims_billing.workbooks.figures import dollars_by, dollars_of
from ims_billing.workbooks.frame_cells import column_cells, column_values
from ims_billing.workbooks.late import another_way, late
from ims_billing.workbooks.package import Value
from ims_billing.workbooks.parts import Block, Column
from ims_billing.workbooks.table import Table

# By column, the requirement that asks for it; None: every insurer gets it.
LINES: dict[str, tuple[Column, str | None]] = {
    "claim": (Column("Claim"), None),
    "service_date": (Column("Service date", "date"), None),
    "visit": (Column("Visit"), None),
    "minutes": (Column("Minutes", "count"), None),
    "patient": (Column("Patient"), None),
    "birth_date": (Column("Birth date", "date"), "birth-date"),
    "phn": (Column("PHN", "id"), "phn"),
    "relationship": (Column("Relationship"), "relationship"),
    "insured": (Column("Insured"), "insured"),
    "insured_birth_date": (Column("Insured birth date", "date"), "insured"),
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
    "secondary_insurer": (Column("Second insurer"), None),
    "secondary_policy": (Column("Second policy", "id"), None),
    "secondary_member": (Column("Second member ID", "id"), None),
    "first_paid_cents": (Column("First insurer paid", "money"), None),
    "first_answer": (Column("First insurer's answer", "long"), None),
    "another_way": (Column("Send another way", width=46, quiet=True), None),
}
# What is shown of a claim, or says how it goes to the insurer.
_OF_CLAIMS = [*LINES, "batch", "send_by", "replaces"]
# Columns that stand there only where some line says something in them, by the column that says it.
IF_STATED = {
    "visit": "visit",
    "minutes": "minutes",
    "another_way": "another_way",
    "insured_birth_date": "insured_birth_date",
    "secondary_insurer": "secondary_insurer",
    "secondary_policy": "secondary_policy",
    "secondary_member": "secondary_member",
    "first_paid_cents": "first_answer",
    "first_answer": "first_answer",
}


def insurer_report(view: MonthView, batch: Batch, insurer: InsurerView) -> bytes:
    """The workbook `insurers/<insurer>-<month>.xlsx` of a batch: its claims to that insurer, and what it takes back.

    The clinic, the insurer and the practitioners stand in it as they were when the batch was made.
    """
    origin = batch.origin
    theirs = view.claims[view.claims["insurer_id"] == insurer.id]
    theirs = theirs.assign(another_way=another_way(theirs, batch, insurer, batch.as_of))
    claims = theirs.loc[theirs["batch"] == batch.number, _OF_CLAIMS]
    voided = theirs.loc[(theirs["void_batch"] == batch.number).fillna(False), _OF_CLAIMS]
    late_ones = claims[late(claims, batch, batch.as_of)]
    blocks = [_practitioners(origin, insurer, claims)]
    if len(voided):
        blocks.append(_voided(voided, claims, view.replaced_elsewhere))
    if len(late_ones):
        blocks.append(_late(late_ones))
    blocks.append(_to_sign())
    book = Book(f"{insurer.name}, claims {view.month}", origin.clinic, batch.as_of, view.file_mark(batch))
    book.page("Summary", f"Claims to {insurer.name}, {view.month}", _facts(view.month, batch, insurer, claims), blocks)
    book.table(_claim_lines(claims, voided, insurer))
    return book.bytes()


def _facts(month: str, batch: Batch, insurer: InsurerView, claims: pd.DataFrame) -> list[tuple[str, Value]]:
    """The facts at the head of the Summary, as far as they are stated."""
    facts: list[tuple[str, Value]] = [
        ("Clinic", batch.origin.clinic),
        ("Address", batch.origin.address),
        ("Phone", batch.origin.phone),
        ("Vendor number", insurer.vendor_number),
        ("Insurer", insurer.name),
        ("Channel", insurer.channel),
        ("Month", month),
        ("Period", _period(claims)),
        ("Batch", str(batch.number)),
    ]
    return [(label, fact) for label, fact in facts if fact]


def _claim_lines(claims: pd.DataFrame, voided: pd.DataFrame, insurer: InsurerView) -> Table:
    """The lines by patient, below the voided ones; with the columns that the insurer asks for, or some line fills."""
    # As people sort, whatever the case of a name.
    order = [(patient.casefold(), *rest) for patient, *rest in rows_of(claims, ["patient", "service_date", "claim"])]
    by_patient = claims.iloc[in_order(order)]
    cells = column_cells(pd.concat([voided, by_patient]) if len(voided) else by_patient, LINES)
    lines = {
        name: column
        for name, (column, wanted) in LINES.items()
        if (wanted is None or wanted in insurer.asks)
        and (name not in IF_STATED or any(value not in (None, "") for value in cells[IF_STATED[name]]))
    }
    return Table(
        "Claim lines",
        list(lines.values()),
        [cells[name] for name in lines],
        totals=[_total(claims, name) for name in lines],
        struck=range(len(voided)),
        # On paper the Summary says what goes another way.
        printed=len(lines) - ("another_way" in lines),
    )


def _period(claims: pd.DataFrame) -> str:
    """The first and last visit; empty where the workbook only takes claims back."""
    first, last = claims["service_date"].min(), claims["service_date"].max()
    return "" if pd.isna(first) else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _late(claims: pd.DataFrame) -> Block:
    """The claims that must go another way, and how."""
    columns = [Column("Claim"), Column("Service date", "date"), Column("Amount claimed", "money")]
    rows = column_values(claims, ["claim", "service_date", "amount_cents"])
    ways = "\n".join(f"{way[0].upper()}{way[1:]}." for way in dict.fromkeys(claims["another_way"]))
    return Block("Claims to send another way", columns, rows, note=ways)


def _total(claims: pd.DataFrame, column: str) -> Value:
    """The total under a column of the lines; claims that are taken back are in no sum."""
    if column == "claim":
        return f"Total: {counted(len(claims), 'claim')}"
    return int(claims[column].sum()) / 100 if column.endswith("_cents") else None


def _to_sign() -> Block:
    """Room for whoever sends it to put their name to it."""
    columns = [Column("Prepared by"), Column("Signature"), Column("Date")]
    return Block("Sent", columns, [("", "", "")], ("", "", ""), row_height=34)


def _voided(voided: pd.DataFrame, claims: pd.DataFrame, elsewhere: Mapping[str, str]) -> Block:
    """Voided claims of earlier batches, struck out among the lines, and what replaces them, in another month too."""
    instead = {**elsewhere, **dict(zip(claims["replaces"], claims["claim"], strict=True))}
    rows: list[tuple[Value, ...]] = [
        (claim, f"replaced by {instead[claim]}" if claim in instead else "voided", day.date(), cents / 100)
        for claim, day, cents in zip(voided["claim"], voided["service_date"], voided["amount_cents"], strict=True)
    ]
    columns = [
        Column("Claim"),
        Column("What becomes of it"),
        Column("Service date", "date"),
        Column("Amount claimed", "money"),
    ]
    return Block("Voided claims, struck out among the lines", columns, rows)


def _lasting(periods: Sequence[Lasting], days: Collection[dt.date]) -> str:
    """Those of the periods that cover one of the days, in words."""
    covering = (
        period.text()
        for period in periods
        if any(period.since <= day and (period.until is None or day <= period.until) for day in days)
    )
    return "; ".join(covering)


def _practitioners(origin: Origin, insurer: InsurerView, claims: pd.DataFrame) -> Block:
    """Who treated, with the numbers they are known by, and what is claimed for each."""
    claimed = dollars_by(claims["practitioner"], claims)
    days: dict[str, list[dt.date]] = {}
    for name, day in dict.fromkeys(rows_of(claims, ["practitioner", "service_date"])):
        days.setdefault(name, []).append(day)
    rows: list[tuple[Value, ...]] = []
    for practitioner in origin.practitioners:
        if practitioner.name not in claimed:
            continue
        number = practitioner.numbers.get(insurer.id, "")
        periods = (practitioner.registered, practitioner.needling)
        stated = [_lasting(each, days[practitioner.name]) for each in periods]
        who = (practitioner.name, practitioner.profession, practitioner.registration, number)
        rows.append((*who, *stated, *claimed[practitioner.name]))
    columns = [
        Column("Practitioner"),
        Column("Profession"),
        Column("Registration", "id"),
        Column("Provider number", "id"),
        Column("Registered"),
        Column("Authorized for IMS"),
        Column("Claims", "count"),
        Column("Fees", "money"),
        Column("Patient paid", "money"),
        Column("Amount claimed", "money"),
    ]
    return Block(
        "Practitioners and totals", columns, rows, ("Total", "", "", "", "", "", len(claims), *dollars_of(claims))
    )
