"""From rows of any shape to the temporary table `incoming`: typed, with what is unknown kept apart and what is bad rejected."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb

from jobtype_toolkit.errors import LoadFailed
from jobtype_toolkit.fields import DUCKDB, Field, Resource
from jobtype_toolkit.resources import BASE_JOB_TYPE, ERROR, LET_GO
from jobtype_toolkit.sqlfiles import quoted, sql
from jobtype_toolkit.store import cast
from jobtype_toolkit.store.cast import Options
from jobtype_toolkit.store.script import script
from jobtype_toolkit.store.shapes import TEXT_KEPT, Batch, read_json

_REQUIRED = {
    "jobs": ("id", "status"),
    "job_types": ("id", "name", "version"),
    "job_type_revisions": ("id", "revision_num"),
    "errors": ("id", "name"),
    "job_executions": ("id", "job_id"),
}
_OF_A_JOB_TYPE = frozenset({"jobs", "job_type_revisions"})
_TYPE_NAME = {"jobs": ("job_type", "job_type_version"), "job_type_revisions": ("name", "version")}
EMBEDDED = {"job_type": BASE_JOB_TYPE, "error": ERROR}
"""The objects inside v6 rows from which job types and errors can be made that were never loaded themselves."""

Column = tuple[Field, str, str]
"""A field, the SQL of what the input has for it, and the DuckDB type of that."""


class Incoming:
    """The table `incoming` of one load, filled batch by batch."""

    def __init__(self, con: duckdb.DuckDBPyConnection, name: str, resource: Resource, options: Options) -> None:
        """Make the empty table, and those for the objects seen inside the rows."""
        self._con = con
        self._name = name
        self._resource = resource
        self._options = options
        columns = ", ".join(f"{quoted(one.name)} {DUCKDB[one.type]}" for one in resource.fields)
        script(con, "incoming", columns=columns)
        for embedded, shape in EMBEDDED.items():
            columns = ", ".join(f"{quoted(one.name)} {DUCKDB[one.type]}" for one in shape.fields)
            con.execute(f"CREATE OR REPLACE TEMP TABLE seen_{embedded} ({columns})")

    def add(self, batch: Batch) -> None:
        """Add the rows of a batch of files.

        Raises:
            LoadFailed: a required column is missing, a time has no zone, or a file cannot be read at all.
        """
        try:
            match batch.shape:
                case "documents" | "lines":
                    self._add_json(batch)
                case "csv":
                    self._add_table(batch, "csv")
                case "parquet":
                    self._add_table(batch, "parquet")
        except (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException) as error:
            if "No space left" in str(error):
                raise
            msg = f"load({batch.names[0]!r}) cannot read the file: {str(error).splitlines()[0]}"
            raise LoadFailed(msg) from error

    def _add_json(self, batch: Batch) -> None:
        broken = read_json(self._con, batch)
        if broken:
            self._con.executemany(
                "INSERT INTO rejected VALUES (?, ?, ?, ?)",
                [(one.file, one.position, one.reason, one.text[:TEXT_KEPT]) for one in broken],
            )
        mixed = self._con.execute(
            "SELECT DISTINCT json_type(j, '$.job_type') IS NOT DISTINCT FROM 'OBJECT' FROM raw"
        ).fetchall()
        for (is_nested,) in mixed:
            self._add_rows(is_nested=is_nested)

    def _add_rows(self, *, is_nested: bool) -> None:
        """Add the rows of `raw` that are as a v6 server sends them, or the flat ones."""
        structure, columns = _json_columns(self._resource, self._options, is_nested=is_nested)
        if is_nested:
            structure |= {
                name: dict.fromkeys(shape.names, "VARCHAR") for name, shape in EMBEDDED.items() if name in structure
            }
        known = _known(structure, is_nested=is_nested)
        unknown = self._unknown(known, is_nested=is_nested)
        extra = _extra_sql(unknown)
        self._check_zones(columns, sql("store", "parsed"), {"structure": _text(structure), "nested": is_nested})
        select, reasons = self._typed(columns)
        shape = "CASE WHEN json_type(j) <> 'OBJECT' THEN 'not a JSON object' END"
        bound = {"structure": _text(structure), "nested": is_nested, "base": self._rows(), **_extra_bound(unknown)}
        script(
            self._con,
            "incoming_json",
            bound | self._options.bound,
            names=self._names(columns),
            values=select,
            extra=extra,
            reasons=f"{shape}, {reasons}",
        )
        script(self._con, "reject_json", {"most": TEXT_KEPT})
        if is_nested:
            for name, shape_of in EMBEDDED.items():
                if name in structure:
                    values = ", ".join(
                        f"TRY_CAST(s.{quoted(one.name)} AS {DUCKDB[one.type]})" for one in shape_of.fields
                    )
                    script(self._con, "seen", {"structure": _text(structure)}, name=name, values=values)

    def _unknown(self, known: Mapping[str, set[str]], *, is_nested: bool) -> list[tuple[str, str]]:
        """Return the (object, key) pairs that the rows have and the vocabulary does not."""
        inner = [head for head in known if head]
        paths = ["$", *(f"$.{head}" for head in inner)]
        found = script(self._con, "key_sets", {"paths": paths, "nested": is_nested}).fetchall()
        pairs: dict[tuple[str, str], None] = {}
        for (sets,) in found:
            for head, keys in zip(["", *inner], sets, strict=True):
                for key in keys or ():
                    if key not in known[head]:
                        pairs[head, key] = None
        return list(pairs)

    def _add_table(self, batch: Batch, kind: str) -> None:
        """Add the rows of a CSV or Parquet file."""
        file, name = batch.files[0], batch.names[0]
        reader = sql("store", f"table_{kind}")
        self._con.execute("DROP TABLE IF EXISTS csv_reject")
        self._con.execute("DROP TABLE IF EXISTS csv_scan")
        self._con.execute(f"CREATE OR REPLACE TEMP VIEW given AS {reader.replace('$file', _literal(file))}")
        have = {column: kind for column, kind, *_ in self._con.execute("DESCRIBE given").fetchall()}
        ours = {self._options.columns.get(column, column): column for column in have if column != "position"}
        columns = [
            (one, quoted(ours[one.name]), have[ours[one.name]]) for one in self._resource.fields if one.name in ours
        ]
        self._check_columns(ours, name)
        self._check_zones(columns, "SELECT *, position FROM given", {}, file=name)
        unknown = [theirs for our, theirs in ours.items() if our not in self._resource.names and our != "extra"]
        extra = "extra::JSON" if "extra" in ours else "NULL"
        if unknown:
            pairs = ", ".join(f"{_literal(one)}, {quoted(one)}" for one in unknown)
            extra = f"nullif(json_merge_patch('{{}}', json_object({pairs})), '{{}}')"
        select, reasons = self._typed(columns)
        script(
            self._con,
            "incoming_table",
            {"file": name, "base": self._rows(), **self._options.bound},
            names=self._names(columns),
            values=select,
            extra=extra,
            reasons=reasons,
        )
        script(self._con, "reject_table", {"most": TEXT_KEPT})
        if kind == "csv":
            script(self._con, "reject_csv", {"file": name, "most": TEXT_KEPT})

    def _rows(self) -> int:
        found = self._con.execute("SELECT coalesce(max(seq), 0) FROM incoming").fetchone()
        return int(found[0]) if found else 0

    def _check_columns(self, ours: Iterable[str], file: str) -> None:
        """Refuse a table that lacks a column without which no row of it could be loaded."""
        given = set(ours)
        missing = [one for one in _REQUIRED[self._name] if one not in given]
        if self._name in _OF_A_JOB_TYPE and "job_type_id" not in given:
            missing += [one for one in _TYPE_NAME[self._name] if one not in given]
        if missing:
            msg = (
                f"load({file!r}) as {self._name}: the required column {', '.join(missing)} is missing; the file has "
                f"{', '.join(sorted(given))}. If it has another name there, map it: columns={{'theirs': {missing[0]!r}}}."
            )
            raise LoadFailed(msg)

    def _check_zones(self, columns: Sequence[Column], rows: str, bound: Mapping[str, Any], *, file: str = "") -> None:
        """Refuse times without a zone: which instants they mean is the caller's to say."""
        condition = cast.naive(columns, self._options)
        if condition is None:
            return
        found = self._con.execute(f"SELECT * FROM ({rows}) WHERE {condition} LIMIT 1", dict(bound)).fetchone()
        if found is None:
            return
        msg = (
            f"load({file or 'the input'!r}): the times have no zone, for example in this row: {str(found)[:300]}. "
            "Say which one they are in: timezone='UTC', or a name such as timezone='America/New_York'."
        )
        raise LoadFailed(msg)

    def _typed(self, columns: Sequence[Column]) -> tuple[str, str]:
        """Return the SQL of the typed values, and that of the reasons against a row."""
        values = {one.name: cast.value(one, text, have, self._options) for one, text, have in columns}
        wrong = [cast.reason(one, text, have, values[one.name]) for one, text, have in columns]
        reasons = [one for one in wrong if one]
        for name in _REQUIRED[self._name]:
            said = next((text for one, text, _ in columns if one.name == name), "NULL")
            reasons.append(f"CASE WHEN nullif(trim(CAST({said} AS VARCHAR)), '') IS NULL THEN 'no {name}' END")
        if self._name in _OF_A_JOB_TYPE:
            by_name = " AND ".join(f"{values.get(one, 'NULL')} IS NOT NULL" for one in _TYPE_NAME[self._name])
            given = f"{values.get('job_type_id', 'NULL')} IS NOT NULL OR ({by_name})"
            reasons.append(f"CASE WHEN NOT ({given}) THEN 'no job type: neither its id nor its name and version' END")
        return ", ".join(values.values()), ", ".join(reasons)

    @staticmethod
    def _names(columns: Sequence[Column]) -> str:
        return ", ".join(quoted(one.name) for one, _, _ in columns)


