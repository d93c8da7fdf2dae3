"""Drafts how an export is read whose headings nobody knows: each heading, what it is taken for, and a few examples."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.people import name_and_profession
from ims_billing.clinic.setup_rows import cell_of
from ims_billing.reading.layout import both_rows
from ims_billing.reading.recognise import named_as_parts
from ims_billing.reading.spreadsheet import RawTable
from ims_billing.rules.published import published
from ims_billing.sessions.service_names import reader_of
from ims_billing.vocabulary.cells import Cell, day, meanings, money, text, word_of
from ims_billing.vocabulary.setup_sheets import COLUMNS, MY_LAYOUT, QUESTION
from ims_billing.vocabulary.spelling import dollars, heading, slug

_HEADER_WITHIN = 30
_CELLS_LOOKED_AT = 400
_EXAMPLES = 3
# The earliest year of a visit: a column of days before it holds birth dates.
_FIRST_YEAR = 2015
# Words of a heading that show a field where the cells could be of several, and words that show that it is another.
_SHOW: dict[str, tuple[str, ...]] = {
    "patient": ("patient", "client", "customer", "guest", "who", "usager"),
    "practitioner": (
        "practitioner",
        "provider",
        "therapist",
        "staff",
        "clinician",
        "with",
        "seen",
        "treated",
        "thérapeute",
        "praticien",
    ),
    "service_name": ("service", "treatment", "type", "procedure", "item", "appointment", "soin", "traitement"),
    "fee": (
        "fee",
        "price",
        "charge",
        "charged",
        "amount",
        "rate",
        "cost",
        "total",
        "$",
        "prix",
        "tarif",
        "montant",
        "honoraires",
    ),
    "service_date": ("date", "day", "when", "on", "jour"),
}
_SHOW_ANOTHER: dict[str, tuple[str, ...]] = {
    "service_name": ("practitioner", "provider", "therapist", "staff", "clinician"),
    "fee": ("paid", "tax", "gst", "pst", "balance", "owing", "discount", "collected"),
    "service_date": ("booked", "created", "sent", "billed", "paid", "birth", "dob", "accident", "invoice"),
    "insurer": ("secondary", "second", "other"),
    "practitioner": ("referred", "referring", "doctor", "booked"),
    "patient": ("insured", "member", "holder", "emergency", "parent"),
}
# Words of the headings over the two halves of a patient's name.
_HALVES = {"first_name": {"first", "given", "prénom"}, "last_name": {"last", "surname", "family", "nom"}}
_PERSON = re.compile(r"[^\W\d]+([ ,.'’()-]+[^\W\d]*)+")
# In this order each field takes the column that shows it best.
_FIELDS = ("service_date", "service_name", "insurer", "fee", "practitioner", "patient", "status")
# Fields whose cells are nobody's own: their values may stand as examples.
_PUBLIC = frozenset(["service_date", "service_name", "fee", "practitioner", "status", "insurer"])

_SHEETS = {column.key: column for column in COLUMNS.columns}["sheets"]


@dataclass(frozen=True)
class DraftedLayout:
    """How an export would be read: the rows for the sheet Columns, by heading, and whether all that is needed is there.

    name: the layout's name
    rows: a row for each heading
    complete: whether every needed field has a heading
    of_all: what is said of the layout as a whole: how many rows the headings have, what stands on a row above, and
        which sheets are parts of one list
    """

    name: str
    rows: list[dict[str, Any]]
    complete: bool
    of_all: dict[str, Any]


@dataclass(frozen=True)
class _Column:
    """A column of the export: its heading, and the cells below it that are not blank."""

    written: str
    cells: tuple[Cell, ...]

    @property
    def words(self) -> frozenset[str]:
        spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", self.written)
        return frozenset([*word_of(spaced).split(), *(["$"] if "$" in self.written else [])])

    def share(self, fits: Callable[[Cell], bool]) -> float:
        """The share of the cells that fit."""
        return sum(map(fits, self.cells)) / len(self.cells) if self.cells else 0.0


def drafted_layout(file: str, tables: Sequence[RawTable], clinic: Clinic) -> DraftedLayout | None:
    """The layout that a file seems to have; None where no sheet has a row of headings with rows below it."""
    layout = published().layouts.layout["sessions"]
    by_heading = {heading(name): field for field, names in layout.headings.items() for name in names}
    exports = {table.sheet: each for table in tables if (each := _export(table, by_heading)) and not table.hidden}
    widest = max(exports.values(), key=_width, default=None)
    if widest is None:
        return None
    headings = widest.columns
    stand_for = {by_heading[heading(c.written)]: c for c in headings if heading(c.written) in by_heading}
    understood = {column.written for column in stand_for.values()}
    judge = _Judge(clinic)
    doubtful = set()
    for field in (field for field in _FIELDS if field not in stand_for):
        free = [column for column in headings if column.written not in understood]
        # "Visit Type" is a heading for initial or subsequent, and holds the services where no other column does.
        free += [stand_for["visit"]] if field == "service_name" and "visit" in stand_for else []
        scores = sorted(((judge.score(field, column), number) for number, column in enumerate(free)), reverse=True)
        if scores and scores[0][0] > 0:
            column = free[scores[0][1]]
            if column is stand_for.get("visit"):
                stand_for.pop("visit")
            stand_for[field] = column
            understood.add(column.written)
            # A guess that another column could be as well, or that little shows, is the clinic's to confirm.
            if scores[0][0] < 1 or (len(scores) > 1 and scores[1][0] >= scores[0][0]):
                doubtful.add(field)
    _part_names_and_moments(stand_for, doubtful, headings)
    name = slug(re.sub(r"[\d_-]+", " ", file.rpartition("/")[2].rpartition(".")[0])) or MY_LAYOUT
    fields = {column.written: field for field, column in stand_for.items()}
    of_all: dict[str, Any] = {"header_rows": 2} if widest.header_rows == 2 else {}
    if "practitioner" not in stand_for and widest.people_above:
        of_all["above"] = layout.headings["practitioner"][0]
    parts = [sheet for sheet, each in exports.items() if each.headings == widest.headings]
    of_first = {**of_all}
    if len(parts) > 1 and not named_as_parts(parts):
        # One of them may hold what is not to be billed, such as what was cancelled: the clinic says which are meant.
        of_first["sheets"] = f"{cell_of(parts, _SHEETS)}{QUESTION}"
        of_all["sheets"] = tuple(parts)
    rows: list[dict[str, Any]] = []
    for column in headings:
        field = fields.get(column.written, "")
        meaning = f"{layout.headings[field][0]}{QUESTION * (field in doubtful)}" if field else None
        row = {
            "name": name,
            **(of_first if not rows else {}),
            "heading": column.written,
            "Examples": judge.examples(field, column),
        }
        rows.append(row if meaning is None else {**row, "meaning": meaning})
    has = {*stand_for, *(["practitioner"] if "above" in of_all else [])}
    complete = all(has & set(group.split("|")) for group in layout.needed)
    return DraftedLayout(name, rows, complete, of_all)


def _part_names_and_moments(stand_for: dict[str, _Column], doubtful: set[str], columns: Sequence[_Column]) -> None:
    """Takes a patient's name in two columns, and a start that holds the day too, for what they are."""
    halves = {
        field: column
        for field, words in _HALVES.items()
        for column in columns
        if column.words & words
        and column.share(lambda cell: isinstance(cell, str) and not re.search(r"\d", cell)) > 0.8
    }
    halves |= {field: stand_for[field] for field in _HALVES if field in stand_for}
    if len(halves) == 2 and ("patient" not in stand_for or "patient" in doubtful):
        stand_for.pop("patient", None)
        doubtful.discard("patient")
        stand_for |= halves
    start = stand_for.get("start")
    if (
        start
        and "service_date" not in stand_for
        and start.share(lambda cell: day(cell, "month-first") is not None) > 0.8
    ):
        stand_for["service_date"] = stand_for.pop("start")


