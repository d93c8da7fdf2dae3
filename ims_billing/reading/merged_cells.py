"""The merged cells of .ods and .xlsb workbooks, of which calamine says nothing."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator

from ims_billing.reading.error_cells import attribute, bundled_sheets, xlsb_records

# The first and the last cell of a merged one: row and column, both from 0.
Span = tuple[tuple[int, int], tuple[int, int]]

_MERGED = 176  # BrtMergeCell of [MS-XLSB]: first and last row, first and last column
_ODS = re.compile(r"<table:(table-row|table-cell|covered-table-cell|table)(?=[\s/>])[^>]*>")


def in_xlsb(archive: zipfile.ZipFile) -> dict[str, list[Span]]:
    """The merged cells of an .xlsb workbook, by sheet."""
    merged: dict[str, list[Span]] = {}
    for sheet, part in bundled_sheets(archive).items():
        for kind, body in xlsb_records(archive.read(part)):
            if kind == _MERGED and len(body) >= 16:
                top, bottom, left, right = struct.unpack_from("<IIII", body)
                merged.setdefault(sheet, []).append(((top, left), (bottom, right)))
    return merged


def in_ods(archive: zipfile.ZipFile) -> dict[str, list[Span]]:
    """The merged cells of an .ods workbook, by sheet."""
    xml = archive.read("content.xml")
    merged: dict[str, list[Span]] = {}
    if b"number-rows-spanned" in xml:
        for sheet, span in _ods_spans(xml.decode("utf-8", "replace")):
            merged.setdefault(sheet, []).append(span)
    return merged


def _ods_spans(xml: str) -> Iterator[tuple[str, Span]]:
    sheet, row, column, next_row = "", 0, 0, 0
    for match in _ODS.finditer(xml):
        tag = match[0]
        if match[1] == "table":
            sheet, next_row = attribute(tag, "table:name"), 0
        elif match[1] == "table-row":
            row, column = next_row, 0
            next_row += _number(tag, "rows-repeated")
        else:
            high, wide = _number(tag, "rows-spanned"), _number(tag, "columns-spanned")
            if high > 1:
                yield sheet, ((row, column), (row + high - 1, column + wide - 1))
            column += _number(tag, "columns-repeated")


def _number(tag: str, name: str) -> int:
    """A number that an ODS tag states; 1 where it states none."""
    written = attribute(tag, f"table:number-{name}")
    return int(written) if written.isdigit() else 1
