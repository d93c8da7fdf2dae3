"""The error that a user can fix, and the listed word nearest to one that is not listed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class BillingError(Exception):
    """An error that the user can fix; its text names the file and what to do. Ends with exit code 2.

    `path` is the file that it is about, where whoever catches it has to tell which.
    """

    def __init__(self, message: str, path: Path | None = None) -> None:
        super().__init__(message)
        self.path = path


@contextmanager
def about(path: Path) -> Iterator[None]:
    """Gives a BillingError that is raised within the file that it is about, unless it has one."""
    try:
        yield
    except BillingError as error:
        error.path = error.path or path
        raise


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The listed word that begins with this one, else looks most like it; None where none comes near."""
    words = list(words)
    begun = [name for name in words if len(word) > 3 and name.startswith(word)]
    if len(begun) == 1:
        return begun[0]
    return next(iter(difflib.get_close_matches(word, words, n=1, cutoff=0.6)), None)


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """A closing half-sentence that proposes the nearest of `words`; empty where none comes near."""
    close = nearest(word, words)
    return f"; did you mean {close}?" if close else ""
