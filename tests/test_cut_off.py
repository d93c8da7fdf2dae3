"""A command killed once its change is recorded: whatever runs next writes the files, and says so."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ims_billing.cli.json_output import JsonOutput
from ims_billing.cli.main import app
from ims_billing.ledger.ledger import Ledger
from ims_billing.ledger.lock import Lock
from ims_billing.vocabulary.errors import BillingError
from ims_billing.workbooks import month_files
from tests.practice import clinic_file, csv_file, made_once, row, type_in

CLAIM = "2026-10-SUNL-0001"
# As long as no file's name can be.
REASON = "a test, " * 600
VOID = ("void", CLAIM, "--reason", REASON, "--as-of", "2026-11-20")
REPLACE = (*VOID, "--replace")
PAID = ("reconcile", "paid.csv", "--as-of", "2026-11-21")
SAYS = "A command was cut off before it had written the files of 2026-10. They are written now."


class Killed(BaseException):
    """What no part of the program catches."""


def ims(folder: Path, *arguments: str) -> Result:
    named = [str(folder / each) if each.endswith(".csv") else each for each in arguments]
    return CliRunner().invoke(app, [*named, "--clinic", str(folder / "clinic.toml")], catch_exceptions=False)


@made_once
def a_month(folder: Path) -> None:
    """A month of two claims."""
    clinic_file(folder)
    csv_file(folder, [row(Patient="Pat Madeup"), row(Patient="Robin Madeup")])
    paid = {"Claim": CLAIM, "Paid": 50, "Payment Date": "2026-11-20", "Payment Number": "P1", "Insurer": "Sun Life"}
    csv_file(folder, [paid], "paid.csv")
    assert ims(folder, "claim", "sessions.csv", "--month", "2026-10", "--as-of", "2026-11-05").exit_code == 0


def disturbed(folder: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A month in which the command was killed before its first file was written."""
    a_month(folder)
    return killed(folder, command, monkeypatch)


def killed(folder: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> Path:

    def kill(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(month_files, "write_all", kill)
        with pytest.raises(Killed):
            ims(folder, *command)
    return folder


@made_once
def undisturbed(folder: Path, command: tuple[str, ...]) -> tuple[int, str]:
    """A month in which the command was not: how it ends, and what it shows, without the place of its folder."""
    a_month(folder)
    done = ims(folder, *command)
    return done.exit_code, done.stdout.replace(str(folder), "")


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "reports" / "2026-10").rglob("*.*"))}


