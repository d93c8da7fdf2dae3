"""The sheet To send and the column Send by: what went to insurers, until when it has to, and what is read back."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from ims_billing.ledger.ledger import Ledger
from ims_billing.reading.sendings import typed_sendings
from ims_billing.reading.typed_decisions import typed_tables
from ims_billing.vocabulary.entries import Sending
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.folder import LEDGER_FILE
from ims_billing.workbooks.claim_summary import claim_summary
from ims_billing.workbooks.overview import overview
from ims_billing.workbooks.to_send import sent_of
from tests.practice import clinic_file, csv_file, made_once, month_of, on_ledger, row, table, xlsx
from tests.remittances import paid, reconcile, run

SUMMARY = Path("reports/2026-10/claim-summary-2026-10.xlsx")
TELUS = '[[insurer]]\nname = "Manulife"\nchannel = "TELUS eClaims"\n[[insurer]]\nname = "GMS"\nclaim_within_days = 30\n'
ROWS = [
    row(Patient="Ada Madeup", Insurer="Manulife", Member_ID="1", Service_Date=dt.date(2026, 10, 20)),
    row(Patient="Ada Madeup", Insurer="Manulife", Member_ID="1", Service_Date=dt.date(2026, 10, 12)),
    row(Patient="Bea Madeup", Insurer="GMS", Member_ID="2"),
    row(Patient="Cleo Madeup", Insurer="MSP", PHN="9123947241", Birth_Date=dt.date(1990, 1, 1)),
    row(),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A month of five claims to four insurers, made on 5 November."""
    _five_claims(tmp_path)
    return tmp_path


@made_once
def _five_claims(tmp_path: Path) -> None:
    clinic_file(tmp_path, TELUS)
    claim(tmp_path, ROWS)


def claim(folder: Path, rows: list[dict[str, Any]], *more: str, as_of: str = "2026-11-05") -> dict[str, Any]:
    path = str(xlsx(folder, rows))
    done = run(folder, "claim", path, "--month", "2026-10", "--as-of", as_of, "--json", *more)
    assert done.exit_code == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def sheet_of(folder: Path, path: Path = SUMMARY) -> tuple[Any, Worksheet, int, dict[str, int]]:
    book = load_workbook(folder / path)
    sheet = book["To send"]
    return book, sheet, *table(sheet, "Workbook", "Sent")


def lines(folder: Path) -> dict[str, dict[str, Any]]:
    """The lines of the sheet, by workbook."""
    _, sheet, header, columns = sheet_of(folder)
    below = sheet.iter_rows(min_row=header + 1, values_only=True)
    shown = [{heading: line[place - 1] for heading, place in columns.items()} for line in below]
    return {str(line["Workbook"]): line for line in shown}


def note(folder: Path, workbook: str, path: Path = SUMMARY, **typed: Any) -> None:
    """Types into the line of a workbook."""
    book, sheet, header, columns = sheet_of(folder, path)
    [place] = [n for n in range(header + 1, sheet.max_row + 1) if sheet.cell(n, columns["Workbook"]).value == workbook]
    for heading, value in typed.items():
        sheet.cell(place, columns[heading.replace("_", " ")]).value = value
    book.save(folder / path)


def noted(folder: Path) -> list[tuple[str, ...]]:
    """What the ledger knows of each workbook."""
    ledger = Ledger(folder / "ims-billing.sqlite")
    with ledger.reading():
        sendings = ledger.sendings.latest()
    return [(each.insurer_id, each.sent, f"{each.sent_on}", each.confirmation) for each in sendings]


def left_to_send(folder: Path, command: str = "status", as_of: str = "2026-11-06") -> list[str]:
    """The workbooks that `status` or `aging` names as not sent."""
    done = run(folder, command, "--as-of", as_of, "--json")
    assert done.exit_code == 0, done.stderr
    return [f"{each['insurer']} {each['cents']} {each['send_by']}" for each in json.loads(done.stdout)["to_send"]]


