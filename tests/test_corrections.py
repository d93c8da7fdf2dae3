"""A correct value that somebody typed: read for its column, or refused with what it has to be."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from ims_billing.clinic.clinic import Clinic
from ims_billing.sessions.corrections import put_right, read_value
from ims_billing.vocabulary.fields import FIELDS
from tests.practice import practice

NO_CELL = "it is not one cell that a value could stand for. Fix the file."


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return practice(tmp_path_factory.mktemp("practice"))


def before(**cells: Any) -> dict[str, Any]:
    """A session as its row says it, of a visit from 9:00 to 9:30 without a length."""
    return {"practitioner": "Ann Example", "start": 540, "end": 570, "minutes": pd.NA, **cells}


def unfit(column: str) -> str:
    return f"the correct value is not {FIELDS[column][1]}."


@pytest.mark.parametrize(
    ("column", "value", "cells", "read"),
    [
        ("start", "9:10", before(), {"start": 550, "minutes": 20}),
        ("start", "9:10", before(minutes=15), {"start": 550}),
        ("start", "9:10", before(end=pd.NA), {"start": 550}),
        ("start", "9:30", before(), unfit("start")),
        ("start", "soon", before(), unfit("start")),
        ("end", "9:45", before(), {"end": 585, "minutes": 45}),
        ("end", "9:00", before(), unfit("end")),
        ("end", "9:01", before(), {"end": 541, "minutes": 1}),
        ("minutes", "45", before(), {"minutes": 45}),
        ("minutes", "soon", before(), unfit("minutes")),
        ("patient_paid_cents", "20.00", before(), {"patient_paid_cents": 2000}),
        ("fee_cents", "95", before(), {"fee_cents": 9500, "fee_stated": True}),
        ("fee_cents", "-95", before(), unfit("fee_cents")),
        ("policy", "00456", before(), {"policy": "00456"}),
        ("policy", "#REF!", before(), "the correct value is an error of the spreadsheet."),
        ("policy", "words", before(), "the correct value holds words instead of a number."),
        ("policy", "-", before(), f"the correct value says that there is none: it has to be {FIELDS['policy'][1]}."),
        ("patient", "12", before(), unfit("patient")),
        ("patient", "Pat", before(), {"patient": "Pat"}),
        ("service_date", "5-Oct-26", before(), {"service_date": pd.Timestamp("2026-10-05")}),
        ("birth_date", "5-Oct-26", before(), unfit("birth_date")),
        ("birth_date", "5-Oct-80", before(), {"birth_date": pd.Timestamp("1980-10-05")}),
        ("status", "no show", before(), {"status": "no-show"}),
        ("status", "blorp", before(), unfit("status")),
    ],
)
def test_a_value_is_read_for_its_column_or_refused_with_what_it_has_to_be(
    clinic: Clinic, column: str, value: str, cells: dict[str, Any], read: dict[str, Any] | str
) -> None:
    assert read_value("a-kind", value, [column], cells, clinic) == read


def test_a_value_stands_for_one_cell_and_for_no_cell_that_nobody_can_correct(clinic: Clinic) -> None:
    assert read_value("unreadable-cell", "x", ["line"], before(), clinic) == NO_CELL
    assert read_value("unreadable-cell", "95", ["insurer", "fee_cents"], before(), clinic) == NO_CELL
    # A cell that would only warn is no reason to refuse the value of one that holds.
    light = read_value("unreadable-cell", "95", ["policy", "fee_cents"], before(), clinic)
    assert light == {"fee_cents": 9500, "fee_stated": True}
    assert read_value("unreadable-cell", "00456", ["policy"], before(), clinic) == {"policy": "00456"}


def test_nobody_is_made_a_physiotherapist_by_a_correct_value(clinic: Clinic) -> None:
    other = before(practitioner="Carla Specimen")
    assert "no physiotherapist" in str(read_value("a-kind", "Ann Example", ["practitioner"], other, clinic))
    unknown = before(practitioner="Ann Exampel")
    assert read_value("a-kind", "Ann Example", ["practitioner"], unknown, clinic) == {"practitioner": "Ann Example"}


PLAN = {"insurer": "Sun Life", "policy": "00123", "member": "07-00", "relationship": "spouse", "insured": "Kim Madeup"}
SECOND = {"secondary_insurer": "manulife", "secondary_policy": "777", "secondary_member": "888"}
UNKNOWN = {"relationship": "", "insured": "", "insured_birth_date": pd.NaT}
CHANGED = {"insurer": "Manulife", "policy": "777", "member": "888", **UNKNOWN}


@pytest.mark.parametrize(
    ("typed", "cells", "read"),
    [
        ("Sunlife", PLAN | SECOND, {"insurer": "Sunlife"}),
        ("Sun Life", PLAN | SECOND | {"insurer": ""}, {"insurer": "Sun Life"}),
        ("Sun Life", PLAN | SECOND | {"insurer": "Sun Lofe Inc"}, {"insurer": "Sun Life"}),
        ("Nobody Knows", PLAN | SECOND, {"insurer": "Nobody Knows"}),
        ("Canada Life", PLAN | SECOND, {"insurer": "Canada Life", "policy": "", "member": "", **UNKNOWN}),
        (
            "Manulife",
            PLAN | {"secondary_insurer": ""},
            {"insurer": "Manulife", "policy": "", "member": "", **UNKNOWN},
        ),
        (
            "Manulife",
            PLAN | SECOND,
            {
                **CHANGED,
                "secondary_insurer": "Sun Life",
                "secondary_policy": "00123",
                "secondary_member": "07-00",
            },
        ),
    ],
)
def test_another_insurer_is_not_sent_the_numbers_of_the_plan_that_the_row_names(
    clinic: Clinic, typed: str, cells: dict[str, Any], read: dict[str, Any]
) -> None:
    corrected = read_value("a-kind", typed, ["insurer"], before(**cells), clinic)
    assert corrected == read
    assert put_right(read, before(**cells)) == "the insurer is corrected."


@pytest.mark.parametrize(
    ("stated", "was", "said"),
    [
        (True, 9000, "the fee is corrected from 90.00 to 95.00."),
        (True, 9500, "the fee of 95.00 is right."),
        (False, 0, "the fee is corrected to 95.00."),
    ],
)
def test_a_typed_fee_is_told_with_the_one_before(clinic: Clinic, *, stated: bool, was: int, said: str) -> None:
    cells = before(fee_cents=was, fee_stated=stated)
    read = read_value("a-kind", "95", ["fee_cents"], cells, clinic)
    assert isinstance(read, dict)
    assert put_right(read, cells) == said
