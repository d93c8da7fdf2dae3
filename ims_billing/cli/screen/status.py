"""A folder's months, files and money on one screen, with the next command last."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from rich.text import Text

from ims_billing.cli.screen.layout import first_of, lines_of, wrapped
from ims_billing.cli.screen.payments import not_sent_line
from ims_billing.cli.screen.terminal import show, width
from ims_billing.vocabulary.deadlines import CLOSING_WITHIN, UNPAID_OVER
from ims_billing.vocabulary.spelling import counted, dollars

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ims_billing.commands.standing import Standing
    from ims_billing.commands.status import Export, Status

# Lines of each part, so that the whole fits a screen of forty.
_MONTHS, _CLOSING, _EXPORTS, _PROBLEM = 5, 4, 5, 12


def show_status(status: Status) -> None:
    """The folder at a glance, and what to do next."""
    wide = width()
    clinic, folder = status.clinic or "No clinic yet", str(status.folder)
    if len(f"{clinic} {folder}") <= wide:
        lines = [Text.assemble((clinic, "bold"), " ", (folder, "dim"))]
    else:
        lines = [*wrapped(clinic, wide, style="bold"), Text(folder, "dim")]
    for line, style in _lines(status):
        lines += lines_of(line, wide, style=style)
    following = wrapped(f"Next: {status.next.what}", wide, rest="  ")
    following[0].stylize("bold", 0, len("Next:"))
    show([*lines, Text(), *following, Text(f"  {status.next.command}", "bold")])


def _lines(status: Status) -> Iterator[tuple[str, str]]:
    if status.nearby:
        yield status.nearby.in_words(), "yellow"
    if status.problem:
        lines = status.problem.splitlines()
        for line in lines[:_PROBLEM]:
            yield line, "bold red"
        if len(lines) > _PROBLEM:
            yield f"... and {counted(len(lines) - _PROBLEM, 'more line')} like these", "bold red"
    if status.setup and status.unconfirmed:
        things = counted(len(status.unconfirmed), "thing")
        yield f"{things} left to fill in ({status.setup.name}): claim waits", "yellow"
        for entry in first_of(status.unconfirmed):
            yield entry, "yellow"
    if status.standing:
        yield from _missed(status.standing)
        yield from _months(status.standing, status.as_of)
        yield from _due(status.standing, status.as_of)
    elif status.clinic and not status.problem:
        yield "Nothing has been claimed yet.", ""
    yield from _exports(status.exports)


def _months(standing: Standing, as_of: dt.date) -> Iterator[tuple[str, str]]:
    for month in standing.months[-_MONTHS:]:
        line = f"{month.month}  {counted(month.claims, 'claim')}  {dollars(month.cents)}"
        if month.held:
            line += f"; on hold: {counted(month.held, 'session')}, {_fees(month.held_cents)}"
            days = (as_of - month.oldest).days if month.oldest else 0
            line += f", the oldest visit {counted(days, 'day')} ago" if days > 0 else ""
        yield line, "yellow" if month.held else ""
    if len(standing.months) > _MONTHS:
        earlier = standing.months[:-_MONTHS]
        cents, held = sum(month.cents for month in earlier), sum(month.held for month in earlier)
        words = f"... and {counted(len(earlier), 'month')} before, {dollars(cents)}"
        yield f"{words}; on hold: {counted(held, 'session')}" if held else words, "yellow" if held else ""


def _fees(cents: int) -> str:
    """The fees of sessions on hold; what is free of charge is never on hold, so nothing is a fee that is not known."""
    return dollars(cents) if cents else "fee unknown"


def _missed(standing: Standing) -> Iterator[tuple[str, str]]:
    """Warns of claims that can't be sent the usual way any more, above all else."""
    for held, what, noun in (
        (False, "Past their last day and not marked as sent", "claim"),
        (True, "Past their last day and still on hold", "session"),
    ):
        missed = [one for one in standing.missed if one.held == held]
        if missed:
            insurers = ", ".join(one.insurer for one in missed)
            amount = (_fees if held else dollars)(sum(one.cents for one in missed))
            yield (
                f"{what}: {counted(sum(one.count for one in missed), noun)}, {amount} ({insurers})",
                "bold red",
            )


def _due(standing: Standing, as_of: dt.date) -> Iterator[tuple[str, str]]:
    for typed in standing.typed[:_CLOSING]:
        words = f"{typed.what or 'Something that is no decision'} typed in {typed.workbook} and not read yet"
        yield typed.problem or words, "bold yellow"
    if len(standing.typed) > _CLOSING:
        more = counted(len(standing.typed) - _CLOSING, "more spreadsheet")
        yield f"... and {more} with decisions not read yet (all of them: --json)", "bold yellow"
    for name in standing.call_lists[:_CLOSING]:
        yield f"{name} was changed and not read yet", "bold yellow"
    for one in standing.closing[:_CLOSING]:
        if one.held:
            what = f"{counted(one.count, 'session')} on hold, {_fees(one.cents)}: the first has to be sent by"
        else:
            what = f"{counted(one.count, 'claim')} not marked as sent, {dollars(one.cents)}: the first is due by"
        yield f"{one.insurer}: {what} {one.last_day}", "bold yellow"
    if len(standing.closing) > _CLOSING:
        yield (
            f"... and {counted(len(standing.closing) - _CLOSING, 'more insurer')} within {CLOSING_WITHIN} days",
            "bold yellow",
        )
    if len(standing.to_send):
        yield not_sent_line(standing.to_send, as_of), "yellow"
    if standing.unpaid:
        claims = counted(standing.unpaid, "claim")
        yield f"Unpaid over {UNPAID_OVER} days: {claims}, {dollars(standing.unpaid_cents)}", "yellow"
    if standing.refused:
        yield f"Refused or paid short, and nobody looks after it: {counted(standing.refused, 'claim')}", "yellow"
    if standing.to_reverse:
        amount = f"{counted(len(standing.to_reverse), 'claim')}, {dollars(sum(standing.to_reverse))}"
        yield f"Paid, and voided since, so that the insurer has to reverse it: {amount}", "bold yellow"
    if standing.voids:
        voids = "; ".join(f"{counted(number, 'claim')} of {month}" for month, number in standing.voids.items())
        yield f"Voided, and in no workbook to an insurer yet: {voids}", "bold yellow"
    for month in standing.unwritten[:_CLOSING]:
        yield f"The files of {month} do not show what is recorded", "yellow"


def _exports(exports: tuple[Export, ...]) -> Iterator[tuple[str, str]]:
    # The last line names a file as well as it counts one.
    shown = len(exports) if len(exports) == _EXPORTS + 1 else _EXPORTS
    for export in exports[:shown]:
        months = ", ".join(f"{rows:,} of {month}" for month, rows in list(export.months.items())[-3:])
        yield f"Not claimed yet: {export.path.name} ({export.layout}{'; rows: ' if months else ''}{months})", ""
    if len(exports) > shown:
        yield f"... and {counted(len(exports) - shown, 'more file')}", ""
