"""The insurers of a setup under the ids that claims were made with, whatever their names are now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ims_billing.clinic.clinic import Clinic
from ims_billing.rules.values import CLINIC_FILE


def may_have_renamed(clinic: Clinic) -> bool:
    """True where an insurer may be another name's now: one of the clinic's own, which has other spellings."""
    own = (insurer for insurer in clinic.insurers if insurer.source == CLINIC_FILE)
    return any({*insurer.aliases} - {insurer.name} for insurer in own)


def with_ids_of_claims(clinic: Clinic, claimed: Collection[tuple[str, str]]) -> Clinic:
    """The same setup, where an insurer that was renamed keeps the id of its claims.

    claimed: id and name of each insurer that claims were made to

    The id of a clinic's own insurer comes from its name. A new name, with the old one among the aliases, is the same
    insurer: payments are of its earlier claims, and its limits count them.
    """
    on_ledger, in_setup = {insurer_id for insurer_id, _ in claimed}, {insurer.id for insurer in clinic.insurers}
    named = [(insurer_id, clinic.insurer(name)) for insurer_id, name in claimed if insurer_id not in in_setup]
    before = {now.id: insurer_id for insurer_id, now in named if now is not None and now.id not in on_ledger}
    if not before:
        return clinic

    def of_claims(insurer_id: str) -> str:
        return before.get(insurer_id, insurer_id)

    fees = (
        fee.model_copy(update={"insurer": of_claims(fee.insurer)}) if fee.insurer is not None else fee
        for fee in clinic.fees
    )
    limits = (limit.model_copy(update={"insurer": of_claims(limit.insurer)}) for limit in clinic.limits)
    coverages = (plan.model_copy(update={"insurer": of_claims(plan.insurer)}) for plan in clinic.coverages)
    return replace(
        clinic,
        insurers=tuple(insurer._replace(id=of_claims(insurer.id)) for insurer in clinic.insurers),
        fees=tuple(fees),
        limits=tuple(limits),
        coverages=tuple(coverages),
    )
