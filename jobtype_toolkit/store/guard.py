"""A reader's own SQL: it reads the store and nothing else, and times in it are instants.

A file that is read is open without access to anything outside it. A database in memory cannot be locked, because
loads read files through it: there a query is first planned in a locked database that has the same tables, empty. In both a
query runs in a READ ONLY transaction, and functions that change settings or reach outside are refused by name.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from jobtype_toolkit.errors import InputNotFound, InvalidParameter, InvalidQuery
from jobtype_toolkit.sqlfiles import quoted, sql
from jobtype_toolkit.store import schema
from jobtype_toolkit.store.connection import CONFIG, POOL, Pool, attached
from jobtype_toolkit.store.lifetime import GATE, abandon

_CLOSED = CONFIG | {"enable_external_access": False}
"""How a database is opened that reaches nothing but itself; `_LOCK` follows."""
_LOCK = ("SET GLOBAL TimeZone = 'UTC'", "SET GLOBAL lock_configuration = true")
_HARMLESS = set(
    """
    duckdb_columns duckdb_constraints duckdb_databases duckdb_functions duckdb_indexes duckdb_keywords duckdb_memory
    duckdb_schemas duckdb_settings duckdb_table_sample duckdb_tables duckdb_types duckdb_views generate_series
    icu_calendar_names json_each json_tree pg_timezone_names pragma_database_size pragma_show pragma_storage_info
    pragma_table_info pragma_version range repeat repeat_row summary test_all_types unnest
    """.split()  # noqa: SIM905 - readable
)
"""The table functions that a query may call: they read the store and the catalogue, or make rows from nothing."""
_CHANGING = frozenset({"nextval", "setval", "setseed", "write_log", "json_execute_serialized_sql"})
_ADVICE = "sql() takes one query that reads, such as 'FROM job LIMIT 10'. load, forget and prune change a store."
_LOADERS = {
    ".csv": "read_csv",
    ".tsv": "read_csv",
    ".txt": "read_csv",
    ".parquet": "read_parquet",
    ".json": "read_json",
    ".ndjson": "read_json",
    ".jsonl": "read_json",
}


class _Sandbox:
    """A locked database with the tables of a store, empty: what is planned in it reaches nothing else."""

    def __init__(self) -> None:
        self._con: duckdb.DuckDBPyConnection | None = None
        self._making = threading.Lock()

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with GATE:
            with self._making:
                if self._con is None:
                    self._con = self._made()
                cursor = self._con.cursor()
            with cursor:
                yield cursor

    @staticmethod
    def _made() -> duckdb.DuckDBPyConnection:
        made = duckdb.connect(config=_CLOSED)
        for statement in (*schema.bare(), *_LOCK):
            made.execute(statement)
        return made

    def release(self) -> None:
        if self._con is not None:
            self._con.close()
            self._con = None

    def after_fork(self) -> None:
        self._making = threading.Lock()
        if self._con is not None:
            abandon(self._con)
            self._con = None


_sandbox = _Sandbox()


def release() -> None:
    """Close the empty database: the process ends."""
    _sandbox.release()


def after_fork() -> None:
    """Leave the empty database to the parent."""
    _sandbox.after_fork()


def answer(
    con: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    *,
    is_locked: bool,
) -> pd.DataFrame:
    """Return the answer to one query that only reads.

    Args:
        con: a cursor of its own, which is closed afterwards.
        query: the SQL.
        parameters: the values of its `$name` places.
        tables: frames that it may read beside the store, by name.
        is_locked: whether the cursor reaches nothing outside the store.
    """
    bound = {name: plain(value, name=name) for name, value in parameters.items()}
    try:
        words = _words(query)
        is_expanding = _check(con, query, words)
        if not is_locked and is_expanding:  # only the rows tell what it expands to, and the sandbox has none
            with _copy(con) as copy:
                return _run(copy, query, words, bound, tables)
        if not is_locked:
            with _sandbox.cursor() as planning:
                _register(planning, tables)
                _plan(planning, query, words, bound)
        return _run(con, query, words, bound, tables)
    except duckdb.Error as error:
        msg = f"The SQL does not run: {error}"
        raise InvalidQuery(msg) from error


def _plan(planning: duckdb.DuckDBPyConnection, query: str, words: Sequence[str], bound: Mapping[str, Any]) -> None:
    """Raise duckdb.Error, in which the query stands as it was written, if it cannot be planned."""
    try:
        planning.execute(query if words and words[0] == "explain" else f"EXPLAIN {query}", dict(bound))
    except duckdb.Error:
        planning.execute(query, dict(bound))
        raise


def _run(
    con: duckdb.DuckDBPyConnection,
    query: str,
    words: Sequence[str],
    bound: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    _register(con, tables)
    _zone(con, words)
    con.execute("BEGIN TRANSACTION READ ONLY")
    try:
        return con.execute(query, dict(bound)).df()
    finally:
        with suppress(duckdb.Error):
            con.execute("ROLLBACK")


def _words(query: str) -> list[str]:
    """Return the words and signs of a query in lower case, without comments; names without their quotes."""
    text = query.encode()
    tokens = duckdb.tokenize(query)
    ends = [offset for offset, _ in tokens[1:]] + [len(text)]
    words = []
    for (start, kind), end in zip(tokens, ends, strict=False):  # an empty query has no tokens, and one end
        if kind != duckdb.token_type.comment:
            words.append(text[start:end].decode(errors="replace").strip().strip('"').lower())
    return words


def _check(con: duckdb.DuckDBPyConnection, query: str, words: Sequence[str]) -> bool:
    """Raise InvalidQuery for what is not one query that reads; return whether it is a PIVOT whose columns come from rows."""
    inner = _explained(query) if words and words[0] == "explain" else query
    try:
        kinds = [statement.type for statement in con.extract_statements(inner)]
    except ValueError:  # a kind that has no name in Python, such as UPDATE EXTENSIONS
        kinds = []
    if len(kinds) != 1 or kinds[0] not in (duckdb.StatementType.SELECT, duckdb.StatementType.MULTI):
        raise InvalidQuery(_ADVICE)
    called = {word for word, following in pairwise(words) if following.startswith("(")}
    refused = sorted(called & _refused())
    if refused:
        msg = f"{refused[0]}() reaches beyond the store, or changes how it is read. {_ADVICE} tables= brings data of your own."
        raise InvalidQuery(msg)
    return kinds[0] is duckdb.StatementType.MULTI


def _explained(query: str) -> str:
    """Return the statement that an EXPLAIN is about."""
    text = query.encode()
    tokens = [
        (start, text[start : start + 8].decode(errors="replace").lower())
        for start, kind in duckdb.tokenize(query)
        if kind != duckdb.token_type.comment
    ]
    place = 1
    if place < len(tokens) and tokens[place][1].startswith("("):
        depth = 0
        for place in range(1, len(tokens)):
            depth += tokens[place][1].startswith("(") - tokens[place][1].startswith(")")
            if not depth:
                break
        place += 1
    elif place < len(tokens) and tokens[place][1].startswith("analyze"):
        place += 1
    return text[tokens[place][0] :].decode(errors="replace") if place < len(tokens) else ""


@cache
def _refused() -> frozenset[str]:
    """Return the functions that a query may not call."""
    query = "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE function_type IN ('table', 'pragma')"
    with GATE, POOL.cursor() as con:
        return frozenset(name for (name,) in con.execute(query).fetchall()) - _HARMLESS | _CHANGING


def _zone(con: duckdb.DuckDBPyConnection, words: Sequence[str]) -> None:
    """Let the tables that a query speaks of have instants instead of naive times in UTC, for this cursor."""
    found = con.execute(sql("store/schema.times"), {"words": list(set(words))}).fetchall()
    for database, table, columns in found:
        instants = ", ".join(f"{quoted(one)} AT TIME ZONE 'UTC' AS {quoted(one)}" for one in columns)
        con.execute(
            f"CREATE TEMP VIEW {quoted(table)} AS SELECT * REPLACE ({instants}) FROM {quoted(database)}.main.{quoted(table)}"
        )


@contextmanager
def _copy(con: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a locked copy of a database in memory."""
    with tempfile.TemporaryDirectory(prefix="jobtype_toolkit-") as folder:
        file = Path(folder) / "copy.duckdb"
        with attached(con, file, "copied", read_only=False):
            con.execute("COPY FROM DATABASE memory TO copied")
        with Pool(0, is_locked=True).cursor(file) as copy:
            yield copy


