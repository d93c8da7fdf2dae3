"""Tables with one row per session, and Jane's appointments, into the typed sessions frame."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ims_billing.reading.group_headings import says_a_state
from ims_billing.reading.left_out import says_ims
from ims_billing.reading.patient_cells import patient_names
from ims_billing.reading.people_above import people_above
from ims_billing.reading.statuses import doubts, mark, row_statuses
from ims_billing.reading.table import Table, midnight, whole
from ims_billing.reading.visit_times import length_between, service_days, visit_times
from ims_billing.vocabulary.cells import day, meanings, shown, text, word_of, written_out
from ims_billing.vocabulary.frames import ABSENT, SESSIONS, prove
from ims_billing.vocabulary.intake import Aside
from ims_billing.vocabulary.rows import of_each_cell
from ims_billing.vocabulary.spelling import counted, dollars, heading

# An error in one of these would decide what becomes of the session; elsewhere it counts as nothing written.
_MUST_BE_SOUND = (
    "patient",
    "practitioner",
    "service_name",
    "insurer",
    "insured",
    "secondary_insurer",
    "session_id",
    "patient_id",
    "location",
)
# Identifiers: of what stands there only a number of an insurer is read.
NUMBERS = ("policy", "member", "payer_file_number", "phn", "secondary_policy", "secondary_member")
# Names in which a dash or a word such as "none" says that there is nothing.
_NAMES = ("insured", "secondary_insurer")
# Days beside the visit's, and whether they are a person's own, which no message repeats.
_DATES = {"birth_date": True, "insured_birth_date": True, "accident_date": False}
# The insurers' own numbers behind their names, where a program writes them: Sun Life (12345).
_PAYERS = ("insurer", "secondary_insurer")
_PAYER_NUMBER = re.compile(r"\s*\(\w*\d\w*\)$")
_OF_NUMPY = ("int64", "bool")
_TYPES = {column.name: column.dtype for column in SESSIONS}


def sessions_frame(table: Table, file: str) -> pd.DataFrame:
    """The SESSIONS frame of a table in the sessions layout; bad cells are added to the table's."""
    texts = {
        name: table.texts(name, sound=name in _MUST_BE_SOUND)
        for name, dtype in _TYPES.items()
        if dtype == "str" and name in table.match.columns and name not in ("status", *NUMBERS)
    }
    words, own = table.rules.words, table.clinic.words
    read_by = table.match.read_by
    if "patient" not in texts:
        texts["patient"] = table.whole_names(sound=True)
    if read_by.payer_numbers:
        texts |= {name: [_PAYER_NUMBER.sub("", c) for c in texts[name]] for name in _PAYERS if name in texts}
    if read_by.above == "practitioner" and "practitioner" not in texts:
        texts["practitioner"] = people_above(table)
    for name in ("session_id", "patient_id"):
        if name in texts:  # a dash is no number
            texts[name] = [cell if cell.isalnum() or any(map(str.isalnum, cell)) else "" for cell in texts[name]]
    texts |= {name: table.identifiers(name) for name in NUMBERS if name in table.match.columns}
    texts |= {name: table.without_blanks(texts[name]) for name in _NAMES if name in texts}
    for position, cell in enumerate(texts.get("insurer", ())):
        if "?" in cell:
            message = f"{table.called('insurer')} holds a question mark: which insurer pays is not certain."
            table.note(position, "insurer", "unreadable-cell", message)
    _note_invoices(table)
    status = meanings(words.status, {**own.status, **table.match.read_by.status})
    cells: dict[str, Any] = {
        **texts,
        "notes": _notes(table),
        "status": row_statuses(table, status, blank="arrived"),
        "visit": table.worded("visit", meanings(words.visit, own.visit), "initial or subsequent"),
        "relationship": table.worded(
            "relationship", meanings(words.relationship, own.relationship), "self, spouse, child or other"
        ),
        "billed": _billed(table, meanings(words.billed, {**own.billed, **read_by.billed})),
        "elsewhere": table.elsewhere(),
        **visit_times(table),
        **_amounts(table),
    }
    cells["patient"] = patient_names(table, texts["patient"], cells["service_date"])
    for name, personal in _DATES.items():
        cells[name] = table.noted_dates(name, short_years=not personal, personal=personal)
    table.note_moved()
    table.note_headings()
    return typed(cells, table, file)


