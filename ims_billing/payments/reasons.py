"""The meaning of an insurer's reason for paying less, as written."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import meanings, word_of

# The meaning of an insurer's reason: no words; words without meaning, such as Paid by EFT; not decided yet; the payment
# was reversed; the claim is refused; the visit is not covered; the rest is the patient's; a part was not allowed.
Meaning: TypeAlias = Literal["", "nothing", "pending", "taken-back", "refused", "not-covered", "patient-share", "short"]
_MEANINGS: tuple[Meaning, ...] = ("refused", "pending", "taken-back", "not-covered", "short", "patient-share")
# Meanings by which the insurer should have paid the whole claim.
ALL_EXPECTED: tuple[Meaning, ...] = ("refused", "not-covered", "short")


def meaning_of(reason: str) -> Meaning:
    """Reads the meaning of an insurer's reason."""
    word = word_of(reason)
    if not word:
        return ""
    words = published().layouts.words.remittance
    whole = meanings(words, {}).get(word)
    for meaning in (*_MEANINGS, "nothing"):
        if whole == meaning:
            return meaning
    empty = {part for phrase in words["nothing"] for part in word_of(phrase).split()}
    if all(part in empty or part.isdigit() for part in word.split()):
        return "nothing"
    for meaning in _MEANINGS:
        if any(f" {word_of(phrase)} " in f" {word} " for phrase in words[meaning]):
            return meaning
    return "short"
