"""Classifies sessions: the service and its evidence, the practitioner, the payer."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from ims_billing.clinic.clinic import Clinic, Practitioner
from ims_billing.rules.published import published
from ims_billing.sessions.name_words import NoteReader, singular
from ims_billing.sessions.receipts import says_only_physiotherapy
from ims_billing.sessions.service_names import NameReader, NameReading, name_parts, reader_of
from ims_billing.vocabulary.frames import BY_SERVICE_NAME, CLASSIFIED, SELF_PAY, SESSIONS, prove
from ims_billing.vocabulary.kinds import in_words
from ims_billing.vocabulary.rows import of_each
from ims_billing.vocabulary.spelling import without_zeros


def classify(sessions: pd.DataFrame, clinic: Clinic) -> pd.DataFrame:
    """Adds the CLASSIFIED columns to SESSIONS, and fills `visit` and `minutes` from the service name.

    The service name decides the service, and its sale may contradict it. The notes decide it if the name does not say
    IMS, and a physiotherapist or somebody not on the roster treated. Nothing here decides whether a session is billed.
    """
    prove(sessions, SESSIONS)
    reader = reader_of(clinic)
    frame = sessions.copy(deep=False)
    codes, names = pd.factorize(frame["service_name"])
    readings = [reader.read(name) for name in names]

    def text(says: Callable[[NameReading], str]) -> pd.Series[str]:
        return pd.Series(pd.array(list(map(says, readings)), dtype="str").take(codes), index=frame.index)

    frame["service"] = text(lambda reading: reading.service)
    frame["evidence"] = text(lambda reading: reading.evidence)
    frame["doubt"] = text(lambda reading: " ".join(reading.kinds()))
    frame["unknown_words"] = text(lambda reading: "\n".join(reading.unknown))
    frame["doubtful_words"] = text(lambda reading: "\n".join(reading.doubtful))
    frame["strange_words"] = text(lambda reading: "\n".join(reading.strange))
    no_visit = np.array([reading.no_visit for reading in readings], dtype="bool")
    frame["no_visit"] = pd.Series(no_visit.take(codes), index=frame.index)
    minutes = pd.array([reading.minutes for reading in readings], dtype="Int64").take(codes)
    frame["minutes"] = frame["minutes"].fillna(pd.Series(minutes, index=frame.index))
    frame = _with_visit(frame, text(lambda reading: reading.visit))
    frame = _with_practitioners(frame, clinic)
    named = {reading.name: reading.persons for reading in readings if reading.persons}
    instead = of_each(frame, ["service_name", "practitioner"], _NamedInstead(clinic, named).of)
    frame["named_instead"] = pd.Series(instead, index=frame.index, dtype="str")
    frame = _with_sales(frame, reader, clinic)
    frame = _with_notes(frame, reader, clinic)
    return prove(_with_insurers(frame, clinic), CLASSIFIED)


def _with_visit(frame: pd.DataFrame, by_name: pd.Series[str]) -> pd.DataFrame:
    """Takes the visit from its column, else the service name, else the appointment, and notes which."""
    visit, evidence = frame["visit"], pd.Series("", index=frame.index, dtype="str")
    evidence = evidence.mask(visit != "", "the column Visit")
    by_appointment = frame["first_visit"].map({"yes": "initial", "no": "subsequent", "": ""}).astype("str")
    for filler, words in ((by_name, BY_SERVICE_NAME), (by_appointment, "the appointment's first visit")):
        fills = (visit == "") & (filler != "")
        if fills.any():
            visit, evidence = visit.mask(fills, filler), evidence.mask(fills, words)
    return frame.assign(visit=visit.astype("str"), visit_evidence=evidence.astype("str"), named_visit=by_name)


def _with_practitioners(frame: pd.DataFrame, clinic: Clinic) -> pd.DataFrame:
    written = frame["practitioner"]
    by_name = {name: clinic.practitioner(name) for name in written.unique()}
    for column, attribute in (
        ("practitioner_name", "name"),
        ("profession", "profession"),
        ("registration", "registration"),
    ):
        frame[column] = written.map({n: getattr(p, attribute) if p else "" for n, p in by_name.items()}).astype("str")
    standings = of_each(frame, ["practitioner", "service_date"], lambda name, day: _standing(by_name[name], day))
    for column, dtype in (("registered", "bool"), ("may_needle", "bool"), ("authority", "str")):
        frame[column] = pd.Series([getattr(one, column) for one in standings], index=frame.index, dtype=dtype)
    return frame


class _Standing(NamedTuple):
    """A practitioner's authority on a day, and the same in words."""

    registered: bool
    may_needle: bool
    authority: str


