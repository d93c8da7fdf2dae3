"""Remittances to payments: what each line pays of which claim, and what it means for it; nothing is posted twice."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.payments.matching import SHOWN, Claims, Unclear, rows_of, said
from ims_billing.payments.positions import Position, answers
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import meanings, word_of
from ims_billing.vocabulary.frames import REMITTANCE, prove
from ims_billing.vocabulary.spelling import bare, dollars

# What became of a line. The last four post nothing.
RESULTS = (
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
)
NOT_POSTED = ("unmatched", "ambiguous", "repeated", "total")
HELD = ("unmatched", "ambiguous")


@dataclass(frozen=True)
class Posting:
    """What a line pays of a claim, in cents: what the plan should pay in all (`expected`), whether it refuses."""

    claim: str
    paid: int
    expected: int
    denied: bool


@dataclass(frozen=True)
class Line:
    """One line of a remittance and what became of it.

    `words` is what tells it from another line of the payment; `postings` what it posts; `might_be` the claims that it
    may mean; `short` and `patient_share` what it leaves open, in cents.
    """

    file: str
    sheet: str
    row: int
    words: tuple[str, ...]
    paid: int
    reason: str
    result: str = ""
    message: str = ""
    postings: tuple[Posting, ...] = ()
    might_be: tuple[str, ...] = ()
    short: int = 0
    patient_share: int = 0
    known_line: int | None = None


@dataclass(frozen=True)
class Payment:
    """One payment of an insurer with its lines. `known` is the ledger's number of it, where it is there already."""

    insurer_id: str
    insurer: str
    number: str
    paid_on: dt.date | None
    amount: int
    lines: tuple[Line, ...]
    known: int | None = None

    @property
    def posts(self) -> bool:
        """Whether it posts anything."""
        return any(line.postings for line in self.lines)


@dataclass(frozen=True)
class KnownLine:
    """A line of a payment on the ledger: its key, its words, and what was posted of it, in cents (None: nothing)."""

    id: int
    words: tuple[str, ...]
    posted: int | None


@dataclass(frozen=True)
class KnownPayment:
    """A payment on the ledger that stands."""

    id: int
    insurer_id: str
    number: str
    paid_on: dt.date
    amount: int
    lines: tuple[KnownLine, ...]


_Rows = list[tuple[Any, Line]]


def number_key(number: str) -> str:
    """A payment's number as numbers are compared: without leading zeros, which a spreadsheet loses."""
    return bare(number).lstrip("0") or bare(number)


def reconciled(
    lines: pd.DataFrame,
    claims: pd.DataFrame,
    postings: pd.DataFrame,
    known: Sequence[KnownPayment],
    clinic: Clinic,
    as_of: dt.date,
) -> list[Payment]:
    """The payments that the lines (REMITTANCE) make up, each line matched to the claims (ON_LEDGER) it is about.

    `postings` (POSTINGS) say what the ledger has of each claim. A line is matched by the claim's number, else by
    member or patient, service date and amount; a sum without detail where it equals all open claims that it names.
    What is not certain posts nothing, and says which claims it may mean. What the ledger `known` is never posted again.
    """
    prove(lines, REMITTANCE)
    position = {claim: answer.position for claim, answer in answers(claims, postings).items()}
    paid: dict[str, list[tuple[Any, int, int]]] = {}
    for posting in rows_of(postings[postings["undone_on"].isna() & (postings["payment"] > 0)]):
        paid.setdefault(posting.claim, []).append((posting.paid_on, posting.paid_cents, posting.payment))
    ledger = _Ledger(Claims(claims, position, paid), known, clinic)
    rows = [(row, _addressed(row, clinic, as_of)) for row in rows_of(lines)]
    return [ledger.payment(_once(group)) for group in _by_payment(rows, clinic)]


def _by_payment(rows: _Rows, clinic: Clinic) -> list[_Rows]:
    """The rows of each payment: of one number and day; without a number, of one insurer and day."""

    def insurer(row: Any) -> str:
        known = clinic.insurer(row.insurer) if row.insurer else None
        return known.id if known else bare(row.insurer)

    numbered: dict[tuple[Any, ...], set[str]] = {}
    for row, _ in rows:
        numbered.setdefault((number_key(row.payment_number), str(row.payment_date)), set()).add(insurer(row))
    groups: dict[tuple[Any, ...], _Rows] = {}
    for row, line in rows:
        key = (number_key(row.payment_number), str(row.payment_date))
        # A row that leaves the insurer out is of the one that the other rows of the payment name.
        one = bool(key[0]) and len(numbered[key] - {""}) <= 1
        groups.setdefault((*key, "" if one else insurer(row)), []).append((row, line))
    return list(groups.values())


