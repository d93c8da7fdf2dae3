"""A process of its own that opens one workbook: a damaged one may take this process down, never the program."""

from __future__ import annotations

import datetime as dt
import gc
import io
import json
import marshal
import sys
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from typing import IO, TYPE_CHECKING, Any, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from ims_billing.reading.error_cells import InWorkbook
    from ims_billing.reading.merged_cells import Span

# More cells than any practice system exports; beyond, a sheet is refused before it fills the memory.
MOST_CELLS = 40_000_000
_MOST_UNPACKED = 1_500_000_000
_BASIC = (str, float, int, bool)
_BASIC_TYPES = frozenset(_BASIC)
_WITHOUT_REFERENCES = 2  # the version of marshal that does not look for equal objects, which takes long
Columns = Sequence[Sequence[Any]]
Sheets = list[tuple[dict[str, Any], Columns]]


class RefusedError(Exception):
    """The file cannot be read; the text is one of the reasons that `spreadsheet` knows."""


def main() -> None:
    """Answers one request, and ends.

    Standard input is a JSON line (password, kind, memory limit) and the file's bytes. Standard output is
    marshalled objects, each after its length: what is wrong, or the sheets, then their columns one by one.
    """
    gc.disable()  # this process ends before there is anything to collect
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    request = json.loads(source.readline())
    _limit_memory(int(request["memory"]))
    respond(source.read(), request["kind"], request["password"], sink)
    sink.flush()


def respond(content: bytes, kind: str, password: str | None, sink: BinaryIO) -> None:
    """Writes what is wrong with a file, or its sheets, as `main` sends it."""
    try:
        _answer(content, kind, password, sink)
    except RefusedError as refused:
        send({"refused": str(refused)}, sink)
    except MemoryError:
        send({"refused": "too-large"}, sink)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:
        # What calamine raises where it panics is no Exception.
        send({"refused": "damaged"}, sink)


def _limit_memory(limit: int) -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    except (ImportError, ValueError, OSError):
        pass  # Windows has no such limit, and macOS does not keep it; sizes and time are limited everywhere


def _answer(content: bytes, kind: str, password: str | None, sink: BinaryIO) -> None:
    """Writes the sheets of a file; raises RefusedError with the reason where it cannot be read."""
    real_kind = kind
    if kind == "ole":
        content, real_kind = _from_ole(content, password)
    if real_kind == "html":
        sheets = _html(content)
    else:
        if content.startswith(b"PK"):
            real_kind = _zip_kind(content)
        sheets = _workbook(content, real_kind)
    send({"kind": real_kind, "sheets": [head for head, _ in sheets]}, sink)
    for _, columns in sheets:
        for column in columns:
            send(_plain(column), sink)


def send(thing: Any, sink: BinaryIO) -> None:
    """Writes one object after its length."""
    packed = marshal.dumps(thing, _WITHOUT_REFERENCES)
    sink.write(len(packed).to_bytes(8, "little"))
    sink.write(packed)


def received(answer: IO[bytes]) -> Iterator[Any]:
    """The objects that `send` wrote, one by one; raises ValueError or EOFError where the answer is cut short."""
    while size := answer.read(8):
        yield marshal.loads(answer.read(int.from_bytes(size, "little")))


def _from_ole(content: bytes, password: str | None) -> tuple[bytes, str]:
    """The workbook in an OLE file and its kind; an encrypted one is decrypted with the password."""
    import msoffcrypto
    import olefile

    if not olefile.isOleFile(content):
        raise RefusedError("damaged")
    with olefile.OleFileIO(io.BytesIO(content)) as ole:
        streams = {name for name in ("Workbook", "Book", "EncryptedPackage") if ole.exists(name)}
        if not streams:
            raise RefusedError("no-spreadsheet")
    office = msoffcrypto.OfficeFile(io.BytesIO(content))
    if not office.is_encrypted():
        return content, "xls"
    if password is None:
        raise RefusedError("password-needed")
    opened = io.BytesIO()
    try:
        office.load_key(password=password)
        office.decrypt(opened)
    except Exception as error:
        # The library has several ways to say that a password is wrong; all of them end here.
        raise RefusedError("password-wrong") from error
    return opened.getvalue(), "xls" if "EncryptedPackage" not in streams else "xlsx"


