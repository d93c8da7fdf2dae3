"""A sum over all rows of each table, kept up by every change: a row that is another one, or gone, shows."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence

_SUMS = "table_sum"
_MODULUS = 1 << 64
# One encoder: to make one for each row takes as long as the row.
_encode = json.JSONEncoder(default=repr, check_circular=False).encode


def digest_of(values: Sequence[object]) -> bytes:
    """The SHA-256 of a row."""
    return hashlib.sha256(_encode(values).encode()).digest()


def _sum(values: tuple[object, ...]) -> int:
    return int.from_bytes(digest_of(values)[:8], "big")


def _summed(database: sqlite3.Connection, table: str) -> list[str]:
    """The columns of a table that its sum is of: the checksum of a row where it has one says all that the others do.

    In a ledger of version 10 the sum was of all columns of every table.
    """
    names = [str(row[0]) for row in database.execute("SELECT name FROM pragma_table_info(?)", (table,))]
    [(version,)] = database.execute("PRAGMA user_version").fetchall()
    return ["checksum"] if "checksum" in names and version > 10 else names


def _sum_of(database: sqlite3.Connection, table: str) -> str:
    names = ", ".join(f'"{name}"' for name in _summed(database, table))
    total = sum(map(_sum, database.execute(f'SELECT {names} FROM "{table}"')))
    return f"{total % _MODULUS:016x}"


def sum_tables(database: sqlite3.Connection, tables: Iterable[str]) -> None:
    """Sums these tables anew, by what stands there now."""
    sums = [(table, _sum_of(database, table)) for table in sorted(set(tables) - {_SUMS})]
    database.execute(f"DELETE FROM {_SUMS}")
    database.executemany(f"INSERT INTO {_SUMS} (name, total) VALUES (?, ?)", sums)


def has_sums(database: sqlite3.Connection, tables: Iterable[str]) -> bool:
    """Whether each of these tables has a sum, and the rows that it is to have."""
    kept = dict(database.execute(f"SELECT name, total FROM {_SUMS}"))
    return kept.keys() == set(tables) - {_SUMS} and all(_sum_of(database, name) == kept[name] for name in kept)


class ChangedRows:
    """The rows that one transaction adds, changes and removes, whatever statement does so."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._sums = {str(table): 0 for (table,) in database.execute(f"SELECT name FROM {_SUMS}")}
        # Rows that INSERT OR REPLACE removes are removed with their triggers.
        database.execute("PRAGMA recursive_triggers = ON")
        database.create_function("row_changed", -1, self._changed)
        for table in self._sums:
            names = _summed(database, table)
            row = {of: f"'{table}', {sign}, {', '.join(f'{of}.{name}' for name in names)}" for of, sign in _SIGNS}
            for event, of in _EVENTS.items():
                changes = " ".join(f"SELECT row_changed({row[each]});" for each in of)
                database.execute(
                    f'CREATE TEMP TRIGGER "sum of {table} at {event}" AFTER {event} ON main.{table} BEGIN {changes} END'
                )

    def _changed(self, table: str, sign: int, *values: object) -> None:
        self._sums[table] += sign * _sum(values)

    def keep(self) -> None:
        """Keeps the sums of the tables as they are now."""
        for table, changed in self._sums.items():
            if changed:
                [(total,)] = self._database.execute(f"SELECT total FROM {_SUMS} WHERE name = ?", (table,)).fetchall()
                now = f"{(int(total, 16) + changed) % _MODULUS:016x}"
                self._database.execute(f"UPDATE {_SUMS} SET total = ? WHERE name = ?", (now, table))


_SIGNS = (("OLD", -1), ("NEW", 1))
_EVENTS = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}
