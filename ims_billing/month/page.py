"""The pages of `why` as values, and the words that a session's page and a claim's page share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import pandas as pd

from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.kinds import SERVICE_WORDS
from ims_billing.vocabulary.spelling import dollars

NAMED = "a patient's name or number, or words with one"


class Fact(NamedTuple):
    """One line of a page."""

    what: str
    """Its label."""
    words: str
    """The answer."""
    source: str = ""
    """Where the answer comes from; empty if it is no rule."""
    url: str = ""
    """The web page of the source; empty if there is none."""
    verified: bool = True
    """False for a rule that no primary source confirms."""

    def text(self) -> str:
        """The answer, its source and the source's page, each on a line of its own."""
        lines = [self.words, *([f"Source: {self.source}"] if self.source else []), *([self.url] if self.url else [])]
        return "\n".join(lines) + ("" if self.verified else " (not verified)")


@dataclass(frozen=True)
class Part:
    """A heading with its facts. Nothing in it is a patient's."""

    heading: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Page:
    """An answer of `why`, its parts in reading order."""

    title: str
    parts: tuple[Part, ...]


Facts: TypeAlias = Iterable[Fact]


def cells_at(frame: pd.DataFrame, label: Any) -> dict[str, Any]:
    """One row of a frame by the names of its columns."""
    return {str(name): cell for name, cell in frame.loc[[label]].to_dict("records")[0].items()}


def service_words(service: str) -> str:
    """A kind of service in words."""
    return SERVICE_WORDS.get(service, service)


def clock_words(minutes: Any) -> str:
    """A time of the day as 9:05; `minutes` are those since midnight, absent where it is not stated."""
    return "not stated" if pd.isna(minutes) else f"{int(minutes) // 60}:{int(minutes) % 60:02d}"


def amount_words(amount_cents: int, fee_cents: int, follows: str = "") -> str:
    """The amount claimed, and where it is not the fee why: the balance of the claim it follows, or a payer's own."""
    if follows:
        return f"{dollars(amount_cents)} (the balance after {follows})"
    own = " (what this public payer pays; it has amounts of its own)" if amount_cents != fee_cents else ""
    return f"{dollars(amount_cents)}{own}"


def kind_label(kind: str) -> str:
    """A kind of finding in a few words; one that this version does not have keeps its code."""
    short = CATALOGUE[kind].short if kind in CATALOGUE else kind
    return short[0].upper() + short[1:]


def claim_words(claim: Mapping[str, Any]) -> str:
    """A claim of ON_LEDGER in one line: its amount, insurer and batch, and whether it was replaced or voided."""
    words = f"{dollars(claim['amount_cents'])} to {claim['insurer']}, batch {claim['batch']} of {claim['month']}"
    if claim["replaces"]:
        words += f"; it replaces {claim['replaces']}"
    if not pd.isna(claim["voided_on"]):
        words += f"; voided on {claim['voided_on']:%Y-%m-%d}: {claim['void_reason']}"
    return words + (f"; replaced by {claim['replaced_by']}" if claim["replaced_by"] else "")
