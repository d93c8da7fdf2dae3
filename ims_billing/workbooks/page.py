"""A sheet to read: a title, facts, and small tables one below the other, each with its chart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink

from ims_billing.workbooks.charts import chart_of, chart_rows, in_words
from ims_billing.workbooks.package import Value
from ims_billing.workbooks.paper import Paper, narrowed, paper_for
from ims_billing.workbooks.parts import Block, Kind
from ims_billing.workbooks.sheet import Sheet
from ims_billing.workbooks.widths import LEAD_HEIGHT, LINE_HEIGHT, LONG, heading_height, lines_of, page_width

_TITLE_HEIGHT, _SECTION_HEIGHT = 26.0, 20.0


def add_page(
    sheet: Sheet, title: str, facts: Sequence[tuple[str, Value]], blocks: Sequence[Block], lead: Sequence[str]
) -> None:
    """Writes a page to its sheet: a title, sentences that lead in, a few facts, then the blocks."""
    widths = [page_width(number, facts, blocks) for number in range(max(len(block.columns) for block in blocks))]
    page = _PageWriter(sheet, narrowed(widths, lambda number: min(widths[number], LONG)))
    page.add_text(title, "title", _TITLE_HEIGHT)
    for sentence in lead:
        page.add_text(sentence, "lead", LEAD_HEIGHT)
    for label, fact in facts:
        page.add_fact(label, fact)
    for block in blocks:
        page.add_block(block)


class _PageWriter:
    """Writes one page, row by row, and keeps account of where its paper ends."""

    def __init__(self, sheet: Sheet, widths: Sequence[float]) -> None:
        self._sheet, self._widths = sheet, widths
        self._paper = Paper(sheet.shell, widths)
        for number, width in enumerate(widths):
            sheet.column(number).width = width
        sheet.shell.page_setup.paperSize = paper_for(widths)

    def _add(self, values: Sequence[Value], looks: Sequence[int], height: float | None = None) -> None:
        self._sheet.add(values, looks, height)
        self._paper.add(height or LINE_HEIGHT)

    def add_text(self, text: str, look: str, height: float | None = None) -> None:
        """Adds a row that is one text; it runs on over the columns."""
        self._add([text], [self._sheet.looks.number(look, "text")], height)

    def add_fact(self, label: str, fact: Value) -> None:
        """Adds a row of a label and its fact."""
        kind: Kind = "date" if isinstance(fact, dt.date) else "text"
        number = self._sheet.looks.number
        self._add([label, fact], [number("label", "text"), number("fact", kind)])

    def add_block(self, block: Block) -> None:
        """Adds a small table under an empty row, its chart below it."""
        widths = self._widths[: len(block.columns)]
        heading = heading_height(block.columns, widths, filtered=False)
        heights = [block.row_height or LINE_HEIGHT * _most_lines(row, widths) for row in block.rows]
        self._keep_together(block, heading, heights)
        self._add([], [])
        self.add_text(block.title, "section", _SECTION_HEIGHT)
        self._add([column.heading for column in block.columns], self._looks(block, "heading"), heading)
        first = len(self._sheet.rows) + 1
        # Looks are numbered as they come first: those of rows only where there are some.
        if block.rows:
            self._add_rows(block, heights)
        self._add_links(block, first)
        if block.totals:
            self._add(block.totals, self._looks(block, "total"))
        for line in block.note.splitlines():
            self.add_text(line, "note")
        if block.chart is not None and len(block.rows) > 1:
            self._add_chart(block, first)

    def _keep_together(self, block: Block, heading: float, heights: Sequence[float]) -> None:
        """A table stands whole on a page; where none is long enough, its title, headings and two rows do."""
        top = LINE_HEIGHT + _SECTION_HEIGHT + heading
        below = LINE_HEIGHT * (bool(block.totals) + len(block.note.splitlines()))
        self._paper.keep_together(top + sum(heights) + below, top + sum(heights[:2]))

    def _add_rows(self, block: Block, heights: Sequence[float]) -> None:
        columns = list(zip(*block.rows, strict=True))
        own_heights = [height if height != LINE_HEIGHT else None for height in heights]
        self._sheet.rows.add_alike(columns, self._looks(block, "body"), own_heights)
        self._sheet.take_in(columns)
        for height in heights:
            self._paper.add(height)

    def _add_links(self, block: Block, first: int) -> None:
        last = get_column_letter(len(block.columns))
        for place, target in block.links.items():
            link = Hyperlink(ref=f"{last}{first + place}", location=f"'{target}'!A1", tooltip=f"Go to {target}")
            self._sheet.links.append(link)

    def _add_chart(self, block: Block, first: int) -> None:
        """Adds the chart of the rows from `first` on, on a page of its own where this one has no room."""
        rows = chart_rows(block)
        if not self._paper.has_room((rows + 1) * LINE_HEIGHT):
            self._paper.begin()
        self._add([], [])
        self._sheet.shell.add_chart(chart_of(self._sheet.shell, block, first), f"A{len(self._sheet.rows) + 1}")
        self._sheet.alternatives.append(in_words(block))
        for _ in range(rows):
            self._add([], [])

    def _looks(self, block: Block, look: str) -> list[int]:
        return [self._sheet.looks.number(look, column.kind) for column in block.columns]


def _most_lines(values: Sequence[Value], widths: Sequence[float]) -> int:
    """How many lines the longest text of a row breaks into."""
    return max(lines_of(value, width) for value, width in zip(values, widths, strict=True))
