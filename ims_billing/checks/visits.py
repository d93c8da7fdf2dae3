"""Visits compared with each other: copies, two on one day, too many in a week."""

from __future__ import annotations

from itertools import chain, islice
from typing import NamedTuple

import numpy as np
import pandas as pd

from ims_billing.checks.desk import BILLED_AS_PHYSIOTHERAPY, SHOWN, Desk, and_others, check, claimed_days, place, say
from ims_billing.vocabulary.findings import REASONS
from ims_billing.vocabulary.frames import SELF_PAY
from ims_billing.vocabulary.identity import rebooked
from ims_billing.vocabulary.persons import one_person
from ims_billing.vocabulary.rows import numbered, rows_of
from ims_billing.vocabulary.spelling import day_text


def _not_one_to_one(desk: Desk) -> pd.Series[bool]:
    return ~desk.by_insurer_and_day(lambda insurer, day: insurer.goes_by("one-to-one", day))


@check("duplicate-session")
def duplicate_session(desk: Desk) -> pd.Series[str]:
    """Copies of one session that would be billed more than once, or that another row shows as settled.

    A copy is a row with the same id, or a row of the same visit; settled means billed, paid, refunded, cancelled or
    free.
    """
    candidates, sessions = desk.candidates, desk.sessions
    groups = desk.group[~desk.superseded]
    # A voided one waits for a decision, and its copy is no way around it.
    claimed = desk.states.index[desk.states["state"].isin(("claimed", "changed", "voided")) & ~desk.superseded]
    twice = groups[candidates.index.union(claimed)].duplicated(keep=False)[candidates.index]
    ids = sessions["own_id"].mask(desk.superseded, "")
    shared_id = ids.duplicated(keep=False) & (ids != "")
    rows = candidates.index[twice | shared_id[candidates.index]]
    copies = groups[groups.isin(groups[rows])]
    members = {number: list(part.index) for number, part in copies.groupby(copies)}
    messages: dict[int, str] = {}
    for row in rows:
        others = (other for other in members[desk.group[row]] if other != row)
        places = [place(desk, int(other), beside=int(row)) for other in islice(others, SHOWN)]
        messages[row] = f"This session appears in {and_others(places, len(members[desk.group[row]]) - 1)} too."
    reasons = sessions["reason"].map(_SETTLED)
    settled_copies = _settled_copies(desk)
    by_name = _no_visit_by_name(sessions)
    for more in (_credited(desk), _of_one_moment(desk, by_name)):
        for row, settled in more.items():
            settled_copies[row] = sorted({*settled_copies.get(row, ()), *settled})
    reasons = reasons.mask(by_name, "no visit, by its name").mask(_takes_back(sessions), "a credit")
    for row, settled in settled_copies.items():
        places = [f"{place(desk, other, beside=row)} ({reasons[other]})" for other in settled[:SHOWN]]
        message = f"The same visit also appears in {and_others(places, len(settled))}."
        messages[row] = f"{messages[row]} {message}" if row in messages else message
    return pd.Series(messages, dtype="str")


# Reasons not to bill a copy that a person has to see before the other copy is claimed, in words.
_SETTLED = {reason.reason: reason.copy for reason in REASONS.values() if reason.copy}
# Reasons that say of any visit of that day that somebody was asked for it, or paid.
_PAID_FOR = tuple(reason.reason for reason in REASONS.values() if reason.paid_for)
# Reasons not to bill a visit that may be entered once more at another time, to be billed after all.
_ENTERED_AGAIN = tuple(reason.reason for reason in REASONS.values() if reason.entered_again)
# Reasons not to bill a visit that an insurer may count all the same.
_TOOK_PLACE = tuple(reason.reason for reason in REASONS.values() if reason.took_place)


def _settled_copies(desk: Desk) -> dict[int, list[int]]:
    """By candidate, the rows of the same visit that are not billed for a reason of `_SETTLED`."""
    sessions = desk.sessions
    settled = sessions["reason"].isin(tuple(_SETTLED)) & ~sessions.index.isin(desk.corrected)
    candidate = sessions.index.isin(desk.candidates.index)
    copies: dict[int, set[int]] = {}
    if not settled.any():
        return {}

    def note(one: int, other: int) -> None:
        if candidate[one] and settled.iloc[other]:
            copies.setdefault(int(sessions.index[one]), set()).add(int(sessions.index[other]))

    for one, other in desk.copies:
        if rebooked(sessions, one, other):
            continue
        note(one, other)
        note(other, one)
    # Copies that the session id shows, whatever else differs
    groups = desk.group[settled | pd.Series(candidate, index=sessions.index)]
    positions = {label: place for place, label in enumerate(sessions.index)}
    for members in groups[groups.duplicated(keep=False)].groupby(groups).groups.values():
        labels = [label for label in members if settled[label]]
        for one in members:
            for other in labels:
                note(positions[one], positions[other])
    return {row: sorted(others) for row, others in copies.items()}


