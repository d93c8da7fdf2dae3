"""Limits and deadlines on the day before, on and after; counted over the files, the claims and what was seen beside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import chain, permutations
from pathlib import Path
from typing import Any

import pytest
from stdnum.ca.bc_phn import is_valid

from ims_billing.ledger.ledger import Ledger
from ims_billing.month.prepare import Month, Scope, prepare_month
from ims_billing.month.reach import reach_of
from ims_billing.month.run import run_of
from ims_billing.reading.intake import read_files
from tests.jane import apart, appointment, as_csv, sale
from tests.practice import (
    AS_OF,
    by_case,
    intake,
    messages_of,
    month_of,
    outcomes,
    places_in,
    practice,
    row,
    tag,
    xlsx,
)
from tests.test_tie_out import jane

Rows = list[dict[str, Any]]
MSP: dict[str, Any] = {"Insurer": "MSP", "PHN": "9123947241", "Birth Date": dt.date(1980, 1, 31)}
ICBC: dict[str, Any] = {"Insurer": "ICBC", "Payer File Number": "AB1"}
MANULIFE: dict[str, Any] = {"Insurer": "Manulife"}
LIMITS = ("insurer-limit-counted-in-part", "near-insurer-limit", "over-insurer-limit")
YEAR = 'per = "calendar-year"'
OWN = f'[[limit]]\ninsurer = "Manulife"\nvisits = 3\n{YEAR}\nfrom = 2026-01-01\n'


def on(day: int, month: int = 10, year: int = 2026, **cells: Any) -> dict[str, Any]:
    return row(Service_Date=dt.date(year, month, day), **cells)


def limits(month: Month) -> list[str]:
    """Session and kind of each finding about a limit."""
    findings = month.findings[month.findings["kind"].isin(LIMITS)]
    return [f"{session}: {kind}" for session, kind in zip(findings["session"], findings["kind"], strict=True)]


def after(folder: Path, before: dict[str, Rows], now: Rows, *, more: str = "") -> Month:
    """The rows of October, after the months before were claimed on a real ledger."""
    clinic = practice(folder, more)
    ledger = Ledger(folder / "ims-billing.sqlite")
    with ledger.writing():
        for month, rows in before.items():
            run = run_of(prepare_month(intake(folder, rows, clinic), Scope(clinic, month=month, as_of=AS_OF)))
            ledger.add_batch(run)
            ledger.set_page(run)
        memory = ledger.memory()
    return prepare_month(intake(folder, now, clinic), Scope(clinic, month="2026-10", as_of=AS_OF, memory=memory))


def on_msp(number: int) -> dict[str, Any]:
    """What a row says of the patient of a case, who is nobody else's."""
    phn = next(str(phn) for phn in range(9_100_000_000 + 1000 * number, 9_200_000_000) if is_valid(str(phn)))
    return MSP | {"Patient": f"Pat {tag(number)}", "PHN": phn}


def limits_by_case(month: Month, cases: Sequence[Rows]) -> list[list[str]]:
    """By case of one month, the place of each session in the case and the kind of each finding about a limit."""
    findings = month.findings[month.findings["kind"].isin(LIMITS)]
    by_row = by_case(cases, [list(findings.loc[findings["session"] == n, "kind"]) for n in month.sessions.index])
    return [[f"{place}: {kind}" for place, kinds in enumerate(case) for kind in kinds] for case in by_row]


def test_msp_pays_ten_visits_a_year(tmp_path: Path) -> None:
    near, part = "near-insurer-limit", "insurer-limit-counted-in-part"
    wanted = {
        8: [],
        9: [f"8: {near}"],
        10: [f"8: {near}", f"9: {near}"],
        11: [f"8: {near}", f"9: {near}", f"10: {part}"],
    }
    cases = [[on(2 * n + 1, **on_msp(visits)) for n in range(visits)] for visits in wanted]
    month = month_of(tmp_path, [*chain(*cases)])
    assert dict(zip(wanted, limits_by_case(month, cases), strict=True)) == wanted
    assert set(outcomes(month)) == {"claimed"}


