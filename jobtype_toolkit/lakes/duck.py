"""DuckDB over the files of a lake: in process, read-only, with access to these files and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from jobtype_toolkit.api.fields import DUCKDB, Type
from jobtype_toolkit.api.times import Window
from jobtype_toolkit.errors import StoreError
from jobtype_toolkit.lakes import layout
from jobtype_toolkit.lakes.listing import Files, Listing
from jobtype_toolkit.sqlfiles import literal, quoted
from jobtype_toolkit.store.connection import Connection, Instance, Patience, connect
from jobtype_toolkit.store.engine import Database
from jobtype_toolkit.store.session import Engine


class Scans(Database):
    """Connections that see the tables of a lake; a lake that has changed is opened anew, between questions."""

    _remedy = "If it was replaced just now, ask again; otherwise export or sync it anew."

    def __init__(self, listing: Listing) -> None:
        """Take where the files are listed."""
        super().__init__(None)
        self.listing = listing
        self.files: Files | None = None
        """What is open now, or was open last."""

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.listing.name

    @property
    def is_locked(self) -> bool:
        """Whether what reads it reaches nothing else."""
        return True

    def close(self) -> None:
        """Let go of the files, unless somebody reads them just now."""
        with self._free:
            if self._is_idle():
                self._disconnect()
                self.listing.close()

    def after_fork_in_child(self) -> None:
        """Go on in the child, which opens the files anew."""
        super().after_fork_in_child()
        self._lost = ""

    def _signature(self) -> Any:
        return self.listing.signature()

    def _must_reopen(self) -> bool:
        return self._con is not None and self._signature() != self._opened

    def _connect(self, patience: Patience, **_: bool) -> Instance:  # there is one way to open it
        self.files = self.listing.files()
        con = connect(None, patience, read_only=False)
        try:
            for system in self.files.systems:
                con.connection.register_filesystem(system)
            for statement in _statements(con.connection, self.files):
                con.connection.execute(statement)
        except duckdb.Error as error:
            con.close()
            msg = f"{self.name} cannot be opened: {error}. {self._remedy}"
            raise StoreError(msg) from error
        except BaseException:
            con.close()
            raise
        return con


class DuckEngine(Engine):
    """DuckDB over the files of a lake, as questions see it."""

    dialect = "duckdb"
    types: Mapping[Type, str] = {**DUCKDB, "time": "TIMESTAMP WITH TIME ZONE"}

    def __init__(self, listing: Listing) -> None:
        """Take where the files are listed."""
        self._scans = Scans(listing)
        super().__init__(self._scans, Patience(wait=60.0, idle=0.0), upgrade=False)

    def _prepare(self, con: Connection, window: Window | None) -> None:
        files = self._scans.files
        for states in layout.VIEWS.values():
            if files is not None and files.of(layout.HISTORY, states):
                con.execute(*_chosen(files, states, window))

    @property
    def name(self) -> str:
        """What messages call the lake."""
        return self._scans.name

    @property
    def snapshot(self) -> str:
        """Which state of the lake answers, while a session is open."""
        return self._scans.files.snapshot if self._scans.files else ""

    def close(self) -> None:
        """Let go of the files now; the next question opens them again."""
        self._scans.close()


def _statements(con: Connection, files: Files) -> Iterator[str]:
    """Yield what makes the tables of a store of the files, and then locks the connection."""
    yield "SET GLOBAL parquet_metadata_cache = true"
    yield "SET GLOBAL validate_external_file_cache = 'NO_VALIDATION'"  # a file is never changed, only replaced by others
    for name, query in layout.views(lambda table, states: _read(con, files, table, states)):
        yield f"CREATE VIEW {quoted(name)} AS {query}"
    yield f"SET GLOBAL allowed_directories = [{', '.join(literal(one) for one in files.folders)}]"
    yield "SET GLOBAL enable_external_access = false"
    yield "SET GLOBAL lock_configuration = true"


def _variable(states: tuple[str, ...]) -> str:
    """Return the name of the variable of a connection in which the files of jobs of some states are."""
    return "_".join(("files", *states))


def _chosen(files: Files, states: tuple[str, ...], window: Window | None = None) -> tuple[str, dict[str, Any]]:
    """Return what lets a connection read the files of some states that may have jobs of a window, and one at least."""
    every = files.of(layout.HISTORY, states)
    chosen = every
    if files.are_alike:  # otherwise a column may be in the others only
        chosen = files.of(layout.HISTORY, states, window) or every[:1]
    return f"SET VARIABLE {_variable(states)} = $files", {"files": list(chosen)}


def _read(con: Connection, files: Files, name: str, states: tuple[str, ...]) -> str:
    """Return a table with its declared columns as what stands after FROM; a column that the files lack is missing."""
    table = layout.written(name)
    found = files.of(name, states)
    if not found:
        nothing = ", ".join(f"NULL::{DUCKDB[one.type]} AS {quoted(one.name)}" for one in table.fields)
        return f"(SELECT {nothing} WHERE false)"
    if states:
        con.execute(*_chosen(files, states))
    listed = f"getvariable('{_variable(states)}')" if states else f"[{', '.join(map(literal, found))}]"
    read = f"read_parquet({listed}, hive_partitioning = false, union_by_name = {not files.are_alike})"
    has = {row[0] for row in con.execute(f"DESCRIBE FROM {read}").fetchall()}
    columns = ", ".join(
        f"{f'{quoted(one.name)}::JSON' if one.type == 'json' and one.name in has else quoted(one.name) if one.name in has else f'NULL::{DUCKDB[one.type]}'} "
        f"AS {quoted(one.name)}"
        for one in table.fields
    )
    return f"(SELECT {columns} FROM {read})"
