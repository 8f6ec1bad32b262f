"""Opening a store's database in a DuckDB of this process, and waiting for another process that holds its file.

To make a DuckDB takes 25 ms, in which it registers its functions; to open a file in one that is there takes two. So a `Pool`
keeps those that are done with one database for the next.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import duckdb

from jobtype_toolkit.errors import NotAStore, StoreError, StoreLocked, StoreVersion
from jobtype_toolkit.sqlfiles import literal, quoted
from jobtype_toolkit.store.lifetime import GATE, abandon
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
_SETTINGS = ("SET GLOBAL TimeZone = 'UTC'", "SET enable_progress_bar = false")
"""Times are those of UTC, whatever the machine's zone; DuckDB prints a bar into all that it takes for interactive."""
_NOTHING = '"no store"'
"""The database of an instance in which none is open, by a name that no file is likely to have."""
_HELD = """
SELECT (SELECT count(*) FROM duckdb_databases() WHERE NOT internal), (SELECT sum(memory_usage_bytes) FROM duckdb_memory())
"""
_LARGE = 32 * 1024 * 1024
"""Bytes of memory that an instance may hold to be kept for the next database."""
_FILES = ("", ".wal", ".wal.checkpoint", ".wal.recovery")
"""The endings of the files that a database has."""
_TAKEN = frozenset({"main", "system", "temp", _NOTHING.strip('"')})
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


class Instance:
    """A DuckDB that opens one database at a time, under the name that it would have alone."""

    def __init__(self, pool: Pool, reach: Path | None = None) -> None:
        """Make it for a pool, to which it goes back, and for the only file that it reaches; None lets it reach everything."""
        self._pool = pool
        self.reach = reach
        self._name = ""
        self._use: duckdb.Statement
        self.connection = duckdb.connect(config=CONFIG)
        """A connection to the database that is open."""
        for statement in (*_SETTINGS, f"ATTACH ':memory:' AS {_NOTHING}", f"USE {_NOTHING}", "DETACH memory"):
            self.connection.execute(statement)
        if reach is not None:
            self._spill_beside(reach)
            reached = ", ".join(literal(f"{reach}{ending}") for ending in _FILES)
            self.connection.execute(f"SET GLOBAL allowed_paths = [{reached}]")
            self.connection.execute("SET GLOBAL enable_external_access = false")
            self.connection.execute("SET GLOBAL lock_configuration = true")

    def open(self, path: Path | None, *, read_only: bool) -> None:
        """Open a file, or a new database in memory.

        Raises:
            duckdb.Error: it cannot be opened; nothing is open then.
        """
        if self.reach is None:
            self._spill_beside(path)
        how = " (READ_ONLY)" if read_only else ""
        name = _name(path)
        self.connection.execute(f"ATTACH {literal(str(path or MEMORY))} AS {name}{how}")
        self._name = name
        (self._use,) = self.connection.extract_statements(f"USE {name}.main")
        self.connection.execute(self._use)

    def _spill_beside(self, path: Path | None) -> None:
        """Let what does not fit the memory go where DuckDB puts it for a file that it has alone."""
        folder = ".tmp" if path is None else f"{path}.tmp"
        self.connection.execute(f"SET GLOBAL temp_directory = {literal(folder)}")

    def cursor(self) -> Connection:
        """Give another connection to the database that is open."""
        cursor = self.connection.cursor()
        cursor.execute(self._use)
        return cursor

    def close(self) -> None:
        """Close the database, and give the instance back to its pool if it is as it came from there; once is enough."""
        name, self._name = self._name, ""
        if not name:
            return  # it may be with the next by now
        try:
            databases, held = self.connection.execute(_HELD).fetchone() or (0, 0)
            self.connection.execute(f"USE {_NOTHING}")
            self.connection.execute(f"DETACH {name}")
            if self.reach is None:
                # fails if something has been spilled, and in what was locked, such as a lake's
                self._spill_beside(None)
        except duckdb.Error:
            databases = held = 0
        if databases == 2 and held < _LARGE:  # this one and the empty one; much would be kept from the machine
            self._pool.put(self)
        else:
            self.end()

    def end(self) -> None:
        """Let go of the instance, and of the database if one is open."""
        with GATE:
            self.connection.close()