def _no_visit_by_name(sessions: pd.DataFrame) -> pd.Series[bool]:
    return (sessions["reason"] == "other-service") & sessions["no_visit"]


def _of_one_moment(desk: Desk, no_visit: pd.Series[bool]) -> dict[int, list[int]]:
    """By candidate, settled rows of its patient and time, of the same practitioner or of one whom nobody knows.

    Where neither row says when it began, only one that was billed or paid for may be the same visit.
    """
    sessions, named = desk.sessions, desk.sessions["practitioner_name"]
    unknown = sessions["reason"].isin(tuple(_SETTLED)) & (named == "") & ~sessions.index.isin(desk.corrected)
    unknown &= sessions["service"].isin(BILLED_AS_PHYSIOTHERAPY)
    settled = unknown | no_visit
    candidate = sessions.index.isin(desk.candidates.index) & (desk.patient != "")
    if not settled.any() or not candidate.any():
        return {}
    settled &= sessions["start"].notna() | sessions["reason"].isin(_PAID_FOR)
    moments = numbered(desk.patient, sessions["service_date"], sessions["start"])
    settled_at: dict[int, list[int]] = {}
    for row, moment in zip(sessions.index[settled].tolist(), moments[settled].tolist(), strict=True):
        settled_at.setdefault(moment, []).append(row)
    copies = {}
    for row, moment in zip(sessions.index[candidate].tolist(), moments[candidate].tolist(), strict=True):
        if others := [other for other in settled_at.get(moment, ()) if named[other] in ("", named[row])]:
            copies[row] = others
    return copies


def _takes_back(sessions: pd.DataFrame) -> pd.Series[bool]:
    return sessions["fee_stated"] & (sessions["fee_cents"] < 0)


# What a row of another service is: a credit of it takes no IMS visit back.
_OTHER_TREATMENTS = ("massage", "acupuncture", "chiropractic", "kinesiology")


def _credited(desk: Desk) -> dict[int, list[int]]:
    """By candidate, the rows with an amount below zero that take it back: its whole fee, of its invoice or its patient.

    Two invoices are two visits. Without an invoice the credit is of a visit of its own day, else of the one visit
    before it that it may be of: of several nobody can tell which, unless its service is the same.
    """
    sessions = desk.sessions
    takes_back = _takes_back(sessions) & ~sessions["service"].isin(_OTHER_TREATMENTS)
    if not takes_back.any():
        return {}
    visits = sessions[~_takes_back(sessions) & sessions.index.isin(desk.candidates.index)].assign(patient=desk.patient)
    credits: dict[int, list[int]] = {}
    for row, credit in sessions[takes_back].assign(patient=desk.patient).iterrows():
        of_fee = visits[visits["fee_cents"] == -credit["fee_cents"]]
        of_patient = (of_fee["patient"] == credit["patient"]) & (of_fee["patient"] != "")
        if credit["invoice"]:
            of_invoice = of_fee["invoice"] == credit["invoice"]
            meant = of_invoice & (of_patient | (credit["patient"] == ""))
            # Only where none of the visits has an invoice of its own.
            meant = meant if (visits["invoice"] != "").any() else of_patient
        else:
            meant = of_patient
        meant &= of_fee["service_date"] <= credit["service_date"]
        same_day = meant & (of_fee["service_date"] == credit["service_date"])
        meant = same_day if same_day.any() else meant
        if credit["invoice"] or same_day.any() or meant.sum() == 1 or credit["service"] == "ims":
            for visit in of_fee.index[meant]:
                credits.setdefault(int(visit), []).append(int(str(row)))
    return credits


