"""Opens the clinic's setup, whichever kind it is: clinic.xlsx, or clinic.toml."""

from __future__ import annotations

from pathlib import Path

from ims_billing.clinic.clinic import Clinic
from ims_billing.clinic.raw_setup import RawSetup
from ims_billing.clinic.toml_file import content_of, read_toml
from ims_billing.clinic.validation import proven
from ims_billing.vocabulary.folder import WORKBOOKS


def is_workbook(path: Path) -> bool:
    """Whether a setup of that name is a workbook."""
    return path.suffix.lower() in WORKBOOKS


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
