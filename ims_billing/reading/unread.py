"""The columns of a table that its layout does not know, and whether what stands in them could change a claim."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ims_billing.reading.column_judge import Judge
from ims_billing.reading.policy_terms import may_speak_of_the_end
from ims_billing.reading.table import Table
from ims_billing.reading.unread_cells import doubts_of_rows
from ims_billing.vocabulary.cells import Cell, text, word_of
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.intake import FileRead, LooksLike, UnreadColumn
from ims_billing.vocabulary.spelling import heading, heading_words

ALL_ATTENDED = "There is no status column: every row is read as a visit that took place."
_LOOKS_LIKE: dict[LooksLike | None, str] = {
    "patients": "numbers of patients: the same one on several days, and a session has its own",
    "statuses": "statuses, or the state of a claim",
    "claims": "numbers of claims: what an insurer answered to what was sent to it",
    "yes-or-no": "yes or no: whether a visit took place, or was billed",
    "marks": "marks: whether a visit took place, or was billed",
    "days": "days: of sending, or of an accident",
    "accidents": "an accident, which ICBC or WorkSafeBC pays for before any plan",
    "insurers": "insurers, and not those in the insurer column",
    "practitioners": "practitioners, and not those in the practitioner column",
    "locations": "the locations that are billed here",
    "amounts": "amounts",
    "words": "a status, a practitioner or an insurer",
}


def unread_columns(
    table: Table, *, of_visits: bool, misread: Collection[int] = frozenset()
) -> tuple[UnreadColumn, ...]:
    """The columns with something in their cells that the table's layout does not know, in the order of the sheet.

    A column that a practice system's layout passes over is no longer one of them where a cell of it holds its row.
    In a table `of_visits` each is judged by its cells, and a row that such a cell could keep from being claimed is
    noted as ``unreadable-cell``. A list of clients or policies only adds numbers: of its other columns only those that
    may say that a policy has ended change a claim. Columns that are `misread` as session ids number patients.
    """
    match = table.match
    if not len(table):
        return ()
    read, header = set(match.columns.values()), match.table.row(match.header)
    judge = Judge(table)
    columns = []
    # Cells of a text file beyond its header line are a line's own fault, and are noted there.
    width = match.table.widths[match.header] if match.table.is_text else len(match.table.columns)
    for number in range(width):
        if number in read:
            continue
        name = text(header[number]) if number < len(header) else ""
        cells = table.cells(number)
        if not (name or any(text(cell) for cell in cells)):
            continue
        looks_like: LooksLike | None
        passed_over = match.passes_over(number)
        doubts = doubts_of_rows(judge, name, match.letters(number), cells, passed_over=passed_over) if of_visits else ()
        for doubt in doubts:
            table.note(doubt.position, doubt.field, "unreadable-cell", doubt.message)
        if passed_over:
            looks_like, example = None, ""
            if doubts:
                continue
        elif number in misread:
            looks_like, example = "patients", ""
        else:
            looks_like, example = judge.looks_like(name, cells) if of_visits else _of_a_list(table, name, cells)
        column = UnreadColumn(name, match.letters(number), table.sheet, looks_like, example)
        columns.append(column)
        if looks_like is not None and of_visits:
            _hold(table, column, cells)
    return tuple(columns)


def _of_a_list(table: Table, name: str, cells: Sequence[Cell]) -> tuple[LooksLike | None, str]:
    """Whether an unread column of a list of policies may say that one has ended, or that it is a list of what is owed.

    Other lists say nothing of either.
    """
    read_by = table.match.read_by
    if read_by.id != "policies" or heading(name) in read_by.ignored:
        return None, ""
    if {*heading_words(name)} & {word_of(word) for word in table.rules.policy_status.owed}:
        return "amounts", ""
    return ("statuses" if may_speak_of_the_end(name, cells, table.rules.policy_status) else None), ""


def _hold(table: Table, column: UnreadColumn, cells: Sequence[Cell]) -> None:
    """Notes the rows with something in a column that could change a claim; a blank is an answer to yes or no too."""
    message = described(column)
    for position, cell in enumerate(cells):
        if text(cell) or column.looks_like in ("yes-or-no", "marks"):
            table.note(position, "unmapped", "unreadable-cell", message)


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
    lines += [f"  {file.file}: {_named(column)}. {_looks(column)}." for file, column in refused]
    if len(headings) < len({column.heading or column.place for _, column in refused}):
        lines.append("A column without a heading needs one first.")
    if headings and not setup.endswith(".toml") and setup:
        lines.append(f"Say in {setup}, sheet Columns, what each stands for, or ignore: {shown}.")
    elif headings:
        lines += [
            f"Say in {setup} what each is, or that it says nothing about a claim:",
            "  [[layout]]",
            '  name = "my-program"',
            f'  headings = {{ "{headings[0]}" = "Status" }}   # or "Billed", "Tax", "Patient ID", "Accident Date", ...',
            "or, under [clinic]:",
            f"  ignore = [{shown}]",
        ]
    raise BillingError("\n".join(lines))


def described(column: UnreadColumn) -> str:
    """What to do about an unread column that could change a claim, in words, and what its cells look like."""
    if column.looks_like == "patients":
        return f"{_named(column)} is no Session ID: choose what it is, or ignore (sheet Columns). {_looks(column)}."
    do = "choose what it is" if column.heading else "give it a heading, then choose what it is"
    return f"{_named(column)} is not in the clinic setup: {do}, or ignore (sheet Columns). {_looks(column)}."


def _named(column: UnreadColumn) -> str:
    """An unread column by its heading, and where it stands."""
    place = f"{column.sheet}, {column.place}" if column.sheet else column.place
    return f'Column "{column.heading}" ({place})' if column.heading else f"A column without a heading ({place})"


def _looks(column: UnreadColumn) -> str:
    example = f' ("{column.example}")' if column.example else ""
    return f"Its cells look like {_LOOKS_LIKE[column.looks_like]}{example}"
