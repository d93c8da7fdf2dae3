"""What a cell under an unread heading plainly is: a day, a number of somebody, an address, a sentence."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Sequence

from ims_billing.vocabulary.cells import Cell, day, money, text, time, word_of
from ims_billing.vocabulary.days import MONTHS
from ims_billing.vocabulary.spelling import heading_words, plain

# A cell of more words than this is somebody's sentence: a word such as "cancelled" may be about anything.
SHORT = 5
# And no status, day or yes has more characters than this.
LONG = 60
# Days as numbers, as a spreadsheet keeps them: those from 2015 to 2064.
_SERIALS = range(42005, 60270)
# "9/10", "2026-09" and "10/2026" are a day or a month; so is "Oct 9", in whatever order.
_PART_OF_A_DAY = re.compile(r"\d{1,2}[/-]\d{1,2}|(?:19|20)\d\d[-/.]\d{1,2}|\d{1,2}[-/.](?:19|20)\d\d")
_RATE = re.compile(r"-?\d+(?:[.,]\d+)? ?%")
_ADDRESS = re.compile(r"\S+@\S+\.\S+|https?://\S+|www\.\S+", re.IGNORECASE)
_PHONE = re.compile(r"[+(]?\d[\d\s().+-]{5,}\d(?: ?(?:x|ext\.?) ?\d+)?", re.IGNORECASE)
_HEXADECIMAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# A postal code, a diagnosis by its code (ICD-10), and a business number with its program account (GST).
_CODES = re.compile(r"[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-TV-Z]\d\d(?:\.\d{1,4})?|\d{9} ?R[CPT]\d{4}", re.IGNORECASE)
# Below this many digits a number sorts rows as often as it is somebody's.
_DIGITS = 4
# So many digits at least has a number that an insurer gives to a claim.
_OF_A_CLAIM = 3


def day_in(cell: Cell) -> dt.datetime | None:
    """The day that a cell holds, alone or within a few words, however it is written."""
    if isinstance(cell, str) and (len(cell) > LONG or not any(map(str.isdigit, cell))):
        return None
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        whole = float(cell).is_integer() and int(cell) in _SERIALS
        return dt.datetime(1899, 12, 30) + dt.timedelta(days=int(cell)) if whole else None
    on = day(cell, "month-first", short_years=True) or day(cell, "day-first", short_years=True)
    if on is None and isinstance(cell, str) and len(cell.split()) <= SHORT:
        parts = (part.strip("().,;:") for part in cell.split())
        days = (day(part, "month-first") or day(part, "day-first") for part in parts)
        on = next((one for one in days if one is not None), None)
    return on


def is_part_of_a_day(cell: Cell) -> bool:
    """Whether a cell is a day without a year, or a month: ``Oct 9``, ``9/10``, ``2026-09``."""
    written = text(cell)
    if not isinstance(cell, str) or len(written) > LONG:
        return False
    words = word_of(written).split()
    months = [word for word in words if word in MONTHS]
    return bool(_PART_OF_A_DAY.fullmatch(written)) or (
        len(months) == 1 and all(word in MONTHS or re.fullmatch(r"\d{1,4}(?:st|nd|rd|th)?", word) for word in words)
    )


def month_in(cell: Cell) -> dt.datetime | None:
    """The first day of the month that a cell is, with its year: ``October 2026``, ``2026-10``, ``10/2026``.

    A spreadsheet turns such a month into its first day.
    """
    if isinstance(cell, dt.date):
        return dt.datetime(cell.year, cell.month, 1) if cell.day == 1 else None
    words = word_of(text(cell)).split()
    years = [int(word) for word in words if re.fullmatch(r"20\d\d", word)]
    months = [
        MONTHS.get(word) or int(word) for word in words if word in MONTHS or re.fullmatch(r"0?[1-9]|1[0-2]", word)
    ]
    is_month = len(words) == 2 and len(years) == len(months) == 1
    return dt.datetime(years[0], months[0], 1) if is_month else None


def is_rate(cell: Cell) -> bool:
    """Whether a cell is a percentage other than zero."""
    written = text(cell)
    return bool(_RATE.fullmatch(written)) and any(digit in written for digit in "123456789")


def is_of_the_visit(cell: Cell, visit: dt.datetime | None, *, week: bool) -> bool:
    """Whether a cell is the visit's own day, month or year, or a day of the same `week`."""
    if visit is None:
        return False
    on = day_in(cell)
    if on is not None:
        return abs(on.date() - visit.date()) < dt.timedelta(days=7 if week else 1)
    words = word_of(text(cell)).split()
    months = [word for word in words if word in MONTHS]
    if months and all(word in MONTHS or word == str(visit.year) for word in words):
        return {MONTHS[word] for word in months} == {visit.month}
    return words == [str(visit.year)] or text(cell) in (f"{visit:%Y-%m}", f"{visit:%m/%Y}", f"{visit:%Y/%m}")


