"""Titles and group headings that contradict the rows below: not attended, billed, another's patients, another payer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from ims_billing.clinic.clinic import Clinic
from ims_billing.reading.layout import Match
from ims_billing.reading.spreadsheet import RawTable
from ims_billing.rules.published import published
from ims_billing.rules.short_notes import NoteReader, Place
from ims_billing.vocabulary.cells import Cell, first_phrase, text, word_of
from ims_billing.vocabulary.intake import Aside
from ims_billing.vocabulary.spelling import beside_a_name

_MESSAGE = "The line above in row {} may say that this visit did not take place or was billed, and no column does."
_OF_SHEET = (
    "The sheet's name, {}, may say that this visit did not take place or was billed, and no column does. If it says "
    "nothing of that, rename the sheet."
)
# Line reasons under which a row says nothing of those below it.
_LITTLE = 2
# Before a name that somebody had.
_BORN = {"nee", "ne", "born", "formerly"}
_PAYERS = ("insurer", "secondary_insurer")
_STATES = ("do not bill", "no charge", "written off", "write off", "draft", "déjà facturé")
# Of the words above rows, those that a sheet of what is to be billed may have in its name.
_MAY_BE_BILLED = ("unpaid", "facturé", "payé", "draft", "pending", "unconfirmed", "tentative", "credit")
# A heading stands beside no visit.
_NOWHERE = Place("", "", "", dt.date.min)
_SILENT = ("a line of totals", "the header again")


def rows_under_headings(match: Match, positions: Sequence[int], asides: Sequence[Aside]) -> dict[int, str]:
    """Messages for the rows below a line that says a status or that something was billed, by index.

    `positions` are the table's own rows, `asides` those that were skipped. A title above the headings speaks of every
    row, a line between the rows of those down to the next such line.
    """
    table = match.table
    skipped = [line.row - table.first_row for line in asides if line.reason not in _SILENT]
    # "Cancelled, 3" names so little that it is no visit's row, even where it could not be skipped.
    lines = {line: _speaks(match, line) for line in (*skipped, *_with_little(table, positions))}
    title = next((match.row(p) for p in range(match.header - 1, -1, -1) if _speaks(match, p)), None)
    messages = dict.fromkeys(_of_sheet(match, positions), _OF_SHEET.format(table.sheet))
    if title is None and not any(lines.values()):
        return messages
    above, ahead = title, sorted(lines)
    for index, position in enumerate(positions):
        while ahead and ahead[0] < position:
            line = ahead.pop(0)
            above = match.row(line) if lines[line] else title
        if above is not None:
            messages[index] = _MESSAGE.format(above)
    return messages


def rows_of_others(
    match: Match, positions: Sequence[int], asides: Sequence[Aside], clinic: Clinic
) -> Iterator[tuple[int, str, str]]:
    """The rows below a group heading that names another practitioner or payer than they do: index, field, message.

    `positions` are the table's own rows, `asides` those that were skipped. A title above all rows may bear the name of
    the clinic's owner, and says nothing of them; nor does a line that ends a group of whom it names.
    """
    lines = sorted(line.row - match.table.first_row for line in asides if line.reason not in _SILENT)
    named = {line: _Named.of(match.table.row(line), clinic) for line in lines}
    if not any(named.values()):
        return
    rows = _Rows(match, clinic)
    ends = [*np.searchsorted(positions, lines).tolist(), len(positions)]
    begin = 0
    for line, end, next_end in zip(lines, ends, ends[1:], strict=False):
        heading, above, below = named[line], positions[begin:end], range(end, next_end)
        begin = end
        if not heading or (above and not any(rows.contradict(heading, position) for position in above)):
            continue
        for index in below:
            for field, words in rows.contradict(heading, positions[index]):
                yield index, field, f"The line above in row {match.row(line)} names {words}"


class _Rows:
    """The practitioners and payers of a table's rows."""

    def __init__(self, match: Match, clinic: Clinic) -> None:
        self._columns = {name: match.table.columns[column] for name, column in match.columns.items()}
        # A clinic writes few names, again and again.
        self._person, self._payer = cache(clinic.practitioner), cache(clinic.insurer)

    def contradict(self, heading: _Named, position: int) -> list[tuple[str, str]]:
        """The fields of a row that differ from a heading, each with what the heading names instead."""
        fields = []
        if heading.people and "practitioner" in self._columns:
            treated = self._person(text(self._columns["practitioner"][position]))
            if treated is not None and treated.name not in heading.people:
                fields.append(("practitioner", "somebody else than this row does: who treated is not certain."))
        if (heading.payers or heading.accident) and "insurer" in self._columns:
            cells = (self._columns[name][position] for name in _PAYERS if name in self._columns)
            own = [insurer for cell in cells if (insurer := self._payer(text(cell)))]
            of_accident = heading.accident and not any(insurer.public for insurer in own)
            if of_accident or (heading.payers and heading.payers.isdisjoint(insurer.id for insurer in own)):
                fields.append(("insurer", "another payer than this row does: which one pays is not certain."))
        return fields


