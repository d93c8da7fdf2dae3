"""What becomes of a session, in order; claims and control totals; properties over made-up months."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_billing.month.months import months_in, only_month
from ims_billing.month.prepare import Scope, prepare_month
from ims_billing.month.run import run_of
from ims_billing.month.totals import proven_totals
from ims_billing.rules.values import CLINIC_FILE
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.grounds import Ground, as_json, grounds_of
from tests.practice import (
    AS_OF,
    MONTH,
    examples,
    frame_text,
    intake,
    kinds,
    month_of,
    on_ledger,
    outcomes,
    practice,
    row,
    tag,
)

OTHER = {"Service": "Massage"}
# Each row would also have every reason after its own: the first that applies must win.
ORDER: list[tuple[str, dict[str, Any], str]] = [
    ("a date that cannot be read", {"Service Date": "soon", "Status": "no show", **OTHER}, "held"),
    ("no date", {"Service Date": "", "Status": "no show", **OTHER}, "held"),
    ("another month", {"Service Date": dt.date(2026, 9, 30), "Status": "no show"}, "not_billed: outside-month"),
    ("a later month", {"Service Date": dt.date(2026, 11, 1), "Status": "no show"}, "not_billed: outside-month"),
    ("no show", {"Status": "No-show", **OTHER, "Fee": 0}, "not_billed: no-show"),
    ("cancelled", {"Status": "late cancel", **OTHER, "Fee": 0}, "not_billed: cancelled"),
    ("not arrived", {"Status": "Booked", **OTHER, "Fee": 0}, "not_billed: not-arrived"),
    ("refunded", {"Status": "refunded", **OTHER, "Fee": 0}, "not_billed: refunded"),
    ("another service", {**OTHER, "Fee": 0, "Insurer": "Out of pocket"}, "not_billed: other-service"),
    ("no charge", {"Fee": 0, "Insurer": "Out of pocket", "Location": "Away"}, "not_billed: no-charge"),
    ("self-pay", {"Insurer": "Private pay", "Location": "Away", "Billed": "yes"}, "not_billed: self-pay"),
    ("elsewhere", {"Location": "Away", "Billed": "yes", "Patient": ""}, "not_billed: other-location"),
    ("billed", {"Billed": dt.date(2026, 10, 8), "Patient": ""}, "not_billed: billed-elsewhere"),
    ("in the future", {"Service Date": dt.date(2026, 10, 21), "Patient": ""}, "not_billed: in-the-future"),
    ("held", {"Patient": "", "Location": "SAANICH"}, "held"),
    ("claimed", {"Service Date": dt.date(2026, 10, 20), "Location": "Saanich"}, "claimed"),
]


def test_the_first_outcome_that_applies_stands(tmp_path: Path) -> None:
    # Each case is a patient's own, and where it has none, the only one of its kind.
    rows = [{**row(Patient=f"Pat {tag(number)}"), **cells} for number, (_, cells, _) in enumerate(ORDER)]
    month = month_of(tmp_path, rows, clinic='locations = ["Saanich"]', as_of=dt.date(2026, 10, 20))
    became = dict(zip((case for case, _, _ in ORDER), outcomes(month), strict=True))
    assert became == {case: expected for case, _, expected in ORDER}


def test_the_share_of_ims_is_of_what_took_place(tmp_path: Path) -> None:
    days = [dt.date(2026, 9, 30), dt.date(2026, 10, 21), ""]
    others = [row(Service="Massage"), row(Patient="B", Status="no show"), row(Patient="B", Billed="yes")]
    month = month_of(tmp_path, [row(), *others, *(row(Service_Date=day) for day in days)], as_of=dt.date(2026, 10, 20))
    assert (month.totals.ims, month.totals.took_place) == (2, 3)


def test_a_blank_insurer_is_held_or_pays_self_as_the_clinic_says(tmp_path: Path) -> None:
    assert outcomes(month_of(tmp_path, [row(Insurer="")])) == ["held"]
    own = month_of(tmp_path, [row(Insurer="")], clinic='blank_insurer = "self-pay"')
    assert outcomes(own) == ["not_billed: self-pay"]


def test_an_insurer_that_cannot_be_read_is_nobody_and_never_the_patient(tmp_path: Path) -> None:
    month = month_of(tmp_path, [row(Insurer="#N/A")], clinic='blank_insurer = "self-pay"')
    assert (outcomes(month), kinds(month)) == (["held"], ["unreadable-cell"])
    assert list(month.sessions[["insurer_id", "insurer_name", "service_code"]].iloc[0]) == ["", "", ""]


def test_the_month_is_the_one_that_the_sessions_lie_in(tmp_path: Path) -> None:
    one = intake(tmp_path, [row(), row(Service_Date="")]).sessions
    assert only_month(one) == MONTH
    several = intake(tmp_path, [row(), row(Service_Date=dt.date(2026, 9, 1)), row()]).sessions
    assert months_in(several) == {"2026-09": 1, "2026-10": 2}
    with pytest.raises(BillingError, match=r"2026-09 \(1 session\), 2026-10 \(2 sessions\).*--month 2026-10"):
        only_month(several)
    with pytest.raises(BillingError, match="No session has a date"):
        only_month(intake(tmp_path, [row(Service_Date="")]).sessions)


def test_ims_of_an_earlier_month_that_nobody_billed_is_counted(tmp_path: Path) -> None:
    september = dt.date(2026, 9, 30)
    rows = [row(), row(Service_Date=september), row(Service_Date=september, Status="no show"),
            row(Service_Date=september, **OTHER), row(Service_Date=dt.date(2026, 11, 1))]  # fmt: skip
    month = month_of(tmp_path, rows)
    assert list(month.earlier["row"]) == [3]


def test_claims_are_numbered_by_month_and_insurer_in_the_order_of_date_and_patient(tmp_path: Path) -> None:
    rows = [
        row(Patient="Zed", Service_Date=dt.date(2026, 10, 2)),
        row(Patient="abe", Service_Date=dt.date(2026, 10, 2)),
        row(Patient="Max", Service_Date=dt.date(2026, 10, 1)),
        row(Patient="Ida", Insurer="PBC"),
    ]
    claims = on_ledger(month_of(tmp_path, rows)).claims
    assert list(zip(claims["claim"], claims["patient"], strict=True)) == [
        ("2026-10-PABC-0001", "Ida"),
        ("2026-10-SUNL-0001", "Max"),
        ("2026-10-SUNL-0002", "abe"),
        ("2026-10-SUNL-0003", "Zed"),
    ]


def test_an_insurer_gets_its_own_code_and_a_public_payer_its_own_amount(tmp_path: Path) -> None:
    more = '[[insurer]]\nname = "Manulife"\nservice_code = { initial = "M1", subsequent = "M2" }\n'
    rows = [
        row(Insurer="MSP", PHN="9000000000", Birth_Date=dt.date(1980, 1, 1)),
        row(Insurer="Manulife", Service="IMS initial", Patient="First Madeup"),
        row(Insurer="Manulife", Service="IMS follow-up", Patient="Second Madeup"),
        row(Patient="Third Madeup"),
    ]
    month = month_of(tmp_path, rows, more=more)
    assert list(month.sessions["service_code"]) == ["09938", "M1", "M2", "PHYSIO"]
    claims = month.claims.set_index("source")
    assert list(zip(claims["service_code"], claims["fee_cents"], claims["amount_cents"], strict=True)) == [
        ("M1", 9500, 9500),
        ("M2", 9500, 9500),
        ("09938", 9500, 2300),
        ("PHYSIO", 9500, 9500),
    ]
    assert set(claims["description"]) == {"Physiotherapy Services"}


def test_a_claim_says_what_the_row_the_clinic_file_and_the_rules_say_and_no_more(tmp_path: Path) -> None:
    cells = {
        "Session ID": "S-1", "Start": "9:30", "Minutes": 30, "Patient ID": "P7", "Birth Date": dt.date(1980, 1, 31),
        "PHN": "9698658215", "Practitioner": "A. Example", "Visit": "initial", "Insurer": "SUNLIFE",
        "Member ID": "07-00", "Relationship": "spouse", "Insured Name": "Robin Madeup", "Patient Paid": 20,
        "Secondary Insurer": "PBC", "Secondary Policy": "77", "Secondary Member ID": "78",
        "Insured Birth Date": dt.date(1979, 1, 1),
    }  # fmt: skip
    month = month_of(tmp_path, [{**row(), **cells}])
    [claim] = month.claims.astype("str").fillna("").to_dict("records")
    assert claim == {
        "session": "0", "insurer_id": "sun-life", "insurer": "Sun Life", "service_date": "2026-10-07",
        "patient": "Pat Madeup", "birth_date": "1980-01-31", "phn": "9698658215", "relationship": "spouse",
        "insured": "Robin Madeup", "policy": "00123", "member": "07-00", "payer_file_number": "",
        "accident_date": "", "practitioner": "Ann Example", "registration": "01234", "service": "ims",
        "service_code": "PHYSIO", "description": "Physiotherapy Services", "fee_cents": "9500",
        "patient_paid_cents": "2000", "amount_cents": "9500", "source": "sessions.xlsx, Sessions, row 2",
        "session_id": "S-1", "natural_key": "id\x1fp7\x1f2026-10-07\x1f570\x1fAnn Example\x1fims",
        "patient_id": "P7", "start": "570", "minutes": "30", "visit": "initial",
        "practitioner_written": "A. Example", "service_name": "IMS", "replaces": "",
        "insured_birth_date": "1979-01-01", "secondary_insurer": "Pacific Blue Cross", "secondary_policy": "77",
        "secondary_member": "78",
        "payer_order": as_json(
            [
                Ground(
                    "Who pays first",
                    "A spouse's plan pays after the patient's own: if the second one is the patient's own plan, they "
                    "must change places",
                    source="CLHIA guideline on the coordination of benefits",
                    url="https://clhia.uberflip.com/i/405145/4",
                )
            ]
        ),
        "evidence": '"ims" in Service', "visit_evidence": "the column Visit",
        "authority": "physiotherapist, registration 01234, registered from 2015-01-01, "
        "authorized to needle from 2018-05-01",
        "rules": as_json(
            [
                Ground("Fee, any insurer", "IMS: $95.00", "from 2026-04-01", CLINIC_FILE),
                Ground("Service code, Sun Life", "PHYSIO", source=CLINIC_FILE),
            ]
        ),
        "remarks": "", "follows": "", "first_paid_cents": "0", "first_answer": "", "invoice": "", "send_by": "",
    }  # fmt: skip


def test_changing_a_fee_from_a_date_changes_claims_from_that_date_only(tmp_path: Path) -> None:
    more = '[[fee]]\nservice = "ims"\nvisit = "initial"\namount = {}\nfrom = 2026-10-15\n'
    rows = [row(Visit="initial", Service_Date=dt.date(2026, 10, day), Fee=fee, Patient=f"P{day}")
            for day, fee in ((14, 95.0), (15, 120.0), (16, 120.0))]  # fmt: skip
    assert outcomes(month_of(tmp_path, rows, more=more.format("120.00"))) == ["claimed"] * 3
    assert outcomes(month_of(tmp_path, rows, more=more.format("125.00"))) == ["claimed", "held", "held"]


NAMES = ["IMS", "IMS Acupuncture - Follow-up", "Massage", "Physiotherapy", "IMS/Acupuncture", "Needling", ""]
SESSION = st.fixed_dictionaries(
    {
        "Session ID": st.sampled_from(["", "S1", "S2", "S3"]),
        "Service Date": st.sampled_from(
            [dt.date(2026, 9, 30), dt.date(2026, 10, 1), dt.date(2026, 10, 2), dt.date(2026, 11, 20), "10/05/2026", ""]
        ),
        "Start": st.sampled_from(["", "9:00", "10:30"]),
        "Patient": st.sampled_from(["Pat Madeup", "Robin Madeup", "=1+1", ""]),
        "Patient ID": st.sampled_from(["", "P1", "P2"]),
        "Practitioner": st.sampled_from(["Ann Example", "A. Example", "Ben Sample", "Carla Specimen", "Who", "#N/A"]),
        "Service": st.sampled_from(NAMES),
        "Status": st.sampled_from(["", "arrived", "no show", "cancelled", "maybe"]),
        "Billed": st.sampled_from(["", "", "", "yes", "hm"]),
        "Insurer": st.sampled_from(["Sun Life", "SunLife", "PBC", "ICBC", "Out of pocket", "Nobody", ""]),
        "Fee": st.sampled_from([95.0, 95.35, 0.0, -20.0, "x", ""]),
        "Tax": st.sampled_from(["", 0.0, 4.75]),
        "Notes": st.sampled_from(["", "IMS to calf"]),
    }
)
INVENTED_MONTHS = examples(12)


@INVENTED_MONTHS
@given(st.lists(SESSION, min_size=1, max_size=14), st.sampled_from([MONTH, None]), st.randoms(use_true_random=False))
def test_any_month_is_accounted_for_and_the_order_of_rows_is_nothing(
    tmp_path: Path, cells: list[dict[str, Any]], only: str | None, shuffle: random.Random
) -> None:
    rows = [{**row(), **c} for c in cells]
    month = month_of(tmp_path, rows, month=only)
    totals, sessions = month.totals, month.sessions
    # Every row ends in exactly one outcome, and rows and cents add up.
    assert totals.rows == len(rows) == totals.sessions + totals.set_aside
    assert set(sessions["outcome"]) <= {"claimed", "held", "not_billed"}
    assert sum(totals.counts.values()) == len(sessions)
    assert sum(totals.cents.values()) == totals.cents_read == sessions["fee_cents"].sum()
    assert ((sessions["outcome"] == "not_billed") == (sessions["reason"] != "")).all()
    # A session is held if and only if something holds it; what is claimed can be defended.
    holds = set(month.findings.loc[month.findings["severity"] == "hold", "session"])
    assert holds == set(sessions.index[sessions["outcome"] == "held"])
    clear = sessions[sessions["outcome"] == "claimed"]
    assert (clear["profession"] == "physiotherapist").all()
    assert (clear["service"] == "ims").all()
    assert (clear["registered"] & clear["may_needle"]).all()
    assert not clear.duplicated(["patient", "patient_id", "service_date"]).any()
    assert sessions["key"].is_unique
    # Shuffled rows give the same claims.
    shuffled = list(rows)
    shuffle.shuffle(shuffled)
    again = month_of(tmp_path, shuffled, month=only)
    if only:
        first, second = (on_ledger(m).claims.drop(columns="source") for m in (month, again))
        assert frame_text(second) == frame_text(first)
    assert again.totals == month.totals


def test_control_totals_that_do_not_add_up_are_a_bug_and_never_a_loss(tmp_path: Path) -> None:
    rows = intake(tmp_path, [row(), row(Patient="B")])
    month = prepare_month(rows, Scope(practice(tmp_path), month=MONTH, as_of=AS_OF))
    read = int(month.sessions["fee_cents"].sum())
    assert proven_totals(rows, month.sessions, month.claims, read) == month.totals
    for sessions, claims in ((month.sessions[1:], month.claims), (month.sessions, month.claims[1:])):
        with pytest.raises(RuntimeError, match="the control totals do not add up"):
            proven_totals(rows, sessions, claims, read)


def test_the_view_says_which_rules_the_claims_rest_on(tmp_path: Path) -> None:
    rows = [row(), row(Patient="B"), row(Insurer="MSP", PHN="9", Birth_Date=dt.date(1980, 1, 1), Patient="C")]
    shown = run_of(month_of(tmp_path, rows)).origin
    assert [(r.rule, r.value, r.claims, r.source[:11]) for r in shown.rules] == [
        ("Fee: IMS", "$95.00", 2, CLINIC_FILE[:11]),
        ("Fee: IMS, MSP", "$23.00", 1, "Province of"),
        ("Limit: visits in a calendar year, MSP", "10", 1, "Province of"),
        ("Service code: MSP", "09938", 1, "Province of"),
        ("Service code: Sun Life", "PHYSIO", 2, CLINIC_FILE[:11]),
    ]


def test_no_file_of_one_month_depends_on_the_day_it_is_made(tmp_path: Path) -> None:
    clinic = practice(tmp_path)
    read = intake(tmp_path, [row()], clinic)
    early, late = (
        prepare_month(read, Scope(clinic, month=MONTH, as_of=day)) for day in (AS_OF, AS_OF.replace(year=2030))
    )
    assert frame_text(early.claims) == frame_text(late.claims)


def test_copies_have_keys_of_their_own_and_keys_stay_the_same(tmp_path: Path) -> None:
    rows = [row(Session_ID="S1"), row(Session_ID="S1"), row(Patient="B"), row(Patient="", Service_Date="")]
    first, again = (
        month_of(tmp_path, rows).sessions["key"],
        month_of(tmp_path, [row(Patient="X"), *rows]).sessions["key"],
    )
    assert first.is_unique
    assert list(again)[1:4] == list(first)[:3]


def test_rows_that_differ_only_under_a_heading_nobody_knows_are_two(tmp_path: Path) -> None:
    pages = ("copied by hand from the seventh page of the green book", "copied by hand from the eighth page of it")
    rows = [{**row(), "Ledger Page": page} for page in pages]
    assert [k for n in range(2) for k in kinds(month_of(tmp_path, rows), n)] == ["duplicate-session"] * 2
    without_start = [{**r, "Patient": "", "Service Date": ""} for r in rows]
    assert month_of(tmp_path, without_start).totals.counts["held"] == 2


def test_a_severity_that_is_off_silences_what_the_cells_say_too(tmp_path: Path) -> None:
    month = month_of(tmp_path, [row(Status="Tentative")], more='[severity]\nstatus-not-recognised = "off"\n')
    assert outcomes(month) == ["claimed"]


def test_what_needs_attention_stands_in_the_order_of_the_catalogue(tmp_path: Path) -> None:
    rows = [row(Tax=1.0), row(Patient="", Service_Date=dt.date(2026, 10, 8)), row(Fee=1.0, Patient="C")]
    assert list(run_of(month_of(tmp_path, rows)).attention["kind"]) == [
        "missing-patient", "fee-not-as-listed", "tax-on-session",
    ]  # fmt: skip


def test_claims_of_a_patient_and_day_stand_in_the_order_of_their_start(tmp_path: Path) -> None:
    more = '[severity]\nsecond-visit-same-day = "warn"\nno-fee-in-force = "warn"\n'
    rows = [row(Start="15:00", Service_Date=dt.date(2026, 3, 1)), row(Start="9:00", Service_Date=dt.date(2026, 3, 1))]
    veterans = [r | {"Insurer": "Veterans Affairs Canada", "Member ID": "K1"} for r in rows]
    claims = month_of(tmp_path, veterans, more=more, month="2026-03").claims
    assert list(claims["source"]) == ["sessions.xlsx, Sessions, row 3", "sessions.xlsx, Sessions, row 2"]
    # Without a listed amount a public payer is asked for the row's fee, where the clinic lets it pass.
    assert list(claims["amount_cents"]) == [9500, 9500]
    assert (
        run_of(month_of(tmp_path, veterans, more=more, month="2026-03")).origin.rules[-1].rule
        == "Service code: Veterans Affairs"
    )


def test_a_claim_for_which_no_fee_is_in_force_rests_on_no_fee_though_one_of_another_service_is_the_same(
    tmp_path: Path,
) -> None:
    other = '[[fee]]\nservice = "physiotherapy"\namount = 95.00\nfrom = 2026-01-01\n'
    more = f'{other}[severity]\nno-fee-in-force = "warn"\n'
    march = row(Service_Date=dt.date(2026, 3, 1), Insurer="Veterans Affairs Canada", Member_ID="K1")
    [rules] = month_of(tmp_path, [march], more=more, month="2026-03").claims["rules"]
    assert [ground.rule for ground in grounds_of(rules)] == ["Service code, Veterans Affairs"]


def test_the_visit_column_goes_before_the_name(tmp_path: Path) -> None:
    month = month_of(tmp_path, [row(Visit="return", Service="IMS initial 45 min", Minutes=30, Start="9:00")])
    session = month.sessions.iloc[0]
    assert (session["visit"], session["minutes"]) == ("subsequent", 30)


def test_only_one_month_at_a_time_goes_on_the_ledger(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="only one month at a time"):
        run_of(month_of(tmp_path, [row()], month=None))
