"""Jane's Sales report: the lines that stand, put together to one sale per visit."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ims_billing.clinic.people import person
from ims_billing.reading.table import Table
from ims_billing.vocabulary.cells import first_phrase, meanings, quoted, shown, text, word_of
from ims_billing.vocabulary.intake import Aside
from ims_billing.vocabulary.spelling import dollars, given_name_first, plain

_INVOICE = re.compile(r"(?P<stem>.*?)(?:[-_ ](?P<kind>[A-Za-z]{1,2})(?P<number>\d+))?(?P<refund>[-_ ]refund\d*)?")

# The kind and the column of a session that an unreadable amount is noted by: of what was sold, and what was paid.
_SOLD = {
    "subtotal": ("unreadable-fee", "fee_cents"),
    "gst": ("unreadable-cell", "tax_cents"),
    "pst": ("unreadable-cell", "tax_cents"),
    "total": ("unreadable-cell", "fee_cents"),
}
_PAID = {
    "collected": ("unreadable-cell", "patient_paid_cents"),
    "balance": ("unreadable-cell", "balance_cents"),
}
# Texts in which an error such as #N/A is noted.
_SOUND = ("patient", "item", "practitioner", "payer", "status")


@dataclass
class Line:
    """One line of a Sales report.

    file, sheet, row: where it stands
    date: the day of the visit
    patient, patient_id: who was treated
    item: what was sold, such as the treatment's name
    practitioner: the staff member
    payer: who pays this line: an insurer, or the patient
    stem, letter: the parts of the invoice's number; the letter is that of the payer's share
    version: orders the lines of one invoice and letter; its second number is above zero for a refund
    status: "paid", "unpaid", "partly-paid", "no-charge", "refunded" or "unknown"
    subtotal, tax, collected, balance: cents; a subtotal of None was not stated
    location: the site
    bad: column, kind and message of each cell that cannot be read
    """

    file: str
    sheet: str
    row: int
    date: Any
    patient: str
    patient_id: str
    item: str
    practitioner: str
    payer: str
    stem: str
    letter: str
    version: tuple[int, int]
    status: str
    subtotal: int | None
    tax: int
    collected: int
    balance: int
    location: str
    bad: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def who(self) -> str:
        """The patient, as lines and appointments are matched by: the guid, else the name."""
        return patient_key(self.patient_id, self.patient)

    @property
    def by_patient(self) -> bool:
        """Whether the patient is the payer."""
        return given_name_first(self.payer) == given_name_first(self.patient)

    @property
    def taken_back(self) -> bool:
        """Whether the line gives money back."""
        return self.version[1] > 0 or self.status == "refunded" or (self.subtotal or 0) < 0


@dataclass
class Sale:
    """The standing lines of one visit: the insurer's, the patient's, or both."""

    lines: list[Line]

    @property
    def first(self) -> Line:
        """The line that stands for the visit."""
        return self.lines[0]

    @property
    def insurers(self) -> list[Line]:
        """The lines that somebody else than the patient pays; what gives a part back is none of them."""
        standing = [line for line in self.lines if not line.taken_back] or self.lines
        return [line for line in standing if line.payer and not line.by_patient]

    @property
    def refunded(self) -> bool:
        """Whether nothing of it stands."""
        left = sum(line.subtotal or 0 for line in self.lines)
        return all(line.taken_back for line in self.lines) or left < 0 or (not left and self.gives_back)

    @property
    def gives_back(self) -> bool:
        """Whether a line of it gives an amount back."""
        return any((line.subtotal or 0) < 0 for line in self.lines)

    @property
    def leaves_insurer_nothing(self) -> bool:
        """Whether the first insurer's line is of nothing, and another has an amount: who pays is not certain."""
        return bool(self.insurers) and self.insurers[0].subtotal == 0 and any(line.subtotal for line in self.lines)

    def cells(self) -> dict[str, Any]:
        """What the sale says of its session, by column of the sessions frame."""
        insurers = self.insurers
        # A line that was refunded whole is none of the fee, unless nothing else is left of the visit.
        standing = [line for line in self.lines if line.status != "refunded" or (line.subtotal or 0) < 0] or self.lines
        patients = [line for line in standing if line.by_patient]
        stated = [line.subtotal for line in standing]
        paid = bool(insurers) and all(line.status == "paid" or _settled(line) for line in insurers)
        return {
            "insurer": insurers[0].payer if insurers else "Self-pay" if patients else "",
            "secondary_insurer": insurers[1].payer if len(insurers) > 1 else "",
            "insurer_paid": paid,
            "fee_cents": sum(amount or 0 for amount in stated),
            "fee_stated": all(amount is not None for amount in stated),
            "patient_paid_cents": sum(line.collected for line in patients),
            "tax_cents": sum(line.tax for line in standing),
            "invoice": self.first.stem,
        }


