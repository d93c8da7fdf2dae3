"""Writes the setup workbook: a sheet to fill in for each part of the clinic's setup."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from ims_billing.vocabulary.setup_sheets import (
    CHOICES_SHEET,
    CLINIC,
    QUESTION,
    SETUP_TABLES,
    SHEETS,
    CellKind,
    Offered,
    SetupColumn,
    SetupTable,
)
from ims_billing.vocabulary.spelling import counted
from ims_billing.workbooks.cell_text import cell_text, escaped
from ims_billing.workbooks.looks import FONTS, FRAME, INK, SHADED
from ims_billing.workbooks.package import stamped
from ims_billing.workbooks.paper import LETTER, print_landscape
from ims_billing.workbooks.widths import LINE_HEIGHT, MOST_LINES

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

# No clock in the file: the same setup gives the same bytes.
_STAMP = dt.date(2026, 1, 1)
_FORMATS: dict[CellKind, str] = {"id": "@", "day": "yyyy-mm-dd", "money": "#,##0.00", "count": "0", "percent": "0"}
# Rows that are drawn to be filled in: below a table that has its sheet alone, and below one of several. On a sheet of
# its own, further rows are formatted and ruled all the same.
_READY, _READY_AMONG_OTHERS, _RULED = 12, 5, 400
_LONGEST_LIST = 250
# How many columns the line of help above a table runs over, at most.
_HELP_OVER = 8
_FONT, _BOLD, _TITLE = FONTS["body"], FONTS["heading"], FONTS["title"]
_NOTE = Font(name="Calibri", size=10, italic=True, color=INK)
_TO_FILL_IN = PatternFill("solid", fgColor="FFE699")
_PLAIN = PatternFill("solid", bgColor="FFFFFF")
_WRAPPED = Alignment(vertical="top", wrap_text=True)
_FLOWING = Alignment(vertical="top")
_RIGHT = ("day", "money", "count", "percent")


def setup_workbook(rows: Rows, offered: Mapping[Offered, Sequence[str]]) -> bytes:
    """The workbook of these rows: by table, each row's cells by key, those that are only shown by heading.

    `offered` are the lists that a cell may be chosen from. What ends in a question mark is shaded until it is filled
    in, and counted on the first sheet.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    lists = _Lists(offered)
    questions: list[str] = []
    for name in SHEETS:
        sheet = _sheet(book, name)
        tables = [table for table in SETUP_TABLES if table.sheet == name]
        if tables == [CLINIC]:
            continue
        questions += _Tables(sheet, lists).write(tables, rows)
    first = next(iter(rows.get(CLINIC.table, ())), {})
    _clinic(book[CLINIC.sheet], first, lists, questions)
    lists.write(book)
    name = first.get("clinic.name", "")
    book.properties.title, book.properties.creator = "Clinic setup", cell_text(name) if name != QUESTION else ""
    return stamped(book, _STAMP)


def _sheet(book: Workbook, name: str) -> Any:
    # The stubs do not know all that a sheet has.
    sheet: Any = book.create_sheet(name)
    print_landscape(sheet)
    sheet.page_setup.paperSize = LETTER
    sheet.oddHeader.left.text = "Clinic setup"
    sheet.sheet_view.showGridLines = False
    return sheet


