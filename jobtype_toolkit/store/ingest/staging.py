"""From rows of any shape to the temporary table `incoming`: typed, with what is unknown kept apart and what is bad rejected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from jobtype_toolkit.api.fields import DUCKDB, Resource
from jobtype_toolkit.errors import LoadFailed
from jobtype_toolkit.sqlfiles import literal, quoted, sql
from jobtype_toolkit.store.ingest import casts, json_rows
from jobtype_toolkit.store.ingest.casts import Column, Options
from jobtype_toolkit.store.ingest.files import TEXT_KEPT, Batch, read_json
from jobtype_toolkit.store.ingest.json_rows import object_of
from jobtype_toolkit.store.ingest.pages import joined
from jobtype_toolkit.store.engine import number, script, statements

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
_OURS = ("file_row_number", "__position")
"""Columns of the view `given` that are not the file's."""


class Incoming:
    """The table `incoming` of one load, filled batch by batch."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, name: str, resource: Resource, options: Options, scratch: Path
    ) -> None:
        """Make the empty table, and those for the objects seen inside the rows; `scratch` is a folder to work in."""
        self._con = con
        self._scratch = scratch
        self._name = name
        self._resource = resource
        self._options = options
        columns = ", ".join(f"{quoted(one.name)} {DUCKDB[one.type]}" for one in resource.fields)
        script(con, "store/ingest/staging.incoming", columns=columns)
        for embedded, shape in json_rows.EMBEDDED.items():
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
        except duckdb.Error as error:
            # of a broken Parquet footer DuckDB tells no kind of error
            is_unreadable = isinstance(error, _UNREADABLE) or type(error) is duckdb.Error
            if not is_unreadable or "No space left" in str(error):
                raise
            msg = f"load({batch.names[0]!r}) cannot read the file: {str(error).splitlines()[0]}"
            raise LoadFailed(msg) from error

    def _add_json(self, batch: Batch) -> None:
        """Add the rows of JSON files: the quick way where they are just as a v6 server sends them, else the careful one."""
        if batch.shape == "documents" and not self._options.columns and self._add_quickly(batch):
            return
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
            script(self._con, "store/ingest/staging.parsed_careful", bound)
            base = self._take_parsed(rows, unknown)
            if self._has_bad_rows():
                self._check_zones(rows.columns, "FROM parsed AS s", file=batch.names[0])
            script(self._con, "store/ingest/staging.reject_json", {"most": TEXT_KEPT, "base": base})

    def _add_quickly(self, batch: Batch) -> bool:
        """Add pages that have nothing unknown and nothing bad in them; leave the table as it was where they have."""
        files = joined(batch.files, self._scratch)
        if files is None:
            return False
        if not files:
            return True
        rows = json_rows.Rows(self._resource, self._options, is_nested=True, is_typed=True)
        try:
            if rows.unknown(
                script(
                    self._con, "store/ingest/staging.key_sets_quick", {"files": files, "paths": rows.paths}
                ).fetchall()
            ):
                return False
            script(self._con, "store/ingest/staging.parsed_quick", {"files": files}, columns=rows.columns_sql)
        except (duckdb.InvalidInputException, duckdb.ConversionException):
            return False
        base = self._take_parsed(rows, [])
        if self._has_bad_rows():
            self._con.execute("DELETE FROM incoming_rows WHERE seq > ?", [base])
            return False
        return True

    def _take_parsed(self, rows: json_rows.Rows, unknown: Sequence[tuple[str, str]]) -> int:
        """Add what is in the table `parsed`; return the number of rows there were before."""
        values, reasons = self._typed(rows.columns)
        base = number(self._con, "SELECT coalesce(max(seq), 0) FROM incoming_rows")
        script(
            self._con,
            "store/ingest/staging.incoming_json",
            {"base": base, **json_rows.extra_bound(unknown), **self._options.bound},
            names=_names(rows.columns),
            values=", ".join(values),
            extra=json_rows.extra_sql(unknown),
            reasons=f"CASE WHEN json_type(__j) <> 'OBJECT' THEN 'not a JSON object' END, {reasons}",
        )
        for name, fields in rows.embedded.items():
            seen = ", ".join(f"TRY_CAST(s.{quoted(one.name)} AS {DUCKDB[one.type]})" for one in fields)
            script(self._con, "store/ingest/staging.seen", name=name, values=seen, key=json_rows.key_sql(name))
        return base

    def _has_bad_rows(self) -> bool:
        return self._con.execute("SELECT 1 FROM incoming_rows WHERE reason <> '' LIMIT 1").fetchone() is not None

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
        values, reasons = self._typed(columns)
        said = [f"{text} AS {quoted(one.name)}" for (one, _, _), text in zip(columns, values, strict=True)]
        said += [
            f"NULL::{DUCKDB[one.type]} AS {quoted(one.name)}" for one in self._resource.fields if one.name not in ours
        ]
        judged = sql(
            "store/ingest/staging.judged",
            file=literal(name),
            extra=_columns_extra(unknown, has_extra="extra" in ours),
            values=", ".join(said),
            reasons=reasons,
        )
        if kind == "parquet" and batch.is_only and not self._options.bound:
            self._look_through(judged)
        else:
            self._take_in(judged)
        if number(self._con, "SELECT count(*) FROM rejected"):
            self._check_zones(columns, "FROM given", file=name)
        if kind == "csv":
            script(self._con, "store/ingest/staging.reject_csv", {"file": name, "most": TEXT_KEPT})

    def _open_table(self, kind: str, file: str) -> dict[str, str]:
        """Make the view `given` over a file, and return its columns with their types."""
        script(self._con, "store/ingest/staging.csv_fresh")
        reader = sql(f"store/ingest/staging.table_{kind}", file=literal(file))
        self._con.execute(f"CREATE OR REPLACE TEMP VIEW given AS {reader}")
        described = self._con.execute("DESCRIBE given").fetchall()
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

    def _look_through(self, judged: str) -> None:
        """Let `incoming` be a view over the file: a large one is not copied twice."""
        self._con.execute(f"CREATE OR REPLACE TEMP VIEW judged AS {judged}")
        script(self._con, "store/ingest/staging.reject_table", {"most": TEXT_KEPT})
        good = (
            "WHERE reason = ''" if number(self._con, "SELECT count(*) FROM rejected") else ""
        )  # what all keep need not be tested with every question
        self._con.execute(f"CREATE OR REPLACE TEMP VIEW incoming AS SELECT * EXCLUDE (reason) FROM judged {good}")

    def _take_in(self, judged: str) -> None:
        """Copy the rows into `incoming`, and keep those apart that have a reason against them."""
        base = number(self._con, "SELECT coalesce(max(seq), 0) FROM incoming_rows")
        statements(self._con, f"CREATE OR REPLACE TEMP TABLE judged_rows AS {judged}", self._options.bound)
        script(self._con, "store/ingest/staging.csv_positions")
        self._con.execute("CREATE OR REPLACE TEMP VIEW judged AS FROM judged_rows")
        script(self._con, "store/ingest/staging.reject_table", {"most": TEXT_KEPT})
        self._con.execute(
            "INSERT INTO incoming_rows BY NAME SELECT * REPLACE (seq + ? AS seq) FROM judged WHERE reason = ''", [base]
        )

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

    def _typed(self, columns: Sequence[Column]) -> tuple[list[str], str]:
        """Return the SQL of the typed values, and that of the reasons against a row, comma-separated."""
        values = {one.name: casts.value(one, text, have, self._options) for one, text, have in columns}
        wrong = [casts.reason(one, text, have, values[one.name]) for one, text, have in columns]
        reasons = [one for one in wrong if one]
        for name in _REQUIRED[self._name]:
            said, have = next(((text, have) for one, text, have in columns if one.name == name), ("NULL", ""))
            nothing = f"nullif(trim({said}), '') IS NULL" if have == "VARCHAR" else f"{said} IS NULL"
            reasons.append(f"CASE WHEN {nothing} THEN 'no {name}' END")
        if self._name in _OF_A_JOB_TYPE:
            by_name = " AND ".join(f"{values.get(one, 'NULL')} IS NOT NULL" for one in _TYPE_NAME[self._name])
            given = f"{values.get('job_type_id', 'NULL')} IS NOT NULL OR ({by_name})"
            reasons.append(f"CASE WHEN NOT ({given}) THEN 'no job type: neither its id nor its name and version' END")
        return list(values.values()), ", ".join(reasons)


def _names(columns: Sequence[Column]) -> str:
    return ", ".join(quoted(one.name) for one, _, _ in columns)


def _columns_extra(unknown: Sequence[str], *, has_extra: bool) -> str:
    """Return SQL for a JSON object of the columns that the vocabulary does not know, and of an exported `extra`."""
    own = "extra::JSON" if has_extra else "NULL::JSON"
    if not unknown:
        return own
    added = object_of([(literal(one), f"to_json({quoted(one)})") for one in unknown])
    return f"CASE WHEN {own} IS NULL THEN {added} WHEN {added} IS NULL THEN {own} ELSE json_merge_patch({own}, {added}) END"
