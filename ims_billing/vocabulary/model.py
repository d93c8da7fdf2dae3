"""The vocabulary: the words for what happens to a session, and what a run, a batch and a month are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from pydantic import AliasChoices, Field

if TYPE_CHECKING:
    import pandas as pd

Service = Literal[
    "ims",
    "physiotherapy",
    "acupuncture",
    "massage",
    "chiropractic",
    "kinesiology",
    "other",
    "unrecognised",
]
Billable = Literal["ims", "physiotherapy"]
Visit = Literal["initial", "subsequent"]
Severity = Literal["hold", "warn", "off"]
Profession = Literal[
    "physiotherapist",
    "acupuncturist",
    "massage-therapist",
    "chiropractor",
    "kinesiologist",
    "naturopath",
    "osteopath",
    "athletic-therapist",
    "physician",
    "assistant",
    "other",
]
Requirement = Literal[
    "policy",
    "member",
    "birth-date",
    "relationship",
    "insured",
    "payer-file-number",
    "accident-date",
    "phn",
]
# What the cells of a column that no layout reads can look like, so that the column could change a claim.
LooksLike = Literal["statuses", "yes-or-no", "days", "insurers", "practitioners", "locations", "amounts"]
# What a status can say of a visit that is never billed.
DID_NOT_TAKE_PLACE = ("no-show", "cancelled", "not-arrived", "refunded")
OUTCOMES = ("claimed", "held", "not_billed", "already_claimed")


@dataclass(frozen=True)
class Aside:
    """A row that is not a session, and why."""

    sheet: str
    row: int
    reason: str


@dataclass(frozen=True)
class UnreadColumn:
    """A column under a heading that its layout does not know.

    `looks_like` says why it could change a claim; None: it is harmless, or the clinic's setup says to ignore it.
    """

    heading: str
    place: str
    sheet: str = ""
    looks_like: LooksLike | None = None
    example: str = ""


@dataclass(frozen=True)
class FileRead:
    """One input file, with what its rows became: rows = sessions + repeated + tied + set aside."""

    file: str
    # The layout's name, such as "sessions" or "jane-sales"
    layout: str
    sha256: str
    rows: int
    sessions: int
    repeated: int
    tied: int
    asides: tuple[Aside, ...]
    remarks: tuple[str, ...] = ()
    # Columns that were not read
    unread: tuple[UnreadColumn, ...] = ()
    # Whether no column has a status, so that every row counts as attended
    all_attended: bool = False

    @property
    def set_aside(self) -> int:
        """How many rows are not sessions."""
        return len(self.asides)

    @property
    def unread_headings(self) -> list[str]:
        """The headings that were not read; a column without a heading is named by its letter."""
        return [column.heading or column.place for column in self.unread]

    @property
    def doubtful(self) -> tuple[UnreadColumn, ...]:
        """The unread columns that could change a claim: they stop `claim`."""
        return tuple(column for column in self.unread if column.looks_like is not None)


@dataclass(frozen=True)
class Intake:
    """What the input files hold: the SESSIONS frame, its CELL_FINDINGS, and an account of each file.

    `missing` says which further files a claim needs, in words.
    """

    sessions: pd.DataFrame
    cell_findings: pd.DataFrame
    files: tuple[FileRead, ...]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Memory:
    """What the ledger remembers of all months, in the order it came.

    `claims` are all claims (ON_LEDGER), `unclaimed` the visits seen beside them (UNCLAIMED), `decisions` all that was
    ever decided (DECISIONS): of one session and kind the last one stands.
    """

    claims: pd.DataFrame
    unclaimed: pd.DataFrame
    decisions: pd.DataFrame


@dataclass(frozen=True)
class MonthFigures:
    """What was claimed for a month: its claims that stand, and their sums in cents."""

    month: str
    claims: int
    fee_cents: int
    patient_paid_cents: int
    amount_cents: int


@dataclass(frozen=True)
class WorthALook:
    """What is not billed and may be meant to be, in words; how many sessions, and their fees in cents."""

    # `told` is its name on ledgers of earlier days.
    message: Annotated[str, Field(validation_alias=AliasChoices("message", "told"))]
    sessions: int
    cents: int


@dataclass(frozen=True)
class Totals:
    """The control totals of a run, in sessions and in cents of the fee as read.

    Cents read and cents corrected are the cents of all outcomes: a correct value of a fee changes what it adds up to.
    Beside them how many sessions of the month took place, how many of these were IMS, what the ledger knew of the last
    months before, the newest first, and what is not billed and a person should look at.
    """

    rows: int
    sessions: int
    repeated: int
    tied: int
    set_aside: int
    counts: dict[str, int]
    cents_read: int
    cents: dict[str, int]
    cents_corrected: int = 0
    took_place: int = 0
    ims: int = 0
    months_before: tuple[MonthFigures, ...] = ()
    look_at: tuple[WorthALook, ...] = ()


@dataclass(frozen=True)
class RuleApplied:
    """A fee or code that claims rest on, as an auditor would ask for it."""

    rule: str
    value: str
    in_force: str
    source: str
    url: str
    verified: bool
    claims: int


@dataclass(frozen=True)
class InsurerView:
    """What an insurer's workbook needs to know of the insurer; `asks` says which columns it wants."""

    id: str
    code: str
    name: str
    channel: str
    vendor_number: str
    asks: tuple[Requirement, ...]


