"""Who may import whom, and what the core must not do."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.mutants import PARTS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "ims_billing"
# Each package, and what it may import of ours beside itself: the house plan, one row a package.
MAY_IMPORT: dict[str, set[str]] = {
    "vocabulary": set(),
    "saving": {"vocabulary"},
    "rules": {"vocabulary"},
    "clinic": {"vocabulary", "rules"},
    "reading": {"vocabulary", "rules", "clinic"},
    "sessions": {"vocabulary", "rules", "clinic"},
    # Who an insurer is and which words refuse a claim are the clinic's and the rules'.
    "payments": {"vocabulary", "rules", "clinic"},
    "checks": {"vocabulary", "rules", "clinic"},
    # What a first insurer answered decides what a second one is asked for.
    "month": {"vocabulary", "rules", "clinic", "sessions", "checks", "payments"},
    "ledger": {"vocabulary", "payments", "saving"},
    "workbooks": {"vocabulary", "payments", "saving"},
    "manual": set(),
}
MAY_IMPORT["commands"] = {*MAY_IMPORT}
MAY_IMPORT["cli"] = {*MAY_IMPORT}
MAY_IMPORT["__main__"] = {"cli"}
MAY_IMPORT["__init__"] = set()
# The one arrow back: the setup workbook is opened as every other spreadsheet is.
OPENS_THE_SETUP = ("setup_workbook", "setup_cells")
# These open no file but the rules, read no clock and print nothing.
PURE = ("vocabulary", "rules", "clinic", "sessions", "checks", "month", "payments")
# Outside libraries live in named places.
OUTSIDE = {
    "typer": {"cli"},
    "rich": {"cli"},
    "python_calamine": {"reading"},
    "openpyxl": {"workbooks", "reading"},
    "sqlite3": {"ledger"},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def place(path: Path) -> str:
    """The name that the rules know a module by: its folder's, or its own."""
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


@cache
def nodes(path: Path) -> list[ast.AST]:
    """All of a module's syntax, parsed once."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names.add(node.module or "")
    return names


def test_imports_keep_to_the_house_plan() -> None:
    assert len(modules()) > 100
    for path in modules():
        names = imported(path)
        ours = {name.split(".")[1] for name in names if name.startswith("ims_billing.")}
        back = {"reading"} if place(path) == "clinic" and path.stem in OPENS_THE_SETUP else set()
        assert ours <= MAY_IMPORT[place(path)] | {place(path)} | back, path
        for library, places in OUTSIDE.items():
            if any(name.split(".")[0] == library for name in names):
                assert place(path) in places, f"{library} does not belong in {path}"


def test_the_core_opens_no_file_reads_no_clock_and_prints_nothing() -> None:
    # The rules come with the program, and the clinic file is one of the core's two inputs.
    allowed = {
        "published": {"Path(__file__).with_name(name).read_text"},
        "toml_file": {"path.read_bytes"},
    }
    assert {place(path) for path in modules()} >= set(PURE)
    for path in modules():
        if place(path) in PURE:
            calls = {ast.unparse(node.func) for node in nodes(path) if isinstance(node, ast.Call)}
            clocks = (".today", ".now", ".utcnow")
            assert not {c for c in calls if c in ("open", "print") or c.endswith(clocks)}, path
            reads = {c for c in calls if c.endswith((".read_text", ".read_bytes", ".open"))}
            assert reads <= allowed.get(path.stem, set()), path


def test_every_module_says_in_one_line_what_it_owns() -> None:
    for path in modules():
        module = nodes(path)[0]
        assert isinstance(module, ast.Module)
        text = ast.get_docstring(module)
        assert text is not None, path
        assert "\n" not in text, path


# Participles that say nothing of what a value is.
NO_NAMES = {"told", "said", "asked", "seen", "known", "found", "made"}
# Lists rather than code: the catalogue of findings, and the columns of the frames.
LISTS = {"findings.py", "frames.py"}


def names_given(path: Path) -> set[str]:
    """What a module calls its variables, parameters, functions and classes."""
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


def test_names_are_nouns_and_verbs_and_a_module_fits_a_sitting() -> None:
    for path in modules():
        assert not names_given(path) & NO_NAMES, path
        assert path.name in LISTS or len(path.read_text(encoding="utf-8").splitlines()) <= 400, path


def test_no_query_numbers_its_placeholders() -> None:
    # Python 3.12 warns of ?1 beside a row of values, and 3.14 refuses it.
    numbered = re.compile(r"\?\d")
    assert not [path.name for path in modules() if place(path) == "ledger" and numbered.search(path.read_text("utf-8"))]


def test_what_is_kept_stands_where_the_plan_says() -> None:
    git = shutil.which("git") or pytest.skip("there is no git")
    listed = subprocess.run([git, "ls-files"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    if listed.returncode or not (ROOT / ".git").exists():
        pytest.skip("this is no checkout that git may read")
    folders = {path.partition("/")[0] for path in listed.stdout.splitlines() if "/" in path}
    assert folders == {".ci", "ims_billing", "samples", "tests"}


def test_what_mistakes_are_tried_in_and_what_has_to_notice_them_is_there() -> None:
    for part, (changed, tests) in PARTS.items():
        assert all(list(PACKAGE.glob(pattern)) for pattern in changed), part
        assert all((ROOT / "tests" / f"test_{name}.py").is_file() for name in tests), part
