"""The commands to begin with and to look things up in."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

import typer
from typer.core import TyperCommand

from ims_billing.cli.app import app
from ims_billing.cli.json_output import print_json
from ims_billing.cli.options import All, ClinicFile, Json, command_line, day_of, find_clinic, read_all
from ims_billing.cli.slips import day_typed
from ims_billing.vocabulary.folder import SPREADSHEETS

_EXPORTS = (*SPREADSHEETS, ".txt", ".html")


class _FilesAfterFrom(TyperCommand):
    """Lets several files stand behind one --from, as people type them; a folder behind them is still the folder."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        typed: list[str] = []
        of_source = False
        for number, argument in enumerate(args):
            if argument.startswith("-"):
                of_source = argument == "--from"
            elif of_source and args[number - 1] != "--from":
                if Path(argument).suffix.casefold() in _EXPORTS and not Path(argument).is_dir():
                    typed.append("--from")
                else:
                    of_source = False
            typed.append(argument)
        return super().parse_args(ctx, typed)


@app.command(
    cls=_FilesAfterFrom,
    short_help="Write the clinic's setup, filled in from exports.",
    epilog="Example: ims-billing init my-clinic --from appointments.csv sales.csv",
)
def init(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where to write; otherwise here.")] = Path(),
    source: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            metavar="FILE...",
            help="Add the practitioners, insurers, names and fees in these exports, one or several.",
        ),
    ] = None,
    kind: Annotated[
        Literal["workbook", "toml"] | None,
        typer.Option(
            "--as",
            help="clinic.xlsx (as without it) or clinic.toml; the other one in the folder is converted.",
        ),
    ] = None,
) -> None:
    """Write the clinic's setup, clinic.xlsx, filled in as far as exports tell; what is missing is marked in it."""
    from ims_billing.cli.screen.glance import show_started
    from ims_billing.commands.init import start

    done = start(folder, kind, source or (), read_all)
    setup, *sessions = done.files
    away = setup if setup.parent.resolve() != Path().resolve() else None
    check = command_line("check", source or sessions or [Path("FILE")], clinic=away)
    show_started(done, check)


@app.command(
    short_help="Show the rules in force on a day, with sources.", epilog="Example: ims-billing rules --on 2026-04-01"
)
def rules(
    on: Annotated[
        dt.datetime | None,
        typer.Option("--on", metavar="DATE", parser=day_typed, help="The day; otherwise today."),
    ] = None,
    clinic: ClinicFile = None,
    everything: All = False,
    as_json: Json = False,
) -> None:
    """Show the services, codes, insurers and fees in force on a day, each with its source."""
    from ims_billing.clinic.setup_file import load
    from ims_billing.clinic.toml_file import without_file

    path = find_clinic(clinic, [])
    rules_of_clinic = load(path) if path else without_file()
    if as_json:
        from ims_billing.cli.json_rules import rules_json

        print_json(rules_json(rules_of_clinic, day_of(on)))
    else:
        from ims_billing.cli.screen.reference import show_rules

        show_rules(rules_of_clinic, day_of(on), everything=everything)
