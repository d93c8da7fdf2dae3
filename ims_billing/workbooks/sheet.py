"""The house style of every workbook: its sheets, widths, print setup; text that stays text; same bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, repeat
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink

from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.model import FileMark
from ims_billing.vocabulary.rows import cells_of
from ims_billing.vocabulary.spelling import counted
from ims_billing.workbooks.cell_text import cell_text
from ims_billing.workbooks.charts import chart_of, chart_rows, in_words
from ims_billing.workbooks.content import CONTENT, Content
from ims_billing.workbooks.file_marks import PROPERTY
from ims_billing.workbooks.looks import WRAPPING, styled
from ims_billing.workbooks.package import Rows, Value, begin, stamped
from ims_billing.workbooks.paper import Paper, narrowed, paper_for
from ims_billing.workbooks.parts import FORMATS, Block, Cell, Check, Column, Kind, Placed
from ims_billing.workbooks.widths import LONG, WIDEST, heading_height, least_width, lines_of, page_width, width_of

# How wide a column is at least that somebody types a word or a sentence in.
_TO_TYPE_IN = (15, 30)
_LINE_HEIGHT = 15.0
_MOST_ROWS = 1_048_575
_ABOVE_HEIGHT, _SECTION_HEIGHT = 18.0, 20.0


@dataclass
class Book:
    """A workbook in the making; `bytes` ends it. The stamp stands for every clock, so that bytes repeat.

    `mark` says which ledger it was written from: a property of the file, on no sheet.
    """

    title: str
    clinic: str
    stamp: dt.date
    mark: FileMark | None = None
    # What it says outside the typed cells, where the file is to bear a digest of it.
    content: Content | None = None
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
        cells: Iterable[Sequence[Value]],
        *,
        widest: float = WIDEST,
        struck: Collection[int] = (),
        groups: Collection[int] = (),
        settled: Collection[int] = (),
        above: Sequence[Sequence[Cell]] = (),
        beside: Sequence[Sequence[str]] = (),
        marked: Mapping[tuple[int, int], Cell] | None = None,
        frozen: int = 0,
        printed: int | None = None,
        printed_rows: int | None = None,
        totals: Sequence[Value] = (),
    ) -> Placed:
        """A sheet that is one table, given by the `cells` of its columns: header frozen, filters, wrapped at `widest`.

        By position, from 0: the rows `struck` are struck out, a line is drawn above those of `groups`, and nothing is
        to be typed in those that are `settled`. The rows `above` stand over the header and do not wrap; the columns of
        notes `beside` begin in the header's row, one column apart; `marked` gives single cells another look, whatever
        their value; as many columns are `frozen` as it says; only the first `printed` columns and `printed_rows` go on
        paper; a line of `totals` stands under the rows, outside the filter. Returns where the rows are, for checks on
        what is typed.
        """
        by_column = list(cells)
        count = len(by_column[0])
        if count > _MOST_ROWS:
            refusal = f"{count:,} lines are more than a sheet of a workbook holds ({_MOST_ROWS:,})"
            raise BillingError(f"{name}: {refusal}. Claim fewer files at once.")
        sheet, new_sheet = self._sheet(name)
        header = len(above) + 1
        sheet.freeze_panes = f"{get_column_letter(frozen + 1)}{header + 1}"
        sheet.print_title_rows = f"{header}:{header}"
        # In their order: that of a set is another one each time, and the widest of some texts is among the first ones.
        distinct = [dict.fromkeys([*values, *totals[n : n + 1]]) for n, values in enumerate(by_column)]
        widths = [
            c.width
            or max(
                min(width_of(distinct[n], c), widest if c.kind == "text" else WIDEST),
                _TO_TYPE_IN[c.kind == "long"] if c.typed else 0,
            )
            for n, c in enumerate(columns)
        ]
        widths[:printed] = narrowed(widths[:printed], lambda n: least_width(distinct[n], columns[n], widths[n]))
        for number, (column, width) in enumerate(zip(columns, widths, strict=True)):
            dimension = sheet.column_dimensions[get_column_letter(number + 1)]
            dimension.width = width
            # for what a person types below the table
            dimension.number_format = FORMATS[column.kind]
        for line in above:
            looks = [self._style(cell.look, cell.kind, typed=cell.look == "typed") for cell in line]
            values_above = [cell.value for cell in line]
            new_sheet.add(values_above, looks, _ABOVE_HEIGHT)
            if not any(cell.look == "typed" for cell in line):
                self._keep(name, values_above)
        apart = [None] if beside else []
        aside = [self._style("note", "text")] * (len(beside) + len(apart))
        for number in range(len(beside)):
            longest = max(len(text) for text in beside[number])
            sheet.column_dimensions[get_column_letter(len(columns) + 2 + number)].width = longest * 0.9 + 2
        headings = [self._style("heading", column.kind) for column in columns]
        height = heading_height(columns, widths, filtered=True)
        top: list[Value] = [*(column.heading for column in columns), *apart, *(column[0] for column in beside)]
        new_sheet.add(top, [*headings, *aside], height)
        self._keep(name, top)
        typed_places = {place for place, column in enumerate(columns) if column.typed}
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
        lines_in = {
            n: {value: lines_of(value, widths[n]) for value in distinct[n]}
            for n, column in enumerate(columns)
            if column.kind in WRAPPING and not column.quiet
        }
        breaking = [n for n, lines in lines_in.items() if max(lines.values(), default=1) > 1]
        singles: dict[int, list[tuple[int, int]]] = {}
        for (place, number), cell in (marked or {}).items():
            singles.setdefault(place, []).append(
                (number, self._style(cell.look, cell.kind, typed=cell.look == "typed"))
            )

        def looks_of(place: int) -> list[int]:
            cells = crossed if place in struck else styles[place not in settled, place in groups]
            if place in singles:
                cells = list(cells)
                for number, style in singles[place]:
                    cells[number] = style
            return cells

        lines = [list(map(lines_in[n].__getitem__, by_column[n])) for n in breaking]
        most = map(max, zip(*lines, strict=True)) if lines else repeat(1, count)
        heights = [_LINE_HEIGHT * high if high > 1 else None for high in most]
        by_column += [[None] * count for _ in apart]
        by_column += [[*column[1 : count + 1], *[None] * (count + 1 - len(column))] for column in beside]
        start = 0
        for looks, alike in groupby(map(looks_of, range(count))):
            stop = start + sum(1 for _ in alike)
            rows_alike = [values[start:stop] for values in by_column]
            new_sheet.add_alike(rows_alike, [*looks, *aside], heights[start:stop])
            start = stop
        if self.content is not None:
            self.content.add_columns(name, by_column, typed_places)
        if totals:
            new_sheet.add(totals, [self._style("total", column.kind) for column in columns])
            self._keep(name, totals)
        for place in range(count + 1, max((len(column) for column in beside), default=0)):
            blank: list[Value] = [None] * (len(columns) + 1)
            rest = [column[place] if place < len(column) else None for column in beside]
            new_sheet.add([*blank, *rest], [aside[0]] * (len(blank) + len(rest)))
            self._keep(name, [*blank, *rest])
        if columns:
            sheet.auto_filter.ref = f"A{header}:{get_column_letter(len(columns))}{header + count}"
        sheet.page_setup.paperSize = paper_for(widths[:printed])
        if printed is not None or printed_rows is not None:
            last = header + (count + bool(totals) if printed_rows is None else printed_rows)
            sheet.print_area = f"A1:{get_column_letter(printed or len(columns))}{last}"
        if printed_rows is not None and printed_rows < count:
            sheet.oddFooter.center.text = (
                f"Printed: {printed_rows:,} of {counted(count, 'line')}. The workbook has them all."
            )
        placed = Placed(sheet, header + 1)
        for number, column in enumerate(columns):
            if column.choices and count:
                one_of = f'"{",".join(column.choices)}"'
                placed.check(Check("list", one_of, title=column.heading), [(n, number) for n in range(count)])
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
        widths = [page_width(number, facts, blocks) for number in range(columns)]
        widths = narrowed(widths, lambda number: min(widths[number], LONG))
        for number, width in enumerate(widths):
            sheet.column_dimensions[get_column_letter(number + 1)].width = width

        paper = Paper(sheet, widths)
        sheet.page_setup.paperSize = paper_for(widths)

        def add(values: Sequence[Value], look: str, kinds: Iterable[Kind], height: float | None = None) -> None:
            new_sheet.add(values, [self._style(look, kind) for kind in kinds], height)
            self._keep(name, values)
            paper.add(height or _LINE_HEIGHT)

        def add_blank() -> None:
            new_sheet.add([], [])
            paper.add(_LINE_HEIGHT)

        add([title], "title", ["text"], 26)
        for sentence in lead:
            add([sentence], "lead", ["text"], _ABOVE_HEIGHT)
        for label, fact in facts:
            kind: Kind = "date" if isinstance(fact, dt.date) else "text"
            new_sheet.add([label, fact], [self._style("label", "text"), self._style("fact", kind)])
            self._keep(name, [label, fact])
            paper.add(_LINE_HEIGHT)
        for block in blocks:
            kinds = [column.kind for column in block.columns]
            height = heading_height(block.columns, widths[: len(block.columns)], filtered=False)
            heights = [block.row_height or _LINE_HEIGHT * _most_lines(values, widths) for values in block.rows]
            charted = block.chart is not None and len(block.rows) > 1
            # A table stands whole on a page; where none is long enough, its title, headings and two rows do.
            top = _LINE_HEIGHT + _SECTION_HEIGHT + height
            below = _LINE_HEIGHT * (bool(block.totals) + len(block.note.splitlines()))
            table = top + sum(heights) + below
            paper.keep_together(table, top + sum(heights[:2]))
            rows_of_chart = chart_rows(block) if charted else 0
            whole = paper.has_room(table + (rows_of_chart + 1) * _LINE_HEIGHT)
            add_blank()
            add([block.title], "section", ["text"], _SECTION_HEIGHT)
            add([c.heading for c in block.columns], "heading", kinds, height)
            first = len(new_sheet) + 1
            if block.rows:
                by_column = list(zip(*block.rows, strict=True))
                # Looks are numbered as they come first: those of rows only where there are some.
                styles = [self._style("body", kind) for kind in kinds]
                new_sheet.add_alike(by_column, styles, [high if high != _LINE_HEIGHT else None for high in heights])
                if self.content is not None:
                    self.content.add_columns(name, by_column)
            for high in heights:
                paper.add(high)
            for place, target in block.links.items():
                cell = f"{get_column_letter(len(kinds))}{first + place}"
                self._links.setdefault(name, []).append(
                    Hyperlink(ref=cell, location=f"'{target}'!A1", tooltip=f"Go to {target}")
                )
            if block.totals:
                add(block.totals, "total", kinds)
            for line in block.note.splitlines():
                add([line], "note", ["text"])
            if charted:
                if not whole:
                    paper.begin()
                add_blank()
                sheet.add_chart(chart_of(sheet, block, first), f"A{len(new_sheet) + 1}")
                self._alternatives.append(in_words(block))
                for _ in range(rows_of_chart):
                    add_blank()

    def _keep(self, name: str, values: Sequence[Value]) -> None:
        if self.content is not None:
            self.content.add(name, values)

    def _sheet(self, name: str) -> tuple[Any, Rows]:
        # The stubs do not know what a write-only sheet takes from an ordinary one.
        sheet: Any = self._book.create_sheet(name)
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.fitToWidth = 1
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.page_margins.left = sheet.page_margins.right = 0.25
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
            self._styles[style_key] = styled(self._book.worksheets[0], look, kind, typed=typed, begun=begun).style_id
        return self._styles[style_key]

    def bytes(self) -> bytes:
        """The finished workbook. The same sheets and stamp give the same bytes, on any day."""
        self._book.properties.title, self._book.properties.creator = cell_text(self.title), cell_text(self.clinic)
        if self.mark is not None and self.mark.ledger:
            self._book.custom_doc_props.append(  # type: ignore[attr-defined]
                StringProperty(name=PROPERTY, value=self.mark.text())
            )
        if self.content is not None:
            self._book.custom_doc_props.append(  # type: ignore[attr-defined]
                StringProperty(name=CONTENT, value=self.content.digest())
            )
        for name in self._rows:
            begin(self._book[name], self._links.get(name, ()))
        return stamped(self._book, self.stamp, self._rows, self._alternatives)


def _most_lines(values: Sequence[Value], widths: Sequence[float]) -> int:
    """How many lines the longest text of a row breaks into."""
    return max((lines_of(value, width) for value, width in zip(values, widths, strict=False)), default=1)


def _field(text: str) -> str:
    """Text within a page header, where an ampersand begins a code."""
    return cell_text(text).replace("\n", " ").replace("&", "&&")


def column_cells(frame: pd.DataFrame, columns: Iterable[str]) -> dict[str, list[Value]]:
    """Columns of a frame as cells show them: cents (columns that end in `_cents`) in dollars, dates as dates."""
    return {
        name: [cents / 100 for cents in frame[name].tolist()] if name.endswith("_cents") else cells_of(frame[name])
        for name in columns
    }


def column_values(frame: pd.DataFrame, columns: Iterable[str]) -> list[tuple[Value, ...]]:
    """The rows of a frame, of these columns, as cells show them."""
    return list(zip(*column_cells(frame, columns).values(), strict=True))
