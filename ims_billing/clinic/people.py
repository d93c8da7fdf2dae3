"""Whom a practitioner's cell names: every word of it must be understood, or it names nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ims_billing.rules.published import published
from ims_billing.vocabulary.errors import nearest
from ims_billing.vocabulary.kinds import Profession
from ims_billing.vocabulary.spelling import plain

if TYPE_CHECKING:
    from ims_billing.clinic.clinic import Practitioner
    from ims_billing.rules.people import PeopleRules

Words = tuple[str, ...]
# Marks that only part one word from the next. Any other, such as ? & +, says something that is not understood.
_MARKS = frozenset("()[]{},.*:;/|@–")


class Word(NamedTuple):
    """One word of a cell, in which part of it that the marks set off, and the mark right before that part."""

    text: str
    part: int
    mark: str


class _Cell(NamedTuple):
    """A practitioner's cell taken apart; `odd`: it has a mark that is not understood."""

    words: tuple[Word, ...]
    odd: bool


class Meaning(NamedTuple):
    """The meaning of a phrase beside a name: nothing, a place, a degree, or a profession."""

    kind: str
    profession: Profession | None


class PractitionerReading(NamedTuple):
    """A practitioner's cell, read by the clinic's roster.

    practitioner: who treated; None if the cell names nobody on the roster, or says more than a name
    named: the person on the roster whose name is in the cell, whatever is beside it
    others: further people on the roster that the cell names
    professions: professions in the cell that `named` does not have
    """

    practitioner: Practitioner | None = None
    named: Practitioner | None = None
    others: tuple[str, ...] = ()
    professions: tuple[Profession, ...] = ()


@cache
def _rules() -> PeopleRules:
    return published().people


@cache
def _single_words() -> frozenset[str]:
    """The words of the rules that may be written with dots: P.T., B.Sc.P.T."""
    rules = _rules()
    phrases = (*rules.titles, *rules.credentials, *rules.degrees, *(w for ws in rules.professions.values() for w in ws))
    return frozenset(phrase for phrase in phrases if " " not in phrase)


@cache
def _meanings() -> dict[Words, Meaning]:
    """The meaning of each phrase of the rules beside a name."""
    rules = _rules()
    meanings: dict[Words, Meaning] = {}
    for kind, phrases in (("nothing", (*rules.titles, *rules.pronouns, *rules.credentials)), ("place", rules.sites)):
        meanings |= {tuple(plain(phrase).split()): Meaning(kind, None) for phrase in phrases}
    meanings |= {(plain(degree),): Meaning("degree", None) for degree in rules.degrees}
    for profession, phrases in rules.professions.items():
        meanings |= {tuple(plain(phrase).split()): Meaning("profession", profession) for phrase in phrases}
    return meanings


@cache
def _taken_apart(cell: str) -> _Cell:
    """The words of a cell with the parts that its marks set off.

    A hyphen inside a word parts two words and sets nothing off: "Anne-Marie" is "Anne Marie".
    """
    text = re.sub(r"['’`´]", "", plain(cell))
    text = re.sub(r"[‒–—―]|(?<!\w)[-‐‑]+|[-‐‑]+(?!\w)", " – ", text)
    words: list[Word] = []
    part, mark, odd = 0, "", False
    for token in re.findall(r"[^\W_]+(?:\.[^\W_]+)*|[^\w\s]|_", text):
        if token[0].isalnum():
            joined = token.replace(".", "")
            spelled = [joined] if joined in _single_words() else token.split(".")
            words += [Word(word, part, mark) for word in spelled]
        elif token not in "-‐‑.":
            part, mark, odd = part + 1, token, odd or token not in _MARKS
    return _Cell(tuple(words), odd)


def _tiles(words: Sequence[str], meanings: dict[Words, Meaning]) -> list[Meaning] | None:
    """Reads words phrase by phrase, the longest first; None if one is not understood."""
    meaning: list[Meaning] = []
    at = 0
    while at < len(words):
        for length in range(min(4, len(words) - at), 0, -1):
            if (phrase := meanings.get(tuple(words[at : at + length]))) is not None:
                meaning.append(phrase)
                at += length
                break
        else:
            return None
    return meaning


def _parts(words: Iterable[Word]) -> list[list[Word]]:
    parts: dict[int, list[Word]] = {}
    for word in words:
        parts.setdefault(word.part, []).append(word)
    return list(parts.values())


class _Spare(NamedTuple):
    """The phrases that say nothing new beside a name, those of them that are no place, and the titles."""

    phrases: dict[Words, Meaning]
    but_places: dict[Words, Meaning]
    titles: frozenset[str]


