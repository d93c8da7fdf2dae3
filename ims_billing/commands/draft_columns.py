"""Drafts how an export is read whose headings nobody knows: each heading, what it is taken for, and a few examples."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.people import name_and_profession
from ims_billing.clinic.setup_rows import cell_of
from ims_billing.commands.export_columns import ExportColumn, export_in, is_person
from ims_billing.reading.recognise import named_as_parts
from ims_billing.reading.spreadsheet import RawTable
from ims_billing.reading.statuses import heading_status, holds_marks
from ims_billing.rules.published import published
from ims_billing.sessions.service_names import reader_of
from ims_billing.vocabulary.cells import Cell, day, meanings, money, text, word_of
from ims_billing.vocabulary.setup_sheets import COLUMNS, MY_LAYOUT, QUESTION
from ims_billing.vocabulary.spelling import dollars, heading, slug

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
        "amt",
        "fees",
        "charges",
        "prix",
        "tarif",
        "montant",
        "honoraires",
    ),
    "service_date": ("date", "day", "when", "on", "jour"),
    "patient_paid": ("paid", "collected", "copay", "payé"),
}
_SHOW_ANOTHER: dict[str, tuple[str, ...]] = {
    "service_name": ("practitioner", "provider", "therapist", "staff", "clinician"),
    "fee": ("paid", "tax", "gst", "pst", "balance", "owing", "discount", "collected"),
    "service_date": (
        "booked",
        "created",
        "sent",
        "billed",
        "paid",
        "birth",
        "dob",
        "accident",
        "invoice",
        "follow",
        "next",
        "due",
        "until",
    ),
    "insurer": ("secondary", "second", "other"),
    "practitioner": ("referred", "referring", "doctor", "booked"),
    "patient": ("insured", "member", "holder", "emergency", "parent"),
    "patient_paid": ("insurer", "insurance", "plan", "tax", "balance", "owing"),
}
# Words that shorten a name so far that it could be another: what they show is the clinic's to confirm.
_SHORT = frozenset(["amt"])
# Headings that say that a column holds numbers, and not whose.
_BARE = frozenset(["id", "no", "number", "num", "#", "ref", "reference"])
# Words of the headings over the two halves of a patient's name.
_HALVES = {"first_name": {"first", "given", "prénom"}, "last_name": {"last", "surname", "family", "nom"}}
# In this order each field takes the column that shows it best.
_FIELDS = ("service_date", "service_name", "insurer", "fee", "practitioner", "patient", "status", "patient_paid")
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
    cells: by field, the cells of its column
    """

    name: str
    rows: list[dict[str, Any]]
    complete: bool
    of_all: dict[str, Any]
    cells: Mapping[str, tuple[Cell, ...]]

    @property
    def headings(self) -> list[str]:
        """The headings of the export, in their order."""
        return [row["heading"] for row in self.rows]


def drafted_layout(file: str, tables: Sequence[RawTable], clinic: Clinic) -> DraftedLayout | None:
    """The layout that a file seems to have; None where no sheet has a row of headings with rows below it."""
    layout = published().layouts.layout["sessions"]
    by_heading = {heading(name): field for field, names in layout.headings.items() for name in names}
    exports = {table.sheet: each for table in tables if (each := export_in(table, by_heading)) and not table.hidden}
    widest = max(exports.values(), key=lambda export: len(export.columns), default=None)
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
        # Days that differ from row to row are the visits': a day that all rows share is of something else.
        variety = [len({*column.cells}) * (field == "service_date") for column in free]
        scores = sorted(((judge.score(field, c), variety[n], n) for n, c in enumerate(free)), reverse=True)
        if scores and scores[0][0] > 0:
            column = free[scores[0][2]]
            if column is stand_for.get("visit"):
                stand_for.pop("visit")
            stand_for[field] = column
            understood.add(column.written)
            # A guess that another column could be as well, or that little shows, is the clinic's to confirm.
            if scores[0][0] < 1 or (len(scores) > 1 and scores[1][0] >= scores[0][0]):
                doubtful.add(field)
    _part_names_and_moments(stand_for, doubtful, headings)
    open_numbers = _without_bare_numbers(stand_for, doubtful, headings)
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
        if column.written in open_numbers:
            meaning = QUESTION
        elif not field and heading_status(column.written, judge.statuses) and holds_marks(column.rows, judge.statuses):
            # "Kept appt?" is read as a status wherever it stands: to ignore it would bill the visits that say no.
            meaning = layout.headings["status"][0]
        rows.append(row if meaning is None else {**row, "meaning": meaning})
    has = {*stand_for, *(["practitioner"] if "above" in of_all else [])}
    complete = all(has & set(group.split("|")) for group in layout.needed)
    cells = {field: column.rows for field, column in stand_for.items()}
    return DraftedLayout(name, rows, complete, of_all, cells)


