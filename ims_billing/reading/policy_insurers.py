"""The insurers of sessions whose export names none, by the clinic's lists of policies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.reading.lists import Policies, may_be_born
from ims_billing.reading.sales import patient_key
from ims_billing.reading.table import Bad
from ims_billing.vocabulary.spelling import plain

_SEVERAL = (
    "The lists of policies name several insurers for this patient on that day: {}. Which one pays is not certain."
)


def with_insurers(
    sessions: pd.DataFrame, files: Collection[str], lists: Sequence[Policies], clinic: Clinic
) -> tuple[pd.DataFrame, list[Bad]]:
    """The sessions of these files with the insurer of the patient's one policy that is in force on the day.

    Where several insurers are, none is taken: it is noted, and the session is held.
    """
    by_patient: dict[str, list[tuple[Policies, int]]] = {}
    for policies in lists:
        for row, keys in enumerate(policies.rows["keys"]):
            for key in keys:
                by_patient.setdefault(key, []).append((policies, row))
    insurers = sessions["insurer"].tolist()
    doubtful: list[Bad] = []
    columns = (sessions[name].tolist() for name in ("file", "patient_id", "patient", "birth_date", "service_date"))
    for position, (file, patient_id, patient, born, day) in enumerate(zip(*columns, strict=True)):
        if file not in files or insurers[position]:
            continue
        keys = (patient_key(patient_id, ""), patient_key("", patient))
        key = next((key for key in keys if key in by_patient), "")
        rows = [
            (policies, row)
            for policies, row in by_patient.get(key, [])
            if key == keys[0] or may_be_born(born, policies.rows["birth_date"].iloc[row])
        ]
        named = _one_each(_in_force(rows, day), clinic)
        if len(named) > 1:
            message = _SEVERAL.format(", ".join(sorted(named)))
            doubtful.append((position, "insurer", "unreadable-cell", message))
        elif named:
            insurers[position] = named[0]
    return sessions.assign(insurer=pd.Series(insurers, index=sessions.index, dtype=sessions["insurer"].dtype)), doubtful


def _in_force(rows: Iterable[tuple[Policies, int]], day: pd.Timestamp) -> Iterator[str]:
    """The insurers of the lines that are in force on a day."""
    for policies, row in rows:
        line = policies.rows.iloc[row]
        begun = pd.isna(line["valid_from"]) or line["valid_from"] <= day
        if not line["ended"] and begun and (pd.isna(line["valid_until"]) or day <= line["valid_until"]):
            yield str(line["insurer"])


def _one_each(written: Iterable[str], clinic: Clinic) -> list[str]:
    """The names without those that mean the same insurer."""
    once: dict[str, str] = {}
    for name in written:
        if name:
            insurer = clinic.insurer(name)
            once.setdefault(insurer.id if insurer else plain(name), name)
    return list(once.values())
