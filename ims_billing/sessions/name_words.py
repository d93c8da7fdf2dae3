"""A service name cut into words, and the words into wordings that the rules know."""

from __future__ import annotations

import difflib
import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import get_args

from ims_billing.rules.words import Effect, ServiceRules, WordGroup
from ims_billing.vocabulary.kinds import Service
from ims_billing.vocabulary.spelling import plain

# Words of eight letters and more are read through one slip of the pen; shorter ones are too much alike.
LONG = 8
_LIKENESS = 0.88
_LIKENESS_AFTER_DRY = 0.75
SHORT = 4
_LONGEST = 8
_LETTERS_ALONE = re.compile("[a-z ]*")
# Struck-through text is denied: an overlay that combines with letters or signs, as in "≠".
_STRUCK = re.compile("[\u0335-\u0338\u20d2\u20d3\u20e0\u20e5\u20eb]")
# Before a hyphen these turn a word round: "Un-IMS" is no French article.
_PREFIX = re.compile(r"\b(un|de|dis|anti|a|mis|pseudo|quasi|counter|contra)[-‐‑](?=\w)", re.IGNORECASE)

_EFFECTS: tuple[Effect, ...] = get_args(Effect)


def words_of(name: str) -> list[str]:
    """The name as plain words, numbers and signs, in order.

    Hyphens inside words, dots and apostrophes part words without being signs; a dash with spaces is a sign, and so
    is a bracket with nothing but signs in it: "(-)".
    """
    if _LETTERS_ALONE.fullmatch(name):
        return name.split()  # most wordings of the rules, in which there is nothing to take apart
    name = html.unescape(name)  # a web page's "IMS &amp; Physio"
    if not name.isascii():
        name = _STRUCK.sub(" ⊘ ", unicodedata.normalize("NFD", name))
        # invisible: I<zero width>MS; and the sign that is else two letters: IMS™
        name = "".join(c for c in name if unicodedata.category(c) != "Cf" and c not in "\ufe0f™℠")
    name = re.sub(r"(\+\s*/\s*[-‐‑–—−]|-\s*/\s*\+|±)", " perhaps ", name)
    name = re.sub(r"\bw\s*/\s*o(ut)?\b", "without", name, flags=re.IGNORECASE)
    name = re.sub(r"\bw\s*/", "with ", name, flags=re.IGNORECASE)
    name = re.sub(r"\bf\s*/\s*u\b", "follow up", name, flags=re.IGNORECASE)
    name = re.sub(r"\bn\s*/\s*a\b", "not applicable", name, flags=re.IGNORECASE)
    name = re.sub(r"(?<=\w)[-‐‑]free\b", " excluded", name, flags=re.IGNORECASE)  # IMS-free
    name = re.sub(r"(?<=[^\W\d_])\.(?=[^\W\d_])", "", name)  # I.M.S.
    name = re.sub(r"(?<=[^\W\d_])[xX](?=\d)", " x", name)  # IMSx2
    name = re.sub(r"(?<=[a-z]{2})(?=[A-Z]{2}|[A-Z][a-z])", " ", name)
    name = _PREFIX.sub(r"\1 ⊘ ", name)
    name = re.sub(r"(?<=\w)!+(?!\w)", " ", name)  # praise; before a word it may deny
    name = re.sub(r"~(?=\s*\d)", " ", name)  # about 30 minutes
    name = re.sub(r"(?<=\w)[-‐‑‒–—](?=\w)", " ", plain(name))
    return re.findall(r"[^\W\d_]+|\d+(?:[.,]\d+)?|\([^\w\s().'’\"*®™⚡⭐]+\)|[^\w\s.'’\"*®™_]", name)


def singular(word: str) -> str:
    """The word without a plural s, where it is long enough to have one."""
    return word[:-1] if len(word) > SHORT and word.endswith("s") and not word.endswith("ss") else word


def is_word(token: str) -> bool:
    """True for letters; False for a number or a sign."""
    return token[0].isalpha()


@dataclass(frozen=True)
class Piece:
    """A run of a name's tokens that the rules know, or one token that they do not."""

    begin: int
    end: int
    # The tokens as they stand, with spaces between.
    text: str
    # Place in the rules of the service that it names; None where it names none.
    service: int | None = None
    group: WordGroup | None = None

    @property
    def effect(self) -> Effect | None:
        """The effect of its group; None if it is in no group."""
        return self.group.effect if self.group else None


@dataclass(frozen=True)
class _Wording:
    """A wording of the rules: as tokens, with the service it names and the group it is of."""

    tokens: tuple[str, ...]
    service: int | None
    group: WordGroup | None


