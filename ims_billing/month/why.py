"""The pages of `why`: about a session, a claim, a kind of finding, or a reason not to bill."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.rules_in_words import limit_rule, payer_order, rules_on
from ims_billing.month.prepare import Month
from ims_billing.rules.values import Cited, Condition, Fee, Note
from ims_billing.sessions.service_names import names_read
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.findings import CATALOGUE, REASONS
from ims_billing.vocabulary.grounds import Ground, grounds_of, remarks_of
from ims_billing.vocabulary.intake import Intake
from ims_billing.vocabulary.kinds import SERVICE_WORDS
from ims_billing.vocabulary.model import Batch
from ims_billing.vocabulary.quoting import Names
from ims_billing.vocabulary.spelling import dollars, is_id

_DECISIONS = {
    (): "it can't be approved here: fix it, or choose Do not bill",
    ("bill",): "a person may decide to bill it all the same",
    ("correct",): "the value has to be corrected",
    ("bill", "correct"): "a person may bill it all the same, or correct the value",
}


class Fact(NamedTuple):
    """One line of a page."""

    what: str
    """Its label."""
    words: str
    """The answer."""
    source: str = ""
    """Where the answer comes from; empty if it is no rule."""
    url: str = ""
    """The web page of the source; empty if there is none."""
    verified: bool = True
    """False for a rule that no primary source confirms."""

    def text(self) -> str:
        """The answer, its source and the source's page, each on a line of its own."""
        lines = [self.words, *([f"Source: {self.source}"] if self.source else []), *([self.url] if self.url else [])]
        return "\n".join(lines) + ("" if self.verified else " (not verified)")


@dataclass(frozen=True)
class Part:
    """A heading with its facts. Nothing in it is a patient's."""

    heading: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Page:
    """An answer of `why`, its parts in reading order."""

    title: str
    parts: tuple[Part, ...]


def sessions_at(month: Month, row: int, file: str = "", sheet: str = "") -> list[int]:
    """Finds the sessions of a row, as Excel numbers it, by label; of any file and sheet where these are empty.

    A row of a sale or a copy belongs to the session that it was joined to. Raises BillingError if the row is of no
    session.
    """
    sessions = month.sessions
    own = (sessions["row"] == row) & sessions["file"].isin([file] if file else sessions["file"])
    own &= sessions["sheet"].isin([sheet] if sheet else sessions["sheet"])
    at_file, at_sheet = (re.escape(part) if part else r"[^\t\n]*" for part in (file, sheet))
    beside = sessions["beside"].str.contains(rf"(?m)^{at_file}\t{at_sheet}\t{row}$", regex=True)
    labels = [int(label) for label in sessions.index[own | beside]]
    if not labels:
        raise BillingError(_no_session(month.intake, row, file))
    return labels


def _no_session(intake: Intake, row: int, of_file: str) -> str:
    """Says why a row belongs to no session."""
    messages = [
        f"row {row} of {file.file} is no session: {aside.reason}."
        for file in intake.files
        for aside in file.asides
        if aside.row == row and of_file in ("", file.file)
    ]
    lists = [file.file for file in intake.files if file.layout in ("jane-clients", "policies")]
    messages += (
        [f"{', '.join(lists)}: the rows of a list are no sessions, and add to them."] if lists and not messages else []
    )
    rows = intake.sessions["row"]
    span = f" Their sessions stand in rows {rows.min()} to {rows.max()}." if len(rows) else ""
    return " ".join(messages) or f"no session in these files stands in row {row}, as Excel numbers it.{span}"


def session_page(month: Month, label: int, claims: pd.DataFrame) -> Page:
    """Builds the page of a session.

    month: the run that judged the session
    label: the session's index label
    claims: the ledger's claims (ON_LEDGER)
    """
    session = _cells(month.sessions, label)
    parts = [
        Part("What became of it", tuple(_outcome(month, session))),
        Part("Findings", tuple(_findings(month, label))),
        Part("Decided", tuple(Fact(_label(one.kind), one.sentence()) for one in month.decided.of_session(label))),
        Part("What was done", tuple(_service(session, Names.of(month.sessions), month.clinic))),
        Part("By whom", tuple(_practitioner(session))),
        Part("Who pays", tuple(_payer(month.clinic, session))),
        Part("The fee", tuple(_fee(month, label, session))),
        Part("Rules of its insurer that day", tuple(_rules(month.clinic, session))),
        Part("On the ledger", tuple(_history(session, claims))),
    ]
    name = f" (session {session['session_id']})" if is_id(session["session_id"]) else ""
    sheet = f", {session['sheet']}" if session["sheet"] else ""
    return Page(f"{session['file']}{sheet}, row {session['row']}{name}", tuple(part for part in parts if part.facts))


