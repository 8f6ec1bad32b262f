"""Looking after a store: what is in it, taking rows out, copying it, checking its own rules."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from jobtype_toolkit import hints
from jobtype_toolkit.api.resources import LOADABLE
from jobtype_toolkit.errors import NotFound, StoreError
from jobtype_toolkit.sqlfiles import literal, quoted, sql
from jobtype_toolkit.store import rollup
from jobtype_toolkit.store.connection import attached
from jobtype_toolkit.store.engine import number, script
from jobtype_toolkit.store.ingest.load import refresh_source
from jobtype_toolkit.store.ingest.merge import TABLES
from jobtype_toolkit.store.schema import days_of
from jobtype_toolkit.store.scratch import scratch

KEPT = ("mutes", "alarms")
"""What the report keeps in a store, by the name that `export` gives its file and `load` takes as a resource."""
CHECKS: Mapping[str, str] = {
    "unique_keys": "No table has two rows of one source and id.",
    "failed_copy": "job_failed is exactly the FAILED jobs.",
    "days_counted": "job_day is the jobs that are over, counted by UTC day.",
    "homes": "Open jobs are in job_open, all others in job_final.",
    "job_types_known": "Each job, execution and revision belongs to a job type of its source.",
    "errors_known": "Each error_id of a job is an error of its source.",
    "sources_counted": "The table source says what the tables hold.",
    "loads_known": "Each row comes from a load in the table load.",
}
"""The rules that a store's file keeps, by the name of the SQL file that finds violations."""


@dataclass(frozen=True, slots=True)
class Check:
    """What `Store.check` found: each rule with the number of rows that break it."""

    violations: Mapping[str, int]

    @property
    def is_sound(self) -> bool:
        """Whether no row breaks a rule."""
        return not any(self.violations.values())

    def __str__(self) -> str:
        if self.is_sound:
            return f"sound: all {len(self.violations)} rules hold"
        broken = [
            f"{CHECKS[name]} Broken by {hints.counted(rows, 'row')}." for name, rows in self.violations.items() if rows
        ]
        return "not sound. " + " ".join(broken)


class Removed(int):
    """How many rows went, and what that did to the size of the file: its room is used again, or given back by `compact`."""

    bytes_before: int
    """The size of the file before; 0 in memory."""
    bytes_after: int

    @classmethod
    def of(cls, rows: int, before: int, after: int) -> Removed:
        """Return the number with the sizes."""
        made = cls(rows)
        made.bytes_before, made.bytes_after = before, after
        return made

    def told(self) -> str:
        """Return what happened to the size, in a sentence."""
        if not self.bytes_before:
            return ""
        if self.bytes_after < self.bytes_before:
            return f"The file shrank from {self.bytes_before:,} to {self.bytes_after:,} bytes."
        return f"The file has {self.bytes_after:,} bytes; the room is used again, or given back by {hints.call('store.compact()')}."


def size(path: Path | None) -> int:
    """Return the size of a store's file, 0 in memory."""
    return path.stat().st_size if path is not None and path.exists() else 0


