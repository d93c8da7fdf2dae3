"""Second insurers: the balance of a fee after the first insurer's answer becomes a claim of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from ims_billing.clinic.clinic import Clinic, Insurer
from ims_billing.clinic.rules_in_words import code_rule
from ims_billing.clinic.windows import plan_deadline
from ims_billing.payments.positions import Answer, answers
from ims_billing.sessions.classify import is_another_plan
from ims_billing.vocabulary.claim_numbers import month_of, voided_with
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.frames import ABSENT, CLAIMS, NO_SESSION, as_frame
from ims_billing.vocabulary.grounds import Remark, as_json
from ims_billing.vocabulary.spelling import dollars

# The columns of the second insurer, by the requirement that they meet.
_COLUMNS = {"policy": "Secondary Policy Number", "member": "Secondary Member ID"}
_WORDS = {"relationship": "the relationship to the insured", "insured": "the insured's name"}


class SecondPlan(NamedTuple):
    """A patient's second plan, as a file states it."""

    insurer: str
    policy: str
    member: str


@dataclass(frozen=True)
class Uneven:
    """A claim to a second insurer that asks for another amount than the balance is now."""

    claim: str
    """Its number."""
    follows: str
    """The number of the first insurer's claim."""
    claimed: int
    """The amount it asks for, in cents."""
    left: int | None
    """The balance that the first insurer leaves now, in cents; None while it has to answer again."""

    def in_words(self) -> str:
        """Says what differs, and how to correct it."""
        if self.left is None:
            return (
                f"{self.claim} bills {dollars(self.claimed)}, but the balance after {self.follows} is not known now: "
                "its payment was undone or reversed, or it was sent again. Keep the claim until the insurer's answer "
                "is reconciled."
            )
        replace = " --replace" if self.left else ""
        return (
            f"{self.claim} bills {dollars(self.claimed)}, but the balance after {self.follows} is {dollars(self.left)} "
            f"now. To correct it: ims-billing void {self.claim}{replace} --reason TEXT"
        )


class Waiting(NamedTuple):
    """A balance that a second insurer is not billed for, or a claim that asks another one than the files name."""

    claim: str
    """The number of the first insurer's claim; of the second one's where that asks another insurer."""
    insurer: str
    """The second insurer's name."""
    kind: str
    """The finding that a session would have; empty where there is none."""
    message: str
    """The reason, and what to do."""


@dataclass(frozen=True)
class Balances:
    """The claims to second insurers that are due, and what stands in the way of others."""

    claims: pd.DataFrame
    """CLAIMS; each `follows` another claim."""
    waiting: tuple[Waiting, ...] = ()
    """The claims that cannot be made yet."""
    uneven: tuple[Uneven, ...] = ()
    """Claims whose amount is not the balance any more."""


def balances_due(
    claims: pd.DataFrame,
    answered: Mapping[str, Answer],
    named: Mapping[str, SecondPlan],
    sent_before: Collection[str],
    clinic: Clinic,
    on_hold: Collection[str] = (),
) -> Balances:
    """Finds the claims to second insurers that are due: the fee less what the first insurer paid.

    claims: all claims, with ON_LEDGER's columns and the numbers that this run's claims will have
    answered: each claim's answer, by number
    named: the second plans that the files state now, by the first claim's number
    sent_before: claims sent before this program came; their second insurers may have been billed already
    clinic: the clinic's setup
    on_hold: claims whose sessions are on hold

    If the first insurer allows it, the amount above its own is claimed at once. A payer of the whole cost has no
    second insurer, and no claim is followed twice. A balance whose claim somebody voided waits until they bill it, and
    one of a session on hold until that is decided.
    """
    named = _of_other_plans(claims, named, clinic)
    stand = claims[claims["voided_on"].isna()]
    seconds = stand[stand["follows"] != ""]
    last_voided = _voided_on_purpose(claims)
    before = {*sent_before, *stand.loc[stand["replaces"].isin(list(sent_before)), "claim"]}
    firsts = stand[(stand["follows"] == "") & ~stand["claim"].isin({*seconds["follows"], *before})]
    firsts = firsts[(firsts["secondary_insurer"] != "") | firsts["claim"].isin(named)]
    due, waiting = [], _claimed_of_another(seconds, named, clinic)
    for cells in firsts.to_dict("records"):
        first = {str(name): value for name, value in cells.items()}
        number, day = str(first["claim"]), first["service_date"].date()
        plan = named.get(number) or SecondPlan(
            str(first["secondary_insurer"]), str(first["secondary_policy"]), str(first["secondary_member"])
        )
        insurer = clinic.insurer(plan.insurer)
        balance = _balance(first, clinic.insurer(first["insurer_id"]), answered.get(number))
        if balance is None or balance.cents <= 0 or (insurer is not None and insurer.public):
            continue
        if insurer is None:
            waiting.append(_not_known(number, balance.cents))
        elif number in on_hold:
            waiting.append(_not_decided(number, insurer.name, balance.cents))
        elif number in last_voided:
            waiting.append(_not_billed_again(first, insurer, plan, last_voided[number], balance.cents))
        elif lacking := _lacking(insurer, plan, day):
            waiting.append(_without_plan(number, insurer.name, lacking, balance.cents))
        else:
            due.append({**_as_claimed(first, insurer, clinic), **_to_claim(number, plan, balance)})
    return Balances(as_frame(due, CLAIMS), tuple(waiting))


