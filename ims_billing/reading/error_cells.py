"""Reads from workbooks what calamine leaves out: error cells, hidden rows, leading zeros, struck-out cells, notes."""

from __future__ import annotations

import html
import io
import re
import struct
import zipfile
from collections.abc import Iterator
from typing import NamedTuple

from ims_billing.reading.xlsx_styles import as_shown, shown_styles, struck_styles

# By sheet, the error's text by row and column, both from 0.
Errors = dict[str, dict[tuple[int, int], str]]

# The codes of [MS-XLS] 2.5.10 BErr, which xlsb uses too.
_CODES = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*\bt=[\"']e[\"'][^>]*)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_FORMULA = re.compile(rb"<(?:\w+:)?c\b([^>]*)>(<(?:\w+:)?f\b.*?)</(?:\w+:)?c>", re.DOTALL)
_STYLED = re.compile(
    rb"<c\b([^>]*\bs=\"(\d+)\"[^>]*)>(?:<f\b[^>]*/>|<f\b[^>]*>[^<]*</f>)?<v>(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)</v>"
)
_OF_A_TYPE = re.compile(rb"\bt=[\"'](?!n[\"'])")
_OF_STYLE = re.compile(rb"<c\b([^>]*\bs=\"(\d+)\"[^>]*)(?<!/)>(?!</c>)")
_NOTE = re.compile(rb"<(?:\w+:)?comment\b([^>]*)>(.*?)</(?:\w+:)?comment>", re.DOTALL)
_TEXT = re.compile(rb"<(?:\w+:)?t\b[^>]*>([^<]*)</")
_PLACE = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]+)</")
_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*\bhidden=[\"'](?:1|true)[\"']")
_SHEET = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")


class InWorkbook(NamedTuple):
    """What calamine leaves out of a workbook, by sheet; cells by row and column, both from 0."""

    errors: Errors
    """The errors' texts, and the texts that numbers are shown as."""
    hidden: dict[str, int]
    """The numbers of hidden rows."""
    struck: dict[str, list[tuple[int, int]]]
    """The cells whose text is struck out."""
    notes: dict[str, list[tuple[int, int, str]]]
    """The cells with a note, and its text."""


def in_xlsx(archive: zipfile.ZipFile) -> InWorkbook:
    """What calamine leaves out of an .xlsx or .xlsm workbook.

    A formula that was never calculated counts as an error; and a number that Excel shows with leading zeros, with
    signs between its digits or as an amount in another currency, comes as the text that it shows.
    """
    left = InWorkbook({}, {}, {}, {})
    shown, struck = shown_styles(archive), struck_styles(archive)
    for sheet, part in xlsx_parts(archive).items():
        xml = archive.read(part)
        if b'hidden="' in xml or b"hidden='" in xml:
            left.hidden[sheet] = len(_HIDDEN_ROW.findall(xml))
        cells = left.errors.setdefault(sheet, {})
        if b't="e"' in xml or b"t='e'" in xml:
            for attributes, inside in _CELL.findall(xml):
                value = _VALUE.search(inside)
                _put(cells, attributes, value[1].decode("utf-8", "replace") if value else "#N/A")
        if b"<f" in xml:
            for attributes, inside in _FORMULA.findall(xml):
                if not _VALUE.search(inside) and b't="str"' not in attributes:
                    _put(cells, attributes, "#CALC!")
        if shown:
            for attributes, style, value in _STYLED.findall(xml):
                # The value of a text is its place in a list, and that of a truth 0 or 1.
                if style in shown and not _OF_A_TYPE.search(attributes):
                    written = as_shown(value.decode(), shown[style])
                    if written is not None:
                        _put(cells, attributes, written)
        if struck:
            places = (_place(attributes) for attributes, style in _OF_STYLE.findall(xml) if style in struck)
            left.struck[sheet] = [place for place in places if place]
        left.notes[sheet] = list(_notes(archive, part))
    return left


def _notes(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[int, int, str]]:
    """The cells of a sheet with a note; a thread of comments has one for programs that know none."""
    folder, _, name = part.rpartition("/")
    relations, names = f"{folder}/_rels/{name}.rels", set(archive.namelist())
    for target in targets_of(archive, relations).values() if relations in names else ():
        comments = target.replace("xl/../", "xl/")
        if "comments" in comments.lower() and comments in names:
            for attributes, inside in _NOTE.findall(archive.read(comments)):
                place = _place(attributes.replace(b"ref=", b"r="))
                words = html.unescape(b" ".join(_TEXT.findall(inside)).decode("utf-8", "replace"))
                if place:
                    yield *place, words


def _put(cells: dict[tuple[int, int], str], attributes: bytes, text: str) -> None:
    if place := _place(attributes):
        cells[place] = text


def _place(attributes: bytes) -> tuple[int, int] | None:
    """Row and column of a cell, from 0; None where its tag states none."""
    place = _PLACE.search(attributes)
    if not place:
        return None
    column = 0
    for letter in place[1]:
        column = column * 26 + letter - 64
    return int(place[2]) - 1, column - 1


