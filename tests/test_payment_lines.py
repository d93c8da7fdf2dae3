"""Which lines of which files make up one payment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.practice import csv_file
from tests.remittances import DAYS, GSC, MANU, PBC, SUN, SUN2, SUN3, paid, reconcile, results, run, six_claims


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a clinic that has claimed a month."""
    return six_claims(tmp_path)


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


def test_two_spellings_of_an_insurer_are_one_payer(folder: Path) -> None:
    lines = [paid(SUN, Insurer="Sun Life"), paid(SUN2, Insurer="SunLife Financial"), paid(SUN3, Insurer="sun life")]
    shown = reconcile(folder, [line | {"Payment Number": ""} for line in lines], "--dry-run")
    assert [(payment["insurer"], payment["cents"]) for payment in shown["payments"]] == [("Sun Life", 28_500)]


def test_one_payment_in_two_parts_is_one(folder: Path) -> None:
    second_page = csv_file(folder, [paid(SUN2), paid(SUN3)], "z.csv")
    shown = reconcile(folder, [paid(SUN)], str(second_page))
    assert (shown["payments"][0]["cents"], shown["posted"]) == (28_500, [1])


def test_two_insurers_payments_of_one_number_and_day_are_two_where_each_has_its_file(folder: Path) -> None:
    of_manulife = csv_file(folder, [paid(MANU, 76), paid(GSC, 76)], "z.csv")
    shown = reconcile(folder, [paid(SUN), paid(SUN2)], str(of_manulife))
    payments = [(payment["insurer"], payment["cents"]) for payment in shown["payments"]]
    assert (payments, shown["posted"]) == ([("Sun Life", 19_000), ("Manulife", 15_200)], [1, 2])
    again = reconcile(folder, [paid(SUN), paid(SUN2)], str(of_manulife))
    assert (results(again), again["posted"]) == (["repeated"] * 4, [])
    # In one file nothing says which lines are whose.
    mixed = reconcile(folder, [paid(SUN3, **{"Payment Number": "P2"}), paid(PBC, **{"Payment Number": "P2"})])
    assert results(mixed) == ["ambiguous"] * 2
    # The claims that the lines are matched to tell the insurers apart too.
    by_person = [
        {**paid("", **{"Payment Number": "P7"}), "Patient": name, "Service Date": f"{DAYS[day]}"}
        for day, name in ((5, "Uma Madeup"), (2, "Robin Madeup"))
    ]
    found = reconcile(folder, by_person[:1], str(csv_file(folder, by_person[1:], "y.csv")))
    assert [(payment["insurer"], payment["cents"]) for payment in found["payments"]] == [
        ("Sun Life", 9_500), ("Pacific Blue Cross", 9_500),
    ]  # fmt: skip


@pytest.mark.parametrize(("cents", "result"), [(95.0, "total"), (60.0, "ambiguous")])
@pytest.mark.parametrize("whose", [{"Patient": "MADEUP, Pat"}, {"Member ID": "111"}], ids=["by name", "by member"])
def test_a_sum_beside_lines_of_the_same_person_pays_no_other_visit(
    folder: Path, whose: dict[str, str], cents: float, result: str
) -> None:
    detail = {**paid(SUN), "Patient": "Pat Madeup", "Member ID": "111", "Insurer": "Sun Life"}
    lines = [detail, {**paid("", cents), **whose, "Insurer": "Sun Life"}]
    assert results(reconcile(folder, lines, "--dry-run")) == [f"paid {SUN}", result]


@pytest.mark.parametrize(
    ("whose", "period", "result"),
    [
        ({}, ("2026-10-06", "2026-10-10"), f"paid {SUN2}"),
        ({}, ("2026-10-01", "2026-10-04"), "unmatched"),
        ({}, ("2026-10-01", "2026-10-31"), "total"),
        ({}, ("2026-10-05", "2026-10-05"), "total"),
        ({"Member ID": "111"}, ("2026-10-06", "2026-10-10"), f"paid {SUN2}"),
        ({"Member ID": "111"}, ("2026-10-05", "2026-10-10"), "total"),
    ],
)
@pytest.mark.parametrize("day", ["", "2026-10-05"], ids=["by our number", "by day too"])
def test_a_sum_for_a_period_is_no_total_of_visits_outside_of_it(
    folder: Path, whose: dict[str, str], period: tuple[str, str], result: str, day: str
) -> None:
    detail = {**paid(SUN, Insurer="Sun Life"), "Service Date": day, **whose}
    of_period = {**paid("", Insurer="Sun Life"), "Period From": period[0], "Period Until": period[1], **whose}
    assert results(reconcile(folder, [detail, of_period], "--dry-run")) == [f"paid {SUN}", result]


