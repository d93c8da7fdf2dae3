"""What was typed on the sheet that needs attention: read back by session and kind, in whatever order it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from ims_billing.reading.layout import HEADER_WITHIN
from ims_billing.reading.spreadsheet import AskPassword, RawTable, open_spreadsheet
from ims_billing.vocabulary.cells import text
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import DECISION_WORDS, TYPED, as_frame
from ims_billing.vocabulary.spelling import heading, plain

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


class TypedSheet(NamedTuple):
    """A sheet in which somebody types: its table, where its header stands, the column of each heading."""

    table: RawTable
    header: int
    columns: dict[str, int]

    def lines(self, name: str, headings: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
        """Each row below the header: where it stands, and its cells as text."""
        sheet = f", {self.table.sheet}" if self.table.sheet else ""
        for position in range(self.header + 1, self.table.height):
            row = self.table.row(position)
            cells = {h: text(row[self.columns[h]]) if h in self.columns else "" for h in headings}
            yield f"{name}{sheet}, row {self.table.first_row + position}", cells


def read_decisions(name: str, content: bytes, ask: AskPassword) -> pd.DataFrame:
    """The lines of a spreadsheet that say for which session and kind they are: the TYPED frame.

    Raises BillingError, with file, sheet and row, where no sheet has the columns, a word is no decision, or two lines
    decide differently about the same.
    """
    sheets = typed_sheets(name, content, ask, _SHEET, _HEADINGS, _NEEDED)
    lines = [line for sheet in sheets for line in _typed(name, sheet)]
    first_lines: dict[tuple[str, str], tuple[str, ...]] = {}
    once = []
    for place, session, kind, *words in lines:
        before = first_lines.setdefault((session, kind), (place, *words))
        if before[1:] != tuple(words):
            raise BillingError(f"{place}: another decision about the same stands in {before[0]}. Leave one.")
        if before[0] == place:
            once.append((place, session, kind, *words))
    return as_frame(once, TYPED)


def typed_sheets(
    name: str, content: bytes, ask: AskPassword, sheet: str, headings: Mapping[str, str], needed: Sequence[str]
) -> list[TypedSheet]:
    """The sheets of a spreadsheet that have the needed columns; in our own workbook only the sheet to type in.

    Raises BillingError where there is none.
    """
    tables = open_spreadsheet(name, content, ask).tables
    # Another sheet of a workbook lists what was typed before; in a spreadsheet of one's own any sheet will do.
    own = [table for table in tables if table.sheet == sheet] or [t for t in tables if t.sheet != "Sources"]
    sheets = [typed for table in own if (typed := _typed_sheet(table, headings, needed))]
    if not sheets:
        raise BillingError(
            f"{name}: no sheet has the columns {', '.join(headings[column] for column in needed)}, so nothing that was "
            "typed can be read from it. If it is no workbook of ours any more, move it away."
        )
    return sheets


def _typed_sheet(table: RawTable, headings: Mapping[str, str], needed: Sequence[str]) -> TypedSheet | None:
    by_heading = {heading(name): column for column, name in headings.items()}
    for position in range(min(HEADER_WITHIN, table.height)):
        row = [by_heading.get(heading(text(cell)), "") for cell in table.row(position)]
        columns = {column: place for place, column in enumerate(row) if column}
        if all(column in columns for column in needed):
            return TypedSheet(table, position, columns)
    return None


def _typed(name: str, sheet: TypedSheet) -> list[tuple[str, ...]]:
    lines = []
    for where, cells in sheet.lines(name, _HEADINGS):
        typed = [cells[column] for column in _HEADINGS if column not in ("session", "kind")]
        if not any(typed) and not (cells["session"] and cells["kind"]):
            continue
        word = _WORDS.get(plain(cells["decision"])) if cells["decision"] else ""
        if word is None:
            raise BillingError(f"{where}: the decision is none of {', '.join(DECISION_WORDS)}. Choose one of them.")
        if not cells["session"] or not cells["kind"]:
            raise BillingError(
                f"{where}: something is typed here, and the line does not say for which session and kind."
            )
        lines.append((where, cells["session"], cells["kind"], word, *typed[1:]))
    return lines
