"""A first setup drafted from a clinic's exports: what they show is filled in, what only the clinic knows is asked."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.people import Words, name_and_profession, names_more_than
from ims_billing.clinic.setup_rows import SetupRows, cell_of
from ims_billing.clinic.toml_file import without_file
from ims_billing.month.prepare import Scope, prepare_month
from ims_billing.sessions.classify import classify
from ims_billing.sessions.service_names import NameReading, names_read
from ims_billing.vocabulary.frames import SELF_PAY
from ims_billing.vocabulary.intake import Intake
from ims_billing.vocabulary.setup_sheets import INSURERS, PRACTITIONERS, QUESTION
from ims_billing.vocabulary.spelling import bare, counted, same_name

# What a service shows about whoever gives it.
_GIVEN_BY = {
    "ims": "physiotherapist",
    "physiotherapy": "physiotherapist",
    "massage": "massage-therapist",
    "acupuncture": "acupuncturist",
    "chiropractic": "chiropractor",
    "kinesiology": "kinesiologist",
}
# A fee that this share of the sessions has is the clinic's; where fewer have it, the clinic is asked. It is asked too
# where a share of them has another one, more than once: that is no slip.
_USUAL_SHARE = 0.75
_OTHER_SHARE = 0.1
# From this day on where no session has one.
_START = dt.date(2026, 1, 1)
_ALIASES = {column.key: column for column in PRACTITIONERS.columns}["aliases"]
_REQUIRES = {column.key: column for column in INSURERS.columns}["requires"]
# The numbers by which insurers know a patient, as requirements are called, in words.
_NUMBERS = {"policy": "a policy number", "member": "a member ID"}


def draft(intake: Intake) -> SetupRows:
    """The rows of a first setup, from sessions; no patient's name stands in it."""
    clinic = without_file()
    sessions = classify(intake.sessions, clinic)
    return {
        "practitioner": _practitioners(sessions),
        "insurer": _insurers(sessions, clinic),
        "fee": _fees(intake, sessions, clinic),
        "service_names": _service_names(sessions, clinic),
    }


def _written(names: pd.Series[str]) -> list[str]:
    """The distinct texts that have a letter in them, in alphabetical order."""
    return sorted(name for name in names.unique() if any(character.isalpha() for character in name))


def people_in(names: Iterable[str]) -> list[list[str]]:
    """Spellings of practitioners, those of one person together: apostrophes, initials and credentials aside."""
    groups: dict[str, list[str]] = {}
    words: dict[str, Words] = {}
    for written in names:
        own = name_and_profession(written)[0]
        letters = same_name(" ".join(own))
        groups.setdefault(letters, []).append(written)
        words.setdefault(letters, own)
    for letters, own in words.items():
        if len(own) > 1 and len(own[0]) == 1:
            whole = [w for w, o in words.items() if len(o[0]) > 1 and o[0][0] == own[0] and o[-1] == own[-1]]
            # An initial that could be two people stays apart: the clinic knows whose it is.
            if len(whole) == 1:
                groups[whole[0]] += groups.pop(letters)
    return list(groups.values())


