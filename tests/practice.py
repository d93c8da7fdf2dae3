"""A made-up practice for the tests: its clinic file, rows of its spreadsheet, and the way through the program."""

from __future__ import annotations

import atexit
import csv
import datetime as dt
import io
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import pandas as pd
from hypothesis import settings
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.setup_file import load
from ims_billing.ledger.ledger import Ledger
from ims_billing.ledger.sums import sum_tables
from ims_billing.month.prepare import Month, Scope, prepare_month
from ims_billing.month.run import run_of
from ims_billing.reading.intake import read_contents, read_files
from ims_billing.vocabulary.intake import Intake
from ims_billing.vocabulary.model import MonthView

T = TypeVar("T")
P = ParamSpec("P")
AS_OF = dt.date(2026, 11, 5)
MONTH = "2026-10"
CLINIC = """
[clinic]
name = "Example Physiotherapy"
{clinic}

[service_code]
code = "PHYSIO"

[[practitioner]]
name = "Ann Example"
aliases = ["A. Example"]
profession = "physiotherapist"
registration = "01234"
registered = {{ from = 2015-01-01 }}
needling = {{ from = 2018-05-01 }}

[[practitioner]]
name = "Ben Sample"
profession = "physiotherapist"
registration = "05678"
registered = [{{ from = 2020-01-01, until = 2026-10-10 }}, {{ from = 2026-10-20 }}]
needling = {{ from = 2026-10-06, until = 2026-10-25 }}

[[practitioner]]
name = "Carla Specimen"
profession = "massage-therapist"

[[practitioner]]
name = "Dev Placeholder"
profession = "acupuncturist"

[[insurer]]
name = "Sun Life"
requires = ["policy"]

[[insurer]]
name = "Pacific Blue Cross"
requires = []

[[insurer]]
name = "Green Shield"
requires = ["policy", "member", "birth-date", "relationship", "insured"]

[[insurer]]
name = "Out of pocket"
self_pay = true

[[fee]]
service = "ims"
amount = 95.00
from = 2026-04-01

{more}
"""
USUAL: dict[str, Any] = {
    "Session ID": "",
    "Service Date": dt.date(2026, 10, 7),
    "Start": "",
    "Minutes": "",
    "Patient": "Pat Madeup",
    "Patient ID": "",
    "Birth Date": "",
    "PHN": "",
    "Practitioner": "Ann Example",
    "Service": "IMS",
    "Visit": "",
    "Status": "",
    "Billed": "",
    "Insurer": "Sun Life",
    "Policy Number": "00123",
    "Member ID": "",
    "Relationship": "",
    "Insured Name": "",
    "Payer File Number": "",
    "Accident Date": "",
    "Fee": 95.0,
    "Patient Paid": "",
    "Tax": "",
    "Location": "",
    "Notes": "",
}


