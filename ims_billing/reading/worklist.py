"""What was typed into the call list of an aging workbook: who looks after a claim, and how far that is."""

from __future__ import annotations

from ims_billing.findings import BillingError
from ims_billing.model import WORK_STATUSES, plain
from ims_billing.reading.decisions import typed_sheets
from ims_billing.reading.spreadsheet import AskPassword

_HEADINGS = {"claim": "Claim", "owner": "Owner", "status": "Status", "note": "Note"}
_WORDS = {plain(word): word for word in ("", *WORK_STATUSES)}


def read_worklist(name: str, content: bytes, ask: AskPassword) -> list[tuple[str, str, str, str, str]]:
    """Place, claim, owner, status and note of each line on which something is typed.

    Raises BillingError, with file, sheet and row, for a status that is none, or a line without a claim.
    """
    lines = []
    for sheet in typed_sheets(name, content, ask, "Call list", _HEADINGS, ("claim", "status")):
        for where, cells in sheet.lines(name, _HEADINGS):
            if not (cells["owner"] or cells["status"] or cells["note"]):
                continue
            status = _WORDS.get(plain(cells["status"]))
            if status is None:
                raise BillingError(f"{where}: the status is none of {', '.join(WORK_STATUSES)}. Choose one of them.")
            if not cells["claim"]:
                raise BillingError(f"{where}: something is typed here, and the line does not say for which claim.")
            lines.append((where, cells["claim"].upper(), cells["owner"], status, cells["note"]))
    return lines
