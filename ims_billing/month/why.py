"""The pages of `why`: about a session, a claim, a kind of finding, or a reason not to bill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.rules_in_words import limit_rule, payer_order, rules_on
from ims_billing.month.page import (
    NAMED,
    Fact,
    Facts,
    Page,
    Part,
    amount_words,
    cells_at,
    claim_words,
    clock_words,
    kind_label,
    service_words,
)
from ims_billing.month.prepare import Month
from ims_billing.rules.values import Cited, Condition, Fee, Note
from ims_billing.sessions.service_names import names_read
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.findings import CATALOGUE, REASONS
from ims_billing.vocabulary.intake import LISTS, Intake
from ims_billing.vocabulary.quoting import Names, quotable_services
from ims_billing.vocabulary.spelling import RowPlace, dollars, is_id, rows_beside, source_text

_DECISIONS = {
    (): "it can't be approved here: fix it, or choose Do not bill",
    ("bill",): "a person may decide to bill it all the same",
    ("correct",): "the value has to be corrected",
    ("bill", "correct"): "a person may bill it all the same, or correct the value",
}


def sessions_at(month: Month, row: int, file: str = "", sheet: str = "") -> list[int]:
    """Finds the sessions of a row, as Excel numbers it, by label; of any file and sheet where these are empty.

    A row of a sale or a copy belongs to the session that it was joined to. Raises BillingError if the row is of no
    session.
    """
    sessions = month.sessions
    own = (sessions["row"] == row) & sessions["file"].isin([file] if file else sessions["file"])
    own &= sessions["sheet"].isin([sheet] if sheet else sessions["sheet"])
    meant = RowPlace(file, sheet, row)
    beside = sessions["beside"].map(lambda text: any(_is_at(place, meant) for place in rows_beside(text)))
    labels = [int(label) for label in sessions.index[own | beside.astype("bool")]]
    if not labels:
        raise BillingError(_no_session(month.intake, row, file))
    return labels


def _is_at(place: RowPlace, meant: RowPlace) -> bool:
    """True for a row that is meant; of any file and sheet where those are empty."""
    return place.row == meant.row and meant.file in ("", place.file) and meant.sheet in ("", place.sheet)


def _no_session(intake: Intake, row: int, of_file: str) -> str:
    """Says why a row belongs to no session."""
    messages = [
        f"row {row} of {file.file} is no session: {aside.reason}."
        for file in intake.files
        for aside in file.asides
        if aside.row == row and of_file in ("", file.file)
    ]
    lists = [file.file for file in intake.files if file.layout in LISTS]
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
    session, names = cells_at(month.sessions, label), Names.of(month.sessions)
    # A patient's name or number in the service column, alone or beside a service, is not shown.
    service = quotable_services(month.sessions.loc[[label]], names).iloc[0]
    quotable = service == session["service_name"] and not names.have_number(service)
    parts = [
        Part("What became of it", tuple(_outcome(month, session))),
        Part("Findings", tuple(_findings(month, label))),
        Part("Decided", tuple(Fact(kind_label(one.kind), one.sentence()) for one in month.decided.of_session(label))),
        Part("What was done", tuple(_service(session, month.clinic, quotable=quotable))),
        Part("By whom", tuple(_practitioner(session))),
        Part("Who pays", tuple(_payer(month.clinic, session))),
        Part("The fee", tuple(_fee(month, label, session))),
        Part("Rules of its insurer that day", tuple(_rules(month.clinic, session))),
        Part("On the ledger", tuple(_history(session, claims))),
    ]
    name = f" (session {session['session_id']})" if is_id(session["session_id"]) else ""
    source = source_text(session["file"], session["sheet"], session["row"])
    return Page(f"{source}{name}", tuple(part for part in parts if part.facts))


def _outcome(month: Month, session: Mapping[str, Any]) -> Facts:
    outcome, reason = session["outcome"], session["reason"]
    words = {
        "claimed": f"it is clear to be claimed, as of {month.as_of}",
        "held": "on hold, until each finding below that holds it is fixed or decided",
        "already_claimed": f"claimed already; what it rests on: ims-billing why {session['claim']}",
    }
    yield Fact("Outcome", f"not billed: {REASONS[reason].meaning}" if reason else words[outcome])
    if beside := rows_beside(session["beside"]):
        yield Fact("Also in", ", ".join(f"{place.file} row {place.row}" for place in beside))


def _service(session: Mapping[str, Any], clinic: Clinic, *, quotable: bool) -> Facts:
    day = session["service_date"]
    yield Fact("Service date", "none that can be read" if pd.isna(day) else f"{day:%Y-%m-%d}")
    yield Fact("Service as written", (session["service_name"] if quotable else NAMED) or "nothing")
    evidence = f", by {session['evidence']}" if session["evidence"] else ""
    yield Fact("Read as", f"{service_words(session['service'])}{evidence}")
    for reading in names_read([session["service_name"]], clinic) if quotable else []:
        words = [f'"{text}": {meaning}' for text, meaning in reading.words if meaning != "sign"]
        if len(words) > 1:
            yield Fact("Word by word", "; ".join(words))
    yield Fact("Visit", f"{session['visit']}, by {session['visit_evidence']}" if session["visit"] else "not stated")
    yield Fact("Start", clock_words(session["start"]))
    yield Fact("Minutes", "not stated" if pd.isna(session["minutes"]) else str(session["minutes"]))
    if session["service_code"]:
        yield Fact("Billed as", session["service_code"])


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
        place = int(cells_at(month.prices, label)["rule"])
        yield (
            _fee_fact(month.clinic.fees[place]) if place >= 0 else Fact("Listed fee", "none for this visit on that day")
        )
    for amount in month.claims.loc[month.claims["session"] == label, "amount_cents"]:
        yield Fact("Amount claimed", amount_words(int(amount), int(session["fee_cents"])))


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
        what = f"{kind_label(kind)} ({'on hold' if severity == 'hold' else 'to check'})"
        yield Fact(what, f"{message}\nFix: {fix}\nMore: ims-billing why {kind}")
    if findings.empty and month.sessions.at[label, "outcome"] == "claimed":
        yield Fact("None", "every check passed")


def _history(session: Mapping[str, Any], claims: pd.DataFrame) -> Facts:
    key = session["natural_key"]
    same_id = (claims["session_id"] == session["own_id"]) & (session["own_id"] != "")
    ours = claims[(claims["claim"] == session["claim"]) | ((claims["natural_key"] == key) & (key != "")) | same_id]
    for label in ours.index:
        claim = cells_at(ours, label)
        yield Fact(claim["claim"], claim_words(claim))
    if ours.empty:
        yield Fact("Nothing", "no claim of this session is on the ledger")


def reason_page(reason: str) -> Page:
    """Builds the page of a reason not to bill; raises KeyError for another word."""
    return Page(reason, (Part("Not billed", (Fact("What it means", REASONS[reason].meaning),)),))


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
