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
from jobtype_toolkit.sqlfiles import literal, quoted, sql
from jobtype_toolkit.store import rollup, schema
from jobtype_toolkit.store.engine import count, script, statements
from jobtype_toolkit.store.ingest.staged import Staged
from jobtype_toolkit.store.ingest.survey import Survey

TABLES = {
    "jobs": ("job_final", "job_open"),
    "job_types": ("job_type",),
    "job_type_revisions": ("job_type_revision",),
    "errors": ("error",),
    "job_executions": ("job_execution",),
}
"""Where the rows of each loadable resource live."""


_NAMED = {
    "jobs": ("i.job_type", "i.job_type_version"),
    "job_executions": ("i.job_type", "i.job_type_version"),
    "job_type_revisions": ("i.name", "i.version"),
}
"""Where rows name their job type."""
_GIVEN = frozenset({"job_type_id", "error_id", "last_modified"})
"""Fields that incoming rows may get from others."""
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
        seen: Survey,
        staged: Staged,
        *,
        is_first: bool = False,
        is_latest: bool = False,
    ) -> None:
        """Take the connection with `incoming`, what the rows are to be marked with, and what was seen of them.

        Args:
            con: the connection.
            name: the resource, as a load calls it.
            source: whose rows they are.
            load_id: the load that brings them.
            observed: when they were so.
            seen: what was seen of them.
            staged: where they are.
            is_first: whether the source has no row of the resource.
            is_latest: whether they were fetched after those in the store, whatever their stamps: a server's can go back.
        """
        self._con = con
        self.name = name
        self._resource = LOADABLE[name]
        self._tables = TABLES[name]
        self.bound: dict[str, Any] = {"source": source, "load_id": load_id, "observed": observed}
        self._seen = seen
        self._is_inferable = name in ("job_types", "errors")
        self._is_latest = is_latest
        self._is_first = is_first
        self._staged = staged
        self._is_dated = "last_modified" in self._resource.names
        self._kept = [one.name for one in self._resource.stored if one.kept]
        self._held: list[str] = []
        self._has_tables = False
        self._has_new_types = name == "job_types" or seen.types_unknown > 0
        self._has_new_errors = name == "errors" or seen.errors_unknown > 0
        self.copies = 0
        """How many rows were left out for another of the same id in the input."""
        self.stale = 0
        """How many rows were left out because they say nothing new."""
        self.new = 0
        """How many rows the store did not have."""
        self.changed = 0
        """How many rows replaced one of the store."""
        self.newest: datetime | None = None
        """The newest time of the jobs that were written, if that is known; none of them is later than `observed`."""
        self.newest_gone: datetime | None = None
        """The newest time of the jobs that gave way."""

    def run(self) -> None:
        """Write what is new or newer."""
        if self.name == "job_types":
            self._hide_settings()
        self._give_keys()
        self._leave_out_copies()
        if not self._is_first:
            self._find_stored()
        self.new = self._seen.rows - self.copies - self.stale - self.changed
        if self.new or self.changed:
            self._write()
        if not (self.copies or self.stale or self._seen.late):
            self.newest = self._seen.newest
        self._adopt()

    def _make_tables(self) -> None:
        """Make what a merge works with that leaves rows out."""
        if not self._has_tables:
            script(self._con, "store/ingest/merge.tables")
            self._has_tables = True

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

    def _give_keys(self) -> None:
        """Make the view `keyed`, and on the way the job types and errors that nobody loaded."""
        keys, joins = ["i.id AS id"], []
        if self.name in _NAMED:
            name, version = _NAMED[self.name]
            self._infer_types(name, version)
            if self._seen.types_by_name:
                keys.append("coalesce(i.job_type_id, t.id) AS job_type_id")
                joins.append(sql("store/ingest/merge.key_of_type", name=name, version=version))
        if self._seen.errors_unknown:
            self._staged.objects()
            script(self._con, "store/ingest/merge.infer_errors_by_id", self.bound)
        if self._seen.errors_by_name:
            self._infer_errors_by_name()
            keys.append("coalesce(i.error_id, e.id) AS error_id")
            joins.append(sql("store/ingest/merge.key_of_error", source=literal(self.bound["source"])))
        if self.name == "jobs":
            keys.append("coalesce(i.last_modified, i.last_status_change) AS last_modified")
        script(self._con, "store/ingest/merge.keyed", keys=", ".join(keys), joins="".join(joins))

    def _infer_types(self, name: str, version: str) -> None:
        if self._seen.types_unknown:
            self._staged.objects()
            script(self._con, "store/ingest/merge.infer_types_by_id", self.bound, name=name, version=version)
        if self._seen.types_by_name:
            self._infer_types_by_name(name, version)

    def _infer_types_by_name(self, name: str, version: str) -> None:
        """Give the job types that rows name their ids; those that the store does not have get a negative one, as no server gives."""
        named = script(self._con, "store/ingest/merge.named_types", name=name, version=version).fetchall()
        known = script(self._con, "store/ingest/merge.known_types", self.bound).fetchall()
        ids = {(name, version): id for name, version, id in known}
        highest = min([0, *(id for *_, id in known)]) - 1
        new = [one for one in named if one not in ids]
        ids |= zip(new, range(highest, highest - len(new), -1), strict=True)
        bound = {
            "names": [name for name, _ in named],
            "versions": [version for _, version in named],
            "ids": [ids[one] for one in named],
        }
        script(self._con, "store/ingest/merge.type_by_name", bound)
        if new:
            by_object = "_and_object" if self._staged.has_objects else ""
            script(self._con, f"store/ingest/merge.infer_types_by_name{by_object}", self.bound | {"highest": highest})

    def _infer_errors_by_name(self) -> None:
        bound = self.bound | {
            "builtin": list(BUILTIN_ERRORS),
            "categories": [category for category, _ in BUILTIN_ERRORS.values()],
            "retried": [retried for _, retried in BUILTIN_ERRORS.values()],
        }
        script(self._con, "store/ingest/merge.errors_by_name", bound)
        if self._has("error_by_name", "is_new"):
            script(self._con, "store/ingest/merge.infer_errors_by_name", bound)
            self._has_new_errors = True

    def _leave_out_copies(self) -> None:
        if self._seen.ids < self._seen.rows:
            self._make_tables()
            newest = "last_modified DESC NULLS LAST," if self._is_dated else ""
            if self.name == "jobs" and not self._is_latest:
                newest += f"last_modified IS NOT NULL AND {_is_over('status')} DESC,"
            self.copies = count(script(self._con, "store/ingest/merge.leave_out_copies", newest=newest))

    def _find_stored(self) -> None:
        """Find which incoming rows the store has already; what they do not change is left out."""
        self._held = [name for name in self._tables if self._has(name, "source = $source")]
        if self._held:
            self._make_tables()
        if self._held and self._kept:
            script(self._con, "store/ingest/merge.canonical")
        if sum(map(self._met, self._held)):
            self._keep_changes()
            self.stale = count(script(self._con, "store/ingest/merge.leave_out_stored"))
            self.changed = count(script(self._con, "store/ingest/merge.replace_stored"))

    def _met(self, name: str) -> int:
        """Find the rows of a table that incoming ones meet, and return how many they are."""
        undecided = "i.last_modified IS NOT DISTINCT FROM t.last_modified" if self._is_dated else "true"
        parts = {"same": self._same(), "older": self._older(), "undecided": undecided}
        met = count(script(self._con, "store/ingest/merge.stored", self.bound, table=name, **parts))
        if met and self._has("stored_row", f"same IS NULL AND home = '{name}'"):
            script(self._con, "store/ingest/merge.compare", self.bound, table=name, **parts)
        return met

    def _has(self, name: str, which: str) -> bool:
        """Return whether a table has a row of some kind."""
        return statements(self._con, f"SELECT 1 FROM {name} WHERE {which} LIMIT 1", self.bound).fetchone() is not None

    def _adopt(self) -> None:
        """Let what was inferred by name, or made here, give way to a record with an id of its own."""
        is_of_source = "source = $source AND id < 0"
        for name, has_new in (("job_type", self._has_new_types), ("error", self._has_new_errors)):
            if not has_new or not self._has(name, is_of_source):
                continue
            if count(script(self._con, f"store/ingest/merge.adopted_{name}s", self.bound)):
                script(self._con, f"store/ingest/merge.adopt_{name}s", self.bound)
                rollup.count_again(self._con, self.bound["source"])
        if (self._has_new_types or self.name == "job_type_revisions") and self._has("job_type_revision", is_of_source):
            script(self._con, "store/ingest/merge.adopt_revisions", self.bound)

    def _same(self) -> str:
        """Return SQL for a stored row `t` that says what the incoming `i` says; what `i` is silent about counts as said."""
        tests = [self._says(one) for one in self._resource.stored if self._is_there(one) or not one.kept]
        if self._is_inferable:
            tests.append("NOT t.inferred")
        return " AND ".join([*tests, "t.extra IS NOT DISTINCT FROM i.extra"])

    def _is_there(self, one: Field) -> bool:
        """Return whether an incoming row may have a field, of its own or from the keys."""
        return one.name in self._staged.columns or one.name in _GIVEN

    def _says(self, one: Field) -> str:
        """Return SQL for a field of the stored row `t` that says what that of the incoming `i` says."""
        name = quoted(one.name)
        if not self._is_there(one):
            return f"(t.{name} IS NULL)"
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
        tracked = [one for one in self._resource.fields if one.tracked and (self._is_there(one) or not one.kept)]
        if tracked and self._has("stored_row", "NOT same AND NOT older"):
            for one in tracked:
                script(
                    self._con,
                    "store/ingest/merge.changes",
                    self.bound,
                    field=one.name,
                    differs=f"NOT {self._says(one)}",
                )

    def _write(self) -> None:
        """Write the rows that are not left out, in place of those that they replace."""
        rows = "FROM keyed ANTI JOIN left_out USING (seq)" if self.copies + self.stale else "FROM keyed"
        if self.changed and self.name == "jobs":
            (self.newest_gone,) = script(self._con, "store/ingest/merge.newest_gone").fetchone() or (None,)
        of_jobs = {"job_final": self._seen.rows - self._seen.open, "job_open": self._seen.open}
        for name in self._tables:
            has_gone = self.changed > 0 and name in self._held
            if has_gone or of_jobs.get(name, True):
                self._write_into(name, rows, has_gone=has_gone)
        if self.name == "jobs" and (self.changed or self._seen.failed):
            self._write_failed(rows)

    def _write_into(self, name: str, rows: str, *, has_gone: bool) -> None:
        columns = ", ".join(quoted(one.name) for one in self._resource.stored if one.kept or self._is_there(one))
        marks = ", false" if self._is_inferable else ""
        into = f"source, {columns}, load_id, extra" + (", inferred" if self._is_inferable else "")
        before = self._kept_before(name, rows) if has_gone else rows
        if name == "job_final" and name in self._held:
            rollup.change(self._con, self.bound["source"], f"{rows} {self._belongs(name)}")
        if has_gone:
            script(self._con, "store/ingest/merge.remove_replaced", table=name)
        statements(
            self._con,
            f"INSERT INTO {name} ({into}) SELECT $source, {columns}, $load_id, extra{marks} "
            f"FROM ({before}) {self._belongs(name)} {self._order(name)}",
            self.bound,
        )
        if name == "job_final" and name not in self._held:
            rollup.fill(self._con, self.bound["source"])

    def _kept_before(self, name: str, rows: str) -> str:
        """Return SQL that fills in what the input is silent about from the rows that are about to be replaced."""
        if not self._kept:
            return rows
        script(self._con, "store/ingest/merge.kept_value", columns=", ".join(self._kept), table=name)
        filled = ", ".join(f"coalesce(r.{one}, b.{one}) AS {one}" for one in self._kept)
        return f"SELECT r.* REPLACE ({filled}) FROM ({rows}) AS r LEFT JOIN kept_value AS b ON b.id = r.id"

    def _belongs(self, name: str) -> str:
        """Return SQL for the rows that belong into a table, with WHERE; nothing if all do."""
        if name not in TABLES["jobs"] or self._seen.open == (self._seen.rows if name == "job_open" else 0):
            return ""
        listed = ", ".join(f"'{status}'" for status in OPEN_STATUSES)
        return f"WHERE status {'IN' if name == 'job_open' else 'NOT IN'} ({listed})"

    @staticmethod
    def _order(name: str) -> str:
        """Return the order to write in: windows over job_final are only fast if it is clustered by time.

        Sorting is also cheaper than it looks: DuckDB writes sorted rows while they come, and whatever it filters only in the end.
        """
        return "ORDER BY last_status_change" if name == "job_final" else "ORDER BY id"

    def _write_failed(self, rows: str) -> None:
        """Keep the narrow copy of the FAILED jobs in step."""
        if self.changed:
            script(self._con, "store/ingest/merge.remove_failed", self.bound)
        narrow = schema.table("job_failed").columns.replace(quoted("source"), "$source")
        statements(
            self._con,
            f"INSERT INTO job_failed SELECT {narrow} FROM ({rows}) WHERE status = 'FAILED' ORDER BY last_status_change",
            self.bound,
        )
