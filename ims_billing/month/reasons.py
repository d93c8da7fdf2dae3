"""Why a session is not billed, before any check looks at it: the first reason that applies."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np
import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.sessions.decisions import Decided
from ims_billing.vocabulary.fields import CORRECTS
from ims_billing.vocabulary.findings import REASONS
from ims_billing.vocabulary.frames import SELF_PAY
from ims_billing.vocabulary.kinds import DID_NOT_TAKE_PLACE
from ims_billing.vocabulary.spelling import bare, month_text


def reasons_not_to_bill(sessions: pd.DataFrame, clinic: Clinic, as_of: dt.date, *, month: str | None) -> pd.Series[str]:
    """Returns by session (CLASSIFIED) the first reason not to bill it, empty where there is none.

    `month` is the month that is billed, None for any. A session whose date cannot be read has no reason: it is held
    for its date, whatever else it is.
    """
    date = sessions["service_date"]
    here = {bare(name) for name in clinic.block.locations}
    elsewhere = [text for text in sessions["location"].unique() if bare(text) not in here | {""}] if here else []
    nowhere = pd.Series(False, index=sessions.index)
    # A session without a service cannot be another service's: the checks hold it for what is missing.
    other_service = ~sessions["service"].isin(clinic.block.bill) & (sessions["service_name"] != "")
    rules: list[tuple[pd.Series[bool], str | pd.Series[str]]] = [
        (date.isna(), ""),
        ((month_text(date) != month) if month else nowhere, "outside-month"),
        (sessions["status"].isin(DID_NOT_TAKE_PLACE), sessions["status"]),
        (other_service, "other-service"),
        (sessions["fee_stated"] & (sessions["fee_cents"] == 0), "no-charge"),
        (sessions["insurer_id"] == SELF_PAY, "self-pay"),
        (sessions["location"].isin(elsewhere) if elsewhere else nowhere, "other-location"),
        (sessions["insurer_paid"], "already-paid"),
        (sessions["billed"], "billed-elsewhere"),
        (date > pd.Timestamp(as_of), "in-the-future"),
    ]
    reason = np.select([rows for rows, _ in rules], [reason for _, reason in rules], default="")
    return pd.Series(reason, index=sessions.index, dtype="str")


# By reason, the field that it looks at.
_LOOKS_AT = {reason.reason: reason.field for reason in REASONS.values() if reason.field}


class TakenOut(NamedTuple):
    """A session that is not billed because of a correct value: why, and its fee as read, in cents."""

    session: int
    reason: str
    cents: int


def taken_out(read: pd.DataFrame, judged: pd.DataFrame, decided: Decided) -> tuple[TakenOut, ...]:
    """The sessions that a correct value takes out of the month (`read`: SESSIONS as read; `judged`: JUDGED).

    Nothing is corrected but what holds a session, so the reason is the value's where it looks at the corrected field.
    """
    if not decided.corrected:
        return ()
    fields: dict[int, set[str]] = {}
    for session, kind in decided.corrected:
        fields.setdefault(session, set()).update(CORRECTS[kind] or _LOOKS_AT.values())
    out = judged[judged.index.isin(list(fields)) & (judged["outcome"] == "not_billed")]
    cents = read.loc[out.index, "fee_cents"].tolist()
    each = zip(out.index.tolist(), out["reason"], cents, strict=True)
    return tuple(TakenOut(*one) for one in each if _LOOKS_AT.get(one[1]) in fields[one[0]])
