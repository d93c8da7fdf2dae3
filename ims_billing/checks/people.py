"""Practitioners and insurers: known to the clinic file, and authorized on the day."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection

import pandas as pd

from ims_billing.checks.desk import Desk, and_others, check, of_rows
from ims_billing.clinic.clinic import Clinic, Insurer, Practitioner
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import first_phrase
from ims_billing.vocabulary.kinds import in_words, with_article
from ims_billing.vocabulary.quoting import Names, has_a_number, is_personal, parts
from ims_billing.vocabulary.rows import of_each
from ims_billing.vocabulary.spelling import day_text


@check("practitioner-not-on-roster")
def practitioner_not_on_roster(desk: Desk) -> pd.Series[str]:
    """Somebody treated whom the clinic file does not name."""
    written = desk.candidates["practitioner"]
    strangers = written[(written != "") & (desk.candidates["profession"] == "")]
    if strangers.empty:
        return pd.Series(dtype="str")
    # Where the patient is somebody on the roster, the two columns are changed over: nobody is named.
    swapped = {name for name in desk.candidates["patient"].unique() if desk.clinic.practitioner(name)}
    public = {word for one in desk.clinic.practitioners for name in (one.name, *one.aliases) for word in parts(name)}
    messages = strangers.map(
        {name: _stranger(name, desk.clinic, _named(name, desk.names, public)) for name in strangers.unique()}
    )
    changed_over = desk.candidates.loc[strangers.index, "patient"].isin(swapped)
    return messages.mask(changed_over, "The practitioner is not in the clinic setup, and the patient is.").astype("str")


def _stranger(cell: str, clinic: Clinic, named: str) -> str:
    """The message for a practitioner's cell that names nobody on the roster, or more than one person.

    `named` is the cell as the message quotes it.
    """
    reading = clinic.roster.read(cell)
    if reading.named is None:
        return f"The practitioner{named} is not in the clinic setup." + _proposal(clinic.roster.nearest(cell))
    # The rest of the cell is not quoted: it may be a patient's name.
    professions = [f"another profession ({in_words(profession)})" for profession in reading.professions]
    beside = [*reading.others, *professions] or ["words that are not understood"]
    return (
        f"The practitioner's cell names {reading.named.name}, and also {and_others(beside, len(beside))}: "
        "somebody else may have treated."
    )


def _only_the_second(desk: Desk) -> pd.Series[bool]:
    return desk.candidates["insurer_id"] != ""


@check("insurer-not-known", only_warns=_only_the_second)
def insurer_not_known(desk: Desk) -> pd.Series[str]:
    """The published rules and the clinic file do not name the insurer.

    An unknown second insurer holds nothing: the claim names none.
    """
    candidates = desk.candidates
    written = candidates["insurer"]
    strangers = written[(written != "") & (candidates["insurer_id"] == "") & desk.readable("insurer")]
    if strangers.empty and not (candidates["secondary_insurer"] != "").any():
        return pd.Series(dtype="str")
    public = {word for one in desk.clinic.insurers for name in (one.name, *one.aliases) for word in parts(name)}
    texts = {
        name: f"The insurer{_payer_named(name, desk, public)} is not known."
        + _proposal(desk.clinic.nearest_insurer(name))
        for name in strangers.unique()
    }
    second = candidates.loc[candidates.index.difference(strangers.index), "secondary_insurer"]
    unknown = second[second.isin([name for name in second.unique() if name and desk.clinic.insurer(name) is None])]
    also = {
        name: f"The second insurer{_payer_named(name, desk, public)} is not known, and the claim names none."
        for name in unknown.unique()
    }
    reasons: pd.Series[str] = pd.concat([strangers.map(texts), unknown.map(also)]).astype("str")
    return reasons


@check("not-a-physiotherapist")
def not_a_physiotherapist(desk: Desk) -> pd.Series[str]:
    """Somebody of another profession gave a service that is billed as physiotherapy."""
    candidates = desk.candidates
    others = ~candidates["profession"].isin(("", "physiotherapist"))
    return of_rows(
        candidates,
        others,
        lambda own: own["practitioner_name"] + " is entered as " + own["profession"].map(with_article) + ".",
    )


_IN_SETUP = " (clinic setup, sheet Practitioners)."


def _by_name(desk: Desk, says: Callable[[Practitioner], bool]) -> pd.Series[bool]:
    """Asks `says` about each candidate's practitioner; False for one who is not on the roster."""
    roster = {practitioner.name: says(practitioner) for practitioner in desk.clinic.practitioners}
    return desk.candidates["practitioner_name"].map(lambda name: roster.get(name, False)).astype("bool")


def _no_needling(desk: Desk) -> pd.Series[bool]:
    return _by_name(desk, lambda practitioner: not practitioner.needling)


def _no_number(desk: Desk) -> pd.Series[bool]:
    return _by_name(desk, lambda practitioner: not practitioner.registration)


def _no_days(desk: Desk) -> pd.Series[bool]:
    return _by_name(desk, lambda practitioner: not practitioner.registered)


def _no_registration(desk: Desk) -> pd.Series[bool]:
    return _no_number(desk) | _no_days(desk)


