"""A ledger knows whose it is and how much it knows: another clinic's, or an old copy, is refused by every command."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ims_billing.cli.main import app
from ims_billing.ledger.ledger import Ledger
from ims_billing.vocabulary.folder import LAST_BATCH, LEDGER_FILE
from ims_billing.workbooks.file_marks import marked, read_mark
from ims_billing.workbooks.files import claim_workbooks
from tests.practice import clinic_file, csv_file, made_once, row

AS_OF = ("--as-of", "2026-11-05")
MONTH = ("--month", "2026-10")
OTHER = "Another Physiotherapy"


def ims(folder: Path, *arguments: str | Path) -> Result:
    named = [*map(str, arguments), "--clinic", str(folder / "clinic.toml")]
    return CliRunner().invoke(app, named, catch_exceptions=False)


def claim(folder: Path, *patients: str, more: tuple[str, ...] = ()) -> Result:
    rows = [row(Patient=f"{patient} Madeup", Session_ID=f"S-{patient}", Start="9:00") for patient in patients]
    return ims(folder, "claim", csv_file(folder, rows), *MONTH, *AS_OF, *more)


def clinic(folder: Path, name: str = "Example Physiotherapy") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = clinic_file(folder)
    path.write_text(path.read_text(encoding="utf-8").replace("Example Physiotherapy", name), encoding="utf-8")
    return folder


@made_once
def first_claim(folder: Path, name: str = "Example Physiotherapy", patient: str = "Pat") -> None:
    assert claim(clinic(folder, name), patient).exit_code == 0


@made_once
def an_older_copy(folder: Path) -> None:
    """A folder of two batches, with the ledger as it was after the first."""
    first_claim(folder)
    old = (folder / LEDGER_FILE).read_bytes()
    assert claim(folder, "Pat", "Robin").exit_code == 0
    (folder / LEDGER_FILE).write_bytes(old)


def claims(folder: Path) -> list[str]:
    ledger = Ledger(folder / LEDGER_FILE)
    with ledger.reading():
        return list(ledger.claims.all()["claim"])


def every_command(folder: Path) -> dict[str, Result]:
    sessions = csv_file(folder, [row(Patient="New Madeup")], "new.csv")
    paid = {"Claim": "2026-10-SUNL-0001", "Paid": 95, "Payment Date": "2026-11-20", "Payment Number": "P1"}
    payments = csv_file(folder, [paid], "paid.csv")
    return {
        "check": ims(folder, "check", sessions, *MONTH, *AS_OF),
        "claim": ims(folder, "claim", sessions, *MONTH, *AS_OF),
        "dry run": ims(folder, "claim", sessions, *MONTH, *AS_OF, "--dry-run"),
        "why": ims(folder, "why", "2026-10-SUNL-0001"),
        "report": ims(folder, "report", "2026-10"),
        "void": ims(folder, "void", "2026-10-SUNL-0001", "--reason", "a test", "--as-of", "2026-11-21"),
        "reconcile": ims(folder, "reconcile", payments, "--as-of", "2026-11-21"),
        "aging": ims(folder, "aging", "--as-of", "2026-11-21"),
    }


def refused(folder: Path, *words: str) -> None:
    """Every command refuses, with these words, and leaves the ledger and the files as they are."""
    before = (folder / LEDGER_FILE).read_bytes()
    for command, done in every_command(folder).items():
        assert done.exit_code == 2, (command, done.output)
        for each in words:
            assert each in done.stderr, (command, each, done.stderr)
    assert (folder / LEDGER_FILE).read_bytes() == before


@pytest.mark.parametrize("met", [True, False], ids=["met before", "never met"])
def test_another_clinics_ledger_is_refused_by_every_command_with_both_names(tmp_path: Path, met: bool) -> None:
    ours, theirs = clinic(tmp_path / "ours"), tmp_path / "theirs"
    first_claim(theirs, OTHER)
    if met:
        first_claim(ours, patient="Robin")
        shutil.rmtree(ours / "reports")
    shutil.copy(theirs / LEDGER_FILE, ours / LEDGER_FILE)
    refused(ours, "Example Physiotherapy", OTHER)


def test_a_clinic_of_the_same_name_is_known_by_its_registration_numbers(tmp_path: Path) -> None:
    ours, theirs = clinic(tmp_path / "ours"), tmp_path / "theirs"
    first_claim(theirs)
    shutil.copy(theirs / LEDGER_FILE, ours / LEDGER_FILE)
    path = ours / "clinic.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"01234"', '"09876"'), encoding="utf-8")
    refused(ours, "registration number", "another clinic's")


def test_a_renamed_clinic_says_so_once_and_goes_on(tmp_path: Path) -> None:
    folder = tmp_path
    first_claim(folder)
    clinic(tmp_path, "Renamed Physiotherapy")
    first, second = claim(folder, "Pat", "Robin"), claim(folder, "Pat", "Robin", "Kim")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "Renamed Physiotherapy" in first.stderr
    assert "Example Physiotherapy" in first.stderr
    assert second.stderr == ""
    assert len(claims(folder)) == 3


@pytest.mark.parametrize("moved", ["nothing", "workbooks", "note"])
def test_an_older_copy_of_the_ledger_is_refused_whatever_was_moved_away(tmp_path: Path, moved: str) -> None:
    folder = tmp_path
    an_older_copy(folder)
    if moved == "workbooks":
        shutil.rmtree(folder / "reports")
    if moved == "note":
        (folder / LAST_BATCH).unlink()
        done = claim(folder, "Pat", "Robin")
        assert done.exit_code == 2
        assert "batch 2 of 2026-10" in done.stderr
        return
    refused(folder, "old copy", "batch 2 of 2026-10", "--already-sent", "--new-ledger")


def test_a_ledger_that_is_gone_is_not_replaced_in_silence_though_the_workbooks_are_gone_too(tmp_path: Path) -> None:
    folder = tmp_path
    first_claim(folder)
    (folder / LEDGER_FILE).unlink()
    shutil.rmtree(folder / "reports")
    done = claim(folder, "Pat")
    assert done.exit_code == 2
    assert "--new-ledger" in done.stderr
    assert claim(folder, "Pat", more=("--new-ledger",)).exit_code == 0
    assert claim(folder, "Pat", "Robin").exit_code == 0
    assert claims(folder) == ["2026-10-SUNL-0001", "2026-10-SUNL-0002"]


def test_a_csv_alone_shows_that_the_ledger_is_an_old_copy(tmp_path: Path) -> None:
    folder = tmp_path
    an_older_copy(folder)
    (folder / LAST_BATCH).unlink()
    for path in claim_workbooks(folder / "reports"):
        path.unlink()
    done = claim(folder, "Pat", "Robin")
    assert done.exit_code == 2
    assert "claims-2026-10.csv" in done.stderr


def test_the_workbook_of_an_insurer_with_kept_in_its_name_is_a_workbook_of_claims(tmp_path: Path) -> None:
    month = tmp_path / "2026-10"
    (month / "insurers").mkdir(parents=True)
    books = ["claim-summary-2026-10.xlsx", "insurers/well-kept-insurance-2026-10.xlsx"]
    for name in (*books, "claim-summary-2026-10-kept-2026-11-02.xlsx"):
        (month / name).touch()
    assert claim_workbooks(tmp_path) == [month / name for name in books]


def test_with_new_ledger_an_old_copy_goes_on_beside_the_files_that_it_lacks(tmp_path: Path) -> None:
    folder = tmp_path
    an_older_copy(folder)
    assert claim(folder, "Pat", "Kim", more=("--new-ledger",)).exit_code == 0
    done = claim(folder, "Pat", "Kim", "Lee")
    assert (done.exit_code, done.stderr) == (0, "")


def test_files_of_another_ledger_in_the_folder_are_a_reason_to_stop(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    first_claim(ours, patient="Robin")
    first_claim(theirs, OTHER)
    done = claim(ours, "Robin", "Kim", more=("--out", str(theirs / "reports")))
    assert done.exit_code == 2
    assert "claim-summary-2026-10.xlsx" in done.stderr
    assert len(claims(ours)) == 1


def test_every_workbook_bears_the_ledger_and_its_batch_and_the_same_inputs_give_the_same(tmp_path: Path) -> None:
    one, other = clinic(tmp_path / "one"), clinic(tmp_path / "other")
    for folder in (one, other):
        assert claim(folder, "Pat").exit_code == 0
        assert claim(folder, "Pat", "Robin").exit_code == 0
    marks = {path.name: mark for path, mark in marked(claim_workbooks(one / "reports"))}
    assert {name: mark.batch for name, mark in marks.items()} == {
        "claim-summary-2026-10.xlsx": 2,
        "sun-life-2026-10.xlsx": 1,
        "sun-life-2026-10-batch-2.xlsx": 2,
    }
    assert len({mark.ledger for mark in marks.values()}) == 1
    assert marks["claim-summary-2026-10.xlsx"].mark == marks["sun-life-2026-10-batch-2.xlsx"].mark
    assert marks["sun-life-2026-10.xlsx"].mark != marks["sun-life-2026-10-batch-2.xlsx"].mark
    files = [{p.name: p.read_bytes() for p in (f / "reports").rglob("*") if p.is_file()} for f in (one, other)]
    assert files[0] == files[1]
    noted = json.loads((one / LAST_BATCH).read_text(encoding="utf-8"))
    assert noted["mark"] == marks["claim-summary-2026-10.xlsx"].mark


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_the_note_of_the_last_batch_is_for_its_owner_only_and_names_no_patient(tmp_path: Path) -> None:
    folder = tmp_path
    first_claim(folder)
    path = folder / LAST_BATCH
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "Madeup" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"name,other\n1,2\n"])
def test_what_is_no_workbook_of_ours_bears_no_mark(content: bytes) -> None:
    assert read_mark(content) is None
