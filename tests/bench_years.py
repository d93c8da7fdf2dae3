"""What the commands take on a ledger of many paid months, beside what they take on an empty one.

Run from the project's folder: python -m tests.bench_years [MONTHS ...]; the benchmark (tests.bench) ends with it. Each
month has 400 sessions, of which 240 are claims, all paid. It prints a table in Markdown: seconds of processor, which
other work does not lengthen, how many times those of the empty ledger they are, and the longest time that a command
kept the ledger locked, with its share of the whole.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ims_billing.ledger.ledger import Ledger
from ims_billing.ledger.soundness import seal_claims
from ims_billing.vocabulary.folder import LAST_BATCH, LEDGER_FILE
from tests.bench import AS_OF, CLINIC, PRACTITIONER, workbook
from tests.practice import csv_file, sum_anew

COUNT = 400
MONTHS = (0, 12, 36, 120)
# How many patients of a month are new in the next one.
_NEW = 30
# Prints what the command prints, and on standard error for how long it kept the ledger locked, each time.
LOCKED = """
import sys, time
from contextlib import contextmanager
from ims_billing.ledger.file import LedgerFile
from ims_billing.cli.main import app
whole = LedgerFile.writing
took = []
@contextmanager
def timed(self, *args, **more):
    with whole(self, *args, **more):
        began = time.process_time()
        try:
            yield
        finally:
            took.append(time.process_time() - began)
LedgerFile.writing = timed
try:
    app(sys.argv[1:])
except SystemExit as end:
    code = end.code
print("locked", *(f"{seconds:.3f}" for seconds in took), file=sys.stderr)
sys.exit(code)
"""


def clinic(folder: Path) -> Path:
    """The clinic file of the benchmark, with fees from long ago."""
    people = "".join(PRACTITIONER.format(number=number) for number in range(2))
    path = folder / "clinic.toml"
    path.write_text(CLINIC.replace("2026-01-01", "2010-01-01") + people, encoding="utf-8")
    return path


def ran(folder: Path, *arguments: str) -> tuple[float, float]:
    """Runs a command: its seconds of processor, and the longest time that it kept the ledger locked."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    named = [*arguments, "--clinic", str(folder / "clinic.toml")]
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run([sys.executable, "-c", LOCKED, *named], capture_output=True, text=True, check=False, env=own)
    assert done.returncode in (0, 1), f"{named}\n{done.stderr}"
    locked = done.stderr.strip().splitlines()[-1].split()[1:] if "locked" in done.stderr else []
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, max(map(float, locked), default=0.0)


def grow(path: Path, months: int) -> None:
    """Gives a ledger of one claimed month the months before it, each like it, with every claim paid."""
    with closing(sqlite3.connect(path)) as database, database:
        database.row_factory = sqlite3.Row
        tables = {
            name: [dict(row) for row in database.execute(f"SELECT * FROM {name}")]
            for name in ("batch", "claim", "page", "not_billed", "attention", "written")
        }
        for back in range(1, months + 1):
            year, month = divmod(2026 * 12 + 9 - back, 12)
            _copy(database, tables, back, f"{year}-{month + 1:02d}")
        seal_claims(database, [row["id"] for row in database.execute("SELECT id FROM claim")])


def _copy(database: sqlite3.Connection, tables: dict[str, list[dict[str, Any]]], back: int, month: str) -> None:
    def moved(row: dict[str, Any]) -> dict[str, Any]:
        new = {**row, "month": month}
        new.pop("id", None)
        if "service_date" in row:
            new["service_date"] = f"{month}-{min(int(row['service_date'][8:]), 28):02d}"
            person = int(row["patient"].rsplit(" ", 1)[1]) + _NEW * back
            new["patient"] = f"Patient Number {person}"
            if "patient_id" in row:
                new["patient_id"] = f"P{person:06d}"
        if "claim" in row:
            new["claim"] = row["claim"].replace("2026-10", month)
            new["natural_key"], new["session_id"] = f"{row['natural_key']}{month}", f"{row['session_id']}-{month}"
        if "mark" in row:
            new["mark"] = f"{back:012x}"
        return new

    for table, rows in tables.items():
        copies = [moved(row) for row in rows]
        if not copies:
            continue
        marks = ", ".join("?" * len(copies[0]))
        database.executemany(
            f"INSERT INTO {table} ({', '.join(copies[0])}) VALUES ({marks})", [tuple(copy.values()) for copy in copies]
        )
    paid_on = f"{month}-28"
    for insurer, name in {(row["insurer_id"], row["insurer"]) for row in tables["claim"]}:
        claims = [row for row in tables["claim"] if row["insurer_id"] == insurer]
        amount = sum(row["amount_cents"] for row in claims)
        number = f"{insurer}-{month}"
        payment = database.execute(
            "INSERT INTO payment (insurer_id, insurer, number, number_key, paid_on, amount_cents, file, posted_on) "
            "VALUES (?, ?, ?, ?, ?, ?, 'paid.csv', ?)",
            (insurer, name, number, number.replace("-", ""), paid_on, amount, paid_on),
        ).lastrowid
        for row in claims:
            cents, claim = row["amount_cents"], row["claim"].replace("2026-10", month)
            line = database.execute(
                "INSERT INTO remittance_line (payment, place, words, paid_cents, reason) VALUES (?, 'row', ?, ?, '')",
                (payment, json.dumps([claim]), cents),
            ).lastrowid
            database.execute(
                "INSERT INTO posting (line, claim, paid_cents, expected_cents, denied, posted_on) "
                "VALUES (?, ?, ?, 0, 0, ?)",
                (line, claim, cents, paid_on),
            )


