"""The practitioner of each row, where a heading row above the sessions names one."""

from __future__ import annotations

import re

from ims_billing.reading.table import Table
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import text
from ims_billing.vocabulary.spelling import heading


def people_above(table: Table) -> list[str]:
    """By position, what the last heading row above the row says; empty where there is none.

    A heading row is one that is no session and has one cell, or a word such as Practitioner and one beside it. One
    that names nobody of the roster counts too: its sessions are held, and never the practitioner's before it. A line
    of totals ends no part.
    """
    match = table.match
    called = {heading(name) for name in published().layouts.layout["sessions"].headings["practitioner"]}
    skipped = {aside.row for aside in table.asides if "total" not in aside.reason and "header" not in aside.reason}
    own = {row: position for position, row in enumerate(table.places)}
    people, last = [""] * len(table), ""
    for at in range(match.header + 1, match.table.height):
        row = match.row(at)
        if row in own:
            people[own[row]] = last
        elif row in skipped:
            cells = [written for cell in match.table.row(at) if (written := text(cell))]
            label, _, rest = cells[0].partition(":")
            if rest.strip() and heading(label) in called:
                cells[:1] = [rest.strip()]
            elif len(cells) > 1 and heading(label) in called:
                cells = cells[1:]
            named = table.clinic.roster.read(cells[0]).named
            if named is not None or (len(cells) == 1 and not re.search(r"\d", cells[0])):
                last = cells[0]
    return people
