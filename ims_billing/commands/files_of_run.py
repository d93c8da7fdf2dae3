"""Where the files of a month's last run lie now, so that a command to copy names only files that are there."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ims_billing.vocabulary.spelling import is_of_file

# Folders below one that are looked into; a home folder may hold thousands.
_MOST_FOLDERS = 200
# What stands in a command for an export that lies nowhere near.
FILE = "FILE"


def files_of_run(files: Mapping[str, str], read: Collection[str], folders: Iterable[Path]) -> list[Path]:
    """The files of a run as they lie in one of these folders, or in one below it; empty where one is in none.

    files: the run's files by name, each with its SHA-256
    read: the hashes of all files that any run has read: a file of that name with one of these is another one
    """
    folders = list(folders)
    paths = [_found(name, sha256, read, folders) for name, sha256 in files.items()]
    return [path for path in paths if path] if all(paths) else []


def files_of_rows(rows: Collection[str], folders: Iterable[Path]) -> list[Path]:
    """The files that rows are of, by name, in one of these folders or in one below it; one that is nowhere is left out.

    rows: the `source_text` of each
    """
    if not rows:
        return []
    places, paths = list(folders), dict[str, Path]()
    places += [below for folder in places for below in folders_below(folder)]
    for folder in places:
        with suppress(OSError):
            for path in folder.iterdir():
                if any(is_of_file(row, path.name) for row in rows) and path.is_file():
                    paths.setdefault(path.name, path)
    return [paths[name] for name in sorted(paths)]


def to_name(month: str) -> str:
    """Tells what to do where the files of a month are not there."""
    return f"Its export is not in this folder: put the export of {month} here, and name it in place of {FILE}."


def _found(name: str, sha256: str, read: Collection[str], folders: Sequence[Path]) -> Path | None:
    """One file: as it was read, else one of that name which nobody has read, as a corrected export is."""
    for places in (folders, [below for folder in folders for below in folders_below(folder)]):
        hashed = {path: _hash(path) for path in (place / name for place in places) if path.is_file()}
        same = [path for path, its in hashed.items() if its == sha256]
        new = [path for path, its in hashed.items() if its and its not in read]
        # In the folder itself, a corrected export goes before a copy of the old one that is kept below.
        if same or new:
            return [*same, *new][0]
    return None


def folders_below(folder: Path) -> list[Path]:
    """The folders in a folder, as far as it may be looked into, without hidden ones: the first of them by name."""
    with suppress(OSError):
        return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))[:_MOST_FOLDERS]
    return []


def _hash(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
