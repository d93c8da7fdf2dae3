"""The month's whole story: sessions in; outcomes, findings, claims and proven control totals out."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ims_billing.checks import Desk, findings_frame, run_checks
from ims_billing.claims import claim_lines, prices
from ims_billing.classify import classify
from ims_billing.clinic import Clinic
from ims_billing.decisions import BILL, Decided, about_claim, decide
from ims_billing.findings import CATALOGUE, BillingError
from ims_billing.history import Recall, recall
from ims_billing.identity import ledger_keys, natural_keys, own_key, same_session
from ims_billing.model import (
    CELL_FINDINGS,
    DECISIONS,
    DID_NOT_TAKE_PLACE,
    FINDINGS,
    NO_SESSION,
    ON_LEDGER,
    OUTCOMES,
    SELF_PAY,
    SESSIONS,
    UNCLAIMED,
    Intake,
    Memory,
    Totals,
    bare,
    day_text,
    empty,
    prove,
    sources,
)
from ims_billing.visits import unclaimed_visits, with_visit_by_history


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
) -> Month:
    """Classifies, checks and prices the sessions of a month, and proves that every one is accounted for.

    `memory` is what the ledger knows, of any month. What was decided about a session counts before the checks. The
    session of the voided claim `replacing` is claimed anew. With `already_sent` the claims went out before this
    program came: they were in time.
    """
    prove(intake.sessions, SESSIONS)
    prove(intake.cell_findings, CELL_FINDINGS)
    memory = memory or Memory(empty(ON_LEDGER), empty(UNCLAIMED), empty(DECISIONS))
    cents_read = int(intake.sessions["fee_cents"].sum())
    sessions = classify(intake.sessions, clinic)
    # A session is known by what its row says, whatever is corrected.
    keys = _opaque(sessions)
    natural = natural_keys(sessions)
    alike = same_session(sessions, natural)
    copies = alike.groupby(alike).transform("size")
    decided = decide(intake, keys, copies, memory.decisions, clinic)
    intake = decided.intake
    if decided.corrected:
        sessions = classify(intake.sessions, clinic)
        natural = natural_keys(sessions)
        alike = same_session(sessions, natural)
    sessions = _without_self_pay_by_error(sessions, intake).assign(key=keys)
    # A line whose cells may stand in wrong columns says nothing for sure: it is held for that, and for no more.
    shifted = sessions.index.isin(intake.cell_findings.loc[intake.cell_findings["column"] == "line", "session"])
    sessions["insurer_name"] = sessions["insurer_name"].mask(shifted, "")
    in_any_month = _reasons(sessions, clinic, as_of, month=None)
    sessions["reason"] = _reasons(sessions, clinic, as_of, month=month).mask(shifted, "")
    dated = sessions["service_date"].notna() & ~shifted
    known = recall(sessions, prove(memory.claims, ON_LEDGER), clinic, replacing, decided.preference())
    beside = unclaimed_visits(memory.unclaimed, sessions, known, clinic, billed_now=[month] if month else None)
    sessions = with_visit_by_history(sessions, known, beside)
    of_replaced = (known.standing[["claim", "resembles"]] == replacing).any(axis=1) & (replacing != "")
    sessions["replaces"] = pd.Series(replacing, index=sessions.index, dtype="str").where(of_replaced, "")
    standing = _standing(sessions, known, dated)
    never = decided.not_to_bill()
    for label, (decision, claim) in decided.about_claims(standing, sessions["reason"]).items():
        if decision == BILL and label not in never:
            sessions.loc[label, "replaces"] = claim
        elif standing.at[label, "state"] == "voided":
            never.add(label)
        else:  # the claim stays as it is, and it is of this session
            standing.loc[label, ["state", "claim"]] = ["claimed", claim]
    # What has an active claim is never not billed, whatever else was decided about it.
    stands = known.standing["state"].isin(("claimed", "changed")) & sessions.index.isin(never)
    stands &= sessions["reason"] != "outside-month"
    standing["state"] = standing["state"].mask(stands, "claimed")
    standing["claim"] = standing["claim"].mask(stands, known.standing["claim"])
    settled = (sessions["replaces"] != "") | (sessions.index.isin(never) & (standing["state"] == "voided"))
    standing["state"] = standing["state"].mask(settled, "")
    known = known.without(set(sessions["replaces"]))
    on_ledger = standing["state"] != ""
    sessions["reason"] = sessions["reason"].mask(on_ledger, "")
    decided_not = sessions.index.isin(never) & (sessions["reason"] == "") & ~on_ledger
    sessions["reason"] = sessions["reason"].mask(decided_not, "decided-not-to-bill")
    sessions["claim"] = standing["claim"].where(standing["state"] == "claimed", "")
    sessions["about_claim"] = about_claim(standing)
    # An id that was an altogether different session's says nothing: the ledger knows this one by its natural key.
    ids = sessions["session_id"].mask(known.reused, "")
    sessions["natural_key"] = ledger_keys(sessions.assign(session_id=ids), natural)
    candidates = sessions[dated & (sessions["reason"] == "") & ~on_ledger]
    priced = prices(candidates, clinic)
    billed_now = known.elsewhere["month"].isin([month] if month else months_in(sessions).keys())
    resembled = known.elsewhere["claim"].isin(standing["resembles"])
    desk = Desk(
        candidates=candidates,
        sessions=sessions,
        other=sessions[sessions["reason"] == "other-service"],
        prices=priced,
        group=alike,
        patient=known.patient,
        bad_cells=decided.open_cells(),
        standing=standing,
        claimed=known.elsewhere,
        gone=known.elsewhere[known.expected & billed_now & ~resembled],
        active=known.active,
        has_claim=known.standing["state"].isin(("claimed", "changed")) & (sessions["replaces"] == ""),
        unclaimed=beside,
        clinic=clinic,
        as_of=as_of,
        in_time=(sessions["replaces"] != "") | already_sent,
    )
    undated = ~dated & (sessions["reason"] == "")
    findings = _once(pd.concat([_cell_findings(desk, undated), run_checks(desk)], ignore_index=True))
    claimed = sessions.index[known.standing["state"].isin(("claimed", "changed")) & (sessions["replaces"] == "")]
    asked = candidates.index.union(sessions.index[undated])
    findings = decided.settled(findings, standing, set(asked), desk.group, set(claimed))
    findings = findings.sort_values(["session", "severity"], kind="stable", ignore_index=True)
    findings = _with_those_in_the_way(findings, sessions.assign(session_id=ids), desk, memory.claims, replacing)
    holds = findings.loc[findings["severity"] == "hold", "session"]
    held = sessions.index.to_series().isin(holds) & (sessions["reason"] == "")
    sessions["outcome"] = np.select(
        [sessions["reason"] != "", held, standing["state"] == "claimed"],
        ["not_billed", "held", "already_claimed"],
        default="claimed",
    )
    sessions["outcome"] = sessions["outcome"].astype("str")
    at_row_fee = [label for label, kind in decided.billed() if kind == "fee-not-as-listed"]
    sessions["at_row_fee"] = sessions.index.isin(at_row_fee)
    clear = sessions[sessions["outcome"] == "claimed"]
    claims = claim_lines(clear.assign(session_id=ids[clear.index]), priced.loc[clear.index], _remarks(findings), clinic)
    code = claims.set_index("session")["service_code"]
    sessions["service_code"] = sessions.index.to_series().map(code).astype("str").fillna("")
    billable = (in_any_month == "") & (known.standing["state"] == "") & ~sessions.index.isin(never)
    earlier = sessions[(sessions["reason"] == "outside-month") & billable & dated]
    earlier = earlier[earlier["service_date"] < _first_day(month)] if month else earlier.iloc[:0]
    return Month(
        month=month,
        as_of=as_of,
        clinic=clinic,
        intake=intake,
        sessions=sessions,
        findings=findings,
        claims=claims,
        prices=priced,
        totals=_proven(intake, sessions, claims, cents_read),
        decided=decided,
        earlier=earlier,
        elsewhere=known.elsewhere,
    )


def _standing(sessions: pd.DataFrame, known: Recall, dated: pd.Series[bool]) -> pd.DataFrame:
    """How the dated sessions of the month stand on the ledger; a new one that resembles a claimed one is changed.

    One that is to replace its claim stands as new. A session that is not billed for another reason is no second
    claim, whatever it resembles.
    """
    standing = known.standing.copy()
    here = dated & (sessions["reason"] != "outside-month") & (sessions["replaces"] == "")
    free = standing["state"].isin(("", "voided"))
    resembles = here & free & (standing["resembles"] != "") & (sessions["reason"] == "")
    standing["state"] = standing["state"].where(here, "").mask(resembles, "changed")
    standing["resembles"] = standing["resembles"].where(resembles, "")
    return standing


def _without_self_pay_by_error(sessions: pd.DataFrame, intake: Intake) -> pd.DataFrame:
    """The sessions; where the insurer's cell holds an error, blank does not mean that the patient pays."""
    bad = intake.cell_findings.loc[intake.cell_findings["column"] == "insurer", "session"]
    return sessions.assign(insurer_id=sessions["insurer_id"].mask(sessions.index.isin(bad), ""))


