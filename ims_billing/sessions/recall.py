"""Looks up the ledger's claims for the sessions of a run: claimed already, changed since, voided, or new."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.sessions.claim_changes import changes
from ims_billing.sessions.expected_claims import expected_in_files, just_beyond
from ims_billing.sessions.resemblance import Recognised, contradict, files_of, resembling
from ims_billing.vocabulary.frames import CLAIM_STATES, empty, prove
from ims_billing.vocabulary.identity import joined, natural_parts
from ims_billing.vocabulary.spelling import day_text, same_name, sources


@dataclass(frozen=True)
class Recall:
    """The sessions of a run, looked up on the ledger."""

    states: pd.DataFrame
    """CLAIM_STATES, indexed like the sessions."""
    patient: pd.Series[str]
    """One key per patient, by session."""
    reused: pd.Series[bool]
    """True for a session whose id was a different session's before."""
    elsewhere: pd.DataFrame
    """The active claims (ON_LEDGER with `patient_key`) whose sessions are not in the files."""
    expected: pd.Series[bool]
    """For each of `elsewhere`, whether the files would hold its session, had it not been changed or deleted."""
    active: pd.DataFrame
    """All active claims (ON_LEDGER with `patient_key`), without one that is being replaced."""

    def without(self, claims: Collection[str]) -> Recall:
        """The same without these claims: others take their places."""
        if not claims:
            return self
        kept = ~self.elsewhere["claim"].isin(claims)
        active = self.active[~self.active["claim"].isin(claims)]
        return replace(self, elsewhere=self.elsewhere[kept], expected=self.expected[kept], active=active)


def recall(
    sessions: pd.DataFrame,
    patient: pd.Series[str],
    history: pd.DataFrame,
    clinic: Clinic,
    replacing: str,
    preference: pd.Series[int],
    recognised: Recognised,
) -> Recall:
    """Looks every classified session up among the claims of the ledger (ON_LEDGER).

    `patient` is one key per patient, by session, as the files alone tell (`patient_keys`).
    `replacing` names a voided claim to treat as active, so that its session is matched. Where a claimed session
    appears more than once, the claim goes to the copy with the lowest `preference`, then to the row that was claimed.
    The sessions have `against` and `against_kind`, as `claim_changes.changes` takes them.
    `recognised` says of pairs of a session and a claim which were taken for one before.
    """
    # A replaced claim is left out: the claim that replaced it has the session.
    is_replaced = history["voided_on"].notna() & (history["replaced_by"] != "") & (history["claim"] != replacing)
    replaced, history = history[is_replaced], history[~is_replaced].reset_index(drop=True)
    if history.empty:
        return _nothing_recalled(sessions, patient, history)
    pairing = _paired(sessions.assign(rank=preference), history, replacing, clinic)
    ours, theirs, active, _ = pairing
    by_id, reused = _by_id(pairing)
    place = _matched(pairing, by_id)
    states = _states(sessions, pairing, history, place, clinic)
    _add_resemblances(states, pairing, history, place, recognised)
    in_force = history["claim"][active & (history["claim"] != replacing)]
    _add_rows_of_replaced(states, sessions.assign(rank=preference), replaced, in_force, clinic)
    _settle_older_rows(states, sessions.assign(person=ours["practitioner"]), replaced, clinic)
    is_matched = pd.Series(history.index.isin(place[place >= 0]), index=history.index)
    missing = active & ~is_matched
    beyond = just_beyond(sessions["service_date"], is_matched, theirs, active)
    expected = expected_in_files(sessions["service_date"], is_matched, theirs, active, beyond)
    claims = history[active].assign(patient_key=_patients_of_claims(pairing, place))
    return Recall(
        states=prove(states, CLAIM_STATES),
        patient=ours["patient"],
        reused=reused,
        elsewhere=claims[missing[active]],
        expected=expected[missing],
        active=claims[claims["claim"] != replacing],
    )


