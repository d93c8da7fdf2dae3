"""The page of a claim: what it rests on, whether it was sent, and what its insurer answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ims_billing.month.page import (
    NAMED,
    Fact,
    Facts,
    Page,
    Part,
    amount_words,
    cells_at,
    claim_words,
    clock_words,
    kind_label,
    service_words,
)
from ims_billing.payments.positions import answers_by
from ims_billing.vocabulary.entries import Posted, Sending
from ims_billing.vocabulary.grounds import Ground, grounds_of, remarks_of
from ims_billing.vocabulary.model import Batch
from ims_billing.vocabulary.quoting import Names
from ims_billing.vocabulary.spelling import dollars

_EARLIER = "an earlier version of the program, which did not keep it"


def claim_page(
    claims: pd.DataFrame, batch: Batch, sending: Sending | None = None, postings: Sequence[Posted] = ()
) -> Page:
    """Builds the page of a claim, with its grounds as they were on the day it was claimed.

    claims: one row, ON_LEDGER
    batch: the batch of the claim
    sending: what was noted about its workbook
    postings: what was posted to it, in the order of its days
    Raises BillingError if a trial version wrote the grounds in a form that cannot be read.
    """
    claim = cells_at(claims, claims.index[0])
    parts = [
        Part("What became of it", tuple(_claim_outcome(claim, batch, sending))),
        Part("What the insurer answered", tuple(_answers(claim, postings))),
        Part("What was done", tuple(_claim_service(claim))),
        Part("By whom", tuple(_claim_practitioner(claim))),
        Part("Who pays", tuple(_claim_payers(claim))),
        Part("The fee", tuple(_claim_fee(claim))),
        Part("Rules it rests on", tuple(_ground_fact(ground) for ground in grounds_of(claim["rules"]))),
        Part(
            "To check when it was claimed",
            tuple(Fact(kind_label(remark.kind), remark.message) for remark in remarks_of(claim["remarks"])),
        ),
    ]
    return Page(f"Claim {claim['claim']}", tuple(part for part in parts if part.facts))


def _claim_outcome(claim: Mapping[str, Any], batch: Batch, sending: Sending | None) -> Facts:
    yield Fact("Claimed", f"in batch {batch.number} of {claim['month']}, as of {batch.as_of}")
    if not pd.isna(claim["voided_on"]):
        yield Fact("Voided", claim_words(claim))
    if claim["replaces"]:
        yield Fact("It replaces", claim["replaces"])
    if batch.already_sent:
        yield Fact("Sent", "before this program came")
    elif sending and sending.sent == "Yes":
        yield Fact("Sent", f"on {sending.sent_on}" if sending.sent_on else "yes; no day is noted")
    else:
        yield Fact("Sent", "not marked as sent on the sheet To send")


def _answers(claim: Mapping[str, Any], postings: Sequence[Posted]) -> Facts:
    """The postings to a claim, and how it stands. An insurer's reason is left out: it is free text."""
    for posted in postings:
        if not posted.payment:
            words = "sent again"
        elif posted.paid_cents < 0:
            words = f"{dollars(-posted.paid_cents)} taken back, payment {posted.payment}"
        else:
            refused = "refused; " if posted.denied else ""
            words = f"{refused}{dollars(posted.paid_cents)} paid, payment {posted.payment}"
        words += f" (undone on {posted.undone_on})" if posted.undone_on else ""
        yield Fact(f"{posted.paid_on}", words)
    voided_on = None if pd.isna(claim["voided_on"]) else claim["voided_on"].date()
    position = answers_by([(claim["claim"], claim["amount_cents"], voided_on)], postings)[claim["claim"]].position
    parts = {
        "paid": position.paid, "the patient's share": position.patient_share, "paid too little": position.short,
        "refused": position.denied, "still owed": max(position.outstanding, 0),
        "more than claimed" if voided_on is None else "to be reversed, because the claim was voided":
            max(-position.outstanding, 0),
    }  # fmt: skip
    words = "; ".join(f"{dollars(cents)} {what}" for what, cents in parts.items() if cents)
    if words:
        yield Fact("So far", words)


def _claim_service(claim: Mapping[str, Any]) -> Facts:
    yield Fact("Service date", f"{claim['service_date']:%Y-%m-%d}")
    named = Names((claim["patient"], claim["insured"])).stand_in(claim["service_name"])
    yield Fact("Service as written", NAMED if named else claim["service_name"])
    yield Fact("Read as", f"{service_words(claim['service'])}, by {claim['evidence'] or _EARLIER}")
    visit = f"{claim['visit']}, by {claim['visit_evidence'] or _EARLIER}" if claim["visit"] else "not stated"
    yield Fact("Visit", visit)
    yield Fact("Start", clock_words(claim["start"]))
    yield Fact("Minutes", "not stated" if pd.isna(claim["minutes"]) else str(claim["minutes"]))
    yield Fact("Billed as", f"{claim['service_code']}, {claim['description']}")
    yield Fact("Source", claim["source"])


def _claim_practitioner(claim: Mapping[str, Any]) -> Facts:
    yield Fact("Practitioner", claim["practitioner"])
    yield Fact("That day", claim["authority"] or f"registration {claim['registration']}; claimed by {_EARLIER}")


def _claim_payers(claim: Mapping[str, Any]) -> Facts:
    yield Fact("Insurer", claim["insurer"])
    if claim["follows"]:
        # The first insurer's answer in words is left out: its reason is free text.
        paid = claim["first_paid_cents"]
        yield Fact("As second insurer", f"for the balance of {claim['follows']}, which paid {dollars(paid)}")
    if claim["secondary_insurer"]:
        yield Fact("Second insurer", claim["secondary_insurer"])
        yield from map(_ground_fact, grounds_of(claim["payer_order"]))


def _claim_fee(claim: Mapping[str, Any]) -> Facts:
    yield Fact("Fee", dollars(claim["fee_cents"]))
    yield Fact("Patient paid", dollars(claim["patient_paid_cents"]))
    yield Fact("Amount claimed", amount_words(claim["amount_cents"], claim["fee_cents"], claim["follows"]))


def _ground_fact(ground: Ground) -> Fact:
    """A rule that a claim rests on, with its days and source."""
    if ground.message:
        return Fact("As kept then", ground.message)
    words = f"{ground.value}, {ground.in_force}" if ground.in_force else ground.value
    return Fact(ground.rule, words, ground.source, ground.url, ground.verified)
