"""Months at random against a plain model: exports repeat, overlap and change, claims are taken back, runs are cut."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ims_billing.clinic.setup_file import load
from ims_billing.commands import claim as record
from ims_billing.commands import folder as month_folder
from ims_billing.commands import void as voiding
from ims_billing.commands.workplace import Workplace
from ims_billing.ledger.ledger import Ledger
from ims_billing.reading.intake import read_files
from ims_billing.vocabulary.errors import BillingError
from tests.practice import clinic_file, csv_file, row

AS_OF = dt.date(2026, 11, 5)
MONTHS = ("2026-09", "2026-10")
DAYS = [dt.date(2026, 9, 28) + dt.timedelta(days=n) for n in (0, 1, 2, 3, 4, 7, 8, 9, 14, 15, 16, 17)]
PATIENTS = ("Pat Madeup", "Robin Madeup", "Sam Madeup")
INSURERS = {"Sun Life": "SUNL", "PBC": "PABC"}
STARTS = ("9:00", "10:00", "11:00")
IN_WORDS = {"held": "held", "claimed": "claimed", "already": "already_claimed"}


@dataclass(frozen=True)
class Visit:
    """A visit as the practice system holds it."""

    id: str
    patient: str
    date: dt.date
    start: str
    insurer: str = "Sun Life"
    fee: float = 95.0
    status: str = "arrived"

    @property
    def month(self) -> str:
        return f"{self.date:%Y-%m}"

    @property
    def parts(self) -> tuple[Any, ...]:
        return (self.patient, self.date, self.start)

    def cells(self, *, with_id: bool) -> dict[str, Any]:
        return row(
            Session_ID=self.id if with_id else "", Patient=self.patient, Service_Date=self.date, Start=self.start,
            Insurer=self.insurer, Fee=self.fee, Status=self.status,
        )  # fmt: skip


@dataclass
class Claim:
    """A claim as the model remembers it."""

    visit: Visit
    had_id: bool
    number: str
    voided: bool = False
    replaced: bool = False

    def is_of(self, other: Claim) -> bool:
        """Whether a run that knows the one would take the other for the same visit, or for a second one that day."""
        same_id = self.had_id and other.had_id and self.visit.id == other.visit.id
        return same_id or (self.visit.date, self.visit.patient) == (other.visit.date, other.visit.patient)


@dataclass
class Memory:
    """What should be claimed, in plain words."""

    claims: list[Claim] = field(default_factory=list)

    def same(self, visit: Visit, with_id: bool, others: list[Claim]) -> Claim | None:
        """The claim of the same visit: by its id, else by patient, day and start; the active one before others.

        `others` are claims whose ids are used for other visits now.
        """
        by_id = [c for c in self.claims if with_id and c.had_id and c.visit.id == visit.id and c not in others]
        by_parts = [c for c in self.claims if c.visit.parts == visit.parts]
        claims = by_parts if all(c.voided for c in by_id) and any(not c.voided for c in by_parts) else by_id or by_parts
        return next((c for c in claims if not c.voided), claims[-1] if claims else None)

    def outcomes(self, files: list[list[Visit]], month: str, *, with_id: bool) -> dict[Visit, str]:
        export = list(dict.fromkeys(visit for file in files for visit in file))
        apart = [
            claim
            for visit in export
            for claim in self.claims
            if claim.visit.id == visit.id and claim.visit.patient != visit.patient and claim.visit.date != visit.date
        ]
        sure = {visit: self.same(visit, with_id, apart) for visit in export}
        reused = [claim for claim in apart if claim.voided or not self.speaks_of(claim, sure, with_id=False)]
        matched = {visit: self.same(visit, with_id, reused) for visit in export}
        return {visit: self.outcome(visit, matched, files, with_id) for visit in export if visit.month == month}

    def outcome(self, visit: Visit, matched: dict[Visit, Claim | None], files: list[list[Visit]], with_id: bool) -> str:
        claim = matched[visit]
        if claim is not None:
            return "already_claimed" if not claim.voided and replace(claim.visit, id=visit.id) == visit else "held"
        if visit.status != "arrived":
            return "not_billed"
        mine = [{v: matched[v] for v in file} for file in files if visit in file]
        for other in (c for c in self.claims if not c.voided):
            if any(other is c for file in mine for c in file.values()):
                continue  # both stand in one file
            missing = not any(other is c for c in matched.values())
            differing = [a != b for a, b in zip(other.visit.parts, visit.parts, strict=True)]
            spoken_of = any(self.speaks_of(other, file, with_id) for file in mine)
            spoken_of = spoken_of or (missing and self.speaks_of(other, matched, with_id))
            # The same hour of the practitioner, the same day of the patient; or another day that the export tells of.
            if sum(differing) == 1 and (spoken_of or (missing and not differing[1])):
                return "held"
        return "claimed" if visit.fee == 95.0 else "held"

    def speaks_of(self, claim: Claim, claims_by_visit: dict[Visit, Claim | None], with_id: bool) -> bool:
        """Whether an export would hold a claimed visit, had it not been changed: it has that day, or its week."""
        days = [visit.date for visit in claims_by_visit]
        first, last = min(days), max(days)
        if not (with_id and claim.had_id):
            first -= dt.timedelta(days=first.weekday())
            last += dt.timedelta(days=6 - last.weekday())
        beside = [c for c in self.claims if not c.voided and c is not claim and week(c.visit) == week(claim.visit)]
        matched = [id(c) for c in claims_by_visit.values()]
        return (
            first <= claim.visit.date <= last
            and claim.visit.month in {visit.month for visit in claims_by_visit}
            and (not beside or any(id(c) in matched for c in beside))
        )

    def shown(self) -> list[tuple[Any, ...]]:
        return sorted((*c.visit.parts, c.visit.insurer, c.visit.fee, c.voided) for c in self.claims)


def week(visit: Visit) -> dt.date:
    return visit.date - dt.timedelta(days=visit.date.weekday())


class PowerCut(BaseException):
    """Ends the work where it stands."""


class Practice(RuleBasedStateMachine):
    """A clinic's practice system, its ledger and its folder; and the memory that it should have."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        clinic_file(self.folder)
        self.clinic = load(self.folder / "clinic.toml")
        self.out = self.folder / "reports"
        self.visits: list[Visit] = []
        self.memory = Memory()
        self.visits_so_far = 0
        # Months whose last run was cut, perhaps with a void recorded: the next run completes their files.
        self.cut: set[str] = set()

    def teardown(self) -> None:
        for month in MONTHS:
            if (self.out / month).exists() and month not in self.cut:
                copy = self.folder / "copy"
                month_folder.report(Workplace(self.ledger, copy), month)
                self.same_files(self.out / month, copy / month)
        shutil.rmtree(self.folder)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.folder / "ims-billing.sqlite")

    def free(self, visit: Visit, beside: Visit | None = None) -> bool:
        """Whether nobody else is there then, nor the patient a second time that day, here or on the ledger."""
        others = [v for v in self.visits if v != beside]
        others += [c.visit for c in self.memory.claims if beside is None or c.visit.id != beside.id]
        return all((v.date, v.start) != (visit.date, visit.start) for v in others) and all(
            (v.date, v.patient) != (visit.date, visit.patient) for v in others
        )

    @initialize()
    def first_visits(self) -> None:
        for day, patient, start in ((0, 0, 0), (3, 1, 1), (5, 0, 1), (8, 2, 2)):
            self.add(PATIENTS[patient], DAYS[day], STARTS[start], "Sun Life")

    @rule(
        patient=st.sampled_from(PATIENTS),
        day=st.sampled_from(DAYS),
        start=st.sampled_from(STARTS),
        insurer=st.sampled_from(sorted(INSURERS)),
    )
    def add(self, patient: str, day: dt.date, start: str, insurer: str) -> None:
        visit = Visit(f"V{self.visits_so_far}", patient, day, start, insurer)
        if self.free(visit):
            self.visits_so_far += 1
            self.visits.append(visit)

    @precondition(lambda self: self.visits)
    @rule(
        which=st.integers(0, 50),
        change=st.sampled_from(
            [
                {"fee": 100.0},
                {"fee": 95.0},
                {"insurer": "PBC"},
                {"status": "cancelled"},
                {"status": "arrived"},
                *({"date": day} for day in DAYS[3:9]),
                *({"patient": name} for name in PATIENTS),
                *({"start": start} for start in STARTS),
            ]
        ),
    )
    def change(self, which: int, change: dict[str, Any]) -> None:
        place = which % len(self.visits)
        visit = self.visits[place]
        changed = replace(visit, **change)
        if changed.parts == visit.parts or self.free(changed, beside=visit):
            self.visits[place] = changed

    @precondition(lambda self: len(self.visits) > 2)
    @rule(which=st.integers(0, 50))
    def delete(self, which: int) -> None:
        del self.visits[which % len(self.visits)]

    def export(
        self, days: tuple[int, int], seed: int, *, with_id: bool, parts: int
    ) -> tuple[list[list[Visit]], list[Path]]:
        """The visits of some days in a random order, in one file or in overlapping ones."""
        first, last = (DAYS[n] for n in sorted(days))
        export = [v for v in self.visits if first <= v.date <= last]
        random.Random(seed).shuffle(export)
        if not export:
            return [], []
        some = [export] if parts == 1 else [export[: len(export) // 2 + 1], export[len(export) // 2 :]]
        return some, [
            csv_file(self.folder, [v.cells(with_id=with_id) for v in part], f"part-{n}.csv")
            for n, part in enumerate(some)
        ]

    def run(self, paths: Iterable[Path], month: str) -> record.Recorded:
        intake = read_files(list(paths), self.clinic)
        return record.claim(record.Request(intake, self.clinic, month, AS_OF), Workplace(self.ledger, self.out))

    @rule(
        month=st.sampled_from(MONTHS),
        days=st.tuples(st.integers(0, 11), st.integers(0, 11)) | st.just((0, 11)),
        seed=st.integers(0, 99),
        with_id=st.booleans(),
        parts=st.integers(1, 2),
        cut=st.none() | st.none() | st.integers(1, 16),
    )
    def claim(self, month: str, days: tuple[int, int], seed: int, with_id: bool, parts: int, cut: int | None) -> None:
        export, paths = self.export(days, seed, with_id=with_id, parts=parts)
        if not export:
            return
        expected = self.memory.outcomes(export, month, with_id=with_id)
        if cut is not None and self.is_cut(paths, month, cut) and len(self.on_ledger()) == len(self.memory.claims):
            self.cut.add(month)
            return  # no claim was recorded
        new = [visit for visit, outcome in expected.items() if outcome == "claimed"]
        if cut is None:
            done = self.run(paths, month)
            sessions = done.month.sessions[done.month.sessions["reason"] != "outside-month"]
            outcomes = {
                (patient, day.date(), minutes): outcome
                for patient, day, minutes, outcome in sessions[
                    ["patient", "service_date", "start", "outcome"]
                ].itertuples(index=False)
            }
            assert outcomes == {
                (v.patient, v.date, int(v.start.split(":")[0]) * 60): outcome for v, outcome in expected.items()
            }
            assert len(done.numbers) == len(new)
        numbers = {c[:3]: c[6] for c in self.on_ledger() if not c[5]}
        self.memory.claims += [Claim(visit, with_id, numbers[visit.parts]) for visit in new]
        if cut is not None:
            assert self.run(paths, month).numbers == {}
        self.cut.discard(month)

    def is_cut(self, paths: list[Path], month: str, step: int) -> bool:
        """Runs `claim` until its nth flush or move of a file; whether it was cut there."""
        left = step

        def counted(real: Any) -> Any:
            def take(*args: Any, **more: Any) -> Any:
                nonlocal left
                left -= 1
                if left == 0:
                    raise PowerCut
                return real(*args, **more)

            return take

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(os, "fsync", counted(os.fsync))
            patched.setattr(Path, "replace", counted(Path.replace))
            patched.setattr(Ledger, "set_page", counted(Ledger.set_page))
            try:
                self.run(paths, month)
            except PowerCut:
                return True
        return False

    @precondition(lambda self: any(not c.voided for c in self.memory.claims))
    @rule(which=st.integers(0, 50))
    def void(self, which: int) -> None:
        active = [claim for claim in self.memory.claims if not claim.voided]
        claim = active[which % len(active)]
        voiding.void(claim.number, None, Workplace(self.ledger, self.out), reason="a test", as_of=AS_OF)
        claim.voided = True
        self.cut.discard(claim.visit.month)

    @precondition(lambda self: self.memory.claims)
    @rule(which=st.integers(0, 50))
    def replace_claim(self, which: int) -> None:
        claim = self.memory.claims[which % len(self.memory.claims)]
        others = [c for c in self.memory.claims if c is not claim and not c.voided]

        def anew() -> voiding.Voided:
            return voiding.void(
                claim.number, self.clinic, Workplace(self.ledger, self.out), reason="a test", as_of=AS_OF
            )

        if claim.replaced or any(claim.is_of(other) for other in others):
            with pytest.raises(BillingError, match="claimed again"):
                anew()
            return
        number = anew().replaced_by
        claim.voided = claim.replaced = True
        self.cut.discard(claim.visit.month)
        self.memory.claims.append(Claim(claim.visit, claim.had_id, number))

    def on_ledger(self) -> list[tuple[Any, ...]]:
        ledger = self.ledger
        names = {"Sun Life": "Sun Life", "Pacific Blue Cross": "PBC"}
        with ledger.reading():
            claims = ledger.claims.all()
        return [
            (
                c["patient"], c["service_date"].date(), f"{int(c['start']) // 60}:00", names[c["insurer"]],
                c["fee_cents"] / 100, not pd.isna(c["voided_on"]), c["claim"],
            )
            for c in claims.to_dict("records")
        ]  # fmt: skip

    @invariant()
    def the_ledger_holds_what_the_memory_does(self) -> None:
        assert sorted(claim[:6] for claim in self.on_ledger()) == self.memory.shown()

    def same_files(self, one: Path, other: Path) -> None:
        written, wanted = (
            {p.relative_to(f).as_posix(): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in (one, other)
        )
        assert written == wanted


TestPractice = Practice.TestCase
TestPractice.settings = settings(max_examples=8, stateful_step_count=14)


class LongPractice(Practice):
    """The same, many times and at random."""


TestPracticeAtLength = pytest.mark.long(LongPractice.TestCase)
TestPracticeAtLength.settings = settings(max_examples=300, stateful_step_count=25, derandomize=False)
