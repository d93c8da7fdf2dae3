"""A run loads of the ledger only what can matter for its sessions, and comes to the same as with all of it."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ims_billing.clinic.clinic import Clinic
from ims_billing.ledger.answers import answered_alike
from ims_billing.ledger.ledger import Ledger
from ims_billing.month.prepare import Month, Scope, prepare_month
from ims_billing.month.reach import reach_of
from ims_billing.month.run import run_of
from ims_billing.payments.positions import positions, who_pays
from ims_billing.reading.intake import read_contents
from ims_billing.vocabulary.frames import DECISIONS, empty
from ims_billing.vocabulary.intake import Intake
from tests.practice import csv_file, csv_text, practice, read_texts, row

PATIENTS = ("Pat Madeup", "Robin Madeup", "Kim B. Madeup", "Kim Madeup", "Madeup, Lee", "Lee Madeup", "Sam Madeup")
# Patients of before, of whom the files of now have nobody.
OTHERS = ("Zoe Elsewhere", "Yan Elsewhere", "Xu Elsewhere")
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


def visit(
    chance: random.Random, year: int, month: int, number: int, patients: Sequence[str] = PATIENTS + OTHERS
) -> dict[str, Any]:
    patient = chance.choice(patients)
    place = (PATIENTS + OTHERS).index(patient)
    insurer = chance.choice(INSURERS)
    return row(
        Session_ID=chance.choice(("", f"S{year}{month}{number}", f"S{number}")),
        Patient=patient,
        Patient_ID=chance.choice(("", f"P{place // 2}" if place < 6 else f"P{place}")),
        Birth_Date=chance.choice(("", dt.date(1980, 1, 1 + place))),
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


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ledger, list[dict[str, Any]]]:
    """A ledger of some months of several years, and the rows of all of them; it is only looked into."""
    folder, chance = tmp_path_factory.mktemp("grown"), random.Random(1)
    clinic = practice(folder, MORE)
    ledger = Ledger(folder / "ims-billing.sqlite")
    rows = []
    for year, month in ((2024, 3), (2025, 10), (2026, 1), (2026, 8), (2026, 9)):
        own = [visit(chance, year, month, number) for number in range(12)]
        rows += own
        as_of = dt.date(year, month, 28) + dt.timedelta(days=9)
        with ledger.writing():
            made = prepare_month(
                taken_in(folder, own, clinic),
                Scope(clinic, month=f"{year}-{month:02d}", as_of=as_of, memory=ledger.memory()),
            )
            ledger.add_batch(run_of(made))
            ledger.set_page(run_of(made))
            for claim in ledger.claims.all()["claim"]:
                if chance.random() < 0.05 and ledger.claims.of_number(claim)["voided_on"].isna().all():
                    ledger.void(claim, as_of, "a test")
    return ledger, rows


def outcome(month: Month) -> list[str]:
    frames = (month.sessions, month.findings, month.claims)
    return [frame.to_csv(index=False) for frame in frames]


@pytest.mark.parametrize("seed", range(4))
def test_what_is_in_reach_gives_the_same_month_as_the_whole_ledger(
    tmp_path: Path, grown: tuple[Ledger, list[dict[str, Any]]], seed: int
) -> None:
    chance = random.Random(seed)
    clinic = practice(tmp_path, MORE)
    ledger, before = grown
    # Some sessions of before come again, some of them changed.
    again = [
        {**old, **({"Fee": 100.0} if chance.random() < 0.3 else {})}
        for old in before[-24:]
        if old["Patient"] in PATIENTS and chance.random() < 0.5
    ]
    read = taken_in(tmp_path, [*(visit(chance, 2026, 9, n, PATIENTS) for n in range(50, 62)), *again], clinic)
    with ledger.reading():
        whole = ledger.memory()
        part = ledger.memory(reach_of(read, clinic, whole.decisions, "2026-09"))
    months = [
        prepare_month(read, Scope(clinic, month="2026-09", as_of=dt.date(2026, 10, 7), memory=memory))
        for memory in (whole, part)
    ]
    assert outcome(months[0]) == outcome(months[1])
    assert len(part.claims) < len(whole.claims)
    assert len(months[0].claims) > 0


def test_other_patients_of_other_years_are_not_loaded(
    tmp_path: Path, grown: tuple[Ledger, list[dict[str, Any]]]
) -> None:
    clinic = practice(tmp_path, MORE)
    ledger, _ = grown
    read = taken_in(tmp_path, [row(Patient="Nobody Known", Service_Date=dt.date(2026, 6, 3))], clinic)
    with ledger.reading():
        assert len(ledger.claims.all()) > 10
        part = ledger.memory(reach_of(read, clinic, ledger.decisions.all(), "2026-06"))
    assert (len(part.claims), len(part.unclaimed)) == (0, 0)
    assert part.numbers is not None
    assert isinstance(part.numbers, pd.DataFrame)
    assert len(part.numbers) > 3


def answered_at_random(ledger: Ledger, chance: random.Random) -> None:
    """Records claims of three insurers, and what they were answered: once, several times, undone, or not at all."""
    own = ["claim", "month", "batch", "insurer_id", "insurer", "service_date", "service", "natural_key"]
    text = "SELECT name FROM pragma_table_info('claim') WHERE type = 'TEXT' AND \"notnull\" AND dflt_value IS NULL"
    texts = [name for (name,) in ledger.rows(text) if name not in own]
    names = [*own, *texts]
    cents = ["fee_cents", "patient_paid_cents", "amount_cents"]
    claims = [f"2026-09-SUNL-{number:04d}" for number in range(120)]
    ledger.run("INSERT INTO batch VALUES ('2026-09', 1, '2026-10-01', 0, '{}', 'x')")
    ledger.run("INSERT INTO page (month, as_of, origin, totals) VALUES ('2026-09', '2026-10-01', '{}', '{}')")
    for claim in claims:
        insurer, service = chance.choice(INSURERS[:3]), chance.choice(("ims", "ims", "ims", "physiotherapy"))
        stated = ("2026-09", 1, insurer, insurer, "2026-09-02", service, claim)
        ledger.insert(
            "claim", [*names, *cents], [(claim, *stated, *(claim for _ in texts), 9500, 0, chance.choice((9500, 8000)))]
        )
    ledger.claims.seal(id_ for (id_,) in ledger.rows("SELECT id FROM claim"))
    day = "2026-10-08"
    for number in range(1, 25):
        ledger.run(
            "INSERT INTO payment VALUES (?, 'sun-life', 'Sun Life', '', '', ?, 0, '', ?, ?, ?)",
            number, day, day, *((day, "a test") if number % 7 == 0 else (None, None)),
        )  # fmt: skip
        reason = chance.choice(("", "not covered", "above the limit"))
        ledger.run("INSERT INTO remittance_line VALUES (?, ?, '', '[]', 0, ?)", number, number, reason)
        for claim in chance.sample(claims, 2):
            paid, denied = chance.choice(((9500, 0), (8000, 0), (4000, 0), (0, 0), (0, 1), (-8000, 0)))
            names = ["line", "claim", "paid_cents", "expected_cents", "denied", "posted_on"]
            ledger.insert("posting", names, [(number, claim, paid, chance.choice((0, 8000)), denied, day)])
    for claim in chance.sample(claims, 20):
        names = ["claim", "owner", "status", "sent_on", "note", "noted_on"]
        ledger.insert("work", names, [(claim, "", "Sent again", day, "", day)])
    for claim in chance.sample(claims, 5):
        ledger.void(claim, dt.date(2026, 10, 9), "a test")


@pytest.mark.parametrize("seed", range(4))
def test_answers_that_are_counted_by_case_give_the_same_as_claim_by_claim(tmp_path: Path, seed: int) -> None:
    ledger = Ledger(tmp_path / "ims-billing.sqlite")
    with ledger.writing():
        assert answered_alike(ledger)[0].empty, "nobody has answered"
        answered_at_random(ledger, random.Random(seed))
    with ledger.reading():
        claims = ledger.claims.all()
        ims = claims[(claims["service"] == "ims") & claims["voided_on"].isna()]
        cases, counts = answered_alike(ledger)
        assert len(cases) < len(ims) == counts.sum()
        money, of_cases = (
            positions(part, ledger.payments.postings()).drop(columns="claim").astype(object).fillna("")
            for part in (ims, cases)
        )
        repeated = of_cases.loc[of_cases.index.repeat(counts)]
        assert Counter(repeated.itertuples(index=False, name=None)) == Counter(money.itertuples(index=False, name=None))
        by_claim = who_pays(ims, ledger.payments.postings(), pd.Series(1, index=ims.index))
        assert who_pays(cases, ledger.payments.postings(cases["claim"]), counts) == by_claim
        kept = ledger.rows("SELECT payers FROM page")[0][0]
        assert [payer["insurer"] for payer in json.loads(kept)] == [payer.insurer for payer in by_claim]


@pytest.mark.parametrize(
    ("day", "month", "periods", "years"),
    [
        ("2026-10-07", None, [("2026-09-24", "2026-11-07")], ("2026",)),
        ("2026-12-31", None, [("2026-11-24", "2027-01-07")], ("2026",)),
        ("2024-02-29", None, [("2024-01-25", "2024-03-07")], ("2024",)),
        # The month to bill is in reach though no session lies in it; the limits of a year go by the sessions.
        ("2025-12-01", "2026-01", [("2025-11-24", "2026-01-07"), ("2025-12-25", "2026-02-07")], ("2025",)),
        ("", None, [], ()),
    ],
)
def test_whole_months_and_a_week_around_them_are_in_reach(
    tmp_path: Path, day: str, month: str | None, periods: list[tuple[str, str]], years: tuple[str, ...]
) -> None:
    clinic = practice(tmp_path)
    reach = reach_of(read_texts(clinic, csv_text([row(Service_Date=day)])), clinic, empty(DECISIONS), month)
    assert (list(reach.periods), reach.years) == (periods, years)


def test_what_a_session_may_be_corrected_to_is_in_reach_and_blanks_are_nobody(tmp_path: Path) -> None:
    clinic = practice(tmp_path, '[[limit]]\ninsurer = "iA"\nvisits = 2\nper = "calendar-year"\nfrom = 2026-01-01\n')
    rows = [row(Session_ID="S1", Patient_ID=" P7 "), row(Patient="", Service_Date="")]
    decisions = pd.DataFrame({"correct_value": ["Robin Other", "2025-03-31", ""]})
    reach = reach_of(read_texts(clinic, csv_text(rows)), clinic, decisions, replacing="2026-08-SUNL-0001")
    assert reach.names >= {"Pat Madeup", "Robin Other"}
    assert (set(reach.patient_ids), set(reach.session_ids)) == ({"p7"}, {"S1"})
    assert reach.periods == (("2025-02-22", "2025-04-07"), ("2026-09-24", "2026-11-07"))
    assert (reach.years, set(reach.claims)) == (("2025", "2026"), {"2026-08-SUNL-0001"})
    # Only limits that count from an accident need an insurer's whole history.
    assert {"icbc", "ICBC"} <= reach.whole_history_of
    assert "iA" not in reach.whole_history_of
    assert reach_of(read_texts(clinic, csv_text(rows)), clinic, empty(DECISIONS)).claims == frozenset()


def test_of_what_was_corrected_before_only_the_sessions_patients_and_days_count(tmp_path: Path) -> None:
    lines = [
        ("2025-03-31", "Madeup, Pat", "2025-03-01"), ("2024-03-31", "Jo Other", "2026-10-07"),
        ("2023-03-31", "Jo Other", None), ("2022-03-31", "Jo Other", "2022-03-01"),
    ]  # fmt: skip
    decisions = pd.DataFrame(lines, columns=["correct_value", "patient", "service_date"])
    decisions = decisions.astype({"service_date": "datetime64[us]"})
    clinic = practice(tmp_path)
    of_october, without_a_day = row(Service_Date="2026-10-07"), row(Service_Date="")
    years = [
        reach_of(read_texts(clinic, csv_text(rows)), clinic, decisions).years
        for rows in ([of_october], [of_october, without_a_day])
    ]
    assert years == [("2023", "2024", "2025", "2026"), ("2022", "2023", "2024", "2025", "2026")]
