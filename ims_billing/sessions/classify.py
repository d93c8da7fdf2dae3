"""Says what was done in each session and keeps the words it was told by; then who did it, and who pays."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import pandas as pd

from ims_billing.clinic.clinic import Clinic, Practitioner
from ims_billing.rules.published import ServiceRules, published
from ims_billing.vocabulary.frames import CLASSIFIED, SELF_PAY, SESSIONS, prove
from ims_billing.vocabulary.model import Service
from ims_billing.vocabulary.spelling import plain

# Words of eight letters and more are read through one slip of the pen; shorter ones are too much alike.
_LONG = 8
_LIKENESS = 0.88
_LIKENESS_AFTER_DRY = 0.75
_SHORT = 4


@dataclass(frozen=True)
class NameReading:
    """What a service name says by itself."""

    service: Service
    evidence: str
    also_acupuncture: bool
    visit: str
    minutes: int | None


@dataclass(frozen=True)
class _Term:
    service: int
    written: str


def words_of(name: str) -> list[str]:
    """A name taken apart: plain words, numbers, and the signs between them that keep two names apart.

    Hyphens inside words, dots and apostrophes part words without being signs; a dash with spaces is a sign.
    """
    name = re.sub(r"\bw\s*/\s*o\b", "without", name, flags=re.IGNORECASE)
    name = re.sub(r"\bf\s*/\s*u\b", "follow up", name, flags=re.IGNORECASE)
    name = re.sub(r"(?<=[^\W\d_])\.(?=[^\W\d_])", "", name)  # I.M.S.
    name = re.sub(r"(?<=[^\W\d_])[xX](?=\d)", " x", name)  # IMSx2
    name = re.sub(r"(?<=[a-z]{2})(?=[A-Z]{2}|[A-Z][a-z])", " ", name)
    name = re.sub(r"(?<=\w)[-‐‑‒–—](?=\w)", " ", plain(name))
    return re.findall(r"[^\W\d_]+|\d+(?:[.,]\d+)?|[^\w\s.'’\"*®™_]", name)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > _SHORT and word.endswith("s") and not word.endswith("ss") else word


def _is_word(token: str) -> bool:
    return token[0].isalpha()


class NameReader:
    """Reads service names by the rules and the clinic's own names."""

    def __init__(self, rules: ServiceRules, own_names: Mapping[str, Service]) -> None:
        self._services = [words.id for words in rules.service]
        self._terms: dict[str, _Term] = {}
        self._note_terms: dict[str, _Term] = {}
        self._long_words: set[str] = set()
        for number, service in enumerate(rules.service):
            for terms, kept in ((service.terms, self._terms), (service.in_notes, self._note_terms)):
                for term in terms:
                    parts = [_singular(word) for word in words_of(term)]
                    kept.setdefault("".join(parts), _Term(number, term))
                    for word in (*parts, "".join(parts)):
                        if len(word) >= _LONG:
                            self._long_words.add(word)
        self._negations = {word for text in rules.negation.words for word in words_of(text)}
        self._joining = {word for text in rules.negation.joining for word in words_of(text)}
        self._after = _runs(rules.negation.after)
        named = {tuple(words_of(name)): (name, own) for name, own in {**rules.names, **own_names}.items()}
        self._own = sorted(named.items(), key=lambda own: -len(own[0]))
        visit = rules.visit
        self._initial, self._subsequent, self._again = (
            _runs(words) for words in (visit.initial, visit.subsequent, visit.again)
        )
        self._minutes, self._hours = set(rules.duration.minutes), set(rules.duration.hours)
        self._around = {
            word
            for group in (visit.initial, visit.subsequent, visit.either, visit.again)
            for text in group
            for word in words_of(text)
        } | {plain(unit) for unit in (*self._minutes, *self._hours)}

    def read(self, name: str) -> NameReading:
        """What one service name says."""
        tokens = words_of(name)
        visit, minutes = self._visit(tokens), self._duration(tokens)
        own = self._own_name(tokens)
        if own is not None:
            written, service = own
            return NameReading(service, f'own name "{written}" in Service', False, visit, minutes)
        found = self._find(tokens, self._terms)
        if not found:
            return NameReading("unrecognised", "", False, visit, minutes)
        first = min(found)
        service = self._services[first]
        says_acupuncture = any(self._services[number] == "acupuncture" for number in found)
        also = service == "ims" and says_acupuncture
        shown = [f'"{found[first]}"']
        if also:
            shown.append(f'"{next(w for n, w in found.items() if self._services[n] == "acupuncture")}"')
        return NameReading(service, f"{' and '.join(shown)} in Service", also, visit, minutes)

    def ims_in_notes(self, notes: str) -> str:
        """The words in the notes that speak of IMS; empty where there are none."""
        found = self._find(words_of(notes), self._note_terms)
        return next((words for number, words in found.items() if self._services[number] == "ims"), "")

    def _find(self, tokens: Sequence[str], terms: Mapping[str, _Term]) -> dict[int, str]:
        """By service (its place in the rules) the first words that tell it."""
        found: dict[int, str] = {}
        spelled = [
            self._respelled(_singular(token), after) for after, token in zip(["", *tokens], tokens, strict=False)
        ]
        taken_until = -1  # where a term that was taken back ends
        for begin, token in enumerate(tokens):
            if begin < taken_until or not _is_word(token):
                continue
            before = tokens[begin - 1] if begin else ""
            taken_back = before in self._negations or (before in self._joining and taken_until == begin - 1)
            together = ""
            for end in range(begin, min(begin + 6, len(tokens))):
                if not _is_word(tokens[end]):
                    break
                together += spelled[end]
                run = tokens[begin : end + 1]
                if len(together) <= _SHORT and len(run) > 1 and any(len(word) > 1 for word in run):
                    continue  # an abbreviation is one word, or letters: "I, MS" is not IMS
                for term in self._told(together, token if begin == end else "", terms):
                    if taken_back or _begins_with(tokens[end + 1 :], self._after):
                        taken_until = end + 1
                    else:
                        found.setdefault(term.service, " ".join(run))
        return found

    def _told(self, together: str, alone: str, terms: Mapping[str, _Term]) -> list[_Term]:
        """The term that some words written together spell; or what one word alone is joined of: IMSphysio."""
        if together in terms:
            return [terms[together]]
        for cut in range(2, len(alone) - 1):
            parts = (alone[:cut], alone[cut:])
            told = [terms[part] for part in parts if part in terms]
            if told and all(part in terms or part in self._around for part in parts):
                return told
        return []

    def _respelled(self, word: str, after: str) -> str:
        if after == "dry" and difflib.SequenceMatcher(None, word, "needling").ratio() > _LIKENESS_AFTER_DRY:
            return "needling"
        if len(word) < _LONG or word in self._long_words:
            return word
        close = difflib.get_close_matches(word, self._long_words, n=1, cutoff=_LIKENESS)
        return close[0] if close else word

    def _own_name(self, tokens: Sequence[str]) -> tuple[str, Service] | None:
        """The clinic's own name that this is, alone or with nothing but visit and duration words around it."""
        for words, (written, service) in self._own:
            for begin in range(len(tokens) - len(words) + 1):
                end = begin + len(words)
                around = (*tokens[:begin], *tokens[end:])
                if tuple(tokens[begin:end]) == words and all(
                    token in self._around or not token[0].isalpha() for token in around
                ):
                    return written, service
        return None

    def _visit(self, tokens: Sequence[str]) -> str:
        """Which visit the name says it is; empty where it says neither or both."""
        if _has(tokens, self._again):
            return "subsequent"
        initial, subsequent = _has(tokens, self._initial), _has(tokens, self._subsequent)
        if initial == subsequent:
            return ""
        return "initial" if initial else "subsequent"

    def _duration(self, tokens: Sequence[str]) -> int | None:
        """The minutes that the name says; None where it says none, or several."""
        told = set()
        for number, unit in itertools.pairwise(tokens):
            if number[0].isdigit() and unit in (self._minutes | self._hours):
                amount = float(number.replace(",", "."))
                told.add(round(amount * (60 if unit in self._hours else 1)))
        return told.pop() if len(told) == 1 else None


