"""The sheet Needs attention: a line for each finding that holds a session, made to be worked through."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import pandas as pd
from openpyxl.utils import get_column_letter

from ims_billing.vocabulary.decision_keys import LineKey, decision_mark
from ims_billing.vocabulary.fields import CORRECTS, FIELDS, of_month
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.frames import BILL, DO_NOT_BILL, LATER
from ims_billing.vocabulary.model import MonthView
from ims_billing.vocabulary.rows import rows_of
from ims_billing.workbooks.book import Book
from ims_billing.workbooks.parts import Cell, Check, Column, Kind, Placed
from ims_billing.workbooks.table import Table

SHEET = "Needs attention"
COLUMNS = {
    "decision": Column("Decision", typed=True, width=14),
    "correct_value": Column("Correct value", "id", typed=True, width=18),
    "ways": Column("What to type", "long", width=26),
    "patient": Column("Patient", width=18),
    "service_date": Column("Service date", "date", width=12),
    "practitioner": Column("Practitioner", width=17),
    "insurer": Column("Insurer", width=16),
    "fee_cents": Column("Fee", "money", width=10),
    "problem": Column("Problem", "long", width=50),
    "note": Column("Note", "long", typed=True, width=24),
    "fix": Column("How to fix", "long", width=56, quiet=True),
    "service": Column("Service", quiet=True),
    "decided_by": Column("Decided by", typed=True, width=14),
    "kind": Column("Kind", quiet=True),
    "source": Column("Source", quiet=True),
    "session": Column("Session", "id", width=12, quiet=True),
}
WHO = "Decided by, for all lines:"
HOW = (
    "How to decide",
    "1. Fix what you can in your practice software and export again: those lines go away by themselves.",
    "2. Bill: bill the session as it is. Lines that can't be billed like this don't offer it.",
    "3. Do not bill: never bill this session. If it was claimed before, What to type says what each choice does.",
    "4. Later: keep it on hold. Write in Note what you are waiting for.",
    "5. Correct value: type what should stand in place of the wrong or missing value.",
    "6. Leave a shaded Correct value empty: choose a decision, or fix it in your practice software.",
    "7. A session with several lines is billed once all of them are decided.",
    "8. To take a decision back, empty its cells.",
    "9. Sort, filter and add notes as you like. Leave the columns Kind and Session as they are.",
    "10. Save and close, then run the claim command for the month again.",
)
_PLACES = {name: place for place, name in enumerate(COLUMNS)}
_TYPED = ("decision", "correct_value", "decided_by", "note")
_LINE = ("session", "kind", "fingerprint")
# What the sheet takes of a line that is held.
_SHOWN = (*(name for name in COLUMNS if name not in _TYPED), "fingerprint", "waits", "bill_refused")
# A line of the sheet: its cells by column, and what it is sorted by.
Line: TypeAlias = dict[str, Any]
# The number that other claims of the same patient and insurer bear, by the kind of finding that asks for it.
_NUMBERS = {
    "missing-policy": "policy",
    "missing-member": "member",
    "missing-payer-file-number": "payer_file_number",
    "missing-phn": "phn",
}
# What a list offers to choose from, by the column that a correct value replaces.
_LISTS = ("insurer", "practitioner")
# What a program shows where a value is typed that takes the session out of the month's claims.
_TAKES_OUT = {
    "service_date": "This is no day in {month}. With a day of another month this session leaves the claims of {month}.",
    "fee_cents": "This is no amount above 0.00. With a fee of 0.00 this session leaves the claims of {month}.",
}


def needs_attention(book: Book, view: MonthView) -> None:
    """Adds the sheet to the month's summary."""
    lines = _lines(view)
    names = {name: sorted({*_names(view, name)}, key=str.casefold) for name in _LISTS}
    beside = [HOW, *(["Insurers" if name == "insurer" else "Practitioners", *names[name]] for name in _LISTS)]
    own = [place for place, line in enumerate(lines) if not line["of_before"]]
    columns = [_corrected_column(line["kind"]) for line in lines]
    marked = {
        place: {
            _PLACES["correct_value"]: Cell(None, "shaded")
            if columns[place] is None
            else Cell(None, "typed", _shown_as(columns[place]))
        }
        for place in own
    }
    cells = {name: [line[name] for line in lines] for name in COLUMNS}
    cells["fee_cents"] = [cents / 100 for cents in cells["fee_cents"]]
    first_column = get_column_letter(len(COLUMNS) + 2)
    above = [
        [Cell(_lead([lines[place] for place in own]), "lead")],
        [
            Cell(WHO, "label"),
            Cell(None, "label"),
            Cell(None, "typed"),
            Cell(f"How to decide: ten lines beside the table, in column {first_column}", "note"),
        ],
    ]
    placed = book.table(
        Table(
            SHEET,
            list(COLUMNS.values()),
            list(cells.values()),
            above=above,
            beside=beside,
            groups={len(own)} if own else set(),
            settled=set(range(len(lines))).difference(own),
            marked=marked,
            frozen=_PLACES["patient"] + 1,
            printed=_PLACES["note"] + 1,
        )
    )
    _check(placed, lines, own, columns, view.month, {name: len(names[name]) for name in _LISTS})


