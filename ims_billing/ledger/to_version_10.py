"""Brings a ledger of version 9 to version 10: each table has a sum of its rows."""

from __future__ import annotations

import sqlite3


def to_version_10(database: sqlite3.Connection) -> None:
    """Adds the table of the sums; once all tables are of the newest version they are summed (`sums.sum_tables`)."""
    database.execute("CREATE TABLE table_sum (name TEXT PRIMARY KEY NOT NULL, total TEXT NOT NULL)")
