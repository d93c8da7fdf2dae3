"""Session ids that number patients: whole files of them, of visits of other months."""

from __future__ import annotations

import pandas as pd

from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.spelling import counted, month_text, same_name

# One or two of a file are visits whose date was corrected; so are more, where they are few of those that could be.
_SEVERAL = 3


def refuse_patient_ids(sessions: pd.DataFrame, claims: pd.DataFrame, setup: str) -> None:
    """Raises BillingError where the session ids of a file are those of the same patients' visits of other months.

    They are compared with the active `claims` (ON_LEDGER), and with the sessions of other files. Then the column
    numbers patients: each visit would be taken for the one before it, at another date. `setup` is the name of the
    clinic's setup file.
    """
    if claims.empty and sessions["file"].nunique() < 2:
        return
    columns = ["session_id", "patient", "service_date", "file"]
    before = claims[claims["voided_on"].isna()].assign(file="")
    visits = pd.concat([sessions[columns], before[columns]], ignore_index=True)
    visits = visits[(visits["session_id"] != "") & visits["service_date"].notna()]
    visits = visits.assign(
        name=visits["patient"].map(same_name).astype("str"), month=month_text(visits["service_date"])
    )
    moved = _of_other_months(visits, ["session_id", "name"])
    if len(moved) < _SEVERAL:
        return
    returning = _of_other_months(visits, ["name"])
    for file, rows in visits.loc[moved].groupby("file"):
        if len(rows) >= _SEVERAL and 2 * len(rows) > (visits.loc[returning, "file"] == file).sum():
            where = f"{setup or 'the clinic setup'}, sheet Columns"
            raise BillingError(
                f"{file}: {counted(len(rows), 'session')} have the session ID that the same patient had in another "
                f"month. A session has its own: the column seems to number patients. Say in {where}, what it is, such "
                "as Patient ID or Member ID, or ignore. If the visits moved to another month, void their claims first."
            )


def _of_other_months(visits: pd.DataFrame, same: list[str]) -> list[int]:
    """The sessions of files that have the `same` cells as a visit of another month and of no file, or another one.

    One that has the same cells on its own day too is that visit.
    """
    own = visits[visits["file"] != ""].reset_index()
    pairs = own.merge(visits, on=same, suffixes=("", "_before"))
    pairs = pairs[pairs["file"] != pairs["file_before"]]
    there = pairs.loc[pairs["service_date"] == pairs["service_date_before"], "index"]
    other = pairs.loc[pairs["month"] != pairs["month_before"], "index"]
    return other[~other.isin(there)].drop_duplicates().tolist()
