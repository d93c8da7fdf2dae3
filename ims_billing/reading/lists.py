"""Lists of clients and policies: they make no session, they add names, birth dates and numbers to one."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.reading.policy_terms import policy_terms
from ims_billing.reading.sales import patient_key
from ims_billing.reading.session_rows import NUMBERS
from ims_billing.reading.table import Bad, Table, whole
from ims_billing.vocabulary.cells import Cell, meanings, money, shown
from ims_billing.vocabulary.spelling import bare, counted, plain

_NUMBERS = ("policy", "member", "relationship", "insured", "payer_file_number", "phn")
_DAYS = ("birth_date", "insured_birth_date", "accident_date")
_COUNTS = ("visits_used", "visits_allowed")
# How many cells that cannot be read a remark lists one by one.
_SHOWN = 5
# What is of one plan, or of one accident.
_OF_ONE_PLAN = ("policy", "member", "payer_file_number", "accident_date")
_ENDED = (
    "By the list of policies ({}) this patient's policy with that insurer is not in force on that day, or a word for "
    "it is not known."
)
_SEVERAL = "The list of policies ({}) has several policies of this patient with that insurer, and the row names none."
_FILLED = (*_NUMBERS, *_DAYS, *_COUNTS)


def clients_frame(table: Table) -> pd.DataFrame:
    """Patient guid, name and birth date of each client."""
    names = zip(table.texts("first_name"), table.texts("last_name"), strict=True)
    born = table.dates("birth_date")
    return pd.DataFrame(
        {
            "patient_id": table.texts("patient_id"),
            "patient": [" ".join(f"{first} {last}".split()) for first, last in names],
            "birth_date": pd.Series(born, dtype="datetime64[us]"),
        }
    )


def with_clients(sessions: pd.DataFrame, lists: Sequence[pd.DataFrame]) -> tuple[pd.DataFrame, frozenset[str]]:
    """The sessions with names and birth dates that they lack, by patient guid; and the guids that were used."""
    if not lists:
        return sessions, frozenset()
    # The same client in two lists is one; two clients of one number are not told apart.
    every = pd.concat(lists, ignore_index=True).drop_duplicates()
    clients_by_id = every[every["patient_id"] != ""].drop_duplicates("patient_id", keep=False).set_index("patient_id")
    ids = sessions["patient_id"]
    theirs = clients_by_id.reindex(ids).set_axis(ids.index)
    born = sessions["birth_date"].fillna(theirs["birth_date"])
    name = sessions["patient"].mask(sessions["patient"] == "", theirs["patient"].fillna(""))
    used = frozenset(set(ids) & set(clients_by_id.index))
    return sessions.assign(birth_date=born, patient=name.astype("str")), used


@dataclass(frozen=True)
class Policies:
    """A list of policies: who is insured where, by which numbers."""

    file: str
    rows: pd.DataFrame

    def applied(self, sessions: pd.DataFrame, clinic: Clinic) -> tuple[pd.DataFrame, frozenset[int], list[Bad]]:
        """The sessions with the numbers they lack, the lines that were used, and what speaks against a session.

        A policy is a session's where patient and insurer are the same and the day lies within it. The name is the
        patient's where no id is, and a namesake who was born on another day, or has a number of their own, is somebody
        else. A policy that is
        marked as closed lends nothing, as nobody says since when. Where several fit and differ, none is taken: what
        the insurer requires is then missing, and held.
        """
        namesakes = _namesakes(sessions)
        by_patient: dict[str, list[int]] = defaultdict(list)
        for row, keys in enumerate(self.rows["keys"]):
            for key in keys:
                by_patient[key].append(row)
        insurers = {name: _insurer(clinic, name) for name in sessions["insurer"].unique()}
        own = [_insurer(clinic, name) for name in self.rows["insurer"]]
        lists = {name: self.rows[name].tolist() for name in (*_FILLED, "valid_from", "valid_until", "ended")}
        filled = {name: sessions[name].tolist() for name in _FILLED}
        columns = (
            sessions[name].tolist() for name in ("patient_id", "patient", "birth_date", "insurer", "service_date")
        )
        requiring = {
            each.id for each in clinic.insurers for rule in each.requirements if {"policy", "member"} & {*rule.fields}
        }
        used: set[int] = set()
        bad: list[Bad] = []
        for position, (patient_id, patient, born, insurer, day) in enumerate(zip(*columns, strict=True)):
            keys = (patient_key(patient_id, ""), patient_key("", patient))
            key = next((key for key in keys if key in by_patient), "")
            meant = [
                row
                for row in by_patient.get(key, [])
                if own[row] == insurers[insurer]
                and key not in namesakes
                and not _contradicts(filled, position, lists, row)
                and (key == keys[0] or may_be_born(born, lists["birth_date"][row]))
            ]
            fitting = [
                row
                for row in meant
                if not lists["ended"][row]
                and not (pd.notna(lists["valid_from"][row]) and day < lists["valid_from"][row])
                and not (pd.notna(lists["valid_until"][row]) and day > lists["valid_until"][row])
            ]
            several = len({tuple(str(lists[name][row]) for name in _OF_ONE_PLAN) for row in fitting}) > 1
            unnumbered = not any(_filled(filled[name][position]) for name in _OF_ONE_PLAN)
            # Where the insurer requires a number that the row lacks, that is said already.
            unsettled = (meant and not fitting) or (several and unnumbered)
            if unsettled and not (unnumbered and insurers[insurer] in requiring):
                message = _SEVERAL if fitting else _ENDED
                bad.append((position, "policy", "unreadable-cell", message.format(self.file)))
            used.update(fitting)
            for name, column in filled.items():
                values = {lists[name][row] for row in fitting if _filled(lists[name][row])}
                if len(values) == 1 and not _filled(column[position]):
                    column[position] = values.pop()
        types = {name: sessions[name].dtype for name in filled}
        frame = pd.DataFrame(filled, index=sessions.index).astype(types)
        return sessions.assign(**{name: frame[name] for name in filled}), frozenset(used), bad


def _contradicts(
    stated: Mapping[str, Sequence[Any]], position: int, lists: Mapping[str, Sequence[Any]], row: int
) -> bool:
    """True where a session states a number or a day that the row of the list has otherwise: it is another plan."""
    for name in _OF_ONE_PLAN:
        ours, theirs = stated[name][position], lists[name][row]
        if _filled(ours) and _filled(theirs) and bare(str(ours)) != bare(str(theirs)):
            return True
    return False


def _namesakes(sessions: pd.DataFrame) -> set[str]:
    """The names that patients of several numbers have, as keys: a policy under such a name is nobody's."""
    numbered = sessions.loc[sessions["patient_id"] != "", ["patient_id", "patient"]].drop_duplicates()
    counted_names = Counter(
        name for _, name in {(patient_key(number, ""), patient_key("", name)) for number, name in numbered.to_numpy()}
    )
    return {name for name, count in counted_names.items() if count > 1}


