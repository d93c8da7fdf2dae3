"""Columns that no layout knows: each is named, and one that could change a claim stops it until somebody says so."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_billing.clinic.clinic import Clinic
from ims_billing.month.prepare import Scope, prepare_month
from ims_billing.reading.intake import read_files
from ims_billing.reading.unread import ALL_ATTENDED, described, refuse_unread
from ims_billing.rules.published import published
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.intake import Intake, UnreadColumn
from ims_billing.vocabulary.spelling import heading
from ims_billing.workbooks.sources import sources
from tests.practice import AS_OF, MONTH, csv_file, csv_text, examples, on_ledger, practice, read_texts, xlsx
from tests.spoiled import Practice
from tests.test_cli import report, run

NEEDED: dict[str, Any] = {
    "Service Date": "2026-10-07",
    "Patient": "Pat Madeup",
    "Practitioner": "Ann Example",
    "Service": "IMS",
    "Insurer": "Sun Life",
    "Policy Number": "00123",
    "Fee": "95.00",
}
# What a session is never claimed for while its column is read, by our own heading: cells as exports write them.
TELLING: dict[str, Sequence[Any]] = {
    "Status": ("Cancelled", "No Show", "late cancel", "Cancelled by patient", "did not attend", "Refunded", "Booked",
               "no_show", "Annulé", "CX", "Missed"),
    "Billed": ("yes", "Y", "x", "X", "true", "1", "✓", "☑", "billed", "Sent", "Sent 2026-11-01", "Billed to Sun Life",
               "yes - Oct 31", "Y (SLF)",
               "2026-10-31", "31/10/2026", "10/31/2026", "Oct 31, 2026", "submitted 10/31/2026", "Paid", "Pending"),
    "Tax": ("4.75", "$5.00", "5,00 $"),
}  # fmt: skip
ROWS: list[dict[str, Any]] = [
    {"Patient": "Ada Madeup", "Status": "Arrived", "Billed": "no"},
    {"Patient": "Bo Madeup", "Status": "Cancelled", "Billed": "no"},
    {"Patient": "Cy Madeup", "Status": "No Show", "Billed": "no"},
    {"Patient": "Di Madeup", "Status": "Arrived", "Billed": "yes"},
    {"Patient": "Ed Madeup", "Status": "Arrived", "Billed": "no", "Tax": "4.75"},
    {"Patient": "Flo Madeup", "Status": "Arrived", "Billed": "no", "Accident Date": "2026-09-01"},
]
OPTIONAL = ("Status", "Billed", "Tax", "Accident Date", "Start", "Visit", "Location")


def stopped(intake: Intake) -> bool:
    """Whether `claim` refuses the intake."""
    try:
        refuse_unread(intake.files, "clinic.toml")
    except BillingError:
        return True
    return False


@pytest.mark.parametrize(
    ("setup", "words"),
    [
        ("clinic.toml", '  ignore = ["Went"]'),
        ("clinic.xlsx", 'Say in clinic.xlsx, sheet Columns, what each stands for, or ignore: "Went".'),
    ],
)
def test_the_way_out_is_worded_for_the_setup_at_hand(tmp_path: Path, setup: str, words: str) -> None:
    path = xlsx(tmp_path, [{**NEEDED, "Went": "no"}, {**NEEDED, "Patient": "Di Madeup", "Went": "yes"}])
    with pytest.raises(BillingError) as refused:
        refuse_unread(read_files([path], practice(tmp_path)).files, setup)
    assert words in str(refused.value).splitlines()


def test_a_column_that_nobody_mapped_is_fixed_in_the_setup(tmp_path: Path) -> None:
    initials = [("Ada", "AB"), ("Bo", "CD"), ("Cy", "AB"), ("Di", "EF")]
    lines = [{**NEEDED, "Patient": f"{name} Madeup", "Initials": cell} for name, cell in initials]
    lines[3]["Insurer"] = "#N/A"
    clinic = practice(tmp_path)
    month = prepare_month(read_files([xlsx(tmp_path, lines)], clinic), Scope(clinic, month=MONTH, as_of=AS_OF))
    holds = month.findings[month.findings["kind"] == "unreadable-cell"]
    about = CATALOGUE["unreadable-cell"]
    unmapped = (
        'Column "Initials" (Sessions, column H) is not in the clinic setup: choose what it is, or ignore (sheet '
        "Columns). Its cells look like a status, a practitioner or an insurer."
    )
    assert holds["message"].tolist()[:3] == [unmapped] * 3
    assert holds["fix"].tolist()[:3] == [about.setup_fix] * 3
    # A row with another cell that can't be read needs both, and is no matter of the setup only.
    assert unmapped in holds["message"].tolist()[3]
    assert about.fix in holds["fix"].tolist()[3]
    assert about.setup_fix in holds["fix"].tolist()[3]
    assert holds["in_setup"].tolist() == [True, True, True, False]


def test_a_column_without_a_heading_needs_one_first() -> None:
    column = UnreadColumn("", "column H", looks_like="amounts", example="4.75")
    assert described(column) == (
        "A column without a heading (column H) is not in the clinic setup: give it a heading, then choose what it is, "
        'or ignore (sheet Columns). Its cells look like amounts ("4.75").'
    )


@pytest.mark.parametrize(
    ("visits", "of_patients"),
    [
        ("A1-5 B2-6 A1-12 B2-13", True),
        ("A1-5 B2-6 C3-7 A1-12 B2-13 C4-14", True),
        ("A1-5 B2-6 A1-12 B3-13", False),
        ("A1-5 B2-6 C3-7 C4-8 D5-5 D6-6 A1-12 B2-13", False),
        ("A1-5 B2-6 A1-5 B2-6", False),
        ("A1-5 B2-6 A2-12 B1-13", False),
        ("A1-5 B2-6 A3-12 B4-13", False),
        ("A-5 B-6 A-12 B-13", False),
    ],
)
def test_a_column_of_session_ids_that_numbers_patients_stops_claim_until_the_setup_says_what_it_is(
    tmp_path: Path, visits: str, of_patients: bool
) -> None:
    cells = [visit.partition("-") for visit in visits.split()]
    rows = [
        {**NEEDED, "Patient": f"{who[0]} Madeup", "Service Date": f"2026-10-{day:0>2}", "ID": who[1:]}
        for who, _, day in cells
    ]
    path = csv_file(tmp_path, rows)
    intake = read_files([path], practice(tmp_path))
    assert intake.files[0].unread_headings == ["ID"] * of_patients
    assert stopped(intake) == of_patients
    assert intake.sessions["session_id"].tolist() == ["" if of_patients else row["ID"] for row in rows]
    held = intake.cell_findings["message"].tolist()
    assert held == [
        'Column "ID" (column H) is no Session ID: choose what it is, or ignore (sheet Columns). Its cells look like '
        "numbers of patients: the same one on several days, and a session has its own."
    ] * (len(rows) * of_patients)
    if of_patients:
        layout = "[[layout]]\nname = 'my-program'\nheadings = {ID = 'Patient ID'}\n"
        for named in (practice(tmp_path, layout), practice(tmp_path, clinic='ignore = ["ID"]')):
            assert not stopped(read_files([path], named))


def claimed(path: Path, clinic: Clinic) -> list[str]:
    """The patients whose sessions `check` calls claimed, though `claim` may refuse; nobody's where both refuse."""
    try:
        intake = read_files([path], clinic)
    except BillingError:
        return []
    month = prepare_month(intake, Scope(clinic, month=MONTH, as_of=AS_OF))
    return list(month.sessions.loc[month.sessions["outcome"] == "claimed", "patient"])