def _practitioners(sessions: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    everybody = people_in(_written(sessions["practitioner"]))
    names = [" ".join(name_and_profession(spellings[0])[0]) for spellings in everybody]
    nobody = _naming_more(everybody, names)
    for number, spellings in enumerate(everybody):
        if number in nobody:
            continue
        theirs = sessions[sessions["practitioner"].isin(spellings)]
        stated = {name_and_profession(name)[1] or "" for name in spellings} - {""}
        services = Counter(theirs.loc[theirs["service"].isin(_GIVEN_BY), "service"])
        shown = Counter({_GIVEN_BY[service]: count for service, count in services.items()}).most_common(1)
        guess = shown[0][0] if shown else ""
        # Two professions beside one name may be two people: the clinic says which is meant. What is stated in one cell
        # ("Ann Example - Kin") and given as another service is asked as well.
        own = next(iter(stated)) if len(stated) == 1 else ""
        profession = own if own and guess in ("", own) else f"{own or guess}{QUESTION}"
        name = _shortest(spellings)
        own_words = name_and_profession(name)[0]
        others = [other for other in spellings if other != name and name_and_profession(other)[0] != own_words]
        more = [written for other, one in nobody.items() if one == number for written in everybody[other]]
        held = (
            f'"{written}" names {name} and more than that: on hold until your practice software says who treated'
            for written in more
        )
        initials = [other for other in others if len(name_and_profession(other)[0][0]) < len(own_words[0])]
        if initials and not profession.endswith(QUESTION):
            profession += QUESTION
        doubtful = (
            f'"{written}" is read as {name}: if that is somebody else, take it out of Other spellings, and give them a '
            "row of their own"
            for written in initials
        )
        notes = "\n".join([counted(len(theirs), "session"), *doubtful, *held])
        row: dict[str, Any] = {"name": name, "profession": profession, "Notes": notes}
        if others:
            row["aliases"] = cell_of(others, _ALIASES)
        if profession.startswith("physiotherapist"):
            row |= {"registration": QUESTION, "registered.from": QUESTION}
            if services["ims"]:
                row["needling.from"] = QUESTION
        rows.append(row)
    return rows


def _naming_more(everybody: Sequence[Sequence[str]], names: Sequence[str]) -> dict[int, int]:
    """By number the spellings that are nobody's, "Ann Example and Ben Sample", each with somebody whom it names."""
    nobody = {}
    for number, spellings in enumerate(everybody):
        named = (other for other, name in enumerate(names) if other != number and names_more_than(spellings[0], name))
        if (somebody := next(named, None)) is not None:
            nobody[number] = somebody
    for number in nobody:
        while nobody[number] in nobody:
            nobody[number] = nobody[nobody[number]]
    return nobody


def _shortest(spellings: Sequence[str]) -> str:
    """The spelling that is a name and nothing else, given name first and whole, where there is one."""

    def rank(written: str) -> tuple[bool, bool, bool, int, str]:
        words = name_and_profession(written)[0]
        set_off = bool(re.search(r"[(),\[\]]", written))
        return len(words[0]) == 1, "’" in written, set_off, -len("".join(words)), written

    best = min(spellings, key=rank)
    words = name_and_profession(best)[0]
    without = (re.sub(r"\s*[(\[][^)\]]*[)\]]", "", best).strip(), best.rpartition(",")[0].strip())
    return next((name for name in without if name and name_and_profession(name)[0] == words and "," not in name), best)


def _insurers(sessions: pd.DataFrame, clinic: Clinic) -> list[dict[str, Any]]:
    """The insurers under a known spelling, and below them each unknown spelling with the owner that it may have.

    A payer with a patient's name is none: the practice system puts it there where the patient pays.
    """
    ours = sessions[~sessions["insurer_id"].isin(["", SELF_PAY])]
    rows = [_known_insurer(name, ours[ours["insurer_name"] == name], clinic) for name in _written(ours["insurer_name"])]
    people = people_paying(sessions)
    unknown = sessions.loc[sessions["insurer_id"] == "", "insurer"]
    by_letters: dict[str, list[str]] = {}
    for written in _written(unknown):
        if same_name(written) not in people:
            by_letters.setdefault(bare(written), []).append(written)
    for spellings in by_letters.values():
        owner = owner_of(spellings[0], clinic)
        times = counted(int(unknown.isin(spellings).sum()), "session")
        rows.append(
            {
                "name": f"{owner}{QUESTION}" if owner else QUESTION,
                "aliases": cell_of(spellings, _ALIASES),
                "Notes": f"{times}; choose whose it is, or type a new name",
            }
        )
    return rows


def _known_insurer(name: str, sessions: pd.DataFrame, clinic: Clinic) -> dict[str, Any]:
    """The row of an insurer that is known, with the numbers that its sessions usually have.

    What a private plan requires is seldom published. A number that most of its sessions have is taken as required: the
    few without it are then on hold, instead of going out without one.
    """
    notes = counted(len(sessions), "session")
    insurer = clinic.insurer(name)
    if insurer is None or insurer.public or insurer.requirements:
        return {"name": name, "Notes": notes}
    filled = {number: int((sessions[number] != "").sum()) for number in _NUMBERS}
    usual = [number for number, times in filled.items() if times >= _USUAL_SHARE * len(sessions)]
    if not usual:
        return {"name": name, "Notes": notes}
    seen_in = " and ".join(f"{_NUMBERS[number]} in {filled[number]:,}" for number in usual)
    return {"name": name, "requires": cell_of(usual, _REQUIRES), "Notes": f"{notes}: {seen_in}"}


def people_paying(sessions: pd.DataFrame) -> set[str]:
    """The patients and the insured, as names are compared: a payer of such a name is no insurer."""
    return {same_name(name) for field in ("patient", "insured") for name in sessions[field].unique() if name}


def owner_of(written: str, clinic: Clinic) -> str | None:
    """The insurer that an unknown spelling may mean; None where nothing shows one."""
    without = re.sub(r"\([^)]*\)|\[[^\]]*\]|#?\s*\d[\d-]*", " ", written)
    inside = " ".join(re.findall(r"\(([^)]*)\)", written))
    parts = [part for text in (without, inside, *re.split(r"\s+[-–/]\s+", without)) if (part := " ".join(text.split()))]
    for part in parts:
        insurer = clinic.insurer(part)
        if insurer is not None:
            return insurer.name
    letters = bare(without)
    by_initials = {
        insurer.name
        for insurer in clinic.insurers
        for name in (insurer.name, *insurer.aliases)
        if len(letters) > 1 and "".join(word[0] for word in re.findall(r"\w+", name)).casefold() == letters
    }
    if len(by_initials) == 1:
        return by_initials.pop()
    return clinic.nearest_insurer(without) if len(letters) > 3 else None


@dataclass
class _FeeGroup:
    """The fees of the sessions of one visit and length (None: not stated), each with its number of sessions."""

    visit: str
    minutes: int | None
    fees: Counter[int]

    @property
    def usual(self) -> int:
        """The fee that most of them have, in cents."""
        return self.fees.most_common(1)[0][0]

    @property
    def sure(self) -> bool:
        """Whether the others are slips, if any."""
        (_, times), *others = self.fees.most_common(2)
        recurs = any(count > max(1, _OTHER_SHARE * self.fees.total()) for _, count in others)
        return times >= _USUAL_SHARE * self.fees.total() and not recurs

    def row(self, start: dt.date) -> dict[str, Any]:
        """Its row of the sheet Fees."""
        (usual, times), *others = self.fees.most_common(4)
        rest = ", ".join(f"{cents / 100:.2f} ({count})" for cents, count in others)
        notes = f"{times} of {counted(self.fees.total(), 'session')}" + (f"; others: {rest}" if rest else "")
        if not self.sure:
            unsaid = " and ".join([*["Visit"] * (not self.visit), *["Minutes"] * (self.minutes is None)])
            notes += f". If the fee depends on it, your export has to say it: {unsaid}" if unsaid else ""
        return {
            "service": "ims",
            "visit": self.visit,
            "minutes": self.minutes,
            "amount": usual / 100 if self.sure else f"{usual / 100:.2f}{QUESTION}",
            "from": start,
            "Notes": notes,
        }


def _fees(intake: Intake, sessions: pd.DataFrame, clinic: Clinic) -> list[dict[str, Any]]:
    """The usual fee of IMS by visit and minutes, from the first day of the first month that there is.

    A fee goes by the visit that `check` takes a session for: a later one of a patient is subsequent. What a public
    payer has fixed says nothing about the clinic's own fee.
    """
    last = sessions["service_date"].max()
    month = prepare_month(intake, Scope(clinic, None, last.date() if isinstance(last, pd.Timestamp) else _START))
    sessions = month.sessions
    ours = sessions[(sessions["service"] == "ims") & (sessions["status"] == "arrived")]
    if len(ours) and not sessions["fee_stated"].any():
        notes = "Your export has no fees. Add a column Fee to it each month, with the price of each visit."
        start = ours["service_date"].min()
        return [{"service": "ims", "amount": QUESTION, "from": _first_of_month(start), "Notes": notes}]
    paid = ours[ours["fee_cents"] > 0]
    set_rates = month.prices["listed_cents"].reindex(paid.index)
    paid = paid[(set_rates != paid["fee_cents"]).fillna(True).astype("bool")]
    start = _first_of_month(paid["service_date"].min())
    minutes = paid["minutes"].astype("string").fillna("").astype("str")
    groups = [
        _FeeGroup(str(visit), int(str(length)) if length else None, Counter(part["fee_cents"].tolist()))
        for (visit, length), part in paid.groupby([paid["visit"], minutes])
    ]
    return [group.row(start) for group in _for_any_visit(groups)]


def _first_of_month(day: object) -> dt.date:
    return day.replace(day=1).date() if isinstance(day, pd.Timestamp) else _START


def _for_any_visit(groups: Sequence[_FeeGroup]) -> list[_FeeGroup]:
    """One group for those that differ only in the visit and have one fee, where some do not say the visit.

    One of a stated length stays apart where the list has its visit without a length, which would go first.
    """
    kept: dict[tuple[str, int | None], _FeeGroup] = {(group.visit, group.minutes): group for group in groups}
    for group in groups:
        of_any = kept.get(("", group.minutes))
        goes_first = group.minutes is not None and (group.visit, None) in kept
        if group.visit and of_any and group.sure and of_any.sure and group.usual == of_any.usual and not goes_first:
            of_any.fees += group.fees
            del kept[(group.visit, group.minutes)]
    return list(kept.values())


def _service_names(sessions: pd.DataFrame, clinic: Clinic) -> list[dict[str, Any]]:
    """Each name that speaks of IMS, or may mean it, with how it is read; what is not certain is asked."""
    rows = []
    for reading in names_read(sessions["service_name"], clinic):
        if reading.service == "ims" or reading.needles:
            row = {"name": reading.name, "Read as": _read_as(reading)}
            rows.append(row if reading.certain and reading.service == "ims" else {**row, "service": QUESTION})
    return rows


def _read_as(reading: NameReading) -> str:
    if reading.service != "ims":
        return "It may mean IMS, and says no service that is known"
    if reading.also_acupuncture:
        return "IMS and acupuncture: which of them?"
    open_words = (*reading.unknown, *reading.doubtful)
    return f"IMS, but {', '.join(open_words)} leaves it open" if open_words else "IMS"
