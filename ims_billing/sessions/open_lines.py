"""Finds open lines of earlier runs, held or not billed, that new sessions make obsolete."""

from __future__ import annotations

import pandas as pd

from ims_billing.vocabulary.identity import each_text, one_key
from ims_billing.vocabulary.spelling import day_text, given_name_first, plain, tables_of

# The parts of a session's key that a person may correct.
_PARTS = ("patient", "service_date", "practitioner", "service")
_ABOUT_PRACTITIONERS = (
    "missing-practitioner",
    "practitioner-not-on-roster",
    "not-a-physiotherapist",
    "not-authorised-to-needle",
    "practitioner-not-registered",
)


def obsolete_lines(
    lines: pd.DataFrame, sessions: pd.DataFrame, claims: pd.DataFrame, elsewhere: pd.DataFrame
) -> pd.Series[bool]:
    """Open lines of earlier runs (held, or not billed) that the new sessions make obsolete.

    `sessions` are the month's (JUDGED), `claims` those of the ledger (ON_LEDGER), `elsewhere` the active ones that the
    files do not hold. A line is obsolete where its session came again; where a new session of the month differs from it
    in one part at most, as a fixed one does; or where all else of its own file and day that was claimed came again, and
    it did not. A line without a day has no such day.

    A regular's next visit differs in the day alone, and one with somebody else that day in the practitioner: it is the
    fixed one only where the files hold the line's own day, which shows in what else that practitioner did on it.
    """
    if lines.empty:
        return pd.Series(False, index=lines.index)
    came = _came_again(lines, sessions)
    here = claims[claims["claim"].isin(sessions["claim"])]
    free = ~sessions["key"].isin(lines["session"]) & (sessions["claim"] == "")
    new = sessions[free & (sessions["reason"] != "outside-month")]
    ours, theirs = _line_parts(new, new["service_name"]), _line_parts(lines, lines["service"])
    likely = {
        part: one_key(*(theirs[name] for name in rest)).isin(one_key(*(ours[name] for name in rest)))
        # Two people on one day differ in the patient too: only one whose name was missing is the same.
        & ((theirs["patient"] == "") if part == "patient" else theirs["patient"] != "")
        for part in _PARTS
        for rest in [[name for name in _PARTS if name != part]]
    }
    # What is held for its practitioner is fixed by another one.
    wrong = lines.loc[lines["kind"].isin(_ABOUT_PRACTITIONERS), "session"] if "kind" in lines else ()
    fixed = (likely["practitioner"] & lines["session"].isin(wrong)) | likely["service"]
    # What else of the line's day and practitioner is on the ledger came again, and nothing of it did not.
    own_day = one_key(theirs["practitioner"], theirs["service_date"])
    whole_day = own_day.isin({*own_day[came | fixed], *_days_of_practitioners(here)})
    whole_day &= ~own_day.isin(_days_of_practitioners(elsewhere))
    # A line without a day is of any day.
    fixed |= likely["service_date"] & (theirs["service_date"] == "")
    fixed |= (likely["patient"] | likely["service_date"] | likely["practitioner"]) & whole_day
    # Another file's visits of that day say nothing: it may be of other people.
    days = _days_of_files(lines)
    gone = days.isin({*_days_of_files(here), *days[came]}) & ~days.isin(_days_of_files(elsewhere))
    return came | fixed | (lines["service_date"].notna() & gone)


def _came_again(lines: pd.DataFrame, sessions: pd.DataFrame) -> pd.Series[bool]:
    """True for lines whose sessions are in the files: by key, and of the same patient or day.

    Some programs number the rows of each export anew, so that a key may be another session's.
    """
    columns = ["patient", "service_date"]
    theirs = _line_parts(lines, lines["service"])[columns]
    now = _line_parts(sessions, sessions["service_name"])[columns].set_axis(sessions["key"])
    now = now[~now.index.duplicated()].reindex(lines["session"]).set_axis(lines.index)
    apart = [(theirs[name] != now[name]) & (theirs[name] != "") & (now[name] != "") for name in columns]
    return lines["session"].isin(sessions["key"]) & ~(apart[0] & apart[1])


def _days_of_practitioners(claims: pd.DataFrame) -> pd.Series[str]:
    """The practitioner and day of each claim, as one text."""
    practitioner = each_text(claims["practitioner_written"], given_name_first)
    return one_key(practitioner, day_text(claims["service_date"]))


def _days_of_files(frame: pd.DataFrame) -> pd.Series[str]:
    """The file, sheet and day of each line or claim, as one text."""
    return one_key(tables_of(frame["source"]), day_text(frame["service_date"]))


def _line_parts(frame: pd.DataFrame, service: pd.Series[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient": each_text(frame["patient"], given_name_first),
            "service_date": day_text(frame["service_date"]),
            "practitioner": each_text(frame["practitioner"], given_name_first),
            "service": each_text(service, plain),
        }
    )
