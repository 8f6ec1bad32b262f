"""Opening a store's file with DuckDB, and waiting for another process that holds it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import duckdb

from jobtype_toolkit.errors import NotAStore, StoreError, StoreLocked, StoreVersion
from jobtype_toolkit.store import guard
from jobtype_toolkit.store.lifetime import GATE
from jobtype_toolkit.store.sign import announced, is_announced

MEMORY = ":memory:"
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,  # a closed network has nothing to install from
    "autoload_known_extensions": False,
    "python_enable_replacements": False,  # a query must not see the caller's variables
}
_NOT_LET = ("Cannot open file", "Could not write file", "No space left")
"""What DuckDB says of a file that is a store, on a disk or in a folder that does not let it be written."""
_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.*?) \(PID (?P<pid>\d+)\)")
Connection: TypeAlias = duckdb.DuckDBPyConnection
"""What runs statements; the name under which the rooms above know it."""
PAUSE = 0.1
"""The longest pause between two attempts to open a file that another process holds, in seconds."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one store waits for others, and keeps others waiting."""

    wait: float
    """Seconds to wait for whoever holds the file."""
    idle: float
    """Seconds to keep the file open after the last question."""

    @property
    def hold(self) -> float:
        """Seconds to keep the file open at most, however closely the questions follow each other."""
        return 2 * self.idle


def connect(path: Path | None, patience: Patience, *, read_only: bool, is_locked: bool = False) -> Connection:
    """Open the file, waiting a while for another process that holds it; `is_locked` gives access to nothing else.

    A reader lets writes in that wait, for half of its patience.
    """
    until = time.monotonic() + patience.wait
    pauses = _pauses()
    is_told = False
    if read_only and path is not None:
        let_in_until = until - patience.wait / 2
        while is_announced(path) and time.monotonic() < let_in_until and not GATE.turns_away():
            time.sleep(next(pauses))
    with ExitStack() as sign:
        while True:
            try:
                return _connected(str(path or MEMORY), read_only=read_only and path is not None, is_locked=is_locked)
            except duckdb.Error as error:
                if path is None or not isinstance(error, duckdb.IOException) or "Could not set lock" not in str(error):
                    raise unusable(path, error) from error
                pause = next(pauses)
                if time.monotonic() + pause > until or GATE.turns_away():
                    raise StoreLocked(_locked(path, str(error), patience, read_only=read_only)) from None
                if not read_only and not is_told:
                    sign.enter_context(announced(path))
                    is_told = True
            time.sleep(pause)


def _pauses() -> Iterator[float]:
    """Yield the seconds to wait between attempts, longer and longer."""
    pause = 0.02
    while True:
        yield pause
        pause = min(pause * 1.5, PAUSE)


def _locked(path: Path | None, error: str, patience: Patience, *, read_only: bool) -> str:
    held = _HOLDER.search(error)
    holder = f"process {held['pid']} ({held['program']})" if held else "another process"
    return (
        f"{path} could not be opened to {'read' if read_only else 'write'} within {patience.wait:g} s: {holder} holds it. "
        f"Wait until it is done or stop it, or read a copy made by `publish`."
    )


def unusable(path: Path | None, error: duckdb.Error) -> StoreError:
    """Return the error for a file that DuckDB cannot open as a store."""
    text = str(error)
    if "newer version" in text or "version number" in text:
        return StoreVersion(f"{path} was written by another DuckDB than {duckdb.__version__}: {text}")
    if any(one in text for one in _NOT_LET):
        return StoreError(
            f"{path} cannot be opened to be written: {text}. Make room or give the rights, and try again."
        )
    return NotAStore(f"{path} cannot be opened as a store: {text}")


def opened(
    target: str = MEMORY,
    *,
    read_only: bool = False,
    settings: Mapping[str, str | bool | int | float | list[str]] = MappingProxyType({}),
) -> Connection:
    """Open a database whose times are those of UTC, whatever the machine's zone, and which shows no bar of its own.

    DuckDB prints one into notebooks, and wherever it takes Python for interactive.
    """
    con = duckdb.connect(target, read_only=read_only, config=CONFIG | dict(settings))
    con.execute("SET GLOBAL TimeZone = 'UTC'")  # a connection's config takes neither of them
    con.execute("SET enable_progress_bar = false")
    return con


def _connected(target: str, *, read_only: bool, is_locked: bool) -> Connection:
    con = opened(target, read_only=read_only, settings=guard.LOCKED if is_locked else {})
    if is_locked:
        con.execute("SET GLOBAL lock_configuration = true")
    return con
