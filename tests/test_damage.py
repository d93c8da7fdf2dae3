"""A damaged ledger: nothing in it is believed, it is called damaged, and the way to the newest good copy is shown."""

from __future__ import annotations

import datetime as dt
import errno
import os
import random
import shutil
import sqlite3
import stat
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ims_billing.cli.main import app
from ims_billing.ledger import copies, file, identity
from ims_billing.ledger.copies import copies_of
from ims_billing.ledger.identity import Setup
from ims_billing.ledger.ledger import Ledger
from ims_billing.ledger.lock import Lock
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.folder import LAST_BATCH, LEDGER_FILE
from tests.practice import clinic_file, csv_file, frame_text, row, sum_anew

VISITS = [row(Patient=f"Qx{n} Zwmadeup", Service_Date=f"2026-10-{1 + n:02d}", Policy_Number=f"7{n}") for n in range(9)]
AS_OF = ("--as-of", "2026-11-05")
AS_OF_DAY = dt.date(2026, 11, 5)


def ims(folder: Path, *arguments: str) -> Result:
    """A command in a clinic's folder; one that ends in a traceback fails the test."""
    clinic = ("--clinic", str(folder / "clinic.toml"))
    return CliRunner().invoke(app, [*arguments, *clinic], catch_exceptions=False)


def claim(folder: Path, visits: int) -> Result:
    return ims(folder, "claim", str(csv_file(folder, VISITS[:visits])), "--month", "2026-10", *AS_OF)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month of two batches, one claim taken back, one paid: and so one copy of the ledger."""
    folder = tmp_path_factory.mktemp("office")
    clinic_file(folder)
    assert claim(folder, 5).exit_code == 0
    assert claim(folder, 9).exit_code == 0
    assert ims(folder, "void", "2026-10-SUNL-0002", "--reason", "a test", *AS_OF).exit_code == 0
    paid = {"Claim": "2026-10-SUNL-0001", "Paid": 50, "Payment Date": "2026-11-20", "Payment Number": "P1"}
    paid_file = csv_file(folder, [paid | {"Insurer": "Sun Life"}], "paid.csv")
    assert ims(folder, "reconcile", str(paid_file), "--as-of", "2026-11-21").exit_code == 0
    return folder


def what_it_says(ledger: Ledger) -> list[str]:
    with ledger.reading():
        month = ledger.month("2026-10")
        return [frame_text(ledger.claims.all()), repr((month.origin, month.totals, month.batches)),
                frame_text(month.money), frame_text(ledger.payments.postings())]  # fmt: skip


def flipped(office: Path, folder: Path, chance: random.Random) -> Path:
    """The office's folder with one bit of its ledger another one."""
    shutil.copytree(office, folder)
    path = folder / LEDGER_FILE
    content = bytearray(path.read_bytes())
    # What is not in use is zero: deleted content is overwritten.
    in_use = [place for place, byte in enumerate(content) if byte]
    content[chance.choice(in_use)] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    return folder


def flips(office: Path, tmp_path: Path, times: int) -> Counter[str]:
    truth = what_it_says(Ledger(office / LEDGER_FILE))
    chance = random.Random(22)
    ends: Counter[str] = Counter()
    for number in range(times):
        folder = flipped(office, tmp_path / str(number), chance)
        # Without a setup, what the ledger itself has shows it.
        with suppress(BillingError):
            believed = what_it_says(Ledger(folder / LEDGER_FILE))
            assert believed == truth, "something is believed that is another one"
            ends["the same"] += 1
        # The setup's note shows that a byte is another one.
        status, report = ims(folder, "status"), ims(folder, "report", "2026-10", "--out", str(folder / "again"))
        assert (status.exit_code, report.exit_code) == (0, 2)
        assert "Zwmadeup" not in status.output + report.output
        assert not (folder / "again").exists()
        ends["damaged" if "the ledger is damaged" in " ".join(report.output.split()) else report.output] += 1
        shutil.rmtree(folder)
    return ends


