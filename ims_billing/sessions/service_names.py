"""Reads a service name: the service, whether it is certainly IMS, the visit and the minutes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from ims_billing.clinic.clinic import Clinic
from ims_billing.rules.published import published
from ims_billing.rules.words import ServiceRules, WordGroup
from ims_billing.sessions.denials import Denials
from ims_billing.sessions.doubts import Doubts
from ims_billing.sessions.name_words import (
    PERSON,
    Piece,
    Wordings,
    begins_with,
    has_run,
    is_word,
    runs_of,
    words_of,
)
from ims_billing.vocabulary.kinds import Service
from ims_billing.vocabulary.spelling import one_letter_apart, plain

# "J. Sims" at a name's end is who gives the visit. "R. Ac" and the like are registrations.
_PERSON = re.compile(r"(?:^|[\s(\[,/–-])([A-QS-Z])\.\s?([A-Z][a-zà-ÿ][\w’'-]+)[)\]\s]*$")


_NOT_KNOWN = "not known"
# The meanings of words by which a name is no visit, though one may have been booked at that time.
_NO_VISIT = ("not attended", "money only", "ims, denied")
_PHYSIOTHERAPIST = "who of the clinic treats"


class _Named(NamedTuple):
    """A service, and the words of a name that stand for it; no words where none do."""

    service: Service
    shown: str


@dataclass(frozen=True)
class NameReading:
    """A service name as it is read by itself."""

    name: str
    """The name as written."""
    service: Service
    """The service that it names."""
    evidence: str
    """The words that name the service, as the page of `why` shows them; empty if none do."""
    visit: str
    """"initial", "subsequent" or empty."""
    minutes: int | None
    """The length of the visit; None if the name does not say."""
    words: tuple[tuple[str, str], ...]
    """Every word of the name, with its meaning."""
    also_acupuncture: bool = False
    """True if the name says IMS and acupuncture, and is not one of the clinic's own."""
    unknown: tuple[str, ...] = ()
    """The unknown words of a name with IMS, as written."""
    doubtful: tuple[str, ...] = ()
    """The words of a name with IMS that leave IMS open."""
    needles: bool = False
    """True for needles of an unknown kind, or a word that is nearly "IMS"."""
    persons: tuple[str, ...] = ()
    """The words of a name with IMS that name a physiotherapist: of the clinic, or "J. Sims" at its end."""

    @property
    def certain(self) -> bool:
        """True if nothing in the name leaves its service open."""
        return not (self.also_acupuncture or self.unknown or self.doubtful)

    @property
    def strange(self) -> tuple[str, ...]:
        """The words that neither the rules nor the setup know: a patient's name may be among them."""
        return tuple(word for word, meaning in self.words if meaning in (_NOT_KNOWN, PERSON.id))

    @property
    def no_visit(self) -> bool:
        """True if nobody came by the name, IMS was not given, or money went back: "IMS cancelled", "No show fee"."""
        return self.service == "other" and any(meaning in _NO_VISIT for _, meaning in self.words)

    def kinds(self) -> list[str]:
        """The kinds of finding that the name brings about under a physiotherapist who may needle."""
        if self.service == "ims":
            doubts = {
                "ims-or-acupuncture": self.also_acupuncture,
                "ims-not-certain": bool(self.unknown or self.doubtful),
            }
            return [kind for kind, applies in doubts.items() if applies]
        return ["service-not-recognised"] if self.needles or (self.words and self.service == "unrecognised") else []


@dataclass(frozen=True)
class People:
    """Words of the clinic that change nothing in a name."""

    physiotherapists: tuple[str, ...] = ()
    # Names of those whose sessions are not physiotherapy: never passed over.
    others: tuple[str, ...] = ()
    insurers: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()

    @classmethod
    def of(cls, clinic: Clinic) -> People:
        """The clinic's practitioners, insurers and sites."""
        physiotherapists: list[str] = []
        others: list[str] = []
        for one in clinic.practitioners:
            (physiotherapists if one.profession == "physiotherapist" else others).extend((one.name, *one.aliases))
        insurers = [name for insurer in clinic.insurers for name in (insurer.name, *insurer.aliases)]
        sites = (clinic.name, *clinic.block.locations)
        return cls(tuple(physiotherapists), tuple(others), tuple(insurers), sites)

    def groups(self) -> list[WordGroup]:
        """These words as neutral groups of the rules."""
        not_ours = {word for name in self.others for word in name_parts(name)}
        names = {word for name in self.physiotherapists for word in name_parts(name)} - not_ours
        groups = [
            (_PHYSIOTHERAPIST, "a physiotherapist of the clinic", names),
            ("payer", "an insurer", {name for name in self.insurers if len(words_of(name)) > 0}),
            ("room or place", "the clinic or one of its sites", {name for name in self.sites if words_of(name)}),
        ]
        return [
            WordGroup(id=group, effect="neutral", about=about, words=tuple(sorted(words)), alternatives=True)
            for group, about, words in groups
            if words
        ]


