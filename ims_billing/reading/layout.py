"""Recognises the table on a sheet: its layout, its header row, and the field of each column."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from ims_billing.reading.spreadsheet import RawTable
from ims_billing.reading.statuses import heading_status, holds_marks
from ims_billing.reading.utc_headings import field_in_utc
from ims_billing.rules.published import published
from ims_billing.rules.words import Layout
from ims_billing.vocabulary.cells import Cell, Order, day, meanings, money, text
from ims_billing.vocabulary.spelling import heading

HEADER_WITHIN = 30
# How far a header is looked for where other tables stand above it.
_DEEP = 400
# How many cells of a column say what it holds.
_LOOKED_AT = 20
# Fields of which every column is read: a second status, or a second word on what was billed, decides too.
_EVERY_COLUMN = ("status", "billed")
# A remittance may name the clinic beside who treated, and the benefit beside the treatment: each is compared.
_EVERY_OF_PAYMENTS = ("treated_by", "service")
_EVERY_OF_POLICIES = ("policy_status", "valid_from", "valid_until")


@dataclass(frozen=True)
class ClinicLayout:
    """A layout as this clinic reads it: published, or the clinic's own, with its words for a status.

    id: name of the layout
    layout: its headings by field, and the fields that it needs
    dates: how dates are written where a cell leaves it open
    status: the clinic's own words for a status, with their meaning
    ignored: headings, as they are compared, whose columns are not read
    billed: words for what was billed, with their meaning, beside the published ones
    own: by field, the headings that the clinic or a practice system gave that meaning, as they are compared
    wanted: headings that must all be there, as they are compared; empty: the needed fields are enough
    header_rows: how many rows the header has
    above: the field whose value stands on a heading row above the rows that it is of; empty: none
    sheets: names of sheets that are parts of one list, as they are compared; "all": every sheet that fits
    lacks: what the report does not say, and which other file is needed; empty: nothing
    payer_numbers: True where an insurer's name carries a number in brackets
    patient_invoices: True where a payment's description is an invoice, with the letter P if it is the patient's
    sold: words of the status column on rows of products, which are no visits
    settled: by heading that is passed over, as compared, the words that may say that nothing is left to bill
    open_columns: by heading whose meaning the clinic has not filled in yet, the place to do so
    setup: the name of the setup's file, which has these places
    """

    id: str
    layout: Layout
    dates: Order
    status: Mapping[str, str]
    ignored: frozenset[str] = frozenset()
    billed: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, frozenset[str]] = field(default_factory=dict)
    wanted: frozenset[str] = frozenset()
    header_rows: int = 1
    above: str = ""
    sheets: frozenset[str] = frozenset()
    lacks: str = ""
    payer_numbers: bool = False
    patient_invoices: bool = False
    sold: frozenset[str] = frozenset()
    settled: Mapping[str, frozenset[str]] = field(default_factory=dict)
    open_columns: Mapping[str, str] = field(default_factory=dict)
    setup: str = ""

    @property
    def every_column(self) -> tuple[str, ...]:
        """The fields of which every column is read, not only one."""
        if "payment_date" in self.layout.headings:
            return _EVERY_OF_PAYMENTS
        return _EVERY_COLUMN if self.one_row_a_session else _EVERY_OF_POLICIES if self.id == "policies" else ()

    @property
    def one_row_a_session(self) -> bool:
        """Whether it is this product's own list of sessions, or a clinic's."""
        return "billed" in self.layout.headings

    @cached_property
    def fields(self) -> dict[str, str]:
        """The fields by heading, as headings are compared."""
        return {heading(name): field for field, names in self.layout.headings.items() for name in names}

    @cached_property
    def status_words(self) -> dict[str, str]:
        """The meanings of status words: the published ones and this layout's own."""
        return meanings(published().layouts.words.status, self.status)


@dataclass(frozen=True)
class Match:
    """How well a table fits a layout."""

    table: RawTable
    # The layout that it is read by
    read_by: ClinicLayout
    # The header's position in the table
    header: int
    # By field its column; where several columns of a field are read, also "status 2" and so on
    columns: dict[str, int]
    # The needed fields that no heading stands for, as the layout groups them
    missing: tuple[str, ...]
    # By column, the headings that the layout does not know
    unknown: dict[int, str]
    # In words, headings of which two stand for one field
    clashes: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """True where every needed column is there; a list of policies may say who the insurer of a session is."""
        return not self.missing or (self.missing == ("insurer",) and self.read_by.one_row_a_session)

    def passes_over(self, column: int) -> bool:
        """Whether a column is one that the layout says changes no claim, by its heading or by that with its number."""
        row = self.table.row(self.header)
        names = {heading(text(row[column])), _numbered(row)[column]} - {""} if column < len(row) else set()
        return bool(names & (self.read_by.ignored | set(map(heading, self.read_by.layout.passed_over))))

    @property
    def by_own_headings(self) -> bool:
        """Whether a heading that the clinic's own layout has a meaning for is among those that are read."""
        row = [heading(text(cell)) for cell in self.table.row(self.header)]
        return any(names & set(row) for names in self.read_by.own.values())

    @property
    def width(self) -> int:
        """How many columns the header has."""
        row = self.table.row(self.header)
        return max((place + 1 for place, cell in enumerate(row) if text(cell)), default=0)

    def row(self, position: int) -> int:
        """The number that Excel shows for the row at a position of the table."""
        return self.table.first_row + position

    def letters(self, column: int) -> str:
        """A column as Excel names it: ``column A``."""
        return f"column {self.table.letters(column)}"


