"""Brings a ledger of version 6 to version 7: a claim keeps its invoice, and two facts no longer stand in prose."""

from __future__ import annotations

import re
import sqlite3

from ims_billing.vocabulary.grounds import Ground, as_json

# The sentences that version 6 put after the problem of a line that is decided, and whose file did not come again.
_WAITS = (
    " It is decided; claim the month with its file too, so that the decision counts.",
    " It is decided, and its file was not among the last ones: claim the month with that file too.",
)
# Who pays first, as version 6 kept it. Where a part could end at more than one place, it is kept as one message.
_ORDER = re.compile(r"(?P<value>.+?)\. Source: (?P<source>.*?)(?: (?P<url>https?://\S+))?(?P<doubt> \(not verified\))?")


def to_version_7(database: sqlite3.Connection) -> None:
    """Adds the columns of version 7 and fills what a line waits for; writes who pays first as an object."""
    # Claims of before keep no invoice: nobody wrote it down.
    database.execute("ALTER TABLE claim ADD COLUMN invoice TEXT NOT NULL DEFAULT ''")
    database.execute(
        "CREATE TRIGGER the_invoice_of_a_claim_is_never_changed BEFORE UPDATE ON claim "
        "WHEN OLD.invoice IS NOT NEW.invoice BEGIN SELECT raise(ABORT, 'a claim is never changed'); END"
    )
    for table in ("attention", "earlier"):
        database.execute(f"ALTER TABLE {table} ADD COLUMN waits TEXT NOT NULL DEFAULT ''")
        for words in _WAITS:
            database.execute(
                f"UPDATE {table} SET waits = ?, problem = substr(problem, 1, length(problem) - length(?)) "
                "WHERE substr(problem, -length(?)) = ?",
                (words.strip(), words, words, words),
            )
    _payer_orders_as_objects(database)


def _payer_orders_as_objects(database: sqlite3.Connection) -> None:
    named = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND sql LIKE '%OLD.payer_order%'"
    triggers = database.execute(named).fetchall()
    for name, _ in triggers:
        database.execute(f"DROP TRIGGER {name}")
    before = database.execute("SELECT id, payer_order FROM claim WHERE payer_order <> ''").fetchall()
    database.executemany(
        "UPDATE claim SET payer_order = ? WHERE id = ?", [(as_json([_order(words)]), claim) for claim, words in before]
    )
    for _, trigger in triggers:
        database.execute(trigger)


def _order(words: str) -> Ground:
    parts = _ORDER.fullmatch(words)
    if not parts or words.count(". Source: ") != 1 or words.count("http") > 1:
        return Ground("", "", message=words)
    return Ground("Who pays first", parts["value"], "", parts["source"], parts["url"] or "", not parts["doubt"])
