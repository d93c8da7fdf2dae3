"""The schema of what `--json` prints: other programs rely on these keys, so they are added to and never renamed."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Outcome = Literal["claimed", "held", "not_billed", "already_claimed"]


class Shape(BaseModel):
    """An object with these keys and no others; a key with a default may be absent."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ErrorJson(Shape):
    """Why a command could not do its work, or not all of it."""

    message: str
    exit_code: int


class FailedJson(Shape):
    """The object of a command that could show nothing."""

    error: ErrorJson


class SkippedJson(Shape):
    """A row that is not a session, and why."""

    sheet: str
    row: int
    reason: str


class FileJson(Shape):
    """A file of sessions: rows = sessions + repeated + tied + set_aside."""

    file: str
    layout: str
    rows: int
    sessions: int
    repeated: int
    tied: int
    set_aside: int
    sha256: str
    unread: list[str]
    skipped: list[SkippedJson]
    note: str = ""
    remarks: list[str] = []
    could_change_a_claim: list[str] = []


class CentsJson(Shape):
    """The fees as read, and by outcome."""

    read: int
    claimed: int
    held: int
    not_billed: int
    already_claimed: int
    corrected: int = 0


class TotalsJson(Shape):
    """The control totals."""

    rows: int
    sessions: int
    claimed: int
    held: int
    not_billed: int
    already_claimed: int
    repeated: int
    tied: int
    set_aside: int
    cents: CentsJson


class InsurerJson(Shape):
    """An insurer's claims, and what it is billed in cents."""

    insurer: str
    claims: int
    cents: int


class FindingJson(Shape):
    """A finding, with its kind of the catalogue."""

    kind: str
    severity: Literal["hold", "warn"]
    message: str
    fix: str


class FactJson(Shape):
    """A line of a page of why."""

    what: str
    said: str


class PartJson(Shape):
    """A part of a page of why."""

    heading: str
    facts: list[FactJson]


class PageJson(Shape):
    """A page of why."""

    title: str
    parts: list[PartJson]


class OnePageJson(PageJson):
    """The object that `why CLAIM` and `why KIND` print."""

    version: str


class SessionJson(Shape):
    """A session; its claim is null where nothing was recorded."""

    file: str
    sheet: str
    row: int
    session_id: str | None
    outcome: Outcome
    reason: str | None
    service: str
    service_code: str | None
    insurer: str | None
    fee_cents: int
    claim: str | None
    findings: list[FindingJson]


class ExplainedJson(SessionJson):
    """A session with its page of why."""

    why: PageJson


class SecondJson(Shape):
    """A claim to a second insurer, for the balance of the claim that it follows."""

    claim: str | None
    follows: str
    insurer: str
    cents: int


class WaitingJson(Shape):
    """A balance that a second insurer is not billed for: after which claim, and why; the kind of finding, if any."""

    claim: str
    insurer: str
    kind: str
    message: str


class DecisionJson(Shape):
    """A decision that was read for the first time, and why it does not count if it does not."""

    file: str | None
    sheet: str | None
    row: int | None
    kind: str
    decision: str | None
    corrected: bool
    refused: str | None


class TakenOutJson(Shape):
    """A session that a correct value takes out of the month; `cents` is its fee as read."""

    file: str
    sheet: str
    row: int
    reason: str
    cents: int


class MonthJson(Shape):
    """The object of `check` and `claim`; `result` tells if anything is on hold: the exit code of `claim` does not."""

    version: str
    month: str | None
    as_of: str
    files: list[FileJson]
    totals: TotalsJson
    insurers: list[InsurerJson]
    sessions: list[SessionJson]
    findings: list[FindingJson] = []
    second_insurers: list[SecondJson] = []
    balances_waiting: list[WaitingJson] = []
    written: list[str]
    taken_out: list[TakenOutJson] = []
    decisions: list[DecisionJson]
    next_command: str | None
    result: Literal[
        "claimed", "claimed-some-on-hold", "already-claimed", "already-claimed-some-on-hold", "nothing-claimed",
        "nothing-claimed-some-on-hold",
    ]  # fmt: skip
    error: ErrorJson | None = None


class ReadBackJson(Shape):
    """What `claim --already-sent` prints of claims that were read back: the new ones by month, and those known."""

    version: str
    read_back: dict[str, int]
    known_before: int
    written: list[str]


class WhyJson(Shape):
    """The object that `why FILE --row N` prints."""

    version: str
    month: str | None
    as_of: str
    sessions: list[ExplainedJson]


class PaymentFileJson(Shape):
    """A file of payments."""

    file: str
    layout: str
    rows: int
    set_aside: int
    sha256: str
    unread: list[str]
    skipped: list[SkippedJson]
    remarks: list[str] = []


class LineJson(Shape):
    """A line of a payment: its result, and the claims that it was posted to or may mean."""

    file: str
    sheet: str
    row: int
    result: str
    cents: int
    short_cents: int
    patient_share_cents: int
    claims: list[str]
    message: str | None
    might_be: list[str]


