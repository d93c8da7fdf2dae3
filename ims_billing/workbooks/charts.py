"""Charts of a page: plain bars from zero, with their numbers, their values kept, and what they show in words."""

from __future__ import annotations

import math
from typing import Any

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.data_source import NumData, NumVal, StrData, StrRef, StrVal
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.legend import Legend
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.text import RichText
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties

from ims_billing.workbooks.cell_text import cell_text
from ims_billing.workbooks.looks import INK, LINE
from ims_billing.workbooks.parts import FORMATS, Block

# How many rows of the sheet a chart takes; beside bars that lie stand names, each of which wants a line.
_LEAST_ROWS, _ROWS_BESIDE_NAMES = 13, 5
_MOST_LABELS = 16


def chart_rows(block: Block) -> int:
    """How many rows of the sheet a block's chart takes."""
    assert block.chart is not None
    names = min(len(block.rows), block.bars) if block.chart[0] == "bar" else 0
    return max(_LEAST_ROWS, _ROWS_BESIDE_NAMES + math.ceil(1.15 * names))


def chart_of(sheet: Any, block: Block, first: int) -> BarChart:
    """Dark bars with their numbers, of the first rows of a block that begins in row `first`: plain on any printer."""
    assert block.chart is not None
    lie = block.chart[0]
    last = first + min(len(block.rows), block.bars) - 1
    chart = BarChart()
    chart.type = "bar" if lie == "bar" else "col"
    more = f", the {block.bars} largest" if len(block.rows) > block.bars else ""
    names_of = " and ".join(block.columns[each].heading.lower() for each in _numbers(block))
    named = names_of in block.title.lower()
    chart.title = f"{block.title}{'' if named else f': {names_of}'}{more}"
    numbers = _numbers(block)
    for each in numbers:
        chart.add_data(Reference(sheet, min_col=each + 1, min_row=first, max_row=last))
    chart.set_categories(Reference(sheet, min_col=1, min_row=first, max_row=last))
    chart.legend = None
    chart.gapWidth = 60
    chart.width, chart.height = 20, 0.53 * (chart_rows(block) - 1)
    # Bars that lie are read from the top, like the table.
    chart.x_axis.scaling.orientation = "maxMin" if lie == "bar" else "minMax"
    # Each bar has its number, so the axis of numbers says nothing more.
    chart.x_axis.delete, chart.y_axis.delete = False, True
    chart.x_axis.tickLblSkip = 1
    chart.y_axis.majorGridlines = None
    # A program left to itself may begin elsewhere, and make a small difference look large.
    chart.y_axis.scaling.min = 0
    # The values as they are now: a preview shows them without computing anything.
    shown = block.rows[: block.bars]
    for series, each, colour in zip(chart.series, numbers, (INK, LINE), strict=False):
        column = block.columns[each]
        values = [NumVal(idx=place, v=f"{row[each] or 0}") for place, row in enumerate(shown)]
        series.val.numRef.numCache = NumData(formatCode=FORMATS[column.kind], ptCount=len(shown), pt=values)
        series.cat.strRef = StrRef(f=series.cat.numRef.f if series.cat.numRef else series.cat.strRef.f)
        series.cat.numRef = None
        names = [StrVal(idx=place, v=cell_text(str(row[0]))) for place, row in enumerate(shown)]
        series.cat.strRef.strCache = StrData(ptCount=len(shown), pt=names)
        if len(numbers) > 1:
            series.tx = SeriesLabel(v=column.heading)
        series.graphicalProperties.solidFill = colour
        if len(shown) * len(numbers) > _MOST_LABELS:
            # Their numbers would lie one over the other: the axis has them.
            chart.y_axis.delete, chart.y_axis.number_format = False, "#,##0"
            continue
        series.dLbls = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False)
        series.dLbls.numFmt, series.dLbls.txPr = FORMATS[column.kind], _text()
    if len(numbers) > 1:
        chart.legend = Legend()
        chart.legend.position, chart.legend.txPr = "b", _text()
    chart.x_axis.txPr, chart.y_axis.txPr = _text(), _text()
    return chart


def _text() -> RichText:
    """Text as large as the cells have it: a page that is printed smaller goes by those."""
    size = CharacterProperties(sz=1100)
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=size), endParaRPr=size)])


def _numbers(block: Block) -> list[int]:
    """The columns whose numbers a block's chart shows."""
    assert block.chart is not None
    return [block.chart[1]] if block.beside is None else [block.chart[1], block.beside]


def in_words(block: Block) -> str:
    """A block's chart in words: each bar with its number."""
    assert block.chart is not None
    shown = []
    for number in _numbers(block):
        column = block.columns[number]
        form = ",.2f" if column.kind == "money" else ""
        bars = [f"{row[0]} {row[number]:{form}}" for row in block.rows[: block.bars]]
        shown.append(f"{column.heading.lower()}: {'; '.join(bars)}")
    return f"{block.title}, {', '.join(shown)}"