def _notes(table: Table) -> list[str]:
    """The notes, each with what the column Visit says of IMS where the service does not.

    The columns may be exchanged, or a service such as Physiotherapy has kinds of visits: nobody can tell.
    """
    notes = table.notes()
    if "visit" not in table.match.columns or "service_name" not in table.match.columns:
        return notes
    pairs = list(zip(table.texts("visit"), table.texts("service_name"), strict=True))
    of_ims = of_each_cell(pairs, lambda pair: says_ims(pair[0]) and not says_ims(pair[1]))
    places = [position for position, flag in enumerate(of_ims) if flag]
    for position in places:
        notes[position] = f"{notes[position]}\n{pairs[position][0]}".strip()
    if places:
        rows = f"in {counted(len(places), 'row')} (first in row {table.places[places[0]]})"
        table.remarks.append(f"{table.called('visit')} speaks of IMS {rows} whose service does not: read as Notes")
    return notes


def _note_invoices(table: Table) -> None:
    """Notes the rows whose invoice is a word, a mark or a day, which may say that the visit was billed or is void.

    Numbers such as 2026-10-01, the first of a month, differ on every row: days do not. Under "Facture" nothing is
    certain, as it may be "Facturé", which is billed.
    """
    yes = {word_of(word) for word in table.rules.words.billed["yes"]}
    order = table.match.read_by.dates
    filled = [cell for cell in table.raw("invoice") if text(cell)]
    differ = len(filled) > 1 and len({*filled}) == len(filled) and all(isinstance(cell, str) for cell in filled)
    differ = differ and heading(table.heading("invoice")) != "facture"

    def is_none(cell: str) -> bool:
        # "Facture 1001" is a number; "Facturé" alone says that it was billed.
        beside = " ".join(word for word in word_of(cell).split() if word != "facture")
        is_day = not differ and not cell.isdigit() and day(cell, order) is not None
        return not cell.isdigit() and (word_of(cell) in yes or says_a_state(beside) or is_day)

    flags = of_each_cell(table.texts("invoice"), is_none)
    for position in (place for place, flag in enumerate(flags) if flag):
        message = (
            f"{table.called('invoice')} holds no number: it may say that this visit was billed. If it was not, type no."
        )
        table.note(position, "billed", "unreadable-cell", message)


def typed(cells: dict[str, Any], table: Table, file: str) -> pd.DataFrame:
    """The SESSIONS frame of these columns; those that are not given are absent."""
    given = {"row": table.places, **cells}
    of_all = {"file": file, "sheet": table.sheet}
    columns = {
        name: _column(given[name], dtype)
        if name in given
        else _column([of_all.get(name, ABSENT[dtype])], dtype).repeat(len(table))
        for name, dtype in _TYPES.items()
    }
    return prove(pd.DataFrame(columns, copy=False), SESSIONS)


def _column(cells: Any, dtype: str) -> Any:
    """The cells of a column as an array of its type: a frame that finds the types out takes twice as long."""
    return np.array(cells, dtype=dtype) if dtype in _OF_NUMPY else pd.array(cells, dtype=dtype)


def appointments_frame(table: Table, file: str) -> pd.DataFrame:
    """The SESSIONS frame of Jane's Appointments report: no money and no insurer; breaks are skipped."""
    starts, ends = service_days(table, "start_at"), table.days("end_at")
    for position, cell in table.unread("end_at", ends):
        message = f"{table.called('end_at')} holds {written_out(cell)}, which is not plainly a day with a time."
        table.note(position, "end", "unreadable-cell", message)
    begin = [None if moment is None else moment.hour * 60 + moment.minute for moment in starts]
    end = [None if moment is None else moment.hour * 60 + moment.minute for moment in ends]
    first = {"true": "yes", "yes": "yes", "1": "yes", "false": "no", "no": "no", "0": "no"}
    cells = {
        "session_id": table.texts("session_id", sound=True),
        "service_date": [midnight(moment) for moment in starts],
        "start": whole(begin),
        "end": whole(end),
        "minutes": whole([length_between(a, b) for a, b in zip(begin, end, strict=True)]),
        "patient": table.whole_names(),
        "patient_id": table.texts("patient_id", sound=True),
        "practitioner": table.texts("practitioner", sound=True),
        "service_name": table.texts("service_name", sound=True),
        "chart": [cell.lower() if cell.lower() in ("signed", "unsigned") else "" for cell in table.texts("chart")],
        "first_visit": [first.get(cell.lower(), "") for cell in table.texts("first_visit")],
        "status": row_statuses(
            table,
            meanings(table.rules.words.jane_state, {**table.clinic.words.status, **table.match.read_by.status}),
            blank="unknown",
        ),
        "location": table.texts("location", sound=True),
        "notes": table.notes(),
    }
    _note_contradictions(table, cells["status"])
    table.note_moved()
    table.note_headings()
    return _without_breaks(typed(cells, table, file), table)


