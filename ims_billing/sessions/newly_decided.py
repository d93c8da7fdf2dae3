"""Decisions typed in a workbook that are new to the ledger, and those that would overturn a later one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from ims_billing.vocabulary.decision_keys import LineKey, decision_mark, line_key
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import DECISIONS, as_frame
from ims_billing.vocabulary.spelling import same_name

_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_PLACE = ("month", "session", "kind")
_WORDS = ("decision", "correct_value", "decided_by", "note")


class _Recorded(NamedTuple):
    """A decision on the ledger: what was typed (in the order of _WORDS), about which state of the session, and when."""

    words: tuple[str, ...]
    fingerprint: str
    on: Any

    @property
    def mark(self) -> str:
        """The mark that a line which shows this decision bears."""
        return decision_mark(self.words, self.fingerprint)


class SavedSummary(NamedTuple):
    """A month's summary as somebody saved it."""

    month: str
    typed: pd.DataFrame
    """TYPED: its lines, each with the fingerprint and the decision that it showed when it was written."""
    fresh: bool
    """True if it shows what the ledger holds now; false for an older copy."""


def newly_decided(
    saved: SavedSummary, lines: pd.DataFrame, recorded: pd.DataFrame, *, on: Any, overrule: bool = False
) -> pd.DataFrame:
    """Returns the DECISIONS in a saved summary that the ledger does not have yet, dated `on` that day.

    `lines` are the open lines of all months (EARLIER), `recorded` all decisions so far (DECISIONS). An empty line
    takes a decision back only where the workbook showed that decision; words in an older copy count as typed, but only
    with `overrule` against a decision that was read after the copy was made. Of lines without a mark, from earlier
    versions, an empty one counts in a fresh workbook, and words that were read before are old.
    Raises BillingError, with file, sheet and row of each line that is not open in this month or would overrule.
    """
    # A line that is closed by now can be decided again, by the words that it was decided with.
    by_place: dict[tuple[Any, ...], dict[Any, Any]] = {
        tuple(line[name] for name in _PLACE): line for line in (*recorded.to_dict("records"), *lines.to_dict("records"))
    }
    months = {place[1:]: place[0] for place in by_place}
    history = _history(recorded)
    new, faults = [], []
    for place, key_text, kind, *cells, patient, day in saved.typed.itertuples(index=False, name=None):
        key, words = line_key(key_text), tuple(cells)
        line = by_place.get((saved.month, key.session, kind))
        before = history.get((key.session, kind), [])
        fingerprint = key.fingerprint or (line["fingerprint"] if line else "")
        if not _says_something(words, key._replace(fingerprint=fingerprint), before, fresh=saved.fresh):
            continue
        later = _overruled(words, key, before)
        if line is None:
            why = _why_not(saved.month, months.get((key.session, kind)))
            faults.append(f"{place}: something is typed here, and {why}")
        elif fingerprint == line["fingerprint"] and _is_of_another(line, patient, day):
            faults.append(
                f"{place}: the patient or the day is not that of the session: some columns were sorted without the "
                "others. Sort all of them together, or move the workbook away and write it again with report."
            )
        elif later is not None and not overrule:
            faults.append(f"{place}: {_older_than(later)}")
        else:
            written = dict(zip(_WORDS, words, strict=True))
            new.append({**line, **written, "fingerprint": fingerprint, "decided_on": pd.Timestamp(on)})
    if faults:
        raise BillingError("\n".join(faults))
    return as_frame(new, DECISIONS)


def _is_of_another(line: Mapping[Any, Any], patient: str, day: str) -> bool:
    """Whether what stands on a line is of another session than the one that it is the line of.

    A day counts as the workbook wrote it: a program that saved it as text may have written it in its own way.
    """
    own_day = "" if pd.isna(line["service_date"]) else f"{line['service_date']:%Y-%m-%d}"
    names = (same_name(patient), same_name(line["patient"]))
    days = (day, own_day) if _ISO.fullmatch(day) else ("", "")
    return any(here and own and here != own for here, own in (names, days))


