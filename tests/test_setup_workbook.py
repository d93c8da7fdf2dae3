"""The setup workbook: read as people leave it, refused with every fault at once, each with its cell."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import os
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from openpyxl import load_workbook
from pydantic import BaseModel

from ims_billing.cli.options import find_clinic
from ims_billing.clinic.clinic import Clinic, ClinicBlock, InsurerEntry, OwnLayout, OwnWords, Practitioner, ServiceCode
from ims_billing.clinic.raw_setup import RawSetup
from ims_billing.clinic.setup_file import load
from ims_billing.clinic.setup_rows import SetupRows, rows_of
from ims_billing.clinic.setup_toml import toml_of
from ims_billing.clinic.setup_workbook import read_workbook
from ims_billing.clinic.toml_file import read_toml
from ims_billing.clinic.validation import validated
from ims_billing.commands.init import SetupKind, offered, start
from ims_billing.commands.refusals import refuse_unfinished
from ims_billing.reading.intake import read_files
from ims_billing.reading.spreadsheet import open_spreadsheet
from ims_billing.rules.values import Coverage, Fee, Limit
from ims_billing.vocabulary.cells import Cell
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.setup_sheets import LOCATIONS, PRACTITIONERS, SHEETS
from ims_billing.workbooks.cell_text import cell_text
from ims_billing.workbooks.protection import protected
from ims_billing.workbooks.setup_workbook import setup_workbook
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
    by_toml = load(clinic_file(tmp_path))
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
        "Columns": [["Layout", "Heading", "Stands for", "Kind of file"], ["my program", "Paid For By", "Insurrer"],
                        ["", "Paid Amt", "Paid", "remittance"], ["", "Claim No", "Claim"], ["", "When", "Service Date"],
                        ["", "Billed Amt", "Fee"]],
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
sheet Fees, row 4: it is for the same (IMS) as sheet Fees, row 3 and their dates overlap; give the earlier one an until
sheet Service names, B2, x: found 'imz'; expected one of ims, physiotherapy, acupuncture, massage, chiropractic, kinesiology, other, unrecognised; did you mean ims?
sheet Columns, C2 (my-program), Paid For By: found 'Insurrer', which is no heading; did you mean Insurer?
sheet Columns, C6 (my-program), Billed Amt: found 'Fee', which is no heading of a remittance, but of a list of sessions; give the rows of that list a name of their own in Layout
sheet More, B3, unusual-frequencies: this kind of finding is not known; did you mean unusual-frequency?
sheet More, B4, missing-policy: found 'shout'; expected one of hold, warn, off
sheet More, A7, Insurer: the insurer 'Sun Lif' is not known; did you mean Sun Life?
sheet More, B8, Percent: found '1, which could be 1% or 100%'; expected a whole number
sheet More, C11, Seen: found 'arived'; expected one of arrived, no-show, cancelled, not-arrived, refunded; did you mean arrived?
sheet Fee: this sheet is not known; did you mean Fees? Rename it, or move it to another workbook.
"""  # noqa: E501
# fmt: on


