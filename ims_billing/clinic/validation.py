"""Turns the raw setup into a clinic: validated as a whole, every fault reported at once with its place."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
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
from ims_billing.clinic.faults import Faults
from ims_billing.clinic.own_words import check_layouts, check_words, one_name, twice
from ims_billing.clinic.people import person
from ims_billing.clinic.raw_setup import RawSetup
from ims_billing.rules.published import PublishedInsurer, published
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
from ims_billing.vocabulary.kinds import Severity
from ims_billing.vocabulary.spelling import bare, counted, plain, slug

M = TypeVar("M", bound=BaseModel)


def _name_of(entry: object) -> str:
    return str(entry.get("name") or "") if isinstance(entry, dict) else ""


class _Reader:
    """Validates the raw setup table by table, so that every fault is reported in one go."""

    def __init__(self, setup: RawSetup) -> None:
        self.setup = setup
        self.faults = Faults(setup.places, setup.faults)

    def one(self, table: str, model: type[M]) -> M | None:
        entry = dict(self.setup.tables.get(table, {}))
        try:
            return model.model_validate(entry)
        except ValidationError as error:
            self.faults.add_pydantic(table, None, error, model, "")
            return None

    def many(self, table: str, model: type[M]) -> list[tuple[int, M]]:
        valid = []
        for number, entry in enumerate(self.setup.entries.get(table, [])):
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
        for name, value in self.setup.tables.get("service_names", {}).items():
            if not any(character.isalpha() for character in name):
                self.faults.add("service_names", None, name, "a name has a letter in it")
                continue
            try:
                named[name] = ServiceName.model_validate(value if isinstance(value, dict) else {"service": value})
            except ValidationError as error:
                for fault in error.errors(include_url=False):
                    what = self.faults.in_words(fault, list(ServiceName.model_fields))
                    self.faults.add("service_names", None, name, what)
        for name, earlier in twice({name: value.service for name, value in named.items()}, one_name):
            what = f"{earlier!r} and {name!r} are one name, with two services: leave one"
            self.faults.add("service_names", None, name, what)
        return named

    def severity(self) -> dict[str, Severity]:
        """`[severity]`: kinds of findings, except those that must stay as they are."""
        changed: dict[str, Severity] = {}
        for kind, value in self.setup.tables.get("severity", {}).items():
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

    def unconfirmed(self, table: str, number: int | None, what: str, key: str = "confirmed") -> str:
        """An entry that is to be confirmed, with its place where that is how the setup is spoken of."""
        places = self.setup.places
        if not places.wording.places_unconfirmed:
            return what
        return f"{places.of(table, number, key).words}: {what} is not confirmed"

    def insurers(self) -> tuple[list[Insurer], set[str], list[str]]:
        """The insurers in force, the spellings of self-pay, and the names that are not confirmed."""
        rules = published().insurers
        merged = {p.id: _published(p) for p in rules.insurer}
        ids = {bare(n): p.id for p in rules.insurer for n in (p.name, p.id, *p.aliases)}
        self_pay = {bare(name) for name in rules.self_pay.names}
        unconfirmed = []
        entered: dict[str, int] = {}
        entries = self.many("insurer", InsurerEntry)
        for number, entry in entries:
            for name in (entry.name, *entry.aliases):
                if not bare(name):
                    what = f"{name!r} has no letter in it; {self.setup.places.wording.blank_insurer}"
                    self.faults.add("insurer", number, "name", what, entry.name)
            if not entry.confirmed:
                unconfirmed.append(self.unconfirmed("insurer", number, f"insurer {entry.name}"))
            if entry.self_pay:
                self_pay |= {bare(name) for name in (entry.name, *entry.aliases)}
                continue
            base = merged.get(ids.get(bare(entry.name), ""))
            if base is not None and base.id in entered:
                earlier = self.setup.places.entry("insurer", entered[base.id])
                what = f"{base.name} has an entry already, {earlier}: put what is said of it there"
                self.faults.add("insurer", number, "name", what, entry.name)
            if base is not None and entry.code not in (None, base.code):
                what = f"the code of {base.name} is {base.code}, and stays so"
                self.faults.add("insurer", number, "code", what, entry.name)
            insurer = _with_entry(base, entry)
            if base is None and any(insurer.code == other.code for other in merged.values()):
                own_code = self.setup.places.wording.own_code
                what = f"its short code would be {insurer.code}, which another has; {own_code}"
                self.faults.add("insurer", number, "name", what, entry.name)
            merged[insurer.id] = insurer
            entered[insurer.id] = number
            for name in (entry.name, *entry.aliases):
                owner = ids.setdefault(bare(name), insurer.id)
                if owner != insurer.id:
                    what = f"{name!r} already stands for {merged[owner].name}"
                    self.faults.add("insurer", number, "aliases", what, entry.name)
        # At the end: which of the two is the slip does not go by which stands first.
        for number, entry in entries:
            for name in (entry.name, *entry.aliases):
                key = "name" if name == entry.name else "aliases"
                if entry.self_pay and (owner_id := ids.get(bare(name))):
                    what = f"{name!r} stands for the insurer {merged[owner_id].name}, and cannot be a word for self-pay"
                    self.faults.add("insurer", number, key, what, entry.name)
                elif not entry.self_pay and bare(name) in self_pay:
                    what = f"{name!r} is a word for patients who pay themselves, and cannot be an insurer"
                    self.faults.add("insurer", number, key, what, entry.name)
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
    return base._replace(
        aliases=(*base.aliases, entry.name, *entry.aliases),
        public=base.public if entry.public is None else entry.public,
        channels=(Channel(name=entry.channel, **always),) if entry.channel else base.channels,
        requirements=base.requirements if entry.requires is None else (Requires(fields=entry.requires, **always),),
        codes=(OwnCode(code=entry.service_code, **always),) if entry.service_code else base.codes,
        conditions=conditions,
        vendor_number=entry.vendor_number,
        claim_within_days=entry.claim_within_days,
    )


def _check_people(reader: _Reader, practitioners: Iterable[tuple[int, Practitioner]], clinic: Clinic) -> None:
    owners: dict[str, tuple[int, str]] = {}
    for position, (number, practitioner) in enumerate(practitioners):
        for name in (practitioner.name, *practitioner.aliases):
            owner = owners.setdefault(person(name), (number, practitioner.name))
            if owner[0] != number:
                what = f"{name!r} already stands for {owner[1]}, {reader.setup.places.entry('practitioner', owner[0])}"
                key = "name" if name == practitioner.name else "aliases"
                reader.faults.add("practitioner", number, key, what, practitioner.name)
            if beside := _somebody_else_in(clinic, position, name):
                key = "name" if name == practitioner.name else "aliases"
                what = f"{name!r} names {beside}; nothing that it stands for can be billed as {practitioner.name}'s"
                reader.faults.add("practitioner", number, key, what, practitioner.name)
        insurers: dict[str, str] = {}
        for written in practitioner.numbers:
            insurer = clinic.insurer(written)
            if insurer is None:
                what = _unknown_insurer(written, clinic)
            elif practitioner.numbers[insurers.setdefault(insurer.id, written)] != practitioner.numbers[written]:
                what = f"{insurers[insurer.id]!r} and {written!r} are one insurer: leave one number"
            else:
                continue
            reader.faults.add("practitioner", number, "numbers", what, practitioner.name)


def _somebody_else_in(clinic: Clinic, position: int, spelling: str) -> str:
    """Another person or profession that a physiotherapist's spelling names; empty where there is none."""
    if clinic.practitioners[position].profession != "physiotherapist":
        return ""
    reading = clinic.roster.spelling(position, spelling)
    return ", ".join((*reading.others, *(f"a profession ({profession})" for profession in reading.professions)))


