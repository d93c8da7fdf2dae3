"""Posts payments to claims: the claim and amount of each line, and its result; posts nothing twice."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.payments.matching import SHOWN, Claims, Entry, Unclear, named_rows, person_in
from ims_billing.payments.objections import objection, overpayment
from ims_billing.payments.payers import Names, insurer_on
from ims_billing.payments.payment import Line, LineCells, Payment, PostedPayment, Posting, Result
from ims_billing.payments.payment_lines import (
    RemittanceRow,
    Rows,
    amount_of,
    is_sum,
    not_posted,
    rows_by_payment,
    without_claim,
    without_total,
)
from ims_billing.payments.positions import Position, answers
from ims_billing.payments.posted_before import PostedBefore, another_page, by_ledger
from ims_billing.payments.reasons import ALL_EXPECTED, Meaning, meaning_of
from ims_billing.payments.treatments import another_treatment
from ims_billing.vocabulary.entries import Posted, entries_of
from ims_billing.vocabulary.frames import REMITTANCE, prove
from ims_billing.vocabulary.spelling import dollars


@dataclass(frozen=True)
class Recorded:
    """The ledger's side of a reconciliation: the claims that lines may pay, and what was paid before."""

    claims: pd.DataFrame
    """ON_LEDGER."""
    postings: pd.DataFrame
    """POSTINGS of these claims."""
    payments: Sequence[PostedPayment]
    """The payments that are not posted again."""
    patients: Names
    """The names of all patients and insured persons."""
    numbers: Mapping[int, str] = field(default_factory=dict)
    """By the ledger's own number of a payment, the insurer's or the bank's number of it."""


def reconciled(
    lines: pd.DataFrame, recorded: Recorded, clinic: Clinic, as_of: dt.date, *, accept_overpayment: bool = False
) -> list[Payment]:
    """Matches remittance lines to claims, and returns the payments with the postings and result of each line.

    lines: REMITTANCE
    recorded: the claims and payments on the ledger
    clinic: the clinic's setup
    as_of: the day of the run
    accept_overpayment: also post lines that pay over 1 % more than their claim

    A line is matched by the claim's number, else by member or patient, service date and amount. A sum without detail
    is matched if it equals all open claims that it names. An uncertain line posts nothing, and names the claims that
    it may be about.
    """
    prove(lines, REMITTANCE)
    claims, postings = recorded.claims, recorded.postings
    position = {claim: answer.position for claim, answer in answers(claims, postings).items()}
    entries: dict[str, list[Entry]] = {}
    for posted in entries_of(postings[postings["undone_on"].isna()], Posted):
        entries.setdefault(posted.claim, []).append(Entry(posted, recorded.numbers.get(posted.payment, "")))
    money = Claims(claims, position, entries, recorded.patients).with_our_invoices(named_rows(lines))
    poster = _Poster(money, recorded.payments, clinic, accept_overpayment=accept_overpayment)
    groups = rows_by_payment(lines, clinic, recorded.patients, as_of)
    # A list may begin with the newest payment, which takes back what an older one pays.
    in_order = sorted(range(len(groups)), key=lambda place: (_number_and_day(groups[place])[1] or dt.date.max, place))
    payments = {place: poster.payments(groups[place]) for place in in_order}
    return [payment for place in range(len(groups)) for payment in payments[place]]


