"""Words in unread columns of a remittance that may say of a line that it is no payment: statuses, types, actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ims_billing.clinic.clinic import Clinic
from ims_billing.reading.cell_shapes import day_in, is_a_number_of_somebody, is_part_of_a_day, is_sentence
from ims_billing.reading.statuses import mark
from ims_billing.reading.table import Table
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import Cell, money, text, word_of
from ims_billing.vocabulary.intake import UnreadColumn
from ims_billing.vocabulary.spelling import bare, heading

# From so many lines on, cells of which nearly all differ sort no lines: four in five.
_MANY, _NEARLY_ALL = 6, (4, 5)


def headings_with_doubtful_words(table: Table, unread: Mapping[UnreadColumn, Sequence[Cell]]) -> list[str]:
    """For each line of a remittance, the headings of unread columns whose word may say that it is no payment.

    unread: the columns that no field has, with their cells
    """
    judge, by_line = _Judge(table.clinic), [list[str]() for _ in range(len(table))]
    for column, cells in unread.items():
        if heading(column.heading) in table.match.read_by.ignored:
            continue
        for line in judge.doubtful(column.heading, cells):
            by_line[line].append(column.heading or column.place)
    return [", ".join(headings) for headings in by_line]


@dataclass(frozen=True)
class _Judge:
    """Says which cells of an unread column may say that their line is no payment."""

    clinic: Clinic

    def doubtful(self, name: str, cells: Sequence[Cell]) -> list[int]:
        """The places of these cells under a heading."""
        rules = published()
        harmless = rules.layouts.payers.unread_words.is_harmless(name) or "words" in rules.unread.excused(name)
        distinct = dict.fromkeys(cells)
        otherwise = {cell for cell in distinct if self._says_otherwise(name, cell, harmless=harmless)}
        odd = set() if harmless else {cell for cell in distinct if self._is_unknown(cell)}
        states = [place for place, cell in enumerate(cells) if cell in otherwise]
        unknown = [place for place, cell in enumerate(cells) if cell in odd]
        own = len({cells[place] for place in unknown}) * _NEARLY_ALL[1] >= len(unknown) * _NEARLY_ALL[0]
        # Names of members, say: each line has its own.
        return sorted({*states, *(() if own and len(unknown) >= _MANY else unknown)})

    def _says_otherwise(self, name: str, cell: Cell, *, harmless: bool) -> bool:
        """Whether a cell is the state of a claim that is not paid, or answers so to its heading."""
        words, word = published().layouts.payers.unread_words, word_of(text(cell))
        ticked = not any(map(str.isalnum, text(cell))) and mark(cell) == "yes"
        yes = ticked or word in map(word_of, words.yes)
        if yes or word in map(word_of, words.no):
            affirms = not {*map(word_of, words.affirm)}.isdisjoint(word_of(name).split())
            # "Not paid: yes" and "Paid to member: yes" are states before they are answers.
            to_person = affirms and any(map(published().layouts.payers.is_person, word_of(name).split()))
            if to_person or published().layouts.says_unpaid(name):
                return yes
            return not yes if affirms else not harmless
        if is_sentence(cell) or harmless:
            return word in published().layouts.unpaid or (
                is_sentence(cell) and any(f" {phrase} " in f" {word} " for phrase in self._in_sentences)
            )
        return published().layouts.says_unpaid(word)

    def _is_unknown(self, cell: Cell) -> bool:
        """Whether a cell is a word or two that nothing is known of."""
        written, rules = text(cell), published()
        if not any(map(str.isalpha, written)) or is_sentence(cell) or self._is_number_or_day(cell):
            return False
        if rules.layouts.says_paid(written) or rules.layouts.says_why_less(written):
            return False
        if word_of(written) in self._harmless_cells:
            return False
        answers = rules.layouts.payers.unread_words
        if word_of(written) in map(word_of, (*answers.yes, *answers.no)):
            return False
        names = {bare(name) for name in (self.clinic.name, *self.clinic.block.locations)}
        named = self.clinic.insurer(written) or self.clinic.roster.read(written).named or bare(written) in names
        return not named

    def _is_number_or_day(self, cell: Cell) -> bool:
        """Whether a cell is an amount, a day, a number of somebody, or codes with digits."""
        is_code = all(any(map(str.isdigit, word)) for word in text(cell).split())
        return bool(
            is_code
            or money(cell) is not None
            or is_a_number_of_somebody(cell)
            or is_part_of_a_day(cell)
            or day_in(cell)
        )

    @cached_property
    def _in_sentences(self) -> frozenset[str]:
        """Phrases of no money that say so in a sentence too: those of several words."""
        words = published().layouts.words.remittance["no-money"]
        return frozenset(word_of(phrase) for phrase in words if " " in phrase)

    @cached_property
    def _harmless_cells(self) -> frozenset[str]:
        groups = (group.words for group in published().unread.harmless_cells if not group.together)
        cells = published().layouts.payers.unread_words.cells
        return frozenset(word_of(word) for words in (cells, *groups) for word in words)
