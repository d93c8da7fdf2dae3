"""Decisions about held sessions: Bill, Do not bill, or a correct value, applied to a run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.sessions.corrections import put_right, read_value
from ims_billing.sessions.fingerprints import fingerprints, with_more
from ims_billing.vocabulary.fields import CORRECTS
from ims_billing.vocabulary.findings import CATALOGUE, REASONS
from ims_billing.vocabulary.frames import BILL, DO_NOT_BILL, LATER
from ims_billing.vocabulary.intake import Intake
from ims_billing.vocabulary.spelling import given_name_first

# Kinds about a claim of the session, with the claim state that each is about: a decision counts for that claim only.
ABOUT_A_CLAIM = {"changed-since-claimed": "changed", "voided": "voided"}

_WORDS = {BILL: "bill", DO_NOT_BILL: "do not bill", LATER: "later", "": "correct"}


class Place(NamedTuple):
    """The subject of a decision: the session's label, and the kind of finding."""

    session: int
    kind: str


@dataclass(frozen=True)
class Decision:
    """One decision about a session of this run."""

    session: int
    """Index label in the sessions frame."""
    kind: str
    """Kind of finding that it is about."""
    word: str
    """'Bill', 'Do not bill', 'Later' or empty."""
    value: str
    """The correct value as typed; empty where none."""
    on: str
    """The day it was read, as 2026-10-31."""
    fingerprint: str
    """The session's fingerprint then; empty from a workbook of the program's first version."""

    @property
    def place(self) -> Place:
        """Session and kind."""
        return Place(self.session, self.kind)

    @property
    def settles(self) -> bool:
        """True for Bill, Do not bill or a correct value; false for Later."""
        return self.word in (BILL, DO_NOT_BILL) or (self.value != "" and self.word == "")

    def sentence(self) -> str:
        """The decision in words, without the typed value: that could be a patient's."""
        return (
            f"Decided on {self.on}: {_WORDS[self.word]}{', with a correct value' if self.value and self.word else ''}."
        )


class AboutClaim(NamedTuple):
    """A decision about a claim that changed or was voided: the word, and the claim's number."""

    word: str
    claim: str


class AboutClaims(NamedTuple):
    """The decisions about claims that changed or were voided."""

    chosen: dict[int, AboutClaim]
    """Those that count, by session."""
    refused: dict[Place, str]
    """Why others do not count, by session and kind."""


