"""The first sheet of the clinic's workbook, one page to read: what was claimed, what to do, who pays, what adds up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal, NamedTuple

import pandas as pd

from ims_billing.payments.sending import ToSend, first_day, not_sent
from ims_billing.vocabulary.deadlines import CLOSING_WITHIN, UNPAID_OVER
from ims_billing.vocabulary.model import MonthView, Totals
from ims_billing.vocabulary.rows import rows_of
from ims_billing.vocabulary.spelling import counted
from ims_billing.workbooks.figures import answered, dollars_by, dollars_of, mean_days, sums
from ims_billing.workbooks.package import Value
from ims_billing.workbooks.parts import Block, Column
from ims_billing.workbooks.remarks import remarked

# A session on hold is money at risk after so many days.
_HELD_LONG = 30
_SUMMED = ["insurer", "practitioner", "fee_cents", "patient_paid_cents", "amount_cents"]
_HELD = ["session", "service_date", "fee_cents"]
_LOOKS = {
    "": "Look at services that are not billed and may be IMS",
    "other-month": "Claim IMS sessions of other months",
    "session-gone": "Check claims whose session is in no file any more",
}


class _Waiting(NamedTuple):
    """A claim that is not sent; it is `late` if its last day is past, so that it has to go another way."""

    amount_cents: int
    send_by: dt.date | None
    late: bool


def lead(view: MonthView) -> list[str]:
    """Three sentences: what was claimed, what is on hold, what was paid so far."""
    claims = _first_insurers(view)
    cents = int(claims["amount_cents"].sum())
    sentences = [f"Claimed: {counted(len(claims), 'claim')} for {_money(cents)}{_compared(view, len(claims), cents)}."]
    held = view.attention.drop_duplicates("session")
    before = view.earlier.drop_duplicates(["month", "session"])
    waiting = [
        f"{counted(len(lines), 'session')}{of} with fees of {_money(int(lines['fee_cents'].sum()))}"
        for lines, of in ((held, ""), (before, " of earlier months"))
        if len(lines)
    ]
    sentences.append(f"Waiting for you: {' and '.join(waiting)}." if waiting else "Nothing is on hold.")
    paid = int(view.money["paid_cents"].sum())
    if (view.money["answered_on"].notna()).any() or paid:
        open_, owed = (int(view.money["outstanding_cents"].clip(lower=least).sum()) for least in (0, None))
        # The tables net what was paid too much.
        net = f", less {_money(open_ - owed)} paid too much: {_money(owed)} owed" if owed < open_ else ""
        sentences.append(f"Paid so far: {_money(paid)}; not answered yet: {_money(open_)}{net}.")
    else:
        sentences.append("Paid so far: nothing that this program has read yet.")
    return sentences


def overview(view: MonthView, books: Sequence[ToSend]) -> list[Block]:
    """The tables of the sheet Overview, in their order; what is at risk is left out where it is nothing.

    `books` are the month's workbooks for insurers.
    """
    waiting = _not_sent(view, books)
    blocks = [_to_do(view, books, waiting)]
    risks = _at_risk(view, waiting)
    if risks:
        columns = [Column("At risk", "long"), Column("Number", "count"), Column("Amount", "money")]
        blocks.append(Block("Money at risk", columns, risks))
    claims = _first_insurers(view)
    if view.totals.months_before:
        blocks.append(_months(view, claims))
    if len(claims):
        money = answered(view)
        blocks += [_by("insurer", view, claims, money), _by("practitioner", view, claims, money)]
    if len(view.not_billed):
        blocks.append(_not_billed(view))
    return [*blocks, _control_totals(view)]


def _first_insurers(view: MonthView) -> pd.DataFrame:
    """The active claims as first insurers were asked, as far as they are summed up here: a session counts once."""
    first = view.claims["voided_on"].isna() & (view.claims["follows"] == "")
    return view.claims.loc[first, _SUMMED]


def _money(cents: int) -> str:
    return f"-${-cents / 100:,.2f}" if cents < 0 else f"${cents / 100:,.2f}"


def _compared(view: MonthView, claims: int, cents: int) -> str:
    """How it compares with the month before, and what the year comes to; empty where there is no month before."""
    before = view.totals.months_before
    if not before:
        return ""
    more, last = cents - before[0].amount_cents, before[0]
    compared = f"{_money(abs(more))} {'more' if more >= 0 else 'less'} than in {last.month}"
    year = [month for month in before if month.month[:4] == view.month[:4]]
    whole = (
        f"; {view.month[:4]} so far, of the months below: {_money(cents + sum(month.amount_cents for month in year))}"
    )
    return f", {compared} ({counted(last.claims, 'claim')}){whole if year else ''}"


def _to_do(view: MonthView, books: Sequence[ToSend], waiting: Sequence[_Waiting]) -> Block:
    """The steps to do, the most money first, with the sheet or file to open."""
    rows: list[tuple[str, int, int, dt.date | None, str]] = []
    held = view.attention.drop_duplicates("session")
    if len(held):
        rows.append(("Fix or decide what is on hold", len(held), int(held["fee_cents"].sum()), None, "Needs attention"))
    for month, lines in view.earlier.drop_duplicates(["month", "session"]).groupby("month"):
        cents = int(lines["fee_cents"].sum())
        rows.append(
            (f"Decide what is still on hold of {month}", len(lines), cents, None, f"claim-summary-{month}.xlsx")
        )
    unsent = not_sent(books)
    if unsent:
        cents = sum(each.amount_cents for each in unsent)
        what = "Send the insurer workbooks not marked as sent"
        rows.append((what, len(unsent), cents, first_day(unsent, view.as_of), "To send"))
    late = [claim.amount_cents for claim in waiting if claim.late]
    if late:
        what = "Send these claims another way: they are past their last day"
        rows.append((what, len(late), sum(late), None, "Claims"))
    left = _of_unsent(view, books, ["claim", "remarks", "amount_cents"])
    checked = {claim for claim, _ in remarked(left)}
    if checked:
        cents = int(left.loc[left["claim"].isin(checked), "amount_cents"].sum())
        rows.append(("Check these claims before sending", len(checked), cents, None, "Claims"))
    less = _refused(view)
    if len(less):
        cents = int(less[["denied_cents", "short_cents"]].sum().sum())
        rows.append(("Follow up what insurers refused or paid short", len(less), cents, None, "run ims-billing aging"))
    of_voided = _paid_of_voided(view)
    if of_voided:
        what = "Ask insurers to reverse what they paid of voided claims"
        rows.append((what, len(of_voided), sum(of_voided), None, "run ims-billing aging"))
    for about, what in _LOOKS.items():
        looks = [look for look in view.totals.look_at if look.about == about]
        if looks:
            sessions, cents = sum(look.sessions for look in looks), sum(look.cents for look in looks)
            rows.append((what, sessions, cents, None, "Sources"))
    rows.sort(key=lambda row: (-row[2], row[0]))
    shown = [(what, number, cents / 100, day, where) for what, number, cents, day, where in rows]
    columns = [Column("What to do", "long"), Column("Number", "count"), Column("Amount", "money")]
    columns += [Column("First by", "date"), Column("Where")]
    sheets = {"Claims", "Needs attention", "Sources", "To send"}
    links = {place: row[4] for place, row in enumerate(rows) if row[4] in sheets}
    return Block("To do", columns, shown or [("Nothing", None, None, None, "")], links=links)


def _at_risk(view: MonthView, waiting: Sequence[_Waiting]) -> list[tuple[Value, ...]]:
    """The money that may be lost if nobody acts; empty where there is none."""
    long_ago = view.as_of - dt.timedelta(days=_HELD_LONG)
    held: dict[tuple[str, str], int] = {}
    for month, session, day, cents in (
        *((view.month, *line) for line in rows_of(view.attention, _HELD)),
        *rows_of(view.earlier, ["month", *_HELD]),
    ):
        if day is not None and day < long_ago:
            held.setdefault((month, session), cents)
    money, refused = view.money, _refused(view)
    before = view.as_of - dt.timedelta(days=UNPAID_OVER)
    old = [batch.number for batch in view.batches if not batch.already_sent and batch.as_of < before]
    is_open = view.claims["batch"].isin(old) & ~view.claims["claim"].isin(view.closed)
    unpaid = money.loc[is_open & (money["outstanding_cents"] > 0), "outstanding_cents"]
    until = view.as_of + dt.timedelta(days=CLOSING_WITHIN)
    late = [claim.amount_cents for claim in waiting if claim.late]
    closing = [cents for cents, send_by, late in waiting if not late and send_by is not None and send_by <= until]
    rows = [
        ("Not sent, past their last day", len(late), sum(late)),
        (f"Not sent, last day within {CLOSING_WITHIN} days", len(closing), sum(closing)),
        (f"On hold, visit more than {_HELD_LONG} days ago", len(held), sum(held.values())),
        ("Refused or paid short", len(refused), int(refused[["denied_cents", "short_cents"]].sum().sum())),
        (f"Unpaid after more than {UNPAID_OVER} days", len(unpaid), int(unpaid.sum())),
        ("Paid of voided claims", len(_paid_of_voided(view)), sum(_paid_of_voided(view))),
    ]
    return [(what, number, cents / 100) for what, number, cents in rows if number]


def _refused(view: MonthView) -> pd.DataFrame:
    """The claims that insurers refused or paid short (POSITIONS), no second insurer is asked for, and nobody closed."""
    claims, money = view.claims, view.money[~view.money["claim"].isin(view.closed)]
    followed = claims.loc[claims["voided_on"].isna() & (claims["follows"] != ""), "follows"]
    return money[((money["denied_cents"] > 0) | (money["short_cents"] > 0)) & ~money["claim"].isin(followed)]


def _paid_of_voided(view: MonthView) -> list[int]:
    """The cents that were paid of each claim that was voided."""
    paid = view.money.loc[view.claims["voided_on"].notna(), "paid_cents"]
    return [int(cents) for cents in paid if cents > 0]


def _not_sent(view: MonthView, books: Sequence[ToSend]) -> list[_Waiting]:
    """The active claims, not answered, of workbooks that are not sent."""
    columns = ["amount_cents", "send_by"]
    return [
        _Waiting(cents, send_by, send_by is not None and send_by < view.as_of)
        for cents, send_by in rows_of(_of_unsent(view, books, columns), columns)
    ]


def _of_unsent(view: MonthView, books: Sequence[ToSend], columns: list[str]) -> pd.DataFrame:
    """These columns of the active claims, not answered, of workbooks that are not sent."""
    unsent = {(book.batch, book.insurer_id) for book in not_sent(books)}
    workbooks = rows_of(view.claims, ["batch", "insurer_id"])
    of_unsent = pd.Series([workbook in unsent for workbook in workbooks], view.claims.index, dtype="bool")
    return view.claims.loc[of_unsent & view.claims["voided_on"].isna() & ~view.money["was_received"], columns]


def _months(view: MonthView, claims: pd.DataFrame) -> Block:
    """This month's claims beside those of the months before, as the ledger knew them when this one changed last."""
    rows: list[tuple[Value, ...]] = [
        (m.month, m.claims, m.fee_cents / 100, m.patient_paid_cents / 100, m.amount_cents / 100, m.paid_cents / 100)
        for m in reversed(view.totals.months_before)
    ]
    rows.append((view.month, len(claims), *dollars_of(claims), int(view.money["paid_cents"].sum()) / 100))
    columns = [Column("Month"), Column("Claims", "count"), Column("Fees", "money"), Column("Patient paid", "money")]
    columns += [Column("Amount claimed", "money"), Column("Paid so far", "money")]
    return Block("Months", columns, rows, chart=("column", 4), beside=5)


