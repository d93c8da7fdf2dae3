"""Reads the clinic file: its TOML text into the raw setup, each value with its line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ims_billing.clinic.clinic import Clinic, toml_text
from ims_billing.clinic.faults import Faults
from ims_billing.clinic.raw_setup import REPEATED, SINGLE, TOML_WORDS, Place, RawSetup, SetupWords
from ims_billing.clinic.toml_slips import parsed, text_of
from ims_billing.clinic.validation import validated
from ims_billing.vocabulary.errors import BillingError, did_you_mean
from ims_billing.vocabulary.setup_sheets import QUESTION


class _Lines(NamedTuple):
    """Places in the file's text: the line, and the table as TOML writes it.

    `numbers` are the numbers in the file of the entries, by table, where some were left out.
    """

    text: str
    numbers: Mapping[str, Sequence[int]]

    @property
    def wording(self) -> SetupWords:
        return TOML_WORDS

    def of(self, table: str, number: int | None, key: str) -> Place:
        line = self._line(table, number, key)
        words = [f"line {line}"] if line else []
        if table:
            words.append(self.entry(table, number) if number is not None else f"[{table}]")
        return Place(line, ", ".join(words), key)

    def entry(self, table: str, number: int) -> str:
        return f"[[{table}]] {self._in_file(table, number) + 1}"

    def _in_file(self, table: str, number: int) -> int:
        return self.numbers[table][number] if table in self.numbers else number

    def _line(self, table: str, number: int | None, key: str) -> int:
        """The line of a key, searched by its table and name as tomllib keeps no lines; 0 where that is not plain."""
        header = re.compile(
            rf"\s*\[\[\s*{re.escape(table)}\s*\]\]" if number is not None else rf"\s*\[\s*{re.escape(table)}\s*\]"
        )
        first, _, below = key.partition(".")
        below_entry = re.compile(rf"\s*\[\s*{re.escape(table)}\s*\.\s*(?P<key>[^\]]*?)\s*\]")
        wanted = re.compile(rf"""\s*["']?{re.escape(first)}["']?\s*[=.]""")
        wanted_entry = None if number is None else self._in_file(table, number)
        position, inside, at = -1, table == "", 0
        for line, text in enumerate(self.text.splitlines(), start=1):
            if text.lstrip().startswith("["):
                own = below_entry.match(text)
                if inside and own and below:
                    # A key may have a table of its own below its entry: [layout.headings].
                    wanted = _line_of(below if own["key"] == first else "")
                    continue
                if inside and table:
                    break
                if header.match(text):
                    position += 1
                    inside = wanted_entry is None or position == wanted_entry
                    at = line if inside else at
            elif inside and first and wanted.match(text):
                return line
        return at


def _line_of(key: str) -> re.Pattern[str]:
    """The beginning of the line of a key, bare or in quotes."""
    written = "|".join(map(re.escape, {key, *(quote + key + quote for quote in "\"'"), toml_text(key)}))
    return re.compile(rf"\s*({written})\s*[=.]")


def _raw_setup(raw: dict[str, Any], text: str) -> RawSetup:
    """The parsed TOML as the raw setup; a fault for each table that is unknown or of the other shape."""
    places = _Lines(text, {})
    faults = Faults(places)
    tables: dict[str, dict[str, Any]] = {}
    entries: dict[str, list[Any]] = {}
    for name, value in raw.items():
        if name in SINGLE and isinstance(value, dict):
            tables[name] = value
        elif name in SINGLE:
            faults.add("", None, name, f"write [{name}] as a table, with its keys on the lines below")
        elif name in REPEATED and isinstance(value, list):
            entries[name] = value
        elif name in REPEATED:
            faults.add(name, None, "", f"write [[{name}]] with two brackets: there may be several")
        else:
            faults.add("", None, name, f"this table is not known{did_you_mean(name, (*SINGLE, *REPEATED))}")
    if QUESTION in text:
        # Only here: what reads a cell is not worth loading for a file that is filled in.
        from ims_billing.clinic.toml_questions import answered

        tables, entries, numbers, questions = answered(tables, entries, places)
        return RawSetup(tables, entries, _Lines(text, numbers), faults.all(), questions)
    return RawSetup(tables, entries, places, faults.all())


def without_file() -> Clinic:
    """The clinic of nobody: the published rules alone, for `check` where there is no clinic file."""
    clinic, _ = validated(_raw_setup({"clinic": {"name": "No clinic file"}}, ""))
    assert clinic is not None, "an empty clinic file has no faults"
    return clinic


def read_toml(path: Path, content: bytes) -> RawSetup:
    """The raw setup of a clinic file's bytes; raises BillingError where they are no TOML."""
    text = text_of(content)
    return _raw_setup(parsed(str(path), text), text)


def content_of(path: Path) -> bytes:
    """The bytes of a setup; raises BillingError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        close = " If it is open in another program, close it there." if isinstance(error, PermissionError) else ""
        raise BillingError(f"{path}: the clinic file cannot be read: {error.strerror}.{close}") from error
