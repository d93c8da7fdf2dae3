"""Lines typed on the sheet To send of a month's workbooks that are not on the ledger yet."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ims_billing.commands.decided_in_folder import DecidedIn
from ims_billing.commands.workplace import Workplace
from ims_billing.ledger.file import show_nobody
from ims_billing.ledger.ledger import Ledger
from ims_billing.ledger.rows import plain_rows
from ims_billing.vocabulary.decision_keys import sending_mark
from ims_billing.vocabulary.entries import Sending
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import SENDINGS, TYPED, empty
from ims_billing.vocabulary.rows import rows_of
from ims_billing.workbooks.files import summary_path, workbook_name

if TYPE_CHECKING:
    from ims_billing.reading.sendings import TypedSending

_NOTHING = ("", "", "")
Words = tuple[str, str, str]


def unread_sendings(
    ledger: Ledger, month: str, workbooks: Sequence[DecidedIn], *, overrule: bool = False
) -> list[Sending]:
    """Returns what these workbooks say of insurers' workbooks and the ledger does not know.

    An empty line takes back what was noted only where the workbook showed it. Raises BillingError, with file, sheet
    and row of each line and the path of the first, where two of them say different things, where a line is about no
    workbook of the month, and where an older copy would `overrule` what was read later.
    """
    lines = [(book.path, line) for book in workbooks for line in book.sendings]
    if not lines:
        return []
    standing = _standing(ledger, month)
    sent_before = {batch.batch for batch in ledger.batches.days() if batch.already_sent and batch.month == month}
    claims = ledger.claims.of_month(month)
    written = {*rows_of(claims, ["batch", "insurer_id"]), *rows_of(claims, ["void_batch", "insurer_id"])}
    new: dict[tuple[str, int, str], TypedSending] = {}
    faults: list[tuple[Path, str]] = []
    for path, line in lines:
        now = standing.get(line.workbook, _NOTHING)
        if not _says_something(line, now):
            continue
        before = new.get(line.workbook)
        if line.month != month or (line.batch, line.insurer_id) not in written or line.batch in sent_before:
            faults.append((path, f"{line.place}: something is typed here, and {month} has no such workbook to send."))
        elif before is not None and before.words != line.words:
            faults.append((path, f"{line.place}: {before.place} says otherwise about the same workbook. Leave one."))
        elif any(now) and line.mark and line.mark != _mark(line, now) and not overrule:
            older = (
                f"{line.place}: this workbook is older than what was read last about that one ({_in_words(now)}), and "
                "would overrule it. Empty the line, move the copy away, or add --overrule."
            )
            faults.append((path, older))
        else:
            new[line.workbook] = line
    if faults:
        raise BillingError("\n".join(words for _, words in faults), faults[0][0])
    days = {line: dt.date.fromisoformat(line.sent_on) if line.sent_on else None for line in new.values()}
    return [Sending(*line.workbook, line.sent, day, line.confirmation) for line, day in days.items()]


def take_sendings(at: Workplace, month: str, read: Collection[str] = ()) -> None:
    """Keeps what was typed on the sheet To send of the summary that is about to be written again.

    It is recorded before the summary is written, which shows it as recorded. Workbooks whose hashes are `read` were
    read by this command already.
    """
    path = summary_path(at.out, month)
    if not path.is_file():
        return
    from ims_billing.reading.sendings import typed_sendings
    from ims_billing.reading.typed_decisions import typed_tables

    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    with at.ledger.reading():
        if sha256 in (at.ledger.files.summary_left(month, at.place)[0], *read):
            return
    sendings = typed_sendings(path.name, typed_tables(path.name, content, at.ask_if_needed))
    book = DecidedIn(path, sha256, False, empty(TYPED), sendings)
    with at.ledger.writing(at.waiting, f"claim {month}"):
        note_sendings(at.ledger, note_again(at.ledger, month))
        note_sendings(at.ledger, unread_sendings(at.ledger, month, [book]))


def note_sendings(ledger: Ledger, sendings: Sequence[Sending]) -> None:
    """Keeps what was typed about workbooks, and names the days on which nobody can have sent them."""
    if not sendings:
        return
    ledger.sendings.note(sendings)
    claimed_on = {(batch.month, batch.batch): batch.claimed_on for batch in ledger.batches.days()}
    for month, batch, insurer, _, day, _ in sendings:
        if day is None:
            continue
        first = claimed_on[month, batch]
        if day < first:
            wrong = f"before it was made ({first})"
        elif ledger.today and day > ledger.today:
            wrong = f"after today ({ledger.today})"
        else:
            continue
        ledger.notify(
            f"{workbook_name(insurer, month, batch)}: noted as sent on {day}, {wrong}. "
            f"If that is a slip, correct the day in the claim summary of {month}, sheet To send."
        )


def note_again(ledger: Ledger, month: str) -> list[Sending]:
    """Returns what the first run of a command that is repeated noted of a month's workbooks; else nothing."""
    noted = plain_rows(ledger.recorded_again("sending", Sending._fields), SENDINGS)
    return [sending for row in noted if (sending := Sending(*row)).month == month]


def sendings_with_unread(
    at: Workplace, books: Mapping[str, list[DecidedIn] | BillingError], notify: Callable[[str], None] = show_nobody
) -> list[Sending]:
    """Returns the notes about all workbooks, with those in these `books`, by month, that no command has read.

    For who only looks: nothing is kept. What cannot count is left to the command that reads it, and `notify` says why.
    """
    with at.ledger.reading():
        sendings = at.ledger.sendings.latest()
        for month, saved in books.items():
            try:
                if isinstance(saved, BillingError):
                    raise saved
                sendings += unread_sendings(at.ledger, month, saved)
            except BillingError as error:
                notify(f"What is typed in the claim summary of {month} was not read: {error}")
    # Of two about one workbook the later.
    return list({sending.workbook: sending for sending in sendings}.values())


def _standing(ledger: Ledger, month: str) -> dict[tuple[str, int, str], Words]:
    """By workbook of a month, the last note about it in the words that are typed."""
    return {
        noted.workbook: (noted.sent, f"{noted.sent_on}" if noted.sent_on else "", noted.confirmation)
        for noted in ledger.sendings.latest(month)
    }


def _says_something(line: TypedSending, now: Words) -> bool:
    """Whether a line says what the ledger does not know: more than it showed, and other than what stands."""
    if line.words == now or (line.mark and line.mark == _mark(line, line.words)):
        return False
    return any(line.words) or (any(now) and line.mark == _mark(line, now))


def _mark(line: TypedSending, words: Words) -> str:
    return sending_mark(words, line.workbook)


def _in_words(now: Words) -> str:
    return ", ".join(word for word in now if word)