def compact(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the file anew without the room of what was removed; the connection must be the only one.

    Raises:
        StoreError: the disk has no room for the copy; the file is as it was.
    """
    con.execute("CHECKPOINT")
    with scratch(path.parent, f".{path.name}-") as folder:
        copy = folder / "copy.duckdb"
        _copy(con, copy)
        copy.chmod(stat.S_IMODE(path.stat().st_mode))
        copy.replace(path)


def _copy(con: duckdb.DuckDBPyConnection, copy: Path) -> None:
    """Copy the whole database into a new file."""
    here = con.execute("SELECT current_database()").fetchone()
    with attached(con, copy, "published", read_only=False):
        con.execute(f"COPY FROM DATABASE {quoted(here[0] if here else 'memory')} TO published")


def check(con: duckdb.DuckDBPyConnection) -> Check:
    """Run every rule over the file."""
    return Check({name: number(con, sql(f"store/check.{name}", days=days_of("job_final"))) for name in CHECKS})


def forget(con: duckdb.DuckDBPyConnection, load_id: int) -> int:
    """Remove the rows that came last from a load, and the load itself; return how many rows went.

    Raises:
        NotFound: there is no such load.
    """
    found = con.execute("SELECT source, resource FROM load WHERE load_id = ?", [load_id]).fetchone()
    if found is None:
        loads = hints.call("store.sql('FROM load')")
        msg = f"There is no load {load_id} in this store; {loads} lists them."
        raise NotFound(msg)
    con.execute(
        "DELETE FROM job_failed WHERE (source, id) IN (SELECT (source, id) FROM job_final WHERE load_id = ?)", [load_id]
    )
    gone = 0
    for name in (one for tables in TABLES.values() for one in tables if one not in ("job_type", "error")):
        gone += int((con.execute(f"DELETE FROM {name} WHERE load_id = ?", [load_id]).fetchone() or (0,))[0])
    rollup.count_again(con, found[0])
    for name in ("job_type", "error"):
        gone += int((script(con, f"store/forget.{name}", {"load_id": load_id}).fetchone() or (0,))[0])
    for name in ("job_type", "error"):
        con.execute(f"UPDATE {name} SET load_id = NULL, inferred = true WHERE load_id = ?", [load_id])  # others need it
    if con.execute("SELECT pulled FROM source WHERE source = ?", [found[0]]).fetchone() == (True,):
        # what went must be pulled again, even if a file had replaced it
        script(con, "store/forget.pull", {"source": found[0]})
    for name in ("job_type_change", "reject", "snapshot", "load"):
        con.execute(f"DELETE FROM {name} WHERE load_id = ?", [load_id])
    refresh_source(con, found[0], None)
    con.execute(
        "DELETE FROM source WHERE source = ? AND source NOT IN "
        "(SELECT source FROM load UNION ALL SELECT source FROM job_type UNION ALL SELECT source FROM workspace)",
        [found[0]],
    )
    return gone


def prune(con: duckdb.DuckDBPyConnection, before: str, source: str) -> int:
    """Drop the jobs that were over before an instant, and their executions; return how many jobs went."""
    bound = {"before": before, "source": source}
    script(con, "store/prune.executions", bound)
    script(con, "store/prune.failed", bound)
    found = script(con, "store/prune.jobs", bound).fetchone()
    script(con, "store/prune.days", bound, days=days_of("kept"))
    script(con, "store/prune.coverage", bound)
    for (name,) in con.execute("SELECT source FROM source").fetchall():
        refresh_source(con, name, None)
    return int(found[0]) if found else 0


def publish(con: duckdb.DuckDBPyConnection, path: str | Path, *, like: Path | None = None) -> Path:
    """Put a consistent copy in place, atomically: whoever has the old copy open keeps it.

    It may be read by whom the file `like` may be read by, and written by nobody.

    Raises:
        StoreError: the folder cannot be written, the disk is full, or something else than a store is there.
    """
    given = Path(path).expanduser()
    _folder(given.parent)
    target = given.parent.resolve() / given.name
    _refuse_other(con, target, path)
    with scratch(target.parent, f".{target.name}-") as folder:
        copy = folder / "copy.duckdb"
        try:
            _copy(con, copy)
            copy.chmod(stat.S_IMODE((like or copy).stat().st_mode) & 0o555)
            copy.replace(target)
        except (duckdb.Error, OSError) as error:
            msg = f"{hints.on('publish', str(path))} failed, and what was there before is unchanged: {error}"
            raise StoreError(msg) from error
    return target


def _refuse_other(con: duckdb.DuckDBPyConnection, target: Path, path: str | Path) -> None:
    """Raise StoreError if something is at the target that is not a store."""
    if target.is_symlink():
        msg = f"{hints.on('publish', str(path))} would replace a symbolic link. Give the path of the file itself."
    elif target.is_dir():
        msg = f"{hints.on('publish', str(path))} would replace a folder. Give the path of a file."
    elif target.exists() and not (target.is_file() and _is_store(con, target)):
        msg = f"{hints.on('publish', str(path))} would replace a file that is not a store. Give another path, or delete the file."
    else:
        return
    raise StoreError(msg)


def _is_store(con: duckdb.DuckDBPyConnection, path: Path) -> bool:
    try:
        with attached(con, path, "former", read_only=True):
            found = con.execute(
                "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'former' AND table_name IN ('meta', 'job_final')"
            ).fetchone()
    except duckdb.Error:
        return False
    return found == (2,)


def export(con: duckdb.DuckDBPyConnection, folder: str | Path, source: str) -> dict[str, int]:
    """Write one Parquet file per resource into a folder, as `load` reads it back; return the rows of each.

    Raises:
        StoreError: the folder cannot be written, or the disk is full.
    """
    target = Path(folder).expanduser()
    _folder(target)
    written = {}
    try:
        with scratch(target, ".export-") as place:
            for name, resource in LOADABLE.items():
                columns = ", ".join(_exported(field.name, field.type) for field in resource.fields)
                rows = sql(f"store/export.{name}", columns=columns).replace("$source", literal(source))
                file = literal(f"{place / name}.parquet")
                written[name] = number(con, f"COPY ({rows}) TO {file} (FORMAT parquet, COMPRESSION zstd)")
            written |= _export_kept(con, place, source)
            for name in written:
                (place / f"{name}.parquet").replace(target / f"{name}.parquet")
            for name in {*KEPT} - {*written}:
                (target / f"{name}.parquet").unlink(missing_ok=True)
    except (duckdb.Error, OSError) as error:
        msg = f"{hints.on('export', str(folder))} failed, and what was there before is unchanged: {error}"
        raise StoreError(msg) from error
    return written


def _export_kept(con: duckdb.DuckDBPyConnection, place: Path, source: str) -> dict[str, int]:
    """Write what the report keeps, if there is any; return the rows of each."""
    written = {}
    for name in KEPT:
        rows = sql(f"store/report.export_{name}").replace("$source", literal(source))
        if count := number(con, f"SELECT count(*) FROM ({rows})"):
            con.execute(f"COPY ({rows}) TO {literal(f'{place / name}.parquet')} (FORMAT parquet, COMPRESSION zstd)")
            written[name] = count
    return written


def _exported(name: str, type: str) -> str:
    return f"{quoted(name)} AT TIME ZONE 'UTC' AS {quoted(name)}" if type == "time" else quoted(name)


def _folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"The folder {folder} cannot be made: {error.strerror}."
        raise StoreError(msg) from error
    if not os.access(folder, os.W_OK):
        msg = f"The folder {folder} cannot be written to. Give another one."
        raise StoreError(msg)