def _note_contradictions(table: Table, statuses: list[str]) -> None:
    """Notes the appointments that arrived and also say that they were cancelled, missed, archived or a break."""
    for name in ("cancelled_at", "no_show_at", "archived_at", "break"):
        for position, (cell, status) in enumerate(zip(table.raw(name), statuses, strict=True)):
            if status == "arrived" and mark(cell) not in ("", "no"):
                message = f"{table.called(name)} is filled in, and {table.called('status')} says that the patient came."
                table.note(position, "status", "status-not-recognised", message)


def _without_breaks(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The appointments of patients; a break or blocked time is skipped."""
    nobody = (frame["patient"] == "") & (frame["patient_id"] == "")
    for row in frame.loc[nobody, "row"]:
        table.asides.append(Aside(table.sheet, int(row), "a break or blocked time"))
    kept = frame.index[~nobody]
    new = {int(old): position for position, old in enumerate(kept)}
    table.bad[:] = [(new[position], *rest) for position, *rest in table.bad if position in new]  # type: ignore[misc]
    return frame.loc[kept].reset_index(drop=True)


def _billed(table: Table, words: dict[str, str]) -> list[bool]:
    """Whether any column of a row says that it was billed: a day says so too, and an amount that the insurer paid."""
    billed = [False] * len(table)
    for name in table.every("billed"):
        texts = table.texts(name, sound=True)
        for position, (cell, word) in enumerate(zip(table.raw(name), texts, strict=True)):
            meaning = words.get(word_of(word) or word)
            if meaning is None and not word_of(word):
                # Dashes are blank, a tick says yes, and of another mark nobody can tell.
                meaning = "no" if mark(word) == "" else mark(word)
            if (meaning == "no" and doubts(word)) or "?" in word:
                meaning = None
            if meaning is None and day(cell, table.match.read_by.dates) is not None:
                meaning = "yes"
            if meaning is None:
                message = f"{table.called(name)} says neither yes, nor no, nor a day: {shown(cell)}."
                table.note(position, "billed", "unreadable-cell", message)
            billed[position] |= meaning == "yes"
    # What an insurer has paid of, whole or in part, it was billed for.
    return [was or bool(paid) for was, paid in zip(billed, table.amounts("insurer_paid", words=True), strict=True)]


def _amounts(table: Table) -> dict[str, Any]:
    fees = table.amounts("fee", "unreadable-fee", words=True)
    paid = table.amounts("patient_paid", words=True)
    for position, amount in enumerate(paid):
        if amount is not None and amount < 0:
            message = f"{table.called('patient_paid')} holds {dollars(amount)}: what a patient paid is not below zero."
            table.note(position, "patient_paid_cents", "unreadable-cell", message)
    for position, amount in enumerate(table.amounts("insurer_charge", words=True)):
        if amount == 0 and fees[position]:
            message = f"{table.called('insurer_charge')} is $0.00: nothing of this visit is charged to the insurer."
            table.note(position, "billed", "unreadable-cell", message)
    amounts = {
        "fee_cents": [fee or 0 for fee in fees],
        "patient_paid_cents": _paid_in_full(table, fees, [max(amount or 0, 0) for amount in paid]),
        "tax_cents": [amount or 0 for amount in table.amounts("tax", words=True)],
    }
    # Beside an amount that can't be read, a fee of nothing may be another column's, which a deleted cell moved here.
    odd = {position for position, column, *_ in table.bad if column in ("patient_paid_cents", "tax_cents")}
    stated = [fee is not None and (fee != 0 or position not in odd) for position, fee in enumerate(fees)]
    return {**amounts, "fee_stated": stated}


def _paid_in_full(table: Table, fees: Sequence[int | None], amounts: list[int]) -> list[int]:
    """What the patient paid: these amounts, or the whole fee where a column says that it is paid in full."""
    if "paid_in_full" not in table.match.columns:
        return amounts
    words = meanings(table.rules.words.billed, {})
    for position, cell in enumerate(table.texts("paid_in_full")):
        meaning = words.get(word_of(cell), "no" if not word_of(cell) else None)
        if meaning is None:
            message = f"{table.called('paid_in_full')} says neither yes nor no: {shown(cell)}."
            table.note(position, "patient_paid_cents", "unreadable-cell", message)
        elif meaning == "yes":
            amounts[position] = max(amounts[position], fees[position] or 0)
    return amounts
