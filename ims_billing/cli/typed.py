"""By what a command that runs again is known as the same one: what was typed, and the files that it names."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ims_billing import __version__
from ims_billing.cli.json_output import OUTPUT

if TYPE_CHECKING:
    import datetime as dt

    from ims_billing.ledger.ledger import Ledger

# What they change is only how much of it is shown.
_SHOWN_AS = ("--all", "--json")
_words: tuple[str, ...] = ()
_begun = ExitStack()


def remember(words: Sequence[str]) -> None:
    """Keeps the words of the command line, for `until_the_end`."""
    global _words
    _words = tuple(word for word in words if word not in _SHOWN_AS)


def until_the_end(memory: Ledger, setup: Path | None, out: Path, day: dt.date) -> dt.date:
    """Begins a command that changes the ledger: if the same one was cut off before, it ends as that one would have.

    It lasts until `ending` has shown all. Returns the day that counts as today.
    """
    return _begun.enter_context(memory.command(_same(setup, out), day))


@contextmanager
def ending() -> Iterator[None]:
    """The command line's one command: what was begun in it ends when all that it shows is out, or is cut off."""
    with _begun:
        try:
            yield
        except typer.Exit:
            _show_all()
            _begun.close()
            raise
        _show_all()


def _show_all() -> None:
    OUTPUT.flush()
    # Whoever read it may have gone.
    with suppress(OSError):
        sys.stdout.flush()


def _same(setup: Path | None, out: Path) -> str:
    """One text for the same words and the same content of the files among them; those in `out` are our own."""
    named = dict.fromkeys([*([setup] if setup else []), *map(Path, _words)])
    others = [path for path in named if out.absolute() not in path.absolute().parents]
    hashes = [hashlib.sha256(content).hexdigest() for path in others if (content := _content(path))]
    return hashlib.sha256(json.dumps([__version__, _words, hashes]).encode()).hexdigest()


def _content(path: Path) -> bytes:
    """What a file holds; nothing where it is none: a long reason can be no file's name, and a month is no file."""
    try:
        return path.read_bytes() if path.is_file() else b""
    except (OSError, ValueError):
        return b""
