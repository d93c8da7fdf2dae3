"""The house style of every workbook: fonts, formats, widths, print setup; text that stays text; same bytes."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import WriteOnlyCell
from openpyxl.chart import BarChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.model import FileMark
from ims_billing.workbooks.cell_text import cell_text
from ims_billing.workbooks.file_marks import PROPERTY
from ims_billing.workbooks.package import Rows, Value, stamped

Kind = Literal["text", "long", "id", "date", "money", "count"]

_FORMATS = {
    "text": "General",
    "long": "General",
    "id": "@",
    "date": "yyyy-mm-dd",
    "money": "#,##0.00",
    "count": "#,##0",
}
_NARROWEST, _WIDEST, _LONG, _LONG_ON_PAGE = 7, 46, 36, 54
# How wide a column is at least that somebody types a word or a sentence in.
_TO_TYPE_IN = (15, 30)
_LINE_HEIGHT = 15.0
_CHART_ROWS = 15
_MOST_ROWS = 1_048_575
_FONT = "Calibri"
_INK, _SHADE, _LINE = "1F2933", "E4E9EE", "9AA5B1"


@dataclass(frozen=True)
class Column:
    """A column as a person sees it. Kinds: `id` is text that looks like a number, `long` is text that wraps.

    What is `typed` is for a person to fill in, on a sheet that is protected otherwise; with `choices` from a list.
    """

    heading: str
    kind: Kind = "text"
    typed: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """A small table within a page: a title, columns, rows, and a line of totals below where there is one.

    `row_height` is for rows that somebody writes in; else they are as high as their text. `chart` shows the numbers of
    one column below the table, as bars that lie (``bar``) or stand (``column``), where there is more than one row; of
    many rows it shows the first `bars`.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    totals: Sequence[Value] = ()
    note: str = ""
    row_height: float | None = None
    chart: tuple[Literal["bar", "column"], int] | None = None
    bars: int = 14


