"""Where the values of a setup workbook stand: each key by its cell, and one that is missing by the row beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ims_billing.clinic.raw_setup import WORKBOOK_WORDS, Place, SetupWords
from ims_billing.clinic.setup_cells import CellPlace, Filled
from ims_billing.vocabulary.setup_sheets import CLINIC, SETUP_TABLES


@dataclass
class CellPlaces:
    """The places of values in the workbook, and their rows in words: by table, entry and key."""

    places: dict[tuple[str, int | None, str], Place] = field(default_factory=dict)
    rows: dict[tuple[str, int | None, str], str] = field(default_factory=dict)

    @property
    def wording(self) -> SetupWords:
        """How a workbook is spoken of."""
        return WORKBOOK_WORDS

    def of(self, table: str, number: int | None, key: str) -> Place:
        """Where a key stands, or would stand."""
        part = key
        while part and (table, number, part) not in self.places:
            part = part.rpartition(".")[0]
        place = self.places.get((table, number, part))
        missing = _heading_of(table, key) if part != key else ""
        if place is not None and place.key and missing not in ("", key):
            # A cell that is blank, in the row of one that is filled.
            return Place(place.order, self.rows[table, number, part], missing)
        if place is not None:
            return place if place.key else place._replace(key=_heading_of(table, key) if key else "")
        sheet = next((t.title or t.sheet for t in SETUP_TABLES if t.table == table), "")
        return Place(0, f"sheet {sheet}" if sheet else "", _heading_of(table, key))

    def entry(self, table: str, number: int) -> str:
        """The row that an entry begins in, in words."""
        return self.of(table, number, "").words

    def add(self, table: str, number: int | None, key: str, filled: Filled, named: str = "") -> None:
        """Notes where a key stands, and how it is `named` where that is not by its heading."""
        place = Place(filled.place.order, filled.place.words, named or filled.column.heading)
        if self.places.setdefault((table, number, key), place) is place:
            self.rows[table, number, key] = filled.place.row

    def add_entry(self, table: str, number: int, place: CellPlace) -> None:
        """Notes the row that an entry begins in."""
        self.places.setdefault((table, number, ""), Place(place.order, place.words, ""))


def _heading_of(table: str, key: str) -> str:
    """The heading of a key that stands nowhere: what the missing cell would be called."""
    columns = [
        c for t in SETUP_TABLES if t.table == table or (t is CLINIC and table == "service_code") for c in t.columns
    ]
    # Periods of one person are numbered.
    plain_key = re.sub(r"\.\d+(?=\.)", "", key)
    named = (c.heading for c in columns if c.key in (plain_key, f"{table}.{plain_key}"))
    return next(named, key)
