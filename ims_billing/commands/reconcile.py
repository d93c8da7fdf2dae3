"""Posts what insurers paid, or takes a payment back: what `reconcile` does."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.commands.workplace import Workplace
from ims_billing.month.second_insurer import Uneven, uneven
from ims_billing.payments.payment import RESULTS, Payment
from ims_billing.payments.posting import reconciled
from ims_billing.vocabulary.model import FileRead
from ims_billing.vocabulary.spelling import month_of


@dataclass(frozen=True)
class Reconciliation:
    """What `reconcile` found: the files, the payments with their lines, the ledger's numbers of what it posted.

    `uneven` are claims to second insurers that ask for more, or less, than the first ones leave now.
    """

    as_of: dt.date
    files: tuple[FileRead, ...]
    payments: tuple[Payment, ...]
    posted: tuple[int, ...] | None
    uneven: tuple[Uneven, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many lines came to each result."""
        lines = Counter(line.result for payment in self.payments for line in payment.lines)
        return {result: lines[result] for result in RESULTS if lines[result]}

    def cents(self) -> dict[str, int]:
        """What was paid by result, in cents."""
        paid: Counter[str] = Counter()
        for payment in self.payments:
            for line in payment.lines:
                paid[line.result] += line.paid
        return {result: paid[result] for result in self.counts()}

    @property
    def months(self) -> list[str]:
        """The months whose claims it posted to."""
        postings = (p for payment in self.payments for line in payment.lines for p in line.postings)
        return sorted({month_of(p.claim) for p in postings}) if self.posted else []

    @property
    def held(self) -> int:
        """How many lines post nothing, because it is not certain what they pay."""
        return sum(line.held for payment in self.payments for line in payment.lines)


def reconcile(
    lines: pd.DataFrame,
    files: tuple[FileRead, ...],
    clinic: Clinic,
    at: Workplace,
    *,
    as_of: dt.date,
    dry_run: bool = False,
    accept_overpayment: bool = False,
) -> Reconciliation:
    """Matches the lines (REMITTANCE) to the ledger's claims, and posts what is certain; all of it, or none.

    With `dry_run` nothing is recorded; `accept_overpayment` posts amounts above a claim too.
    """

    ledger = at.ledger

    def matched() -> tuple[Payment, ...]:
        claims, postings, payments = ledger.claims(), ledger.postings(), ledger.payments()
        return tuple(
            reconciled(lines, claims, postings, payments, clinic, as_of, accept_overpayment=accept_overpayment)
        )

    if dry_run:
        with ledger.reading():
            return Reconciliation(as_of, files, matched(), None)
    with ledger.writing(at.waiting, "reconcile"):
        payments = matched()
        posted = ledger.post(payments, as_of)
        unlike = uneven(ledger.claims(), ledger.postings())
    return Reconciliation(as_of, files, payments, tuple(posted), unlike)


@dataclass(frozen=True)
class Undone:
    """A payment that was undone: its number, insurer and amount in cents, and the claims that it was posted to."""

    payment: int
    insurer: str
    cents: int
    claims: tuple[str, ...]
    uneven: tuple[Uneven, ...]

    @property
    def months(self) -> list[str]:
        """The months of these claims."""
        return sorted({month_of(claim) for claim in self.claims})


def undo(payment: int, reason: str, at: Workplace, *, as_of: dt.date) -> Undone:
    """Takes a posted payment back; raises BillingError where there is none, or another one took back what it paid."""
    ledger = at.ledger
    with ledger.writing(at.waiting, f"undo {payment}"):
        insurer, cents, claims = ledger.undo(payment, as_of, reason)
        unlike = uneven(ledger.claims(), ledger.postings())
    return Undone(payment, insurer, cents, tuple(claims), unlike)
