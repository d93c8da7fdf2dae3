"""Remittances against a real ledger: what is posted, what is not certain, what comes twice, what is undone."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from ims_billing.cli.main import app
from ims_billing.payments.positions import Position
from tests.practice import clinic_file, csv_file, row, xlsx

COVERAGE = '[[coverage]]\ninsurer = "Manulife"\npercent = 80\nfrom = 2026-01-01\n'
DAYS = [dt.date(2026, 10, day) for day in (5, 7, 9, 12, 14, 16)]
SUN, SUN2, PBC, MANU, GSC, SUN3 = (
    "2026-10-SUNL-0001", "2026-10-SUNL-0002", "2026-10-PABC-0001", "2026-10-MANU-0001", "2026-10-MANU-0002",
    "2026-10-SUNL-0003",
)  # fmt: skip
Lines = list[dict[str, Any]]


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--clinic", str(folder / "clinic.toml")], catch_exceptions=False)


def six_claims(tmp_path: Path) -> Path:
    """A month of six claims of $95: three of Sun Life (two of one patient), one of PBC, two of Manulife."""
    clinic_file(tmp_path, COVERAGE)
    rows = [
        row(Service_Date=DAYS[0], Patient="Pat Madeup", Member_ID="111"),
        row(Service_Date=DAYS[1], Patient="Pat Madeup", Member_ID="111"),
        row(Service_Date=DAYS[2], Patient="Robin Madeup", Insurer="PBC", Member_ID="222"),
        row(Service_Date=DAYS[3], Patient="Sam Madeup", Insurer="Manulife", Member_ID="333"),
        row(Service_Date=DAYS[4], Patient="Toni Madeup", Insurer="Manulife", Member_ID="444"),
        row(Service_Date=DAYS[5], Patient="Uma Madeup", Member_ID="555"),
    ]
    xlsx(tmp_path, rows)
    done = run(tmp_path, "claim", str(tmp_path / "sessions.xlsx"), "--month", "2026-10", "--as-of", "2026-11-05")
    assert done.exit_code == 0, done.output
    return tmp_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a clinic that has claimed a month."""
    return six_claims(tmp_path)


def paid(claim: str = "", cents: float | str = 95.0, **more: Any) -> dict[str, Any]:
    """A line of a remittance."""
    line = {
        "Claim": claim, "Member ID": "", "Patient": "", "Service Date": "", "Claimed": "", "Paid": cents, "Reason": "",
        "Payment Date": "2026-11-20", "Payment Number": "P1", "Insurer": "", "Period From": "", "Period Until": "",
    }  # fmt: skip
    return line | {name.replace("_", " "): value for name, value in more.items()}


def reconcile(
    folder: Path, lines: Lines, *more: str, name: str = "paid.csv", as_of: str = "2026-11-25"
) -> dict[str, Any]:
    path = csv_file(folder, lines, name)
    done = run(folder, "reconcile", str(path), "--as-of", as_of, "--json", *more)
    shown: dict[str, Any] = json.loads(done.stdout)
    lines_shown = [line for payment in shown["payments"] for line in payment["lines"]]
    held = {line["result"] for line in lines_shown if not line["claims"]} & {"unmatched", "ambiguous", "over-paid"}
    assert done.exit_code == int(bool(held))
    return shown


def results(shown: dict[str, Any]) -> list[str]:
    """Result and claims of each line in the order of the rows."""
    lines = sorted((line for payment in shown["payments"] for line in payment["lines"]), key=lambda line: line["row"])
    return [" ".join([line["result"], *line["claims"]]) for line in lines]


BY_DAY: dict[str, Any] = {"Service Date": "2026-10-16"}


