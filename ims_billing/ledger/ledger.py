"""The clinic's memory: the batches and claims of every month, what was held, and what of it is in the files."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from pydantic import TypeAdapter, ValidationError

from ims_billing.ledger.answers import answered_alike
from ims_billing.ledger.marks import batch_mark
from ims_billing.ledger.postings import frame_of_rows, months_of, plain_rows, rows_of_frame
from ims_billing.ledger.remembered import claims_in_reach, numbers_of_others, unclaimed_visits
from ims_billing.ledger.sendings import Sendings
from ims_billing.ledger.soundness import DamageError
from ims_billing.payments.positions import positions, who_pays
from ims_billing.vocabulary.entries import OnHold, Sending
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import ATTENTION, DECISIONS, EARLIER, NO_SESSION, NOT_BILLED, Column

if TYPE_CHECKING:
    import pandas as pd

    from ims_billing.payments.payment import Payment

    # What a run and a month are is loaded where one is made: who looks at what is owed needs neither.
    from ims_billing.vocabulary.model import Batch, Memory, MonthFigures, MonthView, Origin, Payer, Reach, Run, Totals

T = TypeVar("T")
# With how many months before a month is compared.
_COMPARED = 11
# The voided claims of a month that no workbook has named to their insurer.
_UNREPORTED = "month = ? AND voided_on IS NOT NULL AND void_batch IS NULL"
_EARLIER = {column.name: column for column in EARLIER}


# How values are kept as JSON: made where one is, as that takes longer than many a look into the ledger.
@cache
def _origins() -> TypeAdapter[Origin]:
    from ims_billing.vocabulary.model import Origin

    return TypeAdapter(Origin)


@cache
def _totals() -> TypeAdapter[Totals]:
    from ims_billing.vocabulary.model import Totals

    return TypeAdapter(Totals)


@cache
def _payers() -> TypeAdapter[tuple[Payer, ...]]:
    from ims_billing.vocabulary.model import Payer

    return TypeAdapter(tuple[Payer, ...])


class Ledger(Sendings):
    """One clinic's ledger; its methods belong within `reading` or `writing`."""

    def memory(self, reach: Reach | None = None) -> Memory:
        """What a run needs of all months: the claims, the visits without a claim, the decisions.

        With `reach`, of claims and visits only what can matter for those sessions.
        """
        from ims_billing.vocabulary.model import Memory

        if reach is None:
            claims, numbers = self.claims(), None
        else:
            claims, numbers = self.claims_by_id(claims_in_reach(self, reach)), numbers_of_others(self)
        follows = claims["follows"] != ""
        firsts, seconds = claims[~follows].reset_index(drop=True), claims[follows & claims["voided_on"].isna()]
        unclaimed = unclaimed_visits(self, reach)
        return Memory(firsts, unclaimed, self.decisions(), numbers, self.months_sent_before(), seconds)

    def decisions(self) -> pd.DataFrame:
        """All that was ever decided about held sessions, the last one last: the DECISIONS frame."""
        return self._decisions("")

    def _decisions(self, where: str, *values: object) -> pd.DataFrame:
        names = ", ".join(column.name for column in DECISIONS)
        return frame_of_rows(self.rows(f"SELECT {names} FROM decision {where} ORDER BY id", *values), DECISIONS)

    def take(self, decisions: pd.DataFrame) -> None:
        """Keeps what was decided (DECISIONS); the workbooks of those months are to show it."""
        names = [column.name for column in DECISIONS]
        self.insert("decision", names, rows_of_frame(decisions, DECISIONS))
        for month in decisions["month"].unique():
            self.changed(str(month))

    def open_lines(self, before: str = "9999-99") -> pd.DataFrame:
        """The lines that need attention of all months before one, month by month: the EARLIER frame."""
        names = ", ".join(column.name for column in EARLIER)
        rows = self.rows(f"SELECT {names} FROM attention WHERE month < ? ORDER BY month, place", before)
        return frame_of_rows(rows, EARLIER)

    def on_hold(self) -> list[OnHold]:
        """The sessions that need attention, each once, month by month."""
        columns = tuple(_EARLIER[name] for name in OnHold._fields)
        rows = self.rows(f"SELECT {', '.join(OnHold._fields)} FROM attention ORDER BY month, place")
        lines: dict[tuple[str, str], OnHold] = {}
        for row in plain_rows(rows, columns):
            lines.setdefault(row[:2], OnHold(*row))
        return list(lines.values())

    def batch_of(self, number: str) -> Batch:
        """The batch that made a claim; raises BillingError where there is no claim of that number."""
        claim = self.claim(number).iloc[0]
        return next(batch for batch in self.batches(claim["month"]) if batch.number == claim["batch"])

    def months_before(self, month: str) -> tuple[MonthFigures, ...]:
        """The last months with claims before this one, the newest first."""
        from ims_billing.vocabulary.model import MonthFigures

        # The plus sends SQLite to the index of months: that of `follows` holds the claims of all years.
        rows = self.rows(
            "SELECT month, count(*), sum(fee_cents), sum(patient_paid_cents), sum(amount_cents) FROM claim "
            "WHERE voided_on IS NULL AND +follows IS NULL AND month < ? GROUP BY month ORDER BY month DESC LIMIT ?",
            month,
            _COMPARED,
        )
        paid = (
            "SELECT coalesce(sum(posting.paid_cents), 0) FROM posting JOIN claim USING (claim) "
            "JOIN remittance_line ON remittance_line.id = line JOIN payment ON payment.id = payment "
            "WHERE undone_on IS NULL AND claim.month = ?"
        )
        by = (
            "SELECT {0}, sum(amount_cents) FROM claim WHERE voided_on IS NULL AND +follows IS NULL AND month = ? "
            "GROUP BY {0} ORDER BY {0}"
        )
        return tuple(
            MonthFigures(
                month=str(row[0]),
                claims=int(row[1]),
                fee_cents=int(row[2]),
                patient_paid_cents=int(row[3]),
                amount_cents=int(row[4]),
                paid_cents=int(self.rows(paid, row[0])[0][0]),
                by_insurer=tuple((str(name), int(cents)) for name, cents in self.rows(by.format("insurer"), row[0])),
                by_practitioner=tuple(
                    (str(name), int(cents)) for name, cents in self.rows(by.format("practitioner"), row[0])
                ),
            )
            for row in rows
        )

    def months(self) -> list[str]:
        """The months that the ledger knows, in their order."""
        return [str(month) for (month,) in self.rows("SELECT month FROM page ORDER BY month")]

    def files_read(self, *, last_run: bool = False) -> dict[str, dict[str, str]]:
        """By month, the files of all its batches and its last run, or of that alone: each name with its SHA-256."""
        files: dict[str, dict[str, str]] = {}
        for table in ("page",) if last_run else ("batch", "page"):
            rows = self.rows(
                "SELECT month, json_extract(file.value, '$.file'), json_extract(file.value, '$.sha256') "
                f"FROM {table}, json_each({table}.origin, '$.files') AS file ORDER BY {table}.rowid"
            )
            for month, name, sha256 in rows:
                files.setdefault(month, {})[name] = sha256
        return files

    def add_batch(self, run: Run, *, already_sent: bool = False) -> tuple[int | None, dict[int, str]]:
        """Records the run's claims, and tells insurers of voids they have not heard of, as the month's next batch.

        Returns its number, None where there is neither; and the claim numbers by session, which continue for each
        month and insurer, and are those of `numbers`.
        """
        # A batch that was sent before has no workbook that could tell of a void: the next one will.
        voids = [] if already_sent else self.rows(f"SELECT 1 FROM claim WHERE {_UNREPORTED}", run.month)
        if run.claims.empty and not voids:
            return None, {}
        number = 1 + self.rows("SELECT coalesce(max(number), 0) FROM batch WHERE month = ?", run.month)[0][0]
        origin = self._with_voided(run) if voids else run.origin
        numbers = self.numbers(run)
        self.insert_batch(run, number, origin, numbers, already_sent=already_sent)
        if voids:
            self.change_claims("void_batch = ?", (number,), _UNREPORTED, run.month)
        self.changed(run.month)
        self.insert_claims(run.month, number, numbers, run.claims)
        numbered = zip(run.claims["session"].tolist(), numbers, strict=True)
        return number, {session: claim for session, claim in numbered if session != NO_SESSION}

    def _identify(self, run: Run) -> None:
        """Gives a new ledger its id: by the sessions of its first run, not by the bytes of the files they came in."""
        sessions = [run.claims["natural_key"], run.attention["session"], run.not_billed["session"]]
        keys = "\x1f".join(key for column in sessions for key in column.tolist())
        self.identify(run.origin.clinic, f"{run.month} {run.as_of} {keys}")

    def insert_batch(
        self, run: Run, number: int, origin: Origin, numbers: Sequence[str], *, already_sent: bool
    ) -> None:
        """Adds the batch, with the mark by which its files are known to be of this ledger."""
        self._identify(run)
        as_of, stated = run.as_of.isoformat(), _origins().dump_json(origin).decode()
        keys = (run.claims[name].tolist() for name in ("natural_key", "insurer_id", "amount_cents"))
        claims = zip(numbers, *keys, strict=True)
        before = self.last_batch()
        mark = batch_mark(before.mark or before.ledger, run.month, number, f"{as_of} {int(already_sent)}", claims)
        self._batches.append(f"{run.month}-batch-{number}")
        columns = ("month", "number", "as_of", "already_sent", "origin", "mark")
        self.insert("batch", columns, [(run.month, number, as_of, int(already_sent), stated, mark)])

    def _with_voided(self, run: Run) -> Origin:
        """The run's origin, with the insurers that only get a void, as their last batch had them."""
        insurers = {insurer.id: insurer for insurer in run.origin.insurers}
        for batch in reversed(self.batches(run.month)):
            for insurer in batch.origin.insurers:
                insurers.setdefault(insurer.id, insurer)
        voided = self.rows(f"SELECT DISTINCT insurer_id FROM claim WHERE {_UNREPORTED}", run.month)
        more = [insurers[i] for (i,) in voided if i not in {insurer.id for insurer in run.origin.insurers}]
        return replace(run.origin, insurers=(*run.origin.insurers, *more))

    def knows_second_insurers(self) -> bool:
        """Whether any claim names a second insurer, or is one to it."""
        return bool(self.rows("SELECT 1 FROM claim WHERE secondary_insurer <> '' OR follows IS NOT NULL LIMIT 1"))

    def sent_before(self) -> set[str]:
        """The claims that went out before this program came."""
        of_batch = "FROM claim JOIN batch ON batch.month = claim.month AND number = batch"
        return {str(claim) for (claim,) in self.rows(f"SELECT claim {of_batch} WHERE already_sent = 1")}

    def numbers(self, run: Run) -> list[str]:
        """A number for each claim of the run: month, the insurer's short code, and the next ordinal of both."""
        codes = {insurer.id: insurer.code for insurer in run.origin.insurers}
        last: dict[str, int] = {}
        for (claim,) in self.rows("SELECT claim FROM claim WHERE month = ?", run.month):
            code, ordinal = str(claim).rsplit("-", 2)[1:]
            last[code] = max(last.get(code, 0), int(ordinal))
        numbers = []
        for insurer_id in run.claims["insurer_id"].tolist():
            code = codes[insurer_id]
            last[code] = last.get(code, 0) + 1
            numbers.append(f"{run.month}-{code}-{last[code]:04d}")
        return numbers

    def listing(self, month: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """What the month's last run held (ATTENTION) and did not bill (NOT_BILLED)."""
        held = self._frame_of("attention", "month", ATTENTION, month)
        return held, self._frame_of("not_billed", "month", NOT_BILLED, month)

    def _frame_of(self, table: str, own: str, columns: tuple[Column, ...], month: str) -> pd.DataFrame:
        names = ", ".join(column.name for column in columns)
        return frame_of_rows(self.rows(f"SELECT {names} FROM {table} WHERE {own} = ? ORDER BY place", month), columns)

    def set_page(self, run: Run) -> None:
        """Keeps what the run found beside its claims, in place of what the month's run before found."""
        state = self.rows("SELECT state FROM page WHERE month = ?", run.month)
        as_of, origin = run.as_of.isoformat(), _origins().dump_json(run.origin).decode()
        self._identify(run)
        for table, month in (("attention", "month"), ("not_billed", "month"), ("earlier", "page"), ("page", "month")):
            self.run(f"DELETE FROM {table} WHERE {month} = ?", run.month)
        totals = _totals().dump_json(run.totals).decode()
        page = (run.month, as_of, origin, totals, state[0][0] + 1 if state else 1)
        self.insert("page", ("month", "as_of", "origin", "totals", "state"), [page])
        self._changed.add(run.month)
        for table, columns, frame in (
            ("attention", ATTENTION, run.attention),
            ("not_billed", NOT_BILLED, run.not_billed),
            ("earlier", EARLIER, run.earlier),
        ):
            lines = [(run.month, place, *row) for place, row in enumerate(rows_of_frame(frame, columns))]
            own = "page" if table == "earlier" else "month"
            self.insert(table, [own, "place", *(column.name for column in columns)], lines)

    def settle(self, month: str, claim: str) -> None:
        """Takes the session of a claim that is claimed again off the list of those that need attention."""
        held = "month = ? AND kind IN ('voided', 'changed-since-claimed') AND claim = ?"
        self.run(f"DELETE FROM attention WHERE {held}", month, claim)

    def changed(self, month: str) -> None:
        """Counts a change of the month: its files are to be written again."""
        self.run("UPDATE page SET state = state + 1 WHERE month = ?", month)
        self._changed.add(month)

    def _meet(self, *, changes: bool) -> None:
        super()._meet(changes=changes)
        self._changed: set[str] = set()

    def _before_commit(self) -> None:
        """Months that were changed show how insurers answer: counted once, when all of the change is on the ledger."""
        super()._before_commit()
        if self._changed:
            claims, counts = answered_alike(self)
            payers = _payers().dump_json(who_pays(claims, self.postings(claims["claim"]), counts)).decode()
            listed = json.dumps(sorted(self._changed))
            self.run("UPDATE page SET payers = ? WHERE month IN (SELECT value FROM json_each(?))", payers, listed)

    def post(self, payments: Iterable[Payment], on: dt.date) -> list[int]:
        """As in Payments; the workbooks of the months whose claims are paid are to show it."""
        payments = list(payments)
        posted = super().post(payments, on)
        for month in months_of(p.claim for payment in payments for line in payment.lines for p in line.postings):
            self.changed(month)
        return posted

    def undo(self, number: int, on: dt.date, reason: str) -> tuple[str, int, list[str]]:
        """As in Payments; the workbooks of those months are to show it."""
        insurer, cents, claims = super().undo(number, on, reason)
        for month in months_of(claims):
            self.changed(month)
        return insurer, cents, claims

    def note(self, work: pd.DataFrame) -> None:
        """As in Payments; a claim that was sent again is waited for again."""
        super().note(work)
        for month in months_of(work.loc[work["sent_on"].notna(), "claim"]):
            self.changed(month)

    def note_sent(self, sendings: Iterable[Sending]) -> None:
        """As in Sendings; the workbooks of those months are to show it."""
        sendings = list(sendings)
        super().note_sent(sendings)
        for month in dict.fromkeys(each.month for each in sendings):
            self.changed(month)

    def void(self, number: str, on: dt.date, reason: str) -> None:
        """Takes a claim back, and the one that follows it. Their history stays.

        Raises BillingError where it is voided already, or was made after that day.
        """
        frame = self.claim(number)
        claim = frame.iloc[0]
        claimed_on = "SELECT as_of FROM batch WHERE month = ? AND number = ?"
        made_on = str(self.rows(claimed_on, claim["month"], int(claim["batch"]))[0][0])
        if on.isoformat() < made_on:
            raise BillingError(
                f"{number} was claimed on {made_on}, and can't be voided on {on}, before that. Give the day with "
                "--as-of."
            )
        if frame["voided_on"].notna().any():
            raise BillingError(f"{number} was already voided, on {claim['voided_on']:%Y-%m-%d}.")
        take_back, day = "voided_on = ?, void_reason = ?", on.isoformat()
        for column, why in (("follows", f"{number}, which it follows, was voided."), ("claim", reason)):
            self.change_claims(take_back, (day, why), f"voided_on IS NULL AND {column} = ?", number)
        self.changed(claim["month"])

    def followed_by(self, number: str) -> str:
        """The second insurer's claim that stands for the rest of this one; empty where none does."""
        rows = self.rows("SELECT claim FROM claim WHERE follows = ? AND voided_on IS NULL", number)
        return str(rows[0][0]) if rows else ""

    def replaced_by(self, number: str) -> str:
        """The claim that stands for this voided one; empty where none does."""
        rows = self.rows("SELECT claim FROM claim WHERE replaces = ?", number)
        return str(rows[0][0]) if rows else ""

    def month(self, month: str) -> MonthView:
        """The month as its files show it; raises BillingError where the ledger knows nothing of it."""
        from ims_billing.vocabulary.model import MonthView

        pages = self.rows("SELECT origin, totals, payers FROM page WHERE month = ?", month)
        if not pages:
            months = ", ".join(self.months()) or "no month"
            raise BillingError(f"{self.path}: nothing of {month} is on the ledger; it knows {months}.")
        origin, totals, payers = pages[0]
        attention, not_billed = self.listing(month)
        claims = self.claims_of(month)
        return MonthView(
            month=month,
            as_of=self.last_change(month),
            origin=self._read(_origins(), origin),
            totals=self._read(_totals(), totals),
            claims=claims,
            attention=attention,
            not_billed=not_billed,
            earlier=self._frame_of("earlier", "page", EARLIER, month),
            decisions=self._decisions("WHERE month = ?", month),
            money=positions(claims, self.postings(claims["claim"])),
            payers=self._read(_payers(), payers),
            sendings=self.sendings(month),
            batches=self.batches(month),
            replaced_elsewhere=self.replaced_elsewhere(month),
            ledger=self.identity()[0],
        )

    def _read(self, kept: TypeAdapter[T], text: str) -> T:
        try:
            return kept.validate_json(text)
        except ValidationError:
            raise DamageError from None

    def batches(self, month: str) -> tuple[Batch, ...]:
        """The month's batches, in their order."""
        from ims_billing.vocabulary.model import Batch

        columns = "number, as_of, already_sent, origin, mark"
        rows = self.rows(f"SELECT {columns} FROM batch WHERE month = ? ORDER BY number", month)
        return tuple(
            Batch(number, dt.date.fromisoformat(as_of), bool(sent), self._read(_origins(), origin), mark)
            for number, as_of, sent, origin, mark in rows
        )
