"""One cell into a length in minutes."""

from __future__ import annotations

import datetime as dt
import re

from ims_billing.vocabulary.days import LONGEST_VISIT, Cell, spelled, time

_HOURS = r"(?:h|hr|hrs|hour|hours|heures?)\.?"
_MINUTES = r"(?:m|min|mins|mn|minutes?|')\.?"
_LENGTH = re.compile(rf"(?:(?P<h>\d{{1,2}}) ?{_HOURS}:?)?(?: and| et|,)? ?(?:(?P<m>\d{{1,3}}) ?(?:{_MINUTES})?)?")
_DECIMAL_HOURS = re.compile(rf"(?P<whole>\d)?[.,](?P<part>\d{{1,2}}) ?{_HOURS}")
# As standards write a length: PT1H30M.
_ISO = re.compile(r"pt(?:(?P<h>\d{1,2})h)?(?:(?P<m>\d{1,3})m)?(?:0s)?")
_COLONS = re.compile(r"(?P<a>\d{1,2}):(?P<b>\d\d)(?::(?P<c>\d\d))?(?: ?(?:h|hrs?|hours?))?")


def length(cell: Cell) -> int | None:
    """Minutes of a duration: a number, ``45 min``, ``0:45``, ``1 h``, ``1.5 h``; None where that is not certain."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        if float(cell).is_integer():
            return int(cell) if 0 < cell <= 24 * 60 else None
        minutes = round(cell * 24 * 60)
        # Excel keeps 0:45 as 0.03125 of a day; 0.5 could be half an hour or half a day.
        return minutes if 0 < cell * 24 < LONGEST_VISIT and abs(cell * 24 * 60 - minutes) < 1e-4 else None
    if isinstance(cell, dt.time | dt.timedelta):
        return time(cell) or None
    return _written_length(spelled(cell)) if isinstance(cell, str) and len(cell) <= 40 else None


def _written_length(written: str) -> int | None:
    written = re.sub(r"(?<=\d)[.,]0{1,2}$", "", written)  # what pandas makes of a whole number
    match = _LENGTH.fullmatch(written) or _ISO.fullmatch(written)
    if match and (match["h"] or match["m"]):
        minutes = int(match["h"] or 0) * 60 + int(match["m"] or 0)
        return minutes if 0 < minutes <= 24 * 60 else None
    if match := _DECIMAL_HOURS.fullmatch(written):
        hundredths = int(match["whole"] or 0) * 100 + int(match["part"].ljust(2, "0"))
        return hundredths * 60 // 100 or None if hundredths * 60 % 100 == 0 else None
    match = _COLONS.fullmatch(written)
    if not match or int(match["b"]) > 59:
        return None
    first, second = int(match["a"]), int(match["b"])
    if match["c"] is not None or first < LONGEST_VISIT:
        return first * 60 + second or None if first < 24 else None
    return first if first > 23 and second == 0 else None
