"""Remittance rows as lines of payments; settles unreadable rows, copies and totals."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.payments.matching import SHOWN, name_parts, named_rows, person_in
from ims_billing.payments.payers import (
    WHO_PAID,
    Names,
    insurer_on,
    is_canadian,
    paid_by,
    patients_ground,
    payees_ground,
    unclear_field,
)
from ims_billing.payments.payment import Line, LineCells, Result, number_key
from ims_billing.payments.reasons import SENTENCE, Meaning, is_a_known_reason, is_no_money, is_unclear, meaning_of
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import word_of
from ims_billing.vocabulary.spelling import bare, is_id, without_zeros

# By what a reason means, why its line can't be posted as it is.
_WAITS: dict[Meaning, str] = {
    "pending": "The insurer has not decided yet. Post the line once it has.",
    "already": "The insurer says that it had this claim before. Look for its earlier answer or payment, and post that; "
    "if there is none, ask the insurer.",
}


@dataclass(frozen=True)
class RemittanceRow:
    """A row of REMITTANCE with its line."""

    cells: Any
    line: Line

    def with_line(self, line: Line) -> RemittanceRow:
        """The row with another line."""
        return replace(self, line=line)


Rows: TypeAlias = list[RemittanceRow]
VisitDay: TypeAlias = Callable[[Any], Any]


def rows_by_payment(lines: pd.DataFrame, clinic: Clinic, patients: Names, as_of: dt.date) -> list[Rows]:
    """Groups remittance rows by payment, and settles rows that cannot be posted or are copies in another file.

    lines: REMITTANCE
    clinic: the clinic's setup
    patients: the names of the ledger's patients, whose payments are no insurer's
    as_of: the day of the run

    A payment is the rows of one number and day; without a number, those of one insurer and day.
    """
    rows = [RemittanceRow(cells, _line(cells, clinic, patients, as_of)) for cells in named_rows(lines)]
    return [_without_copies(group) for group in _by_payment(rows, clinic)]


def not_posted(line: Line, result: Result, message: str, might_be: Sequence[str] = ()) -> Line:
    """Settles a line that posts nothing."""
    return replace(line, result=result, message=message, might_be=tuple(might_be), postings=())


def without_claim(invoices: Sequence[str]) -> str:
    """Says that no claim has these invoices."""
    # Another column may have slipped in here: what is no number may be a name.
    named = [invoice for invoice in invoices[:SHOWN] if is_id(invoice)]
    which = f"invoice{'' if len(named or invoices) == 1 else 's'} {', '.join(named) or 'that it names'}"
    return f"No claim of this insurer has the {which}. Write a line for each claim, with its number."


def is_sum(cells: Any) -> bool:
    """True if a row names no single visit."""
    return not cells.claim.strip() and pd.isna(cells.service_date)


def _number(cells: Any) -> str:
    """The claim's number on a row, or the invoices of a row that names no visit otherwise."""
    return str(cells.invoice if is_sum(cells) else cells.claim)


def without_total(rows: Rows, visit_day: VisitDay) -> Rows:
    """Settles a row as a total if it is the sum of the other rows, or of those of the person whom it names.

    rows: the rows of one payment
    visit_day: the day of the visit that a row of REMITTANCE names; NaT if it is not certain

    A sum for a period of its own is no total of visits outside of it.
    """
    own = [row for row in rows if row.line.result != "repeated"]
    sums = [row for row in own if _names_nobody(row.cells)]
    others = [row for row in own if not _names_nobody(row.cells)]
    detail = sum(row.line.paid for row in others)
    rows = [row.with_line(_as_subtotal(row, own, visit_day)) for row in rows]
    if len(sums) != 1 or len(own) == 1 or sums[0].line.paid not in (detail, _paid_by_line(rows)):
        return rows
    if not all(_may_include(sums[0].cells, row.cells, visit_day) for row in others):
        return rows
    total = not_posted(sums[0].line, "total", "The sum of the other lines.")
    return [row.with_line(total) if row.line is sums[0].line else row for row in rows]


