"""The command reconcile: against a real ledger, with voided claims, undone payments and other files."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from ims_billing.cli.screen.payments import RESULTS_IN_WORDS
from ims_billing.vocabulary.errors import BillingError
from tests.practice import clinic_file, csv_file, row, xlsx
from tests.remittances import SUN, SUN2, paid, reconcile, results, run, six_claims


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a clinic that has claimed a month."""
    return six_claims(tmp_path)


def test_what_a_payment_took_back_is_undone_first(folder: Path) -> None:
    reconcile(folder, [paid(SUN)])
    reconcile(folder, [paid(SUN, -95, Payment_Number="P2")])
    done = run(folder, "reconcile", "--undo", "1", "--reason", "x", "--as-of", "2026-11-26")
    assert (done.exit_code, "Undo payment 2 first." in " ".join(done.stderr.split())) == (2, True)
    shown = run(folder, "reconcile", "--undo", "2", "--reason", "x", "--as-of", "2026-11-26", "--json").stdout
    assert json.loads(shown)["undone"] == {"payment": 2, "insurer": "Sun Life", "cents": -9_500, "claims": [SUN]}
    assert run(folder, "reconcile", "--undo", "1", "--reason", "x", "--dry-run").exit_code == 2
    for number in ("9", "123456789012345678901"):
        missing = run(folder, "reconcile", "--undo", number, "--reason", "x")
        assert missing.exit_code == 2
        assert f"there is no payment {number} on the ledger" in missing.stderr
        assert "1: Sun Life, $95.00 on 2026-11-20" in missing.stderr


@pytest.mark.parametrize(
    ("typed", "slip"),
    [
        (["--undo", "1"], "say why"),
        (["--undo", "1", "--reason", " "], "say why"),
        (["--undo", "1", "--reason", "x", "--dry-run"], "without files or --dry-run"),
        (["paid.csv", "--undo", "1", "--reason", "x"], "without files or --dry-run"),
        ([], "name the remittances"),
    ],
)
def test_a_slip_is_named_before_a_password_is_asked_for(tmp_path: Path, typed: list[str], slip: str) -> None:
    done = run(tmp_path, "reconcile", *typed, "--protect")
    assert (done.exit_code, slip in " ".join(done.stderr.split()), "password" in done.stderr) == (2, True, False)


def test_what_was_paid_of_a_voided_claim_is_told_and_can_be_taken_back(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 60)])
    done = run(folder, "void", SUN, "--replace", "--reason", "code", "--as-of", "2026-11-26")
    assert f"$60.00 of {SUN} was paid" in " ".join(done.stdout.split())
    summary = load_workbook(folder / "reports/2026-10/claim-summary-2026-10.xlsx")["Overview"]
    lines = [line[:6] for line in summary.iter_rows(values_only=True)]
    assert ("Sun Life", 3, 285, 0, 285, 60) in lines
    by_person = paid(Member_ID="111", cents=95, Claimed=95, Service_Date="2026-10-05", Payment_Number="P3")
    refused = by_person | {"Paid": 0, "Reason": "Not covered"}
    assert results(reconcile(folder, [refused], "--dry-run")) == ["denied 2026-10-SUNL-0004"]
    assert results(reconcile(folder, [paid(SUN, -60, Payment_Number="P2")])) == [f"reversed {SUN}"]
    assert results(reconcile(folder, [by_person])) == ["paid 2026-10-SUNL-0004"]


def test_nothing_is_posted_where_the_summary_that_is_to_show_it_cannot_be_read(folder: Path) -> None:
    summary = folder / "reports/2026-10/claim-summary-2026-10.xlsx"
    summary.write_bytes(b"no workbook any more")
    done = run(folder, "reconcile", str(csv_file(folder, [paid(SUN)], "r.csv")), "--as-of", "2026-11-25")
    assert (done.exit_code, "claim-summary-2026-10.xlsx" in done.stderr) == (2, True)
    summary.unlink()
    assert reconcile(folder, [paid(SUN)])["posted"] == [1]


def test_the_result_is_shown_even_where_a_workbook_cannot_be_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise BillingError("the drive is full")

    monkeypatch.setattr("ims_billing.commands.folder.write", full)
    path = csv_file(folder, [paid(SUN, 70, Reason="x")], "r.csv")
    done = run(folder, "reconcile", str(path), "--as-of", "2026-11-25")
    assert (done.exit_code, RESULTS_IN_WORDS["short-paid"] in done.stdout, SUN in done.stdout) == (2, True, True)
    assert "the drive is full" in done.stderr


def test_a_file_without_headings_says_what_a_remittance_needs(folder: Path) -> None:
    path = folder / "odd.csv"
    path.write_text("foo,bar\n1,2\n", encoding="utf-8")
    done = run(folder, "reconcile", str(path))
    assert done.exit_code == 2
    assert "needs the columns Paid, Payment Date" in " ".join(done.stderr.split())


