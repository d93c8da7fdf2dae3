"""Reads back what was sent: the claims in an insurer's workbook, or in the CSV of a month, as this program wrote it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ims_billing.reading.layout import HEADER_WITHIN
from ims_billing.reading.spreadsheet import AskPassword, RawTable, open_spreadsheet
from ims_billing.vocabulary.cells import Cell, begins_a_formula, day, money, text
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.spelling import heading

# By heading in an insurer's workbook or the CSV, the column of a claim; days and amounts apart from text.
_TEXTS = {
    "Claim": "claim",
    "Insurer": "insurer",
    "Patient": "patient",
    "PHN": "phn",
    "Relationship": "relationship",
    "Insured": "insured",
    "Policy": "policy",
    "Member ID": "member",
    "Payer file number": "payer_file_number",
    "Practitioner": "practitioner",
    "Registration": "registration",
    "Service": "service",
    "Service code": "service_code",
    "Description": "description",
    "Replaces": "replaces",
    "Second insurer": "secondary_insurer",
    "Second policy": "secondary_policy",
    "Second member ID": "secondary_member",
    "First insurer's answer": "first_answer",
}
_DAYS = {
    "Service date": "service_date",
    "Birth date": "birth_date",
    "Insured birth date": "insured_birth_date",
    "Accident date": "accident_date",
    "Voided": "voided_on",
}
_CENTS = {
    "Fee": "fee_cents",
    "Patient paid": "patient_paid_cents",
    "Amount claimed": "amount_cents",
    "First insurer paid": "first_paid_cents",
}
_NEEDED = ("claim", "service_date", "patient", "practitioner", "service_code", "fee_cents", "amount_cents")
_NUMBER = re.compile(r"(\d{4}-\d{2})-([A-Z]+)-(\d{4,})")
# What stands under the lines of an insurer's workbook, in place of a claim's number.
_TOTAL = re.compile(r"Total: [\d,]+ claims?")


@dataclass(frozen=True)
class SentClaims:
    """The claims of one file, of one batch or of a whole month.

    lines: by claim its cells, under the names that the ledger has for them; days as dates, amounts as cents
    voided: by voided claim that an insurer knows of, the batch whose workbook said so, and what replaces it
    """

    month: str
    insurer: str
    batches: Mapping[int, list[dict[str, Any]]]
    voided: Mapping[str, tuple[int, str]]


def is_list_of_sent_claims(content: bytes, name: str, ask: AskPassword) -> bool:
    """Whether a file is an insurer's workbook or the CSV of a month's claims, as this program wrote it."""
    try:
        tables = open_spreadsheet(name, content, ask).tables
    except BillingError:
        return False
    return any(_columns(table) is not None for table in tables)


def read_sent_claims(name: str, content: bytes, ask: AskPassword) -> SentClaims:
    """What a file says was sent; raises BillingError, with sheet and row, where a cell was changed since."""
    tables = open_spreadsheet(name, content, ask).tables
    summary = next((_facts(table) for table in tables if table.sheet == "Summary"), {})
    voided = {
        claim: instead for table in tables if table.sheet == "Summary" for claim, instead in _voided(table).items()
    }
    batches: dict[int, list[dict[str, Any]]] = {}
    own = int(summary.get("Batch", "0") or 0)
    months = set()
    for table in tables:
        columns = _columns(table)
        if columns is None:
            continue
        for position in range(columns.header + 1, table.height):
            row = table.row(position)
            if not any(text(cell) for cell in row) or _TOTAL.fullmatch(text(row[columns.places["claim"]])):
                continue
            sheet = f", {table.sheet}" if table.sheet else ""
            where = f"{name}{sheet}, row {table.first_row + position}"
            line = _line(row, columns.places, where, csv=table.is_text)
            if line["claim"] in voided:
                continue
            batch = int(line.pop("batch", "") or own)
            if not batch:
                raise BillingError(f"{where}: nothing says of which batch it is, so it cannot be read back.")
            months.add(line["claim"][:7])
            batches.setdefault(batch, []).append(line)
    months |= {summary["Month"]} if "Month" in summary else set()
    if len(months) != 1:
        raise BillingError(f"{name}: no claims can be read back from it: it holds those of {len(months)} months.")
    told_by = {claim: (own, instead) for claim, instead in voided.items()}
    return SentClaims(months.pop(), summary.get("Insurer", ""), batches, told_by)


@dataclass(frozen=True)
class _Columns:
    header: int
    places: dict[str, int]


def _columns(table: RawTable) -> _Columns | None:
    names = {heading(h): column for h, column in (_TEXTS | _DAYS | _CENTS | {"Batch": "batch"}).items()}
    for position in range(min(HEADER_WITHIN, table.height)):
        read = [names.get(heading(text(cell)), "") for cell in table.row(position)]
        places = {column: place for place, column in enumerate(read) if column}
        # A claim summary's sheet Claims has a column Source: what it lists was not sent as it stands there.
        source = any(heading(text(cell)) == heading("Source") for cell in table.row(position))
        if not source and all(column in places for column in _NEEDED):
            return _Columns(position, places)
    return None


def _line(row: list[Cell], places: Mapping[str, int], where: str, *, csv: bool) -> dict[str, Any]:
    line: dict[str, Any] = {}
    for column, place in places.items():
        cell = row[place]
        if column in _DAYS.values():
            read = day(cell, "unambiguous")
            line[column] = read.date() if isinstance(read, dt.datetime) else read
            unread = line[column] is None and bool(text(cell))
        elif column in _CENTS.values():
            line[column] = money(cell) if text(cell) else 0
            unread = line[column] is None
        else:
            line[column], unread = _as_it_was(text(cell), csv=csv), False
        if unread:
            raise BillingError(f"{where}: the cell {column.replace('_', ' ')} is not as it was written.")
    lacking = next((column for column in _NEEDED if line[column] in ("", None)), None)
    if lacking or not _NUMBER.fullmatch(line["claim"]):
        raise BillingError(f"{where}: the cell {(lacking or 'claim').replace('_', ' ')} is not as it was written.")
    return line


def _as_it_was(written: str, *, csv: bool) -> str:
    """Text without the quote that the CSV has before what a spreadsheet would take for a formula."""
    return written[1:] if csv and written.startswith("'") and begins_a_formula(written[1:]) else written


def _facts(table: RawTable) -> dict[str, str]:
    """What stands beside each label in the first two columns of a page."""
    rows = (table.row(position) for position in range(table.height))
    return {text(row[0]): text(row[1]) for row in rows if len(row) > 1 and text(row[0]) and text(row[1])}


def _voided(table: RawTable) -> dict[str, str]:
    """The replacement of each voided claim; empty where there is none."""
    rows: Iterable[list[str]] = ([text(cell) for cell in table.row(p)[:2]] for p in range(table.height))
    taken_back = {}
    for row in rows:
        if len(row) == 2 and _NUMBER.fullmatch(row[0]):
            taken_back[row[0]] = row[1].removeprefix("replaced by ") if row[1].startswith("replaced by ") else ""
    return taken_back
