"""The command `claim`: records a month on the ledger and writes its files."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.commands.decided_in_folder import DecidedIn, decided_in, unread_decisions
from ims_billing.commands.folder import finish, write
from ims_billing.commands.refusals import (
    go_on_without_the_rest,
    probe,
    refuse_an_outdated_ledger,
    refuse_files_of_another_ledger,
)
from ims_billing.commands.sent_in_folder import note_again, note_sendings, unread_sendings
from ims_billing.commands.workplace import Workplace
from ims_billing.ledger.ledger import Ledger
from ims_billing.ledger.rows import frame_of_rows
from ims_billing.month.prepare import Month, Scope, prepare_month
from ims_billing.month.reach import reach_of
from ims_billing.month.reasons import TakenOut
from ims_billing.month.run import empty_run, run_of, with_balances
from ims_billing.month.second_insurer import Balances, SecondPlan, balances_due, uneven
from ims_billing.month.second_plans import as_plans_allow, limited_insurers
from ims_billing.payments.positions import answers
from ims_billing.sessions.decisions import latest_of_lines
from ims_billing.sessions.open_lines import obsolete_lines
from ims_billing.sessions.patient_ids import refuse_patient_ids
from ims_billing.vocabulary.claim_numbers import month_of
from ims_billing.vocabulary.entries import Sending
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.findings import CATALOGUE, REASONS
from ims_billing.vocabulary.frames import ATTENTION, CLAIMS, DECISIONS, NOT_BILLED, Column, empty, prove
from ims_billing.vocabulary.intake import Intake
from ims_billing.vocabulary.model import Memory, Run
from ims_billing.vocabulary.progress import Progress
from ims_billing.workbooks.files import Written
from ims_billing.workbooks.probes import probe_summary


@dataclass(frozen=True)
class Recorded:
    """The outcome of `claim`."""

    month: Month
    """The month as it was prepared."""
    batch: int | None
    """The number of the new batch; None if nothing was new."""
    numbers: dict[int, str]
    """The claim numbers of the new batch, by session."""
    written: Written | None
    """The files of the month that were written; None if they were up to date."""
    decisions: pd.DataFrame
    """The decisions that were read for the first time (DECISIONS)."""
    balances: Balances
    """The new claims to second insurers, of any month, with their numbers as `claim`."""
    elsewhere: tuple[Written, ...] = ()
    """The files written of other months whose claims were replaced or followed."""
    batches: tuple[tuple[str, int], ...] = ()
    """The new batches of other months: month and number."""
    marks: tuple[Sending, ...] = ()
    """What was read for the first time of the sheet To send."""
    also_held: tuple[int, int] = (0, 0)
    """The sessions of earlier files of the month that are on hold still: how many, and their fees in cents."""


@dataclass(frozen=True)
class Request:
    """A month to claim, and how."""

    intake: Intake
    """The sessions of the files."""
    clinic: Clinic
    """The clinic's setup."""
    month: str
    """The month to claim, as 2026-10."""
    as_of: dt.date
    """The day of the run."""
    already_sent: bool = False
    """Record the claims as sent before this program came: no insurer workbooks, no second insurers."""
    strict: bool = False
    """Record nothing if a session is held."""
    new_ledger: bool = False
    """Accept a new ledger where the folder holds workbooks of claims."""
    decisions: Path | None = None
    """A workbook with decisions beside the month's own."""
    overrule: bool = False
    """Let decisions in an older copy of a workbook replace those that were read later."""

    def memory(self, ledger: Ledger) -> Memory:
        """Loads what the ledger knows that can matter for these sessions."""
        return ledger.memory(reach_of(self.intake, self.clinic, ledger.decisions.all(), self.month))

    def prepare(self, memory: Memory, progress: Progress) -> Month:
        """Prepares the month by what the ledger holds; raises BillingError where session ids number patients."""
        refuse_patient_ids(self.intake.sessions, memory.claims, self.clinic.file)
        return prepare_month(
            self.intake,
            Scope(self.clinic, month=self.month, as_of=self.as_of, memory=memory, already_sent=self.already_sent),
            progress,
        )

    def balances(self, run: Run, prepared: Month, ledger: Ledger) -> Balances:
        """The claims to second insurers that are due with this run; none if it was already sent."""
        return Balances(empty(CLAIMS)) if self.already_sent else due_from_second_insurers(run, prepared, ledger)


