"""One cell into a day or a time of day; an instant that names a time zone becomes the clinic's local time."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from ims_billing.vocabulary.kinds import Order
from ims_billing.vocabulary.spelling import plain

Cell: TypeAlias = str | float | int | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None

MONTHS = {
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
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon lundi lun",
            "tuesday tue tues mardi",
            "wednesday wed weds mercredi mer",
            "thursday thu thur thurs jeudi jeu",
            "friday fri vendredi ven",
            "saturday sat samedi sam",
            "sunday sun dimanche dim",
        )
    )
    for name in names.split()
}
# Zones that programs write as letters, in minutes from UTC (IANA's backward names and RFC 822, section 5).
ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "nst": -210, "ndt": -150, "ast": -240, "adt": -180, "est": -300, "edt": -240,
    "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "hnp": -480, "hap": -420,
}  # fmt: skip
# Pacific time as people write it the whole year round: with the season's letter or without it.
_PACIFIC = ("pt", "pst", "pdt", "hp", "hnp", "hap")

_ZONE = (
    rf"(?: ?(?P<zone>(?:{'|'.join([*ZONES, 'pt', 'hp'])})|(?:utc|gmt)?[+-]\d{{1,2}}(?::?\d{{2}})?)"
    r"(?: ?\([a-z ]*\)| ?\[[a-z_/]+\])?)?"
)
_HALF = r"(?: ?(?P<half>[ap])(?:\.? ?m)?\.?)?"
_CLOCK = re.compile(
    rf"(?:(?P<h>\d{{1,2}})(?: ?[:h] ?(?P<m>\d{{2}})(?: ?min)?|\.(?P<p>\d{{2}}))(?::(?P<s>\d{{2}})(?:[.,]\d+)?)?"
    rf"|(?P<run>\d{{3,4}})|(?P<only>\d{{1,2}})(?P<hour> ?h(?:eures?)?)?){_HALF}(?P<o> ?(?:hrs?|h|o'clock))?{_ZONE}"
)
_TIME = r"(?:(?:t|[ ,]+(?:-|@|at|a)? ?|[@|] ?|:(?=\d\d:))(?P<time>\d.*))?"
_YEAR = r"(?P<y>\d{4}|'?\d\d)"
_MONTH = r"(?P<m>[a-z]{3,})\.?"
_BETWEEN = r"[ ,./-]{0,2}"
_RUN = re.compile(rf"(?P<y>\d{{4}})(?P<m>\d{{2}})(?P<d>\d{{2}}){_TIME}")
_YEAR_FIRST = re.compile(rf"(?P<y>\d{{4}}) ?[-/. ] ?(?P<m>\d{{1,2}}) ?[-/. ] ?(?P<d>\d{{1,2}}){_TIME}")
_YEAR_LAST = re.compile(
    rf"(?P<a>\d{{1,2}}) ?(?P<sep>[-/. ]) ?(?P<b>\d{{1,2}}) ?(?P=sep) ?(?P<y>\d{{4}}|\d\d)(?!\d){_TIME}"
)
_YEAR_NAME = re.compile(rf"(?P<y>\d{{4}}){_BETWEEN}{_MONTH}{_BETWEEN}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?{_TIME}")
_DAY_NAME = re.compile(
    rf"(?P<d>\d{{1,2}})(?:er|st|nd|rd|th)?(?: (?:of|de)(?= ))?{_BETWEEN}{_MONTH}{_BETWEEN}{_YEAR}(?!\d){_TIME}"
)
_NAME_DAY = re.compile(rf"{_MONTH}{_BETWEEN}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[ ,./-]{{1,3}}{_YEAR}(?!\d){_TIME}")
_FORMS = (_RUN, _YEAR_FIRST, _YEAR_LAST, _YEAR_NAME, _DAY_NAME, _NAME_DAY)
_WEEKDAY = re.compile(rf"(?:(?:le )?(?P<weekday>{'|'.join(sorted(WEEKDAYS, key=len, reverse=True))})\.?,? |le )")
# Two figures for a year are read as one of these only: an earlier one is more likely a day.
_SHORT_YEARS = range(2015, 2070)
_OF_THE_LAST_CENTURY = re.compile(r"(\d{1,2}[-/ .]{1,2}[^\W\d_]{3,9}[-/ .,]{1,2})([5-9]\d)")
# No visit takes as many hours: 45:00 can only be minutes and seconds, and 1:30-07:00 is no range.
LONGEST_VISIT = 5


class Clock(NamedTuple):
    """A time of day as a cell has it."""

    start: int
    """Minutes after midnight."""
    end: int | None = None
    """The same of the end, where the cell holds a range."""
    offset: int | None = None
    """The named zone's distance from UTC in minutes; None where the time is local."""
    day: dt.date | None = None
    """The local day, where the cell has one."""


