"""Brings a ledger of version 7 to version 8: until when a claim is taken, and which workbooks went to insurers."""

from __future__ import annotations

import sqlite3

_TABLES = (
    # Claims of before keep it empty: the rules of their days were not kept with them.
    "ALTER TABLE claim ADD COLUMN send_by TEXT CHECK (date(send_by) IS send_by)",
    """CREATE TRIGGER the_last_day_of_a_claim_is_never_changed BEFORE UPDATE ON claim
WHEN OLD.send_by IS NOT NEW.send_by
BEGIN SELECT raise(ABORT, 'a claim is never changed'); END""",
    # What was typed on the sheet To send about an insurer's workbook: added, never changed; the last line stands.
    """CREATE TABLE sending (
    id INTEGER PRIMARY KEY,
    month TEXT NOT NULL,
    batch INTEGER NOT NULL,
    insurer_id TEXT NOT NULL CHECK (insurer_id <> ''),
    sent TEXT NOT NULL CHECK (sent IN ('', 'Yes', 'No')),
    sent_on TEXT CHECK (date(sent_on) IS sent_on),
    confirmation TEXT NOT NULL,
    FOREIGN KEY (month, batch) REFERENCES batch (month, number)
)""",
    "CREATE INDEX sending_by_workbook ON sending (month, batch, insurer_id)",
    """CREATE TRIGGER a_sending_is_never_deleted BEFORE DELETE ON sending
BEGIN SELECT raise(ABORT, 'what was noted is never deleted'); END""",
    """CREATE TRIGGER a_sending_is_never_changed BEFORE UPDATE ON sending
BEGIN SELECT raise(ABORT, 'what was noted is never changed'); END""",
)


def to_version_8(database: sqlite3.Connection) -> None:
    """Adds the tables and columns of version 8."""
    for statement in _TABLES:
        database.execute(statement)
