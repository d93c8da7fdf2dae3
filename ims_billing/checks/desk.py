"""The desk that checks look at, their registration, and their messages as the findings frame."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, get_args

import numpy as np
import pandas as pd

from ims_billing.clinic.clinic import Clinic, Insurer
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.frames import FINDINGS, NO_SESSION, as_frame, empty
from ims_billing.vocabulary.kinds import DID_NOT_TAKE_PLACE, Billable
from ims_billing.vocabulary.progress import Progress, no_progress
from ims_billing.vocabulary.quoting import Names
from ims_billing.vocabulary.rows import Different, different

T = TypeVar("T")
# How many other places a message names.
SHOWN = 3
BILLED_AS_PHYSIOTHERAPY = get_args(Billable)


@dataclass(frozen=True)
class Desk:
    """The frames that a check may look at; each is indexed by session unless its line says otherwise."""

    candidates: pd.DataFrame
    """Sessions that no earlier rule has settled (CLASSIFIED): the ones the checks examine."""
    sessions: pd.DataFrame
    """All sessions of the run, with their `reason` not to bill; it is empty for candidates."""
    other: pd.DataFrame
    """The sessions whose service is not billed here: their service, its doubts, and who gave it."""
    prices: pd.DataFrame
    """PRICES of the candidates."""
    group: pd.Series[int]
    """Equal numbers for the copies of one session."""
    copies: list[tuple[int, int]]
    """Pairs of positions in `sessions` that are one visit as far as their rows say."""
    patient: pd.Series[str]
    """A key per patient, the same as `patient_key` in the frames of claims; empty where nobody is named."""
    bad_cells: pd.DataFrame
    """CELL_FINDINGS: the cells that could not be read."""
    states: pd.DataFrame
    """CLAIM_STATES of the sessions."""
    claimed: pd.DataFrame
    """Active claims of any month (ON_LEDGER with `patient_key`) whose sessions are not in the files."""
    gone: pd.DataFrame
    """Those of `claimed` whose sessions should be in the files."""
    moved: pd.DataFrame
    """Those of `active` whose sessions the files date to another month than theirs."""
    active: pd.DataFrame
    """All active claims (ON_LEDGER with `patient_key`)."""
    seconds: pd.DataFrame
    """The active claims to second insurers that follow one of `active`, in the same columns."""
    has_claim: pd.Series[bool]
    """True for a session with an active claim: the claim's cells go before those of a later row."""
    unclaimed: pd.DataFrame
    """Visits on the ledger that have no claim: the columns of `sessions.other_visits.unclaimed_visits`."""
    clinic: Clinic
    """The clinic's setup."""
    as_of: dt.date
    """The day of the run."""
    in_time: pd.Series[bool]
    """True for a session that was claimed before, in time."""
    numbers: pd.DataFrame | None = None
    """`insurer_id`, `policy` and `member` of every active claim, each once, where `active` has only those in reach."""
    corrected: frozenset[int] = frozenset()
    """Sessions with a correct value that somebody typed: a person has decided what they say."""
    status_corrected: frozenset[int] = frozenset()
    """Those of `corrected` whose correct value is the status."""
    _computed: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    """Results of `once`, by function."""

    def once(self, make: Callable[[Desk], T]) -> T:
        """Returns `make(self)`, computed once for all checks."""
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

    @cached_property
    def superseded(self) -> pd.Series[bool]:
        """Sessions whose claim a candidate takes the place of, as decided: the candidate is what became of them."""
        claim = self.sessions["claim"]
        return (claim != "") & claim.isin(self.candidates["replaces"])

    @cached_property
    def names(self) -> Names:
        """The names in the columns of patients and insured of the run, which no message quotes."""
        return Names.of(self.sessions)

    def readable(self, column: str) -> pd.Series[bool]:
        """Candidates whose cell in a column was not bad: a bad cell has a finding of its own."""
        if self.bad_cells.empty:
            return pd.Series(True, index=self.candidates.index)
        # A visit without a sale has neither fee nor insurer, and says so once.
        about_column = (self.bad_cells["column"] == column) | (self.bad_cells["kind"] == "arrival-without-sale")
        bad = self.bad_cells.loc[about_column, "session"]
        return ~self.candidates.index.to_series().isin(bad)

    def by_insurer_and_day(self, says: Callable[[Insurer, dt.date], bool]) -> pd.Series[bool]:
        """Asks `says` about each candidate's insurer on its service date; False for an unknown insurer."""
        insurers = {insurer.id: insurer for insurer in self.clinic.insurers}

        def holds(insurer_id: str, day: dt.date) -> bool:
            insurer = insurers.get(insurer_id)
            return insurer is not None and says(insurer, day)

        numbers, rows = self._insurers_and_days
        answers = np.array([holds(*pair) for pair in rows], dtype="bool")
        return pd.Series(answers[numbers], self.candidates.index, dtype="bool")

    @cached_property
    def _insurers_and_days(self) -> Different:
        """The insurer's id and the day of each candidate, which many checks go by."""
        return different(self.candidates, ["insurer_id", "service_date"])


