"""The month's figures in full, for the sheet Sources: by visit, week and batch, and what is behind the overview."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ims_billing.vocabulary.model import MonthView, Payer, Totals
from ims_billing.workbooks.package import Value
from ims_billing.workbooks.parts import Block, Column
from ims_billing.workbooks.remarks import remarked

_CENTS = ("fee_cents", "patient_paid_cents", "amount_cents")
_SUMMED = ["claim", "batch", "insurer", "service_date", "visit", "follows", "remarks", *_CENTS]


def figures(view: MonthView) -> list[Block]:
    """The tables, in their order; one without a row is left out."""
    active = view.claims.loc[view.claims["voided_on"].isna(), _SUMMED]
    # A session counts once, as its first insurer was asked; the balance that second ones are asked for stands apart.
    claims, seconds = active[active["follows"] == ""], active[active["follows"] != ""]
    blocks = []
    if len(claims):
        day = claims["service_date"]
        monday = (day - pd.to_timedelta(day.dt.day_of_week, unit="D")).dt.strftime("%Y-%m-%d")
        blocks += [
            amounts("By visit", "Visit", claims, claims["visit"].replace("", "not stated")),
            amounts("By week", "Week from Monday", claims, monday),
        ]
    if len(view.batches) > 1:
        blocks.append(amounts("By batch", "Batch", claims, claims["batch"].astype("str")))
    if len(seconds):
        note = "For the balance after the first insurer, of sessions counted above. Fees are of the whole visits."
        blocks.append(replace(amounts("Second insurers", "Insurer", seconds, seconds["insurer"]), note=note))
    if view.money["answered_on"].notna().any() or (view.money["paid_cents"] != 0).any():
        blocks.append(_paid(view))
    blocks += _refused(view)
    if view.payers:
        blocks.append(_who_pays(view.payers))
    if len(active) < len(view.claims):
        blocks.append(_voided(view.claims))
    if len(view.attention):
        blocks.append(_held(view))
    if view.totals.look_at:
        blocks.append(_look_at(view.totals))
    if (active["remarks"] != "").any():
        blocks.append(_to_check(active))
    return blocks


def money_of(view: MonthView, claims: pd.DataFrame) -> pd.DataFrame:
    """The POSITIONS of these claims, indexed like them."""
    return view.money.set_index("claim").loc[claims["claim"]].set_axis(claims.index)


def answered(view: MonthView) -> pd.DataFrame:
    """The POSITIONS of the month's claims that are active or paid, with `insurer` and `days` to the first answer.

    What was paid of a voided claim is money too, until the insurer takes it back. Nobody knows when a claim went out
    that was sent before this program came.
    """
    claimed_on = {batch.number: pd.Timestamp(batch.as_of) for batch in view.batches if not batch.already_sent}
    money = money_of(view, view.claims)
    days = (money["answered_on"] - pd.to_datetime(view.claims["batch"].map(claimed_on))).dt.days
    counts = view.claims["voided_on"].isna() | (money["paid_cents"] != 0)
    return money.assign(insurer=view.claims["insurer"], practitioner=view.claims["practitioner"], days=days)[counts]


def mean_days(money: pd.DataFrame) -> int | None:
    """The average days to the first answer; None where there is none yet."""
    waited = money["days"].dropna()
    return round(float(waited.mean())) if len(waited) else None


def _paid(view: MonthView) -> Block:
    """The answers of insurers to the month's claims so far, in full."""
    money = answered(view)
    cents = ["claimed_cents", "paid_cents", "patient_share_cents", "short_cents", "denied_cents", "outstanding_cents"]
    rows: list[tuple[Value, ...]] = [
        (str(insurer), len(part), *(int(part[name].sum()) / 100 for name in cents), mean_days(part))
        for insurer, part in sorted(money.groupby("insurer"), key=lambda each: str(each[0]).casefold())
    ]
    total = ("Total", len(money), *(int(money[name].sum()) / 100 for name in cents), None)
    names = ("Claimed", "Paid", "Patient's share", "Short", "Denied", "Not answered")
    columns = [Column("Insurer"), Column("Claims", "count"), *(Column(name, "money") for name in names)]
    columns.append(Column("Days to answer", "count"))
    note = "Claimed is the sum of the next five columns. Days are the average from the claim to the first answer."
    return Block("Paid so far, and not answered", columns, rows, total, note=note)


def _refused(view: MonthView) -> list[Block]:
    """Why insurers refused or paid less, in their words, the most money first."""
    money = view.money
    less = money[((money["denied_cents"] > 0) | (money["short_cents"] > 0)) & (money["reason"] != "")]
    rows: list[tuple[Value, ...]] = [
        (str(reason), len(part), int(part[["denied_cents", "short_cents"]].sum().sum()) / 100)
        for reason, part in less.groupby("reason")
    ]
    rows.sort(key=lambda row: (-float(str(row[2])), str(row[0])))
    columns = [Column("Reason, as the insurer says", "long"), Column("Claims", "count"), Column("Not paid", "money")]
    return [Block("Refused or paid short, and why", columns, rows)] if rows else []


