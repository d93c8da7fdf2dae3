"""How the months on the ledger stand: claimed, on hold, decided and not read, closing soon, unpaid for long."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.commands.decided_in_folder import DecidedIn, saved_workbooks, unread_decisions
from ims_billing.commands.sent_in_folder import sendings_with_unread, unread_sendings
from ims_billing.commands.unread_copies import unread_copies
from ims_billing.commands.workplace import Workplace
from ims_billing.month.windows import window_of
from ims_billing.payments.aging import aging
from ims_billing.payments.sending import answered_by, made_by, not_sent, to_send
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import EARLIER, prove
from ims_billing.workbooks.files import summary_path

# A window is listed this many days before it closes, and a claim after this many days unpaid.
CLOSING_WITHIN = 14
UNPAID_OVER = 60


@dataclass(frozen=True)
class MonthStanding:
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


@dataclass(frozen=True)
class Typed:
    """Decisions in a workbook that no command has read yet; `count` is 0 where they can't be counted."""

    month: str
    workbook: str
    count: int
    # Why it cannot be read; empty where it can
    problem: str = ""
    # Where it lies, if it is another spreadsheet than the month's summary: claim reads it only by name
    copy: Path | None = None


@dataclass(frozen=True)
class Closing:
    """Claims or sessions on hold of one insurer whose window closes soon."""

    insurer: str
    # True for sessions on hold, False for claims that the insurer has not answered
    held: bool
    count: int
    cents: int
    # The first day on which a window of theirs closes
    last_day: dt.date


@dataclass(frozen=True)
class Standing:
    """The state of all months on the ledger on a day."""

    months: tuple[MonthStanding, ...]
    """The months, oldest first."""
    typed: tuple[Typed, ...]
    """The workbooks with decisions that no command has read."""
    call_lists: tuple[str, ...]
    """The aging workbooks that were saved since they were written."""
    closing: tuple[Closing, ...]
    """The windows that close soon."""
    unpaid: int
    """The number of claims that are unpaid for long."""
    unpaid_cents: int
    """The amount owed on them, in cents."""
    to_send: pd.DataFrame
    """The insurer workbooks that are not marked as sent (TO_SEND)."""
    unwritten: tuple[str, ...]
    """The months whose files are up to date in no folder."""
    files_read: frozenset[str]
    """The hashes of all files that a run has read."""


def standing(at: Workplace, clinic: Clinic, as_of: dt.date) -> Standing:
    """How the months stand on a day; changes nothing, and asks for no password."""
    ledger = at.ledger
    with ledger.reading():
        claims, postings, lines = ledger.claims(), ledger.postings(), prove(ledger.open_lines(), EARLIER)
        aged = aging(claims, postings, ledger.work(), ledger.batch_days(), as_of)
        read = ledger.files_read()
        unwritten = tuple(ledger.nowhere_written())
        months = ledger.months()
        left, batches = ledger.aging_left(at.place), ledger.batch_days()
    books = saved_workbooks(at, months)
    sendings = sendings_with_unread(at, books)
    late = aged[(aged["age"] > UNPAID_OVER) & (aged["owed_cents"] > 0)]
    active = claims[claims["voided_on"].isna()]
    return Standing(
        months=tuple(_month(month, active, lines, read.get(month, {})) for month in months),
        typed=(*_typed(at, books, as_of), *_typed_in_copies(at, months)),
        call_lists=tuple(_call_lists(at, left)),
        closing=_closing(active, set(postings["claim"]), lines, clinic, as_of),
        unpaid=len(late),
        unpaid_cents=int(late["owed_cents"].sum()),
        to_send=not_sent(to_send(claims, answered_by(postings, as_of), made_by(batches, as_of), sendings)),
        unwritten=unwritten,
        files_read=frozenset(sha256 for files in read.values() for sha256 in files.values()),
    )


def _month(month: str, claims: pd.DataFrame, lines: pd.DataFrame, files: dict[str, str]) -> MonthStanding:
    own = claims[claims["month"] == month]
    held = lines[lines["month"] == month].drop_duplicates("session")
    oldest = held["service_date"].min()
    return MonthStanding(
        month=month,
        claims=len(own),
        cents=int(own["amount_cents"].sum()),
        held=len(held),
        held_cents=int(held["fee_cents"].sum()),
        oldest=None if pd.isna(oldest) else oldest.date(),
        files=tuple(files),
    )


def _typed(at: Workplace, books: Mapping[str, list[DecidedIn] | BillingError], as_of: dt.date) -> Iterable[Typed]:
    """The decisions in each month's workbooks that are on no ledger yet; one that cannot be read says why."""
    for month, saved in books.items():
        name = summary_path(at.out, month).name
        if not saved:
            continue
        try:
            if isinstance(saved, BillingError):
                raise saved
            with at.ledger.reading():
                new = unread_decisions(at.ledger, month, saved, as_of)
                unread_sendings(at.ledger, month, saved)
        except BillingError as error:
            yield Typed(month, name, 0, str(error))
            continue
        if len(new):
            yield Typed(month, name, len(new))


def _typed_in_copies(at: Workplace, months: Iterable[str]) -> Iterable[Typed]:
    """The other spreadsheets in the months' folders that have decisions which were never read."""
    for month in months:
        for copy in unread_copies(at, month):
            yield Typed(copy.month or month, copy.path.name, copy.count, copy.problem, copy.path)


def _call_lists(at: Workplace, left: dict[str, tuple[str, dict[str, list[str]]]]) -> Iterable[str]:
    """The aging workbooks whose bytes are not as they were left, or read."""
    for path in sorted(at.out.glob("aging-*.xlsx")):
        if path.name in left and hashlib.sha256(path.read_bytes()).hexdigest() != left[path.name][0]:
            yield path.name


def _closing(
    claims: pd.DataFrame, answered: set[str], lines: pd.DataFrame, clinic: Clinic, as_of: dt.date
) -> tuple[Closing, ...]:
    """The windows that close within days: for sessions on hold first, then for claims without an answer."""
    held = lines.drop_duplicates(["month", "session"])
    waiting = claims[~claims["claim"].isin(answered) & (claims["follows"] == "")]
    closing: list[Closing] = []
    for frame, amounts, on_hold in ((held, "fee_cents", True), (waiting, "amount_cents", False)):
        by_insurer: dict[str, list[tuple[dt.date, int]]] = {}
        columns = frame[["insurer", "service_date", amounts]]
        for name, day, cents in columns.itertuples(index=False, name=None):
            insurer = clinic.insurer(str(name))
            window = None if insurer is None or pd.isna(day) else window_of(insurer, day.date())
            if insurer and window and 0 <= (window.last_day - as_of).days <= CLOSING_WITHIN:
                by_insurer.setdefault(insurer.name, []).append((window.last_day, int(cents)))
        closing += [
            Closing(name, on_hold, len(soon), sum(cents for _, cents in soon), min(soon)[0])
            for name, soon in by_insurer.items()
        ]
    return tuple(sorted(closing, key=lambda one: (not one.held, one.last_day, one.insurer)))
