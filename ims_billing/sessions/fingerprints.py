"""A session's fingerprint: the hash of what a decision about it rests on, so that a later change is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pandas as pd

from ims_billing.vocabulary.rows import rows_of

# The columns that a decision rests on: if one of these changed, a person might decide otherwise.
_COLUMNS = (
    "service_date",
    "start",
    "end",
    "minutes",
    "patient",
    "patient_id",
    "birth_date",
    "phn",
    "practitioner",
    "service_name",
    "visit",
    "status",
    "billed",
    "insurer",
    "policy",
    "member",
    "relationship",
    "insured",
    "payer_file_number",
    "accident_date",
    "secondary_insurer",
    "fee_cents",
    "fee_stated",
    "tax_cents",
    "location",
)


def fingerprints(sessions: pd.DataFrame, files: Mapping[str, str]) -> pd.Series[str]:
    """Returns the fingerprint of each session (SESSIONS), indexed like them.

    `files` has the SHA-256 of each input file by name. A session without an id and without a day or a patient can
    only be known by its row, so its file's hash is part of the fingerprint.
    """
    vague = (sessions["session_id"] == "") & (sessions["service_date"].isna() | (sessions["patient"] == ""))
    more = [files.get(file, "") if unsure else "" for file, unsure in zip(sessions["file"], vague, strict=True)]
    cells = (["" if cell is None else str(cell) for cell in row] for row in rows_of(sessions, _COLUMNS))
    hashed = [_hash("".join(f"\x1f{cell}" for cell in row) + file) for row, file in zip(cells, more, strict=True)]
    return pd.Series(hashed, index=sessions.index, dtype="str")


def with_more(fingerprint: str, more: str) -> str:
    """Returns the fingerprint of a session together with something else that a decision rests on, such as a claim."""
    return _hash(fingerprint + more) if more else fingerprint


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
