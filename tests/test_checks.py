"""One reproducer per kind of finding, with its exact message; and cases beside it that must not be found."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from ims_billing.checks import CHECKS
from ims_billing.findings import CATALOGUE
from ims_billing.month import prepare_month
from ims_billing.reading.intake import read_files
from tests.practice import AS_OF, MONTH, kinds, month_of, outcomes, practice, row, told, xlsx

Rows = list[dict[str, Any]]
# Their reproducers stand with the tests of tying out.
TIES = ("sale-without-arrival", "arrival-without-sale", "sale-and-arrival-differ", "tie-not-certain")
# And these with the tests of what the ledger remembers.
REMEMBERED = ("changed-since-claimed", "voided", "claimed-session-gone")
OCTOBER = [dt.date(2026, 10, day) for day in range(1, 32)]
GREEN = {"Insurer": "Green Shield", "Member ID": "01-00", "Birth Date": OCTOBER[0], "Relationship": "self"}

# Kind, rows, and what is said of each session that it is found on.
REPRODUCERS: list[tuple[str, Rows, list[str]]] = [
    ("unreadable-service-date", [row(Service_Date="10/05/2026")],
     ['Service Date (column B) holds "10/05/2026", which is not plainly a date.']),
    ("unreadable-fee", [row(Fee="see Ann")], ["Fee (column U) holds text, which is not an amount in whole cents."]),
    ("unreadable-cell", [row(Practitioner="#N/A")], ["Practitioner (column I) holds #N/A."]),
    ("missing-service-date", [row(Service_Date="")], ["The service date is missing."]),
    ("missing-patient", [row(Patient="")], ["The patient's name is missing."]),
    ("missing-practitioner", [row(Practitioner="")], ["The practitioner is missing."]),
    ("missing-service", [row(Service="")], ["The service is missing."]),
    ("missing-insurer", [row(Insurer="")], ["The insurer is missing."]),
    ("missing-fee", [row(Fee="")], ["The fee is missing."]),
    ("missing-policy", [row(Policy_Number="")], ["Sun Life requires a policy number, and the row has none."]),
    ("missing-member", [row(**GREEN) | {"Member ID": ""}],
     ["Green Shield requires a member ID, and the row has none."]),
    ("missing-birth-date", [row(**GREEN) | {"Birth Date": "unknown"}],
     ["Green Shield requires the patient's birth date, and the row has none."]),
    ("missing-relationship", [row(**GREEN) | {"Relationship": "", "Insured Name": "Robin Madeup"}],
     ["Green Shield requires the relationship to the insured, and the row has none."]),
    ("missing-insured", [row(**GREEN) | {"Relationship": "spouse"}, row(**GREEN, Patient="Self Madeup")],
     ["Green Shield requires the insured's name, and the row has none."]),
    ("missing-payer-file-number", [row(Insurer="ICBC")],
     ["ICBC requires its file number of the accident, and the row has none."]),
    ("missing-accident-date", [row(Insurer="WCB", Payer_File_Number="1")],
     ["WorkSafeBC requires the day of the accident, and the row has none."]),
    ("missing-phn", [row(Insurer="MSP", Birth_Date=OCTOBER[0])],
     ["MSP requires the Personal Health Number, and the row has none."]),
    ("status-not-recognised", [row(Status="Tentative")],
     ['The status "Tentative" is not one the program knows.']),
    ("practitioner-not-on-roster", [row(Practitioner="Ann Exampel"), row(Practitioner="Quite Another")],
     ['The practitioner "Ann Exampel" is not in the clinic file. The nearest known one is Ann Example.',
      'The practitioner "Quite Another" is not in the clinic file.']),
    ("insurer-not-known", [row(Insurer="Sunn Lief")],
     ['The insurer "Sunn Lief" is not known. The nearest known one is Sun Life.']),
    ("not-a-physiotherapist", [row(Practitioner="Dev Placeholder"), row(Practitioner="Carla Specimen")],
     ["Dev Placeholder is entered as acupuncturist.", "Carla Specimen is entered as massage-therapist."]),
    ("not-authorised-to-needle",
     [row(Practitioner="Ben Sample", Service_Date=OCTOBER[day - 1], Patient=f"P{day}") for day in (5, 6, 25, 26)],
     ["Ben Sample has no authorisation to needle for 2026-10-05 in the clinic file.",
      "Ben Sample has no authorisation to needle for 2026-10-26 in the clinic file."]),
    ("practitioner-not-registered",
     [row(Practitioner="Ben Sample", Service_Date=OCTOBER[day - 1], Patient=f"P{day}") for day in (10, 11, 19, 20)],
     ["Ben Sample has no registration for 2026-10-11 in the clinic file.",
      "Ben Sample has no registration for 2026-10-19 in the clinic file."]),
    ("duplicate-session", [row(Session_ID="S1"), row(Session_ID="S1"), row(Session_ID="S2", Patient="Other Madeup")],
     ["The same session stands in row 3 too.", "The same session stands in row 2 too."]),
    ("ims-or-acupuncture", [row(Service="IMS/Acupuncture")],
     ['The name "IMS/Acupuncture" says IMS and acupuncture.']),
    ("ims-in-notes-only", [row(Service="Follow-up", Notes="Dry needling to calf")],
     ['The notes speak of IMS, the service is "Follow-up".']),
    ("second-visit-same-day", [row(Start="9:00"), row(Start="15:00", Practitioner="Ben Sample")],
     ["The patient's other physiotherapy visit that day stands in row 3.",
      "The patient's other physiotherapy visit that day stands in row 2."]),
    ("no-fee-in-force", [row(Service_Date=dt.date(2026, 3, 31), Visit="initial", Minutes=45)],
     ["No fee is listed for ims on 2026-03-31 (initial, 45 min)."]),
    ("fee-not-as-listed", [row(Fee=100.0)], ["The fee is $100.00, the list says $95.00."]),
    ("tax-on-session", [row(Tax=4.75)], ["Tax of $4.75 is charged."]),
    ("unusual-frequency", [row(Service_Date=OCTOBER[day - 1]) for day in (5, 8, 11, 18)],
     ["It is one of more than two IMS sessions in seven days."] * 3),
    ("acupuncture-by-physiotherapist", [row(Service="AFCI acupuncture")],
     ['The name "AFCI acupuncture" is acupuncture, and is not billed. If it is IMS: "AFCI acupuncture" = "ims"']),
    ("service-not-recognised", [row(Service="Needling 30")],
     ['The name "Needling 30" is not recognised, and is not billed. If it is IMS: "Needling 30" = "ims"']),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "rows", "messages"), REPRODUCERS, ids=[kind for kind, _, _ in REPRODUCERS])
def test_each_kind_is_found_where_it_is_and_says_what_is_wrong(
    tmp_path: Path, kind: str, rows: Rows, messages: list[str]
) -> None:
    month = month_of(tmp_path, rows, month=None)
    assert told(month, kind) == messages
    found = month.findings[month.findings["kind"] == kind]
    assert set(found["severity"]) == {CATALOGUE[kind].severity}
    assert set(found["fix"]) == {CATALOGUE[kind].fix}
    holds = CATALOGUE[kind].severity == "hold"
    assert set(month.sessions.loc[found["session"], "outcome"]) <= ({"held"} if holds else {"claimed", "not_billed"})


def test_every_kind_of_the_catalogue_has_a_reproducer_and_a_check() -> None:
    assert [kind for kind, _, _ in REPRODUCERS] == [kind for kind in CATALOGUE if kind not in (*TIES, *REMEMBERED)]
    by_reading = {"unreadable-service-date", "missing-service-date", "status-not-recognised"}
    assert set(CHECKS) == set(CATALOGUE) - by_reading - set(TIES)


def test_a_code_that_depends_on_the_visit_is_not_guessed(tmp_path: Path) -> None:
    more = '[[insurer]]\nname = "Manulife"\nservice_code = { initial = "M1", subsequent = "M2" }\n'
    rows = [row(Insurer="Manulife", Visit=visit, Patient=f"P {visit}") for visit in ("", "new", "return")]
    month = month_of(tmp_path, rows, more=more)
    assert told(month, "unreadable-cell") == [
        "Manulife has a service code for each visit, and the row does not say which visit it was."
    ]
    assert list(month.claims["service_code"]) == ["M1", "M2"]


def test_a_session_with_nothing_to_remark_has_no_finding(tmp_path: Path) -> None:
    month = month_of(tmp_path, [row()])
    assert (outcomes(month), kinds(month)) == (["claimed"], [])


def test_a_bad_cell_is_not_called_missing_too(tmp_path: Path) -> None:
    month = month_of(tmp_path, [row(Insurer="#N/A"), row(Fee="x", Patient="B"), row(Patient="#N/A")])
    assert [kinds(month, n) for n in range(3)] == [["unreadable-cell"], ["unreadable-fee"], ["unreadable-cell"]]


def test_severity_can_be_raised_lowered_and_turned_off(tmp_path: Path) -> None:
    more = '[severity]\ntax-on-session = "warn"\nmissing-policy = "off"\nunusual-frequency = "hold"\n'
    month = month_of(tmp_path, [row(Tax=1.0, Policy_Number="")], more=more)
    assert (outcomes(month), kinds(month)) == (["claimed"], ["tax-on-session"])
    often = [row(Service_Date=day) for day in OCTOBER[4:7]]
    assert outcomes(month_of(tmp_path, often, more=more)) == ["held"] * 3


def test_a_physiotherapist_without_a_registration_number_is_not_shown_as_registered(tmp_path: Path) -> None:
    more = """