def _to_claim(number: str, plan: SecondPlan, balance: _Balance) -> dict[str, Any]:
    """The cells of a claim to a second insurer that its first insurer's claim does not have."""
    return {
        "policy": plan.policy,
        "member": plan.member,
        "amount_cents": balance.cents,
        "follows": number,
        "first_paid_cents": balance.first_paid,
        "first_answer": balance.first_answer,
    }


def _without_plan(number: str, insurer: str, lacking: str, cents: int) -> Waiting:
    """The balance of a claim that the second insurer is not asked for before a file states these columns."""
    message = (
        f"{number}: {dollars(cents)} is left for {insurer}, and no file says what it requires. Fill in {lacking}, or "
        f"add the plan to the list of policies; export again, and claim {month_of(number)} with that file."
    )
    return Waiting(number, insurer, "missing-policy", message)


def _not_known(number: str, cents: int) -> Waiting:
    """The balance of a claim whose second insurer the clinic setup does not know, by any spelling."""
    message = (
        f"{number}: {dollars(cents)} is left for its second insurer, which the clinic setup does not know. Add it, or "
        f"this spelling of it (sheet Insurers), and claim {month_of(number)} again."
    )
    return Waiting(number, "A second insurer that is not known", "insurer-not-known", message)


def _not_decided(number: str, insurer: str, cents: int) -> Waiting:
    """The balance of a claim whose session is on hold: what is decided about it may change or end the claim."""
    message = (
        f"{number}: {dollars(cents)} is left for {insurer}, and its session is on hold. Decide about it on the sheet "
        f"Needs attention, and claim {month_of(number)} again."
    )
    return Waiting(number, insurer, "changed-since-claimed", message)


def _not_billed_again(
    first: Mapping[str, Any], insurer: Insurer, plan: SecondPlan, voided: Mapping[Any, Any], cents: int
) -> Waiting:
    """The balance of a claim whose second one was voided: on purpose, or because the first was not answered then."""
    # Without a file the voided claim is claimed as it was.
    file = "" if _is_of_plan(voided, insurer, plan) else " FILE"
    message = (
        f"{voided['claim']} was voided, and the balance of {dollars(cents)} after {first['claim']} is billed to "
        f"nobody. To bill it: ims-billing void {voided['claim']}{file} --replace --reason TEXT"
    )
    return Waiting(str(first["claim"]), insurer.name, "voided", message)


def _is_of_plan(claim: Mapping[Any, Any], insurer: Insurer, plan: SecondPlan) -> bool:
    """Whether a claim was made to a plan."""
    numbers = (str(claim["policy"]), str(claim["member"]), plan.policy, plan.member)
    return bool(claim["insurer_id"] == insurer.id) and not is_another_plan(*numbers)


def _of_other_plans(claims: pd.DataFrame, named: Mapping[str, SecondPlan], clinic: Clinic) -> dict[str, SecondPlan]:
    """The second plans that are not the one that their first claim was made to: files may exchange the two since."""
    firsts = claims[claims["claim"].isin(list(named))]
    own = {str(first["claim"]): first for first in firsts.to_dict("records")}

    def is_own(number: str, plan: SecondPlan) -> bool:
        insurer, first = clinic.insurer(plan.insurer), own.get(number)
        # A policy number that the first claim lacks shows no other plan.
        return (
            first is not None
            and insurer is not None
            and _is_of_plan({**first, "policy": first["policy"] or plan.policy}, insurer, plan)
        )

    return {number: plan for number, plan in named.items() if not is_own(number, plan)}


