"""The words that users read: none that they would not use, in the catalogue, help, manual, screens and workbooks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from openpyxl import load_workbook
from typer.testing import CliRunner

from ims_billing.cli.main import app
from ims_billing.manual import TOPICS, page
from ims_billing.vocabulary.findings import CATALOGUE, REASONS, REMEDIES
from ims_billing.vocabulary.spelling import counted
from tests.practice import samples

ROOT = Path(__file__).parent.parent
NOT_THEIR_WORDS = re.compile(
    r"\bmend(s|ed|ing)?\b|\bset aside\b|\btaken for\b|\btied\b|\banew\b|\bis another\b|\bwhat (it )?lacks\b|\btold\b"
    r"|\bsession stands\b|\bvisit that day stands\b|\bline stands\b"
    r"|\bwastebasket\b|\bworth knowing\b|\bidentical to the byte\b|\bsame to the byte\b",
    re.IGNORECASE,
)


def assert_their_words(where: str, text: str) -> None:
    wrong = NOT_THEIR_WORDS.search(" ".join(text.split()))
    assert wrong is None, (
        f"{where}: ...{wrong.string[max(0, wrong.start() - 60) : wrong.end() + 30]}..." if wrong else ""
    )


# Of these there are always several, or the line before says otherwise of one.
NEVER_ONE = (
    "columns that were not read", "months", "insurers", "claims are of that day", "sessions in these files",
    "lines are more than a sheet", "decisions in it were",
)  # fmt: skip
BEFORE_A_PLURAL = re.compile(
    r"\{(?:len\([^}]*\)|[a-z_.]*count|number|more|left|beside)(?::,)?\} ((?:more |new |other )?[a-z]+s\b[^{\"]*)"
)


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [
        (0, ("claim",), "0 claims"),
        (1, ("claim",), "1 claim"),
        (1_095, ("claim",), "1,095 claims"),
        (1, ("entry", "entries"), "1 entry"),
        (2, ("entry", "entries"), "2 entries"),
    ],
)
def test_one_of_a_thing_is_no_plural(number: int, noun: tuple[str, ...], words: str) -> None:
    assert counted(number, *noun) == words


def test_no_number_stands_before_a_plural_that_may_be_one() -> None:
    wrong = [
        f"{path.name}: {found.group(0)}"
        for path in sorted((ROOT / "ims_billing").rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        for found in BEFORE_A_PLURAL.finditer(line)
        if "== 1" not in line and not found.group(1).startswith((*NEVER_ONE, "is ", "was ", "stands"))
    ]
    assert wrong == []


def assert_fits(command: str, shown: str, wide: int) -> None:
    """No blanks at an end, and no line longer than the screen but a command to copy or a word that has no room."""
    for line in shown.splitlines():
        assert line == line.rstrip(), (command, line)
        indent = len(line) - len(line.lstrip())
        long = any(indent + len(word) > wide for word in line.split())
        assert len(line) <= wide or long or line.lstrip().startswith("ims-billing "), (command, line)


def test_the_list_finds_its_words_and_no_others() -> None:
    for words in ("Mend it.", "1 set\n aside", "taken for sessions", "It is another now.", "claimed anew"):
        assert NOT_THEIR_WORDS.search(" ".join(words.split())), words
    for words in ("recommended", "untied", "what is another way", "a mender"):
        assert not NOT_THEIR_WORDS.search(words.replace("is another way", "other")), words


def test_the_catalogue_and_the_reasons() -> None:
    for kind in CATALOGUE.values():
        assert_their_words(kind.kind, f"{kind.title}. {kind.fix} {kind.short}")
        assert not kind.title.endswith("."), kind.kind
        assert kind.fix.endswith("."), kind.kind
        assert kind.short, kind.kind
        assert kind.remedy in REMEDIES, kind.kind
        # A clinic with clinic.xlsx has no brackets, and one with clinic.toml finds the sheet in the manual.
        assert "clinic.toml" not in kind.fix, kind.kind
        assert "[[" not in kind.fix, kind.kind
    for reason in REASONS.values():
        assert_their_words(reason.reason, f"{reason.meaning} {reason.short} {reason.copy}")


def test_the_manual_the_readme_and_the_help() -> None:
    assert_their_words("README", (ROOT / "README.md").read_text(encoding="utf-8"))
    for topic in TOPICS:
        assert_their_words(topic, page(topic))
    for command in typer.main.get_command(app).commands:  # type: ignore[attr-defined]
        shown = CliRunner().invoke(app, [command, "--help"]).stdout
        assert_their_words(command, shown)
        # A clerk reads FILE, and not FILE <list[Path]>.
        assert not re.search(r"<(list\[.*|path|str)>", shown), shown
    assert_their_words("help", CliRunner().invoke(app, ["--help"]).stdout)
    for command in ([], ["claim"], ["reconcile"]):
        shown = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "40"}).stdout
        # Click ends a line of usage that goes on with a blank.
        assert_fits(" ".join(command), "\n".join(line.rstrip() for line in shown.splitlines()), 40)


def test_the_screens_and_workbooks_of_the_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a screen of forty characters, which cuts whatever is not wrapped; test_docs.py has the manual's commands."""
    monkeypatch.chdir(samples(tmp_path))
    remittances = sorted(str(path) for path in Path("remittances").iterdir())
    for command in (
        ["claim", "sessions-2026-10.xlsx", "--month", "2026-10", "--as-of", "2026-11-05", "--all"],
        ["void", "2026-10-SUNL-0001", "--reason", "a test", "--as-of", "2026-11-09"],
        ["claim", "sessions-2026-10-later.xlsx", "--month", "2026-10", "--as-of", "2026-11-12", "--all"],
        ["check", *sorted(str(path) for path in Path("jane").iterdir()), "--as-of", "2026-11-12", "--all"],
        ["reconcile", *remittances, "--as-of", "2026-11-25", "--all"],
        ["claim", "sessions-2026-10.xlsx", "--month", "2026-10", "--as-of", "2026-11-26"],
        ["aging", "--as-of", "2026-12-25", "--all"],
        ["rules", "--on", "2026-10-05", "--all"],
        ["why", "2026-10-SUNL-0001"],
        ["status", "--as-of", "2026-11-26"],
        ["init", "newer", "--as", "toml", "--from", "sessions-2026-10.xlsx"],
    ):
        done = CliRunner().invoke(app, command, env={"COLUMNS": "40"})
        assert done.exit_code in (0, 1), (command, done.output)
        assert_their_words(" ".join(command[:2]), done.output)
        assert_fits(" ".join(command[:2]), done.output, 40)
    for path in sorted(Path("reports").rglob("*.xlsx")):
        for sheet in load_workbook(path, read_only=True):
            for row in sheet.iter_rows(values_only=True):
                assert_their_words(
                    f"{path.name}, {sheet.title}", " ".join(str(cell) for cell in row if cell is not None)
                )
