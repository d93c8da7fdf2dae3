"""Recognises which table of a file is read, and by which layout; says why where none is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ims_billing.reading.layout import HEADER_WITHIN, ClinicLayout, Match, best_of, headers_of, match, score
from ims_billing.reading.left_out import forgotten_visit, how_to_name
from ims_billing.reading.spreadsheet import RawTable
from ims_billing.rules.words import Layout
from ims_billing.vocabulary.cells import Cell, day, text
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.spelling import heading, name_words, plain, same_name

# What the names of sheets say that are parts of one list: numbers and days are no words.
_OF_A_PART = re.compile(
    "[a-z]|sheet|page|part|week|wk|month|day|from|to|of|and|the|semaine|mois|du|au|de|le|et"
    "|st|nd|rd|th|tab|pg"
    "|january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec"
    "|(mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun"
)
# From what share of its headings on a table resembles a practice system's report.
_RESEMBLES = 0.6


def recognise_parts(sheets: Sequence[RawTable], readable: Sequence[ClinicLayout], file: str) -> list[Match]:
    """The table of a file that fits a layout, or the tables of several sheets that are parts of one list.

    Raises BillingError that says what is missing where none fits, or several do that are no parts of each other.
    """
    by_sheet = _by_sheet(sheets, readable, deep=False)
    if not any(fit.fits for fit in by_sheet):
        by_sheet = _by_sheet(sheets, readable, deep=True) or by_sheet
    fitting = [fit for fit in by_sheet if fit.fits and fit.table.height > fit.header + 1]
    # A sheet without an insurer, such as a list of products, is not meant beside one that has all columns.
    fitting = [fit for fit in fitting if not fit.missing] or fitting
    if len(fitting) > 1 and any(not fit.table.hidden for fit in fitting):
        fitting = [fit for fit in fitting if not fit.table.hidden]
    if all(fit.table.hidden for fit in fitting) and any(not table.hidden and table.height > 1 for table in sheets):
        # What is hidden may be an old copy: it is not read in place of what everybody sees.
        by_sheet = [fit for fit in by_sheet if not fit.table.hidden]
        shown = [table for table in sheets if not table.hidden]
        hidden = (
            f"\n  The hidden sheet {fit.table.sheet} could be read: show it in Excel if it is meant." for fit in fitting
        )
        raise BillingError(_refusal(shown, readable, by_sheet, file) + next(hidden, ""))
    if not fitting:
        raise BillingError(_refusal(sheets, readable, by_sheet, file))
    parts = fitting if len(fitting) == 1 else _parts(fitting)
    if not parts:
        raise BillingError(_several(file, fitting))
    for part in parts:
        if part.clashes:
            raise BillingError(
                f"{_place(file, part)}: {'; '.join(part.clashes)}. Delete or rename one of them, or have "
                "the one that is not meant ignored: sheet Columns of clinic.xlsx, or ignore under [clinic]."
            )
    return parts


def without_patients_names(sheets: Sequence[RawTable], readable: Sequence[ClinicLayout]) -> list[RawTable]:
    """The tables, those by their number whose sheet is called like a patient: no message may show a name."""
    if not any(len(name_words(table.sheet)) > 1 for table in sheets):
        return list(sheets)
    columns = [
        table.columns[number]
        for table in sheets
        for number in {fit.columns["patient"] for fit in _matches(table, readable) if "patient" in fit.columns}
    ]
    names = {same_name(text(cell)) for column in columns for cell in {*column}}
    return [
        replace(table, sheet=f"sheet {number}") if same_name(table.sheet) in names else table
        for number, table in enumerate(sheets, start=1)
    ]


def _by_sheet(sheets: Sequence[RawTable], readable: Sequence[ClinicLayout], *, deep: bool) -> list[Match]:
    matches = (_matches(table, readable, deep=deep) for table in sheets)
    return [best_of(candidates) for candidates in matches if candidates]


def _matches(table: RawTable, readable: Sequence[ClinicLayout], *, deep: bool = False) -> list[Match]:
    """The best header of a table for each layout that knows some of its headings."""
    headers = headers_of(table, deep=deep)
    return [fit for layout in readable if (fit := match(table, layout, headers)) is not None]


def _parts(fitting: Sequence[Match]) -> list[Match]:
    """The sheets that are parts of one list: as the clinic's layout names them, else by their headings and names."""
    by = fitting[0].read_by
    if by.sheets:
        named = [fit for fit in fitting if fit.read_by.id == by.id and {plain(fit.table.sheet), "all"} & by.sheets]
        return named if {plain(fit.table.sheet) for fit in named} >= by.sheets - {"all"} else []
    headings = {tuple(heading(text(cell)) for cell in fit.table.row(fit.header)) for fit in fitting}
    of_lines = by.one_row_a_session or "paid" in by.layout.needed
    alike = len(headings) == 1 and of_lines and all(fit.read_by.id == by.id for fit in fitting)
    return list(fitting) if alike and named_as_parts(fit.table.sheet for fit in fitting) else []


def named_as_parts(sheets: Iterable[str]) -> bool:
    """Whether the names of sheets say that they are parts of one list: weeks, days, numbers, and no other word.

    "Cancelled" beside "Attended" has the same headings and is no part.
    """
    words = {word for sheet in sheets for word in re.findall(r"[^\W\d_]+", plain(sheet))}
    return all(map(_OF_A_PART.fullmatch, words))


def _several(file: str, fitting: Sequence[Match]) -> str:
    names = ", ".join(f"{fit.table.sheet}: {fit.read_by.id}" for fit in fitting)
    return (
        f"{file}: several sheets fit ({names}). Save the one that is meant as a file of its own; or, where they are "
        f"parts of one list, {how_to_name([fit.table.sheet for fit in fitting])}"
    )


