"""The second insurer: what is left of a fee once the first one has answered becomes a claim of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ims_billing.clinic.clinic import Clinic, Insurer
from ims_billing.clinic.rules_in_words import code_rule
from ims_billing.payments.positions import Answer, answers
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.frames import ABSENT, CLAIMS, NO_SESSION, as_frame
from ims_billing.vocabulary.grounds import Remark, as_json
from ims_billing.vocabulary.spelling import dollars, month_of

# What a session has a column for of the second insurer, by what an insurer may require.
_COLUMNS = {"policy": "Secondary Policy Number", "member": "Secondary Member ID"}
_WORDS = {"relationship": "the relationship to the insured", "insured": "the insured's name"}


@dataclass(frozen=True)
class Uneven:
    """A claim to a second insurer that asks for another amount than the first one leaves of the fee now."""

    claim: str
    # The first insurer's claim.
    follows: str
    # In cents.
    claimed: int
    left: int

    def in_words(self) -> str:
        """What is uneven, and the way out."""
        difference = f"{self.claim} asks for {dollars(self.claimed)}, and {dollars(self.left)} of the fee is left by "
        anew = " --replace" if self.left else ""
        return f"{difference}{self.follows} now. To put that right: ims-billing void {self.claim}{anew} --reason TEXT"


@dataclass(frozen=True)
class Rest:
    """The claims to second insurers that are due, and what stands in the way of others."""

    # CLAIMS; each `follows` another claim.
    claims: pd.DataFrame
    # One line for each that cannot be claimed yet, and why.
    waiting: tuple[str, ...] = ()
    uneven: tuple[Uneven, ...] = ()


def rests(
    claims: pd.DataFrame,
    answered: Mapping[str, Answer],
    named: Mapping[str, tuple[str, str, str]],
    sent_before: Collection[str],
    clinic: Clinic,
) -> Rest:
    """The claims to second insurers that are due: the fee less what the first insurer paid.

    `claims` has ON_LEDGER's columns of all claims, with the numbers that this run's claims will have; `answered` has
    each claim's answer. `named` has by claim the second insurer, its policy and member, as the files have them now.
    Where the first insurer lets it, what the clinic charges above that insurer's amount is claimed at once. An insurer
    that leaves nothing to the patient is followed by nobody, and no claim is followed twice. Claims that were
    `sent_before` this program came are left out: nobody knows whether their second insurers were sent them.
    """
    stand = claims[claims["voided_on"].isna()]
    seconds = claims[claims["follows"] != ""]
    firsts = stand[(stand["follows"] == "") & ~stand["claim"].isin({*seconds["follows"], *sent_before})]
    firsts = firsts[(firsts["secondary_insurer"] != "") | firsts["claim"].isin(named)]
    due, waiting = [], _claimed_of_another(stand[stand["follows"] != ""], named, clinic)
    for cells in firsts.to_dict("records"):
        first = {str(name): value for name, value in cells.items()}
        number, day = str(first["claim"]), first["service_date"].date()
        written, policy, member = named.get(number) or tuple(
            str(first[name]) for name in ("secondary_insurer", "secondary_policy", "secondary_member")
        )
        insurer, first_insurer = clinic.insurer(written), clinic.insurer(first["insurer_id"])
        if insurer is None or insurer.public or first_insurer is None or first_insurer.goes_by("no-patient-share", day):
            continue
        answer = answered.get(number)
        if answer is not None and answer.position.answered:
            paid, answer_text = answer.position.paid, _answer_text(first, answer)
        elif first_insurer.goes_by("extra-to-plan", day):
            paid = int(first["amount_cents"])
            answer_text = f"{first['insurer']} is asked for {dollars(first['amount_cents'])}"
        else:
            continue
        rest = int(first["fee_cents"]) - max(paid, 0)
        if rest <= 0:
            continue
        required = insurer.requires_on(day) or ()
        lacking = [what for what, value in (("policy", policy), ("member", member)) if what in required and not value]
        if lacking:
            columns = " and ".join(_COLUMNS[what] for what in lacking)
            waiting.append(
                f"{number}: {dollars(rest)} is left for {insurer.name}, which requires more than the ledger knows. "
                f"Fill in {columns} where the session is kept, and claim {month_of(number)} with that file again."
            )
            continue
        numbers = {"policy": policy, "member": member, "amount_cents": rest}
        given = {
            "follows": number,
            "first_paid_cents": 0 if answer is None else max(paid, 0),
            "first_answer": answer_text,
        }
        due.append({**_as_claimed(first, insurer, required, clinic), **numbers, **given})
    return Rest(as_frame(due, CLAIMS), tuple(waiting))


def uneven(claims: pd.DataFrame, postings: pd.DataFrame) -> tuple[Uneven, ...]:
    """The claims (ON_LEDGER) to second insurers whose first one has answered otherwise since they were made."""
    seconds = claims[(claims["follows"] != "") & claims["voided_on"].isna()]
    if seconds.empty:
        return ()
    firsts = answers(claims[claims["claim"].isin(seconds["follows"])], postings)
    changed = []
    columns = ["claim", "follows", "amount_cents", "fee_cents"]
    for claim, follows, claimed, fee in seconds[columns].itertuples(index=False, name=None):
        position = firsts[follows].position
        left = max(fee - max(position.paid, 0) - max(position.outstanding, 0), 0)
        if claimed != left:
            changed.append(Uneven(claim, follows, claimed, left))
    return tuple(changed)


def _claimed_of_another(seconds: pd.DataFrame, named: Mapping[str, tuple[str, str, str]], clinic: Clinic) -> list[str]:
    """The claims to second insurers for which the files name another one now, with the way out."""
    messages = []
    for claim, follows, insurer_id, insurer in seconds[["claim", "follows", "insurer_id", "insurer"]].itertuples(
        index=False, name=None
    ):
        now = clinic.insurer(named[follows][0]) if follows in named else None
        if now is not None and now.id != insurer_id:
            messages.append(
                f"{claim} asked {insurer}, and the files name {now.name} as second insurer now. To ask that one: "
                f"ims-billing void {claim} FILE --replace --reason TEXT"
            )
    return messages


def _answer_text(first: Mapping[str, Any], answer: Answer) -> str:
    """What the first insurer answered, in words for the second one."""
    paid = dollars(answer.position.paid) if answer.position.paid > 0 else "nothing"
    reason = f": {answer.reason}" if answer.reason else ""
    on = f" on {answer.answered_on:%Y-%m-%d}"
    return f"{first['insurer']} paid {paid} of {dollars(first['amount_cents'])}{on}{reason}"


def _as_claimed(
    first: Mapping[str, Any], insurer: Insurer, required: Collection[str], clinic: Clinic
) -> dict[str, Any]:
    """The session as it was claimed of the first insurer, addressed to the second.

    What the patient is to the insured of the second plan, no session says: it is left open, with a remark.
    """
    day = first["service_date"].date()
    code = insurer.code_for(first["visit"], day, clinic.service_code.code)
    remarks = [
        Remark(
            f"missing-{what}",
            CATALOGUE[f"missing-{what}"].title,
            f"{insurer.name} requires {words}, and a session does not say it of a second plan. "
            "Fill it in before you send it.",
        )
        for what, words in _WORDS.items()
        if what in required
    ]
    unknown = ("relationship", "insured", "insured_birth_date", "payer_file_number", "accident_date", "phn", "replaces")
    second = ("secondary_insurer", "secondary_policy", "secondary_member")
    absent = {c.name: ABSENT[c.dtype] for c in CLAIMS if c.name in (*unknown, *second)}
    copied = {c.name: first[c.name] for c in CLAIMS if c.name in first and c.name not in absent}
    return {
        **copied,
        **absent,
        "session": NO_SESSION,
        "insurer_id": insurer.id,
        "insurer": insurer.name,
        "service_code": code,
        "description": clinic.service_code.description,
        "rules": as_json([code_rule(insurer, code, day).ground()]),
        "remarks": as_json(remarks),
    }
