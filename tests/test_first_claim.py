"""From exports to the first claim, as a clinic does it: init, the answers typed into the workbook, claim."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from ims_billing.cli.main import app
from ims_billing.ledger.ledger import Ledger
from tests.practice import AS_OF, xlsx_cells

OCTOBER = [dt.date(2026, 10, day) for day in (5, 6, 7, 8, 9, 13, 14, 15, 16, 19, 20, 21)]
PATIENTS = ("Ada Madeup", "Bo Invented", "Cy Fictive", "Di Nonesuch", "Ed Placeholt", "Flo Dummett")
# What only the clinic knows, by the cell's heading and whose it is; a proposal that is right is typed without its ?.
ANSWERS: dict[tuple[str, str], Any] = {
    ("Name", ""): "Example Physiotherapy",
    ("Registration", "Ann Example"): "01234",
    ("Registration", "Ben O'Neil"): "05678",
    ("Registration", "Fay Pretend"): "02468",
    ("Registered from", "Ann Example"): dt.date(2015, 1, 1),
    ("Registered from", "Ben O'Neil"): dt.date(2019, 6, 1),
    ("Registered from", "Fay Pretend"): "1 June 2024",
    ("Needling from", "Ann Example"): dt.date(2018, 5, 1),
    ("Needling from", "Ben O'Neil"): dt.date(2020, 5, 1),
    ("Needling from", "Fay Pretend"): dt.date(2025, 2, 1),
    ("Name", "Novel Mut"): "Novel Mutual",
    ("Service", "Needling 30"): "ims",
    ("Stands for", "Room"): "ignore",
}


def own_headings(folder: Path) -> Path:
    """An export under headings of its own, below two title lines and above a total, with rooms and chart colours."""
    insurers = ("Sun Life", "SLF", "PBC", "Manulife", "Canada Life (GWL)", "Sun Life (12345)", "Novel Mut")
    names = ("IMS Acupuncture 30 min", "Dry needling", "Needling 30", "Massage 60 min")
    people = ("Ann Example, PT", "A. Example", "Ben O'Neil (Physiotherapist)", "Carla Specimen (RMT)")
    rows: list[list[Any]] = [["Our clinic"], ["Visits in October"], []]
    rows.append(["When", "Who Came", "Seen By", "What Was Done", "Paid For By", "Price", "Policy", "Member ID", "Room"])
    for number, day in enumerate(OCTOBER):
        service = names[number % 3] if number % 4 != 3 else names[3]
        rows.append(
            [day, PATIENTS[number % 6], people[number % 4], service, insurers[number % 7], 95.0, f"0{number:03d}",
             f"1{number:03d}", f"Room {number % 3}"],
        )  # fmt: skip
    rows.append(["Total", "", "", "", "", 95.0 * len(OCTOBER)])
    return xlsx_cells(folder, rows, "october visits.xlsx")


def written(path: Path, headings: str, rows: Iterable[Sequence[Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headings.split(","), *rows])
    return path


def jane(folder: Path) -> list[Path]:
    """Jane's two reports: the patient who pays is the payer, practitioners carry their discipline in brackets."""
    people = ("Fay Pretend (Registered Physiotherapist)", "Dev Placeholder (Registered Acupuncturist)")
    payers = ("Green Shield", "DSF", "Equitable", "GMS")
    booked, sold = [], []
    for number, day in enumerate(OCTOBER):
        patient = PATIENTS[(number + 2) % 6]
        first, last = patient.split()
        person, service = people[number % 2], ("IMS 30 min", "Acupuncture 45 min")[number % 2]
        payer = patient if number % 6 == 4 else payers[number % 4]
        at = f"{day}T09:00:00-07:00"
        until, guid = at.replace("09:00", "09:30"), f"g{number % 6}"
        booked.append([number, "Main", at, until, guid, number % 6, first, last, service, person, "arrived"])
        invoice = (f"{number}-C01", "Treatment", "", "unpaid", "95.00", "95.00", "0.00", "95.00")
        sold.append(["Main", day, day, guid, patient, service, person, payer, *invoice])
    appointments = "id,location_name,start_at,end_at,patient_guid,patient_number,patient_first_name,patient_last_name,"
    appointments += "treatment_name,staff_member_name,state"
    sales = "Location,Purchase Date,Invoice Date,Patient Guid,Patient,Item,Staff Member,Payer,Invoice #,"
    sales += "Income Category,Details,Status,Subtotal,Total,Collected,Balance"
    booked_file = written(folder / "jane-appointments.csv", appointments, booked)
    return [booked_file, written(folder / "jane-sales.csv", sales, sold)]


def third(folder: Path) -> Path:
    """Another system's report: a header over two rows, a band for each practitioner with a subtotal, days as text."""
    rows: list[list[Any]] = [
        ["Practice report", "", "", "", "", "", ""],
        ["Appt", "Client", "", "", "", "Group", "Certificate"],
        ["Date", "Name", "Treatment", "Payor", "Charge", "Number", ""],
    ]
    for person, service, payer in (
        ("Ben O’Neil", "IMS follow-up 30 min", "Pacific Blue Cross"),
        ("Erin Mockup, Kin", "Kinesiology 30 min", "Beneva"),
    ):
        rows.append([person, "", "", "", "", "", ""])
        days = OCTOBER[:: 2 if "Ben" in person else 3]
        rows += [
            [f"{day:%d %b %Y}", PATIENTS[(number + 4) % 6], service, payer, "$95.00", "01", "02"]
            for number, day in enumerate(days)
        ]
        rows.append(["Subtotal", "", "", "", f"${95.0 * len(days):.2f}", "", ""])
    rows.append(["Grand total", "", "", "", "$950.00", "", ""])
    return xlsx_cells(folder, rows, "other system.xlsx")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)


