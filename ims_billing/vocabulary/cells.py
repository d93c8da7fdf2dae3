"""One cell into text, a day, a time, cents or a listed word; None where it cannot be read for what it should be."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from ims_billing.vocabulary.days import (
    MONTHS,
    WEEKDAYS,
    ZONES,
    Cell,
    Clock,
    at_the_clinic,
    clock,
    day,
    day_order,
    end_of,
    time,
)
from ims_billing.vocabulary.durations import length
from ims_billing.vocabulary.kinds import Order
from ims_billing.vocabulary.spelling import cents, plain

__all__ = ["Cell", "Clock", "Order", "at_the_clinic", "clock", "day", "day_order", "length", "time"]
__all__ += ["begins_a_formula", "is_error", "meanings", "money", "quoted", "shown", "text", "word_of", "written_out"]
__all__ += ["end_of", "first_phrase", "meaning_of", "other_words", "says_nothing"]

_ERRORS = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA|#+)", re.IGNORECASE)

_POINT = re.compile(r"-?(?:\d{1,3}(?:[, ]\d{3})+|\d+)(?:\.\d{1,2})?")
_COMMA = re.compile(r"-?(?:\d{1,3}(?:[. ]\d{3})+|\d+),\d{2}")
# A year before this is somebody's birth date rather than a visit's.
_LIVE = 2015
# Words that stand in cells of days, times and money, and that are no name; a month is one too, with a number beside it.
_NEED_A_NUMBER = {*MONTHS, *WEEKDAYS, *ZONES}
_WORDS = """
a p m am pm h t hr hrs hour hours heure heures min mins minutes noon midday midi midnight minuit s st nd rd th er
morning afternoon evening tbd tba na n nil none no unknown pending exempt exempted zero free waived cad ca c
usd us eur gbp matin soir aucun aucune exonere le de of at to and et half past ish quarter approx about circa pt cr dr
"""
_QUOTABLE = {*_NEED_A_NUMBER, *_WORDS.split()}
_HARMLESS = re.compile(r"[\d\s/.:,$()+-]{1,30}")


def is_error(cell: Cell) -> bool:
    """Whether the cell holds one of Excel's errors."""
    return isinstance(cell, str) and cell.startswith("#") and bool(_ERRORS.fullmatch(cell.strip()))


def text(cell: Cell) -> str:
    """The cell as text, trimmed; a whole number without a decimal point, so that identifiers stay themselves."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell)


def shown(cell: Cell) -> str:
    """The cell as a message may quote it: what could be somebody's name, number or words is not repeated."""
    written = text(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) < 1e8:
        return f"the number {written}"
    if is_error(cell):
        return written
    year = re.search(r"(?:19|20)\d\d", written)
    personal = sum(map(str.isdigit, written)) > 8 or (year is not None and int(year[0]) < _LIVE)
    return f'"{written}"' if _HARMLESS.fullmatch(written) and not personal else "text"


def written_out(cell: Cell) -> str:
    """A cell of a column of visits' days, times or amounts as a message quotes it.

    Quoted is what consists of numbers and of words for days, times and money: with a word that nobody knows it could
    be a name in the wrong column.
    """
    written = " ".join(text(cell).split())
    words = _words_in(written)
    digits = sum(map(str.isdigit, written))
    year = re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", written)
    # May and April are months beside a number, and people without one; ten digits without a time may be a PHN.
    sure = words <= (_QUOTABLE if digits else _QUOTABLE - _NEED_A_NUMBER) and (digits <= 8 or ":" in written)
    harmless = len(written) <= 40 and not re.search(r"\d{9}", written)
    if isinstance(cell, str) and sure and harmless and not (year is not None and int(year[0]) < _LIVE):
        return f'"{written}"'
    return shown(cell)


def other_words(cell: Cell) -> set[str]:
    """The words of a cell of a time or a length that are none for days, times and money: "cxl" of ``9:00 cxl``.

    Letters are short for such words beside a number alone, apart from those of a.m. and p.m.: "n/s" is a no-show.
    """
    written = text(cell)
    letters = set() if any(map(str.isdigit, written)) else {word for word in _QUOTABLE if len(word) == 1} - {*"apmh"}
    return _words_in(written) - (_QUOTABLE - letters)


