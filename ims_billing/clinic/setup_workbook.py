"""Reads the setup workbook: its sheets into the raw setup, each value with its cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ims_billing.clinic.cell_values import spellings_of
from ims_billing.clinic.raw_setup import (
    OF_A_LAYOUT,
    Fault,
    Misfit,
    Question,
    RawSetup,
)
from ims_billing.clinic.setup_cells import Filled, Line, Lines, Sheet, lines_of, settings_of, titled
from ims_billing.clinic.setup_places import CellPlaces
from ims_billing.reading.spreadsheet import RawTable, open_spreadsheet
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import text
from ims_billing.vocabulary.errors import BillingError, did_you_mean
from ims_billing.vocabulary.setup_sheets import (
    CHOICES_SHEET,
    CLINIC,
    COLUMNS,
    IGNORE,
    MEANWHILE,
    MY_LAYOUT,
    PRACTITIONERS,
    QUESTION,
    SERVICE_NAMES,
    SETUP_TABLES,
    SEVERITIES,
    SHEETS,
    WORDS,
    SetupTable,
)
from ims_billing.vocabulary.spelling import bare, slug

# Keys that hold periods.
_PERIODS = ("registered", "needling")
# Numbers puts a sheet like this before the others when it exports a workbook.
_OTHERS_SHEETS = ("exportsummary", bare(CHOICES_SHEET))


class _Reader:
    """Takes the tables in one by one, and makes the raw setup of them."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Any]] = {}
        self.entries: dict[str, list[Any]] = {}
        self.places = CellPlaces()
        self.faults: list[Fault] = []
        self.questions: list[Question] = []
        # The keys whose period the row at hand has begun: each row of an entry may add one.
        self._begun: set[str] = set()

    def take(self, lines: Lines) -> None:
        """Adds what stands in one table."""
        self.faults += [Fault(order, words) for order, words in lines.faults]
        take: dict[str, Callable[[Line], None]] = {
            "clinic": self._clinic,
            "service_names": self._service_name,
            "layout": self._column,
            "words": self._word,
            "severity": self._severity,
            "locations": self._location,
        }
        for line in lines.lines:
            self._ask(line, lines.table)
            if lines.table.table in take:
                take[lines.table.table](line)
            else:
                self._entry(line, lines.table)

    def raw_setup(self) -> RawSetup:
        """Everything taken in."""
        return RawSetup(self.tables, self.entries, self.places, tuple(self.faults), tuple(self.questions))

    def _ask(self, line: Line, table: SetupTable) -> None:
        """Notes the cells of a line that ask something."""
        # A heading is known by itself: the layouts of two exports may both have it.
        named = [f for key, f in line.cells.items() if not (table is COLUMNS and key == "name")]
        label = next((_shown(f.value) for f in named if f.value and not f.question), "")
        whose = f"{label}, " if label and table is not CLINIC else ""
        for filled in line.cells.values():
            if filled.question:
                proposed = "" if filled.question == QUESTION else f": {filled.question}"
                place = filled.place.words
                words = f"{place}: {whose}{filled.column.heading}{proposed}"
                of_column = (label, place) if table is COLUMNS and filled.column.key == "meaning" else ()
                self.questions.append(Question(filled.place.order, words, *of_column))

    def _clinic(self, line: Line) -> None:
        for key, filled in line.cells.items():
            table, _, name = key.partition(".")
            value = MEANWHILE.get((CLINIC.table, key)) if filled.value is None else filled.value
            if value is not None:
                self.tables.setdefault(table, {})[name] = value
            self.places.add(table, None, name, filled)

    def _entry(self, line: Line, table: SetupTable) -> None:
        """Adds a row of a table with any number of entries; a further row of the same name goes on with its entry."""
        values = self._values(line, table)
        if values is None:
            return
        entries = self.entries.setdefault(table.table, [])
        name = values.get("name")
        number = next(
            (
                n
                for n, entry in enumerate(entries)
                if table.by_name and name and bare(entry.get("name", "")) == bare(name)
            ),
            len(entries),
        )
        self.places.add_entry(table.table, number, line.place)
        if number == len(entries):
            entries.append({})
        self._begun.clear()
        for key, value in values.items():
            self._put(table.table, number, key, value, line.cells[key])

    def _values(self, line: Line, table: SetupTable) -> dict[str, Any] | None:
        """The values of a line by key; None where what it needs is still to be filled in."""
        values = {}
        for key, filled in line.cells.items():
            value = filled.value
            if value is None:
                value = MEANWHILE.get((table.table, key))
                if value is None and filled.column.needed:
                    return None
            if value is not None:
                values[key] = value
        if table.table == "insurer" and bare(values.get("name") or "") in _self_pay() and "self_pay" not in values:
            values["self_pay"] = True
            line.cells["self_pay"] = line.cells["name"]
        if table is PRACTITIONERS and isinstance(values.get("aliases"), list):
            values["aliases"] = spellings_of(str(values.get("name", "")), values["aliases"])
        if "registration" in values:
            self._ask_for_the_zero(line, values)
        return values

    def _ask_for_the_zero(self, line: Line, values: dict[str, Any]) -> None:
        """Asks for the zero that Excel takes from a number, where a registration with it would be in order."""
        filled, number = line.cells["registration"], values["registration"]
        patterns = [rule.pattern for rule in published().limits.registration]
        if not filled.is_number or any(re.fullmatch(pattern, number) for pattern in patterns):
            return
        if values.get("profession") == "physiotherapist" and any(re.fullmatch(p, f"0{number}") for p in patterns):
            words = f'{filled.place.words}: {values.get("name")}, Registration: "{number}" or "0{number}"? '
            self.questions.append(Question(filled.place.order, f"{words}Type it into a cell that is formatted as text"))

    def _put(self, table: str, number: int, key: str, value: Any, filled: Filled) -> None:
        """Puts a value into an entry; what an earlier row of the same entry says otherwise is a fault."""
        entry = self.entries[table][number]
        outer, _, inner = key.partition(".")
        if outer in _PERIODS:
            self._put_period(entry, table, number, key, value, filled)
            return
        if inner:
            inside = entry.setdefault(outer, {})
            if isinstance(inside, dict):
                inside[inner] = value
            else:
                self._differs(filled, "an insurer has one Service code, or one for each visit")
        elif isinstance(value, list) and isinstance(entry.get(key), list):
            entry[key] = [*entry[key], *(item for item in value if item not in entry[key])]
        elif isinstance(value, dict) and isinstance(entry.get(key), dict):
            for name in [name for name, number in value.items() if entry[key].get(name, number) != number]:
                self._differs(filled, f"an earlier row has another number for {name}: leave one")
            entry[key] = {**entry[key], **value}
        elif key not in entry or isinstance(value, Misfit):
            entry[key] = value
            self.places.places.pop((table, number, key), None)
        elif entry[key] != value and key != "name":
            earlier = self.places.of(table, number, key).words
            self._differs(filled, f"found {text(value)!r}, and {earlier} says {text(entry[key])!r}")
        self.places.add(table, number, key, filled)
        self.places.add(table, number, outer, filled)

    def _put_period(self, entry: dict[str, Any], table: str, number: int, key: str, value: Any, filled: Filled) -> None:
        """Puts one end of a period; each row of an entry has periods of its own."""
        outer, _, inner = key.partition(".")
        periods = entry.setdefault(outer, [])
        if outer not in self._begun:
            self._begun.add(outer)
            periods.append({})
        periods[-1][inner] = value
        for part in (f"{outer}.{len(periods)}.{inner}", f"{outer}.{len(periods)}", outer):
            self.places.add(table, number, part, filled)

    def _differs(self, filled: Filled, what: str) -> None:
        self.faults.append(Fault(filled.place.order, f"{filled.place.words}, {filled.column.heading}: {what}"))

    def _lacks(self, line: Line, table: SetupTable) -> bool:
        """Whether a line lacks a cell without which it says nothing; that is a fault unless one of them asks."""
        needed = [column for column in table.columns if column.needed]
        filled = [line.cells[column.key] for column in needed if column.key in line.cells]
        if any(cell.question for cell in filled if cell.value is None):
            return True
        missing = [column.heading for column in needed if column.key not in line.cells]
        if missing:
            are = "is" if len(missing) == 1 else "are"
            self.faults.append(Fault(line.place.order, f"{line.place.words}: {' and '.join(missing)} {are} blank"))
        return bool(missing)

    def _service_name(self, line: Line) -> None:
        # Without a service the program reads the name by itself, as the sheet shows.
        if set(line.cells) <= {"name"} or self._lacks(line, SERVICE_NAMES):
            return
        name, confirmed = line.value("name"), line.value("confirmed")
        named = self.tables.setdefault("service_names", {})
        if name in named:
            self._differs(line.cells["name"], f"{name!r} is there already")
            return
        value = line.value("service")
        named[name] = value if confirmed is None else {"service": value, "confirmed": confirmed}
        self.places.add("service_names", None, name, line.cells["service"], name)

    def _column(self, line: Line) -> None:
        meaning = line.value("meaning")
        ignored = isinstance(meaning, str) and bare(meaning) == IGNORE
        own = line.value("name")
        if ignored and own is None and "heading" in line.cells:
            block = self.tables.setdefault("clinic", {})
            block["ignore"] = [*block.get("ignore", ()), line.value("heading")]
            self.places.add("clinic", None, f"ignore.{len(block['ignore'])}", line.cells["heading"])
            meaning = None
        nothing_yet = meaning is None and not set(OF_A_LAYOUT) & line.cells.keys()
        if nothing_yet and ("heading" in line.cells or own is None):
            return
        number = self._layout(own or MY_LAYOUT, line)
        entry = self.entries["layout"][number]
        for key in OF_A_LAYOUT:
            if (value := line.value(key)) is not None:
                self._put("layout", number, key, value, line.cells[key])
        if "heading" not in line.cells or meaning is None:
            return
        written = line.value("heading")
        if ignored:
            entry["ignore"] = [*entry.get("ignore", ()), written]
        elif written in entry["headings"]:
            self._differs(line.cells["heading"], f"{written!r} is there already")
        else:
            entry["headings"][written] = meaning
            self.places.add("layout", number, f"headings.{written}", line.cells["meaning"], written)

    def _layout(self, name: str, line: Line) -> int:
        """The number of the layout of a name, which may be written as people write names."""
        layouts = self.entries.setdefault("layout", [])
        short = slug(name) or name
        number = next((n for n, entry in enumerate(layouts) if entry["name"] == short), len(layouts))
        if number == len(layouts):
            layouts.append({"name": short, "headings": {}})
            self.places.add_entry("layout", number, line.place)
        return number

    def _word(self, line: Line) -> None:
        if self._lacks(line, WORDS):
            return
        column, word = str(line.value("column")), line.value("word")
        cell = line.cells["column"]
        if column not in cell.column.choices:
            self._differs(cell, f"found {column!r}; expected one of {', '.join(cell.column.choices)}")
            return
        if (layout := line.value("layout")) is not None and column != "status":
            self._differs(line.cells["layout"], f"words for {column} are the same in every file: clear this cell")
            return
        if layout is not None:
            number = self._layout(layout, line)
            words = self.entries["layout"][number].setdefault(column, {})
            self.places.add("layout", number, f"{column}.{word}", line.cells["meaning"], word)
        else:
            words = self.tables.setdefault("words", {}).setdefault(column, {})
            self.places.add("words", None, f"{column}.{word}", line.cells["meaning"], word)
            self.places.add("words", None, column, line.cells["column"])
        if word in words:
            self._differs(line.cells["word"], f"{word!r} is there already")
        words.setdefault(word, line.value("meaning"))

    def _severity(self, line: Line) -> None:
        if self._lacks(line, SEVERITIES):
            return
        kind, severities = line.value("kind"), self.tables.setdefault("severity", {})
        if kind in severities:
            self._differs(line.cells["kind"], f"{kind!r} is there already")
        severities.setdefault(kind, line.value("severity"))
        self.places.add("severity", None, kind, line.cells["severity"], kind)

    def _location(self, line: Line) -> None:
        block = self.tables.setdefault("clinic", {})
        block["locations"] = [*block.get("locations", ()), line.value("location")]
        self.places.add("clinic", None, f"locations.{len(block['locations'])}", line.cells["location"])


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else text(value)


