"""What is owed on a day: by insurer and age, as it was then, with who looks after it."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from ims_billing.ledger.ledger import Ledger
from ims_billing.payments.aging import Owing
from ims_billing.payments.aging import aging as days_owed
from ims_billing.payments.positions import answers_by, positions, totals, who_pays
from ims_billing.vocabulary.entries import BatchDay, Claimed, Note, Posted, entries_of
from ims_billing.vocabulary.frames import ON_LEDGER, POSTINGS, empty
from ims_billing.vocabulary.model import Payer
from tests.practice import csv_file, examples
from tests.remittances import GSC, MANU, PBC, SUN, SUN2, SUN3, paid, reconcile, run, six_claims

SUMMARY = "reports/2026-10/claim-summary-2026-10.xlsx"
BOOK = "reports/aging-{}.xlsx"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A month of six claims of $95, made on 5 November."""
    return six_claims(tmp_path)


def aging(folder: Path, as_of: str) -> dict[str, Any]:
    done = run(folder, "aging", "--as-of", as_of, "--json")
    assert done.exit_code == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def owed(shown: dict[str, Any]) -> dict[str, dict[str, int]]:
    """By insurer, the buckets in which something is owed."""
    return {
        each["insurer"]: {bucket: cents for bucket, cents in each["cents"].items() if cents and bucket != "total"}
        for each in shown["insurers"]
    }


@pytest.mark.parametrize(
    ("as_of", "bucket"),
    [
        ("2026-11-05", "0-30"), ("2026-12-05", "0-30"), ("2026-12-06", "31-60"), ("2027-01-04", "31-60"),
        ("2027-01-05", "61-90"), ("2027-02-03", "61-90"), ("2027-02-04", "over 90"),
    ],
)  # fmt: skip
def test_claims_age_from_the_day_they_were_made(folder: Path, as_of: str, bucket: str) -> None:
    assert owed(aging(folder, as_of)) == {
        "Manulife": {bucket: 19_000}, "Pacific Blue Cross": {bucket: 9_500}, "Sun Life": {bucket: 28_500},
    }  # fmt: skip


def test_before_it_was_claimed_nothing_is_owed(folder: Path) -> None:
    shown = aging(folder, "2026-11-04")
    assert (shown["insurers"], shown["claims"], shown["totals"]["claims"]) == ([], [], 0)


def test_what_each_answer_leaves_owed(folder: Path) -> None:
    reconcile(folder, [paid(SUN), paid(SUN2, 70, Reason="Over the limit"), paid(SUN3, 0, Reason="Not covered")])
    reconcile(folder, [paid(MANU, 100, Payment_Number="P2")], "--accept-overpayment")
    report = aging(folder, "2026-12-01")
    shown = [(c["claim"], c["state"], c["owed_cents"], c["paid_cents"]) for c in report["claims"]]
    assert shown == [
        ("2026-10-MANU-0002", "not answered", 9_500, 0),
        ("2026-10-PABC-0001", "not answered", 9_500, 0),
        (SUN2, "short-paid", 2_500, 7_000),
        (MANU, "over-paid", -500, 10_000),
        (SUN3, "denied", 0, 0),
    ]
    assert owed(report)["Sun Life"] == {"0-30": 2_500}
    assert {each["insurer"]: each["claims"] for each in report["insurers"]} == {
        "Manulife": 1, "Pacific Blue Cross": 1, "Sun Life": 1,
    }, "what is denied, or paid too much, is not owed"  # fmt: skip


def test_a_past_day_is_told_the_same_before_and_after_later_payments(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 70, Reason="x")])
    days = ("2026-11-10", "2026-11-20", "2026-12-24")
    before = {day: aging(folder, day) for day in days}
    later = [paid(SUN, 25, Payment_Number="P2"), paid(SUN2, Payment_Number="P2"), paid(SUN, -70, Payment_Number="P2")]
    reconcile(folder, [line | {"Payment Date": "2026-12-24"} for line in later])
    assert run(folder, "void", SUN3, "--reason", "x", "--as-of", "2026-12-24").exit_code == 0
    for day in days[:2]:
        assert aging(folder, day) == before[day]
    assert aging(folder, days[2]) != before[days[2]]
    assert SUN3 not in {claim["claim"] for claim in aging(folder, days[2])["claims"]}, "taken back on that day"
    assert SUN3 in {claim["claim"] for claim in aging(folder, "2026-12-23")["claims"]}
    run(folder, "reconcile", "--undo", "1", "--reason", "x", "--as-of", "2026-12-25")
    assert aging(folder, "2026-11-20") == before["2026-11-20"]


def call_list(folder: Path, day: str, *sheets: str) -> list[dict[str, Any]]:
    """The lines of the call list, or of other sheets."""
    book = load_workbook(folder / BOOK.format(day))
    lines = []
    for name in [name for name in sheets or ("Call list",) if name in book.sheetnames]:
        head, *below = book[name].iter_rows(values_only=True)
        lines += [dict(zip(map(str, head), line, strict=True)) for line in below]
    return lines


def note(folder: Path, day: str, claim: str, **typed: str | None) -> None:
    """Types into the line of a claim, on whichever sheet it stands."""
    path = folder / BOOK.format(day)
    book = load_workbook(path)
    for sheet in (book[name] for name in ("Call list", "Waiting") if name in book.sheetnames):
        columns = {str(cell.value): place for place, cell in enumerate(sheet[1], start=1)}
        for place in range(2, sheet.max_row + 1):
            if sheet.cell(place, columns["Claim"]).value == claim:
                for heading, value in typed.items():
                    sheet.cell(place, columns[heading.replace("_", " ")]).value = value
                book.save(path)
                return
    raise AssertionError(f"{claim} is on no sheet of {path.name}")


