"""Whose ledger it is and how much it knows: its id, its batches' marks, and what the setup saw of it last."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ims_billing.ledger.file import show_nobody
from ims_billing.ledger.marks import ledger_id
from ims_billing.ledger.repeated import Repeatable
from ims_billing.ledger.soundness import fingerprint
from ims_billing.saving import is_shared, write_all
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.folder import LAST_BATCH
from ims_billing.vocabulary.spelling import plain

if TYPE_CHECKING:
    from ims_billing.vocabulary.model import FileMark

# How often SQLite proves a large ledger whose bytes are as they were left: 0.35 s for 50 MB.
_PROVED_EVERY = dt.timedelta(days=31)


class Setup(NamedTuple):
    """The clinic's setup, as far as it tells whose ledger a command is to work with."""

    folder: Path
    """Where the setup stands, and the note of the last batch beside it."""
    clinic: str = ""
    """The clinic's name; empty where the command does not read it."""
    registrations: frozenset[str] = frozenset()
    """The registration numbers of its practitioners."""
    accepts: bool = False
    """True where somebody decided to go on with this ledger, whatever the setup saw before."""

    @property
    def place(self) -> str:
        """The folder in words."""
        return "this folder" if self.folder == Path() else str(self.folder)


class LastBatch(NamedTuple):
    """The setup's note of its ledger: the ledger's id and clinic, and its last batch by month, number, mark."""

    ledger: str
    clinic: str
    month: str = ""
    batch: int = 0
    mark: str = ""
    fingerprint: str = ""
    """The ledger's file as the setup's last change left it."""
    proved_on: str = ""
    """The day of SQLite's last proof of it."""

    @property
    def in_words(self) -> str:
        """The last batch, as messages name it."""
        return f"batch {self.batch} of {self.month}" if self.mark else "no batch yet"


def _today() -> dt.date:
    return dt.date.today()  # noqa: DTZ011 (the day where the user is)


def last_batch_of(folder: Path) -> LastBatch | None:
    """Reads the note of the setup in this folder about its ledger; None where there is none, or it can't be read."""
    try:
        noted = json.loads((folder / LAST_BATCH).read_text(encoding="utf-8"))
        return LastBatch(**noted)
    except (OSError, ValueError, TypeError):
        return None


