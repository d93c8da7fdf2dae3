"""The last sheet of the clinic's workbook: the files, the rules and the decisions that a month rests on."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ims_billing.vocabulary.grounds import grounds_of
from ims_billing.vocabulary.model import MonthView, RuleApplied
from ims_billing.workbooks.figures import figures
from ims_billing.workbooks.package import Value
from ims_billing.workbooks.parts import Block, Column
from ims_billing.workbooks.remarks import remarked
from ims_billing.workbooks.sheet import column_values

# How many findings on claims are listed one by one.
_MOST_REMARKS = 500


def _second_insurers(claims: pd.DataFrame) -> Block:
    """Claims of patients with a second insurer, and why it comes second."""
    columns = ["claim", "payer_order", "insurer", "secondary_insurer"]
    rows: list[tuple[Value, ...]] = [
        (claim, _in_words(order), insurer, second)
        for claim, order, insurer, second in claims[columns].itertuples(index=False, name=None)
    ]
    headings = [Column("Claim"), Column("Who pays first", "long"), Column("Insurer"), Column("Second insurer")]
    return Block("Claims with a second insurer", headings, rows)


def _in_words(order: str) -> str:
    """The rule of who pays first, without its source."""
    return " ".join(rule.message or f"{rule.value}." for rule in grounds_of(order))


def _worth_knowing_of_each(claims: pd.DataFrame) -> Block:
    """The same, claim by claim; of a great many, the first."""
    remarks = sorted(remarked(claims), key=lambda each: (each[1].kind, each[0]))
    rows = [(claim, remark.message, remark.title or remark.kind) for claim, remark in remarks[:_MOST_REMARKS]]
    more = len(remarks) - len(rows)
    note = f"And {more:,} more: ims-billing why CLAIM shows each." if more else ""
    columns = [Column("Claim"), Column("What it is", "long"), Column("Finding", "long")]
    return Block("To check, claim by claim", columns, rows, note=note)


def _decided(view: MonthView) -> Block:
    """Everything that was decided in the month's workbook, in the order it was read."""
    decisions = view.decisions
    place = decisions.set_index(["session", "kind"]).index
    held = place.isin(view.attention.set_index(["session", "kind"]).index)
    never = decisions["session"].isin(view.not_billed["session"])
    result = pd.Series("settled", decisions.index, dtype="str").mask(never, "not billed").mask(held, "still on hold")
    result = result.mask(place.duplicated(keep="last"), "decided again")
    shown = ["patient", "note", "kind", "decision", "correct_value", "result", "decided_by", "decided_on", "session"]
    columns = [Column("Patient"), Column("Note", "long"), Column("Kind"), Column("Decided")]
    columns += [Column("Correct value", "id"), Column("What became of it"), Column("Decided by")]
    columns += [Column("Read on", "date"), Column("Session", "id")]
    keys = decisions["session"] + "-" + decisions["fingerprint"]
    return Block("Decisions", columns, column_values(decisions.assign(result=result, session=keys), shown))


def sources(view: MonthView) -> list[Block]:
    """Where the month comes from; long texts stand in the second column of every block."""
    runs = [(str(batch.number), batch.origin) for batch in view.batches]
    if view.origin.files not in [origin.files for _, origin in runs]:
        runs.append(("none", view.origin))  # the last run claimed nothing, and changed what is held or not billed
    files = [
        (f.file, f.sha256, f.layout, batch, f.rows, f.sessions, f.repeated, f.tied, f.set_aside)
        for batch, origin in runs
        for f in origin.files
    ]
    counts = [Column(name, "count") for name in ("Rows", "Sessions", "Repeated", "Matched", "Skipped")]
    hashed = [Column("File", "long"), Column("SHA-256", "long")]
    clinic_files = list(dict.fromkeys((origin.clinic_file, origin.clinic_sha256) for _, origin in runs))
    blocks = [
        Block("Files", [*hashed, Column("Layout"), Column("Batch"), *counts], files),
        Block("Clinic file", hashed, clinic_files),
    ]
    applied = _rules(view)
    if applied:
        rules = [
            (r.rule, f"{r.source} {r.url}".strip(), r.value, r.claims, "yes" if r.verified else "no", r.in_force)
            for r in applied
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
    claims = view.claims[view.claims["voided_on"].isna()]
    if (claims["remarks"] != "").any():
        blocks.append(_worth_knowing_of_each(claims))
    if (claims["secondary_insurer"] != "").any():
        blocks.append(_second_insurers(claims[claims["secondary_insurer"] != ""]))
    if len(view.decisions):
        blocks.append(_decided(view))
    unread = [(f.file, name) for f in view.origin.files for name in f.unread_headings]
    if unread:
        blocks.append(Block("Columns that were not read", [Column("File", "long"), Column("Heading", "long")], unread))
    aside = [(f.file, a.reason, a.sheet, a.row) for f in view.origin.files for a in f.asides]
    if aside:
        headings = [Column("File", "long"), Column("Reason", "long"), Column("Sheet"), Column("Row", "count")]
        blocks.append(Block("Rows skipped", headings, aside))
    return [*blocks, *figures(view)]


def _rules(view: MonthView) -> list[RuleApplied]:
    """The rules that the month's claims rest on, of all batches, each with how many claims rest on it."""
    applied: dict[RuleApplied, int] = {}
    for rule in (rule for batch in view.batches for rule in batch.origin.rules):
        same = replace(rule, claims=0)
        applied[same] = applied.get(same, 0) + rule.claims
    return [replace(rule, claims=claims) for rule, claims in applied.items()]