@pytest.mark.parametrize(
    ("case", "lines", "wanted"),
    [
        ("by our number", [paid(SUN)], [f"paid {SUN}"]),
        ("by our number in another case", [paid(SUN.lower())], [f"paid {SUN}"]),
        ("by member, day and amount", [paid(Member_ID="555", Claimed=95, **BY_DAY)], [f"paid {SUN3}"]),
        ("by name, day and amount", [paid(Patient="Madeup, Uma", Claimed=95, **BY_DAY)], [f"paid {SUN3}"]),
        ("by an insurer's own number, member and day", [paid("XJ-99", Member_ID="555", **BY_DAY)], [f"paid {SUN3}"]),
        ("less, without a word: the plan's percentage", [paid(SUN, 76)], [f"patient-share {SUN}"]),
        ("less, by co-insurance", [paid(SUN, 76, Reason="Co-insurance 20%")], [f"patient-share {SUN}"]),
        ("less, with a reason", [paid(SUN, 76, Reason="Over reasonable and customary")], [f"short-paid {SUN}"]),
        ("as the clinic states the plan", [paid(MANU, 76)], [f"patient-share {MANU}"]),
        ("less than the clinic states of the plan", [paid(MANU, 60)], [f"short-paid {MANU}"]),
        ("nothing, with a reason", [paid(SUN, 0, Reason="Maximum reached")], [f"denied {SUN}"]),
        ("nothing, and a reason in place of the amount", [paid(SUN, "", Reason="Not covered")], [f"denied {SUN}"]),
        ("a little more", [paid(SUN, 95.95)], [f"over-paid {SUN}"]),
        ("more", [paid(SUN, 105)], ["over-paid"]),
        ("paid and taken back", [paid(SUN), paid(SUN, -95)], [f"paid {SUN}", f"reversed {SUN}"]),
        ("refused, then paid", [paid(SUN, 0, Reason="Not covered"), paid(SUN)], [f"denied {SUN}", f"paid {SUN}"]),
        ("less, approved at a percentage", [paid(SUN, 76, Reason="Approved - 80%, by EFT")], [f"patient-share {SUN}"]),
        ("less, for a maximum", [paid(SUN, 76, Reason="Not subject to deductible; over maximum")],
         [f"short-paid {SUN}"]),
        ("a name in another order", [paid(SUN, Patient="MADEUP PAT")], [f"paid {SUN}"]),
        ("a name with a title and a middle name", [paid(SUN, Patient="Madeup, Mr. Pat A")], [f"paid {SUN}"]),
        ("a member's number with more zeros", [paid(SUN, Member_ID="0111")], [f"paid {SUN}"]),
        ("a total with its name", [paid(cents=190, Patient="Total"), paid(SUN), paid(SUN2)],
         ["total", f"paid {SUN}", f"paid {SUN2}"]),
        ("a total with its French name", [paid(cents=190, Patient="Total général"), paid(SUN), paid(SUN2)],
         ["total", f"paid {SUN}", f"paid {SUN2}"]),
        ("taken back with what was claimed below zero",
         [paid(SUN3), paid(Member_ID="555", Claimed=-95, cents=-95, **BY_DAY)], [f"paid {SUN3}", f"reversed {SUN3}"]),
        ("a sum beside its detail", [paid(cents=190), paid(SUN), paid(SUN2)], ["total", f"paid {SUN}", f"paid {SUN2}"]),
        ("a sum for all of an insurer and period",
         [paid(cents=285, Insurer="Sun Life", Period_From="2026-10-01", Period_Until="2026-10-31")],
         [f"paid {SUN} {SUN2} {SUN3}"]),
        ("a sum for a period from its first day to its last",
         [paid(cents=285, Insurer="Sun Life", Period_From="2026-10-05", Period_Until="2026-10-16")],
         [f"paid {SUN} {SUN2} {SUN3}"]),
        ("a sum for part of a period",
         [paid(cents=95, Insurer="Sun Life", Period_From="2026-10-06", Period_Until="2026-10-15")],
         [f"paid {SUN2}"]),
        ("a sum for all of a member", [paid(cents=190, Member_ID="111")], [f"paid {SUN} {SUN2}"]),
        ("a sum for what is open of a member", [paid(SUN), paid(cents=95, Member_ID="111", Payment_Number="P2")],
         [f"paid {SUN}", f"paid {SUN2}"]),
        # What is not certain.
        ("not decided yet", [paid(SUN, 0, Reason="Pending: under review")], ["unmatched"]),
        ("nothing, and no word why", [paid(SUN, 0, Reason="Approved")], ["ambiguous"]),
        ("paid before the visit", [paid(SUN) | {"Payment Date": "2026-10-01"}], ["ambiguous"]),
        ("paid after today", [paid(SUN) | {"Payment Date": "2062-11-20"}], ["unmatched"]),
        ("taken back before it was paid",
         [paid(SUN), paid(SUN, -95, Payment_Number="P2") | {"Payment Date": "2026-11-15"}],
         [f"paid {SUN}", "ambiguous"]),
        ("no such claim", [paid("2026-10-SUNL-0009")], ["unmatched"]),
        ("another's claim number", [paid(SUN, Patient="Uma Madeup")], ["ambiguous"]),
        ("our number with another day", [paid(SUN, **BY_DAY)], ["ambiguous"]),
        ("our number from another insurer", [paid(SUN, Insurer="PBC")], ["ambiguous"]),
        ("another amount", [paid(Member_ID="555", Claimed=90, **BY_DAY)], ["ambiguous"]),
        ("a member of nobody", [paid(Member_ID="999", **BY_DAY)], ["unmatched"]),
        ("a day without anybody", [paid(cents=95, Service_Date="2026-10-16")], ["unmatched"]),
        ("a sum that is not theirs", [paid(cents=200, Member_ID="111")], ["ambiguous"]),
        ("a sum of nobody", [paid(cents=95)], ["unmatched"]),
        ("an insurer that nobody knows", [paid(SUN, Insurer="Moon")], ["unmatched"]),
        ("no payment date", [{**paid(SUN), "Payment Date": ""}, {**paid(SUN2), "Payment Number": "P2"}],
         ["unmatched", f"paid {SUN2}"]),
        ("an amount that is none", [paid(SUN, "a lot"), paid(SUN2)], ["unmatched", f"paid {SUN2}"]),
        ("no amount, and no reason", [paid(SUN, ""), paid(SUN2)], ["unmatched", f"paid {SUN2}"]),
        ("the same line twice", [paid(SUN), paid(SUN)], [f"paid {SUN}", "ambiguous"]),
        ("more taken back than was paid", [paid(SUN, 50, Reason="x"), paid(SUN, -60)],
         [f"short-paid {SUN}", "ambiguous"]),
        ("nothing, twice", [paid(SUN, 0, Reason="x"), paid(SUN, 0, Reason="y")], [f"denied {SUN}", "ambiguous"]),
        ("one payment for two insurers", [paid(SUN), paid(PBC)], ["ambiguous", "ambiguous"]),
    ],
)  # fmt: skip
def test_each_line_finds_its_claim_or_says_why_not(folder: Path, case: str, lines: Lines, wanted: list[str]) -> None:
    assert results(reconcile(folder, lines, "--dry-run")) == wanted, case
    shown = reconcile(folder, lines)
    assert results(shown) == wanted, case
    again = [line.split()[0] for line in results(reconcile(folder, lines))]
    assert set(again) <= {"repeated", "unmatched", "ambiguous", "total", "over-paid"}, (
        "the same file posts nothing again"
    )