def _once(rows: _Rows) -> _Rows:
    """The rows of a payment; what stands in another file too is marked there as repeated."""
    there: dict[tuple[str, ...], Counter[str]] = {}
    made = []
    for row, line in rows:
        files = there.setdefault(line.words, Counter())
        before = next((file for file, count in files.items() if file != line.file and count > files[line.file]), "")
        files[line.file] += 1
        made.append((row, _not(line, "repeated", f"The same line stands in {before} too.") if before else line))
    return made


def _addressed(row: Any, clinic: Clinic, as_of: dt.date) -> Line:
    """The row as a line, with what of it cannot be read."""
    words = (
        row.claim, row.member, row.patient, _iso(row.service_date), _cents(row.claimed_cents), _cents(row.paid_cents),
        row.reason, _iso(row.period_from), _iso(row.period_until),
    )  # fmt: skip
    paid = 0 if pd.isna(row.paid_cents) else int(row.paid_cents)
    line = Line(row.file, row.sheet, int(row.row), words, paid, row.reason)
    if row.fault:
        return _not(line, "unmatched", row.fault)
    if row.insurer and clinic.insurer(row.insurer) is None:
        return _not(line, "unmatched", "The insurer is not known: add this spelling to its aliases in clinic.toml.")
    if pd.isna(row.payment_date):
        return _not(line, "unmatched", "The payment date is missing.")
    if row.payment_date > pd.Timestamp(as_of):
        return _not(line, "unmatched", f"The payment date is after {as_of}, the day that counts as today.")
    reason = _reason(row.reason)
    if reason == "pending":
        return _not(line, "unmatched", "The insurer has not decided yet. Post the line once it has.")
    if pd.isna(row.paid_cents) and reason in ("", "nothing"):
        return _not(line, "unmatched", "What is paid is missing.")
    return line


def _iso(day: Any) -> str:
    return "" if pd.isna(day) else f"{day:%Y-%m-%d}"


def _cents(cents: Any) -> str:
    return "" if pd.isna(cents) else str(int(cents))


def _not(line: Line, result: str, message: str, might_be: Sequence[str] = ()) -> Line:
    return replace(line, result=result, message=message, might_be=tuple(might_be), postings=())


def _unclear(line: Line, why: Unclear) -> Line:
    return _not(line, why.result, why.message, why.might_be)


def _reason(written: str) -> str:
    """What an insurer's words say of a claim.

    Empty: no words; `nothing`: words without meaning, such as Paid by EFT; `pending`; `patient-share`: the rest is the
    patient's; `short`: something was not allowed.
    """
    word = word_of(written)
    if not word:
        return ""
    words = published().layouts.words.remittance
    if meant := meanings(words, {}).get(word):
        return meant
    spoken, empty = word.split(), {part for text in words["nothing"] for part in word_of(text).split()}
    if all(part in empty or part.isdigit() for part in spoken):
        return "nothing"
    said_of = {
        meaning: any(f" {word_of(text)} " in f" {word} " for text in words[meaning])
        for meaning in ("pending", "short", "patient-share")
    }
    return next((meaning for meaning, found in said_of.items() if found), "short")


def _is_sum(row: Any) -> bool:
    """Whether a row names no single visit."""
    return not row.claim.strip() and pd.isna(row.service_date)


def _is_total(row: Any) -> bool:
    """Whether a row names nobody at all."""
    return _is_sum(row) and not said(row.member) and not said(row.patient)


def _without_total(rows: _Rows) -> _Rows:
    """The rows, with the sum that stands beside its own detail marked as such."""
    own = [(row, line) for row, line in rows if line.result != "repeated"]
    sums = [line for row, line in own if _is_total(row)]
    detail = sum(line.paid for row, line in own if not _is_total(row))
    if len(sums) != 1 or len(own) == 1 or sums[0].paid != detail:
        return rows
    return [
        (row, _not(line, "total", "The sum of the other lines.") if line is sums[0] else line) for row, line in rows
    ]


def _amount(rows: _Rows) -> int:
    return sum(line.paid for _, line in rows if line.result not in ("repeated", "total"))


