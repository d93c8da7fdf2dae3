"""Payments to claims: which claim each line of a remittance is about, and what it means for it; nothing is guessed."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from ims_billing.cells import meanings, word_of
from ims_billing.clinic import Clinic
from ims_billing.model import REMITTANCE, bare, dollars, given_name_first, prove
from ims_billing.receivables import Position
from ims_billing.rulebook import published

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
_OUR_NUMBER = re.compile(r"\d{4}-\d{2}-[A-Z]{4}-\d{4,}")
_SHOWN = 5
_TOTAL = "The sum of the other lines."


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
class KnownPayment:
    """A payment on the ledger that stands: its key, and its lines with their words and what was posted of them."""

    id: int
    insurer_id: str
    number: str
    paid_on: dt.date
    amount: int
    lines: tuple[tuple[int, tuple[str, ...], bool], ...]


@dataclass
class _Claims:
    """The claims of the ledger as lines name them, with their positions as the lines change them."""

    frame: pd.DataFrame
    position: dict[str, Position]
    by_number: dict[str, Any] = field(default_factory=dict)
    by_day: dict[pd.Timestamp, list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for claim in _rows(self.frame):
            self.by_number[str(claim.claim)] = claim
            if pd.isna(claim.voided_on):
                self.by_day.setdefault(claim.service_date, []).append(claim)

    def is_owed(self, claim: Any) -> bool:
        """Whether the insurer has not answered for it yet."""
        return self.position[claim.claim].outstanding > 0


def reconciled(
    lines: pd.DataFrame,
    claims: pd.DataFrame,
    position: dict[str, Position],
    known: Sequence[KnownPayment],
    clinic: Clinic,
) -> list[Payment]:
    """The payments that the lines (REMITTANCE) make up, each line matched to the claims (ON_LEDGER) it is about.

    `position` has each claim's money as the ledger has it now. A line is matched by the claim's number, else by member
    or patient, service date and amount; a sum without detail where it equals all open claims that it names. What is
    not certain posts nothing, and says which claims it may mean. What the ledger `known` is never posted again.
    """
    prove(lines, REMITTANCE)
    ledger = _Claims(claims, dict(position))
    grouped: dict[tuple[Any, ...], list[tuple[Any, Line]]] = {}
    for row in _rows(lines):
        insurer, line = _addressed(row, clinic)
        number = row.payment_number.strip()
        source = "" if number else row.file
        key = (bare(number), source, insurer or bare(row.insurer), row.payment_date)
        grouped.setdefault(key, []).append((row, line))
    return [_payment(_once(rows), ledger, known, clinic) for rows in grouped.values()]


def _once(rows: list[tuple[Any, Line]]) -> list[tuple[Any, Line]]:
    """The rows of a payment; what stands in another file too is marked there as repeated."""
    there: dict[tuple[str, ...], Counter[str]] = {}
    made = []
    for row, line in rows:
        files = there.setdefault(line.words, Counter())
        before = next((file for file, count in files.items() if file != line.file and count > files[line.file]), "")
        files[line.file] += 1
        made.append((row, _not(line, "repeated", f"The same line stands in {before} too.") if before else line))
    return made


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a frame, each with its columns by name."""
    yield from frame.itertuples(index=False)


def _addressed(row: Any, clinic: Clinic) -> tuple[str, Line]:
    """The id of the insurer that a row names, empty where none; and the row as a line."""
    known = clinic.insurer(row.insurer) if row.insurer else None
    words = (
        row.claim, row.member, row.patient, _iso(row.service_date), _cents(row.claimed_cents), _cents(row.paid_cents),
        row.reason, _iso(row.period_from), _iso(row.period_until),
    )  # fmt: skip
    paid = 0 if pd.isna(row.paid_cents) else int(row.paid_cents)
    line = Line(row.file, row.sheet, int(row.row), words, paid, row.reason)
    if row.fault:
        line = _not(line, "unmatched", row.fault)
    elif row.insurer and known is None:
        line = _not(line, "unmatched", "The insurer is not known: add this spelling to its aliases in clinic.toml.")
    elif pd.isna(row.payment_date):
        line = _not(line, "unmatched", "The payment date is missing.")
    elif pd.isna(row.paid_cents) and not _reason(row.reason, clinic):
        line = _not(line, "unmatched", "What is paid is missing.")
    return (known.id if known else ""), line


