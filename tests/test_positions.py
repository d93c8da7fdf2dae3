"""The cents of a claim, whatever is posted to it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ims_billing.payments.positions import Position

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
