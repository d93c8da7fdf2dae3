"""A session's fingerprint: the hash of what a decision about it rests on, so that a later change is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pandas as pd

from ims_billing.vocabulary.spelling import day_text

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
    text = pd.Series("", index=sessions.index, dtype="str")
    for name in _COLUMNS:
        column = sessions[name]
        text += "\x1f" + (day_text(column) if name.endswith("_date") else column.astype("string").fillna(""))
    vague = (sessions["session_id"] == "") & (sessions["service_date"].isna() | (sessions["patient"] == ""))
    text += sessions["file"].map(files).astype("str").fillna("").where(vague, "")
    return pd.Series([_hash(row) for row in text], index=sessions.index, dtype="str")


def with_more(fingerprint: str, more: str) -> str:
    """Returns the fingerprint of a session together with something else that a decision rests on, such as a claim."""
    return _hash(fingerprint + more) if more else fingerprint


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