class Identified(Repeatable):
    """A ledger file that knows whose it is: a setup refuses another clinic's, and one that knows less than it saw."""

    def __init__(self, path: Path, setup: Setup | None = None, notify: Callable[[str], None] = show_nobody) -> None:
        super().__init__(path, notify)
        self.setup = setup

    def identity(self) -> tuple[str, str]:
        """The ledger's id and its clinic's name; both empty before anything is recorded."""
        rows = self.rows("SELECT id, clinic FROM identity")
        return (str(rows[0][0]), str(rows[0][1])) if rows else ("", "")

    def marks(self) -> set[str]:
        """The marks of its batches, and of those that somebody decided to go on without."""
        return {str(mark) for (mark,) in self.rows("SELECT mark FROM batch UNION SELECT mark FROM gone_on_without")}

    def go_on_without(self, marks: Iterable[str]) -> None:
        """Keeps the marks of batches that this ledger does not hold, and that somebody decided to go on without."""
        for mark in sorted(set(marks) - self.marks() - {""}):
            self.run("INSERT INTO gone_on_without (mark) VALUES (?)", mark)

    def goes_on_without_some(self) -> bool:
        """Whether files in the output folder may show claims that it does not hold."""
        return bool(self.rows("SELECT 1 FROM gone_on_without LIMIT 1"))

    def identify(self, clinic: str, facts: str) -> None:
        """Gives the ledger its id with the first thing that is recorded on it."""
        if not self.identity()[0]:
            self.run("INSERT INTO identity (one, id, clinic) VALUES (1, ?, ?)", ledger_id(clinic, facts), clinic)

    def take_up(self, own: str, clinic: str) -> None:
        """Gives a new ledger the id of the one whose claims are read back onto it."""
        self.run("INSERT INTO identity (one, id, clinic) VALUES (1, ?, ?)", own, clinic)

    def last_batch(self) -> LastBatch:
        """Its id, its clinic, and the batch that was added last."""
        rows = self.rows("SELECT month, number, mark FROM batch ORDER BY rowid DESC LIMIT 1")
        return LastBatch(*self.identity(), *(rows[0] if rows else ()))

    def _meet(self, *, changes: bool) -> None:
        """Raises BillingError where it is another clinic's ledger, or knows less than the setup saw before."""
        if self.setup is None or self.setup.accepts or self.repeats:
            return
        own, clinic = self.identity()
        noted = last_batch_of(self.setup.folder)
        if noted is None or not noted.ledger:
            if own:
                self._refuse_another_clinic(clinic)
            return
        if own and own != noted.ledger:
            raise BillingError(self._another(clinic, noted))
        if noted.mark and noted.mark not in self.marks():
            raise BillingError(knows_less(self.path, f"{self.setup.folder / LAST_BATCH} says that it had", noted))
        if changes and own and self.setup.clinic and self.setup.clinic != clinic:
            self.run("UPDATE identity SET clinic = ?", self.setup.clinic)
            if plain(self.setup.clinic) != plain(clinic):
                self.notify(f"The clinic is called {self.setup.clinic} now; its ledger was {clinic}'s, and goes on.")

    def _refuse_another_clinic(self, clinic: str) -> None:
        """Where the two have not met yet, the clinic's name and the registration numbers tell."""
        assert self.setup is not None
        if self.setup.clinic and clinic and plain(self.setup.clinic) != plain(clinic):
            raise BillingError(
                f"{self.path}: this is the ledger of {clinic}, and the setup in {self.setup.place} is that of "
                f"{self.setup.clinic}. Name the right ledger with --ledger, or the right setup with --clinic. If it "
                f"is the same clinic under a new name, put the old name, {clinic}, into the setup, run ims-billing "
                "claim once, and then change the name."
            )
        claimed = {str(number) for (number,) in self.rows("SELECT DISTINCT registration FROM claim")} - {""}
        if claimed and self.setup.registrations and not claimed & self.setup.registrations:
            raise BillingError(
                f"{self.path}: the ledger is that of a clinic named {clinic}, but no practitioner on its claims has a "
                f"registration number that stands in the setup in {self.setup.place}, of {self.setup.clinic}. It is "
                "another clinic's. Name the right ledger with --ledger, or the right setup with --clinic."
            )

    def _another(self, clinic: str, noted: LastBatch) -> str:
        assert self.setup is not None
        own = self.setup.clinic or noted.clinic
        alike = " The two have the same name, but are two ledgers." if plain(own) == plain(clinic) else ""
        return (
            f"{self.path}: this is the ledger of {clinic}, and the setup in {self.setup.place} works with that of "
            f"{own}.{alike} Name the right ledger with --ledger, or the right setup with --clinic. To go on with this "
            "one for good, run ims-billing claim with --new-ledger."
        )

    def _leave(self) -> None:
        """Notes beside the setup how far the ledger is, once that is recorded: never before, lest it be refused."""
        if self.setup is None or self._left_at is None or not self._left_at.ledger:
            return
        noted = last_batch_of(self.setup.folder)
        day = _today().isoformat() if self._proved else noted.proved_on if noted else ""
        now = self._left_at._replace(fingerprint=self._left_as, proved_on=day)
        if now == noted:
            return
        content = (json.dumps(now._asdict(), ensure_ascii=False, indent=1) + "\n").encode()
        # Where nothing can be written beside the setup, the ledger works as before: it is only not watched over.
        with contextlib.suppress(BillingError, OSError):
            write_all({self.setup.folder / LAST_BATCH: content}, shared=is_shared(self.setup.folder))

    _left_at: LastBatch | None = None

    def _may_be_new(self) -> bool:
        return super()._may_be_new() or (self.setup is not None and self.setup.accepts)

    def _left_before(self, database: sqlite3.Connection) -> str:
        noted = last_batch_of(self.setup.folder) if self.setup and not self.setup.accepts else None
        if noted is None or not database.execute("SELECT 1 FROM sqlite_schema WHERE name = 'identity'").fetchone():
            return ""
        # Of another ledger the note tells nothing.
        return noted.fingerprint if database.execute("SELECT id FROM identity").fetchone() == (noted.ledger,) else ""

    def _fingerprint(self, database: sqlite3.Connection) -> str:
        # Where somebody else changes the file already, theirs is noted.
        with contextlib.suppress(sqlite3.Error, OSError):
            if self.setup:
                database.execute("BEGIN")
                database.execute("SELECT count(*) FROM sqlite_schema").fetchall()
                return fingerprint(self._content(database))
        return ""

    def _is_proof_due(self) -> bool:
        noted = last_batch_of(self.setup.folder) if self.setup else None
        today = _today()
        # A day to come is of a clock that was set back.
        return noted is not None and not (today - _PROVED_EVERY).isoformat() < noted.proved_on <= today.isoformat()

    def _before_commit(self) -> None:
        self._left_at = self.last_batch() if self.setup else None

    def refuse_what_it_lacks(self, files: Iterable[tuple[Path, FileMark]]) -> None:
        """Raises BillingError where a file bears the mark of another ledger, or of a batch that this one lacks."""
        own, clinic = self.identity()
        marks = self.marks()
        for path, mark in files:
            if mark.mark in marks or (not mark.mark and mark.ledger in (own, *marks)):
                continue
            if mark.ledger == own or not own:
                noted = LastBatch(mark.ledger, clinic, mark.month, mark.batch, mark.mark)
                raise BillingError(knows_less(self.path, f"{path} is of", noted))
            raise BillingError(
                f"{path}: this file is of {mark.clinic or 'another clinic'}'s ledger {mark.ledger}, and "
                f"{self.path} is {clinic}'s ledger {own}. Name the right ledger with --ledger, or another folder with "
                "--out. To go on with this ledger for good, run ims-billing claim with --new-ledger."
            )


def knows_less(ledger: Path, shown_by: str, noted: LastBatch) -> str:
    """The message about a ledger that lacks a batch, and the way out."""
    return (
        f"{ledger}: this ledger is an old copy: {shown_by} {noted.in_words}, and the ledger does not know it. It would "
        "claim sessions again. Put back the newest copy, or name it with --ledger. If there is none, read what was "
        "sent back onto this one: ims-billing claim --already-sent with the insurers' workbooks or the CSV files of "
        "the claims. If nothing was sent, ims-billing claim with --new-ledger goes on with the ledger as it is."
    )