def _nothing_recalled(sessions: pd.DataFrame, patient: pd.Series[str], history: pd.DataFrame) -> Recall:
    nobody = history.assign(patient_key=history["patient"])
    return Recall(
        states=empty(CLAIM_STATES).reindex(sessions.index, fill_value=""),
        patient=patient,
        reused=pd.Series(False, index=sessions.index),
        elsewhere=nobody,
        expected=history["voided_on"].isna(),
        active=nobody,
    )


def _patients_of_claims(pairing: _Pairing, place: pd.Series[int]) -> pd.Series[str]:
    """The patient keys of the active claims."""
    ours, theirs, active, _ = pairing
    # A matched claim is of its session's patient, whatever the two call them.
    of_session = pd.Series(ours["patient"].to_numpy(), index=place)[(place >= 0).to_numpy()]
    named = _patient_by_name(theirs.loc[active], ours)
    return of_session[~of_session.index.duplicated()].reindex(named.index).fillna(named).astype("str")


def _patient_by_name(claims: pd.DataFrame, ours: pd.DataFrame) -> pd.Series[str]:
    """The patient keys of claims; a patient that the sessions have by name only gets the key of the sessions."""
    named = ours[["name", "born", "patient"]].drop_duplicates().drop_duplicates("name", keep=False).set_index("name")
    as_ours, born = (claims["name"].map(named[column]).astype("str").fillna("") for column in ("patient", "born"))
    two = (born != "") & (claims["born"] != "") & (born != claims["born"])
    return claims["patient"].where(claims["patient"].isin(ours["patient"]) | (as_ours == "") | two, as_ours)


def _as_sessions(history: pd.DataFrame, clinic: Clinic) -> pd.DataFrame:
    """The claimed sessions' identifying columns, with people and insurers as the clinic setup has them now."""
    people = {name: clinic.practitioner(name) for name in history["practitioner_written"].unique()}
    now = history["practitioner_written"].map({name: p.name for name, p in people.items() if p})
    copied = ("session_id", "patient", "patient_id", "phn", "birth_date", "service_date", "start")
    return pd.DataFrame(
        {
            **{name: history[name] for name in copied},
            "practitioner": history["practitioner_written"],
            "practitioner_name": now.astype("str").fillna(""),
            "service_name": history["service_name"],
            "insurer_id": _insurers_now(history, clinic),
            "policy": history["policy"],
            "member": history["member"],
        }
    )


def _insurers_now(claims: pd.DataFrame, clinic: Clinic) -> pd.Series[str]:
    """The insurer ids of claims by today's setup, which may have renamed an insurer since."""
    pairs = claims[["insurer_id", "insurer"]].drop_duplicates()
    now = {
        (fixed, name): insurer.id if (insurer := clinic.insurer(fixed) or clinic.insurer(name)) else fixed
        for fixed, name in pairs.itertuples(index=False, name=None)
    }
    each = zip(claims["insurer_id"], claims["insurer"], strict=True)
    return pd.Series([now[pair] for pair in each], index=claims.index, dtype="str")


class _Pairing(NamedTuple):
    """The two sides that are matched: the parts of the natural key of each session and of each claim.

    `ours` has the sessions' parts with `file` and `rank`; `theirs` the claims'; `active` says which claims are
    active, `open_void` which were voided and replaced by none.
    """

    ours: pd.DataFrame
    theirs: pd.DataFrame
    active: pd.Series[bool]
    open_void: pd.Series[bool]


def _paired(sessions: pd.DataFrame, history: pd.DataFrame, replacing: str, clinic: Clinic) -> _Pairing:
    """The two sides, with keys that were made together: a patient's id on one side reaches the other side by name."""
    claimed_sessions = _as_sessions(history, clinic)
    both = pd.concat([sessions[claimed_sessions.columns], claimed_sessions], ignore_index=True)
    parts = natural_parts(both).assign(
        written=both["patient"],
        name=both["patient"].map(same_name).astype("str"),
        born=day_text(both["birth_date"]),
        date=both["service_date"],
        **{name: both[name] for name in ("session_id", "patient_id", "phn", "insurer_id", "policy", "member")},
    )
    ours = parts.iloc[: len(sessions)].set_axis(sessions.index)
    ours = ours.assign(**{name: sessions[name] for name in ("file", "again_in", "rank")}, source=sources(sessions))
    theirs = parts.iloc[len(sessions) :].set_axis(claimed_sessions.index)
    theirs = theirs.assign(source=history["source"])
    active = history["voided_on"].isna() | (history["claim"] == replacing)
    return _Pairing(ours, theirs, active, open_void=~active & (history["replaced_by"] == ""))


