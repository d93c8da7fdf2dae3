"""What a service name says, measured on the names that real clinics write."""

from __future__ import annotations

import csv
import datetime as dt
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ims_billing.month.prepare import Scope, prepare_month
from ims_billing.rules.published import published
from ims_billing.rules.words import WordGroup
from ims_billing.sessions.classify import classify
from ims_billing.sessions.name_words import NoteReader, words_of
from ims_billing.sessions.service_names import NameReader, names_read
from ims_billing.vocabulary.kinds import Service
from ims_billing.vocabulary.spelling import plain
from tests.practice import (
    AS_OF,
    MONTH,
    csv_text,
    intake,
    kinds,
    month_of,
    outcomes,
    practice,
    read_texts,
    row,
)

HERE = Path(__file__).parent
COPY = HERE / "data" / "service_names.csv"
MORE = HERE.parent.parent / "shared" / "service_names_more.csv"


def reader(own: dict[str, Service] | None = None) -> NameReader:
    return NameReader(published().services, own or {})


def collected() -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for path in (COPY, MORE):
        if path.exists():
            with path.open(encoding="utf-8", newline="") as file:
                rows += list(csv.DictReader(file))
    return rows


def by_a_physiotherapist(collected_row: dict[str, str]) -> bool:
    """Whether the heading shows a physiotherapist; an advertisement for acupuncture does not."""
    shown = collected_row["provider_heading"].casefold()
    return ("physio" in shown or "physical therap" in shown) and "acupuncture" not in shown


def held_kinds(tmp_path: Path, names: list[str], practitioner: str) -> list[tuple[str, str, list[str]]]:
    """By name, what the whole program makes of it under a practitioner: service, outcome and kinds."""
    sessions = [row(Service=name, Practitioner=practitioner, Patient=f"Pat {n}") for n, name in enumerate(names)]
    month = month_of(tmp_path, sessions)
    return [
        (service, outcome, kinds(month, n))
        for n, (service, outcome) in enumerate(zip(month.sessions["service"], outcomes(month), strict=True))
    ]


def test_every_collected_ims_name_is_ims_under_a_physiotherapist(tmp_path: Path) -> None:
    names = [r["name"] for r in collected() if r["label"] == "ims"]
    assert len(names) >= 19
    for name, (service, outcome, kinds_held) in zip(names, held_kinds(tmp_path, names, "Ann Example"), strict=True):
        assert (service, outcome, kinds_held) == ("ims", "claimed", []), name


def test_every_collected_ims_name_of_another_provider_is_held(tmp_path: Path) -> None:
    names = [r["name"] for r in collected() if r["label"] == "ims_other_provider"]
    assert len(names) >= 2
    for name, (_, outcome, kinds_held) in zip(names, held_kinds(tmp_path, names, "Dev Placeholder"), strict=True):
        assert outcome == "held", name
        assert "not-a-physiotherapist" in kinds_held, name


def test_every_ambiguous_name_under_a_physiotherapist_is_held(tmp_path: Path) -> None:
    names = [r["name"] for r in collected() if r["label"] == "ambiguous" and by_a_physiotherapist(r)]
    assert names
    for name, (_, outcome, kinds_held) in zip(names, held_kinds(tmp_path, names, "Ann Example"), strict=True):
        assert (outcome, kinds_held) == ("held", ["ims-or-acupuncture"]), name


@pytest.mark.parametrize("practitioner", ["Ann Example", "Carla Specimen", "Dev Placeholder"])
def test_no_other_collected_name_is_ever_ims_or_held(tmp_path: Path, practitioner: str) -> None:
    names = [r["name"] for r in collected() if r["label"] in ("physio", "acupuncture", "other")]
    assert len(names) >= 40
    for name, (service, outcome, _) in zip(names, held_kinds(tmp_path, names, practitioner), strict=True):
        assert service != "ims", name
        assert outcome == "not_billed: other-service", name


def test_the_second_collection_of_names_is_there() -> None:
    if not MORE.exists():
        pytest.skip("shared/service_names_more.csv does not stand beside the project")
    assert len(collected()) > 300


