"""How a remittance's file is read: amounts under headings that nobody knows, pages on sheets, lines of totals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font

from ims_billing.reading.remittances import read_remittances
from ims_billing.vocabulary.identifiers import has_lost_digits
from tests.practice import practice
from tests.test_layouts import book, csv

HEAD = ["Our Reference", "Service Date", "Paid", "Payment Date"]
LINE = ["2026-10-SUNL-0001", "2026-10-05", "80.00", "2026-11-10"]
# A column that nobody reads, beside $80.00 paid: its cell, and whether it may change what was paid.
BESIDE: list[tuple[str, str, bool]] = [
    *((heading, "100.00", True) for heading in (
        "Paid to Provider", "Plan Pays", "Paid By Plan", "Provider Payment", "Group Plan Paid", "Line Paid", "Payable",
        "Paid This Visit", "Plan Adjustment",
    )),
    ("Paid to Provider", "80.00", False), ("Plan Pays", "80.00", False), ("Provider Withholding", "-10.00", True),
    ("Paid to Plan Member", "80.00", True), ("Plan Member Paid", "80.00", True), ("Paid to Plan Member", "0.00", False),
    ("Provider", "12.50", False), ("Plan", "101", False), ("Payment Count", "3", False), ("Line", "2", False),
    ("Visit", "2", False), ("Approved Amount", "100.00", False), ("Amount Eligible", "100.00", False),
]  # fmt: skip


def lines(folder: Path, *table: Sequence[Any]) -> list[str]:
    """For each line of a remittance, the unread columns that may change what was paid."""
    rows, _ = read_remittances([csv(folder, table)], practice(folder))
    return list(rows["unread_money"])


@pytest.mark.parametrize(("heading", "cell", "money"), BESIDE)
def test_an_amount_under_another_heading_may_change_what_was_paid(
    tmp_path: Path, heading: str, cell: str, *, money: bool
) -> None:
    assert lines(tmp_path, [*HEAD, heading], [*LINE, cell]) == [heading if money else ""]


# Words in a column that nobody reads: its heading, the cell, and whether the line may be no payment.
WORDS: list[tuple[str, str, bool]] = [
    *((heading, cell, True) for heading in ("Claim Status", "Action", "Result", "Transaction Type", "Type", "État", "")
      for cell in ("Denied", "Reversal", "Void", "Cancelled", "Estimate", "Pend", "On hold", "Annulée", "Blorp", "D")),
    *((heading, cell, False) for heading in ("Claim Status", "Action", "Type")
      for cell in ("Paid", "Pay", "Payment", "Approved", "EFT", "Over maximum", "Payé", "N130", "2026-11-01", "-",
                   "Extended health", "Physiotherapy", "Ann Example", "Sun Life", "Example Physiotherapy")),
    ("Assignment", "No", True), ("Assignment", "Yes", False), ("Void", "No", False), ("Void", "Yes", True),
    ("Void", "✓", True), ("Not paid", "yes", True), ("Paid to member", "Yes", True), ("Paid to member", "No", False),
    ("Group", "Yes", False), ("Flag", "Yes", True), ("Flag", "No", True),
    ("EOB Message", "Deductible applied", False), ("Remark Codes", "N130 A2", False), ("COB", "N", False),
    ("Relationship to Member", "Spouse", False), ("Eligible", "Yes", False), ("Eligible", "No", True),
    ("Plan Name", "Blorp Group", False), ("Plan Type", "Void", True), ("Plan Type", "Trial run", False),
    ("Plan Status", "Blorp", True), ("Phone", "none today", False),
    ("Comments 2", "Nobody knows yet what this sentence is all about", False),
    ("Comments 2", "Please note that this is not a payment of ours", True),
]  # fmt: skip


@pytest.mark.parametrize(("heading", "cell", "doubtful"), WORDS)
def test_a_word_under_another_heading_may_say_that_a_line_is_no_payment(
    tmp_path: Path, heading: str, cell: str, *, doubtful: bool
) -> None:
    path = csv(tmp_path, [[*HEAD, heading], [*LINE, cell], [*LINE, ""]])
    rows, _ = read_remittances([path], practice(tmp_path))
    assert list(rows["unread_words"]) == [(heading or "column E") if doubtful else "", ""]


def test_words_of_which_each_line_has_its_own_sort_no_lines(tmp_path: Path) -> None:
    names = ["Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir"]
    for cells, held in ((names, []), ([*names[:5], "Void"], ["Tree"]), ([*names[:3], *names[:3]], ["Tree"] * 6)):
        rows, _ = read_remittances(
            [csv(tmp_path, [[*HEAD, "Tree"], *([*LINE, cell] for cell in cells)])], practice(tmp_path)
        )
        assert [heading for heading in rows["unread_words"] if heading] == held


def test_what_repeats_the_claimed_amount_or_the_sum_of_the_payment_is_nothing_new(tmp_path: Path) -> None:
    head = [*HEAD, "Claimed", "Visit Fee", "Invoice Total", "EFT Amount"]
    table = [head, *[[f"2026-10-SUNL-000{n}", *LINE[1:], "100.00", "100.00", "100.00", "160.00"] for n in (1, 2)]]
    assert lines(tmp_path, *table) == ["", ""]
    table[1][-1] = "150.00"
    assert lines(tmp_path, *table) == ["EFT Amount", "EFT Amount"]


def test_what_was_approved_beside_a_bare_amount_may_be_what_was_paid(tmp_path: Path) -> None:
    head = ["Amount" if name == "Paid" else name for name in HEAD]
    approved = [[*head, "Approved"], [*LINE, "60.00"], [*LINE, "80.00"]]
    assert lines(tmp_path, *approved) == ["Approved", ""]


def test_what_stands_above_a_line_is_its_sheet_and_its_groups_heading_or_the_titles(tmp_path: Path) -> None:
    title, group, count = ["Reversals", "", "", ""], ["Paid", "", "", ""], ["Void", "", 2, ""]
    total, note = ["Total", "", "160.00", ""], ["This is a sentence of somebody about it", "", "", ""]
    table: list[Sequence[Any]] = [
        title,
        ["", "", "", ""],
        HEAD,
        LINE,
        group,
        LINE,
        note,
        LINE,
        total,
        LINE,
        count,
        LINE,
    ]
    rows, _ = read_remittances([book(tmp_path, {"Pages": table})], practice(tmp_path))
    of_lines = [above for above, day in zip(rows["above"], rows["payment_date"], strict=True) if day == day]
    below = ["Reversals", "Paid", "Paid", "Reversals", "Void"]
    assert of_lines == [f"Pages\n{heading}" for heading in below]
    assert list(read_remittances([csv(tmp_path, [HEAD, LINE])], practice(tmp_path))[0]["above"]) == [""]


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        *((month, ("2026-10-01", "2026-10-31")) for month in ("October 2026", "oct. 2026", "2026-10", "10/2026")),
        ("2026-02", ("2026-02-01", "2026-02-28")), ("octobre 2026", ("2026-10-01", "2026-10-31")),
        *((text, ("NaT", "NaT")) for text in ("", "October", "Q4 2026", "13/2026", "2026", "Oct 5 2026", "2025 2026")),
    ],
)  # fmt: skip
def test_a_month_is_the_period_of_a_sum(tmp_path: Path, cell: str, days: tuple[str, str]) -> None:
    rows, _ = read_remittances([csv(tmp_path, [[*HEAD, "Period"], [*LINE, cell]])], practice(tmp_path))
    assert tuple(str(day)[:10] for day in rows.loc[0, ["period_from", "period_until"]]) == days


def test_a_month_that_a_spreadsheet_made_a_day_is_a_month_and_days_of_their_own_go_before_it(tmp_path: Path) -> None:
    head, day = [*HEAD, "Period", "From", "To"], dt.datetime(2026, 10, 1)
    table: list[Sequence[Any]] = [
        head,
        [*LINE, day, "", ""],
        [*LINE, day.replace(day=2), "", ""],
        [*LINE, day, "2026-10-05", "2026-10-09"],
    ]
    rows, _ = read_remittances([book(tmp_path, {"Paid": table})], practice(tmp_path))
    assert [str(last)[:10] for last in rows["period_until"]] == ["2026-10-31", "NaT", "2026-10-09"]


@pytest.mark.parametrize(
    ("number", "damaged"),
    [("1.23E+11", True), ("12345678901234500000", True), ("EFT-88120", False), ("004711", False), ("12E4", False)],
)
def test_a_payment_number_that_has_lost_digits_is_named(tmp_path: Path, number: str, *, damaged: bool) -> None:
    table = [[*HEAD, "Payment Number"], [*LINE, number], [*LINE, ""]]
    rows, _ = read_remittances([csv(tmp_path, table)], practice(tmp_path))
    message = "Payment Number (column E) has lost digits in a spreadsheet. Write the whole number, as text."
    assert list(rows["fault"]) == [message if damaged else "", ""]


def test_a_number_cell_that_has_lost_digits_is_damaged_too() -> None:
    assert [has_lost_digits(cell) for cell in (10**15, 1.23e17, 4711, None, dt.date(2026, 10, 1))] == [
        True,
        True,
        *[False] * 3,
    ]


def test_headings_in_french_are_read(tmp_path: Path) -> None:
    table = [["Patient", "Date du service", "Réclamé", "Payé", "Date de paiement"],
             ["Pat Madeup", "2026-10-05", "95,00 $", "76,00 $", "2026-11-10"]]  # fmt: skip
    rows, [file] = read_remittances([csv(tmp_path, table)], practice(tmp_path))
    assert (list(rows["claimed_cents"]), list(rows["paid_cents"]), file.unread) == ([9_500], [7_600], ())


def test_a_line_that_is_struck_out_cannot_be_read(tmp_path: Path) -> None:
    path = book(tmp_path, {"Paid": [HEAD, LINE, LINE]})
    workbook = openpyxl.load_workbook(path)
    workbook["Paid"]["C3"].font = Font(strike=True)
    workbook.save(path)
    rows, _ = read_remittances([path], practice(tmp_path))
    assert [fault.partition(". ")[0] for fault in rows["fault"]] == ["", "Paid (column C) is struck out"]


def test_pages_on_sheets_are_one_remittance(tmp_path: Path) -> None:
    second = ["2026-10-SUNL-0002", *LINE[1:]]
    path = book(tmp_path, {"Page 1": [HEAD, LINE], "Page 2": [HEAD, second], "Notes": [["see page 2"]]})
    rows, [file] = read_remittances([path], practice(tmp_path))
    assert list(rows["claim"]) == [LINE[0], second[0]]
    assert (file.rows, file.sessions, file.remarks) == (2, 2, ("the sheet Notes was not read",))


@pytest.mark.parametrize(
    ("total", "remark"),
    [
        ("160.00", ()), ("80.00", ("the totals in row 4 are $80.00, and the lines above come to $160.00",)),
        ("240.00", ("the totals in row 4 are $240.00, and the lines above come to $160.00",)), ("", ()),
    ],
)  # fmt: skip
def test_totals_that_are_not_the_sum_of_the_lines_are_named(
    tmp_path: Path, total: str, remark: tuple[str, ...]
) -> None:
    table = [HEAD, LINE, ["2026-10-SUNL-0002", *LINE[1:]], ["Total", "", total, ""]]
    _, [file] = read_remittances([csv(tmp_path, table)], practice(tmp_path))
    assert (len(file.asides), file.remarks) == (1, remark)


def test_subtotals_are_of_the_lines_since_the_last_one(tmp_path: Path) -> None:
    subtotal, total = ["Subtotal", "", "80.00", ""], ["Total", "", "160.00", ""]
    _, [file] = read_remittances([csv(tmp_path, [HEAD, LINE, subtotal, LINE, subtotal, total])], practice(tmp_path))
    assert file.remarks == ()
