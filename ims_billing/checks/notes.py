"""Short notes that say what no other column does: called off, billed, paid, not to be billed, done by somebody else."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from typing import NamedTuple

import pandas as pd

from ims_billing.checks.desk import Desk, check
from ims_billing.clinic.clinic import Clinic
from ims_billing.rules.short_notes import NoteReader, Phrase, Place
from ims_billing.vocabulary.rows import of_each

# An amount of money within a note: a number of dollars, one with cents, or one right after what was paid.
_AMOUNT = re.compile(
    r"\$\s*(\d+(?:[.,]\d\d)?)|\b(\d+[.,]\d\d)\b|\b(\d+)\s*\$|\b(?:paid|pd|payée?)\s+(\d+)\b(?!\s*%)", re.IGNORECASE
)
_PART = re.compile(r"(?<!\b100)\s?%")


@check("status-not-recognised")
def note_contradicts(desk: Desk) -> pd.Series[str]:
    """A short note says that the visit was called off, billed or paid, and no other column does.

    Such a note makes the claim wrong if it is true. A person who corrected the status has decided what is true.
    """
    messages = note_messages(desk, "status-not-recognised")
    return messages[~messages.index.isin(desk.status_corrected)]


def note_messages(desk: Desk, kind: str) -> pd.Series[str]:
    """The messages of short notes that make a finding of a kind, indexed by session."""
    readings = desk.once(_readings)
    return readings.loc[readings["kind"] == kind, "message"].astype("str")


def _readings(desk: Desk) -> pd.DataFrame:
    return note_readings(desk.candidates, desk.clinic)


def note_readings(sessions: pd.DataFrame, clinic: Clinic) -> pd.DataFrame:
    """What short notes of sessions (CLASSIFIED) say against their claims.

    Returns by session with a note: the `kind` of finding and its `message`; and the `words`, as the rules have them,
    and the `words_kind` of what is no sequel of a claim. Each is empty where the note says nothing of it.
    """
    noted = sessions[sessions["notes"] != ""]
    reader = _Reader(clinic)
    columns = [
        "notes", "practitioner_name", "insurer_id", "secondary_insurer", "service_date", "service", "fee_cents",
        "patient_paid_cents",
    ]  # fmt: skip
    readings = of_each(noted, columns, lambda note, *cells: reader.read(note, _Visit(*cells)))
    return pd.DataFrame(readings, columns=["kind", "message", "words", "words_kind"], index=noted.index, dtype="str")


# The cells that say something against a claim, by the kind of finding that they make of a session without one.
_CELLS = {
    "sale-and-arrival-differ": "its sale, which differs from the appointment",
    "status-not-recognised": "the status, which is not recognised (the clinic setup, sheet More, may say what it is)",
}


def said_against(
    sessions: pd.DataFrame, bad_cells: pd.DataFrame, status_corrected: Collection[int], clinic: Clinic
) -> pd.DataFrame:
    """What a short note, a status that is not recognised or a sale says against the claim of a session (CLASSIFIED).

    Returns, indexed like the sessions, `against`, that in words, and `against_kind`, the kind of finding that it makes
    of a session without a claim; both empty where nothing does. `bad_cells` are CELL_FINDINGS; of the sessions
    `status_corrected`, somebody typed the status.
    """
    notes = note_readings(sessions, clinic)
    notes = notes[(notes["words_kind"] != "status-not-recognised") | ~notes.index.isin(status_corrected)]
    says = ('the note, which says "' + notes["words"] + '"').where(notes["words"] != "", "")
    against = pd.DataFrame({"against": says, "against_kind": notes["words_kind"]})
    against = against.reindex(sessions.index, fill_value="")
    # What stands under Billed, or in its place, follows a claim.
    bad_cells = bad_cells[bad_cells["column"] != "billed"]
    for kind, words in _CELLS.items():
        unread = sessions.index.isin(bad_cells.loc[bad_cells["kind"] == kind, "session"])
        against.loc[unread, ["against", "against_kind"]] = words, kind
    return against


class _Visit(NamedTuple):
    """The row that a note stands in."""

    practitioner: str
    insurer_id: str
    second_insurer: str
    day: dt.date
    service: str
    fee_cents: int
    paid_cents: int


class _Reader:
    """Reads the short notes of a clinic's visits."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self._notes = NoteReader(clinic.practitioners, clinic.insurers)

    def read(self, note: str, visit: _Visit) -> tuple[str, str, str, str]:
        """What `note_readings` returns of a short note that plainly says something; all empty for every other note."""
        second = self._clinic.insurer(visit.second_insurer)
        place = Place(visit.practitioner, visit.insurer_id, second.id if second else "", visit.day)
        counting = [phrase for phrase in self._notes.phrases(note, place) if self._counts(phrase, visit)]
        if not counting:
            return "", "", "", ""
        # The phrase is quoted as the rules have it: the rest of a note may be about the patient.
        first = counting[0]
        message = f'The note says "{first.words}", and no other column does. {first.group.advice}'
        # What was billed, and what the patient has paid, is written down after a claim as a matter of course.
        others = (phrase for phrase in counting if not phrase.group.follows_claim and not phrase.group.by_patient)
        against = next(others, None)
        words = (against.words, against.group.kind) if against else ("", "")
        return first.group.kind, message.strip(), *words

    def _counts(self, phrase: Phrase, visit: _Visit) -> bool:
        """Whether what a clause of a note says is against the claim of a visit, and not in another column too."""
        if phrase.group.by_patient:
            amounts = [float(next(filter(None, match)).replace(",", ".")) for match in _AMOUNT.findall(phrase.clause)]
            whole = not _PART.search(phrase.clause) and (not amounts or round(sum(amounts) * 100) >= visit.fee_cents)
            return whole and not visit.paid_cents
        if phrase.group.of_plans:
            return visit.insurer_id not in self._clinic.public_ids
        return visit.service == "ims" or not phrase.group.only_ims
