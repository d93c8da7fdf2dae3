"""`status`, and the program without a command: what is in a folder, and the one command that is next."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from ims_billing.cli.main import app
from ims_billing.cli.screen.status import _exports
from ims_billing.clinic.clinic import Insurer
from ims_billing.clinic.setup_file import load
from ims_billing.clinic.windows import last_day_of
from ims_billing.commands.draft_exports import drafted
from ims_billing.commands.status import Given, Status, status
from ims_billing.reading.intake import read_files
from ims_billing.rules.values import Channel
from ims_billing.vocabulary.folder import LAST_BATCH, LEDGER_FILE, REPORTS
from tests.jane import appointment, as_csv, exports, sale
from tests.json_shapes import StatusJson
from tests.practice import AS_OF, MONTH, clinic_file, row, type_in, xlsx
from tests.remittances import GSC, MANU, PBC, SUN, SUN2, SUN3, paid, reconcile, six_claims
from tests.remittances import run as run_in
from tests.test_record import HELD, PAT, Office

BOOK = f"claim-summary-{MONTH}.xlsx"


def look(folder: Path, as_of: dt.date = AS_OF) -> Status:
    setup = folder / "clinic.toml"
    return status(folder, setup if setup.is_file() else None, Given(), as_of)


def office(folder: Path) -> Office:
    clinic_file(folder)
    return Office(folder)


@pytest.mark.parametrize("gone", ["ledger", "ledger and note", "ledger and reports", "emptied"])
def test_a_ledger_that_was_there_is_missed_by_all_who_look(
    tmp_path: Path, gone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    clinic_file(tmp_path)
    path = xlsx(tmp_path, [row()], "october.xlsx")
    claim = ["claim", path.name, "--month", MONTH, "--as-of", str(AS_OF)]
    assert CliRunner().invoke(app, claim, catch_exceptions=False).exit_code == 0
    if gone == "emptied":
        xlsx(tmp_path, [row(), row(Patient="Kim Madeup")], "october.xlsx")
        assert CliRunner().invoke(app, claim, catch_exceptions=False).exit_code == 0  # a copy is kept before it
        (tmp_path / LEDGER_FILE).write_bytes(b"")
    else:
        (tmp_path / LEDGER_FILE).unlink()
    if "note" in gone:
        (tmp_path / LAST_BATCH).unlink()
    if "reports" in gone:
        (tmp_path / REPORTS).rename(tmp_path / "elsewhere")
    message = "the ledger is damaged" if gone == "emptied" else "there is no ledger, but"
    shown = look(tmp_path)
    assert (message in shown.problem, shown.standing, shown.exports) == (True, None, ())
    for words in (["check", path.name], ["why", path.name, "--row", "2"], claim):
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        assert (done.exit_code, message in " ".join(done.output.split())) == (2, True), done.output


def test_a_ledger_that_is_named_and_not_there_is_missed(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    there = status(tmp_path, tmp_path / "clinic.toml", Given(ledger=tmp_path / "my.sqlite"), AS_OF)
    assert there.problem.endswith("my.sqlite: there is no such ledger.")


def test_an_empty_folder_says_how_to_begin(tmp_path: Path) -> None:
    shown = look(tmp_path)
    assert (shown.setup, shown.next.command) == (None, "ims-billing init")


def test_without_a_setup_an_export_that_nobody_knows_is_named(tmp_path: Path) -> None:
    (tmp_path / "my visits.csv").write_text("When,Who Came,Seen By\n2026-10-05,A,B\n", encoding="utf-8")
    then = look(tmp_path).next
    assert ("my visits.csv" in then.what, then.command) == (True, 'ims-billing init --from "my visits.csv"')


def test_without_a_setup_the_months_of_one_unknown_program_are_one_layout(tmp_path: Path) -> None:
    files = {
        "november.csv": "When,Who Came,Seen By\n2026-11-05,A,B\n",
        "october.csv": "When,Who Came,Seen By\n2026-10-05,A,B\n",
        "notes.csv": "One,Two,Three\na,b,c\n",
        "shifts.csv": "Staff Name,Shift Total Hours\nAnn,8\n",
    }
    for age, (name, written) in enumerate(files.items()):
        (tmp_path / name).write_text(written, encoding="utf-8")
        os.utime(tmp_path / name, (1_790_000_000 - age, 1_790_000_000 - age))
    then = look(tmp_path).next
    assert "No layout is known for october.csv and november.csv. If they are your exports" in then.what
    assert then.command == "ims-billing init --from october.csv november.csv"
    drafted_from = [tmp_path / "october.csv", tmp_path / "november.csv"]
    layout = drafted(drafted_from, read_files)["layout"]
    assert [(line["name"], line["heading"]) for line in layout] == [
        ("october", name) for name in ("When", "Who Came", "Seen By")
    ]


def test_without_a_setup_an_export_is_what_it_is_made_from(tmp_path: Path) -> None:
    xlsx(tmp_path, [row()], "october export.xlsx")
    assert look(tmp_path).next.command == 'ims-billing init --from "october export.xlsx"'


@pytest.mark.parametrize("setup", [True, False])
def test_a_list_of_policies_is_no_export_to_claim_and_the_sixth_file_is_named(tmp_path: Path, *, setup: bool) -> None:
    if setup:
        clinic_file(tmp_path)
    for number in range(6):
        xlsx(tmp_path, [row()], f"export-{number}.xlsx")
    policies = tmp_path / "policies.csv"
    policies.write_text("Patient,Insurer,Policy Number,From\nPat Madeup,Sun Life,1,2026-10-05\n", encoding="utf-8")
    status = look(tmp_path)
    assert [export.path.name for export in status.exports] == [f"export-{number}.xlsx" for number in range(6)]
    names = [line.split(" (")[0] for line, _ in _exports(status.exports)]
    assert names == [f"Not claimed yet: export-{number}.xlsx" for number in range(6)]
    seven = [line for line, _ in _exports((*status.exports, status.exports[0]))]
    assert (len(seven), seven[-1]) == (6, "... and 2 more files")


def test_fees_that_nobody_could_read_are_no_amount_of_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office(tmp_path).claim(PAT, {**HELD, "Fee": ""})
    monkeypatch.chdir(tmp_path)
    shown = CliRunner().invoke(app, ["status", "--as-of", "2026-11-05"]).output
    assert "on hold: 1 session, fee unknown" in " ".join(shown.split())


@pytest.mark.parametrize("place", ["above", "below"])
def test_a_setup_in_the_folder_above_or_below_is_where_to_go(tmp_path: Path, place: str) -> None:
    here = tmp_path / "here"
    other = tmp_path if place == "above" else here / "clinic files"
    other.mkdir(parents=True, exist_ok=True)
    here.mkdir(exist_ok=True)
    clinic_file(other)
    shown = f'"{other}"' if " " in str(other) else str(other)
    assert look(here).next.command == f"cd {shown}"


@pytest.mark.parametrize("name", ["clinic.toml.txt", "Clinic Setup.toml", "Copy of clinic (2).toml"])
def test_a_setup_of_nearly_the_right_name_is_to_be_renamed(tmp_path: Path, name: str) -> None:
    clinic_file(tmp_path).rename(tmp_path / name)
    (tmp_path / "clinic sessions october.xlsx").touch()
    shown = look(tmp_path)
    assert shown.nearby is not None
    assert f"{name} is there: rename it to clinic.toml" in shown.nearby.in_words()
    assert shown.next.command == "ims-billing status"


def test_janes_reports_are_claimed_with_the_other_one_and_the_lists_that_were_used_before(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    policy = {"Patient Guid": "g-1", "Insurer": "Sun Life", "Policy Number": "00123"}
    lists = as_csv(tmp_path, "policies.csv", [policy], [])
    october = [*exports(tmp_path, [appointment()], [sale()]), lists]
    words = [
        "claim",
        *map(str, october),
        "--month",
        MONTH,
        "--as-of",
        str(AS_OF),
        "--clinic",
        str(tmp_path / "clinic.toml"),
    ]
    assert CliRunner().invoke(app, words, catch_exceptions=False).exit_code == 0
    november = {"Purchase_Date": "2026-11-04", "Invoice": "1002-P01"}
    as_csv(tmp_path, "new-sales.csv", [sale(**november)], [])
    visit = {"start_at": "2026-11-04 09:00:00 -0700", "end_at": "2026-11-04 09:30:00 -0700", "id": "9009"}
    as_csv(tmp_path, "new-visits.csv", [appointment(**visit)], [])
    shown = look(tmp_path)
    assert [each.path.name for each in shown.exports] == ["new-sales.csv", "new-visits.csv"]
    assert shown.next.command == "ims-billing claim new-sales.csv new-visits.csv policies.csv --month 2026-11"
    for name in ("new-sales.csv", "new-visits.csv"):
        (tmp_path / name).unlink()
    # Only the appointments have changed.
    exports(tmp_path, [appointment(), appointment(id="9002", start_at="2026-10-07 11:00:00 -0700")], [])
    as_csv(tmp_path, october[1].name, [sale()], [])
    names = " ".join(path.name for path in sorted(october, key=lambda path: path.name))
    assert look(tmp_path).next.command == f"ims-billing claim {names} --month 2026-10"


def test_a_faulty_setup_is_part_of_the_answer(tmp_path: Path) -> None:
    clinic_file(tmp_path, clinic="colour = 1")
    shown = look(tmp_path)
    assert "colour" in shown.problem
    assert shown.next.command == "ims-billing status"


def test_an_export_that_no_run_has_read_is_to_be_claimed(tmp_path: Path) -> None:
    there = office(tmp_path)
    xlsx(tmp_path, [row()], "october.xlsx")
    shown = look(tmp_path)
    assert [(e.path.name, e.layout, dict(e.months)) for e in shown.exports] == [
        ("october.xlsx", "sessions", {MONTH: 1})
    ]
    assert (shown.standing, shown.next.command) == (None, "ims-billing claim october.xlsx --month 2026-10")
    there.claim(PAT, name="october.xlsx")
    after = look(tmp_path)
    assert after.exports == ()
    assert after.next.command == "ims-billing claim sessions-2026-11.xlsx --month 2026-11"


def test_an_export_that_was_claimed_is_known_under_another_name_once_its_own_is_another_files(tmp_path: Path) -> None:
    there = office(tmp_path)
    first = tmp_path / "october.xlsx"
    there.claim(PAT, name=first.name)
    as_first_exported = first.read_bytes()
    there.claim(PAT, row(Patient="Kim Madeup", Session_ID="K1"), name=first.name)
    (tmp_path / "october as first exported.xlsx").write_bytes(as_first_exported)
    assert look(tmp_path).exports == ()


def test_an_export_that_brought_nothing_new_is_not_offered_again(tmp_path: Path) -> None:
    there = office(tmp_path)
    there.claim(PAT, HELD, name="october.xlsx")
    before = there.ledger.path.read_bytes()
    there.claim(PAT, HELD, name="october.xlsx")
    assert there.ledger.path.read_bytes() == before, "what is known needs no change"
    later, last = "october again.xlsx", "october once more.xlsx"
    xlsx(tmp_path, [HELD, PAT], later)
    assert [export.path.name for export in look(tmp_path).exports] == [later]
    there.claim(HELD, PAT, name=later)
    assert look(tmp_path).exports == ()
    # It stays known once another run has taken the place of the month's last one.
    there.claim(PAT, row(Patient="Kim Madeup", Session_ID="K1"), name=last)
    assert look(tmp_path).exports == ()
    assert there.ledger.path.read_bytes() != before


def test_a_visit_of_the_month_before_does_not_make_it_that_months_export(tmp_path: Path) -> None:
    office(tmp_path)
    visits = [row(Session_ID=f"S{n}", Start=f"{8 + n}:00", Patient=f"P{n} Madeup") for n in range(11)]
    xlsx(tmp_path, [row(Service_Date=dt.date(2026, 9, 30)), *visits], "october.xlsx")
    assert look(tmp_path).next.command == "ims-billing claim october.xlsx --month 2026-10"


def test_own_files_locks_and_other_spreadsheets_are_no_exports(tmp_path: Path) -> None:
    there = office(tmp_path)
    there.claim(PAT)
    (tmp_path / "~$october.xlsx").write_bytes(b"lock")
    (tmp_path / "budget.csv").write_text("Rent,Phone\n100,20\n", encoding="utf-8")
    (tmp_path / BOOK).write_bytes((there.out / MONTH / BOOK).read_bytes())
    assert look(tmp_path).exports == ()


def test_the_months_say_what_is_claimed_and_on_hold_and_for_how_long(tmp_path: Path) -> None:
    office(tmp_path).claim(PAT, HELD)
    shown = look(tmp_path, dt.date(2026, 11, 20))
    assert shown.standing is not None
    (month,) = shown.standing.months
    assert (month.month, month.claims, month.cents, month.held, month.held_cents) == (MONTH, 1, 9500, 1, 10000)
    assert (month.oldest, month.files) == (dt.date(2026, 10, 7), ("sessions.xlsx",))
    assert "Needs attention" in shown.next.what
    assert shown.next.command == "ims-billing claim sessions.xlsx --month 2026-10"


def test_a_decision_that_was_typed_and_not_read_comes_first(tmp_path: Path) -> None:
    there = office(tmp_path)
    there.claim(PAT, HELD)
    xlsx(tmp_path, [row(Service_Date=dt.date(2026, 11, 3))], "november.xlsx")
    path = there.out / MONTH / BOOK
    book = openpyxl.load_workbook(path)
    sheet = book["Needs attention"]
    headings = {str(cell.value): cell.column for line in sheet.iter_rows(max_row=8) for cell in line if cell.value}
    first = next(n for n in range(1, 12) if sheet.cell(n, headings["Kind"]).value == "fee-not-as-listed")
    sheet.cell(first, headings["Decision"]).value = "Bill"
    book.save(path)
    shown = look(tmp_path)
    assert shown.standing is not None
    assert [(typed.month, typed.count) for typed in shown.standing.typed] == [(MONTH, 1)]
    assert shown.next.command == "ims-billing claim sessions.xlsx --month 2026-10"
    path.write_bytes(b"PK damaged")
    damaged = look(tmp_path).standing
    assert damaged is not None
    assert (damaged.typed[0].count, BOOK in damaged.typed[0].problem) == (0, True)


def by_telus(days: int | None = None, *channels: str) -> Insurer:
    names = channels or ("TELUS eClaims",)
    return Insurer(
        "x", "XXXX", "X Life", claim_within_days=days,
        channels=tuple(Channel(start=dt.date(2026, 1, 1), name=name, source="a test") for name in names),
    )  # fmt: skip


def test_a_window_is_the_plans_own_or_that_of_its_only_channel() -> None:
    visit = dt.date(2026, 10, 7)
    assert last_day_of(by_telus(), visit) == dt.date(2026, 11, 7)
    assert last_day_of(by_telus(10), visit) == dt.date(2026, 10, 17)
    assert last_day_of(by_telus(365), visit) == dt.date(2026, 11, 7)
    assert last_day_of(by_telus(None, "TELUS eClaims", "portal"), visit) is None


def test_a_window_is_named_from_fourteen_days_before_until_its_last_day(tmp_path: Path) -> None:
    # The visit is of 7 October, and its insurer takes claims for 31 days: until 7 November, day 38 of October.
    due_by_november(tmp_path)
    last = dt.date(2026, 11, 7)
    both = [("Sun Life", True, 1, 10000, last), ("Sun Life", False, 1, 9500, last)]
    for day, closing, missed in ((23, [], []), (24, both, []), (38, both, []), (39, [], both)):
        shown = look(tmp_path, dt.date(2026, 10, 1) + dt.timedelta(days=day - 1)).standing
        assert shown is not None
        assert [(one.insurer, one.held, one.count, one.cents, one.last_day) for one in shown.closing] == closing, day
        assert [(one.insurer, one.held, one.count, one.cents, one.last_day) for one in shown.missed] == missed, day


def due_by_november(folder: Path) -> Office:
    """The claim of 7 October, whose insurer takes it for 31 days, and a session on hold."""
    clinic_file(folder, clinic="")
    due_in_31_days(folder)
    there = Office(folder)
    there.claim(PAT, HELD, as_of=dt.date(2026, 10, 8))
    return there


def due_in_31_days(folder: Path) -> None:
    """Writes a deadline of Sun Life into the setup."""
    text = (folder / "clinic.toml").read_text(encoding="utf-8")
    plan = text.replace('name = "Sun Life"\n', 'name = "Sun Life"\nclaim_within_days = 31\n')
    (folder / "clinic.toml").write_text(plan, encoding="utf-8")


def test_what_is_due_goes_before_what_is_on_hold_until_it_is_marked_as_sent(tmp_path: Path) -> None:
    there = due_by_november(tmp_path)
    assert "on hold" in look(tmp_path, dt.date(2026, 10, 23)).next.what
    due = look(tmp_path, dt.date(2026, 10, 24)).next
    assert (due.command, "the first by 2026-11-07" in due.what, f"{BOOK};" in due.what) == (
        "ims-billing status", True, True,
    )  # fmt: skip
    type_in(there.out / MONTH / BOOK, "To send", Sent="Yes", **{"Sent on": "2026-10-20"})
    assert "on hold" in look(tmp_path, dt.date(2026, 10, 24)).next.what


def test_what_is_due_by_a_deadline_that_came_later_is_named_with_its_summary(tmp_path: Path) -> None:
    office(tmp_path).claim(PAT, as_of=dt.date(2026, 10, 8))
    due_in_31_days(tmp_path)
    due = look(tmp_path, dt.date(2026, 10, 24)).next
    assert f"the sheet To send of {Path('reports') / MONTH / BOOK}; save it" in due.what


def test_nothing_else_waits_only_once_the_workbooks_are_sent(tmp_path: Path) -> None:
    there = office(tmp_path)
    there.claim(PAT)
    before = look(tmp_path).next
    assert before.what.startswith("Send the 1 insurer workbook that the sheet To send lists")
    type_in(there.out / MONTH / BOOK, "To send", Sent="Yes")
    after = look(tmp_path).next
    assert (after.what.startswith("Nothing else is waiting."), after.command) == (True, before.command)


def test_a_summary_that_cannot_be_read_goes_first_and_janes_months_name_no_file_of_the_next(tmp_path: Path) -> None:
    there = office(tmp_path)
    there.claim_files(*exports(tmp_path, [appointment()], [sale(Payer="Pat Madeup")]))
    assert look(tmp_path).next.command == "ims-billing status"
    book = there.out / MONTH / BOOK
    book.write_bytes(b"PK damaged")
    assert look(tmp_path).next.what == f"Correct what is wrong in {BOOK}, save and close it, then look again."


def test_of_two_summaries_the_one_at_fault_is_named(tmp_path: Path) -> None:
    """Beside the summary there may be one that another program saved in its own format."""
    there = office(tmp_path)
    there.claim(HELD, PAT)
    book = there.out / MONTH / BOOK
    other = book.with_suffix(".xlsm")
    other.write_bytes(book.read_bytes())
    named = f"Correct what is wrong in {other.name}, save and close it, then look again."
    for sheet, words in (("To send", {"Sent": "perhaps"}), ("Needs attention", {"Decision": "perhaps"})):
        type_in(other, sheet, **words)
        assert look(tmp_path).next.what == named
        other.write_bytes(book.read_bytes())
    type_in(book, "To send", Sent="Yes")
    type_in(other, "To send", Sent="No")
    assert look(tmp_path).next.what == named
    other.write_bytes(b"PK damaged")
    assert look(tmp_path).next.what == named


@pytest.mark.parametrize(("days", "claims"), [(60, 0), (61, 1)])
def test_what_is_unpaid_for_over_sixty_days_is_counted(tmp_path: Path, days: int, claims: int) -> None:
    office(tmp_path).claim(PAT)
    shown = look(tmp_path, AS_OF + dt.timedelta(days=days))
    assert shown.standing is not None
    assert (shown.standing.unpaid, shown.standing.unpaid_cents) == (claims, 9500 * claims)
    assert shown.next.command.startswith("ims-billing aging") == bool(claims)


@pytest.mark.parametrize(("status", "claims", "what"), [("Asked", 1, "Nothing else"), ("Closed", 0, "Nothing else")])
def test_what_is_unpaid_for_long_is_the_next_step_until_somebody_looks_after_it(
    tmp_path: Path, status: str, claims: int, what: str
) -> None:
    there, day = office(tmp_path), AS_OF + dt.timedelta(days=61)
    there.claim(PAT)
    type_in(there.out / MONTH / BOOK, "To send", Sent="Yes")
    assert look(tmp_path, day).next.command == "ims-billing aging"
    run_in(tmp_path, "aging", "--as-of", f"{day}")
    type_in(there.out / f"aging-{day}.xlsx", "Call list", Status=status)
    assert "was changed" in run_in(tmp_path, "status", "--as-of", f"{day}").stdout
    run_in(tmp_path, "aging", "--as-of", f"{day}")
    shown = look(tmp_path, day)
    assert shown.standing is not None
    assert (shown.standing.unpaid, shown.next.what[: len(what)]) == (claims, what)


def test_what_was_refused_waits_until_somebody_looks_after_it(tmp_path: Path) -> None:
    six_claims(tmp_path)
    answered = [paid(claim) for claim in (SUN2, SUN3, PBC, MANU, GSC)]
    reconcile(tmp_path, [paid(SUN, 0, Reason="Denied"), *(each | {"Insurer": ""} for each in answered[:2])])
    for number, line in enumerate(answered[2:]):
        reconcile(tmp_path, [line | {"Payment Number": f"P{number + 2}"}])
    day = dt.date(2026, 11, 26)
    shown = look(tmp_path, day)
    assert shown.standing is not None
    assert (shown.standing.refused, shown.next.command) == (1, "ims-billing aging")
    run_in(tmp_path, "aging", "--as-of", "2026-11-26")
    type_in(tmp_path / "reports" / "aging-2026-11-26.xlsx", "Call list", Owner="Kim", Status="Asked")
    run_in(tmp_path, "aging", "--as-of", "2026-11-26")
    assert look(tmp_path, day).next.what.startswith("Nothing else is waiting.")


def test_without_a_command_the_program_shows_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office(tmp_path).claim(PAT, HELD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IMS_BILLING_CLINIC", raising=False)
    alone = CliRunner().invoke(app, [])
    assert alone.exit_code == 0
    lines = alone.output.rstrip().splitlines()
    assert lines[-1].strip() == "ims-billing claim sessions.xlsx --month 2026-10"
    assert "Example Physiotherapy" in lines[0]
    assert len(lines) <= 40
    assert "Madeup" not in alone.output
    as_json = CliRunner().invoke(app, ["status", "--json", "--as-of", "2026-11-05"])
    shown = json.loads(as_json.output)
    StatusJson.model_validate(shown)
    assert (shown["clinic"], shown["months"][0]["held"], shown["next"]["command"]) == (
        "Example Physiotherapy", 1, "ims-billing claim sessions.xlsx --month 2026-10",
    )  # fmt: skip


def test_two_setups_in_one_folder_are_part_of_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic_file(tmp_path)
    (tmp_path / "clinic.xlsx").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IMS_BILLING_CLINIC", raising=False)
    shown = CliRunner().invoke(app, [])
    assert (shown.exit_code, "there are two setups here" in " ".join(shown.output.split())) == (0, True)


def test_a_crowded_folder_still_fits_forty_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic_file(tmp_path)
    for number in range(30):
        path = tmp_path / f"export-{number:02d}.csv"
        path.write_text("Service Date,Patient,Practitioner,Service,Insurer,Fee\n2026-10-05,A,B,IMS,C,1\n", "utf-8")
        os.utime(path, (number, number))
    monkeypatch.chdir(tmp_path)
    shown = CliRunner().invoke(app, ["status", "--as-of", "2026-11-05"])
    assert len(shown.output.splitlines()) <= 40
    assert load(tmp_path / "clinic.toml").name in shown.output


def test_a_damaged_ledger_is_not_called_an_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = office(tmp_path)
    there.claim(PAT)
    there.ledger.path.write_bytes(b"x" * 5000)
    xlsx(tmp_path, [row()], "november.xlsx")
    shown = look(tmp_path)
    assert ("damaged" in shown.problem or "no ledger" in shown.problem, shown.standing, shown.exports) == (
        True, None, (),
    )  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert "Nothing has been claimed" not in CliRunner().invoke(app, ["status"]).output


def test_more_spreadsheets_with_decisions_than_are_listed_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = office(tmp_path)
    there.claim(PAT, HELD)
    for number in range(6):
        (there.out / MONTH / f"copy {number}.xlsx").write_bytes(b"PK\x03\x04 damaged")
    monkeypatch.chdir(tmp_path)
    shown = " ".join(CliRunner().invoke(app, ["status", "--as-of", "2026-11-05"]).output.split())
    assert "... and 2 more spreadsheets with decisions not read yet" in shown


@pytest.mark.skipif(os.name == "nt", reason="the shells of Windows split words by rules of their own")
@pytest.mark.parametrize(
    "name",
    ["plain.xlsx", "Sam's copy.xlsx", "a $HOME.xlsx", 'of "Sam".xlsx', "`id`.xlsx", "back\\slash!.xlsx", "-x.xlsx"],
)
def test_a_command_to_copy_names_its_files_as_the_shell_takes_them(name: str) -> None:
    from ims_billing.cli.options import command_line

    typed = command_line("claim", [Path(name)], decisions=Path(name))
    words = subprocess.run(["sh", "-c", f'printf "%s\\n" {typed}'], capture_output=True, text=True, check=True).stdout
    shown = f"./{name}" if name.startswith("-") else name
    assert words.splitlines() == ["ims-billing", "claim", shown, "--decisions", shown]
