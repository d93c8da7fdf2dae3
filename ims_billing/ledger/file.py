"""The ledger's file: who may change it when, whole or not at all, and what is wrong where it cannot be opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from ims_billing.ledger.advice import ADVICE, code_of, errors_in_words
from ims_billing.ledger.copies import copies_of, keep_copy, uri
from ims_billing.ledger.lock import Lock, Waiting
from ims_billing.ledger.schema import APPLICATION_ID, VERSION, steps_after, steps_to
from ims_billing.ledger.soundness import (
    UNREADABLE,
    DamageError,
    columns_of,
    fingerprint,
    has_integrity,
    is_whole,
    released,
    run_migration,
)
from ims_billing.ledger.sums import ChangedRows, sum_tables
from ims_billing.saving import create_empty, is_shared, write_all
from ims_billing.vocabulary.errors import BillingError

# A ledger is proved whole after a command that was cut off, and where a byte is not as the setup's note has it. One of
# up to this size before each change too, in a tenth of a second: for 50 MB that takes 1.6 s.
_QUICKLY_PROVED = 8_000_000
# Up to this version, ledgers of trial versions lack columns of the released one.
_LAST_OF_TRIALS = 4
# Tables by which a file is one of ours, whatever its header says.
_OURS = {"claim", "batch", "page"}
# A network share cannot do more than a rollback journal; what is deleted is overwritten; nothing in temporary files.
# 16 MB of pages: with the usual two, half of what a large month writes is read and written again, perhaps on a share.
_SETTINGS = (
    "foreign_keys = ON", "synchronous = EXTRA", "secure_delete = ON", "temp_store = MEMORY", "cache_size = -64000",
)  # fmt: skip
# Folders that a service keeps copies of in other places, by what their paths hold.
_SYNCHRONISED = (
    "OneDrive",
    "Dropbox",
    "iCloud",
    "CloudDocs",
    "CloudStorage",
    "Google Drive",
    "GoogleDrive",
    "My Drive",
)


def show_nobody(_: str) -> None:
    """The notices of commands that nobody watches."""


class LedgerFile:
    """An SQLite file of ours: opened to look, or to make one change; what is in it is the ledger's business."""

    def __init__(self, path: Path, notify: Callable[[str], None] = show_nobody) -> None:
        self.path = path
        self.notify = notify
        self._lock = Lock(path, lambda notice: self.notify(notice))
        self._connection: sqlite3.Connection | None = None
        self._sound = False
        self._proved_as = ""
        self._proved = False
        self._is_new = False
        self._cut_off = False
        self._left_as = ""
        self._batches: list[str] = []
        self._kept_open: BinaryIO | None = None

    @property
    def exists(self) -> bool:
        """Whether there is a ledger; an empty file without copies is what an interrupted first run leaves, and none."""
        try:
            if not self.path.is_file():
                return self.path.exists()
            return self.path.stat().st_size > 0 or bool(copies_of(self.path))
        except OSError as error:
            raise BillingError(f"{self.path}: the ledger cannot be looked for: {error.strerror}.") from error

    @property
    def synchronised_by(self) -> str:
        """The cloud service that keeps copies of the ledger's folder; empty where nothing shows one."""
        parts = (*self.path.absolute().parts, *self.path.resolve().parts)
        return next((part for part in parts for mark in _SYNCHRONISED if mark.casefold() in part.casefold()), "")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """The ledger as it stands, without a change to it; a ledger that is not there is empty.

        Raises BillingError where the file is no ledger, damaged, or made by a newer program.
        """
        self._is_new = not self.exists
        with self._open(None if self._is_new else self.path) as database:
            database.execute("BEGIN")
            self._lock.wait(database, "SELECT count(*) FROM sqlite_schema")
            version = self._sound_version(database)
            with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
                self._connection = database
                if version < VERSION:
                    # Brought up to date in memory: who only looks changes nothing.
                    database.backup(copy)
                    _migrate(copy, version)
                    self._connection = copy
                self._meet(changes=False)
                yield

    @contextmanager
    def writing(
        self, waiting: Waiting = lambda _: None, command: str = "", *, may_add_batch: bool = False
    ) -> Iterator[None]:
        """One change to the ledger: recorded whole at the end, or not at all where an exception ends it.

        One command at a time: another one waits, with `waiting` called with who is at work, then finds what the
        first left. Makes the file where it is not there. With `may_add_batch` a copy of it is kept if a batch is
        added: the very bytes that were proved. Raises BillingError where that cannot be, as in `reading`.
        """
        self._is_new = not self.path.exists()
        create_empty(self.path)
        with self._open(self.path) as database:
            if may_add_batch or self.path.stat().st_size > _QUICKLY_PROVED:
                # Before the lock, which nobody should have to wait for.
                database.execute("BEGIN")
                self._lock.wait(database, "SELECT count(*) FROM sqlite_schema")
                self._sound_version(database, changes=True)
                database.execute("COMMIT")
            self._lock.begin(database, waiting)
            try:
                self._lock.note(command)
                version = self._sound_version(database, changes=True)
                noted = self._is_before_wanted()
                before = self._content(database).read() if version and (may_add_batch or noted) else b""
                changes = database.total_changes
                if before and fingerprint(BytesIO(before)) != self._proved_as:
                    # Somebody changed it between the proof and the lock.
                    self._sound = False
                    version = self._sound_version(database, changes=True)
                self._bring_up_to_date(database, version)
                changed = ChangedRows(database)
                self._connection = database
                self._batches = []
                self._meet(changes=True)
                yield
                self._before_commit()
                changed.keep()
                copy = keep_copy(self.path, before, self._batches[0]) if before and self._batches else None
                if noted and (not version or database.total_changes != changes):
                    self._note_before(before, copy)
                self._lock.forget()
                self._lock.wait(database, "COMMIT")
            except BaseException:
                self._lock.forget()
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise
            if not version:
                # What this command made itself, from the first byte on, needs no proof.
                self._sound = self._proved = True
            self._left_as = self._fingerprint(database)
        self._leave()

    def _meet(self, *, changes: bool) -> None:
        """Called once the ledger is open, before anybody reads it; raises BillingError where it is to be left alone."""

    def _may_be_new(self) -> bool:
        """Whether an empty file is to become a ledger, even where there are copies of one."""
        return self._is_new

    def _left_before(self, database: sqlite3.Connection) -> str:
        """The fingerprint that the file was left with when it was last changed; empty where nobody noted it."""
        return ""

    def _fingerprint(self, database: sqlite3.Connection) -> str:
        """The file's fingerprint; empty where nobody notes it."""
        return ""

    def _is_proof_due(self) -> bool:
        """Whether SQLite's own proof is due, though each byte is as it was left."""
        return False

    def _is_before_wanted(self) -> bool:
        """Whether the file's bytes before this change are to be noted, should it be one."""
        return False

    def _note_before(self, content: bytes, copy: Path | None) -> None:
        """Called with the file's bytes before a change that is about to be recorded, if they are wanted.

        `copy` is where they are kept; None where they are not.
        """

    def _before_commit(self) -> None:
        """Called when a change is whole and not recorded yet."""

    def _leave(self) -> None:
        """Called once a change is recorded."""

    @contextmanager
    def _open(self, path: Path | None) -> Iterator[sqlite3.Connection]:
        self._cut_off = self._lock.was_cut_off
        with errors_in_words(self.path):
            # `rw` never makes a file: a ledger is made on purpose only.
            name = f"{uri(path)}?mode=rw" if path else ":memory:"
            with (
                self._closed_last(),
                closing(sqlite3.connect(name, uri=True, isolation_level=None, timeout=0)) as database,
            ):
                try:
                    for setting in _SETTINGS:
                        self._lock.wait(database, f"PRAGMA {setting}")
                    yield database
                except (BillingError, DamageError):
                    raise
                except Exception as error:
                    # Whatever fails on a damaged ledger fails because of that; what fails on a sound one is a bug.
                    if code_of(error) not in ADVICE and self._is_damaged(database):
                        raise DamageError from None
                    raise
                finally:
                    self._connection = None

    @contextmanager
    def _closed_last(self) -> Iterator[None]:
        """Closes the file that was read beside SQLite: to do so earlier would give up SQLite's locks on it."""
        try:
            yield
        finally:
            if self._kept_open is not None:
                self._kept_open.close()
                self._kept_open = None

    def _content(self, database: sqlite3.Connection) -> BinaryIO:
        """The bytes of the file, from the first: within a transaction that has changed nothing yet."""
        if database.execute("PRAGMA journal_mode").fetchone() == ("wal",):
            # Another program's choice: a part of the content is beside the file then.
            return BytesIO(database.serialize())
        if self._kept_open is None:
            self._kept_open = self.path.open("rb", buffering=0)
        self._kept_open.seek(0)
        return self._kept_open

    def _version(self, database: sqlite3.Connection) -> int:
        """The version of its tables, 0 for an empty file; raises BillingError for what is no ledger of ours."""
        application, version = _pragma(database, "application_id"), _pragma(database, "user_version")
        tables = {str(name) for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if not tables and not version:
            if not self._may_be_new() and copies_of(self.path):
                raise DamageError
            return 0
        if application != APPLICATION_ID:
            if tables >= _OURS:
                raise DamageError
            raise BillingError(
                f"{self.path}: this SQLite file is no ledger of ims-billing, and it is left as it is. "
                "Name the right one with --ledger."
            )
        if version > VERSION:
            raise BillingError(
                f"{self.path}: a newer ims-billing has written this ledger (version {version}, this program knows "
                f"{VERSION}). Update ims-billing; the ledger is left as it is."
            )
        return int(version)

    def _sound_version(self, database: sqlite3.Connection, *, changes: bool = False) -> int:
        """As `_version`; raises BillingError for a damaged file. Proves it once, and before changes if due."""
        version = self._version(database)
        small = _pragma(database, "page_count") * _pragma(database, "page_size") <= _QUICKLY_PROVED
        due = changes and not self._proved and (small or self._is_proof_due())
        if not version or (self._sound and not due):
            return version
        migrations = steps_to(version)
        if version <= _LAST_OF_TRIALS and not columns_of(database) >= released(migrations)[0]:
            raise BillingError(
                f"{self.path}: a trial version of ims-billing wrote this ledger, with tables that are not those of "
                f"version {version} as it was released. This program cannot read it, and leaves it as it is. Move "
                "it away and start a new one with --new-ledger; then run the months since with --already-sent for "
                "what was sent."
            )
        as_left = self._is_as_left(database)
        whole = (small and due) or self._cut_off or not as_left
        # Each byte as it was left needs no other proof for who looks; to change a large one, once a month SQLite's own.
        if not (is_whole(database, migrations, every_cell=small) if whole else not due or has_integrity(database)):
            raise DamageError
        self._sound = True
        self._proved = self._proved or whole or due
        return version

    def _is_as_left(self, database: sqlite3.Connection) -> bool:
        """Whether each byte is as the last change left it, as far as that was noted.

        Raises DamageError where one is not, and no program changed the file since.
        """
        before = self._left_before(database)
        try:
            self._proved_as = now = fingerprint(self._content(database))
        except OSError:
            raise BillingError(f"{self.path}: {ADVICE[sqlite3.SQLITE_IOERR]}") from None
        if now != before and now.split("-")[0] == before.split("-")[0]:
            raise DamageError
        return now == before

    def _is_damaged(self, database: sqlite3.Connection) -> bool:
        try:
            migrations = steps_to(_pragma(database, "user_version"))
            return bool(migrations) and not is_whole(database, migrations)
        except UNREADABLE:
            return True

    def _bring_up_to_date(self, database: sqlite3.Connection, version: int) -> None:
        """Brings the tables to this version, with a copy kept of those before."""
        if 0 < version < VERSION:
            copy = self.path.with_name(f"{self.path.stem}-version-{version}{self.path.suffix}")
            write_all({copy: self._content(database).read()}, shared=is_shared(self.path.parent))
        _migrate(database, version)

    @property
    def connection(self) -> sqlite3.Connection:
        """The open database; raises RuntimeError outside `reading` and `writing` (a bug)."""
        if self._connection is None:
            raise RuntimeError("the ledger is not open")
        return self._connection

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Returns the rows of a query."""
        return self.run(sql, *values).fetchall()

    def run(self, sql: str, *values: object) -> sqlite3.Cursor:
        """Runs one statement."""
        return self.connection.execute(sql, values)

    def insert(self, table: str, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Adds rows to a table, each with a value for every name."""
        marks = ", ".join("?" * len(names))
        self.connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)


def _pragma(database: sqlite3.Connection, name: str) -> int:
    return int(database.execute(f"PRAGMA {name}").fetchone()[0])


def migrated(content: bytes) -> tuple[sqlite3.Connection, bool]:
    """A ledger's bytes (none: a new one) in memory, with the tables of this version; whether it had others."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    if content:
        database.deserialize(content)
    version = _pragma(database, "user_version")
    _migrate(database, version)
    return database, version < VERSION


def _migrate(database: sqlite3.Connection, version: int) -> None:
    for migration in steps_after(version) if version else steps_to(VERSION):
        run_migration(database, migration)
    if version < VERSION:
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {VERSION}")
        # Tables that somebody else added to an earlier ledger have no sum.
        own = released(steps_to(VERSION))[0] if version else columns_of(database)
        sum_tables(database, {table for table, _ in own})
