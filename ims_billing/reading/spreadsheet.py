"""Any spreadsheet file into raw tables: recognised by content, opened safely, with row numbers as in Excel."""

from __future__ import annotations

import csv
import io
import itertools
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, TypeAlias

import numpy as np

from ims_billing.reading.ahead import opener_of
from ims_billing.reading.code_pages import decode
from ims_billing.reading.opener import MOST_CELLS, decoded, received, restored
from ims_billing.vocabulary.cells import Cell
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.spelling import counted

Flags: TypeAlias = np.ndarray[tuple[int], np.dtype[np.bool_]]
# Asked for the name of a file, gives its password, or None where there is nobody to ask.
AskPassword: TypeAlias = Callable[[str, bool], str | None]

_DELIMITERS = ",;\t|"
_MOST_LINES = 5_000_000  # five times what a sheet of Excel holds
_TRIES = 3
# So much of a text file is taken in at once: more rows than the processor keeps at hand take twice as long.
_ROWS_AT_ONCE, _CHARACTERS_AT_ONCE = 1_000, 100_000

_SAVE_AGAIN = "Open it in Excel and save it again as .xlsx."
_QUOTE = "a quotation mark near line {} opens a cell and is not closed. Fix it, or save the file as .xlsx."
_REASONS = {
    "damaged": f"the workbook is damaged or is no workbook that can be read. {_SAVE_AGAIN}",
    "too-large": "it is too large, or says that it is. Delete the empty rows and columns beyond the table, or "
    "export it month by month.",
    "no-spreadsheet": "this is not a spreadsheet. Export the sessions as .xlsx or .csv.",
    "password-needed": "it is protected by a password. Run the command in a terminal, which asks for it, or set "
    "IMS_BILLING_PASSWORD.",
    "password-wrong": "the password is wrong.",
}
_KINDS = {
    "xlsx": "an Excel workbook (.xlsx)",
    "xlsb": "a binary Excel workbook (.xlsb)",
    "xls": "an old Excel workbook (.xls)",
    "ods": "an OpenDocument spreadsheet (.ods)",
    "html": "a web page with a table",
    "csv": "a text file",
}
_ENDINGS = {"xlsx": ("xlsx", "xlsm"), "html": ("html", "htm"), "csv": ("csv", "tsv", "txt")}


