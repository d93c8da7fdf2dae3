"""Files that are not what they are named as: remittances, this program's own workbooks, other reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ims_billing.clinic.clinic import Clinic
from ims_billing.reading.clinic_layouts import remittance_layouts
from ims_billing.reading.layout import HEADER_WITHIN, Match, headers_of, match
from ims_billing.reading.spreadsheet import RawTable
from ims_billing.rules.other_reports import OtherReport
from ims_billing.rules.published import published
from ims_billing.vocabulary.cells import text
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.spelling import heading, heading_words, plain

# What only a list of payments has, and what a list of policies has beside the names and numbers that both have.
_OF_PAYMENTS = frozenset({"paid", "claimed", "payment_date", "payment_number", "service_date"})
_OF_POLICIES = frozenset({"policy", "relationship", "insured", "visits_allowed", "valid_from", "valid_until"})


def refuse_other_reports(sheets: Sequence[RawTable], read_as: Match | None, clinic: Clinic, file: str) -> None:
    """Raises BillingError, with what to use instead, where a file is a report without sessions or a remittance.

    `read_as` is the layout that fits the file, None where none does. What the clinic has a layout of its own for is
    what the clinic says it is.
    """
    if read_as is None or read_as.read_by.id in published().layouts.layout:
        _refuse_recognised(sheets, read_as, file)
        _refuse_remittance(sheets, read_as, clinic, file)


def refuse_own_files(sheets: Sequence[RawTable], file: str) -> None:
    """Raises BillingError where a file that is to be a remittance is one of this program's own."""
    own = [report for report in published().layouts.other_report if report.own]
    if one := _recognised(sheets, own, by_words=False):
        raise BillingError(f"{file}{one.place}: this is {one.report.title}. Name the remittance that the insurer sent.")


def _refuse_recognised(sheets: Sequence[RawTable], read_as: Match | None, file: str) -> None:
    """Raises BillingError for a report that is known by its headings, or by words in them where no layout fits."""
    if one := _recognised(sheets, published().layouts.other_report, by_words=read_as is None):
        raise BillingError(f"{file}{one.place}: this is {one.report.title}. {one.report.use}")


class _Recognised(NamedTuple):
    """A report that is known, and where its headings stand, in words."""

    report: OtherReport
    place: str


def _recognised(sheets: Sequence[RawTable], reports: Sequence[OtherReport], *, by_words: bool) -> _Recognised | None:
    """The first of these reports that any sheet fits: our summary has a table of what is owed before its claims."""
    rows = [
        (table, table.first_row + position, [cell for cell in table.row(position) if isinstance(cell, str)])
        for table in sheets
        for position in range(min(HEADER_WITHIN, table.height))
    ]
    lines = [
        (table, place, len(row), {*map(heading, row)}, {word for cell in row for word in heading_words(cell)})
        for table, place, row in rows
    ]
    for report in reports:
        named = {*map(heading, report.headings)}
        for table, place, count, headings, words in lines:
            fits_words = report.words and by_words and count > 2 and words.issuperset(report.words)
            if fits_words or (named and headings.issuperset(named)):
                sheet = f", {table.sheet}" if table.sheet else ""
                return _Recognised(report, f"{sheet}, row {place}")
    return None


def _refuse_remittance(sheets: Sequence[RawTable], read_as: Match | None, clinic: Clinic, file: str) -> None:
    """Raises BillingError where a file is a list of payments.

    Policies share the patient, insurer, member and claim number with remittances, so these alone decide nothing.
    A session list may say what was paid and when; with a payment's number in it, it is a remittance.
    """
    tables = sheets if read_as is None else [read_as.table]
    layouts = remittance_layouts(clinic)
    for table in tables:
        headers = headers_of(table)
        for layout in layouts:
            fit = match(table, layout, headers)
            if fit is not None and _is_remittance(fit, read_as):
                raise BillingError(
                    f"{file}: this is a remittance or a list of payments, not sessions. "
                    "Post it with ims-billing reconcile."
                )


def _is_remittance(fit: Match, read_as: Match | None) -> bool:
    payments = _OF_PAYMENTS & fit.columns.keys()
    if read_as is None:
        return fit.fits or _asks_and_pays(fit)
    if read_as.read_by.id == "policies":
        money = payments - {"service_date"}
        only_money = bool(money) and not _OF_POLICIES & read_as.columns.keys()
        return len(payments) > 1 or only_money or _speaks_of_payment(read_as)
    return read_as.read_by.id == "sessions" and fit.fits and "payment_number" in payments


def _headings(fit: Match) -> list[set[str]]:
    """The words of each heading."""
    return [{*heading_words(text(cell))} for cell in fit.table.row(fit.header)]


def _speaks_of_payment(fit: Match) -> bool:
    """Whether a heading is one that only a list of payments has, such as EOB Date or Amount Allowed."""
    rules = published().layouts.speaks_of_payment
    alone, paid, amounts = ({plain(word) for word in words} for words in (rules.words, rules.paid, rules.amounts))
    return any(words & alone or (words & paid and words & amounts) for words in _headings(fit))


def _asks_and_pays(fit: Match) -> bool:
    """Whether a table that lacks a payment's day says what an insurer was asked for, and what it paid."""
    claimed = {plain(word) for word in published().layouts.speaks_of_payment.claimed}
    asks = "claimed" in fit.columns and bool(_headings(fit)[fit.columns["claimed"]] & claimed)
    return asks and "paid" in fit.columns and _speaks_of_payment(fit)
