"""The options that several commands share, and what they stand for: files, the setup, the ledger, the output folder."""

from __future__ import annotations

import datetime as dt
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ims_billing.cli.slips import day_typed, month_typed, refuse_another_clinics, refuse_another_month
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.folder import LAST_BATCH, LEDGER_FILE, REPORTS

if TYPE_CHECKING:
    from ims_billing.cli.screen import Working
    from ims_billing.clinic.clinic import Clinic
    from ims_billing.commands.workplace import Workplace
    from ims_billing.ledger.identity import Setup
    from ims_billing.ledger.ledger import Ledger
    from ims_billing.month.prepare import Month
    from ims_billing.vocabulary.intake import Intake


Files = Annotated[
    list[Path], typer.Argument(metavar="FILE", help="Spreadsheets with sessions, or Jane's reports, in any order.")
]
ClinicFile = Annotated[
    Path | None,
    typer.Option(
        "--clinic", metavar="PATH", help="The setup; otherwise clinic.xlsx or clinic.toml, here or beside the files."
    ),
]
MonthOption = Annotated[
    str | None,
    typer.Option("--month", metavar="YYYY-MM", callback=month_typed, help="The month to bill, as 2026-10."),
]
AsOf = Annotated[
    dt.datetime | None,
    typer.Option("--as-of", metavar="DATE", parser=day_typed, help="The day to count as today, as 2026-11-05."),
]
LedgerOption = Annotated[
    Path | None,
    typer.Option("--ledger", metavar="PATH", help="The ledger; otherwise ims-billing.sqlite beside the clinic setup."),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FOLDER", help="Where the workbooks go; otherwise reports beside the clinic setup."),
]
Protect = Annotated[
    bool,
    typer.Option(
        "--protect", help="Workbooks that open with a password only: asked for, or of IMS_BILLING_PASSWORD; no CSV."
    ),
]
Decisions = Annotated[
    Path | None,
    typer.Option(
        "--decisions", metavar="FILE", help="Decisions from another file than the summary in the output folder."
    ),
]
All = Annotated[bool, typer.Option("--all", help="Show everything, not one screen.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def day_of(given: dt.datetime | None) -> dt.date:
    """The day to count as today."""
    return given.date() if given else dt.date.today()  # noqa: DTZ011 (the day where the user is)


def find_clinic(given: Path | None, files: list[Path]) -> Path | None:
    """The setup: as given, else of the environment, else here, else beside the files; None where none is.

    A folder that is given stands for the setup in it. Raises BillingError where a folder has both kinds of setup, or
    the given one has none.
    """
    from ims_billing.commands.setup_nearby import setup_in, setups_nearby

    named = given or (Path(path) if (path := os.environ.get("IMS_BILLING_CLINIC")) else None)
    if named and named.is_dir():
        setup = setup_in(named)
        if setup is None:
            raise BillingError(setups_nearby(named).in_words())
        return setup
    if named:
        return named
    # As it was typed, so that the screen names short places; a link's own folder is not the file's.
    folders = {file.resolve().parent: file.parent for file in files}
    beside = [typed if typed.resolve() == folder else folder for folder, typed in folders.items()]
    places = [Path(), *(beside if len(beside) == 1 else ())]
    return next((setup for place in places if (setup := setup_in(place)) is not None), None)


def read_sessions(files: list[Path], clinic: Clinic, month: str | None = None) -> tuple[Intake, str]:
    """The sessions of all files, and the month to bill: as given, else the one that they lie in.

    Raises BillingError where one of Jane's reports is missing, or a column that was not read could change a claim.
    """
    from ims_billing.month.months import months_in, only_month
    from ims_billing.reading.unread import refuse_unread

    intake = read_all(files, clinic)
    if intake.missing:
        raise BillingError("\n".join(intake.missing))
    refuse_unread(intake.files, clinic.file)
    refuse_another_clinics(intake.sessions, clinic)
    if month:
        refuse_another_month(months_in(intake.sessions), month)
    return intake, month or only_month(intake.sessions)


def read_all(files: list[Path], clinic: Clinic) -> Intake:
    """The sessions of all files, with progress, and with passwords that are asked for."""
    from ims_billing.cli.screen import Working
    from ims_billing.reading.intake import read_files

    with Working() as working:
        return read_files(files, clinic, working.step, working.ask_password)


def prepare(intake: Intake, clinic: Clinic, month: str | None, as_of: dt.date, ledger: Ledger | None) -> Month:
    """The month as it would be claimed; nothing is recorded. Raises BillingError where session ids number patients."""
    from ims_billing.cli.screen import Working
    from ims_billing.month.prepare import Scope, prepare_month
    from ims_billing.month.reach import reach_of
    from ims_billing.sessions.patient_ids import refuse_patient_ids

    scope = Scope(clinic, month, as_of)
    if ledger is not None:
        with ledger.reading():
            scope = replace(scope, memory=ledger.memory(reach_of(intake, clinic, ledger.decisions.all(), month)))
    refuse_patient_ids(intake.sessions, scope.memory.claims, clinic.file)
    with Working() as working:
        return prepare_month(intake, scope, working.step)


def places(
    clinic: Path | None, ledger: Path | None, out: Path | None, loaded: Clinic | None = None, *, accepts: bool = False
) -> tuple[Ledger, Path]:
    """The ledger and the output folder: as given, else beside the clinic file, whose ledger it has to be.

    `loaded` is the clinic file where the command has read it; with `accepts`, somebody decided to go on with this
    ledger, whatever the setup saw before.
    """
    from ims_billing.cli.screen import notify
    from ims_billing.ledger.ledger import Ledger

    if clinic is None and (ledger is None or out is None):
        from ims_billing.commands.setup_nearby import setups_nearby

        raise BillingError(
            f"{setups_nearby(Path()).in_words()}\nThe ledger and the reports are beside it. Name it with --clinic, or "
            "name both with --ledger and --out."
        )
    beside = clinic.parent if clinic else Path()
    setup = _setup_of(clinic, loaded, accepts=accepts) if clinic else None
    return Ledger(ledger or beside / LEDGER_FILE, setup, notify), out or beside / REPORTS


def _setup_of(path: Path, clinic: Clinic | None, *, accepts: bool) -> Setup:
    """Returns whose ledger it has to be; a setup that can't be read tells only where it stands."""
    from ims_billing.clinic.setup_file import load
    from ims_billing.commands.workplace import setup_of

    if clinic is None and not (path.parent / LAST_BATCH).is_file():
        with suppress(BillingError):
            clinic = load(path)
    return setup_of(path, clinic, accepts=accepts)


def memory_of(clinic: Path | None, ledger: Path | None, loaded: Clinic | None = None) -> Ledger | None:
    """The ledger to look into: as given, else beside the clinic file; None without either.

    Raises BillingError where it is not there, and is named or was there before.
    """
    memory = places(clinic, ledger, Path(), loaded)[0] if clinic or ledger else None
    if ledger and memory and not memory.exists:
        raise BillingError(f"{ledger}: there is no such ledger.")
    if memory and clinic and not memory.exists:
        from ims_billing.commands.refusals import refuse_a_forgotten_ledger

        refuse_a_forgotten_ledger(memory, clinic.parent / REPORTS, new=False)
    return memory


def as_claimed(clinic: Clinic, ledger: Ledger | None) -> Clinic:
    """The setup, with insurers that were renamed under the ids that their claims on the ledger have."""
    from ims_billing.clinic.renamed_insurers import may_have_renamed, with_ids_of_claims

    # A look into a ledger of many years takes its time.
    if ledger is None or not ledger.exists or not may_have_renamed(clinic):
        return clinic
    with ledger.reading():
        return with_ids_of_claims(clinic, ledger.claims.insurers())


def existing_ledger(
    clinic: Path | None, ledger: Path | None, out: Path | None, loaded: Clinic | None = None
) -> tuple[Ledger, Path]:
    """As `places`, where the ledger must be there."""
    memory, folder = places(clinic, ledger, out, loaded)
    if not memory.exists:
        raise BillingError(f"{memory.path}: there is no ledger here. Name it with --ledger.")
    return memory, folder


def workplace(ledger: Ledger, out: Path, working: Working, password: str = "") -> Workplace:
    """The workplace of a command that somebody watches: it shows progress, and asks for passwords, in the terminal."""
    from ims_billing.commands.workplace import Workplace

    return Workplace(ledger, out, password, working.ask_password, working.step, working.wait)


def command_line(command: str, files: list[Path], **options: Path | str | None) -> str:
    """The command as it is typed for these files, ready to copy; `options` are those that were given."""
    return f"ims-billing {command} {files_typed(files)}{options_typed(**options)}"


def files_typed(files: list[Path]) -> str:
    """The files as they are typed in a command."""
    from ims_billing.vocabulary.shell import quoted

    return " ".join(map(quoted, files))


def options_typed(**options: Path | str | None) -> str:
    """The options that were given, as they are typed in a command, with a space before each."""
    from ims_billing.vocabulary.shell import quoted

    return "".join(f" --{name} {quoted(value)}" for name, value in options.items() if value is not None)
