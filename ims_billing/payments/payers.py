"""Decides who paid a line of a list of payments: an insurer, the patient, or unclear."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any, Literal, TypeAlias

from ims_billing.clinic.clinic import Clinic, Insurer
from ims_billing.payments.matching import name_parts
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import word_of

# `unclear`: words that may mean either, or that no rule holds. Empty: no words.
PaidBy: TypeAlias = Literal["insurer", "patient", "unclear", ""]
Names: TypeAlias = Collection[frozenset[str]]
# The fields that say who paid or how, with their headings. Every word in them has to be understood.
WHO_PAID = {"source": "Source", "method": "Payment Method"}


def names_of_patients(names: Iterable[str]) -> Names:
    """The names of patients and insured persons, as written, each as its parts in any order."""
    return {name_parts(name) for name in names} - {frozenset()}


def insurer_on(cells: Any, clinic: Clinic) -> Insurer | None:
    """The insurer that a row of REMITTANCE names as payer, else as source; None where it names none."""
    return clinic.insurer(cells.insurer) or clinic.insurer(cells.source)


def is_patient(payer: str, clinic: Clinic, names: Names) -> bool:
    """True if a payer, as written, is a person, or a method that only patients pay by."""
    return clinic.pays_self(payer) or name_parts(payer) in names or _words_of(payer, clinic) == "patient"


def patients_ground(cells: Any, clinic: Clinic, names: Names) -> str:
    """Says by what a row of REMITTANCE is the patient's payment; empty if it is not.

    One word for the patient in any cell decides; in descriptions, reasons and unread columns only phrases count. No
    cell is quoted: it may be the patient's name.
    """
    own = {*names, name_parts(cells.patient)} - {frozenset()}
    if cells.patients_invoice:
        return "its invoice ends in -P, as the practice software's invoices to patients do"
    if cells.insurer and clinic.insurer(cells.insurer) is None and is_patient(cells.insurer, clinic, own):
        return "Payer says so"
    if cells.source and is_patient(cells.source, clinic, own):
        return f"{WHO_PAID['source']} says so"
    for field, heading in WHO_PAID.items():
        if _words_of(getattr(cells, field), clinic) == "patient":
            return f"{heading} says so"
    if _is_patients_way(cells.description) or _tells_of_patient(cells.description):
        return "Description says so"
    if _is_patients_way(cells.reason):
        return "Reason says so"
    return "a column that is not read says so" if any(map(_is_patients_way, cells.elsewhere.splitlines())) else ""


def payees_ground(cells: Any, clinic: Clinic, names: Names) -> str:
    """Says by what a row of REMITTANCE was paid to the patient, and not to the clinic; empty if it was not."""
    own = {*names, name_parts(cells.patient)} - {frozenset()}
    meanings = {meaning for meaning, _ in _phrases(word_of(cells.payee).split())}
    if cells.payee and ("person" in meanings or name_parts(cells.payee) in own):
        return "Payee says so"
    for cell, ground in ((cells.reason, "Reason"), (cells.description, "Description")):
        if _says_to_patient(cell):
            return f"{ground} says so"
    if any(map(_says_to_patient, cells.above.splitlines())):
        return "a heading above it says so"
    return "a column that is not read says so" if any(map(_says_to_patient, cells.elsewhere.splitlines())) else ""


def paid_by(cells: Any, clinic: Clinic) -> PaidBy:
    """Decides who paid a row of REMITTANCE that has no `patients_ground`: every word of source and method counts."""
    by: set[PaidBy] = {_words_of(cells.source, clinic), _words_of(cells.method, clinic)}
    return "unclear" if "unclear" in by else "insurer" if "insurer" in by else ""


def unclear_field(cells: Any, clinic: Clinic) -> str:
    """Returns the field that leaves open who paid: `source` or `method`."""
    return next(name for name in WHO_PAID if _words_of(getattr(cells, name), clinic) == "unclear")


def is_canadian(currency: str) -> bool:
    """True if a currency, as written, is the Canadian dollar, or blank."""
    return word_of(currency) in {"", *map(word_of, published().layouts.payers.currency)}


def _words_of(text: str, clinic: Clinic) -> PaidBy:
    """Decides who paid by one cell, phrase by phrase, the longest first; every word has to be understood."""
    words = word_of(text).split()
    if not words:
        return ""
    if clinic.insurer(text):
        return "insurer"
    meanings = {meaning for meaning, _ in _phrases(words)}
    if meanings & {"patient", "means"}:
        return "patient"
    if "person" in meanings:
        return "unclear" if "insurer" in meanings else "patient"
    rest = [word for meaning, phrase in _phrases(words) if not meaning for word in phrase.split()]
    if rest and clinic.insurer(" ".join(rest)) is None:
        return "unclear"
    # A cheque or a transfer is anybody's: it says nothing.
    return "insurer" if rest or "insurer" in meanings else ""


def _is_patients_way(text: str) -> bool:
    """True if a cell holds only a patient's method of payment, such as ``Visa 4242``."""
    meanings = {meaning for meaning, _ in _phrases(word_of(text).split())}
    return "patient" in meanings and meanings <= {"patient", "either"}


def _tells_of_patient(text: str) -> bool:
    """True if a description has a phrase for a patient's payment among other words."""
    return any(meaning == "patient" for meaning, _ in _phrases(word_of(text).split()))


def _says_to_patient(text: str) -> bool:
    """True for words such as "paid to the plan member": a verb, "to", and a person right after them."""
    rules = published().layouts.payers.to_patient
    verbs, to, alone, between = (set(map(word_of, w)) for w in (rules.verbs, rules.to, rules.alone, rules.between))
    after = set(map(word_of, rules.after))
    pays = to_whom = named = False
    for meaning, phrase in _phrases(word_of(text).split()):
        if (to_whom and meaning == "person") or (named and phrase in after):
            return True
        named = meaning == "person"
        if phrase in between:
            continue
        to_whom = phrase in alone or (phrase in to and (pays or to_whom))
        pays = phrase in verbs
    return False


def _phrases(words: list[str]) -> Iterable[tuple[str, str]]:
    """Splits words into phrases, the longest first, each with its meaning; empty for an unknown word."""
    meanings, longest = _meanings()
    place = 0
    while place < len(words):
        if words[place].isdigit():
            yield "either", words[place]
            place += 1
            continue
        lengths = range(min(longest, len(words) - place), 1, -1)
        phrases = (" ".join(words[place : place + length]) for length in lengths)
        phrase = next((phrase for phrase in phrases if phrase in meanings), words[place])
        yield meanings.get(phrase, ""), phrase
        place += len(phrase.split())


@cache
def _meanings() -> tuple[dict[str, str], int]:
    """The meaning of each phrase, and the number of words of the longest phrase."""
    rules = published().layouts.payers
    lists = {"either": rules.either, "insurer": rules.insurer, "person": rules.person}
    lists |= {"means": rules.means, "patient": rules.patient}
    meanings = {word_of(phrase): meaning for meaning, phrases in lists.items() for phrase in phrases}
    return meanings, max(len(phrase.split()) for phrase in meanings)
