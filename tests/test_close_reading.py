"""Cells are read in one way only, or they are findings: times, days, lengths, numbers and money, one at a time."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_billing.clinic.setup_file import load
from ims_billing.vocabulary.cells import Cell, clock, day, length, says_nothing, written_out
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.identifiers import identifier
from tests.practice import clinic_file, kinds, messages_of, month_of, outcomes, row

VANCOUVER = ZoneInfo("America/Vancouver")
NOTHING = frozenset({"", "none", "n a", "tbd", "unknown"})

TIMES: list[tuple[Cell, tuple[int, int | None] | None]] = [
    *[(text, (570, None)) for text in ("9 h 30", "9:30 a. m.", "930", "0930", "9.30", "9:30:00", "9:30 AM PDT")],
    *[(text, (570, None)) for text in ("9:30 PST", "09h30", "9:30a", "0930 hrs", "9 : 30", 930.0, dt.time(9, 30))],
    ("9:30am - 10:00am", (570, 600)), ("9:30–10", (570, 600)), ("11:30-12:15 pm", (690, 735)),
    ("9 à 9h30", (540, 570)), ("9h", (540, None)), ("12 am", (0, None)), ("12:00 PM", (720, None)),
    ("13:30 pm", (810, None)), ("2026-11-01T03:30:00Z", (1230, None)),
    ("9:70", None), ("25:00", None), ("24:00", None), ("9.3", None), ("9-10", None), ("10:00 - 9:30", None),
    ("9;30", None), ("morning", None), ("13:30 am", None), (9.3, None), ("9:30 or 10", None),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "times"), TIMES, ids=repr)
def test_a_time_is_read_in_one_way_or_not_at_all(cell: Cell, times: tuple[int, int | None] | None) -> None:
    read = clock(cell, VANCOUVER)
    assert (read and (read.start, read.end)) == times


TIME_FORMS = ("{h}:{m:02d}", "{h}h{m:02d}", "{h} h {m:02d}", "{h:02d}{m:02d}", "{h:02d}:{m:02d}:00", "{t} {half}",
              "{t}{half}", "{h}.{m:02d}", "{t} {dots}", "{h}:{m:02d} PDT")  # fmt: skip


@given(st.integers(0, 23), st.integers(0, 59), st.sampled_from(TIME_FORMS))
def test_every_time_is_read_back_from_every_spelling(hour: int, minute: int, form: str) -> None:
    half = "pm" if hour >= 12 else "am"
    twelve = f"{(hour - 1) % 12 + 1}:{minute:02d}"
    written = form.format(h=hour, m=minute, t=twelve, half=half, dots=f"{half[0]}. m.")
    read = clock(written, VANCOUVER)
    assert read is not None
    assert read.start == hour * 60 + minute


DAY_FORMS = ("%Y-%m-%d", "%Y%m%d", "%d-%b-%y", "%d/%b/%Y", "%b %d/%y", "%Y.%m.%d", "%a %d %b %Y", "%B %d, %Y",
             "%d%b%Y", "%Y-%b-%d", "%A, %B %d, %Y", "%Y-%m-%d %H:%M", "%d %B %Y at %H:%M")  # fmt: skip


@given(st.dates(dt.date(2015, 1, 1), dt.date(2069, 12, 31)), st.sampled_from(DAY_FORMS))
def test_every_day_is_read_back_from_every_spelling(on: dt.date, form: str) -> None:
    moment = day(on.strftime(form), "unambiguous", short_years=True, zone=VANCOUVER)
    assert moment is not None
    assert moment.date() == on


@pytest.mark.parametrize(
    "written", ["05/10/26", "26-Oct-05", "Tue 5 Oct 2026", "5 Oct", "20261305", "2026-10-05 25:00"]
)
def test_a_day_that_could_be_another_is_not_read(written: str) -> None:
    assert day(written, "unambiguous", short_years=True, zone=VANCOUVER) is None


ZONE_FORMS = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S +0000", "%Y-%m-%dT%H:%M:%S.000+00:00", "%Y-%m-%d %H:%M UTC")


@given(st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2030, 1, 1)), st.sampled_from(ZONE_FORMS))
def test_an_instant_is_the_clinics_local_day_and_hour(utc: dt.datetime, form: str) -> None:
    utc = utc.replace(second=0, microsecond=0, tzinfo=dt.UTC)
    local = utc.astimezone(VANCOUVER).replace(tzinfo=None)
    moment = day(utc.strftime(form), "unambiguous", zone=VANCOUVER)
    # Midnight in UTC may be a day without a time: it is never read as either.
    assert moment == (None if (utc.hour, utc.minute) == (0, 0) else local)
    offset = local.strftime("%Y-%m-%d %H:%M:%S ") + utc.astimezone(VANCOUVER).strftime("%z")
    assert day(offset, "unambiguous", zone=VANCOUVER) == local


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [("30 min", 30), ("1 h", 60), ("1:00", 60), ("45m", 45), ("1h15", 75), ("1.5 h", 90), ("30.0", 30), ("45:00", 45),
     (0.03125, 45), ("10:00", None), (0.5, None), ("30-45", None), ("long", None)],
)  # fmt: skip
def test_a_length_is_read_in_one_way_or_not_at_all(cell: Cell, minutes: int | None) -> None:
    assert length(cell) == minutes


BLANK = ["", "-", "none", "N/A", "TBD", "xxx", "00000", "?", "#", None]
DAMAGED: list[Any] = [
    "1.23E+11", "1,23E+11", "2-Jan", "Jan-02", "2026-01-02 00:00:00", "1/2/2026", dt.date(2026, 1, 2), "PENDING",
    "see file", "see file 12", "12345?", "=SUM(A1)", "#N/A", 1.23e17, 12.5, -4, True, "12345678901234500",
    "0.123", "12.5", "022218.50", "12,5", "022218 or 22281", "022218 / 000175", "022218/000175", "022218 & 000175",
    "022218 (000175)", "22218 ou 22281", "022218 - 000175", "Group 022218 cert 175", "AB1 or AB2", "SL12345 / 67",
    "xxxx1234", "XXX-XX-0175", "...0175", "000175-1.", "022218-", "N/A-000175", "TBD-000175", "250-555-0100",
    "(250) 555-0100", "250.555.0100",
    "50,000", "022,000", "50.000", "1,288,000", "999999", "11111111", 999999, 88888888.0, "12-" * 14,
]  # fmt: skip
WHOLE: list[tuple[Any, str]] = [
    ("022218", "022218"), ("22218.0", "22218"), ("'022218", "022218"), ('="00123"', "00123"), (22218.0, "22218"),
    ("BN-123456-1", "BN-123456-1"), ("Group 22218", "Group 22218"),
    ("ABCD1234", "ABCD1234"), ("000175-01", "000175-01"), ("12345/01", "12345/01"), ("50832.001", "50832.001"),
    ("SL 175 A", "SL 175 A"), ("123456 D 7", "123456 D 7"), ("0099-00", "0099-00"), ("G-12345", "G-12345"),
    ("G-0012 345-00", "G-0012 345-00"), ("W123456789", "W123456789"), ("XX12345", "XX12345"), ("#22218", "#22218"),
    ("-07", "-07"),
    ("123-456-7890", "123-456-7890"), ("A.12-3/4", "A.12-3/4"), ("NA-12345", "NA-12345"), ("22218 (A)", "22218 (A)"),
    ("123 456", "123 456"), ("99999", "99999"), ("999998", "999998"),
]  # fmt: skip


def test_only_what_can_be_an_insurers_number_is_one() -> None:
    assert [identifier(cell, NOTHING).damaged for cell in BLANK] == [""] * len(BLANK)
    assert [identifier(cell, NOTHING).text for cell in (*BLANK, *DAMAGED)] == [""] * len([*BLANK, *DAMAGED])
    assert all(identifier(cell, NOTHING).damaged for cell in DAMAGED)
    assert [identifier(cell, NOTHING, {"group"}).text for cell, _ in WHOLE] == [number for _, number in WHOLE]
    assert [bool(identifier(cell).fixed) for cell, _ in WHOLE[:4]] == [False, True, True, True]


@given(st.text(max_size=20))
def test_no_text_is_silently_blank(written: str) -> None:
    number = identifier(written, NOTHING)
    assert bool(number.text) + bool(number.damaged) <= 1
    if not number.text and not number.damaged:
        # Nothing was left unread but marks, zeros, crosses and words that mean none.
        letters = "".join(c for c in written.casefold() if c.isalnum() and c not in "0x")
        assert not letters or letters in {"none", "na", "tbd", "unknown"} or not letters.isascii()


def test_what_cannot_be_read_holds_where_something_depends_on_it_and_warns_elsewhere(tmp_path: Path) -> None:
    rows = [
        row(Start="9ish or so", Minutes="30", Patient="A"),
        row(Start="9ish or so", Minutes="30", Patient="B", Insurer="Pacific Blue Cross"),
        row(Minutes="a while", Patient="C", Insurer="Pacific Blue Cross", Start="14:00"),
        row(Visit="third time", Patient="D"),
        row(Accident_Date="last week", Patient="E"),
        row(Birth_Date="around 1980", Patient="F"),
        row(Member_ID="1.23E+11", Patient="G"),
        row(Policy_Number="PENDING", Patient="H"),
        row(Start="9:30", Patient="I", Minutes="-", Visit="n/a", Birth_Date="unknown", Member_ID="none", Tax="exempt",
            Patient_Paid="$ -"),
    ]  # fmt: skip
    month = month_of(tmp_path, rows)
    assert outcomes(month) == [
        "claimed", "held", "held", "claimed", "held", "claimed", "claimed", "held", "claimed",
    ]  # fmt: skip
    assert [kinds(month, n) for n in range(7)] == [["unreadable-cell"]] * 7
    assert kinds(month, 7) == ["missing-policy", "unreadable-cell"]
    assert kinds(month, 8) == []
    by_visit = '[[fee]]\nservice = "ims"\nvisit = "initial"\namount = 140.00\nfrom = 2026-04-01\n'
    assert outcomes(month_of(tmp_path, [row(Visit="third time")], more=by_visit)) == ["held"]


def test_start_and_date_in_different_time_zones_are_held_where_they_disagree(tmp_path: Path) -> None:
    rows = [
        row(Service_Date="2026-11-01T01:00:00.000Z", Patient="A"),
        row(Service_Date="2026-11-01T01:00:00.000Z", Start="18:00", Patient="B"),
        row(Service_Date="2026-11-01T01:00:00.000Z", Start="9:30", Patient="C"),
        row(Service_Date="2026-10-31", Start="2026-11-01T01:00:00Z", Patient="D"),
        row(Service_Date="2026-10-30", Start="2026-11-01T01:00:00Z", Patient="E"),
        row(Service_Date="2026-10-31T00:00:00Z", Patient="F"),
        row(Service_Date="2026-10-31", Start="01:00Z", Patient="G"),
    ]
    month = month_of(tmp_path, rows)
    assert outcomes(month) == ["claimed", "claimed", "held", "claimed", "held", "held", "held"]
    assert set(month.claims["service_date"].dt.strftime("%m-%d")) == {"10-31"}
    assert list(month.sessions["start"][[0, 1, 3]]) == [18 * 60] * 3


def test_a_time_zone_that_nobody_knows_is_a_fault_of_the_clinic_file(tmp_path: Path) -> None:
    with pytest.raises(BillingError, match=r"line \d+, \[clinic\], time_zone: .*America/Vancouver"):
        load(clinic_file(tmp_path, clinic='time_zone = "America/Vancuver"'))


def test_an_end_before_the_start_makes_no_length(tmp_path: Path) -> None:
    path = month_of(tmp_path, [row(Start="10:00 - 9:30", Insurer="Pacific Blue Cross")])
    assert (outcomes(path), kinds(path)) == (["held"], ["unreadable-cell"])
    assert "10:00 - 9:30" in messages_of(path, "unreadable-cell")[0]


def test_a_message_quotes_times_and_amounts_and_never_what_could_be_a_name() -> None:
    assert [written_out(cell) for cell in ("9:70", "half past 9", "5 Oct", "exempt")] == [
        '"9:70"', '"half past 9"', '"5 Oct"', '"exempt"',
    ]  # fmt: skip
    personal = ("Pat Madeup", "9:30 Madeup", "May", "9876 543 210", "31 Jan 1980")
    assert [written_out(cell) for cell in personal] == ["text"] * len(personal)
    assert says_nothing("$ -", NOTHING)
    assert not says_nothing("#N/A", NOTHING)
