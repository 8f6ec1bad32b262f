"""Opening a DuckDB file: with settings for a closed network, waiting a while for another process that holds it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from jobtype_toolkit.errors import NotAStore, StoreError, StoreLocked, StoreVersion

MEMORY = ":memory:"
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,  # a closed network has nothing to install from
    "autoload_known_extensions": False,
    "python_enable_replacements": False,  # a query must not see the caller's variables
}
_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.*?) \(PID (?P<pid>\d+)\)")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one store waits for others, and keeps others waiting."""

    wait: float
    """Seconds to wait for whoever holds the file."""
    idle: float
    """Seconds to keep the file open after the last question."""


def connect(path: Path | None, patience: Patience, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open the file, waiting a while for another process that holds it."""
    target = str(path) if path else MEMORY
    until = time.monotonic() + patience.wait
    pause = 0.02
    while True:
        try:
            return _connected(target, read_only=read_only and path is not None)
        except duckdb.IOException as error:
            if "Could not set lock" not in str(error):
                raise _unusable(path, error) from error
            if time.monotonic() + pause > until:
                raise StoreLocked(_locked(path, str(error), patience, read_only=read_only)) from None
        except duckdb.Error as error:
            raise _unusable(path, error) from error
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)


def _locked(path: Path | None, error: str, patience: Patience, *, read_only: bool) -> str:
    held = _HOLDER.search(error)
    holder = f"process {held['pid']} ({held['program']})" if held else "another process"
    return (
        f"{path} could not be opened to {'read' if read_only else 'write'} within {patience.wait:g} s: {holder} holds it. "
        f"Wait until it is done or stop it, or read a copy made by `publish`."
    )


def _unusable(path: Path | None, error: duckdb.Error) -> StoreError:
    text = str(error)
    if "newer version" in text or "version number" in text:
        return StoreVersion(f"{path} was written by another DuckDB than {duckdb.__version__}: {text}")
    if path is not None and not path.parent.is_dir():
        return StoreError(f"{path} cannot be made: the folder {path.parent} does not exist. Make it first.")
    return NotAStore(f"{path} cannot be opened as a store: {text}")


def _connected(target: str, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(target, read_only=read_only, config=_CONFIG)
    con.execute("SET GLOBAL TimeZone = 'UTC'")  # whatever the machine's zone; a connection's config does not take it
    return con
