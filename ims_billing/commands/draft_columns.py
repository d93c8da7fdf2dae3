"""Drafts how an export is read whose headings nobody knows: each heading, what it is taken for, and a few examples."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.people import name_and_profession
from ims_billing.reading.spreadsheet import RawTable
from ims_billing.rules.published import published
from ims_billing.sessions.service_names import reader_of
from ims_billing.vocabulary.cells import Cell, day, meanings, money, text, word_of
from ims_billing.vocabulary.setup_sheets import QUESTION
from ims_billing.vocabulary.spelling import dollars, heading, slug

_HEADER_WITHIN = 30
_CELLS_LOOKED_AT = 400
_EXAMPLES = 3
# The earliest year of a visit: a column of days before it holds birth dates.
_FIRST_YEAR = 2015
# Words of a heading that show a field where the cells could be of several, and words that show that it is another.
_SHOW: dict[str, tuple[str, ...]] = {
    "patient": ("patient", "client", "customer", "guest", "who"),
    "practitioner": ("practitioner", "provider", "therapist", "staff", "clinician", "with", "seen", "treated"),
    "fee": ("fee", "price", "charge", "charged", "amount", "rate", "cost", "total"),
    "service_date": ("date", "day", "when", "on"),
}
_SHOW_ANOTHER: dict[str, tuple[str, ...]] = {
    "fee": ("paid", "tax", "gst", "pst", "balance", "owing", "discount", "collected"),
    "service_date": ("booked", "created", "sent", "billed", "paid", "birth", "dob", "accident", "invoice"),
    "insurer": ("secondary", "second", "other"),
    "practitioner": ("referred", "referring", "doctor", "booked"),
    "patient": ("insured", "member", "holder", "emergency", "parent"),
}
# In this order each field takes the column that shows it best.
_FIELDS = ("service_date", "service_name", "insurer", "fee", "practitioner", "patient", "status")
# Fields whose cells are nobody's own: their values may stand as examples.
_PUBLIC = frozenset(["service_date", "service_name", "fee", "practitioner", "status", "insurer"])


@dataclass(frozen=True)
class DraftedLayout:
    """How an export would be read: the rows for the sheet Columns, by heading, and whether all that is needed is there.

    name: the layout's name
    rows: a row for each heading
    complete: whether every needed field has a heading
    """

    name: str
    rows: list[dict[str, Any]]
    complete: bool


@dataclass(frozen=True)
class _Column:
    """A column of the export: its heading, and the cells below it that are not blank."""

    written: str
    cells: tuple[Cell, ...]

    @property
    def words(self) -> frozenset[str]:
        return frozenset(word_of(re.sub(r"([a-z])([A-Z])", r"\1 \2", self.written)).split())

    def share(self, fits: Callable[[Cell], bool]) -> float:
        """The share of the cells that fit."""
        return sum(map(fits, self.cells)) / len(self.cells) if self.cells else 0.0


def drafted_layout(file: str, tables: Sequence[RawTable], clinic: Clinic) -> DraftedLayout | None:
    """The layout that a file seems to have; None where no sheet has a row of headings with rows below it."""
    headings = max((columns for table in tables if (columns := _columns(table))), key=len, default=None)
    if headings is None:
        return None
    layout = published().layouts.layout["sessions"]
    by_heading = {heading(name): field for field, names in layout.headings.items() for name in names}
    stand_for = {by_heading[heading(c.written)]: c for c in headings if heading(c.written) in by_heading}
    understood = {column.written for column in stand_for.values()}
    judge = _Judge(clinic)
    doubtful = set()
    for field in (field for field in _FIELDS if field not in stand_for):
        free = [column for column in headings if column.written not in understood]
        scores = sorted(((judge.score(field, column), number) for number, column in enumerate(free)), reverse=True)
        if scores and scores[0][0] > 0:
            column = free[scores[0][1]]
            stand_for[field] = column
            understood.add(column.written)
            # A guess that another column could be as well, or that little shows, is the clinic's to confirm.
            if scores[0][0] < 1 or (len(scores) > 1 and scores[1][0] >= scores[0][0]):
                doubtful.add(field)
    name = slug(re.sub(r"[\d_-]+", " ", file.rpartition("/")[2].rpartition(".")[0])) or "my-program"
    fields = {column.written: field for field, column in stand_for.items()}
    rows = []
    for column in headings:
        field = fields.get(column.written, "")
        meaning = f"{layout.headings[field][0]}{QUESTION * (field in doubtful)}" if field else None
        row = {"name": name, "heading": column.written, "Examples": judge.examples(field, column)}
        rows.append(row if meaning is None else {**row, "meaning": meaning})
    complete = all(any(name in stand_for for name in group.split("|")) for group in layout.needed)
    return DraftedLayout(name, rows, complete)


def _columns(table: RawTable) -> list[_Column]:
    """The columns below the widest row of words near the top; empty where there is none, or no row below it."""
    rows = [table.row(position) for position in range(min(_HEADER_WITHIN, table.height))]

    def is_heading(cell: Cell) -> bool:
        return (
            isinstance(cell, str)
            and any(map(str.isalpha, cell))
            and money(cell) is None
            and day(cell, "month-first") is None
        )

    widths = [sum(bool(text(cell)) for cell in row) for row in rows]
    wordy = [
        sum(is_heading(cell) for cell in row) if width and all(is_heading(cell) for cell in row if text(cell)) else 0
        for row, width in zip(rows, widths, strict=True)
    ]
    top = max(range(len(rows)), key=lambda number: wordy[number], default=None)
    if top is None or wordy[top] < 3 or top + 1 >= table.height:
        return []
    end = top + 1 + _CELLS_LOOKED_AT
    columns = []
    for cell, cells in zip(rows[top], table.columns, strict=True):
        filled = tuple(value for value in cells[top + 1 : end] if text(value))
        if text(cell):
            columns.append(_Column(text(cell), filled))
    return columns


class _Judge:
    """Says by its heading and its cells what a column may be."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.reader = reader_of(clinic)
        self.statuses = meanings(published().layouts.words.status, {})

    def score(self, field: str, column: _Column) -> float:
        """How well a column shows a field: 0 not at all, from 1 on beyond doubt."""
        if not column.cells or column.words & {*_SHOW_ANOTHER.get(field, ())}:
            return 0
        named = bool(column.words & {*_SHOW.get(field, ())})
        if field == "service_date":
            return (0.9 + 0.2 * named) * (column.share(self._is_day_of_visit) > 0.8)
        if field == "fee":
            whole = column.share(lambda cell: money(cell) is not None) > 0.8
            return whole * (1.0 if named else 0.0)
        if field == "insurer":
            return min(1.0, 2 * column.share(self._is_insurer)) if column.share(self._is_insurer) > 0.3 else 0
        if field == "service_name":
            share = column.share(lambda cell: self.reader.read(text(cell)).service != "unrecognised")
            return 1.0 + share if share > 0.5 else share * (share > 0.2)
        if field == "status":
            return column.share(lambda cell: word_of(text(cell)) in self.statuses) * 1.0
        return self._person(field, column, named=named)

    def _person(self, field: str, column: _Column, *, named: bool) -> float:
        """People: a practitioner is named with credentials or again and again, a patient seldom."""
        people = column.share(lambda cell: bool(re.fullmatch(r"[^\W\d]+([ ,.'’()-]+[^\W\d]*)+", text(cell))))
        if people < 0.8:
            return 0
        stated = column.share(lambda cell: name_and_profession(text(cell))[1] is not None)
        if field == "practitioner":
            return 1.0 if named or stated > 0.3 else 0.0
        return 1.0 if named else 0.5

    def _is_day_of_visit(self, cell: Cell) -> bool:
        when = day(cell, "month-first")
        return when is not None and when.year >= _FIRST_YEAR

    def _is_insurer(self, cell: Cell) -> bool:
        return self.clinic.insurer(text(cell)) is not None or self.clinic.pays_self(text(cell))

    def examples(self, field: str, column: _Column) -> str:
        """Up to three values of a column, where they cannot be a patient's; else what kind of values there are."""
        if field in _PUBLIC:
            usual = Counter(self._shown(field, cell) for cell in column.cells)
            shown = [value for value, _ in usual.most_common(3 * _EXAMPLES) if value]
            return ", ".join(shown[:_EXAMPLES])
        kinds = (
            ("days", lambda cell: day(cell, "month-first") is not None),
            ("numbers", lambda cell: money(cell) is not None),
        )  # fmt: skip
        return next((kind for kind, fits in kinds if column.share(fits) > 0.8), "text" if column.cells else "nothing")

    def _shown(self, field: str, cell: Cell) -> str:
        """A value as an example; empty where it is not plainly what the column holds."""
        written = text(cell)
        if field == "service_date":
            when = day(cell, "month-first")
            return written[:20] if isinstance(cell, str) and when else f"{when:%Y-%m-%d}" if when else ""
        if field == "fee":
            cents = money(cell)
            return dollars(cents) if cents is not None else ""
        if field == "insurer":
            return written if self._is_insurer(cell) else ""
        if field == "status":
            return written if word_of(written) in self.statuses else ""
        if field == "service_name":
            return written if self.reader.read(written).service != "unrecognised" else ""
        return written if name_and_profession(written)[1] is not None else ""
