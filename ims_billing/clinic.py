"""The clinic file: practitioners, insurers, fees and the clinic's own words, validated as a whole."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, field_validator

from ims_billing.findings import CATALOGUE, BillingError, did_you_mean, nearest
from ims_billing.model import Billable, Profession, Requirement, Service, Severity, bare, heading, plain, slug
from ims_billing.rulebook import (
    Codes,
    Fee,
    Period,
    PublishedInsurer,
    Rulebook,
    Strict,
    Text,
    clashing_fees,
    published,
)

FILE_NAME = "clinic.toml"
M = TypeVar("M", bound=BaseModel)


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
    dates: Literal["unambiguous", "month-first", "day-first"] = "unambiguous"
    locations: tuple[Text, ...] = ()

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
    vendor_number: Text | None = None
    claim_within_days: Annotated[int, Field(gt=0)] | None = None
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

    status: dict[str, Literal["arrived", "no-show", "cancelled", "not-arrived", "refunded"]] = Field(
        default_factory=dict
    )
    visit: dict[str, Literal["initial", "subsequent"]] = Field(default_factory=dict)
    relationship: dict[str, Literal["self", "spouse", "child", "other"]] = Field(default_factory=dict)
    billed: dict[str, Literal["yes", "no"]] = Field(default_factory=dict)


class OwnLayout(Strict):
    """`[[layout]]`: how another program's spreadsheet is read, with one row per session.

    `headings` gives each of its headings the one of this product's own that it stands for.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    headings: dict[str, str]
    dates: Literal["unambiguous", "month-first", "day-first"] | None = None
    status: dict[str, Literal["arrived", "no-show", "cancelled", "not-arrived", "refunded"]] = Field(
        default_factory=dict
    )

    @field_validator("headings")
    @classmethod
    def _stand_for_ours(cls, headings: dict[str, str]) -> dict[str, str]:
        ours = [names[0] for names in published().layouts.layout["sessions"].headings.values()]
        for written, meaning in headings.items():
            if heading(meaning) not in {heading(name) for name in ours}:
                raise ValueError(
                    f"{written!r} stands for {meaning!r}, which is no heading{did_you_mean(meaning, ours)}"
                )
        return headings


@dataclass(frozen=True)
class Insurer:
    """An insurer as it is in force for this clinic: the published rules with the clinic's own on top."""

    id: str
    code: str
    name: str
    aliases: tuple[str, ...] = ()
    public: bool = False
    channel: str | None = None
    requires: tuple[Requirement, ...] | None = None
    service_code: str | Codes | None = None
    vendor_number: str | None = None
    claim_within_days: int | None = None
    source: str = "clinic file"
    url: str = ""
    verified: bool = True

    def code_for(self, visit: str, otherwise: str) -> str:
        """The service code that this insurer wants for a visit; `otherwise` where it has none of its own."""
        if isinstance(self.service_code, Codes):
            return self.service_code.initial if visit == "initial" else self.service_code.subsequent
        return self.service_code or otherwise


