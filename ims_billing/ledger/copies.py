"""Copies of the ledger: one before each batch, the last twelve of them, and the newest good one when it is needed."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from ims_billing.ledger.schema import VERSION, steps_to
from ims_billing.ledger.soundness import UNREADABLE, is_whole
from ims_billing.saving import is_shared, sweep, write_all

_KEPT = 12
_NAME = re.compile(r"-(\d{4,})-before-(.+)\.sqlite$")
_OF_VERSION = re.compile(r"-version-(\d+)$")


def uri(path: Path) -> str:
    """The file as SQLite takes it; before a share of another computer, ``//server/share``, stands no other server."""
    whole = path.absolute().as_posix()
    return "file://" + quote(whole if whole.startswith("/") else f"/{whole}")


def folder_of_copies(ledger: Path) -> Path:
    """The folder beside a ledger that its copies are kept in."""
    return ledger.with_name(f"{ledger.stem}-copies")


def copies_of(ledger: Path) -> list[Path]:
    """The ledger's copies, the newest first."""
    named = [(int(match[1]), path) for path in folder_of_copies(ledger).glob("*") if (match := _NAME.search(path.name))]
    return [path for _, path in sorted(named, reverse=True)]


def keep_copy(ledger: Path, content: bytes, batch: str) -> Path:
    """Keeps the ledger as it was before a batch, such as "2026-10-batch-2", and of the older copies the last ones.

    The same once more, before a batch that was cut off, is kept once. Returns where it is. Raises BillingError where
    it cannot be written.
    """
    before = copies_of(ledger)
    if before and before[0].name.endswith(f"-before-{batch}.sqlite") and before[0].read_bytes() == content:
        return before[0]
    newest = _NAME.search(before[0].name) if before else None
    number = 1 + (int(newest[1]) if newest else 0)
    copy = folder_of_copies(ledger) / f"{ledger.stem}-{number:04d}-before-{batch}.sqlite"
    sweep(copy.parent)
    write_all({copy: content}, shared=is_shared(ledger.parent))
    for old in before[_KEPT - 1 :]:
        # One that is open elsewhere goes with a later batch.
        with suppress(OSError):
            old.unlink(missing_ok=True)
    return copy


def newest_good_copy(ledger: Path) -> Path | None:
    """The newest copy that is proved sound: before a batch, else of an earlier version; None where there is none."""
    paths = ledger.parent.glob(f"{ledger.stem}-version-*{ledger.suffix}")
    of_versions = sorted(((int(m[1]), path) for path in paths if (m := _OF_VERSION.search(path.stem))), reverse=True)
    return next((copy for copy in (*copies_of(ledger), *(path for _, path in of_versions)) if _is_good(copy)), None)


def _is_good(copy: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{uri(copy)}?mode=ro", uri=True)) as database:
            version = int(database.execute("PRAGMA user_version").fetchone()[0])
            return 0 < version <= VERSION and is_whole(database, steps_to(version))
    except UNREADABLE:
        return False


def damaged(ledger: Path) -> str:
    """The message about a damaged ledger: what to put in its place, and how to go on from there."""
    copy = newest_good_copy(ledger)
    put_back = (
        f"The newest good copy is {copy}: put it in the ledger's place, under the ledger's name"
        if copy
        else "Put back your last copy of it"
    )
    return (
        f"{ledger}: the ledger is damaged, and nothing was written. {put_back}. Then read back what was sent since, "
        "with ims-billing claim --already-sent and the insurers' workbooks, and reconcile later payments again. "
        "How: ims-billing help ledger."
    )