def examples(count: int) -> settings:
    """So many examples of a property, times the environment's EXAMPLES: see CONTRIBUTING; without it, half as many."""
    times = os.environ.get("EXAMPLES")
    return settings(max_examples=count * int(times) if times else max(5, count // 2))


def row(**cells: Any) -> dict[str, Any]:
    """A session with nothing to remark, but for these cells; an underscore stands for a space."""
    changed = {name.replace("_", " "): value for name, value in cells.items()}
    assert changed.keys() <= USUAL.keys(), changed.keys() - USUAL.keys()
    return {**USUAL, **changed}


def xlsx(folder: Path, rows: Iterable[Mapping[str, Any]], name: str = "sessions.xlsx") -> Path:
    """The rows as a workbook with the header in row 1; what reads like an error is one."""
    listed = list(rows)
    headings = list(listed[0]) if listed else list(USUAL)
    return xlsx_cells(folder, [headings, *(list(r.values()) for r in listed)], name)


def xlsx_cells(folder: Path, cells: Sequence[Sequence[Any]], name: str = "sessions.xlsx") -> Path:
    """These cells as a workbook of one sheet; the same cells are the same file, made once."""
    of = repr(cells)
    if of not in _WORKBOOKS:
        _WORKBOOKS[of] = _workbook(cells)
    path = folder / name
    path.write_bytes(_WORKBOOKS[of])
    return path


_WORKBOOKS: dict[str, bytes] = {}


def _workbook(cells: Sequence[Sequence[Any]]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Sessions"
    for number, values in enumerate(cells, start=1):
        for column, value in enumerate(values, start=1):
            if value is None or value == "":
                continue
            cell = sheet.cell(number, column)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "e" if value.startswith("#N/A") else "s"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def csv_file(
    folder: Path,
    rows: Iterable[Mapping[str, Any]],
    name: str = "sessions.csv",
    encoding: str = "utf-8",
    mark: str = ",",
) -> Path:
    """The rows as a text file."""
    path = folder / name
    path.write_bytes(csv_text(rows, mark).encode(encoding))
    return path


def csv_text(rows: Iterable[Mapping[str, Any]], mark: str = ",") -> str:
    """The rows as the text of such a file."""
    text = io.StringIO(newline="")
    listed = list(rows)
    writer = csv.DictWriter(text, list(listed[0]), delimiter=mark)
    writer.writeheader()
    writer.writerows(listed)
    return text.getvalue()


def read_texts(clinic: Clinic, *texts: str) -> Intake:
    """Text files, given by what stands in them, read without a disk."""
    return read_contents([(f"{number}.csv", text.encode(), "0" * 64) for number, text in enumerate(texts, 1)], clinic)


def clinic_file(folder: Path, more: str = "", clinic: str = "") -> Path:
    """The practice's clinic file, with more tables at its end or more keys under [clinic]."""
    path = folder / "clinic.toml"
    path.write_text(CLINIC.format(more=more, clinic=clinic), encoding="utf-8")
    return path


def practice(folder: Path, more: str = "", clinic: str = "") -> Clinic:
    """The practice's clinic file, loaded."""
    return load(clinic_file(folder, more, clinic))


def intake(folder: Path, rows: Iterable[Mapping[str, Any]], clinic: Clinic | None = None) -> Intake:
    """The rows, written to a workbook and read back."""
    return read_files([xlsx(folder, rows)], clinic or practice(folder))


def month_of(
    folder: Path,
    rows: Iterable[Mapping[str, Any]],
    *,
    more: str = "",
    clinic: str = "",
    month: str | None = MONTH,
    as_of: dt.date = AS_OF,
) -> Month:
    """The month that the rows make, through a real workbook and a real clinic file."""
    set_up = practice(folder, more, clinic)
    return prepare_month(intake(folder, rows, set_up), Scope(set_up, month=month, as_of=as_of))


def on_ledger(month: Month) -> MonthView:
    """The month as a ledger that knew nothing shows it once it is recorded."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ims-billing.sqlite")
        with ledger.writing():
            run = run_of(month)
            ledger.add_batch(run)
            ledger.set_page(run)
            return ledger.month(run.month)


def outcomes(month: Month) -> list[str]:
    """What became of each session, in the order of the rows: its outcome, and its reason where it has one."""
    return [
        f"{outcome}: {reason}" if reason else outcome
        for outcome, reason in zip(month.sessions["outcome"], month.sessions["reason"], strict=True)
    ]


def kinds(month: Month, position: int = 0) -> list[str]:
    """The kinds of findings of one session, by name."""
    return sorted(month.findings.loc[month.findings["session"] == position, "kind"])


def apart(cases: Sequence[Sequence[Mapping[str, Any]]], *, days: bool = True) -> list[dict[str, Any]]:
    """The rows of many cases as one month: each case has patients, ids and a day of its own (1 October, 2, ...).

    What stands on 7 October in a case moves to its day, and what stands earlier or later as far with it. Without
    `days` each stays where it is.
    """
    rows = []
    for number, case in enumerate(cases):
        for cells in case:
            own: dict[str, Any] = {
                name: f"{cells[name]}{tag(number)}" for name in ("Session ID", "Patient ID") if cells.get(name)
            }
            last, comma, first = str(cells["Patient"]).partition(",")
            own["Patient"] = f"{last} {tag(number)}{comma}{first}" if last else ""
            if days and isinstance(cells["Service Date"], dt.date):
                own["Service Date"] = cells["Service Date"] + dt.timedelta(days=number - 6)
            rows.append({**cells, **own})
    return rows


def tag(number: int) -> str:
    """What the names and ids of a case end in."""
    return f"Zz{chr(97 + number // 26)}{chr(97 + number % 26)}q"


def like_ann(count: int) -> str:
    """Tables of a clinic file: for each of so many cases "Ann Example" with its tag, who treats as Ann does."""
    return "".join(
        f'[[practitioner]]\nname = "Ann Example {tag(n)}"\nprofession = "physiotherapist"\nregistration = "9{n:04}"\n'
        "registered = { from = 2015-01-01 }\nneedling = { from = 2018-05-01 }\n\n"
        for n in range(count)
    )


def by_case(cases: Sequence[Sequence[Any]], of_rows: Sequence[T]) -> list[list[T]]:
    """What became of each row of `apart`, by case."""
    rest = iter(of_rows)
    return [[next(rest) for _ in case] for case in cases]


def positions(month: Month, kind: str, cases: Sequence[Sequence[Any]]) -> list[list[int]]:
    """By case of `apart`, its rows that have a finding of a kind."""
    with_it = set(month.findings.loc[month.findings["kind"] == kind, "session"])
    rows = by_case(cases, [session in with_it for session in month.sessions.index])
    return [[place for place, has in enumerate(case) if has] for case in rows]


def messages_of(month: Month, kind: str) -> list[str]:
    """The messages of one kind."""
    return list(month.findings.loc[month.findings["kind"] == kind, "message"])


def places_in(messages: Sequence[str]) -> list[list[str]]:
    """The rows and claims that each message names: what it points at, whatever its words."""
    return [re.findall(r"row \d+(?: of [\w-]+\.\w+)?|claim \d{4}-\d\d-\w+-\d+", message) for message in messages]


def frame_text(frame: pd.DataFrame) -> str:
    """A frame as text that two frames can be compared by."""
    return frame.to_csv(index=False)


def type_in(workbook: Path, sheet: str, **typed: str) -> None:
    """Types into the first line of a sheet."""
    book = load_workbook(workbook)
    top, columns = table(book[sheet], *typed)
    for heading, word in typed.items():
        book[sheet].cell(top + 1, columns[heading], word)
    book.save(workbook)


def table(sheet: Worksheet, *headings: str) -> tuple[int, dict[str, int]]:
    """The row that a sheet's headings stand in, by those given, and the column of each heading; both from 1."""
    for place in range(1, 31):
        columns = {str(cell.value): number for number, cell in enumerate(sheet[place], start=1) if cell.value}
        if columns.keys() >= set(headings):
            return place, columns
    raise AssertionError(f"{sheet.title} has no headings {headings}")


def made_once(make: Callable[Concatenate[Path, P], T]) -> Callable[Concatenate[Path, P], T]:
    """`make` fills a folder the first time in a process; every other folder is given a copy, as if made there.

    For what many tests begin with, once for each of its arguments. What `make` returns may not hold the path of its
    folder, and no test may compare two folders that are copies of one.
    """
    firsts: dict[str, tuple[Path, T]] = {}

    def copied(folder: Path, /, *args: P.args, **more: P.kwargs) -> T:
        of = repr((args, more))
        if of not in firsts:
            filled = Path(tempfile.mkdtemp())
            atexit.register(shutil.rmtree, filled, ignore_errors=True)
            firsts[of] = filled, make(filled, *args, **more)
        original, result = firsts[of]
        shutil.copytree(original, folder, dirs_exist_ok=True)
        _moved(folder, original)
        return result

    return copied


def sum_anew(ledger: sqlite3.Connection) -> None:
    """Sums the tables anew after they were changed by hand, as a command would leave them."""
    sum_tables(ledger, [str(table) for (table,) in ledger.execute("SELECT name FROM table_sum")])


def _moved(folder: Path, original: Path) -> None:
    """The ledger in the copy of a folder knows the output folder by its path there."""
    path = folder / "ims-billing.sqlite"
    if path.exists():
        with closing(sqlite3.connect(path)) as ledger, ledger:
            reports = [str((place / "reports").resolve()) for place in (folder, original)]
            for table in ("written", "aging_written"):
                ledger.execute(f"UPDATE {table} SET folder = ? WHERE folder = ?", reports)
            sum_anew(ledger)


def samples(folder: Path) -> Path:
    """A copy of the samples as `folder`/samples, without what a command that was tried on them has left there."""
    theirs = Path(__file__).parent.parent / "samples"
    return Path(
        shutil.copytree(theirs, folder / "samples", ignore=shutil.ignore_patterns("reports", "ims-billing*", "*.py"))
    )
