"""Writes one table in every format that the program reads."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from openpyxl import Workbook

FORMATS = ["xlsx", "xls", "xlsb", "ods", "html", "csv", "tsv", "utf16"]


def write_table(folder: Path, form: str, table: Sequence[Sequence[Any]]) -> Path:
    """The table as a file of a format; what reads like an error is one where the format has errors."""
    path = folder / f"table.{'csv' if form == 'utf16' else form}"
    path.write_bytes(
        {"xlsx": _xlsx, "xls": _xls, "xlsb": _xlsb, "ods": _ods, "html": _html}.get(form, _text(form))(table)
    )
    return path


def _xlsx(table: Sequence[Sequence[Any]]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for number, cells in enumerate(table, start=1):
        for column, value in enumerate(cells, start=1):
            if value not in (None, ""):
                cell = sheet.cell(number, column)
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "e" if value == "#N/A" else "s"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _xls(table: Sequence[Sequence[Any]]) -> bytes:
    """A BIFF8 workbook in an OLE file, as [MS-XLS] and [MS-CFB] describe them: the few records that a table needs."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def text(value: str, size: str) -> bytes:
        return struct.pack(size, len(value.encode("utf-16-le")) // 2) + b"\x01" + value.encode("utf-16-le")

    font = record(0x31, struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0) + text("Arial", "<B"))
    date_format = record(0x41E, struct.pack("<H", 164) + text("yyyy-mm-dd", "<H"))

    def style(number_format: int) -> bytes:
        return record(0xE0, struct.pack("<HHHBBBBIIH", 0, number_format, 1, 0x20, 0, 0, 0, 0, 0, 0x20C0))

    begin = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0x0DBB, 0x07CC, 0, 6))
    styles = begin + record(0x42, struct.pack("<H", 1200)) + font + date_format + style(0) + style(164)
    name = text("Sessions", "<B")
    place = len(styles) + 4 + 6 + len(name) + 4
    book = styles + record(0x85, struct.pack("<IBB", place, 0, 0) + name) + record(0x0A, b"")
    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0x0DBB, 0x07CC, 0, 6))
    width = max(len(cells) for cells in table)
    sheet += record(0x200, struct.pack("<IIHHH", 0, len(table), 0, width, 0))
    for number, cells in enumerate(table):
        for column, value in enumerate(cells):
            where = struct.pack("<HH", number, column)
            if value == "#N/A":
                sheet += record(0x205, where + struct.pack("<HBB", 0, 0x2A, 1))
            elif isinstance(value, dt.date):
                days = (value - dt.date(1899, 12, 30)).days
                sheet += record(0x203, where + struct.pack("<Hd", 1, float(days)))
            elif isinstance(value, int | float):
                sheet += record(0x203, where + struct.pack("<Hd", 0, float(value)))
            elif value:
                sheet += record(0x204, where + struct.pack("<H", 0) + text(value, "<H"))
    return _ole(book + sheet + record(0x0A, b""))