class Pool:
    """Instances of DuckDB that wait for the next database to open."""

    def __init__(self, most: int, *, is_locked: bool = False) -> None:
        """Take how many may wait, and whether each reaches nothing but the file that it was made for."""
        self._most = most
        self._is_locked = is_locked
        # the steps of a deque need no lock, which a store that is collected at any moment could not take
        self._waiting: deque[Instance] = deque()

    def take(self, path: Path | None) -> Instance:
        """Give an instance that may open a file, a new one if none waits."""
        reach = path if self._is_locked else None
        for one in self._waiting.copy():
            if one.reach == reach:
                with suppress(ValueError):  # another thread was faster
                    self._waiting.remove(one)
                    return one
        return Instance(self, reach)

    def put(self, instance: Instance) -> None:
        """Take an instance back in which nothing is open; the one that waits longest goes if there are too many."""
        self._waiting.append(instance)
        if len(self._waiting) > self._most:
            with suppress(IndexError):
                self._waiting.popleft().end()

    @contextmanager
    def cursor(self, path: Path | None = None) -> Iterator[Connection]:
        """Give a connection to a file, which is made if it is missing, or to a new database in memory."""
        instance = self.take(path)
        try:
            instance.open(path, read_only=False)
            with instance.cursor() as cursor:
                yield cursor
        finally:
            instance.close()

    def empty(self) -> None:
        """Let go of the instances that wait."""
        with suppress(IndexError):
            while True:
                self._waiting.pop().end()

    def after_fork(self) -> None:
        """Leave the instances that wait to the parent."""
        for one in self._waiting:
            abandon(one)
        self._waiting.clear()


POOL = Pool(2)
"""Instances for what reads and writes other files than a store's too."""
LOCKED = Pool(2, is_locked=True)
"""Instances for what reads a store: each reaches the file of that store and no other."""


def connect(path: Path | None, patience: Patience, *, read_only: bool, pool: Pool = POOL) -> Instance:
    """Open the file, waiting a while for another process that holds it; None is a new database in memory.

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
            instance = pool.take(path)
            try:
                instance.open(path, read_only=read_only and path is not None)
            except duckdb.Error as error:
                if path is None or not isinstance(error, duckdb.IOException) or "Could not set lock" not in str(error):
                    instance.end()
                    raise unusable(path, error) from error
                pool.put(instance)
                pause = next(pauses)
                if time.monotonic() + pause > until or GATE.turns_away():
                    raise StoreLocked(_locked(path, str(error), patience, read_only=read_only)) from None
                if not read_only and not is_told:
                    sign.enter_context(announced(path))
                    is_told = True
            except BaseException:
                instance.end()
                raise
            else:
                return instance
            time.sleep(pause)


def _name(path: Path | None) -> str:
    """Return what DuckDB calls a database, with its quotes."""
    if path is None:
        return "memory"
    name = path.name.strip(".").split(".")[0]
    return quoted(f"{name}_db" if name.lower() in _TAKEN else name)


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


@contextmanager
def attached(con: Connection, path: Path, name: str, *, read_only: bool) -> Iterator[None]:
    """Let a connection reach another database meanwhile, under a name."""
    con.execute(f"ATTACH {literal(str(path))} AS {name} ({'READ_ONLY' if read_only else 'READ_WRITE'})")
    try:
        yield
    finally:
        con.execute(f"DETACH {name}")


@contextmanager
def limited(con: Connection, memory: str) -> Iterator[None]:
    """Let the DuckDB of a connection hold less than it would meanwhile; what is more goes to the disk."""
    con.execute(f"SET GLOBAL memory_limit = {literal(memory)}")
    try:
        yield
    finally:
        con.execute("RESET GLOBAL memory_limit")