[[practitioner]]
name = "Fay Unnumbered"
profession = "physiotherapist"
registered = { from = 2015-01-01 }
needling = { from = 2015-01-01 }
"""
    month = month_of(tmp_path, [row(Practitioner="Fay Unnumbered")], more=more)
    assert told(month, "practitioner-not-registered") == [
        "Fay Unnumbered has no registration number in the clinic file."
    ]


@pytest.mark.parametrize(
    ("case", "rows", "expected"),
    [
        ("equal cells without ids are copies", [row(), row()], ["held", "held"]),
        ("one id with other cells is a copy", [row(Session_ID="1"), row(Session_ID="1", Notes="x")], ["held", "held"]),
        ("one start with two ids is one visit", [row(Session_ID="1", Start="9:00"), row(Session_ID="2", Start="9:00")],
         ["held", "held"]),
        ("a patient's id joins what their names part",
         [row(Start="9:00", Patient_ID="P1"), row(Start="9:00", Patient_ID="P1", Patient="Madeup, Pat")],
         ["held", "held"]),
        ("an id in one row and none in the other is one patient",
         [row(Start="9:00", Patient_ID="P1"), row(Start="9:00")], ["held", "held"]),
        ("two patients of one name with ids of their own are two",
         [row(Start="9:00", Patient_ID="P1"), row(Start="9:00", Patient_ID="P2")], ["claimed", "claimed"]),
        ("a rebooked visit beside the cancelled one is no copy",
         [row(Session_ID="1", Start="9:00", Status="cancelled"), row(Session_ID="2", Start="9:00")],
         ["not_billed: cancelled", "claimed"]),
        ("one id that is booked here and arrived there is in doubt",
         [row(Session_ID="1", Status="booked"), row(Session_ID="1", Status="arrived")],
         ["not_billed: not-arrived", "held"]),
    ],
)  # fmt: skip
def test_copies_of_a_session_are_held(tmp_path: Path, case: str, rows: Rows, expected: list[str]) -> None:
    month = month_of(tmp_path, rows)
    assert outcomes(month) == expected, case
    held = {n for n, outcome in enumerate(expected) if outcome == "held"}
    assert all(kinds(month, n) == ["duplicate-session"] for n in held), case


@pytest.mark.parametrize(
    ("case", "rows", "held"),
    [
        ("two ids on one day are two visits", [row(Session_ID="1"), row(Session_ID="2")], [0, 1]),
        ("a physiotherapy visit that this program does not bill counts",
         [row(Start="9:00"), row(Start="11:00", Service="Physiotherapy")], [0]),
        ("one that the patient pays does not",
         [row(Start="9:00"), row(Start="11:00", Service="Physiotherapy", Insurer="Out of pocket")], []),
        ("one that was free does not", [row(Start="9:00"), row(Start="11:00", Service="Physiotherapy", Fee=0)], []),
        ("one that was billed elsewhere counts", [row(Start="9:00"), row(Start="11:00", Billed="yes")], [0]),
        ("a massage does not", [row(), row(Service="Massage", Practitioner="Carla Specimen")], []),
        ("a no-show does not", [row(Start="9:00"), row(Start="11:00", Status="no show")], []),
        ("another patient does not", [row(), row(Patient="Robin Madeup")], []),
        ("another day does not", [row(), row(Service_Date=OCTOBER[20])], []),
    ],
)  # fmt: skip
def test_a_second_physiotherapy_visit_of_a_day_is_held(tmp_path: Path, case: str, rows: Rows, held: list[int]) -> None:
    month = month_of(tmp_path, rows)
    found = month.findings.loc[month.findings["kind"] == "second-visit-same-day", "session"]
    assert sorted(found) == held, case


@pytest.mark.parametrize(
    ("days", "found"),
    [((1, 4, 7), 3), ((1, 4, 8), 0), ((1, 7), 0), ((1, 2, 3, 20), 3), ((1, 5, 9, 11, 12), 4), ((1, 3, 5, 9, 11), 5)],
)
def test_more_than_two_ims_sessions_in_any_seven_days_are_unusual(
    tmp_path: Path, days: tuple[int, ...], found: int
) -> None:
    month = month_of(tmp_path, [row(Service_Date=OCTOBER[day - 1]) for day in days])
    assert len(told(month, "unusual-frequency")) == found


def test_ims_in_notes_counts_only_where_it_could_be_ims(tmp_path: Path) -> None:
    notes = "IMS to upper traps"
    rows = [
        row(Service="Massage", Practitioner="Carla Specimen", Notes=notes),
        row(Service="Physiotherapy", Notes="insurance claims sent; no IMS today"),
        row(Service="Acupuncture", Notes=notes, Patient="B"),
        row(Service="Follow-up", Practitioner="Somebody New", Notes=notes, Patient="C"),
    ]
    month = month_of(tmp_path, rows)
    assert outcomes(month) == ["not_billed: other-service", "not_billed: other-service", "held", "held"]
    assert kinds(month, 3) == ["ims-in-notes-only", "practitioner-not-on-roster"]


def test_a_public_payers_session_may_have_its_fee_or_the_clinics_own(tmp_path: Path) -> None:
    more = '[[fee]]\nservice = "ims"\ninsurer = "ICBC"\namount = 80.00\nfrom = 2026-01-01\n'
    icbc = {"Insurer": "ICBC", "Payer_File_Number": "A1"}
    rows = [row(**icbc, Fee=fee, Patient=f"P{fee}") for fee in (80.0, 95.0, 90.0)]
    month = month_of(tmp_path, [*rows, row(Fee=80.0)], more=more)
    assert outcomes(month) == ["claimed", "claimed", "held", "held"]
    assert list(month.claims["amount_cents"]) == [8000, 8000]


def test_a_fee_that_depends_on_the_visit_is_not_guessed(tmp_path: Path) -> None:
    more = '[[fee]]\nservice = "physiotherapy"\nvisit = "initial"\namount = 130.00\nfrom = 2026-01-01\n'
    rows = [row(Service=name, Fee=130.0) for name in ("Physio initial", "Physio")]
    month = month_of(tmp_path, [rows[0], rows[1] | {"Patient": "B"}], more=more, clinic='bill = ["physiotherapy"]')
    assert outcomes(month) == ["claimed", "held"]
    assert told(month, "no-fee-in-force") == [
        "No fee is listed for physiotherapy on 2026-10-07 (visit not said to be initial or subsequent, "
        "length not said)."
    ]


def test_physiotherapy_by_another_profession_is_never_billed_as_such(tmp_path: Path) -> None:
    month = month_of(
        tmp_path,
        [row(Service="Physiotherapy", Practitioner="Carla Specimen")],
        clinic='bill = ["ims", "physiotherapy"]',
    )
    assert "not-a-physiotherapist" in kinds(month)


@pytest.mark.parametrize(
    ("relationship", "insured", "held"),
    [("self", "", False), ("spouse", "", True), ("child", "", True), ("other", "", True), ("spouse", "Robin", False)],
)
def test_the_insured_is_asked_for_unless_the_patient_is_the_insured(
    tmp_path: Path, relationship: str, insured: str, held: bool
) -> None:
    month = month_of(tmp_path, [row(**GREEN) | {"Relationship": relationship, "Insured Name": insured}])
    assert kinds(month) == (["missing-insured"] if held else [])


def test_sessions_without_a_patient_are_nobodys_second_visit_nor_frequent(tmp_path: Path) -> None:
    rows = [row(Patient="", Session_ID=str(n), Service_Date=OCTOBER[day]) for n, day in enumerate((4, 4, 5, 6))]
    month = month_of(tmp_path, rows)
    assert [kinds(month, n) for n in range(4)] == [["missing-patient"]] * 4


def test_what_did_not_take_place_and_copies_are_not_frequent(tmp_path: Path) -> None:
    days = [row(Service_Date=OCTOBER[4], Session_ID="1"), row(Service_Date=OCTOBER[5], Session_ID="2")]
    for more in (row(Service_Date=OCTOBER[6], Status="no show"), days[1]):
        assert told(month_of(tmp_path, [*days, more]), "unusual-frequency") == []
    elsewhere = row(Service_Date=OCTOBER[6], Billed="yes")
    assert len(told(month_of(tmp_path, [*days, elsewhere]), "unusual-frequency")) == 2


def test_a_tax_that_was_taken_back_is_still_tax(tmp_path: Path) -> None:
    assert told(month_of(tmp_path, [row(Tax=-4.75)]), "tax-on-session") == ["Tax of -$4.75 is charged."]


def test_where_the_insurer_is_not_known_no_fee_is_looked_for(tmp_path: Path) -> None:
    assert kinds(month_of(tmp_path, [row(Insurer="Nobody At All", Fee=1.0)])) == ["insurer-not-known"]


def test_names_of_those_who_may_not_needle_are_nobodys_riddle(tmp_path: Path) -> None:
    rows = [row(Service=name, Practitioner="Carla Specimen") for name in ("Needling 30", "Acupuncture")]
    assert [kinds(month_of(tmp_path, rows), n) for n in range(2)] == [[], []]


def test_other_places_are_named_by_file_where_it_is_another(tmp_path: Path) -> None:
    known = practice(tmp_path)
    files = [xlsx(tmp_path, [row(Start=start)], f"{name}.xlsx") for name, start in (("a", "9:00"), ("b", "15:00"))]
    month = prepare_month(read_files(files, known), known, month=MONTH, as_of=AS_OF)
    assert told(month, "second-visit-same-day") == [
        "The patient's other physiotherapy visit that day stands in row 2 of b.xlsx.",
        "The patient's other physiotherapy visit that day stands in row 2 of a.xlsx.",
    ]
