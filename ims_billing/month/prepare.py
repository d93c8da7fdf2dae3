"""Prepares a month: classifies, looks up, checks and judges its sessions, makes claims, proves the totals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from ims_billing.checks import Desk, run_checks
from ims_billing.checks.notes import said_against
from ims_billing.clinic.clinic import Clinic
from ims_billing.month.choices import InQuestion, again_of_one_insurer, claims_in_question
from ims_billing.month.claims import MADE_OF, claim_lines, prices
from ims_billing.month.months import months_in
from ims_billing.month.reasons import TakenOut, reasons_not_to_bill, taken_out
from ims_billing.month.totals import proven_totals
from ims_billing.sessions.claim_state import ClaimStates, claim_states, with_claims_in_the_way
from ims_billing.sessions.classify import classify
from ims_billing.sessions.decisions import Decided, claim_in_question, decide
from ims_billing.sessions.other_visits import of_patients, unclaimed_visits, with_visit_by_history
from ims_billing.sessions.recall import Recall, recall
from ims_billing.sessions.session_keys import opaque_keys
from ims_billing.sessions.settling import Examined, closed_copies, settle, with_copies_refused
from ims_billing.vocabulary.frames import (
    CELL_FINDINGS,
    DECISIONS,
    JUDGED,
    ON_LEDGER,
    SESSIONS,
    UNCLAIMED,
    as_frame,
    empty,
    prove,
)
from ims_billing.vocabulary.identity import (
    joined,
    ledger_keys,
    natural_parts,
    reused_ids,
    same_session,
)
from ims_billing.vocabulary.intake import Intake
from ims_billing.vocabulary.model import Memory, Totals
from ims_billing.vocabulary.persons import likely_copies
from ims_billing.vocabulary.progress import Progress, no_progress
from ims_billing.vocabulary.quoting import Names, without_names


class InsurerTotal(NamedTuple):
    """An insurer's claims of a month: their number, and their sum in cents."""

    insurer: str
    claims: int
    cents: int


@dataclass(frozen=True)
class Month:
    """One run over the sessions of a month."""

    month: str | None
    """The month that is billed, as 2026-10; None for all months in the files."""
    as_of: dt.date
    """The day of the run."""
    clinic: Clinic
    """The clinic's setup."""
    intake: Intake
    """The files, with corrected cells."""
    sessions: pd.DataFrame
    """Every session and what became of it (JUDGED)."""
    findings: pd.DataFrame
    """The findings about them (FINDINGS)."""
    claims: pd.DataFrame
    """The claims in the making (CLAIMS)."""
    prices: pd.DataFrame
    """The fee list's answer for the sessions that were checked (PRICES)."""
    totals: Totals
    """The control totals, proven."""
    decided: Decided
    """The decisions about these sessions."""
    earlier: pd.DataFrame
    """Sessions of months before (JUDGED) that would be claimed if their month were billed."""
    elsewhere: pd.DataFrame
    """The active claims of any month (ON_LEDGER) whose sessions are not in the files."""
    taken_out: tuple[TakenOut, ...] = ()
    """The sessions that are not billed because of a correct value."""
    sent_before: frozenset[str] = frozenset()
    """The months that were billed before this program came, as far as the ledger knew before this run."""
    in_question: Mapping[str, InQuestion] = field(default_factory=dict)
    """The claims that changed or were voided, by number."""

    def months(self) -> dict[str, int]:
        """The number of sessions by calendar month."""
        return months_in(self.sessions)

    def by_insurer(self) -> list[InsurerTotal]:
        """The month's claims added up by insurer."""
        groups = self.claims.groupby("insurer", sort=False)["amount_cents"]
        return [InsurerTotal(str(name), len(amounts), int(amounts.sum())) for name, amounts in groups]


# What the checks look at in a session whose service is not billed here.
_OF_OTHERS = ["service_name", "service", "evidence", "doubt", "strange_words", "profession", "may_needle"]