def _by(what: Literal["insurer", "practitioner"], view: MonthView, claims: pd.DataFrame, money: pd.DataFrame) -> Block:
    """Each insurer's or practitioner's claims of this month and last, and how they were answered; the largest first."""
    answers = bool(money["answered_on"].notna().any()) or bool((money["paid_cents"] != 0).any())
    last = view.totals.months_before[0] if view.totals.months_before else None
    before = dict((last.by_insurer if what == "insurer" else last.by_practitioner) if last else ())
    rows: list[tuple[Value, ...]] = []
    claimed = dollars_by(claims[what], claims)
    answered_of = {str(name): theirs for name, theirs in money.groupby(what)} if answers else {}
    for name in sorted({*claimed, *before, *answered_of}):
        row: tuple[Value, ...] = (name, *claimed.get(name, (0, 0.0, 0.0, 0.0)))
        row += (before.get(name, 0) / 100,) if before else ()
        if answers:
            theirs = answered_of.get(name, money.iloc[:0])
            row += (*_answers(theirs), mean_days(theirs))
        rows.append(row)
    rows.sort(key=lambda row: (-float(str(row[4])), str(row[0]).casefold()))
    columns = [Column(what.capitalize()), Column("Claims", "count")]
    columns += [Column(name, "money") for name in ("Fees", "Patient paid", "Amount claimed")]
    total: tuple[Value, ...] = ("Total", len(claims), *dollars_of(claims))
    if before and last:
        columns.append(Column(f"In {last.month}", "money"))
        total += (sum(before.values()) / 100,)
    if answers:
        columns += [Column(name, "money") for name in ("Paid", "Not answered", "Refused or short")]
        columns += [Column("Refused share", "percent"), Column("Days to answer", "count")]
        total += (*_answers(money), None)
    if what == "practitioner":
        return Block("Practitioners", columns, rows, total)
    return Block("Insurers", columns, rows, total, note=_own_amounts(claims), chart=("bar", 4))