def _first_day(month: str) -> pd.Timestamp:
    return pd.Timestamp(f"{month}-01")


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


def _cell_findings(desk: Desk, undated: pd.Series[bool]) -> pd.DataFrame:
    """The findings of bad cells that count: of sessions that come to the checks, or that have no date."""
    bad = desk.bad_cells
    on_date = bad["column"].isin(("service_date", "line"))
    of_date = bad["session"].isin(undated.index[undated]) & on_date
    counts = of_date | (bad["session"].isin(desk.candidates.index) & ~on_date)
    bad = bad[counts]
    told = [
        (str(kind), part.set_index("session")["message"])
        for kind, part in bad.groupby("kind", sort=False)
        if desk.clinic.severity_of(str(kind)) != "off"
    ]
    without = undated.index[undated].difference(pd.Index(bad.loc[of_date, "session"]))
    if len(without):
        told.append(("missing-service-date", pd.Series("The service date is missing.", index=without, dtype="str")))
    return findings_frame(told, desk.clinic)


def _once(findings: pd.DataFrame) -> pd.DataFrame:
    """The findings with one line for a session and kind, which is decided as one; those of no session as they are."""
    place = findings[["session", "kind"]]
    again = place.duplicated(keep=False) & (findings["session"] != NO_SESSION)
    if not again.any():
        return findings
    told = findings[again].groupby(["session", "kind"], sort=False)["message"].agg(" ".join)
    messages = pd.Series([told[where] for where in place[again].itertuples(index=False, name=None)], place[again].index)
    findings = findings.assign(message=findings["message"].mask(again, messages).astype("str"))
    return findings[~(again & place.duplicated())]