IMS_IN_ANY_WORDING = [
    "I.M.S.", "ims", "IMS30", "PhysioIMS 45min", "Gunn-IMS F/U", "intra-muscular stim", "Intra Muscular Stimulation",
    "Intermuscular stimulation", "Intramusclar Stimulation", "Dry Needeling", "dryneedling", "DRY-NEEDLES", "PT/DN 30",
    "TDN follow-up", "Aiguilles seches", "AIGUILLES SÈCHES", "stimulations intramusculaires", "P.P.A.S.",
    "Puncture physiothérapique", "Trigger-point needling", "Non-ICBC IMS", "IMS (e-stim)",
    "dry nedling", "Imsphysio", "imsinitial 30", "Dry n eedling", "IMS, no",
]  # fmt: skip
NOT_IMS = {
    "ICBC Claims": "unrecognised",
    "Swim session": "unrecognised",
    "Physio I, MS clinic": "physiotherapy",
    "TENS/NMES muscle stimulation": "unrecognised",
    "Physiotherapy (no IMS)": "physiotherapy",
    "Physio without dry needling": "physiotherapy",
    "Acupuncture (not IMS)": "acupuncture",
    "No IMS Acupuncture": "acupuncture",
    "No IMS, acupuncture": "acupuncture",
    "Physio (no IMS or acupuncture)": "physiotherapy",
    "PP AS": "unrecognised",
    "Micro-needling face": "other",
    "Needling 30": "unrecognised",
    "Physio needling": "unrecognised",
    "Physio nedling": "physiotherapy",
    "Dry handling": "unrecognised",
    "IMS late cancellation fee": "other",
    "Acupressure": "other",
    "Trigger point therapy": "unrecognised",
    "PT Acupuncture": "acupuncture",
    "Physio & massage": "massage",
    "": "unrecognised",
}


@pytest.mark.parametrize("name", IMS_IN_ANY_WORDING)
def test_ims_is_ims_in_any_wording(name: str) -> None:
    reading = reader().read(name)
    assert (reading.service, reading.also_acupuncture) == ("ims", False)
    assert reading.evidence.endswith("in Service")


@pytest.mark.parametrize(("name", "service"), NOT_IMS.items())
def test_what_only_looks_like_ims_is_not(name: str, service: str) -> None:
    assert reader().read(name).service == service


@pytest.mark.parametrize(
    "name",
    [
        "IMS Acupuncture",
        "ims   ACUPUNCTURE",
        "IMS-Acupuncture",
        "IMS Acupuncture - Follow-up 30 min",
        "Initial IMS Acupuncture (45 min)",
    ],
)
def test_the_clinics_own_name_is_ims_with_visit_and_duration_words_around_it(name: str) -> None:
    reading = reader().read(name)
    assert (reading.service, reading.also_acupuncture) == ("ims", False)


@pytest.mark.parametrize(
    "name",
    ["IMS/Acupuncture", "IMS & Acupuncture", "IMS + acupuncture", "IMS, acupuncture", "IMS or Acupuncture",
     "IMS and Acupuncture", "IMS - Acupuncture", "Acupuncture IMS", "IMS (Acupuncture)", "Shoulder IMS Acupuncture",
     "Accupunture + dry needling"],
)  # fmt: skip
def test_another_name_with_both_words_is_in_doubt(name: str) -> None:
    assert reader().read(name).also_acupuncture


@pytest.mark.parametrize(
    ("notes", "term"),
    [
        ("IMS to calf", "ims"),
        ("i m s to calf", "i m s"),
        ("i ms to calf", ""),
        ("no IMS today", ""),
        ("no intramuscular stimulation intramusculaire", ""),
        ("no IMS, dry needling instead", "dry needling"),
    ],
)
def test_a_term_in_notes_counts_unless_it_is_denied_or_only_spelled_by_chance(notes: str, term: str) -> None:
    assert NoteReader(published().services, "ims").words_in(notes) == term


def test_a_number_and_two_words_that_only_spell_a_wording_are_not_it() -> None:
    assert reader().read("IMS 15 of 30").unknown == ()
    assert reader().read("IMS 15 o f 30").unknown == ("o", "f")


@pytest.mark.parametrize(("name", "unknown"), [("IMS - J. Sample", ()), ("IMS - J. Dryneedle", ("J",))])
def test_what_is_a_term_for_a_service_is_nobodys_surname(name: str, unknown: tuple[str, ...]) -> None:
    assert reader().read(name).unknown == unknown