def _answers(money: pd.DataFrame) -> tuple[float, float, float, float | None]:
    """Paid, not answered, refused or short in dollars; and the share of the answered claims that were refused."""
    less = int(money["denied_cents"].sum()) + int(money["short_cents"].sum())
    count, refused = int(money["answered_on"].notna().sum()), int((money["denied_cents"] > 0).sum())
    share = refused / count if count else None
    return int(money["paid_cents"].sum()) / 100, int(money["outstanding_cents"].sum()) / 100, less / 100, share


def _not_billed(view: MonthView) -> Block:
    """Why IMS and unsure sessions are not billed; other services are one line."""
    by_reason = sums(view.not_billed, "reason", "why")
    other = [line for line in by_reason if line[0] == "other-service"]
    rows: list[tuple[Value, ...]] = [
        (why or reason, n, cents / 100) for reason, why, n, cents in by_reason if reason != "other-service"
    ]
    rows += [("other services, not billed here", n, cents / 100) for _, _, n, cents in other]
    total = ("Total", len(view.not_billed), int(view.not_billed["fee_cents"].sum()) / 100)
    columns = [Column("Reason", "long"), Column("Sessions", "count"), Column("Fees", "money")]
    return Block("Not billed, and why", columns, rows, total)


def _own_amounts(claims: pd.DataFrame) -> str:
    """Why less, or more, is claimed than the fees say; empty where it is the same."""
    differs = claims[claims["fee_cents"] != claims["amount_cents"]]
    less = (int(differs["fee_cents"].sum()) - int(differs["amount_cents"].sum())) / 100
    amount = f"${abs(less):,.2f} {'below' if less >= 0 else 'above'} your fees"
    sentence = f"Public payers pay set rates: {amount} on {counted(len(differs), 'claim')}."
    return sentence if len(differs) else ""


