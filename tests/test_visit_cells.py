"""Cells of a visit that can be read in one way are read: days, times, lengths, tax and whether it was billed."""

from __future__ import annotations

from typing import Any

import pytest

from ims_billing.clinic.clinic import Clinic
from ims_billing.vocabulary.cells import clock, length
from tests.practice import csv_text, practice, read_texts
from tests.test_statuses import NEEDED


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return practice(tmp_path_factory.mktemp("practice"))


def column(clinic: Clinic, heading: str, cells: list[str], field: str) -> list[Any]:
    """What a field of the sessions holds for cells under a heading; None where a row has a finding on its cell."""
    rows = ({**NEEDED, "Patient": f"{n} Madeup", heading: cell} for n, cell in enumerate(cells))
    intake = read_texts(clinic, csv_text(rows))
    noted = set(intake.cell_findings["session"])
    return [None if n in noted else value for n, value in enumerate(intake.sessions[field].tolist())]


def days(clinic: Clinic, *cells: str) -> list[str | None]:
    return [value and f"{value:%m-%d}" for value in column(clinic, "Date", list(cells), "service_date")]


def test_a_short_year_is_read_where_nothing_else_can_be_the_year(clinic: Clinic) -> None:
    assert [days(clinic, cell) for cell in ("13/10/26", "10-13-26", "10/10/26")] == [["10-13"], ["10-13"], ["10-10"]]
    assert days(clinic, "05/10/26") == [None]
    # 20/10/26 alone may be a day of 2020; a column that begins with days has its own order.
    assert days(clinic, "13/10/26", "20/10/26", "05/10/26") == ["10-13", "10-20", "10-05"]


def test_a_column_of_midnights_in_utc_is_a_column_of_days(clinic: Clinic) -> None:
    assert days(clinic, "2026-10-07T00:00:00Z", "2026-10-08T00:00:00.000Z") == ["10-07", "10-08"]
    assert days(clinic, "2026-10-07T00:00:00Z", "2026-10-08T16:00:00Z") == [None, "10-08"]
    # One such day alone may be five o'clock of the day before.
    assert days(clinic, "2026-10-07T00:00:00Z") == [None]


@pytest.mark.parametrize("cell", ["2026-10-05 9:30 - 10:00", "Oct 5, 2026 9:30-10:00", "2026-10-05 at 9:30 to 10:00"])
def test_a_range_of_times_beside_the_day_keeps_its_end(clinic: Clinic, cell: str) -> None:
    assert column(clinic, "Date", [cell], "minutes") == [30]
    assert column(clinic, "Start", ["2026-10-07 9:30 - 10:00"], "end") == [600]


def test_times_and_lengths_as_programs_write_them() -> None:
    assert [clock(cell) for cell in ("9:30 (PDT)", "T09:30")] == [clock("9:30 PDT"), clock("9:30")]
    assert [length(cell) for cell in ("PT30M", "PT1H30M", "PT1H", "PT", "0.5")] == [30, 90, 60, None, None]


def test_no_tax_and_a_rate_that_is_not_zero(clinic: Clinic) -> None:
    assert column(clinic, "Tax", ["0.00%", "0 %", "hors taxe", "N", "-"], "tax_cents") == [0] * 5
    assert column(clinic, "Tax", ["5%", "0.5%"], "tax_cents") == [None, None]


def test_the_words_for_a_visit(clinic: Clinic) -> None:
    initial = ["Init", "Eval", "NP", "Assess", "1st", "1st visit", "New client", "Initial appointment"]
    later = ["F/U", "FU", "f-u", "Sub", "RTN", "Existing", "Established patient", "Suivante", "Follow-up visit"]
    assert column(clinic, "Visit", initial, "visit") == ["initial"] * len(initial)
    assert column(clinic, "Visit", later, "visit") == ["subsequent"] * len(later)
    # Whether a payer pays a re-assessment as a later visit is not known; a question mark takes a word back.
    doubtful = ["Reassessment", "Re-assessment", "Reassess", "initial?", "?", "new or follow up", "2nd opinion", "#N/A"]
    assert column(clinic, "Visit", doubtful, "visit") == [None] * len(doubtful)


def test_the_words_for_a_relationship(clinic: Clinic) -> None:
    words = {
        "self": ["Cardholder", "Primary", "Employee", "Adhérent", "Titulaire", "Self"],
        "child": ["Student", "Step son", "Step-daughter"],
        "other": ["Parent", "mother"],
    }
    for meaning, cells in words.items():
        assert column(clinic, "Relationship", cells, "relationship") == [meaning] * len(cells)
    # Networks number relationships each in its own way.
    assert (
        column(clinic, "Relationship", ["01", "1", "self?", "?", "self/spouse", "#REF!"], "relationship") == [None] * 6
    )