def test_the_count_begins_anew_with_the_year(tmp_path: Path) -> None:
    rows = [*(on(2 * n + 1, 12, 2025, **MSP) for n in range(10)), *(on(2 * n + 1, 1, **MSP) for n in range(2))]
    assert [
        expected for expected in limits(month_of(tmp_path, rows, month=None)) if not expected.startswith(("8", "9"))
    ] == []


# A visit between the ninth and the last of a patient of MSP, and whether it counts towards MSP's ten.
TENTH: list[tuple[str, dict[str, Any], bool]] = [
    ("a massage that MSP paid", {"Service": "Massage", "Practitioner": "Carla Specimen"}, True),
    ("plain physiotherapy that another program bills", {"Service": "Physiotherapy"}, True),
    ("one that was billed elsewhere", {"Billed": "yes"}, True),
    ("one that is held", {"Tax": 1.0}, True),
    ("yoga, which is none of its services", {"Service": "Yoga"}, False),
    ("one that another plan paid", {"Insurer": "Sun Life"}, False),
    ("one that did not take place", {"Status": "cancelled"}, False),
    ("one that cost nothing", {"Fee": 0}, False),
    ("another patient's", {"Patient": "Robin Madeup", "PHN": ""}, False),
]


def test_what_counts_towards_msps_ten_visits(tmp_path: Path) -> None:
    cases = []
    for number, (_, cells, _) in enumerate(TENTH):
        msp = on_msp(number)
        cases.append([*(on(2 * n + 1, **msp) for n in range(9)), on(20, **msp) | cells, on(28, **msp)])
    month = month_of(tmp_path, [*chain(*cases)])
    kinds = {True: "insurer-limit-counted-in-part", False: "near-insurer-limit"}
    for (case, _, counts), found in zip(TENTH, limits_by_case(month, cases), strict=True):
        assert [each for each in found if each.startswith("10:")] == [f"10: {kinds[counts]}"], case


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> None:
    (tmp_path / "in one file").mkdir()


def test_claims_and_lists_of_other_months_count_each_once(tmp_path: Path) -> None:
    august = [on(2 * n + 3, 8, **MSP) for n in range(5)]
    september = [
        *(on(2 * n + 1, 9, **MSP) for n in range(3)),
        on(14, 9, **MSP) | {"Service": "Massage", "Practitioner": "Carla Specimen"},  # not billed here
        on(21, 9, **MSP) | {"Tax": 1.0},  # held
        on(23, 9, **MSP) | {"Status": "cancelled"},
        on(24, 9, **MSP) | {"Insurer": "Manulife"},
    ]
    # The export of October holds some of September's sessions again: what was claimed, cancelled, another plan's.
    again = [*september[:3], *september[-2:]]
    month = after(tmp_path, {"2026-08": august, "2026-09": september}, [*again, on(7, **MSP)])
    assert messages_of(month, "insurer-limit-counted-in-part") == [
        "It is visit 11, and MSP pays 10 visits in a calendar year (10 counted on the ledger, 1 in these files; visits "
        "to other clinics, and naturopathy and podiatry, count too)."
    ]
    fewer = after(tmp_path / "in one file", {"2026-08": august, "2026-09": september[1:]}, [on(7, **MSP)])
    assert limits(fewer) == ["0: near-insurer-limit"]


def again(folder: Path, runs: list[tuple[str, Rows]], now: Rows, *, more: str) -> Month:
    """The rows of October, after runs over some months, some of them twice, on a real ledger."""
    clinic = practice(folder, more)
    ledger = Ledger(folder / "ims-billing.sqlite")
    for month, rows in runs:
        with ledger.writing():
            read = intake(folder, rows, clinic)
            run = run_of(prepare_month(read, Scope(clinic, month=month, as_of=AS_OF, memory=ledger.memory())))
            ledger.add_batch(run)
            ledger.set_page(run)
    with ledger.reading():
        memory = ledger.memory()
    return prepare_month(intake(folder, now, clinic), Scope(clinic, month="2026-10", as_of=AS_OF, memory=memory))


