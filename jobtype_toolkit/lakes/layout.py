"""What a lake is made of: the tables of a store as Parquet files, its jobs and their executions in files by place.

The place of a job is its source, its state and the month of `last_status_change`; that of an execution is its source and the month
in which it was made. A change rewrites the files that rows leave, and nothing else. The tables and views that questions read
have the names and columns that they have in a store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from urllib.parse import quote, unquote

from jobtype_toolkit.api.fields import DUCKDB, Field, Type
from jobtype_toolkit.api.times import Window
from jobtype_toolkit.sqlfiles import quoted, sql
from jobtype_toolkit.store.schema import JOBS, SOURCE, TABLES, Table, job_query, table

VERSION = 3
"""Raise it if a lake of before is not read any more."""
HISTORY = "job_history"
"""The table of all jobs."""
EXECUTIONS = "job_execution"
DAYS = "job_day"
"""The table of jobs that are over, counted by UTC day: it follows from the history."""
OPEN, FAILED, FINAL = STATES = ("open", "failed", "final")
NO_MONTH = "none"
"""The month of rows whose time is not known."""
FILE_ROWS = 250_000
"""How many rows of a place a file has at most: what a change of one of them costs, and what memory a file takes to write."""
STATE = Field("state", "text", "open; failed for FAILED jobs; final for all others that are over.", required=True)


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a table whose rows are in files of their own."""

    source: str
    state: str
    """"" of what has no states."""
    month: str

    @property
    def folder(self) -> str:
        """Its folder, named as Hive does."""
        state = f"/state={self.state}" if self.state else ""
        return f"source={quote(self.source, safe='')}{state}/month={self.month}"

    @classmethod
    def of(cls, folder: Path) -> Place:
        """Return the place that has this folder."""
        said = dict(part.split("=", 1) for part in folder.parts[-3:] if "=" in part)
        return cls(unquote(said["source"]), said.get("state", ""), said["month"])

    def may_meet(self, window: Window | None) -> bool:
        """Whether jobs of it can have changed in a window; jobs that are not over are in every one, as they may still run."""
        if window is None or self.state == OPEN or self.month == NO_MONTH:
            return True
        first, last = (
            None if one is None else f"{one.astimezone(UTC):%Y-%m}" for one in (window.started, window.ended)
        )
        return (first is None or self.month >= first) and (last is None or self.month <= last)

    @property
    def constants(self) -> dict[str, str]:
        """What is the same in all of its jobs, by column."""
        status = {"status": "FAILED"} if self.state == FAILED else {}
        return {"source": self.source, "state": self.state, **status}


def span(month: str) -> tuple[str, str]:
    """Return the first day of a month such as 2026-02, and that of the next one."""
    year, number = map(int, month.split("-"))
    return f"{month}-01", f"{year + number // 12:04}-{number % 12 + 1:02}-01"


VIEWS: Mapping[str, tuple[str, ...]] = {"job_open": (OPEN,), "job_final": (FINAL, FAILED), "job_failed": (FAILED,)}
"""The tables of a store that are views on the history, with the states that each has."""
DERIVED: Mapping[str, Callable[[], str]] = {"job": job_query}
"""What is a view on these, with its query."""
_NOT_ASKED = ("alarm", "execution_asked", "external_id", "load", "mute", "reject")
"""What is about filling a store and its reports."""
WHOLE = tuple(one for one in TABLES if one.name not in (*VIEWS, *DERIVED, *_NOT_ASKED, EXECUTIONS))
"""The other tables that questions read; each of them is written whole."""
PARQUET: Mapping[Type, str] = {**DUCKDB, "json": "VARCHAR"}
"""The type of each vocabulary type in files: DuckDB marks JSON as such, which other engines do not read."""


@dataclass(frozen=True, slots=True)
class Parted:
    """A table in files by place."""

    table: Table
    time: str
    """The column whose month is that of the place."""
    has_states: bool
    tells: tuple[str, ...]
    """The columns that tell one state of a row from another."""

    @property
    def placed(self) -> str:
        """Return the columns that say which place a row belongs to, besides the source."""
        state = "" if self.has_states else "'' AS state, "
        return f"{state}coalesce(strftime({self.time}, '%Y-%m'), '{NO_MONTH}') AS month"

    def rows(self) -> str:
        """Return the query that gives the rows of a store as the lake has them, with their places."""
        fields = self.table.fields if not self.has_states else table("job_final").fields
        return sql(f"lakes/history.{self.table.name}", columns=stored(fields), placed=self.placed)


PARTED: Mapping[str, Parted] = {
    HISTORY: Parted(
        Table(HISTORY, "All jobs, by source, state and month.", (SOURCE, STATE, *table("job_final").fields[1:])),
        "last_status_change",
        has_states=True,
        tells=("id", "status", "last_modified", "job_type_id", "error_id", "node", "batch_title"),
    ),
    EXECUTIONS: Parted(
        table(EXECUTIONS),
        "created",
        has_states=False,
        tells=tuple(one.name for one in table(EXECUTIONS).fields),
    ),
}
"""The tables that grow."""
BESIDE = (EXECUTIONS, *(one.name for one in WHOLE))
"""All tables but the history, which is committed last."""


def other(lake: str, how: str) -> str:
    """Return what is said of a lake that is laid out as another release does it."""
    return (
        f"{lake} is laid out in a way that this release does not read: it reads layout {VERSION}. Write it anew into another "
        f"folder: {how}."
    )


def written(name: str) -> Table:
    """Return a table of a lake as its files have it."""
    return PARTED[name].table if name in PARTED else table(name)


def stored(fields: tuple[Field, ...]) -> str:
    """Return the columns as files have them, from the tables of a store."""
    return ", ".join(f"CAST({quoted(one.name)} AS {PARQUET[one.type]}) AS {quoted(one.name)}" for one in fields)


def views(read: Callable[[str, tuple[str, ...]], str]) -> Iterator[tuple[str, str]]:
    """Yield the views that questions read, by name; `read` gives what stands after FROM for a table, or its rows of some states."""
    for name in BESIDE:
        yield name, f"SELECT {table(name).columns} FROM {read(name, ())}"
    for name, states in VIEWS.items():
        yield name, f"SELECT {table(name).columns} FROM {read(HISTORY, states)}"
    for name, query in DERIVED.items():
        yield name, query().strip().rstrip(";")


def described() -> tuple[Table, ...]:
    """Return what a query of one's own can read, by name: the tables of a store, and the view of all jobs."""
    return tuple(sorted((*map(table, (*BESIDE, *VIEWS)), JOBS), key=lambda one: one.name))