def _settled(line: Line) -> bool:
    return line.balance == 0 and line.collected > 0 and line.collected >= (line.subtotal or 0)


@dataclass
class SalesReport:
    """A Sales report taken apart: the sales that may be visits, and the lines that are none with the reason."""

    file: str
    sales: list[Sale]
    asides: list[Aside]


def without_repeats(reports: Sequence[SalesReport]) -> tuple[list[SalesReport], dict[str, int]]:
    """The reports without the sales that an earlier one has with the same cells; and how many lines of each those are.

    Exports overlap. Sales that stand more than once in one report are left, as are those that differ in anything.
    """
    before: Counter[str] = Counter()
    kept: list[SalesReport] = []
    repeated: dict[str, int] = {}
    for report in sorted(reports, key=lambda report: report.file):
        own: Counter[str] = Counter()
        sales = []
        for sale in report.sales:
            cells = repr([replace(line, file="", sheet="", row=0) for line in sale.lines])
            own[cells] += 1
            if own[cells] > before[cells]:
                sales.append(sale)
            else:
                repeated[report.file] = repeated.get(report.file, 0) + len(sale.lines)
        before |= own
        kept.append(replace(report, sales=sales))
    return kept, repeated


def patient_key(patient_id: str, name: str) -> str:
    """The patient's guid, else the name however it is written."""
    return f"id {patient_id.casefold()}" if patient_id else f"name {given_name_first(name)}"


def sales_report(table: Table, file: str, remarks: list[str]) -> SalesReport:
    """The sales of a table in the jane-sales layout; what a person should know of the file is added to `remarks`."""
    lines = _lines(table, file)
    asides: list[Aside] = []
    visits = []
    categories = table.texts("category")
    reasons = [_no_visit(line, category, table) for line, category in zip(lines, categories, strict=True)]
    for line, reason in zip(lines, reasons, strict=True):
        # What gives back an invoice may be called an account credit, and the invoice is in another report.
        gives_back = reason == "package" and line.taken_back and "credit" in word_of(line.item).split()
        if not reason or gives_back:
            visits.append(line)
            continue
        asides.append(Aside(line.sheet, line.row, f"{reason}, no visit"))
        if reason == "package" and re.search(r"\bims\b|needling|intramuscular", plain(line.item)):
            remarks.append(f"row {line.row} is a package that names IMS: its visits are billed one by one, or not")
    # The files' row order plays no part: lines that are otherwise alike are ordered by their own cells.
    visits.sort(key=lambda line: (line.stem, line.version, line.item, line.payer, line.subtotal or 0, line.row))
    standing = list(_standing(visits, asides))
    sales = _sales(standing)
    return SalesReport(file, sales, asides)