class _Poster:
    """Posts lines to the claims on the ledger; each payment of a run changes the claims for the next one."""

    def __init__(
        self, claims: Claims, on_ledger: Sequence[PostedPayment], clinic: Clinic, *, accept_overpayment: bool
    ) -> None:
        self._claims, self._on_ledger, self._clinic = claims, PostedBefore(on_ledger), clinic
        self._accept_overpayment = accept_overpayment
        self._payments = 0
        # The number of the payment at hand: the ledger's, where it has a part of it, else one below zero.
        self._own = 0
        # Insurer, day and amount of the payments of this run.
        self._made: set[tuple[str, dt.date | None, int]] = set()

    def payments(self, rows: Rows) -> list[Payment]:
        """Makes the payments of these rows: each one's insurer, amount, and the postings of each line.

        Two insurers may give payments of a day one number: then each file is a payment of its own. A list without
        numbers and insurers, as a practice system writes it, is a payment for each insurer of the claims that it names.
        """
        parts = [
            [row for row in rows if row.line.file == file] for file in dict.fromkeys(row.line.file for row in rows)
        ]
        if len({self._payer_shown_by(part) for part in parts} - {""}) > 1:
            return [payment for part in parts for payment in self.payments(part)]
        by_insurer = self._by_insurer(rows)
        if len(by_insurer.keys() - {""}) > 1:
            return self._of_each(by_insurer)
        number, paid_on = _number_and_day(rows)
        before = self._claims.copy()
        payer = self._payer_shown_by(rows)
        matched = self._matched(rows, payer, number, paid_on)
        insurers = {self._insurer_of(p.claim) for line in matched.lines for p in line.postings} | ({payer} - {""})
        if not payer and len(insurers) == 1:
            # The claims show who paid. Match again: a payment that was posted before is recognized by its insurer.
            payer = next(iter(insurers))
            self._claims.restore(before)
            matched = self._matched(rows, payer, number, paid_on)
        if len(insurers) > 1:
            self._claims.restore(before)
            if len(parts) > 1:
                return [payment for part in parts for payment in self.payments(part)]
            if len(by_insurer) > 1:
                return self._of_each(by_insurer)
            matched = replace(matched, lines=tuple(_of_several(line) for line in matched.lines))
            payer = ""
        return [self._from(matched, payer, rows)]

    def _of_each(self, by_insurer: dict[str, Rows]) -> list[Payment]:
        """The payment of each insurer; rows that name no claim for certain post nothing: whose they are is not said."""
        payments = []
        for payer, rows in by_insurer.items():
            before = self._claims.copy()
            matched = self._matched(rows, payer, *_number_and_day(rows))
            if not payer:
                self._claims.restore(before)
                matched = replace(matched, lines=tuple(_of_several(line) for line in matched.lines))
            payments.append(self._from(matched, payer, rows))
        return payments

    def _from(self, matched: Payment, payer: str, rows: Rows) -> Payment:
        """The payment as one of this insurer, which is kept for the payments after it."""
        if not all(is_sum(row.cells) for row in rows):
            self._made.add((payer, matched.paid_on, matched.amount))
        insurer = self._clinic.insurer(payer) if payer else None
        return replace(matched, insurer_id=payer, insurer=insurer.name if insurer else "")

    def _by_insurer(self, rows: Rows) -> dict[str, Rows]:
        """The rows of a list without numbers and insurers, by the insurer of the claim or posted line that each names.

        All rows are together, without an insurer, where the list is one payment: it has a number, or says who paid.
        """
        number, paid_on = _number_and_day(rows)
        if number or any(insurer_on(row.cells, self._clinic) for row in rows):
            return {"": rows}
        by_insurer: dict[str, Rows] = {}
        for row in without_total(rows, self._claims.visit_day):
            payer = ""
            if not row.line.result:
                payer = self._claims.insurer_of(row.cells) or self._on_ledger.insurer_of([row], number, paid_on)
            by_insurer.setdefault(payer, []).append(row)
        return by_insurer

    def _matched(self, rows: Rows, insurer: str, number: str, paid_on: dt.date | None) -> Payment:
        """Matches the rows as a payment of this insurer; an empty insurer is not known yet."""
        self._payments += 1
        rows = without_total(self._on_ledger.without_posted(rows, insurer, number, paid_on), self._claims.visit_day)
        amount = amount_of(rows)
        same = self._on_ledger.same(insurer, number, paid_on, amount)
        self._own = same.id if same else -self._payments
        other = None if same else self._on_ledger.other(insurer, number, paid_on)
        lines = tuple(self._lines(rows, insurer, number, same, other))
        return Payment(insurer, "", number, paid_on, amount, lines, same.id if same else None)

    def _insurer_of(self, claim: str) -> str:
        return str(self._claims.by_number[claim].insurer_id)

    def _payer_shown_by(self, rows: Rows) -> str:
        """The insurer that the rows show before they are matched; empty if it is not certain."""
        return self._named(rows) or self._on_ledger.insurer_of(rows, *_number_and_day(rows))

    def _named(self, rows: Rows) -> str:
        """The insurer that the rows name, else that of the claims that they number; empty if neither is certain."""
        for row in rows:
            if payer := insurer_on(row.cells, self._clinic):
                return payer.id
        numbers = {row.cells.claim.strip().upper() for row in rows} & self._claims.by_number.keys()
        of_claims = {self._insurer_of(number) for number in numbers}
        return of_claims.pop() if len(of_claims) == 1 else ""

    def _lines(
        self, rows: Rows, insurer: str, number: str, same: PostedPayment | None, other: PostedPayment | None
    ) -> list[Line]:
        on_ledger = same or other
        left = list(on_ledger.lines) if on_ledger else []
        cells = {row.line.cells for row in rows}
        is_page = on_ledger is not None and not on_ledger.has(cells)
        more = other is not None and other.is_in(cells)
        room = same.room if same else 0
        copies: Counter[LineCells] = Counter()
        lines: list[Line] = []
        refused: list[tuple[int, RemittanceRow]] = []
        for row in rows:
            line = row.line
            if line.result in ("repeated", "total"):
                lines.append(line)
                continue
            copies[line.cells] += 1
            before = next((posted for posted in left if posted.cells == line.cells), None)
            if before is not None:
                left.remove(before)
                line = replace(line, ledger_line=before.id if same else None)
            if not line.result:
                settled = by_ledger(line, before, same, other, room=room, more=more)
                if is_page and on_ledger:
                    settled = another_page(line, on_ledger)
                if settled is None and copies[line.cells] > 1:
                    settled = not_posted(line, "ambiguous", "The same line appears twice in this payment.")
                row = row.with_line(line)
                line = settled or self._posted(row, insurer, number)
                if not (settled or line.postings):
                    refused.append((len(lines), row))
                room -= line.paid if line.postings else 0
            lines.append(line)
        # A line may pay anew what one below it takes back.
        for place, row in refused if any(line.paid < 0 and line.postings for line in lines) else ():
            lines[place] = self._posted(row, insurer, number)
        return lines

    def _posted(self, row: RemittanceRow, insurer: str, number: str) -> Line:
        if is_sum(row.cells):
            # Without a number, other rows of the same day say nothing of who paid this one.
            named = insurer if number or insurer_on(row.cells, self._clinic) else ""
            invoices = {
                invoice: self._claims.of_invoice(invoice, named, row.line.paid)
                for invoice in self._claims.invoices_on(row.cells)
            }
            if any(invoices.values()):
                return self._invoices(row.cells, row.line, invoices)
            return self._sum(row.cells, row.line, named)
        claim = self._claims.meant_by(row.cells, row.line.paid, insurer)
        if isinstance(claim, Unclear):
            return not_posted(row.line, claim.result, claim.message, claim.might_be)
        return self._single(row.cells, row.line, claim)

    def _invoices(self, cells: Any, line: Line, invoices: dict[str, list[Any]]) -> Line:
        """A line that names its visits by invoices: of one claim, or the sum of all that is open of several."""
        claims = [claim for of_invoice in invoices.values() for claim in of_invoice]
        shown = [claim.claim for claim in claims[:SHOWN]]
        if without := [invoice for invoice, of_invoice in invoices.items() if not of_invoice]:
            return not_posted(line, "ambiguous", without_claim(without), shown)
        if len(claims) == 1:
            return self._single(cells, line, claims[0])
        return self._sum_of(claims, cells, line, "claims of these invoices come to", by_invoices=True)

    def _single(self, cells: Any, line: Line, claim: Any) -> Line:
        """A line about one claim."""
        if why := another_treatment(cells, claim, self._clinic):
            return not_posted(line, "ambiguous", why, [claim.claim])
        if why := objection(cells, line, claim, self._claims, self._own):
            return not_posted(line, "ambiguous", why, [claim.claim])
        if not self._accept_overpayment and (message := overpayment(line, claim, self._claims)):
            return not_posted(line, "over-paid", message, [claim.claim])
        meaning = meaning_of(cells.reason)
        denied = line.paid == 0 and meaning != "patient-share"
        posting = Posting(claim.claim, line.paid, _expected(claim, meaning, self._clinic), denied)
        after = self._post(posting, cells, line)
        result = _result(line, after)
        return replace(
            line,
            result=result,
            message=self._claims.why_waiting(claim.claim) if result == "waiting" else "",
            postings=(posting,),
            short=after.short,
            patient_share=after.patient_share,
        )

    def _post(self, posting: Posting, cells: Any, line: Line) -> Position:
        day = cells.payment_date.date()
        posted = Posted(
            self._own, posting.claim, posting.paid, posting.expected, posting.denied, line.reason, day, None
        )
        return self._claims.post(Entry(posted, cells.payment_number.strip(), line.file))

    def _sum(self, cells: Any, line: Line, insurer: str) -> Line:
        """A sum without detail: posted where it is that of all open claims that it names."""
        claims = self._claims.owed_by(cells, insurer)
        # A name alone is what the patient's own payments have too.
        whom = person_in(cells.member) or (insurer and person_in(cells.patient))
        shown = [claim.claim for claim in claims[:SHOWN]]
        if not whom and (not insurer or pd.isna(cells.period_from) or pd.isna(cells.period_until)):
            message = "One sum, which names neither insurer and period nor a member: which visits it pays is not said."
            if cells.invoice:
                message = without_claim(self._claims.invoices_on(cells))
            return not_posted(line, "unmatched", message, shown if insurer else ())
        return self._sum_of(claims, cells, line, "open claims that it names come to")

    def _made_that_day(self, insurer: str, day: Any, cents: int) -> str:
        """Why a sum may be a payment that was posted already, visit by visit; empty if there is none like it."""
        key = (insurer, day.date(), cents)
        number = self._on_ledger.visit_by_visit(*key)
        if not number and key not in self._made:
            return ""
        which = f"payment {number} on the ledger" if number else "another payment in these files"
        return f"One sum, and {which} of that insurer, day and amount says which visits it pays."

    def _sum_of(self, claims: Sequence[Any], cells: Any, line: Line, what: str, *, by_invoices: bool = False) -> Line:
        """A sum that pays all that is open of these claims, and is not posted where it is another one.

        One `by_invoices` names its visits: an equal payment of that day is of others.
        """
        shown = [claim.claim for claim in claims[:SHOWN]]
        owed = sum(max(self._claims.position[claim.claim].outstanding, 0) for claim in claims)
        if not owed or line.paid != owed or len({claim.insurer_id for claim in claims}) != 1:
            message = f"One sum of {dollars(line.paid)}, and no claim that it could pay is open."
            if claims:
                message = (
                    f"One sum of {dollars(line.paid)}; the {len(claims)} {what} {dollars(owed)}. Write a line for each "
                    "claim that it pays, with the claim's number."
                )
            return not_posted(line, "ambiguous" if claims else "unmatched", message, shown)
        # Two numbers are two payments, even of one amount.
        if not (by_invoices or cells.payment_number.strip()) and (
            again := self._made_that_day(str(claims[0].insurer_id), cells.payment_date, line.paid)
        ):
            return not_posted(line, "ambiguous", again, shown)
        claims = [claim for claim in claims if self._claims.position[claim.claim].outstanding > 0]
        postings = [
            Posting(claim.claim, self._claims.position[claim.claim].outstanding, 0, denied=False) for claim in claims
        ]
        for posting in postings:
            self._post(posting, cells, line)
        return replace(line, result="paid", postings=tuple(postings))


