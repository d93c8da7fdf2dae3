"""The published rules: load them, validate them, and say what is in force on a day."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

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
from ims_billing.vocabulary.kinds import Service
from ims_billing.vocabulary.spelling import bare

if TYPE_CHECKING:
    # Words by which files are read, their shapes with them, are loaded where a file is read.
    from ims_billing.rules.people import PeopleRules
    from ims_billing.rules.unread import UnreadRules
    from ims_billing.rules.words import LayoutRules, ServiceRules


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
    """The published values, each with its days and its source."""

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
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"), parse_float=Decimal)


def _marked(rules: Any) -> Any:
    """The rules, each value that has dates marked as one that comes with the program."""
    if isinstance(rules, list):
        return [_marked(rule) for rule in rules]
    if isinstance(rules, dict):
        marked = {key: _marked(rule) for key, rule in rules.items()}
        return {**marked, "published": True} if "from" in rules else marked
    return rules


class Published:
    """The rules that come with the program, file by file as they are used; a fault is a bug and a ValidationError."""

    @cached_property
    def values(self) -> Rulebook:
        """The insurers, fees and limits, which are validated together."""
        return Rulebook.model_validate({name: _marked(rules_text(f"{name}.toml")) for name in Rulebook.model_fields})

    @property
    def insurers(self) -> InsurerRules:
        """The insurers, and what each requires."""
        return self.values.insurers

    @property
    def fees(self) -> FeeRules:
        """The public payers' fees."""
        return self.values.fees

    @property
    def limits(self) -> LimitRules:
        """Limits, windows and formats."""
        return self.values.limits

    @cached_property
    def services(self) -> ServiceRules:
        """How a service name is read."""
        from ims_billing.rules.words import ServiceRules

        return ServiceRules.model_validate(rules_text("services.toml") | rules_text("service_words.toml"))

    @cached_property
    def layouts(self) -> LayoutRules:
        """How spreadsheets are read."""
        from ims_billing.rules.words import LayoutRules

        return LayoutRules.model_validate(rules_text("layouts.toml"))

    @cached_property
    def unread(self) -> UnreadRules:
        """The unread columns that are harmless."""
        from ims_billing.rules.unread import UnreadRules

        return UnreadRules.model_validate(rules_text("unread.toml"))

    @cached_property
    def people(self) -> PeopleRules:
        """The words beside a practitioner's name."""
        from ims_billing.rules.people import PeopleRules

        return PeopleRules.model_validate(rules_text("people.toml"))


@cache
def published() -> Published:
    """The rules that come with the program."""
    return Published()


def services_in_words() -> list[tuple[Service, str]]:
    """Each service once, with what it is; what is billed as physiotherapy comes first."""
    about: dict[Service, list[str]] = {"ims": [], "physiotherapy": []}
    # As the file has it: the words beside the services' terms, which are many, are not needed for this.
    for service in rules_text("services.toml")["service"]:
        about.setdefault(service["id"], []).append(service["about"])
    return [(service, "; ".join(texts)) for service, texts in about.items()]