@dataclass(frozen=True)
class Decided:
    """The decisions about the sessions of a run, and what they mean."""

    intake: Intake
    """The sessions with the correct values in their places."""
    latest: tuple[Decision, ...]
    """The decision that counts, one per session and kind."""
    keys: pd.Series[str]
    """The opaque key of each session, by label."""
    copies: pd.Series[int]
    """How often each session appears in the files, by label."""
    corrected: Mapping[Place, str] = field(default_factory=dict)
    """By session and kind, the sentence on what was put right."""
    refused: Mapping[Place, str] = field(default_factory=dict)
    """By session and kind, why a decision does not count; `settle` adds those that can't count beside each other."""
    history: tuple[Decision, ...] = ()
    """Every decision about these sessions, the oldest first."""
    hashed: Mapping[int, Collection[str]] = field(default_factory=dict)
    """The fingerprints in this run of each session that somebody decided about: as read, and after each correction."""

    def is_current(self, decision: Decision, claim: str = "") -> bool:
        """True if the session has not changed since the decision; `claim` is the claim that the decision is about."""
        more = self._more(decision.kind, decision.session, claim)
        return decision.fingerprint in {with_more(now, more) for now in self.hashed.get(decision.session, ())}

    def _more(self, kind: str, session: int, claim: str) -> str:
        """The other ground of a decision beside the session: its claim, or its number of copies."""
        if kind in ABOUT_A_CLAIM:
            return claim
        return f"{self.copies[session]} copies" if kind == "duplicate-session" else ""

    def fingerprints(self, lines: pd.DataFrame, about: pd.Series[str]) -> list[str]:
        """The fingerprint that each line (`session`, `kind`) shows now; `about` has the claims of changed sessions.

        A line whose typed value did not help keeps the fingerprint without that value, so that it is decided anew.
        """
        files = {file.file: file.sha256 for file in self.intake.files}
        now = fingerprints(self.intake.sessions.loc[lines["session"].unique()], files)
        corrected = {one.place: one.fingerprint for one in self.latest if one.place in self.corrected}
        return [
            corrected.get(Place(session, kind)) or with_more(now[session], self._more(kind, session, about[session]))
            for session, kind in zip(lines["session"].tolist(), lines["kind"], strict=True)
        ]

    def billed(self) -> set[Place]:
        """The findings that somebody decided to bill all the same, so that they hold no more."""
        return {
            one.place
            for one in self.latest
            if one.word == BILL
            and one.kind not in ABOUT_A_CLAIM
            and one.place not in self.refused
            and "bill" in CATALOGUE[one.kind].decisions
            and self.is_current(one)
        }

    def at_row_fee(self) -> list[int]:
        """The sessions that are billed at the fee of their row, whatever the fee list says."""
        return [session for session, kind in self.billed() if kind == "fee-not-as-listed"]

    def copies_to_bill(self) -> list[int]:
        """The copies that were chosen to be billed, the first choice first."""
        chosen = {session for session, kind in self.billed() if kind == "duplicate-session"}
        order = {one.session: rank for rank, one in enumerate(self.history) if one.kind == "duplicate-session"}
        return sorted(chosen, key=lambda session: order[session])

    def preference(self) -> pd.Series[int]:
        """By session, its rank among copies when a claim is matched to one of them: the lowest gets the claim."""
        chosen = {label: rank for rank, label in enumerate(self.copies_to_bill())}
        last = self.not_to_bill()
        labels = self.intake.sessions.index
        ranks = [chosen.get(label, len(chosen) + (label in last)) for label in labels]
        return pd.Series(ranks, index=labels, dtype="int64")

    def not_to_bill(self) -> set[int]:
        """The sessions that somebody decided not to bill; for decisions about a claim, see `about_claims`."""
        return {one.session for one in self.latest if one.word == DO_NOT_BILL and self.is_current(one)}

    def about_claims(self, states: pd.DataFrame, reasons: pd.Series[str]) -> AboutClaims:
        """The decisions about claims that changed or were voided: those that count, and why others do not.

        `states` is the CLAIM_STATES frame, `reasons` says why each session would not be billed as it is now.
        """
        chosen: dict[int, AboutClaim] = {}
        refused: dict[Place, str] = {}
        if not self.latest:
            return AboutClaims(chosen, refused)
        about = claim_in_question(states)
        # Bill first: Do not bill for one row of a session leaves its claim to the row that is to be billed.
        for one in sorted(self.latest, key=lambda one: one.word != BILL):
            if one.kind not in ABOUT_A_CLAIM or one.word not in (BILL, DO_NOT_BILL):
                continue
            state, claim = states.at[one.session, "state"], about[one.session]
            if state != ABOUT_A_CLAIM[one.kind] or not self.is_current(one, claim):
                continue
            reason = reasons[one.session]
            if one.word == BILL and reason:
                back = f" To take the claim back: ims-billing void {claim} --reason TEXT." if state == "changed" else ""
                refused[one.place] = f"as it is now it is not billed ({REASONS[reason].meaning}).{back}"
            elif one.word == BILL and AboutClaim(BILL, claim) in chosen.values():
                refused[one.place] = f"another session stands for {claim} already."
            else:
                chosen[one.session] = AboutClaim(one.word, claim)
        return AboutClaims(chosen, refused)

    def recognised(self, pairs: Sequence[tuple[int, str]], resembled: Collection[tuple[str, str]]) -> list[bool]:
        """For each pair of a session and a claim, whether the one was taken for the other, changed, before.

        `resembled` has the keys of sessions that are on hold for that, each with the claim. A session that has changed
        since somebody decided about it may be any of those that it resembles.
        """
        about = {one.session: one for one in self.latest if one.kind == "changed-since-claimed"}
        sure = [
            (self.keys[session], claim) in resembled or (session in about and self.is_current(about[session], claim))
            for session, claim in pairs
        ]
        certain = {session for (session, _), is_sure in zip(pairs, sure, strict=True) if is_sure}
        return [
            is_sure or (session in about and session not in certain)
            for (session, _), is_sure in zip(pairs, sure, strict=True)
        ]

    def open_cells(self) -> pd.DataFrame:
        """The CELL_FINDINGS that nobody decided to bill all the same."""
        return self._cells(billed=False)

    def billed_cells(self) -> pd.DataFrame:
        """The CELL_FINDINGS that somebody decided to bill all the same."""
        return self._cells(billed=True)

    def _cells(self, *, billed: bool) -> pd.DataFrame:
        bad, places = self.intake.cell_findings, self.billed()
        settled = [place in places for place in zip(bad["session"], bad["kind"], strict=True)]
        return bad[pd.Series(settled, index=bad.index, dtype="bool") == billed]

    def why_refused(self, session: int, kind: str) -> str:
        """Why the decision about a session and kind does not count; empty where it does."""
        return self.refused.get(Place(session, kind), "")

    def of_session(self, session: int) -> list[Decision]:
        """The decisions that stand about a session."""
        return [one for one in self.latest if one.session == session]


def claim_in_question(states: pd.DataFrame) -> pd.Series[str]:
    """The claim that each changed or voided session is about (CLAIM_STATES); empty for others."""
    claim = states["claim"].where(states["resembles"] == "", states["resembles"])
    return claim.where(states["state"].isin(("changed", "voided")), "")


