"""When a visit was: its day, start, end and length from their cells; cells that contradict each other are noted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ims_billing.reading.table import Table, midnight, whole
from ims_billing.vocabulary.cells import Cell, Clock, at_the_clinic, day, text, written_out
from ims_billing.vocabulary.rows import of_each_cell

DAY = "%Y-%m-%d"


@dataclass
class _Visit:
    """The times of the rows that say the same.

    moment: the local day with its time
    start, end: minutes after midnight
    doubts: column, kind and message of each cell that contradicts another
    """

    moment: dt.datetime | None
    start: int | None = None
    end: int | None = None
    doubts: list[tuple[str, str, str]] = field(default_factory=list)


def visit_times(table: Table) -> dict[str, Any]:
    """The columns `service_date`, `start`, `end` and `minutes` of the sessions frame, by position.

    A day that cannot be read, or that a start of another day contradicts, is `unreadable-service-date`; other times
    that cannot be read are `unreadable-cell`. A range of times in Start gives the end too.
    """
    moments = service_days(table, "service_date", short_years=True)
    starts, ends = table.clocks("start"), table.clocks("end")
    ends_in_days = table.ends("service_date")
    unreadable = {position for position, column, *_ in table.bad if column == "start"}
    is_unreadable = [position in unreadable for position in range(len(table))]
    cells = zip(moments, table.raw("service_date"), starts, ends, ends_in_days, is_unreadable, strict=True)
    visits = of_each_cell(list(map(_Cells._make, cells)), lambda row: _visit(table, row))
    for position, visit in enumerate(visits):
        for column, kind, message in visit.doubts:
            table.note(position, column, kind, message)
    minutes = zip(table.lengths("minutes"), visits, strict=True)
    return {
        "service_date": of_each_cell([visit.moment for visit in visits], midnight),
        "start": whole([visit.start for visit in visits]),
        "end": whole([visit.end for visit in visits]),
        "minutes": whole([length or length_between(visit.start, visit.end) for length, visit in minutes]),
    }


class _Cells(NamedTuple):
    """The cells of a row that say when its visit was, as they are read."""

    moment: dt.datetime | None
    service_date: Cell
    start: Clock | None
    end: Clock | None
    end_in_day: int | None
    """The end of a range of times in the cell of the day."""
    unreadable: bool
    """True where something that is no time stands as the start."""


def _visit(table: Table, cells: _Cells) -> _Visit:
    visit = _Visit(cells.moment)
    _begin(table, visit, cells)
    if visit.moment is not None:
        visit.end = cells.end_in_day
    _finish(table, visit, cells.start, cells.end)
    return visit


def service_days(table: Table, name: str, *, short_years: bool = False) -> list[dt.datetime | None]:
    """The days of the visits, with the time where a cell has one; each that cannot be read is noted."""
    moments: list[dt.datetime | None] = table.days(name, short_years=short_years)
    for position, (cell, moment) in enumerate(zip(table.raw(name), moments, strict=True)):
        if moment is None and text(cell):
            message = f"{table.called(name)} holds {written_out(cell)}, which is not plainly a date."
            table.note(position, "service_date", "unreadable-service-date", message)
    return moments


def length_between(first: int | None, last: int | None) -> int | None:
    """Minutes from one time of day to a later one; None where either is absent or the second is not later."""
    return last - first if first is not None and last is not None and last > first else None


def _begin(table: Table, visit: _Visit, cells: _Cells) -> None:
    """Sets the start; a start that says another day takes the day away, as nobody can tell which of them is right."""
    moment, start = visit.moment, cells.start
    if start is None:
        # A start that stands in the date's cell is the start where no other is written.
        if moment is not None and not cells.unreadable:
            visit.start = moment.hour * 60 + moment.minute or None
        return
    visit.start = start.start
    if moment is None:
        return
    local = at_the_clinic(start, moment.date(), table.clinic.zone)
    if local is not None:
        visit.start = local.hour * 60 + local.minute
    on = local.date() if local is not None else start.day
    if on is not None and on != moment.date():
        _doubt(table, visit, f"{table.called('start')} is on {on:{DAY}} at the clinic")
    elif on is None and _moved(cells.service_date, moment) and start.start != moment.hour * 60 + moment.minute:
        _doubt(table, visit, f"{table.called('start')} says {_hour(start.start)}")


def _doubt(table: Table, visit: _Visit, other: str) -> None:
    """Notes that two cells put a visit on different days, and leaves it without one."""
    assert visit.moment is not None
    clock = f" at {visit.moment:%H:%M}" if visit.moment.time() != dt.time() else ""
    message = f"{table.called('service_date')} is {visit.moment:{DAY}}{clock} at the clinic, and {other}."
    visit.doubts.append(("service_date", "unreadable-service-date", message))
    visit.moment = None


def _moved(cell: Cell, moment: dt.datetime) -> bool:
    """Whether the clinic's time zone puts a date cell on another day than the one that is written."""
    written = day(cell, "unambiguous") if isinstance(cell, str) and any(map(str.isdigit, cell)) else None
    return written is not None and written.date() != moment.date()


def _finish(table: Table, visit: _Visit, start: Clock | None, end: Clock | None) -> None:
    """Sets the end, from its own cell or from a range in Start; one that is not after the start is noted."""
    by_range = start.end if start is not None else None
    if end is not None:
        visit.end = end.end if end.end is not None else end.start
        local = at_the_clinic(end, visit.moment.date(), table.clinic.zone) if visit.moment is not None else None
        if local is not None:
            visit.end = local.hour * 60 + local.minute
    elif by_range is not None:
        visit.end = by_range
    if visit.end is None or visit.start is None:
        return
    if end is not None and by_range is not None and by_range != visit.end:
        message = f"{table.called('start')} goes on until {_hour(by_range)}, {table.called('end')} says another end."
        visit.doubts.append(("end", "unreadable-cell", message))
        visit.end = None
    elif visit.end <= visit.start:
        name = "end" if end is not None else "start"
        message = f"{table.called(name)} says {_hour(visit.end)}, which is not after the start at {_hour(visit.start)}."
        visit.doubts.append(("end", "unreadable-cell", message))
        visit.end = None


def _hour(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"