def test_who_looks_after_a_claim_is_read_back_and_comes_again(folder: Path) -> None:
    aging(folder, "2026-12-01")
    note(folder, "2026-12-01", SUN, Owner="Kim", Status="Asked", Note="rang them")
    note(folder, "2026-12-01", SUN2, Owner="Kim", Status="Closed")
    aging(folder, "2027-01-01")
    lines = {line["Claim"]: line for line in call_list(folder, "2027-01-01")}
    assert [lines[SUN][heading] for heading in ("Owner", "Status", "Note")] == ["Kim", "Asked", "rang them"]
    assert SUN2 not in lines
    assert owed(aging(folder, "2027-01-01"))["Sun Life"] == {"31-60": 28_500}, "closed is no longer asked for, and owed"
    # The workbook of before still says the same: it is not read again over what was said since.
    note(folder, "2027-01-01", SUN, Status="Open")
    aging(folder, "2027-01-02")
    assert {line["Claim"]: line["Status"] for line in call_list(folder, "2027-01-02")}[SUN] == "Open"


def test_a_denied_claim_that_was_sent_again_is_owed_again(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 0, Reason="No signature")])
    assert [c["owed_cents"] for c in aging(folder, "2026-12-01")["claims"] if c["claim"] == SUN] == [0]
    note(folder, "2026-12-01", SUN, Status="Sent again", Sent_on="2026-12-02", Note="signed")
    shown = {c["claim"]: c for c in aging(folder, "2026-12-02")["claims"]}
    assert (shown[SUN]["state"], shown[SUN]["owed_cents"]) == ("not answered", 9_500)
    assert [c["owed_cents"] for c in aging(folder, "2026-12-01")["claims"] if c["claim"] == SUN] == [0]
    later = [paid(SUN, Payment_Number="P9") | {"Payment Date": "2026-12-09"}]
    assert reconcile(folder, later, as_of="2026-12-10")["posted"] == [2]
    assert SUN not in {c["claim"] for c in aging(folder, "2026-12-10")["claims"]}


def test_what_was_sent_again_waits_and_keeps_its_last_answer(folder: Path) -> None:
    """Paid $65 of $95, sent again: on no list of those to ask about until its insurer's 30 days are over once more."""
    reconcile(folder, [paid(SUN, 65, Reason="R&C"), paid(SUN2, 70, Reason="Over the limit")])
    aging(folder, "2026-12-02")
    note(folder, "2026-12-02", SUN, Owner="Kim", Status="Sent again", Sent_on="2026-12-03")
    note(folder, "2026-12-02", MANU, Owner="Kim")
    cells = ("Paid", "Owed", "What it is", "Reason", "Status", "Owner")
    waits = [65, 30, "sent again 2026-12-03", "R&C", "Sent again", "Kim"]
    for day, sheet, short, unanswered, to_ask in (
        ("2026-12-05", "Waiting", "$25.00 on 1 claim", "nothing", "1, and 1 that somebody looks after"),
        ("2027-01-02", "Waiting", "$25.00 on 1 claim", "$380.00 on 4 claims", "5"),
        ("2027-01-03", "Call list", "$25.00 on 1 claim", "$410.00 on 5 claims", "6"),
    ):
        screen = run(folder, "aging", "--as-of", day).stdout
        follow_up = screen.partition("FOLLOW UP")[2]
        assert (SUN in follow_up) == (sheet == "Call list"), day
        assert follow_up.count("2026-10-") == int(to_ask[0]), day
        [line] = [line for line in call_list(folder, day, "Call list", "Waiting") if line["Claim"] == SUN]
        assert [line[cell] for cell in cells] == waits, day
        assert line in call_list(folder, day, sheet), day
        facts = {line[0]: line[1] for line in load_workbook(folder / BOOK.format(day))["Aging"].values}
        assert [facts[f] for f in ("Paid short", "Not answered in the usual time", "Claims to ask about")] == [
            short, unanswered, to_ask,
        ], day  # fmt: skip
    assert "sent again 2026-12-03" in " ".join(follow_up.split())
    note(folder, "2027-01-03", SUN, Status="Asked")
    aging(folder, "2027-01-04")
    [line] = [line for line in call_list(folder, "2027-01-04") if line["Claim"] == SUN]
    assert [line[cell] for cell in cells] == [*waits[:4], "Asked", "Kim"], "it was sent again, whatever is noted since"


def so_far(folder: Path, claim: str = SUN) -> str:
    words = " ".join(run(folder, "why", claim).output.split())
    return words.partition("So far ")[2].partition(" What was done")[0]


def test_a_payment_is_shown_as_the_ledger_has_it_by_day_whenever_it_is_posted(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 0, Reason="Not covered", Payment_Number="P9")])
    earlier = paid(SUN, 80, Payment_Number="P5") | {"Payment Date": "2026-11-10"}
    shown = reconcile(folder, [earlier])["payments"][0]["lines"][0]
    assert [shown[name] for name in ("result", "short_cents", "patient_share_cents")] == ["short-paid", 1500, 0]
    assert so_far(folder) == "$80.00 paid; $15.00 paid too little"


def test_an_undone_payment_leaves_the_later_ones_as_if_it_had_never_been(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 50, Reason="Over maximum")])
    reconcile(folder, [paid(SUN, 30, Payment_Number="P2") | {"Payment Date": "2026-11-22"}])
    assert so_far(folder) == "$80.00 paid; $15.00 paid too little"
    assert run(folder, "reconcile", "--undo", "1", "--reason", "x", "--as-of", "2026-12-31").exit_code == 0
    assert so_far(folder) == "$30.00 paid; $65.00 the patient's share"