def _iso(day: Any) -> str:
    return "" if pd.isna(day) else f"{day:%Y-%m-%d}"


def _cents(cents: Any) -> str:
    return "" if pd.isna(cents) else str(int(cents))


def _not(line: Line, result: str, message: str, might_be: Iterable[str] = ()) -> Line:
    return replace(line, result=result, message=message, might_be=tuple(might_be), postings=())


def _reason(written: str, clinic: Clinic) -> str:
    """What an insurer's words say of a claim: '' nothing, 'patient-share', or 'short': something was not allowed."""
    word = word_of(written)
    if not word:
        return ""
    meant = meanings(published().layouts.words.remittance, {}).get(word)
    if meant is None:
        known = published().layouts.words.remittance["patient-share"]
        meant = "patient-share" if any(word_of(part) in word for part in known) else "short"
    return "" if meant == "nothing" else meant


def _payment(rows: list[tuple[Any, Line]], ledger: _Claims, known: Sequence[KnownPayment], clinic: Clinic) -> Payment:
    """One payment of these rows: its insurer, its amount, and what each line posts."""
    named, number = _named(rows, ledger, clinic), rows[0][0].payment_number.strip()
    first = rows[0][0].payment_date
    paid_on = None if pd.isna(first) else first.date()
    rows, amount = _without_total(rows)
    before = dict(ledger.position)
    same = _known(known, named, number, paid_on, amount)
    lines = _lines(rows, ledger, named, same, clinic)
    insurers = {ledger.by_number[p.claim].insurer_id for line in lines for p in line.postings} | ({named} - {""})
    payer = next(iter(insurers)) if len(insurers) == 1 else ""
    if not named and payer and same is None:
        # Whose payment it is, its claims say; now it can be known again.
        same = _known(known, payer, number, paid_on, amount)
        if same is not None:
            ledger.position = dict(before)
            lines = _lines(rows, ledger, payer, same, clinic)
    clash = _clash(known, payer, number, same)
    if len(insurers) > 1 or clash:
        ledger.position = before
        told = clash or "The claims of this payment are of several insurers. Say in a column which insurer paid."
        lines = [
            _not(line, "ambiguous", told, [p.claim for p in line.postings]) if line.postings else line for line in lines
        ]
    insurer = clinic.insurer(payer) if payer else None
    return Payment(
        payer, insurer.name if insurer else "", number, paid_on, amount, tuple(lines), same.id if same else None
    )


def _named(rows: list[tuple[Any, Line]], ledger: _Claims, clinic: Clinic) -> str:
    """The insurer of a payment: as its rows say, else as the claims say that they number; empty where neither does."""
    for row, _ in rows:
        if row.insurer and (known := clinic.insurer(row.insurer)):
            return known.id
    of_claims = {
        ledger.by_number[number].insurer_id
        for row, _ in rows
        if (number := row.claim.strip().upper()) in ledger.by_number
    }
    return str(of_claims.pop()) if len(of_claims) == 1 else ""


def _without_total(rows: list[tuple[Any, Line]]) -> tuple[list[tuple[Any, Line]], int]:
    """The rows, with the sum that stands beside its own detail marked as such; and what the payment comes to."""
    own = [(row, line) for row, line in rows if line.result != "repeated"]
    sums = [line for row, line in own if _is_total(row)]
    detail = sum(line.paid for row, line in own if not _is_total(row))
    if len(sums) == 1 and len(own) > 1 and sums[0].paid == detail:
        return [(row, _not(line, "total", _TOTAL) if line is sums[0] else line) for row, line in rows], detail
    return rows, sum(line.paid for _, line in own)


def _is_sum(row: Any) -> bool:
    """Whether a row names no single visit."""
    return not row.claim.strip() and pd.isna(row.service_date)


