"""Killed before any of its writes, a command that is run again ends as if undisturbed: files, exit code, words."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ims_billing.cli.main import app
from ims_billing.ledger.file import LedgerFile
from ims_billing.ledger.lock import Lock
from tests.practice import clinic_file, csv_file, row, type_in

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a child that is killed is forked")
CLAIM = "2026-10-SUNL-0001"
COMMANDS: dict[str, tuple[str, ...]] = {
    "reconcile": ("reconcile", "paid.csv", "--as-of", "2026-11-21"),
    "void --replace": ("void", CLAIM, "--replace", "--reason", "a test", "--as-of", "2026-11-20"),
    "aging": ("aging", "--as-of", "2026-12-20"),
    "decisions": ("claim", "sessions.csv", "--month", "2026-10", "--as-of", "2026-11-06"),
    "report": ("report", "2026-10"),
}
# Those that end in the same way as one of the above.
MORE: dict[str, tuple[str, ...]] = {
    "first claim": (*COMMANDS["decisions"][:-1], "2026-11-05"),
    "void": tuple(word for word in COMMANDS["void --replace"] if word != "--replace"),
    "undo": ("reconcile", "--undo", "1", "--reason", "a test", "--as-of", "2026-11-22"),
    "read back": ("claim", "sent.csv", "--already-sent", "--as-of", "2026-11-22"),
}
KILLED = 9
# As they are, before a test replaces them.
_RUN, _WAIT = LedgerFile.run, Lock.wait


def ims(folder: Path, *arguments: str) -> Result:
    named = [str(folder / each) if each.endswith(".csv") else each for each in arguments]
    return CliRunner().invoke(app, [*named, "--clinic", str(folder / "clinic.toml")], catch_exceptions=False)


class Office:
    """A clinic's folder, put back as it was before each command; its paths stay the same, and so do all words."""

    def __init__(self, place: Path) -> None:
        self.folder, self._kept = place / "office", place / "kept"
        self.folder.mkdir()
        clinic_file(self.folder)
        csv_file(self.folder, [row(Patient="Pat Madeup"), row(Patient="Robin Madeup"), row(Patient="Sam M", Fee=97.0)])
        paid = {"Claim": CLAIM, "Paid": 50, "Payment Date": "2026-11-20", "Payment Number": "P1", "Insurer": "Sun Life"}
        csv_file(self.folder, [paid], "paid.csv")
        assert ims(self.folder, *MORE["first claim"]).exit_code == 0
        assert ims(self.folder, *COMMANDS["aging"]).exit_code == 0
        shutil.copyfile(self.folder / "reports" / "2026-10" / "claims-2026-10.csv", self.folder / "sent.csv")
        shutil.copytree(self.folder, self._kept)

    def back(self, name: str) -> None:
        """As it is before the command of a name: what people typed for it is typed once."""
        shutil.rmtree(self.folder)
        ready = self._kept.with_name(f"before {name}")
        shutil.copytree(ready if ready.exists() else self._kept, self.folder)
        if not ready.exists():
            self._prepare(name)
            shutil.copytree(self.folder, ready)

    def _prepare(self, name: str) -> None:
        summary = self.folder / "reports" / "2026-10" / "claim-summary-2026-10.xlsx"
        if name == "decisions":
            type_in(summary, "Needs attention", Decision="Bill")
        if name in ("decisions", "report"):
            type_in(summary, "To send", Sent="Yes")
        if name == "aging":
            # A claim that is closed is not on the list that is written next.
            type_in(self.folder / "reports" / "aging-2026-12-20.xlsx", "Call list", Status="Closed")
        if name == "undo":
            ims(self.folder, *COMMANDS["reconcile"])
        if name == "first claim":
            shutil.rmtree(self.folder / "reports")
        if name in ("first claim", "read back"):
            for path in self.folder.glob("ims-billing*"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def files(self) -> dict[str, bytes]:
        """The reports; nothing that is not whole may lie among them."""
        found = sorted(path for path in (self.folder / "reports").rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("kills"))


def steps(run: Callable[[], object], at: int, patched: pytest.MonkeyPatch) -> int:
    """Runs a command; ends the process before its write number `at`, or as the last thing; returns their number."""
    count = 0

    def counted(step: Callable[..., Any]) -> Callable[..., Any]:
        def take(*args: Any, **more: Any) -> Any:
            nonlocal count
            writes = step is not _RUN or not str(args[1]).lstrip().startswith(("SELECT", "WITH"))
            if step is not _WAIT or args[2] == "COMMIT":
                count += writes
                if writes and count == at:
                    os._exit(KILLED)
            return step(*args, **more)

        return take

    for of, name in ((LedgerFile, "insert"), (LedgerFile, "run"), (Lock, "wait"), (Lock, "note"), (Path, "replace")):
        patched.setattr(of, name, counted(getattr(of, name)))
    patched.setattr(os, "fsync", counted(os.fsync))
    patched.setattr(Path, "unlink", counted(Path.unlink))
    run()
    return count


def in_child(office: Office, name: str, at: int) -> int:
    """The exit code of a child in which the command is killed before its write number `at`."""
    child = os.fork()
    if not child:
        with pytest.MonkeyPatch.context() as patched:
            steps(lambda: ims(office.folder, *(COMMANDS | MORE)[name]), at, patched)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kills(office: Office, name: str, times: int) -> None:
    office.back(name)
    with pytest.MonkeyPatch.context() as patched:
        lines: list[Result] = []
        total = steps(lambda: lines.append(ims(office.folder, *(COMMANDS | MORE)[name])), 0, patched)
    done, files = lines[0], office.files()
    assert done.exit_code == 0 or name == "reconcile"
    assert total > 3
    chance = random.Random(name)
    # Each moment once before any comes twice.
    moments = [moment for _ in range(1 + times // total) for moment in chance.sample(range(1, total + 1), total)]
    for moment in moments[:times]:
        office.back(name)
        assert in_child(office, name, moment) == KILLED
        again = ims(office.folder, *(COMMANDS | MORE)[name])
        assert again.exit_code == done.exit_code, (moment, again.output)
        assert again.stdout == done.stdout, (moment, total)
        assert office.files() == files, moment
        assert not list(office.folder.glob("*-unfinished")), moment


@pytest.mark.parametrize("name", COMMANDS)
def test_killed_before_a_write_the_same_command_ends_as_if_undisturbed(office: Office, name: str) -> None:
    kills(office, name, 3)


@pytest.mark.long
@pytest.mark.parametrize("name", COMMANDS | MORE)
def test_killed_before_each_write_often(office: Office, name: str) -> None:
    kills(office, name, 300)