@dataclass(frozen=True)
class PractitionerView:
    """A practitioner as the insurer's workbook names them; `numbers` by insurer id."""

    name: str
    profession: str
    registration: str
    numbers: dict[str, str]


@dataclass(frozen=True)
class Origin:
    """What a run of `claim` rests on: the clinic as it stood then, the files and the rules."""

    clinic: str
    address: str
    phone: str
    insurers: tuple[InsurerView, ...]
    practitioners: tuple[PractitionerView, ...]
    files: tuple[FileRead, ...]
    rules: tuple[RuleApplied, ...]
    clinic_file: str
    clinic_sha256: str


@dataclass(frozen=True)
class Run:
    """What one run of `claim` hands to the ledger: CLAIMS, ATTENTION, NOT_BILLED frames, and what they rest on.

    `earlier` are the lines of months before that are open still: the EARLIER frame.
    """

    month: str
    as_of: dt.date
    origin: Origin
    totals: Totals
    claims: pd.DataFrame
    attention: pd.DataFrame
    not_billed: pd.DataFrame
    earlier: pd.DataFrame


@dataclass(frozen=True)
class Payer:
    """How an insurer has answered claims of one service, over all months: claims by answer, and why it refused most."""

    insurer: str
    in_full: int
    in_part: int
    refused: int
    waiting: int
    reason: str


@dataclass(frozen=True)
class Batch:
    """What one run added to a month, as its insurers' workbooks show it."""

    number: int
    as_of: dt.date
    already_sent: bool
    origin: Origin


@dataclass(frozen=True)
class MonthView:
    """One month as the ledger holds it and the workbooks show it: everything they write, and nothing else.

    `claims` is the ON_LEDGER frame of the month, in the order they were made; `origin`, `totals`, `attention`,
    `not_billed` and `earlier` are of the last run that changed any of it. `decisions` are those typed in its workbook.
    `money` are the POSITIONS of its claims by all payments so far; `payers` says how insurers answer IMS claims, as the
    ledger knew it when the month changed last.
    """

    month: str
    as_of: dt.date
    origin: Origin
    totals: Totals
    claims: pd.DataFrame
    attention: pd.DataFrame
    not_billed: pd.DataFrame
    earlier: pd.DataFrame
    decisions: pd.DataFrame
    money: pd.DataFrame
    payers: tuple[Payer, ...]
    batches: tuple[Batch, ...]


class Progress(Protocol):
    """Progress callback: the step that starts, and the fraction of it done (0 to 1) if known."""

    def __call__(self, step: str, done: float | None = None, /) -> None:
        """Shows the step."""


def no_progress(_step: str, _done: float | None = None, /) -> None:
    """Progress that nobody is shown."""
