"""The terminal itself: where output and messages go, faults in one line, progress, and passwords that are asked for."""

from __future__ import annotations

import getpass
import os
import sys
import threading
from collections.abc import Sequence
from time import monotonic
from typing import Any, ClassVar

from rich.console import Console
from rich.text import Text

from ims_billing.cli.screen.layout import WIDEST, lines_of
from ims_billing.vocabulary.errors import BillingError

# Lines of this width where no terminal says how wide it is, and COLUMNS does not either: a pipe, a file.
_IN_A_PIPE = 100
# What every message begins with.
_PROGRAM = "ims-billing:"


def _width() -> int | None:
    """The width of lines where nothing else states one; None: the terminal's, or that of COLUMNS."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    stated = os.environ.get("COLUMNS", "").isdigit() or any(
        stream is not None and stream.isatty() for stream in streams
    )
    return None if stated else _IN_A_PIPE


def out() -> Console:
    """The console for what was asked for."""
    return Console(highlight=False, soft_wrap=False, width=_width())


def err() -> Console:
    """The console for messages and progress."""
    return Console(stderr=True, highlight=False, width=_width())


def width() -> int:
    """How many characters a line of the screen holds."""
    return max(20, min(out().width, WIDEST))


def show(lines: Sequence[Text]) -> None:
    """Prints lines as they are: whoever made them has made them fit."""
    for line in lines:
        line.rstrip()
    if lines:
        # At once: to print each takes longer than to make them.
        out().print(*map(_tame, lines), sep="\n", soft_wrap=True)


def fail(message: str) -> None:
    """Shows a fault that the user can correct; its words are shown as they are, without colour codes in them."""
    lines = _message(message)
    lines[0].stylize("bold red", 0, len(_PROGRAM))
    for line in lines:
        err().print(line, soft_wrap=True)


def notify(message: str, style: str = "yellow") -> None:
    """Shows what a command did, or met, beside what was asked for."""
    shown = Working.on_screen or err()
    for line in _message(message):
        shown.print(Text(line.plain, style), soft_wrap=True)


def _message(message: str) -> list[Text]:
    """A message in the lines of a terminal, which would cut words; a pipe and a log keep its own lines."""
    console = err()
    text = f"{_PROGRAM} {message}"
    lines = lines_of(text, console.width) if console.is_terminal else [Text(line) for line in text.splitlines()]
    return [_tame(line) for line in lines]


# What a terminal obeys and does not show, and what turns the order of letters round: a heading of a file could clear
# the screen with it, or make a message say something else.
_OBEYED = dict.fromkeys(
    {*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)} - {0x09, 0x0A}, "?"
)


def _tame(line: Text) -> Text:
    """The line without characters that a terminal obeys, in the same place and style."""
    if not line.plain.isprintable():
        line.plain = line.plain.translate(_OBEYED)
    return line


def time_left(seconds: float) -> str:
    """How long work goes on still, no more exactly than anybody knows."""
    if seconds < 1:
        return "a little longer"
    return f"about {seconds:.0f} s left" if seconds < 90 else f"about {seconds / 60:.0f} min left"


class Working:
    """Progress on standard error for work of over a second: what is done now, since when, and how long still.

    How long is told only where something of the same stretch of work lies behind, to go by. Nothing in a pipe,
    nothing for short work.
    """

    # The console that shows progress now: what is printed beside it would end up in the line of the bar.
    on_screen: ClassVar[Console | None] = None

    def __init__(self) -> None:
        self._what = ""
        self._done: float | None = None
        self._begun = self._stretch = monotonic()
        self._ends: float | None = None
        self._bar: Any = None
        self._timer = threading.Timer(0, self._begin)
        self._wanted = False
        self._turn = threading.Lock()

    def __enter__(self) -> Working:
        self._show_soon()
        return self

    def __exit__(self, *_: object) -> None:
        self._hide()

    def step(self, what: str, done: float | None = None, /) -> None:
        """Says what begins now, and how much of that stretch of work lies behind, where that is known."""
        now = monotonic()
        if done is None or self._done is None or done < self._done:
            self._stretch = now
        self._what, self._done = what, done
        self._ends = now + (now - self._stretch) * (1 - done) / done if done else None
        self._show()

    def ask_password(self, file: str, again: bool) -> str | None:
        """The password of a protected workbook: of the environment, else typed; None where nobody can be asked."""
        given = os.environ.get("IMS_BILLING_PASSWORD")
        if given:
            return None if again else given
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return None
        self._hide()
        if again:
            err().print("That password is wrong.")
        prompted_at = monotonic()
        typed = getpass.getpass(f"Password of {file}: ") or None
        # To type it is no part of the work that what is left goes by.
        self._stretch += monotonic() - prompted_at
        self._show_soon()
        return typed

    def wait(self, who: str) -> None:
        """Says that the work waits for somebody else's, in a pipe too: nobody should take it for dead."""
        shown = Working.on_screen or err()
        shown.print(Text(f"Waiting for {who}, who is at work on the ledger ..."), soft_wrap=True)
        self.step("Waiting")

    def _show_soon(self) -> None:
        if sys.stderr.isatty():
            self._wanted = True
            self._timer = threading.Timer(1.0, self._begin)
            self._timer.daemon = True
            self._timer.start()

    def _hide(self) -> None:
        self._timer.cancel()
        with self._turn:
            self._wanted = False
            if self._bar is not None:
                self._bar.stop()
                self._bar = Working.on_screen = None

    def _begin(self) -> None:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(bar_width=20))
        working = self

        class Times(TextColumn):
            """Since when, and how long still."""

            def render(self, _task: Any) -> Text:
                return Text(working.times(), no_wrap=True)

        bar = Progress(*columns, Times(""), console=err(), transient=True, refresh_per_second=4)
        bar.add_task(self._what)
        with self._turn:
            # The work may have ended while the bar was made: nothing would take it off the screen again.
            if self._wanted:
                self._bar = bar
                self._show()
                bar.start()
                Working.on_screen = bar.console

    def _show(self) -> None:
        """Where nobody knows how far it is, the bar only moves."""
        if (bar := self._bar) is not None:
            total = None if self._done is None else 1.0
            bar.update(bar.task_ids[0], description=self._what, completed=self._done or 0, total=total)

    def times(self) -> str:
        """Since when this goes on, and how long still."""
        now = monotonic()
        since = f"{now - self._begun:.0f} s"
        return since if self._ends is None else f"{since}, {time_left(self._ends - now)}"


# Excel's own encryption is slow to try, but not so slow that a short password holds.
_SHORTEST_PASSWORD = 8


def new_password() -> str:
    """The password to protect workbooks with: of the environment, else typed twice; raises BillingError without one."""
    given = os.environ.get("IMS_BILLING_PASSWORD")
    if given and len(given) < _SHORTEST_PASSWORD:
        raise BillingError(f"IMS_BILLING_PASSWORD is too short: use at least {_SHORTEST_PASSWORD} characters.")
    if given:
        return given
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise BillingError(
            "--protect needs a password: run it in a terminal, which asks for it, or set IMS_BILLING_PASSWORD."
        )
    while True:
        first = getpass.getpass("Password for the workbooks: ")
        if len(first) < _SHORTEST_PASSWORD:
            err().print(f"That is too short: use at least {_SHORTEST_PASSWORD} characters.")
        elif first == getpass.getpass("The same once more: "):
            return first
        else:
            err().print("That was not the same twice.")
