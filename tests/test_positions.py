"""The cents of a claim, whatever is posted to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_billing.payments.aging import Owing
from ims_billing.payments.positions import Position, totals
from ims_billing.payments.sending import ToSend
from ims_billing.vocabulary.entries import Note, Posted, Sending
from ims_billing.vocabulary.frames import (
    AGING,
    POSITIONS,
    POSTINGS,
    SENDINGS,
    TO_SEND,
    WORK,
    Column,
    as_frame,
    prove,
)


def test_cents_that_do_not_add_up_are_a_bug_and_never_shown() -> None:
    right = {"claim": ["A"], "claimed_cents": [9500], "paid_cents": [6000], "outstanding_cents": [3500]}
    assert totals(as_frame(right, POSITIONS))["outstanding_cents"] == 3500
    with pytest.raises(RuntimeError, match="the cents do not add up"):
        totals(as_frame({**right, "paid_cents": [6001]}, POSITIONS))


@pytest.mark.parametrize("changed", [{"month": "2026-10"}, {"number": 1.0}, {}])
def test_a_frame_of_other_columns_or_types_is_a_bug(changed: dict[str, Any]) -> None:
    columns = (Column("number", "int64", "a number"), Column("text", "str", "a text"))
    frame = as_frame([(1, "a")], columns)
    assert prove(frame, columns) is frame
    other = frame.assign(**changed) if changed else frame[["text", "number"]]
    with pytest.raises(TypeError, match="not as declared: order" if not changed else "not as declared: .*"):
        prove(other, columns)


EVENT = st.tuples(st.integers(-12_000, 12_000), st.integers(0, 12_000), st.booleans())


@settings(max_examples=300)
@given(st.integers(0, 12_000), st.lists(EVENT, max_size=6))
def test_cents_are_conserved_whatever_comes(claimed: int, events: list[tuple[int, int, bool]]) -> None:
    position = Position(claimed)
    for paid_cents, expected, denied in events:
        position = position.after(max(paid_cents, -max(position.paid, 0)), expected, denied=denied)
        parts = (position.patient_share, position.short, position.denied)
        assert position.claimed == position.paid + sum(parts) + position.outstanding
        assert all(part >= 0 for part in parts)


@pytest.mark.parametrize(("reason", "share"), [("", 0), ("Audit", 0), ("Coinsurance", 4_000)])
def test_what_is_taken_back_is_the_patients_share_only_where_its_reason_says_so(reason: str, share: int) -> None:
    paid = Position(9_500).after(9_500, 0, denied=False)
    left = paid.after(-4_000, 0, denied=False, reason=reason)
    assert (left.patient_share, left.short) == (share, 4_000 - share)


def test_what_was_short_before_a_claim_was_sent_again_is_short_until_it_is_paid_or_explained() -> None:
    short = Position(9_500).after(4_500, 9_000, denied=False)
    again = short.sent_again().sent_again()
    assert (again.short, again.outstanding) == (0, 5_000), "it awaits an answer"
    for position in (short, again):
        left = [position.after(2_000, 6_500, denied=False, reason=reason) for reason in ("", "Coinsurance")]
        assert [(one.short, one.patient_share) for one in left] == [(2_500, 500), (0, 3_000)]
    # What was refused, or taken back in full, was not short.
    for other in (Position(9_500).after(0, 9_000, denied=True), short.after(-4_500, 0, denied=False)):
        paid = other.sent_again().after(6_500, 6_500, denied=False)
        assert (paid.short, paid.patient_share) == (0, 9_500 - paid.paid)


@pytest.mark.parametrize(
    ("entry", "columns"),
    [(Posted, POSTINGS), (Note, WORK), (Sending, SENDINGS), (ToSend, TO_SEND), (Owing, AGING)],
)
def test_a_row_without_a_frame_has_the_columns_of_its_frame(entry: Any, columns: tuple[Column, ...]) -> None:
    assert list(entry._fields) == [column.name for column in columns]
