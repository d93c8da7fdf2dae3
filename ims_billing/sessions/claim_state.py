"""How the sessions of a month stand on the ledger, once what was decided about their claims counts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from ims_billing.sessions.decisions import BILL, Decided
from ims_billing.sessions.recall import Recall
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.frames import FINDINGS


@dataclass(frozen=True)
class Standing:
    """How the sessions of a month stand on the ledger.

    `frame` is as in Recall, for those of the month that are not settled by a decision: a new session that resembles a
    claimed one is changed. `replaces` is the claim that each takes the place of, `never` are those that are decided
    not to be billed, and `known` is what the ledger knows but for the claims that are replaced.
    """

    frame: pd.DataFrame
    replaces: pd.Series[str]
    never: frozenset[int]
    known: Recall

    @property
    def on_ledger(self) -> pd.Series[bool]:
        """Sessions that are no new ones."""
        return self.frame["state"] != ""

    @property
    def has_claim(self) -> pd.Series[bool]:
        """Sessions for which an active claim stands, and goes on standing."""
        return self.known.standing["state"].isin(("claimed", "changed")) & (self.replaces == "")

    def gone(self, months: Collection[str]) -> pd.DataFrame:
        """The active claims of these months (ON_LEDGER) that the files would hold, and that nothing here resembles."""
        claims = self.known.elsewhere
        resembled = claims["claim"].isin(self.frame["resembles"])
        return claims[self.known.expected & claims["month"].isin(months) & ~resembled]


def stand(
    sessions: pd.DataFrame, recalled: Recall, decided: Decided, dated: pd.Series[bool], replacing: str
) -> Standing:
    """How the sessions stand, by what the ledger knows of them and what was decided; `dated` have a day to go by.

    One that is to replace its claim stands as new, and so does what is never billed once its claim was taken back.
    """
    of_replaced = (recalled.standing[["claim", "resembles"]] == replacing).any(axis=1) & (replacing != "")
    replaces = pd.Series(replacing, index=sessions.index, dtype="str").where(of_replaced, "")
    reason = sessions["reason"]
    frame = _as_recalled(recalled.standing, reason, dated & (reason != "outside-month") & ~of_replaced)
    never = decided.not_to_bill()
    for label, (decision, claim) in decided.about_claims(frame, reason).items():
        if decision == BILL and label not in never:
            replaces[label] = claim
        elif frame.at[label, "state"] == "voided":
            never.add(label)
        else:  # the claim stays as it is, and it is of this session
            frame.loc[label, ["state", "claim"]] = ["claimed", claim]
    decided_never = sessions.index.isin(never)
    # What has an active claim is never not billed, whatever else was decided about it.
    stays = recalled.standing["state"].isin(("claimed", "changed")) & decided_never & (reason != "outside-month")
    settled = (replaces != "") | (decided_never & ~stays & (frame["state"] == "voided"))
    frame["state"] = frame["state"].mask(stays, "claimed").mask(settled, "")
    return Standing(frame, replaces, frozenset(never), recalled.without(set(replaces)))


def _as_recalled(recalled: pd.DataFrame, reason: pd.Series[str], here: pd.Series[bool]) -> pd.DataFrame:
    """What the ledger says of the sessions that are `here`; a new one that resembles a claimed one is changed.

    A session that is not billed for another reason is no second claim, whatever it resembles.
    """
    free = recalled["state"].isin(("", "voided"))
    resembles = here & free & (recalled["resembles"] != "") & (reason == "")
    return recalled.assign(
        state=recalled["state"].where(here, "").mask(resembles, "changed"),
        resembles=recalled["resembles"].where(resembles, ""),
    )


def with_those_in_the_way(
    findings: pd.DataFrame, sessions: pd.DataFrame, candidates: pd.Index[int], claims: pd.DataFrame, replacing: str
) -> pd.DataFrame:
    """The findings, with holds on sessions for whose visit a claim stands already, of a session that is another now.

    What a clear session is to replace does not stand in the way; nor do two clear sessions stand for one visit.
    """
    active = claims[claims["voided_on"].isna() & (claims["claim"] != replacing)]
    kind = CATALOGUE["changed-since-claimed"]
    clear = candidates.difference(pd.Index(findings.loc[findings["severity"] == "hold", "session"]))
    while True:
        findings = findings.sort_values(["session", "severity"], kind="stable", ignore_index=True)
        ours = sessions.loc[clear, ["session_id", "natural_key", "insurer_id", "replaces"]]
        theirs = active[~active["claim"].isin(ours["replaces"])]
        told = pd.Series("", index=clear, dtype="str")
        for name in ("session_id", "natural_key"):
            keys, known = (frame[name] + "\x1f" + frame["insurer_id"] for frame in (ours, theirs))
            stands = dict(zip(known, theirs["claim"], strict=True))
            there = (ours[name] != "") & keys.isin(stands)
            of_claim = keys.map(stands).astype("str").fillna("") + " stands for that visit, and its own session is "
            told = told.mask(there & (told == ""), of_claim + "another now. Decide about that one first.")
            twice = (ours[name] != "") & keys.duplicated()
            told = told.mask(twice & (told == ""), "Another session is claimed for that visit in this run.")
        told = told[told != ""]
        if told.empty:
            return findings
        more = pd.DataFrame({"session": told.index, "kind": kind.kind, "severity": "hold", "message": told.to_numpy()})
        types = {column.name: column.dtype for column in FINDINGS}
        findings = pd.concat([findings, more.assign(fix=kind.fix).astype(types)], ignore_index=True)
        clear = clear.difference(told.index)
