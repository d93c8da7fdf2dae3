"""Short notes read in the rules' groups: which phrase a note says, with the clinic's names in place of the rules'."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple, Protocol

from ims_billing.rules.published import published
from ims_billing.rules.words import NoteGroup
from ims_billing.vocabulary.cells import word_of
from ims_billing.vocabulary.days import MONTHS, WEEKDAYS

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
_WORD = re.compile(r"\w+")
# Short for one word: "n/s", "l/c", "r/s".
_LETTERS = re.compile(r"\b([a-z])/([a-z])\b", re.IGNORECASE)
# Short for "with": "w/ Ben". "w/o" is without.
_WITH = re.compile(r"\bw/\s*(?!o\b)", re.IGNORECASE)


class Place(NamedTuple):
    """The practitioner, insurers by their ids, and day of a note's row, by which a name or a day in it is read."""

    practitioner: str
    insurer_id: str
    second_insurer_id: str
    day: dt.date


class Phrase(NamedTuple):
    """A phrase that a note says, as the rules write it, with its group and the clause that it was read in."""

    group: NoteGroup
    words: str
    clause: str


class Named(Protocol):
    """A practitioner as a note may name them."""

    @property
    def name(self) -> str:
        """The name."""

    @property
    def aliases(self) -> Sequence[str]:
        """Its other spellings."""


class NamedPayer(Named, Protocol):
    """An insurer as a note may name it."""

    @property
    def id(self) -> str:
        """The insurer's fixed id."""


class NoteReader:
    """Reads short notes by the rules' groups, and by the names of a clinic's practitioners and insurers."""

    def __init__(self, people: Iterable[Named], insurers: Iterable[NamedPayer]) -> None:
        # Many rows share one short note.
        self._of_place, self._is_silent = cache(self._phrases), cache(self._says_no_phrase)
        # A name that is one of the rules' words says what the word says: "do not bill", where Bill treats.
        spoken = _words_of_phrases()
        self._people: dict[str, set[str]] = {}
        for one in people:
            for word in {*" ".join(map(word_of, (one.name, *one.aliases))).split()} - spoken:
                if len(word) > 1:
                    self._people.setdefault(word, set()).add(one.name)
        self._insurers = {word_of(name): payer.id for payer in insurers for name in (payer.name, *payer.aliases)}
        self._insurer = _run_of(tuple(self._insurers))
        self._role = re.compile(rf"(?:\b(?:an?|the|our) )?{_run_of(published().layouts.notes.roles).pattern}")
        self._telling = frozenset({*_telling_words(), *self._people, *_words_in(*self._insurers)})

    def phrases(self, note: str, place: Place, *, is_label: bool = False) -> list[Phrase]:
        """The phrases of a short note; none of one that is longer, which tells a story.

        `is_label`: it stands beside a name, above rows or on a sheet, where more words say it.
        """
        return [] if self._is_silent(note) else self._of_place(note, place, is_label)

    def _says_no_phrase(self, note: str) -> bool:
        """Whether a note says no phrase, whoever and whenever it is about: most notes, and each group takes long."""
        is_silent = self._telling.isdisjoint(_words_in(word_of(_written_out(note))))
        return is_silent or len(word_of(note).split()) > _MOST_WORDS

    def _phrases(self, note: str, place: Place, is_label: bool) -> list[Phrase]:
        groups = published().layouts.notes.group
        clauses = [
            (self._in_words_of_the_rules(word_of(part), place), part) for part in _ENDS.split(_written_out(note))
        ]
        return [
            Phrase(group, phrase, part)
            for place_in_note, (clause, part) in enumerate(clauses)
            for group in groups
            if (phrase := phrase_in(clause, group, is_first=place_in_note == 0, is_label=is_label))
        ]

    def _in_words_of_the_rules(self, clause: str, place: Place) -> str:
        """A clause with the rules' words in place of names, roles and months."""
        own = {place.insurer_id, place.second_insurer_id}
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


def _written_out(note: str) -> str:
    """A note with what is short for one word as that word."""
    return _LETTERS.sub(r"\1\2", _WITH.sub("with ", note))


def _words_in(*texts: str) -> set[str]:
    return {word for text in texts for word in _WORD.findall(text)}


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


def phrase_in(clause: str, group: NoteGroup, *, is_first: bool, is_label: bool = False) -> str:
    """The phrase of a group that a clause plainly says, or nothing; `is_first`: it is the first of its note."""
    if group.unless and _run_of(group.unless).search(clause):
        return ""
    whole = ((group.whole, is_first), (group.labels, is_first and is_label))
    return (
        _anywhere(clause, group)
        or _alone(clause, group)
        or next((phrase for phrases, counts in whole if counts and (phrase := _whole(clause, phrases))), "")
    )


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


def _whole(clause: str, phrases: tuple[str, ...]) -> str:
    clause = " ".join(_without_numbers(clause).replace("another day", " ").split())
    return _written(clause, phrases) if _run_of(phrases).fullmatch(clause) else ""


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
def _words_of_phrases() -> frozenset[str]:
    return frozenset(
        word for group in published().layouts.notes.group for phrase in group.phrases() for word in phrase.split()
    )


@cache
def _telling_words() -> frozenset[str]:
    """The words that phrases begin with, and those of roles, for which "another practitioner" is read."""
    notes = published().layouts.notes
    phrases = (phrase for group in notes.group for phrase in (*group.phrases(), *group.labels))
    first = (_WORD.findall(word_of(phrase))[0] for phrase in (*phrases, *notes.services))
    return frozenset({*first, *_words_in(*map(word_of, notes.roles))})


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
