"""Whom a practitioner's cell names: anything beside the name that is not understood makes it nobody's."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_billing.clinic.clinic import Practitioner
from ims_billing.clinic.people import PractitionerReading, Roster, person, places_of
from ims_billing.clinic.setup_file import load
from ims_billing.commands.draft import draft
from ims_billing.commands.init import first_rows
from ims_billing.commands.init_toml import clinic_text
from ims_billing.rules.published import published
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.kinds import with_article
from ims_billing.vocabulary.spelling import plain
from tests.practice import clinic_file, intake, kinds, messages_of, month_of, outcomes, practice, row


def practitioner(name: str, profession: str = "physiotherapist", *aliases: str) -> Practitioner:
    registration = "01234" if profession == "physiotherapist" else ""
    return Practitioner.model_validate(
        {"name": name, "profession": profession, "aliases": aliases, "registration": registration}
    )


PEOPLE = [
    practitioner("Ann Example", "physiotherapist", "A. Example", "Ann (Annie) Example", "Ann Example (Hut 7)"),
    practitioner("Bob Other"),
    practitioner("Carla Specimen", "massage-therapist"),
    practitioner("Jun Ma"),
    practitioner("Victoria Kin", "assistant"),
]
ROSTER = Roster(PEOPLE, ["Example Physiotherapy", "Hillside", "Victoria"])


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        *((cell, "Ann Example") for cell in (
            "Ann Example", "EXAMPLE, ANN", "Example, Ann (PT)", "ann  example *", "(Ann Example)", "Dr. Ann Example",
            "Ann Example, PT", "Ann Example, RPT, FCAMPT", "Ms Ann Example MPT CGIMS", "Ann Example, B.Sc.P.T., Ph.D.",
            "Ann Example, pht", "Example, Ann (pht., FCAMPT)", "Ann Example, M.Phty", "Ann Example - Reg. PT",
            "Ann Example P.T.", "Ann Example (Registered Physiotherapist)", "Ann Example / Physical Therapist",
            "Ann Example (she/her)", "Ann Example [she/her] - PT", "Ann Example, elle", "Ann Example, BKin, MPT",
            "Ann Example – Hillside", "Ann Example (Saanich)", "Ann Example @ Hillside", "Ann Example - Saanich clinic",
            "Ann Example (Example Physiotherapy)", "Ann Example (01234)", "A Example, PT",
            "Ann (Annie) Example", "Ann Example (Hut 7)",
        )),
        ("Ma, Jun", "Jun Ma"), ("Dr. Jun Ma, MA", "Jun Ma"), ("Carla Specimen (RMT)", "Carla Specimen"),
        ("Specimen, Carla (Registered Massage Therapist)", "Carla Specimen"), ("Victoria Kin, PTA", "Victoria Kin"),
    ],
)  # fmt: skip
def test_words_that_say_nothing_leave_the_row_the_practitioners(cell: str, name: str) -> None:
    reading = ROSTER.read(cell)
    assert reading.practitioner is not None, reading
    assert reading.practitioner.name == name


@pytest.mark.parametrize(
    "cell",
    [
        "Ann Example (Kin)", "Ann Example - RMT", "Ann Example-RMT", "Ann Example RMT", "Ann Example, R.M.T.",
        "Ann Example (student)", "Ann Example, PT student", "Ann Example (locum)", "Ann Example (PTA)",
        "Ann Example, T.R.P.",
        "Ann Example (physio assistant)", "Ann Example / Bob Other", "Ann Example + Bob Other",
        "Ann Example, Bob Other",
        "Ann Example, covering for Bob Other", "Bob Other (for Ann Example)", "Other, Bob / Example, Ann",
        "Ann Example (delivered by Carla Specimen)", "Ann Example w/ Bob", "Ann Example w/", "Ann Example (Carla)",
        "Ann Example (Victoria)", "Ann Example, Ma", "Ann Example?", "Ann Example & Associates", "Ann Example (BKin)",
        "Ann Example Hillside", "Ann Example-Hillside", "Ann Example (Hut 8)", "Carla Specimen, PT", "Example Ann",
        "Ann / Example", "Ann", "PTA", "PT", "Registered Physiotherapist", "Ann Example (99999)", "Ann Mary Example",
        "Ann Example's student", "supervised by Ann Example", "Ann Example ➜ Bob Other", "",
    ],
)  # fmt: skip
def test_anything_else_beside_a_name_makes_the_row_nobodys(cell: str) -> None:
    assert ROSTER.read(cell).practitioner is None


def test_a_cell_tells_whom_and_what_it_names_beside() -> None:
    ann = PEOPLE[0]
    assert ROSTER.read("Ann Example / Bob Other") == PractitionerReading(None, ann, ("Bob Other",), ())
    assert ROSTER.read("Ann Example (Kin)") == PractitionerReading(None, ann, (), ("kinesiologist",))
    assert ROSTER.read("Ann Example (trainee)") == PractitionerReading(None, ann)
    assert ROSTER.read("Nobody Here") == PractitionerReading()


RULES = published().people
SAY_NOTHING = [*RULES.pronouns, *RULES.credentials, *RULES.professions["physiotherapist"], "Hillside"]
LISTED_WORDS = {
    word
    for phrase in (*SAY_NOTHING, *RULES.titles, *RULES.sites, *RULES.degrees, "example", "physiotherapy", "victoria")
    for word in plain(phrase).replace("é", "e").split()
}
WRAPPED = [
    *("{name} ({beside})", "{name} - {beside}", "{name}, {beside}", "{name} / {beside}", "{name} – {beside}"),
    *("{name} [{beside}]", "{name}: {beside}", "({beside}) {name}", "{beside} - {name}", "{name}; {beside}"),
]
NAMES = ["Ann Example", "Example, Ann", "Dr. Ann Example", "A. Example"]


@settings(max_examples=150)
@given(
    st.sampled_from(NAMES),
    st.sampled_from(WRAPPED),
    st.lists(st.sampled_from(SAY_NOTHING), max_size=2),
    st.text(alphabet="abcdefghijklmnopqrstuvwxyzéç", min_size=1, max_size=9),
    st.sampled_from(["", "for ", "w/ ", "covering "]),
)
def test_a_word_that_nobody_knows_is_never_passed_over(
    name: str, wrapped: str, beside: list[str], word: str, before: str
) -> None:
    if plain(word) not in LISTED_WORDS:
        cell = wrapped.format(name=name, beside=" ".join([before + word, *beside]))
        assert ROSTER.read(cell).practitioner is None, cell


@pytest.mark.parametrize(
    ("wrapped", "beside"), [(how, beside) for how, beside in product(WRAPPED, SAY_NOTHING) if beside != "ma"]
)
def test_what_says_nothing_is_passed_over_wherever_it_stands(wrapped: str, beside: str) -> None:
    reading = ROSTER.read(wrapped.format(name="Ann Example", beside=beside))
    assert reading.practitioner is PEOPLE[0]


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("Example, Ann", "Dr. Ann Example, PT", True),
        ("Ann Example (Saanich)", "Ann Example", True),
        ("Ann Example (RMT)", "Ann Example", False),
        ("Ann Example (Carla Specimen)", "Ann Example", False),
        ("Dr. Jun Ma", "Ma, Jun", True),
        ("Anne-Marie O'Neil", "ONeil, Anne Marie", True),
    ],
)
def test_without_a_roster_two_spellings_are_one_only_where_they_differ_by_what_says_nothing(
    left: str, right: str, same: bool
) -> None:
    assert (person(left) == person(right)) == same


@pytest.mark.parametrize(
    ("address", "towns"),
    [
        ("1 Example Street, Saanich BC", ["Saanich"]),
        ("Suite 5, 12 Carla Road, Oak Bay, B.C., V8R 1A1", ["Oak Bay"]),
        ("12 Carla Road", []),
        ("", []),
    ],
)
def test_the_towns_of_an_address_are_sites_and_its_streets_are_none(address: str, towns: list[str]) -> None:
    assert list(places_of(address)) == towns


def test_a_session_of_somebody_else_beside_the_practitioner_is_held_and_names_no_patient(tmp_path: Path) -> None:
    cells = ["Ann Example (Carla Specimen)", "Ann Example - RMT", "Ann Example (for Pat Madeup)", "Ann Example (PT)"]
    month = month_of(tmp_path, [row(Practitioner=cell, Patient=f"P {n}") for n, cell in enumerate(cells)])
    assert outcomes(month) == ["held", "held", "held", "claimed"]
    assert [kinds(month, position) for position in range(3)] == [["practitioner-not-on-roster"]] * 3
    messages = messages_of(month, "practitioner-not-on-roster")
    assert [beside in message for beside, message in zip(
        ("and also Carla Specimen", "and also another profession (massage therapist)", "not understood"),
        messages, strict=True)] == [True] * 3  # fmt: skip
    assert "Pat" not in messages[2]


@pytest.mark.parametrize("spelling", ["Ann Example (Carla Specimen)", "Ann Example, RMT"])
def test_a_physiotherapists_spelling_names_nobody_else(tmp_path: Path, spelling: str) -> None:
    path = clinic_file(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace('["A. Example"]', f'["{spelling}"]'), encoding="utf-8")
    with pytest.raises(BillingError, match=r"\[\[practitioner\]\] 1 \(Ann Example\), aliases: .* names "):
        load(path)


def test_a_spelling_of_the_clinics_own_stands_for_its_practitioner(tmp_path: Path) -> None:
    path = clinic_file(tmp_path)
    text = path.read_text(encoding="utf-8").replace('["A. Example"]', '["Ann Example (Hut 7)"]')
    path.write_text(text, encoding="utf-8")
    ann = load(path).practitioner("ann example (hut 7)")
    assert ann is not None
    assert ann.name == "Ann Example"
    assert practice(tmp_path).practitioner("Ann Example (Hut 7)") is None


def test_the_first_clinic_file_makes_no_alias_of_a_spelling_that_names_more(tmp_path: Path) -> None:
    written = ["Ann Example", "Example, Ann", "Ann Example (Carla Specimen)", "Ann Example - Kin", "Carla Specimen"]
    text = clinic_text(first_rows() | draft(intake(tmp_path, [row(Practitioner=name) for name in written])))
    (tmp_path / "first.toml").write_text(text, encoding="utf-8")
    clinic = load(tmp_path / "first.toml")
    assert [(one.name, one.aliases) for one in clinic.practitioners] == [("Ann Example", ()), ("Carla Specimen", ())]
    spelled = map(clinic.practitioner, ("Example, Ann", "Ann Example (Carla Specimen)"))
    assert [one.name if one else None for one in spelled] == ["Ann Example", None]
    assert '# "Ann Example (Carla Specimen)" names Ann Example and more than that' in text
    assert 'profession = "kinesiologist?"' in text, "- Kin may be her profession, or somebody else's"


WORDS = st.sampled_from(("Ann", "Example", "Eve", "Lee", "Physio", "de"))
ROSTERS = st.lists(st.lists(WORDS, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=5, unique=True)
PIECES = st.lists(st.sampled_from(("Ann", "Example,", "Eve", "Lee", ",", "(de)", "x")), max_size=5)


@settings(max_examples=60)
@given(names=ROSTERS, pieces=PIECES)
def test_a_name_is_met_in_a_cell_whatever_other_names_are_on_the_roster(names: list[str], pieces: list[str]) -> None:
    cell = " ".join(pieces)
    everybody = [Practitioner(name=name, profession="physiotherapist") for name in names]
    together = {one.named.name for one in [Roster(everybody).read(cell)] if one.named}
    alone = {one.name for one in everybody if Roster([one]).read(cell).named}
    assert together <= alone
    assert bool(together) == bool(alone)


def test_a_profession_is_shown_in_words() -> None:
    professions = ("massage-therapist", "acupuncturist", "other")
    assert [with_article(each) for each in professions] == [
        "a massage therapist",
        "an acupuncturist",
        "another profession",
    ]
