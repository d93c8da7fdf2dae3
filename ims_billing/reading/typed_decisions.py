"""What was typed on the sheet that needs attention: read back by session and kind, in whatever order it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from ims_billing.reading.decision_words import decision_word
from ims_billing.reading.layout import HEADER_WITHIN
from ims_billing.reading.spreadsheet import AskPassword, RawTable, open_spreadsheet
from ims_billing.vocabulary.cells import text
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import DECISION_WORDS, TYPED, as_frame
from ims_billing.vocabulary.spelling import heading

_HEADINGS = {
    "session": "Session",
    "kind": "Kind",
    "decision": "Decision",
    "correct_value": "Correct value",
    "decided_by": "Decided by",
    "note": "Note",
    "shown_patient": "Patient",
    "shown_day": "Service date",
}
_NEEDED = ("session", "kind", "decision")
# Where the name of who decides stands once for all lines: the cell of this text, and the next filled one in its row.
_WHO = heading("Decided by, for all lines:")
# Our own note behind it.
_NOTE = heading("How to decide")
_OR_WORDS = f"{', '.join(DECISION_WORDS[:-1])} or {DECISION_WORDS[-1]}"
_TYPED = ("decision", "correct_value", "decided_by", "note")
_SHOWN = ("shown_patient", "shown_day")


class TypedSheet(NamedTuple):
    """A sheet in which somebody types: its table, where its header stands, the column of each heading."""

    table: RawTable
    header: int
    columns: dict[str, int]

    @property
    def place(self) -> str:
        """The sheet's name as it follows the file's; empty where the file has no sheets."""
        return f", {self.table.sheet}" if self.table.sheet else ""

    def lines(self, name: str, headings: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
        """Each row below the header: where it stands, and its cells as text."""
        for position in range(self.header + 1, self.table.height):
            row = self.table.row(position)
            cells = {h: text(row[self.columns[h]]) if h in self.columns else "" for h in headings}
            yield f"{name}{self.place}, row {self.table.first_row + position}", cells


def typed_tables(name: str, content: bytes, ask: AskPassword) -> list[RawTable]:
    """The sheets of a workbook in which somebody may have typed: Sources lists what was decided before."""
    return [table for table in open_spreadsheet(name, content, ask).tables if table.sheet != "Sources"]


def has_decisions(tables: Iterable[RawTable]) -> bool:
    """Whether a sheet has the columns of decisions."""
    return bool(sheets_with(tables, _HEADINGS, _NEEDED))


def read_decisions(name: str, tables: Sequence[RawTable]) -> pd.DataFrame:
    """The lines of all sheets that say for which session and kind they are: the TYPED frame.

    Where a line stands on two sheets, as on a copied one, what is typed on one of them counts.
    Raises BillingError where no sheet has the columns, or, with file, sheet and row of each, where words are no
    decision or two lines decide differently about the same.
    """
    sheets = _needed_sheets(name, tables, _HEADINGS, _NEEDED)
    faults: list[str] = []
    lines: dict[tuple[str, str], tuple[str, ...]] = {}
    for line in (line for sheet in sheets for line in _typed(name, sheet, faults)):
        place, session, kind, *words = line[: -len(_SHOWN)]
        before = lines.get((session, kind))
        if before is None or (any(words) and not any(before[3 : -len(_SHOWN)])):
            lines[session, kind] = line
        elif any(words) and before[3 : -len(_SHOWN)] != tuple(words):
            faults.append(f"{place}: another decision about the same session is in {before[0]}. Leave one.")
    if faults:
        raise BillingError("\n".join(faults))
    return as_frame(list(lines.values()), TYPED)


def typed_sheets(
    name: str, content: bytes, ask: AskPassword, headings: Mapping[str, str], needed: Sequence[str]
) -> list[TypedSheet]:
    """The sheets of a spreadsheet that have the needed columns; raises BillingError where there is none."""
    return _needed_sheets(name, typed_tables(name, content, ask), headings, needed)


def sheets_with(tables: Iterable[RawTable], headings: Mapping[str, str], needed: Sequence[str]) -> list[TypedSheet]:
    """Those sheets that have the needed columns."""
    return [typed for table in tables if (typed := _typed_sheet(table, headings, needed))]


def _needed_sheets(
    name: str, tables: Sequence[RawTable], headings: Mapping[str, str], needed: Sequence[str]
) -> list[TypedSheet]:
    sheets = sheets_with(tables, headings, needed)
    if not sheets:
        raise BillingError(
            f"{name}: no sheet has the columns {', '.join(headings[column] for column in needed)}, so nothing that was "
            "typed can be read from it. If it is not one of our workbooks any more, move it away."
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


def names_who(row: Sequence[str]) -> bool:
    """Whether a row has the cell beside which the name of who decides stands once for all lines."""
    return any(heading(cell) == _WHO for cell in row)


def _who(sheet: TypedSheet) -> str:
    """Who decides, as typed once above the header; empty where nothing is."""
    for position in range(sheet.header):
        row = [text(cell) for cell in sheet.table.row(position)]
        for place, cell in enumerate(row):
            if heading(cell) == _WHO:
                return next((typed for typed in row[place + 1 :] if typed and not heading(typed).startswith(_NOTE)), "")
    return ""


def _typed(name: str, sheet: TypedSheet, faults: list[str]) -> Iterator[tuple[str, ...]]:
    """The lines of a sheet as TYPED rows; what cannot be read is added to the faults."""
    who = _who(sheet)
    for where, cells in sheet.lines(name, _HEADINGS):
        typed = [cells[column] for column in _TYPED]
        if not any(typed) and not (cells["session"] and cells["kind"]):
            continue
        word = decision_word(cells["decision"])
        if word is None:
            cell = f"{where}, column {sheet.table.letters(sheet.columns['decision'])}"
            faults.append(f'{cell}: "{cells["decision"][:30]}" is no decision. Type {_OR_WORDS}.')
        elif not cells["session"] or not cells["kind"]:
            faults.append(f"{where}: something is typed here, and the line does not say for which session and kind.")
        else:
            by = cells["decided_by"] or (who if any(typed) else "")
            words = (word, cells["correct_value"], by, cells["note"])
            yield where, cells["session"], cells["kind"], *words, *(cells[column] for column in _SHOWN)
