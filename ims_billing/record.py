"""Puts a month on the ledger and its files in the folder: what `claim`, `report` and `void` do."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ims_billing.clinic import Clinic
from ims_billing.findings import BillingError
from ims_billing.history import covers
from ims_billing.ledger import Ledger
from ims_billing.ledger_file import Waiting
from ims_billing.model import (
    ABSENT,
    ATTENTION,
    CELL_FINDINGS,
    NOT_BILLED,
    SESSIONS,
    Column,
    FileRead,
    Intake,
    Run,
    prove,
)
from ims_billing.month import Month, prepare_month, run_of
from ims_billing.workbooks.files import Written, claim_workbooks, probe_month, probe_summary, write_month

Started = Callable[[str], None]


@dataclass(frozen=True)
class Recorded:
    """What `claim` did: the month it prepared, its new batch (None: none) with claim numbers by session, the files.

    `written` is None where the files were right already.
    """

    month: Month
    batch: int | None
    numbers: dict[int, str]
    written: Written | None


def refuse_a_forgotten_ledger(ledger: Ledger, out: Path, *, new: bool) -> None:
    """Raises BillingError where claims were made before and the ledger is not there: all would be claimed again."""
    before = claim_workbooks(out)
    if before and not new and not ledger.exists:
        raise BillingError(
            f"{ledger.path}: there is no ledger, but {before[0]} shows that claims were made before, and without "
            "their ledger they would all be claimed again. Connect the drive that it is on, or name it with --ledger; "
            "if there never was one, start it with --new-ledger."
        )


def claim(
    intake: Intake,
    clinic: Clinic,
    ledger: Ledger,
    out: Path,
    *,
    month: str,
    as_of: dt.date,
    already_sent: bool = False,
    started: Started = lambda _: None,
    waiting: Waiting = lambda _: None,
) -> Recorded:
    """Records what is new of a month as its next batch, then writes its files; both whole, or not at all.

    What is new is found within the write transaction: another command that was at work has left its claims there.
    Raises BillingError, with nothing recorded, where a file could not be written; or, where that shows only once
    the batch is recorded, with the batch and the way to its files.
    """
    probe_summary(month, out)
    with ledger.writing(waiting, f"claim {month}"):
        started("Classifying and checking")
        prepared = prepare_month(intake, clinic, month=month, as_of=as_of, history=ledger.claims())
        started("Recording")
        run = _with_open_lines(run_of(prepared), prepared, ledger)
        batch, numbers = ledger.add_batch(run, already_sent=already_sent)
        if batch is not None or _tells_of_others(run, ledger):
            ledger.set_page(run)
        _probe(ledger, month, out)
    return Recorded(prepared, batch, numbers, _write(ledger, month, out, batch, started, waiting))


def _with_open_lines(run: Run, month: Month, ledger: Ledger) -> Run:
    """The run, with those lines of earlier files of the month that these files say nothing of: they are open still."""
    keys, files = month.sessions["key"], tuple(file.file for file in run.origin.files)
    held, not_billed = (
        lines[~lines["session"].isin(keys) & ~covers(month.sessions, lines, files)]
        for lines in ledger.listing(run.month)
    )
    return replace(
        run,
        attention=_both(run.attention, held, ATTENTION),
        not_billed=_both(run.not_billed, not_billed, NOT_BILLED),
    )


def _both(now: pd.DataFrame, before: pd.DataFrame, columns: tuple[Column, ...]) -> pd.DataFrame:
    return now if before.empty else prove(pd.concat([now, before], ignore_index=True), columns)


def _tells_of_others(run: Run, ledger: Ledger) -> bool:
    """Whether other sessions are held, or not billed, than the ledger lists; where their rows stand is nothing."""
    if run.month not in ledger.months():
        return True
    held, not_billed = ledger.listing(run.month)
    # The files of a month come to hold ever more of the next one; that changes nothing in this one.
    ours = [lines[lines["reason"] != "outside-month"] for lines in (run.not_billed, not_billed)]
    beside = {"source", "problem", "fix"}
    return _lines(run.attention, beside) != _lines(held, beside) or _lines(ours[0], beside) != _lines(ours[1], beside)


def _lines(frame: pd.DataFrame, beside: set[str]) -> Counter[tuple[str, ...]]:
    kept = frame[[name for name in frame.columns if name not in beside]]
    return Counter(kept.astype("str").itertuples(index=False, name=None))


def _probe(ledger: Ledger, month: str, out: Path) -> None:
    """Raises BillingError where a file that is to be written could not be, before anything is recorded."""
    unwritten = ledger.unwritten()
    if month in unwritten:
        probe_month(ledger.month(month), unwritten[month], out)


def _write(
    ledger: Ledger, month: str, out: Path, batch: int | None, started: Started, waiting: Waiting
) -> Written | None:
    """Writes what the ledger says is not written yet; everything, where the month's folder has no workbook at all.

    The ledger is locked meanwhile: what a folder shows is then what the ledger holds, whoever came in between.
    """
    with _recorded_already(month, batch), ledger.writing(waiting, f"claim {month}"):
        shown = ledger.month(month)
        batches = ledger.unwritten().get(month)
        if batches is None:
            if claim_workbooks(out, month):
                return None
            batches = tuple(b.number for b in shown.batches)
        written = write_month(shown, batches, out, started)
        ledger.mark_written(month)
    return written


@contextmanager
def _recorded_already(month: str, batch: int | None) -> Iterator[None]:
    """Says, where a file cannot be written, that the ledger has what it shows, and how to get it."""
    try:
        yield
    except (BillingError, OSError) as error:
        what = f"Batch {batch} of {month}" if batch else f"The change to {month}"
        raise BillingError(
            f"{what} is on the ledger, but not all of its files could be written. {error}\n"
            f"Put that right, then write them with: ims-billing report {month}"
        ) from error


def report(
    ledger: Ledger,
    month: str,
    out: Path,
    *,
    started: Started = lambda _: None,
    waiting: Waiting = lambda _: None,
) -> Written:
    """Writes all files of a month again from the ledger, the same to the byte; raises BillingError where it cannot."""
    with ledger.writing(waiting, f"report {month}"):
        shown = ledger.month(month)
        batches = tuple(batch.number for batch in shown.batches)
        probe_month(shown, batches, out)
        written = write_month(shown, batches, out, started)
        ledger.mark_written(month)
    return written


@dataclass(frozen=True)
class Voided:
    """What `void` did: the month, the claim that stands for the voided one (empty: none), its batch, the files."""

    month: str
    replaced_by: str
    batch: int | None
    written: Written | None


def void(
    number: str,
    clinic: Clinic | None,
    ledger: Ledger,
    out: Path,
    *,
    reason: str,
    as_of: dt.date,
    started: Started = lambda _: None,
    waiting: Waiting = lambda _: None,
) -> Voided:
    """Takes a claim back; with `clinic`, claims its session anew at once, by the clinic file as it is now.

    A claim that was taken back before can still be claimed anew. Raises BillingError, with nothing recorded, where
    there is no such claim, or the new one would be held.
    """
    with ledger.writing(waiting, f"void {number}"):
        old = ledger.claim(number)
        month = str(old["month"].iloc[0])
        if clinic is None or old["voided_on"].isna().all():
            ledger.void(number, as_of, reason)
        elif other := ledger.replaced_by(number):
            raise BillingError(f"{number} was claimed anew already, as {other}.")
        batch: int | None = None
        numbers: dict[int, str] = {}
        if clinic is not None:
            prepared = _anew(ledger, old, clinic, as_of)
            run = run_of(prepared)
            run = replace(
                run,
                origin=replace(run.origin, files=()),
                claims=run.claims.assign(source=old["source"].iloc[0]),
            )
            batch, numbers = ledger.add_batch(run)
            ledger.settle(month, str(prepared.sessions["key"].iloc[0]))
        _probe(ledger, month, out)
    written = _write(ledger, month, out, batch, started, waiting)
    return Voided(month, next(iter(numbers.values()), ""), batch, written)


def _anew(ledger: Ledger, old: pd.DataFrame, clinic: Clinic, as_of: dt.date) -> Month:
    """The month of the claim's one session, as the ledger knows it; raises BillingError where it is not claimed."""
    claim = old.iloc[0]
    insurer = clinic.insurer(claim["insurer_id"]) or clinic.insurer(claim["insurer"])
    stated = {
        "file": claim["source"],
        "practitioner": claim["practitioner_written"],
        "insurer": insurer.name if insurer else claim["insurer"],
        "status": "arrived",
        "fee_stated": True,
    }
    cells = {c.name: stated.get(c.name, claim.get(c.name, ABSENT[c.dtype])) for c in SESSIONS}
    session = pd.DataFrame({c.name: pd.Series([cells[c.name]], dtype=c.dtype) for c in SESSIONS})
    source = FileRead(claim["source"], "ledger", "", rows=1, sessions=1, repeated=0, tied=0, asides=())
    no_bad_cells = pd.DataFrame({c.name: pd.Series([], dtype=c.dtype) for c in CELL_FINDINGS})
    prepared = prepare_month(
        Intake(session, no_bad_cells, (source,)),
        clinic,
        month=claim["month"],
        as_of=as_of,
        history=ledger.claims(),
        replacing=claim["claim"],
    )
    if prepared.claims.empty:
        holds = prepared.findings[prepared.findings["severity"] == "hold"]
        why = (
            " ".join(dict.fromkeys(holds["message"])) or f"It is not billed now: {prepared.sessions['reason'].iloc[0]}."
        )
        raise BillingError(f"{claim['claim']} cannot be claimed anew, and nothing was changed. {why}")
    return prepared
