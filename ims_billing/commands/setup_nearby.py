"""Where a clinic's setup is: in a folder, or near it under another name, in the folder above, or in one below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ims_billing.commands.files_of_run import folders_below
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.shell import quoted

# The setup's names; the workbook is the one that `init` writes unless it is asked for text.
SETUP_NAMES = WORKBOOK_NAME, TOML_NAME = "clinic.xlsx", "clinic.toml"
# How Windows and editors rename what they save.
_MISNAMED = ("clinic.toml.txt", "clinic.txt", "clinic.xlsx.xlsx", "clinic (1).toml", "clinic (1).xlsx", "clinic.xls")
# How people rename it: "Clinic Setup.xlsx", "Copy of clinic.toml".
_MEANT = re.compile(r"(?:(?:copy|of|the|our|my|new|clinic|clinics|setup|file|\d+)\b[ _()-]*)+\.(?:xlsx|toml)")


class Nearby(NamedTuple):
    """Setups that stand near a folder without one, or files that may be meant as one."""

    folder: Path
    # Files beside whose name is nearly right
    misnamed: tuple[Path, ...]
    # Setups in the folder above, and in folders below
    elsewhere: tuple[Path, ...]

    def in_words(self) -> str:
        """One line for whoever ran a command in the wrong folder: where it looked, and where a setup is."""
        words = f"There is no {' or '.join(SETUP_NAMES)} in {self.folder}."
        if self.misnamed:
            right = "clinic.xlsx" if ".xls" in self.misnamed[0].name else "clinic.toml"
            words += f" {self.misnamed[0].name} is there: rename it to {right}"
            words += " (Windows hides the .txt: Explorer, View, File name extensions)." if _hides(self) else "."
        if len(self.elsewhere) == 1:
            words += f" There is one in {self.elsewhere[0].parent}: {self.command}"
        elif self.elsewhere:
            words += f" There are setups in {', '.join(str(path.parent) for path in self.elsewhere[:4])}."
        return words

    @property
    def only(self) -> Path | None:
        """The one setup there is elsewhere; None where there is none, or several."""
        return self.elsewhere[0] if len(self.elsewhere) == 1 else None

    @property
    def command(self) -> str:
        """The command that goes to the one setup there is elsewhere; empty where there is none, or several."""
        return f"cd {quoted(self.only.parent)}" if self.only else ""


def _hides(nearby: Nearby) -> bool:
    return nearby.misnamed[0].suffix == ".txt"


def setup_in(folder: Path) -> Path | None:
    """The setup in a folder, None where there is none; raises BillingError, which says what to keep, for two."""
    kept = [folder / name for name in (TOML_NAME, WORKBOOK_NAME) if (folder / name).is_file()]
    if len(kept) < 2:
        return kept[0] if kept else None
    older, later = sorted(kept, key=lambda path: path.stat().st_mtime_ns)
    raise BillingError(
        f"{folder.resolve()}: there are two setups here, {TOML_NAME} and {WORKBOOK_NAME}, and they could differ. "
        f"{later.name} was changed last: keep it, and move {older.name} to another folder. If {older.name} is the "
        f"right one, keep that and move {later.name}."
    )


def setups_nearby(folder: Path) -> Nearby:
    """Finds setups, and files with nearly its name, near a folder that has none."""
    here = folder.resolve()
    names = {path.name.casefold(): path for path in _entries(here)}
    renamed = sorted(n for n in names if ("clinic" in n or "setup" in n) and _MEANT.fullmatch(n.replace("_", " ")))
    misnamed = tuple(names[name] for name in dict.fromkeys((*_MISNAMED, *renamed)) if name in names)
    places = [*([here.parent] if here.parent != here else []), *folders_below(here)]
    setups = (_any_setup_in(place) for place in places)
    return Nearby(here, misnamed, tuple(path for path in setups if path))


def _any_setup_in(folder: Path) -> Path | None:
    """A setup in a folder; None where there is none, or the folder may not be looked into."""
    try:
        return next((folder / name for name in SETUP_NAMES if (folder / name).is_file()), None)
    except OSError:
        return None


def _entries(folder: Path) -> Sequence[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return ()