@dataclass
class Book:
    """A workbook in the making; `bytes` ends it. The stamp stands for every clock, so that bytes repeat.

    `mark` says which ledger it was written from: a property of the file, on no sheet.
    """

    title: str
    clinic: str
    stamp: dt.date
    mark: FileMark | None = None
    _book: Workbook = field(default_factory=lambda: Workbook(write_only=True))
    _rows: dict[str, Rows] = field(default_factory=dict)
    _styles: dict[tuple[str, Kind, bool, bool], int] = field(default_factory=dict)

    def table(
        self,
        name: str,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Value]],
        *,
        widest: float = _WIDEST,
        struck: Collection[int] = (),
        groups: Collection[int] = (),
        settled: Collection[int] = (),
    ) -> None:
        """A sheet that is one table: its header in the first row, frozen, with filters; text wraps at `widest`.

        By position, from 0: the rows `struck` are struck out, a line is drawn above those of `groups`, and nothing is
        to be typed in those that are `settled`.
        """
        kept = list(rows)
        if len(kept) > _MOST_ROWS:
            refusal = f"{len(kept):,} lines are more than a sheet of a workbook holds ({_MOST_ROWS:,})"
            raise BillingError(f"{name}: {refusal}. Claim fewer files at once.")
        sheet, new_sheet = self._sheet(name)
        sheet.freeze_panes = "A2"
        sheet.print_title_rows = "1:1"
        distinct = [{row[n] for row in kept} for n in range(len(columns))]
        widths = [
            max(
                min(_width(distinct[n], c), widest if c.kind == "text" else _WIDEST),
                _TO_TYPE_IN[c.kind == "long"] if c.typed else 0,
            )
            for n, c in enumerate(columns)
        ]
        for number, (column, width) in enumerate(zip(columns, widths, strict=True)):
            dimension = sheet.column_dimensions[get_column_letter(number + 1)]
            dimension.width = width
            # for what a person types below the table
            dimension.number_format = _FORMATS[column.kind]
        headings = [self._style("heading", column.kind) for column in columns]
        new_sheet.add([column.heading for column in columns], headings, _heading_height(columns, widths))
        crossed = [self._style("struck", column.kind) for column in columns]
        # By whether something may be typed in a row, and whether a group begins with it.
        styles = {
            (typed, begun): [self._style("body", c.kind, typed=typed and c.typed, begun=begun) for c in columns]
            for typed in (False, True)
            for begun in (False, True)
        }
        # Not every program fits the height of a row to the text that breaks in it.
        breaking = [n for n, column in enumerate(columns) if column.kind in _WRAPPING]
        breaking = [n for n in breaking if any(_lines(value, widths[n]) > 1 for value in distinct[n])]
        for place, row in enumerate(kept):
            cells = crossed if place in struck else styles[place not in settled, place in groups]
            lines = max((_lines(row[n], widths[n]) for n in breaking), default=1)
            new_sheet.add(row, cells, _LINE_HEIGHT * lines if lines > 1 else None)
        if columns:
            sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(kept) + 1}"
        if any(column.typed for column in columns):
            _protect(sheet, columns, len(kept))

    def page(self, name: str, title: str, facts: Sequence[tuple[str, Value]], blocks: Sequence[Block]) -> None:
        """A sheet to read: a title, a few facts, then small tables one below the other."""
        sheet, new_sheet = self._sheet(name)
        columns = max((len(block.columns) for block in blocks), default=2)
        widths = [_page_width(number, facts, blocks) for number in range(columns)]
        for number, width in enumerate(widths):
            sheet.column_dimensions[get_column_letter(number + 1)].width = width

        def add(values: Sequence[Value], look: str, kinds: Iterable[Kind], height: float | None = None) -> None:
            new_sheet.add(values, [self._style(look, kind) for kind in kinds], height)

        add([title], "title", ["text"], 26)
        for label, fact in facts:
            kind: Kind = "date" if isinstance(fact, dt.date) else "text"
            new_sheet.add([label, fact], [self._style("label", "text"), self._style("fact", kind)])
        for block in blocks:
            kinds = [column.kind for column in block.columns]
            new_sheet.add([], [])
            add([block.title], "section", ["text"], 20)
            height = _heading_height(block.columns, widths[: len(block.columns)])
            add([c.heading for c in block.columns], "heading", kinds, height)
            first = len(new_sheet) + 1
            for values in block.rows:
                lines = max(_lines(v, w) for v, w in zip(values, widths, strict=False))
                add(values, "body", kinds, block.row_height or (_LINE_HEIGHT * lines if lines > 1 else None))
            if block.totals:
                add(block.totals, "total", kinds)
            for line in block.note.splitlines():
                add([line], "note", ["text"])
            if block.chart is not None and len(block.rows) > 1:
                new_sheet.add([], [])
                sheet.add_chart(_chart(sheet, block, first), f"A{len(new_sheet) + 1}")
                for _ in range(_CHART_ROWS):
                    new_sheet.add([], [])

    def _sheet(self, name: str) -> tuple[Any, Rows]:
        # The stubs do not know what a write-only sheet takes from an ordinary one.
        sheet: Any = self._book.create_sheet(name)
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = 1  # Letter
        sheet.page_setup.fitToWidth = 1
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.page_margins.left = sheet.page_margins.right = 0.3
        sheet.page_margins.top = sheet.page_margins.bottom = 0.7
        sheet.oddHeader.left.text = f"{_field(self.clinic[:80])}: {_field(self.title)}"
        sheet.oddHeader.right.text = "&A"
        sheet.oddFooter.left.text = "Confidential: patient information"
        sheet.oddFooter.right.text = "Page &P of &N"
        sheet.sheet_view.showGridLines = False
        self._rows[name] = Rows()
        return sheet, self._rows[name]

    def _style(self, look: str, kind: Kind, *, typed: bool = False, begun: bool = False) -> int:
        """The workbook's number of one of the house's looks: to be typed in, or under the line that begins a group."""
        style_key = (look, kind, typed, begun)
        if style_key not in self._styles:
            self._styles[style_key] = _styled(self._book.worksheets[0], look, kind, typed=typed, begun=begun).style_id
        return self._styles[style_key]

    def bytes(self) -> bytes:
        """The finished workbook. The same sheets and stamp give the same bytes, on any day."""
        self._book.properties.title, self._book.properties.creator = cell_text(self.title), cell_text(self.clinic)
        if self.mark is not None and self.mark.ledger:
            self._book.custom_doc_props.append(  # type: ignore[attr-defined]
                StringProperty(name=PROPERTY, value=self.mark.text())
            )
        return stamped(self._book, self.stamp, self._rows)