# Returns the message of each session that the finding is about, indexed by session.
Check = Callable[[Desk], "pd.Series[str]"]
CHECKS: dict[str, Check] = {}


# By kind that holds, the candidates on which it only warns, unless the clinic file says how serious it is.
_ONLY_WARNS: dict[str, Callable[[Desk], pd.Series[bool]]] = {}

# By kind, the candidates for which the clinic setup says nothing.
_LACKS_SETUP: dict[str, Callable[[Desk], pd.Series[bool]]] = {}


# By kind, the candidates on which it holds whatever the clinic file says.
_ALWAYS_HOLDS: dict[str, Callable[[Desk], pd.Series[bool]]] = {}


def check(
    kind: str,
    *,
    only_warns: Callable[[Desk], pd.Series[bool]] | None = None,
    always_holds: Callable[[Desk], pd.Series[bool]] | None = None,
    lacks_setup: Callable[[Desk], pd.Series[bool]] | None = None,
) -> Callable[[Check], Check]:
    """Registers a function as the check for a kind of the catalogue; KeyError for an unknown one (a bug).

    `only_warns` and `always_holds` give the candidates whose severity is not the kind's usual one, `lacks_setup` those
    for which the clinic setup says nothing: their fix is to fill it in.
    """

    def register(function: Check) -> Check:
        CHECKS[CATALOGUE[kind].kind] = function
        if only_warns is not None:
            _ONLY_WARNS[kind] = only_warns
        if always_holds is not None:
            _ALWAYS_HOLDS[kind] = always_holds
        if lacks_setup is not None:
            _LACKS_SETUP[kind] = lacks_setup
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
    """Runs every check and returns FINDINGS, with this clinic's severities; kinds that are off give none.

    A session has at most one finding of a kind, so that one decision settles it. `undated` is True for the sessions
    without a date. `progress` is called before each check.
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
        if kind not in desk.clinic.severity and (findings["kind"] == kind).any():
            light = only_warns(desk)
            softer = (findings["kind"] == kind) & findings["session"].isin(light.index[light])
            findings["severity"] = findings["severity"].mask(softer, "warn")
    for kind, always_holds in _ALWAYS_HOLDS.items():
        if (findings["kind"] == kind).any():
            firm = always_holds(desk)
            firmer = (findings["kind"] == kind) & findings["session"].isin(firm.index[firm])
            findings["severity"] = findings["severity"].mask(firmer, "hold")
    findings = _with_fix_in_setup(findings[~findings["kind"].isin(off) | (findings["severity"] == "hold")], desk)
    return _once(pd.concat([_cell_findings(desk, undated), findings], ignore_index=True))


def _with_fix_in_setup(findings: pd.DataFrame, desk: Desk) -> pd.DataFrame:
    """The findings, with the setup's fix for those that are there because the clinic setup says nothing."""
    for kind, lacks_setup in _LACKS_SETUP.items():
        if (findings["kind"] == kind).any():
            silent = lacks_setup(desk)
            ours = (findings["kind"] == kind) & findings["session"].isin(silent.index[silent])
            fix = findings["fix"].mask(ours, CATALOGUE[kind].setup_fix)
            findings = findings.assign(fix=fix, in_setup=findings["in_setup"] | ours)
    return findings


def _cell_findings(desk: Desk, undated: pd.Series[bool]) -> pd.DataFrame:
    """The findings about bad cells of sessions that the checks examine, or that have no date."""
    bad = desk.bad_cells
    if bad.empty and not undated.any():
        return empty(FINDINGS)
    on_date = bad["column"].isin(("service_date", "line"))
    of_date = bad["session"].isin(undated.index[undated]) & on_date
    counts = of_date | (bad["session"].isin(desk.candidates.index) & ~on_date)
    bad = bad[counts]
    light = _light(desk, bad)
    without = undated.index[undated].difference(pd.Index(bad.loc[of_date, "session"]))
    missing = pd.Series("The service date is missing.", index=without, dtype="str")
    unmapped = bad["column"] == "unmapped"
    fix = CATALOGUE["unreadable-cell"].setup_fix
    parts = [
        findings_frame(_by_kind(desk, bad[~light & ~unmapped]), desk.clinic),
        findings_frame(_by_kind(desk, bad[~light & unmapped]), desk.clinic).assign(fix=fix, in_setup=True),
        findings_frame(_by_kind(desk, bad[light]), desk.clinic).assign(severity="warn"),
        findings_frame([("missing-service-date", missing)] if len(without) else [], desk.clinic),
    ]
    findings = pd.concat(parts, ignore_index=True)
    return as_frame(findings.sort_values("session", kind="stable", ignore_index=True), FINDINGS)


