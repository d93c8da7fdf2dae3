"""Spreadsheets in a month's folder with decisions that no command has read: copies under a name of somebody's own."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ims_billing.commands.workplace import Workplace
from ims_billing.vocabulary.decision_keys import line_key
from ims_billing.vocabulary.errors import BillingError
from ims_billing.workbooks.files import other_spreadsheets, summaries

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class UnreadCopy:
    """A spreadsheet whose decisions were not read; `count` is 0 where they can't be counted."""

    path: Path
    count: int
    # Why it could not be looked into; empty where it could
    problem: str = ""
    # The month whose sessions it decides about, if that is another one than that of its folder
    month: str = ""


def unread_copies(at: Workplace, month: str, *, own: bool = False, but: Collection[Path] = ()) -> list[UnreadCopy]:
    """The spreadsheets in the month's folder that have decisions which the ledger never had.

    With `own` the month's own summary too, for commands that do not read it. Left out are the files `but`. A folder
    that only has what this program wrote, as it wrote it, costs no more than a look at its names.
    """
    read = {path.resolve() for path in but}
    own_paths = summaries(at.out, month) if own else []
    paths = [path for path in (*own_paths, *other_spreadsheets(at.out, month)) if path.resolve() not in read]
    if not paths or not at.ledger.exists:
        return []
    # Here, so that a folder without such spreadsheets needs nothing of what reads them.
    from ims_billing.reading.typed_decisions import has_decisions, read_decisions, typed_tables
    from ims_billing.sessions.newly_decided import never_read

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
        if not has_decisions(tables):
            continue
        try:
            typed = read_decisions(path.name, tables)
            count = never_read(typed, decisions)
        except BillingError:
            # Words that are no decision: the command that reads them names each.
            copies.append(UnreadCopy(path, 0))
            continue
        if count:
            copies.append(UnreadCopy(path, count, month=_other_month(typed, lines, month)))
    return copies


def _other_month(typed: pd.DataFrame, lines: pd.DataFrame, month: str) -> str:
    """The one month that all open lines which are decided about belong to (EARLIER), if it is another than `month`."""
    words = (typed["decision"] != "") | (typed["correct_value"] != "")
    sessions = {line_key(str(key)).session for key in typed.loc[words, "session"]}
    months = set(lines.loc[lines["session"].isin(sessions), "month"])
    return months.pop() if len(months) == 1 and month not in months else ""


def in_words(copy: UnreadCopy, command: str, first: str = "") -> str:
    """What was not read, for whoever looks at the month, and the command that reads it with what comes `first`."""
    if copy.problem:
        return f"{copy.problem} Decisions in {copy.path}, if there are any, were not read."
    first = f" {first}" if first else ""
    if not copy.count:
        what = "something typed in it is no decision, and none of it was read."
        return f"{copy.path}: {what}{first} See which: {command}"
    what = "1 decision in it was" if copy.count == 1 else f"{copy.count} decisions in it were"
    return f"{copy.path}: {what} not read.{first} Read {'it' if copy.count == 1 else 'them'} with: {command}"


def _why(path: Path, error: Exception) -> str:
    return f"{path.name}: {error.strerror}." if isinstance(error, OSError) else str(error)
