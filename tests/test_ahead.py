"""A workbook is opened once, whether that was begun ahead or not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ims_billing.reading import ahead
from ims_billing.reading.intake import nobody_to_ask
from ims_billing.reading.spreadsheet import open_spreadsheet
from tests.bench import workbook


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, opener_process: None) -> list[str]:
    """The kinds of files whose opener was started, in order."""
    kinds: list[str] = []
    whole = ahead.Opener.__init__

    def noted(self: ahead.Opener, content: bytes, kind: str, password: str | None) -> None:
        kinds.append(kind)
        whole(self, content, kind, password)

    monkeypatch.setattr(ahead.Opener, "__init__", noted)
    return kinds


def test_what_was_begun_is_taken_over_once(tmp_path: Path, started: list[str]) -> None:
    path = workbook(tmp_path, 5)
    ahead.begin([path, path])
    assert started == ["zip"]
    first = open_spreadsheet(path.name, path.read_bytes(), nobody_to_ask)
    assert started == ["zip"]
    assert first == open_spreadsheet(path.name, path.read_bytes(), nobody_to_ask)
    assert len(started) == 2, "an opener answers once"


def test_a_file_that_changed_since_is_opened_anew(tmp_path: Path, started: list[str]) -> None:
    path = workbook(tmp_path, 5)
    ahead.begin([path])
    content = workbook(tmp_path, 6).read_bytes()
    assert open_spreadsheet(path.name, content, nobody_to_ask).tables[0].height == 7
    assert len(started) == 2


def test_only_workbooks_are_begun_and_nothing_is_said_of_the_others(tmp_path: Path, started: list[str]) -> None:
    text = tmp_path / "sessions.csv"
    text.write_text("Patient,Fee\n")
    ahead.begin([text, tmp_path / "nothing.xlsx", tmp_path])
    assert started == []


def test_the_time_of_what_was_begun_counts_from_when_it_is_taken_over(
    tmp_path: Path, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "_SECONDS", 2)
    path = workbook(tmp_path, 5)
    ahead.begin([path])
    time.sleep(2.5)
    assert open_spreadsheet(path.name, path.read_bytes(), nobody_to_ask).tables
