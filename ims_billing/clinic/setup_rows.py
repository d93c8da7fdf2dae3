"""The raw setup as the rows of the setup workbook: what the reader takes in, the other way round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from ims_billing.clinic.raw_setup import OF_A_LAYOUT, RawSetup
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.setup_sheets import CLINIC, COLUMNS, IGNORE, NOTHING, SETUP_TABLES, SetupColumn, SetupTable

# By table its rows; a row's cells by key, those that are only shown by heading.
SetupRows: TypeAlias = dict[str, list[dict[str, Any]]]


def rows_of(setup: RawSetup) -> SetupRows:
    """The rows of a setup that is proven; raises BillingError for a key that has no place in the workbook."""
    tables, entries = setup.tables, setup.entries
    block = {
        f"{table}.{key}": value for table in ("clinic", "service_code") for key, value in tables.get(table, {}).items()
    }
    ignored, locations = block.pop("clinic.ignore", ()), block.pop("clinic.locations", ())
    words = [
        {"column": column, "word": word, "meaning": meaning}
        for column, meanings in tables.get("words", {}).items()
        for word, meaning in meanings.items()
    ]
    rows: SetupRows = {
        "clinic": [_row(CLINIC, block)],
        "service_names": list(_service_names(tables.get("service_names", {}))),
        "layout": [{"heading": heading, "meaning": IGNORE} for heading in ignored],
        "severity": [{"kind": kind, "severity": value} for kind, value in tables.get("severity", {}).items()],
        "locations": [{"location": location} for location in locations],
        "words": words,
    }
    for layout in entries.get("layout", []):
        rows["layout"] += _layout(layout)
        rows["words"] += [
            {"column": "status", "word": word, "meaning": meaning, "layout": layout["name"]}
            for word, meaning in layout.get("status", {}).items()
        ]
    for table in SETUP_TABLES:
        if table.table not in rows:
            rows[table.table] = [row for entry in entries.get(table.table, []) for row in _entry(table, entry)]
    return rows


def _row(table: SetupTable, values: Mapping[str, Any]) -> dict[str, Any]:
    """The cells of one row."""
    columns = {column.key: column for column in table.columns if column.key}
    _refuse_others(values, columns, table)
    return {key: cell_of(value, columns[key]) for key, value in values.items()}


def _refuse_others(keys: Iterable[str], allowed: Iterable[str], table: SetupTable) -> None:
    others = sorted(set(keys) - set(allowed))
    if others:
        raise BillingError(
            f"{', '.join(others)} in {table.table} has no place in the workbook yet: keep this setup as clinic.toml."
        )


def _entry(table: SetupTable, entry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of one entry: one, and one more for each further period."""
    flat: dict[str, Any] = {}
    further: list[dict[str, Any]] = []
    for key, value in entry.items():
        if key in ("registered", "needling"):
            for number, period in enumerate(value if isinstance(value, list) else [value]):
                if number > len(further):
                    further.append({"name": entry["name"]})
                place = flat if number == 0 else further[number - 1]
                place |= {f"{key}.{end}": day for end, day in period.items()}
        elif key == "service_code" and isinstance(value, Mapping):
            flat |= {f"{key}.{visit}": code for visit, code in value.items()}
        else:
            flat[key] = value
    yield _row(table, flat)
    yield from (_row(table, row) for row in further)


def _service_names(names: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, value in names.items():
        own = value if isinstance(value, Mapping) else {"service": value}
        confirmed = {"confirmed": "yes" if own["confirmed"] else "no"} if "confirmed" in own else {}
        yield {"name": name, "service": own["service"], **confirmed}


def _layout(layout: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of one layout: its headings, then those that it ignores; the first says how it is read."""
    _refuse_others(layout, ("name", "headings", "ignore", "status", *OF_A_LAYOUT), COLUMNS)
    rows = [
        *({"heading": written, "meaning": meaning} for written, meaning in layout["headings"].items()),
        *({"heading": written, "meaning": IGNORE} for written in layout.get("ignore", ())),
    ]
    rows = [{"name": layout["name"], **row} for row in rows or [{}]]
    by_key = {column.key: column for column in COLUMNS.columns}
    rows[0] |= {key: cell_of(layout[key], by_key[key]) for key in OF_A_LAYOUT if key in layout}
    return rows


def cell_of(value: Any, column: SetupColumn) -> Any:
    """A value as its cell holds it."""
    if column.kind == "words":
        return ", ".join(value) or NOTHING[0]
    if column.kind == "list":
        # Without a semicolon, a comma parts the names of sheets too.
        marks = ',;"\n\r' if column.key == "sheets" and len(value) == 1 else ';"\n\r'
        return "; ".join(_item(item, marks) for item in value)
    if column.kind == "pairs":
        return "; ".join(_item(f"{insurer}: {number}") for insurer, number in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return float(value)
    if column.kind == "percent" and value == 1:
        return "1%"
    return value


def _item(text: str, marks: str = ';"\n\r') -> str:
    """One item of a list; in quotes where it has a mark in it that parts items."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in marks) else text
