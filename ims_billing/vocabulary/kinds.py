"""The words for what was done, by whom, how a visit stands and what becomes of it."""

from __future__ import annotations

from typing import Literal

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
# Services whose words on the screen and in a workbook are not their ids.
SERVICE_WORDS: dict[str, str] = {"ims": "IMS", "other": "other services", "unrecognised": "not recognized"}
Billable = Literal["ims", "physiotherapy"]
Visit = Literal["initial", "subsequent"]
Status = Literal["arrived", "no-show", "cancelled", "not-arrived", "refunded"]
# Of the patient to the insured.
Relationship = Literal["self", "spouse", "child", "other"]
# How text such as 10/05/2026 is read; unambiguous: only where it can mean one day.
Order = Literal["unambiguous", "month-first", "day-first"]
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
# The statuses of visits that are never billed.
DID_NOT_TAKE_PLACE = ("no-show", "cancelled", "not-arrived", "refunded")
OUTCOMES = ("claimed", "held", "not_billed", "already_claimed")


def in_words(profession: str) -> str:
    """A profession as people read it: "massage therapist"."""
    return profession.replace("-", " ")


def with_article(profession: str) -> str:
    """A profession with its article: "an acupuncturist"."""
    if profession == "other":
        return "another profession"
    words = in_words(profession)
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
