"""What a claim rests on and what was worth knowing when it was claimed, as objects and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ims_billing.vocabulary.errors import BillingError


@dataclass(frozen=True)
class Remark:
    """A finding on a claim: its kind, what the kind meant then, and what was found; whether a decision counted."""

    kind: str
    title: str
    message: str
    decided: bool = False


@dataclass(frozen=True)
class Ground:
    """A rule that a claim rests on, as it was when it was claimed.

    rule: what it is, and whose claims it is about
    value: what it says
    in_force: its days in words; empty where it always is
    source: where it comes from
    url: the page of the source; empty where there is none
    verified: a primary source says so
    message: all of it in words, where an earlier version kept no more; the others are empty then
    """

    rule: str
    value: str
    in_force: str = ""
    source: str = ""
    url: str = ""
    verified: bool = True
    message: str = ""


def as_json(objects: Iterable[Remark | Ground]) -> str:
    """The objects as a JSON list; empty where there are none."""
    return json.dumps([asdict(each) for each in objects], ensure_ascii=False) if (objects := list(objects)) else ""


def remarks_of(text: str) -> list[Remark]:
    """The remarks of a claim from its JSON list; raises BillingError where it is none."""
    return [Remark(**each) for each in _read(text, Remark)]


def grounds_of(text: str) -> list[Ground]:
    """The rules of a claim from its JSON list; raises BillingError where it is none."""
    return [Ground(**each) for each in _read(text, Ground)]


def _read(text: str, wanted: type[Remark] | type[Ground]) -> list[dict[str, Any]]:
    names = wanted.__dataclass_fields__.keys()
    try:
        objects = json.loads(text or "[]")
    except ValueError:
        objects = None
    if not isinstance(objects, list) or not all(isinstance(each, dict) and each.keys() == names for each in objects):
        raise BillingError(
            "A trial version of ims-billing wrote this ledger, and this program cannot read what its claims rest on. "
            "Put back the copy of before, ims-billing-version-4.sqlite, beside it."
        )
    return objects
