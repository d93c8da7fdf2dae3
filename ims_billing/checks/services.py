"""Service names and notes that leave open whether the service was IMS."""

from __future__ import annotations

import pandas as pd

from ims_billing.checks.desk import Desk, check, say
from ims_billing.vocabulary.quoting import quotable_services

# Where a name is settled once, in a setup of either kind.
_SETTLED = "If {} IMS, say so in the clinic setup (Service names)."


@check("ims-or-acupuncture")
def ims_or_acupuncture(desk: Desk) -> pd.Series[str]:
    """The name says both IMS and acupuncture, and is not one of the clinic's own names."""
    doubtful = _with_doubt(desk.candidates, "ims-or-acupuncture")
    return (_called(desk, doubtful) + " says IMS and acupuncture.").astype("str")


@check("ims-not-certain")
def ims_not_certain(desk: Desk) -> pd.Series[str]:
    """The name says IMS, beside words that are unknown or leave IMS open."""
    doubtful = _with_doubt(desk.candidates, "ims-not-certain")
    rows = list(
        zip(quotable_services(doubtful, desk.names), doubtful["unknown_words"], doubtful["doubtful_words"], strict=True)
    )
    messages = {row: _not_certain(*row) for row in dict.fromkeys(rows)}
    listed = [messages[row] for row in rows]
    return pd.Series(listed, index=doubtful.index, dtype="str")


def _not_certain(name: str, unknown: str, doubtful: str) -> str:
    """Names the doubtful words and where that is settled; `name` is empty where it may be a patient's."""
    if not name:
        return "The name says IMS, and a word that may be a patient's name: correct the service."
    reasons = [f"we do not know {_quoted(unknown)}"] if unknown else []
    reasons += [f"{_quoted(doubtful)} leaves open whether IMS was given"] if doubtful else []
    return f'The name "{name}": {"; ".join(reasons)}. {_SETTLED.format("it always means")}'


def _quoted(words: str) -> str:
    return ", ".join(f'"{word}"' for word in words.splitlines())


@check("sale-and-arrival-differ")
def sale_and_arrival_differ(desk: Desk) -> pd.Series[str]:
    """The appointment and its sale name different services, or only one of them leaves the service open."""
    message = "The appointment and its sale name different services."
    return say(_with_doubt(desk.candidates, "sale-and-arrival-differ")["service"] != "", message)


@check("ims-in-notes-only")
def ims_in_notes_only(desk: Desk) -> pd.Series[str]:
    """The notes say IMS, and the service name does not."""
    doubtful = _with_doubt(desk.candidates, "ims-in-notes-only")
    name = quotable_services(doubtful, desk.names)
    service = (', the service is "' + name + '".').mask(name == "", ", the service does not.")
    return ("The notes speak of IMS" + service).astype("str")


@check("acupuncture-by-physiotherapist")
def acupuncture_by_physiotherapist(desk: Desk) -> pd.Series[str]:
    """Acupuncture by somebody who may needle: perhaps the clinic's word for IMS."""
    other = desk.other
    rows = (other["service"] == "acupuncture") & _needling_physiotherapist(other)
    return _settled_by_a_line(desk, other[rows], "is acupuncture, and is not billed")


@check("service-not-recognised")
def service_not_recognised(desk: Desk) -> pd.Series[str]:
    """Needles of an unknown kind, or a name that nearly says IMS, by somebody who may needle."""
    other = _with_doubt(desk.other, "service-not-recognised")
    rows = _needling_physiotherapist(other)
    return _settled_by_a_line(desk, other[rows], "is not recognised, and is not billed")


def _with_doubt(sessions: pd.DataFrame, kind: str) -> pd.DataFrame:
    if (sessions["doubt"] == "").all():
        return sessions.iloc[:0]
    return sessions[sessions["doubt"].str.split().map(lambda kinds: kind in kinds).astype("bool")]


def _needling_physiotherapist(sessions: pd.DataFrame) -> pd.Series[bool]:
    return (sessions["profession"] == "physiotherapist") & sessions["may_needle"]


def _called(desk: Desk, sessions: pd.DataFrame) -> pd.Series[str]:
    """How a sentence about a service name begins."""
    names = quotable_services(sessions, desk.names)
    return ('The name "' + names + '"').mask(names == "", "The name").astype("str")


def _settled_by_a_line(desk: Desk, sessions: pd.DataFrame, reading: str) -> pd.Series[str]:
    """A message for each name, with the place in the clinic setup that settles it."""
    names = quotable_services(sessions, desk.names)
    lines = {name: f" {_SETTLED.format('it is')}" if name else "" for name in names.unique()}
    return (_called(desk, sessions) + f" {reading}." + names.map(lines)).astype("str")
