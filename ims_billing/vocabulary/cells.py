"""One cell into text, a day, a time, cents or a known word; None where it cannot be read for what it should be."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Literal, TypeAlias

from ims_billing.vocabulary.spelling import cents, plain

Cell: TypeAlias = str | float | int | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None
Order = Literal["unambiguous", "month-first", "day-first"]

_ERRORS = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA|#+)", re.IGNORECASE)

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv",
            "february feb fevrier fevr fev",
            "march mar mars",
            "april apr avril avr",
            "may mai",
            "june jun juin",
            "july jul juillet juil",
            "august aug aout",
            "september sept sep septembre",
            "october oct octobre",
            "november nov novembre",
            "december dec decembre",
        ),
        start=1,
    )
    for name in names.split()
}
_TIME = r"(?:[t ,]+(?P<time>\d{1,2}[:h]\d{2}.*))?"
_YEAR_FIRST = re.compile(rf"(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){_TIME}")
_YEAR_LAST = re.compile(rf"(?P<a>\d{{1,2}})[-/.](?P<b>\d{{1,2}})[-/.](?P<y>\d{{4}}|\d\d){_TIME}")
_DAY_MONTH = re.compile(rf"(?:[a-z]+\.?,? )?(?P<d>\d{{1,2}})(?:er)?[ -](?P<m>[a-z]+)\.?[ ,-]+(?P<y>\d{{4}}){_TIME}")
_MONTH_DAY = re.compile(
    rf"(?:[a-z]+\.?,? )?(?P<m>[a-z]+)\.?[ -](?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?[ -]+(?P<y>\d{{4}}){_TIME}"
)
_CLOCK = re.compile(
    r"(?P<h>\d{1,2})(?:[:h.](?P<m>\d{2})?(?::\d{2}(?:\.\d+)?)?)? ?(?P<half>[ap]\.?m\.?)?"
    r"(?: ?(?:z|[+-]\d{2}:?\d{2}))?"
)
_POINT = re.compile(r"-?(?:\d{1,3}(?:[, ]\d{3})+|\d+)(?:\.\d{1,2})?")
_COMMA = re.compile(r"-?(?:\d{1,3}(?:[. ]\d{3})+|\d+),\d{2}")
# A year before this is somebody's birth date rather than a visit's.
_LIVE = 2015
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
    """The cell as a message may quote it: what could be somebody's name or words is not repeated."""
    written = text(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) < 1e8:
        return f"the number {written}"
    if is_error(cell):
        return written
    year = re.search(r"(?:19|20)\d\d", written)
    personal = sum(map(str.isdigit, written)) > 8 or (year is not None and int(year[0]) < _LIVE)
    return f'"{written}"' if _HARMLESS.fullmatch(written) and not personal else "text"


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
    written = re.sub(r"[\u00a0\u202f]", " ", cell).replace("−", "-").strip().upper()
    negative = written.startswith("(") and written.endswith(")")
    if negative:
        written = written[1:-1]
    written = re.sub(r"^(-?) *(?:CAD|CA\$|C\$|\$) *(?=[-\d])|(?<=\d) *(?:CAD|CA\$|C\$|\$)$", r"\1", written).strip()
    written = re.sub(r"^- +", "-", written)
    if len(written) > 15:
        return None
    if _POINT.fullmatch(written):
        number = Decimal(written.replace(",", "").replace(" ", ""))
    elif _COMMA.fullmatch(written):
        number = Decimal(written.replace(".", "").replace(" ", "").replace(",", "."))
    else:
        return None
    return cents(-abs(number) if negative else number)


def day_order(cells: Iterable[Cell], order: Order) -> Order:
    """How a column writes day and month: what the clinic says, else what the column itself proves."""
    if order != "unambiguous":
        return order
    day_first = month_first = False
    for cell in {cell for cell in cells if isinstance(cell, str)}:
        if match := _YEAR_LAST.fullmatch(plain(cell)):
            day_first |= int(match["a"]) > 12
            month_first |= int(match["b"]) > 12
    if day_first != month_first:
        return "day-first" if day_first else "month-first"
    return "unambiguous"


