"""The input files as they were read: the sessions, and an account of each file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

# Layouts of lists that add numbers to sessions, and have none of their own.
LISTS = ("jane-clients", "policies")
# The looks of an unread column's cells by which the column could change a claim.
LooksLike = Literal[
    "patients",
    "statuses",
    "claims",
    "yes-or-no",
    "marks",
    "days",
    "accidents",
    "insurers",
    "practitioners",
    "locations",
    "amounts",
    "words",
]


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
    """One input file, with what its rows became: rows = sessions + repeated + tied + skipped."""

    file: str
    """Its name, with as much of its folder as tells it from the other files."""
    layout: str
    """The layout's name, such as "sessions" or "jane-sales"."""
    sha256: str
    """The hash of its content."""
    rows: int
    """The number of its rows below the headings."""
    sessions: int
    """The number of rows that became sessions."""
    repeated: int
    """The number of rows that another file has too."""
    tied: int
    """The number of rows that were joined to a session of another file."""
    asides: tuple[Aside, ...]
    """The rows that are no sessions."""
    remarks: tuple[str, ...] = ()
    """Remarks for the user about how it was read."""
    unread: tuple[UnreadColumn, ...] = ()
    """The columns that were not read."""
    all_attended: bool = False
    """True if no column has a status, so that every row counts as attended."""

    @property
    def set_aside(self) -> int:
        """The number of rows that are no sessions."""
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
    """The content of the input files: SESSIONS, CELL_FINDINGS, and an account of each file.

    `missing` names further files that a claim needs, in words.
    """

    sessions: pd.DataFrame
    cell_findings: pd.DataFrame
    files: tuple[FileRead, ...]
    missing: tuple[str, ...] = ()
