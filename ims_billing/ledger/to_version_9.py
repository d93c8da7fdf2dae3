"""Brings a ledger of version 8 to version 9: each claim has a checksum."""

from __future__ import annotations

import sqlite3

from ims_billing.ledger.soundness import seal_claims


def to_version_9(database: sqlite3.Connection) -> None:
    """Adds the checksum of each claim, by what stands there now."""
    database.execute("ALTER TABLE claim ADD COLUMN checksum TEXT NOT NULL DEFAULT ''")
    seal_claims(database, [int(number) for (number,) in database.execute("SELECT id FROM claim")])
