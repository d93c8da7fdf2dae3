"""One small function per kind of finding: which sessions it is about, and what it says of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import get_args

import numpy as np
import pandas as pd

from ims_billing.clinic import Clinic, Insurer, toml_text
from ims_billing.findings import CATALOGUE
from ims_billing.model import FINDINGS, NO_SESSION, SELF_PAY, Billable, day_text, dollars, given_name_first, prove

# How many other places a message names.
_SHOWN = 3
BILLED_AS_PHYSIOTHERAPY = get_args(Billable)


@dataclass(frozen=True)
class Desk:
    """What a check may look at.

    `candidates` are the classified sessions that come as far as the checks, `sessions` all of the run with
    their `reason` (empty where they are candidates), `other` those that are not billed for their service.
    `prices` goes with the candidates. `group` numbers every session of the run: equal means the same session.
    `bad_cells` is the CELL_FINDINGS frame. `standing` says how the sessions of the month stand on the ledger, and
    `patient` has a key per patient that goes with `patient_key` in `claimed`: the active claims (ON_LEDGER), of
    whatever month, whose sessions are not in the files. Of `gone` they should be.
    """

    candidates: pd.DataFrame
    sessions: pd.DataFrame
    other: pd.DataFrame
    prices: pd.DataFrame
    group: pd.Series[int]
    patient: pd.Series[str]
    bad_cells: pd.DataFrame
    standing: pd.DataFrame
    claimed: pd.DataFrame
    gone: pd.DataFrame
    clinic: Clinic

    def readable(self, column: str) -> pd.Series[bool]:
        """Candidates whose cell in a column was not bad: a bad cell has a finding of its own."""
        # A visit without a sale has neither fee nor insurer, and says so once.
        told = (self.bad_cells["column"] == column) | (self.bad_cells["kind"] == "arrival-without-sale")
        bad = self.bad_cells.loc[told, "session"]
        return ~self.candidates.index.to_series().isin(bad)

    def by_insurer_and_day(self, says: Callable[[Insurer, dt.date], bool]) -> pd.Series[bool]:
        """What is so of each candidate's insurer on its service date; of one that is not known, nothing is."""
        insurers = {insurer.id: insurer for insurer in self.clinic.insurers}
        keys = self.candidates[["insurer_id", "service_date"]]
        pairs = keys.drop_duplicates()
        said = [
            insurer_id in insurers and says(insurers[insurer_id], day.date())
            for insurer_id, day in zip(pairs["insurer_id"], pairs["service_date"], strict=True)
        ]
        told = keys.merge(pairs.assign(said=said), how="left")["said"]
        return told.astype("bool").set_axis(keys.index)


# Indexed by session: the sessions that the finding is about, with what it says of each.
Check = Callable[[Desk], "pd.Series[str]"]
CHECKS: dict[str, Check] = {}


def check(kind: str) -> Callable[[Check], Check]:
    """Registers a function as the check for a kind of the catalogue; KeyError for an unknown one (a bug)."""

    def register(function: Check) -> Check:
        CHECKS[CATALOGUE[kind].kind] = function
        return function

    return register


def run_checks(desk: Desk) -> pd.DataFrame:
    """The FINDINGS frame of every check, with this clinic's severities; kinds that are off make none."""
    told = [
        (kind, messages)
        for kind, function in CHECKS.items()
        if desk.clinic.severity_of(kind) != "off" and not (messages := function(desk)).empty
    ]
    return findings_frame(told, desk.clinic)


def findings_frame(told: list[tuple[str, pd.Series[str]]], clinic: Clinic) -> pd.DataFrame:
    """The FINDINGS frame of messages by kind."""
    parts = [
        pd.DataFrame(
            {
                "session": messages.index.to_numpy(),
                "kind": kind,
                "severity": clinic.severity_of(kind),
                "message": messages.to_numpy(),
                "fix": CATALOGUE[kind].fix,
            }
        )
        for kind, messages in told
    ]
    columns = {column.name: column.dtype for column in FINDINGS}
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(columns))
    return prove(frame.astype(columns).sort_values("session", kind="stable", ignore_index=True), FINDINGS)


def _say(rows: pd.Series[bool], message: str) -> pd.Series[str]:
    """One message for all rows that are meant."""
    return pd.Series(message, index=rows.index[rows], dtype="str")


