"""Recognises the table on a sheet: its layout, its header row, and the field of each column."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ims_billing.clinic.clinic import Clinic
from ims_billing.reading.spreadsheet import RawTable
from ims_billing.reading.statuses import heading_status, holds_marks
from ims_billing.rules.published import Layout, published
from ims_billing.vocabulary.cells import Cell, Order, day, meanings, money, text
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.spelling import heading

HEADER_WITHIN = 30
# Fields of which every column is read: a second status, or a second word on what was billed, decides too.
_EVERY_COLUMN = ("status", "billed")
_EVERY_OF_POLICIES = ("policy_status", "valid_from", "valid_until")


@dataclass(frozen=True)
class ClinicLayout:
    """A layout as this clinic reads it: published, or the clinic's own, with its words for a status.

    id: name of the layout
    layout: its headings by field, and the fields that it needs
    dates: how dates are written where a cell leaves it open
    status: the clinic's own words for a status, with their meaning
    ignored: headings, as they are compared, whose columns are not read
    """

    id: str
    layout: Layout
    dates: Order
    status: Mapping[str, str]
    ignored: frozenset[str] = frozenset()

    @property
    def every_column(self) -> tuple[str, ...]:
        """The fields of which every column is read, not only one."""
        return _EVERY_COLUMN if self.one_row_a_session else _EVERY_OF_POLICIES if self.id == "policies" else ()

    @property
    def one_row_a_session(self) -> bool:
        """Whether it is this product's own list of sessions, or a clinic's."""
        return "billed" in self.layout.headings

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
        """True where every needed column is there."""
        return not self.missing

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
        name = ""
        number = self.table.first_column + column + 1
        while number:
            number, rest = divmod(number - 1, 26)
            name = chr(65 + rest) + name
        return f"column {name}"

    def why(self) -> str:
        """In words, which layout the table was read by, and where its header stands."""
        sheet = f"sheet {self.table.sheet}, " if self.table.sheet else ""
        return f"taken for {self.read_by.id} by {len(self.columns)} headings in {sheet}row {self.row(self.header)}"


def layouts(clinic: Clinic) -> list[ClinicLayout]:
    """The layouts of sessions and lists: the clinic's own first, then the published ones."""
    rules = published().layouts.layout
    ignored = frozenset(map(heading, clinic.block.ignore))
    return [
        *_own_of("sessions", clinic),
        *(ClinicLayout(n, layout, clinic.block.dates, {}, ignored) for n, layout in rules.items() if n != "remittance"),
    ]


def remittance_layouts(clinic: Clinic) -> list[ClinicLayout]:
    """The layouts of remittances; the command decides that a file is one, not its contents."""
    layout = published().layouts.layout["remittance"]
    ignored = frozenset(map(heading, clinic.block.ignore))
    return [
        *_own_of("remittance", clinic),
        ClinicLayout("remittance", layout, clinic.block.dates, {}, ignored),
    ]


def _own_of(published_layout: str, clinic: Clinic) -> Iterator[ClinicLayout]:
    layout = published().layouts.layout[published_layout]
    for entry in clinic.layouts:
        if entry.of == published_layout:
            dates = entry.dates or clinic.block.dates
            ignored = frozenset(map(heading, (*clinic.block.ignore, *entry.ignore)))
            yield ClinicLayout(entry.name, _own(entry.headings, layout), dates, entry.status, ignored)


def _own(headings: Mapping[str, str], sessions: Layout) -> Layout:
    """The published layout with the clinic's headings first; a heading means what the clinic says."""
    fields = {heading(names[0]): name for name, names in sessions.headings.items()}
    theirs = {heading(written): fields[heading(meaning)] for written, meaning in headings.items()}
    return Layout(
        title="the clinic's own",
        needed=sessions.needed,
        headings={
            name: (
                *(written for written in headings if theirs[heading(written)] == name),
                *(synonym for synonym in names if theirs.get(heading(synonym), name) == name),
            )
            for name, names in sessions.headings.items()
        },
    )


def match(table: RawTable, layout: ClinicLayout) -> Match | None:
    """The best header of the table's first rows; None where no row has two headings that the layout knows."""
    fields = {heading(name): field for field, names in layout.layout.headings.items() for name in names}
    best: Match | None = None
    for position in range(min(HEADER_WITHIN, table.height)):
        if not _could_be_header(table.row(position)):
            continue
        candidate = _columns(table, position, fields, layout)
        if len(candidate.columns) >= 2 and (best is None or _score(candidate) > _score(best)):
            best = candidate
    return best


def _score(candidate: Match) -> tuple[float, int, int]:
    """Higher is better: the smallest share of needed columns missing, then the most needed, then the most read."""
    needed = len(candidate.read_by.layout.needed)
    return (-len(candidate.missing) / needed, needed if candidate.fits else 0, len(candidate.columns))


