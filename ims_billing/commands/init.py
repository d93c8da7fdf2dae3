"""Writes a clinic's first setup, filled in from its exports, and turns a setup of one kind into the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ims_billing.clinic.setup_file import is_workbook, read_setup
from ims_billing.clinic.setup_rows import SetupRows, rows_of
from ims_billing.clinic.setup_toml import toml_of
from ims_billing.clinic.toml_file import content_of
from ims_billing.clinic.validation import proven, validated
from ims_billing.commands.draft_exports import Read, drafted
from ims_billing.commands.init_toml import clinic_text
from ims_billing.commands.setup_nearby import TOML_NAME, WORKBOOK_NAME
from ims_billing.rules.published import published
from ims_billing.saving import write_all
from ims_billing.vocabulary.errors import BillingError
from ims_billing.vocabulary.folder import SPREADSHEETS
from ims_billing.vocabulary.setup_sheets import IGNORE, QUESTION, Offered
from ims_billing.vocabulary.shell import quoted
from ims_billing.workbooks.book import Book
from ims_billing.workbooks.parts import Column, Kind
from ims_billing.workbooks.setup_workbook import setup_workbook
from ims_billing.workbooks.table import Table

SESSIONS_FILE = "sessions.xlsx"
SetupKind = Literal["workbook", "toml"]
_NAMES: dict[SetupKind, str] = {"workbook": WORKBOOK_NAME, "toml": TOML_NAME}
# How a setup is read that nobody has changed, where the sheet Clinic shows it.
_USUAL = {
    "clinic.bill": "ims",
    "clinic.blank_insurer": "hold",
    "clinic.dates": "unambiguous",
    "clinic.time_zone": "America/Vancouver",
    "service_code.code": "PHYSIO",
    "service_code.description": "Physiotherapy Services",
}

# The kind of each column of the empty session spreadsheet, where it is not plain text.
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("service_date", "birth_date", "insured_birth_date", "accident_date"), "date"),
    **dict.fromkeys(("fee", "patient_paid", "tax"), "money"),
    **dict.fromkeys(
        (
            *("session_id", "patient_id", "phn", "policy", "member", "payer_file_number", "invoice"),
            *("secondary_policy", "secondary_member"),
        ),
        "id",
    ),
    "minutes": "count",
}


@dataclass(frozen=True)
class Started:
    """The outcome of `init`: the files it wrote, and the setup of the other kind that it turned into one of them."""

    files: tuple[Path, ...]
    # Where the setup that was converted is kept; None where none was
    kept: Path | None = None
    # How many things the clinic still has to fill in or confirm
    to_fill_in: int = 0


def start(folder: Path, kind: SetupKind | None, exports: Sequence[Path] = (), read: Read | None = None) -> Started:
    """Writes a setup, from exports that `read` reads; without any, an empty spreadsheet of sessions beside it.

    Where a `kind` is named, a setup of the other kind in the folder is turned into it, and kept under another name.
    Raises BillingError where there is a setup already: none is ever overwritten.
    """
    if folder.is_file():
        raise BillingError(
            f"{folder} is a file, not a folder. To make the setup from it: ims-billing init --from {quoted(folder)}"
        )
    target = folder / _NAMES[kind or "workbook"]
    others = [folder / name for name in _NAMES.values() if name != target.name and (folder / name).is_file()]
    if target.exists() or others:
        there = target if target.exists() else others[0]
        if there == target or kind is None or exports:
            raise BillingError(
                f"{there}: there is a clinic setup already, and it is unchanged. Name another folder, or move it first."
            )
        return _converted(there, target)
    rows = first_rows()
    rows |= drafted(exports, read) if exports and read else {}
    content = clinic_text(rows).encode() if kind == "toml" else setup_workbook(rows, offered())
    contents = {target: content}
    if not exports and not _has_spreadsheets(folder):
        contents[folder / SESSIONS_FILE] = empty_spreadsheet()
    write_all(contents, shared=False)
    setup = read_setup(target, content)
    clinic, _ = validated(setup)
    return Started(tuple(contents), to_fill_in=len(clinic.unconfirmed if clinic else setup.questions))


def first_rows() -> SetupRows:
    """The rows of a setup about which nothing is known."""
    return {"clinic": [{"clinic.name": QUESTION, **_USUAL}]}


def _has_spreadsheets(folder: Path) -> bool:
    """Whether a spreadsheet stands in the folder: an empty one beside an export would only be in the way."""
    return folder.is_dir() and any(
        path.suffix.casefold() in SPREADSHEETS and not path.name.startswith(("~$", ".")) for path in folder.iterdir()
    )


def _converted(source: Path, target: Path) -> Started:
    """Turns a setup into the other kind; the old one stays under a name that is never read."""
    content = content_of(source)
    setup = read_setup(source, content)
    proven(source, setup, content)
    if setup.questions:
        listed = "\n".join(f"  {question.words}" for question in sorted(setup.questions))
        raise BillingError(f"{source}: fill in what is marked before it becomes a {target.name}:\n{listed}")
    converted = setup_workbook(rows_of(setup), offered()) if is_workbook(target) else toml_of(setup).encode()
    # The new setup is read again before the old one goes: nothing may be lost on the way.
    proven(target, read_setup(target, converted), converted)
    numbers = ("", *(f"-{number}" for number in range(2, 1000)))
    places = (source.with_name(f"{source.stem}-before{number}{source.suffix}") for number in numbers)
    kept = next(place for place in places if not place.exists())
    write_all({target: converted}, shared=False)
    source.replace(kept)
    return Started((target,), kept)


def offered() -> Mapping[Offered, Sequence[str]]:
    """The lists that a cell of the workbook may be chosen from."""
    layouts = published().layouts.layout
    headings = [names[0] for name in ("sessions", "remittance") for names in layouts[name].headings.values()]
    return {
        "insurers": [insurer.name for insurer in published().insurers.insurer],
        "headings": [IGNORE, *dict.fromkeys(headings)],
    }


def empty_spreadsheet() -> bytes:
    """A session spreadsheet with this product's headings, and cells that keep identifiers as text."""
    headings = published().layouts.layout["sessions"].headings
    columns = [Column(names[0], _KINDS.get(field, "text")) for field, names in headings.items()]
    book = Book("Sessions", "ims-billing", dt.date(2026, 1, 1))
    book.table(Table("Sessions", columns, [[] for _ in columns]))
    return book.bytes()
