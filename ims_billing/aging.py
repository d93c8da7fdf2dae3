"""What is not paid as claimed, by how long ago it was claimed, and who looks after it."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from ims_billing.model import AGING, WORK, prove
from ims_billing.receivables import positions

BUCKETS = ("0-30", "31-60", "61-90", "over 90")
_EDGES = (-1, 30, 60, 90, 1_000_000)


def aging(
    claims: pd.DataFrame, postings: pd.DataFrame, work: pd.DataFrame, made: pd.DataFrame, as_of: dt.date
) -> pd.DataFrame:
    """The claims (ON_LEDGER) that are not paid as claimed on a day, as it was on that day: the AGING frame.

    The oldest come first, of one day the largest. `made` says when each batch was made (`month`, `batch`, `made_on`);
    payments after the day, claims made after it and what was noted after it do not count. What a plan leaves to the
    patient is not owed; a denied claim is listed, and owed only once it was sent again.
    """
    day = pd.Timestamp(as_of)
    made_on = claims.merge(made, on=["month", "batch"], how="left")["made_on"].set_axis(claims.index)
    claims, made_on = claims[made_on <= day], made_on[made_on <= day]
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
    age = (day - made_on).dt.days
    latest = prove(work, WORK)[work["noted_on"] <= day].drop_duplicates("claim", keep="last").set_index("claim")
    told = {
        **{name: claims[name] for name in ("claim", "month", "insurer", "service_date", "patient", "policy", "member")},
        "claimed_on": made_on,
        "age": age,
        "bucket": pd.cut(age, _EDGES, labels=BUCKETS),
        "amount_cents": claims["amount_cents"],
        "paid_cents": money["paid_cents"],
        "owed_cents": owed,
        "state": state,
        "reason": money["reason"],
        **{name: claims["claim"].map(latest[name]).astype("str").fillna("") for name in ("owner", "status", "note")},
    }
    frame = pd.DataFrame({column.name: told[column.name] for column in AGING})[state != ""]
    frame = frame.astype({column.name: column.dtype for column in AGING})
    size = frame["owed_cents"].abs()
    order = frame.assign(size=size).sort_values(["claimed_on", "size", "claim"], ascending=[True, False, True])
    return prove(frame.loc[order.index].reset_index(drop=True), AGING)


def by_insurer(frame: pd.DataFrame) -> list[tuple[str, int, dict[str, int]]]:
    """Insurer, number of claims and cents by bucket of what is owed, of an AGING frame; in the order of their names."""
    owed = frame[frame["owed_cents"] > 0]
    return [
        (
            str(insurer),
            len(part),
            {bucket: int(part.loc[part["bucket"] == bucket, "owed_cents"].sum()) for bucket in BUCKETS},
        )
        for insurer, part in sorted(owed.groupby("insurer"), key=lambda each: str(each[0]).casefold())
    ]
