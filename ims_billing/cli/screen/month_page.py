"""The month on one screen: what was read, the three outcomes, the insurers, what is on hold, what to do next."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from ims_billing.cli.screen.balances import second_insurers
from ims_billing.cli.screen.every_finding import (
    claims_without_numbers,
    every_file,
    every_finding,
    every_reason,
    requirements_not_stated,
)
from ims_billing.cli.screen.glance import not_to_send
from ims_billing.cli.screen.layout import LINES, WIDEST, side_by_side, wrapped
from ims_billing.cli.screen.next_steps import next_steps
from ims_billing.cli.screen.on_hold import changed_since, on_hold, taken_out, to_check, what_holds, what_to_check
from ims_billing.cli.screen.outcomes import outcomes
from ims_billing.cli.screen.places import Places
from ims_billing.cli.screen.terminal import show, width
from ims_billing.vocabulary.frames import LATER, NO_SESSION
from ims_billing.vocabulary.spelling import counted, dollars, month_text
from ims_billing.workbooks.files import workbook_name

if TYPE_CHECKING:
    import pandas as pd

    from ims_billing.month.prepare import Month
    from ims_billing.month.reasons import TakenOut
    from ims_billing.month.second_insurer import Balances
    from ims_billing.vocabulary.entries import Sending
    from ims_billing.vocabulary.intake import FileRead
    from ims_billing.workbooks.files import Written

# A screen of at least so many characters has the sums on one line.
_SUMS = 80
# Lines of files and of insurers, at most.
_FILES, _INSURERS = 4, 4
# What is tried until the screen is not too long: lines of each group of what is on hold, at most, and lines of what to
# check before sending, at least.
_ROOM = ((6, 8), (5, 8), (4, 7), (3, 6), (3, 5), (2, 5), (2, 4), (1, 3))


@dataclass(frozen=True)
class Shown:
    """A month as `check` or `claim` shows it."""

    month: Month
    files: str
    """The files as they are typed in a command."""
    options: str
    """The options that were given, with a space before each, to be repeated by `check` and `claim`."""
    would: bool
    """True where nothing was recorded."""
    batch: int | None = None
    """The batch that was recorded; None where there is none."""
    changed: bool = True
    """False where the files were right already."""
    already_sent: bool = False
    """True where the month was billed before this program came."""
    balances: Balances | None = None
    """The claims to second insurers, and what stands in the way of others."""
    decisions: pd.DataFrame | None = None
    """The decisions that were read for the first time."""
    ledger: Path | None = None
    """The ledger that was used; None where none was."""
    fresh: bool = False
    """True where the ledger is new."""
    written: Sequence[Written] = field(default_factory=tuple)
    """What was written: this month's files first."""
    summary: Path | None = None
    """The month's claim summary; None where nothing was recorded."""
    batches: Sequence[tuple[str, int]] = ()
    """The new batches of other months: month and number."""
    unwritten: Sequence[str] = ()
    """Months that are on the ledger and whose files were never written."""
    nearby: Path | None = None
    """A setup in a folder beside this one, where none was found for the files."""
    typed_taken_out: Sequence[TakenOut] = ()
    """The sessions that typed values would take out of the month, once `claim` reads them."""

    marks: Sequence[Sending] = ()
    """What was read for the first time of the sheet To send."""
    also_held: tuple[int, int] = (0, 0)
    """The sessions of earlier files of the month that are on hold still: how many, and their fees in cents."""

    @property
    def taken_out(self) -> Sequence[TakenOut]:
        """The sessions that correct values take out of the month, with those that are typed and not read yet."""
        return self.typed_taken_out or self.month.taken_out


def show_month(shown: Shown, *, everything: bool = False) -> None:
    """The month on one screen; with `everything` every finding, reason and file too."""
    show(month_page(shown, width(), everything=everything))


