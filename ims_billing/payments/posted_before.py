"""What the ledger's payments say of a line: it was posted before, or is of another payment of that number."""

from __future__ import annotations

from ims_billing.payments.payment import Line, PostedLine, PostedPayment
from ims_billing.payments.payment_lines import not_posted
from ims_billing.vocabulary.spelling import dollars


def by_ledger(
    line: Line, before: PostedLine | None, same: PostedPayment | None, clash: PostedPayment | None, room: int
) -> Line | None:
    """The line, settled by what the ledger holds of its payment; None where that leaves it open."""
    if before is not None and before.posted is not None:
        return posted_before(line)
    if clash is not None:
        return not_posted(line, "ambiguous", _other_payment(clash))
    if same is not None and before is None and line.paid > room:
        return not_posted(line, "ambiguous", _without_line(same))
    return None


def posted_before(line: Line) -> Line:
    """Settles a line that the ledger has already."""
    return not_posted(line, "repeated", "This payment was posted before.")


def _other_payment(posted: PostedPayment) -> str:
    return (
        f"A payment of that number was posted already, of {dollars(posted.amount)} on {posted.paid_on}. If this one is "
        f"right, undo that one first: ims-billing reconcile --undo {posted.id} --reason TEXT."
    )


def _without_line(posted: PostedPayment) -> str:
    return (
        "That payment was posted before, without this line, and nothing of it is left. If this file is right, undo "
        f"what was posted first: ims-billing reconcile --undo {posted.id} --reason TEXT."
    )
