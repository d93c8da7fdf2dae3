"""Collects the faults of the clinic's setup, each with its place, in the words of this program."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ValidationError

from ims_billing.clinic.raw_setup import Fault, Places, SetupWords
from ims_billing.vocabulary.errors import did_you_mean


class Faults:
    """The faults so far, with `places` to say where each one is."""

    def __init__(self, places: Places, faults: Sequence[Fault] = ()) -> None:
        self.places = places
        self._faults = list(faults)

    def add(self, table: str, number: int | None, key: str, what: str, label: str = "") -> None:
        """Adds `what` is wrong with a key (empty: with the whole entry); `label` names the entry to the reader."""
        order, words, key = self.places.of(table, number, key)
        if label:
            words += f" ({label})"
        self._faults.append(Fault(order, f"{', '.join(part for part in (words, key) if part)}: {what}"))

    def add_pydantic(
        self, table: str, number: int | None, error: ValidationError, model: type[BaseModel], label: str
    ) -> None:
        """Adds every fault that pydantic reports for one table."""
        errors = error.errors(include_url=False)
        keys = [f.alias or n for n, f in model.model_fields.items()]
        for fault in errors:
            # A list is also "too short" where its only entry is at fault: that is one fault, not two.
            if fault["type"] == "too_short" and any(
                other["loc"][:-1] == fault["loc"] for other in errors if other is not fault
            ):
                continue
            # Of what may be a text or several values, those that are there say what is meant.
            if fault["type"] == "string_type" and isinstance(fault["input"], dict) and len(errors) > 1:
                continue
            location = [str(part) for part in fault["loc"]]
            self.add(table, number, ".".join(_readable(location)), self.in_words(fault, keys), label)

    def in_words(self, fault: Any, keys: Sequence[str]) -> str:
        """Translates a `fault` of pydantic into words; `keys` are the ones that the table may have."""
        return fault_in_words(fault, keys, self.places.wording)

    def all(self) -> tuple[Fault, ...]:
        """The faults in the order in which they were added."""
        return tuple(self._faults)

    def in_order(self) -> list[str]:
        """The faults' lines, in the order of their places."""
        return [fault.words for fault in sorted(self._faults, key=lambda fault: fault.order)]


def _readable(keys: Sequence[str]) -> list[str]:
    """A pydantic location without the names of union members; positions count from 1."""
    kept = [key for key in keys if not re.match(r"(constrained-)?str$|Codes$|ServiceName$|literal\[", key)]
    return [str(int(key) + 1) if key.isdigit() else key for key in kept]


def _expected(words: SetupWords) -> dict[str, str]:
    """By the beginning of a pydantic fault type, the words for what is expected."""
    return {
        "date": words.dates,
        "int": "a whole number",
        "decimal": "an amount such as 95.00",
        "bool": words.yes_or_no,
        "dict": words.numbers,
        "tuple": words.several,
        "model": words.periods,
    }


def fault_in_words(fault: Any, keys: Sequence[str], words: SetupWords) -> str:
    """Translates a `fault` of pydantic into the words of this program and of this kind of setup."""
    value, kind, context = fault["input"], fault["type"], fault.get("ctx", {})
    if kind == "extra_forbidden":
        return f"this key is not known{did_you_mean(str(fault['loc'][-1]), keys)}"
    if kind == "missing":
        return f"found nothing; {words.needed}"
    shown = str(value) if isinstance(value, dt.date | Decimal | int | float) else repr(value)
    if kind == "literal_error":
        choices = re.findall(r"'([^']+)'", context["expected"])
        return f"found {shown}; expected one of {', '.join(choices)}{did_you_mean(str(value), choices)}"
    if kind == "value_error" and isinstance(value, dict):
        return str(context["error"])
    if kind == "value_error":
        return f"found {shown}; {context['error']}"
    if kind == "too_short":
        return "found an empty list; expected at least one"
    if kind == "string_too_short":
        return f"found {words.blank_text}; expected text"
    if kind == "string_type":
        return f"found {shown}; expected {words.text}"
    if kind == "string_pattern_mismatch":
        wanted = "four capital letters, such as SUNL" if "A-Z" in context["pattern"] else "small letters and hyphens"
        return f"found {shown}; expected {wanted}"
    for start, wanted in _expected(words).items():
        if kind.startswith(start):
            return f"found {shown}; expected {wanted}"
    expected = str(fault["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
    return f"found {shown}; expected {expected}"
