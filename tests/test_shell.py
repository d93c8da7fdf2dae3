"""Paths and names as somebody copies them from the screen into a command."""

from __future__ import annotations

import os
import shlex

import pytest

from ims_billing.vocabulary import shell
from ims_billing.vocabulary.shell import quoted

NAMES = [
    "a.csv",
    "p 2.csv",
    "remit&oct.xlsx",
    "pay(2).csv",
    "pay$5 a.csv",
    "it's.csv",
    'a"b.csv',
    "-oct.csv",
    "ü.csv",
    "",
]


@pytest.mark.skipif(os.name == "nt", reason="PowerShell reads words in its own way")
@pytest.mark.parametrize("name", NAMES)
def test_a_shell_reads_the_name_as_one_word(name: str) -> None:
    assert shlex.split(quoted(name)) == [f"./{name}" if name.startswith("-") else name]


def test_only_what_needs_quotes_has_some() -> None:
    assert [quoted(name) for name in ("a.csv", "p 2.csv")] == ["a.csv", '"p 2.csv"']


def test_powershell_reads_no_variable_in_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "name", "nt")
    monkeypatch.setattr(shell, "_EXPANDED", "$`")
    assert quoted("it's $5.csv") == "'it''s $5.csv'"