def spelled(text: str) -> str:
    """A date or time as it is compared: plain, every dash a hyphen, without a text mark or a bracketed end."""
    return re.sub(r"\s*[‐‑‒–—―−]\s*|\s+-\s+", lambda m: " - " if " " in m[0] else "-", plain(text)).lstrip("'").strip()


def day_order(cells: Iterable[Cell], order: Order) -> Order:
    """How a column writes day and month: as the clinic's setup says, else as the column itself proves."""
    if order != "unambiguous":
        return order
    day_first = month_first = False
    for cell in {cell for cell in cells if isinstance(cell, str)}:
        if match := _YEAR_LAST.fullmatch(spelled(cell)):
            day_first |= int(match["a"]) > 12
            month_first |= int(match["b"]) > 12
    if day_first != month_first:
        return "day-first" if day_first else "month-first"
    return "unambiguous"


def day(
    cell: Cell,
    order: Order,
    *,
    short_years: bool = False,
    zone: dt.tzinfo | None = None,
    whole_days: bool = False,
) -> dt.datetime | None:
    """The day, with the time where the cell has one; None where it cannot be read in one way only.

    Text such as 10/05/2026 is read only by a known order, or where one number can only be the day. Two-digit years
    are of this century, and are read only where `short_years` allows and nothing else can be the year.
    With `zone`, the clinic's, an instant in UTC or at an offset becomes local time. Midnight in UTC that would be
    another day at the clinic is None: many programs write a day without a time like that. In a column of `whole_days`
    (a birth date) it is that day.
    """
    if isinstance(cell, dt.date):
        moment = cell if isinstance(cell, dt.datetime) else dt.datetime(cell.year, cell.month, cell.day)
        if not _plausible(moment):
            return None
        if moment.tzinfo is not None and zone is not None:
            moment = moment.astimezone(zone)
        return moment.replace(tzinfo=None)
    if isinstance(cell, float | int) and not isinstance(cell, bool) and 19010101 <= cell <= 21991231:
        cell = str(int(cell)) if float(cell).is_integer() else None
    if not isinstance(cell, str) or len(cell) > 80:
        return None
    return _written_day(cell, order, short_years, zone, whole_days)


@lru_cache(maxsize=4096)
def _written_day(
    cell: str, order: Order, short_years: bool, zone: dt.tzinfo | None, whole_days: bool
) -> dt.datetime | None:
    parts = _parts(cell, order, short_years, zone)
    return None if parts is None else _local(parts[0], parts[1].offset, zone, whole_days)


def _parts(
    cell: str, order: Order, short_years: bool, zone: dt.tzinfo | None = None
) -> tuple[dt.datetime, Clock] | None:
    """The moment as a text has it, and the time in it, which may be a range or at an offset."""
    written = spelled(cell)
    weekday = _WEEKDAY.match(written)
    if weekday:
        written = written[weekday.end() :]
    match = next((fit for form in _FORMS if (fit := form.fullmatch(written))), None)
    if match is None:
        return None
    parts = _day_parts(match, order, short_years)
    clock = _compact_clock(match, zone) if match["time"] else Clock(0)
    if parts is None or clock is None:
        return None
    try:
        moment = dt.datetime(*parts) + dt.timedelta(minutes=clock.start)
    except ValueError:
        return None
    if not _plausible(moment):
        return None
    if weekday and weekday["weekday"] and WEEKDAYS[weekday["weekday"]] != moment.weekday():
        return None
    return moment, clock


def _day_parts(match: re.Match[str], order: Order, short_years: bool) -> tuple[int, int, int] | None:
    """Year, month and day of a spelling; None where it is not certain which number is which."""
    year = int(match["y"].lstrip("'"))
    if year < 100:
        # Four figures such as 0026 are a slip: nobody can tell which year is meant.
        year += 2000
        if not short_years or year not in _SHORT_YEARS or not year_is_short(match):
            return None
    if match.re is _YEAR_LAST:
        # 20/10/26 may be a day of 2020, and 13/10/26 only one of 2026.
        if year_is_short(match) and order == "unambiguous" and 2000 + int(match["a"]) in _SHORT_YEARS:
            return None
        split = _day_and_month(int(match["a"]), int(match["b"]), order)
        return None if split is None else (year, split[1], split[0])
    month = int(match["m"]) if match["m"].isdigit() else MONTHS.get(match["m"])
    return None if month is None else (year, month, int(match["d"]))


