"""Would the tests notice? `python -m tests.mutants [PART ...] [PATTERN]` changes the code in one small way at a time
and counts which changes no test found.

All of them take hours; they are numbered, and a pattern such as `'*7'` tries every tenth. mutmut makes the changes and
runs the tests; what is here tells it which tests belong to which part, so that a change costs seconds. Each part works
in a folder of its own under `build/mutants`, where `mutmut browse`, `mutmut show NAME` and a second run, which takes up
what is left, find it. mutmut needs `fork`: Linux, macOS, or WSL.
"""

import ast
import json
import shutil
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "build" / "mutants"
# What is changed, and the tests that have to notice: those of its own and of the commands that stand on it.
PARTS: dict[str, tuple[list[str], list[str]]] = {
    "classify": (["sessions/classify.py"], ["classify", "month", "tie_out"]),
    "names": (
        ["sessions/service_names.py", "sessions/doubts.py"],
        ["classify", "words", "close_reading", "people", "checks"],
    ),
    "recall": (
        ["sessions/recall.py", "sessions/resemblance.py", "sessions/expected_claims.py", "sessions/claim_changes.py"],
        ["recall", "expected_claims", "decisions"],
    ),
    "decisions": (
        ["sessions/decisions.py", "sessions/settling.py"],
        ["decisions", "settling", "choices", "corrections", "newly_decided"],
    ),
    "renamed": (["clinic/renamed_insurers.py"], ["clinic", "reconcile"]),
    "checks": (["checks/*.py"], ["checks", "limits"]),
    "claims": (["month/claims.py"], ["claims", "month", "limits"]),
    "month": (["month/prepare.py", "sessions/claim_state.py"], ["month", "recall", "found"]),
    "quoting": (["vocabulary/quoting.py"], ["quoting", "privacy"]),
    "decision_keys": (["vocabulary/decision_keys.py"], ["decision_keys"]),
    "identity": (["vocabulary/identity.py"], ["visits", "recall", "expected_claims"]),
    "cell_text": (["workbooks/cell_text.py"], ["cell_text"]),
    "reach": (["month/reach.py"], ["reach"]),
    "notes": (["rules/short_notes.py", "checks/notes.py"], ["checks", "people", "recall"]),
    "second": (["month/second_insurer.py"], ["second_insurer"]),
    "own_words": (
        ["clinic/own_words.py", "clinic/setup_cells.py", "clinic/setup_places.py"],
        ["setup_workbook", "clinic"],
    ),
    "judge": (["reading/column_judge.py", "reading/unread.py"], ["unread", "close_reading", "other_reports"]),
    "whose": (["ledger/identity.py"], ["whose_ledger"]),
    "owed": (["payments/aging.py", "payments/positions.py", "payments/sending.py"], ["aging", "positions", "to_send"]),
    "tie_out": (["reading/tie_out.py"], ["tie_out", "found"]),
    "ledger": (["ledger/*.py"], ["ledger", "record"]),
    "remittance": (
        ["payments/*.py"],
        ["matching", "payment_lines", "payers", "posting", "positions", "reconcile", "second_insurer"],
    ),
}
# Their cases are many and slow, and say again what the others do, or they start processes that nothing is changed in.
LONG = ("any_", "same_month_as_the_whole_ledger", "conserved", "never_more_than_is_left", "processes", "cents_")
# What mutmut does by itself; any other decorator keeps a function out of its sight.
BUILT_IN = ("staticmethod", "classmethod")
# What was worked out before a change would still be there after it.
CACHES = ("cache", "lru_cache")


def in_sight(source: str) -> str:
    """The same module without caches, in which a decorated function hands on to a plain one that mutmut can change."""
    lines = source.splitlines()
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    # From the last one up: what is changed moves only the lines below it.
    for node in sorted(functions, key=lambda function: -function.lineno):
        names = [ast.unparse(decorator) for decorator in node.decorator_list]
        if not names or names[0] in BUILT_IN:
            continue
        if names[0].partition("(")[0] in CACHES:
            del lines[node.decorator_list[0].lineno - 1 : node.lineno - 1]
            continue
        plain = f"of_{node.name}"
        given = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        given += [f"{argument.arg}={argument.arg}" for argument in node.args.kwonlyargs]
        of_class = node.col_offset > 0
        call = f"{'self.' if of_class else ''}{plain}({', '.join(given[of_class:])})"
        text = ast.FunctionDef(**{**vars(node), "body": [ast.Return(ast.parse(call, mode="eval").body)]})
        body = lines[node.lineno - 1 : node.end_lineno]
        body[0] = body[0].replace(f"def {node.name}(", f"def {plain}(", 1)
        handed = textwrap.indent(ast.unparse(ast.fix_missing_locations(text)), " " * node.col_offset).splitlines()
        lines[node.decorator_list[0].lineno - 1 : node.end_lineno] = [*body, "", "", *handed]
    return "\n".join(lines) + "\n"


def lay_out(part: str) -> Path:
    """A folder with the project as it is now, and what mutmut is to do with it."""
    folder = FOLDER / part
    for name in ("ims_billing", "tests", "samples"):
        ignored = shutil.ignore_patterns("__pycache__", "*.sqlite", "reports")
        shutil.rmtree(folder / name, ignore_errors=True)
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    changed, tests = PARTS[part]
    for pattern in changed:
        for path in (folder / "ims_billing").glob(pattern):
            path.write_text(in_sight(path.read_text("utf-8")), "utf-8")
    configuration = {
        "source_paths": ["ims_billing"],
        "only_mutate": [f"ims_billing/{pattern}" for pattern in changed],
        "also_copy": ["samples", "README.md"],
        "pytest_add_cli_args": [
            "-n",
            "0",
            "-p",
            "no:cacheprovider",
            "-k",
            " and ".join(f"not {word}" for word in LONG),
        ],
        "pytest_add_cli_args_test_selection": [f"tests/test_{name}.py" for name in tests],
        "timeout_multiplier": 4.0,
    }
    # What JSON writes of texts, numbers and lists of texts is TOML too.
    text = "\n".join(f"{name} = {json.dumps(value)}" for name, value in configuration.items())
    own = (ROOT / "pyproject.toml").read_text("utf-8")
    (folder / "pyproject.toml").write_text(f"{own}\n[tool.mutmut]\n{text}\n", "utf-8")
    shutil.copy(ROOT / "README.md", folder)
    return folder


def results(folder: Path) -> Counter[str]:
    """How the changes ended, by mutmut's word: killed, survived, timeout, no tests."""
    command = ["mutmut", "results", "--all", "true"]
    listed = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=True)
    return Counter(line.rsplit(": ", 1)[1] for line in listed.stdout.splitlines() if ": " in line)


def main() -> None:
    sample = [word for word in sys.argv[1:] if "*" in word]
    parts = [word for word in sys.argv[1:] if word not in sample] or list(PARTS)
    for part in parts:
        subprocess.run(["mutmut", "run", *sample], cwd=lay_out(part), check=True)
    for part in parts:
        ended = results(FOLDER / part)
        del ended["not checked"]
        share = (ended["killed"] + ended["timeout"]) / ended.total()
        print(f"{part:<12} {ended.total():>5} changes, {share:.1%} noticed: {dict(ended)}")


if __name__ == "__main__":
    main()
