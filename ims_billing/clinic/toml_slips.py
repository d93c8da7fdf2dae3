"""Reads the text of a clinic.toml however it was saved, and names a slip in it: the line, a mark below, the way out."""

from __future__ import annotations

import codecs
import datetime as dt
import re
import tomllib
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from ims_billing.vocabulary.errors import BillingError

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_AT = re.compile(r"at line (\d+), column (\d+)")


class _Slip(NamedTuple):
    """A slip by name: what it looks like (its group `here` is marked), what is wrong, and what to write instead.

    `write` may quote the marked text as {here}.
    """

    pattern: str
    wrong: str
    write: str


# The first that fits a line names its slip. Text in straight quotes was taken out of the line before, except where a
# slip is about the quotes themselves.
_OUTSIDE_TEXT = (
    _Slip(r"(?P<here>[“”„«»‘’‚])", "these are curly quotes, as Word types them", 'Type straight ones: "Ann Example".'),
    _Slip(
        r"(?P<here>\d{4}[‐‑–—−]\d{1,2}[‐‑–—−-]\d{1,2})",
        "these are dashes, as Word types them",
        "Write it as 2026-05-01.",
    ),
    _Slip(r"=\s*-?(?P<here>\$[\d.,]*)", "an amount has no dollar sign here", "Write it as 95.00."),
    _Slip(r"=\s*(?P<here>\d{1,3}(,\d{3})+\.\d\d)", "an amount has no comma here", "Write it as 1095.00."),
    _Slip(r"=\s*\d+(?P<here>,)\d{1,2}\s*$", "an amount has a point, not a comma", "Write it as 95.00."),
    _Slip(
        r"=\s*(?P<here>\d{1,2}[/.]\d{1,2}[/.]\d{2,4})", "this is no day as TOML writes it", "Write it as 2026-05-01."
    ),
    _Slip(r"=\s*(?P<here>\d{4}/\d{1,2}/\d{1,2})", "this is no day as TOML writes it", "Write it as 2026-05-01."),
    _Slip(
        r"=\s*(?P<here>\d{4}-(\d-\d{1,2}|\d\d-\d)\b)", "a month and a day have two digits", "Write it as 2026-05-01."
    ),
    _Slip(r"=\s*(?P<here>\d{4}-\d\d-\d\d)", "there is no such day", "Write it as 2026-05-01."),
    _Slip(
        rf"[=,]\s*(?P<here>(\d{{1,2}}\s+)?({_MONTHS})[a-z]*\.?(\s+\d{{1,4}}|\s*$))",
        "this is no day as TOML writes it",
        "Write it as 2026-05-01.",
    ),
    _Slip(r"[=,\[]\s*(?P<here>0\d+)", "a number that begins with 0 is text", 'Put it in quotes: "{here}".'),
    _Slip(r"[=,\[]\s*(?P<here>true|yes|on|y)\b(?!\s*=)", "yes is written true, in small letters", "Write true."),
    _Slip(r"[=,\[]\s*(?P<here>false|no|off|n)\b(?!\s*=)", "no is written false, in small letters", "Write false."),
    _Slip(
        r"^\s*(?P<here>\[\[[\w.]+\](?!\]))", "a bracket is missing", "Write [[practitioner]], with two on each side."
    ),
    _Slip(r"^\s*(?P<here>\[[\w.]+\]\])", "a bracket is missing", "Write [[practitioner]], with two on each side."),
    _Slip(r"^\s*(?P<here>\[[\w.]+\s*$)", "a bracket is missing", "Write it with one on each side: [clinic]."),
    _Slip(r"^\s*[\w-]+\s*(?P<here>:)", "a value stands behind =, not behind a colon", 'Write name = "Ann Example".'),
    _Slip(r"^\s*(?P<here>[\w-]+(\s+[^\s=]+)+)\s*=", "a name of several words is text", 'Put it in quotes: "{here}".'),
    _Slip(r"""^\s*[\w-]+\s+(?P<here>["'\w])""", "the = is missing", 'Write name = "Ann Example".'),
    _Slip(r"\"\s*(?P<here>\")\w*\"|'\s+(?P<here2>')", "a comma is missing", "Put a comma between the two."),
    _Slip(r"""["'\d}]\s+(?P<here>[A-Za-z][\w-]*\s*=)""", "a comma is missing", "Put a comma before {here}."),
    _Slip(r"=.*?[\[,]\s*(?P<here>[^\W\d][\w -]*?)\s*(?=[\],])", "text needs quotes", 'Write "{here}".'),
    _Slip(
        r"=\s*\{.*\}(?P<here>,)\s*\{", "several stand in a list", "Put [ before the first { and ] behind the last }."
    ),
    _Slip(r"=\s*(?P<here>[^\W\d][^#\"'{}\[\]]*)", "text needs quotes", 'Write "{here}".'),
    _Slip(r"^\s*[\w-]+\s*=\s*(?P<here>)$", "there is nothing behind the =", 'Write a value, or "" for none.'),
)
_QUOTES = _Slip("", "a quotation mark is missing", "Text begins and ends with one.")
_BACKSLASH = _Slip("", "a backslash has a meaning of its own between these quotes", "Write / in its place.")


