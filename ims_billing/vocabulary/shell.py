"""Paths and names as they are typed in a command."""

from __future__ import annotations

import os
import shlex
from pathlib import Path


def quoted(path: Path | str) -> str:
    """A path or name as the shells of this system take it on one line, where it has more than plain characters.

    A name that begins with a dash would be read as an option.
    """
    text = str(path)
    if text.startswith("-"):
        text = f".{os.sep}{text}"
    if text and all(character.isalnum() or character in _PLAIN for character in text):
        return text
    if not any(character in _EXPANDED for character in text):
        # Taken by each shell, Windows' own too, which knows no other quotes.
        return f'"{text}"'
    if os.name != "nt":
        return shlex.quote(text)
    # PowerShell's way: a name on Windows has no double quotes, and these keep it from reading $ and `.
    return "'" + text.replace("'", "''") + "'"


# What needs no quotes; a backslash is a part of names elsewhere than on Windows.
_PLAIN = "._-/:" + ("\\" if os.name == "nt" else "")
# What a shell reads within double quotes.
_EXPANDED = "$`" if os.name == "nt" else '"$`!\\'