def headers_of(table: RawTable, *, deep: bool = False) -> list[int]:
    """The positions of the table's first rows that could be a header, whatever the layout.

    With `deep` further rows are looked at too: the wanted table may stand below others.
    """
    first = range(min(_DEEP if deep else HEADER_WITHIN, table.height))
    return [position for position in first if could_be_header(table.row(position))]


def match(table: RawTable, layout: ClinicLayout, headers: Sequence[int]) -> Match | None:
    """The best of these headers of the table; None where no one has two headings that the layout knows."""
    fields = layout.fields
    best: Match | None = None
    for position in headers:
        for candidate in _candidates(table, position, fields, layout):
            if len(candidate.columns) >= 2 and (best is None or score(candidate) > score(best)):
                best = candidate
    return best


def _candidates(table: RawTable, position: int, fields: dict[str, str], layout: ClinicLayout) -> Iterator[Match]:
    """The header at a position, of one row or of two; of two only where one row does not do, or the layout says so."""
    if layout.wanted:
        row = table.row(position)
        if layout.wanted <= {*_numbered(row), *(heading(text(cell)) for cell in row)}:
            yield _columns(table, position, fields, layout)
        return
    if layout.header_rows == 1:
        one = _columns(table, position, fields, layout)
        yield one
        if one.fits or not layout.one_row_a_session:
            return
    if position + 1 >= table.height or not could_be_header(table.row(position + 1)):
        return
    names = both_rows(table, position, fields)
    readable = {fields.get(heading(name)) for name in names}
    lacking = [g for g in layout.layout.needed if g != "insurer" and not readable & set(g.split("|"))]
    if not lacking or layout.header_rows == 2:
        # Only now are the columns copied: most pairs of rows are no header.
        columns = [
            [*column[: position + 1], name, *column[position + 2 :]]
            for column, name in zip(table.columns, names, strict=True)
        ]
        yield _columns(replace(table, columns=columns), position + 1, fields, layout)


def both_rows(table: RawTable, position: int, fields: Mapping[str, str]) -> list[str]:
    """The headings of two rows as one.

    A heading over several columns stands in the first of them only. Each column takes the words that the layout knows:
    of both rows, of the lower one alone, else all there are.
    """
    upper, lower = ([text(cell) for cell in table.row(at)] for at in (position, position + 1))
    names, over = [], ""
    for above, below in zip(upper, lower, strict=True):
        over = above or (over if below else "")
        options = (f"{above} {below}", f"{over} {below}", below, above)
        fitting = (" ".join(option.split()) for option in options if heading(option) in fields)
        names.append(next(fitting, f"{above or over} {below}".strip()))
    return names


def score(candidate: Match) -> tuple[int, float, int, int]:
    """Higher is better: a layout of the clinic's own that fits, then a practice system's.

    Among the others: the smallest share of needed columns missing, then the most needed, then the most read.
    """
    needed = len(candidate.read_by.layout.needed)
    named = 2 if candidate.by_own_headings else 1 if candidate.read_by.wanted else 0
    return (
        named if candidate.fits else 0,
        -len(candidate.missing) / needed,
        needed if candidate.fits else 0,
        len(candidate.columns),
    )


def best_of(candidates: Sequence[Match]) -> Match:
    """The layout that a table is read by, of those that it could be.

    Sessions often name policies too: a table that lacks less than half of what sessions need, and has more of their
    headings, is no list of policies.
    """
    best = max(candidates, key=score)
    if best.read_by.id == "jane-clients" and not best.fits:
        # Names in two halves are no client list where something says when a visit was.
        timed = [c for c in candidates if c.read_by.id == "sessions" and {"service_date", "start"} & c.columns.keys()]
        return next(iter(timed), best)
    if best.read_by.id == "policies":
        for other in candidates:
            lacks_little = len(other.missing) * 2 < len(other.read_by.layout.needed)
            if other.read_by.id == "sessions" and lacks_little and len(other.columns) > len(best.columns):
                return other
    return best


