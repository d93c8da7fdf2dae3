"""All the files of one command into one sessions frame, with what repeats in another file counted once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ims_billing.clinic import Clinic
from ims_billing.findings import BillingError
from ims_billing.identity import same_session
from ims_billing.model import CELL_FINDINGS, SESSIONS, FileRead, Intake, prove
from ims_billing.reading.layout import recognise
from ims_billing.reading.sessions import sessions_frame
from ims_billing.reading.spreadsheet import read_tables
from ims_billing.rulebook import published

_PLACE = ("file", "sheet", "row")


def read_files(paths: Sequence[Path], clinic: Clinic, started: Callable[[str], None] = lambda _: None) -> Intake:
    """The sessions of all files, in the order of the files' names, so that the order they came in is nothing.

    Calls `started` with the name of each file before it is read. Raises BillingError, which names the file,
    where one cannot be read.
    """
    rules = published().layouts
    frames, bad, read = [], [], []
    headings: dict[str, frozenset[str]] = {}
    size = 0
    for path, name in _named(paths):
        started(name)
        content = _content(path, name)
        found = recognise(read_tables(path, name, content), rules.sessions, name)
        frame, cell_findings, asides = sessions_frame(found, clinic, rules, name)
        frames.append(frame)
        bad.append(cell_findings.assign(session=cell_findings["session"] + size))
        size += len(frame)
        headings[name] = _filled_columns(frozenset(found.columns), bool(found.unknown))
        read.append((name, hashlib.sha256(content).hexdigest(), len(frame), asides))
    sessions = pd.concat(frames, ignore_index=True)
    repeated = _repeated(sessions, headings)
    cell_findings = pd.concat(bad, ignore_index=True)
    cell_findings = cell_findings[~cell_findings["session"].isin(sessions.index[repeated])]
    new_labels = pd.Series(np.cumsum(~repeated) - 1, index=sessions.index)
    cell_findings = cell_findings.assign(session=cell_findings["session"].map(new_labels).astype("int64"))
    again = sessions.loc[repeated, "file"].value_counts()
    files = tuple(
        FileRead(
            file=name,
            layout="sessions",
            sha256=sha256,
            rows=rows + len(asides),
            sessions=rows - int(again.get(name, 0)),
            repeated=int(again.get(name, 0)),
            tied=0,
            asides=tuple(asides),
        )
        for name, sha256, rows, asides in read
    )
    kept = sessions[~repeated].reset_index(drop=True)
    return Intake(
        sessions=prove(kept, SESSIONS),
        cell_findings=prove(cell_findings.reset_index(drop=True), CELL_FINDINGS),
        files=files,
    )


def _named(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Each file once, with the shortest name that tells it from the others, in the order of those names."""
    once = list({path.resolve(): path for path in paths}.values())
    named = []
    for path in once:
        parts = path.resolve().parts
        for count in range(1, len(parts) + 1):
            tail = parts[-count:]
            if sum(other.resolve().parts[-count:] == tail for other in once) == 1:
                break
        named.append((path, "/".join(tail)))
    return sorted(named, key=lambda pair: pair[1])


def _content(path: Path, name: str) -> bytes:
    try:
        if path.is_dir():
            raise BillingError(f"{name}: this is a folder. Name the spreadsheets in it.")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BillingError(f"{path}: there is no such file.") from error
    except PermissionError as error:
        raise BillingError(
            f"{name}: the file cannot be opened. Close it where it is open, or ask who may read it."
        ) from error
    except OSError as error:
        raise BillingError(f"{name}: the file cannot be read: {error.strerror}.") from error


def _filled_columns(fields: frozenset[str], has_others: bool) -> frozenset[str]:
    """The columns of the sessions frame that a file's headings fill."""
    derived = {
        "fee": ("fee_cents", "fee_stated"),
        "patient_paid": ("patient_paid_cents",),
        "tax": ("tax_cents",),
    }
    filled = {column for field in fields for column in derived.get(field, (field,))}
    return frozenset(filled | ({"elsewhere"} if has_others else set()))


def _repeated(
    sessions: pd.DataFrame, headings: dict[str, frozenset[str]]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which rows are the same session as one in an earlier file and equal it in every column both files have."""
    repeated = np.zeros(len(sessions), dtype=bool)
    if len(headings) < 2:
        return repeated
    cells = sessions.drop(columns=list(_PLACE))
    content = pd.util.hash_pandas_object(cells, index=False).to_numpy()
    group = same_session(sessions, cells=content)
    files = sessions["file"]
    several = files.groupby(group).transform("nunique") > 1
    columns = {name: cells[name].to_numpy() for name in cells.columns}
    file_of = files.to_numpy()
    for members in group[several].groupby(group[several]).groups.values():
        kept: list[int] = []
        for row in sorted(int(member) for member in members):
            repeated[row] = any(
                file_of[row] != file_of[earlier]
                and (
                    content[row] == content[earlier]
                    or _agree(columns, headings[file_of[row]] & headings[file_of[earlier]], row, earlier)
                )
                for earlier in kept
            )
            if not repeated[row]:
                kept.append(row)
    return repeated


def _agree(columns: Mapping[str, Any], common: frozenset[str], row: int, other: int) -> bool:
    """Whether two rows say the same in the columns that both their files have."""
    for name in common & columns.keys():
        one, two = columns[name][row], columns[name][other]
        if one is not two and one != two and not (pd.isna(one) and pd.isna(two)):
            return False
    return True
