"""Short notes that say what no other column does: called off, billed, paid, not to be billed, done by somebody else."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from typing import NamedTuple

import pandas as pd

from ims_billing.checks.desk import Desk, check
from ims_billing.clinic.clinic import Clinic
from ims_billing.rules.published import published
from ims_billing.rules.words import NoteGroup
from ims_billing.vocabulary.cells import word_of
from ims_billing.vocabulary.days import MONTHS, WEEKDAYS
from ims_billing.vocabulary.rows import of_each

# A note of more words tells a story, in which somebody else or another visit may be meant.
_MOST_WORDS = 6
# What ends a clause: a mark with a space behind it, a dash between spaces, a slash, brackets, a new line.
_ENDS = re.compile(r"[.,;:!?](?=\s|$)|\s[-‐‑–—]+\s|[/()\[\]\n\r|+&]")
# A day within a note, as `word_of` leaves it: "2026 10 12", "oct 12", "12th of october", "the 12th", "friday".
_MONTH, _NUMBER = "|".join(MONTHS), r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|er)?"
_A_DAY = re.compile(
    rf"\b(?:20\d\d (?P<iso>0[1-9]|1[0-2]) (?P<day>{_NUMBER})|(?P<month>{_MONTH}) (?P<behind>{_NUMBER})"
    rf"|(?P<before>{_NUMBER}) (?:of )?(?P<later>{_MONTH})|the (?P<alone>\d\d?(?:st|nd|rd|th)))\b"
)
# Short ones, such as "sat" and "sun", are words of their own.
_A_WEEKDAY = re.compile(rf"\b(?P<next>next )?(?P<name>{'|'.join(name for name in WEEKDAYS if len(name) > 4)})\b")
# Short for one word: "n/s", "l/c", "r/s".
_LETTERS = re.compile(r"\b([a-z])/([a-z])\b", re.IGNORECASE)
# An amount of money within a note: a number of dollars, one with cents, or one right after what was paid.
_AMOUNT = re.compile(
    r"\$\s*(\d+(?:[.,]\d\d)?)|\b(\d+[.,]\d\d)\b|\b(\d+)\s*\$|\b(?:paid|pd|payée?)\s+(\d+)\b(?!\s*%)", re.IGNORECASE
)
_PART = re.compile(r"(?<!\b100)\s?%")


@check("status-not-recognised")
def note_contradicts(desk: Desk) -> pd.Series[str]:
    """A short note says that the visit was called off, billed or paid, and no other column does.

    Such a note makes the claim wrong if it is true. A person who corrected the status has decided what is true.
    """
    messages = note_messages(desk, "status-not-recognised")
    return messages[~messages.index.isin(desk.status_corrected)]


def note_messages(desk: Desk, kind: str) -> pd.Series[str]:
    """The messages of short notes that make a finding of a kind, indexed by session."""
    readings = desk.once(_readings)
    return readings.loc[readings["kind"] == kind, "message"].astype("str")


def _readings(desk: Desk) -> pd.DataFrame:
    """The `kind` and the `message` of each candidate whose short note says something against its claim."""
    noted = desk.candidates[desk.candidates["notes"] != ""]
    reader = _Reader(desk.clinic)
    columns = [
        "notes", "practitioner_name", "insurer_id", "secondary_insurer", "service_date", "service", "fee_cents",
        "patient_paid_cents",
    ]  # fmt: skip
    readings = of_each(noted, columns, lambda note, *cells: reader.read(note, _Visit(*cells)))
    return pd.DataFrame(readings, columns=["kind", "message"], index=noted.index, dtype="str")


class _Visit(NamedTuple):
    """The row that a note stands in."""

    practitioner: str
    insurer_id: str
    second_insurer: str
    day: dt.date
    service: str
    fee_cents: int
    paid_cents: int


class _Place(NamedTuple):
    """The practitioner, insurers, month and day of a note's row, by which a name or a day in it is read."""

    practitioner: str
    insurer_id: str
    second_insurer: str
    day: dt.date