def _self_pay() -> set[str]:
    return {bare(name) for name in published().insurers.self_pay.names}


def read_workbook(path: Path, content: bytes) -> RawSetup:
    """The raw setup in a workbook's bytes; raises BillingError where it cannot be opened."""

    def refuse(_name: str, _again: bool) -> str | None:
        raise BillingError(f"{path}: the setup is protected by a password. Save it without one.")

    return raw_setup(open_spreadsheet(str(path), content, refuse).tables)


def raw_setup(tables: Sequence[RawTable]) -> RawSetup:
    """The raw setup that stands on the sheets."""
    reader = _Reader()
    for number, raw in enumerate(tables, start=1):
        sheet = Sheet(number, raw)
        name = _sheet_name(raw.sheet)
        of_sheet = [table for table in SETUP_TABLES if table.sheet == name]
        alone = [table for table in SETUP_TABLES if table.title and bare(table.title) == bare(raw.sheet)]
        if not of_sheet and not alone:
            reader.faults += _unknown_sheet(sheet)
            continue
        for lines in _read(sheet, of_sheet or alone):
            reader.take(lines)
    return reader.raw_setup()


def _sheet_name(written: str) -> str | None:
    """The sheet of ours that is meant; Numbers adds the name of the table to that of the sheet."""
    names = (bare(written), bare(re.sub(r"\s+-\s+[^-]*$", "", written)))
    return next((sheet for sheet in SHEETS if bare(sheet) in names), None)