def _lines(table: Table, file: str) -> list[Line]:
    """The lines as they were written, each with those of its cells that cannot be read."""
    days = table.dates("purchase_date")
    amounts = _amounts(table, _SOLD)
    for position, cell in enumerate(table.raw("purchase_date")):
        if days[position] is None and text(cell):
            message = f"{table.called('purchase_date')} holds {shown(cell)}, which is not plainly a date."
            table.note(position, "service_date", "unreadable-service-date", message)
    amounts |= _amounts(table, _PAID)
    texts = {name: table.texts(name, sound=name in _SOUND) for name in (*_SOUND, "patient_id", "invoice", "location")}
    statuses = meanings(table.rules.words.jane_sale, table.match.read_by.status)
    bad = _bad_by_position(table)
    lines = []
    for position, row in enumerate(table.places):
        cells = {name: values[position] for name, values in texts.items()}
        cents = {name: values[position] for name, values in amounts.items()}
        stem, letter, version = invoice_parts(cells["invoice"])
        word = word_of(cells["status"])
        status = statuses.get(word, "" if not word else "unknown")
        if status == "unknown":
            message = f"The status{quoted(cells['status'])} is not one the program knows."
            bad[position].append(("status", "status-not-recognised", message))
        payer = cells["payer"].rstrip("* ")
        line = Line(
            file=file,
            sheet=table.sheet,
            row=row,
            date=days[position],
            patient=cells["patient"].rstrip("* "),
            patient_id=cells["patient_id"],
            item=cells["item"],
            practitioner=cells["practitioner"],
            payer=cells["patient"].rstrip("* ") if _is_patient(payer, table) else payer,
            stem=stem,
            letter=letter,
            version=version,
            status=status,
            subtotal=cents["subtotal"],
            tax=_tax(table, cents),
            collected=cents["collected"] or 0,
            balance=cents["balance"] or 0,
            location=cells["location"],
            bad=bad[position],
        )
        if contradiction := _contradiction(line, cents["balance"]):
            line.bad.append(("tie", "sale-and-arrival-differ", contradiction))
        lines.append(line)
    return lines


def _is_patient(payer: str, table: Table) -> bool:
    return table.clinic.pays_self(payer) or table.rules.payers.is_person(payer)


def _amounts(table: Table, fields: Mapping[str, tuple[str, str]]) -> dict[str, list[int | None]]:
    """The cents of these fields; a cell that cannot be read is noted by its kind and column."""
    return {name: table.amounts(name, kind, column, words=True) for name, (kind, column) in fields.items()}


def _bad_by_position(table: Table) -> dict[int, list[tuple[str, str, str]]]:
    """Column, kind and message of the cells that cannot be read, by position, with the columns of a session."""
    bad: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    for position, column, kind, message in table.bad:
        named = {"item": "service_name", "payer": "insurer"}.get(column, column)
        bad[position].append((named, kind, message))
    return bad


def _tax(table: Table, cents: Mapping[str, int | None]) -> int:
    """The tax of a line: its own columns, else what the total has above the subtotal."""
    subtotal, total = cents["subtotal"], cents["total"]
    if not table.match.columns.keys() & {"gst", "pst"} and subtotal is not None and total:
        return total - subtotal
    return (cents["gst"] or 0) + (cents["pst"] or 0)


def _contradiction(line: Line, balance: int | None) -> str:
    """What a line says of its money that keeps it from being claimed whole; empty where it is clear.

    `balance` is None where the line states none.
    """
    whole = (line.subtotal or 0) + line.tax
    if line.taken_back or whole <= 0:
        return ""
    if line.status == "no-charge":
        return f"The sale in {line.file}, row {line.row} says no charge, and an amount of {dollars(whole)}."
    if line.by_patient or not line.payer or line.status == "paid" or _settled(line):
        return ""
    owed_less = balance is not None and balance < whole
    if line.status == "partly-paid" or line.collected > 0 or owed_less:
        return (
            f"The sale in {line.file}, row {line.row} is billed to the insurer for {dollars(whole)}, of which "
            f"{dollars(line.collected)} is collected: it may be claimed already."
        )
    return ""


