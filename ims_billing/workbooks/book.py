"""The house style of every workbook: its sheets, their print setup, its properties; the same bytes on any day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty

from ims_billing.vocabulary.model import FileMark
from ims_billing.workbooks.cell_text import cell_text
from ims_billing.workbooks.content import CONTENT, Content
from ims_billing.workbooks.file_marks import PROPERTY
from ims_billing.workbooks.looks import Looks
from ims_billing.workbooks.package import Value, begin, stamped
from ims_billing.workbooks.page import add_page
from ims_billing.workbooks.paper import print_landscape
from ims_billing.workbooks.parts import Block, Placed
from ims_billing.workbooks.sheet import Sheet
from ims_billing.workbooks.table import Table, add_table


class Book:
    """A workbook in the making; `bytes` ends it.

    title, clinic: who is named in its properties and on each printed page
    stamp: the day that stands for every clock, so that bytes repeat
    mark: which ledger it was written from; a property of the file, on no sheet
    content: takes in what it says outside the typed cells, where the file is to bear a digest of it
    """

    def __init__(
        self, title: str, clinic: str, stamp: dt.date, mark: FileMark | None = None, content: Content | None = None
    ) -> None:
        self._title, self._clinic, self._stamp = title, clinic, stamp
        self._mark, self._content = mark, content
        self._book = Workbook(write_only=True)
        self._looks = Looks(self._book)
        self._sheets: list[Sheet] = []

    def table(self, table: Table) -> Placed:
        """Adds a sheet that is one table. Returns where its rows are, for checks on what is typed there."""
        return add_table(self._new_sheet(table.name), table)

    def page(
        self,
        name: str,
        title: str,
        facts: Sequence[tuple[str, Value]],
        blocks: Sequence[Block],
        lead: Sequence[str] = (),
    ) -> None:
        """Adds a sheet to read: a title, sentences that lead in, a few facts, then small tables."""
        add_page(self._new_sheet(name), title, facts, blocks, lead)

    def _new_sheet(self, name: str) -> Sheet:
        # The stubs do not know what a write-only sheet takes from an ordinary one.
        shell: Any = self._book.create_sheet(name)
        print_landscape(shell)
        shell.page_margins.left = shell.page_margins.right = 0.25
        shell.page_margins.top = shell.page_margins.bottom = 0.7
        shell.oddHeader.left.text = f"{_field(self._clinic[:80])}: {_field(self._title)}"
        shell.oddFooter.left.text = "Confidential: patient information"
        shell.sheet_view.showGridLines = False
        self._sheets.append(Sheet(shell, self._looks, self._content))
        return self._sheets[-1]

    def bytes(self) -> bytes:
        """The finished workbook. The same sheets and stamp give the same bytes, on any day."""
        self._book.properties.title = cell_text(self._title)
        self._book.properties.creator = cell_text(self._clinic)
        if self._mark is not None and self._mark.ledger:
            self._add_property(PROPERTY, self._mark.text())
        if self._content is not None:
            self._add_property(CONTENT, self._content.digest())
        for sheet in self._sheets:
            begin(sheet.shell, sheet.links)
        alternatives = [words for sheet in self._sheets for words in sheet.alternatives]
        return stamped(self._book, self._stamp, {sheet.name: sheet.rows for sheet in self._sheets}, alternatives)

    def _add_property(self, name: str, value: str) -> None:
        self._book.custom_doc_props.append(StringProperty(name=name, value=value))  # type: ignore[attr-defined]


def _field(text: str) -> str:
    """Text within a page header, where an ampersand begins a code."""
    return cell_text(text).replace("\n", " ").replace("&", "&&")