def _one_key(desk: Desk, patients: pd.Series[str]) -> pd.Series[str]:
    """The patients' keys, one for those who are one person however they are written: by likely copies or by numbers."""
    keys = desk.patient.tolist()
    pairs = [(keys[one], keys[other]) for one, other in desk.copies]
    pairs += one_person(desk.sessions, desk.patient)
    same: dict[str, str] = {}

    def first(key: str) -> str:
        while key in same:
            key = same[key]
        return key

    for one, other in pairs:
        kept, dropped = sorted((first(one), first(other)))
        if kept and kept != dropped:
            same[dropped] = kept
    return patients.map({key: first(key) for key in patients.unique()}).astype("str") if same else patients


def _visit_at(desk: Desk, row: int, beside: int) -> str:
    """Where another visit stands, and why it is not billed if it may be the same one."""
    at, reason = place(desk, row, beside=beside), desk.sessions["reason"][row]
    return f"{at} ({_SETTLED[reason]})" if reason in _ENTERED_AGAIN else at


@check("second-visit-same-day")
def second_visit_same_day(desk: Desk) -> pd.Series[str]:
    """A patient has two sessions on one day that an insurer would count as physiotherapy; copies count once.

    One that was refunded, or that the patient pays, counts where the same practitioner gave it: it may be this one,
    entered once more at another time.
    """
    sessions = desk.sessions
    paid_for = (sessions["insurer_id"] != SELF_PAY) & (~sessions["fee_stated"] | (sessions["fee_cents"] != 0))
    candidate = sessions.index.isin(desk.candidates.index)
    # A physiotherapist's session reaches the insurer whichever way it is billed; so does a claimed one.
    elsewhere = sessions["reason"].isin(_TOOK_PLACE)
    elsewhere &= sessions["profession"] == "physiotherapist"
    elsewhere |= desk.states["state"].isin(("claimed", "changed")) & ~desk.superseded
    counted = sessions["service"].isin(BILLED_AS_PHYSIOTHERAPY)
    is_copy = np.isin(np.arange(len(sessions)), list(chain.from_iterable(desk.copies)))
    entered_again = sessions["reason"].isin(_ENTERED_AGAIN) & ~is_copy & ~candidate
    day = pd.DataFrame(
        {
            "patient": desk.patient,
            "date": sessions["service_date"],
            "group": desk.group,
            "candidate": candidate,
            "claim": "",
            "practitioner": sessions["practitioner_name"].mask(~candidate & ~entered_again, ""),
            "entered_again": entered_again,
        }
    )[counted & ((paid_for & (candidate | elsewhere)) | entered_again) & (desk.patient != "")]
    if len(desk.claimed):
        day = pd.concat([day, claimed_days(desk).assign(practitioner="", entered_again=False)])
    day["patient"] = _one_key(desk, day["patient"])
    if day["entered_again"].any():
        alike = day.groupby(["patient", "date", "practitioner"])["candidate"].transform("any")
        day = day[~day["entered_again"] | (alike & (day["practitioner"] != ""))]
    if not day.duplicated(["patient", "date"]).any():
        return pd.Series(dtype="str")
    visits = day.groupby(["patient", "date"])["group"].transform("nunique")
    messages = {}
    for _, part in day[visits > 1].groupby(["patient", "date"]):
        members = list(zip(part.index, part["group"], part["claim"], strict=True))
        sizes = part["group"].value_counts()
        for row in part.index[part["candidate"]]:
            own = desk.group[row]
            others = ((other, claim) for other, group, claim in members if group != own)
            places = [claim or _visit_at(desk, int(other), beside=int(row)) for other, claim in islice(others, SHOWN)]
            listed = and_others(places, len(members) - int(sizes[own]))
            messages[row] = f"The patient's other physiotherapy visit that day is in {listed}."
    return pd.Series(messages, dtype="str")


class _Booked(NamedTuple):
    """A visit as a practitioner's book has it: its minutes of the day, and the claim where no row has it."""

    start: int
    end: int
    row: int
    patient: str
    claim: str