def _by_id(pairing: _Pairing) -> tuple[pd.Series[int], pd.Series[bool]]:
    """Matches sessions to claims by id.

    Returns the label of each session's claim, -1 if none, and True for sessions whose id is reused. Some programs
    number the rows of each export anew: an id of another patient on another day is no match, unless the files lack
    the claimed session and would have it, had it not been changed.
    """
    ours, theirs, active, _ = pairing
    # The last of several claims of one session stays in the dict: the active one, else the newest.
    ids = theirs.loc[active.sort_values(kind="stable").index, "session_id"]
    place = _looked_up(ours["session_id"], dict(zip(ids[ids != ""], ids.index[ids != ""], strict=True)))
    claims = theirs.loc[place.where(place >= 0, theirs.index[0])].set_axis(ours.index)
    same_person = (claims["patient"] == ours["patient"]) | (claims["name"] == ours["name"])
    same_day = (claims["service_date"] == ours["service_date"]) | (ours["service_date"] == "")
    apart = (place >= 0) & ~same_person & ~same_day
    is_matched = pd.Series(theirs.index.isin(place[~apart]), index=theirs.index)
    beyond = just_beyond(ours["date"], is_matched, theirs, active)
    expected = expected_in_files(ours["date"], is_matched, theirs, active, beyond)
    changed = expected & ~is_matched
    reused = apart & ~changed.loc[place.where(place >= 0, theirs.index[0])].set_axis(ours.index)
    return place.mask(reused, -1), reused


class _LooserKey(NamedTuple):
    """A key that matches sessions and claims one-to-one where the strict keys do not.

    `loosened` replaces the parts that may differ, `allowed` says which pairs of equal keys may be one session.
    """

    loosened: Callable[[pd.DataFrame], pd.DataFrame]
    allowed: Callable[[pd.DataFrame, pd.DataFrame], pd.Series[bool]]


def _nothing_contradicts(one: pd.DataFrame, other: pd.DataFrame) -> pd.Series[bool]:
    """True where no number, plan or start, which both sides have, differs."""
    apart = one["insurer_id"] != other["insurer_id"]
    for name in ("patient_id", "policy", "member", "start"):
        apart |= contradict(one, other, name)
    return ~apart


def _name_and_birth_date(parts: pd.DataFrame) -> pd.Series[str]:
    return (parts["name"] + "/" + parts["born"]).mask((parts["name"] == "") | (parts["born"] == ""), "")


# How a session is matched to a claim once neither the id nor the natural key does it, in this order, first among
# active claims, then among voided ones. A looser key counts only where one session and one claim have it.
_LOOSER_KEYS = (
    # Only one of the two says when the visit began.
    _LooserKey(
        loosened=lambda parts: parts.assign(start=""),
        allowed=lambda one, other: (one["start"] == "") != (other["start"] == ""),
    ),
    # The files number patients differently: the name stands for the patient, where the start is stated.
    _LooserKey(
        loosened=lambda parts: parts.assign(patient=parts["name"]),
        allowed=lambda one, other: (one["start"] != "") & ~contradict(one, other, "born"),
    ),
    # Both at once: name and birth date stand for the patient, where only one of the two says when the visit began.
    _LooserKey(
        loosened=lambda parts: parts.assign(patient=_name_and_birth_date(parts), start=""),
        allowed=lambda one, other: (one["start"] == "") | (other["start"] == ""),
    ),
    # The claim was read back from what was sent, which says neither when the visit began nor what it was called.
    _LooserKey(
        loosened=lambda parts: parts.assign(patient=parts["name"], start="", service=""),
        allowed=lambda one, other: (other["service"] == "") & ~contradict(one, other, "born"),
    ),
)
# A birth date that was put right since a claim was voided: the session waits for a decision as before.
_OTHER_BIRTH_DATE = _LooserKey(
    loosened=lambda parts: parts.assign(patient=parts["name"], start=""), allowed=_nothing_contradicts
)


