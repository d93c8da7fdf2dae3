"""Marks of the ledger that output files were written from: workbooks bear one as a property, a CSV by its claims."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from ims_billing.vocabulary.model import FileMark

# The name of the property, as File > Info > Properties > Advanced shows it in Excel.
PROPERTY = "ims-billing ledger"
_PART = "docProps/custom.xml"
# Where LibreOffice's own format keeps such properties.
_OPEN_DOCUMENT_PART = "meta.xml"
_LONGEST = 1_000_000


def read_mark(content: bytes) -> FileMark | None:
    """Reads the mark of a workbook; None where it bears none, is of another program, or opens with a password only."""
    text = read_property(content, PROPERTY)
    return None if text is None else _parsed(text)


def read_property(content: bytes, name: str) -> str | None:
    """The text of a workbook's property; None where it has none, or opens with a password only."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if _PART not in parts.namelist() or parts.getinfo(_PART).file_size > _LONGEST:
                return None
            properties = ElementTree.fromstring(parts.read(_PART))
    except (zipfile.BadZipFile, ElementTree.ParseError, OSError, ValueError, NotImplementedError, EOFError):
        return None
    for each in properties:
        if each.get("name") == name:
            return "".join(each.itertext()).strip()
    return None


def is_ours(content: bytes) -> bool:
    """Whether this program wrote a file of claims, whoever saved it since and in which format, or a part of one."""
    if claims_in_csv(content):
        return True
    mark = PROPERTY.encode()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            named = {*parts.namelist()} & {_PART, _OPEN_DOCUMENT_PART}
            return any(mark in parts.read(part) for part in named if parts.getinfo(part).file_size <= _LONGEST)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return mark in content or PROPERTY.encode("utf-16-le") in content


def stamped_on(content: bytes) -> dt.date | None:
    """The day that a workbook of ours is stamped with: that of its batch; None where nothing says it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            core = parts.read("docProps/core.xml").decode("utf-8", "replace")
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, NotImplementedError, EOFError):
        return None
    day = re.search(r"<dcterms:created[^>]*>(\d{4}-\d{2}-\d{2})T", core)
    return dt.date.fromisoformat(day[1]) if day else None


def _parsed(text: str) -> FileMark | None:
    parts = re.fullmatch(r"([0-9a-f]+) (\d{4}-\d{2}) (\d+)(?: ([0-9a-f]+))?", text)
    return FileMark(parts[1], parts[2], int(parts[3]), parts[4] or "") if parts else None


def marked(workbooks: Iterable[Path]) -> Iterator[tuple[Path, FileMark]]:
    """Those workbooks that bear a mark, with it; a file that cannot be read now bears none."""
    for path in workbooks:
        try:
            mark = read_mark(path.read_bytes())
        except OSError:
            continue
        if mark is not None:
            yield path, mark


class ClaimInFile(NamedTuple):
    """A claim as the CSV of its month has it: what tells whether the ledger has the same one."""

    claim: str
    batch: int
    patient: str
    service_date: str


def claims_in_csv(content: bytes) -> list[ClaimInFile]:
    """The claims that the CSV of a month holds; none where it is no CSV of ours."""
    try:
        text = content.decode("utf-8-sig")
        rows = csv.DictReader(io.StringIO(text, newline=""))
        return [ClaimInFile(r["claim"], int(r["batch"]), r["patient"], r["service_date"]) for r in rows]
    except (UnicodeDecodeError, csv.Error, KeyError, ValueError, TypeError):
        return []
