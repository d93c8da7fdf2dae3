"""Who may import whom, and what the core must not do."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "ims_billing"
CORE = {
    "model",
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
    "decisions",
    "standing",
    "cells",
    "receivables",
    "aging",
    "matching",
    "remittance",
    "second_insurer",
}

# A module, or a folder of modules, and what it may import of ours.
MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "findings": {"model"},
    "terms": {"model"},
    "rulebook": {"model", "findings", "terms"},
    "clinic": {"model", "findings", "rulebook", "terms"},
    "clinic_file": {"model", "findings", "rulebook", "terms", "clinic"},
    "in_force": {"model", "rulebook", "terms", "clinic"},
    "identity": {"model"},
    "classify": {"model", "findings", "rulebook", "terms", "clinic"},
    "checks": {"model", "findings", "rulebook", "terms", "clinic", "checks"},
    "claims": {"model", "terms", "clinic", "in_force"},
    "resemblance": {"model"},
    "history": {"model", "terms", "clinic", "identity", "resemblance"},
    "visits": {"model", "rulebook", "clinic", "classify", "history"},
    "cells": {"model"},
    "decisions": {"model", "findings", "cells", "rulebook", "clinic"},
    "standing": {"model", "findings", "decisions", "history"},
    "month": CORE - {"handover", "second_insurer"},
    "handover": CORE,
    "reading": {"model", "findings", "cells", "rulebook", "clinic", "identity", "reading"},
    "saving": {"findings"},
    "ledger_schema": set(),
    "ledger_file": {"findings", "saving", "ledger_schema"},
    "ledger": {"model", "findings", "ledger_file", "ledger_payments", "receivables", "remittance"},
    "ledger_payments": {"model", "findings", "ledger_file", "remittance"},
    "receivables": {"model"},
    "second_insurer": {"model", "clinic", "in_force", "receivables"},
    "aging": {"model", "receivables"},
    "matching": {"model", "rulebook", "receivables"},
    "remittance": {"model", "cells", "rulebook", "clinic", "receivables", "matching"},
    "month_folder": {"model", "findings", "decisions", "reading", "ledger", "ledger_file", "workbooks"},
    "record": CORE | {"resemblance", "reading", "ledger", "ledger_file", "month_folder", "workbooks"},
    "voiding": CORE | {"reading", "ledger", "ledger_file", "month_folder", "record", "workbooks"},
    "workbooks": {"model", "findings", "decisions", "aging", "saving", "workbooks"},
    "starter": {"model", "findings", "rulebook", "clinic", "clinic_file", "classify", "saving", "workbooks"},
    "console": {
        "model",
        "findings",
        "rulebook",
        "clinic",
        "in_force",
        "month",
        "why",
        "payments",
        "aging",
        "remittance",
        "second_insurer",
        "record",
        "voiding",
        "console",
    },
    "why": {"model", "findings", "rulebook", "terms", "clinic", "in_force", "month"},
    "json_view": {
        "model",
        "aging",
        "second_insurer",
        "rulebook",
        "terms",
        "clinic",
        "in_force",
        "month",
        "why",
        "payments",
    },
    "cli": CORE
    | {
        "reading",
        "ledger",
        "ledger_file",
        "month_folder",
        "record",
        "voiding",
        "payments",
        "console",
        "json_view",
        "starter",
        "why",
    },
    "payments": CORE | {"reading", "ledger", "ledger_file", "saving", "workbooks"},
    "__main__": {"cli"},
    "__init__": set(),
}
# Outside libraries live in named places.
OUTSIDE = {
    "typer": {"cli"},
    "rich": {"console", "cli"},
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
    assert ours <= MAY_IMPORT[place(path)]
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
