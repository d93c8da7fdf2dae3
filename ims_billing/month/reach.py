"""The part of the ledger that can matter for a run: its months, its patients and its session ids."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.vocabulary.cells import text
from ims_billing.vocabulary.days import day
from ims_billing.vocabulary.intake import Intake
from ims_billing.vocabulary.model import Reach
from ims_billing.vocabulary.spelling import given_name_first

# Claims of the days around a month matter too: whole weeks, and six days for visits that are too frequent.
_AROUND = dt.timedelta(days=7)


def reach_of(
    intake: Intake, clinic: Clinic, decisions: pd.DataFrame, month: str | None = None, replacing: str = ""
) -> Reach:
    """Returns what the ledger has to load for these sessions, as corrected by any of the decisions (DECISIONS).

    month: the month to bill; None for all months in the files
    replacing: number of the voided claim whose session is claimed again; empty if none
    """
    sessions = intake.sessions
    typed = _that_may_be_about(sessions, decisions)["correct_value"]
    corrected = [text(value) for value in typed.unique() if value]
    days = {each.date() for each in sessions["service_date"].dropna().unique()}
    days |= {each for value in corrected if (each := day(value, "unambiguous")) is not None}
    months = {(each.year, each.month) for each in days}
    if month:
        months.add((int(month[:4]), int(month[5:])))
    limited = {limit.insurer for limit in clinic.limits if limit.weeks_after_accident}
    names = {name for each in clinic.insurers if each.id in limited for name in (each.id, each.name, *each.aliases)}
    return Reach(
        names=frozenset(sessions["patient"].tolist()) | frozenset(corrected),
        patient_ids=frozenset(each.strip().casefold() for each in {*sessions["patient_id"].tolist()}) - {""},
        session_ids=frozenset(sessions["session_id"].tolist()) - {""},
        periods=tuple(sorted(_period(*each) for each in months)),
        years=tuple(sorted({f"{each.year:04d}" for each in days})),
        whole_history_of=frozenset(names),
        claims=frozenset({replacing} - {""}),
    )


def _that_may_be_about(sessions: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """The decisions of a patient or a day of these sessions, as no other counts for them."""
    days = sessions["service_date"]
    if days.isna().any():
        return decisions
    patients = {given_name_first(name) for name in sessions["patient"].unique()}
    theirs = decisions["patient"].map(given_name_first).isin(patients)
    return decisions[theirs | decisions["service_date"].isna() | decisions["service_date"].isin(days)]


def _period(year: int, month: int) -> tuple[str, str]:
    """The first and the last day of a month and of the days around it, as text."""
    first = dt.date(year, month, 1)
    last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    return (first - _AROUND).isoformat(), (last + _AROUND).isoformat()
