"""The clinic's own workbook of a month: overview, claims, what needs attention, what is not billed, sources."""

from __future__ import annotations

import pandas as pd

from ims_billing.findings import CATALOGUE
from ims_billing.model import MonthView
from ims_billing.workbooks.sheet import Block, Book, Column, Value, column_values

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
ATTENTION = {
    "session": Column("Session", "id"),
    "kind": Column("Kind"),
    "source": Column("Source"),
    "service_date": Column("Service date", "date"),
    "patient": Column("Patient"),
    "practitioner": Column("Practitioner"),
    "service": Column("Service"),
    "insurer": Column("Insurer"),
    "fee_cents": Column("Fee", "money"),
    "problem": Column("Problem", "long"),
    "fix": Column("How to fix", "long"),
    "decision": Column("Decision"),
    "correct_value": Column("Correct value", "id"),
    "decided_by": Column("Decided by"),
    "note": Column("Note", "long"),
}
NOT_BILLED = {
    "source": Column("Source"),
    "service_date": Column("Service date", "date"),
    "patient": Column("Patient"),
    "practitioner": Column("Practitioner"),
    "service": Column("Service"),
    "insurer": Column("Insurer"),
    "fee_cents": Column("Fee", "money"),
    "reason": Column("Reason"),
}


def claim_summary(view: MonthView) -> bytes:
    """The workbook `claim-summary-<month>.xlsx`."""
    book = Book(f"Claim summary {view.month}", view.clinic, view.as_of)
    facts: list[tuple[str, Value]] = [
        ("Clinic", view.clinic),
        ("Month", view.month),
        ("As of", view.as_of),
        ("Batch", str(view.batch)),
    ]
    book.page("Overview", f"IMS claims, {view.month}", facts, _overview(view))
    book.table("Claims", list(CLAIMS.values()), column_values(view.claims, list(CLAIMS)))
    undecided = view.attention.assign(decision="", correct_value="", decided_by="", note="")
    lines = column_values(undecided, list(ATTENTION))
    book.table("Needs attention", list(ATTENTION.values()), lines, widest=20)
    book.table("Not billed", list(NOT_BILLED.values()), column_values(view.not_billed, list(NOT_BILLED)))
    book.page("Sources", f"Where {view.month} comes from", [], _sources(view))
    return book.bytes()


def _overview(view: MonthView) -> list[Block]:
    blocks = [_control_totals(view)]
    claims = view.claims
    if len(claims):
        day = claims["service_date"]
        monday = (day - pd.to_timedelta(day.dt.day_of_week, unit="D")).dt.strftime("%Y-%m-%d")
        blocks += [
            _amounts("By insurer", "Insurer", claims, claims["insurer"]),
            _amounts("By practitioner", "Practitioner", claims, claims["practitioner"]),
            _amounts("By week", "Week from Monday", claims, monday),
        ]
    if len(view.attention):
        blocks.append(_held(view))
    if len(view.not_billed):
        blocks.append(_not_billed(view))
    return blocks


def _control_totals(view: MonthView) -> Block:
    totals = view.totals
    names = {
        "claimed": "Claimed",
        "held": "Held: needs attention",
        "not_billed": "Not billed",
        "already_claimed": "Already claimed",
    }
    outcomes = [(names[o], count, totals.cents[o] / 100) for o, count in totals.counts.items()]
    rows = f"{totals.rows} rows in the files = {totals.sessions} sessions"
    for count, what in (
        (totals.repeated, "repeated"),
        (totals.tied, "tied"),
        (totals.set_aside, "set aside"),
    ):
        rows += f" + {count} {what}" if count else ""
    return Block(
        "Control totals",
        [Column("Outcome"), Column("Sessions", "count"), Column("Fees", "money")],
        outcomes,
        ("All sessions", totals.sessions, totals.cents_read / 100),
        note=f"{rows}. Every row is in one of these lines, and the cents add up.",
    )


def _amounts(title: str, what: str, claims: pd.DataFrame, by: pd.Series[str]) -> Block:
    """Claims and dollars by one thing."""
    rows: list[tuple[Value, ...]] = [
        (str(name), len(part), *_dollars(part)) for name, part in claims.groupby(by.to_numpy())
    ]
    rows.sort(key=lambda row: str(row[0]).casefold())
    headings = [
        Column(what),
        Column("Claims", "count"),
        Column("Fees", "money"),
        Column("Patient paid", "money"),
        Column("Amount claimed", "money"),
    ]
    return Block(title, headings, rows, ("Total", len(claims), *_dollars(claims)))


def _dollars(claims: pd.DataFrame) -> tuple[float, ...]:
    return tuple(int(claims[n].sum()) / 100 for n in ("fee_cents", "patient_paid_cents", "amount_cents"))


def _sums(lines: pd.DataFrame, by: str) -> list[tuple[str, int, int]]:
    """Lines and cents by one column, the most money first."""
    sums = [(str(name), len(part), int(part["fee_cents"].sum())) for name, part in lines.groupby(by)]
    return sorted(sums, key=lambda row: (-row[2], row[0]))


def _held(view: MonthView) -> Block:
    """What is held by kind; a session with several holds counts in each."""
    rows = [(CATALOGUE[kind].title, n, cents / 100) for kind, n, cents in _sums(view.attention, "kind")]
    return Block(
        "Held, by kind of finding",
        [Column("Finding", "long"), Column("Sessions", "count"), Column("Fees", "money")],
        rows,
        note="A session with several findings counts in each; see Needs attention.",
    )


def _not_billed(view: MonthView) -> Block:
    rows = [(reason, n, cents / 100) for reason, n, cents in _sums(view.not_billed, "reason")]
    total = ("Total", len(view.not_billed), int(view.not_billed["fee_cents"].sum()) / 100)
    columns = [Column("Reason"), Column("Sessions", "count"), Column("Fees", "money")]
    return Block("Not billed, by reason", columns, rows, total)


def _sources(view: MonthView) -> list[Block]:
    """Where the month comes from; long texts stand in the second column of every block."""
    files = [(f.file, f.sha256, f.layout, f.rows, f.sessions, f.repeated, f.tied, f.set_aside) for f in view.files]
    counts = [Column(name, "count") for name in ("Rows", "Sessions", "Repeated", "Tied", "Set aside")]
    hashed = [Column("File", "long"), Column("SHA-256", "long")]
    blocks = [
        Block("Files", [*hashed, Column("Layout"), *counts], files),
        Block("Clinic file", hashed, [(view.clinic_file, view.clinic_sha256)]),
    ]
    if view.rules:
        rules = [
            (r.rule, f"{r.source} {r.url}".strip(), r.value, r.claims, "yes" if r.verified else "no", r.in_force)
            for r in view.rules
        ]
        headings = [
            Column("Rule", "long"),
            Column("Source", "long"),
            Column("Value"),
            Column("Claims", "count"),
            Column("Verified"),
            Column("In force"),
        ]
        blocks.append(Block("Rules applied", headings, rules))
    aside = [(f.file, a.reason, a.sheet, a.row) for f in view.files for a in f.asides]
    if aside:
        headings = [Column("File", "long"), Column("Reason", "long"), Column("Sheet"), Column("Row", "count")]
        blocks.append(Block("Rows set aside", headings, aside))
    return blocks
