"""SQLite's errors in words: what is wrong with the ledger, and what the user can do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ims_billing.ledger.copies import copies_of, damaged
from ims_billing.ledger.soundness import DamageError
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.folder import LEDGER_FILE

# By SQLite's code of an error: what to do about a file that is sound.
ADVICE = {
    sqlite3.SQLITE_NOTADB: "this is no ledger of ims-billing. Name the right one with --ledger.",
    sqlite3.SQLITE_FULL: "the drive is full or limits the file. Make room and run it again.",
    sqlite3.SQLITE_READONLY: "the ledger cannot be written. Ask who may write in its folder.",
    sqlite3.SQLITE_CANTOPEN: "the ledger cannot be opened. Check its folder, or use --ledger.",
    sqlite3.SQLITE_PERM: "the ledger cannot be opened. Ask who may write in its folder.",
    sqlite3.SQLITE_IOERR: "its drive did not answer, is full or limits the file.",
    sqlite3.SQLITE_BUSY: "the ledger is in use. Run it again in a minute.",
}


@contextmanager
def errors_in_words(path: Path) -> Iterator[None]:
    """Turns what SQLite says of a file into what the user can do about it; a bug stays a bug."""
    try:
        yield
    except DamageError:
        raise BillingError(damaged(path)) from None
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        code = code_of(error)
        if code == sqlite3.SQLITE_CORRUPT or (code == sqlite3.SQLITE_NOTADB and _is_the_ledgers(path)):
            raise BillingError(damaged(path)) from None
        if code not in ADVICE:
            raise
        raise BillingError(f"{path}: {ADVICE[code]}") from error


def code_of(error: Exception) -> int:
    """SQLite's code of an error; 0 where it gives none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _is_the_ledgers(path: Path) -> bool:
    """Whether a file that is no database stands where a ledger belongs."""
    return path.name == LEDGER_FILE or bool(copies_of(path))
