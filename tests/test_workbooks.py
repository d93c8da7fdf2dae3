"""The workbooks and the CSV: headings, formats, text that stays text, bytes that repeat, safe writing."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import re
import stat
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.model import MonthFigures, MonthView
from ims_billing.workbooks.book import Book
from ims_billing.workbooks.claim_summary import claim_summary
from ims_billing.workbooks.claims_csv import claims_csv
from ims_billing.workbooks.files import month_paths
from ims_billing.workbooks.insurer_report import insurer_report
from ims_billing.workbooks.month_files import write_month
from ims_billing.workbooks.overview import overview
from ims_billing.workbooks.parts import Column
from ims_billing.workbooks.sources import claim_ranges
from ims_billing.workbooks.table import Table
from tests.practice import examples, month_of, on_ledger, row, table

HERE = Path(__file__).parent
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no owner-only bits; its folders rule")
MORE = """
[[insurer]]
name = "Manulife"
requires = ["policy", "member", "birth-date", "relationship", "insured"]
channel = "TELUS eClaims"
vendor_number = "V-77"
"""
ROWS = [
    row(Session_ID="1", Patient="=1+1", Patient_Paid=20.0),
    row(Session_ID="2", Patient="Zoë Étoile (& Söhne)", Service_Date=dt.date(2026, 10, 19), Policy_Number="0099-00"),
    row(Session_ID="3", Insurer="Manulife", Member_ID="-07", Birth_Date=dt.date(1980, 2, 29), Relationship="spouse",
        Insured_Name="Robin Madeup", Patient="@Home"),
    row(Session_ID="4", Insurer="MSP", PHN="9123947241", Birth_Date=dt.date(1990, 1, 1), Patient="Max"),
    row(Session_ID="5", Fee=100.0, Patient="+Plus"),
    row(Session_ID="6", Service="Massage 60", Practitioner="Carla Specimen", Patient="-Minus"),
    row(Session_ID="7", Insurer="Sunn Lief", Tax=4.75, Patient="Held Twice"),
]  # fmt: skip


@pytest.fixture
def shown(tmp_path: Path) -> MonthView:
    return on_ledger(month_of(tmp_path, ROWS, more=MORE))


def total(amounts: list[Any]) -> float:
    return float(sum(amounts))


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def first_report(shown: MonthView) -> bytes:
    return insurer_report(shown, shown.batches[0], shown.batches[0].origin.insurers[0])


def insurer_book(shown: MonthView, insurer_id: str) -> openpyxl.Workbook:
    return opened(
        insurer_report(shown, shown.batches[0], next(i for i in shown.batches[0].origin.insurers if i.id == insurer_id))
    )


def headings(sheet: Worksheet) -> list[Any]:
    header = 3 if sheet.title == "Needs attention" else 1
    row = [cell.value for cell in sheet[header]]
    return row[: row.index(None)] if None in row else row


def column(sheet: Worksheet, heading: str) -> list[Any]:
    header, columns = table(sheet, heading)
    # Beside the lines that need attention stand notes, further down than the last line.
    last = 16 if sheet.title == "Needs attention" else None
    below = sheet.iter_rows(min_row=header + 1, max_col=last, values_only=True)
    lines = [line for line in below if any(cell is not None for cell in line)]
    return [line[columns[heading] - 1] for line in lines if not str(line[0]).startswith("Total: ")]


def test_the_claim_summary_has_its_sheets_and_headings(shown: MonthView) -> None:
    book = opened(claim_summary(shown))
    assert book.sheetnames == ["Overview", "Claims", "Needs attention", "To send", "Not billed", "Sources"]
    assert ", ".join(headings(book["Claims"])) == (
        "Claim, Batch, Insurer, Service date, Patient, Policy, Member ID, Practitioner, Registration, Service, "
        "Service code, Description, Fee, Patient paid, Amount claimed, Send by, Source"
    )
    assert ", ".join(headings(book["Needs attention"])) == (
        "Decision, Correct value, What to type, Patient, Service date, Practitioner, Insurer, Fee, Problem, Note, "
        "How to fix, Service, Decided by, Kind, Source, Session"
    )
    assert ", ".join(headings(book["Not billed"])) == (
        "Source, Service date, Patient, Practitioner, Service, Insurer, Fee, Reason"
    )
    assert column(book["Claims"], "Claim") == [
        "2026-10-MANU-0001", "2026-10-MSPB-0001", "2026-10-SUNL-0001", "2026-10-SUNL-0002",
    ]  # fmt: skip
    assert column(book["Claims"], "Amount claimed") == [95, 23, 95, 95]
    assert column(book["Needs attention"], "Kind") == ["fee-not-as-listed", "insurer-not-known", "tax-on-session"]
    assert len(set(column(book["Needs attention"], "Session"))) == 2
    assert set(column(book["Claims"], "Service")) == {"ims"}
    assert column(book["Not billed"], "Reason") == ["other-service"]


def test_an_insurers_workbook_has_its_patients_only_and_what_it_asks_for(shown: MonthView) -> None:
    manulife, msp = insurer_book(shown, "manulife"), insurer_book(shown, "msp")
    assert manulife.sheetnames == ["Summary", "Claim lines"]
    assert ", ".join(headings(manulife["Claim lines"])) == (
        "Claim, Service date, Patient, Birth date, Relationship, Insured, Policy, Member ID, Practitioner, "
        "Registration, Service code, Description, Fee, Patient paid, Amount claimed"
    )
    assert ", ".join(headings(msp["Claim lines"])) == (
        "Claim, Service date, Patient, Birth date, PHN, Practitioner, Registration, Service code, Description, Fee, "
        "Patient paid, Amount claimed"
    )
    assert column(manulife["Claim lines"], "Patient") == ["@Home"]
    assert column(msp["Claim lines"], "Service code") == ["09938"]
    facts = {r[0].value: r[1].value for r in manulife["Summary"].iter_rows(min_row=2, max_row=8)}
    assert facts == {
        "Clinic": "Example Physiotherapy", "Vendor number": "V-77", "Insurer": "Manulife", "Channel": "TELUS eClaims",
        "Month": "2026-10", "Period": "2026-10-07 to 2026-10-07", "Batch": "1",
    }  # fmt: skip


def test_an_insurers_lines_stand_together_by_patient_and_there_is_room_to_sign(tmp_path: Path) -> None:
    days = [("zoe", 1), ("Abe", 2), ("zoe", 12), ("Abe", 20)]
    rows = [row(Patient=name, Service_Date=dt.date(2026, 10, day)) for name, day in days]
    book = insurer_book(on_ledger(month_of(tmp_path, rows)), "sun-life")
    assert column(book["Claim lines"], "Patient") == ["Abe", "Abe", "zoe", "zoe"]
    assert column(book["Claim lines"], "Claim") == [f"2026-10-SUNL-000{n}" for n in (2, 4, 1, 3)]
    page = [cells[:3] for cells in book["Summary"].iter_rows(values_only=True)]
    place = page.index(("Prepared by", "Signature", "Date"))
    assert book["Summary"].row_dimensions[place + 2].height == 34


def test_an_insurers_workbook_has_what_an_auditor_asks_for_and_its_totals_below(tmp_path: Path) -> None:
    rows = [
        row(Insurer="Manulife", Member_ID="1", Birth_Date=dt.date(1980, 2, 29), Relationship="self", **cells)
        for cells in (
            {
                "Patient": "A",
                "Service_Date": dt.date(2026, 10, 4),
                "Visit": "initial",
                "Minutes": 45,
                "Patient_Paid": 5,
            },
            {"Patient": "B", "Service_Date": dt.date(2026, 10, 5), "Minutes": 30},
            {"Patient": "C", "Service_Date": dt.date(2026, 10, 22), "Practitioner": "Ben Sample"},
        )
    ]
    book = insurer_book(on_ledger(month_of(tmp_path, rows, more=MORE)), "manulife")
    sheet = book["Claim lines"]
    assert column(sheet, "Visit") == ["initial", None, None]
    assert column(sheet, "Minutes") == [45, 30, None]
    # The window of 31 days was over for the first when it was claimed, on 5 November; not for the second.
    way = "send it by the insurer's own portal or on paper"
    assert column(sheet, "Send another way") == [way, None, None]
    last = [cell.value for cell in sheet[sheet.max_row]]
    _, columns = table(sheet, "Claim")
    assert last[0] == "Total: 3 claims"
    assert [last[columns[name] - 1] for name in ("Fee", "Patient paid", "Amount claimed")] == [285, 5, 285]
    assert sheet.auto_filter.ref is not None
    assert sheet.auto_filter.ref.endswith(f"{sheet.max_row - 1}"), "sorting leaves the totals below"
    page = [[cell for cell in cells if cell is not None] for cells in book["Summary"].iter_rows(values_only=True)]
    assert ["Period", "2026-10-04 to 2026-10-22"] in page
    assert ["Claims to send another way"] in page
    assert ["2026-10-MANU-0001", dt.datetime(2026, 10, 4), 95] in page
    assert [
        "Ben Sample",
        "physiotherapist",
        "05678",
        "since 2026-10-20",
        "2026-10-06 to 2026-10-25",
        1,
        95,
        0,
        95,
    ] in page
    assert not any("Asks for" in cells for cells in page)


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ([], ""),
        (["2026-10-SUNL-0007"], "2026-10-SUNL-0007"),
        (["2026-10-SUNL-0002", "2026-10-SUNL-0001"], "2026-10-SUNL-0001 to 0002"),
        (
            ["2026-10-MANU-0001", *(f"2026-10-SUNL-{n:04d}" for n in (1, 2, 3, 7, 9, 10))],
            "2026-10-MANU-0001; 2026-10-SUNL-0001 to 0003, 0007, 0009 to 0010",
        ),
        (["2026-10-SUNL-9999", "2026-10-SUNL-10000"], "2026-10-SUNL-9999 to 10000"),
    ],
)
def test_claims_that_follow_one_another_are_a_range_in_a_cell(claims: list[str], words: str) -> None:
    assert claim_ranges(claims) == words


def test_a_great_many_claims_fit_a_cell_that_a_page_can_hold() -> None:
    text = claim_ranges(f"2026-10-SUNL-{n:04d}" for n in range(1, 9000, 2))
    assert 1_100 < len(text) < 1_300
    assert text.endswith(" and more: ims-billing why CLAIM shows the rules of each")


def test_sources_have_a_line_for_each_rule_with_its_claims(tmp_path: Path) -> None:
    rows = [row(Patient=name, Patient_ID=name, Service_Date=dt.date(2026, 10, day)) for name, day in
            [("A", 5), ("A", 6), ("A", 7), ("B", 8)]]  # fmt: skip
    sheet = opened(claim_summary(on_ledger(month_of(tmp_path, rows))))["Sources"]
    lines = [[cell for cell in cells if cell is not None] for cells in sheet.iter_rows(values_only=True)]
    assert ["Fee: IMS", "clinic setup", "2026-10-SUNL-0001 to 0004", "$95.00", 4, "yes", "from 2026-04-01"] in lines
    often = CATALOGUE["unusual-frequency"].title
    assert [line[2] for line in lines if line and line[0] == often and len(line) == 3] == ["2026-10-SUNL-0001 to 0003"]


def test_the_overview_compares_insurers_and_practitioners_with_last_month(tmp_path: Path) -> None:
    shown = on_ledger(month_of(tmp_path, [row(), row(Patient="B", Insurer="Pacific Blue Cross")]))
    by = {"by_insurer": (("ICBC", 8_000), ("Sun Life", 19_000)), "by_practitioner": (("Ann Example", 27_000),)}
    months = tuple(
        MonthFigures(f"2026-{n:02d}", 3, 28_500, 0, 27_000, paid_cents=9_000 + n, **(by if n == 9 else {}))
        for n in range(9, 0, -1)
    )
    sheet = opened(claim_summary(replace(shown, totals=replace(shown.totals, months_before=months))))["Overview"]
    lines = [[cell for cell in cells if cell is not None] for cells in sheet.iter_rows(values_only=True)]
    assert ["Insurer", "Claims", "Fees", "Patient paid", "Amount claimed", "In 2026-09"] in lines
    assert ["Sun Life", 1, 95, 0, 95, 190] in lines
    assert ["Pacific Blue Cross", 1, 95, 0, 95, 0] in lines
    assert ["ICBC", 0, 0, 0, 0, 80] in lines, "who had claims last month and has none now"
    assert ["Ann Example", 2, 190, 0, 190, 270] in lines
    assert ["2026-09", 3, 285, 0, 270, 90.09] in lines
    chart: Any = sheet._charts[0]  # type: ignore[attr-defined]
    assert [series.tx.v for series in chart.series] == ["Amount claimed", "Paid so far"]
    assert all(series.dLbls is None for series in chart.series), "twenty numbers would lie one over the other"
    assert chart.y_axis.delete is False


SAYS_ACUPUNCTURE = st.sampled_from(
    ["IMS Acupuncture", "ims acupuncture initial 45 min", "IMS ACUPUNCTURE - follow-up", "Clinic Acupuncture Special",
     "IMS/Acupuncture", "Acupuncture", "Acuponcture PPAS", "Electroacupuncture + IMS", "acu IMS", "IMS"]
)  # fmt: skip


@examples(6)
@given(st.lists(SAYS_ACUPUNCTURE, min_size=1, max_size=6), st.sampled_from(["Sun Life", "Manulife", "MSP"]))
def test_whatever_the_input_says_no_service_that_goes_to_an_insurer_says_acupuncture(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], insurer: str
) -> None:
    numbers = {"PHN": "9123947241", "Birth_Date": dt.date(1990, 1, 1), "Member_ID": "1", "Relationship": "self"}
    visits = [row(Service=name, Insurer=insurer, Patient=f"P{n}", **numbers) for n, name in enumerate(names)]
    decided = '[service_names]\n"Clinic Acupuncture Special" = "ims"\n[severity]\nims-or-acupuncture = "off"\n'
    month = month_of(tmp_path_factory.mktemp("m"), visits, more=MORE + decided)
    shown = on_ledger(month)
    for each in (insurer for batch in shown.batches for insurer in batch.origin.insurers):
        for sheet in opened(insurer_report(shown, shown.batches[0], each)):
            for cell in (cell for cells in sheet.iter_rows() for cell in cells):
                assert "acup" not in str(cell.value).casefold()
                assert "acuponc" not in str(cell.value).casefold()
    assert (
        not month.claims[["service", "service_code", "description"]]
        .apply(lambda column: column.str.contains("(?i)acup", regex=True))
        .any(axis=None)
    )


HOSTILE = [
    "=cmd|' /C calc'!A0", "+A1+1", "-B2+3", "@SUM(A1:A9)", "\t=1+a", "&amp; <b>bold</b>", "O'Brien \"Bob &\" Söhne",
    "a/b\\c:d*e?f", "../../etc/passwd", "😀 Zoë 王", "http://example.org", "x" * 300, "line\nbreak",
    "\u202etxt.exe",
]  # fmt: skip


def test_hostile_text_comes_out_harmless_with_sane_file_names(tmp_path: Path) -> None:
    more = '[[insurer]]\nname = "../../x"\ncode = "EVIL"\n\n[[insurer]]\nname = "CON"\ncode = "CONX"\n'
    rows = [
        {**row(Session_ID=str(n), Insurer=("../../x", "CON", "Sun Life")[n % 3], Service_Date=dt.date(2026, 10, 1 + n)),
         "Patient": text, "Policy Number": f"A{n}01", "Member ID": f"B{n}02", "Notes": text, "Location": text}
        for n, text in enumerate(HOSTILE)
    ]  # fmt: skip
    shown = on_ledger(month_of(tmp_path, [*rows, row(Tax=1.0, Patient=HOSTILE[0])], more=more))
    # A name with a line break is held: no name has one.
    assert len(shown.claims) == len(HOSTILE) - 1
    written = write_month(shown, {1}, tmp_path / "out")
    assert sorted(path.relative_to(tmp_path / "out").as_posix() for path in written.files) == [
        "2026-10/claim-summary-2026-10.xlsx", "2026-10/claims-2026-10.csv", "2026-10/insurers/con-2026-10.xlsx",
        "2026-10/insurers/sun-life-2026-10.xlsx", "2026-10/insurers/x-2026-10.xlsx",
    ]  # fmt: skip
    for path in written.files:
        if path.suffix == ".xlsx":
            for sheet in openpyxl.load_workbook(path):
                for cell in (cell for cells in sheet.iter_rows() for cell in cells):
                    assert cell.data_type != "f"
                    assert cell.hyperlink is None or cell.hyperlink.target is None, "links lead to our own sheets"
            names = zipfile.ZipFile(path).namelist()
            assert not [name for name in names if "externalLink" in name or "vba" in name.lower()]
    patients = column(opened(claim_summary(shown))["Claims"], "Patient")
    assert {"=cmd|' /C calc'!A0", "&amp; <b>bold</b>", "../../etc/passwd", "😀 Zoë 王"} <= set(patients)


def test_more_lines_than_a_sheet_holds_are_refused_with_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ims_billing.workbooks.table._MOST_ROWS", 2)
    book = Book("Title", "Clinic", dt.date(2026, 11, 5))
    with pytest.raises(BillingError, match="3 lines are more than a sheet of a workbook holds"):
        book.table(Table("Claims", [Column("Claim")], [["a", "b", "c"]]))


def test_what_an_insurer_does_not_ask_for_and_nobody_said_has_no_column(tmp_path: Path) -> None:
    spouse: dict[str, Any] = {"Relationship": "spouse", "Insured Name": "Robin Madeup", "Member ID": "1"}
    spouse |= {"Birth Date": dt.date(1980, 1, 1)}
    second = {"Secondary Insurer": "Sunlife", "Secondary Policy Number": "007", "Secondary Member ID": "-02"}
    of_insured = {"Insured Birth Date": dt.date(1979, 12, 31)}
    plain = headings(claim_lines_of(tmp_path, [{**row(Insurer="Manulife"), **spouse}]))
    assert not {"Insured birth date", "Second insurer", "Second policy", "Second member ID"} & set(plain)
    sheet = claim_lines_of(tmp_path, [{**row(Insurer="Manulife"), **spouse, **second, **of_insured}])
    assert [column(sheet, name) for name in ("Second insurer", "Second policy", "Second member ID")] == [
        ["Sun Life"], ["007"], ["-02"],
    ]  # fmt: skip
    assert column(sheet, "Insured birth date") == [dt.datetime(1979, 12, 31)]
    claim_lines = claim_lines_of(tmp_path, [{**row(), **spouse, **of_insured}], "sun-life")
    assert not {"Insured birth date", "Relationship"} & set(headings(claim_lines))


def test_the_clinics_summary_says_who_pays_first_and_the_insurers_does_not(tmp_path: Path) -> None:
    cells = {"Secondary Insurer": "Sun Life", "Payer File Number": "1", "Accident Date": dt.date(2026, 9, 1)}
    shown = on_ledger(month_of(tmp_path, [{**row(Insurer="ICBC"), **cells}]))
    ours, theirs = (
        [cell for cells in book.iter_rows(values_only=True) for cell in cells]
        for book in (opened(claim_summary(shown))["Sources"], insurer_book(shown, "icbc")["Summary"])
    )
    assert ours[ours.index("Claims with a second insurer") :].count("ICBC pays before any plan: it comes first.") == 1
    assert not any("pays before" in str(cell) for cell in theirs)


def test_the_overview_tells_what_is_worth_knowing_and_why_less_is_claimed(tmp_path: Path) -> None:
    work = {"Patient": "B", "Insurer": "WorkSafeBC", "Payer File Number": "1", "Accident Date": dt.date(2026, 9, 1)}
    more = '[[fee]]\nservice = "ims"\ninsurer = "WorkSafeBC"\namount = 82.50\nfrom = 2026-01-01\n'
    often = [row(Service_Date=dt.date(2026, 10, day)) for day in (5, 6, 7)]
    book = opened(claim_summary(on_ledger(month_of(tmp_path, [{**row(), **work}, *often], more=more))))
    overview, sources = (
        [cell for cells in book[name].iter_rows(values_only=True) for cell in cells if cell is not None]
        for name in ("Overview", "Sources")
    )
    title = CATALOGUE["unusual-frequency"].title
    to_check = sources.index("To check on claims") + 3
    assert sources[to_check:][:2] == [title, 3]
    assert overview[overview.index("Check these claims before sending") + 1] == 3
    assert overview[overview.index("IMS share") + 1] == "100%: 4 of the 4 sessions that took place"
    place = sources.index(title)
    assert sources[place + 2] == "2026-10-SUNL-0001 to 0003"
    assert "Public payers pay set rates: $12.50 below your fees on 1 claim." in overview


def test_charts_begin_at_zero_hold_their_values_and_say_in_words_what_they_show(tmp_path: Path) -> None:
    def parts(rows: list[dict[str, Any]], folder: str) -> list[str]:
        content = claim_summary(on_ledger(month_of(tmp_path, rows)))
        archive = zipfile.ZipFile(io.BytesIO(content))
        return [archive.read(name).decode() for name in archive.namelist() if name.startswith(f"xl/{folder}/")]

    assert parts([row()], "charts") == []
    both = [row(), row(Insurer="PBC", Patient="B", Service_Date=dt.date(2026, 10, 20)), row(Tax=1.0, Patient="C")]
    [chart] = parts(both, "charts")
    assert "Insurers: amount claimed" in chart
    assert '<barDir val="bar"' in chart
    assert '<min val="0"' in chart
    assert [re.findall(r"<v>([^<]*)</v>", part) for part in chart.split("</cat>")] == [
        ["Pacific Blue Cross", "Sun Life"], ["95", "95"],
    ]  # fmt: skip
    [drawing] = [part for part in parts(both, "drawings") if "descr=" in part]
    assert "Insurers, amount claimed: Pacific Blue Cross 95.00; Sun Life 95.00" in drawing


def test_the_overview_says_first_what_was_claimed_what_waits_and_what_to_do(tmp_path: Path) -> None:
    sheet = opened(claim_summary(on_ledger(month_of(tmp_path, [row(), row(Tax=1.0, Patient="C")]))))["Overview"]
    first = [str(sheet.cell(number, 1).value) for number in range(1, 14)]
    assert first[1:4] == [
        "Claimed: 1 claim for $95.00.",
        "Waiting for you: 1 session with fees of $95.00.",
        "Paid so far: nothing that this program has read yet.",
    ]
    assert first.index("To do") < 10
    place = first.index("Fix or decide what is on hold") + 1
    link = sheet.cell(place, 5).hyperlink
    assert link is not None
    assert (sheet.cell(place, 2).value, sheet.cell(place, 3).value, link.location) == (1, 95, "'Needs attention'!A1")


@pytest.mark.parametrize("second", ["None", "n/a", "-", "Out of pocket", "Sun Life", "Nobody At All"])
def test_what_is_no_second_insurer_is_not_sent_out(tmp_path: Path, second: str) -> None:
    month = month_of(tmp_path, [{**row(), "Secondary Insurer": second, "Secondary Policy Number": "00123"}])
    assert list(month.claims["secondary_insurer"]) == [""]
    # It may be a person's name: a message does not repeat it.
    unknown = "The second insurer is not known, and the claim names none."
    assert list(month.findings["message"]) == ([unknown] if second == "Nobody At All" else [])
    assert set(month.findings["severity"]) <= {"warn"}


def test_what_is_not_billed_is_ims_first_then_by_row_and_the_paper_says_what_it_leaves_out(tmp_path: Path) -> None:
    other, elsewhere = {"Service": "RMT Massage 60 min"}, {"Service Date": "2026-09-30"}
    rows = [row(**other, **{"Service Date": f"2026-10-{30 - n}"}) for n in range(10)]
    rows += [row(**elsewhere), row(Insurer="Private pay"), row(Status="Cancelled")]
    sheet = opened(claim_summary(on_ledger(month_of(tmp_path, rows))))["Not billed"]
    places = [int(source.rpartition(" ")[2]) for source in column(sheet, "Source")]
    assert column(sheet, "Reason") == ["cancelled", "self-pay", *["other-service"] * 10, "outside-month"]
    assert places == [14, 13, *range(2, 12), 12]
    assert sheet.print_area == "'Not billed'!$A$1:$H$3"
    foot: Any = sheet.oddFooter
    assert foot.center.text == "Printed: 2 of 13 lines. The workbook has them all."


def test_how_to_fix_and_what_stands_beside_it_can_be_read_whole_on_the_screen(tmp_path: Path) -> None:
    rows = [row(Insurer="WorkSafeBC", Payer_File_Number="7", Service="IMS Acupuncture - Subsequent visit 30 min")]
    sheet = opened(claim_summary(on_ledger(month_of(tmp_path, rows))))["Needs attention"]
    top, columns = table(sheet, "How to fix", "Service", "Kind", "Source")
    cells = {heading: sheet.cell(top + 1, columns[heading]) for heading in ("How to fix", "Service", "Kind", "Source")}
    widths = {name: sheet.column_dimensions[get_column_letter(columns[name])].width for name in cells}
    fix = cells.pop("How to fix")
    assert fix.alignment.wrap_text
    # Its letters are smaller than those that widths are counted in.
    assert (sheet.row_dimensions[top + 1].height or 15) >= 15 * len(str(fix.value)) / (widths["How to fix"] * 11 / 9)
    assert all(widths[heading] >= len(str(cell.value)) * 0.9 for heading, cell in cells.items())


def test_headings_do_not_touch(tmp_path: Path) -> None:
    claims = opened(claim_summary(on_ledger(month_of(tmp_path, [row()]))))["Claims"]
    assert all(cell.alignment.indent == 1 for cell in claims[1])


def test_what_the_overview_sends_one_to_the_claims_for_is_printed_there(tmp_path: Path) -> None:
    late = row(Insurer="Manulife", Member_ID="1", Service_Date=dt.date(2026, 10, 1))
    rows = [late, row(PHN="9123947242"), row(Patient="Zed Madeup", Birth_Date=dt.date(2027, 1, 1))]
    telus = '[[insurer]]\nname = "Manulife"\nchannel = "TELUS eClaims"\n'
    claims = opened(claim_summary(on_ledger(month_of(tmp_path, rows, more=telus))))["Claims"]
    printed = claims[claims.print_area.split("!")[-1].replace("$", "")]
    shown = [cell.value for cell in printed[0]]
    assert [h for h in ("Send another way", "Check before sending", "Source") if h in shown] == [
        "Send another way", "Check before sending",
    ]  # fmt: skip
    widths = [claims.column_dimensions[cell.column_letter].width for cell in printed[0]]
    # The other columns are made narrower for the paper: a sentence of 130 characters made a claim ten lines high.
    assert widths[-2:] == [17, 26]
    points = 11 * (14 * 72 - 36) / sum(width * 5.25 + 3.75 for width in widths)
    assert points >= 8.2


def test_what_may_be_ims_is_not_counted_with_what_is_so_for_certain(tmp_path: Path) -> None:
    september = row(Service_Date=dt.date(2026, 9, 30))
    rows = [row(), row(Service="Needling 30", Patient="Zed Madeup"), september, september | {"Patient": "Al Madeup"}]
    view = on_ledger(month_of(tmp_path, rows))
    to_do = next(block for block in overview(view, []) if block.title == "To do")
    numbers = {str(line[0]): line[1] for line in to_do.rows}
    assert numbers["Look at services that are not billed and may be IMS"] == 1
    assert numbers["Claim IMS sessions of other months"] == 2


def claim_lines_of(tmp_path: Path, rows: list[dict[str, Any]], insurer: str = "manulife") -> Worksheet:
    more = MORE.replace('channel = "TELUS eClaims"\n', "")
    return insurer_book(on_ledger(month_of(tmp_path, rows, more=more)), insurer)["Claim lines"]


def test_nothing_private_and_no_acupuncture_goes_to_an_insurer(tmp_path: Path) -> None:
    rows = [row(Service="IMS Acupuncture - Follow-up", Notes="private words", PHN="9123947241")]
    shown = on_ledger(month_of(tmp_path, rows))
    content = first_report(shown)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    for word in ("cupuncture", "private words", "9123947241"):
        assert word not in text


def test_the_totals_of_the_insurers_equal_the_summarys(shown: MonthView) -> None:
    summary = total(column(opened(claim_summary(shown))["Claims"], "Amount claimed"))
    insurers = [insurer_book(shown, i.id) for i in shown.batches[0].origin.insurers]
    assert sum(total(column(book["Claim lines"], "Amount claimed")) for book in insurers) == summary == 308
    sums = [cells for book in insurers for cells in book["Summary"].iter_rows(values_only=True) if cells[0] == "Total"]
    assert total([cells[-1] for cells in sums]) == summary


def test_money_is_numbers_dates_are_dates_and_identifiers_are_text(shown: MonthView) -> None:
    claims = opened(claim_summary(shown))["Claims"]
    first = dict(zip(headings(claims), claims[2], strict=True))
    assert (first["Fee"].value, first["Fee"].number_format) == (95, "#,##0.00")
    assert (first["Service date"].value, first["Service date"].number_format) == (
        dt.datetime(2026, 10, 7),
        "yyyy-mm-dd",
    )
    assert (first["Registration"].value, first["Registration"].number_format) == ("01234", "@")
    assert [p for p in column(claims, "Policy") if p][-3:] == ["00123", "00123", "0099-00"]
    assert column(claims, "Member ID")[0] == "-07"


TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("=+-@'\"&<\n"), min_size=1, max_size=40
) | st.sampled_from(["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "#N/A", "1/2", "  padded  ", "TRUE"])


@examples(30)
@given(st.lists(TEXT, min_size=1, max_size=6))
def test_text_comes_out_as_the_same_text_and_is_never_a_formula(texts: list[str]) -> None:
    book = Book("Title", "Clinic", dt.date(2026, 11, 5))
    book.table(Table("Sheet", [Column("Text"), Column("Id", "id")], [texts, texts]))
    sheet = opened(book.bytes())["Sheet"]
    cells = [cell for line in sheet.iter_rows(min_row=2) for cell in line]
    assert [cell.value for cell in cells] == [text for text in texts for _ in range(2)]
    assert {cell.data_type for cell in cells} == {"s"}


def dump(content: bytes) -> str:
    """A workbook as text: how each sheet prints and looks, then its cells with their formats."""
    lines = []
    book = opened(content)
    lines.append(f"{book.properties.title} | {book.properties.creator} | {book.properties.created}")
    for sheet in book:
        setup, widths = sheet.page_setup, sheet.column_dimensions
        head, foot = sheet.oddHeader, sheet.oddFooter
        assert head is not None
        assert foot is not None
        lines += [
            "",
            f"[{sheet.title}] frozen {sheet.freeze_panes} filter {sheet.auto_filter.ref}",
            f"titles {sheet.print_title_rows} printed {sheet.print_area or 'all'} "
            f"pages end after {[page_break.id for page_break in sheet.row_breaks.brk]}",
            f"{setup.orientation} paper {setup.paperSize} fit {setup.fitToWidth}x{setup.fitToHeight} "
            f"{sheet.sheet_properties.pageSetUpPr.fitToPage if sheet.sheet_properties.pageSetUpPr else None}",
            f"header {head.left.text} | {head.right.text}",
            f"footer {foot.left.text} | {foot.right.text}",
            "widths " + " ".join(f"{letter}={d.width:g}" for letter, d in sorted(widths.items())),
            f"protected {sheet.protection.sheet}, sort {sheet.protection.sort}, filter {sheet.protection.autoFilter}",
            *(f"choice {v.sqref} {v.formula1}" for v in sheet.data_validations.dataValidation),
        ]
        for line in sheet.iter_rows():
            for cell in line:
                if cell.value is not None or not cell.protection.locked:
                    style = "" if cell.protection.locked else "open "
                    style += "b" if cell.font.bold else "-"
                    style += "s" if cell.fill.fill_type else "-"
                    style += "w" if cell.alignment.wrap_text else "-"
                    style += str(cell.alignment.horizontal)[0]
                    lines.append(f"{cell.coordinate:5} {style} {cell.number_format:10} {cell.value!r}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", ["claim-summary", "manulife"])
def test_workbooks_are_as_they_were(shown: MonthView, name: str) -> None:
    """The golden files show what changes; write them anew with IMS_BILLING_GOLDEN=1 and read the difference."""
    content = claim_summary(shown) if name == "claim-summary" else first_report(shown)
    golden = HERE / "data" / f"golden-{name}.txt"
    # The hashes of the input files and the clinic file depend on openpyxl's clock in the tests' own spreadsheets.
    text = "\n".join(_without_hashes(dump(content), shown))
    if os.environ.get("IMS_BILLING_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_a_list_to_choose_from_names_its_words_plainly(shown: MonthView) -> None:
    """Excel takes the words in quotes and without blanks; nobody wants to read them so."""
    checks = openpyxl.load_workbook(io.BytesIO(claim_summary(shown)))["Needs attention"].data_validations.dataValidation
    messages = {check.error for check in checks if check.type == "list" and check.formula1.startswith('"')}
    assert "Choose one of: Bill, Do not bill, Later." in messages
    assert not any('"' in message for message in messages)


def _without_hashes(text: str, shown: MonthView) -> list[str]:
    for sha256 in (*(file.sha256 for file in shown.origin.files), shown.origin.clinic_sha256):
        text = text.replace(sha256, "<sha256>")
    return text.splitlines()


def test_the_same_month_gives_the_same_bytes(shown: MonthView) -> None:
    assert claim_summary(shown) == claim_summary(shown)
    assert first_report(shown) == insurer_report(shown, shown.batches[0], shown.batches[0].origin.insurers[0])


class Salted(str):
    """A text with another hash for each salt, as Python's own texts have one in each process."""

    salt = 0

    def __hash__(self) -> int:
        return hash((self.salt, str(self)))


