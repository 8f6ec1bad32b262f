"""From `incoming` to the tables of the store: names become keys, the newest of each id is taken, what is the same is left alone.

`incoming` is a temporary table, or a view over a Parquet file; nothing here changes it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb

from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.resources import BUILTIN_ERRORS, LOADABLE, OPEN_STATUSES
from jobtype_toolkit.sqlfiles import quoted
from jobtype_toolkit.store import schema
from jobtype_toolkit.store.engine import number, script

TABLES = {
    "jobs": ("job_final", "job_open"),
    "job_types": ("job_type",),
    "job_type_revisions": ("job_type_revision",),
    "errors": ("error",),
    "job_executions": ("job_execution",),
}
"""Where the rows of each loadable resource live."""

_CHUNK = 122_880
"""Rows that DuckDB keeps the least and greatest values of together."""


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
        self._name = name
        self._resource = LOADABLE[name]
        self._tables = TABLES[name]
        self._bound: dict[str, Any] = {"source": source, "load_id": load_id, "observed": observed}
        self._is_inferable = name in ("job_types", "errors")
        self._is_latest = is_latest
        self._is_dated = "last_modified" in self._resource.names
        self.copies = 0
        """How many rows were passed over for another of the same id in the input."""

    def run(self) -> tuple[int, int]:
        """Write what is new or newer; return how many rows were new, and how many changes."""
        self._resolve()
        self._pass_over_copies()
        self._find_hits()
        self._keep_changes()
        changed = number(self._con, "SELECT count(*) FROM hit WHERE NOT same AND NOT older")
        self._con.execute("INSERT INTO passed_over SELECT seq FROM hit WHERE same OR older")
        taken = number(self._con, "SELECT count(*) FROM incoming") - number(
            self._con, "SELECT count(*) FROM passed_over"
        )
        self._write()
        script(self._con, "store/ingest/merge.adopt_job_types", self._bound)
        script(self._con, "store/ingest/merge.adopt_errors", self._bound)
        return taken - changed, changed

    def _resolve(self) -> None:
        """Make the view `resolved`, and on the way the job types and errors that nobody loaded."""
        match self._name:
            case "jobs" | "job_executions":
                self._infer("i.job_type", "i.job_type_version")
                builtin = {
                    "builtin": list(BUILTIN_ERRORS),
                    "categories": [category for category, _ in BUILTIN_ERRORS.values()],
                    "retried": [retried for _, retried in BUILTIN_ERRORS.values()],
                }
                script(self._con, "store/ingest/merge.infer_errors", self._bound | builtin)
                named = number(self._con, "SELECT (SELECT count(*) FROM type_of) + (SELECT count(*) FROM error_of)")
                modified = "coalesce(i.last_modified, i.last_status_change) AS last_modified," if self._is_dated else ""
                script(self._con, f"store/ingest/merge.resolved_by_{'name' if named else 'id'}", modified=modified)
            case "job_type_revisions":
                self._infer("i.name", "i.version")
                script(self._con, "store/ingest/merge.resolved_revisions")
            case "job_types" | "errors":
                script(self._con, "store/ingest/merge.resolved_by_id", modified="")

    def _infer(self, name: str, version: str) -> None:
        self._con.execute(
            "CREATE OR REPLACE TEMP TABLE loading AS SELECT $source AS name", {"source": self._bound["source"]}
        )
        script(self._con, "store/ingest/merge.infer_job_types", self._bound, name=name, version=version)

    def _pass_over_copies(self) -> None:
        self._con.execute("CREATE OR REPLACE TEMP TABLE passed_over (seq BIGINT)")
        if number(self._con, "SELECT count(*) - count(DISTINCT id) FROM incoming"):
            script(
                self._con,
                "store/ingest/merge.passed_over",
                newest="last_modified DESC NULLS LAST," if self._is_dated else "",
            )
            self.copies = number(self._con, "SELECT count(*) FROM passed_over")

    def _find_hits(self) -> None:
        """Make the table `hit`: which incoming rows the store has already."""
        self._con.execute(
            "CREATE OR REPLACE TEMP TABLE hit "
            "(seq BIGINT, id BIGINT, place BIGINT, home VARCHAR, same BOOLEAN, older BOOLEAN)"
        )
        script(self._con, "store/ingest/merge.canonical")
        for name in self._tables:
            undecided = "i.last_modified IS NOT DISTINCT FROM t.last_modified" if self._is_dated else "true"
            parts = {"same": self._same(), "older": self._older(), "undecided": undecided}
            script(self._con, "store/ingest/merge.hits", self._bound, table=name, **parts)

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
        return f"{older} AND NOT t.inferred" if self._is_inferable else older

    def _keep_changes(self) -> None:
        for one in self._resource.fields:
            if one.tracked:
                script(
                    self._con,
                    "store/ingest/merge.changes",
                    self._bound,
                    field=one.name,
                    differs=f"NOT {self._says(one)}",
                )

    def _write(self) -> None:
        columns = ", ".join(quoted(one.name) for one in self._resource.stored)
        marks = ", false" if self._is_inferable else ""
        into = f"source, {columns}, load_id, extra" + (", inferred" if self._is_inferable else "")
        self._con.execute(
            "CREATE OR REPLACE TEMP TABLE gone AS SELECT id, place, home FROM hit WHERE NOT same AND NOT older"
        )
        rows = self._taken()
        for name in self._tables:
            before = self._kept_before(name)
            self._con.execute(f"DELETE FROM {name} WHERE rowid IN (SELECT place FROM gone WHERE home = ?)", [name])
            self._con.execute(
                f"INSERT INTO {name} ({into}) SELECT $source, {columns}, $load_id, extra{marks} "
                f"FROM ({before.replace('/*rows*/', rows)}) WHERE {self._belongs(name)} {self._order(name)}",
                {name: self._bound[name] for name in ("source", "load_id")},
            )
        if self._name == "jobs":
            self._write_failed(rows)

    def _taken(self) -> str:
        """Return SQL for the rows to write, the ones passed over left out."""
        passed = number(self._con, "SELECT count(*) FROM passed_over")
        return "FROM resolved ANTI JOIN passed_over USING (seq)" if passed else "FROM resolved"

    def _kept_before(self, name: str) -> str:
        """Return SQL that fills in what the input is silent about from the rows that are about to be replaced."""
        kept = [one.name for one in self._resource.stored if one.kept]
        if not kept:
            return "/*rows*/"
        self._con.execute(
            f"CREATE OR REPLACE TEMP TABLE before AS SELECT id, {', '.join(kept)} FROM {name} "
            "WHERE rowid IN (SELECT place FROM gone)"
        )
        filled = ", ".join(f"coalesce(r.{one}, b.{one}) AS {one}" for one in kept)
        return f"SELECT r.* REPLACE ({filled}) FROM (/*rows*/) AS r LEFT JOIN before AS b ON b.id = r.id"

    @staticmethod
    def _belongs(name: str) -> str:
        if name not in TABLES["jobs"]:
            return "true"
        listed = ", ".join(f"'{status}'" for status in OPEN_STATUSES)
        return f"status {'IN' if name == 'job_open' else 'NOT IN'} ({listed})"

    def _order(self, name: str) -> str:
        """Return the order to write in: windows over job_final are only fast where it is clustered by time."""
        if name != "job_final":
            return "ORDER BY id"
        found = script(self._con, "store/ingest/merge.clustering", chunk=str(_CHUNK)).fetchone()
        is_clustered = bool(found and found[0])
        return "" if is_clustered else "ORDER BY last_status_change"

    def _write_failed(self, rows: str) -> None:
        """Keep the narrow copy of the FAILED jobs in step."""
        self._con.execute(
            "DELETE FROM job_failed WHERE source = ? AND id IN (SELECT id FROM gone)", [self._bound["source"]]
        )
        narrow = schema.table("job_failed").columns.replace(quoted("source"), "$source")
        self._con.execute(
            f"INSERT INTO job_failed SELECT {narrow} FROM ({rows}) WHERE status = 'FAILED' ORDER BY last_status_change",
            {"source": self._bound["source"]},
        )
