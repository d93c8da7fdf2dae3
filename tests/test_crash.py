"""Killed, cut off, or run twice at once: each session is claimed once, and the files show what the ledger holds."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ims_billing.cli.main import app
from ims_billing.clinic.setup_file import load
from ims_billing.commands import claim as record
from ims_billing.commands import folder as month_folder
from ims_billing.commands import void as voiding
from ims_billing.commands.workplace import Workplace
from ims_billing.ledger.copies import copies_of
from ims_billing.ledger.file import LedgerFile
from ims_billing.ledger.files_written import FilesWritten
from ims_billing.ledger.ledger import Ledger
from ims_billing.reading.intake import read_files
from ims_billing.vocabulary.folder import LAST_BATCH
from tests.practice import AS_OF, MONTH, clinic_file, csv_file, row

INSURERS = ("Sun Life", "PBC", "Manulife")
VISITS = [
    row(Session_ID=f"S{n}", Start=f"{9 + n % 8}:00", Patient=f"P{n} Madeup", Insurer=INSURERS[n % 3],
        Service_Date=dt.date(2026, 10, 1 + n % 28), Fee=95.0 if n % 7 else 100.0)
    for n in range(40)
]  # fmt: skip
# What was claimed before the run that is disturbed: nothing, or a batch with a claim taken back since.
EARLIER = VISITS[:15]


FINISHED = "ims-billing: The same command was cut off before it ended. It is finished now.\n"


def command(folder: Path, *, month: str = MONTH) -> list[str]:
    arguments = ["claim", str(folder / "sessions.csv"), "--month", month, "--as-of", AS_OF.isoformat()]
    return [sys.executable, "-m", "ims_billing", *arguments, "--clinic", str(folder / "clinic.toml")]


def run(folder: Path) -> None:
    """The same command line within this process: what comes after a kill needs none of its own."""
    done = CliRunner().invoke(app, command(folder)[3:], catch_exceptions=False)
    assert (done.exit_code, done.stderr) in ((0, ""), (0, FINISHED))


def claim(folder: Path) -> None:
    """The same command within this process."""
    clinic = load(folder / "clinic.toml")
    intake = read_files([folder / "sessions.csv"], clinic)
    ledger = Ledger(folder / "ims-billing.sqlite")
    record.claim(record.Request(intake, clinic, MONTH, AS_OF), Workplace(ledger, folder / "reports"))


def prepared(folder: Path, *, earlier: bool) -> Path:
    """A clinic's folder before the run; `earlier`: with a first batch, of which a claim was taken back."""
    folder.mkdir(parents=True)
    clinic_file(folder)
    if earlier:
        csv_file(folder, EARLIER)
        claim(folder)
        ledger = Ledger(folder / "ims-billing.sqlite")
        voiding.void("2026-10-SUNL-0001", None, Workplace(ledger, folder / "reports"), reason="a test", as_of=AS_OF)
    csv_file(folder, VISITS)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted((folder / "reports").rglob("*"))
        if path.is_file()
    }