def test_a_short_year_of_a_birth_is_of_the_last_century_or_not_read(clinic: Clinic) -> None:
    cells = ["31-Jan-80", "1 janv. 55", "31-Jan-15", "31-Jan-26", "31-Jan-1980", "80-01-31", "03/04/80"]
    days = [value and f"{value:%Y-%m-%d}" for value in column(clinic, "Birth Date", cells, "birth_date")]
    assert days == ["1980-01-31", "1955-01-01", None, None, "1980-01-31", None, None]
    assert column(clinic, "Date", ["31-Jan-80"], "service_date") == [None]


def test_an_error_in_the_cell_of_another_name_is_no_blank(clinic: Clinic) -> None:
    assert column(clinic, "Secondary Insurer", ["#N/A", "n/a", "Manulife"], "secondary_insurer") == [
        None,
        "",
        "Manulife",
    ]
    assert column(clinic, "Insured Name", ["#REF!", "-", "Rex Known"], "insured") == [None, "", "Rex Known"]


NO_TIMES = {
    "Cxl": True, "canc": True, "n/s": True, "N/S": True, "c": True, "zz": True, "9:00 cxl": True, "cancelled?": True,
    "did not come": True, "absent": True, "9 h (annulé)": True,
    "morning": False, "a.m.": False, "all day": False, "walk-in": False, "TBD": False, "n/a": False, "-": False,
    "9h30ish": False, "25:70": False, "#N/A": False, "Oct 5, 25 h": False, "12-ish": False,
}  # fmt: skip


@pytest.mark.parametrize("name", ["Start", "End", "Minutes"])
def test_a_word_in_a_cell_of_a_time_may_say_that_nobody_came(clinic: Clinic, name: str) -> None:
    rows = [{**NEEDED, "Patient": f"{n} Madeup", name: cell} for n, cell in enumerate(NO_TIMES)]
    bad = read_texts(clinic, csv_text(rows)).cell_findings
    held = {*bad.loc[bad["kind"] == "status-not-recognised", "session"]}
    assert {cell: n in held for n, cell in enumerate(NO_TIMES)} == NO_TIMES


def test_a_mark_in_a_cell_of_money_is_no_blank(clinic: Clinic) -> None:
    assert column(clinic, "Tax", ["?", "0?", "❌"], "tax_cents") == [None] * 3
    assert column(clinic, "Patient Paid", ["?", "20?", "-20.00", "(20.00)"], "patient_paid_cents") == [None] * 4
    assert column(clinic, "Patient Paid", ["TBD", "tba", "unknown"], "patient_paid_cents") == [None] * 3
    assert column(clinic, "Tax", ["TBD", "0.00\u200b", "n/a"], "tax_cents") == [None, 0, 0]
    assert column(clinic, "Patient Paid", ["", "-", "--", "$ -", ".", "0.00"], "patient_paid_cents") == [0] * 6


def test_what_is_not_billed_and_what_nobody_can_tell(clinic: Clinic) -> None:
    assert column(clinic, "Billed", ["", "-", "null", "☐", "Pas encore", "to do"], "billed") == [False] * 6
    assert column(clinic, "Billed", ["✓", "☑", "yes", "2026-10-31"], "billed") == [True] * 4
    assert column(clinic, "Billed", ["✗", "?", "no?", "❌ no", "*", "Yes?", "2026-10-31?"], "billed") == [None] * 7


