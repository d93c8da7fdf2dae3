"""How the months on the ledger stand: claimed, on hold, decided and not read, closing soon, unpaid for long."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.windows import last_day_of
from ims_billing.commands.decided_in_folder import DecidedIn, saved_workbooks, unread_decisions
from ims_billing.commands.sent_in_folder import sendings_with_unread, unread_sendings
from ims_billing.commands.unread_copies import unread_copies
from ims_billing.commands.workplace import Workplace
from ims_billing.payments.aging import REFUSED, TO_REVERSE, Owing, aging
from ims_billing.payments.sending import ToSend, answered_by, made_by, not_sent, to_send
from ims_billing.vocabulary.deadlines import CLOSING_WITHIN, UNPAID_OVER
from ims_billing.vocabulary.entries import Claimed, OnHold
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.spelling import counted
from ims_billing.workbooks.files import aging_workbooks, summary_path


class MonthStanding(NamedTuple):
    """A month on the ledger: its active claims, and its sessions on hold."""

    month: str
    """The month, as 2026-10."""
    claims: int
    """The number of active claims."""
    cents: int
    """Their amounts, in cents."""
    held: int
    """The number of sessions on hold."""
    held_cents: int
    """Their fees, in cents."""
    oldest: dt.date | None
    """The day of the oldest visit on hold; None if there is none, or no day can be read."""
    files: tuple[str, ...]
    """The files of its last run, by name."""
    hashes: tuple[str, ...] = ()
    """Their SHA-256, in the same order."""
    sent_before: bool = False
    """True where all of it was billed before this program came: what is added is not to be sent."""
    held_at: tuple[str, ...] = ()
    """The `source_text` of each session on hold."""


@dataclass(frozen=True)
class Typed:
    """A workbook in which something is typed that no command has read yet: `what` in words, and `count` decisions.

    They are empty and 0 where nothing can be counted.
    """

    month: str
    workbook: str
    count: int
    what: str = ""
    # Why it cannot be read, or would be refused; empty where it can
    problem: str = ""
    # Where it lies, if it is another spreadsheet than the month's summary: claim reads it only by name
    copy: Path | None = None


@dataclass(frozen=True)
class Closing:
    """Claims or sessions on hold of one insurer whose window closes soon, or has closed."""

    insurer: str
    # True for sessions on hold, False for claims in workbooks that are not marked as sent
    held: bool
    count: int
    cents: int
    # The first day on which a window of theirs closes, or closed
    last_day: dt.date
    # The months of these claims, whose summaries list their workbooks
    months: frozenset[str] = frozenset()


class Standing(NamedTuple):
    """The state of all months on the ledger on a day."""

    months: tuple[MonthStanding, ...]
    """The months, oldest first."""
    typed: tuple[Typed, ...]
    """The workbooks with decisions that no command has read."""
    call_lists: tuple[str, ...]
    """The aging workbooks that were saved since they were written."""
    missed: tuple[Closing, ...]
    """The windows that have closed."""
    closing: tuple[Closing, ...]
    """The windows that close soon."""
    unpaid: int
    """The number of claims that are unpaid for long, but for those that are closed."""
    unpaid_cents: int
    """The amount owed on them, in cents."""
    unpaid_alone: int
    """The number of those that nobody looks after yet."""
    refused: int
    """The number of claims that were refused or paid short, and that nobody looks after yet."""
    to_reverse: Sequence[int]
    """What was paid of each claim that was voided, in cents."""
    to_send: Sequence[ToSend]
    """The insurer workbooks that are not marked as sent."""
    voids: Mapping[str, int]
    """By month, the number of voided claims that no workbook has named to their insurer."""
    unwritten: tuple[str, ...]
    """The months whose files are up to date in no folder."""
    hashes_read: frozenset[str]
    """The hashes of the files of all batches and of each month's last run."""


def standing(at: Workplace, clinic: Clinic, as_of: dt.date) -> Standing:
    """How the months stand on a day; changes nothing, and asks for no password."""
    ledger = at.ledger
    with ledger.reading():
        claims, postings, held = ledger.claims.entries(), ledger.payments.entries(), ledger.months.on_hold()
        batches = ledger.batches.days()
        aged = aging(claims, postings, ledger.payments.notes(), batches, as_of)
        read, last = ledger.months.hashes_read(), ledger.months.files_of_last_run()
        unwritten = tuple(ledger.files.nowhere_written())
        months, sent_before = ledger.months.all(), ledger.batches.months_to_record_as_sent()
        left = ledger.files.aging_left(at.place)
    books = saved_workbooks(at, months)
    sendings = sendings_with_unread(at, books)
    late = [line for line in aged if line.age > UNPAID_OVER and line.owed_cents > 0 and line.status != "Closed"]
    active = [claim for claim in claims if claim.voided_on is None]
    answered = answered_by(postings, as_of)
    books_left = not_sent(to_send(claims, answered, made_by(batches, as_of), sendings, as_of))
    days = _last_days(_unsent([claim for claim in active if claim.claim not in answered], books_left), held, clinic)
    return Standing(
        months=_months(months, active, held, last, sent_before),
        typed=(*_typed(at, books, as_of), *_typed_in_copies(at, months)),
        call_lists=tuple(_call_lists(at, left)),
        missed=_by_insurer(day for day in days if day.last_day < as_of),
        closing=_by_insurer(day for day in days if 0 <= (day.last_day - as_of).days <= CLOSING_WITHIN),
        unpaid=len(late),
        unpaid_cents=sum(line.owed_cents for line in late),
        unpaid_alone=sum(not _is_looked_after(line) for line in late),
        refused=sum(line.state in REFUSED and not _is_looked_after(line) for line in aged),
        to_reverse=[line.paid_cents for line in aged if line.state == TO_REVERSE and line.status != "Closed"],
        to_send=books_left,
        voids=_voids(claims, as_of),
        unwritten=unwritten,
        hashes_read=read,
    )


