"""The files that show what is on the ledger, and the folders that lack some."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ims_billing.ledger.identity import Identified
from ims_billing.ledger.rows import json_of


class FilesWritten:
    """The state of the ledger that the files in each output folder show."""

    def __init__(self, file: Identified) -> None:
        self._file = file

    def unwritten(self, month: str, folder: str) -> tuple[int, ...] | None:
        """The batches whose insurer workbooks are still to be written to a folder; None where all files are right.

        In a folder that never had a file of the month, the batches that no other folder has either.
        """
        state = self._file.rows("SELECT state FROM page WHERE month = ?", month)
        there = self._file.rows("SELECT state, batch FROM written WHERE month = ? AND folder = ?", month, folder)
        if there and state and there[0][0] == state[0][0]:
            return None
        newest = self._file.rows("SELECT coalesce(max(batch), 0) FROM written WHERE month = ?", month)[0][0]
        last = there[0][1] if there else newest
        later = self._file.rows("SELECT number FROM batch WHERE month = ? AND number > ? ORDER BY number", month, last)
        return tuple(number for (number,) in later)

    def mark_written(self, month: str, folder: str, summary_sha256: str) -> None:
        """Notes that all files of the month are in a folder as recorded, and the hash by which its summary is known."""
        self._file.run(
            "INSERT OR REPLACE INTO written SELECT month, ?, state, "
            "(SELECT coalesce(max(number), 0) FROM batch WHERE batch.month = page.month), ? FROM page WHERE month = ?",
            folder,
            summary_sha256,
            month,
        )

    def summary_left(self, month: str, folder: str) -> tuple[str, bool]:
        """The hash of the summary as it was left in a folder, empty where none was; and whether it is up to date."""
        rows = self._file.rows(
            "SELECT summary_sha256, written.state = page.state FROM written JOIN page USING (month) "
            "WHERE month = ? AND folder = ?",
            month,
            folder,
        )
        return (str(rows[0][0]), bool(rows[0][1])) if rows else ("", False)

    def nowhere_written(self) -> list[str]:
        """The months whose files show in no folder what is recorded of them."""
        shown = "SELECT 1 FROM written WHERE written.month = page.month AND written.state = page.state"
        return [
            str(month)
            for (month,) in self._file.rows(f"SELECT month FROM page WHERE NOT EXISTS ({shown}) ORDER BY month")
        ]

    def cut_off(self, folder: str) -> dict[str, bool]:
        """The months in `nowhere_written` whose files belong in a folder: it had some, or the month is new.

        True where it had some.
        """
        rows = self._file.rows("SELECT month, max(folder = ?) FROM written GROUP BY month", folder)
        had = {str(month): bool(here) for month, here in rows}
        # Only the last batch can have been cut off before its month's first file: others' folders are not known here.
        last = self._file.last_batch().month
        return {month: had.get(month, False) for month in self.nowhere_written() if had.get(month, month == last)}

    def aging_left(self, folder: str) -> dict[str, tuple[str, dict[str, list[str]]]]:
        """By file name, the hash of each aging workbook as it was left in a folder or read, and its call list."""
        rows = self._file.rows("SELECT file, sha256, shown FROM aging_written WHERE folder = ?", folder)
        return {file: (sha256, json_of(shown)) for file, sha256, shown in rows}

    def mark_aging(self, folder: str, file: str, sha256: str, shown: Mapping[str, Sequence[str]]) -> None:
        """Notes how an aging workbook was left in a folder, or read, and what its call list says by claim."""
        as_shown = json.dumps(dict(shown), ensure_ascii=False)
        self._file.run("INSERT OR REPLACE INTO aging_written VALUES (?, ?, ?, ?)", folder, file, sha256, as_shown)
