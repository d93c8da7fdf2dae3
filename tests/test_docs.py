"""The README and the manual say what the program does: their commands run, their tables and files are right."""

from __future__ import annotations

import datetime as dt
import re
import shlex
import shutil
import tomllib
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
import typer
from rich.console import Console
from rich.text import Text
from typer.testing import CliRunner

import ims_billing
from ims_billing.cli.main import app
from ims_billing.cli.screen.month_page import Shown, month_page
from ims_billing.clinic.setup_file import load
from ims_billing.manual import TOPICS, page
from ims_billing.month.prepare import Scope, prepare_month
from ims_billing.reading.intake import read_files
from ims_billing.vocabulary.findings import CATALOGUE, REMEDIES, Kind
from ims_billing.workbooks.files import Written
from tests.practice import samples
from tests.test_architecture import MAY_IMPORT
from tests.test_words import assert_fits, assert_their_words

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FINDINGS = ROOT / "ims_billing" / "manual" / "findings.md"
# The colours of a terminal, as the picture of the screen shows them.
COLOURS = {"green": "#7ee787", "yellow": "#f2cc60"}
SCREEN = ROOT / "samples" / "screen.svg"
MANUAL = "\n".join(page(topic) for topic in TOPICS)


def screen() -> list[Text]:
    """The sample month on the screen, as the README's first command shows it: its lines, with their colours."""
    clinic = load(ROOT / "samples" / "clinic.toml")
    intake = read_files([ROOT / "samples" / "sessions-2026-10.xlsx"], clinic)
    month = prepare_month(intake, Scope(clinic, month="2026-10", as_of=dt.date(2026, 11, 5)))
    folder = Path("samples", "reports", "2026-10")
    insurers = [folder / "insurers" / f"{name}-2026-10.xlsx" for name, _, _ in month.by_insurer()]
    summary = folder / "claim-summary-2026-10.xlsx"
    shown = Shown(
        month, "samples/sessions-2026-10.xlsx", "", would=False, batch=1, summary=summary, fresh=True,
        ledger=Path("samples", "ims-billing.sqlite"),
        written=[Written((summary, folder / "claims-2026-10.csv", *insurers), (), shared=False, summary_sha256="")],
    )  # fmt: skip
    return month_page(shown, 100)


def picture(lines: list[Text]) -> str:
    """These lines of a terminal as an SVG: one text element a line, so that a changed word is one changed line.

    Attributes and no-break spaces, where style sheets would be shorter: every viewer draws them alike.
    """
    console, across, down = Console(width=200), 8.4, 19
    width, height = round(100 * across) + 32, len(lines) * down + 28
    size = f'width="{width}" height="{height}"'
    rows = []
    for at, line in enumerate(lines):
        spans = []
        for text, style, _ in line.render(console):
            bold = ' font-weight="bold"' * bool(style and style.bold)
            fill = f' fill="{COLOURS[style.color.name]}"' if style and style.color else ""
            words = escape(text).replace(" ", "\N{NO-BREAK SPACE}")
            spans.append(f"<tspan{bold}{fill}>{words}</tspan>" if bold or fill else words)
        length = f' textLength="{len(line.plain) * across:.1f}"' * bool(spans)
        rows.append(f'<text x="16" y="{28 + at * down}"{length}>{"".join(spans)}</text>')
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size}>',
            "<title>The sample month on the screen</title>",
            f'<rect {size} rx="8" fill="#1e2429"/>',
            """<g font-family="Consolas, Menlo, 'DejaVu Sans Mono', monospace" font-size="14" fill="#e6e6e6">""",
            *rows,
            "</g>",
            "</svg>\n",
        ]
    )


def commands(text: str) -> list[str]:
    """The command lines of a Markdown text: those of its blocks, and those between backticks."""
    spans = [*re.findall(r"`([^`\n]+)`", text), *(line.strip() for line in text.splitlines())]
    return [span for span in spans if re.match(r"(ims-billing|why|void) [a-z-]", span)]


def catalogue_page() -> str:
    """The catalogue as the manual's page of findings, in Markdown."""
    lines = [
        "# Findings",
        "",
        "A finding that holds a session keeps it from being claimed until it is fixed or decided. A warning changes",
        "nothing else. The clinic setup can change how serious most findings are. `ims-billing why` and",
        "the word in brackets explain one of them.",
    ]
    words = {"bill": "Bill", "correct": "Correct value"}
    for remedy, heading in REMEDIES.items():
        lines += ["", f"## {heading}", ""]
        for kind in (kind for kind in CATALOGUE.values() if kind.remedy == remedy):
            warns = kind.severity == "warn"
            serious = "warns" if warns else "always holds" if kind.fixed else "holds"
            decided = " or ".join(words[decision] for decision in kind.decisions)
            decide = f"; decide with {decided}" if decided else "" if warns else "; can't be decided"
            decide += " where the setup makes it hold" if warns and decided else ""
            lines.append(f"- **{kind.title}** (`{kind.kind}`: {serious}{decide}). {kind.fix}{_in_setup(kind)}")
    return "\n".join(lines) + "\n"


def _in_setup(kind: Kind) -> str:
    """What the manual adds about a finding that the clinic setup may cause."""
    return f" If the message says that the clinic setup lacks it: {kind.setup_fix}" if kind.setup_fix else ""


def test_the_page_of_findings_is_the_catalogue() -> None:
    """Write it again with: python -m tests.test_docs"""
    assert FINDINGS.read_text(encoding="utf-8") == catalogue_page()


