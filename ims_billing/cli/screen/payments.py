"""Payments on the screen: what was posted, what was not and why, what is still owed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ims_billing.cli.screen.glance import plain_table
from ims_billing.cli.screen.terminal import out
from ims_billing.vocabulary.spelling import dollars, numbered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ims_billing.commands.aging import Aged
    from ims_billing.commands.reconcile import Reconciliation, Undone
    from ims_billing.month.second_insurer import Uneven
    from ims_billing.payments.payment import Line

# How many claims to ask about are shown on the screen.
_CALLS = 12
# How many rows that are held for the same are named.
_ROWS = 8
_MEANS = {
    "paid": "paid as claimed",
    "patient-share": "paid, the rest is the patient's",
    "short-paid": "paid short: ask the insurer",
    "over-paid": "more than was claimed",
    "denied": "refused",
    "reversed": "taken back",
    "unmatched": "no claim found",
    "ambiguous": "not certain which claim",
    "repeated": "posted before",
    "total": "a sum of other lines",
}


def show_reconciled(done: Reconciliation) -> None:
    """The payments, what their lines came to, and those that post nothing with the claims they may mean."""
    console = out()
    would = done.posted is None
    for file in done.files:
        rows = f"{file.rows:,} {'row' if file.rows == 1 else 'rows'}"
        console.print(Text(f"{file.file}: {rows}; {'; '.join(file.remarks)}", "dim"))
        if file.unread:
            console.print(Text(f"{file.file}: not read: {', '.join(file.unread_headings)}", "dim"))
    table = plain_table("Payment", "Day", "Insurer", "Amount", "Lines", "Posted" if not would else "Would post")
    for payment in done.payments:
        posts = sum(1 for line in payment.lines if line.postings)
        number = numbered(payment.number) or "no number"
        table.add_row(
            number, str(payment.paid_on or "no day"), Text(payment.insurer or "not known"),
            dollars(payment.amount), f"{len(payment.lines):,}", f"{posts:,}",
        )  # fmt: skip
    console.print(table)
    console.print(_results(done))
    _show_not_as_claimed(done)
    held: dict[tuple[str, ...], list[Line]] = {}
    for payment in done.payments:
        for line in payment.lines:
            if line.held:
                place = line.file + (f", {line.sheet}" if line.sheet else "")
                held.setdefault((place, numbered(payment.number), line.message, *line.might_be), []).append(line)
    if held:
        console.print(Text("Not posted", "bold yellow"))
        for (place, number, message, *might_be), lines in held.items():
            _show_held(place, number, message, might_be, lines)
    counts = done.counts()
    posted = sum(bool(line.postings) for payment in done.payments for line in payment.lines)
    sums = f"{posted:,} lines {'would be ' if would else ''}posted, {done.held:,} not certain"
    sums += f", {counts['repeated']:,} posted before" if counts.get("repeated") else ""
    console.print(Text(f"{sums}.", "bold"))
    show_uneven(done.uneven)
    if done.posted:
        shown = ", ".join(str(number) for number in done.posted)
        console.print(
            Text(f"Payments on the ledger: {shown}. To undo one: ims-billing reconcile --undo NUMBER --reason WHY")
        )


def _show_not_as_claimed(done: Reconciliation) -> None:
    """The claims that were paid otherwise than claimed, the largest difference first."""
    differing = [
        (line.postings[0].claim, line.result, line.paid, line.short)
        for payment in done.payments
        for line in payment.lines
        if line.result in ("short-paid", "denied", "over-paid", "reversed") and line.postings
    ]
    if not differing:
        return
    table = plain_table("Claim", "Result", "Paid", "Short")
    for claim, result, paid, short in sorted(differing, key=lambda each: (-each[3], each[0]))[:_CALLS]:
        table.add_row(claim, result, dollars(paid), "all of it" if result == "denied" else _or_none(short))
    out().print(table)
    if len(differing) > _CALLS:
        out().print(f"... and {len(differing) - _CALLS:,} more: ims-billing aging lists them")


def show_uneven(claims: Iterable[Uneven]) -> None:
    """Claims to second insurers that ask for another amount than is left now."""
    for each in claims:
        out().print(Text(each.in_words(), "bold yellow"), soft_wrap=True)


def _results(done: Reconciliation) -> Table:
    table = plain_table("Result", "Lines", "Paid", "")
    cents = done.cents()
    for result, count in done.counts().items():
        table.add_row(result, f"{count:,}", dollars(cents[result]), Text(_MEANS[result], "dim"))
    return table


def _show_held(place: str, number: str, message: str, might_be: list[str], lines: list[Line]) -> None:
    """Lines of one payment that are held for the same, by their rows."""
    rows = ", ".join(str(line.row) for line in lines[:_ROWS])
    rows += f" and {len(lines) - _ROWS:,} more" if len(lines) > _ROWS else ""
    of = f" (payment {number})" if number else ""
    might = f" It may mean {', '.join(might_be)}." if might_be else ""
    amount = dollars(sum(line.paid for line in lines))
    text = f"  {place}, {'row' if len(lines) == 1 else 'rows'} {rows}{of}, {amount}: {message}{might}"
    out().print(Text(text), soft_wrap=True)


def show_undone(done: Undone) -> None:
    """What was undone."""
    undone = f"Payment {done.payment} of {done.insurer}, {dollars(done.cents)}, is undone: "
    out().print(Text(f"{undone}{len(done.claims)} claims are as before it.", "bold"))
    show_uneven(done.uneven)


def show_aging(done: Aged) -> None:
    """What is owed by insurer and age, the oldest and largest claims to ask about, and the workbook."""
    from ims_billing.payments.aging import BUCKETS, by_insurer

    console = out()
    console.print(Text(f"What insurers owe, as of {done.as_of}, by days since it was claimed", "bold"))
    table = plain_table("Insurer", "Claims", *BUCKETS, "Owed")
    sums = dict.fromkeys(BUCKETS, 0)
    for insurer, claims, cents in by_insurer(done.frame):
        table.add_row(Text(insurer), f"{claims:,}", *map(_or_none, cents.values()), dollars(sum(cents.values())))
        sums = {bucket: sums[bucket] + cents[bucket] for bucket in BUCKETS}
    table.add_section()
    count = int((done.frame["owed_cents"] > 0).sum())
    table.add_row(
        Text("all insurers", "bold"), f"{count:,}", *map(_or_none, sums.values()), dollars(sum(sums.values()))
    )
    console.print(table)
    listed = done.frame[done.frame["status"] != "Closed"]
    if len(listed):
        console.print(Text("To ask about, the oldest and largest first", "bold"))
        calls = plain_table("Claim", "Insurer", "Days", "Claimed", "Owed", "What it is")
        columns = ["claim", "insurer", "age", "amount_cents", "owed_cents", "state"]
        for claim, insurer, age, amount, owed, state in listed[columns].head(_CALLS).itertuples(index=False, name=None):
            calls.add_row(claim, Text(insurer), f"{age:,}", dollars(amount), dollars(owed), state)
        console.print(calls)
        if len(listed) > _CALLS:
            console.print(f"... and {len(listed) - _CALLS:,} more on the sheet Call list")
    if done.noted:
        console.print(f"Read from the call list: {len(done.noted):,} notes.")
    for name in done.later:
        console.print(Text(f"Not read, as it is of a later day than {done.as_of}: {name}", "yellow"), soft_wrap=True)
    show_uneven(done.uneven)
    console.print(Text.assemble(("Written ", "bold"), str(done.written)), soft_wrap=True)


def _or_none(cents: int) -> str:
    return dollars(cents) if cents else "-"
