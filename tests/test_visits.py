"""Visit types: told by the column, the name, the appointment, or an earlier visit; each with its fee."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path
from typing import Any

import pytest

from ims_billing.month.prepare import Scope, prepare_month
from ims_billing.reading.intake import read_files
from tests.practice import (
    AS_OF,
    MONTH,
    apart,
    by_case,
    csv_file,
    csv_text,
    kinds,
    messages_of,
    month_of,
    outcomes,
    positions,
    practice,
    read_texts,
    row,
    tag,
)
from tests.test_limits import after

Rows = list[dict[str, Any]]
FEES = """
[[fee]]
service = "ims"
visit = "initial"
amount = 130.00
from = 2026-01-01

[[fee]]
service = "ims"
visit = "subsequent"
amount = 90.00
from = 2026-01-01
until = 2026-10-14

[[fee]]
service = "ims"
visit = "subsequent"
amount = 92.50
from = 2026-10-15
"""


def on(day: int, month: int = 10, **cells: Any) -> dict[str, Any]:
    return row(Service_Date=dt.date(2026, month, day), **cells)


@pytest.mark.parametrize(
    ("case", "cells", "visit", "by"),
    [
        ("the column", {"Visit": "New"}, "initial", "the column Visit"),
        ("the column goes before the name", {"Visit": "return", "Service": "IMS initial"}, "subsequent",
         "the column Visit"),
        ("the name", {"Service": "IMS - Follow-up"}, "subsequent", "the service name"),
        ("nothing says it", {}, "", ""),
    ],
)  # fmt: skip
def test_the_visit_is_told_by_the_first_that_says_it(
    tmp_path: Path, case: str, cells: dict[str, Any], visit: str, by: str
) -> None:
    session = month_of(tmp_path, [{**row(), **cells}]).sessions.iloc[0]
    assert (session["visit"], session["visit_evidence"]) == (visit, by), case


BEFORE: list[tuple[str, Rows, str]] = [
    ("an earlier visit in the files", [on(1)], "subsequent"),
    ("one of the month before, in the files", [on(28, 9)], "subsequent"),
    ("one of plain physiotherapy", [on(1, Service="Physiotherapy")], "subsequent"),
    ("one that the patient paid", [on(1, Insurer="Out of pocket")], "subsequent"),
    ("a massage is no visit of this kind", [on(1, Service="Massage", Practitioner="Carla Specimen")], ""),
    ("one that did not take place", [on(1, Status="no show")], ""),
    ("another patient's", [on(1, Patient="Robin Madeup")], ""),
    ("a later one says nothing", [on(20)], ""),
    ("one of the same day says nothing", [on(7, Start="15:00")], ""),
]


def test_a_visit_that_says_nothing_is_a_later_one_where_an_earlier_one_is_known(tmp_path: Path) -> None:
    cases = [[*before, on(7, Start="9:00")] for _, before, _ in BEFORE]
    sessions = month_of(tmp_path, apart(cases, days=False)).sessions
    of_rows = by_case(cases, list(zip(sessions["visit"], sessions["visit_evidence"], strict=True)))
    for (case, before, visit), (*_, session) in zip(BEFORE, of_rows, strict=True):
        assert session == (visit, f"an earlier visit on {before[0]['Service Date']}" if visit else ""), case


def test_the_ledger_knows_earlier_visits_claimed_and_not(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    claimed = after(tmp_path, {"2026-09": [on(1, 9)]}, [on(7)])
    assert list(claimed.sessions["visit_evidence"]) == ["an earlier visit on 2026-09-01"]
    earlier = [on(1, 9, Service="Physiotherapy"), on(2, 9, Patient="Robin Madeup")]
    listed = after(tmp_path / "b", {"2026-09": earlier}, [on(7)])
    assert list(listed.sessions["visit"]) == ["subsequent"]


def test_each_visit_has_its_fee_and_a_new_fee_changes_claims_from_its_day_on(tmp_path: Path) -> None:
    later = [on(day, Fee=fee) for day, fee in ((13, 90.0), (14, 90.0), (15, 92.5))]
    visits = [on(5, Visit="initial", Fee=130.0), *later]
    month = month_of(tmp_path, visits, more=FEES)
    assert outcomes(month) == ["claimed"] * 4
    assert list(month.claims["fee_cents"]) == [13000, 9000, 9000, 9250]
    late = month_of(tmp_path, [*visits[:2], on(14, Fee=92.5), on(15, Fee=90.0)], more=FEES)
    assert outcomes(late) == ["claimed", "claimed", "held", "held"]


def test_a_code_by_visit_follows_the_patients_history(tmp_path: Path) -> None:
    more = '[[insurer]]\nname = "Manulife"\nservice_code = { initial = "M1", subsequent = "M2" }\n'
    rows = [on(1, Insurer="Manulife", Visit="initial"), on(9, Insurer="Manulife")]
    assert list(month_of(tmp_path, rows, more=more).claims["service_code"]) == ["M1", "M2"]


# One visit in another row: how its name may be typed, what may be left out, and what only that row may say of it.
TYPED = ["Mary-Ann O\u2019Madeup", "mary ann omadeup", "O`Madeup, Mary\u2011Ann", "Mrs. Mary-Ann Q. O'Madeup Jr."]
LEFT_OUT: list[dict[str, Any]] = [
    {},
    {"Start": ""},
    {"Session_ID": ""},
    {"Start": "", "Session_ID": ""},
    {"Member_ID": ""},
]
SETTLED: list[dict[str, Any]] = [
    {},
    {"Billed": "yes"},
    {"Status": "refunded"},
    {"Status": "cancelled"},
    {"Insurer": "Self-pay"},
    {"Fee": 0},
]


def one_visit(**cells: Any) -> dict[str, Any]:
    return row(**({"Start": "09:00", "Patient": TYPED[0], "Member_ID": "000175-01", "Session_ID": "A"} | cells))


def test_a_visit_in_two_rows_is_never_claimed_in_silence(tmp_path: Path) -> None:
    clinic = practice(tmp_path)
    # Each combination is a visit of a day of its own; each way of being settled has a patient and an hour of its own.
    combined = list(itertools.product(TYPED, LEFT_OUT))
    one, other = [], []
    for group, settled in enumerate(SETTLED):
        for day, (typed, left_out) in enumerate(combined, start=1):
            own: dict[str, Any] = {"Service_Date": dt.date(2026, 10, day), "Start": f"{9 + group:02}:00"}
            own["Member_ID"] = f"00017{group}-01"
            ids = [f"{letter}{day}-{group}" for letter in "AB"]
            one.append(one_visit(**own, Session_ID=ids[0], Patient=of_group(TYPED[0], group)))
            there = own | {"Session_ID": ids[1], "Patient": of_group(typed, group)}
            other.append(one_visit(**(there | left_out | settled)))
    for first, second in ((one, other), (other, one)):
        one_file = [csv_file(tmp_path, [*first, *second], "both.csv")]
        two_files = [csv_file(tmp_path, rows, f"{name}.csv") for name, rows in (("a", first), ("b", second))]
        for files in (one_file, two_files):
            month = prepare_month(read_files(files, clinic), Scope(clinic, month=MONTH, as_of=AS_OF))
            became = month.sessions[["patient", "service_date", "outcome"]].itertuples(index=False, name=None)
            for patient, date, outcome in became:
                group = next(n for n in range(len(SETTLED)) if tag(n) in patient)
                if outcome == "claimed":
                    assert in_its_place(SETTLED[group], combined[date.day - 1][1]), (
                        SETTLED[group],
                        combined[date.day - 1],
                    )
            holds = month.findings.loc[month.findings["severity"] == "hold", "kind"]
            assert set(holds) == {"duplicate-session", "second-visit-same-day"}, "nothing else holds them"
            assert list(month.sessions["outcome"]).count("claimed") == (len(TYPED) if files is one_file else 0)


def of_group(name: str, group: int) -> str:
    """A spelling of the name, of one of several patients."""
    return name.replace("adeup", f"adeup{tag(group)}")


# The same patient once more: what clinics write beside a name, and a slip in the birth date.
AGAIN = [
    {"Patient": f"Pat Madeup {beside}"} for beside in ("(Patty)", "- ICBC", "#2", '"Patty"', "[WCB]", "– 2nd file")
]
AGAIN += [{"Patient": "Madeup, Pat (Patty)"}, {"Birth_Date": "1980-10-02"}, {"Birth_Date": "1980-10-02", "Start": ""}]


@pytest.mark.parametrize("settled", [{}, {"Billed": "yes"}, {"Status": "cancelled"}], ids=str)
def test_what_stands_beside_a_name_and_a_mistyped_birth_date_make_no_other_patient(
    tmp_path: Path, settled: dict[str, Any]
) -> None:
    usual = {"Member_ID": "000175-01", "Birth_Date": "1980-01-02", "Start": "09:00"}
    rows = []
    for day, again in enumerate(AGAIN, start=1):
        on_day = {"Service_Date": dt.date(2026, 10, day)}
        rows += [row(**{**usual, **on_day}), row(**{**usual, **on_day, **again, **settled})]
    clinic = practice(tmp_path)
    month = prepare_month(read_texts(clinic, csv_text(rows)), Scope(clinic, month=MONTH, as_of=AS_OF))
    assert "claimed" not in outcomes(month)
    copies = set(month.findings.loc[month.findings["kind"] == "duplicate-session", "session"])
    assert copies == set(range(0, len(rows), 1 if not settled else 2))


def test_two_numbered_rows_of_a_patient_with_two_birth_dates_are_two_visits_of_one_patient(tmp_path: Path) -> None:
    cells = {"Member_ID": "000175-01"}
    rows = [row(Session_ID=f"S{n}", Birth_Date=f"1980-01-0{n}", **cells) for n in (1, 2)]
    clinic = practice(tmp_path)
    month = prepare_month(read_texts(clinic, csv_text(rows)), Scope(clinic, month=MONTH, as_of=AS_OF))
    assert [kinds(month, n) for n in (0, 1)] == [["second-visit-same-day"]] * 2


# Another given name beside the same member ID, and whether the two rows may be one visit.
OTHER_NAMES: list[tuple[str, dict[str, Any], bool]] = [
    ("Patricia Madeup", {}, True), ("Madeup, P.", {}, True), ("P Madeup", {}, True), ("Pat Madeupp", {}, True),
    ("Patricia Ann Madeup", {}, True), ("Madeup", {}, False),
    ("Pta Madeup", {}, False), ("Robin Madeup", {}, False), ("Patricia Other", {}, False),
    ("Patricia Madeup", {"Start": "15:00"}, False), ("Patricia Madeup", {"Birth_Date": "2010-05-06"}, False),
    ("Patricia Madeup", {"Patient_ID": "2"}, False), ("Patricia Madeup", {"Member_ID": "000175-02"}, False),
]  # fmt: skip


@pytest.mark.parametrize("settled", [{}, {"Billed": "yes"}], ids=str)
@pytest.mark.parametrize("start", ["09:00", ""])
def test_a_short_form_or_a_slip_of_a_name_beside_one_member_id_may_be_one_visit(
    tmp_path: Path, start: str, settled: dict[str, Any]
) -> None:
    rows = []
    for day, (name, cells, _) in enumerate(OTHER_NAMES, start=1):
        one = {"Member_ID": "000175-01", "Start": start, "Service_Date": dt.date(2026, 10, day)}
        one |= {"Birth_Date": "1980-01-02"} if "Birth_Date" in cells else {}
        one |= {"Patient_ID": "1"} if "Patient_ID" in cells else {}
        rows += [row(**{**one, "Patient": "Pat Madeup"}), row(**{**one, "Patient": name, **cells, **settled})]
    month = prepare_month(
        read_texts(practice(tmp_path), csv_text(rows)), Scope(practice(tmp_path), month=MONTH, as_of=AS_OF)
    )
    held = set(month.findings.loc[month.findings["kind"] == "duplicate-session", "session"])
    for place, (name, cells, one_visit_) in enumerate(OTHER_NAMES):
        # Without a start in one row nothing tells two hours apart.
        expected = one_visit_ or (not start and "Start" in cells)
        assert (2 * place in held) == expected, (name, cells)


@pytest.mark.parametrize(("start", "copies"), [("09:00", {0, 1}), ("", set())])
def test_another_name_beside_one_member_id_and_birth_date_is_the_same_patient_at_one_hour_only(
    tmp_path: Path, start: str, copies: set[int]
) -> None:
    usual = {"Member_ID": "000175-01", "Birth_Date": "1980-01-02", "Start": start}
    rows = [row(Patient="Pat Madeup", **usual), row(Patient="Kim Invented", **usual)]
    clinic = practice(tmp_path)
    month = prepare_month(read_texts(clinic, csv_text(rows)), Scope(clinic, month=MONTH, as_of=AS_OF))
    assert set(month.findings.loc[month.findings["kind"] == "duplicate-session", "session"]) == copies


AT_NINE = {"Start": "09:00", "Birth_Date": "1980-01-02"}
# Two rows of one day and practitioner, and whether they may be one visit.
ONE_PERSON: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"Patient": "Zora Madeup"}, {"Patient": "Madeup Zora"}, True),
    ({"Patient": "Zora Ann Madeup"}, {"Patient": "Madeup Ann Zora"}, True),
    ({"Patient": "Zora Madeup", "Member_ID": "000777"}, {"Patient": "Zo Madeup", "Member_ID": "777"}, True),
    ({"Patient": "Zora Ann Madeup", **AT_NINE}, {"Patient": "Zora Madeup", **AT_NINE}, True),
    ({"Patient": "Robert Madeup", **AT_NINE}, {"Patient": "Rob Madeup", **AT_NINE}, True),
    ({"Patient": "Robert Madeup", **AT_NINE}, {"Patient": "Kim Madeup", **AT_NINE}, False),
    ({"Patient": "Robert Madeup", **AT_NINE}, {"Patient": "Rob Madeup", **AT_NINE, "Start": "10:00"}, False),
    ({"Patient": "Robert Madeup", **AT_NINE}, {"Patient": "Rob Madeup", **AT_NINE, "Birth_Date": "1981-01-02"}, False),
    ({"Patient": "Robert Madeup", "Start": "09:00"}, {"Patient": "Rob Madeup", "Start": "09:00"}, False),
    (
        {"Patient": "Zora Madeup", "Member_ID": "000777", "Birth_Date": "1980-01-02"},
        {"Patient": "Zora Jones", "Member_ID": "777", "Birth_Date": "1980-01-02"}, True,
    ),
    (
        {"Patient": "Zora Madeup", "Member_ID": "000777", "Birth_Date": "1980-01-02"},
        {"Patient": "Kim Jones", "Member_ID": "777", "Birth_Date": "1980-01-02"}, False,
    ),
    ({"Patient": "Zora Madeup", "Member_ID": "777"}, {"Patient": "Zora Jones", "Member_ID": "777"}, False),
    ({"Patient": "Łukasz Đukić"}, {"Patient": "Lukasz Dukic"}, True),
    ({"Patient": "Søren Kjær"}, {"Patient": "Soren Kjaer"}, True),
    ({"Patient": "Jörg Müller"}, {"Patient": "Joerg Mueller"}, True),
    ({"Patient": "Ärne Weiß"}, {"Patient": "Aerne Weiss"}, True),
    ({"Patient": "Müller, Jörg"}, {"Patient": "Joerg A Muller"}, True),
    (
        {"Patient": "Jörg Müller", "Birth_Date": "1980-01-02"},
        {"Patient": "Joerg Mueller", "Birth_Date": "1981-01-02"}, False,
    ),
    ({"Patient": "Jörg Müller"}, {"Patient": "Jorg Moller"}, False),
    (
        {"Patient": "Zora Madeup", "Patient_ID": "1", **AT_NINE},
        {"Patient": "Zora Madeup", "Patient_ID": "2", **AT_NINE}, True,
    ),
    (
        {"Patient": "Zora Madeup", "Patient_ID": "1", **AT_NINE},
        {"Patient": "Kim Madeup", "Patient_ID": "2", **AT_NINE}, False,
    ),
    (
        {"Patient": "Zora Madeup", "Patient_ID": "1", "Payer_File_Number": "12345678", **AT_NINE},
        {"Patient": "Kim Madeup", "Patient_ID": "2", "Payer_File_Number": "12345678", **AT_NINE}, False,
    ),
    (
        {"Patient": "Zora Madeup", "Patient_ID": "1", "Birth_Date": "1980-01-02"},
        {"Patient": "Zora Madeup", "Patient_ID": "2", "Birth_Date": "1980-01-02"}, False,
    ),
    ({"Patient": "Zora Madeup", "PHN": "9123947241"}, {"Patient": "Zora Jones", "PHN": "9123 947 241"}, True),
    ({"Patient": "Zora Madeup", "PHN": "9123947241", **AT_NINE}, {"Patient": "Zora Jones", "PHN": "9123947241"}, True),
    ({"Patient": "Zora Madeup", "PHN": "9123947241"}, {"Patient": "Zora Jones", "PHN": "9698658215"}, False),
    (
        {"Patient": "Zora Madeup", "Payer_File_Number": "12345678", **AT_NINE},
        {"Patient": "Zora Jones", "Payer_File_Number": "12345678", **AT_NINE}, True,
    ),
    (
        {"Patient": "Zora Madeup", "Payer_File_Number": "12345678"},
        {"Patient": "Zora Jones", "Payer_File_Number": "12345678"}, False,
    ),
]  # fmt: skip


def test_one_person_under_two_names_is_claimed_once(tmp_path: Path) -> None:
    rows = []
    for day, (one, other, _) in enumerate(ONE_PERSON, start=1):
        rows += [row(**{**cells, "Service_Date": dt.date(2026, 10, day)}) for cells in (one, other)]
    clinic = practice(tmp_path)
    month = prepare_month(read_texts(clinic, csv_text(rows)), Scope(clinic, month=MONTH, as_of=AS_OF))
    held = set(month.findings.loc[month.findings["kind"] == "duplicate-session", "session"])
    for place, (one, other, expected) in enumerate(ONE_PERSON):
        assert ({2 * place, 2 * place + 1} & held != set()) == expected, (one, other)


BORN = {"Birth_Date": "1980-01-02"}
# Two rows of one day at two hours, and whether they are two visits of one person.
TWO_VISITS: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"Patient": "Zora Madeup"}, {"Patient": "Madeup Zora"}, True),
    ({"Patient": "Jörg Weiß"}, {"Patient": "Weiss Joerg"}, True),
    ({"Patient": "Zora Madeup", **BORN}, {"Patient": "Madeup Zora", "Birth_Date": "2010-01-02"}, False),
    ({"Patient": "Zora Madeup", "Patient_ID": "1"}, {"Patient": "Madeup Zora", "Patient_ID": "2"}, False),
    ({"Patient": "Zora Madeup", "PHN": "9123947241"}, {"Patient": "Zora Jones", "PHN": "9123947241"}, True),
    ({"Patient": "Robert Tee", "Member_ID": "0777", **BORN}, {"Patient": "Rob Tee", "Member_ID": "777", **BORN}, True),
    (
        {"Patient": "Ann Wee", "Member_ID": "777", "Patient_ID": "1", **BORN},
        {"Patient": "Anna Wee", "Member_ID": "777", "Patient_ID": "2", **BORN}, False,
    ),
    (
        {"Patient": "Ann Yee", "Member_ID": "777", "PHN": "9123947241", **BORN},
        {"Patient": "Anna Yee", "Member_ID": "777", "PHN": "9698658215", **BORN}, False,
    ),
    ({"Patient": "Kim Madeup", "PHN": "1234567890"}, {"Patient": "Pat Nobody", "PHN": "1234567890"}, False),
    ({"Patient": "James Thomas", "Member_ID": "1"}, {"Patient": "Thomas James", "Member_ID": "2"}, False),
    ({"Patient": "Robert Vee", "Member_ID": "0777", **BORN}, {"Patient": "Kim Vee", "Member_ID": "777", **BORN}, False),
]  # fmt: skip


def test_two_visits_of_one_person_under_two_names_are_on_one_day(tmp_path: Path) -> None:
    rows = []
    for day, (one, other, _) in enumerate(TWO_VISITS, start=1):
        # Each case is of another family.
        one, other = (
            {**cells, "Patient": cells["Patient"].replace("Zora", f"Zora{tag(day)}")} for cells in (one, other)
        )
        on = {"Service_Date": dt.date(2026, 10, day)}
        rows += [row(**one, **on, Start="09:00"), row(**other, **on, Start="11:00", Practitioner="Ben Sample")]
    clinic = practice(tmp_path)
    month = prepare_month(read_texts(clinic, csv_text(rows)), Scope(clinic, month=MONTH, as_of=AS_OF))
    held = set(month.findings.loc[month.findings["kind"] == "second-visit-same-day", "session"])
    assert [2 * place in held for place in range(len(TWO_VISITS))] == [expected for *_, expected in TWO_VISITS]


# Beside a visit at nine, another row of the day: what its being there holds the visit for.
ENTERED_AGAIN: list[tuple[dict[str, Any], list[str]]] = [
    ({"Status": "refunded"}, ["second-visit-same-day"]),
    ({"Insurer": "Self-pay"}, ["second-visit-same-day"]),
    ({"Status": "refunded", "Start": "09:00"}, ["duplicate-session"]),
    ({"Status": "refunded", "Practitioner": "Ben Sample"}, []),
    ({"Insurer": "Self-pay", "Practitioner": "Ben Sample"}, []),
    ({"Status": "cancelled"}, []),
    ({"Fee": 0}, []),
    ({"Status": "refunded", "Service": "Massage"}, []),
    ({"Status": "refunded", "Patient": "Kim Madeup"}, []),
]


def test_a_visit_is_not_claimed_in_silence_beside_one_of_the_day_that_was_refunded_or_paid_by_the_patient(
    tmp_path: Path,
) -> None:
    visit = row(Start="09:00", Fee=95.0)
    cases = [[visit, visit | {"Start": "15:00"} | cells] for cells, _ in ENTERED_AGAIN]
    month = month_of(tmp_path, apart(cases))
    held = {kind: positions(month, kind, cases) for kind in ("second-visit-same-day", "duplicate-session")}
    for place, (cells, expected) in enumerate(ENTERED_AGAIN):
        assert [kind for kind in held if held[kind][place]] == expected, cells
    assert "row 3 (refunded)" in messages_of(month, "second-visit-same-day")[0]


def test_lists_that_both_count_from_one_hold_no_copies_of_each_other(tmp_path: Path) -> None:
    """Two people's own lists in one run; the number of one list says nothing of the other's visit."""
    clinic = practice(tmp_path)
    lists = [
        [row(Session_ID=str(n), Patient=f"{name} {tag(n)}", Service_Date=dt.date(2026, 10, day + n)) for n in (1, 2)]
        for name, day in (("Pat", 4), ("Kim", 10))
    ]
    month = prepare_month(read_texts(clinic, *map(csv_text, lists)), Scope(clinic, month=MONTH, as_of=AS_OF))
    assert outcomes(month) == ["claimed"] * 4
    # The number of one visit in two lists goes on meaning one.
    lists[1][0] |= {"Patient": lists[0][0]["Patient"], "Fee": 90.0}
    month = prepare_month(read_texts(clinic, *map(csv_text, lists)), Scope(clinic, month=MONTH, as_of=AS_OF))
    assert outcomes(month) == ["held", "claimed", "held", "claimed"]


FEE = {"Fee": 95.0}
BACK = {"Fee": -95.0}
# A row with an amount below zero, beside a visit with an invoice: is the visit held?
CREDITS: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"Invoice": "1001"}, {"Invoice": "1001", "Service_Date": dt.date(2026, 10, 20)}, True),
    ({"Invoice": "1001"}, {"Invoice": "1001", "Service": "Adjustment", "Patient": "", "Insurer": ""}, True),
    ({"Invoice": "1001"}, {"Invoice": "1001", "Service": "Payment - Sun Life"}, True),
    ({"Invoice": "1001"}, {"Service": "IMS - credit"}, True),
    ({}, {"Service": "Credit note"}, True),
    ({}, {"Service": "Credit note", "Service_Date": dt.date(2026, 10, 20)}, True),
    ({}, {"Service": "Credit note", "Service_Date": dt.date(2026, 10, 1)}, False),
    ({}, {"Service": "Credit note", "Fee": -20.0}, False),
    ({}, {"Service": "Credit note", "Patient": "Kim Madeup"}, False),
    ({"Invoice": "1001"}, {"Invoice": "1002", "Service": "Credit note"}, False),
    ({"Invoice": "1001"}, {"Invoice": "1001", "Service": "Kinesio tape", "Fee": -15.0}, False),
    ({"Invoice": "1001"}, {"Invoice": "1001", "Service": "Credit note", "Patient": "Kim Madeup"}, False),
    ({}, {"Service": "Massage 30 min", "Practitioner": "Carla Specimen"}, False),
    ({}, {"Invoice": "1002", "Service": "Credit note"}, True),
]


@pytest.mark.parametrize("number", range(len(CREDITS)))
def test_a_visit_that_is_taken_back_in_the_same_file_is_held(tmp_path: Path, number: int) -> None:
    visit, credit, held = CREDITS[number]
    clinic = practice(tmp_path)
    rows = [
        row() | {"Invoice": ""} | {name.replace("_", " "): cell for name, cell in cells.items()}
        for cells in ({**FEE, **visit}, {**BACK, **credit})
    ]
    month = prepare_month(read_texts(clinic, csv_text(rows)), Scope(clinic, month=MONTH, as_of=AS_OF))
    assert outcomes(month)[0] == ("held" if held else "claimed")
    assert outcomes(month)[1] != "claimed"
    if held:
        assert "row 3 (a credit)" in " ".join(messages_of(month, "duplicate-session"))


def test_of_several_visits_nobody_can_tell_which_a_credit_on_account_is_of(tmp_path: Path) -> None:
    clinic = practice(tmp_path)
    rows = [row(Service_Date=dt.date(2026, 10, day)) for day in (5, 12)]
    credit = row(Service="Credit on account", Fee=-95.0, Service_Date=dt.date(2026, 10, 30))
    month = prepare_month(read_texts(clinic, csv_text([*rows, credit])), Scope(clinic, month=MONTH, as_of=AS_OF))
    assert outcomes(month)[:2] == ["claimed", "claimed"]
    ims = credit | {"Service": "IMS"}
    month = prepare_month(read_texts(clinic, csv_text([*rows, ims])), Scope(clinic, month=MONTH, as_of=AS_OF))
    assert outcomes(month) == ["held", "held", "held"]


@pytest.mark.parametrize("name", ["-", "n/a", "???", "none"])
def test_a_patient_without_a_name_is_missing(tmp_path: Path, name: str) -> None:
    clinic = practice(tmp_path)
    month = prepare_month(read_texts(clinic, csv_text([row(Patient=name)])), Scope(clinic, month=MONTH, as_of=AS_OF))
    assert kinds(month) == ["missing-patient"]


def in_its_place(settled: dict[str, Any], left_out: dict[str, Any]) -> bool:
    """Whether two ids of one file, without a start in one, are a cancelled booking and the one in its place."""
    return "Status" in settled and settled["Status"] == "cancelled" and left_out == {"Start": ""}


STAY_TWO: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("another start", {"Start": "09:00"}, {"Start": "15:00", "Billed": "yes"}),
    ("two of one name", {"Birth_Date": "2001-02-03"},
     {"Birth_Date": "2003-02-03", "Member_ID": "000175-02", "Billed": "yes"}),
    ("two of one family", {"Start": ""}, {"Start": "", "Patient": "Bob O'Madeup", "Billed": "yes"}),
    ("two patient numbers", {"Patient_ID": "1", "Member_ID": ""}, {"Patient_ID": "2", "Billed": "yes"}),
    ("another practitioner's massage", {}, {"Practitioner": "Carla Specimen", "Service": "Massage"}),
]  # fmt: skip


def test_two_visits_stay_two(tmp_path: Path) -> None:
    cases = [[one_visit(**one), one_visit(**({"Session_ID": "B"} | other))] for _, one, other in STAY_TWO]
    twice = positions(month_of(tmp_path, apart(cases)), "duplicate-session", cases)
    assert dict(zip((case for case, *_ in STAY_TWO), twice, strict=True)) == {case: [] for case, *_ in STAY_TWO}
    assert positions(month_of(tmp_path, [one_visit(), one_visit(Session_ID="B")]), "duplicate-session", cases[:1]) == [
        [0, 1]
    ], "the same visit twice is told"