def _json_columns(resource: Resource, options: Options, *, is_nested: bool) -> tuple[dict[str, Any], list[Column]]:
    """Return the structure to read rows with, and where each field stands in it."""
    structure: dict[str, Any] = {}
    columns: list[Column] = []
    for one in resource.fields:
        path = one.json_path if is_nested else (one.name,)
        path = (options.theirs(path[0]), *path[1:])
        place = structure
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = "JSON" if one.type == "json" else "VARCHAR"
        columns.append(
            (one, "s." + ".".join(quoted(key) for key in path), DUCKDB["json" if one.type == "json" else "text"])
        )
    return structure, columns


def _known(structure: Mapping[str, Any], *, is_nested: bool) -> dict[str, set[str]]:
    """Return the keys that each object of a row may have: those of the row under "", then those of the objects in it."""
    known = {"": {*structure}}
    if is_nested:
        known[""] |= {head.split(".")[0] for head in LET_GO}
        for head, keys in structure.items():
            if isinstance(keys, dict) and f"{head}.*" not in LET_GO:
                known[head] = {*keys} | {path.split(".")[1] for path in LET_GO if path.startswith(f"{head}.")}
    else:
        known[""].add("extra")
    return known


def _extra_sql(unknown: Sequence[tuple[str, str]]) -> str:
    """Return SQL for a JSON object of what is unknown in a row, keys of inner objects dotted."""
    if not unknown:
        return "NULL"
    pairs = ", ".join(f"$extra_name_{n}, json_extract(j, $extra_path_{n})" for n in range(len(unknown)))
    return f"nullif(json_merge_patch('{{}}', json_object({pairs})), '{{}}')"


def _extra_bound(unknown: Sequence[tuple[str, str]]) -> dict[str, str]:
    bound = {}
    for number, (head, key) in enumerate(unknown):
        escaped = key.replace("\\", "\\\\").replace('"', '\\"')
        bound[f"extra_name_{number}"] = f"{head}.{key}" if head else key
        bound[f"extra_path_{number}"] = f'$."{head}"."{escaped}"' if head else f'$."{escaped}"'
    return bound


def _text(structure: Mapping[str, Any]) -> str:
    return json.dumps(structure)


def _literal(text: str) -> str:
    """Return a text as an SQL literal, where a view does not let it be bound."""
    return "'" + text.replace("'", "''") + "'"