Facts = Iterable[Fact]
_NAMED = "a patient's name, or words with one"


def _cells(frame: pd.DataFrame, label: Any) -> dict[str, Any]:
    """One row of a frame by the names of its columns."""
    return {str(name): cell for name, cell in frame.loc[[label]].to_dict("records")[0].items()}


def _outcome(month: Month, session: Mapping[str, Any]) -> Facts:
    outcome, reason = session["outcome"], session["reason"]
    words = {
        "claimed": f"it is clear to be claimed, as of {month.as_of}",
        "held": "on hold, until each finding below that holds it is fixed or decided",
        "already_claimed": f"claimed already; what it rests on: ims-billing why {session['claim']}",
    }
    yield Fact("Outcome", f"not billed: {REASONS[reason]}" if reason else words[outcome])
    beside = [place.split("\t") for place in session["beside"].splitlines()]
    if beside:
        yield Fact("Also in", ", ".join(f"{file} row {row}" for file, _, row in beside))


def _service(session: Mapping[str, Any], patients: Names, clinic: Clinic) -> Facts:
    day = session["service_date"]
    yield Fact("Service date", "none that can be read" if pd.isna(day) else f"{day:%Y-%m-%d}")
    # A patient's name in the service column, alone or beside a service, is not shown.
    readings = names_read([session["service_name"]], clinic)
    named = any(patients.stand_in(" ".join(reading.strange)) for reading in readings)
    yield Fact("Service as written", _NAMED if named else session["service_name"] or "nothing")
    evidence = f", by {session['evidence']}" if session["evidence"] else ""
    yield Fact("Read as", f"{_service_words(session['service'])}{evidence}")
    for reading in [] if named else readings:
        words = [f'"{text}": {meaning}' for text, meaning in reading.words if meaning != "sign"]
        if len(words) > 1:
            yield Fact("Word by word", "; ".join(words))
    yield Fact("Visit", f"{session['visit']}, by {session['visit_evidence']}" if session["visit"] else "not stated")
    yield Fact("Start", _clock(session["start"]))
    yield Fact("Minutes", "not stated" if pd.isna(session["minutes"]) else str(session["minutes"]))
    if session["service_code"]:
        yield Fact("Billed as", session["service_code"])


def _service_words(service: str) -> str:
    return SERVICE_WORDS.get(service, service)


def _clock(minutes: Any) -> str:
    return "not stated" if pd.isna(minutes) else f"{int(minutes) // 60}:{int(minutes) % 60:02d}"


def _practitioner(session: Mapping[str, Any]) -> Facts:
    yield Fact("Practitioner", session["practitioner_name"] or "nobody in the clinic setup")
    yield Fact("That day", session["authority"])


def _payer(clinic: Clinic, session: Mapping[str, Any]) -> Facts:
    insurer = next((i for i in clinic.insurers if i.id == session["insurer_id"]), None)
    if insurer is None:
        yield Fact(
            "Insurer",
            "the patient pays" if session["insurer_id"] else "not in the clinic setup, and none that the program knows",
        )
        return
    yield Fact("Insurer", f"{insurer.name}, a {'public payer' if insurer.public else 'private plan'}")
    if insurer.vendor_number:
        yield Fact("Vendor number", insurer.vendor_number)
    if session["secondary_insurer"] and not pd.isna(session["service_date"]):
        second = clinic.insurer(session["secondary_insurer"])
        yield Fact("Second insurer", second.name if second else "not in the clinic setup: the claim names none")
        if second is None:
            return
        day = session["service_date"].date()
        if order := payer_order(insurer, second, session["relationship"], day):
            yield _rule_fact("Who pays first", order.words, order.cited)


def _fee(month: Month, label: int, session: Mapping[str, Any]) -> Facts:
    yield Fact("Fee on the row", dollars(session["fee_cents"]) if session["fee_stated"] else "none that can be read")
    if label in month.prices.index:
        place = int(_cells(month.prices, label)["rule"])
        yield (
            _fee_fact(month.clinic.fees[place]) if place >= 0 else Fact("Listed fee", "none for this visit on that day")
        )
    for amount in month.claims.loc[month.claims["session"] == label, "amount_cents"]:
        yield Fact("Amount claimed", _amount(int(amount), int(session["fee_cents"])))


