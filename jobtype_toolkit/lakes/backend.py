"""`Lake`: a history on shared storage, a backend that answers what a store answers and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import pandas as pd

from jobtype_toolkit import hints
from jobtype_toolkit.analyses.question import Question
from jobtype_toolkit.api.fields import Type
from jobtype_toolkit.api.times import Clock, Time, Window, instant, system_clock, v6_text
from jobtype_toolkit.backend import Query, Scope
from jobtype_toolkit.errors import InvalidParameter, ReadOnly
from jobtype_toolkit.frames import from_records
from jobtype_toolkit.lakes import layout, maintenance
from jobtype_toolkit.lakes.duck import DuckEngine
from jobtype_toolkit.lakes.folder import Folder
from jobtype_toolkit.lakes.iceberg import CATALOGUE, Catalogue, Snapshots
from jobtype_toolkit.lakes.listing import Listing
from jobtype_toolkit.plans.plan import Plan
from jobtype_toolkit.plans.request import ChangeRequest
from jobtype_toolkit.queries.reader import ALL, NEVER, Reader, Session
from jobtype_toolkit.report.backend import ReportBackend
from jobtype_toolkit.seed.findings import Validation, workspaces_unchecked
from jobtype_toolkit.seed.validator import validate
from jobtype_toolkit.sqlfiles import sql
from jobtype_toolkit.store import guard
from jobtype_toolkit.store.schema import comment

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MOST_JOBS = 100_000_000
"""How many jobs `jobs()` reads at most if no window is given."""


class LakeSession(Session, Protocol):
    """One look at a lake, which a query of one's own can have, too."""

    def frame(
        self, query: str, parameters: Mapping[str, Any], tables: Mapping[str, pd.DataFrame] | None = None
    ) -> pd.DataFrame:
        """Run any one query that only reads."""


class LakeEngine(Protocol):
    """What runs the SQL: DuckDB in this process, or the Spark of a site."""

    @property
    def name(self) -> str:
        """What messages call the lake."""

    @property
    def snapshot(self) -> str:
        """Which state of the lake answers, while a session is open."""

    @property
    def dialect(self) -> str:
        """Whose SQL a query of one's own is."""

    @property
    def types(self) -> Mapping[Type, str]:
        """What each kind of column is in that SQL."""

    def session(self, window: Window | None = None) -> AbstractContextManager[LakeSession]:
        """Give a session to read with; see `queries.reader.Engine`."""

    def close(self) -> None:
        """Let go of the lake; the next question opens it again."""


