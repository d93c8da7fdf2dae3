"""The command `reconcile`: posts insurers' payments to claims, or undoes a payment."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.commands.folder import finish, probe_months
from ims_billing.commands.refusals import refuse_files_of_another_ledger
from ims_billing.commands.workplace import Workplace
from ims_billing.ledger.ledger import Ledger
from ims_billing.month.second_insurer import Uneven, uneven
from ims_billing.payments.payers import names_of_patients
from ims_billing.payments.payment import RESULTS, Payment, number_key
from ims_billing.payments.payment_lines import is_sum
from ims_billing.payments.posting import Recorded, reconciled
from ims_billing.vocabulary.claim_numbers import month_of
from ims_billing.vocabulary.intake import FileRead
from ims_billing.vocabulary.spelling import day_text


@dataclass(frozen=True)
class Reconciliation:
    """The outcome of `reconcile`."""

    as_of: dt.date
    """The day of the run."""
    files: tuple[FileRead, ...]
    """The files that were read."""
    payments: tuple[Payment, ...]
    """The payments in them, with every line's result."""
    posted: tuple[int, ...] | None
    """The ledger's numbers of the payments it posted; None for a dry run."""
    uneven: tuple[Uneven, ...] = ()
    """Claims to second insurers whose amount is not the balance any more."""

    def counts(self) -> dict[str, int]:
        """The number of lines by result."""
        lines = Counter(line.result for payment in self.payments for line in payment.lines)
        return {result: lines[result] for result in RESULTS if lines[result]}

    def cents(self) -> dict[str, int]:
        """The amount paid by result, in cents."""
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
        """The number of lines that post nothing because it is not certain which claims they pay."""
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
    """Matches payment lines to claims, and posts the certain ones in one transaction.

    lines: the rows of the files (REMITTANCE)
    files: an account of each file
    clinic: the clinic's setup
    at: the workplace
    as_of: the day of the run
    dry_run: record nothing
    accept_overpayment: post amounts above a claim too

    Raises BillingError with nothing recorded if a workbook of a month that is paid could not be written: it is open
    elsewhere, or protected and no password was given.
    """

    ledger = at.ledger

    def matched() -> tuple[Payment, ...]:
        recorded = _recorded(lines, ledger)
        return tuple(reconciled(lines, recorded, clinic, as_of, accept_overpayment=accept_overpayment))

    if dry_run:
        with ledger.reading():
            return Reconciliation(as_of, files, matched(), None)
    finish(at)
    with ledger.writing(at.waiting, "reconcile"):
        refuse_files_of_another_ledger(at, [])
        payments = matched()
        done = Reconciliation(as_of, files, payments, tuple(ledger.payments.post(payments, as_of)), _uneven(ledger))
        probe_months(at, done.months)
    return done


def _recorded(lines: pd.DataFrame, ledger: Ledger) -> Recorded:
    """The ledger's side of these lines: their claims and payments."""
    claims = _claims_that_may_be_paid(lines, ledger)
    return Recorded(
        claims=claims,
        postings=ledger.payments.postings(claims["claim"]),
        payments=ledger.payments.standing(map(number_key, lines["payment_number"]), day_text(lines["payment_date"])),
        patients=names_of_patients(ledger.claims.names()),
        numbers=ledger.payments.numbers(),
    )


def _claims_that_may_be_paid(lines: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """The claims that lines can mean: by their numbers and days; any claim where a line is a sum without detail."""
    if any(is_sum(cells) for cells in lines.itertuples()):
        return ledger.claims.all()
    return ledger.claims.that_may_be_paid(
        {number.strip().upper() for number in lines["claim"]}, set(day_text(lines["service_date"])) - {""}
    )


def _uneven(ledger: Ledger) -> tuple[Uneven, ...]:
    claims = ledger.claims.with_second_insurers()
    return uneven(claims, ledger.payments.postings(claims["claim"]))


@dataclass(frozen=True)
class Undone:
    """A payment that was undone: its number, insurer, amount in cents, and claims."""

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
    """Undoes a posted payment.

    Raises BillingError with nothing recorded if there is none, a later payment reversed it, or a workbook of its months
    could not be written.
    """
    ledger = at.ledger
    finish(at)
    with ledger.writing(at.waiting, f"undo {payment}"):
        refuse_files_of_another_ledger(at, [])
        insurer, cents, claims = ledger.payments.undo(payment, as_of, reason)
        done = Undone(payment, insurer, cents, tuple(claims), _uneven(ledger))
        probe_months(at, done.months)
    return done
