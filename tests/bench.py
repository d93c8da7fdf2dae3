"""The benchmark: what the program takes beside the least that could be done, and beside what an analyst would write.

Run from the project's folder: python -m tests.bench [SIZE ...]. It takes some minutes, and prints a table in Markdown.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import pickle
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from ims_billing.vocabulary.folder import LAST_BATCH

HEADINGS = (
    *("Session ID", "Service Date", "Start", "Minutes", "Patient", "Patient ID", "Birth Date", "Practitioner"),
    *("Service", "Visit", "Status", "Insurer", "Policy Number", "Member ID", "Fee", "Patient Paid", "Notes"),
)
INSURERS = ("Sun Life", "Pacific Blue Cross", "Manulife", "Canada Life", "Green Shield", "Equitable", "Beneva")
OTHERS = ("Physiotherapy Follow-up", "RMT Massage 60 min", "Acupuncture - Subsequent 30 min")
CLINIC = """
[clinic]
name = "Example Physiotherapy"
[service_code]
code = "PHYSIO"
[[fee]]
service = "ims"
amount = 95.00
from = 2026-01-01
"""
PRACTITIONER = """
[[practitioner]]
name = "Person Number {number}"
profession = "physiotherapist"
registration = "0{number:04d}"
registered = {{ from = 2015-01-01 }}
needling = {{ from = 2018-05-01 }}
"""
AS_OF = ("--month", "2026-10", "--as-of", "2026-11-05")
# How many sessions one practitioner has in a month.
_EACH = 150

FLOOR = """
import sys, time
import msoffcrypto, openpyxl, pandas, pydantic, rich.console, rich.table, typer
from openpyxl import Workbook
from python_calamine import CalamineWorkbook
import pickle
loaded = time.perf_counter()
books = pickle.loads(open(sys.argv[2], "rb").read())
print(time.perf_counter() - loaded)
rows = CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python()
for number, sheets in enumerate(books):
    book = Workbook(write_only=True)
    for sheet in sheets:
        made = book.create_sheet()
        for row in sheet:
            made.append(row)
    book.save(f"{sys.argv[3]}/{number}.xlsx")
"""
ANALYST = """
import sys
import pandas as pd
sessions = pd.read_excel(sys.argv[1])
ims = sessions[sessions["Service"].str.contains("IMS", na=False)]
with pd.ExcelWriter(f"{sys.argv[2]}/summary.xlsx") as book:
    ims.groupby("Insurer")["Fee"].agg(["count", "sum"]).to_excel(book, sheet_name="Overview")
    ims.to_excel(book, sheet_name="Claims", index=False)
    sessions[~sessions.index.isin(ims.index)].to_excel(book, sheet_name="Not billed", index=False)
for insurer, lines in ims.groupby("Insurer"):
    lines.to_excel(f"{sys.argv[2]}/{insurer}.xlsx", index=False)
"""
PANDAS_CSV = """
import sys
import pandas as pd
text = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
days = pd.to_datetime(text["Service Date"], format="%Y-%m-%d")
cents = (pd.to_numeric(text["Fee"]) * 100).round().astype("int64")
"""
# What `check` cannot do without: its modules, and the rows of the files as the layouts read them.
READING = """
import sys, time
from pathlib import Path
from ims_billing.reading import ahead
paths, setup = [Path(sys.argv[1])], Path(sys.argv[2])
ahead.begin(paths)
import ims_billing.cli.main, ims_billing.cli.screen.month_page, ims_billing.cli.json_view, ims_billing.month.prepare
from ims_billing.clinic.setup_file import load
from ims_billing.reading.intake import read_files
read_files(paths, load(setup))
"""
# What of the program's work is told apart, by the module and function that does it.
PHASES = """
import sys, time
began = time.perf_counter()
import ims_billing.cli.main, ims_billing.cli.screen.month_page, ims_billing.commands.claim, ims_billing.cli.json_view
import ims_billing.month.prepare, ims_billing.reading.intake, ims_billing.workbooks.month_files
from ims_billing.ledger.decisions import Decisions
from ims_billing.ledger.ledger import Ledger
from ims_billing.ledger.months import Months
took = {"import": time.perf_counter() - began}
depth = []
def timed(owner, name, phase):
    whole = getattr(owner, name)
    def call(*args, **more):
        start = time.perf_counter()
        depth.append(0.0)
        try:
            return whole(*args, **more)
        finally:
            spent = time.perf_counter() - start
            took[phase] = took.get(phase, 0.0) + spent - depth.pop()
            if depth:
                depth[-1] += spent
    setattr(owner, name, call)
timed(ims_billing.reading.intake, "read_files", "read")
timed(ims_billing.month.prepare, "classify", "classify")
timed(ims_billing.commands.claim, "prepare_month", "check")
for name in ("memory", "month", "add_batch", "set_page"):
    timed(Ledger, name, "ledger")
