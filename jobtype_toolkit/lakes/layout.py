"""What a lake is made of: the tables of a store as Parquet files, its jobs in one table with places of their own.

A place is a source, a state and a month of `last_status_change`; a change of a job rewrites the places that it leaves and
enters, and nothing else. The tables and views that questions read have the names and columns that they have in a store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from jobtype_toolkit.api.fields import DUCKDB, Field, Type
from jobtype_toolkit.sqlfiles import quoted, sql
from jobtype_toolkit.store.schema import JOBS, SOURCE, TABLES, Table, table

HISTORY = "job_history"
"""The table of all jobs."""
OPEN, FAILED, FINAL = STATES = ("open", "failed", "final")
NO_MONTH = "none"
"""The month of jobs that have no last_status_change."""
STATE = Field("state", "text", "open; failed for FAILED jobs; final for all others that are over.", required=True)


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the job history that is written as one."""

    source: str
    state: str
    month: str

    @property
    def folder(self) -> str:
        """Its folder, named as Hive does."""
        return f"source={quote(self.source, safe='')}/state={self.state}/month={self.month}"


def span(month: str) -> tuple[str, str]:
    """Return the first day of a month such as 2026-02, and that of the next one."""
    year, number = map(int, month.split("-"))
    return f"{month}-01", f"{year + number // 12:04}-{number % 12 + 1:02}-01"


VIEWS: Mapping[str, tuple[str, ...]] = {"job_open": (OPEN,), "job_final": (FINAL, FAILED), "job_failed": (FAILED,)}
"""The tables of a store that are views on the history, with the states that each has."""
_NOT_ASKED = ("alarm", "execution_asked", "external_id", "job_day", "load", "mute", "reject")
"""What is about filling a store and its reports, and the count of jobs by day, which is a view here."""
WHOLE = tuple(one for one in TABLES if one.name not in (*VIEWS, *_NOT_ASKED))
"""The other tables that questions read; each of them is written whole."""
PARQUET: Mapping[Type, str] = {**DUCKDB, "json": "VARCHAR"}
"""The type of each vocabulary type in files: DuckDB marks JSON as such, which other engines do not read."""


def history() -> Table:
    """Return the table of all jobs."""
    return Table(HISTORY, "All jobs, by source, state and month.", (SOURCE, STATE, *table("job_final").fields[1:]))


def stored(fields: tuple[Field, ...]) -> str:
    """Return the columns as files have them, from the tables of a store."""
    return ", ".join(f"CAST({quoted(one.name)} AS {PARQUET[one.type]}) AS {quoted(one.name)}" for one in fields)


def rows() -> str:
    """Return the query that gives the jobs of a store as the lake's history has them."""
    job = table("job_final").fields
    return sql("lakes/history.rows", columns=stored(job))


def views(read: Callable[[str, tuple[str, ...]], str]) -> Iterator[tuple[str, str]]:
    """Yield the views that questions read, by name; `read` gives what stands for a table and its states after FROM."""
    for one in WHOLE:
        yield one.name, f"SELECT {one.columns} FROM {read(one.name, ())}"
    for name, states in VIEWS.items():
        columns = table(name).columns
        yield name, sql(f"lakes/history.{name}", columns=columns, history=read(HISTORY, states))


def described() -> tuple[Table, ...]:
    """Return what a query of one's own can read, by name: the tables of a store, and the view of all jobs."""
    return tuple(sorted((*WHOLE, *map(table, VIEWS), JOBS), key=lambda one: one.name))
