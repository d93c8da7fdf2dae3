"""The process that opens a workbook, begun while this one still loads what it needs to make something of it."""

from __future__ import annotations

import atexit
import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

_ROOT = str(Path(__file__).parents[2])
_OPENER = f"import sys; sys.path.insert(0, {_ROOT!r}); from ims_billing.reading.opener import main; main()"
_SECONDS, _MEMORY, _UP_TO = 16, 1_500_000_000, 20_000_000
# The setup and two exports: more at once help nobody, and larger ones take longer than anything else loads.
_MOST, _LARGEST = 3, 20_000_000


class Opener:
    """One run of the opener on the bytes of a file, ended as a context manager."""

    def __init__(self, content: bytes, kind: str, password: str | None) -> None:
        larger = max(1.0, len(content) / _UP_TO)
        request = {"kind": kind, "password": password, "memory": int(_MEMORY * larger)}
        self._child = subprocess.Popen(
            [sys.executable, "-c", _OPENER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._late = threading.Event()
        self._watch = threading.Timer(_SECONDS * larger, self._stop)
        self._feed = threading.Thread(target=self._send, args=(json.dumps(request).encode() + b"\n" + content,))
        for thread in (self._watch, self._feed):
            # One that was begun and is not needed, because the command has failed before, holds nobody up.
            thread.daemon = True
        self._feed.start()

    @property
    def answer(self) -> IO[bytes] | None:
        """What the opener sends, while it sends."""
        return self._child.stdout

    @property
    def is_late(self) -> bool:
        """True if it took too long and was stopped."""
        return self._late.is_set()

    def __enter__(self) -> Opener:
        # Its time is counted from here: on a busy machine what is loaded meanwhile may take as long.
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._child:
            self._watch.cancel()
            self._child.kill()
            self._feed.join()

    def _stop(self) -> None:
        self._late.set()
        self.kill()

    def kill(self) -> None:
        """Ends the process, whatever it is doing."""
        self._child.kill()

    def _send(self, request: bytes) -> None:
        """Gives the opener its request; one that has broken down reads no more of it."""
        if self._child.stdin is not None:
            with contextlib.suppress(OSError):
                self._child.stdin.write(request)
            with contextlib.suppress(OSError):
                self._child.stdin.close()


_begun: dict[bytes, Opener] = {}


def begin(paths: Sequence[Path]) -> None:
    """Begins to open the first of these files that are workbooks; whoever opens them takes over from there.

    What is wrong with a file is found then, and not here.
    """
    for path in paths[:_MOST]:
        with contextlib.suppress(OSError):
            content = path.read_bytes() if path.is_file() and path.stat().st_size <= _LARGEST else b""
            if content.startswith(b"PK\x03\x04") and content not in _begun:
                _begun[content] = Opener(content, "zip", None)
                atexit.register(_begun[content].kill)


def opener_of(content: bytes, kind: str, password: str | None) -> Opener:
    """The opener of a file: as it was begun, else a new one."""
    begun = _begun.pop(content, None) if password is None and kind == "zip" else None
    return begun or Opener(content, kind, password)