@dataclass(frozen=True)
class Scope:
    """The settings of a run: the clinic, what is billed, and what is remembered."""

    clinic: Clinic
    """The clinic's setup."""
    month: str | None
    """The month to bill, as 2026-10; None for all months in the files."""
    as_of: dt.date
    """The day of the run."""
    memory: Memory = field(default_factory=lambda: Memory(empty(ON_LEDGER), empty(UNCLAIMED), empty(DECISIONS)))
    """The ledger's claims, unclaimed visits and decisions of all months; empty if there is no ledger."""
    replacing: str = ""
    """Number of the voided claim whose session is claimed again; empty if none."""
    already_sent: bool = False
    """True if the claims were sent before this program came, and in time."""


def prepare_month(intake: Intake, scope: Scope, progress: Progress = no_progress) -> Month:
    """Classifies, checks and prices the sessions of a month, and proves that every one is accounted for.

    intake: the sessions of the files
    scope: the settings of the run
    progress: called at each step

    Raises RuntimeError or TypeError for a bug only: a fault of a session is a finding.
    """
    progress("Classifying")
    classified = _classify(intake, scope)
    progress("Looking up earlier claims")
    lookup = _look_up(classified, scope)
    checked = _check(classified, lookup, scope, progress)
    progress("Making the claims")
    judged = _judge(classified, lookup, checked, scope)
    return Month(
        month=scope.month,
        as_of=scope.as_of,
        clinic=scope.clinic,
        intake=classified.decided.intake,
        sessions=judged.sessions,
        findings=checked.findings,
        claims=judged.claims,
        prices=checked.prices,
        totals=proven_totals(
            classified.decided.intake, judged.sessions, judged.claims, int(intake.sessions["fee_cents"].sum())
        ),
        decided=checked.decided,
        earlier=_earlier(judged.sessions, lookup, scope),
        elsewhere=lookup.states.recalled.elsewhere,
        taken_out=taken_out(intake.sessions, judged.sessions, classified.decided),
        sent_before=scope.memory.sent_before,
        in_question=claims_in_question(judged.sessions, scope.memory),
    )


@dataclass(frozen=True)
class _Classified:
    """The sessions as classified."""

    sessions: pd.DataFrame
    """CLASSIFIED, with corrected cells and the opaque `key`."""
    natural: pd.Series[str]
    """The natural key of each session."""
    patient: pd.Series[str]
    """One key per patient, by session."""
    copies: list[tuple[int, int]]
    """Pairs of positions in `sessions` that are one visit as far as their rows say."""
    group: pd.Series[int]
    """Equal numbers for the copies of one session."""
    shifted: pd.Series[bool]
    """True if the cells of a row may be in the wrong columns, so that none of them is certain."""
    decided: Decided
    """The decisions about these sessions, as far as they are not about claims."""


def _classify(intake: Intake, scope: Scope) -> _Classified:
    prove(intake.sessions, SESSIONS)
    intake = _without_names(intake)
    prove(intake.cell_findings, CELL_FINDINGS)
    sessions = classify(intake.sessions, scope.clinic)
    # A correction must not change the key, so the key comes from the row as it was read.
    keys = opaque_keys(sessions)
    compared = _compared(sessions)
    copies = compared.group.groupby(compared.group).transform("size")
    decided = decide(intake, keys, copies, scope.memory.decisions, scope.clinic)
    if decided.corrected:
        sessions = classify(decided.intake.sessions, scope.clinic)
        compared = _compared(sessions)
    bad = decided.intake.cell_findings

    def has_bad(column: str) -> pd.Series[bool]:
        return pd.Series(sessions.index.isin(bad.loc[bad["column"] == column, "session"]), index=sessions.index)

    shifted = has_bad("line")
    sessions = sessions.assign(
        key=keys,
        # An error in the insurer's cell reads as blank, which must not mean that the patient pays.
        insurer_id=sessions["insurer_id"].mask(has_bad("insurer"), ""),
        insurer_name=sessions["insurer_name"].mask(shifted, ""),
    )
    return _Classified(sessions, *compared, shifted, decided)


class _Compared(NamedTuple):
    """The sessions as compared with each other: see _Classified."""

    natural: pd.Series[str]
    patient: pd.Series[str]
    copies: list[tuple[int, int]]
    group: pd.Series[int]


def _compared(sessions: pd.DataFrame) -> _Compared:
    parts = natural_parts(sessions)
    natural, copies = joined(parts), likely_copies(sessions, parts["practitioner"])
    return _Compared(natural, parts["patient"], copies, same_session(sessions, natural, copies))