def name_parts(name: str) -> set[str]:
    """The parts of a person's name that are more than an initial."""
    return {word for word in words_of(name) if is_word(word) and len(word) > 1}


def reader_of(clinic: Clinic) -> NameReader:
    """The reader of a clinic's service names."""
    return _reader(tuple(clinic.service_names.items()), People.of(clinic))


# A run asks for its clinic's reader several times, and to lay out the rules' words takes longer than to read a month.
@lru_cache(maxsize=8)
def _reader(own_names: tuple[tuple[str, Service], ...], people: People) -> NameReader:
    return NameReader(published().services, dict(own_names), people)


def names_read(names: Iterable[str], clinic: Clinic) -> list[NameReading]:
    """How each distinct service name is read, in alphabetical order; names without a letter are left out.

    A name's `kinds()` are the findings that it brings about; `unknown` and `doubtful` are the words behind them, and
    an entry of the name in `[service_names]` settles it.
    """
    reader = reader_of(clinic)
    distinct = sorted({name for name in names if any(character.isalpha() for character in name)})
    return [reader.read(name) for name in distinct]


class NameReader:
    """Reads service names by the rules, the clinic's own names and the clinic's own words."""

    def __init__(self, rules: ServiceRules, own_names: Mapping[str, Service], people: People | None = None) -> None:
        people = people or People()
        self._services = [words.id for words in rules.service]
        self._ims = self._services.index("ims")
        self._wordings = Wordings(rules, people.groups())
        self._others = {word for name in people.others for word in name_parts(name)}
        self._signs = set(rules.signs.neutral + rules.signs.emoji)
        self._question = runs_of(rules.question.begins)
        self._doubts = Doubts(rules)
        named = {tuple(words_of(name)): (name, own) for name, own in {**rules.names, **own_names}.items()}
        self._own = sorted(named.items(), key=lambda own: -len(own[0]))
        visit = rules.visit
        self._initial, self._subsequent, self._again = (
            runs_of(words) for words in (visit.initial, visit.subsequent, visit.again)
        )
        self._minutes, self._hours = set(rules.duration.minutes), set(rules.duration.hours)
        self._around = {
            word
            for group in (visit.initial, visit.subsequent, visit.either, visit.again)
            for text in group
            for word in words_of(text)
        } | {plain(unit) for unit in (*self._minutes, *self._hours)}

    def read(self, name: str) -> NameReading:
        """Reads one service name."""
        tokens = words_of(name)
        visit, minutes = self._visit(tokens), self._duration(tokens)
        own = self._own_name(tokens)
        if own is not None:
            written, service = own
            evidence = f'own name "{written}" in Service'
            return NameReading(name, service, evidence, visit, minutes, ((written, service),))
        length = begins_with(tokens, self._question)
        if length and tokens[-1] == "?":
            tokens = tokens[length:-1]
        pieces = self._with_person(self._wordings.cut(tokens), name)
        scope = Denials(pieces, self._ims)
        return self._judged(name, pieces, scope, visit, minutes)

    def _judged(
        self, name: str, pieces: Sequence[Piece], scope: Denials, visit: str, minutes: int | None
    ) -> NameReading:
        standing = [piece for piece in pieces if piece.service is not None and piece.begin not in scope.denied]
        words = tuple((piece.text, self._meaning(piece, scope)) for piece in pieces)
        denied = [piece for piece in pieces if piece.begin in scope.denied and piece.service == self._ims]
        ims = [piece for piece in standing if piece.service == self._ims]
        no_visit = [
            piece
            for piece in pieces
            if (piece.service is not None and piece.service < self._ims)
            or (piece.effect == "not-a-visit" and (ims or denied or (piece.group and piece.group.any_service)))
        ]
        if no_visit or not ims:
            named = self._no_ims_in(standing, no_visit, denied)
            nearly = not (no_visit or standing or denied) and _is_nearly_ims(pieces)
            needles = nearly or (named.service == "unrecognised" and bool(standing))
            evidence = f"{named.shown} in Service" if named.shown else ""
            return NameReading(name, named.service, evidence, visit, minutes, words, needles=needles)
        acupuncture = [piece for piece in standing if self._services[piece.service or 0] == "acupuncture"]
        unknown, doubtful = self._doubts.of(pieces, or_is_settled=bool(acupuncture))
        evidence = " and ".join(f'"{piece.text}"' for piece in (ims[0], *acupuncture[:1]))
        return NameReading(
            name,
            "ims",
            f"{evidence} in Service",
            visit,
            minutes,
            words,
            also_acupuncture=bool(acupuncture),
            unknown=tuple(dict.fromkeys(_as_written(name, piece.text) for piece in unknown)),
            doubtful=tuple(dict.fromkeys(_as_written(name, piece.text) for piece in doubtful)),
            persons=tuple(text for text, meaning in words if meaning in (_PHYSIOTHERAPIST, PERSON.id)),
        )

    def _no_ims_in(self, standing: Sequence[Piece], no_visit: Sequence[Piece], denied: Sequence[Piece]) -> _Named:
        """The other service that a name has, or none, or something that is no visit."""
        if no_visit:
            return _Named("other", f'"{no_visit[0].text}"')
        if standing:
            first = min(standing, key=lambda piece: piece.service or 0)
            return _Named(self._services[first.service or 0], f'"{first.text}"')
        if denied:
            return _Named("other", f'not "{denied[0].text}"')
        return _Named("unrecognised", "")

    def _with_person(self, pieces: list[Piece], name: str) -> list[Piece]:
        """The pieces, with "J. Sims" at the end of a name as a person's name.

        One whose surname is that of a colleague who is no physiotherapist stays a word that nobody knows.
        """
        match = _PERSON.search(name)
        if match is None:
            return pieces
        person = words_of(f"{match[1]} {match[2]}")
        if self._others & set(person):
            return pieces
        pieces = list(pieces)
        letters = [piece for piece in pieces if is_word(piece.text)][-len(person) :]
        own = {(piece.begin, piece.text) for piece in letters if piece.effect in (None, "neutral")}
        if [text for _, text in sorted(own)] != person or any(piece.service is not None for piece in letters):
            return pieces
        return [
            Piece(piece.begin, piece.end, piece.text, None, PERSON) if (piece.begin, piece.text) in own else piece
            for piece in pieces
        ]

    def _meaning(self, piece: Piece, scope: Denials) -> str:
        if piece.service is not None and (piece.group is None or piece.service <= self._ims):
            service = self._services[piece.service]
            return f"{service}, denied" if piece.begin in scope.denied else service
        return piece.group.id if piece.group else _NOT_KNOWN

    def _own_name(self, tokens: Sequence[str]) -> tuple[str, Service] | None:
        """The clinic's own name that this is, alone or with only visit and duration words around it."""
        for words, (written, service) in self._own:
            for begin in range(len(tokens) - len(words) + 1):
                end = begin + len(words)
                around = (*tokens[:begin], *tokens[end:])
                if tuple(tokens[begin:end]) != words or not all(self._may_surround(token) for token in around):
                    continue
                # A word that leaves "IMS" open leaves the clinic's own name open too: "IMS Acupuncture (5 sessions)".
                pieces = self._wordings.cut((*tokens[:begin], "ims", *tokens[end:])) if around else []
                if not any(self._doubts.of(pieces, or_is_settled=False)):
                    return written, service
        return None

    def _may_surround(self, token: str) -> bool:
        return token in self._around or token[0].isdecimal() or token in self._signs

    def _visit(self, tokens: Sequence[str]) -> str:
        """Returns the visit that the name says it is; empty where it says neither or both."""
        if has_run(tokens, self._again):
            return "subsequent"
        initial, subsequent = has_run(tokens, self._initial), has_run(tokens, self._subsequent)
        if initial == subsequent:
            return ""
        return "initial" if initial else "subsequent"

    def _duration(self, tokens: Sequence[str]) -> int | None:
        """The minutes that the name says; None where it says none, or several."""
        lengths = set()
        for number, unit in itertools.pairwise(tokens):
            if number[0].isdecimal() and unit in (self._minutes | self._hours):
                amount = float(number.replace(",", "."))
                lengths.add(round(amount * (60 if unit in self._hours else 1)))
        return lengths.pop() if len(lengths) == 1 else None


def _is_nearly_ims(pieces: Sequence[Piece]) -> bool:
    """Whether the letters of a name, or of its words in no group, are "IMS" but for one letter or for signs within."""
    in_no_group = [piece for piece in pieces if piece.group is None]
    for some in (pieces, in_no_group):
        letters = "".join(character for piece in some for character in piece.text if character.isalnum())
        if len(letters) > 1 and (letters == "ims" or one_letter_apart(letters, "ims")):
            return True
    return False


def _as_written(name: str, text: str) -> str:
    """A piece as it stands in the name, in its own letters where it can be placed."""
    match = re.search(r"\W*".join(re.escape(word) for word in text.split()), name, flags=re.IGNORECASE)
    return match[0] if match else text
