"""Jane's appointments, sales, clients and policies into sessions: what ties, what does not, and the account."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_billing.clinic.setup_file import load
from ims_billing.month.prepare import Month, Scope, prepare_month
from ims_billing.reading.intake import read_files
from ims_billing.vocabulary.intake import FileRead
from tests.jane import apart, appointment, as_csv, by_case, exports, sale
from tests.practice import (
    AS_OF,
    MONTH,
    clinic_file,
    csv_file,
    examples,
    kinds,
    messages_of,
    outcomes,
    practice,
    row,
    tag,
)

Rows = list[dict[str, Any]]
PAT = {"Payer": "Pat Madeup"}
PAID = {"Status": "paid", "Collected": "95.00", "Balance": "0.00"}
LATER = {"start_at": "2026-10-07 11:00:00 -0700", "end_at": "2026-10-07 11:30:00 -0700", "id": "9002"}
NO_POLICY = '[severity]\nmissing-policy = "off"\n'


def jane(tmp_path: Path, appointments: Rows, sales: Rows, *lists: Path, more: str = NO_POLICY) -> Month:
    clinic = practice(tmp_path, more)
    read = read_files([*exports(tmp_path, appointments, sales), *lists], clinic)
    return prepare_month(read, Scope(clinic, month=MONTH, as_of=AS_OF))


def account(month: Month) -> list[tuple[str, int, int, int, int]]:
    """By file: its layout, and its rows as sessions, repeated, tied and set aside; which must add up."""

    def row(f: FileRead) -> tuple[str, int, int, int, int]:
        assert f.rows == f.sessions + f.repeated + f.tied + f.set_aside
        return (f.layout, f.sessions, f.repeated, f.tied, f.set_aside)

    return [row(f) for f in month.intake.files]


def test_an_appointment_and_its_sale_are_one_session(tmp_path: Path) -> None:
    month = jane(tmp_path, [appointment()], [sale()])
    assert outcomes(month) == ["claimed"]
    session = month.sessions.iloc[0]
    assert (session["session_id"], session["start"], session["minutes"], session["visit"]) == (
        "9001",
        540,
        30,
        "subsequent",
    )
    assert (session["insurer_name"], session["fee_cents"], session["patient"]) == ("Sun Life", 9500, "Pat Madeup")
    assert account(month) == [("jane-appointments", 1, 0, 0, 0), ("jane-sales", 0, 0, 1, 0)]


# A report has rows: somebody else's massage, with its outcome.
ELSE, AWAY = sale(Patient_Guid="g-9", Patient="Else Madeup", Item="Massage"), "not_billed: other-service"
TIES: list[tuple[str, Rows, Rows, list[str], list[str]]] = [
    ("a receipt's name may differ from the schedule's", [appointment(treatment_name="IMS Follow-up")],
     [sale(Item="IMS Acupuncture")], ["claimed"], []),
    ("a visit split over two payers is one session", [appointment()],
     [sale(Subtotal="75.00"), sale(**PAT, Subtotal="20.00", Collected="20.00", Status="paid")], ["claimed"], []),
    ("without a guid the name ties, however it is written", [appointment(patient_guid="")],
     [sale(Patient_Guid="", Patient="Madeup, Pat*")], ["claimed"], []),
    ("a staff name with a profession is the same person", [appointment()],
     [sale(Staff_Member="Ann Example (Registered Physiotherapist)")], ["claimed"], []),
    ("two visits of a day with two names tie by name",
     [appointment(), appointment(treatment_name="Massage", staff_member_name="Carla Specimen", **LATER)],
     [sale(Item="Massage", Staff_Member="Carla Specimen"), sale()], ["claimed", "not_billed: other-service"], []),
    ("a paid insurer's line is already paid", [appointment()], [sale(**PAID)], ["not_billed: already-paid"], []),
    ("only the patient's line is self-pay", [appointment()], [sale(**PAT, **PAID)], ["not_billed: self-pay"], []),
    ("no charge", [appointment()], [sale(Subtotal="0.00", Total="0.00", Status="No Charge")],
     ["not_billed: no-charge"], []),
    ("a refunded sale", [appointment()], [sale(Status="refunded")], ["not_billed: refunded"], []),
    ("a no-show needs no sale", [appointment(state="no_show")], [ELSE], ["not_billed: no-show", AWAY], []),
    ("every state of Jane's is known, and only an arrived one took place",
     [appointment(id=str(n), state=state) for n, state in enumerate(
         ("booked", "cancelled", "rescheduled", "no_show", "archived", "never_booked", "in-progress", "deleted"))],
     [ELSE], ["not_billed: not-arrived", "not_billed: cancelled", "not_billed: not-arrived", "not_billed: no-show",
              *["not_billed: not-arrived"] * 4, AWAY], []),
    ("a later version of an invoice stands", [appointment()],
     [sale(Subtotal="90.00"), sale(Invoice="1001-P02")], ["claimed"], []),
    ("a credit takes the line back, and the new version stands", [appointment()],
     [sale(Subtotal="90.00"), sale(Invoice="1001-C01", Subtotal="-90.00"), sale(Invoice="1001-P02")], ["claimed"], []),
    ("a patient's new invoice leaves the insurer's alone", [appointment()],
     [sale(Invoice="1001-I01", Subtotal="75.00"), sale(**PAT, Subtotal="15.00"),
      sale(**PAT, Invoice="1001-P02", Subtotal="20.00")], ["claimed"], []),
    ("what an insurer is billed is its line, whatever the letter", [appointment()],
     [sale(Invoice="1001-C01", Subtotal="75.00"), sale(**PAT, Invoice="1001-P03", Subtotal="20.00")], ["claimed"], []),
    ("a credit alone takes the session back", [appointment()],
     [sale(), sale(Invoice="1001-C01", Subtotal="(95.00)")], ["not_billed: refunded"], []),
    ("a refund by its suffix takes the session back", [appointment()],
     [sale(), sale(Invoice="1001-P01-refund", Subtotal="-$95.00")], ["not_billed: refunded"], []),
    ("a refund of the whole invoice takes the session back", [appointment()],
     [sale(), sale(Invoice="1001-refund", Subtotal="-95.00", Status="refunded")], ["not_billed: refunded"], []),
    ("a refund of part of the whole invoice is no refund of the visit", [appointment()],
     [sale(), sale(Invoice="1001-refund", Subtotal="-20.00")], ["held"], ["sale-and-arrival-differ"]),
    ("a refund as a negative line takes the session back", [appointment()],
     [sale(), sale(Subtotal="-95.00")], ["not_billed: refunded"], []),
    ("a part that is refunded is no refund of the visit", [appointment()],
     [sale(), sale(Invoice="1001-P01-refund", Subtotal="-20.00")], ["held"], ["sale-and-arrival-differ"]),
    ("a credit of the day under an item and invoice of its own", [appointment()],
     [sale(), sale(Invoice="1002-P01", Item="Adjustment", Subtotal="-20.00")], ["held", "not_billed: refunded"],
     ["sale-and-arrival-differ"]),
    ("a credit that names no staff member", [appointment()],
     [sale(), sale(Invoice="1002-P01", Item="Discount", Payer="Pat Madeup", Staff_Member="", Subtotal="-20.00")],
     ["held", "not_billed: refunded"], ["sale-and-arrival-differ"]),
    ("a credit of somebody else's visit", [appointment()],
     [sale(), sale(Invoice="1002-P01", Item="Massage", Staff_Member="Carla Specimen", Subtotal="-20.00")],
     ["claimed", "not_billed: refunded"], []),
    ("a credit of a part is none either, as a later version or a line", [appointment()],
     [sale(), sale(Invoice="1001-P02", Subtotal="-20.00", Status="refunded")], ["held"], ["sale-and-arrival-differ"]),
    ("parts that are the whole take the session back", [appointment()],
     [sale(), sale(Subtotal="-50.00"), sale(Invoice="1001-P01-refund", Subtotal="-45.00")], ["not_billed: refunded"],
     []),
    ("a refund that states no amount is of the whole", [appointment()],
     [sale(), sale(Invoice="1001-P01-refund", Subtotal="0.00")], ["not_billed: refunded"], []),
    ("the insurer's line is of nothing, and the patient's of all", [appointment()],
     [sale(Subtotal="0.00", Total="0.00", Status="no charge"), sale(**PAT)], ["held"], ["sale-and-arrival-differ"]),
    ("the same where the insurer was billed before, and the patient has paid", [appointment()],
     [sale(), sale(Invoice="1001-P02", Subtotal="0.00", Total="0.00"), sale(**PAT, **PAID)], ["held"],
     ["sale-and-arrival-differ"]),
    ("a sale without an appointment", [appointment(patient_guid="g-2", state="cancelled")], [sale()],
     ["not_billed: cancelled", "held"], ["sale-without-arrival"]),
    ("a sale of a visit that was a no-show", [appointment(state="no_show")], [sale()],
     ["not_billed: no-show", "held"], ["sale-without-arrival"]),
    ("a visit without a sale", [appointment()], [sale(Patient_Guid="g-2", Item="Massage")],
     ["held", "not_billed: other-service"], ["arrival-without-sale"]),
    ("a massage without a sale is nobody's concern", [appointment(treatment_name="Massage")],
     [sale(Patient_Guid="g-2", Item="Massage")], ["not_billed: other-service"] * 2, []),
    ("another staff member on the sale", [appointment()], [sale(Staff_Member="Ben Sample")], ["held"],
     ["sale-and-arrival-differ"]),
    ("two visits of one name and two sales", [appointment(), appointment(**LATER)],
     [sale(), sale(Invoice="1002-P01")], ["held", "held"], ["tie-not-certain"]),
    ("one visit and two sales that both could be its", [appointment(treatment_name="IMS")],
     [sale(Item="IMS Acupuncture"), sale(Item="Dry Needling", Invoice="1002-P01")], ["held", "held"],
     ["sale-without-arrival", "tie-not-certain"]),
    ("two visits and one sale", [appointment(), appointment(**LATER)], [sale()], ["held", "held"],
     ["arrival-without-sale", "tie-not-certain"]),
    ("two names on one day with one staff member tie by name",
     [appointment(), appointment(treatment_name="Massage", **LATER)], [sale(Item="Massage"), sale()],
     ["claimed", "not_billed: other-service"], []),
    ("a sale that is tied is not another visit's too",
     [appointment(), appointment(treatment_name="IMS Follow-up", **LATER)], [sale()], ["held", "held"],
     ["arrival-without-sale"]),
    ("the sale has no guid, and the appointment has one", [appointment()], [sale(Patient_Guid="")], ["claimed"], []),
    ("each visit says what is uncertain or differs about its own sale",
     [appointment(patient_guid="g-2", id="9", start_at="2026-10-07 08:00:00 -0700"), appointment(),
      appointment(**LATER)],
     [sale(Patient_Guid="g-2", Staff_Member="Ben Sample"), sale(), sale(Invoice="1002-P01")], ["held"] * 3,
     ["sale-and-arrival-differ", "tie-not-certain"]),
    ("what is certain of one patient stays so beside what is not of another",
     [appointment(patient_guid="g-2", patient_first_name="Sam", start_at="2026-10-07 08:00:00 -0700", id="9"),
      appointment(),
      appointment(**LATER)],
     [sale(Patient_Guid="g-2", Patient="Sam Madeup"), sale(), sale(Invoice="1002-P01")], ["claimed", "held", "held"],
     ["tie-not-certain"]),
    ("the sale is of another service than the visit", [appointment()], [sale(Item="Massage")], ["held"],
     ["sale-and-arrival-differ"]),
    ("the receipt says only what IMS is billed as", [appointment()], [sale(Item="Physiotherapy")], ["claimed"], []),
    ("the visit is of another service than the sale", [appointment(treatment_name="Physiotherapy")], [sale()],
     ["held"], ["sale-and-arrival-differ"]),
    ("the sale's name leaves open what the visit's does not", [appointment()], [sale(Item="IMS / massage")], ["held"],
     ["sale-and-arrival-differ"]),
    ("two services that are not billed here", [appointment(treatment_name="Massage")], [sale(Item="Physiotherapy")],
     ["not_billed: other-service"], []),
    ("an insurer's line that is paid in part", [appointment()],
     [sale(Status="partially paid", Collected="50.00", Balance="45.00")], ["held"], ["sale-and-arrival-differ"]),
    ("a part collected under another status", [appointment()], [sale(Collected="50.00", Balance="45.00")], ["held"],
     ["sale-and-arrival-differ"]),
    ("a part no longer owed", [appointment()], [sale(Balance="45.00")], ["held"], ["sale-and-arrival-differ"]),
    ("a patient's line that is paid in part", [appointment()],
     [sale(Subtotal="75.00"), sale(**PAT, Subtotal="20.00", Collected="5.00", Status="partially paid")], ["claimed"],
     []),
    ("no charge, and an amount", [appointment()], [sale(Status="no charge")], ["held"], ["sale-and-arrival-differ"]),
    ("two insurers on one visit", [appointment()], [sale(Subtotal="50.00"), sale(Payer="Manulife", Subtotal="45.00")],
     ["held"], ["tie-not-certain"]),
]  # fmt: skip


def test_what_ties_and_what_does_not(tmp_path: Path) -> None:
    month = jane(tmp_path, *apart([(appointments, sales) for _, appointments, sales, _, _ in TIES]))
    ties = {"sale-without-arrival", "arrival-without-sale", "sale-and-arrival-differ", "tie-not-certain"}
    for (case, _, _, wanted, kinds_held), (became, of_case) in zip(TIES, by_case(len(TIES), month), strict=True):
        assert became == wanted, case
        assert sorted(ties & set(of_case)) == kinds_held, case
    account(month)


# A cell of an arrived appointment, and whether the visit is held for it.
CONTRADICTED = [
    *[(column, "2026-10-06 18:00:00 -0700", True) for column in ("cancelled_at", "no_show_at", "archived_at")],
    ("archived_at", "true", True), ("break", "true", True), ("break", "false", False), ("cancelled_at", "", False),
    ("no_show_at", "-", False),
]  # fmt: skip


def test_what_contradicts_an_arrived_state_holds_the_visit(tmp_path: Path) -> None:
    arrived = [([appointment(**{column: cell})], [sale()]) for column, cell, _ in CONTRADICTED]
    cancelled = [([appointment(state="cancelled", **{column: cell})], [sale()]) for column, cell, _ in CONTRADICTED]
    for (column, cell, held), case in zip(
        CONTRADICTED, by_case(len(arrived), jane(tmp_path, *apart(arrived))), strict=True
    ):
        assert case == ((["held"], ["status-not-recognised"]) if held else (["claimed"], [])), (column, cell)
    for became, _ in by_case(len(cancelled), jane(tmp_path, *apart(cancelled))):
        assert became[0] != "held"


def test_a_clinics_word_for_a_status_counts_in_janes_appointments_too(tmp_path: Path) -> None:
    seen = [appointment(state="Seen by PT")], [sale()]
    own = f'{NO_POLICY}\n[words.status]\n"Seen by PT" = "arrived"\n'
    [(became, why)] = by_case(1, jane(tmp_path, *apart([seen])))
    assert ("claimed" not in became, "status-not-recognised" in why) == (True, True)
    assert by_case(1, jane(tmp_path, *apart([seen]), more=own)) == [(["claimed"], [])]


RECEIPTS = [
    ("Physiotherapy Services", "claimed"), ("Physiotherapy", "claimed"), ("Physio - 30 min (Follow-up)", "claimed"),
    ("Physiothérapie", "claimed"), ("Hands-on Rehab", "claimed"), ("IMS", "claimed"), ("Physio Consult", "held"),
    ("Physiotherapy Assessment", "held"), ("Physio / Massage", "held"), ("Acupuncture", "held"),
    ("Physiotherapy - Acupuncture", "held"), ("Massage", "held"), ("Services", "held"), ("Shockwave", "held"),
    ("Kinesiology", "held"), ("Physio + Laser", "held"),
]  # fmt: skip


def test_a_receipt_in_the_words_that_ims_is_billed_under_contradicts_no_ims(tmp_path: Path) -> None:
    clinic_path = clinic_file(tmp_path, NO_POLICY)
    written = clinic_path.read_text(encoding="utf-8")
    described = written.replace('code = "PHYSIO"', 'code = "PHYSIO"\ndescription = "Hands-on Rehab"')
    clinic_path.write_text(described, encoding="utf-8")
    clinic = load(clinic_path)
    read = read_files(exports(tmp_path, *apart([([appointment()], [sale(Item=item)]) for item, _ in RECEIPTS])), clinic)
    month = prepare_month(read, Scope(clinic, month=MONTH, as_of=AS_OF))
    for (item, outcome), case in zip(RECEIPTS, by_case(len(RECEIPTS), month), strict=True):
        assert case == ([outcome], ["sale-and-arrival-differ"] if outcome == "held" else []), item


def test_the_messages_name_the_row_of_the_sale(tmp_path: Path) -> None:
    month = jane(tmp_path, [appointment()], [sale(Staff_Member="Ben Sample")])
    assert messages_of(month, "sale-and-arrival-differ") == [
        "The sale in Sales_20261001_20261031.csv, row 2 names another staff member than the appointment."
    ]


def test_a_sale_that_stands_alone_is_a_session_with_all_that_the_sale_says(tmp_path: Path) -> None:
    booked = [
        appointment(patient_guid="g-9", state="cancelled"),
        appointment(patient_guid="g-2", state="no_show", id="9"),
    ]
    split = [sale(Subtotal="55.00"), *(sale(**PAT, Subtotal="20.00") for _ in range(2))]
    split = [line | {"Location": "North"} for line in split]
    other = [sale(Patient_Guid="g-2", Invoice="1002-P01"), sale(**PAT, Patient_Guid="g-2", Invoice="1002-P01")]
    back = [sale(Patient_Guid="g-3", Invoice="1003-P01", Status="refunded")]
    month = jane(tmp_path, booked, [*split, *other, *back])
    assert outcomes(month) == ["not_billed: cancelled", "not_billed: no-show", "held", "held", "not_billed: refunded"]
    alone = month.sessions.iloc[2]
    report = "Sales_20261001_20261031.csv"
    places = ["file", "row", "patient", "patient_id", "practitioner", "service_name", "status", "location", "fee_cents"]
    assert list(alone[places]) == [report, 3, "Pat Madeup", "g-1", "Ann Example", "IMS", "arrived", "North", 9500]
    assert (alone["sheet"], alone["beside"]) == ("", f"{report}\t\t2\n{report}\t\t4")
    assert account(month)[1] == ("jane-sales", 3, 0, 3, 0)
    stands = "The sale stands alone: {}, or another sale matches it."
    assert messages_of(month, "sale-without-arrival") == [
        stands.format("there is no appointment that day"),
        stands.format("the appointment that day did not take place"),
    ]


def test_a_tied_session_keeps_the_rows_of_its_sale(tmp_path: Path) -> None:
    month = jane(tmp_path, [appointment()], [sale(Subtotal="75.00"), sale(**PAT, Subtotal="20.00")])
    report = "Sales_20261001_20261031.csv"
    assert list(month.sessions["beside"]) == [f"{report}\t\t2\n{report}\t\t3"]


def test_visits_that_cannot_be_told_apart_are_tied_in_their_order(tmp_path: Path) -> None:
    """By hour, then by id: the report's own order of rows is nothing."""
    hours = {"17": "9001", "09": "9003", "11": "9002"}
    visits = [appointment(id=number, start_at=f"2026-10-07 {hour}:00:00 -0700") for hour, number in hours.items()]
    sales = [sale(Invoice=f"100{n}-P01", Subtotal=f"9{n}.00") for n in (3, 1, 2)]
    sessions = jane(tmp_path, visits, sales).sessions
    assert dict(zip(sessions["session_id"], sessions["fee_cents"], strict=True)) == {
        "9003": 9100, "9002": 9200, "9001": 9300,
    }  # fmt: skip
    together = [appointment(id=number) for number in ("9002", "9001")]
    sessions = jane(tmp_path, together, sales[1:]).sessions
    assert dict(zip(sessions["session_id"], sessions["fee_cents"], strict=True)) == {"9001": 9100, "9002": 9200}


