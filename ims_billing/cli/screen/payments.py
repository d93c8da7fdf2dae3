"""Payments on the screen: what was posted, what was not and why, what is still owed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ims_billing.cli.screen.layout import Heading, table, wrapped
from ims_billing.cli.screen.terminal import show, width
from ims_billing.vocabulary.spelling import counted, dollars, numbered

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from ims_billing.commands.aging import Aged
    from ims_billing.commands.reconcile import Reconciliation, Undone
    from ims_billing.month.second_insurer import Uneven
    from ims_billing.payments.payment import Line
    from ims_billing.payments.sending import ToSend
    from ims_billing.vocabulary.intake import FileRead

# How many payments, claims and lines that were not posted one screen shows of each.
_PAYMENTS, _CALLS, _NOT_POSTED = 8, 12, 6
# How many rows that are not posted for the same reason are named.
_ROWS = 8
# What became of a line, in words.
RESULTS_IN_WORDS: dict[str, str] = {
    "paid": "paid as claimed",
    "patient-share": "paid, the rest is the patient's",
    "short-paid": "paid short",
    "over-paid": "paid more than claimed",
    "denied": "denied",
    "reversed": "reversed by the insurer",
    "waiting": "posted, waits for another answer",
    "unmatched": "no claim matches",
    "ambiguous": "not certain which claim",
    "repeated": "posted before",
    "total": "a sum of other lines",
}


def show_reconciled(done: Reconciliation, *, everything: bool = False) -> None:
    """The payments, what their lines came to, and the lines that post nothing with the claims they may mean."""
    wide = width()
    show(
        [
            *(line for file in done.files for line in _file(file, wide)),
            *_payments(done, wide, everything=everything),
            *_results(done, wide),
            *_not_as_claimed(done, wide, everything=everything),
            *_not_posted(done, wide, everything=everything),
            *_uneven(done.uneven, wide),
            *_undo(done, wide),
            *wrapped(_sums(done), wide, style="bold"),
        ]
    )


def _file(file: FileRead, wide: int) -> list[Text]:
    used = f"not used: {', '.join(file.unread_headings)}" if file.unread else "all columns used"
    skipped = f", {file.set_aside:,} skipped" if file.set_aside else ""
    return wrapped(
        f"{file.file}  {counted(file.rows, 'row')}{skipped}; {'; '.join((used, *file.remarks))}",
        wide,
        rest="  ",
        style="dim",
    )


def _payments(done: Reconciliation, wide: int, *, everything: bool) -> list[Text]:
    shown = done.payments if everything else done.payments[:_PAYMENTS]
    rows = [
        (
            numbered(payment.number) or "no number",
            str(payment.paid_on or "no day"),
            payment.insurer or "not known",
            dollars(payment.amount),
            f"{len(payment.lines):,}",
            f"{sum(1 for line in payment.lines if line.postings):,}",
        )
        for payment in shown
    ]
    headings = (
        Heading("Payment"), Heading("Day"), Heading("Insurer", wraps=True), Heading("Amount", right=True),
        Heading("Lines", right=True), Heading("Would post" if done.posted is None else "Posted", right=True),
    )  # fmt: skip
    left = len(done.payments) - len(shown)
    more = [Text(f"  and {counted(left, 'more payment')}: add --all")] if left else []
    return [Text(), *table(headings, rows, wide), *more] if rows else []


def _results(done: Reconciliation, wide: int) -> list[Text]:
    cents = done.cents()
    rows = [(RESULTS_IN_WORDS[result], f"{count:,}", dollars(cents[result])) for result, count in done.counts().items()]
    headings = (Heading("Result", wraps=True), Heading("Lines", right=True), Heading("Paid", right=True))
    return [Text(), *table(headings, rows, wide)] if rows else []


def _not_as_claimed(done: Reconciliation, wide: int, *, everything: bool) -> list[Text]:
    """The claims that were paid otherwise than claimed, the largest difference first."""
    differing = [
        (line.postings[0].claim, line.result, line.paid, line.short)
        for payment in done.payments
        for line in payment.lines
        if line.result in ("short-paid", "denied", "over-paid", "reversed", "waiting") and line.postings
    ]
    differing.sort(key=lambda each: (-each[3], each[0]))
    shown = differing if everything else differing[:_CALLS]
    rows = [
        (claim, RESULTS_IN_WORDS[result], dollars(paid), "all of it" if result == "denied" else _or_none(short))
        for claim, result, paid, short in shown
    ]
    headings = (
        Heading("Claim"), Heading("Result", wraps=True), Heading("Paid", right=True), Heading("Short", right=True),
    )  # fmt: skip
    left = len(differing) - len(shown)
    more = [Text(f"  and {left:,} more: add --all, or see ims-billing aging")] if left else []
    return [Text(), *table(headings, rows, wide), *more, *_waiting(done, wide)] if rows else []


def _waiting(done: Reconciliation, wide: int) -> list[Text]:
    """Why claims wait for another answer though something was posted to them."""
    lines = (line for payment in done.payments for line in payment.lines if line.result == "waiting")
    return [text for line in lines for text in wrapped(f"{line.postings[0].claim}: {line.message}", wide, rest="  ")]


def _not_posted(done: Reconciliation, wide: int, *, everything: bool) -> list[Text]:
    """Lines that post nothing, by the reason, with their rows."""
    held: dict[tuple[str, ...], list[Line]] = {}
    for payment in done.payments:
        for line in payment.lines:
            if line.held:
                place = line.file + (f", {line.sheet}" if line.sheet else "")
                held.setdefault((place, numbered(payment.number), line.message, *line.might_be), []).append(line)
    if not held:
        return []
    heading = "NOT POSTED: correct the line and run the file again"
    lines = [Text(), *wrapped(heading, wide, style="bold yellow")]
    for file in done.files:
        if file.unread and any(line.file == file.file for together in held.values() for line in together):
            unread = ", ".join(file.unread_headings)
            sentence = (
                f"Columns that were not read in {file.file}: {unread}. If one of them holds the claim number, the "
                "member or the day of the visit, say so in the clinic setup: sheet Columns, kind of file remittance."
            )
            lines += wrapped(sentence, wide, first="  ", rest="    ")
    for number, ((place, payment_number, message, *might_be), together) in enumerate(held.items()):
        if number == _NOT_POSTED and not everything:
            lines.append(Text(f"  and {counted(len(held) - number, 'other reason')}: add --all"))
            break
        rows = ", ".join(str(line.row) for line in together[:_ROWS])
        rows += f" and {len(together) - _ROWS:,} more" if len(together) > _ROWS else ""
        of = f" (payment {payment_number})" if payment_number else ""
        others = [claim for claim in might_be if claim not in message]
        might = f" It may mean {', '.join(others)}." if others else ""
        amount = dollars(sum(line.paid for line in together))
        sentence = f"{place}, {'row' if len(together) == 1 else 'rows'} {rows}{of}, {amount}: {message}{might}"
        lines += wrapped(sentence, wide, first="  ", rest="    ")
    return lines


def _uneven(claims: Iterable[Uneven], wide: int) -> list[Text]:
    """Claims to second insurers that ask for another amount than is left now: none is left out."""
    return [line for each in claims for line in wrapped(each.in_words(), wide, rest="  ", style="bold yellow")]


def _undo(done: Reconciliation, wide: int) -> list[Text]:
    if not done.posted:
        return []
    numbers = ", ".join(str(number) for number in done.posted)
    one = len(done.posted) == 1
    recorded = f"Recorded as payment {numbers}; to undo it" if one else f"Recorded as payments {numbers}; to undo one"
    sentence = f"{recorded}: ims-billing reconcile --undo {numbers if one else 'NUMBER'} --reason TEXT"
    return wrapped(sentence, wide, rest="  ")


def _sums(done: Reconciliation) -> str:
    counts = done.counts()
    posted = sum(bool(line.postings) for payment in done.payments for line in payment.lines)
    before = f", {counts['repeated']:,} posted before" if counts.get("repeated") else ""
    verb = "would be posted" if done.posted is None else "posted"
    return f"{counted(posted, 'line')} {verb}, {done.held:,} not certain{before}."


def show_undone(done: Undone) -> None:
    """Shows the payment that was undone."""
    wide = width()
    claims = "1 claim is" if len(done.claims) == 1 else f"{len(done.claims):,} claims are"
    undone = f"Payment {done.payment} of {done.insurer}, {dollars(done.cents)}, is undone: {claims} as before it."
    show([*wrapped(undone, wide, style="bold"), *_uneven(done.uneven, wide)])


def show_aging(done: Aged, *, everything: bool = False) -> None:
    """Shows the amounts owed by insurer and age, the claims to ask about, and the workbook."""
    from ims_billing.payments.aging import asked_about, states_in_words, to_ask

    wide = width()
    title = f"What insurers owe, as of {done.as_of}, by days since it was claimed"
    lines = [*wrapped(title, wide, style="bold"), Text(), *_owed(done, wide)]
    call_list = to_ask(done.frame)
    listed = call_list[asked_about(call_list)]
    # What was refused or paid short goes first: of the rest one screen holds only a part.
    listed = listed.sort_values("state", key=lambda state: state == "not answered", kind="stable")
    shown = listed if everything else listed.head(_CALLS)
    shown = shown.assign(state=states_in_words(shown))
    columns = ["claim", "insurer", "age", "amount_cents", "owed_cents", "state"]
    rows = [
        (claim, insurer, f"{age:,}", dollars(amount), dollars(owed), state)
        for claim, insurer, age, amount, owed, state in shown[columns].itertuples(index=False, name=None)
    ]
    headings = (
        Heading("Claim"), Heading("Insurer", wraps=True), Heading("Days", right=True), Heading("Claimed", right=True),
        Heading("Owed", right=True), Heading("State", wraps=True),
    )  # fmt: skip
    if rows:
        heading = "FOLLOW UP what is refused, short, paid and voided, or not answered in the insurer's usual time"
        lines += [Text(), *wrapped(heading, wide, style="bold"), *table(headings, rows, wide)]
    if len(listed) > len(shown):
        lines += wrapped(f"and {len(listed) - len(shown):,} more on the sheet Call list", wide, first="  ")
    if beside := len(call_list) - len(listed):
        lines += wrapped(f"{counted(beside, 'other claim')} on it because somebody looks after it", wide, first="  ")
    lines.append(Text())
    if done.noted:
        lines += wrapped(f"Read from the call list: {counted(len(done.noted), 'note')}.", wide)
    for name in done.later:
        lines += wrapped(f"Not read, because it is of a later day than {done.as_of}: {name}", wide, style="yellow")
    if len(done.to_send):
        lines += wrapped(not_sent_line(done.to_send, done.as_of), wide, rest="  ", style="yellow")
    lines += [*_uneven(done.uneven, wide), Text.assemble(("Written ", "bold"), str(done.written))]
    show(lines)


def not_sent_line(books: Sequence[ToSend], as_of: dt.date) -> str:
    """The insurer workbooks that are not marked as sent, as `status` and `aging` say it."""
    from ims_billing.payments.sending import first_day

    months = ", ".join(dict.fromkeys(book.month for book in books))
    first, late = first_day(books, as_of), sum(book.late for book in books)
    by = f", the first by {first}" if first else ""
    by += f", {counted(late, 'claim')} past the last day" if late else ""
    amount, voids = dollars(sum(book.amount_cents for book in books)), sum(book.voids for book in books)
    amount += f" and {counted(voids, 'void')}" if voids else ""
    return f"Not marked as sent: {counted(len(books), 'insurer workbook')} of {months}, {amount}{by} (sheet To send)"


def _owed(done: Aged, wide: int) -> list[Text]:
    from ims_billing.payments.aging import BUCKETS, by_insurer, closed

    owed = by_insurer(done.frame)
    sums = {bucket: sum(cents[bucket] for _, _, cents in owed) for bucket in BUCKETS}
    count = int((done.frame["owed_cents"] > 0).sum())
    rows: list[Sequence[str]] = [
        (insurer, f"{claims:,}", *map(_or_none, cents.values()), dollars(sum(cents.values())))
        for insurer, claims, cents in sorted(owed, key=lambda each: -sum(each[2].values()))
    ]
    rows.append(("All insurers", f"{count:,}", *map(_or_none, sums.values()), dollars(sum(sums.values()))))
    numbers = [Heading(name, right=True) for name in ("Claims", *BUCKETS, "Owed")]
    lines = table((Heading("Insurer", wraps=True), *numbers), rows, wide, bold_last=True)
    done_with = done.frame.loc[closed(done.frame), "owed_cents"]
    if len(done_with):
        amount = dollars(int(done_with.sum()))
        lines += wrapped(f"Closed by you, on no list: {counted(len(done_with), 'claim')}, {amount}", wide, first="  ")
    return lines


def _or_none(cents: int) -> str:
    return dollars(cents) if cents else "-"
