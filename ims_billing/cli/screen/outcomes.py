"""The month's sessions in one table: claimed, on hold, not billed and why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text

from ims_billing.cli.screen.layout import Heading, table
from ims_billing.vocabulary.findings import REASONS
from ims_billing.vocabulary.spelling import counted, dollars

if TYPE_CHECKING:
    from ims_billing.month.prepare import Month

# Reasons that are named, at most; the note breaks into lines.
_REASONS = 4
# Insurers with amounts of their own that are named, at most.
_PAYERS = 3


def outcomes(month: Month, wide: int, *, would: bool) -> list[Text]:
    """The table of what became of the sessions; `would`: nothing was recorded."""
    totals = month.totals
    counts, cents = totals.counts, totals.cents
    claimed = int(month.claims["amount_cents"].sum())
    rows = [
        ("WOULD CLAIM" if would else "CLAIMED", counts["claimed"], cents["claimed"], dollars(claimed),
         _set_rates(month)),
        ("ON HOLD", counts["held"], cents["held"], "", "fix or decide, then run again" if counts["held"] else ""),
        ("NOT BILLED", counts["not_billed"], cents["not_billed"], "", _why_not_billed(month)),
    ]  # fmt: skip
    if counts["already_claimed"]:
        rows.insert(1, ("CLAIMED BEFORE", counts["already_claimed"], cents["already_claimed"], "", ""))
    corrected = f", {dollars(totals.cents_corrected)} of it by corrected fees" if totals.cents_corrected else ""
    rows.append(("ALL SESSIONS", totals.sessions, sum(cents.values()), "", f"every row is accounted for{corrected}"))
    headings = (
        Heading(""), Heading("Sessions", right=True), Heading("Fees", right=True), Heading("Claimed", right=True),
        Heading("", wraps=True),
    )  # fmt: skip
    cells = [(name, f"{count:,}", dollars(fees), amount, note) for name, count, fees, amount, note in rows]
    lines = table(headings, cells, wide, bold_last=True, rule=False)
    for line in lines:
        for word, style in (("CLAIMED", "bold green"), ("WOULD CLAIM", "bold green"), ("ON HOLD", "bold yellow")):
            if line.plain.startswith(f"{word} ") or line.plain == word:
                line.stylize(style, 0, len(word))
    return lines


def _set_rates(month: Month) -> str:
    """The cents by which public payers pay less than the clinic's fees, where they pay amounts of their own."""
    claims = month.claims
    below = claims[claims["amount_cents"] < claims["fee_cents"]]
    insurers = f"{claims['insurer'].nunique():,} insurers" if claims["insurer"].nunique() != 1 else "1 insurer"
    if below.empty:
        return insurers if len(claims) else ""
    gap = int((below["fee_cents"] - below["amount_cents"]).sum())
    names = sorted(map(str, below["insurer"].unique()))
    payers = ", ".join(names) if len(names) <= _PAYERS else f"{len(names):,} insurers"
    return f"{payers} {'pays' if len(names) == 1 else 'pay'} {dollars(gap)} below your fees"


def _why_not_billed(month: Month) -> str:
    """The most frequent reasons not to bill, each with its count; what is of another service or month goes first."""
    counts = Counter(month.sessions.loc[month.sessions["outcome"] == "not_billed", "reason"])
    there = [reason for name, reason in REASONS.items() if name in counts]
    reasons = sorted(there, key=lambda reason: (not reason.out_of_scope, -counts[reason.reason]))
    shown = reasons if len(reasons) <= _REASONS + 1 else reasons[:_REASONS]
    parts = [
        counted(counts[reason.reason], reason.short) if reason.counted else f"{counts[reason.reason]:,} {reason.short}"
        for reason in shown
    ]
    if left := sum(counts[reason.reason] for reason in reasons[len(shown) :]):
        parts.append(f"{left:,} for other reasons")
    return ", ".join(parts)