def _register(con: duckdb.DuckDBPyConnection, tables: Mapping[str, pd.DataFrame]) -> None:
    for name, frame in tables.items():
        try:
            con.register(name, frame)
        except (duckdb.Error, ValueError, TypeError) as error:
            msg = f"tables={{{name!r}: …}} cannot be read as a table: {error}"
            raise InvalidParameter(msg) from error


def opened(tables: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Return the caller's own tables as frames; files are read here, because a query cannot.

    Raises:
        InputNotFound: there is no such file.
        InvalidParameter: a name that cannot stand for a table, or what is neither a frame nor a readable file.
    """
    taken = {one.name for one in schema.TABLES} | {schema.JOBS.name, "meta"}
    for name in tables:
        if not isinstance(name, str) or not name or name.lower() in taken:
            msg = f"tables={{{name!r}: …}} is taken by the store or cannot be a name. Give another name."
            raise InvalidParameter(msg)
    return {name: _opened(name, table) for name, table in tables.items()}


def _opened(name: str, table: Any) -> pd.DataFrame:
    if isinstance(table, pd.DataFrame):
        return table
    if isinstance(table, pd.Series):
        return table.to_frame()
    if not isinstance(table, (str, Path)):
        msg = f"tables={{{name!r}: …}} is {type(table).__name__}. Give a DataFrame, or the path of a CSV, Parquet or JSON file."
        raise InvalidParameter(msg)
    path = Path(table).expanduser()
    if not path.is_file():
        msg = f"tables={{{name!r}: {str(table)!r}}}: there is no such file."
        raise InputNotFound(msg)
    endings = [one.lower() for one in path.suffixes if one.lower() not in (".gz", ".zst")]
    loader = _LOADERS.get(endings[-1] if endings else "")
    if loader is None:
        msg = f"tables={{{name!r}: {str(table)!r}}}: give a file that ends in {', '.join(_LOADERS)}, or a DataFrame."
        raise InvalidParameter(msg)
    try:
        with GATE, POOL.cursor() as con:
            return con.execute(f"FROM {loader}($path)", {"path": str(path)}).df()
    except duckdb.Error as error:
        msg = f"tables={{{name!r}: {str(table)!r}}} cannot be read: {error}"
        raise InvalidParameter(msg) from error


def plain(value: Any, *, name: str) -> Any:
    """Return a value as DuckDB binds it: what numpy and pandas have as plain values, what is missing as None.

    Raises:
        InvalidParameter: a value that DuckDB has no type for.
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return None if np.isnat(value) else value.astype(f"{value.dtype.kind}8[us]").item()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (pd.Series, pd.Index, np.ndarray, pd.api.extensions.ExtensionArray)) and value.ndim == 1:
        return [plain(one, name=name) for one in value]
    if isinstance(value, (list, tuple, set, frozenset, range)):
        return [plain(one, name=name) for one in value]
    if isinstance(value, dict):
        return {key: plain(one, name=name) for key, one in value.items()}
    try:
        duckdb.ConstantExpression(value)
    except (duckdb.Error, TypeError) as error:
        msg = f"{name}= is a {type(value).__name__}, which SQL has no type for. Give a plain value or a list of them."
        raise InvalidParameter(msg) from error
    return value
