"""Brings a ledger of version 4 to version 5: what its lines said in words alone stands in columns of its own."""

from __future__ import annotations

import re
import sqlite3

# How the problem of a line begins that is about a claim, in every wording that version 4 had. What follows may name
# claims too, so a number is read at the beginning only.
_ABOUT_A_CLAIM = tuple(
    re.compile(words)
    for words in (
        r"Claimed as (\S+); since then changed: ",
        r"It may be the session claimed as (\S+): only ",
        r"(\S+) stands for that visit, and its own session is another now\. ",
        r"Its claim (\S+) was taken back\.",
    )
)
_KINDS = ("changed-since-claimed", "voided")


def to_version_5(database: sqlite3.Connection) -> None:
    """Adds the columns of version 5 and fills them for the lines that are there."""
    for table in ("attention", "earlier"):
        database.execute(f"ALTER TABLE {table} ADD COLUMN claim TEXT NOT NULL DEFAULT ''")
        held = database.execute(f"SELECT rowid, problem FROM {table} WHERE kind IN (?, ?)", _KINDS).fetchall()
        database.executemany(
            f"UPDATE {table} SET claim = ? WHERE rowid = ?", [(_claim_of(problem), row) for row, problem in held]
        )


def _claim_of(problem: str) -> str:
    """The number of the claim that a line of version 4 is about; empty where it names none."""
    return next((begins[1] for words in _ABOUT_A_CLAIM if (begins := words.match(problem))), "")