def _best(candidates: Sequence[Match]) -> Match:
    """The layout that a table is read by, of those that it could be.

    Sessions often name policies too: a table that lacks less than half of what sessions need, and has more of their
    headings, is no list of policies.
    """
    best = max(candidates, key=_score)
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
    row = table.row(position)
    by_field: dict[str, list[int]] = {}
    unknown = {}
    for column, cell in enumerate(row):
        name = None
        if isinstance(cell, str) and heading(cell) not in read_by.ignored:
            name = fields.get(heading(cell)) or _status_by_its_heading(table, position, column, read_by)
        if name:
            by_field.setdefault(name, []).append(column)
        elif text(cell):
            unknown[column] = text(cell)
    columns, clashes = {}, []
    layout = read_by.layout
    for name, places in by_field.items():
        own = heading(layout.headings[name][0])
        exact = [place for place in places if heading(str(row[place])) == own]
        # This product's own heading goes before a synonym; of two equals neither does.
        chosen = exact or places
        columns[name] = chosen[0]
        if name in read_by.every_column:
            others = [place for place in places if place != chosen[0]]
            columns |= {f"{name} {number}": place for number, place in enumerate(others, start=2)}
            continue
        if len(chosen) > 1:
            corner = Match(table, read_by, position, {}, (), {}, ())
            shown = " and ".join(f'"{text(row[place])}" ({corner.letters(place)})' for place in chosen)
            clashes.append(f"{shown} are both read as {layout.headings[name][0]}")
        for place in set(places) - {chosen[0]}:
            unknown[place] = text(row[place])
    missing = tuple(group for group in layout.needed if not any(name in columns for name in group.split("|")))
    return Match(table, read_by, position, columns, missing, unknown, tuple(clashes))


def _status_by_its_heading(table: RawTable, position: int, column: int, layout: ClinicLayout) -> str | None:
    """The field "status" where a heading is itself a status, such as No Show, with yes/no cells or days below it."""
    if not layout.one_row_a_session:
        return None
    if not heading_status(text(table.row(position)[column]), layout.status_words):
        return None
    return "status" if holds_marks(table.columns[column][position + 1 :], layout.status_words) else None


def recognise(sheets: Sequence[RawTable], readable: Sequence[ClinicLayout], file: str) -> Match:
    """The one table of a file that fits a layout; raises BillingError that says what is missing where none does."""
    by_sheet = [
        _best(candidates)
        for table in sheets
        if (candidates := [fit for layout in readable if (fit := match(table, layout)) is not None])
    ]
    fitting = [fit for fit in by_sheet if fit.fits and fit.table.height > fit.header + 1]
    if len(fitting) > 1 and any(not fit.table.hidden for fit in fitting):
        fitting = [fit for fit in fitting if not fit.table.hidden]
    if len(fitting) > 1:
        names = ", ".join(f"{fit.table.sheet}: {fit.read_by.id}" for fit in fitting)
        raise BillingError(f"{file}: several sheets fit ({names}). Save the one that is meant as a file of its own.")
    if not fitting:
        raise BillingError(_refusal(sheets, readable, by_sheet, file))
    if fitting[0].clashes:
        raise BillingError(
            f"{_place(file, fitting[0])}: {'; '.join(fitting[0].clashes)}. Delete or rename one of them, or name "
            "the one that is not meant in ignore under [clinic]."
        )
    return fitting[0]


def _refusal(sheets: Sequence[RawTable], readable: Sequence[ClinicLayout], by_sheet: Sequence[Match], file: str) -> str:
    """Why no sheet can be read, and what is missing; `by_sheet` are the nearest layouts."""
    if not any(table.filled_in(column).any() for table in sheets for column in range(len(table.columns))):
        return f"{file}: there is nothing in it. Export the sessions again."
    headers = [nearest for nearest in by_sheet if nearest.fits]
    if headers:
        return f"{_place(file, headers[0])}: there is a header, and no row below it."
    if by_sheet:
        return _lacking(file, max(by_sheet, key=_score))
    none = f"{file}: no header row was found in the first {HEADER_WITHIN} rows.{_top(sheets)}"
    sessions = next((layout.layout for layout in readable if layout.id == "sessions"), None)
    if sessions is None:
        wanted = readable[0].layout
        return f"{none} {wanted.title.capitalize()} needs the columns {_named(wanted, wanted.needed)}."
    return (
        f"{none} A session spreadsheet needs the columns {_named(sessions, sessions.needed)}; ims-billing init writes "
        "an empty one."
    )