NUMBER = WordGroup(id="number", effect="neutral", about="a number", words=("1",), alternatives=True)
SIGN = WordGroup(id="sign", effect="neutral", about="a sign between words", words=("/",))
PERSON = WordGroup(id="person", effect="neutral", about="a person's name", words=("a",))


class Wordings:
    """Every wording that a service name may hold, and how a name is cut into them."""

    def __init__(self, rules: ServiceRules, own: Iterable[WordGroup] = ()) -> None:
        """`own` are neutral groups of the clinic: its practitioners, insurers and sites."""
        self._wordings: dict[str, _Wording] = {}
        self._service_words: set[str] = set()
        self._neutral_words: set[str] = set()
        for number, service in enumerate(rules.service):
            for term in service.terms:
                parts = [singular(word) for word in words_of(term)]
                self._service_words |= {word for word in (*parts, "".join(parts)) if len(word) >= LONG}
                self._add(term, number, None)
        visit = rules.visit
        about_visits = (
            WordGroup(
                id="booking",
                effect="neutral",
                about="which kind of visit it is",
                words=(*visit.initial, *visit.subsequent, *visit.either, *visit.again),
                alternatives=True,
            ),
            WordGroup(
                id="duration",
                effect="neutral",
                about="how long it takes",
                words=(*rules.duration.minutes, *rules.duration.hours),
                alternatives=True,
            ),
        )
        for group in (*rules.group, *about_visits, *own):
            for words in group.words:
                self._add(words, None, group)
        for key, wording in self._wordings.items():
            if wording.service is None and wording.group and wording.group.effect == "neutral":
                self._neutral_words |= {word for word in (key, *wording.tokens) if len(word) >= LONG and word.isalpha()}
        self._neutral_words -= {
            word for w in self._wordings.values() if w.group and w.group.effect != "neutral" for word in w.tokens
        }
        self._ims = next(number for number, service in enumerate(rules.service) if service.id == "ims")
        self._signs = set(rules.signs.neutral + rules.signs.emoji)
        self._respelled_neutral = cache(self._near_a_neutral_word)
        self._respelled_service = cache(self._near_a_service_word)

    def _add(self, text: str, service: int | None, group: WordGroup | None) -> None:
        tokens = _wording_tokens(text)
        key = "".join(tokens)
        before = self._wordings.get(key)
        if before is None:
            self._wordings[key] = _Wording(tokens, service, group)
            return
        earlier = before.group
        # The stronger of two groups counts, and the first of two services.
        graver = group if earlier is None or (group and _gravity(group.effect) < _gravity(earlier.effect)) else earlier
        first = before.service if before.service is not None else service
        self._wordings[key] = _Wording(before.tokens, first, graver)

    def cut(self, tokens: Sequence[str]) -> list[Piece]:
        """The tokens as pieces, in order: at each place the longest wording that the rules know."""
        tokens = self._apart(tokens)
        pieces: list[Piece] = []
        while (begin := pieces[-1].end if pieces else 0) < len(tokens):
            pieces.append(self._longest(tokens, begin))
        return pieces

    def _longest(self, tokens: Sequence[str], begin: int) -> Piece:
        keys = [self._spelled(tokens, at) for at in range(begin, min(begin + _LONGEST, len(tokens)))]
        for length in range(len(keys), 0, -1):
            run = tokens[begin : begin + length]
            wording = self._wordings.get("".join(keys[:length]))
            if wording is None or not _may_be_one(run, keys[:length], wording):
                continue
            return Piece(begin, begin + length, " ".join(run), wording.service, wording.group)
        token = tokens[begin]
        group = None
        if token[0].isdecimal():
            group = NUMBER
        elif not is_word(token) and token in self._signs:
            group = SIGN
        elif respelled := self._respelled_neutral(token) if is_word(token) else "":
            group = self._wordings[respelled].group if respelled in self._wordings else None
        return Piece(begin, begin + 1, token, None, group)

    def _spelled(self, tokens: Sequence[str], at: int) -> str:
        token = _normal(tokens[at])
        if not is_word(token):
            return token
        after_dry = at > 0 and tokens[at - 1] == "dry"
        if after_dry and difflib.SequenceMatcher(None, token, "needling").ratio() > _LIKENESS_AFTER_DRY:
            return "needling"
        return token if len(token) < LONG or token in self._wordings else self._respelled_service(token)

    def _near_a_service_word(self, word: str) -> str:
        return _respelled(word, self._service_words)

    def _near_a_neutral_word(self, word: str) -> str:
        """The neutral word that this one misspells; empty where there is none.

        The first letter must agree, so that "unassisted" is not "assisted".
        """
        word = singular(word)
        if len(word) < LONG:
            return ""
        near = [w for w in self._neutral_words if w[0] == word[0] and abs(len(w) - len(word)) <= 2]
        close = difflib.get_close_matches(word, near, n=1, cutoff=_LIKENESS)
        return close[0] if close else ""

    def _apart(self, tokens: Sequence[str]) -> list[str]:
        """The tokens; one that joins a term for IMS and a known word is two: GunnIMS, IMSphysio."""
        parted: list[str] = []
        for token in tokens:
            parted += self._halves(token) if is_word(token) and _normal(token) not in self._wordings else (token,)
        return parted

    def _halves(self, token: str) -> tuple[str, ...]:
        for cut in range(2, len(token) - 1):
            halves = (token[:cut], token[cut:])
            wordings = [self._wordings.get(_normal(half)) for half in halves]
            joins = any(w is not None and w.group is not None and w.group.gap for w in wordings)
            if all(wordings) and not joins and any(w is not None and w.service == self._ims for w in wordings):
                return halves
        return (token,)


