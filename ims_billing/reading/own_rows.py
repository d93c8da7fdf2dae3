"""Tells a table's own rows from totals, group headings and repeated headers, which are skipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ims_billing.reading.layout import Match
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import Cell, day, money, text, word_of
from ims_billing.vocabulary.intake import Aside

# A row that names this many of the fields that a layout needs is a row of the table.
_NAMES_ENOUGH = 4
# The reason of a line that adds up those above.
TOTALS = "a line of totals"
_PATIENT = ("patient", "patient_id", "first_name", "last_name")
_SERVICE = ("service_name", "item")
_DAY = ("service_date", "purchase_date")
SOLD = "product, no visit"
# Words that mark totals even beside a name; those only in _TOTALS may be a patient's own name.
_SUBTOTALS = ("subtotal", "subtotals", "sub total", "grand total", "totaux", "sous total")
_TOTALS = (*_SUBTOTALS, "total", "totals", "sum", "somme")


def own_rows(match: Match, money_field: str | None) -> tuple[list[int], list[Aside]]:
    """The positions of the table's own rows, in order, and the skipped rows with the reason.

    `money_field` is the field whose sum a line of totals would show. Every row below the header with something in it
    is one or the other.
    """
    table, header = match.table, match.header
    needed = [name for group in match.read_by.layout.needed for name in group.split("|")]
    naming = [match.columns[n] for n in needed if n in match.columns and n not in ("fee", "subtotal")]
    named = sum((table.filled_in(column) for column in naming), np.zeros(table.height, dtype=int))
    between = _Between(match, naming, money_field)
    looked_at = named < _NAMES_ENOUGH
    for columns in (between.patient, between.service) if between.of_visits else ():
        looked_at |= sum((table.filled_in(column) for column in columns), np.zeros(table.height, dtype=int)) == 0
    filled = {int(p): sum(1 for cell in table.row(int(p)) if text(cell)) for p in np.flatnonzero(looked_at)}
    below = [p for p in range(header + 1, table.height) if filled.get(p, 1)]
    last_full = max((p for p in below if filled.get(p, 2) > 1), default=0)
    headings = [text(cell) for cell in table.row(header)]
    again = table.columns[naming[0]]
    sold = _sold(match)
    if not filled and not sold and headings[naming[0]] not in again[header + 1 :]:
        return below, []
    own: list[int] = []
    asides: list[Aside] = []
    for position in below:
        reason = ""
        if position in filled:
            reason = between.reason(position, filled[position], last=position == below[-1])
            if filled[position] == 1 and _is_a_row_in_one_cell(match, position):
                reason = ""
            elif position > last_full and own and reason in ("", between.HEADING):
                reason = "a line of text below the table"
        elif again[position] == headings[naming[0]] and [text(c) for c in table.row(position)] == headings:
            reason = "the header again"
        if reason:
            asides.append(Aside(table.sheet, match.row(position), reason))
            between.skip(position)
        elif position in sold:
            # A line of totals adds it up with the visits.
            asides.append(Aside(table.sheet, match.row(position), SOLD))
            between.add(position)
        else:
            own.append(position)
            between.add(position)
    return own, asides


def _sold(match: Match) -> frozenset[int]:
    """The positions of rows that a practice system calls products."""
    if not match.read_by.sold or "status" not in match.columns:
        return frozenset()
    cells = match.table.columns[match.columns["status"]]
    return frozenset(position for position, cell in enumerate(cells) if word_of(text(cell)) in match.read_by.sold)


def _is_a_row_in_one_cell(match: Match, position: int) -> bool:
    """Whether the one cell of a text file's line holds a whole row: quoted as one, or with another separator."""
    cells = [text(cell) for cell in match.table.row(position) if text(cell)] if match.table.is_text else []
    for cell in cells:
        for separator in ",;|\t":
            parts = [part.strip(' "') for part in cell.split(separator)]
            days = (day(part, order, short_years=True) for part in parts for order in ("month-first", "day-first"))
            if len(parts) >= _NAMES_ENOUGH and any(on is not None for on in days):
                return True
    return False