@dataclass(frozen=True)
class _Export:
    """A sheet as an export: its columns, the rows of its header, and whether rows of one cell name people above."""

    columns: list[_Column]
    header_rows: int
    people_above: bool

    @property
    def headings(self) -> list[str]:
        return [column.written for column in self.columns]


def _width(export: _Export) -> int:
    return len(export.columns)


def _export(table: RawTable, fields: Mapping[str, str]) -> _Export | None:
    """The columns below the widest row of words near the top; None where there is none, or no row below it.

    `fields`: by heading what the program reads. Two rows are the header where both name more of that than one does.
    """
    rows = [table.row(position) for position in range(min(_HEADER_WITHIN, table.height))]
    wordy = [
        len(filled)
        if (filled := [cell for cell in row if text(cell)]) and all(_is_heading(cell) for cell in filled)
        else 0
        for row in rows
    ]
    top = max(range(len(rows)), key=lambda number: wordy[number], default=None)
    if top is None or wordy[top] < 3 or top + 1 >= table.height:
        return None
    names, last = [text(cell) for cell in rows[top]], top
    for upper in (top - 1, top):
        if upper >= 0 and upper + 1 < len(rows) and min(wordy[upper], wordy[upper + 1]) > 1:
            both = both_rows(table, upper, fields)
            if _understood(both, fields) > _understood(names, fields):
                names, last = both, upper + 1
    below = [table.row(at) for at in range(last + 1, min(last + 1 + _CELLS_LOOKED_AT, table.height))]
    # Bands and subtotals hold few cells, and say nothing of a column.
    sessions = [row for row in below if 2 * sum(bool(text(cell)) for cell in row) >= sum(map(bool, names))]
    written = ([text(cell) for cell in row if text(cell)] for row in below)
    alone = [cells[0] for cells in written if len(cells) == 1]
    columns = [
        _Column(name, tuple(row[place] for row in sessions if text(row[place])))
        for place, name in enumerate(names)
        if name
    ]
    two = names != [text(cell) for cell in rows[top]]
    return _Export(columns, 2 if two else 1, any(map(_is_person, alone)))


def _understood(names: Sequence[str], fields: Mapping[str, str]) -> int:
    return len({fields[heading(name)] for name in names if heading(name) in fields})


def _is_heading(cell: Cell) -> bool:
    # A heading of one sign says what the column holds: "$", "#".
    in_words = isinstance(cell, str) and (any(map(str.isalpha, cell)) or len(cell.strip()) == 1)
    return in_words and money(cell) is None and day(cell, "month-first") is None


def _is_person(written: str) -> bool:
    """Whether a text is a name of two words or more, without figures."""
    return bool(_PERSON.fullmatch(written))


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
            return 1.0 + share + named if share > 0.5 else share * (share > 0.2)
        if field == "status":
            return column.share(lambda cell: word_of(text(cell)) in self.statuses) * 1.0
        return self._person(field, column, named=named)

    def _person(self, field: str, column: _Column, *, named: bool) -> float:
        """People: a practitioner is named with credentials or again and again, a patient seldom."""
        people = column.share(lambda cell: _is_person(text(cell)))
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
