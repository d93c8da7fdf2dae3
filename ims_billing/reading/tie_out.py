"""Appointments and sales into sessions: what ties is one session, what does not is a finding, never a guess."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pandas as pd

from ims_billing.clinic.people import person
from ims_billing.reading.sales import Line, Sale, SalesReport, patient_key
from ims_billing.reading.table import Bad, bad_cells
from ims_billing.vocabulary.frames import ABSENT, SESSIONS, prove
from ims_billing.vocabulary.intake import Aside
from ims_billing.vocabulary.spelling import plain

T = TypeVar("T")


@dataclass(frozen=True)
class Tied:
    """The SESSIONS frame that appointments and sales make, its CELL_FINDINGS, and the account of the sales' rows."""

    sessions: pd.DataFrame
    cell_findings: pd.DataFrame
    tied: dict[str, int]
    asides: dict[str, list[Aside]]


@dataclass(frozen=True)
class _Visit:
    """An appointment as sales are matched to it.

    position: its row in the appointments frame
    who: the patient, by guid or name
    day: its day, as text
    staff: the practitioner's name, as names are compared
    name: the treatment's name, as names are compared
    arrived: True where the patient came
    order: sorts visits that are otherwise alike, whatever the order of rows
    """

    position: int
    who: str
    day: str
    staff: str
    name: str
    arrived: bool
    order: tuple[str, str, str]


def tie_out(appointments: pd.DataFrame, cell_findings: pd.DataFrame, reports: Sequence[SalesReport]) -> Tied:
    """The sessions of Jane's two reports.

    A sale ties to the arrived appointment of the same patient, day, staff member and name; where the names
    differ, to the only one that is left that day with that staff member. Without appointments or without sales
    nothing is missed in the other.
    """
    sales = [sale for report in reports for sale in report.sales]
    sales.sort(key=lambda sale: (sale.first.stem, sale.first.item, sale.first.payer))
    _note_credits(sales)
    visits = _visits(appointments, sales)
    matched = _matched(visits, sales)
    frame = appointments.copy()
    bad: list[Bad] = [tuple(row) for row in cell_findings.itertuples(index=False, name=None)]
    changed: dict[str, dict[int, Any]] = defaultdict(dict)
    for visit, sale, differs in matched:
        for column, value in sale.cells().items():
            changed[column][visit] = value
        changed["beside"][visit] = _places(sale.lines)
        changed["sold_as"][visit] = sale.first.item
        if sale.refunded:
            changed["status"][visit] = "refunded"
        bad += _bad_cells_of_sale(sale, visit, differs)
    for column, values in changed.items():
        frame.loc[list(values), column] = list(values.values())
    if len(appointments) and reports:
        loose = sorted({visit.position for visit in visits if visit.arrived} - {v for v, _, _ in matched})
        message = "The visit took place, and no sale of that patient, day and staff member is left for it."
        bad += [(p, "tie", "arrival-without-sale", message) for p in loose]
    tied = {id(sale) for _, sale, _ in matched}
    alone = [sale for sale in sales if id(sale) not in tied]
    alone_frame, alone_bad = _sessions_of(alone, len(frame), visits if len(appointments) else None)
    sessions = pd.concat([frame, alone_frame], ignore_index=True) if len(alone_frame) else frame
    types = {column.name: column.dtype for column in SESSIONS}
    return Tied(
        sessions=prove(sessions.astype(types), SESSIONS),
        cell_findings=bad_cells([*bad, *alone_bad]),
        tied=_tied_rows(matched, alone),
        asides={report.file: report.asides for report in reports},
    )


def _note_credits(sales: Sequence[Sale]) -> None:
    """Notes on a sale that something of it may be given back elsewhere: in another report, item or invoice.

    A credit of no invoice that stands here may be one of any visit of that patient, day and staff member.
    """
    credits: dict[str, Line] = {sale.first.stem: sale.first for sale in sales if sale.refunded and sale.first.stem}
    standing = [sale for sale in sales if not sale.refunded]
    invoices = {sale.first.stem for sale in standing}
    loose: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for sale in sales:
        if sale.first.stem not in invoices and all((line.subtotal or 0) < 0 for line in sale.lines):
            loose[sale.first.who, str(sale.first.date)].append(sale.first)
    for sale in standing:
        notes = []
        if credit := credits.get(sale.first.stem):
            notes.append(f"The sale in {_where(credit)} gives back something of the same invoice.")
        for credit in loose.get((sale.first.who, str(sale.first.date)), ()):
            if not credit.practitioner or person(credit.practitioner) == person(sale.first.practitioner):
                notes.append(f"The sale in {_where(credit)} gives back something of that day, perhaps of this visit.")
        sale.first.bad += [("tie", "sale-and-arrival-differ", message) for message in notes]


def _tied_rows(tied: Iterable[tuple[int, Sale, str]], alone: Iterable[Sale]) -> dict[str, int]:
    """By file, the sales lines that belong to a session which another row stands for."""
    count: dict[str, int] = defaultdict(int)
    for _, sale, _ in tied:
        for line in sale.lines:
            count[line.file] += 1
    for sale in alone:
        for line in sale.lines[1:]:
            count[line.file] += 1
    return count


def _visits(appointments: pd.DataFrame, sales: Sequence[Sale]) -> list[_Visit]:
    """The appointments, with the patient as the sales name them: by guid where those have one, else by name."""
    by_name = {sale.first.who for sale in sales if not sale.first.patient_id}
    visits = []
    columns = ["patient_id", "patient", "service_date", "practitioner", "service_name", "status", "start", "session_id"]
    for position, row in enumerate(appointments[columns].itertuples(index=False, name=None)):
        patient_id, patient, day, practitioner, name, status, start, session_id = row
        named = patient_key("", patient)
        who = named if named in by_name else patient_key(patient_id, patient)
        order = (str(start).zfill(4), str(session_id), name)
        arrived = status == "arrived"
        visits.append(_Visit(position, who, str(day), person(practitioner), plain(name), arrived, order))
    return visits


