"""The ledger's file: what the database itself forbids, who may write when, and files that are none or are damaged."""

from __future__ import annotations

import datetime as dt
import errno
import os
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ims_billing.ledger import file as ledger_file
from ims_billing.ledger import lock as ledger_lock
from ims_billing.ledger import migrations
from ims_billing.ledger.held import hold
from ims_billing.ledger.ledger import Ledger
from ims_billing.ledger.migrations import MIGRATIONS
from ims_billing.ledger.schema import APPLICATION_ID, VERSION
from ims_billing.month.prepare import Month
from ims_billing.month.run import run_of
from ims_billing.saving import why_not
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import ON_LEDGER
from tests.practice import AS_OF, MONTH, frame_text, made_once, month_of, row

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no owner-only bits; its folders rule")
ROWS = [
    row(Session_ID="S1", Start="9:00", Birth_Date=dt.date(1980, 2, 29)),
    row(Patient="Robin Madeup", Insurer="PBC", Fee=95.35, Member_ID="-00"),
]
MORE = "[[fee]]\nservice = 'ims'\ninsurer = 'Pacific Blue Cross'\namount = 95.35\nfrom = 2026-01-01\n"


@made_once
def _two_claims(folder: Path) -> Month:
    month = month_of(folder, ROWS, more=MORE)
    ledger, run = Ledger(folder / "ims-billing.sqlite"), run_of(month)
    with ledger.writing():
        ledger.add_batch(run)
        ledger.set_page(run)
    for beside in ("sessions.xlsx", "clinic.toml"):
        (folder / beside).unlink()
    return month


@pytest.fixture
def month(tmp_path: Path) -> Month:
    """The month of the ledger with two claims."""
    beside = tmp_path / "month"
    beside.mkdir()
    return _two_claims(beside)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A ledger with two claims."""
    folder = tmp_path / "clinic of ours #1?"
    folder.mkdir()
    _two_claims(folder)
    return Ledger(folder / "ims-billing.sqlite")


def tables(path: Path) -> str:
    with closing(sqlite3.connect(path)) as database:
        return "\n".join(database.iterdump())


def test_what_is_read_is_what_was_recorded(ledger: Ledger, month: Month) -> None:
    with ledger.reading():
        view = ledger.month(MONTH)
        assert frame_text(ledger.claims.all()) == frame_text(view.claims)
    run = run_of(month)
    kept = [c.name for c in ON_LEDGER if c.name in run.claims]
    assert frame_text(view.claims[kept]) == frame_text(run.claims[kept])
    assert list(view.claims["claim"]) == ["2026-10-PABC-0001", "2026-10-SUNL-0001"]
    assert (view.totals, view.origin, view.as_of) == (run.totals, run.origin, AS_OF)
    assert frame_text(view.attention) == frame_text(run.attention)
    assert frame_text(view.not_billed) == frame_text(run.not_billed)
    assert [(b.number, b.as_of, b.already_sent, b.origin) for b in view.batches] == [(1, AS_OF, False, run.origin)]


def test_what_the_ledger_tells_of_a_claim_a_batch_and_a_month(ledger: Ledger, tmp_path: Path) -> None:
    claim, september = "2026-10-SUNL-0001", dt.date(2026, 9, 1)
    before = run_of(month_of(tmp_path, [row(Service_Date=september, Patient="Sam Madeup")], more=MORE, month="2026-09"))
    with ledger.writing():
        ledger.add_batch(before, already_sent=True)
        ledger.set_page(before)
        assert ledger.months.all() == ["2026-09", MONTH]
        assert ledger.claims.sent_before() == {"2026-09-SUNL-0001"}
        assert [b.number for b in (ledger.batch_of(claim), ledger.batch_of("2026-09-SUNL-0001"))] == [1, 1]
        assert ledger.batch_of(claim).already_sent is False
        assert ledger.batches.days() == [("2026-09", 1, AS_OF, True), (MONTH, 1, AS_OF, False)]
        assert [(m.month, m.claims, m.fee_cents) for m in ledger.months.before(MONTH)] == [("2026-09", 1, 9500)]
        assert ledger.months.before("2026-09") == ()
        with pytest.raises(BillingError, match=r"2026-10-SUNL-0002 is no claim on the ledger.*2026-10-SUNL-0001"):
            ledger.claims.of_number("2026-10-SUNL-0002")
        with pytest.raises(BillingError, match="nothing of 2026-08 is on the ledger; it knows 2026-09, 2026-10"):
            ledger.month("2026-08")
        assert (ledger.claims.followed_by(claim), ledger.claims.replaced_by(claim)) == ("", "")


def test_a_summary_is_known_by_its_folder_and_as_it_was_left(ledger: Ledger) -> None:
    with ledger.writing():
        assert ledger.files.summary_left(MONTH, "/here") == ("", False)
        assert (ledger.files.unwritten(MONTH, "/here"), ledger.files.nowhere_written()) == ((1,), [MONTH])
        ledger.files.mark_written(MONTH, "/here", "hash")
        assert ledger.files.summary_left(MONTH, "/here") == ("hash", True)
        assert (
            ledger.files.summary_left(MONTH, "/there") == ledger.files.summary_left("2026-09", "/here") == ("", False)
        )
        assert (ledger.files.unwritten(MONTH, "/here"), ledger.files.unwritten(MONTH, "/there")) == (None, ())
        assert ledger.files.nowhere_written() == []
        ledger.void("2026-10-SUNL-0001", AS_OF, "a test")
        assert ledger.files.summary_left(MONTH, "/here") == ("hash", False)
        assert (ledger.files.unwritten(MONTH, "/here"), ledger.files.nowhere_written()) == ((), [MONTH])


def test_to_look_into_a_ledger_leaves_nothing_anywhere(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for one in (ledger, Ledger(Path("missing.sqlite"))):
        with one.reading():
            assert one.months.all() == ([MONTH] if one is ledger else [])
    assert list(here.iterdir()) == []
    assert [path.name for path in ledger.path.parent.iterdir()] == [ledger.path.name]


def another(**changed: str) -> str:
    """SQL that adds a copy of the ledger's second claim, with these columns changed."""
    values = {c.name: c.name for c in ON_LEDGER if c.name != "replaced_by"} | {"claim": "'2026-10-SUNL-0009'"} | changed
    names = ", ".join(values)
    return f"INSERT INTO claim ({names}) SELECT {', '.join(values.values())} FROM claim WHERE session_id = 'S1'"


