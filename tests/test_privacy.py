"""What a patient's cell holds is in no message and no JSON, wherever in the files it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ims_billing.cli.main import app, show_bug
from ims_billing.vocabulary.quoting import is_personal
from tests.practice import clinic_file, csv_file

NAME, PERSON, BORN, NUMBER = "Quilla Zqpatient", "Quentin Ophelia", "1988-08-08", "4165550199"
# All that stands in the columns about a patient, and what stands in others by mistake.
MARKS = re.compile(
    r"zq|quilla|orla|1971.03.09|9 Mar 1971|1969.07.08|8 Jul 1969|9123456701|quentin|ophelia|4165550199|1988.08.08|"
    r"8 Aug 1988",
    re.IGNORECASE,
)
# In columns that are no patient's: the patient's name and parts of it, somebody else's, an address, a day, a number.
STRAYS = (NAME, "Quilla", PERSON, "Ophelia, Quentin", "QUENTIN OPHELIA", "quentin@example.org", BORN, NUMBER)
AS_OF = ("--month", "2026-10", "--as-of", "2026-11-05")


def visit(number: int, **cells: Any) -> dict[str, Any]:
    """A visit with something in every column that is about a patient."""
    usual = {
        "Session ID": f"S{number}", "Service Date": f"2026-10-{1 + number % 28:02d}", "Start": f"{9 + number % 8}:00",
        "Patient": NAME, "Patient ID": "ZQPID77", "Birth Date": "1971-03-09", "PHN": "9123456701",
        "Practitioner": "Ann Example", "Service": "IMS", "Visit": "", "Status": "arrived", "Insurer": "Sun Life",
        "Policy Number": "ZQ88123", "Member ID": "ZQ99123", "Relationship": "self", "Insured Name": "Orla Zqinsured",
        "Insured Birth Date": "1969-07-08", "Payer File Number": "ZQF55", "Accident Date": "", "Secondary Insurer": "",
        "Secondary Policy Number": "ZQ2P77", "Secondary Member ID": "ZQ2M77", "Fee": 95.0, "Patient Paid": 0, "Tax": 0,
        "Location": "", "Notes": "Zqnote about her",
    }  # fmt: skip
    named = {name.replace("_", " "): value for name, value in cells.items()}
    assert named.keys() <= usual.keys()
    return usual | named


def written(folder: Path, *arguments: str, clinic: bool = True, exits: tuple[int, ...] = (0, 1, 2)) -> str:
    """All that a command writes on the screen, apart from the paths of this test's files."""
    named = (*arguments, "--clinic", str(folder / "clinic.toml")) if clinic else arguments
    done = CliRunner().invoke(app, list(named), catch_exceptions=False)
    assert done.exit_code in exits, done.output
    return re.sub(r'"sha256": "\w+"', "", done.output.replace(str(folder), ""))


def proved(text: str) -> None:
    leaks = [line.strip() for line in text.splitlines() if MARKS.search(line)]
    assert leaks == []


@pytest.fixture
def office(tmp_path: Path) -> Path:
    clinic_file(tmp_path)
    return tmp_path


# One month holds a stray cell of every sort in each of these columns; the rows with faults are about other patients.
OTHER_COLUMNS = ("Status", "Service", "Insurer", "Secondary_Insurer", "Visit", "Relationship", "Location", "Notes")
FAULTY = ("Service_Date", "Start", "Birth_Date", "Fee", "Patient_Paid", "Tax", "PHN", "Policy_Number", "Accident_Date",
          "Insured_Birth_Date", "Patient_ID", "Session_ID", "Payer_File_Number", "Member_ID")  # fmt: skip


@pytest.mark.parametrize("columns", [OTHER_COLUMNS, FAULTY], ids=["other columns", "faulty cells"])
def test_no_command_shows_a_patients_cell_wherever_it_stands(office: Path, columns: tuple[str, ...]) -> None:
    # A number is one of the practice software, or an amount, where one belongs, and a day that of a visit: nobody can
    # tell them from those.
    usual = {(column, NUMBER) for column in ("Session_ID", "Fee", "Patient_Paid", "Tax")} | {("Service_Date", BORN)}
    pairs = [(column, stray) for column in columns for stray in STRAYS if (column, stray) not in usual]
    # A name of a service that may mean IMS, with a patient's in it.
    pairs += [("Service", f"{stray} needling") for stray in STRAYS[:2] if "Service" in columns]
    cells = [{}, *({column: stray} for column, stray in pairs)]
    sessions = str(csv_file(office, [visit(number, **each) for number, each in enumerate(cells)]))
    for more in (("--all",), ("--json",)):
        proved(written(office, "check", sessions, *AS_OF, *more))
    proved(written(office, "claim", sessions, *AS_OF, "--all"))
    for arguments in (("status",), ("status", "--json"), ("report", "2026-10")):
        proved(written(office, *arguments))
    # One stray of each column, and all that stand for a service.
    rows = {column: row for row, (column, _) in enumerate(pairs, start=3)}
    for row in {*rows.values(), *(row for row, (column, _) in enumerate(pairs, start=3) if column == "Service")}:
        proved(written(office, "why", sessions, "--row", str(row), *AS_OF, exits=(0,)))
    for path in office.rglob("*"):
        proved(path.name)