class PaymentJson(Shape):
    """A payment."""

    number: str | None
    insurer: str | None
    paid_on: str | None
    cents: int
    lines: list[LineJson]


class PaymentTotalsJson(Shape):
    """Lines and cents by result."""

    lines: dict[str, int]
    cents: dict[str, int]


class ReconciliationJson(Shape):
    """The object that `reconcile` prints; `posted` is null where nothing was recorded."""

    version: str
    as_of: str
    files: list[PaymentFileJson]
    posted: list[int] | None
    totals: PaymentTotalsJson
    payments: list[PaymentJson]
    written: list[str]
    error: ErrorJson | None = None


class UndonePaymentJson(Shape):
    """The payment that was undone."""

    payment: int
    insurer: str
    cents: int
    claims: list[str]


class UndoneJson(Shape):
    """The object that `reconcile --undo` prints."""

    version: str
    undone: UndonePaymentJson
    error: ErrorJson | None = None


class OwedJson(Shape):
    """The cents that an insurer owes, by age in days, and in all."""

    insurer: str
    claims: int
    cents: dict[str, int]


class OwedTotalsJson(Shape):
    """The cents that all insurers owe."""

    claims: int
    cents: dict[str, int]


class AgedClaimJson(Shape):
    """A claim that is not paid as claimed."""

    claim: str
    insurer: str
    month: str
    claimed_on: str
    age: int
    bucket: str
    amount_cents: int
    paid_cents: int
    owed_cents: int
    state: str
    ask: bool


class ToSendJson(Shape):
    """An insurer's workbook that is not marked as sent, and none of whose claims is answered."""

    month: str
    batch: int
    insurer: str
    claims: int
    voids: int
    cents: int
    send_by: str | None


class AgingJson(Shape):
    """The object that `aging` prints."""

    version: str
    as_of: str
    insurers: list[OwedJson]
    totals: OwedTotalsJson
    claims: list[AgedClaimJson]
    to_send: list[ToSendJson]
    written: list[str]
    error: ErrorJson | None = None


class CitedJson(Shape):
    """How long a rule is in force, and where it comes from."""

    since: str | None = Field(alias="from")
    until: str | None
    source: str
    url: str | None
    verified: bool
    whose: str


class FeeJson(CitedJson):
    """A fee."""

    service: str
    visit: str | None
    minutes: int | None
    insurer: str | None
    cents: int


class RuleJson(CitedJson):
    """A rule in words."""

    table: str
    whom: str
    what: str
    value: str


class ServiceJson(Shape):
    """A service, and what it is billed as."""

    service: str
    about: str
    billed: bool
    service_code: str | None
    description: str | None


class KnownInsurerJson(Shape):
    """An insurer that the program knows."""

    id: str
    code: str
    insurer: str
    aliases: list[str]
    public: bool
    channel: str | None
    requires: list[str] | None
    service_code: str | dict[str, str] | None
    name_source: str
    name_url: str | None


class RulesJson(Shape):
    """The object that `rules` prints."""

    version: str
    on: str
    services: list[ServiceJson]
    insurers: list[KnownInsurerJson]
    fees: list[FeeJson]
    rules: list[RuleJson]


class StatusMonthJson(Shape):
    """A month on the ledger; `held` are sessions."""

    month: str
    claims: int
    cents: int
    held: int
    held_cents: int
    oldest_held: str | None


class NotReadJson(Shape):
    """A workbook in which something was typed that no command has read; `month` is null for an aging workbook."""

    month: str | None
    file: str
    decisions: int
    problem: str | None


class ExportJson(Shape):
    """A spreadsheet that looks like an export and that no run has read: its rows by month."""

    file: str
    layout: str
    months: dict[str, int]


class ClosingJson(Shape):
    """Sessions on hold, or claims not marked as sent, of an insurer: the first last day to send one of them."""

    insurer: str
    held: bool
    sessions: int
    cents: int
    last_day: str


class UnpaidJson(Shape):
    """Claims that are unpaid for over 60 days."""

    claims: int
    cents: int


class VoidsJson(Shape):
    """The voided claims of a month that no workbook has named to their insurer."""

    month: str
    claims: int


class NextJson(Shape):
    """The next step, and the command for it."""

    what: str
    command: str


class StatusJson(Shape):
    """The object that `status` prints."""

    version: str
    as_of: str
    folder: str
    setup: str | None
    clinic: str | None
    to_confirm: int
    problem: str | None
    months: list[StatusMonthJson]
    not_read: list[NotReadJson]
    exports: list[ExportJson]
    missed: list[ClosingJson]
    closing: list[ClosingJson]
    unpaid: UnpaidJson
    to_send: list[ToSendJson]
    voids: list[VoidsJson]
    unwritten: list[str]
    next: NextJson