def of_one_column(tmp_path: Path, name: str, cells: Sequence[Any], more: str = "") -> tuple[list[str], list[str]]:
    """The headings that were not read, and of these the ones that stop `claim`, of sessions with one more column."""
    sessions = [{**NEEDED, "Patient": f"{'ABCDEFGHIJ'[n]} Madeup", name: cell} for n, cell in enumerate(cells)]
    file = read_files([csv_file(tmp_path, sessions)], practice(tmp_path, clinic=more)).files[0]
    return file.unread_headings, [column.heading for column in file.doubtful]


def test_no_renamed_subset_of_headings_lets_a_cancelled_or_billed_session_be_claimed(tmp_path: Path) -> None:
    blank = dict.fromkeys(OPTIONAL, "")
    sessions = [{**NEEDED, **blank, "Start": "9:00", "Visit": "new", **cells} for cells in ROWS]
    subsets = [renamed for size in range(len(OPTIONAL) + 1) for renamed in itertools.combinations(OPTIONAL, size)]
    files = []
    for renamed in subsets:
        names = {name: f"Zq{number}" if name in renamed else name for number, name in enumerate([*NEEDED, *blank])}
        path = csv_file(tmp_path, [{names[name]: cell for name, cell in row.items()} for row in sessions])
        files.append(path.read_bytes())
    patients = [[claim[1] for _, _, _, claim in ending.rows if claim] for ending in Practice(tmp_path).endings(files)]
    assert patients[0] == ["Ada Madeup"]
    for renamed, claims in zip(subsets, patients, strict=True):
        assert set(claims) <= set(patients[0]), renamed


