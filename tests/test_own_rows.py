"""Rows that are no sessions: totals, group headings and notes are set aside with the reason, and no session is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_billing.reading.intake import read_files
from ims_billing.vocabulary.intake import Aside, FileRead, Intake
from tests.practice import examples, practice, xlsx_cells

NEEDED = ["Service Date", "Patient", "Practitioner", "Service", "Insurer", "Fee"]
ONE: list[Any] = [dt.date(2026, 10, 7), "Pat Madeup", "Ann Example", "IMS", "Sun Life", 95.0]
TOTALS, HEADING, NOBODY = "a line of totals", "a heading of a group", "no patient and no service"


def read(tmp_path: Path, cells: list[list[Any]]) -> Intake:
    return read_files([xlsx_cells(tmp_path, cells)], practice(tmp_path))


def account(file: FileRead) -> tuple[int, list[tuple[int, str]]]:
    """The sessions, and by row why it was set aside; all rows are one or the other."""
    assert file.rows == file.sessions + file.set_aside
    return file.sessions, [(aside.row, aside.reason) for aside in file.asides]


def without(**cells: Any) -> list[Any]:
    """A session in which these cells are others, by heading."""
    return [cells.get(name.replace(" ", "_"), cell) for name, cell in zip(NEEDED, ONE, strict=True)]


def test_title_lines_blank_lines_and_totals_are_no_sessions(tmp_path: Path) -> None:
    cells = [
        ["Example Physiotherapy"], ["Sessions, October 2026"], [],
        NEEDED, ONE, [], ONE, NEEDED, ["Total", "", "", "", "", 190.0], ["Printed on 2026-11-01"],
    ]  # fmt: skip
    intake = read(tmp_path, cells)
    assert list(intake.sessions["row"]) == [5, 7]
    assert intake.files[0].asides == (
        Aside("Sessions", 8, "the header again"),
        Aside("Sessions", 9, "a line of totals"),
        Aside("Sessions", 10, "a line of text below the table"),
    )
    assert (intake.files[0].rows, intake.files[0].sessions, intake.files[0].set_aside) == (5, 2, 3)


# A line between the sessions, and why it is none; the two sessions above it cost 190.00 together.
BETWEEN: list[tuple[list[Any], str]] = [
    (["TOTAL:", "", "", "", "", 190.0], TOTALS),
    (["Totals", "2 sessions", "", "", "", ""], TOTALS),
    (["", "", "", "", "Grand total", 190.0], TOTALS),
    (["", "", "", "", "", 190.0], TOTALS),
    (["Sous-total", "", "", "", "", "190,00 $"], TOTALS),
    (["", "Subtotal Ann Example", "", "", "", 190.0], TOTALS),
    (["Total billed", "", "", "", "", 190.0], TOTALS),
    (["", "", "Ann Example Total", "", "", 190.0], TOTALS),
    (["", "Subtotal", "Ann Example", "", "Sun Life", 150.0], TOTALS),
    (["", "Total", "Ann Example", "", "", 190.0], TOTALS),
    (["", "", "", "IMS Total", "", 190.0], TOTALS),
    (["", "", "", "IMS", "", 190.0], TOTALS),
    (["", "Ann Example", "", "", "", 190.0], TOTALS),
    ([dt.date(2026, 10, 7), "Total of the day", "", "", "", 190.0], TOTALS),
    (["", "", "", "", "", 191.0], NOBODY),
    (["Week of 5 October", "", "", "", "", ""], HEADING),
    (["Provider: Ann Example", "", "", "", "", ""], HEADING),
    (["", "Pat Madeup", "", "", "", ""], HEADING),
    ([dt.date(2026, 10, 8), "", "Ann Example", "", "", 150.0], NOBODY),
]


@pytest.mark.parametrize("fee", [150.0, 95.0])
def test_a_visit_without_patient_and_service_is_no_line_between_the_sessions(tmp_path: Path, fee: float) -> None:
    visit = [dt.date(2026, 10, 8), "", "Ann Example", "", "Sun Life", fee]
    intake = read(tmp_path, [NEEDED, ONE, ONE, visit, ONE])
    assert account(intake.files[0]) == (4, [])
    assert list(intake.sessions["fee_cents"]) == [9500, 9500, round(fee * 100), 9500]
    sum_of_all = [*visit[:-1], 190.0]
    assert account(read(tmp_path, [NEEDED, ONE, ONE, sum_of_all, ONE]).files[0]) == (3, [(4, NOBODY)])


@pytest.mark.parametrize(("line", "reason"), BETWEEN, ids=[str(line) for line, _ in BETWEEN])
def test_a_row_between_the_sessions_is_set_aside(tmp_path: Path, line: list[Any], reason: str) -> None:
    intake = read(tmp_path, [NEEDED, ONE, ONE, line, ONE])
    assert account(intake.files[0]) == (3, [(4, reason)])
    assert list(intake.sessions["fee_cents"]) == [9500] * 3


@pytest.mark.parametrize(
    "line",
    [
        ["", "Total Recall", "Ann Example", "IMS", "Sun Life", 95.0],
        ["", "Robin Madeup", "", "IMS", "", 190.0],
        ["", "", "", "IMS", "", 191.0],
        without(Patient=""),
        without(Service=""),
        without(Service_Date="", Fee=190.0),
        without(Service_Date="", Practitioner="", Insurer=""),
        without(Patient="", Fee=190.0),
        without(Service="", Fee=190.0),
        without(Service="", Patient="Total Recall"),
        ["", "Sum Yung Guy", "", "", "Sun Life", 95.0],
        ["", "", "Ann Example", "IMS", "Sun Life", 95.0],
        without(Fee=""),
        without(Practitioner="", Insurer="", Fee=190.0),
    ],
)
def test_a_session_with_little_in_it_is_no_line_of_totals(tmp_path: Path, line: list[Any]) -> None:
    assert account(read(tmp_path, [NEEDED, ONE, ONE, line, ONE]).files[0]) == (4, [])


def test_the_first_session_of_a_group_may_cost_what_the_subtotal_says(tmp_path: Path) -> None:
    cells = [NEEDED, ["Ann Example"], ONE, ["", "", "", "", "", 95.0], ["Ben Sample"], ONE, ["", "", "", "", "", 95.0]]
    assert account(read(tmp_path, cells).files[0]) == (2, [(2, HEADING), (4, TOTALS), (5, HEADING), (7, TOTALS)])


@examples(12)
@given(
    st.lists(st.tuples(st.lists(st.integers(1, 400), max_size=4), st.booleans(), st.booleans()), min_size=1, max_size=5)
)
def test_groups_with_headings_and_subtotals_lose_no_session(
    tmp_path: Path, groups: list[tuple[list[int], bool, bool]]
) -> None:
    cells, fees = [NEEDED, ONE], [95]
    for own, headed, named in groups:
        cells += [["Ben Sample"]] if headed else []
        cells += [without(Fee=float(fee), Patient=f"P{len(fees) + n} Madeup") for n, fee in enumerate(own)]
        cells += [["", "Subtotal Ben Sample" if named else "", "", "", "", float(sum(own))]]
        fees += own
    cells += [["Grand Total", "", "", "", "", float(sum(fees))]]
    intake = read(tmp_path, cells)
    account(intake.files[0])
    assert list(intake.sessions["fee_cents"]) == [fee * 100 for fee in fees]


def test_a_row_below_a_practitioners_heading_is_not_given_to_them(tmp_path: Path) -> None:
    intake = read(tmp_path, [NEEDED, ["Ben Sample"], without(Practitioner=""), ONE])
    assert list(intake.sessions["practitioner"]) == ["", "Ann Example"]
