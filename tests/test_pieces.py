"""A command in a text is never broken between two lines: half of one, pasted, is another command."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from typer.core import TyperGroup
from typer.main import get_command

from ims_billing.cli.main import app
from ims_billing.cli.options import command_line
from ims_billing.cli.screen import terminal
from ims_billing.cli.screen.layout import lines_of, wrapped
from ims_billing.cli.screen.pieces import pieces
from ims_billing.commands.unread_copies import UnreadCopy, in_words
from ims_billing.month.second_insurer import Uneven
from ims_billing.vocabulary.findings import CATALOGUE

NOVEMBER = [Path("jane nov/Appointments Report.csv"), Path("jane nov/Sam's sales.csv"), Path("policies.csv")]
CLAIM = command_line("claim", NOVEMBER, month="2026-11", decisions=Path("reports/a copy.xlsx"))


@pytest.mark.parametrize(("text", "commands"), [
    (f"Read them with: {CLAIM}", [CLAIM]),
    (f"Read them with: {CLAIM}. Then look.", [CLAIM]),
    ("Void its claim: ims-billing void CLAIM FILE... --reason TEXT.", ["ims-billing void CLAIM FILE... --reason TEXT"]),
    ("Void it (ims-billing void 2026-10-SUNL-0001 --replace), or", ["ims-billing void 2026-10-SUNL-0001 --replace"]),
    ("Run ims-billing claim --new-ledger to go on", ["ims-billing claim --new-ledger"]),
    ("See ims-billing help ledger, or ims-billing why missing-policy; else", [
        "ims-billing help ledger", "ims-billing why missing-policy",
    ]),
    ('Go to cd "/the clinic/files" first', ['cd "/the clinic/files"']),
    ("Write `ims-billing claim a.csv --out out`, and no cd before it", ["ims-billing claim a.csv --out out"]),
    ("Made with ims-billing and no other program", []),
])  # fmt: skip
def test_a_command_is_one_piece_from_the_programs_name_to_its_last_word(text: str, commands: list[str]) -> None:
    assert [piece.command for piece in pieces(text) if piece.command] == commands
    assert " ".join(piece.text for piece in pieces(text)) == text


MESSAGES = [
    in_words(UnreadCopy(Path("reports/2026-11/a copy.xlsx"), 2), CLAIM),
    in_words(UnreadCopy(Path("reports/2026-11/a copy.xlsx"), 0), CLAIM),
    in_words(UnreadCopy(Path("reports/2026-11/a copy.xlsx"), 0, marks=2), CLAIM),
    in_words(UnreadCopy(Path("reports/2026-11/a copy.xlsx"), 1, refused="It is older."), CLAIM),
    Uneven("2026-10-MANU-0001", "2026-10-SUNL-0001", 3500, 2000).in_words(),
    *(about.fix for about in CATALOGUE.values() if "ims-billing " in about.fix),
]


@pytest.mark.parametrize("wide", [60, 100])
def test_a_command_has_one_line_at_any_width(wide: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(MESSAGES) > 3
    for message in MESSAGES:
        whole = [piece.command for piece in pieces(message) if piece.command]
        assert whole, message
        stream = io.StringIO()
        console = Console(file=stream, width=wide, force_terminal=True, color_system=None)
        monkeypatch.setattr(terminal, "err", lambda console=console: console)
        terminal.notify(message)
        shown = [
            [line.plain for line in lines_of(message, wide)],
            [line.plain for line in wrapped(message, wide, first="  ", rest="    ")],
            stream.getvalue().splitlines(),
        ]
        for lines in shown:
            for command in whole:
                line = next((line for line in lines if command in line), "")
                assert line, (command, lines)
                # Where the line has no room for more, it has nothing else.
                assert len(line) <= wide or line.strip(" .") == command


def test_every_command_and_option_of_the_program_is_known_as_such() -> None:
    commands = get_command(app)
    assert isinstance(commands, TyperGroup)
    options = [option for command in commands.commands.values() for option in command.params]
    flags = {name for option in options if getattr(option, "is_flag", False) for name in option.opts}
    assert {piece.command for name in commands.commands for piece in pieces(f"ims-billing {name} x")} >= {
        f"ims-billing {name}" for name in set(commands.commands) - {"help"}
    }
    assert {name for name in flags if len([*pieces(f"ims-billing claim {name} and")]) != 2} == set()