@dataclass
class _Between:
    """Says why a row that names little is none of the table's; keeps the sums of the rows so far, in cents."""

    match: Match
    naming: Sequence[int]
    money_field: str | None
    # The sum of all own rows, and of those since the last row with a sum; and how many these are.
    total: int = 0
    since: int = 0
    rows_since: int = 0
    totals: set[str] = field(default_factory=set)
    beside: set[str] = field(default_factory=set)

    TOTALS = TOTALS
    HEADING = "a heading of a group"
    NOBODY = "no patient and no service"

    def __post_init__(self) -> None:
        lines = published().layouts.lines
        self.totals = {word for line in lines.totals for word in word_of(line).split()}
        self.beside = {word_of(word) for word in lines.beside}
        self.patient, self.service, self.day = (self._columns(names) for names in (_PATIENT, _SERVICE, _DAY))

    def _columns(self, names: Sequence[str]) -> list[int]:
        return [self.match.columns[name] for name in names if name in self.match.columns]

    @property
    def of_visits(self) -> bool:
        """Whether each row of the table is a visit with its fee."""
        return bool(self.patient and self.service and self.day and self.money_field in self.match.columns)

    def add(self, position: int) -> None:
        """Takes a row of the table into the sums."""
        amount = self._amount(position) or 0
        self.total, self.since, self.rows_since = self.total + amount, self.since + amount, self.rows_since + 1

    def skip(self, position: int) -> None:
        """Begins a new sum below a skipped row with an amount."""
        if self._amount(position) is not None:
            self.since = self.rows_since = 0

    def _amount(self, position: int) -> int | None:
        if self.money_field not in self.match.columns:
            return None
        return money(self.match.table.columns[self.match.columns[self.money_field]][position])

    def reason(self, position: int, filled: int, *, last: bool) -> str:
        """Why a row of so many filled cells is skipped; empty if it is the table's own."""
        row = self.match.table.row(position)
        written = [cell for cell in row if isinstance(cell, str) and money(cell) is None]
        words = [word for cell in written for word in word_of(cell).split()]
        if self.totals & {*words} and all(w in self.totals or w in self.beside or w.isdigit() for w in words):
            return self.TOTALS
        if not self.of_visits:
            return self._bare_sum(row, position) if last else ""
        return self._between_visits(position, row, filled)

    def _speaks_of(self, row: Sequence[Cell], totals: Sequence[str]) -> bool:
        """Whether a cell other than a note begins or ends with one of these words: ``Subtotal Ann Example``."""
        notes = self.match.columns.get("notes")
        cells = [word_of(cell) for column, cell in enumerate(row) if isinstance(cell, str) and column != notes]
        return any(f"{cell} ".startswith(f"{word} ") or cell.endswith(f" {word}") for cell in cells for word in totals)

    def _bare_sum(self, row: Sequence[Cell], position: int) -> str:
        numbers = all(not isinstance(cell, str) or not text(cell) or money(cell) is not None for cell in row)
        amount = self._amount(position)
        nameless = not any(text(row[column]) for column in self.naming)
        return self.TOTALS if nameless and numbers and amount and amount == self.total else ""

    def _between_visits(self, position: int, row: Sequence[Cell], filled: int) -> str:
        """The same where each row is a visit: it has a patient and a service, or most of what a visit has.

        A session whose fee happens to be that of the rows before it has both, and stays one.
        """
        patient, service = (any(text(row[c]) for c in columns) for columns in (self.patient, self.service))
        if patient and service:
            return ""
        dated = any(day(row[column], order) for column in self.day for order in ("month-first", "day-first"))
        names = sum(bool(text(row[column])) for column in self.naming)
        amount = self._amount(position)
        adds_up = bool(amount) and amount in (self.since, self.total)
        several = adds_up and self.rows_since > 1
        if self._speaks_of(row, _SUBTOTALS) and (adds_up or not (dated and (patient or service))):
            return self.TOTALS
        # "Total Recall" may be a patient: with an insurer beside the name, only a sum of several rows is one.
        if self._speaks_of(row, _TOTALS) and (several or (names < 2 and not dated)):
            return self.TOTALS
        if adds_up and not dated and names < 3 and (several or (names < 2 and not patient)):
            return self.TOTALS
        if filled == 1 and amount is None:
            return self.HEADING
        # A day, a practitioner, an insurer and a fee that is no sum are a visit whose patient and service are missing.
        visit = dated and names > 2 and bool(amount) and not several
        return "" if patient or service or visit else self.NOBODY
