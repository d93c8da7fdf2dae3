"""The key of a line to decide: which session it is about, as it was, and which decision the workbook showed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

# The mark of a line that showed no decision.
NONE_SHOWN = "0"


class LineKey(NamedTuple):
    """A line's key, as it stands in the column Session.

    session: the session's opaque key
    fingerprint: what the session was when the workbook was written; empty from the program's first version
    mark: which decision the line showed; empty from versions that kept no mark
    """

    session: str
    fingerprint: str = ""
    mark: str = ""

    def text(self) -> str:
        """The key as it is written."""
        return "-".join(part for part in self if part)


def line_key(text: str) -> LineKey:
    """The key that `LineKey.text` wrote, of this version or an earlier one."""
    return LineKey(*text.split("-", 2))


def sending_mark(words: Iterable[str], workbook: tuple[str, int, str]) -> str:
    """The mark of what the sheet To send showed about an insurer's workbook (month, batch, insurer's id)."""
    return decision_mark(words, "\x1f".join(map(str, workbook)))


def decision_mark(words: Iterable[str], fingerprint: str) -> str:
    """The mark of a decision, by what was typed and the fingerprint of the session; NONE_SHOWN where nothing was."""
    typed = tuple(words)
    if not any(typed):
        return NONE_SHOWN
    return hashlib.sha256("\x1f".join([*typed, fingerprint]).encode()).hexdigest()[:8]
