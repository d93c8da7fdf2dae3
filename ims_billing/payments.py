"""Posts what insurers paid, and says what they owe: what `reconcile` and `aging` do."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ims_billing.aging import aging
from ims_billing.clinic import Clinic
from ims_billing.findings import BillingError
from ims_billing.ledger import Ledger
from ims_billing.ledger_file import Waiting
from ims_billing.model import WORK, FileRead, prove
from ims_billing.reading.intake import nobody_to_ask
from ims_billing.reading.spreadsheet import AskPassword
from ims_billing.reading.worklist import read_worklist
from ims_billing.receivables import answers
from ims_billing.remittance import HELD, RESULTS, Payment, reconciled
from ims_billing.saving import is_shared, probe, write_all
from ims_billing.second_insurer import TooMuch, asked_too_much
from ims_billing.workbooks.aging_report import aging_report
from ims_billing.workbooks.protection import keep_protection, protected


@dataclass(frozen=True)
class Reconciliation:
    """What `reconcile` found: the files, the payments with their lines, the ledger's numbers of what it posted.

    `too_much` are claims to second insurers that ask for more than the first ones leave now.
    """

    as_of: dt.date
    files: tuple[FileRead, ...]
    payments: tuple[Payment, ...]
    posted: tuple[int, ...] | None
    too_much: tuple[TooMuch, ...] = ()

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
    def months(self) -> list[str]:
        """The months whose claims it posted to."""
        postings = (p for payment in self.payments for line in payment.lines for p in line.postings)
        return sorted({p.claim[:7] for p in postings}) if self.posted else []

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
        too_much = asked_too_much(ledger.claims(), ledger.postings())
    return Reconciliation(as_of, files, found, tuple(posted), too_much)


def _matched(lines: pd.DataFrame, clinic: Clinic, ledger: Ledger) -> tuple[Payment, ...]:
    claims = ledger.claims()
    position = {claim: answer.position for claim, answer in answers(claims, ledger.postings()).items()}
    return tuple(reconciled(lines, claims, position, ledger.payments(), clinic))


@dataclass(frozen=True)
class Aged:
    """What `aging` found: the AGING frame, how many notes it read for the first time, and the workbook."""

    as_of: dt.date
    frame: pd.DataFrame
    noted: int
    written: Path


def age(
    ledger: Ledger,
    out: Path,
    clinic: str,
    *,
    as_of: dt.date,
    password: str = "",
    ask: AskPassword = nobody_to_ask,
    waiting: Waiting = lambda _: None,
) -> Aged:
    """What is not paid as claimed on a day, and its workbook; what was typed into earlier ones is read first.

    Raises BillingError, with nothing recorded, where that cannot be read, or the workbook could not be written.
    """
    target = out / f"aging-{as_of}.xlsx"
    keep_protection(target, password)
    probe(target)
    folder = str(out.resolve())
    with ledger.reading():
        left = ledger.aging_left(folder)
    typed = _typed(out, left, lambda name, again: password if password and not again else ask(name, again))
    with ledger.writing(waiting, "aging"):
        new = _newly_noted(typed, ledger, as_of)
        ledger.note(new)
        found = aging(ledger.claims(), ledger.postings(), ledger.work(), ledger.batches_made(), as_of)
        content = aging_report(found, clinic, as_of)
        content = protected(content, password) if password else content
        write_all({target: content}, shared=is_shared(out))
        ledger.mark_aging(folder, target.name, hashlib.sha256(content).hexdigest())
    return Aged(as_of, found, len(new), target)


def _typed(out: Path, left: dict[str, str], ask: AskPassword) -> list[tuple[str, str, str, str, str]]:
    """What stands in the aging workbooks of a folder that were saved since they were written, the oldest first."""
    lines = []
    for path in sorted(out.glob("aging-*.xlsx")):
        content = b"" if path.name.startswith("~$") else path.read_bytes()
        if content and left.get(path.name) != hashlib.sha256(content).hexdigest():
            lines += read_worklist(path.name, content, ask)
    return lines


def _newly_noted(typed: list[tuple[str, str, str, str, str]], ledger: Ledger, on: dt.date) -> pd.DataFrame:
    """What of it was never read before: the WORK frame; raises BillingError for a claim that there is not."""
    known = set(ledger.work()[["claim", "owner", "status", "note"]].itertuples(index=False, name=None))
    claims = set(ledger.claims()["claim"])
    new = []
    for place, claim, *words in typed:
        if claim not in claims:
            raise BillingError(f"{place}: {claim} is no claim on the ledger.")
        if (claim, *words) not in known:
            known.add((claim, *words))
            new.append((claim, *words, pd.Timestamp(on)))
    frame = pd.DataFrame(new, columns=[column.name for column in WORK])
    return prove(frame.astype({column.name: column.dtype for column in WORK}), WORK)
