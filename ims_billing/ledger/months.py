"""The months on the ledger: what each month's last run found beside its claims, and how it stands by now."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ims_billing.ledger.file import LedgerFile
from ims_billing.ledger.rows import frame_of_rows, plain_rows, rows_of_frame
from ims_billing.ledger.stored import origins, payers, totals
from ims_billing.vocabulary.entries import OnHold
from ims_billing.vocabulary.frames import ATTENTION, EARLIER, NOT_BILLED, Column

if TYPE_CHECKING:
    import pandas as pd

    from ims_billing.vocabulary.model import MonthFigures, Payer, Run

# With how many months before a month is compared.
_COMPARED = 11
_EARLIER = {column.name: column for column in EARLIER}


class Months:
    """The pages that the workbooks of each month are made from, and the months that a change is of."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file
        self._changed: set[str] = set()

    def all(self) -> list[str]:
        """The months that the ledger knows, in their order."""
        return [str(month) for (month,) in self._file.rows("SELECT month FROM page ORDER BY month")]

    def count_change(self, month: str) -> None:
        """Counts a change of the month: its files are to be written again."""
        self._file.run("UPDATE page SET state = state + 1 WHERE month = ?", month)
        self._changed.add(month)

    def begin(self) -> None:
        """A change to the ledger begins: none of its months is changed yet."""
        self._changed = set()

    @property
    def are_changed(self) -> bool:
        """Whether the change at hand is of any month."""
        return bool(self._changed)

    def keep_answers(self, answers: tuple[Payer, ...]) -> None:
        """The months that were changed show how insurers answer by now."""
        kept, listed = payers().dump_json(answers).decode(), json.dumps(sorted(self._changed))
        self._file.run("UPDATE page SET payers = ? WHERE month IN (SELECT value FROM json_each(?))", kept, listed)

    def last_change(self, month: str) -> dt.date:
        """The day of the last command that changed a month: its run, a void, or what was posted to its claims."""
        own = "claim > ? || '-' AND claim < ? || '.'"
        posted = "posting JOIN remittance_line AS of_line ON of_line.id = line JOIN payment ON payment.id = payment"
        days = (
            "SELECT as_of AS day FROM page WHERE month = ?",
            "SELECT as_of FROM batch WHERE month = ?",
            "SELECT voided_on FROM claim WHERE month = ?",
            f"SELECT posted_on FROM posting WHERE {own}",
            f"SELECT undone_on FROM {posted} WHERE {own}",
            f"SELECT noted_on FROM work WHERE sent_on IS NOT NULL AND {own}",
        )
        query = f"SELECT max(day) FROM ({' UNION ALL '.join(days)})"
        [(day,)] = self._file.rows(query, *[month] * query.count("?"))
        return dt.date.fromisoformat(day)

    def set_page(self, run: Run) -> None:
        """Keeps what the run found beside its claims, in place of what the month's run before found."""
        state = self._file.rows("SELECT state FROM page WHERE month = ?", run.month)
        as_of, origin = run.as_of.isoformat(), origins().dump_json(run.origin).decode()
        for table, month in (("attention", "month"), ("not_billed", "month"), ("earlier", "page"), ("page", "month")):
            self._file.run(f"DELETE FROM {table} WHERE {month} = ?", run.month)
        counts = totals().dump_json(run.totals).decode()
        page = (run.month, as_of, origin, counts, state[0][0] + 1 if state else 1)
        self._file.insert("page", ("month", "as_of", "origin", "totals", "state"), [page])
        self._changed.add(run.month)
        for table, columns, frame in (
            ("attention", ATTENTION, run.attention),
            ("not_billed", NOT_BILLED, run.not_billed),
            ("earlier", EARLIER, run.earlier),
        ):
            lines = [(run.month, place, *row) for place, row in enumerate(rows_of_frame(frame, columns))]
            own = "page" if table == "earlier" else "month"
            self._file.insert(table, [own, "place", *(column.name for column in columns)], lines)

    def claims_on_hold(self, kind: str, *, but: str) -> set[str]:
        """The claims that lines of a kind are about, on the pages of all months but one."""
        rows = self._file.rows("SELECT claim FROM attention WHERE kind = ? AND month <> ? AND claim <> ''", kind, but)
        return {str(claim) for (claim,) in rows}

    def listing(self, month: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The sessions that the month's last run held (ATTENTION) and did not bill (NOT_BILLED)."""
        held = self._frame_of("attention", "month", ATTENTION, month)
        return held, self._frame_of("not_billed", "month", NOT_BILLED, month)

    def earlier(self, month: str) -> pd.DataFrame:
        """The lines of earlier months that were still open at the month's last run: the EARLIER frame."""
        return self._frame_of("earlier", "page", EARLIER, month)

    def _frame_of(self, table: str, own: str, columns: tuple[Column, ...], month: str) -> pd.DataFrame:
        names = ", ".join(column.name for column in columns)
        return frame_of_rows(
            self._file.rows(f"SELECT {names} FROM {table} WHERE {own} = ? ORDER BY place", month), columns
        )

    def open_lines(self, before: str = "9999-99") -> pd.DataFrame:
        """The lines that need attention of all months before one, month by month: the EARLIER frame."""
        names = ", ".join(column.name for column in EARLIER)
        rows = self._file.rows(f"SELECT {names} FROM attention WHERE month < ? ORDER BY month, place", before)
        return frame_of_rows(rows, EARLIER)

    def on_hold(self) -> list[OnHold]:
        """The sessions that need attention, each once, month by month."""
        columns = tuple(_EARLIER[name] for name in OnHold._fields)
        rows = self._file.rows(f"SELECT {', '.join(OnHold._fields)} FROM attention ORDER BY month, place")
        lines: dict[tuple[str, str], OnHold] = {}
        for row in plain_rows(rows, columns):
            lines.setdefault(row[:2], OnHold(*row))
        return list(lines.values())

    def resembled(self) -> frozenset[tuple[str, str]]:
        """The key of each session that is on hold because it may be a claimed one that changed, with that claim."""
        held = "kind = 'changed-since-claimed' AND claim <> ''"
        return frozenset(self._file.rows(f"SELECT session, claim FROM attention WHERE {held}"))

    def settle(self, month: str, claim: str) -> None:
        """Takes the session of a claim that is claimed again off the list of those that need attention."""
        held = "month = ? AND kind IN ('voided', 'changed-since-claimed') AND claim = ?"
        self._file.run(f"DELETE FROM attention WHERE {held}", month, claim)

    def files_of_last_run(self) -> dict[str, dict[str, str]]:
        """By month, the files of its last run: each name with its SHA-256."""
        files: dict[str, dict[str, str]] = {}
        for month, name, sha256 in self._file.rows(
            "SELECT month, json_extract(file.value, '$.file'), json_extract(file.value, '$.sha256') "
            "FROM page, json_each(page.origin, '$.files') AS file ORDER BY page.rowid"
        ):
            files.setdefault(month, {})[name] = sha256
        return files

    def keep_read(self, hashes: Iterable[str]) -> None:
        """Keeps the SHA-256 of files that a run read and that no batch names."""
        self._file.insert("file_read", ("sha256",), [(sha256,) for sha256 in set(hashes) - self.hashes_read()])

    def hashes_read(self) -> frozenset[str]:
        """The SHA-256 of all files that any run read, whatever their names."""
        of_each = "SELECT json_extract(file.value, '$.sha256') FROM {0}, json_each({0}.origin, '$.files') AS file"
        rows = self._file.rows(
            f"{of_each.format('batch')} UNION {of_each.format('page')} UNION SELECT sha256 FROM file_read"
        )
        return frozenset(str(sha256) for (sha256,) in rows)

    def before(self, month: str) -> tuple[MonthFigures, ...]:
        """The last months with claims before this one, the newest first."""
        from ims_billing.vocabulary.model import MonthFigures

        # The plus sends SQLite to the index of months: that of `follows` holds the claims of all years.
        rows = self._file.rows(
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
                paid_cents=int(self._file.rows(paid, row[0])[0][0]),
                by_insurer=tuple(
                    (str(name), int(cents)) for name, cents in self._file.rows(by.format("insurer"), row[0])
                ),
                by_practitioner=tuple(
                    (str(name), int(cents)) for name, cents in self._file.rows(by.format("practitioner"), row[0])
                ),
            )
            for row in rows
        )
