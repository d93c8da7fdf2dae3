"""Files that appear whole or not at all, for their owner only, or as the shared folder they stand in."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ims_billing.vocabulary.errors import BillingError

# The name of a file until it is whole.
_BEGINS, _ENDS = ".ims-billing-", ".part"
# How many files are put on the disk at a time.
_AT_ONCE = 8


def write_all(contents: Mapping[Path, bytes], *, shared: bool) -> None:
    """Writes all files beside their places first, then moves them in; a failure before that leaves nothing.

    They are on the disk when it returns, whatever happens to the computer then. Raises BillingError where one
    cannot be written.
    """
    from concurrent.futures import ThreadPoolExecutor

    ready: list[tuple[Path, Path]] = []
    target = next(iter(contents), Path())
    try:
        for target, content in contents.items():
            make_folder(target.parent, shared=shared)
            ready.append((_beside(target, content, shared=shared), target))
        # Each waits for the disk: one after the other, as long as it takes to make all their content.
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            waiting = [threads.submit(_flush, temporary) for temporary, _ in ready]
        for (_, target), flushed in zip(ready, waiting, strict=True):  # noqa: B007 (an error names it, below)
            flushed.result()
        for temporary, target in ready:
            try:
                temporary.replace(target)
            except PermissionError as error:
                raise BillingError(_open_elsewhere(target)) from error
        for folder in {each.parent for each in contents}:
            _settle(folder)
    except OSError as error:
        # What is written to an open file names none, and a file that is not whole yet has a name of its own.
        named = error.filename if error.filename and not str(error.filename).endswith(_ENDS) else target
        raise BillingError(f"{named}: cannot be written: {why_not(error)}.") from error
    finally:
        for temporary, _ in ready:
            _remove(temporary)


def put(target: Path, content: bytes, *, shared: bool) -> None:
    """Writes a file whole or not at all, but not to last: a loss of power may leave it with other content.

    Raises OSError where it cannot be written.
    """
    temporary = _beside(target, content, shared=shared)
    try:
        temporary.replace(target)
    finally:
        _remove(temporary)


# A drive without room, a quota that is used up, a file larger than the drive or the system lets one be.
_NO_ROOM = {getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG") if hasattr(errno, name)}


def why_not(error: OSError) -> str:
    """Why a file cannot be written, in words that say what to do about it."""
    if error.errno in _NO_ROOM:
        return "the drive is full or limits the file"
    return error.strerror or "the system does not say why"


def _beside(target: Path, content: bytes, *, shared: bool) -> Path:
    """A copy beside the target, for its owner only, or as the shared folder is."""
    handle, name = tempfile.mkstemp(prefix=_BEGINS, suffix=_ENDS, dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        if shared:
            temporary.chmod(stat.S_IMODE(target.parent.stat().st_mode) & 0o666)
    except BaseException:
        _remove(temporary)
        raise
    return temporary


def _flush(path: Path) -> None:
    """Puts a file's content on the disk."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _remove(path: Path) -> None:
    """Removes a file that is no longer needed; one that is held elsewhere stays, and the next command sweeps it."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """Puts the folder's new names on the disk; Windows has no call for it, and some network drives refuse it."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Removes what an interrupted command left beside its targets: patients' data that nobody would look for."""
    for left in folder.glob(f"{_BEGINS}*{_ENDS}"):
        _remove(left)


def create_empty(path: Path) -> None:
    """Makes an empty file with the right permissions, where there is none; raises BillingError where it cannot."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        why = f"there is no folder {path.parent}" if not path.parent.is_dir() else error.strerror
        raise BillingError(f"{path}: cannot be made here: {why}.") from error
    os.close(handle)
    if is_shared(path.parent):
        path.chmod(stat.S_IMODE(path.parent.stat().st_mode) & 0o666)


def is_shared(out: Path) -> bool:
    """Whether others may write in the folder, or in the one it is to be made in: they were given the place.

    A folder in which everybody keeps to their own files, as in /tmp, is not shared. Some systems let everybody's
    own group write in all their folders: that alone does not make a new folder in one a shared one.
    """
    if os.name == "nt":
        return False
    folder = next(f for f in (out.absolute(), *out.absolute().parents) if f.is_dir())
    status = folder.stat()
    given = status.st_mode & 0o022 and not status.st_mode & stat.S_ISVTX
    own_group = not status.st_mode & (stat.S_ISGID | stat.S_IWOTH) and status.st_gid == os.getgid()
    return bool(given) and (folder == out.absolute() or not own_group)


def make_folder(folder: Path, *, shared: bool) -> None:
    """Makes the folder and those above it that are missing, each for its owner only or as the one above is."""
    missing = [f for f in (folder, *folder.parents) if not f.exists()]
    for new in reversed(missing):
        new.mkdir(mode=0o700, exist_ok=True)
        if shared:
            new.chmod(stat.S_IMODE(new.parent.stat().st_mode))


def probe(target: Path) -> None:
    """Raises BillingError where the target could not be written: open elsewhere, or its folder is no folder."""
    try:
        _probe(target)
    except OSError as error:  # a folder that may not be looked into, a name that is too long
        raise BillingError(f"{target}: cannot be written: {error.strerror}.") from error


def _probe(target: Path) -> None:
    for folder in (target.parent, *target.parent.parents):
        if folder.exists():
            if not folder.is_dir():
                raise BillingError(f"{folder}: this is a file, and the output needs a folder of that name.")
            if not os.access(folder, os.W_OK | os.X_OK):
                raise BillingError(f"{folder}: nothing can be written in this folder. Choose another with --out.")
            break
    # Excel and LibreOffice put such a file beside a workbook that they have open.
    locks = (target.with_name(f"~${target.name}"), target.with_name(f".~lock.{target.name}#"))
    lock = next((lock for lock in locks if lock.exists()), None)
    if lock is not None:
        raise BillingError(f"{_open_elsewhere(target)} If nobody has it open, delete the file {lock.name} beside it.")
    if target.is_dir():
        raise BillingError(f"{target}: this is a folder, and a file of that name is to be written.")
    if target.exists():
        try:
            with target.open("r+b"):
                pass
        except OSError as error:
            raise BillingError(_open_elsewhere(target)) from error


def _open_elsewhere(target: Path) -> str:
    return f"{target}: the file is open in another program. Close it there and run the command again."