def month_page(shown: Shown, wide: int, *, everything: bool = False) -> list[Text]:
    """The lines of the screen; with `everything` every finding, reason and file too."""
    month, places = shown.month, Places(shown.month)
    head = [
        *_title(shown, wide),
        *_files(month, places, wide),
        *_warnings(month, wide),
        Text(),
        *outcomes(month, wide, would=shown.would),
        *_also_held(shown, wide),
        *_insurers(month, wide),
        *_months(month, wide),
    ]
    never_cut = [
        *changed_since(month, places, wide),
        *_decided(shown, places, wide),
        *_marked(shown.marks, wide),
        *taken_out(month, shown.taken_out, places, wide),
        *second_insurers(shown.balances, wide, would=shown.would, everything=everything),
    ]
    end = [
        *claims_without_numbers(month, wide),
        *_first_to_send(shown, wide),
        *next_steps(shown, wide),
        *_recorded(shown, wide),
        *_sums(shown, wide),
    ]
    holding = what_holds(month, places)
    if everything:
        more = [*every_finding(month, places, wide), *every_reason(month, wide), *requirements_not_stated(month, wide)]
        return [*head, *never_cut, *on_hold(holding, wide), *more, *every_file(shown), *end]
    # A narrow screen scrolls: it takes as many more lines as its lines are shorter.
    lines = LINES * WIDEST // wide
    to_look_at = what_to_check(month, places)
    for most, least in _ROOM:
        holds = on_hold(holding, wide, most=most)
        left = lines - len(head) - len(holds) - len(end)
        checks = to_check(to_look_at, wide, most=max(left, least))
        if len(checks) <= left:
            break
    return [*head, *never_cut, *holds, *checks, *end]


def _title(shown: Shown, wide: int) -> list[Text]:
    month = shown.month
    name = f"{dt.date.fromisoformat(f'{month.month}-01'):%B %Y}" if month.month else "All months"
    clinic = f"{month.clinic.name} ({month.clinic.file})" if month.clinic.file else "no clinic setup"
    left, right = f"{name} - {clinic}", f"as of {month.as_of}"
    right += f", batch {shown.batch}" if shown.batch else ""
    if len(left) + 2 + len(right) <= wide:
        return [Text(f"{left}{' ' * (wide - len(left) - len(right))}{right}", "bold")]
    return wrapped(f"{left}, {right}", wide, style="bold")


def _files(month: Month, places: Places, wide: int) -> list[Text]:
    """A line for each file: its sessions, the columns that were not used, the rows that were skipped and why."""
    files = month.intake.files
    lines: list[Text] = []
    for number, file in enumerate(files):
        # A file of which something is to be known is never among those that are only counted.
        if len(files) > _FILES and number >= _FILES - 1 and not (file.unread or file.remarks):
            continue
        letter = places.letter(file.file)
        first = f"{letter}  " if letter else ""
        lines += wrapped(f"{file.file}  {_account(file)}", wide, first=first, rest="   ")
    left = [file for file in files[_FILES - 1 :] if not (file.unread or file.remarks)]
    if len(files) > _FILES and left:
        rows, sessions = sum(file.rows for file in left), sum(file.sessions for file in left)
        sentence = f"and {counted(len(left), 'other file')}: {counted(rows, 'row')}, {counted(sessions, 'session')}"
        lines += wrapped(sentence, wide, rest="   ")
    return lines


def _account(file: FileRead) -> str:
    became = [counted(file.sessions, "session")]
    became += [f"{file.repeated:,} repeated"] if file.repeated else []
    became += [f"{file.tied:,} matched"] if file.tied else []
    parts = [f"{counted(file.rows, 'row')}: {', '.join(became)}{_skipped(file)}"]
    if file.unread:
        parts.append(f"not used: {', '.join(file.unread_headings)}")
    else:
        parts.append("all columns used")
    if file.all_attended:
        parts.append("no status column, so every row is read as a visit that took place")
    return "; ".join((*parts, *file.remarks))


def _skipped(file: FileRead) -> str:
    if not file.asides:
        return ""
    reasons = Counter(aside.reason for aside in file.asides).most_common()
    named = ", ".join(reason if count == 1 else f"{count:,} {reason}" for reason, count in reasons[:3])
    others = f", {counted(len(reasons) - 3, 'other reason')}" if len(reasons) > 3 else ""
    return f", {len(file.asides):,} skipped ({named}{others})"


def _warnings(month: Month, wide: int) -> list[Text]:
    """Warns of what keeps `claim` from running, or makes the figures worth less."""
    # Here, so that commands without sessions need no pandas.
    from ims_billing.reading.unread import described

    sentences = list(month.intake.missing)
    sentences += [
        f"{file.file}: {described(column)} Claim stops until then."
        for file in month.intake.files
        for column in file.doubtful
    ]
    sentences += [
        f"{file} has no fee for any visit. Add a column Fee to the file, with the price of each visit, then run again."
        for file in _without_fees(month)
    ]
    if month.clinic.unconfirmed:
        things = counted(len(month.clinic.unconfirmed), "thing")
        sentences.append(f"{things} left to fill in ({month.clinic.file}): claim waits for that.")
    if month.month and month.month not in month.months():
        present = ", ".join(f"{name} ({count})" for name, count in month.months().items()) or "none"
        sentences.append(f"No session lies in {month.month}; the files hold: {present}.")
    if not month.clinic.file:
        sentences.append(
            "There is no clinic setup, so only published rules are used: not who treated and may needle, your fees, "
            "your service code or your own names."
        )
    return [line for each in sentences for line in wrapped(each, wide, rest="  ", style="bold yellow")]


