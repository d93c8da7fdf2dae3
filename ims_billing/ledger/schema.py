"""The version of the ledger's tables, and what makes them; the steps of earlier versions are loaded for those only."""

from __future__ import annotations

from pathlib import Path

from ims_billing.ledger.soundness import Migration

# "IMSB": it tells our ledgers from other SQLite files.
APPLICATION_ID = 0x494D5342
# The number of MIGRATIONS.
VERSION = 13
# The tables of this version as all steps make them, which take six times as long for a new ledger.
# tests/test_old_ledgers.py holds the two alike, and writes the file anew: python -m tests.test_old_ledgers
NEWEST_FILE = Path(__file__).with_name("newest.sql")
_NEWEST = NEWEST_FILE.read_text(encoding="utf-8")


def steps_to(version: int) -> tuple[Migration, ...]:
    """The steps that make the tables of a version where there are none."""
    return (_NEWEST,) if version == VERSION else _migrations()[:version]


def steps_after(version: int) -> tuple[Migration, ...]:
    """The steps that bring the tables of a version up to date."""
    return _migrations()[version:]


def _migrations() -> tuple[Migration, ...]:
    from ims_billing.ledger import migrations

    return migrations.MIGRATIONS
