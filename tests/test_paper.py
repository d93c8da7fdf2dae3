"""Pages of a printed sheet: no chart or table is cut in two, whatever stands above it; rows as high as their text."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from ims_billing.workbooks.book import Book
from ims_billing.workbooks.claim_summary import claim_summary
from ims_billing.workbooks.parts import Block, Column
from ims_billing.workbooks.table import Table
from ims_billing.workbooks.widths import lines_of
from tests.practice import month_of, on_ledger, row

COLUMNS = [Column("Insurer"), Column("Amount", "money")]
HIGH = 8.5 * 72 - 2 * 0.7 * 72


@pytest.mark.parametrize("above", [0, 3, 12, 25, 60])
@pytest.mark.parametrize("rows", [2, 8, 14, 40])
def test_a_chart_is_on_the_page_that_was_begun_for_it(above: int, rows: int) -> None:
    book = Book("Title", "Clinic", dt.date(2026, 11, 5))
    first = Block("First", COLUMNS, [(f"line {n}", n) for n in range(above)])
    charted = Block("Second", COLUMNS, [(f"line {n}", n) for n in range(rows)], chart=("bar", 1))
    last = Block("Third", COLUMNS, [("line", 1)])
    book.page("Page", "Title", [], [first, charted, last] if above else [charted, last])
    sheet: Any = load_workbook(io.BytesIO(book.bytes()))["Page"]
    [chart] = sheet._charts
    begins = chart.anchor._from.row
    page = max((each.id for each in sheet.row_breaks.brk if each.id <= begins), default=0)
    heights = [sheet.row_dimensions[number].height or 15 for number in range(page + 1, begins + 1)]
    points = chart.anchor.ext.height / 12_700
    assert sum(heights) + points <= HIGH
    # Beside the title, a program leaves a name out where it has no line of 15 points.
    assert points - 60 >= min(rows, 14) * 15
    follows = next(line[0].row for line in sheet.iter_rows() if line[0].value == "Third")
    assert follows - 1 >= begins + points / 15
    assert sum(each.id <= begins for each in sheet.row_breaks.brk) <= 2, "no page is begun for nothing"


@pytest.mark.parametrize("above", [0, 5, 20, 24, 60])
def test_a_table_that_fits_on_a_page_stands_on_one(above: int) -> None:
    book = Book("Title", "Clinic", dt.date(2026, 11, 5))
    first = Block("First", COLUMNS, [(f"line {n}", n) for n in range(above)])
    second = Block("Second", COLUMNS, [(f"line {n}", n) for n in range(12)], totals=("Total", 66), note="A note.")
    book.page("Page", "Title", [], [first, second])
    sheet: Any = load_workbook(io.BytesIO(book.bytes()))["Page"]
    [begins] = [cell.row for cell in sheet["A"] if cell.value == "Second"]
    page = max((each.id for each in sheet.row_breaks.brk if each.id < begins), default=0)
    heights = [sheet.row_dimensions[number].height or 15 for number in range(page + 1, sheet.max_row + 1)]
    assert sum(heights) <= HIGH
    assert len(sheet.row_breaks.brk) <= 1


@pytest.mark.parametrize("rows", [0, 1])
def test_a_table_without_rows_leaves_no_look_of_rows_in_the_file(rows: int) -> None:
    """The looks are numbered as they come: one more would be another file where `report` writes the same."""
    book = Book("Title", "Clinic", dt.date(2026, 11, 5))
    book.page("Page", "Title", [], [Block("First", COLUMNS, [("line", 1)] * rows, totals=("Total", rows))])
    with zipfile.ZipFile(io.BytesIO(book.bytes())) as parts:
        assert (b'vertical="top"' in parts.read("xl/styles.xml")) == bool(rows)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", 1),
        ("lilting till it fits: i.e. 'ill', 'lit', 'jilt'", 1),
        ("it was booked, and nothing says it", 1),
        ("2026-10-MANU-0001, 2026-10-MANU-0002", 2),
        ("THE PATIENT PAYS; NO INSURER IS BILLED", 2),
        ("one two three four five six seven eight nine ten", 2),
        ("a" * 80, 3),
        ("asked\nher\n\ntwice", 4),
    ],
)
def test_a_text_has_as_many_lines_as_its_letters_are_wide(text: str, lines: int) -> None:
    assert lines_of(text, 36) == lines


def test_sums_below_and_days_beside_are_as_wide_as_they_are() -> None:
    """A number or a day that is wider than its cell is shown as ###."""
    book = Book("Title", "Clinic", dt.date(2026, 11, 5))
    book.table(Table("Table", COLUMNS, [["Sun Life"], [95.0]], totals=("Total: 1 claim", 1_234_567.0)))
    book.page(
        "Page",
        "Title",
        [("As of", dt.date(2026, 11, 5))],
        [Block("First", [Column("A"), Column("N", "count")], [("a", 1)])],
    )
    sheets: Any = load_workbook(io.BytesIO(book.bytes()))
    assert sheets["Table"].column_dimensions["B"].width > len("1,234,567.00")
    assert sheets["Page"].column_dimensions["B"].width > len("2026-11-05")


def test_columns_that_break_are_narrower_where_the_print_would_be_too_small_and_no_word_is_cut() -> None:
    book = Book("Title", "Clinic", dt.date(2026, 11, 5))
    columns = [
        *[Column(f"Column {n}", width=11 + n / 16) for n in range(17)],
        Column("Answer", "long"),
        Column("Claim"),
    ]
    book.table(
        Table("Table", columns, [[text] for text in (*"abcdefghijklmnopq", "a word and " * 9, "2026-10-MANU-0001")])
    )
    sheet: Any = load_workbook(io.BytesIO(book.bytes()))["Table"]
    *fixed, answer, claim = [dimension.width for dimension in sheet.column_dimensions.values()]
    points = 11 * (14 * 72 - 36) / sum(width * 5.25 + 3.75 for width in [*fixed, answer, claim])
    assert sheet.page_setup.paperSize == 5
    assert 8.2 <= points < 8.3
    assert fixed == [11 + n / 16 for n in range(17)]
    assert answer < 36
    assert claim > len("2026-10-MANU-0001")


def test_no_printed_text_is_smaller_than_the_pages_are_scaled_for(tmp_path: Path) -> None:
    others = [row(Insurer=name, Patient=name, Member_ID="1") for name in ("Pacific Blue Cross", "GMS", "Beneva")]
    rows = [row(), *others, row(Patient="B", Tax=1.0), row(Service="Massage")]
    book = claim_summary(on_ledger(month_of(tmp_path, rows)))
    sheets: Any = load_workbook(io.BytesIO(book))
    for sheet in sheets:
        printed = sheet[sheet.print_area.split("!")[-1].replace("$", "") if sheet.print_area else sheet.dimensions]
        assert min(cell.font.size for line in printed for cell in line if cell.value is not None) == 11, sheet.title
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        charts = [parts.read(name).decode() for name in parts.namelist() if "charts/chart" in name]
    assert charts
    assert all({"1100"} == {*re.findall(r'defRPr sz="(\d+)"', chart)} for chart in charts)