def text_of(content: bytes) -> str:
    """The text of a clinic.toml: UTF-8, or UTF-16 or ANSI (Windows-1252) as Notepad saves it too."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    # Without a mark, every other byte of text in UTF-16 is zero, and no text holds one.
    for encoding, zeros in (("utf-16-le", content[1::2]), ("utf-16-be", content[::2])):
        if len(content) > 3 and zeros.count(0) * 2 > len(zeros):
            return content.decode(encoding, "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def parsed(name: str, text: str) -> dict[str, Any]:
    """The TOML of a text; raises BillingError with the line, a mark below the place, and what to write instead."""
    try:
        # Windows ends lines otherwise than TOML counts them.
        return tomllib.loads(text.replace("\r\n", "\n"), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise BillingError(_in_words(name, text, str(error))) from error


def _in_words(name: str, text: str, reason: str) -> str:
    lines = text.splitlines() or [""]
    at = _AT.search(reason)
    number, column = (int(at[1]), int(at[2])) if at else (len(lines), 1)
    number = min(number, len(lines))
    if ("twice" in reason or "overwrite" in reason or "mutate" in reason) and not _slip_in(lines[number - 1]):
        return _shown(name, lines, number, None, *_twice(lines[number - 1], reason))
    # What ends too late, a quote or a bracket, is noticed below the line it is in.
    first = max(1, number - 20) if _late(reason) or not at else number
    for place in (number, *range(number - 1, first - 1, -1)):
        if match := _slip_in(lines[place - 1]):
            slip, start, here = match
            return _shown(
                name, lines, place, (start, len(here)), slip.wrong, slip.write.replace("{here}", here.strip())
            )
    opened, bracket = _opened(lines[:number])
    if bracket == "[":
        return _shown(name, lines, opened, None, "the [ in this line is not closed", "End the list with ].")
    if opened:
        what = "{ and } have to stand on one line"
        table = lines[opened - 1].partition("=")[0].strip()
        way = (
            f"For several lines, write [layout.{table}] and below it one line for each." if table == "headings" else ""
        )
        return _shown(name, lines, opened, None, what, way)
    way = "Text needs quotes; without quotes are days, written 2026-10-31, and yes and no, written true and false."
    return _shown(name, lines, number, (column - 1, 1), re.sub(r"\s*\(at .*", "", reason), way)


def _late(reason: str) -> bool:
    return "Unclosed" in reason or "Unterminated" in reason or "end of document" in reason or "Illegal" in reason


def _twice(line: str, reason: str) -> tuple[str, str]:
    header = re.match(r"\s*\[\s*([\w-]+)\s*\]", line)
    if header and header[1] in ("practitioner", "insurer", "fee", "limit", "coverage", "layout"):
        return f"[{header[1]}] stands here a second time", f"Write [[{header[1]}]], with two brackets, each time."
    if header:
        return f"[{header[1]}] stands here a second time", "Put both parts under one of them."
    return "this stands in the file already", "Delete one of the two."


def _slip_in(line: str) -> tuple[_Slip, int, str] | None:
    """The slip in a line, where it begins, and its text; None where the line has none that is known."""
    bare_line, problem = _without_text(line)
    for slip in _OUTSIDE_TEXT:
        match = re.search(slip.pattern, bare_line, re.IGNORECASE)
        if match and (start := _begins(match)) >= 0 and not _sound(match):
            return slip, start, line[start : start + len(_group(match))]
    if problem:
        slip, start = problem
        return slip, start, line[start : start + 1]
    return None


def _sound(match: re.Match[str]) -> bool:
    """True for true, false and a day as they ought to be."""
    try:
        return _group(match) in ("true", "false") or bool(dt.date.fromisoformat(_group(match)))
    except ValueError:
        return False


def _group(match: re.Match[str]) -> str:
    return match.groupdict().get("here") or match.groupdict().get("here2") or ""


def _begins(match: re.Match[str]) -> int:
    named: Callable[[str], int] = match.start
    return named("here") if named("here") >= 0 else named("here2")


def _without_text(line: str) -> tuple[str, tuple[_Slip, int] | None]:
    """The line with letters between quotes blanked and its comment cut off; and what is wrong with its quotes."""
    kept: list[str] = []
    quote, opened, problem = "", 0, None
    place = 0
    while place < len(line):
        letter = line[place]
        if quote:
            if letter == "\\" and quote == '"':
                if line[place + 1 : place + 2] not in ("\\", '"', "n", "t") and problem is None:
                    problem = (_BACKSLASH, place)
                kept.append("__"[: len(line) - place])
                place += 2
                continue
            quote, letter = ("", letter) if letter == quote else (quote, "_")
        elif letter in "\"'":
            quote, opened = letter, place
        elif letter == "#":
            break
        kept.append(letter)
        place += 1
    if quote:
        return "".join(kept[:opened]) + quote, (problem if problem and problem[0] is _BACKSLASH else (_QUOTES, opened))
    return "".join(kept), problem


def _opened(lines: list[str]) -> tuple[int, str]:
    """The number of the last line that opens a bracket or a brace and does not close it, and which; 0 without one."""
    for number in range(len(lines), 0, -1):
        code, _ = _without_text(lines[number - 1])
        for opening, closing in ("{}", "[]"):
            if code.count(opening) > code.count(closing):
                return number, opening
    return 0, ""


def _shown(name: str, lines: list[str], number: int, mark: tuple[int, int] | None, wrong: str, write: str) -> str:
    """The message: where and what, the line with a mark below the place, and what to write."""
    line = lines[number - 1].replace("\t", " ")
    below = f"\n    {' ' * mark[0]}{'^' * max(1, mark[1])}" if mark else ""
    return f"{name}, line {number}: {wrong}. {write}".rstrip() + f"\n    {line.rstrip()}{below}"