def _field(text: str) -> str:
    """Text within a page header, where an ampersand begins a code."""
    return cell_text(text).replace("\n", " ").replace("&", "&&")


def column_values(frame: pd.DataFrame, columns: Sequence[str]) -> list[tuple[Value, ...]]:
    """The rows of a frame as cells show them: cents (columns that end in `_cents`) in dollars, dates as dates."""
    shown = []
    for name in columns:
        values = frame[name]
        if name.endswith("_cents"):
            shown.append([cents / 100 for cents in values.tolist()])
        elif str(values.dtype).startswith("datetime64"):
            shown.append([None if pd.isna(day) else day.date() for day in values])
        else:
            shown.append(values.tolist())
    return list(zip(*shown, strict=True)) if shown else []


def _protect(sheet: Any, columns: Sequence[Column], rows: int) -> None:
    """Keeps all but the cells to type in from slips, without a password; sorting and filtering stay allowed.

    (Excel sorts a protected sheet only where every cell that moves may be typed in: it says so, and what to do.)
    """
    protection = sheet.protection
    protection.sheet = True
    # In the file, these say what is forbidden.
    protection.sort = protection.autoFilter = protection.formatColumns = protection.formatRows = False
    for number, column in enumerate(columns, start=1):
        if column.choices and rows:
            letter = get_column_letter(number)
            chosen = DataValidation("list", formula1=f'"{",".join(column.choices)}"', allow_blank=True)
            chosen.errorTitle, chosen.error = column.heading, f"Choose one of: {', '.join(column.choices)}."
            chosen.showErrorMessage = True
            chosen.add(f"{letter}2:{letter}{rows + 1}")
            sheet.data_validations.append(chosen)


def _chart(sheet: Any, block: Block, first: int) -> BarChart:
    """Dark bars with their numbers, of the first rows of a block that begins in row `first`: plain on any printer."""
    assert block.chart is not None
    lie, number = block.chart
    last = first + min(len(block.rows), block.bars) - 1
    chart = BarChart()
    chart.type = "bar" if lie == "bar" else "col"
    more = f", the {block.bars} largest" if len(block.rows) > block.bars else ""
    chart.title = f"{block.title}: {block.columns[number].heading.lower()}{more}"
    chart.add_data(Reference(sheet, min_col=number + 1, min_row=first, max_row=last))
    chart.set_categories(Reference(sheet, min_col=1, min_row=first, max_row=last))
    chart.legend = None
    chart.gapWidth = 60
    chart.width, chart.height = 20, 0.53 * (_CHART_ROWS - 1)
    # Bars that lie are read from the top, like the table.
    chart.x_axis.scaling.orientation = "maxMin" if lie == "bar" else "minMax"
    # Each bar has its number, so the axis of numbers says nothing more.
    chart.x_axis.delete, chart.y_axis.delete = False, True
    chart.x_axis.tickLblSkip = 1
    chart.y_axis.majorGridlines = None
    series = chart.series[0]
    series.graphicalProperties.solidFill = _INK
    series.dLbls = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False)
    series.dLbls.numFmt = _FORMATS[block.columns[number].kind]
    return chart


