"""Which claim each line of a remittance is about, and why one is not certain."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from ims_billing.payments.matching import same_person
from tests.practice import clinic_file, row, xlsx
from tests.remittances import (
    BY_DAY,
    DAYS,
    MANU,
    PBC,
    SUN,
    SUN2,
    SUN3,
    Lines,
    paid,
    posted,
    reconcile,
    result_of,
    results,
    run,
    six_claims,
)
from tests.test_payers import Books


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a clinic that has claimed a month."""
    return six_claims(tmp_path)


@pytest.fixture
def ledger_alone(folder: Path) -> Path:
    """The same without its reports: where somebody moved them away, no command writes them anew."""
    shutil.rmtree(folder / "reports")
    return folder


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Its claims, for lines that are matched and not recorded."""
    return Books(tmp_path_factory.mktemp("books"))


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
def test_each_line_finds_its_claim_or_says_why_not(
    ledger_alone: Path, books: Books, case: str, lines: Lines, wanted: list[str]
) -> None:
    assert [result_of(line) for line in books.lines(lines)] == wanted, case
    assert [result_of(line) for line in posted(ledger_alone, lines)] == wanted, case
    again = posted(ledger_alone, lines, dry_run=True)
    assert {line.result for line in again} <= {"repeated", "unmatched", "ambiguous", "total", "over-paid"}
    assert not any(line.postings for line in again), "the same file would post nothing again"


DIFFERS = "The line names a claim, but {} differs."
NAMES_NOBODY = "It names no claim of ours, and not both a day and a member or patient."
NAMES_NEITHER = "One sum, which names neither insurer and period nor a member: which visits it pays is not said."


@pytest.mark.parametrize(
    ("lines", "result", "message", "might_be"),
    [
        ([paid("XJ", Member_ID="555")], "unmatched", NAMES_NOBODY, []),
        ([paid("XJ", **BY_DAY)], "unmatched", NAMES_NOBODY, []),
        ([paid(Member_ID="999", **BY_DAY)], "unmatched", "No claim is of that day and that member or patient.", []),
        ([paid("2026-10-SUNL-0009")], "unmatched", "2026-10-SUNL-0009 is no claim on the ledger.", []),
        ([paid(SUN, **BY_DAY)], "ambiguous", DIFFERS.format("the service date"), [SUN]),
        ([paid(SUN, Insurer="PBC")], "ambiguous", DIFFERS.format("the insurer"), [SUN]),
        ([paid(SUN, Member_ID="999")], "ambiguous",
         DIFFERS.format("the member's number"), [SUN]),
        ([paid(SUN, Patient="Uma Madeup")], "ambiguous",
         DIFFERS.format("the patient"), [SUN]),
        ([paid(SUN, Patient="Pat")], "ambiguous", DIFFERS.format("the patient"), [SUN]),
        ([paid(Member_ID="555", Claimed=90, **BY_DAY)], "ambiguous",
         "It says that $90.00 was claimed; of that day and person it was $95.00.", [SUN3]),
        ([paid(SUN) | {"Payment Date": "2026-10-01"}], "ambiguous", "The payment is dated before the visit.", [SUN]),
        ([paid(SUN) | {"Payment Date": "2062-11-20"}], "unmatched",
         "The payment date is after 2026-11-25, the day that counts as today.", []),
        ([paid(SUN) | {"Payment Date": ""}], "unmatched", "The payment date is missing.", []),
        ([paid(SUN, "")], "unmatched", "What is paid is missing. Write 0.00 if it is refused.", []),
        ([paid(SUN, Insurer="Moon")], "unmatched",
         "The insurer is not known: add this spelling to it in the clinic setup (Insurers).", []),
        ([paid(SUN, 0, Reason="Pending")], "unmatched",
         "The insurer has not decided yet. Post the line once it has.", []),
        ([paid(SUN, 0, Reason="Duplicate claim")], "unmatched",
         "The insurer says that it had this claim before. Look for its earlier answer or payment, and post that; "
         "if there is none, ask the insurer.", []),
        ([paid(SUN, 0, Reason="Approved")], "ambiguous",
         "It pays nothing, and does not say that it is refused, or why.", [SUN]),
        ([paid(SUN, 0, Reason="x"), paid(SUN, 0, Reason="y")], "ambiguous",
         "It pays nothing, and the insurer has answered for this claim before.", [SUN]),
        ([paid(SUN), paid(SUN)], "ambiguous", "The same line appears twice in this payment.", []),
        ([paid(SUN, 50, Reason="x"), paid(SUN, -60)], "ambiguous",
         "It takes back $60.00, and by that day less of the claim was paid; in all it is $50.00.", [SUN]),
        ([paid(SUN, 50, Reason="x"), paid(SUN, 50, Reason="y", Payment_Number="P2")], "ambiguous",
         "On that day the same amount of this claim was paid already, by another payment in these files.", [SUN]),
        ([paid(SUN), paid(PBC)], "ambiguous",
         "The claims of this payment are of several insurers. Say in a column which insurer paid.", [PBC]),
        ([paid(SUN), paid(PBC), paid("2026-10-SUNL-0009")], "unmatched", "2026-10-SUNL-0009 is no claim on the ledger.",
         []),
        ([paid(cents=95)], "unmatched", NAMES_NEITHER, []),
        ([paid(cents=285, Insurer="Sun Life", Period_From="2026-10-01")], "unmatched", NAMES_NEITHER,
         [SUN, SUN2, SUN3]),
        ([paid(cents=285, Insurer="Sun Life", Period_Until="2026-10-31")], "unmatched", NAMES_NEITHER,
         [SUN, SUN2, SUN3]),
        ([paid(cents=200, Member_ID="111")], "ambiguous",
         "One sum of $200.00; the 2 open claims that it names come to $190.00. Write a line for each claim that it "
         "pays, with the claim's number.", [SUN, SUN2]),
        ([paid(cents=200, Member_ID="777")], "unmatched",
         "One sum of $200.00, and no claim that it could pay is open.", []),
    ],
)  # fmt: skip
def test_what_is_not_certain_says_why_and_which_claims_it_may_mean(
    books: Books, lines: Lines, result: str, message: str, might_be: list[str]
) -> None:
    last = books.lines(lines)[-1]
    assert (last.result, last.message, list(last.might_be)) == (result, message, might_be)


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


# A patient as a claim names them and as an insurer does, and whether they may be one person.
NAMES = [
    ("Pat O\u2019Neil", "PAT O'NEIL", True), ("Pat O\u2019Neil", "Oneil, Pat", True),
    ("Anne-Marie Roy", "Annemarie Roy", True), ("Anne-Marie Roy", "ROY ANNE MARIE", True),
    ("Andr\u00e9 Roy", "ANDRE ROY", True), ("Pat Madeup (Patty)", "Pat Madeup", True),
    ("Pat Madeup, Jr.", "MADEUP, PAT", True), ("Mlle Pat Madeup", "Pat Madeup", True),
    ("Pat Madeup", "Pat A. Madeup", True), ("Pat Madeup-Sample", "Pat Madeup", True),
    ("Pat Madeup", "Kim Madeup", False), ("Pat Madeup", "Madeup", False),
    ("Pat Madeup", "Patricia Madeup", False), ("Ann Roy", "Anne Roy", False),
]  # fmt: skip


@pytest.mark.parametrize(("claimed", "written", "one"), NAMES)
def test_a_name_is_the_claims_in_any_typography(claimed: str, written: str, *, one: bool) -> None:
    claim = SimpleNamespace(patient=claimed, member="", phn="", payer_file_number="")
    assert same_person(SimpleNamespace(patient=written, member=""), claim) == one


def test_an_invoice_of_several_words_is_one_number_and_several_invoices_are_several(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    invoices = ["INV 101", "INV-102", "2026 7", "8", "9", "A1", "02", "A 102"]
    rows = [
        {
            **row(Service_Date=dt.date(2026, 10, 5 + n), Patient=f"Pat {'ABCDEFGH'[n]}lder", Member_ID=f"{n}"),
            "Invoice": i,
        }
        for n, i in enumerate(invoices)
    ]
    xlsx(tmp_path, rows)
    claiming = ("claim", str(tmp_path / "sessions.xlsx"), "--month", "2026-10", "--as-of", "2026-11-05")
    assert run(tmp_path, *claiming).exit_code == 0
    cases = {
        "INV 101": "1", "INV101": "1", "INV 102": "2", "INV 101, INV-102": "1 2", "INV 101 INV 102": "1 2",
        "2026 7": "3", "20 267": "", "8 9": "4 5", "A1 02": "6 7", "A 102": "8", "INV 103": "",
    }  # fmt: skip
    for invoice, claims in cases.items():
        numbers = [f"2026-10-SUNL-000{claim}" for claim in claims.split()]
        [line] = posted(
            tmp_path, [paid(cents=95 * (len(numbers) or 1), Insurer="Sun Life", Invoice=invoice)], dry_run=True
        )
        assert [posting.claim for posting in line.postings] == numbers, invoice


def test_a_patient_of_exactly_that_name_goes_before_one_of_a_longer_name(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    visits = [("Jo Madeup", "111", 7), ("Jo Anne Madeup", "222", 7), ("Jo Anne Madeup", "222", 8)]
    xlsx(
        tmp_path,
        [row(Patient=name, Member_ID=member, Service_Date=dt.date(2026, 10, day), Start=f"{9 + place}:00")
         for place, (name, member, day) in enumerate(visits)],
    )  # fmt: skip
    done = run(tmp_path, "claim", str(tmp_path / "sessions.xlsx"), "--month", "2026-10", "--as-of", "2026-11-05")
    assert done.exit_code == 0, done.output
    of_day = [{"Patient": "MADEUP, Jo", "Service Date": f"2026-10-{day:02d}"} for day in (7, 8)]
    lines = [paid(Insurer="Sun Life") | visit for visit in of_day]
    [exact, other] = posted(tmp_path, lines, dry_run=True)
    assert (exact.result, len(exact.postings)) == ("paid", 1)
    assert (other.result, list(other.might_be)) == ("ambiguous", [SUN3])
    assert other.message == (
        "Another patient has exactly that name. If it pays this claim all the same, write the claim's number."
    )
    wanted = [
        ([lines[1] | {"Claim": SUN3}], [f"paid {SUN3}"]),
        ([lines[1] | {"Member ID": "222"}], [f"paid {SUN3}"]),
        ([lines[1] | {"Patient": "Jo A Anne Madeup"}], [f"paid {SUN3}"]),
        ([paid(cents=95, Insurer="Sun Life", Patient="Jo Madeup")], [result_of(exact)]),
    ]
    for typed, result in wanted:
        assert [result_of(line) for line in posted(tmp_path, typed, dry_run=True)] == result


def test_a_voided_claim_takes_no_payment_and_names_the_one_that_stands_for_it(folder: Path) -> None:
    assert run(folder, "void", SUN, "--replace", "--reason", "code", "--as-of", "2026-11-06").exit_code == 0
    assert run(folder, "void", SUN2, "--reason", "no visit", "--as-of", "2026-11-06").exit_code == 0
    shown = reconcile(folder, [paid(SUN), paid(SUN2)])
    lines = shown["payments"][0]["lines"]
    assert [(line["result"], line["might_be"]) for line in lines] == [
        ("ambiguous", ["2026-10-SUNL-0004"]), ("ambiguous", [SUN2]),
    ]  # fmt: skip
    assert ["2026-10-SUNL-0004" in line["message"] for line in lines] == [True, False]


def test_a_voided_claim_is_named_to_a_line_by_member_and_day_too(folder: Path) -> None:
    rows = [row(Service_Date=DAYS[5], Patient="Uma Madeup", Member_ID="555", Insurer="Manulife")]
    again = str(xlsx(folder, rows, "again.xlsx"))
    assert run(folder, "void", SUN3, again, "--replace", "--reason", "insurer", "--as-of", "2026-11-06").exit_code == 0
    assert run(folder, "void", SUN, "--reason", "no visit", "--as-of", "2026-11-06").exit_code == 0
    of_day = {"Member_ID": "555", "Service_Date": f"{DAYS[5]}"}
    replacing = "2026-10-MANU-0003"
    for typed, result, message in (
        (paid(Insurer="Sun Life", **of_day), "ambiguous",
         f"{SUN3} was voided and replaced by {replacing}. Ask the insurer which claim it pays."),
        (paid(Insurer="Sun Life", Member_ID="111", Service_Date=f"{DAYS[0]}"), "ambiguous",
         f"{SUN} was voided. Ask the insurer which claim it pays."),
        # Either insurer may have paid: it was asked, and the void may have come too late.
        (paid(**of_day), "ambiguous",
         "Several insurers were asked for that visit. Say in a column Insurer which one paid."),
        (paid(Insurer="Manulife", **of_day), f"paid {replacing}", ""),
    ):  # fmt: skip
        [line] = posted(folder, [typed], dry_run=True)
        assert (result_of(line), line.message) == (result, message)
