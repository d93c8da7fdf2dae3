"""Who is one person, and which rows are one visit, however the patient is written."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from ims_billing.vocabulary.identity import SEPARATOR, folded
from ims_billing.vocabulary.rows import numbered
from ims_billing.vocabulary.spelling import (
    core_name,
    day_text,
    name_words,
    one_letter_apart,
    same_name,
    without_umlauts,
    without_zeros,
)

if TYPE_CHECKING:
    from ims_billing.vocabulary.identity import Flags
    from ims_billing.vocabulary.rows import Numbers

# More rows than this of one patient, day and practitioner are compared with their neighbours only.
_COMPARED = 40


@lru_cache(maxsize=1 << 15)
def _phn(written: str) -> str:
    """A Personal Health Number as two are compared; empty for one that is none, as 1234567890 in place of all."""
    from stdnum.ca import bc_phn

    return bc_phn.compact(written) if written and bc_phn.is_valid(written) else ""


# How two rows may name one patient: readings of each column's texts. A birth date shows one only beside a name.
_ALIKE_BY: tuple[tuple[str, tuple[Callable[[str], str], ...]], ...] = (
    (
        "patient",
        (
            *(same_name, core_name),
            lambda n: without_umlauts(same_name(n)),
            lambda n: "".join(name_words(n)),
            lambda n: " ".join(sorted(name_words(n))),
        ),
    ),
    ("phn", (_phn,)),
    ("member", (without_zeros,)),
    ("payer_file_number", (without_zeros,)),
    ("patient_id", (folded,)),
    ("birth_date", (str,)),
)
_COMPARED_BY = (
    *("patient", "patient_id", "phn", "birth_date", "start", "session_id", "file", "member", "payer_file_number"),
    "service",
)


def likely_copies(sessions: pd.DataFrame, practitioner: pd.Series[str]) -> list[tuple[int, int]]:
    """Pairs of positions of classified sessions that are one visit as far as their rows say.

    `practitioner` is that of `natural_parts`.

    They share day, practitioner and service, and the patient's name apart from typography and umlauts, the PHN, or the
    member ID or accident's number. What one row leaves out is no difference; different starts or birth dates are, and
    patient numbers of one file, but for two of one name who are born on one day and treated at one time. Where both the
    name and the member ID agree, or the PHN does, another birth date is a slip. Two that begin at one stated time and
    are born on one day are one where one name may be the other's short form.
    """
    visits = numbered(sessions["service_date"], practitioner, sessions["service"])
    # A practitioner's visits mostly begin one after the other: no name has to be read to tell those apart.
    rows = np.flatnonzero(sessions["service_date"].notna() & _may_begin_together(visits, sessions["start"]))
    if not len(rows):
        return []
    groups: list[list[int]] = []
    for column, readings in _ALIKE_BY:
        own = sessions[column].iloc[rows]
        codes, written = pd.factorize(day_text(own) if column == "birth_date" else own)
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

    def same(name: str, read: Callable[[str], str] = without_zeros) -> bool:
        values = both(name)
        return values is not None and read(values[0]) == read(values[1]) != ""

    names, numbers = both("patient"), both("patient_id")
    same_member = same("member")
    same_file = columns["file"][one] == columns["file"][other]
    alike = names is None or _names_agree(*names)
    same_number = same("patient_id", folded) or same("phn", _phn)
    same_person = same_number or (same_member and names is not None and alike)
    if differ("start") or (differ("birth_date") and not same_person):
        return False
    if same_number:
        return True
    same_moment = both("start") is not None and both("birth_date") is not None
    # One practitioner treats no two of one name and birth date at once: that is one person's second chart.
    if numbers and same_file and not same_member and not (same_moment and names is not None and alike):
        return False
    if alike:
        return True
    # A family shares one member ID, or one accident: another name is the same patient only where the stated time is the
    # same too, or where it may be a short form or a slip of the pen and no number says that these are two.
    if same_moment and (same_member or same("payer_file_number")):
        return True
    if names is None or (numbers and same_file):
        return False
    if same_member and both("birth_date") is not None and _given(names[0]) == _given(names[1]):
        return True  # a married name
    return (same_member and may_be_one(*names)) or (same_moment and _is_short_for(*names))


def one_person(sessions: pd.DataFrame, patient: pd.Series[str]) -> list[tuple[str, str]]:
    """Pairs of patients' keys that are one person's: by the PHN, or by names that may be one's beside equal numbers.

    `patient` is each session's key. Two names that have the same words are one person's, umlauts aside; so are a name
    and its short form beside one birth date and member ID.
    """
    columns = (patient, sessions["patient"], day_text(sessions["birth_date"]), sessions["member"], sessions["phn"])
    people: dict[tuple[str, str], list[_Person]] = {}
    for cells in dict.fromkeys(zip(*(column.tolist() for column in columns), strict=True)):
        person = _Person(cells[0], cells[1], cells[2], without_zeros(cells[3]), _phn(cells[4]))
        numbers = f"{person.born}{SEPARATOR}{person.member}" if person.born and person.member else ""
        for by, value in (
            ("phn", person.phn),
            ("name", " ".join(sorted(map(without_umlauts, name_words(person.name))))),
            ("numbers", numbers),
        ):
            if person.key and value:
                people.setdefault((by, value), []).append(person)
    pairs: dict[tuple[str, str], None] = {}
    for (by, _), (one, *others) in people.items():
        for other in others:
            short = by != "numbers" or _is_short_for(one.name, other.name)
            if one.key != other.key and (by == "phn" or (short and _may_meet(one, other))):
                pairs[one.key, other.key] = None
    return list(pairs)


class _Person(NamedTuple):
    """A patient as a row has them: the key, the name, and the birth date and numbers as two are compared."""

    key: str
    name: str
    born: str
    member: str
    phn: str


def _may_meet(one: _Person, other: _Person) -> bool:
    """Whether two may be one person: no number of the practice system, and nothing else, says that they are two."""
    numbered = all(key.startswith(f"id{SEPARATOR}") for key in (one.key, other.key))
    apart = (mine and theirs and mine != theirs for mine, theirs in zip(one[2:], other[2:], strict=True))
    return not numbered and not any(apart)


def _given(name: str) -> tuple[str, ...]:
    return name_words(name)[:1]


def _names_agree(one: str, other: str) -> bool:
    first, second = name_words(one), name_words(other)
    return (
        core_name(one) == core_name(other)
        or same_name(one) == same_name(other)
        or without_umlauts(same_name(one)) == without_umlauts(same_name(other))
        or "".join(first) == "".join(second)
        or set(first) == set(second)
    )


def may_be_one(one: str, other: str) -> bool:
    """Whether two names may be one person's: P., Pat or Patricia of one surname, a name less, or one letter apart."""
    first, second = name_words(one), name_words(other)
    if min(len(first), len(second)) < 2:
        return False
    if _is_short_for(one, other):
        return True
    shorter, longer = sorted((first[0], second[0]), key=len)
    letters = "".join(first), "".join(second)
    return (first[-1] == second[-1] and longer.startswith(shorter)) or one_letter_apart(*letters)


def _is_short_for(one: str, other: str) -> bool:
    """Whether a name is another without one of its words, or with a short form: Rob or Robert, never P1 or P10."""
    first, second = name_words(one), name_words(other)
    if min(len(first), len(second)) < 2:
        return False
    shorter, longer = sorted((first[0], second[0]), key=len)
    a_form = first[1:] == second[1:] and longer.startswith(shorter) and longer.isalpha()
    return a_form or set(first) <= set(second) or set(second) <= set(first)
