"""The columns of a table that its layout does not know, and whether what stands in them could change a claim."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.people import person
from ims_billing.reading.statuses import mark
from ims_billing.reading.table import Table
from ims_billing.rules.published import UnreadRules, published
from ims_billing.vocabulary.cells import Cell, day, meanings, money, text, word_of
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.model import FileRead, LooksLike, UnreadColumn
from ims_billing.vocabulary.spelling import bare, heading, plain

# A cell of more words than this is somebody's sentence: a word such as "cancelled" may be about anything.
_SHORT = 5
# And no status, day or yes has more characters than this.
_LONG = 60
# A cell that begins with one of these says yes, whatever stands behind it, as in "yes - Oct 31, portal".
_YES = ("yes", "y", "oui", "si", "done")
# Letters that say yes or no only where no other letter stands in the column, as "F" beside "M" does.
_LETTERS = ("t", "f", "o", "n")
# A day that lies further back is a birth date, not an accident or the day on which something was sent.
_LONG_AGO = dt.timedelta(days=10 * 365)
# Days as numbers, as a spreadsheet keeps them: those from 2015 to 2064.
_SERIALS = range(42005, 60270)
# A whole number from here on is somebody's number rather than an amount, and one below is a count.
_AMOUNTS = range(10, 10_000)
ALL_ATTENDED = "There is no status column: every row is read as a visit that took place."
_LOOKS_LIKE: dict[LooksLike, str] = {
    "statuses": "statuses, or the state of a claim",
    "yes-or-no": "yes or no, which could say that a visit did not take place or was billed",
    "days": "days, on which something may have been sent or an accident happened",
    "insurers": "insurers, and not those in the insurer column",
    "practitioners": "practitioners, and not those in the practitioner column",
    "locations": "the locations that are billed here",
    "amounts": "amounts",
}


def unread_columns(table: Table, *, of_visits: bool) -> tuple[UnreadColumn, ...]:
    """The columns with something in their cells that the table's layout does not know, in the order of the sheet.

    In a table `of_visits` each is judged by its cells, and a row that such a cell could keep from being claimed is
    noted as ``unreadable-cell``. A list of clients or policies only adds numbers: its other columns change no claim.
    """
    match = table.match
    if not len(table):
        return ()
    read, header = set(match.columns.values()), match.table.row(match.header)
    judge = _Judge(table)
    columns = []
    # Cells of a text file beyond its header line are a line's own fault, and are noted there.
    width = match.table.widths[match.header] if match.table.is_text else len(match.table.columns)
    for number in range(width):
        name = text(header[number]) if number < len(header) else ""
        cells = table.cells(number)
        if number in read or not (name or any(text(cell) for cell in cells)):
            continue
        looks_like, example = judge.looks_like(name, cells) if of_visits else (None, "")
        column = UnreadColumn(name, match.letters(number), table.sheet, looks_like, example)
        columns.append(column)
        if looks_like is not None:
            _hold(table, column, cells)
    return tuple(columns)


def _hold(table: Table, column: UnreadColumn, cells: Sequence[Cell]) -> None:
    """Notes the rows with something in a column that could change a claim; a blank is an answer to yes or no too."""
    message = f"{described(column)}."
    for position, cell in enumerate(cells):
        if text(cell) or column.looks_like == "yes-or-no":
            table.note(position, "unread", "unreadable-cell", message)


def refuse_unread(files: Iterable[FileRead], setup: str) -> None:
    """Raises BillingError that lists the unread columns that could change a claim, with both ways out.

    `setup` is the name of the clinic's setup file.
    """
    refused = [(file, column) for file in files for column in file.doubtful]
    if not refused:
        return
    headings = list(dict.fromkeys(column.heading for _, column in refused if column.heading))
    shown = ", ".join(f'"{name}"' for name in headings)
    lines = [f"{len(refused)} columns that were not read could change a claim, so nothing is claimed."]
    if len(refused) == 1:
        lines = ["1 column that was not read could change a claim, so nothing is claimed."]
    lines += [f"  {file.file}: {described(column)}." for file, column in refused]
    if len(headings) < len({column.heading or column.place for _, column in refused}):
        lines.append("A column without a heading needs one first.")
    if headings:
        lines += [
            f"Say in {setup} what each is, or that it says nothing about a claim:",
            "  [[layout]]",
            '  name = "my-program"',
            f'  headings = {{ "{headings[0]}" = "Status" }}   # or "Billed", "Insurer", "Tax", "Accident Date", ...',
            "or, under [clinic]:",
            f"  ignore = [{shown}]",
        ]
    raise BillingError("\n".join(lines))


def described(column: UnreadColumn) -> str:
    """An unread column in words: its heading, where it stands, and what its cells look like."""
    place = f"{column.sheet}, {column.place}" if column.sheet else column.place
    name = f'"{column.heading}" ({place})' if column.heading else f"{place}, without a heading,"
    if column.looks_like is None:
        return f"{name} was not read"
    example = f' ("{column.example}")' if column.example else ""
    return f"{name} was not read; its cells look like {_LOOKS_LIKE[column.looks_like]}{example}"


@dataclass(frozen=True)
class _Judge:
    """Says what the cells of an unread column look like, beside what the same rows say in the columns that are read."""

    table: Table

    @property
    def clinic(self) -> Clinic:
        return self.table.clinic

    @cached_property
    def rules(self) -> UnreadRules:
        return published().layouts.unread

    @cached_property
    def harmless(self) -> dict[str, set[str]]:
        return {kind: {heading(name) for name in names} for kind, names in self.rules.harmless.items()}

    @cached_property
    def passed_over(self) -> frozenset[str]:
        layout = self.table.match.read_by
        return layout.ignored | {heading(name) for name in layout.layout.passed_over}

    @cached_property
    def states(self) -> set[str]:
        words = published().layouts.words
        own = self.clinic.words
        statuses = {**meanings(words.status, {**own.status, **self.table.match.read_by.status})}
        statuses |= {**meanings(words.jane_state, {}), **meanings(words.jane_sale, {})}
        billed = set(meanings(words.billed, own.billed)) - self.unsent - self.yes_or_no - {"1"}
        return (set(statuses) | billed | {word_of(word) for word in self.rules.states}) - self.nothing

    @cached_property
    def unsent(self) -> set[str]:
        """Cells that say of themselves that nothing was billed: they make no claim wrong."""
        answers = meanings(published().layouts.words.billed, self.clinic.words.billed)
        return {word for word, answer in answers.items() if answer == "no"} - self.yes_or_no

    @cached_property
    def yes_or_no(self) -> set[str]:
        return {word_of(word) for word in self.rules.yes_or_no}

    @cached_property
    def nothing(self) -> set[str]:
        return {"", "none", "na", "n a", "nil", "never"}

    @cached_property
    def absence(self) -> set[str]:
        return {word_of(word) for word in self.rules.absence}

    @cached_property
    def sent(self) -> set[str]:
        return {word_of(word) for word in self.rules.sent}

    @cached_property
    def beside(self) -> set[str]:
        return {word_of(word) for word in self.rules.beside}

    @cached_property
    def people(self) -> set[str]:
        rostered = [name for p in self.clinic.practitioners for name in (p.name, *p.aliases)]
        return {person(name) for name in {*rostered, *self.table.texts("practitioner")}} - {""}

    @cached_property
    def words_of_people(self) -> set[str]:
        """The words of practitioners' names: a cell without one of them is not compared further."""
        return {word for name in self.people for word in name.split()}

    @cached_property
    def insurers(self) -> set[str]:
        return {bare(name) for name in self.table.texts(self._insurer)} - {""}

    @property
    def _insurer(self) -> str:
        return "insurer" if "insurer" in self.table.match.columns else "payer"

    def looks_like(self, name: str, cells: Sequence[Cell]) -> tuple[LooksLike | None, str]:
        """What the cells look like that could change a claim, and a word of them; None: harmless."""
        key = heading(name)
        if key in self.passed_over or self._repeats_a_field(key, cells):
            return None, ""
        filled = [cell for cell in dict.fromkeys(cells) if self._is_filled(cell)]
        if not filled:
            return None, ""
        checks: tuple[tuple[LooksLike, Callable[[], str | None]], ...] = (
            ("statuses", lambda: self._statuses(name, filled)),
            ("yes-or-no", lambda: self._yes_or_no(name, filled)),
            ("days", lambda: self._days(cells)),
            ("insurers", lambda: self._insurers(cells)),
            ("practitioners", lambda: self._practitioners(cells)),
            ("locations", lambda: self._locations(filled)),
            ("amounts", lambda: self._amounts(name, cells)),
        )
        for kind, check in checks:
            if key not in self.harmless.get(kind, ()):
                example = check()
                if example is not None:
                    return kind, example
        return None, ""

    def _is_filled(self, cell: Cell) -> bool:
        written = text(cell)
        if not any(map(str.isalnum, written)):
            return mark(cell) not in ("", None)
        return len(written) > _LONG or word_of(written) not in self.nothing

    def _repeats_a_field(self, key: str, cells: Sequence[Cell]) -> bool:
        """Whether the column is a second one of a field that is read, and says the same in every row."""
        layout = self.table.match.read_by.layout
        field = next((n for n, names in layout.headings.items() if key in map(heading, names)), None)
        if field is None or field not in self.table.match.columns:
            return False
        own = self.table.raw(field)
        return all(_same(mine, other) for mine, other in zip(own, cells, strict=True))

    def _statuses(self, name: str, filled: Sequence[Cell]) -> str | None:
        for cell in filled:
            if isinstance(cell, str) and len(cell) > _LONG:
                continue
            words = word_of(text(cell)).split()
            if isinstance(cell, bool) or not words or " ".join(words) in (self.unsent | self.yes_or_no):
                continue
            if " ".join(words) in self.states:
                return " ".join(words)
            if len(words) <= _SHORT:
                if absent := next((word for word in words if word in self.absence), None):
                    return absent
                if _follows(words, ("no", "show")) or _follows(words, ("not", "arrive"), ("not", "attend")):
                    return "no show"
                if words[0] in _YES:
                    return words[0]
                says_so = next((w for w in words if w in self.sent), "") or words[0] * (words[0] in self.yes_or_no)
                if says_so and self._says_only_sent(cell):
                    return says_so
        # A reason to cancel stands on visits that were cancelled, and here no column says so.
        if "status" not in self.table.match.columns and {"cancel", "cancelled", "cancellation", "noshow"} & {
            *word_of(name).split(), word_of(name).replace(" ", "")
        }:  # fmt: skip
            return ""
        return None

    def _says_only_sent(self, cell: Cell) -> bool:
        """Whether beside "sent" or "billed" there are only days, numbers, insurers and words such as "to"."""
        understood = self.sent | self.beside | self.yes_or_no
        rest = [word for word in word_of(text(cell)).split() if word not in understood and not word.isdigit()]
        rest = [word for word in rest if not _is_month(word)]
        return not rest or self._insurer_id(" ".join(rest)) is not None

    def _yes_or_no(self, name: str, filled: Sequence[Cell]) -> str | None:
        if all(isinstance(cell, bool) or text(cell) in ("0", "1") for cell in filled) and not self._counts(name):
            return text(filled[0])
        for cell in (cell for cell in filled if not isinstance(cell, str) or len(cell) <= _LONG):
            word = word_of(text(cell))
            ticked = not any(map(str.isalnum, text(cell)))
            if isinstance(cell, bool) or ticked or (word in self.yes_or_no and word not in _LETTERS):
                return word
        words = {word_of(text(cell)) for cell in filled}
        if words <= self.yes_or_no and not self._counts(name):
            return min(words)
        return None

    def _days(self, cells: Sequence[Cell]) -> str | None:
        visits = self.table.days(self._day_field, short_years=True)
        days = {cell: _day_in(cell) for cell in dict.fromkeys(cells)}
        dated = [(on, visit) for cell, visit in zip(cells, visits, strict=True) if (on := days[cell]) is not None]
        if not dated:
            return None
        old = sum(visit is not None and visit - on > _LONG_AGO for on, visit in dated)
        if old * 2 > len(dated):
            return None
        return ""

    @property
    def _day_field(self) -> str:
        fields = ("service_date", "start_at", "purchase_date")
        return next((name for name in fields if name in self.table.match.columns), fields[0])

    def _insurers(self, cells: Sequence[Cell]) -> str | None:
        for cell, own in dict.fromkeys(zip(cells, self.table.raw(self._insurer), strict=True)):
            named = self._insurer_id(text(cell))
            if named is not None and named != self._insurer_id(text(own)):
                return ""
        return None

    def _insurer_id(self, written: str) -> str | None:
        """Which insurer a cell names; None where it names none."""
        if not written or len(written.split()) > 2 * _SHORT:
            return None
        name = re.sub(r"\([^)]*\)|\d+$", "", written).strip()
        for spelling in (written, name):
            if insurer := self.clinic.insurer(spelling):
                return insurer.id
            if self.clinic.pays_self(spelling):
                return "self-pay"
            if bare(spelling) in self.insurers:
                return bare(spelling)
        return None

    def _practitioners(self, cells: Sequence[Cell]) -> str | None:
        for cell, own in dict.fromkeys(zip(cells, self.table.raw("practitioner"), strict=True)):
            written, rows_own = text(cell), text(own)
            if self.words_of_people.isdisjoint(word_of(written).split()):
                continue
            # "Ann Example (RMT)" names a practitioner too, and somebody else beside.
            if person(written) not in self.people and self.clinic.roster.read(written).named is None:
                continue
            named, theirs = self.clinic.practitioner(written), self.clinic.practitioner(rows_own)
            if named != theirs or (named is None and plain(written) != plain(rows_own)):
                return ""
        return None

    def _counts(self, name: str) -> bool:
        """Whether a heading says that whole numbers below it are counts or somebody's numbers."""
        return bool({*word_of(name).split()} & {*self.rules.counted})

    def _locations(self, filled: Sequence[Cell]) -> str | None:
        billed = {bare(name) for name in self.clinic.block.locations}
        return "" if "location" not in self.table.match.columns and billed & {bare(text(c)) for c in filled} else None

    def _amounts(self, name: str, cells: Sequence[Cell]) -> str | None:
        numbers = [cell for cell in dict.fromkeys(cells) if any(map(str.isdigit, text(cell)))]
        amounts = [(text(cell), money(cell), _is_number(cell)) for cell in numbers]
        if any(cents and not _is_whole(written) for written, cents, _ in amounts):
            return ""
        if self._counts(name):
            return None
        whole = [(written, cents) for written, cents, number in amounts if cents and number]
        if not any(abs(cents) // 100 in _AMOUNTS for _, cents in whole) or self._are_numbers_of_patients(cells):
            return None
        return ""

    def _are_numbers_of_patients(self, cells: Sequence[Cell]) -> bool:
        """Whether each value is one patient's, or no two rows share one: a chart number or a count of rows."""
        patients = self.table.texts("patient_id") if "patient_id" in self.table.match.columns else []
        patients = patients or self.table.texts("patient")
        pairs = {(text(cell), who) for cell, who in zip(cells, patients, strict=True) if text(cell)}
        values, people = {value for value, _ in pairs}, {who for _, who in pairs}
        return len(values) == len(people) == len(pairs) > 2


def _same(one: Cell, other: Cell) -> bool:
    """Whether two cells say the same: as text, as a day or as an amount."""
    if plain(text(one)) == plain(text(other)):
        return True
    amount, on = money(one), day(one, "month-first")
    return (amount is not None and amount == money(other)) or (on is not None and on == day(other, "month-first"))


def _follows(words: Sequence[str], *phrases: tuple[str, str]) -> bool:
    return any(pair in phrases for pair in itertools.pairwise(words))


def _is_month(word: str) -> bool:
    return day(f"1 {word} 2026", "unambiguous") is not None


def _day_in(cell: Cell) -> dt.datetime | None:
    """The day that a cell holds, alone or within a few words, however it is written."""
    if isinstance(cell, str) and (len(cell) > _LONG or not any(map(str.isdigit, cell))):
        return None
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        whole = float(cell).is_integer() and int(cell) in _SERIALS
        return dt.datetime(1899, 12, 30) + dt.timedelta(days=int(cell)) if whole else None
    on = day(cell, "month-first", short_years=True) or day(cell, "day-first", short_years=True)
    if on is None and isinstance(cell, str) and len(cell.split()) <= _SHORT:
        parts = (part.strip("().,;:") for part in cell.split())
        days = (day(part, "month-first") or day(part, "day-first") for part in parts)
        on = next((one for one in days if one is not None), None)
    return on


def _is_number(cell: Cell) -> bool:
    return not isinstance(cell, bool) and money(cell) is not None


def _is_whole(written: str) -> bool:
    """Whether a number is written without cents and without a sign of money."""
    return re.fullmatch(r"-?\d+", written) is not None