def day(cell: Cell, order: Order, *, short_years: bool = False) -> dt.datetime | None:
    """The day, with the time where the cell has one.

    Text such as 10/05/2026 is read only by a known order, or where one number can only be the day. Two-digit
    years are of this century, and are read only where `short_years` allows and the order is known.
    """
    if isinstance(cell, dt.date):
        found = cell if isinstance(cell, dt.datetime) else dt.datetime(cell.year, cell.month, cell.day)
        return found.replace(tzinfo=None) if _plausible(found) else None
    if not isinstance(cell, str):
        return None
    written = plain(cell)
    for form in (_YEAR_FIRST, _YEAR_LAST, _DAY_MONTH, _MONTH_DAY):
        match = form.fullmatch(written)
        if match:
            break
    else:
        return None
    clock = match["time"]
    minutes = time(clock) if clock else 0
    if form is _YEAR_LAST:
        split = _day_and_month(int(match["a"]), int(match["b"]), order)
        if len(match["y"]) == 2 and (not short_years or order == "unambiguous"):
            return None
    else:
        month = _MONTHS.get(match["m"]) if match["m"].isalpha() else int(match["m"])
        split = (int(match["d"]), month) if month else None
    if split is None or minutes is None:
        return None
    year = int(match["y"]) + (2000 if len(match["y"]) == 2 else 0)
    try:
        found = dt.datetime(year, split[1], split[0]) + dt.timedelta(minutes=minutes)
    except ValueError:
        return None
    return found if _plausible(found) else None


def _plausible(day: dt.date) -> bool:
    """Whether anybody who can be a patient lived then: a year such as 0026 is a slip."""
    return 1900 < day.year < 2200


def _day_and_month(first: int, second: int, order: Order) -> tuple[int, int] | None:
    if order == "day-first":
        return (first, second)
    if order == "month-first":
        return (second, first)
    if first > 12 or first == second:
        return (first, second)
    return (second, first) if second > 12 else None


def time(cell: Cell) -> int | None:
    """Minutes after midnight of a time of day, or of a day with a time."""
    if isinstance(cell, dt.datetime | dt.time):
        return cell.hour * 60 + cell.minute
    if isinstance(cell, dt.timedelta):
        return int(cell.total_seconds() // 60) if dt.timedelta() <= cell < dt.timedelta(days=1) else None
    if isinstance(cell, float) and 0 <= cell < 1:
        return round(cell * 24 * 60)
    if not isinstance(cell, str):
        return None
    written = plain(cell)
    if " " in written and (with_day := day(written, "unambiguous")):
        return with_day.hour * 60 + with_day.minute
    if re.fullmatch(r"\d{4}", written):  # 0930
        written = f"{written[:2]}:{written[2:]}"
    match = _CLOCK.fullmatch(written)
    if not match or (match["m"] is None and match["half"] is None and "h" not in written):
        return None
    hour, minute, half = int(match["h"]), int(match["m"] or 0), (match["half"] or "")[:1]
    if minute > 59 or hour > (12 if half else 23) or (half and hour == 0):
        return None
    return (hour % 12 + (12 if half == "p" else 0) if half else hour) * 60 + minute


def length(cell: Cell) -> int | None:
    """Minutes of a duration: a number, ``45 min``, ``0:45``, ``1 h``."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return int(cell) if float(cell).is_integer() and 0 < cell <= 24 * 60 else None
    if isinstance(cell, dt.time | dt.timedelta):
        return time(cell)
    if not isinstance(cell, str):
        return None
    match = re.fullmatch(
        r"(?:(\d{1,2}) ?(?:h|hr|hrs|hour|hours):?)? ?(?:(\d{1,3}) ?(?:m|min|mins|minutes?)?\.?)?", plain(cell)
    )
    if match and (match[1] or match[2]):
        return int(match[1] or 0) * 60 + int(match[2] or 0) or None
    return time(cell) if re.fullmatch(r"\d:\d\d", plain(cell)) else None


def word_of(cell: str) -> str:
    """A cell word as words are compared: ``No-Show``, ``no_show`` and ``NO SHOW`` are one."""
    return " ".join(re.sub(r"[^\w✓✔]|_", " ", plain(cell)).split())


def quoted(cell: str) -> str:
    """A cell word as a message may repeat it: one word or two, never what could be a remark about somebody."""
    return f' "{cell}"' if len(cell) <= 30 and len(cell.split()) <= 2 and not any(c.isdigit() for c in cell) else ""


def meanings(published_words: Mapping[str, Sequence[str]], own: Mapping[str, str]) -> dict[str, str]:
    """What each cell word means: the published words, with the clinic's own on top."""
    found = {word_of(written): meaning for meaning, texts in published_words.items() for written in texts}
    found |= {word_of(written): meaning for written, meaning in own.items()}
    # "no show", "noshow" and "no-show" are one word to a person
    return {word.replace(" ", ""): meaning for word, meaning in found.items()} | found
