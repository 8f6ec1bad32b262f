"""Running SQL files that hold several statements: DuckDB binds parameters only to the last one by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from jobtype_toolkit.sqlfiles import sql


def script(
    con: duckdb.DuckDBPyConnection, address: str, bound: Mapping[str, Any] | None = None, /, **fragments: str
) -> duckdb.DuckDBPyConnection:
    """Run every statement at an address of SQL, each with those of the bound values that it speaks of."""
    return statements(con, sql(address, **fragments), bound or {})


def statements(con: duckdb.DuckDBPyConnection, text: str, bound: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
    """Run every statement of a text; the connection holds the answer of the last."""
    for statement in con.extract_statements(text):
        con.execute(statement, {name: bound[name] for name in statement.named_parameters})
    return con


def number(con: duckdb.DuckDBPyConnection, query: str) -> int:
    """Return the single number that a query gives; 0 if it has no rows."""
    found = con.execute(query).fetchone()
    return int(found[0]) if found else 0
