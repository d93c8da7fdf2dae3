"""The command line itself: its name, its version, its exit codes, and what becomes of faults and Ctrl-C."""

from __future__ import annotations

import copy
import errno
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ims_billing import __version__
from ims_billing.cli import stopped, typed
from ims_billing.cli.json_output import OUTPUT
from ims_billing.vocabulary.errors import BillingError

HELD, COULD_NOT = 1, 2
# Narrower than this, --help is wrapped for a wider terminal, which then cuts its words.
_LEAST_OF_HELP = 53
# Every fault of a command line; Typer makes only some of its kinds public.
_UsageError: Any = typer.BadParameter.__mro__[1]


class _Commands(TyperGroup):
    """Shows what the user can fix, and Ctrl-C, as one message; everything else is a bug (`main.show_bug`)."""

    def make_context(self, info_name: Any, args: list[str], *more: Any, **kwargs: Any) -> Any:
        """The context of a command line; Ctrl-C meanwhile is one line."""
        OUTPUT.wanted, OUTPUT.shown = "--json" in args, None
        typed.remember(args)
        columns = shutil.get_terminal_size().columns
        if columns < _LEAST_OF_HELP:
            kwargs["terminal_width"] = columns - 1
        try:
            return super().make_context(info_name, args, *more, **kwargs)
        except KeyboardInterrupt as error:
            raise _stopped() from error

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of this name; its help names arguments in the clinic's words, without Typer's `<list[Path]>`."""
        command = super().get_command(ctx, cmd_name)
        for parameter in command.params if command else ():
            if parameter.param_type_name == "argument":
                setattr(parameter, "display_type_rich", _no_type)  # noqa: B010 (older Typers show no type, and lack it)
        return command

    def invoke(self, ctx: Any) -> Any:
        """Runs the command; with --json prints its one object, in which an error is an object too."""
        try:
            with typed.ending(), _names_in_words():
                return super().invoke(ctx)
        except BillingError as error:
            from ims_billing.cli.screen import fail

            OUTPUT.fail(str(error), COULD_NOT)
            fail(str(error))
            raise typer.Exit(COULD_NOT) from error
        except _UsageError as error:
            # The words of what checks an option's value, and not of whoever types one.
            error.message = error.message.removeprefix("Value error, ")
            OUTPUT.fail(error.format_message(), COULD_NOT)
            raise
        except KeyboardInterrupt as error:
            OUTPUT.fail(stopped.MESSAGE, stopped.CODE)
            raise _stopped() from error
        finally:
            OUTPUT.flush()


# What is wrong with a name that somebody typed, or with who may look there: no fault of the program.
_OF_A_NAME = {errno.ENAMETOOLONG, errno.EINVAL, errno.ELOOP, errno.EACCES, errno.EPERM}


@contextmanager
def _names_in_words() -> Iterator[None]:
    """A file or folder that no drive takes, or that may not be looked into, is one message wherever it was met."""
    try:
        yield
    except OSError as error:
        if error.errno not in _OF_A_NAME or not error.filename:
            raise
        raise BillingError(
            f"{error.filename}: cannot be looked into: {error.strerror}. Name another file or folder."
        ) from error


def _no_type(ctx: Any) -> None:
    """The type that --help shows beside an argument: none."""


def _stopped() -> typer.Exit:
    typer.echo(f"ims-billing: {stopped.MESSAGE}", err=True)
    return typer.Exit(stopped.CODE)


class _CommandLine(typer.Typer):
    """The command line, of which only the command that is typed is built: to build all takes longer than some run."""

    def __call__(self, words: Sequence[str] | None = None, **more: Any) -> Any:
        """Runs these words; without them, those of the process."""
        first = "".join((sys.argv[1:] if words is None else words)[:1])
        every = self.registered_commands
        line = copy.copy(self)
        # For anything else all are built: --help lists them, and a slip is answered with the nearest.
        line.registered_commands = [command for command in every if _name(command) == first] or every
        return super(_CommandLine, line).__call__(words, **more)


def _name(command: Any) -> str:
    return str(command.name or command.callback.__name__)


app = _CommandLine(
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
