"""Who may change the ledger when: one command at a time, and how long one waits for others."""

from __future__ import annotations

import getpass
import platform
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from ims_billing.ledger.held import hold, is_held, let_go
from ims_billing.vocabulary.errors import BillingError

# Called with who holds the ledger, once, when a command has to wait.
Waiting = Callable[[str], None]
# How long a command waits for another one's change before it gives up: longer than any month takes.
_PATIENCE = 600.0
# How long it waits for those who only look, and for other programs; and after how long it says so.
_COMMITS = 60.0
_SILENT = 2.0
_LOOKS = 0.05


class Lock:
    """SQLite's lock on a ledger's file, and the note beside it by which others learn who is at work."""

    def __init__(self, path: Path, notify: Callable[[str], None]) -> None:
        self.path = path
        self.notify = notify
        self._note = path.with_name(f"{path.name}-in-use")
        self._held: BinaryIO | None = None

    @property
    def was_cut_off(self) -> bool:
        """Whether a command is at work, or left the ledger without an end."""
        return self._note.exists() or self.path.with_name(f"{self.path.name}-journal").exists()

    def begin(self, database: sqlite3.Connection, waiting: Waiting) -> None:
        """Begins a change; `waiting` is called with the name of another command's user that it has to wait for."""
        began = time.monotonic()
        announced = ""
        while not _done(database, "BEGIN IMMEDIATE"):
            waited = time.monotonic() - began
            who = self._holder()
            if who and waited > _PATIENCE:
                raise BillingError(
                    f"{self.path}: {who} has had the ledger in use for {_PATIENCE / 60:.0f} minutes. "
                    "Run the command again when they are done."
                )
            if who and not announced:
                waiting(who)
                announced = who
            elif not who:
                announced = self._wait_for_a_program(waited, announced)
            time.sleep(_LOOKS)

    def wait(self, database: sqlite3.Connection, statement: str) -> None:
        """Runs a statement that another program's lock may hold up."""
        began = time.monotonic()
        announced = ""
        while not _done(database, statement):
            announced = self._wait_for_a_program(time.monotonic() - began, announced)
            time.sleep(_LOOKS)

    def _wait_for_a_program(self, waited: float, announced: str) -> str:
        """After so many seconds: says so once, and gives up in the end; returns what has been announced."""
        if waited > _COMMITS:
            raise BillingError(
                f"{self.path}: the ledger is in use by another program, and nothing was recorded. Close the program "
                "that has it open, such as a database viewer or a backup, and run the command again."
            )
        if waited > _SILENT and not announced:
            self.notify("The ledger is in use by another program; waiting up to a minute.")
            return "a program"
        return announced

    def _holder(self) -> str:
        """Who is at work, as they noted it; empty where nobody did, or a command that was killed left the note.

        The note holds nobody up, the ledger's lock does.
        """
        try:
            if not is_held(self._note):
                return ""
            return self._note.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def note(self, command: str) -> None:
        """Leaves a note for those who wait; where it cannot be left, they wait without."""
        try:
            # One that a killed command left may be another person's, who lets nobody write in it.
            self._note.unlink(missing_ok=True)
            self._note.write_text(f"{_user()} on {platform.node()}{f' ({command})' if command else ''}", "utf-8")
        except OSError:
            return
        self._held = hold(self._note)

    def forget(self) -> None:
        """Takes the note away."""
        if self._held is not None:
            let_go(self._held, self._note)
            self._held = None
            return
        try:
            self._note.unlink(missing_ok=True)
        except OSError:
            return


def _done(database: sqlite3.Connection, statement: str) -> bool:
    """Runs a statement; False where another program's lock keeps it from running."""
    try:
        database.execute(statement).fetchall()
        return True
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # the system does not say who
        return "somebody"
