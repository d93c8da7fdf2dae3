"""Every format by its content; damaged, hostile and protected files: read, or refused with the way out."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import random
import socket
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font
from typer.testing import CliRunner

from ims_billing.cli.main import app
from ims_billing.month.prepare import Scope, prepare_month
from ims_billing.reading import spreadsheet
from ims_billing.reading.error_cells import attribute, in_xlsx
from ims_billing.reading.intake import read_files
from ims_billing.reading.merged_cells import in_ods, in_xlsb
from ims_billing.reading.spreadsheet import RawTable, open_spreadsheet
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.progress import nobody_to_ask
from tests.formats import FORMATS, write_table
from tests.practice import AS_OF, MONTH, USUAL, examples, kinds, outcomes, practice, row, tag, xlsx

TABLE: list[list[Any]] = [
    ["Service Date", "Patient", "Practitioner", "Service", "Insurer", "Fee", "Policy Number"],
    [dt.date(2026, 10, 7), "Zoë Étoile", "Ann Example", "IMS", "Sun Life", 95.35, "00123"],
    [dt.date(2026, 10, 8), "=1+1", "Ann Example", "IMS & more", "Sun Life", 95.0, "0099-00"],
]


def opened(name: str, content: bytes) -> list[RawTable]:
    return open_spreadsheet(name, content, nobody_to_ask).tables


def refusal(name: str, content: bytes) -> str:
    with pytest.raises(BillingError) as refused:
        open_spreadsheet(name, content, nobody_to_ask)
    message = str(refused.value)
    assert message.startswith(f"{name}: ")
    return message.removeprefix(f"{name}: ")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.usefixtures("opener_process")
def test_every_format_gives_the_same_sessions(tmp_path: Path, form: str) -> None:
    path = write_table(tmp_path, form, TABLE)
    sessions = read_files([path], practice(tmp_path)).sessions
    assert [d.date() for d in sessions["service_date"]] == [dt.date(2026, 10, 7), dt.date(2026, 10, 8)]
    assert list(sessions["patient"]) == ["Zoë Étoile", "=1+1"]
    assert list(sessions["fee_cents"]) == [9535, 9500]
    assert list(sessions["policy"]) == ["00123", "0099-00"]
    assert list(sessions["row"]) == [2, 3]


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_is_known_by_its_content_and_called_what_it_is(tmp_path: Path, form: str) -> None:
    content = write_table(tmp_path, form, TABLE).read_bytes()
    opened = open_spreadsheet("export.xls", content, nobody_to_ask)
    assert opened.tables[0].row(1)[1] == "Zoë Étoile"
    remark = {"xls": ()}.get(form, opened.remarks)
    assert opened.remarks == remark
    if form != "xls":
        assert opened.remarks[0].startswith("export.xls is really ")


# Stars and chart numbers at the end of a name are left out of it.
NAME_CHARACTERS = st.characters(codec="cp1252", categories=("L", "Nd", "Pd", "Po"), exclude_characters="*#")
CELLS = st.fixed_dictionaries(
    {
        "Service Date": st.dates(dt.date(2000, 1, 1), dt.date(2099, 1, 1)),
        "Patient": st.text(NAME_CHARACTERS, min_size=1, max_size=20),
        "Policy Number": st.from_regex(r"0[0-9]{0,7}[1-9]", fullmatch=True),
        "Fee": st.integers(0, 10_000_00).map(lambda cents: cents / 100),
    }
)


@pytest.mark.parametrize("form", FORMATS)
@examples(5)
@given(cells=st.lists(CELLS, min_size=1, max_size=6))
def test_random_tables_are_read_back_from_every_format(tmp_path: Path, form: str, cells: list[dict[str, Any]]) -> None:
    rows = [{**USUAL, **c, "Session ID": f"S{n}"} for n, c in enumerate(cells)]
    path = write_table(tmp_path, form, [list(USUAL), *(list(r.values()) for r in rows)])
    sessions = read_files([path], practice(tmp_path)).sessions
    assert [d.date() for d in sessions["service_date"]] == [c["Service Date"] for c in cells]
    assert list(sessions["policy"]) == [c["Policy Number"] for c in cells]
    assert list(sessions["fee_cents"]) == [round(c["Fee"] * 100) for c in cells]
    assert [p for p in sessions["patient"] if p] == [t for c in cells if (t := c["Patient"].strip())]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_text_file_is_taken_in_piece_by_piece_and_reads_the_same(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    content = end.join(["a,b", "1", ",", "", '2,"x', 'y",3,4', "5,6,7", "a,b", ""]).encode()
    (whole,) = opened("t.csv", content)
    monkeypatch.setattr(spreadsheet, "_ROWS_AT_ONCE", 2)
    monkeypatch.setattr(spreadsheet, "_CHARACTERS_AT_ONCE", 3)
    (pieces,) = opened("t.csv", content)
    assert pieces == whole
    assert pieces.columns[0] == ["a", "1", "", "", "2", "5", "a"]
    assert pieces.columns[3] == ["", "", "", "", "4", "", ""]
    assert pieces.widths == (2, 1, 0, 0, 4, 3, 2)


@pytest.mark.parametrize("form", ["xlsx", "xls", "xlsb"])
def test_error_cells_are_findings_in_a_table_that_begins_anywhere(tmp_path: Path, form: str) -> None:
    table: list[list[Any]] = [[], [], *([None, None, *cells] for cells in TABLE)]
    table[3][6] = "#N/A"  # Insurer in column G, row 4
    path = write_table(tmp_path, form, table)
    intake = read_files([path], practice(tmp_path))
    messages = list(intake.cell_findings["message"])
    assert messages == ["Insurer (column G) holds #N/A."]
    assert list(intake.sessions["insurer"]) == ["", "Sun Life"]


def test_dates_in_the_1904_system_are_the_same_days(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = dt.datetime(1904, 1, 1)
    sheet = book.active
    assert sheet is not None
    for line in TABLE:
        sheet.append(line)
    book.save(tmp_path / "mac.xlsx")
    assert read_files([tmp_path / "mac.xlsx"], practice(tmp_path)).sessions["service_date"][0] == dt.datetime(
        2026, 10, 7
    )


def test_hidden_rows_are_read_and_said(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in TABLE:
        sheet.append(line)
    sheet.row_dimensions[3].hidden = True
    book.save(tmp_path / "filtered.xlsx")
    intake = read_files([tmp_path / "filtered.xlsx"], practice(tmp_path))
    assert len(intake.sessions) == 2
    assert "1 hidden row was read too" in intake.files[0].remarks


def test_what_is_struck_out_is_held_and_a_note_on_a_cell_is_read_as_one(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    lines = [[*TABLE[1][:1], f"Pat {tag(number)}", *TABLE[1][2:5], 95.0, "00123"] for number in range(5)]
    for line in [[*TABLE[0], "Birth Date"], *lines]:
        sheet.append(line)
    for cell in sheet[2]:
        cell.font = Font(strike=True)
    for cell in sheet[3]:
        cell.font = Font(strike=False, bold=True)
    # Nobody sees that a blank cell is struck out.
    sheet.cell(4, len(TABLE[0]) + 1).font = Font(strike=True)
    sheet["B4"].comment = Comment("do not bill", "Front desk")
    sheet["B5"].comment = Comment("next visit booked for Monday & receipt emailed", "Front desk")
    book.save(tmp_path / "marked.xlsx")
    clinic = practice(tmp_path)
    intake = read_files([tmp_path / "marked.xlsx"], clinic)
    assert {*intake.cell_findings["session"]} == {0}
    assert intake.cell_findings["message"].str.contains("is struck out").all()
    assert "2 cell notes were read as Notes" in intake.files[0].remarks
    assert intake.sessions["notes"].str.contains("Monday & receipt emailed").sum() == 1
    month = prepare_month(intake, Scope(clinic, month=MONTH, as_of=AS_OF))
    assert outcomes(month) == ["held", "claimed", "held", "claimed", "claimed"]
    assert not month.findings["message"].str.contains("Monday").any()


NUMBERS_SHOWN = [
    ("000000", "012345"), ("000-000", "012-345"), ("0000 0000", "0001 2345"), ("00000\\-00", "00123-45"),
    ('"AB-"0', "AB-12345"), ('0"-00"', "12345-00"), ("000000;;", "012345"), ("0", "12345"), ('0" pts"', "12345"),
    ('"No "0', "12345"), ('"~"0', "12345"),
    ("#,##0", "12345"), ("General", "12345"),
]  # fmt: skip


def test_a_number_is_read_as_its_format_shows_it(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([*TABLE[0], "Member ID"])
    for code, _ in NUMBERS_SHOWN:
        sheet.append([*TABLE[1], 12345])
        sheet.cell(sheet.max_row, len(TABLE[0]) + 1).number_format = code
    book.save(tmp_path / "shown.xlsx")
    intake = read_files([tmp_path / "shown.xlsx"], practice(tmp_path))
    assert list(intake.sessions["member"]) == [shown for _, shown in NUMBERS_SHOWN]


CURRENCIES_SHOWN = [
    ("[$USD] #,##0.00", 95, None), ("[$US$-409]#,##0.00", 95, None), ('"US$"#,##0.00', 95.5, None),
    ("#,##0.00 [$€-407]", 95, None), ('#,##0.00\\ "€"', 95, None), ("£#,##0.00", 95, None),
    ('#,##0.00" USD"', 95, None),
    ('_-"EUR"* #,##0.00_-;-"EUR"* #,##0.00_-', 95, None), ("[$USD] #,##0.00", "=90+5", None),
    ("[$CAD] #,##0.00", 95.1, 9510), ("[$$-1009]#,##0.00", 95.1, 9510), ("[$$-409]#,##0.00", 95, 9500),
    ('"$"#,##0.00', 95, 9500), ('#,##0.00\\ "$"', 95, 9500), ('_("$"* #,##0.00_)', 95, 9500),
    ('"CA$"#,##0.00', 95, 9500),
    ('#,##0.00" a visit"', 95, 9500), ("[$-409]0.00", 95, 9500), ("$#,##0.00_);[Red]($#,##0.00)", 95, 9500),
]  # fmt: skip


def test_an_amount_that_is_shown_in_another_currency_is_no_amount(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    heads = ["Service Date", "Patient", "Practitioner", "Service", "Insurer", "Fee"]
    sheet.append(heads)
    for number, (code, fee, _) in enumerate(CURRENCIES_SHOWN):
        sheet.append([dt.date(2026, 10, 5), f"Pat {number}", "Ann Example", "IMS", "PBC", fee])
        sheet.cell(sheet.max_row, len(heads)).number_format = code
    book.save(tmp_path / "fees.xlsx")
    intake = read_files([tmp_path / "fees.xlsx"], practice(tmp_path))
    fees = zip(intake.sessions["fee_stated"], intake.sessions["fee_cents"], strict=True)
    assert [cents if stated else None for stated, cents in fees] == [cents for *_, cents in CURRENCIES_SHOWN]
    assert "USD 95.00" in intake.cell_findings["message"][0]


def test_a_text_in_a_column_of_formatted_numbers_stays_the_text(tmp_path: Path) -> None:
    """As Excel writes it: the value of a text is its place in the list of all texts."""
    cells = '<c r="A1" s="1" t="s"><v>16</v></c><c r="A2" s="1"><v>16</v></c><c r="A3" s="1" t="b"><v>1</v></c>'
    cells += "<c r='A4' s=\"1\" t='n'><v>7</v></c><c r='A5' s=\"1\"><v>-7.5</v></c>"
    cells += '<c r="A6" s="1"><f>3+4</f><v>7</v></c>'
    relation = '<Relationship Id="rId1" Target="worksheets/sheet1.xml"/>'
    styles = '<numFmt numFmtId="164" formatCode="0000000"/><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>'
    with zipfile.ZipFile(tmp_path / "excel.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", '<sheet name="S" sheetId="1" r:id="rId1"/>')
        archive.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{relation}</Relationships>")
        archive.writestr("xl/styles.xml", styles)
        archive.writestr("xl/worksheets/sheet1.xml", f"<sheetData><row>{cells}</row></sheetData>")
    with zipfile.ZipFile(tmp_path / "excel.xlsx") as archive:
        assert in_xlsx(archive).errors == {"S": {(1, 0): "0000016", (3, 0): "0000007", (5, 0): "0000007"}}


def merged_workbook(form: str) -> bytes:
    """A workbook in which one cell is merged over its second to fourth row."""
    if form == "html":
        rows = (
            "<tr><th>Service Date<th>Status<th>Fee</tr><tr><td>a<td rowspan='3'>Cancelled<td>1</tr><tr><td>b<td>2</tr>"
        )
        return f"<table>{rows}<tr><td>c<td>3</tr></table>".encode()
    content = io.BytesIO()
    if form == "xlsx":
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        for cells in (["Service Date", "Status", "Fee"], ["a", "Cancelled", "1"], ["b", "", "2"], ["c", "", "3"]):
            sheet.append(cells)
        sheet.merge_cells("B2:B4")
        book.save(content)
        return content.getvalue()
    table = "<table:table-row><table:table-cell/><table:table-cell/></table:table-row>"
    table += '<table:table-row><table:table-cell/><table:table-cell table:number-rows-spanned="3"/></table:table-row>'
    covered = "<table:table-cell/><table:covered-table-cell/>"
    table += f'<table:table-row table:number-rows-repeated="2">{covered}</table:table-row>'
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("content.xml", f'<table:table table:name="Sessions">{table}</table:table>')
        width = struct.pack("<II", 0, 1) + b"\x04\0\0\0r\0I\0d\x001\0" + b"\x01\0\0\0S\0"
        archive.writestr("xl/workbook.bin", b"\x9c\x01" + bytes([len(width)]) + width)
        archive.writestr("xl/_rels/workbook.bin.rels", '<Relationship Id="rId1" Target="worksheets/sheet1.bin"/>')
        archive.writestr("xl/worksheets/sheet1.bin", b"\xb0\x01\x10" + struct.pack("<IIII", 1, 3, 1, 1))
    return content.getvalue()


@pytest.mark.parametrize("form", ["xlsx", "html"])
def test_a_cell_merged_over_several_rows_comes_with_its_table(form: str) -> None:
    table = opened("t.xls", merged_workbook(form))[0]
    assert table.merged == ((1, 3, 1),)
    assert [list(column) for column in table.columns][2] == ["Fee", "1", "2", "3"]


def test_merged_cells_are_looked_for_where_calamine_finds_none() -> None:
    with zipfile.ZipFile(io.BytesIO(merged_workbook("ods"))) as archive:
        assert in_ods(archive) == {"Sessions": [((1, 1), (3, 1))]}
        assert in_xlsb(archive) == {"S": [((1, 1), (3, 1))]}


@pytest.mark.parametrize("heading", ["Service Date", "Status", "Fee"])
def test_rows_that_share_a_merged_cell_are_held(tmp_path: Path, heading: str) -> None:
    """A status "cancelled" merged over three rows is blank in two of them, which counted as attended."""
    cells = [row(Patient="A Madeup"), row(Patient="B Madeup"), row(Patient="C Madeup"), row(Patient="D Madeup")]
    path = xlsx(tmp_path, cells)
    book = load_workbook(path)
    sheet = book.worksheets[0]
    column = [cell.value for cell in sheet[1]].index(heading) + 1
    sheet.merge_cells(start_row=2, end_row=4, start_column=column, end_column=column)
    book.save(path)
    clinic = practice(tmp_path)
    month = prepare_month(read_files([path], clinic), Scope(clinic, month=MONTH, as_of=AS_OF))
    assert outcomes(month) == ["held", "held", "held", "claimed"]
    assert set(kinds(month, 0)) == {"unreadable-cell"}


def test_a_clinics_own_layout_is_read(tmp_path: Path) -> None:
    more = """
