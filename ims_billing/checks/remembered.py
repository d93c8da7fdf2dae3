"""Claims on the ledger that the files contradict: changed, voided, or without their session."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ims_billing.checks.desk import Desk, check, of_rows
from ims_billing.vocabulary.frames import NO_SESSION
from ims_billing.vocabulary.spelling import day_text

_NOT_HERE = ", and that session is not in these files."


@check("changed-since-claimed")
def changed_since_claimed(desk: Desk) -> pd.Series[str]:
    """The session changed after it was claimed, or a new one looks like the correction of one that is gone."""

    def message(changed: pd.DataFrame) -> pd.Series[str]:
        likely = "It may be the session claimed as " + changed["resembles"] + ": " + changed["resemblance"]
        in_another = changed["resembles"].isin(desk.states.loc[desk.states["resembles"] == "", "claim"])
        likely += np.where(in_another, ". Another of these files has that session.", _NOT_HERE)
        return changed["message"].where(changed["resembles"] == "", likely)

    return of_rows(desk.states, desk.states["state"] == "changed", message)


@check("voided")
def voided(desk: Desk) -> pd.Series[str]:
    """The session's claim was voided, and nobody has decided what to do with the session."""
    voided = desk.states["state"] == "voided"
    return of_rows(desk.states, voided, lambda own: "Its claim " + own["claim"] + " was voided.")


@check("claimed-session-gone")
def claimed_session_gone(desk: Desk) -> pd.Series[str]:
    """Claims whose sessions should be in the files and are not, or are of another month; about no session."""
    parts = (
        (desk.gone, " is claimed, and not in these files."),
        (desk.moved, " is claimed, and these files date its session to another month."),
    )
    reasons = pd.concat([part["claim"] + " of " + day_text(part["service_date"]) + words for part, words in parts])
    return pd.Series(reasons.to_numpy(), index=[NO_SESSION] * len(reasons), dtype="str")
