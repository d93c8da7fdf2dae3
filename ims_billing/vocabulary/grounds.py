"""The grounds and remarks of a claim, as objects and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ims_billing.vocabulary.errors import BillingError


@dataclass(frozen=True)
class Remark:
    """A finding kept with a claim: its kind, the kind's title then, its message, and whether it was decided."""

    kind: str
    title: str
    message: str
    decided: bool = False


@dataclass(frozen=True)
class Ground:
    """A rule that a claim rests on, as it was when it was claimed."""

    rule: str
    """Its name, and whose claims it is about."""
    value: str
    """Its value, in words."""
    in_force: str = ""
    """The days it is in force, in words; empty if always."""
    source: str = ""
    """The document that states it."""
    url: str = ""
    """The web page of the source; empty if there is none."""
    verified: bool = True
    """True if a primary source states it."""
    message: str = ""
    """The whole rule in words, if an earlier version kept no more; the other fields are empty then."""


def as_json(objects: Iterable[Remark | Ground]) -> str:
    """The objects as a JSON list; empty where there are none."""
    return json.dumps([vars(each) for each in objects], ensure_ascii=False) if (objects := list(objects)) else ""


def remarks_of(text: str) -> list[Remark]:
    """The remarks of a claim from its JSON list; raises BillingError where it is none."""
    return [Remark(**each) for each in _read(text, Remark)]


def grounds_of(text: str) -> list[Ground]:
    """The rules of a claim from its JSON list; raises BillingError where it is none."""
    return [Ground(**each) for each in _read(text, Ground)]


def _read(text: str, wanted: type[Remark] | type[Ground]) -> list[dict[str, Any]]:
    names = wanted.__dataclass_fields__.keys()
    try:
        objects = json.loads(text) if text else []
    except ValueError:
        objects = None
    if not isinstance(objects, list) or not all(isinstance(each, dict) and each.keys() == names for each in objects):
        raise BillingError(
            "A trial version of ims-billing wrote this ledger, and this program cannot read what its claims rest on. "
            "Put back the copy of before, ims-billing-version-4.sqlite, beside it."
        )
    return objects