def test_a_visit_without_a_sale_says_so(tmp_path: Path) -> None:
    month = jane(tmp_path, [appointment()], [ELSE])
    assert messages_of(month, "arrival-without-sale") == [
        "The visit took place, and no sale of that patient, day and staff member is left for it."
    ]


def test_a_cell_of_the_appointment_that_cannot_be_read_is_told_beside_what_the_sale_says(tmp_path: Path) -> None:
    bad = appointment(start_at="soon", id="9")
    month = jane(tmp_path, [bad, appointment()], [sale(Staff_Member="Ben Sample")])
    assert list(month.findings["kind"]) == ["unreadable-service-date", "sale-and-arrival-differ"]


@pytest.mark.parametrize("report", ["appointments", "sales"])
def test_one_report_alone_misses_nothing_in_the_other(tmp_path: Path, report: str) -> None:
    clinic = practice(tmp_path, NO_POLICY)
    appointments, sales = exports(tmp_path, [appointment()], [sale()])
    read = read_files([appointments if report == "appointments" else sales], clinic)
    month = prepare_month(read, Scope(clinic, month=MONTH, as_of=AS_OF))
    assert not {"arrival-without-sale", "sale-without-arrival"} & set(month.findings["kind"])


def test_a_chart_that_is_not_signed_is_pointed_out(tmp_path: Path) -> None:
    month = jane(tmp_path, [appointment(chart_status="unsigned")], [sale()])
    assert messages_of(month, "chart-not-signed") == ["The chart of the visit is not signed."]
    assert outcomes(month) == ["claimed"]
    assert messages_of(jane(tmp_path, [appointment()], [sale()]), "chart-not-signed") == []


