"""Files that their writer keeps locked while it is at work: the system lets go of them when the process ends."""

from __future__ import annotations

import errno
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

# Windows keeps others from reading what is locked: a place behind all that is ever written.
_PLACE = 1 << 40
# Another command that looks whether the file is held has it for an instant.
_TRIES, _PAUSE = 50, 0.01
# What systems answer where somebody else has the lock.
_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK, errno.EWOULDBLOCK)


def hold(path: Path) -> BinaryIO | None:
    """Opens a file and keeps it locked until it is closed, or the process ends; None where that cannot be."""
    try:
        file = path.open("r+b")
    except OSError:
        return None
    for _ in range(_TRIES):
        if _locked(file) is not False:
            return file
        time.sleep(_PAUSE)
    file.close()
    return None


def is_held(path: Path) -> bool:
    """Whether a process that is at work holds the file; True where nobody can tell, as on a drive without locks."""
    try:
        file = path.open("r+b" if os.access(path, os.W_OK) else "rb")
    except FileNotFoundError:
        return False
    except OSError:
        return True
    with file:
        return _locked(file) is not True


def let_go(file: BinaryIO, path: Path) -> None:
    """Closes a file that is held, and removes it unless it is another one by now."""
    ours = False
    with suppress(OSError), file:
        ours = os.path.samestat(os.fstat(file.fileno()), path.stat())
        if ours and sys.platform != "win32":
            # While it is held: nobody is to take it for one that was left.
            path.unlink()
    if ours and sys.platform == "win32":
        with suppress(OSError):
            path.unlink()


def _locked(file: BinaryIO) -> bool | None:
    """Locks a file: True if it was free, False if somebody holds it, None where the drive knows no locks."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(_PLACE)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in _TAKEN else None
    return True
