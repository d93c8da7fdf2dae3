"""The commands of the money: what insurers paid, and what they owe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from ims_billing.cli.app import HELD, app
from ims_billing.cli.json_output import print_json
from ims_billing.cli.options import (
    All,
    AsOf,
    ClinicFile,
    Json,
    LedgerOption,
    Out,
    Protect,
    as_claimed,
    day_of,
    existing_ledger,
    find_clinic,
    workplace,
)
from ims_billing.cli.typed import until_the_end

if TYPE_CHECKING:
    import datetime as dt

    from ims_billing.cli.screen import Working
    from ims_billing.commands.reconcile import Reconciliation
    from ims_billing.commands.workplace import Workplace
    from ims_billing.ledger.ledger import Ledger
    from ims_billing.workbooks.files import Written


class _Opened(NamedTuple):
    """The ledger, the output folder, and the password of the workbooks there; empty: none."""

    memory: Ledger
    folder: Path
    password: str

    def watched(self, working: Working) -> Workplace:
        """The workplace of one step, which shows its progress."""
        return workplace(self.memory, self.folder, working, self.password)


def _refresh(opened: _Opened, months: Sequence[str]) -> list[Written]:
    """Writes the workbooks again that show what has changed."""
    from ims_billing.cli import screen
    from ims_billing.commands import folder as month_folder

    with screen.Working() as working:
        return month_folder.refresh(opened.watched(working), months)


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
    accept_overpayment: Annotated[
        bool, typer.Option("--accept-overpayment", help="Post amounts that are more than was claimed too.")
    ] = False,
    undo: Annotated[
        int | None,
        typer.Option("--undo", metavar="PAYMENT", help="Undo a posted payment, by its number."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="With --undo: why.")] = "",
    protect: Protect = False,
    everything: All = False,
    as_json: Json = False,
) -> None:
    """Match insurers' payments to claims, and post what is certain. Exit code 1 if anything is not."""
    # Before anything is opened, and before a password is asked for.
    if undo is not None:
        _refuse_slips_with_undo(files, reason, dry_run=dry_run)
    elif not files:
        raise typer.BadParameter("name the remittances", param_hint="FILE")
    from ims_billing.cli import screen
    from ims_billing.clinic.setup_file import load
    from ims_billing.clinic.toml_file import without_file
    from ims_billing.commands import reconcile as payments
    from ims_billing.reading.remittances import read_remittances

    path = find_clinic(clinic, files or [])
    rules = load(path) if path else without_file()
    memory, folder = existing_ledger(path, ledger, out, rules if path else None)
    rules = as_claimed(rules, memory)
    opened = _Opened(memory, folder, screen.new_password() if protect else "")
    if undo is not None:
        _undo(undo, reason.strip(), opened, until_the_end(memory, path, folder, day_of(as_of)), as_json=as_json)
        return
    with screen.Working() as working:
        lines, read = read_remittances(files or [], rules, working.step, working.ask_password)
    day = day_of(as_of) if dry_run else until_the_end(memory, path, folder, day_of(as_of))
    with screen.Working() as working:
        reconciled = payments.reconcile(
            lines, read, rules, opened.watched(working), as_of=day, dry_run=dry_run,
            accept_overpayment=accept_overpayment,
        )  # fmt: skip
    _show_reconciled(reconciled, opened, everything=everything, as_json=as_json)
    if reconciled.held:
        raise typer.Exit(HELD)


def _show_reconciled(reconciled: Reconciliation, opened: _Opened, *, everything: bool, as_json: bool) -> None:
    """Shows what was posted, and writes the workbooks again that show it."""
    from ims_billing.cli import json_view
    from ims_billing.cli.screen.glance import show_ledger, show_written
    from ims_billing.cli.screen.payments import show_reconciled

    if not as_json:
        # What was posted is shown before anything else can go wrong.
        show_reconciled(reconciled, everything=everything)
        show_ledger(opened.memory.path)
    paths: list[Path] = []
    try:
        written = _refresh(opened, reconciled.months)
        paths = [path for one in written for path in one.files]
    finally:
        if as_json:
            print_json(json_view.reconciliation_json(reconciled, paths))
    if not as_json:
        for one in written:
            show_written(one, everything=everything)


def _refuse_slips_with_undo(files: list[Path] | None, reason: str, *, dry_run: bool) -> None:
    """Raises BadParameter where a payment is to be undone with files, as a dry run, or without a reason."""
    if files or dry_run:
        raise typer.BadParameter("name the payment's number alone, without files or --dry-run", param_hint="--undo")
    if not reason.strip():
        raise typer.BadParameter('say why: --reason "wrong file"', param_hint="--undo")


def _undo(payment: int, reason: str, opened: _Opened, day: dt.date, *, as_json: bool) -> None:
    """Undoes a posted payment, by its number, and writes the workbooks again that showed it."""
    from ims_billing.cli import json_view, screen
    from ims_billing.cli.screen.payments import show_undone
    from ims_billing.commands import reconcile as payments

    with screen.Working() as working:
        done = payments.undo(payment, reason, opened.watched(working), as_of=day)
    if as_json:
        print_json(json_view.undone_json(done))
    else:
        show_undone(done)
    _refresh(opened, done.months)


@app.command(
    short_help="Show what insurers owe, and whom to ask.", epilog="Example: ims-billing aging --as-of 2026-12-01"
)
def aging(
    clinic: ClinicFile = None,
    as_of: AsOf = None,
    out: Out = None,
    ledger: LedgerOption = None,
    protect: Protect = False,
    everything: All = False,
    as_json: Json = False,
) -> None:
    """Show what insurers owe, by how long ago it was claimed, and write the workbook with the claims to ask about."""
    from ims_billing.cli import json_view, screen
    from ims_billing.cli.screen.payments import show_aging
    from ims_billing.clinic.setup_file import load
    from ims_billing.commands.aging import age

    path = find_clinic(clinic, [])
    rules = load(path) if path else None
    memory, folder = existing_ledger(path, ledger, out, rules)
    name = rules.name if rules else ""
    opened = _Opened(memory, folder, screen.new_password() if protect else "")
    day = until_the_end(memory, path, folder, day_of(as_of))
    with screen.Working() as working:
        done = age(opened.watched(working), name, as_of=day)
    if as_json:
        print_json(json_view.aging_json(done))
    else:
        show_aging(done, everything=everything)
    _refresh(opened, done.months)