def _matched(visits: Sequence[_Visit], sales: Sequence[Sale]) -> list[tuple[int, Sale, str]]:
    """Pairs of a visit's position and its sale, with what differs or that it is uncertain."""
    matched: list[tuple[int, Sale, str]] = []
    arrived = sorted((visit for visit in visits if visit.arrived), key=lambda visit: visit.order)
    steps: list[tuple[Callable[[_Visit], Hashable], Callable[[Sale], Hashable], str]] = [
        (
            lambda v: (v.who, v.day, v.staff, v.name),
            lambda s: (s.first.who, str(pd.Timestamp(s.first.date)), person(s.first.practitioner), plain(s.first.item)),
            "",
        ),
        (
            lambda v: (v.who, v.day, v.staff),
            lambda s: (s.first.who, str(pd.Timestamp(s.first.date)), person(s.first.practitioner)),
            "",
        ),
        (lambda v: (v.who, v.day), lambda s: (s.first.who, str(pd.Timestamp(s.first.date))), "staff"),
    ]
    open_visits, open_sales = arrived, [sale for sale in sales if sale.first.date is not None]
    for of_visit, of_sale, differs in steps:
        visits_by, sales_by = _grouped(open_visits, of_visit), _grouped(open_sales, of_sale)
        for key, candidates in visits_by.items():
            partners = sales_by.get(key, [])
            if len(candidates) == len(partners) == 1:
                matched.append((candidates[0].position, partners[0], differs))
            else:
                # Candidates of equal standing: tied in their order so that each row has its place, and held.
                in_order = zip(candidates, partners, strict=False)
                matched += [(visit.position, sale, "uncertain") for visit, sale in in_order]
        done = {position for position, _, _ in matched}
        taken = {id(sale) for _, sale, _ in matched}
        open_visits = [visit for visit in open_visits if visit.position not in done]
        open_sales = [sale for sale in open_sales if id(sale) not in taken]
    return matched


def _grouped(things: Iterable[T], key: Callable[[T], Hashable]) -> dict[Hashable, list[T]]:
    groups: dict[Hashable, list[T]] = defaultdict(list)
    for thing in things:
        groups[key(thing)].append(thing)
    return groups


def _bad_cells_of_sale(sale: Sale, position: int, differs: str) -> list[Bad]:
    """What a sale makes a person want to know of the session it is tied to."""
    findings: list[Bad] = []
    if differs == "staff":
        message = f"The sale in {_where(sale.first)} names another staff member than the appointment."
        findings.append((position, "tie", "sale-and-arrival-differ", message))
    elif differs == "uncertain":
        message = f"More than one sale or appointment fits; the sale in {_where(sale.first)} may be another visit's."
        findings.append((position, "tie", "tie-not-certain", message))
    if len(sale.insurers) > 1:
        message = f"The sale in {_where(sale.first)} is billed to more than one insurer; which comes first is not said."
        findings.append((position, "tie", "tie-not-certain", message))
    if sale.leaves_insurer_nothing:
        message = f"The sale in {_where(sale.first)} bills nothing to the insurer, and an amount to somebody else."
        findings.append((position, "tie", "sale-and-arrival-differ", message))
    if any(line.taken_back for line in sale.lines) and not sale.refunded:
        message = f"Part of the sale in {_where(sale.first)} was reversed."
        findings.append((position, "tie", "sale-and-arrival-differ", message))
    findings += [(position, column, kind, message) for line in sale.lines for column, kind, message in line.bad]
    return findings


def _places(lines: Sequence[Line]) -> str:
    """The rows of a sale, as sessions keep the rows beside their own."""
    in_order = sorted(lines, key=lambda line: (line.file, line.sheet, line.row))
    return "\n".join(f"{line.file}\t{line.sheet}\t{line.row}" for line in in_order)


def _where(line: Line) -> str:
    return f"{line.file}, row {line.row}"


def _sessions_of(sales: Sequence[Sale], begin: int, visits: Sequence[_Visit] | None) -> tuple[pd.DataFrame, list[Bad]]:
    """Sales without an arrived appointment as sessions of their own; `visits` None: there are no appointments."""
    types = {column.name: column.dtype for column in SESSIONS}
    booked = {(visit.who, visit.day) for visit in visits or ()}
    rows, bad = [], list[Bad]()
    for position, sale in enumerate(sales, start=begin):
        line = sale.first
        row: dict[str, Any] = {name: ABSENT[dtype] for name, dtype in types.items()}
        row |= {
            "file": line.file, "sheet": line.sheet, "row": line.row, "service_date": line.date,
            "patient": line.patient, "patient_id": line.patient_id, "practitioner": line.practitioner,
            "service_name": line.item, "status": "refunded" if sale.refunded else "arrived",
            "location": line.location, "beside": _places(sale.lines[1:]), **sale.cells(),
        }  # fmt: skip
        rows.append(row)
        if visits is not None:
            is_booked = (line.who, str(pd.Timestamp(line.date))) in booked
            why = "the appointment that day did not take place" if is_booked else "there is no appointment that day"
            message = f"The sale stands alone: {why}, or another sale matches it."
            bad.append((position, "tie", "sale-without-arrival", message))
        bad += [(position, column, kind, message) for one in sale.lines for column, kind, message in one.bad]
    frame = pd.DataFrame(rows, columns=list(types)).astype(types)
    return frame, bad