def test_one_payment_in_two_files_of_other_words_is_posted_once(folder: Path) -> None:
    other = {"Patient": "Madeup, Pat", "Date of Service": f"{DAYS[0]}", "Amount Paid": 40, "Remark": "Plan maximum",
             "Payment Date": "2026-11-20", "EFT #": "P1", "Member ID": "111"}  # fmt: skip
    shown = reconcile(folder, [paid(SUN, 40, Reason="Maximum")], str(csv_file(folder, [other], "z.csv")))
    assert results(shown) == [f"short-paid {SUN}", "ambiguous"]
    message = shown["payments"][0]["lines"][1]["message"]
    assert message == "The same amount of this claim appears in paid.csv too."


def test_what_is_taken_back_is_taken_back_once_and_is_no_patients_share(folder: Path) -> None:
    reconcile(folder, [paid(SUN)])
    back = paid(SUN, -40, Reason="Audit recovery", **{"Payment Number": ""})
    assert results(reconcile(folder, [back])) == [f"reversed {SUN}"]
    in_other_words = {**back, "Claim": "", "Member ID": "111", "Service Date": f"{DAYS[0]}", "Reason": "Recovery"}
    again = reconcile(folder, [in_other_words])
    assert results(again) == ["ambiguous"]
    assert "the same amount of this claim was taken back already" in again["payments"][0]["lines"][0]["message"]
    words = " ".join(run(folder, "why", SUN).output.split())
    assert "So far $55.00 paid; $40.00 paid too little" in words


@pytest.mark.parametrize(
    ("reason", "left"), [("", "$25.00 paid too little"), ("Coinsurance", "$25.00 the patient's share")]
)
def test_a_short_payment_stays_short_until_another_reason_says_otherwise(folder: Path, reason: str, left: str) -> None:
    reconcile(folder, [paid(SUN, 50, Reason="Maximum")])
    reconcile(folder, [paid(SUN, 20, Reason=reason, **{"Payment Number": "P2"})])
    assert f"So far $70.00 paid; {left}" in " ".join(run(folder, "why", SUN).output.split())


@pytest.mark.parametrize(
    "before", [{"cents": 0, "Reason": "Denied"}, {"cents": 95}], ids=["denied", "taken back whole"]
)
def test_what_is_paid_anew_says_by_itself_what_is_left(folder: Path, before: dict[str, Any]) -> None:
    reconcile(folder, [paid(SUN, **before)])
    if before["cents"]:
        reconcile(folder, [paid(SUN, -95, Reason="Reversed", **{"Payment Number": "P2"})])
    reconcile(folder, [paid(SUN, 76, **{"Payment Number": "P3"})])
    assert "So far $76.00 paid; $19.00 the patient's share" in " ".join(run(folder, "why", SUN).output.split())


def test_a_sum_of_a_payment_that_was_posted_visit_by_visit_pays_nothing_more(folder: Path) -> None:
    detail, deposit = paid(SUN), paid("", 95, Insurer="Sun Life", **{"Payment Number": "", "Member ID": "111"})
    both = reconcile(folder, [detail, deposit], "--dry-run")
    assert results(both) == [f"paid {SUN}", "ambiguous"]
    reconcile(folder, [detail])
    again = reconcile(folder, [deposit])
    assert results(again) == ["ambiguous"]
    assert "payment 1 on the ledger of that insurer, day and amount" in again["payments"][0]["lines"][0]["message"]
    # Two sums of one amount are two payments.
    sums = [paid("", 95, Insurer="Sun Life", **{"Payment Number": f"S{n}", "Member ID": m}) for n, m in ((1, "555"),)]
    later = {"Payment Date": "2026-11-21"}
    assert results(reconcile(folder, [sums[0] | later])) == [f"paid {SUN3}"]
    assert results(reconcile(folder, [deposit | later])) == [f"paid {SUN2}"]


def test_a_row_that_leaves_the_insurer_out_is_of_its_payment(folder: Path) -> None:
    shown = reconcile(folder, [paid(SUN, Insurer="Sun Life"), paid(SUN2)])
    assert [(payment["cents"], payment["insurer"]) for payment in shown["payments"]] == [(19_000, "Sun Life")]


def test_a_stray_comma_is_no_payment_of_a_dollar(folder: Path) -> None:
    path = folder / "comma.csv"
    path.write_text(f"Claim,Payment Date,Payment Number,Paid\n{SUN},2026-11-20,P1,1,095.00\n", encoding="utf-8")
    done = run(folder, "reconcile", str(path), "--as-of", "2026-11-25", "--json")
    assert (done.exit_code, results(json.loads(done.stdout))) == (1, ["unmatched"])


