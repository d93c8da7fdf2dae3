"""What a status cell says: a known word with harmless marks around it, or it is held; no mark is read as arrived."""

from __future__ import annotations

import itertools

import pytest

from ims_billing.clinic.clinic import Clinic
from tests.practice import csv_text, practice, read_texts

NEEDED = {
    "Date": "2026-10-07",
    "Patient": "Pat Madeup",
    "Practitioner": "Ann Example",
    "Service": "IMS",
    "Insurer": "Sun Life",
    "Policy Number": "00123",
    "Fee": "95.00",
}
MARKS = ["❌", "✗", "✘", "☒", "☐", "?", "??", "!", "*", "/", "#", "≠", "~", "+", "%", "⛔", "🚫"]


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return practice(tmp_path_factory.mktemp("practice"))


def statuses(clinic: Clinic, heading: str, cells: list[str]) -> list[str]:
    """The status that each cell under a heading makes; each row is checked to be held exactly where it is unknown."""
    text = csv_text({**NEEDED, "Patient": f"{n} Madeup", heading: cell} for n, cell in enumerate(cells))
    intake = read_texts(clinic, text)
    held = set(intake.cell_findings.loc[intake.cell_findings["kind"] == "status-not-recognised", "session"])
    statuses = list(intake.sessions["status"])
    assert held == {position for position, status in enumerate(statuses) if status == "unknown"}
    return statuses


@pytest.mark.parametrize("heading", ["Status", "Attended"])
def test_a_mark_alone_or_beside_a_word_is_never_arrived(clinic: Clinic, heading: str) -> None:
    beside = [form.format(mark) for mark in MARKS for form in ("{} Arrived", "Arrived{}", "arrived {}")]
    cells = [*MARKS, *beside, "Arrived or not", "✓ Cancelled", "✓?"]
    assert set(statuses(clinic, heading, cells)) == {"unknown"}


def test_brackets_dashes_and_full_stops_change_nothing(clinic: Clinic) -> None:
    around = ["{}", "({})", "[{}]", "{}.", "- {} -", '"{}"', "— {}", "{}:"]
    words = {"Arrived": "arrived", "No-Show": "no-show", "no/show": "no-show", "Cancelled": "cancelled"}
    words |= {"Rendez-vous manqué": "no-show", "Planifiée": "not-arrived", "À venir": "not-arrived"}
    for (word, status), form in itertools.product(words.items(), around):
        assert statuses(clinic, "Status", [form.format(word)]) == [status]
    assert statuses(clinic, "Status", ["", "-", "—", ".", "N/A", "n.a.", "s/o"]) == ["arrived"] * 7


def test_a_tick_says_yes_where_the_heading_asks_and_beside_arrived(clinic: Clinic) -> None:
    assert statuses(clinic, "Attended", ["✓", "✔", "✔️", "☑", "✅", "yes"]) == ["arrived"] * 6
    assert statuses(clinic, "Status", ["✓ Arrived", "Arrived ✔", "✓", "☑"]) == [
        "arrived",
        "arrived",
        "unknown",
        "unknown",
    ]


def test_other_words_for_a_patient_who_came(clinic: Clinic) -> None:
    words = ["Seen", "Done", "Kept", "Fulfilled", "Arrived late", "Venu", "Honoré"]
    assert statuses(clinic, "Status", words) == ["arrived"] * len(words)


def test_a_heading_done_may_be_about_the_bill_and_is_not_a_status(clinic: Clinic) -> None:
    intake = read_texts(clinic, csv_text([{**NEEDED, "Done": "yes"}]))
    assert [column.looks_like for column in intake.files[0].unread] == ["yes-or-no"]


def test_the_clinic_says_what_its_own_mark_means(tmp_path_factory: pytest.TempPathFactory) -> None:
    own = practice(tmp_path_factory.mktemp("own"), more='[words.status]\n"❌" = "cancelled"')
    assert statuses(own, "Status", ["❌", "", "Arrived"]) == ["cancelled", "arrived", "arrived"]
