"""Spreadsheets in a month's folder in which something was typed that no command has read: copies of the summary."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ims_billing.commands.decided_in_folder import DecidedIn
from ims_billing.commands.sent_in_folder import unread_sendings
from ims_billing.commands.workplace import Workplace
from ims_billing.vocabulary.decision_keys import line_key
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import TYPED, empty
from ims_billing.vocabulary.spelling import counted
from ims_billing.workbooks.files import other_spreadsheets, summaries

if TYPE_CHECKING:
    import pandas as pd

    from ims_billing.reading.sendings import TypedSending


@dataclass(frozen=True)
class UnreadCopy:
    """A spreadsheet whose decisions were not read; `count` and `marks` are 0 where nothing can be counted."""

    path: Path
    count: int
    # Why it could not be looked into; empty where it could
    problem: str = ""
    # The month whose sessions it decides about, if that is another one than that of its folder
    month: str = ""
    # The lines of its sheet To send that were not read
    marks: int = 0
    # Why the command that reads it would refuse it; empty where it would not
    refused: str = ""

    @property
    def what(self) -> str:
        """The decisions and marks that were not read, counted in words; empty where they can't be counted."""
        marks = counted(self.marks, "line of To send", "lines of To send") if self.marks else ""
        return " and ".join(filter(None, (counted(self.count, "decision") if self.count else "", marks)))


def unread_copies(at: Workplace, month: str, *, own: bool = False, but: Collection[Path] = ()) -> list[UnreadCopy]:
    """The spreadsheets in the month's folder that have decisions, or marks To send, which the ledger never had.

    With `own` the month's own summary too, for commands that do not read it. Left out are the files `but`. A folder
    that only has what this program wrote, as it wrote it, costs no more than a look at its names.
    """
    read = {path.resolve() for path in but}
    own_paths = summaries(at.out, month) if own else []
    paths = [path for path in (*own_paths, *other_spreadsheets(at.out, month)) if path.resolve() not in read]
    if not paths or not at.ledger.exists:
        return []
    # Here, so that a folder without such spreadsheets needs nothing of what reads them.
    from ims_billing.reading.sendings import typed_sendings
    from ims_billing.reading.typed_decisions import has_decisions, read_decisions, typed_tables
    from ims_billing.sessions.newly_decided import SavedSummary, never_read, newly_decided

    with at.ledger.reading():
        left, _ = at.ledger.files.summary_left(month, at.place)
        decisions, lines = at.ledger.decisions.all(), at.ledger.months.open_lines()
    copies = []
    for path in paths:
        try:
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() == left:
                continue
            tables = typed_tables(path.name, content, at.ask_if_needed)
        except (BillingError, OSError) as error:
            copies.append(UnreadCopy(path, 0, _why(path, error)))
            continue
        try:
            typed = read_decisions(path.name, tables) if has_decisions(tables) else empty(TYPED)
            count = never_read(typed, decisions)
        except BillingError:
            # Words that are no decision: the command that reads them names each.
            copies.append(UnreadCopy(path, 0))
            continue
        other = _other_month(typed, lines, month) if count else ""
        marks, refused = 0, ""
        # What a month's own summary says is read by its next command.
        if path not in own_paths:
            try:
                if count:
                    saved = SavedSummary(other or month, typed, fresh=False)
                    newly_decided(saved, lines, decisions, on=None)
                marks = _unread_marks(at, other or month, path, typed_sendings(path.name, tables))
            except BillingError as error:
                refused = str(error)
        if count or marks or refused:
            copies.append(UnreadCopy(path, count, "", other, marks, refused))
    return copies


def _unread_marks(at: Workplace, month: str, path: Path, sendings: Iterable[TypedSending]) -> int:
    """How many lines of a copy's sheet To send say what no command has read; raises BillingError as that would."""
    with at.ledger.reading():
        ever = {(*each[:4], f"{each.sent_on or ''}", each.confirmation) for each in at.ledger.sendings.ever(month)}
        new = tuple(line for line in sendings if (*line.workbook, *line.words) not in ever)
        return len(unread_sendings(at.ledger, month, [DecidedIn(path, "", False, empty(TYPED), new)]))


def _other_month(typed: pd.DataFrame, lines: pd.DataFrame, month: str) -> str:
    """The one month that all open lines which are decided about belong to (EARLIER), if it is another than `month`."""
    words = (typed["decision"] != "") | (typed["correct_value"] != "")
    sessions = {line_key(str(key)).session for key in typed.loc[words, "session"]}
    months = set(lines.loc[lines["session"].isin(sessions), "month"])
    return months.pop() if len(months) == 1 and month not in months else ""


def in_words(copy: UnreadCopy, command: str, first: str = "") -> str:
    """Says what was not read, and the command that reads it with what comes `first`."""
    if copy.problem:
        return f"{copy.problem} Decisions in {copy.path}, if there are any, were not read."
    if copy.refused:
        return f"{copy.refused} Nothing in {copy.path} was read. Once that is put right: {command}"
    first = f" {first}" if first else ""
    if not copy.what:
        what = "something typed in it is no decision, and none of it was read."
        return f"{copy.path}: {what}{first} See which: {command}"
    was, them = ("was", "it") if copy.count + copy.marks == 1 else ("were", "them")
    return f"{copy.path}: {copy.what} in it {was} not read.{first} Read {them} with: {command}"


def _why(path: Path, error: Exception) -> str:
    return f"{path.name}: {error.strerror}." if isinstance(error, OSError) else str(error)
