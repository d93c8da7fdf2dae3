"""The sheets of the setup workbook: their headings, and the key of the setup that each column stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.kinds import Billable, Order, Profession, Relationship, Requirement, Service, Status, Visit

# What stands in a column's cells. `verbatim` is text that is taken as it stands, an `id` is text that looks like a
# number, `words` are several of the choices with commas, a `list` is several texts with semicolons, `pairs` are
# "insurer: number" with semicolons, and what is `shown` is for the reader's eye alone.
CellKind = Literal[
    "text", "verbatim", "id", "choice", "words", "list", "pairs", "day", "money", "count", "percent", "yes", "shown"
]
# Lists that a cell may be chosen from and that are not closed: insurers by name, the headings of a session list.
Offered = Literal["", "insurers", "headings"]

# The mark of a cell that the clinic has to fill in, alone or behind a proposal: "?", "physiotherapist?". Values of a
# clinic.toml bear it too.
QUESTION = "?"
# How an entry is read until its question is answered; any other that lacks what it needs is left out meanwhile.
MEANWHILE = {("practitioner", "profession"): "other", ("clinic", "clinic.name"): "Your clinic"}
IGNORE = "ignore"
# The words of a list that is known to be empty; the first is what the program writes.
NOTHING = ("none", "nothing")
CHOICES_SHEET = "Choices"
# The layout of rows of the sheet Columns that name none.
MY_LAYOUT = "my-program"


@dataclass(frozen=True)
class SetupColumn:
    """A column of a sheet, or a line of the sheet Clinic.

    heading: as a person reads it
    key: the key of the setup, with a full stop before a key within it; empty for what is only shown
    kind: what stands in its cells
    choices: the words that its cells may hold; empty where any text may stand
    offered: an open list to choose from
    also: other headings that are understood
    needed: whether an entry is none without it
    width: how wide the column is, in characters
    help: what to fill in: beside the line of the sheet Clinic, elsewhere shown where a cell is chosen
    """

    heading: str
    key: str
    kind: CellKind = "text"
    choices: tuple[str, ...] = ()
    offered: Offered = ""
    also: tuple[str, ...] = ()
    needed: bool = False
    width: int = 14
    help: str = ""

    def asks(self, value: object) -> bool:
        """Whether a value is a question to the clinic; text that is taken as it stands may well end in the mark."""
        # No sheet may have the mark in its name, so beside a list of sheets it asks.
        as_it_stands = self.kind in ("verbatim", "list", "shown") and self.key != "sheets"
        return isinstance(value, str) and value.endswith(QUESTION) and not as_it_stands


@dataclass(frozen=True)
class SetupTable:
    """A table of the setup workbook.

    sheet: the sheet that it stands on
    title: its title where several tables share a sheet, else empty
    table: the table of the setup that it fills
    help: the line above it
    columns: its columns, in order
    by_name: whether further rows with the same name go on with the first one
    """

    sheet: str
    title: str
    table: str
    help: str
    columns: tuple[SetupColumn, ...]
    by_name: bool = False


_SPELLINGS = "Every other way your files write this name. Put semicolons between them."
_NOTES = SetupColumn("Notes", "", "shown", width=30)
_CONFIRMED = SetupColumn("Confirmed", "confirmed", "yes", width=12)
_ABOUT_CONFIRMED = "Confirmed: leave it blank; type no in a row that somebody has yet to check, and claim waits for it."
_DATES = get_args(Order)
_IN_FORCE = (
    SetupColumn("From", "from", "day", also=("In force from",), needed=True, width=12),
    SetupColumn("Until", "until", "day", also=("In force until",), width=12),
)
_CITED = (
    SetupColumn("Source", "source", "verbatim", width=24),
    SetupColumn("Web address", "url", "verbatim", width=18),
    SetupColumn("Verified", "verified", "yes", width=10),
)
_INSURER = SetupColumn("Insurer", "insurer", "text", offered="insurers", width=24)
_PLAN = (
    SetupColumn("Insurer", "insurer", "text", offered="insurers", needed=True, width=24),
    SetupColumn("Policy", "policy", "id", also=("Policy number",), width=16),
)

CLINIC = SetupTable(
    "Clinic",
    "",
    "clinic",
    "Fill in the second column. A cell that says ? is yours to fill in; all sheets are read each time.",
    (
        SetupColumn("Name", "clinic.name", also=("Clinic name", "Clinic"), help="As it stands on your claims"),
        SetupColumn("Address", "clinic.address", also=("Clinic address",)),
        SetupColumn("Phone", "clinic.phone", "id", also=("Telephone", "Phone number")),
        SetupColumn(
            "Bill", "clinic.bill", "words", get_args(Billable), also=("Services to bill",),
            help="Which services become claims: ims, or ims, physiotherapy",
        ),
        SetupColumn(
            "Blank insurer", "clinic.blank_insurer", "choice", ("hold", "self-pay"),
            help="A session without an insurer: hold it, or self-pay if blank means that the patient pays",
        ),
        SetupColumn(
            "Dates", "clinic.dates", "choice", _DATES, also=("Text dates",),
            help="How text such as 10/05/2026 is read; unambiguous: only where it can mean one day",
        ),
        SetupColumn("Time zone", "clinic.time_zone", "verbatim", help="The clock that the clinic keeps"),
        SetupColumn(
            "Service code", "service_code.code", "id", also=("Code",),
            help="What your plans call Physiotherapy Services",
        ),
        SetupColumn(
            "Service description", "service_code.description", "verbatim", also=("Description",),
            help="How it is described on claims",
        ),
    ),
)  # fmt: skip

PRACTITIONERS = SetupTable(
    "Practitioners",
    "",
    "practitioner",
    "Everybody who treats, one row each. A physiotherapist needs a registration number and, to bill IMS, the day from "
    f"which they may needle. A second period goes on a further row with the same name. {_ABOUT_CONFIRMED}",
    (
        SetupColumn("Name", "name", "verbatim", also=("Practitioner",), needed=True, width=22),
        SetupColumn(
            "Other spellings", "aliases", "list", also=("Aliases", "Also written"), width=26,
            help=f"{_SPELLINGS} Example: A. Example; Example, Ann",
        ),
        SetupColumn("Profession", "profession", "choice", get_args(Profession), needed=True, width=18),
        SetupColumn("Registration", "registration", "id", also=("Registration number",), width=14),
        SetupColumn("Registered from", "registered.from", "day", also=("Registered",), width=13),
        SetupColumn("Registered until", "registered.until", "day", width=13),
        SetupColumn("Needling from", "needling.from", "day", also=("Needling",), width=13),
        SetupColumn("Needling until", "needling.until", "day", width=13),
        SetupColumn(
            "Provider numbers", "numbers", "pairs", also=("Numbers",), width=30,
            help="Insurer, colon, number. Put semicolons between them. Example: Sun Life: 12345; MSP: 60001",
        ),
        _CONFIRMED,
        _NOTES,
    ),
    by_name=True,
)  # fmt: skip

INSURERS = SetupTable(
    "Insurers",
    "",
    "insurer",
    "The usual insurers are known already (ims-billing rules shows them). List what differs at your clinic, other "
    f"spellings, and insurers that are missing. Self-pay: a word that means no insurer. {_ABOUT_CONFIRMED}",
    (
        SetupColumn("Name", "name", offered="insurers", also=("Insurer",), needed=True, width=24),
        SetupColumn(
            "Other spellings", "aliases", "list", also=("Aliases", "Also written"), width=26,
            help=f"{_SPELLINGS} Example: SLF; Sun Life Assurance",
        ),
        SetupColumn("Short code", "code", "verbatim", also=("Code",), width=10),
        SetupColumn("Self-pay", "self_pay", "yes", width=10),
        SetupColumn("Requires", "requires", "words", get_args(Requirement), width=24),
        SetupColumn("Channel", "channel", "verbatim", width=16),
        SetupColumn("Vendor number", "vendor_number", "id", width=14),
        SetupColumn("Claim within days", "claim_within_days", "count", width=11),
        SetupColumn("Service code", "service_code", "id", width=12),
        SetupColumn("Service code initial", "service_code.initial", "id", width=12),
        SetupColumn("Service code subsequent", "service_code.subsequent", "id", width=13),
        SetupColumn("One to one", "one_to_one", "yes", width=10),
        SetupColumn("Public", "public", "yes", width=10),
        _CONFIRMED,
        _NOTES,
    ),
    by_name=True,
)  # fmt: skip

FEES = SetupTable(
    "Fees",
    "",
    "fee",
    "What you charge. Of several fees that fit a visit the most specific stands: insurer first, then visit, then "
    f"minutes. A blank cell fits any. A new fee is a new row, and the old one gets an Until. {_ABOUT_CONFIRMED}",
    (
        SetupColumn("Service", "service", "choice", get_args(Billable), needed=True, width=16),
        SetupColumn("Visit", "visit", "choice", get_args(Visit), width=13),
        SetupColumn("Minutes", "minutes", "count", width=10),
        _INSURER,
        SetupColumn("Amount", "amount", "money", also=("Fee",), needed=True, width=12),
        *_IN_FORCE,
        _CONFIRMED,
        *_CITED,
        _NOTES,
    ),
)

SERVICE_NAMES = SetupTable(
    "Service names",
    "",
    "service_names",
    "Your own names of services. A blank Service leaves a name to the program, which reads it as shown. Where it is "
    f"not certain, choose the service; clear the cell to decide visit by visit. {_ABOUT_CONFIRMED}",
    (
        SetupColumn("Service name", "name", "verbatim", also=("Name",), needed=True, width=40),
        SetupColumn("Service", "service", "choice", get_args(Service), needed=True, width=18),
        _CONFIRMED,
        SetupColumn("Read as", "", "shown", width=44),
        _NOTES,
    ),
)

COLUMNS = SetupTable(
    "Columns",
    "",
    "layout",
    "How your practice software's export is read, where its headings are not understood. Stands for: the heading that "
    "the program knows, or ignore for a column that says nothing about a claim. A list on several sheets: type all, or "
    "the names of its sheets, under Sheets of one list, in any row.",
    (
        SetupColumn("Layout", "name", "verbatim", width=18),
        SetupColumn("Heading", "heading", "verbatim", also=("Heading in your export", "Column"), width=28),
        SetupColumn("Stands for", "meaning", offered="headings", also=("Means",), width=24),
        SetupColumn("Dates", "dates", "choice", _DATES, also=("Text dates",), width=14),
        SetupColumn("Kind of file", "of", "choice", ("sessions", "remittance"), also=("Of",), width=14),
        SetupColumn("Examples", "", "shown", also=("Sample values",), width=44),
        SetupColumn("Rows of headings", "header_rows", "count", also=("Header rows",), width=14),
        SetupColumn("On a row above", "above", "choice", ("Practitioner",), also=("Above",), width=14),
        SetupColumn(
            "Sheets of one list", "sheets", "list", also=("Sheets",), width=18,
            help="Where one list is on several sheets: all, or the names of its sheets. Put semicolons between them. "
            "Example: Week 1; Week 2. Where the names change each month, type all. One row says it for the whole list.",
        ),
        _NOTES,
    ),
)  # fmt: skip

LIMITS = SetupTable(
    "More",
    "Limits",
    "limit",
    "How many visits a plan pays, where you know it: in a calendar year, or within some weeks after the accident.",
    (
        *_PLAN,
        SetupColumn("Visits", "visits", "count", width=10),
        SetupColumn("Per", "per", "choice", ("calendar-year",), width=14),
        SetupColumn("Weeks after accident", "weeks_after_accident", "count", width=12),
        SetupColumn("Services", "services", "words", get_args(Service), also=("Services that count",), width=20),
        SetupColumn("Not counted", "not_counted", "verbatim", width=20),
        *_IN_FORCE,
        *_CITED,
        _NOTES,
    ),
)

COVERAGE = SetupTable(
    "More",
    "Coverage",
    "coverage",
    "What share of a claim a plan pays, where you know it: the rest is the patient's, and no short payment.",
    (
        *_PLAN,
        SetupColumn("Percent", "percent", "percent", needed=True, width=10),
        *_IN_FORCE,
        *_CITED,
        _NOTES,
    ),
)

_WORD_COLUMNS = ("status", "visit", "relationship", "billed")
_MEANINGS = (*get_args(Status), *get_args(Visit), *get_args(Relationship), "yes", "no")
WORDS = SetupTable(
    "More",
    "Words",
    "words",
    "Your own words in the columns Status, Visit, Relationship and Billed, and what each means.",
    (
        SetupColumn("Column", "column", "choice", _WORD_COLUMNS, needed=True, width=24),
        SetupColumn("Word", "word", "verbatim", needed=True, width=16),
        SetupColumn("Means", "meaning", "choice", _MEANINGS, needed=True, width=14),
        SetupColumn("Layout", "layout", "verbatim", width=14),
        _NOTES,
    ),
)

SEVERITIES = SetupTable(
    "More",
    "Severities",
    "severity",
    "How serious a finding is: hold, warn or off. Those that protect the licence cannot be changed.",
    (
        SetupColumn("Kind of finding", "kind", "choice", tuple(CATALOGUE), also=("Kind",), needed=True, width=24),
        SetupColumn("Severity", "severity", "choice", ("hold", "warn", "off"), needed=True, width=16),
        _NOTES,
    ),
)  # fmt: skip

LOCATIONS = SetupTable(
    "More",
    "Locations",
    "locations",
    "Sessions at other locations than these are not billed. Without any, all are.",
    (SetupColumn("Location", "location", "verbatim", needed=True, width=24), _NOTES),
)

SETUP_TABLES = (
    CLINIC, PRACTITIONERS, INSURERS, FEES, SERVICE_NAMES, COLUMNS, LIMITS, COVERAGE, WORDS, SEVERITIES, LOCATIONS,
)  # fmt: skip
SHEETS = tuple(dict.fromkeys(table.sheet for table in SETUP_TABLES))
