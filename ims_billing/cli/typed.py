"""By what a command that runs again is known as the same one: what was typed, and the files that it names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ims_billing import __version__

if TYPE_CHECKING:
    import datetime as dt

    from ims_billing.ledger.ledger import Ledger

# What they change is only how much of it is shown.
_SHOWN_AS = ("--all", "--json")
_words: tuple[str, ...] = ()


def remember(words: Sequence[str]) -> None:
    """Keeps the words of the command line, for `until_the_end`."""
    global _words
    _words = tuple(word for word in words if word not in _SHOWN_AS)


@contextmanager
def until_the_end(memory: Ledger, setup: Path | None, out: Path, day: dt.date) -> Iterator[dt.date]:
    """A command that changes the ledger, from its first look at it until all is shown.

    If the same command was cut off before, this one ends as that one would have. Yields the day that counts as today.
    """
    with memory.command(_same(setup, out), day) as counted:
        yield counted


def _same(setup: Path | None, out: Path) -> str:
    """One text for the same words and the same content of the files among them; those in `out` are our own."""
    paths = dict.fromkeys([*([setup] if setup else []), *map(Path, _words)])
    read = [path for path in paths if path.is_file() and out.resolve() not in path.resolve().parents]
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in read]
    return hashlib.sha256(json.dumps([__version__, _words, hashes]).encode()).hexdigest()
