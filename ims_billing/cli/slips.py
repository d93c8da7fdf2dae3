"""Slips in what is typed with a command, by name: pasted dashes, other forms of dates, another clinic's export."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import typer

from ims_billing.vocabulary.errors import BillingError

if TYPE_CHECKING:
    import pandas as pd

    from ims_billing.clinic.clinic import Clinic

# The dashes that word processors, web pages and phones put in place of a hyphen.
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# How far the day that counts as today may be from the month that is claimed, in days: before it begins, and after.
_DAYS_BEFORE, _DAYS_AFTER = 366, 3 * 366
# From how many sessions on a file without any known practitioner is another clinic's.
_FEW = 3


def month_typed(text: str | None) -> str | None:
    """The month of an option; raises BadParameter, which names the slip, where it is none."""
    if text is None or re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text):
        return text
    if _DASHES.search(text):
        raise typer.BadParameter(
            f"{text!r} has a dash as word processors write it ({_DASHES.findall(text)[0]}); "
            f"type a hyphen: {_month_in(text) or '2026-10'}"
        )
    meant = _month_in(text)
    raise typer.BadParameter(f"{text!r} is not a month; write it as {meant or '2026-10'}")


def _month_in(text: str) -> str | None:
    """The month that a text may mean, as it is to be written; None where it says no year or no month."""
    year = re.search(r"(?<!\d)20\d\d(?!\d)", text)
    rest = text.replace(year[0], " ", 1) if year else text
    number = re.search(r"(?<!\d)(0?[1-9]|1[0-2])(?!\d)", rest)
    named = next((place for place, name in enumerate(_MONTHS, start=1) if name in text.casefold()), None)
    month = named or (int(number[1]) if number else None)
    return f"{year[0]}-{month:02d}" if year and month else None


def day_typed(text: str) -> dt.datetime:
    """The day of an option; raises BadParameter, which names the slip, where it is none."""
    numbers = re.fullmatch(r"(20\d\d)-(\d{1,2})-(\d{1,2})", text.strip())
    try:
        year, month, day = map(int, numbers.groups() if numbers else ())
        return dt.datetime(year, month, day)
    except ValueError as error:
        raise typer.BadParameter(_not_a_day(text)) from error


def _not_a_day(text: str) -> str:
    if _DASHES.search(text):
        return f"{text!r} has a dash as word processors write it; type hyphens: {_DASHES.sub('-', text)}"
    numbers = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", text.strip())
    if numbers:
        first, second, year = (int(number) for number in numbers.groups())
        meant = list(dict.fromkeys(day for day in (_day(year, first, second), _day(year, second, first)) if day))
        if meant:
            return f"{text!r} leaves day and month open; write it as {' or '.join(meant)}"
    return f"{text!r} is not a day; write it as 2026-11-05"


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return f"{dt.date(year, month, day)}"
    except ValueError:
        return None


def refuse_a_far_day(as_of: dt.date, month: str, *, already_sent: bool) -> None:
    """Raises BillingError where the day that counts as today is far from the month that is claimed.

    A month that was sent before this program came may be any time ago.
    """
    first = dt.date.fromisoformat(f"{month}-01")
    days = (as_of - first).days
    if days < -_DAYS_BEFORE or (days > _DAYS_AFTER and not already_sent):
        where = "before" if days < 0 else "after"
        raise BillingError(
            f"--as-of {as_of} is {abs(days) // 365} years {where} {month}. Correct the year; nothing was written."
        )


def refuse_another_month(months: dict[str, int], month: str) -> None:
    """Raises BillingError where no session lies in the month; `months` are the sessions by the month they lie in."""
    if month in months or not months:
        return
    most = max(months, key=lambda name: (months[name], name))
    others = len(months) - 1
    more = f", the rest of {others} other month{'s' if others > 1 else ''}" if others else ""
    raise BillingError(
        f"No session lies in {month}. {months[most]:,} of these are of {most}{more}: did you mean that? "
        f"Nothing was written. To claim it, write --month {most}."
    )


def refuse_another_clinics(sessions: pd.DataFrame, clinic: Clinic) -> None:
    """Raises BillingError where no session names a practitioner of the roster."""
    cells = sessions["practitioner"][sessions["practitioner"] != ""]
    if len(cells) < _FEW or any(clinic.roster.read(str(cell)).named for cell in cells.unique()):
        return
    raise BillingError(
        f"No practitioner in these files is in {clinic.file} ({clinic.name}). "
        "Is this another clinic's export? If it is this clinic's, add the practitioners, or their spelling as an "
        "alias. Nothing was written."
    )
