"""Finds sessions that look like a claimed session, corrected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from ims_billing.sessions.expected_claims import expected_in_files, just_beyond, of_people, only_beyond
from ims_billing.vocabulary.persons import may_be_one
from ims_billing.vocabulary.rows import of_each, rows_of
from ims_billing.vocabulary.spelling import month_text, name_words

# In what alone two visits differ, and what a message calls it; and the same of those that differ in several parts.
_WORDS = {
    "patient": "the patient",
    "service_date": "the service date",
    "practitioner": "the practitioner",
    "service": "the service",
    "start": "the start",
    "birth_date": "the birth date",
    "number": "its number",
}
_OF_VISIT = {
    "name": "the patient",
    "born": "the birth date",
    "service_date": "the service date",
    "start": "the start",
    "practitioner": "the practitioner",
    "service": "the service",
    "insurer_id": "the insurer",
}
_SEVERAL = "several"
# The columns in which two visits are alike that differ in one part of the key, and in which; at most in their numbers,
# where no part does. A name may stand in for a patient's id.
_ONE_PART = {
    ("patient", "service_date", "practitioner", "service"): "number",
    ("name", "service_date", "practitioner", "service"): "number",
    ("service_date", "practitioner", "service"): "patient",
    ("patient", "practitioner", "service"): "service_date",
    ("name", "practitioner", "service"): "service_date",
    ("patient", "service_date", "service"): "practitioner",
    ("name", "service_date", "service"): "practitioner",
    ("patient", "service_date", "practitioner"): "service",
    ("name", "service_date", "practitioner"): "service",
}
# The columns in which two patients are one, and whether they say it for sure: a name alone may be another one's.
_ONE_PERSON = {
    ("phn",): True,
    ("patient_id", "given"): True,
    ("member", "given"): True,
    ("born", "given"): True,
    ("patient",): False,
    ("name",): False,
}

# Says of pairs of a session's label and a claim's number which were taken for one before.
Recognised: TypeAlias = "Callable[[Sequence[tuple[int, str]]], Sequence[bool]]"


def resembling(
    ours: pd.DataFrame, claims: pd.DataFrame, place: pd.Series[int], active: pd.Series[bool], recognised: Recognised
) -> pd.DataFrame:
    """Finds new sessions that may be a claimed one, corrected: one that their own file lacks.

    They differ from it in one part of the key; or in several, where they are of one person and less than a week apart.
    `ours` and `claims` have the parts of the key, `written`, `name`, `born`, `date`, `session_id`, `patient_id`,
    `insurer_id`, `policy` and `member`, `ours` also `file` and `again_in`, `claims` their number, `claim`. `place` is
    the label of each session's claim, -1 where it is new. A blank is no difference, and a name may stand in for a
    patient's id. A session that was `recognised` as a claim before is so whatever days its file has.

    Returns by session `resembles`, the label of the claim (-1: none), and `resemblance`, a clause of what differs.
    """
    near = pd.DataFrame({"resembles": -1, "resemblance": ""}, index=ours.index)
    files = files_of(ours)
    new = ours[(place < 0) & (ours["patient"] != "") & (ours["service_date"] != "")]
    missing = active & ~claims.index.isin(place)
    # A claim that one file holds may still be missing from the one that holds the new session.
    lacking = claims[active] if ours["file"].nunique() > 1 else claims[missing]
    if new.empty or lacking.empty:
        return near
    pairs = pd.concat([_pairs(new, lacking), _of_one_person(new, lacking)], ignore_index=True)
    pairs = pairs.drop_duplicates(["ours", "theirs"])
    if pairs.empty:
        return near
    holders: dict[int, set[str]] = {}
    for claim, names in zip(place[place >= 0], files[place >= 0], strict=True):
        holders.setdefault(claim, set()).update(names)
    holding = [holders.get(claim, set()) for claim in pairs["theirs"]]
    apart = [names.isdisjoint(others) for names, others in zip(files[pairs["ours"]], holding, strict=True)]
    pairs = pairs[pd.Series(apart, index=pairs.index, dtype="bool")]
    # A claimed session that has another number now is in the files: no other one is its correction.
    renumbered = pairs["part"] == "number"
    pairs = pairs[renumbered | ~pairs["theirs"].isin(pairs.loc[renumbered, "theirs"])]
    expected = _expected_pairs(pairs, ours, claims, place, active, files)
    # A row of the same patient and day, or of the same practitioner and hour, stands for the claimed session.
    same_visit = ~pairs["part"].isin(["service_date", _SEVERAL])
    same_visit &= (pairs["part"] != "patient") | pairs["slot"] | pairs["alike"]
    is_missing = missing.loc[pairs["theirs"]].to_numpy()
    numbers = zip(pairs["ours"], claims["claim"].loc[pairs["theirs"]], strict=True)
    pairs = pairs.assign(anew=~np.array(recognised(list(numbers)), dtype=bool) | ~is_missing)
    pairs = pairs[expected | (same_visit & is_missing) | ~pairs["anew"]]
    # Of a claim that differs from one session in one part, another session is no correction.
    one_part = pairs["part"] != _SEVERAL
    pairs = pairs[one_part | ~pairs["theirs"].isin(pairs.loc[one_part, "theirs"])]
    pairs = pairs.sort_values(["ours", "anew"], kind="stable").drop_duplicates("ours")
    near.loc[pairs["ours"], "resembles"] = pairs["theirs"].to_numpy()
    near.loc[pairs["ours"], "resemblance"] = pairs["what"].to_numpy()
    return near


def files_of(sessions: pd.DataFrame) -> pd.Series[Any]:
    """The files that hold each session, a set of names."""
    pairs = zip(sessions["file"], sessions["again_in"], strict=True)
    files = [{file, *again.splitlines()} for file, again in pairs]
    return pd.Series(files, index=sessions.index, dtype="object")


def _expected_pairs(
    pairs: pd.DataFrame,
    ours: pd.DataFrame,
    claims: pd.DataFrame,
    place: pd.Series[int],
    active: pd.Series[bool],
    files: pd.Series[Any],
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Returns for each pair whether a file of the new session, or all files together, would hold the claimed one.

    A file that holds other claims is no list of what came in late: it would hold a claimed session near the new one,
    where its day lies between those of the file. Where it was the first or the last of its list, it is outside of
    them once its date is corrected: then the new day is one of those that were claimed before, and was not there at
    the time; or the list lacks nothing else of its month. Weekly visits are weeks apart, and a practice system that
    numbers its sessions keeps the number of one whose date is far off now.
    """
    renumbered = pairs[pairs["part"] == "number"]
    claimed, new = claims.loc[pairs["theirs"], "date"].to_numpy(), ours.loc[pairs["ours"], "date"].to_numpy()
    near = np.abs(claimed - new) < np.timedelta64(7, "D")
    irregular = ((claimed - new) % np.timedelta64(7, "D") != np.timedelta64(0, "D")) & ~pairs["numbered"].to_numpy(bool)
    several = (pairs["part"] == _SEVERAL).to_numpy(bool)
    of_month = claims["date"].groupby(month_text(claims["date"]))
    first, last = (of_month.transform(end).loc[pairs["theirs"]].to_numpy() for end in ("min", "max"))
    gone_over = (new >= first) & (new <= last)
    expected = np.zeros(len(pairs), dtype=bool)
    everywhere = set().union(*files[pairs["ours"]])
    # One file is all of them.
    together = [None] if any(names != everywhere for names in files) else []
    for file in [*together, *sorted(everywhere)]:
        here = pd.Series([file is None or file in names for names in files], index=files.index)
        anew = renumbered[here.loc[renumbered["ours"]].to_numpy(bool)]
        matched = pd.Series(claims.index.isin([*place[here], *anew["theirs"]]), index=claims.index)
        days = ours.loc[here, "date"].dropna()
        beyond = just_beyond(days, matched, claims, active, pairs.loc[near, "theirs"])
        only = only_beyond(days, matched, claims, active)
        between = claims["date"].between(days.min(), days.max())
        in_days, in_weeks, is_theirs, is_between, is_beyond = (
            which.loc[pairs["theirs"]].to_numpy(bool)
            for which in (
                expected_in_files(days, matched, claims, active),
                expected_in_files(days, matched, claims, active, only),
                of_people(claims, matched),
                between,
                beyond,
            )
        )
        covered = (in_days | (in_weeks & irregular)) & ~several
        if file is not None and matched.any():
            covered |= near & (is_between | (is_beyond & gone_over)) & (is_theirs | ~several)
        # All files together speak for a claim that none of them holds, one file for its own sessions.
        meant = ~pairs["theirs"].isin(place) if file is None else here.loc[pairs["ours"]]
        expected |= covered & meant.to_numpy(bool)
    return expected