def test_what_was_paid_before_a_claim_was_sent_again_waits_until_the_day_is_corrected(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 0, Reason="No referral")])
    aging(folder, "2026-11-26")
    note(folder, "2026-11-26", SUN, Status="Sent again", Sent_on="2026-11-25")
    aging(folder, "2026-11-27")
    crossing = paid(SUN, 80, Payment_Number="P2") | {"Payment Date": "2026-11-24"}
    shown = reconcile(folder, [crossing], as_of="2026-11-28")["payments"][0]["lines"][0]
    assert (shown["result"], shown["message"]) == (
        "waiting",
        "It was sent again on 2026-11-25, after this payment, and waits for another answer. If this is the answer, "
        "correct Sent on in the aging workbook.",
    )
    assert so_far(folder) == "$80.00 paid; $15.00 still owed"
    aging(folder, "2026-11-28")
    note(folder, "2026-11-28", SUN, Sent_on="2026-11-23")
    aging(folder, "2026-11-29")
    assert so_far(folder) == "$80.00 paid; $15.00 the patient's share"


def test_what_was_taken_back_since_a_payment_waits_for_another_answer(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 50), paid(SUN, -50, Payment_Number="P2") | {"Payment Date": "2026-11-22"}])
    path = csv_file(folder, [paid(SUN, 0, Reason="Denied", Payment_Number="P3") | {"Payment Date": "2026-11-18"}])
    screen = run(folder, "reconcile", str(path), "--as-of", "2026-11-25").stdout
    assert f"{SUN}: What was paid of it later was reversed: it waits for another answer." in " ".join(screen.split())


def test_what_was_paid_of_a_voided_claim_is_on_the_call_list_until_it_is_reversed(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 60)])
    assert run(folder, "void", SUN, "--replace", "--reason", "insurer", "--as-of", "2026-11-26").exit_code == 0
    screen = " ".join(run(folder, "aging", "--as-of", "2026-11-27").stdout.split())
    assert f"{SUN} Sun Life 22 $95.00 -$60.00 paid and voided" in screen
    [line] = [line for line in call_list(folder, "2026-11-27", "Call list") if line["Claim"] == SUN]
    assert (line["Paid"], line["Owed"], line["What it is"]) == (60, -60, "paid and voided")
    facts = {line[0]: line[1] for line in load_workbook(folder / BOOK.format("2026-11-27"))["Aging"].values}
    assert facts["Paid and voided: the insurer has to reverse it"] == "$60.00 on 1 claim"
    words = " ".join(run(folder, "status", "--as-of", "2026-11-27").stdout.split())
    assert "Paid, and voided since, so that the insurer has to reverse it: 1 claim, $60.00" in words
    overview = [line[:6] for line in load_workbook(folder / SUMMARY)["Overview"].values]
    to_do = ("Ask insurers to reverse what they paid of voided claims", 1, 60, None, "run ims-billing aging", None)
    assert to_do in overview
    assert ("Paid of voided claims", 1, 60) in [line[:3] for line in overview]
    reconcile(folder, [paid(SUN, -60, Payment_Number="P2")], as_of="2026-11-28")
    aging(folder, "2026-11-28")
    assert SUN not in statuses(folder, "2026-11-28")
    assert "reverse" not in run(folder, "status", "--as-of", "2026-11-28").stdout


def statuses(folder: Path, day: str, column: str = "Status") -> dict[str, Any]:
    return {line["Claim"]: line[column] for line in call_list(folder, day, "Call list", "Waiting")}


def test_each_change_counts_back_and_forth_and_what_is_cleared(folder: Path) -> None:
    aging(folder, "2026-12-01")
    days = ["2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04", "2026-12-05"]
    for day, next_day, status in zip(days, days[1:], ("Open", "Asked", "Open", None), strict=False):
        note(folder, day, SUN, Status=status)
        aging(folder, next_day)
        assert statuses(folder, next_day)[SUN] == status


def test_a_closed_claim_stays_closed_where_a_payment_after_it_was_undone(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 0, Reason="No signature")])
    aging(folder, "2026-12-01")
    note(folder, "2026-12-01", SUN, Owner="Kim", Status="Closed")
    aging(folder, "2026-12-02")
    wrong = paid(SUN, 50, Payment_Number="P2") | {"Payment Date": "2026-12-03"}
    reconcile(folder, [wrong], as_of="2026-12-03")
    assert "FOLLOW UP" not in run(folder, "aging", "--as-of", "2026-12-02").stdout
    assert run(folder, "reconcile", "--undo", "2", "--reason", "x", "--as-of", "2026-12-04").exit_code == 0
    assert "FOLLOW UP" not in run(folder, "aging", "--as-of", "2026-12-04").stdout
    # What it was closed by is undone: it is open again.
    assert run(folder, "reconcile", "--undo", "1", "--reason", "x", "--as-of", "2026-12-05").exit_code == 0
    aging(folder, "2026-12-05")
    assert statuses(folder, "2026-12-05")[SUN] is None


def test_a_day_after_today_in_the_call_list_is_named_with_its_row(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 0, Reason="No signature")])
    for sent_on, named in (("2026-12-02", 0), ("2062-12-02", 1)):
        aging(folder, "2026-12-01")
        note(folder, "2026-12-01", SUN, Status="Sent again", Sent_on=sent_on)
        done = run(folder, "aging", "--as-of", "2026-12-02")
        assert done.exit_code == 0, done.stderr
        named_with_row = r"aging-2026-12-01\.xlsx, Call list, row \d+: noted as sent again on 2062-12-02, after today"
        stated = re.findall(named_with_row, " ".join(done.stderr.split()))
        assert len(stated) == named