def test_each_workbook_is_listed_with_its_claims_and_the_day_by_which_it_has_to_go(folder: Path) -> None:
    shown = lines(folder)
    headings = ("Channel", "Batch", "Claims", "Total", "Send by", "Sent", "Sent on", "Confirmation number")
    nothing = [None, None, None]
    assert {workbook: [line[h] for h in headings] for workbook, line in shown.items()} == {
        "gms-2026-10.xlsx": [shown["gms-2026-10.xlsx"]["Channel"], 1, 1, 95, dt.datetime(2026, 11, 6), *nothing],
        "manulife-2026-10.xlsx": ["TELUS eClaims", 1, 2, 190, dt.datetime(2026, 11, 12), *nothing],
        "msp-2026-10.xlsx": ["Teleplan", 1, 1, 23, dt.datetime(2027, 1, 5), *nothing],
        "sun-life-2026-10.xlsx": [shown["sun-life-2026-10.xlsx"]["Channel"], 1, 1, 95, None, *nothing],
    }
    assert {path.name for path in (folder / "reports/2026-10/insurers").iterdir()} == set(shown)


def test_claims_say_by_when_they_have_to_be_sent_where_a_rule_or_the_plan_says_so(folder: Path) -> None:
    sheet = load_workbook(folder / SUMMARY)["Claims"]
    _, columns = table(sheet, "Claim", "Send by")
    days = {
        sheet.cell(n, columns["Claim"]).value: sheet.cell(n, columns["Send by"]).value
        for n in range(2, sheet.max_row + 1)
    }
    assert days == {
        "2026-10-GMSI-0001": dt.datetime(2026, 11, 6),
        "2026-10-MANU-0001": dt.datetime(2026, 11, 12),
        "2026-10-MANU-0002": dt.datetime(2026, 11, 20),
        "2026-10-MSPB-0001": dt.datetime(2027, 1, 5),
        "2026-10-SUNL-0001": None,
    }


def test_what_is_noted_is_read_by_the_next_claim_shown_again_and_kept(folder: Path) -> None:
    note(folder, "manulife-2026-10.xlsx", Sent="Yes", Sent_on=dt.date(2026, 11, 6), Confirmation_number="00123")
    assert left_to_send(folder) == ["GMS 9500 2026-11-06", "MSP 2300 2027-01-05", "Sun Life 9500 None"]
    assert noted(folder) == [], "who only looks keeps nothing"
    assert claim(folder, ROWS, as_of="2026-11-09")["written"] != []
    assert noted(folder) == [("manulife", "Yes", "2026-11-06", "00123")]
    line = lines(folder)["manulife-2026-10.xlsx"]
    assert [line[h] for h in ("Sent", "Sent on", "Confirmation number")] == ["Yes", dt.datetime(2026, 11, 6), "00123"]
    assert claim(folder, ROWS, as_of="2026-11-10")["written"] == [], "what was read is read"
    note(folder, "manulife-2026-10.xlsx", Sent=None, Sent_on=None, Confirmation_number=None)
    claim(folder, ROWS, as_of="2026-11-11")
    assert noted(folder) == [("manulife", "", "None", "")]


