"""Each claim's money on a day: paid, the patient's share, short, denied, or still owed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ims_billing.vocabulary.entries import Posted, entries_of
from ims_billing.vocabulary.frames import ON_LEDGER, POSITIONS, POSTINGS, as_frame, prove
from ims_billing.vocabulary.rows import of_each_cell, rows_of

if TYPE_CHECKING:
    import pandas as pd

    from ims_billing.payments.reasons import Meaning
    from ims_billing.vocabulary.model import Payer

# The columns of ON_LEDGER by which answers are counted.
OF_ANSWERS = ("claim", "insurer", "amount_cents", "voided_on")


class Position(NamedTuple):
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
        """The position after the claim was sent again unchanged: it awaits an answer again, and what was short is."""
        was_short = self.short or not self.answered
        return self._replace(expected=self.expected if was_short else 0, answered=False, refused=False)

    def after(self, paid: int, expected: int, *, denied: bool, reason: str = "") -> Position:
        """The position after a payment, a refusal, or a reversal (below zero), as its own line states them.

        A payment that is reversed in full leaves the claim open again; the last answer explains the rest. Without a
        reason of its own, what was short before still is.
        """
        total = self.paid + paid
        if paid < 0:
            if total <= 0:
                return self._replace(paid=total, expected=0, answered=False)
            if _meaning(reason) != "patient-share":
                # What the insurer has paid once and takes back is not the patient's share.
                expected = max(expected, self.paid)
            return self._replace(paid=total, expected=max(self.expected, expected))
        # It is no less short for having been sent again.
        was_short = self.short or (not self.answered and self.expected > self.paid)
        if was_short and _meaning(reason) in ("", "nothing"):
            expected = max(expected, self.expected)
        return Position(self.claimed, total, expected, denied, answered=True)


def _meaning(reason: str) -> Meaning:
    # Most lines give no reason, and a command that only counts what is owed does without what reads one.
    if not reason:
        return ""
    from ims_billing.payments.reasons import meaning_of

    return meaning_of(reason)


class Answer(NamedTuple):
    """A claim's position and what the insurer answered."""

    position: Position
    # The day of the first answer that stands.
    answered_on: dt.date | None = None
    # The insurer's last reason, as written; it stays when the claim is sent again.
    reason: str = ""
    # Whether the insurer has answered at all, also before the claim was sent again or the payment reversed.
    was_received: bool = False

    def after(self, posted: Posted) -> Answer:
        """The answer after what a payment pays of the claim, or after the claim was sent again."""
        if posted.payment:
            position = self.position.after(
                posted.paid_cents, posted.expected_cents, denied=posted.denied, reason=posted.reason
            )
        else:
            position = self.position.sent_again()
        answered_on = (self.answered_on or posted.paid_on) if position.answered else None
        reason = posted.reason if posted.payment else self.reason
        return Answer(position, answered_on, reason, was_received=self.was_received or bool(posted.payment))


def answers_by(
    claims: Iterable[tuple[str, int, dt.date | None]], postings: Iterable[Posted], as_of: dt.date | None = None
) -> dict[str, Answer]:
    """Computes each claim's answer by a day, by claim number.

    claims: number, amount in cents, and the day on which it was voided, if it was
    postings: in the order of their days
    as_of: leaves out payments after this day, and those undone by then; None for all payments

    A claim that was voided by then claims 0 cents.
    """
    # Most claims are of few amounts, and many have no answer.
    unanswered = cache(lambda cents: Answer(Position(cents)))
    answers = {
        claim: unanswered(0 if voided_on and (as_of is None or voided_on <= as_of) else cents)
        for claim, cents, voided_on in claims
    }
    for posted in postings:
        if posted.claim in answers and posted.counts_on(as_of):
            answers[posted.claim] = answers[posted.claim].after(posted)
    return answers


def answers(claims: pd.DataFrame, postings: pd.DataFrame) -> dict[str, Answer]:
    """Each claim's answer by all payments, as `answers_by` does, of frames: claims (ON_LEDGER) and POSTINGS."""
    return _answers(prove(claims, ON_LEDGER), postings)


def _answers(claims: pd.DataFrame, postings: pd.DataFrame) -> dict[str, Answer]:
    columns = ("claim", "amount_cents", "voided_on")
    return answers_by(rows_of(claims, columns), entries_of(prove(postings, POSTINGS), Posted))


def positions(claims: pd.DataFrame, postings: pd.DataFrame) -> pd.DataFrame:
    """The POSITIONS of these claims, indexed like them, as `answers` gives them; their cents are proven.

    claims: ON_LEDGER, or OF_ANSWERS of it
    """
    by_claim = _answers(claims, postings)
    cents = of_each_cell([answer.position for answer in by_claim.values()], _in_cents)
    lines = [
        (claim, *amounts, answer.answered_on, answer.reason, answer.was_received)
        for (claim, answer), amounts in zip(by_claim.items(), cents, strict=True)
    ]
    frame = as_frame(lines, POSITIONS, claims.index)
    totals(frame)
    return frame


def _in_cents(position: Position) -> tuple[int, ...]:
    """The amounts of a position, as POSITIONS has them."""
    return (
        position.claimed,
        position.paid,
        position.patient_share,
        position.short,
        position.denied,
        position.outstanding,
    )


def who_pays(claims: pd.DataFrame, postings: pd.DataFrame, counts: pd.Series[int]) -> tuple[Payer, ...]:
    """How each insurer has answered the IMS claims that stand, by its name.

    claims: one claim (OF_ANSWERS) of each case; a second insurer pays by what the first one left, which says nothing
    of how it treats IMS
    postings: what was posted to them (POSTINGS)
    counts: how many claims are such a case, indexed like `claims`
    """
    from ims_billing.vocabulary.model import Payer

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
    sums = {c.name: int(frame[c.name].sum()) for c in POSITIONS if c.name.endswith("_cents")}
    if sums["claimed_cents"] != sum(cents for name, cents in sums.items() if name != "claimed_cents"):
        raise RuntimeError(f"the cents do not add up: {sums}")
    return sums