def test_a_question_that_asks_what_ims_is_doubts_nothing_and_any_other_does() -> None:
    asked = [(read.unknown, read.doubtful) for read in map(reader().read, ("What is IMS?", "Why IMS?", "IMS?"))]
    assert asked == [((), ()), ((), ()), ((), ("?",))]


def test_a_name_of_the_clinics_own_goes_before_the_words() -> None:
    mine = reader({"Needle Reset": "ims", "IMS Chat": "other", "ims acupuncture": "acupuncture"})
    assert mine.read("NEEDLE  RESET, follow-up 30 min").service == "ims"
    assert mine.read("IMS chat").service == "other"
    assert mine.read("IMS Acupuncture").service == "acupuncture"
    assert mine.read("Needle Reset / massage").service == "massage"


@pytest.mark.parametrize(
    ("name", "visit", "minutes"),
    [
        ("IMS Initial 45 min", "initial", 45),
        ("IMS - New Patient", "initial", None),
        ("IMS Follow-up 30min", "subsequent", 30),
        ("IMS F/U 1 hr", "subsequent", 60),
        ("IMS re-assessment 1.5 hours", "subsequent", 90),
        ("IMS initial or follow up", "", None),
        ("IMS 30 min + 15 min", "", None),
        ("IMS 30", "", None),
        ("Swim 45 min", "", 45),
    ],
)
def test_visit_and_minutes_are_told_by_the_name(name: str, visit: str, minutes: int | None) -> None:
    reading = reader().read(name)
    assert (reading.visit, reading.minutes) == (visit, minutes)


ANN = {
    "practitioner_name": "Ann Example", "profession": "physiotherapist", "registration": "01234", "registered": True,
    "may_needle": True,
    "authority": "physiotherapist, registration 01234, registered from 2015-01-01, "
    "authorized to needle from 2018-05-01",
}  # fmt: skip
NOBODY = {
    "practitioner_name": "", "profession": "", "registration": "", "registered": False, "may_needle": False,
    "authority": "not in the clinic setup",
}  # fmt: skip
SUN_LIFE = {"insurer_id": "sun-life", "insurer_name": "Sun Life"}
BEN = "physiotherapist, registration 05678, "
# What the row says, and what is made of it.
CLASSIFIED_ROWS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"Practitioner": "A. Example", "Insurer": "SunLife", "Service": "IMS initial 45 min"},
     {**ANN, **SUN_LIFE, "service": "ims", "evidence": '"ims" in Service', "doubt": "", "visit": "initial",
      "visit_evidence": "the service name", "minutes": 45}),
    ({"Service": "IMS initial 45 min", "Visit": "subsequent", "Minutes": 30},
     {"visit": "subsequent", "visit_evidence": "the column Visit", "minutes": 30}),
    ({"Service": "IMS & acupuncture"},
     {"service": "ims", "evidence": '"ims" and "acupuncture" in Service', "doubt": "ims-or-acupuncture"}),
    ({"Service": "Physiotherapy", "Notes": "IMS to calf"},
     {"service": "ims", "evidence": '"ims" in Notes', "doubt": "ims-in-notes-only"}),
    ({"Service": "IMS", "Notes": "IMS to calf"}, {"service": "ims", "evidence": '"ims" in Service', "doubt": ""}),
    ({"Service": "Physiotherapy", "Notes": "tolerated well"}, {"service": "physiotherapy", "doubt": ""}),
    ({"Service": "Physiotherapy", "Notes": "IMS to calf", "Practitioner": "Who Else"},
     {**NOBODY, "service": "ims", "doubt": "ims-in-notes-only"}),
    ({"Service": "Massage", "Notes": "IMS to calf", "Practitioner": "Carla Specimen"},
     {"service": "massage", "doubt": "", "registered": False, "authority": "massage therapist"}),
    ({"Service": "", "Notes": "IMS to calf"}, {"service": "unrecognised", "doubt": ""}),
    ({"Service Date": ""}, {**ANN, "registered": False, "may_needle": False,
                            "authority": "physiotherapist, registration 01234"}),
    ({"Practitioner": "Ben Sample", "Service Date": dt.date(2026, 10, 5)},
     {"registered": True, "may_needle": False,
      "authority": f"{BEN}registered from 2020-01-01 until 2026-10-10, not shown as authorized to needle that day"}),
    ({"Practitioner": "Ben Sample", "Service Date": dt.date(2026, 10, 15)},
     {"registered": False, "may_needle": True,
      "authority": f"{BEN}not shown as registered that day, authorized to needle from 2026-10-06 until 2026-10-25"}),
    ({"Insurer": "Nobody Knows Life"}, {"insurer_id": "", "insurer_name": "Nobody Knows Life"}),
    ({"Insurer": "Out of pocket"}, {"insurer_id": "self-pay", "insurer_name": "Out of pocket"}),
    ({"Insurer": ""}, {"insurer_id": "", "insurer_name": ""}),
    ({"Secondary Insurer": "PBC"}, {**SUN_LIFE, "secondary_insurer": "PBC"}),
    ({"Secondary Insurer": "Out of pocket"}, {**SUN_LIFE, "secondary_insurer": ""}),
    ({"Secondary Insurer": "SunLife", "Secondary Policy": "00123"}, {**SUN_LIFE, "secondary_insurer": ""}),
    ({"Secondary Insurer": "SunLife", "Secondary Policy": "99"}, {**SUN_LIFE, "secondary_insurer": "SunLife"}),
    *(({"Policy Number": policy, "Member ID": member, "Secondary Insurer": "SunLife", "Secondary Policy": second,
        "Secondary Member ID": second_member}, {**SUN_LIFE, "secondary_insurer": "SunLife" if another else ""})
      for policy, member, second, second_member, another in (
          # One plan in two spellings, and a family's numbers, are billed once.
          ("G-123", "", "g 123", "", False), ("00123", "", "123", "", False), ("00123", "77", "123", "0077", False),
          ("G-123", "77-00", "G123", "77-01", False), ("G-123", "", "", "78", False), ("G-123", "77", "", "", False),
          # Two who work for one employer.
          ("G-123", "77-00", "G123", "78-00", True), ("G-123", "77", "", "78", True), ("", "77", "", "78", True),
          ("", "", "123", "", True),
      )),
]  # fmt: skip