def xlsx_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of the archive that holds each sheet, by the sheet's name."""
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return {}
    targets = targets_of(archive, "xl/_rels/workbook.xml.rels")
    parts = {}
    for tag in _SHEET.findall(archive.read("xl/workbook.xml").decode("utf-8", "replace")):
        part = targets.get(attribute(tag, r"\w+:id"), "")
        if part in names:
            parts[attribute(tag, "name")] = part
    return parts


def targets_of(archive: zipfile.ZipFile, relations: str) -> dict[str, str]:
    """The parts that a part of an archive is related to, by the relation's id."""
    targets = {}
    for tag in _RELATION.findall(archive.read(relations).decode("utf-8", "replace")):
        target = attribute(tag, "Target").removeprefix("/").removeprefix("xl/")
        targets[attribute(tag, "Id")] = f"xl/{target}"
    return targets


def attribute(tag: str, name: str) -> str:
    """What an XML tag says for an attribute, empty where it has none."""
    attribute = re.search(rf"""\s{name}=(?:"([^"]*)"|'([^']*)')""", tag)
    return html.unescape(attribute[1] or attribute[2] or "") if attribute else ""


def in_xlsb(archive: zipfile.ZipFile) -> Errors:
    """The error cells of an .xlsb workbook: records BrtCellError and BrtFmlaError of [MS-XLSB]."""
    return {sheet: dict(_xlsb_errors(archive.read(part))) for sheet, part in bundled_sheets(archive).items()}


def bundled_sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of an .xlsb archive that holds each sheet, by the sheet's name."""
    names = set(archive.namelist())
    if not {"xl/workbook.bin", "xl/_rels/workbook.bin.rels"} <= names:
        return {}
    targets = targets_of(archive, "xl/_rels/workbook.bin.rels")
    parts = {}
    for kind, body in xlsb_records(archive.read("xl/workbook.bin")):
        if kind != 156:  # BrtBundleSh: state, id, relation, name
            continue
        relation, rest = _wide_string(body[8:])
        name, _ = _wide_string(rest)
        if targets.get(relation) in names:
            parts[name] = targets[relation]
    return parts


def _xlsb_errors(part: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    row = 0
    for kind, body in xlsb_records(part):
        if kind == 0 and len(body) >= 4:  # BrtRowHdr
            row = struct.unpack_from("<I", body)[0]
        elif kind in (3, 11) and len(body) >= 9:
            yield (row, struct.unpack_from("<I", body)[0]), _CODES.get(body[8], "#N/A")


def xlsb_records(part: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of a part of an .xlsb workbook: kind and body."""
    place = 0
    while place < len(part):
        kind = part[place]
        place += 1
        if kind & 0x80 and place < len(part):
            kind = (kind & 0x7F) | (part[place] & 0x7F) << 7
            place += 1
        size = 0
        for shift in (0, 7, 14, 21):
            if place >= len(part):
                return
            byte = part[place]
            place += 1
            size |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
        yield kind, part[place : place + size]
        place += size


def _wide_string(body: bytes) -> tuple[str, bytes]:
    if len(body) < 4:
        return "", b""
    size = struct.unpack_from("<I", body)[0]
    return body[4 : 4 + 2 * size].decode("utf-16-le", "replace"), body[4 + 2 * size :]


def in_xls(content: bytes) -> Errors:
    """The error cells of an .xls workbook: records BOOLERR and FORMULA of [MS-XLS]."""
    import olefile

    with olefile.OleFileIO(io.BytesIO(content)) as ole:
        stream = next((name for name in ("Workbook", "Book") if ole.exists(name)), None)
        if stream is None:
            return {}
        book = ole.openstream(stream).read()
    errors: Errors = {}
    for kind, body in _xls_records(book, 0):
        if kind == 0x0085 and len(body) > 8:  # BOUNDSHEET: offset, state, type, name
            size, wide = body[6], body[7] & 1
            name = body[8 : 8 + size * (2 if wide else 1)].decode("utf-16-le" if wide else "latin-1", "replace")
            errors[name] = dict(_xls_errors(book, struct.unpack_from("<I", body)[0]))
        elif kind == 0x000A:  # the end of the workbook's own records
            break
    return errors


def _xls_errors(book: bytes, begin: int) -> Iterator[tuple[tuple[int, int], str]]:
    for kind, body in _xls_records(book, begin):
        if kind == 0x000A:
            return
        if kind == 0x0205 and len(body) >= 8 and body[7]:
            yield struct.unpack_from("<HH", body), _CODES.get(body[6], "#N/A")
        elif kind == 0x0006 and len(body) >= 14 and body[12:14] == b"\xff\xff" and body[6] == 2:
            yield struct.unpack_from("<HH", body), _CODES.get(body[8], "#N/A")


def _xls_records(book: bytes, place: int) -> Iterator[tuple[int, bytes]]:
    while place + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, place)
        yield kind, book[place + 4 : place + 4 + size]
        place += 4 + size
