"""What the user can put right, and the nearest known word to one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class BillingError(Exception):
    """Something the user can put right; its text names the file and the way out. Ends with exit code 2."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that begins with this one, else looks most like it; None where none comes near."""
    known = list(known)
    begun = [name for name in known if len(word) > 3 and name.startswith(word)]
    if len(begun) == 1:
        return begun[0]
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.6)), None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A closing half-sentence that proposes the nearest known word; empty where none comes near."""
    close = nearest(word, known)
    return f"; did you mean {close}?" if close else ""
