"""Workbooks that open with a password only: nothing of the month stays readable beside them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ims_billing.cli.main import app
from ims_billing.workbooks.claims_csv import harmless
from ims_billing.workbooks.protection import is_protected
from tests.practice import clinic_file, csv_file, row


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


@pytest.mark.parametrize("text", ["=1", "+1", "+Plus", "-1+1", "-cmd", "-", "--1", "-1-2", "-1e5", "@a", "\tx", "\rx"])
def test_text_that_a_spreadsheet_would_compute_is_marked_in_the_csv(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a", "1", "-07", "-00", "-1.50", "0099-00", "a-b"])
def test_names_and_plain_numbers_are_not(text: str) -> None:
    assert harmless(text) == text