@check("practitioner-not-registered", lacks_setup=_no_registration)
def practitioner_not_registered(desk: Desk) -> pd.Series[str]:
    """A physiotherapist whose registration the clinic file does not show for that day."""
    candidates = desk.candidates

    def message(own: pd.DataFrame) -> pd.Series[str]:
        number, days = _no_number(desk)[own.index], _no_days(desk)[own.index]
        reasons = " has no registration for " + day_text(own["service_date"]) + " in the clinic setup."
        reasons = reasons.mask(number, " has no registration number" + _IN_SETUP)
        reasons = reasons.mask(days, " has no date under Registered from" + _IN_SETUP)
        reasons = reasons.mask(
            number & days, " has no registration number and no date under Registered from" + _IN_SETUP
        )
        texts: pd.Series[str] = own["practitioner_name"] + reasons
        return texts

    return of_rows(candidates, (candidates["profession"] == "physiotherapist") & ~candidates["registered"], message)


@check("not-authorised-to-needle", lacks_setup=_no_needling)
def not_authorised_to_needle(desk: Desk) -> pd.Series[str]:
    """IMS by a physiotherapist who, by the clinic file, may not needle that day."""
    candidates = desk.candidates
    rows = (candidates["profession"] == "physiotherapist") & (candidates["service"] == "ims")

    def message(own: pd.DataFrame) -> pd.Series[str]:
        reasons = " is not shown as authorized to needle on " + day_text(own["service_date"]) + " in the clinic setup."
        reasons = reasons.mask(_no_needling(desk)[own.index], " has no date under Needling from" + _IN_SETUP)
        texts: pd.Series[str] = own["practitioner_name"] + reasons
        return texts

    return of_rows(candidates, rows & ~candidates["may_needle"], message)


@check("registration-format")
def registration_format(desk: Desk) -> pd.Series[str]:
    """A physiotherapist's registration number is not written as the College writes them."""
    candidates = desk.candidates
    numbered = (candidates["profession"] == "physiotherapist") & (candidates["registration"] != "")
    parts = []
    for written in published().limits.registration:
        odd = numbered & ~candidates["registration"].str.fullmatch(written.pattern)
        odd &= candidates["service_date"] >= pd.Timestamp(written.start)

        def message(own: pd.DataFrame, words: str = written.words) -> pd.Series[str]:
            reasons = own["practitioner_name"] + "'s registration number \"" + own["registration"]
            return reasons + f'" is not {words}.'

        parts.append(of_rows(candidates, odd, message))
    return pd.concat(parts)


def _only_the_name_says_so(desk: Desk) -> pd.Series[bool]:
    own = desk.candidates
    second = own["secondary_insurer"].map(
        {name: (i := desk.clinic.insurer(name)) is not None and _pays_first(i) for name in own["secondary_insurer"]}
    )
    return ~second.astype("bool") & (own["payer_file_number"] == "") & own["accident_date"].isna()


@check("accident-claim-to-private-plan", only_warns=_only_the_name_says_so)
def accident_claim_to_private_plan(desk: Desk) -> pd.Series[str]:
    """The claim goes to a private plan, and the row shows an accident that ICBC or WorkSafeBC pays first.

    The service name alone only warns: clinics keep one name for every payer.
    """
    candidates = desk.candidates
    private = desk.by_insurer_and_day(lambda insurer, _: not insurer.public)
    written = candidates["secondary_insurer"]
    first = {
        name: f"the second insurer is {i.name}, which pays before any plan"
        for name in written.unique()
        if (i := desk.clinic.insurer(name)) and _pays_first(i)
    }
    named = {
        name: f"the service name says {accident}"
        for name in candidates["service_name"].unique()
        if (accident := _accident_in(name, desk.clinic))
    }

    def reason(second: str, file_number: str, accident: dt.date | None, service: str) -> str:
        by_cells = "the row has a payer file number" if file_number else "the row has an accident date"
        return first.get(second) or (by_cells if file_number or accident else named.get(service, ""))

    shown = (candidates["payer_file_number"] != "") | candidates["accident_date"].notna()
    shown |= written.isin(list(first)) | candidates["service_name"].isin(list(named))

    def message(own: pd.DataFrame) -> pd.Series[str]:
        columns = ["secondary_insurer", "payer_file_number", "accident_date", "service_name"]
        texts: pd.Series[str] = "The claim goes to " + own["insurer_name"] + ", a private plan, and "
        return texts + pd.Series(of_each(own, columns, reason), own.index, dtype="str") + "."

    return of_rows(candidates, private & shown, message)


def _accident_in(service_name: str, clinic: Clinic) -> str:
    """The accident, or the payer of accidents, that a service name names; empty for none, or where it says not that."""
    words = re.findall(r"[^\W_]+", service_name)
    if {"non", "not", "no"} & {word.casefold() for word in words}:
        return ""
    payer = next((i.name for word in words if (i := clinic.insurer(word)) and _pays_first(i)), "")
    return payer or first_phrase(service_name, published().unread.accidents)


def _pays_first(insurer: Insurer) -> bool:
    return any(condition.condition == "first-payer" for condition in insurer.conditions)


def _named(name: str, names: Names, public: Collection[str]) -> str:
    """The name in quotes; nothing where a word of it that is not `public` stands in a patient's or insured's name."""
    return "" if names.stand_in(name, public) else f' "{name}"'


def _payer_named(name: str, desk: Desk, public: Collection[str]) -> str:
    """As `_named`; nothing either for what looks like a person's, unless it is nearly an insurer's name."""
    personal = has_a_number(name) or (is_personal(name, public) and not desk.clinic.nearest_insurer(name))
    return "" if personal else _named(name, desk.names, public)


def _proposal(close: str | None) -> str:
    return f" The nearest known one is {close}." if close else ""
