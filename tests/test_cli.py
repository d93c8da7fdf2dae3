"""The command as users run it, much of it in this process: exit codes, messages, JSON, and its imports."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msoffcrypto
import openpyxl
import pytest
from typer.testing import CliRunner

from ims_billing.cli.main import app
from ims_billing.rules.values import CLINIC_FILE
from ims_billing.vocabulary.findings import CATALOGUE, REMEDIES
from tests.practice import clinic_file, csv_file, made_once, row, sum_anew, xlsx

AS_OF = ("--as-of", "2026-11-05")
_ENVIRONMENT = {"IMS_BILLING_CLINIC": "", "IMS_BILLING_PASSWORD": "", "COLUMNS": "100"}


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    returncode: int
    stdout: str
    stderr: str


def run(*args: str | Path, cwd: Path, **environment: str) -> Done:
    """Runs the command in this process as a user would in a folder, without a terminal."""
    with contextlib.chdir(cwd):
        done = CliRunner().invoke(
            app, [*map(str, args)], env={**_ENVIRONMENT, **environment}, prog_name="ims-billing", catch_exceptions=False
        )
    return Done(done.exit_code, done.stdout, done.stderr)


def run_process(*args: str | Path, cwd: Path, **environment: str) -> Done:
    """Runs the command in a process of its own, for what only that shows: pipes, time zones, the exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "ims_billing", *map(str, args)],
        cwd=cwd,
        env={**os.environ, **_ENVIRONMENT, **environment},
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def report(done: Done) -> dict[str, Any]:
    """The one object that --json prints."""
    shown = json.loads(done.stdout)
    assert isinstance(shown, dict)
    return shown


