"""A workbook that was changed elsewhere than in the cells to type in: kept before it is written over."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ims_billing.commands.workplace import Workplace
from ims_billing.reading.spreadsheet import open_spreadsheet
from ims_billing.reading.typed_decisions import names_who
from ims_billing.vocabulary.cells import text
from ims_billing.vocabulary.errors import BillingError
from ims_billing.workbooks import aging_report, needs_attention, to_send
from ims_billing.workbooks.content import CONTENT, Content
from ims_billing.workbooks.file_marks import read_property
from ims_billing.workbooks.files import summary_path
from ims_billing.workbooks.protection import is_encrypted, unprotected

# The headings of the columns that somebody types in, by sheet.
_TYPED = {
    sheet: {column.heading for column in columns.values() if column.typed}
    for sheet, columns in (
        (needs_attention.SHEET, needs_attention.COLUMNS),
        (to_send.SHEET, to_send.COLUMNS),
        (aging_report.SHEET, aging_report.CALL_LIST),
        (aging_report.WAITING, aging_report.CALL_LIST),
    )
}


def changed_summary(at: Workplace, month: str) -> bytes | None:
    """The month's summary in the folder, if it is `changed_workbook`. Belongs within `writing`."""
    return changed_workbook(at, summary_path(at.out, month), at.ledger.files.summary_left(month, at.place)[0])


def changed_workbook(at: Workplace, path: Path, left: str = "") -> bytes | None:
    """A workbook in the folder, if it says more or other than we wrote and what is typed in its cells.

    `left` is the hash of its bytes as we left it, where that is certain. Without our digest nobody can
    tell, so it counts as changed.
    """
    if not path.is_file():
        return None
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() == left:
        return None
    plain = unprotected(content, at.password) if is_encrypted(content) else content
    digest = None if plain is None else read_property(plain, CONTENT)
    if plain is None or digest is None:
        return content
    try:
        same = _digest(path.name, plain, at) == digest
    except BillingError:
        return content
    return None if same else content


def _digest(name: str, content: bytes, at: Workplace) -> str:
    """The digest of what a saved workbook says outside the typed cells."""
    says = Content()
    for table in open_spreadsheet(name, content, at.ask_if_needed).tables:
        typed = _TYPED.get(table.sheet, set())
        left_out: set[int] = set()
        before = [""] * table.first_column
        for position in range(table.height):
            row = [*before, *table.row(position)]
            headings = [text(cell) for cell in row]
            if typed and not left_out and names_who(headings):
                continue
            says.add(table.sheet, row, left_out)
            if typed and not left_out and typed <= set(headings):
                left_out = {place for place, heading in enumerate(headings) if heading in typed}
    return says.digest()