def _without_fees(month: Month) -> list[str]:
    """The files in which no visit has a fee, and some wait for one: most likely the practice system exports none."""
    if month.intake.missing:
        return []  # the other file may have them
    waiting = month.sessions.loc[month.findings.loc[month.findings["kind"] == "missing-fee", "session"], "file"]
    stated = month.sessions.groupby("file", sort=False)["fee_stated"].any()
    return [str(file) for file in waiting.unique() if not stated[file]]


def _also_held(shown: Shown, wide: int) -> list[Text]:
    """Counts the month's sessions on hold that are not in these files: the table leaves them out."""
    count, cents = shown.also_held
    if not count:
        return []
    sessions = counted(count, "session of an earlier file", "sessions of earlier files")
    sentence = f"Also on hold, and in none of these files: {sessions}, {dollars(cents)} (sheet Needs attention)."
    return wrapped(sentence, wide, rest="  ", style="bold yellow")


def _insurers(month: Month, wide: int) -> list[Text]:
    """The insurers, the largest first."""
    by_amount = sorted(month.by_insurer(), key=lambda each: (-each[2], each[0]))
    cells = [(insurer, f"{claims:,}", dollars(cents)) for insurer, claims, cents in by_amount]
    return [Text(), *side_by_side(cells, wide, most=_INSURERS, rest="other insurer")] if cells else []


def _months(month: Month, wide: int) -> list[Text]:
    """The months in the files, where all of them are looked at: their sessions and what would be claimed."""
    if month.month is not None:
        return []
    named = month_text(month.sessions["service_date"]).replace("", "no date")
    cells = []
    for name, part in month.sessions.groupby(named):
        claimed = part[part["outcome"] == "claimed"]
        amount = dollars(int(claimed["fee_cents"].sum()))
        cells.append((str(name), counted(len(part), "session"), f"{len(claimed):,} to claim, {amount}"))
    if len(cells) < 2:
        return []
    return [Text(), *side_by_side(cells[::-1], wide, most=6, rest="earlier month")]


def _decided(shown: Shown, places: Places, wide: int) -> list[Text]:
    """Counts the decisions that were read, and names each that does not count with the reason."""
    decisions, month = shown.decisions, shown.month
    if decisions is None or decisions.empty:
        return []
    # Here, so that commands without sessions need no pandas.
    from ims_billing.sessions.newly_decided import counts_of

    words = ", ".join(f"{word.capitalize()} {count:,}" for word, count in counts_of(decisions).items())
    lines = wrapped(f"Decisions read and recorded: {words}.", wide, style="bold")
    labels = dict(zip(month.sessions["key"], month.sessions.index, strict=True))
    holds = month.findings[month.findings["severity"] == "hold"]
    open_as = dict(zip(zip(holds["session"], holds["kind"], strict=True), holds["message"], strict=True))
    columns = ["session", "kind", "decision", "correct_value"]
    for session, kind, word, value in decisions[columns].itertuples(index=False, name=None):
        label = labels.get(session, NO_SESSION)
        why = month.decided.why_refused(label, kind)
        still = f", because {why}" if why else f": {open_as[label, kind]}" if (label, kind) in open_as else ""
        if still and word != LATER and (word or value):
            place = places.of(month.sessions.loc[[label]], 1)
            lines += wrapped(f"Row {place}: still on hold{still}", wide, first="  ", rest="    ", style="yellow")
    return [Text(), *lines]


def _marked(marks: Sequence[Sending], wide: int) -> list[Text]:
    """Counts the lines of To send that were read, and names the workbooks marked as sent without a day."""
    if not marks:
        return []
    sent = [mark for mark in marks if mark.sent == "Yes"]
    others = f", {len(marks) - len(sent):,} not sent" if len(marks) > len(sent) else ""
    sentence = f"Marks on To send read and recorded: {counted(len(sent), 'workbook')} sent{others}."
    undated = [workbook_name(mark.insurer_id, mark.month, mark.batch) for mark in sent if mark.sent_on is None]
    if undated:
        sentence += f" No day is typed for {', '.join(undated)}: add it under Sent on."
    return [Text(), *wrapped(sentence, wide, style="bold")]