@pytest.mark.parametrize("command", ["report", "reconcile", "void"])
def test_a_command_that_writes_the_summary_again_reads_it_first(folder: Path, command: str) -> None:
    note(folder, "gms-2026-10.xlsx", Confirmation_number="TC-9")
    if command == "reconcile":
        reconcile(folder, [paid("2026-10-SUNL-0001")])
        assert left_to_send(folder, as_of="2026-11-26") == ["Manulife 19000 2026-11-12", "MSP 2300 2027-01-05"]
    else:
        about = ("2026-10",) if command == "report" else ("2026-10-SUNL-0001", "--reason", "a test")
        done = run(folder, command, *about, *(() if command == "report" else ("--as-of", "2026-11-08")))
        assert done.exit_code == 0, done.output
    assert lines(folder)["gms-2026-10.xlsx"]["Confirmation number"] == "TC-9"
    assert noted(folder) == [("gms", "Yes", "None", "TC-9")]


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ({"Sent_on": "06/11/2026"}, "Sent on is not plainly a day"),
        ({"Sent": "No", "Sent_on": dt.date(2026, 11, 6)}, "Leave one"),
    ],
)
@pytest.mark.parametrize("command", ["reconcile", "void", "replace"])
def test_nothing_is_recorded_where_the_summary_holds_what_cannot_be_read(
    folder: Path, command: str, typed: dict[str, Any], fault: str
) -> None:
    note(folder, "gms-2026-10.xlsx", **typed)
    before = (folder / LEDGER_FILE).read_bytes()
    if command == "reconcile":
        words = ("reconcile", str(csv_file(folder, [paid("2026-10-SUNL-0001")], "paid.csv")))
    else:
        more = ("--replace",) if command == "replace" else ()
        words = ("void", "2026-10-SUNL-0001", "--reason", "a test", *more)
    done = run(folder, *words, "--as-of", "2026-11-25")
    assert done.exit_code == 2
    assert re.search(rf"claim-summary-2026-10\.xlsx, To send, row \d+: .*{fault}", " ".join(done.stderr.split()))
    assert (folder / LEDGER_FILE).read_bytes() == before


def test_what_is_past_its_last_day_and_not_marked_as_sent_is_named_first(folder: Path) -> None:
    # The last days: GMS 6 November, Manulife 12 and 20 November, MSP 5 January.
    past = "Past their last day and not marked as sent: "
    for day, first, others in (
        ("2026-11-06", "", ["GMS: 1 claim not marked as sent, $95.00: the first is due by 2026-11-06"]),
        ("2026-11-07", "1 claim, $95.00 (GMS)", ["Manulife: 2 claims", "the first by 2026-11-12, 1 claim past the"]),
        (
            "2026-11-13",
            "2 claims, $190.00 (GMS, Manulife)",
            ["Manulife: 1 claim", "the first by 2026-11-20, 2 claims"],
        ),
        ("2026-12-20", "3 claims, $285.00 (GMS, Manulife)", ["the first by 2027-01-05, 3 claims past the last day"]),
    ):
        shown = [" ".join(line.split()) for line in run(folder, "status", "--as-of", day).stdout.splitlines()]
        assert (shown[1] == f"{past}{first}") == bool(first), day
        assert [one for one in others if one not in " ".join(shown)] == [], day
    note(folder, "manulife-2026-10.xlsx", Confirmation_number="00123")
    screen = run(folder, "status", "--as-of", "2026-11-13").stdout
    assert (f"{past}1 claim, $95.00 (GMS)" in screen, "Manulife:" in screen) == (True, False), "it was sent"


def test_the_summary_counts_what_is_past_its_last_day_when_the_month_changed_last(folder: Path) -> None:
    """A void is such a change: its day stands at the head, and the days are counted by it."""
    past = "Send these claims another way: they are past their last day"

    def shown() -> tuple[Any, Any, int, Any]:
        book = load_workbook(folder / SUMMARY)
        page = [line[:3] for line in book["Overview"].values]
        as_of = next(line[1] for line in page if line[0] == "As of")
        header, columns = table(book["Claims"], "Claim")
        ways = columns.get("Send another way", len(columns) + 2) - 1
        lines_below = book["Claims"].iter_rows(min_row=header + 1, values_only=True)
        marked = sum(len(line) > ways and bool(line[ways]) for line in lines_below)
        counted = next((line[1:] for line in page if line[0] == past), None)
        return f"{as_of:%Y-%m-%d}", counted, marked, lines(folder)["manulife-2026-10.xlsx"]["Send another way"]

    assert shown() == ("2026-11-05", None, 0, 0)
    assert run(folder, "void", "2026-10-SUNL-0001", "--reason", "a test", "--as-of", "2026-11-13").exit_code == 0
    assert shown() == ("2026-11-13", (2, 190), 2, 1)
    note(folder, "gms-2026-10.xlsx", Sent="Yes")
    assert run(folder, "void", "2026-10-MSPB-0001", "--reason", "a test", "--as-of", "2026-11-21").exit_code == 0
    assert shown() == ("2026-11-21", (2, 190), 2, 2)
    reconcile(folder, [paid("2026-10-MANU-0001")])
    assert shown() == ("2026-11-25", None, 0, 0), "what is answered was sent"


