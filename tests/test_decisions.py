"""What is decided in the workbook: applied, kept, refused with a reason, asked again; with real files and ledgers."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from ims_billing.cli.main import app
from ims_billing.ledger.ledger import Ledger
from ims_billing.vocabulary.fields import CORRECTS
from ims_billing.vocabulary.findings import CATALOGUE
from tests.practice import apart, by_case, clinic_file, like_ann, made_once, row, table, tag, xlsx
from tests.practice import type_in as type_in_lines

SUMMARY = Path("reports/2026-10/claim-summary-2026-10.xlsx")
Rows = list[dict[str, Any]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clinic's folder."""
    clinic_file(tmp_path)
    return tmp_path


def run(folder: Path, command: str, *more: str) -> Result:
    """The command, within this process: the real one in its own is `test_cli.py`'s."""
    return CliRunner().invoke(app, [command, *more, "--clinic", str(folder / "clinic.toml")], catch_exceptions=False)


def sessions(*rows: dict[str, Any]) -> Rows:
    """The rows, numbered by the practice system, each at a time of its own."""
    return [{**line, "Session ID": f"S{number}"} for number, line in enumerate(rows, start=1)]


def claim(folder: Path, rows: Rows, *more: str, as_of: str = "2026-11-05", month: str = "2026-10") -> dict[str, Any]:
    """What `claim` printed as JSON; it must have ended well."""
    setup = folder / "clinic.toml"
    if not more and [*folder.iterdir()] == [setup]:
        return _first_claim(folder, setup.read_text(encoding="utf-8"), rows, as_of, month)
    return _claim(folder, rows, *more, as_of=as_of, month=month)


@made_once
def _first_claim(folder: Path, setup: str, rows: Rows, as_of: str, month: str) -> dict[str, Any]:
    """The first claim of a clinic, with nothing in its folder but the clinic file."""
    (folder / "clinic.toml").write_text(setup, encoding="utf-8")
    return _claim(folder, rows, as_of=as_of, month=month)


def _claim(folder: Path, rows: Rows, *more: str, as_of: str, month: str) -> dict[str, Any]:
    done = run(folder, "claim", str(xlsx(folder, rows)), "--month", month, "--as-of", as_of, "--json", *more)
    assert done.exit_code == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def outcomes(month: dict[str, Any]) -> list[str]:
    """Outcome of each session in the order of the rows, with the reason or the kinds that hold."""
    shown = []
    for session in sorted(month["sessions"], key=lambda each: each["row"]):
        holds = sorted(f["kind"] for f in session["findings"] if f["severity"] == "hold")
        shown.append(" ".join([session["outcome"], session["reason"] or "", *holds]).strip().replace("  ", " "))
    return shown


def lines(folder: Path, path: Path = SUMMARY) -> list[dict[str, Any]]:
    """The lines that need attention, by heading, with the row they stand in."""
    sheet = load_workbook(folder / path)["Needs attention"]
    header, columns = table(sheet, "Session", "Kind")
    below = sheet.iter_rows(min_row=header + 1, values_only=True)
    shown = [{heading: line[place - 1] for heading, place in columns.items()} for line in below]
    return [line for line in shown if line["Session"]]


def decide(folder: Path, decisions: Iterable[dict[str, Any]], path: Path = SUMMARY) -> None:
    """Types into the lines that need attention: each decision names a kind, and a source where it stands twice."""
    book = load_workbook(folder / path)
    sheet = book["Needs attention"]
    header, columns = table(sheet, "Session", "Kind")
    for typed in decisions:
        rows_fitting = [
            place
            for place in range(header + 1, sheet.max_row + 1)
            if sheet.cell(place, columns["Kind"]).value == typed["Kind"]
            and str(sheet.cell(place, columns["Source"]).value).endswith(typed.get("Source", ""))
        ]
        assert rows_fitting, typed
        for heading, value in typed.items():
            if heading not in ("Kind", "Source"):
                sheet.cell(rows_fitting[0], columns[heading]).value = value
    book.save(folder / path)


TAXED = {"Tax": 5.0}


def taxed(folder: Path) -> None:
    """A month whose one session is held for its tax."""
    claim(folder, sessions(row(**TAXED)))


def two_copies(folder: Path) -> None:
    """A month whose one session stands in two rows."""
    claim(folder, copies())


def visit(patient: str, day: int, **cells: Any) -> dict[str, Any]:
    return row(Patient=f"{patient} Madeup", Service_Date=dt.date(2026, 10, day), Start="9:00", **cells)


@pytest.mark.parametrize(
    ("typed", "then", "expected"),
    [
        ("", {}, "held changed-since-claimed"),
        ("Later", {}, "held changed-since-claimed"),
        ("Do not bill", {}, "already_claimed"),
        ("Do not bill", {"Minutes": 45}, "held changed-since-claimed"),
    ],
)
def test_a_session_that_may_be_a_claimed_one_is_so_in_a_list_that_begins_later_too(
    folder: Path, typed: str, then: dict[str, Any], expected: str
) -> None:
    before, after = [visit("Alma", 5), visit("Cleo", 9)], [visit("Dora", 14), visit("Evan", 15)]
    claim(folder, [*before, visit("Mia", 7)])
    shown = claim(folder, [*before, visit("Mia", 10), *after])
    assert outcomes(shown)[2] == "held changed-since-claimed"
    if typed:
        decide(folder, [{"Kind": "changed-since-claimed", "Decision": typed}])
        claim(folder, [*before, visit("Mia", 10), *after], as_of="2026-11-09")
    # Another visit of hers was never held: it is new.
    shown = claim(folder, [visit("Mia", 10, **then), *after, visit("Mia", 22)], as_of="2026-11-12")
    assert outcomes(shown) == [expected, "already_claimed", "already_claimed", "claimed"]


def test_a_session_that_was_kept_and_voided_is_no_other_visit_of_its_patient(folder: Path) -> None:
    before, later = [visit("Mia", 7), visit("Cleo", 9)], [visit("Mia", 14), visit("Dora", 15)]
    claim(folder, [*before, *later])
    changed = [visit("Mia", 7, Policy_Number="777"), visit("Cleo", 9)]
    assert outcomes(claim(folder, [*changed, *later]))[0] == "held changed-since-claimed"
    decide(folder, [{"Kind": "changed-since-claimed", "Decision": "Do not bill"}])
    claim(folder, [*changed, *later], as_of="2026-11-09")
    run(folder, "void", "2026-10-SUNL-0001", "--reason", "a slip", "--as-of", "2026-11-10")
    assert outcomes(claim(folder, changed, as_of="2026-11-12")) == ["held voided", "already_claimed"]


def test_bill_lifts_the_hold_and_the_claim_says_so(folder: Path) -> None:
    rows = sessions(row(**TAXED), row(Service_Date=dt.date(2026, 10, 9)))
    assert outcomes(claim(folder, rows)) == ["held tax-on-session", "claimed"]
    decide(folder, [{"Kind": "tax-on-session", "Decision": "Bill", "Decided by": "R. Manager", "Note": "refunded"}])
    shown = claim(folder, rows, as_of="2026-11-09")
    assert outcomes(shown) == ["claimed", "already_claimed"]
    assert shown["sessions"][0]["findings"] == [
        {
            "kind": "tax-on-session",
            "severity": "warn",
            "message": "Tax of $5.00 is charged. Decided on 2026-11-09: bill.",
            "fix": CATALOGUE["tax-on-session"].fix,
        }
    ]
    assert lines(folder) == []
    kept = [cell for line in load_workbook(folder / SUMMARY)["Sources"].iter_rows(values_only=True) for cell in line]
    assert {"R. Manager", "refunded", "Bill", dt.datetime(2026, 11, 9)} <= set(kept)
    why = run(folder, "why", "2026-10-SUNL-0002")
    assert "Decided on 2026-11-09: bill." in " ".join(why.stdout.split())
    assert outcomes(claim(folder, rows)) == ["already_claimed", "already_claimed"]


def test_bill_asks_for_the_fee_of_the_row_and_a_public_payer_for_no_more_than_its_own(folder: Path) -> None:
    clinic_file(folder, '[[fee]]\nservice = "ims"\ninsurer = "ICBC"\namount = 80.00\nfrom = 2026-01-01\n')
    icbc = {"Insurer": "ICBC", "Payer File Number": "AB1", "Accident Date": dt.date(2026, 9, 1)}
    rows = sessions(
        *(row(**icbc, Fee=fee, Service_Date=dt.date(2026, 10, day)) for day, fee in ((6, 60.0), (13, 120.0))),
        *(row(Fee=fee, Service_Date=dt.date(2026, 10, day), Patient="B") for day, fee in ((6, 60.0), (13, 120.0))),
    )
    assert outcomes(claim(folder, rows)) == ["held fee-not-as-listed"] * 4
    decide(folder, [{"Kind": "fee-not-as-listed", "Source": f"row {n}", "Decision": "Bill"} for n in range(2, 6)])
    assert outcomes(claim(folder, rows)) == ["claimed"] * 4
    with (ledger := Ledger(folder / "ims-billing.sqlite")).reading():
        lines_left = ledger.claims.all().sort_values("session_id")
    assert list(lines_left["amount_cents"]) == [6000, 8000, 6000, 12000]


