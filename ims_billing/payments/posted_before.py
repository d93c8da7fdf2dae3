"""Lines compared with the ledger's payments: posted before, or of another payment of that number."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from ims_billing.payments.payment import Line, PostedLine, PostedPayment, number_key
from ims_billing.payments.payment_lines import Rows, not_posted
from ims_billing.vocabulary.shell import quoted
from ims_billing.vocabulary.spelling import dollars


class PostedBefore:
    """The payments on the ledger, as the rows of one payment are compared with them."""

    def __init__(self, payments: Sequence[PostedPayment]) -> None:
        self._payments = payments

    def insurer_of(self, rows: Rows, number: str, paid_on: dt.date | None) -> str:
        """The insurer of the one payment of that number and day that has a line of these rows; else empty."""
        cells = {row.line.cells for row in rows}
        insurers = {
            payment.insurer_id
            for payment in self._payments
            if (number_key(payment.number), payment.paid_on) == (number_key(number), paid_on) and payment.has(cells)
        }
        return insurers.pop() if len(insurers) == 1 else ""

    def without_posted(self, rows: Rows, insurer: str, number: str, paid_on: dt.date | None) -> Rows:
        """Settles lines as repeated if the payment has no number and the ledger has them already."""
        if number:
            return rows
        left = Counter(
            line.cells
            for payment in self._payments
            if (payment.insurer_id, payment.paid_on) == (insurer, paid_on)
            for line in payment.lines
            if line.posted is not None
        )
        settled = []
        for row in rows:
            if not row.line.result and left[row.line.cells]:
                left[row.line.cells] -= 1
                row = row.with_line(posted_before(row.line))
            settled.append(row)
        return settled

    def same(self, insurer: str, number: str, paid_on: dt.date | None, amount: int) -> PostedPayment | None:
        """The payment of that insurer, number, day and amount."""
        of_day = (p for p in self._of_number(insurer, number) if (p.paid_on, p.amount) == (paid_on, amount))
        return next(of_day, None)

    def other(self, insurer: str, number: str, paid_on: dt.date | None) -> PostedPayment | None:
        """A payment of that number and day, which the rows of one may correct.

        Two days are two payments: some insurers use a number again, and pay a claim the same amount each week.
        """
        return next((payment for payment in self._of_number(insurer, number) if payment.paid_on == paid_on), None)

    def visit_by_visit(self, insurer: str, paid_on: dt.date, amount: int) -> int:
        """The ledger's number of a payment of that insurer, day and amount that says which visits it pays; else 0."""
        key = (insurer, paid_on, amount)
        of_that_day = (p for p in self._payments if (p.insurer_id, p.paid_on, p.amount) == key)
        return next((p.id for p in of_that_day if any(line.names_visit for line in p.lines)), 0)

    def _of_number(self, insurer: str, number: str) -> list[PostedPayment]:
        key = (insurer, number_key(number))
        return [p for p in self._payments if number and (p.insurer_id, number_key(p.number)) == key]


def by_ledger(
    line: Line,
    before: PostedLine | None,
    same: PostedPayment | None,
    other: PostedPayment | None,
    *,
    room: int,
    more: bool,
) -> Line | None:
    """The line, settled by what the ledger holds of its payment; None where that leaves it open.

    before: the same line of the payment on the ledger
    same: the payment on the ledger, if it has the same day and amount
    other: else a payment of its number that it may correct
    room: what of the payment is not posted yet, in cents
    more: whether the rows have all that was posted of the other payment
    """
    if before is not None and before.posted is not None:
        return posted_before(line)
    if other is not None:
        return not_posted(line, "ambiguous", _other_payment(line, other, more=more))
    if same is not None and before is None and line.paid > room:
        return not_posted(line, "ambiguous", _without_line(line, same))
    return None


def another_page(line: Line, posted: PostedPayment) -> Line:
    """Holds a line of a file that has none of the lines of the payment on the ledger: it may be its next page."""
    message = (
        f"A payment of that number was posted already, of {dollars(posted.amount)} on {posted.paid_on}, from "
        f"{posted.file}, with other lines. If this is that payment in another form, leave it. If this one is right, "
        f"undo that one first: {_undo(posted)}.{_or_pages(line, posted)}"
    )
    return not_posted(line, "ambiguous", message)


def posted_before(line: Line) -> Line:
    """Settles a line that the ledger has already."""
    return not_posted(line, "repeated", "This payment was posted before.")


def _other_payment(line: Line, posted: PostedPayment, *, more: bool) -> str:
    already = f"A payment of that number was posted already, of {dollars(posted.amount)} on {posted.paid_on}."
    if more:
        # A line was corrected, and the payment is another sum by it.
        return (
            f"{already} Here is all that was posted of it, and more. To post the whole, undo that one, then "
            f"read it again: {_undo(posted)}."
        )
    return f"{already} If this one is right, undo that one first: {_undo(posted)}.{_or_pages(line, posted)}"


def _or_pages(line: Line, posted: PostedPayment) -> str:
    """What to do where two files are pages of one payment; empty where it was posted from a file of that name."""
    if posted.file == line.file:
        return ""
    return (
        " If both are pages of one payment, undo it too, then name all its files in one command, with any other that "
        f"it was posted from: ims-billing reconcile {quoted(posted.file)} {quoted(line.file)}."
    )


def _without_line(line: Line, posted: PostedPayment) -> str:
    return (
        "That payment was posted before, without this line, and nothing of it is left. If this file is right, undo "
        f"what was posted first: {_undo(posted)}.{_or_pages(line, posted)}"
    )


def _undo(posted: PostedPayment) -> str:
    return f"ims-billing reconcile --undo {posted.id} --reason TEXT"
