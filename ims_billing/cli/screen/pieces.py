"""A text in the pieces that lines may be broken between: its words, and each command in it, which stays whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_PROGRAM = "ims-billing"
_COMMANDS = ("aging", "check", "claim", "help", "init", "reconcile", "report", "rules", "status", "void", "why")
# Options after which a plain word is no part of the command any more.
_FLAGS = (
    *("--accept-overpayment", "--all", "--already-sent", "--dry-run", "--help", "--json", "--new-ledger", "--overrule"),
    *("--protect", "--replace", "--strict", "--version"),
)
_NEXT = re.compile(r"\s*(\S+)")
# A word as a shell takes it: quotes hold blanks together.
_WORD = re.compile(r""" ((?:"[^"]*"|'[^']*'|[^\s"'])+)""")
_TO_TICK = re.compile(r"[^`]*`\S*")
# What closes a sentence, and is no part of the command before it; three dots are: FILE...
_END = re.compile(r"(?<![.,;:)`])(?!\.\.\.$)[.,;:)`]+$")
# What stands for a value (FILE, CLAIM), and what is a path, a number or an option.
_PLACEHOLDER, _NO_PLAIN_WORD = re.compile(r"[A-Z_]{3,}(?:\.\.\.)?"), re.compile(r"""["'/\\\d]|\w\.\w|^-""")


class Piece(NamedTuple):
    """A word with the marks beside it, or a whole command."""

    text: str
    command: str = ""
    """The command without the marks beside it; empty for a word."""


def pieces(text: str) -> Iterator[Piece]:
    """The words of a text; a command of this program, or one that changes the folder, is one of them."""
    place = 0
    while match := _NEXT.match(text, place):
        word, place = match[1], match.end()
        first = word.lstrip("(`")
        if first not in (_PROGRAM, "cd"):
            yield Piece(word)
            continue
        end = _end(text, match.end(), first, ticked="`" in word)
        whole = text[match.start(1) : end]
        place = end
        command = _END.sub("", whole[len(word) - len(first) :])
        # The bare name is a word as any other.
        yield Piece(whole, command if " " in command else "")


def _end(text: str, place: int, program: str, *, ticked: bool) -> int:
    """Where the command ends that begins with `program` before this place: by its own words, or by its tick."""
    if ticked and (rest := _TO_TICK.match(text, place)):
        return rest.end()
    before = program
    while match := _WORD.match(text, place):
        word = _END.sub("", match[1])
        if not _goes_on(before, word):
            break
        before, place = word, match.end()
        if word != match[1]:
            break
    return place


def _goes_on(before: str, word: str) -> bool:
    """True where a word belongs to the command whose word before it is this one."""
    if before == _PROGRAM:
        return word in _COMMANDS or word.startswith("--")
    value = before.startswith("--") and before not in _FLAGS
    # The topics of the manual, and the kinds of findings, are plain words.
    named = before == "help" or (before == "why" and "-" in word)
    return value or named or bool(_PLACEHOLDER.fullmatch(word) or _NO_PLAIN_WORD.search(word))
