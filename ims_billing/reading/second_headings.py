"""A second row of headings in a table, whose columns stand in another order: what is below it would be misread."""

from __future__ import annotations

from collections import Counter

from ims_billing.reading.layout import could_be_header
from ims_billing.reading.table import Table
from ims_billing.vocabulary.cells import Cell, text
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.spelling import heading

# Columns in which few words repeat, or that every list has: a row of headings has a heading in two of them.
_LOOKED_AT = ("practitioner", "service_name", "item", "insurer", "payer", "reason", "patient", "claim")
_COLUMNS = 2
# From how many headings on, and from what share of its cells, a row is one of headings.
_HEADINGS, _SHARE = 3, 0.6


def refuse_other_headings(table: Table, file: str) -> None:
    """Raises BillingError where a row below the header has headings that are read, and one in another column."""
    match = table.match
    fields = match.read_by.fields
    columns = [match.columns[name] for name in _LOOKED_AT if name in match.columns][:_COLUMNS]
    rows = {aside.row - match.table.first_row for aside in table.asides}
    for column in columns:
        named = {cell for cell in table.own.distinct(column) if isinstance(cell, str) and heading(cell) in fields}
        if named:
            cells = zip(table.own.positions, table.cells(column), strict=True)
            rows |= {position for position, cell in cells if cell in named}
    for position in sorted(rows):
        if moved := _moved(table, match.table.row(position)):
            raise BillingError(
                f"{file}{f', {table.sheet}' if table.sheet else ''}, row {match.row(position)}: a second row of "
                f'headings, where "{moved}" stands in another column than in row {match.row(match.header)}. Put the '
                "columns below it in the order of those above, or save them as a file of their own."
            )


def _moved(table: Table, row: list[Cell]) -> str:
    """A heading of a row of headings that stands in another column than the table's own; empty where none does."""
    filled = [cell for cell in row if text(cell)]
    places = {
        column: field
        for column, cell in enumerate(row)
        if isinstance(cell, str) and (field := table.match.read_by.fields.get(heading(cell)))
    }
    if len(places) < max(_HEADINGS, _SHARE * len(filled)) or not could_be_header(row):
        return ""
    times = Counter(places.values())
    for column, field in places.items():
        if times[field] == 1 and table.match.columns.get(field, column) != column:
            return text(row[column])
    return ""
