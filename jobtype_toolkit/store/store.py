"""`Store`: a DuckDB file with job types, revisions and job history, asked like a v6 server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from zoneinfo import available_timezones

import duckdb
import pandas as pd

from jobtype_toolkit import frames
from jobtype_toolkit.api.resources import LOADABLE, STATUSES
from jobtype_toolkit.api.times import Time, instant, v6_text
from jobtype_toolkit.errors import InvalidParameter, StoreError
from jobtype_toolkit.queries.job_types import JobTypeReads
from jobtype_toolkit.queries.jobs import JobReads
from jobtype_toolkit.queries.reader import ALL, Asker, Clock, system_clock
from jobtype_toolkit.store import maintenance, schema
from jobtype_toolkit.store.engine import MEMORY, Patience, database, refuse_write, transaction
from jobtype_toolkit.store.ingest import load as loading
from jobtype_toolkit.store.ingest.casts import Options
from jobtype_toolkit.store.ingest.load import LoadReport
from jobtype_toolkit.store.maintenance import Check
from jobtype_toolkit.store.management import Managing, source_name
from jobtype_toolkit.store.summary import Summary
from jobtype_toolkit.sync.pulling import Pulling


class Store(JobTypeReads, JobReads, Managing, Pulling):
    """Job types, revisions and job history in one DuckDB file, or in memory.

    The file is opened when something is asked, kept while calls follow each other, and let go after a few idle seconds, at
    `close()` or at the end of `with store:`. Reads open it read-only, so that several processes can ask at once.
    """

    def __init__(
        self,
        path: str | Path = MEMORY,
        *,
        read_only: bool = False,
        wait: float = 10.0,
        idle: float = 2.0,
        clock: Clock = system_clock,
    ) -> None:
        """Open a store, making the file where it is missing; `jt.open` is the same.

        Args:
            path: a DuckDB file, or `":memory:"`.
            read_only: refuse every write, and do not make a missing file.
            wait: how many seconds to wait for another process that holds the file.
            idle: how many seconds to keep the file open after the last question.
            clock: tells the present, as an aware datetime.

        Raises:
            NotAStore: the file is something else.
            StoreError: the file is missing and `read_only`, or cannot be made.
            StoreLocked: another process holds the file for longer than `wait`.
            StoreVersion: the file has a schema that this release cannot use.
        """
        self._database = database(path)
        self._patience = Patience(wait, idle)
        self._read_only = read_only
        self._clock = clock
        self._database.ensure(self._patience, read_only=read_only)
        self._asker = Asker(self._reading, lambda: self._database.state, clock)

    @property
    def asker(self) -> Asker:
        """What runs SQL on the store, for the parts of the toolkit that need rows instead of frames."""
        return self._asker

    @property
    def path(self) -> Path | None:
        """The file, or None for a store in memory."""
        return self._database.path

    def close(self) -> None:
        """Let go of the file now. The store can still be asked: it opens the file again."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def as_of(self) -> datetime | None:
        """The newest change of a job in the store, in UTC; None where there are no jobs."""
        return self._asker.source(ALL).as_of

    @property
    def sources(self) -> list[str]:
        """The names of the sources whose rows the store holds."""
        return [one.name for one in self._asker.sources()]

    def load(
        self,
        path: str | Path,
        resource: str = "jobs",
        *,
        source: str = "local",
        columns: Mapping[str, str] | None = None,
        statuses: Mapping[str, str] | None = None,
        timezone: str | None = None,
        strict: bool = False,
        progress: bool | None = None,
    ) -> LoadReport:
        """Load a file, a folder or a glob; all of it or, where something is raised, nothing.

        Understood are v6 list pages, JSON arrays, single objects, NDJSON, CSV and Parquet, also gzipped; v6's nested objects
        or flat columns under the names of the vocabulary. Rows replace older ones of the same source and id; loading the
        same input twice changes nothing. Job types and errors that jobs speak of and nobody loaded are made, marked as
        inferred. A row that cannot be loaded goes to `rejects()`.

        Args:
            path: a file, a folder (in it, files named after a resource are read only for that one), or a pattern.
            resource: `jobs`, `job_types`, `job_type_revisions`, `errors` or `job_executions`.
            source: the name under which the rows are kept apart from those of other origins.
            columns: their column name → ours, such as `{"state": "status"}`.
            statuses: their status → v6's, such as `{"OK": "COMPLETED"}`.
            timezone: the zone of times that have none, such as `"America/New_York"`.
            strict: refuse the load as a whole where any row is bad.
            progress: show a bar after a second; where not given, only on a terminal.

        Raises:
            InputNotFound: there is no such file.
            LoadFailed: a required column is missing, a time has no zone, the file cannot be read, or `strict` and a bad row.
            InvalidParameter: an unknown resource, column or zone.
            StoreError: the store cannot be written (StoreReadOnly, StoreLocked, a full disk); nothing was changed.
        """
        options = _options(resource, columns, statuses, timezone)
        source_name(source)
        request = loading.Request(path, resource, source, options, strict, self._clock(), progress)
        with self._writing(f"load({str(path)!r})") as con:
            return loading.run(con, request)

    def rejects(self, load_id: int | None = None) -> pd.DataFrame:
        """Return the rows that could not be loaded: load, source, resource, file, position (from 1), reason and text."""
        text = "SELECT * FROM reject WHERE $load_id IS NULL OR load_id = $load_id ORDER BY load_id, file, position"
        return frames.from_columns(self._asker.fetch(text, {"load_id": load_id}), schema.table("reject").fields)

    def sql(self, query: str, /, **parameters: Any) -> pd.DataFrame:
        """Return the answer to a query of your own, as DuckDB gives it, times in UTC.

        Args:
            query: SQL over the tables that `tables()` lists; the view `job` shows the whole history.
            parameters: the values of the `$name` places in it.

        Raises:
            InvalidQuery: the SQL does not run, or would change the store.
        """
        return self._asker.free(query, parameters)

    def tables(self) -> pd.DataFrame:
        """Return every table and view with its columns: `table, column, type, meaning`."""
        return self._asker.free(schema.DESCRIPTION, {})

    def forget(self, load_id: int) -> int:
        """Remove the rows that came last from a load, and return how many; what it had replaced does not come back.

        Raises:
            NotFound: there is no such load.
        """
        with self._writing("forget") as con, transaction(con):
            return maintenance.forget(con, load_id)

    def prune(self, *, before: Time, source: str | None = None) -> int:
        """Drop the jobs that were over before an instant, with their executions, and return how many jobs went.

        Args:
            before: a time, or a duration back from now.
            source: which source; `"*"` for all.
        """
        meant = self._asker.source(source)
        moment = instant(before, name="before", now=self._asker.now(meant)[0])
        with self._writing("prune") as con, transaction(con):
            return maintenance.prune(con, v6_text(moment) or "", meant.name)

    def publish(self, path: str | Path) -> Path:
        """Put a consistent, read-only copy of the store at `path`, atomically, and return where it is.

        Raises:
            StoreError: the folder cannot be written, or the disk is full; what was there before is unchanged.
        """
        if self.path is not None and Path(path).expanduser().resolve() == self.path:
            msg = f"publish({str(path)!r}) would replace the store itself. Give another path."
            raise InvalidParameter(msg)
        with self._reading() as con:
            return maintenance.publish(con, path)

    def export(self, folder: str | Path, *, source: str | None = None) -> dict[str, int]:
        """Write one Parquet file a resource into a folder, for networks without a line; `load` reads each back.

        Returns:
            The rows of each resource.

        Raises:
            Ambiguous: the store has several sources: ids are unique only within one, so each has its own folder.
            StoreError: the folder cannot be written, or the disk is full; what was there before is unchanged.
        """
        meant = self._asker.source(source)
        if meant.name == ALL:
            msg = 'export(source="*") would mix rows of one id. Export each source into a folder of its own.'
            raise InvalidParameter(msg)
        with self._reading() as con:
            return maintenance.export(con, folder, meant.name)

    def check(self) -> Check:
        """Verify the rules that the file keeps: unique keys, no row without its job type, copies that agree."""
        with self._reading() as con:
            return maintenance.check(con)

    def summary(self) -> Summary:
        """Return what is in the store, how fresh and as of when; what its `repr` shows."""
        return Summary.of(self.path, self._asker)

    def __repr__(self) -> str:
        return self.summary().text()

    def _repr_html_(self) -> str:
        return self.summary().html()

    def _reading(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        return self._database.reading(self._patience, upgrade=not self._read_only)

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
    resource: str, columns: Mapping[str, str] | None, statuses: Mapping[str, str] | None, timezone: str | None
) -> Options:
    if resource not in LOADABLE:
        msg = f"load(resource={resource!r}) is unknown. Give one of {', '.join(LOADABLE)}."
        raise InvalidParameter(msg)
    twice = [ours for ours, times in Counter((columns or {}).values()).items() if times > 1]
    if twice:
        msg = f"columns= maps several columns to {twice[0]!r}. Map the one that is meant."
        raise InvalidParameter(msg)
    for theirs, ours in (columns or {}).items():
        if ours not in LOADABLE[resource].names:
            msg = f"columns={{{theirs!r}: {ours!r}}}: {resource} have no column {ours!r}; they have {', '.join(LOADABLE[resource].names)}."
            raise InvalidParameter(msg)
    for theirs, ours in (statuses or {}).items():
        if ours.strip().upper() not in STATUSES:
            msg = f"statuses={{{theirs!r}: {ours!r}}}: v6 has no status {ours!r}; it has {', '.join(STATUSES)}."
            raise InvalidParameter(msg)
    if timezone is not None and timezone not in available_timezones():
        msg = f"timezone={timezone!r} is unknown. Give a name such as 'UTC' or 'America/New_York'."
        raise InvalidParameter(msg)
    return Options(columns or {}, statuses or {}, timezone)