def test_a_day_beside_a_status_that_keeps_none_is_named_and_not_dropped_in_silence(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 0, Reason="No signature")])
    aging(folder, "2026-12-01")
    note(folder, "2026-12-01", SUN, Status="Asked", Sent_on="2026-12-01")
    done = run(folder, "aging", "--as-of", "2026-12-02")
    assert done.exit_code == 0, done.stderr
    named_with_row = r"aging-2026-12-01\.xlsx, Call list, row \d+: Sent on is read only beside the status Sent again"
    assert len(re.findall(named_with_row, " ".join(done.stderr.split()))) == 1


def test_a_status_that_an_answer_has_ended_already_is_named_and_not_dropped_in_silence(folder: Path) -> None:
    """Sent again on a day before the answer; and what is typed in a workbook that does not show the answer."""
    reconcile(folder, [paid(SUN, 0, Reason="No signature")])
    aging(folder, "2026-12-01")
    later = {"Payment Date": "2026-12-10"}
    lines = [paid(SUN2, 0, Reason="Late"), paid(SUN3, 50, Reason="Over the limit"), paid(MANU, 76, Payment_Number="P2")]
    reconcile(folder, [line | later for line in lines], as_of="2026-12-11")
    note(folder, "2026-12-01", SUN, Status="Sent again", Sent_on="2026-11-10")
    note(folder, "2026-12-01", SUN2, Status="Sent again")
    for claim in (SUN3, PBC, MANU):
        note(folder, "2026-12-01", claim, Status="Closed")
    done = run(folder, "aging", "--as-of", "2026-12-15")
    ended = "the status {} was not kept. It is of {}, and the insurer's answer changed on {}."
    stated = re.findall(r"the status .*? was not kept\. .*? changed on \S+", " ".join(done.stderr.split()))
    assert stated == [
        ended.format("Sent again", "2026-11-10", "2026-11-20"), ended.format("Sent again", "2026-12-01", "2026-12-10"),
        ended.format("Closed", "2026-12-01", "2026-12-10"),
    ], "nothing of what was paid since, or is not answered"  # fmt: skip
    shown = statuses(folder, "2026-12-15")
    assert ([shown[claim] for claim in (SUN, SUN2, SUN3)], PBC in shown) == ([None] * 3, False)
    note(folder, "2026-12-15", SUN, Status="Sent again", Sent_on="2026-12-14")
    note(folder, "2026-12-15", SUN3, Status="Closed")
    done = run(folder, "aging", "--as-of", "2026-12-16")
    shown = statuses(folder, "2026-12-16")
    assert ("not kept" in done.stderr, shown[SUN], SUN3 in shown) == (False, "Sent again", False)


def test_an_older_copy_of_a_call_list_takes_back_nothing_that_was_read_later(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 0, Reason="No signature"), paid(SUN2, 0, Reason="Late")])
    aging(folder, "2026-12-10")
    empty_copy, copy = (folder / BOOK.format(f"2026-12-10 ({number})") for number in (1, 2))
    shutil.copy(folder / BOOK.format("2026-12-10"), empty_copy)
    note(folder, "2026-12-10", SUN, Owner="Kim", Status="Asked")
    aging(folder, "2026-12-11")
    assert statuses(folder, "2026-12-11")[SUN] == "Asked", "what a copy of that day leaves empty is no answer"
    shutil.copy(folder / BOOK.format("2026-12-10"), copy.with_suffix(".kept"))
    note(folder, "2026-12-11", SUN, Status="Closed", Note="written off")
    aging(folder, "2026-12-12")
    copy.with_suffix(".kept").rename(copy)
    note(folder, "2026-12-10 (2)", SUN2, Owner="Lee", Status="Asked")
    done = run(folder, "aging", "--as-of", "2026-12-13")
    older = f"aging-2026-12-10 (2).xlsx: what it says of {SUN} is older than what was read last, and was not read."
    assert older in " ".join(done.stderr.split())
    shown = statuses(folder, "2026-12-13")
    assert (SUN in shown, shown[SUN2]) == (False, "Asked"), "what it says of others counts"
    # In a folder that was moved each workbook is one of another folder, and was read.
    copy.unlink()
    (folder / "reports").rename(folder / "moved")
    done = run(folder, "aging", "--as-of", "2026-12-14", "--out", str(folder / "moved"))
    assert done.stderr == ""
    (folder / "moved").rename(folder / "reports")
    assert SUN not in statuses(folder, "2026-12-14")


def test_a_call_list_that_was_changed_elsewhere_than_in_the_typed_cells_is_kept_and_not_read(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 0, Reason="No signature"), paid(SUN2, 0, Reason="Late")])
    aging(folder, "2026-12-01")
    path = folder / BOOK.format("2026-12-01")
    note(folder, "2026-12-01", SUN, Owner="Kim", Status="Sent again", Sent_on="2026-12-01", Note="signed")
    note(folder, "2026-12-01", SUN3, Owner="Kim")
    assert "kept" not in run(folder, "aging", "--as-of", "2026-12-01").stderr, "what is read is in the new one"
    book = load_workbook(path)
    sheet = book["Call list"]
    sheet.insert_cols(1)
    sheet["A1"], sheet["A2"] = "Called", "Monday"
    book.save(path)
    changed = path.read_bytes()
    done = run(folder, "aging", "--as-of", "2026-12-01")
    [kept] = (folder / "reports").glob("aging-2026-12-01-kept-*.xlsx")
    assert (kept.read_bytes() == changed, kept.name in done.stderr.replace("\n", "")) == (True, True)
    assert "Called" not in call_list(folder, "2026-12-01")[0]
    note(folder, kept.stem.removeprefix("aging-"), SUN2, Status="Closed")
    aging(folder, "2026-12-02")
    assert statuses(folder, "2026-12-02")[SUN2] is None