def test_one_telling_cell_under_a_heading_nobody_knows_stops_the_claim(tmp_path: Path) -> None:
    cases = [(name, cell) for name, cells in TELLING.items() for cell in cells]
    files = [csv_text([{**NEEDED, name: cell}]) for name, cell in cases]
    *telling, plain = Practice(tmp_path).endings([*files, csv_text([NEEDED])])
    assert [outcome for _, outcome, _, _ in plain.rows] == ["claimed"]
    claimed = [case for case, ending in zip(cases, telling, strict=True) if any(claim for *_, claim in ending.rows)]
    assert claimed == [], "the cell decides where its column is read"
    for _, cell in cases:
        for cells in ([cell], ["", cell, ""]):
            assert of_one_column(tmp_path, "Zeta", cells) == (["Zeta"], ["Zeta"]), cell


WORDS = st.text("abcdefghijklmnopqrstuvwxyzäéß ", min_size=3, max_size=12).map(str.strip).filter(bool)


@examples(10)
@given(name=WORDS, cell=st.sampled_from([cell for cells in TELLING.values() for cell in cells]))
def test_whatever_the_heading_says(tmp_path: Path, name: str, cell: str) -> None:
    rules = published().layouts
    names = {heading(n) for names in rules.layout["sessions"].headings.values() for n in names}
    if heading(name) not in names and not published().unread.excused(name):
        assert claimed(csv_file(tmp_path, [{**NEEDED, name: cell}]), practice(tmp_path)) == []


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("statuses", ["Arrived", "Arrived"]), ("yes-or-no", ["no", "no"]), ("yes-or-no", ["0", "1"]),
        ("days", ["2026-09-01", ""]), ("days", ["2026-10-07", "2026-11-01"]), ("amounts", ["20.00", ""]),
        ("insurers", ["ICBC", "Sun Life"]), ("insurers", ["SLF", "Green Shield (1234)"]),
        ("practitioners", ["Ann Example", "Carla Specimen"]), ("practitioners", ["Example, Ann", "Ann Example (RMT)"]),
    ],
)  # fmt: skip
def test_what_the_cells_look_like(tmp_path: Path, kind: str, cells: list[str]) -> None:
    sessions = [{**NEEDED, "Patient": f"{n} Madeup", "Zeta": cell} for n, cell in enumerate(cells)]
    (column,) = read_files([csv_file(tmp_path, sessions)], practice(tmp_path)).files[0].unread
    assert column.looks_like == kind


def test_days_and_amounts_of_a_workbook_are_no_text(tmp_path: Path) -> None:
    for cell in (dt.date(2026, 11, 1), dt.datetime(2026, 11, 1, 9, 30), 46327, 4.75, True, 20):
        intake = read_files([xlsx(tmp_path, [{**NEEDED, "Fee": 95.0, "Zeta": cell}])], practice(tmp_path))
        assert stopped(intake), cell


HARMLESS: list[tuple[str, list[str]]] = [
    ("Room", ["3", "12"]),
    ("Duration of stay", ["30", "30"]),
    ("Email", ["pat@example.org", "robin@example.org"]),
    ("Telephone", ["250-555-0100", "2505550101"]),
    ("Colour", ["red", "blue"]),
    ("Referral source", ["Dr. Who", "ICBC"]),
    ("Created at", ["2026-10-01 08:30:00", "2026-10-02 09:00:00"]),
    ("Booked on", ["2026-09-01", "2026-09-02"]),
    ("Diagnosis", ["M54.5", "S13.4"]),
    ("Internal memo", ["Patient said that she sent the forms last week", "called, no answer at home"]),
    ("Arrival", ["9:05", "10:10"]),
    ("Born", ["1980-01-31", "2012-05-06"]),
    ("Reference", ["AB-100200", "AB-100201"]),
    ("Chart", ["1201", "1202", "1203"]),
    ("Who pays", ["Sunlife", "Sun Life"]),
    ("Therapist's name", ["Example, Ann", "Ann Example"]),
    ("Nothing", ["-", "n/a"]),
    ("Units", ["1", "1"]),
    ("Kind", ["M", "F"]),
    ("Gender", ["F", "F"]),
    ("Insurance state", ["unsubmitted", "not billed"]),
    ("Discount", ["0.00", ""]),
]


