"""Remarks on claims: findings that did not hold them."""

from __future__ import annotations

import pandas as pd

from ims_billing.vocabulary.grounds import Remark, remarks_of


def remarked(claims: pd.DataFrame) -> list[tuple[str, Remark]]:
    """Claim and remark for everything that was found on claims and did not hold them."""
    texts = claims["remarks"].tolist()
    # A decision has a line of its own.
    remarks = {text: [remark for remark in remarks_of(text) if not remark.decided] for text in set(texts)}
    return [
        (claim, remark) for claim, text in zip(claims["claim"].tolist(), texts, strict=True) for remark in remarks[text]
    ]