def _pairs(new: pd.DataFrame, lacking: pd.DataFrame) -> pd.DataFrame:
    """Pairs of a new session and a claim (`ours`, `theirs`) that differ in one part at most.

    `part` and `what` say which, `slot` that both are at one stated time, `numbered` that both have an id, `alike` that
    they are likely one person's.
    """
    pairs = _alike_in(new, lacking, _ONE_PART)
    pairs["part"] = pairs.pop("join").astype("str")
    one, other = new.loc[pairs["ours"]].reset_index(drop=True), lacking.loc[pairs["theirs"]].reset_index(drop=True)
    pairs["slot"] = (one["start"] == other["start"]) & (one["start"] != "")
    pairs["alike"] = _alike(one, other)
    pairs["numbered"] = (one["session_id"] != "") & (other["session_id"] != "")
    apart = contradict(one, other, "start")
    pairs["part"] = pairs["part"].mask(apart & (pairs["part"] == "number"), "start")
    born_apart = contradict(one, other, "born")
    other_plan = one["insurer_id"] != other["insurer_id"]
    for column in ("patient_id", "policy", "member"):
        other_plan |= contradict(one, other, column)
    namesakes = born_apart & (one["name"] == other["name"])
    # A namesake at the same visit, whose own is not in the files, is the same person with a birth date that was wrong,
    # where nothing else speaks for two people.
    slip = namesakes & ~other_plan & (pairs["part"] == "number")
    pairs["part"] = pairs["part"].mask(slip, "birth_date")
    pairs["what"] = "only " + pairs["part"].map(_WORDS) + " differs"
    # Another patient at no stated time: only where nothing speaks for two people.
    two_people = born_apart | other_plan
    by_patient = pairs["part"] == "patient"
    likely = (by_patient & (pairs["slot"] | pairs["alike"] | ~two_people)) | (
        ~by_patient & (~namesakes | slip | pairs["slot"])
    )
    return pairs[likely & (~apart | (pairs["part"] == "start"))]