def _refusal(sheets: Sequence[RawTable], readable: Sequence[ClinicLayout], by_sheet: Sequence[Match], file: str) -> str:
    """Why no sheet can be read, and what is missing; `by_sheet` are the nearest layouts."""
    if not any(table.filled_in(column).any() for table in sheets for column in range(len(table.columns))):
        return f"{file}: there is nothing in it. Export the sessions again."
    headers = [nearest for nearest in by_sheet if nearest.fits]
    if headers:
        return f"{_place(file, headers[0])}: there is a header, and no row below it."
    if by_sheet:
        tables = [nearest.table for nearest in by_sheet]
        fits = [fit for table in tables for fit in _matches(table, readable)]
        return lacking(file, max(fits, key=_resemblance)) + _like_a_system(tables, readable)
    none = f"{file}: no header row was found in the first {HEADER_WITHIN} rows.{_top(sheets)}"
    sessions = next((layout.layout for layout in readable if layout.id == "sessions"), None)
    if sessions is None:
        # Of lists of payments our own is the plainest; a practice system's report is recognised or it is another file.
        wanted = next((layout for layout in readable if layout.id == "remittance"), readable[0]).layout
        return f"{none} {wanted.title.capitalize()} needs the columns {_named(wanted, wanted.needed)}."
    return (
        f"{none} A session spreadsheet needs the columns {_named(sessions, sessions.needed)}; ims-billing init writes "
        "an empty one."
    )


def refuse_visits(
    file: str, left: Sequence[RawTable], parts: Sequence[Match], readable: Sequence[ClinicLayout]
) -> None:
    """Raises BillingError where a sheet that was left out is a part that the setup names, or has visits with IMS.

    A clinic that names the sheets that are parts of its list has decided about every other one.
    """
    sheets = parts[0].read_by.sheets
    for table in left:
        nearest = _by_sheet([table], readable, deep=False)
        if plain(table.sheet) in sheets:
            raise BillingError(
                f"{file}: the sheet {table.sheet} is a part of one list by the clinic setup (Columns), and it has not "
                f"the headings of {parts[0].table.sheet}. {_why_not(table, readable, nearest, file)}"
            )
        row = None if sheets else forgotten_visit(table, next(iter(nearest), None), parts)
        if row is not None and table.hidden:
            raise BillingError(
                f"{file}, {table.sheet}, row {row}: this looks like a visit with IMS that no other sheet has, and the "
                "sheet is hidden. Show it in Excel and save it as a file of its own if it is meant; else delete it."
            )
        if row is not None:
            raise BillingError(
                f"{file}, {table.sheet}, row {row}: this looks like a visit with IMS, and the sheet can't be read.\n"
                f"  {_why_not(table, readable, nearest, file)}\n"
                f"  If the sheet is not meant, {how_to_name([part.table.sheet for part in parts])}"
            )


def _why_not(table: RawTable, readable: Sequence[ClinicLayout], nearest: Sequence[Match], file: str) -> str:
    """Why a sheet can't be read beside one that can, and what is missing."""
    return lacking(file, nearest[0]) if nearest and nearest[0].fits else _refusal([table], readable, nearest, file)


def _resemblance(fit: Match) -> tuple[int, int, tuple[int, float, int, int]]:
    """How much a table is like a layout: the headings that it has of it, then those that it lacks."""
    return len(fit.columns), -len(fit.missing), score(fit)


def _like_a_system(tables: Iterable[RawTable], readable: Sequence[ClinicLayout]) -> str:
    """A line on the practice system's report that a table is nearly; empty where it is like none."""
    for table in tables:
        for position in range(min(HEADER_WITHIN, table.height)):
            row = {heading(text(cell)) for cell in table.row(position)}
            for layout in (layout for layout in readable if layout.wanted):
                if len(row & layout.wanted) >= _RESEMBLES * len(layout.wanted):
                    return f"\n  It is like {layout.id} ({layout.layout.title}), and not all of its headings are there."
    return ""


def _place(file: str, header: Match) -> str:
    """File, sheet and row of a header, in words."""
    sheet = f", {header.table.sheet}" if header.table.sheet else ""
    return f"{file}{sheet}, row {header.row(header.header)}"


def _named(layout: Layout, groups: Iterable[str]) -> str:
    return ", ".join(" or ".join(layout.headings[name][0] for name in _options(group)) for group in groups)


def _options(group: str) -> list[str]:
    """The fields of a group as they are asked for: nobody is asked for a name in two halves."""
    names = group.split("|")
    return [name for name in names if name != "last_name"] if "patient" in names else names


def lacking(file: str, nearest: Match) -> str:
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
    lines.append(f"  found: {present}")
    here = {heading(text(cell)) for cell in nearest.table.row(nearest.header)}
    places = [
        f"    {place}: {column}" for column, place in nearest.read_by.open_columns.items() if heading(column) in here
    ]
    if places:
        lines += [
            f"  In {nearest.read_by.setup}, write in place of ? what each of these columns stands for, or ignore:",
            *places,
        ]
    else:
        lines.append("  Rename the columns; or keep them, and say once which is which: clinic.xlsx, sheet Columns, or")
        lines.append("  [[layout]] in clinic.toml. ims-billing init NEW_FOLDER --from FILE drafts it from your file.")
    return "\n".join(lines)


def _closest(nearest: Match) -> dict[str, str]:
    """By missing field, the unknown heading that looks most like it; each heading is proposed once."""
    layout = nearest.read_by.layout
    missing = [name for group in nearest.missing for name in _options(group)]
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