def test_a_session_says_who_treated_and_who_pays_and_by_what_that_is_known(tmp_path: Path) -> None:
    headings = {name: "" for cells, _ in CLASSIFIED_ROWS for name in cells}
    rows = [{**headings, **row(), **cells} for cells, _ in CLASSIFIED_ROWS]
    clinic = practice(tmp_path)
    classified = classify(intake(tmp_path, rows, clinic).sessions, clinic)
    for (cells, expected), session in zip(CLASSIFIED_ROWS, classified.to_dict("records"), strict=True):
        assert {name: session[name] for name in expected} == expected, cells


def test_hyphens_part_words_and_spaced_dashes_part_names() -> None:
    assert words_of("IMS-Acupuncture – Follow-up/30min") == [
        "ims",
        "acupuncture",
        "–",
        "follow",
        "up",
        "/",
        "30",
        "min",
    ]


QUALIFIED = HERE / "data" / "service_names_qualified.csv"
RIGHT = {"denies-next": "not_billed", "denies-before": "not_billed", "not-a-visit": "not_billed", "not-certain": "held"}
GROUPS = published().services.group
BY_THE_RULES = NameReader(published().services, {})
SOME_IMS = ["IMS", "Dry Needling - Follow-up 30 min", "ICBC IMS (shoulder)", "Physio + Gunn IMS", "Aiguilles sèches"]


def outcome_of(name: str, own: dict[str, Service] | None = None) -> str:
    """What becomes of a name under a physiotherapist who may needle."""
    reading = (reader(own) if own else BY_THE_RULES).read(name)
    if reading.service != "ims":
        return "not_billed"
    return "claimed" if reading.certain else "held"


def test_qualified_names_have_one_of_their_right_outcomes() -> None:
    with QUALIFIED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 140
    wrong = {r["name"]: outcome_of(r["name"]) for r in rows if outcome_of(r["name"]) not in r["right"].split("|")}
    assert not wrong