def _by_kind(desk: Desk, bad: pd.DataFrame) -> list[tuple[str, pd.Series[str]]]:
    """The messages about bad cells by kind; kinds that are off give none."""
    return [
        (str(kind), part.set_index("session")["message"])
        for kind, part in bad.groupby("kind", sort=False)
        if desk.clinic.severity_of(str(kind)) != "off"
    ]


def _light(desk: Desk, bad: pd.DataFrame) -> pd.Series[bool]:
    """True for the bad cells that only warn, because nothing about their session depends on the column."""
    light = pd.Series(False, index=bad.index, dtype="bool")
    for column, depends in _CELL_HOLDS.items():
        cells = (bad["kind"] == "unreadable-cell") & (bad["column"] == column)
        if cells.any():
            holds = depends(desk)
            light |= cells & ~bad["session"].isin(holds.index[holds])
    return light


def _once(findings: pd.DataFrame) -> pd.DataFrame:
    """Joins the findings of one session and kind into one line; findings about no session stay as they are."""
    place = findings[["session", "kind"]]
    again = place.duplicated(keep=False) & (findings["session"] != NO_SESSION)
    if not again.any():
        return findings
    groups = findings[again].groupby(["session", "kind"], sort=False)
    # "hold" comes before "warn": one cell that holds is enough. The setup is the place only where it is that of all.
    joined = {
        "message": groups["message"].transform(" ".join),
        "severity": groups["severity"].transform("min"),
        "fix": groups["fix"].transform(lambda fixes: " ".join(dict.fromkeys(fixes))),
        "in_setup": groups["in_setup"].transform("all"),
    }
    whole = {name: findings[name].mask(again, values).astype(findings[name].dtype) for name, values in joined.items()}
    return findings.assign(**whole)[~(again & place.duplicated())]


def findings_frame(messages_by_kind: list[tuple[str, pd.Series[str]]], clinic: Clinic) -> pd.DataFrame:
    """Builds FINDINGS from the messages of each kind, indexed by session."""
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
    frame = pd.concat(parts, ignore_index=True).assign(claim="", decided=False, in_setup=False)
    return as_frame(frame.sort_values("session", kind="stable", ignore_index=True), FINDINGS)


def say(rows: pd.Series[bool], message: str) -> pd.Series[str]:
    """Gives the same message to every session that is True in `rows`."""
    return pd.Series(message, index=rows.index[rows], dtype="str")


def of_rows(
    sessions: pd.DataFrame, rows: pd.Series[bool], message: Callable[[pd.DataFrame], pd.Series[str]]
) -> pd.Series[str]:
    """Gives `message` the sessions that are True in `rows`, if there are any: in most months there are none."""
    return message(sessions[rows]).astype("str") if rows.any() else pd.Series(dtype="str")


def one_each(parts: list[pd.Series[str]]) -> pd.Series[str]:
    """Joins the messages of several rules into one per session."""
    both = pd.concat([part for part in parts if len(part)]) if any(len(part) for part in parts) else None
    return pd.Series(dtype="str") if both is None else both.groupby(level=0, sort=False).agg(" ".join).astype("str")


def and_others(places: list[str], count: int) -> str:
    """Lists the places in words, and counts the rest of the `count` there are."""
    shown = places if count == len(places) else [*places, f"{count - len(places)} more places"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


class _Row(NamedTuple):
    file: str
    number: int


def _row_by_session(desk: Desk) -> dict[int, _Row]:
    sessions = desk.sessions
    return dict(zip(sessions.index, map(_Row, sessions["file"], sessions["row"]), strict=True))


def place(desk: Desk, row: int, *, beside: int) -> str:
    """Names the row of a session in a message about the session `beside`; the file only if it is another."""
    rows = desk.once(_row_by_session)
    elsewhere = rows[row].file != rows[beside].file
    return f"row {rows[row].number}{f' of {rows[row].file}' if elsewhere else ''}"


def claimed_days(desk: Desk) -> pd.DataFrame:
    """Claimed visits that are not in the files: `patient`, `date`, `claim`; each its own `group`, numbered below 0."""
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
