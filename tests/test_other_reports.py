"""Files among the month's that hold no sessions are refused for what they are, and change nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from ims_billing.reading.intake import read_files
from ims_billing.reading.remittances import read_remittances
from ims_billing.rules.other_reports import OtherReport
from ims_billing.rules.published import published
from ims_billing.vocabulary.errors import BillingError
from tests.practice import csv_file, kinds, month_of, outcomes, practice, row, xlsx

REPORTS = [report for report in published().layouts.other_report if report.headings]
PAYMENT = {"Claim Number": "BC-123456", "Payer": "ICBC", "Patient Name": "Pat Madeup"}
AMOUNT = {"Amount Paid": "80.00"}
DATES = {"Date of Service": "2026-09-15", "Payment Date": "2026-10-20"}


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.title)
def test_another_report_is_refused_by_its_name(tmp_path: Path, report: OtherReport) -> None:
    # Real exports have more columns, in any order: a whole session beside the headings changes nothing.
    cells = {**row(), **dict.fromkeys(reversed(report.headings), "1")}
    with pytest.raises(BillingError, match=report.title) as refusal:
        read_files([csv_file(tmp_path, [cells])], practice(tmp_path))
    assert report.use in str(refusal.value)
    assert "Madeup" not in str(refusal.value)


def test_files_of_this_program_are_no_remittances_unless_they_say_what_was_paid(tmp_path: Path) -> None:
    own = [report for report in REPORTS if report.own]
    assert len(own) >= 7
    for report in own:
        with pytest.raises(BillingError, match=f"row 1: this is {report.title}. Name the remittance"):
            read_remittances([csv_file(tmp_path, [dict.fromkeys(report.headings, "1")])], practice(tmp_path))
    claims = {"Claim": "2026-10-SUNL-0001", "Service date": "2026-10-05", "Registration": "01234", "Service code": "1",
              "Amount claimed": "95.00", "Paid": "95.00", "Payment Date": "2026-11-20"}  # fmt: skip
    lines, _ = read_remittances([csv_file(tmp_path, [claims])], practice(tmp_path))
    assert list(lines["paid_cents"]) == [9500]


def test_a_claim_summary_is_no_aging_report_though_it_says_what_is_owed(tmp_path: Path) -> None:
    book = Workbook()
    for title, headings in (
        ("Overview", ["Insurer", "Claims", "Fees", "Owed"]),
        ("Claims", ["Claim", "Batch", "Service date", "Service code"]),
    ):
        book.create_sheet(title).append(headings)
    del book["Sheet"]
    book.save(tmp_path / "summary.xlsx")
    with pytest.raises(BillingError, match="Claims, row 1: this is a list of claims"):
        read_files([tmp_path / "summary.xlsx"], practice(tmp_path))


@pytest.mark.parametrize(
    "cells",
    [
        PAYMENT | AMOUNT | DATES,
        PAYMENT | AMOUNT | {"Payment Date": "2026-10-20"},
        PAYMENT | AMOUNT,
        PAYMENT | AMOUNT | {"Date of Service": "2026-09-15", "Policy Number": "00123"},
        {"Amount Paid": "80.00", "Payment Date": "2026-10-20", "Claim Number": "2026-09-ICBC-0007"},
        PAYMENT | {"Policy Number": "00123", "Amount Allowed": "95.00", "Deductible": "0.00"},
        PAYMENT | {"EOB Date": "2026-10-20"},
        PAYMENT | {"Status": "Open", "Plan Paid": "80.00"},
        PAYMENT | {"Provider": "Ann Example", "Service": "IMS", "Amount Billed": "95.00", "Amount Paid": "80.00"},
        {
            "Nom du patient": "Pat Madeup",
            "Assureur": "Sun Life",
            "Montant réclamé": "95,00",
            "Montant remboursé": "80,00",
            "Date du versement": "2026-10-20",
        },
        row() | {"Amount Paid": "80.00", "Payment Date": "2026-10-20", "Cheque Number": "881"},
    ],
)
def test_a_remittance_is_no_list_of_policies_and_no_sessions(tmp_path: Path, cells: dict[str, str]) -> None:
    files = [xlsx(tmp_path, [row(Insurer="ICBC")]), csv_file(tmp_path, [cells], "paid.csv")]
    with pytest.raises(BillingError, match="ims-billing reconcile"):
        read_files(files, practice(tmp_path))


def test_policies_that_share_headings_with_remittances_stay_policies(tmp_path: Path) -> None:
    policies = csv_file(tmp_path, [PAYMENT], "policies.csv")
    intake = read_files([xlsx(tmp_path, [row(Insurer="ICBC")]), policies], practice(tmp_path))
    assert [file.layout for file in intake.files] == ["policies", "sessions"]
    assert intake.sessions["payer_file_number"].tolist() == ["BC-123456"]


# Under headings of its own a report is known by words in them, where no layout fits.
RENAMED = {
    "compensation report": ["Practitioner", "Patient", "Purchase Date", "Commission %", "Commission Total"],
    "list of transactions": ["Payment Date", "Payer", "Payment Type", "Applied to Invoice", "Amount"],
    "report of shifts or hours": ["Staff", "Location Name", "Date", "Total Shift Hours"],
    "list of claims that this program wrote": ["claim", "batch", "service_date", "service_code", "fee", "Session ID"],
}


@pytest.mark.parametrize("title", RENAMED)
def test_a_report_under_other_headings_is_refused_by_its_name(tmp_path: Path, title: str) -> None:
    path = csv_file(tmp_path, [dict.fromkeys(RENAMED[title], "1")])
    with pytest.raises(BillingError, match=title):
        read_files([path], practice(tmp_path))


def test_sessions_with_such_a_word_in_a_heading_stay_sessions(tmp_path: Path) -> None:
    path = csv_file(tmp_path, [row() | {"Commission": "", "Amount Allowed": ""}])
    assert read_files([path], practice(tmp_path)).files[0].layout == "sessions"


@pytest.mark.parametrize("name", ["Amount Billed", "Amount Claimed", "Allowed Fee", "Fee Submitted", "Montant réclamé"])
def test_an_amount_that_is_not_the_fee_is_never_proposed_as_the_fee(tmp_path: Path, name: str) -> None:
    cells = {heading: cell for heading, cell in row().items() if heading != "Fee"} | {name: "95.00"}
    with pytest.raises(BillingError, match="missing: Fee") as refusal:
        read_files([csv_file(tmp_path, [cells])], practice(tmp_path))
    assert "closest to Fee" not in str(refusal.value)


def test_an_estimate_is_not_proposed_as_an_invoice(tmp_path: Path) -> None:
    names = ["Purchase Date", "Patient", "Item", "Staff Member", "Payer", "Estimate #", "Status", "Subtotal"]
    with pytest.raises(BillingError, match="missing: Invoice #") as refusal:
        read_files([csv_file(tmp_path, [dict.fromkeys(names, "1")])], practice(tmp_path))
    assert "closest to Invoice" not in str(refusal.value)


def test_a_number_of_our_own_claims_is_no_payers_file_number(tmp_path: Path) -> None:
    for insurer in ("Sun Life", "ICBC"):
        month = month_of(tmp_path, [row(Insurer=insurer, Payer_File_Number="2026-09-ICBC-0007")])
        assert outcomes(month) == ["held"]
        assert "unreadable-cell" in kinds(month)


def test_appointments_with_names_in_halves_resemble_sessions_and_no_client_list(tmp_path: Path) -> None:
    cells = dict.fromkeys(("Start Time", "End Time", "First Name", "Last Name", "Type", "Appointment Price"), "x")
    with pytest.raises(BillingError) as refusal:
        read_files([csv_file(tmp_path, [cells])], practice(tmp_path))
    message = str(refusal.value)
    assert "jane-clients" not in message
    assert "missing: Service Date, Practitioner, Service, Insurer" in message
    assert "It is like acuity" in message
