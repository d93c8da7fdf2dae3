"""The ledger's file: who may change it when, whole or not at all, and what is wrong where it cannot be opened."""

from __future__ import annotations

import getpass
import platform
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from ims_billing.ledger.schema import APPLICATION_ID, MIGRATIONS, Migration
from ims_billing.saving import create_empty, is_shared, write_all
from ims_billing.vocabulary.errors import BillingError

FILE_NAME = "ims-billing.sqlite"
# How long a command waits for another one's change before it gives up: longer than any month takes.
_PATIENCE = 600.0
_LOOKS = 0.1
# How long it waits for those who only look.
_COMMITS = 60.0
# A network share cannot do more than a rollback journal; what is deleted is overwritten; nothing in temporary files.
_SETTINGS = (
    "foreign_keys = ON",
    "synchronous = EXTRA",
    "secure_delete = ON",
    "temp_store = MEMORY",
)
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

# Called with who holds the ledger, once, when a command has to wait.
Waiting = Callable[[str], None]


class LedgerFile:
    """An SQLite file of ours: opened to look, or to make one change; what is in it is the ledger's business."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._sound = False
        self._kept_open: BinaryIO | None = None

    @property
    def exists(self) -> bool:
        """Whether there is a ledger; an empty file is what an interrupted first run leaves, and none."""
        try:
            return self.path.exists() and (not self.path.is_file() or self.path.stat().st_size > 0)
        except OSError as error:
            raise BillingError(f"{self.path}: the ledger cannot be looked for: {error.strerror}.") from error

    @property
    def synchronised_by(self) -> str:
        """What shows that a cloud service keeps copies of the ledger's folder; empty where nothing does."""
        parts = (*self.path.absolute().parts, *self.path.resolve().parts)
        return next((part for part in parts for mark in _SYNCHRONISED if mark.casefold() in part.casefold()), "")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """The ledger as it stands, without a change to it; a ledger that is not there is empty.

        Raises BillingError where the file is no ledger, damaged, or made by a newer program.
        """
        with self._open(self.path if self.exists else None) as database:
            database.execute("BEGIN")
            version = self._sound_version(database)
            with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
                self._connection = database
                if version < len(MIGRATIONS):
                    # Brought up to date in memory: who only looks changes nothing.
                    database.backup(copy)
                    _migrate(copy, version)
                    self._connection = copy
                self._meet(changes=False)
                yield

    @contextmanager
    def writing(self, waiting: Waiting = lambda _: None, command: str = "") -> Iterator[None]:
        """One change to the ledger: recorded whole at the end, or not at all where an exception ends it.

        One command at a time: another one waits, with `waiting` called with who is at work, then finds what the
        first left. Makes the file where it is not there. Raises BillingError where that cannot be, as in `reading`.
        """
        create_empty(self.path)
        with self._open(self.path) as database:
            self._begin(database, waiting)
            holder = self.path.with_name(f"{self.path.name}-in-use")
            try:
                _note(holder, f"{_user()} on {platform.node()}{f' ({command})' if command else ''}")
                self._bring_up_to_date(database)
                self._connection = database
                self._meet(changes=True)
                yield
                self._before_commit()
                _forget(holder)
                database.execute("COMMIT")
            except BaseException:
                _forget(holder)
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise
        self._leave()

    def _meet(self, *, changes: bool) -> None:
        """Called once the ledger is open, before anybody reads it; raises BillingError where it is to be left alone."""

    def _before_commit(self) -> None:
        """Called when a change is whole and not recorded yet."""

    def _leave(self) -> None:
        """Called once a change is recorded."""

    @contextmanager
    def _open(self, path: Path | None) -> Iterator[sqlite3.Connection]:
        with _errors_in_words(self.path):
            # `rw` never makes a file: a ledger is made on purpose only.
            name = f"{_uri(path)}?mode=rw" if path else ":memory:"
            with closing(sqlite3.connect(name, uri=True, isolation_level=None, timeout=_COMMITS)) as database:
                for setting in _SETTINGS:
                    database.execute(f"PRAGMA {setting}")
                try:
                    yield database
                finally:
                    self._connection = None
                    if self._kept_open is not None and not database.in_transaction:
                        self._kept_open.close()

    def _begin(self, database: sqlite3.Connection, waiting: Waiting) -> None:
        database.execute("PRAGMA busy_timeout = 0")
        until = time.monotonic() + _PATIENCE
        announced = False
        while True:
            try:
                database.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
            who = self._holder()
            if time.monotonic() > until:
                raise BillingError(
                    f"{self.path}: {who} has had the ledger in use for {_PATIENCE / 60:.0f} minutes. "
                    "Run the command again when they are done."
                )
            if not announced:
                waiting(who)
                announced = True
            time.sleep(_LOOKS)
        database.execute(f"PRAGMA busy_timeout = {_COMMITS * 1000:.0f}")

    def _holder(self) -> str:
        """Who is at work, as they noted it; the note holds nobody up, the lock of the file does."""
        try:
            return self.path.with_name(f"{self.path.name}-in-use").read_text(encoding="utf-8").strip() or "somebody"
        except OSError:
            return "somebody"

    def _version(self, database: sqlite3.Connection) -> int:
        """The version of its tables, 0 for an empty file; raises BillingError for what is no ledger of ours."""
        application, version = _pragma(database, "application_id"), _pragma(database, "user_version")
        tables = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if not tables and not version:
            return 0
        if application != APPLICATION_ID:
            raise BillingError(
                f"{self.path}: this SQLite file is no ledger of ims-billing, and it is left as it is. "
                "Name the right one with --ledger."
            )
        if version > len(MIGRATIONS):
            raise BillingError(
                f"{self.path}: a newer ims-billing has written this ledger (version {version}, this program knows "
                f"{len(MIGRATIONS)}). Update ims-billing; the ledger is left as it is."
            )
        return int(version)

    def _sound_version(self, database: sqlite3.Connection) -> int:
        """As `_version`; raises BillingError for a damaged file too."""
        version = self._version(database)
        if version and not self._sound:
            if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise BillingError(damaged(self.path))
            if not _columns(database) >= _columns_of(version):
                raise BillingError(
                    f"{self.path}: a trial version of ims-billing wrote this ledger, with tables that are not those of "
                    f"version {version} as it was released. This program cannot read it, and leaves it as it is. Move "
                    "it away and start a new one with --new-ledger; then run the months since with --already-sent for "
                    "what was sent."
                )
            self._sound = True
        return version

    def _bring_up_to_date(self, database: sqlite3.Connection) -> None:
        """Proves that the file is sound and brings its tables to this version, with a copy kept of those before."""
        version = self._sound_version(database)
        if 0 < version < len(MIGRATIONS):
            # Read, but not closed before the end of the transaction: that would give up SQLite's lock on the file.
            self._kept_open = self.path.open("rb")
            copy = self.path.with_name(f"{self.path.stem}-version-{version}{self.path.suffix}")
            write_all({copy: self._kept_open.read()}, shared=is_shared(self.path.parent))
        _migrate(database, version)

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query finds."""
        return self.run(sql, *values).fetchall()

    def run(self, sql: str, *values: object) -> sqlite3.Cursor:
        """Runs one statement; raises RuntimeError where the file is not open (a bug)."""
        if self._connection is None:
            raise RuntimeError("the ledger is not open")
        return self._connection.execute(sql, values)

    def insert(self, table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Adds rows to a table, each with a value for every name."""
        if self._connection is None:
            raise RuntimeError("the ledger is not open")
        marks = ", ".join("?" * len(names))
        self._connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)


