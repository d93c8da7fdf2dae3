"""The month's whole story: sessions in; outcomes, findings, claims and proven control totals out."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ims_billing.checks import Desk, run_checks
from ims_billing.clinic.clinic import Clinic
from ims_billing.month.claims import claim_lines, prices
from ims_billing.sessions.claim_state import Standing, stand, with_those_in_the_way
from ims_billing.sessions.classify import classify
from ims_billing.sessions.decisions import Decided, about_claim, decide
from ims_billing.sessions.other_visits import unclaimed_visits, with_visit_by_history
from ims_billing.sessions.recall import recall
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import (
    CELL_FINDINGS,
    DECISIONS,
    ON_LEDGER,
    SELF_PAY,
    SESSIONS,
    UNCLAIMED,
    empty,
    prove,
)
from ims_billing.vocabulary.identity import ledger_keys, natural_keys, own_key, same_session
from ims_billing.vocabulary.model import DID_NOT_TAKE_PLACE, OUTCOMES, Intake, Memory, Progress, Totals, no_progress
from ims_billing.vocabulary.spelling import bare, day_text, sources


@dataclass(frozen=True)
class Month:
    """One run over the sessions of a month (or, with `month` None, of all months that came).

    `sessions` is the classified frame, with what was corrected, and `outcome`, `reason` (of what is not billed), `key`
    (opaque), `service_code`, `claim` (on the ledger already) and `about_claim` (that changed or was taken back);
    `findings` is the FINDINGS frame; `claims` the CLAIMS frame; `decided` what was decided about the sessions.
    `earlier` are the sessions of months before that would be claimed if their month were; `elsewhere` the active
    claims of any month whose sessions are not in the files.
    """

    month: str | None
    as_of: dt.date
    clinic: Clinic
    intake: Intake
    sessions: pd.DataFrame
    findings: pd.DataFrame
    claims: pd.DataFrame
    prices: pd.DataFrame
    totals: Totals
    decided: Decided
    earlier: pd.DataFrame
    elsewhere: pd.DataFrame

    @property
    def held(self) -> pd.DataFrame:
        """The sessions that are held."""
        return self.sessions[self.sessions["outcome"] == "held"]

    def months(self) -> dict[str, int]:
        """How many of its sessions lie in each calendar month."""
        return months_in(self.sessions)

    def by_insurer(self) -> list[tuple[str, int, int]]:
        """Name, claims and cents asked for, of each insurer."""
        groups = self.claims.groupby("insurer", sort=False)["amount_cents"]
        return [(str(name), len(amounts), int(amounts.sum())) for name, amounts in groups]


def months_in(sessions: pd.DataFrame) -> dict[str, int]:
    """How many sessions lie in each month, by month, in their order; sessions without a date in none."""
    counts = day_text(sessions["service_date"], "%Y-%m").value_counts().sort_index()
    return {str(name): int(count) for name, count in counts.items() if name}


def only_month(sessions: pd.DataFrame) -> str:
    """The one month that the sessions lie in; raises BillingError, with counts, where there are more or none."""
    found = months_in(sessions)
    if len(found) == 1:
        return next(iter(found))
    if not found:
        raise BillingError("No session has a date that can be read; say which month with --month 2026-10.")
    counts = ", ".join(f"{month} ({count} session{'' if count == 1 else 's'})" for month, count in found.items())
    most = max(found, key=lambda month: found[month])
    raise BillingError(f"The sessions lie in several months: {counts}. Say which to claim with --month {most}.")


def prepare_month(
    intake: Intake,
    clinic: Clinic,
    *,
    month: str | None,
    as_of: dt.date,
    memory: Memory | None = None,
    replacing: str = "",
    already_sent: bool = False,
    progress: Progress = no_progress,
) -> Month:
    """Classifies, checks and prices the sessions of a month, and proves that every one is accounted for.

    `memory` is what the ledger knows, of any month. What was decided about a session counts before the checks. The
    session of the voided claim `replacing` is claimed anew. With `already_sent` the claims went out before this
    program came: they were in time.
    """
    prove(intake.sessions, SESSIONS)
    prove(intake.cell_findings, CELL_FINDINGS)
    memory = memory or Memory(empty(ON_LEDGER), empty(UNCLAIMED), empty(DECISIONS))
    progress("Classifying")
    classified = _classified(intake, clinic, memory.decisions)
    sessions, decided = classified.sessions, classified.decided
    in_any_month = _reasons(sessions, clinic, as_of, month=None)
    sessions["reason"] = _reasons(sessions, clinic, as_of, month=month).mask(classified.shifted, "")
    dated = sessions["service_date"].notna() & ~classified.shifted
    undated = ~dated & (sessions["reason"] == "")

    progress("Looking up earlier claims")
    recalled = recall(sessions, prove(memory.claims, ON_LEDGER), clinic, replacing, decided.preference())
    beside = unclaimed_visits(memory.unclaimed, sessions, recalled, clinic, billed_now=[month] if month else None)
    sessions = with_visit_by_history(sessions, recalled, beside)
    standing = stand(sessions, recalled, decided, dated, replacing)
    sessions = _with_standing(sessions, standing)
    # An id that was an altogether different session's says nothing: the ledger knows this one by its natural key.
    ids = sessions["session_id"].mask(recalled.reused, "")
    sessions["natural_key"] = ledger_keys(sessions.assign(session_id=ids), classified.natural)

    candidates = sessions[dated & (sessions["reason"] == "") & ~standing.on_ledger]
    desk = Desk(
        candidates=candidates,
        sessions=sessions,
        other=sessions[sessions["reason"] == "other-service"],
        prices=prices(candidates, clinic),
        group=classified.group,
        patient=recalled.patient,
        bad_cells=decided.open_cells(),
        standing=standing.frame,
        claimed=standing.known.elsewhere,
        gone=standing.gone([month] if month else months_in(sessions)),
        active=standing.known.active,
        has_claim=standing.has_claim,
        unclaimed=beside,
        clinic=clinic,
        as_of=as_of,
        in_time=(sessions["replaces"] != "") | already_sent,
    )
    findings = run_checks(desk, undated, progress)
    asked = set(candidates.index.union(sessions.index[undated]))
    claimed = set(sessions.index[standing.has_claim])
    findings = decided.settled(findings, standing.frame, asked, desk.group, claimed)
    known_as = sessions.assign(session_id=ids)
    findings = with_those_in_the_way(findings, known_as, candidates.index, memory.claims, replacing)

    progress("Making the claims")
    sessions["outcome"] = _outcomes(sessions, findings, standing)
    at_row_fee = [label for label, kind in decided.billed() if kind == "fee-not-as-listed"]
    sessions["at_row_fee"] = sessions.index.isin(at_row_fee)
    clear = sessions[sessions["outcome"] == "claimed"]
    priced = desk.prices.loc[clear.index]
    claims = claim_lines(clear.assign(session_id=ids[clear.index]), priced, _remarks(findings), clinic)
    code = claims.set_index("session")["service_code"]
    sessions["service_code"] = sessions.index.to_series().map(code).astype("str").fillna("")
    billable = (in_any_month == "") & (recalled.standing["state"] == "") & ~sessions.index.isin(standing.never)
    earlier = sessions[(sessions["reason"] == "outside-month") & billable & dated]
    earlier = earlier[earlier["service_date"] < pd.Timestamp(f"{month}-01")] if month else earlier.iloc[:0]
    return Month(
        month=month,
        as_of=as_of,
        clinic=clinic,
        intake=decided.intake,
        sessions=sessions,
        findings=findings,
        claims=claims,
        prices=desk.prices,
        totals=_proven(decided.intake, sessions, claims, int(intake.sessions["fee_cents"].sum())),
        decided=decided,
        earlier=earlier,
        elsewhere=standing.known.elsewhere,
    )


@dataclass(frozen=True)
class _Classified:
    """The classified sessions with what was corrected, and with their `key`.

    `natural` is the natural key and `group` the number of each, equal for the copies of one session. The line of a
    session that is `shifted` may have its cells in wrong columns: it says nothing for sure.
    """

    sessions: pd.DataFrame
    natural: pd.Series[str]
    group: pd.Series[int]
    shifted: pd.Series[bool]
    decided: Decided


def _classified(intake: Intake, clinic: Clinic, decisions: pd.DataFrame) -> _Classified:
    sessions = classify(intake.sessions, clinic)
    # A session is known by what its row says, whatever is corrected.
    keys = _opaque(sessions)
    natural = natural_keys(sessions)
    group = same_session(sessions, natural)
    decided = decide(intake, keys, group.groupby(group).transform("size"), decisions, clinic)
    if decided.corrected:
        sessions = classify(decided.intake.sessions, clinic)
        natural = natural_keys(sessions)
        group = same_session(sessions, natural)
    bad = decided.intake.cell_findings

    def has_bad(column: str) -> pd.Series[bool]:
        return pd.Series(sessions.index.isin(bad.loc[bad["column"] == column, "session"]), index=sessions.index)

    shifted = has_bad("line")
    sessions = sessions.assign(
        key=keys,
        # Where the insurer's cell holds an error, blank does not mean that the patient pays.
        insurer_id=sessions["insurer_id"].mask(has_bad("insurer"), ""),
        insurer_name=sessions["insurer_name"].mask(shifted, ""),
    )
    return _Classified(sessions, natural, group, shifted, decided)


def _with_standing(sessions: pd.DataFrame, standing: Standing) -> pd.DataFrame:
    """The sessions with what they replace, the claim each has or is about, and why it is not billed, if so decided."""
    reason = sessions["reason"].mask(standing.on_ledger, "")
    decided_not = sessions.index.isin(standing.never) & (reason == "") & ~standing.on_ledger
    frame = standing.frame
    return sessions.assign(
        replaces=standing.replaces,
        reason=reason.mask(decided_not, "decided-not-to-bill"),
        claim=frame["claim"].where(frame["state"] == "claimed", ""),
        about_claim=about_claim(frame),
    )


def _outcomes(sessions: pd.DataFrame, findings: pd.DataFrame, standing: Standing) -> pd.Series[str]:
    not_billed = sessions["reason"] != ""
    held = sessions.index.isin(findings.loc[findings["severity"] == "hold", "session"])
    outcome = np.select(
        [not_billed, held, standing.frame["state"] == "claimed"],
        ["not_billed", "held", "already_claimed"],
        default="claimed",
    )
    return pd.Series(outcome, index=sessions.index, dtype="str")


def _reasons(sessions: pd.DataFrame, clinic: Clinic, as_of: dt.date, *, month: str | None) -> pd.Series[str]:
    """Why each session is not billed, the first that applies; empty where none does.

    A session whose date cannot be read goes on: it is held for that, whatever else it is.
    """
    date = sessions["service_date"]
    location = sessions["location"].map({text: bare(text) for text in sessions["location"].unique()})
    here = {bare(name) for name in clinic.block.locations}
    outside = (day_text(date, "%Y-%m") != month) if month else pd.Series(False, index=sessions.index)
    # Without a service nobody can say that it is another service: the session goes on, and is held for it.
    billed_here = sessions["service"].isin(clinic.block.bill) | (sessions["service_name"] == "")
    reason = np.select(
        [
            date.isna(),
            outside,
            sessions["status"].isin(DID_NOT_TAKE_PLACE),
            ~billed_here,
            sessions["fee_stated"] & (sessions["fee_cents"] == 0),
            sessions["insurer_id"] == SELF_PAY,
            ~location.isin(here | {""}) if here else pd.Series(False, index=sessions.index),
            sessions["insurer_paid"],
            sessions["billed"],
            date > pd.Timestamp(as_of),
        ],
        [
            "",
            "outside-month",
            sessions["status"],
            "other-service",
            "no-charge",
            "self-pay",
            "other-location",
            "already-paid",
            "billed-elsewhere",
            "in-the-future",
        ],
        default="",
    )
    return pd.Series(reason, index=sessions.index, dtype="str")


def _remarks(findings: pd.DataFrame) -> pd.Series[str]:
    """The findings of each session, a line each: kind and message."""
    told: dict[int, list[str]] = {}
    for session, kind, message in findings[["session", "kind", "message"]].itertuples(index=False, name=None):
        told.setdefault(session, []).append(f"{kind}: {' '.join(message.split())}")
    return pd.Series({session: "\n".join(lines) for session, lines in told.items()}, dtype="str")


def _opaque(sessions: pd.DataFrame) -> pd.Series[str]:
    """A key per session that says nothing of the patient and stays the same from run to run.

    Made of the session id, else of what its own row says, else of the place; copies of one session are counted.
    """
    base = sessions["session_id"]
    base = base.mask(base == "", own_key(sessions))
    base = base.mask(base == "", sources(sessions))
    ordinal = base.groupby(base).cumcount().astype("str")
    hashed = [hashlib.sha256(text.encode()).hexdigest()[:12] for text in base + "\x1f" + ordinal]
    return pd.Series(hashed, index=sessions.index, dtype="str")


def _proven(intake: Intake, sessions: pd.DataFrame, claims: pd.DataFrame, cents_read: int) -> Totals:
    """The control totals; raises RuntimeError where they do not add up, which is a bug, never a loss."""
    files = intake.files
    outcome = sessions["outcome"]
    took_place = ~sessions["status"].isin(DID_NOT_TAKE_PLACE)
    took_place &= ~sessions["reason"].isin(("outside-month", "in-the-future")) & sessions["service_date"].notna()
    totals = Totals(
        rows=sum(file.rows for file in files),
        sessions=len(sessions),
        repeated=sum(file.repeated for file in files),
        tied=sum(file.tied for file in files),
        set_aside=sum(file.set_aside for file in files),
        counts={name: int((outcome == name).sum()) for name in OUTCOMES},
        cents_read=cents_read,
        cents_corrected=int(sessions["fee_cents"].sum()) - cents_read,
        cents={name: int(sessions.loc[outcome == name, "fee_cents"].sum()) for name in OUTCOMES},
        took_place=int(took_place.sum()),
        ims=int((took_place & (sessions["service"] == "ims")).sum()),
    )
    adds_up = (
        all(f.rows == f.sessions + f.repeated + f.tied + f.set_aside for f in files)
        and sum(f.sessions for f in files) == totals.sessions == sum(totals.counts.values())
        and totals.cents_read + totals.cents_corrected == sum(totals.cents.values())
        and len(claims) == totals.counts["claimed"]
        and int(claims["fee_cents"].sum()) == totals.cents["claimed"]
    )
    if not adds_up:
        raise RuntimeError(f"the control totals do not add up: {totals}")
    return totals