def foresee(request: Request, at: Workplace) -> tuple[Month, Balances]:
    """Prepares the month as `claim` would, with the decisions that it would read, and records nothing.

    Returns the month and the claims to second insurers that are due.
    """
    ledger = at.ledger
    workbooks = decided_in(at, request.month, request.decisions)
    with ledger.reading():
        if not request.new_ledger:
            refuse_files_of_another_ledger(at, [request.month])
        memory = request.memory(ledger)
        new = unread_decisions(ledger, request.month, workbooks, request.as_of, overrule=request.overrule)
        decided = replace(memory, decisions=pd.concat([memory.decisions, new], ignore_index=True))
        prepared = request.prepare(decided, at.progress)
        return prepared, request.balances(run_of(prepared), prepared, ledger)


def typed_taken_out(request: Request, at: Workplace) -> tuple[TakenOut, ...]:
    """The sessions that a correct value takes out of the month, once `claim` reads what is typed in its summary.

    Empty where nothing was typed, and where it can't be read: `claim` says why.
    """
    try:
        if at.ledger.exists and decided_in(at, request.month, None):
            return foresee(request, at)[0].taken_out
    except BillingError:
        pass
    return ()


def claim(request: Request, at: Workplace) -> Recorded:
    """Records the new claims of a month as its next batch, then writes the month's files; all of it, or nothing.

    The decisions in the month's workbook are read and recorded first. New claims are found within the write
    transaction, because another command may have recorded some of them in the meantime.

    Raises BillingError with nothing recorded if a file could not be written, if the folder holds workbooks of batches
    that the ledger lacks (unless `new_ledger`), or if a session is held (with `strict`). If a file cannot be written
    after all, the error names the batch and the command that writes it.
    """
    ledger, month = at.ledger, request.month
    probe_summary(month, at.out, at.password)
    if not request.new_ledger:
        finish(at, month)
    workbooks = decided_in(at, month, request.decisions)
    read = {book.sha256 for book in workbooks}
    with ledger.writing(at.waiting, f"claim {month}", may_add_batch=True):
        if request.new_ledger:
            go_on_without_the_rest(at)
        refuse_files_of_another_ledger(at, [month])
        new = _take_decisions(request, ledger, workbooks)
        note_sendings(ledger, marks := note_again(ledger, month))
        unread = unread_sendings(ledger, month, workbooks, overrule=request.overrule)
        note_sendings(ledger, unread)
        prepared = request.prepare(request.memory(ledger), at.progress)
        if request.strict and prepared.totals.counts["held"]:
            raise BillingError("Sessions are on hold and --strict was given: nothing was recorded.")
        at.progress("Recording")
        recorded = _record(request, prepared, at, decisions=new)
        for each in (month, *recorded.other_months):
            probe(at, each, read)
        held = ledger.months.listing(month)[0].drop_duplicates("session")
        held = held[~held["session"].isin(prepared.sessions["key"])]
    written = write(at, month, recorded.batch, read)
    elsewhere = [write(at, each, None, read) for each in recorded.other_months]
    return Recorded(
        month=prepared,
        batch=recorded.batch,
        numbers=recorded.numbers,
        written=written,
        decisions=new,
        balances=recorded.balances,
        elsewhere=tuple(one for one in elsewhere if one),
        batches=recorded.batches,
        marks=(*marks, *unread),
        also_held=(len(held), int(held["fee_cents"].sum())),
    )


def _take_decisions(request: Request, ledger: Ledger, workbooks: Sequence[DecidedIn]) -> pd.DataFrame:
    """Records the decisions in these workbooks that are not on the ledger yet, and returns them (DECISIONS).

    A command that is repeated takes those of its first run: the workbooks that they stood in may be written over.
    """
    again = frame_of_rows(ledger.recorded_again("decision", [column.name for column in DECISIONS]), DECISIONS)
    ledger.decisions.take(again)
    new = unread_decisions(ledger, request.month, workbooks, request.as_of, overrule=request.overrule)
    ledger.decisions.take(new)
    return new if again.empty else prove(pd.concat([again, new], ignore_index=True), DECISIONS)


class _OnLedger(NamedTuple):
    """A run once the ledger holds it; `other_months` are those whose claims it changed or added to."""

    batch: int | None
    numbers: dict[int, str]
    balances: Balances
    other_months: list[str]
    batches: tuple[tuple[str, int], ...]


