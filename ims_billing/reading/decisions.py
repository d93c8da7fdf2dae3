"""What was typed on the sheet that needs attention: read back by session and kind, in whatever order it stands."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from ims_billing.cells import text
from ims_billing.findings import BillingError
from ims_billing.model import DECISION_WORDS, TYPED, heading, plain, prove
from ims_billing.reading.layout import HEADER_WITHIN
from ims_billing.reading.spreadsheet import AskPassword, RawTable, open_spreadsheet

_HEADINGS = {
    "session": "Session",
    "kind": "Kind",
    "decision": "Decision",
    "correct_value": "Correct value",
    "decided_by": "Decided by",
    "note": "Note",
}
_SHEET = "Needs attention"
_NEEDED = ("session", "kind", "decision")
_WORDS = {plain(word): word for word in DECISION_WORDS}


class _Sheet(NamedTuple):
    table: RawTable
    header: int
    columns: dict[str, int]


def read_decisions(name: str, content: bytes, ask: AskPassword) -> pd.DataFrame:
    """The lines of a spreadsheet on which something is typed: the TYPED frame.

    Raises BillingError, with file, sheet and row, where no sheet has the columns, a word is no decision, or two lines
    decide differently about the same.
    """
    tables = open_spreadsheet(name, content, ask).tables
    # Another sheet of a summary lists what was decided before; in a spreadsheet of one's own any sheet will do.
    own = [table for table in tables if table.sheet == _SHEET]
    sheets = [found for table in own or tables if (found := _found(table))]
    if not sheets:
        raise BillingError(
            f"{name}: no sheet has the columns {', '.join(_HEADINGS[column] for column in _NEEDED)}, so no decision "
            "can be read from it. If it is no summary of ours any more, move it away."
        )
    lines = [line for sheet in sheets for line in _typed(name, sheet)]
    told: dict[tuple[str, str], tuple[str, ...]] = {}
    once = []
    for place, session, kind, *words in lines:
        before = told.setdefault((session, kind), (place, *words))
        if before[1:] != tuple(words):
            raise BillingError(f"{place}: another decision about the same stands in {before[0]}. Leave one.")
        if before[0] == place:
            once.append((place, session, kind, *words))
    frame = pd.DataFrame(once, columns=[column.name for column in TYPED])
    return prove(frame.astype({column.name: column.dtype for column in TYPED}), TYPED)


def _found(table: RawTable) -> _Sheet | None:
    by_heading = {heading(name): column for column, name in _HEADINGS.items()}
    for position in range(min(HEADER_WITHIN, table.height)):
        row = [by_heading.get(heading(text(cell)), "") for cell in table.row(position)]
        columns = {column: place for place, column in enumerate(row) if column}
        if all(column in columns for column in _NEEDED):
            return _Sheet(table, position, columns)
    return None


def _typed(name: str, sheet: _Sheet) -> list[tuple[str, ...]]:
    table, columns = sheet.table, sheet.columns
    lines = []
    for position in range(sheet.header + 1, table.height):
        row = table.row(position)
        cells = {column: text(row[columns[column]]) if column in columns else "" for column in _HEADINGS}
        typed = [cells[column] for column in _HEADINGS if column not in ("session", "kind")]
        if not any(typed):
            continue
        where = f"{name}{f', {table.sheet}' if table.sheet else ''}, row {table.first_row + position}"
        word = _WORDS.get(plain(cells["decision"])) if cells["decision"] else ""
        if word is None:
            raise BillingError(f"{where}: the decision is none of {', '.join(DECISION_WORDS)}. Choose one of them.")
        if not cells["session"] or not cells["kind"]:
            raise BillingError(
                f"{where}: something is typed here, and the line does not say for which session and kind."
            )
        lines.append((where, cells["session"], cells["kind"], word, *typed[1:]))
    return lines
