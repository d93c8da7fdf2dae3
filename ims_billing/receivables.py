"""What became of each claim's money by a day: paid, the patient's share, short, denied, or still owed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ims_billing.model import ON_LEDGER, POSITIONS, POSTINGS, prove


@dataclass(frozen=True)
class Position:
    """One claim's money, in cents: what is claimed is the sum of all else.

    `expected` is what the plan should pay in all, as far as anybody says; `answered`: the insurer has paid or refused.
    """

    claimed: int
    paid: int = 0
    expected: int = 0
    refused: bool = False
    answered: bool = False

    @property
    def outstanding(self) -> int:
        """What nobody has answered for; below zero where more was paid than claimed."""
        rest = self.claimed - self.paid
        return 0 if self.answered and rest > 0 else rest

    @property
    def denied(self) -> int:
        """What the insurer refuses."""
        return self.claimed - self.paid if self._rest and self.refused and self.paid <= 0 else 0

    @property
    def short(self) -> int:
        """What the insurer should have paid and has not."""
        return max(0, min(self.expected, self.claimed) - self.paid) if self._rest and not self.denied else 0

    @property
    def patient_share(self) -> int:
        """What the plan leaves to the patient."""
        return self.claimed - self.paid - self.short if self._rest and not self.denied else 0

    @property
    def _rest(self) -> bool:
        return self.answered and self.claimed > self.paid

    def after(self, paid: int, expected: int, *, denied: bool) -> Position:
        """The position once a payment, a refusal, or the taking back of a payment (below zero) has come.

        What is taken back whole is open again; the last answer says how the rest is meant.
        """
        total = self.paid + paid
        if paid < 0:
            return replace(self, paid=total, answered=self.answered and total > 0)
        return Position(self.claimed, total, expected, denied, answered=True)


def positions(claims: pd.DataFrame, postings: pd.DataFrame, as_of: dt.date, batches: pd.DataFrame) -> pd.DataFrame:
    """The POSITIONS of every claim (ON_LEDGER) that was made by a day, by the payments (POSTINGS) up to it.

    `batches` has `month`, `batch` and `made_on`. Payments after the day do not count, nor what was undone by then; a
    claim that was taken back by then asks for nothing.
    """
    prove(claims, ON_LEDGER)
    day = pd.Timestamp(as_of)
    made = claims.merge(batches, on=["month", "batch"], how="left")["made_on"].set_axis(claims.index)
    here = claims[made <= day]
    counts = (postings["paid_on"] <= day) & ~(postings["undone_on"] <= day)
    by_claim = {str(claim): part for claim, part in prove(postings, POSTINGS)[counts].groupby("claim", sort=False)}
    told = []
    columns = ["claim", "amount_cents", "voided_on"]
    for claim, amount, voided in here[columns].itertuples(index=False, name=None):
        position = Position(0 if not pd.isna(voided) and voided <= day else amount)
        answered_on: Any = pd.NaT
        reason = ""
        part = by_claim.get(claim)
        if part is not None:
            position, answered_on, reason = _folded(position, part)
        told.append(
            (
                claim, position.claimed, position.paid, position.patient_share, position.short, position.denied,
                position.outstanding, answered_on, reason,
            )
        )  # fmt: skip
    frame = pd.DataFrame(told, columns=[column.name for column in POSITIONS])
    return prove(frame.astype({column.name: column.dtype for column in POSITIONS}), POSITIONS)


def _folded(position: Position, postings: pd.DataFrame) -> tuple[Position, Any, str]:
    """The position after these postings, the day of the first answer that stands, and what was said last."""
    answered_on: Any = pd.NaT
    reason = ""
    columns = ["paid_cents", "expected_cents", "denied", "reason", "paid_on"]
    for paid, expected, denied, said, on in postings[columns].itertuples(index=False, name=None):
        position = position.after(paid, expected, denied=denied)
        if not position.answered:
            answered_on, reason = pd.NaT, ""
        elif pd.isna(answered_on):
            answered_on = on
        reason = said or reason
    return position, answered_on, reason


def totals(frame: pd.DataFrame) -> dict[str, int]:
    """The sums of POSITIONS, in cents, by what they are; raises RuntimeError where they do not add up (a bug)."""
    sums = {name: int(frame[name].sum()) for name, dtype in _cents()}
    if sums["claimed_cents"] != sum(cents for name, cents in sums.items() if name != "claimed_cents"):
        raise RuntimeError(f"the cents do not add up: {sums}")
    return sums


def _cents() -> Iterable[tuple[str, str]]:
    return ((column.name, column.dtype) for column in POSITIONS if column.name.endswith("_cents"))
