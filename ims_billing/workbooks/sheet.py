"""The house style of every workbook: fonts, formats, widths, print setup; text that stays text; same bytes."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import WriteOnlyCell
from openpyxl.chart import BarChart, Reference
from openpyxl.chart.data_source import NumData, NumVal, StrData, StrRef, StrVal
from openpyxl.chart.label import DataLabelList
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink

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
_INK, _SHADE, _LINE, _GREY = "1F2933", "E4E9EE", "9AA5B1", "616E7C"
_ABOVE_HEIGHT = 18.0
# Paper sizes, as Excel numbers them.
_LETTER, _LEGAL = 1, 5


@dataclass(frozen=True)
class Column:
    """A column as a person sees it. Kinds: `id` is text that looks like a number, `long` is text that wraps.

    What is `typed` is for a person to fill in, with `choices` from a list. A `width` of its own, in characters, goes
    before the content's. What is `quiet` is grey and does not wrap: it makes no row higher.
    """

    heading: str
    kind: Kind = "text"
    typed: bool = False
    choices: tuple[str, ...] = ()
    width: float | None = None
    quiet: bool = False


@dataclass(frozen=True)
class Block:
    """A small table within a page: a title, columns, rows, and a line of totals below where there is one.

    `row_height` is for rows that somebody writes in; else they are as high as their text. `chart` shows the numbers of
    one column below the table, as bars that lie (``bar``) or stand (``column``), where there is more than one row; of
    many rows it shows the first `bars`. `links` has, by row from 0, the sheet that its last cell leads to.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    totals: Sequence[Value] = ()
    note: str = ""
    row_height: float | None = None
    chart: tuple[Literal["bar", "column"], int] | None = None
    bars: int = 14
    links: Mapping[int, str] = field(default_factory=dict)


class Cell(NamedTuple):
    """A single cell: its value, one of the house's looks, and its kind."""

    value: Value
    look: str = "fact"
    kind: Kind = "text"


@dataclass(frozen=True)
class Check:
    """What a program checks and shows where somebody types.

    form: 'list', 'date' or 'decimal', as openpyxl names them; 'any' where only the prompt is shown
    allowed: what a list offers, as a formula: words in quotation marks, or a range of cells
    title: what is typed there
    prompt: shown beside the cell once it is chosen
    firm: whether another value is refused, and not only asked about
    """

    form: Literal["list", "date", "decimal", "any"]
    allowed: str = ""
    title: str = ""
    prompt: str = ""
    firm: bool = True


# The first and last day, and the largest amount, that a check lets pass: the program's own checks are closer.
_BOUNDS = {"date": ("1", "73050"), "decimal": ("0", "99999")}


