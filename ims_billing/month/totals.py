"""The control totals: every row and every cent that came in is in exactly one outcome."""

from __future__ import annotations

import pandas as pd

from ims_billing.vocabulary.intake import Intake
from ims_billing.vocabulary.kinds import DID_NOT_TAKE_PLACE, OUTCOMES
from ims_billing.vocabulary.model import Totals


def proven_totals(intake: Intake, sessions: pd.DataFrame, claims: pd.DataFrame, cents_read: int) -> Totals:
    """Returns the control totals; raises RuntimeError if they do not add up, which is a bug and never a loss.

    `sessions` are judged (JUDGED), with corrections; `cents_read` is the sum of their fees as read, before those.
    """
    files = intake.files
    fees = {name: sessions["fee_cents"][sessions["outcome"] == name] for name in OUTCOMES}
    took_place = ~sessions["status"].isin(DID_NOT_TAKE_PLACE)
    took_place &= ~sessions["reason"].isin(("outside-month", "in-the-future")) & sessions["service_date"].notna()
    totals = Totals(
        rows=sum(file.rows for file in files),
        sessions=len(sessions),
        repeated=sum(file.repeated for file in files),
        tied=sum(file.tied for file in files),
        set_aside=sum(file.set_aside for file in files),
        counts={name: len(own) for name, own in fees.items()},
        cents_read=cents_read,
        cents_corrected=int(sessions["fee_cents"].sum()) - cents_read,
        cents={name: int(own.sum()) for name, own in fees.items()},
        took_place=int(took_place.sum()),
        ims=int((took_place & (sessions["service"] == "ims")).sum()),
    )
    adds_up = (
        all(f.rows == f.sessions + f.repeated + f.tied + f.set_aside for f in files)
        and sum(f.sessions for f in files) == totals.sessions == sum(totals.counts.values())
        and totals.cents_read + totals.cents_corrected == sum(totals.cents.values())
        and len(claims) == totals.counts["claimed"]
        and int(claims["fee_cents"].sum()) == totals.cents["claimed"]
    )
    if not adds_up:
        raise RuntimeError(f"the control totals do not add up: {totals}")
    return totals
