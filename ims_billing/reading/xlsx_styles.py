"""What an .xlsx workbook's styles say of its cells: numbers shown with zeros or signs, and text that is struck out."""

from __future__ import annotations

import re
import zipfile

_FORMAT = re.compile(rb"<(?:\w+:)?numFmt\b[^>]*>")
_STYLE = re.compile(rb"<(?:\w+:)?xf\b[^>]*>")
_CELL_STYLES = re.compile(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_FONTS = re.compile(rb"<(?:\w+:)?fonts\b.*?</(?:\w+:)?fonts>", re.DOTALL)
_FONT = re.compile(rb"<(?:\w+:)?font\b[^>]*?(?:/>|>.*?</(?:\w+:)?font>)", re.DOTALL)
_STRUCK = re.compile(rb"<(?:\w+:)?strike\b(?![^>]*val=[\"'](?:0|false)[\"'])")
# A format's parts: text in quotes or after a backslash, one digit, a sign that stands for itself.
_PART = re.compile(r'"([^"]*)"|\\(.)|(0)|([-/ ])')
_OF_A_NUMBER = re.compile(r"\d|-")


def shown_styles(archive: zipfile.ZipFile) -> dict[bytes, str]:
    """By style, a number's format where it shows digits or signs that the number lacks: ``000000``, ``000-000``."""
    xml = _styles(archive)
    formats = {}
    for tag in _FORMAT.findall(xml):
        code, number = re.search(rb'formatCode="([^"]*)"', tag), re.search(rb'numFmtId="(\d+)"', tag)
        if code and number:
            written = code[1].decode("utf-8", "replace").replace("&quot;", '"').partition(";")[0]
            if _shows_more(written):
                formats[number[1]] = written
    return {style: formats[number] for style, number in _used(xml, rb'numFmtId="(\d+)"').items() if number in formats}


def _shows_more(code: str) -> bool:
    """Whether a format is of zeros and fixed signs alone, and more than one digit with a unit behind it."""
    if _PART.sub("", code) or "$" in code or "%" in code:
        return False
    parts = [(match[3] or "", match[1] or match[2] or match[4] or "") for match in _PART.finditer(code)]
    places = sum(1 for zero, _ in parts if zero)
    signs = "".join(sign for _, sign in parts)
    if places != 1:
        return places > 1
    # "AB-"0 and 0"-00" are a number; "Fee "0 and 0" min" have a word beside one.
    return bool(_OF_A_NUMBER.search(signs)) and signs == signs.strip()


def as_shown(number: str, code: str) -> str:
    """A whole number as its format shows it: its last digits in the format's places, the rest in the first one."""
    places = sum(1 for match in _PART.finditer(code) if match[3])
    digits = number.zfill(places)
    left = iter([digits[: len(digits) - places + 1], *digits[len(digits) - places + 1 :]])
    return "".join(next(left) if match[3] else match[1] or match[2] or match[4] or "" for match in _PART.finditer(code))


def struck_styles(archive: zipfile.ZipFile) -> frozenset[bytes]:
    """The styles whose text is struck out."""
    xml = _styles(archive)
    fonts = _FONTS.search(xml)
    struck = (
        {str(number).encode() for number, font in enumerate(_FONT.findall(fonts[0])) if _STRUCK.search(font)}
        if fonts and b"strike" in fonts[0]
        else set()
    )
    return (
        frozenset(style for style, font in _used(xml, rb'fontId="(\d+)"').items() if font in struck)
        if struck
        else frozenset()
    )


def _styles(archive: zipfile.ZipFile) -> bytes:
    return archive.read("xl/styles.xml") if "xl/styles.xml" in archive.namelist() else b""


def _used(xml: bytes, attribute: bytes) -> dict[bytes, bytes]:
    """By style, what it states for an attribute."""
    styles = _CELL_STYLES.search(xml)
    stated = [re.search(attribute, tag) for tag in _STYLE.findall(styles[0])] if styles else []
    return {str(number).encode(): one[1] for number, one in enumerate(stated) if one}
