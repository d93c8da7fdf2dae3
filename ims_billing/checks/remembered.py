"""Claims on the ledger that the files contradict: changed, voided, or without their session."""

from __future__ import annotations

import pandas as pd

from ims_billing.checks.desk import Desk, check
from ims_billing.vocabulary.frames import NO_SESSION
from ims_billing.vocabulary.spelling import day_text


@check("changed-since-claimed")
def changed_since_claimed(desk: Desk) -> pd.Series[str]:
    """The session changed after it was claimed, or a new one looks like the correction of one that is gone."""
    changed = desk.states[desk.states["state"] == "changed"]
    likely = "It may be the session claimed as " + changed["resembles"] + ": only " + changed["resemblance"]
    likely += " differs, and that session is not in these files."
    return changed["message"].where(changed["resembles"] == "", likely).astype("str")


@check("voided")
def voided(desk: Desk) -> pd.Series[str]:
    """The session's claim was voided, and nobody has decided what to do with the session."""
    taken_back = desk.states.loc[desk.states["state"] == "voided", "claim"]
    return ("Its claim " + taken_back + " was voided.").astype("str")


@check("claimed-session-gone")
def claimed_session_gone(desk: Desk) -> pd.Series[str]:
    """Claims whose sessions should be in the files and are not; the findings are about no session."""
    reasons = desk.gone["claim"] + " of " + day_text(desk.gone["service_date"]) + " is claimed, and not in these files."
    return pd.Series(reasons.to_numpy(), index=[NO_SESSION] * len(reasons), dtype="str")
