"""The clinic: practitioners, insurers, fees and the clinic's own words, and who or what a name means there."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field, field_validator

from ims_billing.clinic.people import Roster, places_of
from ims_billing.rules.values import (
    CLINIC_FILE,
    Channel,
    Codes,
    Condition,
    Coverage,
    Fee,
    Limit,
    Note,
    OwnCode,
    Period,
    Requires,
    Strict,
    Text,
    in_force,
)
from ims_billing.vocabulary.errors import did_you_mean, nearest
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.kinds import (
    Billable,
    Order,
    Profession,
    Relationship,
    Requirement,
    Service,
    Severity,
    Status,
    Visit,
)
from ims_billing.vocabulary.spelling import bare, plain


def _as_list(value: object) -> object:
    """One period may stand alone; several stand in a list."""
    return value if isinstance(value, list | tuple) else [value]


def _never_acupuncture(text: str) -> str:
    # Acupuncture is another benefit: what goes to an insurer never says it.
    if re.search(r"ac+up[uo]n", plain(text)):
        raise ValueError("what goes to an insurer must not say acupuncture")
    return text


Periods = Annotated[tuple[Period, ...], BeforeValidator(_as_list)]


class ClinicBlock(Strict):
    """`[clinic]`: who the clinic is, and how its spreadsheets are read."""

    name: Text
    address: str = ""
    phone: str = ""
    bill: Annotated[tuple[Billable, ...], Field(min_length=1)] = ("ims",)
    blank_insurer: Literal["hold", "self-pay"] = "hold"
    dates: Order = "unambiguous"
    locations: tuple[Text, ...] = ()
    ignore: tuple[Text, ...] = ()
    time_zone: Text = "America/Vancouver"

    @field_validator("time_zone")
    @classmethod
    def _in_the_database(cls, name: str) -> str:
        # Names on a disk that ignores case, and folders of the database, are no zones.
        zones = zoneinfo.available_timezones()
        if name not in zones:
            # Letters such as PST are near to those of other clocks.
            near = (
                did_you_mean(name, sorted(zones)) if "/" in name else "; that of British Columbia is America/Vancouver"
            )
            raise ValueError(f"{name!r} is no time zone{near}")
        return name

    @field_validator("name", "address", "phone")
    @classmethod
    def _printable(cls, text: str) -> str:
        if any(character < " " for character in text):
            raise ValueError("it has a character that cannot be printed")
        return text


class ServiceCode(Strict):
    """`[service_code]`: what the clinic's plans call Physiotherapy Services."""

    code: Text = "PHYSIO"
    description: Text = "Physiotherapy Services"

    _plain_physiotherapy = field_validator("code", "description")(_never_acupuncture)


class Practitioner(Strict):
    """`[[practitioner]]`: who treats, and since when they may."""

    name: Text
    aliases: tuple[Text, ...] = ()
    profession: Profession
    registration: str = ""
    registered: Periods = ()
    needling: Periods = ()
    numbers: dict[str, str] = Field(default_factory=dict)
    confirmed: bool = True

    @field_validator("registration")
    @classmethod
    def _has_a_digit(cls, number: str) -> str:
        # "pending" would make somebody without a number registered.
        if bare(number) in ("", "na", "none"):
            return ""
        if not any(map(str.isdigit, number)):
            raise ValueError("expected the number that the college gave, or nothing while there is none")
        return number


class InsurerEntry(Strict):
    """`[[insurer]]`: what differs from the published rules, or an insurer that they do not know."""

    name: Text
    code: Annotated[str, Field(pattern=r"^[A-Z]{4}$")] | None = None
    aliases: tuple[Text, ...] = ()
    public: bool | None = None
    self_pay: bool = False
    channel: Text | None = None
    requires: tuple[Requirement, ...] | None = None
    service_code: Text | Codes | None = None
    one_to_one: bool | None = None
    vendor_number: Text | None = None
    claim_within_days: Annotated[int, Field(gt=0, le=3660, strict=True)] | None = None
    confirmed: bool = True

    @field_validator("service_code")
    @classmethod
    def _plain_physiotherapy(cls, code: str | Codes | None) -> str | Codes | None:
        for text in (code.initial, code.subsequent) if isinstance(code, Codes) else (code or "",):
            _never_acupuncture(text)
        return code


class ServiceName(Strict):
    """One of the clinic's own service names, where it also says whether it was confirmed."""

    service: Service
    confirmed: bool = True


