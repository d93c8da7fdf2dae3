"""The README says what the program does: the table of findings, the commands, the files it names."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import ims_billing
from ims_billing.vocabulary.findings import catalogue_table
from tests.test_architecture import MAY_IMPORT

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BEGIN = "<!-- findings: made by ims_billing.vocabulary.findings.catalogue_table() -->\n"
END = "\n<!-- end of findings -->"


def test_the_table_of_findings_is_the_catalogue() -> None:
    """Write it anew with: python -m tests.test_docs"""
    assert README.partition(BEGIN)[2].partition(END)[0] == catalogue_table()


def test_the_two_command_lines_stand_on_the_first_screen() -> None:
    first_screen = README.splitlines()[:30]
    lines = [line for line in first_screen if line.startswith("python3 -m venv")]
    assert len(lines) == 2
    assert "ims-billing claim samples/sessions-2026-10.xlsx" in lines[0]
    assert "pytest" in lines[1]


def test_every_file_that_the_readme_and_contributing_point_to_is_there() -> None:
    for text in (README, CONTRIBUTING):
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


if __name__ == "__main__":
    head, _, rest = README.partition(BEGIN)
    tail = rest.partition(END.lstrip("\n"))[2]
    (ROOT / "README.md").write_text(f"{head}{BEGIN}{catalogue_table()}{END}{tail}", encoding="utf-8")