class _Lists:
    """The lists to choose from: short ones stand in the cell's rule, long ones on a hidden sheet."""

    def __init__(self, offered: Mapping[Offered, Sequence[str]]) -> None:
        self._offered = offered
        self._long: list[tuple[str, ...]] = []

    def rule(self, column: SetupColumn) -> DataValidation | None:
        """The check on a column's cells; None where anything may be typed."""
        rule = self._choice(column)
        if column.kind == "day":
            # The first day that Excel has, and the last.
            rule = DataValidation("date", operator="between", formula1="1", formula2="2958465")
            rule.error = "Type a date, such as 2026-04-01."
        elif column.kind == "money":
            rule = DataValidation("decimal", operator="between", formula1="0", formula2="999999.99")
            rule.error = "Type an amount in dollars, such as 95.00."
        elif column.kind in ("count", "percent"):
            rule = DataValidation("whole", operator="between", formula1="1", formula2="100000")
            rule.error = "Type a whole number."
        if rule is None:
            return None
        rule.allow_blank, rule.errorTitle = True, column.heading
        rule.showErrorMessage = rule.error is not None
        rule.showInputMessage = rule.prompt is not None
        return rule

    def _choice(self, column: SetupColumn) -> DataValidation | None:
        choices = ("yes", "no") if column.kind == "yes" else column.choices
        closed = column.kind in ("choice", "yes")
        if column.kind == "words":
            rule = DataValidation()
            rule.promptTitle = column.heading
            rule.prompt = f"One or more of: {', '.join(choices)}. Put commas between them."
            return rule
        if column.kind in ("list", "pairs"):
            rule = DataValidation()
            rule.promptTitle, rule.prompt = column.heading, column.help
            return rule
        if column.offered:
            choices = tuple(self._offered.get(column.offered, ()))
        if not choices:
            return None
        listed = ",".join(choices)
        rule = DataValidation("list", formula1=f'"{listed}"' if len(listed) < _LONGEST_LIST else self._range(choices))
        if closed:
            rule.error = "Choose one of the list." if len(listed) > 200 else f"Choose one of: {', '.join(choices)}."
        return rule

    def _range(self, choices: tuple[str, ...]) -> str:
        if choices not in self._long:
            self._long.append(choices)
        letter = get_column_letter(self._long.index(choices) + 1)
        return f"{CHOICES_SHEET}!${letter}$1:${letter}${len(choices)}"

    def write(self, book: Workbook) -> None:
        """Adds the hidden sheet, where there are long lists."""
        if not self._long:
            return
        sheet = book.create_sheet(CHOICES_SHEET)
        sheet.sheet_state = "hidden"
        for number, choices in enumerate(self._long, start=1):
            for row, choice in enumerate(choices, start=1):
                _put(sheet.cell(row, number), choice)


def _put(cell: Any, value: Any) -> None:
    cell.value = escaped(cell_text(value)) if isinstance(value, str) else value
    if isinstance(value, str):
        cell.data_type = "s"  # text is never a formula


def _to_fill_in(cell: Any, value: Any, column: SetupColumn, label: str) -> str:
    """Shades a cell until something else stands there; returns its line for the first sheet."""
    cell.fill = _TO_FILL_IN
    whose = f"{label}, " if label else ""
    proposed = "" if value == QUESTION else f": {value}"
    return f"{whose}{column.heading}{proposed}"


def _filled_in(sheet: Any, place: str) -> None:
    filled_in: Any = FormulaRule  # the stubs do not type what makes a rule
    sheet.conditional_formatting.add(place, filled_in([f'ISERROR(SEARCH("~?",{place}))'], fill=_PLAIN))


class _Tables:
    """The tables of one sheet, one below the other."""

    def __init__(self, sheet: Any, lists: _Lists) -> None:
        self.sheet = sheet
        self.lists = lists
        self.row = 0

    def write(self, tables: Sequence[SetupTable], rows: Rows) -> list[str]:
        """Writes the tables; returns a line for each cell that is still to be filled in."""
        questions: list[str] = []
        for table in tables:
            if len(tables) > 1:
                self.row += 1 + bool(self.row)
                _put(self.sheet.cell(self.row, 1), table.title)
                self.sheet.cell(self.row, 1).font = FONTS["section"]
            self._help(table, max(len(t.columns) for t in tables))
            headings = self._headings(table)
            if len(tables) == 1:
                self.sheet.freeze_panes = f"A{headings + 1}"
                self.sheet.print_title_rows = f"{headings}:{headings}"
            questions += self._body(
                table, rows.get(table.table, ()), _READY if len(tables) == 1 else _READY_AMONG_OTHERS
            )
        for number in range(max(len(table.columns) for table in tables)):
            widths = [table.columns[number].width for table in tables if number < len(table.columns)]
            self.sheet.column_dimensions[get_column_letter(number + 1)].width = max(widths)
        return questions

    def _help(self, table: SetupTable, columns: int) -> None:
        self.row += 1
        cell = self.sheet.cell(self.row, 1)
        _put(cell, table.help)
        cell.font, cell.alignment = _NOTE, _WRAPPED
        self.sheet.merge_cells(
            start_row=self.row, end_row=self.row, start_column=1, end_column=min(columns, _HELP_OVER)
        )
        room = sum(column.width for column in table.columns[: min(columns, _HELP_OVER)])
        self.sheet.row_dimensions[self.row].height = LINE_HEIGHT * _lines(table.help, room) + 2

    def _headings(self, table: SetupTable) -> int:
        self.row += 1
        for number, column in enumerate(table.columns, start=1):
            cell = self.sheet.cell(self.row, number)
            _put(cell, column.heading)
            cell.font, cell.fill, cell.border = _BOLD, SHADED, FRAME
            cell.alignment = Alignment(vertical="center", wrap_text=True)
        self.sheet.row_dimensions[self.row].height = 32
        return self.row

    def _body(self, table: SetupTable, rows: Sequence[Mapping[str, Any]], ready: int) -> list[str]:
        questions = []
        first = self.row + 1
        by_key = {column.key: column for column in table.columns}
        for values in [*rows, *[{}] * ready]:
            self.row += 1
            names = ((key, values.get(key)) for key in ("heading", "name", "aliases", "service", "insurer"))
            label = next((str(name) for key, name in names if name and not by_key[key].asks(name)), "")
            for number, column in enumerate(table.columns, start=1):
                cell = self.sheet.cell(self.row, number)
                value = values.get(column.key or column.heading)
                _dress(cell, column)
                if value is not None and value != "":
                    _put(cell, value)
                if column.asks(value):
                    line = _to_fill_in(cell, value, column, label)
                    questions.append(f"{self.sheet.title}, {cell.coordinate}: {line}")
                    _filled_in(self.sheet, cell.coordinate)
            lines = max(_lines(values.get(column.key or column.heading), column.width) for column in table.columns)
            self.sheet.row_dimensions[self.row].height = LINE_HEIGHT * lines
        last = self.row if ready < _READY else _RULED
        for number, column in enumerate(table.columns, start=1):
            letter = get_column_letter(number)
            if ready == _READY:
                self.sheet.column_dimensions[letter].number_format = _FORMATS.get(column.kind, "General")
            rule = self.lists.rule(column)
            if rule is not None:
                rule.add(f"{letter}{first}:{letter}{last}")
                self.sheet.data_validations.append(rule)
        return questions


