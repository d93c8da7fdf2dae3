"""Which claims a file would hold, had nobody changed or deleted their sessions: by the days of the file alone."""

from __future__ import annotations

import pandas as pd
import pytest

from ims_billing.sessions.expected_claims import expected_in_files, just_beyond

# Three claims of one practitioner: two of one week, of which the first is in the file, and one of the next.
CLAIMS = pd.DataFrame({"date": pd.to_datetime(["2026-10-06", "2026-10-08", "2026-10-13"]), "practitioner": "Ann"})
MATCHED, ACTIVE = pd.Series([True, False, False]), pd.Series(True, index=CLAIMS.index)


@pytest.mark.parametrize(
    ("days", "edges", "expected"),
    [
        (["2026-10-06", "2026-10-08"], False, [True, True, False]),
        (["2026-10-06", "2026-10-07"], False, [True, False, False]),
        (["2026-10-06", "2026-10-07"], True, [True, True, False]),
        (["2026-10-06", None], True, [True, True, False]),
        ([None], True, [False, False, False]),
    ],
)
def test_a_claim_is_expected_between_the_first_and_the_last_day_of_the_files(
    days: list[str | None], edges: bool, expected: list[bool]
) -> None:
    dates = pd.Series(days, dtype="datetime64[us]")
    beyond = just_beyond(dates, MATCHED, CLAIMS, ACTIVE) if edges else None
    assert expected_in_files(dates, MATCHED, CLAIMS, ACTIVE, beyond).tolist() == expected


# The days of claims that a file from the 7th to the 9th lacks, those of them that a new session may be, and the days
# of which one alone may have been corrected.
BEYOND = [
    ([6], [], [6]),
    ([5, 6], [], [6]),
    ([6, 6], [], []),
    ([5, 6], [6], [5, 6]),
    ([5, 6], [5], [6]),
    ([6, 6], [6], [6, 6]),
    ([6, 10], [], [6, 10]),
    ([10, 12], [], [10]),
    ([10, 10], [], []),
]


@pytest.mark.parametrize(("days", "moved", "beyond"), BEYOND)
def test_files_that_lack_more_than_one_claim_on_a_side_begin_later_or_end_earlier(
    days: list[int], moved: list[int], beyond: list[int]
) -> None:
    dates = pd.to_datetime([f"2026-10-{day:02}" for day in [7, *days]])
    claims = pd.DataFrame({"date": dates, "practitioner": "Ann"})
    matched, active = pd.Series(claims.index == 0), pd.Series(True, index=claims.index)
    theirs = [label for label, day in enumerate(days, 1) if day in moved]
    shown = just_beyond(pd.Series(pd.to_datetime(["2026-10-07", "2026-10-09"])), matched, claims, active, theirs)
    assert [day for day, is_beyond in zip(days, shown[1:], strict=True) if is_beyond] == beyond
    # A claim of somebody of whom the files hold none says nothing about them.
    claims.loc[1:, "practitioner"] = "Ben"
    shown = just_beyond(pd.Series(pd.to_datetime(["2026-10-07", "2026-10-09"])), matched, claims, active, theirs)
    assert shown.all()