def _amount(amount_cents: int, fee_cents: int, follows: str = "") -> str:
    """The amount claimed, and where it is not the fee why: the balance of the claim it follows, or a payer's own."""
    if follows:
        return f"{dollars(amount_cents)} (the balance after {follows})"
    own = " (what this public payer pays; it has amounts of its own)" if amount_cents != fee_cents else ""
    return f"{dollars(amount_cents)}{own}"


def _fee_fact(fee: Fee) -> Fact:
    return _rule_fact("Listed fee", f"{dollars(fee.cents)} for {fee.what()}, {fee.lasting()}", fee)


def _rules(clinic: Clinic, session: Mapping[str, Any]) -> Facts:
    """The insurer's limits, submission windows and terms in force on the day, with their sources."""
    insurer = next((i for i in clinic.insurers if i.id == session["insurer_id"]), None)
    settled = session["reason"] != "" or session["outcome"] == "already_claimed"
    if insurer is None or settled or pd.isna(session["service_date"]):
        return
    day = session["service_date"].date()
    for limit in clinic.limits_on(insurer.id, session["policy"], day):
        rule = limit_rule(limit, clinic)
        yield _rule_fact("Limit", f"{rule.what}: {rule.value}, {limit.lasting()}", limit)
    for rule in rules_on(clinic, day):
        if rule.table == "submission window" and rule.whom in insurer.channels_on(day):
            yield _rule_fact(f"Window of {rule.whom}", rule.value, rule.cited)
        elif rule.table == "insurer" and rule.whom == insurer.name:
            label, value = rule.what[0].upper() + rule.what[1:], rule.value
            if isinstance(rule.cited, Note):
                label = "Note"
            elif isinstance(rule.cited, Condition):
                label, value = "Condition", rule.what
            yield _rule_fact(label, value, rule.cited)


def _rule_fact(what: str, words: str, cited: Cited) -> Fact:
    return Fact(what, words.rstrip("., "), cited.source, cited.url, cited.verified)


def _findings(month: Month, label: int) -> Facts:
    findings = month.findings[month.findings["session"] == label]
    for kind, severity, message, fix in findings[["kind", "severity", "message", "fix"]].itertuples(
        index=False, name=None
    ):
        what = f"{_label(kind)} ({'on hold' if severity == 'hold' else 'to check'})"
        yield Fact(what, f"{message}\nFix: {fix}\nMore: ims-billing why {kind}")
    if findings.empty and month.sessions.at[label, "outcome"] == "claimed":
        yield Fact("None", "every check passed")


def _label(kind: str) -> str:
    """A kind of finding in a few words; one that this version does not have keeps its code."""
    short = CATALOGUE[kind].short if kind in CATALOGUE else kind
    return short[0].upper() + short[1:]


def _history(session: Mapping[str, Any], claims: pd.DataFrame) -> Facts:
    key = session["natural_key"]
    same_id = (claims["session_id"] == session["session_id"]) & (session["session_id"] != "")
    ours = claims[(claims["claim"] == session["claim"]) | ((claims["natural_key"] == key) & (key != "")) | same_id]
    for label in ours.index:
        claim = _cells(ours, label)
        yield Fact(claim["claim"], _claim_in_words(claim))
    if ours.empty:
        yield Fact("Nothing", "no claim of this session is on the ledger")


def _claim_in_words(claim: Mapping[str, Any]) -> str:
    words = f"{dollars(claim['amount_cents'])} to {claim['insurer']}, batch {claim['batch']} of {claim['month']}"
    if claim["replaces"]:
        words += f"; it replaces {claim['replaces']}"
    if not pd.isna(claim["voided_on"]):
        words += f"; voided on {claim['voided_on']:%Y-%m-%d}: {claim['void_reason']}"
    return words + (f"; replaced by {claim['replaced_by']}" if claim["replaced_by"] else "")


_EARLIER = "an earlier version of the program, which did not keep it"