def _first_to_send(shown: Shown, wide: int) -> list[Text]:
    """Says that a month which was billed before this program came has claims that are to be sent now."""
    month = shown.month
    # What takes the place of a claim was not billed before.
    first = month.claims[month.claims["replaces"] == ""]
    count = len(first)
    if shown.already_sent or month.month not in month.sent_before or not count:
        return []
    amount = dollars(int(first["amount_cents"].sum()))
    claims = f"{'This claim' if count == 1 else f'These {count:,} claims'}, {amount},"
    if shown.would:
        what = f"{claims} would be its first to be sent. Claim without --already-sent only what was never billed."
    else:
        what = (
            f"{claims} {'is' if count == 1 else 'are'} its first to be sent. If these visits were billed already, send "
            "nothing: void each claim, then decide Do not bill."
        )
    head = f"{month.month} WAS BILLED BEFORE THIS PROGRAM CAME:"
    lines = wrapped(f"{head} {what}", wide, rest="  ", style="bold red")
    return [Text(), *lines]


def _recorded(shown: Shown, wide: int) -> list[Text]:
    """Names the ledger, counts the files that were written, and warns about the folder."""
    if shown.ledger is None or shown.would:
        return []
    count = sum(len(written.files) for written in shown.written)
    files = f"; {counted(count, 'file')} written" if count else "; no file written, all are as they should be"
    if any(written.shared for written in shown.written):
        # Others can write in the folder already: files that only their owner may read would not help them.
        files += " with the permissions of a shared folder"
    new = " (new)" if shown.fresh else ""
    lines = wrapped(f"Ledger {shown.ledger}{new}{files}", wide, rest="  ", style="dim")
    lines += not_to_send((path for written in shown.written for path in written.left_over), wide)
    for name in shown.unwritten:
        sentence = f"{name} is on the ledger, and its files are not written: ims-billing report {name}"
        lines += wrapped(sentence, wide, rest="  ", style="bold red")
    return lines


def _sums(shown: Shown, wide: int) -> list[Text]:
    """The last line, and what has to be known with it before it; only a narrow screen breaks it."""
    notes = []
    counts = shown.month.totals.counts
    if shown.batch and not counts["claimed"] and not _balances(shown):
        notes.append("The insurers' workbooks of this batch list the claims that were voided.")
    if shown.already_sent and counts["held"]:
        notes.append("What is on hold is not recorded: fix it and run this again, or it will be claimed as new.")
    replacing = int((shown.month.claims["replaces"] != "").sum())
    if shown.already_sent and replacing:
        takes = (
            "1 claim takes the place of another: it is"
            if replacing == 1
            else (f"{replacing:,} claims take the place of others: they are")
        )
        notes.append(f"{takes} recorded as sent, and no workbook tells an insurer of it.")
    lines = [line for note in notes for line in wrapped(note, wide, style="bold")]
    return [*lines, *([Text(sums(shown), "bold")] if wide >= _SUMS else wrapped(sums(shown), wide, style="bold"))]


def _balances(shown: Shown) -> int:
    """How many claims ask a second insurer for the balance."""
    return 0 if shown.balances is None else len(shown.balances.claims)


def sums(shown: Shown) -> str:
    """The month in one line."""
    month, counts = shown.month, shown.month.totals.counts
    done = "would be claimed" if shown.would else "recorded as sent before" if shown.already_sent else "claimed"
    amount = dollars(int(month.claims["amount_cents"].sum()))
    others = [f"{counts['already_claimed']:,} claimed before"] if counts["already_claimed"] else []
    too = f" and {shown.also_held[0]:,} of earlier files" if shown.also_held[0] else ""
    others += [f"{counts['held']:,} on hold{too}", f"{counts['not_billed']:,} not billed"]
    seconds = ""
    if shown.balances is not None and len(shown.balances.claims):
        balance = dollars(int(shown.balances.claims["amount_cents"].sum()))
        seconds = f"{_balances(shown):,} {done} for the balance of {balance}, "
    later = f", batch {shown.batch}" if shown.batch and shown.batch > 1 else ""
    named = f"{month.month or 'All months'}{later}"
    if shown.would or counts["claimed"] or shown.batch:
        return f"{named}: {counts['claimed']:,} {done} for {amount}, {seconds}{', '.join(others)}."
    return f"{named}: nothing new to claim, {seconds}{', '.join(others)}."
