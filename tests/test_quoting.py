"""No message quotes a word that stands in the name of a patient or insured of the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ims_billing.vocabulary.quoting import Names, is_personal, without_names
from tests.practice import month_of, row

QUOTED: list[tuple[str, dict[str, Any]]] = [
    ("ims-or-acupuncture", {"Service": "IMS or acupuncture Zworth"}),
    ("ims-not-certain", {"Service": "IMS Zworth"}),
    ("service-not-recognised", {"Service": "Needling Zworth"}),
    ("acupuncture-by-physiotherapist", {"Service": "Acupuncture Zworth"}),
    ("ims-in-notes-only", {"Service": "Visit Zworth", "Notes": "IMS to the neck"}),
    ("insurer-not-known", {"Insurer": "Zworth Benefits"}),
    ("insurer-not-known", {"Secondary Insurer": "Zworth Benefits"}),
    ("practitioner-not-on-roster", {"Practitioner": "Dr Zworth"}),
    ("status-not-recognised", {"Status": "Zworth"}),
    ("status-not-recognised", {"Status": '"Zworth"'}),
    ("status-not-recognised", {"Status": "zworth now"}),
]


@pytest.mark.parametrize("column", ["Patient", "Insured Name"])
def test_a_word_of_a_name_is_quoted_by_no_message(tmp_path: Path, column: str) -> None:
    for name, is_quoted in (("Qadira Zw\u00f6rth", False), ("Qadira Madeup", True)):
        usual = row() | {"Secondary Insurer": ""}
        others = [usual | {"Patient": f"P{n} Madeup"} | cells for n, (_, cells) in enumerate(QUOTED)]
        rows = [usual | {column: name}, *others]
        findings = month_of(tmp_path, rows).findings
        for session, (kind, cells) in enumerate(QUOTED, start=1):
            messages = findings.loc[(findings["session"] == session) & (findings["kind"] == kind), "message"]
            assert len(messages) == 1, kind
            quoted = "zworth" in messages.iloc[0].casefold()
            assert quoted == (is_quoted and '"' not in str(cells.get("Status", ""))), messages.iloc[0]
        if not is_quoted:
            assert not findings["message"].str.casefold().str.contains("zworth").any()


@pytest.mark.parametrize(
    ("text", "stands"),
    [("Madeup, Pat", True), ("PAT", True), ("patmadeup", True), ("IMS O\u2019Neil", True), ("Dr. Madeup-Smith", True),
     ("No7Madeup", True), ("Visit of Li", True), ("Visit J", False),
     ("P M", False), ("Ann Example", False), ("Pattern", False), ("Lee Life", False)],
)  # fmt: skip
def test_a_name_is_known_in_every_spelling_and_words_of_the_setup_are_no_name(text: str, stands: bool) -> None:
    assert (
        Names(["Pat Madeup", "Sam O'Neil", "Robin Lee", "Bo Li", "J. Q. Public", ""]).stand_in(text, {"lee"}) == stands
    )


def test_what_a_message_quotes_is_left_out_where_it_holds_a_name_and_stays_otherwise() -> None:
    names = Names(["Pat Madeup"])
    assert without_names('The status "Pat" is not one, nor "hm".', names) == 'The status is not one, nor "hm".'


@pytest.mark.parametrize(
    ("text", "personal"),
    [
        ("12345", False), ("123456", True), ("12-34-56", True), ("a@b", True), ("Ann", False), ("Ann Lee", True),
        ("BO LI", True), ("Ann-lee", False), ("ann lee", False), ("Ann Bea Lee", True), ("Ann Bea Cy Lee", False),
        ("Ann Administration", False), ("Ann Public", False),
    ],
)  # fmt: skip
def test_what_looks_like_a_person_or_a_number_does_so_up_to_its_bounds(text: str, personal: bool) -> None:
    assert is_personal(text, {"public"}) == personal
