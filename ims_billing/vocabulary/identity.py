"""The keys that make two rows one session: the practice system's id, and the natural key."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from ims_billing.vocabulary.frames import SESSIONS, WHERE
from ims_billing.vocabulary.rows import cells_of, numbered, of_each_cell
from ims_billing.vocabulary.spelling import (
    bare,
    core_name,
    day_text,
    given_name_first,
    name_words,
    one_letter_apart,
    plain,
    same_name,
)

if TYPE_CHECKING:
    from ims_billing.vocabulary.rows import Numbers

Flags: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]

_SEPARATOR = "\x1f"


def patient_keys(sessions: pd.DataFrame) -> pd.Series[str]:
    """One key per session that is equal for one patient: the patient's id, else name and birth date.

    Where one export gives the id and another does not, the name and birth date (or, without a birth date, the
    name) find the id, if they mean one patient only. Empty where there is neither id nor name.
    """
    key = _each(sessions["patient_id"], lambda number: f"id{_SEPARATOR}{folded}" if (folded := _folded(number)) else "")
    if (key != "").all():
        return key
    name = _each(sessions["patient"], same_name)
    birth_dates = zip(name.tolist(), day_text(sessions["birth_date"]).tolist(), strict=True)
    named_and_born = [f"{own}{_SEPARATOR}{born}" if born else "" for own, born in birth_dates]
    key = _by_name(_lend(key, pd.Series(named_and_born, index=key.index, dtype="str")), named_and_born)
    return _by_name(_lend(key, name), [f"{own}{_SEPARATOR}" if own else "" for own in name.tolist()])


def _by_name(key: pd.Series[str], names: Sequence[str]) -> pd.Series[str]:
    """The keys, and where one is empty that of the name, if there is one."""
    keys = [own or (name and f"name{_SEPARATOR}{name}") for own, name in zip(key.tolist(), names, strict=True)]
    return pd.Series(keys, index=key.index, dtype="str")


def _lend(key: pd.Series[str], by: pd.Series[str]) -> pd.Series[str]:
    """Fills empty keys from the sessions that share `by`, where those have one key among them."""
    lenders = (key != "") & (by != "")
    if lenders.all() or not lenders.any():
        return key
    pairs = pd.DataFrame({"by": by[lenders], "key": key[lenders]}).drop_duplicates()
    single = pairs.drop_duplicates("by", keep=False).set_index("by")["key"]
    return key.mask(key == "", by.map(single).astype("str").fillna("")).astype("str")


def _each(text: pd.Series[str], read: Callable[[str], str]) -> pd.Series[str]:
    """The texts as two spellings are compared; each is worked out once, and kept once."""
    return pd.Series(of_each_cell(text.tolist(), read), index=text.index, dtype="str")


def _folded(number: str) -> str:
    """A patient's number as two are compared."""
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
            "service": _each(sessions["service_name"], plain),
        }
    )


def _in_one(*parts: pd.Series[str]) -> pd.Series[str]:
    """The parts of each row as one text, at once: column after column, a million rows take five times as long."""
    texts = map(_SEPARATOR.join, zip(*(part.tolist() for part in parts), strict=True))
    return pd.Series(list(texts), index=parts[0].index, dtype="str")


def _start(sessions: pd.DataFrame) -> pd.Series[str]:
    starts = of_each_cell(cells_of(sessions["start"]), lambda minutes: "" if minutes is None else str(minutes))
    return pd.Series(starts, index=sessions.index, dtype="str")


def _practitioner(sessions: pd.DataFrame) -> pd.Series[str]:
    practitioner = _each(sessions["practitioner"], given_name_first)
    if "practitioner_name" in sessions:  # classified: one person, however they are written
        practitioner = practitioner.where(sessions["practitioner_name"] == "", sessions["practitioner_name"])
    return practitioner


def own_key(sessions: pd.DataFrame) -> pd.Series[str]:
    """A key from each row's own cells, whatever other rows have; empty if the row names no patient."""
    patient = _each(sessions["patient"], given_name_first)
    patient = patient.mask(patient == "", _each(sessions["patient_id"], _folded))
    practitioner, service = _each(sessions["practitioner"], given_name_first), _each(sessions["service_name"], plain)
    key = _in_one(patient, day_text(sessions["service_date"]), _start(sessions), practitioner, service)
    return key.where(patient != "", "")


def joined(parts: pd.DataFrame) -> pd.Series[str]:
    """Each row's parts as one key; empty where patient or date is missing."""
    key = _in_one(*(parts[name] for name in NATURAL_PARTS))
    return key.where((parts["patient"] != "") & (parts["service_date"] != ""), "")


def natural_keys(sessions: pd.DataFrame) -> pd.Series[str]:
    """Patient, date, start, practitioner and service in one key; empty where patient or date is missing."""
    return joined(natural_parts(sessions))


def ledger_keys(start: pd.Series[int], own_id: pd.Series[str], natural: pd.Series[str]) -> pd.Series[str]:
    """The natural key, with the session's id where no start tells two numbered visits apart."""
    unstarted = start.isna() & (own_id != "")
    if not unstarted.any():
        return natural
    return natural.mask(unstarted, natural[unstarted] + _SEPARATOR + own_id[unstarted]).astype("str")


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
    session_id, unstarted = sessions["session_id"], sessions["start"].isna()
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