@cache
def _spare(profession: Profession) -> _Spare:
    phrases = {
        words: meaning
        for words, meaning in _meanings().items()
        if meaning.kind != "profession" or meaning.profession == profession
    }
    but_places = {words: meaning for words, meaning in phrases.items() if meaning.kind != "place"}
    return _Spare(phrases, but_places, frozenset(map(plain, _rules().titles)))


def _name_words(cell: str, profession: Profession) -> Words:
    """A name's own words, given name first, without what says nothing beside it.

    A word counts as a title, a credential or the profession only where a whole name of two words is left without it.
    """
    spare, beside, titles = _spare(profession)
    parts = _parts(_taken_apart(cell).words)
    kept: list[list[Word]] = []
    for number, part in enumerate(parts):
        texts = [word.text for word in part]
        if number and _tiles(texts, spare) is not None:
            continue
        begin = 1 if not kept and len(texts) > 1 and texts[0] in titles else 0
        end = next(
            (at for at in range(begin, len(texts)) if _tiles(texts[at:], beside) is not None),
            len(texts),
        )
        kept.append(part[begin:end])
    kept = [part for part in kept if part]
    if sum(map(len, kept)) < 2:  # "Jun Ma": what reads as a degree is the family name
        title = len(parts) > 0 and parts[0][0].text in titles and sum(map(len, parts)) > 2
        kept = [part for part in [parts[0][1:], *parts[1:]] if part] if title else parts
    if len(kept) == 2 and kept[1][0].mark == ",":
        kept.reverse()
    return tuple(word.text for part in kept for word in part)


def person(name: str) -> str:
    """Returns a practitioner's name as names are compared where no roster is at hand: plain, given name first.

    Titles, pronouns, places and a physiotherapist's credentials are no part of it: ``"Example, Ann"``,
    ``"Ann Example, PT"`` and ``"Ann Example (Registered Physiotherapist)"`` are one. Whatever else stands beside
    the name stays: ``"Ann Example (RMT)"`` is somebody else.
    """
    return " ".join(_name_words(name, "physiotherapist"))


def name_and_profession(cell: str) -> tuple[Words, Profession | None]:
    """A practitioner's name as names are compared, and the one profession that the cell states beside it.

    ``"Carla Specimen (RMT)"`` is Carla Specimen, a massage therapist. What states two professions, or something that
    is not understood, keeps its words, and states none.
    """
    plain_words = _name_words(cell, "other")
    for profession in _rules().professions:
        words = _name_words(cell, profession)
        if len(words) < len(plain_words):
            return words, profession
    return plain_words, None


def names_more_than(cell: str, name: str) -> bool:
    """Whether a cell has all of another name in it (as `person` gives it), and more than that name."""
    words, wanted = person(cell).split(), name.split()
    if len(wanted) < 2 or len(words) <= len(wanted):
        return False
    return any(words[at : at + len(wanted)] == wanted for at in range(len(words) - len(wanted) + 1))


def places_of(address: str) -> Iterator[str]:
    """The towns that an address names: its parts without a number, postal code and province left out."""
    address = re.sub(r"\b[A-Z]\d[A-Z] ?\d[A-Z]\d\b", "", address, flags=re.IGNORECASE)
    for part in address.split(","):
        town = re.sub(r"\b(BC|B\.C\.|British Columbia|Canada)(?=\W|$)", "", part, flags=re.IGNORECASE).strip(" .")
        if town and not any(character.isdigit() for character in town):
            yield town