# What a clinic or its program writes beside the visits, and what no claim rests on.
HARMLESS += [
    ("Consent", ["Y", "N"]), ("Signature on file", ["2026-01-05", ""]), ("Consent form signed", ["✓", ""]),
    ("SMS", ["sent", "delivered"]), ("Reminder Status", ["confirmed", "failed"]), ("Prescription", ["on file", "no"]),
    ("Parking", ["A", "B"]), ("Parking", ["5.00", ""]), ("Expiry", ["2027-01-31", ""]), ("Deductible", ["50.00", ""]),
    ("Timestamp", ["2026-10-07 10:00", "2026-10-08 10:00"]), ("Forms", ["Completed", "pending"]),
    ("Total", ["95.00", "$95.00"]), ("Unit price", ["95", "95.00"]), ("Duration (hrs)", ["0.75", "0.5"]),
    ("Registration #", ["01234", "01234"]), ("City", ["Saanich", "Saanich"]), ("Postal code", ["V8V 1A1", "V8V 1A1"]),
    ("Zeta", ["pat@example.org", ""]), ("Zeta", ["(250) 555-0100 ext. 3", ""]), ("Zeta", ["https://example.org/1", ""]),
    ("Zeta", ["1b4e28ba-2fa1-11d2-883f-0016d3cca427", ""]), ("Zeta", ["ABC-100200", "ABC-100201"]),
    ("Zeta", ["she wants to come back in a week", "Called, no answer at home"]), ("Weekday", ["Wed", "Thu"]),
    ("Zeta", [f"{word} {word}" for word in ("ant", "bee", "cat", "dog", "elk", "fox")]),
    ("Discipline", ["Physiotherapy"]),
    ("Given name", ["A", "B"]), ("Zeta", ["Madeup", "Madeup"]), ("Zeta", ["to be billed", "unsubmitted"]),
    ("Pronouns", ["she/her", "he/him"]), ("Created by", ["Ann Example", "Front desk"]), ("Discount", ["0", "0"]),
    ("Heard from", ["friend", "ICBC"]), ("Treatment #", ["2", "3/10"]), ("Ext.", ["12", "13"]),
]  # fmt: skip
# More of what practice systems export beside the visits; the first visits of these tests are on 2026-10-07.
HARMLESS += [
    ("Treatment Room", ["1", "Gym"]), ("How did you hear about us?", ["Google", "Friend", "Walk by"]),
    ("Referring Doctor", ["Dr. A. Wong", "Dr. B. Lee"]), ("Doctor's Note", ["on file", ""]),
    ("Internal Notes", ["left knee", "call mom"]), ("Alerts", ["Fall risk", "Latex allergy"]),
    ("Chart Entries", ["1", "2"]), ("Due Date", ["2026-11-07"]), ("Terms", ["Net 30"]), ("Next of Kin", ["Mo Madeup"]),
    ("Guardian", ["", "Mo Madeup"]), ("Clinic Address", ["1 Main St, Saanich"]), ("Insurer Address", ["PO Box 100"]),
    ("GST Number", ["123456789 RT0001"]), ("Provider Registration", ["01234"]), ("Zeta", ["01234", "05678"]),
    ("Profession", ["Physiotherapist"]), ("Provider Type", ["Registered Physiotherapist"]),
    ("Discount %", ["0%"]), ("Tax Rate", ["0%"]), ("Zeta", ["0.00", "$0.00", "0 %"]), ("PST Amount", ["$0.00"]),
    ("Invoice Total", ["95.00"]), ("Total Charged", ["95.00"]), ("Total incl. tax", ["95.00"]),
    ("Time Zone", ["America/Vancouver"]), ("Wait Time", ["3 min", "5 min"]), ("Recurring", ["No"]),
    ("Recurrence", ["weekly", ""]), ("Series", ["1 of 6", "2 of 6"]), ("Booking Channel", ["online", "phone"]),
    ("Week of", ["2026-10-05"]), ("Week Ending", ["2026-10-10"]), ("Month", ["October"]), ("Period", ["October 2026"]),
    ("Month", ["2026-10"]), ("Invoice Date", ["2026-10-07"]), ("Fiscal Year", ["2026"]), ("Quarter", ["Q4"]),
    ("First Visit", ["true", "false"]), ("New Patient?", ["N"]), ("First Visit Date", ["2026-01-05", "2025-06-04"]),
    ("Follow-up Date", ["2026-10-14"]), ("Total Visits", ["3", "12"]), ("Birth Year", ["1980", "1975"]),
    ("Body Part", ["Left knee", "Neck"]), ("Area Treated", ["Low back", "Neck"]), ("Pain Level", ["4/10", "6/10"]),
    ("Reason for Visit", ["Low back pain", "follow up"]), ("Treatment Plan", ["continue weekly"]),
    ("Photo Consent", ["No"]), ("SMS Opt-In", ["Yes"]), ("Portal Access", ["Yes", "No"]), ("Suffix", ["", "Jr"]),
    ("Health Card Expiry", ["2028-01-01"]), ("Plan Maximum", ["500"]), ("Plan Sponsor", ["Saanich Schools"]),
    ("External ID", ["ext_1", "ext_2", "ext_3"]), ("Income Category", ["Treatment Income"]), ("Seq", ["1", "2"]),
    ("Generated At", ["2026-11-01 08:00"]), ("Registration Date", ["2024-05-06"]), ("Height (cm)", ["170"]),
    ("Interpreter Needed", ["No"]), ("Loyalty Points", ["0"]), ("Booking Date/Time", ["2026-09-30 08:30"]),
]  # fmt: skip
# Words of no list, and what is no word: under a heading that nobody knows each could decide about a claim.
SORTING: list[tuple[str, list[str]]] = [
    *[("Zeta", [word]) for word in ("CXL", "LCX", "FTA", "DO NOT BILL", "Comp", "Write-off", "Draft", "Paid by patient",
      "EOB received", "PIF", "Acquitté", "Réglé", "✗", "☐", "?", "*", "checked", "RMT", "PT", "Role Assistant", "AE",
      "Canine", "Zoom", "GST", "EX", "Oct 9", "9 Oct", "9/10", "2026-09", "10/2026", "MVA", "ICBC - left knee",
      "work injury", "10%", "Zzq", "level B", "3", "F", "female")],
    ("Species", ["human", "canine"]), ("Mode", ["virtual", "in person"]), ("Telehealth", ["no", "yes"]),
    ("Paid by", ["patient", "insurer"]), ("How paid", ["Visa", "Cash"]), ("Payment Type", ["Debit"]),
    ("Online", ["yes"]), ("Check-in", ["08:58", ""]), ("Arrival time", ["9:05", "-"]),
    ("Discount", ["10%", ""]), ("Discount", ["5.00"]), ("Total", ["95.00", "100.00"]), ("Paid", ["95.00", "95.00"]),
    ("Diagnosis", ["MVA", ""]), ("Tag", ["Cancelled", ""]), ("Reminder", ["ICBC"]), ("Code", ["Z"]), ("Work", ["yes"]),
    ("Zeta", ["she wants to come back in a week", *["CX7"] * 9]), ("Zeta", ["RMT", "RMT", *["PT"] * 20]),
    ("Zeta", ["", *[f"n{number}" for number in range(10)], *["zz"] * 10]),
    ("Internal Notes", ["cancelled"]), ("Month", ["November"]), ("Month", ["2026-11"]), ("Week of", ["2026-10-19"]),
    ("Invoice Date", ["2026-11-01"]), ("Invoice Date", ["2026-10-07", ""]), ("Period", ["2026-10-07", "billed"]),
    ("Zeta", ["2026-10-07"]), ("Time Zone", ["UTC"]), ("Profession", ["Physiotherapist", "RMT"]), ("Tax Rate", ["5%"]),
    ("Invoice Total", ["99.75"]), ("PST Amount", ["6.65"]), ("Plan Insurer", ["level B"]),
    ("Status ID", ["c1"]), ("Injury", ["Zzq"]), ("Direct Billing Consent", ["No"]),
    ("Discount Points", ["5.00"]), ("Reference", ["TELUS 10/09"]), ("Payment", ["Visa 95.00"]),
    # What an insurer answers to what was sent to it.
    ("Confirmation Number", ["A10020030", ""]), ("Confirmation #", ["", "448811"]),
    ("Transaction ID", ["-", "TX-7781"]),
    ("Claim Ref", ["CR-99812", ""]), ("Claim Ref", ["CR-99812", "CR-99813"]), ("Reference Number", ["n/a", "889912"]),
    ("Insurer Reference", ["", "42005"]), ("eClaims ID", ["4488112"]), ("TELUS Trace No.", ["990012", ""]),
    ("Confirmation", ["2026 4488", ""]),
]  # fmt: skip
HARMLESS += [
    ("Confirmation Number", ["A10020030", "A10020031"]), ("Transaction ID", ["7781", "7782"]),
    ("Confirmation", ["sent", ""]), ("Confirmation", ["Oct 1, 2026", ""]),
    ("Locker Reference", ["AB-100200", ""]), ("Reference", ["none", "n/a"]), ("Claims Phone", ["", "604-555-0100"]),
    ("Quantity", ["1", "1.00"]), ("Qty Sold", ["1", ""]), ("Units", ["2", "4"]), ("Units", ["hrs", ""]),
]  # fmt: skip
# Where the visits are on 2026-10-07, and a private plan is billed.
OF_PLANS: list[tuple[str, list[str], bool]] = [
    ("WCB #", ["", "12345678"], True), ("ICBC No.", ["AB123456", ""], True), ("MVA file", ["1234567", "-"], True),
    ("ICBC Provider #", ["12345", "12345"], False), ("WCB Phone", ["604-555-0100", ""], False),
    ("ICBC #", ["", "n/a"], False),
    ("Policy Expiry", ["2027-01-31", "2026-10-06"], True), ("Coverage expires", ["2026-09-30"], True),
    ("Expiry Date", ["2026-10-07", "2027-01"], False), ("Health Card Expiry", ["2026-09-30"], False),
]  # fmt: skip
QUANTITIES = [
    ("Quantity", ["1", "0", "0.5", "-1", "2", "1.0", "", "-", "each", "1"], [1, 2, 3, 4, 8]),
    ("Qty", ["1", "(1)", "3"], [1, 2]), ("Quantité", ["0,50", "1,00"], [0]),
    ("Units", ["2", "0", "0.50", "-1", "1"], [1, 2, 3]),
    ("Units Remaining", ["0", "5"], []), ("Total Quantity Used", ["0", "5"], []),
]  # fmt: skip


