"""What a cell can hold: hostile texts written and read back by every reader at hand."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from python_calamine import CalamineWorkbook

from ims_billing.workbooks.book import Book
from ims_billing.workbooks.cell_text import CUT, LONGEST, are_plain, cell_text, escaped
from ims_billing.workbooks.content import Content
from ims_billing.workbooks.package import _ROWS_AT_ONCE, Rows, stamped
from ims_billing.workbooks.parts import Column
from ims_billing.workbooks.table import Table

# Any code point at all, surrogates and noncharacters too, with what readers take for markup, codes or formulas.
HOSTILE = st.lists(
    st.characters()
    | st.sampled_from("\x00\x07\x0b\x1f\x7f\ud800\udfff\ufffe\uffff\r\n\t=+-@'\"&<>_")
    | st.sampled_from(["_x0041_", "_x000D_", "_x005F_", "_X0041_", "]]>", "&amp;", "\r\n", "😀"]),
    max_size=20,
).map("".join)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def written(texts: list[str]) -> bytes:
    book = Book("Title", "Clinic", dt.date(2026, 11, 5))
    book.table(Table("Sheet", [Column("Text")], [texts]))
    return book.bytes()


# A column of many texts is looked at as a whole.
MANY = [f"Plain text {number}" for number in range(20)]


@settings(max_examples=40)
@given(st.lists(HOSTILE, min_size=1, max_size=8), st.booleans())
@example(["_x0041_x0042_", "__x005F_", "\ufffe", "\ud83d", "a\r\nb\rc\n", " padded ", "=1+1", "#N/A"], False)
def test_every_reader_gives_the_text_back(texts: list[str], many: bool) -> None:
    texts = [*texts, *(MANY if many else ())]
    content, shown = written(texts), [cell_text(text) for text in texts]
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        roots = {name: ElementTree.fromstring(parts.read(name)) for name in parts.namelist()}
    sheet = roots["xl/worksheets/sheet1.xml"]
    name = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    in_xml = ["".join(t.text or "" for t in cell.iter(f"{name}t")) for cell in sheet.iter(f"{name}c")][1:]
    assert [re.sub("_x([0-9A-Fa-f]{4})_", lambda code: chr(int(code[1], 16)), text) for text in in_xml] == shown
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("Sheet").to_python()
    assert [row[0] for row in rows[1:]] + [""] * (1 + len(texts) - len(rows)) == shown
    cells = load_workbook(io.BytesIO(content))["Sheet"]["A"][1:]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s"}, "a text is never a formula"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("bell\x07 and nul\x00", "bell  and nul "),
        ("\ufffe and \uffff and \ud800", "  and   and  "),
        ("one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
        ("\t tabs and 😀 stay", "\t tabs and 😀 stay"),
    ],
)
def test_only_what_the_format_forbids_is_changed(text: str, shown: str) -> None:
    assert cell_text(text) == shown


@pytest.mark.parametrize(
    ("text", "in_file"),
    [
        ("_x0041_", "_x005F_x0041_"), ("_x00e9_x0042_", "_x005F_x00e9_x005F_x0042_"), ("__x005F_", "__x005F_x005F_"),
        ("_x0041x0042_", "_x0041x0042_"), ("_X0041_", "_X0041_"), ("_x41_ and x0041_", "_x41_ and x0041_"),
    ],
)  # fmt: skip
def test_only_what_readers_take_for_a_code_is_escaped(text: str, in_file: str) -> None:
    assert escaped(text) == in_file


@given(HOSTILE)
@example("").via("no text")
@example(" first").via("a blank at its beginning")
@example("last ").via("a blank at its end")
@example("in  between").via("two blanks")
@example("two\nlines").via("two lines")
@example("\u00a0").via("a blank that does not break")
@example("😀" * LONGEST).via("a text that is too long")
def test_a_column_is_not_plain_where_one_of_its_texts_is_shown_or_written_otherwise(text: str) -> None:
    changed = text == "" or text != " ".join(cell_text(text).split()) or re.search("[&<>_]", text)
    for place in (0, 10, 20):
        assert not (changed and are_plain([*MANY[:place], text, *MANY[place:]]))
    assert are_plain(MANY)
    assert not are_plain([*MANY, 1])
    assert not are_plain([]), "of a few each is looked at"


def test_many_rows_stand_in_their_order() -> None:
    count = 3 * _ROWS_AT_ONCE + 1
    (sheet,) = load_workbook(io.BytesIO(written([f"Row {n}" for n in range(count)])), read_only=True)
    assert [cell for (cell,) in sheet.iter_rows(min_row=2, values_only=True)] == [f"Row {n}" for n in range(count)]


@pytest.mark.parametrize("beside", [[], MANY])
def test_the_digest_of_a_workbook_is_the_same_whichever_program_saved_its_texts(beside: list[str]) -> None:
    digests = set()
    for text in ("two words", " two  words ", "two\nwords"):
        content = Content()
        content.add_columns("Sheet", [[*beside, text, text]])
        digests.add(content.digest())
    once = Content()
    once.add_columns("Sheet", [[*beside, "two words"]])
    assert len(digests) == 1
    assert once.digest() not in digests


@pytest.mark.parametrize("character", ["x", "😀", "é"])
@pytest.mark.parametrize("over", [-1, 0, 1, 40_000])
def test_a_text_is_cut_with_a_mark_at_what_a_cell_holds(character: str, over: int) -> None:
    text = "x" * ((LONGEST + over) % 2) + character * ((LONGEST + over) // units(character))
    shown = cell_text(text)
    assert units(shown) <= LONGEST
    assert shown == text if units(text) <= LONGEST else shown.endswith(CUT) and units(shown) > LONGEST - 2
    assert text.startswith(shown.removesuffix(CUT))


def test_openpyxl_still_writes_the_parts_that_rows_are_put_into() -> None:
    """The rows go into the empty sheets that openpyxl writes: this fails where a new version writes them otherwise."""
    book = Workbook(write_only=True)
    for name in ("One", "Two"):
        book.create_sheet(name)
    rows = {name: Rows() for name in book.sheetnames}
    for name, each in rows.items():
        each.add([name, 1], [0, 0])
    with zipfile.ZipFile(io.BytesIO(stamped(book, dt.date(2026, 11, 5), rows))) as parts:
        sheets = {name: parts.read(name).count(b"<row ") for name in parts.namelist() if "worksheets" in name}
        workbook = parts.read("xl/workbook.xml")
    assert sheets == {"xl/worksheets/sheet1.xml": 1, "xl/worksheets/sheet2.xml": 1}
    assert b"fullCalcOnLoad" not in workbook, "nothing is to be computed, so nobody is asked to save it"
