"""What was sent is read back onto a ledger that lost it: from insurers' workbooks, or from the month's CSV."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ims_billing.clinic.setup_file import load
from ims_billing.commands import claim as record
from ims_billing.commands.read_back import read_back, sent_files
from ims_billing.commands.void import void
from ims_billing.commands.workplace import Workplace
from ims_billing.ledger.identity import Setup
from ims_billing.ledger.ledger import Ledger
from ims_billing.reading.intake import read_files
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.folder import LAST_BATCH, LEDGER_FILE
from tests.practice import AS_OF, MONTH, clinic_file, csv_file, made_once, row

LATER = dt.date(2026, 12, 1)
SHOWN = ["claim", "batch", "insurer", "service_date", "patient", "policy", "practitioner", "fee_cents", "replaces"]


def visit(patient: str, day: int, insurer: str = "Sun Life", **cells: Any) -> dict[str, Any]:
    return row(
        Patient=f"{patient} Madeup", Session_ID=f"S-{patient}", Start="9:30", Insurer=insurer, Member_ID="=0042",
        Service="IMS Acupuncture", Service_Date=dt.date(2026, 10, day), Birth_Date=dt.date(1980, 1, day), **cells,
    )  # fmt: skip


FIRST = [visit("Pat", 5), visit("Robin", 6, "Manulife"), visit("Wrong", 7)]
BOTH = [*FIRST, visit("Kim", 8, "Manulife"), visit("Lee", 9, Notes="of another day")]


def workplace(folder: Path, *, accepts: bool = False) -> Workplace:
    clinic = load(folder / "clinic.toml")
    return Workplace(Ledger(folder / LEDGER_FILE, Setup(folder, clinic.name, accepts=accepts)), folder / "reports")


def claim(folder: Path, rows: list[dict[str, Any]]) -> record.Recorded:
    clinic = load(folder / "clinic.toml")
    intake = read_files([csv_file(folder, rows)], clinic)
    return record.claim(record.Request(intake, clinic, MONTH, AS_OF), workplace(folder))


def claims(folder: Path) -> pd.DataFrame:
    ledger = Ledger(folder / LEDGER_FILE)
    with ledger.reading():
        return ledger.claims.all()


@pytest.fixture
def month(tmp_path: Path) -> Path:
    """Two batches; a claim of the first was taken back and claimed anew, which the second one tells the insurer."""
    _two_batches(tmp_path)
    return tmp_path


@made_once
def _two_batches(tmp_path: Path) -> None:
    clinic_file(tmp_path)
    claim(tmp_path, FIRST)
    shutil.copy(tmp_path / LEDGER_FILE, tmp_path / "older.sqlite")
    clinic = load(tmp_path / "clinic.toml")
    intake = read_files([csv_file(tmp_path, [visit("Right", 7) | {"Session ID": "S-Wrong"}])], clinic)
    void("2026-10-SUNL-0002", clinic, workplace(tmp_path), reason="another patient", as_of=AS_OF, intake=intake)
    claim(tmp_path, [*(r for r in BOTH if r["Session ID"] != "S-Wrong"), visit("Right", 7) | {"Session ID": "S-Wrong"}])


def lost(folder: Path, to: str) -> None:
    """The ledger is gone, or an older copy was put in its place."""
    if to == "nothing":
        (folder / LEDGER_FILE).unlink()
    else:
        shutil.copy(folder / "older.sqlite", folder / LEDGER_FILE)


def sent(folder: Path, kind: str) -> list[Path]:
    pattern = "insurers/*.xlsx" if kind == "workbooks" else "claims-*.csv"
    return sorted((folder / "reports" / MONTH).glob(pattern))


@pytest.mark.parametrize("kind", ["workbooks", "csv"])
@pytest.mark.parametrize("to", ["nothing", "an older copy"])
def test_what_was_sent_is_on_the_ledger_again_and_nothing_is_claimed_twice(month: Path, kind: str, to: str) -> None:
    before = claims(month)
    lost(month, to)
    at = workplace(month, accepts=True)
    files = sent(month, kind)
    assert sent_files(files, at)
    done = read_back(files, load(month / "clinic.toml"), at, as_of=LATER)
    after = claims(month)
    assert sum(done.claims.values()) + done.known_before == len(before)
    ordered = [frame.sort_values("claim", ignore_index=True) for frame in (before, after)]
    pd.testing.assert_frame_equal(ordered[0][SHOWN], ordered[1][SHOWN])
    assert ordered[1]["voided_on"].notna().tolist() == ordered[0]["voided_on"].notna().tolist()
    again = claim(month, [*(r for r in BOTH if r["Session ID"] != "S-Wrong"), visit("Right", 7), visit("New", 12)])
    assert again.month.totals.counts == {"claimed": 1, "held": 0, "not_billed": 0, "already_claimed": 5}
    assert list(again.numbers.values()) == ["2026-10-SUNL-0005"]


def test_with_one_workbook_of_a_batch_the_others_are_asked_for(month: Path) -> None:
    lost(month, "an older copy")
    files = [path for path in sent(month, "workbooks") if "batch-3" in path.name][:1]
    with pytest.raises(BillingError, match="batch 3 of 2026-10 too"):
        read_back(files, load(month / "clinic.toml"), workplace(month, accepts=True), as_of=LATER)
    assert len(claims(month)) == 3


def test_a_claim_whose_number_was_given_again_is_refused(month: Path) -> None:
    lost(month, "an older copy")
    moved = month / "moved"
    shutil.move(month / "reports", moved)
    (month / LAST_BATCH).unlink()
    claim(month, [*FIRST, visit("Instead", 20)])
    with pytest.raises(BillingError, match="is another one than that in the files"):
        read_back(
            sorted((moved / MONTH).glob("claims-*.csv")), load(month / "clinic.toml"),
            workplace(month, accepts=True), as_of=LATER,
        )  # fmt: skip


def test_a_session_list_is_no_list_of_sent_claims(month: Path) -> None:
    assert not sent_files([csv_file(month, BOTH)], workplace(month))
    assert not sent_files([month / "reports" / MONTH / f"claim-summary-{MONTH}.xlsx"], workplace(month))
