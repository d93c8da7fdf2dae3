"""What a service name says: which service, whether it is IMS for sure, which visit, how long."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ims_billing.clinic.clinic import Clinic
from ims_billing.rules.published import ServiceRules, WordGroup, published
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
from ims_billing.vocabulary.model import Service
from ims_billing.vocabulary.spelling import one_letter_apart, plain

# "J. Sims" at a name's end is who gives the visit. "R. Ac" and the like are registrations.
_PERSON = re.compile(r"(?:^|[\s(\[,/–-])([A-QS-Z])\.\s?([A-Z][a-zà-ÿ][\w’'-]+)[)\]\s]*$")


@dataclass(frozen=True)
class NameReading:
    """What a service name says by itself."""

    name: str
    service: Service
    # The words that say so, as the page of `why` shows them; empty where none do.
    evidence: str
    # IMS and acupuncture, under a name that is not the clinic's own.
    also_acupuncture: bool
    # Of a name that speaks of IMS: words that nobody knows, as written, and those that leave IMS open.
    unknown: tuple[str, ...]
    doubtful: tuple[str, ...]
    # Needles of an unknown kind, or nearly "IMS".
    needles: bool
    # "initial", "subsequent" or empty.
    visit: str
    minutes: int | None
    # Every word of the name, with what it is.
    words: tuple[tuple[str, str], ...]

    @property
    def certain(self) -> bool:
        """True where nothing in the name leaves its service open."""
        return not (self.also_acupuncture or self.unknown or self.doubtful)

    def kinds(self) -> list[str]:
        """The kinds of finding that the name brings about under a physiotherapist who may needle."""
        if self.service == "ims":
            doubts = {
                "ims-or-acupuncture": self.also_acupuncture,
                "ims-not-certain": bool(self.unknown or self.doubtful),
            }
            return [kind for kind, applies in doubts.items() if applies]
        return ["service-not-recognised"] if self.needles else []


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
        not_ours = {word for name in self.others for word in _name_parts(name)}
        names = {word for name in self.physiotherapists for word in _name_parts(name)} - not_ours
        groups = [
            ("who treats", "a physiotherapist of the clinic", names),
            ("payer", "an insurer", {name for name in self.insurers if len(words_of(name)) > 0}),
            ("room or place", "the clinic or one of its sites", {name for name in self.sites if words_of(name)}),
        ]
        return [
            WordGroup(id=group, effect="neutral", about=about, words=tuple(sorted(words)), alternatives=True)
            for group, about, words in groups
            if words
        ]


def _name_parts(name: str) -> set[str]:
    """The parts of a person's name that are more than an initial."""
    return {word for word in words_of(name) if is_word(word) and len(word) > 1}