def test_the_appointment_says_which_visit_it_is(tmp_path: Path) -> None:
    wanted = {"true": "initial", "false": "subsequent", "": ""}
    sessions = jane(tmp_path, *apart([([appointment(first_visit=first)], [sale()]) for first in wanted])).sessions
    by = {first: "the appointment's first visit" if visit else "" for first, visit in wanted.items()}
    assert list(sessions["visit"]) == [*wanted.values()]
    assert list(sessions["visit_evidence"]) == [*by.values()]


def test_a_sale_of_which_a_part_was_taken_back_is_held(tmp_path: Path) -> None:
    lines = [sale(Subtotal="75.00"), sale(**PAT, Subtotal="20.00")]
    month = jane(tmp_path, [appointment()], [*lines, sale(**PAT, Subtotal="-20.00", Invoice="1001-C01")])
    assert "sale-and-arrival-differ" in kinds(month)
    assert outcomes(month) == ["held"]


def test_a_line_whose_amount_cannot_be_read_is_not_taken_for_paid(tmp_path: Path) -> None:
    month = jane(tmp_path, [appointment()], [sale(Subtotal="see Ann", Total="", Balance="0.00", Status="unpaid")])
    assert (outcomes(month), kinds(month)) == (["held"], ["unreadable-fee"])