class OwnWords(Strict):
    """`[words]`: the clinic's own cell words, each with what it means."""

    status: dict[str, Status] = Field(default_factory=dict)
    visit: dict[str, Visit] = Field(default_factory=dict)
    relationship: dict[str, Relationship] = Field(default_factory=dict)
    billed: dict[str, Literal["yes", "no"]] = Field(default_factory=dict)


class OwnLayout(Strict):
    """`[[layout]]`: how another program's spreadsheet is read, with one row per session.

    With `of = "remittance"` it is an insurer's remittance. `headings` gives each of its headings the one of this
    product's own that it stands for; columns under the headings in `ignore` are not read. Of columns with one heading
    the second is written "Paid (2)". `above` is a field whose value stands on a heading row above its sessions, and
    `sheets` are the sheets that are parts of one list.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    of: Literal["sessions", "remittance"] = "sessions"
    headings: dict[str, str]
    ignore: tuple[Text, ...] = ()
    header_rows: Literal[1, 2] = 1
    above: Literal["", "Practitioner"] = ""
    sheets: tuple[Text, ...] = ()
    dates: Order | None = None
    status: dict[str, Status] = Field(default_factory=dict)


class Insurer(NamedTuple):
    """An insurer as this clinic bills it: the published rules, and the clinic's own in place of them."""

    id: str
    """Its fixed id, such as "sun-life"."""
    code: str
    """The four letters of its claim numbers."""
    name: str
    """Its name."""
    aliases: tuple[str, ...] = ()
    """Other spellings of its name."""
    public: bool = False
    """True for ICBC, WorkSafeBC and MSP, which pay amounts of their own."""
    channels: tuple[Channel, ...] = ()
    """The channels that it takes claims by."""
    requirements: tuple[Requires, ...] = ()
    """The fields that it requires on a claim."""
    codes: tuple[OwnCode, ...] = ()
    """Its own service codes."""
    conditions: tuple[Condition, ...] = ()
    """The conditions that it pays under."""
    notes: tuple[Note, ...] = ()
    """Notes for the biller."""
    vendor_number: str | None = None
    """The clinic's vendor number there."""
    claim_within_days: int | None = None
    """The days after a visit in which it takes claims; None if not stated."""
    source: str = CLINIC_FILE
    """The document that states its names."""
    url: str = ""
    """The web page of the source; empty if there is none."""

    def channels_on(self, day: dt.date) -> tuple[str, ...]:
        """The channels that it takes claims of a day by; one that the clinic states is the only one."""
        return tuple(channel.name for channel in in_force(self.channels, day))

    def requires_on(self, day: dt.date) -> tuple[Requirement, ...] | None:
        """The fields that it requires on a claim of a day; None if nobody states them."""
        requirements = in_force(self.requirements, day)
        return requirements[0].fields if requirements else None

    def own_code_on(self, day: dt.date) -> OwnCode | None:
        """Its own service code on a day; None if the clinic's is used."""
        return next(iter(in_force(self.codes, day)), None)

    def code_by_visit_on(self, day: dt.date) -> bool:
        """True if its service code on a day depends on the visit."""
        own = self.own_code_on(day)
        return own is not None and isinstance(own.code, Codes)

    def code_for(self, visit: str, day: dt.date, otherwise: str) -> str:
        """Its service code for a visit (initial or subsequent) on a day; `otherwise` if it has none of its own."""
        own = self.own_code_on(day)
        if own is None:
            return otherwise
        if isinstance(own.code, Codes):
            return own.code.initial if visit == "initial" else own.code.subsequent
        return own.code

    def goes_by(self, condition: str, day: dt.date) -> bool:
        """True if a condition, such as "one-to-one", is in force on a day."""
        return any(each.condition == condition for each in in_force(self.conditions, day))


