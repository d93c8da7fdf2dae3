"""Whether what stands in a ledger's file is what was written there: SQLite's own proof, the tables, the sums."""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import cache
from operator import itemgetter
from typing import Any, BinaryIO

from ims_billing.ledger.sums import digest_of, has_sums

# A script, or a function of the database, that makes the tables of one version from those of the one before.
Migration = str | Callable[[sqlite3.Connection], None]
# SQLite's answers to a file that it cannot read; what it says of one may be no text itself.
UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)
_LENGTH = 16
# How many bytes of a file are read at a time.
_PIECE = 1 << 20
# Columns that hold JSON, and are never empty.
_JSON = {("page", "origin"), ("page", "totals"), ("page", "payers"), ("batch", "origin"), ("remittance_line", "words")}


class DamageError(Exception):
    """A stored value can't be what was written; the error becomes "the ledger is damaged" where the ledger was opened.

    It says nothing of what was read: that may be a patient's.
    """


def run_migration(database: sqlite3.Connection, migration: Migration) -> None:
    """Runs a script statement by statement, as a whole script would end the transaction first; or a function."""
    if not isinstance(migration, str):
        migration(database)
        return
    statement = ""
    for line in migration.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            database.execute(statement)
            statement = ""


def columns_of(database: sqlite3.Connection) -> set[tuple[str, str]]:
    """Table and column of every column in the database."""
    named = "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'"
    return set(database.execute(named))


@cache
def released(migrations: tuple[Migration, ...]) -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str, str]]]:
    """The columns, and the whole schema, of a ledger that these migrations make."""
    with closing(sqlite3.connect(":memory:")) as database:
        for migration in migrations:
            run_migration(database, migration)
        return frozenset(columns_of(database)), frozenset(_schema(database))


def _schema(database: sqlite3.Connection) -> set[tuple[str, str, str]]:
    rows = database.execute("SELECT type, name, sql FROM sqlite_schema")
    return {(str(kind), str(name), re.sub(r"\s+", " ", str(sql))) for kind, name, sql in rows}


def has_schema(database: sqlite3.Connection, migrations: tuple[Migration, ...]) -> bool:
    """Whether all tables, indexes and triggers stand there as they were made; others beside them do no harm."""
    return released(migrations)[1] <= _schema(database)


def is_whole(database: sqlite3.Connection, migrations: tuple[Migration, ...], *, every_cell: bool = True) -> bool:
    """Whether SQLite, the schema, the checksum of every claim and the sum of every table prove the file sound."""
    try:
        if not (has_integrity(database) and has_schema(database, migrations)):
            return False
        if ("claim", "checksum") in released(migrations)[0]:
            deque(checked_claims(database.execute("SELECT * FROM claim")), maxlen=0)
        tables = {table for table, _ in released(migrations)[0]}
        if "table_sum" in tables and not has_sums(database, tables):
            return False
        return not every_cell or _is_readable(database)
    except (*UNREADABLE, DamageError):
        return False


def has_integrity(database: sqlite3.Connection) -> bool:
    """Whether SQLite finds all pages, cells and indexes of the file as they have to be: 0.3 s for 50 MB."""
    return bool(database.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))


def _is_readable(database: sqlite3.Connection) -> bool:
    """Whether every cell can be read at all: text that is text, and JSON where that is kept."""
    for (table,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        for _ in database.execute(f'SELECT * FROM "{table}"'):
            pass
    return not any(
        database.execute(f"SELECT 1 FROM {table} WHERE NOT json_valid({column}) LIMIT 1").fetchone()
        for table, column in columns_of(database) & _JSON
    )


def checksum(values: Sequence[object]) -> str:
    """The checksum of a row: of all that its claim says."""
    return digest_of(values).hex()[:_LENGTH]


def checked_claims(rows: sqlite3.Cursor, *names: str) -> Iterator[tuple[Any, ...]]:
    """The named columns of the rows of a query that selects all columns of claims, at least two; without names, all.

    Columns after that of the checksum are no part of the claim. Raises DamageError where a claim is not as it was
    written.
    """
    columns = [column[0] for column in rows.description]
    place = columns.index("checksum")
    named = itemgetter(*map(columns.index, names or columns))
    for row in rows:
        if row[place] != checksum(row[:place]):
            raise DamageError
        yield named(row)


def seal_claims(database: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Keeps with each of these claims, which were just changed, the checksum of what it says."""
    rows = database.execute(
        "SELECT * FROM claim WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
    )
    place = [column[0] for column in rows.description].index("checksum")
    sums = [(checksum(row[:place]), row[0]) for row in rows.fetchall()]
    database.executemany("UPDATE claim SET checksum = ? WHERE id = ?", sums)


def fingerprint(content: BinaryIO) -> str:
    """SQLite's count of the file's changes and a checksum of its bytes: together they tell whether a byte changed.

    Two that differ behind the same count are of a file that no program changed, and that is another now.
    """
    piece = content.read(_PIECE)
    changes, checksum_of_all = piece[24:28], 0
    while piece:
        checksum_of_all = zlib.crc32(piece, checksum_of_all)
        piece = content.read(_PIECE)
    return f"{int.from_bytes(changes, 'big')}-{checksum_of_all:08x}"