def reader_of(clinic: Clinic) -> NameReader:
    """The reader of a clinic's service names."""
    return NameReader(published().services, clinic.service_names, People.of(clinic))


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
        self._others = {word for name in people.others for word in _name_parts(name)}
        self._signs = set(rules.signs.neutral + rules.signs.emoji)
        self._question = runs_of(rules.question.begins)
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
        """What one service name says."""
        tokens = words_of(name)
        visit, minutes = self._visit(tokens), self._duration(tokens)
        own = self._own_name(tokens)
        if own is not None:
            written, service = own
            evidence = f'own name "{written}" in Service'
            return NameReading(name, service, evidence, False, (), (), False, visit, minutes, ((written, service),))
        length = begins_with(tokens, self._question)
        if length and tokens[-1] == "?":
            tokens = tokens[length:-1]
        pieces = self._with_person(self._wordings.cut(tokens), name)
        scope = _Denials(pieces, self._ims)
        return self._judged(name, pieces, scope, visit, minutes)

    def _judged(
        self, name: str, pieces: Sequence[Piece], scope: _Denials, visit: str, minutes: int | None
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
            nearly = not (no_visit or standing or denied) and _is_nearly_ims(pieces)
            return self._not_ims(name, standing, no_visit, denied, visit, minutes, words, nearly)
        acupuncture = [piece for piece in standing if self._services[piece.service or 0] == "acupuncture"]
        unknown, doubtful = self._doubts(pieces, scope, or_is_settled=bool(acupuncture))
        evidence = " and ".join(f'"{piece.text}"' for piece in (ims[0], *acupuncture[:1]))
        return NameReading(
            name,
            "ims",
            f"{evidence} in Service",
            bool(acupuncture),
            tuple(dict.fromkeys(_as_written(name, piece.text) for piece in unknown)),
            tuple(dict.fromkeys(_as_written(name, piece.text) for piece in doubtful)),
            False,
            visit,
            minutes,
            words,
        )

    def _not_ims(
        self,
        name: str,
        standing: Sequence[Piece],
        no_visit: Sequence[Piece],
        denied: Sequence[Piece],
        visit: str,
        minutes: int | None,
        words: tuple[tuple[str, str], ...],
        nearly: bool,
    ) -> NameReading:
        """A name of another service, of none, or of something that is no visit."""
        if no_visit:
            service: Service = "other"
            shown = f'"{no_visit[0].text}"'
        elif standing:
            first = min(standing, key=lambda piece: piece.service or 0)
            service, shown = self._services[first.service or 0], f'"{first.text}"'
        elif denied:
            service, shown = "other", f'not "{denied[0].text}"'
        else:
            service, shown = "unrecognised", ""
        needles = nearly or (service == "unrecognised" and bool(standing))
        evidence = f"{shown} in Service" if shown else ""
        return NameReading(name, service, evidence, False, (), (), needles, visit, minutes, words)

    def _doubts(
        self, pieces: Sequence[Piece], scope: _Denials, *, or_is_settled: bool
    ) -> tuple[list[Piece], list[Piece]]:
        """The pieces that nobody knows, and those that leave IMS open; `or_is_settled` passes over "or"."""
        unknown: list[Piece] = []
        doubtful: list[Piece] = []
        for place, piece in enumerate(pieces):
            if piece.effect == "neutral" or piece.service == self._ims or self._is_passed_over(piece):
                continue
            if piece.text in _OR and (or_is_settled or self._joins_alike(pieces, place)):
                continue
            # Whatever denies is never passed over: "IMS (not acupuncture)" is for a person to read.
            (unknown if piece.group is None and piece.service is None else doubtful).append(piece)
        return unknown, doubtful

    def _is_passed_over(self, piece: Piece) -> bool:
        """Physiotherapy changes nothing; acupuncture has a finding of its own."""
        service = None if piece.service is None else self._services[piece.service]
        return piece.group is None and service in ("physiotherapy", "acupuncture")

    def _joins_alike(self, pieces: Sequence[Piece], place: int) -> bool:
        """True for an "or" between two terms for IMS, or between two of one group: "neck or back"."""
        before = next((piece for piece in reversed(pieces[:place]) if not _only_joins(piece)), None)
        after = next((piece for piece in pieces[place + 1 :] if not _only_joins(piece)), None)
        if before is None or after is None:
            return False
        if before.service == self._ims or after.service == self._ims:
            return before.service == after.service
        one, other = before.group, after.group
        return one is not None and other is not None and one.id == other.id and one.alternatives and other.alternatives

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

    def _meaning(self, piece: Piece, scope: _Denials) -> str:
        if piece.service is not None and (piece.group is None or piece.service <= self._ims):
            service = self._services[piece.service]
            return f"{service}, denied" if piece.begin in scope.denied else service
        return piece.group.id if piece.group else "not known"

    def _own_name(self, tokens: Sequence[str]) -> tuple[str, Service] | None:
        """The clinic's own name that this is, alone or with only visit and duration words around it."""
        for words, (written, service) in self._own:
            for begin in range(len(tokens) - len(words) + 1):
                end = begin + len(words)
                around = (*tokens[:begin], *tokens[end:])
                if tuple(tokens[begin:end]) == words and all(self._may_surround(token) for token in around):
                    return written, service
        return None

    def _may_surround(self, token: str) -> bool:
        return token in self._around or token[0].isdigit() or token in self._signs

    def _visit(self, tokens: Sequence[str]) -> str:
        """Which visit the name says it is; empty where it says neither or both."""
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
            if number[0].isdigit() and unit in (self._minutes | self._hours):
                amount = float(number.replace(",", "."))
                lengths.add(round(amount * (60 if unit in self._hours else 1)))
        return lengths.pop() if len(lengths) == 1 else None


_OR = ("or", "ou")
# What joins the last of a list to a denying word: "without acupuncture, cupping or IMS".
_ENDS_A_LIST = ("or", "nor", "ou", "ni")
_ENDS_A_CLAUSE = ("-", "–", "—", "(", ")", ";", ":", "|")


def _is_nearly_ims(pieces: Sequence[Piece]) -> bool:
    """Whether the letters of a name, or of its words in no group, are "IMS" but for one letter or for signs within."""
    in_no_group = [piece for piece in pieces if piece.group is None]
    for some in (pieces, in_no_group):
        letters = "".join(character for piece in some for character in piece.text if character.isalnum())
        if len(letters) > 1 and (letters == "ims" or one_letter_apart(letters, "ims")):
            return True
    return False


def _only_joins(piece: Piece) -> bool:
    group = piece.group
    return group is not None and group.effect == "neutral" and group.id in ("sign", "joining", "connecting")


class _Denials:
    """Which pieces a name denies."""

    def __init__(self, pieces: Sequence[Piece], ims: int) -> None:
        self.denied: set[int] = set()
        self._pieces, self._ims = pieces, ims
        for place, piece in enumerate(pieces):
            if piece.effect == "denies-next":
                self._forwards(place)
            elif piece.effect == "denies-before":
                self._backwards(place)

    def _forwards(self, place: int) -> None:
        """Denies the service right after the word, and those that a list or a gloss joins to it.

        Over other words it reaches IMS only at the end of a list: "no heat, IMS" denies no IMS.
        """
        after = range(place + 1, len(self._pieces))
        first = next((n for n in after if not self._is_gap(self._pieces[n])), None)
        if first is not None and self._pieces[first].service is not None:
            self.denied.add(self._pieces[first].begin)
            self._joined(first)
        for number in after[1:]:
            piece = self._pieces[number]
            if piece.text in _ENDS_A_CLAUSE:
                return
            if piece.service == self._ims and self._ends_a_list(place, number):
                self.denied.add(piece.begin)
                self._joined(number)

    def _joined(self, place: int) -> None:
        """Denies what "or" or "/" joins to a denied service, and further terms for IMS beside it."""
        joined = False
        for piece in self._pieces[place + 1 :]:
            if piece.service is not None and (joined or piece.service == self._ims):
                self.denied.add(piece.begin)
                joined = False
            elif piece.text in (*_ENDS_A_LIST, "/"):
                joined = True
            elif not _only_joins(piece):
                return

    def _ends_a_list(self, place: int, number: int) -> bool:
        before = number - 1
        while before > place and self._is_gap(self._pieces[before]):
            before -= 1
        return self._pieces[before].text in _ENDS_A_LIST

    @staticmethod
    def _is_gap(piece: Piece) -> bool:
        return piece.group is not None and piece.group.gap and piece.service is None

    def _backwards(self, place: int) -> None:
        """Denies the terms for IMS before the word, as far as nothing else stands between."""
        for piece in reversed(self._pieces[:place]):
            if piece.service == self._ims:
                self.denied.add(piece.begin)
            elif piece.service is not None or (piece.effect != "neutral" and piece.text not in ("was", "were")):
                return


def _as_written(name: str, text: str) -> str:
    """A piece as it stands in the name, in its own letters where it can be placed."""
    match = re.search(r"\W*".join(re.escape(word) for word in text.split()), name, flags=re.IGNORECASE)
    return match[0] if match else text
