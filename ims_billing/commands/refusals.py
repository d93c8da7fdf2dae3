"""Why a command stops before it records or writes anything."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NoReturn

from ims_billing.clinic.setup_file import is_workbook
from ims_billing.commands.decided_in_folder import DecidedIn, unread_decisions
from ims_billing.commands.sent_in_folder import unread_sendings
from ims_billing.commands.setup_nearby import setups_nearby
from ims_billing.commands.workplace import Workplace
from ims_billing.ledger.identity import LastBatch, knows_less, last_batch_of
from ims_billing.ledger.ledger import Ledger
from ims_billing.reading.sendings import typed_sendings
from ims_billing.reading.typed_decisions import read_decisions, typed_tables
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.folder import LAST_BATCH
from ims_billing.vocabulary.shell import quoted
from ims_billing.vocabulary.spelling import counted
from ims_billing.workbooks.claims_csv import harmless
from ims_billing.workbooks.file_marks import claims_in_csv, marked
from ims_billing.workbooks.files import INSURERS, batch_of, claim_workbooks, csv_path, summary_path
from ims_billing.workbooks.probes import probe_month

# Of how many of the latest months the summaries are looked at, whatever month a command is about.
_LATEST = 12


def refuse_a_forgotten_ledger(ledger: Ledger, out: Path, *, new: bool) -> None:
    """Raises BillingError where claims were made before and the ledger is not there: all would be claimed again."""
    # In this order: a command that begins at the same time makes its ledger before its workbooks.
    before = claim_workbooks(out)
    noted = last_batch_of(ledger.setup.folder) if ledger.setup else None
    if new or ledger.exists or not (before or (noted and noted.mark)):
        return
    assert ledger.setup is not None or before
    shown_by = before[0] if before else ledger.setup.folder / LAST_BATCH if ledger.setup else out
    raise BillingError(
        f"{ledger.path}: there is no ledger, but {shown_by} shows that claims were made before, and without "
        "their ledger they would all be claimed again. Connect the drive that it is on, or name it with --ledger; "
        "if there never was one, start it: ims-billing claim with --new-ledger."
    )


def refuse_without_setup(files: Sequence[Path], command: str) -> NoReturn:
    """Raises BillingError that says where a setup is, and how the `command` is typed with it, or how one is made."""
    nearby = setups_nearby(Path())
    if nearby.only:
        way = f"Or run it here with that setup: {command} --clinic {quoted(nearby.only)}"
    else:
        way = (
            "Claims need one: practitioners, insurers and fees. If the clinic has none yet, make it with: "
            f"ims-billing init --from {' '.join(map(quoted, files))}"
        )
    raise BillingError(f"{nearby.in_words()}\n{way}")


def refuse_unfinished(setup: Path, unfinished: Sequence[str]) -> None:
    """Raises BillingError that lists, once, what the clinic has to fill in or confirm in its setup before a claim."""
    if not unfinished:
        return
    listed = "\n".join(f"  {what}" for what in unfinished)
    count = counted(len(unfinished), "thing")
    confirm = "" if is_workbook(setup) else " Where it says confirmed = false, check the entry and write true."
    raise BillingError(
        f"{setup}: {count} to fill in before you can claim. Replace each ?, and save.{confirm}\n{listed}"
    )


def refuse_an_outdated_ledger(at: Workplace, month: str, batch: int) -> None:
    """Raises BillingError where the folder holds a workbook of this new batch, or of a later one, already.

    Then the ledger is another one, or an old copy: it would give the same numbers to other claims. The names of the
    files tell it of workbooks that bear no mark, because they were written before there were any, or are protected.
    """
    if at.ledger.repeats:
        return
    there = [
        path for path in claim_workbooks(at.out, month) if path.parent.name == INSURERS and batch_of(path) >= batch
    ]
    if there:
        raise BillingError(
            f"{there[0]}: this workbook is of a batch that the ledger {at.ledger.path} does not know. The ledger is an "
            "old copy, or another one, and would claim sessions again. Name the right one with --ledger; if this one "
            "is right, move that workbook away."
        )


def refuse_files_of_another_ledger(at: Workplace, months: Collection[str]) -> None:
    """Raises BillingError where the output folder holds files of another ledger, or of a batch that this one lacks.

    All files of these months are looked at, and the summaries of the latest ones. A command that is repeated may meet
    the files of its own first run.
    """
    if at.ledger.repeats:
        return
    at.ledger.refuse_what_it_lacks(marked(_to_look_at(at.out, months)))
    for month in months:
        _refuse_other_claims(at, month)


def _to_look_at(out: Path, months: Collection[str]) -> list[Path]:
    workbooks = [path for month in months for path in claim_workbooks(out, month)]
    latest = [path for path in claim_workbooks(out) if path.parent.name != INSURERS][-_LATEST:]
    return list(dict.fromkeys([*workbooks, *latest]))


def _refuse_other_claims(at: Workplace, month: str) -> None:
    """The CSV of a month bears no mark, so that other programs read it: its claims tell whose it is."""
    path = csv_path(at.out, month)
    content = path.read_bytes() if path.is_file() else b""
    claims = at.ledger.claims.of_month(month)
    on_ledger = {
        claim: (patient, f"{day:%Y-%m-%d}")
        for claim, patient, day in claims[["claim", "patient", "service_date"]].itertuples(index=False, name=None)
    }
    if at.ledger.goes_on_without_some():
        return
    for each in claims_in_csv(content):
        if each.claim not in on_ledger:
            noted = LastBatch("", "", month, each.batch, "csv")
            raise BillingError(knows_less(at.ledger.path, f"{path} is of", noted))
        patient, day = on_ledger[each.claim]
        # An earlier version marked fewer names than this one as no formulas.
        if each.patient not in (patient, harmless(patient)) or each.service_date != day:
            raise BillingError(
                f"{path}: its claim {each.claim} is another one than that of the ledger {at.ledger.path}: the file is "
                "of another ledger. Name the right one with --ledger, or another folder with --out."
            )


def go_on_without_the_rest(at: Workplace) -> None:
    """Keeps that the batches which only the files and the setup know are to be no reason to refuse this ledger."""
    marks = {part for _, mark in marked(claim_workbooks(at.out)) for part in (mark.ledger, mark.mark)}
    before = last_batch_of(at.ledger.setup.folder) if at.ledger.setup else None
    own, _ = at.ledger.identity()
    at.ledger.go_on_without((marks | ({before.ledger, before.mark} if before else set())) - {own})


def nothing_unread(at: Workplace, month: str, read: Collection[str] = ()) -> None:
    """Raises BillingError where the summary to be written again holds decisions that no command has read.

    Or where its sheet To send can't be read, which is read before it is written. `read` are the hashes of workbooks
    that this command has read itself.
    """
    path = summary_path(at.out, month)
    if not path.is_file():
        return
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    left, up_to_date = at.ledger.files.summary_left(month, at.place)
    if sha256 == left or sha256 in read:
        return
    tables = typed_tables(path.name, content, at.ask_if_needed)
    sendings = typed_sendings(path.name, tables)
    book = DecidedIn(path, sha256, up_to_date, read_decisions(path.name, tables), sendings)
    unread_sendings(at.ledger, month, [book])
    new = unread_decisions(at.ledger, month, [book], dt.date.min)
    if len(new):
        what = "1 decision in it was" if len(new) == 1 else f"{len(new):,} decisions in it were"
        raise BillingError(
            f"{path}: {what} not read yet, and would be lost. Read them first, with the files of {month}: "
            "ims-billing status shows the command."
        )


def probe(at: Workplace, month: str, read: Collection[str] = ()) -> None:
    """Raises BillingError where a file of the month could not be written, before anything is recorded.

    It is open elsewhere, or holds what is read first and can't be: as in `nothing_unread`.
    """
    nothing_unread(at, month, read)
    batches = at.ledger.files.unwritten(month, at.place)
    if batches is not None:
        probe_month(month, at.ledger.batches.of_month(month), batches, at.out, at.password)
