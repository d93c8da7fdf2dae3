"""The published rules: load them, validate them, and say what is in force on a day."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ims_billing.model import Billable, Profession, Requirement, Service, Visit, bare, cents, heading

Text = Annotated[str, Field(min_length=1)]


class Strict(BaseModel):
    """Refuses keys it does not know, so that a misspelt one is never silently without effect."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, populate_by_name=True)


class Period(Strict):
    """From one day until another, both included; without an end it still lasts."""

    start: dt.date = Field(alias="from")
    until: dt.date | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Period:
        if self.until is not None and self.until < self.start:
            raise ValueError(f"it ends ({self.until}) before it begins ({self.start})")
        return self

    def covers(self, day: dt.date) -> bool:
        """Whether the day lies in it."""
        return self.start <= day and (self.until is None or day <= self.until)

    def overlaps(self, other: Period) -> bool:
        """Whether some day lies in both."""
        return (other.until is None or self.start <= other.until) and (self.until is None or other.start <= self.until)


class Codes(Strict):
    """A service code that depends on the visit."""

    initial: Text
    subsequent: Text


class Fee(Period):
    """One entry of a fee list; what is absent fits any session. `amount` is in dollars, exact."""

    service: Billable
    visit: Visit | None = None
    minutes: Annotated[int, Field(gt=0)] | None = None
    insurer: Text | None = None
    amount: Decimal
    source: str = "clinic file"
    url: str = ""
    verified: bool = True
    confirmed: bool = True

    @field_validator("amount", mode="before")
    @classmethod
    def _no_float(cls, amount: object) -> object:
        """TOML amounts arrive as decimals; a float would already have lost the cent."""
        if isinstance(amount, bool | float):
            raise ValueError("write the amount as a number such as 95.00")
        return amount

    @field_validator("amount")
    @classmethod
    def _whole_cents(cls, amount: Decimal) -> Decimal:
        if not 0 <= amount < 1_000_000 or cents(amount) is None:
            raise ValueError("an amount is zero or more, below a million, in dollars and whole cents")
        return amount

    @property
    def cents(self) -> int:
        """The amount in whole cents."""
        return cents(self.amount) or 0

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """How specific it is: the insurer counts first, then the visit, then the minutes."""
        return (self.insurer is not None, self.visit is not None, self.minutes is not None)

    def what(self) -> str:
        """What it is for, in words, without the insurer: ``ims, initial, 45 min``."""
        parts = [self.service, self.visit, f"{self.minutes} min" if self.minutes else None]
        return ", ".join(part for part in parts if part)

    def told(self) -> str:
        """What it is for, in words: ``ims, initial, 45 min, ICBC``."""
        return f"{self.what()}, {self.insurer}" if self.insurer else self.what()


class PublishedInsurer(Strict):
    """An insurer as the published rules know it; `id` and `code` never change."""

    id: Text
    code: Annotated[str, Field(pattern=r"^[A-Z]{4}$")]
    name: Text
    aliases: tuple[Text, ...] = ()
    public: bool = False
    channel: str | None = None
    requires: tuple[Requirement, ...] | None = None
    service_code: str | Codes | None = None
    source: Text
    url: str = ""
    verified: bool


class ServiceWords(Strict):
    """The terms that tell one service in a name, and those that tell it in notes."""

    id: Service
    about: Text
    terms: tuple[Text, ...]
    in_notes: tuple[Text, ...] = ()


class Negation(Strict):
    """Words that take back the term after them (and the next one, if `joining`), or before them (`after`)."""

    words: tuple[Text, ...]
    joining: tuple[Text, ...]
    after: tuple[Text, ...]


class VisitWords(Strict):
    """Words in a service name that tell a first visit from a later one, or merely surround a name."""

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


class Layout(Strict):
    """One layout: the fields it needs (`a|b`: one of them), and by field its headings, this product's own first."""

    title: Text
    needed: tuple[Text, ...]
    headings: dict[str, tuple[Text, ...]]

    @model_validator(mode="after")
    def _headings_are_apart(self) -> Layout:
        seen: dict[str, str] = {}
        for name, headings in self.headings.items():
            for text in headings:
                if seen.setdefault(heading(text), name) != name:
                    raise ValueError(f"heading {text!r} stands for {seen[heading(text)]} and {name}")
        return self


class Lines(Strict):
    """Lines that are no sessions."""

    totals: tuple[Text, ...]
    beside: tuple[Text, ...]


class People(Strict):
    """Words around a practitioner's name that are not part of it."""

    titles: tuple[Text, ...]
    credentials: tuple[Text, ...]
    professions: dict[Profession, tuple[Text, ...]]


Words = dict[str, tuple[Text, ...]]


class CellWords(Strict):
    """What the words in a cell mean, by column."""

    status: Words
    visit: Words
    relationship: Words
    billed: Words
    jane_state: Words = Field(alias="jane-state")
    jane_sale: Words = Field(alias="jane-sale")


class LayoutRules(Strict):
    """How spreadsheets are read: `layouts.toml`."""

    layout: dict[str, Layout]
    set_aside: dict[str, tuple[Text, ...]]
    lines: Lines
    people: People
    words: CellWords


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


class Rulebook(Strict):
    """Everything that is published."""

    services: ServiceRules
    layouts: LayoutRules
    insurers: InsurerRules
    fees: FeeRules


def _read(name: str) -> dict[str, Any]:
    text = resources.files("ims_billing").joinpath("rules", name).read_text(encoding="utf-8")
    return tomllib.loads(text, parse_float=Decimal)


@cache
def published() -> Rulebook:
    """The rules that come with the program; a fault in them is a bug and raises ValidationError."""
    return Rulebook.model_validate(
        {name: _read(f"{name}.toml") for name in ("services", "layouts", "insurers", "fees")}
    )


def fee_in_force(
    fees: Iterable[Fee],
    *,
    service: str,
    visit: str,
    minutes: int | None,
    insurer: str | None,
    on: dt.date,
) -> Fee | None:
    """The most specific fee that fits a session on its service date, or None.

    An empty `visit` or None for `minutes` fits only fees that do not ask. With `insurer` None only fees for
    any insurer fit: that is the clinic's own price.
    """
    fitting = [
        fee
        for fee in fees
        if fee.service == service
        and fee.covers(on)
        and (fee.insurer is None or fee.insurer == insurer)
        and (fee.visit is None or fee.visit == visit)
        and (fee.minutes is None or fee.minutes == minutes)
    ]
    return max(fitting, key=lambda fee: fee.rank, default=None)


def services_told() -> list[tuple[Service, str]]:
    """Each service once, with what it is; what is billed as physiotherapy comes first."""
    about: dict[Service, list[str]] = {"ims": [], "physiotherapy": []}
    for words in published().services.service:
        about.setdefault(words.id, []).append(words.about)
    return [(service, "; ".join(told)) for service, told in about.items()]


def clashing_fees(fees: Sequence[Fee]) -> list[tuple[int, int]]:
    """Positions of every two fees for the same thing whose dates overlap: neither could be preferred."""
    return [
        (i, j)
        for i, first in enumerate(fees)
        for j, second in enumerate(fees[i + 1 :], start=i + 1)
        if first.told() == second.told() and first.overlaps(second)
    ]
