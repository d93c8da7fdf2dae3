"""One sheet of a workbook in the making: its rows, columns and links, and its part of the workbook's digest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink

from ims_billing.workbooks.content import Content
from ims_billing.workbooks.looks import Looks
from ims_billing.workbooks.package import Rows, Value


class Sheet:
    """A sheet whose rows are written as text, and all else by openpyxl.

    shell: openpyxl's sheet, which has no rows
    looks: of the workbook, for the rows
    content: takes in what the rows say, where the workbook bears a digest of it
    """

    def __init__(self, shell: Any, looks: Looks, content: Content | None) -> None:
        self.shell, self.looks, self._content = shell, looks, content
        self.name: str = shell.title
        self.rows = Rows()
        self.links: list[Hyperlink] = []
        # The charts in words, in their order, for readers who cannot see them.
        self.alternatives: list[str] = []

    def column(self, number: int) -> Any:
        """openpyxl's column by its number from 0, for its width and format."""
        return self.shell.column_dimensions[get_column_letter(number + 1)]

    def add(self, values: Sequence[Value], looks: Sequence[int], height: float | None = None) -> None:
        """Adds a row, each value in its look, and takes in what it says."""
        self.rows.add(values, looks, height)
        self.take_in([[value] for value in values])

    def take_in(self, columns: Sequence[Sequence[Value]], left_out: Collection[int] = ()) -> None:
        """Takes in what rows say, by their columns, but for the columns that somebody types in."""
        if self._content is not None:
            self._content.add_columns(self.name, columns, left_out)
