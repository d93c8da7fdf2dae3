"""The last sheet of the clinic's workbook: the files, the rules and the decisions that a month rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from ims_billing.vocabulary.claim_numbers import ClaimNumber, claim_number
from ims_billing.vocabulary.grounds import grounds_of
from ims_billing.vocabulary.model import MonthView, Origin, RuleApplied
from ims_billing.workbooks.figures import figures
from ims_billing.workbooks.frame_cells import column_values
from ims_billing.workbooks.package import Value
from ims_billing.workbooks.parts import Block, Column
from ims_billing.workbooks.remarks import remarked

# How many findings on claims are listed one by one.
_MOST_REMARKS = 500
# A row is not higher than a page, and Excel takes 409 points.
_LONGEST_CELL = 1_200


def _second_insurers(claims: pd.DataFrame) -> Block:
    """The rules of which insurer comes second: a line for each rule and pair, with its claims."""
    columns = ["payer_order", "insurer", "secondary_insurer"]
    rows: list[tuple[Value, ...]] = [
        (_in_words(str(order)), f"{insurer}, then {second}", claim_ranges(part["claim"]))
        for (order, insurer, second), part in claims.groupby(columns)
    ]
    headings = [Column("Who pays first", "long"), Column("Insurers", "long"), Column("Claims", "long")]
    return Block("Claims with a second insurer", headings, rows)


def _in_words(order: str) -> str:
    """The rule of who pays first, without its source."""
    return " ".join(rule.message or f"{rule.value}." for rule in grounds_of(order))


def _worth_knowing_of_each(claims: pd.DataFrame) -> Block:
    """The remarks on claims: a line for each message, with its claims; of a great many, the first."""
    claims_of: dict[tuple[str, str, str], list[str]] = {}
    for claim, remark in remarked(claims):
        claims_of.setdefault((remark.kind, remark.title or remark.kind, remark.message), []).append(claim)
    rows = [(title, message, claim_ranges(own)) for (_, title, message), own in sorted(claims_of.items())]
    more = len(rows) - _MOST_REMARKS
    note = f"And {more:,} more: ims-billing why CLAIM shows each." if more > 0 else ""
    columns = [Column("Finding", "long"), Column("What it is", "long"), Column("Claims", "long")]
    return Block("To check, with its claims", columns, rows[:_MOST_REMARKS], note=note)


def _decided(view: MonthView) -> Block:
    """Everything that was decided in the month's workbook, in the order it was read."""
    decisions = view.decisions
    place = decisions.set_index(["session", "kind"]).index
    held = place.isin(view.attention.set_index(["session", "kind"]).index)
    never = decisions["session"].isin(view.not_billed["session"])
    result = pd.Series("settled", decisions.index, dtype="str").mask(never, "not billed").mask(held, "still on hold")
    result = result.mask(place.duplicated(keep="last"), "decided again")
    columns = {
        "patient": Column("Patient"),
        "note": Column("Note", "long"),
        "service_date": Column("Service date", "date"),
        "kind": Column("Kind"),
        "decision": Column("Decided"),
        "correct_value": Column("Correct value", "id"),
        "result": Column("What became of it"),
        "decided_by": Column("Decided by"),
        "decided_on": Column("Read on", "date"),
        "session": Column("Session", "id"),
    }
    keys = decisions["session"] + "-" + decisions["fingerprint"]
    shown = decisions.assign(result=result, session=keys)
    return Block("Decisions", list(columns.values()), column_values(shown, list(columns)))


def sources(view: MonthView) -> list[Block]:
    """Where the month comes from; long texts stand in the second column of every block."""
    claims = view.claims[view.claims["voided_on"].isna()]
    where_any = [
        _rules_applied(view),
        _worth_knowing_of_each(claims),
        _second_insurers(claims[claims["secondary_insurer"] != ""]),
        _decided(view),
        _not_read(view.origin),
        _skipped(view.origin),
    ]
    return [*_files(view), *(block for block in where_any if block.rows), *figures(view)]