def _without_names(intake: Intake) -> Intake:
    """The files with messages about statuses that quote no word of a patient's or insured's name."""
    bad = intake.cell_findings
    about = bad["kind"] == "status-not-recognised"
    if not about.any():
        return intake
    names = Names.of(intake.sessions)
    messages = bad["message"].mask(about, bad.loc[about, "message"].map(lambda text: without_names(text, names)))
    return replace(intake, cell_findings=bad.assign(message=messages.astype("str")))


@dataclass(frozen=True)
class _Lookup:
    """The sessions with their claims on the ledger."""

    sessions: pd.DataFrame
    """The classified sessions with every column of JUDGED but `at_row_fee`, `outcome` and `service_code`."""
    states: ClaimStates
    """Each session's claim state after decisions."""
    recalled: Recall
    """The ledger's claims of these sessions, before decisions."""
    unclaimed: pd.DataFrame
    """Visits on the ledger that have no claim."""
    dated: pd.Series[bool]
    """True for sessions with a readable date."""
    candidates: pd.Series[bool]
    """True for the sessions that the checks examine."""
    undated: pd.Series[bool]
    """True for sessions without a date that no reason settles."""


def _look_up(classified: _Classified, scope: Scope) -> _Lookup:
    sessions, decided, clinic = classified.sessions, classified.decided, scope.clinic
    reason = reasons_not_to_bill(sessions, clinic, scope.as_of, month=scope.month).mask(classified.shifted, "")
    sessions = sessions.assign(reason=reason)
    dated = sessions["service_date"].notna() & ~classified.shifted
    history = prove(scope.memory.claims, ON_LEDGER)
    recognised = partial(decided.recognised, resembled=scope.memory.resembled)
    # Another month's visits, and those of other services, have no claim that a note could be against.
    billable = sessions[~reason.isin(("outside-month", "other-service")) & bool(len(history))]
    against = said_against(billable, decided.open_cells(), _statuses(decided), clinic)
    read = sessions.assign(**against.reindex(sessions.index, fill_value=""))
    recalled = recall(read, classified.patient, history, clinic, scope.replacing, decided.preference(), recognised)
    billed_now = [scope.month] if scope.month else None
    unclaimed = unclaimed_visits(scope.memory.unclaimed, sessions, recalled, clinic, billed_now=billed_now)
    sessions = with_visit_by_history(sessions, recalled, unclaimed)
    states = claim_states(sessions, recalled, decided, dated, scope.replacing)
    reason = reason.mask(states.on_ledger, "")
    never = sessions.index.isin(states.never_billed) & (reason == "") & ~states.on_ledger
    # A reused id cannot identify the session: the ledger finds it by its natural key.
    own_id = sessions["session_id"].mask(recalled.reused | reused_ids(sessions), "")
    sessions = sessions.assign(
        own_id=own_id,
        natural_key=ledger_keys(sessions["start"], own_id, classified.natural),
        replaces=states.replaces,
        reason=reason.mask(never, "decided-not-to-bill"),
        claim=states.frame["claim"].where(states.frame["state"] == "claimed", ""),
        about_claim=claim_in_question(states.frame),
    )
    candidates = dated & (sessions["reason"] == "") & ~states.on_ledger
    return _Lookup(sessions, states, recalled, unclaimed, dated, candidates, ~dated & (reason == ""))


def _statuses(decided: Decided) -> frozenset[int]:
    """The sessions whose status somebody corrected."""
    return frozenset(place.session for place in decided.corrected if place.kind == "status-not-recognised")


@dataclass(frozen=True)
class _Checked:
    """FINDINGS after decisions, and PRICES of the sessions that were checked.

    `decided` are the decisions, with those refused that do not count; `closed` are copies of sessions of which another
    copy is billed, as decided.
    """

    findings: pd.DataFrame
    prices: pd.DataFrame
    decided: Decided
    closed: frozenset[int]