def test_a_second_refusal_can_be_answered_again_and_a_note_sends_nothing_again(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 0, Reason="No signature")])
    aging(folder, "2026-12-01")
    note(folder, "2026-12-01", SUN, Status="Sent again", Sent_on="2026-12-02")
    aging(folder, "2026-12-02")
    assert statuses(folder, "2026-12-02")[SUN] == "Sent again"
    assert statuses(folder, "2026-12-02", "Sent on")[SUN] == dt.datetime(2026, 12, 2)
    again = [paid(SUN, 0, Reason="Late", Payment_Number="P2") | {"Payment Date": "2026-12-09"}]
    assert reconcile(folder, again, as_of="2026-12-10")["posted"] == [2]
    aging(folder, "2026-12-10")
    assert statuses(folder, "2026-12-10")[SUN] is None, "it was answered since"
    assert statuses(folder, "2026-12-10", "Sent on")[SUN] is None
    note(folder, "2026-12-10", SUN, Note="ask the patient")
    shown = {c["claim"]: c["state"] for c in aging(folder, "2026-12-11")["claims"]}
    assert shown[SUN] == "denied"
    note(folder, "2026-12-11", SUN, Status="Sent again")
    assert {c["claim"]: c["state"] for c in aging(folder, "2026-12-12")["claims"]}[SUN] == "not answered"


def test_what_is_closed_is_nothing_to_do_in_the_summary_until_it_is_opened_again(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 70, Reason="Over the limit")])
    aging(folder, "2026-12-01")
    for day, status, is_to_do in (("02", "Closed", False), ("03", "Open", True), ("04", "Closed", False)):
        note(folder, "2026-12-01", SUN, Status=status)
        aging(folder, f"2026-12-{day}")
        overview = [line[:3] for line in load_workbook(folder / SUMMARY)["Overview"].values]
        assert (("Follow up what insurers refused or paid short", 1, 25) in overview) == is_to_do, status
        assert (("Refused or paid short", 1, 25) in overview) == is_to_do, status
    reconcile(folder, [paid(SUN, 5, Payment_Number="P2") | {"Payment Date": "2026-12-04"}], as_of="2026-12-04")
    overview = [line[:3] for line in load_workbook(folder / SUMMARY)["Overview"].values]
    assert ("Follow up what insurers refused or paid short", 1, 20) in overview, "it was answered since"


def test_what_is_closed_is_owed_still_and_named_beside_the_totals(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 70, Reason="Over the limit")])
    open_before = aging(folder, "2026-12-01")
    closed = "Closed by you, on no list: 1 claim, $25.00"
    assert closed not in run(folder, "aging", "--as-of", "2026-12-01").stdout
    note(folder, "2026-12-01", SUN, Status="Closed")
    shown = aging(folder, "2026-12-02")
    assert shown["totals"]["cents"]["total"] == open_before["totals"]["cents"]["total"]
    asked = [{each["claim"]: each["ask"] for each in one["claims"]}[SUN] for one in (open_before, shown)]
    assert asked == [True, False]
    assert closed in run(folder, "aging", "--as-of", "2026-12-02").stdout
    sheet = load_workbook(folder / "reports/aging-2026-12-02.xlsx")["Aging"]
    assert ("Closed by you, on no list", "$25.00 on 1 claim") in [line[:2] for line in sheet.values]


def test_what_is_closed_comes_again_once_something_was_posted_to_it(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 70, Reason="x")])
    aging(folder, "2026-12-01")
    note(folder, "2026-12-01", SUN, Status="Closed", Owner="Kim")
    aging(folder, "2026-12-02")
    assert SUN not in statuses(folder, "2026-12-02")
    back = [paid(SUN, -70, Payment_Number="P2") | {"Payment Date": "2026-12-09"}]
    reconcile(folder, back, as_of="2026-12-10")
    aging(folder, "2026-12-10")
    assert statuses(folder, "2026-12-10")[SUN] is None


def test_what_only_bears_the_name_of_an_aging_workbook_is_none(folder: Path) -> None:
    aging(folder, "2026-11-22")
    (folder / "reports/aging-2026-11-20.xlsx").mkdir()
    (folder / "reports/~$aging-2026-11-22.xlsx").write_bytes(b"open")
    assert aging(folder, "2026-11-23")["claims"]
    assert run(folder, "status", "--as-of", "2026-11-23").exit_code == 0


def test_a_look_back_reads_nothing_of_later_days(folder: Path) -> None:
    before = aging(folder, "2026-11-22")
    aging(folder, "2026-12-01")
    note(folder, "2026-12-01", SUN, Status="Sent again")
    assert aging(folder, "2026-11-22") == before
    shown = run(folder, "aging", "--as-of", "2026-11-22").stdout
    assert "Not read, because it is of a later day than 2026-11-22: aging-2026-12-01.xlsx" in " ".join(shown.split())
    aging(folder, "2026-12-02")
    assert statuses(folder, "2026-12-02")[SUN] == "Sent again"
    assert aging(folder, "2026-11-22") == before


