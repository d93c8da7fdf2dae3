"""The command `aging`: reads the notes about unpaid claims, and writes the aging workbook."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ims_billing.commands.changed_summary import changed_workbook
from ims_billing.commands.decided_in_folder import saved_workbooks
from ims_billing.commands.folder import finish, probe_months
from ims_billing.commands.refusals import refuse_files_of_another_ledger
from ims_billing.commands.sent_in_folder import sendings_with_unread
from ims_billing.commands.workplace import Workplace
from ims_billing.ledger.ledger import Ledger
from ims_billing.ledger.postings import months_of
from ims_billing.ledger.rows import frame_of_rows
from ims_billing.month.second_insurer import Uneven, uneven
from ims_billing.payments.aging import aging, ended_on
from ims_billing.payments.sending import ToSend, answered_by, made_by, not_sent, sent_with, to_send
from ims_billing.reading.spreadsheet import AskPassword
from ims_billing.reading.worklist import Typed, day_of, read_worklist
from ims_billing.saving import is_shared, probe, sweep, write_all
from ims_billing.vocabulary.entries import Claimed, Note, Posted, entries_of
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import AGING, WORK, as_frame
from ims_billing.workbooks.aging_report import AgingView, aging_report
from ims_billing.workbooks.files import aging_workbooks, place_to_keep
from ims_billing.workbooks.protection import is_encrypted, keep_protection, protected


@dataclass(frozen=True)
class Aged:
    """The outcome of `aging`."""

    as_of: dt.date
    """The day that it looks at."""
    frame: pd.DataFrame
    """The claims that are not paid as claimed (AGING)."""
    noted: tuple[str, ...]
    """The claims with a new note."""
    later: tuple[str, ...]
    """The workbooks of later days, which were not read."""
    uneven: tuple[Uneven, ...]
    """Claims to second insurers whose amount is not the balance any more."""
    to_send: Sequence[ToSend]
    """The insurer workbooks that are not marked as sent."""
    written: Path
    """The aging workbook."""

    @property
    def months(self) -> list[str]:
        """The months of the claims with a new note."""
        return months_of(self.noted)


def age(at: Workplace, clinic: str, *, as_of: dt.date) -> Aged:
    """Reads the notes typed in earlier aging workbooks, then writes the workbook of a day.

    at: the workplace
    clinic: the clinic's name, for the workbook
    as_of: the day that the workbook shows

    Raises BillingError with nothing recorded if a workbook cannot be read or written.
    """
    ledger, out, folder = at.ledger, at.out, at.place
    target = out / f"aging-{as_of}.xlsx"
    keep_protection(target, at.password)
    probe(target)
    with ledger.reading():
        left, months = ledger.files.aging_left(folder), ledger.months.all()
    read, later = _typed(out, left, as_of, at.ask_if_needed)
    finish(at)
    sendings = sendings_with_unread(at, saved_workbooks(at, months), ledger.notify)
    with ledger.writing(at.waiting, "aging"):
        refuse_files_of_another_ledger(at, [])
        new = _note(read, left, at, as_of)
        probe_months(at, months_of(new["claim"]))
    # What was typed is recorded before the workbook that it stands in may be written again, without closed claims.
    with ledger.writing(at.waiting, "aging"):
        claims, postings = ledger.claims.all(), ledger.payments.postings()
        batches = ledger.batches.days()
        entries, posted = entries_of(claims, Claimed), entries_of(postings, Posted)
        frame = as_frame(aging(entries, posted, ledger.payments.notes(), batches, as_of), AGING)
        left_to_send = not_sent(to_send(entries, answered_by(posted, as_of), made_by(batches, as_of), sendings, as_of))
        content = aging_report(
            AgingView(
                clinic=clinic,
                as_of=as_of,
                frame=frame,
                sent=sent_with(entries, sendings),
                not_sent=left_to_send,
                numbers=ledger.payments.numbers(),
            )
        )
        content = protected(content, at.password) if at.password else content
        changed = changed_workbook(at, target)
        kept = place_to_keep(target, changed) if changed else None
        contents = {kept: _as_kept(changed, at.password)} if kept and changed else {}
        # What a command that was cut off left there holds patients' data.
        sweep(out)
        write_all({**contents, target: content}, shared=is_shared(out))
        ledger.files.mark_aging(folder, target.name, hashlib.sha256(content).hexdigest(), _shown(frame))
    if kept:
        ledger.notify(f"The aging workbook was changed elsewhere than in the cells to type in. It is kept as {kept}.")
    return Aged(as_of, frame, tuple(new["claim"]), later, uneven(claims, postings), left_to_send, target)


def _as_kept(content: bytes, password: str) -> bytes:
    return protected(content, password) if password and not is_encrypted(content) else content


def _note(
    read: Sequence[_Workbook], left: Mapping[str, tuple[str, dict[str, list[str]]]], at: Workplace, as_of: dt.date
) -> pd.DataFrame:
    """Records what was typed since these workbooks were written, and how they were left; returns it (WORK).

    A command that is repeated takes what its first run read: the workbooks that it stood in may be written over.
    """
    ledger = at.ledger
    again = frame_of_rows(ledger.recorded_again("work", [column.name for column in WORK]), WORK)
    ledger.payments.note(again)
    new = _newly_noted(read, left, ledger, as_of)
    is_new = [line not in _lines(again) for line in _lines(new)]
    new = new[pd.Series(is_new, dtype="bool")].reset_index(drop=True)
    ledger.payments.note(new)
    for book in read:
        typed = {claim: astuple(typed) for claim, (_, typed) in book.lines.items()}
        ledger.files.mark_aging(at.place, book.name, book.sha256, typed)
    return new if again.empty else pd.concat([again, new], ignore_index=True)


def _lines(work: pd.DataFrame) -> list[tuple[str, Typed]]:
    return [(str(line.claim), _as_typed(line)) for line in work.itertuples()]


class _Workbook(NamedTuple):
    """An aging workbook that was saved since it was written; `lines` are by claim, with their place."""

    name: str
    sha256: str
    lines: dict[str, tuple[str, Typed]]


def _typed(
    out: Path, left: Mapping[str, tuple[str, dict[str, list[str]]]], as_of: dt.date, ask: AskPassword
) -> tuple[list[_Workbook], tuple[str, ...]]:
    """Reads the aging workbooks that were saved since they were written, the oldest first.

    Returns them, and the names of those of later days: with an earlier --as-of they are skipped.
    """
    files, later = [], []
    for path in aging_workbooks(out):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise BillingError(f"{path}: the notes in it cannot be read: {error.strerror}.") from error
        sha256 = hashlib.sha256(content).hexdigest()
        if not content or left.get(path.name, ("", {}))[0] == sha256:
            continue
        if (day_of(path.name) or as_of) > as_of:
            later.append(path.name)
        else:
            files.append(_Workbook(path.name, sha256, read_worklist(path.name, content, ask)))
    return files, tuple(later)


def _newly_noted(
    read: Sequence[_Workbook], left: Mapping[str, tuple[str, dict[str, list[str]]]], ledger: Ledger, as_of: dt.date
) -> pd.DataFrame:
    """The lines that differ from those that the workbooks showed, as WORK, dated by the workbook's day.

    A claim marked as sent again was sent on the day typed beside it, else on the workbook's day. Names what is not
    kept as typed. Raises BillingError for a claim that is not on the ledger.
    """
    claims = set(ledger.claims.all()["claim"])
    earlier: dict[str, list[Note]] = {claim: [] for claim in claims}
    for note in ledger.payments.notes():
        earlier[note.claim].append(note)
    new, marked = [], {}
    for book in read:
        day = day_of(book.name) or as_of
        shown = left[book.name][1] if book.name in left else None
        older = []
        for claim, (place, typed) in book.lines.items():
            if claim not in claims:
                if typed != Typed():
                    raise BillingError(f"{place}: the column Claim holds no number of a claim on the ledger.")
                continue
            is_again = typed.status == "Sent again"
            sent_on = dt.date.fromisoformat(typed.sent_on or str(day)) if is_again else None
            note = Note(claim, typed.owner, typed.status, sent_on, typed.note, day)
            # In a copy, or a workbook of another folder, a line is new if the ledger does not have it yet.
            last = _as_typed(earlier[claim][-1]) if earlier[claim] else Typed()
            before = last if shown is None else Typed(*shown.get(claim, ()))
            if before in (typed, _as_typed(note)):
                continue
            if shown is None and _is_older(note, earlier[claim]):
                # A folder that was moved has workbooks of many days, which were all read.
                was_read = typed == Typed() or (book.name == f"aging-{day}.xlsx" and _was_read(note, earlier[claim]))
                older += [] if was_read else [claim]
                continue
            if typed.sent_on and not is_again:
                ledger.notify(
                    f"{place}: Sent on is read only beside the status Sent again, and was not kept. If the claim was "
                    "sent again, choose that status and type the day once more."
                )
            if sent_on and sent_on > as_of:
                ledger.notify(
                    f"{place}: noted as sent again on {sent_on}, after today ({as_of}). If that is a slip, correct the "
                    "day there."
                )
            if (typed.status, typed.sent_on) != (before.status, before.sent_on):
                marked[claim] = (place, note)
            new.append(note)
        if older:
            ledger.notify(
                f"{book.name}: what it says of {', '.join(older)} is older than what was read last, and was not read. "
                f"What is right of it, type in aging-{as_of}.xlsx."
            )
    _name_ended(marked, ledger, as_of)
    return as_frame(new, WORK)


def _is_older(note: Note, earlier: Sequence[Note]) -> bool:
    """True if the line of a copy is from before the last note; of its day, an empty one and one that was read are."""
    last = earlier[-1].noted_on if earlier else dt.date.min
    is_repeat = _as_typed(note) == Typed() or _was_read(note, earlier)
    return last > note.noted_on or (last == note.noted_on and is_repeat)


def _was_read(note: Note, earlier: Iterable[Note]) -> bool:
    return _as_typed(note) in map(_as_typed, earlier)


def _name_ended(marked: Mapping[str, tuple[str, Note]], ledger: Ledger, as_of: dt.date) -> None:
    """Names each status that an answer has ended already: its workbook, or the day typed, is from before the answer."""
    postings = ledger.payments.entries()
    ended: dict[str, dt.date] = {}
    for line in postings:
        if line.claim in marked and (day := ended_on(marked[line.claim][1], line, as_of)):
            ended[line.claim] = day
    if not ended:
        return
    # What was paid in the meantime is on no list.
    listed = {line.claim for line in aging(ledger.claims.entries(), postings, [], ledger.batches.days(), as_of)}
    for claim in [claim for claim in ended if claim in listed]:
        place, note = marked[claim]
        again = ", with the day under Sent on" if note.sent_on else ""
        ledger.notify(
            f"{place}: the status {note.status} was not kept. It is of {note.sent_on or note.noted_on}, and the "
            f"insurer's answer changed on {ended[claim]}. If it is right all the same, choose it again in "
            f"aging-{as_of}.xlsx{again}."
        )


def _as_typed(noted: Any) -> Typed:
    """The words that were typed for a Note, or a row of WORK or AGING."""
    sent_on = "" if pd.isna(noted.sent_on) else f"{noted.sent_on:%Y-%m-%d}"
    return Typed(noted.owner, noted.status, sent_on, noted.note)


def _shown(frame: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """The typed cells that the call list of AGING shows, by claim, for the claims that have any."""
    noted = frame[frame["owner"] + frame["status"] + frame["note"] != ""]
    return {str(line.claim): astuple(_as_typed(line)) for line in noted.itertuples()}
