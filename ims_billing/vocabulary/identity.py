"""The keys that make two rows one session: the practice system's id, and the natural key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from ims_billing.vocabulary.frames import SESSIONS, WHERE
from ims_billing.vocabulary.rows import cells_of, of_each_cell
from ims_billing.vocabulary.spelling import (
    day_text,
    given_name_first,
    plain,
    same_name,
)

if TYPE_CHECKING:
    from ims_billing.vocabulary.rows import Numbers

Flags: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]

SEPARATOR = "\x1f"


def patient_keys(sessions: pd.DataFrame) -> pd.Series[str]:
    """One key per session that is equal for one patient: the patient's id, else name and birth date.

    Where one export gives the id and another does not, the name and birth date (or, without a birth date, the
    name) find the id, if they mean one patient only. Empty where there is neither id nor name.
    """
    key = each_text(sessions["patient_id"], lambda number: f"id{SEPARATOR}{own}" if (own := folded(number)) else "")
    if (key != "").all():
        return key
    name = each_text(sessions["patient"], same_name)
    birth_dates = zip(name.tolist(), day_text(sessions["birth_date"]).tolist(), strict=True)
    named_and_born = [f"{own}{SEPARATOR}{born}" if born else "" for own, born in birth_dates]
    key = _by_name(_lend(key, pd.Series(named_and_born, index=key.index, dtype="str")), named_and_born)
    return _by_name(_lend(key, name), [f"{own}{SEPARATOR}" if own else "" for own in name.tolist()])


def _by_name(key: pd.Series[str], names: Sequence[str]) -> pd.Series[str]:
    """The keys, and where one is empty that of the name, if there is one."""
    keys = [own or (name and f"name{SEPARATOR}{name}") for own, name in zip(key.tolist(), names, strict=True)]
    return pd.Series(keys, index=key.index, dtype="str")


def _lend(key: pd.Series[str], by: pd.Series[str]) -> pd.Series[str]:
    """Fills empty keys from the sessions that share `by`, where those have one key among them."""
    lenders = (key != "") & (by != "")
    if lenders.all() or not lenders.any():
        return key
    pairs = pd.DataFrame({"by": by[lenders], "key": key[lenders]}).drop_duplicates()
    single = pairs.drop_duplicates("by", keep=False).set_index("by")["key"]
    return key.mask(key == "", by.map(single).astype("str").fillna("")).astype("str")


def each_text(text: pd.Series[str], read: Callable[[str], str]) -> pd.Series[str]:
    """The texts as two spellings are compared; each is worked out once, and kept once."""
    return pd.Series(of_each_cell(text.tolist(), read), index=text.index, dtype="str")


def folded(number: str) -> str:
    """A patient's number of a practice system as two are compared."""
    return number.strip().casefold()


NATURAL_PARTS = ("patient", "service_date", "start", "practitioner", "service")


def natural_parts(sessions: pd.DataFrame) -> pd.DataFrame:
    """The parts of the natural key as text, NATURAL_PARTS, each as two spellings are compared; empty where absent."""
    return pd.DataFrame(
        {
            "patient": patient_keys(sessions),
            "service_date": day_text(sessions["service_date"]),
            "start": _start(sessions),
            "practitioner": _practitioner(sessions),
            "service": each_text(sessions["service_name"], plain),
        }
    )


def one_key(*parts: pd.Series[str]) -> pd.Series[str]:
    """The parts of each row as one text, at once: column after column, a million rows take five times as long."""
    texts = map(SEPARATOR.join, zip(*(part.tolist() for part in parts), strict=True))
    return pd.Series(list(texts), index=parts[0].index, dtype="str")


def _start(sessions: pd.DataFrame) -> pd.Series[str]:
    starts = of_each_cell(cells_of(sessions["start"]), lambda minutes: "" if minutes is None else str(minutes))
    return pd.Series(starts, index=sessions.index, dtype="str")


def _practitioner(sessions: pd.DataFrame) -> pd.Series[str]:
    practitioner = each_text(sessions["practitioner"], given_name_first)
    if "practitioner_name" in sessions:  # classified: one person, however they are written
        practitioner = practitioner.where(sessions["practitioner_name"] == "", sessions["practitioner_name"])
    return practitioner


def own_key(sessions: pd.DataFrame) -> pd.Series[str]:
    """A key from each row's own cells, whatever other rows have; empty if the row names no patient."""
    patient = each_text(sessions["patient"], given_name_first)
    patient = patient.mask(patient == "", each_text(sessions["patient_id"], folded))
    practitioner, service = (
        each_text(sessions["practitioner"], given_name_first),
        each_text(sessions["service_name"], plain),
    )
    key = one_key(patient, day_text(sessions["service_date"]), _start(sessions), practitioner, service)
    return key.where(patient != "", "")


def joined(parts: pd.DataFrame) -> pd.Series[str]:
    """Each row's parts as one key; empty where patient or date is missing."""
    key = one_key(*(parts[name] for name in NATURAL_PARTS))
    return key.where((parts["patient"] != "") & (parts["service_date"] != ""), "")


def natural_keys(sessions: pd.DataFrame) -> pd.Series[str]:
    """Patient, date, start, practitioner and service in one key; empty where patient or date is missing."""
    return joined(natural_parts(sessions))