def test_do_not_bill_is_a_reason_of_its_own_and_can_be_taken_back(folder: Path) -> None:
    rows = sessions(row(**TAXED))
    claim(folder, rows)
    decide(folder, [{"Kind": "tax-on-session", "Decision": "Do not bill"}])
    shutil.copy(folder / SUMMARY, folder / "decided.xlsx")
    assert outcomes(claim(folder, rows)) == ["not_billed decided-not-to-bill"]
    assert outcomes(claim(folder, rows)) == ["not_billed decided-not-to-bill"]
    decide(folder, [{"Kind": "tax-on-session", "Decision": "Later"}], Path("decided.xlsx"))
    older = ["--decisions", str(folder / "decided.xlsx")]
    done = run(folder, "claim", str(folder / "sessions.xlsx"), "--month", "2026-10", "--as-of", "2026-11-05", *older)
    assert (done.exit_code, "--overrule" in done.stderr) == (2, True), "the copy is older than what it would change"
    assert outcomes(claim(folder, rows, *older, "--overrule")) == ["held tax-on-session"]
    assert [line["Decision"] for line in lines(folder)] == ["Later"]


CORRECTED: list[tuple[str, dict[str, Any], Any, str]] = [
    ("missing-fee", {"Fee": ""}, 95, "claimed"),
    ("unreadable-fee", {"Fee": "ninety"}, "95.00", "claimed"),
    ("fee-not-as-listed", {"Fee": 80.0}, "$95.00", "claimed"),
    ("fee-not-as-listed", {"Fee": 80.0}, "0", "not_billed no-charge"),
    ("unreadable-service-date", {"Service Date": "soon"}, dt.date(2026, 10, 8), "claimed"),
    ("missing-service-date", {"Service Date": ""}, "2026-10-08", "claimed"),
    ("missing-service-date", {"Service Date": ""}, "2026-09-08", "not_billed outside-month"),
    ("missing-insurer", {"Insurer": ""}, "Pacific Blue Cross", "claimed"),
    ("missing-insurer", {"Insurer": ""}, "Green Shield",
     "held missing-birth-date missing-insured missing-member missing-relationship"),
    ("insurer-not-known", {"Insurer": "Sun Lief"}, "Sun Life", "claimed"),
    ("insurer-not-known", {"Insurer": "Sun Lief"}, "Out of pocket", "not_billed self-pay"),
    ("missing-practitioner", {"Practitioner": ""}, "A. Example", "claimed"),
    ("practitioner-not-on-roster", {"Practitioner": "Ann Exampel"}, "Carla Specimen", "held not-a-physiotherapist"),
    ("missing-service", {"Service": ""}, "IMS", "claimed"),
    ("missing-service", {"Service": ""}, "Massage", "not_billed other-service"),
    ("missing-patient", {"Patient": ""}, "Pat Madeup", "claimed"),
    ("missing-policy", {"Policy Number": ""}, "00456", "claimed"),
    ("status-not-recognised", {"Status": "hm"}, "no show", "not_billed no-show"),
    ("status-not-recognised", {"Status": "hm"}, "arrived", "claimed"),
    ("status-not-recognised", {"Notes": "patient cancelled"}, "arrived", "claimed"),
    ("status-not-recognised", {"Notes": "patient cancelled"}, "cancelled", "not_billed cancelled"),
    ("unreadable-cell", {"Insurer": "#N/A"}, "Sun Life", "claimed"),
    ("missing-payer-file-number", {"Insurer": "ICBC", "Accident Date": "2026-09-01"}, "AB123", "claimed"),
    # What is no value is none.
    ("missing-policy", {"Policy Number": ""}, "#N/A", "held missing-policy"),
    ("missing-policy", {"Policy Number": ""}, "#REF!", "held missing-policy"),
    ("missing-patient", {"Patient": ""}, "-", "held missing-patient"),
]  # fmt: skip


def patients(*cells: dict[str, Any]) -> Rows:
    """A session of a patient of its own for each, but for these cells."""
    return sessions(*({**row(Patient=f"Pat {chr(65 + n)}made"), **own} for n, own in enumerate(cells)))


def test_a_correct_value_stands_for_the_field_that_the_kind_names_and_all_checks_run_again(folder: Path) -> None:
    rows = patients(*(cells for _, cells, _, _ in CORRECTED))
    before = outcomes(claim(folder, rows))
    assert [case[0] for case, outcome in zip(CORRECTED, before, strict=True) if case[0] not in outcome] == []
    decide(
        folder,
        [
            {"Kind": kind, "Source": f"row {number}", "Correct value": value, "Decided by": "RM"}
            for number, (kind, _, value, _) in enumerate(CORRECTED, start=2)
        ],
    )
    shown = claim(folder, rows)
    assert outcomes(shown) == [outcome for *_, outcome in CORRECTED]
    cents = shown["totals"]["cents"]
    in_outcomes = sum(cents[name] for name in ("claimed", "held", "not_billed", "already_claimed"))
    assert cents["read"] + cents["corrected"] == in_outcomes
    # What was corrected: two fees that were missing, one that was too low, and one down to nothing.
    assert cents["corrected"] == 9500 + 9500 + 1500 - 8000
    again = claim(folder, rows)
    assert again["totals"]["claimed"] == 0, "a second run adds nothing"
    assert outcomes(again) == [re.sub("^claimed", "already_claimed", outcome) for *_, outcome in CORRECTED]


def test_of_two_visits_that_contradict_each_other_the_one_that_is_typed_counts(folder: Path) -> None:
    codes = '[[insurer]]\nname = "Manulife"\nservice_code = { initial = "M1", subsequent = "M2" }\n'
    clinic_file(folder, codes)
    rows = sessions(row(Service="IMS follow-up", Visit="initial", Insurer="Manulife"))
    assert outcomes(claim(folder, rows)) == ["held unreadable-cell"]
    decide(folder, [{"Kind": "unreadable-cell", "Correct value": "initial"}])
    (claimed,) = claim(folder, rows)["sessions"]
    assert (claimed["outcome"], claimed["service_code"]) == ("claimed", "M1")


def test_a_correct_value_that_does_not_help_is_told_with_what_is_wrong_by_now(folder: Path) -> None:
    claim(folder, sessions(row(Fee=100.0)))
    for typed, still in (
        ({"Correct value": "98"}, "Row 2: still on hold: The fee is $98.00, "),
        ({"Decision": "Later"}, ""),
        ({"Decision": "", "Correct value": ""}, ""),
    ):
        decide(folder, [{"Kind": "fee-not-as-listed", **typed}])
        done = run(folder, "claim", str(folder / "sessions.xlsx"), "--month", "2026-10")
        assert ("still on hold" in done.stdout, still in " ".join(done.stdout.split())) == (bool(still), True)


def test_every_kind_that_takes_a_correct_value_says_which_field(folder: Path) -> None:
    assert set(CORRECTS) == {kind.kind for kind in CATALOGUE.values() if "correct" in kind.decisions}


def test_a_correction_that_takes_money_out_of_the_month_is_shown_before_it_counts(folder: Path) -> None:
    rows = patients(
        {"Service Date": ""}, {"Fee": 80.0}, {"Service Date": "", "Service": "Massage"}, {"Service Date": ""}
    )
    claim(folder, rows)
    checks = load_workbook(folder / SUMMARY)["Needs attention"].data_validations.dataValidation
    days, amounts = ([v for v in checks if v.type == form and v.formula1 != "1"] for form in ("date", "decimal"))
    first, last = (dt.date(1899, 12, 30) + dt.timedelta(int(n)) for n in (days[0].formula1, days[0].formula2))
    assert (first, last) == (dt.date(2026, 10, 1), dt.date(2026, 10, 31))
    assert [(v.errorStyle, "leaves the claims of 2026-10" in v.error) for v in (days[0], amounts[0])] == [
        ("warning", True), ("warning", True),
    ]  # fmt: skip
    typed = {2: ("missing-service-date", "2025-10-08"), 3: ("fee-not-as-listed", "0"),
             4: ("missing-service-date", "2026-10-08"), 5: ("missing-service-date", "2026-10-09")}  # fmt: skip
    decide(
        folder,
        [{"Kind": kind, "Source": f"row {n}", "Correct value": value} for n, (kind, value) in typed.items()],
    )
    file, month = str(folder / "sessions.xlsx"), ("--month", "2026-10", "--as-of", "2026-11-05")
    shown = json.loads(run(folder, "check", file, *month, "--json").stdout)
    assert outcomes(shown)[:2] == ["held missing-service-date", "held fee-not-as-listed"], "nothing counts yet"
    out = [(each["row"], each["reason"], each["cents"]) for each in shown["taken_out"]]
    assert out == [(2, "outside-month", 9500), (3, "no-charge", 8000)]
    screen = " ".join(run(folder, "check", file, *month).stdout.split())
    assert "take 2 sessions, $175.00, out of 2026-10" in screen
    assert "Madeup" not in screen
    for more in (["--dry-run"], []):
        done = json.loads(run(folder, "claim", file, *month, "--json", *more).stdout)
        assert outcomes(done) == [
            "not_billed outside-month", "not_billed no-charge", "not_billed other-service", "claimed",
        ]  # fmt: skip
        assert done["taken_out"] == shown["taken_out"]