def _runs(words: Iterable[str]) -> list[list[str]]:
    return [words_of(text) for text in words]


def _begins_with(tokens: Sequence[str], runs: Iterable[Sequence[str]]) -> bool:
    return any(list(tokens[: len(run)]) == list(run) for run in runs)


def _has(tokens: Sequence[str], runs: Iterable[Sequence[str]]) -> bool:
    return any(
        list(tokens[begin : begin + len(run)]) == list(run)
        for run in runs
        for begin in range(len(tokens) - len(run) + 1)
    )


def classify(sessions: pd.DataFrame, clinic: Clinic) -> pd.DataFrame:
    """The sessions frame with the CLASSIFIED columns added; `visit` and `minutes` filled from the name.

    Takes SESSIONS columns. What was done is told by the service name, then by the notes where a physiotherapist
    (or somebody not on the roster) treated; nothing here decides whether it is billed.
    """
    prove(sessions, SESSIONS)
    reader = NameReader(published().services, clinic.service_names)
    frame = sessions.copy()
    readings = {name: reader.read(name) for name in frame["service_name"].unique()}
    names = frame["service_name"]
    frame["service"] = names.map({n: r.service for n, r in readings.items()}).astype("str")
    frame["evidence"] = names.map({n: r.evidence for n, r in readings.items()}).astype("str")
    both = names.map({n: r.also_acupuncture for n, r in readings.items()}).astype("bool")
    frame["doubt"] = pd.Series("", index=frame.index, dtype="str").mask(both, "ims-or-acupuncture")
    frame = _with_visit(frame, names.map({n: r.visit for n, r in readings.items()}).astype("str"))
    told_minutes = names.map({n: r.minutes for n, r in readings.items()}).astype("Int64")
    frame["minutes"] = frame["minutes"].fillna(told_minutes)
    frame = _with_practitioners(frame, clinic)
    frame = _with_notes(frame, reader)
    return prove(_with_insurers(frame, clinic), CLASSIFIED)