FORBIDDEN = {
    "two active claims for one session and payer, by its id": another(natural_key="'another'"),
    "two active claims for one session and payer, by its key": another(session_id="'S9'"),
    "a claim number twice": "UPDATE claim SET claim = '2026-10-SUNL-0001'",
    "a claim without its batch": "UPDATE claim SET batch = 7",
    "a batch that claims rest on gone": "DELETE FROM batch",
    "a claim gone": "DELETE FROM claim",
    "another fee": "UPDATE claim SET fee_cents = 1",
    "another policy": "UPDATE claim SET policy = '7'",
    "another registration": "UPDATE claim SET registration = '7'",
    "a fee that is no whole number of cents": another(session_id="''", natural_key="'k'", fee_cents="95.5"),
    "a fee below nothing": another(session_id="''", natural_key="'k'", fee_cents="-1"),
    "a claim of no insurer": another(insurer_id="''"),
    "a void without a reason": "UPDATE claim SET voided_on = '2026-11-05'",
    "a void on no day": "UPDATE claim SET voided_on = 'soon', void_reason = 'x'",
    "a batch that tells of a void that is none": "UPDATE claim SET void_batch = 1",
    "a replacement of an active claim": another(session_id="''", natural_key="'k'", replaces="'2026-10-PABC-0001'"),
    "a batch of no month": "INSERT INTO batch VALUES ('October', 1, '2026-11-05', 0, '{}', '')",
    "a second first batch": "INSERT INTO batch VALUES ('2026-10', 1, '2026-11-05', 0, '{}', '')",
}


@pytest.mark.parametrize("sql", FORBIDDEN.values(), ids=FORBIDDEN)
def test_the_database_itself_forbids(ledger: Ledger, sql: str) -> None:
    before = tables(ledger.path)
    with pytest.raises(sqlite3.IntegrityError), ledger.writing():
        ledger.run(sql)
    assert tables(ledger.path) == before