def _may_include(cells: Any, line: Any, visit_day: VisitDay) -> bool:
    """True unless the period of a sum is certain to leave a line's visit out.

    A period that the line has too is the statement's, whatever day the visit was.
    """
    of_statement = (line.period_from, line.period_until) == (cells.period_from, cells.period_until)
    day = visit_day(line)
    return of_statement or not (day < cells.period_from or day > cells.period_until)


def _paid_by_line(rows: Rows) -> int:
    """The sum of the rows that name a visit, in cents."""
    return sum(row.line.paid for row in rows if row.line.result != "repeated" and not is_sum(row.cells))


def _as_subtotal(row: RemittanceRow, rows: Rows, visit_day: VisitDay) -> Line:
    """The line of a row; settled if it is a sum beside lines of the same person: it pays no other visits of theirs."""
    if row.line.result or not is_sum(row.cells) or row.cells.invoice or _names_nobody(row.cells):
        return row.line
    beside = [
        other.line.paid
        for other in rows
        if not is_sum(other.cells)
        and _of_one_person(row.cells, other.cells)
        and _may_include(row.cells, other.cells, visit_day)
    ]
    if not beside:
        return row.line
    if row.line.paid == sum(beside):
        return not_posted(row.line, "total", "The sum of this person's lines.")
    message = "One sum, beside lines of the same person: which visits it pays is not said. Write a line for each."
    return not_posted(row.line, "ambiguous", message)


def _of_one_person(one: Any, other: Any) -> bool:
    """True if two rows name one member or patient."""
    members = {without_zeros(person_in(cells.member)) for cells in (one, other)}
    names = {name_parts(person_in(cells.patient)) for cells in (one, other)}
    return (len(members) == 1 and "" not in members) or (len(names) == 1 and frozenset() not in names)


def amount_of(rows: Rows) -> int:
    """The amount of a payment, in cents: its lines without copies and totals."""
    return sum(row.line.paid for row in rows if row.line.result not in ("repeated", "total"))


def _by_payment(rows: Rows, clinic: Clinic) -> list[Rows]:
    def insurer(cells: Any) -> str:
        payer = insurer_on(cells, clinic)
        return payer.id if payer else bare(cells.insurer)

    insurers: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        insurers.setdefault(_number_and_day(row.cells), set()).add(insurer(row.cells))
    groups: dict[tuple[str, str, str], Rows] = {}
    for row in rows:
        number, day = _number_and_day(row.cells)
        # A row without an insurer belongs to the insurer that the payment's other rows name.
        of_one = bool(number) and len(insurers[number, day] - {""}) <= 1
        groups.setdefault((number, day, "" if of_one else insurer(row.cells)), []).append(row)
    return list(groups.values())


def _number_and_day(cells: Any) -> tuple[str, str]:
    return number_key(cells.payment_number), str(cells.payment_date)


def _without_copies(rows: Rows) -> Rows:
    """Settles rows of a payment as repeated if another file has them too."""
    copies: dict[LineCells, Counter[str]] = {}
    settled = []
    for row in rows:
        line, by_file = row.line, copies.setdefault(row.line.cells, Counter())
        other = next((file for file, count in by_file.items() if file != line.file and count > by_file[line.file]), "")
        by_file[line.file] += 1
        if other:
            row = row.with_line(not_posted(line, "repeated", f"This line appears in {other} too."))
        settled.append(row)
    return settled


def _line(cells: Any, clinic: Clinic, patients: Names, as_of: dt.date) -> Line:
    """Makes the line of a row; settles it if it cannot be read, or pays nothing yet."""
    own = LineCells(
        claim=_number(cells),
        member=cells.member,
        patient=cells.patient,
        service_date=_iso(cells.service_date),
        claimed=_cents(cells.claimed_cents),
        paid=_cents(cells.paid_cents),
        reason=cells.reason,
        period_from=_iso(cells.period_from),
        period_until=_iso(cells.period_until),
    )
    paid = 0 if pd.isna(cells.paid_cents) else int(cells.paid_cents)
    line = Line(cells.file, cells.sheet, int(cells.row), own, paid, cells.reason)
    if message := _no_payment(cells, clinic, patients, as_of):
        return not_posted(line, "unmatched", message)
    if message := _doubt(cells, paid, clinic):
        return not_posted(line, "ambiguous", message)
    return line