def claim_page(claims: pd.DataFrame, batch: Batch) -> Page:
    """Builds the page of a claim, with its grounds as they were on the day it was claimed.

    claims: one row, ON_LEDGER
    batch: the batch of the claim
    Raises BillingError if a trial version wrote the grounds in a form that cannot be read.
    """
    claim = _cells(claims, claims.index[0])
    parts = [
        Part("What became of it", tuple(_claim_outcome(claim, batch))),
        Part("What was done", tuple(_claim_service(claim))),
        Part("By whom", tuple(_claim_practitioner(claim))),
        Part("Who pays", tuple(_claim_payers(claim))),
        Part("The fee", tuple(_claim_fee(claim))),
        Part("Rules it rests on", tuple(_ground_fact(ground) for ground in grounds_of(claim["rules"]))),
        Part(
            "To check when it was claimed",
            tuple(Fact(_label(remark.kind), remark.message) for remark in remarks_of(claim["remarks"])),
        ),
    ]
    return Page(f"Claim {claim['claim']}", tuple(part for part in parts if part.facts))


def _claim_outcome(claim: Mapping[str, Any], batch: Batch) -> Facts:
    yield Fact("Claimed", f"in batch {batch.number} of {claim['month']}, as of {batch.as_of}")
    if not pd.isna(claim["voided_on"]):
        yield Fact("Voided", _claim_in_words(claim))
    if claim["replaces"]:
        yield Fact("It replaces", claim["replaces"])
    if batch.already_sent:
        yield Fact("Sent", "before this program came")


def _claim_service(claim: Mapping[str, Any]) -> Facts:
    yield Fact("Service date", f"{claim['service_date']:%Y-%m-%d}")
    named = Names((claim["patient"], claim["insured"])).stand_in(claim["service_name"])
    yield Fact("Service as written", _NAMED if named else claim["service_name"])
    yield Fact("Read as", f"{_service_words(claim['service'])}, by {claim['evidence'] or _EARLIER}")
    visit = f"{claim['visit']}, by {claim['visit_evidence'] or _EARLIER}" if claim["visit"] else "not stated"
    yield Fact("Visit", visit)
    yield Fact("Start", _clock(claim["start"]))
    yield Fact("Minutes", "not stated" if pd.isna(claim["minutes"]) else str(claim["minutes"]))
    yield Fact("Billed as", f"{claim['service_code']}, {claim['description']}")
    yield Fact("Source", claim["source"])


def _claim_practitioner(claim: Mapping[str, Any]) -> Facts:
    yield Fact("Practitioner", claim["practitioner"])
    yield Fact("That day", claim["authority"] or f"registration {claim['registration']}; claimed by {_EARLIER}")


def _claim_payers(claim: Mapping[str, Any]) -> Facts:
    yield Fact("Insurer", claim["insurer"])
    if claim["follows"]:
        # The first insurer's answer in words is left out: its reason is free text.
        paid = claim["first_paid_cents"]
        yield Fact("As second insurer", f"for the balance of {claim['follows']}, which paid {dollars(paid)}")
    if claim["secondary_insurer"]:
        yield Fact("Second insurer", claim["secondary_insurer"])
        yield from map(_ground_fact, grounds_of(claim["payer_order"]))


def _claim_fee(claim: Mapping[str, Any]) -> Facts:
    yield Fact("Fee", dollars(claim["fee_cents"]))
    yield Fact("Patient paid", dollars(claim["patient_paid_cents"]))
    yield Fact("Amount claimed", _amount(claim["amount_cents"], claim["fee_cents"], claim["follows"]))


def _ground_fact(ground: Ground) -> Fact:
    """A rule that a claim rests on, with its days and source."""
    if ground.message:
        return Fact("As kept then", ground.message)
    words = f"{ground.value}, {ground.in_force}" if ground.in_force else ground.value
    return Fact(ground.rule, words, ground.source, ground.url, ground.verified)


def reason_page(reason: str) -> Page:
    """Builds the page of a reason not to bill; raises KeyError for another word."""
    return Page(reason, (Part("Not billed", (Fact("What it means", REASONS[reason]),)),))


def kind_page(kind: str, clinic: Clinic) -> Page:
    """Builds the page of a kind of finding, with its severity at this clinic; raises KeyError for another word."""
    entry = CATALOGUE[kind]
    words = {
        "hold": "the session is on hold until it is fixed or decided",
        "warn": "the session is claimed, and listed",
        "off": "nothing: it is turned off",
    }
    severity = clinic.severity_of(kind)
    facts = [
        Fact("What it means", entry.title),
        Fact("How serious", words[severity] + (", whatever the clinic setup says" if entry.fixed else "")),
        Fact("How to fix", entry.fix),
    ]
    if severity == "hold":
        facts.append(Fact("Who decides", _DECISIONS[entry.decisions]))
    return Page(kind, (Part("Finding", tuple(facts)),))
