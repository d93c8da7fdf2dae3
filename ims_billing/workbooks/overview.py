"""The first sheet of the clinic's workbook: what came of the month, in tables and charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from ims_billing.vocabulary.model import MonthView, Payer, Totals
from ims_billing.workbooks.package import Value
from ims_billing.workbooks.sheet import Block, Column
from ims_billing.workbooks.sources import remarked


def ims_share(totals: Totals) -> list[tuple[str, Value]]:
    """How much of what took place was IMS, of all sessions in the last files; nothing where nobody counted."""
    if not totals.took_place:
        return []
    share = f"{totals.ims / totals.took_place:.0%}"
    return [("IMS share", f"{share}: {totals.ims:,} of the {totals.took_place:,} sessions that took place")]


def overview(view: MonthView) -> list[Block]:
    """The tables of the sheet Overview, in their order."""
    blocks = [_control_totals(view)]
    stand = view.claims[view.claims["voided_on"].isna()]
    # A session counts once, as its first insurer was asked; what second ones are asked for stands on its own.
    claims, seconds = stand[stand["follows"] == ""], stand[stand["follows"] != ""]
    if len(claims):
        day = claims["service_date"]
        monday = (day - pd.to_timedelta(day.dt.day_of_week, unit="D")).dt.strftime("%Y-%m-%d")
        blocks += [
            replace(
                _amounts("By insurer", "Insurer", claims, claims["insurer"]),
                note=_own_amounts(claims),
                chart=("bar", 4),
            ),
            _amounts("By practitioner", "Practitioner", claims, claims["practitioner"]),
            _amounts("By visit", "Visit", claims, claims["visit"].replace("", "not said")),
            replace(_amounts("By week", "Week from Monday", claims, monday), chart=("column", 4)),
        ]
    if (view.money["answered_on"].notna()).any() or (view.money["paid_cents"] != 0).any():
        # What was paid of a claim that was taken back since is money too, until the insurer takes it back.
        paid = view.money.set_index("claim")["paid_cents"].reindex(view.claims["claim"]).set_axis(view.claims.index)
        blocks += _paid(view, view.claims[view.claims["voided_on"].isna() | (paid != 0)])
    if len(seconds):
        note = "For what first insurers left, of sessions that are counted above. Fees are of the whole visits."
        blocks.append(replace(_amounts("Second insurers", "Insurer", seconds, seconds["insurer"]), note=note))
    if view.payers:
        blocks.append(_who_pays(view.payers))
    if view.totals.months_before:
        blocks.append(_compared(view, claims))
    if len(view.batches) > 1:
        blocks.append(_amounts("By batch", "Batch", claims, claims["batch"].astype("str")))
    if len(stand) < len(view.claims):
        blocks.append(_voided(view.claims))
    if len(view.attention):
        blocks.append(_held(view))
    if len(view.earlier):
        blocks.append(_open_before(view))
    if len(view.not_billed):
        blocks.append(_not_billed(view))
    if view.totals.look_at:
        blocks.append(_look_at(view.totals))
    if (stand["remarks"] != "").any():
        blocks.append(_worth_knowing(stand))
    return blocks


def _compared(view: MonthView, claims: pd.DataFrame) -> Block:
    """This month's claims beside those of the last months, as the ledger knew them when this one changed last."""
    rows: list[tuple[Value, ...]] = [
        (m.month, m.claims, m.fee_cents / 100, m.patient_paid_cents / 100, m.amount_cents / 100)
        for m in reversed(view.totals.months_before)
    ]
    rows.append((view.month, len(claims), *_dollars(claims)))
    columns = [Column("Month"), Column("Claims", "count"), Column("Fees", "money"), Column("Patient paid", "money")]
    return Block("Beside the months before", [*columns, Column("Amount claimed", "money")], rows, chart=("column", 4))


