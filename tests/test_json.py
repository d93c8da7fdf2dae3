"""What `--json` prints: one object of a fixed shape, an error too."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pydantic import BaseModel
from typer.testing import CliRunner

from ims_billing.cli import payments
from ims_billing.cli.main import app
from ims_billing.vocabulary.errors import BillingError
from tests import json_shapes as shapes
from tests.practice import clinic_file, csv_file, row, xlsx

SAMPLES = Path(__file__).parent.parent / "samples"


def printed(*arguments: str | Path, code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert done.exit_code == code, done.output
    shown = json.loads(done.stdout)
    assert isinstance(shown, dict)
    return shown


def check(shape: type[BaseModel], shown: dict[str, Any]) -> dict[str, Any]:
    shape.model_validate(shown)
    return shown


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    clinic_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_prints_an_object_of_its_shape(folder: Path) -> None:
    rows = [row(Session_ID="S1"), row(Patient="Held Madeup", Tax=1.0, Policy_Number="7"), row(Service="Massage")]
    sessions = xlsx(folder, rows)
    chosen = ("--month", "2026-10", "--as-of", "2026-11-05")
    checked = check(shapes.MonthJson, printed("check", sessions, *chosen, code=1))
    assert checked["next_command"] == f"ims-billing claim {sessions} --month 2026-10"
    claimed = check(shapes.MonthJson, printed("claim", sessions, *chosen))
    assert (claimed["decisions"], len(claimed["written"])) == ([], 3)
    check(shapes.WhyJson, printed("why", sessions, "--row", "3", *chosen))
    check(shapes.OnePageJson, printed("why", "tax-on-session"))
    check(shapes.OnePageJson, printed("why", "2026-10-SUNL-0001"))
    check(shapes.RulesJson, printed("rules", "--on", "2026-10-05"))
    lines = [{"Claim": "2026-10-SUNL-0001", "Paid": 60, "Payment Date": "2026-11-20"}]
    paid = csv_file(folder, lines, "paid.csv")
    check(shapes.ReconciliationJson, printed("reconcile", paid, "--as-of", "2026-11-25"))
    check(shapes.UndoneJson, printed("reconcile", "--undo", "1", "--reason", "x", "--as-of", "2026-12-31"))
    check(shapes.AgingJson, printed("aging", "--as-of", "2026-12-25"))


def test_what_is_read_back_has_its_shape_and_is_not_read_in_a_dry_run(folder: Path) -> None:
    chosen = ("--month", "2026-10", "--as-of", "2026-11-05")
    printed("claim", xlsx(folder, [row(), row(Patient="Robin Madeup", Insurer="PBC")]), *chosen)
    ledger, sent = folder / "ims-billing.sqlite", folder / "reports" / "2026-10" / "claims-2026-10.csv"
    ledger.unlink()
    refused = check(shapes.FailedJson, printed("claim", sent, "--already-sent", "--dry-run", code=2))
    assert "--dry-run can't show what is read back" in refused["error"]["message"]
    assert not ledger.exists()
    for read, known in (({"2026-10": 2}, 0), ({"2026-10": 0}, 2)):
        shown = check(shapes.ReadBackJson, printed("claim", sent, "--already-sent"))
        assert (shown["read_back"], shown["known_before"]) == (read, known)


def test_decisions_that_were_read_are_listed_by_row_without_the_value(folder: Path) -> None:
    sessions = xlsx(folder, [row(Patient="Held Madeup", Tax=1.0), row(Service_Date="2026-10-08", Policy_Number="")])
    chosen = ("--month", "2026-10", "--as-of", "2026-11-05")
    held = printed("claim", sessions, *chosen)
    assert held["totals"]["held"] == 2
    path = folder / "reports" / "2026-10" / "claim-summary-2026-10.xlsx"
    book = load_workbook(path)
    sheet = book["Needs attention"]
    header = next(number for number in range(1, 30) if "Kind" in [cell.value for cell in sheet[number]])
    names = {str(cell.value): int(cell.column or 1) for cell in sheet[header]}
    for line in range(header + 1, sheet.max_row + 1):
        kind = sheet.cell(line, names["Kind"]).value
        if kind == "tax-on-session":
            sheet.cell(line, names["Decision"]).value = "Bill"
        elif kind == "missing-policy":
            sheet.cell(line, names["Correct value"]).value = "P-778"
    book.save(path)
    read = check(shapes.MonthJson, printed("claim", sessions, *chosen))["decisions"]
    listed = {each["kind"]: (each["row"], each["decision"], each["corrected"], each["refused"]) for each in read}
    assert listed == {"tax-on-session": (2, "Bill", False, None), "missing-policy": (3, None, True, None)}
    assert "P-778" not in json.dumps(read)


def test_what_is_worth_a_look_in_a_file_is_on_the_screen_and_in_the_object(folder: Path) -> None:
    sessions = csv_file(folder, [row(Patient="Pat Madeup")])
    # Bytes that are accents in no code page whose words stand in the file.
    sessions.write_bytes(sessions.read_bytes().replace(b"Pat Madeup", b"Ren\x8e\x81"))
    chosen = ("sessions.csv", "--month", "2026-10", "--as-of", "2026-11-05")
    remarks = printed("check", *chosen)["files"][0]["remarks"]
    assert remarks == ["accents may be wrong in row 2: compare the names there, or export again as UTF-8"]
    assert remarks[0] in " ".join(CliRunner().invoke(app, ["check", *chosen]).stdout.split())
    paid = csv_file(folder, [{"Claim": "2026-10-SUNL-0001", "Paid": 60, "Payment Date": "2026-11-20"}], "paid.csv")
    printed("claim", *chosen)
    paid.write_bytes(paid.read_bytes().rstrip(b"\r\n") + b"\r\nRen\x8e\x81,1,2026-11-20\r\n")
    run = ["reconcile", "paid.csv", "--dry-run", "--as-of", "2026-11-25"]
    assert "accents may be wrong in row 3" in " ".join(CliRunner().invoke(app, run).stdout.split())


def test_an_insurer_that_is_the_patient_is_not_printed(folder: Path) -> None:
    sessions = csv_file(folder, [row(Insurer="Qadira Zworth", Patient="Qadira Zworth"), row(Insurer="Nobody Life")])
    shown = printed("check", sessions, "--as-of", "2026-11-05", code=1)
    assert [session["insurer"] for session in shown["sessions"]] == [None, "Nobody Life"]
    assert "Zworth" not in json.dumps(shown)


def test_an_error_is_an_object_with_the_exit_code(folder: Path) -> None:
    for arguments in (("check", "none.xlsx"), ("claim",), ("rules", "--on", "tomorrow"), ("why", "nothing-of-this")):
        shown = check(shapes.FailedJson, printed(*arguments, code=2))
        assert shown["error"]["exit_code"] == 2
        assert shown["error"]["message"]


def test_an_error_after_the_work_stands_beside_what_was_done(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printed("claim", xlsx(folder, [row()]), "--month", "2026-10", "--as-of", "2026-11-05")

    def fail(*_: object) -> None:
        raise BillingError("the workbook is open in Excel")

    monkeypatch.setattr(payments, "_refresh", fail)
    paid = csv_file(folder, [{"Claim": "2026-10-SUNL-0001", "Paid": 60, "Payment Date": "2026-11-20"}], "paid.csv")
    shown = check(shapes.ReconciliationJson, printed("reconcile", paid, "--as-of", "2026-11-25", code=2))
    assert (shown["posted"], shown["error"]["message"]) == ([1], "the workbook is open in Excel")
    aged = check(shapes.AgingJson, printed("aging", "--as-of", "2026-12-25", code=2))
    assert aged["error"]["exit_code"] == 2


def test_the_sample_month_has_the_shape(tmp_path: Path) -> None:
    for name in ("clinic.toml", "sessions-2026-10.xlsx"):
        shutil.copy(SAMPLES / name, tmp_path)
    shown = printed("check", tmp_path / "sessions-2026-10.xlsx", "--as-of", "2026-11-05", code=1)
    check(shapes.MonthJson, shown)
    assert shown["files"][0]["skipped"][0]["reason"] == "a line of totals"