def _no_payment(cells: Any, clinic: Clinic, patients: Names, as_of: dt.date) -> str:
    """Says why a row cannot be an insurer's payment; empty if it can."""
    if cells.fault:
        return str(cells.fault)
    if ground := patients_ground(cells, clinic, patients):
        return f"The patient paid this, and no insurer: {ground}."
    # What is taken back was paid to the clinic, whomever it is paid to now.
    taken_back = not pd.isna(cells.paid_cents) and cells.paid_cents < 0
    if not taken_back and (ground := payees_ground(cells, clinic, patients)):
        return f"The insurer paid the patient, and not the clinic: {ground}."
    if not is_canadian(cells.currency):
        return "It is not in Canadian dollars."
    if cells.insurer and clinic.insurer(cells.insurer) is None:
        return "The insurer is not known: add this spelling to it in the clinic setup (Insurers)."
    if pd.isna(cells.payment_date):
        return "The payment date is missing."
    if cells.payment_date > pd.Timestamp(as_of):
        return f"The payment date is after {as_of}, the day that counts as today."
    waits = _WAITS.get(meaning_of(cells.reason), "")
    # In a sentence "received" says nothing of the claim.
    if waits and not (_pays(cells) and len(word_of(cells.reason).split()) >= SENTENCE):
        return waits
    # "Cheque to follow" beside a blank is no refusal.
    if pd.isna(cells.paid_cents) and not is_a_known_reason(cells.reason):
        return "What is paid is missing. Write 0.00 if it is refused."
    return ""


def _pays(cells: Any) -> bool:
    return not pd.isna(cells.paid_cents) and bool(cells.paid_cents)


def _doubt(cells: Any, paid: int, clinic: Clinic) -> str:
    """Says why it is not certain that the insurer paid the row's amount; empty if it is."""
    if cells.unread_money:
        return (
            f"It has an amount in {cells.unread_money} too, which is not read and may change what was paid. Say in the "
            "clinic setup (Columns) what it stands for, such as Claimed, or to ignore it."
        )
    if cells.unread_words:
        return (
            f"{cells.unread_words} is not read, and may say here that this is no payment. Say in the clinic setup "
            "(Columns) what it stands for, such as Reason or Payee, or to ignore it."
        )
    titles = filter(published().layouts.is_title_of_unpaid, cells.above.splitlines())
    # Nothing paid below "Denied claims" is an answer.
    if any(paid > 0 or (not paid and meaning_of(title) not in ("refused", "not-covered")) for title in titles):
        return (
            "A heading above it, or the sheet's name, may say that this is no payment. If the clinic has the money, "
            "move the line or rename the sheet."
        )
    if paid_by(cells, clinic) == "unclear":
        field = unclear_field(cells, clinic)
        return (
            f"{WHO_PAID[field]} leaves open whether the insurer paid it, or the patient. Write Insurance or Patient "
            "there, or clear the cell if the insurer paid."
        )
    payers = {insurer.id for name in (cells.insurer, cells.source) if (insurer := clinic.insurer(name))}
    if len(payers) > 1:
        return "Its payer and its source are two insurers."
    meaning = meaning_of(cells.reason)
    if meaning == "taken-back" and paid >= 0:
        return "It says that the payment was reversed, and its amount is not below zero."
    if meaning == "refused" and paid > 0 and len(word_of(cells.reason).split()) == 1:
        return "It says that the claim is refused, and pays something of it."
    if paid > 0 and is_no_money(cells.reason):
        return (
            "It says that it is an estimate, or that the payment was cancelled or returned, and pays something. If the "
            "clinic has the money, write Paid there."
        )
    if paid > 0 and is_unclear(cells.reason):
        return (
            "It pays something, and its reason or status may say that it is no payment. Write there Paid if the clinic "
            "has the money, or why less was paid."
        )
    return ""


def _iso(day: Any) -> str:
    return "" if pd.isna(day) else f"{day:%Y-%m-%d}"


def _cents(cents: Any) -> str:
    return "" if pd.isna(cents) else str(int(cents))


def _names_nobody(cells: Any) -> bool:
    return is_sum(cells) and not (cells.invoice or person_in(cells.member) or person_in(cells.patient))