def _of_one_person(new: pd.DataFrame, lacking: pd.DataFrame) -> pd.DataFrame:
    """Pairs as of `_pairs`, of one person and less than a week apart, whatever else of the two differs."""
    week = pd.Timedelta(days=6)
    lacking = lacking[lacking["date"].between(new["date"].min() - week, new["date"].max() + week)]
    new, lacking = (frame.assign(given=frame["written"].map(_given).astype("str")) for frame in (new, lacking))
    pairs = _alike_in(new, lacking, _ONE_PERSON, stated=True)
    pairs["sure"] = pairs.pop("join").astype("bool")
    days = new.loc[pairs["ours"], "date"].to_numpy() - lacking.loc[pairs["theirs"], "date"].to_numpy()
    pairs = pairs[np.abs(days) <= week.to_timedelta64()].reset_index(drop=True)
    one, other = new.loc[pairs["ours"]].reset_index(drop=True), lacking.loc[pairs["theirs"]].reset_index(drop=True)
    # A name alone may be another one's: a birth date or a plan tells them apart.
    two_people = contradict(one, other, "born")
    for column in ("patient_id", "policy", "member"):
        two_people |= contradict(one, other, column)
    differs = np.column_stack([contradict(one, other, column) for column in _OF_VISIT])
    what = [list(compress(_OF_VISIT.values(), apart)) for apart in differs]
    pairs["what"] = [
        f"{', '.join(words[:-1])} and {words[-1]} differ" if len(words) > 1 else f"only {''.join(words)} differs"
        for words in what
    ]
    pairs = pairs.assign(part=_SEVERAL, slot=False, alike=False, numbered=False)
    likely: pd.DataFrame = pairs[pairs["sure"] | ~two_people]
    return likely


def _given(name: str) -> str:
    return "".join(name_words(name)[:1])


def _alike_in(
    new: pd.DataFrame, lacking: pd.DataFrame, joins: Mapping[tuple[str, ...], str | bool], *, stated: bool = False
) -> pd.DataFrame:
    """Pairs of a new session and a claim (`ours`, `theirs`) that are alike in all of the columns of one of `joins`.

    `join` is the value of the first such columns. With `stated`, a blank is like nothing.
    """
    pairs: dict[tuple[int, int], str | bool] = {}
    for columns, join in joins.items():
        claims: dict[tuple[str, ...], list[int]] = {}
        for claim, cells in zip(lacking.index, rows_of(lacking, columns), strict=True):
            claims.setdefault(cells, []).append(claim)
        for session, cells in zip(new.index, rows_of(new, columns), strict=True):
            for claim in claims.get(cells, ()) if all(cells) or not stated else ():
                pairs.setdefault((session, claim), join)
    frame = pd.DataFrame(list(pairs), columns=["ours", "theirs"], dtype="int64")
    frame["join"] = pd.Series(list(pairs.values()), dtype="object")
    return frame


def _alike(one: pd.DataFrame, other: pd.DataFrame) -> pd.Series[bool]:
    """Whether two patients are likely one: by the PHN, the birth date and a number, or the member ID and the names."""
    numbers = _agree(one, other, "member") | _agree(one, other, "policy")
    names = of_each(pd.DataFrame({"one": one["written"], "other": other["written"]}), ["one", "other"], may_be_one)
    one_name = pd.Series(names, index=one.index, dtype="bool")
    by_numbers = (_agree(one, other, "born") & numbers) | (_agree(one, other, "member") & one_name)
    return by_numbers | _agree(one, other, "phn")


def _agree(one: pd.DataFrame, other: pd.DataFrame, column: str) -> pd.Series[bool]:
    """True if both sides have the same value."""
    return (one[column] != "") & (one[column] == other[column])


def contradict(one: pd.DataFrame, other: pd.DataFrame, column: str) -> pd.Series[bool]:
    """True if both sides have a value, and the values differ."""
    return (one[column] != "") & (other[column] != "") & (one[column] != other[column])
