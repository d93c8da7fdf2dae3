"""`claim --already-sent` with insurers' workbooks or a CSV of claims: what was sent is on the ledger again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ims_billing import __version__
from ims_billing.cli import screen
from ims_billing.cli.json_output import print_json
from ims_billing.cli.options import places, workplace
from ims_billing.cli.screen.glance import show_ledger, show_read_back
from ims_billing.cli.typed import until_the_end
from ims_billing.commands import read_back as sent
from ims_billing.vocabulary.errors import BillingError

if TYPE_CHECKING:
    from ims_billing.clinic.clinic import Clinic


def read_back(
    files: list[Path],
    clinic: Clinic,
    named: tuple[Path, Path | None, Path | None],
    as_of: dt.date,
    *,
    dry_run: bool,
    as_json: bool,
) -> bool:
    """Reads insurers' workbooks and CSV files of claims back onto the ledger; False where the files are no such.

    named: the setup, the ledger and the output folder, as they are given

    Raises BillingError for a dry run: what of the claims is new is known only once they are recorded.
    """
    ledger, folder = places(*named, clinic, accepts=True)
    with screen.Working() as working:
        if not sent.sent_files(files, workplace(ledger, folder, working)):
            return False
    if dry_run:
        raise BillingError(
            "--dry-run can't show what is read back from insurers' workbooks or a CSV of claims; nothing was written. "
            "To read them back, leave out --dry-run. A claim that is on the ledger already is not recorded twice."
        )
    day = until_the_end(ledger, named[0], folder, as_of)
    with screen.Working() as working:
        done = sent.read_back(files, clinic, workplace(ledger, folder, working), as_of=day)
    if as_json:
        print_json(_read_back_json(done))
    else:
        show_read_back(done.claims, done.known_before)
        show_ledger(ledger.path)
    return True


def _read_back_json(done: sent.ReadBack) -> dict[str, Any]:
    """The object that is printed; `tests/json_shapes.py` holds its keys."""
    return {
        "version": __version__,
        "read_back": done.claims,
        "known_before": done.known_before,
        "written": [str(file) for each in done.written for file in each.files],
    }