NAMES_NOBODY = "It names no claim of ours, and not both a day and a member or patient."
NAMES_NEITHER = "One sum, which names neither insurer and period nor a member: which visits it pays is not said."


@pytest.mark.parametrize(
    ("lines", "result", "message", "might_be"),
    [
        ([paid("XJ", Member_ID="555")], "unmatched", NAMES_NOBODY, []),
        ([paid("XJ", **BY_DAY)], "unmatched", NAMES_NOBODY, []),
        ([paid(Member_ID="999", **BY_DAY)], "unmatched", "No claim is of that day and that member or patient.", []),
        ([paid("2026-10-SUNL-0009")], "unmatched", "2026-10-SUNL-0009 is no claim on the ledger.", []),
        ([paid(SUN, **BY_DAY)], "ambiguous", "The line numbers a claim, and the service date is another's.", [SUN]),
        ([paid(SUN, Insurer="PBC")], "ambiguous", "The line numbers a claim, and the insurer is another's.", [SUN]),
        ([paid(SUN, Member_ID="999")], "ambiguous",
         "The line numbers a claim, and the member's number is another's.", [SUN]),
        ([paid(SUN, Patient="Uma Madeup")], "ambiguous",
         "The line numbers a claim, and the patient is another's.", [SUN]),
        ([paid(SUN, Patient="Pat")], "ambiguous", "The line numbers a claim, and the patient is another's.", [SUN]),
        ([paid(Member_ID="555", Claimed=90, **BY_DAY)], "ambiguous",
         "It says that $90.00 was claimed; of that day and person it was $95.00.", [SUN3]),
        ([paid(SUN) | {"Payment Date": "2026-10-01"}], "ambiguous", "The payment is dated before the visit.", [SUN]),
        ([paid(SUN) | {"Payment Date": "2062-11-20"}], "unmatched",
         "The payment date is after 2026-11-25, the day that counts as today.", []),
        ([paid(SUN) | {"Payment Date": ""}], "unmatched", "The payment date is missing.", []),
        ([paid(SUN, "")], "unmatched", "What is paid is missing.", []),
        ([paid(SUN, Insurer="Moon")], "unmatched",
         "The insurer is not known: add this spelling to it in the clinic setup (Insurers).", []),
        ([paid(SUN, 0, Reason="Pending")], "unmatched",
         "The insurer has not decided yet. Post the line once it has.", []),
        ([paid(SUN, 0, Reason="Approved")], "ambiguous",
         "It pays nothing, and does not say that it is refused, or why.", [SUN]),
        ([paid(SUN, 0, Reason="x"), paid(SUN, 0, Reason="y")], "ambiguous",
         "It pays nothing, and the insurer has answered for this claim before.", [SUN]),
        ([paid(SUN), paid(SUN)], "ambiguous", "The same line stands twice in this payment.", []),
        ([paid(SUN, 50, Reason="x"), paid(SUN, -60)], "ambiguous",
         "It takes back $60.00, and by that day less of the claim was paid; in all it is $50.00.", [SUN]),
        ([paid(SUN, 50, Reason="x"), paid(SUN, 50, Reason="y", Payment_Number="P2")], "ambiguous",
         "On that day the same amount of this claim was paid already, by another payment in these files.", [SUN]),
        ([paid(SUN), paid(PBC)], "ambiguous",
         "The claims of this payment are of several insurers. Say in a column which insurer paid.", [PBC]),
        ([paid(cents=95)], "unmatched", NAMES_NEITHER, []),
        ([paid(cents=285, Insurer="Sun Life", Period_From="2026-10-01")], "unmatched", NAMES_NEITHER,
         [SUN, SUN2, SUN3]),
        ([paid(cents=285, Insurer="Sun Life", Period_Until="2026-10-31")], "unmatched", NAMES_NEITHER,
         [SUN, SUN2, SUN3]),
        ([paid(cents=200, Member_ID="111")], "ambiguous",
         "One sum of $200.00; the 2 open claims that it names come to $190.00.", [SUN, SUN2]),
        ([paid(cents=200, Member_ID="777")], "unmatched",
         "One sum of $200.00; the 0 open claims that it names come to $0.00.", []),
    ],
)  # fmt: skip
def test_what_is_not_certain_says_why_and_which_claims_it_may_mean(
    folder: Path, lines: Lines, result: str, message: str, might_be: list[str]
) -> None:
    shown = reconcile(folder, lines, "--dry-run")
    last = max((line for payment in shown["payments"] for line in payment["lines"]), key=lambda line: line["row"])
    assert (last["result"], last["message"], last["might_be"]) == (result, message, might_be)


