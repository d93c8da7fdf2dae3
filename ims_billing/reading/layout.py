"""Which table a sheet holds, where its header stands, and which column is which."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ims_billing.findings import BillingError
from ims_billing.model import heading
from ims_billing.reading.cells import text
from ims_billing.reading.spreadsheet import Cell, RawTable
from ims_billing.rulebook import Layout

HEADER_WITHIN = 30


@dataclass(frozen=True)
class Match:
    """How well a table fits a layout: the header's place in `rows`, and the column of each field found."""

    table: RawTable
    header: int
    columns: dict[str, int]
    missing: tuple[str, ...]
    unknown: dict[int, str]
    clashes: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether every needed column is there."""
        return not self.missing

    def row(self, position: int) -> int:
        """The row that stands at a position of the table, as Excel numbers it."""
        return self.table.first_row + position


def match(table: RawTable, layout: Layout) -> Match | None:
    """The best header of the table's first rows; None where no row has two headings that the layout knows."""
    known = {heading(text_): name for name, headings in layout.headings.items() for text_ in headings}
    best: Match | None = None
    for position, row in enumerate(table.rows[:HEADER_WITHIN]):
        found = _columns(table, position, row, known, layout)
        if len(found.columns) >= 2 and (best is None or _score(found) > _score(best)):
            best = found
    return best


def _score(found: Match) -> tuple[int, int]:
    return (-len(found.missing), len(found.columns))


def _columns(table: RawTable, position: int, row: Sequence[Cell], known: dict[str, str], layout: Layout) -> Match:
    by_field: dict[str, list[int]] = {}
    unknown = {}
    for column, cell in enumerate(row):
        name = known.get(heading(cell)) if isinstance(cell, str) else None
        if name:
            by_field.setdefault(name, []).append(column)
        elif text(cell):
            unknown[column] = text(cell)
    columns, clashes = {}, []
    for name, places in by_field.items():
        own = heading(layout.headings[name][0])
        exact = [place for place in places if heading(str(row[place])) == own]
        # This product's own heading goes before a synonym; of two equals neither does.
        chosen = exact or places
        columns[name] = chosen[0]
        if len(chosen) > 1:
            shown = " and ".join(f'"{text(row[place])}" ({letters(place)})' for place in chosen)
            clashes.append(f"{shown} are both read as {layout.headings[name][0]}")
        for place in set(places) - {chosen[0]}:
            unknown[place] = text(row[place])
    missing = tuple(name for name in layout.needed if name not in columns)
    return Match(table, position, columns, missing, unknown, tuple(clashes))


def letters(column: int) -> str:
    """A column as Excel names it, from 0: A, B, ..., AA."""
    name = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return f"column {name}"


def recognise(tables: Iterable[RawTable], layout: Layout, file: str) -> Match:
    """The one table of a file that fits the layout; raises BillingError that says what lacks where none does."""
    sheets = list(tables)
    matches = [found for table in sheets if (found := match(table, layout))]
    fitting = [found for found in matches if found.fits and len(found.table.rows) > found.header + 1]
    if len(fitting) > 1:
        names = ", ".join(found.table.sheet for found in fitting)
        raise BillingError(
            f"{file}: several sheets hold sessions ({names}). Save the one that is meant as a file of its own."
        )
    if fitting:
        if fitting[0].clashes:
            raise BillingError(
                f"{_place(file, fitting[0])}: {'; '.join(fitting[0].clashes)}. Delete or rename one of them."
            )
        return fitting[0]
    if not any(text(cell) for table in sheets for row in table.rows for cell in row):
        raise BillingError(f"{file}: there is nothing in it. Export the sessions again.")
    headers = [found for found in matches if found.fits]
    if headers:
        raise BillingError(f"{_place(file, headers[0])}: there is a header, and no row below it.")
    if matches:
        raise BillingError(_lacking(file, max(matches, key=_score), layout))
    raise BillingError(
        f"{file}: no header row was found in the first {HEADER_WITHIN} rows.{_top(sheets)} A session spreadsheet "
        f"needs the columns {_own(layout, layout.needed)}; ims-billing init writes an empty one."
    )


def _place(file: str, found: Match) -> str:
    sheet = f", {found.table.sheet}" if found.table.sheet else ""
    return f"{file}{sheet}, row {found.row(found.header)}"


def _own(layout: Layout, names: Iterable[str]) -> str:
    return ", ".join(layout.headings[name][0] for name in names)


def _lacking(file: str, found: Match, layout: Layout) -> str:
    row = found.table.rows[found.header]
    present = ", ".join(text(cell) for cell in row if text(cell))
    count = "1 column is" if len(found.missing) == 1 else f"{len(found.missing)} columns are"
    lines = [f"{_place(file, found)}: {count} missing.", f"  missing: {_own(layout, found.missing)}"]
    for name, close in _closest(found, layout).items():
        lines.append(f'  closest to {layout.headings[name][0]}: "{close}"; rename it if it is the same')
    lines.append(f"  found: {present}")
    return "\n".join(lines)


def _closest(found: Match, layout: Layout) -> dict[str, str]:
    """By missing field, the unknown heading that looks most like it; each heading is proposed once."""
    alike = sorted(
        (
            max(
                difflib.SequenceMatcher(None, heading(candidate), heading(known)).ratio()
                for known in layout.headings[name]
            ),
            name,
            candidate,
        )
        for name in found.missing
        for candidate in found.unknown.values()
    )
    proposed: dict[str, str] = {}
    for likeness, name, candidate in reversed(alike):
        if likeness > 0.6 and name not in proposed and candidate not in proposed.values():
            proposed[name] = candidate
    return {name: proposed[name] for name in found.missing if name in proposed}


def _top(sheets: Sequence[RawTable]) -> str:
    """The first row that could be headings; rows with dates or numbers are somebody's, and are not repeated."""
    for table in sheets:
        for row in table.rows[:HEADER_WITHIN]:
            cells = [cell for cell in row if text(cell)]
            if len(cells) > 1 and all(isinstance(c, str) and not any(x.isdigit() for x in c) for c in cells):
                return f" Columns found: {', '.join(text(cell) for cell in cells)}."
    return ""