@dataclass(frozen=True)
class Clinic:
    """The clinic file, proven. Made by `load`, or by `without_file` where there is none."""

    block: ClinicBlock
    service_code: ServiceCode
    practitioners: tuple[Practitioner, ...]
    insurers: tuple[Insurer, ...]
    self_pay: frozenset[str]
    fees: tuple[Fee, ...]
    service_names: Mapping[str, Service]
    severity: Mapping[str, Severity]
    words: OwnWords
    layouts: tuple[OwnLayout, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    file: str = ""
    sha256: str = ""

    @property
    def name(self) -> str:
        """The clinic's name."""
        return self.block.name

    @cached_property
    def _people(self) -> dict[str, int]:
        return {
            person(name): number
            for number, practitioner in enumerate(self.practitioners)
            for name in (practitioner.name, *practitioner.aliases)
        }

    @cached_property
    def _insurers(self) -> dict[str, Insurer]:
        return {
            bare(name): insurer for insurer in self.insurers for name in (insurer.name, insurer.id, *insurer.aliases)
        }

    def practitioner(self, written: str) -> Practitioner | None:
        """Who is meant by a name as it stands in a spreadsheet."""
        name, stated = _taken_apart(written)
        number = self._people.get(name)
        if number is None or (stated and self.practitioners[number].profession not in stated):
            return None  # nobody of that name, or the row says another profession than the clinic file
        return self.practitioners[number]

    def insurer(self, written: str) -> Insurer | None:
        """Which insurer is meant by a name as it stands in a spreadsheet."""
        return self._insurers.get(bare(written))

    def insurer_by_id(self, insurer_id: str) -> Insurer:
        """The insurer of an id that the sessions frame holds; raises KeyError for another."""
        return next(i for i in self.insurers if i.id == insurer_id)

    def pays_self(self, written: str) -> bool:
        """Whether a word in the insurer column means that the patient pays."""
        return bare(written) in self.self_pay

    def nearest_practitioner(self, written: str) -> str | None:
        """The name on the roster that looks most like this one."""
        close = nearest(person(written), self._people)
        return None if close is None else self.practitioners[self._people[close]].name

    def nearest_insurer(self, written: str) -> str | None:
        """The known insurer whose name looks most like this one."""
        close = nearest(bare(written), self._insurers)
        return None if close is None else self._insurers[close].name

    def severity_of(self, kind: str) -> Severity:
        """The severity of a kind of finding at this clinic."""
        return self.severity.get(kind, CATALOGUE[kind].severity)


def person(name: str) -> str:
    """A practitioner's name as names are compared: plain, given name first, without titles and credentials.

    ``"Example, Ann"``, ``"Ann Example, PT"`` and ``"Ann Example (Registered Physiotherapist)"`` are one.
    """
    return _taken_apart(name)[0]


def _taken_apart(name: str) -> tuple[str, set[Profession]]:
    """A practitioner's name as names are compared, and the professions that stand beside it."""
    people = published().layouts.people
    telling = {plain(word): profession for profession, words in people.professions.items() for word in words}
    spare = {*people.titles, *people.credentials, *telling}
    beside = " ".join(re.findall(r"\(([^)]*)\)", plain(name)))
    stated = {telling[word] for word in beside.replace(".", "").split() if word in telling}
    parts: list[list[str]] = []
    for part in re.sub(r"\([^)]*\)", " ", plain(name)).replace(" - ", ",").split(","):
        words = [w.replace(".", "") if w.replace(".", "") in spare else w.replace(".", " ") for w in part.split()]
        parts.append(" ".join(words).split())
    # A word is taken for a title or a credential only where a whole name is left without it.
    kept = [[word for word in words if word not in spare] for words in parts]
    if sum(map(len, kept)) >= 2:
        stated |= {telling[word] for words in parts for word in words if word in telling}
        parts = kept
    named = [" ".join(words) for words in parts if words]
    return " ".join(reversed(named)) if len(named) == 2 else " ".join(named), stated


def toml_text(text: str) -> str:
    """The text as TOML writes it between quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'


@dataclass
class _Faults:
    """Collects what is wrong with the clinic file, each with its place."""

    text: str
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, table: str, number: int | None, key: str, what: str, label: str = "") -> None:
        line = self._line(table, number, key)
        place = [f"line {line}"] if line else []
        if table:
            place.append(f"[[{table}]] {number + 1}" if number is not None else f"[{table}]")
        if label:
            place[-1] += f" ({label})"
        if key:
            place.append(key)
        self.found.append((line, f"{', '.join(place)}: {what}"))

    def _line(self, table: str, number: int | None, key: str) -> int:
        """The line a fault stands in, found by looking for its table and key; 0 where that is not plain."""
        header = re.compile(
            rf"\s*\[\[\s*{re.escape(table)}\s*\]\]" if number is not None else rf"\s*\[\s*{re.escape(table)}\s*\]"
        )
        first = key.split(".")[0]
        wanted = re.compile(rf"""\s*["']?{re.escape(first)}["']?\s*[=.]""")
        seen, inside, at = -1, table == "", 0
        for line, text in enumerate(self.text.splitlines(), start=1):
            if text.lstrip().startswith("["):
                if inside and table:
                    break
                if header.match(text):
                    seen += 1
                    inside = number is None or seen == number
                    at = line if inside else at
            elif inside and first and wanted.match(text):
                return line
        return at

    def add_pydantic(
        self, table: str, number: int | None, error: ValidationError, model: type[BaseModel], label: str
    ) -> None:
        """Every fault that pydantic found in one table, in the words of this program."""
        for fault in error.errors(include_url=False):
            keys = [str(part) for part in fault["loc"]]
            known = [f.alias or n for n, f in model.model_fields.items()]
            self.add(table, number, ".".join(_readable(keys)), _told(fault, known), label)


def _readable(keys: Sequence[str]) -> list[str]:
    """A pydantic location without the names of union members; positions count from 1."""
    kept = [key for key in keys if not re.match(r"(constrained-)?str$|Codes$|ServiceName$|literal\[", key)]
    return [str(int(key) + 1) if key.isdigit() else key for key in kept]


def _told(fault: Any, known: Sequence[str]) -> str:
    found, kind, context = fault["input"], fault["type"], fault.get("ctx", {})
    if kind == "extra_forbidden":
        return f"this key is not known{did_you_mean(str(fault['loc'][-1]), known)}"
    if kind == "missing":
        return "found nothing; this key is needed"
    shown = str(found) if isinstance(found, dt.date | Decimal | int | float) else repr(found)
    if kind == "literal_error":
        choices = re.findall(r"'([^']+)'", context["expected"])
        return f"found {shown}; expected one of {', '.join(choices)}{did_you_mean(str(found), choices)}"
    if kind == "value_error" and isinstance(found, dict):
        return str(context["error"])
    if kind == "value_error":
        return f"found {shown}; {context['error']}"
    if kind == "string_type":
        return f"found {shown}; expected text in quotes"
    if kind == "string_pattern_mismatch":
        wanted = "four capital letters, such as SUNL" if "A-Z" in context["pattern"] else "small letters and hyphens"
        return f"found {shown}; expected {wanted}"
    expected = str(fault["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
    return f"found {shown}; expected {expected}"


def _name_of(entry: object) -> str:
    return str(entry.get("name") or "") if isinstance(entry, dict) else ""


class _Reader:
    """Takes the parsed TOML apart, table by table, so that every fault is found in one go."""

    TABLES = (
        "clinic",
        "service_code",
        "practitioner",
        "insurer",
        "fee",
        "service_names",
        "severity",
        "words",
        "layout",
    )

    def __init__(self, raw: dict[str, Any], text: str) -> None:
        self.raw = raw
        self.faults = _Faults(text)
        for key in raw:
            if key not in self.TABLES:
                self.faults.add("", None, key, f"this table is not known{did_you_mean(key, self.TABLES)}")

    def one(self, table: str, model: type[M]) -> M | None:
        entry = self._table(table)
        try:
            return model.model_validate(entry)
        except ValidationError as error:
            self.faults.add_pydantic(table, None, error, model, "")
            return None

    def _table(self, name: str) -> dict[str, Any]:
        """A table of the file; a fault where something else stands under its name."""
        entry = self.raw.get(name, {})
        if isinstance(entry, dict):
            return entry
        self.faults.add("", None, name, f"write [{name}] as a table, with its keys on the lines below")
        return {}

    def many(self, table: str, model: type[M]) -> list[tuple[int, M]]:
        entries = self.raw.get(table, [])
        if not isinstance(entries, list):
            self.faults.add(table, None, "", f"write [[{table}]] with two brackets: there may be several")
            return []
        valid = []
        for number, entry in enumerate(entries):
            try:
                valid.append((number, model.model_validate(entry)))
            except ValidationError as error:
                self.faults.add_pydantic(table, number, error, model, _name_of(entry))
        return valid

    def service_names(self) -> dict[str, ServiceName]:
        """`[service_names]`: a service, or a table of the service and whether it was confirmed."""
        named = {}
        for name, value in self._table("service_names").items():
            if not any(character.isalpha() for character in name):
                self.faults.add("service_names", None, name, "a name has a letter in it")
                continue
            try:
                named[name] = ServiceName.model_validate(value if isinstance(value, dict) else {"service": value})
            except ValidationError as error:
                for fault in error.errors(include_url=False):
                    told = _told(fault, list(ServiceName.model_fields))
                    self.faults.add("service_names", None, name, told)
        return named

    def severity(self) -> dict[str, Severity]:
        """`[severity]`: kinds of findings, except those that must stay as they are."""
        changed: dict[str, Severity] = {}
        for kind, value in self._table("severity").items():
            if kind not in CATALOGUE:
                what = f"this kind of finding is not known{did_you_mean(kind, CATALOGUE)}"
            elif CATALOGUE[kind].fixed:
                what = f"this severity cannot be changed: it protects the licence or a claim needs it ({value!r})"
            elif value not in ("hold", "warn", "off"):
                what = f"found {value!r}; expected one of hold, warn, off"
            else:
                changed[kind] = value
                continue
            self.faults.add("severity", None, kind, what)
        return changed

    def insurers(self) -> tuple[list[Insurer], set[str], list[str]]:
        """The insurers in force, the spellings of self-pay, and the names that are not confirmed."""
        rules = published().insurers
        merged = {p.id: _published(p) for p in rules.insurer}
        known = {bare(n): p.id for p in rules.insurer for n in (p.name, p.id, *p.aliases)}
        self_pay = {bare(name) for name in rules.self_pay.names}
        unconfirmed = []
        entered: set[str] = set()
        for number, entry in self.many("insurer", InsurerEntry):
            for name in (entry.name, *entry.aliases):
                if not bare(name):
                    told = f"{name!r} has no letter in it; see blank_insurer under [clinic] for blank ones"
                    self.faults.add("insurer", number, "name", told, entry.name)
            if not entry.confirmed:
                unconfirmed.append(f"insurer {entry.name}")
            if entry.self_pay and (owner_id := known.get(bare(entry.name))):
                told = f"{entry.name!r} stands for the insurer {merged[owner_id].name}"
                self.faults.add("insurer", number, "self_pay", told, entry.name)
            if entry.self_pay:
                self_pay |= {bare(name) for name in (entry.name, *entry.aliases)}
                continue
            base = merged.get(known.get(bare(entry.name), ""))
            if base is not None and base.id in entered:
                self.faults.add("insurer", number, "name", f"{base.name} has an entry already", entry.name)
            if base is not None and entry.code not in (None, base.code):
                told = f"the code of {base.name} is {base.code}, and stays so"
                self.faults.add("insurer", number, "code", told, entry.name)
            insurer = _with_entry(base, entry)
            if base is None and any(insurer.code == other.code for other in merged.values()):
                told = f'its short code would be {insurer.code}, which another has; add code = "...." of its own'
                self.faults.add("insurer", number, "name", told, entry.name)
            merged[insurer.id] = insurer
            entered.add(insurer.id)
            for name in (entry.name, *entry.aliases):
                owner = known.setdefault(bare(name), insurer.id)
                if owner != insurer.id:
                    told = f"{name!r} already stands for {merged[owner].name}"
                    self.faults.add("insurer", number, "aliases", told, entry.name)
        return list(merged.values()), self_pay, unconfirmed


def _published(insurer: PublishedInsurer) -> Insurer:
    return Insurer(**dict(insurer))


def _with_entry(base: Insurer | None, entry: InsurerEntry) -> Insurer:
    """The insurer that the clinic's entry makes of the published one, or a new one."""
    if base is None:
        letters = re.sub(r"[^A-Z]", "", plain(entry.name).upper()) + "XXXX"
        code = entry.code or letters[:4]
        base = Insurer(id=slug(entry.name) or code.lower(), code=code, name=entry.name)
    return Insurer(
        id=base.id,
        code=base.code,
        name=base.name,
        aliases=(*base.aliases, entry.name, *entry.aliases),
        public=base.public if entry.public is None else entry.public,
        channel=entry.channel or base.channel,
        requires=base.requires if entry.requires is None else entry.requires,
        service_code=entry.service_code or base.service_code,
        vendor_number=entry.vendor_number,
        claim_within_days=entry.claim_within_days,
        source=base.source,
        url=base.url,
        verified=base.verified,
    )


def _check_people(reader: _Reader, practitioners: Iterable[tuple[int, Practitioner]], known: Clinic) -> None:
    owners: dict[str, tuple[int, str]] = {}
    for number, practitioner in practitioners:
        for name in (practitioner.name, *practitioner.aliases):
            owner = owners.setdefault(person(name), (number, practitioner.name))
            if owner[0] != number:
                told = f"{name!r} already stands for {owner[1]}, [[practitioner]] {owner[0] + 1}"
                key = "name" if name == practitioner.name else "aliases"
                reader.faults.add("practitioner", number, key, told, practitioner.name)
        for insurer in practitioner.numbers:
            if known.insurer(insurer) is None:
                close = known.nearest_insurer(insurer)
                told = f"the insurer {insurer!r} is not known" + (f"; did you mean {close}?" if close else "")
                reader.faults.add("practitioner", number, "numbers", told, practitioner.name)


def _check_fees(reader: _Reader, numbered: Sequence[tuple[int, Fee]], known: Clinic) -> list[Fee]:
    """The clinic's fees, with insurers by their id; faults are added for unknown insurers and for clashes."""
    fees = []
    for number, fee in numbered:
        insurer = known.insurer(fee.insurer) if fee.insurer else None
        if fee.insurer and insurer is None:
            close = known.nearest_insurer(fee.insurer)
            told = f"the insurer {fee.insurer!r} is not known" + (f"; did you mean {close}?" if close else "")
            reader.faults.add("fee", number, "insurer", told)
        fees.append(fee.model_copy(update={"insurer": insurer.id if insurer else fee.insurer}))
    for first, second in clashing_fees(fees):
        told = (
            f"it is for the same ({fees[second].told()}) as [[fee]] {numbered[first][0] + 1} and their dates "
            "overlap; give the earlier one an until"
        )
        reader.faults.add("fee", numbered[second][0], "", told)
    return fees


def _build(raw: dict[str, Any], text: str) -> tuple[Clinic | None, list[str]]:
    """The clinic that the parsed file makes, and its faults in the order of their lines."""
    reader = _Reader(raw, text)
    block = reader.one("clinic", ClinicBlock)
    code = reader.one("service_code", ServiceCode)
    words = reader.one("words", OwnWords)
    practitioners = reader.many("practitioner", Practitioner)
    numbered_fees = reader.many("fee", Fee)
    names = reader.service_names()
    severity = reader.severity()
    insurers, self_pay, unconfirmed = reader.insurers()
    unconfirmed = [
        *(f"practitioner {p.name}" for _, p in practitioners if not p.confirmed),
        *unconfirmed,
        *(f"fee {n + 1} ({f.told()}, {f.amount})" for n, f in numbered_fees if not f.confirmed),
        *(f"service name {name}" for name, value in names.items() if not value.confirmed),
    ]
    known = _assemble(block, code, words, practitioners, insurers, self_pay, names, severity, unconfirmed)
    known = replace(known, layouts=tuple(layout for _, layout in reader.many("layout", OwnLayout)))
    _check_people(reader, practitioners, known)
    fees = _check_fees(reader, numbered_fees, known)
    told = [what for _, what in sorted(reader.faults.found, key=lambda fault: fault[0])]
    if told:
        return None, told
    return _with_fees(known, fees), []


def _assemble(
    block: ClinicBlock | None,
    code: ServiceCode | None,
    words: OwnWords | None,
    practitioners: Sequence[tuple[int, Practitioner]],
    insurers: Sequence[Insurer],
    self_pay: set[str],
    names: Mapping[str, ServiceName],
    severity: Mapping[str, Severity],
    unconfirmed: Sequence[str],
) -> Clinic:
    return Clinic(
        block=block or ClinicBlock(name="-"),
        service_code=code or ServiceCode(),
        practitioners=tuple(p for _, p in practitioners),
        insurers=tuple(insurers),
        self_pay=frozenset(self_pay),
        fees=(),
        service_names={name: value.service for name, value in names.items()},
        severity=severity,
        words=words or OwnWords(),
        unconfirmed=tuple(unconfirmed),
    )


def _with_fees(clinic: Clinic, fees: Iterable[Fee]) -> Clinic:
    """The clinic with its own fees before the published ones, so that of equals its own stands."""
    rules: Rulebook = published()
    by_id = [
        fee.model_copy(update={"insurer": known.id if (known := clinic.insurer(fee.insurer or "")) else None})
        for fee in rules.fees.fee
    ]
    return replace(clinic, fees=(*fees, *by_id))


def without_file() -> Clinic:
    """The clinic of nobody: the published rules alone, for `check` where there is no clinic file."""
    clinic, _ = _build({"clinic": {"name": "No clinic file"}}, "")
    assert clinic is not None, "an empty clinic file has no faults"
    return clinic


def load(path: Path) -> Clinic:
    """The clinic file at `path`; raises BillingError with every fault, each with its line, if it has any."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BillingError(f"{path}: the clinic file cannot be read: {error.strerror}.") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BillingError(f"{path}: the clinic file is not UTF-8 text; save it as UTF-8.") from error
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise BillingError(
            f"{path}: the clinic file is not valid TOML: {error}. Text needs quotes, and dates are written 2026-10-31."
        ) from error
    clinic, faults = _build(raw, text)
    if clinic is None:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise BillingError("\n".join([f"{path}: the clinic file has {count}:", *(f"  {f}" for f in faults)]))
    return replace(clinic, file=path.name, sha256=hashlib.sha256(content).hexdigest())