[[layout]]
name = "old-system"
dates = "day-first"
headings = { "Datum" = "Service Date", "Wie" = "Patient", "Wer" = "Practitioner", "Was" = "Service", "Kasse" = "Insurer", "Amount" = "Patient Paid", "Preis" = "Fee", "Stand" = "Status" }
status = { "war da" = "arrived" }
"""  # noqa: E501
    clinic = practice(tmp_path, more)
    table: list[list[Any]] = [["Datum", "Wie", "Wer", "Was", "Kasse", "Amount", "Preis", "Stand"],
             ["07/10/2026", "Pat Madeup", "Ann Example", "IMS", "Sun Life", 20.0, 95.0, "war da"]]  # fmt: skip
    intake = read_files([write_table(tmp_path, "xlsx", table)], clinic)
    session = intake.sessions.iloc[0]
    assert intake.files[0].layout == "old-system"
    assert (session["service_date"], session["status"]) == (dt.datetime(2026, 10, 7), "arrived")
    assert (session["fee_cents"], session["patient_paid_cents"]) == (9500, 2000)


def protected(content: bytes, password: str) -> bytes:
    locked = io.BytesIO()
    office = OOXMLFile(io.BytesIO(content))
    office.encrypt(password, locked)
    return locked.getvalue()


@pytest.mark.usefixtures("opener_process")
def test_a_protected_workbook_is_opened_with_its_password(tmp_path: Path) -> None:
    content = protected(write_table(tmp_path, "xlsx", TABLE).read_bytes(), "sesame")
    again_flags: list[bool] = []
    answers = iter(["wrong", "sesame"])

    def ask(name: str, again: bool) -> str | None:
        assert name == "locked.xlsx"
        again_flags.append(again)
        return next(answers)

    assert open_spreadsheet("locked.xlsx", content, ask).tables[0].row(1)[1] == "Zoë Étoile"
    assert again_flags == [False, True]
    assert refusal("locked.xlsx", content).startswith("it is protected by a password")
    with pytest.raises(BillingError, match="the password is wrong"):
        open_spreadsheet("locked.xlsx", content, lambda _name, again: None if again else "wrong")


def test_the_password_may_come_from_the_environment_and_is_never_shown(tmp_path: Path) -> None:
    path = tmp_path / "locked.xlsx"
    path.write_bytes(protected(write_table(tmp_path, "xlsx", TABLE).read_bytes(), "sesame"))
    for password, code in (("sesame", 1), ("secret-but-wrong", 2), ("", 2)):
        there = {"IMS_BILLING_PASSWORD": password, "IMS_BILLING_CLINIC": ""}
        with contextlib.chdir(tmp_path):
            done = CliRunner().invoke(app, ["check", str(path)], env=there, catch_exceptions=False)
        assert done.exit_code == code, done.stderr
        assert not password or password not in done.output


def zipped(**parts: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), part)
    return content.getvalue()


def sheet_of(tmp_path: Path, sheet: bytes) -> bytes:
    """A workbook whose only sheet is this XML."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(write_table(tmp_path, "xlsx", TABLE)) as good,
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for entry in good.infolist():
            archive.writestr(entry.filename, sheet if entry.filename.endswith("sheet1.xml") else good.read(entry))
    return content.getvalue()


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s<sheetData>%s</sheetData></worksheet>'


