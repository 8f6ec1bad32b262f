"""Folders beside a target in which it is made ready; what a killed process left there is swept by the next one."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LOCK = "in-use"


@contextmanager
def scratch(folder: Path, prefix: str) -> Iterator[Path]:
    """Give a new folder whose name starts with `prefix`, and remove it afterwards; first sweep those that nobody uses."""
    _sweep(folder, prefix)
    made = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    try:
        with (made / "new").open("w") as lock:
            with suppress(OSError):  # some network disks have no locks, and then nothing is swept
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                (made / "new").replace(made / _LOCK)
            yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _sweep(folder: Path, prefix: str) -> None:
    for old in folder.glob(f"{_escaped(prefix)}*"):
        with suppress(OSError):  # without a lock file it is somebody else's, or being made just now
            handle = os.open(old / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(old)
            finally:
                os.close(handle)


def _escaped(text: str) -> str:
    return "".join(f"[{one}]" if one in "*?[" else one for one in text)
