"""Each claim's money on a day: paid, the patient's share, short, denied, or still owed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ims_billing.vocabulary.frames import ON_LEDGER, POSITIONS, POSTINGS, prove
from ims_billing.vocabulary.model import Payer


@dataclass(frozen=True)
class Position:
    """One claim's money, in cents; the amount claimed is the sum of all the others."""

    claimed: int
    paid: int = 0
    # The amount that the plan should pay in all, as far as the clinic or the insurer states it.
    expected: int = 0
    refused: bool = False
    # True once the insurer has paid or refused.
    answered: bool = False

    @property
    def outstanding(self) -> int:
        """The amount without an answer; below zero if more was paid than claimed."""
        rest = self.claimed - self.paid
        return 0 if self.answered and rest > 0 else rest

    @property
    def denied(self) -> int:
        """The amount that the insurer refuses."""
        return self.claimed - self.paid if self._rest and self.refused and self.paid <= 0 else 0

    @property
    def short(self) -> int:
        """The amount that the insurer should have paid and has not."""
        return max(0, min(self.expected, self.claimed) - self.paid) if self._rest and not self.denied else 0

    @property
    def patient_share(self) -> int:
        """The amount that the plan leaves to the patient."""
        return self.claimed - self.paid - self.short if self._rest and not self.denied else 0

    @property
    def _rest(self) -> bool:
        return self.answered and self.claimed > self.paid

    def sent_again(self) -> Position:
        """The position after the claim was sent again unchanged: it awaits an answer again."""
        return replace(self, answered=False, refused=False)

    def after(self, paid: int, expected: int, *, denied: bool) -> Position:
        """The position after a payment, a refusal, or a reversal (below zero).

        A payment that is reversed in full leaves the claim open again; the last answer explains the rest.
        """
        total = self.paid + paid
        if paid < 0:
            return replace(self, paid=total, answered=self.answered and total > 0)
        return Position(self.claimed, total, expected, denied, answered=True)


@dataclass(frozen=True)
class Answer:
    """A claim's position and what the insurer answered."""

    position: Position
    # The day of the first answer that stands.
    answered_on: Any
    # The insurer's last reason, as written.
    reason: str


def answers(claims: pd.DataFrame, postings: pd.DataFrame, as_of: dt.date | None = None) -> dict[str, Answer]:
    """Computes each claim's answer, by claim number.

    claims: ON_LEDGER
    postings: POSTINGS
    as_of: leaves out payments after this day, and those undone by then; None for all payments

    A claim that was voided by then claims 0 cents.
    """
    day = None if as_of is None else pd.Timestamp(as_of)
    prove(postings, POSTINGS)
    counts = postings["undone_on"].isna() if day is None else ~(postings["undone_on"] <= day)
    if day is not None:
        counts &= postings["paid_on"] <= day
    by_claim = {str(claim): part for claim, part in postings[counts].groupby("claim", sort=False)}
    by_number = {}
    columns = ["claim", "amount_cents", "voided_on"]
    for claim, amount, voided in prove(claims, ON_LEDGER)[columns].itertuples(index=False, name=None):
        taken_back = not pd.isna(voided) and (day is None or voided <= day)
        position = Position(0 if taken_back else int(amount))
        by_number[str(claim)] = (
            _folded(position, by_claim[claim]) if claim in by_claim else Answer(position, pd.NaT, "")
        )
    return by_number


def _folded(position: Position, postings: pd.DataFrame) -> Answer:
    """Applies postings to a claim's position, one after the other."""
    answered_on: Any = pd.NaT
    reason = ""
    columns = ["payment", "paid_cents", "expected_cents", "denied", "reason", "paid_on"]
    for payment, paid, expected, denied, written, on in postings[columns].itertuples(index=False, name=None):
        position = position.after(paid, expected, denied=denied) if payment else position.sent_again()
        if not position.answered:
            answered_on = pd.NaT
        elif pd.isna(answered_on):
            answered_on = on
        reason = written
    return Answer(position, answered_on, reason)


def positions(claims: pd.DataFrame, postings: pd.DataFrame, as_of: dt.date | None = None) -> pd.DataFrame:
    """POSITIONS of claims (ON_LEDGER) on a day; raises RuntimeError if the cents do not add up (a bug)."""
    names = [column.name for column in POSITIONS]
    paid = claims["claim"].isin(postings["claim"])
    rows = [
        (
            claim, answer.position.claimed, answer.position.paid, answer.position.patient_share,
            answer.position.short, answer.position.denied, answer.position.outstanding, answer.answered_on,
            answer.reason,
        )
        for claim, answer in answers(claims[paid], postings, as_of).items()
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=names, index=claims.index[paid]).reindex(claims.index)
    # Most claims have no posting, and wait for an answer whole.
    taken_back = claims["voided_on"].notna()
    if as_of is not None:
        taken_back &= claims["voided_on"] <= pd.Timestamp(as_of)
    claimed = claims["amount_cents"].mask(taken_back, 0)[~paid]
    frame.loc[~paid, names[1:7]] = 0
    frame.loc[~paid, "claim"], frame.loc[~paid, "reason"] = claims["claim"][~paid], ""
    frame.loc[~paid, "claimed_cents"] = frame.loc[~paid, "outstanding_cents"] = claimed
    frame = frame.astype({column.name: column.dtype for column in POSITIONS})
    totals(prove(frame, POSITIONS))
    return frame


def who_pays(claims: pd.DataFrame, postings: pd.DataFrame) -> tuple[Payer, ...]:
    """How each insurer has answered the IMS claims (ON_LEDGER) that stand, by its name; empty before any answer.

    A second insurer pays by what the first one left, which says nothing of how it treats IMS.
    """
    ims = claims[(claims["service"] == "ims") & claims["voided_on"].isna() & (claims["follows"] == "")]
    if postings.empty or ims.empty:
        return ()
    money = positions(ims, postings).set_axis(ims.index)
    payers = []
    for insurer, part in sorted(money.groupby(ims["insurer"]), key=lambda each: str(each[0]).casefold()):
        refused = part["denied_cents"] > 0
        waiting = part["outstanding_cents"] > 0
        less = ~refused & ~waiting & (part["paid_cents"] < part["claimed_cents"])
        reasons = part.loc[(refused | less) & (part["reason"] != ""), "reason"].value_counts()
        why = str(reasons.index[0]) if len(reasons) else ""
        full = len(part) - int(refused.sum()) - int(waiting.sum()) - int(less.sum())
        payers.append(Payer(str(insurer), full, int(less.sum()), int(refused.sum()), int(waiting.sum()), why))
    return tuple(payers)


def totals(frame: pd.DataFrame) -> dict[str, int]:
    """Adds up each column of POSITIONS, in cents; raises RuntimeError if they do not add up (a bug)."""
    sums = {name: int(frame[name].sum()) for name, dtype in _cents()}
    if sums["claimed_cents"] != sum(cents for name, cents in sums.items() if name != "claimed_cents"):
        raise RuntimeError(f"the cents do not add up: {sums}")
    return sums


def _cents() -> Iterable[tuple[str, str]]:
    return ((column.name, column.dtype) for column in POSITIONS if column.name.endswith("_cents"))