FEES = ["Service", "Amount", "From"]
PERSON = ["Name", "Profession", "Registration"]
# Sheets beside a clinic's name, and all that is wrong with them.
SLIPS: dict[str, tuple[Sheets, list[str]]] = {
    "rows without headings": (
        {"Practitioners": [["Ann Example", "physiotherapist"]]},
        ["sheet Practitioners, row 1: found no headings of Practitioners; expected Name, Other spellings, Profession, "
         "Registration, Registered from, Registered until, Needling from, Needling until, Provider numbers, Confirmed, "
         "Notes"],
    ),
    "a title and a line of help": ({"Fees": [["What you charge"], ["One row for each fee"]]}, []),
    "a heading twice": (
        {"Fees": [[*FEES, "Amount"], ["ims", 95, "2026-01-01", 96]]},
        ["sheet Fees, D1: the heading 'Amount' stands for Amount, which is there already"],
    ),
    "a setting twice": (
        {"Clinic": [["Name", "X Physio"], ["Name", "Y"]]}, ["sheet Clinic, A2: Name is there twice"],
    ),
    "two kinds of service code": (
        {"Insurers": [["Name", "Service code", "Service code initial"], ["Sun Life", "PHYSIO", "A"]]},
        ["sheet Insurers, C2, Service code initial: an insurer has one Service code, or one for each visit"],
    ),
    "a short code in small letters": (
        {"Insurers": [["Name", "Short code"], ["New Plan", "newp"]]},
        ["sheet Insurers, B2 (New Plan), Short code: found 'newp'; expected four capital letters, such as SUNL"],
    ),
    "service names": (
        {"Service names": [["Service name", "Service"], ["x", "ims"], ["x", "massage"], ["", "ims"]]},
        ["sheet Service names, A3, Service name: 'x' is there already",
         "sheet Service names, row 4: Service name is blank"],
    ),
    "columns": (
        {"Columns": [["Layout", "Heading", "Stands for"], ["mine", "Payer", "Insurer"], ["mine", "Payer", "Patient"]]},
        ["sheet Columns, B3, Heading: 'Payer' is there already"],
    ),
    "more": (
        {"More": [
            ["above", "the titles"],
            ["Words"], ["Column", "Word", "Means"], ["Status", "Seen", "arrived"], ["Status", "Seen", "cancelled"],
            ["Status", "Been", ""],
            ["Severities"], ["Kind", "Severity"], ["tax-on-session", "warn"], ["tax-on-session", "hold"],
            ["future-date", ""],
            ["Coverage"], ["Insurer", "Policy", "Percent", "From"], ["PBC", "1", 80, "2026-01-01"],
            ["PBC", "1", 70, "2026-02-01"],
        ]},
        ["sheet More, row 1: above each table stands its title alone, one of Limits, Coverage, Words, Severities, "
         "Locations",
         "sheet More, B5, Word: 'Seen' is there already",
         "sheet More, row 6: Means is blank",
         "sheet More, A10, Kind of finding: 'tax-on-session' is there already",
         "sheet More, row 11: Severity is blank",
         "sheet More, row 15: it is of the same plan as sheet More, row 14 and their dates overlap; give the earlier "
         "one an until"],
    ),
    "a year alone, or a wrong one": (
        {"Practitioners": [[*PERSON, "Needling from"], ["Ann", "physiotherapist", "01234", dt.date(1905, 7, 19)],
                           ["Ben", "physiotherapist", "05678", "0226-10-20"]]},
        ["sheet Practitioners, D2 (Ann), Needling from: 1905-07-19 is too long ago: check the year, and that "
         "it is a whole date",
         "sheet Practitioners, D3 (Ben), Needling from: 0226-10-20 is too long ago: check the year, and that "
         "it is a whole date"],
    ),
    "a row above the headings": (
        {"Fees": [["ims", 80, "2026-01-01"], FEES, ["ims", 95, "2026-01-01"]]},
        ["sheet Fees, row 1: it stands above the headings, and is read below them only"],
    ),
    "numbers twice": (
        {"Practitioners": [[*PERSON, "Provider numbers"],
                           ["Ann", "physiotherapist", "01234", "Sun Life: 1; Sun Life: 2"],
                           ["Ben", "physiotherapist", "05678", "Sun Life: 1; Sun Life Financial: 2"]]},
        ["sheet Practitioners, D2 (Ann), Provider numbers: found 'Sun Life: 1; Sun Life: 2'; expected insurers and "
         "numbers, such as Sun Life: 12345; MSP: 60001",
         "sheet Practitioners, D3 (Ben), Provider numbers: 'Sun Life' and 'Sun Life Financial' are one insurer: leave "
         "one number"],
    ),
    "numbers of two rows": (
        {"Practitioners": [[*PERSON, "Provider numbers"], ["Ann", "physiotherapist", "01234", "Sun Life: 1; MSP: 2"],
                           ["Ann", "", "", "MSP: 2; Sun Life: 3"]]},
        ["sheet Practitioners, D3, Provider numbers: an earlier row has another number for Sun Life: leave one"],
    ),
    "a registration without a number": (
        {"Practitioners": [PERSON, ["Ann", "physiotherapist", "pending"]]},
        ["sheet Practitioners, C2 (Ann), Registration: found 'pending'; expected the number that the college gave, or "
         "nothing while there is none"],
    ),
    "an end without a beginning": (
        {"Practitioners": [[*PERSON, "Registered from", "Registered until"],
                           ["Ann", "physiotherapist", "01234", "", "2026-10-10"]]},
        ["sheet Practitioners, row 2 (Ann), Registered from: found nothing; this cell is needed"],
    ),
    "a word for self-pay that is an insurer": (
        {"Insurers": [["Name", "Other spellings", "Self-pay"], ["Own pocket", "Manulife; Cash", "yes"],
                      ["Sun Life", "Self pay", ""]]},
        ["sheet Insurers, B2 (Own pocket), Other spellings: 'Manulife' stands for the insurer Manulife, and cannot be "
         "a word for self-pay",
         "sheet Insurers, B3 (Sun Life), Other spellings: 'Self pay' is a word for patients who pay themselves, and "
         "cannot be an insurer"],
    ),
    "an insurer in two rows": (
        {"Insurers": [["Name", "Vendor number"], ["Sun Life", ""], ["Sun Life Financial", "12345"]]},
        ["sheet Insurers, A3 (Sun Life Financial), Name: Sun Life has an entry already, sheet Insurers, row 2: put "
         "what is said of it there"],
    ),
    "one of two codes": (
        {"Insurers": [["Name", "Service code initial", "Service code subsequent"], ["Sun Life", "PTI", ""]]},
        ["sheet Insurers, row 2 (Sun Life), Service code subsequent: found nothing; this cell is needed"],
    ),
    "an error where words belong": (
        {"Insurers": [["Name", "Requires"], ["Sun Life", "#N/A"]]},
        ["sheet Insurers, B2 (Sun Life), Requires: found '#N/A'; expected words with commas or semicolons between "
         "them"],
    ),
    "one heading with two meanings": (
        {"Columns": [["Heading", "Stands for"], ["Outcome", "Status"], ["outcome", "ignore"], ["Price", "Fee"],
                     ["PRICE", "Patient Paid"]]},
        ["sheet Columns, B2 (my-program), Outcome: 'Outcome' has a meaning here, and is to be ignored too: leave one",
         "sheet Columns, B5 (my-program), PRICE: 'Price' and 'PRICE' are one heading, with two meanings: leave one"],
    ),
    "a layout called as one of the program's": (
        {"Columns": [["Layout", "Heading", "Stands for"], ["Jane clients", "Payer", "Insurer"]]},
        ["sheet Columns, row 2 (jane-clients), Layout: the program has a layout jane-clients of its own: give this one "
         "another name"],
    ),
    "words": (
        {"More": [["Words"], ["Column", "Word", "Means", "Layout"], ["Status", "N/S", "no-show", ""],
                  ["Status", "n s", "arrived", ""], ["Service", "Vu", "arrived", ""],
                  ["Visit", "Vu", "initial", "acme"]]},
        ["sheet More, C4, n s: 'N/S' and 'n s' are one word, with two meanings: leave one",
         "sheet More, A5, Column: found 'Service'; expected one of status, visit, relationship, billed",
         "sheet More, D6, Layout: words for visit are the same in every file: clear this cell"],
    ),
    "names in two spellings": (
        {"Service names": [["Service name", "Service"], ["Needling 30", "other"], ["needling 30", "ims"]]},
        ["sheet Service names, B3, needling 30: 'Needling 30' and 'needling 30' are one name, with two services: leave "
         "one"],
    ),
    "titles, and Notes that are not read": (
        {"Fees": [["Our fees", "updated by Jo"], ["New from", "", "2026-01-01"], FEES, ["ims", 95, "2026-01-01"]]}, [],
    ),
    "one number twice, and none": (
        {"Practitioners": [[*PERSON, "Provider numbers"],
                           ["Ann", "physiotherapist", "-", "Sun Life: 1; Sun Life: 1; Sun Life Financial: 1"],
                           ["Ben", "massage-therapist", "n/a", ""]]}, [],
    ),
    "names that signs tell apart": (
        {"Service names": [["Service name", "Service"], ["Physio (IMS)", "ims"], ["Physio IMS", "physiotherapy"]],
         "More": [["Words"], ["Column", "Word", "Means"], ["Status", "A", "no-show"],
                  ["Status", "A \u2713", "arrived"]]},
        [],
    ),
    "a site in place of its heading": (
        {"More": [["Locations"], [LOCATIONS.help], ["Langford", "Notes"]]},
        ["sheet More, row 3: found no headings of Locations; expected Location, Notes"],
    ),
    "a site without its heading": (
        {"More": [["Locations"], [LOCATIONS.help], ["Langford"]]},
        ["sheet More, row 3: found no headings of Locations; expected Location, Notes"],
    ),
    "a word alone": (
        {"More": [["Words"], ["Column", "Word", "Means", "Notes"], ["", "Vu", "", "seen"]]},
        ["sheet More, row 3: Column and Means are blank"],
    ),
    "a limit without a measure": (
        {"More": [["Limits"], ["Insurer", "Visits", "From"], ["Sun Life", 20, "2026-01-01"]]},
        ["sheet More, row 3: it is per calendar year, or within weeks after the accident, and only one of them"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sheets", "wrong"), SLIPS.values(), ids=SLIPS)
def test_what_is_there_twice_or_not_at_all_is_a_fault_with_its_place(sheets: Sheets, wrong: list[str]) -> None:
    assert faults({"Clinic": [["Name", "X Physio"]], **sheets}) == wrong


def test_cells_merged_over_several_rows_are_no_value_of_the_first_alone(tmp_path: Path) -> None:
    path = xlsx_of(tmp_path / "clinic.xlsx", {
        "Clinic": NAME,
        "Fees": [["What you charge"], [], [*FEES, "Insurer", "Notes"], ["ims", 95, DAY, "ICBC"], ["ims", 80, DAY]],
    })  # fmt: skip
    book = load_workbook(path)
    book["Fees"].merge_cells("A1:D2")
    book["Fees"].merge_cells("D4:D5")
    book["Fees"].merge_cells("E4:E5")
    book.save(path)
    with pytest.raises(BillingError, match=r"  sheet Fees, D4: merged down to D5; split the cells and fill in each$"):
        load(path)


def test_what_is_asked_and_has_no_answer_meanwhile_is_left_out_and_numbers_of_several_rows_are_one_persons() -> None:
    read = setup(
        {
            "Clinic": [*NAME, ["Phone", "?"]],
            "Practitioners": [
                ["Name", "Profession", "Provider numbers"], ["Ben", "other", "PBC: 1"], ["Ben", "", "MSP: 60001"],
            ],
        }
    )  # fmt: skip
    assert [question.words for question in read.questions] == ["sheet Clinic, B2: Phone"]
    assert "phone" not in read.tables["clinic"]
    assert read.entries["practitioner"][0]["numbers"] == {"PBC": "1", "MSP": "60001"}


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
        "sheet Practitioners, B2: Ann Example, Profession: physiotherapist?",
        "sheet Practitioners, C2: Ann Example, Registration",
        "sheet Practitioners, D2: Ann Example, Needling from",
        "sheet Practitioners, B3: Ben, Profession",
        "sheet Insurers, A2: SLF, Name: Sun Life?",
        "sheet Insurers, A3: Novel Mut, Name",
        "sheet Fees, B2: ims, Amount",
        "sheet Fees, B3: physiotherapy, Amount: 95.00?",
        "sheet Service names, B2: Reset?, Service",
        "sheet Columns, B4: Extra, Stands for",
    ]
    assert [p.profession for p in read.practitioners] == ["physiotherapist", "other"]
    assert not read.practitioners[0].needling
    assert [read.insurer(name) is not None for name in ("SLF", "Novel Mut")] == [True, False]
    assert read.pays_self("cash")
    assert [fee.amount for fee in read.fees if not fee.published] == [95]
    assert not read.service_names
    assert (read.layouts[0].headings, read.block.ignore) == ({"Paid?": "Billed"}, ("Room",))


def test_a_list_may_be_typed_with_commas_where_no_name_has_one() -> None:
    read = setup(
        {
            "Practitioners": [
                ["Name", "Profession", "Other spellings", "Provider numbers"],
                ["Dana Sample", "other", "D. Sample, Sample Dana", "Sun Life: 1, MSP: 2"],
                ["Ann Example", "other", "Example, Ann; Ann Lee Example, RPT", "Plan (A, B): 3"],
            ],
            "Columns": [
                ["Layout", "Sheets of one list"], ["a", "Oct 1-15, Oct 16-31"], ["b", '"One, two"'], ["c", "1, 2; 3"],
            ],
        }
    )  # fmt: skip
    people = read.entries["practitioner"]
    assert [entry["aliases"] for entry in people] == [
        ["D. Sample", "Sample Dana"], ["Example, Ann", "Ann Lee Example, RPT"],
    ]  # fmt: skip
    assert [str(entry["numbers"]) for entry in people] == ["'Sun Life: 1, MSP: 2'", "{'Plan (A, B)': '3'}"]
    assert [entry["sheets"] for entry in read.entries["layout"]] == [
        ["Oct 1-15", "Oct 16-31"],
        ["One, two"],
        ["1, 2", "3"],
    ]


def test_what_is_typed_beside_a_column_to_be_ignored_is_read_too() -> None:
    columns: Sheets = {"Columns": [["Heading", "Stands for", "Sheets of one list"], ["Room", "ignore", "all"]]}
    read = setup(columns)
    assert read.tables["clinic"]["ignore"] == ["Room"]
    assert read.entries["layout"] == [{"name": "my-program", "headings": {}, "sheets": ["all"]}]
    assert clinic({"Clinic": NAME, **columns}).layouts[0].sheets == ("all",)


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
    assert clinic({"Clinic": NAME, "Fees": rows}).unconfirmed == ("sheet Fees, D2: fee 1 (IMS, 95) is not confirmed",)


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
    for named in (path, clinic_file(tmp_path)):
        with pytest.raises(BillingError, match=rf"{named.name}.*this is the clinic's setup"):
            read_files([named], clinic({"Clinic": NAME}))


def test_a_file_that_is_no_workbook_or_is_protected_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "clinic.xlsx"
    path.write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(BillingError, match=r"clinic\.xlsx: the workbook is damaged"):
        load(path)
    path.write_bytes(protected(xlsx_of(path, {"Clinic": NAME}).read_bytes(), "a secret"))
    with pytest.raises(BillingError, match=r"clinic\.xlsx: the setup is protected by a password\. Save it without one"):
        load(path)


# Every key that a setup can have, with the marks that part items in a cell, and days before Excel's first.
EVERY_KEY = """
[clinic]
name = "Example Physiotherapy"
address = "1 Example Street, Saanich BC"
phone = "250-555-0100"
bill = ["ims", "physiotherapy"]
blank_insurer = "self-pay"
dates = "month-first"
time_zone = "America/Edmonton"
locations = ["Saanich", "Oak Bay; upstairs"]
ignore = ["Room", "Paid?"]
[service_code]
code = "00123"
description = "Physiotherapy Services"
[[practitioner]]
name = "Ann Example"
aliases = ["Example, Ann", 'A. "Annie"; Example']
profession = "physiotherapist"
registration = "01234"
registered = [{ from = 1950-01-01, until = 2026-09-30 }, { from = 2026-10-02 }]
needling = { from = 2018-05-01, until = 2027-01-01 }
numbers = { "Pacific Blue Cross" = "00556677", "MSP" = "60001" }
confirmed = false
[[practitioner]]
name = "Carla Specimen"
profession = "massage-therapist"
confirmed = true
[[insurer]]
name = "Sun Life"
aliases = ["SLF"]
code = "SUNL"
public = false
channel = "TELUS eClaims"
requires = ["policy", "member"]
service_code = { initial = "01", subsequent = "=2" }
one_to_one = true
vendor_number = "012345"
claim_within_days = 365
[[insurer]]
name = "Novel Mutual"
code = "NOVL"
public = true
requires = []
service_code = "PT"
one_to_one = false
confirmed = false
[[insurer]]
name = "Out of pocket"
self_pay = true
[[fee]]
service = "ims"
visit = "initial"
minutes = 45
insurer = "ICBC"
amount = 151.05
from = 2026-01-01
until = 2026-12-31
source = "Our contract"
url = "https://example.org/fees"
verified = false
confirmed = false
[[fee]]
service = "physiotherapy"
amount = 90
from = 2026-01-01
[[limit]]
insurer = "Sun Life"
policy = "00123"
visits = 20
per = "calendar-year"
services = ["ims", "physiotherapy", "acupuncture"]
not_counted = "visits elsewhere"
from = 2026-01-01
until = 2026-12-31
source = "The plan"
url = "https://example.org/plan"
verified = true
[[limit]]
insurer = "ICBC"
weeks_after_accident = 12
from = 2026-01-01
[[coverage]]
insurer = "Sun Life"
policy = "00123"
percent = 80
from = 2026-01-01
until = 2026-12-31
source = "The plan"
url = "https://example.org/plan"
verified = true
[[coverage]]
insurer = "Manulife"
percent = 1
from = 2026-01-01
[service_names]
"IMS Acupuncture" = "ims"
"Reset?" = { service = "other", confirmed = false }
[severity]
unusual-frequency = "hold"
missing-policy = "off"
[words.status]
"Seen" = "arrived"
[words.visit]
"Neu" = "initial"
[words.relationship]
"Twin" = "other"
[words.billed]
"Gone" = "yes"
[[layout]]
name = "my-program"
dates = "day-first"
header_rows = 2
above = "Practitioner"
sheets = ["Week 1", "Week 2"]
ignore = ["Room"]
[layout.headings]
"Booking Info" = "Status"
"Paid For By?" = "Insurer"
[layout.status]
"Came" = "arrived"
[[layout]]
name = "their-payments"
of = "remittance"
headings = { "Net" = "Paid" }
[[layout]]
name = "nothing-else"
headings = {}
sheets = ["Week 1, Week 2"]
"""


def test_every_key_is_kept_from_toml_to_the_workbook_and_back(tmp_path: Path) -> None:
    content = EVERY_KEY.encode()
    by_toml = read_toml(tmp_path / "clinic.toml", content)
    workbook = setup_workbook(rows_of(by_toml), offered())
    path = tmp_path / "clinic.xlsx"
    by_workbook = read_workbook(path, workbook)
    back = read_toml(path, toml_of(by_workbook).encode())
    first, second, third = (_proven(setup) for setup in (by_toml, by_workbook, back))
    assert len(first.unconfirmed) == len(second.unconfirmed) == 4
    assert dataclasses.replace(second, unconfirmed=first.unconfirmed) == first
    assert third == first
    assert setup_workbook(rows_of(back), offered()) == workbook


def test_the_setup_with_every_key_has_every_key_there_is() -> None:
    """A key that is new has its place in the workbook, and stands in EVERY_KEY."""
    keys = read_toml(Path("clinic.toml"), EVERY_KEY.encode())
    models: dict[str, type[BaseModel]] = {
        "practitioner": Practitioner,
        "insurer": InsurerEntry,
        "fee": Fee,
        "limit": Limit,
        "coverage": Coverage,
        "layout": OwnLayout,
    }
    for table, model in models.items():
        used = {key for entry in keys.entries[table] for key in entry}
        assert used == {f.alias or name for name, f in model.model_fields.items()} - {"published"}, table
    singles: dict[str, type[BaseModel]] = {"clinic": ClinicBlock, "service_code": ServiceCode, "words": OwnWords}
    for table, one in singles.items():
        assert set(keys.tables[table]) == set(one.model_fields), table


def test_a_key_without_a_place_in_the_workbook_is_refused_and_not_lost() -> None:
    read = read_toml(Path("clinic.toml"), b'[clinic]\nname = "X"\nmoon = "full"\n')
    with pytest.raises(BillingError, match=r"clinic\.moon in clinic has no place"):
        rows_of(read)


def _proven(read: RawSetup) -> Clinic:
    proven, faults_of = validated(read)
    assert proven is not None, faults_of
    return proven


def test_the_workbook_offers_choices_and_keeps_numbers_as_text(tmp_path: Path) -> None:
    rows: SetupRows = {
        "clinic": [{"clinic.name": "?"}],
        "practitioner": [{"name": "Ann", "profession": "physiotherapist?", "registration": "?"}],
        "fee": [{"service": "ims", "amount": 95.0, "from": dt.date(2026, 1, 1), "Notes": "=1+1"}],
    }
    (tmp_path / "clinic.xlsx").write_bytes(setup_workbook(rows, offered()))
    book = openpyxl.load_workbook(tmp_path / "clinic.xlsx")
    assert book.sheetnames == [*SHEETS, "Choices"]
    assert book["Clinic"]["A3"].value == "3 things to fill in before you can claim"
    listed = [row[0].value for row in book["Clinic"].iter_rows(min_row=15) if row[0].value]
    assert listed[1:] == [
        "Clinic, B5: Name",
        "Practitioners, C3: Ann, Profession: physiotherapist?",
        "Practitioners, D3: Ann, Registration",
    ]
    people = book["Practitioners"]
    assert people["A1"].value == PRACTITIONERS.help
    assert [people[cell].fill.fgColor.rgb for cell in ("C3", "D3", "C4")] == ["00FFE699", "00FFE699", "00000000"]
    assert people.column_dimensions["D"].number_format == "@"
    assert {people["D3"].number_format, people["D14"].number_format, book["Insurers"]["G9"].number_format} == {"@"}
    assert (book["Fees"]["E3"].number_format, book["Fees"]["F3"].number_format) == ("#,##0.00", "yyyy-mm-dd")
    assert book["Fees"]["L3"].data_type == "s"
    rules = {
        (sheet.title, str(rule.sqref).split(":")[0]): rule.type
        for sheet in book for rule in sheet.data_validations.dataValidation
    }  # fmt: skip
    chosen = ("Practitioners", "C3"), ("Insurers", "A3"), ("Fees", "A3"), ("Fees", "B3"), ("Fees", "D3")
    assert {rules[cell] for cell in chosen} == {"list"}
    assert (rules[("Fees", "E3")], rules[("Fees", "F3")], rules[("Practitioners", "G3")]) == ("decimal", "date", "date")
    prompts = {
        (sheet.title, rule.promptTitle): rule.prompt or ""
        for sheet in book for rule in sheet.data_validations.dataValidation
    }  # fmt: skip
    for place in (("Practitioners", "Other spellings"), ("Practitioners", "Provider numbers"),
                  ("Insurers", "Other spellings"), ("Columns", "Sheets of one list")):  # fmt: skip
        assert "Put semicolons between them." in prompts[place]
    for name in ("Practitioners", "Insurers", "Fees", "Service names"):
        # A column that nobody explained was filled in twenty times, or feared to be needed.
        assert "Confirmed: leave it blank" in str(book[name]["A1"].value)
    assert max(map(len, prompts.values())) <= 255  # more than that Excel calls damaged
    assert clinic_of_bytes((tmp_path / "clinic.xlsx").read_bytes()).practitioners[0].profession == "physiotherapist"


def clinic_of_bytes(content: bytes) -> Clinic:
    return _proven(read_workbook(Path("clinic.xlsx"), content))


def test_init_writes_the_workbook_and_converts_only_where_a_kind_is_named(tmp_path: Path) -> None:
    done = start(tmp_path / "new", None)
    assert [path.name for path in done.files] == ["clinic.xlsx", "sessions.xlsx"]
    assert done.to_fill_in == len(load(done.files[0]).unconfirmed) == 1
    clinic_file(tmp_path)
    kinds: tuple[SetupKind | None, ...] = (None, "toml")
    for kind in kinds:
        with pytest.raises(BillingError, match=r"clinic\.toml: there is a clinic setup already"):
            start(tmp_path, kind)
    before = load(tmp_path / "clinic.toml")
    steps: list[tuple[SetupKind, str, str]] = [
        ("workbook", "clinic.xlsx", "clinic-before.toml"),
        ("toml", "clinic.toml", "clinic-before.xlsx"),
        ("workbook", "clinic.xlsx", "clinic-before-2.toml"),
    ]
    for step, name, kept in steps:
        done = start(tmp_path, step)
        assert (done.files, done.kept) == ((tmp_path / name,), tmp_path / kept)
        assert dataclasses.replace(load(tmp_path / name), file=before.file, sha256=before.sha256) == before


def test_a_setup_with_something_left_to_fill_in_becomes_no_toml(tmp_path: Path) -> None:
    start(tmp_path, None)
    with pytest.raises(BillingError, match="fill in what is marked") as refused:
        start(tmp_path, "toml")
    assert "sheet Clinic, B5: Name" in str(refused.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clinic.xlsx", "sessions.xlsx"]


def test_a_toml_with_something_left_to_fill_in_becomes_no_workbook(tmp_path: Path) -> None:
    start(tmp_path, "toml")
    with pytest.raises(BillingError, match=r"fill in what is marked before it becomes a clinic\.xlsx:\n.*: Name"):
        start(tmp_path, "workbook")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clinic.toml", "sessions.xlsx"]


def test_no_empty_spreadsheet_is_written_beside_an_export(tmp_path: Path) -> None:
    (tmp_path / "october.csv").write_text("Date,Patient\n", encoding="utf-8")
    assert [path.name for path in start(tmp_path, None).files] == ["clinic.xlsx"]


def test_claim_lists_once_what_is_left_to_fill_in(tmp_path: Path) -> None:
    start(tmp_path, None)
    with pytest.raises(BillingError, match="1 thing to fill in before you can claim") as refused:
        refuse_unfinished(tmp_path / "clinic.xlsx", load(tmp_path / "clinic.xlsx").unconfirmed)
    assert str(refused.value).count("sheet Clinic, B5: Name") == 1


def test_hostile_names_make_a_setup_that_every_program_opens() -> None:
    names = ["=1+1", "a\x1bb", "_x0041_", "A\ufffeB", "long " * 4000]
    content = setup_workbook({"practitioner": [{"name": name} for name in names]}, {})
    tables = open_spreadsheet("clinic.xlsx", content, lambda *_: None).tables
    sheet = next(table for table in tables if table.sheet == "Practitioners")
    cells = [cell for position in range(sheet.height) for cell in sheet.row(position)]
    assert [cell for cell in cells if cell in {*map(cell_text, names)}] == [*map(cell_text, names)]
    rows = openpyxl.load_workbook(io.BytesIO(content))["Practitioners"].row_dimensions
    assert max(row.height or 0 for row in rows.values()) <= 409, "Excel has no higher rows"