def test_the_readmes_picture_of_the_screen_is_the_sample_months() -> None:
    """Write it again with: python -m tests.test_docs"""
    assert SCREEN.read_text(encoding="utf-8") == picture(screen())


def test_the_readme_is_short_with_two_small_pictures_and_every_page_of_the_manual_is_listed() -> None:
    assert len(README.splitlines()) <= 125
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert len(pictures) == 2
    assert str(SCREEN.relative_to(ROOT).as_posix()) in pictures
    assert all((ROOT / name).stat().st_size < 120_000 for name in pictures)
    assert {path.stem for path in FINDINGS.parent.glob("*.md")} == set(TOPICS)
    for topic in TOPICS:
        assert f"](ims_billing/manual/{topic}.md)" in README
        assert page(topic).startswith("# ")


def test_every_command_line_names_a_command_and_options_that_there_are() -> None:
    group = typer.main.get_command(app)
    known = group.commands  # type: ignore[attr-defined]
    lines = [line for line in commands(f"{README}\n{MANUAL}") if "$" not in line]
    assert len(lines) > 30
    for line in lines:
        words = shlex.split(line.removeprefix("ims-billing ").replace("...", ""))
        command = known[words[0]]
        options = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
        for word in words[1:]:
            if word.strip("[]").startswith("--"):
                assert word.strip("[]") in options, line
        if words[0] == "help" and len(words) > 1 and not words[1].isupper() and "[" not in words[1]:
            assert words[1] in TOPICS, line


def test_every_command_of_the_manual_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(samples(tmp_path))
    ran = 0
    for topic in TOPICS:
        for block in re.findall(r"```sh\n(.*?)```", page(topic), flags=re.DOTALL):
            for line in block.splitlines():
                if not line.startswith("ims-billing "):
                    continue
                words = shlex.split(line)[1:]
                if words[0] in ("check", "claim", "void", "why") and "--as-of" not in words:
                    words += ["--as-of", "2026-11-05"]
                # On a screen of forty characters, which cuts whatever is not wrapped.
                done = CliRunner().invoke(app, words, env={"COLUMNS": "40"})
                assert done.exit_code in (0, 1), (line, done.output, done.exception)
                assert not done.exception or isinstance(done.exception, SystemExit), line
                assert_their_words(line, done.output)
                assert_fits(line, done.output, 40)
                ran += 1
    assert ran >= 14


def test_help_lists_the_topics_shows_a_page_and_keeps_commands_whole() -> None:
    topics = CliRunner().invoke(app, ["help"], env={"COLUMNS": "60"}).stdout
    assert all(f"  {topic} " in topics for topic in TOPICS)
    shown = CliRunner().invoke(app, ["help", "month"], env={"COLUMNS": "40"}).stdout
    assert "    ims-billing check sessions-2026-10.xlsx --month 2026-10\n" in shown
    assert not [line for line in shown.splitlines() if line != line.rstrip()]
    wrong = CliRunner().invoke(app, ["help", "decidin"])
    assert (wrong.exit_code, "did you mean deciding?" in wrong.stderr) == (2, True)


def test_the_two_command_lines_stand_on_the_first_screen() -> None:
    first_screen = README.splitlines()[:30]
    lines = [line for line in first_screen if line.startswith("python3 -m venv")]
    assert len(lines) == 2
    assert "ims-billing claim samples/sessions-2026-10.xlsx" in lines[0]
    assert "pytest" in lines[1]


def test_every_file_that_the_readme_and_contributing_point_to_is_there() -> None:
    for text in (README, CONTRIBUTING, MANUAL):
        for target in re.findall(r"\]\(([^)]+)\)", text):
            assert (ROOT / target).exists(), target


def test_contributing_lists_every_package_and_names_files_that_are_there() -> None:
    listed = set(re.findall(r"^\| `(\w+)(?:/|\.py)` \|", CONTRIBUTING, flags=re.MULTILINE))
    assert listed == {name for name in MAY_IMPORT if not name.startswith("__")}
    for path in re.findall(r"`((?:ims_billing|tests|samples|\.ci)/[\w./]+)`", CONTRIBUTING):
        assert (ROOT / path).exists(), path


def test_every_dependency_says_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)["project"]
    for dependency in (*project["dependencies"], *project["optional-dependencies"]["dev"]):
        assert re.search(rf'"{re.escape(dependency)}", +# \w+', text), dependency


def test_the_changelog_knows_this_version() -> None:
    assert f"## {ims_billing.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_picture_of_the_screen_is_what_its_first_command_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a clinic" / "samples").mkdir(parents=True)
    for name in ("sessions-2026-10.xlsx", "clinic.toml"):
        shutil.copy(ROOT / "samples" / name, tmp_path / "a clinic" / "samples")
    monkeypatch.chdir(tmp_path / "a clinic")
    first = next(line for line in README.splitlines() if line.startswith("python3 -m venv") and " claim " in line)
    words = shlex.split(first.rpartition("ims-billing ")[2])
    done = CliRunner().invoke(app, words, env={"COLUMNS": "100"}, catch_exceptions=False)
    lines = ElementTree.fromstring(SCREEN.read_text(encoding="utf-8")).iter("{http://www.w3.org/2000/svg}text")
    drawn = ["".join(line.itertext()).replace("\N{NO-BREAK SPACE}", " ") for line in lines]
    assert done.stdout.splitlines() == drawn


if __name__ == "__main__":
    FINDINGS.write_text(catalogue_page(), encoding="utf-8")
    SCREEN.write_text(picture(screen()), encoding="utf-8")