def _words_in(written: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", plain(written)))


# A column holds few amounts, again and again; 1 and True are two cells.
@lru_cache(maxsize=1 << 14, typed=True)
def money(cell: Cell) -> int | None:
    """Whole cents of an amount: a number, ``$1,095.00``, ``(95.00)``, ``95,00 $``."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        scaled = round(cell * 100) if abs(cell) < 1e12 else None
        # A float is right to some 15 digits: nearer to a cent than that is the cent, further is a fraction.
        return scaled if scaled is not None and abs(cell * 100 - scaled) < 1e-4 else None
    if not isinstance(cell, str):
        return None
    if not any(map(str.isdigit, cell)):
        return None  # a name, a word: most cells that are looked at for an amount
    # Characters without a width come along from web pages.
    written = re.sub(r"[\u00a0\u202f]", " ", re.sub(r"[\u200b-\u200f\u2060\ufeff]", "", cell))
    written = written.replace("−", "-").strip().upper()
    negative = written.startswith("(") and written.endswith(")")
    if negative:
        written = written[1:-1]
    written = re.sub(r"^(-?) *(?:CAD|CA\$|C\$|\$) *(?=[-\d])|(?<=\d) *(?:CAD|CA\$|C\$|\$)$", r"\1", written).strip()
    written = re.sub(r"^- +", "-", written)
    if trailing := re.fullmatch(r"(\$? ?\d[\d.,]*) ?-", written):  # as accounting programs print what is taken off
        written = f"-{trailing[1].lstrip('$ ')}"
    if len(written) > 15:
        return None
    if _POINT.fullmatch(written):
        number = Decimal(written.replace(",", "").replace(" ", ""))
    elif _COMMA.fullmatch(written):
        number = Decimal(written.replace(".", "").replace(" ", "").replace(",", "."))
    else:
        return None
    return cents(-abs(number) if negative else number)


def word_of(cell: str) -> str:
    """A cell word as words are compared: ``No-Show``, ``no_show`` and ``NO SHOW`` are one."""
    words = plain(cell)
    # Most cells are words with spaces between them, as they stand.
    return words if words.replace(" ", "").isalnum() else " ".join(re.sub(r"[^\w✓✔]|_", " ", words).split())


def first_phrase(written: str, phrases: Iterable[str]) -> str:
    """The first of the phrases that stands in a text, as whole words (`word_of`); empty where none does."""
    words = f" {word_of(written)} "
    return next((phrase for phrase in phrases if f" {word_of(phrase)} " in words), "")


# Marks that say nothing where they stand alone. A question mark, a cross or an emoji says something.
_SILENT = re.compile(r"[\s\-‐‑–—−._,;:/\\|*•·'’\"`()\[\]$]*")


def says_nothing(cell: Cell, nothing: frozenset[str]) -> bool:
    """Whether a cell is blank, an error aside: empty, dashes and other silent marks alone, or a word of `nothing`.

    `nothing` are words as `word_of` compares them. A lone currency sign beside a dash, as Excel's Accounting format
    writes zero, is blank too.
    """
    if not isinstance(cell, str):
        return cell is None
    if is_error(cell):
        return False
    word = word_of(re.sub(r"(?i)^(?:cad|ca\$|c\$|\$)(?= *[-–—−]?$)", "", cell.strip()))
    return word in nothing and "?" not in cell and (bool(word) or bool(_SILENT.fullmatch(cell)))


def meaning_of(cell: str, meanings: Mapping[str, str]) -> str | None:
    """The one meaning that the words of a cell have, alone or as the longest wordings of `meanings`.

    A word that means "either" changes nothing beside others. None where some word is in no wording, where two mean
    different things, or where a question mark takes back what they say.
    """
    if "?" in cell:
        return None
    parts, each = word_of(cell).split(), set[str]()
    longest = max((wording.count(" ") for wording in meanings), default=0) + 1
    place = 0
    while place < len(parts):
        wordings = (" ".join(parts[place : place + n]) for n in range(min(len(parts) - place, longest), 0, -1))
        wording = next((wording for wording in wordings if wording in meanings), None)
        if wording is None:
            return None
        each.add(meanings[wording])
        place += wording.count(" ") + 1
    each = each - {"either"} or each
    return each.pop() if len(each) == 1 else None


# Spreadsheets take the wide signs of Asian keyboards for the usual ones, and some pass over blanks before them:
# https://owasp.org/www-community/attacks/CSV_Injection
_BEGINS_A_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")


def begins_a_formula(text: str) -> bool:
    """Whether a spreadsheet that opens this text as a cell of a text file may compute it."""
    return _BEGINS_A_FORMULA.match(text) is not None


def quoted(cell: str) -> str:
    """A cell word as a message may repeat it: one word or two, never what could be a remark about somebody."""
    short = len(cell) <= 30 and len(cell.split()) <= 2
    return f' "{cell}"' if short and not any(c.isdigit() or c == '"' for c in cell) else ""


def meanings(published_words: Mapping[str, Sequence[str]], own: Mapping[str, str]) -> dict[str, str]:
    """The meaning of each cell word: the published words, overridden by the clinic's own."""
    # A sign such as a box to tick is its own word.
    by_word = {word_of(written) or written: meaning for meaning, texts in published_words.items() for written in texts}
    by_word |= {word_of(written) or written: meaning for written, meaning in own.items()}
    # "no show", "noshow" and "no-show" are one word to a person
    return {word.replace(" ", ""): meaning for word, meaning in by_word.items()} | by_word
