"""What an .xlsx workbook's styles say of its cells: how numbers are shown, and text that is struck out."""

from __future__ import annotations

import html
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
# A currency in a format: in brackets with its language, in quotes, or a sign that stands for itself.
_CURRENCY = re.compile(r'\[\$([^\]-]*)[^\]]*\]|"([^"]*)"|([€£¥])')
# Letters beside the dollar sign that make it Canada's; by itself it is that too, whatever language it is in.
_OF_CANADA = ("", "CAD", "CDN", "CAN", "CA", "C")
_ISO_CODE = re.compile(r"[A-Z]{3}")


def shown_styles(archive: zipfile.ZipFile) -> dict[bytes, str]:
    """By style, a number's format where it shows digits, signs or a currency that the number lacks.

    Such are ``000000``, ``000-000`` and ``[$USD] #,##0.00``.
    """
    xml = _styles(archive)
    formats = {}
    for tag in _FORMAT.findall(xml):
        code, number = re.search(rb'formatCode="([^"]*)"', tag), re.search(rb'numFmtId="(\d+)"', tag)
        if code and number:
            written = html.unescape(code[1].decode("utf-8", "replace")).partition(";")[0]
            if _shows_more(written) or _currency(written):
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


def as_shown(number: str, code: str) -> str | None:
    """A number as its format shows it: with its currency, or with a whole number's digits in the format's places.

    Of more digits than places the first ones stand in the first place. None for a number that is no whole one.
    """
    if currency := _currency(code):
        return f"{currency} {float(number):.2f}"
    if not number.isdigit():
        return None
    places = sum(1 for match in _PART.finditer(code) if match[3])
    digits = number.zfill(places)
    left = iter([digits[: len(digits) - places + 1], *digits[len(digits) - places + 1 :]])
    return "".join(next(left) if match[3] else match[1] or match[2] or match[4] or "" for match in _PART.finditer(code))


def _currency(code: str) -> str:
    """The currency that a format shows, where it is another than Canada's dollar; empty for none."""
    for match in _CURRENCY.finditer(code):
        in_brackets, in_quotes, sign = (match[number] or "" for number in (1, 2, 3))
        written = (in_brackets or in_quotes or sign).strip(" \u00a0")
        letters = written.replace("$", "").strip().upper()
        is_one = in_brackets or sign or "$" in written or letters in "€£¥" or _ISO_CODE.fullmatch(written)
        if letters not in _OF_CANADA and is_one:
            return written
    return ""


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