def test_an_insurer_is_never_asked_for_more_than_its_limit_in_whatever_order_visits_come(tmp_path: Path) -> None:
    """Each order in which four visits of two months can come, of a patient of its own; the insurer pays two."""
    two = OWN.replace("visits = 3", "visits = 2")
    clinic = practice(tmp_path, two + two.replace("Manulife", "ICBC").replace(YEAR, "weeks_after_accident = 12"))
    ledger = Ledger(tmp_path / "ims-billing.sqlite")
    visits = [on(5), on(12), on(2, 11), on(9, 11)]
    plans = [MANULIFE, ICBC | {"Accident Date": dt.date(2026, 9, 20)}]
    orders = [(order, plan) for plan in plans for order in permutations(range(len(visits)))]
    held: dict[str, set[str]] = {"2026-10": set(), "2026-11": set()}
    for step in range(1, len(visits) + 1):
        for month in held:
            rows = [
                visits[place] | plan | {"Patient": f"Pat {tag(number)}", "Session ID": f"{number} {place}"}
                for number, (order, plan) in enumerate(orders)
                for place in sorted(order[:step])
                if f"{visits[place]['Service Date']:%Y-%m}" == month
            ]
            read = intake(tmp_path, rows, clinic)
            with ledger.writing():
                memory = ledger.memory(reach_of(read, clinic, ledger.decisions.all(), month))
                prepared = prepare_month(read, Scope(clinic, month=month, as_of=dt.date(2026, 11, 20), memory=memory))
                ledger.add_batch(run_of(prepared))
                ledger.set_page(run_of(prepared))
            over = prepared.findings.loc[prepared.findings["kind"] == "over-insurer-limit", "session"]
            now = set(prepared.sessions.loc[over, "session_id"])
            assert now == set(prepared.sessions.loc[prepared.sessions["outcome"] == "held", "session_id"])
            assert held[month] <= now, "a run that finds its own claims puts the same sessions on hold"
            held[month] = now
        with ledger.reading():
            assert set(ledger.claims.all()["patient"].value_counts()) == {min(2, step)}


AGAIN = [on(19), on(28)]
LATER = [on(3, 11), on(4, 11)]
# What an insurer that pays two visits was claimed for before, what a file has beside an earlier visit, and whether that
# is over the limit.
ASKED: list[tuple[str, dict[str, Rows], Rows, bool]] = [
    ("claimed in this month", {"2026-10": AGAIN}, AGAIN, True),
    ("claimed in a later month", {"2026-11": LATER}, [], True),
    ("billed elsewhere, as this file says", {}, [{**each, "Billed": "yes"} for each in AGAIN], True),
    ("billed elsewhere, as a later file said", {"2026-11": [{**each, "Billed": "yes"} for each in LATER]}, [], True),
    ("on hold in a later month", {"2026-11": [{**each, "Tax": 1.0} for each in LATER]}, [], False),
    ("claimed in another year", {"2025-12": [on(3, 12, 2025), on(4, 12, 2025)]}, [], False),
    ("to be claimed with it", {}, AGAIN, False),
]


def test_what_an_insurer_was_asked_for_counts_before_an_earlier_visit_that_is_added(tmp_path: Path) -> None:
    before: dict[str, Rows] = {}
    cases = []
    for number, (_, claimed, beside, _) in enumerate(ASKED):
        own = MANULIFE | {"Patient": f"Pat {tag(number)}", "Start": f"{9 + number}:00"}
        for month, rows in claimed.items():
            before.setdefault(month, []).extend(each | own for each in rows)
        cases.append([each | own for each in (on(1), *beside)])
    more = OWN.replace("visits = 3", "visits = 2").replace("from = 2026", "from = 2025")
    prepared = again(tmp_path, [*before.items()], [*chain(*cases)], more=more)
    for (case, *_, over), kinds in zip(ASKED, limits_by_case(prepared, cases), strict=True):
        assert ("0: over-insurer-limit" in kinds) == over, case
    message = (
        "It is visit 3, and Manulife pays 2 visits in a calendar year (2 counted on the ledger, 1 in these files)."
    )
    assert messages_of(prepared, "over-insurer-limit")[:2] == [message, message]