def amounts(title: str, what: str, claims: pd.DataFrame, by: pd.Series[str]) -> Block:
    """Claims and dollars by one thing."""
    rows: list[tuple[Value, ...]] = [(name, *figures) for name, figures in sorted(dollars_by(by, claims).items())]
    rows.sort(key=lambda row: str(row[0]).casefold())
    headings = [
        Column(what),
        Column("Claims", "count"),
        Column("Fees", "money"),
        Column("Patient paid", "money"),
        Column("Amount claimed", "money"),
    ]
    return Block(title, headings, rows, ("Total", len(claims), *dollars_of(claims)))


def dollars_of(claims: pd.DataFrame) -> tuple[float, ...]:
    """Fees, what patients paid, and amounts claimed of these claims, in dollars."""
    return tuple(int(claims[name].sum()) / 100 for name in _CENTS)


def dollars_by(names: pd.Series[str], claims: pd.DataFrame) -> dict[str, tuple[float, ...]]:
    """How many of the claims have each name, and their `dollars_of`; in one go, for hundreds of practitioners."""
    numbers, different = pd.factorize(names.to_numpy())
    counts = np.bincount(numbers).tolist()
    # Sums of whole cents are exact as decimals too.
    dollars = ((np.bincount(numbers, claims[name].to_numpy()) / 100).tolist() for name in _CENTS)
    return dict(zip(different.tolist(), zip(counts, *dollars, strict=True), strict=True))


def sums(lines: pd.DataFrame, by: str, words: str) -> list[tuple[str, str, int, int]]:
    """Each value of a column with its words, lines and cents, the most money first."""
    sums = [
        (str(name), str(text), len(part), int(part["fee_cents"].sum()))
        for (name, text), part in lines.groupby([by, words])
    ]
    return sorted(sums, key=lambda row: (-row[3], row[:2]))


def _who_pays(payers: Sequence[Payer]) -> Block:
    """How plans treat IMS, of all months, for what patients ask."""
    rows: list[tuple[Value, ...]] = []
    for payer in payers:
        answered = payer.in_full + payer.in_part + payer.refused
        counts = (payer.in_full, payer.in_part, payer.refused)
        shares = [count / answered if answered else None for count in counts]
        rows.append((payer.insurer, answered, *shares, payer.waiting, payer.reason))
    names = ("Paid in full", "In part", "Refused")
    columns = [Column("Insurer"), Column("Answered", "count"), *(Column(name, "percent") for name in names)]
    columns += [Column("Not answered", "count"), Column("Most given reason")]
    note = "Of the IMS claims of all months, as the ledger knew them when this month changed last."
    return Block("Who pays for IMS", columns, rows, note=note)


def _voided(claims: pd.DataFrame) -> Block:
    """Voided claims: they are struck out on Claims, and in no sum."""
    voided = claims[claims["voided_on"].notna()]
    shown = zip(voided["claim"], voided["void_reason"], voided["voided_on"], voided["replaced_by"], strict=True)
    rows: list[tuple[Value, ...]] = [
        (claim, reason, day.date(), instead or "nothing") for claim, reason, day, instead in shown
    ]
    columns = [Column("Claim"), Column("Reason", "long"), Column("Voided on", "date"), Column("Replaced by")]
    return Block("Voided claims", columns, rows, note="They are struck out on the sheet Claims, and in no sum.")


def _held(view: MonthView) -> Block:
    """The sessions on hold by kind; one with several holds counts in each."""
    rows = [(title or kind, n, cents / 100) for kind, title, n, cents in sums(view.attention, "kind", "title")]
    return Block(
        "Held, by kind of finding",
        [Column("Finding", "long"), Column("Sessions", "count"), Column("Fees", "money")],
        rows,
        note="A session with several findings counts in each. Decide on Needs attention: the next run reads it.",
        chart=("bar", 2),
        bars=7,
    )


def _look_at(totals: Totals) -> Block:
    """Sessions that are not billed and may be meant to be."""
    rows = [(look.message, look.sessions, look.cents / 100) for look in totals.look_at]
    columns = [Column("What", "long"), Column("Sessions", "count"), Column("Fees", "money")]
    return Block("Not billed, and worth a look", columns, rows)


def _to_check(claims: pd.DataFrame) -> Block:
    """The warnings about claims, most frequent first."""
    counts = Counter((remark.kind, remark.title or remark.kind) for _, remark in remarked(claims))
    rows = [(title, count) for (_, title), count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))]
    columns = [Column("Finding", "long"), Column("Claims", "count")]
    return Block("To check on claims", columns, rows, note="Each claim is listed above.")
