"""The rules in force for a clinic on a day, in words with their sources, as `rules` shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from ims_billing.clinic.clinic import Clinic, Insurer
from ims_billing.rules.published import published
from ims_billing.rules.values import ALWAYS, Cited, Fee, Limit, in_force, without_overridden
from ims_billing.vocabulary.grounds import Ground
from ims_billing.vocabulary.spelling import dollars

CONDITIONS = {
    "one-to-one": "the practitioner treats nobody else meanwhile",
    "first-payer": "pays before any plan",
    "no-patient-share": "pays the whole cost, the patient nothing",
    "extra-to-plan": "what is charged above its amount may go to the patient's plan at once",
}


class Rule(NamedTuple):
    """A rule in words: its `table` (fee, limit, ...), whose claims it is about, its subject, value and source."""

    table: str
    whom: str
    what: str
    value: str
    cited: Cited

    def ground(self) -> Ground:
        """The rule as a claim keeps it: ``Fee, any insurer`` with ``IMS, initial: $130.00``, its days and source."""
        value = ": ".join(part for part in (self.what, self.value) if part)
        return Ground(
            rule=" ".join(f"{self.table.capitalize()}, {self.whom}".split()),
            value=" ".join(value.split()),
            in_force=self.cited.lasting(),
            source=" ".join(self.cited.source.split()),
            url=self.cited.url,
            verified=self.cited.verified,
        )


def code_rule(insurer: Insurer, code: str, day: dt.date) -> Rule:
    """A service code in words: the insurer's own, else the clinic's."""
    own = insurer.own_code_on(day) or Cited.model_validate({"from": ALWAYS})
    return Rule("service code", insurer.name, "", code, own)


class OrderInWords(NamedTuple):
    """The rule of which insurer pays first, in words."""

    words: str
    """The sentence, without its full stop."""
    cited: Cited
    """The rule that says so."""

    def ground(self) -> Ground:
        """The rule as a claim keeps it."""
        return Ground("Who pays first", self.words, "", self.cited.source, self.cited.url, self.cited.verified)


def payer_order(insurer: Insurer, second: Insurer, relationship: str, day: dt.date) -> OrderInWords | None:
    """Returns which of two insurers pays first on a day; None if no rule says so.

    `relationship` is the patient's to the insured of the first insurer; empty if the row does not have it.
    """
    for first, other in ((insurer, "it comes first"), (second, f"it must come before {insurer.name}")):
        for condition in in_force(first.conditions, day):
            if condition.condition == "first-payer":
                return OrderInWords(f"{first.name} pays before any plan: {other}", condition)
    for order in in_force(published().limits.payer_order, day):
        if order.relationship == (relationship or "not said"):
            return OrderInWords(f"{order.says[0].upper()}{order.says[1:]}", order)
    return None


def rules_on(clinic: Clinic, day: dt.date) -> list[Rule]:
    """The rules in force on a day: the clinic's own, and the published ones that it does not replace."""
    return [rule for rule in _all_rules(clinic, day) if rule.cited.covers(day)]


def fee_rule(fee: Fee, clinic: Clinic) -> Rule:
    """A fee in words."""
    insurer = clinic.insurer_by_id(fee.insurer).name if fee.insurer else "any insurer"
    return Rule("fee", insurer, fee.what(), dollars(fee.cents), fee)


def limit_rule(limit: Limit, clinic: Clinic) -> Rule:
    """A limit in words."""
    plan = f", plan {limit.policy}" if limit.policy else ""
    return Rule("limit", f"{clinic.insurer_by_id(limit.insurer).name}{plan}", limit.what(), limit.value(), limit)


def _all_rules(clinic: Clinic, day: dt.date) -> Iterator[Rule]:
    yield from (fee_rule(fee, clinic) for fee in without_overridden(in_force(clinic.fees, day)))
    for insurer in clinic.insurers:
        plans = dict.fromkeys(limit.policy or "" for limit in clinic.limits if limit.insurer == insurer.id)
        own_limits = dict.fromkeys(limit for plan in plans for limit in clinic.limits_on(insurer.id, plan, day))
        yield from (limit_rule(limit, clinic) for limit in own_limits)
    limits = published().limits
    for window in limits.submission_window:
        value = f"{window.days} days; then {window.after}"
        yield Rule("submission window", window.channel, "takes claims for", value, window)
    for fields in limits.channel_fields:
        yield Rule("channel", fields.channel, "has fields for", ", ".join(fields.fields), fields)
    for order in limits.payer_order:
        yield Rule("order of payers", f"relationship: {order.relationship}", "who pays first", order.says, order)
    for written in limits.registration:
        yield Rule("registration number", "physiotherapist", "is written as", written.words, written)
    for insurer in clinic.insurers:
        yield from _of_insurer(insurer)


def _of_insurer(insurer: Insurer) -> Iterator[Rule]:
    name = insurer.name
    for channel in insurer.channels:
        yield Rule("insurer", name, "takes claims by", channel.name, channel)
    for requires in insurer.requirements:
        yield Rule("insurer", name, "requires", ", ".join(requires.fields) or "nothing", requires)
    for own in insurer.codes:
        yield Rule("insurer", name, "service code", str(own.code), own)
    if insurer.claim_within_days:
        stated = Cited.model_validate({"from": ALWAYS})
        yield Rule("insurer", name, "takes claims within", f"{insurer.claim_within_days} days", stated)
    for condition in insurer.conditions:
        yield Rule("insurer", name, CONDITIONS[condition.condition], "yes", condition)
    for number, note in enumerate(insurer.notes, start=1):
        yield Rule("insurer", name, f"note {number}", note.note, note)


def not_stated(clinic: Clinic, day: dt.date) -> list[str]:
    """The public payers whose amounts on a day are neither published nor in the clinic setup, by name."""
    fees = in_force(clinic.fees, day)
    return [
        insurer.name
        for insurer in clinic.insurers
        if insurer.public and not any(fee.insurer == insurer.id and fee.service in clinic.block.bill for fee in fees)
    ]
