"""The vocabulary: what a run, a batch and a month are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import AliasChoices, Field

from ims_billing.vocabulary.intake import FileRead
from ims_billing.vocabulary.kinds import Requirement

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd

    from ims_billing.vocabulary.entries import Sending


@dataclass(frozen=True)
class Memory:
    """The ledger's content of all months, oldest first.

    `claims` are all claims to first insurers (ON_LEDGER), `seconds` the active ones to second insurers (None: there are
    none), `unclaimed` the visits without a claim (UNCLAIMED), `decisions` all decisions (DECISIONS): for one session
    and kind the last one counts. `numbers` are the policy numbers and member IDs of all active claims (`insurer_id`,
    `policy`, `member`), where the claims are only those in reach of a run. `sent_before` are the months that were
    billed before this program came: nothing of them was ever to be sent. `paid` is what was paid of a claim, in cents,
    by number; claims without payments are left out. `resembled` has the key of each session that is on hold because it
    may be a claimed one that changed, with that claim.
    """

    claims: pd.DataFrame
    unclaimed: pd.DataFrame
    decisions: pd.DataFrame
    numbers: pd.DataFrame | None = None
    sent_before: frozenset[str] = frozenset()
    seconds: pd.DataFrame | None = None
    paid: Mapping[str, int] = field(default_factory=dict)
    resembled: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Reach:
    """The part of the ledger that can matter for a run: the rest of many years is not even loaded."""

    names: frozenset[str]
    """The patients' names, as written, and what they may be corrected to."""
    patient_ids: frozenset[str]
    """The patients' numbers, in lower case."""
    session_ids: frozenset[str]
    """The practice system's numbers of the sessions."""
    periods: tuple[tuple[str, str], ...]
    """First and last days of the run's months: their claims matter, whoever they are of."""
    years: tuple[str, ...]
    """The calendar years of the sessions: the patients' claims in them count towards limits."""
    whole_history_of: frozenset[str]
    """Insurers, by id and names, whose limits count from an accident: of these all years matter."""
    claims: frozenset[str]
    """Numbers of claims that matter in any case."""


@dataclass(frozen=True)
class MonthFigures:
    """The active claims of a month: their number, and their sums in cents."""

    month: str
    claims: int
    fee_cents: int
    patient_paid_cents: int
    amount_cents: int
    # What was paid of them so far, and the amounts by insurer and practitioner; ledgers of earlier days kept neither.
    paid_cents: int = 0
    by_insurer: tuple[tuple[str, int], ...] = ()
    by_practitioner: tuple[tuple[str, int], ...] = ()


LookAbout = Literal["", "other-month", "session-gone"]


@dataclass(frozen=True)
class WorthALook:
    """Sessions that somebody should look at: a message, their number, and their fees in cents."""

    # `told` is its name on ledgers of earlier days.
    message: Annotated[str, Field(validation_alias=AliasChoices("message", "told"))]
    sessions: int
    cents: int
    # Empty for services that may be IMS, as all are on ledgers of earlier days; else what they are for certain.
    about: LookAbout = ""


@dataclass(frozen=True)
class Totals:
    """The control totals of a run: the cents read and corrected are those of all outcomes together."""

    rows: int
    """The rows of all files."""
    sessions: int
    """The rows that became sessions."""
    repeated: int
    """The rows that another file has too."""
    tied: int
    """The rows that were joined to a session of another file."""
    set_aside: int
    """The rows that are no sessions."""
    counts: dict[str, int]
    """Sessions by outcome."""
    cents_read: int
    """The fees as read, in cents."""
    cents: dict[str, int]
    """The fees by outcome, in cents, with correct values."""
    cents_corrected: int = 0
    """The cents that correct values added, or took away."""
    took_place: int = 0
    """The sessions of the month that took place."""
    ims: int = 0
    """The IMS sessions among them."""
    months_before: tuple[MonthFigures, ...] = ()
    """The last months on the ledger before this one, newest first."""
    look_at: tuple[WorthALook, ...] = ()
    """Unbilled sessions that a person should look at."""


@dataclass(frozen=True)
class RuleApplied:
    """A fee, limit or code that claims rest on, as an auditor would ask for it."""

    rule: str
    """Its name in words."""
    value: str
    """Its value in words."""
    in_force: str
    """The days it is in force, in words; empty if always."""
    source: str
    """The document that states it."""
    url: str
    """The web page of the source; empty if there is none."""
    verified: bool
    """True if a primary source states it."""
    claims: int
    """The number of claims that rest on it."""
    ground: tuple[str, str] = ("", "")
    """Name and value as a claim keeps them among its grounds; empty on ledgers of earlier days."""


@dataclass(frozen=True)
class InsurerView:
    """An insurer as its workbook shows it."""

    id: str
    """Its fixed id."""
    code: str
    """The four letters of its claim numbers."""
    name: str
    """Its name."""
    channel: str
    """The channels that it takes claims by, in words."""
    vendor_number: str
    """The clinic's vendor number there; empty if none."""
    asks: tuple[Requirement, ...]
    """The fields that its workbook has columns for."""
    window_days: int = 0
    """The days after a visit in which its only channel takes a claim; 0 if no rule says how many."""
    after_window: str = ""
    """The way to send a claim after that."""