REFUSED: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("Bill", "", {"Practitioner": "Carla Specimen"}, "not-a-physiotherapist", "this can't be approved here"),
    ("Bill", "", {"Insurer": ""}, "missing-insurer", "it needs its correct value"),
    ("", "PBC", TAXED, "tax-on-session", "no value that is typed here can fix it"),
    ("", "a lot", {"Fee": ""}, "missing-fee", "the correct value is not an amount such as 95.00"),
    ("", "-95", {"Fee": ""}, "missing-fee", "the correct value is not an amount such as 95.00"),
    ("", "10/11/2026", {"Service Date": ""}, "missing-service-date", "the correct value is not a day"),
    ("", "Sun Moon", {"Insurer": "Moon"}, "insurer-not-known", "That is so with the value decided on"),
]


def test_what_does_not_count_is_refused_with_the_reason_and_stays_to_be_seen(folder: Path) -> None:
    rows = patients(*(cells for _, _, cells, _, _ in REFUSED))
    claim(folder, rows)
    decide(
        folder,
        [
            {
                "Kind": kind, "Source": f"row {number}", "Decision": decision or None, "Correct value": value or None,
                "Note": "please",
            }
            for number, (decision, value, _, kind, _) in enumerate(REFUSED, start=2)
        ],
    )  # fmt: skip
    shown = claim(folder, rows)
    assert outcomes(shown) == [f"held {kind}" for *_, kind, _ in REFUSED]
    by_row = {int(str(line["Source"]).rpartition("row ")[2]): line for line in lines(folder)}
    assert sorted(by_row) == list(range(2, len(REFUSED) + 2))
    for number, (decision, value, _, _, why) in enumerate(REFUSED, start=2):
        line = by_row[number]
        assert why in line["Problem"]
        assert (line["Decision"] or "", line["Correct value"] or "", line["Note"]) == (decision, value, "please")
    assert claim(folder, rows)["written"] == [], "asked once, told once"


def test_corrections_on_one_session_count_together(folder: Path) -> None:
    rows = sessions(row(Insurer="", Fee="", Policy_Number=""))
    claim(folder, rows)
    decide(
        folder,
        [
            {"Kind": "missing-insurer", "Correct value": "Sun Life"},
            {"Kind": "missing-fee", "Correct value": 95},
        ],
    )
    assert outcomes(claim(folder, rows)) == ["held missing-policy"]
    decide(folder, [{"Kind": "missing-policy", "Decision": "Bill"}])
    shown = claim(folder, rows)
    assert outcomes(shown) == ["claimed"]
    assert shown["totals"]["cents"] == {
        "read": 0, "claimed": 9500, "held": 0, "not_billed": 0, "already_claimed": 0, "corrected": 9500,
    }  # fmt: skip
    overview = [tuple(line)[:3] for line in load_workbook(folder / SUMMARY)["Overview"].iter_rows(values_only=True)]
    assert ("As read in the files", 1, 0) in overview
    assert ("Fees corrected as decided", None, 95) in overview
    assert ("All sessions", 1, 95) in overview


# What was decided, what changed since, and what becomes of the session.
CHANGED_SINCE: list[tuple[str, dict[str, Any], str]] = [
    ("Bill", {"Fee": 190.0}, "held fee-not-as-listed tax-on-session"),
    ("Do not bill", {"Insurer": "Pacific Blue Cross"}, "held tax-on-session"),
    # What held it is mended; that nobody wanted it billed was said of another session.
    ("Do not bill", {"Tax": ""}, "held tax-on-session"),
    ("Bill", {"Tax": ""}, "claimed"),
]


def test_a_decision_about_a_session_that_has_changed_since_is_asked_again(folder: Path) -> None:
    claim(folder, patients(*[TAXED] * len(CHANGED_SINCE)))
    decide(
        folder,
        [
            {"Kind": "tax-on-session", "Source": f"row {number}", "Decision": decision}
            for number, (decision, _, _) in enumerate(CHANGED_SINCE, start=2)
        ],
    )
    changed = patients(*({**TAXED, **change} for _, change, _ in CHANGED_SINCE))
    wanted = [outcome for *_, outcome in CHANGED_SINCE]
    assert outcomes(claim(folder, changed)) == wanted
    taxed_lines = [line for line in lines(folder) if line["Kind"] == "tax-on-session"]
    assert [str(line["Source"])[-5:] for line in taxed_lines] == ["row 2", "row 3", "row 4"]
    for line in taxed_lines:
        assert line["Decision"] is None
        assert "The session changed since then: decide again." in line["Problem"]
    decide(folder, [{"Kind": line["Kind"], "Source": line["Source"], "Decision": "Later"} for line in taxed_lines])
    assert outcomes(claim(folder, changed)) == [*wanted[:3], "already_claimed"]
    decide(folder, [{"Kind": line["Kind"], "Source": line["Source"], "Decision": "Bill"} for line in lines(folder)])
    assert outcomes(claim(folder, changed)) == [*["claimed"] * 3, "already_claimed"]


def copies() -> Rows:
    return [row(Session_ID="S1", Notes="one"), row(Session_ID="S1", Notes="two")]


@dataclass(frozen=True)
class Run:
    """One of the runs of a story: its rows, what becomes of each, and what is typed into the summary afterwards.

    decisions: the row of the story (from 1), the kind that is decided about, and what is typed
    void: the rows whose claims are voided before the next run
    problem: what its first line on hold says; "{2}" is the last claim that row 2 had before this run
    claim: the claim of row 1, where that matters, in the same way
    """

    rows: Rows
    wanted: list[str]
    decisions: tuple[tuple[int, str, dict[str, Any]], ...] = ()
    void: tuple[int, ...] = ()
    problem: str = ""
    claim: str = ""


def at(day: int, **cells: Any) -> dict[str, Any]:
    return row(Service_Date=dt.date(2026, 10, day), **cells)


def at_nine(*days: int) -> Rows:
    return sessions(*(at(day, Start="9:00", Minutes=30) for day in days))


