"""Which claims a file would hold, had nobody changed or deleted their sessions: by the days of the file alone."""

from __future__ import annotations

import pandas as pd
import pytest

from ims_billing.sessions.resemblance import expected_in_files

# Three claims of one practitioner: two of one week, of which the first is in the file, and one of the next.
CLAIMS = pd.DataFrame({"date": pd.to_datetime(["2026-10-06", "2026-10-08", "2026-10-13"]), "practitioner": "Ann"})


@pytest.mark.parametrize(
    ("days", "whole_weeks", "expected"),
    [
        (["2026-10-06", "2026-10-08"], False, [True, True, False]),
        (["2026-10-06", "2026-10-07"], False, [True, False, False]),
        (["2026-10-06", "2026-10-07"], True, [True, True, False]),
        (["2026-10-06", None], True, [True, True, False]),
        ([None], True, [False, False, False]),
    ],
)
def test_a_claim_is_expected_between_the_first_and_the_last_day_of_the_files(
    days: list[str | None], whole_weeks: bool, expected: list[bool]
) -> None:
    matched, active = pd.Series([True, False, False]), pd.Series(True, index=CLAIMS.index)
    dates = pd.Series(days, dtype="datetime64[us]")
    shown = expected_in_files(dates, matched, CLAIMS, active, whole_weeks=whole_weeks)
    assert shown.tolist() == expected
