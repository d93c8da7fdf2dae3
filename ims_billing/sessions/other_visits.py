"""A patient's other visits, in the files and on the ledger: they date first visits, and count towards limits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import get_args

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.sessions.recall import Recall
from ims_billing.sessions.service_names import reader_of
from ims_billing.vocabulary.findings import REASONS
from ims_billing.vocabulary.frames import UNCLAIMED, Column, empty, prove
from ims_billing.vocabulary.kinds import DID_NOT_TAKE_PLACE, Billable
from ims_billing.vocabulary.rows import rows_of
from ims_billing.vocabulary.spelling import given_name_first, month_text

PHYSIOTHERAPY = get_args(Billable)
_BILLED = tuple(reason.reason for reason in REASONS.values() if reason.billed)
_VISITS = (
    Column("patient_key", "str", "the patient, as the sessions' patients are keyed"),
    Column("service_date", "datetime64[us]", "the day of the visit"),
    Column("insurer_id", "str", "the insurer's fixed id; empty where not known"),
    Column("service", "str", "what was done"),
    Column("billed_already", "bool", "True if its insurer was asked to pay, whoever did"),
)


def unclaimed_visits(
    unclaimed: pd.DataFrame,
    sessions: pd.DataFrame,
    recall: Recall,
    clinic: Clinic,
    *,
    billed_now: Sequence[str] | None,
) -> pd.DataFrame:
    """The visits of the ledger's lists (UNCLAIMED) that the files do not hold: held, or billed elsewhere.

    Columns: `patient_key` (as in `recall`), `service_date`, `insurer_id`, `service`, `billed_already`. A line is left
    out if the files or a claim have that patient on that day, because it is the same visit; if its name means nobody in
    the files, or two people; and if it is of a month in `billed_now` (None: all months of the files), whose sessions
    may be fixed.
    """
    prove(unclaimed, UNCLAIMED)
    anew = set(month_text(sessions["service_date"])) if billed_now is None else set(billed_now)
    unclaimed = unclaimed[~month_text(unclaimed["service_date"]).isin(anew)]
    if unclaimed.empty:
        return empty(_VISITS)
    reader = reader_of(clinic)
    services = {name: reader.read(name).service for name in unclaimed["service"].unique()}
    insurers = {name: i.id if (i := clinic.insurer(name)) else "" for name in unclaimed["insurer"].unique()}
    visits = pd.DataFrame(
        {
            "patient_key": _keys_by_name(unclaimed["patient"], sessions["patient"], recall.patient),
            "service_date": unclaimed["service_date"],
            "insurer_id": unclaimed["insurer"].map(insurers).astype("str"),
            "service": unclaimed["service"].map(services).astype("str"),
            "billed_already": unclaimed["reason"].isin(_BILLED),
        }
    )
    visit = [column.name for column in _VISITS if column.name != "billed_already"]
    visits = visits.sort_values("billed_already", ascending=False, kind="stable").drop_duplicates(visit)
    visited = pd.DataFrame({"patient_key": recall.patient, "service_date": sessions["service_date"]})
    visited = pd.concat([visited, recall.elsewhere[list(visited)]]).drop_duplicates()
    merged = visits.merge(visited, how="left", indicator="where")
    return visits[((merged["where"] == "left_only") & (merged["patient_key"] != "")).to_numpy()].reset_index(drop=True)


def of_patients(seconds: pd.DataFrame | None, firsts: pd.DataFrame) -> pd.DataFrame:
    """Claims to second insurers with the `patient_key` of the claims that they follow; without those of no `firsts`."""
    if seconds is None:
        return firsts.iloc[:0]
    keys = seconds["follows"].map(dict(zip(firsts["claim"], firsts["patient_key"], strict=True)))
    return seconds.assign(patient_key=keys.astype("str"))[keys.notna()]


def _keys_by_name(written: pd.Series[str], patients: pd.Series[str], keys: pd.Series[str]) -> pd.Series[str]:
    """The key of the one patient in the files with a name; empty if there is none, or several."""
    ours = pd.DataFrame({"name": patients.map(given_name_first), "key": keys})
    single = ours[ours["key"] != ""].drop_duplicates().drop_duplicates("name", keep=False).set_index("name")["key"]
    return single.reindex(written.map(given_name_first)).fillna("").astype("str").set_axis(written.index)


def with_visit_by_history(sessions: pd.DataFrame, recall: Recall, unclaimed: pd.DataFrame) -> pd.DataFrame:
    """Fills an empty visit with "subsequent" if the patient has an earlier visit.

    `unclaimed` comes from `unclaimed_visits`. History never shows that a visit is the first: the ledger does not have
    the visits before it.
    """
    physiotherapy = sessions["service"].isin(PHYSIOTHERAPY)
    unsaid = physiotherapy & (sessions["visit"] == "")
    if not unsaid.any():
        return sessions
    took_place = physiotherapy & ~sessions["status"].isin(DID_NOT_TAKE_PLACE)
    columns = ["patient_key", "service_date"]
    in_files = pd.DataFrame({"patient_key": recall.patient, "service_date": sessions["service_date"]})
    first: dict[str, dt.date] = {}
    for part in (in_files[took_place], recall.elsewhere, unclaimed[unclaimed["service"].isin(PHYSIOTHERAPY)]):
        for patient, day in rows_of(part, columns):
            if patient and day and day < first.get(patient, dt.date.max):
                first[patient] = day
    visits = zip(sessions.index, rows_of(in_files, columns), unsaid.tolist(), strict=True)
    before = {
        label: f"an earlier visit on {first[patient]}"
        for label, (patient, day), is_unsaid in visits
        if is_unsaid and day and first.get(patient, day) < day
    }
    if not before:
        return sessions
    later = sessions.index.isin(list(before))
    evidence = pd.Series(before, dtype="str").reindex(sessions.index)
    return sessions.assign(
        visit=sessions["visit"].mask(later, "subsequent"),
        visit_evidence=sessions["visit_evidence"].mask(later, evidence),
    )