class _Ledger:
    """The payments and claims of the ledger, which the lines of a run change as they are matched."""

    def __init__(self, claims: Claims, known: Sequence[KnownPayment], clinic: Clinic) -> None:
        self._claims, self._known, self._clinic = claims, known, clinic
        self._payments = 0

    def payment(self, rows: _Rows) -> Payment:
        """One payment of these rows: its insurer, its amount, and what each line posts."""
        self._payments += 1
        named, number = self._named(rows), rows[0][0].payment_number.strip()
        first = rows[0][0].payment_date
        paid_on = None if pd.isna(first) else first.date()
        before = dict(self._claims.position), {claim: list(paid) for claim, paid in self._claims.paid.items()}
        for payer in (named, ""):
            self._claims.position, self._claims.paid = dict(before[0]), {c: list(p) for c, p in before[1].items()}
            told = _without_total(self._posted_before(rows, named, number, paid_on))
            amount = _amount(told)
            same = self._same(named, number, paid_on, amount)
            lines = self._lines(told, named, number, paid_on, same)
            insurers = {self._insurer_of(p.claim) for line in lines for p in line.postings} | ({named} - {""})
            payer = next(iter(insurers)) if len(insurers) == 1 else ""
            if named or not payer:
                break
            # Whose payment it is, its claims say; now it can be known again.
            named = payer
        if len(insurers) > 1:
            self._claims.position, self._claims.paid = before
            several = "The claims of this payment are of several insurers. Say in a column which insurer paid."
            lines = [
                _not(line, "ambiguous", several, [p.claim for p in line.postings]) if line.postings else line
                for line in lines
            ]
        insurer = self._clinic.insurer(payer) if payer else None
        name = insurer.name if insurer else ""
        return Payment(payer, name, number, paid_on, amount, tuple(lines), same.id if same else None)

    def _insurer_of(self, claim: str) -> str:
        return str(self._claims.by_number[claim].insurer_id)

    def _named(self, rows: _Rows) -> str:
        """The insurer of a payment: as its rows say, else as the claims that they number; empty where neither does."""
        for row, _ in rows:
            if row.insurer and (known := self._clinic.insurer(row.insurer)):
                return known.id
        numbers = {row.claim.strip().upper() for row, _ in rows} & self._claims.by_number.keys()
        of_claims = {self._insurer_of(number) for number in numbers}
        return of_claims.pop() if len(of_claims) == 1 else ""

    def _posted_before(self, rows: _Rows, insurer: str, number: str, paid_on: dt.date | None) -> _Rows:
        """The rows; without a number, the line itself is what is known again, whatever else was paid that day."""
        if number:
            return rows
        left = Counter(
            line.words
            for known in self._known
            if (known.insurer_id, known.paid_on) == (insurer, paid_on)
            for line in known.lines
            if line.posted is not None
        )
        made = []
        for row, line in rows:
            if not line.result and left[line.words]:
                left[line.words] -= 1
                made.append((row, _not(line, "repeated", "This payment was posted before.")))
            else:
                made.append((row, line))
        return made

    def _same(self, insurer: str, number: str, paid_on: dt.date | None, amount: int) -> KnownPayment | None:
        key = (insurer, number_key(number), paid_on, amount)
        found = (p for p in self._known if (p.insurer_id, number_key(p.number), p.paid_on, p.amount) == key)
        return next(found, None) if number else None

    def _clash(self, insurer: str, number: str, same: KnownPayment | None) -> KnownPayment | None:
        """A payment of that number, with another amount or day."""
        if same is not None or not number:
            return None
        key = (insurer, number_key(number))
        return next((p for p in self._known if (p.insurer_id, number_key(p.number)) == key), None)

    def _lines(
        self, rows: _Rows, insurer: str, number: str, paid_on: dt.date | None, same: KnownPayment | None
    ) -> list[Line]:
        clash = self._clash(insurer, number, same)
        there = same or clash
        left = list(there.lines) if there else []
        # What of a payment that is known was not posted yet: a line that was mended may take it up.
        room = same.amount - sum(line.posted or 0 for line in same.lines) if same else 0
        seen: Counter[tuple[str, ...]] = Counter()
        made = []
        for row, line in rows:
            if line.result in ("repeated", "total"):
                made.append(line)
                continue
            seen[line.words] += 1
            before = next((one for one in left if one.words == line.words), None)
            if before is not None:
                left.remove(before)
                line = replace(line, known_line=before.id if same else None)
            if line.result:
                made.append(line)
            elif before is not None and before.posted is not None:
                made.append(_not(line, "repeated", "This payment was posted before."))
            elif clash is not None:
                made.append(_not(line, "ambiguous", _other_payment(clash)))
            elif same is not None and before is None and line.paid > room:
                made.append(_not(line, "ambiguous", _without_line(same)))
            elif seen[line.words] > 1:
                made.append(_not(line, "ambiguous", "The same line stands twice in this payment."))
            else:
                made.append(self._sum(row, line, insurer) if _is_sum(row) else self._single(row, line, insurer))
                room -= line.paid if made[-1].postings else 0
        return made

    def _single(self, row: Any, line: Line, insurer: str) -> Line:
        """A line about one visit."""
        claim = self._claims.meant_by(row, line.paid, insurer)
        if isinstance(claim, Unclear):
            return _unclear(line, claim)
        if why := self._why_not(row, line, claim):
            return _not(line, "ambiguous", why, [claim.claim])
        reason = _reason(row.reason)
        denied = line.paid == 0 and reason != "patient-share"
        expected = _expected(claim, reason, self._clinic)
        posting = Posting(claim.claim, line.paid, expected, denied)
        after = self._post(posting, row.payment_date)
        return replace(
            line, result=_result(line, after), postings=(posting,), short=after.short, patient_share=after.patient_share
        )

    def _post(self, posting: Posting, day: Any) -> Position:
        position = self._claims.position[posting.claim]
        after = position.after(posting.paid, posting.expected, denied=posting.denied)
        self._claims.position[posting.claim] = after
        self._claims.paid.setdefault(posting.claim, []).append((day, posting.paid, -self._payments))
        return after

    def _why_not(self, row: Any, line: Line, claim: Any) -> str:
        """Why a line is not posted to the claim that it is about; empty where it is."""
        position, paid = self._claims.position[claim.claim], self._claims.paid.get(claim.claim, [])
        if row.payment_date < claim.service_date:
            return "The payment is dated before the visit."
        if line.paid < 0 and not self._claims.never_below_zero(claim.claim, row.payment_date, line.paid):
            back, so_far = dollars(-line.paid), dollars(max(position.paid, 0))
            return f"It takes back {back}, and by that day less of the claim was paid; in all it is {so_far}."
        if line.paid == 0 and position.answered:
            return "It pays nothing, and the insurer has answered for this claim before."
        if line.paid == 0 and _reason(row.reason) == "nothing":
            return "It pays nothing, and does not say that it is refused, or why."
        again = [
            number
            for day, cents, number in paid
            if (day, cents) == (row.payment_date, line.paid) and number != -self._payments
        ]
        if again and line.paid > 0:
            which = f"payment {again[0]} on the ledger" if again[0] > 0 else "another payment in these files"
            return f"On that day the same amount of this claim was paid already, by {which}."
        return ""

    def _sum(self, row: Any, line: Line, insurer: str) -> Line:
        """A sum without detail: posted where it is that of all open claims that it names."""
        named = self._claims.owed_by(row, insurer)
        whom = said(row.member) or said(row.patient)
        shown = [claim.claim for claim in named[:SHOWN]]
        if not whom and (not insurer or pd.isna(row.period_from) or pd.isna(row.period_until)):
            told = "One sum, which names neither insurer and period nor a member: which visits it pays is not said."
            return _not(line, "unmatched", told, shown if insurer else ())
        owed = sum(self._claims.position[claim.claim].outstanding for claim in named)
        if line.paid != owed or len({claim.insurer_id for claim in named}) != 1:
            told = f"One sum of {dollars(line.paid)}; the {len(named)} open claims that it names come to "
            return _not(line, "ambiguous" if named else "unmatched", f"{told}{dollars(owed)}.", shown)
        postings = [
            Posting(claim.claim, self._claims.position[claim.claim].outstanding, 0, denied=False) for claim in named
        ]
        for posting in postings:
            self._post(posting, row.payment_date)
        return replace(line, result="paid", postings=tuple(postings))


