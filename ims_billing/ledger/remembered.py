"""The ledger's claims and visits of the patients, days and sessions of one run, however many years it has."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ims_billing.ledger.file import LedgerFile
from ims_billing.ledger.rows import frame_of_rows
from ims_billing.vocabulary.findings import REASONS
from ims_billing.vocabulary.frames import UNCLAIMED
from ims_billing.vocabulary.spelling import given_name_first, same_name

if TYPE_CHECKING:
    import pandas as pd

    from ims_billing.vocabulary.model import Reach

_IN = "IN (SELECT value FROM json_each(?))"
# Reasons not to bill a visit that took place, and that somebody else's insurer may have paid.
_TOOK_PLACE = tuple(reason.reason for reason in REASONS.values() if reason.took_place)
_COLUMNS = ", ".join(column.name for column in UNCLAIMED if column.name != "reason")
# The visits without a claim (UNCLAIMED); `{of}` stands where a condition on the patient can stand. A session whose
# claim was voided, or that changed since, is covered by its claim.
_LISTS = (
    f"SELECT {_COLUMNS}, '' AS reason FROM attention WHERE {{of}} (month, session) NOT IN "
    "(SELECT month, session FROM attention WHERE kind IN ('changed-since-claimed', 'voided')) "
    "AND service_date IS NOT NULL "
    f"UNION SELECT {_COLUMNS}, reason FROM not_billed WHERE {{of}} reason IN {_TOOK_PLACE} AND service_date IS NOT NULL"
)


def patients_in_reach(ledger: LedgerFile, reach: Reach) -> list[str]:
    """The names, as the ledger writes them, of all who may be patients of the run.

    One patient may be written in several ways, and numbered differently: a name leads to numbers and these to further
    names, until there are no more.
    """
    pairs = [
        (str(name), same_name(name), str(number).strip().casefold())
        for name, number in ledger.rows("SELECT DISTINCT patient, patient_id FROM claim")
    ]
    if not pairs:
        return []
    by_name: dict[str, set[str]] = {}
    by_number: dict[str, set[str]] = {}
    for _, name, number in pairs:
        by_name.setdefault(name, set()).add(number)
        if number:
            by_number.setdefault(number, set()).add(name)
    names = {same_name(name) for name in reach.names}
    names |= {name for number in reach.patient_ids for name in by_number.get(number, ())}
    left = list(names)
    while left:
        for number in by_name.get(left.pop(), ()):
            new = by_number.get(number, set()) - names
            names |= new
            left += new
    return [written for written, name, _ in pairs if name in names]


def claims_in_reach(ledger: LedgerFile, reach: Reach) -> str:
    """The ids of the claims in reach, as a JSON list.

    Of other years a patient's first claims are enough: they tell who is who, that there was a visit before, and that
    an initial one was billed.
    """
    patients = _listed(patients_in_reach(ledger, reach))
    ids: set[int] = set()

    def add(sql: str, *values: object) -> None:
        ids.update(int(row[0]) for row in ledger.rows(sql, *values))

    for first, last in reach.periods:
        add("SELECT id FROM claim WHERE service_date BETWEEN ? AND ?", first, last)
    for year in reach.years:
        add(
            f"SELECT id FROM claim WHERE patient {_IN} AND service_date BETWEEN ? AND ?",
            patients, f"{year}-01-01", f"{year}-12-31",
        )  # fmt: skip
    add(f"SELECT id FROM claim WHERE session_id {_IN}", _listed(reach.session_ids))
    add(f"SELECT id FROM claim WHERE claim {_IN}", _listed(reach.claims))
    add(f"SELECT id FROM claim WHERE insurer_id {_IN} AND patient {_IN}", _listed(reach.whole_history_of), patients)
    combination = "GROUP BY patient, patient_id, birth_date"
    add(f"SELECT min(id) FROM claim WHERE patient {_IN} {combination}", patients)
    # SQLite takes the id of the row that has the least day.
    earliest = f"SELECT id, min(service_date) FROM claim WHERE patient {_IN} AND voided_on IS NULL"
    add(f"{earliest} {combination}", patients)
    add(f"{earliest} AND visit = 'initial' {combination}", patients)
    return json.dumps(sorted(ids))


def unclaimed_visits(ledger: LedgerFile, reach: Reach | None) -> pd.DataFrame:
    """The visits that the lists of all months tell of beside the claims (UNCLAIMED).

    With `reach` those of the run's patients in its years, and each one's first ones.
    """
    rows = ledger.rows(_LISTS.format(of="")) if reach is None else _unclaimed_in_reach(ledger, reach)
    return frame_of_rows(sorted(rows), UNCLAIMED)


def _unclaimed_in_reach(ledger: LedgerFile, reach: Reach) -> list[tuple[Any, ...]]:
    written = ledger.rows("SELECT DISTINCT patient FROM attention UNION SELECT DISTINCT patient FROM not_billed")
    if not written:
        return []
    names = {given_name_first(name) for name in reach.names}
    patients = _listed(name for (name,) in written if given_name_first(name) in names)
    # In each list: SQLite would else put the lines of all years together first.
    theirs = _LISTS.format(of=f"patient {_IN} AND")
    both = (patients, patients)
    whole = (
        f"SELECT * FROM ({theirs}) WHERE substr(service_date, 1, 4) {_IN} OR insurer {_IN} "
        f"UNION SELECT min(service_date), patient, service, insurer, reason FROM ({theirs}) GROUP BY patient, service"
    )
    return ledger.rows(whole, *both, _listed(reach.years), _listed(reach.whole_history_of), *both)


def numbers_of_others(ledger: LedgerFile) -> pd.DataFrame:
    """The policy numbers and member IDs of all active claims, each once: `insurer_id`, `policy`, `member`."""
    import pandas as pd

    rows = ledger.rows(
        "SELECT DISTINCT insurer_id, policy, member FROM claim WHERE voided_on IS NULL AND follows IS NULL"
    )
    return pd.DataFrame(rows, columns=["insurer_id", "policy", "member"], dtype="str")


def _listed(values: Iterable[str]) -> str:
    return json.dumps(sorted(set(values)))
