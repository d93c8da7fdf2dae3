"""Reads all files of one command into one sessions frame; a row that repeats in another file counts once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ims_billing.clinic.clinic import Clinic
from ims_billing.reading.clinic_layouts import layouts
from ims_billing.reading.input_slips import no_such_file, refuse_a_lock_file, refuse_pasted_options
from ims_billing.reading.layout import Match
from ims_billing.reading.left_out import left_out, named, refuse_visits_above
from ims_billing.reading.lists import Policies, clients_frame, policies_frame, still_lacking, with_clients
from ims_billing.reading.moved_rows import refuse_damaged_text
from ims_billing.reading.other_reports import refuse_other_reports
from ims_billing.reading.policy_insurers import with_insurers
from ims_billing.reading.recognise import lacking, recognise_parts, refuse_visits, without_patients_names
from ims_billing.reading.repeats import drop_repeats, filled_columns
from ims_billing.reading.sales import SalesReport, sales_report, without_repeats
from ims_billing.reading.session_ids import session_ids_of_patients
from ims_billing.reading.session_rows import appointments_frame, sessions_frame
from ims_billing.reading.spreadsheet import AskPassword, open_spreadsheet
from ims_billing.reading.table import Table, bad_cells
from ims_billing.reading.tie_out import tie_out
from ims_billing.reading.unread import unread_columns
from ims_billing.reading.utc_headings import with_zones
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.frames import CELL_FINDINGS, SESSIONS, prove
from ims_billing.vocabulary.intake import LISTS, Aside, FileRead, Intake, UnreadColumn
from ims_billing.vocabulary.progress import Progress, no_progress, nobody_to_ask

_WITHOUT_SESSIONS = (*LISTS, "jane-sales")


@dataclass
class _File:
    """One input file while it is read.

    name: the shortest name that differs from the other files' names
    sha256: checksum of its bytes
    layout: name of the layout that it is read by
    rows: how many rows below the header are not blank
    remarks: clauses about the file for the screen
    asides: its rows that are no sessions
    columns: the columns of the sessions frame that it fills
    lines: sheet and row of each line of a list of clients or policies; empty for other files
    unread: its columns that were not read
    all_attended: True where no column has a status
    tied: how many of its rows were matched to rows of another file
    """

    name: str
    sha256: str
    layout: str
    rows: int
    remarks: list[str]
    asides: list[Aside]
    columns: frozenset[str]
    lines: list[tuple[str, int]]
    unread: tuple[UnreadColumn, ...]
    all_attended: bool
    tied: int = 0
    # What it does not say and another file would, where it names no insurer; and whether a practice system never does.
    lacks: str = ""
    by_system: bool = False


def _together(file: _File, part: _File) -> _File:
    """A file with one more of its tables, which is a part of the same list."""
    file.rows += part.rows
    file.remarks += [remark for remark in part.remarks if remark not in file.remarks]
    file.asides += part.asides
    file.lines += part.lines
    file.columns |= part.columns
    file.unread += part.unread
    file.all_attended |= part.all_attended
    return file


def read_files(
    paths: Sequence[Path],
    clinic: Clinic,
    progress: Progress = no_progress,
    ask: AskPassword = nobody_to_ask,
) -> Intake:
    """The sessions of all files, sorted by the files' names, so that the order of `paths` changes nothing.

    Calls `progress` with each file before it is read, and asks `ask` for the password of a protected one.
    Raises BillingError, which names the file, where one cannot be read.
    """
    return read_contents(named_contents(paths, progress), clinic, ask)


def read_contents(
    contents: Iterable[tuple[str, bytes, str]], clinic: Clinic, ask: AskPassword = nobody_to_ask
) -> Intake:
    """The sessions of files given by name, bytes and SHA-256, as `read_files` reads them from a disk."""
    desk = _Desk(clinic)
    for name, content, sha256 in contents:
        desk.take(name, content, sha256, ask)
    return desk.intake()


def named_contents(paths: Sequence[Path], progress: Progress) -> Iterator[tuple[str, bytes, str]]:
    """Name, bytes and SHA-256 of each file, once, in the order of their names; raises BillingError for a setup."""
    refuse_pasted_options(paths)
    files = _named(paths)
    sizes = [path.stat().st_size if path.is_file() else 0 for path, _ in files]
    for number, (path, name) in enumerate(files):
        # Progress goes by the files' sizes; a single file shows none before it is read.
        if len(files) > 1:
            progress(f"Reading {name}, {number + 1} of {len(files)}", sum(sizes[:number]) / max(sum(sizes), 1))
        else:
            progress(f"Reading {name}")
        if path.suffix.casefold() == ".toml":
            raise BillingError(
                f"{name}: this is the clinic's setup. It is read by itself; name the exports from your practice "
                "software instead."
            )
        content = _content(path, name)
        yield name, content, hashlib.sha256(content).hexdigest()


class _Desk:
    """Takes files in one by one, then makes one intake of them."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.layouts = layouts(clinic)
        self.files: list[_File] = []
        self.frames: list[pd.DataFrame] = []
        self.bad: list[pd.DataFrame] = []
        self.appointments: list[pd.DataFrame] = []
        self.appointments_bad: list[pd.DataFrame] = []
        self.sales: list[SalesReport] = []
        self.clients: list[pd.DataFrame] = []
        self.policies: list[Policies] = []

    def take(self, name: str, content: bytes, sha256: str, ask: AskPassword) -> None:
        """Reads one file into the list that its layout belongs to."""
        opened = open_spreadsheet(name, content, ask)
        tables = without_patients_names(opened.tables, self.layouts)
        try:
            parts = recognise_parts(tables, self.layouts, name)
        except BillingError:
            refuse_other_reports(tables, None, self.clinic, name)
            raise
        file: _File | None = None
        left = left_out(tables, parts)
        remarks = (*opened.remarks, *named(left, parts))
        for match in parts:
            # Sessions without an insurer may be a remittance as well, which names none either.
            refuse_other_reports(tables, None if match.missing else match, self.clinic, name)
            refuse_damaged_text(match, name)
            refuse_visits_above(name, match)
        refuse_visits(name, left, parts, self.layouts)
        for match in parts:
            part = self._table(with_zones(match, name), name, sha256, remarks)
            file = part if file is None else _together(file, part)
        assert file is not None, "a file that is read has a table"
        self.files.append(file)

    def _table(self, match: Match, name: str, sha256: str, remarks: Sequence[str]) -> _File:
        """Reads one table into the list that its layout belongs to."""
        layout = match.read_by.id
        is_sales = layout == "jane-sales"
        needs = match.read_by.layout.needed
        money_field = "subtotal" if is_sales else "fee" if "fee" in needs else None
        table = Table(match, self.clinic, money_field)
        misread = session_ids_of_patients(table)
        if misread:
            columns_read = {name: at for name, at in match.columns.items() if at not in misread}
            match = replace(match, columns=columns_read, unknown={**match.unknown, **misread})
            table = Table(match, self.clinic, money_field)
        remarks = [*remarks, *match.table.remarks]
        rows = len(table) + len(table.asides)
        columns = filled_columns(frozenset(match.columns), bool(match.unknown))
        unread = unread_columns(table, of_visits=layout not in LISTS, misread=misread)
        all_attended = match.read_by.one_row_a_session and "status" not in match.columns
        lines = [(table.sheet, row) for row in table.places] if layout in LISTS else []
        file = _File(name, sha256, layout, rows, remarks, table.asides, columns, lines, unread, all_attended)
        if match.read_by.one_row_a_session and "insurer" not in match.columns:
            file.lacks = match.read_by.lacks or lacking(name, match)
            file.by_system = bool(match.read_by.lacks)
        if layout in _WITHOUT_SESSIONS:
            table.refuse_moved(name)
        if layout == "jane-appointments":
            self.appointments.append(appointments_frame(table, name))
            self.appointments_bad.append(bad_cells(table.bad))
        elif is_sales:
            self.sales.append(sales_report(table, name, file.remarks))
        elif layout == "jane-clients":
            self.clients.append(clients_frame(table))
        elif layout == "policies":
            self.policies.append(policies_frame(table, name))
        else:
            self.frames.append(sessions_frame(table, name))
            self.bad.append(bad_cells(table.bad))
        file.remarks.extend(table.remarks)
        return file

    def intake(self) -> Intake:
        """Everything taken in as one: appointments and sales tied, repeats dropped, numbers added."""
        columns = {file.name: file.columns for file in self.files}
        missing = self._missing()
        repeated: dict[str, int] = {}
        if self.appointments or self.sales:
            # Overlapping exports of appointments repeat before they are tied; a sale ties to one of them.
            booked, bad, again = drop_repeats(_joined(self.appointments), _joined_bad(self), columns)
            repeated |= again
            sales, of_sales = without_repeats(self.sales)
            repeated |= of_sales
            tied = tie_out(booked, bad, sales)
            self.frames.append(tied.sessions)
            self.bad.append(tied.cell_findings)
            for file in self.files:
                file.tied += tied.tied.get(file.name, 0)
                file.asides.extend(tied.asides.get(file.name, ()))
        sessions = _joined(self.frames)
        cell_findings = _shifted(self.frames, self.bad)
        without = frozenset(file.name for file in self.files if file.lacks)
        if without:
            sessions, doubtful = with_insurers(sessions, without, self.policies, self.clinic)
            cell_findings = pd.concat([cell_findings, bad_cells(doubtful)], ignore_index=True)
        sessions, used = with_clients(sessions, self.clients)
        for policies in self.policies:
            sessions, used_here, ended, against = policies.applied(sessions, self.clinic)
            cell_findings = pd.concat([cell_findings, bad_cells(against)], ignore_index=True)
            self._account(policies.file, used_here, ended)
        cell_findings = still_lacking(cell_findings, sessions)
        self._account_clients(used)
        sessions, cell_findings, again = drop_repeats(sessions, cell_findings, columns)
        for name, count in again.items():
            repeated[name] = repeated.get(name, 0) + count
        own = sessions["file"].value_counts()
        return Intake(
            sessions=prove(sessions, SESSIONS),
            cell_findings=prove(cell_findings, CELL_FINDINGS),
            files=tuple(
                FileRead(
                    file=file.name,
                    layout=file.layout,
                    sha256=file.sha256,
                    rows=file.rows,
                    sessions=int(own.get(file.name, 0)),
                    repeated=repeated.get(file.name, 0),
                    tied=file.tied,
                    asides=tuple(file.asides),
                    remarks=tuple(file.remarks),
                    unread=file.unread,
                    all_attended=file.all_attended,
                )
                for file in self.files
            ),
            missing=missing,
        )

    def _missing(self) -> tuple[str, ...]:
        """Which other file is needed; raises BillingError where a clinic's own list names no insurer."""
        without = [file for file in self.files if file.lacks]
        if without and not self.policies:
            own = next((file for file in without if not file.by_system), None)
            if own is not None:
                raise BillingError(
                    f"{own.lacks}\n  Or give a list of policies with it: patient, insurer, policy number."
                )
            return tuple(f"{file.name}: {file.lacks}" for file in without)
        if self.files and not (self.frames or self.appointments or self.sales):
            names, lists = ", ".join(file.name for file in self.files), "lists" if len(self.files) > 1 else "a list"
            return (f"{names}: {lists} of patients, without sessions. Name the month's session export too.",)
        if self.appointments and not self.sales:
            return ("Jane's Sales report is missing: the appointments say neither fee nor insurer.",)
        if self.sales and not self.appointments:
            return ("Jane's Appointments report is missing: the sales do not say who arrived.",)
        return ()

    def _account(self, name: str, used: frozenset[int], ended: frozenset[int] = frozenset()) -> None:
        """Counts a line of a list as tied where a session took something from it, and sets the others aside."""
        file = next(file for file in self.files if file.name == name)
        file.tied += len(used)
        for line, (sheet, row) in enumerate(file.lines):
            if line not in used:
                why = "not in force on the day of the visit" if line in ended else "no session of this patient needs it"
                file.asides.append(Aside(sheet, row, why))

    def _account_clients(self, used: frozenset[str]) -> None:
        names = [file.name for file in self.files if file.layout == "jane-clients"]
        for name, frame in zip(names, self.clients, strict=True):
            self._account(name, frozenset(frame.index[frame["patient_id"].isin(used)]))


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    types = {column.name: column.dtype for column in SESSIONS}
    if not frames:
        return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in types.items()})
    if len(frames) == 1:
        return frames[0]  # a copy of a million rows would be for nothing
    return pd.concat(frames, ignore_index=True)


