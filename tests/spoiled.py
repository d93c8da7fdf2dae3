"""Many spoiled copies of one sessions file, read in process and billed together, each as if it were alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.month.prepare import Scope, prepare_month
from ims_billing.reading.intake import read_contents
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import CELL_FINDINGS, SESSIONS, prove
from ims_billing.vocabulary.intake import Intake
from tests.practice import AS_OF, MONTH, like_ann, practice, tag

CLAIM = ("service_date", "patient", "birth_date", "practitioner", "insurer", "policy", "member", "fee_cents")
_TREATS = "Ann Example"
_MOST_AT_ONCE = 120


@dataclass(frozen=True)
class Ending:
    """What became of one file: why it was refused, or its rows.

    rows: for each session its id, outcome ("named" where a finding asks about what is not billed), reason and claim
        (empty unless claimed)
    skipped: the reasons for which rows are no sessions
    """

    refused: str = ""
    rows: tuple[tuple[str, str, str, tuple[str, ...]], ...] = ()
    skipped: tuple[str, ...] = ()

    @property
    def claims(self) -> dict[str, tuple[str, ...]]:
        """The claim of each claimed session, by its id."""
        return {number: claim for number, outcome, _, claim in self.rows if outcome == "claimed"}

    def lost(self, numbers: Iterable[str]) -> int:
        """How many of these sessions are neither claimed nor held nor named as skipped or refused."""
        if self.refused:
            return 0
        waiting = [number for number, outcome, _, _ in self.rows if outcome in ("claimed", "held", "named")]
        missing = [number for number in numbers if number not in waiting]
        others = len(waiting) - (len([*numbers]) - len(missing)) + len([reason for reason in self.skipped if reason])
        return max(0, len(missing) - others)


class Practice:
    """A practice with so many physiotherapists that many copies of one month can be billed side by side."""

    def __init__(self, folder: Path) -> None:
        self.clinic: Clinic = practice(folder)
        self._folder = folder

    @cached_property
    def _tags(self) -> list[str]:
        return [f" {tag(number)}" for number in range(_MOST_AT_ONCE)]

    @cached_property
    def _large(self) -> Clinic:
        return practice(self._folder, like_ann(_MOST_AT_ONCE))

    def endings(self, contents: Sequence[str | bytes]) -> Iterator[Ending]:
        """What becomes of each file's content, in order."""
        for first in range(0, len(contents), _MOST_AT_ONCE):
            yield from self._together(contents[first : first + _MOST_AT_ONCE])

    def _together(self, contents: Sequence[str | bytes]) -> list[Ending]:
        intakes: dict[int, Intake] = {}
        endings: dict[int, Ending] = {}
        for number, content in enumerate(contents):
            octets = content if isinstance(content, bytes) else content.encode()
            try:
                intakes[number] = read_contents([(f"{number}.csv", octets, f"{number:064}")], self.clinic)
            except BillingError as error:
                endings[number] = Ending(refused=str(error))
        if intakes:
            endings |= self._billed(intakes)
        return [endings[number] for number in range(len(contents))]

    def _billed(self, intakes: dict[int, Intake]) -> dict[int, Ending]:
        """Bills the intakes in one month, with a patient, practitioner and session number of each one's own."""
        frames, findings, size = [], [], 0
        for number, intake in intakes.items():
            tag, frame = self._tags[number], intake.sessions
            patient = frame["patient"].where(frame["patient"] == "", frame["patient"] + tag)
            treats = frame["practitioner"].where(frame["practitioner"] != _TREATS, _TREATS + tag)
            ids = frame["session_id"].where(frame["session_id"] == "", frame["session_id"] + tag)
            own = {"patient": patient, "practitioner": treats, "session_id": ids}
            frames.append(frame.assign(**{name: column.astype("str") for name, column in own.items()}))
            findings.append(intake.cell_findings.assign(session=intake.cell_findings["session"] + size))
            size += len(frame)
        together = replace(
            next(iter(intakes.values())),
            sessions=prove(pd.concat(frames, ignore_index=True), SESSIONS),
            cell_findings=prove(pd.concat(findings, ignore_index=True), CELL_FINDINGS),
            files=tuple(file for intake in intakes.values() for file in intake.files),
        )
        month = prepare_month(together, Scope(self._large, month=MONTH, as_of=AS_OF))
        claims = {
            session: tuple(map(str, cells))
            for session, *cells in month.claims[["session", *CLAIM]].itertuples(index=False, name=None)
        }
        in_question = {*month.findings.loc[month.findings["kind"] == "service-not-recognised", "session"]}
        rows: dict[str, list[tuple[str, str, str, tuple[str, ...]]]] = {}
        columns = month.sessions[["file", "session_id", "outcome", "reason"]]
        for session, (file, name, outcome, reason) in zip(
            columns.index, columns.itertuples(index=False, name=None), strict=True
        ):
            tag = self._tags[int(file.removesuffix(".csv"))]
            claim = tuple(cell.replace(tag, "") for cell in claims.get(session, ()))
            if outcome == "not_billed" and session in in_question:
                outcome = "named"
            rows.setdefault(file, []).append((name.removesuffix(tag), outcome, reason, claim))
        return {
            number: Ending(
                rows=tuple(rows.get(f"{number}.csv", ())),
                skipped=tuple(aside.reason for file in intake.files for aside in file.asides),
            )
            for number, intake in intakes.items()
        }
