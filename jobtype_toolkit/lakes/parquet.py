"""The rows of a store as Parquet files, a month of jobs at a time, so that memory stays flat."""

from __future__ import annotations

from pathlib import Path

from jobtype_toolkit.lakes import layout
from jobtype_toolkit.sqlfiles import literal, sql
from jobtype_toolkit.store.connection import Connection
from jobtype_toolkit.store.engine import number
from jobtype_toolkit.store.schema import Table

_OPTIONS = "FORMAT parquet, COMPRESSION zstd"
BY_PLACE = "source, state, month"
"""The folders of a lake that is read by its folders."""


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
    folder.mkdir(parents=True, exist_ok=True)
    columns = f"{layout.history().columns}, month"
    con.execute(f"CREATE OR REPLACE TEMP VIEW lake_row AS {layout.rows()}")
    try:
        written = 0
        for of_source, span in months(con):
            if source in ("*", of_source):
                written += sum(rows for _, rows in write_month(con, folder, of_source, span, columns, BY_PLACE))
        if not written:  # no rows leave no file, and without one nobody knows the columns
            empty = folder / "source=none" / f"state={layout.FINAL}" / f"month={layout.NO_MONTH}"
            empty.mkdir(parents=True)
            rows = sql("lakes/history.month", columns=columns, source="''", span="false")
            con.execute(f"COPY ({rows}) TO {literal(str(empty / 'empty.parquet'))} ({_OPTIONS})")
    finally:
        con.execute("DROP VIEW lake_row")
    return written


def months(con: Connection) -> list[tuple[str, str]]:
    """Return the source and the condition of each month that the rows of `lake_row` are in."""
    found = con.execute(sql("lakes/history.months")).fetchall()
    return [(source, _span(started, ended)) for source, _, started, ended in found]


def _span(started: object, ended: object) -> str:
    if started is None:
        return "last_status_change IS NULL"
    return f"last_status_change >= TIMESTAMP '{started}' AND last_status_change < TIMESTAMP '{ended}'"


def write_month(
    con: Connection, folder: Path, source: str, span: str, columns: str, folders: str
) -> list[tuple[str, int]]:
    """Write the jobs of one source and month in the order of last_status_change; return the files and their rows.

    Args:
        con: sees the rows as `lake_row`.
        folder: where the files go, beside others that are there.
        source: which source.
        span: the condition that is true of the month.
        columns: what the files hold, and what the folders are named by.
        folders: the columns that the folders are named by.
    """
    rows = sql("lakes/history.month", columns=columns, source=literal(source), span=span)
    options = f"{_OPTIONS}, PARTITION_BY ({folders}), WRITE_PARTITION_COLUMNS {folders == BY_PLACE}, APPEND true, FILENAME_PATTERN 'jobs-{{uuid}}', RETURN_STATS"
    found = con.execute(f"COPY ({rows}) TO {literal(str(folder))} ({options})").fetchall()
    return [(str(file), int(count)) for file, count, *_ in found]
