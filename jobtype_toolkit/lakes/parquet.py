"""The rows of a store as Parquet files, one at a time and none of them long, so that memory stays flat."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from jobtype_toolkit.lakes import layout
from jobtype_toolkit.lakes.layout import Parted, Place
from jobtype_toolkit.sqlfiles import literal, sql
from jobtype_toolkit.store.connection import Connection, limited
from jobtype_toolkit.store.engine import count
from jobtype_toolkit.store.schema import Table

_OPTIONS = "FORMAT parquet, COMPRESSION zstd"
MEMORY = "256MB"
"""What DuckDB may hold of a store while it writes a lake; it would keep all of the file that it has read."""


@contextmanager
def bounded(con: Connection) -> Iterator[None]:
    """Let a connection to a store's file hold little of it meanwhile; a store in memory has to hold all of its rows."""
    has_file = con.execute("SELECT path IS NOT NULL FROM duckdb_databases() WHERE database_name = current_database()")
    with limited(con, MEMORY) if has_file.fetchone() == (True,) else nullcontext():
        yield


def write_table(con: Connection, table: Table, folder: Path, source: str) -> int:
    """Write a table whole into one file of a folder, also if it has no rows; return how many it has."""
    of_source = "true" if source == "*" else f"source = {literal(source)}"
    rows = f"SELECT {layout.stored(table.fields)} FROM {table.name} WHERE {of_source}"
    return write_rows(con, rows, folder / f"{table.name}.parquet")


def write_rows(con: Connection, rows: str, file: Path, bound: Mapping[str, object] | None = None) -> int:
    """Write the rows of a query into a file; return how many there are."""
    file.parent.mkdir(parents=True, exist_ok=True)
    return count(con.execute(f"COPY ({rows}) TO {literal(str(file))} ({_OPTIONS})", dict(bound or {})))


def write_parted(con: Connection, parted: Parted, folder: Path, source: str) -> int:
    """Write a table of a store into the folders of its places; return how many rows there are."""
    con.execute(f"CREATE OR REPLACE TEMP VIEW lake_row AS {parted.rows()}")
    try:
        written = write_places(con, parted, folder, source)
        if not written:  # without a file nobody knows the columns
            nowhere = Place("none", layout.FINAL if parted.has_states else "", layout.NO_MONTH)
            _write_file(con, parted, nowhere, "true", folder)
    finally:
        con.execute("DROP VIEW lake_row")
    return sum(one.rows for one in written)


@dataclass(frozen=True, slots=True)
class Written:
    """A file of rows of one place."""

    path: str
    place: Place
    rows: int


def write_places(con: Connection, parted: Parted, folder: Path, source: str = "*") -> list[Written]:
    """Write the rows of `lake_row`, of one source or all, into files by place, and return the files."""
    found = con.execute(sql("lakes/history.places"), {"source": source}).fetchall()
    return [
        _write_file(con, parted, Place(*of), within, folder)
        for *of, rows in found
        for within in _parts(con, parted, Place(*of), rows)
    ]


def _write_file(con: Connection, parted: Parted, place: Place, within: str, folder: Path) -> Written:
    """Write the rows of one place that meet a condition in the order of their time."""
    file = folder / place.folder / f"rows-{secrets.token_hex(8)}.parquet"
    columns = parted.table.columns
    rows = write_rows(con, sql("lakes/history.file", columns=columns, **_where(parted, place, within)), file)
    return Written(str(file), place, rows)


def _parts(con: Connection, parted: Parted, place: Place, rows: int) -> Iterator[str]:
    """Yield a condition for each file of a place; on the instants, so that what belongs into others is not read."""
    if place.month == layout.NO_MONTH:
        yield f"{parted.time} IS NULL"
        return
    first, last = layout.span(place.month)
    within = f"{parted.time} >= TIMESTAMP '{first}' AND {parted.time} < TIMESTAMP '{last}'"
    files = -(-rows // layout.FILE_ROWS)
    cuts: list[object] = []
    if files > 1:
        shares = str([number / files for number in range(1, files)])
        found = con.execute(sql("lakes/history.cuts", shares=shares, **_where(parted, place, within))).fetchone()
        cuts = sorted({one for one in found[0] if str(one) != f"{first} 00:00:00"}) if found else []
    for started, ended in zip([first, *cuts], [*cuts, last], strict=True):
        yield f"{parted.time} >= TIMESTAMP '{started}' AND {parted.time} < TIMESTAMP '{ended}'"


def _where(parted: Parted, place: Place, within: str) -> dict[str, str]:
    return {"source": literal(place.source), "state": literal(place.state), "within": within, "time": parted.time}