def practice_of(folder: Path, months: int) -> dict[Path, bytes]:
    """Makes a clinic, its newest month's sessions and its ledger of the months before.

    Returns the ledger, and the note beside the setup of how it was left, which spares it a longer proof: none are
    there before the first month.
    """
    clinic(folder)
    ran(folder, "claim", str(workbook(folder, COUNT)), *AS_OF)
    ledger = folder / LEDGER_FILE
    if not months:
        return {}
    grow(ledger, months)
    _without_the_month(ledger)
    note = folder / LAST_BATCH
    _clean(folder, {ledger: ledger.read_bytes()})
    ran(folder, "report", "2026-09")
    return {path: path.read_bytes() for path in (ledger, note)}


def commands(folder: Path, kept: dict[Path, bytes]) -> Iterator[tuple[str, tuple[float, float]]]:
    """Runs each command once, on the ledger as it was kept: its name, its seconds and those under the lock."""
    _clean(folder, kept)
    book = str(folder / "sessions.xlsx")
    yield "check", ran(folder, "check", book, *AS_OF)
    yield "claim", ran(folder, "claim", book, *AS_OF)
    yield "reconcile", ran(folder, "reconcile", str(_payments(folder)), "--as-of", "2026-12-01")
    yield "void", ran(folder, "void", "2026-10-SUNL-0001", "--reason", "a test", "--as-of", "2026-12-02")
    yield "report", ran(folder, "report", "2026-10")


def curve(months: Sequence[int], times: int) -> dict[int, dict[str, tuple[float, float]]]:
    """By months and command its seconds and those under the lock, medians; in turn, as the machine's speed drifts."""
    took: dict[int, dict[str, list[tuple[float, float]]]] = {count: defaultdict(list) for count in months}
    with tempfile.TemporaryDirectory() as made:
        folders = {count: Path(made) / str(count) for count in months}
        for folder in folders.values():
            folder.mkdir()
        ledgers = {count: practice_of(folder, count) for count, folder in folders.items()}
        for _ in range(times):
            for count, folder in folders.items():
                for name, each in commands(folder, ledgers[count]):
                    took[count][name].append(each)
    return {count: {name: _medians(runs) for name, runs in by_name.items()} for count, by_name in took.items()}


def _medians(runs: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(each[0] for each in runs), statistics.median(each[1] for each in runs)


def _without_the_month(path: Path) -> None:
    """Takes the newest month away, which is claimed in each run: it only was the model of the others."""
    with closing(sqlite3.connect(path)) as database, database:
        triggers = database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            sql = database.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (name,)).fetchone()[0]
            database.execute(f"DROP TRIGGER {name}")
            triggers[triggers.index((name,))] = (sql,)
        for table in ("claim", "not_billed", "attention", "written", "page", "batch"):
            database.execute(f"DELETE FROM {table} WHERE month = '2026-10'")
        for (sql,) in triggers:
            database.execute(sql)
        sum_anew(database)


def _clean(folder: Path, kept: dict[Path, bytes]) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in ("clinic.toml", "sessions.xlsx"):
            path.unlink()
    for path, content in kept.items():
        path.write_bytes(content)


def _payments(folder: Path) -> Path:
    """All claims of the newest month, paid."""
    ledger = Ledger(folder / LEDGER_FILE)
    with ledger.reading():
        claims = ledger.rows("SELECT claim, insurer, amount_cents FROM claim WHERE month = '2026-10'")
    rows = [
        {"Claim": claim, "Insurer": insurer, "Paid": cents / 100, "Payment Date": "2026-11-20",
         "Payment Number": f"N-{insurer}"}
        for claim, insurer, cents in claims
    ]  # fmt: skip
    return csv_file(folder, rows, "paid.csv")


def main(months: list[int], times: int = 5) -> None:
    """Prints the table."""
    print(f"\n{COUNT} sessions a month, all claims paid: seconds of processor, and the longest lock.\n")
    print("| months | check | claim | reconcile | void | report |\n|---:|---:|---:|---:|---:|---:|")
    took = curve(months, times)
    for count in months:
        cells = (
            f"{seconds:.2f} s, {seconds / took[months[0]][name][0]:.2f} times"
            + (f"; locked {lock:.2f} s, {lock / seconds:.0%}" if lock else "")
            for name, (seconds, lock) in took[count].items()
        )
        print(f"| {count} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]] or list(MONTHS))
