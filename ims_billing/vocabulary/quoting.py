"""Words that a message may quote: none that also stands in the name of a patient or insured of the run."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from ims_billing.vocabulary.spelling import bare, given_name_first, name_words, plain

if TYPE_CHECKING:
    import pandas as pd


class Names:
    """The names of the patients and insured of a run, and their numbers."""

    def __init__(self, names: Iterable[str], numbers: Iterable[str] = ()) -> None:
        self._given, self._given_numbers = names, numbers

    @cached_property
    def _numbers(self) -> set[str]:
        return {number for number in map(bare, self._given_numbers) if any(map(str.isdigit, number))}

    @cached_property
    def _names(self) -> set[str]:
        return {name for name in self._given if name}

    @cached_property
    def _whole(self) -> set[str]:
        return {form for name in self._names for form in (bare(name), bare(given_name_first(name))) if form}

    @cached_property
    def _words(self) -> set[str]:
        return {word for name in self._names for word in parts(name)}

    @classmethod
    def of(cls, sessions: pd.DataFrame) -> Names:
        """The names and numbers in these sessions' columns of patients and insured."""
        names, numbers = (
            (cell for column in columns for cell in sessions[column].unique().tolist())
            for columns in (("patient", "insured"), ("policy", "member", "phn", "payer_file_number"))
        )
        return cls(names, numbers)

    def have_number(self, text: str) -> bool:
        """Whether a word of a text is somebody's policy, member or file number, or PHN."""
        return any(map(str.isdigit, text)) and not self._numbers.isdisjoint(map(bare, text.split()))

    def stand_in(self, text: str, public: Collection[str] = ()) -> bool:
        """Whether a text is one of the names, or holds a word of one, words that are `public` from elsewhere aside.

        `public` are plain words of the rules or the clinic's setup: they tell nobody who the patient is.
        """
        if self.have_number(text):
            return True
        if not text:
            return False  # most files have nothing to ask about, and thousands of names
        whole = {bare(text), bare(given_name_first(text))}
        return bool(self._whole & whole or self._words & (parts(text) - set(public)))


def quotable_services(sessions: pd.DataFrame, names: Names) -> pd.Series[str]:
    """The service names of judged sessions; empty where a word that no rule knows may be a person's name.

    A name of which nothing is known may be anybody's, or a number that stands in the wrong column.
    """
    strange = sessions["strange_words"]
    personal = strange.map({words: names.stand_in(words) for words in strange.unique()}).astype("bool")
    nothing_known = (sessions["service"] == "unrecognised") & (sessions["evidence"] == "")
    return sessions["service_name"].mask(personal | nothing_known, "")


# Words of insurers' names and of statuses: with one of them a text is no person's name.
_WORDS = """
administrators administration advantage alliance arrival arrived assurance assurances assurant attended authority
benefit benefits blue board booked booking branch brokers cancel canceled cancelled canada care check checked clinic
coalition coast coop company corporation coverage cross dental done drugs early east employee employees family
federal fees financial first fund global government group health income industrial insurance insurances insurer
insurers international invoice labour late left life medical military mutual national new north not overseas pacific
paid patient payer pending plan plans program provincial public reserved school security services shield show
signature social society solutions south status student system systems travel trust unconfirmed union united
university veterans visit waiting west western with worker workers works
"""
_OF_NO_PERSON = frozenset(_WORDS.split())
_A_NUMBER = 6


def has_a_number(text: str) -> bool:
    """Whether a text has as many digits as somebody's number or birth date, or is an e-mail address."""
    return "@" in text or sum(character.isdigit() for character in text) >= _A_NUMBER


def is_personal(text: str, public: Collection[str] = ()) -> bool:
    """Whether a text looks like a person's name, an address, a birth date or a number.

    `public` are plain words of the rules or the clinic's setup, as in `Names.stand_in`.
    """
    if has_a_number(text):
        return True
    words = re.findall(r"[^\W\d_]+", text)
    capitals = all(word.istitle() or (word.isupper() and len(word) > 1) for word in words)
    return 2 <= len(words) <= 3 and capitals and not parts(text) & (_OF_NO_PERSON | set(public))


def parts(text: str) -> set[str]:
    """The words of a text, plain, as names are cut into words and as letters stand together; initials are none."""
    words = (*name_words(text), *re.findall(r"[^\W\d_]+", plain(text)))
    return {word for word in words if len(word) > 1}


def without_names(message: str, names: Names) -> str:
    """The message without what it quotes where that may be a name: ``Status "Pat" is`` becomes ``Status is``."""
    return re.sub(
        r' "([^"]*)"', lambda quote: "" if names.stand_in(quote[1]) or is_personal(quote[1]) else quote[0], message
    )
