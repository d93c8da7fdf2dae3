"""Where sessions stand in the files: row numbers, with a letter for the file and the sheet where those are needed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ims_billing.vocabulary.errors import BillingError

if TYPE_CHECKING:
    import pandas as pd

    from ims_billing.month.prepare import Month


class Places:
    """Names rows of a month's files: `12`, `B12` where there are several files, `Sheet2!12` where several sheets."""

    def __init__(self, month: Month) -> None:
        files = [file.file for file in month.intake.files]
        self._letters = dict(zip(files, _letters(len(files)), strict=True)) if len(files) > 1 else {}
        sheets = month.sessions[["file", "sheet"]].drop_duplicates()["file"].value_counts()
        self._several = set(sheets[sheets > 1].index)

    def letter(self, file: str) -> str:
        """The letter that stands for a file; empty where there is only one."""
        return self._letters.get(file, "")

    def of(self, sessions: pd.DataFrame, most: int) -> str:
        """The first rows of some sessions, and how many more there are."""
        shown = self.each(sessions[["file", "sheet", "row"]].head(most))
        left = len(sessions) - len(shown)
        return ", ".join(shown) + (f" and {left:,} more" if left else "")

    def each(self, sessions: pd.DataFrame) -> list[str]:
        """The row of every one of some sessions."""
        shown = []
        for file, sheet, row in zip(sessions["file"], sessions["sheet"], sessions["row"], strict=True):
            within = f"{sheet}!" if file in self._several else ""
            letter = self.letter(file)
            shown.append(f"{letter}{' ' if letter and within else ''}{within}{row}")
        return shown


class RowTyped(NamedTuple):
    """A row as somebody typed it; an empty file or sheet is any."""

    row: int
    file: str = ""
    sheet: str = ""


_TYPED = re.compile(r"(?:([A-Z]{1,2}) ?)?([1-9]\d*)|(?:([A-Z]{1,2}) )?(.+)!([1-9]\d*)", re.IGNORECASE)


def row_typed(text: str, files: Sequence[str]) -> RowTyped:
    """Reads a row as Excel numbers it, or as `Places` names it; `files` are those that were named, in their order.

    Raises BillingError where it is none.
    """
    parts = _TYPED.fullmatch(text.strip())
    if parts is None:
        raise BillingError(f"--row {text}: type the row as Excel numbers it, such as 12, or as the screen names it.")
    letter, sheet = (parts[1] or parts[3] or "").upper(), parts[4] or ""
    by_letter = dict(zip(_letters(len(files)), files, strict=True))
    if letter and letter not in by_letter:
        named = ", ".join(f"{each} for {file}" for each, file in by_letter.items())
        raise BillingError(f"--row {text}: no file here has the letter {letter}. The letters are {named}.")
    return RowTyped(int(parts[2] or parts[5]), by_letter.get(letter, ""), sheet)


def _letters(count: int) -> Sequence[str]:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return [alphabet[n] if n < 26 else f"{alphabet[n // 26 - 1]}{alphabet[n % 26]}" for n in range(count)]
