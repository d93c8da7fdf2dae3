"""Spelling: names in the form in which they are compared; days, money, places and file names as text."""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    import pandas as pd


_SIGNS = (("#", " number "), ("%", " percent "), ("€", " euro "), ("£", " pound "))
# Letters that are no plain one with an accent, as those who have none on their keyboard write them.
_LETTERS = str.maketrans(
    {
        **dict(zip("ŁłØøĐđÐðĦħŦŧı", "LlOoDdDdHhTti", strict=True)),
        **dict(zip("ÆæŒœÞþ", ["AE", "ae", "OE", "oe", "Th", "th"], strict=True)),
    }
)


def plain(text: str) -> str:
    """The text in lower case, without accents, with single spaces: what two spellings are compared by."""
    if not text.isascii():
        text = text.translate(_LETTERS)
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(text.casefold().split())


def bare(text: str) -> str:
    """The plain text's letters and digits alone: what names of insurers are compared by."""
    return text.lower() if text.isascii() and text.isalnum() else _bare(text)


# A run compares the same few names and headings over and over.
@lru_cache(maxsize=1 << 16)
def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", plain(text))


def without_zeros(number: str) -> str:
    """A number's letters and digits without the zeros in front, which a spreadsheet drops: what two are compared by."""
    return bare(number).lstrip("0")


def one_letter_apart(one: str, other: str) -> bool:
    """Whether a single letter added, left out or changed makes one text of the other; False where they are equal."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[start + (len(one) >= len(other)) :] == other[start + (len(other) >= len(one)) :]


def given_name_first(name: str) -> str:
    """A person's name as names are compared: plain, and ``Last, First`` turned round; a closing star is no part."""
    parts = [part.strip() for part in plain(name).rstrip("* ").split(",")]
    return " ".join(reversed(parts)) if len(parts) == 2 else " ".join(parts)


