"""The command line: every command, and how it is run."""

from __future__ import annotations

import codecs
import sys
import traceback
import unicodedata
from types import TracebackType

from ims_billing.cli import manual, month, payments, reference, status
from ims_billing.cli.app import app

__all__ = ["app", "main", "manual", "month", "payments", "reference", "status"]

# A traceback of more lines than this tells no more.
_LONGEST = 400
# What stands for a character that a console cannot show.
_NEAREST = {
    "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-", "\u2026": "...",
    "\u2022": "-", "\u00a0": " ", "\u2192": "->", "\u2212": "-", "\u00d7": "x", "\u0153": "oe", "\u00e6": "ae",
}  # fmt: skip


def _nearest(error: UnicodeError) -> tuple[str, int]:
    """Returns the nearest characters to those that a console lacks, else question marks, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    shown = []
    for character in error.object[error.start : error.end]:
        bare = "".join(c for c in unicodedata.normalize("NFKD", character) if c.isascii() and c.isprintable())
        # The lines and corners of tables and bars.
        line = "-" if 0x2500 <= ord(character) <= 0x257F else "#" if 0x2580 <= ord(character) <= 0x259F else "?"
        shown.append(_NEAREST.get(character) or bare or line)
    return "".join(shown), error.end


def show_nearest() -> None:
    """Makes ``errors="nearest"`` known to streams."""
    codecs.register_error("nearest", _nearest)


def show_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Shows a fault of the program's own: where it happened, without the error's words, which may quote a cell."""
    lines = ["Traceback, without what was in the files:"]
    lines += [line.rstrip() for line in traceback.format_tb(trace)]
    lines.append(kind.__name__)
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    while before is not None and len(lines) < _LONGEST:
        lines += ["It followed from:", *(line.rstrip() for line in traceback.format_tb(before.__traceback__))]
        lines.append(type(before).__name__)
        before = before.__cause__ or before.__context__
    lines.append(
        "ims-billing: this is a fault of the program. Please report it with these lines: no patient is in them."
    )
    sys.stderr.write("\n".join(lines) + "\n")


def main() -> None:
    """Runs the command line; a console that cannot show a character is given the nearest that it can show."""
    sys.excepthook = show_bug
    show_nearest()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="nearest")
    app()
