"""The rows of a store as Parquet files, a month of jobs at a time, so that memory stays flat."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from jobtype_toolkit.lakes import layout
from jobtype_toolkit.lakes.layout import Place
from jobtype_toolkit.sqlfiles import literal, sql
from jobtype_toolkit.store.connection import Connection
from jobtype_toolkit.store.engine import number
from jobtype_toolkit.store.schema import Table

_OPTIONS = "FORMAT parquet, COMPRESSION zstd"


def write_table(con: Connection, table: Table, folder: Path, source: str) -> int:
    """Write a table whole into one file of a folder, also if it has no rows; return how many it has."""
    of_source = "true" if source == "*" else f"source = {literal(source)}"
    rows = f"SELECT {layout.stored(table.fields)} FROM {table.name} WHERE {of_source}"
    return write_rows(con, rows, folder / f"{table.name}.parquet")


def write_rows(con: Connection, rows: str, file: Path) -> int:
    """Write the rows of a query into a file; return how many there are."""
    file.parent.mkdir(parents=True, exist_ok=True)
    return number(con, f"COPY ({rows}) TO {literal(str(file))} ({_OPTIONS})")


def write_history(con: Connection, folder: Path, source: str) -> int:
    """Write the jobs of a store into the folders of their places; return how many there are."""
    con.execute(f"CREATE OR REPLACE TEMP VIEW lake_row AS {layout.rows()}")
    try:
        written = write_places(con, folder, source)
        if not written:  # without a file nobody knows the columns
            write_place(con, Place("none", layout.FINAL, layout.NO_MONTH), folder)
    finally:
        con.execute("DROP VIEW lake_row")
    return sum(one.rows for one in written)


@dataclass(frozen=True, slots=True)
class Written:
    """A file of jobs."""

    path: str
    place: Place
    rows: int


def write_places(con: Connection, folder: Path, source: str = "*") -> list[Written]:
    """Write the rows of `lake_row`, of one source or all, into a file per place, and return the files."""
    found = con.execute(sql("lakes/history.places"), {"source": source}).fetchall()
    return [write_place(con, Place(*one), folder) for one in found]


def write_place(con: Connection, place: Place, folder: Path) -> Written:
    """Write the jobs of one place in the order of last_status_change."""
    parts = {"source": literal(place.source), "state": literal(place.state), "month": _within(place.month)}
    file = folder / place.folder / f"jobs-{secrets.token_hex(8)}.parquet"
    rows = write_rows(con, sql("lakes/history.place", columns=layout.history().columns, **parts), file)
    return Written(str(file), place, rows)


def _within(month: str) -> str:
    """Return the condition that is true of the jobs of a month; on the instants, so that other months are not read."""
    if month == layout.NO_MONTH:
        return "last_status_change IS NULL"
    started, ended = layout.span(month)
    return f"last_status_change >= TIMESTAMP '{started}' AND last_status_change < TIMESTAMP '{ended}'"
