"""What was found on claims and did not hold them."""

from __future__ import annotations

import pandas as pd

from ims_billing.vocabulary.grounds import Remark, remarks_of


def remarked(claims: pd.DataFrame) -> list[tuple[str, Remark]]:
    """Claim and remark for everything that was found on claims and did not hold them."""
    return [
        (claim, remark)
        for claim, remarks in zip(claims["claim"], claims["remarks"], strict=True)
        for remark in remarks_of(remarks)
        if not remark.decided  # a decision has a line of its own
    ]