def _ole(stream: bytes) -> bytes:
    """An OLE file with one stream, Workbook, in sectors of 512 bytes."""
    stream += bytes(max(4096, -(-len(stream) // 512) * 512) - len(stream))
    sectors = len(stream) // 512
    fat_sectors = -(-(sectors + 2) // 128)
    while fat_sectors * 128 < sectors + 1 + fat_sectors:
        fat_sectors += 1
    fat = [-3] * fat_sectors + [-2] + [n + 1 for n in range(fat_sectors + 1, fat_sectors + sectors)] + [-2]
    fat += [-1] * (fat_sectors * 128 - len(fat))

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        encoded = name.encode("utf-16-le") + b"\0\0" if name else b""
        return (
            encoded.ljust(64, b"\0") + struct.pack("<HBBiii", len(encoded), kind, 1, -1, -1, child)
            + bytes(36) + struct.pack("<iQ", start, size)
        )  # fmt: skip

    directory = entry("Root Entry", 5, 1, -2, 0) + entry("Workbook", 2, -1, fat_sectors + 1, len(stream))
    directory += entry("", 0, -1, 0, 0) * 2
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIiIIiIiI", 0, fat_sectors, fat_sectors, 0, 4096, -2, 0, -2, 0)
    header += struct.pack("<109i", *range(fat_sectors), *[-1] * (109 - fat_sectors))
    return header + struct.pack(f"<{len(fat)}i", *fat) + directory + stream


def _xlsb(table: Sequence[Sequence[Any]]) -> bytes:
    """A binary workbook as [MS-XLSB] describes it: the few records that a table needs."""

    def record(kind: int, body: bytes = b"") -> bytes:
        def number(value: int) -> bytes:
            low = value & 0x7F
            return bytes([low | 0x80]) + number(value >> 7) if value > 0x7F else bytes([low])

        return number(kind) + number(len(body)) + body

    def text(value: str) -> bytes:
        return struct.pack("<I", len(value.encode("utf-16-le")) // 2) + value.encode("utf-16-le")

    cells = b""
    for row, values in enumerate(table):
        cells += record(0, struct.pack("<IIHBBBI", row, 0, 300, 0, 0, 0, 0))
        for column, value in enumerate(values):
            where = struct.pack("<II", column, 1 if isinstance(value, dt.date) else 0)
            if value == "#N/A":
                cells += record(3, where + b"\x2a")
            elif isinstance(value, dt.date):
                cells += record(5, where + struct.pack("<d", (value - dt.date(1899, 12, 30)).days))
            elif isinstance(value, int | float):
                cells += record(5, where + struct.pack("<d", value))
            elif value:
                cells += record(6, where + text(value))
    width = max(len(values) for values in table)
    size = struct.pack("<IIII", 0, len(table) - 1, 0, width - 1)
    sheet = record(129) + record(148, size) + record(145) + cells + record(146) + record(130)
    bundle = record(156, struct.pack("<II", 0, 1) + text("rId1") + text("Sessions"))
    book = record(131) + record(143) + bundle + record(144) + record(132)
    styles = [record(47, struct.pack("<HH", 0xFFFF, number) + bytes(12)) for number in (0, 14)]
    formats = record(278) + record(617, struct.pack("<I", 2)) + b"".join(styles) + record(618) + record(279)
    relation = '<Relationship Id="rId{}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/>'
    relations = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    both = relation.format(1, "worksheet", "worksheets/sheet1.bin") + relation.format(2, "styles", "styles.bin")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(
            "[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
        )
        archive.writestr("_rels/.rels", relations.format(relation.format(1, "officeDocument", "xl/workbook.bin")))
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/_rels/workbook.bin.rels", relations.format(both))
        archive.writestr("xl/styles.bin", formats)
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return content.getvalue()


def _ods(table: Sequence[Sequence[Any]]) -> bytes:
    def cell(value: Any) -> str:
        if isinstance(value, dt.date):
            return f'<table:table-cell office:value-type="date" office:date-value="{value}"><text:p>{value}</text:p></table:table-cell>'
        if isinstance(value, int | float):
            return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'
        if not value:
            return "<table:table-cell/>"
        return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'

    rows = "".join(f"<table:table-row>{''.join(map(cell, cells))}</table:table-row>" for cells in table)
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    body = f'<office:body><office:spreadsheet><table:table table:name="Sessions">{rows}</table:table></office:spreadsheet></office:body>'
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {names}>{body}</office:document-content>',
        )
        kind = 'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet" manifest:full-path="/"'
        manifest = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
        archive.writestr(
            "META-INF/manifest.xml", f"<manifest:manifest {manifest}><manifest:file-entry {kind}/></manifest:manifest>"
        )
    return content.getvalue()


def _html(table: Sequence[Sequence[Any]]) -> bytes:
    rows = "".join(f"<tr>{''.join(f'<td>{html.escape(_plain(v))}</td>' for v in cells)}</tr>" for cells in table)
    return f'<html><head><meta charset="utf-8"></head><body><table>{rows}</table></body></html>'.encode()


def _text(form: str) -> Any:
    def write(table: Sequence[Sequence[Any]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter="\t" if form == "tsv" else ",").writerows([_plain(v) for v in c] for c in table)
        return text.getvalue().encode("utf-16" if form == "utf16" else "utf-8")

    return write


def _plain(value: Any) -> str:
    return "" if value is None else str(value)