def _unknown_sheet(sheet: Sheet) -> list[Fault]:
    raw = sheet.raw
    empty = not any(text(cell) for column in raw.columns for cell in column)
    if empty or raw.hidden or bare(raw.sheet) in _OTHERS_SHEETS:
        return []
    near = did_you_mean(raw.sheet, SHEETS) or f"; it should be one of {', '.join(SHEETS)}."
    words = f"sheet {raw.sheet}: this sheet is not known{near} Rename it, or move it to another workbook."
    return [Fault(sheet.row(0).order, words)]


def _read(sheet: Sheet, tables: Sequence[SetupTable]) -> Iterator[Lines]:
    """Reads the tables of one sheet."""
    everywhere = range(sheet.raw.height)
    if tables == [CLINIC]:
        yield settings_of(sheet, CLINIC)
    elif len(tables) == 1:
        yield lines_of(sheet, tables[0], everywhere)
    else:
        taken: set[int] = set()
        for table, rows in titled(sheet, tables):
            taken |= set(rows)
            yield lines_of(sheet, table, rows)
        stray = [row for row in everywhere if row not in taken and sum(bool(text(c)) for c in sheet.raw.row(row)) > 1]
        if stray:
            place = sheet.row(stray[0])
            titles = ", ".join(table.title for table in tables)
            what = f"{place.words}: above each table stands its title alone, one of {titles}"
            yield Lines(tables[0], [], [(place.order, what)])
