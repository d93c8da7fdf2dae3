"""The words that people type for a decision, and which of ours each means."""

from __future__ import annotations

from ims_billing.vocabulary.frames import BILL, DO_NOT_BILL, LATER
from ims_billing.vocabulary.spelling import plain

# What staff write beside the words of the drop-down. A word of two meanings is none: it is refused by name. "OK" may
# mean "I saw it", "No bill" that there is no invoice, and "No" beside "two visits that day" that it was only one.
_MEANT = {
    BILL: ("bill", "bill it", "yes bill", "facturer", "à facturer"),
    DO_NOT_BILL: (
        *("do not bill", "don't bill", "dont bill", "not bill", "never bill"),
        *("ne pas facturer", "pas facturer"),
    ),
    LATER: ("later", "wait", "not yet", "hold", "on hold", "plus tard", "attendre", "en attente"),
}
_WORDS = {plain(word): decision for decision, words in _MEANT.items() for word in words}


def decision_word(typed: str) -> str | None:
    """Bill, Do not bill or Later for what was typed, in English or French; empty for nothing, None for other words."""
    return _WORDS.get(plain(typed.replace("’", "'").strip(" .!"))) if typed.strip() else ""