def claimed(folder: Path, exports: list[Path]) -> tuple[set[str], set[str]]:
    """Claims October; the practitioners and the insurers of the claims."""
    done = run("claim", *exports, "--month", "2026-10", "--as-of", str(AS_OF))
    assert done.exit_code == 0, done.output
    ledger = Ledger(folder / "ims-billing.sqlite")
    with ledger.reading():
        claims = ledger.month("2026-10").claims
    return set(claims["practitioner"]), set(claims["insurer"])


def begun(folder: Path) -> tuple[list[Path], Result]:
    exports = [own_headings(folder), *jane(folder), third(folder)]
    return exports, run("init", folder, "--from", *exports)


def answered(path: Path) -> int:
    """Types an answer into each cell that asks, as somebody at the clinic would; returns how many facts that took."""
    book = openpyxl.load_workbook(path)
    facts = 0
    for sheet in book:
        head = 4 if sheet.title == "Clinic" else 2
        for row in sheet.iter_rows(min_row=head + 1):
            for cell in row:
                if not (isinstance(cell.value, str) and cell.value.endswith("?")) or sheet.sheet_state == "hidden":
                    continue
                if sheet.title == "Clinic" and cell.column != 2:
                    continue
                label = str(row[0].value) if sheet.title == "Clinic" else str(sheet.cell(head, cell.column).value)
                whose = "" if sheet.title == "Clinic" else next(
                    str(c.value) for c in row if c.value and c is not cell and not str(c.value).endswith("?")
                    and str(sheet.cell(head, c.column).value) != "Layout"
                )  # fmt: skip
                answer = ANSWERS.get((label, whose), cell.value.rstrip("?") or None)
                assert answer is not None, (sheet.title, label, whose)
                cell.value = answer
                facts += 1
    book.save(path)
    return facts


def test_three_messy_exports_are_claimed_in_two_runs_with_few_facts_and_no_column_renamed(tmp_path: Path) -> None:
    exports, done = begun(tmp_path)
    assert done.exit_code == 0, done.output
    assert not any(patient.split()[1] in done.output for patient in PATIENTS)
    facts = answered(tmp_path / "clinic.xlsx")
    assert facts <= 25
    assert f"{facts} things to fill in before you can claim" in done.output
    practitioners, insurers = claimed(tmp_path, exports)
    assert practitioners == {"Ann Example", "Ben O'Neil", "Fay Pretend"}
    assert insurers >= {"Sun Life", "Pacific Blue Cross", "Canada Life", "Novel Mutual"}


def test_the_workbook_asks_what_nobody_else_can_know_and_names_no_patient(tmp_path: Path) -> None:
    begun(tmp_path)
    book = openpyxl.load_workbook(tmp_path / "clinic.xlsx")
    cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells for patient in PATIENTS if patient.split()[1] in cell]
    people = {row[0]: row for row in book["Practitioners"].iter_rows(min_row=3, values_only=True) if row[0]}
    assert {name: row[2] for name, row in people.items()} == {
        # One of her spellings has an initial, which may be somebody else's.
        "Ann Example": "physiotherapist?", "Ben O'Neil": "physiotherapist", "Fay Pretend": "physiotherapist",
        "Carla Specimen": "massage-therapist", "Dev Placeholder": "acupuncturist", "Erin Mockup": "kinesiologist",
    }  # fmt: skip
    spellings = {row[1]: row[0] for row in book["Insurers"].iter_rows(min_row=3, values_only=True) if row[1]}
    assert spellings == {
        "SLF": "Sun Life?", "DSF": "Desjardins?", "Canada Life (GWL)": "Canada Life?", "Sun Life (12345)": "Sun Life?",
        "Novel Mut": "?",
    }  # fmt: skip
    names = {row[0]: row[1] for row in book["Service names"].iter_rows(min_row=3, values_only=True) if row[0]}
    assert names == {
        "Dry needling": None, "IMS 30 min": None, "IMS Acupuncture 30 min": None, "IMS follow-up 30 min": None,
        "Needling 30": "?",
    }  # fmt: skip
    columns = {row[1]: (row[2], row[5]) for row in book["Columns"].iter_rows(min_row=3, values_only=True) if row[1]}
    assert {written: meaning for written, (meaning, _) in columns.items()} == {
        "When": "Service Date", "Who Came": "Patient", "Seen By": "Practitioner", "What Was Done": "Service",
        "Paid For By": "Insurer", "Price": "Fee", "Policy": "Policy Number", "Member ID": "Member ID", "Room": "ignore",
        "Appt Date": "Service Date", "Client Name": "Patient", "Treatment": "Service", "Payor": "Insurer",
        "Charge": "Fee", "Group Number": "Policy Number", "Certificate": "Member ID",
    }  # fmt: skip
    whole = [row[6:8] for row in book["Columns"].iter_rows(min_row=3, values_only=True) if row[0] == "other-system"]
    assert whole[0] == (2, "Practitioner"), "a header over two rows, and a band for each practitioner"
    assert columns["Paid For By"][1] == "Sun Life, PBC, Manulife"
    assert (columns["Who Came"][1], columns["Member ID"][1]) == ("text", "numbers")


def test_answers_that_libreoffice_saved_are_read(tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed here")
    exports, _ = begun(tmp_path)
    answered(tmp_path / "clinic.xlsx")
    saved = tmp_path / "saved"
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        [office, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(saved), str(tmp_path / "clinic.xlsx")],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    shutil.move(saved / "clinic.xlsx", tmp_path / "clinic.xlsx")
    assert claimed(tmp_path, exports)[0] == {"Ann Example", "Ben O'Neil", "Fay Pretend"}