def test_two_claims_of_a_person_and_day_are_told_apart_by_their_number_only(tmp_path: Path) -> None:
    clinic_file(tmp_path, '[severity]\nsecond-visit-same-day = "warn"\n')
    visits = [row(Start=start, Session_ID=start, Member_ID="111") for start in ("9:00", "15:00")]
    xlsx(tmp_path, visits)
    done = run(tmp_path, "claim", str(tmp_path / "sessions.xlsx"), "--month", "2026-10", "--as-of", "2026-11-05")
    assert done.exit_code == 0, done.output
    day = {"Service Date": "2026-10-07"}
    shown = reconcile(tmp_path, [paid(Member_ID="111", Claimed=95, **day)], "--dry-run")
    [line] = shown["payments"][0]["lines"]
    assert (line["result"], line["message"], line["might_be"]) == (
        "ambiguous", "2 claims are of that day, person and amount.", [SUN, SUN2],
    )  # fmt: skip
    assert results(reconcile(tmp_path, [paid(SUN2, Member_ID="111", **day)])) == [f"paid {SUN2}"]


def test_a_payment_in_another_file_is_known_by_number_insurer_amount_and_day(folder: Path) -> None:
    reconcile(folder, [paid(SUN), paid(SUN2, 76)])
    again = reconcile(folder, [paid(SUN2, 76), paid(SUN)], name="mailed.csv")
    assert results(again) == ["repeated", "repeated"]
    other_amount = reconcile(folder, [paid(SUN), paid(SUN2, 80)])
    assert results(other_amount) == ["repeated", "ambiguous"]
    assert "undo that one first: ims-billing reconcile --undo 1" in other_amount["payments"][0]["lines"][1]["message"]
    assert results(reconcile(folder, [paid(SUN3, Payment_Number="P2")])) == [f"paid {SUN3}"]


