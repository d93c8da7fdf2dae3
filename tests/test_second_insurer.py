"""The rest of a fee, asked of the second insurer once the first has answered: once, and never more than is left."""

from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from ims_billing.cli.main import app
from ims_billing.clinic.toml_file import without_file
from ims_billing.ledger.ledger import Ledger
from ims_billing.month.second_insurer import balances_due
from ims_billing.payments.positions import answers
from ims_billing.vocabulary.frames import ON_LEDGER, POSTINGS, empty
from tests.practice import clinic_file, csv_file, examples, made_once, row, type_in, xlsx

FIRST = "2026-10-SUNL-0001"
SUMMARY = "reports/2026-10/claim-summary-2026-10.xlsx"
ICBC = '[[fee]]\nservice = "ims"\ninsurer = "ICBC"\namount = 80.00\nfrom = 2026-04-01\n'
WSBC = '[[fee]]\nservice = "ims"\ninsurer = "WorkSafeBC"\namount = 80.00\nfrom = 2026-04-01\n'
ACCIDENT: dict[str, Any] = {"Payer File Number": "AB1", "Accident Date": dt.date(2026, 9, 20), "Policy Number": ""}


def two_plans(second: str = "Manulife", policy: str = "777", member: str = "888", **cells: Any) -> dict[str, Any]:
    """A session whose patient has a second plan."""
    more = {"Secondary Insurer": second, "Secondary Policy Number": policy, "Secondary Member ID": member}
    return {**row(**cells), **more}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clinic's folder."""
    clinic_file(tmp_path, ICBC + WSBC)
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    done = CliRunner().invoke(app, [*arguments, "--clinic", str(folder / "clinic.toml")], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def claim(
    folder: Path, *rows: dict[str, Any], more: tuple[str, ...] = (), as_of: str = "2026-11-05", month: str = "2026-10"
) -> list[str]:
    """What second insurers are asked for in this run: insurer, cents, and the claim that it follows."""
    path = xlsx(folder, rows)
    done = run(folder, "claim", str(path), "--month", month, "--as-of", as_of, "--json", *more)
    shown = json.loads(done.stdout).get("second_insurers", [])
    return [f"{each['insurer']} {each['cents']} {each['follows']}" for each in shown]


def reconcile(folder: Path, *lines: tuple[str, float, str], number: str = "P1") -> None:
    keys = ("Claim", "Paid", "Reason")
    more = {"Payment Date": "2026-11-20", "Payment Number": number}
    path = csv_file(folder, [dict(zip(keys, line, strict=True)) | more for line in lines], "paid.csv")
    run(folder, "reconcile", str(path), "--as-of", "2026-11-25", "--accept-overpayment")


def active(folder: Path) -> dict[str, tuple[str, int]]:
    """The claims that stand: number to insurer and cents."""
    ledger = Ledger(folder / "ims-billing.sqlite")
    with ledger.reading():
        claims = ledger.claims.all()
    stand = claims[claims["voided_on"].isna()]
    return dict(zip(stand["claim"], zip(stand["insurer"], stand["amount_cents"].tolist(), strict=True), strict=True))


def sheet(folder: Path, path: str, name: str) -> list[tuple[Any, ...]]:
    return list(load_workbook(folder / "reports/2026-10" / path)[name].iter_rows(values_only=True))


@made_once
def claimed(folder: Path) -> None:
    """The session of two plans is claimed from the first."""
    clinic_file(folder, ICBC + WSBC)
    claim(folder, two_plans())


@made_once
def answered(folder: Path) -> None:
    """And the first has paid $60 of $95."""
    claimed(folder)
    reconcile(folder, (FIRST, 60, ""))


@made_once
def asked(folder: Path) -> None:
    """And the second is billed for the rest."""
    answered(folder)
    claim(folder, two_plans(), as_of="2026-12-01")


# What the first insurer answers about its claim of $95: amounts with the reason, and the cents that are left.
ANSWERS: list[tuple[str, list[tuple[float, str]], int]] = [
    ("paid in part", [(60, "")], 3500),
    ("paid in two parts", [(60, ""), (10, "")], 2500),
    ("paid short", [(90, "Over reasonable and customary")], 500),
    ("all but a cent", [(94.99, "")], 1),
    ("refused", [(0, "Not covered")], 9500),
    ("paid in full", [(95, "")], 0),
    ("paid too much", [(100, "")], 0),
    ("paid and taken back", [(60, ""), (-60, "")], 0),
    ("not answered", [], 0),
]


def test_the_rest_goes_to_the_second_insurer_once_the_first_has_answered(folder: Path) -> None:
    rows = [two_plans(Patient=f"Pat {'-'.join(case.title().split())}") for case, _, _ in ANSWERS]
    assert claim(folder, *rows) == []
    with (ledger := Ledger(folder / "ims-billing.sqlite")).reading():
        claims = ledger.claims.all()
    number = dict(zip(claims["patient"], claims["claim"], strict=True))
    by_case = [(number[f"Pat {'-'.join(case.title().split())}"], answer, left) for case, answer, left in ANSWERS]
    reconcile(folder, *((first, paid, reason) for first, answer, _ in by_case for paid, reason in answer))
    wanted = sorted(f"Manulife {left} {first}" for first, _, left in by_case if left)
    assert sorted(claim(folder, *rows, more=("--dry-run",), as_of="2026-12-01")) == wanted
    assert sorted(claim(folder, *rows, as_of="2026-12-01")) == wanted
    assert claim(folder, *rows, as_of="2026-12-02") == [], "nothing is asked for twice"


def test_what_a_second_insurer_is_asked_for_is_nothing_to_follow_up_with_the_first(folder: Path) -> None:
    claimed(folder)
    reconcile(folder, (FIRST, 0, "Not covered"))

    def to_do() -> list[str]:
        return [str(cells[0]) for cells in sheet(folder, "claim-summary-2026-10.xlsx", "Overview")]

    assert "Follow up what insurers refused or paid short" in to_do()
    claim(folder, two_plans(), as_of="2026-12-01")
    assert not {"Follow up what insurers refused or paid short", "Refused or paid short"}.intersection(to_do())


def test_the_line_says_what_the_first_insurer_answered(folder: Path) -> None:
    claimed(folder)
    reconcile(folder, (FIRST, 60, "Deductible"))
    claim(folder, two_plans(), as_of="2026-12-01")
    head, line, _ = sheet(folder, "insurers/manulife-2026-10-batch-2.xlsx", "Claim lines")
    by_heading = dict(zip(head, line, strict=True))
    checked = ("Claim", "Policy", "Member ID", "Fee", "Amount claimed", "First insurer paid", "First insurer's answer")
    assert [by_heading[name] for name in checked] == [
        "2026-10-MANU-0001", "777", "888", 95, 35, 60, "Sun Life paid $60.00 of $95.00 on 2026-11-20: Deductible",
    ]  # fmt: skip
    sources = sheet(folder, "claim-summary-2026-10.xlsx", "Sources")
    [place] = [number for number, cells in enumerate(sources) if cells[0] == "Second insurers"]
    assert sources[place + 2][:5] == ("Manulife", 1, 95, 0, 35)
    totals = [cells[:2] for cells in sheet(folder, "claim-summary-2026-10.xlsx", "Overview") if cells[0] == "Total"]
    assert totals[0] == ("Total", 1), "a session counts once"
    headings, *lines = sheet(folder, "claim-summary-2026-10.xlsx", "Claims")
    assert [line[headings.index("Follows")] for line in lines] == [None, FIRST]
    why = " ".join(run(folder, "why", "2026-10-MANU-0001").stdout.split())
    assert f"for the balance of {FIRST}, which paid $60.00" in why
    assert f"Amount claimed $35.00 (the balance after {FIRST})" in why


def test_the_next_claim_of_any_month_asks(folder: Path) -> None:
    answered(folder)
    november = row(Service_Date=dt.date(2026, 11, 3))
    wanted = [f"Manulife 3500 {FIRST}"]
    assert claim(folder, november, month="2026-11", as_of="2026-12-01") == wanted
    assert (folder / "reports/2026-10/insurers/manulife-2026-10-batch-2.xlsx").is_file()
    assert claim(folder, two_plans(), as_of="2026-12-01") == []


LIMIT = '[[limit]]\ninsurer = "{}"\nvisits = {}\nper = "calendar-year"\nfrom = 2026-01-01\n'


@pytest.mark.parametrize(
    ("case", "second", "insurer", "visits", "outcome"),
    [
        ("its only visit was billed as a balance", "Manulife", "Manulife", 1, "held"),
        ("another insurer's balance", "Green Shield", "Manulife", 1, "claimed"),
        ("a visit that two plans of one insurer paid is one", "Sun Life", "Sun Life", 2, "claimed"),
    ],
)
def test_a_balance_counts_towards_the_second_insurers_limit(
    folder: Path, case: str, second: str, insurer: str, visits: int, outcome: str
) -> None:
    clinic_file(folder, ICBC + LIMIT.format(insurer, visits))
    claim(folder, two_plans(second))
    reconcile(folder, (FIRST, 60, ""))
    assert claim(folder, two_plans(second), as_of="2026-12-01") == [f"{second} 3500 {FIRST}"]
    path = xlsx(folder, [row(Service_Date=dt.date(2026, 11, 3), Insurer=insurer)])
    done = run(folder, "claim", str(path), "--month", "2026-11", "--as-of", "2026-12-02", "--dry-run", "--json")
    assert [session["outcome"] for session in json.loads(done.stdout)["sessions"]] == [outcome], case


WITHIN = '[[insurer]]\nname = "Manulife"\nclaim_within_days = {}\n'
FIRST_OF_MANULIFE = row(Insurer="Manulife", Service_Date=dt.date(2026, 10, 30))
# Of three visits on 1, 7 and 12 October, whose balances are Manulife's on 1 December: what the setup says of Manulife,
# and a session that is claimed with them; the visits that are billed, and the finding for which the others wait.
PLANS: list[tuple[str, list[dict[str, Any]], str, str]] = [
    ("", [], "123", ""),
    (WITHIN.format(55), [], "23", "past-claim-deadline"),
    (WITHIN.format(54), [], "3", "past-claim-deadline"),
    (WITHIN.format(54) + '[severity]\npast-claim-deadline = "warn"\n', [], "123", ""),
    (WITHIN.format(54) + '[severity]\npast-claim-deadline = "off"\n', [], "123", ""),
    (LIMIT.format("Manulife", 2), [], "12", "over-insurer-limit"),
    (LIMIT.format("Manulife", 2) + 'not_counted = "others"\n', [], "123", ""),
    (LIMIT.format("Manulife", 2) + 'policy = "other"\n', [], "123", ""),
    (LIMIT.format("Manulife", 2) + LIMIT.format("Manulife", 9) + 'policy = "777"\n', [], "123", ""),
    (LIMIT.format("Manulife", 2), [FIRST_OF_MANULIFE], "1", "over-insurer-limit"),
    # A visit that Manulife is not asked for any more takes no place in its count.
    (WITHIN.format(55) + LIMIT.format("Manulife", 2), [], "23", "past-claim-deadline"),
]  # fmt: skip


@made_once
def three_answered(folder: Path) -> None:
    """Three sessions of two plans are claimed, and the first has paid $60 of each."""
    clinic_file(folder, ICBC)
    claim(folder, *(two_plans(Service_Date=dt.date(2026, 10, day)) for day in (1, 7, 12)))
    reconcile(folder, *((f"2026-10-SUNL-000{n}", 60, "") for n in (1, 2, 3)))


def test_a_balance_waits_where_a_session_would_be_held_by_the_plans_deadline_or_limit(folder: Path) -> None:
    three_answered(folder)
    for setup, sessions, billed, kind in PLANS:
        clinic_file(folder, ICBC + setup)
        path = xlsx(folder, sessions or [row(Insurer="Beneva", Patient="Robin Other")])
        arguments = ("claim", str(path), "--month", "2026-10", "--as-of", "2026-12-01", "--dry-run")
        shown = json.loads(run(folder, *arguments, "--json").stdout)
        assert [each["follows"][-1] for each in shown.get("second_insurers", [])] == [*billed], setup
        waiting = {each["claim"][-1]: each["kind"] for each in shown.get("balances_waiting", [])}
        assert waiting == dict.fromkeys({*"123"} - {*billed}, kind), setup
    shown = " ".join(run(folder, *arguments).stdout.split())
    assert (
        "2026-10-SUNL-0001: $35.00 is left for Manulife. Manulife took claims for it until 2026-11-25, by the clinic "
        "setup. Ask the plan whether it still takes the claim. If it does, correct its deadline in the clinic setup, "
        "sheet Insurers, and run claim again. If not, bill the patient."
    ) in shown


def test_a_balance_that_only_warns_says_so_and_one_that_was_in_time_may_be_claimed_again(folder: Path) -> None:
    three_answered(folder)
    clinic_file(folder, ICBC + LIMIT.format("Manulife", 2) + 'not_counted = "others"\n')
    claim(folder, row(Insurer="Beneva", Patient="Robin Other"), as_of="2026-12-01")
    why = " ".join(run(folder, "why", "2026-10-MANU-0003").stdout.split())
    assert "It is visit 3, and Manulife pays 2 visits in a calendar year (0 counted on the ledger, 3 to be" in why
    again = ("--replace", "--reason", "code", "--as-of", "2026-12-02")
    clinic_file(folder, ICBC + WITHIN.format(10))
    run(folder, "void", "2026-10-MANU-0003", *again)
    clinic_file(folder, ICBC + LIMIT.format("Manulife", 2))
    done = CliRunner().invoke(
        app, ["void", "2026-10-MANU-0004", *again, "--clinic", str(folder / "clinic.toml")], catch_exceptions=False
    )
    assert done.exit_code == 2
    assert "It is visit 3, and Manulife pays 2 visits" in " ".join(done.output.split())
    assert "2026-10-MANU-0004" in active(folder)


def test_many_balances_that_wait_for_one_reason_are_counted(folder: Path) -> None:
    clinic_file(folder, ICBC)
    claim(folder, *(two_plans(Patient=f"Pat {name}") for name in ("Ay", "Bee", "Cee", "Dee", "Ee")))
    reconcile(folder, *((f"2026-10-SUNL-000{n}", 60, "") for n in range(1, 6)))
    clinic_file(folder, ICBC + WITHIN.format(10))
    path = xlsx(folder, [row(Insurer="Beneva")])
    arguments = ("claim", str(path), "--month", "2026-10", "--as-of", "2026-12-01", "--dry-run")
    brief, full = (" ".join(run(folder, *arguments, *more).stdout.split()) for more in ((), ("--all",)))
    assert [text.count("$35.00 is left for Manulife") for text in (brief, full)] == [3, 5]
    assert "Manulife: 2 more claims for the same reason (--all lists them)." in brief


def test_what_is_above_icbcs_amount_goes_at_once_and_worksafebc_leaves_nothing(folder: Path) -> None:
    of_icbc = two_plans(Insurer="ICBC", **ACCIDENT)
    of_wsbc = two_plans(Insurer="WorkSafeBC", Patient="Robin Other", Fee=80.0, **ACCIDENT)
    assert claim(folder, of_icbc, of_wsbc) == ["Manulife 1500 2026-10-ICBC-0001"]
    assert active(folder)["2026-10-MANU-0001"] == ("Manulife", 1500)
    _, line, _ = sheet(folder, "insurers/manulife-2026-10.xlsx", "Claim lines")
    assert "ICBC is asked for $80.00" in line
    reconcile(folder, ("2026-10-ICBC-0001", 80, ""))
    reconcile(folder, ("2026-10-WSBC-0001", 0, "Not covered"))
    assert claim(folder, of_icbc, of_wsbc, as_of="2026-12-01") == []


def test_a_second_insurer_that_was_told_of_later_is_asked_too(folder: Path) -> None:
    claim(folder, row())
    reconcile(folder, (FIRST, 60, ""))
    assert claim(folder, row(), as_of="2026-12-01") == []
    assert claim(folder, two_plans(), as_of="2026-12-02") == [f"Manulife 3500 {FIRST}"]


def test_what_the_second_insurer_requires_is_asked_for_first(folder: Path) -> None:
    clinic_file(folder, '[[insurer]]\nname = "Manulife"\nrequires = ["policy", "relationship"]\n')
    bare = two_plans(policy="")
    claim(folder, bare)
    reconcile(folder, (FIRST, 60, ""))
    path = xlsx(folder, [bare])
    shown = run(folder, "claim", str(path), "--month", "2026-10", "--as-of", "2026-12-01").stdout
    assert f"{FIRST}: $35.00 is left for Manulife" in " ".join(shown.split())
    assert "Secondary Policy Number" in shown
    lines = shown.splitlines()
    assert lines[lines.index("SECOND INSURERS") - 1] == ""
    assert claim(folder, two_plans(), as_of="2026-12-02") == [f"Manulife 3500 {FIRST}"]
    why = " ".join(run(folder, "why", "2026-10-MANU-0001").stdout.split())
    assert "a session does not say it of a second plan" in why


@pytest.mark.parametrize(
    ("policy", "member", "lacks"),
    [("5", "", "Secondary Member ID"), ("", "6", "Secondary Policy Number")],
    ids=["no member", "no policy"],
)
def test_each_number_that_the_second_insurer_requires_is_waited_for(
    folder: Path, policy: str, member: str, lacks: str
) -> None:
    visit = two_plans("Green Shield", policy, member)
    claim(folder, visit)
    reconcile(folder, (FIRST, 60, ""))
    path = str(xlsx(folder, [visit]))
    shown = json.loads(run(folder, "claim", path, "--month", "2026-10", "--as-of", "2026-12-01", "--json").stdout)
    assert f"Fill in {lacks}, or add the plan" in shown["balances_waiting"][0]["message"]
    assert "second_insurers" not in shown


def test_nothing_of_the_first_plan_goes_to_the_second(folder: Path) -> None:
    claim(folder, two_plans(Insurer="ICBC", PHN="9123456701", **ACCIDENT))
    with (ledger := Ledger(folder / "ims-billing.sqlite")).reading():
        [second] = ledger.claims.of_number("2026-10-MANU-0001").to_dict("records")
    cells = ("payer_file_number", "phn", "secondary_insurer", "secondary_policy", "secondary_member")
    assert {name: second[name] for name in cells} == dict.fromkeys(cells, "")
    assert pd.isna(second["accident_date"])
    assert (second["policy"], second["member"]) == ("777", "888")


def test_both_plans_may_be_of_one_insurer(folder: Path) -> None:
    both = two_plans("Sun Life", "999")
    claim(folder, both)
    reconcile(folder, (FIRST, 60, ""))
    assert claim(folder, both, as_of="2026-12-01") == [f"Sun Life 3500 {FIRST}"]
    assert claim(folder, both, as_of="2026-12-02") == []
    reconcile(folder, ("2026-10-SUNL-0002", 35, ""), number="P2")


def test_what_follows_is_taken_back_with_its_claim_and_what_each_insurer_paid_is_named(folder: Path) -> None:
    asked(folder)
    reconcile(folder, ("2026-10-MANU-0001", 35, ""), number="P2")
    done = run(folder, "void", FIRST, "--reason", "wrong day", "--as-of", "2026-12-02")
    words = " ".join(done.stdout.split())
    assert "2026-10-MANU-0001, which billed a second insurer for the balance, is voided with it. " in words
    assert re.findall(r"(\S+) of (\S+) was paid", words) == [("$60.00", FIRST), ("$35.00", "2026-10-MANU-0001")]
    assert active(folder) == {}


def test_a_second_claim_that_was_taken_back_is_asked_for_again_only_by_replace(folder: Path) -> None:
    asked(folder)
    run(folder, "void", "2026-10-MANU-0001", "--reason", "wrong plan", "--as-of", "2026-12-02")
    path = xlsx(folder, [two_plans()])
    done = run(folder, "claim", str(path), "--month", "2026-10", "--as-of", "2026-12-03")
    waits = f"2026-10-MANU-0001 was voided, and the balance of $35.00 after {FIRST} is billed to nobody. To bill it:"
    assert f"{waits} ims-billing void 2026-10-MANU-0001 --replace" in " ".join(done.stdout.split())
    assert active(folder) == {FIRST: ("Sun Life", 9500)}
    path = xlsx(folder, [two_plans("Green Shield", "5", "6")])
    again = ("void", "2026-10-MANU-0001", str(path), "--replace", "--reason", "wrong plan", "--as-of", "2026-12-04")
    run(folder, *again)
    assert active(folder) == {FIRST: ("Sun Life", 9500), "2026-10-GRSH-0001": ("Green Shield", 3500)}
    assert claim(folder, two_plans(), as_of="2026-12-05") == []


def words(folder: Path, *arguments: str) -> str:
    """What a command says, on lines of any length."""
    return " ".join(run(folder, *arguments).stdout.split())


# How a file may show the plan of the first claim as the second one: exchanged, or without the first one's cells.
AS_SECOND: list[dict[str, Any]] = [
    {"Insurer": "", "Policy_Number": "", "Member_ID": ""}, {"Policy_Number": "", "Member_ID": ""},
    {"Insurer": "Manulife", "Policy_Number": "777", "Member_ID": "888"},
]  # fmt: skip


@pytest.mark.parametrize("cells", AS_SECOND, ids=["no insurer", "no numbers", "exchanged"])
def test_the_plan_that_was_asked_first_is_never_asked_for_the_rest(folder: Path, cells: dict[str, Any]) -> None:
    claim(folder, two_plans(Member_ID="S1"))
    exchanged = two_plans("Sun Life", "00123", "S1", **cells)
    path = str(xlsx(folder, [exchanged]))
    done = json.loads(run(folder, "claim", path, "--month", "2026-10", "--as-of", "2026-11-10", "--json").stdout)
    if done["sessions"][0]["outcome"] == "held":
        type_in(folder / SUMMARY, "Needs attention", Decision="Do not bill")
        claim(folder, exchanged, as_of="2026-11-11")
    reconcile(folder, (FIRST, 60, ""))
    assert claim(folder, exchanged, as_of="2026-12-01") == [f"Manulife 3500 {FIRST}"]
    # Nor do the files name another second insurer then.
    assert "SECOND INSURERS" not in words(folder, "claim", path, "--month", "2026-10", "--as-of", "2026-12-02")


def test_a_policy_number_that_the_first_claim_lacked_makes_no_second_plan_of_it(folder: Path) -> None:
    claim(folder, two_plans(Insurer="Pacific Blue Cross", Policy_Number=""))
    [first] = active(folder)
    exchanged = two_plans("Pacific Blue Cross", "4455", "", Insurer="Manulife", Policy_Number="777", Member_ID="888")
    claim(folder, exchanged, as_of="2026-11-10")
    type_in(folder / SUMMARY, "Needs attention", Decision="Do not bill")
    claim(folder, exchanged, as_of="2026-11-11")
    reconcile(folder, (first, 60, ""))
    assert claim(folder, exchanged, as_of="2026-12-01") == [f"Manulife 3500 {first}"]


@pytest.mark.parametrize("cells", [{"Status": "no show"}, {"Fee": 60.0}], ids=["no show", "another fee"])
def test_the_rest_waits_while_the_session_is_on_hold(folder: Path, cells: dict[str, Any]) -> None:
    claim(folder, two_plans(Session_ID="V1"), two_plans(Session_ID="V2", Patient="Robin Other"))
    reconcile(folder, (FIRST, 60, ""))
    robin = two_plans(Session_ID="V2", Patient="Robin Other")
    changed = xlsx(folder, [two_plans(Session_ID="V1", **cells), robin])
    arguments = ("claim", str(changed), "--month", "2026-10", "--json")
    shown = json.loads(run(folder, *arguments, "--as-of", "2026-12-01").stdout)
    [waits] = shown["balances_waiting"]
    assert (waits["claim"], waits["kind"]) == (FIRST, "changed-since-claimed")
    assert "second_insurers" not in shown
    # In the run of another month, and of files without the session, too.
    november = row(Service_Date=dt.date(2026, 11, 3))
    assert claim(folder, november, month="2026-11", as_of="2026-12-01") == []
    type_in(folder / SUMMARY, "Needs attention", Decision="Do not bill")
    assert claim(folder, two_plans(Session_ID="V1", **cells), robin, as_of="2026-12-02") == [f"Manulife 3500 {FIRST}"]


def test_what_replaces_a_second_claim_goes_to_the_same_plan_unless_a_file_says_another(folder: Path) -> None:
    asked(folder)
    other = xlsx(folder, [two_plans("Green Shield", "5", "6")], "other.xlsx")
    by_file = ("void", "2026-10-MANU-0001", str(other), "--replace", "--reason", "plan", "--as-of", "2026-12-02")
    run(folder, *by_file)
    reconcile(folder, (FIRST, 10, ""), number="P2")
    run(folder, "void", "2026-10-GRSH-0001", "--replace", "--reason", "paid more", "--as-of", "2026-12-03")
    assert active(folder) == {FIRST: ("Sun Life", 9500), "2026-10-GRSH-0002": ("Green Shield", 2500)}


@pytest.mark.parametrize(
    ("plan", "differs"),
    [
        (("Manulife", "999", "888"), "the files have other numbers of that plan now. To correct it"),
        (("Green Shield", "5", "6"), "the files name Green Shield as second insurer now. To ask that one"),
    ],
    ids=["another policy", "another insurer"],
)
def test_another_second_plan_in_the_files_is_pointed_out_with_the_command_that_reads_it(
    folder: Path, plan: tuple[str, str, str], differs: str
) -> None:
    asked(folder)
    reconcile(folder, (FIRST, 10, ""), number="P2")
    again = ("claim", str(xlsx(folder, [two_plans(*plan)])), "--month", "2026-10", "--as-of")
    void = "ims-billing void 2026-10-MANU-0001"
    shown = words(folder, *again, "2026-12-02")
    assert f"2026-10-MANU-0001 asked Manulife, and {differs}: {void} FILE --replace --reason TEXT" in shown
    # That puts the amount right too.
    assert shown.count("ims-billing void") == 1
    run(folder, *void.split()[1:], "--reason", "wrong plan", "--as-of", "2026-12-03")
    assert f"To bill it: {void} FILE --replace --reason TEXT" in words(folder, *again, "2026-12-04")


def test_a_plan_that_only_a_later_file_named_is_asked_again_without_that_file(folder: Path) -> None:
    claim(folder, row())
    reconcile(folder, (FIRST, 60, ""))
    assert claim(folder, two_plans(), as_of="2026-12-01") == [f"Manulife 3500 {FIRST}"]
    again = ("void", "2026-10-MANU-0001", "--replace", "--reason", "x", "--as-of", "2026-12-03")
    run(folder, "reconcile", "--undo", "1", "--reason", "x", "--as-of", "2026-12-02")
    done = CliRunner().invoke(app, [*again, "--clinic", str(folder / "clinic.toml")], catch_exceptions=False)
    assert f"Nothing of {FIRST}, which it follows, is known to be left before its insurer answers." in " ".join(
        done.output.split()
    )
    reconcile(folder, (FIRST, 70, ""), number="P2")
    run(folder, *again)
    assert active(folder) == {FIRST: ("Sun Life", 9500), "2026-10-MANU-0002": ("Manulife", 2500)}


@pytest.mark.parametrize("insurer", ["Sun Life", "ICBC"])
def test_a_second_claim_that_was_taken_back_stays_so_where_the_first_is_claimed_again(
    folder: Path, insurer: str
) -> None:
    visit = two_plans(Insurer=insurer, **(ACCIDENT if insurer == "ICBC" else {}))
    claim(folder, visit)
    code = {"ICBC": "ICBC", "Sun Life": "SUNL"}[insurer]
    if insurer == "Sun Life":
        reconcile(folder, (FIRST, 60, ""))
        claim(folder, visit, as_of="2026-12-01")
    run(folder, "void", "2026-10-MANU-0001", "--reason", "the patient paid it", "--as-of", "2026-12-02")
    if insurer == "ICBC":
        claim(folder, visit, as_of="2026-12-02")
    run(folder, "void", f"2026-10-{code}-0001", "--replace", "--reason", "code", "--as-of", "2026-12-02")
    if insurer == "Sun Life":
        reconcile(folder, ("2026-10-SUNL-0002", 60, ""), number="P2")
    assert claim(folder, visit, as_of="2026-12-04") == []
    assert [*active(folder)] == [f"2026-10-{code}-0002"]
    run(folder, "void", "2026-10-MANU-0001", "--replace", "--reason", "it is to be billed", "--as-of", "2026-12-05")
    assert active(folder)["2026-10-MANU-0002"] == ("Manulife", 3500 if insurer == "Sun Life" else 1500)
    assert followed(folder) == {
        "2026-10-MANU-0001": f"2026-10-{code}-0001",
        "2026-10-MANU-0002": f"2026-10-{code}-0002",
    }


def test_a_second_claim_that_was_corrected_is_billed_again_with_its_first_one(folder: Path) -> None:
    asked(folder)
    for number, day in (("2026-10-MANU-0001", 2), (FIRST, 3)):
        run(folder, "void", number, "--replace", "--reason", "code", "--as-of", f"2026-12-0{day}")
    reconcile(folder, ("2026-10-SUNL-0002", 60, ""), number="P2")
    assert claim(folder, two_plans(), as_of="2026-12-04") == ["Manulife 3500 2026-10-SUNL-0002"]


def test_a_replaced_claim_and_what_followed_it_are_read_back_from_the_csv_alone(folder: Path) -> None:
    asked(folder)
    run(folder, "void", FIRST, "--replace", "--reason", "code", "--as-of", "2026-12-02")
    before = followed(folder), [*active(folder)]
    (folder / "ims-billing.sqlite").unlink()
    path = str(folder / "reports/2026-10/claims-2026-10.csv")
    run(folder, "claim", path, "--already-sent", "--new-ledger", "--as-of", "2026-12-04")
    assert (followed(folder), [*active(folder)]) == before
    # The new claim's workbook alone does not say enough.
    (folder / "ims-billing.sqlite").unlink()
    later = sorted(map(str, (folder / "reports/2026-10/insurers").glob("*-batch-3.xlsx")))
    for file in (folder / "reports/2026-10").rglob("*"):
        if file.is_file() and str(file) not in later:
            file.unlink()
    again = ["claim", *later, "--already-sent", "--new-ledger", "--as-of", "2026-12-04"]
    done = CliRunner().invoke(app, [*again, "--clinic", str(folder / "clinic.toml")], catch_exceptions=False)
    assert done.exit_code == 2
    assert (
        f"2026-10-SUNL-0002 replaces {FIRST}, which neither these files nor the ledger have as a voided claim."
        in done.output
    )


def test_the_rest_waits_for_a_session_that_moved_to_another_month_or_is_held_for_else_once_it_is_decided(
    folder: Path,
) -> None:
    claim(folder, two_plans(Session_ID="V1"), two_plans(Session_ID="V2", Patient="Robin Other"))
    claim(folder, row(Service_Date=dt.date(2026, 11, 3)), month="2026-11", as_of="2026-11-10")
    reconcile(folder, (FIRST, 60, ""), ("2026-10-SUNL-0002", 60, ""))
    robin = two_plans(Session_ID="V2", Patient="Robin Other", Fee=50.0)
    moved = two_plans(Session_ID="V1", Service_Date=dt.date(2026, 11, 9))
    assert claim(folder, moved, month="2026-11", as_of="2026-12-01") == ["Manulife 3500 2026-10-SUNL-0002"]
    assert claim(folder, robin, as_of="2026-12-02") == []
    run(folder, "void", "2026-10-MANU-0001", "--reason", "x", "--as-of", "2026-12-03")
    type_in(folder / SUMMARY, "Needs attention", Decision="Bill")
    # Its new fee is not the listed one: it is held for that now, and its claim is to be replaced.
    path = xlsx(folder, [robin])
    shown = json.loads(run(folder, "claim", str(path), "--month", "2026-10", "--as-of", "2026-12-04", "--json").stdout)
    assert [f["kind"] for f in shown["sessions"][0]["findings"] if f["severity"] == "hold"] == ["fee-not-as-listed"]
    assert [(each["claim"], each["kind"]) for each in shown["balances_waiting"]] == [
        (FIRST, "changed-since-claimed"), ("2026-10-SUNL-0002", "changed-since-claimed"),
    ]  # fmt: skip


def test_the_run_of_another_month_tells_of_no_void_whose_session_it_does_not_look_for(folder: Path) -> None:
    claim(folder, two_plans(), two_plans(Patient="Robin Other"))
    reconcile(folder, ("2026-10-SUNL-0002", 60, ""))
    run(folder, "void", FIRST, "--reason", "x", "--as-of", "2026-11-25")
    november = row(Service_Date=dt.date(2026, 11, 3))
    assert claim(folder, november, month="2026-11", as_of="2026-12-01") == ["Manulife 3500 2026-10-SUNL-0002"]
    assert "Voided, and in no workbook to an insurer yet: 1 claim of 2026-10" in words(
        folder, "status", "--as-of", "2026-12-01"
    )


@pytest.mark.parametrize(
    "kinds", [["insurers/*.xlsx"], ["insurers/*.xlsx", "claims-*.csv"]], ids=["workbooks", "and the CSV"]
)
@pytest.mark.parametrize("order", [("Sun Life", "Manulife"), ("Manulife", "Sun Life")], ids=" then ".join)
def test_voids_that_were_told_are_read_back_with_what_followed_and_told_once(
    folder: Path, kinds: list[str], order: tuple[str, str]
) -> None:
    visit = two_plans(order[1], Insurer=order[0])
    claim(folder, visit)
    first = FIRST if order[0] == "Sun Life" else "2026-10-MANU-0001"
    reconcile(folder, (first, 60, ""))
    claim(folder, visit, as_of="2026-12-01")
    run(folder, "void", first, "--reason", "x", "--as-of", "2026-12-02")
    claim(folder, visit, as_of="2026-12-03")
    before = told_by(folder)
    assert [batch for *_, batch in before] == [3, 3]
    (folder / "ims-billing.sqlite").unlink()
    files = [str(path) for kind in kinds for path in sorted((folder / "reports/2026-10").glob(kind))]
    run(folder, "claim", *files, "--already-sent", "--new-ledger", "--as-of", "2026-12-04")
    assert told_by(folder) == before
    claim(folder, visit, as_of="2026-12-05")
    assert told_by(folder) == before


def test_a_batch_that_only_tells_of_voids_is_to_be_named_beside_the_csv(folder: Path) -> None:
    claim(folder, row())
    run(folder, "void", FIRST, "--reason", "x", "--as-of", "2026-12-02")
    claim(folder, row(), as_of="2026-12-03")
    before = told_by(folder)
    (folder / "ims-billing.sqlite").unlink()
    reports = folder / "reports/2026-10"
    again = ["claim", str(reports / "claims-2026-10.csv"), "--already-sent", "--new-ledger", "--as-of", "2026-12-04"]
    done = CliRunner().invoke(app, [*again, "--clinic", str(folder / "clinic.toml")], catch_exceptions=False)
    last = reports / "insurers/sun-life-2026-10-batch-2.xlsx"
    assert done.exit_code == 2
    assert f"{last}: this workbook is of batch 2 of 2026-10, of which the CSV has nothing" in done.output
    run(folder, *again, str(last))
    assert told_by(folder) == before


def told_by(folder: Path) -> list[tuple[str, str, int]]:
    """The claims, what each follows, and the batch that told its insurer of the void."""
    ledger = Ledger(folder / "ims-billing.sqlite")
    with ledger.reading():
        claims = ledger.claims.all()
    return [*claims[["claim", "follows", "void_batch"]].fillna({"void_batch": 0}).itertuples(index=False, name=None)]


def test_a_first_claim_that_is_claimed_anew_takes_its_extra_along(folder: Path) -> None:
    of_icbc = two_plans(Insurer="ICBC", **ACCIDENT)
    claim(folder, of_icbc)
    clinic_file(folder, ICBC + WSBC + WITHIN.format(10))  # it was in time
    run(folder, "void", "2026-10-ICBC-0001", "--replace", "--reason", "code", "--as-of", "2026-11-06")
    assert active(folder) == {"2026-10-ICBC-0002": ("ICBC", 8000), "2026-10-MANU-0002": ("Manulife", 1500)}


def test_months_from_before_ask_nobody(folder: Path) -> None:
    of_icbc = two_plans(Insurer="ICBC", **ACCIDENT)
    assert claim(folder, of_icbc, more=("--already-sent",)) == []
    reconcile(folder, ("2026-10-ICBC-0001", 80, ""))
    assert claim(folder, of_icbc, as_of="2026-12-01") == []
    # Nor for the extra of what takes its place: it may have been billed by hand.
    for number in (1, 2):
        run(folder, "void", f"2026-10-ICBC-000{number}", "--replace", "--reason", "code", "--as-of", "2026-12-02")
        assert active(folder) == {f"2026-10-ICBC-000{number + 1}": ("ICBC", 8000)}


def test_a_second_plan_pays_its_share_of_the_whole_fee(folder: Path) -> None:
    clinic_file(folder, '[[coverage]]\ninsurer = "Manulife"\npercent = 20\nfrom = 2026-01-01\n')
    claim(folder, two_plans())
    reconcile(folder, (FIRST, 60, ""))
    claim(folder, two_plans(), as_of="2026-12-01")
    path = csv_file(folder, [{"Claim": "2026-10-MANU-0001", "Paid": 18, "Payment Date": "2026-12-09"}], "second.csv")
    shown = json.loads(run(folder, "reconcile", str(path), "--as-of", "2026-12-10", "--json").stdout)
    [line] = shown["payments"][0]["lines"]
    # 20 % of $95.00 is $19.00.
    assert (line["result"], line["short_cents"]) == ("short-paid", 100)


def test_a_first_insurer_that_pays_more_later_is_told_of(folder: Path) -> None:
    asked(folder)
    path = csv_file(folder, [{"Claim": FIRST, "Paid": 10, "Payment Date": "2026-12-09"}], "more.csv")
    shown = " ".join(run(folder, "reconcile", str(path), "--as-of", "2026-12-10").stdout.split())
    assert f"2026-10-MANU-0001 bills $35.00, but the balance after {FIRST} is $25.00 now" in shown
    assert "void 2026-10-MANU-0001 --replace" in shown


def test_a_first_insurer_that_owes_again_or_refuses_is_told_of(folder: Path) -> None:
    asked(folder)
    shown = " ".join(run(folder, "reconcile", "--undo", "1", "--reason", "x", "--as-of", "2026-12-02").stdout.split())
    assert f"bills $35.00, but the balance after {FIRST} is not known now" in shown
    assert "void 2026-10-MANU-0001" not in shown, "the balance would be lost"
    reconcile(folder, (FIRST, 0, "Not covered"), number="P2")
    path = xlsx(folder, [two_plans()])
    shown = run(folder, "claim", str(path), "--month", "2026-10", "--as-of", "2026-12-03").stdout
    assert f"bills $35.00, but the balance after {FIRST} is $95.00 now" in " ".join(shown.split())
    run(folder, "void", "2026-10-MANU-0001", "--replace", "--reason", "x", "--as-of", "2026-12-04")
    assert active(folder) == {FIRST: ("Sun Life", 9500), "2026-10-MANU-0002": ("Manulife", 9500)}


def test_what_the_second_is_asked_for_is_not_owed_by_the_first(folder: Path) -> None:
    claimed(folder)
    reconcile(folder, (FIRST, 70, "Over reasonable and customary"))
    claim(folder, two_plans(), as_of="2026-12-01")
    shown = json.loads(run(folder, "aging", "--as-of", "2026-12-02", "--json").stdout)
    assert [(line["claim"], line["owed_cents"]) for line in shown["claims"]] == [("2026-10-MANU-0001", 2500)]


def test_a_payment_that_names_no_insurer_finds_the_claim_by_its_member_or_none(folder: Path) -> None:
    asked(folder)
    line = {"Patient": "Pat Madeup", "Service Date": "2026-10-07", "Claimed": 95, "Paid": 35}
    line |= {"Payment Date": "2026-12-05", "Payment Number": "P2", "Member ID": ""}
    arguments = ("--as-of", "2026-12-06", "--json")
    unclear = csv_file(folder, [line], "r.csv")
    done = CliRunner().invoke(app, ["reconcile", str(unclear), "--clinic", str(folder / "clinic.toml"), *arguments])
    [line_posted] = json.loads(done.stdout)["payments"][0]["lines"]
    assert (line_posted["result"], line_posted["might_be"]) == ("ambiguous", [FIRST, "2026-10-MANU-0001"])
    clear = csv_file(folder, [line | {"Member ID": "888"}], "r.csv")
    [line_posted] = json.loads(run(folder, "reconcile", str(clear), *arguments).stdout)["payments"][0]["lines"]
    assert (line_posted["result"], line_posted["claims"]) == ("paid", ["2026-10-MANU-0001"])


def test_icbcs_extra_goes_once_the_second_insurer_is_known(folder: Path) -> None:
    claim(folder, row(Insurer="ICBC", **ACCIDENT))
    assert claim(folder, two_plans(Insurer="ICBC", **ACCIDENT), as_of="2026-11-12") == [
        "Manulife 1500 2026-10-ICBC-0001"
    ]


def test_another_second_insurer_in_the_file_is_pointed_out(folder: Path) -> None:
    asked(folder)
    path = xlsx(folder, [two_plans("Green Shield", "5", "6")])
    shown = run(folder, "claim", str(path), "--month", "2026-10", "--as-of", "2026-12-02").stdout
    assert "asked Manulife, and the files name Green Shield as second insurer now" in " ".join(shown.split())


def test_the_database_keeps_second_claims_behind_first_ones(folder: Path) -> None:
    asked(folder)
    names = [c.name for c in ON_LEDGER if c.name != "replaced_by"]
    with sqlite3.connect(folder / "ims-billing.sqlite") as database:
        shown = ", ".join(
            {"claim": "'2026-10-MANU-0009'", "session_id": "'other'", "natural_key": "'other'"}.get(name, name)
            for name in names
        )
        for second in ("2026-10-MANU-0001", FIRST):
            values = shown.replace("follows", f"'{second}'")
            with pytest.raises(sqlite3.IntegrityError):
                database.execute(
                    f"INSERT INTO claim ({', '.join(names)}) SELECT {values} FROM claim WHERE follows IS NOT NULL"
                )
        with pytest.raises(sqlite3.IntegrityError, match="voided first"):
            database.execute("UPDATE claim SET voided_on = '2026-12-01', void_reason = 'x' WHERE claim = ?", (FIRST,))
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            database.execute("UPDATE claim SET first_answer = 'x'")
    database.close()


CENTS = st.integers(0, 20_000)


@examples(40)
@given(
    fee=st.integers(1, 20_000),
    first=st.sampled_from(["sun-life", "icbc", "worksafebc"]),
    less=CENTS,
    payments=st.lists(st.tuples(st.integers(-9_000, 20_000), st.booleans()), max_size=4),
    before=st.booleans(),
)
def test_never_more_than_is_left(
    fee: int, first: str, less: int, payments: list[tuple[int, bool]], before: bool
) -> None:
    types = {column.name: column.dtype for column in ON_LEDGER}
    claims = empty(ON_LEDGER).reindex(range(1))
    stated: dict[str, Any] = {
        "claim": "2026-10-XXXX-0001", "insurer_id": first, "insurer": first, "fee_cents": fee,
        "amount_cents": fee if first == "sun-life" else max(fee - less, 0), "secondary_insurer": "Manulife",
        "service_date": dt.datetime(2026, 10, 7),
    }  # fmt: skip
    for column in claims:
        absent: Any = {"str": "", "int64": 0, "Int64": None}.get(types[str(column)])
        claims[column] = [stated.get(str(column), absent)]
    claims = claims.astype(types)
    postings = empty(POSTINGS).reindex(range(len(payments)))
    for number, (cents, denied) in enumerate(payments):
        postings.loc[number] = [1, stated["claim"], cents, 0, denied, "", dt.datetime(2026, 11, 1), None]
    postings = postings.astype({column.name: column.dtype for column in POSTINGS})
    line_posted = answers(claims, postings)
    due = balances_due(claims, line_posted, {}, {stated["claim"]} if before else set(), without_file())
    position = line_posted[stated["claim"]].position
    second_cents = int(due.claims["amount_cents"].sum())
    first_cents = position.paid if position.answered else stated["amount_cents"]
    assert second_cents == 0 or second_cents + max(first_cents, 0) == fee
    # An insurer that has not answered has paid nothing, whatever it is asked for.
    assert set(due.claims["first_paid_cents"]) <= {max(position.paid, 0) if position.answered else 0}
    if before or first == "worksafebc" or (not position.answered and first != "icbc"):
        assert second_cents == 0
    elif position.answered:
        assert second_cents == max(0, fee - max(position.paid, 0))


@pytest.mark.parametrize("kind", ["insurers/*.xlsx", "claims-*.csv"])
def test_claims_read_back_follow_the_same_first_claims_and_nobody_is_asked_twice(folder: Path, kind: str) -> None:
    """The ledger is lost after Manulife was asked beside ICBC, and another plan of Sun Life's after the first."""
    sessions = [
        two_plans(Insurer="ICBC", **ACCIDENT),
        two_plans("Sun Life", Patient="Robin Madeup", Member_ID="9", Service_Date=dt.date(2026, 10, 8)),
    ]
    claim(folder, *sessions)
    reconcile(folder, (FIRST, 60, ""))
    claim(folder, *sessions)
    before = followed(folder)
    assert before == {"2026-10-MANU-0001": "2026-10-ICBC-0001", "2026-10-SUNL-0002": FIRST}
    (folder / "ims-billing.sqlite").unlink()
    files = map(str, (folder / "reports/2026-10").glob(kind))
    run(folder, "claim", *files, "--already-sent", "--new-ledger", "--as-of", "2026-11-20")
    assert followed(folder) == before
    path = xlsx(folder, sessions)
    done = run(folder, "claim", str(path), "--month", "2026-10", "--as-of", "2026-11-21", "--json")
    assert [session["outcome"] for session in json.loads(done.stdout)["sessions"]] == ["already_claimed"] * 2
    assert followed(folder) == before


def followed(folder: Path) -> dict[str, str]:
    """The claims to second insurers, with the first ones."""
    ledger = Ledger(folder / "ims-billing.sqlite")
    with ledger.reading():
        claims = ledger.claims.all()
    later = claims[claims["follows"] != ""]
    return dict(zip(later["claim"], later["follows"], strict=True))


def test_a_balance_of_a_second_insurer_that_the_setup_does_not_know_waits(folder: Path) -> None:
    visit = two_plans("Fable Mutual")
    claim(folder, visit)
    reconcile(folder, (FIRST, 76.0, ""))
    assert claim(folder, visit) == []
    shown = run(folder, "claim", str(folder / "sessions.xlsx"), "--month", "2026-10", "--as-of", "2026-11-26")
    assert (
        f"{FIRST}: $19.00 is left for its second insurer, which the clinic setup does not know. Add it, or this "
        "spelling of it (sheet Insurers), and claim 2026-10 again."
    ) in " ".join(shown.stdout.split())
    clinic_file(folder, ICBC + WSBC + '[[insurer]]\nname = "Fable Mutual"\nrequires = []\n')
    assert claim(folder, visit) == [f"Fable Mutual 1900 {FIRST}"]


def test_a_payer_of_the_whole_cost_leaves_the_patient_no_share(folder: Path) -> None:
    claim(folder, row(Insurer="WorkSafeBC", Fee=80.0, **ACCIDENT))
    reconcile(folder, ("2026-10-WSBC-0001", 50.0, ""))
    why = " ".join(run(folder, "why", "2026-10-WSBC-0001").stdout.split())
    assert "$30.00 paid too little" in why
    assert "the patient's share" not in why