@pytest.mark.parametrize(
    ("name", "certain"),
    [
        ("Yuri Madeup", True), ("Madeup, Yuri (Yo)", True), ("Pat Draft", True), ("Yuri Madeup - WCB", False),
        ("Ann Marie Madeup", True), ("Yuri Madeup (cancelled)", False), ("Yuri Madeup - NO SHOW", False),
        ("CXL Yuri Madeup", False), ("Yuri Madeup (late cancel)", False), ("Yuri Madeup (billed)", False),
        ("Yuri Madeup - paid cash", False), ("Yuri Madeup - do not bill", False), ("Yuri Madeup (dup)", False),
        ("Yuri Madeup (rebooked to Nov 3)", False), ("Cash, Ann (Annie)", True), ("Draft, Bob \"Bo\"", True),
        ("Ann Madeup (née Draft)", True), ("Madeup, Ann (Halifax, NS)", True), ("Johnny Cash - father", True),
        ("Ann Madeup - moved to Victoria", True), ("Cancel, Ana Maria", True), ("Ann Missed Madeup", True),
        # Read as a short note is, letters behind the name too.
        ("Yuri Madeup (LC)", False), ("Yuri Madeup N/S", False), ("Madeup, Yuri NS", False), ("Yuri Madeup DNB", False),
        ("Yuri Madeup - moved to Nov", False), ("Yuri Madeup (free)", False), ("Yuri Madeup NC", False),
        ("Yuri Madeup [WCB]", False), ("Yuri Madeup (MVA)", False), ("Yuri Madeup (seen by RMT)", False),
        ("Yuri Madeup (w/ Ben)", False), ("Yuri Madeup - Sun Life", True), ("Benjamin (Ben) Madeup", True),
        ("Yuri NG", True), ("Ann Marie ROY", True), ("YURI MADEUP NS", True), ("Yuri Madeup III", True),
        ("Yuri Madeup (w/ son)", True), ("Yuri Madeup (cash pt)", False), ("Yuri Madeup (paid by mom)", False),
        ("Yuri Madeup (née Cash)", True), ("Yuri Madeup (waitlist)", False),
        ("Robert (Bob) Madeup", True), ("Yuri Madeup (mother)", True),
        # Two people, and what would go out to an insurer beside the name.
        ("Yuri & Lee Madeup", False), ("Yuri Madeup and Lee Madeup", False), ("Yuri Madeup + son", False),
        ("Yuri Madeup (Bo & Lee's mom)", True), ("Andy Sand", True), ("Yuri Madeup PHN 9123947241", False),
        ("Yuri Madeup DOB 1980-01-31", False), ("Yuri Madeup (DOB 1/31/80)", False),
        ("Yuri Madeup 250-555-1234", False), ("yuri@example.com", False), ("Yuri Madeup 2", True),
        ("Yuri Madeup #2", True),
        # Nobody treats themselves; one of the staff may be another's patient.
        ("Ann Example", False), ("Example, Ann (PT)", False), ("Ben Sample", True),
    ],
)  # fmt: skip
def test_words_beside_a_patients_name_are_read(clinic: Clinic, name: str, *, certain: bool) -> None:
    intake = read_texts(clinic, csv_text([{**NEEDED, "Patient": name}]))
    assert intake.cell_findings.empty == certain
    assert not intake.cell_findings["message"].str.contains("Madeup").any()


def test_signs_and_pronouns_beside_a_name_are_no_part_of_it(clinic: Clinic) -> None:
    names = ["Yuri Madeup*", "** Yuri Madeup **", "Yuri Madeup (he/him)", "Yuri Madeup [They/Them] *",
             "Yuri Madeup #1234", "Yuri Madeup (1234)", "Yuri (Yo) Madeup", "Danielle (Elle) Madeup", "**"]  # fmt: skip
    rows = [{**NEEDED, "Patient": name} for name in names]
    sessions = read_texts(clinic, csv_text(rows)).sessions
    assert list(sessions["patient"]) == ["Yuri Madeup"] * 6 + names[6:]


def test_a_first_and_a_last_name_are_read_as_one_name_is(clinic: Clinic) -> None:
    rows = [
        {**{name: cell for name, cell in NEEDED.items() if name != "Patient"}, "First Name": first, "Last Name": last}
        for first, last in (("Yuri", "Madeup"), ("Yuri (LC)", "Madeup"), ("Yuri", "Madeup NS"), ("Jo & Lee", "Madeup"))
    ]
    bad = read_texts(clinic, csv_text(rows)).cell_findings
    assert sorted(bad["session"]) == [1, 2, 3]


def test_an_invoice_is_a_number_and_no_word_of_what_was_billed(clinic: Clinic) -> None:
    numbers = ["1001", "1", "INV-7", "Facture 1001", "20261031", ""]
    assert column(clinic, "Invoice", numbers, "billed") == [False] * len(numbers)
    # The first numbers of a month look like its days, which would not all differ.
    assert column(clinic, "Invoice", ["2026-10-01", "2026-10-02"], "billed") == [False, False]
    assert column(clinic, "Invoice", ["2026-10-31", "2026-10-31"], "billed") == [None, None]
    words = ["yes", "x", "sent", "2026-10-31", "2026-10-31", "void 1001", "cancelled", "Facturé"]
    assert column(clinic, "Invoice", words, "billed") == [None] * len(words)


@pytest.mark.parametrize("heading", ["Facture", "Facturé"])
def test_facture_may_be_a_number_or_say_that_it_was_billed(clinic: Clinic, heading: str) -> None:
    assert column(clinic, heading, ["F-1001", "1002", "Facture 1003"], "billed") == [False] * 3
    assert column(clinic, heading, ["oui", "x", ""], "billed") == [None, None, False]
    assert column(clinic, heading, ["2026-10-30", "2026-10-31"], "billed") == [None, None]


def test_an_insurer_with_a_question_mark_and_one_that_is_charged_nothing_are_not_certain(clinic: Clinic) -> None:
    assert column(clinic, "Insurer", ["Sun Life", "Sun Life?", "Sun Life ??"], "insurer") == ["Sun Life", None, None]
    # What the insurer is charged says nothing where it is left out.
    charged = ["95.00", "", "0.00", "0"]
    assert column(clinic, "Charged to Insurer", charged, "billed") == [False, False, None, None]
