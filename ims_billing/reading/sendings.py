"""What was typed on the sheet To send: which insurers' workbooks went out, when, and what confirmed it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import NamedTuple

from ims_billing.reading.spreadsheet import RawTable
from ims_billing.reading.typed_decisions import sheets_with
from ims_billing.vocabulary.cells import day
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.spelling import plain

_HEADINGS = {
    "workbook": "Workbook",
    "sent": "Sent",
    "sent_on": "Sent on",
    "confirmation": "Confirmation number",
    "mark": "Mark",
}
_TYPED = ("sent", "sent_on", "confirmation")
_MEANT = {
    "Yes": ("yes", "y", "sent", "done", "ok", "x", "✓", "✔", "true", "1", "oui", "envoyé", "fait"),
    "No": ("no", "n", "not sent", "not yet", "false", "0", "non", "pas encore"),
}
_WORDS = {plain(word): meant for meant, words in _MEANT.items() for word in words}
# The name of an insurer's workbook: the insurer, the month, and the batch from the second one on.
_NAME = re.compile(
    r"(?:.*[\\/])?(?P<insurer>.+?)-(?P<month>\d{4}-\d{2})(?:-batch-(?P<batch>\d+))?\.xlsx", re.IGNORECASE
)


class TypedSending(NamedTuple):
    """A line of the sheet, with the place it was typed in."""

    place: str
    month: str
    batch: int
    insurer_id: str
    sent: str
    sent_on: str
    confirmation: str
    # Which note the line showed when the workbook was written; empty where its column is gone.
    mark: str

    @property
    def workbook(self) -> tuple[str, int, str]:
        """The workbook that it is about: month, batch and the insurer's id."""
        return self.month, self.batch, self.insurer_id

    @property
    def words(self) -> tuple[str, str, str]:
        """What is typed; a day or a number without more says that it was sent."""
        return self.sent, self.sent_on, self.confirmation


def typed_sendings(name: str, tables: Sequence[RawTable]) -> tuple[TypedSending, ...]:
    """The lines of every sheet of a workbook that has the columns; none where no sheet has them.

    Raises BillingError, with file, sheet and row of each, where a word or a day cannot be read, or something is typed
    on a line that does not say for which workbook.
    """
    lines, faults = [], []
    for sheet in sheets_with(tables, _HEADINGS, ("workbook", "sent")):
        for where, cells in sheet.lines(name, _HEADINGS):
            typed = any(cells[column] for column in _TYPED)
            named = _NAME.fullmatch(cells["workbook"].strip())
            if named is None:
                if typed:
                    faults.append(f"{where}: something is typed here, and the line does not say for which workbook.")
                continue
            sent = _WORDS.get(plain(cells["sent"])) if cells["sent"].strip() else ""
            on = day(cells["sent_on"], "unambiguous") if cells["sent_on"] else None
            if sent is None:
                faults.append(f'{where}: "{cells["sent"][:30]}" in Sent is neither Yes nor No.')
            elif cells["sent_on"] and on is None:
                faults.append(f"{where}: Sent on is not plainly a day. Write it as 2026-12-01.")
            elif sent == "No" and on is not None:
                faults.append(f"{where}: it says No, and the day it was sent. Leave one.")
            else:
                lines.append(_line(where, cells, named, sent, on))
    if faults:
        raise BillingError("\n".join(faults))
    return tuple(lines)


def _line(where: str, cells: dict[str, str], named: re.Match[str], sent: str, on: dt.date | None) -> TypedSending:
    sent = sent or ("Yes" if on or cells["confirmation"] else "")
    return TypedSending(
        place=where,
        month=named["month"],
        batch=int(named["batch"] or 1),
        insurer_id=named["insurer"].lower(),
        sent=sent,
        sent_on=f"{on:%Y-%m-%d}" if on else "",
        confirmation=cells["confirmation"],
        mark=cells["mark"],
    )
