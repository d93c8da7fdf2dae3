"""A workbook's bytes: on any day the same for the same content, its rows written as text and not cell by cell."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from itertools import chain, islice, repeat
from pathlib import Path, PurePath
from typing import Any, TypeAlias

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.writer.excel import ExcelWriter

from ims_billing.workbooks.cell_text import LONGEST, are_plain, cell_text, escaped

Value: TypeAlias = str | int | float | dt.date | None

# Days are numbers in a sheet, counted from the last day of 1899 (and 1900 is taken for a leap year).
_DAY_ZERO = dt.date(1899, 12, 30).toordinal()
# What is written otherwise than it reads, or, as blanks at an end, read otherwise than it is written; nothing too.
_TO_ESCAPE = re.compile(r"[&<>_]|^ | $|^$")
_MARKUP = re.compile(r"[&<>]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_IN_AN_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;"})
_TEXT, _TEXT_ENDS = ' t="inlineStr"><is><t>', "</t></is></c>"
_NO_ROWS = (b"<sheetData />", b"<sheetData></sheetData>", b"<sheetData/>")
_CHART_NAME = re.compile(r'name="Chart \d+"')
_ROWS_AT_ONCE = 2_000
# Of zlib's nine: a third of the time of its usual level, for files that are a seventh larger.
_LEVEL = 3


class Rows:
    """The rows of one sheet, from the first on, as the text that stands for them in the workbook.

    openpyxl makes an object of each cell and an element of each object, which takes twenty times as long.
    """

    def __init__(self) -> None:
        self._texts: list[Iterable[str]] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, values: Sequence[Value], styles: Sequence[int], height: float | None = None) -> None:
        """Adds a row, each value in its style by the workbook's number of it; text stays text, whatever it says."""
        self.add_alike([[value] for value in values[: len(styles)]], styles, [height])

    def add_alike(
        self, columns: Sequence[Sequence[Value]], styles: Sequence[int], heights: Sequence[float | None]
    ) -> None:
        """Adds rows by their columns, each column in one style, and the height of each row."""
        self._texts.append(_rows_of(self._count + 1, columns, styles, heights))
        self._count += len(heights)

    def write_to(self, entry: Any) -> None:
        """Writes all rows to a binary file, once: none is kept as text longer than it has to be.

        Some rows are compressed while the next ones are made: zlib holds up no other thread.
        """
        rows = chain.from_iterable(self._texts)
        pieces = iter(lambda: "".join(islice(rows, _ROWS_AT_ONCE)).encode(), b"")
        entry.write(b"<sheetData>" + next(pieces, b""))
        with ThreadPoolExecutor(1) as compressing:
            before: Future[Any] | None = None
            for piece in pieces:
                if before is not None:
                    before.result()
                before = compressing.submit(entry.write, piece)
            if before is not None:
                before.result()
        entry.write(b"</sheetData>")


def _rows_of(
    first: int, columns: Sequence[Sequence[Value]], styles: Sequence[int], heights: Sequence[float | None]
) -> Iterator[str]:
    """The elements of rows: cells that are alike in a column are written out once."""
    numbers = [str(number) for number in range(first, first + len(heights))]
    begins = [f'<c r="{get_column_letter(place)}' for place in range(1, len(columns) + 1)]
    follows = [*begins, "</row>"]
    heads = {
        height: (f'" ht="{height:g}" customHeight="1">' if height is not None else '">') + follows[0]
        for height in set(heights)
    }
    parts: list[Iterable[str]] = [repeat('<row r="'), numbers, map(heads.__getitem__, heights)]
    for values, style, after in zip(columns, styles, follows[1:], strict=False):
        different = dict.fromkeys(values)
        if are_plain(different):
            cells = {value: f'" s="{style}"{_TEXT}{value}{_TEXT_ENDS}{after}' for value in different}
        else:
            cells = {value: f'" s="{style}"{_content(value)}{after}' for value in different}
        parts += [numbers, map(cells.__getitem__, values)]
    yield from map("".join, zip(*parts, strict=False))


