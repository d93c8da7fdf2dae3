"""Why a path given as a spreadsheet is none: an option with a pasted dash, a lock file, a name that is nearly right."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ims_billing.vocabulary.errors import BillingError, nearest
from ims_billing.vocabulary.folder import SPREADSHEETS

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_MOST_NAMES = 2000


def refuse_pasted_options(paths: Iterable[Path]) -> None:
    """Raises BillingError where one of the paths begins as an option does, with a dash that was pasted."""
    for path in paths:
        typed = str(path)
        if typed[:1] in _DASHES and not path.exists():
            raise BillingError(
                f"{typed}: this begins with a dash as word processors write it. Type two hyphens: "
                f"--{typed.lstrip(_DASHES)}"
            )


def refuse_a_lock_file(path: Path) -> None:
    """Raises BillingError where a file is what Excel or LibreOffice leaves beside a workbook that is open."""
    name = path.name
    if name.startswith("~$"):
        raise BillingError(
            f"{name}: {_opened(path, name[2:])} is open in Excel, which keeps this file beside it. Close it there, and "
            "name the workbook itself, without ~$."
        )
    if name.startswith(".~lock.") and name.endswith("#"):
        raise BillingError(
            f"{name}: {name[7:-1]} is open in LibreOffice, which keeps this file beside it. Name the workbook itself."
        )


def _opened(lock: Path, rest: str) -> str:
    """The workbook that a lock file is of; Excel replaces the first two letters of a longer name."""
    try:
        names = [path.name for path in lock.parent.iterdir() if not path.name.startswith("~$")]
    except OSError:
        names = []
    if rest in names:
        return rest
    return next((name for name in sorted(names) if len(name) == len(rest) + 2 and name.endswith(rest)), rest)


def no_such_file(path: Path) -> str:
    """The message for a file that is not there, with the file that it may mean."""
    try:
        entries = list(path.absolute().parent.iterdir())[:_MOST_NAMES]
    except OSError:
        return f"{path}: there is no such file: its folder is not there, or may not be looked into."
    # Endings are alike, and say nothing about which file is meant.
    by_stem = {entry.stem.casefold(): entry.name for entry in entries if entry.suffix.casefold() in SPREADSHEETS}
    stem = path.stem.casefold()
    meant = by_stem.get(stem) or by_stem.get(nearest(stem, by_stem) or "")
    return f"{path}: there is no such file. Did you mean {meant}?" if meant else f"{path}: there is no such file."
