"""Raw tables into the typed sessions frame: bad cells into findings, lines that are no sessions set aside."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ims_billing.clinic import Clinic
from ims_billing.model import CELL_FINDINGS, SESSIONS, Aside, heading, plain, prove
from ims_billing.reading.cells import day, day_order, length, money, shown, text, time
from ims_billing.reading.layout import Match, letters
from ims_billing.reading.spreadsheet import Cell, is_error
from ims_billing.rulebook import CellWords, LayoutRules

# An error in one of these would decide what becomes of the session; elsewhere it counts as nothing written.
_MUST_BE_SOUND = (
    "patient",
    "practitioner",
    "service_name",
    "insurer",
    "status",
    "billed",
    "patient_paid",
    "tax",
    "session_id",
    "patient_id",
    "location",
)
_DATES = ("birth_date", "insured_birth_date", "accident_date")
_TYPES = {column.name: column.dtype for column in SESSIONS}


def sessions_frame(
    found: Match, clinic: Clinic, rules: LayoutRules, file: str
) -> tuple[pd.DataFrame, pd.DataFrame, list[Aside]]:
    """The SESSIONS frame of one table, its CELL_FINDINGS (by position in that frame), and the rows set aside."""
    rows, places, asides = _session_rows(found, rules)
    sheet = _Sheet(found, rows, places, clinic, rules)
    frame = pd.DataFrame(sheet.columns(file))
    frame = frame[[column.name for column in SESSIONS]].astype(_TYPES)
    told = pd.DataFrame(sheet.bad, columns=[column.name for column in CELL_FINDINGS])
    return (
        prove(frame, SESSIONS),
        prove(told.astype({column.name: column.dtype for column in CELL_FINDINGS}), CELL_FINDINGS),
        asides,
    )


def _session_rows(found: Match, rules: LayoutRules) -> tuple[list[list[Cell]], list[int], list[Aside]]:
    """The rows below the header that are sessions, where they stand, and those that are not with the reason."""
    below = [
        (found.row(position), row)
        for position, row in enumerate(found.table.rows)
        if position > found.header and any(text(cell) for cell in row)
    ]
    header = [text(cell) for cell in found.table.rows[found.header]]
    last_full = max((place for place, row in below if _filled(row) > 1), default=0)
    rows: list[list[Cell]] = []
    places: list[int] = []
    asides: list[Aside] = []
    for index, (place, row) in enumerate(below):
        reason = ""
        if [text(cell) for cell in row] == header:
            reason = "the header again"
        elif _is_total(row, found, rules) or (
            index == len(below) - 1 and index and _adds_up(row, found, [above for _, above in below[:index]])
        ):
            reason = "a line of totals"
        elif place > last_full and rows:
            reason = "a line of text below the table"
        if reason:
            asides.append(Aside(found.table.sheet, place, reason))
        else:
            rows.append(row)
            places.append(place)
    return rows, places, asides


def _filled(row: Sequence[Cell]) -> int:
    return sum(1 for cell in row if text(cell))


def _is_total(row: Sequence[Cell], found: Match, rules: LayoutRules) -> bool:
    """A line that begins with a word for totals and beside it names at most one of when, who and what."""
    first = next((text(cell) for cell in row if text(cell)), "")
    words = "|".join(re.escape(_word(word)) for word in rules.lines.totals)
    if not re.match(rf"(?:{words})\b", _word(first)):
        return False
    naming = ("service_date", "patient", "practitioner", "service_name", "insurer")
    cells = [text(_cell(row, found.columns[name])) for name in naming]
    return sum(1 for cell in cells if cell and cell != first) < 2


def _adds_up(row: Sequence[Cell], found: Match, above: Sequence[Sequence[Cell]]) -> bool:
    """A last line of numbers alone whose fee is the sum of the fees above it."""
    if any(isinstance(cell, str) and text(cell) and money(cell) is None for cell in row):
        return False
    named = [text(_cell(row, found.columns[name])) for name in ("service_date", "patient", "practitioner")]
    fee = found.columns["fee"]
    total = money(_cell(row, fee))
    if any(named) or not total:
        return False
    return total == sum(money(_cell(line, fee)) or 0 for line in above)


def _cell(row: Sequence[Cell], column: int) -> Cell:
    return row[column] if column < len(row) else None


class _Sheet:
    """The columns of one table, typed; collects what is wrong with their cells."""

    def __init__(
        self, found: Match, rows: list[list[Cell]], places: list[int], clinic: Clinic, rules: LayoutRules
    ) -> None:
        self.found, self.rows, self.places, self.clinic = found, rows, places, clinic
        self.words = _meanings(rules.words, clinic)
        self.headings = rules.sessions.headings
        self.bad: list[tuple[int, str, str, str]] = []

    def columns(self, file: str) -> dict[str, Any]:
        """Every column of the SESSIONS frame."""
        size = len(self.rows)
        texts = {name: self._texts(name) for name, dtype in _TYPES.items() if dtype == "str"}
        frame: dict[str, Any] = {
            **texts,
            "file": [file] * size,
            "sheet": [self.found.table.sheet] * size,
            "row": self.places,
            "status": self._status(),
            "visit": self._worded("visit"),
            "relationship": self._worded("relationship"),
            "billed": self._billed(),
            "elsewhere": self._elsewhere(),
        }
        frame |= self._when()
        frame |= self._amounts()
        for name in _DATES:
            frame[name] = [None if found is None else _midnight(found) for found in self._days(name)]
        self._ragged()
        return frame

    def _raw(self, name: str) -> list[Cell]:
        column = self.found.columns.get(name)
        if column is None:
            return [None] * len(self.rows)
        return [row[column] if column < len(row) else None for row in self.rows]

    def _note(self, position: int, column: str, kind: str, message: str) -> None:
        self.bad.append((position, column, kind, message))

    def _called(self, name: str) -> str:
        """The column as the user's own header calls it, with its letter."""
        column = self.found.columns[name]
        return f"{text(self.found.table.rows[self.found.header][column])} ({letters(column)})"

    def _texts(self, name: str) -> list[str]:
        written = [cell.strip() if type(cell) is str else text(cell) for cell in self._raw(name)]
        for position, cell in enumerate(written):
            if cell.startswith("#") and is_error(cell):
                written[position] = ""
                if name in _MUST_BE_SOUND:
                    self._error(position, name, name, cell)
        return written

    def _error(self, position: int, name: str, column: str, cell: Cell) -> None:
        self._note(position, column, "unreadable-cell", f"{self._called(name)} holds {text(cell)}.")

    def _worded(self, name: str) -> list[str]:
        """Cell words by what they mean; what is not known says nothing."""
        meanings = self.words[name]
        return [meanings.get(_word(cell), "") for cell in self._texts(name)]

    def _status(self) -> list[str]:
        meanings = self.words["status"]
        found = []
        for position, cell in enumerate(self._raw("status")):
            word = _word(text(cell))
            status = "arrived" if not word and not is_error(cell) else meanings.get(word, "unknown")
            if status == "unknown" and not is_error(cell):
                told = f'The status "{text(cell)[:40]}" is not one the program knows.'
                self._note(position, "status", "status-not-recognised", told)
            found.append(status)
        return found

    def _billed(self) -> list[bool]:
        meanings = self.words["billed"]
        found = []
        for position, cell in enumerate(self._raw("billed")):
            word = text(cell)
            meaning = "no" if not word or is_error(cell) else meanings.get(_word(word) or word)
            if meaning is None and day(cell, self.clinic.block.dates) is not None:
                meaning = "yes"
            if meaning is None:
                told = f"{self._called('billed')} says neither yes, nor no, nor a day: {shown(cell)}."
                self._note(position, "billed", "unreadable-cell", told)
            found.append(meaning == "yes")
        return found

    def _days(self, name: str) -> list[Any]:
        """The days of a column; None where there is none or it cannot be read."""
        raw = self._raw(name)
        order = day_order(raw, self.clinic.block.dates)
        known: dict[Cell, Any] = {}
        short = name in ("service_date", "accident_date")
        return [
            known[cell] if cell in known else known.setdefault(cell, day(cell, order, short_years=short))
            for cell in raw
        ]

    def _when(self) -> dict[str, Any]:
        """The service date, and the times; a start that stands in the date cell counts where no other does."""
        days = self._days("service_date")
        for position, (cell, found) in enumerate(zip(self._raw("service_date"), days, strict=True)):
            if found is None and text(cell):
                told = f"{self._called('service_date')} holds {shown(cell)}, which is not plainly a date."
                self._note(position, "service_date", "unreadable-service-date", told)
        start = [time(cell) for cell in self._raw("start")]
        if "start" not in self.found.columns:
            start = [found.hour * 60 + found.minute or None if found else None for found in days]
        end = [time(cell) for cell in self._raw("end")]
        minutes = [length(cell) for cell in self._raw("minutes")]
        between = [
            last - first if first is not None and last is not None and last > first else None
            for first, last in zip(start, end, strict=True)
        ]
        return {
            "service_date": [None if found is None else _midnight(found) for found in days],
            "start": _whole(start),
            "end": _whole(end),
            "minutes": _whole([own or told for own, told in zip(minutes, between, strict=True)]),
        }

    def _amounts(self) -> dict[str, Any]:
        raw = self._raw("fee")
        fees = [money(cell) for cell in raw]
        for position, (cell, fee) in enumerate(zip(raw, fees, strict=True)):
            if fee is None and text(cell):
                told = f"{self._called('fee')} holds {shown(cell)}, which is not an amount in whole cents."
                self._note(position, "fee_cents", "unreadable-fee", told)
        return {
            "fee_cents": [fee or 0 for fee in fees],
            "fee_stated": [fee is not None for fee in fees],
            "patient_paid_cents": self._side_amount("patient_paid"),
            "tax_cents": self._side_amount("tax"),
        }

    def _side_amount(self, name: str) -> list[int]:
        found = []
        for position, cell in enumerate(self._raw(name)):
            amount = money(cell)
            if amount is None and text(cell):
                told = f"{self._called(name)} holds {shown(cell)}, which is not an amount in whole cents."
                self._note(position, f"{name}_cents", "unreadable-cell", told)
            found.append(amount or 0)
        return found

    def _elsewhere(self) -> list[str]:
        """The cells under headings that the layout does not know, as one text."""
        unknown = self.found.unknown
        if not unknown:
            return [""] * len(self.rows)
        names = {column: heading(name) for column, name in unknown.items()}
        return [
            "\n".join(f"{names[c]}={text(_cell(row, c))}" for c in sorted(names, key=lambda c: (names[c], c)))
            for row in self.rows
        ]

    def _ragged(self) -> None:
        """A line of text with more cells than headings: a stray separator has moved its cells."""
        if not self.found.table.is_text:
            return
        width = len(self.found.table.rows[self.found.header])
        for position, row in enumerate(self.rows):
            if any(text(cell) for cell in row[width:]):
                told = f"The line has {len(row)} cells under {width} headings: its cells may stand in wrong columns."
                self._note(position, "line", "unreadable-cell", told)


def _midnight(found: Any) -> Any:
    return found.replace(hour=0, minute=0, second=0, microsecond=0)


def _whole(numbers: Sequence[int | None]) -> Any:
    return pd.array(list(numbers), dtype="Int64")


def _word(cell: str) -> str:
    """A cell word as words are compared: ``No-Show``, ``no_show`` and ``NO SHOW`` are one."""
    return " ".join(re.sub(r"[^\w✓✔]|_", " ", plain(cell)).split())


def _meanings(words: CellWords, clinic: Clinic) -> Mapping[str, dict[str, str]]:
    """By column, what each cell word means: the published words, with the clinic's own on top."""
    found: dict[str, dict[str, str]] = {}
    for name in ("status", "visit", "relationship", "billed"):
        published: Mapping[str, Sequence[str]] = getattr(words, name)
        own: Mapping[str, str] = getattr(clinic.words, name)
        found[name] = {_word(text_): meaning for meaning, texts in published.items() for text_ in texts}
        found[name] |= {_word(text_): meaning for text_, meaning in own.items()}
        # "no show", "noshow" and "no-show" are one word to a person
        found[name] |= {word.replace(" ", ""): meaning for word, meaning in found[name].items()}
    return found