class Lake(ReportBackend):
    """Job types, revisions and job history as Parquet files on shared storage, asked in place; `jt.lake` makes one.

    It is only read, and readers lock nothing: any number of people and processes ask it at once. The frames, dtypes and errors
    are those of a store; `attrs["lake"]` and `attrs["snapshot"]` say which lake answered, and which state of it.
    """

    def __init__(
        self,
        engine: LakeEngine,
        *,
        listing: Listing | None = None,
        source: str | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self._engine = engine
        self.listing = listing
        """Where its files are listed, for what writes a lake; None for tables of a site's own catalogue."""
        self.reader = Reader(engine, clock)
        """What runs SQL on the lake, for the parts of the toolkit that need rows instead of frames."""
        self._clock = clock
        self.source = source

    @property
    def name(self) -> str:
        """Where it is: a folder or the URL of a catalogue."""
        return self._engine.name

    @property
    def source(self) -> str | None:
        """The source that calls mean which name none, `"*"` for all; None for the only one there is."""
        return self.reader.default

    @source.setter
    def source(self, name: str | None) -> None:
        self.reader.default = name

    @property
    def snapshot(self) -> str:
        """Which state of the lake answers: a number, or when it was written."""
        with self._engine.session(NEVER):
            return self._engine.snapshot

    @property
    def as_of(self) -> datetime | None:
        """The newest change of a job in the lake, in UTC; None if there are no jobs."""
        return self.reader.source(ALL).as_of

    @property
    def sources(self) -> list[str]:
        """The names of the sources whose rows the lake holds."""
        return [one.name for one in self.reader.sources()]

    def close(self) -> None:
        """Let go of the files now; the next question opens them again."""
        self._engine.close()

    def sql(
        self, query: str, /, *, tables: Mapping[str, pd.DataFrame | str | Path] | None = None, **parameters: Any
    ) -> pd.DataFrame:
        """Return the answer to a query of your own, as `Store.sql` does; `attrs["dialect"]` says whose SQL it is.

        It reads the lake and `tables`, and nothing else; it changes nothing.

        Args:
            query: one SELECT, PIVOT or EXPLAIN over the tables that `tables()` lists, in DuckDB's SQL; one SELECT in Spark's if Spark
                answers. The view `job` shows the whole history.
            tables: data of your own by the name that it has in the query: DataFrames, or paths of CSV, Parquet or JSON files.
            parameters: the values of the `$name` places in it, `:name` in Spark's SQL.

        Raises:
            InvalidQuery: the SQL does not run, or would do more than read.
            InvalidParameter: a parameter or a table of a kind that SQL does not have.
            InputNotFound: there is no file at a path in `tables`.
        """
        frames = guard.opened(tables or {})
        with self._engine.session() as session:
            answer = session.frame(query, parameters, frames)
        answer.attrs["dialect"] = self._engine.dialect
        return answer

    def tables(self) -> pd.DataFrame:
        """Return every table and view with its columns: `table, column, type, meaning`."""
        rows = [
            (one.name, field.name, self._engine.types[field.type], comment(field))
            for one in layout.described()
            for field in one.fields
        ]
        return pd.DataFrame(rows, columns=["table", "column", "type", "meaning"])

    def states(self) -> pd.DataFrame:
        """Return the states of an Iceberg lake that are kept, oldest first: `snapshot, written, jobs, files, bytes`.

        Raises:
            InvalidParameter: a lake of plain folders, which has no earlier states.
        """
        return from_records(maintenance.states(self._catalogue()), maintenance.STATE_FIELDS)

    def compact(self, *, wait: float = 60.0) -> maintenance.Compacted:
        """Join the files of each place that has several, in one commit; what the lake says stays the same.

        Raises:
            InvalidParameter: a lake of plain folders.
            StoreLocked: a sync is going on for longer than `wait` seconds.
        """
        return maintenance.compact(self._catalogue(), wait=wait)

    def expire(self, *, before: Time, orphans: Time = "P1D", wait: float = 60.0) -> maintenance.Expired:
        """Give up the states that were written before a time, and remove the files that only they have; the newest is kept.

        Files that no state has, which a killed sync has left, are removed too. Who reads such a state just now gets an error, so leave the last days alone.

        Args:
            before: a time, or a duration back from now.
            orphans: files that no state ever had go if they were written before this time, or duration back from now.
            wait: how many seconds to wait for a sync.

        Raises:
            InvalidParameter: a lake of plain folders.
            StoreLocked: a sync is going on.
        """
        now = self._clock()
        given_up, left = instant(before, name="before", now=now), instant(orphans, name="orphans", now=now)
        return maintenance.expire(self._catalogue(), given_up, left, wait=wait)

    def _catalogue(self) -> Catalogue:
        if isinstance(self.listing, Snapshots):
            return self.listing.catalogue
        msg = f"{self.name} is a lake of plain folders, which has one state and is written as a whole."
        raise InvalidParameter(msg)

    def add(self, manifest: Any, **arguments: Any) -> NoReturn:  # noqa: ARG002 - nothing of it is read
        """Raise ReadOnly: a lake is only read.

        Raises:
            ReadOnly: always.
        """
        self._refuse("add")

    def edit(self, name: str, version: str, **changes: Any) -> NoReturn:  # noqa: ARG002 - nothing of it is read
        """Raise ReadOnly: a lake is only read.

        Raises:
            ReadOnly: always.
        """
        self._refuse("edit")

    def _refuse(self, what: str) -> NoReturn:
        msg = (
            f"{hints.call(f'{what}(…)')} would change {self.name}, which is a lake and only read. Change the server or a store, "
            "and write the lake anew from there."
        )
        raise ReadOnly(msg)

    def _planned(self, request: ChangeRequest, source: str | None) -> Plan:  # noqa: ARG002
        self._refuse("edit" if request.is_edit else "add")

    def _validated(self, manifest: Any, configuration: Any, scope: Scope) -> Validation:
        rows = self.reader.fetch(sql("queries/workspaces"), {"source": scope.source})
        known = {str(name): bool(is_active) for name, is_active in zip(rows["name"], rows["is_active"], strict=True)}
        found = validate(manifest, configuration, workspaces=known or None)
        remedy = "It has those of the store that it was written from."
        return workspaces_unchecked(found, f"the source {scope.source!r} of the lake knows none", remedy)

    def _answer(self, query: Query) -> pd.DataFrame:
        with self._engine.session(NEVER):  # reads nothing itself, so that all that an answer reads is of one state
            reads_all = query.service.is_long and self._reads_all(query)
            frame = self._told(super()._answer(query))
        if reads_all:
            frame.attrs["notes"].append(f"without a window all {query.scope.known.jobs:,} jobs of the lake were read")
        return frame

    def _analysed(self, question: Question, given: Mapping[str, Any]) -> pd.DataFrame:
        with self._engine.session(NEVER):
            return self._told(super()._analysed(question, given))

    def _told(self, frame: pd.DataFrame) -> pd.DataFrame:
        frame.attrs |= {"lake": self.name, "snapshot": self._engine.snapshot}
        return frame

    def _reads_all(self, query: Query) -> bool:
        """Return whether jobs are asked for without a window.

        Raises:
            InvalidParameter: they are, and the history is too long for that.
        """
        if query.window is None or query.window.started or query.window.ended:
            return False
        jobs = query.scope.known.jobs
        if jobs > MOST_JOBS:
            msg = (
                f"jobs() without a window would read all {jobs:,} jobs of {self.name}. Give {hints.argument('started')} or "
                f"{hints.argument('ended')}; a window that holds everything reads everything."
            )
            raise InvalidParameter(msg)
        return True

    def __repr__(self) -> str:
        return f"<Lake {self}>"

    def __str__(self) -> str:
        lines = [f"{self.name}: snapshot {self.snapshot}"]
        lines += [f"  source {one.name!r}: {hints.held(one.jobs, v6_text(one.as_of))}" for one in self.reader.sources()]
        return "\n".join(lines)


def lake(
    place: str | Path | None = None,
    *,
    warehouse: str | Path | None = None,
    at: Time | int | None = None,
    session: SparkSession | None = None,
    namespace: str = "",
    progress: bool = False,
    source: str | None = None,
    clock: Clock = system_clock,
) -> Lake:
    """Return a lake to ask: a history on shared storage that `store.sync_lake` or `store.export(…, partitioned=True)` wrote.

    Args:
        place: the folder; or the URL of the catalogue, `postgresql://user@host/database`, whose password comes from PGPASSWORD
            or a file of PostgreSQL's.
        warehouse: where the files of that catalogue are: a folder, or a URL such as `s3://bucket/scale`, for which fsspec
            finds the credentials.
        at: an earlier state of an Iceberg lake: the number of a snapshot, a time, or a duration back from now.
        session: the site's Spark session (4.0 or newer), which answers instead of DuckDB in this process. Its settings stay.
        namespace: where the tables are in the session's catalogues, such as `"ice.scale"`, instead of a place.
        progress: whether long questions on Spark show how many tasks are done.
        source: the source that calls mean which name none, if there are several; also `lake.source = …`.
        clock: tells the present, as an aware datetime.

    Raises:
        InputNotFound: there is nothing at this place.
        NotAStore: there is something else than a lake.
        NotFound: it has no state of that number or time.
        InvalidParameter: `at` or `warehouse` for a lake of plain folders; not just one of place and namespace, or a namespace
            without a session; a session older than Spark 4.0 or one of Spark Connect; pyiceberg or sqlglot is not installed.
    """
    if place is None:
        if not namespace or session is None:
            msg = "A lake is jt.lake(place), jt.lake(place, session=…) or jt.lake(session=…, namespace=…)."
            raise InvalidParameter(msg)
        return Lake(_spark(session, namespace=namespace, progress=progress), source=source, clock=clock)
    if namespace:
        msg = f"{hints.argument('namespace', namespace)}: the lake is either there or at {place}. Give one of them."
        raise InvalidParameter(msg)
    listing = _listing(place, warehouse, at, clock)
    engine = DuckEngine(listing) if session is None else _spark(session, listing=listing, progress=progress)
    return Lake(engine, listing=listing, source=source, clock=clock)


def _listing(place: str | Path, warehouse: str | Path | None, at: Time | int | None, clock: Clock) -> Listing:
    if "://" in str(place) or warehouse or (Path(place).expanduser() / CATALOGUE).is_file():
        return Snapshots(Catalogue(place, warehouse), at, clock)
    if at is not None:
        msg = f"{hints.argument('at', at)}: {place} is a lake of plain folders, which has no earlier states."
        raise InvalidParameter(msg)
    return Folder(Path(place).expanduser().resolve())


def _spark(session: SparkSession, **where: Any) -> LakeEngine:
    try:
        from jobtype_toolkit.lakes.spark import SparkEngine
    except ImportError as error:
        msg = f'A lake on Spark needs {error.name}: pip install "jobtype-toolkit[spark]".'
        raise InvalidParameter(msg) from error
    return SparkEngine(session, **where)
