"""Pages on their way into the store: on disk before they count, so that a pull that was stopped goes on where it was."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path

from filelock import FileLock, Timeout

from jobtype_toolkit.api.intervals import BEGINNING, Span
from jobtype_toolkit.errors import StoreError, StoreLocked

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_TRIES = 100
"""How often a folder is made that others remove meanwhile."""
_NAME = re.compile(r"(?P<number>\d{8})_(?P<started>-?\d+)_(?P<ended>-?\d+)_(?P<digest>[0-9a-f]{32})\.json")
_OLD = re.compile(r"\d{8}_-?\d+_-?\d+\.json")
"""A page without a digest, as releases before wrote them: it is fetched again."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """A page of jobs on disk, and what of the history is complete once it is in."""

    path: Path
    span: Span | None
    rows: int | None = None
    """How many jobs it has; None if another pull left it."""


class Spool:
    """The folder of one source's pages. One pull at a time has it."""

    def __init__(self, folder: Path, *, is_lasting: bool = True) -> None:
        """Take the folder, which must exist, and whether its pages are to outlive this process."""
        self._folder = folder
        self._is_lasting = is_lasting
        self._numbers = count(1 + max((int(one.path.name[:8]) for one in self.left()), default=0))

    def put(self, body: bytes, span: Span | None, rows: int) -> Spooled:
        """Write a page; when this returns it is on the disk, if it is to outlive this process.

        Raises:
            StoreError: the disk is full, or the folder cannot be written.
        """
        started, ended = span or (BEGINNING, BEGINNING)
        target = self._folder / f"{next(self._numbers):08}_{_ticks(started)}_{_ticks(ended)}_{_digest(body)}.json"
        part = target.with_suffix(".part")
        try:
            with part.open("wb") as file:
                file.write(body)
                if self._is_lasting:
                    file.flush()
                    os.fsync(file.fileno())
            part.replace(target)
        except OSError as error:
            part.unlink(missing_ok=True)
            msg = (
                f"A page could not be kept in {self._folder}: {error.strerror}. What was fetched before is kept; make room "
                "there and pull again."
            )
            raise StoreError(msg) from error
        return Spooled(target, span, rows)

    def left(self) -> list[Spooled]:
        """Return the pages that are not in the store yet, as they were fetched; one that is damaged is removed."""
        found = [(one, _NAME.fullmatch(one.name)) for one in sorted(self._folder.iterdir())]
        left = []
        for path, match in found:
            if match and _digest(path.read_bytes()) == match["digest"]:
                left.append(Spooled(path, _span(match)))
            elif match or _OLD.fullmatch(path.name):
                path.unlink(missing_ok=True)  # what is not covered is fetched again
        return left

    @staticmethod
    def done(pages: Sequence[Spooled]) -> None:
        """Remove pages that are in the store."""
        for one in pages:
            one.path.unlink(missing_ok=True)


@contextmanager
def spool(store: Path | None, source: str) -> Iterator[Spool]:
    """Give the spool of a source, to one pull at a time: a folder beside the store, or a temporary one for one in memory.

    Raises:
        StoreLocked: another pull of this source is going on.
        StoreError: the folder cannot be made.
    """
    if store is None:
        with tempfile.TemporaryDirectory(prefix="jobtype_toolkit-") as scratch:
            yield Spool(Path(scratch), is_lasting=False)
        return
    parent = store.with_name(store.name + ".pull")
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", source).strip("-.")[:40]
    folder = parent / f"{name}-{sha256(source.encode()).hexdigest()[:8]}"
    try:
        lock = _locked(folder)
    except Timeout:
        msg = f"Another pull of {source!r} into {store} is going on. Wait until it is done."
        raise StoreLocked(msg) from None
    except OSError as error:
        msg = f"The folder {folder}, where pages are kept on their way, cannot be made: {error.strerror}."
        raise StoreError(msg) from error
    try:
        for part in folder.glob("*.part"):
            part.unlink(missing_ok=True)
        yield Spool(folder)
    finally:
        if not any(_NAME.fullmatch(one.name) for one in folder.iterdir()):
            shutil.rmtree(folder, ignore_errors=True)  # before the lock is given up, so that nobody else has it
            with suppress(OSError):
                parent.rmdir()
        lock.release()


def _locked(folder: Path) -> FileLock:
    """Make the folder and lock it; anew where its last owner removed it meanwhile.

    Raises:
        Timeout: somebody else has it.
    """
    path = folder / "lock"
    tries = _TRIES
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as seen:
                lock = FileLock(path, timeout=0)
                lock.acquire()
                with suppress(FileNotFoundError):
                    if os.path.samestat(os.fstat(seen.fileno()), path.stat()):
                        return lock
                lock.release()  # its last owner removed the file; somebody else may have the next one
        except (FileExistsError, FileNotFoundError):
            tries -= 1
            if not tries:
                raise


def _digest(body: bytes) -> str:
    """Return what a page is told by: a disk that loses power can keep a name, and lose what is under it."""
    return sha256(body).hexdigest()[:32]


def _ticks(moment: datetime) -> int:
    return (moment - _EPOCH) // _TICK


def _span(match: re.Match[str]) -> Span | None:
    started, ended = (_EPOCH + int(match[name]) * _TICK for name in ("started", "ended"))
    return (started, ended) if started < ended else None