@pytest.mark.parametrize(
    ("reason", "result"),
    [
        ("cheque to follow", "unmatched"), ("see next page", "unmatched"), ("E05", "unmatched"), ("", "unmatched"),
        ("Denied: no referral", "denied"), ("Maximum reached", "denied"), ("Not covered", "denied"),
    ],
)  # fmt: skip
def test_a_blank_beside_a_comment_is_no_refusal(folder: Path, reason: str, result: str) -> None:
    [line] = reconcile(folder, [paid(SUN, "", Reason=reason)])["payments"][0]["lines"]
    assert line["result"] == result


@pytest.mark.parametrize(
    ("reason", "result"),
    [
        ("Duplicate of a claim already paid", "unmatched"), ("Information missing - please resubmit", "unmatched"),
        ("Previously processed", "unmatched"), ("Pend", "unmatched"), ("Not yet adjudicated", "unmatched"),
        ("Submitted after the time limit", "denied"), ("Duplicate claim: denied", "denied"), ("E05", "denied"),
    ],
)  # fmt: skip
def test_what_the_insurer_has_not_decided_is_no_refusal(folder: Path, reason: str, result: str) -> None:
    [line] = reconcile(folder, [paid(SUN, 0, Reason=reason)])["payments"][0]["lines"]
    assert line["result"] == result


def test_what_is_taken_back_and_paid_to_the_patient_is_taken_back(folder: Path) -> None:
    reconcile(folder, [paid(SUN)])
    back = paid(SUN, -95, Reason="Recovered from provider; paid to plan member", Payment_Number="P2")
    assert results(reconcile(folder, [back], name="back.csv")) == [f"reversed {SUN}"]


def back_and_anew(*order: int) -> list[dict[str, Any]]:
    """A payment of $80, and a later one that takes it back and pays it again, in this order of lines."""
    later = {"Payment_Date": "2026-11-24", "Payment_Number": "P2"}
    lines = [paid(SUN, 80), paid(SUN, -80, Reason="Recovered", **later), paid(SUN, 80, **later)]
    return [lines[place] for place in order]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 1, 0), (0, 2, 1)])
def test_what_is_taken_back_and_paid_again_is_posted_in_any_order_of_lines(
    folder: Path, order: tuple[int, ...]
) -> None:
    shown = reconcile(folder, back_and_anew(*order))
    assert not [line for payment in shown["payments"] for line in payment["lines"] if line["message"]]
    assert "So far $80.00 paid" in " ".join(run(folder, "why", SUN).stdout.split())
    again = reconcile(folder, back_and_anew(*order))
    assert {line["result"] for payment in again["payments"] for line in payment["lines"]} == {"repeated"}


def test_a_payment_that_was_taken_back_and_paid_again_later_is_not_undone(folder: Path) -> None:
    reconcile(folder, back_and_anew(0), name="first.csv")
    reconcile(folder, back_and_anew(1, 2), name="later.csv")
    undone = run(folder, "reconcile", "--undo", "1", "--reason", "a slip", "--as-of", "2026-12-31")
    assert undone.exit_code == 2
    assert "payment 2 took back what it paid" in " ".join(undone.stderr.split())


def test_a_corrected_line_uses_what_the_payment_has_left_beside_a_take_back_that_is_wrong(folder: Path) -> None:
    wrong = [paid(SUN, 80), paid("2026-10-SUNL-9999", 80), paid("2026-10-SUNL-9998", -30, Reason="Recovered")]
    reconcile(folder, wrong)
    right = [wrong[0], paid(SUN2, 80), wrong[2]]
    assert results(reconcile(folder, right, name="right.csv"))[1] == f"patient-share {SUN2}"


def test_the_total_of_a_statement_pays_nothing_though_each_line_bears_the_statements_period(folder: Path) -> None:
    period = {"Period_From": "2026-10-10", "Period_Until": "2026-10-20", "Insurer": "Sun Life"}
    lines = [paid(SUN, 47.5, **period), paid(SUN2, 47.5, **period), paid("", 95, **period)]
    shown = reconcile(folder, lines)
    assert [result.split()[0] for result in results(shown)] == ["patient-share", "patient-share", "total"]
    assert shown["payments"][0]["cents"] == 9_500


@pytest.mark.parametrize("whose", [{"Patient": "Pat Madeup", "Member_ID": "111"}, {"Member_ID": "0111"}], ids=str)
def test_a_patients_subtotal_with_the_statements_period_pays_nothing(folder: Path, whose: dict[str, str]) -> None:
    period = {"Period_From": "2026-10-10", "Period_Until": "2026-10-20", "Insurer": "Sun Life"}
    lines = [paid(SUN, 95, **period), paid("", 95, **whose, **period)]
    lines[0] |= {"Patient": "Pat Madeup", "Member ID": "111"}
    assert [result.split()[0] for result in results(reconcile(folder, lines))] == ["paid", "total"]
