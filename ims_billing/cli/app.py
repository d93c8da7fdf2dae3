"""The command line itself: its name, its version, its exit codes, and what becomes of faults and Ctrl-C."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ims_billing import __version__
from ims_billing.cli import stopped
from ims_billing.vocabulary.errors import BillingError

HELD, COULD_NOT = 1, 2


class _Commands(TyperGroup):
    """Shows what the user can fix, and Ctrl-C, as one message; everything else is a bug and keeps its traceback."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """The context of a command line; Ctrl-C meanwhile is one line."""
        try:
            return super().make_context(*args, **kwargs)
        except KeyboardInterrupt as error:
            raise _stopped() from error

    def invoke(self, ctx: Any) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except BillingError as error:
            from ims_billing.cli.screen import fail

            fail(str(error))
            raise typer.Exit(COULD_NOT) from error
        except KeyboardInterrupt as error:
            raise _stopped() from error


def _stopped() -> typer.Exit:
    typer.echo(f"ims-billing: {stopped.MESSAGE}", err=True)
    return typer.Exit(stopped.CODE)


app = typer.Typer(
    cls=_Commands,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Bills a physiotherapy clinic's IMS sessions under Physiotherapy Services, and accounts for every row.",
    epilog="Once a month: ims-billing claim sessions-2026-10.xlsx --month 2026-10",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ims-billing {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    # Without a command the program says what is in the folder, and which command is next.
    if context.invoked_subcommand is None:
        from ims_billing.cli.status import status

        status()