def test_two_lines_of_one_claim_that_say_two_things_are_refused(folder: Path) -> None:
    aging(folder, "2026-12-01")
    path = folder / BOOK.format("2026-12-01")
    book = load_workbook(path)
    sheet = book["Waiting"]
    sheet.append([cell.value for cell in sheet[2]])
    [note_column] = [cell.column for cell in sheet[1] if cell.value == "Note"]
    sheet.cell(sheet.max_row, note_column).value = "another word"
    book.save(path)
    done = run(folder, "aging", "--as-of", "2026-12-02")
    assert (done.exit_code, "says otherwise. Leave one." in " ".join(done.stderr.split())) == (2, True)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"Status": "Lost"}, "the status is none of Open, Asked, Sent again, Closed."),
        ({"Claim": "2026-10-SUNL-0099", "Note": "x"}, "the column Claim holds no number of a claim on the ledger."),
        ({"Claim": "", "Note": "x"}, "the line does not say for which claim."),
    ],
)
def test_what_cannot_be_read_stops_before_it_is_written_over(
    folder: Path, typed: dict[str, str], why: str
) -> None:  # fmt: skip
    aging(folder, "2026-12-01")
    note(folder, "2026-12-01", SUN, **typed)
    before = (folder / BOOK.format("2026-12-01")).read_bytes()
    done = run(folder, "aging", "--as-of", "2026-12-01")
    assert (done.exit_code, why in " ".join(done.stderr.split())) == (2, True)
    assert (folder / BOOK.format("2026-12-01")).read_bytes() == before


def test_what_was_paid_too_much_is_named_where_it_makes_less_owed(folder: Path) -> None:
    reconcile(folder, [paid(MANU, 100)], "--accept-overpayment")
    overview = list(load_workbook(folder / "reports/2026-10/claim-summary-2026-10.xlsx")["Overview"].values)
    words = "Paid so far: $100.00; not answered yet: $475.00, less $5.00 paid too much: $470.00 owed."
    assert words in [line[0] for line in overview]
    insurers = next(n for n, line in enumerate(overview) if line[0] == "Insurer")
    total = next(line for line in overview[insurers:] if line[0] == "Total")
    assert total[overview[insurers].index("Not answered")] == 470


def test_the_months_overview_shows_what_is_paid_and_who_pays(folder: Path) -> None:
    reconcile(folder, [paid(SUN), paid(SUN2, 70, Reason="Over the limit"), paid(SUN3, 0, Reason="Not covered")])
    book = load_workbook(folder / "reports/2026-10/claim-summary-2026-10.xlsx")
    overview, lines = (
        [tuple(line) for line in book[name].iter_rows(values_only=True)] for name in ("Overview", "Sources")
    )
    assert ("Sun Life", 3, 285, 0, 285, 165, 0, 120, 1 / 3, 15) in overview
    assert ("Manulife", 2, 190, 0, 190, 0, 190, 0, None, None) in overview
    assert ("Ann Example", 6, 570, 0, 570, 165, 285, 120, 1 / 3, 15) in overview
    shares = [cell for line in book["Overview"].iter_rows() for cell in line if cell.value == 1 / 3]
    assert {cell.number_format for cell in shares} == {"0%"}
    assert ("Sun Life", 3, 285, 165, 0, 25, 95, 0, 15) in [line[:9] for line in lines]
    assert ("Manulife", 2, 190, 0, 0, 0, 0, 190, None) in [line[:9] for line in lines]
    assert [line[:3] for line in lines if line[0] in ("Not covered", "Over the limit")] == [
        ("Not covered", 1, 95), ("Over the limit", 1, 25),
    ]  # fmt: skip
    assert ("Sun Life", 3, 1 / 3, 1 / 3, 1 / 3, 0) in [line[:6] for line in lines]
    before = (folder / "reports/2026-10/claim-summary-2026-10.xlsx").read_bytes()
    assert run(folder, "report", "2026-10").exit_code == 0
    assert (folder / "reports/2026-10/claim-summary-2026-10.xlsx").read_bytes() == before


DAY = st.integers(0, 20).map(lambda n: dt.date(2026, 11, 10) + dt.timedelta(days=n))
EVENT = st.one_of(
    st.tuples(st.just("pay"), st.integers(0, 5), st.integers(0, 12_000), st.booleans(), DAY),
    st.tuples(st.just("back"), st.integers(0, 5), st.integers(1, 12_000), st.booleans(), DAY),
    st.tuples(st.just("undo"), st.integers(0, 8), st.just(0), st.booleans(), DAY),
    st.tuples(st.just("again"), st.integers(0, 5), st.just(0), st.booleans(), DAY),
)


@examples(40)
@given(st.lists(EVENT, max_size=12), DAY)
def test_cents_are_conserved_on_any_day_under_payments_reversals_and_undos(
    events: list[tuple[str, int, int, bool, dt.date]], day: dt.date
) -> None:
    claims = _claims(6)
    lines: list[list[Any]] = []
    for number, (what, which, cents, reason, on) in enumerate(events, start=1):
        claim = str(claims["claim"].iloc[which % 6])
        if what == "undo":
            if lines:
                lines[which % len(lines)][7] = max(pd.Timestamp(on), lines[which % len(lines)][6])
        else:
            paid_cents = {"pay": cents, "back": -cents, "again": 0}[what]
            payment = 0 if what == "again" else number
            reason_given = "x" if reason else ""
            lines.append(
                [payment, claim, paid_cents, 9_500 if reason else 0, cents == 0, reason_given, pd.Timestamp(on), pd.NaT]
            )
    lines.sort(key=lambda line: line[6])
    postings = _postings(lines)
    for as_of in (day, None):
        amounts = zip(claims["claim"], claims["amount_cents"], [None] * 6, strict=True)
        answers = answers_by(amounts, entries_of(postings, Posted), as_of)
        for position in (answer.position for answer in answers.values()):
            parts = (position.patient_share, position.short, position.denied)
            assert position.claimed == position.paid + sum(parts) + position.outstanding
            assert min(parts) >= 0
        counted = (
            postings[postings["undone_on"].isna()]
            if as_of is None
            else postings[
                (postings["paid_on"] <= pd.Timestamp(as_of)) & ~(postings["undone_on"] <= pd.Timestamp(as_of))
            ]
        )
        assert sum(answer.position.paid for answer in answers.values()) == counted["paid_cents"].sum()
    money = positions(claims, postings)
    assert list(money["paid_cents"]) == [answer.position.paid for answer in answers.values()]
    for _, part in money.groupby(claims["insurer"]):
        totals(part)


