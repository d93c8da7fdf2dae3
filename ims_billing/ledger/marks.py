"""By what ledgers and batches are told apart: made of what they hold, so that the same inputs give the same files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable

_LENGTH = 12


def batch_mark(before: str, month: str, number: int, facts: str, claims: Iterable[Collection[object]]) -> str:
    """The mark of a batch: by what it holds and by the mark of the batch before, so that no two ledgers share one.

    `facts` are its day and how it went out; of each claim of `claims` what tells it. The same inputs in the same order
    of batches give the same marks, so the files that bear them repeat to the byte: no clock and no chance is in them.
    """
    content = json.dumps([before, month, number, facts, [list(claim) for claim in claims]])
    return hashlib.sha256(content.encode()).hexdigest()[:_LENGTH]


def ledger_id(clinic: str, facts: str) -> str:
    """The id of a ledger, by its clinic and the first thing that was recorded on it."""
    return hashlib.sha256(f"{clinic}\x1f{facts}".encode()).hexdigest()[:_LENGTH]
