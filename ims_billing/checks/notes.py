"""Short notes that say what no other column does: called off, billed already, refunded, not to be billed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import pandas as pd

from ims_billing.checks.desk import Desk, check
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import word_of

# A note of more words tells a story, in which somebody else or another visit may be meant.
_MOST_WORDS = 6
# What ends a clause: a mark with a space behind it, a dash between spaces, a slash, brackets, a new line.
_ENDS = re.compile(r"[.,;:!?](?=\s|$)|\s[-‐‑–—]+\s|[/()\[\]\n\r|+&]")


@check("status-not-recognised")
def note_contradicts(desk: Desk) -> pd.Series[str]:
    """A short note says that the visit was called off, billed or refunded, and no other column does.

    Such a note makes the claim wrong if it is true. A person who corrected the status has decided what is true.
    """
    notes = desk.candidates["notes"]
    notes = notes[~notes.index.isin(desk.status_corrected)]
    phrases = notes.map({note: phrase_in(note) for note in notes.unique()}).astype("str")
    phrases = phrases[phrases != ""]
    # The phrase is quoted as the rules have it: the rest of a note may be about the patient.
    return ('The note says "' + phrases + '", and no other column does.').astype("str")


def phrase_in(note: str) -> str:
    """The phrase of the rules that a short note plainly says; empty for none, and for every longer note."""
    if not note or len(word_of(note).split()) > _MOST_WORDS:
        return ""
    for clause in map(word_of, _ENDS.split(note)):
        if (phrase := _anywhere(clause)) or (phrase := _alone(clause)):
            return phrase
    return ""


def _anywhere(clause: str) -> str:
    """The phrase in a clause that says it whatever else stands there, unless a word before it denies it."""
    notes = published().layouts.notes
    for match in _run_of(notes.anywhere).finditer(clause):
        before = clause[: match.start()].split()
        if not before or before[-1] not in {word_of(word) for word in notes.denied}:
            return _written(match[0])
    return ""


def _alone(clause: str) -> str:
    """The phrase of a clause that says nothing else: "patient cancelled", and not "patient cancelled golf"."""
    notes = published().layouts.notes
    match = _run_of(notes.alone).search(clause)
    rest = _run_of(notes.alone).sub(" ", clause)
    rest = re.sub(r"\b\d\w*", " ", _run_of(notes.beside).sub(" ", rest))
    return _written(match[0]) if match and not rest.strip() else ""


@cache
def _run_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Any of the phrases as whole words, the longest first."""
    longest_first = sorted({word_of(phrase) for phrase in phrases}, key=lambda phrase: (-len(phrase), phrase))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b")


@cache
def _written(words: str) -> str:
    """The phrase as the rules write it, with its accents."""
    notes = published().layouts.notes
    return next(phrase for phrase in (*notes.anywhere, *notes.alone) if word_of(phrase) == words)