def _matched(pairing: _Pairing, by_id: pd.Series[int]) -> pd.Series[int]:
    """By session, the label of the claim of the same session, the active one if there is one; -1 where none.

    A session is matched by its id (`by_id`), else by its natural key, else one-to-one by a looser key. Of copies in
    one file, the one with the lowest rank gets the claim.
    """
    ours, theirs, active, open_void = pairing
    keys = joined(theirs.loc[active.sort_values(kind="stable").index])
    by_nature = _looked_up(joined(ours), dict(zip(keys[keys != ""], keys.index[keys != ""], strict=True)))
    active_by_nature = (by_nature >= 0) & by_nature.isin(theirs.index[active])
    place = by_id.mask(by_id.isin(theirs.index[~active]) & active_by_nature, by_nature)
    # Two visits that the practice system numbers are two, unless their start says that they are one.
    numbered = (ours["session_id"] != "") & (by_nature.map(theirs["session_id"]).astype("str").fillna("") != "")
    place = place.mask((place < 0) & ~(numbered & (ours["start"] == "")), by_nature)
    for claims in (active, open_void):
        for key in _LOOSER_KEYS:
            place = _one_to_one(place, ours, theirs[claims], key)
    place = _one_to_one(place, ours, theirs[open_void], _OTHER_BIRTH_DATE)
    its_row = ours["source"] == theirs["source"].reindex(place).set_axis(place.index).fillna("")
    order = pd.DataFrame({"rank": ours["rank"], "other": ~its_row}).sort_values(["rank", "other"], kind="stable").index
    copies_in_order = ours[["file"]].assign(claim=place).loc[order]
    copies = (place >= 0) & copies_in_order.duplicated().reindex(place.index)
    return place.mask(copies, -1)


def _looked_up(keys: pd.Series[str], places: dict[str, int]) -> pd.Series[int]:
    return keys.map(places).fillna(-1).astype("int64")


def _one_to_one(place: pd.Series[int], ours: pd.DataFrame, claims: pd.DataFrame, key: _LooserKey) -> pd.Series[int]:
    """Adds to `place` the sessions and claims that are left and share a looser key with each other and no other."""
    new, left = ours[place < 0], claims[~claims.index.isin(place)]
    if new.empty or left.empty:
        return place
    new_keys, left_keys = joined(key.loosened(new)), joined(key.loosened(left))
    new_keys, left_keys = (keys[(keys != "") & ~keys.duplicated(keep=False)] for keys in (new_keys, left_keys))
    pairs = _looked_up(new_keys, dict(zip(left_keys, left_keys.index, strict=True)))
    pairs = pairs[pairs >= 0]
    pairs = pairs[key.allowed(ours.loc[pairs.index], claims.loc[pairs].set_axis(pairs.index))]
    return place.where(~place.index.isin(pairs.index), pairs.reindex(place.index, fill_value=-1))


def _add_resemblances(
    states: pd.DataFrame, pairing: _Pairing, history: pd.DataFrame, place: pd.Series[int], recognised: Recognised
) -> None:
    """Adds to the states the claim that each unmatched session may be a correction of."""
    ours, theirs, active, _ = pairing
    # A session whose claim was voided may be the correction of another claim, as a new one may.
    new = place.mask(place.isin(theirs.index[~active]), -1)

    def taken_before(pairs: Sequence[tuple[int, str]]) -> list[bool]:
        # What was decided about a session with a claim of its own was about that one.
        return [was and place[session] < 0 for (session, _), was in zip(pairs, recognised(pairs), strict=True)]

    near = resembling(ours, theirs.assign(claim=history["claim"]), new, active, taken_before)
    near = near[near["resembles"] >= 0]
    states.loc[near.index, "resembles"] = history["claim"].loc[near["resembles"]].to_numpy()
    states.loc[near.index, "resemblance"] = near["resemblance"]