def _with_visit(frame: pd.DataFrame, by_name: pd.Series[str]) -> pd.DataFrame:
    """The visit as its column says, else the service name, else the appointment; and by which of them it was told."""
    visit, evidence = frame["visit"], pd.Series("", index=frame.index, dtype="str")
    evidence = evidence.mask(visit != "", "the column Visit")
    by_appointment = frame["first_visit"].map({"yes": "initial", "no": "subsequent", "": ""}).astype("str")
    for told, words in ((by_name, "the service name"), (by_appointment, "the appointment's first visit")):
        fills = (visit == "") & (told != "")
        visit, evidence = visit.mask(fills, told), evidence.mask(fills, words)
    return frame.assign(visit=visit.astype("str"), visit_evidence=evidence.astype("str"))


def _with_practitioners(frame: pd.DataFrame, clinic: Clinic) -> pd.DataFrame:
    written = frame["practitioner"]
    known = {name: clinic.practitioner(name) for name in written.unique()}
    for column, attribute in (
        ("practitioner_name", "name"),
        ("profession", "profession"),
        ("registration", "registration"),
    ):
        frame[column] = written.map({n: getattr(p, attribute) if p else "" for n, p in known.items()}).astype("str")
    # Who treated that day: few people and days make up many sessions.
    pairs = frame[["practitioner", "service_date"]].drop_duplicates()
    told = [_standing(known[name], day) for name, day in pairs.itertuples(index=False, name=None)]
    by_pair = pairs.assign(
        registered=pd.Series([one[0] for one in told], index=pairs.index, dtype="bool"),
        may_needle=pd.Series([one[1] for one in told], index=pairs.index, dtype="bool"),
        authority=pd.Series([one[2] for one in told], index=pairs.index, dtype="str"),
    )
    standing = frame[list(pairs)].merge(by_pair, how="left").set_axis(frame.index)
    return frame.assign(**{name: standing[name] for name in ("registered", "may_needle", "authority")})