def born_on(cell: Cell) -> Cell:
    """A cell of a birth date, with the century of a short year beside a month's name: 31-Jan-80 is of 1980.

    Excel writes days like that. A year that may be one of this century stays as it is, which nobody can read.
    """
    written = _OF_THE_LAST_CENTURY.fullmatch(cell.strip()) if isinstance(cell, str) and len(cell) <= 20 else None
    return cell if written is None else f"{written[1]}19{written[2]}"


def year_is_short(match: re.Match[str]) -> bool:
    """Whether the year of a spelling has two figures."""
    return len(match["y"].lstrip("'")) == 2


def _compact_clock(match: re.Match[str], zone: dt.tzinfo | None) -> Clock | None:
    """The time beside a day; without separators, as in 20261005T013000Z, only beside such a day."""
    if match.re is _RUN and (compact := re.fullmatch(r"(\d\d)(\d\d)\d\d(z|[+-]\d{4})?", match["time"])):
        return clock(f"{compact[1]}:{compact[2]}{compact[3] or ''}", zone)
    return clock(match["time"], zone)


def _local(moment: dt.datetime, offset: int | None, zone: dt.tzinfo | None, whole_days: bool) -> dt.datetime | None:
    """The local time of a moment at an offset from UTC, in minutes; a moment without one is local already."""
    if offset is None or zone is None:
        return moment
    local = moment.replace(tzinfo=dt.timezone(dt.timedelta(minutes=offset))).astimezone(zone).replace(tzinfo=None)
    if offset == 0 and moment.time() == dt.time() and local.date() != moment.date():
        return moment if whole_days else None
    return local


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