def test_a_void_stands_and_only_a_voided_claim_is_replaced_and_once(ledger: Ledger) -> None:
    def anew(number: int) -> str:
        cells = {"replaces": "'2026-10-SUNL-0001'", "voided_on": "NULL", "void_reason": "NULL"}
        return another(claim=f"'2026-10-SUNL-000{number}'", **cells) + " AND claim = '2026-10-SUNL-0001'"

    with pytest.raises(sqlite3.IntegrityError, match="only a voided claim is replaced"), ledger.writing():
        ledger.run(anew(2))
    with ledger.writing():
        ledger.void("2026-10-SUNL-0001", AS_OF, "wrong day")
        ledger.run(anew(2))
        ledger.claims.seal([3])
    with ledger.reading():
        assert ledger.claims.replaced_by("2026-10-SUNL-0001") == "2026-10-SUNL-0002"
    for sql, message in (
        (anew(3), "UNIQUE"),
        ("UPDATE claim SET voided_on = NULL, void_reason = NULL", "a void stands"),
        ("UPDATE claim SET voided_on = '2026-12-01' WHERE voided_on IS NOT NULL", "a void stands"),
        ("UPDATE claim SET void_reason = 'other' WHERE voided_on IS NOT NULL", "a void stands"),
    ):
        with pytest.raises(sqlite3.IntegrityError, match=message), ledger.writing():
            ledger.run(sql)
    with pytest.raises(BillingError, match="was already voided, on 2026-11-05"), ledger.writing():
        ledger.void("2026-10-SUNL-0001", AS_OF, "again")


def test_a_change_is_whole_or_none(ledger: Ledger, month: Month) -> None:
    before = tables(ledger.path)

    def interrupted() -> None:
        with ledger.writing():
            ledger.void("2026-10-SUNL-0001", AS_OF, "x")
            ledger.set_page(run_of(month))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert tables(ledger.path) == before
    assert sorted(p.name for p in ledger.path.parent.iterdir()) == ["ims-billing.sqlite"]


def test_claim_numbers_go_on_and_are_never_given_again(tmp_path: Path, ledger: Ledger) -> None:
    more = [row(Patient=f"P{n}", Start="9:00") for n in range(3)]
    with ledger.writing():
        ledger.void("2026-10-SUNL-0001", AS_OF, "x")
        number, numbers = ledger.add_batch(run_of(month_of(tmp_path, more)))
        assert (number, list(numbers.values())) == (2, [f"2026-10-SUNL-000{n}" for n in (2, 3, 4)])
        # Another month begins anew, and nothing new is no batch.
        other = [row(Service_Date=dt.date(2026, 9, 1))]
        assert list(ledger.add_batch(run_of(month_of(tmp_path, other, month="2026-09")))[1].values()) == [
            "2026-09-SUNL-0001"
        ]
        assert ledger.add_batch(run_of(month_of(tmp_path, [row(Fee=1.0)]))) == (None, {})


def test_the_ten_thousandth_claim_has_five_digits(tmp_path: Path, ledger: Ledger) -> None:
    with ledger.writing():
        ledger.run("DROP TRIGGER a_claim_is_never_changed")
        ledger.run("UPDATE claim SET claim = '2026-10-SUNL-9999' WHERE insurer_id = 'sun-life'")
        _, numbers = ledger.add_batch(run_of(month_of(tmp_path, [row(Patient="B"), row(Patient="C")])))
    assert list(numbers.values()) == ["2026-10-SUNL-10000", "2026-10-SUNL-10001"]


@posix_only
def test_the_ledger_is_its_owners_only_unless_its_folder_is_shared(ledger: Ledger, tmp_path: Path) -> None:
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600
    team = tmp_path / "team"
    team.mkdir()
    team.chmod(0o770)
    shared = Ledger(team / "ims-billing.sqlite")
    with shared.writing():
        pass
    assert stat.S_IMODE(shared.path.stat().st_mode) == 0o660


