"""What was decided about held sessions: values that are corrected, what is billed all the same, what never."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.sessions.corrections import put_right, read_value
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.fields import CORRECTS
from ims_billing.vocabulary.findings import CATALOGUE, DECIDED
from ims_billing.vocabulary.frames import DECISIONS, FINDINGS, prove
from ims_billing.vocabulary.model import Intake
from ims_billing.vocabulary.spelling import day_text, given_name_first

BILL, DO_NOT_BILL, LATER = "Bill", "Do not bill", "Later"
# Kinds about a claim of the session: a decision is about that claim, and not about the next one.
ABOUT_A_CLAIM = ("changed-since-claimed", "voided")
# How every message begins that tells of a decision.
# What a decision is about: were one of these another, a person might decide otherwise.
_TELLING = (
    "service_date",
    "start",
    "end",
    "minutes",
    "patient",
    "patient_id",
    "birth_date",
    "phn",
    "practitioner",
    "service_name",
    "visit",
    "status",
    "billed",
    "insurer",
    "policy",
    "member",
    "relationship",
    "insured",
    "payer_file_number",
    "accident_date",
    "secondary_insurer",
    "fee_cents",
    "fee_stated",
    "tax_cents",
    "location",
)


def fingerprints(sessions: pd.DataFrame, files: Mapping[str, str]) -> pd.Series[str]:
    """What each session is, hashed, so that a decision is known to be about another one.

    What nothing tells apart (no id, and no day or no patient) is the row of one file only: `files` has their hashes.
    """
    told = pd.Series("", index=sessions.index, dtype="str")
    for name in _TELLING:
        column = sessions[name]
        told += "\x1f" + (day_text(column) if name.endswith("_date") else column.astype("string").fillna(""))
    vague = (sessions["session_id"] == "") & (sessions["service_date"].isna() | (sessions["patient"] == ""))
    told += sessions["file"].map(files).astype("str").fillna("").where(vague, "")
    return pd.Series([_hashed(text) for text in told], index=sessions.index, dtype="str")


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Said:
    """One decision about a session of a run: its label, the kind, what was typed, when, and the fingerprint then."""

    session: int
    kind: str
    decision: str
    value: str
    on: str
    was: str

    @property
    def place(self) -> tuple[int, str]:
        """Session and kind."""
        return self.session, self.kind

    @property
    def settles(self) -> bool:
        """Whether it says what is to become of the session, rather than that it may wait."""
        return self.decision in (BILL, DO_NOT_BILL) or (self.value != "" and self.decision == "")

    def told(self) -> str:
        """What was decided, without what was typed: that could be a patient's."""
        words = {BILL: "bill", DO_NOT_BILL: "do not bill", LATER: "later", "": "correct"}[self.decision]
        return f"{DECIDED} {self.on}: {words}{', with a correct value' if self.value and self.decision else ''}."


