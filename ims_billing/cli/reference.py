"""The commands to begin with and to look things up in."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ims_billing.cli.app import app
from ims_billing.cli.options import All, ClinicFile, Json, day_of, find_clinic, print_json, read_all

if TYPE_CHECKING:
    from ims_billing.vocabulary.model import Intake


@app.command(
    short_help="Write a clinic.toml and an empty spreadsheet.",
    epilog="Example: ims-billing init my-clinic --from sessions-2026-10.xlsx",
)
def init(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where to write; otherwise here.")] = Path(),
    source: Annotated[
        list[Path] | None,
        typer.Option("--from", metavar="FILE", help="Add the practitioners, insurers, names and fees found in it."),
    ] = None,
) -> None:
    """Write a commented clinic.toml and an empty session spreadsheet to fill in."""
    from ims_billing.cli import screen
    from ims_billing.clinic.toml_file import without_file
    from ims_billing.commands.init import write_starter

    intake: Intake | None = None
    if source:
        intake = read_all(source, without_file())
    screen.show_started(write_starter(folder, intake), from_sessions=intake is not None)


@app.command(
    short_help="Show the rules in force on a day, with sources.", epilog="Example: ims-billing rules --on 2026-04-01"
)
def rules(
    on: Annotated[
        dt.datetime | None,
        typer.Option("--on", metavar="DATE", formats=["%Y-%m-%d"], help="The day; otherwise today."),
    ] = None,
    clinic: ClinicFile = None,
    everything: All = False,
    as_json: Json = False,
) -> None:
    """Show the services, codes, insurers and fees in force on a day, each with its source."""
    from ims_billing.cli import json_view, screen
    from ims_billing.clinic.setup_file import load
    from ims_billing.clinic.toml_file import without_file

    path = find_clinic(clinic, [])
    rules_of_clinic = load(path) if path else without_file()
    if as_json:
        print_json(json_view.rules_json(rules_of_clinic, day_of(on)))
    else:
        screen.show_rules(rules_of_clinic, day_of(on), everything=everything)
