"""The file behind a store: opened when asked, kept while calls follow each other, let go after that.

DuckDB lets one process write or several read. So reads open the file read-only and keep it for a few idle seconds, and never
longer than twice that; a write opens it for as long as it lasts. Two stores on one file in one process share one `Database`.
A file that is read is open without access to anything else, so that no query reaches further than the store.
"""

from __future__ import annotations

import atexit
import os
import secrets
import sys
import tempfile
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

import duckdb

from jobtype_toolkit import hints
from jobtype_toolkit.errors import (
    InputNotFound,
    NotAStore,
    StoreError,
    StoreLocked,
    StoreReadOnly,
    StoreVersion,
)
from jobtype_toolkit.sqlfiles import sql
from jobtype_toolkit.store import guard, schema
from jobtype_toolkit.store.connection import (
    LOCKED,
    MEMORY,
    PAUSE,
    POOL,
    Connection,
    Instance,
    Patience,
    attached,
    connect,
    unusable,
)
from jobtype_toolkit.store.lifetime import GATE, abandon
from jobtype_toolkit.store.room import Extent, give_back

_MAGIC = b"DUCK"
_LAST_CALL = 60.0
"""Seconds that `close` waits for who uses the file."""
_GAP = 2 * PAUSE
"""Seconds for which a file that was held for long is left to others, who try again meanwhile."""

_shared: weakref.WeakValueDictionary[Path, Database] = weakref.WeakValueDictionary()
_sharing = threading.Lock()
_statements: dict[str, list[duckdb.Statement]] = {}
_MOST_STATEMENTS = 256
"""How many texts are kept as DuckDB parsed them."""
_every: weakref.WeakSet[Database] = weakref.WeakSet()
_Signature: TypeAlias = tuple[int, int, int, int] | None


@atexit.register
def _let_go_of_all() -> None:
    """Close what is open before the interpreter takes DuckDB apart."""
    if GATE.end(_call_out):
        for one in list(_every):
            one.release()
        guard.release()
        POOL.empty()
        LOCKED.empty()


def _call_out() -> None:
    for one in list(_every):
        one.interrupt()


def _before_fork() -> None:
    """Close the files that are idle: what is open in a parent cannot be used, closed or opened again in its child."""
    _sharing.acquire()
    for one in list(_every):
        one.before_fork()
    POOL.empty()
    LOCKED.empty()


def _after_fork() -> None:
    for one in list(_every):
        one.after_fork()
    _sharing.release()


def _after_fork_in_child() -> None:
    GATE.after_fork()
    guard.after_fork()
    POOL.after_fork()
    LOCKED.after_fork()
    for one in list(_every):
        one.after_fork_in_child()
    _sharing.release()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child)


def database(path: str | Path) -> Database:
    """Return the database of a file, the same one for all stores on it; a new one for `:memory:`."""
    if str(path) == MEMORY:
        return Database(None)
    place = Path(path).expanduser().resolve()
    with _sharing:
        return _shared.setdefault(place, Database(place))


