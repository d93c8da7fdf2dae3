"""Names the spreadsheets in a month's folder whose decisions were not read, and the command that claims it again."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ims_billing.cli.options import command_line

if TYPE_CHECKING:
    from ims_billing.clinic.clinic import Clinic
    from ims_billing.commands.workplace import Workplace
    from ims_billing.ledger.ledger import Ledger
    from ims_billing.month.reasons import TakenOut
    from ims_billing.vocabulary.intake import Intake


def name_unread_copies(
    memory: Ledger | None,
    folder: Path,
    months: Iterable[str],
    files: list[Path],
    *,
    own: bool = False,
    but: Path | None = None,
    password: str = "",
    **options: Path | None,
) -> None:
    """Shows a line for each spreadsheet in the folders of these months with decisions that were not read.

    `files` are the month's, empty: those of its last run. `own`: the months' own summaries too; `but`: a file that was
    read. `options` are those of the command, to be repeated in the next one.
    """
    months = [month for month in months if (folder / month).is_dir()]
    if memory is None or not months or not memory.exists:
        return
    from ims_billing.cli import screen
    from ims_billing.commands.files_of_run import FILE, to_name
    from ims_billing.commands.unread_copies import in_words, unread_copies
    from ims_billing.workbooks.files import summaries

    at = _onlooker(memory, folder, password)
    for month in months:
        summary = summaries(folder, month)
        for copy in unread_copies(at, month, own=own, but=[but] if but else []):
            read_with = copy.month or month
            decisions = None if copy.path in summary else copy.path
            with memory.reading():
                sent_before = read_with in memory.batches.months_to_record_as_sent()
            own_files = ([] if copy.month else files) or _of_last_run(memory, read_with)
            command = command_line("claim", own_files or [Path(FILE)], **options, month=read_with, decisions=decisions)
            command += " --already-sent" if sent_before else ""
            screen.notify(in_words(copy, command, "" if own_files else to_name(read_with)))


def claim_again(memory: Ledger, month: str, **options: Path | None) -> tuple[str, str]:
    """The command that claims a month with the files of its last run, and what to do first where they are not there.

    Both are empty for a month that was billed before this program came: what is added to it is not to be sent.
    """
    from ims_billing.commands.files_of_run import FILE, to_name

    with memory.reading():
        if month in memory.batches.months_to_record_as_sent():
            return "", ""
    files = _of_last_run(memory, month)
    command = command_line("claim", files or [Path(FILE)], **{**options, "month": Path(month)})
    return command, "" if files else to_name(month)


def typed_out(
    memory: Ledger, folder: Path, months: Iterable[str], intake: Intake, clinic: Clinic, as_of: dt.date
) -> list[TakenOut]:
    """The sessions that values typed in these months' summaries, and not read yet, would take out of their month."""
    months = [month for month in months if (folder / month).is_dir()]
    if not months:
        return []
    from ims_billing.commands.claim import Request, typed_taken_out

    at = _onlooker(memory, folder)
    return [one for month in months for one in typed_taken_out(Request(intake, clinic, month, as_of), at)]


def _onlooker(memory: Ledger, folder: Path, password: str = "") -> Workplace:
    """The workplace of a command that looks into workbooks which may be of no use to it: it asks for no password."""
    from ims_billing.commands.workplace import Workplace

    return Workplace(memory, folder, password, _of_environment)


def _of_environment(_name: str, again: bool) -> str | None:
    return None if again else os.environ.get("IMS_BILLING_PASSWORD") or None


def _of_last_run(memory: Ledger, month: str) -> list[Path]:
    """The files of the month's last run, where they lie here, beside the setup, or one folder below; else none."""
    from ims_billing.commands.files_of_run import files_of_run

    with memory.reading():
        files, read = memory.months.files_of_last_run().get(month, {}), memory.months.hashes_read()
    setup = [memory.setup.folder] if memory.setup else []
    return files_of_run(files, read, [Path(), *setup])