timed(Months, "listing", "ledger")
timed(Decisions, "take", "ledger")
timed(ims_billing.workbooks.month_files, "write_month", "write")
try:
    ims_billing.cli.main.app(sys.argv[1:])
except SystemExit:
    pass
took["all else"] = time.perf_counter() - began - sum(took.values())
print(" ".join(f"{phase}={seconds:.3f}" for phase, seconds in took.items()), file=sys.stderr)
"""


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds of wall time and of processor, and megabytes at its peak (0: not known here)."""

    wall: float
    cpu: float
    megabytes: float
    errors: str


def _in_letters(number: int) -> str:
    """A number as a name: four digits beside one would hold the row."""
    return f"N{number}".translate({ord(str(n)): letter for n, letter in enumerate("abcdefghij")})


def sessions(count: int) -> Iterator[list[Any]]:
    """The rows of a month: three in five IMS, each patient once a week, no two at a time."""
    random_ = random.Random(count)
    for number in range(count):
        person, week = divmod(number, 4)
        practitioner = person % max(1, count // _EACH)
        round_ = person // max(1, count // _EACH)
        day = dt.date(2026, 10, 5) + dt.timedelta(days=week * 7 + round_ // 12)
        ims = person % 5 < 3
        yield [
            f"S{number:07d}", day, dt.time(8 + round_ % 12, 0), 45, f"Patient {_in_letters(person)}", f"P{person:06d}",
            dt.date(1950 + person % 60, 1 + person % 12, 1 + person % 28), f"Person Number {practitioner}",
            f"IMS Acupuncture - Follow-up {random_.choice((30, 45))} min" if ims else OTHERS[person % 3],
            "Subsequent", "Arrived", INSURERS[person % len(INSURERS)], f"{person % 900:06d}", f"{person:07d}-00",
            95.0, 0.0, "tolerated well" if number % 3 else "",
        ]  # fmt: skip


def clinic(folder: Path, count: int) -> None:
    """The clinic file of a month of that size."""
    people = "".join(PRACTITIONER.format(number=number) for number in range(max(1, count // _EACH)))
    (folder / "clinic.toml").write_text(CLINIC + people, encoding="utf-8")


def workbook(folder: Path, count: int) -> Path:
    """The month as a workbook."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sessions")
    sheet.append(list(HEADINGS))
    for row in sessions(count):
        sheet.append(row)
    book.save(folder / "sessions.xlsx")
    return folder / "sessions.xlsx"


def run(arguments: list[str]) -> Cost:
    """Runs a command to its end."""
    began = time.perf_counter()
    # As installed: with the bytecode of every module beside it, which some environments forbid to write.
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    child = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=own)
    assert child.stdout is not None
    assert child.stderr is not None
    output, errors = child.stdout.read(), child.stderr.read()
    if not hasattr(os, "wait4"):
        child.wait()
        return Cost(time.perf_counter() - began, 0.0, 0.0, errors)
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    assert os.waitstatus_to_exitcode(status) in (0, 1), f"{arguments}\n{output}\n{errors}"
    unit = 1 if sys.platform == "darwin" else 1024
    # The floor says how long it took to load what it is to write: that is no part of it.
    wall -= float(output.split()[0]) if arguments[1:2] == ["-c"] and arguments[2] == FLOOR else 0.0
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 2**20, errors)


def median(times: int, arguments: list[str], *before: Path) -> Cost:
    """What a command takes, the median of some runs; `before` each, these files and folders are taken away."""
    costs = []
    for _ in range(times):
        for path in before:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        costs.append(run(arguments))
    return _median(costs)


def _median(costs: list[Cost]) -> Cost:
    wall, cpu, megabytes = (
        statistics.median(getattr(cost, name) for cost in costs) for name in ("wall", "cpu", "megabytes")
    )
    return Cost(wall, cpu, megabytes, "")


def cells_written(folder: Path) -> list[list[list[tuple[Any, ...]]]]:
    """The cells of every workbook in a folder: by workbook, sheet and row."""
    return [
        [list(sheet.iter_rows(values_only=True)) for sheet in load_workbook(path, read_only=True).worksheets]
        for path in sorted(folder.rglob("*.xlsx"))
    ]


def program(*arguments: str) -> list[str]:
    """The program's command line."""
    return [sys.executable, "-m", "ims_billing", *arguments]


def month(folder: Path, count: int, times: int) -> tuple[list[str], float]:
    """Lines of the table for a month of that size, and what `claim` took."""
    clinic(folder, count)
    path = workbook(folder, count)
    reports, ledger, last = folder / "reports", folder / "ims-billing.sqlite", folder / LAST_BATCH
    claim = ["claim", str(path), *AS_OF]
    ours = median(times, program(*claim), reports, ledger, last)
    (folder / "cells.pickle").write_bytes(pickle.dumps(cells_written(reports)))
    floor = median(times, [sys.executable, "-c", FLOOR, str(path), str(folder / "cells.pickle"), str(folder)])
    analyst = median(min(times, 3), [sys.executable, "-c", ANALYST, str(path), str(folder)])
    setup = folder / "clinic.toml"
    reading = median(times, [sys.executable, "-c", READING, str(path), str(setup)])
    shutil.rmtree(reports)
    ledger.unlink()
    last.unlink()
    check = median(times, program("check", str(path), *AS_OF))
    in_excel = _setup_in_excel(setup)
    check_in_excel = median(times, program("check", str(path), *AS_OF, "--clinic", str(in_excel)))
    in_excel.unlink()
    phases = run([sys.executable, "-c", PHASES, *claim]).errors.strip().splitlines()[-1]
    lines = [
        _line(f"{count:,} sessions: floor", floor, ""),
        _line(f"{count:,} sessions: `claim`", ours, f"{ours.wall / floor.wall:.2f} of the floor"),
        _line(f"{count:,} sessions: an analyst's pandas", analyst, f"{analyst.wall / ours.wall:.2f} of `claim`"),
        _line(f"{count:,} sessions: imports and reading of `check`", reading, ""),
        _line(f"{count:,} sessions: `check`", check, f"1.1 of these and {check.wall - 1.1 * reading.wall:.2f} s"),
        _line(
            f"{count:,} sessions: `check`, the setup in Excel",
            check_in_excel,
            f"{check_in_excel.wall / check.wall:.2f} of the setup in TOML",
        ),
        f"| {count:,} sessions: where `claim` spends it | | | | {phases.replace('=', ' ').replace(' 0.', ' 0.')} |",
    ]
    return lines, ours.wall


def _setup_in_excel(setup: Path) -> Path:
    """The same setup as a workbook, in a folder of its own: two in one folder are an error."""
    folder = setup.parent / "in Excel"
    folder.mkdir()
    shutil.copy(setup, folder)
    run(program("init", str(folder), "--as", "workbook"))
    return folder / "clinic.xlsx"


def _line(what: str, cost: Cost, ratio: str) -> str:
    return f"| {what} | {cost.wall:.2f} s | {cost.cpu:.2f} s | {cost.megabytes:,.0f} MB | {ratio} |"


def big_csv(folder: Path, count: int, times: int) -> list[str]:
    """Lines of the table for `check` on a text file."""
    clinic(folder, count)
    path = folder / "sessions.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(sessions(count))
    ours = median(times, program("check", str(path), *AS_OF))
    text = median(times, [sys.executable, "-c", PANDAS_CSV, str(path)])
    return [
        _line(f"{count:,} rows of CSV: pandas, typed", text, ""),
        _line(f"{count:,} rows of CSV: `check`", ours, f"{ours.wall / text.wall:.2f} of pandas"),
    ]


def start(times: int) -> list[str]:
    """Lines of the table for the commands that are to be instant."""
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryDirectory() as claimed:
        for folder in (empty, claimed):
            clinic(Path(folder), 2_000)
        setups = [str(Path(folder) / "clinic.toml") for folder in (empty, claimed)]
        run(program("claim", str(workbook(Path(claimed), 2_000)), *AS_OF, "--clinic", setups[1]))
        commands = {
            "import typer, rich": [sys.executable, "-c", "import typer, rich.console, rich.table"],
            "`--help`": program("--help"),
            "`rules`": program("rules"),
            "`status`, nothing claimed": program("status", "--clinic", setups[0]),
            "`status`, a month claimed": program("status", "--clinic", setups[1]),
        }
        costs: dict[str, list[Cost]] = {what: [] for what in commands}
        # In turn, as the machine's speed drifts.
        for _ in range(times):
            for what, words in commands.items():
                costs[what].append(run(words))
    least, *took = (_median(each) for each in costs.values())
    ratios = ["", *(f"{each.wall / least.wall:.2f} of the import" for each in took)]
    return [_line(what, cost, ratio) for what, cost, ratio in zip(costs, (least, *took), ratios, strict=True)]


def main(sizes: list[int]) -> None:
    """Prints the table."""
    where = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    print(f"{time.strftime('%Y-%m-%d')}, {where}.\n")
    print("| what | wall | processor | peak memory | ratio |\n|---|---:|---:|---:|---|", flush=True)
    print("\n".join(start(9)), flush=True)
    took = {}
    for count in sizes:
        with tempfile.TemporaryDirectory() as folder:
            lines, took[count] = month(Path(folder), count, 7 if count <= 2_000 else 3)
        print("\n".join(lines), flush=True)
    if {20_000, 100_000} <= took.keys():
        growth = took[100_000] / took[20_000]
        print(f"| from 20,000 to 100,000 sessions | | | | {growth:.2f} times the time |", flush=True)
    if max(sizes) >= 100_000:
        with tempfile.TemporaryDirectory() as folder:
            print("\n".join(big_csv(Path(folder), 1_000_000, 3)), flush=True)
        from tests import bench_years  # it measures with what is above

        bench_years.main(list(bench_years.MONTHS))


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [2_000, 20_000, 100_000])
