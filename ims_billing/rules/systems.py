"""Reports of practice systems that are read as they are: their headings, with source and how sure they are."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ims_billing.rules.published import published, rules_text
from ims_billing.rules.values import Strict, Text
from ims_billing.vocabulary.kinds import Order, Status
from ims_billing.vocabulary.spelling import heading


class SystemLayout(Strict):
    """One report of a practice system: how it is known, and what its headings stand for among this product's own."""

    id: Annotated[str, Field(pattern=r"^[a-z-]+$")]
    title: Text
    source: Text
    # A: from a real export or a fixture that mirrors one. B: the vendor's help page, or an importer written against
    # real files: names sure, order and completeness not. C: the names of an interface or a connector.
    confidence: Literal["A", "B", "C"]
    # The headings that must all be there; of equal ones the second is written "Paid (2)".
    wanted: tuple[Text, ...] = Field(min_length=3)
    # What it is a list of: sessions, or payments.
    of: Literal["sessions", "remittance"] = "sessions"
    headings: dict[Text, Text]
    # Headings that say nothing about a claim.
    passed_over: tuple[Text, ...] = ()
    # By heading of `passed_over`, the words that may say that nothing is left to bill.
    settled: dict[Text, tuple[Text, ...]] = Field(default_factory=dict)
    # Words of the status column on rows of products.
    sold: tuple[Text, ...] = ()
    dates: Order = "unambiguous"
    status: dict[str, Status] = Field(default_factory=dict)
    billed: dict[str, Literal["yes", "no"]] = Field(default_factory=dict)
    payer_numbers: bool = False
    # True where the description is an invoice whose letter P says that it is the patient's.
    patient_invoices: bool = False
    # What the report does not say, and which other file is needed.
    lacks: str = ""

    @model_validator(mode="after")
    def _stand_for_ours(self) -> SystemLayout:
        ours = {heading(names[0]) for names in published().layouts.layout[self.of].headings.values()}
        for written, meaning in self.headings.items():
            if heading(meaning) not in ours:
                raise ValueError(f"{self.id}: {written!r} stands for {meaning!r}, which is no heading")
        return self


@cache
def systems() -> tuple[SystemLayout, ...]:
    """The reports of practice systems that come with the program; a fault in them is a bug."""
    return tuple(SystemLayout.model_validate(entry) for entry in rules_text("systems.toml")["system"])
