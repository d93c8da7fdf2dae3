"""What a decision does to a finding that holds: it warns, it holds and says why, or it is asked again."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from ims_billing.clinic.toml_file import without_file
from ims_billing.sessions.decisions import AboutClaim, AboutClaims, Decided, Decision, Place, decide
from ims_billing.sessions.fingerprints import with_more
from ims_billing.sessions.settling import Examined, settle, with_copies_refused
from ims_billing.vocabulary.frames import (
    ABSENT,
    BILL,
    CELL_FINDINGS,
    CLAIM_STATES,
    DECISIONS,
    DO_NOT_BILL,
    FINDINGS,
    SESSIONS,
    as_frame,
    empty,
)
from ims_billing.vocabulary.intake import Intake

NOW, COPIES = "11aa22bb", 2
DAY, OTHER_DAY = pd.Timestamp("2026-10-07"), pd.Timestamp("2026-10-29")
ON = "2026-11-05"


def decision(session: int, kind: str, word: str = BILL, value: str = "", fingerprint: str = NOW) -> Decision:
    return Decision(session, kind, word, value, ON, fingerprint)


def decided(*decisions: Decision, bad_cells: tuple[tuple[int, str, str, str], ...] = ()) -> Decided:
    """These decisions about sessions 0 to 3, of which each stands in two rows."""
    intake = Intake(empty(SESSIONS), as_frame(list(bad_cells), CELL_FINDINGS), ())
    copies = pd.Series(COPIES, index=range(4))
    keys = pd.Series("key", index=copies.index)
    return Decided(intake, decisions, keys, copies, history=decisions, hashed={n: {NOW} for n in range(4)})


def examined(claimed: tuple[int, ...] = (), states: tuple[tuple[str, str], ...] = (("", ""),) * 4) -> Examined:
    """Sessions 0 to 3, of which 0 and 1 are copies of one; `states` are the claim and state of each."""
    frame = as_frame([(claim, state, "", "", "") for claim, state in states], CLAIM_STATES)
    return Examined({0, 1, 2, 3} - set(claimed), pd.Series([0, 0, 2, 3]), claimed, frame)


def holds(*places: tuple[int, str]) -> pd.DataFrame:
    return as_frame(
        [(session, kind, "hold", "Something.", "Fix it.", "", False, False) for session, kind in places], FINDINGS
    )


def messages(findings: pd.DataFrame) -> list[tuple[str, str]]:
    return list(findings[["severity", "message"]].itertuples(index=False, name=None))


def test_a_decision_of_a_workbook_without_fingerprints_is_asked_once_more() -> None:
    of_old = decided(decision(2, "tax-on-session", fingerprint=""))
    assert messages(settle(holds((2, "tax-on-session")), of_old, examined())) == [
        (
            "hold",
            f"Something. Decided on {ON}: bill. That was in a workbook of an earlier version of the program: "
            "decide once more.",
        )
    ]


def test_a_decision_that_counts_is_marked_as_one() -> None:
    settled = settle(holds((2, "tax-on-session")), decided(decision(2, "tax-on-session")), examined())
    assert settled[["severity", "decided"]].values.tolist() == [["warn", True]]


@pytest.mark.parametrize(
    ("patient", "day", "counts"),
    [
        ("Pat Madeup", DAY, True), ("Madeup, Pat", DAY, True), ("Pat Married", DAY, True),
        ("Pat Madeup", OTHER_DAY, True), ("Pat Madeup", None, True), ("Robin Other", None, True),
        ("Robin Other", OTHER_DAY, False),
    ],
)  # fmt: skip
def test_a_decision_is_about_the_session_of_its_key_unless_both_patient_and_day_are_others(
    patient: str, day: pd.Timestamp | None, *, counts: bool
) -> None:
    absent = {column.name: ABSENT[column.dtype] for column in SESSIONS}
    sessions = as_frame([{**absent, "patient": patient, "service_date": day}], SESSIONS)
    about = {column.name: ABSENT[column.dtype] for column in DECISIONS}
    about |= {"session": "key", "kind": "tax-on-session", "decision": BILL, "decided_on": DAY}
    decisions = as_frame([{**about, "patient": "Pat Madeup", "service_date": DAY}], DECISIONS)
    made = decide(
        Intake(sessions, empty(CELL_FINDINGS), ()), pd.Series(["key"]), pd.Series([1]), decisions, without_file()
    )
    assert bool(made.of_session(0)) is counts


def test_a_decision_about_the_session_as_it_was_is_asked_once_more() -> None:
    before = decided(decision(2, "tax-on-session", fingerprint="99ff99ff"))
    assert messages(settle(holds((2, "tax-on-session")), before, examined())) == [
        ("hold", f"Something. Decided on {ON}: bill. The session changed since then: decide again.")
    ]


def test_a_hold_that_stays_with_a_value_that_was_typed_for_another_one_says_so() -> None:
    typed = decision(2, "missing-fee", word="", value="90")
    both = replace(decided(typed), corrected={typed.place: "Decided on that day: put right."})
    settled = settle(holds((2, "fee-not-as-listed"), (3, "fee-not-as-listed")), both, examined())
    assert messages(settle(holds(), both, examined(claimed=(2,)))) == [], "of a claimed session nothing is put right"
    assert messages(settled) == [
        ("hold", f"Something. That is so with the value decided on {ON}."),
        ("hold", "Something."),
        ("warn", "Decided on that day: put right."),
    ]


def test_what_two_reports_leave_open_is_a_warning_once_it_is_billed_all_the_same() -> None:
    cells = ((2, "status", "tie-not-certain", "Two sales fit."), (3, "fee_cents", "unreadable-fee", "It has a word."))
    yes = decided(decision(2, "tie-not-certain"), decision(3, "unreadable-fee"), bad_cells=cells)
    assert messages(settle(empty(FINDINGS), yes, examined())) == [("warn", f"Two sales fit. Decided on {ON}: bill.")]
    assert settle(empty(FINDINGS), yes, examined(claimed=(2,))).empty, "what is claimed is not examined"


def test_bill_counts_on_one_copy_only_and_on_none_beside_a_claimed_one() -> None:
    copies = with_more(NOW, f"{COPIES} copies")
    first, second = (decision(session, "duplicate-session", fingerprint=copies) for session in (0, 1))
    of_claimed = decided(second)
    of_claimed = with_copies_refused(of_claimed, examined(claimed=(0,)))
    assert of_claimed.refused == {second.place: "another copy of it is claimed."}
    of_both = decided(first, second)
    of_both = with_copies_refused(of_both, examined())
    assert of_both.refused == dict.fromkeys((first.place, second.place), "2 copies are to be billed. Choose one.")


def test_of_two_sessions_that_may_be_one_claim_the_first_to_be_billed_takes_its_place() -> None:
    claim = "2026-10-SUNL-0001"
    about = with_more(NOW, claim)
    states = examined(states=(("", ""), (claim, "changed"), (claim, "changed"), (claim, "changed"))).states
    words = ((1, DO_NOT_BILL), (2, BILL), (3, BILL))
    all_three = decided(*(decision(label, "changed-since-claimed", word, fingerprint=about) for label, word in words))
    # Do not bill for one of them, though it was decided first, leaves the claim to the one that is billed.
    assert all_three.about_claims(states, pd.Series("", index=range(4))) == AboutClaims(
        chosen={2: AboutClaim(BILL, claim), 1: AboutClaim(DO_NOT_BILL, claim)},
        refused={Place(3, "changed-since-claimed"): f"another session stands for {claim} already."},
    )
