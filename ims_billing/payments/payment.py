"""The values of payments: a payment, its lines, what each line posts, and what the ledger holds already."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from ims_billing.vocabulary.spelling import bare

Result: TypeAlias = Literal[
    "paid",
    "patient-share",
    "short-paid",
    "over-paid",
    "denied",
    "reversed",
    "unmatched",
    "ambiguous",
    "repeated",
    "total",
]
RESULTS: tuple[Result, ...] = get_args(Result)
# Results that a person has to look at where the line posts nothing.
_HELD: tuple[Result, ...] = ("unmatched", "ambiguous", "over-paid")


@dataclass(frozen=True)
class Posting:
    """What one line pays of one claim, in cents."""

    claim: str
    paid: int
    # What the plan should pay in all, as far as anybody says.
    expected: int
    # True where the insurer refuses the claim.
    denied: bool


@dataclass(frozen=True)
class Line:
    """One line of a remittance and what became of it; amounts in cents."""

    # Where it stands; `row` as Excel numbers it.
    file: str
    sheet: str
    row: int
    # The cells that tell this line from another line of the same payment.
    words: tuple[str, ...]
    paid: int
    # Why it is less than claimed, as the insurer writes it.
    reason: str
    # Empty until the line is settled.
    result: Result | Literal[""] = ""
    # Why it is not posted, for a person.
    message: str = ""
    postings: tuple[Posting, ...] = ()
    # Numbers of the claims that it may mean.
    might_be: tuple[str, ...] = ()
    # What the insurer should have paid and has not, and what it leaves to the patient.
    short: int = 0
    patient_share: int = 0
    # The ledger's number of this line, where it is there already.
    ledger_line: int | None = None

    @property
    def held(self) -> bool:
        """Whether it posts nothing until a person has looked at it."""
        return self.result in _HELD and not self.postings


@dataclass(frozen=True)
class Payment:
    """One payment of an insurer with its lines."""

    # Both empty where it is not certain who paid.
    insurer_id: str
    insurer: str
    # The insurer's or the bank's number, as written.
    number: str
    paid_on: dt.date | None
    # The sum of its lines in cents, without copies and totals.
    amount: int
    lines: tuple[Line, ...]
    # The ledger's number of this payment, where it is there already.
    ledger_payment: int | None = None

    @property
    def posts(self) -> bool:
        """Whether it posts anything."""
        return any(line.postings for line in self.lines)


@dataclass(frozen=True)
class PostedLine:
    """A line of a payment on the ledger."""

    id: int
    words: tuple[str, ...]
    # Cents that it posted; None where it posted nothing.
    posted: int | None


@dataclass(frozen=True)
class PostedPayment:
    """A payment on the ledger that was not undone."""

    id: int
    insurer_id: str
    number: str
    paid_on: dt.date
    # In cents.
    amount: int
    lines: tuple[PostedLine, ...]


def number_key(number: str) -> str:
    """A payment's number as numbers are compared: without leading zeros, which a spreadsheet loses."""
    return bare(number).lstrip("0") or bare(number)
