"""From rows of any shape to the temporary table `incoming`: typed, with what is unknown kept apart and what is bad rejected.

`incoming` is a view: over the table `incoming_rows`, or over a single Parquet file, which is not copied twice.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import duckdb
import msgspec

from jobtype_toolkit.api.fields import DUCKDB, Field, Resource
from jobtype_toolkit.errors import LoadFailed
from jobtype_toolkit.sqlfiles import literal, quoted, sql
from jobtype_toolkit.store.engine import number, script, statements
from jobtype_toolkit.store.ingest import casts, json_rows
from jobtype_toolkit.store.ingest.casts import Column, Options, cast
from jobtype_toolkit.store.ingest.files import TEXT_KEPT, Batch, read_json
from jobtype_toolkit.store.ingest.json_rows import OBJECT_BYTES, Unusual, V6Rows, counted_lines, joined, object_of

_REQUIRED = {
    "jobs": ("id", "status"),
    "job_types": ("id", "name", "version"),
    "job_type_revisions": ("id", "revision_num"),
    "errors": ("id", "name"),
    "job_executions": ("id", "job_id"),
}
_UNREADABLE = (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException)
_OF_A_JOB_TYPE = frozenset({"jobs", "job_type_revisions"})
_TYPE_NAME = {"jobs": ("job_type", "job_type_version"), "job_type_revisions": ("name", "version")}
_BAD_ROWS = "SELECT count(*) FROM checked WHERE reason <> ''"
_OURS = ("file_row_number", "__position")
"""Columns of the view `table_row` that are not the file's."""