def judged(clinic: Clinic, name: str, cells: Sequence[str]) -> tuple[list[str], list[str]]:
    """As `of_one_column`, without a disk."""
    rows = [{**NEEDED, "Patient": f"{chr(65 + n)} Madeup", name: cell} for n, cell in enumerate(cells)]
    file = read_texts(clinic, csv_text(rows)).files[0]
    return file.unread_headings, [column.heading for column in file.doubtful]


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return practice(tmp_path_factory.mktemp("practice"))


@pytest.mark.parametrize(("name", "cells"), HARMLESS, ids=[f"{name} {cells[0]}" for name, cells in HARMLESS])
def test_a_harmless_column_is_named_and_stops_nothing(clinic: Clinic, name: str, cells: list[str]) -> None:
    assert judged(clinic, name, cells) == ([name], [])


@pytest.mark.parametrize(("name", "cells"), SORTING, ids=[f"{name} {cells[0]}" for name, cells in SORTING])
def test_a_column_that_sorts_the_rows_stops_the_claim(clinic: Clinic, name: str, cells: list[str]) -> None:
    assert judged(clinic, name, cells) == ([name], [name])


@pytest.mark.parametrize(
    ("name", "cells", "held"), QUANTITIES, ids=[f"{name} {cells[0]}" for name, cells, _ in QUANTITIES]
)
def test_a_quantity_that_is_not_one_holds_its_visit(
    tmp_path: Path, name: str, cells: list[str], held: list[int]
) -> None:
    rows = [{**NEEDED, "Patient": f"{chr(65 + n)} Madeup", name: cell} for n, cell in enumerate(cells)]

    def doubtful(clinic: Clinic) -> list[int]:
        bad = read_texts(clinic, csv_text(rows)).cell_findings
        return list(bad.loc[bad["column"] == "billed", "session"])

    assert doubtful(practice(tmp_path)) == held
    assert doubtful(practice(tmp_path, clinic=f'ignore = ["{name}"]')) == []


