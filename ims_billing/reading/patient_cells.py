"""What a patient's cell says beside the name: marks that are no part of it, and words that hold the visit."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from ims_billing.reading.group_headings import says_a_state_beside_a_name
from ims_billing.reading.table import Table
from ims_billing.rules.published import published
from ims_billing.rules.short_notes import NoteReader, Place
from ims_billing.vocabulary.cells import word_of
from ims_billing.vocabulary.rows import of_each_cell
from ims_billing.vocabulary.spelling import beside_a_name, without_beside

# Stars and chart numbers that mark a name in a practice system, and brackets that may hold pronouns.
_MARKS = re.compile(r"^[*\s]+|\s*#\s*\d{3,}\s*$|[*\s]+$")
_BRACKETS = re.compile(r"\s*[(\[]([^)\]]*)[)\]]")
# A number of a person, a phone number, a day or an e-mail address: nothing that a name has in it.
_NUMBER = re.compile(r"\d{4}|\d[-./ ]?\d[-./ ]?\d.*\d.*\d|\w@\w")
_TWO = re.compile(r"\w[.)]?(?: *& *| \+ | (?:[Aa]nd|AND|et) )\w")
# Letters behind a name without brackets: "Pat Madeup NS", and not the surname of "Pat NG" or "Jean ROY".
_LETTERS_BEHIND = re.compile(r"^(?=.*[a-z]).*\w,? \S*\w\S* (?P<letters>[A-Z]{2,4})$|\s(?P<pair>[A-Za-z]/[A-Za-z])$")


class _Row(NamedTuple):
    """The columns by which a patient's cell is read."""

    name: str
    cells: tuple[str, ...]
    """What the patient's columns hold: one, or first and last name."""
    practitioner: str
    insurer: str
    second_insurer: str
    day: dt.date | None


def patient_names(table: Table, names: Sequence[str], days: Sequence[dt.datetime | None]) -> list[str]:
    """The names without stars and pronouns; the cells that may say more, or name nobody, are added to the table's bad.

    `names` and `days` are those of the rows.
    """
    names = of_each_cell(names, _bare_name)
    columns = [name for name in ("patient", "first_name", "last_name") if name in table.match.columns]
    cells = zip(*(table.texts(name) for name in columns), strict=True)
    others = (table.texts(name) for name in ("practitioner", "insurer", "secondary_insurer"))
    rows = map(_Row, names, cells, *others, days)
    called, reader = table.called(columns[0]), _Reader(table)
    for position, row in enumerate(rows):
        if message := reader.doubt(row):
            table.note(position, "patient", "unreadable-cell", f"{called} {message}")
    return names


def _bare_name(name: str) -> str:
    """A name without stars around it, a chart number behind it and pronouns in brackets, which are no part of it."""
    if not any(sign in name for sign in "*#[("):
        return name
    pronouns = {word for phrase in published().people.pronouns for word in word_of(phrase).split()}

    def without(match: re.Match[str]) -> str:
        words = word_of(match[1]).split()
        # "Danielle (Elle) Madeup" is called Elle.
        return "" if (len(words) > 1 and pronouns.issuperset(words)) or match[1].isdigit() else match[0]

    bared = _BRACKETS.sub(without, name)
    while bared != (bared := _MARKS.sub("", bared)):
        pass
    return bared if any(map(str.isalpha, bared)) else name


class _Cells(NamedTuple):
    """What a patient's cells say whoever treated them and whenever: most rows are names and nothing else."""

    reason: str
    person: str
    """The practitioner of that name."""
    has_state: bool
    beside: tuple[str, ...]
    """The words beside the name."""


class _Reader:
    """Reads what stands beside patients' names by the rules for short notes."""

    def __init__(self, table: Table) -> None:
        clinic = table.clinic
        self._notes = NoteReader(clinic.practitioners, clinic.insurers)
        self._person, self._payer = cache(clinic.practitioner), cache(clinic.insurer)
        self._cells = cache(self._read)
        # Most patients share no word with anybody who treats, and to read a name by the roster takes long.
        roster = (name for one in clinic.practitioners for name in (one.name, *one.aliases))
        self._of_roster = frozenset(word for name in roster for word in word_of(name).split())

    def doubt(self, row: _Row) -> str:
        """Why a patient's cell is no certain name, said of the column; empty where it is one."""
        cells = self._cells(row.name, row.cells)
        if cells.reason:
            return cells.reason
        if cells.person and cells.person == self._name_of(row.practitioner):
            return "names the practitioner who treated: type the patient's name."
        if cells.has_state or (cells.beside and self._says(cells.beside, row)):
            return "may say beside the name that this visit is not to be billed so. Type the name alone if it is."
        return ""

    def _read(self, name: str, cells: tuple[str, ...]) -> _Cells:
        beside = tuple(words for cell in {name, *cells} for words in _beside(cell))
        is_on_roster = not self._of_roster.isdisjoint(word_of(name).split())
        person = self._name_of(name) if is_on_roster else ""
        return _Cells(_of_any_row(name), person, any(map(says_a_state_beside_a_name, cells)), beside)

    def _name_of(self, person: str) -> str:
        practitioner = self._person(person)
        return practitioner.name if practitioner else ""

    def _says(self, beside: tuple[str, ...], row: _Row) -> bool:
        """Whether words beside a name say what holds a visit where they are a note."""
        if row.day is None:
            return False
        payer, second = self._payer(row.insurer), self._payer(row.second_insurer)
        own = (payer.id if payer else "", second.id if second else "")
        place = Place(self._name_of(row.practitioner), *own, row.day)
        return any(
            not (phrase.group.of_plans and payer and payer.public)
            for words in beside
            for phrase in self._notes.phrases(words, place, is_label=True)
        )


def _beside(cell: str) -> list[str]:
    """The words beside a name, without brackets and dashes."""
    letters = _LETTERS_BEHIND.search(cell)
    parts = [part.strip('()[]"“” -–—|/') for part in beside_a_name(cell)]
    return [*parts, letters["letters"] or letters["pair"]] if letters else parts


def _of_any_row(name: str) -> str:
    """Why a cell is no certain name, as far as it alone tells."""
    if _NUMBER.search(name):
        return "has a number or an address beside the name, which would go to the insurer: type the name alone."
    if _TWO.search(without_beside(name)):
        return "names two people: type the name of the one who was treated."
    return ""
