"""Brings a ledger of version 5 to version 6: it knows whose it is, and each batch bears a mark."""

from __future__ import annotations

import json
import sqlite3

from ims_billing.ledger.marks import batch_mark, ledger_id

_TABLES = (
    # One row: the id that was made with the ledger, and the clinic's name.
    """CREATE TABLE identity (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL CHECK (id <> ''),
    clinic TEXT NOT NULL
)""",
    """CREATE TRIGGER a_ledger_keeps_its_id BEFORE UPDATE ON identity WHEN OLD.id IS NOT NEW.id
BEGIN SELECT raise(ABORT, 'a ledger keeps its id'); END""",
    # The marks of batches, on files or noted by the setup, that somebody decided to go on without.
    "CREATE TABLE gone_on_without (mark TEXT PRIMARY KEY CHECK (mark <> ''))",
    "ALTER TABLE batch ADD COLUMN mark TEXT NOT NULL DEFAULT ''",
    # What a run asks for is found by the day, the patient or the session, however many years there are.
    "CREATE INDEX claim_by_day ON claim (service_date)",
    "CREATE INDEX claim_by_patient ON claim (patient, patient_id, birth_date, service_date)",
    "CREATE INDEX claim_by_session ON claim (session_id)",
    "CREATE INDEX claim_by_numbers ON claim (insurer_id, policy, member)",
    "CREATE INDEX claim_by_insured ON claim (insured)",
    "CREATE INDEX claim_with_second ON claim (claim) WHERE secondary_insurer <> ''",
    "CREATE INDEX claim_taken_back ON claim (claim) WHERE voided_on IS NOT NULL",
    "CREATE INDEX not_billed_by_patient ON not_billed (patient, service, service_date)",
    "CREATE INDEX payment_by_day ON payment (paid_on)",
    "CREATE INDEX payment_by_number ON payment (number_key)",
    "CREATE INDEX line_by_payment ON remittance_line (payment)",
)


def to_version_6(database: sqlite3.Connection) -> None:
    """Adds the tables and columns of version 6 and fills them: the id by the first thing on the ledger."""
    for statement in _TABLES:
        database.execute(statement)
    batches = database.execute("SELECT rowid, month, number, as_of, already_sent FROM batch ORDER BY rowid").fetchall()
    pages = database.execute("SELECT month, as_of, origin FROM page ORDER BY month").fetchall()
    if not pages:
        return
    month, as_of = (batches[0][1], batches[0][3]) if batches else pages[0][:2]
    first = database.execute("SELECT natural_key FROM claim UNION ALL SELECT session FROM attention LIMIT 1").fetchone()
    # The name as it stood last.
    clinic = str(json.loads(pages[-1][2])["clinic"])
    own = ledger_id(clinic, f"{month} {as_of} {first}")
    database.execute("INSERT INTO identity (one, id, clinic) VALUES (1, ?, ?)", (own, clinic))
    mark = own
    for row, month, number, as_of, sent in batches:
        claims = database.execute(
            "SELECT claim, natural_key, insurer_id, amount_cents FROM claim WHERE month = ? AND batch = ? ORDER BY id",
            (month, number),
        ).fetchall()
        mark = batch_mark(mark, month, number, f"{as_of} {sent}", claims)
        database.execute("UPDATE batch SET mark = ? WHERE rowid = ?", (mark, row))
