"""The values of payments: a payment, its lines, what each line posts, and what the ledger holds already."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, get_args

from ims_billing.vocabulary.spelling import bare, without_zeros

Result: TypeAlias = Literal[
    "paid",
    "patient-share",
    "short-paid",
    "over-paid",
    "denied",
    "reversed",
    "waiting",
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
    """The amount that one line pays on one claim, in cents."""

    claim: str
    paid: int
    # The amount that the plan should pay in all, as far as the clinic or the insurer states it.
    expected: int
    # True where the insurer refuses the claim.
    denied: bool


class LineCells(NamedTuple):
    """The cells that tell a line from the others of its payment, as text: the ledger keeps them in this order."""

    claim: str
    """The claim's number, or the invoices of a row that names no visit otherwise."""
    member: str
    """The member ID."""
    patient: str
    """The patient's name, as written."""
    service_date: str
    """The day of the visit, as 2026-10-31."""
    claimed: str
    """What was claimed, in cents."""
    paid: str
    """What it pays, in cents; empty where the row states nothing."""
    reason: str
    """Why it is less than claimed, as the insurer writes it."""
    period_from: str
    """The first day of the period that it pays for."""
    period_until: str
    """The last day of that period."""


@dataclass(frozen=True)
class Line:
    """One line of a remittance and what became of it; amounts in cents."""

    file: str
    """The name of its file."""
    sheet: str
    """The name of its sheet; empty for a text file."""
    row: int
    """Its row, as Excel numbers it."""
    cells: LineCells
    """The cells that tell it from other lines of the payment."""
    paid: int
    """The amount it pays; below zero if it reverses a payment."""
    reason: str
    """Why it is less than claimed, as the insurer writes it."""
    result: Result | Literal[""] = ""
    """Its result; empty until it is settled."""
    message: str = ""
    """Why it is not posted, or why its claim waits for another answer, in words."""
    postings: tuple[Posting, ...] = ()
    """The amounts it posts to claims."""
    might_be: tuple[str, ...] = ()
    """The numbers of the claims that it may be about."""
    short: int = 0
    """The amount that the insurer should have paid and has not."""
    patient_share: int = 0
    """The amount that the plan leaves to the patient."""
    ledger_line: int | None = None
    """The ledger's number of this line, if it is there already."""

    @property
    def held(self) -> bool:
        """Whether it posts nothing until a person has looked at it."""
        return self.result in _HELD and not self.postings


@dataclass(frozen=True)
class Payment:
    """One payment of an insurer with its lines."""

    insurer_id: str
    """The insurer's fixed id; empty if it is not certain who paid."""
    insurer: str
    """The insurer's name; empty if it is not certain who paid."""
    number: str
    """The insurer's or the bank's number, as written."""
    paid_on: dt.date | None
    """The day of the payment; None if it cannot be read."""
    amount: int
    """The sum of its lines in cents, without copies and totals."""
    lines: tuple[Line, ...]
    """Its lines, in the order of the files."""
    ledger_payment: int | None = None
    """The ledger's number of this payment, if it is there already."""

    @property
    def posts(self) -> bool:
        """Whether it posts anything."""
        return any(line.postings for line in self.lines)


@dataclass(frozen=True)
class PostedLine:
    """A line of a payment on the ledger."""

    id: int
    cells: LineCells
    # Cents that it posted; None where it posted nothing.
    posted: int | None

    @property
    def names_visit(self) -> bool:
        """Whether it names a claim, or a member or patient and the day of a visit."""
        return bool(self.cells.claim or self.cells.service_date)

    @property
    def paid(self) -> int:
        """The amount it pays, in cents."""
        return int(self.cells.paid or 0)


@dataclass(frozen=True)
class PostedPayment:
    """A payment on the ledger that was not undone."""

    id: int
    """The ledger's number of the payment."""
    insurer_id: str
    """The insurer's fixed id."""
    number: str
    """The insurer's or the bank's number, as written."""
    paid_on: dt.date
    """The day of the payment."""
    amount: int
    """The sum of its lines, in cents."""
    lines: tuple[PostedLine, ...]
    """Its lines."""
    file: str = ""
    """The name of the file that it was posted from; of several, the first one's."""

    @property
    def room(self) -> int:
        """The part of it that is not posted yet, in cents: a corrected line may use that."""
        return self.amount - sum(min(line.paid, 0) if line.posted is None else line.posted for line in self.lines)

    def has(self, cells: Collection[LineCells]) -> bool:
        """Whether one of its lines has such cells."""
        return any(line.cells in cells for line in self.lines)

    def is_in(self, cells: Collection[LineCells]) -> bool:
        """Whether all of its lines that posted something have such cells."""
        return all(line.cells in cells for line in self.lines if line.posted is not None)


def may_be_one(number: str, other: str) -> bool:
    """True if two numbers of payments may be of one payment: one is missing, or their digits are the same.

    Files write one number with other letters, spaces and zeros: ``EFT 004711``, ``EFT-4711``, ``4711``.
    """
    return not (number and other) or _digits(number) == _digits(other)


def _digits(number: str) -> str:
    """The digits of a payment's number without leading zeros; the number itself if it has none."""
    return "".join(digits.lstrip("0") for digits in re.findall(r"\d+", number)) or number_key(number)


def number_key(number: str) -> str:
    """A payment's number as numbers are compared: without leading zeros, which a spreadsheet loses."""
    return without_zeros(number) or bare(number)