def test_a_payments_number_is_the_same_without_the_zeros_that_a_spreadsheet_drops(folder: Path) -> None:
    reconcile(folder, [paid(SUN, Payment_Number="00123")])
    assert results(reconcile(folder, [paid(SUN, Payment_Number="123")], name="mailed.csv")) == ["repeated"]


def test_the_same_payment_in_two_files_of_one_run_counts_once(folder: Path) -> None:
    lines = [paid(SUN), paid(SUN2, 76), paid("2026-10-SUNL-0009", 5)]
    mailed = csv_file(folder, lines[::-1], "mailed.csv")
    shown = reconcile(folder, lines, str(mailed))
    assert shown["payments"][0]["cents"] == 17_600
    by_file = {
        file: [line["result"] for line in shown["payments"][0]["lines"] if line["file"] == file]
        for file in ("mailed.csv", "paid.csv")
    }
    assert by_file == {"mailed.csv": ["unmatched", "patient-share", "paid"], "paid.csv": ["repeated"] * 3}


def test_a_line_that_stands_twice_in_each_of_two_files_is_a_copy_twice(folder: Path) -> None:
    lines = [paid(SUN), paid(SUN)]
    shown = reconcile(folder, lines, str(csv_file(folder, lines, "z.csv")))
    results_shown = [line["result"] for line in shown["payments"][0]["lines"]]
    assert (shown["payments"][0]["cents"], results_shown) == (19_000, ["paid", "ambiguous", "repeated", "repeated"])


def test_a_line_says_what_is_short_and_what_is_left_to_the_patient(folder: Path) -> None:
    lines = [paid(SUN, 76), paid(SUN2, 70, Reason="x"), paid(SUN3, 0, Reason="x")]
    report = reconcile(folder, [*lines, paid(MANU, 60, Payment_Number="P2")], "--dry-run")
    shown = ("result", "short_cents", "patient_share_cents")
    assert [tuple(line[name] for name in shown) for payment in report["payments"] for line in payment["lines"]] == [
        ("patient-share", 0, 1_900), ("short-paid", 2_500, 0), ("denied", 0, 0), ("short-paid", 1_600, 1_900),
    ]  # fmt: skip


def test_two_spellings_of_an_insurer_are_one_payer(folder: Path) -> None:
    lines = [paid(SUN, Insurer="Sun Life"), paid(SUN2, Insurer="SunLife Financial"), paid(SUN3, Insurer="sun life")]
    shown = reconcile(folder, [line | {"Payment Number": ""} for line in lines], "--dry-run")
    assert [(payment["insurer"], payment["cents"]) for payment in shown["payments"]] == [("Sun Life", 28_500)]


def test_one_payment_in_two_parts_is_one(folder: Path) -> None:
    second_page = csv_file(folder, [paid(SUN2), paid(SUN3)], "z.csv")
    shown = reconcile(folder, [paid(SUN)], str(second_page))
    assert (shown["payments"][0]["cents"], shown["posted"]) == (28_500, [1])


NO_NUMBER: dict[str, Any] = {"Payment Number": "", "Insurer": "Sun Life"}


def test_a_payment_without_a_number_is_known_by_its_lines(folder: Path) -> None:
    one, other = paid(SUN) | NO_NUMBER, paid(SUN2) | NO_NUMBER
    assert results(reconcile(folder, [one])) == [f"paid {SUN}"]
    assert results(reconcile(folder, [one, other])) == ["repeated", f"paid {SUN2}"]
    assert results(reconcile(folder, [paid(SUN3) | NO_NUMBER])) == [f"paid {SUN3}"]
    assert results(reconcile(folder, [other, one])) == ["repeated", "repeated"]


