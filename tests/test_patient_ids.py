"""Session ids that number patients, as only other months show."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pandas as pd
import pytest

from ims_billing.sessions.patient_ids import refuse_patient_ids
from ims_billing.vocabulary.errors import BillingError
from tests.practice import csv_text, practice, read_texts, row
from tests.test_cli import run


def visits(written: str) -> str:
    """A file of visits, each written as patient, id and day: A1-10-05."""
    cells = [visit.split("-", 1) for visit in written.split()]
    return csv_text(
        {**row(Patient=f"{who[0]} Madeup", Service_Date=f"2026-{day}"), "Session ID": who[1:]} for who, day in cells
    )


@pytest.mark.parametrize(
    ("before", "now", "refused"),
    [
        ("A1-10-05 B2-10-06 C3-10-07", "A1-11-05 B2-11-06 C3-11-09", True),
        ("A1-10-05 B2-10-06 C3-10-07 D4-10-08", "A1-11-05 B2-11-06 C3-11-09 D9-11-10 E10-11-10", True),
        # One or two visits that moved, and three among many that did not
        ("A1-10-29 B2-10-30 C3-10-07", "A1-11-02 B2-11-03 C4-11-09", False),
        ("A1-10-29 B2-10-30", "A1-11-02 B2-11-03", False),
        (
            "A1-10-29 B2-10-30 C3-10-30 D4-10-05 E5-10-06 F6-10-07",
            "A1-11-02 B2-11-03 C3-11-03 D7-11-05 E8-11-06 F9-11-09",
            False,
        ),
        # The same month again, a list that goes on into the next month, other patients, and no ids
        ("A1-10-05 B2-10-06 C3-10-07", "A1-10-06 B2-10-07 C3-10-08", False),
        ("A1-10-05 B2-10-06 C3-10-07", "A1-10-05 B2-10-06 C3-10-07 A4-11-05 B5-11-06 C6-11-09", False),
        ("A1-10-05 B2-10-06 C3-10-07", "D1-11-05 E2-11-06 F3-11-09", False),
        ("A-10-05 B-10-06 C-10-07", "A-11-05 B-11-06 C-11-09", False),
    ],
)
def test_ids_that_the_same_patients_had_in_another_month_are_no_session_ids(
    tmp_path: Path, before: str, now: str, refused: bool
) -> None:
    clinic = practice(tmp_path)
    claimed, sessions = (read_texts(clinic, visits(part)).sessions for part in (before, now))
    claims, voided = (claimed.assign(voided_on=pd.to_datetime(day)) for day in ("", "2026-11-20"))
    together = read_texts(clinic, visits(before), visits(now)).sessions
    for all_sessions, ledger in ((sessions, claims), (together, claims[:0])):
        with pytest.raises(BillingError, match="the column seems to number patients") if refused else nullcontext():
            refuse_patient_ids(all_sessions, ledger, "clinic.xlsx")
    refuse_patient_ids(sessions, voided, "")


def test_check_and_claim_stop_until_the_setup_says_what_the_column_is(tmp_path: Path) -> None:
    practice(tmp_path)
    for month, written in (("10", "A1-10-05 B2-10-06 C3-10-07"), ("11", "A1-11-05 B2-11-06 C3-11-09")):
        (tmp_path / f"{month}.csv").write_text(visits(written), encoding="utf-8")
    assert run("claim", "10.csv", "--as-of", "2026-11-05", cwd=tmp_path).returncode == 0
    for command in ("check", "claim"):
        stopped = run(command, "11.csv", "--as-of", "2026-12-05", cwd=tmp_path)
        assert stopped.returncode == 2
        assert stopped.stderr.startswith(
            "ims-billing: 11.csv: 3 sessions have the session ID that the same patient had in another month."
        )
    practice(tmp_path, "[[layout]]\nname = 'mine'\nheadings = {'Session ID' = 'Patient ID'}\n")
    for file, words in (("11.csv", "2026-11: 3 claimed"), ("10.csv", "nothing new to claim, 3 claimed before")):
        assert words in run("claim", file, "--as-of", "2026-12-05", cwd=tmp_path).stdout


def test_no_claim_is_replaced_by_a_visit_of_another_month(tmp_path: Path) -> None:
    practice(tmp_path)
    now = "A1-11-05 B2-11-06 C3-11-09 D4-11-10"
    for name, written in (("10", now.replace("-11-", "-10-")), ("11", now), ("11-without", "E5-11-12")):
        (tmp_path / f"{name}.csv").write_text(visits(written), encoding="utf-8")
    for name in ("10", "11-without"):
        assert run("claim", f"{name}.csv", "--as-of", "2026-12-05", cwd=tmp_path).returncode == 0
    void = ("void", "2026-10-SUNL-0001", "11.csv", "--replace", "--reason", "a slip", "--as-of", "2026-12-06")
    stopped = run(*void, cwd=tmp_path)
    assert (stopped.returncode, "the column seems to number patients" in stopped.stderr) == (2, True)
    assert "Voided" not in run("why", "2026-10-SUNL-0001", cwd=tmp_path).stdout
