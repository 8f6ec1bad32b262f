"""SQL lives in files; this reads them.

Values are always bound (`$name`). What cannot be bound, the names of tables and columns, stands in a file as a comment such
as `/*columns*/` and is filled in from the vocabulary only.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def _read(package: str, name: str) -> str:
    return (files(f"jobtype_toolkit.{package}") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def sql(package: str, name: str, /, **fragments: str) -> str:
    """Return the text of `package/sql/name.sql` with its `/*fragment*/` places filled in."""
    text = _read(package, name)
    for key, fragment in fragments.items():
        text = text.replace(f"/*{key}*/", fragment)
    return text


def quoted(name: str) -> str:
    """Return an identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as an SQL literal, for the few places where DuckDB lets nothing be bound: views, ATTACH, COMMENT."""
    return "'" + text.replace("'", "''") + "'"
