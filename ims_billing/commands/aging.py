"""Says what insurers owe, and keeps what was noted about it: what `aging` does."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ims_billing.commands.workplace import Workplace
from ims_billing.ledger.ledger import Ledger
from ims_billing.month.second_insurer import Uneven, uneven
from ims_billing.payments.aging import aging
from ims_billing.reading.spreadsheet import AskPassword
from ims_billing.reading.worklist import Typed, day_of, read_worklist
from ims_billing.saving import is_shared, probe, write_all
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import WORK, as_frame
from ims_billing.vocabulary.spelling import month_of
from ims_billing.workbooks.aging_report import aging_report
from ims_billing.workbooks.protection import keep_protection, protected


@dataclass(frozen=True)
class Aged:
    """What `aging` found: the AGING frame, the claims that something new is noted of, and the workbook.

    `later` are workbooks of later days, which are not read for an earlier one; `uneven` as in Reconciliation.
    """

    as_of: dt.date
    frame: pd.DataFrame
    noted: tuple[str, ...]
    later: tuple[str, ...]
    uneven: tuple[Uneven, ...]
    written: Path

    @property
    def months(self) -> list[str]:
        """The months whose claims something new is noted of."""
        return sorted({month_of(claim) for claim in self.noted})


def age(at: Workplace, clinic: str, *, as_of: dt.date) -> Aged:
    """What is not paid as claimed on a day, and its workbook; what was typed into earlier ones is read first.

    Raises BillingError, with nothing recorded, where that cannot be read, or the workbook could not be written.
    """
    ledger, out, folder = at.ledger, at.out, at.place
    target = out / f"aging-{as_of}.xlsx"
    keep_protection(target, at.password)
    probe(target)
    with ledger.reading():
        left = ledger.aging_left(folder)
    read, later = _typed(out, left, as_of, at.ask_if_needed)
    with ledger.writing(at.waiting, "aging"):
        new = _newly_noted(read, left, ledger, as_of)
        ledger.note(new)
        for file, sha256, lines in read:
            ledger.mark_aging(folder, file, sha256, {claim: astuple(typed) for claim, (_, typed) in lines.items()})
        claims, postings = ledger.claims(), ledger.postings()
        frame = aging(claims, postings, ledger.work(), ledger.batch_days(), as_of)
        content = aging_report(frame, clinic, as_of)
        content = protected(content, at.password) if at.password else content
        write_all({target: content}, shared=is_shared(out))
        ledger.mark_aging(folder, target.name, hashlib.sha256(content).hexdigest(), _shown(frame))
    return Aged(as_of, frame, tuple(new["claim"]), later, uneven(claims, postings), target)


_File = tuple[str, str, dict[str, tuple[str, Typed]]]


def _typed(
    out: Path, left: Mapping[str, tuple[str, dict[str, list[str]]]], as_of: dt.date, ask: AskPassword
) -> tuple[list[_File], tuple[str, ...]]:
    """What stands in the aging workbooks of a folder that were saved since, the oldest first; and those of later days.

    A look back changes nothing: what was typed after that day is not read for it.
    """
    files, later = [], []
    for path in sorted(out.glob("aging-*.xlsx")):
        content = b"" if path.name.startswith("~$") else path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        if not content or left.get(path.name, ("", {}))[0] == sha256:
            continue
        if (day_of(path.name) or as_of) > as_of:
            later.append(path.name)
        else:
            files.append((path.name, sha256, read_worklist(path.name, content, ask)))
    return files, tuple(later)


def _newly_noted(
    read: Sequence[_File], left: Mapping[str, tuple[str, dict[str, list[str]]]], ledger: Ledger, as_of: dt.date
) -> pd.DataFrame:
    """What of it is another than the workbook showed: the WORK frame, of the day that the workbook is of.

    A claim that is marked as sent again was sent on the day that is typed beside it, else on that of the workbook.
    Raises BillingError for a claim that there is not.
    """
    claims = set(ledger.claims()["claim"])
    last = {work["claim"]: _as_typed(work) for work in ledger.work().to_dict("records")}
    new = []
    for file, _, lines in read:
        day = day_of(file) or as_of
        shown = left[file][1] if file in left else None
        for claim, (place, typed) in lines.items():
            if claim not in claims:
                if typed != Typed():
                    raise BillingError(f"{place}: the column Claim holds no number of a claim on the ledger.")
                continue
            # Of a copy, or a workbook of another folder, only what is not known of the claim yet is new.
            before = last.get(claim, Typed()) if shown is None else Typed(*shown.get(claim, ()))
            if typed == before:
                continue
            sent_on = typed.sent_on if typed.status == "Sent again" else ""
            if typed.status == "Sent again" and not sent_on:
                sent_on = day.isoformat()
            new.append((claim, typed.owner, typed.status, sent_on or None, typed.note, day))
    return as_frame(new, WORK)


def _as_typed(work: Mapping[Any, Any]) -> Typed:
    sent_on = "" if pd.isna(work["sent_on"]) else f"{work['sent_on']:%Y-%m-%d}"
    return Typed(work["owner"], work["status"], sent_on, work["note"])


def _shown(frame: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """By claim what the call list of an AGING frame shows as typed; claims of which nothing is, are left out."""
    noted = frame[frame["owner"] + frame["status"] + frame["note"] != ""]
    return {str(line["claim"]): astuple(_as_typed(line)) for line in noted.to_dict("records")}