def _number_and_day(rows: Rows) -> tuple[str, dt.date | None]:
    """A payment's number as written, and its day; None if it cannot be read."""
    first = rows[0].cells
    return first.payment_number.strip(), None if pd.isna(first.payment_date) else first.payment_date.date()


def _of_several(line: Line) -> Line:
    if not line.postings:
        return line
    message = "The claims of this payment are of several insurers. Say in a column which insurer paid."
    return not_posted(line, "ambiguous", message, [posting.claim for posting in line.postings])


def _result(line: Line, after: Position) -> Result:
    if line.paid < 0:
        return "reversed"
    if after.outstanding < 0:
        return "over-paid"
    if after.denied:
        return "denied"
    if after.short:
        return "short-paid"
    if after.outstanding:
        return "waiting"
    return "patient-share" if after.patient_share else "paid"


def _expected(claim: Any, meaning: Meaning, clinic: Clinic) -> int:
    """The amount in cents that the plan should pay: the share that the clinic states, else all if a reason refuses it.

    The patient's share is no short payment: without a stated share or a reason, no more is expected than was paid. A
    payer that pays the whole cost leaves the patient none.
    """
    day = claim.service_date.date()
    if (insurer := clinic.insurer(claim.insurer_id)) and insurer.goes_by("no-patient-share", day):
        return int(claim.amount_cents)
    if meaning == "patient-share":
        return 0
    percent = clinic.percent_on(claim.insurer_id, claim.policy, day)
    if percent is not None:
        # A second plan pays its own share of the whole fee, and never more than what is left.
        of = claim.fee_cents if claim.follows else claim.amount_cents
        return min((int(of) * percent + 50) // 100, int(claim.amount_cents))
    return int(claim.amount_cents) if meaning in ALL_EXPECTED else 0