def test_two_files_without_numbers_are_posted_once_each(folder: Path) -> None:
    other = csv_file(folder, [paid(SUN2) | NO_NUMBER], "other.csv")
    copy = csv_file(folder, [paid(SUN) | NO_NUMBER], "copy.csv")
    shown = reconcile(folder, [paid(SUN) | NO_NUMBER], str(other), str(copy))
    assert sorted(line["result"] for line in shown["payments"][0]["lines"]) == ["paid", "paid", "repeated"]


@pytest.mark.parametrize(("first", "second"), [("0012345", "12345"), ("P1", ""), ("", "P1")])
def test_the_same_payment_under_another_number_is_not_posted(folder: Path, first: str, second: str) -> None:
    one = paid(SUN, Insurer="Sun Life")
    reconcile(folder, [one | {"Payment Number": first}])
    assert results(reconcile(folder, [one | {"Payment Number": second}]))[0] in ("repeated", "ambiguous")


def test_a_row_that_leaves_the_insurer_out_is_of_its_payment(folder: Path) -> None:
    shown = reconcile(folder, [paid(SUN, Insurer="Sun Life"), paid(SUN2)])
    assert [(payment["cents"], payment["insurer"]) for payment in shown["payments"]] == [(19_000, "Sun Life")]


def test_a_stray_comma_is_no_payment_of_a_dollar(folder: Path) -> None:
    path = folder / "comma.csv"
    path.write_text(f"Claim,Payment Date,Payment Number,Paid\n{SUN},2026-11-20,P1,1,095.00\n", encoding="utf-8")
    done = run(folder, "reconcile", str(path), "--as-of", "2026-11-25", "--json")
    assert (done.exit_code, results(json.loads(done.stdout))) == (1, ["unmatched"])


def test_a_line_that_was_mended_takes_the_place_of_the_one_that_was_held(folder: Path) -> None:
    assert results(reconcile(folder, [paid(SUN), paid("2026-10-SUNL-0009")])) == [f"paid {SUN}", "unmatched"]
    mended = [paid(SUN), paid(SUN2)]
    assert results(reconcile(folder, mended)) == ["repeated", f"paid {SUN2}"]
    assert results(reconcile(folder, mended)) == ["repeated", "repeated"]
    again = reconcile(folder, [paid(SUN), paid(SUN3)])
    assert results(again) == ["repeated", "ambiguous"], "nothing of the payment is left"
    assert "--undo 1" in again["payments"][0]["lines"][1]["message"]


def test_what_a_payment_took_back_is_undone_first(folder: Path) -> None:
    reconcile(folder, [paid(SUN)])
    reconcile(folder, [paid(SUN, -95, Payment_Number="P2")])
    done = run(folder, "reconcile", "--undo", "1", "--reason", "x", "--as-of", "2026-11-26")
    assert (done.exit_code, "Undo payment 2 first." in " ".join(done.stderr.split())) == (2, True)
    shown = run(folder, "reconcile", "--undo", "2", "--reason", "x", "--as-of", "2026-11-26", "--json").stdout
    assert json.loads(shown)["undone"] == {"payment": 2, "insurer": "Sun Life", "cents": -9_500, "claims": [SUN]}
    assert run(folder, "reconcile", "--undo", "1", "--reason", "x", "--dry-run").exit_code == 2
    missing = run(folder, "reconcile", "--undo", "9", "--reason", "x").stderr
    assert "1: Sun Life, $95.00 on 2026-11-20" in missing


def test_what_was_paid_of_a_voided_claim_is_told_and_can_be_taken_back(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 60)])
    done = run(folder, "void", SUN, "--replace", "--reason", "code", "--as-of", "2026-11-26")
    assert "$60.00 of it was paid" in " ".join(done.stdout.split())
    summary = load_workbook(folder / "reports/2026-10/claim-summary-2026-10.xlsx")["Overview"]
    lines = [line[:4] for line in summary.iter_rows(values_only=True)]
    assert ("Sun Life", 4, 285, 60) in lines
    by_person = paid(Member_ID="111", cents=95, Claimed=95, Service_Date="2026-10-05", Payment_Number="P3")
    refused = by_person | {"Paid": 0, "Reason": "Not covered"}
    assert results(reconcile(folder, [refused], "--dry-run")) == ["denied 2026-10-SUNL-0004"]
    assert results(reconcile(folder, [paid(SUN, -60, Payment_Number="P2")])) == [f"reversed {SUN}"]
    assert results(reconcile(folder, [by_person])) == ["paid 2026-10-SUNL-0004"]


