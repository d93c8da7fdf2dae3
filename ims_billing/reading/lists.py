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
# A column of the lines, and that of a session's second plan.
_OF_SECOND = {"policy": "secondary_policy", "member": "secondary_member"}
# What is of one plan, or of one accident.
_OF_ONE_PLAN = ("policy", "member", "payer_file_number", "accident_date")
_ENDED = "By the list of policies ({}) this patient's policy with that insurer {}."
_SEVERAL = "The list of policies ({}) has several policies of this patient with that insurer, and the row names none."
# Of what an insurer may require of a plan, the number that is told of where a list has it and can't lend it.
_REQUIRED = ("member", "policy")
_FILLED = (*_NUMBERS, *_DAYS, *_COUNTS)


def clients_frame(table: Table) -> pd.DataFrame:
    """Patient guid, name and birth date of each client."""
    born = table.dates("birth_date")
    return pd.DataFrame(
        {
            "patient_id": table.texts("patient_id"),
            "patient": table.whole_names(),
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

    def applied(
        self, sessions: pd.DataFrame, clinic: Clinic
    ) -> tuple[pd.DataFrame, frozenset[int], frozenset[int], list[Bad]]:
        """The sessions with the numbers they lack, the lines that were used, those that ended, and what speaks against.

        A policy is a session's where patient and insurer are the same and the day lies within it. The name is the
        patient's where no id is, and a namesake who was born on another day, or has a number of their own, is somebody
        else. A policy that is marked as closed lends nothing, as nobody says since when. Where several fit and differ,
        none is taken: what the insurer requires is then missing, and held. A second insurer is given its numbers too.
        Why a required number is missing is of that number's own kind, until another list has it (`still_lacking`).
        """
        lines = _Lines(self.rows, sessions, clinic)
        payers = (*sessions["insurer"].unique(), *sessions["secondary_insurer"].unique())
        insurers = {name: _insurer(clinic, name) for name in payers}
        filled = {name: sessions[name].tolist() for name in (*_FILLED, *_OF_SECOND.values())}
        columns = (
            sessions[name].tolist()
            for name in ("patient_id", "patient", "birth_date", "service_date", "insurer", "secondary_insurer")
        )
        requiring = {
            each.id: field
            for each in clinic.insurers
            for rule in each.requirements
            for field in _REQUIRED
            if field in rule.fields
        }
        used: set[int] = set()
        ended: set[int] = set()
        bad: list[Bad] = []
        for position, (patient_id, patient, born, day, insurer, second) in enumerate(zip(*columns, strict=True)):
            of_patient = lines.of_patient(patient_id, patient, born)
            if not of_patient:
                continue
            stated = {name: filled[name][position] for name in _OF_ONE_PLAN}
            meant = lines.of_plan(of_patient, insurers[insurer], stated)
            fitting = lines.in_force(meant, day)
            several = len({lines.cells(row, _OF_ONE_PLAN) for row in fitting}) > 1
            unnumbered = not any(map(_filled, stated.values()))
            if (meant and not fitting) or (several and unnumbered):
                why = _SEVERAL.format(self.file) if fitting else _ENDED.format(self.file, lines.why_not(meant, day))
                lacks = requiring.get(insurers[insurer], "") if unnumbered else ""
                kind = f"missing-{lacks}" if lacks else "unreadable-cell"
                bad.append((position, lacks or "policy", kind, why))
            used.update(fitting)
            ended.update({*meant} - {*fitting})
            for name in _FILLED:
                lines.lend(fitting, name, filled[name], position)
            if second and insurers[second] != insurers[insurer]:
                stated = {name: filled[own][position] for name, own in _OF_SECOND.items()}
                fitting = lines.in_force(lines.of_plan(of_patient, insurers[second], stated), day)
                used.update(fitting)
                for name, own in _OF_SECOND.items():
                    lines.lend(fitting, name, filled[own], position)
        types = {name: sessions[name].dtype for name in filled}
        frame = pd.DataFrame(filled, index=sessions.index).astype(types)
        return sessions.assign(**{name: frame[name] for name in filled}), frozenset(used), frozenset(ended - used), bad


class _Lines:
    """The lines of a list of policies, by patient."""

    def __init__(self, rows: pd.DataFrame, sessions: pd.DataFrame, clinic: Clinic) -> None:
        self._lists = {name: rows[name].tolist() for name in (*_FILLED, "valid_from", "valid_until", "ended")}
        self._insurers = [_insurer(clinic, name) for name in rows["insurer"]]
        self._namesakes = _namesakes(sessions)
        self._by_patient: dict[str, list[int]] = defaultdict(list)
        for row, keys in enumerate(rows["keys"]):
            for key in keys:
                self._by_patient[key].append(row)

    def of_patient(self, patient_id: str, patient: str, born: pd.Timestamp) -> list[int]:
        """The lines of a patient: by the number, else by a name that is one patient's."""
        by_id, by_name = patient_key(patient_id, ""), patient_key("", patient)
        if by_id in self._by_patient:
            return self._by_patient[by_id]
        if by_name in self._namesakes:
            return []
        days = self._lists["birth_date"]
        return [row for row in self._by_patient.get(by_name, ()) if may_be_born(born, days[row])]

    def of_plan(self, lines: Sequence[int], insurer: str, stated: Mapping[str, Any]) -> list[int]:
        """Those of an insurer that have nothing otherwise than the session states it of its plan."""
        return [row for row in lines if self._insurers[row] == insurer and not self._contradicts(stated, row)]

    def _contradicts(self, stated: Mapping[str, Any], row: int) -> bool:
        """True where a session states a number or a day that the line has otherwise: it is another plan."""
        for name, ours in stated.items():
            theirs = self._lists[name][row]
            if _filled(ours) and _filled(theirs) and bare(str(ours)) != bare(str(theirs)):
                return True
        return False

    def in_force(self, lines: Sequence[int], day: pd.Timestamp) -> list[int]:
        """Those that are in force on a day."""
        lists = self._lists
        return [
            row
            for row in lines
            if not lists["ended"][row]
            and not (pd.notna(lists["valid_from"][row]) and day < lists["valid_from"][row])
            and not (pd.notna(lists["valid_until"][row]) and day > lists["valid_until"][row])
        ]

    def why_not(self, lines: Sequence[int], day: pd.Timestamp) -> str:
        """Why the lines are not in force on a day; in general terms where they differ in that."""
        reasons = {self._why_not(row, day) for row in lines}
        return reasons.pop() if len(reasons) == 1 else "is not in force on that day, or a word for it is not known"

    def _why_not(self, row: int, day: pd.Timestamp) -> str:
        if self._lists["ended"][row]:
            return "is marked as closed, or a word for it is not known"
        last = self._lists["valid_until"][row]
        if pd.notna(last) and day > last:
            return f"ended on {last.date()}, before the visit"
        return f"begins on {self._lists['valid_from'][row].date()}, after the visit"

    def cells(self, row: int, names: Sequence[str]) -> tuple[str, ...]:
        """Cells of a line, as texts to compare."""
        return tuple(str(self._lists[name][row]) for name in names)

    def lend(self, lines: Sequence[int], name: str, column: list[Any], position: int) -> None:
        """Fills an empty cell of a column with what the lines have under a name, where they have one thing."""
        values = {self._lists[name][row] for row in lines if _filled(self._lists[name][row])}
        if len(values) == 1 and not _filled(column[position]):
            column[position] = values.pop()


def still_lacking(bad: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """The bad cells without those of a required number that a further list had."""
    kinds = {f"missing-{field}": field for field in _REQUIRED}
    has = [
        kind in kinds and bool(sessions[kinds[kind]][session])
        for session, kind in zip(bad["session"], bad["kind"], strict=True)
    ]
    return bad[~pd.Series(has, index=bad.index, dtype="bool")]


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
    texts = table.without_blanks(table.texts(name, sound=True))
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
    ids, names = table.texts("patient_id", sound=True), table.texts("patient", sound=True)
    keys = [
        [patient_key(patient_id, "")] if patient_id else [patient_key("", name)] if name else []
        for patient_id, name in zip(ids, names, strict=True)
    ]
    columns: dict[str, object] = {name: table.identifiers(name) for name in _NUMBERS if name in NUMBERS}
    columns |= {"insured": table.without_blanks(table.texts("insured", sound=True))}
    columns |= {
        "relationship": table.worded(
            "relationship", meanings(words.relationship, own.relationship), "self, spouse, child or other"
        )
    }
    insurers = table.texts("insurer", sound=True)
    columns |= {name: _counts(table, name) for name in _COUNTS}
    for name in _DAYS:
        personal = name in ("birth_date", "insured_birth_date")
        columns[name] = pd.Series(table.noted_dates(name, personal=personal), dtype="datetime64[us]")
    terms = policy_terms(table)
    columns |= {"ended": terms.ended}
    columns |= {"valid_from": pd.Series(terms.first, dtype="datetime64[us]")}
    columns |= {"valid_until": pd.Series(terms.last, dtype="datetime64[us]")}
    table.remarks += unread_cells(table)
    return Policies(file, pd.DataFrame({"keys": keys, "insurer": insurers, **columns}))


def unread_cells(table: Table) -> list[str]:
    """Remarks on the cells of a list that cannot be read: they are not used."""
    bad = table.bad[:_SHOWN]
    first = [f"row {table.places[position]}: {message.removesuffix('.')}" for position, _, _, message in bad]
    more = len(table.bad) - len(first)
    return [*first, f"{counted(more, 'more cell')} could not be read"] if more else first