def ledger_keys(start: pd.Series[int], own_id: pd.Series[str], natural: pd.Series[str]) -> pd.Series[str]:
    """The natural key, with the session's id where no start tells two numbered visits apart."""
    unstarted = start.isna() & (own_id != "")
    if not unstarted.any():
        return natural
    return natural.mask(unstarted, natural[unstarted] + SEPARATOR + own_id[unstarted]).astype("str")


def contents(sessions: pd.DataFrame) -> pd.Series[int]:
    """Hashes the cells of each session: equal numbers if every cell is equal, ignoring file, sheet and row."""
    own = [column.name for column in SESSIONS if column not in WHERE]
    return pd.util.hash_pandas_object(sessions[own], index=False).set_axis(sessions.index)


def same_session(
    sessions: pd.DataFrame, natural: pd.Series[str], copies: Sequence[tuple[int, int]] = ()
) -> pd.Series[int]:
    """A group number per session; rows of one group are the same session. `natural` are their natural keys.

    Rows are one where they share the session id, or the natural key, or every cell. Without a start time the
    natural key does not hold rows together that all have ids of their own: a practice system that numbers two
    visits means two. So it is with `copies`, pairs of positions as `likely_copies` gives them.
    """
    session_id, unstarted = sessions["session_id"].mask(reused_ids(sessions), ""), sessions["start"].isna()
    if unstarted.any():
        all_numbered = (session_id[unstarted] != "").groupby(natural[unstarted]).transform("all")
        natural = natural.mask(all_numbered.reindex(natural.index, fill_value=False), "")
    groups = _Groups(len(sessions))
    for key in (session_id, natural):
        groups.join(key, (key != "").to_numpy())
    # Rows with a key have it in common if they have every cell in common.
    keyless = (session_id == "") & (natural == "")
    if keyless.any():
        groups.join(contents(sessions[keyless]).reindex(sessions.index, fill_value=0), keyless.to_numpy())
    for one, other in copies:
        ids, starts = ((column.iloc[one], column.iloc[other]) for column in (session_id, sessions["start"]))
        if not _numbered_apart(ids, starts):
            groups.unite(one, other)
    return pd.Series(groups.numbers(), index=sessions.index)


def reused_ids(sessions: pd.DataFrame) -> pd.Series[bool]:
    """True for sessions whose id another file gives to another patient on another day.

    Some programs, and people, number the rows of each list anew: the id identifies neither of the two.
    """
    ids, files = sessions["session_id"], sessions["file"]
    shared = (ids != "") & ids.duplicated(keep=False)
    reused = pd.Series(False, index=sessions.index)
    if not shared.any() or files.nunique() < 2:
        return reused
    cells = zip(
        ids[shared], files[shared], sessions["patient"][shared], day_text(sessions["service_date"])[shared], strict=True
    )
    rows: dict[str, list[tuple[str, str, str]]] = {}
    for number, file, patient, on in cells:
        rows.setdefault(number, []).append((file, same_name(patient), on))
    anew = {number for number, own in rows.items() if any(map(_apart, own, [own[0]] * len(own)))}
    return reused | ids.isin(anew)


def _apart(one: tuple[str, str, str], other: tuple[str, str, str]) -> bool:
    """Whether file, patient and day of two rows all differ; what one leaves out is no difference."""
    return all(mine and theirs and mine != theirs for mine, theirs in zip(one, other, strict=True))


def _numbered_apart(ids: tuple[str, str], starts: tuple[Any, Any]) -> bool:
    """Whether two rows have ids of their own and no start that shows them to be one visit."""
    return all(ids) and ids[0] != ids[1] and any(map(pd.isna, starts))


def rebooked(sessions: pd.DataFrame, one: int, other: int) -> bool:
    """Whether one of two rows is a booking that did not take place, with an id of its own and no start to compare."""

    def both(name: str) -> tuple[Any, Any]:
        return sessions[name].iloc[one], sessions[name].iloc[other]

    files = both("file")
    not_attended = files[0] == files[1] and not {"cancelled", "no-show"}.isdisjoint(both("status"))
    return not_attended and _numbered_apart(both("session_id"), both("start"))


class _Groups:
    """Joins positions that share a key, over several keys."""

    def __init__(self, size: int) -> None:
        self.size = size
        # Of the positions that are joined to one before them: few of a million are.
        self.parent: dict[int, int] = {}

    def _root(self, position: int) -> int:
        while (above := self.parent.get(position, position)) != position:
            self.parent[position] = position = self.parent.get(above, above)
        return position

    def join(self, key: pd.Series[Any], counts: Flags) -> None:
        """Joins all positions of equal key where `counts` is true."""
        shared = (key.duplicated(keep=False).to_numpy() & counts).nonzero()[0]
        first: dict[Any, int] = {}
        for position, own in zip(shared.tolist(), key.iloc[shared].tolist(), strict=True):
            root = self._root(position)
            self.unite(root, first.setdefault(own, root))

    def unite(self, one: int, other: int) -> None:
        """Joins two positions."""
        low, high = sorted((self._root(one), self._root(other)))
        if low != high:
            self.parent[high] = low

    def numbers(self) -> Numbers:
        """The group of each position, named by its first member."""
        numbers = np.arange(self.size, dtype=np.int64)
        for position in self.parent:
            numbers[position] = self._root(position)
        return numbers