def _zip_kind(content: bytes) -> str:
    """Which spreadsheet a zip file is; raises RefusedError for damage that calamine would pass over."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_UNPACKED:
                raise RefusedError("too-large")
            if "xl/workbook.xml" in names:
                return "xlsx"
            if "xl/workbook.bin" in names:
                return "xlsb"
            if "content.xml" in names:
                return "ods"
    except zipfile.BadZipFile as error:
        raise RefusedError("damaged") from error
    # Some programs name the parts in capitals or with backslashes; calamine knows more of them than we do.
    if any(name.lower().replace("\\", "/").endswith(("workbook.xml", "workbook.bin")) for name in names):
        return "xlsx"
    raise RefusedError("no-spreadsheet")


def _workbook(content: bytes, kind: str) -> Sheets:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    # Unpacking the sheets to look for errors leaves the other processor to calamine.
    looking = ThreadPoolExecutor(1).submit(_errors, content, kind)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        merged = _merged(content, kind)
        sheets: Sheets = []
        for meta in workbook.sheets_metadata:
            if meta.typ != SheetTypeEnum.WorkSheet:
                continue
            sheet = workbook.get_sheet_by_name(meta.name)
            rows: list[list[Any]] = []
            top = left_edge = 0
            if sheet.start is not None and sheet.end is not None:
                (top, left_edge), (bottom, right) = sheet.start, sheet.end
                if (bottom - top + 1) * (right - left_edge + 1) > MOST_CELLS:
                    raise RefusedError("too-large")
                rows = sheet.to_python(skip_empty_area=True)
            left = looking.result()
            for (row, column), error in left.errors.get(meta.name, {}).items():
                if 0 <= row - top < len(rows) and 0 <= column - left_edge < len(rows[row - top]):
                    rows[row - top][column - left_edge] = error
            head: dict[str, Any] = {
                "name": meta.name,
                "first_row": top + 1,
                "first_column": left_edge,
                "height": len(rows),
            }
            columns = list(zip(*rows, strict=False))
            del rows
            head |= {"hidden_rows": left.hidden.get(meta.name, 0), "width": len(columns)}
            head["struck"] = [(row - top, column - left_edge) for row, column in left.struck.get(meta.name, ())]
            head["notes"] = [
                (row - top, column - left_edge, words) for row, column, words in left.notes.get(meta.name, ())
            ]
            head["hidden"] = meta.visible != SheetVisibleEnum.Visible
            spans = merged.get(meta.name) or sheet.merged_cell_ranges or ()
            head["merged"] = [
                (first - top, last - top, column - left_edge) for (first, column), (last, _) in spans if last > first
            ]
            sheets.append((head, columns))
    except PasswordError as error:
        raise RefusedError("password-needed") from error
    except CalamineError as error:
        raise RefusedError("damaged") from error
    return sheets


def _errors(content: bytes, kind: str) -> InWorkbook:
    from ims_billing.reading import error_cells

    if kind == "xls":
        return error_cells.InWorkbook(error_cells.in_xls(content), {}, {}, {})
    if kind in ("xlsx", "xlsb"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                if kind == "xlsx":
                    return error_cells.in_xlsx(archive)
                return error_cells.InWorkbook(error_cells.in_xlsb(archive), {}, {}, {})
        except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError) as error:
            raise RefusedError("damaged") from error
    return error_cells.InWorkbook({}, {}, {}, {})


def _merged(content: bytes, kind: str) -> dict[str, list[Span]]:
    """The merged cells of the kinds of workbook in which calamine finds none."""
    if kind not in ("ods", "xlsb"):
        return {}
    from ims_billing.reading import merged_cells

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return merged_cells.in_ods(archive) if kind == "ods" else merged_cells.in_xlsb(archive)


def _plain(column: Sequence[Any]) -> Any:
    """A column that marshal can write: days and times as tuples, and whether there are any."""
    if set(map(type, column)) <= _BASIC_TYPES:
        return (False, column)
    once: dict[Any, Any] = {}
    return (
        True,
        [
            cell if type(cell) in _BASIC_TYPES else once[cell] if cell in once else once.setdefault(cell, _cell(cell))
            for cell in column
        ],
    )


def _cell(cell: Any) -> Any:
    if isinstance(cell, dt.datetime):
        return ("datetime", cell.isoformat())
    if isinstance(cell, dt.date):
        return ("date", cell.isoformat())
    if isinstance(cell, dt.time):
        return ("time", cell.isoformat())
    if isinstance(cell, dt.timedelta):
        return ("timedelta", cell.total_seconds())
    return cell if isinstance(cell, _BASIC) else ""


def restored(cell: Any) -> Any:
    """A cell as it was before `_plain`."""
    if not isinstance(cell, tuple):
        return cell
    kind, value = cell
    if kind == "timedelta":
        return dt.timedelta(seconds=value)
    of_iso: dict[str, Any] = {"datetime": dt.datetime, "date": dt.date, "time": dt.time}
    return of_iso[kind].fromisoformat(value)


class _Spanned(NamedTuple):
    """A cell of an HTML table, and how many columns and rows it covers."""

    text: str
    wide: int
    high: int


def _span(written: str | None) -> int:
    return min(int(written), 1000) if written and written.isdigit() and int(written) else 1


def _laid_out(rows: Sequence[Sequence[_Spanned]]) -> tuple[list[list[str]], list[tuple[int, int, int]]]:
    """The texts of a table's cells, each in its column, and the cells that reach down over several rows."""
    texts: list[list[str]] = []
    merged: list[tuple[int, int, int]] = []
    covered: dict[int, int] = {}  # the last row that a cell above covers, by column
    for row, cells in enumerate(rows):
        line: list[str] = []
        for cell in cells:
            while covered.get(len(line), -1) >= row:
                line.append("")
            if cell.high > 1:
                last = min(row + cell.high, len(rows)) - 1
                merged.append((row, last, len(line)))
                covered.update(dict.fromkeys(range(len(line), len(line) + cell.wide), last))
            line.extend([cell.text, *[""] * (cell.wide - 1)])
        texts.append(line)
    return texts, merged