def _other_payment(known: KnownPayment) -> str:
    return (
        f"A payment of that number was posted already, of {dollars(known.amount)} on {known.paid_on}. If this one is "
        f"right, undo that one first: ims-billing reconcile --undo {known.id} --reason TEXT."
    )


def _without_line(known: KnownPayment) -> str:
    return (
        "That payment was posted before, without this line, and nothing of it is left. If this file is right, undo "
        f"what was posted first: ims-billing reconcile --undo {known.id} --reason TEXT."
    )


def _result(line: Line, after: Position) -> str:
    if line.paid < 0:
        return "reversed"
    if after.outstanding < 0:
        return "over-paid"
    if after.denied:
        return "denied"
    if after.short:
        return "short-paid"
    return "patient-share" if after.patient_share else "paid"


def _expected(claim: Any, reason: str, clinic: Clinic) -> int:
    """What the plan should pay: by the share that the clinic states, else, where the insurer names a reason, all of it.

    What a plan leaves to the patient is no short payment: without either, nothing more is expected than was paid.
    """
    if reason == "patient-share":
        return 0
    percent = clinic.percent_on(claim.insurer_id, claim.policy, claim.service_date.date())
    if percent is not None:
        # A second plan pays its own share of the whole fee, and never more than what is left.
        of = claim.fee_cents if claim.follows else claim.amount_cents
        return min((int(of) * percent + 50) // 100, int(claim.amount_cents))
    return int(claim.amount_cents) if reason == "short" else 0
