"""What a claim rests on, as the ledger keeps it: read back as it was written, or refused in words."""

from __future__ import annotations

import pytest

from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.grounds import Ground, as_json, grounds_of

GROUND = Ground("Fee, any insurer", "ims: $95.00", "from 2026-04-01", "clinic file")


def test_grounds_are_read_back_as_they_were_written_and_nothing_is_none() -> None:
    assert grounds_of(as_json([GROUND, GROUND])) == [GROUND, GROUND]
    assert grounds_of("") == []


@pytest.mark.parametrize("text", ["ims: $95.00", '{"rule": "x"}', '["x"]', '[{"rule": "x"}]'])
def test_what_a_trial_version_left_is_refused_with_the_way_back(text: str) -> None:
    with pytest.raises(BillingError, match=r"trial version.*ims-billing-version-4\.sqlite"):
        grounds_of(text)
