"""Our claim numbers: the month, the insurer's short code, and an ordinal, such as 2026-10-SUNL-0001."""

from __future__ import annotations

import re
from typing import NamedTuple

# As people type one: in small letters, or without the zeros.
_TYPED = re.compile(r"\d{4}-\d{2}-\w+-\d+")


class ClaimNumber(NamedTuple):
    """A claim number in its parts."""

    month: str
    """The month that the claim is billed in, as 2026-10."""
    code: str
    """The insurer's short code."""
    ordinal: int
    """Which of the month's claims to that insurer it is, from 1."""

    @property
    def series(self) -> str:
        """The part that the month's claims to one insurer share."""
        return f"{self.month}-{self.code}"

    @property
    def digits(self) -> str:
        """The ordinal as it is written."""
        return f"{self.ordinal:04d}"

    def text(self) -> str:
        """As it is written."""
        return f"{self.series}-{self.digits}"


def claim_number(text: str) -> ClaimNumber:
    """The parts of a claim number of ours; raises ValueError for another text."""
    month, code, ordinal = text.rsplit("-", 2)
    return ClaimNumber(month, code, int(ordinal))


def month_of(claim: str) -> str:
    """The month that a claim is billed in, by its number."""
    return claim_number(claim).month


def is_typed_number(text: str) -> bool:
    """True for what somebody may mean as a claim number."""
    return bool(_TYPED.fullmatch(text))


def voided_with(number: str) -> str:
    """The reason that a second insurer's claim bears which was voided because its first one, of this number, was."""
    return f"{number}, which it follows, was voided."
