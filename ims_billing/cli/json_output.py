"""Prints the one JSON object of a command: what it has to show, and its error if it has one."""

from __future__ import annotations

import json
import sys
from typing import Any


class JsonOutput:
    """The object of the command that runs: nothing is printed until it is complete.

    wanted: True where the command line has --json
    shown: what the command has to show; None where it has not come that far
    """

    def __init__(self) -> None:
        self.wanted = False
        self.shown: dict[str, Any] | None = None

    def fail(self, message: str, exit_code: int) -> None:
        """Adds the error to the object, or makes it the object."""
        error = {"error": {"message": message, "exit_code": exit_code}}
        self.shown = error if self.shown is None else {**self.shown, **error}

    def flush(self) -> None:
        """Prints the object, if there is one; in ASCII where the stream is not UTF-8, so that every reader reads it."""
        if self.wanted and self.shown is not None:
            is_utf_8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
            sys.stdout.write(json.dumps(self.shown, ensure_ascii=not is_utf_8, indent=1) + "\n")
        self.shown = None


OUTPUT = JsonOutput()


def print_json(shown: dict[str, Any]) -> None:
    """Hands over the object of this command; it is printed when the command ends, with its error if it has one."""
    OUTPUT.shown = shown
