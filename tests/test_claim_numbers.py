"""Our claim numbers: written and read, and what somebody may mean as one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_billing.vocabulary.claim_numbers import ClaimNumber, claim_number, is_typed_number, month_of
from ims_billing.workbooks.sources import claim_ranges
from tests.practice import examples

NUMBERS = st.builds(
    ClaimNumber,
    st.dates().map(lambda day: f"{day.year:04d}-{day.month:02d}"),
    st.from_regex(r"[A-Z]{4}", fullmatch=True),
    st.integers(1, 20_000),
)


@examples(100)
@given(NUMBERS)
def test_a_number_is_read_as_it_is_written(number: ClaimNumber) -> None:
    assert claim_number(number.text()) == number
    assert month_of(number.text()) == number.month
    assert is_typed_number(number.text().lower())


def test_a_number_has_four_digits_or_more() -> None:
    assert ClaimNumber("2026-10", "SUNL", 1).text() == "2026-10-SUNL-0001"
    assert ClaimNumber("2026-10", "SUNL", 10_000).text() == "2026-10-SUNL-10000"


@pytest.mark.parametrize(
    ("typed", "is_number"),
    [("2026-10-sunl-1", True), ("2026-10", False), ("voided", False), ("2026-10-SUNL", False), ("S-0001", False)],
)
def test_what_is_typed_may_be_a_number(typed: str, is_number: bool) -> None:
    assert is_typed_number(typed) == is_number


def test_numbers_that_follow_one_another_are_a_range() -> None:
    ordinals = (10_000, 9_999, 7, 1, 2, 2)
    numbers = [ClaimNumber("2026-10", "SUNL", n).text() for n in ordinals] + ["2026-10-PABC-0003"]
    assert claim_ranges(numbers) == "2026-10-PABC-0003; 2026-10-SUNL-0001 to 0002, 0007, 9999 to 10000"