def test_a_held_session_that_was_mended_is_not_seen_twice(tmp_path: Path) -> None:
    held, mended = on(8, Tax=1.0, **MANULIFE), on(9, **MANULIFE)
    more = OWN.replace("visits = 3", "visits = 1")
    month = again(tmp_path, [("2026-10", [held])], [mended], more=more)
    assert limits(month) == ["0: near-insurer-limit"]
    assert list(month.sessions["visit"]) == [""]


def test_a_claimed_session_whose_day_was_corrected_counts_once(tmp_path: Path) -> None:
    september = [on(1, 9, **MANULIFE), on(9, 9, **MANULIFE)]
    moved = [september[0], on(10, 9, **MANULIFE)]
    month = again(tmp_path, [("2026-09", september), ("2026-09", moved)], [on(7, **MANULIFE)], more=OWN)
    assert limits(month) == ["0: near-insurer-limit"]


def test_a_claimed_session_that_is_another_now_counts_once(tmp_path: Path) -> None:
    first = [on(day, Start="9:00", **MANULIFE) for day in (1, 10)]
    now = [*({**each, "Fee": 90.0} for each in first), on(28, **MANULIFE)]
    month = again(tmp_path, [("2026-10", first)], now, more=OWN)
    assert outcomes(month) == ["held", "held", "claimed"]
    assert limits(month) == ["2: near-insurer-limit"]


# What a later row leaves out or says, of a claim of an insurer whose limit, of this policy or of all, is the clinic's.
SAID_SINCE: list[tuple[str, str, dict[str, Any], str]] = [
    ("the insurer", "Manulife", {"Insurer": ""}, ""),
    ("the policy", "Desjardins", {"Policy Number": ""}, 'policy = "00123"\n'),
    ("it was cancelled since", "iA", {"Status": "cancelled"}, ""),
    ("another insurer is named since", "Equitable", {"Insurer": "Beneva"}, ""),
]


def test_what_a_claim_said_counts_whatever_a_later_row_leaves_out_or_says(tmp_path: Path) -> None:
    more, before, cases = "", [], []
    for number, (_, insurer, lost, of_policy) in enumerate(SAID_SINCE):
        own: dict[str, Any] = {"Patient": f"Pat {tag(number)}", "Start": f"{9 + number}:00", "Insurer": insurer}
        first = [on(day, **own) for day in (1, 10, 19)]
        before += first
        cases.append([*({**each, **lost} for each in first), on(28, **own)])
        more += OWN.replace("Manulife", insurer) + of_policy
    month = again(tmp_path, [("2026-10", before)], [*chain(*cases)], more=more)
    for (case, *_), of_case in zip(SAID_SINCE, limits_by_case(month, cases), strict=True):
        assert "3: over-insurer-limit" in of_case, case


def test_a_claims_time_and_visit_count_where_a_later_row_says_nothing_of_them(tmp_path: Path) -> None:
    claimed = on(7, Start="9:00", Minutes=30, Visit="initial", Session_ID="S1", Insurer="PBC")
    later = {**claimed, "Start": "", "Minutes": "", "Visit": ""}
    other = on(7, Start="9:10", Minutes=30, Patient="B", Insurer="PBC")
    month = again(tmp_path, [("2026-10", [claimed])], [later, other, on(20, Visit="initial", Insurer="PBC")], more="")
    assert places_in(messages_of(month, "overlapping-sessions")) == [["claim 2026-10-PABC-0001"]]
    assert messages_of(month, "second-initial-visit") == ["The patient's initial visit was on 2026-10-07 already."]
    # Where the row says when it was, it is named once, by its claim.
    (tmp_path / "b").mkdir()
    messages = messages_of(
        again(tmp_path / "b", [("2026-10", [claimed])], [claimed, other], more=""), "overlapping-sessions"
    )
    assert places_in(messages) == [["claim 2026-10-PABC-0001"]]