@pytest.mark.parametrize(
    ("name", "effect"), [(case, group.effect) for group in GROUPS for case in group.cases if group.effect != "neutral"]
)
def test_each_group_of_words_does_what_it_says(name: str, effect: str) -> None:
    assert outcome_of(name) == RIGHT[effect]


@pytest.mark.parametrize("group", [g for g in GROUPS if g.effect != "neutral"], ids=lambda g: f"{g.id}-{g.effect}")
def test_no_word_that_denies_sells_teaches_or_doubts_is_ever_claimed(group: WordGroup) -> None:
    claimed = [
        joined
        for word in group.words
        for name in SOME_IMS
        for joined in (f"{name} {word}", f"{word} {name}", f"{name} - {word}", f"{name} ({word})", f"{word}: {name}")
        if outcome_of(joined) == "claimed" and word not in ("or", "ou") and group.id != "only"
    ]
    # Phrases that take the word in and change nothing, each in the rules: a plan that is no "non", a rate, a joint.
    assert [name for name in claimed if not name.startswith(("non ICBC", "sin ICBC"))] == []


# Names that a reader must not take for IMS without a question: signs, numbers and counts beside the term.
NOT_CERTAIN = [
    "!IMS", "IMS ≠", "IMS=0", "IMS 0", "IMS #0", "IMS $0", "Un-IMS", "Anti-IMS", "IMS(-)", "IMS (–)", "IMS → physio",
    "IMS->Physio", "IMS <- physio", "~IMS", "IMS ❌", "IMS ½", "IMS 1/2", "IMS 5 visits", "IMS (12 sessions)",
    "IMS two visits", "deux séances IMS", "IMS only if asked", "IMS consult only", "Just laser (IMS)",
    "IMS: N", "IMS DNS",
    # The term tells of a room, a patient, a person, a price or another visit.
    "Exercise in IMS room", "Laser in the IMS room", "Exercise for IMS patient", "IMS patient shockwave",
    "Manual therapy (IMS practitioner)", "Exercise therapy (IMS-certified physio)", "Physio by IMS certified therapist",
    "Physio [ ] IMS", "Physio IMS: 0 min", "From IMS to exercise therapy", "IMS to manual therapy",
    "Physio - IMS available", "Physio, IMS offered", "IMS as available", "Pain from IMS", "Recovery from IMS",
    "IMS recovery", "Follow up from IMS", "Assessment for IMS", "Screening for our IMS", "Physio at IMS rate",
    "Physio (IMS price)", "IMS 1 de 5", "IMS 2 sur 5", "IMS simulation",
    "IMS Acupuncture (5 sessions)", "IMS Acupuncture 0", "IMS Acupuncture review", "!IMS Acupuncture",
]  # fmt: skip
# The same signs and words where they change nothing, and wordings of clinics that every physiotherapist reads.
PLAINLY_IMS = [
    "IMS!", "New! IMS", "IMS ~30 min", "IMS (½ hr)", "IMS 1/2 hour", "IMS 30/45 min", "IMS 10:00", "IMS x1", "IMS (1x)",
    "1 visit IMS", "IMS visit 3", "IMS #2", "IMS only", "Dry needling only (30 min)", "IMS &amp; Physio",
    "In-clinic IMS", "Stimulation intramusculaire (SIM)", "Biomedical dry needling", "IMS Tx - LB", "IMS C/S",
    "IMS by a certified physiotherapist", "IMS for low back", "IMS at the clinic", "Physio with IMS", "IMS 10:00",
    "IMS new patient", "IMS in room 1", "IMS, regular rate", "IMS $95",
    "IMS UFT", "IMS Tx - L/S", "IMS Dr referral", "IMS needles", "IMS Acupuncture - visit 2, 30 min", "IMS - aiguilles",
]  # fmt: skip


def test_signs_numbers_and_counts_beside_ims_are_read_in_one_way_only() -> None:
    assert {name: outcome_of(name) for name in NOT_CERTAIN} == dict.fromkeys(NOT_CERTAIN, "held")
    assert {name: outcome_of(name) for name in PLAINLY_IMS} == dict.fromkeys(PLAINLY_IMS, "claimed")