def _paid(view: MonthView, claims: pd.DataFrame) -> list[Block]:
    """What insurers have paid of the month's claims so far and what they owe; and why they refused."""
    # When a claim went out before this program came, nobody knows here.
    claimed_on = {batch.number: pd.Timestamp(batch.as_of) for batch in view.batches if not batch.already_sent}
    money = view.money.set_index("claim").loc[claims["claim"]].set_axis(claims.index)
    days = (money["answered_on"] - pd.to_datetime(claims["batch"].map(claimed_on))).dt.days
    cents = ["paid_cents", "patient_share_cents", "short_cents", "denied_cents", "outstanding_cents"]
    rows: list[tuple[Value, ...]] = []
    for insurer, part in sorted(money.groupby(claims["insurer"]), key=lambda each: str(each[0]).casefold()):
        waited = days[part.index].dropna()
        mean = round(float(waited.mean())) if len(waited) else None
        sums = (int(part[name].sum()) / 100 for name in cents)
        rows.append((str(insurer), len(part), int(part["claimed_cents"].sum()) / 100, *sums, mean))
    sums_of_all = [int(money[name].sum()) / 100 for name in ("claimed_cents", *cents)]
    names = ("Claimed", "Paid", "Patient's share", "Short", "Denied", "Owed")
    columns = [Column("Insurer"), Column("Claims", "count"), *(Column(name, "money") for name in names)]
    columns.append(Column("Days to answer", "count"))
    note = "Claimed is the sum of the next five columns. Days are the average from the claim to the first answer."
    blocks = [Block("Paid and owed so far", columns, rows, ("Total", len(money), *sums_of_all, None), note=note)]
    less = money[((money["denied_cents"] > 0) | (money["short_cents"] > 0)) & (money["reason"] != "")]
    if len(less):
        refusals: list[tuple[Value, ...]] = [
            (str(reason), len(part), int(part[["denied_cents", "short_cents"]].sum().sum()) / 100)
            for reason, part in less.groupby("reason")
        ]
        refusals.sort(key=lambda row: (-float(str(row[2])), str(row[0])))
        why = [Column("Reason, as the insurer says", "long"), Column("Claims", "count"), Column("Not paid", "money")]
        blocks.append(Block("Refused or paid short, and why", why, refusals))
    return blocks


def _who_pays(payers: Sequence[Payer]) -> Block:
    """How plans treat IMS, of all months, so that patients can be told."""
    rows: list[tuple[Value, ...]] = []
    for payer in payers:
        answered = payer.in_full + payer.in_part + payer.refused
        counts = (payer.in_full, payer.in_part, payer.refused)
        shares = [f"{count / answered:.0%}" if answered else "" for count in counts]
        rows.append((payer.insurer, answered, *shares, payer.waiting, payer.reason))
    names = ("Paid in full", "In part", "Refused")
    columns = [Column("Insurer"), Column("Answered", "count"), *(Column(name) for name in names)]
    columns += [Column("Not answered", "count"), Column("Most given reason")]
    note = "Of the IMS claims of all months, as the ledger knew them when this month changed last."
    return Block("Who pays for IMS", columns, rows, note=note)


def _worth_knowing(claims: pd.DataFrame) -> Block:
    """What was found on claims and does not hold them, most frequent first."""
    counts = Counter((remark.kind, remark.title or remark.kind) for _, remark in remarked(claims))
    rows = [(title, count) for (_, title), count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))]
    columns = [Column("Finding", "long"), Column("Claims", "count")]
    return Block("Worth knowing of claims", columns, rows, note="Which claims these are stands on the sheet Sources.")


def _voided(claims: pd.DataFrame) -> Block:
    """Claims that were taken back: they are struck out on Claims, and in no sum."""
    voided = claims[claims["voided_on"].notna()]
    shown = zip(voided["claim"], voided["void_reason"], voided["voided_on"], voided["replaced_by"], strict=True)
    rows: list[tuple[Value, ...]] = [
        (claim, reason, day.date(), instead or "nothing") for claim, reason, day, instead in shown
    ]
    columns = [Column("Claim"), Column("Reason", "long"), Column("Voided on", "date"), Column("Replaced by")]
    return Block("Voided claims", columns, rows, note="They are struck out on the sheet Claims, and in no sum.")


def _control_totals(view: MonthView) -> Block:
    totals = view.totals
    names = {
        "claimed": "Claimed",
        "held": "Held: needs attention",
        "not_billed": "Not billed",
        "already_claimed": "Already claimed",
    }
    outcomes: list[tuple[Value, ...]] = [(names[o], count, totals.cents[o] / 100) for o, count in totals.counts.items()]
    corrected = totals.cents_corrected
    if corrected:
        as_read = ("As read in the files", totals.sessions, totals.cents_read / 100)
        outcomes = [as_read, ("Fees corrected as decided", None, corrected / 100), *outcomes]
    rows = f"{totals.rows} rows in the files = {totals.sessions} sessions"
    for count, what in (
        (totals.repeated, "repeated"),
        (totals.tied, "tied"),
        (totals.set_aside, "set aside"),
    ):
        rows += f" + {count} {what}" if count else ""
    return Block(
        "Control totals",
        [Column("Outcome"), Column("Sessions", "count"), Column("Fees", "money")],
        outcomes,
        ("All sessions", totals.sessions, (totals.cents_read + corrected) / 100),
        note=f"{rows}. Every row is in one of these lines, and the cents add up.{_beside(view)}",
    )


