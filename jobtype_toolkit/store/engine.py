"""The file behind a store: opened when asked, kept while calls follow each other, let go after that; and running SQL on it.

DuckDB lets one process write or several read. So reads open the file read-only and keep it for a few idle seconds; a write
opens it for as long as it lasts. Two stores on one file in one process share one `Database`.
"""

from __future__ import annotations

import atexit
import re
import secrets
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import numpy as np
import pandas as pd

from jobtype_toolkit.errors import InvalidQuery, NotAStore, StoreError, StoreLocked, StoreReadOnly, StoreVersion
from jobtype_toolkit.sqlfiles import literal, sql
from jobtype_toolkit.store import schema

MEMORY = ":memory:"
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,  # a closed network has nothing to install from
    "autoload_known_extensions": False,
    "python_enable_replacements": False,  # a query must not see the caller's variables
}
_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.*?) \(PID (?P<pid>\d+)\)")
Connection: TypeAlias = duckdb.DuckDBPyConnection
"""What runs statements; the name under which the rooms above know it."""
_MAGIC = b"DUCK"
_LAST_CALL = 60.0
"""Seconds that `close` waits for who uses the file."""

_shared: weakref.WeakValueDictionary[Path, Database] = weakref.WeakValueDictionary()
_sharing = threading.Lock()
_every: weakref.WeakSet[Database] = weakref.WeakSet()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one store waits for others, and keeps others waiting."""

    wait: float
    """Seconds to wait for whoever holds the file."""
    idle: float
    """Seconds to keep the file open after the last question."""


@atexit.register
def _let_go_of_all() -> None:
    """Close what is open before the interpreter takes DuckDB apart, which complains otherwise."""
    for one in list(_every):
        one.abandon()


def database(path: str | Path) -> Database:
    """Return the database of a file, the same one for all stores on it; a new one for `:memory:`."""
    if str(path) == MEMORY:
        return Database(None)
    place = Path(path).expanduser().resolve()
    with _sharing:
        return _shared.setdefault(place, Database(place))


class Database:
    """Connections to one DuckDB file, or to one database in memory."""

    def __init__(self, path: Path | None) -> None:
        """Take the file; None is in memory."""
        self.path = path
        self._con: duckdb.DuckDBPyConnection | None = None
        self._readers = 0
        self._writer: int | None = None
        self._free = threading.Condition()
        self._timer: threading.Timer | None = None
        self._fires_at = self._let_go_at = 0.0
        self.state = 0
        """Grows with whatever may have changed what the file holds; while it stays, what was read of it stays true."""
        _every.add(self)

    def __repr__(self) -> str:
        return f"<Database {self.path or MEMORY}>"

    @property
    def is_open(self) -> bool:
        """Whether this process holds the file now."""
        return self._con is not None

    def ensure(self, patience: Patience, *, read_only: bool) -> None:
        """Make the file if it is missing, and look whether it is a store.

        Raises:
            StoreError: the file is missing and `read_only`, or its folder cannot be written.
            NotAStore: it is something else.
        """
        if self.path is None or (self.path.is_file() and self.path.stat().st_size == 0 and not read_only):
            self._make(patience)
        elif self.path.exists():
            self._look()
        elif read_only:
            msg = f"There is no store at {self.path}. Open it without read_only=True to make one."
            raise StoreError(msg)
        else:
            self._make(patience)

    def _make(self, patience: Patience) -> None:
        if self.path is not None and self.path.exists():
            self.path.unlink()  # an empty file, as mktemp makes it, is no DuckDB file yet
        if self.path is None or not self._copy_template(self.path):
            with self.writing(patience):
                pass

    @staticmethod
    def _copy_template(path: Path) -> bool:
        """Put a ready empty store in place, whole or not at all; return whether that worked. DuckDB says why not."""
        content = schema.template()
        if content is None:
            return False
        new = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
        try:
            with new.open("xb") as file:
                file.write(content)
            path.hardlink_to(new)
        except FileExistsError:
            return True  # another process was faster
        except OSError:
            return False
        finally:
            with suppress(OSError):
                new.unlink(missing_ok=True)
        return True

    def _look(self) -> None:
        path = self.path
        assert path is not None  # noqa: S101 - only called if there is a file
        if path.is_dir():
            msg = f"{path} is a folder, not a store. Give the path of a DuckDB file; a missing one is created."
            raise NotAStore(msg)
        if not path.is_file():
            msg = f"{path} is neither a file nor missing. Give the path of a DuckDB file; a missing one is created."
            raise NotAStore(msg)
        with path.open("rb") as file:
            if file.read(12)[8:] != _MAGIC:
                msg = f"{path} is not a DuckDB file. Load it into a store instead: jt.open('new.duckdb').load({str(path)!r})."
                raise NotAStore(msg)

    @contextmanager
    def reading(self, patience: Patience, *, upgrade: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor for reading; the file stays open for a few idle seconds afterwards.

        A file of an older schema is upgraded first if `upgrade`, and refused otherwise.
        """
        with self._free:
            self._wait_until(lambda: self._writer is None, patience)
            if self._con is None:
                self._con = self._connect(patience, read_only=True, upgrade=upgrade)
                self.state += 1
            self._readers += 1
            cursor = self._con.cursor()
        try:
            yield cursor
        except (duckdb.IOException, duckdb.SerializationException) as error:
            msg = f"{self.path} cannot be read: {error}. Is the file whole? Restore it, or load its sources anew."
            raise StoreError(msg) from error
        finally:  # also if Ctrl+C strikes in the middle
            try:
                cursor.close()
            finally:
                with self._free:
                    self._readers -= 1
                    self._free.notify_all()
                    self._start_timer(patience)

    @contextmanager
    def writing(self, patience: Patience) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection that may write, to nobody else at the same time; see `transaction`.

        Temporary tables go with it, also in a database in memory.
        """
        with self._free:
            self._wait_until(lambda: self._writer is None and self._readers == 0, patience)
            self._stop_timer()
            if self.path is not None:
                self._disconnect()
            self._writer = threading.get_ident()
            self.state += 1
        try:
            if self._con is None:
                self._con = self._connect(patience, read_only=False)
            with self._con.cursor() as cursor:
                yield cursor
        finally:
            with self._free:
                try:
                    if self.path is not None:
                        self._disconnect()
                finally:  # also if Ctrl+C strikes while the file is closed, which takes a while
                    self._writer = None
                    self._free.notify_all()

    def _wait_until(self, condition: Callable[[], bool], patience: Patience) -> None:
        if not self._free.wait_for(condition, patience.wait):
            msg = f"{self.path or MEMORY} is in use by another thread of this process for longer than {patience.wait:g} s."
            raise StoreLocked(msg)

    def close(self) -> None:
        """Let go of the file now; the next question opens it again. A database in memory is kept.

        Who uses it just now is waited for, though not for ever: the end of the process lets go too.
        """
        with self._free:
            is_idle = self._free.wait_for(lambda: self._writer is None and self._readers == 0, _LAST_CALL)
            if is_idle:
                self._stop_timer()
            if is_idle and self.path is not None:
                self._disconnect()

    def abandon(self) -> None:
        """Close whatever is open, also in memory: the process ends."""
        self._stop_timer()
        self._disconnect()

    def _disconnect(self) -> None:
        con, self._con = self._con, None
        if con is not None:
            con.close()

    def _start_timer(self, patience: Patience) -> None:
        """Schedule the release of the file for when it has been idle long enough, with one thread for all calls."""
        if self.path is None or self._con is None or self._readers:
            return
        self._let_go_at = time.monotonic() + patience.idle
        if self._timer is None or self._fires_at > self._let_go_at:
            self._stop_timer()
            self._fires_at = self._let_go_at
            self._timer = threading.Timer(patience.idle, self._let_go)
            self._timer.daemon = True
            self._timer.start()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _let_go(self) -> None:
        with self._free:
            if threading.current_thread() is not self._timer:
                return
            self._timer = None
            left = self._let_go_at - time.monotonic()
            if left > 0:
                self._start_timer(Patience(0, left))
            elif self._readers == 0 and self._writer is None:
                self._disconnect()

    def _connect(self, patience: Patience, *, read_only: bool, upgrade: bool = False) -> duckdb.DuckDBPyConnection:
        con = connect(self.path, patience, read_only=read_only)
        try:
            if upgrade and (schema.version(con) or schema.SCHEMA_VERSION) < schema.SCHEMA_VERSION:
                con.close()
                self._connect(patience, read_only=False).close()
                con = connect(self.path, patience, read_only=read_only)
            self._fit(con, read_only=read_only)
        except BaseException:
            con.close()
            raise
        return con

    def _fit(self, con: duckdb.DuckDBPyConnection, *, read_only: bool) -> None:
        """Upgrade the schema if the file may be written, and refuse what this release cannot use."""
        found = schema.version(con)
        if found is None:
            msg = f"{self.path} is a DuckDB file, but not a store of the toolkit. Give another path; a missing file is created."
            raise NotAStore(msg)
        if found == schema.SCHEMA_VERSION:
            return
        if found > schema.SCHEMA_VERSION:
            msg = (
                f"{self.path} has schema version {found}; this release knows {schema.SCHEMA_VERSION}. "
                "Upgrade jobtype_toolkit to use it."
            )
            raise StoreVersion(msg)
        if read_only and self.path is not None:
            msg = (
                f"{self.path} has schema version {found} and must be upgraded to {schema.SCHEMA_VERSION} before it is read. "
                "Open it once without read_only=True."
            )
            raise StoreVersion(msg)
        if found == 0 and self.path is None and _fill(con):
            return
        with transaction(con):
            schema.create(con) if found == 0 else schema.migrate(con, found)


def _fill(con: duckdb.DuckDBPyConnection) -> bool:
    """Copy a ready empty store into a database in memory; return whether there is one, and room for it."""
    content = schema.template()
    if content is None:
        return False
    try:
        with tempfile.TemporaryDirectory(prefix="jobtype_toolkit-") as folder:
            file = Path(folder) / "empty.duckdb"
            file.write_bytes(content)
            con.execute(f"ATTACH {literal(str(file))} AS template (READ_ONLY)")
            con.execute("COPY FROM DATABASE template TO memory")
            con.execute("DETACH template")
    except OSError:
        return False
    return True


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit at the end what is done meanwhile, or roll it back if anything is raised.

    In DuckDB a statement that fails takes the whole transaction with it: what may fail is tried before.
    """
    con.execute("BEGIN")
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):  # after a full disk there is no transaction left to roll back
            con.execute("ROLLBACK")
        raise
    con.execute("COMMIT")


