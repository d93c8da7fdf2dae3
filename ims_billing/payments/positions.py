"""Each claim's money on a day: paid, the patient's share, short, denied, or still owed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ims_billing.vocabulary.frames import ON_LEDGER, POSITIONS, POSTINGS, prove
from ims_billing.vocabulary.model import Payer

# The columns of ON_LEDGER by which answers are counted.
OF_ANSWERS = ("claim", "insurer", "amount_cents", "voided_on")


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
    folded = _folded(prove(claims, ON_LEDGER), postings, as_of)
    return {
        str(claim): Answer(Position(claimed, paid, expected, refused, answered), answered_on, reason)
        for claim, claimed, paid, expected, refused, answered, answered_on, reason in folded.itertuples(
            index=False, name=None
        )
    }


def _folded(claims: pd.DataFrame, postings: pd.DataFrame, as_of: dt.date | None) -> pd.DataFrame:
    """What became of each claim, as the fields of Position and Answer, with the claims' index.

    `claims` needs `claim`, `amount_cents` and `voided_on` only.
    """
    day = None if as_of is None else pd.Timestamp(as_of)
    prove(postings, POSTINGS)
    counts = postings["undone_on"].isna() if day is None else ~(postings["undone_on"] <= day)
    if day is not None:
        counts &= postings["paid_on"] <= day
    taken_back = claims["voided_on"].notna() if day is None else claims["voided_on"] <= day
    folded = pd.DataFrame(
        {
            "claim": claims["claim"],
            "claimed": claims["amount_cents"].mask(taken_back, 0),
            "paid": 0,
            "expected": 0,
            "refused": False,
            "answered": False,
            "answered_on": pd.Series(pd.NaT, index=claims.index, dtype="datetime64[us]"),
            "reason": pd.Series("", index=claims.index, dtype="str"),
        }
    )
    ours = postings[(counts & postings["claim"].isin(claims["claim"])).to_numpy()]
    several = ours["claim"].duplicated(keep=False) | (ours["payment"] == 0) | (ours["paid_cents"] < 0)
    # Most claims are answered once: their answers are taken by whole columns, a hundred times as fast.
    once = ours[~several].set_index("claim")
    place = once.index.get_indexer(pd.Index(claims["claim"]))
    there = place >= 0
    for name, column in (
        ("paid", "paid_cents"), ("expected", "expected_cents"), ("refused", "denied"), ("answered_on", "paid_on"),
        ("reason", "reason"),
    ):  # fmt: skip
        folded.loc[there, name] = once[column].to_numpy()[place[there]]
    folded.loc[there, "answered"] = True
    if several.any():
        by_claim = {str(claim): part for claim, part in ours[several].groupby("claim", sort=False)}
        of_several = folded["claim"].isin(by_claim)
        folded.loc[of_several] = [
            (claim, *_one_after_another(int(claimed), by_claim[claim]))
            for claim, claimed in folded.loc[of_several, ["claim", "claimed"]].itertuples(index=False, name=None)
        ]
    return folded


def _one_after_another(claimed: int, postings: pd.DataFrame) -> tuple[Any, ...]:
    """What became of a claim after these postings: the fields of its Position, and of its Answer."""
    position = Position(claimed)
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
    return (*astuple(position), answered_on, reason)


def positions(claims: pd.DataFrame, postings: pd.DataFrame, as_of: dt.date | None = None) -> pd.DataFrame:
    """The POSITIONS of these claims (ON_LEDGER) by a day, as `answers` gives them; their cents are proven.

    The amounts are those of Position, by whole columns.
    """
    folded = _folded(claims, postings, as_of)
    claimed, paid = folded["claimed"].to_numpy(), folded["paid"].to_numpy()
    answered, refused = folded["answered"].to_numpy(dtype=bool), folded["refused"].to_numpy(dtype=bool)
    left = claimed - paid
    rest = answered & (left > 0)
    denied = np.where(rest & refused & (paid <= 0), left, 0)
    due = np.maximum(0, np.minimum(folded["expected"].to_numpy(), claimed) - paid)
    short = np.where(rest & (denied == 0), due, 0)
    frame = pd.DataFrame(
        {
            "claim": folded["claim"],
            "claimed_cents": claimed,
            "paid_cents": paid,
            "patient_share_cents": np.where(rest & (denied == 0), left - short, 0),
            "short_cents": short,
            "denied_cents": denied,
            "outstanding_cents": np.where(rest, 0, left),
            "answered_on": folded["answered_on"],
            "reason": folded["reason"],
        },
        index=claims.index,
    ).astype({column.name: column.dtype for column in POSITIONS})
    totals(prove(frame, POSITIONS))
    return frame


def who_pays(claims: pd.DataFrame, postings: pd.DataFrame, counts: pd.Series[int]) -> tuple[Payer, ...]:
    """How each insurer has answered the IMS claims that stand, by its name.

    claims: one claim (OF_ANSWERS) of each case; a second insurer pays by what the first one left, which says nothing
    of how it treats IMS
    postings: what was posted to them (POSTINGS)
    counts: how many claims are such a case, indexed like `claims`
    """
    money = positions(claims, postings).assign(claims=counts)
    payers = []
    for insurer, part in sorted(money.groupby(claims["insurer"]), key=lambda each: str(each[0]).casefold()):
        refused = part["denied_cents"] > 0
        waiting = part["outstanding_cents"] > 0
        less = ~refused & ~waiting & (part["paid_cents"] < part["claimed_cents"])
        reasons = part[(refused | less) & (part["reason"] != "")].groupby("reason", sort=False)["claims"].sum()
        # Of several reasons as frequent, the first claim's.
        why = str(reasons.idxmax()) if len(reasons) else ""
        refusals, waits, short = (int(part.loc[these, "claims"].sum()) for these in (refused, waiting, less))
        full = int(part["claims"].sum()) - refusals - waits - short
        payers.append(Payer(str(insurer), full, short, refusals, waits, why))
    return tuple(payers)


def totals(frame: pd.DataFrame) -> dict[str, int]:
    """Adds up each column of POSITIONS, in cents; raises RuntimeError if they do not add up (a bug)."""
    sums = {name: int(frame[name].sum()) for name, dtype in _cents()}
    if sums["claimed_cents"] != sum(cents for name, cents in sums.items() if name != "claimed_cents"):
        raise RuntimeError(f"the cents do not add up: {sums}")
    return sums


def _cents() -> Iterable[tuple[str, str]]:
    return ((column.name, column.dtype) for column in POSITIONS if column.name.endswith("_cents"))