def test_of_one_bit_flips_none_is_believed(office: Path, tmp_path: Path) -> None:
    assert flips(office, tmp_path, 15)["damaged"] >= 14


@pytest.mark.long
def test_of_one_bit_flips_none_is_believed_often(office: Path, tmp_path: Path) -> None:
    ends = flips(office, tmp_path, 200)
    print(ends)
    assert ends["damaged"] >= 190


def changed(sql: str) -> Callable[[Path], None]:
    """Damage by another hand: SQLite itself finds nothing wrong with how the file is built."""

    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("PRAGMA writable_schema = ON")
            triggers = database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                database.execute(f"DROP TRIGGER {name}")
            database.execute("PRAGMA ignore_check_constraints = ON")
            database.execute(sql)
            for name, again in triggers:
                # One that the damage itself is about is put back as it is to be.
                database.execute(again.replace("OLD.void_batch IS NOT NULL", "0") if name in sql else again)

    return change


def schema(of: str, to: str, where: str = "name = 'claim'") -> Callable[[Path], None]:
    return changed(f"UPDATE sqlite_schema SET sql = replace(sql, '{of}', '{to}') WHERE {where}")


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no text in text": changed("UPDATE claim SET patient = CAST(x'5A776DFF' AS TEXT) WHERE id = 1"),
    "a number in text": schema("note TEXT", "note BLOB", "name = 'decision'"),
    "no JSON in JSON": changed("UPDATE page SET origin = '{Zwmadeup'"),
    "other JSON in JSON": changed("UPDATE page SET totals = '[\"Zwmadeup\"]'"),
    "a day that is none": changed("UPDATE payment SET paid_on = 'Zwmadeup'"),
    "another amount": changed("UPDATE claim SET amount_cents = amount_cents + 1 WHERE id = 1"),
    "another void": changed("UPDATE claim SET voided_on = NULL, void_reason = NULL, void_batch = NULL"),
    "no checksum": changed("UPDATE claim SET checksum = ''"),
    "another payment": changed("UPDATE posting SET paid_cents = paid_cents + 1"),
    "another day of a batch": changed("UPDATE batch SET as_of = '2026-11-06'"),
    "a line with a cell less": changed("UPDATE remittance_line SET words = json_remove(words, '$[8]')"),
    "a payment less": changed("DELETE FROM posting"),
    "a claim less": changed("DELETE FROM claim WHERE id = 2"),
    "a sum less": changed("DELETE FROM table_sum WHERE name = 'posting'"),
    "a table less": changed("DROP TABLE gone_on_without"),
    "an index less": changed("DROP INDEX claim_by_day"),
    "a trigger that forbids less": changed("SELECT 'a_void_stands'"),
    "a column of another name": schema("void_reason", "void_reasom"),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:20_000]),
    "cut within its header": lambda path: path.write_bytes(path.read_bytes()[:60]),
    "empty": lambda path: path.write_bytes(b""),
    "a text": lambda path: path.write_text("Zwmadeup, 1980-02-29\n" * 300),
    "another application's number": changed("PRAGMA application_id = 1"),
    "an older version's number": changed("PRAGMA user_version = 5"),
}


