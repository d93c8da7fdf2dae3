"""What the ledger knows of the sessions that came: already claimed, changed since, voided, or gone."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.rules.values import Codes
from ims_billing.sessions.resemblance import resembling, told_of
from ims_billing.vocabulary.identity import joined, natural_parts, patient_keys
from ims_billing.vocabulary.model import DID_NOT_TAKE_PLACE
from ims_billing.vocabulary.spelling import bare, day_text, dollars, given_name_first, same_name, sources

_STANDING = ("claim", "state", "message", "resembles", "resemblance")


@dataclass(frozen=True)
class Recall:
    """What the ledger knows of the sessions of a run.

    `standing` is indexed like the sessions: `claim` (the claim of the same session, empty where there is none),
    `state` ('', 'claimed', 'changed' or 'voided'), `message` (what changed), and `resembles` with
    `resemblance`: the claim that a new session may be a correction of, and in what it differs.
    `patient` has one key per patient, by session; `reused` says whose id was an altogether different session's.
    `elsewhere` are the active claims (ON_LEDGER, with `patient_key`) whose sessions are not in the files;
    `expected` says of each whether the files would hold it, had its session not been changed or deleted. `active` are
    all active claims, with `patient_key`, but for one that is being replaced.
    """

    standing: pd.DataFrame
    patient: pd.Series[str]
    reused: pd.Series[bool]
    elsewhere: pd.DataFrame
    expected: pd.Series[bool]
    active: pd.DataFrame

    def without(self, claims: Collection[str]) -> Recall:
        """The same, where these claims do not count any more: others are made in their places."""
        kept = ~self.elsewhere["claim"].isin(claims)
        active = self.active[~self.active["claim"].isin(claims)]
        return replace(self, elsewhere=self.elsewhere[kept], expected=self.expected[kept], active=active)


def recall(
    sessions: pd.DataFrame,
    history: pd.DataFrame,
    clinic: Clinic,
    replacing: str = "",
    preference: pd.Series[int] | None = None,
) -> Recall:
    """Looks every classified session up among the claims of the ledger (ON_LEDGER).

    The voided claim `replacing` counts as if it still stood, so that the session it is of is found. Of several copies
    of a claimed session, the claim is of the one with the lowest `preference`, then of the row that was claimed.
    """
    # What was taken back and claimed anew is told by the claim that stands for it.
    history = history[history["voided_on"].isna() | (history["replaced_by"] == "") | (history["claim"] == replacing)]
    history = history.reset_index(drop=True)
    if history.empty:
        blank = pd.DataFrame(dict.fromkeys(_STANDING, ""), index=sessions.index, dtype="str")
        nobody, none = history.assign(patient_key=history["patient"]), history["voided_on"].isna()
        return Recall(blank, patient_keys(sessions), pd.Series(False, index=sessions.index), nobody, none, nobody)
    theirs = _as_sessions(history, clinic)
    both = pd.concat([sessions[theirs.columns], theirs], ignore_index=True)
    # Keys are made of both together: where only one of them has a patient's id, the name lends it to the other.
    parts = natural_parts(both).assign(
        name=both["patient"].map(same_name).astype("str"),
        born=day_text(both["birth_date"]),
        date=both["service_date"],
        **{name: both[name] for name in ("session_id", "patient_id", "insurer_id", "policy", "member")},
    )
    ours = (
        parts.iloc[: len(sessions)]
        .set_axis(sessions.index)
        .assign(file=sessions["file"], again_in=sessions["again_in"], source=sources(sessions), rank=0)
    )
    if preference is not None:
        ours["rank"] = preference
    known = parts.iloc[len(sessions) :].set_axis(theirs.index).assign(source=history["source"])
    stands = history["voided_on"].isna() | (history["claim"] == replacing)
    open_void = ~stands & (history["replaced_by"] == "")
    by_id, reused = _by_id(ours, known, stands)
    found = _same(ours, known, stands, open_void, by_id)
    standing = _standing(sessions, ours, history, known, found, clinic)
    matched = pd.Series(history.index.isin(found[found >= 0]), index=history.index)
    # A session whose claim was taken back may be the correction of another claim, as a new one may.
    near = resembling(ours, known, found.mask(found.isin(known.index[~stands]), -1), stands)
    is_near = near["resembles"] >= 0
    standing.loc[is_near, "resembles"] = history["claim"].loc[near.loc[is_near, "resembles"]].to_numpy()
    standing.loc[is_near, "resemblance"] = near.loc[is_near, "resemblance"]
    missing = stands & ~matched
    expected = told_of(sessions["service_date"], matched, known, stands, whole_weeks=True)
    # A matched claim is of its session's patient, whatever the two call them.
    of_session = pd.Series(ours["patient"].to_numpy(), index=found)[(found >= 0).to_numpy()]
    patient = _by_name(known.loc[stands], ours)
    patient = of_session[~of_session.index.duplicated()].reindex(patient.index).fillna(patient).astype("str")
    active = history[stands].assign(patient_key=patient)
    return Recall(
        standing=standing,
        patient=ours["patient"],
        reused=reused,
        elsewhere=active[missing[stands]],
        expected=expected[missing],
        active=active[active["claim"] != replacing],
    )


def _by_name(known: pd.DataFrame, ours: pd.DataFrame) -> pd.Series[str]:
    """The patient keys of claims; where the sessions know such a one by name only, under the key that they use."""
    named = ours[["name", "born", "patient"]].drop_duplicates().drop_duplicates("name", keep=False).set_index("name")
    as_ours, born = (known["name"].map(named[column]).astype("str").fillna("") for column in ("patient", "born"))
    two = (born != "") & (known["born"] != "") & (born != known["born"])
    return known["patient"].where(known["patient"].isin(ours["patient"]) | (as_ours == "") | two, as_ours)


def _as_sessions(history: pd.DataFrame, clinic: Clinic) -> pd.DataFrame:
    """The claimed sessions by what tells one from another, with people and insurers as the clinic file has them now."""
    people = {name: clinic.practitioner(name) for name in history["practitioner_written"].unique()}
    now = history["practitioner_written"].map({name: p.name for name, p in people.items() if p})
    return pd.DataFrame(
        {
            "session_id": history["session_id"],
            "patient": history["patient"],
            "patient_id": history["patient_id"],
            "birth_date": history["birth_date"],
            "service_date": history["service_date"],
            "start": history["start"],
            "practitioner": history["practitioner_written"],
            "practitioner_name": now.astype("str").fillna(""),
            "service_name": history["service_name"],
            "insurer_id": _insurers_now(history, clinic),
            "policy": history["policy"],
            "member": history["member"],
        }
    )


def _by_id(ours: pd.DataFrame, known: pd.DataFrame, stands: pd.Series[bool]) -> tuple[pd.Series[int], pd.Series[bool]]:
    """By session, the label of the claim with its id, -1 where none; and whose id is used for another session now.

    Some programs number the rows of each export anew: an id of another patient on another day is no id, unless the
    files do not hold the claimed session otherwise, and would hold it had it not been changed.
    """
    # Of several claims of one session the last one looked up stands: the active one, else the newest.
    ids = known.loc[stands.sort_values(kind="stable").index, "session_id"]
    found = _looked_up(ours["session_id"], dict(zip(ids[ids != ""], ids.index[ids != ""], strict=True)))
    claims = known.loc[found.where(found >= 0, known.index[0])].set_axis(ours.index)
    same_person = (claims["patient"] == ours["patient"]) | (claims["name"] == ours["name"])
    same_day = (claims["service_date"] == ours["service_date"]) | (ours["service_date"] == "")
    apart = (found >= 0) & ~same_person & ~same_day
    matched = pd.Series(known.index.isin(found[~apart]), index=known.index)
    told = told_of(ours["date"], matched, known, stands, whole_weeks=True)
    changed = told & ~matched
    reused = apart & ~changed.loc[found.where(found >= 0, known.index[0])].set_axis(ours.index)
    return found.mask(reused, -1), reused


def _same(
    ours: pd.DataFrame, known: pd.DataFrame, stands: pd.Series[bool], open_void: pd.Series[bool], found: pd.Series[int]
) -> pd.Series[int]:
    """By session, the label of the claim of the same session, the active one if there is one; -1: none.

    A session is the same by its id (`found`), else by its natural key. Of those left, one is the same as one claim
    by the natural key where only one of the two says when the visit began, or where another layout numbers patients
    in its own way and the name stands in for the patient's id. Of copies in one file, the first one is.
    """
    keys = joined(known.loc[stands.sort_values(kind="stable").index])
    by_nature = _looked_up(joined(ours), dict(zip(keys[keys != ""], keys.index[keys != ""], strict=True)))
    standing_by_nature = (by_nature >= 0) & by_nature.isin(known.index[stands])
    found = found.mask(found.isin(known.index[~stands]) & standing_by_nature, by_nature)
    # Two visits that the practice system numbers are two, unless their start says that they are one.
    numbered = (ours["session_id"] != "") & (by_nature.map(known["session_id"]).astype("str").fillna("") != "")
    found = found.mask((found < 0) & ~(numbered & (ours["start"] == "")), by_nature)
    for claims in (stands, open_void):
        for loosened in (_without_start, _by_the_name, _by_name_and_birth_date):
            found = _one_to_one(found, ours, known, claims, loosened)
    its_row = ours["source"] == known["source"].reindex(found).set_axis(found.index).fillna("")
    order = pd.DataFrame({"rank": ours["rank"], "other": ~its_row}).sort_values(["rank", "other"], kind="stable").index
    copies_in_order = ours[["file"]].assign(claim=found).loc[order]
    copies = (found >= 0) & copies_in_order.duplicated().reindex(found.index)
    return found.mask(copies, -1)


def _looked_up(keys: pd.Series[str], places: dict[str, int]) -> pd.Series[int]:
    return keys.map(places).fillna(-1).astype("int64")


_Loosened = tuple[pd.DataFrame, Callable[[pd.DataFrame, pd.DataFrame], "pd.Series[bool]"]]


def _without_start(parts: pd.DataFrame) -> _Loosened:
    """The key without the start, of pairs of which only one says when the visit began."""
    return parts.assign(start=""), lambda one, other: (one["start"] == "") != (other["start"] == "")


def _by_the_name(parts: pd.DataFrame) -> _Loosened:
    """The key with the name for the patient, of pairs with a stated start whose birth dates do not contradict."""

    def alike(one: pd.DataFrame, other: pd.DataFrame) -> pd.Series[bool]:
        born = (one["born"] == other["born"]) | (one["born"] == "") | (other["born"] == "")
        return (one["start"] != "") & born

    return parts.assign(patient=parts["name"]), alike


def _by_name_and_birth_date(parts: pd.DataFrame) -> _Loosened:
    """The key with name and birth date for the patient, and without the start, of pairs of which one lacks it."""
    told = (parts["name"] + "/" + parts["born"]).mask((parts["name"] == "") | (parts["born"] == ""), "")
    return parts.assign(patient=told, start=""), lambda one, other: (one["start"] == "") | (other["start"] == "")


def _one_to_one(
    found: pd.Series[int],
    ours: pd.DataFrame,
    known: pd.DataFrame,
    claims: pd.Series[bool],
    loosened: Callable[[pd.DataFrame], _Loosened],
) -> pd.Series[int]:
    """Adds to `found` sessions and claims that are left, and share a loosened key with each other and no other."""
    our_parts, alike = loosened(ours[found < 0])
    left_parts, _ = loosened(known[claims & ~known.index.isin(found)])
    new_keys, left_keys = (k[(k != "") & ~k.duplicated(keep=False)] for k in (joined(our_parts), joined(left_parts)))
    place = _looked_up(new_keys, dict(zip(left_keys, left_keys.index, strict=True)))
    place = place[place >= 0]
    place = place[alike(ours.loc[place.index], known.loc[place].set_axis(place.index))]
    return found.where(~found.index.isin(place.index), place.reindex(found.index, fill_value=-1))


def _standing(
    sessions: pd.DataFrame,
    ours: pd.DataFrame,
    history: pd.DataFrame,
    known: pd.DataFrame,
    found: pd.Series[int],
    clinic: Clinic,
) -> pd.DataFrame:
    """Claim, state and message of every session; see Recall."""
    standing = pd.DataFrame(dict.fromkeys(_STANDING, ""), index=sessions.index, dtype="str")
    on_ledger = found.index[found >= 0]
    if on_ledger.empty:
        return standing
    claims = history.loc[found[on_ledger]].set_axis(on_ledger)
    standing.loc[on_ledger, "claim"] = claims["claim"]
    standing.loc[on_ledger, "state"] = np.where(claims["voided_on"].notna(), "voided", "claimed")
    then = claims.assign(
        person=known.loc[found[on_ledger], "practitioner"].to_numpy(),
        insurer_id=known.loc[found[on_ledger], "insurer_id"].to_numpy(),
    )
    now = sessions.loc[on_ledger].assign(person=ours.loc[on_ledger, "practitioner"])
    changes = _changes(now, then, clinic)
    changed = changes[(changes != "") & (standing.loc[on_ledger, "state"] == "claimed")]
    standing.loc[changed.index, "state"] = "changed"
    standing.loc[changed.index, "message"] = (
        "Claimed as " + standing.loc[changed.index, "claim"] + "; since then changed: " + changed + "."
    )
    return standing


def _insurers_now(claims: pd.DataFrame, clinic: Clinic) -> pd.Series[str]:
    """The ids of the claims' insurers, where the clinic file has since given one another name."""
    known = claims[["insurer_id", "insurer"]].drop_duplicates()
    now = {
        (fixed, name): insurer.id if (insurer := clinic.insurer(fixed) or clinic.insurer(name)) else fixed
        for fixed, name in known.itertuples(index=False, name=None)
    }
    pairs = zip(claims["insurer_id"], claims["insurer"], strict=True)
    return pd.Series([now[pair] for pair in pairs], index=claims.index, dtype="str")


