"""Who may import whom, and what the core must not do."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "ims_billing"
CORE = {
    "model",
    "frames",
    "spelling",
    "findings",
    "terms",
    "rulebook",
    "clinic",
    "in_force",
    "clinic_file",
    "identity",
    "history",
    "visits",
    "classify",
    "checks",
    "claims",
    "month",
    "handover",
    "corrections",
    "decisions",
    "standing",
    "cells",
    "receivables",
    "aging",
    "matching",
    "remittance",
    "second_insurer",
}

# The words, the frames and how things are written: imported by all, importing none of ours.
VOCABULARY = {"model", "frames", "spelling"}
# Whatever a command needs.
EVERYTHING = CORE | {
    "resemblance",
    "why",
    "reading",
    "ledger",
    "ledger_file",
    "saving",
    "workbooks",
    "commands",
    "cli",
}
# A module, or a folder of modules, and what it may import of ours beside that.
MAY_IMPORT: dict[str, set[str]] = {
    "findings": set(),
    "terms": set(),
    "rulebook": {"findings", "terms"},
    "clinic": {"findings", "rulebook", "terms"},
    "clinic_file": {"findings", "rulebook", "terms", "clinic"},
    "in_force": {"rulebook", "terms", "clinic"},
    "identity": set(),
    "classify": {"findings", "rulebook", "terms", "clinic"},
    "checks": {"findings", "rulebook", "terms", "clinic", "checks"},
    "claims": {"terms", "clinic", "in_force"},
    "resemblance": set(),
    "history": {"terms", "clinic", "identity", "resemblance"},
    "visits": {"rulebook", "clinic", "classify", "history"},
    "cells": set(),
    "corrections": {"findings", "cells", "rulebook", "clinic"},
    "decisions": {"findings", "clinic", "corrections"},
    "standing": {"findings", "decisions", "history"},
    "month": CORE - {"handover", "second_insurer"},
    "handover": CORE,
    "reading": {"findings", "cells", "rulebook", "clinic", "identity", "reading"},
    "saving": {"findings"},
    "ledger_schema": set(),
    "ledger_file": {"findings", "saving", "ledger_schema"},
    "ledger": {"findings", "ledger_file", "ledger_payments", "receivables", "remittance"},
    "ledger_payments": {"findings", "ledger_file", "remittance"},
    "receivables": set(),
    "second_insurer": {"clinic", "in_force", "receivables"},
    "aging": {"receivables"},
    "matching": {"rulebook", "receivables"},
    "remittance": {"cells", "rulebook", "clinic", "receivables", "matching"},
    "workbooks": {"findings", "corrections", "decisions", "aging", "saving", "workbooks"},
    "why": {"findings", "rulebook", "terms", "clinic", "in_force", "month"},
    "commands": EVERYTHING - {"cli"},
    "cli": EVERYTHING,
    "__main__": {"cli"},
    "__init__": set(),
}
# Outside libraries live in named places.
OUTSIDE = {
    "typer": {"cli"},
    "rich": {"cli"},
    "python_calamine": {"reading"},
    "openpyxl": {"workbooks", "reading"},
    "sqlite3": {"ledger_file"},
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
    assert ours <= (set() if place(path) in VOCABULARY else MAY_IMPORT[place(path)] | VOCABULARY)
    for library, places in OUTSIDE.items():
        if any(name.split(".")[0] == library for name in imported(path)):
            assert place(path) in places, f"{library} does not belong in {place(path)}"


@pytest.mark.parametrize("path", [p for p in modules() if place(p) in CORE], ids=lambda p: p.stem)
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
        "rulebook": {"resources.files('ims_billing').joinpath('rules', name).read_text"},
        "clinic_file": {"path.read_bytes"},
    }
    assert reads <= allowed.get(path.stem, set())


def test_every_module_says_in_one_line_what_it_owns() -> None:
    for path in modules():
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert text is not None, path
        assert "\n" not in text, path