class _Named(NamedTuple):
    """Whom a group heading names: practitioners, and payers by their ids; and whether it speaks of an accident."""

    people: frozenset[str]
    payers: frozenset[str]
    accident: bool

    def __bool__(self) -> bool:
        return any(self)

    @classmethod
    def of(cls, row: Sequence[Cell], clinic: Clinic) -> _Named:
        """Whom the cells of a line name, which is no more than a heading and a count or a sum."""
        cells = [written for cell in row if any(map(str.isalpha, written := text(cell)))]
        if len(cells) != 1:
            return cls(frozenset(), frozenset(), False)
        reading, words = clinic.roster.read(cells[0]), word_of(cells[0]).split()
        # "Ann Example (RMT)" is somebody of another profession.
        people = (
            {*reading.others, *([reading.named.name] if reading.named else [])} if not reading.professions else {""}
        )
        spans = ((begin, end) for begin in range(len(words)) for end in range(begin + 1, len(words) + 1))
        payers = {
            insurer.id
            for begin, end in spans
            if {*words[:begin], *words[end:]} <= _beside_payers()
            and (insurer := clinic.insurer(" ".join(words[begin:end])))
        }
        return cls(frozenset(people), frozenset(payers), first_phrase(cells[0], published().unread.accidents) != "")


@cache
def _beside_payers() -> frozenset[str]:
    unread = published().unread
    return frozenset(
        map(word_of, (*unread.neutral, *unread.beside, *unread.claim_numbers.beside, *published().layouts.lines.beside))
    )


def _with_little(table: RawTable, positions: Sequence[int]) -> list[int]:
    """The rows of which at most a cell or two are filled."""
    rows = np.array(positions, dtype=int)
    filled = np.zeros(len(rows), dtype=int)
    for column in range(len(table.columns)):
        filled += table.filled_in(column)[rows]
        little = filled <= _LITTLE
        rows, filled = rows[little], filled[little]
        if not len(rows):
            break  # as it is in most tables, after three columns
    return [int(row) for row in rows]


def _speaks(match: Match, position: int) -> bool:
    """Whether a cell of a row says that something did not take place or was billed."""
    return any(says_a_state(written) or _is_note(written) for written in map(text, match.table.row(position)))


def _is_note(written: str) -> bool:
    """Whether a text says what would hold a visit in a short note about it, apart from who treated and who pays."""
    words = f" {word_of(written)} "
    if not words.strip() or any(harmless in words for harmless in _unsent()):
        return False
    groups = (phrase.group for phrase in _notes().phrases(written, _NOWHERE, is_label=True))
    return any(group.kind == "status-not-recognised" and not group.of_plans for group in groups)


@cache
def _notes() -> NoteReader:
    return NoteReader((), ())


def says_a_state(written: str) -> bool:
    """Whether a text says that something did not take place or was billed; "not billed" says neither.

    "Not yet arrived" is not arrived.
    """
    words = f" {word_of(written)} ".replace(" yet ", " ").replace(" pas encore ", " pas ")
    for harmless in _unsent():
        words = words.replace(harmless, " ")
    return any(phrase in words for phrase in _phrases())


def _of_sheet(match: Match, positions: Sequence[int]) -> list[int]:
    """The rows, by index, of which a sheet's name says that they did not take place or were billed, and no cell does.

    A status contradicts a sheet of cancelled visits, and only the column Billed one of billed visits.
    """
    words, unread = published().layouts.words, published().unread
    absent = (word for meaning in ("no-show", "cancelled", "refunded") for word in words.status.get(meaning, ()))
    # What is booked, unpaid or pending may be what is to be billed.
    billed = {*map(word_of, (*unread.sent, *unread.above_rows, *_STATES))} - {*map(word_of, _MAY_BE_BILLED)}
    sheet = match.table.sheet
    written = f" {word_of(sheet)} "
    for harmless in _unsent():
        written = written.replace(harmless, " ")

    def has(phrases: Iterable[str]) -> bool:
        return any(f" {phrase}{plural} " in written for phrase in phrases for plural in ("", "s"))

    if has(map(word_of, (*absent, *unread.absence))):
        column = "status"
    elif has(billed) or _is_note(sheet):
        column = "billed"
    else:
        return []
    columns = [match.table.columns[at] for name, at in match.columns.items() if name.partition(" ")[0] == column]
    return [at for at, position in enumerate(positions) if not any(text(cells[position]) for cells in columns)]


def says_a_state_beside_a_name(name: str) -> bool:
    """Whether a person's name has such words beside it, in brackets or behind a dash; "CXL" before it is one too.

    A name is no reason: Sent, Draft and Cash are surnames.
    """
    beside = " ".join(beside_a_name(name))
    if beside and _BORN.isdisjoint(word_of(beside).split()):
        return says_a_state(beside)
    return not _never_names().isdisjoint(word_of(name).split())


@cache
def _never_names() -> frozenset[str]:
    return frozenset(map(word_of, published().unread.never_a_name))


@cache
def _unsent() -> tuple[str, ...]:
    billed = published().layouts.words.billed["no"]
    return tuple(f" {word}" + " " for word in sorted(map(word_of, billed), key=len, reverse=True) if len(word) > 2)


@cache
def _phrases() -> frozenset[str]:
    words, unread = published().layouts.words, published().unread
    absent = (word for meaning, texts in words.status.items() if meaning != "arrived" for word in texts)
    single = [word_of(word) for word in (*absent, *unread.absence, *unread.sent, *unread.above_rows, *_STATES)]
    # Lines and sheets speak of several visits: "No shows".
    return frozenset(f" {word}{plural} " for word in single for plural in ("", "s"))
