"""The questions in a clinic.toml: a value that is "?", or a proposal and "?", as in a cell of the workbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ims_billing.clinic.cell_values import cell_value
from ims_billing.clinic.raw_setup import Places, Question
from ims_billing.vocabulary.cells import text
from ims_billing.vocabulary.setup_sheets import COLUMNS, MEANWHILE, QUESTION, SETUP_TABLES, SetupColumn, SetupTable

_BY_NAME = {table.table: table for table in SETUP_TABLES}
# Tables of the clinic's own words: the key is the word, and the value is what this column of the workbook holds.
_OWN_WORDS = {"service_names": "service", "words": "meaning", "severity": "severity"}


class Answered(NamedTuple):
    """The values of a clinic.toml without its questions.

    tables: the values by table
    entries: the entries by table; one that lacks what it needs until its question is answered is left out
    numbers: the number in the file of each entry, by table
    questions: each question in words, with its place
    """

    tables: dict[str, dict[str, Any]]
    entries: dict[str, list[Any]]
    numbers: dict[str, list[int]]
    questions: tuple[Question, ...]


def answered(tables: Mapping[str, dict[str, Any]], entries: Mapping[str, list[Any]], places: Places) -> Answered:
    """Takes the questions out of a file's tables and entries; a proposal stands until it is answered."""
    asker = _Asker(places)
    kept_tables = {table: asker.table(table, values) for table, values in tables.items()}
    kept: dict[str, list[Any]] = {}
    numbers: dict[str, list[int]] = {}
    for table, listed in entries.items():
        whole = [(number, asker.entry(_BY_NAME[table], number, entry)) for number, entry in enumerate(listed)]
        kept[table] = [entry for _, entry in whole if entry is not None]
        numbers[table] = [number for number, entry in whole if entry is not None]
    return Answered(kept_tables, kept, numbers, tuple(asker.questions))


class _Asker:
    """Walks through the values and notes those that ask."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.questions: list[Question] = []

    def table(self, table: str, values: dict[str, Any]) -> dict[str, Any]:
        """The values of a single table that do not ask."""
        kept = self._kept(table, None, values)
        if table != "service_names":
            return kept
        # A name whose service asks is read by the program meanwhile, whatever else stands beside it.
        waits = {
            name for name, own in kept.items() if isinstance(own, Mapping) and "service" in _gone(values[name], own)
        }
        return {name: own for name, own in kept.items() if name not in waits}

    def entry(self, table: SetupTable, number: int, entry: Any) -> Any:
        """An entry without what asks; None where it lacks what it needs meanwhile."""
        if not isinstance(entry, Mapping):
            return entry
        kept = self._kept(table.table, number, entry)
        if table is COLUMNS and isinstance(entry.get("headings"), Mapping):
            # A layout is none while nothing is known of it but its name.
            return {"headings": {}, **kept} if kept.keys() - {"name"} or not entry["headings"] else None
        needed = {column.key for column in table.columns if column.needed}
        return None if needed & _gone(entry, kept) else kept

    def _kept(self, table: str, number: int | None, values: Mapping[str, Any]) -> dict[str, Any]:
        columns = {key: _column(table, (key,)) for key in values}
        closed = (value for key, value in values.items() if not ((column := columns[key]) and column.asks(value)))
        label = next(filter(None, map(_shown, closed)), "")
        without = {key: self._without(table, number, (key,), value, label) for key, value in values.items()}
        return {key: value for key, value in without.items() if value is not None}

    def _without(self, table: str, number: int | None, path: tuple[str, ...], value: Any, label: str) -> Any:
        """A value without what asks in it; None where nothing else is in it."""
        if isinstance(value, Mapping):
            inner = {key: self._without(table, number, (*path, key), item, label) for key, item in value.items()}
            kept = {key: item for key, item in inner.items() if item is not None}
            return kept if kept or not value else None
        if isinstance(value, list):
            several = [self._without(table, number, path, v, label) if isinstance(v, Mapping) else v for v in value]
            kept_items = [item for item in several if item is not None]
            return kept_items if kept_items or not value else None
        column = _column(table, path)
        if column is None or not column.asks(value):
            return value
        if table in ("clinic", "service_code"):
            label = ""
        elif table == "service_names":
            label = path[0]
        elif table in _OWN_WORDS or path[0] == "headings":
            label = path[-1]
        whose = f"{label}, " if label else ""
        inside = table == "words" and len(path) > 1
        place = self.places.of(*((f"{table}.{path[0]}", None, path[1]) if inside else (table, number, ".".join(path))))
        proposed = "" if value == QUESTION else f": {value}"
        of_column = (label, place.words) if table == COLUMNS.table and path[0] == "headings" else ()
        words = f"{place.words}: {whose}{column.heading}{proposed}"
        self.questions.append(Question(place.order, words, *of_column))
        proposal = value.rstrip(f"{QUESTION} ")
        return cell_value(proposal, column) if proposal else MEANWHILE.get((table, column.key))


def _column(table: str, path: tuple[str, ...]) -> SetupColumn | None:
    """The column of the workbook that a value stands for; None where the workbook has none."""
    if table in _OWN_WORDS:
        keys = {"confirmed" if path[-1] == "confirmed" and len(path) > 1 else _OWN_WORDS[table]}
    elif table == COLUMNS.table and path[0] == "headings":
        keys = {"meaning"}
    else:
        keys = {".".join(path), path[0], f"{table}.{path[0]}"}
    sheet = _BY_NAME["clinic" if table == "service_code" else table]
    return max((c for c in sheet.columns if c.key in keys), key=lambda column: len(column.key), default=None)


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if isinstance(value, Mapping) else text(value)


def _gone(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    return before.keys() - after.keys()