def _standing(practitioner: Practitioner | None, day: dt.date | None) -> _Standing:
    if practitioner is None or day is None:
        return _Standing(False, False, _authority(practitioner, day))
    registered = bool(practitioner.registration) and any(p.covers(day) for p in practitioner.registered)
    return _Standing(registered, any(p.covers(day) for p in practitioner.needling), _authority(practitioner, day))


def _authority(practitioner: Practitioner | None, day: dt.date | None) -> str:
    """The grounds for billing a practitioner that day: profession, registration and authorisation, with dates."""
    if practitioner is None:
        return "not in the clinic setup"
    parts: list[str] = [in_words(practitioner.profession)]
    parts += [f"registration {practitioner.registration}"] if practitioner.registration else []
    if practitioner.profession != "physiotherapist" or day is None:
        return ", ".join(parts)
    for periods, yes, no in (
        (practitioner.registered, "registered", "not shown as registered that day"),
        (practitioner.needling, "authorized to needle", "not shown as authorized to needle that day"),
    ):
        covering = next((period for period in periods if period.covers(day)), None)
        parts.append(f"{yes} {covering.lasting()}" if covering else no)
    return ", ".join(parts)


class _NamedInstead:
    """Other physiotherapists whom the service names name: "IMS - Ben" in a row of Ann's."""

    def __init__(self, clinic: Clinic, persons: Mapping[str, tuple[str, ...]]) -> None:
        """`persons` are the words of each service name that name a physiotherapist."""
        self._clinic, self._persons = clinic, persons

    def of(self, service_name: str, practitioner: str) -> str:
        """The others whom more of the name's words fit than whom the row says treated; empty for none."""
        words, treated = self._persons.get(service_name, ()), self._clinic.practitioner(practitioner)
        if not words or treated is None:
            return ""
        fits = {one.name: _fitting(words, one) for one in self._clinic.practitioners}
        best = max(fits.values())
        return " or ".join(name for name in fits if fits[name] == best) if best > fits[treated.name] else ""


def _fitting(words: Iterable[str], practitioner: Practitioner) -> int:
    """How many of the words are of a practitioner's name; of an initial, the first letter."""
    names = (practitioner.name, *practitioner.aliases)
    parts = {singular(part) for name in names for part in name_parts(name)}
    initials = {part[0] for part in parts}
    return sum(word in initials if len(word) == 1 else singular(word) in parts for word in words)


@cache
def _ims_in_notes() -> NoteReader:
    return NoteReader(published().services, "ims")


_DIFFER = "sale-and-arrival-differ"