def _missing(column: str, message: str) -> Check:
    def look(desk: Desk) -> pd.Series[str]:
        return _say((desk.candidates[column] == "") & desk.readable(column), message)

    return look


for _kind, _column, _message in (
    ("missing-practitioner", "practitioner", "The practitioner is missing."),
    ("missing-service", "service_name", "The service is missing."),
    ("missing-insurer", "insurer", "The insurer is missing."),
):
    check(_kind)(_missing(_column, _message))


@check("missing-patient")
def missing_patient(desk: Desk) -> pd.Series[str]:
    """The patient's cell is empty, or holds no letter of a name."""
    nobody = (desk.candidates["patient"] == "") | (desk.patient[desk.candidates.index] == "")
    return _say(nobody & desk.readable("patient"), "The patient's name is missing.")


@check("unreadable-cell")
def visit_that_the_code_needs(desk: Desk) -> pd.Series[str]:
    """The insurer's service code depends on the visit, and nothing says which visit it was."""
    candidates = desk.candidates
    by_visit = desk.by_insurer_and_day(lambda insurer, day: insurer.code_by_visit_on(day))
    said = " has a service code for each visit, and the row does not say which visit it was."
    return (candidates.loc[by_visit & (candidates["visit"] == ""), "insurer_name"] + said).astype("str")


@check("unreadable-fee")
def negative_fee(desk: Desk) -> pd.Series[str]:
    """A fee below nothing is money given back, and no claim."""
    fee = desk.candidates["fee_cents"]
    below = fee[fee < 0]
    return pd.Series([f"The fee is {dollars(amount)}: nothing can be claimed." for amount in below], below.index, "str")


@check("missing-fee")
def missing_fee(desk: Desk) -> pd.Series[str]:
    """The fee cell is empty."""
    return _say(~desk.candidates["fee_stated"] & desk.readable("fee_cents"), "The fee is missing.")


def _required(requirement: str, absent: Callable[[pd.DataFrame], pd.Series[bool]], what: str) -> Check:
    """What an insurer requires and the row lacks."""

    def look(desk: Desk) -> pd.Series[str]:
        asked = desk.by_insurer_and_day(lambda insurer, day: requirement in (insurer.requires_on(day) or ()))
        names = desk.candidates.loc[asked & absent(desk.candidates), "insurer_name"]
        return (names + f" requires {what}, and the row has none.").astype("str")

    return look


for _kind, _absent, _what in (
    ("policy", lambda c: c["policy"] == "", "a policy number"),
    ("member", lambda c: c["member"] == "", "a member ID"),
    ("birth-date", lambda c: c["birth_date"].isna(), "the patient's birth date"),
    ("relationship", lambda c: c["relationship"] == "", "the relationship to the insured"),
    (
        "insured",
        lambda c: (c["insured"] == "") & (c["relationship"] != "self"),
        "the insured's name",
    ),
    ("payer-file-number", lambda c: c["payer_file_number"] == "", "its file number of the accident"),
    ("accident-date", lambda c: c["accident_date"].isna(), "the day of the accident"),
    ("phn", lambda c: c["phn"] == "", "the Personal Health Number"),
):
    check(f"missing-{_kind}")(_required(_kind, _absent, _what))


def _named(name: str, patients: set[str]) -> str:
    """The name in quotes; nothing where it is a patient's."""
    return "" if given_name_first(name) in patients else f' "{name}"'


def _proposal(close: str | None) -> str:
    return f" The nearest known one is {close}." if close else ""


@check("practitioner-not-on-roster")
def practitioner_not_on_roster(desk: Desk) -> pd.Series[str]:
    """Somebody treated whom the clinic file does not name."""
    written = desk.candidates["practitioner"]
    strangers = written[(written != "") & (desk.candidates["profession"] == "")]
    patients = {given_name_first(name) for name in desk.sessions["patient"].unique()}
    # Where the patient is somebody on the roster, the two columns are changed over: nobody is named.
    swapped = {name for name in desk.candidates["patient"].unique() if desk.clinic.practitioner(name)}
    told = {
        name: f"The practitioner{_named(name, patients)} is not in the clinic file."
        + _proposal(desk.clinic.nearest_practitioner(name))
        for name in strangers.unique()
    }
    said = strangers.map(told)
    changed_over = desk.candidates.loc[strangers.index, "patient"].isin(swapped)
    return said.mask(changed_over, "The practitioner is not in the clinic file, and the patient is.").astype("str")


