"""A store's file as questions see it: sessions that read it, and running SQL in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from jobtype_toolkit.api.times import Window
from jobtype_toolkit.errors import InvalidQuery
from jobtype_toolkit.store import guard
from jobtype_toolkit.store.connection import Connection, Patience
from jobtype_toolkit.store.engine import Database, parsed

_DOES_NOT_RUN = (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError)


class Session:
    """A cursor on a file that nobody writes meanwhile."""

    def __init__(self, con: Connection, state: int, *, is_locked: bool = False) -> None:
        """Take the cursor, what tells changes of the file, and whether the cursor reaches nothing else."""
        self._con = con
        self._is_locked = is_locked
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

    def frame(
        self, query: str, parameters: Mapping[str, Any], tables: Mapping[str, pd.DataFrame] | None = None
    ) -> pd.DataFrame:
        """Run any one query that only reads, and return its answer as DuckDB gives it, times of the store in UTC.

        Raises:
            InvalidQuery: the SQL does not run, or would do more than read the store.
            InvalidParameter: a parameter or a table that DuckDB does not take.
        """
        return guard.answer(self._con, query, parameters, tables or {}, is_locked=self._is_locked)

    def _run(self, text: str, parameters: Mapping[str, Any]) -> Connection:
        try:
            (statement,) = parsed(self._con, text)
            return self._con.execute(statement, dict(parameters))
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
    def session(self, window: Window | None = None) -> Iterator[Session]:
        """Give a session to read with; of a window, jobs whose last change of status is in it are all that is needed."""
        with self._database.reading(self._patience, upgrade=self._upgrade) as con:
            self._prepare(con, window)
            yield Session(con, self._database.state, is_locked=self._database.is_locked)

    def _prepare(self, con: Connection, window: Window | None) -> None:
        """Get a connection ready for a window; nothing is to be done for a file, which finds its rows by itself."""
