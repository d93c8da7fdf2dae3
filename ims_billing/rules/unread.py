"""Which unread columns are harmless: the shape of `unread.toml`."""

from __future__ import annotations

from functools import cached_property

from pydantic import Field

from ims_billing.rules.values import Strict, Text
from ims_billing.vocabulary.cells import word_of
from ims_billing.vocabulary.intake import LooksLike
from ims_billing.vocabulary.spelling import heading, heading_words


class HarmlessCells(Strict):
    """Words that are harmless under any heading; those that go `together` only beside another of the group."""

    what: Text
    words: tuple[Text, ...]
    together: bool = False


class HarmlessHeadings(Strict):
    """Headings under which cells that look like one of `kinds` change no claim.

    A heading is listed whole in `headings`, or all its words but neutral ones are among `words`, or `beside` one.
    """

    what: Text
    kinds: tuple[LooksLike, ...] = Field(min_length=1)
    words: tuple[Text, ...] = ()
    headings: tuple[Text, ...] = ()
    beside: tuple[Text, ...] = ()

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(map(word_of, self.words))

    @cached_property
    def _beside(self) -> frozenset[str]:
        return frozenset(map(word_of, self.beside))

    @cached_property
    def _headings(self) -> frozenset[str]:
        return frozenset(map(heading, self.headings))

    def has(self, written: str, neutral: frozenset[str]) -> bool:
        """Whether a heading is one of these."""
        if heading(written) in self._headings:
            return True
        words = {word for word in heading_words(written) if word not in neutral and not word.isdigit()} - self._beside
        return bool(words) and words <= self._words


class UnreadRules(Strict):
    """Words of cells that could change a claim, and the headings and words that are harmless."""

    absence: tuple[Text, ...]
    states: tuple[Text, ...]
    sent: tuple[Text, ...]
    beside: tuple[Text, ...]
    above_rows: tuple[Text, ...] = Field(alias="above-rows")
    beside_a_name: tuple[Text, ...] = Field(alias="beside-a-name")
    never_a_name: tuple[Text, ...] = Field(alias="never-a-name")
    accidents: tuple[Text, ...]
    counted: tuple[Text, ...]
    money: tuple[Text, ...]
    repeats_the_fee: tuple[Text, ...] = Field(alias="repeats-the-fee")
    repeats_the_day: tuple[Text, ...] = Field(alias="repeats-the-day")
    yes_or_no: tuple[Text, ...] = Field(alias="yes-or-no")
    neutral: tuple[Text, ...]
    harmless_cells: tuple[HarmlessCells, ...] = Field(alias="harmless-cells")
    harmless: tuple[HarmlessHeadings, ...]

    @cached_property
    def _neutral(self) -> frozenset[str]:
        return frozenset(map(word_of, self.neutral))

    def excused(self, written: str) -> frozenset[LooksLike]:
        """What the cells under a heading may look like without changing a claim."""
        return frozenset(kind for group in self.harmless if group.has(written, self._neutral) for kind in group.kinds)