TAX, CHANGED, COPY = "tax-on-session", "changed-since-claimed", "duplicate-session"
NOT_TO_BILL = "not_billed decided-not-to-bill"
BILL, NEVER = {"Decision": "Bill"}, {"Decision": "Do not bill"}
TWO_ROWS = [row(Fee=80.0, Start="9:00", Minutes=30), row(Start="9:00", Minutes=30, Notes="x")]
BILLED_IN_A_ROW = [row(Start="9:00", Minutes=30, Billed="yes"), row(Minutes=30)]
MOVED = [at(9), at(20, Patient="Robin Other")]
# By what each shows: its runs. They are run side by side in one clinic, each with its own patients and practitioner.
STORIES: dict[str, list[Run]] = {
    "a session with two holds is claimed when both are gone": [
        Run([row(Insurer="", **TAXED)], [f"held missing-insurer {TAX}"], ((1, TAX, BILL),)),
        Run([row(Insurer="", **TAXED)], ["held missing-insurer"],
            ((1, "missing-insurer", {"Correct value": "Pacific Blue Cross"}),)),
        Run([row(Insurer="", **TAXED)], ["claimed"], claim="2026-10-PABC-0001"),
    ],
    "bill on two copies counts on none": [
        Run(copies(), [f"held {COPY}"] * 2, ((1, COPY, BILL), (2, COPY, BILL))),
        Run(copies(), [f"held {COPY}"] * 2, problem="2 copies are to be billed. Choose one."),
    ],
    "a claim stays with the copy that was claimed, the other decided not to be billed": [
        Run(TWO_ROWS, [f"held {COPY} fee-not-as-listed", f"held {COPY}"], ((1, "fee-not-as-listed", NEVER),)),
        Run(TWO_ROWS, [NOT_TO_BILL, "claimed"]),
        Run(TWO_ROWS, [NOT_TO_BILL, "already_claimed"]),
    ],
    "a claim stays with the copy that was claimed, the other corrected to nothing": [
        Run(TWO_ROWS, [f"held {COPY} fee-not-as-listed", f"held {COPY}"],
            ((1, "fee-not-as-listed", {"Correct value": 0}),)),
        Run(TWO_ROWS, ["not_billed no-charge", "claimed"]),
        Run(TWO_ROWS, ["not_billed no-charge", "already_claimed"]),
    ],
    "a visit that another row calls billed is claimed once somebody says so": [
        Run(BILLED_IN_A_ROW, ["not_billed billed-elsewhere", f"held {COPY}"], ((2, COPY, BILL),)),
        Run(BILLED_IN_A_ROW, ["not_billed billed-elsewhere", "claimed"]),
    ],
    "a decision is known again whatever other rows say": [
        Run([row(**TAXED)], [f"held {TAX}"], ((1, TAX, NEVER),)),
        Run([row(**TAXED)], [NOT_TO_BILL]),
        # Another row lends the patient an id, and the tax is gone.
        Run([row(), at(20, Patient_ID="P7")], [f"held {TAX}", "claimed"]),
    ],
    "two visits that swapped their days are never one claim too many": [
        Run(at_nine(7, 14), ["claimed"] * 2),
        Run(at_nine(14, 7), [f"held {CHANGED}"] * 2, ((1, CHANGED, BILL),)),
        Run(at_nine(14, 7), [f"held {CHANGED}"] * 2, ((2, CHANGED, BILL),),
            problem="{2} stands for that visit, and its own session changed. Decide about that one first."),
        Run(at_nine(14, 7), ["claimed"] * 2),
        Run(at_nine(14, 7), ["already_claimed"] * 2),
    ],
    "a session that went back is on hold because of the claim that stands for it": [
        Run([at(7), MOVED[1]], ["claimed"] * 2),
        Run(MOVED, [f"held {CHANGED}", "already_claimed"], ((1, CHANGED, BILL),)),
        Run(MOVED, ["claimed", "already_claimed"]),
        Run([at(7), MOVED[1]], [f"held {CHANGED}", "already_claimed"], ((1, CHANGED, BILL),), problem="{1}"),
        Run([at(7), MOVED[1]], ["claimed", "already_claimed"]),
    ],
    "what has an active claim is never not billed": [
        Run([row(Policy_Number="1")], ["claimed"]),
        Run([row(Policy_Number="2", **TAXED)], [f"held {CHANGED}"], ((1, CHANGED, BILL),)),
        Run([row(Policy_Number="2", **TAXED)], [f"held {TAX}"], ((1, TAX, NEVER),)),
        Run([row(Policy_Number="2", **TAXED)], ["already_claimed"], claim="{1}"),
    ],
    "do not bill keeps the claim of a changed session": [
        Run([row(Fee=95.0)], ["claimed"]),
        Run([row(Status="cancelled")], [f"held {CHANGED}"], ((1, CHANGED, BILL),)),
        Run([row(Status="cancelled")], [f"held {CHANGED}"], ((1, CHANGED, NEVER),),
            problem="as it is now it is not billed (it was cancelled). To take the claim back: ims-billing void {1}"),
        Run([row(Status="cancelled")], ["already_claimed"], claim="{1}"),
    ],
    "a voided claim is claimed again, or not at all": [
        Run([row(), row(Patient="Robin Other")], ["claimed"] * 2, void=(1, 2)),
        Run([row(), row(Patient="Robin Other")], ["held voided"] * 2, ((1, "voided", BILL), (2, "voided", NEVER))),
        Run([row(), row(Patient="Robin Other")], ["claimed", NOT_TO_BILL]),
        Run([row(), row(Patient="Robin Other")], ["already_claimed", NOT_TO_BILL]),
    ],
    "a voided visit that moved and came back is claimed once": [
        Run([at(7), MOVED[1]], ["claimed"] * 2, void=(1,)),
        Run(MOVED, ["claimed", "already_claimed"]),
        Run([at(7), MOVED[1]], [f"held {CHANGED}", "already_claimed"], ((1, CHANGED, BILL),)),
        Run([at(7), MOVED[1]], ["claimed", "already_claimed"]),
    ],
    "a chosen copy whose claim was voided makes room for the other": [
        Run(copies(), [f"held {COPY}"] * 2, ((1, COPY, BILL),)),
        Run(copies(), ["claimed", NOT_TO_BILL], void=(1,)),
        Run(copies(), ["held voided", f"held {COPY}"], ((1, "voided", NEVER), (2, COPY, BILL))),
        Run(copies(), [NOT_TO_BILL, "claimed"]),
    ],
    # The last: it loses a row, and which of two copies was claimed is known by the row as well.
    "what was decided about copies ends with them": [
        Run(copies(), [f"held {COPY}"] * 2, ((1, COPY, NEVER),)),
        Run(copies(), [NOT_TO_BILL, f"held {COPY}"]),
        Run(copies()[1:], ["claimed"]),
    ],
}  # fmt: skip


def test_stories_of_decisions_end_as_they_should(folder: Path) -> None:
    clinic_file(folder, like_ann(len(STORIES)))
    claims = {name: ["", "", ""] for name in STORIES}
    for number in range(max(map(len, STORIES.values()))):
        runs = [story[min(number, len(story) - 1)] for story in STORIES.values()]
        cases = [
            [{**cells, "Practitioner": f"Ann Example {tag(case)}"} for cells in run.rows]
            for case, run in enumerate(runs)
        ]
        shown = claim(folder, apart(cases, days=False))
        by_row = dict(zip(range(2, 2 + len(shown["sessions"])), outcomes(shown), strict=True))
        numbers = {session["row"]: session["claim"] for session in shown["sessions"]}
        problems = {int(line["Source"].rpartition(" ")[2]): line["Problem"] for line in reversed(lines(folder))}
        decisions: list[dict[str, Any]] = []
        voids: list[str] = []
        for (name, story), now, places in zip(STORIES.items(), runs, by_case(cases, [*by_row]), strict=True):
            if number >= len(story):
                continue
            assert [by_row[place] for place in places] == now.wanted, (name, number)
            first = min({*places} & problems.keys(), default=0)
            assert now.problem.format(*claims[name]) in problems.get(first, ""), (name, number)
            assert now.claim.format(*claims[name]) in ("", numbers[places[0]]), (name, number)
            for row_of_story, place in enumerate(places, start=1):
                claims[name][row_of_story] = numbers[place] or claims[name][row_of_story]
            decisions += [{"Kind": k, "Source": f"row {places[n - 1]}", **typed} for n, k, typed in now.decisions]
            voids += [claims[name][n] for n in now.void]
        for number_voided in voids:
            done = run(folder, "void", number_voided, "--reason", "wrong", "--as-of", "2026-11-05")
            assert done.exit_code == 0, done.stderr
        decide(folder, decisions)
    with (ledger := Ledger(folder / "ims-billing.sqlite")).reading():
        on_ledger = ledger.claims.all()
    active = on_ledger.loc[on_ledger["voided_on"].isna(), "patient"]
    for number, (name, story) in enumerate(STORIES.items()):
        billed = [each for each in story[-1].wanted if each in ("claimed", "already_claimed")]
        assert active.str.contains(tag(number)).sum() == len(billed), name


def test_bill_on_one_copy_whichever_it_is_closes_the_other(folder: Path) -> None:
    rows = [*copies(), *(line | {"Session ID": "S2", "Patient": "Robin Madeup"} for line in copies())]
    kind = {"Kind": "duplicate-session", "Decision": "Bill"}
    claim(folder, rows)
    # Of one visit the first row, of the other the second: nobody has to say twice that two rows are one session.
    decide(folder, [{**kind, "Source": "row 2"}, {**kind, "Source": "row 5"}])
    older = folder / "older.xlsx"
    shutil.copy(folder / SUMMARY, older)
    other = "not_billed decided-not-to-bill"
    assert outcomes(claim(folder, rows)) == ["claimed", other, other, "claimed"]
    assert lines(folder) == []
    assert outcomes(claim(folder, rows)) == ["already_claimed", other, other, "already_claimed"]
    # What an older copy of the workbook says of the other one is not passed over in silence.
    decide(folder, [{**kind, "Source": "row 3"}], Path("older.xlsx"))
    again = ["claim", str(folder / "sessions.xlsx"), "--month", "2026-10", "--as-of", "2026-11-05"]
    done = run(folder, *again, "--decisions", str(older))
    assert done.exit_code == 2
    assert "no session of 2026-10 is held for that any more" in " ".join(done.stderr.split())