def files_in(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@made_once
def one_claim(folder: Path) -> None:
    """A clinic's folder in which the one session of sessions.xlsx was claimed."""
    clinic_file(folder)
    assert run("claim", xlsx(folder, [row()]), *AS_OF, cwd=folder).returncode == 0


def test_claim_writes_the_month_and_says_what_it_wrote(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    sessions = xlsx(tmp_path, [row(), row(Patient="Held Madeup", Fee=100.0)])
    done = run_process("claim", sessions, *AS_OF, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert files_in(tmp_path / "reports") == [
        "2026-10/claim-summary-2026-10.xlsx",
        "2026-10/claims-2026-10.csv",
        "2026-10/insurers/sun-life-2026-10.xlsx",
    ]
    kind = CATALOGUE["fee-not-as-listed"]
    for words in ("October 2026", "CLAIMED", "Sun Life", "$95.00", f"{kind.short} (3)", REMEDIES[kind.remedy]):
        assert words in " ".join(done.stdout.split())
    assert "Madeup" not in done.stdout
    assert "\x1b" not in done.stdout, "no colour in a pipe"


def test_json_is_one_object_in_the_shape_of_the_manual(tmp_path: Path) -> None:
    clinic = clinic_file(tmp_path)
    sessions = xlsx(
        tmp_path, [row(Session_ID="S1"), row(Session_ID="S2", Patient="B", Tax=1.0), row(Service="Massage")]
    )
    done = run("check", sessions, "--json", *AS_OF, "--clinic", clinic, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    shown = report(done)
    assert list(shown) == [
        "version",
        "month",
        "as_of",
        "files",
        "totals",
        "insurers",
        "sessions",
        "written",
        "decisions",
        "next_command",
        "result",
    ]
    assert (shown["month"], shown["as_of"], shown["written"]) == ("2026-10", "2026-11-05", [])
    assert shown["result"] == "claimed-some-on-hold"
    assert [{**f, "sha256": len(f["sha256"])} for f in shown["files"]] == [
        {"file": "sessions.xlsx", "layout": "sessions", "rows": 3, "sessions": 3, "repeated": 0, "tied": 0,
         "set_aside": 0, "sha256": 64, "unread": [], "skipped": []}
    ]  # fmt: skip
    assert shown["totals"] == {
        "rows": 3, "sessions": 3, "claimed": 1, "held": 1, "not_billed": 1, "already_claimed": 0, "repeated": 0,
        "tied": 0, "set_aside": 0,
        "cents": {"read": 28500, "claimed": 9500, "held": 9500, "not_billed": 9500, "already_claimed": 0},
    }  # fmt: skip
    assert shown["insurers"] == [{"insurer": "Sun Life", "claims": 1, "cents": 9500}]
    assert shown["sessions"][0] == {
        "file": "sessions.xlsx", "sheet": "Sessions", "row": 2, "session_id": "S1", "outcome": "claimed",
        "reason": None, "service": "ims", "service_code": "PHYSIO", "insurer": "Sun Life", "fee_cents": 9500,
        "claim": None, "findings": [],
    }  # fmt: skip
    assert shown["sessions"][1]["findings"] == [
        {"kind": "tax-on-session", "severity": "hold", "message": "Tax of $1.00 is charged.",
         "fix": CATALOGUE["tax-on-session"].fix}
    ]  # fmt: skip
    assert (shown["sessions"][2]["outcome"], shown["sessions"][2]["reason"]) == ("not_billed", "other-service")
    assert shown["sessions"][2]["session_id"] is None


def test_claim_json_gives_claim_numbers_and_the_files(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    sessions = xlsx(tmp_path, [row()])
    shown = report(run("claim", sessions, "--json", *AS_OF, "--out", tmp_path / "my out", cwd=tmp_path))
    assert shown["sessions"][0]["claim"] == "2026-10-SUNL-0001"
    assert [Path(p).name for p in shown["written"]] == [
        "claim-summary-2026-10.xlsx", "claims-2026-10.csv", "sun-life-2026-10.xlsx",
    ]  # fmt: skip
    assert all(Path(p).exists() for p in shown["written"])


def test_check_and_dry_run_and_strict_write_nothing(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    clear, held = xlsx(tmp_path, [row()], "clear.xlsx"), xlsx(tmp_path, [row(Fee=1.0)], "held.xlsx")
    before = files_in(tmp_path)
    for args, code in (
        (("check", clear), 0),
        (("check", held), 1),
        (("claim", held, "--dry-run"), 0),
        (("claim", held, "--strict"), 1),
    ):
        assert run(*args, *AS_OF, cwd=tmp_path).returncode == code, args
    dry = report(run("claim", clear, "--dry-run", "--json", *AS_OF, cwd=tmp_path))
    assert (dry["totals"]["claimed"], dry["sessions"][0]["claim"], dry["written"]) == (1, None, [])
    assert files_in(tmp_path) == before
    assert run("claim", clear, "--strict", *AS_OF, cwd=tmp_path).returncode == 0


def refused(done: Done) -> str:
    """The message of an expected failure: exit code 2, nothing on standard output, no traceback."""
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("ims-billing: ")
    return done.stderr.removeprefix("ims-billing: ").strip()


def test_what_the_user_can_mend_is_one_clear_message_and_exit_code_2(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    good = xlsx(tmp_path, [row()])
    several = xlsx(tmp_path, [row(), row(Service_Date=dt.date(2026, 9, 1))], "several.xlsx")
    (tmp_path / "faulty.toml").write_text('[clinic]\nnam = "x"\n', encoding="utf-8")
    (tmp_path / "in the way").write_text("", encoding="utf-8")
    empty = xlsx(tmp_path, [], "header only.xlsx")
    lacking = csv_file(tmp_path, [{"Date": "2026-10-07", "Patient": "Pat Madeup", "Fee": "95"}], "lacking.csv")
    before = files_in(tmp_path)

    def message(*args: str | Path) -> str:
        return refused(run(*args, *AS_OF, cwd=tmp_path))

    assert message("claim", "none.xlsx") == "none.xlsx: there is no such file."
    assert "there is a header, and no row below it" in message("claim", empty)
    assert "missing: Practitioner, Service, Insurer" in message("claim", lacking)
    assert "2026-09 (1 session), 2026-10 (1 session)" in message("claim", several)
    assert "did you mean name?" in message("claim", good, "--clinic", "faulty.toml")
    assert "cannot be read" in message("check", good, "--clinic", "nowhere.toml")
    assert "this is a file" in message("claim", good, "--out", "in the way")
    assert files_in(tmp_path) == before


def test_a_locked_workbook_stops_the_command_before_anything_is_written(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    sessions = xlsx(tmp_path, [row()])
    folder = tmp_path / "reports" / "2026-10" / "insurers"
    folder.mkdir(parents=True)
    (folder / "~$sun-life-2026-10.xlsx").write_bytes(b"")
    assert "open in another program" in refused(run("claim", sessions, *AS_OF, cwd=tmp_path))
    assert files_in(tmp_path / "reports") == ["2026-10/insurers/~$sun-life-2026-10.xlsx"]


def test_bad_usage_is_exit_code_2(tmp_path: Path) -> None:
    for args in (
        ("claim",),
        ("check", "x.xlsx", "--month", "October"),
        ("check", "x.xlsx", "--as-of", "soon"),
        ("nope",),
    ):
        done = run(*args, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, ""), args
        assert "Traceback" not in done.stderr


def test_the_clinic_file_is_found_in_its_order(tmp_path: Path) -> None:
    here, beside, named, env = (tmp_path / name for name in ("here", "beside", "named", "env"))
    for folder in (here, beside, named, env):
        folder.mkdir()
    sessions = xlsx(beside, [row()])

    def says(*args: str | Path, **environment: str) -> str:
        done = run("check", sessions, *args, *AS_OF, cwd=here, **environment)
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    assert "There is no clinic setup" in says()
    file = clinic_file(beside).rename(beside / "clinic.toml")
    assert "(clinic.toml)" in says()
    file.write_text("broken", encoding="utf-8")
    clinic_file(here)
    assert "(clinic.toml)" in says()  # the one here goes before the broken one beside the file
    first = clinic_file(env).rename(env / "env.toml")
    assert "(env.toml)" in says(IMS_BILLING_CLINIC=str(first))
    second = clinic_file(named).rename(named / "named.toml")
    assert "(named.toml)" in says("--clinic", second, IMS_BILLING_CLINIC=str(first))
    assert "(clinic.toml)" in says("--clinic", here, IMS_BILLING_CLINIC=str(first)), (
        "a folder stands for the setup in it"
    )


def test_without_a_clinic_file_check_classifies_and_claim_says_how_to_make_one(tmp_path: Path) -> None:
    sessions = xlsx(tmp_path, [row(), row(Service="Massage")])
    done = run("check", sessions, "--json", *AS_OF, cwd=tmp_path)
    assert done.returncode == 1
    assert [(s["service"], s["outcome"]) for s in report(done)["sessions"]] == [
        ("ims", "held"), ("massage", "not_billed"),
    ]  # fmt: skip
    assert " ".join(run("check", sessions, *AS_OF, cwd=tmp_path).stdout.split()).count("your fees") == 1
    message = refused(run("claim", sessions, "november 2026.xlsx", *AS_OF, cwd=tmp_path))
    assert message.endswith(f'ims-billing init --from {sessions} "november 2026.xlsx"')


def test_ims_of_an_earlier_month_is_told_loudly_with_the_command(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    sessions = xlsx(tmp_path, [row(), row(Service_Date=dt.date(2026, 9, 30))], "two months.xlsx")
    done = run("claim", sessions, "--month", "2026-10", "--dry-run", *AS_OF, cwd=tmp_path)
    assert "Bill 2026-09 too: 1 session, $95.00" in done.stdout
    assert f'ims-billing claim "{sessions}" --month 2026-09' in done.stdout


def test_check_without_a_month_reports_every_month(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    sessions = xlsx(tmp_path, [row(), row(Service_Date=dt.date(2026, 9, 30))])
    done = run("check", sessions, *AS_OF, cwd=tmp_path)
    assert "2026-09" in done.stdout
    assert report(run("check", sessions, "--json", *AS_OF, cwd=tmp_path))["month"] is None
    only = report(run("check", sessions, "--json", "--month", "2026-10", *AS_OF, cwd=tmp_path))
    assert [s["reason"] for s in only["sessions"]] == [None, "outside-month"]


def test_a_month_without_sessions_is_pointed_out(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    sessions = xlsx(tmp_path, [row(), row(Service_Date="")])
    done = run("check", sessions, "--month", "2025-10", *AS_OF, cwd=tmp_path)
    assert "No session lies in 2025-10; the files hold: 2026-10 (1)." in done.stdout


def test_init_writes_a_clinic_file_that_loads_and_a_spreadsheet_that_is_read(tmp_path: Path) -> None:
    done = run("init", "new clinic", cwd=tmp_path)
    assert (done.returncode, files_in(tmp_path)) == (0, ["new clinic/clinic.xlsx", "new clinic/sessions.xlsx"])
    folder = tmp_path / "new clinic"
    assert "there is a header, and no row below it" in refused(run("check", "sessions.xlsx", *AS_OF, cwd=folder))
    book = openpyxl.load_workbook(folder / "sessions.xlsx")
    sheet = book["Sessions"]
    values: dict[str, Any] = {
        "Service Date": dt.date(2026, 10, 7),
        "Patient": "P",
        "Practitioner": "A",
        "Service": "IMS",
        "Fee": 95,
    }
    for cell in sheet[1]:
        sheet.cell(2, cell.column or 1).value = values.get(str(cell.value))
    book.save(folder / "sessions.xlsx")
    shown = report(run("check", "sessions.xlsx", "--json", *AS_OF, cwd=folder))
    assert sorted(f["kind"] for f in shown["sessions"][0]["findings"]) == [
        "missing-insurer",
        "practitioner-not-on-roster",
    ]
    assert "there is a clinic setup already" in refused(run("init", "new clinic", cwd=tmp_path))
    assert "Invalid value for '--as': 'xlsx' is not one of" in run("init", "new", "--as", "xlsx", cwd=tmp_path).stderr
    assert "ims-billing init --from" in refused(run("init", str(folder / "sessions.xlsx"), cwd=tmp_path))


def test_init_from_an_export_fills_in_what_it_finds_and_claim_wants_it_confirmed(tmp_path: Path) -> None:
    sessions = xlsx(
        tmp_path,
        [
            row(Service="IMS 30 min"), row(Service="IMS 30 min", Patient="B"), row(Service="IMS 30 min", Fee=99.0),
            row(Practitioner="Example, Ann", Insurer='The "Novel" Mutual', Service="IMS/Acupuncture"),
        ],
    )  # fmt: skip
    done = run("init", "--from", sessions, "--as", "toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "clinic.toml").read_text(encoding="utf-8")
    for words in (
        '# 4 sessions\n[[practitioner]]\nname = "Ann Example"\nprofession = "physiotherapist?"\nregistration = "?"\n',
        'name = "Sun Life"',
        'name = "?"\naliases = ["The \\"Novel\\" Mutual"]',
        "# 2 of 3 sessions; others: 99.00 (1). If the fee depends on it, your export has to say it: Visit\n[[fee]]",
        'amount = "95.00?"',
        '# "IMS 30 min" is read as IMS',
        '"IMS/Acupuncture" = "?"   # IMS and acupuncture: which of them?',
    ):
        assert words in text
    assert "Madeup" not in text
    message = refused(run("claim", sessions, *AS_OF, cwd=tmp_path))
    assert "Ann Example, Profession: physiotherapist?" in message
    assert "insurer Sun Life" in message, "what asks nothing is to be confirmed"
    assert run("check", sessions, *AS_OF, cwd=tmp_path).returncode == 1


def test_rules_shows_what_is_in_force_on_a_day_with_its_source(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    page, everything = (run("rules", "--on", "2026-10-01", *more, cwd=tmp_path) for more in ([], ["--all"]))
    for shown in (page, everything):
        assert (shown.returncode, shown.stderr) == (0, "")
        for words in ("PHYSIO", "$95.00", CLINIC_FILE, "$23.00", "not verified"):
            assert words in shown.stdout
    assert len(page.stdout.splitlines()) <= 40
    assert [shown.stdout.count("https://") > 0 for shown in (page, everything)] == [False, True]
    before, on = (report(run("rules", "--on", day, "--json", cwd=tmp_path)) for day in ("2026-03-31", "2026-04-01"))
    of_icbc = [15100, 9500, 15100, 9500]
    assert [[f["cents"] for f in r["fees"]] for r in (before, on)] == [[2300, 2300, *of_icbc], [9500, 2300, 2300]]
    assert [f["whose"] for f in on["fees"]] == ["clinic", "published", "published"]
    assert all(rule["source"] for rule in on["rules"])
    overridden = [r["whose"] for r in on["rules"] if r["whom"] == "Green Shield" and r["what"] == "requires"]
    assert overridden == ["clinic"]


LIGHT = [["--help"], ["--version"], ["claim", "--help"], ["claim"], ["nope"], ["rules"], []]
EACH = """
import json, sys
from ims_billing.cli.main import app
for command in json.loads(sys.argv.pop()):
    try:
        app(command)
    except SystemExit:
        print("\\nloaded:", *{"pandas", "openpyxl", "numpy", "python_calamine"} & sys.modules.keys())
print("\\nloaded:", *{"typer"} & sys.modules.keys())
"""


def test_light_commands_import_neither_pandas_nor_openpyxl(tmp_path: Path) -> None:
    """One after the other in one process: what none of them loads, no other has loaded for it."""
    done = subprocess.run(
        [sys.executable, "-c", EACH, json.dumps(LIGHT)], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True
    )
    assert [line for line in done.stdout.splitlines() if line.startswith("loaded:")] == [
        *["loaded:"] * len(LIGHT), "loaded: typer",
    ]  # fmt: skip


def test_every_command_has_an_example_in_its_help(tmp_path: Path) -> None:
    for command in ("init", "check", "claim", "why", "report", "void", "rules"):
        assert f"Example: ims-billing {command}" in run(command, "--help", cwd=tmp_path).stdout
    version = run("--version", cwd=tmp_path)
    assert version.stdout.startswith("ims-billing ")


def test_init_reads_janes_reports_too(tmp_path: Path) -> None:
    reports = sorted((Path(__file__).parent.parent / "samples" / "jane").iterdir())
    done = run("init", "--from", *reports, "--as", "toml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "clinic.toml").read_text(encoding="utf-8")
    for words in ('name = "Ben Sample"', 'name = "WorkSafeBC"', "amount = 130.00", '"PT Needle Reset"'):
        assert words in text
    assert "guid" not in text
    assert run("check", *reports, *AS_OF, cwd=tmp_path).returncode == 1


def test_claim_wants_both_of_janes_reports(tmp_path: Path) -> None:
    samples = Path(__file__).parent.parent / "samples"
    sales, appointments = (next((samples / "jane").glob(f"*{name}*")) for name in ("Sales", "Appointments"))
    for report, missing in ((sales, "Jane's Appointments report is missing"), (appointments, "Jane's Sales report is")):
        done = run("claim", report, "--clinic", samples / "clinic.toml", *AS_OF, "--out", "out", cwd=tmp_path)
        assert missing in refused(done)
        assert run("check", report, "--clinic", samples / "clinic.toml", *AS_OF, cwd=tmp_path).returncode in (0, 1)
    assert not (tmp_path / "out").exists()


def test_the_same_claim_twice_says_in_one_line_that_nothing_is_new(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    sessions = xlsx(tmp_path, [row(), row(Patient="B", Fee=1.0)])
    first = run("claim", sessions, *AS_OF, cwd=tmp_path)
    assert f"Ledger {'ims-billing.sqlite'} (new)" in first.stdout
    before = {name: (tmp_path / name).read_bytes() for name in files_in(tmp_path)}
    again = run("claim", sessions, "--as-of", "2027-01-01", cwd=tmp_path)
    assert (again.returncode, again.stderr) == (0, "")
    assert "Ledger ims-billing.sqlite; no file" in again.stdout
    assert again.stdout.splitlines()[-1] == (
        "2026-10: nothing new to claim, 1 claimed before, 1 on hold, 0 not billed."
    )
    assert {name: (tmp_path / name).read_bytes() for name in files_in(tmp_path)} == before
    shown = report(run("claim", sessions, "--json", *AS_OF, cwd=tmp_path))
    assert [(s["outcome"], s["claim"]) for s in shown["sessions"]] == [
        ("already_claimed", "2026-10-SUNL-0001"), ("held", None),
    ]  # fmt: skip
    assert (shown["totals"]["already_claimed"], shown["totals"]["cents"]["already_claimed"]) == (1, 9500)
    assert (shown["insurers"], shown["written"]) == ([], [])
    looked = report(run("check", sessions, "--json", *AS_OF, cwd=tmp_path))
    assert [(s["outcome"], s["claim"]) for s in looked["sessions"]] == [("already_claimed", None), ("held", None)]


def test_dry_run_says_what_would_be_new(tmp_path: Path) -> None:
    one_claim(tmp_path)
    later = xlsx(tmp_path, [row(), row(Patient="Late Madeup")], "later.xlsx")
    before = {name: (tmp_path / name).read_bytes() for name in files_in(tmp_path)}
    done = run("claim", later, "--dry-run", *AS_OF, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == (
        "2026-10: 1 would be claimed for $95.00, 1 claimed before, 0 on hold, 0 not billed."
    )
    assert {name: (tmp_path / name).read_bytes() for name in files_in(tmp_path)} == before
    assert (
        "2026-10, batch 2: 1 claimed for $95.00, 1 claimed before" in run("claim", later, *AS_OF, cwd=tmp_path).stdout
    )


def test_report_and_void_by_command(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    assert "there is no ledger here" in refused(run("report", "2026-10", cwd=tmp_path))
    one_claim(tmp_path)
    sessions = tmp_path / "sessions.xlsx"
    done = run_process("report", "2026-10", "--out", "copy", cwd=tmp_path, TZ="Asia/Tokyo")
    assert done.returncode == 0
    assert files_in(tmp_path / "copy") == files_in(tmp_path / "reports")
    for name in files_in(tmp_path / "copy"):
        assert (tmp_path / "copy" / name).read_bytes() == (tmp_path / "reports" / name).read_bytes()
    assert "nothing of 2026-09 is on the ledger; it knows 2026-10" in refused(run("report", "2026-09", cwd=tmp_path))
    assert "is no claim on the ledger" in refused(run("void", "x", "--reason", "y", cwd=tmp_path))
    assert run("void", "2026-10-SUNL-0001", "--reason", " ", cwd=tmp_path).returncode == 2
    assert run("void", "2026-10-SUNL-0001", cwd=tmp_path).returncode == 2
    done = run("void", "2026-10-sunl-0001", "--reason", "wrong day", *AS_OF, cwd=tmp_path)
    assert "2026-10-SUNL-0001 is voided." in done.stdout
    assert "already voided" in refused(run("void", "2026-10-SUNL-0001", "--reason", "y", cwd=tmp_path))
    assert run("claim", sessions, *AS_OF, cwd=tmp_path).stdout.splitlines()[-1] == (
        "2026-10, batch 2: 0 claimed for $0.00, 1 on hold, 0 not billed."
    )
    done = run("void", "2026-10-SUNL-0001", "--reason", "y", "--replace", *AS_OF, cwd=tmp_path)
    sentence = "2026-10-SUNL-0001 is voided; 2026-10-SUNL-0002 in batch 3 of 2026-10 replaces it, and asks for $95.00."
    assert sentence in " ".join(done.stdout.split())


def test_a_claim_is_replaced_by_command_as_the_file_has_it_now(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    run("claim", xlsx(tmp_path, [row(Session_ID="S1")]), *AS_OF, cwd=tmp_path)
    right = xlsx(tmp_path, [row(Session_ID="S1", Insurer="PBC")], "right one.xlsx")
    held = " ".join(run("claim", right, *AS_OF, cwd=tmp_path).stdout.split())
    assert "Claimed as 2026-10-SUNL-0001; since then changed: the insurer (Sun Life, now Pacific Blue" in " ".join(
        held.split()
    )
    void = ("void", "2026-10-SUNL-0001", right, "--reason", "wrong insurer", *AS_OF)
    assert run(*void, cwd=tmp_path).returncode == 2  # a file without --replace
    done = run(*void, "--replace", cwd=tmp_path)
    sentence = "2026-10-SUNL-0001 is voided; 2026-10-PABC-0001 in batch 2 of 2026-10 replaces it, and asks for $95.00."
    assert sentence in " ".join(done.stdout.split())
    assert "Madeup" not in done.stdout
    assert "nothing new to claim, 1 claimed before, 0 on hold" in run("claim", right, *AS_OF, cwd=tmp_path).stdout


def test_a_month_whose_files_were_never_written_is_finished_by_the_next_command(tmp_path: Path) -> None:
    one_claim(tmp_path)
    with closing(sqlite3.connect(tmp_path / "ims-billing.sqlite")) as database:
        database.execute("DELETE FROM written")  # as a command that was cut off leaves it
        sum_anew(database)
        database.commit()
    november = xlsx(tmp_path, [row(Service_Date=dt.date(2026, 11, 3))], "november.xlsx")
    done = run("claim", november, *AS_OF, cwd=tmp_path)
    finished = "A command was cut off before it had written the files of 2026-10. They are written now."
    assert finished in " ".join(done.stderr.split())
    assert finished not in " ".join(run("claim", november, *AS_OF, cwd=tmp_path).stderr.split())


@pytest.mark.parametrize("where", ["--ledger", "--out"])
def test_a_name_that_no_drive_takes_is_one_clear_message(tmp_path: Path, where: str) -> None:
    clinic_file(tmp_path)
    done = run("claim", xlsx(tmp_path, [row()]), *AS_OF, where, "x" * 300, cwd=tmp_path)
    assert "xxx" in refused(done)


def test_a_name_that_no_drive_takes_is_one_clear_message_wherever_it_is_typed(tmp_path: Path) -> None:
    one_claim(tmp_path)
    sessions, long, day = tmp_path / "sessions.xlsx", "x" * 300, AS_OF[-2:]
    void = ("void", "2026-10-SUNL-0001", "--reason", "a test", *day)
    before = files_in(tmp_path), (tmp_path / "ims-billing.sqlite").read_bytes()
    for command in (
        ("check", long),
        ("check", sessions, "--clinic", long),
        ("check", sessions, "--ledger", long),
        ("claim", long, *AS_OF),
        ("claim", sessions, *AS_OF, "--clinic", long),
        ("claim", sessions, *AS_OF, "--out", long),
        ("claim", sessions, *AS_OF, "--decisions", long),
        ("report", "2026-10", "--out", long),
        ("report", "2026-10", "--ledger", long),
        (*void, "--out", long),
        (*void, "--ledger", long),
        ("aging", *day, "--out", long),
        ("aging", *day, "--ledger", long),
        ("reconcile", long, *day),
        ("why", "2026-10-SUNL-0001", "--ledger", long),
        ("init", long),
        ("init", "new", "--from", long),
        ("status", *day, "--clinic", long),
        ("status", *day, "--out", long),
        ("status", *day, "--ledger", long),
        ("rules", "--clinic", long),
    ):
        done = run(*command, cwd=tmp_path)
        assert "xxx" in refused(done), command[:2]
        assert (files_in(tmp_path), (tmp_path / "ims-billing.sqlite").read_bytes()) == before, command[:2]


def test_a_ledger_that_is_not_there_is_not_made_where_claims_were_made_before(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    sessions = xlsx(tmp_path, [row()])
    named = ("--ledger", "on the drive.sqlite")
    assert run("claim", sessions, *AS_OF, *named, cwd=tmp_path).returncode == 0
    for more in ((), ("--dry-run",)):
        message = refused(run("claim", sessions, *AS_OF, *more, cwd=tmp_path))
        summary = Path("reports", "2026-10", "claim-summary-2026-10.xlsx")
        assert f"ims-billing.sqlite: there is no ledger, but {summary} shows that claims were made before" in message
    assert not (tmp_path / "ims-billing.sqlite").exists()
    assert "nothing new to claim" in run("claim", sessions, *AS_OF, *named, cwd=tmp_path).stdout
    assert "there is no such ledger" in refused(run("check", sessions, *AS_OF, "--ledger", "none.sqlite", cwd=tmp_path))
    assert run("claim", sessions, *AS_OF, "--new-ledger", cwd=tmp_path).returncode == 0


def test_past_months_by_command(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    done = run("claim", xlsx(tmp_path, [row()]), *AS_OF, "--already-sent", cwd=tmp_path)
    assert done.returncode == 0
    assert files_in(tmp_path / "reports") == ["2026-10/claim-summary-2026-10.xlsx", "2026-10/claims-2026-10.csv"]
    assert "2026-10: 1 recorded as sent before for $95.00" in done.stdout.splitlines()[-1]


def test_a_ledger_that_a_cloud_service_copies_is_warned_about(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    (tmp_path / "OneDrive").mkdir()
    done = run("claim", xlsx(tmp_path, [row()]), *AS_OF, "--ledger", "OneDrive/l.sqlite", cwd=tmp_path)
    assert done.returncode == 0
    assert "a cloud service copies (OneDrive)" in done.stderr


def test_what_is_gone_is_told_on_the_screen_and_in_the_json(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    run("claim", xlsx(tmp_path, [row(Start="9:00"), row(Start="10:00", Patient="B")]), *AS_OF, cwd=tmp_path)
    sessions = xlsx(tmp_path, [row(Start="9:00")])
    shown = run("claim", sessions, *AS_OF, cwd=tmp_path).stdout
    assert REMEDIES["claim"].upper() in shown
    assert "2026-10-SUNL-0001 of 2026-10-07 is claimed, and not in these files." in shown
    month = report(run("check", sessions, *AS_OF, "--json", cwd=tmp_path))
    assert [(f["kind"], f["severity"]) for f in month["findings"]] == [("claimed-session-gone", "warn")]


def opened_with(path: Path, password: str) -> bytes:
    content = io.BytesIO()
    with path.open("rb") as file:
        office = msoffcrypto.OfficeFile(file)
        office.load_key(password=password)
        office.decrypt(content)
    return content.getvalue()


def test_protected_workbooks_open_with_the_password_only_and_are_otherwise_the_same(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    sessions = xlsx(tmp_path, [row()])
    unasked = run("claim", sessions, *AS_OF, "--protect", cwd=tmp_path)
    assert (unasked.returncode, "--protect needs a password" in unasked.stderr) == (2, True)
    assert not (tmp_path / "reports").exists()
    done = run("claim", sessions, *AS_OF, "--protect", cwd=tmp_path, IMS_BILLING_PASSWORD="a secret")
    assert (done.returncode, done.stderr) == (0, "")
    books = ["2026-10/claim-summary-2026-10.xlsx", "2026-10/insurers/sun-life-2026-10.xlsx"]
    assert files_in(tmp_path / "reports") == books
    assert run("report", "2026-10", "--out", "plain", cwd=tmp_path).returncode == 0
    for name in books:
        assert opened_with(tmp_path / "reports" / name, "a secret") == (tmp_path / "plain" / name).read_bytes()
        with pytest.raises(msoffcrypto.exceptions.InvalidKeyError):
            opened_with(tmp_path / "reports" / name, "another")


def test_a_protected_workbook_is_never_written_again_without_a_password(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    run("claim", xlsx(tmp_path, [row()]), *AS_OF, "--protect", cwd=tmp_path, IMS_BILLING_PASSWORD="a secret")
    before = {name: (tmp_path / "reports" / name).read_bytes() for name in files_in(tmp_path / "reports")}
    more = xlsx(tmp_path, [row(), row(Patient="B")])
    for command in (("claim", more), ("report", "2026-10"), ("void", "2026-10-SUNL-0001", "--reason", "x")):
        done = run(*command, *(AS_OF if command[0] != "report" else ()), cwd=tmp_path)
        assert (done.returncode, "protected by a password" in done.stderr) == (2, True), command
    assert {name: (tmp_path / "reports" / name).read_bytes() for name in files_in(tmp_path / "reports")} == before
    with closing(sqlite3.connect(tmp_path / "ims-billing.sqlite")) as ledger:
        assert ledger.execute("SELECT count(*), count(voided_on) FROM claim").fetchall() == [(1, 0)]
    again = run("claim", more, *AS_OF, "--protect", cwd=tmp_path, IMS_BILLING_PASSWORD="a new one")
    assert again.returncode == 0
    assert opened_with(tmp_path / "reports" / "2026-10" / "claim-summary-2026-10.xlsx", "a new one")[:2] == b"PK"
