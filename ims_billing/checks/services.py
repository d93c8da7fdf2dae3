"""What was done: names and notes that leave it open."""

from __future__ import annotations

import pandas as pd

from ims_billing.checks.desk import Desk, check
from ims_billing.clinic.clinic import toml_text


@check("ims-or-acupuncture")
def ims_or_acupuncture(desk: Desk) -> pd.Series[str]:
    """The name says both, and is not one of the clinic's own."""
    doubtful = desk.candidates[desk.candidates["doubt"] == "ims-or-acupuncture"]
    return ('The name "' + doubtful["service_name"] + '" says IMS and acupuncture.').astype("str")


@check("ims-in-notes-only")
def ims_in_notes_only(desk: Desk) -> pd.Series[str]:
    """The service name does not say IMS, the notes do."""
    doubtful = desk.candidates[desk.candidates["doubt"] == "ims-in-notes-only"]
    said = 'The notes speak of IMS, the service is "' + doubtful["service_name"] + '".'
    return said.astype("str")


@check("acupuncture-by-physiotherapist")
def acupuncture_by_physiotherapist(desk: Desk) -> pd.Series[str]:
    """Acupuncture by somebody who may needle: perhaps the clinic's word for IMS."""
    other = desk.other
    rows = (other["service"] == "acupuncture") & _needling_physiotherapist(other)
    return _settled_by_a_line(other.loc[rows, "service_name"], "is acupuncture, and is not billed")


@check("service-not-recognised")
def service_not_recognised(desk: Desk) -> pd.Series[str]:
    """A name without a known word, by somebody who may needle."""
    other = desk.other
    rows = (other["service"] == "unrecognised") & _needling_physiotherapist(other)
    return _settled_by_a_line(other.loc[rows, "service_name"], "is not recognised, and is not billed")


def _needling_physiotherapist(sessions: pd.DataFrame) -> pd.Series[bool]:
    return (sessions["profession"] == "physiotherapist") & sessions["may_needle"]


def _settled_by_a_line(names: pd.Series[str], said: str) -> pd.Series[str]:
    """Names with the line that would settle each in the clinic file."""
    told = {name: f'The name "{name}" {said}. If it is IMS: {toml_text(name)} = "ims"' for name in names.unique()}
    return names.map(told).astype("str")