@dataclass(frozen=True)
class RawTable:
    """The cells of one sheet.

    sheet: its name; empty for a text file
    first_row, first_column: where its corner stands, rows from 1 and columns from 0
    height: how many rows it has
    columns: the cells of each column, filled up with blanks to the full height
    hidden_rows: how many of its rows are hidden
    is_text: True for a text file
    hidden: True where the sheet itself is hidden
    widths: how many cells each line of a text file has; empty for other files
    merged: the cells merged over several rows: first and last row, and column, as positions
    struck: the cells whose text is struck out: row and column, as positions
    notes: the cells with a note: row and column, as positions, and its text
    """

    sheet: str
    first_row: int
    first_column: int
    height: int
    columns: list[list[Cell]]
    hidden_rows: int = 0
    is_text: bool = False
    hidden: bool = False
    widths: tuple[int, ...] = ()
    merged: tuple[tuple[int, int, int], ...] = ()
    struck: tuple[tuple[int, int], ...] = ()
    notes: tuple[tuple[int, int, str], ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """A clause for the screen where hidden rows were read."""
        were = "was" if self.hidden_rows == 1 else "were"
        return (f"{counted(self.hidden_rows, 'hidden row')} {were} read too",) if self.hidden_rows else ()

    def row(self, position: int) -> list[Cell]:
        """The cells of one row."""
        return [column[position] for column in self.columns]

    def letters(self, column: int) -> str:
        """A column by its position, as Excel names it: A, AB."""
        letters, number = "", self.first_column + column + 1
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(65 + rest) + letters
        return letters

    def filled_in(self, column: int) -> Flags:
        """Which rows have something in a column."""
        cells: list[Any] = self.columns[column]
        if self.is_text and all(map(str.strip, cells)):
            return np.ones(len(cells), dtype=bool)
        return np.array([cell != "" and (type(cell) is not str or not cell.isspace()) for cell in cells], dtype=bool)


@dataclass(frozen=True)
class Opened:
    """A file's tables, and what a person should know of the file."""

    tables: list[RawTable]
    remarks: tuple[str, ...]


def open_spreadsheet(name: str, content: bytes, ask: AskPassword) -> Opened:
    """The tables of a file, whose kind is recognised by content and never by its ending.

    Raises BillingError, with what to do next, where it cannot be read.
    """
    kind = _kind(content)
    if kind == "nothing":
        raise BillingError(f"{name}: the file is empty.")
    if kind == "no-spreadsheet":
        raise BillingError(f"{name}: {_REASONS[kind]}")
    if kind == "xml":
        raise BillingError(f"{name}: this is XML, not a workbook as Excel writes it today. {_SAVE_AGAIN}")
    if kind == "csv":
        text = decode(content)
        remarks = (text.remark,) if text.remark else ()
        return Opened([_text(name, text.text)], (*_remark(name, kind), *remarks))
    tables, real_kind = _ask_and_open(name, content, kind, ask)
    return Opened(tables, _remark(name, real_kind))


def _kind(content: bytes) -> str:
    """The kind of a file by its first bytes; the opener tells the kinds of zip and OLE files apart."""
    if not content.strip(b"\0"):
        return "nothing"
    if content.startswith(b"PK\x03\x04"):
        return "zip"
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return "ole"
    if content.startswith((b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")):
        return "xls"
    head = decoded(content[:4096] + b"  ").lstrip("\ufeff \t\r\n").lower()
    if head.startswith(("<!doctype html", "<html", "<table", "<head", "<meta", "<style", "<body", "<div", "<center")):
        return "html"
    if head.startswith("<?xml"):
        return "html" if "<html" in head or "<table" in head else "xml"
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff")) or "\0" not in head
    if content.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc", b"\x1f\x8b", b"{\\rtf")):
        return "no-spreadsheet"
    if not utf16 and (b"\x00" in content or _share_of_controls(content) > 0.05):
        return "no-spreadsheet"
    return "csv"


def _share_of_controls(content: bytes) -> float:
    head = content[:4096]
    return sum(byte < 32 and byte not in b"\t\r\n\f" for byte in head) / len(head)


def _remark(name: str, kind: str) -> tuple[str, ...]:
    """Says what a file is, where its ending says something else."""
    ending = name.rpartition(".")[2].lower()
    if ending in _ENDINGS.get(kind, (kind,)):
        return ()
    return (f"{name} is really {_KINDS.get(kind, kind)}",)


def _ask_and_open(name: str, content: bytes, kind: str, ask: AskPassword) -> tuple[list[RawTable], str]:
    password = None
    for attempt in range(_TRIES + 1):
        reason, tables, real_kind = _open(content, kind, password)
        if reason not in ("password-needed", "password-wrong") or attempt == _TRIES:
            break
        password = ask(name, reason == "password-wrong")
        if password is None:
            break
    if reason:
        raise BillingError(f"{name}: {_REASONS.get(reason, _REASONS['damaged'])}")
    return tables, real_kind


def _open(content: bytes, kind: str, password: str | None) -> tuple[str, list[RawTable], str]:
    """Has the opener read the file: the reason why not, else the tables and what the file is."""
    with opener_of(content, kind, password) as opener:
        try:
            return _answer(opener.answer, kind)
        except (EOFError, ValueError, TypeError, KeyError, StopIteration):
            return "too-large" if opener.is_late else "damaged", [], kind


def _answer(sent: IO[bytes] | None, kind: str) -> tuple[str, list[RawTable], str]:
    """Takes in what the opener sends, while it sends; raises one of several errors where that is cut short."""
    if sent is None:
        raise EOFError
    source = received(sent)
    head = next(source)
    if "refused" in head:
        return str(head["refused"]), [], kind
    return "", [_received(source, sheet) for sheet in head["sheets"]], str(head["kind"])


def _received(source: Iterator[Any], sheet: dict[str, Any]) -> RawTable:
    columns: list[list[Cell]] = []
    for _ in range(sheet["width"]):
        has_days, cells = next(source)
        if has_days:
            once: dict[Any, Cell] = {}
            cells = [
                (once[cell] if cell in once else once.setdefault(cell, restored(cell))) if type(cell) is tuple else cell
                for cell in cells
            ]
        columns.append(cells)
    return RawTable(
        sheet["name"],
        sheet["first_row"],
        sheet["first_column"],
        sheet["height"],
        columns,
        sheet["hidden_rows"],
        hidden=sheet["hidden"],
        merged=tuple(sheet["merged"]),
        struck=tuple(sheet["struck"]),
        notes=tuple(sheet["notes"]),
    )


def _text(name: str, text: str) -> RawTable:
    delimiter = max(_DELIMITERS, key=lambda mark: _columns(text, mark))
    rows: list[list[str]] = []
    columns = _Columns()
    broken: list[tuple[int, list[str]]] = []  # the rows of more than one line, with the line each begins on
    width = lines = 0
    blank: list[str] = []
    try:
        reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
        for count, row in enumerate(reader, start=1):
            if reader.line_num > lines + 1:
                broken.append((lines + 1, row))
            lines = reader.line_num
            rows.append(row if any(row) else blank)
            width = max(width, len(row))
            if count > _MOST_LINES or (width * count > MOST_CELLS and width > 100):
                raise BillingError(f"{name}: {_REASONS['too-large']}")
            if len(rows) == _ROWS_AT_ONCE:
                columns.add(rows)
                rows = []
    except csv.Error as error:
        if "limit" in str(error):
            raise BillingError(f"{name}: a cell near line {lines + 1} is too long to be one. {_SAVE_AGAIN}") from error
        raise BillingError(f"{name}: {_QUOTE.format(lines + 1)}") from error
    columns.add(rows)
    if broken:
        usual = statistics.mode(width for width in columns.widths if width)
        for line, row in broken:
            if _swallows(row, delimiter, usual):
                raise BillingError(f"{name}: {_QUOTE.format(line)}")
    cells = columns.cells
    if '="' in text:
        cells = [list(map(_unwrapped, column)) for column in cells]
    return RawTable("", 1, 0, len(columns.widths), cells, is_text=True, widths=tuple(columns.widths))


class _Columns:
    """The columns of a text file, filled some rows at a time: a million rows at once take twice the memory."""

    def __init__(self) -> None:
        self.cells: list[list[Any]] = []
        self.widths: list[int] = []
        # A million rows say the same few things: each is kept once.
        self._kept: list[dict[str, str]] = []

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        """Takes rows in below the others; a row or a column that is shorter is filled up with blanks."""
        width = max(map(len, rows), default=0)
        for _ in range(len(self.cells), width):
            self.cells.append([""] * len(self.widths))
            self._kept.append({})
        blanks = ([""] * len(rows) for _ in range(width, len(self.cells)))
        columns = itertools.chain(itertools.zip_longest(*rows, fillvalue=""), blanks)
        for cells, kept, new in zip(self.cells, self._kept, columns, strict=True):
            # A column of ids says something else in each row: there is nothing to keep for the next.
            is_of_ids = len(kept) * 2 > len(cells) >= _ROWS_AT_ONCE
            cells.extend(new if is_of_ids else map(kept.setdefault, new, new))
        self.widths.extend(map(len, rows))


def _lines(text: str) -> Iterator[str]:
    """The lines of a text, each with its end. A stream of all of it takes four bytes for each character."""
    begin = 0
    while begin < len(text):
        end = text.find("\n", begin + _CHARACTERS_AT_ONCE) + 1 or len(text)
        yield from io.StringIO(text[begin:end], newline="")
        begin = end


def _swallows(row: list[str], delimiter: str, usual: int) -> bool:
    """Whether a cell of several lines holds lines of the table: its quotation mark was closed too late.

    It does where one of its lines has as many separators as a row of the table (`usual` cells), or where its first
    line ends a whole row or its last line begins one.
    """
    for place, cell in enumerate(row):
        lines = re.split(r"\r\n|\r|\n", cell)
        if len(lines) < 2 or delimiter not in cell:
            continue
        first, last = lines[0].count(delimiter), lines[-1].count(delimiter)
        # A cell without a separator in its first line ends the row in the last column, whatever it says.
        ends = first > 0 and place + first + 1 == usual
        begins = last > 0 and last + len(row) - place == usual and (place > 0 or last > 1)
        if ends or begins or any(line.count(delimiter) >= max(2, usual - 1) for line in lines):
            return True
    return False


def _unwrapped(cell: str) -> str:
    """Programs write ="01234" so that Excel keeps the zero; the text is what is inside."""
    return cell[2:-1] if len(cell) > 2 and cell.startswith('="') and cell.endswith('"') else cell


def _columns(text: str, delimiter: str) -> float:
    """How many columns the top of the text has, were this the delimiter."""
    lines = io.StringIO(text[:50_000], newline="")
    try:
        rows = itertools.islice(csv.reader(lines, delimiter=delimiter), 40)
        widths = [len(row) for row in rows if row]
    except csv.Error:
        return 0
    return statistics.median_high(widths) if widths else 0