def _record(request: Request, prepared: Month, at: Workplace, *, decisions: pd.DataFrame) -> _OnLedger:
    """Records the run of a prepared month, within the write transaction.

    Raises BillingError if the folder shows that the ledger is an old copy.
    """
    ledger, month = at.ledger, request.month
    run = _with_open_lines(run_of(prepared), prepared, ledger)
    totals = replace(run.totals, months_before=ledger.months.before(month))
    run = replace(run, totals=totals, earlier=ledger.months.open_lines(month))
    months = _taken_back(run, ledger)
    balances = request.balances(run, prepared, ledger)
    run, *others = _with_balances(run, balances.claims, request.clinic)
    batch, numbers = ledger.add_batch(run, already_sent=request.already_sent)
    if not request.already_sent:
        # The void belongs to a batch of its claim's month: without one, the insurer would keep both claims.
        have = {other.month for other in others}
        others += [empty_run(run, each) for each in months if each not in have]
    # Of these months no session was looked for, but those whose claims the run replaces.
    replaced = [number for number in run.claims["replaces"].tolist() if number]
    added = [(other.month, ledger.add_batch(other, voids=replaced)[0]) for other in others]
    batches = tuple((name, number) for name, number in added if number is not None)
    if len(balances.claims):
        second = ledger.claims.with_second_insurers()
        second = second[second["follows"].isin(balances.claims["follows"]) & second["voided_on"].isna()]
        balances = replace(balances, claims=second)
    if batch is None:
        ledger.months.keep_read(file.sha256 for file in run.origin.files)
    if batch is not None or len(decisions) or _tells_of_others(run, ledger):
        ledger.set_page(run)
    for name, number in [] if request.new_ledger else [*batches, (month, batch)]:
        if number is not None:
            refuse_an_outdated_ledger(at, name, number)
    other_months = list(dict.fromkeys([*months, *(other.month for other in others)]))
    return _OnLedger(batch, numbers, balances, other_months, batches)


def _taken_back(run: Run, ledger: Ledger) -> list[str]:
    """Voids the claims that the run's claims replace, as decided; returns the other months that have to say so."""
    months = []
    for number in run.claims.loc[run.claims["replaces"] != "", "replaces"]:
        old = ledger.claims.of_number(str(number)).iloc[0]
        if pd.isna(old["voided_on"]):
            ledger.void(str(number), run.as_of, "Replaced, as decided: the session changed after it was claimed.")
        # One that somebody had voided before may be on no workbook yet.
        if pd.isna(old["void_batch"]):
            months.append(str(old["month"]))
    return [month for month in dict.fromkeys(months) if month != run.month]


def due_from_second_insurers(run: Run, month: Month, ledger: Ledger) -> Balances:
    """Finds the claims to second insurers that are due now, for the ledger's claims and those of the run."""
    stated = stated_second_plans(month.sessions)
    if not stated and not (run.claims["secondary_insurer"] != "").any() and not ledger.claims.knows_second_insurers():
        return Balances(empty(CLAIMS))
    claims = ledger.claims.with_second_insurers(stated)
    postings = ledger.payments.postings(claims["claim"])
    numbers = ledger.numbers(run)
    both = pd.concat([claims, run.claims.drop(columns="session").assign(claim=numbers)], ignore_index=True)
    answered = {} if postings.empty else answers(claims, postings)
    due = balances_due(both, answered, stated, ledger.claims.sent_before(), month.clinic, _on_hold(run, month, ledger))
    # A first claim that is claimed again takes along the balance that was billed in time.
    followed = set(both["follows"])
    in_time = set(both.loc[(both["replaces"] != "") & both["replaces"].isin(followed), "claim"])
    due = allowed_by_plans(due, both, ledger, month, in_time)
    # One command puts the plan and the amount right.
    another = {waiting.claim for waiting in due.waiting}
    return replace(due, uneven=tuple(each for each in uneven(claims, postings) if each.claim not in another))


def _on_hold(run: Run, month: Month, ledger: Ledger) -> set[str]:
    """The claims whose sessions are on hold: as changed since, on any month's page, or decided and held for else."""
    kind, lines = "changed-since-claimed", run.attention
    held = month.sessions.loc[month.sessions["outcome"] == "held", "replaces"]
    return {*lines.loc[lines["kind"] == kind, "claim"], *held, *ledger.months.claims_on_hold(kind, but=run.month)}


