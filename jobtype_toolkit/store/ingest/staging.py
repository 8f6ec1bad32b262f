"""From rows of any shape to the temporary table `incoming`: typed, with what is unknown kept apart and what is bad rejected.

`incoming` is a view: over the table `incoming_rows`, or over a single Parquet file, which is not copied twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import duckdb
import msgspec
import pandas as pd

from jobtype_toolkit import hints
from jobtype_toolkit.api.fields import DUCKDB, Field, Resource
from jobtype_toolkit.errors import LoadFailed
from jobtype_toolkit.sqlfiles import literal, quoted, sql
from jobtype_toolkit.store.engine import count, number, script, statements
from jobtype_toolkit.store.ingest import delimited, json_rows, remedies
from jobtype_toolkit.store.ingest.casts import (
    AS_A_RULE,
    NAMES,
    Column,
    Options,
    Spelling,
    blankless,
)
from jobtype_toolkit.store.ingest.checks import OF_A_JOB_TYPE, REQUIRED, are_sound, checked_rows, lacking
from jobtype_toolkit.store.ingest.data_frame import loadable
from jobtype_toolkit.store.ingest.delimited import header
from jobtype_toolkit.store.ingest.files import Batch, read_json
from jobtype_toolkit.store.ingest.foreign import MOST_KEYS_TOLD, Foreign, Made
from jobtype_toolkit.store.ingest.json_rows import (
    OBJECT_BYTES,
    Unusual,
    V6Rows,
    counted_lines,
    joined,
)
from jobtype_toolkit.store.ingest.remedies import FRAME
from jobtype_toolkit.store.ingest.staged import Staged
from jobtype_toolkit.store.ingest.table import Origin, Table, columns_of, extra_of, whole
from jobtype_toolkit.store.ingest.texts import TEXT_KEPT, Broken, Lines, RowFile, unpacked

_READ_BY_DUCKDB = (None, "gzip")
_MOST_NAMES = 3
_MOST_COLUMNS = 200
"""A wider Parquet file is copied: each statement over a view of it would be planned with all of its columns."""
_UNREADABLE = (duckdb.InvalidInputException, duckdb.IOException, duckdb.ConversionException)
_BAD_ROWS = "SELECT count(*) FROM checked WHERE reason <> ''"
_OURS = ("file_row_number", "__position")
"""Columns of the view `table_row` that are not the file's."""