def everything(folder: Path) -> dict[str, bytes]:
    """Every file, with those of the ledger; an empty folder is nothing that a run would leave."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def ledger_rows(folder: Path) -> list[tuple[Any, ...]]:
    """Every claim on the ledger, once SQLite has proved the file sound."""
    with closing(sqlite3.connect(folder / "ims-billing.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        rows: list[tuple[Any, ...]] = database.execute("SELECT * FROM claim ORDER BY id").fetchall()
        return rows


def tables(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "ims-billing.sqlite")) as database:
        # Which folders have which files is no part of what is claimed.
        no_part = ('INTO "written"', 'INTO "table_sum"')
        return [line for line in database.iterdump() if not any(table in line for table in no_part)]


class Undisturbed:
    """The folder before the run and after one that nothing disturbed."""

    def __init__(self, place: Path, *, earlier: bool) -> None:
        self.earlier = earlier
        self.before = prepared(place / "before", earlier=earlier)
        self.after = place / "after"
        shutil.copytree(self.before, self.after)
        began = time.monotonic()
        claim(self.after)
        self.seconds = time.monotonic() - began
        self.files, self.tables = files(self.after), tables(self.after)
        assert len(self.files) > 4
        assert len(ledger_rows(self.after)) == 34
        # The ledger makes these files; so does any that has the same tables.
        month_folder.report(Workplace(Ledger(self.after / "ims-billing.sqlite"), place / "copy" / "reports"), MONTH)
        assert files(place / "copy") == self.files

    def fresh(self, name: str) -> Path:
        return Path(shutil.copytree(self.before, self.before.parent / name))

    def prove_sound(self, folder: Path) -> None:
        """Of a disturbed folder: no file is half-written, and each is as it was, or as it is to be."""
        was = files(self.before)
        for name, content in files(folder).items():
            if name.endswith(".part"):
                continue
            assert content in (was.get(name), self.files.get(name)), name
            if name.endswith(".xlsx"):
                assert zipfile.ZipFile(folder / name).testzip() is None

    def prove_completed(self, folder: Path) -> None:
        """Of a folder whose run was repeated: the ledger and every file are as if nothing had happened."""
        assert files(folder) == self.files
        assert tables(folder) == self.tables
        claimed = [claim for claim in ledger_rows(folder) if claim[33] is None]
        assert len({claim[25] for claim in claimed}) == len(claimed)
        kept = (LAST_BATCH, "ims-billing-copies")
        assert sorted(p.name for p in folder.iterdir() if p.name not in kept) == [
            "clinic.toml", "ims-billing.sqlite", "reports", "sessions.csv",
        ]  # fmt: skip
        assert len(copies_of(folder / "ims-billing.sqlite")) == len(copies_of(self.after / "ims-billing.sqlite"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """A second batch, which also changes files that are there; the cuts below try a first one too."""
    return Undisturbed(tmp_path_factory.mktemp("second"), earlier=True)


@pytest.mark.parametrize("earlier", [False, True], ids=["first batch", "second batch"])
def test_cut_off_before_any_step_the_next_run_completes_the_work(
    undisturbed: Undisturbed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, earlier: bool
) -> None:
    """Before each write to the ledger, and each new file, flush and move: the folder as a power cut would leave it.

    Once the ledger has the batch, one file after the other is written and moved, in one way: every second such moment
    is completed here, the others in the other batch, and the last; `-m long` completes all of them.
    """
    completed_after_power_cuts(undisturbed if earlier else Undisturbed(tmp_path, earlier=False), monkeypatch, every=2)


@pytest.mark.long
@pytest.mark.parametrize("earlier", [False, True], ids=["first batch", "second batch"])
def test_cut_off_before_any_step_of_all_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, earlier: bool
) -> None:
    completed_after_power_cuts(Undisturbed(tmp_path, earlier=earlier), monkeypatch, every=1)


def completed_after_power_cuts(undisturbed: Undisturbed, monkeypatch: pytest.MonkeyPatch, *, every: int) -> None:
    folder = undisturbed.fresh("cut off")
    snapshots: list[Path] = []

    steps: list[dict[str, bytes]] = []
    one_at_a_time = threading.Lock()

    def noted(step: Callable[..., Any]) -> Callable[..., Any]:
        def take(*args: Any, **more: Any) -> Any:
            with one_at_a_time:
                now = everything(folder)
                # A step before which nothing was written leaves what the one before it left.
                if not steps or steps[-1] != now:
                    place = undisturbed.before.parent / f"snapshot-{len(snapshots)}"
                    snapshots.append(Path(shutil.copytree(folder, place)))
                steps.append(now)
            return step(*args, **more)

        return take

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", noted(Path.replace))
        patched.setattr(os, "fsync", noted(os.fsync))
        patched.setattr(tempfile, "mkstemp", noted(tempfile.mkstemp))
        patched.setattr(LedgerFile, "insert", noted(LedgerFile.insert))
        patched.setattr(FilesWritten, "mark_written", noted(FilesWritten.mark_written))
        claim(folder)
    assert len(steps) > 15
    assert len(snapshots) > 10
    late = [place for place in snapshots if files(place) != files(undisturbed.before)]
    left_out = [place for n, place in enumerate(late[:-1]) if n % every != undisturbed.earlier % every]
    for place in snapshots:
        if place in left_out:
            continue
        undisturbed.prove_sound(place)
        claim(place)
        undisturbed.prove_completed(place)
        shutil.rmtree(place)


def kill_at_random(undisturbed: Undisturbed, chance: random.Random, number: int, length: float) -> str:
    """Kills the real command somewhere within its work on the ledger, or before it; what the folder then held."""
    folder = undisturbed.fresh(f"killed-{number}")
    note = folder / "ims-billing.sqlite-in-use"
    process = subprocess.Popen(command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not note.exists():
        time.sleep(0.001)
    time.sleep(chance.uniform(0, length))
    process.kill()
    process.wait()
    undisturbed.prove_sound(folder)
    path = folder / "ims-billing.sqlite"
    recorded = path.stat().st_size > 0 and len(ledger_rows(folder)) == 34
    now = files(folder)
    left = "all files" if now == undisturbed.files else "some files" if now != files(undisturbed.before) else "none"
    run(folder)
    undisturbed.prove_completed(folder)
    shutil.rmtree(folder)
    return f"{'recorded' if recorded else 'not recorded'}, {left}"


def kill(undisturbed: Undisturbed, times: int) -> dict[str, int]:
    # A process of its own loads what writes the files, too, before it writes them.
    length = 1.5 * undisturbed.seconds
    chance = random.Random(4)
    left_by: dict[str, int] = {}
    for number in range(times):
        left = kill_at_random(undisturbed, chance, number, length)
        left_by[left] = left_by.get(left, 0) + 1
    print(left_by)
    return left_by


def test_killed_at_random_the_next_run_completes_the_work(undisturbed: Undisturbed) -> None:
    """The real process, at a moment that nobody chose; the chosen ones are tested without it."""
    assert sum(kill(undisturbed, 2).values()) == 2


# Where the tests run in the background, a shell has Ctrl-C ignored, also by what they start.
AS_IN_A_TERMINAL = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from ims_billing.__main__ import main
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no process groups to send Ctrl-C to")
def test_ctrl_c_is_one_message_and_the_next_run_completes_the_work(undisturbed: Undisturbed) -> None:
    """At moments of the work on the ledger, and just after it; as a terminal does, to all processes."""
    codes = set()
    for number, pause in enumerate((0.0, 0.05, 0.1, *[0.0] * 7)):
        if number >= 3 and 130 in codes:
            # A busy machine may let a command end before the signal comes: then once more.
            break
        folder = undisturbed.fresh(f"stopped-{number}")
        note = folder / "ims-billing.sqlite-in-use"
        process = subprocess.Popen(
            [sys.executable, "-c", AS_IN_A_TERMINAL, *command(folder)[3:]],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True,
        )  # fmt: skip
        while process.poll() is None and not note.exists():
            time.sleep(0.001)
        time.sleep(pause)
        with suppress(OSError):  # it may be done by now
            os.killpg(process.pid, signal.SIGINT)
        errors = process.communicate()[1]
        # Below zero: it was done already, and on its way out.
        assert process.returncode in (0, 130, -signal.SIGINT)
        assert ("ims-billing: stopped. Nothing is half-done" in errors) == (process.returncode == 130)
        assert "Traceback" not in errors
        codes.add(process.returncode)
        undisturbed.prove_sound(folder)
        run(folder)
        undisturbed.prove_completed(folder)
        shutil.rmtree(folder)
    assert 130 in codes


@pytest.mark.long
def test_killed_at_random_often(undisturbed: Undisturbed) -> None:
    assert len(kill(undisturbed, 150)) > 2


def at_once(folder: Path, times: int) -> Iterator[tuple[Path, list[str]]]:
    """Two real commands at once on overlapping halves of the visits, several times; what they said."""
    halves = {"one": VISITS[:25], "two": VISITS[15:]}
    for number in range(times):
        place = folder / f"together-{number}"
        place.mkdir()
        clinic_file(place)
        started = []
        for name, visits in halves.items():
            csv_file(place, visits, f"{name}.csv")
            arguments = [part.replace("sessions.csv", f"{name}.csv") for part in command(place)]
            started.append(
                subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
            )
        outputs = []
        for process in started:
            out, err = process.communicate()
            assert process.returncode == 0, err
            assert "Traceback" not in err
            outputs.append(out)
        yield place, outputs


def together(folder: Path, times: int) -> None:
    for place, outputs in at_once(folder, times):
        rows = ledger_rows(place)
        assert len({row[25] for row in rows}) == len(rows) == 34
        batches = {row[3] for row in rows}
        assert batches == {1, 2}
        assert sum(f"batch {n}" in text for n in (2,) for text in outputs) == 1
        shown = files(place)
        month_folder.report(Workplace(Ledger(place / "ims-billing.sqlite"), place / "copy" / "reports"), MONTH)
        assert files(place / "copy") == shown
        assert not list(place.glob("*-in-use"))


def test_two_commands_at_once_claim_each_session_once(tmp_path: Path) -> None:
    together(tmp_path, 1)


@pytest.mark.long
def test_two_commands_at_once_often(tmp_path: Path) -> None:
    together(tmp_path, 50)