def _control_totals(view: MonthView) -> Block:
    totals = view.totals
    names = {
        "claimed": "Claimed",
        "held": "On hold: needs attention",
        "not_billed": "Not billed",
        "already_claimed": "Already claimed",
    }
    outcomes: list[tuple[Value, ...]] = [(names[o], count, totals.cents[o] / 100) for o, count in totals.counts.items()]
    corrected = totals.cents_corrected
    if corrected:
        as_read = ("As read in the files", totals.sessions, totals.cents_read / 100)
        outcomes = [as_read, ("Fees corrected as decided", None, corrected / 100), *outcomes]
    rows = f"{counted(totals.rows, 'row')} in the files: {counted(totals.sessions, 'session')}"
    for count, what in (
        (totals.repeated, "repeated"),
        (totals.tied, "matched"),
        (totals.set_aside, "skipped"),
    ):
        rows += f", {count:,} {what}" if count else ""
    return Block(
        "Control totals",
        [Column("Outcome"), Column("Sessions", "count"), Column("Fees", "money")],
        outcomes,
        ("All sessions", totals.sessions, (totals.cents_read + corrected) / 100),
        note=f"{rows}. Every row is in one of these lines, and the cents add up.{_beside(view)}",
    )


def _beside(view: MonthView) -> str:
    """Figures of the month beside the sessions of the last files."""
    sentences = ""
    if len(view.batches) > 1 or view.claims["voided_on"].notna().any():
        sentences += "\nThese are the sessions of the last files; the tables above tell of all claims of the month."
    held = view.attention["session"].nunique() - view.totals.counts["held"]
    return f"{sentences}\nAlso on hold, from earlier files of the month: {held}." if held > 0 else sentences


def ims_share(totals: Totals) -> list[tuple[str, Value]]:
    """How much of what took place was IMS, of all sessions in the last files; nothing where nobody counted."""
    if not totals.took_place:
        return []
    share = f"{totals.ims / totals.took_place:.0%}"
    return [("IMS share", f"{share}: {totals.ims:,} of the {totals.took_place:,} sessions that took place")]