def may_be_born(day: pd.Timestamp, in_list: pd.Timestamp) -> bool:
    """False for two birth dates that are stated and differ."""
    return bool(pd.isna(day) or pd.isna(in_list) or day == in_list)


def _filled(cell: object) -> bool:
    return cell is not None and cell is not pd.NaT and cell is not pd.NA and cell != ""


def _counts(table: Table, name: str) -> Any:
    """The numbers of visits of a column, as `whole` gives them; notes a cell that is neither one nor an amount."""
    texts = table.without_blanks(table.texts(name))
    counts = [_count(cell) for cell in table.raw(name)]
    for position, (written, count) in enumerate(zip(texts, counts, strict=True)):
        if written and count is None and money(written) is None:
            message = f"{table.called(name)} holds {shown(written)}, which is not plainly a number of visits."
            table.note(position, name, "unreadable-cell", message)
    return whole(counts)


def _count(cell: Cell) -> int | None:
    """A number of visits: a whole number of a year's days at most; what has cents is an amount of money."""
    written = str(cell).strip().removesuffix(".0")
    return int(written) if re.fullmatch(r"[0-9]{1,3}", written) and int(written) <= 366 else None


def _insurer(clinic: Clinic, written: str) -> str:
    insurer = clinic.insurer(written)
    return insurer.id if insurer else f"? {plain(written)}"


def policies_frame(table: Table, file: str) -> Policies:
    """The policies of a table in that layout."""
    words, own = table.rules.words, table.clinic.words
    ids, names = table.texts("patient_id"), table.texts("patient")
    keys = [
        [patient_key(patient_id, "")] if patient_id else [patient_key("", name)] if name else []
        for patient_id, name in zip(ids, names, strict=True)
    ]
    columns: dict[str, object] = {name: table.identifiers(name) for name in _NUMBERS if name in NUMBERS}
    columns |= {"insured": table.without_blanks(table.texts("insured"))}
    columns |= {"relationship": table.worded("relationship", meanings(words.relationship, own.relationship))}
    columns |= {name: _counts(table, name) for name in _COUNTS}
    for name in _DAYS:
        personal = name in ("birth_date", "insured_birth_date")
        columns[name] = pd.Series(table.noted_dates(name, personal=personal), dtype="datetime64[us]")
    terms = policy_terms(table)
    columns |= {"ended": terms.ended}
    columns |= {"valid_from": pd.Series(terms.first, dtype="datetime64[us]")}
    columns |= {"valid_until": pd.Series(terms.last, dtype="datetime64[us]")}
    table.remarks += unread_cells(table)
    return Policies(file, pd.DataFrame({"keys": keys, "insurer": table.texts("insurer"), **columns}))


def unread_cells(table: Table) -> list[str]:
    """Remarks on the cells of a list that cannot be read: they are not used."""
    first = [f"row {table.places[position]}: {message}" for position, _, _, message in table.bad[:_SHOWN]]
    more = len(table.bad) - len(first)
    return [*first, f"{counted(more, 'more cell')} could not be read"] if more else first