# More rows than this of one patient, day and practitioner are compared with their neighbours only.
_COMPARED = 40
# How two rows may name one patient: readings of each column's texts.
_ALIKE_BY: tuple[tuple[str, tuple[Callable[[str], str], ...]], ...] = (
    ("patient", (same_name, core_name, lambda name: "".join(name_words(name)))),
    ("member", (bare,)),
    ("patient_id", (_folded,)),
)
_COMPARED_BY = ("patient", "patient_id", "birth_date", "start", "session_id", "file", "member", "service")


def likely_copies(sessions: pd.DataFrame, practitioner: pd.Series[str]) -> list[tuple[int, int]]:
    """Pairs of positions of classified sessions that are one visit as far as their rows say.

    `practitioner` is that of `natural_parts`.

    They share day, practitioner and service, and the patient's name apart from typography or the member ID. What one
    row leaves out is no difference; different starts, birth dates, or patient numbers of one file are. Where both the
    name and the member ID agree, another birth date is a slip.
    """
    visits = numbered(sessions["service_date"], practitioner, sessions["service"])
    # A practitioner's visits mostly begin one after the other: no name has to be read to tell those apart.
    rows = np.flatnonzero(sessions["service_date"].notna() & _may_begin_together(visits, sessions["start"]))
    groups: list[list[int]] = []
    for column, readings in _ALIKE_BY:
        codes, written = pd.factorize(sessions[column].iloc[rows])
        # Every reading of a name comes after the other, so that its words are looked for once.
        for texts in zip(*([read(one) for read in readings] for one in written.tolist()), strict=True):
            same, is_written = pd.factorize(np.array(texts, dtype=object))[0], np.array([bool(one) for one in texts])
            keys = pd.Series(visits[rows] * len(written) + same[codes], index=rows)[is_written[codes]]
            shared = keys[keys.duplicated(keep=False)]
            groups += (members.tolist() for members in shared.groupby(shared).groups.values())
    grouped = sorted(set(itertools.chain.from_iterable(groups)))
    cells = sessions[list(_COMPARED_BY)].iloc[grouped]
    columns = {name: dict(zip(grouped, cells[name].tolist(), strict=True)) for name in _COMPARED_BY}
    pairs: set[tuple[int, int]] = set()
    for members in groups:
        for place, one in enumerate(members):
            for other in members[place + 1 : place + _COMPARED]:
                if (one, other) not in pairs and _one_visit(columns, one, other):
                    pairs.add((one, other))
    return sorted(pairs)


def _may_begin_together(visits: Numbers, start: pd.Series[int]) -> Flags:
    """True for rows of equal `visits` that begin at one time, or of which one does not say when."""
    starts = numbered(pd.Series(visits), start.reset_index(drop=True))
    without = np.bincount(visits[start.isna()], minlength=visits.max(initial=0) + 1) > 0
    flags: Flags = (np.bincount(starts)[starts] > 1) | without[visits]
    return flags


def _one_visit(columns: dict[str, dict[int, Any]], one: int, other: int) -> bool:
    def both(name: str) -> tuple[Any, Any] | None:
        values = columns[name][one], columns[name][other]
        return None if any(pd.isna(value) or value == "" for value in values) else values

    def differ(name: str) -> bool:
        values = both(name)
        return values is not None and values[0] != values[1]

    names, numbers, members = both("patient"), both("patient_id"), both("member")
    same_member = members is not None and bare(members[0]) == bare(members[1])
    same_file = columns["file"][one] == columns["file"][other]
    alike = names is None or _names_agree(*names)
    same_number = numbers is not None and _folded(numbers[0]) == _folded(numbers[1])
    same_person = same_number or (same_member and names is not None and alike)
    if differ("start") or (differ("birth_date") and not same_person):
        return False
    if numbers and not same_number:
        if same_file and not same_member:
            return False
    elif numbers:
        return True
    if alike or not same_member:
        return alike
    # A family shares one member ID: another name is the same patient only where the stated time is the same too, or
    # where it may be a short form or a slip of the pen and no number says that these are two.
    same_moment = both("start") is not None and both("birth_date") is not None
    return same_moment or (names is not None and not (numbers and same_file) and _may_be_one(*names))


def _names_agree(one: str, other: str) -> bool:
    first, second = name_words(one), name_words(other)
    return (
        core_name(one) == core_name(other)
        or same_name(one) == same_name(other)
        or "".join(first) == "".join(second)
        or set(first) == set(second)
    )


def _may_be_one(one: str, other: str) -> bool:
    """Whether two names may be one person's: P., Pat or Patricia of one surname, or one letter apart."""
    first, second = name_words(one), name_words(other)
    if min(len(first), len(second)) < 2:
        return False
    shorter, longer = sorted((first[0], second[0]), key=len)
    letters = "".join(first), "".join(second)
    return (first[-1] == second[-1] and longer.startswith(shorter)) or one_letter_apart(*letters)


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
