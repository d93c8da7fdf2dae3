"""Finds the code page of a text file: one proven by the words in it, else Windows-1252 with a warning."""

from __future__ import annotations

import re
from dataclasses import dataclass

# The first is what Windows programs write in Canada. Python's names, and what a person calls them.
_PAGES = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "cp850": "DOS 850", "cp437": "DOS 437"}
_LETTERS = frozenset("àâäáãåæçéèêëíìîïñóòôöõøœúùûüÿ")
# Signs that stand between words in English and French, so that they prove nothing and disprove nothing.
_SIGNS = frozenset("’‘“”«»–—…•·°©®™€£½¼¾²³±×\u00a0\u202f")
# A word with a character beyond ASCII; a blank beyond ASCII may be half of a letter that was read wrongly. Each word is
# looked at once, from its start: a cell of 40,000 letters would else be read 40,000 times.
_OF_A_WORD, _BLANK = r"[^\s,;|\"]", r"(?=\s)[^\x00-\x7f]"
_WORD = re.compile(
    rf"(?<!{_OF_A_WORD})(?:{_OF_A_WORD}*+{_BLANK}|(?:(?=[\x00-\x7f]){_OF_A_WORD})*+(?=[^\x00-\x7f]){_OF_A_WORD})"
    rf"{_OF_A_WORD}*+|{_BLANK}{_OF_A_WORD}*+"
)
_ROWS_SHOWN = 5


@dataclass(frozen=True)
class Decoded:
    """A file's text, and what a person should know of how its accents were read; empty where nothing."""

    text: str
    remark: str = ""


def decode(content: bytes) -> Decoded:
    """The text of a file: by its mark, else UTF-8, else the one code page that makes words of every accent.

    UTF-8 that a program read as Windows-1252 and wrote again is turned back. Where no code page or more than one makes
    words, the text is read as Windows-1252, and the remark says in which lines accents may be wrong.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _checked(content.decode("utf-16", "replace"))
    if half_empty := _utf16_without_mark(content):
        return _checked(content.decode(half_empty, "replace"))
    try:
        return _checked(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        pass
    texts = {page: content.decode(page, "replace") for page in _PAGES}
    faults = {page: len(_doubtful(text)) for page, text in texts.items()}
    readings = {text for page, text in texts.items() if faults[page] == 0}
    if len(readings) == 1:
        page = next(page for page in _PAGES if faults[page] == 0)
        return _checked(texts[page], f"accents are read as {_PAGES[page]}" if page != "cp1252" else "")
    repaired = _checked(texts["cp1252"])
    if repaired.remark and not _doubtful(repaired.text):
        return repaired
    lines = [n for n, line in enumerate(_lines(repaired.text), start=1) if not line.isascii()]
    return Decoded(repaired.text, _warning(lines))


def _utf16_without_mark(content: bytes) -> str:
    """Which UTF-16 a file without a mark is: in Western text every other byte is zero."""
    head = content[: min(len(content) // 2 * 2, 4096)]
    half = len(head) // 2
    if half < 8:
        return ""
    if head[1::2].count(0) > half * 0.9 and head[::2].count(0) == 0:
        return "utf-16-le"
    return "utf-16-be" if head[::2].count(0) > half * 0.9 and head[1::2].count(0) == 0 else ""


def _checked(text: str, remark: str = "") -> Decoded:
    """The text without marks inside it and with UTF-8 that was read twice turned back; doubtful lines are named."""
    text = text.replace("\ufeff", "")
    if text.isascii():
        return Decoded(text, remark)
    repaired = _WORD.sub(lambda word: _read_once(word[0]), text)
    if repaired != text:
        remark = "accents that were written as UTF-8 twice are put right"
    lost = [n for n, line in enumerate(_lines(repaired), start=1) if "\ufffd" in line or re.search("Ã[^\\s\\w]", line)]
    return Decoded(repaired, _warning(lost) if lost else remark)


def _read_once(word: str) -> str:
    """A word whose UTF-8 was read as Windows-1252, as it was before; any other word unchanged."""
    for page in ("cp1252", "latin-1"):
        try:
            return word.encode(page).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
    return word


def _doubtful(text: str) -> list[str]:
    """The words in which a character beyond ASCII is no letter of English or French, or stands where none would."""
    return [word for word in _WORD.findall(text) if not _is_plausible(word)]


def _is_plausible(word: str) -> bool:
    for place, character in enumerate(word):
        if character.isascii() or (character in _SIGNS and not _within(word, place)):
            continue
        if character in "’‘" or (character.lower() in _LETTERS and _fits_case(word, place)):
            continue
        return False
    return True


def _within(word: str, place: int) -> bool:
    """Whether a character has a letter on both sides, or ends a word of small letters."""
    before = word[place - 1] if place else ""
    return before.isalpha() and (place + 1 == len(word) or word[place + 1].isalpha())


def _fits_case(word: str, place: int) -> bool:
    """Whether a letter is large or small as its word asks for: no capital stands behind a small letter."""
    character, before = word[place], word[place - 1] if place else ""
    after = word[place + 1] if place + 1 < len(word) else ""
    if character.isupper():
        return not (before.isalpha() and before.islower()) and not (before.isupper() and after.islower())
    return not (len(before) == 1 and before.isupper() and after.isalpha() and after.isupper())


def _lines(text: str) -> list[str]:
    return re.split(r"\r\n|\r|\n", text)


def _warning(lines: list[int]) -> str:
    shown = ", ".join(map(str, lines[:_ROWS_SHOWN])) + (" and more" if len(lines) > _ROWS_SHOWN else "")
    rows = "row" if len(lines) == 1 else "rows"
    return f"accents may be wrong in {rows} {shown}: compare the names there, or export again as UTF-8"
