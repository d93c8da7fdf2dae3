"""Rows of the ledger without a frame around them: what is owed, sent and on hold is worked out of these."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from ims_billing.vocabulary.rows import rows_of

if TYPE_CHECKING:
    import pandas as pd

E = TypeVar("E", bound=tuple[Any, ...])


class Claimed(NamedTuple):
    """A claim; the fields are columns of ON_LEDGER."""

    claim: str
    month: str
    batch: int
    insurer_id: str
    insurer: str
    service_date: dt.date
    patient: str
    policy: str
    member: str
    amount_cents: int
    follows: str
    send_by: dt.date | None
    voided_on: dt.date | None
    void_batch: int | None

    def stands_on(self, day: dt.date) -> bool:
        """True if it is not voided by the end of a day."""
        return self.voided_on is None or self.voided_on > day


class Posted(NamedTuple):
    """The amount that a payment pays of a claim, or, with payment 0, a claim sent again; the columns of POSTINGS."""

    payment: int
    claim: str
    paid_cents: int
    expected_cents: int
    denied: bool
    reason: str
    paid_on: dt.date
    undone_on: dt.date | None

    def counts_on(self, day: dt.date | None) -> bool:
        """True if it is posted, and not undone, by the end of a day; None for the end of all days."""
        if day is None:
            return self.undone_on is None
        return self.paid_on <= day and (self.undone_on is None or self.undone_on > day)


class Note(NamedTuple):
    """A note of somebody about a claim; the columns of WORK."""

    claim: str
    owner: str
    status: str
    sent_on: dt.date | None
    note: str
    noted_on: dt.date


class BatchDay(NamedTuple):
    """When a batch was made, and whether it was sent before this program came."""

    month: str
    batch: int
    claimed_on: dt.date
    already_sent: bool


class Sending(NamedTuple):
    """A note about an insurer's workbook of a batch; the columns of SENDINGS."""

    month: str
    batch: int
    insurer_id: str
    sent: str
    sent_on: dt.date | None
    confirmation: str

    @property
    def workbook(self) -> tuple[str, int, str]:
        """The workbook that it is about: month, batch and the insurer's id."""
        return self[:3]


class OnHold(NamedTuple):
    """A session that needs attention; the fields are columns of EARLIER."""

    month: str
    session: str
    service_date: dt.date | None
    insurer: str
    fee_cents: int
    source: str


def entries_of(frame: pd.DataFrame, kind: type[E]) -> list[E]:
    """The rows of a frame that has the columns of this kind of entry."""
    entry = cast("Any", kind)
    return list(map(entry._make, rows_of(frame, entry._fields)))
