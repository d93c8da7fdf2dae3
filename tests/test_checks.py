"""One reproducer per kind of finding, with its exact message; and cases beside it that must not be found."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ims_billing.checks import CHECKS
from ims_billing.checks.desk import and_others
from ims_billing.clinic.toml_file import without_file
from ims_billing.month.prepare import Scope, prepare_month
from ims_billing.reading.intake import read_files
from ims_billing.rules.published import published
from ims_billing.rules.short_notes import phrase_in
from ims_billing.vocabulary.cells import word_of
from ims_billing.vocabulary.findings import CATALOGUE
from tests.practice import (
    AS_OF,
    MONTH,
    apart,
    by_case,
    intake,
    kinds,
    messages_of,
    month_of,
    outcomes,
    places_in,
    positions,
    practice,
    row,
    tag,
    xlsx,
)

Rows = list[dict[str, Any]]
# Their reproducers stand with the tests of tying out.
TIES = ("sale-without-arrival", "arrival-without-sale", "sale-and-arrival-differ", "tie-not-certain")
JANES = (*TIES, "chart-not-signed")
# And these with the tests of what the ledger remembers.
REMEMBERED = ("changed-since-claimed", "voided", "claimed-session-gone")
OCTOBER = [dt.date(2026, 10, day) for day in range(1, 32)]
GREEN = {"Insurer": "Green Shield", "Member ID": "01-00", "Birth Date": OCTOBER[0], "Relationship": "self"}

# Kind, rows, and what is said of each session that it is found on.
MSP: dict[str, Any] = {"Insurer": "MSP", "PHN": "9123947241", "Birth Date": dt.date(1980, 1, 31)}
ICBC: dict[str, Any] = {"Insurer": "ICBC", "Payer File Number": "AB1", "Accident Date": dt.date(2026, 7, 10)}
# What the clinic file of every reproducer says beside the practice's own.
CLINIC = """
[[practitioner]]
name = "Fay Odd"
profession = "physiotherapist"
registration = "1234"
registered = { from = 2015-01-01 }
needling = { from = 2015-01-01 }

[[insurer]]
name = "GMS"
claim_within_days = 30
requires = []

[[insurer]]
name = "Manulife"
channel = "TELUS eClaims"

[[insurer]]
name = "Equitable"
one_to_one = true

[[limit]]
insurer = "iA"
visits = 2
per = "calendar-year"
from = 2026-01-01

[[fee]]
service = "ims"
insurer = "ICBC"
amount = 80.00
from = 2026-01-01