def _standing(practitioner: Practitioner | None, date: pd.Timestamp) -> tuple[bool, bool, str]:
    """Whether a practitioner is registered on a day, and may needle, and by what in words."""
    day = None if pd.isna(date) else date.date()
    if practitioner is None or day is None:
        return False, False, _authority(practitioner, date)
    registered = bool(practitioner.registration) and any(p.covers(day) for p in practitioner.registered)
    return registered, any(p.covers(day) for p in practitioner.needling), _authority(practitioner, date)


def _authority(practitioner: Practitioner | None, day: pd.Timestamp) -> str:
    """By what a practitioner may be billed for a day: profession, registration and authorisation, with their dates."""
    if practitioner is None:
        return "not in the clinic file"
    told: list[str] = [practitioner.profession]
    told += [f"registration {practitioner.registration}"] if practitioner.registration else []
    if practitioner.profession != "physiotherapist" or pd.isna(day):
        return ", ".join(told)
    on = day.date()
    for periods, yes, no in (
        (practitioner.registered, "registered", "not shown as registered that day"),
        (practitioner.needling, "authorised to needle", "not shown as authorised to needle that day"),
    ):
        found = next((period for period in periods if period.covers(on)), None)
        told.append(f"{yes} {found.lasting()}" if found else no)
    return ", ".join(told)


def _with_notes(frame: pd.DataFrame, reader: NameReader) -> pd.DataFrame:
    """IMS that only the notes speak of, where a physiotherapist treated or nobody on the roster."""
    may_be = (frame["notes"] != "") & (frame["service"] != "ims")
    may_be &= frame["profession"].isin(("physiotherapist", "")) & (frame["service_name"] != "")
    in_notes = cache(reader.ims_in_notes)
    words = frame.loc[may_be, "notes"].map(in_notes)
    told = words[words != ""]
    frame.loc[told.index, "service"] = "ims"
    frame.loc[told.index, "doubt"] = "ims-in-notes-only"
    frame.loc[told.index, "evidence"] = '"' + told.astype("str") + '" in Notes'
    return frame


def _with_insurers(frame: pd.DataFrame, clinic: Clinic) -> pd.DataFrame:
    written = frame["insurer"]
    ids, names = {}, {}
    for name in written.unique():
        insurer = clinic.insurer(name)
        blank_pays = name == "" and clinic.block.blank_insurer == "self-pay"
        if insurer is not None:
            ids[name], names[name] = insurer.id, insurer.name
        else:
            ids[name], names[name] = SELF_PAY if blank_pays or clinic.pays_self(name) else "", name
    frame["insurer_id"] = written.map(ids).astype("str")
    frame["insurer_name"] = written.map(names).astype("str")
    # A word for "the patient pays" is no second insurer, nor is the first one once more, with no other policy.
    second = frame["secondary_insurer"]
    known = {name: insurer.id for name in second.unique() if (insurer := clinic.insurer(name))}
    pays_self = second.isin([name for name in second.unique() if clinic.pays_self(name)])
    other_policy = (frame["secondary_policy"] != "") & (frame["secondary_policy"] != frame["policy"])
    again = (second.map(known) == frame["insurer_id"]) & (frame["insurer_id"] != "") & ~other_policy
    frame["secondary_insurer"] = second.mask(pays_self | again, "")
    return frame