def decide(
    intake: Intake, keys: pd.Series[str], copies: pd.Series[int], decisions: pd.DataFrame, clinic: Clinic
) -> Decided:
    """Applies DECISIONS to sessions: puts correct values in, and refuses decisions that cannot count.

    `keys` are the sessions' opaque keys and `copies` how often each appears, by label. A decision counts for the
    session as it was: as read, or after other corrections of the same time or before.
    """
    history = tuple(_about_these(intake.sessions, keys, decisions))
    latest = tuple({one.place: one for one in history}.values())
    decided = Decided(intake, latest, keys, copies, history=history)
    if not latest:
        return decided
    applied = _with_correct_values(decided, _refused_by_the_catalogue(latest), clinic)
    return replace(
        decided,
        intake=applied.intake,
        corrected=applied.corrected,
        refused=applied.refused,
        hashed=applied.hashed,
    )


class _Applied(NamedTuple):
    """The correct values in their places: see Decided."""

    intake: Intake
    corrected: dict[Place, str]
    refused: dict[Place, str]
    hashed: dict[int, set[str]]


def _with_correct_values(decided: Decided, refused: Mapping[Place, str], clinic: Clinic) -> _Applied:
    """Puts in the correct values, each as soon as its session is what it was when the value was typed.

    `refused` are the decisions that do not count in any case; the values that can't be read come to them.
    """
    intake = decided.intake
    sessions, bad = intake.sessions.copy(), intake.cell_findings
    files = {file.file: file.sha256 for file in intake.files}
    waiting = {one.place: one for one in decided.latest if one.value and one.word in ("", BILL)}
    applied = _Applied(intake, {}, dict(refused), {})
    labels = sorted({one.session for one in decided.history})
    while labels:
        now = fingerprints(sessions.loc[labels], files)
        for label in labels:
            applied.hashed.setdefault(label, set()).add(now[label])
        changed = set()
        for place, one in list(waiting.items()):
            if place in applied.refused or now.get(one.session) != one.fingerprint:
                continue
            del waiting[place]
            own = (bad["session"] == one.session) & (bad["kind"] == one.kind)
            columns = CORRECTS[one.kind] or tuple(bad.loc[own, "column"].unique()) or ("visit",)
            before = sessions.loc[[one.session]].to_dict("records")[0]
            cells = read_value(one.kind, one.value, columns, before, clinic)
            if isinstance(cells, str):
                applied.refused[place] = cells
                continue
            for column, value in cells.items():
                sessions.loc[one.session, column] = value
            applied.corrected[place] = f"Decided on {one.on}: {put_right(cells, before)}"
            # The cell that was corrected is unreadable no more, whichever finding the value was typed for.
            corrected = (bad["session"] == one.session) & bad["column"].isin(list(cells))
            bad = bad[~((own & (one.kind != "unreadable-cell")) | corrected)]
            changed.add(one.session)
        labels = sorted(changed)
    return applied._replace(intake=replace(intake, sessions=sessions, cell_findings=bad))


def _about_these(sessions: pd.DataFrame, keys: pd.Series[str], decisions: pd.DataFrame) -> Iterator[Decision]:
    """The decisions about these sessions.

    A key that is another patient's now, on another day, is another session: some programs number each export anew.
    """
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
            yield Decision(label, kind, word, value, f"{on:%Y-%m-%d}", was)


def _refused_by_the_catalogue(decisions: Iterable[Decision]) -> dict[Place, str]:
    """Why decisions that their kinds do not take do not count."""
    refused = {}
    for one in decisions:
        allowed = CATALOGUE[one.kind].decisions
        if one.word in (DO_NOT_BILL, LATER):
            continue
        if one.value and "correct" not in allowed:
            refused[one.place] = "no value that is typed here can fix it. Clear the correct value."
        elif one.word == BILL and "bill" not in allowed and not one.value:
            needs = (
                "it needs its correct value"
                if allowed
                else "this can't be approved here. Fix it, or choose Do not bill"
            )
            refused[one.place] = f"{needs}."
    return refused


def latest_of_lines(lines: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """Applies the latest decisions to held lines of earlier runs whose file did not come this time.

    lines: ATTENTION
    decisions: DECISIONS

    Returns two flags, indexed like the lines. `never`: Do not bill, so its file is not needed again. `waits`: Bill or a
    correct value, which counts when its file comes again.
    """
    last = decisions.drop_duplicates(["session", "kind"], keep="last")
    place = ["session", "kind", "fingerprint"]
    matched = lines[place].merge(last[[*place, "decision", "correct_value"]], how="left", on=place)
    matched = matched.set_index(lines.index)
    return pd.DataFrame(
        {
            "never": lines["session"].isin(lines.loc[matched["decision"] == DO_NOT_BILL, "session"]),
            # A value beside Later does not count.
            "waits": (matched["decision"] == BILL)
            | ((matched["decision"] == "") & (matched["correct_value"].fillna("") != "")),
        }
    )
