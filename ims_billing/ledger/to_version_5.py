"""Brings a ledger of version 4 to version 5: what its lines said in words alone stands in columns of its own."""

from __future__ import annotations

import re
import sqlite3

from ims_billing.ledger.words_of_version_4 import REASONS, TITLES, WAYS

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
        _add_words(database, table, "title", "kind", TITLES)
        _add_words(database, table, "ways", "kind", WAYS)
    _add_words(database, "not_billed", "why", "reason", REASONS)


def _add_words(database: sqlite3.Connection, table: str, column: str, by: str, words: dict[str, str]) -> None:
    """Adds a column with the words for what another column holds; empty where version 4 had none."""
    database.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
    database.executemany(f"UPDATE {table} SET {column} = ? WHERE {by} = ?", [(w, value) for value, w in words.items()])


def _claim_of(problem: str) -> str:
    """The number of the claim that a line of version 4 is about; empty where it names none."""
    return next((begins[1] for words in _ABOUT_A_CLAIM if (begins := words.match(problem))), "")
