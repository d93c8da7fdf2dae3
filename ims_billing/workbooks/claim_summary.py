"""The clinic's own workbook of a month: overview, claims, what needs attention, what is not billed, sources."""

from __future__ import annotations

import pandas as pd

from ims_billing.payments.sending import not_sent
from ims_billing.vocabulary.findings import REASONS
from ims_billing.vocabulary.model import MonthView
from ims_billing.workbooks.book import Book
from ims_billing.workbooks.content import Content
from ims_billing.workbooks.frame_cells import column_cells
from ims_billing.workbooks.late import ways_of_month
from ims_billing.workbooks.needs_attention import needs_attention
from ims_billing.workbooks.overview import ims_share, lead, overview
from ims_billing.workbooks.package import Value
from ims_billing.workbooks.parts import Column
from ims_billing.workbooks.remarks import remarked
from ims_billing.workbooks.sources import sources
from ims_billing.workbooks.table import Table
from ims_billing.workbooks.to_send import add_to_send, sent_of

CLAIMS = {
    "claim": Column("Claim"),
    "batch": Column("Batch", "count"),
    "insurer": Column("Insurer"),
    "service_date": Column("Service date", "date"),
    "patient": Column("Patient"),
    "policy": Column("Policy", "id"),
    "member": Column("Member ID", "id"),
    "practitioner": Column("Practitioner"),
    "registration": Column("Registration", "id"),
    "service": Column("Service"),
    "service_code": Column("Service code", "id"),
    "description": Column("Description"),
    "fee_cents": Column("Fee", "money"),
    "patient_paid_cents": Column("Patient paid", "money"),
    "amount_cents": Column("Amount claimed", "money"),
    "send_by": Column("Send by", "date"),
    "source": Column("Source"),
}
# What tells a session that is not claimed.
_SESSION = {
    "source": Column("Source"),
    "service_date": Column("Service date", "date"),
    "patient": Column("Patient"),
    "practitioner": Column("Practitioner"),
    "service": Column("Service"),
    "insurer": Column("Insurer"),
    "fee_cents": Column("Fee", "money"),
}
NOT_BILLED = {**_SESSION, "reason": Column("Reason")}


def claim_summary(view: MonthView) -> bytes:
    """The workbook `claim-summary-<month>.xlsx`."""
    book = Book(f"Claim summary {view.month}", view.origin.clinic, view.as_of, view.file_mark(None), Content())
    facts: list[tuple[str, Value]] = [
        ("As of", view.as_of),
        ("Batch", str(view.batches[-1].number) if view.batches else "none yet"),
        *ims_share(view.totals),
    ]
    books = sent_of(view)
    title = f"IMS claims, {view.month}: {view.origin.clinic}"
    book.page("Overview", title, facts, overview(view, books), lead=lead(view))
    struck = {place for place, voided in enumerate(view.claims["voided_on"].notna()) if voided}
    columns = {name: column for name, column in CLAIMS.items() if name != "source"}
    if (view.claims["follows"] != "").any():
        columns["follows"] = Column("Follows")
    claims = view.claims.assign(another_way=ways_of_month(view, {(b.batch, b.insurer_id) for b in not_sent(books)}))
    if (claims["another_way"] != "").any():
        columns["another_way"] = Column("Send another way", "long", width=17)
    checks: dict[str, list[str]] = {}
    for claim, remark in remarked(view.claims):
        checks.setdefault(claim, []).append(remark.title or remark.kind)
    if checks:
        columns["checks"] = Column("Check before sending", "long", width=26)
        titles = ["; ".join(dict.fromkeys(checks.get(claim, ()))) for claim in claims["claim"].tolist()]
        claims = claims.assign(checks=titles)
    # On paper without where a row stood: that is for the screen, and would make the type too small.
    printed = len(columns)
    columns["source"] = CLAIMS["source"]
    cells = list(column_cells(claims, columns).values())
    book.table(Table("Claims", list(columns.values()), cells, struck=struck, printed=printed))
    needs_attention(book, view)
    add_to_send(book, view, books)
    _add_not_billed(book, view.not_billed)
    book.page("Sources", f"Where {view.month} comes from", [], sources(view))
    return book.bytes()


def _add_not_billed(book: Book, sessions: pd.DataFrame) -> None:
    """The sessions that are not billed: first those that would be but for a reason of their own, then the rest.

    The rest, most of a month, is not printed.
    """
    rest = sessions["reason"].isin([reason.reason for reason in REASONS.values() if reason.out_of_scope])
    cells = list(column_cells(pd.concat([sessions[~rest], sessions[rest]]), NOT_BILLED).values())
    book.table(Table("Not billed", list(NOT_BILLED.values()), cells, printed_rows=int((~rest).sum())))
