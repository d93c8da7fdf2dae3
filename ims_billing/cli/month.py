"""The commands of a month: look at it, claim it, ask why, write its files again, take a claim back."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ims_billing import __version__
from ims_billing.cli.app import HELD, app
from ims_billing.cli.copies import claim_again, name_unread_copies, typed_out
from ims_billing.cli.json_output import print_json
from ims_billing.cli.options import (
    All,
    AsOf,
    ClinicFile,
    Decisions,
    Files,
    Json,
    LedgerOption,
    MonthOption,
    Out,
    Protect,
    as_claimed,
    command_line,
    day_of,
    existing_ledger,
    files_typed,
    find_clinic,
    memory_of,
    options_typed,
    places,
    prepare,
    read_all,
    read_sessions,
    workplace,
)
from ims_billing.cli.slips import month_typed, refuse_a_far_day
from ims_billing.cli.typed import until_the_end
from ims_billing.reading import ahead
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.folder import REPORTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ims_billing.cli.screen.month_page import Shown
    from ims_billing.clinic.clinic import Clinic
    from ims_billing.month.page import Page
    from ims_billing.month.reasons import TakenOut


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
    everything: All = False,
    as_json: Json = False,
) -> None:
    """Read, classify and check; show the month at a glance; write nothing. Exit code 1 if anything is on hold."""
    path = find_clinic(clinic, files)
    ahead.begin([path, *files] if path else files)
    from ims_billing.cli.screen.month_page import Shown
    from ims_billing.clinic.setup_file import load
    from ims_billing.clinic.toml_file import without_file
    from ims_billing.commands.setup_nearby import setups_nearby
    from ims_billing.month.months import months_in

    rules_of_clinic = load(path) if path else without_file()
    memory = memory_of(path, ledger, rules_of_clinic if path else None)
    rules_of_clinic = as_claimed(rules_of_clinic, memory)
    intake = read_all(files, rules_of_clinic)
    prepared = prepare(intake, rules_of_clinic, month, day_of(as_of), memory)
    typed: list[TakenOut] = []
    if path and memory:
        months, folder = [prepared.month] if prepared.month else months_in(prepared.sessions), path.parent / REPORTS
        name_unread_copies(memory, folder, months, files, own=True, clinic=clinic, ledger=ledger)
        typed = typed_out(memory, folder, months, intake, rules_of_clinic, day_of(as_of))
    options = options_typed(clinic=clinic, ledger=ledger)
    nearby = None if path else setups_nearby(Path()).only
    shown = Shown(prepared, files_typed(files), options, would=True, nearby=nearby, typed_taken_out=typed)
    _show(shown, everything=everything, as_json=as_json)
    if prepared.totals.counts["held"] or any(file.doubtful for file in prepared.intake.files):
        raise typer.Exit(HELD)


@app.command(
    short_help="The monthly command: record claims, write workbooks.",
    epilog="Exit codes: 0 done, also where sessions are on hold (in --json, result is then claimed-some-on-hold); "
    "1 with --strict: something is on hold, nothing written; 2 it could not do its work, and the message says what to "
    "do; 130 stopped with Ctrl-C. Example: ims-billing claim sessions-2026-10.xlsx --month 2026-10",
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
        bool, typer.Option("--strict", help="Write nothing, with exit code 1, if any session is on hold.")
    ] = False,
    already_sent: Annotated[
        bool,
        typer.Option(
            "--already-sent",
            help="Record a past month as sent before this program came: no insurer workbooks.",
        ),
    ] = False,
    new_ledger: Annotated[
        bool, typer.Option("--new-ledger", help="Start a ledger where workbooks of claims exist already.")
    ] = False,
    overrule: Annotated[
        bool,
        typer.Option("--overrule", help="Let decisions in an older copy of a workbook replace those read later."),
    ] = False,
    protect: Protect = False,
    everything: All = False,
    as_json: Json = False,
) -> None:
    """The monthly command: all that check does, then the ledger, the claim summary and a workbook for each insurer."""
    path = find_clinic(clinic, files)
    ahead.begin([path, *files] if path else files)
    from ims_billing.cli import screen
    from ims_billing.cli.screen.glance import warn_of_cloud
    from ims_billing.cli.screen.month_page import Shown
    from ims_billing.clinic.setup_file import load
    from ims_billing.commands import claim as record
    from ims_billing.commands.refusals import refuse_a_forgotten_ledger, refuse_unfinished, refuse_without_setup
    from ims_billing.workbooks.files import summary_path

    if path is None:
        again = command_line("claim", files, month=month, ledger=ledger, out=out)
        refuse_without_setup(files, f"{again} --already-sent" if already_sent else again)
    rules_of_clinic = load(path)
    refuse_unfinished(path, rules_of_clinic.unconfirmed)
    memory, folder = places(path, ledger, out, rules_of_clinic, accepts=new_ledger)
    rules_of_clinic = as_claimed(rules_of_clinic, memory)
    if already_sent:
        from ims_billing.cli.read_back import read_back

        here = (path, ledger, out)
        if read_back(files, rules_of_clinic, here, day_of(as_of), dry_run=dry_run, as_json=as_json):
            return
    refuse_a_forgotten_ledger(memory, folder, new=new_ledger)
    intake, billed = read_sessions(files, rules_of_clinic, month)
    refuse_a_far_day(day_of(as_of), billed, already_sent=already_sent)
    request = record.Request(
        intake,
        rules_of_clinic,
        billed,
        day_of(as_of),
        already_sent=already_sent,
        strict=strict,
        new_ledger=new_ledger,
        decisions=decisions,
        overrule=overrule,
    )
    as_typed = files_typed(files), options_typed(clinic=clinic, ledger=ledger, out=out)
    named = partial(
        name_unread_copies, memory, folder, [billed], files, but=decisions, clinic=clinic, ledger=ledger, out=out
    )
    if dry_run or strict:
        with screen.Working() as working:
            prepared, balances = record.foresee(request, workplace(memory, folder, working))
        if dry_run or prepared.totals.counts["held"]:
            named()
            preview = Shown(prepared, *as_typed, would=True, balances=balances)
            _show_preview(preview, strict=strict, everything=everything, as_json=as_json)
            return
    password = screen.new_password() if protect else ""
    day = until_the_end(memory, path, folder, request.as_of)
    fresh = not memory.exists
    with screen.Working() as working:
        done = record.claim(replace(request, as_of=day), workplace(memory, folder, working, password))
    if memory.synchronised_by:
        warn_of_cloud(memory.path, memory.synchronised_by)
    with memory.reading():
        unwritten = memory.files.nowhere_written()
    named(password=password)
    shown = Shown(
        done.month, *as_typed, would=False, batch=done.batch, changed=done.written is not None,
        already_sent=already_sent, balances=done.balances, decisions=done.decisions, ledger=memory.path, fresh=fresh,
        written=[one for one in (done.written, *done.elsewhere) if one], summary=summary_path(folder, billed),
        batches=done.batches, unwritten=unwritten, marks=done.marks, also_held=done.also_held,
    )  # fmt: skip
    _show(shown, done.numbers, everything=everything, as_json=as_json)


def _show_preview(shown: Shown, *, strict: bool, everything: bool, as_json: bool) -> None:
    """Shows a month that was not claimed, in a dry run or because of --strict, which then ends with exit code 1."""
    from ims_billing.cli import screen

    _show(shown, everything=everything, as_json=as_json)
    held = shown.month.totals.counts["held"]
    if strict and held:
        screen.fail(f"{held} on hold and --strict was given: nothing was written.")
        raise typer.Exit(HELD)


def _show(shown: Shown, numbers: Mapping[int, str] | None = None, *, everything: bool, as_json: bool) -> None:
    """Shows a month on the screen or as JSON; `numbers` are those of its claims, by session."""
    if as_json:
        from ims_billing.cli import json_view

        print_json(json_view.month_json(shown, numbers))
    else:
        from ims_billing.cli.screen.month_page import show_month

        show_month(shown, everything=everything)


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
        str | None, typer.Option("--row", metavar="N", help="The session's row, as Excel numbers it; or as B12.")
    ] = None,
    clinic: ClinicFile = None,
    month: MonthOption = None,
    as_of: AsOf = None,
    ledger: LedgerOption = None,
    as_json: Json = False,
) -> None:
    """Say why a session came out as it did, what a claim rests on, or what a kind of finding means."""
    from ims_billing.cli import json_view
    from ims_billing.cli.screen.reference import show_pages
    from ims_billing.clinic.setup_file import load
    from ims_billing.clinic.toml_file import without_file

    path = find_clinic(clinic, about if row is not None else [])
    rules_of_clinic = load(path) if path else without_file()
    if row is None:
        page = _why_of_one(about, rules_of_clinic, path, ledger)
        if as_json:
            print_json({"version": __version__, **json_view.page_json(page)})
        else:
            show_pages([page])
        return
    from ims_billing.cli.screen.places import row_typed
    from ims_billing.month.why import session_page, sessions_at

    memory = memory_of(path, ledger, rules_of_clinic if path else None)
    rules_of_clinic = as_claimed(rules_of_clinic, memory)
    intake = read_all(about, rules_of_clinic)
    if intake.missing:
        # What one of two reports alone says of a session is not what becomes of it.
        raise BillingError("\n".join(intake.missing))
    prepared = prepare(intake, rules_of_clinic, month, day_of(as_of), memory)
    if memory is None:
        from ims_billing.vocabulary.frames import ON_LEDGER, empty

        claims = empty(ON_LEDGER)
    else:
        with memory.reading():
            claims = memory.claims.all()
    at = row_typed(row, [file.file for file in prepared.intake.files])
    pages = {label: session_page(prepared, label, claims) for label in sessions_at(prepared, *at)}
    if as_json:
        print_json(json_view.why_json(prepared, pages))
        return
    show_pages(list(pages.values()))


def _why_of_one(about: list[Path], clinic: Clinic, path: Path | None, ledger: Path | None) -> Page:
    """The page of a claim, a kind of finding or a reason not to bill; raises BillingError where it is none of them."""
    from ims_billing.month.claim_page import claim_page
    from ims_billing.month.why import kind_page, reason_page
    from ims_billing.vocabulary.claim_numbers import is_typed_number
    from ims_billing.vocabulary.entries import Posted, entries_of
    from ims_billing.vocabulary.errors import did_you_mean
    from ims_billing.vocabulary.findings import CATALOGUE, REASONS

    named = str(about[0]).strip()
    if len(about) > 1:
        raise BillingError("name one claim or one kind of finding, or files and a row of theirs with --row.")
    if named.lower() in CATALOGUE:
        return kind_page(named.lower(), clinic)
    if named.lower() in REASONS:
        return reason_page(named.lower())
    if is_typed_number(named):
        memory, _ = existing_ledger(path, ledger, Path())
        with memory.reading():
            claims, batch = memory.claims.of_number(named.upper()), memory.batch_of(named.upper())
            postings = entries_of(memory.payments.postings(claims["claim"]), Posted)
            month, insurer_id = claims[["month", "insurer_id"]].iloc[0]
            book = (month, batch.number, insurer_id)
            sending = next((one for one in memory.sendings.latest(month) if one.workbook == book), None)
        return claim_page(claims, batch, sending, postings)
    if named in (".", "") or about[0].exists() or about[0].suffix:
        raise BillingError(f"{about[0]}: say which session with --row, as Excel numbers the rows.")
    suggestion = did_you_mean(named, [*CATALOGUE, *REASONS]) or "."
    raise BillingError(f"{named} is no claim, no kind of finding and no reason not to bill{suggestion}")


@app.command(
    short_help="Write a month's files again from the ledger.", epilog="Example: ims-billing report 2026-10 --out copy"
)
def report(
    month: Annotated[str, typer.Argument(metavar="MONTH", callback=month_typed, help="The month, as 2026-10.")],
    clinic: ClinicFile = None,
    out: Out = None,
    ledger: LedgerOption = None,
    protect: Protect = False,
    everything: All = False,
) -> None:
    """Write a month's files again from the ledger, as identical copies."""
    from ims_billing.cli import screen
    from ims_billing.cli.screen.glance import show_ledger, show_written
    from ims_billing.commands import folder as month_folder

    path = find_clinic(clinic, [])
    memory, folder = existing_ledger(path, ledger, out)
    password = screen.new_password() if protect else ""
    until_the_end(memory, path, folder, day_of(None))
    with screen.Working() as working:
        written = month_folder.report(workplace(memory, folder, working, password), month)
    name_unread_copies(memory, folder, [month], [], password=password, clinic=clinic, ledger=ledger, out=out)
    show_ledger(memory.path)
    show_written(written, everything=everything)


