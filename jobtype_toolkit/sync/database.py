"""Scale's own PostgreSQL, read in short transactions that change nothing.

The driver is ADBC's: rows come as binary COPY and leave as Arrow, which DuckDB reads in place; it is permissively licensed, as
psycopg is not, and libpq in it knows `~/.pgpass`, services and PGPASSWORD.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from jobtype_toolkit import hints
from jobtype_toolkit.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    InvalidParameter,
    LoadFailed,
    ServerFailed,
    ToolkitError,
)
from jobtype_toolkit.live.redact import Hide
from jobtype_toolkit.sqlfiles import literal, sql
from jobtype_toolkit.store.connection import Connection
from jobtype_toolkit.sync.address import Address
from jobtype_toolkit.sync.tables import OLD, TABLES

TOO_LONG = 504
"""The status of a `ServerFailed` that tells of a statement which was cancelled for the time that it took."""
_CANCELLED = ("57014", "40001", "55P03")
"""Statement timeout, what a standby cancels to go on, lock timeout: fewer rows at once may pass."""
_NOT_LET_IN = (
    "authentication failed",
    "no password supplied",
    "pg_hba.conf",
    "does not exist",
    "not permitted to log in",
)
_DENIED = "42501"


class Database:
    """One connection, and the DuckDB in which what it gives is read."""

    is_dump = False

    def __init__(self, address: Address, con: Connection, timeout: int) -> None:
        """Connect; a statement may take `timeout` milliseconds.

        Raises:
            InvalidParameter: the driver is not installed.
            AuthenticationFailed, ConnectionFailed: the database cannot be reached.
        """
        self.name = address.shown
        self.scratch = con
        self.statements = 0
        """How many were sent."""
        self._hide: Hide = address.hide
        self._trouble: Exception | None = None
        driver, self._error = _driver()
        try:
            self._con = driver.connect(address.dsn, autocommit=True)
        except self._error as error:
            raise self._refused(error) from None  # the driver's own words hold the address
        try:
            for statement in sql("sync/database.settings", milliseconds=str(timeout)).splitlines():
                if statement.startswith("SELECT"):
                    self.fetch(statement)
            self.has_old = self._check_columns()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        self._con.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all that is read meanwhile be of one moment."""
        self._con.adbc_connection.set_autocommit(False)
        try:
            self._run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").close()
            yield
        finally:
            try:
                self._con.rollback()
                self._con.adbc_connection.set_autocommit(True)
            except self._error:
                pass  # what broke the connection is being told

    def now(self) -> datetime:
        """Return the server's present."""
        now: datetime = self.fetch(sql("sync/database.now"))[0][0]
        return now

    def fetch(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the few rows of a statement."""
        with self._told(), self._run(statement) as cursor:
            return [tuple(one) for one in cursor.fetchall()]

    @contextmanager
    def reading(self, statement: str) -> Iterator[str]:
        """Give the rows of a statement under a name in the DuckDB, once.

        Raises:
            ServerFailed: they broke off; with the status TOO_LONG if for the time that they took.
        """
        with self._told(), self._run(statement) as cursor:
            self.scratch.register("arriving", self._watched(cursor.fetch_record_batch()))
            try:
                yield "arriving"
            finally:
                self.scratch.unregister("arriving")

    def input_files(self) -> str:
        """Return the statement for the input files of a slice."""
        return sql("sync/database.input_files")

    def row_count(self) -> str:
        """Return SQL for how many jobs there are, about."""
        return sql("sync/database.row_count")

    def _run(self, statement: str) -> Any:
        cursor = self._con.cursor()
        self.statements += 1
        try:
            cursor.execute(statement.strip().removesuffix(";"))
        except self._error as error:
            cursor.close()
            raise self._failed(error) from None
        return cursor

    def _watched(self, reader: Any) -> Any:
        """Return a reader of Arrow that keeps what breaks it off: DuckDB tells of it in words alone."""
        import pyarrow as pa

        self._trouble = None

        def batches() -> Iterator[Any]:
            try:
                yield from reader
            except Exception as error:
                self._trouble = error
                raise

        return pa.RecordBatchReader.from_batches(reader.schema, batches())

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except ToolkitError:
            raise
        except Exception as error:
            cause = self._trouble or error
            self._trouble = None
            if isinstance(cause, (self._error, OSError)):
                raise self._failed(cause) from None
            raise

    def _failed(self, error: Exception) -> ToolkitError:
        """Return what a failed statement is told as, without its text and without secrets."""
        state = getattr(error, "sqlstate", None) or _state(str(error))
        said = self._hide(_first_line(str(error)))
        if state in _CANCELLED:
            return ServerFailed(f"{self.name}: {said}", status=TOO_LONG)
        if state == _DENIED:
            return AuthenticationFailed(
                f"{self.name}: {said}. Grant this role SELECT on the tables that docs/live.md lists."
            )
        return ServerFailed(f"{self.name}: {said}")

    def _refused(self, error: Exception) -> ToolkitError:
        said = self._hide(_first_line(str(error)))
        kind = AuthenticationFailed if any(one in said for one in _NOT_LET_IN) else ConnectionFailed
        return kind(
            f"{self.name} cannot be read: {said}. Is the address right, and the password in ~/.pgpass or PGPASSWORD?"
        )

    def _check_columns(self) -> bool:
        """Check that all columns are there and may be read; return whether those of Scale 6 are there too.

        Raises:
            LoadFailed: some are not there: this is no database of Scale 6 or 7.
            AuthenticationFailed: some may not be read.
        """
        names = ", ".join(map(literal, TABLES))
        found = {
            (table, column): is_readable
            for table, column, is_readable in self.fetch(sql("sync/database.columns").replace("/*tables*/", names))
        }
        check_columns(self.name, found)
        denied = [f"{table}.{column}" for table in TABLES for column in TABLES[table] if not found[table, column]]
        if denied:
            msg = (
                f"{self.name}: this role may not read {', '.join(denied[:_MOST])}{', …' if len(denied) > _MOST else ''}. Grant it SELECT on "
                "the tables that docs/live.md lists."
            )
            raise AuthenticationFailed(msg)
        return has_old(found)


_MOST = 5


def check_columns(name: str, found: Any) -> None:
    """Refuse a schema that lacks something that all of Scale 6 and 7 have.

    Raises:
        LoadFailed: it does.
    """
    tables = {table for table, _ in found}
    missing = [f"the table {one}" for one in TABLES if one not in tables]
    missing += [
        f"{table}.{column}"
        for table in TABLES
        if table in tables
        for column in TABLES[table]
        if (table, column) not in found
    ]
    if missing:
        msg = (
            f"{hints.on('backfill', name)}: this is no history of Scale 6 or 7 as far as it is known here. Missing: {', '.join(missing)}. "
            "Nothing was changed."
        )
        raise LoadFailed(msg)


def has_old(found: Any) -> bool:
    """Whether the columns of Scale 6 are there that 7 does not have."""
    return all((table, column) in found for table, columns in OLD.items() for column in columns)


def _driver() -> tuple[Any, type[Exception]]:
    """Return the driver, and the root of its errors.

    Raises:
        InvalidParameter: it is not installed.
    """
    try:
        import pyarrow  # noqa: F401, ICN001 - the driver's rows are its
        from adbc_driver_postgresql import dbapi
    except ImportError:
        msg = "A backfill from a database needs a driver. Install it: pip install 'jobtype-toolkit[postgres]'. A dump needs none."
        raise InvalidParameter(msg) from None
    return dbapi, dbapi.Error


def _state(text: str) -> str:
    """Return the SQLSTATE that is in an error's words."""
    return text.partition("SQLSTATE: ")[2][:5]


def _first_line(text: str) -> str:
    """Return the first line of what the driver says, without its own marks and without the statement."""
    line = text.strip().splitlines()[0] if text.strip() else "no reason was given"
    return line.rpartition("[libpq] ")[2].partition("Query was:")[0].strip().rstrip(".")
