"""SQL lives in files; this reads them.

An address such as `queries/jobs.page` is the section `page` of `queries/sql/jobs.sql`; a file of one statement has no sections.
Values are always bound (`$name`). What cannot be bound, the names of tables and columns, stands in a file as a comment such
as `/*columns*/` and is filled in from the vocabulary only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

_SECTION = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


@cache
def _sections(file: str) -> Mapping[str, str]:
    """Return the sections of a file by name; a file without sections is one, named ""."""
    *folders, name = file.split("/")
    text = files("jobtype_toolkit").joinpath(*folders, "sql", f"{name}.sql").read_text(encoding="utf-8")
    first, *rest = _SECTION.split(text)
    return dict(zip(rest[::2], rest[1::2], strict=True)) if rest else {"": first}


@lru_cache(maxsize=512)
def sql(address: str, /, **fragments: str) -> str:
    """Return the text at an address with its `/*fragment*/` places filled in."""
    file, _, section = address.partition(".")
    text = _sections(file)[section]
    for key, fragment in fragments.items():
        text = text.replace(f"/*{key}*/", fragment)
    return text


def quoted(name: str) -> str:
    """Return an identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as an SQL literal, for the few places where DuckDB lets nothing be bound: views, ATTACH, COMMENT."""
    return "'" + text.replace("'", "''") + "'"
