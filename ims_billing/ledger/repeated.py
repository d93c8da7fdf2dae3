"""A command that was cut off and runs again: it is repeated on the ledger as it was, up to what was recorded."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ims_billing.ledger.file import LedgerFile, migrated, show_nobody
from ims_billing.ledger.lock import Waiting
from ims_billing.ledger.unfinished import Before, Unfinished
from ims_billing.saving import is_shared
from ims_billing.vocabulary.errors import BillingError

# What is added to these is never taken away again: it shows whether two runs recorded the same.
_RECORDS = ("batch", "claim", "decision", "sending", "payment", "remittance_line", "posting", "work")


class Repeatable(LedgerFile):
    """A ledger file on which a command that was killed, or failed once it had recorded something, can run again.

    The second run sees the ledger as the first one did. What the first one recorded is not recorded again: such
    changes are made in memory only, until all are; the rest is made on the file. So it ends, and says what it has to
    say, as the first one would have.
    """

    def __init__(self, path: Path, notify: Callable[[str], None] = show_nobody) -> None:
        super().__init__(path, notify)
        self._unfinished = Unfinished(path)
        self._again: sqlite3.Connection | None = None
        self._changes_left = 0
        self._was_there = True
        self._has_new_tables = False
        # The day that counts as today within a command; None without one
        self.today: dt.date | None = None

    @contextmanager
    def command(self, typed: str, day: dt.date) -> Iterator[dt.date]:
        """A command from its first look at the ledger until it has said all; `typed` tells it from other ones.

        Yields the day that counts as today: that of the first run, if this one repeats it.
        """
        if self._unfinished.is_left:
            # What was cut off in the middle of a change is taken back by whoever opens the file.
            with self.reading():
                pass
        before = self._unfinished.begin(typed, day)
        if before and not hasattr(sqlite3.Connection, "deserialize"):  # a build of SQLite without it
            before = None
        repeats, ended = before is not None, False
        if before:
            self._repeat(before)
        try:
            self.today = before.day if before else day
            yield self.today
            ended = True
        finally:
            self._stop_repeating()
            if repeats and ended:
                # The setup learns how far the ledger is.
                with suppress(BillingError), self.writing():
                    pass
                self.notify("The same command was cut off before it ended. It is finished now.")
            self._unfinished.end(cut_off=not ended)

    @property
    def repeats(self) -> bool:
        """Whether what is done now was recorded before."""
        return self._again is not None

    @property
    def exists(self) -> bool:
        """As in LedgerFile; for a command that is repeated, as it was before it."""
        return super().exists if self._again is None else self._was_there

    def recorded_again(self, table: str, names: Sequence[str]) -> list[tuple[Any, ...]]:
        """The rows that the first run recorded in a table with ids and this one has not; none if it repeats none."""
        if self._again is None:
            return []
        newer = f"id > (SELECT coalesce(max(id), 0) FROM main.{table})"
        return self.rows(f"SELECT {', '.join(names)} FROM recorded.{table} WHERE {newer} ORDER BY id")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """As in LedgerFile."""
        if self._again is None:
            with super().reading():
                yield
            return
        with self._in_memory(self._again):
            yield

    @contextmanager
    def writing(
        self, waiting: Waiting = lambda _: None, command: str = "", *, may_add_batch: bool = False
    ) -> Iterator[None]:
        """As in LedgerFile; in memory, where the first run of the command recorded the same."""
        if self._again is None:
            is_first = self._unfinished.is_wanted
            try:
                with super().writing(waiting, command, may_add_batch=may_add_batch):
                    yield
            except Exception:
                if is_first:
                    self._unfinished.forget()
                raise
            self._unfinished.look()
            return
        memory, before = self._again, self._again.total_changes
        memory.execute("BEGIN")
        try:
            with self._in_memory(memory):
                yield
                self._before_commit()
        except BaseException:
            memory.execute("ROLLBACK")
            raise
        memory.execute("COMMIT")
        if memory.total_changes != before or self._has_new_tables:
            self._has_new_tables = False
            self._count_change(memory)

    @contextmanager
    def _in_memory(self, memory: sqlite3.Connection) -> Iterator[None]:
        self._connection = memory
        self._meet(changes=False)
        try:
            yield
        finally:
            self._connection = None

    def _repeat(self, before: Before) -> None:
        """Begins to repeat a command on the ledger as it was before."""
        self._was_there = bool(before.content)
        self._changes_left = before.changes
        self._again, self._has_new_tables = migrated(before.content)
        self._again.execute("ATTACH ':memory:' AS recorded")
        self._again.deserialize(self.path.read_bytes(), name="recorded")
        self._unfinished.take_up()

    def _count_change(self, memory: sqlite3.Connection) -> None:
        """Counts a change as repeated; once all are, the file is the ledger again."""
        for table in _RECORDS:
            other = f"SELECT 1 FROM (SELECT * FROM main.{table} EXCEPT SELECT * FROM recorded.{table}) LIMIT 1"
            if memory.execute(other).fetchone():
                self._unfinished.end(cut_off=False)
                raise BillingError(
                    f"{self.path}: the same command was cut off before, and something that it reads has changed since. "
                    "What it had recorded stays. Run it once more: it does the rest by what there is now."
                )
        self._changes_left -= 1
        if not self._changes_left:
            self._stop_repeating()

    def _stop_repeating(self) -> None:
        if self._again is not None:
            self._again.close()
            self._again = None

    def _is_before_wanted(self) -> bool:
        return self._unfinished.is_wanted

    def _note_before(self, content: bytes, copy: Path | None) -> None:
        self._unfinished.note(content, copy, shared=is_shared(self.path.parent))
