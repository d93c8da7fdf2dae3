"""Reads what was typed into the call list of an aging workbook: who follows up on a claim, and its status."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import PurePath

from ims_billing.reading.spreadsheet import AskPassword
from ims_billing.reading.typed_decisions import typed_sheets
from ims_billing.vocabulary.cells import day
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import WORK_STATUSES
from ims_billing.vocabulary.spelling import plain

_HEADINGS = {"claim": "Claim", "owner": "Owner", "status": "Status", "sent_on": "Sent on", "note": "Note"}
_WORDS = {plain(word): word for word in ("", *WORK_STATUSES)}


@dataclass(frozen=True)
class Typed:
    """A claim's line: owner, status, the day it was resubmitted, and a note; each empty where nothing is typed."""

    owner: str = ""
    status: str = ""
    sent_on: str = ""
    note: str = ""


def day_of(name: str) -> dt.date | None:
    """The day that an aging workbook is of, by its name; None where that says none."""
    date = re.search(r"\d{4}-\d{2}-\d{2}", PurePath(name).stem)
    try:
        return dt.date.fromisoformat(date[0]) if date else None
    except ValueError:
        return None


def read_worklist(name: str, content: bytes, ask: AskPassword) -> dict[str, tuple[str, Typed]]:
    """The place and the typed cells of each claim's line, by claim number.

    Raises BillingError, with file, sheet and row, for a status that is none, a day that cannot be read, a line without
    a claim, or two lines that say different things of one.
    """
    lines: dict[str, tuple[str, Typed]] = {}
    for sheet in typed_sheets(name, content, ask, _HEADINGS, ("claim", "status")):
        for where, cells in sheet.lines(name, _HEADINGS):
            status = _WORDS.get(plain(cells["status"]))
            if status is None:
                raise BillingError(f"{where}: the status is none of {', '.join(WORK_STATUSES)}. Choose one of them.")
            sent_on = day(cells["sent_on"], "unambiguous") if cells["sent_on"] else None
            if cells["sent_on"] and sent_on is None:
                raise BillingError(f"{where}: Sent on is not plainly a day. Write it as 2026-12-01.")
            typed = Typed(cells["owner"], status, f"{sent_on:%Y-%m-%d}" if sent_on else "", cells["note"])
            claim = cells["claim"].upper()
            if not claim and typed != Typed():
                raise BillingError(f"{where}: something is typed here, and the line does not say for which claim.")
            before = lines.setdefault(claim, (where, typed))
            if before[1] != typed:
                raise BillingError(f"{where}: another line of that claim, {before[0]}, says otherwise. Leave one.")
    return {claim: line for claim, line in lines.items() if claim}
