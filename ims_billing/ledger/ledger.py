"""The clinic's memory: the batches and claims of every month, what was held, and what of it is in the files."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ims_billing.ledger.answers import answered_alike
from ims_billing.ledger.batches import Batches
from ims_billing.ledger.claims import Claims
from ims_billing.ledger.decisions import Decisions
from ims_billing.ledger.file import show_nobody
from ims_billing.ledger.files_written import FilesWritten
from ims_billing.ledger.identity import Identified, Setup
from ims_billing.ledger.marks import batch_mark
from ims_billing.ledger.months import Months
from ims_billing.ledger.postings import Payments
from ims_billing.ledger.remembered import claims_in_reach, numbers_of_others, unclaimed_visits
from ims_billing.ledger.sendings import Sendings
from ims_billing.ledger.stored import origins, payers, stored, totals
from ims_billing.payments.aging import closed_claims
from ims_billing.payments.positions import positions, who_pays
from ims_billing.vocabulary.claim_numbers import ClaimNumber, claim_number, voided_with
from ims_billing.vocabulary.entries import Posted, entries_of
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import NO_SESSION

if TYPE_CHECKING:
    # What a run and a month are is loaded where one is made: who looks at what is owed needs neither.
    from ims_billing.vocabulary.model import Batch, Memory, MonthView, Origin, Reach, Run

# The voided claims of a month that no workbook has named to their insurer: all, or some with those that follow them.
_UNREPORTED = (
    "month = ? AND voided_on IS NOT NULL AND void_batch IS NULL AND (? IS NULL "
    "OR claim IN (SELECT value FROM json_each(?)) OR follows IN (SELECT value FROM json_each(?)))"
)


class Ledger(Identified):
    """One clinic's ledger: its file, and by parts what stands in it. All belongs within `reading` or `writing`."""

    def __init__(self, path: Path, setup: Setup | None = None, notify: Callable[[str], None] = show_nobody) -> None:
        super().__init__(path, setup, notify)
        self.claims = Claims(self)
        self.batches = Batches(self)
        self.months = Months(self)
        self.decisions = Decisions(self, self.months)
        self.payments = Payments(self, self.months)
        self.sendings = Sendings(self, self.months)
        self.files = FilesWritten(self)

    def memory(self, reach: Reach | None = None) -> Memory:
        """Loads what a run needs of all months: the claims, the visits without a claim, the decisions.

        With `reach`, of claims and visits only what can matter for those sessions.
        """
        from ims_billing.vocabulary.model import Memory

        if reach is None:
            claims, numbers = self.claims.all(), None
        else:
            claims, numbers = self.claims.by_id(claims_in_reach(self, reach)), numbers_of_others(self)
        follows = claims["follows"] != ""
        firsts, seconds = claims[~follows].reset_index(drop=True), claims[follows & claims["voided_on"].isna()]
        unclaimed = unclaimed_visits(self, reach)
        sent_before, paid = self.batches.months_sent_before(), self.payments.paid(firsts["claim"])
        decisions, resembled = self.decisions.all(), self.months.resembled()
        return Memory(firsts, unclaimed, decisions, numbers, sent_before, seconds, paid, resembled)

    def month(self, month: str) -> MonthView:
        """The month as its files show it; raises BillingError where the ledger knows nothing of it."""
        from ims_billing.vocabulary.model import MonthView

        pages = self.rows("SELECT origin, totals, payers FROM page WHERE month = ?", month)
        if not pages:
            months = ", ".join(self.months.all()) or "no month"
            raise BillingError(f"{self.path}: nothing of {month} is on the ledger; it knows {months}.")
        origin, kept_totals, kept_payers = pages[0]
        attention, not_billed = self.months.listing(month)
        claims = self.claims.of_month(month)
        postings = self.payments.postings(claims["claim"])
        return MonthView(
            month=month,
            as_of=self.months.last_change(month),
            origin=stored(origins(), origin),
            totals=stored(totals(), kept_totals),
            claims=claims,
            attention=attention,
            not_billed=not_billed,
            earlier=self.months.earlier(month),
            decisions=self.decisions.of_month(month),
            money=positions(claims, postings),
            payers=stored(payers(), kept_payers),
            sendings=self.sendings.latest(month),
            batches=self.batches.of_month(month),
            replaced_elsewhere=self.claims.replaced_elsewhere(month),
            closed=closed_claims(self.payments.notes(), entries_of(postings, Posted)),
            ledger=self.identity()[0],
        )

    def batch_of(self, number: str) -> Batch:
        """The batch that made a claim; raises BillingError where there is no claim of that number."""
        claim = self.claims.of_number(number).iloc[0]
        return next(batch for batch in self.batches.of_month(claim["month"]) if batch.number == claim["batch"])

    def add_batch(
        self, run: Run, *, already_sent: bool = False, voids: Collection[str] | None = None
    ) -> tuple[int | None, dict[int, str]]:
        """Records the run's claims, and tells insurers of voids they have not heard of, as the month's next batch.

        With `voids`, of those claims' only: a run that did not look for the sessions of the others leaves them open.
        Returns its number, None where there is neither; and the claim numbers by session, which continue for each
        month and insurer, and are those of `numbers`.
        """
        # A batch that was sent before has no workbook that could tell of a void: the next one will.
        which = (run.month, *[None if voids is None else json.dumps(list(voids))] * 3)
        unreported = [] if already_sent else self.rows(f"SELECT 1 FROM claim WHERE {_UNREPORTED}", *which)
        if run.claims.empty and not unreported:
            return None, {}
        number = 1 + self.rows("SELECT coalesce(max(number), 0) FROM batch WHERE month = ?", run.month)[0][0]
        origin = self._with_voided(run, which) if unreported else run.origin
        numbers = self.numbers(run)
        self.insert_batch(run, number, origin, numbers, already_sent=already_sent)
        if unreported:
            self.claims.change("void_batch = ?", (number,), _UNREPORTED, *which)
        self.months.count_change(run.month)
        self.claims.insert(run.month, number, numbers, run.claims)
        numbered = zip(run.claims["session"].tolist(), numbers, strict=True)
        return number, {session: claim for session, claim in numbered if session != NO_SESSION}

    def _identify(self, run: Run) -> None:
        """Gives a new ledger its id: by the sessions of its first run, not by the bytes of the files they came in."""
        sessions = [run.claims["natural_key"], run.attention["session"], run.not_billed["session"]]
        keys = "\x1f".join(key for column in sessions for key in column.tolist())
        self.identify(run.origin.clinic, f"{run.month} {run.as_of} {keys}")

    def insert_batch(
        self, run: Run, number: int, origin: Origin, numbers: Sequence[str], *, already_sent: bool
    ) -> None:
        """Adds the batch, with the mark by which its files are known to be of this ledger."""
        self._identify(run)
        as_of, stated = run.as_of.isoformat(), origins().dump_json(origin).decode()
        keys = (run.claims[name].tolist() for name in ("natural_key", "insurer_id", "amount_cents"))
        claims = zip(numbers, *keys, strict=True)
        before = self.last_batch()
        mark = batch_mark(before.mark or before.ledger, run.month, number, f"{as_of} {int(already_sent)}", claims)
        self._batches.append(f"{run.month}-batch-{number}")
        columns = ("month", "number", "as_of", "already_sent", "origin", "mark")
        self.insert("batch", columns, [(run.month, number, as_of, int(already_sent), stated, mark)])

    def _with_voided(self, run: Run, which: Sequence[object]) -> Origin:
        """The run's origin, with the insurers that only get a void, as their last batch had them."""
        insurers = {insurer.id: insurer for insurer in run.origin.insurers}
        for batch in reversed(self.batches.of_month(run.month)):
            for insurer in batch.origin.insurers:
                insurers.setdefault(insurer.id, insurer)
        voided = self.rows(f"SELECT DISTINCT insurer_id FROM claim WHERE {_UNREPORTED}", *which)
        more = [insurers[i] for (i,) in voided if i not in {insurer.id for insurer in run.origin.insurers}]
        return replace(run.origin, insurers=(*run.origin.insurers, *more))

    def numbers(self, run: Run) -> list[str]:
        """A number for each claim of the run: month, the insurer's short code, and the next ordinal of both."""
        codes = {insurer.id: insurer.code for insurer in run.origin.insurers}
        last: dict[str, int] = {}
        for (claim,) in self.rows("SELECT claim FROM claim WHERE month = ?", run.month):
            number = claim_number(str(claim))
            last[number.code] = max(last.get(number.code, 0), number.ordinal)
        numbers = []
        for insurer_id in run.claims["insurer_id"].tolist():
            code = codes[insurer_id]
            last[code] = last.get(code, 0) + 1
            numbers.append(ClaimNumber(run.month, code, last[code]).text())
        return numbers

    def void(self, number: str, on: dt.date, reason: str) -> None:
        """Takes a claim back, and the one that follows it. Their history stays.

        Raises BillingError where it is voided already, or was made after that day.
        """
        frame = self.claims.of_number(number)
        claim = frame.iloc[0]
        claimed_on = "SELECT as_of FROM batch WHERE month = ? AND number = ?"
        made_on = str(self.rows(claimed_on, claim["month"], int(claim["batch"]))[0][0])
        if on.isoformat() < made_on:
            raise BillingError(
                f"{number} was claimed on {made_on}, and can't be voided on {on}, before that. Give the day with "
                "--as-of."
            )
        if frame["voided_on"].notna().any():
            raise BillingError(f"{number} was already voided, on {claim['voided_on']:%Y-%m-%d}.")
        take_back, day = "voided_on = ?, void_reason = ?", on.isoformat()
        for column, why in (("follows", voided_with(number)), ("claim", reason)):
            self.claims.change(take_back, (day, why), f"voided_on IS NULL AND {column} = ?", number)
        self.months.count_change(claim["month"])

    def set_page(self, run: Run) -> None:
        """Keeps what the run found beside its claims, in place of what the month's run before found."""
        self._identify(run)
        self.months.set_page(run)

    def _meet(self, *, changes: bool) -> None:
        super()._meet(changes=changes)
        self.months.begin()

    def _before_commit(self) -> None:
        """Months that were changed show how insurers answer: counted once, when all of the change is on the ledger."""
        super()._before_commit()
        if self.months.are_changed:
            claims, counts = answered_alike(self)
            self.months.keep_answers(who_pays(claims, self.payments.postings(claims["claim"]), counts))