def test_bill_replaces_a_changed_claim_and_its_insurer_is_told(folder: Path) -> None:
    claim(folder, sessions(row(Policy_Number="1")))
    changed = sessions(row(Policy_Number="2"))
    assert outcomes(claim(folder, changed)) == ["held changed-since-claimed"]
    decide(folder, [{"Kind": "changed-since-claimed", "Decision": "Bill"}])
    shown = claim(folder, changed)
    assert outcomes(shown) == ["claimed"]
    assert shown["sessions"][0]["claim"] == "2026-10-SUNL-0002"
    claims = load_workbook(folder / "reports/2026-10/insurers/sun-life-2026-10-batch-2.xlsx")["Claim lines"]
    assert [line[0] for line in claims.iter_rows(min_row=2, values_only=True)][:2] == [
        "2026-10-SUNL-0001",
        "2026-10-SUNL-0002",
    ]
    assert outcomes(claim(folder, changed)) == ["already_claimed"]
    # It changes back: somebody has to say so again.
    assert outcomes(claim(folder, sessions(row(Policy_Number="1")))) == ["held changed-since-claimed"]
    decide(folder, [{"Kind": "changed-since-claimed", "Decision": "Do not bill"}])
    assert outcomes(claim(folder, sessions(row(Policy_Number="1")))) == ["already_claimed"]


@pytest.mark.parametrize(
    ("changes", "numbered"),
    [
        ([{"Policy Number": "2"}, {"Service Date": dt.date(2026, 10, 8)}], True),
        ([
            {"Insurer": "Manulife"}, {"Service Date": dt.date(2026, 10, 29)},
            {"Service Date": dt.date(2026, 10, 9), "Insurer": "Manulife"},
        ], False),
    ],
    ids=["numbered", "not numbered"],
)  # fmt: skip
def test_bill_counts_for_a_changed_session_beside_the_exports_before_it(
    folder: Path, changes: list[dict[str, Any]], *, numbered: bool
) -> None:
    """Each week's export holds the weeks before too, and all of them are claimed by."""
    at_first = [{**visit(f"Robin {tag(n)}", 5), "Start": f"{9 + n}:00"} for n in range(len(changes))]
    again = [{**before, **change} for before, change in zip(at_first, changes, strict=True)]
    weeks = [
        [*robins, visit("Kim", 6)] for robins in (at_first, again, [{**each, "Member ID": "31"} for each in again])
    ]
    files = [
        str(xlsx(folder, sessions(*week) if numbered else week, f"week-{number}.xlsx"))
        for number, week in enumerate(weeks)
    ]

    def claimed_by(*weeks: int) -> list[str]:
        """What becomes of the changed sessions of each file, which is the same for all of them."""
        done = run(folder, "claim", *(files[n] for n in weeks), "--month", "2026-10", "--as-of", "2026-11-05", "--json")
        assert done.exit_code == 0, done.stderr
        shown: dict[str, set[str]] = {}
        for each in json.loads(done.stdout)["sessions"]:
            if each["row"] < 2 + len(changes):
                why = each["findings"][0]["kind"] if each["outcome"] == "held" else each["reason"] or ""
                shown.setdefault(each["file"], set()).add(f"{each['outcome']} {why}".strip())
        return [outcome for of_file in shown.values() for outcome in sorted(of_file)]

    assert claimed_by(0) == ["claimed"]
    for newest in (1, 2):
        before = ["already_claimed"] * newest
        assert claimed_by(*range(newest + 1)) == [*before, f"held {CHANGED}"]
        places = [f"row {2 + number}" for number in range(len(changes))]
        decide(folder, [{"Kind": CHANGED, "Source": place, "Decision": "Bill"} for place in places])
        assert claimed_by(*range(newest + 1)) == [NOT_TO_BILL] * newest + ["claimed"]
        assert claimed_by(*range(newest + 1)) == [*before, "already_claimed"]
        assert lines(folder) == []
    # An export of another name, or one that comes alone, may be the newest, and the visit as it was at first.
    files.append(shutil.copy(files[0], str(folder / "week-3.xlsx")))
    assert claimed_by(2, 3) == ["already_claimed", f"held {CHANGED}"]
    assert claimed_by(0) == [f"held {CHANGED}"]


def test_a_row_as_a_replaced_claim_was_is_no_new_visit_unless_its_file_has_both(folder: Path) -> None:
    at_first, moved = visit("Robin", 5), visit("Robin", 29)
    claim(folder, [at_first, visit("Kim", 6)])
    assert outcomes(claim(folder, [moved, visit("Kim", 6)])) == [f"held {CHANGED}", "already_claimed"]
    decide(folder, [{"Kind": CHANGED, "Decision": "Bill"}])
    assert outcomes(claim(folder, [moved, visit("Kim", 6)])) == ["claimed", "already_claimed"]
    newer = str(xlsx(folder, [moved], "newer.xlsx"))
    # Without a start, or with the insurer put right: whatever else of the older row has changed since.
    for again in ({}, {"Start": ""}, {"Insurer": "Manulife"}):
        shown = claim(folder, [visit("Kim", 6), at_first | again], newer)
        held = next(each for each in shown["sessions"] if each["outcome"] == "held")
        assert [each["outcome"] for each in shown["sessions"]].count("already_claimed") == 2
        [finding] = held["findings"]
        assert (
            "claimed as 2026-10-SUNL-0003: it is as it was at 2026-10-SUNL-0001, which that claim replaced."
            in finding["message"]
        )
    assert outcomes(claim(folder, [at_first, moved])) == ["claimed", "already_claimed"]


def test_what_was_decided_before_a_claim_is_no_change_of_it_and_what_is_new_is(folder: Path) -> None:
    rows = sessions(visit("Robin", 5, Notes="no show"), visit("Kim", 6, Status="maybe"), visit("Pat", 7, **TAXED))
    assert outcomes(claim(folder, rows)) == ["held status-not-recognised"] * 2 + [f"held {TAX}"]
    unclear = {"Kind": "status-not-recognised"}
    second = {"Source": "row 3", "Correct value": "arrived"}
    decide(folder, [unclear | {"Source": "row 2", "Decision": "Bill"}, unclear | second])
    decide(folder, [{"Kind": TAX, "Decision": "Bill"}])
    assert outcomes(claim(folder, rows)) == ["claimed"] * 3
    assert outcomes(claim(folder, rows)) == ["already_claimed"] * 3
    # Another cell is no reason to ask again, but what else the row says by now is.
    assert outcomes(claim(folder, [each | {"Patient Paid": 5} for each in rows])) == ["already_claimed"] * 3
    now = [each | {"Service": "IMS + acupuncture"} for each in rows]
    assert outcomes(claim(folder, now)) == [f"held {CHANGED}"] * 3
    decide(folder, [{"Kind": CHANGED, "Source": f"row {n}", "Decision": "Do not bill"} for n in (2, 3, 4)])
    assert outcomes(claim(folder, now)) == ["already_claimed"] * 3


def test_a_row_as_a_claim_was_that_was_voided_and_replaced_is_no_new_visit(folder: Path) -> None:
    claim(folder, sessions(visit("Robin", 5)))
    newer = str(xlsx(folder, sessions(visit("Robin", 29)), "newer.xlsx"))
    reason = ("--reason", "the day was wrong", "--as-of", "2026-11-06")
    assert run(folder, "void", "2026-10-SUNL-0001", newer, "--replace", *reason).exit_code == 0
    # In a list of what came in late, where nothing speaks for a session of any other day.
    assert outcomes(claim(folder, [visit("Robin", 5)])) == [f"held {CHANGED}"]


def test_bill_for_one_of_two_changed_rows_of_a_session_closes_the_other(folder: Path) -> None:
    changed = [sessions(row(Policy_Number=policy)) for policy in ("2", "3")]
    claim(folder, sessions(row(Policy_Number="1")))
    newer = str(xlsx(folder, changed[1], "newer.xlsx"))
    assert outcomes(claim(folder, changed[0], newer)) == [f"held {CHANGED}"] * 2
    decide(folder, [{"Kind": CHANGED, "Decision": "Do not bill", "Source": "sessions.xlsx, Sessions, row 2"}])
    decide(folder, [{"Kind": CHANGED, "Decision": "Bill", "Source": "newer.xlsx, Sessions, row 2"}])
    shown = claim(folder, changed[0], newer)
    assert {each["file"]: each["outcome"] for each in shown["sessions"]} == {
        "sessions.xlsx": "not_billed",
        "newer.xlsx": "claimed",
    }