def invoice_parts(invoice: str) -> tuple[str, str, tuple[int, int]]:
    """An invoice's stem, its letter, and which of that letter's versions it is: ``1531-P02`` comes after ``1531-P01``.

    The letter names no credit: the sign of the amount does, or the suffix ``-refund``.
    """
    parts = _INVOICE.fullmatch(invoice.strip())
    if parts is None:
        return invoice, "", (0, 0)
    return parts["stem"], (parts["kind"] or "").upper(), (int(parts["number"] or 0), 1 if parts["refund"] else 0)


def _no_visit(line: Line, category: str, table: Table) -> str:
    """Why a line is no visit: a package, a fee or a product, by its category, or by its item where no staff is."""
    for reason, words in table.rules.set_aside.items():
        by_item = reason != "product" or not line.practitioner
        if first_phrase(category, words) or (by_item and first_phrase(line.item, words)):
            return reason
    return ""


def _standing(lines: Sequence[Line], asides: list[Aside]) -> Iterable[Line]:
    """The lines that stand, each invoice's last version, with those that a credit or refund takes back marked.

    Versions are compared within one stem, letter and payer: a patient's new invoice leaves the insurer's alone.
    """
    invoices: dict[Any, list[Line]] = defaultdict(list)
    for number, line in enumerate(lines):
        key = (line.stem, line.letter, "patient" if line.by_patient else person(line.payer))
        invoices[key if line.stem else number].append(line)
    standing: list[Line] = []
    credits: list[Line] = []
    for versions in invoices.values():
        last = max((line.version for line in versions if not line.taken_back), default=None)
        for line in versions:
            if line.taken_back and (last is None or line.version >= last):
                credits.append(line)
            elif line.version == last:
                standing.append(line)
            else:
                asides.append(Aside(line.sheet, line.row, f"replaced by a later version of invoice {line.stem}"))
    for line in standing:
        for credit in _taking_back(line, credits):
            credits.remove(credit)
            asides.append(Aside(credit.sheet, credit.row, f"takes back row {line.row}"))
            line.status = "refunded"
        yield line
    for credit in credits:
        if any(_of_one_invoice(credit, line) and _is_before(credit, line) for line in standing):
            asides.append(Aside(credit.sheet, credit.row, f"replaced by a later version of invoice {credit.stem}"))
        else:
            # a refund of something that this report does not hold, or of part of it
            yield credit


def _taking_back(line: Line, credits: Sequence[Line]) -> list[Line]:
    """The credits that take back the whole of a line: one of its amount or of none, else all together."""
    of_line = [credit for credit in credits if _of_one_invoice(credit, line) and not _is_before(credit, line)]
    amounts = [abs(credit.subtotal or 0) for credit in of_line]
    for credit, amount in zip(of_line, amounts, strict=True):
        if not amount or not line.subtotal or amount == line.subtotal:
            return [credit]
    return of_line if sum(amounts) == line.subtotal else []


def _of_one_invoice(credit: Line, line: Line) -> bool:
    same_invoice = bool(line.stem) and credit.stem == line.stem
    return same_invoice and credit.item == line.item and person(credit.payer) == person(line.payer)


def _is_before(credit: Line, line: Line) -> bool:
    """Whether a credit is of an earlier version; one of the whole invoice, ``1527-refund``, is of each."""
    return bool(credit.letter) and credit.version < line.version


def _sales(lines: Sequence[Line]) -> list[Sale]:
    """The lines put together to visits: patient, day, staff and item; two visits of a day by their invoices."""
    visits: dict[Any, list[Line]] = defaultdict(list)
    for line in lines:
        visits[(line.who, str(line.date), person(line.practitioner), plain(line.item))].append(line)
    sales = []
    for together in visits.values():
        payers = [(person(line.payer), line.taken_back) for line in together]
        if len(set(payers)) == len(payers):
            sales.append(Sale(together))
            continue
        by_invoice: dict[str, list[Line]] = defaultdict(list)
        for line in together:
            by_invoice[line.stem].append(line)
        sales += [Sale(part) for part in by_invoice.values()]
    return sales