# Apostrophes however they are typed (straight, curly, prime, acute, full width), soft hyphen and zero-width space
_JOINING = dict.fromkeys((0x27, 0x2018, 0x2019, 0x201B, 0x2032, 0xB4, 0xFF07, 0xAD, 0x200B), None)
# Backticks, and letters that modify others, such as the Hawaiian okina
_MARKS = ("Sk", "Lm")
_TITLES = frozenset(["mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "m", "mme", "mlle"])
_SUFFIXES = frozenset(["jr", "sr", "ii", "iii", "iv"])


# One run compares a name with others a dozen times.
@lru_cache(maxsize=1 << 15)
def name_words(name: str) -> tuple[str, ...]:
    """The words of a person's name apart from typography: no apostrophes, hyphens, titles or suffixes such as Jr."""
    # Where a part between commas is a suffix alone ("Sample, Pat, Jr."), the rest is still "Last, First".
    parts = [_name_part(part) for part in name.split(",")]
    if len(parts) > 1:
        parts = [part for part in parts if set(part) - _SUFFIXES - _TITLES] or parts
    if len(parts) == 2:
        parts.reverse()
    words = [word for part in parts for word in part]
    while len(words) > 2 and words[0] in _TITLES:
        words = words[1:]
    return tuple(word for word in words if word not in _SUFFIXES) if len(words) > 2 else tuple(words)


# What clinics write beside a patient's name: a nickname in brackets or quotes, a payer after a dash, a number.
_BESIDE_A_NAME = re.compile(r"\([^)]*\)|\[[^\]]*\]|\"[^\"]*\"|“[^”]*”|\s[-–—|/]+\s[^,]*|\s*#\s*\d+")


@lru_cache(maxsize=1 << 15)
def core_name(name: str) -> str:
    """A person's name as `same_name`, without what stands in brackets or quotes, after a dash or a number sign."""
    if name.replace(" ", "").isalnum():
        return same_name(name)
    core = without_beside(name)
    return same_name(core if any(map(str.isalpha, core)) else name)


def without_beside(name: str) -> str:
    """A cell without what `beside_a_name` gives."""
    return _BESIDE_A_NAME.sub(" ", name)


def beside_a_name(name: str) -> list[str]:
    """What stands beside a person's name in brackets or quotes, or behind a dash or a number sign, with the signs."""
    return _BESIDE_A_NAME.findall(name)


def _name_part(part: str) -> list[str]:
    if part.isascii() and part.replace(" ", "").isalnum():
        return part.lower().split()  # most names have nothing but letters
    # An apostrophe joins ("O'Neil" is "ONeil"); a full stop, a hyphen or a star separates.
    letters = plain(part.translate(_JOINING))
    if not (letters.isascii() and letters.replace(" ", "").isalnum()):
        letters = "".join(c for c in letters if unicodedata.category(c) not in _MARKS)
    return re.findall(r"[^\W_]+", letters)


@lru_cache(maxsize=1 << 15)
def same_name(name: str) -> str:
    """A person's name as rows of one visit are compared: its letters, without initials between the other words."""
    words = name_words(name)
    inner = [word for word in words[1:-1] if len(word) > 1]
    return "".join([*words[:1], *inner, *words[1:][-1:]])


# Who has no ä, ö, ü or ø on the keyboard writes ae, oe or ue; others leave the marks out.
_SPELLED_OUT = re.compile(r"([aou])e")


def without_umlauts(name: str) -> str:
    """A name in plain letters, however its umlauts are written: Mueller is "muller", as Müller and Muller are.

    So is Manuel "manul": it finds who may be one person, and proves nothing.
    """
    return _SPELLED_OUT.sub(r"\1", name)


@lru_cache(maxsize=1 << 16)
def heading(text: str) -> str:
    """A column heading as headings are compared: bare, with signs in words: ``Paid %`` is not ``Paid``."""
    for sign, word in _SIGNS:
        text = text.replace(sign, word)
    return bare(text)


def heading_words(text: str) -> list[str]:
    """The words of a column heading, with signs in words: ``Registration #`` is "registration number"."""
    for sign, word in _SIGNS:
        text = text.replace(sign, word)
    return re.findall(r"[^\W_]+", plain(text))


def day_text(days: pd.Series[pd.Timestamp]) -> pd.Series[str]:
    """Days as text, ``2026-10-05``; empty where there is none."""
    return _as_text(days, "D")


def month_text(days: pd.Series[pd.Timestamp]) -> pd.Series[str]:
    """The months of days as text, ``2026-10``; empty where there is no day."""
    return _as_text(days, "M")


def _as_text(days: pd.Series[pd.Timestamp], unit: Literal["D", "M"]) -> pd.Series[str]:
    """Days as text to their day or month; each is written once, however many rows have it."""
    import numpy as np
    import pandas as pd

    codes, different = pd.factorize(days.to_numpy())
    # The code of no day, -1, takes the last.
    texts = pd.array([*np.datetime_as_string(different, unit=unit).tolist(), ""], dtype="str")
    return pd.Series(texts.take(codes), index=days.index, name=days.name)


# Between the table of a source, which is its file and sheet, and its row: the last one, whatever a sheet is called.
_ROW = ", row "


def source_text(file: str, sheet: str, row: int) -> str:
    """File, sheet and row as one text, as the ledger keeps them."""
    return f"{file}{f', {sheet}' if sheet else ''}{_ROW}{row}"


def sources(sessions: pd.DataFrame) -> pd.Series[str]:
    """The `source_text` of each session."""
    sheet = ", " + sessions["sheet"]
    place = sessions["file"] + sheet.where(sessions["sheet"] != "", "")
    return (place + _ROW + sessions["row"].astype("str")).astype("str")


def is_of_file(source: str, file: str) -> bool:
    """True where a source is a row of the file of that name."""
    return source.startswith(f"{file}, ")


def tables_of(sources: pd.Series[str]) -> pd.Series[str]:
    """File and sheet of each source, without the row: the same text for all rows of one table."""
    return sources.str.rpartition(_ROW)[0] if len(sources) else sources


class RowPlace(NamedTuple):
    """A row of an input file, as Excel numbers it; a text file has no sheet."""

    file: str
    sheet: str
    row: int


def rows_beside(text: str) -> list[RowPlace]:
    """The rows in a cell of the sessions' column `beside`."""
    parts = (line.split("\t") for line in text.splitlines())
    return [RowPlace(file, sheet, int(row)) for file, sheet, row in parts]


def slug(text: str) -> str:
    """The text as part of a file name: lower-case ASCII letters, digits and single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", plain(text)).strip("-")


_A_DAY = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}")


def is_id(text: str) -> bool:
    """Whether a text in the id column can be one; words, an address or a day there could be a patient's."""
    if not 0 < len(text) <= 40 or "@" in text or any(character.isspace() for character in text):
        return False
    return any(character.isdigit() for character in text) and not _A_DAY.fullmatch(text)


def numbered(text: str) -> str:
    """A payment's number as the screen may show it: its words that are numbers; any other could be somebody's name."""
    return " ".join(filter(is_id, text.split())) if len(text) <= 40 else ""


def cents(amount: Decimal) -> int | None:
    """An amount in dollars as whole cents, or None where it has a fraction of a cent."""
    scaled = amount * 100
    whole = scaled.to_integral_value(ROUND_HALF_UP)
    return int(whole) if whole == scaled else None


def dollars(amount_cents: int) -> str:
    """Cents as the screen shows them: ``$1,095.00``, ``-$95.00``."""
    sign = "-" if amount_cents < 0 else ""
    whole, part = divmod(abs(int(amount_cents)), 100)
    return f"{sign}${whole:,}.{part:02d}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: ``1 claim``, ``1,095 claims``; `many` where the plural is not one with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