class _Reader:
    """Reads short notes by the rules' groups, and by the names of a clinic's practitioners and insurers."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        # Many rows share one short note.
        self._phrases = cache(self._all_phrases)
        # A name that is one of the rules' words says what the word says: "do not bill", where Bill treats.
        spoken = {
            word for group in published().layouts.notes.group for phrase in group.phrases() for word in phrase.split()
        }
        self._people: dict[str, set[str]] = {}
        for one in clinic.practitioners:
            for word in {*" ".join(map(word_of, (one.name, *one.aliases))).split()} - spoken:
                if len(word) > 1:
                    self._people.setdefault(word, set()).add(one.name)
        self._insurers = {word_of(name): one.id for one in clinic.insurers for name in (one.name, *one.aliases)}
        self._insurer = _run_of(tuple(self._insurers))
        self._role = re.compile(rf"(?:\b(?:an?|the|our) )?{_run_of(published().layouts.notes.roles).pattern}")

    def read(self, note: str, visit: _Visit) -> tuple[str, str]:
        """The kind and the message of a short note that plainly says something; both empty for every other note."""
        place = _Place(visit.practitioner, visit.insurer_id, visit.second_insurer, visit.day)
        for group, phrase, written in self._phrases(note, place):
            if self._counts(group, written, visit):
                # The phrase is quoted as the rules have it: the rest of a note may be about the patient.
                return group.kind, f'The note says "{phrase}", and no other column does. {group.advice}'.strip()
        return "", ""

    def _counts(self, group: NoteGroup, written: str, visit: _Visit) -> bool:
        """Whether what a clause of a note says is against the claim of a visit, and not in another column too."""
        if group.by_patient:
            amounts = [float(next(filter(None, match)).replace(",", ".")) for match in _AMOUNT.findall(written)]
            whole = not _PART.search(written) and (not amounts or round(sum(amounts) * 100) >= visit.fee_cents)
            return whole and not visit.paid_cents
        if group.of_plans:
            return visit.insurer_id not in self._clinic.public_ids
        return visit.service == "ims" or not group.only_ims

    def _all_phrases(self, note: str, place: _Place) -> list[tuple[NoteGroup, str, str]]:
        """The phrases of a short note, each with its group and the clause that it was read in."""
        if len(word_of(note).split()) > _MOST_WORDS:
            return []
        groups = published().layouts.notes.group
        clauses = [
            (self._in_words_of_the_rules(word_of(part), place), part)
            for part in _ENDS.split(_LETTERS.sub(r"\1\2", note))
        ]
        return [
            (group, phrase, part)
            for place_in_note, (clause, part) in enumerate(clauses)
            for group in groups
            if (phrase := phrase_in(clause, group, is_first=place_in_note == 0))
        ]

    def _in_words_of_the_rules(self, clause: str, place: _Place) -> str:
        """A clause with the rules' words in place of names, roles and months."""
        second = self._clinic.insurer(place.second_insurer)
        own = {place.insurer_id, second.id if second else ""}
        clause = self._insurer.sub(
            lambda match: "insurer" if self._insurers[match[0]] in own else "another insurer", clause
        )
        words: list[str] = []
        persons: set[str] = set()
        for word in _with_other_days(self._role.sub("another practitioner", clause), place.day).split():
            names = self._people.get(word, set())
            if names and persons:
                words.pop()
            persons = (names & persons) or names
            # "May" is a word of its own.
            another_month = word != "may" and MONTHS.get(word, place.day.month) != place.day.month
            if persons:
                words.append("practitioner" if place.practitioner in persons else "another practitioner")
            else:
                words.append("another month" if another_month else word)
        return " ".join(words)


def _with_other_days(clause: str, visit: dt.date) -> str:
    """A clause with "another day" in place of each weekday and day of the visit's month but its own."""

    def of_the_month(match: re.Match[str]) -> str:
        name = match["month"] or match["later"]
        month = int(match["iso"]) if match["iso"] else MONTHS[name] if name else visit.month
        number = next(filter(None, (match[group] for group in ("day", "behind", "before", "alone"))))
        is_another = month == visit.month and int(re.sub(r"\D", "", number)) != visit.day
        return "another day" if is_another else match[0]

    def of_the_week(match: re.Match[str]) -> str:
        return "another day" if match["next"] or WEEKDAYS[match["name"]] != visit.weekday() else match[0]

    return _A_WEEKDAY.sub(of_the_week, _A_DAY.sub(of_the_month, clause))


def phrase_in(clause: str, group: NoteGroup, *, is_first: bool) -> str:
    """The phrase of a group that a clause plainly says, or nothing; `is_first`: it is the first of its note."""
    if group.unless and _run_of(group.unless).search(clause):
        return ""
    return _anywhere(clause, group) or _alone(clause, group) or (_whole(clause, group) if is_first else "")


def _anywhere(clause: str, group: NoteGroup) -> str:
    """The phrase in a clause that says it whatever else stands there, unless a word before it denies it."""
    for match in _run_of(group.anywhere).finditer(clause):
        if not _is_denied(clause[: match.start()]):
            return _written(match[0], group.anywhere)
    return ""


def _alone(clause: str, group: NoteGroup) -> str:
    """The phrase of a clause that says nothing else: "patient cancelled", and not "patient cancelled golf"."""
    clause = _without_numbers(clause)
    match = _run_of(group.alone).search(clause)
    if match is None or _is_denied(clause[: match.start()]):
        return ""
    rest = _run_of(published().layouts.notes.beside).sub(" ", _run_of(_all_alone()).sub(" ", clause))
    return "" if rest.strip() else _written(match[0], group.alone)


def _whole(clause: str, group: NoteGroup) -> str:
    clause = " ".join(_without_numbers(clause).replace("another day", " ").split())
    return _written(clause, group.whole) if _run_of(group.whole).fullmatch(clause) else ""


def _without_numbers(clause: str) -> str:
    """The clause without days, hours and amounts: "billed 2026-10-06"."""
    return " ".join(re.sub(r"\b\d\w*", " ", clause).split())


def _is_denied(before: str) -> bool:
    """Whether the last word before a phrase denies it."""
    return bool({*before.split()[-1:]} & {*map(word_of, published().layouts.notes.denied)})


@cache
def _all_alone() -> tuple[str, ...]:
    return tuple(phrase for group in published().layouts.notes.group for phrase in group.alone)


@cache
def _run_of(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the phrases as whole words, the longest first; nothing where there are none."""
    longest_first = sorted(set(map(_pattern, phrases)), key=lambda phrase: (-len(phrase), phrase))
    return re.compile(rf"\b(?:{'|'.join(longest_first)})\b" if phrases else r"(?!)")


@cache
def _pattern(phrase: str) -> str:
    """A phrase of the rules as a pattern: "..." stands for any words, and "another service" for one of the services."""
    services = "|".join(map(word_of, published().layouts.notes.services))
    parts = [word_of(part).replace("another service", f"(?:{services})") for part in phrase.split(" ... ")]
    return r"(?: \w+)+ ".join(parts)


@cache
def _written(words: str, phrases: tuple[str, ...]) -> str:
    """The phrase as the rules write it, with its accents."""
    return next(phrase for phrase in phrases if re.fullmatch(_pattern(phrase), words))
