"""The terminal itself: where output and messages go, faults in one line, progress, and passwords that are asked for."""

from __future__ import annotations

import getpass
import os
import sys
import threading
from typing import Any

from rich.console import Console
from rich.text import Text

from ims_billing.findings import BillingError


def out() -> Console:
    """The console for what was asked for."""
    return Console(highlight=False, soft_wrap=False)


def err() -> Console:
    """The console for messages and progress."""
    return Console(stderr=True, highlight=False)


def fail(message: str) -> None:
    """Shows a fault that the user can mend; its words are shown as they are, without colour codes in them."""
    err().print(Text.assemble(("ims-billing: ", "bold red"), message), soft_wrap=True)


class Working:
    """A progress bar on standard error for work of over a second; nothing in a pipe, nothing for short work.

    `steps` is how many steps there are; None where nobody knows yet.
    """

    def __init__(self, steps: int | None) -> None:
        self._steps = steps
        self._done = 0
        self._what = ""
        self._bar: Any = None
        self._task: Any = None
        self._timer = threading.Timer(1.0, self._begin)
        self._timer.daemon = True

    def __enter__(self) -> Working:
        if sys.stderr.isatty():
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._bar is not None:
            self._bar.stop()

    def _begin(self) -> None:
        from rich.progress import Progress

        bar = Progress(console=err(), transient=True)
        self._task = bar.add_task(self._what, total=self._steps, completed=self._done)
        bar.start()
        self._bar = bar

    def ask_password(self, file: str, again: bool) -> str | None:
        """The password of a protected workbook: of the environment, else typed; None where nobody can be asked."""
        given = os.environ.get("IMS_BILLING_PASSWORD")
        if given:
            return None if again else given
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return None
        self._timer.cancel()
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        if again:
            err().print("That password is wrong.")
        return getpass.getpass(f"Password of {file}: ") or None

    def wait(self, who: str) -> None:
        """Says that the work waits for somebody else's, in a pipe too: nobody should take it for dead."""
        shown = err() if self._bar is None else self._bar.console
        shown.print(Text(f"Waiting for {who}, who is at work on the ledger ..."), soft_wrap=True)
        self.step("Waiting")

    def step(self, what: str) -> None:
        """Says what begins now; what was begun before is done."""
        self._done += bool(self._what)
        self._what = what
        if self._bar is not None:
            self._bar.update(self._task, description=what, completed=self._done)


def new_password() -> str:
    """The password to protect workbooks with: of the environment, else typed twice; raises BillingError without one."""
    given = os.environ.get("IMS_BILLING_PASSWORD")
    if given:
        return given
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise BillingError(
            "--protect needs a password: run it in a terminal, which asks for it, or set IMS_BILLING_PASSWORD."
        )
    while True:
        first = getpass.getpass("Password for the workbooks: ")
        if first and first == getpass.getpass("The same once more: "):
            return first
        err().print("That was empty, or not the same twice.")