def _beside(view: MonthView) -> str:
    """What the month has beside the sessions of the last files."""
    sentences = ""
    if len(view.batches) > 1 or view.claims["voided_on"].notna().any():
        sentences += "\nThese are the sessions of the last files; the tables below tell of all claims of the month."
    held = view.attention["session"].nunique() - view.totals.counts["held"]
    return f"{sentences}\nBeside them, {held} held of earlier files of the month." if held > 0 else sentences


def _amounts(title: str, what: str, claims: pd.DataFrame, by: pd.Series[str]) -> Block:
    """Claims and dollars by one thing."""
    rows: list[tuple[Value, ...]] = [
        (str(name), len(part), *_dollars(part)) for name, part in claims.groupby(by.to_numpy())
    ]
    rows.sort(key=lambda row: str(row[0]).casefold())
    headings = [
        Column(what),
        Column("Claims", "count"),
        Column("Fees", "money"),
        Column("Patient paid", "money"),
        Column("Amount claimed", "money"),
    ]
    return Block(title, headings, rows, ("Total", len(claims), *_dollars(claims)))


def _own_amounts(claims: pd.DataFrame) -> str:
    """Why less, or more, is claimed than the fees say; empty where it is the same."""
    differs = claims[claims["fee_cents"] != claims["amount_cents"]]
    less = (int(differs["fee_cents"].sum()) - int(differs["amount_cents"].sum())) / 100
    amount = f"{abs(less):,.2f} {'less' if less >= 0 else 'more'}"
    sentence = f"Public payers are asked for amounts of their own: {amount} than the fees of {len(differs)} claims."
    return sentence if len(differs) else ""


def _dollars(claims: pd.DataFrame) -> tuple[float, ...]:
    return tuple(int(claims[n].sum()) / 100 for n in ("fee_cents", "patient_paid_cents", "amount_cents"))


def _sums(lines: pd.DataFrame, by: str, words: str) -> list[tuple[str, str, int, int]]:
    """Each value of a column with its words, lines and cents, the most money first."""
    sums = [
        (str(name), str(text), len(part), int(part["fee_cents"].sum()))
        for (name, text), part in lines.groupby([by, words])
    ]
    return sorted(sums, key=lambda row: (-row[3], row[:2]))


def _held(view: MonthView) -> Block:
    """What is held by kind; a session with several holds counts in each."""
    rows = [(title or kind, n, cents / 100) for kind, title, n, cents in _sums(view.attention, "kind", "title")]
    return Block(
        "Held, by kind of finding",
        [Column("Finding", "long"), Column("Sessions", "count"), Column("Fees", "money")],
        rows,
        note="A session with several findings counts in each. Decide on Needs attention: the next run reads it.",
        chart=("bar", 2),
        bars=7,
    )


def _open_before(view: MonthView) -> Block:
    """What is held of months before, and not decided."""
    lines = view.earlier.drop_duplicates(["month", "session"])
    rows = [
        (f"{month}: decided in claim-summary-{month}.xlsx", len(part), int(part["fee_cents"].sum()) / 100)
        for month, part in lines.groupby("month")
    ]
    columns = [Column("Month", "long"), Column("Sessions", "count"), Column("Fees", "money")]
    return Block("Still held of months before", columns, rows)


def _look_at(totals: Totals) -> Block:
    """What is not billed and may be meant to be."""
    rows = [(look.message, look.sessions, look.cents / 100) for look in totals.look_at]
    columns = [Column("What", "long"), Column("Sessions", "count"), Column("Fees", "money")]
    return Block("Not billed, and worth a look", columns, rows)


def _not_billed(view: MonthView) -> Block:
    rows = [
        (f"{reason}: {why}" if why else reason, n, cents / 100)
        for reason, why, n, cents in _sums(view.not_billed, "reason", "why")
    ]
    total = ("Total", len(view.not_billed), int(view.not_billed["fee_cents"].sum()) / 100)
    columns = [Column("Reason", "long"), Column("Sessions", "count"), Column("Fees", "money")]
    return Block("Not billed, by reason", columns, rows, total)