def _without_bare_numbers(
    stand_for: dict[str, ExportColumn], doubtful: set[str], columns: Sequence[ExportColumn]
) -> frozenset[str]:
    """Takes the numbers under a heading such as ID for the patients' where each has one; returns the headings to ask.

    They are the sessions' own where each session has one, and a patient several: else nobody can tell.
    """
    open_numbers = set()
    for column in columns:
        if not column.words or not column.words <= _BARE or column in _others(stand_for, "session_id"):
            continue
        is_session_id = stand_for.get("session_id") is column
        patients = _ids_by_patient(column, stand_for)
        ids = [number for numbers in patients.values() for number in numbers]
        several = any(len({*numbers}) > 1 for numbers in patients.values())
        if several and len({*ids}) == len(ids):
            continue
        if is_session_id:
            del stand_for["session_id"]
        of_patients = not several and len({*ids}) < len(ids)
        whose = "member" if "policy" in stand_for and "member" not in stand_for else "patient_id"
        if of_patients and whose not in stand_for:
            stand_for[whose] = column
            doubtful.add(whose)
        elif column.cells:
            open_numbers.add(column.written)
    return frozenset(open_numbers)


def _others(stand_for: Mapping[str, ExportColumn], field: str) -> list[ExportColumn]:
    return [column for name, column in stand_for.items() if name != field]


def _ids_by_patient(column: ExportColumn, stand_for: Mapping[str, ExportColumn]) -> dict[str, list[str]]:
    """By patient the numbers of a column, one for each day."""
    names = [stand_for[name].rows for name in ("patient", *_HALVES) if name in stand_for]
    days = stand_for["service_date"].rows if "service_date" in stand_for else range(len(column.rows))
    visits = {
        (" ".join(map(text, who)), text(number), str(when))
        for number, when, *who in zip(column.rows, days, *names, strict=True)
        if text(number)
    }
    patients: dict[str, list[str]] = {}
    for who, number, _ in sorted(visits):
        patients.setdefault(who, []).append(number)
    return patients


def _part_names_and_moments(
    stand_for: dict[str, ExportColumn], doubtful: set[str], columns: Sequence[ExportColumn]
) -> None:
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


class _Judge:
    """Says by its heading and its cells what a column may be."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.reader = reader_of(clinic)
        self.statuses = meanings(published().layouts.words.status, {})

    def score(self, field: str, column: ExportColumn) -> float:
        """How well a column shows a field: 0 not at all, from 1 on beyond doubt."""
        if not column.cells or column.words & {*_SHOW_ANOTHER.get(field, ())}:
            return 0
        named = bool(column.words & {*_SHOW.get(field, ())})
        if field == "service_date":
            return (0.9 + 0.2 * named) * (column.share(self._is_day_of_visit) > 0.8)
        if field == "fee":
            whole = column.share(lambda cell: money(cell) is not None) > 0.8
            return whole * named * (0.9 if column.words & _SHORT else 1.0)
        if field == "patient_paid":
            return 0.9 * named * (column.share(lambda cell: money(cell) is not None) > 0.8)
        if field == "insurer":
            return min(1.0, 2 * column.share(self._is_insurer)) if column.share(self._is_insurer) > 0.3 else 0
        if field == "service_name":
            share = column.share(lambda cell: self.reader.read(text(cell)).service != "unrecognised")
            return 1.0 + share + named if share > 0.5 else share * (share > 0.2)
        if field == "status":
            return column.share(lambda cell: word_of(text(cell)) in self.statuses) * 1.0
        return self._person(field, column, named=named)

    def _person(self, field: str, column: ExportColumn, *, named: bool) -> float:
        """People: a practitioner is named with credentials or again and again, a patient seldom."""
        people = column.share(lambda cell: is_person(text(cell)))
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

    def examples(self, field: str, column: ExportColumn) -> str:
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
