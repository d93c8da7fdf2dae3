"""What a check may look at, how it is registered, and what it says: the findings frame."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, get_args

import numpy as np
import pandas as pd

from ims_billing.clinic.clinic import Clinic, Insurer
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.frames import FINDINGS, NO_SESSION, as_frame, empty
from ims_billing.vocabulary.model import DID_NOT_TAKE_PLACE, Billable, Progress, no_progress

T = TypeVar("T")
# How many other places a message names.
SHOWN = 3
BILLED_AS_PHYSIOTHERAPY = get_args(Billable)


@dataclass(frozen=True)
class Desk:
    """What a check may look at.

    `candidates` are the classified sessions that come as far as the checks, `sessions` all of the run with
    their `reason` (empty where they are candidates), `other` those that are not billed for their service.
    `prices` goes with the candidates. `group` numbers every session of the run: equal means the same session.
    `bad_cells` is the CELL_FINDINGS frame. `states` has the claim states of the sessions, and
    `patient` has a key per patient that goes with `patient_key` in `claimed`: the active claims (ON_LEDGER), of
    whatever month, whose sessions are not in the files. Of `gone` they should be. `active` are all active claims, with
    `patient_key`, and `has_claim` says which sessions of the files one of them is of: what a claim says goes before
    what a later row says, or leaves out. `unclaimed` are the visits beside them that the ledger has seen:
    `patient_key`, `service_date`, `insurer_id`, `service`. `in_time` candidates were claimed before, in time.
    """

    candidates: pd.DataFrame
    sessions: pd.DataFrame
    other: pd.DataFrame
    prices: pd.DataFrame
    group: pd.Series[int]
    patient: pd.Series[str]
    bad_cells: pd.DataFrame
    states: pd.DataFrame
    claimed: pd.DataFrame
    gone: pd.DataFrame
    active: pd.DataFrame
    has_claim: pd.Series[bool]
    unclaimed: pd.DataFrame
    clinic: Clinic
    as_of: dt.date
    in_time: pd.Series[bool]
    # The sessions of which somebody typed a correct value: what they say now, somebody decided.
    corrected: frozenset[int] = frozenset()
    _computed: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, make: Callable[[Desk], T]) -> T:
        """What a function makes of this desk, made once for all checks."""
        if make not in self._computed:
            self._computed[make] = make(self)
        value: T = self._computed[make]
        return value

    @cached_property
    def took_place(self) -> pd.Series[bool]:
        """Sessions of the run, of whatever service and month, that took place on a day that is known."""
        sessions = self.sessions
        ahead = sessions["service_date"] > pd.Timestamp(self.as_of)
        return ~sessions["status"].isin(DID_NOT_TAKE_PLACE) & sessions["service_date"].notna() & ~ahead

    def readable(self, column: str) -> pd.Series[bool]:
        """Candidates whose cell in a column was not bad: a bad cell has a finding of its own."""
        # A visit without a sale has neither fee nor insurer, and says so once.
        about_column = (self.bad_cells["column"] == column) | (self.bad_cells["kind"] == "arrival-without-sale")
        bad = self.bad_cells.loc[about_column, "session"]
        return ~self.candidates.index.to_series().isin(bad)

    def by_insurer_and_day(self, says: Callable[[Insurer, dt.date], bool]) -> pd.Series[bool]:
        """What is so of each candidate's insurer on its service date; of one that is not known, nothing is."""
        pairs, of_pair = self._insurers_and_days
        holds = np.array([insurer is not None and says(insurer, day) for insurer, day in pairs], dtype=bool)
        return pd.Series(holds[of_pair], index=self.candidates.index)

    @cached_property
    def _insurers_and_days(self) -> tuple[list[tuple[Insurer | None, dt.date]], Any]:
        """The few pairs of insurer and day that the candidates have, and which of them each has."""
        insurers = {insurer.id: insurer for insurer in self.clinic.insurers}
        keys = self.candidates[["insurer_id", "service_date"]]
        pairs = keys.drop_duplicates()
        ids_and_days = zip(pairs["insurer_id"], pairs["service_date"], strict=True)
        of_pair = keys.groupby(list(keys), sort=False).ngroup().to_numpy()
        return [(insurers.get(insurer_id), day.date()) for insurer_id, day in ids_and_days], of_pair