@pytest.mark.parametrize("command", [VOID, REPLACE, PAID], ids=["void", "replace", "reconcile"])
def test_the_next_command_writes_what_was_cut_off_and_says_so(
    tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tmp_path / "whole"
    undisturbed(whole, command)
    cut = disturbed(tmp_path / "cut", command, monkeypatch)
    assert files(cut) != files(whole)
    done = ims(cut, "aging", "--as-of", "2026-11-22")
    assert done.exit_code == 0
    assert SAYS in " ".join(done.stderr.split())
    assert files(cut) == files(whole)
    assert SAYS not in " ".join(ims(cut, "aging", "--as-of", "2026-11-22").stderr.split()), "it says so once"


@pytest.mark.parametrize("command", ["claim", "report"])
def test_a_command_that_writes_the_month_itself_says_so_too(
    tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = disturbed(tmp_path / "cut", VOID, monkeypatch)
    arguments = {
        "claim": ("claim", "sessions.csv", "--month", "2026-10", "--as-of", "2026-11-22"),
        "report": ("report", "2026-10"),
    }
    done = ims(cut, *arguments[command])
    assert done.exit_code == 0
    assert f"{SAYS.partition('. ')[0]}. This command writes them." in " ".join(done.stderr.split())


def test_what_is_read_back_finishes_what_was_cut_off_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tmp_path / "whole"
    undisturbed(whole, VOID)
    cut = disturbed(tmp_path / "cut", VOID, monkeypatch)
    september = [row(Patient="Pat Madeup", Service_Date="2026-09-04")]
    csv_file(whole, september)
    assert ims(whole, "claim", "sessions.csv", "--month", "2026-09", "--as-of", "2026-11-23").exit_code == 0
    shutil.copyfile(whole / "reports" / "2026-09" / "claims-2026-09.csv", cut / "sent.csv")
    done = ims(cut, "claim", "sent.csv", "--already-sent", "--as-of", "2026-11-23")
    assert done.exit_code == 0, done.stderr
    assert SAYS in " ".join(done.stderr.split())
    assert files(cut) == files(whole)


@pytest.mark.parametrize("command", [VOID, REPLACE], ids=["void", "replace"])
def test_the_same_command_again_ends_as_if_undisturbed(
    tmp_path: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tmp_path / "whole"
    first = undisturbed(whole, command)
    cut = disturbed(tmp_path / "cut", command, monkeypatch)
    again = ims(cut, *command)
    assert (again.exit_code, again.stdout.replace(str(cut), "")) == first
    assert files(cut) == files(whole)
    refused = ims(cut, *command)
    assert refused.exit_code == 2, "once more is another void, and refused as before"


def test_what_somebody_moved_away_is_not_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = disturbed(tmp_path / "cut", VOID, monkeypatch)
    shutil.rmtree(cut / "reports")
    assert ims(cut, "aging", "--as-of", "2026-11-22").exit_code == 0
    assert not (cut / "reports" / "2026-10").exists()


def test_what_was_typed_after_the_kill_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same command does the rest by what there is now, once it has said so."""
    rows = [row(Patient="Pat Madeup"), row(Patient="Robin Madeup"), row(Patient="Sam Madeup", Fee=97.0)]
    cut = tmp_path / "cut"
    a_month(cut)
    csv_file(cut, rows)
    claim = ("claim", "sessions.csv", "--month", "2026-10", "--as-of", "2026-11-06")
    assert ims(cut, *claim).exit_code == 0
    csv_file(cut, [*rows, row(Patient="Kit Madeup")])
    killed(cut, claim, monkeypatch)
    type_in(cut / "reports" / "2026-10" / "claim-summary-2026-10.xlsx", "Needs attention", Decision="Bill")
    refused = ims(cut, *claim)
    assert (refused.exit_code, "Run it once more" in " ".join(refused.stderr.split())) == (2, True)
    done = ims(cut, *claim)
    assert done.exit_code == 0
    with (ledger := Ledger(cut / "ims-billing.sqlite")).reading():
        assert list(ledger.decisions.all()["decision"]) == ["Bill"]
        assert list(ledger.claims.all()["patient"]) == ["Pat Madeup", "Robin Madeup", "Kit Madeup", "Sam Madeup"]


def test_a_command_that_could_not_write_its_files_ends_as_if_undisturbed_once_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tmp_path / "whole"
    first = undisturbed(whole, REPLACE)
    a_month(tmp_path / "cut")

    def full(*_: object, **__: object) -> None:
        raise BillingError("the drive is full")

    with monkeypatch.context() as patched:
        patched.setattr(month_files, "write_all", full)
        assert ims(tmp_path / "cut", *REPLACE).exit_code == 2
    again = ims(tmp_path / "cut", *REPLACE)
    assert (again.exit_code, again.stdout.replace(str(tmp_path / "cut"), "")) == first
    assert files(tmp_path / "cut") == files(whole)


DAY = dt.date(2026, 11, 20)


@contextmanager
def cut_off(ledger: Ledger, typed: str) -> Iterator[None]:
    """A command that records a void and is killed; what is within runs before that."""
    with suppress(Killed), ledger.command(typed, DAY):
        with ledger.writing():
            ledger.void(CLAIM, DAY, "a test")
        yield
        raise Killed


def test_only_the_same_command_repeats_one_that_is_not_at_work_any_more(tmp_path: Path) -> None:
    a_month(tmp_path / "cut")
    path = tmp_path / "cut" / "ims-billing.sqlite"
    note = path.with_name("ims-billing.sqlite-unfinished")
    with cut_off(Ledger(path), "void"), Ledger(path).command("void", DAY):
        assert not (other := Ledger(path)).repeats, "the first one is still at work"
    with (other := Ledger(path)).command("another", DAY):
        assert not other.repeats
    with (again := Ledger(path)).command("void", DAY + dt.timedelta(days=1)) as day:
        assert (again.repeats, day) == (True, DAY)
        with again.reading():
            assert again.claims.of_number(CLAIM)["voided_on"].isna().all()
        with again.writing():
            again.void(CLAIM, day, "a test")
        assert not again.repeats, "all that was recorded is repeated"
    assert not note.exists()
    with Ledger(path).command("void", DAY) as day:
        assert day == DAY


def test_the_note_goes_with_the_next_command_that_could_change_the_ledger(tmp_path: Path) -> None:
    a_month(tmp_path / "cut")
    path = tmp_path / "cut" / "ims-billing.sqlite"
    note = path.with_name("ims-billing.sqlite-unfinished")
    with cut_off(Ledger(path), "void"):
        with (other := Ledger(path)).command("another", DAY), other.writing():
            pass
        assert note.exists(), "the first one is still at work"
    with suppress(Killed), (other := Ledger(path)).command("another", DAY), other.writing():
        raise Killed
    assert note.exists(), "nothing was done"
    with (other := Ledger(path)).command("another", DAY), other.writing():
        pass
    assert not note.exists()


@pytest.mark.parametrize("spoil", [lambda note: note[:-1], lambda note: b"{}\n" + note, lambda _: b""])
def test_a_note_that_lost_a_part_repeats_nothing(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    a_month(tmp_path / "cut")
    path = tmp_path / "cut" / "ims-billing.sqlite"
    note = path.with_name("ims-billing.sqlite-unfinished")
    with cut_off(Ledger(path), "void"):
        pass
    note.write_bytes(spoil(note.read_bytes()))
    with (again := Ledger(path)).command("void", DAY):
        assert not again.repeats


@pytest.mark.parametrize(("spoil", "repeats"), [
    (lambda copy: None, True), (lambda copy: copy.write_bytes(copy.read_bytes()[:-1]), False), (Path.unlink, False),
])  # fmt: skip
def test_before_a_batch_the_note_names_the_copy_that_was_kept(
    tmp_path: Path, spoil: Callable[[Path], object], repeats: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_month(cut := tmp_path / "cut")
    csv_file(cut, [row(Patient="Pat Madeup"), row(Patient="Robin Madeup"), row(Patient="Kit Madeup")])
    claim = ("claim", "sessions.csv", "--month", "2026-10", "--as-of", "2026-11-06")
    killed(cut, claim, monkeypatch)
    note = (cut / "ims-billing.sqlite-unfinished").read_bytes()
    (copy,) = (cut / "ims-billing-copies").iterdir()
    assert copy.name.encode() in note
    assert b"SQLite" not in note, "the ledger stands in the copy"
    spoil(copy)
    again = ims(cut, *claim)
    assert again.exit_code == 0
    assert ("The same command was cut off before it ended. It is finished now." in again.stderr) == repeats
    assert ("batch 2: 1 claimed" in again.stdout) == repeats, "else it only writes the files"
    with (ledger := Ledger(cut / "ims-billing.sqlite")).reading():
        assert list(ledger.claims.all()["patient"]) == ["Pat Madeup", "Robin Madeup", "Kit Madeup"]
    assert len(files(cut)) == 4
    assert not list(cut.glob("*-unfinished"))


def test_a_change_that_could_not_be_recorded_leaves_no_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_month(tmp_path / "full")
    wait = Lock.wait

    def full(lock: Lock, database: sqlite3.Connection, statement: str) -> None:
        if statement == "COMMIT":
            assert list(lock.path.parent.glob("*-unfinished"))
            raise BillingError("the drive is full")
        wait(lock, database, statement)

    with monkeypatch.context() as patched:
        patched.setattr(Lock, "wait", full)
        assert ims(tmp_path / "full", *VOID).exit_code == 2
    assert not list((tmp_path / "full").glob("*-unfinished"))


def test_a_command_ends_once_its_json_is_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_month(tmp_path / "json")
    flush, unfinished = JsonOutput.flush, []

    def noted(output: JsonOutput) -> None:
        if output.shown is not None:
            unfinished.append(len(list((tmp_path / "json").glob("*-unfinished"))))
        flush(output)

    monkeypatch.setattr(JsonOutput, "flush", noted)
    assert ims(tmp_path / "json", *PAID, "--json").exit_code == 0
    assert unfinished == [1]
    assert not list((tmp_path / "json").glob("*-unfinished"))
