"""Matches a remittance row to a claim by our number, else by person, day and amount; never guesses."""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Collection, Iterable, Iterator, Set
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import pandas as pd

from ims_billing.payments.positions import Answer, Position
from ims_billing.rules.published import published
from ims_billing.vocabulary.entries import Posted
from ims_billing.vocabulary.spelling import bare, core_name, dollars, name_words, plain, without_zeros

_OUR_NUMBER = re.compile(r"\d{4}-\d{2}-[A-Z]{4}-\d{4,}")
SHOWN = 5


@dataclass(frozen=True)
class Unclear:
    """Why a line posts nothing, in words, and the claims that it may be about."""

    result: Literal["unmatched", "ambiguous"]
    message: str
    might_be: tuple[str, ...] = ()


class Entry(NamedTuple):
    """What was posted to a claim, or that it was sent again, and where that comes from."""

    # Its payment is the ledger's own number; below zero for those of this run, whose lines have a file.
    posted: Posted
    # The insurer's or the bank's number of the payment, as written.
    number: str = ""
    file: str = ""


class Money(NamedTuple):
    """Each claim's position and entries, by claim number."""

    position: dict[str, Position]
    entries: dict[str, list[Entry]]


@dataclass
class Claims:
    """The ledger's claims (ON_LEDGER) in the ways that lines name them, with their money, which each line changes."""

    frame: pd.DataFrame
    position: dict[str, Position]
    # What was posted to each claim and not undone, in the order of the days.
    entries: dict[str, list[Entry]]
    # The names of all patients, each as its parts.
    patients: Collection[frozenset[str]] = frozenset()
    # The files whose invoices are the practice system's, which claims keep: one of their rows names a claim by it.
    our_invoices: Set[str] = frozenset()
    by_number: dict[str, Any] = field(default_factory=dict, init=False)
    _by_day: dict[pd.Timestamp, list[Any]] = field(default_factory=dict, init=False)
    _by_invoice: dict[str, list[Any]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for claim in named_rows(self.frame):
            self.by_number[str(claim.claim)] = claim
            self._by_day.setdefault(claim.service_date, []).append(claim)
            if claim.invoice:
                self._by_invoice.setdefault(bare(claim.invoice), []).append(claim)

    def copy(self) -> Money:
        """Copies the money of all claims, to `restore` later."""
        return Money(dict(self.position), {claim: list(entries) for claim, entries in self.entries.items()})

    def restore(self, money: Money) -> None:
        """Restores the money of a `copy`; the copy stays usable."""
        self.position = dict(money.position)
        self.entries = {claim: list(entries) for claim, entries in money.entries.items()}

    def paid(self, claim: str) -> list[Entry]:
        """What was paid of a claim and taken back, in the order of the days."""
        return [entry for entry in self.entries.get(claim, []) if entry.posted.payment]

    def post(self, entry: Entry) -> Position:
        """Posts an entry at its day, as the ledger does, and returns the claim's position after all of its entries."""
        claim = self.by_number[entry.posted.claim]
        entries = self.entries.setdefault(str(claim.claim), [])
        insort(entries, entry, key=lambda each: (each.posted.paid_on, not each.posted.payment))
        answer = Answer(Position(int(claim.amount_cents) if pd.isna(claim.voided_on) else 0))
        for each in entries:
            answer = answer.after(each.posted)
        self.position[str(claim.claim)] = answer.position
        return answer.position

    def why_waiting(self, claim: str) -> str:
        """Says why a claim waits for another answer though something was posted to it."""
        sent_again = [entry.posted.paid_on for entry in self.entries[claim] if not entry.posted.payment]
        if not sent_again:
            return "What was paid of it later was reversed: it waits for another answer."
        return (
            f"It was sent again on {sent_again[-1]}, after this payment, and waits for another answer. If this is the "
            "answer, correct Sent on in the aging workbook."
        )

    def meant_by(self, row: Any, paid: int, insurer: str) -> Any | Unclear:
        """Finds the one claim that a row is about, or says why it is not certain.

        row: a row of REMITTANCE
        paid: its amount in cents
        insurer: the payer's fixed id; empty if it is not known
        """
        number = row.claim.strip().upper()
        claim = self.by_number.get(number)
        if claim is None and _OUR_NUMBER.fullmatch(number):
            return Unclear("unmatched", f"{number} is no claim on the ledger.")
        candidate = self._by_person(row, paid, insurer) if claim is None else claim
        if isinstance(candidate, Unclear):
            return candidate
        if claim is not None and (other := _contradicts(row, claim, insurer, self.invoices_on(row))):
            return Unclear("ambiguous", f"The line names a claim, but {other} differs.", (number,))
        if not pd.isna(candidate.voided_on) and paid >= 0:
            return _voided(candidate)
        return candidate

    def _by_person(self, row: Any, paid: int, insurer: str) -> Any | Unclear:
        """Finds the claim of a member or patient, a day and an amount."""
        theirs = self._of_person(row, paid, insurer)
        if isinstance(theirs, Unclear):
            return theirs
        numbers = tuple(claim.claim for claim in theirs)
        amount = None if pd.isna(row.claimed_cents) else abs(int(row.claimed_cents))
        invoices = self.invoices_on(row)
        fitting = [claim for claim in theirs if amount is None or amount in _amounts(claim, invoices)]
        if not fitting:
            shown = " and ".join(dollars(int(claim.amount_cents)) for claim in theirs[:SHOWN])
            message = f"It says that {dollars(amount or 0)} was claimed; of that day and person it was {shown}."
            return Unclear("ambiguous", message, numbers)
        if len(fitting) > 1:
            message = f"{len(fitting)} claims are of that day, person and amount."
            return Unclear("ambiguous", message, tuple(claim.claim for claim in fitting))
        return fitting[0]

    def _of_person(self, row: Any, paid: int, insurer: str) -> list[Any] | Unclear:
        """Finds the claims of a member or patient and a day to one insurer, as far as name and invoice agree."""
        if pd.isna(row.service_date) or not (person_in(row.member) or person_in(row.patient)):
            return Unclear("unmatched", "It names no claim of ours, and not both a day and a member or patient.")
        of_day = [
            claim
            for claim in self._by_day.get(row.service_date, [])
            if (not insurer or claim.insurer_id == insurer) and same_person(row, claim)
        ]
        theirs = [claim for claim in of_day if self._may_mean(claim, paid)]
        if not theirs and (voided := [claim for claim in of_day if not self._is_anothers(row, claim)]):
            return _voided(voided[-1])
        theirs = [claim for claim in theirs if _by_member(row, claim)] or theirs
        invoices = set(map(bare, self.invoices_on(row)))
        of_invoice = [claim for claim in theirs if bare(claim.invoice) in invoices]
        if not theirs:
            return Unclear("unmatched", "No claim is of that day and that member or patient.")
        numbers = tuple(claim.claim for claim in theirs)
        theirs = of_invoice or [claim for claim in theirs if not self._is_anothers(row, claim)]
        if not theirs:
            message = (
                "Another patient has exactly that name. If it pays this claim all the same, write the claim's number."
            )
            return Unclear("ambiguous", message, numbers)
        if invoices and row.file in self.our_invoices and not of_invoice and all(claim.invoice for claim in theirs):
            message = "Its invoice is of another visit. If it pays this claim all the same, write the claim's number."
            return Unclear("ambiguous", message, numbers)
        numbers = tuple(claim.claim for claim in theirs)
        # An insurer whose claim was voided may have paid it all the same.
        of_visit = theirs + [claim for claim in of_day if claim.replaced_by in numbers]
        if len({claim.insurer_id for claim in of_visit}) > 1:
            message = "Several insurers were asked for that visit. Say in a column Insurer which one paid."
            return Unclear("ambiguous", message, numbers)
        return theirs

    def _is_anothers(self, row: Any, claim: Any) -> bool:
        """True if the claim's patient has only a part of the row's name, or more, and another patient has just it."""
        if not person_in(row.patient) or _by_member(row, claim):
            return False
        name = name_parts(row.patient)
        return name != name_parts(claim.patient) and name in self.patients

    def invoices_on(self, row: Any) -> list[str]:
        """The numbers of the invoices that a row names; words that make a claim's invoice together are one number."""
        invoices = []
        for part in re.split("[,;]", row.invoice):
            words = part.split()
            while words:
                count = next((count for count in range(len(words), 1, -1) if self._is_invoice(words[:count])), 1)
                invoices.append(" ".join(words[:count]))
                words = words[count:]
        return invoices

    def _is_invoice(self, words: list[str]) -> bool:
        """True if these words are one claim's invoice, and not an invoice each: ``101 102`` is two of them."""
        claims = self._by_invoice.get(bare("".join(words)), [])
        if any(claim.invoice.split() == words for claim in claims):
            return True
        are_several = all(word.isdigit() or bare(word) in self._by_invoice for word in words)
        return bool(claims) and not are_several

    def of_invoice(self, invoice: str, insurer: str, paid: int) -> list[Any]:
        """Finds the claims of an invoice, by its number in any spelling, that a payment of that amount may be about."""
        return [
            claim
            for claim in self._by_invoice.get(bare(invoice), [])
            if (not insurer or claim.insurer_id == insurer) and self._may_mean(claim, paid)
        ]

    def _may_mean(self, claim: Any, paid: int) -> bool:
        """True for claims that stand; a reversal may be about one that was paid, and voided since."""
        return pd.isna(claim.voided_on) or (paid < 0 and self.position[claim.claim].paid > 0)

    def visit_day(self, row: Any) -> Any:
        """The day of the visit that a row names, itself or by our claim number; NaT if it names none."""
        claim = self.by_number.get(row.claim.strip().upper())
        return row.service_date if claim is None or not pd.isna(row.service_date) else claim.service_date

    def insurer_of(self, row: Any) -> str:
        """The fixed id of the insurer whose claim a row names by our number or an invoice; empty if not certain."""
        claim = self.by_number.get(row.claim.strip().upper())
        insurers = {each.insurer_id for each in ([claim] if claim is not None else self._named_by_invoice(row))}
        return str(insurers.pop()) if len(insurers) == 1 else ""

    def with_our_invoices(self, rows: Iterable[Any]) -> Claims:
        """These claims, with the files of these rows of REMITTANCE that name claims by invoices."""
        return replace(self, our_invoices=frozenset(row.file for row in rows if self._named_by_invoice(row)))

    def _named_by_invoice(self, row: Any) -> list[Any]:
        """The claims of the invoices on a row, as far as day and person agree; also those that were voided."""
        return [
            claim
            for invoice in self.invoices_on(row)
            for claim in self._by_invoice.get(bare(invoice), [])
            if (pd.isna(row.service_date) or row.service_date == claim.service_date)
            and (not (person_in(row.member) or person_in(row.patient)) or same_person(row, claim))
        ]

    def owed_by(self, row: Any, insurer: str) -> list[Any]:
        """Finds the open claims of the insurer and period, or the member, that a sum without detail names."""
        whom = person_in(row.member) or person_in(row.patient)
        return [
            claim
            for claim in self.by_number.values()
            if pd.isna(claim.voided_on)
            and self.position[claim.claim].outstanding > 0
            and (not insurer or claim.insurer_id == insurer)
            and (pd.isna(row.period_from) or claim.service_date >= row.period_from)
            and (pd.isna(row.period_until) or claim.service_date <= row.period_until)
            and (not whom or (same_person(row, claim) and not self._is_anothers(row, claim)))
        ]

    def never_below_zero(self, claim: str, day: Any, cents: int) -> bool:
        """True if a reversal of `cents` (below zero) on that day never leaves the claim's paid sum below zero."""
        amounts = [(entry.posted.paid_on, entry.posted.paid_cents) for entry in self.paid(claim)]
        total = 0
        for _, amount in sorted([*amounts, (day.date(), cents)], key=lambda each: (each[0], -each[1])):
            total += amount
            if total < 0:
                return False
        return True


def named_rows(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a frame, each with its columns by name."""
    yield from frame.itertuples(index=False)


def person_in(text: str) -> str:
    """The cell of a person without spaces around; empty where it holds a word for a total."""
    totals = {plain(word) for word in published().layouts.lines.totals}
    return "" if plain(text) in totals else text.strip()


def _voided(claim: Any) -> Unclear:
    """Why a voided claim takes no payment, and which claim stands for it."""
    now = f" and replaced by {claim.replaced_by}" if claim.replaced_by else ""
    message = f"{claim.claim} was voided{now}. Ask the insurer which claim it pays."
    return Unclear("ambiguous", message, (claim.replaced_by or claim.claim,))


def _amounts(claim: Any, invoices: Iterable[str]) -> set[int]:
    """The amounts in cents that a row with these invoices may name as claimed.

    A second insurer's claim shows the whole fee too. The practice system invoices the insurer for what the patient has
    not paid of the fee, and the claim asks for all of it.
    """
    amounts = {int(claim.amount_cents)}
    if claim.follows:
        amounts.add(int(claim.fee_cents))
    if bare(claim.invoice) in map(bare, invoices):
        amounts.add(int(claim.fee_cents) - int(claim.patient_paid_cents))
    return amounts


def _by_member(row: Any, claim: Any) -> bool:
    """True if the row has the claim's member number."""
    return bool(person_in(row.member)) and without_zeros(row.member) in (
        {without_zeros(number) for number in (claim.member, claim.phn, claim.payer_file_number)} - {""}
    )


def same_person(row: Any, claim: Any) -> bool:
    """True if member number and name agree as far as both sides have them, and both have at least one."""
    if person_in(row.member) and claim.member and not _by_member(row, claim):
        return False
    return _same_name(row.patient, claim.patient) if person_in(row.patient) else _by_member(row, claim)


def name_parts(name: str) -> frozenset[str]:
    """The words of a person's name, in any order, apart from typography and without titles."""
    return frozenset(name_words(name)) - set(published().people.titles)


def _same_name(one: str, other: str) -> bool:
    """True if two names are of one person: in any order and typography, with a title or a middle name on one side."""
    if core_name(one) == core_name(other):
        return True
    first, second = name_parts(one), name_parts(other)
    return first == second or (min(len(first), len(second)) > 1 and (first <= second or second <= first))


def _contradicts(row: Any, claim: Any, insurer: str, invoices: Iterable[str]) -> str:
    """Names the cell of a line that contradicts the claim; empty if none does."""
    if insurer and claim.insurer_id != insurer:
        return "the insurer"
    if not pd.isna(row.service_date) and row.service_date != claim.service_date:
        return "the service date"
    if person_in(row.member) and claim.member and not _by_member(row, claim):
        return "the member's number"
    if person_in(row.patient) and not _same_name(row.patient, claim.patient):
        return "the patient"
    amounts = {*_amounts(claim, invoices), int(claim.fee_cents)}
    if not pd.isna(row.claimed_cents) and row.claimed_cents and abs(int(row.claimed_cents)) not in amounts:
        return "the amount claimed"
    return ""
