"""What was sent, read back onto the ledger: claims with the numbers and batches that their workbooks bear."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from ims_billing.ledger.ledger import Ledger
from ims_billing.vocabulary.model import Run


def add_sent(
    ledger: Ledger, run: Run, number: int, numbers: Sequence[str], mark: str, voided: Mapping[str, tuple[int, str]]
) -> None:
    """Records claims that were sent, with the numbers, the batch and the mark that their workbooks bear.

    `voided` says which claims the batch took back, and what stands for each (empty: nothing).
    """
    if not ledger.rows("SELECT 1 FROM batch WHERE month = ? AND number = ?", run.month, number):
        ledger.insert_batch(run, number, run.origin, numbers, already_sent=True)
    if mark:
        ledger.run("UPDATE batch SET mark = ? WHERE month = ? AND number = ?", mark, run.month, number)
    for claim in voided:
        if ledger.rows("SELECT 1 FROM claim WHERE claim = ?", claim):
            void_sent(ledger, claim, run.as_of, number)
    instead = {replacing: claim for claim, (_, replacing) in voided.items() if replacing}
    replaces = [instead.get(n, r) for n, r in zip(numbers, run.claims["replaces"], strict=True)]
    follows = [_followed(ledger, line) for line in run.claims.to_dict("records")]
    claims = run.claims.assign(replaces=replaces, follows=follows).astype({"replaces": "str", "follows": "str"})
    ledger.insert_claims(run.month, number, numbers, claims)
    ledger.changed(run.month)


def _followed(ledger: Ledger, claim: Mapping[Any, Any]) -> str:
    """The first insurer's claim for the same visit, where there is one: two insurers are asked one after another."""
    rows = ledger.rows(
        "SELECT claim FROM claim WHERE patient = ? AND service_date = ? AND practitioner = ? AND insurer_id <> ? "
        "AND voided_on IS NULL AND follows IS NULL",
        claim["patient"],
        f"{claim['service_date']:%Y-%m-%d}",
        claim["practitioner"],
        claim["insurer_id"],
    )
    return str(rows[0][0]) if len(rows) == 1 else ""


def void_sent(ledger: Ledger, claim: str, on: dt.date, batch: int) -> None:
    """Voids a claim that was voided before this ledger knew of it, and whose insurer knows by a batch."""
    ledger.change_claims(
        "voided_on = ?, void_reason = ?, void_batch = CASE WHEN batch < ? THEN ? END",
        (on.isoformat(), "Voided before; read back from what was sent.", batch, batch),
        "claim = ? AND voided_on IS NULL",
        claim,
    )
