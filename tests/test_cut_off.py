"""A command killed once its change is recorded: whatever runs next writes the files, and says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ims_billing.cli.main import app
from ims_billing.workbooks import files as workbook_files
from tests.practice import clinic_file, csv_file, row

CLAIM = "2026-10-SUNL-0001"
VOID = ("void", CLAIM, "--reason", "a test", "--as-of", "2026-11-20")
REPLACE = (*VOID, "--replace")
PAID = ("reconcile", "paid.csv", "--as-of", "2026-11-21")
SAYS = "A command was cut off before it had written the files of 2026-10. They are written now."


class Killed(BaseException):
    """What no part of the program catches."""


def ims(folder: Path, *arguments: str) -> Result:
    named = [str(folder / each) if each.endswith(".csv") else each for each in arguments]
    return CliRunner().invoke(app, [*named, "--clinic", str(folder / "clinic.toml")], catch_exceptions=False)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month of two claims."""
    folder = tmp_path_factory.mktemp("month")
    clinic_file(folder)
    csv_file(folder, [row(Patient="Pat Madeup"), row(Patient="Robin Madeup")])
    paid = {"Claim": CLAIM, "Paid": 50, "Payment Date": "2026-11-20", "Payment Number": "P1", "Insurer": "Sun Life"}
    csv_file(folder, [paid], "paid.csv")
    assert ims(folder, "claim", "sessions.csv", "--month", "2026-10", "--as-of", "2026-11-05").exit_code == 0
    return folder


def disturbed(month: Path, folder: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the month in which the command was killed before its first file was written."""
    shutil.copytree(month, folder)
    # The ledger knows its folders by their places.
    assert ims(folder, "report", "2026-10").exit_code == 0

    def kill(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(workbook_files, "write_all", kill)
        with pytest.raises(Killed):
            ims(folder, *command)
    return folder


def undisturbed(month: Path, folder: Path, command: tuple[str, ...]) -> tuple[Path, Result]:
    shutil.copytree(month, folder)
    assert ims(folder, "report", "2026-10").exit_code == 0
    return folder, ims(folder, *command)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "reports" / "2026-10").rglob("*.*"))}


@pytest.mark.parametrize("command", [VOID, REPLACE, PAID], ids=["void", "replace", "reconcile"])
def test_the_next_command_writes_what_was_cut_off_and_says_so(
    month: Path, tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = undisturbed(month, tmp_path / "whole", command)
    cut = disturbed(month, tmp_path / "cut", command, monkeypatch)
    assert files(cut) != files(whole)
    done = ims(cut, "aging", "--as-of", "2026-11-22")
    assert done.exit_code == 0
    assert SAYS in " ".join(done.stderr.split())
    assert files(cut) == files(whole)
    assert SAYS not in " ".join(ims(cut, "aging", "--as-of", "2026-11-22").stderr.split()), "it says so once"


@pytest.mark.parametrize("command", [VOID, REPLACE], ids=["void", "replace"])
def test_the_same_command_again_ends_as_if_undisturbed(
    month: Path, tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, first = undisturbed(month, tmp_path / "whole", command)
    cut = disturbed(month, tmp_path / "cut", command, monkeypatch)
    again = ims(cut, *command)
    assert (again.exit_code, again.stdout.replace("/cut/", "/whole/")) == (first.exit_code, first.stdout)
    assert files(cut) == files(whole)
    refused = ims(cut, *command)
    assert refused.exit_code == 2, "once more is another void, and refused as before"


def test_what_somebody_moved_away_is_not_written_again(
    month: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = disturbed(month, tmp_path / "cut", VOID, monkeypatch)
    shutil.rmtree(cut / "reports")
    assert ims(cut, "aging", "--as-of", "2026-11-22").exit_code == 0
    assert not (cut / "reports" / "2026-10").exists()