def test_a_day_on_which_nobody_can_have_sent_it_is_named(folder: Path) -> None:
    days = {
        "gms": (4, "before it was made (2026-11-05)"), "manulife": (5, ""), "msp": (9, ""),
        "sun-life": (10, "after today (2026-11-09)"),
    }  # fmt: skip
    for insurer, (day, _) in days.items():
        note(folder, f"{insurer}-2026-10.xlsx", Sent_on=dt.date(2026, 11, day))
    done = run(folder, "claim", str(xlsx(folder, ROWS)), "--month", "2026-10", "--as-of", "2026-11-09")
    assert done.exit_code == 0, done.stderr
    for insurer, (day, wrong) in days.items():
        named = f"{insurer}-2026-10.xlsx: noted as sent on 2026-11-{day:02d}, {wrong}" in done.stderr
        assert named == bool(wrong), insurer
    assert done.stderr.count("noted as sent") == 2
    assert noted(folder) == [(insurer, "Yes", f"2026-11-{day:02d}", "") for insurer, (day, _) in days.items()]


def test_an_older_copy_takes_nothing_back_and_overrules_only_when_that_is_wanted(folder: Path) -> None:
    note(folder, "gms-2026-10.xlsx", Sent="Yes", Sent_on=dt.date(2026, 11, 6))
    older = Path("older.xlsx")
    shutil.copy(folder / SUMMARY, folder / older)
    note(folder, "gms-2026-10.xlsx", older, Sent=None, Sent_on=None)
    claim(folder, ROWS, as_of="2026-11-07")
    claim(folder, ROWS, "--decisions", str(folder / older), as_of="2026-11-07")
    assert noted(folder) == [("gms", "Yes", "2026-11-06", "")], "its emptiness says nothing"
    note(folder, "gms-2026-10.xlsx", older, Sent="No")
    wanted = ["claim", str(folder / "sessions.xlsx"), "--month", "2026-10", "--as-of", "2026-11-08"]
    done = run(folder, *wanted, "--decisions", str(folder / older))
    assert done.exit_code == 2
    assert "Yes, 2026-11-06" in " ".join(done.stderr.split())
    assert run(folder, *wanted, "--decisions", str(folder / older), "--overrule").exit_code == 0
    assert noted(folder) == [("gms", "No", "None", "")]


def test_a_copy_with_marks_that_were_not_read_is_named_with_the_command_that_reads_it(folder: Path) -> None:
    copy = SUMMARY.with_name(f"{SUMMARY.stem} (1).xlsx")
    shutil.copy(folder / SUMMARY, folder / copy)
    note(folder, "gms-2026-10.xlsx", copy, Sent="Yes", Sent_on=dt.date(2026, 11, 6))
    reads = ["claim", str(folder / "sessions.xlsx"), "--month", "2026-10", "--decisions", str(folder / copy)]
    shown = json.loads(run(folder, "status", "--as-of", "2026-11-06", "--json").stdout)
    assert shown["next"]["what"] == f"Read what is typed in {copy.name}, with the files of 2026-10."
    assert shown["next"]["command"].endswith(f'--decisions "{folder / copy}"')
    assert f"1 line of To send typed in {copy.name}" in run(folder, "status", "--as-of", "2026-11-06").stdout
    assert f"{copy.name}: 1 line of To send in it was not read." in " ".join(
        run(folder, "report", "2026-10").stderr.split()
    )
    assert run(folder, *reads, "--as-of", "2026-11-06").exit_code == 0
    assert noted(folder) == [("gms", "Yes", "2026-11-06", "")]
    # Noted otherwise since, it was read all the same.
    note(folder, "gms-2026-10.xlsx", Confirmation_number="C-1")
    for command in (("report", "2026-10"), ("status", "--as-of", "2026-11-07")):
        done = run(folder, *command)
        assert copy.name not in done.stdout + done.stderr, command