class Placed(NamedTuple):
    """A table's sheet, and the row that its first line is in."""

    sheet: Any
    first: int

    def check(self, check: Check, places: Iterable[tuple[int, int]]) -> None:
        """Puts a check on cells, by line and column from 0; nothing where there are none."""
        cells = " ".join(f"{get_column_letter(number + 1)}{self.first + place}" for place, number in places)
        if not cells:
            return
        rule = DataValidation(type=None if check.form == "any" else check.form, sqref=cells, allow_blank=True)
        if check.form in _BOUNDS:
            rule.operator, (rule.formula1, rule.formula2) = "between", _BOUNDS[check.form]
        elif check.form == "list":
            rule.formula1 = check.allowed
        rule.errorStyle = "stop" if check.firm else "warning"
        rule.showErrorMessage = check.form != "any"
        rule.errorTitle, rule.error = check.title[:32], (check.prompt or f"Choose one of: {check.allowed}")[:255]
        if check.prompt:
            rule.showInputMessage, rule.promptTitle, rule.prompt = True, check.title[:32], check.prompt[:255]
        self.sheet.data_validations.append(rule)


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
    _links: dict[str, list[Hyperlink]] = field(default_factory=dict)
    # What each chart shows, in words, for who cannot see it; in the order of the charts.
    _alternatives: list[str] = field(default_factory=list)

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
        above: Sequence[Sequence[Cell]] = (),
        beside: Sequence[Sequence[str]] = (),
        marked: Mapping[tuple[int, int], Cell] | None = None,
        frozen: int = 0,
        printed: int | None = None,
    ) -> Placed:
        """A sheet that is one table: its header frozen, with filters; text wraps at `widest`.

        By position, from 0: the rows `struck` are struck out, a line is drawn above those of `groups`, and nothing is
        to be typed in those that are `settled`. The rows `above` stand over the header and do not wrap; the columns of
        notes `beside` begin in the header's row, one column apart; `marked` gives single cells another look, whatever
        their value; as many columns are `frozen` as it says, and only the first `printed` ones go on paper, of Legal
        size. Returns where the rows are, for checks on what is typed.
        """
        kept = list(rows)
        if len(kept) > _MOST_ROWS:
            refusal = f"{len(kept):,} lines are more than a sheet of a workbook holds ({_MOST_ROWS:,})"
            raise BillingError(f"{name}: {refusal}. Claim fewer files at once.")
        sheet, new_sheet = self._sheet(name)
        header = len(above) + 1
        sheet.freeze_panes = f"{get_column_letter(frozen + 1)}{header + 1}"
        sheet.print_title_rows = f"{header}:{header}"
        distinct = [{row[n] for row in kept} for n in range(len(columns))]
        widths = [
            c.width
            or max(
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
        for line in above:
            looks = [self._style(cell.look, cell.kind, typed=cell.look == "typed") for cell in line]
            new_sheet.add([cell.value for cell in line], looks, _ABOVE_HEIGHT)
        notes = [
            [column[place] if place < len(column) else None for column in beside] for place in range(len(kept) + 1)
        ]
        apart = [None] if beside else []
        aside = [self._style("note", "text")] * (len(beside) + len(apart))
        for number in range(len(beside)):
            longest = max(len(text) for text in beside[number])
            sheet.column_dimensions[get_column_letter(len(columns) + 2 + number)].width = longest * 0.9 + 2
        headings = [self._style("heading", column.kind) for column in columns]
        height = _heading_height(columns, widths)
        new_sheet.add([*(column.heading for column in columns), *apart, *notes[0]], [*headings, *aside], height)
        crossed = [self._style("struck", column.kind) for column in columns]
        # By whether something may be typed in a row, and whether a group begins with it.
        styles = {
            (typed, begun): [
                self._style("quiet" if c.quiet else "body", c.kind, typed=typed and c.typed, begun=begun)
                for c in columns
            ]
            for typed in (False, True)
            for begun in (False, True)
        }
        # Not every program fits the height of a row to the text that breaks in it.
        breaking = [n for n, column in enumerate(columns) if column.kind in _WRAPPING and not column.quiet]
        breaking = [n for n in breaking if any(_lines(value, widths[n]) > 1 for value in distinct[n])]
        singles: dict[int, list[tuple[int, int]]] = {}
        for (place, number), cell in (marked or {}).items():
            singles.setdefault(place, []).append(
                (number, self._style(cell.look, cell.kind, typed=cell.look == "typed"))
            )
        for place, row in enumerate(kept):
            cells = crossed if place in struck else styles[place not in settled, place in groups]
            if place in singles:
                cells = list(cells)
                for number, style in singles[place]:
                    cells[number] = style
            lines = max((_lines(row[n], widths[n]) for n in breaking), default=1)
            values, looks = ([*row, *apart, *notes[place + 1]], [*cells, *aside]) if beside else (row, cells)
            new_sheet.add(values, looks, _LINE_HEIGHT * lines if lines > 1 else None)
        for place in range(len(kept) + 1, max((len(column) for column in beside), default=0)):
            blank: list[Value] = [None] * (len(columns) + 1)
            rest = [column[place] if place < len(column) else None for column in beside]
            new_sheet.add([*blank, *rest], [aside[0]] * (len(blank) + len(rest)))
        if columns:
            sheet.auto_filter.ref = f"A{header}:{get_column_letter(len(columns))}{header + len(kept)}"
        if printed is not None:
            sheet.page_setup.paperSize = _LEGAL
            sheet.print_area = f"A1:{get_column_letter(printed)}{header + len(kept)}"
        placed = Placed(sheet, header + 1)
        for number, column in enumerate(columns):
            if column.choices and kept:
                one_of = f'"{",".join(column.choices)}"'
                placed.check(Check("list", one_of, title=column.heading), [(n, number) for n in range(len(kept))])
        return placed

    def page(
        self,
        name: str,
        title: str,
        facts: Sequence[tuple[str, Value]],
        blocks: Sequence[Block],
        lead: Sequence[str] = (),
    ) -> None:
        """A sheet to read: a title, sentences that lead in, a few facts, then small tables one below the other."""
        sheet, new_sheet = self._sheet(name)
        columns = max((len(block.columns) for block in blocks), default=2)
        widths = [_page_width(number, facts, blocks) for number in range(columns)]
        for number, width in enumerate(widths):
            sheet.column_dimensions[get_column_letter(number + 1)].width = width

        def add(values: Sequence[Value], look: str, kinds: Iterable[Kind], height: float | None = None) -> None:
            new_sheet.add(values, [self._style(look, kind) for kind in kinds], height)

        add([title], "title", ["text"], 26)
        for sentence in lead:
            add([sentence], "lead", ["text"], _ABOVE_HEIGHT)
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
            for place, target in block.links.items():
                cell = f"{get_column_letter(len(kinds))}{first + place}"
                self._links.setdefault(name, []).append(
                    Hyperlink(ref=cell, location=f"'{target}'!A1", tooltip=f"Go to {target}")
                )
            if block.totals:
                add(block.totals, "total", kinds)
            for line in block.note.splitlines():
                add([line], "note", ["text"])
            if block.chart is not None and len(block.rows) > 1:
                new_sheet.add([], [])
                sheet.add_chart(_chart(sheet, block, first), f"A{len(new_sheet) + 1}")
                self._alternatives.append(_in_words(block))
                for _ in range(_CHART_ROWS):
                    new_sheet.add([], [])

    def _sheet(self, name: str) -> tuple[Any, Rows]:
        # The stubs do not know what a write-only sheet takes from an ordinary one.
        sheet: Any = self._book.create_sheet(name)
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = _LETTER
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
        for name, links in self._links.items():
            # A write-only sheet keeps only the links that it is given once it has begun to write.
            sheet: Any = self._book[name]
            sheet._get_writer()
            sheet._hyperlinks.extend(links)
        return stamped(self._book, self.stamp, self._rows, self._alternatives)


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
    # A program left to itself may begin elsewhere, and make a small difference look large.
    chart.y_axis.scaling.min = 0
    series = chart.series[0]
    # The values as they are now: a preview shows them without computing anything.
    shown = block.rows[: block.bars]
    numbers = [NumVal(idx=place, v=f"{row[number] or 0}") for place, row in enumerate(shown)]
    series.val.numRef.numCache = NumData(
        formatCode=_FORMATS[block.columns[number].kind], ptCount=len(shown), pt=numbers
    )
    series.cat.strRef = StrRef(f=series.cat.numRef.f if series.cat.numRef else series.cat.strRef.f)
    series.cat.numRef = None
    names = [StrVal(idx=place, v=cell_text(str(row[0]))) for place, row in enumerate(shown)]
    series.cat.strRef.strCache = StrData(ptCount=len(shown), pt=names)
    series.graphicalProperties.solidFill = _INK
    series.dLbls = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False)
    series.dLbls.numFmt = _FORMATS[block.columns[number].kind]
    return chart


def _in_words(block: Block) -> str:
    """What a block's chart shows: each bar with its number."""
    assert block.chart is not None
    number = block.chart[1]
    column = block.columns[number]
    bars = [
        f"{row[0]} {row[number]:,.2f}" if column.kind == "money" else f"{row[0]} {row[number]}" for row in block.rows
    ]
    return f"{block.title}, {column.heading.lower()}: {'; '.join(bars[: block.bars])}"


_THIN = Side(style="thin", color=_LINE)
_FONTS = {
    "quiet": Font(name=_FONT, size=9, color=_GREY),
    "shaded": Font(name=_FONT, size=11, color=_INK),
    "typed": Font(name=_FONT, size=11, color=_INK),
    "lead": Font(name=_FONT, size=12, bold=True, color=_INK),
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
_VALUES = ("body", "struck", "total", "fact", "quiet", "shaded", "typed")
_RIGHT = ("money", "count")
_WRAPPING = ("long", "text")


def _styled(sheet: Any, look: str, kind: Kind, *, typed: bool, begun: bool) -> Any:
    """A cell in one of the house's looks."""
    cell = WriteOnlyCell(sheet)
    cell.font = _FONTS[look]
    cell.number_format = _FORMATS[kind] if look in _VALUES else "General"
    side = "right" if kind in _RIGHT else "left"
    flowing = look in ("title", "section", "note", "label", "fact", "lead")
    wraps = not flowing and look != "quiet" and (kind in _WRAPPING or look == "heading")
    vertical = "top" if look in ("body", "struck", "quiet", "shaded", "typed") else "center"
    # keeps a text apart from the number that ends at its left
    inset = 1 if side == "left" and not flowing else 0
    cell.alignment = Alignment(horizontal=side, vertical=vertical, wrap_text=wraps, indent=inset)
    if look == "heading":
        cell.fill, cell.border = _FILL, _UNDER
    elif look == "shaded":
        cell.fill, cell.border = _FILL, _FRAME
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
