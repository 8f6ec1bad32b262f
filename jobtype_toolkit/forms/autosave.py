"""Autosave: what was typed survives the kernel. It is offered after a restart, never applied unasked."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jobtype_toolkit.api.times import v6_text

FORMAT = 1


def digest(text: str) -> str:
    """Return a hash of what a form started from."""
    return hashlib.sha256(text.encode()).hexdigest()


def utc_now() -> datetime:
    """Return the present."""
    return datetime.now(UTC)


@dataclass
class Autosave:
    """One file with the text of one form: replaced whole on every edit, gone once the text was sent.

    Args:
        path: the file; its folder is made when it is written first, with a `.gitignore` for all of it.
        now: the clock.
        process: the number of this process; another one in the file means that another kernel writes there too.
    """

    path: Path
    now: Callable[[], datetime] = utc_now
    process: int = field(default_factory=os.getpid)
    count: int = 0
    other: int | None = None
    """The process that writes to the same file too, if one was seen."""
    problem: str = ""
    """Why the last text could not be written."""

    def offered(self) -> dict[str, Any] | None:
        """Return what is in the file, None if there is nothing of this format to read."""
        try:
            found = json.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return None
        known = isinstance(found, dict) and found.get("format") == FORMAT and isinstance(found.get("text"), str)
        return found if known else None

    def write(self, text: str, started_from: str) -> None:
        """Write a text and what it started from, in one piece; what cannot be written is told by `problem`."""
        before = self.offered()
        if before is not None and self.count and before.get("process") != self.process:
            self.other = int(before.get("process", 0))
        if before is not None and not self.count:
            self._set_aside()
        self.count += 1
        record = {
            "format": FORMAT, "at": v6_text(self.now()), "process": self.process, "count": self.count,
            "start": digest(started_from), "text": text,
        }  # fmt: skip
        part = self.path.with_suffix(f".{self.process}.part")
        try:
            self._prepare()
            part.write_text(json.dumps(record), encoding="utf-8")
            part.replace(self.path)
        except OSError as error:
            self.problem = f"{self.path} cannot be written: {error.strerror or error}"
            _remove(part)
        else:
            self.problem = ""

    def sync(self) -> None:
        """Have the file system keep what was written, even through a loss of power."""
        try:
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())
        except OSError:
            return

    def discard(self) -> None:
        """Remove the file."""
        _remove(self.path)

    def _set_aside(self) -> None:
        """Keep what another run left, once: somebody types on before having decided about it."""
        try:
            self.path.replace(self.path.with_suffix(".earlier.json"))
        except OSError as error:
            self.problem = f"{self.path} cannot be moved: {error.strerror or error}"

    def _prepare(self) -> None:
        if not self.path.parent.exists():
            self.path.parent.mkdir(parents=True)
            (self.path.parent / ".gitignore").write_text("*\n", encoding="utf-8")


def _remove(path: Path) -> None:
    """Remove a file if it is there and can be removed."""
    with suppress(OSError):
        path.unlink()
