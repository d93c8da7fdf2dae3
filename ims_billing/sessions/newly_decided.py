"""Which of the decisions typed in a workbook are new to the ledger."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import DECISIONS, as_frame

_PLACE = ("month", "session", "kind")
_WORDS = ("decision", "correct_value", "decided_by", "note")


def newly_decided(
    typed: pd.DataFrame, lines: pd.DataFrame, kept: pd.DataFrame, *, month: str, on: Any, fresh: bool
) -> pd.DataFrame:
    """Returns the DECISIONS among the TYPED lines that the ledger does not have yet.

    `lines` are the open lines of all months (EARLIER), `known` all decisions so far (DECISIONS). Each typed line
    carries the fingerprint that its workbook shows. In a `fresh` workbook, which shows what the ledger holds, an
    empty line takes back the decision that stood there; in an older copy, words that were read before are old.
    Raises BillingError, with file, sheet and row, for a line that is not open in this month.
    """
    # A line that is closed by now can be decided again, by the words that it was decided with.
    by_place: dict[tuple[Any, ...], dict[Any, Any]] = {
        tuple(line[name] for name in _PLACE): line for line in (*kept.to_dict("records"), *lines.to_dict("records"))
    }
    months = {place[1:]: place[0] for place in by_place}
    earlier: dict[tuple[str, str], list[tuple[tuple[str, ...], str]]] = {}
    for row in kept[["session", "kind", *_WORDS, "fingerprint"]].itertuples(index=False, name=None):
        earlier.setdefault((row[0], row[1]), []).append((row[2:6], row[6]))
    new = []
    for place, key, kind, *words in typed.itertuples(index=False, name=None):
        session, _, fingerprint = key.partition("-")
        line = by_place.get((month, session, kind))
        before = earlier.get((session, kind), [])
        fingerprint = fingerprint or (line["fingerprint"] if line else "")
        now = (tuple(words), fingerprint)
        if not any(words):
            # An empty line says something only where words stood before.
            if not (fresh and before and before[-1][1] == fingerprint and any(before[-1][0])):
                continue
        elif now == before[-1] if fresh and before else now in before:
            continue
        if line is None:
            raise BillingError(f"{place}: something is typed here, and {_why_not(month, months.get((session, kind)))}")
        written = dict(zip(_WORDS, words, strict=True))
        new.append({**line, **written, "fingerprint": fingerprint, "decided_on": pd.Timestamp(on)})
    return as_frame(new, DECISIONS)


def _why_not(month: str, elsewhere: str | None) -> str:
    if elsewhere:
        return f"it is decided in the workbook of its own month, claim-summary-{elsewhere}.xlsx."
    return f"no session of {month} is held for that any more. Clear it, or name the right month."
