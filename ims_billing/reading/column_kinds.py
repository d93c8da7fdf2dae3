"""Judges whether a cell is plainly of its column's kind, or plainly of another."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence, Set
from functools import cached_property
from typing import Any

from ims_billing.clinic.clinic import Clinic
from ims_billing.reading.layout import Match
from ims_billing.reading.own_cells import OwnCells
from ims_billing.reading.statuses import heading_status
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import Cell, day, length, meanings, money, text, time, word_of
from ims_billing.vocabulary.spelling import bare, plain

# So many texts are remembered as judged: more than the different ones of a clinic's month.
_MOST_KEPT = 100_000
_DAYS = frozenset(
    [
        "service_date",
        "birth_date",
        "insured_birth_date",
        "accident_date",
        "start_at",
        "end_at",
        "purchase_date",
        "invoice_date",
        "payment_date",
        "period_from",
        "period_until",
        "valid_from",
        "valid_until",
    ]
)
_MONEY = frozenset(
    [
        "fee",
        "patient_paid",
        "tax",
        "subtotal",
        "gst",
        "pst",
        "total",
        "collected",
        "balance",
        "paid",
        "claimed",
        "insurer_charge",
    ]
)
_IDENTIFIERS = frozenset(
    [
        "policy",
        "member",
        "payer_file_number",
        "phn",
        "secondary_policy",
        "secondary_member",
        "session_id",
        "patient_id",
        "payment_number",
    ]
)
_PEOPLE = frozenset(["patient", "insured", "first_name", "last_name", "preferred_name"])
# A half of a name may be any word: Show, Present and Paid are surnames.
_HALVES = frozenset(["first_name", "last_name", "preferred_name"])
_INSURERS = frozenset(["insurer", "secondary_insurer", "payer"])
_SERVICES = frozenset(["service_name", "item"])
_FREE = frozenset(["notes", "details", "reason", "invoice"])
_LISTED = frozenset(["practitioner", "location"]) | _INSURERS | _SERVICES
_NOTHING = frozenset[str]()
# The family of a field, where it is not the field's own name.
_FAMILY = {
    field: family
    for family, fields in (
        ("days", _DAYS),
        ("money", _MONEY),
        ("identifiers", _IDENTIFIERS),
        ("people", _PEOPLE - _HALVES),
        ("halves", _HALVES),
        ("insurers", _INSURERS),
        ("services", _SERVICES),
        ("time", ("start", "end", "minutes")),
    )
    for field in fields
}
# What a cell of each kind of column is never: such a cell has moved there from another column.
_NUMERIC = frozenset({"day", "clock", "amount"})
_NEVER = {
    "people": _NUMERIC | {"number", "status", "ims"},
    "halves": _NUMERIC | {"number", "ims"},
    "practitioner": _NUMERIC | {"number", "status", "visit", "relationship", "insurer", "ims"},
    "insurers": _NUMERIC | {"number", "status", "visit", "relationship", "practitioner", "ims"},
    "services": _NUMERIC | {"status", "relationship", "practitioner"},
    "identifiers": _NUMERIC | {"status", "visit", "relationship", "practitioner", "insurer", "ims"},
    "status": _NUMERIC | {"visit", "relationship", "practitioner", "insurer", "ims"},
    "visit": _NUMERIC | {"status", "relationship", "practitioner", "insurer"},
    "relationship": _NUMERIC | {"status", "visit", "practitioner", "insurer", "ims"},
    "billed": frozenset({"clock", "amount", "visit", "relationship", "practitioner", "insurer", "ims"}),
    "location": _NUMERIC | {"status", "relationship", "practitioner", "ims"},
    "days": frozenset({"clock", "amount", "status", "visit", "relationship", "practitioner", "insurer", "ims"}),
    "time": frozenset({"day", "amount", "status", "visit", "relationship", "practitioner", "insurer", "ims"}),
    "money": frozenset({"day", "clock", "status", "visit", "relationship", "practitioner", "insurer", "ims"}),
}
# In a workbook no separator can be lost: only what no such column holds has moved, by a cell that somebody deleted.
# Words for a status or a visit may be an insurer's name there, or a service.
_NEVER_IN_SHEETS = {
    "people": _NUMERIC | {"number", "ims"},
    "halves": _NUMERIC | {"number", "ims"},
    "practitioner": _NUMERIC | {"number", "insurer", "ims"},
    "insurers": _NUMERIC | {"number", "practitioner", "ims"},
    "services": _NUMERIC | {"practitioner"},
    "identifiers": _NUMERIC | {"practitioner", "insurer", "ims"},
}
# The kinds that only the names in the clinic's setup tell.
_BY_SETUP = frozenset({"practitioner", "insurer"})
_IMS = ("ims", "gunn ims", "dry needling")
_EVERY_KIND = frozenset[str]().union(*_NEVER.values())
_TO_ZEROS = str.maketrans("123456789", "000000000")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?( ?[ap]\.?m\.?)?", re.IGNORECASE)
_AMOUNT = re.compile(r"-?\$?\d{1,3}(,?\d{3})*\.\d{2}|-?\d+,\d{2} ?\$?")
_NUMBER = re.compile(r"[\d -]*\d[\d -]*")
_DAY = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([ T].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}([ T].*)?")


class ColumnKinds:
    """Judges cells by the column they stand in, and by what stands in that column in other rows."""

    def __init__(self, match: Match, own: OwnCells, clinic: Clinic) -> None:
        self.match, self.clinic, self.own = match, clinic, own
        self.fields = {column: self._field(name, column) for name, column in match.columns.items()}
        words, clinics = published().layouts.words, clinic.words
        statuses = meanings(words.status, {**clinics.status, **match.read_by.status}) | meanings(words.jane_state, {})
        self._words = {
            "status": set(statuses | meanings(words.jane_sale, {})),
            "visit": set(meanings(words.visit, clinics.visit)),
            "relationship": set(meanings(words.relationship, clinics.relationship)),
            "billed": set(meanings(words.billed, clinics.billed)),
        }
        self._nothing = {"", *map(word_of, published().layouts.words.nothing["nothing"])}
        self._texts: dict[int, Set[str]] = {}
        self._shapes_by_column: dict[int, Set[str]] = {}
        self._fits: dict[tuple[int, str], bool | None] = {}
        self._kinds: dict[str, str] = {}

    def _field(self, name: str, column: int) -> str:
        """The field of a column; one headed Cancelled at holds marks or days rather than statuses."""
        field = name.partition(" ")[0]
        written = text(self.match.table.row(self.match.header)[column])
        is_mark = field == "status" and heading_status(written, self.match.read_by.status_words) != ""
        return "marks" if is_mark else field

    @cached_property
    def matter(self) -> list[int]:
        """The columns whose cells can change a claim; a location does where the clinic bills only some."""
        free = _FREE if self.clinic.block.locations else _FREE | {"location"}
        return sorted(column for column, field in self.fields.items() if field not in free)

    @cached_property
    def without_signs(self) -> list[int]:
        """The columns of names, numbers, days, times and amounts: no separator or line break belongs in their cells.

        Names of services, insurers and practitioners are read closely elsewhere.
        """
        plain_cells = _DAYS | _MONEY | _IDENTIFIERS | _PEOPLE | {"start", "end", "minutes", "visit", "relationship"}
        return [column for column, field in self.fields.items() if field in plain_cells]

    def fit(self, column: int, cell: Cell) -> bool | None:
        """True: plainly of the column's kind. False: plainly of another. None: blank, or nobody can tell."""
        written = text(cell)
        key = (column, written)
        if key not in self._fits:
            _keep_short(self._fits)
            field = self.fields.get(column, "notes")
            self._fits[key] = self._fit(column, field, written) if written and field not in _FREE else None
        return self._fits[key]

    def misfits(self, column: int, cells: Collection[Cell]) -> set[Cell]:
        """The cells of a column that do not `fit`.

        A million numbers are written in a few forms, apart from their digits: each form is judged by one cell, and the
        cells one by one only where that one may be a misfit.
        """
        field = self.fields.get(column, "notes")
        if field in _FREE:
            return set()
        texts = [cell.strip() if type(cell) is str else text(cell) for cell in cells]
        forms = _forms(texts)
        doubtful = {
            form
            for form, written in dict(zip(forms, texts, strict=True)).items()
            if written and (self._digits_matter(field, form) or self._may_be_misfit(field, written))
        }
        if not doubtful:
            return set()
        every = zip(cells, texts, forms, strict=True)
        return {cell for cell, written, form in every if form in doubtful and self._is_misfit(column, field, written)}

    def explains(self, cell: str) -> bool:
        """Whether a line of this one cell is a heading of a group or a sum, and no part of a row."""
        return self._kind(cell) in ("practitioner", "insurer", "day", "ims") or word_of(cell) in {
            word_of(word) for word in published().layouts.lines.totals
        }

    def _fit(self, column: int, field: str, written: str) -> bool | None:
        if self._is_misfit(column, field, written):
            return False
        return True if self._is_own(column, field, written) else None

    def _is_misfit(self, column: int, field: str, written: str) -> bool:
        # What most cells are not comes first: few are then compared with the other rows'.
        if not self._may_be_misfit(field, written) or self._is_own(column, field, written):
            return False
        is_text = self.match.table.is_text
        return self._is_of_another(field, written) or (is_text and self._is_a_word_among_numbers(column, written))

    def _may_be_misfit(self, field: str, written: str) -> bool:
        """Whether a text is of another kind than its field, or a word in a field of numbers."""
        is_a_word = self.match.table.is_text and field in _IDENTIFIERS and not any(map(str.isdigit, written))
        return is_a_word or self._is_of_another(field, written)

    def _never(self, field: str) -> Set[str]:
        """The kinds that a cell of a field never is."""
        kinds = _NEVER if self.match.table.is_text else _NEVER_IN_SHEETS
        return kinds.get(_FAMILY.get(field, field), _NOTHING)

    def _is_of_another(self, field: str, written: str) -> bool:
        never = self._never(field)
        return self._kind(written, never) in never

    def _digits_matter(self, field: str, form: str) -> bool:
        """Whether texts of a form may be of different kinds: by its digits one may be a name, or hold one."""
        if "0" not in form:
            return False
        if bare(form).translate(_TO_ZEROS) in self._forms_with_digits:
            return True
        # A registration number may stand beside a practitioner's name.
        has_words = not form.isalnum() and any(map(str.isalpha, form))
        return has_words and not _BY_SETUP.isdisjoint(self._never(field))

    def _is_a_word_among_numbers(self, column: int, written: str) -> bool:
        """Whether a text without a digit stands in a column of identifiers where no other row has such a one."""
        if any(map(str.isdigit, written)) or word_of(written) in self._nothing or len(self.own.positions) < 2:
            return False
        others = [cell for cell in self._precedents(column) if cell and cell != written]
        return all(any(map(str.isdigit, cell)) for cell in others)

    def _is_own(self, column: int, field: str, written: str) -> bool:
        if field in _DAYS:
            return any(day(written, order, short_years=True) is not None for order in ("month-first", "day-first"))
        if field in ("start", "end"):
            return time(written) is not None
        if field == "minutes":
            return length(written) is not None
        if field in _MONEY:
            return money(written) is not None
        if field in self._words and (word_of(written) or written) in self._words[field]:
            return True
        if field == "payer" and published().layouts.payers.is_person(written):
            return True  # "Self" is a relationship too
        kind = self._kind(written)
        if field in _IDENTIFIERS:
            alike = written in self._precedents(column) or _shape(written) in self._shapes(column)
            return kind in ("", "number") and alike
        if field in _LISTED:
            own = {"practitioner": "practitioner"}.get(field, "insurer" if field in _INSURERS else "ims")
            return kind == own or plain(written) in self._values(column, own=kind)
        return False

    def _kind(self, written: str, among: Set[str] = _EVERY_KIND) -> str:
        """The kind that a text plainly is, in whatever column; empty where nobody can tell.

        A kind that is none of `among` may be empty too: the practitioners are not gone through for each of a million
        patients, whose names may be a practitioner's.
        """
        if written.isalnum() and not written.isalpha() and not self._is_name(written):
            return "number" if written.isdecimal() else ""  # in the ids of a million rows no name is looked for
        if written not in self._kinds:
            kind = _kind_by_form(written) or self._kind_by_words(written)
            if not kind and among.isdisjoint(_BY_SETUP) and plain(written) not in _IMS:
                return ""
            _keep_short(self._kinds)
            self._kinds[written] = kind or self._kind_by_setup(written)
        return self._kinds[written]

    def _kind_by_words(self, written: str) -> str:
        word = word_of(written)
        return next((kind for kind in ("status", "relationship", "visit") if word in self._words[kind]), "")

    def _kind_by_setup(self, written: str) -> str:
        if self.clinic.practitioner(written):
            return "practitioner"
        if self.clinic.insurer(written) or self.clinic.pays_self(written):
            return "insurer"
        return "ims" if plain(written) in _IMS else ""

    def _is_name(self, written: str) -> bool:
        """Whether letters and digits that stand together are a word of the rules, or somebody's name in the setup."""
        return bool(self._with_digits) and bare(written) in self._with_digits

    @cached_property
    def _with_digits(self) -> set[str]:
        clinic = self.clinic
        people = (name for one in clinic.practitioners for name in (one.name, *one.aliases))
        insurers = (name for one in clinic.insurers for name in (one.id, one.name, *one.aliases))
        words = (word for words in self._words.values() for word in words)
        return {bare(name) for name in (*people, *insurers, *clinic.self_pay, *words) if any(map(str.isdigit, name))}

    @cached_property
    def _forms_with_digits(self) -> set[str]:
        return {name.translate(_TO_ZEROS) for name in self._with_digits}

    @cached_property
    def _even(self) -> OwnCells:
        """The rows as wide as the header, as all rows of a sheet are."""
        table = self.match.table
        return self.own.of_width(table.widths[self.match.header]) if table.is_text else self.own

    def _precedents(self, column: int) -> Set[str]:
        """The texts of a column in rows as wide as the header."""
        if column not in self._texts:
            self._texts[column] = {text(cell) for cell in self._even.distinct(column)}
        return self._texts[column]

    def _shapes(self, column: int) -> Set[str]:
        if column not in self._shapes_by_column:
            self._shapes_by_column[column] = {_shape(cell) for cell in self._precedents(column) if cell}
        return self._shapes_by_column[column]

    def _values(self, column: int, own: str) -> set[str]:
        """The texts of a column's other rows; none where the text at hand is plainly of another kind."""
        return set() if own else {plain(cell) for cell in self._precedents(column) if cell}


def _kind_by_form(written: str) -> str:
    """The kind that a text is by its figures and signs: a time, an amount, a day, a number."""
    if written[:1].isalpha():
        return ""  # each of them begins with a figure or a sign
    for kind, pattern in (("clock", _CLOCK), ("amount", _AMOUNT), ("day", _DAY)):
        if pattern.fullmatch(written):
            return kind
    return "number" if _NUMBER.fullmatch(written) else ""


def _forms(texts: Sequence[str]) -> list[str]:
    """The texts with a zero for each digit: all at once, which is four times as fast, unless one has two lines."""
    forms = "\n".join(texts).translate(_TO_ZEROS).split("\n")
    return forms if len(forms) == len(texts) else [written.translate(_TO_ZEROS) for written in texts]


def _keep_short(kept: dict[Any, Any]) -> None:
    """Forgets what is kept so that it is worked out once, where a million rows each bring something new."""
    if len(kept) > _MOST_KEPT:
        kept.clear()


def _shape(written: str) -> str:
    """How an identifier is built: each run of digits by its length, each run of letters as one."""
    digits = re.sub(r"\d+", lambda run: f"<{len(run[0])}>", written)
    return re.sub(r"[^\W\d_]+", "a", digits.replace(" ", ""))