def test_aging_shows_what_is_not_sent_and_by_which_number_the_rest_was_confirmed(folder: Path) -> None:
    note(folder, "manulife-2026-10.xlsx", Sent="x", Sent_on=dt.date(2026, 11, 6), Confirmation_number="00123")
    assert left_to_send(folder, "aging", "2026-12-10") == [
        "GMS 9500 2026-11-06", "MSP 2300 2027-01-05", "Sun Life 9500 None",
    ]  # fmt: skip
    sheet = load_workbook(folder / "reports/aging-2026-12-10.xlsx")["Call list"]
    header, columns = table(sheet, "Claim", "First sent")
    below = list(sheet.iter_rows(min_row=header + 1, values_only=True))
    shown = {line[columns["Claim"] - 1]: line for line in below}
    first, number = columns["First sent"] - 1, columns["Confirmation number"] - 1
    assert shown["2026-10-MANU-0001"][first] == dt.datetime(2026, 11, 6)
    assert shown["2026-10-MANU-0001"][number] == "00123"
    assert shown["2026-10-GMSI-0001"][first] is None


def test_what_was_answered_went_out_though_the_payment_was_reversed(folder: Path) -> None:
    reconcile(folder, [paid("2026-10-SUNL-0001")], as_of="2026-11-25")
    back = paid("2026-10-SUNL-0001", -95, Payment_Date="2026-11-22", Payment_Number="P2", Reason="Reversed")
    reconcile(folder, [back], name="back.csv", as_of="2026-11-25")
    left = left_to_send(folder, as_of="2026-11-26")
    assert [name for name in left if name.startswith("Sun Life")] == []
    [sun] = [line for name, line in lines(folder).items() if name.startswith("sun-life")]
    assert sun["Answered"] == 1
    lead = str(sheet_of(folder)[1]["A1"].value)
    assert lead.startswith(f"{len(left)} insurer workbooks are not marked as sent")


def test_what_is_marked_as_not_sent_is_so_until_all_of_it_is_answered(folder: Path) -> None:
    """Claims may be keyed into a portal one by one, and are answered so."""
    later = row(Patient="Bea Madeup", Insurer="GMS", Member_ID="2", Service_Date=dt.date(2026, 10, 12))
    claim(folder, [*ROWS, later, later | {"Service Date": dt.date(2026, 10, 13)}], as_of="2026-11-06")
    name = "gms-2026-10-batch-2.xlsx"
    [first, second] = ("2026-10-GMSI-0002", "2026-10-GMSI-0003")
    reconcile(folder, [paid(first)], as_of="2026-11-25")
    for sent, left in ((None, 0), ("No", 1), ("Yes", 0), ("No", 1)):
        note(folder, name, Sent=sent)
        assert run(folder, "report", "2026-10").exit_code == 0
        shown = [line for line in left_to_send(folder, as_of="2026-11-25") if line.startswith("GMS 19000")]
        assert len(shown) == left, sent
        assert lines(folder)[name]["Send another way"] == left, "the one that is not answered"
    reconcile(folder, [paid(second, Payment_Number="P2")], as_of="2026-11-25")
    assert [line for line in left_to_send(folder, as_of="2026-11-25") if line.startswith("GMS 19000")] == []


def test_what_was_sent_before_this_program_came_is_not_to_be_sent(tmp_path: Path) -> None:
    clinic_file(tmp_path, TELUS)
    claim(tmp_path, ROWS, "--already-sent")
    assert lines(tmp_path) == {}
    assert left_to_send(tmp_path) == []


