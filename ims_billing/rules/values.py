"""Dated, cited values: fees, requirements, codes, conditions, limits and windows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ims_billing.vocabulary.kinds import SERVICE_WORDS, Billable, Requirement, Service, Visit
from ims_billing.vocabulary.spelling import bare, cents

Text = Annotated[str, Field(min_length=1)]
CLINIC_FILE = "clinic setup"
# A value of the clinic file without dates is in force from this day on.
ALWAYS = dt.date.min
# Nobody who works today was registered before, and no fee or plan is older: it is a slip, or a year alone, as 2027 is a
# day of 1905 to Excel.
EARLIEST = dt.date(1950, 1, 1)


class Strict(BaseModel):
    """Refuses keys it does not know, so that a misspelt one is never silently without effect."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, populate_by_name=True, defer_build=True
    )


class Period(Strict):
    """From one day until another, both included; without an end it still lasts."""

    start: dt.date = Field(alias="from")
    until: dt.date | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Period:
        if self.until is not None and self.until < self.start:
            raise ValueError(f"it ends ({self.until}) before it begins ({self.start})")
        for day in (self.start, self.until):
            if day is not None and ALWAYS < day < EARLIEST:
                raise ValueError(f"{day} is too long ago: check the year, and that it is a whole date")
        return self

    def covers(self, day: dt.date) -> bool:
        """True if the day lies in it."""
        return self.start <= day and (self.until is None or day <= self.until)

    def overlaps(self, other: Period) -> bool:
        """True if some day lies in both."""
        return (other.until is None or self.start <= other.until) and (self.until is None or other.start <= self.until)

    def lasting(self) -> str:
        """Its days in words: ``from 2026-04-01 until 2027-03-31``; empty where it is always in force."""
        parts = [f"from {self.start}"] if self.start != ALWAYS else []
        return " ".join([*parts, f"until {self.until}"] if self.until else parts)


class Cited(Period):
    """A value in force for a period, with its source.

    `verified`: a primary source says so. `published`: it comes with the program, and not from the clinic file.
    """

    source: Text = CLINIC_FILE
    url: str = ""
    verified: bool = True
    published: bool = False

    @property
    def whose(self) -> str:
        """Who states it: ``published`` or ``clinic``."""
        return "published" if self.published else "clinic"

    def cited(self) -> str:
        """Its source in words, with the web page."""
        return f"{self.source} {self.url}".strip() + ("" if self.verified else " (not verified)")


class Codes(Strict):
    """A service code that depends on the visit."""

    initial: Text
    subsequent: Text

    def __str__(self) -> str:
        return f"{self.initial} / {self.subsequent}"


class Fee(Cited):
    """One entry of a fee list; an absent field fits any session. `amount` is in dollars, exact."""

    service: Billable
    visit: Visit | None = None
    minutes: Annotated[int, Field(gt=0)] | None = None
    insurer: Text | None = None
    amount: Decimal
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
        """Its service, visit and minutes in words: ``IMS, initial, 45 min``."""
        parts = [
            SERVICE_WORDS.get(self.service, self.service),
            self.visit,
            f"{self.minutes} min" if self.minutes else None,
        ]
        return ", ".join(part for part in parts if part)

    def in_words(self) -> str:
        """Its service, visit, minutes and insurer in words: ``IMS, initial, 45 min, ICBC``."""
        return f"{self.what()}, {self.insurer}" if self.insurer else self.what()


class Channel(Cited):
    """A way by which an insurer takes claims."""

    name: Text


class Requires(Cited):
    """The fields that an insurer requires on a claim: a session without one is held."""

    fields: tuple[Requirement, ...]


class OwnCode(Cited):
    """An insurer's own code for Physiotherapy Services."""

    code: Text | Codes


class Condition(Cited):
    """Something that an insurer goes by.

    ``one-to-one``: the practitioner treats nobody else meanwhile. ``first-payer``: of an accident it pays before any
    plan. ``no-patient-share``: it pays the whole cost, and the patient nothing.
    ``extra-to-plan``: what the clinic charges above its amount may be asked of the patient's plan at once.
    """

    condition: Literal["one-to-one", "first-payer", "no-patient-share", "extra-to-plan"]


class Note(Cited):
    """A note about an insurer for the biller, which the program cannot check."""

    note: Text


_WEEKS = "treatment after the accident"


class OfPlan(Cited):
    """A value of an insurer, or of one plan of it."""

    insurer: Text
    policy: Text | None = None

    def fits(self, insurer_id: str, policy: str) -> bool:
        """True for this insurer and plan; policy numbers are compared by their letters and digits."""
        return self.insurer == insurer_id and (self.policy is None or bare(self.policy) == bare(policy))


