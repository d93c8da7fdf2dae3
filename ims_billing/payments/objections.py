"""Why a line is not posted to the claim that it is about."""

from __future__ import annotations

from typing import Any

from ims_billing.payments.matching import Claims, Entry
from ims_billing.payments.payment import Line, may_be_one, number_key
from ims_billing.payments.reasons import is_second_payment, meaning_of
from ims_billing.vocabulary.spelling import dollars


def objection(cells: Any, line: Line, claim: Any, claims: Claims, payment: int) -> str:
    """Says why a line is not posted to its claim; empty if it is.

    cells: the row of REMITTANCE
    line: its line
    claim: the claim that it is about
    claims: the claims with their money so far
    payment: the line's payment: the ledger's number of it, or one below zero for one of this run
    """
    position = claims.position[claim.claim]
    if cells.payment_date < claim.service_date:
        return "The payment is dated before the visit."
    if line.paid < 0 and not claims.never_below_zero(claim.claim, cells.payment_date, line.paid):
        back, so_far = dollars(-line.paid), dollars(max(position.paid, 0))
        return f"It takes back {back}, and by that day less of the claim was paid; in all it is {so_far}."
    meaning = meaning_of(cells.reason)
    if meaning in ("refused", "not-covered") and line.paid > 0 and line.paid + position.paid >= position.claimed:
        return "It says that the claim is refused, and pays all of it."
    if line.paid == 0 and position.answered:
        return "It pays nothing, and the insurer has answered for this claim before."
    if line.paid == 0 and meaning == "nothing":
        return "It pays nothing, and does not say that it is refused, or why."
    if not line.paid:
        return ""
    paid = claims.paid(claim.claim)
    return _posted_already(cells, line, paid, payment) or _of_that_number(cells, line, paid, payment)


def _posted_already(cells: Any, line: Line, paid: list[Entry], payment: int) -> str:
    """Says by what the line's amount was posted to its claim already; empty if by nothing."""
    same = [each for each in paid if each.posted.paid_cents == line.paid]
    for each in same:
        if each.posted.payment == payment and each.file and each.file != line.file:
            return f"The same amount of this claim appears in {each.file} too."
    others = [each for each in same if each.posted.payment != payment]
    number, second = cells.payment_number.strip(), is_second_payment(cells.reason)
    if second:
        # Two numbers of one day, and somebody's word that they are two payments.
        others = [each for each in others if may_be_one(number, each.number)]
    done = "paid" if line.paid > 0 else "taken back"
    for each in others:
        if each.posted.paid_on == cells.payment_date.date():
            return f"On that day the same amount of this claim was {done} already, by {_name(each)}."
    # What was paid and taken back since may be paid again.
    if len(same) <= sum(each.posted.paid_cents == -line.paid for each in paid) or second:
        return ""
    for each in others:
        if may_be_one(number, each.number):
            alike = "their numbers are alike" if number and each.number else "one of them has no number"
            return (
                f"The same amount of this claim was {done} on {each.posted.paid_on} already, by {_name(each)}, and "
                f"{alike}: it may be one payment. If both were {done}, write Second payment in the column Reason."
            )
    return ""


def _of_that_number(cells: Any, line: Line, paid: list[Entry], payment: int) -> str:
    """Says which payment of the same number, on another day, paid something else of the claim; empty if none did."""
    number = number_key(cells.payment_number)
    if not number or line.paid < 0 or is_second_payment(cells.reason):
        return ""
    for each in paid:
        posted = each.posted
        if posted.payment != payment and posted.paid_cents > 0 and number_key(each.number) == number:
            undo = (
                f" If this one corrects it, undo it first: ims-billing reconcile --undo {posted.payment} --reason TEXT."
            )
            return (
                f"The number is that of {_name(each)} too, which paid {dollars(posted.paid_cents)} of this claim on "
                f"{posted.paid_on}.{undo if posted.payment > 0 else ''} If both were paid, write Second payment "
                "in the column Reason."
            )
    return ""


def _name(entry: Entry) -> str:
    payment = entry.posted.payment
    return f"payment {payment} on the ledger" if payment > 0 else "another payment in these files"


def overpayment(line: Line, claim: Any, claims: Claims) -> str:
    """Says by how much a line pays over 1 % more than its claim; empty if it does not."""
    position = claims.position[claim.claim]
    total = position.paid + line.paid
    if line.paid <= 0 or total * 100 <= position.claimed * 101:
        return ""
    before = f", with the {dollars(position.paid)} paid before" if position.paid else ""
    return (
        f"It pays {dollars(line.paid)}{before}: {dollars(total - position.claimed)} more than was claimed. Look at "
        "the amount; if the insurer really paid that, add --accept-overpayment."
    )