@pytest.mark.usefixtures("opener_process")
def test_hostile_workbooks_are_refused_or_read_within_their_bounds(tmp_path: Path) -> None:
    corner = SHEET % (
        b"",
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    )
    message = refusal("corner.xlsx", sheet_of(tmp_path, corner))
    assert "too large" in message or "damaged" in message
    entities = b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    ) + b"]>" + SHEET % (b"", b'<row r="1"><c r="A1" t="inlineStr"><is><t>&j;</t></is></c></row>')  # fmt: skip
    bomb = sheet_of(tmp_path, entities)
    with contextlib.suppress(BillingError):  # refused is as good as read without the entities
        assert len(str(opened("bomb.xlsx", bomb)[0].columns)) < 10_000
    size, large = ((size).to_bytes(4, "little") for size in (123_456, 1_600_000_000))
    zeros = zipped(xl__workbook_dot_xml=bytes(123_456))
    assert zeros.count(size) == 2, "the part says how large it is, and so does the list of parts"
    assert "too large" in refusal("zeros.xlsx", zeros.replace(size, large))
    external = SHEET % (
        b"",
        b'<row r="1"><c r="A1"><f>[1]x!A1</f><v>7</v></c><c r="B1"><f>cmd|\'/c calc\'!A0</f><v>8</v></c></row>',
    )
    assert opened("links.xlsx", sheet_of(tmp_path, external))[0].row(0) == [7.0, 8.0]


