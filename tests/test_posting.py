"""What is posted, and what comes twice."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.practice import csv_file, row, xlsx
from tests.remittances import DAYS, MANU, NO_NUMBER, SUN, SUN2, SUN3, paid, reconcile, results, run, six_claims


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a clinic that has claimed a month."""
    return six_claims(tmp_path)


def test_a_payment_in_another_file_is_known_by_number_insurer_amount_and_day(folder: Path) -> None:
    reconcile(folder, [paid(SUN), paid(SUN2, 76)])
    again = reconcile(folder, [paid(SUN2, 76), paid(SUN)], name="mailed.csv")
    assert results(again) == ["repeated", "repeated"]
    other_amount = reconcile(folder, [paid(SUN), paid(SUN2, 80)])
    assert results(other_amount) == ["repeated", "ambiguous"]
    assert "undo that one first: ims-billing reconcile --undo 1" in other_amount["payments"][0]["lines"][1]["message"]
    assert results(reconcile(folder, [paid(SUN3, Payment_Number="P2")])) == [f"paid {SUN3}"]


@pytest.mark.parametrize("number", ["P1", ""])
def test_a_remittance_that_numbers_no_claims_is_posted_once_too(folder: Path, number: str) -> None:
    visits = [{"Patient": "Pat Madeup", "Service_Date": f"{day:%Y-%m-%d}"} for day in DAYS[:2]]
    lines = [paid(Payment_Number=number, **visit) for visit in visits]
    assert [line.split()[0] for line in results(reconcile(folder, lines))] == ["paid", "paid"]
    again = reconcile(folder, lines)
    assert (results(again), again["posted"]) == (["repeated", "repeated"], [])


@pytest.mark.parametrize("cents", [95, 76], ids=["of the same amount", "of another amount"])
def test_another_page_of_a_payment_is_posted_once_its_advice_is_followed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, cents: float
) -> None:
    monkeypatch.chdir(folder)
    reconcile(folder, [paid(SUN)], name="p1.csv")
    held = reconcile(folder, [paid(SUN2, cents)], name="page 2.csv")
    [line] = held["payments"][0]["lines"]
    assert line["message"] == (
        "A payment of that number was posted already, of $95.00 on 2026-11-20, from p1.csv, with other lines. If this "
        "is that payment in another form, leave it. If this one is right, undo that one first: ims-billing reconcile "
        "--undo 1 --reason TEXT. If both are pages of one payment, undo it too, then name all its files in one "
        'command, with any other that it was posted from: ims-billing reconcile p1.csv "page 2.csv".'
    )
    for command in re.findall(r"ims-billing (reconcile .*?)\.(?: |$)", line["message"]):
        done = run(folder, *shlex.split(command), "--as-of", "2026-11-25")
        assert done.exit_code == 0, done.output
    again = reconcile(folder, [paid(SUN)], str(folder / "page 2.csv"), name="p1.csv")
    assert (results(again), again["payments"][0]["cents"]) == (["repeated", "repeated"], 9_500 + round(cents * 100))


def test_a_number_that_an_insurer_uses_again_on_another_day_is_another_payment(folder: Path) -> None:
    later = {"Payment Date": "2026-11-22"}
    assert reconcile(folder, [paid(SUN, 50)])["posted"] == [1]
    assert results(reconcile(folder, [paid(SUN2) | later])) == [f"paid {SUN2}"]
    assert results(reconcile(folder, [paid(SUN2) | later])) == ["repeated"]
    assert results(reconcile(folder, [paid(SUN, 50)])) == ["repeated"]
    # A line that both have makes it that payment again; another amount of the same claim may correct it.
    assert results(reconcile(folder, [paid(SUN, 50), paid(SUN3)], "--dry-run")) == ["repeated", "ambiguous"]
    assert results(reconcile(folder, [paid(SUN, 50) | later, paid(SUN3) | later], "--dry-run")) == ["ambiguous"] * 2
    corrected = paid(SUN, 40) | {"Payment Date": "2026-11-23"}
    [line] = reconcile(folder, [corrected], "--dry-run")["payments"][0]["lines"]
    assert (line["result"], line["message"]) == (
        "ambiguous",
        "The number is that of payment 1 on the ledger too, which paid $50.00 of this claim on 2026-11-20. If this one "
        "corrects it, undo it first: ims-billing reconcile --undo 1 --reason TEXT. If both were paid, write "
        "Second payment in the column Reason.",
    )
    assert results(reconcile(folder, [corrected | {"Reason": "Second payment"}])) == [f"patient-share {SUN}"]
    both = [paid(SUN3, 50, Payment_Number="P8"), paid(SUN3, 40, Payment_Number="P8") | later]
    shown = reconcile(folder, both, "--dry-run")["payments"][1]["lines"][0]["message"]
    assert shown.startswith("The number is that of another payment in these files too, which paid $50.00 of this claim")
    assert "--undo" not in shown


