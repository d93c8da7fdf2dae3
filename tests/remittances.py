"""Remittances for a clinic that has claimed a month of six visits."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from ims_billing.cli.main import app
from ims_billing.clinic.setup_file import load
from ims_billing.commands import reconcile as payments
from ims_billing.commands.workplace import Workplace
from ims_billing.ledger.ledger import Ledger
from ims_billing.payments.payment import Line
from ims_billing.reading.remittances import read_remittances
from tests.practice import clinic_file, csv_file, made_once, row, xlsx

COVERAGE = '[[coverage]]\ninsurer = "Manulife"\npercent = 80\nfrom = 2026-01-01\n'
DAYS = [dt.date(2026, 10, day) for day in (5, 7, 9, 12, 14, 16)]
SUN, SUN2, PBC, MANU, GSC, SUN3 = (
    "2026-10-SUNL-0001", "2026-10-SUNL-0002", "2026-10-PABC-0001", "2026-10-MANU-0001", "2026-10-MANU-0002",
    "2026-10-SUNL-0003",
)  # fmt: skip
Lines = list[dict[str, Any]]


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--clinic", str(folder / "clinic.toml")], catch_exceptions=False)


@made_once
def _claimed(tmp_path: Path) -> None:
    clinic_file(tmp_path, COVERAGE)
    rows = [
        row(Service_Date=DAYS[0], Patient="Pat Madeup", Member_ID="111"),
        row(Service_Date=DAYS[1], Patient="Pat Madeup", Member_ID="111"),
        row(Service_Date=DAYS[2], Patient="Robin Madeup", Insurer="PBC", Member_ID="222"),
        row(Service_Date=DAYS[3], Patient="Sam Madeup", Insurer="Manulife", Member_ID="333"),
        row(Service_Date=DAYS[4], Patient="Toni Madeup", Insurer="Manulife", Member_ID="444"),
        row(Service_Date=DAYS[5], Patient="Uma Madeup", Member_ID="555"),
    ]
    xlsx(tmp_path, rows)
    done = run(tmp_path, "claim", str(tmp_path / "sessions.xlsx"), "--month", "2026-10", "--as-of", "2026-11-05")
    assert done.exit_code == 0, done.output


def six_claims(tmp_path: Path) -> Path:
    """A month of six claims of $95: three of Sun Life (two of one patient), one of PBC, two of Manulife."""
    _claimed(tmp_path)
    return tmp_path


def paid(claim: str = "", cents: float | str = 95.0, **more: Any) -> dict[str, Any]:
    """A line of a remittance."""
    line = {
        "Claim": claim, "Member ID": "", "Patient": "", "Service Date": "", "Claimed": "", "Paid": cents, "Reason": "",
        "Payment Date": "2026-11-20", "Payment Number": "P1", "Insurer": "", "Period From": "", "Period Until": "",
    }  # fmt: skip
    return line | {name.replace("_", " "): value for name, value in more.items()}


def reconcile(
    folder: Path, lines: Lines, *more: str, name: str = "paid.csv", as_of: str = "2026-11-25"
) -> dict[str, Any]:
    path = csv_file(folder, lines, name)
    done = run(folder, "reconcile", str(path), "--as-of", as_of, "--json", *more)
    shown: dict[str, Any] = json.loads(done.stdout)
    lines_shown = [line for payment in shown["payments"] for line in payment["lines"]]
    held = {line["result"] for line in lines_shown if not line["claims"]} & {"unmatched", "ambiguous", "over-paid"}
    assert done.exit_code == int(bool(held))
    return shown


def posted(folder: Path, lines: Lines, *, dry_run: bool = False) -> list[Line]:
    """The lines in the order of their rows as `reconcile` ends them, by the command's function: no page, no files."""
    clinic = load(folder / "clinic.toml")
    at = Workplace(Ledger(folder / "ims-billing.sqlite"), folder / "reports")
    rows, files = read_remittances([csv_file(folder, lines, "paid.csv")], clinic)
    done = payments.reconcile(rows, files, clinic, at, as_of=dt.date(2026, 11, 25), dry_run=dry_run)
    return sorted((line for payment in done.payments for line in payment.lines), key=lambda line: line.row)


def result_of(line: Line) -> str:
    """A line's result and its claims."""
    return " ".join([line.result, *(posting.claim for posting in line.postings)])


def results(shown: dict[str, Any]) -> list[str]:
    """Result and claims of each line in the order of the rows."""
    lines = sorted((line for payment in shown["payments"] for line in payment["lines"]), key=lambda line: line["row"])
    return [" ".join([line["result"], *line["claims"]]) for line in lines]


BY_DAY: dict[str, Any] = {"Service Date": "2026-10-16"}


NO_NUMBER: dict[str, Any] = {"Payment Number": "", "Insurer": "Sun Life"}
