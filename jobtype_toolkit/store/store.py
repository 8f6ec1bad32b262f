"""`Store`: a DuckDB file with job types, revisions and job history, a backend like a live server."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

import duckdb
import pandas as pd

from jobtype_toolkit import frames, hints
from jobtype_toolkit.api.intervals import BEGINNING
from jobtype_toolkit.api.resources import LOADABLE, SNAPSHOT, STATUSES
from jobtype_toolkit.api.services import Parameter, Service
from jobtype_toolkit.api.times import Clock, Time, instant, system_clock, v6_text
from jobtype_toolkit.backend import Scope
from jobtype_toolkit.errors import InvalidParameter, LoadFailed, StoreError
from jobtype_toolkit.plans.plan import Plan
from jobtype_toolkit.plans.request import ChangeRequest
from jobtype_toolkit.queries.reader import ALL, Reader
from jobtype_toolkit.seed.findings import Validation
from jobtype_toolkit.seed.validator import validate
from jobtype_toolkit.store import guard, maintenance, schema, writes
from jobtype_toolkit.store.connection import MEMORY, Patience
from jobtype_toolkit.store.engine import database, refuse_write, transaction
from jobtype_toolkit.store.ingest import load as loading
from jobtype_toolkit.store.ingest import profile as profiles
from jobtype_toolkit.store.ingest import remedies
from jobtype_toolkit.store.ingest.casts import Options
from jobtype_toolkit.store.ingest.files import names_in
from jobtype_toolkit.store.ingest.load import LoadReport
from jobtype_toolkit.store.ingest.preview import Preview, preview
from jobtype_toolkit.store.maintenance import Check, Removed
from jobtype_toolkit.store.reports import Reports
from jobtype_toolkit.store.session import Engine
from jobtype_toolkit.store.summary import Summary

if TYPE_CHECKING:
    from jobtype_toolkit.lakes.backend import Lake
    from jobtype_toolkit.lakes.sync import SyncReport
    from jobtype_toolkit.sync.reader import Reader as Server
    from jobtype_toolkit.sync.report import PullReport

_SAMPLE = "sample"
"""The source of the bundled history."""
_SNAPSHOTS = Service(
    "snapshots", "", SNAPSHOT, (Parameter("at", "time", "Only the last snapshot that was taken by then."),)
)


class Store(Reports):
    """Job types, revisions and job history in one DuckDB file, or in memory.

    The file is opened when something is asked, kept while calls follow each other, and let go after a few idle seconds, at
    `close()` or at the end of `with store:`. Reads open it read-only, so that several processes can ask at once.
    """

    def __init__(
        self,
        path: str | Path = MEMORY,
        *,
        read_only: bool = False,
        create: bool = False,
        source: str | None = None,
        wait: float = 10.0,
        idle: float = 2.0,
        clock: Clock = system_clock,
    ) -> None:
        """Open a store; `jt.open` is the same. The first load, pull or other write makes a missing file.

        Args:
            path: a DuckDB file, or `":memory:"`.
            read_only: refuse every write.
            create: make a missing file now.
            source: the source that calls mean which name none, if there are several; also `store.source = …`.
            wait: how many seconds to wait for another process that holds the file.
            idle: how many seconds to keep the file open after the last question; twice that at most, however closely
                questions follow each other, so that other processes get it too.
            clock: tells the present, as an aware datetime.

        Raises:
            NotAStore: the file is something else.
            InputNotFound: the file is missing and `read_only`.
            StoreError: the file cannot be made.
            StoreLocked: another process holds the file for longer than `wait`.
            StoreVersion: the file has a schema that this release cannot use.
        """
        self._database = database(path)
        self._patience = Patience(wait, idle)
        self._read_only = read_only
        self._clock = clock
        self._database.ensure(self._patience, read_only=read_only, create=create)
        self._engine = Engine(self._database, self._patience, upgrade=not read_only)
        self.reader = Reader(self._engine, clock)
        """What runs SQL on the store, for the parts of the toolkit that need rows instead of frames."""
        self.source = source

    @property
    def path(self) -> Path | None:
        """The file, or None for a store in memory."""
        return self._database.path

    @property
    def source(self) -> str | None:
        """The source that calls mean which name none, `"*"` for all; None for the only one there is."""
        return self.reader.default

    @source.setter
    def source(self, name: str | None) -> None:
        self.reader.default = name

    def close(self) -> None:
        """Let go of the file now. The store can still be asked: it opens the file again."""
        self._database.close()

    @property
    def as_of(self) -> datetime | None:
        """The newest change of a job in the store, in UTC; None where there are no jobs."""
        return self.reader.source(ALL).as_of

    @property
    def sources(self) -> list[str]:
        """The names of the sources whose rows the store holds."""
        return [one.name for one in self.reader.sources()]

    def load(
        self,
        path: str | Path | pd.DataFrame,
        resource: str | None = None,
        *,
        source: str = "local",
        columns: Mapping[str, str] | None = None,
        statuses: Mapping[str, str] | None = None,
        timezone: str | None = None,
        strict: bool = False,
        progress: bool | None = None,
        profile: str | PathLike[str] | Mapping[str, Any] | None = None,
        observed: Time | None = None,
    ) -> LoadReport:
        """Load a file, a folder or a glob; all of it or, where something is raised, nothing.

        Understood are v6 list pages, JSON arrays, single objects, NDJSON, CSV and Parquet, also gzipped; v6's nested objects
        or flat columns under the names of the vocabulary. Rows replace older ones of the same source and id; loading the
        same input twice changes nothing. Job types and errors that jobs speak of and nobody loaded are made, marked as
        inferred. A row that cannot be loaded goes to `rejects()`.

        Args:
            path: a DataFrame, a file, a folder (in it, files named after a resource are read only for that one), or a pattern.
            resource: `jobs`, `job_types`, `job_type_revisions`, `errors` or `job_executions`; or `mutes` or `alarms`, which an
                `export` kept. If not given, `jobs`; of a folder with files named after resources all of these, each in a load of
                its own, unless `columns`, `statuses` or a `profile` speak of jobs.
            source: the name under which the rows are kept apart from those of other origins.
            columns: their column name → ours, such as `{"state": "status"}`.
            statuses: their status → v6's, such as `{"OK": "COMPLETED"}`.
            timezone: the zone of times that have none, such as `"America/New_York"`.
            strict: refuse the load as a whole where any row is bad.
            progress: show a bar after a second; if not given, only on a terminal.
            profile: what the export of another system says, as jobs or executions: a shipped name such as `"slurm"`, the path
                of a TOML file, or a dict with its keys; see docs/loading.md. `columns`, `statuses` and `timezone` override it.
            observed: when what the input says was so, such as the day of a backup; now if not given. Changes of job types since the
                load before, such as a pause, are taken to have happened then, or at the `last_modified` of the record.

        Raises:
            InputNotFound: there is no such file.
            LoadFailed: a required column is missing, a time has no zone, the file cannot be read, or `strict` and a bad row.
            InvalidParameter: an unknown resource, column, zone or profile, something wrong in a profile, or `observed` after now.
            StoreError: the store cannot be written (StoreReadOnly, StoreLocked, a full disk); nothing was changed.
        """
        is_of_jobs = bool(columns or statuses or profile is not None)
        if resource is None and not is_of_jobs and not isinstance(path, pd.DataFrame):
            of_folder = _resources_in(path)
            if of_folder:
                more = {"timezone": timezone, "strict": strict, "progress": progress, "observed": observed}
                return self._load_folder(path, of_folder, source=source, **more)
        resource = "jobs" if resource is None else resource
        if resource in maintenance.KEPT:
            return self._load_kept(path, resource, writes.source_name(source))
        options = _options(resource, columns, statuses, timezone, profile)
        writes.source_name(source)
        request = loading.Request(path, resource, source, options, strict, self._observed(observed), progress)
        with self._writing(request.named) as con:
            return loading.run(con, request)

    def _load_folder(self, path: str | Path, resources: Iterable[str], **more: Any) -> LoadReport:
        """Load several resources of a folder one after the other, and return the report of the jobs, or of the last, with the others."""
        reports: list[LoadReport] = []
        for one in resources:
            try:
                reports.append(self.load(path, one, **more))
            except LoadFailed as error:
                if not reports:
                    raise
                done = ", ".join(report.resource for report in reports)
                msg = f"{error} Before that, {done} of the folder were loaded; to load them again changes nothing."
                raise LoadFailed(msg) from error
        main = next((report for report in reports if report.resource == "jobs"), reports[-1])
        names = names_in(path)
        others = names.difference(LOAD_ORDER, maintenance.KEPT) if "jobs" in names else ()
        left = f"{', '.join(map(repr, sorted(others)))} in the folder was not loaded, since a file is called jobs: load it by its own path"
        return replace(
            main,
            notes=(*main.notes, left) if others else main.notes,
            also=tuple(report for report in reports if report is not main),
        )

    def _observed(self, given: Time | None) -> datetime:
        now = self._clock()
        moment = now if given is None else instant(given, name="observed", now=now)
        if moment > now:
            msg = (
                f"{hints.argument('observed', given)} is later than now, {v6_text(now)}. Give when the input was made."
            )
            raise InvalidParameter(msg)
        return moment

    def preview(
        self,
        path: str | Path,
        resource: str = "jobs",
        *,
        columns: Mapping[str, str] | None = None,
        statuses: Mapping[str, str] | None = None,
        timezone: str | None = None,
        profile: str | PathLike[str] | Mapping[str, Any] | None = None,
        rows: int = 20,
    ) -> Preview:
        """Tell what a load would make of a file, and load nothing: which profile fits, and which column becomes what.

        Without a profile, a shipped one that fits is taken: the file has all the columns that it needs. If none fits, the
        answer is a proposal. Only the beginning of a long file is tried, and only the first file of several.

        Args:
            path: a file, a folder or a pattern.
            resource: `jobs` or `job_executions`.
            columns: as for `load`.
            statuses: as for `load`.
            timezone: as for `load`; if not given, times without a zone are shown as UTC, which a note says.
            profile: as for `load`.
            rows: how many rows are shown.

        Raises:
            InputNotFound: there is no such file.
            InvalidParameter: as `load`.
        """
        if resource not in profiles.RESOURCES:
            msg = f"{hints.argument('resource', resource)}: a preview is of {' or '.join(profiles.RESOURCES)}."
            raise InvalidParameter(msg)

        def trial(file: Path, asked: profiles.Asked | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
            more: dict[str, Any] = {"columns": columns, "statuses": statuses, "timezone": timezone, "profile": asked}
            notes: list[str] = []
            with Store(clock=self._clock) as scratch:
                try:
                    try:
                        report = scratch.load(file, resource, **more)
                    except LoadFailed as error:
                        if timezone is not None or "have no zone" not in str(error):
                            raise
                        notes.append(
                            f"the times have no zone, and are shown as UTC; say which: {hints.argument('timezone', 'UTC')}"
                        )
                        report = scratch.load(file, resource, **{**more, "timezone": "UTC"})
                except LoadFailed as error:
                    return scratch.jobs().head(0), (*notes, str(error).removesuffix("."))
                notes += remedies.would_be_rejected(scratch.rejects())
                found = scratch.jobs() if resource == "jobs" else scratch.sql("FROM job_execution ORDER BY id DESC")
                return found.head(rows), (*notes, *report.notes)

        with tempfile.TemporaryDirectory() as folder:
            seen = preview(path, resource, profile, trial, Path(folder))
        others = [] if columns or statuses or profile is not None else _resources_in(path)
        if resource == "jobs" and others not in ([], ["jobs"]):
            named = ", ".join(one for one in others if one != "jobs")
            note = f"without {hints.argument('resource')}, a load of the folder also loads {named}"
            return replace(seen, notes=(*seen.notes, note))
        return seen

    def pull(
        self,
        scale: Server,
        *,
        source: str | None = None,
        workers: int = 2,
        executions: int = 0,
        page_size: int = 250,
        overlap: str | timedelta = "PT15M",
        since: Time | None = None,
        pages: int | None = None,
        reconcile: bool = False,
        snapshot: bool = True,
        moved: bool = False,
        progress: bool = True,
    ) -> PullReport:
        """Bring over job types, revisions, errors and jobs of a live server: everything the first time, then what changed.

        Jobs come newest first, so that the analyses are useful before the history is complete; `attrs` of each frame, and the
        repr, tell what is. A pull that is stopped, by whatever, goes on where it was. The file is held only for the moments
        in which a batch goes in. A server spends about 12 ms on each job: 100,000 take it 20 minutes.

        Args:
            scale: the server, from `jt.connect`.
            source: what the store calls it; if not given, what it was called before, or else its base URL.
            workers: how many requests at once, 1 to 16.
            executions: how many requests to spend on the executions of jobs that failed or were tried again, one per job.
            page_size: jobs per request, 1 to 1000; more than 250 make a real server slow.
            overlap: how much to read again of what the last pull read, as a v6 duration: rows can become visible late.
            since: pull only jobs modified since; what is older can come with a later pull.
            pages: how many pages of jobs at most; the next pull goes on.
            reconcile: look also for open jobs that the server no longer has, and take them out; and read once more what a
                server changes without a trace in `last_modified`: names of nodes, titles of batches, job types, revisions.
            snapshot: keep what the live views say, and compare the status counts of the last three hours.
            moved: pull a source from another address than before: it is the same server all the same.
            progress: show a bar after a second.

        Returns:
            What was done; `disagreements` and `notes` say what is not as it should be.

        Raises:
            InvalidParameter: the source was pulled from another server before, and nothing says that it only moved.
            PullStopped: the jobs could not be read to the end; its `report` tells how far it is.
            AuthenticationFailed: the server does not let the caller in.
            ConnectionFailed, NotFound: there is no v6 server at this address; nothing was changed.
            StoreLocked: another pull of this source is going on, or another process holds the file.
            StoreError: the store cannot be written, or the disk is full; what was fetched before is kept.
        """
        from jobtype_toolkit.sync.pull import pull
        from jobtype_toolkit.sync.sink import Target

        self._make()
        return pull(
            Target(self._database.path, self._writing, self.reader.fetch, self._clock, self.status),
            scale,
            source=source,
            workers=workers,
            executions=executions,
            page_size=page_size,
            overlap=overlap,
            since=since,
            pages=pages,
            reconcile=reconcile,
            snapshot=snapshot,
            moved=moved,
            progress=progress,
        )

    def backfill(
        self,
        database: str | PathLike[str],
        *,
        source: str,
        started: Time | None = None,
        executions: bool = True,
        overlap: str | timedelta = "PT15M",
        pause: float = 0.0,
        rows_per_second: int | None = None,
        statement_timeout: str | timedelta = "PT5M",
        progress: bool = True,
    ) -> PullReport:
        """Bring over a history from Scale's own PostgreSQL or a dump of it: what a pull would bring, hundreds of times faster.

        Jobs come newest first, 100,000 at a time. A backfill that is stopped, by whatever, goes on where it was, and a pull into
        the same source goes on where it ends. It only reads, in transactions as short as a slice.

        Args:
            database: an address such as `"postgresql://toolkit@db.example/scale"` or `"service=scale"`, which needs the extra
                `postgres`; or a dump: a script of pg_dump, also gzipped, or a folder with a CSV file per table. The password is
                best left to `~/.pgpass` or PGPASSWORD.
            source: what the store calls the server; the same as for `pull`.
            started: only jobs modified since; what is older can come with a later call.
            executions: whether to bring the executions, too.
            overlap: how much to read again of what the last call read, as a v6 duration: rows can become visible late.
            pause: seconds to leave the database alone after each slice.
            rows_per_second: at most so many jobs a second on average; slices become smaller.
            statement_timeout: how long a statement may take, as a v6 duration; a slice that takes longer is halved.
            progress: show a bar after a second.

        Returns:
            What was done, as of a pull; `requests` are the statements.

        Raises:
            InvalidParameter: the source holds another server's history, or the extra is not installed.
            InputNotFound: there is no such dump.
            LoadFailed: the tables are not those of Scale 6 or 7; the message says what is missing. Nothing was changed.
            AuthenticationFailed, ConnectionFailed: the database cannot be read; nothing was changed.
            PullStopped: the jobs could not be read to the end; its `report` tells how far it is.
            StoreLocked: a pull or another backfill of this source is going on, or another process holds the file.
            StoreError: the store cannot be written, or the disk is full; what was read before is kept.
        """
        from jobtype_toolkit.sync.backfill import backfill
        from jobtype_toolkit.sync.sink import Target

        self._make()
        return backfill(
            Target(self._database.path, self._writing, self.reader.fetch, self._clock, self.status),
            database,
            source=source,
            started=started,
            executions=executions,
            overlap=overlap,
            pause=pause,
            rows_per_second=rows_per_second,
            statement_timeout=statement_timeout,
            progress=progress,
        )

    def cover(self, since: Time | None, until: Time, *, source: str | None = None) -> None:
        """Declare a stretch of history complete that did not come by a pull, so that pulls go on behind it.

        Args:
            since: its beginning by `last_modified`, included; None for the beginning of time.
            until: its end, excluded: a time that is past, or a duration back from now.
            source: which source.

        Raises:
            InvalidParameter: a reversed stretch, or one that ends in the future.
            NotFound: there is no such source; load its history first.
            Ambiguous: the store has several sources, and the call names none.
        """
        from jobtype_toolkit.sync.sink import declare_covered

        now = self._clock()
        started = BEGINNING if since is None else instant(since, name="since", now=now)
        ended = instant(until, name="until", now=now)
        name = self.reader.source(source).name
        if name == ALL or not started < ended <= now:
            msg = f"cover({since!r}, {until!r}, source={source!r}): give one source, and a stretch of the past that begins before it ends."
            raise InvalidParameter(msg)
        with self._writing("cover") as con, transaction(con):
            declare_covered(con, name, (started, ended))

    def snapshots(self, at: Time | None = None, *, source: str | None = None) -> pd.DataFrame:
        """Return what the live views said when it was pulled: pending, running, failed and queued jobs over time.

        Args:
            at: only the last snapshot that was taken by then; all of them if not given.
            source: which source of the store; `"*"` for all.

        Returns:
            Columns `taken, view, job_type_id, status, category, error_id, count, oldest, newest, highest_priority`; the view
            `status` counts the three hours before.
        """
        return self._answer(self._ask(_SNAPSHOTS, {"at": at}, source=source))

    def set_workspaces(self, workspaces: Mapping[str, bool], *, source: str | None = None) -> None:
        """Say which workspaces there are, and which of them are active: `{"products": True, "old": False}`.

        They take the place of those known before; with none, configurations are not checked for them.

        Raises:
            InvalidParameter: a name that is not text, or an activity that is not a boolean.
            Ambiguous: the store has several sources and the call names none.
        """
        for name, is_active in workspaces.items():
            if not isinstance(name, str) or not name or not isinstance(is_active, bool):
                msg = f"set_workspaces({{{name!r}: {is_active!r}}}) does not name a workspace. Give names and whether each is active, as in {{'raw': True}}."
                raise InvalidParameter(msg)
        self._make()
        target = self._target(source)
        with self._writing("set_workspaces") as con, transaction(con):
            writes.set_workspaces(con, target, workspaces, self._clock())

    def rejects(self, load_id: int | None = None) -> pd.DataFrame:
        """Return the rows that could not be loaded: load, source, resource, file, position (from 1), reason and text."""
        text = "SELECT * FROM reject WHERE $load_id IS NULL OR load_id = $load_id ORDER BY load_id, file, position"
        return frames.from_columns(self.reader.fetch(text, {"load_id": load_id}), schema.table("reject").fields)

    def sql(
        self, query: str, /, *, tables: Mapping[str, pd.DataFrame | str | Path] | None = None, **parameters: Any
    ) -> pd.DataFrame:
        """Return the answer to a query of your own, as DuckDB gives it.

        It reads the store and `tables`, and nothing else: no file, no network, no environment; and it changes nothing.
        Times of the store are instants (TIMESTAMPTZ, shown in UTC), also compared with text and parameters.

        Args:
            query: one SELECT, PIVOT or EXPLAIN over the tables that `tables()` lists; the view `job` shows the whole history.
            tables: data of your own by the name that it has in the query: DataFrames, or paths of CSV, Parquet or JSON files.
            parameters: the values of the `$name` places in it: plain values, those of numpy and pandas, or lists of them.

        Raises:
            InvalidQuery: the SQL does not run, or would do more than read.
            InvalidParameter: a parameter or a table of a kind that SQL does not have.
            InputNotFound: there is no file at a path in `tables`, or no store.
        """
        frames = guard.opened(tables or {})
        with self._engine.session() as session:
            return session.frame(query, parameters, frames)

    def tables(self) -> pd.DataFrame:
        """Return every table and view with its columns: `table, column, type, meaning`."""
        with self._engine.session() as session:
            return session.frame(schema.DESCRIPTION, {})

    def forget(self, load_id: int) -> Removed:
        """Remove the rows that came last from a load; what it had replaced does not come back.

        Returns:
            How many rows went, an int with `.bytes_before` and `.bytes_after`, the size of the file.

        Raises:
            NotFound: there is no such load.
        """
        self.reader.sources()  # a file that is not there is not made for this
        before = maintenance.size(self.path)
        with self._writing("forget") as con, transaction(con):
            gone = maintenance.forget(con, load_id)
        return Removed.of(gone, before, maintenance.size(self.path))

    def prune(self, *, before: Time, source: str | None = None) -> Removed:
        """Drop the jobs that were over before an instant, with their executions.

        Args:
            before: a time, or a duration back from now.
            source: which source; `"*"` for all.

        Returns:
            How many jobs went, an int with `.bytes_before` and `.bytes_after`, the size of the file.
        """
        scope = self._scope(source)
        moment = instant(before, name="before", now=scope.now)
        had = maintenance.size(self.path)
        with self._writing("prune") as con, transaction(con):
            gone = maintenance.prune(con, v6_text(moment) or "", scope.source)
        return Removed.of(gone, had, maintenance.size(self.path))

    def compact(self) -> int:
        """Give the room back that removed rows left in the file, and return how many bytes that is; 0 in memory.

        The file is written anew beside itself, so that the disk needs room for both for a moment.

        Raises:
            StoreError: there is no room for that, or the store cannot be written; the file is as it was.
        """
        if self.path is None:
            return 0
        before = maintenance.size(self.path)
        with self._writing("compact") as con:
            maintenance.compact(con, self.path)
        return before - maintenance.size(self.path)

    def publish(self, path: str | Path) -> Path:
        """Put a consistent, read-only copy of the store at `path`, atomically, and return where it is.

        Raises:
            StoreError: the folder cannot be written, or the disk is full; what was there before is unchanged.
        """
        if self.path is not None and Path(path).expanduser().resolve() == self.path:
            msg = f"{hints.on('publish', str(path))} would replace the store itself. Give another path."
            raise InvalidParameter(msg)
        with self._copying() as con:
            return maintenance.publish(con, path, like=self.path)

    def export(self, folder: str | Path, *, source: str | None = None, partitioned: bool = False) -> dict[str, int]:
        """Write one Parquet file per resource into a folder, for air-gapped networks; `load` reads each back.

        Args:
            folder: where.
            source: which source; with `partitioned` all of them if not given.
            partitioned: write a lake instead, which `jt.lake(folder)` asks in place: the jobs in folders by source, state
                (open, failed, final) and month of last_status_change, and every other table that questions read. It takes
                the place of a lake that is there, at one go.

        Returns:
            The rows of each resource; of a lake those of each table.

        Raises:
            Ambiguous: the store has several sources: ids are unique only within one, so each has its own folder.
            StoreError: the folder cannot be written, the disk is full, or a lake would replace something else; what was
                there before is unchanged.
        """
        if partitioned:
            from jobtype_toolkit.lakes import folder as lakes

            one = ALL if source is None else self.reader.source(source).name
            with self._copying() as con:
                return lakes.export(con, folder, one, self._clock())
        name = self.reader.source(source).name
        if name == ALL:
            msg = 'export(source="*") would mix rows of one id. Export each source into a folder of its own.'
            raise InvalidParameter(msg)
        with self._copying() as con:
            return maintenance.export(con, folder, name)

    def sync_lake(
        self,
        lake: Lake | str | Path,
        *,
        warehouse: str | Path | None = None,
        source: str | None = None,
        wait: float = 60.0,
    ) -> SyncReport:
        """Bring a lake up to date with this store, in one commit; only the places that changed are written anew.

        A place is a source, a state (open, failed, final) and a month of last_status_change. Jobs that this store has pruned
        stay in the lake; the newest state of a job wins, and a final status wins a tie. It costs what has changed, so do it
        every night; to do it twice changes nothing. If it is killed, the lake is as it was, and the next sync completes it.
        Many stores may sync into one lake, each its own sources.

        Args:
            lake: a lake of `jt.lake`, or the folder or URL of one; a missing one is made.
            warehouse: where the files go, if the lake is a URL; as in `jt.lake`.
            source: which source; all of them if not given.
            wait: how many seconds to wait for another sync into this lake.

        Returns:
            What was done: jobs that came or changed, places and files written, and the snapshot that holds all of it.

        Raises:
            InvalidParameter: a lake of plain folders, which is exported anew instead; pyiceberg is not installed.
            StoreLocked: another sync into this lake is going on.
            StoreError: the lake cannot be written; it is as it was before.
        """
        from jobtype_toolkit.lakes.sync import catalogue, sync

        target = catalogue(lake, warehouse)
        known = [one.name for one in self.reader.sources()]
        chosen = known if source in (None, ALL) else [self.reader.source(source).name]
        with self._copying() as con:
            return sync(con, target, chosen, wait=wait)

    def check(self) -> Check:
        """Verify the rules that the file keeps: unique keys, no row without its job type, copies that agree."""
        with self._reading() as con:
            return maintenance.check(con)

    def summary(self) -> Summary:
        """Return what is in the store, how fresh and as of when; what its `repr` shows."""
        return Summary.of(self.path, self.reader)

    def __repr__(self) -> str:
        return self.summary().text()

    def _repr_html_(self) -> str:
        return self.summary().html()

    def _validated(self, manifest: Any, configuration: Any, scope: Scope) -> Validation:
        with self._reading() as con:
            known = writes.workspaces(con, scope.source)
        return writes.told_of_workspaces(validate(manifest, configuration, workspaces=known), scope.source)

    def _planned(self, request: ChangeRequest, source: str | None) -> Plan:
        if request.is_edit:
            scope = self._scope(source)
            target = writes.source_name(scope.source)
            missing = self._no_job_type(request.name, request.version, scope)
        else:
            self._make()
            target, missing = self._target(source), ""
        connections = writes.Connections(self._reading, self._writing, self._clock)
        return writes.planned(connections, request, target, missing)

    def _target(self, source: str | None) -> str:
        """Return the source to write into: a known one, the only one, or a new one of that name."""
        return writes.source_name(source) if source is not None else self.reader.source(None).name

    def _reading(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        return self._database.reading(self._patience, upgrade=not self._read_only)

    def _copying(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        return self._database.copying(self._patience, upgrade=not self._read_only)

    def _make(self) -> None:
        """Make a missing file, for a write that reads before."""
        if not self._read_only:
            self._database.make(self._patience)

    @contextmanager
    def _writing(self, what: str) -> Iterator[duckdb.DuckDBPyConnection]:
        if self._read_only:
            raise refuse_write(self.path)
        try:
            with self._database.writing(self._patience) as con:
                yield con
        except RuntimeError as error:
            if str(error) == "Query interrupted":  # what DuckDB makes of Ctrl+C
                raise KeyboardInterrupt from None
            raise
        except duckdb.Error as error:
            msg = f"{what} could not be written, and the store is as it was before: {str(error).splitlines()[0]}"
            raise StoreError(msg) from error


def _options(
    resource: str,
    columns: Mapping[str, str] | None,
    statuses: Mapping[str, str] | None,
    timezone: str | None,
    profile: profiles.Asked | None = None,
) -> Options:
    if resource not in LOADABLE:
        msg = f"{hints.argument('resource', resource)} is unknown. Give one of {', '.join(LOADABLE)}."
        raise InvalidParameter(msg)
    twice = [ours for ours, times in Counter((columns or {}).values()).items() if times > 1]
    if twice:
        msg = f"{hints.argument('columns')} maps several columns to {twice[0]!r}. Map the one that is meant."
        raise InvalidParameter(msg)
    for theirs, ours in (columns or {}).items():
        if ours not in LOADABLE[resource].names:
            msg = f"{hints.argument('columns', {theirs: ours})}: {resource} have no column {ours!r}; they have {', '.join(LOADABLE[resource].names)}."
            raise InvalidParameter(msg)
    for theirs, ours in (statuses or {}).items():
        if ours.strip().upper() not in STATUSES:
            msg = f"{hints.argument('statuses', {theirs: ours})}: v6 has no status {ours!r}; it has {', '.join(STATUSES)}."
            raise InvalidParameter(msg)
    if timezone is not None and timezone not in available_timezones():
        msg = f"{hints.argument('timezone', timezone)} is unknown. Give a name such as 'UTC' or 'America/New_York'."
        raise InvalidParameter(msg)
    if profile is None:
        return Options(columns or {}, statuses or {}, timezone)
    known = profiles.read(profile)
    if known.sections and resource not in known.sections:
        msg = f"{hints.argument('resource', resource)}: the profile {known.name} says nothing of {resource}, only of {', '.join(known.sections)}."
        raise InvalidParameter(msg)
    return Options(columns or {}, statuses or {}, timezone or known.timezone, known)


def _resources_in(path: str | Path) -> list[str]:
    """Return the resources after which files of a folder are named, in the order in which they load; none if there are no such.

    Files of other names are of jobs.
    """
    names = names_in(path)
    named = names & {*LOAD_ORDER, *maintenance.KEPT}
    found = named | ({"jobs"} if names - named else set())
    return [one for one in (*LOAD_ORDER, *maintenance.KEPT) if one in found] if named else []


LOAD_ORDER = ("job_types", "job_type_revisions", "errors", "jobs", "job_executions")
"""What must be there before what speaks of it; otherwise job types and errors are inferred first."""
assert set(LOAD_ORDER) == set(LOADABLE)  # noqa: S101 - the vocabulary and this order are one list


def open(
    path: str | Path = MEMORY,
    *,
    read_only: bool = False,
    create: bool = False,
    source: str | None = None,
    wait: float = 10.0,
    idle: float = 2.0,
    clock: Clock = system_clock,
) -> Store:
    """Open a store: a DuckDB file, or `":memory:"`. The arguments are those of `Store`."""
    return Store(path, read_only=read_only, create=create, source=source, wait=wait, idle=idle, clock=clock)


def sample(path: str | Path = MEMORY, *, clock: Clock | None = None) -> Store:
    """Return a store with the bundled sample history, in memory or in a file.

    About 100,000 jobs of 90 days with planted incidents; `data/ground_truth.json` says which. Time stands still in it at
    the end of the history, unless a clock is given, so that examples come out the same on every day.

    Raises:
        InvalidParameter: the file holds other sources, whose jobs the invented ones would stand beside.
    """
    from jobtype_toolkit.generator import ENDED, folder

    store = Store(path, clock=clock or (lambda: instant(ENDED)))
    others = [one for one in store.sources if one != _SAMPLE] if store.path and store.path.exists() else []
    if others:
        store.close()
        msg = (
            f"{store.path} holds the history of {', '.join(map(repr, others))}, to which the sample would add 100,000 invented "
            "jobs. Nothing was written. Give the sample a file of its own, such as sample.duckdb."
        )
        raise InvalidParameter(msg)
    for resource in LOAD_ORDER:
        store.load(folder(), resource, source=_SAMPLE, progress=False)
    return store
