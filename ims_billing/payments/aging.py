"""Claims that are not paid as claimed, by their age, with the notes about them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ims_billing.payments.positions import Answer, Position, answers_by
from ims_billing.vocabulary.entries import BatchDay, Claimed, Note, Posted
from ims_billing.vocabulary.spelling import day_text

if TYPE_CHECKING:
    import pandas as pd

# The last day of each bucket but the last.
_EDGES = {"0-30": 30, "31-60": 60, "61-90": 90}
BUCKETS = (*_EDGES, "over 90")
# An insurer is waited for as long as it took for three of four answers, once it has given so many; else for 30 days.
_USUAL_QUARTERS, _ANSWERS_NEEDED, _USUAL_DAYS = 3, 3, 30

# States in which the insurer should have paid more.
REFUSED = ("denied", "short-paid")
# The state of a claim that was paid, and voided or replaced: two insurers may have paid for one visit.
TO_REVERSE = "paid and voided"
_NO_NOTE = Note("", "", "", None, "", dt.date.min)


class Owing(NamedTuple):
    """A claim that is not paid as claimed; the columns of AGING."""

    claim: str
    month: str
    insurer: str
    service_date: dt.date
    patient: str
    policy: str
    member: str
    claimed_on: dt.date
    age: int
    bucket: str
    amount_cents: int
    paid_cents: int
    owed_cents: int
    state: str
    again_on: dt.date | None
    reason: str
    payment: int
    answered_on: dt.date | None
    usual_days: int
    ask: bool
    owner: str
    status: str
    sent_on: dt.date | None
    note: str


def aging(
    claims: Iterable[Claimed],
    postings: Sequence[Posted],
    notes: Iterable[Note],
    batches: Iterable[BatchDay],
    as_of: dt.date,
) -> list[Owing]:
    """Lists the claims that are not paid as claimed; the oldest first, then the largest.

    claims, batches: all of them
    postings: in the order of their days
    notes: in the order in which they were read
    as_of: the day to look at; payments, claims and notes of later days are left out

    The patient's share and the balance that a second insurer is billed for are not owed. A denied claim is listed,
    and owed only once it was sent again. A posting ends the status Closed or Sent again. The insurer is to be asked
    (`ask`) about what it refused, paid short, paid of a claim that was voided, or has not answered for longer than it
    usually takes.
    """
    days = {(batch.month, batch.batch): batch for batch in batches if batch.claimed_on <= as_of}
    claims = [claim for claim in claims if (claim.month, claim.batch) in days]
    posted = [line for line in postings if line.payment and line.counts_on(as_of)]
    followed = {claim.follows for claim in claims if claim.stands_on(as_of)}
    answers = answers_by(((c.claim, c.amount_cents, c.voided_on) for c in claims), postings, as_of)
    followup = _FollowUp(
        as_of=as_of,
        days=days,
        last={line.claim: line for line in posted},
        again=_sent_again(postings, as_of),
        usual=_usual_days(claims, posted, days),
        notes=_noted(notes, postings, as_of),
    )
    listed = []
    for claim in claims:
        answer = answers[claim.claim]
        state = _state(answer.position, claim, as_of)
        if state and (answer.position.outstanding or claim.claim not in followed):
            listed.append(followup.line(claim, answer, state))
    return sorted(listed, key=lambda line: (line.claimed_on, -abs(line.owed_cents), line.claim))


@dataclass(frozen=True)
class _FollowUp:
    """The payments, notes and usual waits by which each claim stands as it does on a day."""

    as_of: dt.date
    """The day."""
    days: Mapping[tuple[str, int], BatchDay]
    """The batches, by month and number."""
    last: Mapping[str, Posted]
    """By claim, its last payment."""
    again: Mapping[str, dt.date]
    """By claim, the day on which it was sent again."""
    usual: Mapping[str, int]
    """By insurer, the days within which it usually answers."""
    notes: Mapping[str, Note]
    """By claim, the last note about it."""

    def line(self, claim: Claimed, answer: Answer, state: str) -> Owing:
        """The line of a claim in this state."""
        position = answer.position
        claimed_on = self.days[claim.month, claim.batch].claimed_on
        age = (self.as_of - claimed_on).days
        note = self.notes.get(claim.claim, _NO_NOTE)
        last = self.last.get(claim.claim)
        usual_days = self.usual.get(claim.insurer, _USUAL_DAYS)
        again_on = self.again.get(claim.claim) if state == "not answered" else None
        # What was sent again is waited for from that day on.
        is_late = (self.as_of - (again_on or claimed_on)).days > usual_days
        return Owing(
            claim=claim.claim,
            month=claim.month,
            insurer=claim.insurer,
            service_date=claim.service_date,
            patient=claim.patient,
            policy=claim.policy,
            member=claim.member,
            claimed_on=claimed_on,
            age=age,
            bucket=next((bucket for bucket, edge in _EDGES.items() if age <= edge), BUCKETS[-1]),
            amount_cents=claim.amount_cents,
            paid_cents=position.paid,
            owed_cents=position.outstanding + position.short,
            state=state,
            again_on=again_on,
            reason=answer.reason,
            payment=last.payment if last else 0,
            answered_on=last.paid_on if last else None,
            usual_days=usual_days,
            ask=state in (*REFUSED, TO_REVERSE) or (state == "not answered" and is_late),
            owner=note.owner,
            status=note.status,
            sent_on=note.sent_on,
            note=note.note,
        )


def _state(position: Position, claim: Claimed, as_of: dt.date) -> str:
    """The state of a claim that is not paid as claimed; empty for others."""
    if position.denied:
        return "denied"
    if position.short:
        return "short-paid"
    if position.outstanding > 0:
        return "not answered"
    if position.outstanding < 0:
        return "over-paid" if claim.stands_on(as_of) else TO_REVERSE
    return ""


def _usual_days(
    claims: Iterable[Claimed], posted: Iterable[Posted], days: Mapping[tuple[str, int], BatchDay]
) -> dict[str, int]:
    """By insurer, the days within which it usually answers; only those that have answered often enough."""
    first: dict[str, dt.date] = {}
    for line in posted:
        first[line.claim] = min(line.paid_on, first.get(line.claim, line.paid_on))
    took: dict[str, list[int]] = defaultdict(list)
    for claim in claims:
        batch = days[claim.month, claim.batch]
        # Nobody knows when a claim went out that was sent before this program came.
        if claim.claim in first and not batch.already_sent:
            took[claim.insurer].append((first[claim.claim] - batch.claimed_on).days)
    return {insurer: _quantile(sorted(each)) for insurer, each in took.items() if len(each) >= _ANSWERS_NEEDED}


def _quantile(days: Sequence[int]) -> int:
    """The days within which the usual share of answers came; between two answers, in proportion."""
    place, part = divmod(_USUAL_QUARTERS * (len(days) - 1), 4)
    following = days[min(place + 1, len(days) - 1)]
    return round(days[place] + (following - days[place]) * part / 4)


def _sent_again(postings: Iterable[Posted], as_of: dt.date) -> dict[str, dt.date]:
    """By claim, the day on which it was sent again, where nothing was answered since."""
    again: dict[str, dt.date] = {}
    for line in postings:
        if line.counts_on(as_of):
            if not line.payment:
                again[line.claim] = line.paid_on
            elif line.paid_cents >= 0:
                again.pop(line.claim, None)
    return again


def states_in_words(frame: pd.DataFrame) -> list[str]:
    """The state of each line of AGING as it is shown: of a claim that was sent again, with the day."""
    days = day_text(frame["again_on"])
    return [f"sent again {day}" if day else state for state, day in zip(frame["state"], days, strict=True)]


def asked_about(frame: pd.DataFrame) -> pd.Series[bool]:
    """The lines of AGING about which the insurer is to be asked; what is closed is done."""
    return frame["ask"] & (frame["status"] != "Closed")


def closed(frame: pd.DataFrame) -> pd.Series[bool]:
    """The lines of AGING that are owed still, and that the clinic has closed: they are on no list."""
    return (frame["status"] == "Closed") & (frame["owed_cents"] > 0)


def to_ask(frame: pd.DataFrame) -> pd.DataFrame:
    """The lines of AGING for the call list, by insurer and payment, the largest first.

    Beside those to ask about it has those that somebody looks after, but for what was sent again and is waited for.
    """
    looked_after = (frame["owner"] + frame["status"] + frame["note"]) != ""
    open_ = (frame["status"] != "Closed") & frame["again_on"].isna()
    listed = frame[asked_about(frame) | (looked_after & open_)]
    paid = listed["paid_cents"].clip(lower=0)
    at_stake = paid.where(listed["state"] == TO_REVERSE, listed["amount_cents"] - paid)
    by_insurer = at_stake.groupby(listed["insurer"]).transform("sum")
    order = listed.assign(at_stake=at_stake, by_insurer=by_insurer, unanswered=listed["payment"] == 0)
    by = ["by_insurer", "insurer", "unanswered", "answered_on", "payment", "claimed_on", "at_stake", "claim"]
    order = order.sort_values(by, ascending=[False, True, True, True, True, True, False, True], kind="stable")
    return frame.loc[order.index].reset_index(drop=True)


def _noted(notes: Iterable[Note], postings: Iterable[Posted], as_of: dt.date) -> dict[str, Note]:
    """The last note about each claim until a day, by claim; an answer after the note empties its status.

    So does the undoing of a payment that stood when it was noted. One that came later and was undone changes nothing.
    """
    latest = {note.claim: note for note in notes if note.noted_on <= as_of}
    for line in postings:
        note = latest.get(line.claim)
        if note and ended_on(note, line, as_of):
            latest[line.claim] = note._replace(status="", sent_on=None)
    return latest


def closed_claims(notes: Iterable[Note], postings: Iterable[Posted]) -> set[str]:
    """The claims that somebody closed, and that no answer has opened again since; by all notes and postings."""
    return {claim for claim, note in _noted(notes, postings, dt.date.max).items() if note.status == "Closed"}


def ended_on(note: Note, line: Posted, as_of: dt.date) -> dt.date | None:
    """The day on which this answer, or its undoing, ended the status Closed or Sent again of a note; else None."""
    if not line.payment or line.paid_on > as_of or note.status not in ("Closed", "Sent again"):
        return None
    since = note.sent_on or note.noted_on
    if line.undone_on is None or line.undone_on > as_of:
        return line.paid_on if line.paid_on > since else None
    return line.undone_on if line.paid_on <= since < line.undone_on else None


class Owed(NamedTuple):
    """An insurer's unpaid claims: their number, and the cents owed by bucket of age."""

    insurer: str
    claims: int
    cents: dict[str, int]


def by_insurer(frame: pd.DataFrame) -> list[Owed]:
    """Adds up AGING by insurer, in the order of their names."""
    owed = frame[frame["owed_cents"] > 0]
    return [
        Owed(
            str(insurer),
            len(part),
            {bucket: int(part.loc[part["bucket"] == bucket, "owed_cents"].sum()) for bucket in BUCKETS},
        )
        for insurer, part in sorted(owed.groupby("insurer"), key=lambda each: str(each[0]).casefold())
    ]
