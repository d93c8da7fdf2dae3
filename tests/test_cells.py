"""One cell at a time: text, money, days and times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from time import process_time
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_billing.reading.code_pages import decode
from ims_billing.vocabulary.cells import Cell, Order, day, day_order, length, meaning_of, money, shown, text, time
from ims_billing.vocabulary.days import clock, end_of
from ims_billing.vocabulary.identifiers import identifier
from ims_billing.vocabulary.rows import of_each, of_each_cell
from ims_billing.vocabulary.spelling import RowPlace, cents, dollars, rows_beside, source_text, sources, tables_of
from tests.practice import examples

AMOUNTS: list[tuple[Cell, int | None]] = [
    (95.0, 9500), (95.35, 9535), (1095, 109500), ("95", 9500), ("95.5", 9550), ("$1,095.00", 109500),
    ("1 095,00 $", 109500), ("1.095,00", 109500), ("95,00", 9500), ("(95.00)", -9500), ("-$95.00", -9500),
    ("($1,095.00)", -109500), ("CAD 95.00", 9500), ("−95.00", -9500), ("\u00a095.00\u00a0", 9500), (0.0, 0),
    (0.1 + 0.2, 30),
    (95.355, None), ("95.355", None), ("1,09", 109), ("1,0950", None), ("10,95.00", None), ("", None), (None, None),
    ("ninety", None), (True, None), ("95%", None), ("--95", None), (float("nan"), None), (1e300, None),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "value"), AMOUNTS, ids=lambda v: repr(v))
def test_money_is_whole_cents_or_unreadable(cell: Cell, value: int | None) -> None:
    assert money(cell) == value


def test_cells_that_are_equal_and_differ_are_read_apart() -> None:
    cells = [1, True, 1.0, "1", 1, None, True, 0, 0.0]
    assert of_each_cell(cells, repr) == [repr(cell) for cell in cells]
    assert of_each_cell(["b", "a", "b"], str.upper) == ["B", "A", "B"]
    assert of_each_cell([], repr) == []


@pytest.mark.parametrize("rows", [0, 6, 6_000])
def test_rows_are_given_each_once_in_a_month_of_any_size(rows: int) -> None:
    repeated = {
        "day": pd.to_datetime(["2026-10-05", "", "2026-10-05"]),
        "minutes": pd.array([45, 45, None], dtype="Int64"),
        "service": pd.array(["ims", "", "ims"], dtype="str"),
    }
    frame = pd.DataFrame(repeated).iloc[[place % 3 for place in range(rows)]]
    given: list[tuple[object, ...]] = []

    def make(*cells: object) -> int:
        given.append(cells)
        return len(given)

    assert of_each(frame, ["day", "minutes", "service"], make) == [1, 2, 3] * (rows // 3)
    assert given == [(dt.date(2026, 10, 5), 45, "ims"), (None, 45, ""), (dt.date(2026, 10, 5), None, "ims")][:rows]


@given(st.integers(min_value=-10_000_000_00, max_value=10_000_000_00))
def test_every_amount_survives_as_number_and_as_text(amount: int) -> None:
    assert money(amount / 100) == amount
    assert money(dollars(amount)) == amount
    assert money(f"{Decimal(amount) / 100:.2f}") == amount
    assert cents(Decimal(amount) / 100) == amount


OCTOBER_31 = dt.datetime(2026, 10, 31)
DAYS: list[tuple[Cell, Order, dt.datetime | None]] = [
    (dt.date(2026, 10, 31), "unambiguous", OCTOBER_31),
    (dt.datetime(2026, 10, 31, 9, 30), "unambiguous", dt.datetime(2026, 10, 31, 9, 30)),
    ("2026-10-31", "unambiguous", OCTOBER_31),
    ("2026/10/31", "unambiguous", OCTOBER_31),
    ("2026-10-31 08:30:00 -0700", "unambiguous", dt.datetime(2026, 10, 31, 8, 30)),
    ("2026-10-31T08:30:00Z", "unambiguous", dt.datetime(2026, 10, 31, 8, 30)),
    ("October 31, 2026", "unambiguous", OCTOBER_31),
    ("Oct 31 2026, 11:00 AM", "unambiguous", dt.datetime(2026, 10, 31, 11)),
    ("31-Oct-2026", "unambiguous", OCTOBER_31),
    ("31 octobre 2026", "unambiguous", OCTOBER_31),
    ("1er août 2026", "unambiguous", dt.datetime(2026, 8, 1)),
    ("10/31/2026", "unambiguous", OCTOBER_31),
    ("31/10/2026", "unambiguous", OCTOBER_31),
    ("10-10-2026", "unambiguous", dt.datetime(2026, 10, 10)),
    ("10/05/2026", "unambiguous", None),
    ("10/05/2026", "month-first", dt.datetime(2026, 10, 5)),
    ("10/05/2026", "day-first", dt.datetime(2026, 5, 10)),
    ("31/10/2026", "month-first", None),
    ("10/31/26", "month-first", None),
    ("2026-13-01", "unambiguous", None),
    ("2026-02-30", "unambiguous", None),
    ("Octember 31, 2026", "unambiguous", None),
    ("31", "unambiguous", None),
    (46326.0, "unambiguous", None),
    ("", "unambiguous", None),
    (None, "unambiguous", None),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "order", "value"), DAYS, ids=lambda v: repr(v))
def test_days_are_read_where_they_are_plain(cell: Cell, order: Order, value: dt.datetime | None) -> None:
    assert day(cell, order) == value


VANCOUVER = ZoneInfo("America/Vancouver")


@pytest.mark.parametrize(
    ("cell", "local"),
    [
        (dt.datetime(2026, 10, 6, 1, 30, tzinfo=dt.UTC), dt.datetime(2026, 10, 5, 18, 30)),
        *((dt.datetime(year, 1, 1, tzinfo=dt.UTC), None) for year in (1, 1900, 2200, 9999)),
        ("20261006T013000Z", dt.datetime(2026, 10, 5, 18, 30)),
        ("20261006T013000+0200", dt.datetime(2026, 10, 5, 16, 30)),
        ("20261006T013000", dt.datetime(2026, 10, 6, 1, 30)),
        (20261005, dt.datetime(2026, 10, 5)),
        (20261005.0, dt.datetime(2026, 10, 5)),
        (20261005.5, None),
        (20261305, None),
    ],
)
def test_a_moment_at_an_offset_is_the_clinics_own_and_a_number_may_be_a_day(
    cell: Cell, local: dt.datetime | None
) -> None:
    assert day(cell, "unambiguous", zone=VANCOUVER) == local


@pytest.mark.parametrize(
    ("cell", "start", "offset"),
    [
        ("0:30 am", 30, None), ("0:30 pm", None, None), ("13:30 am", None, None), ("9:00-25:00", None, None),
        ("9:30 PT", 570, None), ("9:30 UTC", 570, 0), ("9:30 +15:00", None, None), ("9:30 +02:75", None, None),
    ],
)  # fmt: skip
def test_a_time_of_no_clock_and_an_offset_of_no_place_are_none(
    cell: str, start: int | None, offset: int | None
) -> None:
    read = clock(cell, VANCOUVER)
    assert (read and read.start, read and read.offset) == (start, offset)


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [
        ("2026-10-05 9:30 - 10:00", 600),
        ("2026-10-05 9:30", None),
        ("9:30 - 10:00", None),
        (570, None),
        ("x" * 81, None),
    ],
)
def test_a_day_with_a_range_of_times_ends_when_it_says(cell: Cell, minutes: int | None) -> None:
    assert end_of(cell, "unambiguous", zone=VANCOUVER) == minutes


def test_two_digit_years_are_read_only_where_they_may_be_and_the_order_is_known() -> None:
    assert day("10/31/26", "month-first", short_years=True) == OCTOBER_31
    assert day("10/31/26", "unambiguous", short_years=True) == OCTOBER_31
    assert day("20/10/26", "unambiguous", short_years=True) is None
    # Of four figures nobody can tell what they were to be.
    assert day("0026-10-31", "unambiguous", short_years=True) is None
    assert day("31-Oct-0026", "unambiguous", short_years=True) is None


@pytest.mark.parametrize(
    ("column", "order"),
    [
        (["10/05/2026", "10/31/2026"], "month-first"),
        (["05/10/2026", "31/10/2026"], "day-first"),
        (["10/05/2026", "2026-10-31", None, 7.0], "unambiguous"),
        (["10/31/2026", "31/10/2026"], "unambiguous"),
    ],
)
def test_a_column_proves_how_it_writes_day_and_month(column: list[Cell], order: Order) -> None:
    assert day_order(column, "unambiguous") == order
    assert day_order(column, "day-first") == "day-first"


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [
        ("9:30", 570), ("09:30:00", 570), ("9:30 PM", 1290), ("12:15 am", 15), ("9h30", 570), ("2 pm", 840),
        (dt.time(9, 30), 570), (dt.datetime(2026, 10, 31, 9, 30), 570), (0.5, 720), (dt.timedelta(hours=3), 180),
        ("2026-10-31 08:30:00 -0700", 510),
        ("25:00", None), ("9:75", None), ("13 pm", None), ("noon", 720), ("9", None), (9.0, None), ("", None),
    ],
)  # fmt: skip
def test_times_are_minutes_after_midnight(cell: Cell, minutes: int | None) -> None:
    assert time(cell) == minutes


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [(30.0, 30), ("30", 30), ("45 min", 45), ("1 h", 60), ("1h 15m", 75), ("0:45", 45), (dt.time(0, 45), 45),
     ("", None), ("long", None), (0.0, None), (True, None)],
)  # fmt: skip
def test_lengths_are_minutes(cell: Cell, minutes: int | None) -> None:
    assert length(cell) == minutes


def test_pacific_time_is_no_time_of_a_clinic_elsewhere() -> None:
    read = clock("9:30 PT", ZoneInfo("America/Toronto"))
    assert read is None


def test_identifiers_stay_themselves() -> None:
    assert [text(c) for c in ("00123", 123.0, "  01-00 ", "=SUM(A1)", None, True)] == [
        "00123", "123", "01-00", "=SUM(A1)", "", "yes",
    ]  # fmt: skip


@examples(200)
@given(st.from_regex(r"[A-Za-z]{0,3}([0-9]{1,17}|1{4,8}|0{4,8})(-[0-9]{1,3})?", fullmatch=True))
def test_a_number_is_read_alike_whether_it_is_a_usual_one_or_has_a_space_before_it(cell: str) -> None:
    assert identifier(cell) == identifier(f" {cell}")


def test_a_message_never_repeats_what_could_be_a_name() -> None:
    assert shown("10/05/2026") == '"10/05/2026"'
    assert shown("#N/A") == "#N/A"
    assert [shown(personal) for personal in ("9876 543 210", "03/04/1980", 9123947241.0, "#Pat Madeup")] == ["text"] * 4
    assert shown("Pat Madeup") == "text"


LONG = 200_000
READ_IN_ONE_GO = {
    "a word in a file with accents": lambda: (
        decode(f"{'z' * LONG} \u00e9t\u00e9".encode()).text[-3:] == "\u00e9t\u00e9"
    ),
    "digits": lambda: identifier("1" * LONG).damaged,
    "digits and dashes": lambda: identifier("1-" * LONG).damaged,
    "words of a visit": lambda: meaning_of("initial " * LONG, {"initial": "initial", "new patient": "initial"}),
}


@pytest.mark.parametrize("reads", READ_IN_ONE_GO.values(), ids=READ_IN_ONE_GO)
def test_a_cell_of_any_length_is_read_in_one_go(reads: Callable[[], object]) -> None:
    """A page of text in a cell is read as it is long: letter by letter from each letter it took minutes."""
    begun = process_time()
    assert reads()
    assert process_time() - begun < 10


# Names of files and sheets, also such as look like the text that they are part of.
NAMES = st.sampled_from(["a.xlsx", "Week 1, row 3", "b, c.csv", ", row ", "Sheet, row 12, row 3", "ü x"])


@examples(200)
@given(st.lists(st.builds(RowPlace, NAMES, st.one_of(st.just(""), NAMES), st.integers(1, 1_000_000)), min_size=1))
def test_a_source_is_made_of_its_table_and_its_row_and_gives_the_table_back(places: list[RowPlace]) -> None:
    of_rows = sources(pd.DataFrame(places).astype({"file": "str", "sheet": "str"}))
    assert of_rows.tolist() == [source_text(*place) for place in places]
    tables = [f"{place.file}, {place.sheet}" if place.sheet else place.file for place in places]
    assert tables_of(of_rows).tolist() == tables
    assert tables_of(of_rows[:0]).empty


@examples(100)
@given(st.lists(st.builds(RowPlace, NAMES, st.one_of(st.just(""), NAMES), st.integers(1, 1_000_000))))
def test_the_rows_beside_a_session_are_read_as_they_are_written(places: list[RowPlace]) -> None:
    assert rows_beside("\n".join(f"{file}\t{sheet}\t{row}" for file, sheet, row in places)) == places
