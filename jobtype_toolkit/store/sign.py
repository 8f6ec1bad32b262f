"""A sign beside a store's file that a write waits for it, so that readers who ask again and again let it in first.

Each of several readers leaves the file to others now and then, but hardly all at the same moment. The sign is a locked file;
one that a killed process left is locked by nobody, and means nothing.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def _sign(path: Path) -> Path:
    return path.with_name(f".{path.name}-waiting")


@contextmanager
def announced(path: Path) -> Iterator[None]:
    """Tell readers that a write waits; where the folder cannot be written it waits untold."""
    sign = _sign(path)
    try:
        handle = os.open(sign, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    except OSError:
        yield
        return
    try:
        with suppress(OSError):  # some network disks have no locks
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield
    finally:
        with suppress(OSError):  # another write may wait as well, and goes on showing the sign
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            sign.unlink()
        os.close(handle)


def is_announced(path: Path) -> bool:
    """Return whether a write waits for the file."""
    try:
        handle = os.open(_sign(path), os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False
