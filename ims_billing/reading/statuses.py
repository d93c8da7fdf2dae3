"""Each row's status, from every column that says one: a status column, or one headed No Show, Cancelled or Attended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import Cell, day, meanings, quoted, text, time, word_of

if TYPE_CHECKING:
    from ims_billing.reading.table import Table

# Words around a status in a heading, as in "patient_arrived", "Is cancelled?", "No show date".
_AROUND = (
    *("is", "was", "has", "patient", "client", "appointment", "appt", "visit", "session", "booking", "flag"),
    *("at", "on", "date", "day", "time"),
)
# Every visit was booked once: such a heading says when, and nothing about what became of the visit.
_BEFORE_THE_VISIT = ("booked", "scheduled", "réservé", "réservée", "prévu", "prévue", "upcoming", "future")
# Of several things that a row says of a visit that did not take place, the first stands.
_ORDER = ("cancelled", "no-show", "refunded", "not-arrived")
_TICKS = "✓✔☑✅√•●*"


def heading_status(written: str, words: Mapping[str, str]) -> str:
    """The status that a heading itself is, such as "cancelled" for ``Cancelled at``; empty where it is none."""
    parts = word_of(written).split()
    while parts and parts[0] in _AROUND:
        parts = parts[1:]
    while parts and parts[-1] in _AROUND:
        parts = parts[:-1]
    word = " ".join(parts)
    return "" if word in {word_of(before) for before in _BEFORE_THE_VISIT} else words.get(word, "")


def mark(cell: Cell) -> str | None:
    """Whether a cell of a yes/no column says "yes" or "no"; a day or a time says yes; empty: blank; None: neither."""
    written = text(cell)
    if not any(map(str.isalnum, written)):
        return "yes" if any(tick in written for tick in _TICKS) else "" if written.strip("-–—./ ") == "" else None
    answer = meanings(published().layouts.words.billed, {}).get(word_of(written))
    if answer is None and (day(cell, "month-first") or day(cell, "day-first") or time(cell) is not None):
        return "yes"
    return answer


def holds_marks(cells: Iterable[Cell], words: Mapping[str, str]) -> bool:
    """Whether most filled cells of a column are marks or statuses, so that its heading says what they mean."""
    filled = [cell for cell in cells if text(cell)]
    marks = sum(mark(cell) is not None or word_of(text(cell)) in words for cell in filled)
    return marks * 2 > len(filled)


def row_statuses(table: Table, words: Mapping[str, str], blank: str) -> list[str]:
    """The status of each row; `blank` where it says none, "unknown" (and noted) where it cannot be told.

    Raises nothing: what is not a status, or two columns that contradict each other, is noted as
    ``status-not-recognised``.
    """
    columns = table.every("status")
    by_column = [_of_column(table, name, words) for name in columns]
    statuses = []
    for position in range(len(table)):
        stated = {column[position]: name for name, column in zip(columns, by_column, strict=True) if column[position]}
        absent = [status for status in _ORDER if status in stated]
        if "arrived" in stated and absent and "unknown" not in stated:
            names = f"{table.called(stated['arrived'])} and {table.called(stated[absent[0]])}"
            table.note(position, "status", "status-not-recognised", f"{names} contradict each other.")
            stated = {"unknown": ""}
        statuses.append("unknown" if "unknown" in stated else next(iter([*absent, *stated]), blank))
    return statuses


def _of_column(table: Table, name: str, words: Mapping[str, str]) -> list[str]:
    """What one column says of each row: a status, "unknown", or nothing."""
    own = heading_status(table.heading(name), words)
    statuses = []
    texts = table.texts(name, sound=True)
    broken = {position for position, column, kind, _ in table.bad if column == "status" and kind == "unreadable-cell"}
    read: dict[tuple[type, str], str] = {}
    for position, (cell, written) in enumerate(zip(table.raw(name), texts, strict=True)):
        key = (type(cell), written)
        if key not in read:
            read[key] = _status(cell, written, own, words)
        status = "unknown" if position in broken and not written else read[key]
        if read[key] == "unknown":
            table.note(
                position, "status", "status-not-recognised",
                f"The status{quoted(written)} is not one the program knows.",
            )  # fmt: skip
        statuses.append(status)
    return statuses


def _status(cell: Cell, written: str, own: str, words: Mapping[str, str]) -> str:
    word = word_of(written)
    if word in words:
        return words[word]
    if not own:
        return "unknown" if word else ""
    answer = mark(cell)
    if answer == "yes":
        return own
    if answer == "no":
        return "not-arrived" if own == "arrived" else ""
    return "" if answer == "" else "unknown"
