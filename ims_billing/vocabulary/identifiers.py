"""One cell into an identifier: a policy number, a member ID, an insurer's file number; or why it cannot be one."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from typing import NamedTuple

from ims_billing.vocabulary.cells import Cell, is_error
from ims_billing.vocabulary.days import MONTHS
from ims_billing.vocabulary.spelling import plain

# Letters without a digit among them that stand beside a number and belong to it: "Group 22218", "SL 175 A".
_LONGEST_PREFIX = 2
_LONGEST = 40
# A longer text is not looked at for two numbers and the like: that takes as long as it is long, many times over.
_MOST_READ = 1000
_TOO_LONG = "more than a number"
# Excel keeps 15 digits of a number, and writes zeros for the others.
_EXACT_DIGITS = 15
_WITHOUT_WIDTH = re.compile(r"[\u200b-\u200f\u2060\ufeff]")
# Most numbers: a letter or two at most, digits with one that counts, not one of them over and over, and two digits more
# behind a hyphen. Nothing else that is looked for could be wrong with them.
_USUAL = re.compile(r"(?=.*[1-9])(?!(\d)\1{5,}$)[A-Za-z]{0,2}[0-9]{5,15}(?:-[0-9]{2})?")
_TEXT_MARK = re.compile(r'="(.*)"|[\'’](.*)')
_BETWEEN, _NO_WORD, _LETTER, _COUNTING = map(re.compile, (r"[\W_]+", r"[^\w ]", r"[^\W\d_]", r"[1-9]"))
_MARKS = re.compile(r"[\w\-/.#:&() ]+")
_SCIENTIFIC = re.compile(r"\d[.,]\d*e[+-]?\d+|\d+e\+\d+")
_ISO_DAY = re.compile(r"(?:19|20)\d\d-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?z?")
_SLASHED_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(?:(?:19|20)\d\d|\d\d)")
_NAMED_DAY = re.compile(r"(?:(\d{1,2})[- ])?([a-z]{3,9})[- ](\d{2}|\d{4})|(\d{1,2})[- ]([a-z]{3,9})")
# The number that this program gives a claim: no insurer's number for a policy, a person or an accident.
_OUR_CLAIM = re.compile(r"20\d\d-\d\d-[a-z]{4}-\d{4,}")
_NOT_KNOWN = "one digit over and over, which stands for a number that is not known"
_ONE_DIGIT = re.compile(r"(\d)\1{5,}")
# A number without a fraction, written with one. Three zeros may be a group of thousands: "50,000".
_WHOLE = re.compile(r"(\d+)[.,]0{1,2}")
# A number with a fraction. Behind four digits and a stop, three digits and more may be a division of a group.
_FRACTION = re.compile(r"\d{1,3}[.,]\d+|\d+[.,]\d{1,2}")
# Two numbers in one cell, of which nobody can tell which is meant: "22218 or 22281", "022218 / 000175", or a policy
# beside a certificate.
_TWO = re.compile(
    r"\d\W*\b(?:or|ou|and|et|vs|to)\b\W*\w*\d"
    r"|\d\s+[/&]\s*\w*\d|\d\s*[/&]\s+\w*\d|\d{4,}\s*(?:[/&:#(]|\s-\s)\s*\d{4,}"
    r"|\d.*\b(?:cert|certificate|certificat|member|membre)\b.*\d"
)
# Digits that a portal hides: "xxxx1234", "...0175".
_HIDDEN = re.compile(r"x{3,}|\.{2,}")
# What a number ends with: "175-1." is cut off, or its end stands in another cell. Networks number dependents as "-01".
_WHOLE_NUMBER = re.compile(r".*[\w)]")
# A phone number of North America, with its marks: "250-555-0100", "(250) 555-0100".
_PHONE = re.compile(r"\(?[2-9]\d\d(?:\) ?|[-. ])[2-9]\d\d[-. ]\d{4}")


class Identifier(NamedTuple):
    """A cell read as an identifier: its `text` (empty where there is none), why it is `damaged`, how it was `fixed`.

    `damaged` and `fixed` are clauses that follow "Policy Number (column L) holds" or "was written"; empty where there
    is nothing to say. They never repeat the cell.
    """

    text: str
    damaged: str = ""
    fixed: str = ""


def identifier(cell: Cell, nothing: Collection[str] = (), beside: Collection[str] = ()) -> Identifier:
    """The identifier in a cell. Only what can be a number of an insurer is one; anything else is blank or damaged.

    `nothing` are words that say that there is none, `beside` words that may stand beside a number ("group", "cert"),
    both plain. Letters, digits, spaces and the usual marks make an identifier, with at least one digit that is not 0.
    """
    if cell is None:
        return Identifier("")
    if isinstance(cell, bool):
        return Identifier("", "yes or no instead of a number")
    if isinstance(cell, dt.date | dt.time | dt.timedelta):
        return Identifier("", "a date: a spreadsheet has turned the number into one")
    if isinstance(cell, int | float):
        return _number(cell)
    if _USUAL.fullmatch(cell):
        return Identifier(cell)
    return _written(cell, nothing, beside)


def has_lost_digits(cell: Cell) -> bool:
    """Whether a spreadsheet has shortened a number, as 1.23E+11, or has written zeros for its last digits."""
    if isinstance(cell, int | float):
        return bool(cell >= 10**_EXACT_DIGITS)
    words = plain(cell) if isinstance(cell, str) else ""
    return bool(_SCIENTIFIC.fullmatch(words)) or _ends_in_zeros(words)


def _ends_in_zeros(words: str) -> bool:
    return words.isdigit() and len(words) > _EXACT_DIGITS + 1 and not words[_EXACT_DIGITS:].strip("0")


def _number(cell: float) -> Identifier:
    if isinstance(cell, float) and not cell.is_integer():
        return Identifier("", "a number with decimals")
    if cell < 0:
        return Identifier("", "a number below zero")
    if cell >= 10**_EXACT_DIGITS:
        return Identifier("", "a number too long for a spreadsheet, which has lost its last digits")
    if _ONE_DIGIT.fullmatch(str(int(cell))):
        return Identifier("", _NOT_KNOWN)
    return Identifier(str(int(cell)) if cell else "")


def _written(cell: str, nothing: Collection[str], beside: Collection[str]) -> Identifier:
    fixed = ""
    text = " ".join((cell if cell.isascii() else _WITHOUT_WIDTH.sub("", cell)).split())
    if marked := _TEXT_MARK.fullmatch(text):
        text, fixed = (marked[1] or marked[2] or "").strip(), "with a spreadsheet's text mark"
    if whole := _WHOLE.fullmatch(text):
        text, fixed = whole[1], "as a number with decimals"
    words = plain(text)
    if is_error(text):
        return Identifier("", f"{text}, an error of the spreadsheet")
    if _says_none(words, nothing):
        return Identifier("")
    if damage := _damage(words, nothing, beside):
        return Identifier("", damage)
    return Identifier(text, "", fixed)


def _says_none(words: str, nothing: Collection[str]) -> bool:
    """Whether a cell is blank, zeros or marks alone, crosses, or a word for nothing."""
    parts = [words] if words.isalnum() else _BETWEEN.sub(" ", words).split()
    return not "".join(parts).strip("0x") or " ".join(parts) in nothing


def _damage(words: str, nothing: Collection[str], beside: Collection[str]) -> str:
    """Why words, plain and not blank, are no identifier; empty where they are one."""
    if not _COUNTING.search(words):
        return "words instead of a number"
    if len(words) > _MOST_READ:
        return _TOO_LONG
    if _SCIENTIFIC.fullmatch(words):
        return "a number that a spreadsheet has shortened, such as 1.23E+11"
    if _OUR_CLAIM.fullmatch(words):
        return "a claim number of this program, which is not the insurer's"
    if _FRACTION.fullmatch(words):
        return "a number with decimals"
    if _TWO.search(words):
        return "two numbers"
    if _is_day(words):
        return "a date: a spreadsheet has turned the number into one"
    if _ends_in_zeros(words):
        return "a number too long for a spreadsheet, which has lost its last digits"
    if _ONE_DIGIT.fullmatch(words):
        return _NOT_KNOWN
    if len(words) > _LONGEST:
        return _TOO_LONG
    if _HIDDEN.search(words):
        return "a number of which some digits are hidden"
    if _PHONE.fullmatch(words):
        return "a phone number"
    if not _MARKS.fullmatch(words) or not _WHOLE_NUMBER.fullmatch(words):
        return "marks that stand in no number"
    if not _LETTER.search(words):
        return ""
    strangers = [w for w in _NO_WORD.sub("", words).split() if w.isalpha() and len(w) > _LONGEST_PREFIX]
    if any(word not in beside for word in strangers) or _says_of_itself_none(words, nothing):
        return "words beside a number"
    return ""


def _says_of_itself_none(words: str, nothing: Collection[str]) -> bool:
    """Whether a word for nothing stands beside a number: "N/A-000175", "TBD-000175"."""
    apart = {part for part in _BETWEEN.split(words) if len(part) > _LONGEST_PREFIX}
    return not apart.isdisjoint(nothing) or "n/a" in words


def _is_day(words: str) -> bool:
    """Whether a text is a date in one of the ways in which Excel writes dates."""
    if _ISO_DAY.fullmatch(words):
        return True
    if slashed := _SLASHED_DAY.fullmatch(words):
        first, second = sorted((int(slashed[1]), int(slashed[2])))
        return 1 <= first <= 12 and second <= 31
    named = _NAMED_DAY.fullmatch(words)
    return named is not None and (named[2] or named[5]) in MONTHS


def shape(text: str) -> str:
    """The pattern of a number: 9 for each digit, A for each letter, without spaces and marks."""
    return "".join("9" if c.isdigit() else "A" for c in text if c.isalnum())