def _with_sales(frame: pd.DataFrame, reader: NameReader, clinic: Clinic) -> pd.DataFrame:
    """Appointments whose sale names another service, of which the clinic bills one, or leaves the service open.

    IMS is billed as physiotherapy, so a sale that says only that is no other service. A session with another counts as
    the one that is billed, so that it waits for a person instead of being dropped.
    """
    has_sale = frame["sold_as"] != ""
    if not has_sale.any():
        return frame
    pairs = frame.loc[has_sale, ["service_name", "sold_as"]].drop_duplicates()
    billed = {"ims", *clinic.block.bill}
    for name, sold in pairs.itertuples(index=False, name=None):
        booked, sale = reader.read(name), reader.read(sold)
        if booked.service == "ims" and says_only_physiotherapy(sold, clinic.service_code.description):
            continue
        another = booked.service != sale.service and bool({booked.service, sale.service} & billed)
        if not another and (sale.service not in billed or set(sale.kinds()) <= set(booked.kinds())):
            continue
        rows = (frame["service_name"] == name) & (frame["sold_as"] == sold)
        doubt = frame.loc[rows, "doubt"] + f" {_DIFFER}"
        if booked.service not in billed:
            frame.loc[rows, "service"] = sale.service
            frame.loc[rows, "evidence"] = f"{sale.evidence}, on the sale"
            doubt = pd.Series(_DIFFER, index=doubt.index)
        frame.loc[rows, "doubt"] = doubt.str.strip().astype("str")
    return frame


def _with_notes(frame: pd.DataFrame, reader: NameReader, clinic: Clinic) -> pd.DataFrame:
    """Finds IMS that only the notes name, if a physiotherapist or somebody not on the roster treated.

    A sale that names another service contradicts the notes as it would the appointment.
    """
    may_be = (frame["notes"] != "") & (frame["service"] != "ims")
    may_be &= frame["profession"].isin(("physiotherapist", "")) & (frame["service_name"] != "")
    words = frame.loc[may_be, "notes"].map(cache(_ims_in_notes().words_in))
    named = words[words != ""]
    if named.empty:
        return frame
    sales, differ = frame.loc[named.index, "sold_as"], frame.loc[named.index, "doubt"].str.contains(_DIFFER)
    description = clinic.service_code.description
    another = {
        sold: reader.read(sold).service != "unrecognised" and not says_only_physiotherapy(sold, description)
        for sold in sales.unique()
    }
    frame.loc[named.index, "service"] = "ims"
    frame.loc[named.index, "doubt"] = np.where(
        differ | sales.map(another).astype("bool"), f"ims-in-notes-only {_DIFFER}", "ims-in-notes-only"
    )
    frame.loc[named.index, "evidence"] = '"' + named.astype("str") + '" in Notes'
    return frame


def _with_insurers(frame: pd.DataFrame, clinic: Clinic) -> pd.DataFrame:
    written = frame["insurer"]
    ids, names = {}, {}
    for name in written.unique():
        insurer = clinic.insurer(name)
        blank_pays = name == "" and clinic.block.blank_insurer == "self-pay"
        if insurer is not None:
            ids[name], names[name] = insurer.id, insurer.name
        else:
            ids[name], names[name] = SELF_PAY if blank_pays or clinic.pays_self(name) else "", name
    frame["insurer_id"] = written.map(ids).astype("str")
    frame["insurer_name"] = written.map(names).astype("str")
    # A word for "the patient pays" is no second insurer, nor is the first plan once more in another spelling.
    second = frame["secondary_insurer"]
    second_ids = {name: insurer.id for name in second.unique() if (insurer := clinic.insurer(name))}
    pays_self = second.isin([name for name in second.unique() if clinic.pays_self(name)])
    again = (second.map(second_ids) == frame["insurer_id"]) & (frame["insurer_id"] != "")
    if again.any():
        numbers = ["policy", "member", "secondary_policy", "secondary_member"]
        again &= ~pd.Series(of_each(frame, numbers, is_another_plan), index=frame.index, dtype="bool")
    frame["secondary_insurer"] = second.mask(pays_self | again, "")
    return frame


def is_another_plan(policy: str, member: str, second_policy: str, second_member: str) -> bool:
    """Whether the numbers of a second plan with the same insurer are another policy's, or another member's of it.

    Two who work for one employer have one policy, each with a number; the -00 and -01 of a family are one member's.
    """
    if second_policy and without_zeros(second_policy) != without_zeros(policy):
        return True
    first, second = (without_zeros(re.sub(r"-\d\d$", "", each)) for each in (member, second_member))
    return bool(first and second) and first != second
