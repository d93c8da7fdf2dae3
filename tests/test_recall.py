"""What the ledger remembers: the same session again, a changed one, a moved one, a voided one, one that is gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ims_billing.clinic.setup_file import load
from ims_billing.ledger.ledger import Ledger
from ims_billing.month.prepare import Month, Scope, prepare_month
from ims_billing.month.run import run_of
from ims_billing.reading.intake import read_files
from ims_billing.sessions.claim_state import with_claims_in_the_way
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.frames import FINDINGS, empty
from ims_billing.vocabulary.model import Memory
from tests.practice import (
    AS_OF,
    MONTH,
    apart,
    csv_file,
    intake,
    kinds,
    like_ann,
    messages_of,
    outcomes,
    places_in,
    practice,
    row,
    tag,
)

Rows = Sequence[dict[str, Any]]
OTHER_DAY = dt.date(2026, 10, 8)
CHANGED_SINCE = "changed-since-claimed"
LATER = dt.date(2026, 10, 30)
SEPTEMBER, NOVEMBER = dt.date(2026, 9, 30), dt.date(2026, 11, 2)
# A visit of somebody else that stands in both exports, at the end of the month.
BESIDE = row(Patient="Robin Madeup", Start="9:00", Service_Date=LATER)


_MEMORIES: dict[str, Memory] = {}


def claimed_before(folder: Path, before: Rows, more: str = "", void: Sequence[str] = ()) -> Memory:
    """What a ledger remembers once these rows were claimed; the same for the same rows, so made once."""
    of = repr((before, more, void))
    if of not in _MEMORIES:
        clinic = practice(folder, more)
        ledger = Ledger(folder / "before.sqlite")
        with ledger.writing():
            for name in sorted({f"{cells['Service Date']:%Y-%m}" for cells in before}):
                run = run_of(prepare_month(intake(folder, before, clinic), Scope(clinic, month=name, as_of=AS_OF)))
                ledger.add_batch(run)
                ledger.set_page(run)
            for claim in void:
                ledger.void(claim, AS_OF, "a test")
        with ledger.reading():
            _MEMORIES[of] = ledger.memory()
        ledger.path.unlink()
    return _MEMORIES[of]


def again(
    folder: Path,
    before: Rows,
    now: Rows,
    *,
    more: str = "",
    then: str = "",
    month: str = MONTH,
    void: Sequence[str] = (),
) -> Month:
    """The month of the rows `now`, after those of `before` were claimed; `then` is what the clinic file adds since."""
    memory = claimed_before(folder, before, more, void)
    clinic = practice(folder, more + then)
    as_of = dt.date(2026, 11, 30)
    return prepare_month(intake(folder, now, clinic), Scope(clinic, month=month, as_of=as_of, memory=memory))


def with_id(**cells: Any) -> dict[str, Any]:
    return row(Session_ID="S1", Start="9:00", Patient_ID="P1") | {k.replace("_", " "): v for k, v in cells.items()}


def at_nine(**cells: Any) -> dict[str, Any]:
    return row(Start="9:00") | {k.replace("_", " "): v for k, v in cells.items()}


# What was claimed, what the same session is now: it is claimed already.
SAME: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("nothing is another", at_nine(), at_nine()),
    ("without a start", row(), row()),
    ("the patient has paid since", with_id(), with_id(Patient_Paid=20.0)),
    ("the id is lost", with_id(), with_id(Session_ID="")),
    ("an id is new", with_id(Session_ID=""), with_id()),
    ("another layout has an id of its own", with_id(), with_id(Session_ID="appointment-77")),
    ("another layout has no patient ids", with_id(), with_id(Session_ID="", Patient_ID="")),
    ("another layout numbers patients in its own way", with_id(), with_id(Session_ID="7", Patient_ID="guid-1")),
    ("another layout has no start", at_nine(), row()),
    ("another layout has a start", row(), at_nine()),
    ("another layout has no policies", with_id(), with_id(Policy_Number="")),
    ("the name is turned round", at_nine(), at_nine(Patient="Madeup, Pat")),
    ("the practitioner is written another way", at_nine(), at_nine(Practitioner="Example, Ann")),
    ("the insurer is written another way", at_nine(), at_nine(Insurer="SUNLIFE")),
    ("the policy is written another way", at_nine(Policy_Number="A12-34"), at_nine(Policy_Number="A12 34")),
    ("by its id, with another start", with_id(), with_id(Start="10:00")),
    ("by its id, with another name of the service", with_id(), with_id(Service="Dry needling")),
    ("the status is left out", with_id(Status="arrived"), with_id()),
    ("a note that says nothing of the claim", with_id(), with_id(Notes="felt better, back next week")),
    ("a note of the claim", with_id(), with_id(Notes="claim sent")),
    ("a status of the claim", with_id(Status="arrived"), with_id(Status="Claim submitted")),
    ("a status of the claim, and its day", with_id(Status="arrived"), with_id(Status="Billed 2026-11-05")),
    ("a status of its payment", with_id(Status="arrived"), with_id(Status="Paid by insurer")),
    ("a note of its payment", with_id(), with_id(Notes="paid by Sun Life")),
    ("a note of what the patient paid", with_id(), with_id(Notes="paid cash")),
    ("the fee is left out", with_id(), with_id(Fee="")),
    ("the insurer is left out", with_id(), with_id(Insurer="")),
    ("the visit is said since", with_id(), with_id(Visit="return")),
    ("the practitioner is left out", with_id(), with_id(Practitioner="")),
    (
        "patients are numbered anew, and there is no start",
        with_id(Birth_Date=OTHER_DAY),
        with_id(Session_ID="7", Patient_ID="guid", Birth_Date=OTHER_DAY, Start=""),
    ),
]


def test_the_same_session_is_claimed_already(tmp_path: Path) -> None:
    before, now = apart([[first] for _, first, _ in SAME]), apart([[second] for _, _, second in SAME])
    month = again(tmp_path, [*before, BESIDE], [BESIDE, *now])
    # Claims are numbered by day, and each case has its own, in order.
    wanted = [f"2026-10-SUNL-{number:04}" for number in range(1, len(SAME) + 1)]
    of_cases = zip(SAME, wanted, outcomes(month)[1:], month.sessions["claim"][1:], strict=True)
    assert [case for (case, *_), number, *became in of_cases if became != ["already_claimed", number]] == []
    assert outcomes(month)[0] == "already_claimed"
    assert month.claims.empty
    assert month.findings.empty


NO_STATUS = "the status, which is not recognised (the clinic setup, sheet More, may say what it is)"
# What was claimed, what it is now, and what the finding says of it.
CHANGED: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("fee", with_id(), with_id(Fee=100.0), "the fee ($95.00, now $100.00)"),
    ("fee, without an id", at_nine(), at_nine(Fee=100.0), "the fee ($95.00, now $100.00)"),
    ("date", with_id(), with_id(Service_Date=OTHER_DAY), "the service date (2026-10-07, now 2026-10-08)"),
    ("name", with_id(), with_id(Patient="Jo Madeup"), "the patient's name"),
    ("insurer", with_id(), with_id(Insurer="PBC"), "the insurer (Sun Life, now Pacific Blue Cross)"),
    ("an insurer nobody knows", with_id(), with_id(Insurer="Nobody"), "the insurer (Sun Life, now Nobody)"),
    ("policy", with_id(), with_id(Policy_Number="9"), "the policy number"),
    ("policy, after the claim", with_id(Insurer="PBC", Policy_Number=""), with_id(Insurer="PBC"), "the policy number"),
    ("member", with_id(), with_id(Member_ID="9"), "the member ID"),
    ("practitioner", with_id(), with_id(Practitioner="Ben Sample"), "the practitioner"),
    ("service", with_id(), with_id(Service="Massage"), "the service"),
    ("cancelled", with_id(), with_id(Status="cancelled"), "the visit is marked as cancelled"),
    ("a no-show", at_nine(), at_nine(Status="no show"), "the visit is marked as no-show"),
    ("an unknown word for the status", with_id(), with_id(Status="maybe"), NO_STATUS),
    ("a status that may be of the visit", with_id(), with_id(Status="late"), NO_STATUS),
    ("a status that is a number", with_id(), with_id(Status="12"), NO_STATUS),
    ("a status of the claim, and more", with_id(), with_id(Status="No show - billed"), NO_STATUS),
    ("a note that it did not take place", at_nine(), at_nine(Notes="no show"), 'the note, which says "no show"'),
    ("a note of another insurer", with_id(), with_id(Notes="billed to WorkSafeBC"),
     'the note, which says "billed to another insurer"'),
    ("a note of the claim, and that nobody came", at_nine(), at_nine(Notes="claim sent, no show"),
     'the note, which says "no show"'),
    ("a note of who treated", with_id(), with_id(Notes="treated by RMT"),
     'the note, which says "treated by another practitioner"'),
    ("a name that says acupuncture too", with_id(), with_id(Service="IMS + acupuncture"),
     "the service's name, which says IMS and acupuncture"),
    ("a name that leaves it open", with_id(), with_id(Service="IMS / Massage"),
     "the service's name, which leaves open whether it was IMS"),
    ("a name with another practitioner", with_id(), with_id(Service="IMS - Ben Sample"),
     "the service's name, which names another practitioner"),
    ("tax on it", with_id(), with_id(Tax=4.75), "the tax"),
    ("several things", with_id(), with_id(Fee=90.0, Member_ID="9"), "the member ID, the fee ($95.00, now $90.00)"),
]  # fmt: skip


def test_a_changed_session_is_held_and_says_what_changed(tmp_path: Path) -> None:
    before, now = apart([[first] for _, first, _, _ in CHANGED]), apart([[then] for _, _, then, _ in CHANGED])
    # A new visit stands above them: what is said of a row is of that row, wherever it stands.
    newcomer = row(Patient="Nell Newcomer", Start="17:00", Service_Date=LATER)
    month = again(tmp_path, [*before, BESIDE], [newcomer, *now, BESIDE])
    assert outcomes(month) == ["claimed", *["held"] * len(CHANGED), "already_claimed"]
    messages = dict(zip(month.findings["session"], month.findings["message"], strict=True))
    numbers = {"PABC": 0, "SUNL": 0}
    for place, ((case, *_, what), claimed) in enumerate(zip(CHANGED, before, strict=True), start=1):
        assert kinds(month, place) == ["changed-since-claimed"], case
        code = "PABC" if claimed["Insurer"] == "PBC" else "SUNL"
        numbers[code] += 1
        day = claimed["Service Date"]
        what = what.replace("2026-10-07", f"{day}").replace("2026-10-08", f"{day + dt.timedelta(days=1)}")
        assert messages[place] == f"Claimed as 2026-10-{code}-{numbers[code]:04}; since then changed: {what}.", case


# One visit, told in two ways of which no part contradicts: never claimed a second time.
DISGUISED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("other patient ids, and no start", with_id(), row(Patient_ID="guid-1")),
    ("other ids of all, and another service", with_id(), with_id(Session_ID="7", Patient_ID="g", Service="IMS 30")),
    ("other ids, a start since", row(Patient_ID="17"), row(Session_ID="a1", Patient_ID="guid", Start="9:00")),
    ("no start, and another day", at_nine(), row(Service_Date=OTHER_DAY)),
    ("no start, and another name", at_nine(), row(Patient="Pat Madeup-Smith")),
    ("no start, and another practitioner", at_nine(), row(Practitioner="Ben Sample")),
    ("the same id, another person and another day", with_id(),
     with_id(Patient="Jo Other", Patient_ID="P9", Service_Date=OTHER_DAY)),
    ("the same hour of the practitioner", with_id(), with_id(Session_ID="7", Patient="Jo Other", Patient_ID="P9")),
]  # fmt: skip


def of_its_own(number: int, *cases: dict[str, Any]) -> Rows:
    """The rows with a patient, ids and a practitioner that no other case of one month has."""
    rows = []
    for cells in cases:
        first, _, last = str(cells["Patient"]).partition(" ")
        own = {name: f"{cells[name]}{tag(number)}" for name in ("Session ID", "Patient ID") if cells[name]}
        if cells["Practitioner"] == "Ann Example":
            own["Practitioner"] = f"Ann Example {tag(number)}"
        rows.append({**cells, **own, "Patient": f"{first}{tag(number)} {last}"})
    return rows


def test_a_visit_in_disguise_is_held(tmp_path: Path) -> None:
    before = [*chain(*(of_its_own(n, first) for n, (_, first, _) in enumerate(DISGUISED)))]
    now = [*chain(*(of_its_own(n, then) for n, (_, _, then) in enumerate(DISGUISED)))]
    month = again(tmp_path, [*before, BESIDE], [*now, BESIDE], more=like_ann(len(DISGUISED)))
    *became, beside = outcomes(month)
    assert [case for (case, *_), outcome in zip(DISGUISED, became, strict=True) if outcome != "held"] == []
    assert beside == "already_claimed"


def weekly(*days: int, month: int = 10, ids: int | None = None, **cells: Any) -> list[dict[str, Any]]:
    """Three regular patients at their hours on some days."""
    return [
        row(Service_Date=dt.date(2026, month, day), Patient=f"{name} Madeup", Start=start,
            Session_ID="" if ids is None else str(ids + 100 * day + n)) | cells
        for day in days
        for n, (name, start) in enumerate((("Pat", "9:00"), ("Robin", "10:00"), ("Sam", "11:00")))
    ]  # fmt: skip


STRAY = row(Patient="Late Madeup", Start="15:00", Service_Date=dt.date(2026, 10, 2))
# What was claimed, and the next file in a clinic's ordinary way of working: all of it is new.
ORDINARY: list[tuple[str, Rows, Rows, str]] = [
    ("by week", weekly(7), weekly(14), MONTH),
    ("by week from Sunday", weekly(7), [*weekly(14), row(Service_Date=dt.date(2026, 10, 11), Patient="Late")], MONTH),
    ("by half a month", weekly(7, 14), [*weekly(21, 28), row(Service_Date=dt.date(2026, 10, 16), Patient="L")], MONTH),
    ("by day", weekly(6), weekly(8), MONTH),
    ("by month", weekly(7, 14, 21, 28), weekly(4, 11, 18, 25, month=11), "2026-11"),
    ("by month, with a late visit", weekly(7, 14, 28), [STRAY, *weekly(4, 11, month=11)], "2026-11"),
    ("by month, with a late visit and ids", weekly(7, 28, ids=0), [STRAY, *weekly(4, month=11, ids=1)], "2026-11"),
    ("two weeks that begin with the second of the last", weekly(5, 7, 8, 12), weekly(8, 12, 15, 19), MONTH),
    ("two weeks, and one of the first came in late", weekly(5, 7, 8, 12), [*weekly(8, 12, 19), *weekly(9)[:1]], MONTH),
    ("a week, once the month was claimed", weekly(5, 8, 12, 15), [*weekly(5, 8, 12), *weekly(13)[:1]], MONTH),
    ("by insurer, without a start", weekly(7, Start=""), [row(Patient="Q", Insurer="PBC")], MONTH),
    ("rows numbered anew in each file", [row(Session_ID="1", Start="9:00")],
     [row(Session_ID="1", Patient="Q", Service_Date=dt.date(2026, 11, 3))], "2026-11"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "before", "now", "month"), ORDINARY, ids=[case for case, *_ in ORDINARY])
def test_ordinary_exports_are_not_held(tmp_path: Path, case: str, before: Rows, now: Rows, month: str) -> None:
    findings = again(tmp_path, before, now, month=month)
    again_claimed = {"already_claimed"} if {str(each) for each in before} & {str(each) for each in now} else set()
    assert set(outcomes(findings)) <= {"claimed", "not_billed: outside-month"} | again_claimed, case
    assert not messages_of(findings, "changed-since-claimed") + messages_of(findings, "claimed-session-gone")


def test_rows_that_are_numbered_anew_are_on_the_ledger_by_what_they_are(tmp_path: Path) -> None:
    before, now = (
        row(Session_ID="1", Start="9:00"),
        row(Session_ID="1", Patient="Q", Service_Date=NOVEMBER, Start="9:00"),
    )
    claims = again(tmp_path, [before], [now], month="2026-11").claims
    assert list(claims["session_id"]) == [""]


def test_of_copies_of_a_claimed_session_the_first_is_claimed_already_and_the_others_are_held(tmp_path: Path) -> None:
    month = again(tmp_path, [row(), BESIDE], [BESIDE, row(), row()])
    assert outcomes(month) == ["already_claimed", "already_claimed", "held"]
    assert kinds(month, 2) == ["duplicate-session"]


CLAIMED, MOVED_ON = at_nine(), at_nine(Service_Date=OTHER_DAY)
# Files given together, and what becomes of the visit of the second day.
TOGETHER: list[tuple[str, list[Rows], str]] = [
    ("both visits stand in one file", [[CLAIMED, MOVED_ON], [BESIDE]], "claimed"),
    ("an old export beside the corrected one", [[CLAIMED, BESIDE], [MOVED_ON, BESIDE]], "held"),
    ("the claimed one repeats in the file of the new one", [[CLAIMED, BESIDE], [CLAIMED, MOVED_ON]], "claimed"),
    ("the new one repeats in a file that has both", [[MOVED_ON, BESIDE], [CLAIMED, MOVED_ON]], "claimed"),
]


@pytest.mark.parametrize(("case", "files", "outcome"), TOGETHER, ids=[case for case, *_ in TOGETHER])
def test_missing_from_the_same_export_is_judged_by_the_file(
    tmp_path: Path, case: str, files: list[Rows], outcome: str
) -> None:
    memory = claimed_before(tmp_path, [CLAIMED, BESIDE])
    clinic = practice(tmp_path)
    read = read_files([csv_file(tmp_path, rows, f"{n}.csv") for n, rows in enumerate(files)], clinic)
    month = prepare_month(read, Scope(clinic, month=MONTH, as_of=AS_OF, memory=memory))
    sessions = month.sessions
    assert list(sessions.loc[sessions["service_date"] == "2026-10-08", "outcome"]) == [outcome], case
    if outcome == "held":
        [message] = messages_of(month, "changed-since-claimed")
        assert message.endswith("only the service date differs. Another of these files has that session.")


def test_of_two_visits_that_could_be_the_claimed_one_neither_is_taken_for_it(tmp_path: Path) -> None:
    month = again(tmp_path, [at_nine(), BESIDE], [row(Session_ID="A1"), row(Session_ID="A2"), BESIDE])
    assert outcomes(month) == ["held", "held", "already_claimed"]


def test_an_id_that_the_claimed_session_still_has_is_no_other_sessions(tmp_path: Path) -> None:
    other = with_id(Patient="Jo Other", Patient_ID="P9", Service_Date=OTHER_DAY)
    month = again(tmp_path, [with_id(), BESIDE], [with_id(), other, BESIDE])
    assert outcomes(month) == ["already_claimed", "held", "already_claimed"]
    assert kinds(month, 1) == ["duplicate-session"]


def test_two_people_of_one_name_are_two(tmp_path: Path) -> None:
    before, now = (row(Patient_ID=f"P{n}", Birth_Date=dt.date(1980 + n, 1, 1)) for n in (1, 2))
    assert outcomes(again(tmp_path, [before, BESIDE], [now, BESIDE])) == ["claimed", "already_claimed"]


def test_the_claim_that_stands_goes_before_a_voided_one_with_the_sessions_id(tmp_path: Path) -> None:
    clinic = practice(tmp_path)
    ledger = Ledger(tmp_path / "ims-billing.sqlite")
    moved = with_id(Service_Date=OTHER_DAY)
    with ledger.writing():
        for rows in ([with_id()], [moved | {"Session ID": ""}]):
            # Voided in between, and claimed on another day from an export without ids.
            ledger.add_batch(
                run_of(prepare_month(intake(tmp_path, rows, clinic), Scope(clinic, month=MONTH, as_of=AS_OF)))
            )
            if len(ledger.claims.all()) == 1:
                ledger.void("2026-10-SUNL-0001", AS_OF, "a test")
        memory = ledger.memory()
    month = prepare_month(intake(tmp_path, [moved], clinic), Scope(clinic, month=MONTH, as_of=AS_OF, memory=memory))
    assert (outcomes(month), list(month.sessions["claim"])) == (["already_claimed"], ["2026-10-SUNL-0002"])


def test_a_practitioner_who_left_the_roster_changes_no_claim(tmp_path: Path) -> None:
    clinic = practice(tmp_path)
    ledger = Ledger(tmp_path / "ims-billing.sqlite")
    with ledger.writing():
        ledger.add_batch(
            run_of(prepare_month(intake(tmp_path, [at_nine()], clinic), Scope(clinic, month=MONTH, as_of=AS_OF)))
        )
        memory = ledger.memory()
    text = (tmp_path / "clinic.toml").read_text(encoding="utf-8")
    (tmp_path / "clinic.toml").write_text(text.replace("Ann Example", "Zoe New").replace("A. Example", "Z"), "utf-8")
    since = load(tmp_path / "clinic.toml")
    month = prepare_month(intake(tmp_path, [at_nine()], since), Scope(since, month=MONTH, as_of=AS_OF, memory=memory))
    assert outcomes(month) == ["already_claimed"]


def test_the_visit_counts_where_the_code_depends_on_it(tmp_path: Path) -> None:
    more = '[[insurer]]\nname = "Manulife"\nservice_code = { initial = "M1", subsequent = "M2" }\n'
    before, now = (with_id(Insurer="Manulife", Visit=visit) for visit in ("initial", "return"))
    assert messages_of(again(tmp_path, [before], [now], more=more), "changed-since-claimed") == [
        "Claimed as 2026-10-MANU-0001; since then changed: the visit."
    ]


@pytest.mark.parametrize(
    ("of_one", "now", "what"),
    [
        ('visit = "initial"', {"Visit": "return"}, "the visit"),
        ('visit = "initial"', {"Service": "IMS follow-up", "Visit": ""}, "the visit"),
        ("minutes = 45", {"Minutes": 30}, "the length"),
        ('insurer = "Pacific Blue Cross"\nvisit = "initial"', {"Visit": "return"}, ""),
        ('visit = "initial"', {"Visit": ""}, ""),
        ("minutes = 45", {"Minutes": ""}, ""),
    ],
)
def test_the_visit_and_its_length_count_where_a_fee_depends_on_them(
    tmp_path: Path, of_one: str, now: dict[str, Any], what: str
) -> None:
    of_all = 'service = "ims"\nfrom = 2026-04-01\namount = 95.00\n'
    more = f"[[fee]]\n{of_all}{of_one}\n"
    before = with_id(Visit="initial", Minutes=45)
    month = again(tmp_path, [before], [before | now], more=more)
    assert outcomes(month) == (["held"] if what else ["already_claimed"])
    said = [f"Claimed as 2026-10-SUNL-0001; since then changed: {what}."] if what else []
    assert messages_of(month, "changed-since-claimed") == said


def test_an_accident_date_that_comes_after_the_claim_holds_what_a_private_plan_was_asked_for(tmp_path: Path) -> None:
    month = again(tmp_path, [with_id()], [with_id(Accident_Date=dt.date(2026, 9, 1))])
    assert messages_of(month, "changed-since-claimed") == [
        "Claimed as 2026-10-SUNL-0001; since then changed: the accident date."
    ]


def test_what_only_some_insurers_ask_for_counts_for_them_only(tmp_path: Path) -> None:
    green = {"Insurer": "Green Shield", "Member ID": "1", "Birth Date": OTHER_DAY, "Relationship": "self"}
    for cells, changed in (({}, False), (green, True)):
        before = with_id() | cells
        month = again(tmp_path, [before], [before | {"Relationship": "spouse", "Insured Name": "Robin Madeup"}])
        assert outcomes(month) == (["held"] if changed else ["already_claimed"])
    assert messages_of(month, "changed-since-claimed") == [
        "Claimed as 2026-10-GRSH-0001; since then changed: the relationship, the insured's name."
    ]


def test_an_insurer_or_a_person_that_the_clinic_file_names_anew_is_no_change(tmp_path: Path) -> None:
    own = '[[insurer]]\nname = "{}"\ncode = "NOVL"\naliases = [{}]\n'
    before = with_id(Insurer="Novel Mutual")
    month = again(tmp_path, [before], [before], more="")
    assert outcomes(month) == ["held"]  # nobody knows that insurer yet
    clinic = practice(tmp_path, own.format("Novel Mutual", ""))
    ledger = Ledger(tmp_path / "ims-billing.sqlite")
    with ledger.writing():
        ledger.add_batch(
            run_of(prepare_month(intake(tmp_path, [before], clinic), Scope(clinic, month=MONTH, as_of=AS_OF)))
        )
        memory = ledger.memory()
    without = practice(tmp_path)
    month = prepare_month(intake(tmp_path, [before], without), Scope(without, month=MONTH, as_of=AS_OF, memory=memory))
    assert outcomes(month) == ["already_claimed"]
    practice(tmp_path, own.format("Novel Mutual", ""))
    renamed = (tmp_path / "clinic.toml").read_text(encoding="utf-8")
    renamed = renamed.replace(own.format("Novel Mutual", ""), own.format("Novel Insurance", '"Novel Mutual"'))
    renamed = renamed.replace('name = "Ann Example"', 'name = "Ann Example-Smith"')
    renamed = renamed.replace('aliases = ["A. Example"]', 'aliases = ["Ann Example"]')
    (tmp_path / "clinic.toml").write_text(renamed, encoding="utf-8")
    since = load(tmp_path / "clinic.toml")
    month = prepare_month(intake(tmp_path, [before], since), Scope(since, month=MONTH, as_of=AS_OF, memory=memory))
    assert outcomes(month) == ["already_claimed"]
    assert set(month.sessions["insurer_name"]) == {"Novel Insurance"}


BORN, BORN_OTHERWISE = {"Birth_Date": dt.date(1980, 1, 31)}, {"Birth_Date": dt.date(1980, 1, 13)}
# A claimed session that is not in the export, and a new one in it: what differs, or None where it is a claim.
MOVED: list[tuple[str, dict[str, Any], dict[str, Any], str | None]] = [
    ("another day", at_nine(), at_nine(Service_Date=OTHER_DAY), "the service date"),
    ("another day, without a start", row(), row(Service_Date=OTHER_DAY), "the service date"),
    ("another day of the week before the first", at_nine(), at_nine(Service_Date=dt.date(2026, 10, 5)),
     "the service date"),
    ("another name", at_nine(), at_nine(Patient="Pat Madeupp"), "the patient"),
    ("another start", at_nine(), at_nine(Start="9:30"), "the start"),
    ("another practitioner", at_nine(), at_nine(Practitioner="Ben Sample"), "the practitioner"),
    ("another service", at_nine(), at_nine(Service="IMS 45"), "the service"),
    ("a new id and another day", with_id(Service_Date=OTHER_DAY), with_id(Session_ID="S2"), "the service date"),
    ("a new id and no start", row(Session_ID="S1"), row(Session_ID="S2"), "its number"),
    ("another birth date", at_nine(**BORN), at_nine(**BORN_OTHERWISE), "the birth date"),
    ("another birth date, without a start", row(**BORN), row(**BORN_OTHERWISE), "the birth date"),
    ("two things", at_nine(), at_nine(Start="9:30", Patient="Pat Madeupp"), None),
    ("two things, a birth date and a day", row(**BORN), row(**BORN_OTHERWISE, Service_Date=OTHER_DAY), None),
    ("another month", at_nine(Service_Date=SEPTEMBER), at_nine(), None),
]  # fmt: skip


def test_a_new_session_that_may_be_a_claimed_one_corrected_is_held(tmp_path: Path) -> None:
    before, now = (
        [*chain(*(of_its_own(n, case[place]) for n, case in enumerate(MOVED)))]  # type: ignore[arg-type]
        for place in (1, 2)
    )
    month = again(tmp_path, [*before, BESIDE], [*now, BESIDE], more=like_ann(len(MOVED)))
    claims = claimed_before(tmp_path, [*before, BESIDE], like_ann(len(MOVED))).claims
    number = dict(zip(claims["patient"], claims["claim"], strict=True))
    *became, beside = outcomes(month)
    assert beside == "already_claimed"
    gone = " ".join(messages_of(month, "claimed-session-gone"))
    for place, ((case, _, _, what), claimed, outcome) in enumerate(zip(MOVED, before, became, strict=True)):
        of_claim = number[claimed["Patient"]]
        changed = month.findings[(month.findings["session"] == place) & (month.findings["kind"] == CHANGED_SINCE)]
        message = f"It may be the session claimed as {of_claim}: only {what} differs, and that session is not in "
        assert outcome == ("held" if what else "claimed"), case
        assert list(changed["message"]) == ([message + "these files."] if what else []), case
        # What it may have become is not told as gone as well.
        assert (of_claim in gone) == case.startswith("two things"), case
    # Where both stand in the export, both took place.
    both = again(tmp_path, [*before, BESIDE], [*before, *now, BESIDE], more=like_ann(len(DISGUISED)))
    assert CHANGED_SINCE not in set(both.findings["kind"])


def listed(*days: int, ids: int | None = None, **cells: Any) -> Rows:
    """One visit of a patient of its own on each of these days of October."""
    names = ("Pat Testcse", "Robin Dummett", "Kim Madeup", "Noa Invented")
    numbers = [{} if ids is None else {"Session ID": str(ids + n)} for n in range(len(days))]
    usual = [
        row(Service_Date=dt.date(2026, 10, day), Patient=name, Member_ID=f"77{day}", Policy_Number=f"10{day}")
        for day, name in zip(days, names, strict=False)
    ]
    return [each | number | cells for each, number in zip(usual, numbers, strict=True)]


def early(day: int) -> Rows:
    """A visit of somebody else on that day."""
    return [row(Service_Date=dt.date(2026, 10, day), Patient="Early Madeup", Member_ID="99", Policy_Number="99")]


# A month's list, the same list with one visit corrected in a way that the rest of it hardly shows, and the patients
# whose visits are held then.
CORRECTED: list[tuple[str, Rows, Rows, list[str]]] = [
    ("the first day", listed(2, 7, 14, 28), listed(5, 7, 14, 28), ["Pat Testcse"]),
    ("the last day", listed(28, 2, 7, 14), listed(23, 2, 7, 14), ["Pat Testcse"]),
    ("a week later", listed(2, 7, 14, 28), listed(9, 7, 14, 28), []),
    ("two weeks later", listed(5, 7, 14, 28), listed(19, 7, 14, 28), []),
    ("another day of a later week", listed(5, 7, 14, 16), listed(13, 7, 14, 16), ["Pat Testcse"]),
    ("a later week that was not claimed yet", listed(5, 7, 14, 16), listed(27, 7, 14, 16), ["Pat Testcse"]),
    ("a list that begins later, and a visit of a later week", [*listed(6, 7, 14), *early(1)], [*listed(15, 7, 14)], []),
    ("a day that the first list did not reach", listed(2, 1, 2, 4), listed(5, 1, 2, 4), ["Pat Testcse"]),
    ("a day after the first list", listed(2, 5, 6, 7), listed(8, 5, 6, 7), []),
    ("a list of what came in late", listed(2, 7, 14, 28), listed(5, 7, 14, 28)[:1], []),
]


@pytest.mark.parametrize(("case", "before", "now", "held"), CORRECTED, ids=[case for case, *_ in CORRECTED])
def test_a_corrected_visit_at_the_edge_of_its_list_is_no_second_claim(
    tmp_path: Path, case: str, before: Rows, now: Rows, held: list[str]
) -> None:
    for each in now:
        if each["Patient"] == "Pat Testcse":
            # The plan is the patient's, whatever the day.
            each |= {name: before[0][name] for name in ("Member ID", "Policy Number")}
    month = again(tmp_path, before, now)
    assert list(month.sessions.loc[month.sessions["outcome"] == "held", "patient"]) == held, case
    assert outcomes(month)[1:] == ["already_claimed"] * (len(now) - 1), case


# What is corrected of a visit (Pat Madeup at 9:00 on the 7th) beside the list's other visits, and what the message
# says; None where it is another person's, or too far away, and is claimed.
SEVERAL: list[tuple[dict[str, Any], str | None]] = [
    ({"Service Date": OTHER_DAY, "Practitioner": "Cy Third"}, "the service date and the practitioner"),
    ({"Service Date": OTHER_DAY, "Start": "10:00", "Service": "IMS 45"}, "the service date, the start and the service"),
    ({"Service Date": OTHER_DAY, "Patient": "Pat Married", "Patient ID": "P99"}, "the patient and the service date"),
    ({"Start": "15:00", "Patient": "Pat Married", "Patient ID": "P99"}, "the patient and the start"),
    ({"Patient": "Pat Married", "Patient ID": "P9", "Birth Date": "1980-02-01", "Start": ""},
     "the patient and the birth date"),
    ({"Patient": "Pat Married", "Patient ID": "P9", "Insurer": "PBC", "Member ID": "M9", "Policy Number": "9",
      "Start": ""},
     "the patient and the insurer"),
    ({"Service Date": OTHER_DAY, "Patient": "Kim Married", "Patient ID": "P9"}, None),
    ({"Service Date": OTHER_DAY, "Practitioner": "Cy Third", "Birth Date": "1990-02-01", "Member ID": "M9",
      "Patient ID": "P9"}, None),
    ({"Service Date": dt.date(2026, 10, 13), "Practitioner": "Cy Third"}, "the service date and the practitioner"),
    ({"Service Date": dt.date(2026, 10, 14), "Practitioner": "Cy Third"}, None),
    # By the name alone, where nothing speaks for two people, and where the numbers of the patients do.
    ({"Service Date": OTHER_DAY, "Practitioner": "Cy Third", "Patient ID": "", "Birth Date": "", "Member ID": "",
      "Policy Number": ""}, "the service date and the practitioner"),
    ({"Service Date": OTHER_DAY, "Practitioner": "Cy Third", "Patient ID": "P9", "Birth Date": "", "Member ID": ""},
     None),
    ({"Service Date": OTHER_DAY, "Practitioner": "Cy Third", "Patient ID": "", "Birth Date": "", "Member ID": "M9"},
     None),
    # One member ID and name, and no other part of the visit: the plan's other number was corrected too.
    ({"Patient ID": "P9", "Birth Date": "1980-02-01", "Policy Number": "9", "Start": ""}, "only the birth date"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "numbered"), [("first", True), ("first", False), ("between", False), ("last", True)])
def test_a_visit_of_which_several_things_were_corrected_is_no_second_claim(
    tmp_path: Path, place: str, *, numbered: bool
) -> None:
    others = {"first": (9, 21), "between": (1, 21), "last": (1, 5)}[place]
    cy = like_ann(1).replace(f"Ann Example {tag(0)}", "Cy Third")
    beside = listed(*others, ids=1 if numbered else None)
    before, now = ({"Session ID": number if numbered else ""} for number in ("50", "99"))
    visit = at_nine(Patient_ID="P1", Birth_Date="1980-01-02", Member_ID="M1")
    # What tells persons apart is the same wherever the visit stands in its list.
    for corrected, what in SEVERAL if place == "between" else SEVERAL[::3]:
        month = again(tmp_path, [visit | before, *beside], [visit | now | corrected, *beside], more=cy)
        assert outcomes(month) == ["held" if what else "claimed", *["already_claimed"] * 2], corrected
        if what:
            [message] = messages_of(month, CHANGED_SINCE)
            differ = f"{what} differs" if what.startswith("only ") else f"{what} differ"
            assert message.endswith(f": {differ}, and that session is not in these files.")


def test_of_a_visit_that_one_session_stands_for_another_of_its_patient_is_new(tmp_path: Path) -> None:
    ben = {"Practitioner": "Ben Sample", "Start": "15:00", "Service Date": dt.date(2026, 10, 9)}
    month = again(tmp_path, [at_nine(), BESIDE], [at_nine(Service_Date=OTHER_DAY), row() | ben, BESIDE])
    assert kinds(month, 0) == [CHANGED_SINCE]
    assert CHANGED_SINCE not in kinds(month, 1)


def test_a_list_of_one_practitioner_does_not_say_what_became_of_anothers_visits(tmp_path: Path) -> None:
    cy = like_ann(1).replace(f"Ann Example {tag(0)}", "Cy Third")
    theirs = [each | {"Practitioner": "Cy Third"} for each in listed(1, 21)]
    also_there = at_nine(Practitioner="Cy Third", Service_Date=OTHER_DAY, Patient="Noa Invented")
    month = again(tmp_path, [at_nine(Patient="Noa Invented"), *theirs], [also_there, *theirs], more=cy)
    assert outcomes(month) == ["claimed", "already_claimed", "already_claimed"]


# What else is different of a visit in a list that numbers all of its visits anew, and whether it is held then.
ANEW: list[tuple[dict[str, Any], bool]] = [
    ({"Patient": "Pat Testcase"}, True),
    ({"Service Date": dt.date(2026, 10, 15)}, True),
    ({"Service Date": dt.date(2026, 10, 12)}, True),
    ({"Service Date": dt.date(2026, 10, 23)}, True),
    ({"Patient": "Somebody Else", "Member ID": "9", "Policy Number": "9"}, False),
]


@pytest.mark.parametrize(("corrected", "held"), ANEW)
def test_a_list_that_is_numbered_anew_holds_its_corrected_visits(
    tmp_path: Path, corrected: dict[str, Any], *, held: bool
) -> None:
    first, *others = listed(16, 7, 14, 28, ids=101)
    month = again(tmp_path, listed(16, 7, 14, 28, ids=1), [first | corrected, *others])
    # The others differ in their number alone, and without a start nobody can tell whether they are the claimed ones.
    assert outcomes(month) == ["held" if held else "claimed", "held", "held", "held"]


PAT_16, ROBIN_15 = listed(16, 15, ids=1)
# A list with numbers, the next one, and what becomes of its visits.
NUMBERED: list[tuple[str, Rows, Rows, list[str]]] = [
    ("all anew, and the first day is another", listed(2, 7, 14, ids=1), listed(5, 7, 14, ids=101), ["held"] * 3),
    ("kept, and a visit more", listed(2, 7, 14, ids=1), [*listed(5, ids=101), *listed(2, 7, 14, ids=1)],
     ["claimed", "already_claimed", "already_claimed", "already_claimed"]),
    ("kept, and the next visit came in late", listed(2, 7, 14, ids=1),
     [*listed(13, ids=101), *listed(2, 7, 14, ids=1)[1:]], ["claimed", "already_claimed", "already_claimed"]),
    ("kept, and the first visit was deleted and entered again on another day", listed(2, 7, 14, ids=1),
     [*listed(5, ids=101), *listed(2, 7, 14, ids=1)[1:]], ["held", "already_claimed", "already_claimed"]),
    ("all anew, and a visit more", listed(2, 7, 14, ids=1), [*listed(2, 7, 14, ids=101), *listed(5, ids=109)],
     ["held", "held", "held", "claimed"]),
    ("anew, a slip in the name beside one member ID, and nothing else", [PAT_16, ROBIN_15],
     [PAT_16 | {"Session ID": "9", "Patient": "Pat Testcase"}], ["held"]),
    ("kept, of a visit that moved far, whose patient is numbered anew", [with_id()],
     [with_id(Service_Date=dt.date(2026, 10, 29), Patient_ID="guid-1")], ["held"]),
    ("kept, of a visit that moved far, whose patient was renamed", [with_id()],
     [with_id(Service_Date=dt.date(2026, 10, 29), Patient="Pat Married")], ["held"]),
    ("anew, another of the family beside one member ID", [PAT_16, ROBIN_15],
     [PAT_16 | {"Session ID": "9", "Patient": "Kim Testcse"}], ["claimed"]),
]  # fmt: skip


@pytest.mark.parametrize(("case", "before", "now", "became"), NUMBERED, ids=[case for case, *_ in NUMBERED])
def test_numbers_tell_sessions_apart_where_the_list_keeps_them(
    tmp_path: Path, case: str, before: Rows, now: Rows, became: list[str]
) -> None:
    plan = {name: before[0][name] for name in ("Member ID", "Policy Number")}
    of_pat = [each | plan if each["Patient"].startswith("Pat") else each for each in now]
    assert outcomes(again(tmp_path, before, of_pat)) == became, case


def test_a_day_at_the_edge_of_its_list_that_moved_as_a_whole_is_no_second_claim(tmp_path: Path) -> None:
    three, rest = weekly(5), weekly(14, 21)
    month = again(tmp_path, [*three, *rest], [*weekly(6), *rest])
    assert outcomes(month) == ["held"] * len(three) + ["already_claimed"] * len(rest)
    # Where one of that day is nowhere in the list, it begins later, and what it has more is new.
    month = again(tmp_path, [*three, *rest], [*weekly(6)[:2], *rest])
    assert outcomes(month) == ["claimed"] * 2 + ["already_claimed"] * len(rest)


def test_a_visit_of_another_week_is_no_correction_of_one_that_its_export_cannot_hold(tmp_path: Path) -> None:
    first, second = row(Service_Date=dt.date(2026, 10, 7)), row(Service_Date=dt.date(2026, 10, 14))
    assert outcomes(again(tmp_path, [first], [second])) == ["claimed"]
    # Visits that the practice system numbers keep their numbers: only the days of the export itself count.
    first, second = first | {"Session ID": "1"}, second | {"Session ID": "2", "Service Date": dt.date(2026, 10, 9)}
    assert outcomes(again(tmp_path, [first], [second])) == ["claimed"]


@pytest.mark.parametrize(
    ("day", "beside", "held"),
    [
        (OTHER_DAY, [BESIDE], True),
        # A week apart, as visits are; and in a list of what came in late alone.
        (dt.date(2026, 10, 14), [BESIDE], False),
        (OTHER_DAY, [], False),
    ],
)
def test_a_visit_that_moved_a_day_is_no_second_claim_where_nothing_else_of_its_week_came_again(
    tmp_path: Path, day: dt.date, beside: Rows, *, held: bool
) -> None:
    of_its_week = row(Patient="Kim Madeup", Service_Date=dt.date(2026, 10, 9))
    first = row(Patient="Robin Madeup", Start="9:00", Service_Date=dt.date(2026, 10, 2))
    late = row(Patient="Noa Madeup", Service_Date=dt.date(2026, 10, 6))
    for numbered in ("", "S"):
        before, now = ({"Session ID": numbered and f"{numbered}{number}"} for number in (1, 2))
        moved = [row() | before, row(Service_Date=day) | now]
        export = [moved[1], late, *([first] if beside else []), *beside]
        month = again(tmp_path, [moved[0], of_its_week, first, BESIDE], export)
        assert outcomes(month)[0] == ("held" if held else "claimed")
        said = "It may be the session claimed as 2026-10-SUNL-0002: only the service date differs, and that session is "
        assert messages_of(month, CHANGED_SINCE) == ([f"{said}not in these files."] if held else [])


@pytest.mark.parametrize(
    ("start", "cells", "held"),
    [
        ("9:00", {"Birth_Date": dt.date(1980, 1, 13), "Member_ID": "M9"}, True),
        ("", {"Birth_Date": dt.date(1980, 1, 13), "Member_ID": "M9"}, False),
        ("", {"Patient": "Pat Jones", "Member_ID": "M9", "Policy_Number": "9"}, False),
        ("", {"Patient": "Pat Jones", "Member_ID": "M9", "Policy_Number": "9", "PHN": "9123947241"}, True),
        ("", {"Patient": "Pat Madeupp"}, True), ("", {"Patient": "Pat Madeupp", "Policy_Number": "9"}, True),
        ("", {"Patient": "Pat Madeupp", "Policy_Number": "9", "Member_ID": "M9"}, False),
        ("", {"Patient": "Pat Madeupp", "Birth_Date": ""}, True),
        ("", {"Patient": "Jo Madeup", "Birth_Date": ""}, False),
        ("", {"Patient": "Pat Madeupp", "Birth_Date": "", "Member_ID": ""}, False),
    ],
)  # fmt: skip
def test_who_was_treated_is_the_same_at_one_hour_or_beside_one_birth_date_and_number(
    tmp_path: Path, start: str, cells: dict[str, Any], *, held: bool
) -> None:
    before = row(Start=start, Member_ID="M1", PHN=cells.get("PHN", ""), **BORN)
    # Nothing else of its week came again, so the export itself does not say that it would hold the claimed one.
    first = row(Patient="Kim Madeup", Service_Date=dt.date(2026, 10, 9))
    now = before | {name.replace("_", " "): value for name, value in cells.items()}
    month = again(tmp_path, [before, first], [now, row(Patient="Noa Madeup", Service_Date=LATER)])
    assert outcomes(month)[0] == ("held" if held else "claimed")


def test_a_copy_of_a_voided_session_is_not_claimed_in_its_place(tmp_path: Path) -> None:
    month = again(tmp_path, [row()], [row(), row()], void=["2026-10-SUNL-0001"])
    assert outcomes(month) == ["held", "held"]
    month = again(tmp_path, [with_id()], [with_id(Start=""), at_nine()], void=["2026-10-SUNL-0001"])
    assert "claimed" not in outcomes(month)


@pytest.mark.parametrize(
    ("cells", "held"),
    [({}, True), ({"Member_ID": "M2"}, False), ({"Start": "10:00"}, False)],
)
def test_a_voided_session_whose_birth_date_was_put_right_waits_for_its_decision(
    tmp_path: Path, cells: dict[str, Any], *, held: bool
) -> None:
    before = at_nine(Member_ID="M1", **BORN)
    now = before | {"Birth Date": dt.date(1980, 1, 13)} | {name.replace("_", " "): cell for name, cell in cells.items()}
    month = again(tmp_path, [before, BESIDE], [now, BESIDE], void=["2026-10-SUNL-0001"])
    assert kinds(month) == (["voided"] if held else [])


def test_a_session_that_is_not_billed_for_another_reason_is_no_second_claim(tmp_path: Path) -> None:
    month = again(tmp_path, [at_nine(), BESIDE], [at_nine(Start="9:30", Status="cancelled"), BESIDE])
    assert outcomes(month) == ["not_billed: cancelled", "already_claimed"]
    assert messages_of(month, "claimed-session-gone") == [
        "2026-10-SUNL-0001 of 2026-10-07 is claimed, and not in these files."
    ]


def test_a_claimed_session_that_is_gone_warns(tmp_path: Path) -> None:
    other = at_nine(Patient="Zoe Madeup")
    month = again(tmp_path, [at_nine(), other, BESIDE], [other, BESIDE])
    assert messages_of(month, "claimed-session-gone") == [
        "2026-10-SUNL-0001 of 2026-10-07 is claimed, and not in these files."
    ]
    findings = month.findings[month.findings["kind"] == "claimed-session-gone"]
    assert set(findings["severity"]) == {CATALOGUE["claimed-session-gone"].severity} == {"warn"}
    assert outcomes(month) == ["already_claimed"] * 2


def test_a_claimed_session_that_is_dated_to_another_month_by_now_warns(tmp_path: Path) -> None:
    month = again(tmp_path, [with_id(), BESIDE], [with_id(Service_Date=SEPTEMBER), BESIDE])
    assert outcomes(month) == ["not_billed: outside-month", "already_claimed"]
    assert messages_of(month, "claimed-session-gone") == [
        "2026-10-SUNL-0001 of 2026-10-07 is claimed, and these files date its session to another month."
    ]


def test_an_export_of_other_weeks_says_nothing_of_a_claimed_session(tmp_path: Path) -> None:
    assert messages_of(again(tmp_path, [at_nine(), BESIDE], [BESIDE]), "claimed-session-gone") == []


def test_a_claim_of_another_month_is_not_gone(tmp_path: Path) -> None:
    september = at_nine(Service_Date=SEPTEMBER)
    beside = at_nine(Service_Date=SEPTEMBER, Patient="C")
    month = again(tmp_path, [september, beside, BESIDE], [beside, BESIDE])
    assert messages_of(month, "claimed-session-gone") == []
    assert outcomes(month) == ["not_billed: outside-month", "already_claimed"]


@pytest.mark.parametrize("now", [row(), with_id(Session_ID=""), with_id(Session_ID="7", Patient_ID="guid")])
def test_the_session_of_a_voided_claim_is_held_in_another_layout_too(tmp_path: Path, now: dict[str, Any]) -> None:
    month = again(tmp_path, [with_id(), BESIDE], [now, BESIDE], void=["2026-10-SUNL-0001"])
    assert kinds(month) == ["voided"]


def test_the_session_of_a_voided_claim_is_held(tmp_path: Path) -> None:
    month = again(tmp_path, [at_nine(), BESIDE], [at_nine(), BESIDE], void=["2026-10-SUNL-0001"])
    assert outcomes(month) == ["held", "already_claimed"]
    assert messages_of(month, "voided") == ["Its claim 2026-10-SUNL-0001 was voided."]
    assert kinds(month) == ["voided"]


def test_a_date_moved_into_the_next_month_is_no_second_claim(tmp_path: Path) -> None:
    last, moved = (with_id(Service_Date=day) for day in (dt.date(2026, 10, 30), NOVEMBER))
    month = again(tmp_path, [last], [moved], month="2026-11")
    assert outcomes(month) == ["held"]
    assert kinds(month) == ["changed-since-claimed"]


def test_unclaimed_sessions_of_earlier_months_are_only_those_not_on_the_ledger(tmp_path: Path) -> None:
    earlier = [at_nine(Service_Date=SEPTEMBER), at_nine(Service_Date=SEPTEMBER, Patient="Late Madeup")]
    month = again(tmp_path, [earlier[0], BESIDE], [*earlier, BESIDE])
    assert list(month.earlier["patient"]) == ["Late Madeup"]


def test_what_the_ledger_finds_holds_and_cannot_be_turned_off() -> None:
    assert [(CATALOGUE[k].severity, CATALOGUE[k].fixed) for k in ("changed-since-claimed", "voided")] == [
        ("hold", True),
    ] * 2


def test_checks_count_what_was_claimed_before(tmp_path: Path) -> None:
    # Three IMS sessions in seven days, of which the ledger alone knows two.
    days = [dt.date(2026, 9, 29), dt.date(2026, 9, 30), dt.date(2026, 10, 3)]
    before = [at_nine(Service_Date=day) for day in days[:2]]
    month = again(tmp_path, before, [at_nine(Service_Date=days[2])])
    assert (outcomes(month), kinds(month)) == (["claimed"], ["unusual-frequency"])
    # A second visit that day, of which the export does not know the first.
    month = again(tmp_path, [at_nine()], [at_nine(Start="15:00", Practitioner="Ben Sample")])
    assert places_in(messages_of(month, "second-visit-same-day")) == [["claim 2026-10-SUNL-0001"]]
    # And one of which it does.
    month = again(tmp_path, [at_nine()], [at_nine(), at_nine(Start="15:00", Practitioner="Ben Sample")])
    assert (outcomes(month), kinds(month, 1)) == (["already_claimed", "held"], ["second-visit-same-day"])


def test_a_ledger_without_claims_changes_nothing(tmp_path: Path) -> None:
    clinic = practice(tmp_path)
    read = intake(tmp_path, [at_nine(), at_nine(Patient="", Start="")], clinic)
    new = Ledger(tmp_path / "ims-billing.sqlite")
    with new.writing():
        memory = new.memory()
    one, other = (
        prepare_month(read, scope)
        for scope in (Scope(clinic, MONTH, AS_OF), Scope(clinic, MONTH, AS_OF, memory=memory))
    )
    assert outcomes(one) == outcomes(other) == ["claimed", "held"]


def test_a_visit_is_claimed_once_whatever_its_sessions_and_claims_look_like() -> None:
    """Sessions that no other check holds: by id, the first two are one visit, and by what they say the middle two."""
    sessions = pd.DataFrame(
        [("S1", "monday", ""), ("S1", "friday", ""), ("S2", "friday", ""), ("S3", "sunday", ""), ("", "", "")],
        columns=["own_id", "natural_key", "replaces"],
    ).assign(insurer_id="sun-life")

    def held(of_sessions: pd.DataFrame, **claim: Any) -> dict[int, str]:
        stands = {"claim": "C-1", "insurer_id": "sun-life", "session_id": "", "natural_key": "", "voided_on": None}
        claims = pd.DataFrame([{**stands, **claim}])
        findings = with_claims_in_the_way(empty(FINDINGS), of_sessions, of_sessions.index, claims, "")
        assert set(findings["kind"]) <= {CHANGED_SINCE}
        assert all(message.startswith(number or "Another") for number, message in findings[["claim", "message"]].values)
        return dict(zip(findings["session"], findings["claim"], strict=True))

    assert held(sessions) == {1: "", 2: ""}
    assert held(sessions, natural_key="sunday") == {1: "", 2: "", 3: "C-1"}
    assert held(sessions, session_id="S3", insurer_id="manulife") == {1: "", 2: ""}
    assert held(sessions, session_id="S3", voided_on=OTHER_DAY) == {1: "", 2: ""}
    assert held(sessions, natural_key="friday") == {1: "", 2: "C-1"}
    assert held(sessions.assign(replaces=["", "", "", "C-1", ""]), session_id="S3") == {1: "", 2: ""}
