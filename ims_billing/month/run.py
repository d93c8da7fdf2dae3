"""The run that the ledger records: claims, open lines, sessions that are not billed, and their grounds."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.rules_in_words import Rule, code_rule, fee_rule, limit_rule
from ims_billing.clinic.windows import channel_window
from ims_billing.month.choices import choices_about_claims
from ims_billing.month.prepare import Month
from ims_billing.rules.published import published
from ims_billing.rules.values import Limit, in_force
from ims_billing.vocabulary.fields import answers, of_month
from ims_billing.vocabulary.findings import CATALOGUE, REASONS
from ims_billing.vocabulary.frames import ATTENTION, CLAIMS, EARLIER, NO_SESSION, NOT_BILLED, as_frame, empty, prove
from ims_billing.vocabulary.kinds import Requirement
from ims_billing.vocabulary.model import (
    InsurerView,
    Lasting,
    LookAbout,
    Origin,
    PractitionerView,
    RuleApplied,
    Run,
    WorthALook,
)
from ims_billing.vocabulary.rows import in_order, rows_of
from ims_billing.vocabulary.spelling import month_text, sources

_LOOKED_AT = ("acupuncture-by-physiotherapist", "service-not-recognised", "claimed-session-gone")


def run_of(month: Month) -> Run:
    """Makes the run of a prepared month; raises ValueError if it is about several months."""
    if month.month is None:
        raise ValueError("only one month at a time goes on the ledger")
    return Run(
        month=month.month,
        as_of=month.as_of,
        origin=_origin(month),
        totals=replace(month.totals, look_at=_look_at(month)),
        claims=month.claims,
        attention=_attention(month),
        not_billed=_not_billed(month),
        earlier=empty(EARLIER),
    )


def _look_at(month: Month) -> tuple[WorthALook, ...]:
    """Lists names that may mean IMS, claims without their session, and unbilled IMS sessions of earlier months."""
    findings = month.findings[month.findings["kind"].isin(_LOOKED_AT) & (month.findings["severity"] == "warn")]
    if findings.empty and month.earlier.empty:
        return ()
    fees = month.sessions["fee_cents"]
    looks = []
    for (message, kind), sessions in findings.groupby(["message", "kind"], sort=False)["session"]:
        ours = sessions[sessions != NO_SESSION]
        about: LookAbout = "session-gone" if kind == "claimed-session-gone" else ""
        looks.append(WorthALook(str(message), len(ours) or len(sessions), int(fees[ours].sum()), about))
    for name, part in month.earlier.groupby(month_text(month.earlier["service_date"])):
        words = f"IMS sessions of {name} that are not claimed: they need a run of claim for that month."
        looks.append(WorthALook(words, len(part), int(part["fee_cents"].sum()), "other-month"))
    return tuple(looks)


def with_balances(run: Run, balances: pd.DataFrame, clinic: Clinic) -> Run:
    """Adds claims to second insurers (CLAIMS) after the run's own, with their insurers, practitioners and codes."""
    listed = {insurer.id for insurer in run.origin.insurers}
    there = {practitioner.name for practitioner in run.origin.practitioners}
    more = (practitioner for practitioner in _practitioners(clinic, balances) if practitioner.name not in there)
    origin = replace(
        run.origin,
        insurers=(*run.origin.insurers, *(i for i in _insurers(clinic, balances) if i.id not in listed)),
        practitioners=(*run.origin.practitioners, *more),
        rules=(*run.origin.rules, *_codes_applied(clinic, balances)),
    )
    return replace(run, origin=origin, claims=prove(pd.concat([run.claims, balances], ignore_index=True), CLAIMS))


def empty_run(run: Run, month: str) -> Run:
    """Makes a run of another month without claims or files, with the day and the clinic setup of this one."""
    origin = replace(run.origin, insurers=(), practitioners=(), files=(), rules=())
    return replace(run, month=month, origin=origin, claims=empty(CLAIMS))


