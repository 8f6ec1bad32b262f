"""The room that a write took in a file and did not use: DuckDB keeps it when the disk is full, so that no other write fits.

A write that fails has changed nothing up to where the file ended before, unless it got as far as the headers or the log.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_HEADERS = 3 * 4096
"""What DuckDB rewrites when a write is part of the file, in bytes."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a file goes, and its headers."""

    size: int
    headers: bytes

    @classmethod
    def of(cls, path: Path) -> Extent:
        """Look at a file that this process has not open: to close it lets go of its locks; one that is missing has nothing."""
        if not path.exists():
            return cls(0, b"")
        with path.open("rb") as file:
            return cls(os.fstat(file.fileno()).st_size, file.read(_HEADERS))


def give_back(path: Path, before: Extent) -> None:
    """Cut a file to where it ended before a write that failed, if nothing of the write is part of it; nobody has it open."""
    log = path.with_name(path.name + ".wal")
    with suppress(OSError), path.open("r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # another process may be faster, and then the room is its own
        if log.exists():
            if log.stat().st_size:
                return
            log.unlink()
        if file.read(_HEADERS) == before.headers and os.fstat(file.fileno()).st_size > before.size:
            file.truncate(before.size)
