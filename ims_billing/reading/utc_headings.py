"""Headings that say that the times below them are in UTC, such as "Start (UTC)": each cell is made to say so itself."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ims_billing.vocabulary.cells import Cell, clock, day, text
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.spelling import heading, heading_words

if TYPE_CHECKING:
    from ims_billing.reading.layout import Match

_UTC = frozenset(["utc", "gmt", "zulu"])
_DAYS = ("service_date", "start_at", "end_at")
_CLOCKS = ("start", "end")
_SAYS_A_ZONE = re.compile(r"(?:[A-Za-z]{3,}|\dZ|[+-]\d{2}:?\d{2})\)?$")
_SAYS_A_TIME = re.compile(r"\d:\d\d|\d ?[ap]\.?m\b|\d ?h", re.IGNORECASE)


def field_in_utc(written: str, fields: Mapping[str, str]) -> str | None:
    """The field of a heading apart from its words for UTC, if it is one of days or times; `fields` are by heading."""
    words = heading_words(written)
    if _UTC.isdisjoint(words):
        return None
    field = fields.get(heading(" ".join(word for word in words if word not in _UTC)))
    return field if field in (*_DAYS, *_CLOCKS) else None


def with_zones(match: Match, file: str) -> Match:
    """The table with UTC written into the cells below such headings, so that they are read as the clinic's own hours.

    Raises BillingError where only days stand there: an evening at the clinic is the next day in UTC.
    """
    row = match.table.row(match.header)
    in_utc = {
        name: column
        for name, column in match.columns.items()
        if name in (*_DAYS, *_CLOCKS) and not _UTC.isdisjoint(heading_words(text(row[column])))
    }
    if not in_utc:
        return match
    columns = list(match.table.columns)
    for name, column in in_utc.items():
        top, cells = columns[column][: match.header + 1], columns[column][match.header + 1 :]
        columns[column] = [*top, *(_in_utc(cell, is_clock=name in _CLOCKS) for cell in cells)]
        days = [cell for cell in columns[column][match.header + 1 :] if _is_a_bare_day(cell)]
        if name in _DAYS and days and "start" not in in_utc:
            raise BillingError(
                f'{file}, row {match.row(match.header)}: "{text(row[column])}" ({match.letters(column)}) holds days in '
                "UTC without a time: there, an evening at the clinic is the next day already. Export the clinic's own "
                "days; or, if these are, rename the heading."
            )
    return replace(match, table=replace(match.table, columns=columns))


def _in_utc(cell: Cell, *, is_clock: bool) -> Cell:
    """A cell with a time that says UTC; any other as it is, and one that says its zone already."""
    if isinstance(cell, str):
        written = cell.strip()
        has_time = any(map(str.isdigit, written)) and (is_clock or bool(_SAYS_A_TIME.search(written)))
        return f"{written} UTC" if has_time and not _names_a_zone(written) else cell
    if isinstance(cell, dt.datetime):
        return f"{cell:%Y-%m-%d %H:%M} UTC" if cell.time() != dt.time() else cell
    read = clock(cell) if is_clock else None
    return cell if read is None else f"{read.start // 60}:{read.start % 60:02d} UTC"


def _names_a_zone(written: str) -> bool:
    return bool(_SAYS_A_ZONE.search(written))


def _is_a_bare_day(cell: Cell) -> bool:
    """Whether a cell is a day without a time."""
    if isinstance(cell, str) and _SAYS_A_TIME.search(cell):
        return False
    return day(cell, "month-first") is not None or day(cell, "day-first") is not None