def test_without_the_accidents_day_the_clinics_limit_only_warns_too(tmp_path: Path) -> None:
    more = '[[limit]]\ninsurer = "ICBC"\nweeks_after_accident = 12\nvisits = 1\nfrom = 2026-01-01\n'
    month = month_of(tmp_path, [on(6, **ICBC), on(7, **ICBC)], more=more)
    assert outcomes(month) == ["claimed", "claimed"]
    assert len(messages_of(month, "insurer-limit-counted-in-part")) == 2


def test_an_accident_after_the_visit_is_pointed_out(tmp_path: Path) -> None:
    month = month_of(tmp_path, [on(6, **ICBC, Accident_Date=dt.date(2026, 10, 7))])
    assert messages_of(month, "insurer-limit-counted-in-part") == [
        "The accident date is after the visit, so the 12 weeks that ICBC pays for could not be counted."
    ]


def test_a_limit_of_other_services_says_nothing_of_this_one(tmp_path: Path) -> None:
    more = '[[limit]]\ninsurer = "ICBC"\nweeks_after_accident = 12\nservices = ["physiotherapy"]\nfrom = 2026-01-01\n'
    assert messages_of(month_of(tmp_path, [on(6, **ICBC)], more=more), "insurer-limit-counted-in-part") == []


def test_claims_that_were_sent_before_were_in_time(tmp_path: Path) -> None:
    clinic = practice(tmp_path, '[[insurer]]\nname = "GMS"\nclaim_within_days = 10\nchannel = "TELUS eClaims"\n')
    read = intake(tmp_path, [on(1, Insurer="GMS")], clinic)
    now, then = (
        prepare_month(read, Scope(clinic, month="2026-10", as_of=AS_OF, already_sent=sent)) for sent in (False, True)
    )
    assert sorted(now.findings["kind"]) == ["past-claim-deadline", "past-submission-window"]
    assert then.findings.empty


def test_a_name_that_two_patients_have_is_not_counted_by_its_name(tmp_path: Path) -> None:
    listed = [on(2 * n + 1, 9, **MSP) | {"Service": "Massage", "Practitioner": "Carla Specimen"} for n in range(10)]
    twins = [on(7, **MSP, Patient_ID="1"), on(8, **MSP | {"Birth Date": dt.date(1990, 1, 1)}, Patient_ID="2")]
    assert limits(after(tmp_path, {"2026-09": [*listed, on(3, 9)]}, twins)) == []


def test_icbc_pays_for_twelve_weeks_after_the_accident(tmp_path: Path) -> None:
    near, past = ["0: near-insurer-limit"], ["0: insurer-limit-counted-in-part"]
    # Two weeks and a day before the end; within the last two weeks; the last day of the twelve weeks; the day after.
    wanted = {9: [], 17: near, 30: near, 31: past}
    accident: dict[str, Any] = {"Accident_Date": dt.date(2026, 8, 7)}
    cases = [
        [on(day, Insurer="ICBC", Payer_File_Number=f"AB{day}", Patient=f"Pat {tag(day)}", **accident)] for day in wanted
    ]
    assert dict(zip(wanted, limits_by_case(month_of(tmp_path, [*chain(*cases)]), cases), strict=True)) == wanted


