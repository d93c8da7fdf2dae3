"""The sheet Needs attention: a line for each finding that holds a session, made to be worked through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from openpyxl.utils import get_column_letter

from ims_billing.vocabulary.decision_keys import LineKey, decision_mark
from ims_billing.vocabulary.fields import CORRECTS, FIELDS
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.frames import BILL, DO_NOT_BILL, LATER
from ims_billing.vocabulary.model import MonthView
from ims_billing.vocabulary.rows import rows_of
from ims_billing.workbooks.parts import Cell, Check, Column, Kind, Placed
from ims_billing.workbooks.sheet import Book, column_cells

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
    "fix": Column("How to fix", "long", width=24, quiet=True),
    "service": Column("Service", width=14, quiet=True),
    "decided_by": Column("Decided by", typed=True, width=14),
    "kind": Column("Kind", width=16, quiet=True),
    "source": Column("Source", width=16, quiet=True),
    "session": Column("Session", "id", width=12, quiet=True),
}
WHO = "Decided by, for all lines:"
HOW = (
    "How to decide",
    "1. Fix what you can in your practice software and export again: those lines go away by themselves.",
    "2. Bill: bill the session as it is. Lines that can't be billed like this don't offer it.",
    "3. Do not bill: never bill this session.",
    "4. Later: keep it on hold. Write in Note what you are waiting for.",
    "5. Correct value: type what should stand in place of the wrong or missing value.",
    "6. A shaded Correct value takes nothing: choose a decision, or fix it in your practice software.",
    "7. A session with several lines is billed once all of them are decided.",
    "8. To take a decision back, empty its cells.",
    "9. Sort, filter and add notes as you like. Leave the columns Kind and Session as they are.",
    "10. Save and close, then run the claim command for the month again.",
)
_PLACES = {name: place for place, name in enumerate(COLUMNS)}
_TYPED = ("decision", "correct_value", "decided_by", "note")
_LINE = ("session", "kind", "fingerprint")
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
    own = [place for place, before in enumerate(lines["of_before"]) if not before]
    columns = [_corrected_column(kind) for kind in lines["kind"]]
    marked = {
        (place, _PLACES["correct_value"]): Cell(None, "shaded")
        if columns[place] is None
        else Cell(None, "typed", _shown_as(columns[place]))
        for place in own
    }
    first_column = get_column_letter(len(COLUMNS) + 2)
    above = [
        [Cell(_lead(lines.iloc[own]), "lead")],
        [
            Cell(WHO, "label"),
            Cell(None, "label"),
            Cell(None, "typed"),
            Cell(f"How to decide: ten lines beside the table, in column {first_column}", "note"),
        ],
    ]
    placed = book.table(
        SHEET,
        list(COLUMNS.values()),
        column_cells(lines, COLUMNS).values(),
        groups={len(own)} if own else set(),
        settled={place for place in range(len(lines)) if place not in set(own)},
        above=above,
        beside=beside,
        marked=marked,
        frozen=_PLACES["patient"] + 1,
        printed=_PLACES["note"] + 1,
    )
    _check(placed, lines, own, columns, view.month, {name: len(names[name]) for name in _LISTS})


def _lead(own: pd.DataFrame) -> str:
    sessions = own.drop_duplicates("session_key")
    if sessions.empty:
        return "Nothing of this month is on hold"
    count = len(sessions)
    what = "session is" if count == 1 else "sessions are"
    return f"{count:,} {what} on hold, with fees of ${int(sessions['fee_cents'].sum()) / 100:,.2f}: fix or decide"


def _lines(view: MonthView) -> pd.DataFrame:
    """The lines with what was decided about each so far; below them those of earlier months (`of_before`).

    First what can be decided here, then what has to be fixed elsewhere; in each the largest fee first, and the lines
    of one session together.
    """
    latest = view.decisions.drop_duplicates(["session", "kind"], keep="last")
    own = view.attention.merge(latest[[*_LINE, *_TYPED]], how="left", on=list(_LINE))
    own[list(_TYPED)] = own[list(_TYPED)].astype("object").fillna("").astype("str")
    own["ways"] = _ways(own, view.claims)
    before = view.earlier.assign(**dict.fromkeys(_TYPED, ""), ways="")
    before["fix"] = "Decide in claim-summary-" + before["month"] + ".xlsx"
    own, before = own.assign(of_before=False), before.drop(columns="month").assign(of_before=True)
    both = pd.concat([part for part in (own, before) if len(part)] or [own], ignore_index=True)
    both["problem"] = (both["problem"] + " " + both["waits"]).str.rstrip()
    both["session_key"] = both["session"]
    # The session's key, what it was when this was written, and the decision shown: a new decision is about that.
    both["session"] = [
        LineKey(session, fingerprint, decision_mark(words, fingerprint)).text()
        for session, fingerprint, *words in both[["session", "fingerprint", *_TYPED]].itertuples(index=False, name=None)
    ]
    cannot = both["kind"].map(lambda kind: not (kind in CATALOGUE and CATALOGUE[kind].decisions))
    both["fixed_elsewhere"] = cannot.groupby(both["session_key"]).transform("any")
    order = ["of_before", "fixed_elsewhere", "fee_cents", "service_date", "session_key"]
    return both.sort_values(order, ascending=[True, True, False, True, True], kind="stable", ignore_index=True)


def _ways(lines: pd.DataFrame, claims: pd.DataFrame) -> list[str]:
    """What to type, with the numbers that the patient's other claims to this insurer bear: offered, never filled in."""
    wanted = {_NUMBERS[kind] for kind in lines["kind"].unique() if kind in _NUMBERS}
    # By column, patient and insurer, each number once, in the order of the claims.
    numbers: dict[tuple[str, str, str], dict[str, None]] = {}
    for column in sorted(wanted):
        for patient, insurer, number in dict.fromkeys(rows_of(claims, ["patient", "insurer", column])):
            if number:
                numbers.setdefault((column, patient, insurer), {})[number] = None
    ways = []
    for kind, patient, insurer, words in rows_of(lines, ["kind", "patient", "insurer", "ways"]):
        others = numbers.get((_NUMBERS.get(kind, ""), patient, insurer), {}) if patient else {}
        ways.append(f"{words}. Other claims have {', '.join(others)}" if others else words)
    return ways


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
    lines: pd.DataFrame,
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
        kind = str(lines.at[place, "kind"])
        bill = [BILL] if kind in CATALOGUE and "bill" in CATALOGUE[kind].decisions else []
        by_words.setdefault(f'"{",".join([*bill, DO_NOT_BILL, LATER])}"', []).append((place, decision))
        check = _check_of(columns[place], month, names, placed.first)
        if check:
            by_check.setdefault(check, []).append((place, value))
    for words, places in by_words.items():
        placed.check(Check("list", words, "Decision"), places)
    for check, places in by_check.items():
        placed.check(check, places)


def _check_of(column: str | None, month: str, names: dict[str, int], first: int) -> Check | None:
    if column is None:
        return Check("any", title="Correct value", prompt="This line takes no value. Choose a decision.")
    if not column:
        return None
    what, form = FIELDS[column]
    prompt = f"Type {what}: {form}."
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
