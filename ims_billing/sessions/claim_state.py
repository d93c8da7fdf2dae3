"""Each session's claim state (new, claimed, changed, voided) after decisions are applied."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import pandas as pd

from ims_billing.sessions.decisions import Decided
from ims_billing.sessions.recall import Recall
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.frames import BILL, CLAIM_STATES, FINDINGS, as_frame, prove
from ims_billing.vocabulary.rows import rows_of
from ims_billing.vocabulary.spelling import month_text


@dataclass(frozen=True)
class ClaimStates:
    """The claim states of a month's sessions.

    frame: CLAIM_STATES of the sessions that no decision has settled; a new session that resembles a claimed one is
        changed
    replaces: by session, the number of the claim that it takes the place of; empty where none
    never_billed: the sessions that somebody decided not to bill
    recalled: what the ledger knows, without the claims that are replaced
    decided: the decisions, with those refused that can't count about their claims
    """

    frame: pd.DataFrame
    replaces: pd.Series[str]
    never_billed: frozenset[int]
    recalled: Recall
    decided: Decided

    @property
    def on_ledger(self) -> pd.Series[bool]:
        """True for sessions that are claimed, changed or voided; False for new ones."""
        return self.frame["state"] != ""

    @property
    def has_claim(self) -> pd.Series[bool]:
        """True for sessions whose active claim stays."""
        return self.recalled.states["state"].isin(("claimed", "changed")) & (self.replaces == "")

    def gone(self, months: Collection[str]) -> pd.DataFrame:
        """The active claims of these months (ON_LEDGER) that should be in the files, and that no session resembles."""
        claims = self.recalled.elsewhere
        resembled = claims["claim"].isin(self.frame["resembles"])
        return claims[self.recalled.expected & claims["month"].isin(months) & ~resembled]

    def moved(self, months: Collection[str], dates: pd.Series[pd.Timestamp]) -> pd.DataFrame:
        """The active claims of these months (ON_LEDGER) whose sessions the files date to another month by now."""
        states = self.recalled.states
        elsewhere = (states["claim"] != "") & dates.notna() & ~month_text(dates).isin(list(months))
        claims = self.recalled.active
        return claims[claims["month"].isin(months) & claims["claim"].isin(states.loc[elsewhere, "claim"])]


def claim_states(
    sessions: pd.DataFrame, recalled: Recall, decided: Decided, dated: pd.Series[bool], replacing: str
) -> ClaimStates:
    """Returns the claim states by what the ledger knows and what was decided.

    `sessions` have their `reason` not to be billed, `dated` says which have a day to go by. The session of the voided
    claim `replacing`, and any that replaces its claim, is new; so is one never to be billed whose claim was voided.
    """
    if (recalled.states[["state", "claim", "resembles"]] == "").all(axis=None):
        none = pd.Series("", index=sessions.index, dtype="str")
        never_billed = frozenset(decided.not_to_bill())
        return ClaimStates(prove(recalled.states, CLAIM_STATES), none, never_billed, recalled, decided)
    of_replaced = (recalled.states[["claim", "resembles"]] == replacing).any(axis=1) & (replacing != "")
    replaces = pd.Series(replacing, index=sessions.index, dtype="str").where(of_replaced, "")
    reason = sessions["reason"]
    frame = _in_this_month(recalled.states, reason, dated & (reason != "outside-month") & ~of_replaced)
    never = decided.not_to_bill()
    about = decided.about_claims(frame, reason)
    replaced = {claim for word, claim in about.chosen.values() if word == BILL}
    for label, (word, claim) in about.chosen.items():
        if word == BILL and label not in never:
            replaces[label] = claim
        elif frame.at[label, "state"] == "voided":
            never.add(label)
        elif frame.at[label, "resembles"] and claim in replaced:  # the claim is another session's
            never.add(label)
            frame.at[label, "state"] = ""
        else:  # the claim stays as it is, and it is this session's
            frame.loc[label, ["state", "claim"]] = ["claimed", claim]
    decided_never = sessions.index.isin(never)
    # A session with an active claim is never "not billed", whatever else was decided about it.
    stays = recalled.states["state"].isin(("claimed", "changed")) & decided_never & (reason != "outside-month")
    settled = (replaces != "") | (decided_never & ~stays & (frame["state"] == "voided"))
    frame["state"] = frame["state"].mask(stays, "claimed").mask(settled, "")
    return ClaimStates(
        frame=prove(frame, CLAIM_STATES),
        replaces=replaces,
        never_billed=frozenset(never),
        recalled=recalled.without(set(replaces) - {""}),
        decided=replace(decided, refused={**decided.refused, **about.refused}),
    )


def _in_this_month(recalled: pd.DataFrame, reason: pd.Series[str], here: pd.Series[bool]) -> pd.DataFrame:
    """The states of the sessions that are `here`; a new one that resembles a claimed one is changed.

    A session that is not billed for another reason is no second claim, whatever it resembles.
    """
    free = recalled["state"].isin(("", "voided"))
    resembles = here & free & (recalled["resembles"] != "") & (reason == "")
    return recalled.assign(
        state=recalled["state"].where(here, "").mask(resembles, "changed"),
        resembles=recalled["resembles"].where(resembles, ""),
    )


def with_claims_in_the_way(
    findings: pd.DataFrame, sessions: pd.DataFrame, candidates: pd.Index[int], claims: pd.DataFrame, replacing: str
) -> pd.DataFrame:
    """Adds holds to clear sessions whose visit has an active claim already, made for a session that changed since.

    `sessions` have `own_id`, `natural_key`, `insurer_id` and `replaces`; `claims` are those of the ledger
    (ON_LEDGER). A claim that a clear session replaces is not in the way. Of two clear sessions of one visit, the
    second is held. Returns the FINDINGS frame.
    """
    stands = claims["voided_on"].isna() & (claims["claim"] != replacing)
    active = rows_of(claims[stands], ["claim", "insurer_id", *_KEYS.values()])
    kind = CATALOGUE["changed-since-claimed"]
    clear = candidates.difference(pd.Index(findings.loc[findings["severity"] == "hold", "session"]))
    while True:
        findings = findings.sort_values(["session", "severity"], kind="stable", ignore_index=True)
        ours = sessions.loc[clear, ["insurer_id", "replaces", *_KEYS]]
        replaced = set(ours["replaces"])
        in_the_way = _in_the_way(ours, [claim for claim in active if claim[0] not in replaced])
        if not in_the_way:
            return findings
        more = {
            "session": list(in_the_way),
            "kind": kind.kind,
            "severity": "hold",
            "message": [
                f"{claim} stands for that visit, and its own session changed. Decide about that one first."
                if claim
                else "Another session is claimed for that visit in this run."
                for claim in in_the_way.values()
            ],
            "fix": kind.fix,
            "claim": list(in_the_way.values()),
            "decided": False,
            "in_setup": False,
        }
        findings = pd.concat([findings, as_frame(more, FINDINGS)], ignore_index=True)
        clear = clear.difference(list(in_the_way))


# What identifies a visit: the column of the sessions, and that of the claims.
_KEYS = {"own_id": "session_id", "natural_key": "natural_key"}


def _in_the_way(ours: pd.DataFrame, claims: list[tuple[str, ...]]) -> dict[int, str]:
    """By session, the claim of its visit; empty for the second session of one visit."""
    claimed: dict[int, str] = {}
    again: set[int] = set()
    for place, name in enumerate(_KEYS):
        by_key = {(claim[2 + place], claim[1]): claim[0] for claim in claims}
        shared = ours[name].duplicated(keep=False) | ours[name].isin([key for key, _ in by_key])
        visits = ours[shared & (ours[name] != "")]
        first: dict[tuple[str, str], int] = {}
        for label, key in zip(visits.index, rows_of(visits, [name, "insurer_id"]), strict=True):
            is_first = first.setdefault(key, label) == label
            if key in by_key and label not in again:
                claimed.setdefault(label, by_key[key])
            elif not is_first and label not in claimed:
                again.add(label)
    return {label: claimed.get(label, "") for label in sorted(claimed.keys() | again)}
