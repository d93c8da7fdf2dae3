"""Remittances and lists of payments: what an insurer says it paid, line by line or in one sum."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.reading.above_lines import texts_above
from ims_billing.reading.cell_shapes import month_in
from ims_billing.reading.clinic_layouts import remittance_layouts
from ims_billing.reading.intake import named_contents
from ims_billing.reading.left_out import left_out, named
from ims_billing.reading.other_reports import refuse_own_files
from ims_billing.reading.own_rows import TOTALS
from ims_billing.reading.recognise import recognise_parts, without_patients_names
from ims_billing.reading.sales import invoice_parts
from ims_billing.reading.spreadsheet import AskPassword, open_spreadsheet
from ims_billing.reading.table import Table
from ims_billing.reading.unread_words import headings_with_doubtful_words
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import Cell, money, shown, text, word_of
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import REMITTANCE, prove
from ims_billing.vocabulary.identifiers import has_lost_digits
from ims_billing.vocabulary.intake import FileRead, LooksLike, UnreadColumn
from ims_billing.vocabulary.progress import Progress, no_progress, nobody_to_ask
from ims_billing.vocabulary.spelling import dollars, heading

_TEXTS = (
    "claim", "insurer", "member", "patient", "reason", "payment_number", "method", "source", "payee", "description",
    "currency", "invoice",
)  # fmt: skip
_OF_TWO = "One sum for invoices of an insurer and of a patient. Write a line for each."
_DATES = ("service_date", "payment_date", "period_from", "period_until")


def read_remittances(
    paths: Sequence[Path],
    clinic: Clinic,
    progress: Progress = no_progress,
    ask: AskPassword = nobody_to_ask,
) -> tuple[pd.DataFrame, tuple[FileRead, ...]]:
    """The lines of all files (REMITTANCE), in the order of the files' names, and an account of each file.

    Raises BillingError, which names the file, where one cannot be read or is none.
    """
    frames, files = [], []
    for name, content, sha256 in named_contents(paths, progress):
        opened = open_spreadsheet(name, content, ask)
        readable = remittance_layouts(clinic)
        tables = without_patients_names(opened.tables, readable)
        try:
            parts = recognise_parts(tables, readable, name)
        except BillingError:
            # Only then: somebody may have typed what was paid into our own list of claims.
            refuse_own_files(tables, name)
            raise
        left = (*opened.remarks, *named(left_out(tables, parts), parts))
        file: FileRead | None = None
        for match in parts:
            table = Table(match, clinic, "paid")
            unread = _unread_columns(table)
            frames.append(_lines(table, unread, name))
            part = FileRead(
                file=name,
                layout=match.read_by.id,
                sha256=sha256,
                rows=len(table) + len(table.asides),
                sessions=len(table),
                repeated=0,
                tied=0,
                asides=tuple(table.asides),
                # The totals of several pages are of all of them.
                remarks=(*left, *match.table.remarks, *(_totals_that_differ(table) if len(parts) == 1 else ())),
                unread=tuple(unread),
            )
            file = part if file is None else _together(file, part)
        assert file is not None, "a file that is read has a table"
        files.append(file)
    types = {column.name: column.dtype for column in REMITTANCE}
    return prove(pd.concat(frames, ignore_index=True).astype(types), REMITTANCE), tuple(files)


def _together(file: FileRead, part: FileRead) -> FileRead:
    """A file with one more of its sheets, a page of the same list."""
    return replace(
        file,
        rows=file.rows + part.rows,
        sessions=file.sessions + part.sessions,
        asides=file.asides + part.asides,
        remarks=tuple(dict.fromkeys(file.remarks + part.remarks)),
        unread=file.unread + part.unread,
    )


def _totals_that_differ(table: Table) -> Iterator[str]:
    """Clauses that name the lines of totals whose amount is neither the sum of all lines above nor of the last ones.

    Then a line is missing, or one was read otherwise than the insurer meant it.
    """
    column = table.match.columns["paid"]
    cells = table.match.table.columns[column]
    totals = {aside.row - table.match.table.first_row for aside in table.asides if aside.reason == TOTALS}
    whole = since = 0
    for position in sorted({*totals, *table.own.positions}):
        cents = money(cells[position]) or 0
        if position not in totals:
            whole, since = whole + cents, since + cents
            continue
        if cents and since and cents not in (whole, since):
            row = table.match.row(position)
            yield f"the totals in row {row} are {dollars(cents)}, and the lines above come to {dollars(whole)}"
        since = 0


def _lines(table: Table, unread: Mapping[UnreadColumn, Sequence[Cell]], file: str) -> pd.DataFrame:
    cells: dict[str, Any] = {name: table.texts(name) for name in _TEXTS}
    cells |= {name: _of_every_column(table, name) for name in ("treated_by", "service")}
    cells |= {f"{name}_cents": table.amounts(name) for name in ("claimed", "paid")}
    cells |= {name: table.dates(name, short_years=True) for name in _DATES}
    _fill_in_periods(cells, table.raw("period"))
    table.note_moved()
    faults = [""] * len(table)
    cells["patients_invoice"] = [False] * len(table)
    if table.match.read_by.patient_invoices:
        shares = [_shares(written) for written in cells["invoice"]]
        cells["invoice"] = [", ".join(share.invoice for share in each) for each in shares]
        payers = [{share.payer for share in each} for each in shares]
        # What the patient paid of their share is no insurer's payment.
        cells["patients_invoice"] = [each == {"P"} for each in payers]
        cells["description"] = [""] * len(table)
        faults = [_OF_TWO if len(each) > 1 and "P" in each else "" for each in payers]
    for position, name in table.struck_out().items():
        message = f"{table.called(name)} is struck out. If the clinic has the money, remove the line through it."
        faults[position] += f"{' ' if faults[position] else ''}{message}"
    for position, column, _, message in table.bad:
        if column in ("claimed_cents", "paid_cents") and _is_dash(table.raw(column.removesuffix("_cents"))[position]):
            continue
        faults[position] += f"{' ' if faults[position] else ''}{message}"
    for position, cell in enumerate(table.raw("payment_number")):
        if has_lost_digits(cell):
            message = (
                f"{table.called('payment_number')} has lost digits in a spreadsheet. Write the whole number, as text."
            )
            faults[position] += f"{' ' if faults[position] else ''}{message}"
    for name in _DATES:
        for position, (cell, day) in enumerate(zip(table.raw(name), cells[name], strict=True)):
            if day is None and cell not in (None, ""):
                message = f"{table.called(name)} holds {shown(cell)}, which is not plainly a date."
                faults[position] += f"{' ' if faults[position] else ''}{message}"
    cells |= _unread_cells(unread, cells["paid_cents"], cells["claimed_cents"])
    cells["above"] = texts_above(table)
    cells["unread_words"] = headings_with_doubtful_words(table, unread)
    cells |= {"file": file, "sheet": table.sheet, "row": table.places, "fault": faults}
    frame = pd.DataFrame({column.name: cells[column.name] for column in REMITTANCE})
    return frame.astype({column.name: column.dtype for column in REMITTANCE})


def _fill_in_periods(cells: dict[str, Any], periods: Sequence[Cell]) -> None:
    """Fills in the first and last day of a row that names its period by a month, such as ``October 2026``."""
    for position, cell in enumerate(periods):
        month = month_in(cell)
        if month and cells["period_from"][position] is cells["period_until"][position] is None:
            last = calendar.monthrange(month.year, month.month)[1]
            cells["period_from"][position], cells["period_until"][position] = month, month.replace(day=last)


def _of_every_column(table: Table, name: str) -> list[str]:
    """The texts of a field, from all of its columns: one cell a line."""
    columns = [table.texts(column) for column in table.every(name)]
    return ["\n".join(filter(None, texts)) for texts in zip(*columns, strict=True)] if columns else [""] * len(table)


class _Share(NamedTuple):
    """A payer's share of one of Jane's invoices: P stands for the patient, C for an insurer."""

    invoice: str
    payer: str


def _shares(written: str) -> list[_Share]:
    """The shares that a cell such as ``1531-C01, 1532-C01`` names."""
    names = re.split(r"[,;\s]+", written.strip())
    return [_Share(stem, letter) for name in names if name for stem, letter, _ in [invoice_parts(name)]]


def _is_dash(cell: Cell) -> bool:
    """Whether an amount is left out by a dash, as in a column of money that an insurer refuses."""
    return bool(text(cell)) and not text(cell).strip("-–—− ")


def _unread_columns(table: Table) -> dict[UnreadColumn, list[Cell]]:
    """The columns with something in them that no field has, with their cells; those that may hold money say so."""
    match = table.match
    header, read = match.table.row(match.header), set(match.columns.values())
    columns = {}
    for column in range(len(match.table.columns)):
        name, cells = text(header[column]), table.cells(column)
        if column not in read and not match.passes_over(column) and (name or any(map(text, cells))):
            money_like = heading(name) not in match.read_by.ignored and _holds_money(
                name, cells, of_the_amount=heading(table.heading("paid")) == heading("Amount")
            )
            looks_like: LooksLike | None = "amounts" if money_like else None
            columns[UnreadColumn(name, match.letters(column), table.sheet, looks_like)] = cells
    return columns


def _unread_cells(
    unread: Mapping[UnreadColumn, Sequence[Cell]], paid: Sequence[int | None], claimed: Sequence[int | None]
) -> dict[str, list[str]]:
    """The columns `elsewhere` and `unread_money`: the text and the amounts of each row in unread columns."""
    payers = published().layouts.payers
    repeats = {word_of(word) for word in payers.unread.paid}
    of_payment = repeats - {"total", "amount"}
    elsewhere, unread_money = [], []
    for row, cents in enumerate(paid):
        words = [cell for cells in unread.values() if isinstance(cell := cells[row], str) and money(cell) is None]
        elsewhere.append("\n".join(words))
        headings = []
        for column, cells in unread.items():
            # A second column such as Total Paid may repeat what was paid, and says nothing new where it does.
            words_of_heading = word_of(column.heading).split()
            # "Paid to Member" says who was paid, and nothing twice.
            of_person = any(map(payers.is_person, words_of_heading))
            explains = heading(column.heading) in map(heading, payers.unread.explains)
            repeats_it = explains or bool(repeats.intersection(words_of_heading))
            repeated = not of_person and repeats_it and money(cells[row]) == cents
            # What was charged repeats what was claimed; the sum of the payment may stand on each of its lines.
            repeated |= of_payment.isdisjoint(words_of_heading) and money(cells[row]) == claimed[row]
            repeated |= not of_person and len(paid) > 1 and set(map(money, cells)) == {sum(filter(None, paid))}
            if column.looks_like and money(cells[row]) and not repeated:
                headings.append(column.heading or column.place)
        unread_money.append(", ".join(headings))
    return {"elsewhere": elsewhere, "unread_money": unread_money}


def _holds_money(name: str, cells: Sequence[Cell], *, of_the_amount: bool) -> bool:
    """Whether most cells under an unread heading are amounts, which may change what was paid.

    With `of_the_amount` what was approved is one too: the amount that is read may be what was charged.
    """
    rules = published().layouts.payers.unread
    words = word_of(name).split()
    if "%" in name or "#" in name or rules.is_number(words):
        return False
    approved = of_the_amount and not {word_of(word) for word in rules.of_the_amount}.isdisjoint(words)
    if heading(name) in map(heading, rules.explains) and not approved:
        return False
    filled = [cell for cell in cells if text(cell) and not _is_dash(cell)]
    return 2 * sum(money(cell) is not None and not _is_number(cell) for cell in filled) > len(filled)


def _is_number(cell: Cell) -> bool:
    """Whether digits are somebody's number rather than an amount: seven or more, or with zeros before."""
    return re.fullmatch(r"0\d+|\d{7,}", text(cell)) is not None