@pytest.mark.parametrize("spoil", DAMAGE.values(), ids=DAMAGE)
def test_damage_of_every_kind_is_one_message_with_the_newest_good_copy(
    office: Path, tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    folder = tmp_path / "office"
    shutil.copytree(office, folder)
    spoil(folder / LEDGER_FILE)
    spoilt = (folder / LEDGER_FILE).read_bytes()
    copy = copies_of(folder / LEDGER_FILE)[0]
    only_read = spoil is DAMAGE["other JSON in JSON"]
    for arguments in (
        ("report", "2026-10"),
        ("why", "2026-10-SUNL-0001"),
        ("void", "2026-10-SUNL-0001", "--reason", "x", *AS_OF),
    )[: 1 if only_read else 3]:
        done = ims(folder, *arguments)
        words = " ".join(done.output.split())
        assert (done.exit_code, "the ledger is damaged" in words, copy.name in words) == (2, True, True), done.output
        assert "Zwm" not in done.output
    assert (folder / LEDGER_FILE).read_bytes() == spoilt


def test_each_claim_that_is_read_is_proved_also_where_the_whole_ledger_is_not(
    office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "_QUICKLY_PROVED", 0)
    path = tmp_path / LEDGER_FILE
    shutil.copyfile(office / LEDGER_FILE, path)
    DAMAGE["another amount"](path)
    with monkeypatch.context() as patched:
        patched.setattr(file, "is_whole", lambda *_, **__: True)
        each_claim_is_proved(path)
    for change in (Ledger(path).reading(), Ledger(path).writing(may_add_batch=True)):
        with pytest.raises(BillingError, match="the ledger is damaged"), change:
            pass


def each_claim_is_proved(path: Path) -> None:
    ledger = Ledger(path)
    for read in (ledger.claims.all, lambda: ledger.claims.of_number("2026-10-SUNL-0001"), ledger.memory):
        with pytest.raises(BillingError, match="the ledger is damaged"), ledger.reading():
            read()
    with pytest.raises(BillingError, match="the ledger is damaged"), (ledger := Ledger(path)).writing():
        ledger.void("2026-10-SUNL-0001", AS_OF_DAY, "a test")


class Proofs:
    """How often SQLite proved a ledger, and how often every claim was proved too."""

    def __init__(self, patched: pytest.MonkeyPatch) -> None:
        self.counts: Counter[str] = Counter()
        for name in ("has_integrity", "is_whole"):
            patched.setattr(file, name, self._counted(name, getattr(file, name)))

    def _counted(self, name: str, proof: Callable[..., bool]) -> Callable[..., bool]:
        def counted(*args: Any, **more: Any) -> bool:
            self.counts[name] += 1
            return proof(*args, **more)

        return counted

    def of(self, setup: Setup) -> Counter[str]:
        """Those that one change to the ledger takes."""
        self.counts.clear()
        with Ledger(setup.folder / LEDGER_FILE, setup).writing(may_add_batch=True):
            pass
        return Counter(self.counts)


def test_a_large_ledger_is_proved_once_a_month_and_whole_where_it_is_not_as_it_was_left(
    office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "_QUICKLY_PROVED", 0)
    proofs, today = Proofs(monkeypatch), dt.date(2026, 11, 5)
    monkeypatch.setattr(identity, "_today", lambda: today)
    folder = tmp_path / "office"
    shutil.copytree(office, folder)
    setup, note = Setup(folder), folder / LAST_BATCH
    # The note of this day is not there yet: the day of the last proof is to come.
    assert proofs.of(setup) == {"has_integrity": 1}
    for days, proved in (
        (0, {}),
        (30, {}),
        (31, {"has_integrity": 1}),
        (61, {}),
        (62, {"has_integrity": 1}),
        (0, None),
    ):
        today = dt.date(2026, 11, 5) + dt.timedelta(days)
        assert proved is None or proofs.of(setup) == proved, days
    # A clock that was set back.
    assert proofs.of(setup) == {"has_integrity": 1}
    (folder / f"{LEDGER_FILE}-in-use").touch()
    assert proofs.of(setup) == {"is_whole": 1}
    note.unlink()
    assert proofs.of(setup) == {"is_whole": 1}
    with closing(sqlite3.connect(folder / LEDGER_FILE)) as database, database:
        database.execute("INSERT INTO gone_on_without (mark) VALUES ('x')")
        sum_anew(database)
    assert proofs.of(setup) == {"is_whole": 1}
    assert proofs.of(setup) == {}


def test_a_small_ledger_is_proved_before_each_change_and_for_who_looks_where_it_is_not_as_it_was_left(
    office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proofs = Proofs(monkeypatch)
    folder = tmp_path / "office"
    shutil.copytree(office, folder)
    setup = Setup(folder)
    for _ in range(2):
        assert proofs.of(setup) == {"is_whole": 1}
    looks = Ledger(folder / LEDGER_FILE, setup)
    with looks.reading():
        assert proofs.counts == {"is_whole": 1}, "as the last change left it"
    with looks.writing():
        assert proofs.counts == {"is_whole": 2}, "who has looked proves it before the first change"
    DAMAGE["another amount"](folder / LEDGER_FILE)
    with pytest.raises(BillingError, match="the ledger is damaged"), Ledger(folder / LEDGER_FILE, setup).reading():
        pass


def test_a_new_ledger_is_not_proved_by_the_command_that_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proofs, ledger = Proofs(monkeypatch), Ledger(tmp_path / LEDGER_FILE)
    for may_add_batch in (True, False):
        with ledger.writing(may_add_batch=may_add_batch):
            ledger.months.all()
    assert not proofs.counts
    with Ledger(tmp_path / LEDGER_FILE).reading():
        assert proofs.counts == {"is_whole": 1}


def test_what_another_program_changed_between_proof_and_lock_is_proved_too(
    office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "office"
    shutil.copytree(office, folder)
    begin = Lock.begin

    def late(lock: Lock, database: sqlite3.Connection, waiting: Callable[[str], None]) -> None:
        DAMAGE["another amount"](lock.path)
        begin(lock, database, waiting)

    monkeypatch.setattr(Lock, "begin", late)
    with (
        pytest.raises(BillingError, match="the ledger is damaged"),
        Ledger(folder / LEDGER_FILE, Setup(folder)).writing(may_add_batch=True),
    ):
        pass


def test_a_ledger_of_version_8_gets_its_checksums_and_shows_the_same(office: Path, tmp_path: Path) -> None:
    folder = tmp_path / "office"
    shutil.copytree(office, folder)
    with closing(sqlite3.connect(folder / LEDGER_FILE)) as database, database:
        database.execute("ALTER TABLE claim DROP COLUMN checksum")
        for later in ("table_sum", "file_read"):
            database.execute(f"DROP TABLE {later}")
        for table in ("attention", "earlier"):
            database.execute(f"ALTER TABLE {table} DROP COLUMN bill_refused")
        database.execute("PRAGMA user_version = 8")
    truth = what_it_says(Ledger(office / LEDGER_FILE))
    assert what_it_says(Ledger(folder / LEDGER_FILE)) == truth
    assert ims(folder, "report", "2026-10").exit_code == 0
    assert what_it_says(Ledger(folder / LEDGER_FILE)) == truth
    for path in (office / "reports").rglob("*.*"):
        assert (folder / path.relative_to(office)).read_bytes() == path.read_bytes()
    assert (folder / "ims-billing-version-8.sqlite").is_file()
    with closing(sqlite3.connect(folder / LEDGER_FILE)) as database:
        assert database.execute("SELECT count(*) FROM claim WHERE checksum = ''").fetchone() == (0,)


def test_the_newest_good_copy_goes_back_in_place_and_what_was_sent_since_is_read_back(
    office: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "office"
    shutil.copytree(office, folder)
    DAMAGE["cut short"](folder / LEDGER_FILE)
    shutil.copyfile(copies_of(folder / LEDGER_FILE)[0], folder / LEDGER_FILE)
    refused = ims(folder, "report", "2026-10")
    assert "this ledger is an old copy" in " ".join(refused.output.split())
    sent = folder / "reports" / "2026-10" / "insurers" / "sun-life-2026-10-batch-2.xlsx"
    back = ims(folder, "claim", str(sent), "--already-sent", "--month", "2026-10", *AS_OF)
    assert back.exit_code == 0, back.output
    again = ims(folder, "void", "2026-10-SUNL-0002", "--reason", "a test", *AS_OF)
    assert again.exit_code == 0, again.output
    ledger = Ledger(folder / LEDGER_FILE)
    with ledger.reading():
        claims = ledger.claims.all()
    assert list(claims["claim"]) == [f"2026-10-SUNL-{n:04d}" for n in range(1, 10)]
    assert list(claims["patient"]) == [f"Qx{n} Zwmadeup" for n in range(9)]
    assert claims["voided_on"].notna().sum() == 1


def batches(path: Path, numbers: range) -> None:
    for number in numbers:
        ledger = Ledger(path)
        with ledger.writing(may_add_batch=True):
            ledger._batches.append(f"2026-10-batch-{number}")
            ledger.run("INSERT INTO gone_on_without (mark) VALUES (?)", f"{number}")


def test_the_last_twelve_copies_are_kept_each_as_the_ledger_was_before_its_batch(tmp_path: Path) -> None:
    path = tmp_path / LEDGER_FILE
    batches(path, range(1, 16))
    kept = copies_of(path)
    assert [copy.name for copy in kept] == [
        f"ims-billing-{n - 1:04d}-before-2026-10-batch-{n}.sqlite" for n in range(15, 3, -1)
    ]
    assert sorted(path.parent.iterdir()) == [path.with_name("ims-billing-copies"), path]
    for number, copy in zip(range(15, 3, -1), kept, strict=True):
        with (ledger := Ledger(copy)).reading():
            assert len(ledger.marks()) == number - 1
        if sys.platform != "win32":
            assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    kept[0].write_bytes(kept[0].read_bytes()[:50_000])
    assert copies.newest_good_copy(path) == kept[1]


def test_of_copies_of_earlier_versions_the_latest_version_is_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "_is_good", lambda _: True)
    for version in ("9", "10", "of mine"):
        (tmp_path / f"ims-billing-version-{version}.sqlite").write_bytes(b"")
    assert copies.newest_good_copy(tmp_path / LEDGER_FILE) == tmp_path / "ims-billing-version-10.sqlite"


def test_a_copy_before_one_batch_is_kept_once_whatever_the_ledger_is_called(tmp_path: Path) -> None:
    path = tmp_path / "billing.db"
    kept = [copies.keep_copy(path, b"the same", "2026-10-batch-2") for _ in range(2)]
    assert copies_of(path) == kept[:1] == kept[1:]


def cut_off(lock: Lock, database: sqlite3.Connection, statement: str) -> None:
    if statement == "COMMIT":
        raise KeyboardInterrupt
    database.execute(statement).fetchall()


def test_the_same_batch_again_keeps_no_second_copy_and_no_batch_keeps_none(tmp_path: Path) -> None:
    path = tmp_path / LEDGER_FILE
    batches(path, range(1, 2))
    for _ in range(2):
        # Cut off once the copy is kept, before the batch is recorded.
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Lock, "wait", cut_off)
            with pytest.raises(KeyboardInterrupt):
                batches(path, range(2, 3))
    assert len(copies_of(path)) == 1
    with Ledger(path).writing(may_add_batch=True):
        pass
    assert len(copies_of(path)) == 1


def test_without_room_for_a_copy_nothing_is_recorded(
    office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "office"
    shutil.copytree(office, folder)
    more = [*VISITS, row(Patient="New Zwmadeup", Service_Date="2026-10-20", Policy_Number="99")]
    sessions = csv_file(folder, more)
    before = what_it_says(Ledger(folder / LEDGER_FILE))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        done = ims(folder, "claim", str(sessions), "--month", "2026-10", *AS_OF)
    assert done.exit_code == 2
    assert "batch-3.sqlite: cannot be written: the drive is full or limits the file" in " ".join(done.output.split())
    assert what_it_says(Ledger(folder / LEDGER_FILE)) == before
    assert [path.suffix for path in (folder / "ims-billing-copies").iterdir()] == [".sqlite"]
    assert ims(folder, "claim", str(sessions), "--month", "2026-10", *AS_OF).exit_code == 0
    assert len(copies_of(folder / LEDGER_FILE)) == 2
