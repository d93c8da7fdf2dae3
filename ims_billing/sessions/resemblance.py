"""Finds sessions that look like a correction of a claimed session, or of an open line."""

from __future__ import annotations

from collections.abc import Collection
from itertools import compress
from typing import Any

import numpy as np
import pandas as pd

from ims_billing.vocabulary.persons import may_be_one
from ims_billing.vocabulary.rows import of_each
from ims_billing.vocabulary.spelling import day_text, given_name_first, month_text, name_words, plain

# The parts of a session's key that a person may correct, and what a message calls them.
_PARTS = {
    "patient": "the patient",
    "service_date": "the service date",
    "practitioner": "the practitioner",
    "service": "the service",
}
# What else may differ; and the part of a pair of which more than one does, whatever they are.
_WORDS = {**_PARTS, "start": "the start", "birth_date": "the birth date", "number": "its number"}
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
_SEPARATOR = "\x1f"
_ABOUT_PRACTITIONERS = (
    "missing-practitioner",
    "practitioner-not-on-roster",
    "not-a-physiotherapist",
    "not-authorised-to-needle",
    "practitioner-not-registered",
)


def expected_in_files(
    dates: pd.Series[pd.Timestamp],
    matched: pd.Series[bool],
    claims: pd.DataFrame,
    active: pd.Series[bool],
    beyond: pd.Series[bool] | None = None,
) -> pd.Series[bool]:
    """Returns which active claims the files would hold, had their sessions not been changed or deleted.

    `claims` has `date` and `practitioner` of each claim, `matched` says which of them the files hold, and `dates` are
    the days of the files. A claim is expected on a day between the first and the last of them, in a month that they
    have; with `beyond` (from `just_beyond`), also in the rest of those two weeks. It is not expected where the files
    hold none of the other claims of that week and practitioner: then they are of other days or other people.
    """
    days = dates.dropna()
    if days.empty:
        return pd.Series(False, index=claims.index)
    first, last = days.min(), days.max()
    within = claims["date"].between(first, last)
    if beyond is not None:
        monday, sunday = first - pd.Timedelta(days=first.day_of_week), last + pd.Timedelta(days=6 - last.day_of_week)
        within |= beyond & claims["date"].between(monday, sunday)
    within &= month_text(claims["date"]).isin(month_text(days).unique())
    week = claims["date"] - pd.to_timedelta(claims["date"].dt.day_of_week, unit="D")
    beside = [claims["practitioner"], week]
    others = active.groupby(beside).transform("sum") - active.astype("int64")
    in_files = matched.groupby(beside).transform("sum")
    return active & within & ((others == 0) | (in_files > 0))


def just_beyond(
    dates: pd.Series[pd.Timestamp],
    matched: pd.Series[bool],
    claims: pd.DataFrame,
    active: pd.Series[bool],
    moved: Collection[int] = (),
) -> pd.Series[bool]:
    """Returns which claims lie before or after the days of the files with no other one as near to them.

    Such a claim may be the first or the last of its list, and its date is corrected now. Files that lack more than
    one on a side just begin later or end earlier than the list that was claimed, unless all of them are `moved`:
    new sessions of the files may be theirs. Claims of practitioners of whom the files hold none say nothing.
    """
    date, days = claims["date"], dates.dropna()
    others = active & ~matched & _of_people(claims, matched) & ~claims.index.isin(moved)
    before, after = np.sort(date[others & (date < days.min())]), np.sort(date[others & (date > days.max())])
    as_near = np.where(
        date < days.min(), len(before) - np.searchsorted(before, date), np.searchsorted(after, date, side="right")
    )
    return pd.Series(as_near <= others, index=claims.index)


def _only_beyond(
    days: pd.Series[pd.Timestamp], matched: pd.Series[bool], claims: pd.DataFrame, active: pd.Series[bool]
) -> pd.Series[bool]:
    """Returns which claims are the only one of their month before, or after, the days of the files: `just_beyond`."""
    side = (claims["date"] > days.max()).astype("int64") - (claims["date"] < days.min())
    others = active & ~matched & _of_people(claims, matched)
    return others.groupby([month_text(claims["date"]), side]).transform("sum") <= others


def _of_people(claims: pd.DataFrame, matched: pd.Series[bool]) -> pd.Series[bool]:
    """Which claims are of practitioners of whom the files hold claims."""
    return claims["practitioner"].isin(claims.loc[matched, "practitioner"])