@app.command(
    short_help="Void a claim, or replace it.",
    epilog='Example: ims-billing void 2026-10-SUNL-0001 --reason "wrong patient"',
)
def void(
    claim: Annotated[str, typer.Argument(metavar="CLAIM", help="The claim's number, as 2026-10-SUNL-0001.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; the claim summary shows it.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="With --replace: spreadsheets that have the correct session."),
    ] = None,
    anew: Annotated[
        bool,
        typer.Option(
            "--replace", help="Claim its session again at once: as the files have it, else as it was claimed."
        ),
    ] = False,
    clinic: ClinicFile = None,
    as_of: AsOf = None,
    out: Out = None,
    ledger: LedgerOption = None,
    protect: Protect = False,
    everything: All = False,
) -> None:
    """Void a claim. Its session is then on hold, until someone decides."""
    from ims_billing.cli import screen
    from ims_billing.cli.screen.glance import show_ledger, show_voided, show_written
    from ims_billing.clinic.setup_file import load
    from ims_billing.commands import void as voiding
    from ims_billing.reading.unread import refuse_unread

    if not reason.strip():
        raise typer.BadParameter("say why, in a few words", param_hint="--reason")
    if files and not anew:
        raise typer.BadParameter("files are read to claim the session again: add --replace", param_hint="FILE")
    path = find_clinic(clinic, files or [])
    memory, folder = existing_ledger(path, ledger, out)
    if anew and path is None:
        raise BillingError("--replace needs a clinic setup, and there is none here. Name it with --clinic.")
    rules_of_clinic = as_claimed(load(path), memory) if anew and path else None
    intake = read_all(files, rules_of_clinic) if files and rules_of_clinic else None
    if intake and rules_of_clinic:
        refuse_unread(intake.files, rules_of_clinic.file)
    number = claim.strip().upper()
    password = screen.new_password() if protect else ""
    day = until_the_end(memory, path, folder, day_of(as_of))
    with screen.Working() as working:
        done = voiding.void(
            number, rules_of_clinic, workplace(memory, folder, working, password), reason=reason.strip(),
            as_of=day, intake=intake,
        )  # fmt: skip
    show_ledger(memory.path)
    for written in done.written:
        show_written(written, everything=everything)
    again = ("", "") if done.replaced_by else claim_again(memory, done.month, clinic=clinic, out=out, ledger=ledger)
    show_voided(number, done, *again)