def test_a_workbook_that_only_takes_a_claim_back_is_to_be_sent_too(folder: Path) -> None:
    done = run(folder, "void", "2026-10-SUNL-0001", "--reason", "a test", "--as-of", "2026-11-08")
    assert done.exit_code == 0, done.output
    more = row(Patient="Bea Madeup", Insurer="GMS", Member_ID="2", Service_Date=dt.date(2026, 10, 29))
    claim(folder, [*ROWS, more], as_of="2026-11-09")
    shown = lines(folder)
    counts = ("Batch", "Claims", "Voids", "Total")
    assert [shown["sun-life-2026-10-batch-2.xlsx"][h] for h in counts] == [2, 0, 1, 0]
    assert [shown["gms-2026-10-batch-2.xlsx"][h] for h in counts] == [2, 1, 0, 95]
    _, sheet, _, _ = sheet_of(folder)
    assert "6 insurer workbooks are not marked as sent, for $498.00 and 1 void" in str(sheet["A1"].value)
    screen = " ".join(run(folder, "status", "--as-of", "2026-11-09").stdout.split())
    assert "$498.00 and 1 void, the first by 2026-11-12" in screen


def first_page(folder: Path) -> list[Any]:
    """The cells of the overview that say something."""
    rows = load_workbook(folder / SUMMARY)["Overview"].iter_rows(values_only=True)
    return [cell for cells in rows for cell in cells if cell is not None]


def test_what_the_first_lines_say_is_so_once_workbooks_are_sent(folder: Path) -> None:
    above = str(sheet_of(folder)[1]["A1"].value)
    page = first_page(folder)
    assert above.startswith("4 insurer workbooks are not marked as sent")
    assert "Nothing is on hold." in page
    assert page[page.index("Check these claims before sending") + 1] == 1
    first, *others = lines(folder)
    for workbook in others:
        note(folder, workbook, Sent="Yes")
    assert first == "gms-2026-10.xlsx"
    reconcile(folder, [paid("2026-10-GMSI-0001")])
    assert sheet_of(folder)[1]["A1"].value == "All insurer workbooks are sent or answered"
    assert "Check these claims before sending" not in first_page(folder)
    note(folder, first, Sent="Yes")
    claim(folder, ROWS, as_of="2026-11-26")
    assert sheet_of(folder)[1]["A1"].value == "All insurer workbooks are sent"


def typed(workbook: str, *cells: Any) -> list[tuple[str, ...]]:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (("Workbook", "Sent", "Sent on", "Confirmation number"), (workbook, *cells)):
        sheet.append(line)
    content = io.BytesIO()
    book.save(content)
    tables = typed_tables("a.xlsx", content.getvalue(), lambda _name, _again: None)
    return [(line.insurer_id, str(line.batch), *line.words) for line in typed_sendings("a.xlsx", tables)]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (("Yes", None, None), ("Yes", "", "")),
        (("oui", None, None), ("Yes", "", "")),
        (("✓", None, None), ("Yes", "", "")),
        (("NO", None, "later"), ("No", "", "later")),
        ((None, dt.date(2026, 11, 6), None), ("Yes", "2026-11-06", "")),
        ((None, "2026-11-06", None), ("Yes", "2026-11-06", "")),
        ((None, None, "TC-1"), ("Yes", "", "TC-1")),
        ((None, None, None), ("", "", "")),
    ],
)
def test_a_tick_a_day_or_a_number_says_that_it_was_sent(cells: tuple[Any, ...], words: tuple[str, ...]) -> None:
    assert typed("sun-life-2026-10-batch-2.xlsx", *cells) == [("sun-life", "2", *words)]