def _origin(month: Month) -> Origin:
    clinic, claims = month.clinic, month.claims
    return Origin(
        clinic=clinic.name,
        address=clinic.block.address,
        phone=clinic.block.phone,
        insurers=_insurers(clinic, claims),
        practitioners=_practitioners(clinic, claims),
        files=month.intake.files,
        rules=_rules_applied(month),
        clinic_file=clinic.file,
        clinic_sha256=clinic.sha256,
    )


def _insurers(clinic: Clinic, claims: pd.DataFrame) -> tuple[InsurerView, ...]:
    return tuple(
        _insurer_view(clinic, str(insurer_id), (day.date() for day in part["service_date"].unique()))
        for insurer_id, part in claims.groupby("insurer_id", sort=False)
    )


def _practitioners(clinic: Clinic, claims: pd.DataFrame) -> tuple[PractitionerView, ...]:
    treated = set(claims["practitioner"])
    return tuple(
        PractitionerView(
            name=p.name,
            profession=p.profession,
            registration=p.registration,
            numbers={i.id: number for name, number in p.numbers.items() if (i := clinic.insurer(name))},
            registered=tuple(Lasting(period.start, period.until) for period in p.registered),
            needling=tuple(Lasting(period.start, period.until) for period in p.needling),
        )
        for p in clinic.practitioners
        if p.name in treated
    )


def _insurer_view(clinic: Clinic, insurer_id: str, days: Iterable[dt.date]) -> InsurerView:
    """An insurer with its channels and required fields of any of these days."""
    days = list(days)
    insurer = clinic.insurer_by_id(insurer_id)
    channels = dict.fromkeys(name for day in days for name in insurer.channels_on(day))
    fields = [wants for day in days for wants in in_force(published().limits.channel_fields, day)]
    # If nobody states what a private plan requires, a biller needs at least these two numbers to key the claim in.
    usual: tuple[Requirement, ...] = () if insurer.public else ("policy", "member")
    stated = [usual if (required := insurer.requires_on(day)) is None else required for day in days]
    stated += [wants.fields for wants in fields if wants.channel in channels]
    windows = {channel_window(insurer, day) for day in days}
    window = windows.pop() if len(windows) == 1 else None
    return InsurerView(
        id=insurer.id,
        code=insurer.code,
        name=insurer.name,
        channel=" or ".join(channels),
        vendor_number=insurer.vendor_number or "",
        asks=tuple(dict.fromkeys(field for required in stated for field in required)),
        window_days=window.days if window else 0,
        after_window=window.after if window else "",
    )


# What the lists of held and of unbilled sessions show, and where it stood.
_LISTED = ["key", "file", "sheet", "row", "service_date", "patient", "practitioner", "service_name"]
_LISTED += ["insurer_name", "fee_cents", "reason"]


def _listing(sessions: pd.DataFrame) -> pd.DataFrame:
    """The columns that the lists of held and of unbilled sessions share."""
    return pd.DataFrame(
        {
            "session": sessions["key"],
            "source": sources(sessions),
            "service_date": sessions["service_date"],
            "patient": sessions["patient"],
            "practitioner": sessions["practitioner"],
            "service": sessions["service_name"],
            "insurer": sessions["insurer_name"],
            "fee_cents": sessions["fee_cents"],
            "reason": sessions["reason"],
        }
    )


