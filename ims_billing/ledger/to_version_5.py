"""Brings a ledger of version 4 to version 5: what its lines said in words alone stands in columns of its own."""

from __future__ import annotations

import re
import sqlite3

from ims_billing.ledger.words_of_version_4 import REASONS, TITLES, WAYS
from ims_billing.vocabulary.grounds import Ground, Remark, as_json

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
# A remark of version 4, and the words by which version 4 knew one that somebody had decided.
_REMARK = re.compile(r"(?P<kind>[a-z-]+): (?P<message>.*)")
_DECIDED = "Decided on"
# A rule of version 4. Where a part could end at more than one place, it is kept as one message.
_RULE = re.compile(
    r"(?P<rule>[^:]+): (?P<value>.+?)"
    r"(?:, (?P<in_force>from \d{4}-\d\d-\d\d(?: until \d{4}-\d\d-\d\d)?|until \d{4}-\d\d-\d\d))?"
    r"\. Source: (?P<source>.*?)(?: (?P<url>https?://\S+))?(?P<doubt> \(not verified\))?"
)
_DOES_NOT_CHANGE = "the_grounds_of_a_claim_are_never_changed"


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
    _grounds_as_objects(database)


def _grounds_as_objects(database: sqlite3.Connection) -> None:
    """Writes the remarks and rules of all claims anew, which nothing else may do, as lists of objects."""
    named = "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?"
    (trigger,) = database.execute(named, (_DOES_NOT_CHANGE,)).fetchone()
    database.execute(f"DROP TRIGGER {_DOES_NOT_CHANGE}")
    before = database.execute("SELECT id, remarks, rules FROM claim WHERE remarks <> '' OR rules <> ''").fetchall()
    anew = [
        (as_json(map(_remark, remarks.splitlines())), as_json(map(_ground, rules.splitlines())), claim)
        for claim, remarks, rules in before
    ]
    database.executemany("UPDATE claim SET remarks = ?, rules = ? WHERE id = ?", anew)
    database.execute(trigger)


def _remark(line: str) -> Remark:
    parts = _REMARK.fullmatch(line)
    if not parts:
        return Remark("", "", line)
    return Remark(parts["kind"], TITLES.get(parts["kind"], ""), parts["message"], _DECIDED in parts["message"])


def _ground(line: str) -> Ground:
    parts = _RULE.fullmatch(line)
    if not parts or line.count(". Source: ") != 1 or line.count("http") > 1:
        return Ground("", "", message=line)
    return Ground(
        rule=parts["rule"],
        value=parts["value"],
        in_force=parts["in_force"] or "",
        source=parts["source"],
        url=parts["url"] or "",
        verified=not parts["doubt"],
    )


def _add_words(database: sqlite3.Connection, table: str, column: str, by: str, words: dict[str, str]) -> None:
    """Adds a column with the words for what another column holds; empty where version 4 had none."""
    database.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
    database.executemany(f"UPDATE {table} SET {column} = ? WHERE {by} = ?", [(w, value) for value, w in words.items()])


def _claim_of(problem: str) -> str:
    """The number of the claim that a line of version 4 is about; empty where it names none."""
    return next((begins[1] for words in _ABOUT_A_CLAIM if (begins := words.match(problem))), "")