def test_a_line_that_is_settled_is_paid_whatever_its_status_says(tmp_path: Path) -> None:
    line = sale(Status="unpaid", Balance="0.00", Collected="95.00")
    assert outcomes(jane(tmp_path, [appointment()], [line])) == ["not_billed: already-paid"]


# A policy's first and last day, and what it lends to a visit of 7 October.
COUNTS = [("2026-10-07", "2026-10-07", "00123"), ("2026-10-08", "", ""), ("", "2026-10-06", ""), ("", "", "00123")]


def test_a_policy_counts_from_its_first_day_to_its_last(tmp_path: Path) -> None:
    lines = [
        {"Patient Guid": f"g-1{tag(n)}", "Insurer": "Sun Life", "Policy #": "00123", "From": begins, "Until": ends}
        for n, (begins, ends, _) in enumerate(COUNTS)
    ]
    reports = apart([([appointment()], [sale()])] * len(COUNTS))
    month = jane(tmp_path, *reports, as_csv(tmp_path, "policies.csv", lines, []))
    assert list(month.sessions["policy"]) == [policy for *_, policy in COUNTS]


def test_money_comes_from_all_payers_and_says_what_the_patient_paid(tmp_path: Path) -> None:
    lines = [sale(Subtotal="75.00"), sale(**PAT, Subtotal="20.00", Collected="20.00", Status="paid", Balance="0")]
    session = jane(tmp_path, [appointment()], lines).sessions.iloc[0]
    assert (session["fee_cents"], session["patient_paid_cents"], session["insurer"]) == (9500, 2000, "Sun Life")