def _joined_bad(desk: _Desk) -> pd.DataFrame:
    return _shifted(desk.appointments, desk.appointments_bad)


def _shifted(frames: Sequence[pd.DataFrame], bad: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The bad cells of several frames, by position in all of them together."""
    shifted, size = [], 0
    for frame, cells in zip(frames, bad, strict=True):
        if len(cells):
            shifted.append(cells.assign(session=cells["session"] + size))
        size += len(frame)
    return pd.concat(shifted, ignore_index=True) if shifted else bad_cells([])


def _named(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Each file once, with the shortest name that tells it from the others, in the order of those names."""
    once = list({path.resolve(): path for path in paths}.values())
    named = []
    for path in once:
        parts = path.resolve().parts
        for count in range(1, len(parts) + 1):
            tail = parts[-count:]
            if sum(other.resolve().parts[-count:] == tail for other in once) == 1:
                break
        # A name that is not UTF-8, as another system may have given it, is shown as far as it is text.
        named.append((path, os.fsencode("/".join(tail)).decode("utf-8", "replace")))
    return sorted(named, key=lambda pair: pair[1])


def _content(path: Path, name: str) -> bytes:
    refuse_a_lock_file(path)
    try:
        if path.is_dir():
            raise BillingError(f"{name}: this is a folder. Name the spreadsheets in it.")
        if path.exists() and not path.is_file():
            raise BillingError(f"{name}: this is not a file. Name the spreadsheets themselves.")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BillingError(no_such_file(path)) from error
    except PermissionError as error:
        raise BillingError(
            f"{name}: the file cannot be opened. Close it where it is open, or ask who may read it."
        ) from error
    except OSError as error:
        raise BillingError(f"{name}: the file cannot be read: {error.strerror}.") from error