def _books(desk: Desk) -> list[list[_Booked]]:
    """The books in which a visit begins before another has ended: the visits of one practitioner and day, in order.

    They are from the files and the ledger; one without a length takes a minute.
    """
    sessions, claims = desk.sessions, desk.active
    begun = desk.took_place & ~desk.has_claim & sessions["start"].notna()
    if not begun.any():
        return []
    named = sessions["practitioner_name"]
    in_files = sessions[["service_date", "start", "minutes"]].assign(
        who=named.where(named != "", sessions["practitioner"]), patient=desk.patient, claim=""
    )[begun]
    visits = in_files
    if len(claims):
        on_ledger = claims[["service_date", "start", "minutes"]].assign(
            who=claims["practitioner"], patient=claims["patient_key"], claim="claim " + claims["claim"]
        )
        visits = pd.concat([in_files, on_ledger.set_axis(-1 - np.arange(len(claims)))])
    visits = visits[(visits["who"] != "") & (visits["patient"] != "") & visits["start"].notna()]
    start = visits["start"].to_numpy("int64")
    end = start + np.maximum(visits["minutes"].fillna(1).to_numpy("int64"), 1)
    book = numbered(visits["who"], visits["service_date"])
    # All books at once: in most of a thousand no visit begins before the one before it has ended.
    order = np.lexsort((start, book))
    crosses = (book[order][1:] == book[order][:-1]) & (end[order][:-1] > start[order][1:])
    crossed = order[np.isin(book[order], book[order][1:][crosses])]
    rows = zip(visits.index[crossed], rows_of(visits.iloc[crossed], ["patient", "claim"]), strict=True)
    books: dict[int, list[_Booked]] = {}
    for at, (row, (patient, claim)) in zip(crossed.tolist(), rows, strict=True):
        visit = _Booked(int(start[at]), int(end[at]), int(row), patient, claim)
        books.setdefault(int(book[at]), []).append(visit)
    return list(books.values())


@check("overlapping-sessions", only_warns=_not_one_to_one)
def overlapping_sessions(desk: Desk) -> pd.Series[str]:
    """A practitioner treats two patients at one time, whatever the services; copies of a session are one patient."""
    candidates, named = set(desk.candidates.index), desk.sessions["practitioner_name"]
    messages: dict[int, str] = {}
    for visits in _books(desk):
        for visit in visits:
            others = [o for o in visits if o.start < visit.end and o.end > visit.start and o.patient != visit.patient]
            if others and visit.row in candidates:
                places = [other.claim or place(desk, other.row, beside=visit.row) for other in others[:SHOWN]]
                # Somebody who is not on the roster may be a patient, in the wrong column.
                who = named[visit.row] or "The practitioner"
                messages[visit.row] = f"{who} treated another patient at that time: {and_others(places, len(others))}."
    return pd.Series(messages, dtype="str")


@check("second-initial-visit")
def second_initial_visit(desk: Desk) -> pd.Series[str]:
    """A patient has an initial visit, and had one before."""
    sessions = desk.sessions
    initial = desk.took_place & (sessions["visit"] == "initial") & sessions["service"].isin(BILLED_AS_PHYSIOTHERAPY)
    initial &= ~desk.has_claim
    if not initial.any():
        return pd.Series(dtype="str")
    claimed = desk.active[desk.active["visit"] == "initial"]
    in_files = pd.DataFrame({"patient": desk.patient, "day": sessions["service_date"]})[initial]
    before = pd.DataFrame({"patient": claimed["patient_key"], "day": claimed["service_date"]})
    first = pd.concat([in_files, before]).groupby("patient")["day"].min()
    own = in_files[in_files.index.isin(desk.candidates.index) & (in_files["patient"] != "")]
    since = first.reindex(own["patient"]).set_axis(own.index)
    again = own["day"] > since
    return ("The patient's initial visit was on " + day_text(since[again]) + " already.").astype("str")


@check("unusual-frequency")
def unusual_frequency(desk: Desk) -> pd.Series[str]:
    """A patient has more than two IMS sessions within seven days; copies count once."""
    sessions = desk.sessions
    ims = pd.DataFrame({"patient": desk.patient, "date": sessions["service_date"], "group": desk.group})
    visits = ims[desk.took_place & (sessions["service"] == "ims")]
    if len(desk.claimed):
        visits = pd.concat([visits, claimed_days(desk)[(desk.claimed["service"] == "ims").to_numpy()]])
    # A copy is the visit of its first row.
    visits = visits[visits["patient"] != ""].drop_duplicates("group")
    day, patient = visits["date"].to_numpy("datetime64[D]"), numbered(visits["patient"])
    order = np.lexsort((visits.index, day, patient))
    day, patient = day[order], patient[order]
    first = np.flatnonzero((patient[2:] == patient[:-2]) & (day[2:] - day[:-2] < np.timedelta64(7, "D")))
    rows = visits.index[order[np.concatenate([first, first + 1, first + 2])]]
    return say(desk.candidates.index.to_series().isin(rows), "It is one of 3 or more IMS visits within 7 days.")
