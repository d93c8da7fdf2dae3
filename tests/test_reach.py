"""A run loads of the ledger only what can matter for its sessions, and comes to the same as with all of it."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ims_billing.clinic.clinic import Clinic
from ims_billing.ledger.ledger import Ledger
from ims_billing.month.prepare import Month, prepare_month
from ims_billing.month.reach import reach_of
from ims_billing.month.run import run_of
from ims_billing.reading.intake import read_contents
from ims_billing.vocabulary.model import Intake
from tests.practice import csv_file, practice, row

PATIENTS = ("Pat Madeup", "Robin Madeup", "Kim B. Madeup", "Kim Madeup", "Madeup, Lee", "Lee Madeup", "Sam Madeup")
SERVICES = ("IMS", "IMS", "IMS", "Massage", "IMS Acupuncture - Initial")
INSURERS = ("Sun Life", "Pacific Blue Cross", "ICBC", "Manulife")
MORE = """
[[limit]]
insurer = "Sun Life"
visits = 4
per = "calendar-year"
services = ["ims", "physiotherapy"]
from = 2020-01-01

[[practitioner]]
name = "Eve Fictional"
profession = "physiotherapist"
registration = "09999"
registered = { from = 2015-01-01 }
needling = { from = 2018-05-01 }
"""


def visit(chance: random.Random, year: int, month: int, number: int) -> dict[str, Any]:
    patient = chance.choice(PATIENTS)
    insurer = chance.choice(INSURERS)
    return row(
        Session_ID=chance.choice(("", f"S{year}{month}{number}", f"S{number}")),
        Patient=patient,
        Patient_ID=chance.choice(("", f"P{PATIENTS.index(patient) // 2}")),
        Birth_Date=chance.choice(("", dt.date(1980, 1, 1 + PATIENTS.index(patient)))),
        Service_Date=dt.date(year, month, chance.randint(1, 28)),
        Start=chance.choice(("", "9:00", "10:00")),
        Minutes=30,
        Practitioner=chance.choice(("Ann Example", "Eve Fictional")),
        Service=chance.choice(SERVICES),
        Visit=chance.choice(("", "", "initial", "subsequent")),
        Insurer=insurer,
        Policy_Number=chance.choice(("00123", "00124", "A-77")),
        Member_ID=f"{number % 7:05d}",
        Payer_File_Number="C1" if insurer == "ICBC" else "",
        Accident_Date=dt.date(year, 1, 2) if insurer == "ICBC" else "",
    )


def taken_in(folder: Path, rows: list[dict[str, Any]], clinic: Clinic) -> Intake:
    path = csv_file(folder, rows)
    return read_contents([(path.name, path.read_bytes(), "")], clinic)


def grown(folder: Path, chance: random.Random, clinic: Clinic) -> tuple[Ledger, list[dict[str, Any]]]:
    """A ledger of some months of several years, and the rows of all of them."""
    ledger = Ledger(folder / "ims-billing.sqlite")
    rows = []
    for year, month in ((2024, 3), (2025, 10), (2026, 1), (2026, 8), (2026, 9)):
        own = [visit(chance, year, month, number) for number in range(8)]
        rows += own
        as_of = dt.date(year, month, 28) + dt.timedelta(days=9)
        with ledger.writing():
            made = prepare_month(
                taken_in(folder, own, clinic), clinic, month=f"{year}-{month:02d}", as_of=as_of, memory=ledger.memory()
            )
            ledger.add_batch(run_of(made))
            ledger.set_page(run_of(made))
            for claim in ledger.claims()["claim"]:
                if chance.random() < 0.05 and ledger.claim(claim)["voided_on"].isna().all():
                    ledger.void(claim, as_of, "a test")
    return ledger, rows


def outcome(month: Month) -> list[str]:
    frames = (month.sessions, month.findings, month.claims)
    return [frame.to_csv(index=False) for frame in frames]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_in_reach_gives_the_same_month_as_the_whole_ledger(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    clinic = practice(tmp_path, MORE)
    ledger, before = grown(tmp_path, chance, clinic)
    # Some sessions of before come again, some of them changed.
    again = [
        {**old, **({"Fee": 100.0} if chance.random() < 0.3 else {})} for old in before[-16:] if chance.random() < 0.5
    ]
    read = taken_in(tmp_path, [*(visit(chance, 2026, 9, n) for n in range(50, 62)), *again], clinic)
    with ledger.reading():
        whole = ledger.memory()
        part = ledger.memory(reach_of(read, clinic, whole.decisions, "2026-09"))
    months = [
        prepare_month(read, clinic, month="2026-09", as_of=dt.date(2026, 10, 7), memory=memory)
        for memory in (whole, part)
    ]
    assert outcome(months[0]) == outcome(months[1])


def test_other_patients_of_other_years_are_not_loaded(tmp_path: Path) -> None:
    clinic = practice(tmp_path, MORE)
    ledger, _ = grown(tmp_path, random.Random(1), clinic)
    read = taken_in(tmp_path, [row(Patient="Nobody Known", Service_Date=dt.date(2026, 6, 3))], clinic)
    with ledger.reading():
        assert len(ledger.claims()) > 10
        part = ledger.memory(reach_of(read, clinic, ledger.decisions(), "2026-06"))
    assert (len(part.claims), len(part.unclaimed)) == (0, 0)
    assert part.numbers is not None
    assert isinstance(part.numbers, pd.DataFrame)
    assert len(part.numbers) > 3