def _check(classified: _Classified, lookup: _Lookup, scope: Scope, progress: Progress) -> _Checked:
    sessions, states, decided = lookup.sessions, lookup.states, lookup.states.decided
    candidates = sessions[lookup.candidates]
    priced = prices(candidates, scope.clinic)
    months = [scope.month] if scope.month else [*months_in(sessions)]
    desk = Desk(
        candidates=candidates,
        sessions=sessions,
        other=sessions.loc[sessions["reason"] == "other-service", _OF_OTHERS],
        prices=priced,
        group=classified.group,
        copies=classified.copies,
        patient=lookup.recalled.patient,
        bad_cells=decided.open_cells(),
        states=states.frame,
        claimed=states.recalled.elsewhere,
        gone=states.gone(months),
        moved=states.moved(months, sessions["service_date"]),
        active=states.recalled.active,
        seconds=of_patients(scope.memory.seconds, states.recalled.active),
        numbers=scope.memory.numbers,
        has_claim=states.has_claim,
        unclaimed=lookup.unclaimed,
        clinic=scope.clinic,
        as_of=scope.as_of,
        in_time=again_of_one_insurer(sessions, scope.memory.claims) | scope.already_sent,
        corrected=frozenset(place.session for place in decided.corrected),
        status_corrected=_statuses(decided),
    )
    findings = run_checks(desk, lookup.undated, progress)
    examined = Examined(
        candidates=set(sessions.index[lookup.candidates | lookup.undated]),
        group=classified.group,
        claimed=set(sessions.index[states.has_claim]),
        states=states.frame,
    )
    decided = with_copies_refused(decided, examined)
    findings = settle(findings, decided, examined)
    findings = with_claims_in_the_way(findings, sessions, candidates.index, scope.memory.claims, scope.replacing)
    closed = closed_copies(findings, decided, examined)
    left = findings[~findings["session"].isin(closed)].reset_index(drop=True)
    return _Checked(left, priced, decided, frozenset(closed))


@dataclass(frozen=True)
class _Judged:
    """Every session with its outcome (JUDGED), and the claims (CLAIMS)."""

    sessions: pd.DataFrame
    claims: pd.DataFrame


def _judge(classified: _Classified, lookup: _Lookup, checked: _Checked, scope: Scope) -> _Judged:
    sessions, findings = lookup.sessions, checked.findings
    held = sessions.index.isin(findings.loc[findings["severity"] == "hold", "session"])
    # Where a session takes the place of a claim, as decided, the rows that the claim stood for are not to be billed.
    replaced = sessions.loc[lookup.candidates & ~held & (sessions["replaces"] != ""), "replaces"]
    closed = sessions.index.isin(checked.closed) | sessions["claim"].isin(replaced)
    sessions = sessions.assign(
        reason=sessions["reason"].mask(closed, "decided-not-to-bill"), claim=sessions["claim"].mask(closed, "")
    )
    outcome = np.select(
        [sessions["reason"] != "", held, lookup.states.frame["state"] == "claimed"],
        ["not_billed", "held", "already_claimed"],
        default="claimed",
    )
    sessions = sessions.assign(
        outcome=pd.Series(outcome, index=sessions.index, dtype="str"),
        at_row_fee=sessions.index.isin(checked.decided.at_row_fee()),
    )
    is_clear = sessions["outcome"] == "claimed"
    claims = claim_lines(sessions.loc[is_clear, MADE_OF], checked.prices, findings, scope.clinic)
    code = sessions.index.to_series().map(claims.set_index("session")["service_code"])
    return _Judged(as_frame(sessions.assign(service_code=code.astype("str").fillna("")), JUDGED), claims)


def _earlier(sessions: pd.DataFrame, lookup: _Lookup, scope: Scope) -> pd.DataFrame:
    """The sessions of earlier months that would be claimed if their month were billed."""
    outside = sessions["reason"] == "outside-month"
    if scope.month is None or not outside.any():
        return sessions.iloc[:0]
    in_any_month = reasons_not_to_bill(sessions, scope.clinic, scope.as_of, month=None)
    billable = (in_any_month == "") & (lookup.recalled.states["state"] == "")
    billable &= ~sessions.index.isin(lookup.states.never_billed)
    earlier = sessions[outside & billable & lookup.dated]
    return earlier[earlier["service_date"] < pd.Timestamp(f"{scope.month}-01")]
