"""Opens the clinic's setup, whichever kind it is: clinic.xlsx, or clinic.toml."""

from __future__ import annotations

from pathlib import Path

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.raw_setup import RawSetup
from ims_billing.clinic.toml_file import FILE_NAME, content_of, read_toml
from ims_billing.clinic.validation import proven
from ims_billing.vocabulary.errors import BillingError

TOML_NAME, WORKBOOK_NAME = FILE_NAME, "clinic.xlsx"
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")


def is_workbook(path: Path) -> bool:
    """Whether a setup of that name is a workbook."""
    return path.suffix.lower() in _WORKBOOKS


def read_setup(path: Path, content: bytes) -> RawSetup:
    """The raw setup in a file's bytes, not yet validated; raises BillingError where it is neither kind."""
    if not is_workbook(path):
        return read_toml(path, content)
    # A clinic that keeps a clinic.toml never waits for what opens workbooks.
    from ims_billing.clinic.setup_workbook import read_workbook

    return read_workbook(path, content)


def load(path: Path) -> Clinic:
    """The clinic that the setup at `path` describes; raises BillingError with every fault, each with its place."""
    content = content_of(path)
    return proven(path, read_setup(path, content), content)


def setup_in(folder: Path) -> Path | None:
    """The setup in a folder, None where there is none; raises BillingError, which says what to keep, for two."""
    kept = [folder / name for name in (TOML_NAME, WORKBOOK_NAME) if (folder / name).is_file()]
    if len(kept) < 2:
        return kept[0] if kept else None
    older, later = sorted(kept, key=lambda path: path.stat().st_mtime_ns)
    raise BillingError(
        f"{folder.resolve()}: there are two setups here, {TOML_NAME} and {WORKBOOK_NAME}, and they could differ. "
        f"{later.name} was changed last: keep it, and move {older.name} to another folder. If {older.name} is the "
        f"right one, keep that and move {later.name}."
    )