def _history(recorded: pd.DataFrame) -> dict[tuple[str, str], list[_Recorded]]:
    """The decisions about each session and kind, the oldest first."""
    history: dict[tuple[str, str], list[_Recorded]] = {}
    columns = ["session", "kind", *_WORDS, "fingerprint", "decided_on"]
    for session, kind, *words, fingerprint, day in recorded[columns].itertuples(index=False, name=None):
        history.setdefault((session, kind), []).append(_Recorded(tuple(words), fingerprint, day))
    return history


def never_read(typed: pd.DataFrame, recorded: pd.DataFrame) -> int:
    """How many of the TYPED lines say something that no decision ever had (`recorded`: DECISIONS).

    What was read and overruled since does not count, nor what the workbook showed when it was written.
    """
    columns = ["session", "kind", *_WORDS, "fingerprint"]
    read = set(recorded[columns].itertuples(index=False, name=None))
    read |= {line[:-1] for line in read}
    count = 0
    for _, key_text, kind, *cells, _, _ in typed.itertuples(index=False, name=None):
        key, words = line_key(key_text), tuple(cells)
        # A key of the program's first version does not say what the session was.
        line = (key.session, kind, *words, *([key.fingerprint] if key.fingerprint else []))
        shown = bool(key.mark) and key.mark == decision_mark(words, key.fingerprint)
        count += any(words) and not shown and line not in read
    return count


def _says_something(words: tuple[str, ...], key: LineKey, before: list[_Recorded], *, fresh: bool) -> bool:
    """Whether a line says what the ledger does not know: more than it showed, and other than what stands."""
    now = (words, key.fingerprint)
    if key.mark:
        if decision_mark(words, key.fingerprint) == key.mark:
            return False  # nothing was typed since the workbook was written
        if not any(words):
            return key.mark == _standing(before, key.fingerprint)
        return not before or before[-1][:2] != now
    if not any(words):
        # An empty line says something only where words stood before.
        return fresh and bool(before) and before[-1].fingerprint == key.fingerprint and any(before[-1].words)
    return (not before or before[-1][:2] != now) if fresh else now not in [each[:2] for each in before]


def _standing(before: list[_Recorded], fingerprint: str) -> str:
    """The mark of the decision that a line of this fingerprint shows now."""
    return before[-1].mark if before and before[-1].fingerprint == fingerprint else decision_mark((), "")


def _overruled(words: tuple[str, ...], key: LineKey, before: list[_Recorded]) -> _Recorded | None:
    """The later decision that these words would overrule; None where the workbook showed it, or there is none."""
    if not key.mark or not before or not any(before[-1].words):
        return None
    latest = before[-1]
    shown = latest.mark == key.mark or latest.fingerprint != key.fingerprint
    return None if shown or latest.words[:2] == words[:2] else latest


def _older_than(later: _Recorded) -> str:
    who = f" by {later.words[2]}" if later.words[2] else ""
    return (
        f"this workbook is older than the decision read on {later.on:%Y-%m-%d}{who} "
        f'("{later.words[0] or "correct value"}"), and would overrule it. Empty the line, move the copy away, or add '
        "--overrule."
    )


def _why_not(month: str, elsewhere: str | None) -> str:
    if elsewhere:
        return f"it is decided in the workbook of its own month, claim-summary-{elsewhere}.xlsx."
    return f"no session of {month} is held for that any more. Clear it, or name the right month."


def counts_of(decisions: pd.DataFrame) -> Counter[str]:
    """How many of the DECISIONS say what, in the words of the screen; a line without its decision is 'emptied'."""
    rows = decisions[["decision", "correct_value", "note"]].itertuples(index=False, name=None)
    return Counter(
        word.lower() if word else "correct value" if value else "note only" if note else "emptied"
        for word, value, note in rows
    )