def _voided_on_purpose(claims: pd.DataFrame) -> dict[str, dict[Any, Any]]:
    """By a first insurer's claim, the last voided claim for its balance, where it was not voided with the first.

    A first claim that replaces another has those of that one too.
    """
    of_claim = {str(claim["claim"]): claim for claim in claims.to_dict("records")}
    replaced = set(claims["replaces"])
    voided: dict[str, dict[Any, Any]] = {}
    for number, claim in of_claim.items():
        went_along = pd.isna(claim["voided_on"]) or claim["void_reason"] == voided_with(str(claim["follows"]))
        if claim["follows"] and not went_along and number not in replaced:
            voided[str(claim["follows"])] = claim
    for number, claim in of_claim.items():
        before = str(claim["replaces"])
        if not claim["follows"] and before in voided:
            voided.setdefault(number, voided[before])
    return voided


class _Balance(NamedTuple):
    """The part of a fee that the first insurer does not pay; amounts in cents."""

    cents: int
    first_paid: int
    first_answer: str


def _balance(first: Mapping[str, Any], payer: Insurer | None, answer: Answer | None) -> _Balance | None:
    """The balance of a first insurer's claim; None if it leaves none, or has not answered and must answer first."""
    day, fee = first["service_date"].date(), int(first["fee_cents"])
    if payer is None or payer.goes_by("no-patient-share", day):
        return None
    if answer is not None and answer.position.answered:
        paid = max(answer.position.paid, 0)
        return _Balance(fee - paid, paid, _answer_text(first, answer))
    if payer.goes_by("extra-to-plan", day):
        billed = max(int(first["amount_cents"]), 0)
        return _Balance(fee - billed, 0, f"{first['insurer']} is asked for {dollars(first['amount_cents'])}")
    return None


def _lacking(insurer: Insurer, plan: SecondPlan, day: dt.date) -> str:
    """The columns that the second insurer requires and the plan leaves empty, in words; empty if none."""
    required = insurer.requires_on(day) or ()
    stated = {"policy": plan.policy, "member": plan.member}
    return " and ".join(_COLUMNS[what] for what, value in stated.items() if what in required and not value)


def uneven(claims: pd.DataFrame, postings: pd.DataFrame) -> tuple[Uneven, ...]:
    """Claims (ON_LEDGER) to second insurers whose amount is not the balance that the first insurer leaves now."""
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
            # What is above the first insurer's amount is claimed before it answers. Any other balance came of an answer
            # that stands no more, and the next one says what is left: to void the claim now would lose it.
            changed.append(Uneven(claim, follows, claimed, left if position.answered else None))
    return tuple(changed)


def _claimed_of_another(seconds: pd.DataFrame, named: Mapping[str, SecondPlan], clinic: Clinic) -> list[Waiting]:
    """Claims to second insurers for which the files name another insurer now."""
    waiting = []
    for second in seconds[seconds["follows"].isin(list(named))].to_dict("records"):
        claim, plan = second["claim"], named[second["follows"]]
        now = clinic.insurer(plan.insurer)
        if now is not None and not _is_of_plan(second, now, plan):
            if now.id == second["insurer_id"]:
                differs = "the files have other numbers of that plan now. To correct it"
            else:
                differs = f"the files name {now.name} as second insurer now. To ask that one"
            message = (
                f"{claim} asked {second['insurer']}, and {differs}: "
                f"ims-billing void {claim} FILE --replace --reason TEXT"
            )
            waiting.append(Waiting(claim, now.name, "", message))
    return waiting


def _answer_text(first: Mapping[str, Any], answer: Answer) -> str:
    """The first insurer's answer, in words for the second one."""
    paid = dollars(answer.position.paid) if answer.position.paid > 0 else "nothing"
    reason = f": {answer.reason}" if answer.reason else ""
    on = f" on {answer.answered_on:%Y-%m-%d}"
    return f"{first['insurer']} paid {paid} of {dollars(first['amount_cents'])}{on}{reason}"


def _as_claimed(first: Mapping[str, Any], insurer: Insurer, clinic: Clinic) -> dict[str, Any]:
    """The cells of the first insurer's claim, addressed to the second.

    No session says how the patient is related to the insured of the second plan: that stays empty, with a remark.
    """
    day = first["service_date"].date()
    required = insurer.requires_on(day) or ()
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
        # A channel counts its days from the visit too, but takes the balance only once the first insurer has answered.
        "send_by": plan_deadline(insurer, day),
    }