def test_another_process_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column is as wide as the widest of its longest texts, and there are more of them than are measured."""
    texts = [f"{'W' * (number // 8)}{'A' * (number % 8)}".ljust(16, "i") for number in range(60)]
    written = set()
    for salt in range(4):
        monkeypatch.setattr(Salted, "salt", salt)
        book = Book("Title", "Clinic", dt.date(2026, 11, 5))
        book.table(Table("Table", [Column("Name")], [[Salted(text) for text in texts]]))
        written.add(book.bytes())
    assert len(written) == 1


def test_workbooks_name_no_machine_no_user_and_no_clock(shown: MonthView) -> None:
    with zipfile.ZipFile(io.BytesIO(claim_summary(shown))) as archive:
        core = archive.read("docProps/core.xml").decode()
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
    stamps = re.findall(r"<dcterms:\w+[^>]*>([^<]*)<", core)
    assert stamps == ["2026-11-05T00:00:00Z"] * 2
    assert re.findall(r"<dc:creator>([^<]*)<|<cp:lastModifiedBy>([^<]*)<", core) == [("Example Physiotherapy", "")]


def test_the_csv_is_utf_8_with_mark_and_nothing_in_it_acts(shown: MonthView) -> None:
    content = claims_csv(shown)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert ",".join(rows[0]) == (
        "claim,batch,insurer,service_date,patient,policy,member_id,practitioner,registration,service,service_code,"
        "description,fee,patient_paid,amount_claimed,replaces,voided"
    )
    assert [r["patient"] for r in rows] == ["'@Home", "Max", "'=1+1", "Zoë Étoile (& Söhne)"]
    assert rows[0]["member_id"] == "-07"
    assert [r["fee"] for r in rows] == ["95.00"] * 4
    assert rows[2]["patient_paid"] == "20.00"
    assert {r["service"] for r in rows} == {"ims"}


def test_a_month_is_written_whole_with_sane_names(tmp_path: Path) -> None:
    more = '[[insurer]]\nname = "../../x"\ncode = "XXXX"\n[[insurer]]\nname = "保险"\ncode = "YYYY"\n'
    rows = [row(Insurer="../../x"), row(Insurer="保险", Patient="B")]
    shown = on_ledger(month_of(tmp_path, rows, more=more))
    out = tmp_path / "my reports"
    written = write_month(shown, {1}, out)
    names = sorted(path.relative_to(out).as_posix() for path in written.files)
    assert names == [
        "2026-10/claim-summary-2026-10.xlsx",
        "2026-10/claims-2026-10.csv",
        "2026-10/insurers/x-2026-10.xlsx",
        "2026-10/insurers/yyyy-2026-10.xlsx",
    ]
    assert sorted(p for p in out.rglob("*") if p.is_file()) == sorted(written.files)


def test_an_insurers_workbook_of_an_earlier_run_is_pointed_out(shown: MonthView, tmp_path: Path) -> None:
    stale = tmp_path / "out" / "2026-10" / "insurers" / "desjardins-2026-10.xlsx"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"old")
    assert write_month(shown, {1}, tmp_path / "out").left_over == (stale,)
    assert stale.read_bytes() == b"old"


@posix_only
def test_files_are_for_their_owner_only_unless_the_folder_is_shared(shown: MonthView, tmp_path: Path) -> None:
    own = write_month(shown, {1}, tmp_path / "own")
    assert not own.shared
    assert {stat.S_IMODE(p.stat().st_mode) for p in own.files} == {0o600}
    assert stat.S_IMODE((tmp_path / "own" / "2026-10").stat().st_mode) == 0o700
    team = tmp_path / "team"
    team.mkdir()
    team.chmod(0o770)
    shared = write_month(shown, {1}, team)
    assert shared.shared
    assert {stat.S_IMODE(p.stat().st_mode) for p in shared.files} == {0o660}


@posix_only
def test_a_new_folder_is_shared_only_in_one_that_was_given_to_others(shown: MonthView, tmp_path: Path) -> None:
    for mode, shared in ((0o2770, True), (0o777, True), (0o775, False), (0o1777, False), (0o755, False)):
        parent = tmp_path / f"{mode:o}"
        parent.mkdir()
        parent.chmod(mode)
        written = write_month(shown, {1}, parent / "reports")
        assert written.shared == shared, oct(mode)
        modes = {stat.S_IMODE(p.stat().st_mode) for p in written.files}
        assert modes == ({mode & 0o666} if shared else {0o600}), oct(mode)


@pytest.mark.parametrize("lock", ["~$claim-summary-2026-10.xlsx", ".~lock.claim-summary-2026-10.xlsx#"])
def test_a_workbook_open_in_excel_or_libreoffice_stops_everything(shown: MonthView, tmp_path: Path, lock: str) -> None:
    folder = tmp_path / "out" / "2026-10"
    folder.mkdir(parents=True)
    (folder / lock).write_bytes(b"")
    with pytest.raises(BillingError, match="open in another program"):
        write_month(shown, {1}, tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").rglob("*") if p.is_file()] == [lock]


def test_a_file_in_place_of_the_folder_stops_everything(shown: MonthView, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(BillingError, match="this is a file, and the output needs a folder"):
        write_month(shown, {1}, tmp_path / "out")


def test_a_failure_in_the_middle_leaves_nothing_half_written(
    shown: MonthView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_month(shown, {1}, tmp_path / "out")
    before = {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    synced = 0

    def full_disk(_: int) -> None:
        nonlocal synced
        synced += 1
        if synced == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(BillingError, match="the drive is full or limits the file"):
        write_month(shown, {1}, tmp_path / "out")
    assert {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()} == before


def test_every_file_of_the_month_is_planned(shown: MonthView) -> None:
    assert [path.as_posix() for path in month_paths(Path(), shown.month, shown.batches)] == [
        "2026-10/claim-summary-2026-10.xlsx",
        "2026-10/claims-2026-10.csv",
        "2026-10/insurers/manulife-2026-10.xlsx",
        "2026-10/insurers/msp-2026-10.xlsx",
        "2026-10/insurers/sun-life-2026-10.xlsx",
    ]


def test_no_row_is_higher_than_excel_has_them(tmp_path: Path) -> None:
    book = opened(claim_summary(on_ledger(month_of(tmp_path, [row(Patient="Max Madeup " * 1000)]))))
    assert 15 < max(each.height or 0 for each in book["Claims"].row_dimensions.values()) <= 409
