"""Loading: one transaction from a path to rows in the store, all or nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
from tqdm.auto import tqdm

from jobtype_toolkit.errors import LoadFailed
from jobtype_toolkit.fields import Resource
from jobtype_toolkit.resources import BUILTIN_ERRORS, LOADABLE, OPEN_STATUSES, STATUSES
from jobtype_toolkit.sqlfiles import quoted
from jobtype_toolkit.store import schema
from jobtype_toolkit.store.cast import Options
from jobtype_toolkit.store.incoming import Incoming
from jobtype_toolkit.store.script import script
from jobtype_toolkit.store.shapes import batches, expand
from jobtype_toolkit.times import naive_utc

TABLES = {
    "jobs": ("job_final", "job_open"),
    "job_types": ("job_type",),
    "job_type_revisions": ("job_type_revision",),
    "errors": ("error",),
    "job_executions": ("job_execution",),
}
"""Where the rows of each loadable resource live."""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did: `rows == new + changed + unchanged + rejected`."""

    load_id: int
    source: str
    resource: str
    rows: int
    new: int
    changed: int
    unchanged: int
    """Rows that said nothing new: the same as in the store, older than it, or copies within the input."""
    rejected: int
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = (
            f"{self.rows:,} {self.resource} read into {self.source!r}: {self.new:,} new, {self.changed:,} changed, "
            f"{self.unchanged:,} unchanged, {self.rejected:,} rejected (load {self.load_id})"
        )
        hint = ["store.rejects() shows the rejected rows"] if self.rejected else []
        return ". ".join([text, *self.notes, *hint])


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a load."""

    path: str | Path
    resource: str
    source: str
    options: Options
    strict: bool
    observed: datetime


def run(con: duckdb.DuckDBPyConnection, request: Request) -> LoadReport:
    """Load a path inside the caller's transaction.

    Raises:
        InputNotFound: there is no such file.
        LoadFailed: the input cannot be loaded at all, or `strict` and some row of it.
    """
    resource = LOADABLE[request.resource]
    files = expand(request.path, request.resource)
    incoming = Incoming(con, request.resource, resource, request.options)
    with (
        tempfile.TemporaryDirectory(prefix="jobtype_toolkit-") as scratch,
        tqdm(total=len(files), desc=f"load {request.resource}", unit="file", delay=1, leave=False) as bar,
    ):
        for batch in batches(files, Path(scratch)):
            incoming.add(batch)
            bar.update(len(batch.names))
    return _Merge(con, request, resource).run()


class _Merge:
    """From the table `incoming` to the tables of the store."""

    def __init__(self, con: duckdb.DuckDBPyConnection, request: Request, resource: Resource) -> None:
        self._con = con
        self._request = request
        self._resource = resource
        self._tables = TABLES[request.resource]
        self._load_id = self._one("SELECT coalesce(max(load_id), 0) + 1 FROM load")
        self._bound = {"source": request.source, "load_id": self._load_id}
        self._observed = naive_utc(request.observed)

    def run(self) -> LoadReport:
        good, rejected = self._one("SELECT count(*) FROM incoming"), self._one("SELECT count(*) FROM rejected")
        self._refuse(good, rejected)
        notes = self._notes()
        self._resolve()
        self._one_of_each()
        taken, changed, new = self._put()
        report = LoadReport(
            self._load_id,
            self._request.source,
            self._request.resource,
            good + rejected,
            new,
            changed,
            good - taken,
            rejected,
            notes,
        )
        self._record(report)
        return report

    def _refuse(self, good: int, rejected: int) -> None:
        """Refuse an input that is no input, and under `strict` one with any bad row."""
        if not rejected or (good and not self._request.strict):
            return
        worst = self._con.execute(
            "SELECT file, position, reason FROM rejected ORDER BY file, position LIMIT 3"
        ).fetchall()
        places = "; ".join(
            f"{file}, row {position}: {reason}" if position else f"{file}: {reason}" for file, position, reason in worst
        )
        if self._request.strict:
            msg = (
                f"load({str(self._request.path)!r}, strict=True) refused: {rejected} of {good + rejected} rows are bad, and "
                f"nothing was loaded. {places}. Mend them, or load without strict=True and look at store.rejects()."
            )
            raise LoadFailed(msg)
        whole_files = self._one("SELECT count(*) FROM rejected WHERE position > 0") == 0
        if whole_files:
            msg = f"load({str(self._request.path)!r}) found nothing to load, and nothing was changed. {places}."
            raise LoadFailed(msg)

    def _notes(self) -> tuple[str, ...]:
        if self._request.resource != "jobs":
            return ()
        unknown = self._con.execute(
            "SELECT status, count(*) FROM incoming WHERE status NOT IN (SELECT unnest($known)) GROUP BY 1 ORDER BY 2 DESC, 1",
            {"known": list(STATUSES)},
        ).fetchall()
        return tuple(
            f"{count:,} rows have the status {status!r}, which v6 does not know; map it with statuses={{{status!r}: …}}"
            for status, count in unknown
        )

    def _resolve(self) -> None:
        """Turn names into ids, making the job types and errors that nobody loaded."""
        match self._request.resource:
            case "jobs":
                self._con.execute("UPDATE incoming SET last_modified = last_status_change WHERE last_modified IS NULL")
                script(self._con, "infer_job_types", self._bound, name="job_type", version="job_type_version")
                self._infer_errors()
            case "job_type_revisions":
                script(self._con, "infer_job_types", self._bound, name="name", version="version")
            case "job_types":
                script(self._con, "adopt_job_types", {"source": self._request.source})
            case "errors":
                script(self._con, "adopt_errors", {"source": self._request.source})

    def _infer_errors(self) -> None:
        builtin = {
            "builtin": list(BUILTIN_ERRORS),
            "categories": [category for category, _ in BUILTIN_ERRORS.values()],
            "retried": [retried for _, retried in BUILTIN_ERRORS.values()],
        }
        script(self._con, "infer_errors", {**self._bound, **builtin})

    def _one_of_each(self) -> None:
        modified = '"last_modified" DESC NULLS LAST,' if "last_modified" in self._resource.names else ""
        script(self._con, "newest", newest=modified)

    def _put(self) -> tuple[int, int, int]:
        """Write what is new or newer; return how many rows were taken, and of those how many were changes and new."""
        con = self._con
        con.execute(
            "CREATE OR REPLACE TEMP TABLE hit (seq BIGINT, id BIGINT, place BIGINT, home VARCHAR, same BOOLEAN, older BOOLEAN)"
        )
        for name in self._tables:
            script(con, "hits", {"source": self._request.source}, table=name, same=self._same(), older=self._older())
        self._keep_changes()
        con.execute("DELETE FROM incoming WHERE seq IN (SELECT seq FROM hit WHERE same OR older)")
        for name in self._tables:
            con.execute(
                f"DELETE FROM {name} WHERE rowid IN (SELECT place FROM hit WHERE home = $home AND NOT same AND NOT older)",
                {"home": name},
            )
        changed = self._one("SELECT count(*) FROM hit WHERE NOT same AND NOT older")
        taken = self._one("SELECT count(*) FROM incoming")
        self._insert()
        return taken, changed, taken - changed

    def _same(self) -> str:
        """Return SQL for a stored row `t` that says the same as the incoming `i`; what the input keeps silent about counts as said."""
        tests = [
            f"(i.{quoted(one.name)} IS NULL OR t.{quoted(one.name)} IS NOT DISTINCT FROM i.{quoted(one.name)})"
            if one.kept
            else f"t.{quoted(one.name)} IS NOT DISTINCT FROM i.{quoted(one.name)}"
            for one in self._resource.stored
        ]
        if self._is_inferable:
            tests.append("NOT t.inferred")
        return " AND ".join([*tests, "t.extra IS NOT DISTINCT FROM i.extra"])

    def _older(self) -> str:
        older = "i.last_modified < t.last_modified" if "last_modified" in self._resource.names else "false"
        return f"coalesce({older}, false)" + (" AND NOT t.inferred" if self._is_inferable else "")

    @property
    def _is_inferable(self) -> bool:
        return self._request.resource in ("job_types", "errors")

    def _keep_changes(self) -> None:
        """Keep what the input is silent about, and what changes of a job type."""
        for one in self._resource.stored:
            if one.kept:
                self._con.execute(
                    f"UPDATE incoming SET {one.name} = t.{one.name} FROM {self._tables[0]} AS t "
                    f"WHERE t.source = $source AND t.id = incoming.id AND incoming.{one.name} IS NULL",
                    {"source": self._request.source},
                )
            if one.tracked:
                script(self._con, "changes", {**self._bound, "observed": self._observed}, field=one.name)

    def _insert(self) -> None:
        columns = ", ".join(quoted(one.name) for one in self._resource.stored)
        inferred = ", inferred" if self._is_inferable else ""
        falsely = ", false" if self._is_inferable else ""
        for name, condition in self._homes():
            order = "ORDER BY last_status_change" if name == "job_final" else "ORDER BY id"
            self._con.execute(
                f"INSERT INTO {name} (source, {columns}, load_id, extra{inferred}) "
                f"SELECT $source, {columns}, $load_id, extra{falsely} FROM incoming WHERE {condition} {order}",
                self._bound,
            )
        if self._request.resource == "jobs":
            self._con.execute(
                "DELETE FROM job_failed WHERE source = $source AND id IN (SELECT id FROM hit WHERE NOT same AND NOT older)",
                {"source": self._request.source},
            )
            narrow = schema.table("job_failed").columns
            self._con.execute(
                f"INSERT INTO job_failed SELECT {narrow.replace(quoted('source'), '$source')} FROM incoming "
                "WHERE status = 'FAILED' ORDER BY last_status_change",
                {"source": self._request.source},
            )

    def _homes(self) -> Sequence[tuple[str, str]]:
        if self._request.resource != "jobs":
            return [(self._tables[0], "true")]
        listed = ", ".join(f"'{status}'" for status in OPEN_STATUSES)
        return [("job_final", f"status NOT IN ({listed})"), ("job_open", f"status IN ({listed})")]

    def _record(self, report: LoadReport) -> None:
        con = self._con
        con.execute(
            "INSERT INTO load VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                report.load_id,
                report.source,
                report.resource,
                str(self._request.path),
                self._observed,
                report.rows,
                report.new,
                report.changed,
                report.unchanged,
                report.rejected,
            ],
        )
        con.execute(
            "INSERT INTO reject SELECT $load_id, $source, $resource, file, position, reason, text FROM rejected",
            {**self._bound, "resource": report.resource},
        )
        refresh_source(con, self._request.source, self._observed)

    def _one(self, query: str) -> int:
        found = self._con.execute(query).fetchone()
        return int(found[0]) if found else 0


def refresh_source(con: duckdb.DuckDBPyConnection, source: str, observed: datetime | None) -> None:
    """Count a source anew after its rows changed; `observed` None keeps what is known."""
    known = con.execute("SELECT observed, pulled FROM source WHERE source = ?", [source]).fetchone()
    script(
        con,
        "take_source",
        {"source": source, "observed": observed or (known and known[0]), "pulled": bool(known and known[1])},
    )