@dataclass
class Decided:
    """What was decided about the sessions of a run, and what of it counts.

    `intake` has the values that were corrected in their places. `corrected` says of session and kind what was put
    right, `refused` why a decision does not count; `copies` how often each session stands in the files.
    """

    intake: Intake
    said: tuple[Said, ...]
    copies: pd.Series[int]
    corrected: dict[tuple[int, str], str] = field(default_factory=dict)
    refused: dict[tuple[int, str], str] = field(default_factory=dict)
    _history: tuple[Said, ...] = ()
    _states: dict[int, set[str]] = field(default_factory=dict)

    def current(self, said: Said, claim: str = "") -> bool:
        """Whether the session is what it was when this was decided; `claim` is the one that it is about."""
        more = self._more(said.kind, said.session, claim)
        return said.was in {_with(state, more) for state in self._states.get(said.session, set())}

    def _more(self, kind: str, session: int, claim: str) -> str:
        """What a decision of a kind is about beside the session itself: its claim, or how many copies there are."""
        if kind in ABOUT_A_CLAIM:
            return claim
        return f"{self.copies[session]} copies" if kind == "duplicate-session" else ""

    def fingerprints(self, lines: pd.DataFrame, about: pd.Series[str]) -> list[str]:
        """What the session of each line (`session`, `kind`) is now; `about` are the claims of changed ones, by label.

        A value that was typed on a line and did not help is decided anew of the session as it was without it.
        """
        files = {file.file: file.sha256 for file in self.intake.files}
        now = fingerprints(self.intake.sessions.loc[lines["session"].unique()], files)
        typed = {said.place: said.was for said in self.said if said.place in self.corrected}
        return [
            typed.get((session, kind)) or _with(now[session], self._more(kind, session, about[session]))
            for session, kind in zip(lines["session"].tolist(), lines["kind"], strict=True)
        ]

    def billed(self) -> set[tuple[int, str]]:
        """The findings that do not hold any more, by session and kind: somebody decided to bill all the same."""
        return {
            said.place
            for said in self.said
            if said.decision == BILL
            and said.kind not in ABOUT_A_CLAIM
            and said.place not in self.refused
            and "bill" in CATALOGUE[said.kind].decisions
            and self.current(said)
        }

    def copies_to_bill(self) -> list[int]:
        """The copies that are the one to be billed of a session, the first that was chosen first."""
        chosen = {session for session, kind in self.billed() if kind == "duplicate-session"}
        last = {said.session: place for place, said in enumerate(self._history) if said.kind == "duplicate-session"}
        return sorted(chosen, key=lambda session: last[session])

    def preference(self) -> pd.Series[int]:
        """By session, which of several copies a claim is of: the lowest; what is not to be billed comes last."""
        chosen = {label: place for place, label in enumerate(self.copies_to_bill())}
        last = self.not_to_bill()
        labels = self.intake.sessions.index
        ranks = [chosen.get(label, len(chosen) + (label in last)) for label in labels]
        return pd.Series(ranks, index=labels, dtype="int64")

    def not_to_bill(self) -> set[int]:
        """The sessions that somebody decided not to bill; of a decision about a claim, see `about_claims`."""
        return {s.session for s in self.said if s.decision == DO_NOT_BILL and self.current(s)}

    def about_claims(self, standing: pd.DataFrame, reasons: pd.Series[str]) -> dict[int, tuple[str, str]]:
        """By session whose claim changed or was taken back, what was decided, and the claim.

        `standing` is of Recall, `reasons` says why a session would not be billed as it is now.
        """
        chosen: dict[int, tuple[str, str]] = {}
        for said in self.said:
            if said.kind not in ABOUT_A_CLAIM or said.decision not in (BILL, DO_NOT_BILL):
                continue
            state, claim = standing.at[said.session, "state"], about_claim(standing.loc[[said.session]]).iloc[0]
            if state != {"changed-since-claimed": "changed", "voided": "voided"}[said.kind]:
                continue
            if not self.current(said, claim):
                continue
            reason = reasons[said.session]
            if said.decision == BILL and reason:
                back = f" To take the claim back: ims-billing void {claim} --reason TEXT." if state == "changed" else ""
                self.refused[said.place] = f"as it is now it is not billed ({reason}).{back}"
            elif claim in {other for _, other in chosen.values()}:
                self.refused[said.place] = f"another session stands for {claim} already."
            else:
                chosen[said.session] = (said.decision, claim)
        return chosen

    def open_cells(self) -> pd.DataFrame:
        """The CELL_FINDINGS that nobody decided to bill all the same."""
        return self._cells(kept=False)

    def _cells(self, *, kept: bool) -> pd.DataFrame:
        bad, billed = self.intake.cell_findings, self.billed()
        decided = [place in billed for place in zip(bad["session"], bad["kind"], strict=True)]
        return bad[pd.Series(decided, index=bad.index, dtype="bool") == kept]

    def settled(
        self,
        findings: pd.DataFrame,
        standing: pd.DataFrame,
        candidates: Collection[int],
        group: pd.Series[int],
        claimed: Collection[int],
    ) -> pd.DataFrame:
        """The FINDINGS after the decisions: what was decided to be billed warns, and what does not count says why.

        Of copies (`group`) one can be billed, and none where one is `claimed`. Where it was decided not to bill a
        session that has changed since and that nothing else holds, it is asked again.
        """
        if not self.said:
            return findings
        self._refuse_copies(group, claimed, candidates)
        billed = self.billed()
        told = list(findings.itertuples(index=False, name=None))
        latest = {said.place: said for said in self.said}
        typed = {(s.session, *CORRECTS[s.kind][:1]): s.on for s in self.said if s.place in self.corrected}
        settled: list[tuple[int, str, str, str, str]] = []
        for session, kind, severity, message, fix in told:
            said = latest.get((session, kind))
            if said is not None and severity == "hold":
                severity, message = self._after(said, severity, message, standing, billed)
            elif severity == "hold" and (on := typed.get((session, *CORRECTS.get(kind, ())[:1]))):
                message = f"{message} That is so with the value decided on {on}."
            settled.append((session, kind, severity, message, fix))
        added = [*self._of_billed_cells(candidates), *self._of_corrections(candidates)]
        held = {(row[0], row[1]) for row in settled if row[2] == "hold"}
        added += self._asked_again(candidates, held)
        frame = pd.DataFrame([*settled, *added], columns=[column.name for column in FINDINGS])
        return prove(frame.astype({column.name: column.dtype for column in FINDINGS}), FINDINGS)

    def _after(
        self, said: Said, severity: str, message: str, standing: pd.DataFrame, billed: set[tuple[int, str]]
    ) -> tuple[str, str]:
        claim = about_claim(standing.loc[[said.session]]).iloc[0] if said.kind in ABOUT_A_CLAIM else ""
        if said.place in billed:
            return "warn", f"{message} {said.told()}"
        if not said.was:
            again = "That was in a workbook of an earlier version of the program: decide once more."
            return severity, f"{message} {said.told()} {again}"
        if not self.current(said, claim):
            return severity, f"{message} {said.told()} The session is another since then: decide again."
        if said.place in self.refused:
            return severity, f"{message} {said.told()} That does not count: {self.refused[said.place]}"
        if said.place in self.corrected:
            return severity, f"{message} That is so with the value decided on {said.on}."
        return severity, message

    def _of_billed_cells(self, candidates: Collection[int]) -> Iterator[tuple[int, str, str, str, str]]:
        """What the cells say that do not hold any more."""
        latest = {said.place: said for said in self.said}
        for session, _, kind, message in self._cells(kept=True).itertuples(index=False, name=None):
            if session in candidates:
                yield session, kind, "warn", f"{message} {latest[session, kind].told()}", CATALOGUE[kind].fix

    def _of_corrections(self, candidates: Collection[int]) -> Iterator[tuple[int, str, str, str, str]]:
        """What was put right, so that the claim says on what it rests."""
        for (session, kind), message in self.corrected.items():
            if session in candidates:
                fix = "Put it right where the session is kept too, so that the next export has it."
                yield session, kind, "warn", message, fix

    def _asked_again(
        self, candidates: Collection[int], held: set[tuple[int, str]]
    ) -> Iterator[tuple[int, str, str, str, str]]:
        latest = {said.place: said for said in self._history if said.settles}
        for place, said in latest.items():
            if (
                said.decision == DO_NOT_BILL
                and said.was
                # Where the copies are gone, so is what was decided about them.
                and said.kind not in (*ABOUT_A_CLAIM, "duplicate-session")
                and said.session in candidates
                and place not in held
                and not self.current(said)
            ):
                message = f"{said.told()} The session is another since then: decide again."
                yield said.session, said.kind, "hold", message, "Choose Bill or Do not bill for it as it is now."

    def _refuse_copies(self, group: pd.Series[int], claimed: Collection[int], candidates: Collection[int]) -> None:
        """Bill counts on one copy of a session, and on none where one is claimed."""
        chosen = [session for session in self.copies_to_bill() if session not in claimed and session in candidates]
        numbers = group[chosen]
        of_claimed = set(group[list(claimed)])
        for session, number in numbers.items():
            place = (int(str(session)), "duplicate-session")
            if number in of_claimed:
                self.refused[place] = "another copy of it is claimed."
            elif (numbers == number).sum() > 1:
                self.refused[place] = f"{(numbers == number).sum()} copies are to be billed. Choose one."

    def told(self, session: int) -> list[tuple[str, str]]:
        """Kind and decision of all that stands about a session."""
        return [(said.kind, said.told()) for said in self.said if said.session == session]