def test_a_line_without_a_claim_names_the_columns_that_were_not_read(folder: Path) -> None:
    line = paid(SUN)
    path = csv_file(folder, [{**{k: v for k, v in line.items() if k != "Claim"}, "Whatever": line["Claim"]}], "odd.csv")
    shown = run(folder, "reconcile", str(path), "--as-of", "2026-11-25")
    assert "read in odd.csv: Whatever." in " ".join(shown.stdout.split())
    lines = [{**{k: v for k, v in line.items() if k != "Claim"}, "Our Ref": line["Claim"]}]
    assert results(reconcile(folder, lines, name="ours.csv")) == [f"paid {SUN}"]


def test_an_undone_payment_can_be_posted_again(folder: Path) -> None:
    lines = [paid(SUN), paid(SUN2)]
    assert reconcile(folder, lines)["posted"] == [1]
    early = run(folder, "reconcile", "--undo", "1", "--reason", "x", "--as-of", "2026-11-24")
    assert early.exit_code == 2
    assert "payment 1 was posted on 2026-11-25, and can't be undone on 2026-11-24" in " ".join(early.stderr.split())
    done = run(folder, "reconcile", "--undo", "1", "--reason", "another clinic's", "--as-of", "2026-12-31")
    assert "Payment 1 of Sun Life, $190.00, is undone: 2 claims are as before it." in done.stdout
    twice = run(folder, "reconcile", "--undo", "1", "--reason", "again", "--as-of", "2026-12-31")
    assert (twice.exit_code, "payment 1 was undone already" in twice.stderr) == (2, True)
    assert reconcile(folder, lines)["posted"] == [2]


def test_nothing_of_a_patient_is_on_the_screen(folder: Path) -> None:
    lines = [paid(SUN, Patient="Pat Madeup"), paid(Patient="Nobody Madeup", Member_ID="98765")]
    path = csv_file(folder, [line | {"Payment Number": "Madeup"} for line in lines], "r.csv")
    done = run(folder, "reconcile", str(path), "--as-of", "2026-11-25")
    assert done.exit_code == 1
    assert "row 3" in done.stdout
    assert not [word for word in ("Madeup", "98765") if word in done.output]


def test_a_clinics_own_layout_is_read(tmp_path: Path) -> None:
    own = '[[layout]]\nname = "wsbc"\nof = "remittance"\n[layout.headings]\n"Betrag" = "Paid"\n"Tag" = "Payment Date"\n'
    own += '"Nummer" = "Claim"\n'
    clinic_file(tmp_path, own)
    xlsx(tmp_path, [row()])
    assert run(tmp_path, "claim", str(tmp_path / "sessions.xlsx"), "--as-of", "2026-11-05").exit_code == 0
    shown = reconcile(tmp_path, [{"Nummer": SUN, "Betrag": 95, "Tag": "2026-11-20"}])
    assert (results(shown), shown["files"][0]["layout"]) == ([f"paid {SUN}"], "wsbc")


def test_an_insurer_that_was_renamed_is_paid_and_limited_by_the_claims_before(tmp_path: Path) -> None:
    own = (
        '[[insurer]]\nname = "{}"\ncode = "NOVL"\naliases = [{}]\n'
        '[[limit]]\ninsurer = "{}"\nvisits = 2\nper = "calendar-year"\nfrom = 2026-01-01\n'
        '[[fee]]\nservice = "ims"\ninsurer = "{}"\namount = 90.00\nfrom = 2026-01-01\n'
        '[[coverage]]\ninsurer = "{}"\npercent = 80\nfrom = 2026-01-01\n'
    )
    name, new = "Novel Mutual", "Novel Insurance"
    clinic_file(tmp_path, own.format(name, "", name, name, name))
    visits = [row(Insurer=name, Fee=90.0, Service_Date=dt.date(2026, 10, day)) for day in (5, 12)]
    claim = ("claim", str(xlsx(tmp_path, visits)), "--month", "2026-10", "--as-of", "2026-11-05")
    assert run(tmp_path, *claim).exit_code == 0
    clinic_file(tmp_path, own.format(new, f'"{name}"', new, new, new))
    numbers = ("2026-10-NOVL-0001", "2026-10-NOVL-0002")
    lines = [paid(numbers[0], 90.0, Insurer=new), paid(numbers[1], 72.0, Insurer=new)]
    assert results(reconcile(tmp_path, lines)) == [f"paid {numbers[0]}", f"patient-share {numbers[1]}"]
    third = xlsx(tmp_path, [row(Insurer=new, Fee=90.0, Service_Date=dt.date(2026, 11, 2))], "november.xlsx")
    shown = json.loads(run(tmp_path, "check", str(third), "--as-of", "2026-12-01", "--json").stdout)
    assert [finding["kind"] for finding in shown["sessions"][0]["findings"]] == ["over-insurer-limit"]
