"""What a command loads: nothing that it can do without, because loading is most of what a small command takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ims_billing.cli.main import app
from tests.remittances import six_claims

SAMPLES = Path(__file__).parent.parent / "samples"
CLINIC = ("--clinic", str(SAMPLES / "clinic.toml"))
MONTH = ("--month", "2026-10", "--as-of", "2026-11-05", *CLINIC)
# What a cell of an export or of a setup in Excel means, which a clinic.toml that asks nothing does without.
READS_SESSIONS = {"ims_billing.rules.words", "ims_billing.vocabulary.cells", "ims_billing.vocabulary.days"}
LOADED = "import sys; from ims_billing.cli.main import app\ntry:\n app(sys.argv[1:])\nfinally:\n print(*sys.modules)"


@pytest.mark.parametrize(
    ("command", "loads", "not_needed"),
    [
        (["--help"], {"typer"}, {"pandas", "pydantic", "openpyxl", "rich.console"}),
        (["rules", *CLINIC], {"rich.console"}, {"pandas", "openpyxl", "sqlite3", *READS_SESSIONS}),
        (["check", str(SAMPLES / "sessions-2026-10.xlsx"), *MONTH], {"pandas"}, {"openpyxl", "msoffcrypto"}),
    ],
    ids=["help", "rules", "check"],
)
def test_a_command_loads_what_it_uses(command: list[str], loads: set[str], not_needed: set[str]) -> None:
    loaded = loaded_by(*command)
    assert loaded >= loads
    assert not loaded & not_needed


def test_status_of_a_folder_with_claims_reads_the_ledger_without_what_makes_frames(tmp_path: Path) -> None:
    six_claims(tmp_path)
    loaded = loaded_by("status", "--clinic", str(tmp_path / "clinic.toml"))
    assert loaded >= {"sqlite3", "ims_billing.payments.aging"}
    assert not loaded & {"pandas", "numpy", "openpyxl", "python_calamine", "concurrent.futures"}
    assert not loaded & READS_SESSIONS
    assert "ims_billing.vocabulary.model" not in loaded, "what a month is takes as long to load as its ledger to open"


def loaded_by(*command: str) -> set[str]:
    """The modules that a process has loaded once it has run a command."""
    ran = subprocess.run([sys.executable, "-c", LOADED, *command], capture_output=True, text=True, check=False)
    assert ran.returncode in (0, 1), ran.stderr
    return set(ran.stdout.splitlines()[-1].split())


def test_only_the_command_that_is_typed_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.main.get_command", lambda line: lambda *_, **__: len(line.registered_commands))
    assert app(["rules", "--all"]) == 1
    assert app([]) == app(["--help"]) == app(["rulez"]) == len(app.registered_commands) > 1