def _lead(own: Sequence[Line]) -> str:
    fees = {line["session_key"]: line["fee_cents"] for line in reversed(own)}
    if not fees:
        return "Nothing of this month is on hold"
    what = "session is" if len(fees) == 1 else "sessions are"
    return f"{len(fees):,} {what} on hold, with fees of ${sum(fees.values()) / 100:,.2f}: fix or decide"


def _lines(view: MonthView) -> list[Line]:
    """The lines with what was decided about each so far; below them those of earlier months (`of_before`).

    First what can be decided here, then what has to be fixed elsewhere; in each the largest fee first, and the lines
    of one session together.
    """
    latest = {
        (session, kind): (fingerprint, words)
        for session, kind, fingerprint, *words in rows_of(view.decisions, [*_LINE, *_TYPED])
    }
    nothing = [""] * len(_TYPED)
    lines: list[Line] = []
    for cells in rows_of(view.attention, _SHOWN):
        line = dict(zip(_SHOWN, cells, strict=True), of_before=False)
        fingerprint, words = latest.get((line["session"], line["kind"]), ("", nothing))
        lines.append(line | dict(zip(_TYPED, words if fingerprint == line["fingerprint"] else nothing, strict=True)))
    _add_numbers(lines, view.claims)
    for month, *earlier in rows_of(view.earlier, ["month", *_SHOWN]):
        line = dict(zip(_SHOWN, earlier, strict=True), of_before=True) | dict.fromkeys((*_TYPED, "ways"), "")
        lines.append(line | {"fix": f"Decide in claim-summary-{month}.xlsx"})
    for line in lines:
        line["problem"] = f"{line['problem']} {line['waits']}".rstrip()
        line["session_key"] = session = line["session"]
        # The session's key, what it was when this was written, and the decision shown: a new decision is about that.
        mark = decision_mark((line[name] for name in _TYPED), line["fingerprint"])
        line["session"] = LineKey(session, line["fingerprint"], mark).text()
    elsewhere = {
        line["session_key"] for line in lines if not (line["kind"] in CATALOGUE and CATALOGUE[line["kind"]].decisions)
    }

    def rank(line: Line) -> tuple[Any, ...]:
        day, session = line["service_date"], line["session_key"]
        return line["of_before"], session in elsewhere, -line["fee_cents"], day is None, day or dt.date.min, session

    lines.sort(key=rank)
    return lines


