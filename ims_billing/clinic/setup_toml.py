"""The raw setup as the text of a clinic.toml."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ims_billing.clinic.clinic import toml_text
from ims_billing.clinic.raw_setup import REPEATED, SINGLE, RawSetup

_HEAD = """\
# The clinic file of ims-billing. Text stands in quotes, dates are written 2026-10-31, amounts 95.00.
# After a change, run check.
"""
# Tables within a table that stand below it, with a line for each of their keys.
_BELOW = {"layout": ("headings", "status"), "words": ("status", "visit", "relationship", "billed")}


def toml_of(setup: RawSetup) -> str:
    """The text that reads as this setup, which is proven."""
    blocks = [_HEAD]
    for table in SINGLE:
        if table in setup.tables:
            blocks += _block(table, f"[{table}]", setup.tables[table])
    for table in REPEATED:
        for entry in setup.entries.get(table, []):
            blocks += _block(table, f"[[{table}]]", entry)
    return "\n".join(blocks)


def _block(table: str, title: str, values: Mapping[str, Any]) -> Iterator[str]:
    below = [key for key in _BELOW.get(table, ()) if key in values]
    yield _lines(title, {key: value for key, value in values.items() if key not in below})
    for key in below:
        yield _lines(f"[{table}.{key}]", values[key])


def _lines(title: str, values: Mapping[str, Any]) -> str:
    return "\n".join([title, *(f"{toml_key(key)} = {toml_value(value)}" for key, value in values.items()), ""])


def toml_key(key: str) -> str:
    """A key as TOML writes it: in quotes where it is more than a word."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else toml_text(key)


def toml_value(value: Any) -> str:
    """A value as TOML writes it on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return toml_text(value)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{toml_key(key)} = {toml_value(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, Decimal):
        return f"{value:.2f}" if value == round(value, 2) else str(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)