def _place(file: str, header: Match) -> str:
    """File, sheet and row of a header, in words."""
    sheet = f", {header.table.sheet}" if header.table.sheet else ""
    return f"{file}{sheet}, row {header.row(header.header)}"


def _named(layout: Layout, groups: Iterable[str]) -> str:
    return ", ".join(" or ".join(layout.headings[name][0] for name in group.split("|")) for group in groups)


def _lacking(file: str, nearest: Match) -> str:
    """Which columns are missing, which heading looks most like each, and which headings there are."""
    layout = nearest.read_by.layout
    present = ", ".join(text(cell) for cell in nearest.table.row(nearest.header) if text(cell))
    count = "1 column is" if len(nearest.missing) == 1 else f"{len(nearest.missing)} columns are"
    of_what = "" if nearest.read_by.id == "sessions" else f" of {nearest.read_by.id} ({layout.title})"
    lines = [
        f"{_place(file, nearest)}: {count} missing{of_what}.",
        f"  missing: {_named(layout, nearest.missing)}",
    ]
    for name, close in _closest(nearest).items():
        lines.append(f'  closest to {layout.headings[name][0]}: "{close}"; rename it if it is the same')
    names = [text(cell) for cell in nearest.unknown.values() if heading(cell) in ("firstname", "lastname")]
    if "patient" in nearest.missing and len(names) == 2:
        lines.append(f"  {' and '.join(names)} stand apart: put them together in one column, Patient")
    lines.append(f"  found: {present}")
    lines.append("  Rename the columns; or keep them, and say once which is which, under [[layout]] in clinic.toml.")
    lines.append("  ims-billing init writes one to copy.")
    return "\n".join(lines)


def _closest(nearest: Match) -> dict[str, str]:
    """By missing field, the unknown heading that looks most like it; each heading is proposed once."""
    layout = nearest.read_by.layout
    missing = [name for group in nearest.missing for name in group.split("|")]
    alike = sorted(
        (
            max(
                difflib.SequenceMatcher(None, heading(candidate), heading(synonym)).ratio()
                for synonym in layout.headings[name]
            ),
            name,
            candidate,
        )
        for name in missing
        for candidate in list(nearest.unknown.values())[:200]
        if not _plainly_another(name, heading(candidate))
    )
    proposed: dict[str, str] = {}
    for likeness, name, candidate in reversed(alike):
        if likeness > 0.6 and name not in proposed and candidate not in proposed.values():
            proposed[name] = candidate
    return {name: proposed[name] for name in missing if name in proposed}


# What was asked for, allowed or paid is not the fee; an estimate is no invoice.
_NO_FEE = (
    *("paid", "billed", "claimed", "submitted", "allowed", "approved", "eligible"),
    *("reclam", "rembours", "verse", "soumis", "demande"),
)
_NO_INVOICE = ("estimate", "quote", "quotation", "order", "soumission", "devis")


def _plainly_another(name: str, candidate: str) -> bool:
    """True where a heading says that it is another field than `name`: half a name, or an amount, or who paid."""
    if candidate in ("firstname", "lastname"):
        return True
    if name == "fee":
        return any(word in candidate for word in _NO_FEE)
    if name == "invoice" and any(word in candidate for word in _NO_INVOICE):
        return True
    return any(word in candidate for word in ("price", "amount", "paid", "cost", "hours", "montant"))


def _could_be_header(row: Sequence[Cell]) -> bool:
    """True where most of a row are words; a row of dates and amounts is somebody's session."""
    cells = [cell for cell in row if text(cell)]
    words = [c for c in cells if isinstance(c, str) and money(c) is None and day(c, "month-first") is None]
    return len(words) * 3 > len(cells) * 2


def _top(sheets: Sequence[RawTable]) -> str:
    """In words, the row that could be headings: all words, as wide as any, with rows below it; empty where none is.

    A row that could be a patient's is never repeated.
    """
    for table in sheets:
        rows = [[cell for cell in table.row(p) if text(cell)] for p in range(min(HEADER_WITHIN, table.height))]
        widest = max((len(cells) for cells in rows), default=0)
        # A first column without a heading is common: a row one narrower will do, where none is as wide.
        for width in (widest, widest - 1):
            for cells in rows[:-1]:
                if len(cells) == width > 1 and all(_could_be_heading(cell) for cell in cells):
                    return f" Columns found: {', '.join(text(cell)[:60] for cell in cells[:60])}."
    return ""


def _could_be_heading(cell: Cell) -> bool:
    """True for a word or two, such as ``col1``; false for a date, an amount or somebody's number."""
    digits = sum(map(str.isdigit, cell)) if isinstance(cell, str) else 9
    return isinstance(cell, str) and any(map(str.isalpha, cell)) and digits < 4 and day(cell, "month-first") is None