def _is_looked_after(line: Owing) -> bool:
    """True once somebody noted who asks the insurer about a claim, or how far that is."""
    return bool(line.owner or line.status)


def _voids(claims: Iterable[Claimed], as_of: dt.date) -> dict[str, int]:
    """By month, the claims voided by a day whose void is in no batch."""
    voids = [claim for claim in claims if claim.voided_on and claim.voided_on <= as_of and claim.void_batch is None]
    return dict(sorted(Counter(claim.month for claim in voids).items()))


def _months(
    months: Iterable[str],
    claims: Iterable[Claimed],
    held: Iterable[OnHold],
    last_run: Mapping[str, Mapping[str, str]],
    sent_before: Collection[str],
) -> tuple[MonthStanding, ...]:
    cents: dict[str, list[int]] = defaultdict(list)
    for claim in claims:
        cents[claim.month].append(claim.amount_cents)
    waiting: dict[str, list[OnHold]] = defaultdict(list)
    for session in held:
        waiting[session.month].append(session)
    return tuple(
        MonthStanding(
            month=month,
            claims=len(cents[month]),
            cents=sum(cents[month]),
            held=len(waiting[month]),
            held_cents=sum(session.fee_cents for session in waiting[month]),
            oldest=min((each.service_date for each in waiting[month] if each.service_date), default=None),
            files=tuple(last_run.get(month, {})),
            hashes=tuple(last_run.get(month, {}).values()),
            sent_before=month in sent_before,
            held_at=tuple(session.source for session in waiting[month]),
        )
        for month in months
    )


def _typed(at: Workplace, books: Mapping[str, list[DecidedIn] | BillingError], as_of: dt.date) -> Iterable[Typed]:
    """The decisions in each month's workbooks that are on no ledger yet; one that cannot be read says why."""
    for month, saved in books.items():
        if not saved:
            continue
        try:
            if isinstance(saved, BillingError):
                raise saved
            with at.ledger.reading():
                new = unread_decisions(at.ledger, month, saved, as_of)
                unread_sendings(at.ledger, month, saved)
                by = {book.path.name: len(unread_decisions(at.ledger, month, [book], as_of)) for book in saved}
        except BillingError as error:
            path = error.path or summary_path(at.out, month)
            yield Typed(month, path.name, 0, problem=str(error))
            continue
        if len(new):
            names = " and ".join(name for name, count in by.items() if count)
            yield Typed(month, names, len(new), counted(len(new), "decision"))


def _typed_in_copies(at: Workplace, months: Iterable[str]) -> Iterable[Typed]:
    """The other spreadsheets in the months' folders that have decisions which were never read."""
    for month in months:
        for copy in unread_copies(at, month):
            problem = copy.problem or copy.refused
            yield Typed(copy.month or month, copy.path.name, copy.count, copy.what, problem, copy.path)


def _call_lists(at: Workplace, left: dict[str, tuple[str, dict[str, list[str]]]]) -> Iterable[str]:
    """The aging workbooks whose bytes are not as they were left, or read; one that cannot be read is among them."""
    for path in aging_workbooks(at.out):
        if path.name not in left:
            continue
        try:
            content = path.read_bytes()
        except OSError:
            content = b""
        if hashlib.sha256(content).hexdigest() != left[path.name][0]:
            yield path.name


def _unsent(claims: Iterable[Claimed], books: Iterable[ToSend]) -> list[Claimed]:
    """The claims of workbooks that are not sent."""
    places = {book[:3] for book in books}
    return [claim for claim in claims if (claim.month, claim.batch, claim.insurer_id) in places]


def _last_days(claims: Iterable[Claimed], held: Iterable[OnHold], clinic: Clinic) -> list[Closing]:
    """The last day of each session on hold and each claim that has one: one by one, in no order."""
    windows = cache(lambda name, day: _window(clinic, name, day))
    days = []
    for session in held:
        insurer, last_day = windows(session.insurer, session.service_date)
        days += [Closing(insurer, True, 1, session.fee_cents, last_day)] if last_day else []
    for claim in claims:
        insurer, last_day = windows(claim.insurer, claim.service_date)
        # A claim keeps the day that its workbook shows. A second insurer's days begin with the first one's answer.
        day = claim.send_by or (None if claim.follows else last_day)
        name, months = insurer or claim.insurer, frozenset({claim.month})
        days += [Closing(name, False, 1, claim.amount_cents, day, months)] if day else []
    return days


def _by_insurer(days: Iterable[Closing]) -> tuple[Closing, ...]:
    """Last days added up by insurer: those of sessions on hold first, then the earliest."""
    together: dict[tuple[bool, str], list[Closing]] = {}
    for day in days:
        together.setdefault((day.held, day.insurer), []).append(day)
    closing = [
        Closing(
            insurer=name,
            held=held,
            count=len(each),
            cents=sum(day.cents for day in each),
            last_day=min(day.last_day for day in each),
            months=frozenset[str]().union(*(day.months for day in each)),
        )
        for (held, name), each in together.items()
    ]
    return tuple(sorted(closing, key=lambda one: (not one.held, one.last_day, one.insurer)))


def _window(clinic: Clinic, name: str, day: dt.date | None) -> tuple[str, dt.date | None]:
    """The insurer that a name stands for, and the last day on which it takes a visit's claim; None if none is known."""
    insurer = clinic.insurer(name)
    return insurer.name if insurer else "", last_day_of(insurer, day) if insurer and day else None