def is_number_code(written: str) -> bool:
    """Whether a number begins with a zero that no amount has: ``01234``."""
    return re.fullmatch(r"[-+]?0\d+", written) is not None


def is_a_number_of_somebody(cell: Cell) -> bool:
    """Whether a cell is an address, a phone number, a code or an identifier, which sorts no rows."""
    written = text(cell)
    if any(form.fullmatch(written) for form in (_ADDRESS, _PHONE, _HEXADECIMAL, _CODES)) or time(cell) is not None:
        return True
    digits = sum(map(str.isdigit, written))
    as_a_whole = re.fullmatch(r"[A-Za-z]{0,5}[ #-]?\d[\w./-]*", written) is not None
    # "TELUS 10/09" and "Visa 95.00" say what happened on a day, or with an amount.
    if is_part_of_a_day(written.split(" ")[-1]) or re.fullmatch(r"[A-Za-z]+ \d+\.\d\d", written):
        return False
    amount = money(cell) is not None and not re.fullmatch(r"0\d+|\d{5,}", written)
    return as_a_whole and not amount and (digits >= _DIGITS or (written.startswith("0") and digits > 1))


def is_a_claims_number(cell: Cell) -> bool:
    """Whether a cell may be the number that an insurer gave to what was sent to it: a code of three digits or more."""
    written = text(cell)
    if len(written) > LONG or sum(map(str.isdigit, written)) < _OF_A_CLAIM or isinstance(cell, dt.date | dt.time):
        return False
    return not isinstance(cell, str) or not day_in(cell)


def is_sentence(cell: Cell) -> bool:
    """Whether a cell is somebody's sentence rather than a word that sorts rows."""
    written = text(cell)
    return len(written) > LONG or len(written.split()) > SHORT


def same(one: Cell, other: Cell) -> bool:
    """Whether two cells say the same: as text, as a day or as an amount."""
    if plain(text(one)) == plain(text(other)):
        return True
    amount, on = money(one), day(one, "month-first")
    return (amount is not None and amount == money(other)) or (on is not None and on == day(other, "month-first"))


def is_whole(written: str) -> bool:
    """Whether a number is written without cents and without a sign of money."""
    return re.fullmatch(r"-?\d+", written) is not None


def is_a_time(cell: Cell) -> bool:
    """Whether a cell is a time of the day, as 9:05."""
    return ":" in text(cell) and time(cell) is not None


def is_month(word: str) -> bool:
    """Whether a word is a month's name, or short for one."""
    return day(f"1 {word} 2026", "unambiguous") is not None


def is_amount(cell: Cell) -> bool:
    """Whether a cell can be read as an amount; yes and no can not."""
    return not isinstance(cell, bool) and money(cell) is not None


def are_ids(name: str, cells: Sequence[Cell]) -> bool:
    """Whether a heading speaks of an ID and each row has its own, with a digit in it."""
    own = len({*cells}) == len(cells) > 2 and all(any(map(str.isdigit, text(cell))) for cell in cells)
    return own and not {"id", "guid", "uuid", "reference"}.isdisjoint(heading_words(name))


def follows(words: Sequence[str], *phrases: tuple[str, str]) -> bool:
    """Whether two words of one of the phrases stand one behind the other."""
    return any(pair in phrases for pair in itertools.pairwise(words))