def refuse_write(path: Path | None) -> StoreReadOnly:
    """Return the error for a write to a store that was opened to be read."""
    return StoreReadOnly(f"{path} was opened with read_only=True. Open it without to change it.")


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


def script(
    con: duckdb.DuckDBPyConnection, address: str, bound: Mapping[str, Any] | None = None, /, **fragments: str
) -> duckdb.DuckDBPyConnection:
    """Run every statement at an address of SQL, each with those of the bound values that it speaks of."""
    return statements(con, sql(address, **fragments), bound or {})


def statements(con: duckdb.DuckDBPyConnection, text: str, bound: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
    """Run every statement of a text; the connection holds the answer of the last."""
    for statement in con.extract_statements(text):
        con.execute(statement, {name: bound[name] for name in statement.named_parameters})
    return con


def number(con: duckdb.DuckDBPyConnection, query: str) -> int:
    """Return the one number that a query answers with; 0 where it answers with nothing."""
    found = con.execute(query).fetchone()
    return int(found[0]) if found else 0


_READING = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
_DOES_NOT_RUN = (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError)


class Session:
    """A cursor on a file that nobody writes meanwhile."""

    def __init__(self, con: duckdb.DuckDBPyConnection, state: int) -> None:
        """Take the cursor, and what tells changes of the file."""
        self._con = con
        self.state = state

    def columns(self, text: str, parameters: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Run SQL and return its columns."""
        columns: dict[str, np.ndarray] = self._run(text, parameters).fetchnumpy()  # type: ignore[assignment]  # no ENUM here
        return columns

    def rows(self, text: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run SQL and return its rows as plain values."""
        answer = self._run(text, parameters)
        names = [name for name, *_ in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def frame(self, query: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
        """Run any one query that only reads, and return its answer as DuckDB gives it, times in UTC.

        Raises:
            InvalidQuery: the SQL does not run, or would change the store.
        """
        try:
            kinds = {statement.type for statement in self._con.extract_statements(query)}
            if not kinds or not kinds <= _READING:
                msg = "sql() takes a query that reads, such as 'FROM job LIMIT 10'. load, forget and prune change a store."
                raise InvalidQuery(msg)
            answer = self._con.execute(query, dict(parameters))
            times = [name for name, kind, *_ in answer.description or () if str(kind) == "TIMESTAMP"]
            frame = answer.df()
        except duckdb.Error as error:
            msg = f"The SQL does not run: {error}"
            raise InvalidQuery(msg) from error
        for name in times:
            frame[name] = frame[name].dt.tz_localize("UTC")
        return frame

    def _run(self, text: str, parameters: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
        try:
            return self._con.execute(text, dict(parameters))
        except _DOES_NOT_RUN as error:
            msg = f"The SQL does not run: {error}"
            raise InvalidQuery(msg) from error


class Engine:
    """A store's file as questions see it; see `queries.reader.Engine`."""

    def __init__(self, database: Database, patience: Patience, *, upgrade: bool) -> None:
        """Take the file, how long to wait for it, and whether one of an older schema is brought up to date first."""
        self._database = database
        self._patience = patience
        self._upgrade = upgrade

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session to read with."""
        with self._database.reading(self._patience, upgrade=self._upgrade) as con:
            yield Session(con, self._database.state)
