"""The month's folder: every file written whole or not at all, and readable by its owner only."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ims_billing.findings import BillingError
from ims_billing.model import MonthView
from ims_billing.workbooks.claim_summary import claim_summary
from ims_billing.workbooks.claims_csv import claims_csv
from ims_billing.workbooks.insurer_report import insurer_report


@dataclass(frozen=True)
class Written:
    """What was written: the files, those of an earlier run that are left beside them, and who can read them."""

    files: tuple[Path, ...]
    left_over: tuple[Path, ...]
    shared: bool


def month_files(view: MonthView) -> dict[PurePosixPath, Callable[[], bytes]]:
    """By path within the output folder, what makes each file of a month."""
    month = view.month
    files: dict[PurePosixPath, Callable[[], bytes]] = {
        PurePosixPath(month, f"claim-summary-{month}.xlsx"): lambda: claim_summary(view),
        PurePosixPath(month, f"claims-{month}.csv"): lambda: claims_csv(view),
    }
    for insurer in view.insurers:
        path = PurePosixPath(month, "insurers", f"{insurer.id}-{month}.xlsx")
        files[path] = lambda insurer=insurer: insurer_report(view, insurer)  # type: ignore[misc]
    return files


def write_month(view: MonthView, out: Path, started: Callable[[str], None] = lambda _: None) -> Written:
    """Writes a month's files below `out`; raises BillingError where it cannot.

    No file is ever half-written, and nothing is written before every file could be. A file that is opened
    elsewhere in the moment of moving in stays as it was, though others are new; the next run mends that.

    Calls `started` with the name of each file before it is made.
    """
    making = month_files(view)
    targets = {out.joinpath(*path.parts): make for path, make in making.items()}
    for target in targets:
        _probe(target)
    contents = {}
    for target, make in targets.items():
        started(target.name)
        contents[target] = make()
    shared = _is_shared(out)
    write_all(contents, shared=shared)
    insurers = out / view.month / "insurers"
    found = sorted(insurers.glob("*.xlsx")) if insurers.is_dir() else []
    left_over = tuple(path for path in found if path not in targets and not path.name.startswith("~$"))
    return Written(tuple(targets), left_over, shared)


def write_all(contents: Mapping[Path, bytes], *, shared: bool) -> None:
    """Writes all files beside their places first, then moves them in; a failure before that leaves nothing."""
    ready: list[tuple[Path, Path]] = []
    try:
        for target, content in contents.items():
            _make_folder(target.parent, shared=shared)
            ready.append((_beside(target, content, shared=shared), target))
        for temporary, target in ready:
            try:
                temporary.replace(target)
            except PermissionError as error:
                raise BillingError(_open_elsewhere(target)) from error
    except OSError as error:
        raise BillingError(f"{error.filename or 'The output folder'}: cannot be written: {error.strerror}.") from error
    finally:
        for temporary, _ in ready:
            temporary.unlink(missing_ok=True)


def _beside(target: Path, content: bytes, *, shared: bool) -> Path:
    """A finished copy beside the target, for its owner only, or as the shared folder is."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if shared:
            temporary.chmod(stat.S_IMODE(target.parent.stat().st_mode) & 0o666)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _is_shared(out: Path) -> bool:
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


def _make_folder(folder: Path, *, shared: bool) -> None:
    missing = [f for f in (folder, *folder.parents) if not f.exists()]
    for new in reversed(missing):
        new.mkdir(mode=0o700, exist_ok=True)
        if shared:
            new.chmod(stat.S_IMODE(new.parent.stat().st_mode))


def _probe(target: Path) -> None:
    """Raises BillingError where the target could not be written: open elsewhere, or its folder is no folder."""
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