def _pragma(database: sqlite3.Connection, name: str) -> int:
    return int(database.execute(f"PRAGMA {name}").fetchone()[0])


def _columns(database: sqlite3.Connection) -> set[tuple[str, str]]:
    """Table and column of every column in the database."""
    named = "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'"
    return set(database.execute(named))


@cache
def _columns_of(version: int) -> frozenset[tuple[str, str]]:
    """The columns that a ledger of a version has as it was released."""
    with closing(sqlite3.connect(":memory:")) as database:
        for migration in MIGRATIONS[:version]:
            _run(database, migration)
        return frozenset(_columns(database))


def _migrate(database: sqlite3.Connection, version: int) -> None:
    for migration in MIGRATIONS[version:]:
        _run(database, migration)
    if version < len(MIGRATIONS):
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _run(database: sqlite3.Connection, migration: Migration) -> None:
    """Runs a script statement by statement, as a whole script would end the transaction first; or a function."""
    if not isinstance(migration, str):
        migration(database)
        return
    statement = ""
    for line in migration.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            database.execute(statement)
            statement = ""


def _uri(path: Path) -> str:
    """The file as SQLite takes it; before a share of another computer, ``//server/share``, stands no other server."""
    whole = path.absolute().as_posix()
    return "file://" + quote(whole if whole.startswith("/") else f"/{whole}")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # the system does not say who
        return "somebody"


def _note(path: Path, text: str) -> None:
    """Leaves a note for those who wait; where it cannot be left, they wait without."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError:
        return


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return


def damaged(path: Path) -> str:
    """What a damaged ledger says, and what to do."""
    return (
        f"{path}: the ledger is damaged, and nothing was written. Put back your last copy of it; then run the months "
        "since with --already-sent for what was sent."
    )


@contextmanager
def _errors_in_words(path: Path) -> Iterator[None]:
    """Turns what SQLite says of a file into what the user can do about it; a bug stays a bug."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:
            # Text in it is no text any more; what it said is not repeated.
            if "decode" in str(error):
                raise BillingError(damaged(path)) from None
            raise
        advice = {
            sqlite3.SQLITE_NOTADB: f"{path}: this is no ledger of ims-billing. Name the right one with --ledger.",
            sqlite3.SQLITE_CORRUPT: damaged(path),
            sqlite3.SQLITE_FULL: f"{path}: the drive is full or limits the file. Make room and run it again.",
            sqlite3.SQLITE_READONLY: f"{path}: the ledger cannot be written. Ask who may write in its folder.",
            sqlite3.SQLITE_CANTOPEN: f"{path}: the ledger cannot be opened. Check its folder, or use --ledger.",
            sqlite3.SQLITE_PERM: f"{path}: the ledger cannot be opened. Ask who may write in its folder.",
            sqlite3.SQLITE_IOERR: f"{path}: its drive did not answer, is full or limits the file.",
            sqlite3.SQLITE_BUSY: f"{path}: the ledger is in use. Run it again in a minute.",
        }.get(code & 0xFF)
        if advice is None:
            raise
        raise BillingError(advice) from error