# What matters for a claim: by column, what it is called, and how two of it are compared.
_FINGERPRINT: dict[str, tuple[str, Callable[[str], str]]] = {
    "patient": ("the patient's name", same_name),
    "service": ("the service", str),
    "policy": ("the policy number", bare),
    "member": ("the member ID", bare),
    "payer_file_number": ("the payer file number", bare),
}
# What matters only where the insurer asks for it, by what it requires.
_ASKED: dict[str, tuple[str, str, Callable[[str], str]]] = {
    "phn": ("phn", "the PHN", bare),
    "relationship": ("relationship", "the relationship", str),
    "insured": ("insured", "the insured's name", given_name_first),
    "birth-date": ("birth_date", "the birth date", str),
    "accident-date": ("accident_date", "the accident date", str),
}


def _changes(now: pd.DataFrame, then: pd.DataFrame, clinic: Clinic) -> pd.Series[str]:
    """What of the fingerprint is another now, in words without patients' data; empty where nothing is.

    What a row does not say is no change: another layout may lack the column. What the patient has paid so far is
    no part of it, as it grows after the claim.
    """
    told = pd.Series("", index=now.index, dtype="str")

    def add(rows: pd.Series[bool], words: pd.Series[str] | str) -> None:
        nonlocal told
        told = told.mask(rows, (told + ", ").mask(told == "", "") + words).astype("str")

    gone = now["status"].isin(DID_NOT_TAKE_PLACE)
    add(gone, "the visit is marked as " + now["status"])
    was, is_ = day_text(then["service_date"]), day_text(now["service_date"])
    add((is_ != "") & (was != is_), "the service date (" + was + ", now " + is_ + ")")
    for column, (name, read) in _FINGERPRINT.items():
        add(_differ(now[column], then[column], read), name)
    add((now["person"] != "") & (now["person"] != then["person"]), "the practitioner")
    stated = (now["insurer"] != "") & (now["insurer_id"] != then["insurer_id"])
    add(stated, "the insurer (" + then["insurer"] + ", now " + now["insurer_name"] + ")")
    fees = now["fee_stated"] & (now["fee_cents"] != then["fee_cents"])
    amounts = [
        f"the fee ({dollars(a)}, now {dollars(b)})" for a, b in zip(then["fee_cents"], now["fee_cents"], strict=True)
    ]
    add(fees, pd.Series(amounts, index=now.index, dtype="str"))
    by_visit = [i.id for i in clinic.insurers if any(isinstance(own.code, Codes) for own in i.codes)]
    add(then["insurer_id"].isin(by_visit) & _differ(now["visit"], then["visit"], str), "the visit")
    for requirement, (column, name, read) in _ASKED.items():
        asking = [i.id for i in clinic.insurers if any(requirement in asked.fields for asked in i.requirements)]
        one, other = (f[column] if f[column].dtype == "str" else day_text(f[column]) for f in (now, then))
        add(then["insurer_id"].isin(asking) & _differ(one, other, read), name)
    return told


def _differ(now: pd.Series[str], then: pd.Series[str], read: Callable[[str], str]) -> pd.Series[bool]:
    """Where a text is stated now and is another than it was; most are the same to the letter."""
    other = (now != "") & (now != then)
    same = [read(a) == read(b) for a, b in zip(now[other], then[other], strict=True)]
    other[other] = ~np.array(same, dtype=bool)
    return other