@pytest.mark.parametrize(
    ("workbook", "cells", "fault"),
    [
        ("gms-2026-10.xlsx", ("perhaps", None, None), "neither Yes nor No"),
        ("gms-2026-10.xlsx", ("Yes", "06/11/2026", None), "not plainly a day"),
        ("gms-2026-10.xlsx", ("No", "2026-11-06", None), "Leave one"),
        ("a note", ("Yes", None, None), "for which workbook"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_row(workbook: str, cells: tuple[Any, ...], fault: str) -> None:
    with pytest.raises(BillingError, match=rf"a\.xlsx, Sheet, row 2: .*{fault}"):
        typed(workbook, *cells)


def test_aging_names_a_mark_that_it_cannot_read(folder: Path) -> None:
    assert run(folder, "aging", "--as-of", "2026-11-06").stderr == ""
    book, sheet, header, columns = sheet_of(folder)
    sheet.cell(header + 1, columns["Sent"]).value = "Maybe"
    book.save(folder / SUMMARY)
    done = run(folder, "aging", "--as-of", "2026-11-06")
    assert done.exit_code == 0
    words = " ".join(done.stderr.split())
    assert "What is typed in the claim summary of 2026-10 was not read" in words
    assert '"Maybe" in Sent is neither Yes nor No' in words


def test_a_line_about_a_workbook_that_there_is_not_is_refused(folder: Path) -> None:
    book, sheet, header, columns = sheet_of(folder)
    sheet.cell(header + 1, columns["Workbook"]).value = "gms-2026-10-batch-7.xlsx"
    sheet.cell(header + 1, columns["Sent"]).value = "Yes"
    book.save(folder / SUMMARY)
    done = run(folder, "report", "2026-10")
    assert done.exit_code == 2
    assert "no such workbook to send" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("visits", "sent", "at_risk"),
    [
        # The window is 31 days: made on 5 November, the last day is 19 November at the latest to be within 14 days.
        ((19, 20, 5), [], (2, 190)),
        ((20,), [], None),
        # What was past its window when it was claimed goes another way.
        ((1,), [], None),
        ((19,), ["manulife"], None),
    ],
)
def test_claims_not_sent_whose_last_day_is_close_are_money_at_risk(
    tmp_path: Path, visits: tuple[int, ...], sent: list[str], at_risk: tuple[int, int] | None
) -> None:
    rows = [
        row(Patient=f"Ada{day} Madeup", Insurer="Manulife", Member_ID="1", Service_Date=dt.date(2026, 10, day))
        for day in visits
    ]
    view = on_ledger(month_of(tmp_path, rows, more=TELUS))
    view = replace(view, sendings=[Sending("2026-10", 1, insurer, "Yes", None, "") for insurer in sent])
    blocks = overview(view, sent_of(view))
    risks = {str(line[0]): line[1:] for block in blocks if block.title == "Money at risk" for line in block.rows}
    assert risks.get("Not sent, last day within 14 days") == at_risk


def test_claims_past_their_last_day_are_marked_in_the_summary(tmp_path: Path) -> None:
    def visit(insurer: str, day: int) -> dict[str, Any]:
        return row(Patient=f"{insurer}{day}", Insurer=insurer, Member_ID="1", Service_Date=dt.date(2026, 10, day))

    off = '[severity]\npast-claim-deadline = "off"\n'
    # By the channel's 31 days and the plan's 30, on 5 November: the day before the last, the last, and after it.
    rows = [visit("Manulife", 5), visit("Manulife", 4), visit("GMS", 6), visit("GMS", 5), row()]
    view = on_ledger(month_of(tmp_path, rows, more=TELUS + off))
    sheet = load_workbook(io.BytesIO(claim_summary(view)))["Claims"]
    header, columns = table(sheet, "Claim", "Send another way")
    places = [columns[heading] - 1 for heading in ("Patient", "Send another way")]
    lines_below = sheet.iter_rows(min_row=header + 1, values_only=True)
    ways = {line[places[0]]: line[places[1]] for line in lines_below if line[places[1]]}
    assert ways == {
        "Manulife4": "send it by the insurer's own portal or on paper", "GMS5": "past the plan's last day",
    }  # fmt: skip
    to_do = next(block for block in overview(view, sent_of(view)) if block.title == "To do")
    assert ("Send these claims another way: they are past their last day", 2, 190, None, "Claims") in to_do.rows
    in_time = on_ledger(month_of(tmp_path, rows[::2], more=TELUS + off))
    assert "Send another way" not in str(list(load_workbook(io.BytesIO(claim_summary(in_time)))["Claims"].values))