class Incoming:
    """The view `incoming` of one load, filled batch by batch."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, name: str, resource: Resource, options: Options, scratch: Path
    ) -> None:
        """Make the empty tables; `scratch` is a folder to work in."""
        self._con = con
        self._scratch = scratch
        self._name = name
        self._resource = resource
        self._options = options
        needed = {resource[field].json_path for field in _REQUIRED[name]}
        self._v6_rows = V6Rows(resource, needed | {("job_type",)} if name in _OF_A_JOB_TYPE else needed)
        self._kept: dict[str, set[int]] = {embedded: set() for embedded in json_rows.EMBEDDED}
        embedded = {f"embedded_{inner}": _declared(fields) for inner, fields in json_rows.EMBEDDED.items()}
        script(con, "store/ingest/staging.tables", columns=_declared(resource.fields), **embedded)

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
        except duckdb.Error as error:
            # of a broken Parquet footer DuckDB tells no kind of error
            is_unreadable = isinstance(error, _UNREADABLE) or type(error) is duckdb.Error
            if not is_unreadable or "No space left" in str(error):
                raise
            msg = f"load({batch.names[0]!r}) cannot read the file: {str(error).splitlines()[0]}"
            raise LoadFailed(msg) from error

    def _add_json(self, batch: Batch) -> None:
        """Add the rows of JSON files: the quick way if they are just as a v6 server sends them, else the careful one."""
        if self._options.columns or not self._add_quickly(batch):
            self._add_carefully(batch)

    def _add_quickly(self, batch: Batch) -> bool:
        """Add rows that have nothing unknown and nothing bad in them; leave the table as it was if they have."""
        rows = self._v6_rows
        base = number(self._con, "SELECT coalesce(max(rowid), -1) + 1 FROM incoming_rows")
        try:
            if batch.shape == "lines":
                form, files, count = "newline_delimited", list(batch.files), counted_lines(batch.files[0], rows)
                if not count:
                    return False  # an empty file is named as such
            else:
                form = "array"
                files, count = joined(batch.files, self._scratch, rows)
            taken = self._take_v6_rows(files, form) if files else 0
        except (Unusual, duckdb.InvalidInputException, duckdb.ConversionException):
            return False
        strange = f"SELECT 1 FROM incoming_rows WHERE rowid >= {base} AND ({rows.blank_or_out_of_range}) LIMIT 1"
        if taken != count or self._con.execute(strange).fetchone():
            self._con.execute("DELETE FROM incoming_rows WHERE rowid >= ?", [base])
            return False
        self._take_embedded()
        return True

    def _take_v6_rows(self, files: list[str], form: str) -> int:
        rows = self._v6_rows
        statement = sql(
            "store/ingest/staging.v6_rows",
            names=", ".join(map(quoted, rows.names)),
            values=", ".join(rows.values(self._options)),
            columns=rows.columns,
            format=form,
            most_bytes=str(OBJECT_BYTES),
        )
        found = statements(self._con, statement, {"files": files, **self._options.bound}).fetchone()
        return int(found[0]) if found else 0

    def _take_embedded(self) -> None:
        """Keep the objects that were inside the rows read so far, one of each."""
        for name, seen in self._v6_rows.seen.items():
            if fresh := [inner for id, inner in seen.items() if id not in self._kept[name]]:
                structure = {field.name: DUCKDB[field.type] for field in json_rows.EMBEDDED[name]}
                bound = {"objects": msgspec.json.encode(fresh).decode(), "structure": json.dumps([structure])}
                script(self._con, "store/ingest/staging.embedded_v6", bound, name=name)
                self._kept[name].update(seen)

    def _add_carefully(self, batch: Batch) -> None:
        """Add the rows of JSON files of any kind; what is bad is rejected with its text, what is unknown becomes `extra`."""
        broken = read_json(self._con, batch)
        if broken:
            self._con.executemany(
                "INSERT INTO rejected VALUES (?, ?, ?, ?)",
                [(one.file, one.position, one.reason, one.text[:TEXT_KEPT]) for one in broken],
            )
        for (is_nested,) in script(self._con, "store/ingest/staging.is_nested").fetchall():
            rows = json_rows.Rows(self._resource, self._options, is_nested=is_nested)
            bound = {"nested": is_nested, "paths": rows.paths, "structure": rows.structure_text}
            unknown = rows.unknown(script(self._con, "store/ingest/staging.key_sets", bound).fetchall())
            script(self._con, "store/ingest/staging.json_fields", bound)
            bound = {**json_rows.extra_bound(unknown), **self._options.bound}
            checked = self._checked(
                rows.columns,
                rows="json_fields AS s",
                place="__seq AS seq, __file AS file, __position AS position",
                extra=json_rows.extra_sql(unknown),
                objections=["CASE WHEN json_type(__j) <> 'OBJECT' THEN 'not a JSON object' END"],
            )
            statements(self._con, f"CREATE OR REPLACE TEMP TABLE checked AS {checked}", bound)
            if number(self._con, _BAD_ROWS):
                self._check_zones(rows.columns, "FROM json_fields AS s", file=batch.names[0])
                script(self._con, "store/ingest/staging.reject_json", {"most": TEXT_KEPT})
            script(self._con, "store/ingest/staging.take_checked")
            for name, fields in rows.embedded.items():
                values = ", ".join(f"TRY_CAST(s.{quoted(one.name)} AS {DUCKDB[one.type]})" for one in fields)
                script(
                    self._con,
                    "store/ingest/staging.embedded_json",
                    name=name,
                    values=values,
                    key=json_rows.key_sql(name),
                )

    def _add_table(self, batch: Batch, kind: str) -> None:
        """Add the rows of a CSV or Parquet file."""
        file, name = batch.files[0], batch.names[0]
        have = self._open_table(kind, file)
        ours = self._named(have, name)
        columns = [
            (one, quoted(ours[one.name]), have[ours[one.name]]) for one in self._resource.fields if one.name in ours
        ]
        self._check_columns(ours, name)
        unknown = [
            one for one in have if one not in (*(ours[our] for our in self._resource.names if our in ours), "extra")
        ]
        is_only_parquet = kind == "parquet" and batch.is_only and not self._options.bound
        is_sound = is_only_parquet and self._is_sound(columns, ours, file)
        checked = self._checked(
            columns,
            rows="table_row",
            place=f"__position AS seq, {literal(name)} AS file, __position AS position",
            extra=_columns_extra(unknown, has_extra="extra" in ours),
            is_sound=is_sound,
        )
        if is_only_parquet:
            self._look_through(checked, columns, is_sound=is_sound)
        else:
            self._take_in(checked, kind)
        if number(self._con, "SELECT count(*) FROM rejected"):
            self._check_zones(columns, "FROM table_row", file=name)
        if kind == "csv" and self._has_bad_lines():
            script(self._con, "store/ingest/staging.reject_csv", {"file": name, "most": TEXT_KEPT})

    def _open_table(self, kind: str, file: str) -> dict[str, str]:
        """Make the view `table_row` over a file, and return its columns with their types."""
        if kind == "csv":
            script(self._con, "store/ingest/staging.csv_fresh")
        reader = sql(f"store/ingest/staging.table_{kind}", file=literal(file))
        self._con.execute(f"CREATE OR REPLACE TEMP VIEW table_row AS {reader}")
        described = self._con.execute("DESCRIBE table_row").fetchall()
        return {column: kind for column, kind, *_ in described if column not in _OURS}

    def _named(self, have: Iterable[str], file: str) -> dict[str, str]:
        """Return our names of a table's columns with theirs; what the caller maps wins over what has our name already."""
        mapped = {ours: theirs for theirs, ours in self._options.columns.items() if theirs in have}
        missing = [theirs for theirs in self._options.columns if theirs not in have]
        if missing:
            msg = (
                f"load({file!r}, columns={{{missing[0]!r}: …}}): the file has no such column; it has {', '.join(have)}."
            )
            raise LoadFailed(msg)
        return {one: one for one in have if one not in self._options.columns} | mapped

    def _look_through(self, checked: str, columns: Sequence[Column], *, is_sound: bool) -> None:
        """Let `incoming` be a view over the file: a large one is not copied twice."""
        self._con.execute(f"CREATE OR REPLACE TEMP VIEW checked AS {checked}")
        bad = 0 if is_sound else number(self._con, _BAD_ROWS)
        if bad:
            script(self._con, "store/ingest/staging.reject_table", {"most": TEXT_KEPT})
        have = {field.name for field, _, _ in columns}
        absent = "".join(
            f", NULL::{DUCKDB[field.type]} AS {quoted(field.name)}"
            for field in self._resource.fields
            if field.name not in have
        )
        good = "WHERE reason = ''" if bad else ""  # what all rows pass need not be tested by every question
        self._con.execute(
            f"CREATE OR REPLACE TEMP VIEW incoming AS SELECT * EXCLUDE (file, position, reason){absent} FROM checked {good}"
        )

    def _is_sound(self, columns: Sequence[Column], theirs: Mapping[str, str], file: str) -> bool:
        """Return whether the statistics in a Parquet file tell that no row of it is bad, so that none need be read for that."""
        found = script(
            self._con, "store/ingest/staging.parquet_statistics", {"file": file}, first=casts.FIRST, last=casts.LAST
        )
        known = {name: facts for name, *facts in found.fetchall()}
        is_whole = {ours for ours, name in theirs.items() if name in known and known[name][0]}
        for column in columns:
            field, _, have = column
            if cast(column, self._options).reason is None:
                continue
            if have != "TIMESTAMP WITH TIME ZONE" or not known.get(theirs[field.name], (False, False))[1]:
                return False
        for name in _REQUIRED[self._name]:
            is_text = self._resource[name].type == "text"
            if name not in is_whole or (is_text and not known[theirs[name]][2]):
                return False
        has_type = {"job_type_id"} <= is_whole or set(_TYPE_NAME.get(self._name, ())) <= is_whole
        return has_type or self._name not in _OF_A_JOB_TYPE

    def _take_in(self, checked: str, kind: str) -> None:
        """Copy the rows into `incoming_rows`, and keep those apart that have a reason against them."""
        statements(self._con, f"CREATE OR REPLACE TEMP TABLE checked AS {checked}", self._options.bound)
        if kind == "csv" and self._has_bad_lines():
            script(self._con, "store/ingest/staging.csv_positions")
        if number(self._con, _BAD_ROWS):
            script(self._con, "store/ingest/staging.reject_table", {"most": TEXT_KEPT})
        script(self._con, "store/ingest/staging.take_checked")

    def _has_bad_lines(self) -> bool:
        """Whether DuckDB's CSV reader left out lines; it makes a table of them only then."""
        made = number(self._con, "SELECT count(*) FROM duckdb_tables() WHERE temporary AND table_name = 'csv_reject'")
        return bool(made) and number(self._con, "SELECT count(*) FROM csv_reject") > 0

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

    def _check_zones(self, columns: Sequence[Column], rows: str, *, file: str = "") -> None:
        """Refuse times without a zone: which instants they mean is the caller's to say."""
        condition = casts.naive(columns, self._options)
        if condition is None:
            return
        found = self._con.execute(f"SELECT * {rows} WHERE {condition} LIMIT 1").fetchone()
        if found is None:
            return
        msg = (
            f"load({file or 'the input'!r}): the times have no zone, for example in this row: {str(found)[:300]}. "
            "Say which one they are in: timezone='UTC', or a name such as timezone='America/New_York'."
        )
        raise LoadFailed(msg)

    def _checked(
        self,
        columns: Sequence[Column],
        *,
        rows: str,
        place: str,
        extra: str,
        objections: Sequence[str] = (),
        is_sound: bool = False,
    ) -> str:
        """Return SQL for typed rows, each with the reasons against it.

        Args:
            columns: where each field stands in the input.
            rows: the input, for a FROM clause.
            place: SQL for seq, file and position of a row.
            extra: SQL for what is unknown in it.
            objections: SQL for reasons against a row that are no column's.
            is_sound: whether every row is known to be good.
        """
        steps = [cast(column, self._options, is_sound=is_sound) for column in columns]
        finals = [f"{one.final} AS {quoted(one.column.name)}" for one in steps if one.final]
        reasons = [*(f"objection_{number}" for number in range(len(objections)))]
        reasons += [one.reason for one in steps if one.reason] + self._missing({one.column.name for one in steps})
        if is_sound:
            reasons = ["NULL"]
        return sql(
            "store/ingest/staging.checked",
            rows=rows,
            place=", ".join([place, *(f"{text} AS objection_{number}" for number, text in enumerate(objections))]),
            extra=extra,
            said=", ".join(f"{one.said} AS {quoted(f'said {one.column.name}')}" for one in steps),
            typed=", ".join(f"{one.typed} AS {quoted(one.column.name)}" for one in steps),
            final=f"* REPLACE ({', '.join(finals)})" if finals else "*",
            reasons=", ".join(reasons),
            names=", ".join(quoted(one.column.name) for one in steps),
        )

    def _missing(self, names: Collection[str]) -> list[str]:
        """Return SQL for the reasons against a row that lacks something required."""
        found = []
        for name in _REQUIRED[self._name]:
            said = quoted(f"said {name}") if name in names else "NULL"
            found.append(f"CASE WHEN nullif(trim(CAST({said} AS VARCHAR)), '') IS NULL THEN 'no {name}' END")
        if self._name in _OF_A_JOB_TYPE:
            has = {name: f"{quoted(name)} IS NOT NULL" for name in names}
            by_name = " AND ".join(has.get(one, "false") for one in _TYPE_NAME[self._name])
            given = f"{has.get('job_type_id', 'false')} OR ({by_name})"
            found.append(f"CASE WHEN NOT ({given}) THEN 'no job type: neither its id nor its name and version' END")
        return found


def _declared(fields: Iterable[Field]) -> str:
    return ", ".join(f"{quoted(one.name)} {DUCKDB[one.type]}" for one in fields)


def _columns_extra(unknown: Sequence[str], *, has_extra: bool) -> str:
    """Return SQL for a JSON object of the columns that the vocabulary does not know, and of an exported `extra`."""
    own = "extra::JSON" if has_extra else "NULL::JSON"
    if not unknown:
        return own
    added = object_of([(literal(one), f"to_json({quoted(one)})") for one in unknown])
    return f"CASE WHEN {own} IS NULL THEN {added} WHEN {added} IS NULL THEN {own} ELSE json_merge_patch({own}, {added}) END"