def test_of_two_visits_that_may_be_a_claimed_one_the_other_is_not_billed(folder: Path) -> None:
    claim(folder, [visit("Robin", 5)])
    both = sessions(*[visit("Robin", 5) | {"Start": ""}] * 2)
    assert outcomes(claim(folder, both)) == [f"held {CHANGED}"] * 2
    decide(folder, [{"Kind": CHANGED, "Decision": "Bill", "Source": "row 3"}])
    decide(folder, [{"Kind": CHANGED, "Decision": "Do not bill", "Source": "row 2"}])
    assert outcomes(claim(folder, both)) == [NOT_TO_BILL, "claimed"]


def test_a_session_that_replaces_a_claim_and_is_on_hold_leaves_it_with_its_older_row(folder: Path) -> None:
    claim(folder, sessions(row()))
    older = str(xlsx(folder, sessions(row()), "older.xlsx"))
    changed = sessions(row(Policy_Number="2", **TAXED))
    assert outcomes(claim(folder, changed, older)) == ["already_claimed", f"held {CHANGED}"]
    decide(folder, [{"Kind": CHANGED, "Decision": "Bill"}])
    shown = claim(folder, changed, older)
    assert {each["file"]: each["claim"] for each in shown["sessions"]} == {
        "older.xlsx": "2026-10-SUNL-0001",
        "sessions.xlsx": None,
    }
    assert {line["Kind"] for line in lines(folder)} == {TAX}


def test_bill_is_not_offered_for_a_claimed_session_that_was_cancelled(folder: Path) -> None:
    claim(folder, sessions(row(), row(Policy_Number="1", Patient="Robin Other")))
    changed = sessions(row(Status="cancelled"), row(Policy_Number="2", Patient="Robin Other"))
    assert outcomes(claim(folder, changed)) == ["held changed-since-claimed"] * 2
    sheet = load_workbook(folder / SUMMARY)["Needs attention"]
    offered = {str(v.sqref): v.formula1 for v in sheet.data_validations.dataValidation}
    header, columns = table(sheet, "Session", "Kind")
    ways = {f"A{n}": str(sheet.cell(n, columns["What to type"]).value) for n in (header + 1, header + 2)}
    for cell, words in ways.items():
        bill = words.startswith("Bill: ")
        assert offered[cell] == ('"Bill,Do not bill,Later"' if bill else '"Do not bill,Later"')
    assert sorted(words.partition(":")[0] for words in ways.values()) == ["Bill", "Bill does not count"]


def test_a_warning_that_the_clinic_makes_hold_can_be_decided(folder: Path) -> None:
    clinic_file(folder, '[severity]\nunusual-frequency = "hold"\n')
    rows = sessions(*(row(Service_Date=dt.date(2026, 10, day)) for day in (5, 7, 9)))
    assert outcomes(claim(folder, rows)) == ["held unusual-frequency"] * 3
    decide(folder, [{"Kind": "unusual-frequency", "Source": f"row {n}", "Decision": "Bill"} for n in (2, 3)])
    assert outcomes(claim(folder, rows)) == ["claimed", "claimed", "held unusual-frequency"]


def test_a_workbook_with_unread_decisions_is_never_overwritten(folder: Path) -> None:
    rows = sessions(row(**TAXED), row(Service_Date=dt.date(2026, 10, 9)))
    claim(folder, rows)
    decide(folder, [{"Kind": "tax-on-session", "Decision": "Bill", "Note": "asked the plan"}])
    type_in_lines(folder / SUMMARY, "To send", Sent="Yes")
    before = (folder / SUMMARY).read_bytes()
    for command in (["report", "2026-10"], ["void", "2026-10-SUNL-0001", "--reason", "wrong"]):
        done = run(folder, *command)
        assert done.exit_code == 2
        assert "1 decision in it was not read yet" in done.stderr.replace("\n", " ")
    assert (folder / SUMMARY).read_bytes() == before
    shown = claim(folder, rows, "--dry-run")
    assert outcomes(shown) == ["claimed", "already_claimed"]
    assert (folder / SUMMARY).read_bytes() == before
    read = run(folder, "claim", str(folder / "sessions.xlsx"), "--month", "2026-10", "--as-of", "2026-11-05")
    assert (read.exit_code, "cut off" in read.stderr) == (0, False), "nothing was recorded before"
    first = (folder / SUMMARY).read_bytes()
    assert run(folder, "report", "2026-10").exit_code == 0
    assert (folder / SUMMARY).read_bytes() == first


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"Decision": "Maybe"}, 'row 4, column A: "Maybe" is no decision. Type Bill, Do not bill or Later.'),
        ({"Decision": "OK"}, 'row 4, column A: "OK" is no decision. Type Bill, Do not bill or Later.'),
        ({"Decision": "Bill", "Session": "ffff"}, "row 4: something is typed here, and no session of 2026-10 is held"),
        ({"Note": "x", "Session": None}, "row 4: something is typed here, and the line does not say for which session"),
    ],
)
def test_a_line_that_cannot_be_read_stops_before_anything_is_written(
    folder: Path, typed: dict[str, Any], why: str
) -> None:
    taxed(folder)
    decide(folder, [{"Kind": "tax-on-session", **typed}])
    done = run(folder, "claim", str(folder / "sessions.xlsx"), "--month", "2026-10")
    assert done.exit_code == 2
    assert f"claim-summary-2026-10.xlsx, Needs attention, {why}" in " ".join(done.stderr.split())


def test_lines_are_told_by_session_and_kind_in_whatever_order_they_stand(folder: Path) -> None:
    days = [dt.date(2026, 10, day) for day in (5, 12, 19, 26)]
    rows = sessions(*(row(Service_Date=day, Tax=1.0 + place) for place, day in enumerate(days)))
    claim(folder, rows)
    book = load_workbook(folder / SUMMARY)
    sheet = book["Needs attention"]
    header, columns = table(sheet, "Session", "Kind")
    above, body = [
        [list(line) for line in sheet.iter_rows(max_row=header, values_only=True)],
        [list(line) for line in sheet.iter_rows(min_row=header + 1, max_row=header + 4, values_only=True)],
    ]
    decision, source = columns["Decision"] - 1, columns["Source"] - 1
    for line in body:
        line[decision] = "Bill" if str(line[source]).endswith(("row 3", "row 5")) else "Do not bill"
    for place, line in enumerate([*above, *reversed(body)], start=1):
        for column, value in enumerate(line, start=1):
            sheet.cell(place, column).value = value
    book.save(folder / SUMMARY)
    assert outcomes(claim(folder, rows)) == ["not_billed decided-not-to-bill", "claimed"] * 2


@pytest.mark.parametrize("moved", ["Patient", "Service date"])
def test_a_line_whose_cells_are_of_another_session_is_refused(folder: Path, moved: str) -> None:
    claim(folder, sessions(row(Tax=1.0), row(Tax=1.0, Patient="Kim Madeup", Service_Date=dt.date(2026, 10, 9))))
    book = load_workbook(folder / SUMMARY)
    sheet = book["Needs attention"]
    header, columns = table(sheet, "Session", "Kind")
    first, second = (sheet.cell(header + place, columns[moved]) for place in (1, 2))
    first.value, second.value = second.value, first.value
    book.save(folder / SUMMARY)
    # Nothing was typed: nothing is read from such a line.
    assert run(folder, "claim", str(folder / "sessions.xlsx"), "--month", "2026-10").exit_code == 0
    sheet.cell(header + 1, columns["Decision"]).value = "Bill"
    book.save(folder / SUMMARY)
    done = run(folder, "claim", str(folder / "sessions.xlsx"), "--month", "2026-10")
    assert (done.exit_code, "some columns were sorted without the others" in " ".join(done.stderr.split())) == (2, True)
    assert "Madeup" not in done.stderr


def test_open_holds_of_earlier_months_are_listed_and_decided_in_their_own(folder: Path) -> None:
    september = [{**row(Service_Date=dt.date(2026, 9, 9), Tax=1.0), "Session ID": "A"}]
    october = [{**row(), "Session ID": "B"}]
    claim(folder, september, month="2026-09")
    claim(folder, october)
    [line] = lines(folder)
    assert (line["Kind"], line["How to fix"]) == (
        "tax-on-session",
        "Decide in claim-summary-2026-09.xlsx",
    )
    bytes_before = (folder / SUMMARY).read_bytes()
    decide(folder, [{"Kind": "tax-on-session", "Decision": "Bill"}])
    done = run(folder, "claim", str(folder / "sessions.xlsx"), "--month", "2026-10")
    assert done.exit_code == 2
    assert "it is decided in the workbook of its own month, claim-summary-2026-09.xlsx" in " ".join(done.stderr.split())
    (folder / SUMMARY).write_bytes(bytes_before)
    decide(folder, [{"Kind": "tax-on-session", "Decision": "Bill"}], Path("reports/2026-09/claim-summary-2026-09.xlsx"))
    assert outcomes(claim(folder, september, month="2026-09")) == ["claimed"]
    assert run(folder, "report", "2026-10").exit_code == 0
    assert (folder / SUMMARY).read_bytes() == bytes_before, "what was open then is part of the month"
    assert outcomes(claim(folder, october)) == ["already_claimed"]
    assert lines(folder) == [], "it is decided by now"


