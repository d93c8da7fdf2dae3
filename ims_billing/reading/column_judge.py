"""Judges an unread column by its cells: could they change a claim? What is not known to be harmless could."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.people import person
from ims_billing.reading.cell_shapes import (
    LONG,
    SHORT,
    are_ids,
    day_in,
    follows,
    is_a_claims_number,
    is_a_number_of_somebody,
    is_a_time,
    is_amount,
    is_month,
    is_number_code,
    is_of_the_visit,
    is_part_of_a_day,
    is_rate,
    is_sentence,
    is_whole,
    same,
)
from ims_billing.reading.statuses import mark
from ims_billing.reading.table import Table
from ims_billing.rules.published import published
from ims_billing.rules.unread import UnreadRules
from ims_billing.vocabulary.cells import Cell, meanings, money, text, word_of
from ims_billing.vocabulary.intake import LooksLike
from ims_billing.vocabulary.spelling import bare, heading, heading_words, plain

# A cell that begins with one of these says yes, whatever stands behind it, as in "yes - Oct 31, portal".
_YES = ("yes", "y", "oui", "si", "done")
# Letters that say yes or no only where no other letter stands in the column, as "F" beside "M" does.
_LETTERS = ("t", "f", "o", "n")
# A day that lies further back is a birth date, not an accident or the day on which something was sent.
_LONG_AGO = dt.timedelta(days=10 * 365)
# A whole number from here on is somebody's number rather than an amount, and one below is a count.
_AMOUNTS = range(10, 10_000)
# From so many rows on, cells of which nearly all differ sort no rows: four in five.
_MANY, _NEARLY_ALL = 6, (4, 5)
# Names of a row: what repeats one of them says nothing new.
_NAMES = ("patient", "first_name", "last_name", "practitioner", "insurer", "payer", "service_name", "item", "location")


@dataclass(frozen=True)
class Judge:
    """Says what the cells of an unread column look like, beside what the same rows say in the columns that are read."""

    table: Table

    @property
    def clinic(self) -> Clinic:
        """The clinic whose table it is."""
        return self.table.clinic

    @cached_property
    def rules(self) -> UnreadRules:
        """What is harmless, and what is not."""
        return published().unread

    @cached_property
    def passed_over(self) -> frozenset[str]:
        """Headings that the layout or the clinic passes over."""
        layout = self.table.match.read_by
        return layout.ignored | {heading(name) for name in layout.layout.passed_over}

    @cached_property
    def states(self) -> set[str]:
        """Whole cells that are a status, or the state of a claim."""
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
        """Words that answer yes or no."""
        return {word_of(word) for word in self.rules.yes_or_no}

    @cached_property
    def nothing(self) -> set[str]:
        """Cells that say nothing."""
        return {"", "none", "na", "n a", "nil", "never"}

    @cached_property
    def absence(self) -> set[str]:
        """Words that say that a visit did not take place."""
        return {word_of(word) for word in self.rules.absence}

    @cached_property
    def sent(self) -> set[str]:
        """Words that say that something went to an insurer."""
        return {word_of(word) for word in self.rules.sent}

    @cached_property
    def beside(self) -> set[str]:
        """Words beside those."""
        return {word_of(word) for word in self.rules.beside}

    @cached_property
    def people(self) -> set[str]:
        """Practitioners' names."""
        rostered = [name for p in self.clinic.practitioners for name in (p.name, *p.aliases)]
        return {person(name) for name in {*rostered, *self.table.texts("practitioner")}} - {""}

    @cached_property
    def words_of_people(self) -> set[str]:
        """The words of practitioners' names: a cell without one of them is not compared further."""
        return {word for name in self.people for word in name.split()}

    @cached_property
    def insurers(self) -> set[str]:
        """The insurers that the table names."""
        return {bare(name) for name in self.table.texts(self._insurer)} - {""}

    @property
    def _insurer(self) -> str:
        return "insurer" if "insurer" in self.table.match.columns else "payer"

    def looks_like(self, name: str, cells: Sequence[Cell]) -> tuple[LooksLike | None, str]:
        """What the cells look like that could change a claim, and a word of them; None: harmless."""
        key = heading(name)
        if key in self.passed_over or self._repeats_a_field(key, cells):
            return None, ""
        filled = [cell for cell in dict.fromkeys(cells) if self.is_filled(cell)]
        if not filled:
            return None, ""
        checks: tuple[tuple[LooksLike, Callable[[], str | None]], ...] = (
            ("statuses", lambda: self._statuses(name, filled)),
            ("claims", lambda: "" if self._numbers_claims(name, cells) else None),
            ("yes-or-no", lambda: self._yes_or_no(name, filled)),
            ("marks", lambda: None if all(any(map(str.isalnum, text(cell))) for cell in filled) else ""),
            ("days", lambda: self._days(name, cells)),
            ("insurers", lambda: self._insurers(cells)),
            ("accidents", lambda: self._accidents(name, cells)),
            ("practitioners", lambda: self._practitioners(cells)),
            ("locations", lambda: self._locations(filled)),
            ("amounts", lambda: self._amounts(name, cells)),
            ("words", lambda: self._words(name, cells)),
        )
        excused = self.rules.excused(name)
        for kind, check in checks:
            if kind not in excused:
                example = check()
                if example is not None:
                    return kind, example
        return None, ""

    def is_filled(self, cell: Cell) -> bool:
        """Whether a cell says something: dashes and words such as "none" do not."""
        written = text(cell)
        if not any(map(str.isalnum, written)):
            return mark(cell) != ""
        return len(written) > LONG or word_of(written) not in self.nothing

    def _repeats_a_field(self, key: str, cells: Sequence[Cell]) -> bool:
        """Whether the column is a second one of a field that is read, and says the same in every row."""
        layout = self.table.match.read_by.layout
        field = next((n for n, names in layout.headings.items() if key in map(heading, names)), None)
        if field is None or field not in self.table.match.columns:
            return False
        own = self.table.raw(field)
        return all(same(mine, other) for mine, other in zip(own, cells, strict=True))

    def _statuses(self, name: str, filled: Sequence[Cell]) -> str | None:
        for cell in filled:
            if isinstance(cell, str) and len(cell) > LONG:
                continue
            words = word_of(text(cell)).split()
            if isinstance(cell, bool) or not words or " ".join(words) in (self.unsent | self.yes_or_no):
                continue
            if " ".join(words) in self.states:
                return " ".join(words)
            if len(words) <= SHORT:
                if absent := next((word for word in words if word in self.absence), None):
                    return absent
                if follows(words, ("no", "show")) or follows(words, ("not", "arrive"), ("not", "attend")):
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
        rest = [word for word in rest if not is_month(word)]
        return not rest or self._insurer_id(" ".join(rest)) is not None

    def _yes_or_no(self, name: str, filled: Sequence[Cell]) -> str | None:
        flags = all(isinstance(cell, bool) or text(cell) in ("0", "1") for cell in filled)
        if flags and not self.rules.counts(name) and not self.rules.is_of_money(name):
            return text(filled[0])
        for cell in (cell for cell in filled if not isinstance(cell, str) or len(cell) <= LONG):
            word = word_of(text(cell))
            ticked = not any(map(str.isalnum, text(cell))) and mark(cell) == "yes"
            if isinstance(cell, bool) or ticked or (word in self.yes_or_no and word not in _LETTERS):
                return word
        words = {word_of(text(cell)) for cell in filled}
        if words <= self.yes_or_no and not self.rules.counts(name):
            return min(words)
        return None

    def _days(self, name: str, cells: Sequence[Cell]) -> str | None:
        distinct, visits = dict.fromkeys(cells), self.visits
        days = {cell: day_in(cell) for cell in distinct}
        if self.rules.says_until_when(name):
            ends = ((days[cell], visit) for cell, visit in zip(cells, visits, strict=True))
            return "" if any(on and visit and on.date() < visit.date() for on, visit in ends) else None
        week = "week" in heading_words(name)
        if {*heading_words(name)} <= {*self.rules.repeats_the_day} and all(
            is_of_the_visit(cell, visit, week=week) for cell, visit in zip(cells, visits, strict=True)
        ):
            return None
        if not self.rules.counts(name) and any(map(is_part_of_a_day, distinct)):
            return ""
        # A time of some rows and not of others may say who came: "Check-in".
        if len({is_a_time(cell) for cell in distinct}) > 1:
            return ""
        dated = [(on, visit) for cell, visit in zip(cells, visits, strict=True) if (on := days[cell]) is not None]
        if not dated:
            return None
        old = sum(visit is not None and visit - on > _LONG_AGO for on, visit in dated)
        if old * 2 > len(dated):
            return None
        return ""

    @cached_property
    def visits(self) -> list[dt.datetime | None]:
        """The day of each row."""
        visits: list[dt.datetime | None] = self.table.days(self._day_field, short_years=True)
        return visits

    @property
    def _day_field(self) -> str:
        fields = ("service_date", "start_at", "purchase_date")
        return next((name for name in fields if name in self.table.match.columns), fields[0])

    @cached_property
    def accidents(self) -> list[str]:
        """Phrases about an accident, with a blank on each side."""
        return [f" {word_of(word)} " for word in self.rules.accidents]

    def _accidents(self, name: str, cells: Sequence[Cell]) -> str | None:
        pairs = dict.fromkeys(zip(cells, self.table.raw(self._insurer), strict=True))
        numbers = self.rules.numbers_accidents(name)
        speaks = (
            self.speaks_of_an_accident(f"{name} {text(cell)}" if numbers and is_a_claims_number(cell) else cell, own)
            for cell, own in pairs
        )
        return "" if any(speaks) else None

    def speaks_of_an_accident(self, cell: Cell, own: Cell) -> bool:
        """Whether a cell speaks of an accident in a row that its `own` insurer makes a claim of a private plan."""
        written = text(cell)
        if not written or len(written) > LONG or not any(word in f" {word_of(written)} " for word in self.accidents):
            return False
        insurer = self.clinic.insurer(text(own))
        return insurer is None or not insurer.public

    def _insurers(self, cells: Sequence[Cell]) -> str | None:
        pairs = dict.fromkeys(zip(cells, self.table.raw(self._insurer), strict=True))
        return "" if any(self.names_another_insurer(cell, own) for cell, own in pairs) else None

    def names_another_insurer(self, cell: Cell, own: Cell) -> bool:
        """Whether a cell is the name of another insurer than the row's `own`."""
        named = self._insurer_id(text(cell))
        return named is not None and named != self._insurer_id(text(own))

    def _numbers_claims(self, name: str, cells: Sequence[Cell]) -> bool:
        """Whether the cells are an insurer's numbers, which visits have that were sent to it and others not."""
        some = self.rules.numbers_claims(name, in_part=not all(map(self.is_filled, cells)))
        return some and any(map(is_a_claims_number, cells))

    def _insurer_id(self, written: str) -> str | None:
        """Which insurer a cell names; None where it names none."""
        if not written or len(written.split()) > 2 * SHORT:
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

    def _locations(self, filled: Sequence[Cell]) -> str | None:
        billed = {bare(name) for name in self.clinic.block.locations}
        return "" if "location" not in self.table.match.columns and billed & {bare(text(c)) for c in filled} else None

    def _amounts(self, name: str, cells: Sequence[Cell]) -> str | None:
        if self.rules.counts(name) or self._repeats_the_fee(name, cells):
            return None
        numbers = [cell for cell in dict.fromkeys(cells) if any(map(str.isdigit, text(cell)))]
        if any(map(is_rate, numbers)):
            return ""
        amounts = [(text(cell), money(cell), is_amount(cell)) for cell in numbers]
        if any(cents and not is_whole(written) for written, cents, _ in amounts):
            return ""
        whole = [
            (written, cents) for written, cents, number in amounts if cents and number and not is_number_code(written)
        ]
        if not any(abs(cents) // 100 in _AMOUNTS for _, cents in whole) or self._are_numbers_of_patients(cells):
            return None
        return ""

    def _repeats_the_fee(self, name: str, cells: Sequence[Cell]) -> bool:
        """Whether each row's amount is its fee once more, under a heading such as Total or Unit price."""
        field = next((own for own in ("fee", "subtotal") if own in self.table.match.columns), None)
        words = {*heading_words(name)}
        if field is None or not words or not words <= {*self.rules.repeats_the_fee}:
            return False
        pairs = dict.fromkeys(zip(cells, self.table.raw(field), strict=True))
        return all(money(cell) is not None and money(cell) == money(fee) for cell, fee in pairs if text(cell))

    def _words(self, name: str, cells: Sequence[Cell]) -> str | None:
        """Words that sort the rows; None where all are known to be harmless or each row has its own."""
        left = {cell: rows for cell, rows in Counter(cells).items() if self._could_sort(name, cell, cells)}
        for group in self.rules.harmless_cells:
            harmless = {cell for cell in left if word_of(text(cell)) in map(word_of, group.words)}
            if len(harmless) > group.together:
                left = {cell: rows for cell, rows in left.items() if cell not in harmless}
        if not left or self._is_free_text(left) or are_ids(name, cells):
            return None
        read = (self.table.texts(field) for field in _NAMES if field in self.table.match.columns)
        rows_own = [{*word_of(" ".join(names)).split()} for names in zip(*read, strict=True)]
        for cell, words in zip(cells, rows_own, strict=True):
            # Words that stand in the row's own names are read there.
            if cell in left and not {*word_of(text(cell)).split()} <= words:
                return ""
        return None

    def _could_sort(self, name: str, cell: Cell, cells: Sequence[Cell]) -> bool:
        """Whether a cell may be one of a few words that sort the rows; the rows' insurers are compared elsewhere."""
        if not isinstance(cell, str | int | float) or not self.is_filled(cell) or is_a_number_of_somebody(cell):
            return False
        excused, digits = self.rules.excused(name), {*text(cell)} & {*"0123456789"}
        # Days, and yes and no, were judged before words are.
        if ("yes-or-no" in excused and word_of(text(cell)) in self.yes_or_no) or is_part_of_a_day(cell):
            return False
        if money(cell) is not None or not any(map(str.isalpha, text(cell))):
            explained = "amounts" in excused or self._repeats_the_fee(name, cells)
            return digits != {"0"} and not (self.rules.counts(name) or explained)
        named = self._insurer_id(text(cell)) is not None or person(text(cell)) in self.people
        return not named and word_of(text(cell)) not in self.unsent

    def _is_free_text(self, left: Mapping[Cell, int]) -> bool:
        """Whether almost each row has a text of its own; of a few rows only sentences prove that."""
        rows = sum(left.values())
        own = len(left) * _NEARLY_ALL[1] >= rows * _NEARLY_ALL[0]
        sentences = sum(count for cell, count in left.items() if is_sentence(cell))
        return own and (rows >= _MANY or sentences * 2 >= rows)

    def _are_numbers_of_patients(self, cells: Sequence[Cell]) -> bool:
        """Whether each value is one patient's, or no two rows share one: a chart number or a count of rows."""
        patients = self.table.texts("patient_id" if "patient_id" in self.table.match.columns else "patient")
        pairs = {(text(cell), who) for cell, who in zip(cells, patients, strict=True) if text(cell)}
        values, people = {value for value, _ in pairs}, {who for _, who in pairs}
        return len(values) == len(people) == len(pairs) > 2