def _is_total(row: Any) -> bool:
    """Whether a row names nobody at all."""
    return _is_sum(row) and not row.member.strip() and not row.patient.strip()


def _known(
    known: Sequence[KnownPayment], insurer: str, number: str, paid_on: dt.date | None, amount: int
) -> KnownPayment | None:
    key = (insurer, bare(number), paid_on, amount)
    return next((p for p in known if (p.insurer_id, bare(p.number), p.paid_on, p.amount) == key), None)


def _clash(known: Sequence[KnownPayment], insurer: str, number: str, same: KnownPayment | None) -> str:
    """Why a payment may have been posted before, where its number was, with another amount or day."""
    if same is not None or not number:
        return ""
    other = next((p for p in known if p.insurer_id == insurer and bare(p.number) == bare(number)), None)
    if other is None:
        return ""
    return (
        f"A payment of that number was posted already, of {dollars(other.amount)} on {other.paid_on}. If this one is "
        f"right, undo that one first: ims-billing reconcile --undo {other.id} --reason TEXT."
    )


def _lines(
    rows: list[tuple[Any, Line]], ledger: _Claims, insurer: str, same: KnownPayment | None, clinic: Clinic
) -> list[Line]:
    left = list(same.lines) if same else []
    seen: Counter[tuple[str, ...]] = Counter()
    made = []
    for row, line in rows:
        if line.result == "repeated":
            made.append(line)
            continue
        seen[line.words] += 1
        before = next((one for one in left if one[1] == line.words), None)
        if before is not None:
            left.remove(before)
            line = replace(line, known_line=before[0])
        if line.result:
            made.append(line)
        elif before is not None and before[2]:
            made.append(_not(line, "repeated", "This payment was posted before."))
        elif same is not None and before is None:
            told = "A payment of that number, amount and day was posted before, without this line."
            made.append(_not(line, "ambiguous", told))
        elif seen[line.words] > 1:
            made.append(_not(line, "ambiguous", "The same line stands twice in this payment."))
        elif _is_sum(row):
            made.append(_sum(row, line, ledger, insurer))
        else:
            made.append(_single(row, line, ledger, insurer, clinic))
    return made