_THIN = Side(style="thin", color=_LINE)
_FONTS = {
    "title": Font(name=_FONT, size=16, bold=True, color=_INK),
    "section": Font(name=_FONT, size=12, bold=True, color=_INK),
    "heading": Font(name=_FONT, size=11, bold=True, color=_INK),
    "label": Font(name=_FONT, size=11, color=_INK),
    "fact": Font(name=_FONT, size=11, color=_INK),
    "body": Font(name=_FONT, size=11, color=_INK),
    "struck": Font(name=_FONT, size=11, strike=True, color=_INK),
    "total": Font(name=_FONT, size=11, bold=True, color=_INK),
    "note": Font(name=_FONT, size=10, italic=True, color=_INK),
}
_FILL = PatternFill("solid", fgColor=_SHADE)
_UNDER, _OVER = Border(bottom=_THIN), Border(top=_THIN)
_FRAME = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_RIGHT = ("money", "count")
_WRAPPING = ("long", "text")


def _styled(sheet: Any, look: str, kind: Kind, *, typed: bool, begun: bool) -> Any:
    """A cell in one of the house's looks."""
    cell = WriteOnlyCell(sheet)
    cell.font = _FONTS[look]
    cell.number_format = _FORMATS[kind] if look in ("body", "struck", "total", "fact") else "General"
    side = "right" if kind in _RIGHT else "left"
    flowing = look in ("title", "section", "note", "label", "fact")
    wraps = not flowing and (kind in _WRAPPING or look == "heading")
    vertical = "top" if look in ("body", "struck") else "center"
    # keeps a text apart from the number that ends at its left
    inset = 1 if side == "left" and not flowing else 0
    cell.alignment = Alignment(horizontal=side, vertical=vertical, wrap_text=wraps, indent=inset)
    if look == "heading":
        cell.fill, cell.border = _FILL, _UNDER
    elif typed:
        cell.border, cell.protection = _FRAME, Protection(locked=False)
    elif look == "total" or begun:
        cell.border = _OVER
    return cell


def _length(value: Value, kind: Kind) -> int:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return 0
    if kind == "date":
        return 10
    if kind == "money":
        return len(f"{value:,.2f}")
    if kind == "count":
        return len(f"{value:,}")
    return max((len(line) for line in str(value).splitlines()), default=0)


def _lines(value: Value, width: float) -> int:
    """How many lines a text breaks into in a column of that width; words are kept whole."""
    if not isinstance(value, str) or len(value) < width - 2:
        return 1
    room, lines, used = int(width - 1.5), 1, 0
    for word in value.split():
        if used and used + 1 + len(word) > room:
            lines, used = lines + 1, 0
        lines += max(0, len(word) - 1) // room
        used += (1 if used else 0) + (len(word) - 1) % room + 1
    return lines


def _width(values: Iterable[Value], column: Column, longest_text: float = _LONG) -> float:
    """Wide enough for the content and for each word of the heading beside its filter button, within reason."""
    longest = max((_length(value, column.kind) for value in values), default=0)
    word = max(len(word) for word in column.heading.split())
    return min(
        max(longest * 1.05 + 2.5, word * 1.1 + 4.5, _NARROWEST), longest_text if column.kind == "long" else _WIDEST
    )


def _heading_height(columns: Sequence[Column], widths: Sequence[float]) -> float:
    """High enough for the heading that breaks into most lines."""
    room = (max(1.0, width - 3.5) for width in widths)
    return 17.0 * max(math.ceil(len(c.heading) * 1.1 / r) for c, r in zip(columns, room, strict=True))


def _page_width(number: int, facts: Sequence[tuple[str, Value]], blocks: Sequence[Block]) -> float:
    widths = [
        _width([row[number] for row in (*block.rows, block.totals) if row], block.columns[number], _LONG_ON_PAGE)
        for block in blocks
        if number < len(block.columns)
    ]
    if number == 0:
        widths.append(max((len(label) for label, _ in facts), default=0) * 1.1 + 2)
    return max(widths)
