"""Titles, group headings and second tables that say a status or that something was billed hold the rows below them."""

from __future__ import annotations

import pytest

from ims_billing.clinic.clinic import Clinic
from ims_billing.month.prepare import Scope, prepare_month
from tests.practice import AS_OF, MONTH, csv_text, outcomes, practice, read_texts
from tests.test_statuses import NEEDED

HEADER, ROW = csv_text([NEEDED]).splitlines()
SECOND = ROW.replace("Pat", "Robin")
TELLING = ["CANCELLED / NO SHOW", "Already billed", "Cancelled,,,,,,", "No shows: no show", "Claims sent to Sun Life",
           "DO NOT BILL", "Annulés - annulé", "Paid", "Cancelled,3"]  # fmt: skip
SILENT = ["Ann Example", "Sun Life", "Sessions of October 2026", "To be billed", "Not billed", "Attended", "Week 41"]


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return practice(tmp_path_factory.mktemp("practice"))


def claimed(clinic: Clinic, *lines: str) -> list[str]:
    """The outcome of each session that was read; that of a heading which counts as a row of its own is left out."""
    intake = read_texts(clinic, "\n".join(lines) + "\n")
    month = prepare_month(intake, Scope(clinic, month=MONTH, as_of=AS_OF))
    return [outcome for outcome, who in zip(outcomes(month), month.sessions["patient"], strict=True) if "Madeup" in who]


@pytest.mark.parametrize("line", TELLING)
def test_rows_below_a_telling_line_are_held_until_the_next_line(clinic: Clinic, line: str) -> None:
    assert claimed(clinic, HEADER, ROW, line, SECOND) == ["claimed", "held"]
    assert claimed(clinic, HEADER, ROW, "", line, HEADER, SECOND) == ["claimed", "held"]
    assert claimed(clinic, HEADER, line, ROW, "Ann Example", SECOND) == ["held", "claimed"]


@pytest.mark.parametrize("line", ["Cancelled", "Already billed", "Sessions that were sent"])
def test_a_title_speaks_of_every_row(clinic: Clinic, line: str) -> None:
    assert claimed(clinic, line, HEADER, ROW, "Ann Example", SECOND) == ["held", "held"]


@pytest.mark.parametrize("line", SILENT)
def test_other_titles_and_headings_hold_nothing(clinic: Clinic, line: str) -> None:
    assert claimed(clinic, line, HEADER, ROW, line, SECOND) == ["claimed", "claimed"]


def test_totals_and_notes_below_the_table_hold_nothing(clinic: Clinic) -> None:
    assert claimed(clinic, HEADER, ROW, SECOND, "Total billed,,,,,,190.00", "3 cancelled visits") == ["claimed"] * 2


def test_a_row_in_one_cell_is_held_on_its_line(clinic: Clinic) -> None:
    for line in (f'"{SECOND}"', SECOND.replace(",", ";"), SECOND.replace(",", "|"), SECOND.replace(",", "\t")):
        intake = read_texts(clinic, "\n".join([HEADER, ROW, line]) + "\n")
        assert (list(intake.sessions["row"]), intake.files[0].asides) == ([2, 3], ())
        assert outcomes(prepare_month(intake, Scope(clinic, month=MONTH, as_of=AS_OF))) == ["claimed", "held"]
        assert "unreadable-cell" in set(intake.cell_findings.loc[intake.cell_findings["session"] == 1, "kind"])
