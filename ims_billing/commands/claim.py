"""Puts a month on the ledger and its files in the folder: what `claim` does."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.commands.decided_in_folder import decided_in, unread_decisions
from ims_billing.commands.folder import write
from ims_billing.commands.refusals import nothing_unread, probe, refuse_an_outdated_ledger
from ims_billing.commands.workplace import Workplace
from ims_billing.ledger.ledger import Ledger
from ims_billing.month.prepare import Month, prepare_month
from ims_billing.month.run import of_other_month, run_of, with_rests
from ims_billing.month.second_insurer import Rest, rests, uneven
from ims_billing.payments.positions import answers
from ims_billing.sessions.decisions import latest_of_lines
from ims_billing.sessions.resemblance import obsolete_lines
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.findings import REASONS
from ims_billing.vocabulary.frames import ATTENTION, CLAIMS, NOT_BILLED, Column, empty, prove
from ims_billing.vocabulary.model import Intake, Run
from ims_billing.vocabulary.spelling import month_of
from ims_billing.workbooks.files import Written, probe_summary


@dataclass(frozen=True)
class Recorded:
    """What `claim` did: the month it prepared, its new batch (None: none) with claim numbers by session, the files.

    `written` is None where the files were right already, `decisions` are those it read for the first time, `rest` are
    its claims to second insurers, of any month, with their numbers as `claim`, and `elsewhere` is what was written of
    other months, whose claims were replaced or followed.
    """

    month: Month
    batch: int | None
    numbers: dict[int, str]
    written: Written | None
    decisions: pd.DataFrame
    rest: Rest
    elsewhere: tuple[Written, ...] = ()


def foresee(
    intake: Intake,
    clinic: Clinic,
    at: Workplace,
    *,
    month: str,
    as_of: dt.date,
    already_sent: bool = False,
    decisions: Path | None = None,
) -> tuple[Month, Rest]:
    """The month as `claim` would record it, with the decisions that it would read, and what second insurers owe.

    Nothing is recorded.
    """
    ledger = at.ledger
    workbooks = decided_in(at, month, decisions)
    with ledger.reading():
        memory = ledger.memory()
        new = unread_decisions(ledger, month, workbooks, as_of)
        decided = replace(memory, decisions=pd.concat([memory.decisions, new], ignore_index=True))
        prepared = prepare_month(
            intake, clinic, month=month, as_of=as_of, memory=decided, already_sent=already_sent, progress=at.progress
        )
        none = Rest(empty(CLAIMS))
        return prepared, none if already_sent else due_from_second_insurers(run_of(prepared), prepared, ledger)


def claim(
    intake: Intake,
    clinic: Clinic,
    at: Workplace,
    *,
    month: str,
    as_of: dt.date,
    already_sent: bool = False,
    strict: bool = False,
    new_ledger: bool = False,
    decisions: Path | None = None,
) -> Recorded:
    """Records what is new of a month as its next batch, then writes its files; both whole, or not at all.

    What was decided in the month's workbook, or in the file `decisions`, is read and recorded first. What is new is
    found within the write transaction: another command that was at work has left its claims there.
    Raises BillingError, with nothing recorded, where a file could not be written, where the folder holds workbooks
    of batches that the ledger does not know (unless it is a `new_ledger`), or with `strict` where a session is held;
    or, where a file cannot be written once the batch is recorded, with the batch and the way to its files.
    """
    ledger = at.ledger
    probe_summary(month, at.out, at.password)
    workbooks = decided_in(at, month, decisions)
    with ledger.writing(at.waiting, f"claim {month}"):
        new = unread_decisions(ledger, month, workbooks, as_of)
        ledger.take(new)
        prepared = prepare_month(
            intake,
            clinic,
            month=month,
            as_of=as_of,
            memory=ledger.memory(),
            already_sent=already_sent,
            progress=at.progress,
        )
        if strict and prepared.totals.counts["held"]:
            raise BillingError("Sessions are held and --strict was given: nothing was recorded.")
        at.progress("Recording")
        run = _with_open_lines(run_of(prepared), prepared, ledger)
        run = replace(
            run,
            totals=replace(run.totals, months_before=ledger.months_before(month)),
            earlier=ledger.open_lines(month),
        )
        months = _taken_back(run, ledger)
        rest = Rest(empty(CLAIMS)) if already_sent else due_from_second_insurers(run, prepared, ledger)
        run, *others = _with_rests(run, rest.claims, clinic)
        batch, numbers = ledger.add_batch(run, already_sent=already_sent)
        for other in others:
            later, _ = ledger.add_batch(other)
            if later is not None and not new_ledger:
                refuse_an_outdated_ledger(at, other.month, later)
        months = list(dict.fromkeys([*months, *(other.month for other in others)]))
        if len(rest.claims):
            second = ledger.claims()
            second = second[second["follows"].isin(rest.claims["follows"]) & second["voided_on"].isna()]
            rest = replace(rest, claims=second)
        if batch is not None or len(new) or _tells_of_others(run, ledger):
            ledger.set_page(run)
        if batch is not None and not new_ledger:
            refuse_an_outdated_ledger(at, month, batch)
        read = {book.sha256 for book in workbooks}
        for each in (month, *months):
            nothing_unread(at, each, read)
            probe(at, each)
    written = write(at, month, batch, read)
    elsewhere = [write(at, each, None, read) for each in months]
    return Recorded(prepared, batch, numbers, written, new, rest, tuple(one for one in elsewhere if one))


def _taken_back(run: Run, ledger: Ledger) -> list[str]:
    """Takes back the claims that the run's claims were decided to replace; gives the other months these are of."""
    months = []
    for number in run.claims.loc[run.claims["replaces"] != "", "replaces"]:
        old = ledger.claim(str(number)).iloc[0]
        if pd.isna(old["voided_on"]):
            ledger.void(str(number), run.as_of, "Replaced, as decided: the session is another since it was claimed.")
            months.append(str(old["month"]))
    return [month for month in dict.fromkeys(months) if month != run.month]