[[fee]]
service = "ims"
insurer = "Canada Life"
amount = 99.00
from = 2026-01-01
"""
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
     ["Green Shield requires the patient's birth date, and the row has none that can be read."]),
    ("missing-relationship", [row(**GREEN) | {"Relationship": "", "Insured Name": "Robin Madeup"}],
     ["Green Shield requires the relationship to the insured, and the row has none."]),
    ("missing-insured", [row(**GREEN) | {"Relationship": "spouse"}, row(**GREEN, Patient="Self Madeup")],
     ["Green Shield requires the insured's name, and the row has none."]),
    ("missing-payer-file-number", [row(Insurer="ICBC")],
     ["ICBC requires its file number of the accident, and the row has none."]),
    ("missing-accident-date", [row(Insurer="WCB", Payer_File_Number="1")],
     ["WorkSafeBC requires the day of the accident, and the row has none that can be read."]),
    ("missing-phn", [row(Insurer="MSP", Birth_Date=OCTOBER[0])],
     ["MSP requires the Personal Health Number, and the row has none."]),
    ("status-not-recognised", [row(Status="Tentative")],
     ['The status "Tentative" is not one the program knows.']),
    ("practitioner-not-on-roster", [row(Practitioner="Ann Exampel"), row(Practitioner="Quite Another")],
     ['The practitioner "Ann Exampel" is not in the clinic setup. The nearest known one is Ann Example.',
      'The practitioner "Quite Another" is not in the clinic setup.']),
    ("insurer-not-known", [row(Insurer="Sunn Lief")],
     ['The insurer "Sunn Lief" is not known. The nearest known one is Sun Life.']),
    ("not-a-physiotherapist", [row(Practitioner="Dev Placeholder"), row(Practitioner="Carla Specimen")],
     ["Dev Placeholder is entered as an acupuncturist.", "Carla Specimen is entered as a massage therapist."]),
    ("not-authorised-to-needle",
     [row(Practitioner="Ben Sample", Service_Date=OCTOBER[day - 1], Patient=f"P{day}") for day in (5, 6, 25, 26)],
     ["Ben Sample is not shown as authorized to needle on 2026-10-05 in the clinic setup.",
      "Ben Sample is not shown as authorized to needle on 2026-10-26 in the clinic setup."]),
    ("practitioner-not-registered",
     [row(Practitioner="Ben Sample", Service_Date=OCTOBER[day - 1], Patient=f"P{day}") for day in (10, 11, 19, 20)],
     ["Ben Sample has no registration for 2026-10-11 in the clinic setup.",
      "Ben Sample has no registration for 2026-10-19 in the clinic setup."]),
    ("duplicate-session", [row(Session_ID="S1"), row(Session_ID="S1"), row(Session_ID="S2", Patient="Other Madeup")],
     ["This session appears in row 3 too.", "This session appears in row 2 too."]),
    ("ims-or-acupuncture", [row(Service="IMS/Acupuncture")],
     ['The name "IMS/Acupuncture" says IMS and acupuncture.']),
    ("ims-not-certain", [row(Service="Physio +/- IMS Blorf")],
     ['The name "Physio +/- IMS Blorf": we do not know "Blorf"; "perhaps" leaves open whether IMS was given. '
      'If it always means IMS, say so in the clinic setup (Service names).']),
    ("ims-in-notes-only", [row(Service="Follow-up", Notes="Dry needling to calf")],
     ['The notes speak of IMS, the service is "Follow-up".']),
    ("second-visit-same-day", [row(Start="9:00"), row(Start="15:00", Practitioner="Ben Sample")],
     ["The patient's other physiotherapy visit that day is in row 3.",
      "The patient's other physiotherapy visit that day is in row 2."]),
    ("overlapping-sessions",
     [row(Insurer="Equitable", Start="12:00", Minutes=30), row(Start="12:20", Patient="B", Service="Massage")],
     ["Ann Example treated another patient at that time: row 3."]),
    ("no-fee-in-force", [row(Service_Date=dt.date(2026, 3, 31), Visit="initial", Minutes=45)],
     ["No fee is listed for IMS on 2026-03-31 (initial, 45 min)."]),
    ("fee-not-as-listed", [row(Fee=100.0)], ["The fee is $100.00, the list says $95.00."]),
    ("tax-on-session", [row(Tax=4.75)], ["Tax of $4.75 is charged."]),
    ("accident-claim-to-private-plan", [row(Accident_Date=OCTOBER[0])],
     ["The claim goes to Sun Life, a private plan, and the row has an accident date."]),
    ("past-claim-deadline", [row(Insurer="GMS", Service_Date=OCTOBER[day - 1], Patient=f"P{day}") for day in (5, 6)],
     ["GMS took claims for it until 2026-11-04, by the clinic setup."]),
    ("over-insurer-limit", [row(Insurer="iA", Service_Date=OCTOBER[day - 1]) for day in (1, 12, 23)],
     ["It is visit 3, and iA pays 2 visits in a calendar year (0 counted on the ledger, 3 in these files)."]),
    ("unusual-frequency", [row(Service_Date=OCTOBER[day - 1]) for day in (5, 8, 11, 18)],
     ["It is one of 3 or more IMS visits within 7 days."] * 3),
    ("second-initial-visit", [row(Service_Date=day, Visit="initial") for day in OCTOBER[4:6]],
     ["The patient's initial visit was on 2026-10-05 already."]),
    ("phn-check-digit",
     [row(PHN="9123947242"), row(PHN="9123 947-241", Patient="B"), row(PHN="912394724", Patient="C")],
     ["The check digit of the Personal Health Number is not the one that its other digits give.",
      "The Personal Health Number is not ten digits of which the first is a 9."]),
    ("registration-format", [row(Practitioner="Fay Odd")],
     ['Fay Odd\'s registration number "1234" is not five digits that begin with 0.']),
    ("number-unlike-others",
     [row(Policy_Number=f"0012{n}", Patient=f"P{n}") for n in range(6)] + [row(Policy_Number="77", Patient="Q")],
     ["The policy number does not look like the others that go to Sun Life."]),
    ("birth-date-in-future", [row(Birth_Date=OCTOBER[7]), row(Birth_Date=OCTOBER[6], Patient="B")],
     ["The patient's birth date is after the visit."]),
    ("fee-varies-by-insurer",
     [row(), row(Insurer="PBC", Patient="B"), row(Insurer="Canada Life", Fee=99.0, Patient="C")],
     ["Canada Life is charged $99.00, and other plans $95.00 for the same visit."]),
    ("rule-not-verified", [row(**ICBC, Fee=80.0), row(Insurer="Veterans Affairs", Patient="B")],
     ["ICBC's limit of 25 visits within 12 weeks after the accident is known only from a secondary source: A vendor's "
      "guide to what ICBC covers in the first 12 weeks.",
      "Veterans Affairs pays amounts of its own, and none is listed for that day: the clinic's own fee is claimed."]),
    ("insurer-limit-counted-in-part",
     [row(**ICBC, Fee=80.0, Service_Date=OCTOBER[1]), row(**ICBC, Fee=80.0, Service_Date=OCTOBER[2]),
      row(Insurer="ICBC", Payer_File_Number="AB2", Fee=80.0, Patient="B")],
     ["It is 85 days after the accident, past the 12 weeks that ICBC pays for; ICBC may have approved more.",
      "The accident date is missing, so the 12 weeks that ICBC pays for could not be counted; it is visit 1."]),
    ("near-insurer-limit", [row(Insurer="iA", Service_Date=OCTOBER[0])],
     ["It is visit 1 of the 2 visits in a calendar year that iA pays."]),
    ("near-claim-deadline",
     [row(Insurer="GMS", Service_Date=OCTOBER[day - 1], Patient=f"P{day}") for day in (5, 6, 20, 21)],
     ["GMS takes claims for it until 2026-11-05, by the clinic setup.",
      "GMS takes claims for it until 2026-11-19, by the clinic setup."]),
    ("past-submission-window",
     [row(Insurer="Manulife", Service_Date=OCTOBER[day - 1], Patient=f"P{day}") for day in (4, 5)],
     ["TELUS eClaims takes claims up to 31 days after the visit: now send it by the insurer's own portal or on "
      "paper."]),
    ("acupuncture-by-physiotherapist", [row(Service="AFCI acupuncture")],
     ['The name "AFCI acupuncture" is acupuncture, and is not billed. '
      "If it is IMS, say so in the clinic setup (Service names)."]),
    ("service-not-recognised", [row(Service="Needling 30")],
     ['The name "Needling 30" is not recognized, and is not billed. '
      "If it is IMS, say so in the clinic setup (Service names)."]),
]  # fmt: skip


def test_each_kind_is_found_where_it_is_and_says_what_is_wrong(tmp_path: Path) -> None:
    """All of them are one month, each with patients of its own; a message has the row as it is among its own."""
    month = month_of(tmp_path, apart([rows for _, rows, _ in REPRODUCERS], days=False), more=CLINIC, month=None)
    first = 0
    for kind, rows, messages in REPRODUCERS:
        about, place = CATALOGUE[kind], partial(lambda row, before: f"row {int(row[1]) - before}", before=first)
        own = month.findings["session"].between(first, first + len(rows) - 1)
        findings = month.findings[own & (month.findings["kind"] == kind)]
        assert [re.sub(r"\brow (\d+)", place, message) for message in findings["message"]] == messages, kind
        assert set(findings["severity"]) == {about.severity}, kind
        assert set(findings["fix"]) == {about.fix}, kind
        wanted = {"held"} if about.severity == "hold" else {"claimed", "not_billed"}
        assert set(month.sessions.loc[findings["session"], "outcome"]) <= wanted, kind
        first += len(rows)
    assert first == len(month.sessions)


def test_the_catalogue_says_which_messages_name_or_count_rows() -> None:
    """`claim` passes over their words where it asks whether a month has changed."""
    by_rows = {kind for kind, _, messages in REPRODUCERS if re.search(r"\b(?:row|visit) \d", " ".join(messages))}
    assert {kind.kind for kind in CATALOGUE.values() if kind.names_rows} == {*by_rows, *TIES}


def test_every_fix_fits_a_setup_of_either_kind() -> None:
    for kind in CATALOGUE.values():
        assert "clinic.toml" not in kind.fix, kind
        assert "[" not in kind.fix, kind


def test_a_name_of_which_nothing_is_known_warns_and_is_not_quoted_as_it_may_be_somebodys(tmp_path: Path) -> None:
    names = ("Zorb 30", "Intramusc. stim", "4165550100", "Somebody Else")
    month = month_of(tmp_path, [row(Service=name, Patient=f"P{n}") for n, name in enumerate(names)])
    assert outcomes(month) == ["not_billed: other-service"] * 4
    sentence = "The name is not recognized, and is not billed."
    assert messages_of(month, "service-not-recognised") == [sentence] * 4
    # By who may not needle, it is no IMS.
    assert kinds(month_of(tmp_path, [row(Service="Zorb 30", Practitioner="Carla Specimen")])) == []


def test_every_kind_of_the_catalogue_has_a_reproducer_and_a_check() -> None:
    assert [kind for kind, _, _ in REPRODUCERS] == [kind for kind in CATALOGUE if kind not in (*JANES, *REMEMBERED)]
    by_reading = {"unreadable-service-date", "missing-service-date", *TIES}
    # Whether an appointment and its sale name one service is judged once both names are read.
    assert set(CHECKS) == set(CATALOGUE) - by_reading | {"sale-and-arrival-differ"}


CONTRADICTING_NOTES = [
    "Cancelled", "canceled", "CANCELLED - snow", "Patient cancelled", "pt cancelled by phone, sick", "late cancel",
    "Late cancellation, fee charged", "No-show", "no show", "patient no show 10:15", "Did not attend", "didn't show up",
    "Cancelled due to illness", "already billed", "Already billed to Sun Life", "already claimed in September",
    "Billed already", "refunded", "Refunded $95 to card", "full refund", "Do not bill", "DO NOT BILL - see Ann",
    "don't bill MSP", "do not submit", "no charge", "duplicate", "wrong patient", "Tight calf. No show",
    "Annulé", "annulée par la patiente", "Ne s'est pas présenté", "absente", "déjà facturé", "Remboursée",
    "ne pas facturer", "Client absent", "IMS declined", "patient refused", "IMS not done", "treatment did not happen",
    # On another day, or typed twice. The visits are in October.
    "rescheduled to Nov", "Rescheduled", "moved to November 3", "rescheduled to next week", "double entered, see row 4",
    "rescheduled to Oct 12", "Rescheduled to October 14th", "moved to 12 Oct", "rescheduled to 2026-10-12, sick",
    "rescheduled to the 12th", "rescheduled to Friday", "moved to next Wednesday", "resched",
    "Reportée au 12 octobre", "moved to Thursday 9:30",
    # An insurer was billed.
    "sent to PBC Oct 9", "sent to Sun Life", "claimed by pt herself online", "patient submits own claim",
    "direct billed", "claimed", "Submitted online Oct 9", "paid by insurer", "Manulife paid", "sent",
    "billed thru portal", "billed 2026-10-06", "NS", "LC", "N/S", "l/c", "R/S to Oct 12", "HOLD billing",
    # Another insurer pays.
    "WCB claim", "ICBC claim - see file", "ICBC", "bill to Manulife", "ICBC claim 4412",
    # An accident, in a row of a plan.
    "MVA", "mva 2026-09-01", "MVA claim 4412", "car accident", "Accident", "hurt at work", "accident de travail",
    # The patient paid, or pays.
    "paid cash", "pd in full by pt", "pt paid $95 debit", "pt paid", "paid $200.00 visa", "payé comptant",
    "cash - see envelope", "Cash", "paid in full", "private pay", "paid", "payé par la patiente",
    "pd 95 debit", "100% paid by pt", "no coverage",
    "out of pocket", "dnb", "DNB - see Ann", "dup of row 3", "refund issued", "payé par ICBC", "hold", "fee waived",
    "new insurance - Manulife now", "resched to Nov 2", "patient submits own", "pt left before tx", "wrong date",
    "should be Oct 3",
]  # fmt: skip
ORDINARY_NOTES = [
    "", "secondary: Manulife", "patient cancelled golf", "billing address changed", "cancelled gym membership",
    "not cancelled",
    "on cancellation list", "no show policy discussed", "refund policy explained", "did not attend gym this week",
    "never already billed", "bill to Sun Life", "ready to bill", "paid at desk", "billed at new rate",
    "no charge for tape", "will cancel if sick", "Moved here after patient cancelled", "cancelled trip to Mexico",
    "absent reflexes", "duplicate receipt mailed", "void bladder often", "Neck, 30 min", "dossier annulation expliquée",
    "rescheduled from Tuesday", "remboursement expliqué", "pas annulé", "knee pain refunded? asked",
    "The patient came today after she had cancelled twice in September",
    "Please do not bill the gym that she cancelled", "declined massage", "not declined", "homework not done",
    "needled L4 multifidus", "pt reported pain, paid attention to posture", "referred by Dr Wong", "pt works as RMT",
    "claim number 12345 on file", "will cancel gym", "cash register work injury", "student, sits all day",
    "WCB denied in 2019, now private", "twitch response L glute med", "needles x6, no adverse events",
    "consent given for needling", "seen by Dr Wong last week", "sees RMT weekly", "massage by RMT last month",
    "also treated by chiro", "assistant manager, lifts boxes", "kin student, runs", "works for Sun Life",
    "Sun Life policy renewed", "report sent to ICBC", "letter sent to WCB", "new Sun Life card on file",
    "paid parking", "well paid, stressed", "copay paid cash", "pt paid $20 debit", "paid 19.00 cash",
    "pays attention now", "20% paid by pt", "pt paid 20%", "pt paid 20 debit", "PD pt, tremor", "bill Manulife 2nd",
    "rescheduled to 3 pm", "rescheduled to Oct 7", "moved to Wednesday", "rescheduled to the 7th",
    "rescheduled to 2026-10-07", "rebooked Oct 14", "next visit Friday", "hx of MVA", "whiplash from MVA", "no MVA",
    "sits at work all day", "not an accident", "rescheduled from Oct 5", "report due the 12th",
    "f/u Oct 14", "w/o pain", "moved to November is fine? asked", "no cash on hand",
    "to be claimed", "not sent", "claims adjuster, desk job", "invoice emailed", "receipt sent to pt",
    "massage helped", "less pain with exercise", "exercise only at home now", "no needling pain", "no needles felt",
    "seen by Ann today", "Ann treated neck", "Ben treated her last month", "referred by Ben Sample",
    "Ann covered for Ben",
    "covered for rain, biked", "IMS instead of massage", "massage instead of gym next week", "Manulife secondary",
    "married, May 3", "Bill pays at home", "physio tomorrow", "mark on left arm", "full ROM", "paid leave from work",
    "hold stretch 30 s", "left before her son", "late for work, left early", "Manulife now covers massage",
]  # fmt: skip


# What was done and by whom is decided in another way than whether there was a visit.
OTHERS_NOTES = [
    "Lisa (RMT) covered for Ann", "seen by Ben Sample", "seen by Ben", "Ben covered", "treated by a student",
    "student treated under supervision", "RMT treated today", "acupuncture by Joan instead", "massage instead",
    "Needling by another physio", "Ben for Ann", "covered by Ben Sample", "no needling today", "pas d'aiguilles",
    "exercise only", "did not needle", "remplacée par Ben", "vue par Ben", "treated by Carla Specimen",
]  # fmt: skip


def test_a_short_note_that_contradicts_the_visit_waits_for_a_person(tmp_path: Path) -> None:
    """Ann treats all of it, for Sun Life, in October; one on the roster has a name that is a word of the rules."""
    notes = [*CONTRADICTING_NOTES, *OTHERS_NOTES, *ORDINARY_NOTES]
    more = '[[practitioner]]\nname = "Bill Sample"\nprofession = "massage-therapist"\n'
    month = month_of(tmp_path, [row(Notes=note, Patient=f"P{n}") for n, note in enumerate(notes)], more=more)
    wanted = [
        *([["status-not-recognised"]] * len(CONTRADICTING_NOTES)),
        *([["ims-not-certain"]] * len(OTHERS_NOTES)),
        *([[]] * len(ORDINARY_NOTES)),
    ]
    read = [[kind for kind in kinds(month, n) if kind in CATALOGUE_OF_NOTES] for n in range(len(notes))]
    assert [(notes[n], read[n]) for n in range(len(notes)) if read[n] != wanted[n]] == []
    assert len(ORDINARY_NOTES) > 80
    assert messages_of(month, "status-not-recognised")[0] == 'The note says "cancelled", and no other column does.'
    assert messages_of(month, "ims-not-certain")[1] == (
        'The note says "seen by another practitioner", and no other column does. If somebody else treated, do not bill '
        "it; correct the practitioner in your practice software and export again."
    )
    assert CATALOGUE["status-not-recognised"].decisions == ("bill", "correct")


CATALOGUE_OF_NOTES = ("status-not-recognised", "ims-not-certain")


def test_a_note_that_another_column_bears_out_holds_nothing(tmp_path: Path) -> None:
    """What the patient paid stands in its column, the other insurer is the second one, and physiotherapy needs none."""
    rows = [
        {**row(Notes="paid cash", Patient="A", Patient_Paid="20"), "Secondary Insurer": ""},
        {**row(Notes="Manulife", Patient="B"), "Secondary Insurer": "Manulife"},
        {**row(Notes="no needling today", Patient="C", Service="Physiotherapy", Fee="90"), "Secondary Insurer": ""},
        {**row(Notes="MVA", Patient="D", Insurer="ICBC"), "Secondary Insurer": ""},
    ]
    month = month_of(tmp_path, rows, clinic='bill = ["ims", "physiotherapy"]')
    assert [set(kinds(month, n)) & {*CATALOGUE_OF_NOTES} for n in range(4)] == [set()] * 4


def test_every_phrase_of_a_note_is_one_and_is_written_as_the_rules_have_it() -> None:
    notes = published().layouts.notes
    clauses = [
        (group, phrase, word_of(phrase.replace("another service", "cupping").replace("...", "by Joan")))
        for group in notes.group
        for phrase in group.phrases()
    ]
    assert [phrase for group, phrase, clause in clauses if phrase_in(clause, group, is_first=True) != phrase] == []
    labels = [(group, label) for group in notes.group for label in group.labels]
    assert [label for group, label in labels if phrase_in(label, group, is_first=True, is_label=True) != label] == []
    assert [label for group, label in labels if phrase_in(label, group, is_first=True)] == []
    assert {word for word in notes.beside for each in notes.group if phrase_in(word_of(word), each, is_first=True)} == {
        "paid",
        "cash",
    }


def test_a_code_that_depends_on_the_visit_is_not_guessed(tmp_path: Path) -> None:
    more = '[[insurer]]\nname = "Manulife"\nservice_code = { initial = "M1", subsequent = "M2" }\n'
    rows = [row(Insurer="Manulife", Visit=visit, Patient=f"P {visit}") for visit in ("", "new", "return")]
    month = month_of(tmp_path, rows, more=more)
    assert messages_of(month, "unreadable-cell") == [
        "Manulife has a service code for each visit, and the row does not say which visit it was."
    ]
    assert list(month.claims["service_code"]) == ["M1", "M2"]


VISITS = '[[insurer]]\nname = "Manulife"\nservice_code = { initial = "M1", subsequent = "M2" }\n' + "".join(
    f'[[fee]]\nservice = "ims"\ninsurer = "WorkSafeBC"\nvisit = "{visit}"\namount = {amount}\nfrom = 2026-01-01\n'
    for visit, amount in (("initial", "90.00"), ("subsequent", "80.00"))
)


@pytest.mark.parametrize("insurer", ["Manulife", "WorkSafeBC", "Sun Life"])
def test_a_visit_that_the_service_name_contradicts_waits_where_it_is_paid_by_the_visit(
    tmp_path: Path, insurer: str
) -> None:
    visits = [
        ("IMS follow-up", "initial"), ("IMS - Initial", "return"), ("IMS follow-up", "return"),
        ("IMS - Initial", "new"), ("IMS", "initial"), ("IMS follow-up", ""),
    ]  # fmt: skip
    rows = [
        row(Service=name, Visit=visit, Insurer=insurer, Patient=f"P{number}", Payer_File_Number="", Accident_Date="")
        for number, (name, visit) in enumerate(visits)
    ]
    month = month_of(tmp_path, rows, more=VISITS)
    contradicts = f"{insurer} is billed by the visit, and the service name says another one than the column Visit does."
    assert messages_of(month, "unreadable-cell") == [contradicts] * (0 if insurer == "Sun Life" else 2)


BY_LENGTH: list[tuple[str, dict[str, Any], bool]] = [
    ("the name says the other length", {"Service": "IMS 30 min", "Minutes": 45}, True),
    ("the name's number is the other length", {"Service": "IMS 30", "Minutes": 45}, True),
    ("the name has the length, and another", {"Service": "IMS 30/45", "Minutes": 45}, False),
    ("a number that is no length of the list", {"Service": "IMS 3 of 6", "Minutes": 45}, False),
    ("a price that is no length", {"Service": "IMS $30", "Minutes": 45}, False),
    ("start and end are shorter", {"Service": "IMS", "Minutes": 45, "Start": "9:00", "End": "9:30"}, True),
    ("the book keeps more time free", {"Service": "IMS", "Minutes": 45, "Start": "9:00", "End": "10:00"}, False),
    ("start without an end", {"Service": "IMS", "Minutes": 45, "Start": "9:00", "End": ""}, False),
    ("no length at all", {"Service": "IMS", "Minutes": "", "Start": "", "End": ""}, False),
]


def test_two_lengths_with_two_fees_wait(tmp_path: Path) -> None:
    more = "".join(
        f'[[fee]]\nservice = "ims"\nminutes = {minutes}\namount = {amount}\nfrom = 2026-01-01\n'
        for minutes, amount in ((30, "95.00"), (45, "115.50"))
    )
    cases = [[{**row(), "Start": "", "End": "", **cells, "Fee": 115.5}] for _, cells, _ in BY_LENGTH]
    held = positions(month_of(tmp_path, apart(cases), more=more), "unreadable-cell", cases)
    assert {case: bool(rows) for case, rows in zip(names_of(BY_LENGTH), held, strict=True)} == {
        case: wanted for case, _, wanted in BY_LENGTH
    }
    again = positions(month_of(tmp_path, apart(cases)), "unreadable-cell", cases)
    assert not any(again)


INSURED: list[tuple[tuple[str, str], str]] = [
    *(((relationship, "Zelda Known"), "missing-insured") for relationship in ("child", "other")),
    *((("spouse", name), "missing-insured") for name in
      ("same", "Same as patient", "self", "Spouse", "wife", "see chart", "Green Shield", "Rex Madeup (deceased)",
       "Zelda Known", "KNOWN, Zelda")),
    (("self", "Rex Other"), "missing-relationship"),
    *(((relationship, name), "") for relationship, name in
      (("self", ""), ("self", "same"), ("self", "Zelda Known"), ("self", "Zelda Maiden"), ("self", "Zel Known"),
       ("spouse", "Rex"), ("spouse", "Lisa See"), ("other", "Émilie Parent"), ("spouse", "Mr. Rex Known"),
       ("child", "Rex Madeup (Bobby)"), ("spouse", "O'Known-Same, Rex"))),
]  # fmt: skip


def test_the_insured_is_a_person_whom_the_relationship_fits(tmp_path: Path) -> None:
    usual = {**row(**GREEN), "Patient": "Zelda Known", "Insured Birth Date": ""}
    rows = [
        usual | {"Relationship": related, "Insured Name": name, "Session ID": f"I{n}", "Service Date": OCTOBER[n]}
        for n, ((related, name), _) in enumerate(INSURED)
    ]
    month = month_of(tmp_path, rows)
    lacks = [" ".join(kind for kind in kinds(month, n) if kind.startswith("missing")) for n in range(len(rows))]
    assert list(zip([case for case, _ in INSURED], lacks, strict=True)) == INSURED
    of_one_name = usual | {"Relationship": "child", "Insured Name": "Zelda Known", "Insured Birth Date": "1955-05-05"}
    assert kinds(month_of(tmp_path, [of_one_name])) == []


def test_two_visits_with_two_fees_wait_for_a_private_plan_too(tmp_path: Path) -> None:
    more = '[[fee]]\nservice = "ims"\nvisit = "initial"\namount = 130.00\nfrom = 2026-01-01\n'
    names = [("IMS follow-up", "initial"), ("IMS initial", "return"), ("IMS follow-up", "return"), ("IMS", "initial")]
    cases = [[row(Service=name, Visit=visit)] for name, visit in names]
    held = positions(month_of(tmp_path, apart(cases), more=more), "unreadable-cell", cases)
    assert list(map(bool, held)) == [True, True, False, False]


def test_a_session_with_nothing_to_remark_has_no_finding(tmp_path: Path) -> None:
    month = month_of(tmp_path, [row()])
    assert (outcomes(month), kinds(month)) == (["claimed"], [])


def test_a_bad_cell_is_not_called_missing_too(tmp_path: Path) -> None:
    month = month_of(tmp_path, [row(Insurer="#N/A"), row(Fee="x", Patient="B"), row(Patient="#N/A")])
    assert [kinds(month, n) for n in range(3)] == [["unreadable-cell"], ["unreadable-fee"], ["unreadable-cell"]]


def test_bad_cells_of_one_kind_are_one_finding_that_tells_of_each(tmp_path: Path) -> None:
    rows = [row(Patient="B", Insurer="#N/A"), row(Practitioner="#N/A", Insurer="#N/A", Fee="x")]
    month = month_of(tmp_path, rows)
    insurer = "Insurer (column N) holds #N/A."
    assert messages_of(month, "unreadable-cell") == [insurer, f"Practitioner (column I) holds #N/A. {insurer}"]
    assert [kinds(month, n) for n in range(2)] == [["unreadable-cell"], ["unreadable-cell", "unreadable-fee"]]


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
    assert messages_of(month, "practitioner-not-registered") == [
        "Fay Unnumbered has no registration number (clinic setup, sheet Practitioners)."
    ]
    assert messages_of(month, "registration-format") == []


@pytest.mark.parametrize(
    ("entry", "kind", "message", "in_setup"),
    [
        ("", "not-authorised-to-needle", "has no date under Needling from (clinic setup, sheet Practitioners).", True),
        ("needling = { from = 2026-10-08 }", "not-authorised-to-needle",
         "is not shown as authorized to needle on 2026-10-07 in the clinic setup.", False),
        ("", "practitioner-not-registered",
         "has no registration number and no date under Registered from (clinic setup, sheet Practitioners).", True),
        ('registration = "01234"', "practitioner-not-registered",
         "has no date under Registered from (clinic setup, sheet Practitioners).", True),
        ('registration = "01234"\nregistered = { from = 2026-10-08 }', "practitioner-not-registered",
         "has no registration for 2026-10-07 in the clinic setup.", False),
    ],
)  # fmt: skip
def test_a_blank_in_the_setup_is_fixed_there_and_days_that_do_not_cover_the_visit_are_not(
    tmp_path: Path, entry: str, kind: str, message: str, in_setup: bool
) -> None:
    more = f'[[practitioner]]\nname = "James Wong"\nprofession = "physiotherapist"\n{entry}\n'
    # Somebody of another profession needs neither.
    month = month_of(tmp_path, [row(Practitioner="James Wong"), row(Practitioner="Carla Specimen")], more=more)
    assert messages_of(month, kind) == [f"James Wong {message}"]
    finding = month.findings[month.findings["kind"] == kind].iloc[0]
    about = CATALOGUE[kind]
    assert finding["fix"] == (about.setup_fix if in_setup else about.fix)
    assert finding["in_setup"] == in_setup
    assert finding["severity"] == "hold"


def names_of(cases: Sequence[tuple[Any, ...]]) -> list[str]:
    return [case[0] for case in cases]


COPIES: list[tuple[str, Rows, list[str]]] = [
    ("equal cells without ids are copies", [row(), row()], ["held", "held"]),
    ("one id with other cells is a copy", [row(Session_ID="1"), row(Session_ID="1", Notes="x")], ["held", "held"]),
    ("one start with two ids is one visit", [row(Session_ID="1", Start="9:00"), row(Session_ID="2", Start="9:00")],
     ["held", "held"]),
    ("a row that does not say when the visit began may be one that does", [row(Start="9:00"), row()], ["held", "held"]),
    ("a patient's id joins what their names part",
     [row(Start="9:00", Patient_ID="P1"), row(Start="9:00", Patient_ID="P1", Patient="Madeup, Pat")],
     ["held", "held"]),
    ("an id in one row and none in the other is one patient",
     [row(Start="9:00", Patient_ID="P1"), row(Start="9:00")], ["held", "held"]),
    ("two patients of one name with ids of their own are two",
     [row(Start="9:00", Patient_ID="P1"), row(Start="9:00", Patient_ID="P2")], ["claimed", "claimed"]),
    ("a visit rebooked for another time beside the cancelled one is no copy",
     [row(Session_ID="1", Start="9:00", Status="cancelled"), row(Session_ID="2", Start="9:30")],
     ["not_billed: cancelled", "claimed"]),
    ("a visit that another row of the same time calls cancelled is in doubt",
     [row(Session_ID="1", Start="9:00", Status="cancelled"), row(Session_ID="2", Start="9:00")],
     ["not_billed: cancelled", "held"]),
    ("a visit without a time that was booked twice and cancelled once took place",
     [row(Session_ID="1", Status="cancelled"), row(Session_ID="2")], ["not_billed: cancelled", "claimed"]),
    *(
        (f"{mark} beside a visit of that time, of one whom nobody knows, is in doubt",
         [row(Start="9:00"), row(Start="9:00", Practitioner=who, **{mark: value})], [becomes, "held"][::-1])
        for who in ("A. Exampel", "")
        for mark, value, becomes in (("Billed", "yes", "not_billed: billed-elsewhere"),
                                     ("Status", "cancelled", "not_billed: cancelled"))
    ),
    *(
        (f"{name} at that time is in doubt", [row(Start="9:00"), row(Start="9:00", Service=name)],
         ["held", "not_billed: other-service"])
        for name in ("IMS cancelled", "No show fee", "IMS declined")
    ),
    ("a late cancellation fee of another time is no copy",
     [row(Start="9:00"), row(Start="11:00", Service="Late cancellation fee")],
     ["claimed", "not_billed: other-service"]),
    ("a massage by somebody whom nobody knows is no copy",
     [row(), row(Practitioner="Z. Nobody", Service="Massage", Insurer="Out of pocket")],
     ["claimed", "not_billed: other-service"]),
    ("a billed row without a time, of one whom nobody knows, is in doubt",
     [row(), row(Practitioner="A. Exampel", Billed="yes")], ["held", "not_billed: billed-elsewhere"]),
    ("one id that is booked here and arrived there is in doubt",
     [row(Session_ID="1", Status="booked"), row(Session_ID="1", Status="arrived")],
     ["not_billed: not-arrived", "held"]),
]  # fmt: skip


def test_copies_of_a_session_are_held(tmp_path: Path) -> None:
    cases = [rows for _, rows, _ in COPIES]
    month = month_of(tmp_path, apart(cases))
    of_rows = by_case(cases, list(zip(outcomes(month), map(partial(kinds, month), month.sessions.index), strict=True)))
    for (case, _, expected), sessions in zip(COPIES, of_rows, strict=True):
        assert [outcome for outcome, _ in sessions] == expected, case
        assert all(of_session == ["duplicate-session"] for outcome, of_session in sessions if outcome == "held"), case


SECOND_VISITS: list[tuple[str, Rows, list[int]]] = [
    ("two ids on one day are two visits", [row(Session_ID="1"), row(Session_ID="2")], [0, 1]),
    ("a physiotherapy visit that this program does not bill counts",
     [row(Start="9:00"), row(Start="11:00", Service="Physiotherapy")], [0]),
    ("one that the patient pays does not",
     [row(Start="9:00"), row(Start="11:00", Service="Physiotherapy", Insurer="Out of pocket")], []),
    ("one that was free does not", [row(Start="9:00"), row(Start="11:00", Service="Physiotherapy", Fee=0)], []),
    ("one that was billed elsewhere counts", [row(Start="9:00"), row(Start="11:00", Billed="yes")], [0]),
    ("a massage does not", [row(), row(Service="Massage", Practitioner="Carla Specimen")], []),
    ("a no-show does not", [row(Start="9:00"), row(Start="11:00", Status="no show")], []),
    ("one at another location of the clinic counts",
     [row(Start="9:00"), row(Start="11:00", Location="Downtown")], [0]),
    ("another patient does not", [row(), row(Patient="Robin Madeup")], []),
    ("another day does not", [row(), row(Service_Date=OCTOBER[20])], []),
]  # fmt: skip


def test_a_second_physiotherapy_visit_of_a_day_is_held(tmp_path: Path) -> None:
    cases = [rows for _, rows, _ in SECOND_VISITS]
    month = month_of(tmp_path, apart(cases), clinic='locations = ["Uptown"]')
    held = positions(month, "second-visit-same-day", cases)
    assert dict(zip(names_of(SECOND_VISITS), held, strict=True)) == {case: wanted for case, _, wanted in SECOND_VISITS}


AT_ONE_TIME: list[tuple[str, Rows, list[int]]] = [
    ("one visit begins as the other ends", [row(Start="9:00", Minutes=30), row(Start="9:30", Patient="B")], []),
    ("a minute earlier they overlap", [row(Start="9:00", Minutes=30), row(Start="9:29", Patient="B")], [0, 1]),
    ("without a length two begin together", [row(Start="9:00"), row(Start="9:00", Patient="B")], [0, 1]),
    ("without a length one minute is enough", [row(Start="9:00"), row(Start="9:01", Patient="B")], []),
    ("without a start nobody can say", [row(Minutes=30), row(Minutes=30, Patient="B")], []),
    ("another practitioner treats the other",
     [row(Start="9:00"), row(Start="9:00", Patient="B", Practitioner="Ben Sample")], []),
    ("one practitioner under two spellings",
     [row(Start="9:00"), row(Start="9:00", Patient="B", Practitioner="A. Example")], [0, 1]),
    ("the same patient is no second client", [row(Start="9:00"), row(Start="9:00", Service="Physiotherapy")], []),
    ("one who did not come is none", [row(Start="9:00"), row(Start="9:00", Patient="B", Status="no show")], []),
    ("one who pays alone is one",
     [row(Start="9:00"), row(Start="9:00", Patient="B", Insurer="Out of pocket")], [0]),
    ("a long visit over two short ones", [row(Start="9:00", Minutes=90), row(Start="9:10", Minutes=5, Patient="B"),
      row(Start="10:00", Minutes=5, Patient="C")], [0, 1, 2]),
    ("one that only touches two that overlap",
     [row(Start="9:00", Minutes=30), row(Start="9:15", Minutes=30, Patient="B"), row(Start="9:45", Patient="C")],
     [0, 1]),
    ("the end says how long where the minutes do not",
     [row(Start="9:00") | {"End": "9:30"}, row(Start="9:29", Patient="B") | {"End": "9:45"}], [0, 1]),
    ("one visit begins as the other ends, by its end",
     [row(Start="9:00") | {"End": "9:30"}, row(Start="9:30", Patient="B") | {"End": "9:45"}], []),
    ("an end before the start says nothing",
     [row(Start="10:00") | {"End": "9:30"}, row(Start="11:00", Patient="B") | {"End": "11:30"}], []),
    ("whoever it was that treated is not one person",
     [row(Start="9:00", Practitioner=""), row(Start="9:00", Patient="B", Practitioner="")], []),
    ("another day is another time",
     [row(Start="9:00"), row(Start="9:00", Patient="B", Service_Date=OCTOBER[7])], []),
]  # fmt: skip


def test_two_patients_at_one_time(tmp_path: Path) -> None:
    # A heading that only some cases have is every row's.
    cases = [[{**cells, "End": cells.get("End", "")} for cells in rows] for _, rows, _ in AT_ONE_TIME]
    month = month_of(tmp_path, apart(cases))
    overlap = positions(month, "overlapping-sessions", cases)
    assert dict(zip(names_of(AT_ONE_TIME), overlap, strict=True)) == {case: wanted for case, _, wanted in AT_ONE_TIME}
    assert set(month.findings.loc[month.findings["kind"] == "overlapping-sessions", "severity"]) == {"warn"}


@pytest.mark.parametrize(
    ("insurer", "severity", "expected"),
    [("Equitable", "", "hold"), ("Sun Life", "", "warn"), ("Sun Life", "hold", "hold"), ("Equitable", "warn", "warn"),
     ("Equitable", "off", "")],
)  # fmt: skip
def test_overlapping_holds_where_the_insurer_pays_one_to_one_unless_the_clinic_says(
    tmp_path: Path, insurer: str, severity: str, expected: str
) -> None:
    more = CLINIC + (f'[severity]\noverlapping-sessions = "{severity}"\n' if severity else "")
    month = month_of(tmp_path, [row(Start="9:00", Insurer=insurer), row(Start="9:00", Patient="B")], more=more)
    of_first = month.findings[(month.findings["session"] == 0) & (month.findings["kind"] == "overlapping-sessions")]
    assert list(of_first["severity"]) == ([expected] if expected else [])


def test_the_published_rules_know_that_pacific_blue_cross_pays_one_to_one_treatment() -> None:
    plan = without_file().insurer("Pacific Blue Cross")
    assert plan is not None
    assert plan.goes_by("one-to-one", dt.date(2026, 10, 7))


FIRST_VISITS: list[tuple[str, Rows, list[int]]] = [
    ("an assessment of plain physiotherapy was the first",
     [row(Service="Physiotherapy initial"), row(Visit="initial", Service_Date=OCTOBER[8])], [1]),
    ("a massage's first visit is none",
     [row(Service="Massage", Visit="initial"), row(Visit="initial", Service_Date=OCTOBER[8])], []),
    ("one that did not take place is none",
     [row(Visit="initial", Status="cancelled"), row(Visit="initial", Service_Date=OCTOBER[8])], []),
    ("two on one day are for another check",
     [row(Visit="initial", Start="9:00"), row(Visit="initial", Start="15:00")], []),
    ("a later visit is no second first", [row(Visit="initial"), row(Visit="return", Service_Date=OCTOBER[8])], []),
    ("each patient has one",
     [row(Visit="initial"), row(Visit="initial", Service_Date=OCTOBER[8], Patient="B")], []),
]  # fmt: skip


def test_a_second_initial_visit(tmp_path: Path) -> None:
    cases = [rows for _, rows, _ in FIRST_VISITS]
    again = positions(month_of(tmp_path, apart(cases)), "second-initial-visit", cases)
    assert dict(zip(names_of(FIRST_VISITS), again, strict=True)) == {case: wanted for case, _, wanted in FIRST_VISITS}


ACCIDENTS: list[tuple[str, dict[str, Any], bool]] = [
    ("an accident date", {"Accident Date": OCTOBER[0]}, True),
    ("a payer file number", {"Payer File Number": "AB1"}, True),
    ("ICBC as the second insurer", {"Secondary Insurer": "ICBC"}, True),
    ("another plan as the second insurer", {"Secondary Insurer": "Manulife"}, False),
    ("a second insurer that nobody knows", {"Secondary Insurer": "Nobody"}, False),
    ("ICBC itself", {"Insurer": "ICBC", "Payer File Number": "AB1", "Secondary Insurer": "Sun Life"}, False),
]


def test_an_accident_goes_to_its_own_payer_first(tmp_path: Path) -> None:
    cases = [[{**row(), "Secondary Insurer": "", **cells}] for _, cells, _ in ACCIDENTS]
    held = positions(month_of(tmp_path, apart(cases)), "accident-claim-to-private-plan", cases)
    assert {case: bool(rows) for case, rows in zip(names_of(ACCIDENTS), held, strict=True)} == {
        case: wanted for case, _, wanted in ACCIDENTS
    }


@pytest.mark.parametrize(
    ("case", "rows", "expected"),
    [
        ("two plans, two prices: the dearer one differs", [("Sun Life", 95), ("Canada Life", 99)], [1]),
        ("what most plans are charged is usual", [("Sun Life", 95), ("Canada Life", 99), ("Beneva", 99)], [0]),
        ("a public payer has its own amounts", [("Sun Life", 95), ("ICBC", 80)], []),
        ("one price for all", [("Sun Life", 95), ("Manulife", 95)], []),
        ("a wrong fee is another finding", [("Sun Life", 95), ("Manulife", 90)], []),
    ],
)
def test_private_plans_are_charged_one_price(
    tmp_path: Path, case: str, rows: list[tuple[str, float]], expected: list[int]
) -> None:
    listed = [row(Insurer=insurer, Fee=float(fee), Patient=insurer, Payer_File_Number="1" * (insurer == "ICBC"))
              for insurer, fee in rows]  # fmt: skip
    more = CLINIC + '[[fee]]\nservice = "ims"\ninsurer = "Beneva"\namount = 99.00\nfrom = 2026-01-01\n'
    month = month_of(tmp_path, listed, more=more)
    differs = month.findings.loc[month.findings["kind"] == "fee-varies-by-insurer", "session"]
    assert list(differs) == expected, case


def test_only_those_who_overlap_are_told_of(tmp_path: Path) -> None:
    times = [("9:00", 30), ("9:15", 30), ("9:45", 30), ("9:45", 5)]
    rows = [row(Start=start, Minutes=minutes, Patient=f"P{n}") for n, (start, minutes) in enumerate(times)]
    overlapping = messages_of(month_of(tmp_path, rows), "overlapping-sessions")
    assert places_in(overlapping) == [["row 3"], ["row 2"], ["row 5"], ["row 4"]]


@pytest.mark.parametrize(
    ("places", "count", "words"),
    [(["row 2"], 1, "row 2"), (["row 2", "row 3"], 2, "row 2 and row 3"),
     (["row 2", "row 3", "row 4"], 3, "row 2, row 3 and row 4"),
     (["row 2", "row 3"], 7, "row 2, row 3 and 5 more places")],
)  # fmt: skip
def test_a_few_places_are_named_and_the_rest_counted(places: list[str], count: int, words: str) -> None:
    assert and_others(places, count) == words


def test_somebody_who_is_not_on_the_roster_is_not_named(tmp_path: Path) -> None:
    rows = [row(Patient=name, Practitioner="Pat Madeup", Start="9:00") for name in ("Ann Example", "Ben Sample")]
    month = month_of(tmp_path, rows)
    overlapping = messages_of(month, "overlapping-sessions")
    assert places_in(overlapping) == [["row 3"], ["row 2"]]
    assert not [message for message in overlapping if "Madeup" in message]
    changed_over = "The practitioner is not in the clinic setup, and the patient is."
    assert messages_of(month, "practitioner-not-on-roster") == [changed_over] * 2


ACCIDENT_DAYS: list[tuple[Any, str]] = [
    (dt.date(2026, 10, 6), ""),
    (dt.date(2026, 10, 7), ""),
    (dt.date(2026, 10, 8), "The day of the accident is after the visit."),
    (dt.date(2027, 7, 10), "The day of the accident is after the visit."),
    ("last week", "WorkSafeBC requires the day of the accident, and the row has none that can be read."),
    ("10/07/2026 or so", "WorkSafeBC requires the day of the accident, and the row has none that can be read."),
    ("", "WorkSafeBC requires the day of the accident, and the row has none that can be read."),
]


def test_a_payer_of_accidents_needs_a_day_that_can_be_the_accidents(tmp_path: Path) -> None:
    # Each row has a patient of its own, and all are visits of 7 October.
    rows = [
        row(Insurer="WCB", Payer_File_Number="1", Accident_Date=day, Patient=f"Pat {tag(number)}")
        for number, (day, _) in enumerate(ACCIDENT_DAYS)
    ]
    findings = month_of(tmp_path, rows).findings
    holds = findings[(findings["kind"] == "missing-accident-date") & (findings["severity"] == "hold")]
    messages = dict(zip(holds["session"], holds["message"], strict=True))
    for number, (day, wanted) in enumerate(ACCIDENT_DAYS):
        # A cell that cannot be read says so behind it.
        assert messages.get(number, "").startswith(wanted), day
        assert bool(messages.get(number)) == bool(wanted), day
    # A decision bills it, or the right day is typed.
    assert set(CATALOGUE["missing-accident-date"].decisions) >= {"bill", "correct"}


def test_a_patients_name_or_number_in_a_wrong_column_is_not_repeated(tmp_path: Path) -> None:
    for cells, kind, message in (
        ({"Practitioner": "Madeup, Pat"}, "practitioner-not-on-roster", "The practitioner is not in the clinic setup."),
        ({"Insurer": "Pat Madeup"}, "insurer-not-known", "The insurer is not known."),
        (
            {"Secondary Insurer": "PAT MADEUP"},
            "insurer-not-known",
            "The second insurer is not known, and the claim names none.",
        ),
        (
            {"Insurer": "Sun Life 9988776"},
            "insurer-not-known",
            "The insurer is not known. The nearest known one is Sun Life.",
        ),
        (
            {"Insurer": "Sun Life MQ551", "Member ID": "mq-551"},
            "insurer-not-known",
            "The insurer is not known. The nearest known one is Sun Life.",
        ),
        (
            {"Practitioner": "PX88 Ann", "Policy Number": "PX88"},
            "practitioner-not-on-roster",
            "The practitioner is not in the clinic setup.",
        ),
    ):
        assert messages_of(month_of(tmp_path, [row() | cells]), kind) == [message]


NOTHING = ("-", "0", "N/A", "none", "n.a.")


def test_a_word_for_nothing_is_no_number(tmp_path: Path) -> None:
    cases = [[row(Payer_File_Number=nothing), row(Policy_Number=nothing, Patient="B")] for nothing in NOTHING]
    month = month_of(tmp_path, apart(cases))
    of_rows = by_case(cases, [kinds(month, session) for session in month.sessions.index])
    assert dict(zip(NOTHING, of_rows, strict=True)) == {each: [[], ["missing-policy"]] for each in NOTHING}


def test_a_fee_of_a_public_payer_that_is_neither_names_both_that_it_could_be(tmp_path: Path) -> None:
    month = month_of(tmp_path, [row(**ICBC, Fee=90.0)], more=CLINIC)
    assert messages_of(month, "fee-not-as-listed") == ["The fee is $90.00, the list says $95.00, and $80.00 for ICBC."]


def test_a_new_price_is_no_difference_between_plans(tmp_path: Path) -> None:
    more = '[[fee]]\nservice = "ims"\nminutes = 45\namount = 110.00\nfrom = 2026-01-01\nuntil = 2026-10-15\n'
    more += '[[fee]]\nservice = "ims"\nminutes = 45\namount = 115.00\nfrom = 2026-10-16\n'
    rows = [
        row(Minutes=45, Fee=110.0),
        row(Minutes=45, Fee=115.0, Service_Date=OCTOBER[20], Insurer="PBC", Patient="B"),
    ]
    month = month_of(tmp_path, rows, more=more)
    assert (outcomes(month), messages_of(month, "fee-varies-by-insurer")) == (["claimed", "claimed"], [])


def test_worksafebc_takes_no_share_from_the_patient(tmp_path: Path) -> None:
    more = '[[fee]]\nservice = "ims"\ninsurer = "WorkSafeBC"\namount = 82.50\nfrom = 2026-01-01\n'
    work = {"Insurer": "WorkSafeBC", "Payer File Number": "1", "Accident Date": OCTOBER[0]}
    rows = [
        row(**work, Fee=82.5),
        row(**work, Fee=82.5, Patient_Paid=10.0, Patient="B"),
        row(Patient_Paid=10.0, Patient="C"),
    ]
    month = month_of(tmp_path, rows, more=more)
    assert messages_of(month, "fee-not-as-listed") == [
        "WorkSafeBC pays the whole cost, and the patient has paid $10.00."
    ]
    assert outcomes(month) == ["claimed", "held", "claimed"]


def test_a_public_payers_amount_that_nobody_listed_is_pointed_out(tmp_path: Path) -> None:
    early = ICBC | {"Accident Date": dt.date(2026, 3, 1)}
    rows = [row(**early, Service_Date=dt.date(2026, 3, 31), Visit="return"), row(**ICBC, Service_Date=OCTOBER[0])]
    month = month_of(tmp_path, [rows[0] | {"Fee": 95.0}, rows[1]], month=None)
    assert list(month.claims["amount_cents"]) == [9500, 9500]
    messages = messages_of(month, "rule-not-verified")
    assert messages[0].startswith("The fee is known only from a secondary source: A vendor's guide")
    assert messages[1].startswith("ICBC pays amounts of its own, and none is listed for that day")


# The days of a patient's visits, and how many of them are unusual.
DAYS: dict[tuple[int, ...], int] = {
    (1, 4, 7): 3, (1, 4, 8): 0, (1, 7): 0, (1, 2, 3, 20): 3, (1, 5, 9, 11, 12): 4, (1, 3, 5, 9, 11): 5,
}  # fmt: skip


def test_more_than_two_ims_sessions_in_any_seven_days_are_unusual(tmp_path: Path) -> None:
    cases = [[row(Service_Date=OCTOBER[day - 1]) for day in days] for days in DAYS]
    unusual = positions(month_of(tmp_path, apart(cases, days=False)), "unusual-frequency", cases)
    assert {days: len(places) for days, places in zip(DAYS, unusual, strict=True)} == DAYS


def test_ims_that_only_the_column_visit_names_is_told_of(tmp_path: Path) -> None:
    """Service and Visit may be exchanged, or a service such as Physiotherapy has kinds of visits."""
    cells = [
        ("Subsequent", "IMS", "Ann Example", "", "held"), ("Initial", "dry needling", "Ann Example", "", "held"),
        ("Physiotherapy", "IMS follow-up", "Ann Example", "", "held"),
        ("IMS", "IMS initial", "Ann Example", "", "claimed"),
        ("Subsequent", "Follow-up", "Ann Example", "", "not_billed: other-service"),
        ("Massage", "IMS", "Carla Specimen", "", "not_billed: other-service"),
        ("Subsequent", "IMS", "Ann Example", "Cancelled", "not_billed: cancelled"),
    ]  # fmt: skip
    rows = [
        row(Service=service, Visit=visit, Practitioner=who, Status=status, Patient=f"P{number}")
        for number, (service, visit, who, status, _) in enumerate(cells)
    ]
    month = month_of(tmp_path, rows)
    assert outcomes(month) == [outcome for *_, outcome in cells]
    assert all("ims-in-notes-only" in kinds(month, number) for number in range(3))
    remark = "Visit (column K) speaks of IMS in 5 rows (first in row 2) whose service does not: read as Notes"
    assert remark in intake(tmp_path, rows).files[0].remarks


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
    assert messages_of(month, "no-fee-in-force") == [
        "No fee is listed for physiotherapy on 2026-10-07 (visit not stated, length not stated)."
    ]


def test_physiotherapy_by_another_profession_is_never_billed_as_such(tmp_path: Path) -> None:
    month = month_of(
        tmp_path,
        [row(Service="Physiotherapy", Practitioner="Carla Specimen")],
        clinic='bill = ["ims", "physiotherapy"]',
    )
    assert "not-a-physiotherapist" in kinds(month)


def test_the_insured_is_asked_for_unless_the_patient_is_the_insured(tmp_path: Path) -> None:
    cases = [("self", ""), ("spouse", ""), ("child", ""), ("other", ""), ("spouse", "Robin")]
    rows = [[row(**GREEN) | {"Relationship": relationship, "Insured Name": insured}] for relationship, insured in cases]
    month = month_of(tmp_path, apart(rows))
    assert [kinds(month, n) for n in range(len(cases))] == [[], *[["missing-insured"]] * 3, []]


def test_a_cell_that_names_nobody_is_no_patient_and_a_name_that_begins_so_is_one(tmp_path: Path) -> None:
    nobody = ["Lunch", "BREAK", "Blocked Time", "Meeting", "Vacation", "Do Not Book", "Test Patient", "Test, Test",
              "Dummy Patient", "Walk-in", "No Name", "Various", "Sun Life", "Out of pocket", "Example Physiotherapy",
              "TBD"]  # fmt: skip
    people = ["Ada Lunch", "Break, Bob", "Pat Test", "Lee Staff", "Sunny Life", "Desjardins, Jo", "Walker"]
    month = month_of(tmp_path, [row(Patient=name, Member_ID=f"9{n:03}") for n, name in enumerate([*nobody, *people])])
    assert [name for n, name in enumerate(nobody) if "missing-patient" not in kinds(month, n)] == []
    assert [name for n, name in enumerate(people, len(nobody)) if "missing-patient" in kinds(month, n)] == []


def test_sessions_without_a_patient_are_nobodys_second_visit_nor_frequent(tmp_path: Path) -> None:
    days = enumerate((4, 4, 5, 6))
    rows = [row(Patient="", Session_ID=str(n), Service_Date=OCTOBER[day], Visit="initial") for n, day in days]
    month = month_of(tmp_path, rows)
    assert [kinds(month, n) for n in range(4)] == [["missing-patient"]] * 4


def test_what_did_not_take_place_and_copies_are_not_frequent(tmp_path: Path) -> None:
    days = [row(Service_Date=OCTOBER[4], Session_ID="1"), row(Service_Date=OCTOBER[5], Session_ID="2")]
    missed = [row(Service_Date=OCTOBER[6], Status=status) for status in ("no show", "cancelled", "booked", "refunded")]
    for more in (*missed, days[1]):
        assert messages_of(month_of(tmp_path, [*days, more]), "unusual-frequency") == [], more["Status"]
    elsewhere = row(Service_Date=OCTOBER[6], Billed="yes")
    assert len(messages_of(month_of(tmp_path, [*days, elsewhere]), "unusual-frequency")) == 2


def test_what_took_place_in_the_month_before_is_frequent_too_and_what_did_not_is_not(tmp_path: Path) -> None:
    own, before = [row(Service_Date=day) for day in OCTOBER[:2]], dt.date(2026, 9, 30)
    for status, expected in (("arrived", 2), ("no show", 0)):
        month = month_of(tmp_path, [*own, row(Service_Date=before, Status=status)])
        assert len(messages_of(month, "unusual-frequency")) == expected, status


def test_a_tax_that_was_taken_back_is_still_tax(tmp_path: Path) -> None:
    assert messages_of(month_of(tmp_path, [row(Tax=-4.75)]), "tax-on-session") == ["Tax of -$4.75 is charged."]


def test_where_the_insurer_is_not_known_no_fee_is_looked_for(tmp_path: Path) -> None:
    assert kinds(month_of(tmp_path, [row(Insurer="Nobody At All", Fee=1.0)])) == ["insurer-not-known"]


def test_names_of_those_who_may_not_needle_are_nobodys_riddle(tmp_path: Path) -> None:
    rows = [row(Service=name, Practitioner="Carla Specimen") for name in ("Needling 30", "Acupuncture")]
    assert [kinds(month_of(tmp_path, rows), n) for n in range(2)] == [[], []]


def test_other_places_are_named_by_file_where_it_is_another(tmp_path: Path) -> None:
    clinic = practice(tmp_path)
    files = [xlsx(tmp_path, [row(Start=start)], f"{name}.xlsx") for name, start in (("a", "9:00"), ("b", "15:00"))]
    month = prepare_month(read_files(files, clinic), Scope(clinic, month=MONTH, as_of=AS_OF))
    assert places_in(messages_of(month, "second-visit-same-day")) == [["row 2 of b.xlsx"], ["row 2 of a.xlsx"]]


def test_a_name_that_says_the_payer_of_an_accident_warns_where_a_plan_is_billed(tmp_path: Path) -> None:
    warned = {"IMS - ICBC": True, "WCB IMS": True, "MVA - IMS": True, "IMS (non WCB)": False, "IMS": False}
    cases = [[row(Service=name)] for name in warned] + [
        [row(Service=name, Accident_Date=OCTOBER[0])] for name in warned
    ]
    month = month_of(tmp_path, apart(cases))
    assert outcomes(month) == ["claimed"] * len(warned) + ["held"] * len(warned)
    of_cases = positions(month, "accident-claim-to-private-plan", cases)
    assert dict(zip(warned, map(bool, of_cases), strict=False)) == warned