class Incoming:
    """The view `incoming` of one load, filled batch by batch."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        name: str,
        resource: Resource,
        options: Options,
        scratch: Path,
        source: str = "",
    ) -> None:
        """Make the empty tables; `scratch` is a folder to work in, `source` that of the numbers of keys that are text."""
        self._con = con
        self._scratch = scratch
        self._name = name
        self._resource = resource
        self._options = options
        self._given = options
        self.foreign = Foreign(con, options.profile, name, resource, options, source) if options.profile else None
        """What the load knows of the rows that its profile reads; None without one."""
        needed = {resource[field].json_path for field in REQUIRED[name]}
        self._v6_rows = V6Rows(resource, needed | {("job_type",)} if name in OF_A_JOB_TYPE else needed)
        self._kept: dict[str, set[int]] = {embedded: set() for embedded in json_rows.EMBEDDED}
        self.staged = Staged(con, name, resource)
        """The rows that were read."""
        self._knows_spellings = False
        self._met: set[str] = set()
        self._json_keys: dict[str, None] = {}
        self.twins: dict[tuple[str, str], None] = {}
        """Columns that are kept in `extra` although they are called like a field, each with the name that was read."""

    def add(self, batch: Batch) -> None:
        """Add the rows of a batch of files.

        Raises:
            LoadFailed: a required column is missing, a time has no zone, or a file cannot be read at all.
        """
        if batch.is_empty:
            self.staged.reject([Broken(batch.names[0], 0, "the file is empty", "")])
            return
        try:
            match batch.shape:
                case "documents" | "lines":
                    self._add_json(batch)
                case "csv":
                    self._add_csv(batch)
                case "parquet":
                    self._add_parquet(batch)
        except duckdb.Error as error:
            # of a broken Parquet footer DuckDB tells no kind of error
            is_unreadable = isinstance(error, _UNREADABLE) or type(error) is duckdb.Error
            if not is_unreadable or "No space left" in str(error):
                raise
            names = ", ".join(batch.names[:_MOST_NAMES]) + (", …" if len(batch.names) > _MOST_NAMES else "")
            msg = f"{hints.on('load', names)} cannot read the file: {' '.join(str(error).split())}"
            raise LoadFailed(msg) from error

    def add_frame(self, frame: pd.DataFrame) -> None:
        """Add the rows of a DataFrame; its index is not read.

        Raises:
            LoadFailed: as `add`, or two columns have one name.
        """
        twice = [str(name) for name in frame.columns[frame.columns.duplicated()]]
        if twice:
            msg = f"load(a DataFrame): two columns are called {twice[0]!r}. Rename one."
            raise LoadFailed(msg)
        plain, names, documents = loadable(frame)
        self._con.register("loaded_frame", plain)
        as_json = ", ".join(f"CAST({one} AS JSON) AS {one}" for one in documents)
        columns = f"* REPLACE ({as_json})" if as_json else "*"
        try:
            self._add_rows(sql("store/ingest/staging.table_frame", columns=columns), names, FRAME, is_only=True)
        finally:
            if self.foreign:
                self._con.execute("DROP VIEW IF EXISTS table_row")
                self._con.execute("DROP VIEW IF EXISTS raw_row")
            self._con.unregister("loaded_frame")

    def finish(self) -> None:
        """Let `incoming` be there, and refuse a mapping of a column that no row has: a typing error must not lose one.

        Raises:
            LoadFailed: there is such a mapping, and there were rows.
        """
        self.staged.finish()
        met, keys = self._met, self._json_keys
        if self.foreign:
            met, keys = met | self.foreign.met, keys | self.foreign.keys
        lost = [theirs for theirs in self._given.columns if theirs not in met]
        if lost and keys:
            listed = ", ".join(list(keys)[:MOST_KEYS_TOLD])
            mapping = hints.argument("columns", {lost[0]: self._given.columns[lost[0]]})
            msg = f"{mapping}: no row has {', '.join(map(repr, lost))}; the rows have {listed}."
            raise LoadFailed(msg)

    def _add_json(self, batch: Batch) -> None:
        """Add the rows of JSON files: the quick way if they are just as a v6 server sends them, else the careful one."""
        if self.foreign:
            self.staged.reject(read_json(self._con, batch, self._scratch))
            made, broken = self.foreign.of_json(batch.names[0])
            self.staged.reject(broken)
            if made:
                self._add_made(made, batch.names[0], is_only=batch.is_only)
        elif self._options.columns or not self._add_quickly(batch):
            self.staged.reject(read_json(self._con, batch, self._scratch))
            self._add_carefully(batch.names[0], is_only=batch.is_only)

    def _add_quickly(self, batch: Batch) -> bool:
        """Add rows that have nothing unknown and nothing bad in them; leave the table as it was if they have."""
        rows = self._v6_rows
        if batch.packing not in _READ_BY_DUCKDB:
            return False
        is_first = not self.staged.is_table
        self.staged.rows()
        base = 0 if is_first else number(self._con, "SELECT coalesce(max(rowid), -1) + 1 FROM incoming_rows")
        try:
            if batch.shape == "lines":
                expected = counted_lines(batch.files[0], rows, batch.packing)
                form, files = "newline_delimited", list(batch.files)
                if not expected:
                    return False  # an empty file is named as such
            else:
                form = "array"
                files, expected = joined(batch.files, self._scratch, rows)
            taken = self._take_v6_rows(files, form, batch.packing or "none") if files else 0
        except (Unusual, duckdb.InvalidInputException, duckdb.ConversionException):
            return False
        strange = f"SELECT 1 FROM incoming_rows WHERE rowid >= {base} AND ({rows.blank_or_out_of_range}) LIMIT 1"
        if taken != expected or self._con.execute(strange).fetchone():
            self._con.execute("DELETE FROM incoming_rows WHERE rowid >= ?", [base])
            return False
        self.staged.columns.update(rows.names)
        self._take_embedded()
        return True

    def _take_v6_rows(self, files: list[str], form: str, packing: str) -> int:
        rows = self._v6_rows
        statement = sql(
            "store/ingest/staging.v6_rows",
            names=", ".join(map(quoted, rows.names)),
            values=", ".join(rows.values(self._options)),
            columns=rows.columns,
            format=form,
            most_bytes=str(OBJECT_BYTES),
            packing=packing,
        )
        return count(statements(self._con, statement, {"files": files, **self._options.bound}))

    def _take_embedded(self) -> None:
        """Keep the objects that were inside the rows read so far, one of each."""
        for name, seen in self._v6_rows.seen.items():
            if fresh := [inner for id, inner in seen.items() if id not in self._kept[name]]:
                self.staged.objects()
                structure = {field.name: DUCKDB[field.type] for field in json_rows.EMBEDDED[name]}
                bound = {"objects": msgspec.json.encode(fresh).decode(), "structure": json.dumps([structure])}
                script(self._con, "store/ingest/staging.embedded_v6", bound, name=name)
                self._kept[name].update(seen)

    def _add_carefully(self, file: str, *, is_only: bool = False) -> None:
        """Add the rows of `json_row`, of any kind; what is bad is rejected with its text, what is unknown becomes `extra`."""
        kinds = script(self._con, "store/ingest/staging.is_nested").fetchall()
        is_all = self.staged.takes_all(is_only=is_only and len(kinds) == 1)
        for (is_nested,) in kinds:
            rows = json_rows.Rows(self._resource, self._given, is_nested=is_nested)
            key_sets = self._key_sets(rows, is_nested=is_nested)
            self._options = self._renamed(rows, rows.unknown(key_sets), key_sets)
            if self._options is not self._given:
                rows = json_rows.Rows(self._resource, self._options, is_nested=is_nested)
                key_sets = self._key_sets(rows, is_nested=is_nested)
            unknown = rows.unknown(key_sets)
            script(
                self._con,
                "store/ingest/staging.json_fields",
                {"nested": is_nested, "structure": rows.structure_text},
            )
            bound = {**json_rows.extra_bound(unknown), **self._options.bound}
            objections = ["CASE WHEN json_type(__j) <> 'OBJECT' THEN 'not a JSON object' END", *rows.objections]
            objections += json_rows.twice(rows.known, key_sets)
            names = [field.name for field, *_ in rows.columns]
            absent = self.staged.absent(names) if is_all else ()

            def checked(
                spelling: Spelling,
                rows: json_rows.Rows = rows,
                unknown: Any = unknown,
                objections: Sequence[str] = objections,
                absent: Sequence[str] = absent,
            ) -> str:
                return checked_rows(
                    self._name,
                    rows.columns,
                    self._options,
                    rows="json_fields AS s",
                    place="__seq AS seq, __file AS file, __position AS position",
                    extra=json_rows.extra_sql(unknown, rows.known),
                    objections=objections,
                    spelling=spelling,
                    absent=absent,
                )

            bad = self._make_checked(checked, bound, rows.columns, "json_fields AS s", "__file")
            if bad:
                self._check_zones(rows.columns, "json_fields AS s", file=file)
                self.staged.rejects()
                rejected = script(self._con, "store/ingest/staging.reject_json", {"most": TEXT_KEPT})
                self.staged.rejected += count(rejected)
            self.staged.take(names, is_all=is_all, has_bad=bad > 0)
            if rows.embedded:
                self.staged.objects()
            for name, fields in rows.embedded.items():
                script(
                    self._con,
                    "store/ingest/staging.embedded_json",
                    name=name,
                    values=", ".join(map(_embedded_value, fields)),
                    key=json_rows.key_sql(name),
                )
        self._options = self._given

    def _key_sets(self, rows: json_rows.Rows, *, is_nested: bool) -> list[Any]:
        bound = {"nested": is_nested, "paths": rows.paths}
        return script(self._con, "store/ingest/staging.key_sets", bound).fetchall()

    def _renamed(self, rows: json_rows.Rows, unknown: Sequence[tuple[str, str]], key_sets: Sequence[Any]) -> Options:
        """Return the options, with keys that differ from a field in case only mapped to it, if no row has the field itself."""
        present = {key for (sets,) in key_sets if sets and sets[0] for key in sets[0]}
        self._json_keys |= dict.fromkeys(sorted(present)[:MOST_KEYS_TOLD])
        self._met |= present & set(self._given.columns)
        mapped = set(self._given.columns.values())
        wanted = {key.casefold(): key for key in rows.structure if isinstance(rows.structure[key], str)}
        more: dict[str, str] = {}
        for head, key in unknown:
            ours = wanted.get(key.casefold()) if not head else None
            if ours is None:
                continue
            if ours in present or ours in mapped or ours in more.values():
                self.twins[(key, ours)] = None
            else:
                more[key] = ours
        return replace(self._given, columns={**self._given.columns, **more}) if more else self._given

    def _make_checked(
        self,
        checked: Callable[[Spelling], str],
        bound: Mapping[str, Any],
        columns: Sequence[Column],
        rows: str,
        file: str,
    ) -> int:
        """Make the temporary table `checked`, and return how many rows of it are bad; of odd spellings only after a second look."""
        make = "CREATE OR REPLACE TEMP TABLE checked AS "
        statements(self._con, make + checked(AS_A_RULE), bound)
        bad = number(self._con, _BAD_ROWS)
        if bad:
            statements(self._con, make + checked(self._spelling(columns, rows, file, bound)), bound)
            bad = number(self._con, _BAD_ROWS)
        return bad

    def _spelling(self, columns: Sequence[Column], rows: str, file: str, bound: Mapping[str, Any]) -> Spelling:
        """Return how the input spells what is not spelt as a rule."""
        if not self._knows_spellings:
            script(self._con, "store/ingest/staging.spellings", {"zones": sorted(available_timezones())})
            self._knows_spellings = True
        texts = [(field.name, text) for field, text, have in columns if field.type == "int" and have == "VARCHAR"]
        if not texts:
            return Spelling(is_odd=True)
        tests = ", ".join(
            f"coalesce(bool_and(regexp_full_match({blankless(text)}, '[+-]?[0-9]+[.]0+')) FILTER (WHERE {blankless(text)} <> ''), false)"
            for _, text in texts
        )
        wholes = {}
        found = statements(self._con, f"SELECT {file}, {tests} FROM {rows} GROUP BY ALL", bound).fetchall()
        for place, (name, _) in enumerate(texts, 1):
            files = [one[0] for one in found if one[place]]
            if files:
                wholes[name] = "true" if len(files) == len(found) else f"file IN ({', '.join(map(literal, files))})"
        return Spelling(is_odd=True, wholes=wholes)

    def _add_csv(self, batch: Batch) -> None:
        """Add the rows of a CSV file: DuckDB reads it if all its lines are rows, else they are told apart one by one."""
        file, name = Path(batch.files[0]), batch.names[0]
        with Lines(unpacked(file, batch.packing)) as lines:
            found = header(lines, self._known_names())
        if found is None:
            self.staged.reject([Broken(name, 0, "the file is empty", "")])
            return
        for twin in found.has_twins:
            self.twins[(f"{twin}_1", twin)] = None
        columns = [f"c{number}" for number in range(len(found.names))]
        rejected = self.staged.rejected
        if found.is_plain and batch.packing in _READ_BY_DUCKDB:
            reader = sql(
                "store/ingest/staging.table_csv",
                file=self._place(file),
                columns=", ".join(f"'{one}': 'VARCHAR'" for one in columns),
                separator=literal(found.separator),
                packing=batch.packing or "none",
            )
            with suppress(duckdb.InvalidInputException, duckdb.IOException):
                self._add_rows(reader, found.names, name, path=file, is_only=batch.is_only)
                return
        broken: list[Broken] = []
        written = RowFile(self._scratch / "table.csv", len(columns))
        with Lines(unpacked(file, batch.packing)) as lines:
            header(lines, self._known_names())
            written.write(delimited.rows(lines, found, name, broken))
        self.staged.recall(rejected)
        self.staged.reject(broken)
        reader = f"SELECT * FROM {written.reader(self._place(written.path), columns)}"
        self._add_rows(reader, found.names, name, path=written.path, is_only=batch.is_only)
        written.path.unlink()

    def _known_names(self) -> frozenset[str]:
        theirs = self._options.profile.columns if self._options.profile else ()
        return frozenset(one.casefold() for one in (*self._resource.names, *self._options.columns, *theirs))

    def _place(self, file: Path) -> str:
        """Return SQL for where a file is: a view can bind no value, and what is bound need not be parsed for every file."""
        return literal(str(file)) if self.foreign else "$path"

    def _add_rows(
        self, reader: str, names: Sequence[str] | None, name: str, *, path: Path | None = None, is_only: bool = False
    ) -> None:
        """Add the rows that a reader gives; with a profile, as that says.

        Args:
            reader: SQL that gives them.
            names: what the columns are called, if not as in the reader.
            name: what the input is called.
            path: the file that the reader binds; its columns are texts.
            is_only: whether there is nothing else to add.
        """
        if self.foreign:
            made = self.foreign.of_table(self._view(reader, names, view="raw_row"), name)
            self._add_made(made, name, is_only=is_only)
            return
        rows = f"({reader}) AS table_row"
        if path is None:
            table = self._described(f"SELECT * FROM {rows}", names, rows=rows)
        else:
            columns = tuple(quoted(f"c{number}") for number in range(len(names or ())))
            table = Table(tuple(names or ()), columns, ("VARCHAR",) * len(columns), rows)
        self._add_table(table, name, bound={"path": str(path)}, is_only=is_only)

    def _add_made(self, made: Made, name: str, *, is_only: bool) -> None:
        """Add the rows of a table that a profile made."""
        self._options = made.options
        self._add_table(made.table, name, origin=made.origin, is_only=is_only)
        self._options = self._given

    def _add_parquet(self, batch: Batch) -> None:
        """Add the rows of a Parquet file; one with the objects of v6 inside is read as JSON is."""
        file, name = batch.files[0], batch.names[0]
        reader = sql("store/ingest/staging.table_parquet", file=literal(file))
        if self._options.profile:
            self._add_rows(reader, None, name, is_only=batch.is_only)
            return
        table = self._view(reader)
        kinds = dict(zip(table.names, table.types, strict=True))
        if kinds.get("job_type", "").startswith("STRUCT"):
            binary = [one for one, kind in kinds.items() if "BLOB" in kind]
            if binary:
                msg = f"{hints.on('load', name)}: the column {binary[0]} is binary. Write it as text."
                raise LoadFailed(msg)
            script(self._con, "store/ingest/staging.json_of_table", {"name": name})
            self._add_carefully(name)
            return
        is_looked_through = batch.is_only and not self._options.bound and len(table.names) <= _MOST_COLUMNS
        self._add_table(table, name, parquet=file if is_looked_through else None, is_only=batch.is_only)

    def _view(self, reader: str, names: Sequence[str] | None = None, *, view: str = "table_row") -> Table:
        """Make a view of what a reader gives, and return its columns; `names` are what they are called if not as in the view."""
        self._con.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {reader}")
        return self._described(view, names, rows=view)

    def _described(self, query: str, names: Sequence[str] | None, *, rows: str) -> Table:
        """Return the columns of a view or a query."""
        described = self._con.execute(f"DESCRIBE {query}").fetchall()
        columns = [(column, kind) for column, kind, *_ in described if column not in _OURS]
        return Table(
            tuple(names or (column for column, _ in columns)),
            tuple(quoted(column) for column, _ in columns),
            tuple(kind for _, kind in columns),
            rows,
        )

    def _add_table(
        self,
        table: Table,
        name: str,
        *,
        parquet: str | None = None,
        origin: Origin | None = None,
        bound: Mapping[str, Any] | None = None,
        is_only: bool = False,
    ) -> None:
        """Add the rows of a table, whose SQL binds `bound`; a `parquet` file that is all of the load is looked through, not copied."""
        if origin is None:
            origin = Origin(literal(name) if parquet else "$file", "__position", table.rows, whole(table))
        bound = {**(bound or {}), "file": name, "most": TEXT_KEPT, **self._options.bound}
        ours = self._named(table.names, name)
        self._check_columns(ours, table.names, name)
        columns, objections = columns_of(self._resource, table, ours, name)
        used = {*ours.values()}
        unknown = [place for place in range(len(table.names)) if place not in used]
        theirs = {our: table.names[place] for our, place in ours.items()}
        is_sound = parquet is not None and are_sound(
            self._con, self._name, self._options, table, columns, theirs, parquet
        )
        extra = extra_of(table, unknown, table.columns[ours["extra"]] if "extra" in ours else None)
        names = [field.name for field, *_ in columns]
        is_all = self.staged.takes_all(is_only=is_only and not origin.all_nodes)
        absent = self.staged.absent(names) if is_all or parquet else ()

        def checked(spelling: Spelling) -> str:
            return checked_rows(
                self._name,
                columns,
                self._options,
                rows=table.rows,
                place=", ".join(
                    [f"__position AS seq, {origin.file} AS file, {origin.position} AS position", *origin.passed]
                ),
                extra=extra,
                objections=[*origin.objections, *objections],
                is_sound=is_sound,
                spelling=spelling,
                finals=origin.finals,
                passed=origin.passed,
                absent=absent,
            )

        if parquet is not None:
            bad = self._look_through(checked, columns, is_sound=is_sound)
        else:
            bad = self._make_checked(checked, bound, columns, table.rows, origin.file)
        if bad:
            self._check_zones(columns, table.rows, bound, file=name)
            self.staged.rejects()
            rejected = script(self._con, "store/ingest/staging.reject_table", bound, row=origin.whole, rows=origin.rows)
            self.staged.rejected += count(rejected)
        if self.foreign:
            self.foreign.number(origin)
        passed = "".join(f", {one}" for one in origin.passed)
        if origin.all_nodes and self.foreign:
            self.staged.rows()
            self.staged.columns.update(names)
            self.foreign.take_with_nodes(origin, passed)
        elif parquet is None:
            self.staged.take(names, is_all=is_all, has_bad=bad > 0, passed=passed)

    def _named(self, have: Sequence[str], file: str) -> dict[str, int]:
        """Return our names of a table's columns with their places; what the caller maps wins over what has our name already.

        A name that differs from ours in case only is ours, unless ours is there as well.
        """
        places: dict[str, int] = {}
        for place, one in enumerate(have):
            places.setdefault(one, place)
        folded: dict[str, int] = {}
        for place, one in enumerate(have):
            folded.setdefault(one.strip().casefold(), place)
        mapped: dict[str, int] = {}
        for theirs, our in self._options.columns.items():
            at = places.get(theirs, folded.get(theirs.strip().casefold()))
            if at is None:
                mapping = hints.argument("columns", {theirs: our})
                msg = f"{hints.on('load', file)}, {mapping}: the file has no such column; it has {', '.join(have)}."
                raise LoadFailed(msg)
            self._met.add(theirs)
            mapped[our] = at
        taken = {*mapped.values()}
        found: dict[str, int] = {}
        for our in (*self._resource.names, "extra"):
            at = places.get(our, folded.get(our))
            if our in mapped:
                found[our] = mapped[our]
            elif at is not None and at not in taken:
                found[our] = at
        used = {*found.values()}
        for place, one in enumerate(have):
            our = one.strip().casefold()
            if place not in used and our in found and our not in mapped:
                self.twins[(one, our)] = None
        return found

    def _look_through(self, checked: Callable[[Spelling], str], columns: Sequence[Column], *, is_sound: bool) -> int:
        """Let `incoming` be a view over the file: a large one is not copied twice. Return how many rows are bad."""
        make = "CREATE OR REPLACE TEMP VIEW checked AS "
        self._con.execute(make + checked(AS_A_RULE))
        bad = 0 if is_sound else number(self._con, _BAD_ROWS)
        if bad:
            self._con.execute(make + checked(self._spelling(columns, "table_row", "''", {})))
            bad = number(self._con, _BAD_ROWS)
        good = "WHERE reason = ''" if bad else ""  # what all rows pass need not be tested by every question
        query = f"SELECT * EXCLUDE (file, position, reason) FROM checked {good}"
        self.staged.look_through([field.name for field, *_ in columns], query)
        return bad

    def _check_columns(self, ours: Iterable[str], have: Sequence[str], file: str) -> None:
        """Refuse a table that lacks a column without which no row of it could be loaded."""
        missing = lacking(self._name, ours)
        if missing:
            raise LoadFailed(remedies.without_columns(self._name, missing, have[:MOST_KEYS_TOLD], file))

    def _check_zones(
        self, columns: Sequence[Column], rows: str, bound: Mapping[str, Any] | None = None, *, file: str = ""
    ) -> None:
        """Refuse times without a zone: which instants they mean is the caller's to say."""
        told = remedies.without_zone(self._con, columns, rows, self._options, bound or {})
        if told:
            msg = f"{hints.on('load', file or 'the input')}: {told}"
            raise LoadFailed(msg)


def _embedded_value(field: Field) -> str:
    value = f"s.{quoted(field.name)}"
    if field.name in NAMES:
        return f"nullif({blankless(value)}, '')"
    return f"TRY_CAST({value} AS {DUCKDB[field.type]})"