# Indexed by session: the sessions that the finding is about, with what it says of each.
Check = Callable[[Desk], "pd.Series[str]"]
CHECKS: dict[str, Check] = {}


# By kind that holds, the candidates on which it only warns, unless the clinic file says how serious it is.
_ONLY_WARNS: dict[str, Callable[[Desk], pd.Series[bool]]] = {}


# By kind, the candidates on which it holds whatever the clinic file says.
_ALWAYS_HOLDS: dict[str, Callable[[Desk], pd.Series[bool]]] = {}


def check(
    kind: str,
    *,
    only_warns: Callable[[Desk], pd.Series[bool]] | None = None,
    always_holds: Callable[[Desk], pd.Series[bool]] | None = None,
) -> Callable[[Check], Check]:
    """Registers a function as the check for a kind of the catalogue; KeyError for an unknown one (a bug).

    `only_warns` and `always_holds` give the candidates whose severity is not the kind's usual one.
    """

    def register(function: Check) -> Check:
        CHECKS[CATALOGUE[kind].kind] = function
        if only_warns is not None:
            _ONLY_WARNS[kind] = only_warns
        if always_holds is not None:
            _ALWAYS_HOLDS[kind] = always_holds
        return function

    return register


# By column of the sessions, the candidates that an unreadable cell in it holds; in other columns it always holds.
Depends = Callable[[Desk], "pd.Series[bool]"]
_CELL_HOLDS: dict[str, Depends] = {}


def cell_holds(*columns: str) -> Callable[[Depends], Depends]:
    """Registers the candidates that an unreadable cell in these columns holds: a check or a fee depends on it."""

    def register(function: Depends) -> Depends:
        for column in columns:
            _CELL_HOLDS[column] = function
        return function

    return register


def run_checks(desk: Desk, undated: pd.Series[bool], progress: Progress = no_progress) -> pd.DataFrame:
    """The FINDINGS frame of bad cells and of every check, with this clinic's severities; kinds that are off make none.

    Of a session and kind there is one finding, which is decided as one. The `undated` sessions have no date to go by.
    """
    off = {kind for kind in CHECKS if desk.clinic.severity_of(kind) == "off"}
    kinds = [kind for kind in CATALOGUE if kind in CHECKS and (kind not in off or kind in _ALWAYS_HOLDS)]
    messages_by_kind = []
    for number, kind in enumerate(kinds):
        progress(f"Checking, {number + 1} of {len(kinds)}", number / len(kinds))
        messages = CHECKS[kind](desk)
        if not messages.empty:
            messages_by_kind.append((kind, messages))
    findings = findings_frame(messages_by_kind, desk.clinic)
    for kind, only_warns in _ONLY_WARNS.items():
        if kind not in desk.clinic.severity:
            light = only_warns(desk)
            softer = (findings["kind"] == kind) & findings["session"].isin(light.index[light])
            findings["severity"] = findings["severity"].mask(softer, "warn")
    for kind, always_holds in _ALWAYS_HOLDS.items():
        firm = always_holds(desk)
        firmer = (findings["kind"] == kind) & findings["session"].isin(firm.index[firm])
        findings["severity"] = findings["severity"].mask(firmer, "hold")
    findings = findings[~findings["kind"].isin(off) | (findings["severity"] == "hold")]
    return _once(pd.concat([_cell_findings(desk, undated), findings], ignore_index=True))


def _cell_findings(desk: Desk, undated: pd.Series[bool]) -> pd.DataFrame:
    """The findings of bad cells that count: of sessions that come to the checks, or that have no date."""
    bad = desk.bad_cells
    on_date = bad["column"].isin(("service_date", "line"))
    of_date = bad["session"].isin(undated.index[undated]) & on_date
    counts = of_date | (bad["session"].isin(desk.candidates.index) & ~on_date)
    bad = bad[counts]
    light = _light(desk, bad)
    without = undated.index[undated].difference(pd.Index(bad.loc[of_date, "session"]))
    missing = pd.Series("The service date is missing.", index=without, dtype="str")
    parts = [
        findings_frame(_by_kind(desk, bad[~light]), desk.clinic),
        findings_frame(_by_kind(desk, bad[light]), desk.clinic).assign(severity="warn"),
        findings_frame([("missing-service-date", missing)] if len(without) else [], desk.clinic),
    ]
    findings = pd.concat(parts, ignore_index=True)
    return as_frame(findings.sort_values("session", kind="stable", ignore_index=True), FINDINGS)


