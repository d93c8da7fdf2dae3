"""Keys and marks that stand in workbooks which are out there: read in every form, and never another for the same."""

from __future__ import annotations

import pytest

from ims_billing.vocabulary.decision_keys import NONE_SHOWN, LineKey, decision_mark, line_key, sending_mark


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("session", LineKey("session")),
        ("session-asitwas", LineKey("session", "asitwas")),
        ("session-asitwas-mark", LineKey("session", "asitwas", "mark")),
        ("session-asitwas-mark-more", LineKey("session", "asitwas", "mark-more")),
    ],
)
def test_a_key_of_each_version_is_read_and_written_as_it_was(text: str, key: LineKey) -> None:
    assert line_key(text) == key
    assert key.text() == text


def test_marks_are_what_they_were_in_workbooks_that_were_written_before() -> None:
    assert decision_mark(["Bill", "", "R. Manager", ""], "fingerprint") == "c90c3a2c"
    assert sending_mark(["sent", "2026-11-06"], ("2026-10", 2, "sun-life")) == "0b7e919f"


def test_a_line_that_showed_nothing_has_the_mark_of_none() -> None:
    assert decision_mark([], "fingerprint") == decision_mark(["", ""], "fingerprint") == NONE_SHOWN == "0"
    assert sending_mark(["", ""], ("2026-10", 1, "sun-life")) == NONE_SHOWN


def test_every_word_its_place_and_what_it_is_about_make_another_mark() -> None:
    workbooks = [("2026-10", 1, "sun-life"), ("2026-09", 1, "sun-life"), ("2026-10", 2, "sun-life"),
                 ("2026-10", 1, "icbc")]  # fmt: skip
    marks = [decision_mark(words, "one") for words in (["Bill"], ["Bill", ""], ["", "Bill"], ["Later"])]
    marks += [decision_mark(["Bill"], "other"), *(sending_mark(["Bill"], workbook) for workbook in workbooks)]
    assert len(set(marks)) == len(marks)
