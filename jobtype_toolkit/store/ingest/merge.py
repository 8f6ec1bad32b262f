"""From `incoming` to the tables of the store: names become keys, the newest of each id is taken, what is the same is left alone.

`incoming` is a temporary table, or a view over a Parquet file; nothing here changes it but for settings that must not be kept.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import duckdb

from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.resources import BUILTIN_ERRORS, LOADABLE, OPEN_STATUSES
from jobtype_toolkit.seed.normalize import public_configuration
from jobtype_toolkit.sqlfiles import literal, quoted
from jobtype_toolkit.store import rollup, schema
from jobtype_toolkit.store.engine import number, script

TABLES = {
    "jobs": ("job_final", "job_open"),
    "job_types": ("job_type",),
    "job_type_revisions": ("job_type_revision",),
    "errors": ("error",),
    "job_executions": ("job_execution",),
}
"""Where the rows of each loadable resource live."""


_OVER = ("COMPLETED", "FAILED", "CANCELED")


def _is_over(status: str) -> str:
    return f"({status} IN ({', '.join(map(literal, _OVER))}))"


class Merge:
    """The second half of a load."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        name: str,
        source: str,
        load_id: int,
        observed: datetime | None,
        *,
        is_latest: bool = False,
    ) -> None:
        """Take the connection with `incoming`, and what the rows are to be marked with.

        `is_latest` says that the rows were fetched after those in the store, whatever their stamps: a server's can go back.
        """
        self._con = con
        self.name = name
        self._resource = LOADABLE[name]
        self._tables = TABLES[name]
        self.bound: dict[str, Any] = {"source": source, "load_id": load_id, "observed": observed}
        self._is_inferable = name in ("job_types", "errors")
        self._is_latest = is_latest
        self._is_dated = "last_modified" in self._resource.names
        self._held: list[str] = []
        self.rows = 0
        """How many rows `incoming` has."""
        self.copies = 0
        """How many rows were left out for another of the same id in the input."""
        self.new = 0
        """How many rows the store did not have."""
        self.newest_gone: datetime | None = None
        """The newest time of the jobs that gave way."""

    def run(self) -> tuple[int, int]:
        """Write what is new or newer; return how many rows were new, and how many changes."""
        script(self._con, "store/ingest/merge.tables")
        if self.name == "job_types":
            self._hide_settings()
        self._survey()
        self._give_keys()
        self._leave_out_copies()
        self._find_stored()
        changed = number(self._con, "SELECT count(*) FROM replaced")
        left_out = number(self._con, "SELECT count(*) FROM left_out")
        self._write(is_partial=left_out > 0, is_changing=changed > 0)
        self._adopt()
        self.new = self.rows - left_out - changed
        return self.new, changed

    def _hide_settings(self) -> None:
        """Leave out the settings that are secret or that the manifest does not know, before anything is compared or kept."""
        found = script(self._con, "store/ingest/merge.with_settings", self.bound).fetchall()
        public = {}
        for seq, *texts in found:
            configuration, manifest = (None if text is None else json.loads(text) for text in texts)
            shown = public_configuration(configuration, manifest)
            if shown != configuration:
                public[seq] = json.dumps(shown, ensure_ascii=False)
        if public:
            bound = {"seqs": list(public), "configurations": list(public.values())}
            script(self._con, "store/ingest/merge.hide_settings", bound)

    def _survey(self) -> None:
        """Learn in one look at the rows what the merge can leave out."""
        is_nameless = {
            "jobs": "job_type_id IS NULL OR error_id IS NULL AND (error_name IS NOT NULL OR error_category IS NOT NULL)",
            "job_type_revisions": "job_type_id IS NULL",
        }
        is_nameless["job_executions"] = is_nameless["jobs"]
        by_name = is_nameless.get(self.name, "false")
        found = script(self._con, "store/ingest/merge.survey", by_name=by_name).fetchone()
        self.rows, ids, rows_by_name = map(int, found or (0, 0, 0))
        self._has_copies = ids < self.rows
        self._is_by_name = rows_by_name > 0

    def _give_keys(self) -> None:
        """Make the view `keyed`, and on the way the job types and errors that nobody loaded."""
        match self.name:
            case "jobs" | "job_executions":
                self._infer_types("i.job_type", "i.job_type_version")
                script(self._con, "store/ingest/merge.infer_errors_by_id", self.bound)
                if self._is_by_name:
                    builtin = {
                        "builtin": list(BUILTIN_ERRORS),
                        "categories": [category for category, _ in BUILTIN_ERRORS.values()],
                        "retried": [retried for _, retried in BUILTIN_ERRORS.values()],
                    }
                    script(self._con, "store/ingest/merge.errors_by_name", self.bound | builtin)
                    if number(self._con, "SELECT count(*) FROM error_by_name"):
                        script(self._con, "store/ingest/merge.infer_errors_by_name", self.bound | builtin)
                modified = "coalesce(i.last_modified, i.last_status_change) AS last_modified," if self._is_dated else ""
                by = "name" if self._is_by_name else "id"
                source = literal(self.bound["source"])
                script(self._con, f"store/ingest/merge.keyed_by_{by}", modified=modified, source=source)
            case "job_type_revisions":
                self._infer_types("i.name", "i.version")
                script(
                    self._con,
                    f"store/ingest/merge.keyed_{'revisions' if self._is_by_name else 'by_id'}",
                    modified="",
                )
            case "job_types" | "errors":
                script(self._con, "store/ingest/merge.keyed_by_id", modified="")

    def _infer_types(self, name: str, version: str) -> None:
        script(self._con, "store/ingest/merge.infer_types_by_id", self.bound, name=name, version=version)
        if self._is_by_name:
            script(self._con, "store/ingest/merge.infer_types_by_name", self.bound, name=name, version=version)

    def _leave_out_copies(self) -> None:
        if self._has_copies:
            newest = "last_modified DESC NULLS LAST," if self._is_dated else ""
            if self.name == "jobs" and not self._is_latest:
                newest += f"last_modified IS NOT NULL AND {_is_over('status')} DESC,"
            script(self._con, "store/ingest/merge.leave_out_copies", newest=newest)
            self.copies = number(self._con, "SELECT count(*) FROM left_out")

    def _find_stored(self) -> None:
        """Find which incoming rows the store has already; what they do not change is left out."""
        held = self._held = [name for name in self._tables if self._holds(name)]
        if not held:
            return
        script(self._con, "store/ingest/merge.canonical")
        for name in held:
            undecided = "i.last_modified IS NOT DISTINCT FROM t.last_modified" if self._is_dated else "true"
            parts = {"same": self._same(), "older": self._older(), "undecided": undecided}
            script(self._con, "store/ingest/merge.stored", self.bound, table=name, **parts)
            if number(self._con, "SELECT count(*) FROM stored_row WHERE same IS NULL"):
                script(self._con, "store/ingest/merge.compare", self.bound, table=name, **parts)
        self._keep_changes()
        script(self._con, "store/ingest/merge.leave_out_stored")

    def _holds(self, name: str, of: str = "true") -> bool:
        """Return whether a table has a row of the source."""
        found = self._con.execute(
            f"SELECT 1 FROM {name} WHERE source = ? AND {of} LIMIT 1", [self.bound["source"]]
        ).fetchone()
        return found is not None

    def _adopt(self) -> None:
        """Let what was inferred by name, or made here, give way to a record with an id of its own."""
        for name in ("job_type", "error"):
            if self._holds(name, "id < 0"):
                script(self._con, f"store/ingest/merge.adopted_{name}s", self.bound)
                if number(self._con, "SELECT count(*) FROM adopted"):
                    script(self._con, f"store/ingest/merge.adopt_{name}s", self.bound)
                    rollup.count_again(self._con, self.bound["source"])
        if self._holds("job_type_revision", "id < 0"):
            script(self._con, "store/ingest/merge.adopt_revisions", self.bound)

    def _same(self) -> str:
        """Return SQL for a stored row `t` that says what the incoming `i` says; what `i` is silent about counts as said."""
        tests = [self._says(one) for one in self._resource.stored]
        if self._is_inferable:
            tests.append("NOT t.inferred")
        return " AND ".join([*tests, "t.extra IS NOT DISTINCT FROM i.extra"])

    @staticmethod
    def _says(one: Field) -> str:
        """Return SQL for a field of the stored row `t` that says what that of the incoming `i` says."""
        name = quoted(one.name)
        same = f"t.{name} IS NOT DISTINCT FROM i.{name}"
        if not one.kept:
            return f"({same})"
        return f"(i.{name} IS NULL OR {same} OR canonical(t.{name}) IS NOT DISTINCT FROM canonical(i.{name}))"

    def _older(self) -> str:
        is_gated = self._is_dated and not self._is_latest
        older = "coalesce(i.last_modified < t.last_modified, false)" if is_gated else "false"
        if is_gated and self.name == "jobs":
            # of two states of one moment the job ends in the one that is final
            tie = f"i.last_modified = t.last_modified AND {_is_over('t.status')} AND NOT {_is_over('i.status')}"
            older = f"({older} OR coalesce({tie}, false))"
        return f"{older} AND NOT t.inferred" if self._is_inferable else older

    def _keep_changes(self) -> None:
        for one in self._resource.fields:
            if one.tracked:
                script(
                    self._con,
                    "store/ingest/merge.changes",
                    self.bound,
                    field=one.name,
                    differs=f"NOT {self._says(one)}",
                )

    def _write(self, *, is_partial: bool, is_changing: bool) -> None:
        """Write the rows that are not left out, in place of those that they replace."""
        columns = ", ".join(quoted(one.name) for one in self._resource.stored)
        marks = ", false" if self._is_inferable else ""
        into = f"source, {columns}, load_id, extra" + (", inferred" if self._is_inferable else "")
        rows = "FROM keyed ANTI JOIN left_out USING (seq)" if is_partial else "FROM keyed"
        if is_changing and self.name == "jobs":
            (self.newest_gone,) = script(self._con, "store/ingest/merge.newest_gone").fetchone() or (None,)
        for name in self._tables:
            before = self._kept_before(name, rows) if is_changing else rows
            if name == "job_final" and name in self._held:
                rollup.change(self._con, self.bound["source"], f"(SELECT * {rows} WHERE {self._belongs(name)})")
            if is_changing:
                script(self._con, "store/ingest/merge.remove_replaced", table=name)
            self._con.execute(
                f"INSERT INTO {name} ({into}) SELECT $source, {columns}, $load_id, extra{marks} "
                f"FROM ({before}) WHERE {self._belongs(name)} {self._order(name)}",
                {name: self.bound[name] for name in ("source", "load_id")},
            )
            if name == "job_final" and name not in self._held:
                rollup.fill(self._con, self.bound["source"])
        if self.name == "jobs":
            self._write_failed(rows, is_changing=is_changing)

    def _kept_before(self, name: str, rows: str) -> str:
        """Return SQL that fills in what the input is silent about from the rows that are about to be replaced."""
        kept = [one.name for one in self._resource.stored if one.kept]
        if not kept:
            return rows
        script(self._con, "store/ingest/merge.kept_value", columns=", ".join(kept), table=name)
        filled = ", ".join(f"coalesce(r.{one}, b.{one}) AS {one}" for one in kept)
        return f"SELECT r.* REPLACE ({filled}) FROM ({rows}) AS r LEFT JOIN kept_value AS b ON b.id = r.id"

    @staticmethod
    def _belongs(name: str) -> str:
        if name not in TABLES["jobs"]:
            return "true"
        listed = ", ".join(f"'{status}'" for status in OPEN_STATUSES)
        return f"status {'IN' if name == 'job_open' else 'NOT IN'} ({listed})"

    @staticmethod
    def _order(name: str) -> str:
        """Return the order to write in: windows over job_final are only fast if it is clustered by time.

        Sorting is also cheaper than it looks: DuckDB writes sorted rows while they come, and whatever it filters only in the end.
        """
        return "ORDER BY last_status_change" if name == "job_final" else "ORDER BY id"

    def _write_failed(self, rows: str, *, is_changing: bool) -> None:
        """Keep the narrow copy of the FAILED jobs in step."""
        if is_changing:
            script(self._con, "store/ingest/merge.remove_failed", self.bound)
        narrow = schema.table("job_failed").columns.replace(quoted("source"), "$source")
        self._con.execute(
            f"INSERT INTO job_failed SELECT {narrow} FROM ({rows}) WHERE status = 'FAILED' ORDER BY last_status_change",
            {"source": self.bound["source"]},
        )