def test_icbcs_twenty_five_visits_count_by_accident(tmp_path: Path) -> None:
    crash = ICBC | {"Accident Date": dt.date(2026, 9, 20)}
    often = '[severity]\nunusual-frequency = "off"\n'
    other = crash | {"Payer File Number": "ZZ9"}
    rows = [on(n + 1, **crash) for n in range(26)]
    month = month_of(tmp_path, [*rows, on(30, **other)], more=often)
    assert limits(month) == ["23: near-insurer-limit", "24: near-insurer-limit", "25: insurer-limit-counted-in-part"]
    assert messages_of(month, "insurer-limit-counted-in-part") == [
        "It is visit 26, and ICBC pays 25 visits within 12 weeks after the accident (0 counted on the ledger, 26 in "
        "these files; visits to other clinics count too, and ICBC may have approved more)."
    ]


def test_without_the_accidents_day_it_says_what_it_counted(tmp_path: Path) -> None:
    month = month_of(tmp_path, [on(6, **ICBC), on(7, **ICBC)])
    assert messages_of(month, "insurer-limit-counted-in-part") == [
        "The accident date is missing, so the 12 weeks that ICBC pays for could not be counted; it is visit 1.",
        "The accident date is missing, so the 12 weeks that ICBC pays for could not be counted; it is visit 2.",
    ]


def test_one_row_that_says_the_accidents_day_says_it_for_all(tmp_path: Path) -> None:
    month = month_of(tmp_path, [on(6, **ICBC), on(7, **ICBC, Accident_Date=dt.date(2026, 9, 20))])
    assert limits(month) == []


@pytest.mark.parametrize(
    ("case", "more", "expected"),
    [
        ("a limit of the clinic file holds", OWN,
         ["1: near-insurer-limit", "2: near-insurer-limit", "3: over-insurer-limit"]),
        ("one with what it cannot know only warns", OWN + 'not_counted = "other clinics count too"\n',
         ["1: near-insurer-limit", "2: near-insurer-limit", "3: insurer-limit-counted-in-part"]),
        ("one of another plan counts nothing here", OWN + 'policy = "999"\n', []),
        ("one of this plan, however it is written", OWN + 'policy = "001 23"\n',
         ["1: near-insurer-limit", "2: near-insurer-limit", "3: over-insurer-limit"]),
        ("one that ended the day before the last visit", OWN + "until = 2026-10-27\n",
         ["1: near-insurer-limit", "2: near-insurer-limit"]),
        ("one that ends with the last visit", OWN + "until = 2026-10-28\n",
         ["1: near-insurer-limit", "2: near-insurer-limit", "3: over-insurer-limit"]),
    ],
)  # fmt: skip
def test_the_clinics_own_limits(tmp_path: Path, case: str, more: str, expected: list[str]) -> None:
    month = month_of(tmp_path, [on(day, Insurer="Manulife") for day in (1, 10, 19, 28)], more=more)
    assert limits(month) == expected, case
    assert ("held" in outcomes(month)) == any("over" in each for each in expected)


def test_a_plans_own_limit_stands_in_place_of_its_insurers(tmp_path: Path) -> None:
    of_plan = OWN.replace("visits = 3", "visits = 1") + 'policy = "00123"\n'
    for more in (OWN + of_plan, of_plan + OWN):
        month = month_of(tmp_path, [on(1, **MANULIFE), on(12, **MANULIFE)], more=more)
        assert limits(month) == ["0: near-insurer-limit", "1: over-insurer-limit"]


def test_the_clinics_limit_stands_in_place_of_the_published_one(tmp_path: Path) -> None:
    more = '[[limit]]\ninsurer = "MSP"\nvisits = 1\nper = "calendar-year"\nfrom = 2026-01-01\n'
    month = month_of(tmp_path, [on(1, **MSP), on(9, **MSP)], more=more)
    assert limits(month) == ["0: near-insurer-limit", "1: over-insurer-limit"]


