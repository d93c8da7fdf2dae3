"""Layouts that say more, and the reports of practice systems: each with a made-up export that gives its sessions."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook

from ims_billing.clinic.clinic import Clinic
from ims_billing.commands.reconcile import reconcile
from ims_billing.commands.workplace import Workplace
from ims_billing.month.prepare import Scope, prepare_month
from ims_billing.payments.payers import names_of_patients
from ims_billing.payments.posting import Recorded, reconciled
from ims_billing.reading.intake import read_files
from ims_billing.reading.remittances import read_remittances
from ims_billing.rules.systems import systems
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.intake import Intake
from tests.practice import AS_OF, MONTH, clinic_file, messages_of, outcomes, practice
from tests.test_record import PAT, Office

Cells = Sequence[Sequence[Any]]
PLAIN = ["Date", "Patient", "Practitioner", "Service", "Insurer", "Policy Number", "Fee"]
VISIT = ["2026-10-07", "Ada Sample", "Ann Example", "IMS", "Sun Life", "00123", "95.00"]
OTHER = ["2026-10-08", "Bob Invented", "Ben Sample", "IMS", "Sun Life", "00124", "95.00"]
POLICIES = [
    ["Patient", "Insurer", "Policy Number"],
    ["Ada Sample", "Sun Life", "00123"],
    ["Bob Invented", "Pacific Blue Cross", "77"],
]


def csv(folder: Path, cells: Cells, name: str = "export.csv") -> Path:
    """The cells as a text file; what holds a comma is quoted."""
    path = folder / name
    lines = [",".join(f'"{cell}"' if "," in str(cell) else str(cell) for cell in row) for row in cells]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def book(folder: Path, sheets: Mapping[str, Cells], name: str = "export.xlsx") -> Path:
    workbook = Workbook()
    for title, cells in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in cells:
            sheet.append(list(row))
    workbook.remove(workbook.worksheets[0])
    workbook.save(folder / name)
    return folder / name


def read(folder: Path, *cells: Cells, layout: str = "", clinic: str = "") -> Intake:
    """The tables as text files, read with a layout of the clinic's own."""
    more = f'[[layout]]\nname = "ours"\n{layout}' if layout else ""
    known = practice(folder, more, clinic)
    return read_files([csv(folder, table, f"export-{n}.csv") for n, table in enumerate(cells)], known)


