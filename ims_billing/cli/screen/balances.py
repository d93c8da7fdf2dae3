"""Second insurers on the screen of a month: the balances that are billed, and those that wait."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from ims_billing.cli.screen.layout import listed, wrapped
from ims_billing.vocabulary.spelling import counted, dollars

if TYPE_CHECKING:
    from ims_billing.month.second_insurer import Balances, Waiting

# Balances that wait at one insurer for one reason and are shown, at most.
_ALIKE = 3


def second_insurers(balances: Balances | None, wide: int, *, would: bool, everything: bool) -> list[Text]:
    """Shows the claims to second insurers, and each that can't be made, or asks for the wrong amount."""
    if balances is None:
        return []
    verb = "would be billed" if would else "billed"
    parts = []
    for insurer, part in balances.claims.groupby("insurer"):
        amount = dollars(int(part["amount_cents"].sum()))
        parts.append(f"{insurer} {verb} the balance of {counted(len(part), 'claim')}, {amount}")
    lines = listed(parts, wide, head="Balances:", indent="  ", most=2, rest="other insurer") if parts else []
    waiting = _waiting(balances.waiting, most=len(balances.waiting) if everything else _ALIKE)
    for sentence in (*waiting, *(each.in_words() for each in balances.uneven)):
        lines += wrapped(sentence, wide, first="  ", rest="    ", style="yellow")
    return [Text(), Text("SECOND INSURERS", "bold"), *lines] if lines else []


def _waiting(balances: Iterable[Waiting], *, most: int) -> Iterator[str]:
    """Why balances wait: at most so many of one insurer and kind, and how many more there are."""
    alike: dict[tuple[str, str], list[str]] = {}
    for each in balances:
        alike.setdefault((each.insurer, each.kind), []).append(each.message)
    for (insurer, _), messages in alike.items():
        yield from messages[:most]
        if len(messages) > most:
            yield f"{insurer}: {counted(len(messages) - most, 'more claim')} for the same reason (--all lists them)."