def _add_rows_of_replaced(
    states: pd.DataFrame, sessions: pd.DataFrame, replaced: pd.DataFrame, in_force: pd.Series[str], clinic: Clinic
) -> None:
    """Adds to the states the claim that stands in the place of one that was as an unmatched session is.

    The visit may have been moved far since: an older export has it as it was, and it is no new visit. A file that
    holds the session of the claim in force too has two visits. `in_force` are the numbers of such claims.
    """
    new = sessions[(states["claim"] == "") & (states["resembles"] == "")]
    if new.empty or replaced.empty:
        return
    pairing = _paired(new, replaced.reset_index(drop=True), "", clinic)
    every = pd.Series(True, index=pairing.theirs.index)
    place = _matched(pairing._replace(active=every, open_void=~every), pd.Series(-1, index=new.index))
    by = dict(zip(replaced["claim"], replaced["replaced_by"], strict=True))
    claims, files = set(in_force), files_of(sessions)
    holders: dict[str, set[str]] = {}
    for claim, names in zip(states["claim"], files, strict=True):
        holders.setdefault(claim, set()).update(names)
    for session, was in zip(new.index[place >= 0], place[place >= 0], strict=True):
        number = now = replaced["claim"].iloc[was]
        while now in by:
            now = by[now]
        if now in claims and holders.get(now, set()).isdisjoint(files.loc[session]):
            states.loc[session, ["resembles", "resemblance"]] = (
                now,
                f"it is as it was at {number}, which that claim replaced",
            )


def _states(
    sessions: pd.DataFrame, pairing: _Pairing, history: pd.DataFrame, place: pd.Series[int], clinic: Clinic
) -> pd.DataFrame:
    """Claim, state and message of every session: the CLAIM_STATES frame, without resemblances."""
    states = empty(CLAIM_STATES).reindex(sessions.index, fill_value="")
    on_ledger = place.index[place >= 0]
    if on_ledger.empty:
        return states
    claims = history.loc[place[on_ledger]].set_axis(on_ledger)
    states.loc[on_ledger, "claim"] = claims["claim"]
    states.loc[on_ledger, "state"] = np.where(claims["voided_on"].notna(), "voided", "claimed")
    theirs = pairing.theirs.loc[place[on_ledger]].set_axis(on_ledger)
    then = claims.assign(person=theirs["practitioner"], insurer_id=theirs["insurer_id"])
    now = sessions.loc[on_ledger].assign(person=pairing.ours.loc[on_ledger, "practitioner"])
    what = changes(now, then, clinic)
    changed = what[(what != "") & (states.loc[on_ledger, "state"] == "claimed")]
    states.loc[changed.index, "state"] = "changed"
    states.loc[changed.index, "message"] = (
        "Claimed as " + states.loc[changed.index, "claim"] + "; since then changed: " + changed + "."
    )
    return states


def _settle_older_rows(states: pd.DataFrame, sessions: pd.DataFrame, replaced: pd.DataFrame, clinic: Clinic) -> None:
    """Takes the very rows that claims were made of which others replaced for claimed, where a row is as those are.

    These are rows of an older export beside a newer one. `sessions` have who treated as `person`.
    """
    of_claim = states["claim"].where(states["claim"] != "", states["resembles"])
    stands = of_claim.isin(states.loc[states["state"] == "claimed", "claim"])
    before = replaced.set_index("replaced_by", drop=False)
    claim = of_claim[stands & states["state"].isin(("changed", "")) & of_claim.isin(before.index)]
    number = claim
    while len(number):
        then, now = before.loc[number].set_axis(number.index), sessions.loc[number.index]
        as_sessions = _as_sessions(then, clinic)
        person = natural_parts(as_sessions)["practitioner"]
        same = changes(now, then.assign(person=person, insurer_id=as_sessions["insurer_id"]), clinic) == ""
        same &= sources(now) == then["source"]
        older = same.index[same]
        states.loc[older, list(states.columns)] = ""
        states.loc[older, "claim"], states.loc[older, "state"] = claim[older], "claimed"
        number = then["claim"][~same]
        number = number[number.isin(before.index)]