def _with(fingerprint: str, more: str) -> str:
    return _hashed(fingerprint + more) if more else fingerprint


def about_claim(standing: pd.DataFrame) -> pd.Series[str]:
    """The claim that a changed or voided session is of; empty for others."""
    about = standing["claim"].where(standing["resembles"] == "", standing["resembles"])
    return about.where(standing["state"].isin(("changed", "voided")), "")


def decide(
    intake: Intake, keys: pd.Series[str], copies: pd.Series[int], decisions: pd.DataFrame, clinic: Clinic
) -> Decided:
    """What of the DECISIONS is about these sessions (by label: `keys`, and how many `copies`), with values put in.

    A decision counts for the session as it was: as read, or with what else was corrected at the same time or before.
    """
    history = tuple(_about_these(intake.sessions, keys, decisions))
    said = tuple({one.place: one for one in history}.values())
    decided = Decided(intake, said, copies, _history=history)
    if not said:
        return decided
    _refuse(decided)
    labels = sorted({one.session for one in history})
    sessions, bad = intake.sessions.copy(), intake.cell_findings
    files = {file.file: file.sha256 for file in intake.files}
    open_values = {one.place: one for one in said if one.value and one.decision in ("", BILL)}
    while labels:
        now = fingerprints(sessions.loc[labels], files)
        for label in labels:
            decided._states.setdefault(label, set()).add(now[label])
        changed = set()
        for place, one in list(open_values.items()):
            if place in decided.refused or now.get(one.session) != one.was:
                continue
            del open_values[place]
            own = (bad["session"] == one.session) & (bad["kind"] == one.kind)
            columns = CORRECTS[one.kind] or tuple(bad.loc[own, "column"].unique()) or ("visit",)
            before = sessions.loc[[one.session]].to_dict("records")[0]
            found = read_value(one.kind, one.value, columns, before, clinic)
            if isinstance(found, str):
                decided.refused[place] = found
                continue
            for column, value in found.items():
                sessions.loc[one.session, column] = value
            decided.corrected[place] = f"{DECIDED} {one.on}: {put_right(found, before)}"
            # The cell that was corrected is unreadable no more, whichever finding the value was typed for.
            corrected = (bad["session"] == one.session) & bad["column"].isin(list(found))
            bad = bad[~((own & (one.kind != "unreadable-cell")) | corrected)]
            changed.add(one.session)
        labels = sorted(changed)
    return replace(decided, intake=replace(intake, sessions=sessions, cell_findings=bad))


