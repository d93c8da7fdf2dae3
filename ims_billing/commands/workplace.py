"""The workplace of a command: the ledger, the output folder, and how to reach the user."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ims_billing.clinic.clinic import Clinic
from ims_billing.ledger.identity import Setup
from ims_billing.ledger.ledger import Ledger
from ims_billing.ledger.lock import Waiting
from ims_billing.vocabulary.progress import Progress, no_progress, nobody_to_ask

if TYPE_CHECKING:
    from ims_billing.reading.spreadsheet import AskPassword


def wait_in_silence(_: str) -> None:
    """The waiting callback of commands that nobody watches."""


def setup_of(path: Path, clinic: Clinic | None, *, accepts: bool = False) -> Setup:
    """Returns whose ledger it has to be, by the clinic file at `path`; without `clinic` only where that stands."""
    numbers = {person.registration for person in clinic.practitioners} if clinic else set()
    return Setup(path.parent, clinic.name if clinic else "", frozenset(n for n in numbers if n), accepts)


class Workplace(NamedTuple):
    """Where a command works, and whom it asks and shows what it does; the defaults are those of a script."""

    ledger: Ledger
    """The ledger: read, or written in one transaction."""
    out: Path
    """The output folder, with a folder for each month."""
    password: str = ""
    """The password that workbooks are written with; empty: they open without one."""
    ask: AskPassword = nobody_to_ask
    """Asks for the password of a protected workbook that is to be read."""
    progress: Progress = no_progress
    """Progress callback: the step that starts, and the fraction done (0 to 1) if known."""
    waiting: Waiting = wait_in_silence
    """Called while another command holds the ledger, with what that command is."""

    @property
    def place(self) -> str:
        """The name under which the ledger keeps the output folder."""
        return str(self.out.resolve())

    def ask_if_needed(self, name: str, again: bool) -> str | None:
        """Tries `password` first, and asks for another one only where it does not open the workbook."""
        return self.password if self.password and not again else self.ask(name, again)