def test_a_payments_number_is_the_same_without_the_zeros_that_a_spreadsheet_drops(folder: Path) -> None:
    reconcile(folder, [paid(SUN, Payment_Number="00123")])
    assert results(reconcile(folder, [paid(SUN, Payment_Number="123")], name="mailed.csv")) == ["repeated"]


def test_a_line_says_what_is_short_and_what_is_left_to_the_patient(folder: Path) -> None:
    lines = [paid(SUN, 76), paid(SUN2, 70, Reason="x"), paid(SUN3, 0, Reason="x")]
    report = reconcile(folder, [*lines, paid(MANU, 60, Payment_Number="P2")], "--dry-run")
    shown = ("result", "short_cents", "patient_share_cents")
    assert [tuple(line[name] for name in shown) for payment in report["payments"] for line in payment["lines"]] == [
        ("patient-share", 0, 1_900), ("short-paid", 2_500, 0), ("denied", 0, 0), ("short-paid", 1_600, 1_900),
    ]  # fmt: skip


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


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("P1", "", "one of them has no number"), ("", "P1", "one of them has no number"),
        ("", "", "one of them has no number"), ("EFT 004711", "EFT-4711", "their numbers are alike"),
        ("EFT-4711", "4711", "their numbers are alike"), ("P1", "P2", ""), ("A", "B", ""),
        ("B 26-1", "B 26-2", ""),
    ],
)  # fmt: skip
def test_the_same_amount_of_a_claim_on_another_day_is_held_where_it_may_be_one_payment(
    folder: Path, first: str, second: str, alike: str
) -> None:
    line = paid(SUN, 40, Insurer="Sun Life")
    reconcile(folder, [line | {"Payment Number": first}])
    other = line | {"Payment Date": "2026-11-22", "Payment Number": second, "Member ID": "111"}
    again = reconcile(folder, [other], "--dry-run")
    [shown] = again["payments"][0]["lines"]
    assert results(again) == ["ambiguous" if alike else f"patient-share {SUN}"]
    if alike:
        assert shown["message"] == (
            "The same amount of this claim was paid on 2026-11-20 already, by payment 1 on the ledger, and "
            f"{alike}: it may be one payment. If both were paid, write Second payment in the column Reason."
        )
        followed = reconcile(folder, [other | {"Reason": "Second payment"}])
        assert results(followed) == [f"patient-share {SUN}"]
        assert results(reconcile(folder, [other | {"Reason": "Second payment"}])) in (["repeated"], ["ambiguous"])


def test_what_was_taken_back_may_be_paid_again_in_the_same_amount(folder: Path) -> None:
    days = ({"Payment Date": f"2026-11-{day}", "Payment Number": ""} for day in (20, 21, 22, 23))
    one, back, again, once_more = (paid(SUN, cents, Insurer="Sun Life") | next(days) for cents in (40, -40, 40, 40))
    assert results(reconcile(folder, [one, back, again, once_more])) == [
        f"patient-share {SUN}", f"reversed {SUN}", f"patient-share {SUN}", "ambiguous",
    ]  # fmt: skip
    # What is taken back twice may be one reversal too.
    lines = [paid(SUN2), paid(SUN2, -40, Payment_Number="", Insurer="Sun Life")]
    later = lines[1] | {"Payment Date": "2026-11-23"}
    assert results(reconcile(folder, [*lines, later])) == [f"paid {SUN2}", f"reversed {SUN2}", "ambiguous"]


def test_a_line_that_was_mended_takes_the_place_of_the_one_that_was_held(folder: Path) -> None:
    assert results(reconcile(folder, [paid(SUN), paid("2026-10-SUNL-0009")])) == [f"paid {SUN}", "unmatched"]
    mended = [paid(SUN), paid(SUN2)]
    assert results(reconcile(folder, mended)) == ["repeated", f"paid {SUN2}"]
    assert results(reconcile(folder, mended)) == ["repeated", "repeated"]
    again = reconcile(folder, [paid(SUN), paid(SUN3)])
    assert results(again) == ["repeated", "ambiguous"], "nothing of the payment is left"
    assert "--undo 1" in again["payments"][0]["lines"][1]["message"]