@dataclass(frozen=True)
class Clinic:
    """The clinic's setup, validated. `load` reads it from a file; `without_file` makes one if there is none."""

    block: ClinicBlock
    """The clinic's name, address and choices."""
    service_code: ServiceCode
    """The code and description that its claims have."""
    practitioners: tuple[Practitioner, ...]
    """The practitioners on the roster."""
    insurers: tuple[Insurer, ...]
    """The published insurers, and the clinic's own."""
    self_pay: frozenset[str]
    """The words in the insurer column for a patient who pays, bare."""
    fees: tuple[Fee, ...]
    """The published fees, and the clinic's own."""
    limits: tuple[Limit, ...]
    """The published limits, and the clinic's own."""
    coverages: tuple[Coverage, ...]
    """The shares of a claim that plans pay."""
    service_names: Mapping[str, Service]
    """The clinic's own service names, each with its service."""
    severity: Mapping[str, Severity]
    """Severities that differ from the catalogue's, by kind of finding."""
    words: OwnWords
    """The clinic's own cell words."""
    layouts: tuple[OwnLayout, ...] = ()
    """The clinic's own layouts."""
    unconfirmed: tuple[str, ...] = ()
    """The entries that nobody has confirmed yet, in words."""
    open_columns: Mapping[str, str] = field(default_factory=dict, compare=False)
    """By heading of an export whose meaning nobody has filled in yet, the place to do so."""
    file: str = ""
    """The name of the file; empty if there is none."""
    sha256: str = ""
    """The hash of the file; empty if there is none."""

    @property
    def name(self) -> str:
        """The clinic's name."""
        return self.block.name

    @cached_property
    def roster(self) -> Roster:
        """The practitioners by name; the clinic's name, locations and towns may stand beside a name."""
        return Roster(self.practitioners, (self.name, *self.block.locations, *places_of(self.block.address)))

    @cached_property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The clinic's time zone, with its offsets by date."""
        return zoneinfo.ZoneInfo(self.block.time_zone)

    @cached_property
    def _insurers(self) -> dict[str, Insurer]:
        return {
            bare(name): insurer for insurer in self.insurers for name in (insurer.name, insurer.id, *insurer.aliases)
        }

    @cached_property
    def _by_id(self) -> dict[str, Insurer]:
        return {insurer.id: insurer for insurer in self.insurers}

    @cached_property
    def public_ids(self) -> frozenset[str]:
        """The public payers, by id."""
        return frozenset(insurer.id for insurer in self.insurers if insurer.public)

    def practitioner(self, written: str) -> Practitioner | None:
        """Finds the practitioner that a cell names; None if any word of it is not understood."""
        return self.roster.read(written).practitioner

    def insurer(self, written: str) -> Insurer | None:
        """Finds the insurer that a cell names; None if the name is unknown."""
        return self._insurers.get(bare(written))

    def insurer_by_id(self, insurer_id: str) -> Insurer:
        """Finds the insurer of a fixed id; raises KeyError for an unknown one (a bug)."""
        return self._by_id[insurer_id]

    def pays_self(self, written: str) -> bool:
        """True if a cell in the insurer column means that the patient pays."""
        return bare(written) in self.self_pay

    def nearest_insurer(self, written: str) -> str | None:
        """Finds the known insurer whose name is most like a cell; None if none is near."""
        close = nearest(bare(written), self._insurers)
        return None if close is None else self._insurers[close].name

    def fee_depends_on(self, what: Literal["visit", "minutes"], service: str, insurer_id: str, day: dt.date) -> bool:
        """True if an entry of the fee list that may apply that day is for one visit, or one length, only."""
        return any(
            getattr(fee, what) is not None and fee.service == service and fee.insurer in (None, insurer_id)
            for fee in in_force(self.fees, day)
        )

    def percent_on(self, insurer_id: str, policy: str, day: dt.date) -> int | None:
        """The share that a plan pays on a day, in percent, else that of its insurer; None if the setup states none."""
        coverages = [coverage for coverage in in_force(self.coverages, day) if coverage.fits(insurer_id, policy)]
        return max(coverages, key=lambda coverage: coverage.policy is not None).percent if coverages else None

    @cached_property
    def limits_by_plan(self) -> frozenset[str]:
        """The insurers, by id, one of whose limits is for one plan only: for the others the policy is all one."""
        return frozenset(limit.insurer for limit in self.limits if limit.policy is not None)

    def limits_on(self, insurer_id: str, policy: str, day: dt.date) -> list[Limit]:
        """The limits of a plan on a day.

        One limit for each measure: the plan's before the insurer's, then the clinic's before the published one.
        """
        limits = [limit for limit in in_force(self.limits, day) if limit.fits(insurer_id, policy)]
        limits.sort(key=lambda limit: (limit.policy is None, limit.published))
        by_measure: dict[tuple[str | None, bool], Limit] = {}
        for limit in limits:
            by_measure.setdefault(limit.measure, limit)
        return list(by_measure.values())

    def severity_of(self, kind: str) -> Severity:
        """The severity of a kind of finding at this clinic; raises KeyError for an unknown kind (a bug)."""
        return self.severity.get(kind, CATALOGUE[kind].severity)


def toml_text(text: str) -> str:
    """The text as TOML writes it between quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'
