"""Workbooks that open with a password only: nothing of the month stays readable beside them."""

from __future__ import annotations

import datetime as dt
import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from ims_billing.cli.main import app
from ims_billing.workbooks.claims_csv import harmless
from ims_billing.workbooks.protection import is_protected, protected, unprotected
from tests.practice import clinic_file, csv_file, made_once, row


def run(folder: Path, *words: str, password: str = "a long secret") -> Result:
    more = ["--clinic", str(folder / "clinic.toml")]
    return CliRunner().invoke(app, [*words, *more], env={"IMS_BILLING_PASSWORD": password})


def readable(folder: Path) -> set[str]:
    files = [path for path in (folder / "reports").rglob("*") if path.is_file()]
    return {path.name for path in files if not is_protected(path)}


def test_no_readable_copy_of_a_protected_month_stays_behind(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    first = csv_file(tmp_path, [row(Session_ID="1")], "first.csv")
    more = csv_file(tmp_path, [row(Session_ID="2", Service_Date=dt.date(2026, 10, 14))], "more.csv")
    month = ("--month", "2026-10", "--as-of", "2026-11-05")
    assert run(tmp_path, "claim", str(first), *month).exit_code == 0
    assert readable(tmp_path) == {"claim-summary-2026-10.xlsx", "claims-2026-10.csv", "sun-life-2026-10.xlsx"}
    refused = run(tmp_path, "claim", str(more), *month, "--protect")
    assert refused.exit_code == 2
    assert "ims-billing report 2026-10 --protect" in " ".join(refused.stderr.split())
    assert run(tmp_path, "report", "2026-10", "--protect").exit_code == 0
    assert readable(tmp_path) == set(), "the CSV is gone, and every workbook needs the password"
    assert run(tmp_path, "claim", str(more), *month, "--protect").exit_code == 0
    assert readable(tmp_path) == set()


def test_a_short_password_is_refused(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    file = csv_file(tmp_path, [row()])
    done = run(tmp_path, "claim", str(file), "--month", "2026-10", "--protect", password="7 chars")
    assert (done.exit_code, "at least 8 characters" in done.stderr) == (2, True)
    assert not (tmp_path / "reports").exists()


SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


@pytest.mark.parametrize("text", ["+Plus", "-1+1", "-cmd", "-", "--1", "-1-2", "-1e5", "\tx", "\rx", "\nx", "\u00a0@a",
                                  *(f"{sign}a" for sign in SIGNS), "=1", "+1", " =1"])  # fmt: skip
def test_text_that_a_spreadsheet_would_compute_is_marked_in_the_csv(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a", "1", "-07", "-00", "-1.50", "0099-00", "a-b"])
def test_names_and_plain_numbers_are_not(text: str) -> None:
    assert harmless(text) == text


SUMMARY = Path("reports/2026-10/claim-summary-2026-10.xlsx")
CHOSEN = ("--month", "2026-10", "--as-of", "2026-11-05")


@made_once
def a_month(folder: Path, *more: str) -> None:
    """A month of one claim; with --protect its workbooks open with the password only."""
    clinic_file(folder)
    file = csv_file(folder, [row(Session_ID="1")])
    assert run(folder, "claim", str(file), *CHOSEN, *more).exit_code == 0


def save(path: Path, sheet: str, cell: str, words: str, password: str = "") -> None:
    """Somebody types into a workbook and saves it, protected as it was."""
    content = path.read_bytes()
    book = load_workbook(io.BytesIO(unprotected(content, password) or b"" if password else content))
    book[sheet][cell] = words
    saved = io.BytesIO()
    book.save(saved)
    path.write_bytes(protected(saved.getvalue(), password) if password else saved.getvalue())


def test_a_summary_that_was_kept_is_protected_with_the_month(tmp_path: Path) -> None:
    a_month(tmp_path)
    file = str(tmp_path / "sessions.csv")
    save(tmp_path / SUMMARY, "Claims", "C9", "Sun Life called")
    changed = (tmp_path / SUMMARY).read_bytes()
    assert run(tmp_path, "report", "2026-10").exit_code == 0
    (kept,) = (tmp_path / SUMMARY).parent.glob("*-kept-*")
    assert kept.read_bytes() == changed
    done = run(tmp_path, "report", "2026-10", "--protect")
    assert (done.exit_code, readable(tmp_path)) == (0, set())
    assert [name in done.stderr for name in (kept.name, "claims-2026-10.csv")] == [True, True], "it says so"
    assert unprotected(kept.read_bytes(), "a long secret") == changed
    assert unprotected(kept.read_bytes(), "another secret") is None
    # Left alone by somebody since, a CSV that lies there goes, although nothing is new.
    (kept.parent / "claims-2026-10.csv").write_text("claim\n", encoding="utf-8")
    assert (run(tmp_path, "claim", file, *CHOSEN, "--protect").exit_code, readable(tmp_path)) == (0, set())


def test_a_copy_that_anybody_can_read_stops_a_command_that_protects_the_month(tmp_path: Path) -> None:
    a_month(tmp_path, "--protect")
    file = str(tmp_path / "sessions.csv")
    plain = unprotected((tmp_path / SUMMARY).read_bytes(), "a long secret")
    assert plain is not None
    places = [SUMMARY.with_name("Sam's copy.xlsx"), SUMMARY.with_suffix(".ods"), SUMMARY.parent / "insurers/x.xlsx"]
    for place in places:
        (tmp_path / place).write_bytes(plain)
        for command in (("claim", file, *CHOSEN), ("report", "2026-10")):
            done = run(tmp_path, *command, "--protect")
            assert (done.exit_code, place.name in done.stderr) == (2, True), (command, place)
        (tmp_path / place).unlink()
    (tmp_path / SUMMARY.parent / "receipts.csv").write_text("Number,Day\n1,2026-11-05\n", encoding="utf-8")
    assert run(tmp_path, "report", "2026-10", "--protect").exit_code == 0, "what is not ours is nobody's copy of it"


def test_void_says_how_to_protect_the_month_as_a_whole(tmp_path: Path) -> None:
    a_month(tmp_path)
    void = ("void", "2026-10-SUNL-0001", "--reason", "x", "--as-of", "2026-11-06", "--protect")
    refused = run(tmp_path, *void)
    assert (refused.exit_code, "ims-billing report 2026-10 --protect" in refused.stderr) == (2, True)
    assert run(tmp_path, "report", "2026-10", "--protect").exit_code == 0
    assert (run(tmp_path, *void).exit_code, readable(tmp_path)) == (0, set())


def test_a_payment_is_recorded_only_where_the_workbooks_of_its_month_can_be_written(tmp_path: Path) -> None:
    a_month(tmp_path, "--protect")
    line = {"Claim": "2026-10-SUNL-0001", "Paid": "95.00", "Payment Date": "2026-11-20", "Payment Number": "P1"}
    post = ("reconcile", str(csv_file(tmp_path, [line], "paid.csv")))
    undo = ("reconcile", "--undo", "1", "--reason", "x", "--as-of", "2026-12-31")
    for command, payments in ((post, [(0, 1)]), (undo, [(1, 1)])):
        as_it_was = (tmp_path / "ims-billing.sqlite").read_bytes()
        refused = run(tmp_path, *command, "--as-of", "2026-11-25")
        assert (refused.exit_code, refused.stderr.rstrip()[-14:]) == (2, "Add --protect."), command
        assert (tmp_path / "ims-billing.sqlite").read_bytes() == as_it_was, command
        assert run(tmp_path, *command, "--as-of", "2026-11-25", "--protect").exit_code == 0, command
        with closing(sqlite3.connect(tmp_path / "ims-billing.sqlite")) as ledger:
            rows = ledger.execute("SELECT undone_on IS NOT NULL, count(*) FROM payment GROUP BY 1").fetchall()
        assert (rows, readable(tmp_path)) == (payments, set()), command


def test_a_note_that_changes_a_month_is_recorded_only_where_its_workbooks_can_be_written(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    assert run(tmp_path, "claim", str(csv_file(tmp_path, [row()])), *CHOSEN, "--protect").exit_code == 0
    assert run(tmp_path, "aging", "--as-of", "2026-12-20").exit_code == 0
    worklist = tmp_path / "reports/aging-2026-12-20.xlsx"
    (status,) = [cell.coordinate for cell in load_workbook(worklist)["Call list"][1] if cell.value == "Status"]
    save(worklist, "Call list", status.replace("1", "2"), "Sent again")
    as_it_was = (tmp_path / "ims-billing.sqlite").read_bytes()
    refused = run(tmp_path, "aging", "--as-of", "2026-12-21")
    assert (refused.exit_code, refused.stderr.rstrip()[-14:]) == (2, "Add --protect.")
    assert (tmp_path / "ims-billing.sqlite").read_bytes() == as_it_was
    assert run(tmp_path, "aging", "--as-of", "2026-12-21", "--protect").exit_code == 0
    with closing(sqlite3.connect(tmp_path / "ims-billing.sqlite")) as ledger:
        assert ledger.execute("SELECT status FROM work").fetchall() == [("Sent again",)]


def test_a_protected_summary_is_kept_only_where_it_was_changed_outside_its_typed_cells(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    file = str(csv_file(tmp_path, [row(Session_ID="1"), row(Session_ID="2", Patient="Held Madeup", Tax=1.0)]))
    assert run(tmp_path, "claim", file, *CHOSEN, "--protect").exit_code == 0
    for sheet, cell, words, kept in (("Needs attention", "A4", "Bill", 0), ("Claims", "C9", "a note", 1)):
        save(tmp_path / SUMMARY, sheet, cell, words, "a long secret")
        assert run(tmp_path, "claim", file, *CHOSEN, "--protect").exit_code == 0
        assert run(tmp_path, "report", "2026-10", "--protect").exit_code == 0
        assert len(list((tmp_path / SUMMARY).parent.glob("*-kept-*"))) == kept, sheet