def test_tax_is_read_with_and_without_tax_columns(tmp_path: Path) -> None:
    with_columns = {**sale(), "GST": "4.75", "PST": "0.00", "Total": "99.75"}
    for line in (with_columns, sale(Total="99.75")):
        month = jane(tmp_path, [appointment()], [line])
        assert messages_of(month, "tax-on-session") == ["Tax of $4.75 is charged."]


def test_products_packages_fees_and_breaks_are_set_aside_with_the_reason(tmp_path: Path) -> None:
    breaks = appointment(patient_guid="", patient_first_name="", patient_last_name="", treatment_name="", id="1")
    others = [
        sale(Item="Foam roller", Staff_Member="", Income_Category="Products"),
        sale(Item="IMS package of 5", Income_Category="Packages"),
        sale(Item="No Show Fee", Income_Category="Fees"),
    ]
    month = jane(tmp_path, [appointment(), breaks | {"break": "true"}], [sale(), *others])
    assert account(month) == [("jane-appointments", 1, 0, 0, 1), ("jane-sales", 0, 0, 1, 3)]
    assert [a.reason for f in month.intake.files for a in f.asides] == [
        "a break or blocked time", "product, no visit", "package, no visit", "fee, no visit",
    ]  # fmt: skip
    assert "row 4 is a package that names IMS" in month.intake.files[1].remarks[-1]


def test_lists_of_clients_and_policies_add_what_is_missing(tmp_path: Path) -> None:
    clients = as_csv(tmp_path, "clients.csv", [
        {"patient_guid": "g-1", "First Name": "Pat", "Last Name": "Madeup", "Birth Date": "1980-01-31"},
        {"patient_guid": "g-9", "First Name": "Nobody", "Last Name": "Here", "Birth Date": "1980-01-31"},
    ], [])  # fmt: skip
    policies = as_csv(tmp_path, "policies.csv", [
        {"Patient Guid": "g-1", "Insurer": "SunLife", "Policy #": "00123", "Member ID": "07-00", "Until": ""},
        {"Patient Guid": "g-1", "Insurer": "SunLife", "Policy #": "00999", "Member ID": "", "Until": "2026-09-30"},
        {"Patient Guid": "g-1", "Insurer": "Manulife", "Policy #": "555", "Member ID": "", "Until": ""},
    ], [])  # fmt: skip
    month = jane(tmp_path, [appointment()], [sale()], clients, policies, more="")
    assert outcomes(month) == ["claimed"]
    claim = month.claims.iloc[0]
    assert (claim["policy"], claim["member"], str(claim["birth_date"].date())) == ("00123", "07-00", "1980-01-31")
    assert account(month)[2:] == [("jane-clients", 0, 0, 1, 1), ("policies", 0, 0, 1, 2)]


def test_a_birth_date_that_janes_reports_do_not_have_is_in_the_list_of_clients(tmp_path: Path) -> None:
    more = '[[insurer]]\nname = "Manulife"\nrequires = ["birth-date"]\n'
    client = {"patient_guid": "g-1", "First Name": "Pat", "Last Name": "Madeup", "Birth Date": "1980-01-31"}
    clients = as_csv(tmp_path, "clients.csv", [client], [])
    rows = [appointment()], [sale(Payer="Manulife")]
    month = jane(tmp_path, *rows, more=more)
    assert "name the list of clients too" in month.findings.set_index("kind")["fix"]["missing-birth-date"]
    assert outcomes(jane(tmp_path, *rows, clients, more=more)) == ["claimed"]


# The second insurer's lines in a list of policies, and the numbers that a visit with its sale line is given.
OF_SECOND: list[tuple[list[dict[str, str]], tuple[str, str]]] = [
    ([{"Policy #": "555", "Member ID": "9-01"}], ("555", "9-01")),
    ([{"Policy #": "555", "Member ID": "9-01"}, {"Policy #": "555", "Member ID": "9-02"}], ("555", "")),
    ([{"Policy #": "555", "Member ID": "9-01", "Until": "2026-09-30"}], ("", "")),
    ([{"Policy #": "555", "Member ID": "9-01", "Insurer": "Canada Life"}], ("", "")),
    ([], ("", "")),
]