@check("insurer-not-known")
def insurer_not_known(desk: Desk) -> pd.Series[str]:
    """An insurer that neither the published rules nor the clinic file name."""
    written = desk.candidates["insurer"]
    strangers = written[(written != "") & (desk.candidates["insurer_id"] == "")]
    patients = {given_name_first(name) for name in desk.sessions["patient"].unique()}
    told = {
        name: f"The insurer{_named(name, patients)} is not known." + _proposal(desk.clinic.nearest_insurer(name))
        for name in strangers.unique()
    }
    return strangers.map(told).astype("str")


@check("not-a-physiotherapist")
def not_a_physiotherapist(desk: Desk) -> pd.Series[str]:
    """The service is billed as physiotherapy, and another profession gave it."""
    candidates = desk.candidates
    others = candidates[~candidates["profession"].isin(("", "physiotherapist"))]
    said = others["practitioner_name"] + " is entered as " + others["profession"] + "."
    return said.astype("str")


@check("practitioner-not-registered")
def practitioner_not_registered(desk: Desk) -> pd.Series[str]:
    """A physiotherapist whose registration the clinic file does not show for that day."""
    candidates = desk.candidates
    rows = (candidates["profession"] == "physiotherapist") & ~candidates["registered"]
    without = candidates["registration"] == ""
    said = candidates["practitioner_name"] + (" has no registration for " + day_text(candidates["service_date"])).mask(
        without, " has no registration number"
    )
    told: pd.Series[str] = (said[rows] + " in the clinic file.").astype("str")
    return told


@check("not-authorised-to-needle")
def not_authorised_to_needle(desk: Desk) -> pd.Series[str]:
    """IMS by a physiotherapist who, by the clinic file, may not needle that day."""
    candidates = desk.candidates
    rows = (candidates["profession"] == "physiotherapist") & (candidates["service"] == "ims")
    rows &= ~candidates["may_needle"]
    day = day_text(candidates["service_date"])
    said = candidates["practitioner_name"] + " has no authorisation to needle for " + day
    told: pd.Series[str] = (said[rows] + " in the clinic file.").astype("str")
    return told


@check("ims-or-acupuncture")
def ims_or_acupuncture(desk: Desk) -> pd.Series[str]:
    """The name says both, and is not one of the clinic's own."""
    doubtful = desk.candidates[desk.candidates["doubt"] == "ims-or-acupuncture"]
    return ('The name "' + doubtful["service_name"] + '" says IMS and acupuncture.').astype("str")


@check("ims-in-notes-only")
def ims_in_notes_only(desk: Desk) -> pd.Series[str]:
    """The service name does not say IMS, the notes do."""
    doubtful = desk.candidates[desk.candidates["doubt"] == "ims-in-notes-only"]
    said = 'The notes speak of IMS, the service is "' + doubtful["service_name"] + '".'
    return said.astype("str")


@check("duplicate-session")
def duplicate_session(desk: Desk) -> pd.Series[str]:
    """Copies of one session: several that would be billed, or one whose id another row has too."""
    candidates, sessions = desk.candidates, desk.sessions
    claimed = desk.standing.index[desk.standing["state"].isin(("claimed", "changed"))]
    group = desk.group[candidates.index.union(claimed)]
    twice = group.duplicated(keep=False)[candidates.index]
    ids = sessions["session_id"]
    shared_id = ids.duplicated(keep=False) & (ids != "")
    rows = candidates.index[twice | shared_id[candidates.index]]
    copies = desk.group[desk.group.isin(desk.group[rows])]
    members = {number: list(part.index) for number, part in copies.groupby(copies)}
    said = []
    for row in rows:
        others = (other for other in members[desk.group[row]] if other != row)
        places = [_place(sessions, int(other), beside=int(row)) for other in islice(others, _SHOWN)]
        said.append(f"The same session stands in {_and(places, len(members[desk.group[row]]) - 1)} too.")
    return pd.Series(said, index=rows, dtype="str")