# Visits that a policy's line says were used, of how many, and what is said of two sessions.
USED: list[tuple[str, str, list[str]]] = [
    ("17", "20", []),
    ("18", "20", []),
    ("19", "20", ["1: near-insurer-limit"]),
    ("20", "20", ["0: near-insurer-limit", "1: near-insurer-limit"]),
    ("21", "20", ["0: near-insurer-limit", "1: over-insurer-limit"]),
    ("22", "20.0", ["0: over-insurer-limit", "1: over-insurer-limit"]),
    ("", "20", []),
    ("400.00", "500.00", []),
    ("5\u00b2", "1", []),
    ("0", "1", ["0: near-insurer-limit", "1: near-insurer-limit"]),
    ("22", "$500", []),
]


def test_visits_that_the_clinics_list_of_policies_counts(tmp_path: Path) -> None:
    visits = [appointment(), appointment(id="9002", start_at="2026-10-14 09:00:00 -0700")]
    sales = [sale(), sale(Invoice="1002-P01", Purchase_Date="2026-10-14")]
    policy = {"Insurer": "Sun Life", "Policy #": "1"}
    lines = [
        policy | {"Patient": f"Pat Madeup {tag(number)}", "Treatments Used": used, "Maximum": allowed}
        for number, (used, allowed, _) in enumerate(USED)
    ]
    listed = as_csv(tmp_path, "policies.csv", lines, [])
    month = jane(tmp_path, *apart([(visits, sales)] * len(USED)), listed)
    patients = list(month.sessions["patient"])
    for number, (used, allowed, expected) in enumerate(USED):
        own = [place for place, patient in enumerate(patients) if patient.endswith(tag(number))]
        assert len(own) == 2
        of_case = [each for each in limits(month) if int(each.partition(":")[0]) in own]
        assert [f"{own.index(int(place))}: {kind}" for place, kind in (each.split(": ") for each in of_case)] == (
            expected
        ), (used, allowed)


def test_the_list_of_policies_counts_what_took_place(tmp_path: Path) -> None:
    policy = {"Patient": "Pat Madeup", "Insurer": "Sun Life", "Policy #": "00123", "Treatments Used": "21"}
    listed = as_csv(tmp_path, "policies.csv", [policy | {"Maximum": "20"}], [])
    rows = [on(7), on(14), on(21, Status="no show"), on(28, Fee=0)]
    clinic = practice(tmp_path)
    month = prepare_month(
        read_files([xlsx(tmp_path, rows), listed], clinic), Scope(clinic, month="2026-10", as_of=AS_OF)
    )
    by_list = "by the clinic's list of policies."
    assert messages_of(month, "near-insurer-limit") == [f"It is visit 20 of the 20 that the plan pays, {by_list}"]
    assert messages_of(month, "over-insurer-limit") == [f"It is visit 21, and the plan pays 20, {by_list}"]


@pytest.mark.parametrize(
    ("channel", "expected"),
    [("TELUS eClaims", True), ("Telus e-Claims", True), ("own portal", False), ("Teleplan", False)],
)
def test_a_window_is_the_channels(tmp_path: Path, channel: str, expected: bool) -> None:
    more = f'[[insurer]]\nname = "Beneva"\nchannel = "{channel}"\n'
    month = month_of(tmp_path, [on(1, Insurer="Beneva")], more=more)
    assert bool(messages_of(month, "past-submission-window")) == expected


def test_without_a_channel_there_is_no_window_and_with_two_nobody_knows_which(tmp_path: Path) -> None:
    assert messages_of(month_of(tmp_path, [on(1, Insurer="Sun Life")]), "past-submission-window") == []


def test_msps_window_is_teleplans(tmp_path: Path) -> None:
    # The 90th day is in time; the day before it is too long ago.
    month = month_of(tmp_path, [on(7, 8, **on_msp(1)), on(6, 8, **on_msp(2))], month="2026-08")
    window = (
        "Teleplan takes claims up to 90 days after the visit: now give the late submission code: W for WorkSafeBC, "
        "X with a note for MSP."
    )
    late = month.findings[month.findings["kind"] == "past-submission-window"]
    assert list(zip(late["session"], late["message"], strict=True)) == [(1, window)]
