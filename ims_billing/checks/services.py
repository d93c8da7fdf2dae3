"""Service names and notes that leave open whether the service was IMS."""

from __future__ import annotations

import pandas as pd

from ims_billing.checks.desk import Desk, check, of_rows, say
from ims_billing.checks.notes import note_messages
from ims_billing.vocabulary.quoting import quotable_services
from ims_billing.vocabulary.rows import of_each

# Where a name is settled once, in a setup of either kind.
_SETTLED = "If {} IMS, say so in the clinic setup (Service names)."


@check("ims-or-acupuncture")
def ims_or_acupuncture(desk: Desk) -> pd.Series[str]:
    """The name says both IMS and acupuncture, and is not one of the clinic's own names."""
    rows = _in_doubt(desk.candidates, "ims-or-acupuncture")
    return of_rows(desk.candidates, rows, lambda own: _about_names(desk, own, "{} says IMS and acupuncture."))


@check("ims-not-certain")
def ims_not_certain(desk: Desk) -> pd.Series[str]:
    """The name says IMS and is not certain, or names another physiotherapist; or a note says who or what instead."""

    def message(own: pd.DataFrame) -> pd.Series[str]:
        named = own.assign(name=quotable_services(own, desk.names))
        return pd.Series(of_each(named, ["name", "unknown_words", "doubtful_words"], _not_certain), own.index)

    def another(own: pd.DataFrame) -> pd.Series[str]:
        return pd.Series(of_each(own, ["named_instead", "practitioner_name"], _names_another), own.index)

    in_doubt = _in_doubt(desk.candidates, "ims-not-certain")
    names_another = (desk.candidates["named_instead"] != "") & ~in_doubt
    return pd.concat(
        [
            of_rows(desk.candidates, in_doubt, message),
            of_rows(desk.candidates, names_another, another),
            note_messages(desk, "ims-not-certain"),
        ]
    ).astype("str")


def _names_another(named: str, practitioner: str) -> str:
    return (
        f"The service name names {named}, and the practitioner is {practitioner}: somebody else may have treated. If "
        "so, do not bill it; correct the practitioner in your practice software and export again."
    )


def _not_certain(name: str, unknown: str, doubtful: str) -> str:
    """Names the doubtful words and where that is settled; `name` is empty where it may be a patient's."""
    if not name:
        return "The name says IMS, and a word that may be a patient's name: correct the service."
    reasons = [f"we do not know {_quoted(unknown)}"] if unknown else []
    leave = "leave" if "\n" in doubtful else "leaves"
    reasons += [f"{_quoted(doubtful)} {leave} open whether IMS was given"] if doubtful else []
    return f'The name "{name}": {"; ".join(reasons)}. {_SETTLED.format("it always means")}'


def _quoted(words: str) -> str:
    return ", ".join(f'"{word}"' for word in words.splitlines())


@check("sale-and-arrival-differ")
def sale_and_arrival_differ(desk: Desk) -> pd.Series[str]:
    """The appointment and its sale name different services, or only one of them leaves the service open."""
    message = "The appointment and its sale name different services."
    rows = _in_doubt(desk.candidates, "sale-and-arrival-differ")
    return say(rows & (desk.candidates["service"] != ""), message)


@check("ims-in-notes-only")
def ims_in_notes_only(desk: Desk) -> pd.Series[str]:
    """The notes say IMS, and the service name does not."""

    def message(own: pd.DataFrame) -> pd.Series[str]:
        name = quotable_services(own, desk.names)
        service = (', the service is "' + name + '".').mask(name == "", ", the service does not.")
        return "The notes speak of IMS" + service

    return of_rows(desk.candidates, _in_doubt(desk.candidates, "ims-in-notes-only"), message)


@check("acupuncture-by-physiotherapist")
def acupuncture_by_physiotherapist(desk: Desk) -> pd.Series[str]:
    """Acupuncture by somebody who may needle: perhaps the clinic's word for IMS."""
    other = desk.other
    rows = (other["service"] == "acupuncture") & _needling_physiotherapist(other)
    return of_rows(
        other, rows, lambda own: _about_names(desk, own, "{} is acupuncture, and is not billed.", settles=True)
    )


@check("service-not-recognised")
def service_not_recognised(desk: Desk) -> pd.Series[str]:
    """Needles of an unknown kind, a name that nearly says IMS, or one of which nothing is known, by who may needle."""
    rows = _in_doubt(desk.other, "service-not-recognised") & _needling_physiotherapist(desk.other)
    message = "{} is not recognized, and is not billed."
    return of_rows(desk.other, rows, lambda own: _about_names(desk, own, message, settles=True))


def _in_doubt(sessions: pd.DataFrame, kind: str) -> pd.Series[bool]:
    doubts = sessions["doubt"]
    return doubts.isin([doubt for doubt in doubts.unique() if kind in doubt.split()])


def _needling_physiotherapist(sessions: pd.DataFrame) -> pd.Series[bool]:
    return (sessions["profession"] == "physiotherapist") & sessions["may_needle"]


def _about_names(desk: Desk, sessions: pd.DataFrame, sentence: str, *, settles: bool = False) -> pd.Series[str]:
    """A sentence about each service name; `settles` adds the place in the clinic setup that settles the name."""
    names = quotable_services(sessions, desk.names)
    line = f" {_SETTLED.format('it is')}" if settles else ""
    messages = {
        name: sentence.format(f'The name "{name}"') + line if name else sentence.format("The name")
        for name in names.unique()
    }
    return names.map(messages)
