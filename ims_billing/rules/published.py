"""The published rules: load them, validate them, and say what is in force on a day."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ims_billing.rules.other_reports import OtherReport, PaymentWords
from ims_billing.rules.unread import UnreadRules
from ims_billing.rules.values import (
    CLINIC_FILE,
    Channel,
    ChannelFields,
    Cited,
    Condition,
    Fee,
    Limit,
    Note,
    OwnCode,
    PayerOrder,
    RegistrationFormat,
    Requires,
    Strict,
    SubmissionWindow,
    Text,
    clashing_fees,
    clashing_limits,
)
from ims_billing.vocabulary.model import Profession, Service
from ims_billing.vocabulary.spelling import bare, heading


class PublishedInsurer(Strict):
    """An insurer as the published rules know it; `id` and `code` never change.

    `source`, `url` and `verified` are of its names; what it wants has sources of its own. Without `requires` nobody
    knows what it requires.
    """

    id: Text
    code: Annotated[str, Field(pattern=r"^[A-Z]{4}$")]
    name: Text
    aliases: tuple[Text, ...] = ()
    public: bool = False
    channel: tuple[Channel, ...] = ()
    requires: tuple[Requires, ...] = ()
    service_code: tuple[OwnCode, ...] = ()
    condition: tuple[Condition, ...] = ()
    note: tuple[Note, ...] = ()
    source: Text
    url: str = ""
    verified: bool

    @model_validator(mode="after")
    def _one_at_a_time(self) -> PublishedInsurer:
        for values in (self.requires, self.service_code):
            for earlier, later in itertools.pairwise(sorted(values, key=lambda value: value.start)):
                if earlier.overlaps(later):
                    raise ValueError(f"{self.name}: two values are in force on {later.start}")
        return self

    def cited(self) -> Iterator[Cited]:
        """Every value of it that has dates."""
        yield from (*self.channel, *self.requires, *self.service_code, *self.condition, *self.note)


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
    """How a service name is read: `services.toml`."""

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


class PeopleRules(Strict):
    """Words beside a practitioner's name that are no part of it: `people.toml`."""

    titles: tuple[Text, ...]
    pronouns: tuple[Text, ...]
    credentials: tuple[Text, ...]
    degrees: tuple[Text, ...]
    sites: tuple[Text, ...]
    professions: dict[Profession, tuple[Text, ...]]


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
    """The words of a policy's status that leave it in force or ended, and those of headings that may speak of it."""

    open: tuple[Text, ...]
    ended: tuple[Text, ...]
    doubtful: tuple[Text, ...]
    stems: tuple[Text, ...]


class UnreadMoney(Strict):
    """Headings of unread columns: those that `explains` an amount that is read, and words in others.

    A heading with a `number` word holds no money; one with a `paid` word may repeat what was paid.
    """

    explains: tuple[Text, ...]
    number: tuple[Text, ...]
    paid: tuple[Text, ...]


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
    unread: UnreadMoney


class NoteWords(Strict):
    """What a short note may say of a visit: `anywhere` unless `denied`, or `alone` but for words `beside` it."""

    anywhere: tuple[Text, ...]
    alone: tuple[Text, ...]
    denied: tuple[Text, ...]
    beside: tuple[Text, ...]


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


class SelfPay(Strict):
    """Spellings in the insurer column that mean: no insurer."""

    names: tuple[Text, ...]


class InsurerRules(Strict):
    """`insurers.toml`."""

    self_pay: SelfPay
    insurer: tuple[PublishedInsurer, ...]

    @model_validator(mode="after")
    def _names_are_apart(self) -> InsurerRules:
        owners: dict[str, str] = {}
        for insurer in self.insurer:
            for name in {bare(n) for n in (insurer.id, insurer.name, *insurer.aliases)} | {insurer.code}:
                if owners.setdefault(name, insurer.id) != insurer.id:
                    raise ValueError(f"{name!r} stands for {owners[name]} and {insurer.id}")
        return self


class FeeRules(Strict):
    """`fees.toml`."""

    fee: tuple[Fee, ...] = ()


class LimitRules(Strict):
    """`limits.toml`."""

    limit: tuple[Limit, ...] = ()
    submission_window: tuple[SubmissionWindow, ...] = ()
    registration: tuple[RegistrationFormat, ...] = ()
    payer_order: tuple[PayerOrder, ...] = ()
    channel_fields: tuple[ChannelFields, ...] = ()


class Rulebook(Strict):
    """Everything that is published."""

    services: ServiceRules
    layouts: LayoutRules
    unread: UnreadRules
    people: PeopleRules
    insurers: InsurerRules
    fees: FeeRules
    limits: LimitRules

    @model_validator(mode="after")
    def _every_value_has_a_source(self) -> Rulebook:
        for value in self.cited():
            for lacks, what in (
                ("source" not in value.model_fields_set or value.source == CLINIC_FILE, "a source"),
                ("verified" not in value.model_fields_set, "verified = true or false"),
                (value.verified and not value.url.startswith("https://"), "the url that verifies it"),
            ):
                if lacks:
                    raise ValueError(f"it lacks {what}: {value!r}")
        return self

    @model_validator(mode="after")
    def _no_two_for_the_same(self) -> Rulebook:
        names = {bare(name) for insurer in self.insurers.insurer for name in (insurer.name, *insurer.aliases)}
        fees, limits = self.fees.fee, self.limits.limit
        for insurer in (*(fee.insurer for fee in fees), *(limit.insurer for limit in limits)):
            if insurer is None or bare(insurer) not in names:
                raise ValueError(f"the insurer {insurer!r} is not in insurers.toml")
        clashes = [
            *((fees, pair) for pair in clashing_fees(fees)),
            *((limits, pair) for pair in clashing_limits(limits)),
        ]
        for values, (first, second) in clashes:
            raise ValueError(f"two are in force on one day for the same: {values[first]!r} and {values[second]!r}")
        return self

    def cited(self) -> Iterator[Cited]:
        """Every value that has dates."""
        limits = self.limits
        yield from (*self.fees.fee, *limits.limit, *limits.submission_window, *limits.registration, *limits.payer_order)
        yield from limits.channel_fields
        for insurer in self.insurers.insurer:
            yield from insurer.cited()


def rules_text(name: str) -> dict[str, Any]:
    """The tables of one of the files that come with the program, not yet validated."""
    text = resources.files("ims_billing").joinpath("rules", name).read_text(encoding="utf-8")
    return {table: _marked(rules) for table, rules in tomllib.loads(text, parse_float=Decimal).items()}


def _marked(rules: Any) -> Any:
    """The rules, each value that has dates marked as one that comes with the program."""
    if isinstance(rules, list):
        return [_marked(rule) for rule in rules]
    if isinstance(rules, dict):
        marked = {key: _marked(rule) for key, rule in rules.items()}
        return {**marked, "published": True} if "from" in rules else marked
    return rules


_FILES = ("services", "layouts", "unread", "people", "insurers", "fees", "limits")


@cache
def published() -> Rulebook:
    """The rules that come with the program; a fault in them is a bug and raises ValidationError."""
    return Rulebook.model_validate({name: rules_text(f"{name}.toml") for name in _FILES})


def services_in_words() -> list[tuple[Service, str]]:
    """Each service once, with what it is; what is billed as physiotherapy comes first."""
    about: dict[Service, list[str]] = {"ims": [], "physiotherapy": []}
    for words in published().services.service:
        about.setdefault(words.id, []).append(words.about)
    return [(service, "; ".join(texts)) for service, texts in about.items()]