def _about_these(sessions: pd.DataFrame, keys: pd.Series[str], decisions: pd.DataFrame) -> Iterator[Said]:
    """The decisions about these sessions; a number that is another patient's now, and another day's, is another one."""
    ours = decisions[decisions["session"].isin(keys)]
    if ours.empty:
        return
    labels = dict(zip(keys, keys.index, strict=True))
    columns = ["session", "kind", "decision", "correct_value", "fingerprint", "patient", "service_date", "decided_on"]
    for key, kind, word, value, was, patient, date, on in ours[columns].itertuples(index=False, name=None):
        label = int(labels[key])
        now = sessions.loc[[label]].iloc[0]
        same_person = given_name_first(now["patient"]) == given_name_first(patient)
        same_day = now["service_date"] == date or pd.isna(date) or pd.isna(now["service_date"])
        if kind in CATALOGUE and (same_person or same_day):
            yield Said(label, kind, word, value, f"{on:%Y-%m-%d}", was)


def _refuse(decided: Decided) -> None:
    """Refuses what the catalogue does not allow, and says what would do."""
    for said in decided.said:
        allowed = CATALOGUE[said.kind].decisions
        if said.decision in (DO_NOT_BILL, LATER):
            continue
        if said.value and "correct" not in allowed:
            decided.refused[said.place] = "no value that is typed here can mend it. Clear the correct value."
        elif said.decision == BILL and "bill" not in allowed and not said.value:
            needs = "it needs its correct value" if allowed else "nobody can decide it away, it has to be mended"
            decided.refused[said.place] = f"{needs}."


def newly_decided(
    typed: pd.DataFrame, lines: pd.DataFrame, known: pd.DataFrame, *, month: str, on: Any, fresh: bool
) -> pd.DataFrame:
    """What of the TYPED lines the ledger does not know yet: a DECISIONS frame.

    `lines` are the open lines of all months (EARLIER frame), `known` all decisions so far. Each typed line says what
    the session was in that workbook. One that is `fresh` shows what the ledger holds: a line that is empty now takes
    back what stood there. In another one, what was ever read before is old. Raises BillingError, with file, sheet and
    row, for a line that is not open in this month.
    """
    # What is no open line any more can be decided anew all the same, by the words it was decided with.
    places = ["month", "session", "kind"]
    by_place: dict[tuple[Any, ...], dict[Any, Any]] = {
        tuple(line[name] for name in places): line for line in (*known.to_dict("records"), *lines.to_dict("records"))
    }
    months = {place[1:]: place[0] for place in by_place}
    what = ["decision", "correct_value", "decided_by", "note"]
    said: dict[tuple[str, str], list[tuple[tuple[str, ...], str]]] = {}
    for row in known[["session", "kind", *what, "fingerprint"]].itertuples(index=False, name=None):
        said.setdefault((row[0], row[1]), []).append((row[2:6], row[6]))
    made = []
    for place, shown, kind, *words in typed.itertuples(index=False, name=None):
        session, _, was = shown.partition("-")
        line = by_place.get((month, session, kind))
        before = said.get((session, kind), [])
        was = was or (line["fingerprint"] if line else "")
        now = (tuple(words), was)
        if not any(words):
            # Nothing stands here: that says something only where something stood.
            if not (fresh and before and before[-1][1] == was and any(before[-1][0])):
                continue
        elif now == before[-1] if fresh and before else now in before:
            continue
        if line is None:
            elsewhere = months.get((session, kind))
            why = (
                f"it is decided in the workbook of its own month, claim-summary-{elsewhere}.xlsx."
                if elsewhere
                else f"no session of {month} is held for that any more. Clear it, or name the right month."
            )
            raise BillingError(f"{place}: something is typed here, and {why}")
        told = {**line, **dict(zip(what, words, strict=True)), "fingerprint": was, "decided_on": pd.Timestamp(on)}
        made.append(told)
    columns = {column.name: column.dtype for column in DECISIONS}
    frame = pd.DataFrame(made, columns=list(columns))
    return prove(frame.astype(columns), DECISIONS)