def test_what_was_not_certain_is_posted_once_it_is(folder: Path) -> None:
    lines = [paid(SUN), paid(Member_ID="777", Service_Date="2026-10-09")]
    assert results(reconcile(folder, lines)) == [f"paid {SUN}", "unmatched"]
    rows = [row(Service_Date=DAYS[2], Patient="Vic Madeup", Member_ID="777")]
    xlsx(folder, rows, "late.xlsx")
    assert run(folder, "claim", str(folder / "late.xlsx"), "--month", "2026-10", "--as-of", "2026-11-06").exit_code == 0
    assert results(reconcile(folder, lines)) == ["repeated", "paid 2026-10-SUNL-0004"]
    assert results(reconcile(folder, lines)) == ["repeated", "repeated"]


def test_no_line_of_another_page_of_an_equal_amount_is_posted_into_the_first(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 80)], name="page1.csv")
    second = [paid(SUN2, 80), paid(SUN3, 0, Reason="Not covered")]
    assert [result.split()[0] for result in results(reconcile(folder, second, name="page2.csv"))] == ["ambiguous"] * 2


def test_two_payments_of_one_day_and_amount_post_where_somebody_says_that_they_are_two(folder: Path) -> None:
    lines = [paid(SUN, 40, Payment_Number="E1"), paid(SUN, 40, Payment_Number="E2", Reason="Second payment")]
    assert [result.split()[0] for result in results(reconcile(folder, lines))] == ["patient-share"] * 2


def test_a_line_that_comes_again_under_its_number_on_another_day_is_held_and_not_called_posted(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 40)])
    weekly = paid(SUN, 40, Payment_Date="2026-11-24")
    [line] = reconcile(folder, [weekly], name="weekly.csv")["payments"][0]["lines"]
    assert (line["result"], "write Second payment in the column Reason" in line["message"]) == ("ambiguous", True)
    [line] = reconcile(folder, [weekly | {"Reason": "Second payment"}], name="second.csv")["payments"][0]["lines"]
    assert line["claims"] == [SUN]


def test_a_corrected_line_of_a_payment_that_was_posted_in_part_is_of_that_payment(folder: Path) -> None:
    wrong = [paid(SUN, 50), paid("2026-10-SUNL-9001", 30)]
    reconcile(folder, wrong)
    shown = reconcile(folder, [wrong[0], paid(SUN, 30)], name="right.csv")
    assert results(shown) == ["repeated", f"patient-share {SUN}"]
    # What it posts now is not posted by a third run.
    assert results(reconcile(folder, [wrong[0], paid(SUN, 30)], name="again.csv")) == ["repeated", "repeated"]


def test_pages_of_one_payment_that_share_a_line_say_how_all_of_it_is_posted(folder: Path) -> None:
    pages = [[paid(SUN), paid(SUN2)], [paid(SUN2), paid(SUN3)]]
    assert results(reconcile(folder, pages[0], name="one.csv")) == [f"paid {SUN}", f"paid {SUN2}"]
    held = reconcile(folder, pages[1], name="two.csv")
    assert results(held) == ["repeated", "ambiguous"]
    both = (
        "name all its files in one command, with any other that it was posted from: ims-billing reconcile one.csv two"
    )
    assert both in held["payments"][0]["lines"][1]["message"]
    day = ("--as-of", "2026-11-25")
    assert run(folder, "reconcile", "--undo", "1", "--reason", "one page", *day).exit_code == 0
    done = run(folder, "reconcile", str(folder / "one.csv"), str(folder / "two.csv"), "--json", *day)
    assert done.exit_code == 0, done.stderr
    posted = [result for result in results(json.loads(done.stdout)) if result.startswith("paid")]
    assert sorted(posted) == sorted(f"paid {claim}" for claim in (SUN, SUN2, SUN3))


@pytest.mark.parametrize("wrong", [{"Paid": "95 .00"}, {"Payment Date": ""}])
def test_a_corrected_line_that_makes_its_payment_another_sum_says_how_the_whole_is_posted(
    folder: Path, wrong: dict[str, str]
) -> None:
    assert f"paid {SUN2}" in results(reconcile(folder, [paid(SUN) | wrong, paid(SUN2)]))
    corrected = [paid(SUN), paid(SUN2)]
    held = reconcile(folder, corrected)
    assert results(held) == ["ambiguous", "repeated"]
    way = "undo that one, then read it again: ims-billing reconcile --undo 1 --reason TEXT."
    assert way in held["payments"][0]["lines"][0]["message"]
    assert run(folder, "reconcile", "--undo", "1", "--reason", "one line", "--as-of", "2026-11-25").exit_code == 0
    assert results(reconcile(folder, corrected)) == [f"paid {SUN}", f"paid {SUN2}"]
