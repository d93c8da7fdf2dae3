"""Claims that are not paid as claimed, by their age, with the notes about them."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import pandas as pd

from ims_billing.payments.positions import positions
from ims_billing.vocabulary.frames import AGING, WORK, as_frame, prove

BUCKETS = ("0-30", "31-60", "61-90", "over 90")
_EDGES = (-1, 30, 60, 90, 1_000_000)
# An insurer is waited for as long as it took for three of four answers, once it has given so many; else for 30 days.
_USUAL_SHARE, _ANSWERS_NEEDED, _USUAL_DAYS = 0.75, 3, 30


def aging(
    claims: pd.DataFrame, postings: pd.DataFrame, work: pd.DataFrame, batches: pd.DataFrame, as_of: dt.date
) -> pd.DataFrame:
    """Lists the claims that are not paid as claimed, as AGING; the oldest first, then the largest.

    claims: ON_LEDGER
    postings: POSTINGS
    work: the notes about claims (WORK)
    batches: `month`, `batch`, and `claimed_on`, the day of the batch
    as_of: the day to look at; payments, claims and notes of later days are left out

    The patient's share and the balance that a second insurer is billed for are not owed. A denied claim is listed,
    and owed only once it was sent again. A posting ends the status Closed or Sent again. The insurer is to be asked
    (`ask`) about what it refused, paid short, or has not answered for longer than it usually takes.
    """
    day = pd.Timestamp(as_of)
    claimed_on = claims.merge(batches, on=["month", "batch"], how="left")["claimed_on"].set_axis(claims.index)
    claims, claimed_on = claims[claimed_on <= day], claimed_on[claimed_on <= day]
    posted = postings[(postings["payment"] > 0) & (postings["paid_on"] <= day) & ~(postings["undone_on"] <= day)]
    answer = posted.drop_duplicates("claim", keep="last").set_index("claim").reindex(claims["claim"])
    answer = answer.set_axis(claims.index)
    money = positions(claims, postings, as_of).set_axis(claims.index)
    owed = money["outstanding_cents"] + money["short_cents"]
    state = pd.Series("", index=claims.index, dtype="str")
    for name, column, sign in (
        ("denied", "denied_cents", 1),
        ("short-paid", "short_cents", 1),
        ("not answered", "outstanding_cents", 1),
        ("over-paid", "outstanding_cents", -1),
    ):
        state = state.mask(money[column] * sign > 0, name)
    age = (day - claimed_on).dt.days
    followed = claims["follows"][~(claims["voided_on"] <= day)]
    passed_on = claims["claim"].isin(followed) & (money["outstanding_cents"] == 0)
    owed, state = owed.mask(passed_on, 0), state.mask(passed_on, "")
    usual = _usual_days(claims, claimed_on, posted, batches)
    noted = _noted(prove(work, WORK), postings, day).reindex(claims["claim"]).set_axis(claims.index)
    # What was sent again is waited for from that day on.
    waited = (day - noted["sent_on"].fillna(claimed_on)).dt.days
    columns = {
        **{name: claims[name] for name in ("claim", "month", "insurer", "service_date", "patient", "policy", "member")},
        "claimed_on": claimed_on,
        "age": age,
        "bucket": pd.cut(age, _EDGES, labels=BUCKETS),
        "amount_cents": claims["amount_cents"],
        "paid_cents": money["paid_cents"],
        "owed_cents": owed,
        "state": state,
        "reason": money["reason"],
        "payment": answer["payment"].fillna(0),
        "answered_on": answer["paid_on"],
        "usual_days": usual,
        "ask": state.isin(("denied", "short-paid")) | ((state == "not answered") & (waited > usual)),
        **{name: noted[name].astype("str").fillna("") for name in ("owner", "status", "note")},
        "sent_on": noted["sent_on"],
    }
    frame = pd.DataFrame(columns)[state != ""]
    size = frame["owed_cents"].abs()
    order = frame.assign(size=size).sort_values(["claimed_on", "size", "claim"], ascending=[True, False, True])
    return as_frame(frame.loc[order.index].reset_index(drop=True), AGING)


def _usual_days(
    claims: pd.DataFrame, claimed_on: pd.Series[pd.Timestamp], posted: pd.DataFrame, batches: pd.DataFrame
) -> pd.Series[int]:
    """By claim, the days within which its insurer usually answers, as far as its answers so far say."""
    # Nobody knows when a claim went out that was sent before this program came.
    sent_before = claims[["month", "batch"]].merge(batches, how="left", on=["month", "batch"])["already_sent"]
    first = posted.groupby("claim")["paid_on"].min().reindex(claims["claim"]).set_axis(claims.index)
    days = (first - claimed_on).dt.days.mask(sent_before.set_axis(claims.index).astype("bool"))
    by_insurer = days.groupby(claims["insurer"])
    usual = by_insurer.quantile(_USUAL_SHARE).where(by_insurer.count() >= _ANSWERS_NEEDED)
    return claims["insurer"].map(usual).fillna(_USUAL_DAYS).round().astype("int64")


def to_ask(frame: pd.DataFrame) -> pd.DataFrame:
    """The lines of AGING for the call list, by insurer and payment, the largest first.

    Beside those to ask about it has those that somebody looks after; what is closed is done.
    """
    looked_after = (frame["owner"] + frame["status"] + frame["note"]) != ""
    listed = frame[(frame["ask"] | looked_after) & (frame["status"] != "Closed")]
    at_stake = listed["amount_cents"] - listed["paid_cents"].clip(lower=0)
    by_insurer = at_stake.groupby(listed["insurer"]).transform("sum")
    order = listed.assign(at_stake=at_stake, by_insurer=by_insurer, unanswered=listed["payment"] == 0)
    by = ["by_insurer", "insurer", "unanswered", "answered_on", "payment", "claimed_on", "at_stake", "claim"]
    order = order.sort_values(by, ascending=[False, True, True, True, True, True, False, True], kind="stable")
    return frame.loc[order.index].reset_index(drop=True)


def _noted(work: pd.DataFrame, postings: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The last note about each claim until a day, by claim; an answer after the note empties its status."""
    latest = work[work["noted_on"] <= day].drop_duplicates("claim", keep="last").set_index("claim")
    posted = postings[(postings["payment"] > 0) & (postings["paid_on"] <= day)]
    answered = posted.groupby("claim")["paid_on"].max()
    undone = posted[posted["undone_on"] <= day].groupby("claim")["undone_on"].max()
    since = latest["sent_on"].fillna(latest["noted_on"])
    overtaken = (answered.reindex(latest.index) > since) | (undone.reindex(latest.index) > since)
    overtaken &= latest["status"].isin(("Closed", "Sent again"))
    return latest.assign(status=latest["status"].mask(overtaken, ""), sent_on=latest["sent_on"].mask(overtaken, pd.NaT))


class Owed(NamedTuple):
    """An insurer's unpaid claims: their number, and the cents owed by bucket of age."""

    insurer: str
    claims: int
    cents: dict[str, int]


def by_insurer(frame: pd.DataFrame) -> list[Owed]:
    """Adds up AGING by insurer, in the order of their names."""
    owed = frame[frame["owed_cents"] > 0]
    return [
        Owed(
            str(insurer),
            len(part),
            {bucket: int(part.loc[part["bucket"] == bucket, "owed_cents"].sum()) for bucket in BUCKETS},
        )
        for insurer, part in sorted(owed.groupby("insurer"), key=lambda each: str(each[0]).casefold())
    ]