def _single(row: Any, line: Line, ledger: _Claims, insurer: str, clinic: Clinic) -> Line:
    """A line about one visit."""
    claim, told = _claim_of(row, line, ledger, insurer)
    if claim is None:
        return told
    position = ledger.position[claim.claim]
    if line.paid < 0 and position.paid < -line.paid:
        message = f"It takes back {dollars(-line.paid)}, and only {dollars(position.paid)} of the claim is paid."
        return _not(line, "ambiguous", message, [claim.claim])
    reason = _reason(row.reason, clinic)
    expected = _expected(claim, reason, clinic)
    denied = line.paid == 0 and reason != "patient-share"
    if line.paid == 0 and position.answered:
        message = "It pays nothing, and the insurer has answered for this claim before."
        return _not(line, "ambiguous", message, [claim.claim])
    after = position.after(line.paid, expected, denied=denied)
    ledger.position[claim.claim] = after
    posting = Posting(claim.claim, line.paid, expected, denied)
    return replace(
        line, result=_result(line, after), postings=(posting,), short=after.short, patient_share=after.patient_share
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


def _claim_of(row: Any, line: Line, ledger: _Claims, insurer: str) -> tuple[Any, Line]:
    """The one claim that a line is about; None, and the line with why not, where that is not certain."""
    number = row.claim.strip().upper()
    claim = ledger.by_number.get(number)
    if claim is not None:
        other = _contradicts(row, claim, insurer)
        if other:
            return None, _not(line, "ambiguous", f"The line numbers a claim, and {other} is another's.", [number])
        if not pd.isna(claim.voided_on):
            now = f"; {claim.replaced_by} stands for it" if claim.replaced_by else ""
            told = f"{number} was taken back{now}. Ask the insurer which claim it pays."
            return None, _not(line, "ambiguous", told, [claim.replaced_by] if claim.replaced_by else [number])
        return claim, line
    if _OUR_NUMBER.fullmatch(number):
        return None, _not(line, "unmatched", f"{number} is no claim on the ledger.")
    return _by_person(row, line, ledger, insurer)


def _contradicts(row: Any, claim: Any, insurer: str) -> str:
    """What a line says that is not the claim's; empty where nothing does."""
    if insurer and claim.insurer_id != insurer:
        return "the insurer"
    if not pd.isna(row.service_date) and row.service_date != claim.service_date:
        return "the service date"
    if row.member.strip() and claim.member and bare(row.member) != bare(claim.member):
        return "the member's number"
    if row.patient.strip() and given_name_first(row.patient) != given_name_first(claim.patient):
        return "the patient"
    return ""


def _by_person(row: Any, line: Line, ledger: _Claims, insurer: str) -> tuple[Any, Line]:
    """The claim of a member or patient, a day and an amount."""
    if pd.isna(row.service_date) or not (row.member.strip() or row.patient.strip()):
        told = "It names no claim of ours, and not both a day and a member or patient."
        return None, _not(line, "unmatched", told)
    theirs = [
        claim
        for claim in ledger.by_day.get(row.service_date, [])
        if (not insurer or claim.insurer_id == insurer) and _same_person(row, claim)
    ]
    if not theirs:
        return None, _not(line, "unmatched", "No claim is of that day and that member or patient.")
    amount = None if pd.isna(row.claimed_cents) else int(row.claimed_cents)
    fitting = [claim for claim in theirs if amount is None or int(claim.amount_cents) == amount]
    if not fitting:
        shown = " and ".join(dollars(int(claim.amount_cents)) for claim in theirs[:_SHOWN])
        told = f"It says that {dollars(amount or 0)} was claimed; of that day and person it was {shown}."
        return None, _not(line, "ambiguous", told, [claim.claim for claim in theirs])
    if len(fitting) > 1:
        told = f"{len(fitting)} claims are of that day, person and amount."
        return None, _not(line, "ambiguous", told, [claim.claim for claim in fitting])
    return fitting[0], line


def _same_person(row: Any, claim: Any) -> bool:
    """By the member's number and the name, as far as both sides have them; at least one must speak for it."""
    member, theirs = bare(row.member), (bare(claim.member), bare(claim.phn), bare(claim.payer_file_number))
    by_member = bool(member) and member in theirs
    if member and theirs[0] and not by_member:
        return False
    if row.patient.strip():
        return given_name_first(row.patient) == given_name_first(claim.patient)
    return by_member


def _sum(row: Any, line: Line, ledger: _Claims, insurer: str) -> Line:
    """A sum without detail: posted where it is that of all open claims that it names."""
    period = (row.period_from, row.period_until)
    named = [
        claim
        for claim in ledger.by_number.values()
        if pd.isna(claim.voided_on)
        and ledger.is_owed(claim)
        and (not insurer or claim.insurer_id == insurer)
        and (pd.isna(period[0]) or claim.service_date >= period[0])
        and (pd.isna(period[1]) or claim.service_date <= period[1])
        and (not (row.member.strip() or row.patient.strip()) or _same_person(row, claim))
    ]
    whom = row.member.strip() or row.patient.strip()
    if not whom and (not insurer or pd.isna(period[0]) or pd.isna(period[1])):
        told = "One sum, which names neither insurer and period nor a member: which visits it pays is not said."
        return _not(line, "unmatched", told, [claim.claim for claim in named[:_SHOWN]] if insurer else ())
    owed = sum(ledger.position[claim.claim].outstanding for claim in named)
    if line.paid != owed or len({claim.insurer_id for claim in named}) != 1:
        told = f"One sum of {dollars(line.paid)}; the {len(named)} open claims that it names come to {dollars(owed)}."
        return _not(line, "ambiguous" if named else "unmatched", told, [claim.claim for claim in named[:_SHOWN]])
    postings = []
    for claim in named:
        rest = ledger.position[claim.claim].outstanding
        ledger.position[claim.claim] = ledger.position[claim.claim].after(rest, 0, denied=False)
        postings.append(Posting(claim.claim, rest, 0, denied=False))
    return replace(line, result="paid", postings=tuple(postings))