def resembling(
    ours: pd.DataFrame, claims: pd.DataFrame, place: pd.Series[int], active: pd.Series[bool]
) -> pd.DataFrame:
    """Finds new sessions that may be a claimed one, corrected: one that their own file lacks.

    They differ from it in one part of the key; or in several, where they are of one person and less than a week apart.
    `ours` and `claims` have the parts of the key, `written`, `name`, `born`, `date`, `session_id`, `patient_id`,
    `insurer_id`, `policy` and `member`, `ours` also `file` and `again_in`. `place` is the label of each session's
    claim, -1 where it is new. A blank is no difference, and a name may stand in for a patient's id.

    Returns by session `resembles`, the label of the claim (-1: none), and `resemblance`, a clause of what differs.
    """
    near = pd.DataFrame({"resembles": -1, "resemblance": ""}, index=ours.index)
    files = pd.Series(
        [{file, *again.splitlines()} for file, again in zip(ours["file"], ours["again_in"], strict=True)],
        index=ours.index,
        dtype="object",
    )
    new = ours[(place < 0) & (ours["patient"] != "") & (ours["service_date"] != "")]
    missing = active & ~claims.index.isin(place)
    # A claim that one file holds may still be missing from the one that holds the new session.
    lacking = claims[active] if ours["file"].nunique() > 1 else claims[missing]
    if new.empty or lacking.empty:
        return near
    pairs = pd.concat([_pairs(new, lacking), _of_one_person(new, lacking)], ignore_index=True)
    pairs = pairs.drop_duplicates(["ours", "theirs"])
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
    pairs = pairs[expected | (same_visit & missing.loc[pairs["theirs"]].to_numpy())]
    # Of a claim that differs from one session in one part, another session is no correction.
    one_part = pairs["part"] != _SEVERAL
    pairs = pairs[one_part | ~pairs["theirs"].isin(pairs.loc[one_part, "theirs"])]
    pairs = pairs.sort_values("ours", kind="stable").drop_duplicates("ours")
    near.loc[pairs["ours"], "resembles"] = pairs["theirs"].to_numpy()
    near.loc[pairs["ours"], "resemblance"] = pairs["what"].to_numpy()
    return near


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
    everywhere = set().union(*files[pairs["ours"]]) if len(pairs) else set()
    for file in (None, *sorted(everywhere)):
        here = pd.Series([file is None or file in names for names in files], index=files.index)
        anew = renumbered[here.loc[renumbered["ours"]].to_numpy(bool)]
        matched = pd.Series(claims.index.isin([*place[here], *anew["theirs"]]), index=claims.index)
        days = ours.loc[here, "date"].dropna()
        beyond = just_beyond(days, matched, claims, active, pairs.loc[near, "theirs"])
        only = _only_beyond(days, matched, claims, active)
        between = claims["date"].between(days.min(), days.max())
        in_days, in_weeks, is_theirs, is_between, is_beyond = (
            which.loc[pairs["theirs"]].to_numpy(bool)
            for which in (
                expected_in_files(days, matched, claims, active),
                expected_in_files(days, matched, claims, active, only),
                _of_people(claims, matched),
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
    joins = []
    for part in (None, *_PARTS):
        for who in ("patient", "name"):
            columns = [who, *(name for name in _PARTS if name != "patient")]
            if part:
                columns.remove(who if part == "patient" else part)
            joins.append(_joined_on(new, lacking, columns).assign(part=part or "number"))
    pairs = pd.concat(joins, ignore_index=True).drop_duplicates(["ours", "theirs"])
    one, other = new.loc[pairs["ours"]].reset_index(drop=True), lacking.loc[pairs["theirs"]].reset_index(drop=True)
    pairs = pairs.reset_index(drop=True)
    pairs["slot"] = (one["start"] == other["start"]) & (one["start"] != "")
    pairs["alike"] = _alike(one, other)
    pairs["numbered"] = (one["session_id"] != "") & (other["session_id"] != "")
    apart = _contradict(one, other, "start")
    pairs["part"] = pairs["part"].mask(apart & (pairs["part"] == "number"), "start")
    born_apart = _contradict(one, other, "born")
    other_plan = one["insurer_id"] != other["insurer_id"]
    for column in ("patient_id", "policy", "member"):
        other_plan |= _contradict(one, other, column)
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
    joins = []
    for columns in (["phn"], ["patient_id", "given"], ["member", "given"], ["born", "given"], ["patient"], ["name"]):
        left, right = (frame[(frame[columns] != "").all(axis=1)] for frame in (new, lacking))
        joins.append(_joined_on(left, right, columns).assign(sure=columns not in (["patient"], ["name"])))
    pairs = pd.concat(joins, ignore_index=True).drop_duplicates(["ours", "theirs"])
    days = new.loc[pairs["ours"], "date"].to_numpy() - lacking.loc[pairs["theirs"], "date"].to_numpy()
    pairs = pairs[np.abs(days) <= week.to_timedelta64()].reset_index(drop=True)
    one, other = new.loc[pairs["ours"]].reset_index(drop=True), lacking.loc[pairs["theirs"]].reset_index(drop=True)
    # A name alone may be another one's: a birth date or a plan tells them apart.
    two_people = _contradict(one, other, "born")
    for column in ("patient_id", "policy", "member"):
        two_people |= _contradict(one, other, column)
    differs = np.column_stack([_contradict(one, other, column) for column in _OF_VISIT])
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


def _joined_on(new: pd.DataFrame, lacking: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The labels of each new session and each claim that are alike in these columns."""
    left, right = (
        pd.DataFrame({"key": _joined(frame[columns]), side: frame.index})
        for frame, side in ((new, "ours"), (lacking, "theirs"))
    )
    return left.merge(right, on="key")[["ours", "theirs"]]


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


def _contradict(one: pd.DataFrame, other: pd.DataFrame, column: str) -> pd.Series[bool]:
    """True if both sides have a value, and the values differ."""
    return (one[column] != "") & (other[column] != "") & (one[column] != other[column])


def _joined(parts: pd.DataFrame) -> pd.Series[str]:
    key = pd.Series("", index=parts.index, dtype="str")
    for name in parts:
        key = key + _SEPARATOR + parts[name]
    return key


def obsolete_lines(
    lines: pd.DataFrame, sessions: pd.DataFrame, claims: pd.DataFrame, elsewhere: pd.DataFrame
) -> pd.Series[bool]:
    """Open lines of earlier runs (held, or not billed) that the new sessions make obsolete.

    `sessions` are the month's (JUDGED), `claims` those of the ledger (ON_LEDGER), `elsewhere` the active ones that the
    files do not hold. A line is obsolete where its session came again; where a new session of the month differs from it
    in one part at most, as a fixed one does; or where all else of its own file and day that was claimed came again, and
    it did not. A line without a day has no such day.

    A regular's next visit differs in the day alone, and one with somebody else that day in the practitioner: it is the
    fixed one only where the files hold the line's own day, which shows in what else that practitioner did on it.
    """
    if lines.empty:
        return pd.Series(False, index=lines.index)
    came = _came_again(lines, sessions)
    here = claims[claims["claim"].isin(sessions["claim"])]
    free = ~sessions["key"].isin(lines["session"]) & (sessions["claim"] == "")
    new = sessions[free & (sessions["reason"] != "outside-month")]
    ours, theirs = _line_parts(new, new["service_name"]), _line_parts(lines, lines["service"])
    likely = {
        part: _joined(theirs[rest]).isin(_joined(ours[rest]))
        # Two people on one day differ in the patient too: only one whose name was missing is the same.
        & ((theirs["patient"] == "") if part == "patient" else theirs["patient"] != "")
        for part in _PARTS
        for rest in [[name for name in _PARTS if name != part]]
    }
    # What is held for its practitioner is fixed by another one.
    wrong = lines.loc[lines["kind"].isin(_ABOUT_PRACTITIONERS), "session"] if "kind" in lines else ()
    fixed = (likely["practitioner"] & lines["session"].isin(wrong)) | likely["service"]
    # What else of the line's day and practitioner is on the ledger came again, and nothing of it did not.
    own_day = _joined(theirs[["practitioner", "service_date"]])
    whole_day = own_day.isin({*own_day[came | fixed], *_days_of_practitioners(here)})
    whole_day &= ~own_day.isin(_days_of_practitioners(elsewhere))
    # A line without a day is of any day.
    fixed |= likely["service_date"] & (theirs["service_date"] == "")
    fixed |= (likely["patient"] | likely["service_date"] | likely["practitioner"]) & whole_day
    # Another file's visits of that day say nothing: it may be of other people.
    days = _days_of_files(lines)
    gone = days.isin({*_days_of_files(here), *days[came]}) & ~days.isin(_days_of_files(elsewhere))
    return came | fixed | (lines["service_date"].notna() & gone)


def _came_again(lines: pd.DataFrame, sessions: pd.DataFrame) -> pd.Series[bool]:
    """Which lines' sessions are in the files: by key, and of the same patient or day.

    Some programs number the rows of each export anew, so that a key may be another session's.
    """
    columns = ["patient", "service_date"]
    theirs = _line_parts(lines, lines["service"])[columns]
    now = _line_parts(sessions, sessions["service_name"])[columns].set_axis(sessions["key"])
    now = now[~now.index.duplicated()].reindex(lines["session"]).set_axis(lines.index)
    apart = [(theirs[name] != now[name]) & (theirs[name] != "") & (now[name] != "") for name in columns]
    return lines["session"].isin(sessions["key"]) & ~(apart[0] & apart[1])


def _days_of_practitioners(claims: pd.DataFrame) -> pd.Series[str]:
    """The practitioner and day of each claim, as one text."""
    written = claims.assign(practitioner=claims["practitioner_written"])
    return _joined(_line_parts(written, claims["service_name"])[["practitioner", "service_date"]])


def _days_of_files(frame: pd.DataFrame) -> pd.Series[str]:
    """The file, sheet and day of each line or claim, as one text."""
    file = frame["source"].str.rpartition(", row ")[0] if len(frame) else frame["source"]
    return (file + _SEPARATOR + day_text(frame["service_date"])).astype("str")


def _line_parts(frame: pd.DataFrame, service: pd.Series[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient": frame["patient"].map(given_name_first).astype("str"),
            "service_date": day_text(frame["service_date"]),
            "practitioner": frame["practitioner"].map(given_name_first).astype("str"),
            "service": service.map(plain).astype("str"),
        },
        index=frame.index,
    )