def allowed_by_plans(
    due: Balances, claims: pd.DataFrame, ledger: Ledger, month: Month, in_time: Collection[str]
) -> Balances:
    """The balances that their plans still take; the others wait. See `as_plans_allow`.

    `claims` (ON_LEDGER) are those that the balances follow, and the run's own.
    """
    if limited := limited_insurers(due, month.clinic):
        claims = pd.concat([claims, ledger.claims.active_to(limited)], ignore_index=True).drop_duplicates("claim")
    replaced = {*claims["replaces"]} - {""}
    active = claims[claims["voided_on"].isna() & ~claims["claim"].isin(replaced) & ~claims["follows"].isin(replaced)]
    return as_plans_allow(due, active, month.clinic, month.as_of, in_time)


def stated_second_plans(sessions: pd.DataFrame) -> dict[str, SecondPlan]:
    """The second plans that the files state now, by the claim of the session."""
    stated = sessions[(sessions["claim"] != "") & (sessions["secondary_insurer"] != "")]
    cells = (stated[name] for name in ("secondary_insurer", "secondary_policy", "secondary_member"))
    return dict(zip(stated["claim"], map(SecondPlan, *cells), strict=True))


def _with_balances(run: Run, claims: pd.DataFrame, clinic: Clinic) -> list[Run]:
    """Adds claims to second insurers to the run of their month; other months get a run of their own after it."""
    if claims.empty:
        return [run]
    by_month = dict(list(claims.groupby(claims["follows"].map(month_of))))
    own = by_month.pop(run.month, None)
    runs = [run if own is None else with_balances(run, own, clinic)]
    return runs + [with_balances(empty_run(run, month), part, clinic) for month, part in sorted(by_month.items())]


def _with_open_lines(run: Run, month: Month, ledger: Ledger) -> Run:
    """Adds the lines of earlier files of the month that are still open, because these files do not have their sessions.

    A line decided as Do not bill is closed; another decision waits until its file comes again.
    """
    claims = ledger.claims.of_month(run.month)
    held, not_billed = (
        lines[~obsolete_lines(lines, month.sessions, claims, month.elsewhere)]
        for lines in ledger.months.listing(run.month)
    )
    if held.empty and not_billed.empty:
        return run
    decided = latest_of_lines(held, ledger.decisions.all())
    never = decided["never"]
    # Do not bill for a changed session keeps its claim, so the session is not listed as not billed.
    kept = held["kind"] == "changed-since-claimed"
    closed = (
        held[never & ~held["session"].isin(held.loc[never & kept, "session"])]
        .drop_duplicates("session")
        .assign(reason="decided-not-to-bill", why=REASONS["decided-not-to-bill"].meaning)
    )
    held = held.assign(waits=np.where(decided["waits"], _WAITS, ""))
    return replace(
        run,
        attention=_both(run.attention, held[~never], ATTENTION),
        not_billed=_both(
            _both(run.not_billed, not_billed, NOT_BILLED), closed[[c.name for c in NOT_BILLED]], NOT_BILLED
        ),
    )


_WAITS = "It is decided; claim the month with its file too, so that the decision counts."


def _both(now: pd.DataFrame, before: pd.DataFrame, columns: tuple[Column, ...]) -> pd.DataFrame:
    return now if before.empty else prove(pd.concat([now, before], ignore_index=True), columns)


def _tells_of_others(run: Run, ledger: Ledger) -> bool:
    """True if others are held, not billed or open of earlier months than the ledger lists, ignoring row numbers."""
    if run.month not in ledger.months.all():
        return True
    held, not_billed = ledger.months.listing(run.month)
    by_rows = [kind.kind for kind in CATALOGUE.values() if kind.names_rows]
    stated = [
        lines.assign(problem=lines["problem"].mask(lines["kind"].isin(by_rows), "")) for lines in (run.attention, held)
    ]
    # Each export of a month holds more sessions of the next one: they change nothing in this one.
    billed = [lines[lines["reason"] != "outside-month"] for lines in (run.not_billed, not_billed)]
    earlier = (run.earlier, ledger.months.earlier(run.month))
    return any(_lines(now) != _lines(then) for now, then in (stated, billed, earlier))


def _lines(frame: pd.DataFrame) -> Counter[tuple[str, ...]]:
    # Row numbers, and the words of this version for a kind or a reason, are no change.
    facts = frame.drop(columns=["source", "title", "ways", "why"], errors="ignore")
    return Counter(facts.astype("str").itertuples(index=False, name=None))
