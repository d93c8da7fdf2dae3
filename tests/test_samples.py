"""The sample month: made by its script, with every outcome and every finding, and readable everywhere."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import runpy
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ims_billing.cli.main import app
from ims_billing.clinic.setup_file import load
from ims_billing.clinic.setup_file import load as load_setup
from ims_billing.ledger.ledger import Ledger
from ims_billing.month.prepare import Month, Scope, prepare_month
from ims_billing.month.run import run_of
from ims_billing.reading.intake import read_files
from ims_billing.reading.spreadsheet import open_spreadsheet
from ims_billing.vocabulary.findings import CATALOGUE
from ims_billing.vocabulary.model import MonthView
from ims_billing.vocabulary.progress import nobody_to_ask
from ims_billing.workbooks.month_files import write_month
from tests.practice import frame_text, on_ledger, samples

SAMPLES = Path(__file__).parent.parent / "samples"
SESSIONS = SAMPLES / "sessions-2026-10.xlsx"


@pytest.fixture(scope="module")
def month() -> Month:
    return sample("2026-10")


@pytest.fixture(scope="module")
def recorded(month: Month) -> MonthView:
    """The sample month as a ledger shows it."""
    return on_ledger(month)


def sample(month: str | None, *files: Path) -> Month:
    clinic = load(SAMPLES / "clinic.toml")
    return prepare_month(
        read_files(files or [SESSIONS], clinic), Scope(clinic, month=month, as_of=dt.date(2026, 11, 5))
    )


def jane(month: str | None) -> Month:
    return sample(month, *sorted((SAMPLES / "jane").iterdir()))


def test_the_script_makes_the_same_spreadsheet_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "samples").mkdir()
    script = shutil.copy(SAMPLES / "make_samples.py", tmp_path / "samples")
    shutil.copy(SAMPLES / "jane_reports.py", tmp_path / "samples")
    shutil.copy(SAMPLES / "clinic.toml", tmp_path / "samples")
    monkeypatch.syspath_prepend(tmp_path / "samples")
    runpy.run_path(str(script), run_name="__main__")
    remittances = sorted(f"remittances/{path.name}" for path in (SAMPLES / "remittances").iterdir())
    for name in ("sessions-2026-10.xlsx", "sessions-2026-10-later.xlsx", *remittances):
        fresh, kept = (
            open_spreadsheet(name, (folder / name).read_bytes(), nobody_to_ask).tables[0].columns
            for folder in (tmp_path / "samples", SAMPLES)
        )
        assert fresh == kept
    for path in [*(SAMPLES / "jane").iterdir(), SAMPLES / "excel" / "clinic.xlsx"]:
        assert (tmp_path / "samples" / path.relative_to(SAMPLES)).read_bytes() == path.read_bytes()


def test_the_setup_in_excel_gives_the_same_bytes_but_for_its_name_and_hash(month: Month, tmp_path: Path) -> None:
    in_excel = load_setup(SAMPLES / "excel" / "clinic.xlsx")
    named = dataclasses.replace(in_excel, file=month.clinic.file, sha256=month.clinic.sha256)
    by_toml, by_excel, renamed = (
        files_of(prepared, tmp_path / name)
        for name, prepared in (
            ("toml", month),
            ("excel", prepare_month(month.intake, Scope(in_excel, month=month.month, as_of=month.as_of))),
            ("renamed", prepare_month(month.intake, Scope(named, month=month.month, as_of=month.as_of))),
        )
    )
    assert renamed == by_toml
    assert {name for name, content in by_excel.items() if content != by_toml[name]} == {"claim-summary-2026-10.xlsx"}


def files_of(month: Month, out: Path) -> dict[str, bytes]:
    """The files of a month as a new ledger writes them, by name."""
    return {path.name: path.read_bytes() for path in write_month(on_ledger(month), {1}, out).files}


def a_week_later(folder: Path) -> Month:
    """The later export of the sample month, once it was claimed and a claim was taken back."""
    clinic = load(SAMPLES / "clinic.toml")
    ledger = Ledger(folder / "ims-billing.sqlite")
    with ledger.writing():
        run = run_of(sample("2026-10"))
        ledger.add_batch(run)
        ledger.set_page(run)
        ledger.void("2026-10-SUNL-0001", dt.date(2026, 11, 9), "a test")
        memory = ledger.memory()
    later = read_files([SAMPLES / "sessions-2026-10-later.xlsx"], clinic)
    return prepare_month(later, Scope(clinic, month="2026-10", as_of=dt.date(2026, 11, 12), memory=memory))


def test_every_outcome_and_every_finding_stands_in_the_sample(month: Month, tmp_path: Path) -> None:
    kinds = {kind for each in (month, jane("2026-10"), a_week_later(tmp_path)) for kind in each.findings["kind"]}
    assert kinds == set(CATALOGUE)
    assert set(month.sessions["outcome"]) == {"claimed", "held", "not_billed"}
    reasons = set(month.sessions["reason"]) | set(sample(None).sessions["reason"])
    assert reasons == {
        "", "outside-month", "no-show", "cancelled", "not-arrived", "refunded", "other-service", "no-charge",
        "self-pay", "other-location", "billed-elsewhere", "in-the-future",
    }  # fmt: skip


def test_janes_reports_give_the_same_claims_as_the_session_spreadsheet(recorded: MonthView) -> None:
    # How another layout numbers sessions and patients, and writes names, is no part of a claim.
    # Jane's reports have no second insurer, and what a visit was told by is another column there.
    own = ["source", "session_id", "patient_id", "natural_key", "visit_evidence", "evidence", "remarks", "invoice"]
    own += ["secondary_insurer", "secondary_policy", "secondary_member", "payer_order"]
    from_jane = on_ledger(jane("2026-10")).claims.drop(columns=own)
    assert frame_text(from_jane) == frame_text(recorded.claims.drop(columns=own))


def test_the_sample_remittances_reconcile_and_ask_the_second_insurers(tmp_path: Path) -> None:
    def shown_by(*arguments: str) -> dict[str, Any]:
        named = [*arguments, "--clinic", str(tmp_path / "samples" / "clinic.toml"), "--json"]
        object_: dict[str, Any] = json.loads(CliRunner().invoke(app, named, catch_exceptions=False).stdout)
        return object_

    def reconciled() -> dict[str, Counter[str]]:
        files = sorted(str(path) for path in (tmp_path / "samples" / "remittances").iterdir())
        payments = shown_by("reconcile", *files, "--as-of", "2026-11-25")["payments"]
        return {
            f"{payment['insurer']} {payment['cents']}": Counter(line["result"] for line in payment["lines"])
            for payment in payments
        }

    samples(tmp_path)
    claim = ("claim", str(tmp_path / "samples" / SESSIONS.name), "--month", "2026-10", "--as-of")
    shown_by(*claim, "2026-11-05")
    first, again = reconciled(), reconciled()
    assert first == {
        "Canada Life 148400": {"patient-share": 17},
        "ICBC 155000": {"paid": 1},
        "Sun Life 444918": {
            "paid": 40, "patient-share": 1, "short-paid": 1, "denied": 1, "unmatched": 1, "repeated": 44,
        },
    }  # fmt: skip
    assert [set(results) for results in again.values()] == [{"repeated"}, {"repeated"}, {"repeated", "unmatched"}]
    second_claims = shown_by(*claim, "2026-11-26")["second_insurers"]
    assert [
        (len(second_claims), {each["insurer"] for each in second_claims}, sum(each["cents"] for each in second_claims))
    ] == [(8, {"Sun Life"}, 17_540)]


def test_each_row_of_janes_reports_is_a_session_tied_or_set_aside() -> None:
    for file in jane("2026-10").intake.files:
        assert file.rows == file.sessions + file.repeated + file.tied + file.set_aside
        assert file.layout in ("jane-appointments", "jane-sales", "jane-clients", "policies")


def test_the_sample_is_a_month_of_such_a_clinic(month: Month) -> None:
    assert 350 <= month.totals.sessions <= 450
    assert month.claims["insurer"].nunique() == 11
    assert len({p.profession for p in month.clinic.practitioners}) == 4
    assert month.totals.set_aside == 1


def test_libreoffice_opens_every_workbook(recorded: MonthView, tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed here")
    written = write_month(recorded, {1}, tmp_path / "out")
    books = [str(path) for path in written.files if path.suffix == ".xlsx"]
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), *books],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    for book in books:
        assert (tmp_path / f"{Path(book).stem}.pdf").stat().st_size > 5_000
