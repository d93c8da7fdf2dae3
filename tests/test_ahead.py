"""A workbook is opened once, whether that was begun ahead or not."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ims_billing.cli.main import app
from ims_billing.reading import ahead
from ims_billing.reading.spreadsheet import open_spreadsheet
from ims_billing.vocabulary.progress import nobody_to_ask
from tests.bench import workbook

SAMPLES = Path(__file__).parent.parent / "samples"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, opener_process: None) -> list[bytes]:
    """The files whose opener was started, in order."""
    files: list[bytes] = []
    whole = ahead.Opener.__init__

    def noted(self: ahead.Opener, content: bytes, kind: str, password: str | None) -> None:
        files.append(content)
        whole(self, content, kind, password)

    monkeypatch.setattr(ahead.Opener, "__init__", noted)
    return files


def test_what_was_begun_is_taken_over_once(tmp_path: Path, started: list[bytes]) -> None:
    path = workbook(tmp_path, 5)
    ahead.begin([path, path])
    assert started == [path.read_bytes()]
    first = open_spreadsheet(path.name, path.read_bytes(), nobody_to_ask)
    assert started == [path.read_bytes()]
    assert first == open_spreadsheet(path.name, path.read_bytes(), nobody_to_ask)
    assert len(started) == 2, "an opener answers once"


def test_a_file_that_changed_since_is_opened_anew(tmp_path: Path, started: list[bytes]) -> None:
    path = workbook(tmp_path, 5)
    ahead.begin([path])
    content = workbook(tmp_path, 6).read_bytes()
    assert open_spreadsheet(path.name, content, nobody_to_ask).tables[0].height == 7
    assert len(started) == 2


def test_only_workbooks_are_begun_and_nothing_is_said_of_the_others(tmp_path: Path, started: list[bytes]) -> None:
    text = tmp_path / "sessions.csv"
    text.write_text("Patient,Fee\n")
    ahead.begin([text, tmp_path / "nothing.xlsx", tmp_path])
    assert started == []


def test_the_time_of_what_was_begun_counts_from_when_it_is_taken_over(
    tmp_path: Path, started: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "_SECONDS", 2)
    path = workbook(tmp_path, 5)
    ahead.begin([path])
    time.sleep(2.5)
    assert open_spreadsheet(path.name, path.read_bytes(), nobody_to_ask).tables


def test_a_month_begins_with_the_setup_and_its_exports(tmp_path: Path, started: list[bytes]) -> None:
    for name in ("excel/clinic.xlsx", "sessions-2026-10.xlsx"):
        shutil.copy(SAMPLES / name, tmp_path)
    export, setup = tmp_path / "sessions-2026-10.xlsx", tmp_path / "clinic.xlsx"
    command = ["check", str(export), "--clinic", str(setup), "--month", "2026-10", "--as-of", "2026-11-05"]
    assert "would be claimed" in CliRunner().invoke(app, command).output
    assert started == [setup.read_bytes(), export.read_bytes()], "the setup is not waited for, and each is opened once"
