"""The next steps, numbered, with the commands and folders ready to copy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from ims_billing.cli.screen.layout import first_of, with_command
from ims_billing.cli.screen.on_hold import fix_in_setup, what_setup_lacks
from ims_billing.vocabulary.shell import quoted
from ims_billing.vocabulary.spelling import counted, dollars, month_text
from ims_billing.workbooks.files import INSURERS, batch_of

if TYPE_CHECKING:
    from ims_billing.cli.screen.month_page import Shown
    from ims_billing.month.prepare import Month


def steps(shown: Shown) -> Iterator[tuple[str, str]]:
    """Each step: what to do, and the command or the folder for it."""
    month, counts = shown.month, shown.month.totals.counts
    held = f"{counts['held']:,} {'session' if counts['held'] == 1 else 'sessions'}"
    check = f"ims-billing check {shown.files}{shown.options}"
    check += f" --month {month.month}" if month.month else ""
    if shown.nearby:
        yield (
            f"The clinic's setup is in {shown.nearby.parent}. Look again with it:",
            f"{check} --clinic {quoted(shown.nearby)}",
        )
        return
    if not month.clinic.file:
        yield "Make your clinic setup:", f"ims-billing init --from {shown.files}"
        return
    if month.clinic.unconfirmed:
        # What only the clinic knows comes before anything else: without it most sessions are on hold, and none claimed.
        count = len(month.clinic.unconfirmed)
        things = "the thing that is" if count == 1 else f"the {count:,} things that are"
        yield "\n".join([f"Fill in {things} open in {month.clinic.file}:", *first_of(month.clinic.unconfirmed)]), ""
        yield "Saved it? Look again:", check
        return
    billed = month.month or _largest(shown)
    sent_before = _sent_before(shown, billed)
    claim = _claim(shown, billed, sent_before=sent_before)
    yield from _in_setup(month)
    if shown.would:
        if counts["held"] and not _all_in_setup(month):
            yield f"Fix what you can of {held} on hold and export again; you can decide the rest after claim", ""
        if counts["claimed"] or counts["held"]:
            record = "Billed before, as the rest of the month was? Record it:" if sent_before else "Claim the month:"
            yield (record if counts["claimed"] else "Fixed or decided? Run"), claim
    else:
        waiting = counts["held"] + shown.also_held[0]
        if waiting and shown.summary:
            yield f"Fix or decide {counted(waiting, 'session')}: sheet Needs attention in", quoted(shown.summary)
        yield from _to_send(shown)
        if counts["held"]:
            yield "Fixed or decided? Run", claim
    for name, part in month.earlier.groupby(month_text(month.earlier["service_date"])):
        sessions = counted(len(part), "session")
        amount = dollars(int(part["fee_cents"].sum()))
        too = _sent_before(shown, name)
        what = f"{name} was billed before. Record the rest of it, if it was too" if too else f"Bill {name} too"
        yield f"{what}: {sessions}, {amount}", _claim(shown, name, sent_before=too)


def _in_setup(month: Month) -> Iterator[tuple[str, str]]:
    """The clinic setup, where it does not say what sessions on hold wait for, with each of these things once."""
    lacks = what_setup_lacks(month)
    if lacks:
        waiting = fix_in_setup(month)["session"].nunique()
        sessions = f", for which {counted(waiting, 'session waits', 'sessions wait')}" if waiting else ""
        yield "\n".join([f"Fill in {month.clinic.file}{sessions}:", *first_of(lacks, 4)]), ""


def _all_in_setup(month: Month) -> bool:
    """True where every session on hold waits for the clinic setup, and for nothing else."""
    holds = month.findings[month.findings["severity"] == "hold"]
    return len(fix_in_setup(month)) == len(holds)


def _to_send(shown: Shown) -> Iterator[tuple[str, str]]:
    """The folder with the month's new insurer workbooks, and each one of another month, where few people would look."""
    due = shown.balances.claims if shown.balances else None
    balances = set() if due is None or due.empty else set(zip(due["month"], due["batch"], strict=True))
    own = (shown.month.month, shown.batch)
    written = [path for each in shown.written for path in each.files if path.parent.name == INSURERS]
    of_batches = [((path.parent.parent.name, batch_of(path)), path) for path in written]
    month = [path for of_batch, path in of_batches if of_batch == own]
    if month:
        workbooks = "workbook" if len(month) == 1 else f"{len(month):,} workbooks"
        later = f" of batch {shown.batch}" if shown.batch and shown.batch > 1 else ""
        yield f"Send the {workbooks}{later} in", quoted(month[0].parent)
    for of_batch, path in of_batches:
        if of_batch in shown.batches:
            voids = "" if of_batch in balances else ", which lists what was voided"
            what = f"Send this one of {of_batch[0]} too" if month else f"Send this workbook of {of_batch[0]}"
            yield f"{what}{voids}:", quoted(path)


def _sent_before(shown: Shown, month: str) -> bool:
    """True where all of a month was billed before this program came: what is added to it is not to be sent.

    What takes the place of a claim is, as its insurer has the claim.
    """
    if shown.month.month in (None, month) and shown.month.in_question:
        return False
    if month == shown.month.month and (shown.already_sent or shown.batch):
        return shown.already_sent
    return month in shown.month.sent_before


def _claim(shown: Shown, month: str, *, sent_before: bool) -> str:
    """The command that claims a month of these files."""
    return f"ims-billing claim {shown.files}{shown.options} --month {month}{' --already-sent' if sent_before else ''}"


def _largest(shown: Shown) -> str:
    """The month with most to claim, where all months are looked at."""
    sessions = shown.month.sessions
    claimed = sessions[sessions["outcome"] == "claimed"]
    named = month_text((claimed if len(claimed) else sessions)["service_date"])
    counts = named[named != ""].value_counts()
    return str(counts.index[0]) if len(counts) else "YYYY-MM"


def next_steps(shown: Shown, wide: int) -> list[Text]:
    """The lines of NEXT."""
    lines = []
    for number, (sentence, command) in enumerate(steps(shown), start=1):
        lines += with_command(sentence, command, wide, first=f"  {number}  ", rest="     ")
    return [Text(), Text("NEXT", "bold"), *lines] if lines else []


def next_command(shown: Shown) -> str:
    """The first command of the next steps; empty where there is none."""
    return next((command for _, command in steps(shown) if command.startswith("ims-billing")), "")