def not_ours(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE patients (name TEXT)")
        database.commit()


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE claim (claim TEXT)")
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.execute("PRAGMA user_version = 99")
        database.commit()


def damaged(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:5000] + b"\xff" * 2000 + whole[7000:])


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 4096 * 3])


NO_LEDGERS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "somebody else's SQLite file": (not_ours, "this SQLite file is no ledger of ims-billing"),
    "a spreadsheet": (lambda path: path.write_bytes(b"PK\x03\x04" * 500), "the ledger is damaged"),
    "a newer one": (newer, r"a newer ims-billing has written this ledger \(version 99, this program knows"),
    "a damaged one": (damaged, "the ledger is damaged, and nothing was written. Put back your last copy"),
    "one cut short": (cut, "the ledger is damaged"),
    "a folder": (lambda path: path.mkdir(), "the ledger cannot be opened"),
}


@pytest.mark.parametrize(("make", "message"), NO_LEDGERS.values(), ids=NO_LEDGERS)
def test_what_is_no_sound_ledger_is_refused_and_left_as_it_is(
    ledger: Ledger, make: Callable[[Path], Any], message: str
) -> None:
    if make not in (damaged, cut):
        ledger.path.unlink()
    make(ledger.path)
    before = ledger.path.read_bytes() if ledger.path.is_file() else None
    fresh = Ledger(ledger.path)
    assert fresh.exists
    with pytest.raises(BillingError, match=message), fresh.writing():
        fresh.claims.all()
    with pytest.raises(BillingError, match=message), Ledger(ledger.path).reading():
        fresh.claims.all()
    assert (ledger.path.read_bytes() if ledger.path.is_file() else None) == before


def test_a_spreadsheet_of_another_name_is_no_ledger(tmp_path: Path) -> None:
    path = tmp_path / "sessions.xlsx"
    path.write_bytes(b"PK\x03\x04" * 500)
    with (
        pytest.raises(BillingError, match="this is no ledger of ims-billing"),
        Ledger(path).reading(),
    ):
        pass


def test_an_empty_file_is_what_an_interrupted_first_run_leaves(tmp_path: Path) -> None:
    path = tmp_path / "ims-billing.sqlite"
    path.touch()
    ledger = Ledger(path)
    assert not ledger.exists
    with ledger.reading():
        assert ledger.claims.all().empty
    assert path.stat().st_size == 0
    with ledger.writing():
        assert ledger.months.all() == []
    assert ledger.exists


@posix_only
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told(ledger: Ledger) -> None:
    ledger.path.parent.chmod(0o500)
    try:
        with pytest.raises(BillingError, match="cannot be written"), ledger.writing():
            ledger.void("2026-10-SUNL-0001", AS_OF, "x")
        with (
            pytest.raises(BillingError, match="cannot be made here"),
            Ledger(ledger.path.with_name("other.sqlite")).writing(),
        ):
            pass
    finally:
        ledger.path.parent.chmod(0o700)


def test_a_ledger_in_no_folder_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(BillingError, match="cannot be made here: there is no folder"),
        Ledger(tmp_path / "none" / "l.sqlite").writing(),
    ):
        pass


def test_a_full_disk_is_told_and_nothing_is_recorded(ledger: Ledger) -> None:
    before = tables(ledger.path)

    def fill() -> None:
        with ledger.writing():
            # No page more than it has: what SQLite says then is what it says of a full disk.
            ledger.run(f"PRAGMA max_page_count = {ledger.rows('PRAGMA page_count')[0][0]}")
            ledger.run("INSERT INTO page VALUES ('2027-10', '2026-11-05', ?, '{}', 1, '[]')", "x" * 9_000_000)

    with pytest.raises(BillingError, match="the drive is full or limits the file"):
        fill()
    assert tables(ledger.path) == before


