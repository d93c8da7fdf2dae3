"""The words by which files are read: the shapes of `services.toml`, `service_words.toml` and `layouts.toml`."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import Literal

from pydantic import Field, model_validator

from ims_billing.rules.other_reports import OtherReport, PaymentWords
from ims_billing.rules.values import Strict, Text
from ims_billing.vocabulary.cells import first_phrase, word_of
from ims_billing.vocabulary.kinds import Service
from ims_billing.vocabulary.spelling import heading, heading_words


class ServiceWords(Strict):
    """The terms that name one service, and those that name it in notes."""

    id: Service
    about: Text
    terms: tuple[Text, ...]
    in_notes: tuple[Text, ...] = ()


class Negation(Strict):
    """In notes: words that deny the term after them (and the next one, if `joining`), or before them (`after`)."""

    words: tuple[Text, ...]
    joining: tuple[Text, ...]
    after: tuple[Text, ...]


# The effects of a group's words on a name with IMS. Between wordings of one length the first effect here counts.
Effect = Literal["denies-next", "denies-before", "not-a-visit", "not-certain", "neutral"]


class WordGroup(Strict):
    """Words that may stand beside a service's term, with what they do and why."""

    id: Text
    effect: Effect
    about: Text
    words: tuple[Text, ...]
    # Names by which the tests hold the group.
    cases: tuple[Text, ...] = ()
    # `not-a-visit` words that settle a name without IMS too.
    any_service: bool = False
    # Two of this group joined by "or" leave IMS as certain as before: "neck or back".
    alternatives: bool = False
    # May stand between a denying word and the term it denies: "no further IMS".
    gap: bool = False


class Signs(Strict):
    """Signs and emoji that change nothing, written in one run."""

    neutral: Text
    emoji: Text


class Question(Strict):
    """How a heading begins that asks what IMS is."""

    begins: tuple[Text, ...]


class Relation(Strict):
    """Words beside a term for IMS that make it say something of another word."""

    before: tuple[Text, ...]
    behind: tuple[Text, ...]
    between: tuple[Text, ...]


class VisitWords(Strict):
    """Words in a service name that mark a first visit or a later one, or neither."""

    initial: tuple[Text, ...]
    subsequent: tuple[Text, ...]
    either: tuple[Text, ...]
    again: tuple[Text, ...]


class DurationWords(Strict):
    """Units of time in a service name."""

    minutes: tuple[Text, ...]
    hours: tuple[Text, ...]


class ServiceRules(Strict):
    """How a service name is read: `services.toml` and `service_words.toml` together."""

    service: tuple[ServiceWords, ...]
    negation: Negation
    names: dict[str, Service]
    visit: VisitWords
    duration: DurationWords
    group: tuple[WordGroup, ...]
    signs: Signs
    # By a number word, or a number, before a word for visits a name is of more than one visit.
    receipt: dict[str, tuple[Text, ...]]
    counted: dict[Literal["visits", "numbers"], tuple[Text, ...]]
    question: Question
    relation: Relation

    @model_validator(mode="after")
    def _groups_that_decide_have_cases(self) -> ServiceRules:
        for group in self.group:
            if group.effect != "neutral" and not group.cases:
                raise ValueError(f"the group {group.id!r} lacks cases")
        return self


class Layout(Strict):
    """One layout: the fields it needs (`a|b`: one of them), and by field its headings, this product's own first.

    `passed_over` are headings that it has and nobody needs.
    """

    title: Text
    needed: tuple[Text, ...]
    headings: dict[str, tuple[Text, ...]]
    passed_over: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _headings_are_apart(self) -> Layout:
        meanings: dict[str, str] = {}
        for name, headings in self.headings.items():
            for text in headings:
                if meanings.setdefault(heading(text), name) != name:
                    raise ValueError(f"heading {text!r} stands for {meanings[heading(text)]} and {name}")
        return self


class Lines(Strict):
    """Lines that are no sessions."""

    totals: tuple[Text, ...]
    beside: tuple[Text, ...]