def test_a_list_of_policies_numbers_the_second_plan_of_a_visit_too(tmp_path: Path) -> None:
    cases, policies = [], []
    for number, (second, _) in enumerate(OF_SECOND):
        cases.append(([appointment()], [sale(Payer="Manulife", Subtotal="75.00"), sale(Subtotal="20.00")]))
        first = {"Insurer": "Manulife", "Policy #": "00123", "Member ID": "07-00"}
        lines = [first, *({"Insurer": "Sun Life"} | line for line in second)]
        policies += [{"Patient Guid": f"g-1{tag(number)}", "Until": "", **line} for line in lines]
    appointments, sales = apart(cases)
    month = jane(tmp_path, appointments, sales, as_csv(tmp_path, "policies.csv", policies, []), more="")
    numbers = ["policy", "member", "secondary_insurer", "secondary_policy", "secondary_member"]
    given = [tuple(row) for row in month.intake.sessions[numbers].itertuples(index=False)]
    assert given == [("00123", "07-00", "Sun Life", *second) for _, second in OF_SECOND]


@pytest.mark.parametrize("insurer", [{"Insurer": "Sun Life"}, {}], ids=["named", "by the policy"])
def test_a_namesakes_policy_who_was_born_on_another_day_is_lent_to_nobody(
    tmp_path: Path, insurer: dict[str, str]
) -> None:
    policies = as_csv(tmp_path, "policies.csv", [
        {"Patient": "Pat Madeup", "Birth Date": "1999-01-01", "Insurer": "Sun Life", "Policy #": "999"},
        {"Patient": "Pat Madeup", "Birth Date": "1980-01-31", "Insurer": "Sun Life", "Policy #": "123"},
        {"Patient": "Kim Other", "Birth Date": "1999-01-01", "Insurer": "Sun Life", "Policy #": "777"},
    ], [])  # fmt: skip
    visit = {"Service Date": "2026-10-07", "Practitioner": "Ann Example", "Service": "IMS", "Fee": 95, **insurer}
    visits = [{"Patient": name, "Birth Date": "1980-01-31", **visit} for name in ("Pat Madeup", "Kim Other")]
    read = read_files([as_csv(tmp_path, "visits.csv", visits, []), policies], practice(tmp_path))
    assert read.sessions["policy"].tolist() == ["123", ""]
    assert read.sessions["insurer"].tolist() == ["Sun Life", "Sun Life" if insurer else ""]


def test_policies_that_disagree_add_nothing(tmp_path: Path) -> None:
    policies = as_csv(tmp_path, "policies.csv", [
        {"Patient": "Madeup, Pat", "Insurer": "Sun Life", "Policy #": number} for number in ("1", "2")
    ], [])  # fmt: skip
    month = jane(tmp_path, [appointment()], [sale()], policies, more="")
    assert kinds(month) == ["missing-policy"]


def test_overlapping_appointment_exports_count_once(tmp_path: Path) -> None:
    clinic = practice(tmp_path, NO_POLICY)
    again = as_csv(tmp_path, "B_Appointments.csv", [appointment(), appointment(**LATER, patient_guid="g-2")], [])
    month = prepare_month(
        read_files([*exports(tmp_path, [appointment()], [sale()]), again], clinic),
        Scope(clinic, month=MONTH, as_of=AS_OF),
    )
    assert account(month) == [
        ("jane-appointments", 2, 0, 0, 0), ("jane-appointments", 0, 1, 0, 0), ("jane-sales", 0, 0, 1, 0),
    ]  # fmt: skip


def test_overlapping_sales_count_once_and_one_that_differs_does_not(tmp_path: Path) -> None:
    files = exports(tmp_path, [appointment()], [sale()])
    again = as_csv(tmp_path, "Z_Sales.csv", [sale(), sale(Purchase_Date="2026-10-08", Invoice="1002-P01")], [])
    clinic = practice(tmp_path, NO_POLICY)
    scope = Scope(clinic, month=MONTH, as_of=AS_OF)
    month = prepare_month(read_files([*files, again], clinic), scope)
    # The second sale of the other export has no appointment.
    assert outcomes(month) == ["claimed", "held"]
    assert account(month)[1:] == [("jane-sales", 0, 0, 1, 0), ("jane-sales", 1, 1, 0, 0)]
    changed = as_csv(tmp_path, "Z_Sales.csv", [sale(Subtotal="90.00")], [])
    assert "claimed" not in outcomes(prepare_month(read_files([*files, changed], clinic), scope))


def test_a_patients_invoice_that_was_refunded_is_no_part_of_the_fee(tmp_path: Path) -> None:
    patients = {"Payer": "Pat Madeup", "Invoice": "1001-P01", "Status": "paid", "Collected": "95.00", "Balance": "0.00"}
    refund = {"Payer": "Pat Madeup", "Invoice": "1001-P01-refund", "Subtotal": "-95.00"}
    month = jane(
        tmp_path, [appointment()], [sale(Invoice="1001-C01"), sale(**patients), sale(**refund)], more=NO_POLICY
    )
    assert (outcomes(month), kinds(month)) == (["held"], ["sale-and-arrival-differ"])
    assert month.sessions[["fee_cents", "patient_paid_cents"]].to_numpy().tolist() == [[9500, 0]]


@pytest.mark.parametrize("payer", ["Self", "Patient", "The client", "Self-pay", "Pat Madeup"])
def test_a_payer_that_is_a_word_for_the_patient_is_the_patient(tmp_path: Path, payer: str) -> None:
    patients = {"Payer": payer, "Invoice": "1001-P01", "Subtotal": "20.00", "Status": "paid", "Collected": "20.00"}
    [alone, shared] = [[sale(**patients)], [sale(Invoice="1001-C01", Subtotal="75.00"), sale(**patients)]]
    month = jane(tmp_path, [appointment()], alone, more=NO_POLICY)
    assert month.sessions["reason"].tolist() == ["self-pay"]
    month = jane(tmp_path, [appointment()], shared, more=NO_POLICY)
    assert (outcomes(month), month.claims["amount_cents"].tolist()) == (["claimed"], [9500])
    assert month.sessions[["insurer", "secondary_insurer", "patient_paid_cents"]].to_numpy().tolist() == [
        ["Sun Life", "", 2000]
    ]