def test_the_reason_shown_for_an_insurer_is_one_of_claims_that_it_did_not_pay_in_full() -> None:
    claims = _claims(3).assign(insurer="A", amount_cents=9_500)
    on, never = pd.Timestamp("2026-11-12"), pd.NaT
    lines = [
        [1, "C0", 9_500, 9_500, False, "Paid as submitted", on, never],
        [2, "C1", 6_000, 9_500, False, "Over the limit", on, never],
        [3, "C2", 0, 0, True, "Not covered", on, never],
    ]
    assert who_pays(claims, _postings(lines), pd.Series([9, 1, 2])) == (Payer("A", 9, 1, 2, 0, "Not covered"),)


def _postings(lines: list[list[Any]]) -> pd.DataFrame:
    types = {column.name: column.dtype for column in POSTINGS}
    return pd.DataFrame(lines, columns=list(types)).astype(types)


def _claims(count: int) -> pd.DataFrame:
    types = {column.name: column.dtype for column in ON_LEDGER}
    frame = empty(ON_LEDGER).reindex(range(count))
    frame = frame.assign(
        claim=[f"C{n}" for n in range(count)],
        insurer=[("A", "B")[n % 2] for n in range(count)],
        amount_cents=[9_500 + n for n in range(count)],
    )
    numbers = {name: 0 for name, dtype in types.items() if dtype == "int64"}
    texts = {name: "" for name, dtype in types.items() if dtype == "str"}
    return frame.fillna({**numbers, **texts}).astype(types)


def test_a_crash_in_the_middle_posts_all_of_a_file_or_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    insert, calls = Ledger.insert, 0

    def failing(ledger: Ledger, table: str, *rest: Any) -> None:
        nonlocal calls
        calls += table == "posting"
        if calls == 2:
            raise RuntimeError
        insert(ledger, table, *rest)

    monkeypatch.setattr(Ledger, "insert", failing)
    with pytest.raises(RuntimeError):
        reconcile(folder, [paid(SUN), paid(SUN2), paid(SUN3)])
    monkeypatch.setattr(Ledger, "insert", insert)
    shown = reconcile(folder, [paid(SUN), paid(SUN2), paid(SUN3)])
    assert (shown["posted"], shown["totals"]["lines"]) == ([1], {"paid": 3})


def test_the_call_list_has_what_is_refused_short_or_late_by_insurer_and_payment(folder: Path) -> None:
    reconcile(folder, [paid(SUN, 0, Reason="No signature"), paid(SUN2, 40, Reason="Limit")])
    reconcile(folder, [paid(MANU, 76, Payment_Number="P2")], name="manu.csv")
    asked = [line["Claim"] for line in call_list_on(folder, "2026-12-01")]
    assert asked == [SUN, SUN2], "one payment, the largest first"
    waiting = {line["Claim"] for line in call_list(folder, "2026-12-01", "Waiting")}
    assert waiting == {SUN3, PBC, GSC}
    # Thirty days after 5 November, where nobody knows how long an insurer takes.
    assert [line["Claim"] for line in call_list_on(folder, "2026-12-05")] == asked
    late = call_list_on(folder, "2026-12-06")
    assert [line["Claim"] for line in late] == [*asked, SUN3, GSC, PBC]
    assert [line["Usual days"] for line in late] == [30] * 5
    assert [line["Payment"] for line in late] == ["P1", "P1", None, None, None]
    page = load_workbook(folder / BOOK.format("2026-12-06"))["Aging"]
    facts = {line[0]: line[1] for line in page.iter_rows(max_col=2, values_only=True)}
    assert facts["Refused"] == "$95.00 on 1 claim"
    assert facts["Paid short"] == "$55.00 on 1 claim"
    assert facts["Not answered in the usual time"] == "$285.00 on 3 claims"
    shown = aging(folder, "2026-12-05")
    assert {each["claim"] for each in shown["claims"] if each["ask"]} == {SUN, SUN2}


def call_list_on(folder: Path, day: str) -> list[dict[str, Any]]:
    aging(folder, day)
    return call_list(folder, day)


@pytest.mark.parametrize(("answers", "usual"), [(2, 30), (3, 10), (4, 11)])
def test_an_insurer_that_has_answered_three_times_is_waited_for_as_long_as_it_takes(answers: int, usual: int) -> None:
    """Its answers took 10 days, the fourth 14: three of four came within 11."""
    claims = [_claim(number, insurer="A") for number in range(5)]
    days = [15, 15, 15, 19]
    posted = [
        Posted(1, f"C{number}", 100, 9_500, False, "", dt.date(2026, 11, days[number]), None)
        for number in range(answers)
    ]
    batch = BatchDay("2026-10", 1, dt.date(2026, 11, 5), already_sent=False)
    assert {line.usual_days for line in days_owed(claims, posted, [], [batch], dt.date(2026, 11, 30))} == {usual}


def _claim(number: int, **more: Any) -> Claimed:
    claim = Claimed(
        claim=f"C{number}", month="2026-10", batch=1, insurer_id="a", insurer="A", service_date=dt.date(2026, 10, 5),
        patient="", policy="", member="", amount_cents=9_500, follows="", send_by=None, voided_on=None, void_batch=None,
    )  # fmt: skip
    return claim._replace(**more)


def _day(number: int) -> dt.date:
    return dt.date(2026, 11, 5) + dt.timedelta(days=number)


