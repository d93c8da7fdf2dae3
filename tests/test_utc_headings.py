"""Times below a heading that says UTC are the clinic's own day and hour."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ims_billing.reading.intake import read_files
from ims_billing.vocabulary.errors import BillingError
from tests.practice import practice, xlsx_cells

REST = ["Patient", "Practitioner", "Service", "Insurer", "Fee"]
VISIT = ["Pat Madeup", "Ann Example", "IMS", "Sun Life", 95.0]
OCT_6 = dt.date(2026, 10, 6)


# The headings of two columns and their cells; the day, the start and the end that the visit then has, in minutes.
CASES: list[tuple[tuple[str, Any], tuple[str, Any], tuple[str | None, int | None, int | None]]] = [
    (("Service Date", OCT_6), ("Start (UTC)", "16:00"), ("10-06", 540, None)),
    (("Service Date", OCT_6), ("Start Time UTC", dt.time(16, 30)), ("10-06", 570, None)),
    (("Service Date", OCT_6), ("Time (GMT)", "4:00 pm"), ("10-06", 540, None)),
    (("Service Date", OCT_6), ("Start (UTC)", "16:00Z"), ("10-06", 540, None)),
    (("Service Date", OCT_6), ("Start (UTC)", "09:00-07:00"), ("10-06", 540, None)),
    (("Service Date", OCT_6), ("End Time (UTC)", "16:45"), ("10-06", None, 585)),
    (("Service Date", OCT_6), ("Start (UTC)", ""), ("10-06", None, None)),
    (("Service Date", OCT_6), ("Start (UTC)", "morning"), ("10-06", None, None)),
    # An evening at the clinic is the next day in UTC: which of the two the other cell says nobody can tell.
    (("Service Date", OCT_6), ("Start (UTC)", "02:00"), (None, 1140, None)),
    (("Date (UTC)", OCT_6), ("Start (UTC)", "02:00"), (None, 1140, None)),
    (("Date (UTC)", OCT_6), ("Start (UTC)", "16:00"), ("10-06", 540, None)),
    (("Date (UTC)", "2026-10-06 02:00"), ("Notes", ""), ("10-05", 1140, None)),
    (("Date (UTC)", "2026-10-06 2:00 am"), ("Notes", ""), ("10-05", 1140, None)),
    (("Appointment Date UTC", dt.datetime(2026, 10, 6, 2)), ("Notes", ""), ("10-05", 1140, None)),
    (("Date (UTC)", "2026-10-06T02:00:00Z"), ("Notes", ""), ("10-05", 1140, None)),
    (("Start (UTC)", "2026-10-06 02:00"), ("Notes", ""), ("10-05", 1140, None)),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "expected"), CASES, ids=repr)
def test_times_in_utc_are_the_clinics_own(
    tmp_path: Path, one: tuple[str, Any], other: tuple[str, Any], expected: tuple[str | None, int | None, int | None]
) -> None:
    path = xlsx_cells(tmp_path, [[one[0], other[0], *REST], [one[1], other[1], *VISIT]])
    intake = read_files([path], practice(tmp_path))
    on, start, end = (intake.sessions[name][0] for name in ("service_date", "start", "end"))
    read = (None if pd.isna(on) else f"{on:%m-%d}", *(None if pd.isna(at) else at for at in (start, end)))
    assert read == expected
    assert intake.files[0].unread == ()


@pytest.mark.parametrize("start", ["Start", "Notes"])
def test_days_in_utc_without_a_time_are_refused(tmp_path: Path, start: str) -> None:
    path = xlsx_cells(tmp_path, [["Date (UTC)", start, *REST], [OCT_6, "", *VISIT]])
    with pytest.raises(BillingError, match=r'row 1: "Date \(UTC\)" \(column A\) holds days in UTC without a time'):
        read_files([path], practice(tmp_path))


def test_a_heading_with_utc_and_another_word_is_not_read(tmp_path: Path) -> None:
    path = xlsx_cells(tmp_path, [["Date", "Start UTC-7", "Fee UTC", *REST], [OCT_6, "09:00", "", *VISIT]])
    assert read_files([path], practice(tmp_path)).files[0].unread_headings == ["Start UTC-7", "Fee UTC"]
