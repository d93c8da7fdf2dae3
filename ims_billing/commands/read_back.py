"""Reads what was sent back onto a ledger that lost it: `claim --already-sent` with insurers' workbooks or the CSV."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.commands.folder import finish, write
from ims_billing.commands.refusals import refuse_files_of_another_ledger
from ims_billing.commands.workplace import Workplace
from ims_billing.ledger.identity import last_batch_of
from ims_billing.ledger.sent import SentBatch, add_sent, void_sent
from ims_billing.month.run import with_balances
from ims_billing.reading.intake import named_contents
from ims_billing.reading.sent_claims import SentClaims, is_list_of_sent_claims, read_sent_claims
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import ABSENT, ATTENTION, CLAIMS, EARLIER, NO_SESSION, NOT_BILLED, as_frame, empty
from ims_billing.vocabulary.kinds import OUTCOMES
from ims_billing.vocabulary.model import FileMark, Origin, Run, Totals
from ims_billing.workbooks.file_marks import marked, read_mark, stamped_on
from ims_billing.workbooks.files import INSURERS, Written, claim_workbooks

_NO_BATCH = 0


@dataclass(frozen=True)
class ReadBack:
    """The claims that were read back: claims by month, how many stood on the ledger already, and the files it wrote."""

    claims: dict[str, int]
    known_before: int
    written: tuple[Written, ...]


@dataclass(frozen=True)
class _File:
    path: Path
    sent: SentClaims
    mark: FileMark | None
    day: dt.date | None


def sent_files(files: Sequence[Path], at: Workplace) -> bool:
    """Whether all of these files are lists of claims that this program wrote."""
    contents = ((name, content) for name, content, _ in named_contents(files, at.progress))
    return all(is_list_of_sent_claims(content, name, at.ask_if_needed) for name, content in contents)


def read_back(files: Sequence[Path], clinic: Clinic, at: Workplace, *, as_of: dt.date) -> ReadBack:
    """Records the claims in these files with the numbers and batches that they have there, as sent before.

    What the files do not say of a session (its id, when it began, what it was called) stays unknown: it is recognised
    by patient, day and practitioner. Raises BillingError, with nothing recorded, where a claim of that number is
    another one, or where the output folder has more workbooks of a batch than were named.
    """
    ledger = at.ledger
    read = _read(files, at)
    with ledger.writing(at.waiting, "claim --already-sent", may_add_batch=True):
        _adopt_id(at, read)
        batches = _by_batch(read, at)
        counts: dict[str, int] = {}
        there = 0
        # Of which no workbook says that its insurer was told.
        in_lists = _voided_in_lists(batches)
        for (month, number), (lines, parts) in sorted(batches.items()):
            new = _not_there(lines, at)
            there += len(lines) - len(new)
            run = _run(month, min((p.day for p in parts if p.day), default=as_of), new, clinic)
            batch = SentBatch(
                number=number,
                mark=next((p.mark.mark for p in parts if p.mark and p.mark.batch == number and p.mark.mark), ""),
                claims=[line["claim"] for line in new],
                voided={c: by for p in parts for c, by in p.sent.voided.items() if by[0] == number},
                at_once=_rest_at_once(new, clinic),
            )
            # One claim stands for a visit and an insurer at a time.
            replaced = {line.get("replaces") for line in lines}
            replaced |= {ledger.claims.followed_by(claim) for claim in replaced if claim}
            void_sent(ledger, {claim: on for claim, on in in_lists.items() if claim in replaced}, _NO_BATCH)
            add_sent(ledger, run, batch)
            if month not in ledger.months.all():
                ledger.set_page(replace(run, claims=empty(CLAIMS)))
            counts[month] = counts.get(month, 0) + len(new)
        # Last, as a claim to a second insurer is known by the first one's, which still stands.
        void_sent(ledger, in_lists, _NO_BATCH)
        refuse_files_of_another_ledger(at, list(counts))
    written = [write(at, month, None) for month in counts]
    # Last of all, and not if more has to be read back first: the ledger is an old copy beside those files.
    with suppress(BillingError):
        finish(at)
    return ReadBack(counts, there, tuple(one for one in written if one))


def _read(files: Sequence[Path], at: Workplace) -> list[_File]:
    read = []
    by_name = {path.resolve(): path for path in files}
    for path in by_name.values():
        content = path.read_bytes()
        sent = read_sent_claims(path.name, content, at.ask_if_needed)
        read.append(_File(path, sent, read_mark(content), stamped_on(content)))
    return read


def _adopt_id(at: Workplace, read: Iterable[_File]) -> None:
    """A new ledger takes up the id that the files bear, or that the setup knows: it is that ledger again."""
    own, _ = at.ledger.identity()
    if own:
        return
    before = last_batch_of(at.ledger.setup.folder) if at.ledger.setup else None
    ids = {each.mark.ledger for each in read if each.mark} or {before.ledger if before else ""} - {""}
    ids |= {mark.ledger for _, mark in marked(claim_workbooks(at.out))} if not ids else set()
    if len(ids) > 1:
        raise BillingError("these workbooks are of several ledgers. Read back those of one clinic's ledger only.")
    if ids:
        at.ledger.take_up(ids.pop(), at.ledger.setup.clinic if at.ledger.setup else "")


def _by_batch(read: Sequence[_File], at: Workplace) -> dict[tuple[str, int], tuple[list[dict[str, Any]], list[_File]]]:
    """The lines of each month and batch, each claim once, with the files that they are from.

    Raises BillingError where another workbook of such a batch lies in the output folder: what it holds would be
    claimed again.
    """
    batches: dict[tuple[str, int], tuple[list[dict[str, Any]], list[_File]]] = {}
    whole_months = {each.sent.month for each in read if not each.sent.insurer}
    for each in sorted(read, key=lambda file: (not file.sent.insurer, file.path)):
        numbers = {*each.sent.batches, *(batch for batch, _ in each.sent.voided.values())}
        for number in numbers:
            lines, parts = batches.setdefault((each.sent.month, number), ([], []))
            parts.append(each)
            by_claim = {line["claim"]: line for line in lines}
            for line in each.sent.batches.get(number, []):
                # The CSV has what was taken back since; an insurer's workbook has more of the patient.
                line = {"insurer": each.sent.insurer, **line}
                if line["claim"] in by_claim:
                    by_claim[line["claim"]].update({k: v for k, v in line.items() if v not in ("", None)})
                else:
                    lines.append(line)
    for month in {month for month, _ in batches}:
        others = [path for path in claim_workbooks(at.out, month) if path.parent.name == INSURERS]
        named = {each.path.resolve() for each in read}
        on_ledger = {batch.number for batch in at.ledger.batches.of_month(month)}
        for path, mark in marked(others):
            if path.resolve() in named:
                continue
            if (month, mark.batch) not in batches:
                if month in whole_months and mark.month == month and mark.batch not in on_ledger:
                    raise BillingError(
                        f"{path}: this workbook is of batch {mark.batch} of {month}, of which the CSV has nothing: it "
                        "only tells of voids. Name it beside the CSV."
                    )
                continue
            if month not in whole_months:
                raise BillingError(
                    f"{path}: this workbook is of batch {mark.batch} of {month} too, and was not named. Name all "
                    "insurers' workbooks of the batch, or the month's CSV beside them."
                )
            lines, parts = batches[month, mark.batch]
            # It is named only by what it bears: its claims stand in the CSV.
            batches[month, mark.batch] = (lines, [*parts, _File(path, SentClaims(month, "", {}, {}), mark, None)])
    return batches


def _voided_in_lists(batches: Mapping[tuple[str, int], tuple[list[dict[str, Any]], list[_File]]]) -> dict[str, dt.date]:
    """By claim that the CSV has as voided, and that no workbook tells its insurer of, the day on which it was."""
    reported = {claim for _, parts in batches.values() for part in parts for claim in part.sent.voided}
    lines = (line for lines, _ in batches.values() for line in lines)
    return {
        line["claim"]: line["voided_on"] for line in lines if line.get("voided_on") and line["claim"] not in reported
    }


def _not_there(lines: Sequence[dict[str, Any]], at: Workplace) -> list[dict[str, Any]]:
    """The lines whose claims are not on the ledger; raises BillingError where another claim has the number of one."""
    months = {line["claim"][:7] for line in lines}
    claims = pd.concat([at.ledger.claims.of_month(month) for month in sorted(months)]) if months else pd.DataFrame()
    on_ledger = {row["claim"]: row for row in claims.to_dict("records")}
    new = []
    for line in lines:
        there = on_ledger.get(line["claim"])
        if there is None:
            new.append(line)
        elif (there["patient"], there["service_date"].date(), there["amount_cents"]) != (
            line["patient"],
            line["service_date"],
            line["amount_cents"],
        ):
            raise BillingError(
                f"{at.ledger.path}: the claim {line['claim']} on this ledger is another one than that in the files. "
                "Both were given the number, so the ledger went on without what was sent. Put back a copy from before."
            )
    return new


def _run(month: str, as_of: dt.date, lines: Sequence[dict[str, Any]], clinic: Clinic) -> Run:
    block = clinic.block
    origin = Origin(clinic.name, block.address, block.phone, (), (), (), (), clinic.file, clinic.sha256)
    nobody = dict.fromkeys(OUTCOMES, 0)
    totals = Totals(0, 0, 0, 0, 0, nobody, 0, nobody)
    run = Run(month, as_of, origin, totals, empty(CLAIMS), empty(ATTENTION), empty(NOT_BILLED), empty(EARLIER))
    claims = as_frame([_claim(line, clinic) for line in lines], CLAIMS)
    return with_balances(run, claims, clinic) if lines else run


def _rest_at_once(lines: Sequence[dict[str, Any]], clinic: Clinic) -> set[str]:
    """The claims whose insurer lets a second one be asked in the same batch for what it does not pay."""
    insurers = ((line["claim"], clinic.insurer(line["insurer"]), line["service_date"]) for line in lines)
    return {claim for claim, insurer, day in insurers if insurer and insurer.goes_by("extra-to-plan", day)}


def _claim(line: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """A line as CLAIMS has it; what the file does not say is absent."""
    insurer = clinic.insurer(line["insurer"])
    if insurer is None:
        raise BillingError(f"{line['claim']}: its insurer is not in the clinic's setup. Add it there first.")
    absent: dict[str, Any] = {c.name: ABSENT[c.dtype] for c in CLAIMS}
    stated = {name: value for name, value in line.items() if name in absent and value is not None}
    return {
        **absent,
        **stated,
        "session": NO_SESSION,
        "insurer_id": insurer.id,
        "insurer": insurer.name,
        "service": line.get("service") or "ims",
        "natural_key": f"read back\x1f{line['claim']}",
        "practitioner_written": line["practitioner"],
        "source": "read back from what was sent",
        "rules": "[]",
        "remarks": "[]",
    }