def shown(intake: Intake, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the sessions, days and times as text."""
    frame = intake.sessions[list(columns)].copy()
    for name in frame:
        if pd.api.types.is_datetime64_any_dtype(frame[name]):
            frame[name] = frame[name].dt.strftime("%Y-%m-%d")
    return [tuple(row) for row in frame.itertuples(index=False, name=None)]


def test_first_and_last_name_in_two_columns_are_the_patient(tmp_path: Path) -> None:
    found = read(
        tmp_path, [["Date", "First Name", "Last Name", *PLAIN[2:]], ["2026-10-07", "Ada", "Sample", *VISIT[2:]]]
    )
    assert shown(found, "patient", "practitioner", "fee_cents") == [("Ada Sample", "Ann Example", 9500)]


def test_day_and_time_in_one_cell_are_both_read(tmp_path: Path) -> None:
    cells = [["Start Time", "End Time", *PLAIN[1:]]]
    cells += [["October 6, 2026 9:00 am", "October 6, 2026 9:45 am", *VISIT[1:]]]
    found = read(tmp_path, cells)
    assert shown(found, "service_date", "start", "end", "minutes") == [("2026-10-06", 540, 585, 45)]


def test_of_two_columns_with_one_heading_the_second_can_be_named(tmp_path: Path) -> None:
    cells = [[*PLAIN[:-1], "Paid", "Charge", "Paid"], [*VISIT[:-1], "1.00", "95.00", "20.00"]]
    layout = 'headings = { "Charge" = "Fee", "Paid (2)" = "Patient Paid" }\nignore = ["Paid (1)"]'
    found = read(tmp_path, cells, layout=layout)
    assert shown(found, "fee_cents", "patient_paid_cents") == [(9500, 2000)]
    assert not any(file.doubtful for file in found.files)


def test_two_headings_of_a_layout_for_one_field_in_one_file_are_refused(tmp_path: Path) -> None:
    cells = [[*PLAIN[:-1], "Net", "Gross"], [*VISIT[:-1], "90.00", "95.00"]]
    with pytest.raises(BillingError, match=r'"Net" \(column G\) and "Gross" \(column H\) are both read as Fee'):
        read(tmp_path, cells, layout='headings = { "Net" = "Fee", "Gross" = "Fee" }')


BANDS = [
    ["Date", "Patient", "Service", "Insurer", "Policy Number", "Fee"],
    ["Ann Example", "", "", "", "", ""],
    ["2026-10-07", "Ada Sample", "IMS", "Sun Life", "00123", "95.00"],
    ["2026-10-09", "Cy Madeup", "IMS", "Sun Life", "00125", "95.00"],
    ["Subtotal", "", "", "", "", "190.00"],
    ["Practitioner: Ben Sample", "", "", "", "", ""],
    ["2026-10-08", "Bob Invented", "IMS", "Sun Life", "00124", "95.00"],
    ["Somebody Else", "", "", "", "", ""],
    ["2026-10-08", "Dee Madeup", "IMS", "Sun Life", "00126", "95.00"],
]


def test_a_practitioner_on_a_heading_row_is_the_one_of_the_sessions_below(tmp_path: Path) -> None:
    found = read(tmp_path, BANDS, layout='headings = {}\nabove = "Practitioner"')
    assert shown(found, "patient", "practitioner") == [
        ("Ada Sample", "Ann Example"),
        ("Cy Madeup", "Ann Example"),
        ("Bob Invented", "Ben Sample"),
        ("Dee Madeup", "Somebody Else"),
    ]
    month = prepare_month(found, Scope(practice(tmp_path), month=MONTH, as_of=AS_OF))
    assert outcomes(month) == ["claimed", "claimed", "claimed", "held"]


def test_a_session_above_the_first_heading_row_has_no_practitioner(tmp_path: Path) -> None:
    found = read(tmp_path, [BANDS[0], BANDS[2], BANDS[1], BANDS[3]], layout='headings = {}\nabove = "Practitioner"')
    assert shown(found, "practitioner") == [("",), ("Ann Example",)]


def test_without_the_layout_a_heading_row_names_nobody(tmp_path: Path) -> None:
    with pytest.raises(BillingError, match="missing: Practitioner"):
        read(tmp_path, BANDS)


def test_a_header_over_two_rows_is_read_as_one(tmp_path: Path) -> None:
    upper = ["Service", "Client", "", "Treating", "", "Insurance", "", ""]
    lower = ["Date", "First Name", "Last Name", "Therapist", "Treatment", "Company", "Policy Number", "Fee"]
    visit = ["2026-10-07", "Ada", "Sample", "Ann Example", "IMS", "Sun Life", "00123", "95.00"]
    expected = [("2026-10-07", "Ada Sample", "Ann Example", "Sun Life", "00123")]
    columns = ("service_date", "patient", "practitioner", "insurer", "policy")
    assert shown(read(tmp_path, [upper, lower, visit]), *columns) == expected
    layout = 'header_rows = 2\nheadings = { "Plan Company" = "Insurer", "Plan No" = "Policy Number" }'
    upper[5:7], lower[5:7] = ["Plan", ""], ["Company", "No"]
    assert shown(read(tmp_path, [upper, lower, visit], layout=layout), *columns) == expected


def test_the_wanted_table_may_stand_below_others_in_one_sheet(tmp_path: Path) -> None:
    summary = [["Summary", ""], ["Type", "Total"], *[[f"Service {n}", "95.00"] for n in range(40)], ["", ""]]
    wide = [[*row, *[""] * (len(PLAIN) - len(row))] for row in summary]
    found = read(tmp_path, [*wide, PLAIN, VISIT])
    assert shown(found, "patient", "row") == [("Ada Sample", 45)]


@pytest.mark.parametrize(
    ("above", "refused"),
    [
        ([VISIT], True), ([["Clinic"], VISIT], True),
        ([["Fee", "Date", "Client", "Therapist", "Treatment"], ["95.00", "2026-10-07", "Ada", "Ann", "IMS"]], True),
        ([["IMS visits", "From", "2026-10-01", "To", "2026-10-31", "Main Street"]], False),
        ([["Period", "2026-10-01", "to", "2026-10-31", "IMS sessions", "4"]], False),
        ([["2026-11-01", "Example Physiotherapy", "", "Printed by Ann", "IMS list"]], False),
        ([["Sunny Clinic", "", "", "printed 2026-11-01"], ["Total", "", "", "", "", "", "95.00"]], False),
    ],
)  # fmt: skip
def test_a_visit_above_the_headings_is_refused(tmp_path: Path, above: Cells, *, refused: bool) -> None:
    table = [[*cells, *[""] * (len(PLAIN) - len(cells))] for cells in [*above, PLAIN, OTHER]]
    if not refused:
        assert len(read(tmp_path, table).sessions) == 1
        return
    with pytest.raises(BillingError, match="looks like a visit above the headings"):
        read(tmp_path, table)


def test_sheets_of_a_week_each_are_one_list(tmp_path: Path) -> None:
    known = practice(tmp_path)
    path = book(tmp_path, {"Oct 1-11": [PLAIN, VISIT], "Week 2": [PLAIN, OTHER], "2026-10-20": [PLAIN]})
    found = read_files([path], known)
    assert shown(found, "patient", "sheet", "row") == [("Ada Sample", "Oct 1-11", 2), ("Bob Invented", "Week 2", 2)]
    assert [(file.rows, file.sessions) for file in found.files] == [(2, 2)]


@pytest.mark.parametrize("second", ["Oct NS", "WL", "Page 2 - CX", "Week 1 x no"])
def test_a_sheet_with_two_letters_beside_its_name_is_no_part(tmp_path: Path, second: str) -> None:
    path = book(tmp_path, {"Oct": [PLAIN, VISIT], second: [PLAIN, OTHER]})
    with pytest.raises(BillingError, match="several sheets fit"):
        read_files([path], practice(tmp_path))


@pytest.mark.parametrize(
    ("sheet", "held"),
    [
        # Without a column of statuses; beside "arrived"; beside a blank status; beside no under Billed.
        ("No shows", [True, False, True, True]), ("Billed already", [True, True, True, False]),
        ("NS", [True, True, True, False]), ("October", [False] * 4), ("To be billed", [False] * 4),
        # The first two of these are enough to tell which of the kinds a name is of.
        ("Annulés", [True, False]), ("Sent", [True, True]), ("Do not bill", [True, True]),
        ("Not billable", [True, True]), ("Hold", [True, True]), ("Duplicates", [True, True]),
        ("Write-offs", [True, True]), ("Pending claims", [False] * 2), ("October draft", [False] * 2),
        ("Physio only", [False] * 2), ("Insurance billing", [False] * 2), ("Booked", [False] * 2),
    ],
)  # fmt: skip
def test_the_name_of_a_sheet_that_says_a_state_holds_its_rows(tmp_path: Path, sheet: str, held: list[bool]) -> None:
    clinic = practice(tmp_path)
    for is_held, (heading, cell) in zip(
        held, [("", ""), ("Status", "arrived"), ("Status", ""), ("Billed", "no")], strict=False
    ):
        cells = [[*PLAIN, heading], [*VISIT, cell]] if heading else [PLAIN, VISIT]
        intake = read_files([book(tmp_path, {sheet: cells})], clinic)
        month = prepare_month(intake, Scope(clinic, month=MONTH, as_of=AS_OF))
        assert outcomes(month) == (["held"] if is_held else ["claimed"]), (heading, cell)


def test_a_hidden_sheet_is_not_read_in_place_of_one_that_is_shown(tmp_path: Path) -> None:
    path = book(tmp_path, {"October": [[*PLAIN[:-1], "Amnt due"], VISIT], "Draft": [PLAIN, OTHER]})
    workbook = load_workbook(path)
    workbook["Draft"].sheet_state = "hidden"
    workbook.save(path)
    with pytest.raises(BillingError, match="October, row 1: 1 column is missing") as no:
        read_files([path], practice(tmp_path))
    assert 'closest to Fee: "Amnt due"' in str(no.value)
    assert str(no.value).endswith("The hidden sheet Draft could be read: show it in Excel if it is meant.")


def test_a_sheet_called_like_a_patient_is_named_by_its_number(tmp_path: Path) -> None:
    sheets = {"Ada Sample": [PLAIN, VISIT], "Invented, Bob": [PLAIN, OTHER]}
    found = read_files([book(tmp_path, sheets)], practice(tmp_path))
    assert shown(found, "patient", "sheet") == [("Ada Sample", "sheet 1"), ("Bob Invented", "sheet 2")]
    # Also where the sheet itself holds no visits.
    path = book(tmp_path, {"Visits": [PLAIN, VISIT], "Ada Sample": [["call her back"]]})
    assert read_files([path], practice(tmp_path)).files[0].remarks == ("the sheet sheet 2 was not read",)
    with pytest.raises(BillingError, match=r"several sheets fit \(sheet 1: sessions, Cancelled: sessions\)"):
        read_files([book(tmp_path, {"Ada Sample": [PLAIN, VISIT], "Cancelled": [PLAIN, OTHER]})], practice(tmp_path))


def test_sheets_that_may_be_something_else_are_parts_only_where_the_layout_says_so(tmp_path: Path) -> None:
    sheets = {"Attended": [PLAIN, VISIT], "Cancelled": [PLAIN, OTHER]}
    with pytest.raises(BillingError, match=r'sheets = \["Attended", "Cancelled"\]'):
        read_files([book(tmp_path, sheets)], practice(tmp_path))
    layout = '[[layout]]\nname = "ours"\nheadings = { "Date" = "Service Date" }\nsheets = '
    both = read_files([book(tmp_path, sheets)], practice(tmp_path, layout + '["Attended", "Cancelled"]'))
    assert len(both.sessions) == 2
    with pytest.raises(BillingError, match="several sheets fit"):
        read_files([book(tmp_path, sheets)], practice(tmp_path, layout + '["Attended", "December"]'))


# The second sheet of a workbook, and what is said of it: a visit is never left unread, anything else is named.
SECOND: dict[str, tuple[Cells, str]] = {
    "no headings": ([OTHER], "export.xlsx, Second, row 1: this looks like a visit with IMS"),
    "no insurer": (
        [[*PLAIN[:-3], *PLAIN[-1:]], [*OTHER[:-3], *OTHER[-1:]]], "export.xlsx, Second, row 1: 1 column is missing.\n"
    ),
    "another heading": ([[*PLAIN[:-1], "Amnt due"], OTHER], 'closest to Fee: "Amnt due"'),
    "without a service": ([["Date", "Patient", "By"], ["2026-10-08", "Bob Invented", "Ann Example"]], ""),
    "a price list": ([["Service", "Visit", "Insurer", "From", "Fee"], ["IMS", "first", "any", "2026-04-01", 95]], ""),
    "patients": ([["Patient", "Treatment", "Insurer", "Birth Date"], ["Ada Sample", "IMS", "GSC", "1980-03-04"]], ""),
    "training": ([["Name", "Course", "Date", "Teacher"], ["Ann Example", "Gunn IMS", "2026-10-05", "Prof Nobody"]], ""),
    "consents": ([["Patient", "Form", "Signed on", "Witness"], ["Ada Sample", "IMS", "2026-10-05", "Ann Example"]], ""),
    "orders": ([["IMS needles 0.30", "Acme Medical", "2026-10-01", "Ann", 25.5]], ""),
    "a filter": ([["Filter", "Service contains IMS", "From", "2026-10-01", "to", "2026-10-31"]], ""),
    "years ago": ([["2019-10-08", *OTHER[1:]]], ""),
    "a summary": ([["Week", "Sessions"], [41, 1], ["Cancelled", 3]], ""),
    "one note": ([["to do: call ICBC"]], ""),
}  # fmt: skip


@pytest.mark.parametrize("second", SECOND)
def test_a_sheet_that_is_not_read_is_named_and_one_with_visits_refused(tmp_path: Path, second: str) -> None:
    rows, message = SECOND[second]
    path = book(tmp_path, {"October": [PLAIN, VISIT], "Second": rows, "Empty": [PLAIN]})
    if not message:
        assert read_files([path], practice(tmp_path)).files[0].remarks == ("the sheet Second was not read",)
        return
    with pytest.raises(BillingError, match=re.escape(message)) as refused:
        read_files([path], practice(tmp_path))
    assert 'sheets = ["October"]' in str(refused.value)
    # A clinic that names the sheets that are meant has decided; one that it names has to be read.
    layout = '[[layout]]\nname = "ours"\nheadings = { "Date" = "Service Date" }\nsheets = '
    found = read_files([path], practice(tmp_path, layout + '["October"]'))
    assert found.files[0].remarks == ("the sheet Second was not read",)
    with pytest.raises(BillingError, match="the sheet Second is a part of one list by the clinic setup"):
        read_files([path], practice(tmp_path, layout + '["October", "Second"]'))


def test_a_sheet_without_services_is_of_visits_with_ims_where_its_name_says_so(tmp_path: Path) -> None:
    rows = SECOND["without a service"][0]
    with pytest.raises(BillingError, match="looks like a visit with IMS"):
        read_files([book(tmp_path, {"Physio": [PLAIN, VISIT], "IMS": rows})], practice(tmp_path))


def test_a_sheet_with_the_same_headings_that_the_setup_does_not_name_is_told(tmp_path: Path) -> None:
    sheets = {name: [PLAIN, visit] for name, visit in (("Ann", VISIT), ("Ben", OTHER), ("Cara", OTHER))}
    layout = '[[layout]]\nname = "ours"\nheadings = { "Date" = "Service Date" }\nsheets = ["Ann", "Ben"]'
    found = read_files([book(tmp_path, sheets)], practice(tmp_path, layout))
    assert (len(found.sessions), found.files[0].remarks) == (
        2,
        (
            "the sheet Cara was not read, although it has the same headings: the clinic setup does not name it (Sheets "
            "of one list)",
        ),
    )


WITHOUT = [[name for name in PLAIN if name not in ("Insurer", "Policy Number")]]
WITHOUT += [[*row[:4], row[6]] for row in (VISIT, OTHER, ["2026-10-09", "Cy Madeup", *VISIT[2:]])]


def test_the_insurer_is_taken_from_a_list_of_policies(tmp_path: Path) -> None:
    found = read(tmp_path, WITHOUT, POLICIES)
    assert shown(found, "patient", "insurer", "policy") == [
        ("Ada Sample", "Sun Life", "00123"),
        ("Bob Invented", "Pacific Blue Cross", "77"),
        ("Cy Madeup", "", ""),
    ]
    month = prepare_month(found, Scope(practice(tmp_path), month=MONTH, as_of=AS_OF))
    assert outcomes(month) == ["claimed", "claimed", "held"]


def test_an_odd_row_of_a_list_in_a_workbook_stops_no_month(tmp_path: Path) -> None:
    odd = [["Zed Other", "Ann Example", "Sun Life"], ["1001", "Other", "12345.01"], ["Zed Show", "Self", "self"]]
    month, policies = csv(tmp_path, WITHOUT), book(tmp_path, {"Policies": [*POLICIES, *odd]})
    found = read_files([month, policies], practice(tmp_path))
    assert shown(found, "patient", "insurer", "policy")[0] == ("Ada Sample", "Sun Life", "00123")


@pytest.mark.parametrize("clinic", ["", 'blank_insurer = "self-pay"'])
def test_a_patient_with_two_insurers_that_day_is_held(tmp_path: Path, clinic: str) -> None:
    both = [*POLICIES, ["Ada Sample", "Green Shield", "9"], ["Bob Invented", "PBC", "77"]]
    found = read(tmp_path, WITHOUT, both, clinic=clinic)
    assert [insurer for (insurer,) in shown(found, "insurer")] == ["", "Pacific Blue Cross", ""]
    month = prepare_month(found, Scope(practice(tmp_path, clinic=clinic), month=MONTH, as_of=AS_OF))
    assert outcomes(month)[:2] == ["held", "claimed"]


def test_a_policy_that_has_ended_or_not_begun_names_no_insurer(tmp_path: Path) -> None:
    policies = [["Patient", "Insurer", "Policy Number", "From", "Until"]]
    policies += [["Ada Sample", "Green Shield", "9", "2020-01-01", "2026-10-06"]]
    policies += [["Ada Sample", "Sun Life", "00123", "2026-10-07", ""]]
    assert shown(read(tmp_path, WITHOUT[:2], policies), "insurer") == [("Sun Life",)]


def test_without_a_list_of_policies_the_insurer_is_missing(tmp_path: Path) -> None:
    with pytest.raises(BillingError, match=r"missing: Insurer[\s\S]*list of policies"):
        read(tmp_path, WITHOUT)


def test_a_refusal_names_the_layout_that_the_file_is_most_like(tmp_path: Path) -> None:
    with pytest.raises(BillingError, match=r"(?s)1 column is missing\.\n  missing: Practitioner.*\[\[layout\]\]"):
        read(tmp_path, [["Date", "First Name", "Last Name", "Treatment", "Insurer", "Fee"], ["x", *VISIT[:5]]])
    with pytest.raises(BillingError, match="It is like acuity"):
        read(tmp_path, [["Start Time", "End Time", "First Name", "Last Name", "Type", "Price"], ["", *VISIT[:5]]])


# The reports of practice systems: the table, lists beside it, and the sessions that it gives.
SIMPLEPRACTICE: Cells = [
    ["Date of Service", "Client", "Clinician", "Billing Code", "Primary Insurance", "Secondary Insurance",
     "Rate per Unit", "Units", "Total Fee", "Client Payment Status", "Charge", "Uninvoiced", "Paid", "Unpaid",
     "Insurance Payment Status", "Charge", "Paid", "Unpaid"],
    ["10/06/2026 12:00", "Ada Sample", "Ann Example", "IMS ", "Sun Life (12345)", "", "95.0 ", "1 ", "95.0", "PAID",
     "20.0", "0.0", "20.0", "0.0", "UNPAID", "75.0", "0.0", "75.0"],
    ["10/07/2026 09:30", "Bob Invented", "Ben Sample", "IMS ", "Sun Life (12345)", "", "95.0 ", "1 ", "95.0", "UNPAID",
     "0.0", "0.0", "0.0", "0.0", "PAID", "95.0", "95.0", "0.0"],
    ["10/08/2026 09:30", "Bob Invented", "Ann Example", "IMS ", "Sun Life (12345)", "", "95.0 ", "1 ", "95.0", "UNPAID",
     "0.0", "0.0", "0.0", "0.0", "UNPAID", "95.0", "50.0", "45.0"],
    ["10/09/2026 09:30", "Bob Invented", "Ann Example", "IMS ", "Sun Life (12345)", "", "95.0 ", "1 ", "95.0", "UNPAID",
     "0.0", "0.0", "0.0", "0.0", "", "95.0", "95.0", "0.0"],
]  # fmt: skip
ACUITY: Cells = [
    ["Start Time", "End Time", "First Name", "Last Name", "Phone", "Email", "Type", "Calendar", "Appointment Price",
     "Paid?", "Amount Paid Online", "Certificate Code", "Notes", "Date Scheduled", "Label", "Scheduled By",
     "Canceled", "Appointment ID"],
    ["October 6, 2026 9:00 am", "October 6, 2026 9:45 am", "Ada", "Sample", "2505550100", "ada@example.com",
     "IMS 45 min", "Ann Example", "95.00", "no", "0.00", "", "", "2026-09-30", "", "", "", "123456789"],
    ["October 7, 2026 1:00 pm", "October 7, 2026 1:30 pm", "Bob", "Invented", "", "", "IMS", "Ann Example",
     "95.00", "yes", "0.00", "", "", "2026-09-30", "", "", "", "123456790"],
    ["October 8, 2026 1:00 pm", "October 8, 2026 1:30 pm", "Ada", "Sample", "", "", "IMS", "Ann Example", "95.00",
     "no", "0.00", "", "", "2026-09-30", "", "", "no-show", "123456791"],
    ["October 9, 2026 1:00 pm", "October 9, 2026 1:30 pm", "Ada", "Sample", "", "", "IMS", "Ann Example", "95.00",
     "no", "0.00", "", "", "2026-09-30", "", "", "canceled", "123456792"],
]  # fmt: skip
NOOKAL: Cells = [
    ["Activity Report"], [""], ["Parameters"], ["Dates", "01/10/2026 - 31/10/2026"], [""], ["Summary"],
    ["Type", "Subtotal", "Tax", "Total"], ["Services", "300.00", "0", "300.00"], ["Total", "320.00", "0", "320.00"],
    [""], ["Details"],
    ["Date", "Staff", "Location", "Client", "Case", "Item", "Type", "Invoice", "Invoice Date", "Invoice Type",
     "Account Code", "Net", "Discount", "GST", "Amount", "Nominal", "Client ID"],
    ["06/10/2026", "Ann Example", "North", "Ada Sample", "Sun Life - Physio", "IMS", "Service", "1001", "06/10/2026",
     "Sun Life", "", "95.00", "0.00", "0.00", "95.00", "0.00", "1001"],
    ["13/10/2026", "Ben Sample", "North", "Bob Invented", "Private", "Tape", "Stock", "1002", "13/10/2026",
     "Sun Life", "", "20.00", "0.00", "0.00", "20.00", "0.00", "1002"],
    ["14/10/2026", "Ann Example", "North", "Ada Sample", "Sun Life - Physio", "IMS needles", "Stock", "1003",
     "14/10/2026", "Sun Life", "", "20.00", "0.00", "0.00", "20.00", "0.00", "1001"],
    ["Total", "", "", "", "", "", "", "", "", "", "", "135.00", "0.00", "0.00", "135.00", "0.00", ""],
]  # fmt: skip
MINDBODY: Cells = [
    ["\ufeffSale Date", "Client ID", "Client", "Sale ID", "Item name", "Batch #", "Sales Notes", "Location", "Notes",
     "Color", "Size", "Item price", "Quantity", "Subtotal", "Discount %", "Discount amount", "Tax", "Item Total",
     "Total Paid w/ Payment Method", "Payment Method"],
    ["10/6/2026", "100002649", "Sample, Ada", "3971", "IMS 45 min", "---", "", "North", "", "---", "---", "95", "1",
     "95", "0", "0", "0", "95", "95", "Credit card (AMEX-Keyed)"],
]  # fmt: skip
CLINIKO: Cells = [
    ["id", "created_at", "did_not_arrive", "notes", "patient_arrived", "patient_name", "archived_at", "cancelled_at",
     "deleted_at", "starts_at", "ends_at", "appointment_type", "business", "practitioner", "patient"],
    ["1", "2026-09-30T14:00:00Z", "false", "", "true", "Ada Sample", "", "", "", "2026-10-06T16:00:00Z",
     "2026-10-06T16:45:00Z", "IMS", "North", "Ann Example", "https://x/1"],
    ["2", "2026-09-30T14:00:00Z", "true", "", "false", "Bob Invented", "", "", "", "2026-10-07T01:00:00Z",
     "2026-10-07T01:45:00Z", "IMS", "North", "Ann Example", "https://x/2"],
    ["3", "2026-09-30T14:00:00Z", "false", "", "false", "Bob Invented", "", "2026-10-01T10:00:00Z", "",
     "2026-10-08T16:00:00Z", "2026-10-08T16:45:00Z", "IMS", "North", "Ann Example", "https://x/2"],
    ["4", "2026-09-30T14:00:00Z", "false", "", "false", "Ada Sample", "", "", "", "2026-10-09T16:00:00Z",
     "2026-10-09T16:45:00Z", "IMS", "North", "Ann Example", "https://x/1"],
]  # fmt: skip
SYSTEMS: dict[str, tuple[Cells, list[tuple[Any, ...]], list[str]]] = {
    "simplepractice": (
        SIMPLEPRACTICE,
        [
            ("2026-10-06", 720, "Ada Sample", "Ann Example", "IMS", "Sun Life", "arrived", 9500, 2000),
            ("2026-10-07", 570, "Bob Invented", "Ben Sample", "IMS", "Sun Life", "arrived", 9500, 0),
            ("2026-10-08", 570, "Bob Invented", "Ann Example", "IMS", "Sun Life", "arrived", 9500, 0),
            ("2026-10-09", 570, "Bob Invented", "Ann Example", "IMS", "Sun Life", "arrived", 9500, 0),
        ],
        ["claimed", *["not_billed: billed-elsewhere"] * 3],
    ),
    "acuity": (
        ACUITY,
        [
            ("2026-10-06", 540, "Ada Sample", "Ann Example", "IMS 45 min", "Sun Life", "arrived", 9500, 0),
            ("2026-10-07", 780, "Bob Invented", "Ann Example", "IMS", "Pacific Blue Cross", "arrived", 9500, 9500),
            ("2026-10-08", 780, "Ada Sample", "Ann Example", "IMS", "Sun Life", "no-show", 9500, 0),
            ("2026-10-09", 780, "Ada Sample", "Ann Example", "IMS", "Sun Life", "cancelled", 9500, 0),
        ],
        ["claimed", "claimed", "not_billed: no-show", "not_billed: cancelled"],
    ),
    "nookal-activity": (
        NOOKAL,
        [
            ("2026-10-06", None, "Ada Sample", "Ann Example", "IMS", "Sun Life", "arrived", 9500, 0),
            ("2026-10-13", None, "Bob Invented", "Ben Sample", "Tape", "Sun Life", "unknown", 2000, 0),
            ("2026-10-14", None, "Ada Sample", "Ann Example", "IMS needles", "Sun Life", "unknown", 2000, 0),
        ],
        ["claimed", "not_billed: other-service", "held"],
    ),
    "mindbody-sales": (
        MINDBODY,
        [("2026-10-06", None, "Sample, Ada", "", "IMS 45 min", "Sun Life", "arrived", 9500, 9500)],
        ["held"],
    ),
    "cliniko": (
        CLINIKO,
        [
            ("2026-10-06", 540, "Ada Sample", "Ann Example", "IMS", "Sun Life", "arrived", 0, 0),
            ("2026-10-06", 1080, "Bob Invented", "Ann Example", "IMS", "Pacific Blue Cross", "no-show", 0, 0),
            ("2026-10-08", 540, "Bob Invented", "Ann Example", "IMS", "Pacific Blue Cross", "cancelled", 0, 0),
            ("2026-10-09", 540, "Ada Sample", "Ann Example", "IMS", "Sun Life", "not-arrived", 0, 0),
        ],
        ["held", "not_billed: no-show", "not_billed: cancelled", "not_billed: not-arrived"],
    ),
}
COLUMNS = (
    "service_date", "start", "patient", "practitioner", "service_name", "insurer", "status", "fee_cents",
    "patient_paid_cents",
)  # fmt: skip


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_practice_systems_report_gives_the_right_sessions(tmp_path: Path, system: str) -> None:
    cells, sessions, expected = SYSTEMS[system]
    found = read(tmp_path, cells, POLICIES)
    assert found.files[0].layout == system
    rows = [tuple(None if pd.isna(value) else value for value in row) for row in shown(found, *COLUMNS)]
    assert rows == sessions
    assert not found.missing
    assert [column.heading for file in found.files for column in file.doubtful] == []
    month = prepare_month(found, Scope(practice(tmp_path), month=MONTH, as_of=AS_OF))
    assert outcomes(month) == expected


def test_nookals_report_is_read_since_it_calls_clients_patients(tmp_path: Path) -> None:
    renamed = [[cell.replace("Client", "Patient") for cell in row] for row in NOOKAL]
    found = read(tmp_path, renamed, POLICIES)
    assert (found.files[0].layout, found.sessions["patient"].tolist()[0]) == ("nookal-activity", "Ada Sample")


CASES = [
    ("Sun Life - Physio", "Sun Life", "claimed"), ("Private", "Sun Life", "claimed"), ("", "Sun Life", "claimed"),
    ("left knee 2026", "Sun Life", "claimed"), ("ICBC - MVA 2026-09-01", "Sun Life", "held"),
    ("WCB", "Sun Life", "held"),
    ("WorkSafeBC back", "Pacific Blue Cross", "held"), ("Motor vehicle accident", "Sun Life", "held"),
    ("Manulife", "Sun Life", "held"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "insurer", "outcome"), CASES)
def test_a_case_of_nookals_that_names_another_payer_waits_for_a_person(
    tmp_path: Path, case: str, insurer: str, outcome: str
) -> None:
    row = [{"Sun Life - Physio": case, "Sun Life": insurer}.get(cell, cell) for cell in NOOKAL[12]]
    found = read(tmp_path, [*NOOKAL[:12], row], POLICIES)
    month = prepare_month(found, Scope(practice(tmp_path), month=MONTH, as_of=AS_OF))
    assert outcomes(month) == [outcome]
    assert [*month.findings["kind"]].count("unreadable-cell") == (outcome == "held")
    assert not {"missing-insurer", "insurer-not-known"} & {*month.findings["kind"]}
    row[NOOKAL[11].index("Invoice Type")] = "ICBC"
    of_icbc = read(tmp_path, [*NOOKAL[:12], row], POLICIES).cell_findings
    assert of_icbc.empty == (case not in ("WCB", "Manulife"))


def test_what_nookal_calls_a_product_is_skipped_as_no_visit(tmp_path: Path) -> None:
    sold = [cell.replace("Stock", "Product") for cell in NOOKAL[13]]
    for cells in ([*NOOKAL[:13], sold, *NOOKAL[14:]], [*NOOKAL[:13], sold]):
        found = read(tmp_path, cells, POLICIES)
        assert "Tape" not in set(found.sessions["service_name"])
        assert (found.files[0].asides[0].row, found.files[0].asides[0].reason) == (14, "product, no visit")
        assert found.files[0].rows == found.files[0].sessions + len(found.files[0].asides)


def test_every_system_has_an_export_in_these_tests_and_a_source() -> None:
    assert [system.id for system in systems() if system.of == "sessions"] == list(SYSTEMS)
    assert all(system.source and system.confidence for system in systems())


@pytest.mark.parametrize("system", ["acuity", "mindbody-sales", "cliniko"])
def test_a_report_without_insurers_says_which_other_file_is_needed(tmp_path: Path, system: str) -> None:
    found = read(tmp_path, SYSTEMS[system][0])
    (message,) = found.missing
    assert "add a list of policies" in message or "a list of policies" in message


def with_column(cells: Cells, name: str, cell: str) -> Cells:
    return [[*cells[0], name], *([*row, cell] for row in cells[1:])]


@pytest.mark.parametrize(
    ("heading", "layout"),
    [
        ("Fee", ""),
        ("Fee", '[[layout]]\nname = "my-program"\nheadings = { "Fee" = "Fee", "Room" = "Location" }\n'),
        ("Our price", '[[layout]]\nname = "my-program"\nheadings = { "Our price" = "Fee" }\n'),
        ("Our price", '[[layout]]\nname = "cliniko"\nheadings = { "Our price" = "Fee" }\n'),
    ],
)
def test_a_column_that_is_added_to_a_practice_systems_report_leaves_the_others_as_known(
    tmp_path: Path, heading: str, layout: str
) -> None:
    paths = [
        csv(tmp_path, with_column(with_column(CLINIKO, heading, "95.00"), "invoice_status", "20")),
        csv(tmp_path, POLICIES, "policies.csv"),
    ]
    clinic = practice(tmp_path, layout)
    read_in = read_files(paths, clinic)
    assert read_in.files[0].layout == "cliniko"
    assert not read_in.files[0].doubtful
    month = prepare_month(read_in, Scope(clinic, month=MONTH, as_of=AS_OF))
    assert outcomes(month) == ["claimed", "not_billed: no-show", "not_billed: cancelled", "not_billed: not-arrived"]
    assert set(month.sessions["fee_cents"]) == {9500}


def test_a_booking_that_cliniko_calls_paid_waits_for_a_person(tmp_path: Path) -> None:
    """It does not say who paid. What is not invoiced or not paid is claimed, and all that a clinic ignores."""
    words = ["Paid", "Unpaid", "Uninvoiced", "closed", "", "20"]
    cells: list[list[Any]] = [[*CLINIKO[0], "Fee", "invoice_status"]]
    for number, word in enumerate(words):
        day = f"2026-10-0{number + 1}T16"
        begins, ends = CLINIKO[0].index("starts_at"), CLINIKO[0].index("ends_at")
        visit = [number, *CLINIKO[1][1:], "95.00", word]
        visit[begins], visit[ends] = f"{day}:00:00Z", f"{day}:45:00Z"
        cells.append(visit)
    paths = [csv(tmp_path, cells), csv(tmp_path, POLICIES, "policies.csv")]
    for clinic, expected, unread in (
        (practice(tmp_path), ["held", "claimed", "claimed", "held", "claimed", "claimed"], False),
        (practice(tmp_path, "", 'ignore = ["invoice_status"]'), ["claimed"] * 6, True),
    ):
        read_in = read_files(paths, clinic)
        assert ("invoice_status" in [column.heading for column in read_in.files[0].unread]) is unread
        month = prepare_month(read_in, Scope(clinic, month=MONTH, as_of=AS_OF))
        assert outcomes(month) == expected
        assert messages_of(month, "unreadable-cell")[:1] == ([] if unread else [
            'invoice_status (column Q) says "Paid": it may be paid or billed already. If its insurer is still to be '
            "billed, type no."
        ])  # fmt: skip


def test_a_layout_without_a_name_says_of_a_practice_systems_heading_what_the_clinic_means(tmp_path: Path) -> None:
    layout = '[[layout]]\nname = "my-program"\nheadings = { "Total Fee" = "Patient Paid", "Uninvoiced" = "Fee" }\n'
    read_in = read_files([csv(tmp_path, SIMPLEPRACTICE)], practice(tmp_path, layout))
    assert read_in.files[0].layout == "simplepractice"
    place = SIMPLEPRACTICE[0].index("Uninvoiced")
    assert read_in.sessions["fee_cents"].tolist() == [int(float(row[place]) * 100) for row in SIMPLEPRACTICE[1:]]


def test_what_the_clinic_says_of_a_heading_counts_in_a_file_that_lacks_another(tmp_path: Path) -> None:
    layout = '[[layout]]\nname = "my-program"\nheadings = { "Fee" = "Patient Paid" }\n'
    with pytest.raises(BillingError, match="missing: Fee"):
        read_files([csv(tmp_path, [PLAIN, VISIT])], practice(tmp_path, layout))


def test_the_clinics_own_layout_goes_before_a_practice_systems(tmp_path: Path) -> None:
    clinic: Clinic = practice(
        tmp_path,
        '[[layout]]\nname = "mine"\nheadings = { "Calendar" = "Practitioner", "Label" = "Insurer", "Type" = "Service", '
        '"Appointment Price" = "Fee" }\nignore = ["Paid?", "Email", "Phone", "Date Scheduled", "Amount Paid Online"]\n',
    )
    assert read_files([csv(tmp_path, ACUITY)], clinic).files[0].layout == "mine"


COMPENSATION: Cells = [
    ["Description", "Invoice #", "Purchase Date", "Transaction Date", "Payment Date", "Practitioner", "patient_guid",
     "Patient", "Referred To", "Payment Method", "Invoice Total", "Collected Subtotal",
     "Adjustments Owed to Staff Member", "Collected Tax", "Collected Total", "Adjusted Total", "Product Cost",
     "Quantity", "Income Category", "Commission Rate", "Referral Commission Rate", "Commission Subtotal",
     "Commission Total"],
    *[[name, invoice, "2026-10-07", "2026-11-18", "2026-11-18", "Ann Example (Registered Physiotherapist)", "guid-1",
       "Pat Madeup", "", method, "95.00", paid, "0", "0", paid, paid, "0", "1", "Treatment Income", "60", "0", "57.00",
       "57.00"]
      for name, invoice, method, paid in (("IMS", "1531-C01", "EFT", "95.00"), ("IMS", "1531-P01", "EFT", "20.00"),
                                          ("IMS", "1532-C01", "Visa", "20.00"))],
]  # fmt: skip


def test_janes_compensation_details_are_what_insurers_paid(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    there = Office(tmp_path)
    there.claim(PAT)
    clinic = practice(tmp_path)
    lines, files = read_remittances([csv(tmp_path, COMPENSATION)], clinic)
    assert (files[0].layout, files[0].unread, files[0].rows) == ("jane-compensation", (), 3)
    payments = reconciled(lines, recorded(there), clinic, dt.date(2026, 11, 25))
    found = [(line.row, line.result, line.paid) for payment in payments for line in payment.lines]
    # The patient's invoice, and what was paid by card, are no insurer's payment.
    assert sorted(found) == [(2, "paid", 9500), (3, "unmatched", 2000), (4, "unmatched", 2000)]
    messages = {line.row: line.message for payment in payments for line in payment.lines}
    assert ["ends in -P" in messages[3], "Payment Method" in messages[4]] == [True, True]
    with pytest.raises(BillingError, match=r"Compensation report.*ims-billing reconcile"):
        read_files([csv(tmp_path, COMPENSATION)], clinic)


def of_janes_list(day: int, patient: str, invoice: str, paid: str, of: str = "95.00") -> list[str]:
    """A row of Jane's list of what was paid on one day, for a visit of October."""
    visit = f"2026-10-{day:02d}"
    return ["IMS", invoice, visit, "2026-11-18", "2026-11-18", "Ann Example (Registered Physiotherapist)", patient,
            patient, "", "EFT", of, paid, "0", "0", paid, paid, "0", "1", "Treatment Income", "60", "0", "57.00",
            "57.00"]  # fmt: skip


def recorded(there: Office) -> Recorded:
    """The ledger's side of a reconciliation, with nothing paid yet."""
    ledger = there.ledger
    with ledger.reading():
        return Recorded(ledger.claims.all(), ledger.payments.postings(), [], names_of_patients(ledger.claims.names()))


def test_what_two_insurers_paid_on_one_day_is_two_payments_by_the_invoices(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    there = Office(tmp_path)
    visits = (("Pat Madeup", "1531", "Sun Life", 0), ("Robin Madeup", "1532", "Manulife", 0),
              ("Sam Madeup", "1533", "Manulife", 20), ("Toni Madeup", "1534", "PBC", 0))  # fmt: skip
    there.claim(
        *({**PAT, "Patient": who, "Session ID": invoice, "Invoice": invoice, "Insurer": insurer, "Start": f"{hour}:00",
           "Patient Paid": patient_paid} for hour, (who, invoice, insurer, patient_paid) in enumerate(visits, 9)),
    )  # fmt: skip
    rows = [
        of_janes_list(7, "Pat Madeup", "1531-C01", "95.00"),
        of_janes_list(7, "Robin Madeup", "1532-C02", "76.00"),
        # The insurer's invoice is for what the patient has not paid of the visit.
        of_janes_list(7, "Sam Madeup", "1533-C01", "60.00", of="75.00"),
        # This invoice is of a visit that was never claimed.
        of_janes_list(7, "Toni Madeup", "1599-C01", "95.00"),
        of_janes_list(7, "Sam Madeup", "1533-P01", "20.00", of="20.00"),
    ]
    headings = [*COMPENSATION[0]]
    clinic = practice(tmp_path)
    at = Workplace(there.ledger, there.out)

    def run() -> list[tuple[str, int, list[tuple[int, str, list[str]]]]]:
        lines, files = read_remittances([csv(tmp_path, [headings, *rows])], clinic)
        done = reconcile(lines, files, clinic, at, as_of=dt.date(2026, 11, 25))
        return [
            (payment.insurer, payment.amount,
             [(line.row, line.result, [posting.claim[-9:] for posting in line.postings]) for line in payment.lines])
            for payment in done.payments
        ]  # fmt: skip

    first = run()
    assert first == [
        ("Sun Life", 9500, [(2, "paid", ["SUNL-0001"])]),
        ("Manulife", 13600, [(3, "patient-share", ["MANU-0001"]), (4, "patient-share", ["MANU-0002"])]),
        ("", 11500, [(5, "ambiguous", []), (6, "unmatched", [])]),
    ]
    again = [(insurer, [result for _, result, _ in lines]) for insurer, _, lines in run()]
    assert again == [
        ("Sun Life", ["repeated"]),
        ("Manulife", ["repeated", "repeated"]),
        ("", ["ambiguous", "unmatched"]),
    ]
    # What the program asks for is written into Jane's report itself.
    rows = [[*line, "2026-10-PABC-0001" if "1599" in line[1] else ""] for line in rows]
    headings.append("Claim")
    assert ("Pacific Blue Cross", 9500, [(5, "paid", ["PABC-0001"])]) in run()


def test_a_line_without_an_invoice_is_posted_by_the_claims_number_beside_those_of_other_insurers(
    invoiced: Office, tmp_path: Path
) -> None:
    # The third line names a claim by person and day alone: which insurer paid it is not said.
    table = [
        ["Claim", "Patient", "Service Date", "Invoice", "Paid", "Payment Date"],
        ["", PAT["Patient"], "2026-10-07", "1531", "95.00", "2026-11-18"],
        ["2026-10-MANU-0001", "", "", "", "95.00", "2026-11-18"],
        ["", PAT["Patient"], "2026-10-08", "", "95.00", "2026-11-18"],
        ["", "", "", "", "285.00", "2026-11-18"],
    ]
    clinic = practice(invoiced.folder)
    payments = reconciled(
        read_remittances([csv(tmp_path, table)], clinic)[0], recorded(invoiced), clinic, dt.date(2026, 11, 25)
    )
    results = {line.row: line.result for payment in payments for line in payment.lines}
    assert results == {2: "paid", 3: "paid", 4: "ambiguous", 5: "total"}
    # One claim that is named for certain, and one of another insurer by person and day: the certain one is posted.
    table[1:] = [table[1], ["", PAT["Patient"], "2026-10-10", "", "95.00", "2026-11-18"]]
    payments = reconciled(
        read_remittances([csv(tmp_path, table)], clinic)[0], recorded(invoiced), clinic, dt.date(2026, 11, 25)
    )
    results = {line.row: line.result for payment in payments for line in payment.lines}
    assert results == {2: "paid", 3: "ambiguous"}


TRANSACTIONS = ["Payment Date", "patient_guid", "Payer", "Payment Method", "Applied To", "Amount"]


@pytest.fixture(scope="module")
def invoiced(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Claims of $95.00 each: three of Sun Life with invoices, and one of Manulife."""
    there = Office(tmp_path_factory.mktemp("invoiced"))
    clinic_file(there.folder)
    visits = ((7, "1531", "Sun Life"), (8, "1532", "Sun Life"), (9, "1533", "Sun Life"), (10, "1534", "Manulife"))
    rows = [
        {**PAT, "Service Date": f"2026-10-{day:02d}", "Session ID": invoice, "Invoice": invoice, "Insurer": insurer,
         "Start": f"{day}:00"}
        for day, invoice, insurer in visits
    ]  # fmt: skip
    there.claim(*rows)
    return there


@pytest.mark.parametrize(
    ("payer", "invoices", "amount", "result"),
    [
        ("Sun Life", "1531-C01", "95.00", ("paid", ["0001"])),
        ("Sun Life", "1531-C02", "76.00", ("patient-share", ["0001"])),  # an edited invoice bears the next number
        ("Sun Life", "1531-C01, 1533-C01", "190.00", ("paid", ["0001", "0003"])),
        ("Sun Life", "1531-C01,1532-C01;1533-C01", "285.00", ("paid", ["0001", "0002", "0003"])),
        ("Manulife", "1534-C01", "95.00", ("paid", ["0001"])),
        # Another sum than what is open, an invoice without a claim, and that of another insurer's claim: for a person.
        ("Sun Life", "1531-C01, 1533-C01", "150.00", ("ambiguous", [])),
        ("Sun Life", "1531-C01, 9999-C01", "190.00", ("ambiguous", [])),
        ("Sun Life", "9999-C01", "95.00", ("unmatched", [])),
        ("Sun Life", "1534-C01", "95.00", ("unmatched", [])),
        ("Sun Life", "1531-C01", "195.00", ("over-paid", [])),
        ("Sun Life", "1531-C01", "-95.00", ("ambiguous", [])),  # nothing was paid that it could take back
        # The patient's share, by its letter or by who pays; and one sum for both.
        ("Pat Madeup", "1531-P01", "20.00", ("unmatched", [])),
        ("Sun Life", "1531-P01", "20.00", ("unmatched", [])),
        ("Pat Madeup", "1531-C01", "95.00", ("unmatched", [])),
        ("Sun Life", "1531-C01, 1531-P01", "95.00", ("unmatched", [])),
    ],
)
def test_janes_transactions_are_posted_by_the_invoices_that_claims_keep(
    invoiced: Office, tmp_path: Path, payer: str, invoices: str, amount: str, result: tuple[str, list[str]]
) -> None:
    table = [TRANSACTIONS, ["11-18-2026", "guid-1", payer, "EFT", invoices, amount]]
    clinic = practice(invoiced.folder)
    lines, files = read_remittances([csv(tmp_path, table)], clinic)
    assert (files[0].layout, files[0].unread) == ("jane-transactions", ())
    [payment] = reconciled(lines, recorded(invoiced), clinic, dt.date(2026, 11, 25))
    [line] = payment.lines
    assert (line.result, [posting.claim[-4:] for posting in line.postings]) == result
    assert payment.paid_on == dt.date(2026, 11, 18)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("did not arrive", "no-show"), ("DNA", "no-show"), ("missed", "no-show"), ("Show", "arrived"),
        ("checked out", "arrived"), ("Finalized", "arrived"), ("canceled by client", "cancelled"),
        ("Late canceled", "cancelled"), ("in progress", "not-arrived"),
    ],
)  # fmt: skip
def test_the_status_words_of_other_systems_are_read(tmp_path: Path, word: str, status: str) -> None:
    found = read(tmp_path, [[*PLAIN, "Status"], [*VISIT, word]])
    assert shown(found, "status") == [(status,)]