class _Tables(HTMLParser):
    """The tables of an HTML page, as programs write it under the name of a workbook."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[_Spanned]]] = []
        self._open: list[list[list[_Spanned]]] = []
        self._cell: list[str] | None = None
        self._wide = self._high = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._open.append([])
            self.tables.append(self._open[-1])
        elif tag == "tr" and self._open:
            self._open[-1].append([])
        elif tag in ("td", "th") and self._open:
            self._end_cell()
            if not self._open[-1]:
                self._open[-1].append([])
            self._wide, self._high = (_span(dict(attrs).get(name)) for name in ("colspan", "rowspan"))
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr"):
            self._end_cell()
        elif tag == "table" and self._open:
            self._end_cell()
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is not None and self._open and self._open[-1]:
            text = "".join(self._cell).strip()
            self._open[-1][-1].append(_Spanned(text, self._wide, self._high))
        self._cell = None


def _html(content: bytes) -> Sheets:
    parser = _Tables()
    parser.feed(decoded(content))
    parser.close()
    sheets: Sheets = []
    for number, spanned in enumerate(parser.tables, start=1):
        rows, merged = _laid_out(spanned)
        width = max((len(row) for row in rows), default=0)
        if width * len(rows) > MOST_CELLS:
            raise RefusedError("too-large")
        filled = [[*row, *[""] * (width - len(row))] for row in rows]
        head = {"name": f"table {number}", "first_row": 1, "first_column": 0, "height": len(rows)}
        columns = [list(column) for column in zip(*filled, strict=True)]
        sheets.append(
            (
                {
                    **head,
                    "hidden_rows": 0,
                    "hidden": False,
                    "merged": merged,
                    "struck": [],
                    "notes": [],
                    "width": width,
                },
                columns,
            )
        )
    return sheets


def decoded(content: bytes) -> str:
    """The text of a file, by its code page."""
    from ims_billing.reading.code_pages import decode

    return decode(content).text