def due_from_second_insurers(run: Run, month: Month, ledger: Ledger) -> Rest:
    """What second insurers are to be asked for now, the run's own claims among the first ones."""
    stated = stated_second_plans(month.sessions)
    if not stated and not (run.claims["secondary_insurer"] != "").any() and not ledger.knows_second_insurers():
        return Rest(empty(CLAIMS))
    claims, postings = ledger.claims(), ledger.postings()
    numbers = ledger.numbers(run)
    both = pd.concat([claims, run.claims.drop(columns="session").assign(claim=numbers)], ignore_index=True)
    answered = {} if postings.empty else answers(claims, postings)
    due = rests(both, answered, stated, ledger.sent_before(), month.clinic)
    return replace(due, uneven=uneven(claims, postings))


def stated_second_plans(sessions: pd.DataFrame) -> dict[str, tuple[str, str, str]]:
    """By claim the second insurer, its policy and member, as the files have them now."""
    stated = sessions[(sessions["claim"] != "") & (sessions["secondary_insurer"] != "")]
    columns = ["secondary_insurer", "secondary_policy", "secondary_member"]
    return dict(zip(stated["claim"], stated[columns].itertuples(index=False, name=None), strict=True))


def _with_rests(run: Run, claims: pd.DataFrame, clinic: Clinic) -> list[Run]:
    """The run with what second insurers are asked for of its month, and a run for each other month of such claims."""
    by_month = dict(list(claims.groupby(claims["follows"].map(month_of))))
    own = by_month.pop(run.month, None)
    runs = [run if own is None else with_rests(run, own, clinic)]
    return runs + [with_rests(of_other_month(run, month), part, clinic) for month, part in sorted(by_month.items())]


def _with_open_lines(run: Run, month: Month, ledger: Ledger) -> Run:
    """The run, with those lines of earlier files of the month that these files say nothing of: they are open still.

    Where it was decided not to bill a session, nothing more is needed of its file; another decision waits for it.
    """
    held, not_billed = (
        lines[~obsolete_lines(lines, month.sessions, month.elsewhere)] for lines in ledger.listing(run.month)
    )
    decided = latest_of_lines(held, ledger.decisions())
    never = decided["never"]
    # Where a claim was kept as it is, its session is claimed.
    kept = held["kind"] == "changed-since-claimed"
    closed = (
        held[never & ~held["session"].isin(held.loc[never & kept, "session"])]
        .drop_duplicates("session")
        .assign(reason="decided-not-to-bill", why=REASONS["decided-not-to-bill"])
    )
    waits = decided["waits"] & ~held["problem"].str.endswith(_WAITS)
    held = held.assign(problem=held["problem"].mask(waits, held["problem"] + _WAITS))
    return replace(
        run,
        attention=_both(run.attention, held[~never], ATTENTION),
        not_billed=_both(
            _both(run.not_billed, not_billed, NOT_BILLED), closed[[c.name for c in NOT_BILLED]], NOT_BILLED
        ),
    )


_WAITS = " It is decided, and its file was not among the last ones: claim the month with that file too."


def _both(now: pd.DataFrame, before: pd.DataFrame, columns: tuple[Column, ...]) -> pd.DataFrame:
    return now if before.empty else prove(pd.concat([now, before], ignore_index=True), columns)


# Kinds whose words name rows, which another export has elsewhere, or count them.
_NAMES_ROWS = (
    "duplicate-session",
    "second-visit-same-day",
    "overlapping-sessions",
    "over-insurer-limit",
    "sale-without-arrival",
    "arrival-without-sale",
    "sale-and-arrival-differ",
    "tie-not-certain",
)


def _tells_of_others(run: Run, ledger: Ledger) -> bool:
    """Whether other sessions are held, or not billed, than the ledger lists; where their rows stand is nothing."""
    if run.month not in ledger.months():
        return True
    held, not_billed = ledger.listing(run.month)
    stated = [
        lines.assign(problem=lines["problem"].mask(lines["kind"].isin(_NAMES_ROWS), ""))
        for lines in (run.attention, held)
    ]
    # The files of a month come to hold ever more of the next one; that changes nothing in this one.
    billed = [lines[lines["reason"] != "outside-month"] for lines in (run.not_billed, not_billed)]
    return _lines(stated[0]) != _lines(stated[1]) or _lines(billed[0]) != _lines(billed[1])


def _lines(frame: pd.DataFrame) -> Counter[tuple[str, ...]]:
    # Where the rows stand, and how this version words a kind or a reason, changes nothing.
    facts = frame.drop(columns=["source", "title", "ways", "why"], errors="ignore")
    return Counter(facts.astype("str").itertuples(index=False, name=None))