def _by_kind(desk: Desk, bad: pd.DataFrame) -> list[tuple[str, pd.Series[str]]]:
    """The messages of bad cells by kind; kinds that are off make none."""
    return [
        (str(kind), part.set_index("session")["message"])
        for kind, part in bad.groupby("kind", sort=False)
        if desk.clinic.severity_of(str(kind)) != "off"
    ]


def _light(desk: Desk, bad: pd.DataFrame) -> pd.Series[bool]:
    """The bad cells that only warn: those of columns on which nothing depends for their session."""
    light = pd.Series(False, index=bad.index, dtype="bool")
    for column, depends in _CELL_HOLDS.items():
        cells = (bad["kind"] == "unreadable-cell") & (bad["column"] == column)
        if cells.any():
            holds = depends(desk)
            light |= cells & ~bad["session"].isin(holds.index[holds])
    return light


def _once(findings: pd.DataFrame) -> pd.DataFrame:
    """The findings with one line for a session and kind, which is decided as one; those of no session as they are."""
    place = findings[["session", "kind"]]
    again = place.duplicated(keep=False) & (findings["session"] != NO_SESSION)
    if not again.any():
        return findings
    groups = findings[again].groupby(["session", "kind"], sort=False)
    # "hold" comes before "warn": one cell that holds is enough.
    joined, worst = groups["message"].agg(" ".join), groups["severity"].min()
    places = list(place[again].itertuples(index=False, name=None))
    messages = pd.Series([joined[where] for where in places], place[again].index)
    severities = pd.Series([worst[where] for where in places], place[again].index)
    findings = findings.assign(
        message=findings["message"].mask(again, messages).astype("str"),
        severity=findings["severity"].mask(again, severities).astype("str"),
    )
    return findings[~(again & place.duplicated())]


def findings_frame(messages_by_kind: list[tuple[str, pd.Series[str]]], clinic: Clinic) -> pd.DataFrame:
    """The FINDINGS frame of messages by kind."""
    parts = [
        pd.DataFrame(
            {
                "session": messages.index.to_numpy(),
                "kind": kind,
                "severity": clinic.severity_of(kind),
                "message": messages.to_numpy(),
                "fix": CATALOGUE[kind].fix,
            }
        )
        for kind, messages in messages_by_kind
    ]
    if not parts:
        return empty(FINDINGS)
    frame = pd.concat(parts, ignore_index=True).assign(claim="", decided=False)
    return as_frame(frame.sort_values("session", kind="stable", ignore_index=True), FINDINGS)


def say(rows: pd.Series[bool], message: str) -> pd.Series[str]:
    """One message for all rows that are meant."""
    return pd.Series(message, index=rows.index[rows], dtype="str")


def and_others(places: list[str], count: int) -> str:
    """The places as a list in words, of which there are `count` in all."""
    shown = places if count == len(places) else [*places, f"{count - len(places)} more places"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _stands(desk: Desk) -> dict[int, tuple[str, int]]:
    sessions = desk.sessions
    return dict(zip(sessions.index, zip(sessions["file"], sessions["row"], strict=True), strict=True))


def place(desk: Desk, row: int, *, beside: int) -> str:
    """Where a session stands, as told from another: the file only where it is not the same."""
    stands = desk.once(_stands)
    (file, number), (own_file, _) = stands[row], stands[beside]
    return f"row {number}{f' of {file}' if file != own_file else ''}"


def claimed_days(desk: Desk) -> pd.DataFrame:
    """Patient, date and claim of the visits that are on the ledger only, each a group of its own below 0."""
    claimed = desk.claimed
    below = -1 - np.arange(len(claimed))
    return pd.DataFrame(
        {
            "patient": claimed["patient_key"].to_numpy(),
            "date": claimed["service_date"].to_numpy(),
            "group": below,
            "candidate": False,
            "claim": ("claim " + claimed["claim"]).to_numpy(),
        },
        index=below,
    )
