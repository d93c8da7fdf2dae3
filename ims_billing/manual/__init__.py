"""The manual's pages, as they are shipped with the program."""

from __future__ import annotations

from importlib.resources import files

# In the order in which a clinic needs them, each with what it answers.
TOPICS = {
    "month": "the month in six steps, and which sessions become claims",
    "setup": "clinic.xlsx or clinic.toml: practitioners, fees, insurers, service names",
    "deciding": "what is on hold, and how to decide in the summary workbook",
    "corrections": "sessions that changed after they were claimed; voiding and replacing claims",
    "payments": "insurers' payments, second insurers, and what is still owed",
    "rules": "why a session came out as it did, and which rules are in force",
    "ledger": "the record of what was claimed, so that nothing is claimed twice",
    "files": "which files and columns are read; passwords; limits",
    "findings": "every kind of finding, with what to do about it",
    "privacy": "patients' data",
    "clinics": "a billing service with many clinics",
}


def page(topic: str) -> str:
    """The Markdown text of a topic."""
    return (files("ims_billing.manual") / f"{topic}.md").read_text(encoding="utf-8")
