"""What the ledger knows of the sessions that came: already claimed, changed since, voided, or gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ims_billing.clinic import Clinic
from ims_billing.identity import NATURAL_PARTS, joined, natural_parts, patient_keys
from ims_billing.model import ON_LEDGER, bare, day_text, dollars, given_name_first
from ims_billing.rulebook import Codes

_STANDING = ("claim", "state", "message", "resembles", "resemblance")
_DID_NOT_TAKE_PLACE = ("no-show", "cancelled", "not-arrived", "refunded")
_PART_NAMES = dict(
    zip(NATURAL_PARTS, ("the patient", "the service date", "the start", "the practitioner", "the service"), strict=True)
)


@dataclass(frozen=True)
class Recall:
    """What the ledger knows of the sessions of a run.

    `standing` is indexed like the sessions: `claim` (the claim of the same session, empty where there is none),
    `state` ('', 'claimed', 'changed' or 'voided'), `message` (what changed), and `resembles` with
    `resemblance`: the claim that a new session may be a correction of, and in what it differs.
    `patient` has one key per patient, by session.
    `elsewhere` are the active claims (ON_LEDGER, with `patient_key`) whose sessions are not in the files;
    `expected` says of each whether the files cover its day, so that it should be there.
    """

    standing: pd.DataFrame
    patient: pd.Series[str]
    elsewhere: pd.DataFrame
    expected: pd.Series[bool]


def no_history() -> pd.DataFrame:
    """An ON_LEDGER frame without claims."""
    return pd.DataFrame({c.name: pd.Series([], dtype=c.dtype) for c in ON_LEDGER})


def recall(sessions: pd.DataFrame, history: pd.DataFrame, clinic: Clinic) -> Recall:
    """Looks every classified session up among the claims of the ledger (ON_LEDGER)."""
    if history.empty:
        blank = pd.DataFrame(dict.fromkeys(_STANDING, ""), index=sessions.index, dtype="str")
        nobody = history.assign(patient_key=history["patient"])
        return Recall(blank, patient_keys(sessions), nobody, history["voided_on"].isna())
    theirs = _as_sessions(history, clinic)
    both = pd.concat([sessions[theirs.columns], theirs], ignore_index=True)
    parts = natural_parts(both).assign(
        name=both["patient"].map(given_name_first).astype("str"), born=day_text(both["birth_date"])
    )
    ours, known = parts.iloc[: len(sessions)].set_axis(sessions.index), parts.iloc[len(sessions) :]
    known = known.set_axis(theirs.index)
    active = history["voided_on"].isna()
    found = _same(sessions, ours, theirs, known, active)
    standing = _standing(sessions, ours, history, theirs, known, found, clinic)
    missing = active & ~history.index.isin(found[found >= 0])
    expected = _covered(sessions, history["service_date"], whole_weeks=True)
    standing.update(_resembling(sessions, ours, history, known, found, missing))
    elsewhere = history[missing].assign(patient_key=known["patient"][missing])
    return Recall(standing, ours["patient"], elsewhere, expected[missing])


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
            "practitioner_name": now.fillna(history["practitioner"]).astype("str"),
            "service_name": history["service_name"],
        }
    )


def _same(
    sessions: pd.DataFrame, ours: pd.DataFrame, theirs: pd.DataFrame, known: pd.DataFrame, active: pd.Series[bool]
) -> pd.Series[int]:
    """By session, the index label of the claim of the same session, the active one if there is one; -1: none.

    A session is the same by its id, else by its natural key. Of those left, one is the same as one claim by the
    natural key where only one of the two says when the visit began, or where another layout numbers patients in
    its own way and the name stands in for the patient's id.
    """
    # Of several claims of one session the last one looked up stands: the active one, else the newest.
    order = active.sort_values(kind="stable").index
    ids, keys = theirs.loc[order, "session_id"], joined(known.loc[order])
    by_id = dict(zip(ids[ids != ""], ids.index[ids != ""], strict=True))
    by_key = dict(zip(keys[keys != ""], keys.index[keys != ""], strict=True))
    found = _looked_up(sessions["session_id"], by_id)
    by_nature = _looked_up(joined(ours), by_key)
    # Two visits that the practice system numbers are two, unless their start says that they are one.
    numbered = (sessions["session_id"] != "") & (by_nature.map(theirs["session_id"]).astype("str").fillna("") != "")
    found = found.mask((found < 0) & ~(numbered & (ours["start"] == "")), by_nature)
    without_start = joined(ours.assign(start="")), joined(known.assign(start=""))
    found = _one_to_one(found, ours, known, without_start, active, _one_says_when)
    by_name = joined(ours.assign(patient=ours["name"])), joined(known.assign(patient=known["name"]))
    return _one_to_one(found, ours, known, by_name, active, _may_be_one_person)


def _looked_up(keys: pd.Series[str], places: dict[str, int]) -> pd.Series[int]:
    return keys.map(places).fillna(-1).astype("int64")


def _one_says_when(ours: pd.DataFrame, known: pd.DataFrame) -> pd.Series[bool]:
    """Of pairs, where only one says when the visit began."""
    return (ours["start"] == "") != (known["start"] == "")


def _may_be_one_person(ours: pd.DataFrame, known: pd.DataFrame) -> pd.Series[bool]:
    """Of pairs with one name, where the visit's start is known and the birth dates do not speak against it."""
    one, other = ours["born"], known["born"]
    return (ours["start"] != "") & ((one == other) | (one == "") | (other == ""))