def test_a_copy_of_the_workbook_decides_about_what_it_showed(folder: Path) -> None:
    claim(folder, sessions(row(Fee=80.0)))
    shutil.copy(folder / SUMMARY, folder / "copy.xlsx")
    decide(folder, [{"Kind": "fee-not-as-listed", "Decision": "Bill"}], Path("copy.xlsx"))
    claim(folder, sessions(row(Fee=800.0)))
    shown = claim(folder, sessions(row(Fee=800.0)), "--decisions", str(folder / "copy.xlsx"))
    assert outcomes(shown) == ["held fee-not-as-listed"]
    assert "The session changed since then: decide again." in lines(folder)[0]["Problem"]


def test_the_same_decision_in_another_folder_counts_for_the_session_as_it_is_there(folder: Path) -> None:
    taxed(folder)
    decide(folder, [{"Kind": "tax-on-session", "Decision": "Bill"}])
    changed = sessions(row(Tax=5.0, Fee=90.0))
    claim(folder, changed)
    shutil.move(folder / "reports", folder / "moved")
    both = [{"Kind": kind, "Decision": "Bill"} for kind in ("tax-on-session", "fee-not-as-listed")]
    decide(folder, both, Path("moved/2026-10/claim-summary-2026-10.xlsx"))
    assert outcomes(claim(folder, changed, "--out", str(folder / "moved"))) == ["claimed"]


def test_a_claim_that_is_kept_is_no_line_of_its_own_where_its_file_is_not_there(folder: Path) -> None:
    claim(folder, sessions(row(Policy_Number="1")))
    claim(folder, sessions(row(Policy_Number="2")))
    decide(folder, [{"Kind": "changed-since-claimed", "Decision": "Do not bill"}])
    claim(folder, [at(21, Patient="Robin Other")])
    assert lines(folder) == []
    assert load_workbook(folder / SUMMARY)["Not billed"].max_row == 1


def test_a_number_that_is_another_patients_next_month_is_another_session(folder: Path) -> None:
    taxed(folder)
    decide(folder, [{"Kind": "tax-on-session", "Decision": "Do not bill"}])
    claim(folder, sessions(row(**TAXED)))
    november = sessions(row(Patient="Robin Other", Service_Date=dt.date(2026, 11, 3)))
    assert outcomes(claim(folder, november, month="2026-11", as_of="2026-12-01")) == ["claimed"]


def test_a_row_without_a_day_in_another_file_is_another_session(folder: Path) -> None:
    claim(folder, [{**row(), "Service Date": ""}])
    decide(folder, [{"Kind": "missing-service-date", "Correct value": "2026-10-08"}])
    assert outcomes(claim(folder, [{**row(), "Service Date": ""}])) == ["claimed"]
    november = [{**row(), "Service Date": ""}, row(Service_Date=dt.date(2026, 11, 3))]
    shown = claim(folder, november, month="2026-11", as_of="2026-12-01")
    assert outcomes(shown) == ["held missing-service-date", "claimed"]


def test_an_unread_decision_of_the_month_of_a_replaced_claim_stops_before_anything_is_recorded(folder: Path) -> None:
    september = dt.date(2026, 9, 29)
    claim(
        folder, sessions(row(Service_Date=september), row(Service_Date=dt.date(2026, 9, 2), Tax=1.0)), month="2026-09"
    )
    moved = sessions(row(Service_Date=dt.date(2026, 10, 1)), row(Service_Date=dt.date(2026, 9, 2), Tax=1.0))
    assert outcomes(claim(folder, moved))[0] == "held changed-since-claimed"
    decide(folder, [{"Kind": "changed-since-claimed", "Decision": "Bill"}])
    other = Path("reports/2026-09/claim-summary-2026-09.xlsx")
    decide(folder, [{"Kind": "tax-on-session", "Decision": "Bill"}], other)
    done = run(folder, "claim", str(folder / "sessions.xlsx"), "--month", "2026-10", "--as-of", "2026-11-05")
    assert done.exit_code == 2
    assert "claim-summary-2026-09.xlsx: 1 decision in it was not read yet" in " ".join(done.stderr.split())
    claim(folder, moved, month="2026-09")
    assert outcomes(claim(folder, moved))[0] == "claimed"


def test_a_typed_value_that_is_cleared_is_taken_back(folder: Path) -> None:
    rows = sessions(row(**TAXED))
    claim(folder, rows)
    decide(folder, [{"Kind": "tax-on-session", "Correct value": "95"}])
    claim(folder, rows)
    decide(folder, [{"Kind": "tax-on-session", "Correct value": None}])
    claim(folder, rows)
    [line] = lines(folder)
    assert (line["Problem"], line["Correct value"]) == ("Tax of $5.00 is charged.", None)


ON_ANOTHER_DAY = """
import sys
import time_machine
from ims_billing.cli.main import main
sys.argv = ["ims-billing", *{arguments!r}]
with time_machine.travel({day!r}):
    main()
"""


def test_two_processes_on_two_days_in_two_time_zones_write_the_same_bytes(tmp_path: Path) -> None:
    rows = sessions(
        row(**TAXED), row(Service_Date=dt.date(2026, 10, 9)), row(Fee="", Service_Date=dt.date(2026, 10, 12))
    )
    written: list[tuple[Path, dict[Path, bytes]]] = []
    for name, day, zone in (("one", "2026-11-09", "UTC"), ("other", "2031-02-28T23:59", "Asia/Tokyo")):
        folder = tmp_path / name / "clinic"
        folder.mkdir(parents=True)
        clinic_file(folder)
        shutil.copy(written[0][0] / "sessions.xlsx", folder) if written else xlsx(folder, rows)
        for decided in (False, True):
            if decided:
                typed = {"Decided by": "R. Manager", "Note": "so be it"}
                decide(folder, [{"Kind": "tax-on-session", "Decision": "Bill", **typed}])
                decide(folder, [{"Kind": "missing-fee", "Decision": "Later"}])
            arguments = ["claim", "sessions.xlsx", "--month", "2026-10", "--as-of", "2026-11-05"]
            if not decided:
                # What is typed into; the process that reads it writes every file anew.
                assert run(folder, "claim", str(folder / "sessions.xlsx"), *arguments[2:]).exit_code == 0
                continue
            script = ON_ANOTHER_DAY.format(day=day, arguments=arguments)
            there = {**os.environ, "TZ": zone}
            subprocess.run([sys.executable, "-c", script], cwd=folder, env=there, check=True, capture_output=True)
        reports = folder / "reports"
        written.append((folder, {p.relative_to(reports): p.read_bytes() for p in reports.rglob("*") if p.is_file()}))
    assert written[0][1] == written[1][1]
    assert len(written[0][1]) == 4


def test_it_is_decided_about_a_session_whose_file_is_not_there(folder: Path) -> None:
    first = sessions(row(**TAXED), row(Service_Date=dt.date(2026, 10, 13), Tax=2.0))
    claim(folder, first)
    decide(folder, [{"Kind": "tax-on-session", "Source": "row 2", "Decision": "Do not bill"}])
    decide(folder, [{"Kind": "tax-on-session", "Source": "row 3", "Decision": "Bill"}])
    other = [{**row(Service_Date=dt.date(2026, 10, 21), Patient="Robin Madeup"), "Session ID": "C"}]
    claim(folder, other)
    [line] = lines(folder)
    assert line["Problem"].endswith("claim the month with its file too, so that the decision counts.")
    decide(folder, [{"Kind": "tax-on-session", "Source": "row 3", "Decision": ""}])
    claim(folder, other)
    [line] = lines(folder)
    assert "its file" not in line["Problem"], "the decision was taken back, so nothing waits"
    decide(folder, [{"Kind": "tax-on-session", "Source": "row 3", "Decision": "Later", "Correct value": "0.00"}])
    claim(folder, other)
    [line] = lines(folder)
    assert "its file" not in line["Problem"], "a value beside Later decides nothing"
    decide(folder, [{"Kind": "tax-on-session", "Source": "row 3", "Correct value": None}])
    decide(folder, [{"Kind": "tax-on-session", "Source": "row 3", "Decision": "Bill"}])
    claim(folder, other)
    not_billed = load_workbook(folder / SUMMARY)["Not billed"]
    assert [line[-1] for line in not_billed.iter_rows(min_row=2, values_only=True)] == ["decided-not-to-bill"]
    assert outcomes(claim(folder, first)) == ["not_billed decided-not-to-bill", "claimed"]


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / SUMMARY).parent.glob("*-kept-*"))