def _with_those_in_the_way(
    findings: pd.DataFrame, sessions: pd.DataFrame, desk: Desk, history: pd.DataFrame, replacing: str
) -> pd.DataFrame:
    """The findings, with holds on sessions for whose visit a claim stands already, of a session that is another now.

    What a clear session is to replace does not stand in the way; nor do two clear sessions stand for one visit.
    """
    active = history[history["voided_on"].isna() & (history["claim"] != replacing)]
    kind = CATALOGUE["changed-since-claimed"]
    clear = desk.candidates.index.difference(pd.Index(findings.loc[findings["severity"] == "hold", "session"]))
    while True:
        ours = sessions.loc[clear, ["session_id", "natural_key", "insurer_id", "replaces"]]
        theirs = active[~active["claim"].isin(ours["replaces"])]
        told = pd.Series("", index=clear, dtype="str")
        for name in ("session_id", "natural_key"):
            keys, known = (frame[name] + "\x1f" + frame["insurer_id"] for frame in (ours, theirs))
            stands = dict(zip(known, theirs["claim"], strict=True))
            there = (ours[name] != "") & keys.isin(stands)
            of_claim = keys.map(stands).astype("str").fillna("") + " stands for that visit, and its own session is "
            told = told.mask(there & (told == ""), of_claim + "another now. Decide about that one first.")
            twice = (ours[name] != "") & keys.duplicated()
            told = told.mask(twice & (told == ""), "Another session is claimed for that visit in this run.")
        told = told[told != ""]
        if told.empty:
            return findings
        more = pd.DataFrame({"session": told.index, "kind": kind.kind, "severity": "hold", "message": told.to_numpy()})
        types = {column.name: column.dtype for column in FINDINGS}
        findings = pd.concat([findings, more.assign(fix=kind.fix).astype(types)], ignore_index=True)
        findings = findings.sort_values(["session", "severity"], kind="stable", ignore_index=True)
        clear = clear.difference(told.index)


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
