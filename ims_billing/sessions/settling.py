"""The findings once decisions count: what was decided warns, and a decision that does not count says why."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import pandas as pd

from ims_billing.sessions.decisions import ABOUT_A_CLAIM, Decided, Decision, Place, claim_in_question
from ims_billing.vocabulary.fields import CORRECTS
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.frames import DO_NOT_BILL, FINDINGS, as_frame, prove


class Finding(NamedTuple):
    """One row of the FINDINGS frame, in its order."""

    session: int
    """The session's index label; NO_SESSION if it is about none."""
    kind: str
    """The kind of finding."""
    severity: str
    """'hold' or 'warn'."""
    message: str
    """The fault, without patients' data."""
    fix: str
    """The way to correct it."""
    claim: str = ""
    """The number of the claim that it is about; empty if none."""
    decided: bool = False
    """True if a decision counts for it."""
    in_setup: bool = False
    """True if it is fixed in the clinic setup, which says nothing about it."""


@dataclass(frozen=True)
class Examined:
    """The sessions that decisions are weighed for."""

    candidates: Collection[int]
    """The sessions that came as far as the checks, or have no date."""
    group: pd.Series[int]
    """Equal numbers for the copies of one session, by label."""
    claimed: Collection[int]
    """The sessions for which an active claim stands."""
    states: pd.DataFrame
    """The CLAIM_STATES frame."""


def with_copies_refused(decided: Decided, examined: Examined) -> Decided:
    """The decisions, of which Bill counts on one copy of a session, and on none where one is claimed."""
    chosen = [
        session
        for session in decided.copies_to_bill()
        if session not in examined.claimed and session in examined.candidates
    ]
    numbers = examined.group[chosen]
    of_claimed = set(examined.group[list(examined.claimed)])
    refused = {}
    for session, number in numbers.items():
        place = Place(int(str(session)), "duplicate-session")
        if number in of_claimed:
            refused[place] = "another copy of it is claimed."
        elif (numbers == number).sum() > 1:
            refused[place] = f"{(numbers == number).sum()} copies are to be billed. Choose one."
    return replace(decided, refused={**decided.refused, **refused})


def settle(findings: pd.DataFrame, decided: Decided, examined: Examined) -> pd.DataFrame:
    """Returns the FINDINGS after the decisions.

    `decided` has refused what can't count beside each other: see `with_copies_refused`. What was decided to be billed
    warns; a decision that does not count is told with the reason. A session that was not to be billed, has changed
    since and has no other hold, is to be decided again. Findings about a claim name it.
    """
    about = findings["kind"].isin(ABOUT_A_CLAIM)
    if about.any():
        claims = findings["session"].map(claim_in_question(examined.states)).astype("str").fillna("")
        findings = findings.assign(claim=claims.where(about, ""))
    if not decided.latest:
        return prove(findings, FINDINGS)
    billed = decided.billed()
    latest = {one.place: one for one in decided.latest}
    corrected = {Place(one.session, field): one for one in decided.latest for field in _corrected_field(one, decided)}
    settled: list[Finding] = []
    for finding in map(Finding._make, findings.itertuples(index=False, name=None)):
        place = Place(finding.session, finding.kind)
        one = latest.get(place)
        if finding.severity == "hold" and one is not None:
            finding = _decided(finding, one, decided, billed)
        elif finding.severity == "hold":
            fields = CORRECTS.get(finding.kind, ())[:1]
            if fields and (value := corrected.get(Place(finding.session, fields[0]))):
                finding = _with_value(finding, value)
        settled.append(finding)
    held = {Place(one.session, one.kind) for one in settled if one.severity == "hold"}
    settled += _billed_cells(decided, latest, examined)
    settled += _corrections(decided, examined)
    settled += _to_decide_again(decided, examined, held)
    return as_frame(settled, FINDINGS)


def closed_copies(findings: pd.DataFrame, decided: Decided, examined: Examined) -> set[int]:
    """Copies that nobody has to decide about any more: another copy was chosen to be billed, and nothing holds it.

    findings: FINDINGS after decisions

    A copy stays on hold if something else holds it too, or somebody decided otherwise about it.
    """
    if not decided.latest:
        return set()
    holds = findings[findings["severity"] == "hold"]
    held = set(holds["session"])
    group = examined.group
    chosen = [
        s for s in decided.copies_to_bill() if s not in held and (s in examined.candidates or s in examined.claimed)
    ]
    of_chosen = set(group[chosen])
    otherwise = held & set(holds.loc[holds["kind"] != "duplicate-session", "session"])
    typed = {one.session for one in decided.latest if one.kind == "duplicate-session"}
    copies = {s for s in held if s in examined.candidates and group[s] in of_chosen}
    return copies - otherwise - typed - set(examined.claimed)


def _corrected_field(one: Decision, decided: Decided) -> tuple[str, ...]:
    """The field that a value which was put in stands for; none where no value was put in."""
    return CORRECTS[one.kind][:1] if one.place in decided.corrected else ()


def _decided(finding: Finding, one: Decision, decided: Decided, billed: set[Place]) -> Finding:
    """A finding that holds, once the decision about it counts or says why it does not."""
    if one.place in billed:
        return finding._replace(severity="warn", message=f"{finding.message} {one.sentence()}", decided=True)
    if not one.fingerprint:
        why = "That was in a workbook of an earlier version of the program: decide once more."
    elif not decided.is_current(one, finding.claim):
        why = "The session changed since then: decide again."
    elif one.place in decided.refused:
        why = f"The decision does not count: {decided.refused[one.place]}"
    else:
        return _with_value(finding, one) if one.place in decided.corrected else finding
    return finding._replace(message=f"{finding.message} {one.sentence()} {why}")


def _with_value(finding: Finding, one: Decision) -> Finding:
    return finding._replace(message=f"{finding.message} That is so with the value decided on {one.on}.")


def _billed_cells(decided: Decided, latest: dict[Place, Decision], examined: Examined) -> Iterator[Finding]:
    """Makes warnings of the bad cells that somebody decided to bill."""
    for session, _, kind, message in decided.billed_cells().itertuples(index=False, name=None):
        if session in examined.candidates:
            sentence = latest[Place(session, kind)].sentence()
            yield Finding(session, kind, "warn", f"{message} {sentence}", CATALOGUE[kind].fix, decided=True)


def _corrections(decided: Decided, examined: Examined) -> Iterator[Finding]:
    """Makes warnings of the correct values, so that the claim keeps them as remarks."""
    for (session, kind), message in decided.corrected.items():
        if session in examined.candidates:
            fix = "Put it right where the session is kept too, so that the next export has it."
            yield Finding(session, kind, "warn", message, fix, decided=True)


def _to_decide_again(decided: Decided, examined: Examined, held: set[Place]) -> Iterator[Finding]:
    """Sessions that were not to be billed and have changed since."""
    for place, one in {one.place: one for one in decided.history if one.settles}.items():
        if (
            one.word == DO_NOT_BILL
            and one.fingerprint
            # Where the copies are gone, so is what was decided about them.
            and one.kind not in (*ABOUT_A_CLAIM, "duplicate-session")
            and one.session in examined.candidates
            and place not in held
            and not decided.is_current(one)
        ):
            message = f"{one.sentence()} The session changed since then: decide again."
            yield Finding(one.session, one.kind, "hold", message, "Choose Bill or Do not bill for it as it is now.")
