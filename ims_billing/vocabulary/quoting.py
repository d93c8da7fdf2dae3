"""What a message may quote: no word that also stands in the name of a patient or insured of the run."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from ims_billing.vocabulary.spelling import bare, given_name_first, name_words, plain

if TYPE_CHECKING:
    import pandas as pd


class Names:
    """The names of the patients and insured of a run."""

    def __init__(self, names: Iterable[str]) -> None:
        distinct = {name for name in names if name}
        self._whole = {form for name in distinct for form in (bare(name), bare(given_name_first(name))) if form}
        self._words = {word for name in distinct for word in parts(name)}

    @classmethod
    def of(cls, sessions: pd.DataFrame) -> Names:
        """The names in these sessions' columns of patients and insured."""
        return cls([*sessions["patient"].unique(), *sessions["insured"].unique()])

    def stand_in(self, text: str, public: Collection[str] = ()) -> bool:
        """Whether a text is one of the names, or holds a word of one, words that are `public` from elsewhere aside.

        `public` are plain words of the rules or the clinic's setup: they tell nobody who the patient is.
        """
        whole = {bare(text), bare(given_name_first(text))}
        return bool(self._whole & whole or self._words & (parts(text) - set(public)))


def parts(text: str) -> set[str]:
    """The words of a text, plain, as names are cut into words and as letters stand together; initials are none."""
    words = (*name_words(text), *re.findall(r"[^\W\d_]+", plain(text)))
    return {word for word in words if len(word) > 1}


def without_names(message: str, names: Names) -> str:
    """The message without what it quotes where that holds a name: ``The status "Pat" is`` becomes ``The status is``."""
    return re.sub(r' "([^"]*)"', lambda quote: "" if names.stand_in(quote[1]) else quote[0], message)
