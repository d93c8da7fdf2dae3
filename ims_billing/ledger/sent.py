"""Claims that were sent, read back onto the ledger with the numbers and batches that their workbooks bear."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ims_billing.ledger.ledger import Ledger
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.model import Run
from ims_billing.vocabulary.spelling import bare

# The plan of a claim, and the second plan that it names.
_PLANS = ("claim", "insurer", "policy", "member", "secondary_insurer", "secondary_policy")


@dataclass(frozen=True)
class SentBatch:
    """A batch that was sent, as its workbooks bear it."""

    number: int
    """Its number in the month."""
    mark: str
    """The mark on its workbooks; empty where they bear none."""
    claims: Sequence[str]
    """The numbers of the run's claims, in their order."""
    voided: Mapping[str, tuple[int, str]]
    """The claims that it voided: by which batch, and which claim replaces each (empty: none)."""
    at_once: Collection[str]
    """The claims whose insurer lets a second one be billed for the rest in the same batch."""


def add_sent(ledger: Ledger, run: Run, batch: SentBatch) -> None:
    """Records the claims of a run that were sent, with the numbers, batch and mark that their workbooks bear."""
    if not ledger.rows("SELECT 1 FROM batch WHERE month = ? AND number = ?", run.month, batch.number):
        ledger.insert_batch(run, batch.number, run.origin, batch.claims, already_sent=True)
    if batch.mark:
        ledger.run("UPDATE batch SET mark = ? WHERE month = ? AND number = ?", batch.mark, run.month, batch.number)
    void_sent(ledger, dict.fromkeys(batch.voided, run.as_of), batch.number)
    instead = {replacing: claim for claim, (_, replacing) in batch.voided.items() if replacing}
    replaces = [instead.get(n, r) for n, r in zip(batch.claims, run.claims["replaces"], strict=True)]
    for claim, old in zip(batch.claims, replaces, strict=True):
        if old and not ledger.rows("SELECT 1 FROM claim WHERE claim = ? AND voided_on IS NOT NULL", old):
            raise BillingError(
                f"{claim} replaces {old}, which neither these files nor the ledger have as a voided claim. Name the "
                "files of that claim's month and batch too."
            )
    sent = run.claims.assign(claim=list(batch.claims))
    lines = sent.to_dict("records")
    follows = [_followed(ledger, line, lines, batch.at_once) for line in lines]
    claims = sent.assign(replaces=replaces, follows=follows).astype({"replaces": "str", "follows": "str"})
    # What a claim follows is there before it.
    claims = claims.sort_values("follows", key=lambda first: first != "", kind="stable", ignore_index=True)
    ledger.claims.insert(run.month, batch.number, list(claims["claim"]), claims.drop(columns="claim"))
    ledger.months.count_change(run.month)


def _followed(
    ledger: Ledger, claim: Mapping[Any, Any], batch: Sequence[Mapping[Any, Any]], at_once: Collection[str]
) -> str:
    """The first insurer's claim for the same visit, where there is one: two insurers are asked one after another.

    It is the one that names this claim's plan as the second, in the same batch or before. The CSV names none: there it
    is the one `at_once` in the batch, else the only one before that is of another plan.
    """
    visit = (claim["patient"], f"{claim['service_date']:%Y-%m-%d}", claim["practitioner"])
    before = ledger.rows(
        f"SELECT {', '.join(_PLANS)} FROM claim "
        "WHERE patient = ? AND service_date = ? AND practitioner = ? AND voided_on IS NULL AND follows IS NULL",
        *visit,
    )
    beside = [
        tuple(line[name] for name in _PLANS)
        for line in batch
        if (line["patient"], f"{line['service_date']:%Y-%m-%d}", line["practitioner"]) == visit and line is not claim
    ]
    plan = (claim["insurer"], bare(claim["policy"]), bare(claim["member"]))
    named = [first for first, *_, insurer, policy in (*before, *beside) if (insurer, bare(policy)) == plan[:2]]
    in_batch = [first for first, *_ in beside if first in at_once and claim["claim"] not in at_once]
    others = [first for first, insurer, policy, member, *_ in before if (insurer, bare(policy), bare(member)) != plan]
    firsts = named or in_batch or others
    return str(firsts[0]) if len(firsts) == 1 else ""


def void_sent(ledger: Ledger, claims: Mapping[str, dt.date], batch: int) -> None:
    """Voids claims, each on its day, that were voided before this ledger knew of them; of others it does nothing.

    Their insurers know of it by `batch`, where that is a later one than the claim's own.
    """
    # What follows a claim is voided before it.
    standing = ledger.rows(
        "SELECT claim FROM claim WHERE voided_on IS NULL AND claim IN (SELECT value FROM json_each(?)) "
        "ORDER BY follows IS NULL",
        json.dumps(list(claims)),
    )
    for (claim,) in standing:
        ledger.claims.change(
            "voided_on = ?, void_reason = ?, void_batch = CASE WHEN batch < ? THEN ? END",
            (claims[claim].isoformat(), "Voided before; read back from what was sent.", batch, batch),
            "claim = ?",
            claim,
        )
