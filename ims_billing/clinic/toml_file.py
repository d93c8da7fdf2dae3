"""Reads the clinic file: validated as a whole, every fault reported at once, each with its place."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ims_billing.clinic.clinic import (
    Clinic,
    ClinicBlock,
    Insurer,
    InsurerEntry,
    OwnLayout,
    OwnWords,
    Practitioner,
    ServiceCode,
    ServiceName,
)
from ims_billing.clinic.people import person
from ims_billing.rules.published import PublishedInsurer, Rulebook, published
from ims_billing.rules.values import (
    ALWAYS,
    Channel,
    Condition,
    Coverage,
    Fee,
    Limit,
    OwnCode,
    Requires,
    clashing_coverages,
    clashing_fees,
    clashing_limits,
)
from ims_billing.vocabulary.errors import BillingError, did_you_mean
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.model import Severity
from ims_billing.vocabulary.spelling import bare, plain, slug

FILE_NAME = "clinic.toml"
M = TypeVar("M", bound=BaseModel)


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
        found = error.errors(include_url=False)
        for fault in found:
            # A list is also "too short" where its only entry is at fault: that is one fault, not two.
            if fault["type"] == "too_short" and any(
                other["loc"][:-1] == fault["loc"] for other in found if other is not fault
            ):
                continue
            keys = [str(part) for part in fault["loc"]]
            known = [f.alias or n for n, f in model.model_fields.items()]
            self.add(table, number, ".".join(_readable(keys)), _told(fault, known), label)


def _readable(keys: Sequence[str]) -> list[str]:
    """A pydantic location without the names of union members; positions count from 1."""
    kept = [key for key in keys if not re.match(r"(constrained-)?str$|Codes$|ServiceName$|literal\[", key)]
    return [str(int(key) + 1) if key.isdigit() else key for key in kept]


# What the parts of pydantic's fault types want, in words.
_EXPECTED = {
    "date": "a date such as 2026-04-01, without quotes",
    "int": "a whole number",
    "decimal": "an amount such as 95.00",
    "bool": "true or false",
}


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
    if kind == "too_short":
        return "found an empty list; expected at least one"
    if kind == "string_too_short":
        return "found nothing between the quotes; expected text"
    if kind == "string_type":
        return f"found {shown}; expected text in quotes"
    if kind == "string_pattern_mismatch":
        wanted = "four capital letters, such as SUNL" if "A-Z" in context["pattern"] else "small letters and hyphens"
        return f"found {shown}; expected {wanted}"
    for start, words in _EXPECTED.items():
        if kind.startswith(start):
            return f"found {shown}; expected {words}"
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
        "limit",
        "coverage",
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
            if isinstance(entry, dict) and "published" in entry:
                self.faults.add(table, number, "published", "this key is not known", _name_of(entry))
                continue
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
    return Insurer(
        id=insurer.id,
        code=insurer.code,
        name=insurer.name,
        aliases=insurer.aliases,
        public=insurer.public,
        channels=insurer.channel,
        requirements=insurer.requires,
        codes=insurer.service_code,
        conditions=insurer.condition,
        notes=insurer.note,
        source=insurer.source,
        url=insurer.url,
        verified=insurer.verified,
    )


def _with_entry(base: Insurer | None, entry: InsurerEntry) -> Insurer:
    """The insurer that the clinic's entry makes of the published one, or a new one."""
    if base is None:
        letters = re.sub(r"[^A-Z]", "", plain(entry.name).upper()) + "XXXX"
        code = entry.code or letters[:4]
        base = Insurer(id=slug(entry.name) or code.lower(), code=code, name=entry.name)
    always: Any = {"from": ALWAYS}
    conditions = base.conditions
    if entry.one_to_one is not None:
        conditions = tuple(c for c in conditions if c.condition != "one-to-one")
        conditions += (Condition(condition="one-to-one", **always),) * entry.one_to_one
    return replace(
        base,
        aliases=(*base.aliases, entry.name, *entry.aliases),
        public=base.public if entry.public is None else entry.public,
        channels=(Channel(name=entry.channel, **always),) if entry.channel else base.channels,
        requirements=base.requirements if entry.requires is None else (Requires(fields=entry.requires, **always),),
        codes=(OwnCode(code=entry.service_code, **always),) if entry.service_code else base.codes,
        conditions=conditions,
        vendor_number=entry.vendor_number,
        claim_within_days=entry.claim_within_days,
    )


def _check_people(reader: _Reader, practitioners: Iterable[tuple[int, Practitioner]], known: Clinic) -> None:
    owners: dict[str, tuple[int, str]] = {}
    for position, (number, practitioner) in enumerate(practitioners):
        for name in (practitioner.name, *practitioner.aliases):
            owner = owners.setdefault(person(name), (number, practitioner.name))
            if owner[0] != number:
                told = f"{name!r} already stands for {owner[1]}, [[practitioner]] {owner[0] + 1}"
                key = "name" if name == practitioner.name else "aliases"
                reader.faults.add("practitioner", number, key, told, practitioner.name)
            if beside := _somebody_else_in(known, position, name):
                key = "name" if name == practitioner.name else "aliases"
                what = f"{name!r} names {beside}; nothing that it stands for can be billed as {practitioner.name}'s"
                reader.faults.add("practitioner", number, key, what, practitioner.name)
        for insurer in practitioner.numbers:
            if known.insurer(insurer) is None:
                reader.faults.add("practitioner", number, "numbers", _not_known(insurer, known), practitioner.name)