def add_step(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Makes the tables of this version those of the last one."""
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, step))
    monkeypatch.setattr(ledger_file, "VERSION", VERSION + 1)


def test_an_older_ledger_is_brought_up_to_date_and_a_copy_is_kept(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ledger.path.read_bytes()
    note = "CREATE TABLE note (claim TEXT REFERENCES claim (claim));\nINSERT INTO note SELECT claim FROM claim;\n"
    add_step(monkeypatch, note)
    copy = ledger.path.with_name(f"ims-billing-version-{VERSION}.sqlite")
    with Ledger(ledger.path).reading():  # who only looks changes nothing, and sees it up to date
        pass
    assert ledger.path.read_bytes() == before
    assert not copy.exists()
    newer_one = Ledger(ledger.path)
    with newer_one.writing():
        assert len(newer_one.rows("SELECT claim FROM note")) == 2
    assert copy.read_bytes() == before
    again = Ledger(ledger.path)
    with again.reading():
        assert len(again.rows("SELECT claim FROM note")) == 2
    monkeypatch.undo()
    with pytest.raises(BillingError, match="a newer ims-billing"), Ledger(ledger.path).reading():
        pass


def test_the_claims_of_a_first_versions_ledger_are_read_and_have_no_grounds(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.reading():
        now = ledger.claims.all()
    old = Ledger(tmp_path / "ims-billing.sqlite")
    with closing(sqlite3.connect(old.path)) as db, closing(sqlite3.connect(ledger.path)) as source:
        db.executescript(f"{MIGRATIONS[0]} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1;")
        for table in ("batch", "claim", "page"):
            names = [name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")]
            rows = source.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall()
            db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", rows)
        db.commit()
    with old.writing():
        then = old.claims.all()
    grounds = ["evidence", "visit_evidence", "authority", "rules", "remarks"]
    assert set(then[grounds].to_numpy().flat) == {""}
    assert "" not in set(now[["evidence", "authority", "rules"]].to_numpy().flat)
    assert frame_text(then.drop(columns=grounds)) == frame_text(now.drop(columns=grounds))
    assert (tmp_path / "ims-billing-version-1.sqlite").exists()


def test_a_step_up_that_fails_leaves_the_ledger_as_it_was(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tables(ledger.path)
    broken = "CREATE TABLE note (claim TEXT);\nINSERT INTO nowhere VALUES (1);\n"
    add_step(monkeypatch, broken)
    with pytest.raises(sqlite3.OperationalError, match="no such table"), Ledger(ledger.path).writing():
        pass
    assert tables(ledger.path) == before


def test_a_second_command_waits_says_for_whom_and_finds_what_the_first_left(ledger: Ledger, month: Month) -> None:
    holders: list[str] = []
    inside, go_on = threading.Event(), threading.Event()

    def first() -> None:
        with ledger.writing(command="claim 2026-10"):
            ledger.void("2026-10-SUNL-0001", AS_OF, "x")
            inside.set()
            go_on.wait(30)

    worker = threading.Thread(target=first)
    worker.start()
    assert inside.wait(30)
    other = Ledger(ledger.path)

    def waiting(who: str) -> None:
        holders.append(who)
        go_on.set()

    with other.writing(waiting):
        claims = other.claims.of_number("2026-10-SUNL-0001")
    worker.join()
    assert not claims["voided_on"].isna().any()
    assert len(holders) == 1
    assert holders[0].endswith("(claim 2026-10)")
    assert sorted(p.name for p in ledger.path.parent.iterdir()) == ["ims-billing.sqlite"]


def test_a_note_that_a_killed_command_left_holds_nobody_up(ledger: Ledger) -> None:
    note = ledger.path.with_name("ims-billing.sqlite-in-use")
    note.write_text("Robin on FRONT-DESK", encoding="utf-8")
    with ledger.writing(lambda who: pytest.fail(f"waits for {who}")):
        assert "FRONT-DESK" not in note.read_text(encoding="utf-8")
    assert not note.exists()


def test_who_waits_too_long_is_told_who_holds_the_ledger(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_lock, "_PATIENCE", 0.2)
    monkeypatch.setattr(ledger_lock, "_COMMITS", 0.2)
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        note = ledger.path.with_name("ims-billing.sqlite-in-use")
        note.write_text("Robin on FRONT-DESK", encoding="utf-8")
        held = hold(note)
        with pytest.raises(BillingError, match="Robin on FRONT-DESK has had the ledger in use"), ledger.writing():
            pass
        # Robin's process is gone, and what holds the ledger is something else.
        assert held is not None
        held.close()
        with pytest.raises(BillingError, match="the ledger is in use by another program"), ledger.writing():
            pass
        assert note.exists()
        other.execute("ROLLBACK")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(BillingError, match="the ledger is in use by another program"), ledger.reading():
            ledger.claims.all()


@pytest.mark.parametrize("writes", [False, True], ids=["to look", "to change"])
def test_who_waits_for_another_program_learns_it_once_and_what_to_do_in_the_end(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, writes: bool
) -> None:
    monkeypatch.setattr(ledger_lock, "_SILENT", 0.1)
    monkeypatch.setattr(ledger_lock, "_COMMITS", 0.5)
    notices: list[str] = []
    waiting = Ledger(ledger.path, notify=notices.append)
    with closing(sqlite3.connect(ledger.path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with (
            pytest.raises(BillingError, match="Close the program that has it open"),
            waiting.writing() if writes else waiting.reading(),
        ):
            pass
        assert notices == ["The ledger is in use by another program; waiting up to a minute."]
        # Closed meanwhile, it goes on.
        threading.Timer(0.3, other.execute, ["ROLLBACK"]).start()
        with waiting.writing() if writes else waiting.reading():
            assert len(waiting.claims.all()) == 2
    assert len(notices) == 2


def test_others_can_look_while_one_writes(ledger: Ledger) -> None:
    with ledger.writing():
        ledger.void("2026-10-SUNL-0001", AS_OF, "x")
        other = Ledger(ledger.path)
        with other.reading():
            assert other.claims.all()["voided_on"].isna().all()


def test_a_change_waits_for_those_who_look(ledger: Ledger) -> None:
    looks, changed = threading.Event(), threading.Event()

    def look() -> None:
        with (other := Ledger(ledger.path)).reading():
            other.claims.all()
            looks.set()
            changed.wait(30)

    reader = threading.Thread(target=look)
    reader.start()
    assert looks.wait(30)
    with ledger.writing():
        ledger.void("2026-10-SUNL-0001", AS_OF, "x")
        # What is committed while somebody looks has to wait until they are done.
        threading.Timer(0.3, changed.set).start()
    reader.join()
    with ledger.reading():
        assert not ledger.claims.of_number("2026-10-SUNL-0001")["voided_on"].isna().any()


@pytest.mark.parametrize(
    ("folder", "mark"),
    [
        ("OneDrive - Clinic", "OneDrive - Clinic"),
        ("Dropbox", "Dropbox"),
        ("Library/Mobile Documents/com~apple~CloudDocs", "com~apple~CloudDocs"),
        ("Library/CloudStorage/GoogleDrive-me", "CloudStorage"),
        ("Documents", ""),
    ],
)
def test_a_folder_that_a_cloud_service_keeps_copies_of_is_known(tmp_path: Path, folder: str, mark: str) -> None:
    assert Ledger(tmp_path / folder / "ims-billing.sqlite").synchronised_by == mark


def test_a_void_dated_before_its_claim_is_refused(ledger: Ledger) -> None:
    before = tables(ledger.path)
    words = r"claimed on 2026-11-05, and can't be voided on 2026-11-04"
    with pytest.raises(BillingError, match=words), ledger.writing():
        ledger.void("2026-10-SUNL-0001", dt.date(2026, 11, 4), "a test")
    assert tables(ledger.path) == before


@pytest.mark.parametrize("code", ["ENOSPC", "EDQUOT", "EFBIG"])
def test_a_drive_without_room_is_called_so(code: str) -> None:
    assert "full or limits the file" in why_not(OSError(getattr(errno, code), "words of the system"))


def test_text_that_is_no_text_any_more_is_damage_and_is_not_repeated(ledger: Ledger) -> None:
    with closing(sqlite3.connect(ledger.path)) as database, database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute("UPDATE claim SET void_reason = NULL, patient = CAST(x'506174FF4D616465' AS TEXT)")
    with pytest.raises(BillingError, match="the ledger is damaged") as refused, ledger.reading():
        ledger.claims.all()
    assert "Made" not in str(refused.value)
    assert refused.value.__cause__ is None