def _files(view: MonthView) -> list[Block]:
    """The files of each run, and the setups that they were read with."""
    runs = [(str(batch.number), batch.origin) for batch in view.batches]
    if view.origin.files not in [origin.files for _, origin in runs]:
        runs.append(("none", view.origin))  # the last run claimed nothing, and changed what is held or not billed
    files = [
        (f.file, f.sha256, f.layout, batch, f.rows, f.sessions, f.repeated, f.tied, f.set_aside)
        for batch, origin in runs
        for f in origin.files
    ]
    clinic_files = list(dict.fromkeys((origin.clinic_file, origin.clinic_sha256) for _, origin in runs))
    hashed = [Column("File", "long"), Column("SHA-256", "long")]
    counts = [Column(name, "count") for name in ("Rows", "Sessions", "Repeated", "Matched", "Skipped")]
    return [
        Block("Files", [*hashed, Column("Layout"), Column("Batch"), *counts], files),
        Block("Clinic file", hashed, clinic_files),
    ]


def _rules_applied(view: MonthView) -> Block:
    """The rules that the claims rest on, each with its source and its claims."""
    rest_on = _claims_by_ground(view.claims)
    rules = [
        (
            r.rule,
            f"{r.source} {r.url}".strip(),
            claim_ranges(rest_on.get((*r.ground, r.in_force, " ".join(r.source.split())), ())),
            r.value,
            r.claims,
            "yes" if r.verified else "no",
            r.in_force,
        )
        for r in _rules(view)
    ]
    columns = [
        Column("Rule", "long"),
        Column("Source", "long"),
        Column("Which claims", "long"),
        Column("Value"),
        Column("Claims", "count"),
        Column("Verified"),
        Column("In force"),
    ]
    return Block("Rules applied", columns, rules)


def _not_read(origin: Origin) -> Block:
    unread = [(f.file, name) for f in origin.files for name in f.unread_headings]
    return Block("Columns that were not read", [Column("File", "long"), Column("Heading", "long")], unread)


def _skipped(origin: Origin) -> Block:
    skipped = [(f.file, a.reason, a.sheet, a.row) for f in origin.files for a in f.asides]
    columns = [Column("File", "long"), Column("Reason", "long"), Column("Sheet"), Column("Row", "count")]
    return Block("Rows skipped", columns, skipped)


def _claims_by_ground(claims: pd.DataFrame) -> dict[tuple[str, ...], list[str]]:
    """The claims that rest on each rule, by its name, value, days and source; ledgers of earlier days kept none."""
    by_text: dict[str, list[str]] = {}
    for claim, text in zip(claims["claim"].tolist(), claims["rules"].tolist(), strict=True):
        by_text.setdefault(text, []).append(claim)
    rest_on: dict[tuple[str, ...], list[str]] = {}
    for text, own in by_text.items():
        for ground in grounds_of(text):
            rest_on.setdefault((ground.rule, ground.value, ground.in_force, ground.source), []).extend(own)
    return rest_on


def claim_ranges(claims: Iterable[str]) -> str:
    """Claim numbers in one cell, those that follow one another as a range: 2026-10-SUNL-0001 to 0003, 0007."""
    by_series: dict[str, list[ClaimNumber]] = {}
    for number in sorted(set(map(claim_number, claims))):
        by_series.setdefault(number.series, []).append(number)
    parts = []
    for series, numbers in by_series.items():
        runs: list[list[ClaimNumber]] = []
        for number in numbers:
            if runs and number.ordinal == runs[-1][-1].ordinal + 1:
                runs[-1].append(number)
            else:
                runs.append([number])
        shown = (run[0].digits if len(run) == 1 else f"{run[0].digits} to {run[-1].digits}" for run in runs)
        parts.append(f"{series}-{', '.join(shown)}")
    text = "; ".join(parts)
    if len(text) <= _LONGEST_CELL:
        return text
    return text[: text.rindex(",", 0, _LONGEST_CELL)] + " and more: ims-billing why CLAIM shows the rules of each"


def _rules(view: MonthView) -> list[RuleApplied]:
    """The rules that the month's claims rest on, of all batches, each with how many claims rest on it."""
    applied: dict[RuleApplied, RuleApplied] = {}
    for rule in (rule for batch in view.batches for rule in batch.origin.rules):
        same = replace(rule, claims=0, ground=("", ""))
        before = applied.get(same, same)
        applied[same] = replace(rule, claims=before.claims + rule.claims)
    return list(applied.values())
