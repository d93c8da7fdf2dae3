"""Charts of a page: plain bars from zero, with their numbers, their values kept, and what they show in words."""

from __future__ import annotations

from typing import Any

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.data_source import NumData, NumVal, StrData, StrRef, StrVal
from openpyxl.chart.label import DataLabelList

from ims_billing.workbooks.cell_text import cell_text
from ims_billing.workbooks.looks import INK
from ims_billing.workbooks.parts import FORMATS, Block

CHART_ROWS = 13


def chart_of(sheet: Any, block: Block, first: int) -> BarChart:
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
    chart.width, chart.height = 20, 0.53 * (CHART_ROWS - 1)
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
    series.val.numRef.numCache = NumData(formatCode=FORMATS[block.columns[number].kind], ptCount=len(shown), pt=numbers)
    series.cat.strRef = StrRef(f=series.cat.numRef.f if series.cat.numRef else series.cat.strRef.f)
    series.cat.numRef = None
    names = [StrVal(idx=place, v=cell_text(str(row[0]))) for place, row in enumerate(shown)]
    series.cat.strRef.strCache = StrData(ptCount=len(shown), pt=names)
    series.graphicalProperties.solidFill = INK
    series.dLbls = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False)
    series.dLbls.numFmt = FORMATS[block.columns[number].kind]
    return chart


def in_words(block: Block) -> str:
    """What a block's chart shows: each bar with its number."""
    assert block.chart is not None
    number = block.chart[1]
    column = block.columns[number]
    bars = [
        f"{row[0]} {row[number]:,.2f}" if column.kind == "money" else f"{row[0]} {row[number]}" for row in block.rows
    ]
    return f"{block.title}, {column.heading.lower()}: {'; '.join(bars[: block.bars])}"