class Lasting(NamedTuple):
    """From one day until another, both included; without an end it still lasts."""

    since: dt.date
    until: dt.date | None = None

    def text(self) -> str:
        """As a workbook shows it."""
        return f"{self.since} to {self.until}" if self.until else f"since {self.since}"


@dataclass(frozen=True)
class PractitionerView:
    """A practitioner as insurers' workbooks show them; `numbers` by insurer id."""

    name: str
    profession: str
    registration: str
    numbers: dict[str, str]
    # By what the visits may be billed as physiotherapy; empty on ledgers of earlier days, which did not keep it.
    registered: tuple[Lasting, ...] = ()
    needling: tuple[Lasting, ...] = ()


@dataclass(frozen=True)
class Origin:
    """The grounds of a run of `claim`: the clinic as it was then, the files and the rules."""

    clinic: str
    """The clinic's name."""
    address: str
    """The clinic's address."""
    phone: str
    """The clinic's phone number."""
    insurers: tuple[InsurerView, ...]
    """The insurers of the claims."""
    practitioners: tuple[PractitionerView, ...]
    """The practitioners of the claims."""
    files: tuple[FileRead, ...]
    """The files that were read."""
    rules: tuple[RuleApplied, ...]
    """The rules that the claims rest on."""
    clinic_file: str
    """The name of the clinic setup's file."""
    clinic_sha256: str
    """The hash of that file."""


@dataclass(frozen=True)
class Run:
    """One run of `claim`, as the ledger records it."""

    month: str
    """The month that is claimed."""
    as_of: dt.date
    """The day of the run."""
    origin: Origin
    """Its grounds."""
    totals: Totals
    """Its control totals."""
    claims: pd.DataFrame
    """The new claims (CLAIMS)."""
    attention: pd.DataFrame
    """The held sessions, a line for each finding (ATTENTION)."""
    not_billed: pd.DataFrame
    """The sessions that are not billed (NOT_BILLED)."""
    earlier: pd.DataFrame
    """The open lines of earlier months (EARLIER)."""


@dataclass(frozen=True)
class Payer:
    """An insurer's answers to claims for one service, over all months."""

    insurer: str
    """The insurer's name."""
    in_full: int
    """The number of claims paid in full."""
    in_part: int
    """The number of claims paid in part."""
    refused: int
    """The number of claims refused."""
    waiting: int
    """The number of claims without an answer."""
    reason: str
    """The most frequent reason not to pay in full; empty if none."""


class FileMark(NamedTuple):
    """The ledger that a file was written from, and its last batch then."""

    ledger: str
    month: str
    # The month's last batch then; 0 and an empty mark where it had none.
    batch: int
    mark: str
    clinic: str = ""

    def text(self) -> str:
        """As the file bears it."""
        return f"{self.ledger} {self.month} {self.batch} {self.mark}".strip()


@dataclass(frozen=True)
class Batch:
    """The claims that one run added to a month, as insurers' workbooks show them."""

    number: int
    as_of: dt.date
    already_sent: bool
    origin: Origin
    # By what it holds and by the batches before: no two ledgers have batches of one mark.
    mark: str = ""


@dataclass(frozen=True)
class MonthView:
    """One month on the ledger: all that its workbooks show, and nothing else."""

    month: str
    """The month, as 2026-10."""
    as_of: dt.date
    """The day of the last command that changed the month: a run, a void, a payment."""
    origin: Origin
    """The grounds of its last run."""
    totals: Totals
    """The control totals of that run."""
    claims: pd.DataFrame
    """The month's claims (ON_LEDGER), in the order they were made."""
    attention: pd.DataFrame
    """The held sessions, a line for each finding (ATTENTION)."""
    not_billed: pd.DataFrame
    """The sessions that are not billed (NOT_BILLED)."""
    earlier: pd.DataFrame
    """The open lines of earlier months (EARLIER)."""
    decisions: pd.DataFrame
    """The decisions that were typed in its workbook (DECISIONS)."""
    money: pd.DataFrame
    """The money of its claims, by all payments so far (POSITIONS)."""
    payers: tuple[Payer, ...]
    """Insurers' answers to IMS claims, as of the month's last change."""
    sendings: Sequence[Sending]
    """What was noted about its insurers' workbooks."""
    batches: tuple[Batch, ...]
    """Its batches, in their order."""
    replaced_elsewhere: Mapping[str, str]
    """The claims of other months that its voided claims were replaced by, as their workbooks name them."""
    closed: Collection[str] = ()
    """The claims that somebody closed on the call list: nobody asks about them any more."""
    ledger: str = ""
    """The ledger's id, which its files bear."""

    def file_mark(self, batch: Batch | None) -> FileMark:
        """The mark that a file of this month bears: of a batch, or of the month as it is."""
        last = batch or (self.batches[-1] if self.batches else None)
        number, mark = (last.number, last.mark) if last else (0, "")
        return FileMark(self.ledger, self.month, number, mark, self.origin.clinic)
