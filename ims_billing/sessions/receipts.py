"""Service names of receipts that say no more than what IMS is billed as."""

from __future__ import annotations

from ims_billing.rules.published import published
from ims_billing.sessions.name_words import has_run, runs_of, words_of


def says_only_physiotherapy(name: str, description: str) -> bool:
    """Whether the name of a sale is the clinic's description of its service code, or plain physiotherapy.

    "Physiotherapy Services - 30 min" names no service beside IMS; "Physio consult" and "Physio / massage" do.
    """
    tokens = words_of(name)
    if tokens and tokens == words_of(description):
        return True
    rules = published().services
    terms = next(service.terms for service in rules.service if service.id == "physiotherapy")
    beside = (*terms, *rules.receipt["words"], *rules.duration.minutes, *rules.duration.hours)
    passed_over = {word for text in beside for word in words_of(text)} | set(_SIGNS)
    return has_run(tokens, runs_of(terms)) and all(token in passed_over or token[0].isdecimal() for token in tokens)


# Signs that only separate: "Physiotherapy - 30 min (follow-up)". A stroke or "+" may join another service.
_SIGNS = "-–—,.:()"