class Roster:
    """The clinic's practitioners by their names; `sites` are the clinic's own names, locations and towns."""

    def __init__(self, practitioners: Sequence[Practitioner], sites: Iterable[str] = ()) -> None:
        self._practitioners = practitioners
        self._written: dict[tuple[Word, ...], int] = {}
        self._names: dict[Words, int] = {}
        for number, practitioner in enumerate(practitioners):
            for name in (practitioner.name, *practitioner.aliases):
                self._written.setdefault(_taken_apart(name).words, number)
                self._names.setdefault(_name_words(name, practitioner.profession), number)
                self._names.setdefault(tuple(word.text for word in _taken_apart(name).words), number)
        self._with_word: dict[str, set[int]] = {}
        for words, number in self._names.items():
            for word in words:
                self._with_word.setdefault(word, set()).add(number)
        # Each name, in order, under the rarest of its words: of a thousand names one or two can stand in a cell.
        self._by_word: dict[str, list[tuple[int, Words, int]]] = {}
        for place, (words, number) in enumerate(self._names.items()):
            rarest = min(words, key=lambda each: len(self._with_word[each]), default="")
            self._by_word.setdefault(rarest, []).append((place, words, number))
        self._meanings = dict(_meanings())
        for site in sites:
            self._meanings.setdefault(tuple(word.text for word in _taken_apart(site).words), Meaning("place", None))

    def read(self, cell: str) -> PractitionerReading:
        """Whom a cell names: a spelling of the clinic file as it stands there, or a name and words that say nothing."""
        words, odd = _taken_apart(cell)
        number = None if odd else self._written.get(words)
        if number is not None:
            return PractitionerReading(self._practitioners[number], self._practitioners[number])
        named = min(self._people_in(words), key=lambda one: (one.begin - one.end, one.begin), default=None)
        return PractitionerReading() if named is None else self._beside(words, odd, named)

    def spelling(self, number: int, name: str) -> PractitionerReading:
        """Reads one spelling of a practitioner in the clinic file, to show whom else it names."""
        words, odd = _taken_apart(name)
        own = [one for one in self._people_in(words) if one.number == number]
        if not own:  # the spelling is somebody else's too: that is a fault of its own
            return PractitionerReading()
        shortest = min(own, key=lambda one: one.end - one.begin)
        if shortest.end - shortest.begin == len(words) and len(parts := _parts(words)[0]) > 1:
            shortest = shortest._replace(end=len(parts))  # "Ann Example, RMT": the name is what stands first
        return self._beside(words, odd, shortest)

    def nearest(self, cell: str) -> str | None:
        """The name on the roster that looks most like a cell's."""
        by_name = {" ".join(words): number for words, number in self._names.items()}
        close = nearest(person(cell), by_name)
        return None if close is None else self._practitioners[by_name[close]].name

    def _beside(self, words: Sequence[Word], odd: bool, first: _Match) -> PractitionerReading:
        """Reads the rest of a cell beside one of the names in it."""
        named = self._practitioners[first.number]
        others = {
            self._practitioners[other.number].name: None
            for other in self._people_in(words)
            if other.number != first.number and (other.end <= first.begin or other.begin >= first.end)
        }
        beside = [*words[: first.begin], *words[first.end :]]
        meaning, understood = self._meaning(beside, named, {word.part for word in words[first.begin : first.end]})
        stated = {one.profession for one in meaning if one.profession is not None}
        foreign = tuple(sorted(stated - {named.profession}))
        degree_alone = any(one.kind == "degree" for one in meaning) and named.profession not in stated
        unclear = odd or not understood or degree_alone
        alone = not (others or foreign or unclear)
        return PractitionerReading(named if alone else None, named, tuple(others), foreign)

    def _people_in(self, words: Sequence[Word]) -> Iterator[_Match]:
        """Where in a cell a name of the roster stands whole: in one part, or as last and given name with a comma."""
        candidates = [each for word in {word.text for word in words} for each in self._by_word.get(word, ())]
        for _, name, number in sorted(candidates):
            size = len(name)
            for begin in range(len(words) - size + 1):
                run = words[begin : begin + size]
                texts, parts = tuple(word.text for word in run), [word.part for word in run]
                if texts == name and parts[0] == parts[-1]:
                    yield _Match(number, begin, begin + size)
                turns = next((at for at in range(1, size) if parts[at] != parts[0]), 0)
                if (
                    turns
                    and parts[turns] == parts[-1]
                    and run[turns].mark == ","
                    and texts[turns:] + texts[:turns] == name
                ):
                    yield _Match(number, begin, begin + size)

    def _meaning(
        self, beside: Sequence[Word], named: Practitioner, parts_of_name: set[int]
    ) -> tuple[list[Meaning], bool]:
        """Reads the words beside a name; the flag is True if all of them are understood."""
        meaning: list[Meaning] = []
        understood = True
        for part in _parts(beside):
            texts = [word.text for word in part if word.text != plain(named.registration)]
            tiles = _tiles(texts, self._meanings)
            # A place is set off from the name: "Ann Example Saanich" could be a longer name.
            joined = part[0].part in parts_of_name and any(one.kind == "place" for one in tiles or ())
            if tiles is None or joined or any(self._is_somebody_elses(word, named) for word in texts):
                understood = False
            meaning += tiles or [one for text in texts if (one := self._meanings.get((text,))) is not None]
        return meaning, understood

    def _is_somebody_elses(self, word: str, named: Practitioner) -> bool:
        """Whether a word that is no profession's is in the name of another practitioner."""
        others = (self._practitioners[number] is not named for number in self._with_word.get(word, ()))
        return word not in _words_of_professions() and any(others)


@cache
def _words_of_professions() -> frozenset[str]:
    return frozenset(word for phrase, meaning in _meanings().items() if meaning.kind == "profession" for word in phrase)


class _Match(NamedTuple):
    """A name of the roster in a cell: whose, and from which word to which."""

    number: int
    begin: int
    end: int
