"""Posts what insurers paid to the ledger, and takes it back: what `reconcile` does."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

import pandas as pd

from ims_billing.clinic import Clinic
from ims_billing.ledger import Ledger
from ims_billing.ledger_file import Waiting
from ims_billing.model import FileRead
from ims_billing.receivables import answers
from ims_billing.remittance import HELD, RESULTS, Payment, reconciled


@dataclass(frozen=True)
class Reconciliation:
    """What `reconcile` found: the files, the payments with their lines, the ledger's numbers of what it posted."""

    as_of: dt.date
    files: tuple[FileRead, ...]
    payments: tuple[Payment, ...]
    posted: tuple[int, ...] | None

    def counts(self) -> dict[str, int]:
        """How many lines came to each result."""
        found = Counter(line.result for payment in self.payments for line in payment.lines)
        return {result: found[result] for result in RESULTS if found[result]}

    def cents(self) -> dict[str, int]:
        """What was paid by result, in cents."""
        paid: Counter[str] = Counter()
        for payment in self.payments:
            for line in payment.lines:
                paid[line.result] += line.paid
        return {result: paid[result] for result in self.counts()}

    @property
    def held(self) -> int:
        """How many lines post nothing, because it is not certain what they pay."""
        return sum(self.counts().get(result, 0) for result in HELD)


def reconcile(
    lines: pd.DataFrame,
    files: tuple[FileRead, ...],
    clinic: Clinic,
    ledger: Ledger,
    *,
    as_of: dt.date,
    dry_run: bool = False,
    waiting: Waiting = lambda _: None,
) -> Reconciliation:
    """Matches the lines (REMITTANCE) to the ledger's claims, and posts what is certain; all of it, or none.

    With `dry_run` nothing is recorded.
    """
    if dry_run:
        with ledger.reading():
            return Reconciliation(as_of, files, _matched(lines, clinic, ledger), None)
    with ledger.writing(waiting, "reconcile"):
        found = _matched(lines, clinic, ledger)
        posted = ledger.post(found, as_of)
    return Reconciliation(as_of, files, found, tuple(posted))


def _matched(lines: pd.DataFrame, clinic: Clinic, ledger: Ledger) -> tuple[Payment, ...]:
    claims = ledger.claims()
    position = {claim: answer.position for claim, answer in answers(claims, ledger.postings()).items()}
    return tuple(reconciled(lines, claims, position, ledger.payments(), clinic))
