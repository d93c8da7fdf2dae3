"""How hypothesis runs, and how workbooks are read in tests whose point is not the process that opens them."""

from __future__ import annotations

import gc
import io
import os
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, settings
from msoffcrypto.method.ecma376_agile import ECMA376Agile
from typer.main import get_command

from ims_billing.ledger import file
from ims_billing.reading import ahead, opener, spreadsheet

# The same cases every time, without a clock, and without shrinking what reads files.
settings.register_profile(
    "gate",
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("gate")

_open_in_child, _begin = spreadsheet._open, ahead.begin


def _open_here(content: bytes, kind: str, password: str | None) -> tuple[str, list[spreadsheet.RawTable], str]:
    """What `spreadsheet._open` returns, by the same code in this process: a child takes twenty times as long."""
    sent = io.BytesIO()
    opener.respond(content, kind, password, sent)
    sent.seek(0)
    return spreadsheet._answer(sent, kind)


# Nothing that is imported and collected is garbage, and the collector would go through all of it again and again.
gc.disable()


def pytest_collection_finish() -> None:
    """Leaves what is there by now to itself."""
    gc.enable()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def _workbooks_are_opened_here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(spreadsheet, "_open", _open_here)
        patched.setattr(ahead, "begin", lambda _: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _the_command_line_is_put_together_once() -> Iterator[None]:
    """Typer makes its commands anew from their functions each time that a test runs one, which is a tenth of it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("typer.testing._get_command", cache(get_command))
        yield


@pytest.fixture(scope="session", autouse=True)
def _nobody_waits_for_the_disk() -> Iterator[None]:
    """What is written in this process is not flushed: only a power cut would show it, and those copy the files."""
    settings = [each.replace("synchronous = EXTRA", "synchronous = OFF") for each in file._SETTINGS]
    assert settings != list(file._SETTINGS)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda _: None)
        patched.setattr(file, "_SETTINGS", settings)
        yield


@pytest.fixture(scope="session", autouse=True)
def _the_key_of_a_password_is_made_once() -> Iterator[None]:
    """A workbook that one test opens five times is opened with one key, which takes 100,000 hashes to make."""
    make = ECMA376Agile._derive_iterated_hash_from_password
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ECMA376Agile, "_derive_iterated_hash_from_password", staticmethod(cache(make)))
        yield


@pytest.fixture
def opener_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of what the opener's own process is there for: damaged, hostile and protected workbooks."""
    monkeypatch.setattr(spreadsheet, "_open", _open_in_child)
    monkeypatch.setattr(ahead, "begin", _begin)