class Database:
    """Connections to one DuckDB file, or to one database in memory."""

    _remedy = "Is the file whole? Restore it, or load its sources anew."
    """What to do if it cannot be read."""

    def __init__(self, path: Path | None) -> None:
        """Take the file; None is in memory."""
        self.path = path
        self._con: Instance | None = None
        self._is_opening = False
        self._readers: dict[int, int] = {}
        self._writer: int | None = None
        self._cursors: list[Connection] = []
        self._queue: deque[object] = deque()
        self._free = threading.Condition()
        self._timer: threading.Timer | None = None
        self._fires_at = self._let_go_at = self._hold_until = self._left_until = 0.0
        self._opened: _Signature = None
        self._was_there = False
        self._lost = ""
        self.state = 0
        """Grows with whatever may have changed what the file holds; while it stays, what was read of it stays true."""
        _every.add(self)

    def __repr__(self) -> str:
        return f"<Database {self.name}>"

    def __del__(self) -> None:
        if "_con" in self.__dict__:
            self._disconnect()

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(self.path or MEMORY)

    @property
    def is_locked(self) -> bool:
        """Whether what reads it reaches nothing else."""
        return self.path is not None

    @property
    def is_open(self) -> bool:
        """Whether this process holds the file now."""
        return self._con is not None

    def ensure(self, patience: Patience, *, read_only: bool, create: bool) -> None:
        """Look whether the file is a store; make it if it is missing and `create`. A database in memory is made.

        Raises:
            InputNotFound: the file is missing and `read_only`.
            StoreError: its folder is missing, or cannot be written.
            NotAStore: it is something else.
        """
        if self.path is None:
            self.make(patience)
        elif self.path.exists():
            self._was_there = True
            if not self.is_open:  # to close a file lets go of its locks
                self._look(self.path)
        else:
            self._was_there = False
            if read_only:
                raise self._missing(self.path)
            if not self.path.parent.is_dir():
                msg = f"{self.path} cannot be made: the folder {self.path.parent} does not exist. Make it first."
                raise StoreError(msg)
            if create:
                self.make(patience)

    def make(self, patience: Patience) -> None:
        """Make the file if it is missing, or the database in memory."""
        if self._con is None if self.path is None else not self.path.exists():
            with self.writing(patience):
                pass

    def _missing(self, path: Path) -> InputNotFound | StoreError:
        if self._was_there:
            return StoreError(
                f"{path} was deleted while it was in use, and is not made anew. Put it back; jt.open starts a new one."
            )
        return missing_store(path)

    @staticmethod
    def _copy_template(path: Path) -> bool:
        """Put a ready empty store in place, whole or not at all; return whether that worked.

        Raises:
            StoreError: the folder cannot be written, or the disk is full.
        """
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
        except OSError as error:
            if new.exists() and new.stat().st_size == len(content):
                return False  # some disks have no hard links
            msg = f"{path} cannot be made: {error.strerror}. Make room there, or give a path that can be written."
            raise StoreError(msg) from error
        finally:
            with suppress(OSError):
                new.unlink(missing_ok=True)
        return True

    @staticmethod
    def _look(path: Path) -> None:
        """Raise NotAStore for what is no DuckDB file."""
        if path.is_dir():
            reader = hints.either(f"jt.lake({str(path)!r})", "the commands that ask")
            msg = (
                f"{path} is a folder, not a store. If it is a lake, it is read by {reader}; otherwise give the path of a DuckDB "
                "file; the first load makes a missing one."
            )
            raise NotAStore(msg)
        if not path.is_file():
            msg = f"{path} is not a regular file. Give the path of a DuckDB file; the first load makes a missing one."
            raise NotAStore(msg)
        try:
            with path.open("rb") as file:
                start = file.read(12)
        except OSError as error:
            msg = f"{path} cannot be read: {error.strerror}."
            raise StoreError(msg) from error
        if not start:
            msg = f"{path} is an empty file, not a store. Delete it, or give another path."
            raise NotAStore(msg)
        if start[8:] != _MAGIC:
            msg = f"{path} is not a DuckDB file. Load it into a store instead: " + hints.either(
                f"jt.open('new.duckdb').load({str(path)!r}).", f"`jobtype-toolkit load {path} --store new.duckdb`."
            )
            raise NotAStore(msg)

    @contextmanager
    def reading(self, patience: Patience, *, upgrade: bool = False) -> Iterator[Connection]:
        """Give a cursor for reading; the file stays open for a few idle seconds afterwards.

        A file of an older schema is upgraded first if `upgrade`, and refused otherwise.
        """
        me = threading.get_ident()
        with GATE:
            cursor = self._start_reading(patience, upgrade=upgrade)
            try:
                with self._told():
                    yield cursor
            finally:  # also if Ctrl+C strikes in the middle
                try:
                    cursor.close()
                finally:
                    with self._free:
                        self._cursors.remove(cursor)
                        self._readers[me] -= 1
                        if not self._readers[me]:
                            del self._readers[me]
                        self._free.notify_all()
                        self._stop_reading(patience)

    def _start_reading(self, patience: Patience, *, upgrade: bool) -> Connection:
        me = threading.get_ident()
        with self._free:
            if me not in self._readers:  # who reads already may read more, whoever waits
                self._take_turn(patience, self._may_read)
                if self._con is not None and not self._readers and self._must_reopen():
                    self._leave()
            if self._con is not None:
                return self._new_cursor(self._con)
            self._is_opening = True
        con = None
        try:
            if self.path is not None:
                time.sleep(min(_GAP, max(0.0, self._left_until - time.monotonic())))
            opened = self._signature()
            con = self._connect(patience, read_only=True, upgrade=upgrade)
        finally:
            with self._free:
                self._is_opening = False
                self._free.notify_all()
                if con is not None:
                    self._con, self._opened = con, opened
                    self._hold_until = time.monotonic() + patience.hold
                    self.state += 1
                    cursor = self._new_cursor(con)
        return cursor

    def _new_cursor(self, con: Instance) -> Connection:
        me = threading.get_ident()
        cursor = con.cursor()
        self._cursors.append(cursor)
        self._readers[me] = self._readers.get(me, 0) + 1
        return cursor

    def _may_read(self) -> bool:
        if self._writer is not None or self._is_opening:
            return False
        return not self._readers or not self._must_reopen()

    def _must_reopen(self) -> bool:
        """Return whether the file was held for long enough, or is another one by now."""
        if self.path is None or self._con is None:
            return False
        return time.monotonic() > self._hold_until or self._signature() != self._opened

    def _signature(self) -> _Signature:
        """Return what tells a file from the one that replaced it; None if there is none."""
        if self.path is None:
            return None
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size

    def _stop_reading(self, patience: Patience) -> None:
        if self.path is None or self._readers:
            return
        if time.monotonic() > self._hold_until:
            self._leave()
        elif GATE.is_ending:
            self._disconnect()
        else:
            self._start_timer(patience)

    def _leave(self) -> None:
        """Let go of the file; leave it to others for a moment if it was held for long."""
        if time.monotonic() > self._hold_until:
            self._left_until = time.monotonic() + _GAP
        self._disconnect()

    @contextmanager
    def writing(self, patience: Patience) -> Iterator[Connection]:
        """Give a connection that may write, to nobody else at the same time; see `transaction`.

        Temporary tables go with it, also in a database in memory. A missing file is made.
        """
        with self._alone(patience, read_only=False) as con, con.cursor() as cursor:
            self._cursors.append(cursor)
            try:
                yield cursor
            finally:
                self._cursors.remove(cursor)

    @contextmanager
    def copying(self, patience: Patience, *, upgrade: bool = False) -> Iterator[Connection]:
        """Give a connection that may read the store and write other files."""
        if self.path is None:
            with self.reading(patience) as con:
                yield con
            return
        if upgrade:
            with self.reading(patience, upgrade=True):
                pass
        with self._alone(patience, read_only=True) as alone, alone.cursor() as cursor, self._told():
            yield cursor

    @contextmanager
    def _alone(self, patience: Patience, *, read_only: bool) -> Iterator[Instance]:
        with GATE:
            with self._free:
                self._take_turn(patience, lambda: self._writer is None and not self._is_opening and not self._readers)
                self._stop_timer()
                if self.path is not None:
                    self._disconnect()
                self._writer = threading.get_ident()
                self.state += 1
            before = None
            try:
                if self.path is not None and not read_only:
                    self._be_there(self.path, read_only=False)
                    before = Extent.of(self.path)
                if self._con is None:
                    self._con = self._connect(patience, read_only=read_only, is_locked=False)
                yield self._con
                before = None
            finally:
                with self._free:
                    try:
                        if self.path is not None:
                            self._disconnect()
                        if self.path is not None and before is not None:
                            give_back(self.path, before)
                    finally:  # also if Ctrl+C strikes while the file is closed, which takes a while
                        self._writer = None
                        self._free.notify_all()

    def _take_turn(self, patience: Patience, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds; who came first goes first, so that neither reads nor writes starve."""
        ticket = object()
        self._queue.append(ticket)
        try:
            came = self._free.wait_for(
                lambda: GATE.turns_away() or (self._queue[0] is ticket and condition()), patience.wait
            )
        finally:
            self._queue.remove(ticket)
            self._free.notify_all()
        if self._lost:
            raise StoreError(self._lost)
        if not came or GATE.turns_away():
            msg = f"{self.name} has been in use by another thread of this process for more than {patience.wait:g} s."
            raise StoreLocked(msg)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Raise what DuckDB says of a file that it cannot read as an error of the store."""
        try:
            yield
        except duckdb.Error as error:
            if self.path is not None:
                self._hold_until = 0.0  # after some errors a connection answers nothing any more
            msg = f"{self.name} cannot be read: {error}. {self._remedy}"
            raise StoreError(msg) from error

    def close(self) -> None:
        """Let go of the file now; the next question opens it again. A database in memory is kept.

        Who uses it just now is waited for, though not for ever: the end of the process lets go too.
        """
        with GATE, self._free:
            is_idle = self._free.wait_for(self._is_idle, _LAST_CALL)
            if is_idle:
                self._stop_timer()
            if is_idle and self.path is not None:
                self._disconnect()

    def _is_idle(self) -> bool:
        return self._writer is None and not self._readers and not self._is_opening

    def interrupt(self) -> None:
        """Stop what runs, and wake who waits: the process ends."""
        for one in list(self._cursors):
            with suppress(duckdb.Error):
                one.interrupt()
        if self._free.acquire(timeout=0.01):
            self._free.notify_all()
            self._free.release()

    def release(self) -> None:
        """Close whatever is open, also in memory: the process ends."""
        with self._free:  # the timer may be closing it just now
            self._stop_timer()
            self._disconnect()

    def before_fork(self) -> None:
        """Let go of the file if it is idle, and keep it from being opened until `after_fork`."""
        self._free.acquire()
        if self._is_idle() and self.path is not None:
            self._stop_timer()
            self._disconnect()

    def after_fork(self) -> None:
        """Go on in the parent."""
        self._free.release()

    def after_fork_in_child(self) -> None:
        """Go on in the child, without the connection and the threads of the parent."""
        self._free = threading.Condition()
        self._timer = None
        self._queue.clear()
        if self._con is not None:
            for one in (self._con, *self._cursors):
                abandon(one)
            self._con, self._cursors = None, []
            self._lost = (
                f"{self.path or MEMORY} was {'in use' if self.path else 'in memory'} when this process was forked, and "
                "cannot be used here. Open the store in the child, on a file."
            )
        self._readers, self._writer, self._is_opening = {}, None, False

    def _disconnect(self) -> None:
        con, self._con = self._con, None
        if con is not None:
            with GATE:
                con.close()

    def _start_timer(self, patience: Patience) -> None:
        """Schedule the release of the file for when it has been idle long enough, with one thread for all calls."""
        if self.path is None or self._con is None or self._readers:
            return
        self._let_go_at = min(time.monotonic() + patience.idle, self._hold_until)
        if self._timer is None or self._fires_at > self._let_go_at:
            self._stop_timer()
            self._fires_at = self._let_go_at
            self._timer = threading.Timer(max(0.0, self._let_go_at - time.monotonic()), self._let_go)
            self._timer.daemon = True
            self._timer.start()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _let_go(self) -> None:
        with GATE, self._free:
            if threading.current_thread() is not self._timer:
                return
            self._timer = None
            left = self._let_go_at - time.monotonic()
            if left > 0:
                self._start_timer(Patience(0, left))
            elif self._is_idle():
                self._disconnect()

    def _connect(
        self, patience: Patience, *, read_only: bool, upgrade: bool = False, is_locked: bool = True
    ) -> Instance:
        if self.path is not None:
            self._be_there(self.path, read_only=read_only)
        pool = LOCKED if is_locked and read_only and self.path else POOL
        con = connect(self.path, patience, read_only=read_only, pool=pool)
        try:
            found = schema.version(con.connection) if self.path else 0
            if upgrade and found and found < schema.SCHEMA_VERSION:
                con.close()
                self._upgrade(patience, found)
                con = connect(self.path, patience, read_only=read_only, pool=pool)
                found = schema.version(con.connection)
            self._fit(con.connection, found, read_only=read_only)
        except duckdb.Error as error:
            con.close()
            raise unusable(self.path, error) from error
        except BaseException:
            con.close()
            raise
        return con

    def _upgrade(self, patience: Patience, found: int) -> None:
        try:
            self._connect(patience, read_only=False).close()
        except StoreError as error:
            if type(error) is StoreError and self.path is not None:  # it cannot be written at all
                raise _too_old(self.path, found) from error
            raise

    def _be_there(self, path: Path, *, read_only: bool) -> None:
        """Look at the file before it is opened; make a missing one to write, unless it was there before."""
        if path.exists():
            self._look(path)
        elif read_only or self._was_there:
            raise self._missing(path)
        else:
            self._copy_template(path)
        self._was_there = path.exists()  # without a template DuckDB makes it

    def _fit(self, con: Connection, found: int | None, *, read_only: bool) -> None:
        """Upgrade the schema found if the file may be written, and refuse what this release cannot use."""
        if found is None:
            msg = f"{self.path} is a DuckDB file, but not a store of the toolkit. Give another path; the first load makes a store."
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
            raise _too_old(self.path, found)
        if found == 0 and self.path is None and _fill(con):
            return
        if found == 0:
            with transaction(con):
                schema.create(con)
        else:
            _upgrade(con, self.path, found)


def _too_old(path: Path, found: int) -> StoreVersion:
    return StoreVersion(
        f"{path} has schema version {found} and must be upgraded to {schema.SCHEMA_VERSION} before it is read. Open it once "
        f"without {hints.either('read_only=True', 'that')}, or run `jobtype-toolkit types --store {path}`, where the file may be written."
    )


def _upgrade(con: Connection, path: Path | None, found: int) -> None:
    """Bring a file up to date, one committed step after the other: what is interrupted goes on with the next opening."""
    for step in range(found + 1, schema.SCHEMA_VERSION + 1):
        sys.stderr.write(f"{path}: upgrading the store, step {step} of {schema.SCHEMA_VERSION} …\n")
        with transaction(con):
            schema.migrate(con, step - 1, to=step)


def _fill(con: Connection) -> bool:
    """Copy a ready empty store into a database in memory; return whether there is one, and room for it."""
    content = schema.template()
    if content is None:
        return False
    try:
        with tempfile.TemporaryDirectory(prefix="jobtype_toolkit-") as folder:
            file = Path(folder) / "empty.duckdb"
            file.write_bytes(content)
            with attached(con, file, "template", read_only=True):
                con.execute("COPY FROM DATABASE template TO memory (SCHEMA)")  # a third of the time of a copy with rows
                con.execute("INSERT INTO meta FROM template.meta")  # the only row
    except OSError:
        return False
    return True


@contextmanager
def transaction(con: Connection) -> Iterator[None]:
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


def missing_store(path: Path) -> InputNotFound:
    """Return the error for a file that is not there, with the name of a store beside it that was probably meant."""
    names = [one.name for one in path.parent.glob("*.*db") if one.is_file()] if path.parent.is_dir() else []
    makes = hints.either(
        "A first load or pull makes it, or jt.open(…, create=True).",
        f"`jobtype-toolkit load FILE --store {path}` makes one.",
    )
    return InputNotFound(f"There is no store at {path}.{hints.did_you_mean(path.name, names)} {makes}")


def refuse_write(path: Path | None) -> StoreReadOnly:
    """Return the error for a write to a store that was opened to be read."""
    return StoreReadOnly(f"{path} was opened with read_only=True. Open it without to change it.")


def script(con: Connection, address: str, bound: Mapping[str, Any] | None = None, /, **fragments: str) -> Connection:
    """Run every statement at an address of SQL, each with those of the bound values that it speaks of."""
    return statements(con, sql(address, **fragments), bound or {})


def statements(con: Connection, text: str, bound: Mapping[str, Any]) -> Connection:
    """Run every statement of a text; the connection holds the answer of the last."""
    for statement in parsed(con, text):
        con.execute(statement, {name: bound[name] for name in statement.named_parameters})
    return con


def parsed(con: Connection, text: str) -> list[duckdb.Statement]:
    """Return the statements of a text; each text is parsed once, whichever connection runs it."""
    found = _statements.get(text)
    if found is None:
        if len(_statements) >= _MOST_STATEMENTS:
            _statements.clear()  # in one step, as other threads may be here
        found = _statements[text] = con.extract_statements(text)
    return found


def number(con: Connection, query: str) -> int:
    """Return the one number that a query answers with; 0 where it answers with nothing."""
    return count(statements(con, query, {}))


def count(answer: Connection) -> int:
    """Return the one number of an answer, such as how many rows a statement wrote; 0 where there is nothing."""
    found = answer.fetchone()
    return int(found[0]) if found else 0
