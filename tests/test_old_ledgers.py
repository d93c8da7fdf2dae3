"""Ledgers that earlier versions wrote: read, brought up to date, and shown as they were, or refused in words."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ims_billing.cli.main import app
from ims_billing.ledger.ledger import Ledger
from ims_billing.ledger.migrations import MIGRATIONS
from ims_billing.ledger.schema import APPLICATION_ID, NEWEST_FILE, VERSION
from ims_billing.ledger.soundness import run_migration
from ims_billing.ledger.to_version_7 import to_version_7
from ims_billing.vocabulary.findings import CATALOGUE, REASONS
from ims_billing.vocabulary.folder import LAST_BATCH, LEDGER_FILE
from ims_billing.vocabulary.grounds import Ground, grounds_of
from tests.practice import clinic_file, csv_file, row
from tests.whole_ledger import DATA, KEYS, MORE, rebuilt, shown

KEPT = sorted(int(path.stem.rsplit("-", 1)[1]) for path in DATA.glob("ledger-version-*.sql"))
# By version of the ledger that is kept, the kinds that stand on no line of it, and why.
ABSENT = {
    4: {
        "acupuncture-by-physiotherapist": "of a session that is not billed: only its words stand in the totals",
        "service-not-recognised": "of a session that is not billed: only its words stand in the totals",
        "claimed-session-gone": "of no session at all: only its words stand in the totals",
        "ims-not-certain": "came after the ledger was kept",
        "number-unlike-others": "came after the ledger was kept",
    }
}
# With what these words begin.
ONLY_WORDS = (
    'The name "Acupuncture" is acupuncture, and is not billed.',
    'The name "Wellness Magic" is not recognised, and is not billed.',
    "2026-10-SUNL-0023 of 2026-10-22 is claimed, and not in these files.",
)


def of_version(version: int, folder: Path) -> Ledger:
    """The ledger with everything in it, as that version wrote it."""
    return rebuilt((DATA / f"ledger-version-{version}.sql").read_text(encoding="utf-8"), folder / LEDGER_FILE)


def rows(ledger: Ledger, sql: str) -> list[tuple[Any, ...]]:
    """What stands in the file itself, whatever the present version makes of it."""
    with closing(sqlite3.connect(ledger.path)) as database:
        return database.execute(sql).fetchall()


def values(report: str) -> Counter[str]:
    """What stands in all cells of a report, wherever."""
    return Counter(line.split(maxsplit=3)[3] for line in report.splitlines() if re.match(r"[A-Z]+\d+ .* '", line))


def column(ledger: Ledger, sql: str) -> set[Any]:
    return {value for (value,) in rows(ledger, sql)}


@pytest.fixture
def catalogue() -> Iterator[None]:
    """The catalogue and the reasons come back in their order, which decides how lines are sorted, after a test."""
    kinds, reasons = dict(CATALOGUE), dict(REASONS)
    yield
    CATALOGUE.clear()
    CATALOGUE.update(kinds)
    REASONS.clear()
    REASONS.update(reasons)


@pytest.mark.parametrize("version", KEPT)
def test_months_and_what_is_owed_are_shown_as_they_were(tmp_path: Path, version: int) -> None:
    """The kept text shows what changes; write it anew with IMS_BILLING_GOLDEN=1 and read the difference."""
    ledger = of_version(version, tmp_path)
    assert rows(ledger, "PRAGMA user_version") == [(version,)]
    now = shown(ledger, tmp_path / "reports")
    assert rows(ledger, "PRAGMA user_version") == [(VERSION,)]
    kept = DATA / f"ledger-version-{version}-report.txt"
    if os.environ.get("IMS_BILLING_GOLDEN"):
        kept.write_text(now, encoding="utf-8", newline="\n")
    assert now == kept.read_text(encoding="utf-8")
    if version == KEPT[0]:  # then it is a ledger of the present version, whichever it was
        assert shown(ledger, tmp_path / "again") == now, "once it is brought up to date it shows the same"


@pytest.mark.usefixtures("catalogue")
def test_an_old_month_keeps_its_words_whatever_this_version_calls_a_kind_or_a_reason(tmp_path: Path) -> None:
    ledger = of_version(4, tmp_path)
    for number, (kind, about) in enumerate(list(CATALOGUE.items())):
        CATALOGUE[kind] = about._replace(title="worded anew", fix="worded anew")
        if number % 2:
            del CATALOGUE[kind]
    for name, reason in list(REASONS.items())[1:]:
        REASONS[name] = reason._replace(meaning="worded anew")
    del REASONS[next(iter(REASONS))]
    kept = (DATA / "ledger-version-4-report.txt").read_text(encoding="utf-8")
    # What a kind that is gone allows is unknown: its lines offer less and come last, in the same words.
    assert values(shown(ledger, tmp_path / "reports")) == values(kept)


def test_version_4_holds_every_kind_of_finding_and_every_reason(tmp_path: Path) -> None:
    ledger = of_version(4, tmp_path)
    held = column(ledger, "SELECT kind FROM attention")
    remarks = column(ledger, "SELECT remarks FROM claim")
    remarked = {line.partition(": ")[0] for each in remarks for line in each.splitlines()}
    by_severity = {
        severity: {k.kind for k in CATALOGUE.values() if k.severity == severity} for severity in ("hold", "warn")
    }
    assert held == by_severity["hold"] - ABSENT[4].keys()
    assert remarked & by_severity["warn"] == by_severity["warn"] - ABSENT[4].keys()
    assert held | remarked == CATALOGUE.keys() - ABSENT[4].keys()
    assert remarked & by_severity["hold"] >= {"tax-on-session", "missing-relationship"}, (
        "decided, or of a second insurer"
    )
    [totals] = column(ledger, "SELECT totals FROM page WHERE month = '2026-10'")
    assert all(words.replace('"', '\\"') in totals for words in ONLY_WORDS)
    assert column(ledger, "SELECT reason FROM not_billed") == REASONS.keys()


def test_version_4_holds_everything_that_can_become_of_a_claim(tmp_path: Path) -> None:
    ledger = of_version(4, tmp_path)

    def count(table: str, where: str) -> int:
        return int(rows(ledger, f"SELECT count(*) FROM {table} WHERE {where}")[0][0])

    assert column(ledger, "SELECT month FROM page") == {"2026-08", "2026-09", "2026-10"}
    assert column(ledger, "SELECT month FROM batch") == {"2026-09", "2026-10"}
    assert column(ledger, "SELECT already_sent FROM batch") == {0, 1}
    assert column(ledger, "SELECT decision FROM decision") == {"", "Bill", "Do not bill", "Later"}
    assert column(ledger, "SELECT status FROM work") == {"Open", "Asked", "Sent again", "Closed"}
    voided = "voided_on IS NOT NULL AND claim {} IN (SELECT replaces FROM claim WHERE replaces IS NOT NULL)"
    for table, where in (
        ("claim", voided.format("")),
        ("claim", voided.format("NOT")),
        ("claim", "voided_on IS NOT NULL AND void_batch IS NULL"),
        ("claim", "void_batch IS NOT NULL"),
        ("claim", "follows IS NOT NULL AND voided_on IS NULL"),
        ("claim", "follows IS NOT NULL AND replaces IS NOT NULL"),
        ("claim", "void_reason LIKE '%, which it follows, was taken back.'"),
        ("claim", "instr(remarks, char(10)) AND instr(rules, char(10))"),
        ("claim", "instr(remarks, 'Decided on')"),
        ("decision", "correct_value <> ''"),
        ("decision", "instr(note, char(10))"),
        ("earlier", "1"),
        ("payment", "undone_on IS NOT NULL"),
        ("posting", "denied"),
        ("posting", "paid_cents < 0"),
        ("posting", "paid_cents > expected_cents"),
        ("posting", "paid_cents BETWEEN 1 AND expected_cents - 1"),
        ("posting", "paid_cents = expected_cents"),
        ("posting", "line IN (SELECT line FROM posting GROUP BY line HAVING count(*) > 1)"),
        ("remittance_line", "id NOT IN (SELECT line FROM posting)"),
    ):
        assert count(table, where), where


# What a line says of the claim that it is about, by the words before and after its number.
ABOUT = (
    r"Claimed as (\S+); since then changed: .+\.",
    r"It may be the session claimed as (\S+): only .+ is another, and that session is not in these files\.",
    r"(\S+) stands for that visit, and its own session is another now\. Decide about that one first\.",
    r"Another session is claimed for that visit in this run\.",
    r"Its claim (\S+) was taken back\.",
)
THEN = (
    r"",
    r" Decided on \S+: bill\. That does not count: as it is now it is not billed \(cancelled\)\. "
    r"To take the claim back: ims-billing void \S+ --reason TEXT\.",
    r" Decided on \S+: bill\. That does not count: another session stands for \S+ already\.",
    r" It is decided, and its file was not among the last ones: claim the month with that file too\.",
)


def test_version_4_tells_of_a_claim_in_all_its_ways(tmp_path: Path) -> None:
    ledger = of_version(4, tmp_path)
    lines = rows(ledger, "SELECT month, problem FROM attention WHERE kind IN ('changed-since-claimed', 'voided')")
    counted: Counter[str] = Counter()
    claims = []
    for month, problem in lines:
        ways = [(a, t, parts) for a in ABOUT for t in THEN if (parts := re.fullmatch(a + t, problem))]
        assert ways, problem
        counted.update({way for a, t, _ in ways for way in (a, t)})
        claims += [(month, claim) for _, _, parts in ways for claim in parts.groups()]
    assert counted.keys() == {*ABOUT, *THEN}
    assert {claim for _, claim in claims} <= column(ledger, "SELECT claim FROM claim")
    assert any(not claim.startswith(month) for month, claim in claims), "a claim of another month than the line"
    alike = ("2026-10-SUNL-1000", "2026-10-SUNL-10001", "2026-10-SUNL-10002")
    assert {claim for _, claim in claims} >= set(alike)


def test_a_claim_that_is_claimed_anew_leaves_the_lines_of_claims_whose_numbers_begin_with_its_own(
    tmp_path: Path,
) -> None:
    ledger = of_version(4, tmp_path)
    clinic = clinic_file(tmp_path, MORE, KEYS)
    with ledger.reading():
        before = ledger.months.open_lines()
    assert {"Thousand Madeup", "Ten-thousand-one Madeup", "Ten-thousand-two Madeup"} <= set(before["patient"])
    anew = ["void", "2026-10-SUNL-1000", "--replace", "--reason", "a test", "--as-of", "2026-12-21"]
    done = CliRunner().invoke(app, [*anew, "--clinic", str(clinic)], catch_exceptions=False)
    if done.exit_code != 0:
        pytest.fail(done.stderr)
    with ledger.reading():
        after = ledger.months.open_lines()
    assert list(after["patient"]) == [patient for patient in before["patient"] if patient != "Thousand Madeup"]


def test_a_line_of_version_4_gets_the_number_of_its_claim_from_its_beginning_alone(tmp_path: Path) -> None:
    ledger = of_version(4, tmp_path)
    with ledger.writing():
        pass
    lines = rows(ledger, "SELECT kind, claim, problem FROM attention UNION SELECT kind, claim, problem FROM earlier")
    about = [(claim, problem) for kind, claim, problem in lines if kind in ("changed-since-claimed", "voided")]
    for claim, problem in about:
        begins = [parts.groups() for words in ABOUT if (parts := re.match(words.removesuffix(r".+\."), problem))]
        assert begins in ([(claim,)], [()]), problem
        assert bool(claim) == (begins != [()])
    assert {claim for kind, claim, _ in lines if kind not in ("changed-since-claimed", "voided")} == {""}


STATEMENT = re.compile(r"^-- in: (.+)\n((?:(?!-- in: ).*\n)+)", re.MULTILINE)


def shapes() -> dict[str, list[str]]:
    """By name, the statements that make each ledger of before; its version is the number in the name."""
    by_name: dict[str, list[str]] = {}
    for names, statement in STATEMENT.findall((DATA / "ledger-shapes.sql").read_text(encoding="utf-8")):
        for name in names.split():
            by_name.setdefault(name, []).append(statement)
    return by_name


SHAPES = shapes()
# As the tables became with the last change that had no version of its own.
RELEASED = {1: "1c", 2: "2", 3: "3", 4: "4e"}
# Those that have the number of a later shape, and lack tables or columns of it.
LACKS = ("1a", "1b", "4a", "4b", "4c", "4d")


def of_shape(name: str, folder: Path) -> Ledger:
    """The ledger of a shape; it has two claims, of which one was taken back, one line held, and one not billed."""
    version = f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {name[0]};\n"
    return rebuilt(version + "".join(SHAPES[name]), folder / LEDGER_FILE)


def schema_of(ledger: Ledger) -> set[tuple[Any, ...]]:
    return set(rows(ledger, "SELECT type, name, sql FROM sqlite_schema"))


@pytest.mark.parametrize("version", RELEASED)
def test_the_scripts_make_the_tables_that_each_version_had(tmp_path: Path, version: int) -> None:
    with closing(sqlite3.connect(tmp_path / "scripts.sqlite")) as database:
        for script in MIGRATIONS[:version]:
            assert isinstance(script, str)
            database.executescript(script)
    assert schema_of(Ledger(tmp_path / "scripts.sqlite")) == schema_of(of_shape(RELEASED[version], tmp_path))


def tables_of_all_steps() -> str:
    """What all steps together make, as one script."""
    with closing(sqlite3.connect(":memory:")) as database:
        for step in MIGRATIONS:
            run_migration(database, step)
        made = database.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
    return "".join(f"{sql};\n" for (sql,) in made)


def test_a_new_ledger_has_the_tables_that_all_steps_make(tmp_path: Path) -> None:
    assert len(MIGRATIONS) == VERSION
    assert NEWEST_FILE.read_text(encoding="utf-8") == tables_of_all_steps(), "python -m tests.test_old_ledgers"
    with (new := Ledger(tmp_path / LEDGER_FILE)).writing():
        pass
    with closing(sqlite3.connect(":memory:")) as database:
        for step in MIGRATIONS:
            run_migration(database, step)
        assert schema_of(new) == set(database.execute("SELECT type, name, sql FROM sqlite_schema"))


@pytest.mark.parametrize("name", SHAPES)
def test_a_ledger_of_any_step_works_or_is_refused_in_words(tmp_path: Path, name: str) -> None:
    ledger = of_shape(name, tmp_path)
    before = rows(ledger, "SELECT claim, patient, amount_cents, voided_on, void_reason FROM claim ORDER BY id")
    clinic = clinic_file(tmp_path)
    sessions = csv_file(tmp_path, [row(Patient="Pat Madeup"), row(Patient="New Madeup", Service_Date="2026-10-12")])
    answer = {"Claim": "2026-10-SUNL-0001", "Paid": 95, "Payment Date": "2026-11-20", "Payment Number": "P1"}
    paid = csv_file(tmp_path, [answer], "paid.csv")
    day = ("--as-of", "2026-12-01")
    refusals = []
    for arguments in (
        ("check", str(sessions), "--month", "2026-10", *day),
        ("why", "2026-10-SUNL-0001"),
        ("report", "2026-10"),
        ("claim", str(sessions), "--month", "2026-10", *day),
        ("reconcile", str(paid), *day),
        ("aging", *day),
        ("void", "2026-10-SUNL-0001", "--replace", "--reason", "a test", *day),
    ):
        done = CliRunner().invoke(app, [*arguments, "--clinic", str(clinic)], catch_exceptions=False)
        if done.exit_code == 2:
            refusals.append(" ".join(done.stderr.split()))
        else:
            assert done.exit_code in (0, 1), done.output
    assert bool(refusals) == (name in LACKS)
    if refusals:
        assert len(refusals) == 7, "it is refused by every command, or by none"
        assert all(LEDGER_FILE in words for words in refusals)
        assert rows(ledger, "PRAGMA user_version") == [(int(name[0]),)]
        return
    with ledger.reading():
        claims = ledger.claims.all()
    assert before[1] in rows(ledger, "SELECT claim, patient, amount_cents, voided_on, void_reason FROM claim")
    assert list(claims["patient"]) == ["Pat Madeup", "Robin Madeup", "New Madeup", "Pat Madeup"]
    assert claims["voided_on"].isna().tolist() == [False, False, True, True]


WAITS = "It is decided; claim the month with its file too, so that the decision counts."
WAITED = "It is decided, and its file was not among the last ones: claim the month with that file too."


def test_version_7_takes_what_a_line_waits_for_and_who_pays_first_out_of_the_prose(tmp_path: Path) -> None:
    ledger = of_version(6, tmp_path)
    orders = {
        "A spouse's plan pays after. Source: CLHIA guideline https://clhia.example/4": Ground(
            "Who pays first", "A spouse's plan pays after", "", "CLHIA guideline", "https://clhia.example/4"
        ),
        "ICBC pays before any plan: it comes first. Source: ICBC, Part 7 (not verified)": Ground(
            "Who pays first", "ICBC pays before any plan: it comes first", "", "ICBC, Part 7", verified=False
        ),
        "Two. Source: one. Source: two": Ground("", "", message="Two. Source: one. Source: two"),
        "nobody wrote a source": Ground("", "", message="nobody wrote a source"),
    }
    with closing(sqlite3.connect(ledger.path)) as database:
        lines = database.execute("SELECT rowid FROM attention ORDER BY rowid LIMIT 3").fetchall()
        problems = ("Tax is charged.", f"Tax is charged. {WAITS}", f"No fee; {WAITS} Or so. {WAITED}")
        for (rowid,), problem in zip(lines, problems, strict=True):
            database.execute("UPDATE attention SET problem = ? WHERE rowid = ?", (problem, rowid))
        claims = database.execute("SELECT id FROM claim ORDER BY id").fetchall()
        database.execute("DROP TRIGGER the_grounds_of_a_claim_are_never_changed")
        database.execute("UPDATE claim SET payer_order = ''")
        for (claim,), words in zip(claims, orders, strict=False):
            database.execute("UPDATE claim SET payer_order = ? WHERE id = ?", (words, claim))
        to_version_7(database)
        rowids = tuple(rowid for (rowid,) in lines)
        asked = "SELECT problem, waits FROM attention WHERE rowid IN (?, ?, ?) ORDER BY rowid"
        assert database.execute(asked, rowids).fetchall() == [
            ("Tax is charged.", ""),
            ("Tax is charged.", WAITS),
            (f"No fee; {WAITS} Or so.", WAITED),
        ]
        kept = database.execute("SELECT payer_order FROM claim WHERE payer_order <> '' ORDER BY id").fetchall()
        assert [grounds_of(text) for (text,) in kept] == [[order] for order in orders.values()]


def test_version_13_takes_whether_bill_counts_out_of_the_prose(tmp_path: Path) -> None:
    ways = {
        "Bill: replace the claim at $85.00. Do not bill: keep it at $95.00": 0,
        "Bill does not count: it was cancelled. Do not bill: keep the claim at $95.00": 1,
        "Decide about 2026-10-SUNL-0001 first. Do not bill: make no new claim for this session": 1,
        "Do not bill: make no new claim for this session": 1,
    }
    ledger = of_version(7, tmp_path)
    with closing(sqlite3.connect(ledger.path)) as database, database:
        for number, text in enumerate(ways, 1):
            database.execute("UPDATE attention SET ways = ? WHERE month = '2026-10' AND place = ?", (text, number))
    with ledger.writing():
        pass
    kept = rows(ledger, "SELECT ways, bill_refused FROM attention WHERE month = '2026-10' ORDER BY place LIMIT 5")
    assert kept[1:] == list(ways.items())
    assert column(ledger, "SELECT bill_refused FROM earlier") == {0}


@pytest.mark.parametrize("version", [10, 11, 12])
def test_a_ledger_of_a_version_before_is_proved_by_its_own_sums_and_brought_up_to_date(
    tmp_path: Path, version: int
) -> None:
    clinic, sessions = clinic_file(tmp_path), csv_file(tmp_path, [row(Patient="Pat Madeup"), row(Patient="Kit Madeup")])
    claim = ["claim", str(sessions), "--month", "2026-10", "--as-of", "2026-11-05", "--clinic", str(clinic)]
    assert CliRunner().invoke(app, claim).exit_code == 0
    ledger = Ledger(tmp_path / LEDGER_FILE)
    # The claims of version 10 are summed by all that they say, later ones by their checksums.
    summed = "*" if version == 10 else "checksum"
    total = sum(
        int.from_bytes(hashlib.sha256(json.dumps(list(each)).encode()).digest()[:8], "big")
        for each in rows(ledger, f"SELECT {summed} FROM claim")
    )
    with closing(sqlite3.connect(ledger.path)) as database, database:
        for table in ("attention", "earlier"):
            database.execute(f"ALTER TABLE {table} DROP COLUMN bill_refused")
        if version < 12:
            database.execute("DROP TABLE file_read")
            database.execute("DELETE FROM table_sum WHERE name = 'file_read'")
        database.execute("UPDATE table_sum SET total = ? WHERE name = 'claim'", (f"{total % 2**64:016x}",))
        database.execute(f"PRAGMA user_version = {version}")
    (tmp_path / LAST_BATCH).unlink()  # with it, any byte that changed would show
    as_it_was = ledger.path.read_bytes()
    void = ["void", "2026-10-SUNL-0001", "--reason", "a test", "--as-of", "2026-11-06", "--clinic", str(clinic)]
    assert CliRunner().invoke(app, void).exit_code == 0
    assert rows(ledger, "PRAGMA user_version") == [(VERSION,)]
    (tmp_path / LAST_BATCH).unlink()
    ledger.path.write_bytes(as_it_was)
    with closing(sqlite3.connect(ledger.path)) as database, database:
        # A sum of other rows than these.
        database.execute("UPDATE table_sum SET total = ? WHERE name = 'claim'", (f"{(total + 1) % 2**64:016x}",))
    refused = CliRunner().invoke(app, void)
    assert (refused.exit_code, "damaged" in refused.output) == (2, True)


if __name__ == "__main__":
    NEWEST_FILE.write_text(tables_of_all_steps(), encoding="utf-8", newline="\n")