def _respelled(word: str, right: set[str]) -> str:
    """The word of `right` that a long word misspells by a letter or two; else the word itself."""
    if len(word) < LONG or word in right:
        return word
    close = difflib.get_close_matches(word, right, n=1, cutoff=_LIKENESS)
    return close[0] if close else word


@cache
def _wording_tokens(text: str) -> tuple[str, ...]:
    # The rules' two thousand wordings are cut once, not once for every clinic.
    return tuple(_normal(token) for token in words_of(text))


def _normal(token: str) -> str:
    return "#" if token[0].isdecimal() else singular(token)


def _gravity(effect: Effect) -> int:
    return _EFFECTS.index(effect)


def _may_be_one(run: Sequence[str], keys: Sequence[str], wording: _Wording) -> bool:
    """False for a short wording that two words only happen to spell: "I, MS" is not IMS, "D. N." is not DN."""
    if len(run) == 1 or tuple(keys) == wording.tokens:
        return True
    if not all(is_word(token) for token in run):
        return False
    spelled_out = len(run) >= 3 and all(len(word) == 1 for word in run)
    return spelled_out or len("".join(keys)) > SHORT


def runs_of(words: Iterable[str]) -> list[list[str]]:
    """Each wording as its tokens."""
    return [words_of(text) for text in words]


def begins_with(tokens: Sequence[str], runs: Iterable[Sequence[str]]) -> int:
    """How many tokens of the longest run the tokens begin with; 0 for none."""
    return max((len(run) for run in runs if list(tokens[: len(run)]) == list(run)), default=0)


def has_run(tokens: Sequence[str], runs: Iterable[Sequence[str]]) -> bool:
    """True if one of the runs stands in the tokens."""
    return any(
        list(tokens[begin : begin + len(run)]) == list(run)
        for run in runs
        for begin in range(len(tokens) - len(run) + 1)
    )


class NoteReader:
    """Finds terms of a service in notes, where other words are anything."""

    def __init__(self, rules: ServiceRules, service: Service) -> None:
        terms = [term for words in rules.service if words.id == service for term in words.in_notes]
        parts = [[singular(word) for word in words_of(term)] for term in terms]
        self._terms: Mapping[str, str] = {"".join(run): term for run, term in zip(parts, terms, strict=True)}
        long = {word for run in parts for word in (*run, "".join(run)) if len(word) >= LONG}
        self._spelled = cache(lambda word: _respelled(singular(word), long))
        self._negations = {word for text in rules.negation.words for word in words_of(text)}
        self._joining = {word for text in rules.negation.joining for word in words_of(text)}
        self._after = runs_of(rules.negation.after)

    def words_in(self, notes: str) -> str:
        """The first term in the notes that is not denied, as it stands; empty for none."""
        tokens = words_of(notes)
        denied_until = -1
        for begin, run in self._terms_in(tokens):
            if begin < denied_until:
                continue
            before = tokens[begin - 1] if begin else ""
            end = begin + len(run)
            denied = before in self._negations or (before in self._joining and denied_until == begin - 1)
            if not denied and not begins_with(tokens[end:], self._after):
                return " ".join(run)
            denied_until = end
        return ""

    def _terms_in(self, tokens: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
        for begin in range(len(tokens)):
            together = ""
            for end in range(begin, min(begin + 6, len(tokens))):
                if not is_word(tokens[end]):
                    break
                together += self._spelled(tokens[end])
                run = tokens[begin : end + 1]
                if len(together) <= SHORT and len(run) > 1 and any(len(word) > 1 for word in run):
                    continue  # an abbreviation is one word, or letters
                if together in self._terms:
                    yield begin, run
                    break
