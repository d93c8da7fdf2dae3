"""The clinic's setup as a reader hands it over: plain values by table, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

# Tables that appear once, and tables that have any number of entries.
SINGLE = ("clinic", "service_code", "service_names", "severity", "words")
REPEATED = ("practitioner", "insurer", "fee", "limit", "coverage", "layout")


class Place(NamedTuple):
    """Where a value is: its position in reading order (0 where that is not plain), and the place in words."""

    order: int
    words: str


class Places(Protocol):
    """Gives the place of a value in the reader's own terms: lines of a text, or cells of a sheet."""

    def of(self, table: str, number: int | None, key: str) -> Place:
        """The place of a key; `number` counts a repeated table's entries from 0 and is None for a single table."""

    def entry(self, table: str, number: int) -> str:
        """The name of one entry of a repeated table, `number` counted from 0: ``[[fee]] 3``."""


class Fault(NamedTuple):
    """One fault of the setup: its position in reading order, and the line that the user reads."""

    order: int
    words: str


@dataclass(frozen=True)
class RawSetup:
    """Values of every table as read, not yet validated; `faults` are the ones of the file's own form."""

    tables: Mapping[str, Mapping[str, Any]]
    entries: Mapping[str, list[Any]]
    places: Places
    faults: tuple[Fault, ...] = ()
