"""The clinic's setup as a reader hands it over: plain values by table, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

# Tables that appear once, and tables that have any number of entries.
SINGLE = ("clinic", "service_code", "service_names", "severity", "words")
REPEATED = ("practitioner", "insurer", "fee", "limit", "coverage", "layout")

# What is said of a layout as a whole: how it is read, beside what its headings stand for.
OF_A_LAYOUT = ("dates", "of", "header_rows", "above", "sheets")


class SetupWords(NamedTuple):
    """How one kind of setup, TOML or a workbook, is spoken of in what is wrong with it.

    dates: how a date is written there
    yes_or_no: how yes and no are written there
    text: how text is written there
    numbers: how numbers by insurer are written there
    several: how several values of one key are written there
    periods: how days from and until are written there
    blank_text: what stands where a text is blank
    needed: what is said of a value that is missing
    blank_insurer: where it is said what a blank insurer means
    own_code: how an insurer gets a short code of its own
    own_layout: how the headings of another list are kept apart
    places_unconfirmed: whether the list of what is to be confirmed names the places
    """

    dates: str
    yes_or_no: str
    text: str
    numbers: str
    several: str
    periods: str
    blank_text: str
    needed: str
    blank_insurer: str
    own_code: str
    own_layout: str
    places_unconfirmed: bool


TOML_WORDS = SetupWords(
    dates="a date such as 2026-04-01, without quotes",
    yes_or_no="true or false",
    text="text in quotes",
    numbers='numbers by insurer, such as { "Sun Life" = "12345" }',
    several='a list, such as ["one", "two"]',
    periods="days such as { from = 2018-05-01 }",
    blank_text="nothing between the quotes",
    needed="this key is needed",
    blank_insurer="see blank_insurer under [clinic] for blank ones",
    own_code='add code = "...." of its own',
    own_layout="put it into a [[layout]] of its own",
    places_unconfirmed=False,
)
WORKBOOK_WORDS = SetupWords(
    dates="a date such as 2026-04-01",
    yes_or_no="yes or no",
    text="text",
    numbers="insurers and numbers, such as Sun Life: 12345; MSP: 60001",
    several="words with commas or semicolons between them",
    periods="days",
    blank_text="a blank cell",
    needed="this cell is needed",
    blank_insurer="see Blank insurer on the sheet Clinic for blank ones",
    own_code="fill in a Short code of its own",
    own_layout="give the rows of that list a name of their own in Layout",
    places_unconfirmed=True,
)


class Place(NamedTuple):
    """Where a value is: its position in reading order (0 where that is not plain), the place and the key in words."""

    order: int
    words: str
    key: str


class Places(Protocol):
    """Gives the place of a value in the reader's own terms: lines of a text, or cells of a sheet."""

    @property
    def wording(self) -> SetupWords:
        """The words for this kind of setup."""

    def of(self, table: str, number: int | None, key: str) -> Place:
        """The place of a key; `number` counts a repeated table's entries from 0 and is None for a single table."""

    def entry(self, table: str, number: int) -> str:
        """The name of one entry of a repeated table, `number` counted from 0: ``[[fee]] 3``."""


class Fault(NamedTuple):
    """One fault of the setup: its position in reading order, and the line that the user reads."""

    order: int
    words: str


class Question(NamedTuple):
    """One thing that the clinic still has to fill in: its position in reading order, and the line that the user reads.

    Of a column of an export whose meaning is asked for, also its heading, and the place to answer.
    """

    order: int
    words: str
    heading: str = ""
    place: str = ""


class Misfit:
    """A cell that cannot be read as what its column holds: validation refuses it, and shows what stands there."""

    def __init__(self, written: str) -> None:
        self.written = written

    def __repr__(self) -> str:
        return repr(self.written)


class RawSetup(NamedTuple):
    """Values of every table as read, not yet validated.

    `faults` are the ones of the file's own form. `questions` are the cells that the clinic still has to fill in, in
    words and in reading order: a setup that has any loads, and claims nothing.
    """

    tables: Mapping[str, Mapping[str, Any]]
    entries: Mapping[str, list[Any]]
    places: Places
    faults: tuple[Fault, ...] = ()
    questions: tuple[Question, ...] = ()
