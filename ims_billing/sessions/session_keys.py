"""The opaque keys by which sessions are named in workbooks and decisions."""

from __future__ import annotations

import hashlib

import pandas as pd

from ims_billing.vocabulary.identity import own_key
from ims_billing.vocabulary.spelling import sources


def opaque_keys(sessions: pd.DataFrame) -> pd.Series[str]:
    """Makes a key per session that holds no patient data and stays the same from run to run.

    The key is the hash of the session id, else of the row's own cells, else of its place; copies are numbered.
    """
    base = sessions["session_id"]
    for key in (own_key, sources):
        without = base == ""
        if without.any():
            base = base.mask(without, key(sessions[without]).reindex(base.index, fill_value=""))
    ordinals = base.groupby(base).cumcount().tolist() if base.duplicated().any() else [0] * len(base)
    places = zip(base.tolist(), ordinals, strict=True)
    hashed = [hashlib.sha256(f"{text}\x1f{ordinal}".encode()).hexdigest()[:12] for text, ordinal in places]
    return pd.Series(hashed, index=sessions.index, dtype="str")