Words = dict[str, tuple[Text, ...]]


class CellWords(Strict):
    """The words that cells may hold, by column and meaning."""

    status: Words
    visit: Words
    relationship: Words
    billed: Words
    remittance: Words
    nothing: Words
    jane_state: Words = Field(alias="jane-state")
    jane_sale: Words = Field(alias="jane-sale")


class PolicyStatus(Strict):
    """The words of a policy's status that leave it in force or ended, and those of headings that may speak of it.

    `owed` are words of headings that lists of policies do not have, and those of what is owed do.
    """

    open: tuple[Text, ...]
    ended: tuple[Text, ...]
    doubtful: tuple[Text, ...]
    stems: tuple[Text, ...]
    owed: tuple[Text, ...]


class UnreadMoney(Strict):
    """Headings of unread columns: those that `explains` an amount that is read, and words in others.

    A heading with a `number` word holds no money, nor has one with a word of `number_without_money` and none of
    `money`; one with a `paid` word may repeat what was paid. `of_the_amount` explain nothing beside a bare Amount.
    """

    explains: tuple[Text, ...]
    number: tuple[Text, ...]
    number_without_money: tuple[Text, ...] = Field(alias="number-without-money")
    money: tuple[Text, ...]
    paid: tuple[Text, ...]
    of_the_amount: tuple[Text, ...] = Field(alias="of-the-amount")

    def is_number(self, words: Collection[str]) -> bool:
        """Whether the words of a heading are over numbers of something, and not over amounts."""
        number, weak, money = (
            {word_of(word) for word in group} for group in (self.number, self.number_without_money, self.money)
        )
        return bool(number & {*words}) or (bool(weak & {*words}) and not money & {*words})


class UnreadWords(Strict):
    """Words in unread columns of a remittance: headings and `cells` that sort no payments, and answers.

    A heading is harmless where all its words are `harmless` ones, or also words `beside` one. Under a heading with a
    word of `affirm`, `yes` says that the clinic was paid.
    """

    harmless: tuple[Text, ...]
    beside: tuple[Text, ...]
    cells: tuple[Text, ...]
    # Words of a practitioner's cell that are no name.
    beside_a_firm: tuple[Text, ...]
    yes: tuple[Text, ...]
    no: tuple[Text, ...]
    affirm: tuple[Text, ...]

    def is_harmless(self, written: str) -> bool:
        """Whether the words under a heading sort no payments."""
        words = {*heading_words(written)}
        harmless, beside = ({word_of(word) for word in group} for group in (self.harmless, self.beside))
        return bool(words & harmless) and words <= harmless | beside


class ToPatient(Strict):
    """Words of an insurer that has paid the patient: `verbs` and `to`, or `alone`, before the person, or `after`.

    Words `between` change nothing.
    """

    verbs: tuple[Text, ...]
    to: tuple[Text, ...]
    alone: tuple[Text, ...]
    after: tuple[Text, ...]
    between: tuple[Text, ...]


class PayerWords(Strict):
    """Words on a line of a list of payments that say who paid."""

    # How patients pay, and phrases that say that they did, wherever they stand.
    patient: tuple[Text, ...]
    # Ways in which patients pay, that elsewhere may mean all sorts.
    means: tuple[Text, ...]
    # Persons who are no insurer.
    person: tuple[Text, ...]
    insurer: tuple[Text, ...]
    # Words that say nothing of who paid.
    either: tuple[Text, ...]
    # Spellings of Canadian dollars.
    currency: tuple[Text, ...]
    # Words of a claim that is not paid which titles over payments have too.
    titles: tuple[Text, ...]
    to_patient: ToPatient
    unread: UnreadMoney
    unread_words: UnreadWords

    def is_person(self, payer: str) -> bool:
        """True if a payer, as written, is a word for the patient or another person, such as ``Self``."""
        return word_of(payer) in map(word_of, self.person)


