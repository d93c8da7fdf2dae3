"""The commands, thin: parse, call, show, exit code. pandas and openpyxl come in only where they are used."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ims_billing import __version__
from ims_billing.findings import BillingError

if TYPE_CHECKING:
    from ims_billing.clinic import Clinic
    from ims_billing.model import Intake
    from ims_billing.month import Month

_HELD, _COULD_NOT = 1, 2


class _Commands(TyperGroup):
    """Turns what the user can mend into one message and exit code 2; everything else is a bug and shows itself."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BillingError as error:
            from ims_billing.console import fail

            fail(str(error))
            raise typer.Exit(_COULD_NOT) from error


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Bills a physiotherapy clinic's IMS sessions under Physiotherapy Services, and accounts for every row.",
    epilog="Once a month: ims-billing claim sessions-2026-10.xlsx --month 2026-10",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"ims-billing {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    pass


def _month(text: str | None) -> str | None:
    if text is not None and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise typer.BadParameter(f"{text!r} is not a month; write it as 2026-10")
    return text


Files = Annotated[
    list[Path], typer.Argument(metavar="FILE", help="Spreadsheets with sessions, or Jane's reports, in any order.")
]
ClinicFile = Annotated[
    Path | None,
    typer.Option("--clinic", metavar="PATH", help="The clinic file; otherwise clinic.toml here or beside the files."),
]
MonthOption = Annotated[
    str | None, typer.Option("--month", metavar="YYYY-MM", callback=_month, help="The month to bill, as 2026-10.")
]
AsOf = Annotated[
    dt.datetime | None,
    typer.Option("--as-of", metavar="DATE", formats=["%Y-%m-%d"], help="The day to count as today, as 2026-11-05."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def _day(given: dt.datetime | None) -> dt.date:
    return given.date() if given else dt.date.today()  # noqa: DTZ011 (the day where the user is)


def _find_clinic(given: Path | None, files: list[Path]) -> Path | None:
    """The clinic file: as given, else of the environment, else here, else beside the files; None where none is."""
    named = given or (Path(path) if (path := os.environ.get("IMS_BILLING_CLINIC")) else None)
    if named:
        return named
    folders = {file.resolve().parent for file in files}
    candidates = [Path("clinic.toml"), *(folder / "clinic.toml" for folder in folders if len(folders) == 1)]
    return next((path for path in candidates if path.is_file()), None)


def _read(files: list[Path], clinic: Clinic, month: str | None, as_of: dt.date, *, one: bool) -> Month:
    """Reads the files and prepares the month; with `one`, the one month that they lie in."""
    from ims_billing.console import Working
    from ims_billing.month import only_month, prepare_month
    from ims_billing.reading.intake import read_files

    with Working(len(files) + 1) as working:
        intake = read_files(files, clinic, lambda name: working.step(f"Reading {name}"), working.ask_password)
        working.step("Classifying and checking")
        if one and intake.missing:
            raise BillingError("\n".join(intake.missing))
        if one and month is None:
            month = only_month(intake.sessions)
        return prepare_month(intake, clinic, month=month, as_of=as_of)


def _print_json(shown: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=1) + "\n")


@app.command(epilog="Example: ims-billing check sessions-2026-10.xlsx --month 2026-10")
def check(
    files: Files,
    clinic: ClinicFile = None,
    month: MonthOption = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Read, classify and check; show the month at a glance; write nothing. Exit code 1 if anything is held."""
    from ims_billing import console
    from ims_billing.clinic_file import load, without_file

    path = _find_clinic(clinic, files)
    prepared = _read(files, load(path) if path else without_file(), month, _day(as_of), one=False)
    if as_json:
        _print_json(console.month_json(prepared, numbered=False, written=[]))
    else:
        console.show_month(prepared, files, would=True)
        console.show_end(prepared, would=True)
    if prepared.totals.counts["held"]:
        raise typer.Exit(_HELD)


@app.command(epilog="Example: ims-billing claim sessions-2026-10.xlsx --month 2026-10 --out reports")
def claim(
    files: Files,
    clinic: ClinicFile = None,
    month: MonthOption = None,
    as_of: AsOf = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FOLDER", help="Where the workbooks go; otherwise reports beside the clinic file."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be claimed, write nothing.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Write nothing, with exit code 1, if any session is held.")
    ] = False,
    as_json: Json = False,
) -> None:
    """The monthly command: all that check does, then the claim summary and a workbook for each insurer."""
    from ims_billing import console
    from ims_billing.clinic_file import load

    path = _find_clinic(clinic, files)
    if path is None:
        raise BillingError(
            "there is no clinic file, and claims need one: practitioners, fees, insurers. Make it with: "
            f'ims-billing init --from "{files[0]}"'
        )
    known = load(path)
    if known.unconfirmed:
        listed = "\n".join(f"  {what}" for what in known.unconfirmed)
        raise BillingError(
            f"{path}: these are not confirmed. Check each, and set confirmed = true, or delete the entry:\n{listed}"
        )
    prepared = _read(files, known, month, _day(as_of), one=True)
    refused = strict and bool(prepared.totals.counts["held"])
    writes = not dry_run and not refused
    folder = out or path.parent / "reports"
    prepared, written = _write(prepared, folder) if writes else (prepared, None)
    paths = written.files if written else ()
    if as_json:
        _print_json(console.month_json(prepared, numbered=writes, written=paths))
    else:
        console.show_month(prepared, files, would=not writes)
        if written:
            console.show_written(written.files, written.left_over, shared=written.shared)
        console.show_end(prepared, would=not writes)
    if refused:
        held = prepared.totals.counts["held"]
        console.fail(f"{held} sessions are held and --strict was given: nothing was written.")
        raise typer.Exit(_HELD)


def _write(prepared: Month, folder: Path) -> tuple[Month, Any]:
    from ims_billing.console import Working
    from ims_billing.month import claimed, view
    from ims_billing.workbooks.files import month_files, write_month

    final = claimed(prepared)
    shown = view(final)
    with Working(len(month_files(shown))) as working:
        return final, write_month(shown, folder, lambda name: working.step(f"Writing {name}"))


@app.command(epilog="Example: ims-billing init my-clinic --from sessions-2026-10.xlsx")
def init(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where to write; otherwise here.")] = Path(),
    source: Annotated[
        list[Path] | None,
        typer.Option("--from", metavar="FILE", help="Add the practitioners, insurers, names and fees found in it."),
    ] = None,
) -> None:
    """Write a commented clinic.toml and an empty session spreadsheet to fill in."""
    from ims_billing import console
    from ims_billing.clinic_file import without_file
    from ims_billing.reading.intake import read_files
    from ims_billing.starter import write_starter

    intake: Intake | None = None
    if source:
        with console.Working(len(source)) as working:
            named = lambda name: working.step(f"Reading {name}")  # noqa: E731
            intake = read_files(source, without_file(), named, working.ask_password)
    console.show_started(write_starter(folder, intake), found=intake is not None)


@app.command(epilog="Example: ims-billing rules --on 2026-04-01")
def rules(
    on: Annotated[
        dt.datetime | None,
        typer.Option("--on", metavar="DATE", formats=["%Y-%m-%d"], help="The day; otherwise today."),
    ] = None,
    clinic: ClinicFile = None,
    as_json: Json = False,
) -> None:
    """Show the services, codes, insurers and fees in force on a day, each with its source."""
    from ims_billing import console
    from ims_billing.clinic_file import load, without_file

    path = _find_clinic(clinic, [])
    known = load(path) if path else without_file()
    if as_json:
        _print_json(console.rules_json(known, _day(on)))
    else:
        console.show_rules(known, _day(on))


def main() -> None:
    """Runs the command line; output is UTF-8 everywhere, on Windows too."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    app()