@examples(20)
@given(cells=st.lists(st.text("bcdghjk ", min_size=2, max_size=12).map(str.strip).filter(bool), min_size=1, max_size=3))
def test_words_of_no_list_stop_the_claim_whatever_they_are(clinic: Clinic, cells: list[str]) -> None:
    assert judged(clinic, "Zeta", [*cells, *cells, ""])[1] == ["Zeta"]


@pytest.mark.parametrize(("name", "cells", "stops"), OF_PLANS)
def test_numbers_of_an_accident_and_plans_that_ended_stop_the_claim(
    clinic: Clinic, name: str, cells: list[str], stops: bool
) -> None:
    assert judged(clinic, name, cells) == ([name], [name] * stops)


def test_an_accident_is_no_news_in_a_row_of_the_payer_of_accidents(clinic: Clinic) -> None:
    rows = [{**NEEDED, "Insurer": "ICBC", "Diagnosis": "ICBC - left knee", "ICBC #": "AB123456"}]
    assert read_texts(clinic, csv_text(rows)).files[0].doubtful == ()


def test_a_column_of_the_locations_that_are_billed_stops_the_claim(tmp_path: Path) -> None:
    clinic = 'locations = ["Saanich"]'
    assert of_one_column(tmp_path, "Zeta", ["Saanich", "Victoria"], clinic) == (["Zeta"], ["Zeta"])
    assert of_one_column(tmp_path, "City", ["Saanich", "Victoria"], clinic) == (["City"], [])


