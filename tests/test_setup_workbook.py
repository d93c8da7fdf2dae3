"""The setup workbook: read as people leave it, refused with every fault at once, each with its cell."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from decimal import Decimal
from pathlib import Path

import pytest

from ims_billing.cli.options import find_clinic
from ims_billing.clinic.setup_file import load
from ims_billing.clinic.toml_file import load as load_toml
from ims_billing.reading.intake import read_files
from ims_billing.vocabulary.cells import Cell
from ims_billing.vocabulary.errors import BillingError
from tests.practice import clinic_file
from tests.setup_sheets import Sheets, clinic, faults, setup, xlsx_of

NAME: list[list[Cell]] = [["Name", "Example Physiotherapy"]]
DAY = dt.date(2026, 10, 7)
# The practice of the other tests, as its office manager would have typed it.
PRACTICE: Sheets = {
    "CLINIC": [["The clinic's setup"], [], ["", "name", "Example Physiotherapy"], ["", "Service Code", "PHYSIO"]],
    "practitioners": [
        ["Everybody who treats"],
        ["PROFESSION", "Name", "Other spellings", "registration", "Registered from", "Registered until",
         "Needling from", "Needling until", "Notes"],
        [],
        ["Physiotherapist", "Ann Example", "A. Example", "01234", dt.date(2015, 1, 1), "", dt.datetime(2018, 5, 1)],
        ["physiotherapist", "Ben Sample", "", "05678", "2020-01-01", "10 Oct 2026", "2026-10-06", "2026-10-25"],
        [],
        ["", "Ben Sample", "", "", dt.date(2026, 10, 20), "", "", "", "back from leave"],
        ["Massage therapist", "Carla Specimen"],
        ["acupuncturist", "Dev Placeholder"],
    ],
    "Insurers": [
        ["Requires", "Insurer", "Self pay"],
        ["policy", "Sun Life"],
        ["none", "Pacific Blue Cross"],
        ["Policy, member; birth date, relationship, INSURED", "Green Shield"],
        ["", "Out of pocket", "yes"],
    ],
    "Fees": [["Amount", "Service", "From"], ["$95.00", "IMS", "2026-04-01"]],
    "Export Summary": [["This document was exported from Numbers"]],
}  # fmt: skip


def test_the_sheets_as_people_leave_them_give_the_clinic_of_the_toml(tmp_path: Path) -> None:
    by_toml = load_toml(clinic_file(tmp_path))
    assert clinic(PRACTICE) == dataclasses.replace(by_toml, file="", sha256="")


def test_a_real_workbook_loads_and_numbers_keep_to_what_their_column_holds(tmp_path: Path) -> None:
    sheets: Sheets = {
        "Clinic": [*NAME, ["Phone", 2505550100], ["Bill", "ims, physiotherapy"]],
        "Insurers": [
            ["Name", "Vendor number", "Claim within days", "Service code initial", "Service code subsequent"],
            ["Sun Life", 12345, 365, 1, "02"],
        ],
        "Fees": [
            ["Service", "Visit", "Minutes", "Insurer", "Amount", "From", "Verified"],
            ["ims", "initial", 45, "ICBC", 151, dt.date(2026, 1, 1), True],
        ],
        "More": [
            ["What is seldom needed"],
            ["Coverage"], ["Insurer", "Policy", "Percent", "From"], ["Sun Life", "00123", 0.8, dt.date(2026, 1, 1)],
            ["Locations"], ["Location"], ["Saanich"], ["Oak Bay"],
        ],
    }  # fmt: skip
    read = load(xlsx_of(tmp_path / "clinic.xlsx", sheets))
    sun_life = read.insurer("sun life")
    assert sun_life is not None
    assert (sun_life.vendor_number, sun_life.claim_within_days) == ("12345", 365)
    assert (sun_life.code_for("initial", DAY, ""), sun_life.code_for("", DAY, "")) == ("1", "02")
    assert (read.block.phone, read.block.bill) == ("2505550100", ("ims", "physiotherapy"))
    assert (read.fees[0].amount, read.fees[0].minutes, read.fees[0].verified) == (Decimal(151), 45, True)
    assert (read.coverages[0].percent, read.coverages[0].policy) == (80, "00123")
    assert read.block.locations == ("Saanich", "Oak Bay")
    assert (read.file, len(read.sha256)) == ("clinic.xlsx", 64)


def test_every_fault_is_reported_at_once_with_its_cell() -> None:
    sheets: Sheets = {
        "Clinic": [["Nam", "Example"], ["Bill", "ims, massage"], ["Service code", "ACUPUNCTURE"]],
        "Practitioners": [
            ["Name", "Profession", "Registratoin", "Registered from", "Registered until", "Provider numbers"],
            ["Ann Example", "physio", "1", "2015-01-01", "2014-01-01"],
            ["Ben", "other", "", "May 1", "", "Pacific Blue Cros: 1"],
            ["Ben", "assistant", "", "", "", "12345"],
            ["Carla", "", "", "#N/A"],
        ],
        "Insurers": [["Name", "Other spellings", "Requires", "Self-pay"],
                     ["Sun Life", "PBC", "policy, membr", "perhaps"], ["Manual Workers"]],
        "Fees": [["Service", "Amount", "From", "Minutes"],
                 ["ims", 95.355, "01/02/2026", "30 min"], ["ims", 95, "2026-01-01"], ["ims", 99, "2026-04-01"]],
        "Service names": [["Service name", "Service"], ["x", "imz"]],
        "Columns": [["Layout", "Heading", "Stands for"], ["my program", "Paid For By", "Insurrer"]],
        "More": [["Severities"], ["Kind", "Severity"], ["unusual-frequencies", "hold"], ["missing-policy", "shout"],
                 ["Coverage"], ["Insurer", "Percent", "From"], ["Sun Lif", 80, "2026-01-01"], ["ICBC", 1, "2026-01-01"],
                 ["Words"], ["Column", "Word", "Means"], ["Status", "Seen", "arived"]],
        "Fee": [["Service"], ["ims"]],
    }  # fmt: skip
    assert faults(sheets) == EVERY_FAULT.strip().splitlines()


# fmt: off
EVERY_FAULT = """
sheet Clinic, Name: found nothing; this cell is needed
sheet Clinic, A1: 'Nam' is not known; did you mean Name?
sheet Clinic, B2, Bill: found 'massage'; expected one of ims, physiotherapy
sheet Clinic, B3, Service code: found 'ACUPUNCTURE'; what goes to an insurer must not say acupuncture
sheet Practitioners, C1: the heading 'Registratoin' is not known; did you mean Registration?
sheet Practitioners, B2 (Ann Example), Profession: found 'physio'; expected one of physiotherapist, acupuncturist, massage-therapist, chiropractor, kinesiologist, naturopath, osteopath, athletic-therapist, physician, assistant, other; did you mean physiotherapist?
sheet Practitioners, D2 (Ann Example), Registered from: it ends (2014-01-01) before it begins (2015-01-01)
sheet Practitioners, D3 (Ben), Registered from: found 'May 1'; expected a date such as 2026-04-01
sheet Practitioners, B4, Profession: found 'assistant', and sheet Practitioners, B3 says 'other'
sheet Practitioners, F4 (Ben), Provider numbers: found '12345'; expected insurers and numbers, such as Sun Life: 12345; MSP: 60001
sheet Practitioners, row 5 (Carla), Profession: found nothing; this cell is needed
sheet Practitioners, D5 (Carla), Registered from: found '#N/A'; expected a date such as 2026-04-01
sheet Insurers, C2 (Sun Life), Requires: found 'membr'; expected one of policy, member, birth-date, relationship, insured, payer-file-number, accident-date, phn; did you mean member?
sheet Insurers, D2 (Sun Life), Self-pay: found 'perhaps'; expected yes or no
sheet Insurers, A3 (Manual Workers), Name: its short code would be MANU, which another has; fill in a Short code of its own
sheet Fees, B2, Amount: found '95.355'; expected an amount such as 95.00
sheet Fees, C2, From: found '01/02/2026'; expected a date such as 2026-04-01
sheet Fees, D2, Minutes: found '30 min'; expected a whole number
sheet Fees, row 4: it is for the same (ims) as sheet Fees, row 3 and their dates overlap; give the earlier one an until
sheet Service names, B2, x: found 'imz'; expected one of ims, physiotherapy, acupuncture, massage, chiropractic, kinesiology, other, unrecognised; did you mean ims?
sheet Columns, row 2 (my-program): 'Paid For By' stands for 'Insurrer', which is no heading; did you mean Insurer?
sheet More, B3, unusual-frequencies: this kind of finding is not known; did you mean unusual-frequency?
sheet More, B4, missing-policy: found 'shout'; expected one of hold, warn, off
sheet More, A7, Insurer: the insurer 'Sun Lif' is not known; did you mean Sun Life?
sheet More, B8, Percent: found '1, which could be 1% or 100%'; expected a whole number
sheet More, C11, Seen: found 'arived'; expected one of arrived, no-show, cancelled, not-arrived, refunded; did you mean arrived?
sheet Fee: this sheet is not known; did you mean Fees? Rename it, or move it to another workbook.
"""  # noqa: E501
# fmt: on


@pytest.mark.parametrize(
    ("profession", "registration", "question"),
    [
        ("physiotherapist", 1234, '"1234" or "01234"?'),
        ("physiotherapist", "1234", ""),
        ("physiotherapist", "01234", ""),
        ("physiotherapist", 12345, ""),
        ("massage-therapist", 1234, ""),
    ],
)
def test_a_registration_that_excel_may_have_cut_is_asked_about(
    profession: str, registration: Cell, question: str
) -> None:
    rows: list[list[Cell]] = [["Name", "Profession", "Registration"], ["Ann", profession, registration]]
    read = clinic({"Clinic": NAME, "Practitioners": rows})
    assert read.practitioners[0].registration == str(registration)
    assert [question in asked and "Practitioners, C2" in asked for asked in read.unconfirmed] == [True] * bool(question)


def test_a_question_mark_is_a_thing_to_fill_in_and_a_proposal_stands_meanwhile() -> None:
    sheets: Sheets = {
        "Clinic": [["Name", "?"]],
        "Practitioners": [
            ["Name", "Profession", "Registration", "Needling from"],
            ["Ann Example", "physiotherapist?", "?", "?"], ["Ben", "?"],
        ],
        "Insurers": [["Name", "Other spellings"], ["Sun Life?", "SLF"], ["?", "Novel Mut"], ["Patient pays", "Cash"]],
        "Fees": [["Service", "Amount", "From"], ["ims", "?", "2026-01-01"], ["physiotherapy", "95.00?", "2026-01-01"]],
        "Service names": [["Service name", "Service", "Read as"], ["Reset?", "?"], ["IMS 30", "", "ims"]],
        "Columns": [["Heading", "Stands for"], ["Paid?", "Billed"], ["Room", "ignore"], ["Extra", "?"]],
    }  # fmt: skip
    read = clinic(sheets)
    assert list(read.unconfirmed) == [
        "sheet Clinic, B1: Name",
        "sheet Practitioners, B2: Profession of Ann Example: physiotherapist?",
        "sheet Practitioners, C2: Registration of Ann Example",
        "sheet Practitioners, D2: Needling from of Ann Example",
        "sheet Practitioners, B3: Profession of Ben",
        "sheet Insurers, A2: Name of SLF: Sun Life?",
        "sheet Insurers, A3: Name of Novel Mut",
        "sheet Fees, B2: Amount of ims",
        "sheet Fees, B3: Amount of physiotherapy: 95.00?",
        "sheet Service names, B2: Service of Reset?",
        "sheet Columns, B4: Stands for of Extra",
    ]
    assert [p.profession for p in read.practitioners] == ["physiotherapist", "other"]
    assert not read.practitioners[0].needling
    assert [read.insurer(name) is not None for name in ("SLF", "Novel Mut")] == [True, False]
    assert read.pays_self("cash")
    assert [fee.amount for fee in read.fees if not fee.published] == [95]
    assert not read.service_names
    assert (read.layouts[0].headings, read.block.ignore) == ({"Paid?": "Billed"}, ("Room",))


def test_rows_of_one_name_go_on_with_it_and_contradict_only_openly() -> None:
    rows: list[list[Cell]] = [
        ["Name", "Other spellings", "Vendor number"],
        ["Sun Life", "SLF", "1"], ["Manulife", "", "2"], ["sun life", '"Sun; Life"; SLF', ""],
    ]  # fmt: skip
    assert setup({"Clinic": NAME, "Insurers": rows}).entries["insurer"][0] == {
        "name": "Sun Life", "aliases": ["SLF", "Sun; Life"], "vendor_number": "1",
    }  # fmt: skip
    rows.append(["SUN LIFE", "", "3"])
    assert faults({"Clinic": NAME, "Insurers": rows}) == [
        "sheet Insurers, C5, Vendor number: found '3', and sheet Insurers, C2 says '1'"
    ]


def test_what_is_not_confirmed_is_named_with_its_cell() -> None:
    rows: list[list[Cell]] = [["Service", "Amount", "From", "Confirmed"], ["ims", 95, "2026-01-01", "no"]]
    assert clinic({"Clinic": NAME, "Fees": rows}).unconfirmed == ("sheet Fees, D2: fee 1 (ims, 95) is not confirmed",)


def test_the_setup_is_found_whichever_kind_it_is_and_two_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("IMS_BILLING_CLINIC", raising=False)
    here, beside = tmp_path / "here", tmp_path / "beside"
    here.mkdir()
    beside.mkdir()
    monkeypatch.chdir(here)
    export = beside / "october.xlsx"
    assert find_clinic(None, [export]) is None
    workbook = xlsx_of(beside / "clinic.xlsx", {"Clinic": NAME})
    assert find_clinic(None, [export]) == workbook
    toml = clinic_file(beside)
    os.utime(workbook, (toml.stat().st_mtime + 60,) * 2)
    with pytest.raises(BillingError, match=r"clinic\.xlsx was changed last: keep it, and move clinic\.toml"):
        find_clinic(None, [export])
    assert find_clinic(workbook, [export]) == workbook
    clinic_file(here)
    assert find_clinic(None, [export]) == Path("clinic.toml")


def test_the_setup_given_as_an_export_is_refused_by_its_name(tmp_path: Path) -> None:
    sheets = {**PRACTICE, "practitioners": [["Name", "Profession", "Registration", "Needling from"], ["Ann", "other"]]}
    path = xlsx_of(tmp_path / "clinic.xlsx", {name: rows for name, rows in sheets.items() if rows})
    with pytest.raises(BillingError, match=r"clinic\.xlsx.*this is the clinic's setup"):
        read_files([path], clinic({"Clinic": NAME}))


def test_a_file_that_is_no_workbook_or_is_protected_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "clinic.xlsx"
    path.write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(BillingError, match=r"clinic\.xlsx: the workbook is damaged"):
        load(path)
