"""The commands, thin: parse, call, show, exit code. pandas and openpyxl come in only where they are used."""

from __future__ import annotations

import datetime as dt
import gc
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
    from ims_billing.ledger import Ledger
    from ims_billing.model import Intake
    from ims_billing.month import Month
    from ims_billing.why import Page

_HELD, _COULD_NOT, _STOPPED = 1, 2, 130


class _Commands(TyperGroup):
    """Turns what the user can mend, and Ctrl-C, into one message; everything else is a bug and shows itself."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BillingError as error:
            from ims_billing.console import fail

            fail(str(error))
            raise typer.Exit(_COULD_NOT) from error
        except KeyboardInterrupt as error:
            from ims_billing.console import fail

            fail("stopped. Nothing is half-done: what is on the ledger stays, and the same command does the rest.")
            raise typer.Exit(_STOPPED) from error


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
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
LedgerOption = Annotated[
    Path | None,
    typer.Option("--ledger", metavar="PATH", help="The ledger; otherwise ims-billing.sqlite beside the clinic file."),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FOLDER", help="Where the workbooks go; otherwise reports beside the clinic file."),
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


def _read(files: list[Path], clinic: Clinic, month: str | None = None) -> tuple[Intake, str]:
    """The sessions of all files, and the month to bill: as given, else the one that they lie in."""
    from ims_billing.month import only_month

    intake = _intake(files, clinic)
    if intake.missing:
        raise BillingError("\n".join(intake.missing))
    return intake, month or only_month(intake.sessions)


def _intake(files: list[Path], clinic: Clinic) -> Intake:
    from ims_billing.console import Working
    from ims_billing.reading.intake import read_files

    with Working() as working:
        return read_files(files, clinic, working.step, working.ask_password)


def _prepare(intake: Intake, clinic: Clinic, month: str | None, as_of: dt.date, ledger: Ledger | None) -> Month:
    """The month as it would be claimed; nothing is recorded."""
    from ims_billing.console import Working
    from ims_billing.month import prepare_month

    memory = None
    if ledger is not None:
        with ledger.reading():
            memory = ledger.memory()
    with Working() as working:
        return prepare_month(intake, clinic, month=month, as_of=as_of, memory=memory, started=working.step)


def _places(clinic: Path | None, ledger: Path | None, out: Path | None) -> tuple[Ledger, Path]:
    """The ledger and the output folder: as given, else beside the clinic file."""
    from ims_billing.ledger import Ledger
    from ims_billing.ledger_file import FILE_NAME

    if clinic is None and (ledger is None or out is None):
        raise BillingError(
            "there is no clinic file here, and the ledger and the reports stand beside it. Name it with --clinic, "
            "or name both with --ledger and --out."
        )
    beside = clinic.parent if clinic else Path()
    return Ledger(ledger or beside / FILE_NAME), out or beside / "reports"


def _memory(clinic: Path | None, ledger: Path | None) -> Ledger | None:
    """The ledger to look into: as given, else beside the clinic file; None without either."""
    memory = _places(clinic, ledger, Path())[0] if clinic or ledger else None
    if ledger and memory and not memory.exists:
        raise BillingError(f"{ledger}: there is no such ledger.")
    return memory


def _known_ledger(clinic: Path | None, ledger: Path | None, out: Path | None) -> tuple[Ledger, Path]:
    """As `_places`, where the ledger must be there."""
    found, folder = _places(clinic, ledger, out)
    if not found.exists:
        raise BillingError(f"{found.path}: there is no ledger here. Name it with --ledger.")
    return found, folder


def _print_json(shown: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=1) + "\n")


@app.command(
    short_help="Show the month at a glance; write nothing.",
    epilog="Example: ims-billing check sessions-2026-10.xlsx --month 2026-10",
)
def check(
    files: Files,
    clinic: ClinicFile = None,
    month: MonthOption = None,
    as_of: AsOf = None,
    ledger: LedgerOption = None,
    as_json: Json = False,
) -> None:
    """Read, classify and check; show the month at a glance; write nothing. Exit code 1 if anything is held."""
    from ims_billing import console, json_view
    from ims_billing.clinic_file import load, without_file

    path = _find_clinic(clinic, files)
    known = load(path) if path else without_file()
    memory = _memory(path, ledger)
    prepared = _prepare(_intake(files, known), known, month, _day(as_of), memory)
    if as_json:
        _print_json(json_view.month_json(prepared))
    else:
        console.show_month(prepared, files, would=True)
        console.show_end(prepared, would=True)
    if prepared.totals.counts["held"]:
        raise typer.Exit(_HELD)


@app.command(
    short_help="The monthly command: record claims, write workbooks.",
    epilog="Example: ims-billing claim sessions-2026-10.xlsx --month 2026-10 --out reports",
)
def claim(
    files: Files,
    clinic: ClinicFile = None,
    month: MonthOption = None,
    as_of: AsOf = None,
    out: Out = None,
    ledger: LedgerOption = None,
    decisions: Decisions = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be new, write nothing.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Write nothing, with exit code 1, if any session is held.")
    ] = False,
    already_sent: Annotated[
        bool,
        typer.Option(
            "--already-sent",
            help="Put a past month on the ledger as sent before this program came: without insurer workbooks.",
        ),
    ] = False,
    new_ledger: Annotated[
        bool, typer.Option("--new-ledger", help="Start a ledger where workbooks of claims exist already.")
    ] = False,
    protect: Protect = False,
    as_json: Json = False,
) -> None:
    """The monthly command: all that check does, then the ledger, the claim summary and a workbook for each insurer."""
    from ims_billing import console, json_view, month_folder, record
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
    memory, folder = _places(path, ledger, out)
    month_folder.refuse_a_forgotten_ledger(memory, folder, new=new_ledger)
    intake, billed = _read(files, known, month)
    if dry_run or strict:
        with console.Working() as working:
            prepared, rest = record.foresee(
                intake, known, memory, folder, month=billed, as_of=_day(as_of), already_sent=already_sent,
                decisions=decisions, ask=working.ask_password, started=working.step,
            )  # fmt: skip
        held = prepared.totals.counts["held"]
        if dry_run or held:
            if as_json:
                _print_json(json_view.month_json(prepared, rest=rest))
            else:
                console.show_month(prepared, files, would=True)
                console.show_rest(rest, would=True)
                console.show_end(prepared, would=True, rest=rest)
            if strict and held:
                console.fail(f"{held} sessions are held and --strict was given: nothing was written.")
                raise typer.Exit(_HELD)
            return
    fresh = not memory.exists
    password = console.new_password() if protect else ""
    with console.Working() as working:
        done = record.claim(
            intake, known, memory, folder, month=billed, as_of=_day(as_of), already_sent=already_sent,
            strict=strict, new_ledger=new_ledger, decisions=decisions, password=password,
            ask=working.ask_password, started=working.step, waiting=working.wait,
        )  # fmt: skip
    if memory.synchronised_by:
        console.warn_of_cloud(memory.path, memory.synchronised_by)
    if as_json:
        files_written = done.written.files if done.written else ()
        _print_json(json_view.month_json(done.month, done.numbers, files_written, done.rest))
        return
    console.show_month(done.month, files, would=False)
    console.show_decisions(done.decisions, done.month)
    console.show_rest(done.rest, would=False)
    console.show_ledger(memory.path, fresh=fresh)
    for written in (done.written, *done.elsewhere):
        if written:
            console.show_written(written.files, written.left_over, shared=written.shared)
    with memory.reading():
        console.show_unwritten(memory.nowhere_written())
    changed = done.written is not None
    console.show_end(
        done.month, would=False, batch=done.batch, changed=changed, already_sent=already_sent,
        rest=done.rest,
    )  # fmt: skip


@app.command(
    short_help="Say why a session came out as it did.",
    epilog="Example: ims-billing why sessions-2026-10.xlsx --row 12, or why 2026-10-SUNL-0001",
)
def why(
    about: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...|CLAIM|KIND", help="Files with --row; or a claim; or a kind of finding."),
    ],
    row: Annotated[
        int | None, typer.Option("--row", metavar="N", min=1, help="The row of the session, as Excel numbers it.")
    ] = None,
    clinic: ClinicFile = None,
    month: MonthOption = None,
    as_of: AsOf = None,
    ledger: LedgerOption = None,
    as_json: Json = False,
) -> None:
    """Say why a session came out as it did, what a claim rests on, or what a kind of finding means."""
    from ims_billing import console, json_view
    from ims_billing.clinic_file import load, without_file

    path = _find_clinic(clinic, about if row is not None else [])
    known = load(path) if path else without_file()
    if row is None:
        page = _why_of_one(about, known, path, ledger)
        if as_json:
            _print_json({"version": __version__, **json_view.page_json(page)})
        else:
            console.show_pages([page])
        return
    from ims_billing.why import session_page, sessions_at

    memory = _memory(path, ledger)
    prepared = _prepare(_intake(about, known), known, month, _day(as_of), memory)
    if memory is None:
        from ims_billing.frames import ON_LEDGER, empty

        claims = empty(ON_LEDGER)
    else:
        with memory.reading():
            claims = memory.claims()
    pages = {label: session_page(prepared, label, claims) for label in sessions_at(prepared, row)}
    if as_json:
        _print_json(json_view.why_json(prepared, pages))
        return
    console.show_pages(list(pages.values()))


def _why_of_one(about: list[Path], clinic: Clinic, path: Path | None, ledger: Path | None) -> Page:
    """The page of a claim, a kind of finding or a reason not to bill; raises BillingError where it is none of them."""
    from ims_billing.findings import CATALOGUE, REASONS, did_you_mean
    from ims_billing.why import claim_page, kind_page, reason_page

    named = str(about[0]).strip()
    if len(about) > 1:
        raise BillingError("name one claim or one kind of finding, or files and a row of theirs with --row.")
    if named.lower() in CATALOGUE:
        return kind_page(named.lower(), clinic)
    if named.lower() in REASONS:
        return reason_page(named.lower())
    if re.fullmatch(r"\d{4}-\d{2}-\w+-\d+", named):
        memory, _ = _known_ledger(path, ledger, Path())
        with memory.reading():
            return claim_page(memory.claim(named.upper()), memory.batch_of(named.upper()))
    if named in (".", "") or about[0].exists() or about[0].suffix:
        raise BillingError(f"{about[0]}: say which session with --row, as Excel numbers the rows.")
    known = did_you_mean(named, [*CATALOGUE, *REASONS]) or "."
    raise BillingError(f"{named} is no claim, no kind of finding and no reason not to bill{known}")


@app.command(
    short_help="Write a month's files again from the ledger.", epilog="Example: ims-billing report 2026-10 --out copy"
)
def report(
    month: Annotated[str, typer.Argument(metavar="MONTH", callback=_month, help="The month, as 2026-10.")],
    clinic: ClinicFile = None,
    out: Out = None,
    ledger: LedgerOption = None,
    protect: Protect = False,
) -> None:
    """Write a month's files again from the ledger, the same to the byte."""
    from ims_billing import console, month_folder

    memory, folder = _known_ledger(_find_clinic(clinic, []), ledger, out)
    password = console.new_password() if protect else ""
    with console.Working() as working:
        written = month_folder.report(
            memory, month, folder, password=password,
            ask=working.ask_password, started=working.step, waiting=working.wait,
        )  # fmt: skip
    console.show_ledger(memory.path, fresh=False)
    console.show_written(written.files, written.left_over, shared=written.shared)


