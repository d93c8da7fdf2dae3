"""The commands and folders that are shown to go on with: right as they stand there, and nothing left out."""

from __future__ import annotations

import datetime as dt
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from ims_billing.cli.main import app
from ims_billing.clinic.setup_file import load
from ims_billing.vocabulary.findings import CATALOGUE
from tests.practice import clinic_file, csv_file, row, table, type_in
from tests.test_second_insurer import two_plans

HELD = row(Patient="Held Madeup", Fee=100.0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a clinic, to work in."""
    clinic_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IMS_BILLING_CLINIC", raising=False)
    return tmp_path


def shown(*command: str, as_of: str = "2026-12-10") -> list[str]:
    """The lines that a command shows in this folder, without their indents."""
    day = () if command[0] in ("init", "report") else ("--as-of", as_of)
    done = CliRunner().invoke(app, [*command, *day])
    assert not done.exception or isinstance(done.exception, SystemExit), done.exception
    return [line.strip() for line in done.output.splitlines()]


def commands(lines: list[str]) -> list[str]:
    """The commands among these lines, each from its program's name on."""
    return [line[line.index("ims-billing ") :] for line in lines if "ims-billing " in line]


def text(lines: list[str]) -> str:
    return " ".join(lines)


def in_september(**cells: Any) -> dict[str, Any]:
    return row(Service_Date=dt.date(2026, 9, 8), **cells)


def test_what_is_on_hold_of_an_earlier_file_of_the_month_is_named_where_these_files_have_nothing_on_hold(
    folder: Path,
) -> None:
    csv_file(folder, [HELD], "week1.csv")
    csv_file(folder, [row(Service_Date=dt.date(2026, 10, 14))], "week2.csv")
    first = text(shown("claim", "week1.csv", as_of="2026-10-20"))
    assert "Also on hold" not in first
    page = text(shown("claim", "week2.csv", as_of="2026-10-20"))
    assert "Also on hold, and in none of these files: 1 session of an earlier file, $100.00" in page
    assert "Fix or decide 1 session: sheet Needs attention in" in page
    assert "0 on hold and 1 of earlier files" in page


def test_marks_on_the_sheet_to_send_are_said_to_be_read_and_a_day_that_is_missing_is_named(folder: Path) -> None:
    csv_file(folder, [row(), row(Patient="Bo", Insurer="Manulife")], "october.csv")
    shown("claim", "october.csv", as_of="2026-11-05")
    path = folder / "reports" / "2026-10" / "claim-summary-2026-10.xlsx"
    book = load_workbook(path)
    top, columns = table(book["To send"], "Sent", "Sent on", "Workbook")
    for line, (sent, day) in enumerate((("Yes", "2026-11-06"), ("Yes", "")), start=top + 1):
        book["To send"].cell(line, columns["Sent"], sent)
        book["To send"].cell(line, columns["Sent on"], day)
    undated = str(book["To send"].cell(top + 2, columns["Workbook"]).value)
    book.save(path)
    page = text(shown("claim", "october.csv", as_of="2026-11-10"))
    assert "Marks on To send read and recorded: 2 workbooks sent." in page
    assert f"No day is typed for {undated}: add it under Sent on." in page
    assert "Marks on To send" not in text(shown("claim", "october.csv", as_of="2026-11-10"))
    type_in(path, "To send", Sent="No", **{"Sent on": ""})
    assert "0 workbooks sent, 1 not sent." in text(shown("claim", "october.csv", as_of="2026-11-10"))


def test_a_month_that_was_billed_before_is_gone_on_with_as_such(folder: Path) -> None:
    csv_file(folder, [in_september(), in_september(Patient="Held Madeup", Fee=100.0)], "sept.csv")
    again = "ims-billing claim sept.csv --month 2026-09 --already-sent"
    assert commands(shown(*again.split()[1:])) == [again]
    assert commands(shown("status"))[-1] == again
    assert commands(shown("check", "sept.csv", "--month", "2026-09")) == [again]
    # An export of the next month that has a visit of it too.
    csv_file(folder, [row(), in_september(Patient="Late Madeup")], "october.csv")
    october = commands(shown("check", "october.csv", "--month", "2026-10"))
    assert october[-1] == "ims-billing claim october.csv --month 2026-09 --already-sent"
    # The session on hold was fixed, and nobody said that it was billed: this can't be overlooked.
    csv_file(folder, [in_september(), in_september(Patient="Held Madeup")], "sept.csv")
    first = "2026-09 WAS BILLED BEFORE THIS PROGRAM CAME: This claim, $95.00,"
    foreseen = shown("claim", "sept.csv", "--dry-run")
    assert f"{first} would be its first to be sent." in text(foreseen)
    assert commands(foreseen) == [again]
    assert f"{first} is its first to be sent. If these visits were billed already, send nothing" in text(
        shown("claim", "sept.csv")
    )
    # Now it has a batch to be sent, as any other month.
    assert "BILLED BEFORE" not in text(shown("check", "sept.csv"))
    csv_file(folder, [in_september(), in_september(Patient="Held Madeup"), in_september(Patient="New")], "sept.csv")
    assert commands(shown("check", "sept.csv", "--month", "2026-09")) == [again.removesuffix(" --already-sent")]


def test_a_month_that_was_read_back_goes_on_as_any_other(folder: Path) -> None:
    csv_file(folder, [row()], "october.csv")
    shown("claim", "october.csv")
    (folder / "ims-billing.sqlite").unlink()
    assert "read back as sent" in text(shown("claim", "reports/2026-10/claims-2026-10.csv", "--already-sent"))
    csv_file(folder, [row(), row(Patient="New Madeup")], "october.csv")
    lines = shown("check", "october.csv")
    assert "BILLED BEFORE" not in text(lines)
    assert commands(lines) == ["ims-billing claim october.csv --month 2026-10"]


def sendings(lines: list[str]) -> list[str]:
    """What is to be sent by these lines: folders and workbooks."""
    # A path that has no room beside its sentence has the next line.
    both = [line if "reports" in line else below for line, below in pairwise([*lines, ""]) if "Send " in line]
    return [line[line.index("reports") :] for line in both]


def test_a_second_insurers_workbook_of_another_month_is_named_where_it_lies(folder: Path) -> None:
    """It went unsent: its folder was named nowhere, and it was counted among those of this month's."""
    csv_file(folder, [two_plans(), row(Patient="B Madeup", Insurer="PBC")], "october.csv")
    assert sendings(shown("claim", "october.csv")) == ["reports/2026-10/insurers"]
    paid = {"Claim": "2026-10-SUNL-0001", "Paid": 60, "Payment Date": "2026-11-20", "Payment Number": "P1"}
    csv_file(folder, [paid], "paid.csv")
    shown("reconcile", "paid.csv")
    patients = {"PBC": "Ada Madeup", "Sun Life": "Bo Madeup"}
    november = [row(Service_Date=dt.date(2026, 11, 3), Insurer=name, Patient=who) for name, who in patients.items()]
    csv_file(folder, november, "november.csv")
    lines = shown("claim", "november.csv")
    second = "reports/2026-10/insurers/manulife-2026-10-batch-2.xlsx"
    assert sendings(lines) == ["reports/2026-11/insurers", second]
    assert "Send the 2 workbooks in" in text(lines)
    assert len([*(folder / "reports/2026-11/insurers").iterdir()]) == 2
    assert (folder / second).is_file()


def test_a_second_insurers_workbook_is_to_be_sent_where_the_month_has_nothing_new(folder: Path) -> None:
    csv_file(folder, [two_plans()], "october.csv")
    csv_file(folder, [row(Service_Date=dt.date(2026, 11, 3))], "november.csv")
    shown("claim", "november.csv")
    shown("claim", "october.csv")
    paid = {"Claim": "2026-10-SUNL-0001", "Paid": 60, "Payment Date": "2026-11-20", "Payment Number": "P1"}
    csv_file(folder, [paid], "paid.csv")
    shown("reconcile", "paid.csv")
    assert sendings(shown("claim", "november.csv")) == ["reports/2026-10/insurers/manulife-2026-10-batch-2.xlsx"]


@pytest.mark.parametrize("insurer", ["Manulife", "Sun Life"])
def test_a_claim_that_replaces_one_has_what_to_check_its_amount_and_its_workbooks(folder: Path, insurer: str) -> None:
    clinic_file(folder, '[[insurer]]\nname = "Manulife"\nchannel = "TELUS eClaims"\n')
    csv_file(folder, [row(Insurer="Sun Life")], "october.csv")
    shown("claim", "october.csv", as_of="2026-10-20")
    csv_file(folder, [row(Insurer=insurer, Policy_Number="77")], "corrected.csv")
    lines = shown("void", "2026-10-SUNL-0001", "corrected.csv", "--replace", "--reason", "wrong plan")
    names = {"Sun Life", insurer}
    books = [f"reports/2026-10/insurers/{name.lower().replace(' ', '-')}-2026-10-batch-2.xlsx" for name in names]
    assert "in batch 2 of 2026-10 replaces it, and asks for $95.00." in text(lines)
    assert text(lines).count("Send this workbook:") == len(books)
    assert all(book in text(lines) for book in books)
    # Sun Life was asked in time; Manulife counts the days to the new claim.
    title = CATALOGUE["past-submission-window"].title
    assert (f"Check before sending: {title}" in text(lines)) == (insurer == "Manulife")
    claims = load_workbook(folder / "reports/2026-10/claim-summary-2026-10.xlsx")["Claims"]
    cells = [cell for line in claims.iter_rows(values_only=True) for cell in line]
    assert any(title in str(cell) for cell in cells) == (insurer == "Manulife")


def test_a_void_promises_a_hold_only_where_the_next_files_have_the_session(folder: Path) -> None:
    other = row(Patient="B Madeup", Member_ID="7", Service_Date=dt.date(2026, 10, 20))
    csv_file(folder, [row(), other], "october.csv")
    shown("claim", "october.csv")
    csv_file(folder, [other], "october.csv")
    voided = text(shown("void", "2026-10-SUNL-0001", "--reason", "no visit"))
    assert "If the files of that batch have its session, it is on hold then" in voided
    assert "0 on hold" in text(shown("claim", "october.csv"))


def test_a_void_that_no_workbook_lists_is_the_next_step_until_its_month_is_claimed_again(folder: Path) -> None:
    """Nothing else was waiting by status, and the insurer would never have known."""
    csv_file(folder, [row(), row(Patient="B Madeup")], "october.csv")
    shown("claim", "october.csv")
    again = "ims-billing claim october.csv --month 2026-10"
    voided = shown("void", "2026-10-SUNL-0001", "--reason", "no visit")
    assert commands(voided) == [again]
    lines = shown("status")
    assert "Voided, and in no workbook to an insurer yet: 1 claim of 2026-10" in lines
    assert commands(lines) == [again]
    assert "in no workbook" not in text(shown("status", as_of="2026-12-09")), "it was voided on the day after"
    assert "Send the workbook of batch 2 in" in text(shown(*again.split()[1:]))
    assert "in no workbook" not in text(shown("status"))


@pytest.mark.parametrize("how", ["Bill", "--replace", "voided before"])
def test_an_insurer_is_told_of_a_void_whose_new_claim_is_in_another_month(folder: Path, how: str) -> None:
    """Both claims stood with the insurer: the workbook of November said nothing of October's."""
    old = row(Session_ID="S1", Service_Date=dt.date(2026, 10, 28))
    other = row(Session_ID="S2", Service_Date=dt.date(2026, 10, 30), Patient="B Madeup")
    csv_file(folder, [old | {"Service Date": dt.date(2026, 11, 2)}], "november.csv")
    csv_file(folder, [old, other], "october.csv")
    shown("claim", "october.csv", "--already-sent")
    shown("claim", "november.csv")
    reason = ("--reason", "wrong day")
    if how == "voided before":
        shown("void", "2026-10-SUNL-0001", *reason)
    if how == "--replace":
        shown("claim", "november.csv")
        lines = shown("void", "2026-10-SUNL-0001", "november.csv", "--replace", *reason)
    else:
        shown("claim", "november.csv", as_of="2026-12-11")
        type_in(folder / "reports/2026-11/claim-summary-2026-11.xlsx", "Needs attention", Decision="Bill")
        lines = shown("claim", "november.csv", as_of="2026-12-12")
        assert "Send the workbook in  reports/2026-11/insurers" in text(lines)
    book = folder / "reports/2026-10/insurers/sun-life-2026-10-batch-2.xlsx"
    assert str(book.relative_to(folder)) in text(lines)
    assert "Send this one of 2026-10 too, which lists what was voided:" in text(lines)
    told = [line[:2] for line in load_workbook(book)["Summary"].iter_rows(values_only=True)]
    assert ("2026-10-SUNL-0001", "replaced by 2026-11-SUNL-0001") in told
    before = book.read_bytes()
    shown("report", "2026-10")
    assert book.read_bytes() == before
    assert not any("voided" in line for line in shown("claim", "november.csv", as_of="2026-12-13")), "it is told once"
    # October was billed before this program came, and is gone on with as such.
    csv_file(folder, [other, row(Patient="New Madeup")], "october.csv")
    assert commands(shown("check", "october.csv", "--month", "2026-10")) == [
        "ims-billing claim october.csv --month 2026-10 --already-sent"
    ]


def test_a_command_names_the_files_of_the_last_run_where_they_lie(folder: Path) -> None:
    exports = folder / "jane oct"
    exports.mkdir()
    csv_file(exports, [row(), HELD | {"Fee": 101.0}], "first.csv")
    csv_file(exports, [row(), HELD], "later.csv")
    shown("claim", "jane oct/first.csv")
    shown("claim", "jane oct/later.csv")
    claim = "ims-billing claim {} --month 2026-10"
    there = claim.format('"jane oct/later.csv"')
    assert commands(shown("status"))[-1] == there
    # A corrected export of the same name is the month's; one that another run has read is not.
    other = folder / "jane sept"
    other.mkdir()
    csv_file(other, [in_september()], "later.csv")
    shown("claim", "jane sept/later.csv")
    assert commands(shown("status"))[-1] == there
    csv_file(exports, [row(), HELD, row(Patient="New")], "later.csv")
    assert commands(shown("status"))[-1] == there
    csv_file(folder, [row(), HELD, row(Patient="New")], "later.csv")
    shown("claim", "later.csv")
    assert commands(shown("status"))[-1] == claim.format("later.csv")
    # What is not there is not named as if it were.
    (folder / "later.csv").unlink()
    (exports / "later.csv").unlink()
    lines = shown("status")
    assert commands(lines)[-1] == claim.format("FILE")
    assert "put the export of 2026-10 here, and name it in place of FILE." in text(lines)


def test_what_earlier_files_have_on_hold_is_claimed_with_them(folder: Path) -> None:
    exports = folder / "weeks"
    exports.mkdir()
    csv_file(exports, [row(), HELD], "a week, 1.csv")
    csv_file(folder, [row(Patient="Later Madeup")], "week 2.csv")
    shown("claim", "weeks/a week, 1.csv")
    shown("claim", "week 2.csv")
    with_both = 'ims-billing claim "week 2.csv" "weeks/a week, 1.csv" --month 2026-10'
    assert commands(shown("status"))[-1] == with_both
    type_in(folder / "reports/2026-10/claim-summary-2026-10.xlsx", "Needs attention", Decision="Bill")
    assert commands(shown("status"))[-1] == with_both
    assert "Decisions read and recorded: Bill 1." in text(shown(*shlex.split(with_both)[1:]))
    # Nothing of it waits any more.
    assert commands(shown("status"))[-1] != with_both
    # What is not there is not named as if it were.
    csv_file(folder, [row(), HELD | {"Patient": "Held Again"}], "week 3.csv")
    shown("claim", "week 3.csv")
    shown("claim", "week 2.csv")
    (folder / "week 3.csv").unlink()
    assert commands(shown("status"))[-1] == 'ims-billing claim "week 2.csv" --month 2026-10'


def test_decisions_in_a_copy_are_read_with_files_that_are_there(folder: Path) -> None:
    exports = folder / "jane oct"
    exports.mkdir()
    csv_file(exports, [row(), HELD], "october.csv")
    shown("claim", "jane oct/october.csv")
    summary = folder / "reports/2026-10/claim-summary-2026-10.xlsx"
    copy = summary.with_name("a copy.xlsx")
    copy.write_bytes(summary.read_bytes())
    type_in(copy, "Needs attention", Decision="Bill")
    read = 'ims-billing claim {} --month 2026-10 --decisions "reports/2026-10/a copy.xlsx"'
    for command in (("report", "2026-10"), ("status",)):
        assert read.format('"jane oct/october.csv"') in commands(shown(*command))
    (exports / "october.csv").rename(folder.parent / f"{folder.name}.csv")
    for command in (("report", "2026-10"), ("status",)):
        lines = shown(*command)
        assert read.format("FILE") in commands(lines)
        assert "put the export of 2026-10 here, and name it in place of FILE." in text(lines)


def test_the_open_entries_of_the_setup_come_first_and_each_command_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    visits = [row(Practitioner=f"{name} Example", Fee=96.0) for name in ("Ann", "Ben", "Cy", "Di")]
    csv_file(tmp_path, visits, "october.csv")
    assert commands(shown("init", "--from", "october.csv")) == ["ims-billing check october.csv"]
    asked = load(tmp_path / "clinic.xlsx").unconfirmed
    assert len(asked) > 6
    lines = shown("check", "october.csv", "--month", "2026-10")
    following = lines[lines.index("NEXT") + 1 :]
    assert following[:8] == [
        f"1  Fill in the {len(asked)} things that are open in clinic.xlsx:", *asked[:5], f"and {len(asked) - 5} more",
        "2  Saved it? Look again:  ims-billing check october.csv --month 2026-10",
    ]  # fmt: skip
    assert "claim" not in text(commands(lines))
    assert set(asked[:5]) <= set(shown("status"))
    # One is left: all three name it.
    book = load_workbook(tmp_path / "clinic.xlsx")
    left, *filled = [
        cell
        for sheet, columns in (("Practitioners", "DCEG"), ("Clinic", "B"))
        for column in columns
        for cell in book[sheet][column]
        if str(cell.value).endswith("?") and cell.row > 2
    ]
    for cell in filled:
        cell.value = {"C": "physiotherapist", "D": "01234", "B": "Clinic"}.get(cell.column_letter, dt.date(2015, 1, 1))
    book.save(tmp_path / "clinic.xlsx")
    entry = f"sheet Practitioners, {left.coordinate}: Ann Example, Registration"
    assert load(tmp_path / "clinic.xlsx").unconfirmed == (entry,)
    for command in (("check", "october.csv"), ("claim", "october.csv"), ("status",)):
        assert entry in text(shown(*command)), command


def test_after_init_the_command_is_as_it_is_to_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exports = tmp_path / "jane oct"
    exports.mkdir()
    csv_file(exports, [row()], "october.csv")
    made = commands(shown("init", "my clinic", "--from", "jane oct/october.csv"))
    assert made == ['ims-billing check "jane oct/october.csv" --clinic "my clinic/clinic.xlsx"']
    assert "Fill in the " in text(shown("check", "jane oct/october.csv", "--clinic", "my clinic/clinic.xlsx"))
    assert commands(shown("init", "another")) == [
        "ims-billing check another/sessions.xlsx --clinic another/clinic.xlsx"
    ]


@pytest.mark.parametrize("below", [False, True])
def test_a_setup_one_folder_away_is_noticed_by_check_and_claim(
    below: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    there = here / "clinic" if below else tmp_path
    here.mkdir()
    there.mkdir(exist_ok=True)
    setup = clinic_file(there)
    csv_file(here, [row()], "october.csv")
    monkeypatch.chdir(here)
    monkeypatch.delenv("IMS_BILLING_CLINIC", raising=False)
    lines = shown("check", "october.csv", "--month", "2026-10")
    assert commands(lines) == [f"ims-billing check october.csv --month 2026-10 --clinic {setup}"]
    refused = commands(shown("claim", "october.csv", "--month", "2026-10", "--already-sent"))
    assert refused[-1] == f"ims-billing claim october.csv --month 2026-10 --already-sent --clinic {setup}"
    assert "ims-billing init" not in text([*lines, *refused])


def test_the_setup_is_made_of_the_files_whatever_options_the_command_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was shown answered: No such option: --ledger."""
    office, alone = tmp_path / "office", tmp_path / "alone" / "here"
    for folder in (office, alone):
        folder.mkdir(parents=True)
    clinic_file(office)
    monkeypatch.chdir(office)
    csv_file(office, [row()], "october.csv")
    shown("claim", "october.csv")
    monkeypatch.chdir(alone)
    csv_file(alone, [row()], "the visits.csv")
    ledger = "../../office/ims-billing.sqlite"
    (make,) = commands(shown("check", "the visits.csv", "--ledger", ledger))
    assert make == 'ims-billing init --from "the visits.csv"'
    assert commands(shown(*shlex.split(make)[1:])) == ['ims-billing check "the visits.csv"']


def test_what_is_gone_or_can_not_be_replaced_says_what_to_do(folder: Path) -> None:
    csv_file(folder, [row(), row(Patient="B Madeup", Insurer="GMS")], "october.csv")
    shown("claim", "october.csv")
    csv_file(folder, [row()], "october.csv")
    lines = shown("check", "october.csv")
    assert "2026-10-GMSI-0001 of 2026-10-07 is claimed, and not in these files." in lines
    assert "If the visit took place on that day, there is nothing to do: it stays claimed." in text(lines)
    assert "ims-billing void CLAIM --reason TEXT." in commands(lines)
    setup = folder / "clinic.toml"
    setup.write_text(setup.read_text(encoding="utf-8").replace("amount = 95.00", "amount = 99.00"), encoding="utf-8")
    refused = text(shown("void", "2026-10-SUNL-0001", "--replace", "--reason", "wrong fee"))
    assert "Correct the fee in your practice software, or the list if it is wrong" in refused
    assert 'ims-billing void 2026-10-SUNL-0001 FILE --replace --reason "wrong fee"' in refused
    # The ways out are ways out.
    csv_file(folder, [row(Fee=99.0)], "october.csv")
    done = shown("void", "2026-10-SUNL-0001", "october.csv", "--replace", "--reason", "wrong fee")
    assert "2026-10-SUNL-0001 is voided; 2026-10-SUNL-0002" in text(done)


def test_a_payment_is_undone_as_it_is_shown(folder: Path) -> None:
    csv_file(folder, [row(), row(Patient="B Madeup")], "october.csv")
    shown("claim", "october.csv", as_of="2026-11-05")
    undo = {}
    for number in ("1", "2"):
        paid = {
            "Claim": f"2026-10-SUNL-000{number}",
            "Paid": 95,
            "Payment Date": "2026-11-20",
            "Payment Number": number,
        }
        csv_file(folder, [paid], "paid.csv")
        lines = shown("reconcile", "paid.csv")
        (undo[number],) = commands(lines)
        assert f"Recorded as payment {number}; to undo it:" in text(lines)
    assert undo["2"] == "ims-billing reconcile --undo 2 --reason TEXT"
    assert "Payment 2 of Sun Life, $95.00, is undone" in text(shown(*undo["2"].split()[1:]))


WONG = '[[practitioner]]\nname = "James Wong"\nprofession = "physiotherapist"\nregistration = "01111"\n'


def test_what_the_setup_does_not_say_is_fixed_there(folder: Path) -> None:
    clinic_file(folder, f"{WONG}registered = {{ from = 2015-01-01 }}\n")
    by_wong = [row(Practitioner="James Wong", Patient=name) for name in ("Ada", "Bo")]
    csv_file(folder, by_wong, "october.csv")
    page = shown("check", "october.csv", "--month", "2026-10")
    assert "Fix in the clinic setup: 2 sessions, $190.00: no date under Needling from (2, 3)" in text(page)
    assert "Can't be billed" not in text(page)
    lacks = "James Wong has no date under Needling from (clinic setup, sheet Practitioners)."
    assert f"1 Fill in clinic.toml, for which 2 sessions wait: {lacks}" in " ".join(text(page).split())
    assert "export again" not in text(page), "nothing is to be fixed elsewhere"
    everything = text(shown("check", "october.csv", "--month", "2026-10", "--all"))
    assert "Fix: Enter the first day under Needling from" in everything
    assert "Fix: If they were, enter the dates" not in everything


def test_a_column_that_nobody_mapped_is_named_where_the_setup_is(folder: Path) -> None:
    rows = [row(Patient=name) | {"Initials": cell} for name, cell in (("Ada", "AB"), ("Bo", "CD"), ("Cy", "AB"))]
    csv_file(folder, [*rows, HELD | {"Initials": ""}], "october.csv")
    page = shown("check", "october.csv", "--month", "2026-10")
    holds = text(page[next(n for n, line in enumerate(page) if line.startswith("ON HOLD, by")) :])
    assert 'Fix in the clinic setup: 3 sessions, $285.00: column "Initials" not in the setup (2, 3, 4)' in holds
    place = page.index("1  Fill in clinic.toml, for which 3 sessions wait:")
    assert page[place + 1] == 'Column "Initials": choose what it is, or ignore (sheet Columns).'
    assert "Fix what you can of 4 sessions on hold and export again" in holds
    assert holds.count("Initials") == 2, "once among what is on hold, and once among what to do"
    everything = text(shown("check", "october.csv", "--month", "2026-10", "--all"))
    assert "Fix: Choose what the column is, or ignore" in everything
    # It stops the claim too where nothing of this month would be claimed.
    massages = [{**each, "Service": "Massage 60", "Practitioner": "Carla Specimen"} for each in rows]
    csv_file(folder, massages, "october.csv")
    page = shown("check", "october.csv", "--month", "2026-10")
    assert page[page.index("1  Fill in clinic.toml:") + 1].startswith('Column "Initials": choose')


def test_days_that_do_not_cover_a_visit_are_no_blank_in_the_setup(folder: Path) -> None:
    csv_file(folder, [row(Practitioner="Ben Sample", Service_Date=dt.date(2026, 10, 3))], "october.csv")
    page = text(shown("check", "october.csv", "--month", "2026-10"))
    assert "Can't be billed: 1 session, $95.00: not authorized to needle (2)" in page
    assert "Fill in" not in page


@pytest.mark.parametrize("how", ["changed", "voided"])
def test_what_takes_the_place_of_a_claim_of_a_month_that_was_billed_before_is_sent(folder: Path, how: str) -> None:
    """The command that was shown recorded it as sent, and no insurer ever heard of it."""
    old, other = row(Session_ID="S1"), row(Session_ID="S2", Patient="B Madeup", Service_Date=dt.date(2026, 10, 8))
    csv_file(folder, [old, other], "october.csv")
    shown("claim", "october.csv", "--already-sent")
    if how == "voided":
        shown("void", "2026-10-SUNL-0001", "--reason", "wrong plan")
    csv_file(folder, [old | {"Insurer": "Manulife"}, other], "october.csv")
    read = "ims-billing claim october.csv --month 2026-10"
    for command in (("check", "october.csv"), ("claim", "october.csv")):
        assert commands(shown(*command))[-1] == read
    type_in(folder / "reports/2026-10/claim-summary-2026-10.xlsx", "Needs attention", Decision="Bill")
    assert read in commands(shown("status"))
    lines = shown("claim", "october.csv")
    assert "WAS BILLED BEFORE" not in text(lines)
    books = [path.name for path in (folder / "reports/2026-10/insurers").glob("*.xlsx")]
    assert {name.rsplit("-batch", 1)[0] for name in books} == {"manulife-2026-10", "sun-life-2026-10"}


def test_a_replaced_claim_that_is_recorded_as_sent_is_said_to_reach_nobody(folder: Path) -> None:
    csv_file(folder, [row(Session_ID="S1")], "october.csv")
    shown("claim", "october.csv", "--already-sent")
    csv_file(folder, [row(Session_ID="S1", Insurer="Manulife")], "october.csv")
    shown("claim", "october.csv")
    type_in(folder / "reports/2026-10/claim-summary-2026-10.xlsx", "Needs attention", Decision="Bill")
    lines = text(shown("claim", "october.csv", "--already-sent"))
    assert (
        "1 claim takes the place of another: it is recorded as sent, and no workbook tells an insurer of it." in lines
    )
