"""The parts of workbooks: columns, tables within a page, single cells, and checks on what is typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from ims_billing.workbooks.package import Value

Kind = Literal["text", "long", "id", "date", "money", "count", "percent"]

FORMATS = {
    "text": "General",
    "long": "General",
    "id": "@",
    "date": "yyyy-mm-dd",
    "money": "#,##0.00",
    "count": "#,##0",
    "percent": "0%",
}


@dataclass(frozen=True)
class Column:
    """A column as a person sees it. Kinds: `id` is text that looks like a number, `long` is text that wraps.

    What is `typed` is for a person to fill in, with `choices` from a list. A `width` of its own, in characters, goes
    before the content's. What is `quiet` is grey and small, and wraps only where it is `long`.
    """

    heading: str
    kind: Kind = "text"
    typed: bool = False
    choices: tuple[str, ...] = ()
    width: float | None = None
    quiet: bool = False


@dataclass(frozen=True)
class Block:
    """A small table within a page: a title, columns, rows, and a line of totals below where there is one.

    `row_height` is for rows that somebody writes in; else they are as high as their text. `chart` shows the numbers of
    one column below the table, as bars that lie (``bar``) or stand (``column``), where there is more than one row; of
    many rows it shows the first `bars`, and `beside` each bar that of another column. `links` has, by row from 0, the
    sheet that its last cell leads to.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    totals: Sequence[Value] = ()
    note: str = ""
    row_height: float | None = None
    chart: tuple[Literal["bar", "column"], int] | None = None
    bars: int = 14
    beside: int | None = None
    links: Mapping[int, str] = field(default_factory=dict)


class Cell(NamedTuple):
    """A single cell: its value, one of the house's looks, and its kind."""

    value: Value
    look: str = "fact"
    kind: Kind = "text"


@dataclass(frozen=True)
class Check:
    """A check and a prompt where somebody types.

    form: 'list', 'date' or 'decimal', as openpyxl names them; 'any' where only the prompt is shown
    allowed: what a list offers, as a formula: words in quotation marks, or a range of cells
    title: what is typed there
    prompt: shown beside the cell once it is chosen
    firm: whether another value is refused, and not only asked about
    bounds: the least and the largest value that pass, as Excel counts days; empty: those of any day or amount
    otherwise: what is shown where another value is typed; empty: the prompt
    """

    form: Literal["list", "date", "decimal", "any"]
    allowed: str = ""
    title: str = ""
    prompt: str = ""
    firm: bool = True
    bounds: tuple[str, str] | None = None
    otherwise: str = ""

    @property
    def choose(self) -> str:
        """Asks for one of the words that a list offers; `allowed` has them in quotes and without blanks, for Excel."""
        words = self.allowed.strip('"').split(",")
        return f"Choose one of: {', '.join(words)}."


# The first and last day, and the largest amount, that a check lets pass: the program's own checks are closer.
_BOUNDS = {"date": ("1", "73050"), "decimal": ("0", "99999")}


class Placed(NamedTuple):
    """A table's sheet, and the row that its first line is in."""

    sheet: Any
    first: int

    def check(self, check: Check, places: Iterable[tuple[int, int]]) -> None:
        """Puts a check on cells, by line and column from 0; nothing where there are none."""
        cells = " ".join(f"{get_column_letter(number + 1)}{self.first + place}" for place, number in places)
        if not cells:
            return
        rule = DataValidation(type=None if check.form == "any" else check.form, sqref=cells, allow_blank=True)
        if check.form in _BOUNDS:
            rule.operator, (rule.formula1, rule.formula2) = "between", check.bounds or _BOUNDS[check.form]
        elif check.form == "list":
            rule.formula1 = check.allowed
        rule.errorStyle = "stop" if check.firm else "warning"
        rule.showErrorMessage = check.form != "any"
        otherwise = check.otherwise or check.prompt or check.choose
        rule.errorTitle, rule.error = check.title[:32], otherwise[:255]
        if check.prompt:
            rule.showInputMessage, rule.promptTitle, rule.prompt = True, check.title[:32], check.prompt[:255]
        self.sheet.data_validations.append(rule)
