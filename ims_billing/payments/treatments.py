"""Whether a line of a remittance is of another practitioner or treatment than its claim."""

from __future__ import annotations

from functools import cache
from typing import Any

from ims_billing.clinic.clinic import Clinic
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import first_phrase, word_of
from ims_billing.vocabulary.spelling import plain

# What a physiotherapy claim is of, in the words of services; needles of an unknown kind may be IMS.
_OWN = {"ims", "physiotherapy", "unrecognised"}


def another_treatment(cells: Any, claim: Any, clinic: Clinic) -> str:
    """Says that a row of REMITTANCE names another practitioner or treatment than its claim; empty if it does not.

    Insurers pay massage and acupuncture of the same patient and day by lines of their own.
    """
    how = "If it pays this claim all the same, correct the cell or clear it."
    if any(_is_another_persons(written, claim, clinic) for written in cells.treated_by.splitlines()):
        return f"Its practitioner is another than the claim's, or unknown. {how}"
    if any(_is_another_treatment(written, claim, clinic) for written in cells.service.splitlines()):
        return f"Its service is another treatment than the claim's. {how}"
    return ""


def _is_another_persons(written: str, claim: Any, clinic: Clinic) -> bool:
    """True if a cell names another person or firm than the claim's practitioner and the clinic."""
    reading = clinic.roster.read(written)
    # Somebody who was renamed since the claim is called by either name.
    now = clinic.practitioner(claim.practitioner_written)
    treated = {claim.practitioner, *([now.name] if now else [])}
    if not treated.isdisjoint({*reading.others, *([reading.named.name] if reading.named else [])}):
        return False
    if reading.named:
        return True
    words = {word for word in word_of(written).split() if word.isalpha() and len(word) > 1} - _words_of_no_name()
    # "Example Physio Inc." is the clinic, and "EXAMPLE A" the practitioner.
    own = word_of(" ".join((clinic.name, claim.practitioner_written, *treated))).split()
    return words.isdisjoint(own) if words else _is_another_treatment(written, claim, clinic)


@cache
def _words_of_no_name() -> frozenset[str]:
    """Words of a practitioner's cell that name nobody: professions, titles and forms of firms."""
    people = published().people
    professions = (phrase for phrases in people.professions.values() for phrase in phrases)
    physiotherapy = (term for each in published().services.service if each.id in _OWN for term in each.terms)
    phrases = (*people.titles, *people.credentials, *people.degrees, *professions, *physiotherapy)
    firms = published().layouts.payers.unread_words.beside_a_firm
    return frozenset(word for phrase in (*phrases, *firms) for word in word_of(phrase).split())


def _is_another_treatment(written: str, claim: Any, clinic: Clinic) -> bool:
    """True if a cell names treatments, and none that the claim may be of."""
    own_names = {plain(claim.service_name), *(plain(name) for name in clinic.service_names)}
    named = {each.id for each in published().services.service if first_phrase(written, each.terms)}
    return bool(named) and named.isdisjoint(_OWN) and plain(written) not in own_names
