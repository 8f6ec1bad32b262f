"""DuckDB as the engine that questions are asked on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from jobtype_toolkit.errors import InvalidQuery

_READING = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
_DOES_NOT_RUN = (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError)


class Session:
    """A cursor on a file that nobody writes meanwhile."""

    def __init__(self, con: duckdb.DuckDBPyConnection, state: int) -> None:
        """Take the cursor, and what tells changes of the file."""
        self._con = con
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

    def frame(self, query: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
        """Run any one query that only reads, and return its answer as DuckDB gives it, times in UTC.

        Raises:
            InvalidQuery: the SQL does not run, or would change the store.
        """
        try:
            kinds = {statement.type for statement in self._con.extract_statements(query)}
            if not kinds or not kinds <= _READING:
                msg = "sql() takes a query that reads, such as 'FROM job LIMIT 10'. load, forget and prune change a store."
                raise InvalidQuery(msg)
            answer = self._con.execute(query, dict(parameters))
            times = [name for name, kind, *_ in answer.description or () if str(kind) == "TIMESTAMP"]
            frame = answer.df()
        except duckdb.Error as error:
            msg = f"The SQL does not run: {error}"
            raise InvalidQuery(msg) from error
        for name in times:
            frame[name] = frame[name].dt.tz_localize("UTC")
        return frame

    def _run(self, text: str, parameters: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
        try:
            return self._con.execute(text, dict(parameters))
        except _DOES_NOT_RUN as error:
            msg = f"The SQL does not run: {error}"
            raise InvalidQuery(msg) from error


class DuckDBEngine:
    """The file of a store, as questions see it."""

    def __init__(
        self, reading: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]], state: Callable[[], int]
    ) -> None:
        """Take what gives a cursor to read with, and what tells changes of the file."""
        self._reading = reading
        self._state = state

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session to read with."""
        with self._reading() as con:
            yield Session(con, self._state())
