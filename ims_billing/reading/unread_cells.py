"""Cells of columns that are not read, and what they say of their own rows: settled, another payer, not one visit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ims_billing.reading.column_judge import Judge
from ims_billing.vocabulary.cells import Cell, money, shown, text, word_of
from ims_billing.vocabulary.spelling import heading


class Doubt(NamedTuple):
    """A cell that speaks against the claim of its row: where, the field that a correct value is for, and why."""

    position: int
    field: str
    message: str


def doubts_of_rows(judge: Judge, name: str, place: str, cells: Sequence[Cell], *, passed_over: bool) -> list[Doubt]:
    """What the cells under a heading that is not read say against the claims of their rows.

    judge: knows the rows' insurers
    name, place: the heading, and its column in words
    passed_over: True where the layout of a practice system says that the column changes no claim
    """
    if heading(name) in judge.table.match.read_by.ignored:
        return []
    doubts = list(_not_one_visit(judge, name, place, cells))
    if passed_over:
        doubts += [*_settled(judge, name, place, cells), *_of_another_payer(judge, name, place, cells)]
    return doubts


def _settled(judge: Judge, name: str, place: str, cells: Sequence[Cell]) -> Iterator[Doubt]:
    """The rows that a practice system calls paid or closed, by whomever."""
    words = judge.table.match.read_by.settled.get(heading(name), frozenset())
    for position, cell in enumerate(cells):
        if word_of(text(cell)) in words:
            message = (
                f'{name} ({place}) says "{text(cell)}": it may be paid or billed already. If its insurer is still to '
                "be billed, type no."
            )
            yield Doubt(position, "billed", message)


def _of_another_payer(judge: Judge, name: str, place: str, cells: Sequence[Cell]) -> Iterator[Doubt]:
    """The rows of a plan beside which a column, such as Nookal's Case, names another payer or an accident."""
    if "insurer" not in judge.table.match.columns:
        return
    for position, (cell, own) in enumerate(zip(cells, judge.table.raw("insurer"), strict=True)):
        # "Private" is the kind of a case as often as it says that the patient pays.
        another = judge.names_another_insurer(cell, own) and not judge.clinic.pays_self(text(cell))
        if another or judge.speaks_of_an_accident(cell, own):
            message = (
                f"{name} ({place}) names another insurer than {judge.table.called('insurer')} does, or an accident, "
                "which ICBC or WorkSafeBC pays for before any plan: which insurer pays is not certain."
            )
            yield Doubt(position, "insurer", message)


def _not_one_visit(judge: Judge, name: str, place: str, cells: Sequence[Cell]) -> Iterator[Doubt]:
    """The rows with a quantity of which nobody can say that one visit was sold: 0, -1, 0.5, 2.

    Units are of time as often, and several of them one visit: less than one of them is not.
    """
    counted = judge.rules.counts_visits(name)
    if not counted:
        return
    for position, cell in enumerate(cells):
        amount = money(cell)
        is_odd = (
            amount != 100 and judge.is_filled(cell) if counted == "quantity" else amount is not None and amount < 100
        )
        if is_odd:
            message = (
                f"{name} ({place}) holds {shown(cell)}, which is not one visit: it may be taken back, a part of one or "
                "several. If this row is one visit that is to be billed, type no."
            )
            yield Doubt(position, "billed", message)
