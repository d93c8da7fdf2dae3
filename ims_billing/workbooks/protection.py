"""Workbooks that open with a password only."""

from __future__ import annotations

import io
from pathlib import Path

from ims_billing.vocabulary.errors import BillingError

# How every file begins that Excel has encrypted; a plain workbook is a zip.
_ENCRYPTED = bytes.fromhex("D0CF11E0A1B11AE1")


def protected(content: bytes, password: str) -> bytes:
    """The workbook, encrypted as Excel does it: opened, it is the same; its own bytes are others each time."""
    from msoffcrypto.format.ooxml import OOXMLFile  # and cryptography with it, which few clinics need

    encrypted = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt(password, encrypted)
    return encrypted.getvalue()


def unprotected(content: bytes, password: str) -> bytes | None:
    """The workbook without its protection; None where this password does not open it."""
    from msoffcrypto.format.ooxml import OOXMLFile

    opened = io.BytesIO()
    try:
        file = OOXMLFile(io.BytesIO(content))
        file.load_key(password=password)
        file.decrypt(opened)
    except Exception:  # the library has several ways to say that a password is wrong or a file damaged
        return None
    return opened.getvalue()


def is_encrypted(content: bytes) -> bool:
    """Whether a workbook of this content opens with a password only."""
    return content.startswith(_ENCRYPTED)


def is_protected(path: Path) -> bool:
    """Whether the file opens with a password only."""
    with path.open("rb") as file:
        return file.read(len(_ENCRYPTED)) == _ENCRYPTED


def keep_protection(path: Path, password: str) -> None:
    """Raises BillingError where a protected workbook would be written again without a password."""
    if password or not path.is_file():
        return
    if is_protected(path):
        raise BillingError(
            f"{path}: this workbook is protected by a password, and would be written again without one. Add --protect."
        )