ROWS = [f"2026-10-0{n},{NAME},1971-03-09,Ann Example,IMS,Sun Life,ZQ88123,95" for n in (5, 6)]
TEXTS = {
    "no headings": ROWS,
    "a title and no headings": [f"Report for {NAME}", "", *ROWS],
    "headings that are half a row": [f"Date,{NAME},1971-03-09,ZQ88123", *ROWS],
    "one cell": [NAME],
    "a cell too many": [
        "Service Date,Patient,Birth Date,Practitioner,Service,Insurer,Policy Number,Fee", f"{ROWS[0]},Zqover", ROWS[1]
    ],
    "two columns of one name": ["Service Date,Patient,Patient,Practitioner,Service,Insurer,Policy,Fee", *ROWS],
}  # fmt: skip


@pytest.mark.parametrize("lines", TEXTS.values(), ids=TEXTS)
def test_a_file_that_cannot_be_read_is_refused_without_its_cells(office: Path, lines: list[str]) -> None:
    path = office / "sessions.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    draft = office / "new" / "clinic.toml"
    draft.parent.mkdir()
    proved(written(office, "check", str(path), *AS_OF, "--json"))
    proved(written(office, "reconcile", str(path), "--as-of", "2026-11-20"))
    proved(written(office, "init", "--from", str(path), "--clinic", str(draft), clinic=False))
    proved(draft.read_text(encoding="utf-8") if draft.exists() else "")


def test_a_remittance_shows_no_patient(office: Path) -> None:
    sessions = str(csv_file(office, [visit(number) for number in range(3)]))
    written(office, "claim", sessions, *AS_OF)
    usual: dict[str, Any] = {
        "Claim": "", "Paid": 95, "Payment Date": "2026-11-20", "Payment Number": "P1", "Insurer": "Sun Life",
        "Patient": NAME, "Member ID": "ZQ99123", "Service Date": "", "Reason": f"{NAME} owes it",
    }  # fmt: skip
    lines: list[dict[str, Any]] = [
        {"Claim": "2026-10-SUNL-0001"},
        {"Patient": PERSON, "Service Date": "2026-10-30", "Paid": 44},
        {"Claim": NAME, "Paid": "Zqpaid", "Payment Date": "Zqday", "Insurer": PERSON, "Service Date": "Zqday"},
        {"Claim": "2026-10-SUNL-0002", "Paid": "#N/A", "Payment Number": NAME, "Insurer": NAME},
        {"Claim": "ZQ99123", "Paid": 20, "Service Date": "2026-10-06"},
    ]
    for number, cells in enumerate(lines):
        paid = str(csv_file(office, [usual | cells], f"paid-{number}.csv"))
        proved(written(office, "reconcile", paid, "--as-of", "2026-11-21", "--json"))
    proved(written(office, "aging", "--as-of", "2027-03-01", "--json"))


def test_a_fault_of_the_program_shows_where_it_happened_and_no_cell(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        try:
            raise KeyError(NAME)
        except KeyError as error:
            raise ValueError(f"could not convert {NAME}") from error
    except ValueError as fault:
        show_bug(type(fault), fault, fault.__traceback__)
    shown = capsys.readouterr().err
    assert "test_privacy.py" in shown
    assert "ValueError" in shown
    assert "KeyError" in shown
    proved("\n".join(line for line in shown.splitlines() if "raise" not in line))


def test_the_program_shows_its_faults_that_way() -> None:
    # The lines of the program itself are shown: the name stands in none of them.
    faulty = "import sys\nfrom ims_billing.cli import main\nmain.app = lambda: {}[sys.argv[1]]\nmain.main()\n"
    done = subprocess.run([sys.executable, "-c", faulty, NAME], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "KeyError" in done.stderr
    proved(done.stderr)


@pytest.mark.parametrize("text", [*STRAYS[2:], "Ada Mary Example", "O'Neil Sam"])
def test_what_looks_like_a_persons_is_known(text: str) -> None:
    assert is_personal(text)


@pytest.mark.parametrize(
    "text", ["Left early", "Late Cancel", "Mystery Mutual", "Sunshine Life", "Zworth", "Teachers Plan", "Group 12345"]
)
def test_what_looks_like_a_status_or_an_insurer_is_no_persons(text: str) -> None:
    assert not is_personal(text)
    assert is_personal("Zworth Ann")
    assert not is_personal("Zworth Ann", {"zworth"})