def _somebody_else_in(clinic: Clinic, position: int, spelling: str) -> str:
    """Another person or profession that a physiotherapist's spelling names; empty where there is none."""
    if clinic.practitioners[position].profession != "physiotherapist":
        return ""
    reading = clinic.roster.spelling(position, spelling)
    return ", ".join((*reading.others, *(f"a profession ({profession})" for profession in reading.professions)))


def _by_insurer_id(reader: _Reader, table: str, numbered: Sequence[tuple[int, M]], known: Clinic) -> list[M]:
    """The entries with insurers by their id; faults are added for unknown ones."""
    entries = []
    for number, entry in numbered:
        written = getattr(entry, "insurer", None)
        insurer = known.insurer(written) if written else None
        if written and insurer is None:
            reader.faults.add(table, number, "insurer", _not_known(written, known))
        entries.append(entry.model_copy(update={"insurer": insurer.id if insurer else written}))
    return entries


def _not_known(insurer: str, known: Clinic) -> str:
    close = known.nearest_insurer(insurer)
    return f"the insurer {insurer!r} is not known" + (f"; did you mean {close}?" if close else "")


def _check_limits(reader: _Reader, numbered: Sequence[tuple[int, Limit]], known: Clinic) -> list[Limit]:
    """The clinic's limits, with insurers by their id; faults are added for unknown insurers and for clashes."""
    limits = _by_insurer_id(reader, "limit", numbered, known)
    for first, second in clashing_limits(limits):
        told = f"it limits the same as [[limit]] {numbered[first][0] + 1} and their dates overlap"
        reader.faults.add("limit", numbered[second][0], "", f"{told}; give the earlier one an until")
    return limits


def _check_coverages(reader: _Reader, numbered: Sequence[tuple[int, Coverage]], known: Clinic) -> list[Coverage]:
    coverages = _by_insurer_id(reader, "coverage", numbered, known)
    for first, second in clashing_coverages(coverages):
        told = f"it is of the same plan as [[coverage]] {numbered[first][0] + 1} and their dates overlap"
        reader.faults.add("coverage", numbered[second][0], "", f"{told}; give the earlier one an until")
    return coverages


def _check_fees(reader: _Reader, numbered: Sequence[tuple[int, Fee]], known: Clinic) -> list[Fee]:
    """The clinic's fees, with insurers by their id; faults are added for unknown insurers and for clashes."""
    fees = _by_insurer_id(reader, "fee", numbered, known)
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
    numbered_limits = reader.many("limit", Limit)
    numbered_coverages = reader.many("coverage", Coverage)
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
    limits = _check_limits(reader, numbered_limits, known)
    coverages = tuple(_check_coverages(reader, numbered_coverages, known))
    told = [what for _, what in sorted(reader.faults.found, key=lambda fault: fault[0])]
    if told:
        return None, told
    return _with_published(replace(known, coverages=coverages), fees, limits), []


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
        limits=(),
        coverages=(),
        service_names={name: value.service for name, value in names.items()},
        severity=severity,
        words=words or OwnWords(),
        unconfirmed=tuple(unconfirmed),
    )


def _with_published(clinic: Clinic, fees: Iterable[Fee], limits: Iterable[Limit]) -> Clinic:
    """The clinic with its own fees and limits before the published ones, so that of equals its own stands."""
    rules: Rulebook = published()

    def by_id(value: M) -> M:
        known = clinic.insurer(getattr(value, "insurer", None) or "")
        return value.model_copy(update={"insurer": known.id if known else None})

    return replace(
        clinic,
        fees=(*fees, *(by_id(fee) for fee in rules.fees.fee)),
        limits=(*limits, *(by_id(limit) for limit in rules.limits.limit)),
    )


def without_file() -> Clinic:
    """The clinic of nobody: the published rules alone, for `check` where there is no clinic file."""
    clinic, _ = _build({"clinic": {"name": "No clinic file"}}, "")
    assert clinic is not None, "an empty clinic file has no faults"
    return clinic


def _way_out(text: str) -> str:
    """What to write instead of text that is not valid TOML."""
    for number, line in enumerate(text.splitlines(), start=1):
        code = line.partition("#")[0].strip()
        if "{" in code and "}" not in code:
            table = code.partition("=")[0].strip()
            return (
                f"In line {number}, {{ and }} have to stand on one line. For several lines, write [layout.{table}] and "
                "below it one line for each."
                if table == "headings"
                else f"In line {number}, {{ and }} have to stand on one line."
            )
    return "Text needs quotes; without quotes are dates, written 2026-10-31, and yes and no, written true and false."


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
        raise BillingError(f"{path}: the clinic file is not valid TOML: {error}. {_way_out(text)}") from error
    clinic, faults = _build(raw, text)
    if clinic is None:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise BillingError("\n".join([f"{path}: the clinic file has {count}:", *(f"  {f}" for f in faults)]))
    return replace(clinic, file=path.name, sha256=hashlib.sha256(content).hexdigest())
