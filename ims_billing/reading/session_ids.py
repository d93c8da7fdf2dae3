"""Whether a column that is headed as the sessions' numbers numbers patients."""

from __future__ import annotations

from ims_billing.reading.table import Table
from ims_billing.vocabulary.spelling import same_name

# So many patients with one number on all their days are no slip.
_SEVERAL = 2


def session_ids_of_patients(table: Table) -> dict[int, str]:
    """The column of the session ids, with its heading, if it numbers patients; empty if it does not.

    It does where most patients who came on several days have one number on all of them. A number that was copied to
    the row below by mistake is one of few: it stays, and its copies are held.
    """
    column = table.match.columns.get("session_id")
    if column is None:
        return {}
    ids = table.texts("session_id")
    if len({*ids}) == len(ids):
        return {}
    halves = zip(*(table.texts(name) for name in ("patient", "first_name", "last_name")), strict=True)
    days = table.days("service_date", short_years=True)
    of_patient: dict[str, tuple[set[str], set[object]]] = {}
    for number, names, when in zip(ids, halves, days, strict=True):
        patient = same_name(" ".join(names))
        if number and patient and when is not None:
            numbers, dates = of_patient.setdefault(patient, (set(), set()))
            numbers.add(number)
            dates.add(when.date())
    returning = [len(numbers) for numbers, dates in of_patient.values() if len(dates) > 1]
    alike = returning.count(1)
    return {column: table.heading("session_id")} if alike >= _SEVERAL and 2 * alike > len(returning) else {}