@pytest.mark.parametrize(
    ("credit", "became"),
    [
        ({"Purchase Date": "2026-10-20"}, "not_billed: refunded"), ({"Item": ""}, "held"),
        ({"Item": "IMS refund"}, "held"),
        ({"Item": "Adjustment"}, "held"), ({"Item": "Account credit"}, "held"),
        ({"Payer": "SunLife"}, "not_billed: refunded"), ({}, "not_billed: refunded"),
    ],
)  # fmt: skip
def test_a_refund_of_the_invoice_is_seen_wherever_it_stands(
    tmp_path: Path, credit: dict[str, Any], became: str
) -> None:
    refund = {**sale(Invoice="1001-refund", Subtotal="-95.00", Status="refunded"), **credit}
    month = jane(tmp_path, [appointment()], [sale(), refund], more=NO_POLICY)
    assert outcomes(month)[0] == became
    later = as_csv(tmp_path, "later.csv", [refund], list(refund))
    month = jane(tmp_path, [appointment()], [sale()], later, more=NO_POLICY)
    assert outcomes(month)[0] == "held", "in a report of its own"


def test_a_policy_lends_nothing_to_a_session_whose_own_numbers_say_otherwise(tmp_path: Path) -> None:
    listed = {"Patient": "Pat Madeup", "Insurer": "Sun Life", "Policy Number": "P9", "Member ID": "M9",
              "Payer File Number": "F9", "Accident Date": "2026-01-05", "Insured Name": "Sky Relative"}  # fmt: skip
    policies, clinic = csv_file(tmp_path, [listed], "p.csv"), practice(tmp_path)
    own: list[dict[str, Any]] = [
        {"Policy_Number": "p-9"}, {"Member_ID": "M1"}, {"Policy_Number": "P5"}, {"Payer_File_Number": "F1"},
        {"Accident_Date": "2026-09-20"},
    ]  # fmt: skip
    lent = [
        read_files([csv_file(tmp_path, [row(**{"Policy_Number": ""} | cells)], "s.csv"), policies], clinic)
        .sessions["insured"].tolist()
        for cells in own
    ]  # fmt: skip
    assert lent == [["Sky Relative"], [""], [""], [""], [""]]


def test_one_report_alone_says_which_is_missing(tmp_path: Path) -> None:
    clinic = practice(tmp_path)
    appointments, sales = exports(tmp_path, [appointment()], [sale()])
    assert read_files([appointments], clinic).missing[0].startswith("Jane's Sales report is missing")
    assert read_files([sales], clinic).missing[0].startswith("Jane's Appointments report is missing")
    assert read_files([appointments, sales], clinic).missing == ()
    policies = as_csv(
        tmp_path, "policies.csv", [{"Patient Guid": "g-1", "Insurer": "Sun Life", "Policy Number": "1"}], []
    )
    assert read_files([policies], clinic).missing == (
        "policies.csv: a list of patients, without sessions. Name the month's session export too.",
    )


PEOPLE = st.sampled_from(["g-1", "g-2"])
DAYS = st.sampled_from(["2026-10-07", "2026-10-08"])
STAFF = st.sampled_from(["Ann Example", "Ben Sample"])
NAMES = st.sampled_from(["IMS", "IMS Follow-up", "Massage"])