@pytest.mark.usefixtures("opener_process")
def test_a_million_empty_formatted_rows_are_nothing(tmp_path: Path) -> None:
    rows = b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (n, n) for n in range(1, 1_000_001))
    assert opened("empty.xlsx", sheet_of(tmp_path, SHEET % (b"", rows)))[0].height == 0


def test_sixteen_thousand_columns_are_answered(tmp_path: Path) -> None:
    message = ",".join(f"column {n}" for n in range(16_384))
    path = tmp_path / "wide.csv"
    path.write_text(f"{message}\n{message}\n", encoding="utf-8")
    with pytest.raises(BillingError, match="no header row was found"):
        read_files([path], practice(tmp_path))


DAMAGED: list[tuple[str, bytes, str]] = [
    ("cut.xlsx", b"PK\x03\x04" + bytes(40), "damaged"),
    ("other.zip", zipped(readme_dot_txt=b"hello"), "this is not a spreadsheet"),
    ("ole.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + os.urandom(2000), "damaged"),
    ("biff.xls", b"\x09\x08\x10\x00" + bytes(200), "save it again"),
    ("old.xml", b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
     "this is XML"),
    ("photo.csv", b"\x89PNG\r\n\x1a\n" + bytes(100), "this is not a spreadsheet"),
    ("noise.csv", random.Random(1).randbytes(5000), "this is not a spreadsheet"),
    ("zeros.csv", bytes(5000), "the file is empty"),
]  # fmt: skip


@pytest.mark.usefixtures("opener_process")
@pytest.mark.parametrize(("name", "content", "message"), DAMAGED, ids=[name for name, _, _ in DAMAGED])
def test_damaged_and_other_files_are_refused_with_the_way_out(name: str, content: bytes, message: str) -> None:
    assert message in refusal(name, content)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sockets in folders")
def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s.xlsx")
        with pytest.raises(BillingError, match="this is not a file"):
            read_files([Path("s.xlsx")], practice(tmp_path))


def test_names_with_quotes_and_accents_are_named_as_they_are(tmp_path: Path) -> None:
    path = xlsx(tmp_path, [row()], "Zoë's 'sessions' [bold].xlsx")
    assert read_files([path], practice(tmp_path)).files[0].file == "Zoë's 'sessions' [bold].xlsx"


def fuzz(tmp_path: Path, cases: int, seed: int) -> dict[str, int]:
    """Mutates the bytes of one good file per format; everything is read or refused, and nothing else comes out."""
    came: dict[str, int] = {}
    shuffle = random.Random(seed)
    clinic = practice(tmp_path)
    good = {form: write_table(tmp_path, form, TABLE).read_bytes() for form in FORMATS}
    path = tmp_path / "mutant"
    for case in range(cases):
        form = list(good)[case % len(good)]
        content = bytearray(good[form])
        for _ in range(shuffle.choice([1, 1, 3, 30])):
            kind, place = shuffle.randrange(4), shuffle.randrange(len(content))
            if kind == 0:
                content[place] = shuffle.randrange(256)
            elif kind == 1:
                del content[place : place + shuffle.randrange(1, 200)]
            elif kind == 2:
                content[place:place] = shuffle.randbytes(shuffle.randrange(1, 50))
            else:
                content[place : place + 4] = b"\xff\xff\xff\x7f"
            if not content:
                break
        path.write_bytes(content)
        try:
            read_files([path], clinic)
            came[f"{form} read"] = came.get(f"{form} read", 0) + 1
        except BillingError:
            came[f"{form} refused"] = came.get(f"{form} refused", 0) + 1
    return came


@pytest.mark.usefixtures("opener_process")
def test_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    assert sum(fuzz(tmp_path, 60, seed=1).values()) == 60


@pytest.mark.long
@pytest.mark.usefixtures("opener_process")
def test_many_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    came = fuzz(tmp_path, 2000, seed=2)
    print(came)
    assert sum(came.values()) == 2000


@pytest.mark.parametrize("name", ["S&#233;ances &amp; co", "S&#xE9;ances &#38; co", "Séances &amp; co"])
def test_the_name_of_a_sheet_is_read_however_its_xml_writes_it(name: str) -> None:
    assert attribute(f'<sheet name="{name}" sheetId="1" r:id="rId1"/>', "name") == "Séances & co"
