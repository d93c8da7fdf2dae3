"""The meaning of an insurer's reason for paying less, as written."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import first_phrase, meanings, word_of

# The meaning of an insurer's reason: no words; words without meaning, such as Paid by EFT; not decided yet; it had the
# claim before; the payment was reversed; the claim is refused; the visit is not covered; the rest is the patient's; a
# part was not allowed.
Meaning: TypeAlias = Literal[
    "", "nothing", "pending", "already", "taken-back", "refused", "not-covered", "patient-share", "short"
]
_MEANINGS: tuple[Meaning, ...] = (
    "refused",
    "already",
    "pending",
    "taken-back",
    "not-covered",
    "short",
    "patient-share",
)
# A reason of so many words is a sentence, in which a word may be about anything.
SENTENCE = 4
# Words of so few letters are somebody's code.
_CODE = 2
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
    # That a payment is the second one says nothing of why it is less.
    empty = {part for kind in ("nothing", "second") for phrase in words[kind] for part in word_of(phrase).split()}
    if all(part in empty or part.isdigit() for part in word.split()):
        return "nothing"
    for meaning in _MEANINGS:
        if first_phrase(word, words[meaning]):
            return meaning
    return "short"


def is_a_known_reason(reason: str) -> bool:
    """True if a reason has words that say why nothing is paid; "short" is the meaning of any other text too."""
    words = published().layouts.words.remittance
    return any(first_phrase(reason, words[meaning]) for meaning in (*ALL_EXPECTED, "patient-share"))


def is_no_money(reason: str) -> bool:
    """True if a reason says that an amount above zero is an estimate, or a payment that was stopped.

    In a sentence only phrases of several words say so.
    """
    phrases = published().layouts.words.remittance["no-money"]
    is_short = len(word_of(reason).split()) < SENTENCE
    return bool(first_phrase(reason, (p for p in phrases if is_short or len(word_of(p).split()) > 1)))


def is_unclear(reason: str) -> bool:
    """True if a reason is a status or a few words that no rule holds: what is paid beside it may be no payment.

    A sentence and a code say why less is paid: insurers' own are too many to list.
    """
    word, rules = word_of(reason), published().layouts
    if meaning_of(reason) != "short" or len(word.split()) >= SENTENCE or any(map(str.isdigit, word)):
        return False
    is_code = all(len(part) <= _CODE for part in word.split())
    return not (is_code or rules.says_paid(reason) or rules.says_why_less(reason))


def is_second_payment(reason: str) -> bool:
    """True if a reason says that the line is another payment of the same amount."""
    return bool(first_phrase(reason, published().layouts.words.remittance["second"]))