def _add_numbers(lines: Sequence[Line], claims: pd.DataFrame) -> None:
    """Adds to what to type the numbers that the patient's other claims to this insurer bear: none is filled in."""
    wanted = {_NUMBERS[line["kind"]] for line in lines if line["kind"] in _NUMBERS}
    # By column, patient and insurer, each number once, in the order of the claims.
    numbers: dict[tuple[str, str, str], dict[str, None]] = {}
    for column in sorted(wanted):
        for patient, insurer, number in dict.fromkeys(rows_of(claims, ["patient", "insurer", column])):
            if number:
                numbers.setdefault((column, patient, insurer), {})[number] = None
    for line in lines:
        others = numbers.get((_NUMBERS.get(line["kind"], ""), line["patient"], line["insurer"]), {})
        if line["patient"] and others:
            line["ways"] = f"{line['ways']}. Other claims have {', '.join(others)}"


def _names(view: MonthView, column: str) -> list[str]:
    """The insurers or practitioners of the month's claims, to choose from."""
    of_origin = view.origin.insurers if column == "insurer" else view.origin.practitioners
    return [*(each.name for each in of_origin), *view.claims[column].unique().tolist()]


def _corrected_column(kind: str) -> str | None:
    """The column that a correct value replaces; empty where any will do; None where the kind takes no value."""
    if kind not in CATALOGUE or "correct" not in CATALOGUE[kind].decisions:
        return None
    columns = CORRECTS.get(kind, ())
    return columns[0] if len(columns) == 1 else ""


def _shown_as(column: str | None) -> Kind:
    if column and column.endswith("_date"):
        return "date"
    return "money" if column == "fee_cents" else "id"


def _days_of(month: str) -> tuple[str, str]:
    """The first and last day of a month, as Excel counts days."""
    first = pd.Timestamp(f"{month}-01") - pd.Timestamp(1899, 12, 30)
    return str(first.days), str(first.days + pd.Timestamp(f"{month}-01").days_in_month - 1)


def _check(
    placed: Placed,
    lines: Sequence[Line],
    own: Sequence[int],
    columns: Sequence[str | None],
    month: str,
    names: dict[str, int],
) -> None:
    """Drop-downs of what counts on each line, and a check on what is typed as the correct value."""
    decision, value = _PLACES["decision"], _PLACES["correct_value"]
    by_words: dict[str, list[tuple[int, int]]] = {}
    by_check: dict[Check, list[tuple[int, int]]] = {}
    for place in own:
        bill = [BILL] if _takes_bill(lines[place]) else []
        by_words.setdefault(f'"{",".join([*bill, DO_NOT_BILL, LATER])}"', []).append((place, decision))
        check = _check_of(columns[place], month, names, placed.first)
        if check:
            by_check.setdefault(check, []).append((place, value))
    for words, places in by_words.items():
        placed.check(Check("list", words, "Decision"), places)
    for check, places in by_check.items():
        placed.check(check, places)


def _takes_bill(line: Line) -> bool:
    """True where Bill counts on a line."""
    kind = line["kind"]
    allowed = kind in CATALOGUE and "bill" in CATALOGUE[kind].decisions
    return allowed and not line["bill_refused"]


def _check_of(column: str | None, month: str, names: dict[str, int], first: int) -> Check | None:
    if column is None:
        return Check("any", title="Correct value", prompt="This line takes no value. Choose a decision.")
    if not column:
        return None
    what, form = FIELDS[column]
    prompt = of_month(f"Type {what}: {form}.", month)
    if column in _LISTS and names[column]:
        letter = get_column_letter(len(COLUMNS) + 3 + _LISTS.index(column))
        # Another insurer or practitioner of the clinic counts as well, so the list only asks.
        return Check("list", f"${letter}${first}:${letter}${first + names[column] - 1}", what, prompt, firm=False)
    if column in _TAKES_OUT:
        # A day of another month or a fee of nothing may be right, and may be a slip that nobody would see.
        otherwise = _TAKES_OUT[column].format(month=month)
        check = Check("decimal", title=what, prompt=prompt, firm=False, bounds=("0.01", "99999"), otherwise=otherwise)
        return replace(check, form="date", bounds=_days_of(month)) if column == "service_date" else check
    if column.endswith("_date"):
        return Check("date", title=what, prompt=prompt)
    return Check("any", title=what, prompt=prompt)