class Limit(OfPlan):
    """How many visits an insurer pays, in a calendar year or within some weeks after the accident.

    `services` are those that count towards it. `not_counted` says what of it the clinic cannot know: then the program
    only warns. Without `visits` only the weeks are limited.
    """

    visits: Annotated[int, Field(gt=0, le=1000, strict=True)] | None = None
    per: Literal["calendar-year"] | None = None
    weeks_after_accident: Annotated[int, Field(gt=0, le=520, strict=True)] | None = None
    services: Annotated[tuple[Service, ...], Field(min_length=1)] = ("ims", "physiotherapy")
    not_counted: str = ""

    @model_validator(mode="after")
    def _has_one_measure(self) -> Limit:
        if (self.per is None) == (self.weeks_after_accident is None):
            raise ValueError("it is per calendar year, or within weeks after the accident, and only one of them")
        if self.per is not None and self.visits is None:
            raise ValueError("a limit per calendar year needs visits")
        return self

    def what(self) -> str:
        """The limited thing in words: ``visits within 12 weeks after the accident``."""
        counted = "visit" if self.visits == 1 else "visits"
        if self.per:
            return f"{counted} in a calendar year"
        return f"{counted} within {self.weeks_after_accident} weeks after the accident" if self.visits else _WEEKS

    @property
    def measure(self) -> tuple[str | None, bool]:
        """Its measure: a plan has one limit in force for each."""
        return self.per, self.visits is None

    def value(self) -> str:
        """The limit itself, in words: ``10``, ``12 weeks``."""
        return str(self.visits) if self.visits else f"{self.weeks_after_accident} weeks"


class Coverage(OfPlan):
    """The share of a claim that an insurer, or one plan of it, pays: the rest is the patient's."""

    percent: Annotated[int, Field(gt=0, le=100, strict=True)]


class SubmissionWindow(Cited):
    """The days after a visit in which a channel takes claims, and the way to send them `after` that."""

    channel: Text
    days: Annotated[int, Field(gt=0)]
    after: Text


class ChannelFields(Cited):
    """The fields of a channel, which are columns of the insurer's workbook. A session without one is not held."""

    channel: Text
    fields: tuple[Requirement, ...]


class PayerOrder(Cited):
    """The rule of which insurer pays first, by the patient's relationship to the insured of the first one."""

    relationship: Literal["self", "spouse", "child", "other", "not said"]
    says: Text


class RegistrationFormat(Cited):
    """How a College writes registration numbers: a regular expression, and the same in words."""

    pattern: Text
    words: Text


C = TypeVar("C", bound=Cited)


def in_force(values: Iterable[C], on: dt.date) -> list[C]:
    """The values that are in force on a day."""
    return [value for value in values if value.covers(on)]


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

    An empty `visit`, or None for `minutes`, fits only fees without them. With `insurer` None only fees for any insurer
    fit: that is the clinic's own price. The clinic's own fee for an insurer goes before a published one.
    """
    of_day = [fee for fee in fees if fee.service == service and fee.covers(on) and fee.insurer in (None, insurer)]
    fitting = [
        fee
        for fee in without_overridden(of_day)
        if (fee.visit is None or fee.visit == visit) and (fee.minutes is None or fee.minutes == minutes)
    ]
    return max(fitting, key=lambda fee: fee.rank, default=None)


def has_own_amounts(fees: Iterable[Fee], insurer: str | None, on: dt.date) -> bool:
    """True if some fee of the list is this insurer's own on that day, for any service, or one of the clinic's was.

    Public payers change their amounts each year: where the clinic's has run out, no other payer's is billed instead.
    """
    return any(
        fee.insurer == insurer and (fee.covers(on) or (not fee.published and fee.start <= on))
        for fee in fees
        if fee.insurer is not None
    )


def own_fee_in_force(
    fees: Iterable[Fee],
    *,
    service: str,
    visit: str,
    minutes: int | None,
    insurer: str,
    on: dt.date,
) -> Fee | None:
    """The one fee of a payer's own that fits a session on its service date; None if it is not certain.

    An empty `visit`, or None for `minutes`, could be any that the payer's fees name: a fee is certain only if every
    possibility leads to it. A fee for any insurer never fits.
    """
    of_day = [fee for fee in fees if fee.service == service and fee.covers(on) and fee.insurer == insurer]
    own = without_overridden(of_day)
    visits = (visit,) if visit else ("initial", "subsequent")
    lengths = {minutes} if minutes is not None else {None, *(fee.minutes for fee in own)}
    fitting = [
        fee_in_force(own, service=service, visit=possible, minutes=length, insurer=insurer, on=on)
        for possible in visits
        for length in lengths
    ]
    return fitting[0] if all(fee is fitting[0] for fee in fitting) else None


def without_overridden(fees: Iterable[Fee]) -> list[Fee]:
    """The fees of a day, without the published ones of an insurer and a service for which the clinic has its own."""
    fees = list(fees)
    own = {(fee.service, fee.insurer) for fee in fees if not fee.published}
    return [fee for fee in fees if not fee.published or (fee.service, fee.insurer) not in own]


def clashing_fees(fees: Sequence[Fee]) -> list[tuple[int, int]]:
    """Positions of every two fees for the same thing whose dates overlap: neither could be preferred."""
    return _clashing(fees, [fee.in_words() for fee in fees])


def clashing_limits(limits: Sequence[Limit]) -> list[tuple[int, int]]:
    """Positions of every two limits of the same thing whose dates overlap."""
    return _clashing(limits, [f"{limit.insurer} {bare(limit.policy or '')} {limit.measure}" for limit in limits])


def clashing_coverages(coverages: Sequence[Coverage]) -> list[tuple[int, int]]:
    """Positions of every two shares of the same plan whose dates overlap."""
    return _clashing(coverages, [f"{coverage.insurer} {bare(coverage.policy or '')}" for coverage in coverages])


def _clashing(values: Sequence[Cited], of: Sequence[str]) -> list[tuple[int, int]]:
    return [
        (i, j)
        for i, first in enumerate(values)
        for j, second in enumerate(values[i + 1 :], start=i + 1)
        if of[i] == of[j] and first.overlaps(second)
    ]