def _one_to_one(
    found: pd.Series[int],
    ours: pd.DataFrame,
    known: pd.DataFrame,
    keys: tuple[pd.Series[str], pd.Series[str]],
    active: pd.Series[bool],
    alike: Callable[[pd.DataFrame, pd.DataFrame], pd.Series[bool]],
) -> pd.Series[int]:
    """Adds to `found` sessions and active claims that are left, and share a key with each other and with no other."""
    new_keys, left_keys = keys[0][found < 0], keys[1][active & ~known.index.isin(found)]
    new_keys, left_keys = (k[(k != "") & ~k.duplicated(keep=False)] for k in (new_keys, left_keys))
    place = _looked_up(new_keys, dict(zip(left_keys, left_keys.index, strict=True)))
    place = place[place >= 0]
    place = place[alike(ours.loc[place.index], known.loc[place].set_axis(place.index))]
    return found.where(~found.index.isin(place.index), place.reindex(found.index, fill_value=-1))


def _standing(
    sessions: pd.DataFrame,
    ours: pd.DataFrame,
    history: pd.DataFrame,
    theirs: pd.DataFrame,
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
        insurer_id=_insurers_now(claims, clinic),
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
    "patient": ("the patient's name", given_name_first),
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

    gone = now["status"].isin(_DID_NOT_TAKE_PLACE)
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
    by_visit = [i.id for i in clinic.insurers if isinstance(i.service_code, Codes)]
    add(then["insurer_id"].isin(by_visit) & _differ(now["visit"], then["visit"], str), "the visit")
    for requirement, (column, name, read) in _ASKED.items():
        asking = [i.id for i in clinic.insurers if requirement in (i.requires or ())]
        one, other = (f[column] if f[column].dtype == "str" else day_text(f[column]) for f in (now, then))
        add(then["insurer_id"].isin(asking) & _differ(one, other, read), name)
    return told


def _differ(now: pd.Series[str], then: pd.Series[str], read: Callable[[str], str]) -> pd.Series[bool]:
    """Where a text is stated now and is another than it was; most are the same to the letter."""
    other = (now != "") & (now != then)
    same = [read(a) == read(b) for a, b in zip(now[other], then[other], strict=True)]
    other[other] = ~np.array(same, dtype=bool)
    return other


def _resembling(
    sessions: pd.DataFrame,
    ours: pd.DataFrame,
    history: pd.DataFrame,
    known: pd.DataFrame,
    found: pd.Series[int],
    missing: pd.Series[bool],
) -> pd.DataFrame:
    """New sessions that differ in one part of the key from a claimed one that is missing from the same export.

    Where both have an id of the practice system, which keeps it when a session is corrected, only a claim between
    the first and the last day of the files is missing from them; else one of the same weeks.
    """
    near = pd.DataFrame({"resembles": "", "resemblance": ""}, index=sessions.index, dtype="str")
    dates = history["service_date"]
    in_weeks = missing & _covered(sessions, dates, whole_weeks=True)
    in_days = _covered(sessions, dates, whole_weeks=False)
    new = ours[(found < 0) & (joined(ours) != "")]
    if not in_weeks.any() or new.empty:
        return near
    gone = known[in_weeks]
    # All parts alike, and still not the same: two visits without a start, each with an id of its own.
    for part in (None, *NATURAL_PARTS):
        blank = {part: ""} if part else {}
        left = pd.DataFrame({"key": _all_but(new, blank), "ours": new.index})
        right = pd.DataFrame({"key": _all_but(gone, blank), "theirs": gone.index})
        pairs = left.merge(right, on="key").sort_values(["ours", "theirs"])
        numbered = (sessions["session_id"].loc[pairs["ours"]] != "").to_numpy()
        numbered = numbered & (history["session_id"].loc[pairs["theirs"]] != "").to_numpy()
        pairs = pairs[~numbered | in_days.loc[pairs["theirs"]].to_numpy()].drop_duplicates("ours")
        rows = pairs["ours"].to_numpy()
        rows = rows[(near.loc[rows, "resembles"] == "").to_numpy()]
        claims = history["claim"].loc[pairs.set_index("ours").loc[rows, "theirs"]].to_numpy()
        near.loc[rows, "resembles"] = claims
        near.loc[rows, "resemblance"] = _PART_NAMES[part] if part else "the session id"
    return near


def _all_but(parts: pd.DataFrame, blank: dict[str, str]) -> pd.Series[str]:
    """The key without one part."""
    key = pd.Series("", index=parts.index, dtype="str")
    for name in NATURAL_PARTS:
        key = key + "\x1f" + (parts[name] if name not in blank else "")
    return key


def _covered(sessions: pd.DataFrame, days: pd.Series[pd.Timestamp], *, whole_weeks: bool) -> pd.Series[bool]:
    """Which days the files speak of: from their first to their last day in each month that they have.

    With `whole_weeks`, from the Monday before to the Sunday after, as a corrected date may move out of the span.
    """
    dates = sessions["service_date"].dropna()
    if dates.empty or days.empty:
        return pd.Series(False, index=days.index)
    first, last = dates.min(), dates.max()
    if whole_weeks:
        first -= pd.Timedelta(days=first.day_of_week)
        last += pd.Timedelta(days=6 - last.day_of_week)
    months = set(day_text(dates, "%Y-%m").unique())
    return days.between(first, last) & day_text(days, "%Y-%m").isin(months)


def covers(sessions: pd.DataFrame, lines: pd.DataFrame, files: tuple[str, ...]) -> pd.Series[bool]:
    """Which earlier lines (`service_date`, `practitioner`, `source`) these sessions tell of anew.

    Those of a practitioner who is in the files, on a day that they speak of; without a date, those of a file of
    the same name.
    """
    by_day = _covered(sessions, lines["service_date"], whole_weeks=False)
    told = by_day & lines["practitioner"].isin(sessions["practitioner"].unique())
    return told | (lines["service_date"].isna() & lines["source"].str.startswith(files))
