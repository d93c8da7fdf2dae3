"""A billing service with a folder for each clinic: their months run side by side, and none reaches another's folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ims_billing.cli.main import app
from ims_billing.ledger.ledger import Ledger
from tests.practice import clinic_file, row, xlsx

CLINICS = ("north", "south", "east & west")


def claim_of(folder: Path) -> list[str]:
    """The month of one clinic, as the README's loop runs it: the folder says which clinic."""
    named = [str(folder / "sessions.xlsx"), "--clinic", str(folder / "clinic.toml")]
    return ["claim", *named, "--month", "2026-10", "--as-of", "2026-11-05"]


WATCHED = """
import sys
others = sys.argv.pop(1).split("|")
def watch(event, arguments):
    if event in ("open", "os.listdir", "os.scandir", "sqlite3.connect"):
        if any(str(arguments[0]).startswith(other) for other in others):
            raise SystemExit(f"reached {arguments[0]}")
sys.addaudithook(watch)
from ims_billing.cli.main import main
main()
"""


def watched(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, which ends once it opens anything in another folder beside this one."""
    others = "|".join(str(each) for each in folder.parent.iterdir() if each != folder)
    return subprocess.run(
        [sys.executable, "-c", WATCHED, others, *command],
        capture_output=True, text=True, encoding="utf-8", cwd=folder.parent, check=False,
    )  # fmt: skip


def content(folder: Path) -> Mapping[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def clinics(tmp_path: Path) -> list[Path]:
    """Three clinics with two patients each, who have the same names and days everywhere."""
    folders = []
    for number, name in enumerate(CLINICS):
        folder = tmp_path / name
        folder.mkdir()
        clinic_file(folder)
        xlsx(folder, [row(Policy_Number=f"{number}7{patient[-1]}", Patient=patient) for patient in ("Pat A", "Pat B")])
        folders.append(folder)
    return folders


def test_months_of_clinics_run_side_by_side_and_open_nothing_in_each_others_folders(clinics: list[Path]) -> None:
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(watched, map(claim_of, clinics), clinics))
    assert [each.returncode for each in done] == [0, 0, 0], [each.stderr for each in done]
    for number, folder in enumerate(clinics):
        ledger = Ledger(folder / "ims-billing.sqlite")
        with ledger.reading():
            claims = ledger.claims.all()
        # The same visits at every clinic: each ledger knows its own, numbered from the first.
        assert list(claims["claim"]) == ["2026-10-SUNL-0001", "2026-10-SUNL-0002"]
        assert set(claims["policy"]) == {f"{number}7A", f"{number}7B"}
        assert (folder / "reports/2026-10/insurers/sun-life-2026-10.xlsx").is_file()
    assert sorted(path.name for path in clinics[0].parent.iterdir()) == sorted(CLINICS), "nothing beside the folders"


def test_a_run_leaves_the_folders_of_other_clinics_as_they_are(clinics: list[Path]) -> None:
    ours, *others = clinics
    before = [content(folder) for folder in others]
    assert CliRunner().invoke(app, claim_of(ours), catch_exceptions=False).exit_code == 0
    assert [content(folder) for folder in others] == before


def test_aging_opens_nothing_in_the_folder_of_another_clinic_and_the_watch_would_catch_it(clinics: list[Path]) -> None:
    ours, other, _ = clinics
    assert CliRunner().invoke(app, claim_of(ours), catch_exceptions=False).exit_code == 0
    done = watched(["aging", "--clinic", str(ours / "clinic.toml"), "--as-of", "2026-12-01"], ours)
    assert done.returncode == 0, done.stderr
    # A run that is told to read there is caught.
    assert "reached" in watched(claim_of(other), ours).stderr