def clock(cell: Cell, zone: dt.tzinfo | None = None) -> Clock | None:
    """The time of day, or the range of two, that a cell holds; None where it cannot be read in one way only.

    `zone` is the clinic's: with it a time beside a day becomes local, and its own abbreviations are local already.
    """
    if isinstance(cell, dt.datetime):
        local = cell.astimezone(zone) if cell.tzinfo is not None and zone is not None else cell
        # Programs that know only moments put a bare time on a day of 1899, 1900 or 1904.
        return Clock(local.hour * 60 + local.minute, day=local.date() if local.year >= _SHORT_YEARS.start else None)
    if isinstance(cell, dt.time):
        return Clock(cell.hour * 60 + cell.minute)
    if isinstance(cell, dt.timedelta):
        inside = dt.timedelta() <= cell < dt.timedelta(days=1)
        return Clock(int(cell.total_seconds() // 60)) if inside else None
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        return _numeric_clock(cell)
    if not isinstance(cell, str) or len(cell) > 80:
        return None
    return _written_clock(cell, zone)


def end_of(cell: Cell, order: Order, *, zone: dt.tzinfo | None = None) -> int | None:
    """Minutes after midnight at which a day with a range of times ends, as in ``2026-10-05 9:30 - 10:00``."""
    if not isinstance(cell, str) or len(cell) > 80:
        return None
    parts = _parts(cell, order, True, zone)
    moment = _written_day(cell, order, True, zone, False)
    if parts is None or moment is None or parts[1].end is None:
        return None
    return moment.hour * 60 + moment.minute + parts[1].end - parts[1].start


def _numeric_clock(cell: float) -> Clock | None:
    """A fraction of a day, as Excel keeps a time; or 930, as people type one."""
    if 0 <= cell < 1 and isinstance(cell, float):
        minutes = round(cell * 24 * 60)
        return Clock(minutes) if minutes < 24 * 60 else None
    if 100 <= cell <= 2359 and float(cell).is_integer() and cell % 100 < 60:
        return Clock(int(cell) // 100 * 60 + int(cell) % 100)
    return None


@lru_cache(maxsize=4096)
def _written_clock(cell: str, zone: dt.tzinfo | None) -> Clock | None:
    written = re.sub(rf"(?<=\d) ?\(({'|'.join([*ZONES, 'pt', 'hp'])})\)$", r" \1", spelled(cell))
    written = re.sub(r"^t(?=\d\d:\d\d)", "", written)
    if written in ("noon", "midday", "midi", "12 noon", "12:00 noon"):
        return Clock(12 * 60)
    # 9:30-10:00 is a range and 9:30-07:00 a time at an offset: a range comes first, as it has to make a visit.
    for split in _ranges(written):
        first, last = (_CLOCK.fullmatch(part) for part in split)
        if first and last and (first["s"] is None or last["s"]) and (both := _between(first, last, zone)):
            return both
    if match := _CLOCK.fullmatch(written):
        return _one_clock(match, zone, None)
    if (moment := day(cell, "unambiguous", zone=zone)) and moment.time() != dt.time():
        end = end_of(cell, "unambiguous", zone=zone)
        return Clock(moment.hour * 60 + moment.minute, end, day=moment.date())
    return None


def _ranges(written: str) -> Iterable[tuple[str, str]]:
    """Every way to cut a text into two times at a hyphen or a word."""
    for cut in re.finditer(r" ?(?:-|\b(?:to|until|till|a)\b) ?(?=\d)", written):
        yield written[: cut.start()], written[cut.end() :]


def _between(first: re.Match[str], last: re.Match[str], zone: dt.tzinfo | None) -> Clock | None:
    """The range between two times; half of the day and full hours may be written once."""
    if first["only"] and last["only"] and not (last["half"] or first["hour"] or last["hour"]):
        return None  # 9-10 may be a day
    end = _one_clock(last, zone, None, bare=True)
    if end is None:
        return None
    halves = [None] if first["half"] or not last["half"] else ["a", "p"]
    starts = [start for half in halves if (start := _one_clock(first, zone, half, bare=True))]
    before = [start for start in starts if 0 < end.start - start.start < LONGEST_VISIT * 60]
    if not before or (starts[0].offset is not None and starts[0].offset != end.offset):
        return None
    return Clock(max(start.start for start in before), end.start, end.offset)


def _one_clock(match: re.Match[str], zone: dt.tzinfo | None, half: str | None, *, bare: bool = False) -> Clock | None:
    """One time of day; a `bare` hour is one only beside another time. `half` ("a", "p") where none is written."""
    half = match["half"] or half
    if match["run"]:
        hour, minute = divmod(int(match["run"]), 100)
    elif match["only"]:
        if not (bare or half or match["hour"] or match["o"]):
            return None
        hour, minute = int(match["only"]), 0
    else:
        hour, minute = int(match["h"]), int(match["m"] or match["p"])
    # 13:30 pm and 0:30 am say the same twice; 13 pm and 13:30 am are slips.
    if half and hour > 12 and (half == "a" or match["only"]):
        return None
    if half and hour == 0 and (half == "p" or match["only"]):
        return None
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or minute > 59 or int(match["s"] or 0) > 59:
        return None
    offset = _offset(match["zone"] or "", zone)
    return None if offset == _NO_ZONE else Clock(hour * 60 + minute, offset=offset)


_NO_ZONE = 10_000


def _offset(written: str, zone: dt.tzinfo | None) -> int | None:
    """Minutes from UTC of a zone as written; None where it is the clinic's own, or none is written."""
    if not written or written in _own_names(zone):
        return None
    if written in ZONES:
        return ZONES[written]
    if written in _PACIFIC:
        return _NO_ZONE
    signed = re.fullmatch(r"(?:utc|gmt)?([+-])(\d{1,2}):?(\d{2})?", written)
    if signed is None or int(signed[2]) > 14 or int(signed[3] or 0) > 59:
        return _NO_ZONE
    minutes = int(signed[2]) * 60 + int(signed[3] or 0)
    return -minutes if signed[1] == "-" else minutes


@lru_cache(maxsize=64)
def _own_names(zone: dt.tzinfo | None) -> frozenset[str]:
    """The names of the clinic's zone in winter and in summer: PST on a day in July still means the clinic's time."""
    if zone is None:
        return frozenset()
    names = {(dt.datetime(2020, month, 1, tzinfo=zone).tzname() or "").casefold() for month in (1, 7)}
    return frozenset({*names, *_PACIFIC} if names & {"pst", "pdt"} else names) - {"utc", "gmt"}


def time(cell: Cell) -> int | None:
    """Minutes after midnight of a time of day, or of a day with a time, as written."""
    read = clock(cell)
    return None if read is None else read.start


def at_the_clinic(read: Clock, on: dt.date, zone: dt.tzinfo) -> dt.datetime | None:
    """The local moment of a time on a written day; None for a time of no zone."""
    if read.offset is None:
        return None
    moment = dt.datetime(on.year, on.month, on.day) + dt.timedelta(minutes=read.start)
    return moment.replace(tzinfo=dt.timezone(dt.timedelta(minutes=read.offset))).astimezone(zone).replace(tzinfo=None)
