"""Overlapping exports: the same session in another file counts once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ims_billing.vocabulary.identity import contents, natural_keys, same_session

# More copies of one session than this are no session: only equal ones are looked for among them.
_COMPARED = 50
_DERIVED = {
    "fee": ("fee_cents", "fee_stated"),
    "patient_paid": ("patient_paid_cents",),
    "tax": ("tax_cents",),
    # Jane's fields
    "start_at": ("service_date", "start"),
    "end_at": ("end", "minutes"),
    "last_name": ("patient",),
}


def filled_columns(fields: frozenset[str], has_others: bool) -> frozenset[str]:
    """The columns of the sessions frame that a file's headings fill."""
    filled = {column for field in fields for column in _DERIVED.get(field, (field,))}
    return frozenset(filled | ({"elsewhere"} if has_others else set()))


def drop_repeats(
    sessions: pd.DataFrame, cell_findings: pd.DataFrame, columns: Mapping[str, frozenset[str]]
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, int]]:
    """The SESSIONS frame without repeats, its CELL_FINDINGS, and how many rows of each file are repeats.

    A row repeats one of another file where both are the same session and equal in every column that both files
    have (`columns`, by file).
    """
    of = _repeated(sessions, columns)
    repeated = np.array([row in of for row in range(len(sessions))], dtype=bool)
    again = {str(name): int(count) for name, count in sessions.loc[repeated, "file"].value_counts().items()}
    if not again:
        return sessions, cell_findings.reset_index(drop=True), again
    also = {row: {*files.splitlines()} for row, files in enumerate(sessions["again_in"])}
    place = (sessions["file"] + "\t" + sessions["sheet"] + "\t" + sessions["row"].astype("str")).tolist()
    beside = {row: places.splitlines() for row, places in enumerate(sessions["beside"])}
    for row, kept in of.items():
        also[kept] |= {str(sessions.at[row, "file"]), *also[row]}
        beside[kept] += [place[row], *beside[row]]
    there = {"again_in": ["\n".join(sorted(files)) for files in also.values()]}
    there["beside"] = ["\n".join(rows) for rows in beside.values()]
    sessions = sessions.assign(**{n: pd.Series(cells, index=sessions.index, dtype="str") for n, cells in there.items()})
    findings = cell_findings[~cell_findings["session"].isin(sessions.index[repeated])]
    new_labels = pd.Series(np.cumsum(~repeated) - 1, index=sessions.index)
    findings = findings.assign(session=findings["session"].map(new_labels).astype("int64"))
    return sessions[~repeated].reset_index(drop=True), findings.reset_index(drop=True), again


def _repeated(sessions: pd.DataFrame, headings: Mapping[str, frozenset[str]]) -> dict[int, int]:
    """The rows that repeat one of another file, each with the row that is kept."""
    of: dict[int, int] = {}
    if sessions["file"].nunique() < 2:
        return of
    content = contents(sessions).to_numpy()
    group = same_session(sessions, natural_keys(sessions))
    files = sessions["file"]
    several = files.groupby(group).transform("nunique") > 1
    columns = {name: sessions[name].to_numpy() for name in sessions.columns}
    file_of = files.to_numpy()
    for members in group[several].groupby(group[several]).groups.values():
        rows = [int(member) for member in members]
        copies = Counter(file_of[row] for row in rows)
        # The file with most copies keeps them all: twice within one file is for a person to look at.
        rows.sort(key=lambda row: (-copies[file_of[row]], file_of[row], row))
        kept: list[int] = []
        first: dict[int, int] = {}
        for row in rows:
            same = first.setdefault(content[row], row)
            if file_of[same] != file_of[row]:
                of[row] = of.get(same, same)
                continue
            alike = (
                earlier
                for earlier in kept[:_COMPARED]
                if file_of[row] != file_of[earlier]
                and _agree(columns, headings[file_of[row]] & headings[file_of[earlier]], row, earlier)
            )
            earlier = next(alike, None)
            if earlier is None:
                kept.append(row)
            else:
                of[row] = earlier
    return of


# What settles whether a visit is billed, and by whom: a copy that says more than the other is no mere repeat.
_SETTLING = frozenset({"status", "billed", "insurer_paid", "patient_paid_cents"})


def _agree(columns: Mapping[str, Any], common: frozenset[str], row: int, other: int) -> bool:
    """Whether two rows say the same in the columns that both their files have, and on whether the visit is billed."""
    common |= _SETTLING
    for name in ("insurer", "fee_cents"):
        # Tied sales fill these in, whatever headings the appointments have.
        stated = columns["fee_stated" if name == "fee_cents" else name]
        if stated[row] and stated[other]:
            common |= {name}
    for name in common & columns.keys():
        one, two = columns[name][row], columns[name][other]
        if one is not two and not (pd.isna(one) and pd.isna(two)) and (pd.isna(one) or pd.isna(two) or one != two):
            return False
    return True