def test_every_sign_outside_the_closed_list_leaves_ims_open() -> None:
    # Beside those of the rules: marks that name or quote, and a stop.
    harmless = set(published().services.signs.neutral + published().services.signs.emoji + "\"'*._®™’ ")
    signs = [chr(code) for code in (*range(0x21, 0x250), *range(0x2010, 0x2C00), *range(0x1F300, 0x1F6FF))]
    signs = [sign for sign in signs if unicodedata.category(sign)[0] in "SPN"]
    # A sign that is another way to write letters, numbers or harmless signs is read as those.
    others = [sign for sign in signs if any(not c.isalnum() and c not in harmless for c in plain(sign))]
    assert len(others) > 1000
    assert [s for s in others if "claimed" in (outcome_of(f"{s}IMS"), outcome_of(f"IMS {s} physio"))] == []


@given(st.text("bcdfghjkqvwxz", min_size=3, max_size=12), st.sampled_from(SOME_IMS), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_word_that_nobody_knows_is_never_claimed(word: str, name: str, before: bool) -> None:
    assume(not any(word in group.words for group in GROUPS))
    assert outcome_of(f"{word} {name}" if before else f"{name} ({word})") != "claimed"


def test_a_name_is_settled_by_one_line_of_the_clinic() -> None:
    assert outcome_of("IMS Blorf") == "held"
    assert reader().read("IMS Blorf").unknown == ("Blorf",)
    settled: dict[str, Service] = {"IMS Blorf": "ims"}
    assert outcome_of("IMS Blorf - Follow-up 30 min", settled) == "claimed"
    assert outcome_of("IMS Blorf???", settled) == "held"


def test_names_of_the_clinics_physiotherapists_change_nothing_and_those_of_others_do(tmp_path: Path) -> None:
    names = ["IMS with Ann Example", "IMS - Sample", "IMS (C. Specimen)", "IMS with Carla", "IMS (J. Sims)"]
    readings = {reading.name: reading.certain for reading in names_read(names, practice(tmp_path))}
    assert readings == dict(zip(names, (True, True, False, False, True), strict=True))


# A service name in a row of Ann Example's, and the physiotherapists of the clinic whom it says treated instead.
WHO_TREATED = [
    ("IMS - Ann", ""), ("IMS with Ann Example", ""), ("IMS (Ann or Ben)", ""), ("IMS - Example", ""),
    ("IMS (J. Sims)", ""), ("IMS (Gunn)", ""), ("IMS follow-up", ""), ("My IMS by Ben", ""),
    ("IMS - Ben", "Ben Sample"), ("Samples IMS", "Ben Sample or Cora Sample"), ("IMS by B. Sample", "Ben Sample"),
    ("IMS (Ben Sample)", "Ben Sample"), ("IMS - Sample", "Ben Sample or Cora Sample"), ("IMS, Coco", "Cora Sample"),
    ("IMS with Ann, Ben Sample", "Ben Sample"), ("IMS w/ C. Sample", "Cora Sample"),
]  # fmt: skip


def test_a_name_of_another_physiotherapist_in_the_service_is_not_passed_over(tmp_path: Path) -> None:
    physiotherapist = """
[[practitioner]]
name = "{}"
aliases = ["{}"]
profession = "physiotherapist"
registration = "{}"
registered = {{ from = 2015-01-01 }}
"""
    others = physiotherapist.format("Cora Sample", "Coco", "09999") + physiotherapist.format(
        "Otto Gunn", "Otto G", "09998"
    )
    others += '\n[service_names]\n"My IMS by Ben" = "ims"\n'
    clinic = practice(tmp_path, others)
    rows = [row(Service=name, Service_Date=dt.date(2026, 10, 1 + n)) for n, (name, _) in enumerate(WHO_TREATED)]
    month = prepare_month(read_texts(clinic, csv_text(rows)), Scope(clinic, month=MONTH, as_of=AS_OF))
    found = month.findings[month.findings["kind"] == "ims-not-certain"]
    messages = dict(zip(found["session"], found["message"], strict=True))
    told = [
        (name, messages.get(n, "").removeprefix("The service name names ")) for n, (name, _) in enumerate(WHO_TREATED)
    ]
    assert [(name, words.partition(", and the practitioner is Ann Example:")[0]) for name, words in told] == WHO_TREATED