def type_in(folder: Path, sheet: str, cell: str, words: str) -> None:
    """Types into a cell of the summary, wherever it is."""
    book = load_workbook(folder / SUMMARY)
    book[sheet][cell] = words
    book.save(folder / SUMMARY)


def test_a_summary_that_was_changed_elsewhere_than_in_the_typed_cells_is_kept(folder: Path) -> None:
    rows = sessions(row(**TAXED), row(Patient="Quinn Madeup"))
    claim(folder, rows)
    decide(folder, [{"Kind": "tax-on-session", "Decision": "Later", "Note": "asked", "Decided by": "Kim"}])
    type_in(folder, "To send", "A4", "Yes")
    claim(folder, rows)
    assert kept(folder) == []

    type_in(folder, "Claims", "C9", "Sun Life called")
    changed = (folder / SUMMARY).read_bytes()
    done = run(folder, "report", "2026-10")
    assert done.exit_code == 0
    (name,) = kept(folder)
    assert re.fullmatch(r"claim-summary-2026-10-kept-\d{4}-\d\d-\d\d\.xlsx", name)
    assert name in (done.stdout + done.stderr).replace("\n", "")
    copy = (folder / SUMMARY).with_name(name)
    assert copy.read_bytes() == changed
    assert copy.stat().st_mode & 0o077 == 0

    # Another one never takes its place, and none of them is read as a workbook with decisions.
    type_in(folder, "Overview", "H30", "ask the accountant")
    month = claim(folder, [*rows, row(Patient="Robin Madeup")])
    assert len(kept(folder)) == 2
    assert copy.read_bytes() == changed
    assert [path for path in month["written"] if "-kept-" in path]


def named(done: Result) -> list[str]:
    """The lines on standard error that name a file of the month's folder."""
    return [line for line in done.stderr.splitlines() if "reports" in line or "claim-summary" in line]


def test_a_copy_with_decisions_that_were_not_read_is_named_with_the_command_that_reads_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = sessions(row(**TAXED), row(Patient="Quinn Madeup", Tax=2.0))
    claim(folder, rows)
    month = ("--month", "2026-10", "--as-of", "2026-11-05")
    check, again = ["check", str(folder / "sessions.xlsx"), *month], ["claim", str(folder / "sessions.xlsx"), *month]
    copy = folder / SUMMARY.parent / "Sam's summary.xlsx"
    shutil.copy(folder / SUMMARY, copy)
    with monkeypatch.context() as patch:
        patch.setattr("ims_billing.reading.typed_decisions.typed_tables", None)
        assert [named(run(folder, *command)) for command in (check, again)] == [[], []], (
            "an identical copy isn't opened"
        )
    decide(folder, [{"Kind": "tax-on-session", "Source": "row 2", "Decision": "Bill"}], copy)
    reads = f'--month 2026-10 --decisions "{copy}"'
    for command in (check, again, [*again, "--dry-run"], ["report", "2026-10"]):
        (line,) = named(run(folder, *command))
        assert "1 decision in it was not read" in line
        assert line.endswith(reads)
        assert f"ims-billing claim {folder / 'sessions.xlsx'} " in line
    shown = json.loads(run(folder, "status", "--json").stdout)
    assert shown["not_read"] == [{"month": "2026-10", "file": copy.name, "decisions": 1, "problem": None}]
    assert shown["next"]["command"].endswith(f'--decisions "{copy}"')
    read = run(folder, *again, "--decisions", str(copy))
    assert (read.exit_code, named(read)) == (0, [])
    # Overruled, it was read all the same.
    decide(folder, [{"Kind": "tax-on-session", "Source": "row 3", "Decision": "Do not bill"}])
    for command in (again, check, ["report", "2026-10"]):
        assert named(run(folder, *command)) == []


def test_a_copy_that_is_refused_says_why_and_is_no_next_step(folder: Path) -> None:
    """A copy from before a decision was read, with another one; and one with a mark that nobody can read."""
    rows = sessions(row(**TAXED))
    claim(folder, rows)
    older, marked = (folder / SUMMARY.parent / name for name in ("from Kim.xlsx", "sent.xlsx"))
    shutil.copy(folder / SUMMARY, older)
    decide(folder, [{"Kind": "tax-on-session", "Decision": "Bill"}])
    claim(folder, rows)
    shutil.copy(folder / SUMMARY, marked)
    decide(folder, [{"Kind": "tax-on-session", "Decision": "Do not bill"}], older)
    type_in_lines(marked, "To send", Sent="perhaps")
    shown = json.loads(run(folder, "status", "--json").stdout)
    assert "--decisions" not in shown["next"]["command"]
    problems = [line["problem"] for line in shown["not_read"]]
    named_there = run(folder, "report", "2026-10").stderr
    for problem, why in zip(problems, ("move the copy away, or add --overrule.", "neither Yes nor No."), strict=True):
        assert why in problem
        assert problem in " ".join(named_there.split())
    assert f'--month 2026-10 --decisions "{older}"' in named_there
    reads = ["claim", str(folder / "sessions.xlsx"), "--month", "2026-10", "--as-of", "2026-11-05", "--decisions"]
    assert run(folder, *reads, str(older)).exit_code == 2
    assert run(folder, *reads, str(older), "--overrule").exit_code == 0


def test_status_names_the_workbook_in_which_something_was_typed_whatever_its_format(folder: Path) -> None:
    rows = sessions(row(**TAXED))
    claim(folder, rows)
    calc, ods = (folder / SUMMARY.with_name(name) for name in ("calc.xlsx", f"{SUMMARY.stem}.ods"))
    shutil.copy(folder / SUMMARY, calc)
    decide(folder, [{"Kind": "tax-on-session", "Decision": "Later"}], calc)
    calc.rename(ods)
    for problem in (False, True):
        shown = json.loads(run(folder, "status", "--json").stdout)
        assert [(line["file"], bool(line["problem"])) for line in shown["not_read"]] == [(ods.name, problem)]
        assert ods.name in shown["next"]["what"]
        if not problem:
            claim(folder, rows)
            # The other workbook is older than what is read now.
            decide(folder, [{"Kind": "tax-on-session", "Decision": "Do not bill"}])
            claim(folder, rows)


def test_a_copy_in_another_months_folder_is_named_with_the_month_that_it_decides_about(folder: Path) -> None:
    claim(folder, sessions(row(**TAXED)))
    september = xlsx(folder, sessions(row(Service_Date=dt.date(2026, 9, 14))), "september.xlsx")
    assert run(folder, "claim", str(september), "--month", "2026-09", "--as-of", "2026-11-05").exit_code == 0
    copy = folder / "reports" / "2026-09" / "decided.xlsx"
    shutil.copy(folder / SUMMARY, copy)
    decide(folder, [{"Kind": "tax-on-session", "Decision": "Bill"}], copy)
    (line,) = named(run(folder, "report", "2026-09"))
    reads = ["--month", "2026-10", "--decisions", str(copy)]
    assert line.endswith(" ".join(reads))
    assert f"ims-billing claim {folder / 'sessions.xlsx'} " in line
    read = run(folder, "claim", str(folder / "sessions.xlsx"), *reads, "--as-of", "2026-11-05")
    assert (read.exit_code, named(read)) == (0, [])


def test_somebodys_own_copy_is_looked_into_though_it_is_called_kept(folder: Path) -> None:
    claim(folder, sessions(row(**TAXED)))
    copy = folder / SUMMARY.parent / f"{SUMMARY.stem}-kept-by-Sam.xlsx"
    shutil.copy(folder / SUMMARY, copy)
    decide(folder, [{"Kind": "tax-on-session", "Decision": "Bill"}], copy)
    (line,) = named(run(folder, "report", "2026-10"))
    assert "1 decision in it was not read" in line


def test_what_lies_in_the_months_folder_beside_them_is_no_fault(folder: Path) -> None:
    rows = sessions(row(**TAXED))
    claim(folder, rows)
    place = folder / SUMMARY.parent
    (place / f"~${SUMMARY.name}").write_bytes(b"lock")
    (place / "notes.csv").write_text("When,What\n2026-11-01,called\n", encoding="utf-8")
    again = ["check", str(folder / "sessions.xlsx"), "--month", "2026-10", "--as-of", "2026-11-05"]
    assert named(run(folder, *again)) == []
    (place / "damaged.xlsx").write_bytes(b"PK\x03\x04 damaged")
    done = run(folder, *again)
    assert done.exit_code == 1
    assert "damaged.xlsx, if there are any, were not read" in done.stderr
    (place / "damaged.xlsx").unlink()
    decide(folder, [{"Kind": "tax-on-session", "Decision": "Perhaps"}])
    (line,) = named(run(folder, *again))
    assert "no decision" in line
    assert "--decisions" not in line, "claim reads the summary itself"