def test_the_result_is_told_even_where_a_workbook_cannot_be_written(folder: Path) -> None:
    summary = folder / "reports/2026-10/claim-summary-2026-10.xlsx"
    summary.write_bytes(b"no workbook any more")
    path = csv_file(folder, [paid(SUN, 70, Reason="x")], "r.csv")
    done = run(folder, "reconcile", str(path), "--as-of", "2026-11-25")
    assert (done.exit_code, "short-paid" in done.stdout, SUN in done.stdout) == (2, True, True)


def test_a_file_without_headings_says_what_a_remittance_needs(folder: Path) -> None:
    path = folder / "odd.csv"
    path.write_text("foo,bar\n1,2\n", encoding="utf-8")
    done = run(folder, "reconcile", str(path))
    assert done.exit_code == 2
    assert "needs the columns Paid, Payment Date" in " ".join(done.stderr.split())


def test_what_was_not_certain_is_posted_once_it_is(folder: Path) -> None:
    lines = [paid(SUN), paid(Member_ID="777", Service_Date="2026-10-09")]
    assert results(reconcile(folder, lines)) == [f"paid {SUN}", "unmatched"]
    rows = [row(Service_Date=DAYS[2], Patient="Vic Madeup", Member_ID="777")]
    xlsx(folder, rows, "late.xlsx")
    assert run(folder, "claim", str(folder / "late.xlsx"), "--month", "2026-10", "--as-of", "2026-11-06").exit_code == 0
    assert results(reconcile(folder, lines)) == ["repeated", "paid 2026-10-SUNL-0004"]
    assert results(reconcile(folder, lines)) == ["repeated", "repeated"]


def test_an_undone_payment_can_be_posted_again(folder: Path) -> None:
    lines = [paid(SUN), paid(SUN2)]
    assert reconcile(folder, lines)["posted"] == [1]
    done = run(folder, "reconcile", "--undo", "1", "--reason", "another clinic's")
    assert "Payment 1 of Sun Life, $190.00, is undone: 2 claims are as before it." in done.stdout
    twice = run(folder, "reconcile", "--undo", "1", "--reason", "again")
    assert (twice.exit_code, "payment 1 was undone already" in twice.stderr) == (2, True)
    assert reconcile(folder, lines)["posted"] == [2]


def test_a_voided_claim_takes_no_payment_and_names_the_one_that_stands_for_it(folder: Path) -> None:
    assert run(folder, "void", SUN, "--replace", "--reason", "code", "--as-of", "2026-11-06").exit_code == 0
    assert run(folder, "void", SUN2, "--reason", "no visit", "--as-of", "2026-11-06").exit_code == 0
    shown = reconcile(folder, [paid(SUN), paid(SUN2)])
    ask = "Ask the insurer which claim it pays."
    assert [(line["result"], line["message"], line["might_be"]) for line in shown["payments"][0]["lines"]] == [
        ("ambiguous", f"{SUN} was taken back; 2026-10-SUNL-0004 stands for it. {ask}", ["2026-10-SUNL-0004"]),
        ("ambiguous", f"{SUN2} was taken back. {ask}", [SUN2]),
    ]


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


EVENT = st.tuples(st.integers(-12_000, 12_000), st.integers(0, 12_000), st.booleans())


@settings(max_examples=300)
@given(st.integers(0, 12_000), st.lists(EVENT, max_size=6))
def test_cents_are_conserved_whatever_comes(claimed: int, events: list[tuple[int, int, bool]]) -> None:
    position = Position(claimed)
    for paid_cents, expected, denied in events:
        position = position.after(max(paid_cents, -max(position.paid, 0)), expected, denied=denied)
        parts = (position.patient_share, position.short, position.denied)
        assert position.claimed == position.paid + sum(parts) + position.outstanding
        assert all(part >= 0 for part in parts)