@examples(10)
@given(
    st.lists(st.tuples(PEOPLE, DAYS, STAFF, NAMES, st.sampled_from(["arrived", "no_show", "booked"])), max_size=7),
    st.lists(
        st.tuples(PEOPLE, DAYS, STAFF, NAMES, st.sampled_from(["Sun Life", "Pat Madeup", ""]),
                  st.sampled_from(["1-P01", "1-P02", "1-C01", "2-P01", "3-P01"]), st.sampled_from(["95.00", "-95.00"])),
        min_size=1, max_size=7,
    ),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_any_pair_of_reports_is_accounted_for_and_the_order_of_rows_is_nothing(
    tmp_path: Path, booked: list[Any], sold: list[Any], shuffle: random.Random
) -> None:
    appointments = [
        appointment(id=str(n), patient_guid=who, start_at=f"{day} {9 + n:02}:00:00 -0700", end_at="", state=state,
                    staff_member_name=staff, treatment_name=name)
        for n, (who, day, staff, name, state) in enumerate(booked)
    ]  # fmt: skip
    sales = [
        sale(Patient_Guid=who, Purchase_Date=day, Staff_Member=staff, Item=name, Payer=payer, Invoice=f"{n}{invoice}",
             Subtotal=amount)
        for n, (who, day, staff, name, payer, invoice, amount) in enumerate(sold)
    ]  # fmt: skip
    if not appointments:
        appointments = [appointment(patient_guid="g-3", state="cancelled")]
    month = jane(tmp_path, appointments, sales)
    account(month)
    # Nothing is claimed that did not take place, and nothing twice.
    claimed = month.sessions[month.sessions["outcome"] == "claimed"]
    arrived = {a["id"] for a in appointments if a["state"] == "arrived"}
    assert set(claimed["session_id"]) <= arrived
    shuffle.shuffle(appointments)
    shuffle.shuffle(sales)
    again = jane(tmp_path, appointments, sales)
    assert sorted(again.claims["amount_cents"]) == sorted(month.claims["amount_cents"])
    assert sorted(outcomes(again)) == sorted(outcomes(month))


POLICY = {"Patient": "Pat Madeup", "Insurer": "Sun Life", "Claim #": "", "Policy #": "50123", "Notes": ""}


# A policy's status and last day, and whether it lends its number to a visit of 7 October.
LENDS: list[tuple[str, str, bool]] = [
    ("Open", "", True), ("Awaiting Review", "", True), ("", "2026-10-07", True), ("Open", "2026-10-06", False),
    ("Closed", "", False), ("Expired", "", False), ("Any other word", "", False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "noted"),
    [("12/12", True), ("12 of 12", True), ("#N/A", True), ("#REF!", True), ("400", False),
     ("twelve", True), ("12", False), ("", False), ("-", False),
     ("n/a", False), ("$500.00", False), ("500.00", False)],
)  # fmt: skip
def test_a_number_of_treatments_that_cannot_be_read_is_named(tmp_path: Path, cell: str, noted: bool) -> None:
    policies = csv_file(tmp_path, [{**POLICY, "Number of Treatments": cell, "Policy Maximum": "12"}], "policies.csv")
    files = read_files([*exports(tmp_path, [appointment()], [sale()]), policies], practice(tmp_path)).files
    remarks = [remark for file in files for remark in file.remarks]
    assert any("row 2: Number of Treatments (column F) holds " in remark for remark in remarks) == noted, remarks


@pytest.mark.parametrize(
    ("name", "cell"),
    [("Patient", "#N/A"), ("Insurer", "#REF!"), ("Policy #", "#VALUE!"), ("Insured Name", "#N/A"),
     ("Relationship", "#N/A"), ("Relationship", "nephew")],
)  # fmt: skip
def test_a_cell_of_a_list_of_policies_that_cannot_be_read_is_named(tmp_path: Path, name: str, cell: str) -> None:
    policies = csv_file(tmp_path, [{**POLICY, "Insured Name": "", "Relationship": "", name: cell}], "policies.csv")
    files = read_files([*exports(tmp_path, [appointment()], [sale()]), policies], practice(tmp_path)).files
    assert [remark[: 7 + len(name)] for file in files for remark in file.remarks] == [f"row 2: {name}"]


def test_a_client_in_two_lists_is_one_and_two_of_one_number_are_nobody(tmp_path: Path) -> None:
    client = {"Patient Guid": "g-1", "First Name": "Pat", "Last Name": "Madeup", "Birth Date": "1980-01-02"}
    other = {**client, "Birth Date": "1981-01-02"}
    for second, born in ((client, "1980-01-02"), (other, "NaT")):
        lists = [as_csv(tmp_path, f"clients-{n}.csv", [one], list(client)) for n, one in enumerate((client, second))]
        sessions = read_files([*exports(tmp_path, [appointment()], [sale()]), *lists], practice(tmp_path)).sessions
        assert [str(day)[:10] for day in sessions["birth_date"]] == [born]


def test_a_policy_under_a_name_that_two_patients_have_is_nobodys(tmp_path: Path) -> None:
    rows = [row(Patient_ID=f"K{n}", Policy_Number="", Start=f"{9 + n}:00") for n in (1, 2)]
    policies = csv_file(tmp_path, [{"Patient": "Pat Madeup", "Insurer": "Sun Life", "Policy Number": "00777"}], "p.csv")
    clinic = practice(tmp_path)
    found = {
        count: read_files([csv_file(tmp_path, rows[:count], "s.csv"), policies], clinic).sessions["policy"].tolist()
        for count in (1, 2)
    }
    assert found == {1: ["00777"], 2: ["", ""]}


def test_a_policy_that_is_closed_or_ended_lends_nothing(tmp_path: Path) -> None:
    counts = {"Number of Treatments": "12", "Policy Maximum": "12"}
    lines = [
        {**POLICY, "Patient": f"Pat Madeup {tag(number)}", "Status": status, "End Date": end, **counts}
        for number, (status, end, _) in enumerate(LENDS)
    ]
    reports = apart([([appointment()], [sale()])] * len(LENDS))
    month = jane(tmp_path, *reports, csv_file(tmp_path, lines, "policies.csv"), more="")
    for (status, end, lends), (became, of_case) in zip(LENDS, by_case(len(LENDS), month), strict=True):
        assert became == ["claimed" if lends else "held"], (status, end)
        assert of_case == ["near-insurer-limit" if lends else "missing-policy"], (status, end)


# What an appointment by a physiotherapist and its sale are called, where the notes say IMS; and what that holds.
NOTED = [
    ("Physio Follow-up", "Massage Therapy 30 min", ["ims-in-notes-only", "sale-and-arrival-differ"]),
    ("Follow-up", "Acupuncture", ["ims-in-notes-only", "sale-and-arrival-differ"]),
    ("Physio Follow-up", "Physiotherapy", ["ims-in-notes-only"]),
    ("Follow-up", "Follow-up", ["ims-in-notes-only"]),
    ("Physio Follow-up", "IMS", ["sale-and-arrival-differ"]),
]


@pytest.mark.parametrize("bill", ["", 'bill = ["ims", "physiotherapy"]'])
def test_a_sale_of_another_service_is_told_beside_notes_that_say_ims(tmp_path: Path, bill: str) -> None:
    cases = [
        ([appointment(treatment_name=name, notes_text="did IMS to the neck")], [sale(Item=item)])
        for name, item, _ in NOTED
    ]
    clinic = practice(tmp_path, NO_POLICY, bill)
    month = prepare_month(read_files(exports(tmp_path, *apart(cases)), clinic), Scope(clinic, month=MONTH, as_of=AS_OF))
    # Where physiotherapy is billed too, the name, the sale and the notes are of two services that are.
    notes_too = ["ims-in-notes-only", "sale-and-arrival-differ"] if bill else NOTED[-1][-1]
    expected = [*(kinds_ for *_, kinds_ in NOTED[:-1]), notes_too]
    doubts = [[kind for kind in kinds(month, place) if kind != "overlapping-sessions"] for place in range(len(NOTED))]
    assert doubts == expected