@app.command(
    short_help="Take a claim back, or claim it anew.",
    epilog='Example: ims-billing void 2026-10-SUNL-0001 --reason "wrong patient"',
)
def void(
    claim: Annotated[str, typer.Argument(metavar="CLAIM", help="The claim's number, as 2026-10-SUNL-0001.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stands in the claim summary.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="With --replace: spreadsheets that have the session as it is right."),
    ] = None,
    anew: Annotated[
        bool,
        typer.Option("--replace", help="Claim its session anew at once: as the files have it, else as it was claimed."),
    ] = False,
    clinic: ClinicFile = None,
    as_of: AsOf = None,
    out: Out = None,
    ledger: LedgerOption = None,
    protect: Protect = False,
) -> None:
    """Take a claim back. The session is then held as voided, until someone decides."""
    from ims_billing import console, voiding
    from ims_billing.clinic_file import load

    if not reason.strip():
        raise typer.BadParameter("say why, in a few words", param_hint="--reason")
    if files and not anew:
        raise typer.BadParameter("files are read to claim the session anew: add --replace", param_hint="FILE")
    path = _find_clinic(clinic, files or [])
    memory, folder = _known_ledger(path, ledger, out)
    if anew and path is None:
        raise BillingError("--replace claims by the clinic file, and there is none here. Name it with --clinic.")
    known = load(path) if anew and path else None
    intake = _intake(files, known) if files and known else None
    number = claim.strip().upper()
    password = console.new_password() if protect else ""
    with console.Working() as working:
        done = voiding.void(
            number, known, memory, folder, reason=reason.strip(), as_of=_day(as_of), intake=intake,
            password=password, ask=working.ask_password, started=working.step, waiting=working.wait,
        )  # fmt: skip
    console.show_ledger(memory.path, fresh=False)
    for written in done.written:
        console.show_written(written.files, written.left_over, shared=written.shared)
    console.show_voided(number, done)


@app.command(
    short_help="Post insurers' payments to claims.", epilog="Example: ims-billing reconcile remittance.xlsx --dry-run"
)
def reconcile(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Insurers' remittances, or lists of payments.")
    ] = None,
    clinic: ClinicFile = None,
    as_of: AsOf = None,
    out: Out = None,
    ledger: LedgerOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be posted, record nothing.")] = False,
    undo: Annotated[
        int | None,
        typer.Option("--undo", metavar="PAYMENT", help="Take back a posted payment, by its number."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="With --undo: why.")] = "",
    protect: Protect = False,
    as_json: Json = False,
) -> None:
    """Match insurers' payments to claims, and post what is certain. Exit code 1 if anything is not."""
    from ims_billing import console, json_view, month_folder, payments
    from ims_billing.clinic_file import load, without_file
    from ims_billing.reading.remittance import read_remittances

    path = _find_clinic(clinic, files or [])
    known = load(path) if path else without_file()
    memory, folder = _known_ledger(path, ledger, out)
    password = console.new_password() if protect else ""
    if undo is not None:
        if files or dry_run or not reason.strip():
            raise typer.BadParameter("say why with --reason; no files, and no --dry-run", param_hint="--undo")
        with console.Working() as working:
            done = payments.undo(undo, reason.strip(), memory, as_of=_day(as_of), waiting=working.wait)
        if as_json:
            _print_json(json_view.undone_json(done))
        else:
            console.show_undone(done)
        with console.Working() as working:
            month_folder.refresh(
                memory, done.months, folder, password=password,
                ask=working.ask_password, started=working.step, waiting=working.wait,
            )  # fmt: skip
        return
    if not files:
        raise typer.BadParameter("name the remittances", param_hint="FILE")
    with console.Working() as working:
        lines, read = read_remittances(files, known, working.step, working.ask_password)
        reconciled = payments.reconcile(
            lines, read, known, memory, as_of=_day(as_of), dry_run=dry_run, waiting=working.wait
        )
    if not as_json:
        # What was posted is told before anything else can go wrong.
        console.show_reconciled(reconciled)
        console.show_ledger(memory.path, fresh=False)
    paths: list[Path] = []
    try:
        with console.Working() as working:
            written = month_folder.refresh(
                memory, reconciled.months, folder, password=password,
                ask=working.ask_password, started=working.step, waiting=working.wait,
            )  # fmt: skip
            paths = [path for one in written for path in one.files]
    finally:
        if as_json:
            _print_json(json_view.reconciliation_json(reconciled, paths))
    if not as_json:
        for one in written:
            console.show_written(one.files, one.left_over, shared=one.shared)
    if reconciled.held:
        raise typer.Exit(_HELD)


