"""What Bill and Do not bill do on a line about a claim that changed or was voided, with the amounts."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from ims_billing.month.choices import choices_about_claims
from ims_billing.month.run import run_of
from ims_billing.vocabulary.fields import answers
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.frames import FINDINGS, as_frame
from ims_billing.workbooks.needs_attention import HOW
from tests.practice import clinic_file, kinds, month_of, outcomes, row
from tests.remittances import paid, reconcile
from tests.test_recall import BESIDE, again, with_id
from tests.test_record import Office

CLAIM = "2026-10-SUNL-0001"
MSP: dict[str, Any] = {"Insurer": "MSP", "PHN": "9123947241", "Birth_Date": dt.date(1990, 1, 1)}
MSP_CLAIM = "2026-10-MSPB-0001"
BACK = f"Do not bill: keep the claim at $95.00. To take it back, ask for {CLAIM} to be voided"
CLOSE = "Do not bill: leave it unclaimed, and close this line"


@pytest.mark.parametrize(
    ("before", "now", "void", "ways"),
    [
        ({}, {"Fee": 85.0}, False, "Bill: replace the claim at $85.00. Do not bill: keep it at $95.00"),
        (MSP, MSP | {"Fee": 85.0}, False, "Bill: replace the claim by one with what changed at $23.00. "
         "Do not bill: keep the claim as it was sent"),
        ({}, {"Policy_Number": "2"}, False,
         "Bill: replace the claim by one with what changed at $95.00. Do not bill: keep the claim as it was sent"),
        ({}, {"Insurer": "Manulife"}, False,
         "Bill: void the claim to Sun Life, and claim Manulife at $95.00. "
         "Do not bill: keep the claim to Sun Life at $95.00"),
        # Without an insurer that is known, or a fee, nobody can say what would be asked for.
        ({}, {"Insurer": "Sunn Lief"}, False, "Bill: replace the claim. Do not bill: keep it at $95.00"),
        ({"Policy_Number": "1"}, {"Policy_Number": "2", "Fee": ""}, False,
         "Bill: replace the claim. Do not bill: keep it at $95.00"),
        ({}, {"Status": "cancelled", "Fee": 85.0}, False, f"Bill does not count: it was cancelled. {BACK}"),
        ({}, {"Service": "Massage 60"}, False,
         f"Bill does not count: it is not a service that the clinic bills here. {BACK}"),
        ({}, {}, True, f"Bill: claim it again at $95.00. {CLOSE}"),
        ({}, {"Status": "no show"}, True, f"Bill does not count: the patient did not come. {CLOSE}"),
    ],
)  # fmt: skip
def test_what_to_type_says_what_each_choice_does(
    tmp_path: Path, before: dict[str, Any], now: dict[str, Any], void: bool, ways: str
) -> None:
    month = again(tmp_path, [with_id(**before)], [with_id(**now), BESIDE], void=[CLAIM] if void else [])
    assert outcomes(month)[0] == "held"
    assert run_of(month).attention["bill_refused"].tolist() == [ways.startswith("Bill does not count")]
    # One line: what would hold the session as it is now is nobody's question before the claim is decided about.
    assert kinds(month) == ["voided" if void else "changed-since-claimed"]
    lines = run_of(month).attention
    assert lines["ways"].tolist() == [ways]
    assert "ims-billing" not in lines["fix"][0]


PAID_BACK = f"; Sun Life has to reverse the $60.00 that it paid of {CLAIM}. "


@pytest.mark.parametrize(
    ("now", "void", "ways"),
    [
        ({"Fee": 85.0}, False, f"Bill: replace the claim at $85.00{PAID_BACK}Do not bill: keep it at $95.00"),
        ({"Status": "cancelled"}, False,
         f"Bill does not count: it was cancelled. {BACK.replace('$95.00', '$95.00, of which $60.00 was paid')}"),
        ({}, True, f"Bill: claim it again at $95.00{PAID_BACK}{CLOSE}"),
    ],
)  # fmt: skip
def test_what_to_type_says_what_was_paid_of_the_claim(
    tmp_path: Path, now: dict[str, Any], void: bool, ways: str
) -> None:
    clinic_file(tmp_path)
    there = Office(tmp_path)
    there.claim(with_id(), BESIDE)
    reconcile(tmp_path, [paid(CLAIM, 60)])
    if void:
        there.void(CLAIM)
    month = there.claim(with_id(**now), BESIDE, name="later.xlsx", as_of=dt.date(2026, 11, 30)).month
    assert run_of(month).attention["ways"].tolist() == [ways]


@pytest.mark.parametrize(
    ("claim", "ways"),
    [
        (CLAIM, f"Decide about {CLAIM} first. Do not bill: make no new claim for this session"),
        ("", "Do not bill: make no new claim for this session"),
    ],
)
def test_a_session_whose_visit_another_claim_stands_for_waits_for_that_one(
    tmp_path: Path, claim: str, ways: str
) -> None:
    month = month_of(tmp_path, [row()])
    # Its own claim is to be replaced, as somebody decided.
    month.sessions["about_claim"] = "2026-10-SUNL-0002"
    in_the_way = as_frame([(0, "changed-since-claimed", "hold", "", "", claim, False, False)], FINDINGS)
    choices = choices_about_claims(in_the_way, month.sessions, month.clinic, month.as_of, {})
    assert choices.values.tolist() == [[ways, True]]


@pytest.mark.parametrize("kind", CATALOGUE)
def test_what_to_type_names_every_decision_that_its_line_takes(kind: str) -> None:
    decisions, text = CATALOGUE[kind].decisions, answers(kind)
    assert text.endswith("hoose Bill, Do not bill or Later" if "bill" in decisions else "hoose Do not bill or Later")
    assert ("Or choose" in text) == ("correct" in decisions)
    assert "nothing" not in text.casefold()


def test_a_line_has_one_example_of_a_day_and_it_is_of_its_month(tmp_path: Path) -> None:
    rows = [
        row(Service_Date="2026-11-03", Insurer="WorkSafeBC", Payer_File_Number="7"),
        row(Service_Date="30/02/2026", Patient="Bo"),
    ]
    lines = run_of(month_of(tmp_path, rows, month="2026-11", as_of=dt.date(2026, 12, 2))).attention
    assert {"missing-accident-date", "unreadable-service-date"} <= set(lines["kind"])
    days = {day for text in (*lines["ways"], *lines["fix"]) for day in re.findall(r"\d{4}-\d\d-\d\d", text)}
    assert days == {"2026-11-30"}


def test_no_fix_of_what_can_be_decided_is_a_command() -> None:
    assert not [kind for kind, about in CATALOGUE.items() if "bill" in about.decisions and "ims-billing" in about.fix]
    assert any("If it was claimed before, What to type says" in line for line in HOW)
