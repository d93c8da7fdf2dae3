"""The ledger as it was before a command that was killed, kept for the same command run again."""

from __future__ import annotations

import datetime as dt
import json
import zlib
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ims_billing.ledger.copies import folder_of_copies
from ims_billing.ledger.held import hold, is_held, let_go
from ims_billing.saving import put, sweep

# Where SQLite counts, in the file's header, how often the file was changed; and whether it does so at all.
_COUNT, _COUNTS = slice(24, 28), slice(18, 20)


class Before(NamedTuple):
    """The ledger as it was before a command that did not end."""

    content: bytes
    """The bytes of its file; empty where there was none."""
    day: dt.date
    """The day that the command counted as today."""
    changes: int
    """How many changes the command had recorded when it was cut off."""


class Unfinished:
    """The note beside a ledger from a command's first change until it ends; it is held while the command is at work."""

    def __init__(self, ledger: Path) -> None:
        self.ledger = ledger
        self._note = ledger.with_name(f"{ledger.name}-unfinished")
        self._held: BinaryIO | None = None
        self._command = ""
        self._day = dt.date.min
        self._looked = False

    @property
    def is_left(self) -> bool:
        """Whether a command left its note, and is not at work any more."""
        return self._note.is_file() and not is_held(self._note)

    @property
    def is_wanted(self) -> bool:
        """Whether the next change is the first one of a command whose words somebody waits for."""
        return bool(self._command) and self._held is None

    def begin(self, command: str, day: dt.date) -> Before | None:
        """Begins a command, told by what it was typed as; returns what is left of the same one, if it was cut off."""
        self._command, self._day, self._looked = command, day, False
        if not self.is_left:
            return None
        try:
            first, _, content = self._note.read_bytes().partition(b"\n")
            noted = json.loads(first)
            if noted.get("copy"):
                content = (folder_of_copies(self.ledger) / noted["copy"]).read_bytes()
            # A loss of power may leave a part of the note: it tells nothing then.
            if noted["command"] != command or noted["checksum"] != zlib.crc32(content):
                return None
            with self.ledger.open("rb") as file:
                changes = _count(file.read(_COUNT.stop)) - _count(content)
            return Before(content, dt.date.fromisoformat(noted["day"]), changes) if changes > 0 else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def note(self, before: bytes, copy: Path | None, *, shared: bool) -> None:
        """Notes the command, and the ledger before its first change; where it cannot be left, it does without.

        A `copy` that was kept of that ledger stands for its bytes: those of ten years take as long as all else.
        """
        noted = {"command": self._command, "day": self._day.isoformat(), "checksum": zlib.crc32(before)}
        if is_held(self._note) or before[_COUNTS] == b"\2\2":
            return
        sweep(self._note.parent)
        with suppress(OSError):
            if copy is not None:
                noted["copy"], before = copy.name, b""
            put(self._note, json.dumps(noted).encode() + b"\n" + before, shared=shared)
            self._held = hold(self._note)

    def take_up(self) -> None:
        """Holds the note that the same command left: it is finished now."""
        self._held = hold(self._note)

    def look(self) -> None:
        """Called where the command was ready to change the ledger, whether it had to or not."""
        self._looked = True

    def forget(self) -> None:
        """Takes the note away: nothing of the command is recorded."""
        if self._held is not None:
            let_go(self._held, self._note)
            self._held = None

    def end(self, *, cut_off: bool) -> None:
        """Ends the command: the note goes, or stays for the same command if this one was `cut_off`.

        The note of another command that was cut off goes too: this one completed its files, if it left any undone.
        """
        self._command = ""
        if not cut_off:
            if self._held is None and self._looked and self.is_left:
                self.take_up()
            self.forget()
        elif self._held is not None:
            self._held.close()
            self._held = None


def _count(content: bytes) -> int:
    return int.from_bytes(content[_COUNT], "big")