def _and(places: list[str], count: int) -> str:
    """The places as a list in words, of which there are `count` in all."""
    shown = places if count == len(places) else [*places, f"{count - len(places)} more places"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


@check("second-visit-same-day")
def second_visit_same_day(desk: Desk) -> pd.Series[str]:
    """Two sessions of a patient on a day that an insurer would see as physiotherapy; copies count once."""
    sessions = desk.sessions
    paid_for = (sessions["insurer_id"] != SELF_PAY) & (~sessions["fee_stated"] | (sessions["fee_cents"] != 0))
    candidate = sessions.index.isin(desk.candidates.index)
    # A visit that another program bills is seen by the insurer too, if a physiotherapist gave it; so is a claimed one.
    elsewhere = sessions["reason"].isin(("other-service", "billed-elsewhere", "already-paid"))
    elsewhere &= sessions["profession"] == "physiotherapist"
    elsewhere |= desk.standing["state"].isin(("claimed", "changed"))
    seen = sessions["service"].isin(BILLED_AS_PHYSIOTHERAPY) & paid_for & (candidate | elsewhere)
    day = pd.DataFrame(
        {
            "patient": desk.patient,
            "date": sessions["service_date"],
            "group": desk.group,
            "candidate": candidate,
            "claim": "",
        }
    )[seen & (desk.patient != "")]
    day = pd.concat([day, _claimed_days(desk)])
    visits = day.groupby(["patient", "date"])["group"].transform("nunique")
    said = {}
    for _, part in day[visits > 1].groupby(["patient", "date"]):
        members = list(zip(part.index, part["group"], part["claim"], strict=True))
        sizes = part["group"].value_counts()
        for row in part.index[part["candidate"]]:
            own = desk.group[row]
            others = ((other, claim) for other, group, claim in members if group != own)
            places = [claim or _place(sessions, int(other), beside=int(row)) for other, claim in islice(others, _SHOWN)]
            told = _and(places, len(members) - int(sizes[own]))
            said[row] = f"The patient's other physiotherapy visit that day stands in {told}."
    return pd.Series(said, dtype="str")


def _claimed_days(desk: Desk) -> pd.DataFrame:
    """Patient, date and claim of the visits that are on the ledger only, each a group of its own below 0."""
    claimed = desk.claimed
    below = -1 - np.arange(len(claimed))
    return pd.DataFrame(
        {
            "patient": claimed["patient_key"].to_numpy(),
            "date": claimed["service_date"].to_numpy(),
            "group": below,
            "candidate": False,
            "claim": ("claim " + claimed["claim"]).to_numpy(),
        },
        index=below,
    )


def _place(sessions: pd.DataFrame, row: int, *, beside: int) -> str:
    """Where a session stands, as told from another: the file only where it is not the same."""
    file = str(sessions.at[row, "file"])
    there = f" of {file}" if file != sessions.at[beside, "file"] else ""
    return f"row {int(sessions['row'][row])}{there}"


@check("no-fee-in-force")
def no_fee_in_force(desk: Desk) -> pd.Series[str]:
    """The fee list has nothing for this service, visit, length and insurer on that day."""
    candidates = desk.candidates
    rows = _priced(candidates) & desk.prices["listed_cents"].isna()
    rest = candidates[rows]
    visit = rest["visit"].mask(rest["visit"] == "", "visit not said to be initial or subsequent")
    length = (rest["minutes"].astype("string") + " min").fillna("length not said").astype("str")
    day = day_text(rest["service_date"])
    said = "No fee is listed for " + rest["service"] + " on " + day + " (" + visit + ", " + length + ")."
    told: pd.Series[str] = said.astype("str")
    return told


def _priced(candidates: pd.DataFrame) -> pd.Series[bool]:
    """Sessions of which enough is known to look for their fee."""
    return (
        candidates["fee_stated"]
        & (candidates["insurer_id"] != "")
        & candidates["service"].isin(BILLED_AS_PHYSIOTHERAPY)
    )


@check("fee-not-as-listed")
def fee_not_as_listed(desk: Desk) -> pd.Series[str]:
    """The row's fee is not the listed one; for a public payer the clinic's own price will do as well."""
    candidates, prices = desk.candidates, desk.prices
    public = {insurer.id for insurer in desk.clinic.insurers if insurer.public}
    fee = candidates["fee_cents"]
    as_listed = (fee == prices["listed_cents"]) | (candidates["insurer_id"].isin(public) & (fee == prices["own_cents"]))
    rows = _priced(candidates) & prices["listed_cents"].notna() & ~as_listed.fillna(False).astype("bool")
    said = [
        f"The fee is {dollars(found)}, the list says {dollars(listed)}."
        for found, listed in zip(fee[rows], prices["listed_cents"][rows], strict=True)
    ]
    return pd.Series(said, index=candidates.index[rows], dtype="str")


@check("tax-on-session")
def tax_on_session(desk: Desk) -> pd.Series[str]:
    """Tax where physiotherapy has none."""
    tax = desk.candidates["tax_cents"]
    taxed = tax[tax != 0]
    return pd.Series([f"Tax of {dollars(amount)} is charged." for amount in taxed], taxed.index, dtype="str")


@check("unusual-frequency")
def unusual_frequency(desk: Desk) -> pd.Series[str]:
    """More than two IMS sessions of a patient within any seven days; copies count once."""
    sessions = desk.sessions
    took_place = ~sessions["reason"].isin(("no-show", "cancelled", "not-arrived", "refunded", "in-the-future"))
    ims = sessions[took_place & (sessions["service"] == "ims") & sessions["service_date"].notna()]
    visits = pd.DataFrame(
        {"patient": desk.patient[ims.index], "date": ims["service_date"], "group": desk.group[ims.index]}
    )
    claimed = _claimed_days(desk)[(desk.claimed["service"] == "ims").to_numpy()]
    visits = pd.concat([visits, claimed[["patient", "date", "group"]]])
    visits = visits[visits["patient"] != ""].drop_duplicates("group")
    visits = visits.sort_values(["patient", "date"], kind="stable")
    by_patient = visits.groupby("patient")["date"]
    # The first, the middle and the last of three within seven days.
    span = pd.Timedelta(days=6)
    last = visits["date"] - by_patient.shift(2) <= span
    first = by_patient.shift(-2) - visits["date"] <= span
    middle = by_patient.shift(-1) - by_patient.shift(1) <= span
    rows = visits.index[first | middle | last]
    return _say(desk.candidates.index.to_series().isin(rows), "It is one of more than two IMS sessions in seven days.")


@check("acupuncture-by-physiotherapist")
def acupuncture_by_physiotherapist(desk: Desk) -> pd.Series[str]:
    """Acupuncture by somebody who may needle: perhaps the clinic's word for IMS."""
    other = desk.other
    rows = (other["service"] == "acupuncture") & _needling_physiotherapist(other)
    return _settled_by_a_line(other.loc[rows, "service_name"], "is acupuncture, and is not billed")


@check("service-not-recognised")
def service_not_recognised(desk: Desk) -> pd.Series[str]:
    """A name without a known word, by somebody who may needle."""
    other = desk.other
    rows = (other["service"] == "unrecognised") & _needling_physiotherapist(other)
    return _settled_by_a_line(other.loc[rows, "service_name"], "is not recognised, and is not billed")


@check("changed-since-claimed")
def changed_since_claimed(desk: Desk) -> pd.Series[str]:
    """The session of a claim is another now, or a new one looks like the correction of one that is gone."""
    changed = desk.standing[desk.standing["state"] == "changed"]
    likely = "It may be the session claimed as " + changed["resembles"] + ": only " + changed["resemblance"]
    likely += " is another, and that session is not in these files."
    return changed["message"].where(changed["resembles"] == "", likely).astype("str")


@check("voided")
def voided(desk: Desk) -> pd.Series[str]:
    """The session's claim was taken back, and nobody has decided what becomes of it."""
    taken_back = desk.standing.loc[desk.standing["state"] == "voided", "claim"]
    return ("Its claim " + taken_back + " was taken back.").astype("str")


@check("claimed-session-gone")
def claimed_session_gone(desk: Desk) -> pd.Series[str]:
    """Claims whose sessions should be in the files and are not: told of no session."""
    said = desk.gone["claim"] + " of " + day_text(desk.gone["service_date"]) + " is claimed, and not in these files."
    return pd.Series(said.to_numpy(), index=[NO_SESSION] * len(said), dtype="str")


def _needling_physiotherapist(sessions: pd.DataFrame) -> pd.Series[bool]:
    return (sessions["profession"] == "physiotherapist") & sessions["may_needle"]


def _settled_by_a_line(names: pd.Series[str], said: str) -> pd.Series[str]:
    """Names with the line that would settle each in the clinic file."""
    told = {name: f'The name "{name}" {said}. If it is IMS: {toml_text(name)} = "ims"' for name in names.unique()}
    return names.map(told).astype("str")
