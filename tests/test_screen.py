"""What a terminal shows of work that goes on; a pipe is shown nothing of it."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ims_billing.checks import CHECKS
from ims_billing.cli.main import app
from ims_billing.cli.screen import terminal
from ims_billing.cli.screen.payments import RESULTS_IN_WORDS
from ims_billing.cli.screen.terminal import Working
from ims_billing.month.prepare import Scope, prepare_month
from ims_billing.payments.payment import RESULTS
from ims_billing.reading.intake import read_files
from ims_billing.workbooks.month_files import write_month
from tests.practice import AS_OF, MONTH, clinic_file, csv_file, on_ledger, practice, row, xlsx

Steps = list[tuple[str, float | None]]
WORKS = """
import time
from ims_billing.cli.screen import Working
with Working() as working:
    working.step("Writing one.xlsx, 1 of 2", 0.0)
    time.sleep(1.5)
    working.step("Writing two.xlsx, 2 of 2", 0.1)
    time.sleep(1)
"""


def test_how_long_still_goes_by_what_lies_behind_of_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(terminal, "monotonic", lambda: now[0])
    working = Working()

    def at(seconds: float, what: str, done: float | None = None) -> str:
        now[0] = 100 + seconds
        working.step(what, done)
        return working.times()

    assert at(0, "Reading a.xlsx, 1 of 3", 0.0) == "0 s"
    assert at(10, "Reading b.xlsx, 2 of 3", 0.25) == "10 s, about 30 s left"
    now[0] = 125.0  # half of that later
    assert working.times() == "25 s, about 15 s left"
    now[0] = 145.0  # it was too hopeful, and says so
    assert working.times() == "45 s, a little longer"
    assert at(50, "Classifying") == "50 s"
    assert at(60, "Checking, 1 of 4", 0.0) == "60 s"
    assert at(64, "Checking, 2 of 4", 0.25) == "64 s, about 12 s left"
    assert at(70, "Writing one.xlsx, 1 of 9", 0.0) == "70 s"
    assert at(130, "Writing two.xlsx, 2 of 9", 0.2) == "130 s, about 4 min left"


def test_a_message_is_wrapped_at_words_in_a_terminal_and_a_line_of_its_own_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message = (
        "two files:\n  first-of-a-very-long-name-indeed-it-is.xlsx: read it again\n  second.xlsx: close it in Excel"
    )
    lines = {}
    for terminal_here in (True, False):
        stream = io.StringIO()
        console = Console(file=stream, width=30, force_terminal=terminal_here, color_system=None)
        monkeypatch.setattr(terminal, "err", lambda console=console: console)
        terminal.fail(message)
        lines[terminal_here] = stream.getvalue().splitlines()
    assert lines[True] == [
        "ims-billing: two files:",
        "  first-of-a-very-long-name-indeed-it-is.xlsx:",
        "    read it again",
        "  second.xlsx: close it in",
        "    Excel",
    ]
    assert lines[False] == f"ims-billing: {message}".splitlines()


def test_every_result_of_a_payment_line_has_its_words() -> None:
    assert set(RESULTS_IN_WORDS) == set(RESULTS)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal")
def test_a_terminal_is_shown_what_how_far_and_how_long_still() -> None:
    import pty

    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen([sys.executable, "-c", WORKS], stderr=theirs, stdout=theirs, env=environment) as working:
        os.close(theirs)
        output = b""
        try:
            while block := os.read(ours, 4096):
                output += block
        except OSError:  # Linux ends a pseudo-terminal so
            pass
    os.close(ours)
    assert working.returncode == 0
    shown = output.decode()
    assert "Writing one.xlsx, 1 of 2" in shown
    assert "Writing two.xlsx, 2 of 2" in shown
    assert "s left" in shown


def test_work_that_ends_while_its_bar_is_made_leaves_none_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(terminal, "err", lambda: Console(file=screen, force_terminal=True))
    with Working() as working:
        working.step("Reading")
    working._begin()  # as the timer's thread does, a moment too late
    assert screen.getvalue() == ""


def test_a_message_in_the_middle_of_the_work_stands_above_its_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(terminal, "err", lambda: Console(file=screen, force_terminal=True, width=100))
    working = Working()
    working._wanted = True
    working._begin()
    terminal.notify("The ledger is in use.")
    working.wait("somebody")
    working._hide()
    terminal.notify("All is done.")
    for message in ("ims-billing: The ledger is in use.", "Waiting for somebody"):
        # The line of the bar is emptied first.
        assert re.search(rf"\x1b\[2K(\x1b\[[0-9;]*m)*{message}", screen.getvalue()), message
    assert screen.getvalue().rstrip("\n").rpartition("\n")[2].endswith("All is done.\x1b[0m")


def test_a_pipe_is_shown_no_progress() -> None:
    done = subprocess.run([sys.executable, "-c", WORKS], capture_output=True, check=True)
    assert done.stdout + done.stderr == b""


def test_each_long_part_says_how_far_it_is(tmp_path: Path) -> None:
    steps: Steps = []

    def progress(what: str, done: float | None = None, /) -> None:
        steps.append((what, done))

    clinic = practice(tmp_path)
    sizes = []
    for number, count in enumerate((1, 40, 1)):
        rows = [row(Session_ID=f"S-{number}-{n}", Patient=f"Pat{number} Nr{n}") for n in range(count)]
        path = xlsx(tmp_path, rows, f"{number}.xlsx")
        sizes.append(path.stat().st_size)
    files = [tmp_path / f"{n}.xlsx" for n in (2, 0, 1)]
    month = prepare_month(read_files(files, clinic, progress), Scope(clinic, month=MONTH, as_of=AS_OF), progress)
    whole = sum(sizes)
    assert steps[:3] == [
        ("Reading 0.xlsx, 1 of 3", 0.0),
        ("Reading 1.xlsx, 2 of 3", sizes[0] / whole),
        ("Reading 2.xlsx, 3 of 3", (sizes[0] + sizes[1]) / whole),
    ]
    assert [what for what, done in steps[3:] if done is None] == [
        "Classifying", "Looking up earlier claims", "Making the claims",
    ]  # fmt: skip
    checks = [(what, done) for what, done in steps if what.startswith("Checking")]
    assert checks == [(f"Checking, {n + 1} of {len(CHECKS)}", n / len(CHECKS)) for n in range(len(CHECKS))]
    steps.clear()
    write_month(on_ledger(month), {1}, tmp_path / "out", progress)
    assert [what for what, _ in steps] == [
        f"Writing claim-summary-{MONTH}.xlsx, 1 of 3", f"Writing claims-{MONTH}.csv, 2 of 3",
        f"Writing sun-life-{MONTH}.xlsx, 3 of 3",
    ]  # fmt: skip
    assert [done for _, done in steps] == [0.0, 0.5, 0.5]
    steps.clear()
    read_files(files[:1], clinic, progress)
    assert steps == [("Reading 2.xlsx", None)]


def test_nothing_of_a_file_gives_a_terminal_orders(tmp_path: Path) -> None:
    hostile = "\x1b[2J\x9b31m\u202eGo"
    file = csv_file(tmp_path, [row() | {hostile: "maybe"}, row(Patient="B") | {hostile: "later"}])
    clinic_file(tmp_path)
    for command in ("check", "claim"):
        done = CliRunner().invoke(app, [command, str(file), "--clinic", str(tmp_path / "clinic.toml")])
        assert "Go" in done.output, "it is named all the same"
        assert not {"\x1b", "\x9b", "\u202e"} & {*done.output}