def _columns(table: RawTable, position: int, fields: dict[str, str], read_by: ClinicLayout) -> Match:
    """The match of a table whose header stands at `position`; `fields` are the layout's by heading."""
    row, numbered = table.row(position), _numbered(table.row(position))
    # A practice system's report may have two columns "Paid", and a clinic may name one of two. This product's own
    # "Insurer 2" is a heading as it stands, and no second column "Insurer".
    told_apart = fields.keys() if read_by.wanted else frozenset[str]().union(*read_by.own.values())
    by_field: dict[str, list[int]] = {}
    unknown = {}
    for column, cell in enumerate(row):
        name = None
        if isinstance(cell, str) and not {heading(cell), numbered[column]} & read_by.ignored:
            name = _field(cell, numbered[column], fields, told_apart)
            name = name or _status_by_its_heading(table, position, column, read_by)
        if name:
            by_field.setdefault(name, []).append(column)
        elif text(cell):
            unknown[column] = text(cell)
    columns, clashes = {}, []
    layout = read_by.layout
    for name, places in by_field.items():
        own = read_by.own.get(name) or {heading(layout.headings[name][0])}
        exact = [place for place in places if {heading(str(row[place])), numbered[place]} & own]
        # The clinic's own headings go before this product's, and that before a synonym; of two equals neither does.
        chosen = exact or places
        columns[name] = chosen[0]
        if name in read_by.every_column:
            others = [place for place in places if place != chosen[0]]
            columns |= {f"{name} {number}": place for number, place in enumerate(others, start=2)}
            continue
        if len(chosen) > 1:
            corner = Match(table, read_by, position, {}, (), {}, ())
            shown = " and ".join(f'"{text(row[place])}" ({corner.letters(place)})' for place in chosen)
            ours = published().layouts.layout["sessions"] if read_by.one_row_a_session else layout
            clashes.append(f"{shown} are both read as {ours.headings[name][0]}")
        for place in set(places) - {chosen[0]}:
            unknown[place] = text(row[place])
    if read_by.one_row_a_session and "patient" in columns:
        # The halves of a name say nothing more than the whole.
        halves = [columns.pop(name) for name in ("first_name", "last_name") if name in columns]
        unknown |= {place: text(row[place]) for place in halves}
    undated = read_by.one_row_a_session and "service_date" not in columns and "start" in columns
    if undated and _holds_days(table.columns[columns["start"]][position + 1 :]):
        # Day and time stand in one cell, under the heading of the time.
        columns["service_date"] = columns.pop("start")
    missing = tuple(group for group in layout.needed if not any(name in columns for name in group.split("|")))
    return Match(table, read_by, position, columns, missing, unknown, tuple(clashes))


def _numbered(row: Sequence[Cell]) -> list[str]:
    """The headings of a row as they are compared; where one stands several times, each with its number."""
    names = [heading(text(cell)) for cell in row]
    counts, times = Counter(names), Counter[str]()
    numbered = []
    for name in names:
        times[name] += 1
        numbered.append(f"{name}{times[name]}" if name and counts[name] > 1 else name)
    return numbered


def _field(cell: str, numbered: str, fields: Mapping[str, str], told_apart: Set[str]) -> str | None:
    """The field of a heading; where a layout tells equal headings apart by number, only the one that it names."""
    name = heading(cell)
    if numbered != name and any(f"{name}{number}" in told_apart for number in range(1, 10)):
        return fields.get(numbered)
    return fields.get(name) or field_in_utc(cell, fields)


def _holds_days(cells: Sequence[Cell]) -> bool:
    """Whether the first filled cells of a column are days with a time, as in ``October 6, 2026 9:00 am``."""
    filled = [cell for cell in cells if text(cell)][:_LOOKED_AT]
    days = [moment for cell in filled if (moment := day(cell, "month-first") or day(cell, "day-first"))]
    return len(days) * 2 > len(filled) and any(moment.time() != dt.time() for moment in days)


def _status_by_its_heading(table: RawTable, position: int, column: int, layout: ClinicLayout) -> str | None:
    """The field "status" where a heading is itself a status, such as No Show, with yes/no cells or days below it."""
    if not layout.one_row_a_session:
        return None
    if not heading_status(text(table.columns[column][position]), layout.status_words):
        return None
    return "status" if holds_marks(table.columns[column][position + 1 :], layout.status_words) else None


def could_be_header(row: Sequence[Cell]) -> bool:
    """True where most of a row are words; a row of dates and amounts is somebody's session."""
    cells = [cell for cell in row if text(cell)]
    return sum(isinstance(cell, str) and _is_words(cell) for cell in cells) * 3 > len(cells) * 2


@lru_cache(maxsize=65_536)
def _is_words(cell: str) -> bool:
    """Whether a cell is neither an amount nor a day; kept, as every layout looks at the same rows."""
    return money(cell) is None and day(cell, "month-first") is None
