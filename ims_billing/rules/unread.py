"""Unread columns that are harmless: the shape of `unread.toml`."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pydantic import Field

from ims_billing.rules.values import Strict, Text
from ims_billing.vocabulary.cells import first_phrase, word_of
from ims_billing.vocabulary.intake import LooksLike
from ims_billing.vocabulary.spelling import heading, heading_words


class HarmlessCells(Strict):
    """Words that are harmless under any heading; those that go `together` only beside another of the group."""

    what: Text
    words: tuple[Text, ...]
    together: bool = False


class HarmlessHeadings(Strict):
    """Headings under which cells that look like one of `kinds` change no claim.

    A heading is listed whole in `headings`, or all its words but neutral ones are among `words`, or `beside` one. Days
    `until` which something lasts are harmless as long as no visit is later.
    """

    what: Text
    kinds: tuple[LooksLike, ...] = Field(min_length=1)
    words: tuple[Text, ...] = ()
    headings: tuple[Text, ...] = ()
    beside: tuple[Text, ...] = ()
    until: bool = False

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


class ClaimNumbers(Strict):
    """Words of headings over the numbers that insurers give to what was sent to them.

    Those of `always` say so whatever stands beside them but those of `never`; those `in_part` where only some rows have
    a number, and beside them no words but these, those of `beside` and neutral ones.
    """

    always: tuple[Text, ...]
    never: tuple[Text, ...]
    in_part: tuple[Text, ...] = Field(alias="in-part")
    beside: tuple[Text, ...]


class UnreadRules(Strict):
    """Words of cells that could change a claim, and the headings and words that are harmless."""

    absence: tuple[Text, ...]
    states: tuple[Text, ...]
    sent: tuple[Text, ...]
    beside: tuple[Text, ...]
    above_rows: tuple[Text, ...] = Field(alias="above-rows")
    never_a_name: tuple[Text, ...] = Field(alias="never-a-name")
    accidents: tuple[Text, ...]
    of_who_treats: tuple[Text, ...] = Field(alias="of-who-treats")
    counted: tuple[Text, ...]
    money: tuple[Text, ...]
    repeats_the_fee: tuple[Text, ...] = Field(alias="repeats-the-fee")
    repeats_the_day: tuple[Text, ...] = Field(alias="repeats-the-day")
    yes_or_no: tuple[Text, ...] = Field(alias="yes-or-no")
    neutral: tuple[Text, ...]
    quantity: tuple[Text, ...]
    units: tuple[Text, ...]
    claim_numbers: ClaimNumbers = Field(alias="claim-numbers")
    harmless_cells: tuple[HarmlessCells, ...] = Field(alias="harmless-cells")
    harmless: tuple[HarmlessHeadings, ...]

    @cached_property
    def _neutral(self) -> frozenset[str]:
        return frozenset(map(word_of, self.neutral))

    def excused(self, written: str) -> frozenset[LooksLike]:
        """The looks that the cells under a heading may have without changing a claim, whatever its rows say."""
        groups = (group for group in self.harmless if not group.until and group.has(written, self._neutral))
        return frozenset(kind for group in groups for kind in group.kinds)

    def says_until_when(self, written: str) -> bool:
        """Whether days under a heading are those until which something of the patient's lasts, such as a policy."""
        return any(group.until and group.has(written, self._neutral) for group in self.harmless)

    def counts(self, written: str) -> bool:
        """Whether a heading says that whole numbers below it are counts or somebody's numbers."""
        return not {*self.counted}.isdisjoint(heading_words(written)) and not self.is_of_money(written)

    def is_of_money(self, written: str) -> bool:
        """Whether a heading says that numbers below it are amounts."""
        return not {*self.money}.isdisjoint(heading_words(written))

    def numbers_claims(self, written: str, *, in_part: bool) -> bool:
        """Whether numbers under a heading are of claims that were sent; `in_part`: some rows have none."""
        words, rules = {*heading_words(written)}, self.claim_numbers
        if words & {*map(word_of, rules.always)}:
            return not words & {*map(word_of, rules.never)}
        own = {*map(word_of, rules.in_part)}
        return in_part and bool(words & own) and words <= own | {*map(word_of, rules.beside)} | self._neutral

    def numbers_accidents(self, written: str) -> bool:
        """Whether numbers under a heading, such as "WCB #", are of accidents rather than of people and who treats."""
        words, accident = {*heading_words(written)}, first_phrase(written, self.accidents)
        return accident != "" and not words & {*map(word_of, (*self.claim_numbers.never, *self.of_who_treats))}

    def counts_visits(self, written: str) -> Literal["quantity", "units", ""]:
        """Whether numbers under a heading are how many were sold, or of how many units; empty where neither."""
        words = {*heading_words(written)} - self._neutral
        sold, units = {*map(word_of, self.quantity)}, {*map(word_of, self.units)}
        return "quantity" if words and words <= sold else "units" if words and words <= units else ""