@app.command(
    short_help="Show what insurers owe, and whom to ask.", epilog="Example: ims-billing aging --as-of 2026-12-01"
)
def aging(
    clinic: ClinicFile = None,
    as_of: AsOf = None,
    out: Out = None,
    ledger: LedgerOption = None,
    protect: Protect = False,
    as_json: Json = False,
) -> None:
    """Show what insurers owe, by how long ago it was claimed, and write the workbook with the claims to ask about."""
    from ims_billing import console, json_view, month_folder, payments
    from ims_billing.clinic_file import load

    path = _find_clinic(clinic, [])
    memory, folder = _known_ledger(path, ledger, out)
    name = load(path).name if path else ""
    password = console.new_password() if protect else ""
    with console.Working() as working:
        done = payments.age(
            memory, folder, name, as_of=_day(as_of), password=password,
            ask=working.ask_password, waiting=working.wait,
        )  # fmt: skip
    if as_json:
        _print_json(json_view.aging_json(done))
    else:
        console.show_aging(done)
    with console.Working() as working:
        month_folder.refresh(
            memory, done.months, folder, password=password,
            ask=working.ask_password, started=working.step, waiting=working.wait,
        )  # fmt: skip


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
    from ims_billing import console
    from ims_billing.clinic_file import without_file
    from ims_billing.starter import write_starter

    intake: Intake | None = None
    if source:
        intake = _intake(source, without_file())
    console.show_started(write_starter(folder, intake), found=intake is not None)


@app.command(
    short_help="Show the rules in force on a day, with sources.", epilog="Example: ims-billing rules --on 2026-04-01"
)
def rules(
    on: Annotated[
        dt.datetime | None,
        typer.Option("--on", metavar="DATE", formats=["%Y-%m-%d"], help="The day; otherwise today."),
    ] = None,
    clinic: ClinicFile = None,
    as_json: Json = False,
) -> None:
    """Show the services, codes, insurers and fees in force on a day, each with its source."""
    from ims_billing import console, json_view
    from ims_billing.clinic_file import load, without_file

    path = _find_clinic(clinic, [])
    known = load(path) if path else without_file()
    if as_json:
        _print_json(json_view.rules_json(known, _day(on)))
    else:
        console.show_rules(known, _day(on))


def main() -> None:
    """Runs the command line; output is UTF-8 everywhere, on Windows too."""
    # A run is short, and what it drops is freed at once: to look for cycles takes a tenth of it and finds next to none.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    app()