def test_an_ignored_heading_is_named_and_stops_nothing(tmp_path: Path) -> None:
    assert of_one_column(tmp_path, "Zeta", ["Cancelled"], 'ignore = ["zeta"]') == (["Zeta"], [])


def test_a_layout_says_what_a_heading_is_or_that_it_is_ignored(tmp_path: Path) -> None:
    own = '[[layout]]\nname = "own"\nheadings = { "Zeta" = "Status" }\nignore = ["Eta"]\n'
    path = csv_file(tmp_path, [{**NEEDED, "Zeta": "Cancelled", "Eta": "yes"}])
    intake = read_files([path], practice(tmp_path, more=own))
    assert list(intake.sessions["status"]) == ["cancelled"]
    assert (intake.files[0].unread_headings, intake.files[0].doubtful) == (["Eta"], ())


def test_a_column_without_a_heading_is_named_by_its_letter(tmp_path: Path) -> None:
    path = tmp_path / "sessions.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["", *NEEDED], ["Cancelled", *NEEDED.values()]])
    intake = read_files([path], practice(tmp_path))
    assert intake.files[0].unread_headings == ["column A"]
    assert stopped(intake)


MARKED: list[tuple[Mapping[str, str], str]] = [
    ({"No Show": "yes"}, "no-show"),
    ({"No-show?": "no"}, "arrived"),
    ({"Cancelled": "x"}, "cancelled"),
    ({"Canceled": "canceled"}, "cancelled"),
    ({"Cancelled at": "2026-10-06 09:00"}, "cancelled"),
    ({"did_not_arrive": "true", "patient_arrived": "false"}, "no-show"),
    ({"did_not_arrive": "false", "patient_arrived": "false"}, "not-arrived"),
    ({"patient_arrived": "true", "cancelled_at": ""}, "arrived"),
    ({"Attended": "no"}, "not-arrived"),
    ({"Attended": "yes"}, "arrived"),
    ({"Status": "Arrived", "Cancelled": "no"}, "arrived"),
    ({"Status": "Arrived", "Appt Status": "Cancelled"}, "unknown"),
    ({"Status": "Arrived", "Cancelled": "yes"}, "unknown"),
    ({"Status": "", "Appt Status": "Cancelled"}, "cancelled"),
    ({"Appt Status": "Arrived", "Outcome": "No Show"}, "unknown"),
]


