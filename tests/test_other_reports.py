"""Files among the month's that hold no sessions are refused for what they are, and change nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from ims_billing.reading.intake import read_files
from ims_billing.rules.published import OtherReport, published
from ims_billing.vocabulary.errors import BillingError
from tests.practice import csv_file, practice, row, xlsx

REPORTS = published().layouts.other_report
PAYMENT = {"Claim Number": "2026-09-ICBC-0007", "Payer": "ICBC", "Patient Name": "Pat Madeup"}
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


@pytest.mark.parametrize(
    "cells",
    [
        PAYMENT | AMOUNT | DATES,
        PAYMENT | AMOUNT | {"Payment Date": "2026-10-20"},
        PAYMENT | AMOUNT,
        PAYMENT | AMOUNT | {"Date of Service": "2026-09-15", "Policy Number": "00123"},
        {"Amount Paid": "80.00", "Payment Date": "2026-10-20", "Claim Number": "2026-09-ICBC-0007"},
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
    assert intake.sessions["payer_file_number"].tolist() == ["2026-09-ICBC-0007"]


def test_appointments_with_names_in_halves_resemble_sessions_and_no_client_list(tmp_path: Path) -> None:
    cells = dict.fromkeys(("Start Time", "End Time", "First Name", "Last Name", "Type", "Appointment Price"), "x")
    with pytest.raises(BillingError) as refusal:
        read_files([csv_file(tmp_path, [cells])], practice(tmp_path))
    message = str(refusal.value)
    assert "jane-clients" not in message
    assert "Patient" in message
    assert "stand apart" in message
    assert "closest to Patient" not in message
