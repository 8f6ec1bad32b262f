"""A table as DuckDB sees it, whatever it was read from: its columns, where its rows come from, and what of it goes where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default

from jobtype_toolkit import hints
from jobtype_toolkit.api.fields import Resource
from jobtype_toolkit.errors import LoadFailed
from jobtype_toolkit.sqlfiles import literal
from jobtype_toolkit.store.ingest import json_rows
from jobtype_toolkit.store.ingest.casts import Column, present, readable
from jobtype_toolkit.store.ingest.json_rows import object_of, object_of_texts


@dataclass(frozen=True, slots=True)
class Table:
    """A table as DuckDB sees it: the view `table_row`, its columns in order."""

    names: tuple[str, ...]
    """What the columns are called; two may differ in case only."""
    columns: tuple[str, ...]
    """The columns of the view, as SQL."""
    types: tuple[str, ...]
    rows: str = "table_row"
    """The view, or what gives its rows, for a FROM clause."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the rows of the view `table_row` come from, and what is to be done with them beyond casting."""

    file: str
    """SQL for the file of a row."""
    position: str
    """SQL for its number in the file."""
    rows: str
    """The view with the rows as they were read."""
    whole: str
    """SQL for such a row as a text."""
    objections: Sequence[str] = ()
    finals: Mapping[str, str] = default(default_factory=dict)
    passed: Sequence[str] = ()
    numbered: Sequence[str] = ()
    all_nodes: str = ""


def columns_of(resource: Resource, table: Table, ours: Mapping[str, int], file: str) -> tuple[list[Column], list[str]]:
    """Return where each field stands in a table, and objections to values that are no text of it."""
    columns: list[Column] = []
    objections = []
    for field in resource.fields:
        if field.name not in ours:
            continue
        place = ours[field.name]
        column, kind = table.columns[place], table.types[place]
        read = readable(field, column, kind)
        if read is None:
            msg = f"{hints.on('load', file)}: the column {table.names[place]} is {kind}, which is no {field.type} column. Write it as one, or leave it out."
            raise LoadFailed(msg)
        columns.append((field, *read))
        if kind == "JSON" and field.type == "text":
            objections.append(
                f"CASE WHEN json_type({column}) IN ('OBJECT', 'ARRAY') THEN '{field.name} is not a text: ' || left({column}, 60) END"
            )
        if kind == "BLOB":
            objections.append(
                f"CASE WHEN {column} IS NOT NULL AND {read[0]} IS NULL THEN '{field.name} is binary and not UTF-8 text' END"
            )
    return columns, objections


def whole(table: Table) -> str:
    """Return SQL for a row of a table as a JSON object."""
    pairs = list(zip(map(literal, table.names), map(_json_of, table.columns, table.types), strict=True))
    return f"to_json(map_from_entries({json_rows.entries(pairs)}))"


def _json_of(column: str, kind: str) -> str:
    """Return SQL for a value of a table as JSON; what JSON has no word for is told as text."""
    if kind == "BLOB":
        return f"to_json(coalesce(TRY(decode({column})), hex({column})))"
    if kind in ("FLOAT", "DOUBLE"):
        return f"CASE WHEN isinf({column}) THEN to_json(CAST({column} AS VARCHAR)) ELSE to_json({present(column, kind)}) END"
    return f"to_json({column})"


def extra_of(table: Table, unknown: Sequence[int], own: str | None) -> str:
    """Return SQL for a JSON object of the columns that the vocabulary does not know, and of an exported `extra`."""
    texts = [place for place in unknown if table.types[place] == "VARCHAR"]
    if own is None and texts and texts == list(unknown):
        return object_of_texts([(literal(table.names[place]), table.columns[place]) for place in texts])
    pairs = [(literal(table.names[place]), _json_of(table.columns[place], table.types[place])) for place in unknown]
    if own is None:
        return object_of(pairs) if pairs else "NULL::JSON"
    text = f"CAST({own} AS VARCHAR)"
    is_object = f"coalesce(json_valid({text}) AND json_type({text}) = 'OBJECT', false)"
    known = f"CASE WHEN {is_object} THEN CAST({text} AS JSON) END"
    pairs.append(("'extra'", f"CASE WHEN NOT {is_object} AND {text} <> '' THEN to_json({text}) END"))
    added = object_of(pairs)
    return f"CASE WHEN {known} IS NULL THEN {added} WHEN {added} IS NULL THEN {known} ELSE json_merge_patch({known}, {added}) END"