def _lines(value: Any, width: int) -> int:
    """How many lines a cell's text breaks into, about."""
    return min(MOST_LINES, max(1, math.ceil(len(value) * 1.15 / width))) if isinstance(value, str) else 1


def _dress(cell: Any, column: SetupColumn) -> None:
    cell.font, cell.border = _FONT, FRAME
    cell.number_format = _FORMATS.get(column.kind, "General")
    if column.kind == "shown":
        cell.font = Font(name="Calibri", size=10, color="5A6672")
    cell.alignment = Alignment(vertical="top", horizontal="right") if column.kind in _RIGHT else _WRAPPED


def _clinic(sheet: Any, values: Mapping[str, Any], lists: _Lists, questions: Sequence[str]) -> None:
    """The first sheet: what is left to fill in, counted; the clinic's own settings; and the list of what is left."""
    for letter, width in zip("ABC", (22, 44, 70), strict=True):
        sheet.column_dimensions[letter].width = width
    lines = []
    row = 5
    for column in CLINIC.columns:
        label, cell, note = (sheet.cell(row, number) for number in (1, 2, 3))
        _put(label, column.heading)
        _put(note, column.help)
        label.font, note.font = _BOLD, _NOTE
        label.alignment, note.alignment = _FLOWING, Alignment(vertical="top", indent=1)
        _dress(cell, column)
        cell.alignment = _WRAPPED
        value = values.get(column.key)
        if value is not None and value != "":
            _put(cell, value)
        if column.asks(value):
            lines.append(f"{sheet.title}, {cell.coordinate}: {_to_fill_in(cell, value, column, '')}")
            _filled_in(sheet, cell.coordinate)
        rule = lists.rule(column)
        if rule is not None:
            rule.add(cell.coordinate)
            sheet.data_validations.append(rule)
        row += 1
    left = [*lines, *questions]
    count = counted(len(left), "thing")
    summary = f"{count} to fill in before you can claim" if left else "Nothing is left to fill in"
    for at, text, font in ((1, "Clinic setup", _TITLE), (2, CLINIC.help, _NOTE), (3, summary, _BOLD)):
        _put(sheet.cell(at, 1), text)
        sheet.cell(at, 1).font = font
    sheet.row_dimensions[1].height = 26
    if left:
        for number in (1, 2, 3):
            sheet.cell(3, number).fill = _TO_FILL_IN
        row += 1
        _put(sheet.cell(row, 1), "To fill in, as counted when this workbook was written; check counts them again")
        sheet.cell(row, 1).font = _BOLD
        for line in left:
            row += 1
            _put(sheet.cell(row, 1), line)
            sheet.cell(row, 1).font = _FONT