def _content(value: Value) -> str:
    """The rest of a cell's element, from its type on."""
    if isinstance(value, str):
        return _text_content(value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "/>"
    if isinstance(value, dt.date):
        return f' t="n"><v>{value.toordinal() - _DAY_ZERO}</v></c>'
    return f' t="n"><v>{value}</v></c>'


# The summary and an insurer's workbook hold the same texts, and most columns few of them.
@lru_cache(maxsize=1 << 14)
def _text_content(value: str) -> str:
    if value.isascii() and value.isprintable() and len(value) <= LONGEST and not _TO_ESCAPE.search(value):
        return f"{_TEXT}{value}{_TEXT_ENDS}"
    text = cell_text(value)
    if not text:
        return "/>"
    kept = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    return f' t="inlineStr"><is><t{kept}>{_MARKUP.sub(_entity, escaped(text))}</t></is></c>'


def _entity(match: re.Match[str]) -> str:
    return _ENTITIES[match[0]]


class _InMemory(WorksheetWriter):
    """Keeps what surrounds the rows of a sheet in memory: openpyxl would make a temporary file of it, and remove it."""

    def __init__(self, sheet: Any) -> None:
        super().__init__(sheet, io.BytesIO())

    def cleanup(self) -> None:
        """There is no file to remove."""


def begin(sheet: Any, links: Sequence[Hyperlink]) -> None:
    """Begins to write a sheet that has all but its rows, and gives it its links, which it takes only now."""
    sheet._writer = _InMemory(sheet)
    sheet._writer.write_top()
    sheet._hyperlinks.extend(links)


def stamped(
    book: Workbook, stamp: dt.date, rows: Mapping[str, Rows] | None = None, alternatives: Sequence[str] = ()
) -> bytes:
    """The workbook's bytes with one day in place of every clock, and with the rows of its sheets by their names.

    `alternatives` say what the charts show, in their order.
    """
    # There are no formulas, so nothing is to be computed when the workbook opens, and nobody is asked to save it.
    book.calculation.fullCalcOnLoad = None
    book.properties.created = book.properties.modified = dt.datetime.combine(stamp, dt.time())
    # Each sheet's place in the package is its number in the workbook.
    places = {f"xl/worksheets/sheet{number}.xml": name for number, name in enumerate(book.sheetnames, start=1)}
    content = io.BytesIO()
    by_place = {place: rows[name] for place, name in places.items() if name in rows} if rows else {}
    archive = _StampedZip(content, by_place, alternatives)
    ExcelWriter(book, archive).save()
    return content.getvalue()


class _StampedZip(zipfile.ZipFile):
    """A zip whose entries all bear the same old date: openpyxl would stamp the time of writing into it."""

    def __init__(self, content: io.BytesIO, rows: Mapping[str, Rows], alternatives: Sequence[str]) -> None:
        super().__init__(content, "w", zipfile.ZIP_DEFLATED, allowZip64=True)
        self._rows, self._alternatives = rows, iter(alternatives)

    def writestr(self, zinfo_or_arcname: Any, data: Any, *args: Any, **kwargs: Any) -> None:
        if "/drawings/drawing" in str(zinfo_or_arcname):
            # openpyxl names its charts, and has no place for what they show.
            text = data.decode() if isinstance(data, bytes) else data
            data = _CHART_NAME.sub(lambda name: f'{name[0]} descr="{self._next_alternative()}"', text)
        super().writestr(self._entry(str(zinfo_or_arcname)), data, *args, **kwargs)

    def _next_alternative(self) -> str:
        return cell_text(next(self._alternatives, "")).translate(_IN_AN_ATTRIBUTE)

    def write(self, filename: Any, arcname: Any = None, *args: Any, **kwargs: Any) -> None:
        entry = self._entry(str(arcname))
        content = filename.getvalue() if isinstance(filename, io.BytesIO) else Path(filename).read_bytes()
        with self.open(entry, "w") as part:
            if entry.filename not in self._rows:
                part.write(content)
                return
            gap = next(mark for mark in _NO_ROWS if mark in content)
            before, after = content.split(gap)
            part.write(before)
            self._rows[entry.filename].write_to(part)
            part.write(after)

    def _entry(self, name: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(PurePath(name).as_posix().lstrip("/"), date_time=(1980, 1, 1, 0, 0, 0))
        entry.compress_type = self.compression
        entry.external_attr = 0o600 << 16
        entry._compresslevel = _LEVEL  # type: ignore[attr-defined]  # public in Python 3.13, by another name
        return entry