@pytest.mark.parametrize(("cells", "status"), MARKED, ids=[str(dict(cells)) for cells, _ in MARKED])
def test_every_column_that_says_a_status_is_read(tmp_path: Path, cells: Mapping[str, str], status: str) -> None:
    intake = read_files([csv_file(tmp_path, [{**NEEDED, **cells}])], practice(tmp_path))
    assert list(intake.sessions["status"]) == [status]
    assert list(intake.cell_findings["kind"]) == (["status-not-recognised"] if status == "unknown" else [])
    assert not stopped(intake)


def test_a_visit_without_the_tick_that_others_have_is_held(tmp_path: Path) -> None:
    ticks = ["x", "", "x"]
    path = csv_file(tmp_path, [{**NEEDED, "Attended": tick} for tick in ticks])
    assert list(read_files([path], practice(tmp_path)).sessions["status"]) == ["arrived", "unknown", "arrived"]


def test_an_amount_under_a_heading_that_is_a_status_is_no_tick(tmp_path: Path) -> None:
    refunds = ["0.00", "20.00", ""]
    (file,) = read_files(
        [csv_file(tmp_path, [{**NEEDED, "Refunded": cell} for cell in refunds])], practice(tmp_path)
    ).files
    assert [column.looks_like for column in file.unread] == ["amounts"]


def test_a_second_column_on_what_was_billed_counts_too(tmp_path: Path) -> None:
    for cells in ({"Billed": "no", "Claim Sent": "2026-11-01"}, {"Invoiced": "no", "Sent to Insurer": "yes"}):
        intake = read_files([csv_file(tmp_path, [{**NEEDED, **cells}])], practice(tmp_path))
        assert list(intake.sessions["billed"]) == [True]


def synonyms() -> Iterator[tuple[str, str]]:
    for field, names in published().layouts.layout["sessions"].headings.items():
        yield from ((field, name) for name in names)


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("status", ["Appt Status", "Attended", "Booking Status", "Appointment State", "Outcome", "Client Status"]),
        ("billed", ["Claimed", "Invoiced", "Sent to Insurer", "Claim Sent"]),
        ("accident_date", ["DOL", "MVA Date", "DOI"]),
        ("tax", ["GST Amount", "Sales Tax"]),
        ("location", ["Office"]),
    ],
)
def test_the_usual_names_are_understood(field: str, names: list[str]) -> None:
    assert {(field, name) for name in names} <= set(synonyms())


def test_a_file_without_a_status_column_says_so(tmp_path: Path) -> None:
    clinic = practice(tmp_path)
    assert read_files([csv_file(tmp_path, [NEEDED])], clinic).files[0].all_attended
    assert not read_files([csv_file(tmp_path, [{**NEEDED, "Status": ""}])], clinic).files[0].all_attended


def test_the_ledger_keeps_what_was_not_read_and_sources_shows_it(tmp_path: Path) -> None:
    clinic = practice(tmp_path)
    intake = read_files([csv_file(tmp_path, [{**NEEDED, "Colour": "red"}])], clinic)
    view = on_ledger(prepare_month(intake, Scope(clinic, month=MONTH, as_of=AS_OF)))
    (block,) = [block for block in sources(view) if block.title == "Columns that were not read"]
    assert block.rows == [("sessions.csv", "Colour")]


def test_check_says_it_first_and_claim_refuses_with_both_ways_out(tmp_path: Path) -> None:
    practice(tmp_path)
    path = csv_file(tmp_path, [{**NEEDED, "Zeta": "Cancelled", "Colour": "red"}])
    chosen = ("--month", MONTH, "--as-of", f"{AS_OF}")
    checked = run("check", path, *chosen, "--json", cwd=tmp_path)
    (file,) = report(checked)["files"]
    assert (checked.returncode, file["unread"], file["skipped"]) == (1, ["Zeta", "Colour"], [])
    assert (file["could_change_a_claim"], file["note"]) == (["Zeta"], ALL_ATTENDED)
    assert '"Zeta" (column H)' in run("check", path, *chosen, cwd=tmp_path).stdout
    for also in ((), ("--dry-run",)):
        refused = run("claim", path, *chosen, *also, cwd=tmp_path)
        assert refused.returncode == 2
        for words in ("sessions.csv", '"Zeta" (column H)', "[[layout]]", 'ignore = ["Zeta"]', '"cancelled"'):
            assert words in refused.stderr
    assert not (tmp_path / "ims-billing.sqlite").exists()
