"""Who may import whom, and what the core must not do."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "ims_billing"
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


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_keep_to_the_house_plan(path: Path) -> None:
    ours = {name.split(".")[1] for name in imported(path) if name.startswith("ims_billing.")}
    back = {"reading"} if place(path) == "clinic" and path.stem in OPENS_THE_SETUP else set()
    assert ours <= MAY_IMPORT[place(path)] | {place(path)} | back
    for library, places in OUTSIDE.items():
        if any(name.split(".")[0] == library for name in imported(path)):
            assert place(path) in places, f"{library} does not belong in {place(path)}"


@pytest.mark.parametrize("path", [p for p in modules() if place(p) in PURE], ids=lambda p: str(p.relative_to(PACKAGE)))
def test_the_core_opens_no_file_reads_no_clock_and_prints_nothing(path: Path) -> None:
    calls = {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }
    assert not {c for c in calls if c in ("open", "print") or c.endswith((".today", ".now", ".utcnow"))}
    reads = {c for c in calls if c.endswith((".read_text", ".read_bytes", ".open"))}
    # The rules come with the program, and the clinic file is one of the core's two inputs.
    allowed = {
        "published": {"resources.files('ims_billing').joinpath('rules', name).read_text"},
        "toml_file": {"path.read_bytes"},
    }
    assert reads <= allowed.get(path.stem, set())


def test_every_module_says_in_one_line_what_it_owns() -> None:
    for path in modules():
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert text is not None, path
        assert "\n" not in text, path


# Participles that say nothing of what a value is.
NO_NAMES = {"told", "said", "asked", "seen", "known", "found", "made"}
# Lists rather than code: the catalogue of findings, the columns of the frames, and the shapes of the JSON.
LISTS = {"findings.py", "frames.py", "json_shapes.py"}


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_names_are_nouns_and_verbs_and_a_module_fits_a_sitting(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
    kept_key = {"said"} if path.name == "json_shapes.py" else set()  # scripts rely on the JSON's keys
    assert not names & NO_NAMES - kept_key
    assert path.name in LISTS or len(text.splitlines()) <= 400