def _dated(
    reader: _Reader,
    table: str,
    numbered: Sequence[tuple[int, M]],
    clinic: Clinic,
    clashing: Callable[[Sequence[M]], list[tuple[int, int]]],
    same: Callable[[M], str],
) -> list[M]:
    """The entries with insurers by their id; faults are added for unknown ones, and for two that are in force at once.

    `clashing` finds such pairs, and `same` says what one has in common with the other.
    """
    entries = []
    for number, entry in numbered:
        written = getattr(entry, "insurer", None)
        insurer = clinic.insurer(written) if written else None
        if written and insurer is None:
            reader.faults.add(table, number, "insurer", _unknown_insurer(written, clinic))
        entries.append(entry.model_copy(update={"insurer": insurer.id if insurer else written}))
    for first, second in clashing(entries):
        earlier = reader.setup.places.entry(table, numbered[first][0])
        what = f"it {same(numbered[second][1])} as {earlier} and their dates overlap; give the earlier one an until"
        reader.faults.add(table, numbered[second][0], "", what)
    return entries


def _unknown_insurer(insurer: str, clinic: Clinic) -> str:
    close = clinic.nearest_insurer(insurer)
    return f"the insurer {insurer!r} is not known" + (f"; did you mean {close}?" if close else "")


def validated(setup: RawSetup, file: str = "", sha256: str = "") -> tuple[Clinic | None, list[str]]:
    """The clinic that the setup describes, or None and its faults in the order of their places.

    `file` and `sha256` are the name and the hash of the setup's file.
    """
    reader = _Reader(setup)
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
    listed = reader.unconfirmed
    unconfirmed = [
        *(question.words for question in sorted(setup.questions)),
        *(listed("practitioner", n, f"practitioner {p.name}") for n, p in practitioners if not p.confirmed),
        *unconfirmed,
        *(listed("fee", n, f"fee {n + 1} ({f.in_words()}, {f.amount})") for n, f in numbered_fees if not f.confirmed),
        *(
            listed("service_names", None, f"service name {name}", name)
            for name, value in names.items()
            if not value.confirmed
        ),
    ]
    clinic = _assemble(block, code, words, practitioners, insurers, self_pay, names, severity, unconfirmed)
    numbered_layouts = reader.many("layout", OwnLayout)
    check_layouts(reader.faults, numbered_layouts, clinic.block.ignore)
    check_words(reader.faults, clinic.words, numbered_layouts)
    layouts = tuple(layout for _, layout in numbered_layouts)
    fees = _dated(
        reader, "fee", numbered_fees, clinic, clashing_fees, lambda fee: f"is for the same ({fee.in_words()})"
    )
    limits = _dated(reader, "limit", numbered_limits, clinic, clashing_limits, lambda _: "limits the same")
    coverages = tuple(
        _dated(reader, "coverage", numbered_coverages, clinic, clashing_coverages, lambda _: "is of the same plan")
    )
    open_columns = {question.heading: question.place for question in sorted(setup.questions) if question.heading}
    clinic = replace(clinic, layouts=layouts, open_columns=open_columns, coverages=coverages, file=file, sha256=sha256)
    clinic = _with_published(clinic, fees, limits)
    # Last, as a copy of the clinic would work out the roster again, which takes a second for some thousands of people.
    _check_people(reader, practitioners, clinic)
    faults = reader.faults.in_order()
    return (None, faults) if faults else (clinic, [])


def proven(path: Path, setup: RawSetup, content: bytes) -> Clinic:
    """The clinic that the setup at `path` describes; raises BillingError with every fault, each with its place."""
    clinic, faults = validated(setup, path.name, hashlib.sha256(content).hexdigest())
    if clinic is None:
        count = counted(len(faults), "fault")
        raise BillingError("\n".join([f"{path}: the clinic setup has {count}:", *(f"  {f}" for f in faults)]))
    return clinic


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
    rules = published()

    def by_id(value: M) -> M:
        insurer = clinic.insurer(getattr(value, "insurer", None) or "")
        return value.model_copy(update={"insurer": insurer.id if insurer else None})

    return replace(
        clinic,
        fees=(*fees, *(by_id(fee) for fee in rules.fees.fee)),
        limits=(*limits, *(by_id(limit) for limit in rules.limits.limit)),
    )