BATCHES = [BatchDay("2026-10", number, _day(number), already_sent=number == 2) for number in range(3)]
# Few days, claims and amounts, so that much happens to one claim on one day.
DAYS, LATER, WHICH = st.integers(0, 4), st.none() | st.integers(0, 3), st.integers(0, 1)
CENTS = st.sampled_from((0, 0, 4_000, 9_500, 12_000, -4_000, -9_500))
POSTED = st.tuples(DAYS, LATER, WHICH, CENTS, st.booleans(), st.booleans())
NOTED = st.tuples(DAYS, LATER, WHICH, st.sampled_from(("Asked", "Closed", "Sent again", "")))
# Its batch, the day it is voided, and the day that its second insurer's claim is voided.
CLAIM = st.tuples(st.integers(0, 2), st.none() | DAYS, st.none() | DAYS)


def _on_ledger(
    claims: list[tuple[int, int | None, int | None]], posted: list[tuple[int, int | None, int, int, bool, bool]]
) -> tuple[list[Claimed], list[Posted]]:
    entries = [
        _claim(number, batch=batch, amount_cents=9_500 + number, voided_on=None if void is None else _day(void))
        for number, (batch, void, _) in enumerate(claims)
    ]
    seconds = [
        _claim(10 + number, follows=f"C{number}", batch=2, voided_on=_day(void))
        for number, (_, _, void) in enumerate(claims)
        if void is not None
    ]
    lines = [
        Posted(
            payment=number if cents or denied else 0,
            claim=f"C{which}",
            paid_cents=cents,
            expected_cents=9_500 if short else 0,
            denied=denied and cents <= 0,
            reason="",
            paid_on=_day(day),
            undone_on=None if later is None else _day(day + later),
        )
        for number, (day, later, which, cents, denied, short) in enumerate(posted, start=1)
    ]
    return [*entries, *seconds], sorted(lines, key=lambda line: line.paid_on)


def _state_simply(claim: Claimed, postings: list[Posted], as_of: dt.date) -> tuple[str, int]:
    """What became of a claim and what is owed on it, told from the postings alone."""
    claimed = 0 if claim.voided_on and claim.voided_on <= as_of else claim.amount_cents
    # `due` is what the insurer should pay in all, as far as its answers say.
    paid, due, answer = 0, 0, None
    for line in postings:
        if line.claim != claim.claim or line.paid_on > as_of or (line.undone_on and line.undone_on <= as_of):
            continue
        refused = answer is not None and ((answer.denied and paid <= 0) or paid >= claimed)
        is_short = due > paid and not refused
        if not line.payment:
            due = due if is_short or answer is None else 0
            answer = None
        elif line.paid_cents >= 0:
            # What was short stays short: these lines give no reason of their own.
            due = max(due, line.expected_cents) if is_short else line.expected_cents
            answer = line
        elif paid + line.paid_cents <= 0:
            due, answer = 0, None
        else:
            # What is taken back was due once.
            due = max(due, line.expected_cents, paid)
        paid += line.paid_cents
    if answer is None or paid >= claimed:
        too_much = "paid and voided" if claimed < claim.amount_cents else "over-paid"
        return "not answered" if paid < claimed else too_much if paid > claimed else "", claimed - paid
    if answer.denied and paid <= 0:
        return "denied", 0
    short = max(0, min(due, claimed) - paid)
    return "short-paid" if short else "", short


@examples(800)
@given(
    st.lists(CLAIM, min_size=2, max_size=2),
    st.lists(POSTED, max_size=8),
    st.lists(NOTED, max_size=6),
    st.integers(0, 6).map(_day),
)
def test_what_is_owed_is_what_the_postings_of_the_day_leave_and_nothing_of_later_days_counts(
    claims: list[tuple[int, int | None, int | None]],
    posted: list[tuple[int, int | None, int, int, bool, bool]],
    noted: list[tuple[int, int | None, int, str]],
    as_of: dt.date,
) -> None:
    entries, postings = _on_ledger(claims, posted)
    notes = [
        Note(f"C{which}", "Kim", status, None if sent is None else _day(day + sent - 1), "", _day(day))
        for day, sent, which, status in sorted(noted, key=lambda each: each[0])
    ]
    lines = days_owed(entries, postings, notes, BATCHES, as_of)
    days = {batch.batch: batch.claimed_on for batch in BATCHES if batch.claimed_on <= as_of}
    of_day = [entry for entry in entries if entry.batch in days]
    # What a first insurer answered is settled once a second one is asked for the rest.
    followed = {entry.follows for entry in of_day if not (entry.voided_on and entry.voided_on <= as_of)}
    states = {entry.claim: _state_simply(entry, postings, as_of) for entry in of_day}
    settled = {claim for claim in followed & states.keys() if states[claim][0] in ("denied", "short-paid")}
    assert {line.claim: (line.state, line.owed_cents) for line in lines} == {
        claim: state for claim, state in states.items() if state[0] and claim not in settled
    }
    assert [line.claim for line in lines] == [
        line.claim for line in sorted(lines, key=lambda line: (line.claimed_on, -abs(line.owed_cents), line.claim))
    ]
    assert all(
        line.age == (as_of - line.claimed_on).days and line.claimed_on == days[_batch_of(line, entries)]
        for line in lines
    )
    until_then = days_owed(
        [entry._replace(voided_on=_until(entry.voided_on, as_of)) for entry in of_day],
        [line._replace(undone_on=_until(line.undone_on, as_of)) for line in postings if line.paid_on <= as_of],
        [note for note in notes if note.noted_on <= as_of],
        BATCHES,
        as_of,
    )
    assert until_then == lines


def _batch_of(line: Owing, entries: list[Claimed]) -> int:
    return next(entry.batch for entry in entries if entry.claim == line.claim)


def _until(day: dt.date | None, as_of: dt.date) -> dt.date | None:
    return day if day and day <= as_of else None