class NoteGroup(Strict):
    """Phrases of short notes about a visit, and the kind of finding that they are: `layouts.toml` tells how it is read.

    `labels` are whole phrases that say it beside a name, above rows or on a sheet, and mean little in a note.

    A note that only says what was paid, `by_patient`, counts where the row does not say so, `only_ims` beside IMS, and
    `of_plans` where a private plan is the row's insurer. What `follows_claim` is no change of a session that has one.
    """

    what: Text
    kind: Literal["status-not-recognised", "ims-not-certain"]
    advice: str
    anywhere: tuple[Text, ...] = ()
    alone: tuple[Text, ...] = ()
    whole: tuple[Text, ...] = ()
    labels: tuple[Text, ...] = ()
    unless: tuple[Text, ...] = ()
    by_patient: bool = False
    only_ims: bool = False
    of_plans: bool = False
    follows_claim: bool = False

    def phrases(self) -> tuple[str, ...]:
        """All that the group listens for."""
        return (*self.anywhere, *self.alone, *self.whole)


class NoteWords(Strict):
    """How short notes are read: the groups in their order, and words that all of them share."""

    denied: tuple[Text, ...]
    beside: tuple[Text, ...]
    roles: tuple[Text, ...]
    services: tuple[Text, ...]
    group: tuple[NoteGroup, ...]


class LayoutRules(Strict):
    """How spreadsheets are read: `layouts.toml`."""

    layout: dict[str, Layout]
    set_aside: dict[str, tuple[Text, ...]]
    policy_status: PolicyStatus
    other_report: tuple[OtherReport, ...]
    speaks_of_payment: PaymentWords
    lines: Lines
    words: CellWords
    notes: NoteWords
    payers: PayerWords

    def says_paid(self, written: str) -> bool:
        """Whether all words of a line's status or reason are of a payment: that it was paid, how, or why it is less."""
        words = word_of(written).split()
        return bool(words) and all(word in self._of_a_payment or word.isdigit() for word in words)

    def says_billed(self, written: str) -> bool:
        """Whether all words of a visit's status are of a claim or a payment, which say nothing of the visit."""
        words = [word for word in word_of(written).split() if not word.isdigit()]
        return bool(words) and self._of_a_claim.issuperset(words)

    def says_why_less(self, written: str) -> bool:
        """Whether a text has words that say why less was paid than was claimed."""
        phrases = (phrase for kind in ("short", "partly", "patient-share") for phrase in self.words.remittance[kind])
        return first_phrase(written, phrases) != ""

    def says_unpaid(self, written: str) -> bool:
        """Whether a short text has words of a claim that is not paid, or of a payment that was taken back."""
        return any(f" {state} " in f" {word_of(written)} " for state in self.unpaid)

    def is_title_of_unpaid(self, written: str) -> bool:
        """Whether a sheet's name or a heading above lines says the same of them: ``Reversals``."""
        titles, words = {word_of(word) for word in self.payers.titles}, f" {word_of(written)} "
        return any(f" {state}{plural} " in words for state in self.unpaid - titles for plural in ("", "s"))

    @cached_property
    def unpaid(self) -> frozenset[str]:
        """Phrases by which a claim is not decided, refused or answered elsewhere, or a payment taken back or none."""
        kinds = ("pending", "already", "refused", "not-covered", "taken-back", "no-money")
        return frozenset(word_of(phrase) for kind in kinds for phrase in self.words.remittance[kind])

    @cached_property
    def _of_a_claim(self) -> frozenset[str]:
        billed = {word for phrase in self.words.billed["yes"] for word in word_of(phrase).split()}
        # What a remittance calls late is a claim; as a status, it is a visit.
        return (self._of_a_payment | billed) - {"late"}

    @cached_property
    def _of_a_payment(self) -> frozenset[str]:
        words, kinds = self.words.remittance, ("nothing", "second", "short", "partly", "patient-share")
        phrases = (*self.payers.insurer, *self.payers.either, *(phrase for kind in kinds for phrase in words[kind]))
        return frozenset(word for phrase in phrases for word in word_of(phrase).split()) - {"no", "not"}
