"""The clinic's own workbook of a month: overview, claims, what needs attention, what is not billed, sources."""

from __future__ import annotations

import pandas as pd

from ims_billing.vocabulary.frames import DECISION_WORDS
from ims_billing.vocabulary.model import MonthView
from ims_billing.workbooks.overview import ims_share, overview
from ims_billing.workbooks.package import Value
from ims_billing.workbooks.sheet import Book, Column, column_values
from ims_billing.workbooks.sources import sources

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
ATTENTION = {
    "session": Column("Session", "id"),
    "kind": Column("Kind"),
    **_SESSION,
    "problem": Column("Problem", "long"),
    "fix": Column("How to fix", "long"),
    "decision": Column("Decision", typed=True, choices=DECISION_WORDS),
    "correct_value": Column("Correct value", "id", typed=True),
    "decided_by": Column("Decided by", typed=True),
    "note": Column("Note", "long", typed=True),
}
NOT_BILLED = {**_SESSION, "reason": Column("Reason")}


def claim_summary(view: MonthView) -> bytes:
    """The workbook `claim-summary-<month>.xlsx`."""
    book = Book(f"Claim summary {view.month}", view.origin.clinic, view.as_of, view.file_mark(None))
    facts: list[tuple[str, Value]] = [
        ("Clinic", view.origin.clinic),
        ("Month", view.month),
        ("As of", view.as_of),
        ("Batch", str(view.batches[-1].number) if view.batches else "none yet"),
        *ims_share(view.totals),
    ]
    book.page("Overview", f"IMS claims, {view.month}", facts, overview(view))
    struck = {place for place, voided in enumerate(view.claims["voided_on"].notna()) if voided}
    columns = CLAIMS | ({"follows": Column("Follows")} if (view.claims["follows"] != "").any() else {})
    book.table("Claims", list(columns.values()), column_values(view.claims, list(columns)), struck=struck)
    lines = _to_decide(view)
    begins = lines["kind"].ne(lines["kind"].shift()) | lines["of_before"].ne(lines["of_before"].shift())
    book.table(
        "Needs attention",
        list(ATTENTION.values()),
        column_values(lines, list(ATTENTION)),
        widest=20,
        groups={place for place, first in enumerate(begins) if first and place},
        settled={place for place, of_before in enumerate(lines["of_before"]) if of_before},
    )
    book.table("Not billed", list(NOT_BILLED.values()), column_values(view.not_billed, list(NOT_BILLED)))
    book.page("Sources", f"Where {view.month} comes from", [], sources(view))
    return book.bytes()


def _to_decide(view: MonthView) -> pd.DataFrame:
    """The lines that need attention, with what was decided about each so far; below them those of months before.

    Those below are decided in the workbook of their own month: `of_before` tells them.
    """
    what = ["decision", "correct_value", "decided_by", "note"]
    same = ["session", "kind", "fingerprint"]
    latest = view.decisions.drop_duplicates(["session", "kind"], keep="last")
    own = view.attention.merge(latest[[*same, *what]], how="left", on=same)
    own[what] = own[what].astype("object").fillna("").astype("str")
    own["fix"] = (own["ways"] + " " + own["fix"]).str.strip()
    before = view.earlier.assign(**dict.fromkeys(what, ""))
    before["fix"] = "Of " + before["month"] + ": decided in claim-summary-" + before["month"] + ".xlsx."
    # The session's key, and what it was when this was written: a decision is about that.
    own["session"] = own["session"] + "-" + own["fingerprint"]
    both = [own.assign(of_before=False), before.drop(columns="month").assign(of_before=True)]
    return pd.concat([part for part in both if len(part)] or both[:1], ignore_index=True)
