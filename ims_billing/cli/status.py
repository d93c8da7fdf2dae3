"""The command `status`, which is also the program without a command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ims_billing import __version__
from ims_billing.cli.app import app
from ims_billing.cli.json_output import print_json
from ims_billing.cli.options import AsOf, ClinicFile, Json, LedgerOption, Out, day_of, find_clinic
from ims_billing.vocabulary.errors import BillingError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ims_billing.commands.standing import Closing
    from ims_billing.commands.status import Status


@app.command(
    short_help="Show what is in this folder and what to do next.",
    epilog="Example: ims-billing status --as-of 2026-11-05",
)
def status(
    clinic: ClinicFile = None,
    as_of: AsOf = None,
    ledger: LedgerOption = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Show what is in this folder: months claimed, what is on hold, what is not read, and what to do next."""
    from ims_billing.cli.screen.status import show_status
    from ims_billing.commands import status as standing

    given = standing.Given(clinic, ledger, out)
    try:
        shown = standing.status(Path(), find_clinic(clinic, []), given, day_of(as_of))
    except BillingError as error:
        shown = standing.in_doubt(Path(), str(error), day_of(as_of))
    if as_json:
        print_json(_status_json(shown))
    else:
        show_status(shown)


def _status_json(status: Status) -> dict[str, Any]:
    from ims_billing.cli.json_view import to_send_json

    standing = status.standing
    return {
        "version": __version__,
        "as_of": f"{status.as_of}",
        "folder": str(status.folder),
        "setup": str(status.setup) if status.setup else None,
        "clinic": status.clinic or None,
        "to_confirm": len(status.unconfirmed),
        "problem": status.problem or None,
        "months": [
            {
                "month": month.month,
                "claims": month.claims,
                "cents": month.cents,
                "held": month.held,
                "held_cents": month.held_cents,
                "oldest_held": f"{month.oldest}" if month.oldest else None,
            }
            for month in (standing.months if standing else ())
        ],
        "not_read": [
            {"month": typed.month, "file": typed.workbook, "decisions": typed.count, "problem": typed.problem or None}
            for typed in (standing.typed if standing else ())
        ]
        + [
            {"month": None, "file": name, "decisions": 0, "problem": None}
            for name in (standing.call_lists if standing else ())
        ],
        "exports": [
            {"file": str(export.path), "layout": export.layout, "months": dict(export.months)}
            for export in status.exports
        ],
        "missed": _closing_json(standing.missed if standing else ()),
        "closing": _closing_json(standing.closing if standing else ()),
        "unpaid": {"claims": standing.unpaid if standing else 0, "cents": standing.unpaid_cents if standing else 0},
        "to_send": to_send_json(standing.to_send) if standing else [],
        "voids": [{"month": month, "claims": number} for month, number in (standing.voids if standing else {}).items()],
        "unwritten": list(standing.unwritten) if standing else [],
        "next": {"what": status.next.what, "command": status.next.command},
    }


def _closing_json(closing: Iterable[Closing]) -> list[dict[str, Any]]:
    return [
        {
            "insurer": one.insurer,
            "held": one.held,
            "sessions": one.count,
            "cents": one.cents,
            "last_day": f"{one.last_day}",
        }
        for one in closing
    ]
