"""The questions' SQL, which is DuckDB's, as Spark speaks it."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlglot import exp, parse, parse_one
from sqlglot.errors import ParseError


@cache
def spark_sql(text: str) -> str:
    """Return one statement of a question as Spark reads it; `$name` becomes `:name`."""
    return str(parse_one(text, read="duckdb").transform(_quantile).sql(dialect="spark"))


def _quantile(node: Any) -> Any:
    """Return what Spark calls quantile_cont: sqlglot writes it as a function that Spark has with another syntax only."""
    if isinstance(node, exp.PercentileCont):
        return exp.Anonymous(this="PERCENTILE", expressions=[node.this, node.expression])
    return node


def reads_only(text: str) -> bool:
    """Return whether a text in Spark's SQL is one query that changes nothing; false also if it cannot be parsed."""
    try:
        found = [one for one in parse(text, read="spark") if one is not None]
    except ParseError:
        return False
    return len(found) == 1 and isinstance(found[0], exp.Query) and not found[0].find(exp.DML, exp.DDL, exp.Into)