def _attention(month: Month) -> pd.DataFrame:
    """One line for each finding that holds a session (ATTENTION), sorted by kind, then date."""
    holds = month.findings[month.findings["severity"] == "hold"]
    outcome = month.sessions["outcome"]
    holds = holds[holds["session"].isin(outcome.index[outcome == "held"])]
    if holds.empty:
        return empty(ATTENTION)
    lines = _listing(month.sessions.loc[holds["session"], _LISTED]).reset_index(drop=True)
    numbered = holds.reset_index(drop=True)
    choices = choices_about_claims(numbered, month.sessions, month.clinic, month.as_of, month.in_question)
    shown = partial(of_month, month=str(month.month))
    hashed = month.decided.fingerprints(holds[["session", "kind"]], month.sessions["about_claim"])
    lines = lines.assign(
        kind=numbered["kind"],
        problem=numbered["message"],
        fix=numbered["fix"].map(shown),
        claim=numbered["claim"],
        fingerprint=hashed,
        title=numbered["kind"].map({kind: about.title for kind, about in CATALOGUE.items()}),
        waits="",
        ways=choices["ways"].combine_first(numbered["kind"].map({kind: shown(answers(kind)) for kind in CATALOGUE})),
        bill_refused=choices["bill_refused"].reindex(numbered.index, fill_value=False),
    )
    rank = lines["kind"].map({kind: place for place, kind in enumerate(CATALOGUE)})
    place = month.sessions[["file", "sheet", "row"]].loc[holds["session"]].reset_index(drop=True)
    order = ["rank", "service_date", "file", "sheet", "row"]
    lines = lines.assign(rank=rank, **place).sort_values(order, kind="stable", ignore_index=True)
    return as_frame(lines, ATTENTION)


def _not_billed(month: Month) -> pd.DataFrame:
    """The sessions that are not billed (NOT_BILLED), by reason, and in the order of the files' rows."""
    sessions = month.sessions.loc[month.sessions["outcome"] == "not_billed", _LISTED]
    if sessions.empty:
        return empty(NOT_BILLED)
    order = in_order(rows_of(sessions, ["reason", "file", "sheet", "row"]))
    lines = _listing(sessions.iloc[order].reset_index(drop=True))
    return as_frame(
        lines.assign(why=lines["reason"].map({name: reason.meaning for name, reason in REASONS.items()})), NOT_BILLED
    )


def _rules_applied(month: Month) -> tuple[RuleApplied, ...]:
    """The fees, limits and codes that the claims rest on, each with its number of claims."""
    clinic, claims = month.clinic, month.claims
    prices = month.prices.loc[claims["session"]]
    as_listed = prices["listed_cents"].fillna(-1).to_numpy() == claims["amount_cents"].to_numpy()
    by_rule = prices.loc[as_listed, "rule"].value_counts().sort_index()
    applied = [_applied(fee_rule(clinic.fees[int(place)], clinic), int(count)) for place, count in by_rule.items()]
    limited: dict[Limit, int] = {}
    plan = claims["policy"].where(claims["insurer_id"].isin(clinic.limits_by_plan), "")
    counts = Counter(rows_of(claims.assign(policy=plan), ["insurer_id", "policy", "service_date"]))
    for (insurer, policy, day), count in sorted(counts.items()):
        for limit in clinic.limits_on(insurer, policy, day):
            limited[limit] = limited.get(limit, 0) + count
    applied += [_applied(limit_rule(limit, clinic), count) for limit, count in limited.items()]
    return (*applied, *_codes_applied(clinic, claims))


def _codes_applied(clinic: Clinic, claims: pd.DataFrame) -> tuple[RuleApplied, ...]:
    days: dict[tuple[str, str], list[dt.date]] = {}
    for insurer, code, day in rows_of(claims, ["insurer_id", "service_code", "service_date"]):
        days.setdefault((insurer, code), []).append(day)
    return tuple(
        _applied(code_rule(clinic.insurer_by_id(insurer), code, own[0]), len(own))
        for (insurer, code), own in days.items()
    )


def _applied(rule: Rule, claims: int) -> RuleApplied:
    name = f"{rule.table.capitalize()}: {', '.join(part for part in (rule.what, rule.whom) if part)}"
    ground = rule.ground()
    return RuleApplied(
        ground=(ground.rule, ground.value),
        rule=name.replace(", any insurer", ""),
        value=rule.value,
        in_force=rule.cited.lasting(),
        source=rule.cited.source,
        url=rule.cited.url,
        verified=rule.cited.verified,
        claims=claims,
    )
