"""The calendar months of sessions, and the one that is meant where nobody says which."""

from __future__ import annotations

import pandas as pd

from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.spelling import counted, month_text


def months_in(sessions: pd.DataFrame) -> dict[str, int]:
    """Counts sessions by month, in the order of the months; sessions without a date are left out."""
    counts = month_text(sessions["service_date"]).value_counts().sort_index()
    return {str(name): int(count) for name, count in counts.items() if name}


def only_month(sessions: pd.DataFrame) -> str:
    """Returns the one month of all sessions; raises BillingError with the counts if there are several or none."""
    counts = months_in(sessions)
    if len(counts) == 1:
        return next(iter(counts))
    if not counts:
        raise BillingError("No session has a date that can be read; say which month with --month 2026-10.")
    listed = ", ".join(f"{month} ({counted(count, 'session')})" for month, count in counts.items())
    most = max(counts, key=lambda month: counts[month])
    raise BillingError(f"The sessions lie in several months: {listed}. Say which to claim with --month {most}.")
