"""Spark over a lake: the same questions on the site's own session, in Spark's dialect, with answers by Arrow."""

from __future__ import annotations

import re
import threading
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from jobtype_toolkit.api.fields import Field, Type
from jobtype_toolkit.api.times import Window
from jobtype_toolkit.errors import InvalidParameter, InvalidQuery, StoreError
from jobtype_toolkit.lakes import layout
from jobtype_toolkit.lakes.dialect import reads_only, spark_sql
from jobtype_toolkit.lakes.listing import Files, Listing

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

_LEAST = 4
"""The first release of Spark that takes lists as arguments of SQL."""
_TYPES: Mapping[Type, str] = {
    "int": "BIGINT",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
    "text": "STRING",
    "time": "TIMESTAMP_NTZ",
    "json": "STRING",
    "texts": "ARRAY<STRING>",
}
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "false",
}
"""What the questions rely on, set in a session of their own: the caller's settings stay as they are."""
_PATTERN = re.compile(r"[\\{}\[\]*?]")
_BEAT = 0.5
"""Seconds between two looks at how far a question is."""


class SparkEngine:
    """A site's Spark session as questions see it; see `queries.reader.Engine`."""

    dialect = "spark"
    types = _TYPES

    def __init__(
        self, session: SparkSession, *, listing: Listing | None = None, namespace: str = "", progress: bool = False
    ) -> None:
        """Take the session, and the files of a lake or the namespace of its tables in the session's catalogues.

        Raises:
            InvalidParameter: the session is older than Spark 4.0, or one of Spark Connect.
        """
        if type(session).__module__.startswith("pyspark.sql.connect"):  # has no job groups, which end a question
            msg = "The session is one of Spark Connect, which is not supported. Make it with SparkSession.builder.master(…)."
            raise InvalidParameter(msg)
        if int(session.version.split(".")[0]) < _LEAST:
            msg = f"The session is one of Spark {session.version}; {_LEAST}.0 is the first that can answer questions."
            raise InvalidParameter(msg)
        self._spark = session.newSession()
        for name, value in _SETTINGS.items():
            self._spark.conf.set(name, value)
        self._listing = listing
        self._namespace = namespace
        self._progress = progress
        self._opened: Hashable = None
        self._lock = threading.Lock()
        self._state = 0
        self.snapshot = ""
        """Which state of the lake answers."""

    @property
    def name(self) -> str:
        """What messages call it."""
        return self._listing.name if self._listing else self._namespace

    @contextmanager
    def session(self, window: Window | None = None) -> Iterator[SparkAnswers]:  # noqa: ARG002 - Spark sees to it, by what files tell
        """Give what runs SQL on the lake as it is now; tables of a namespace stay as they were when first asked until `close`."""
        with self._lock:
            signature = self._listing.signature() if self._listing else self._namespace
            if signature != self._opened:
                self._open()
                self._opened = signature
                self._state += 1
        yield SparkAnswers(self._spark, self._state, is_told=self._progress)

    def close(self) -> None:
        """Forget the tables; the next question looks for them anew."""
        with self._lock:
            self._opened = None

    def _open(self) -> None:
        """Make the tables and views of a store as temporary views of our session."""
        files = self._listing.files() if self._listing else None
        self.snapshot = files.snapshot if files else ""

        def read(name: str, states: tuple[str, ...]) -> str:
            view = "_".join(("lake", name, *states))
            fields = layout.written(name).fields
            if files and states:
                frame = self._history(files, states, fields)
            elif files:
                frame = self._scan(files.of(name, ()), fields)
            else:
                frame = self._table(name, fields)
                frame = frame.where(frame["state"].isin(*states)) if states else frame
            frame.createOrReplaceTempView(view)
            return view

        for name, query in layout.views(read):
            self._spark.sql(spark_sql(query)).createOrReplaceTempView(name)

    def _history(self, files: Files, states: tuple[str, ...], fields: tuple[Field, ...]) -> DataFrame:
        """Return the jobs of some states; what their place says is not read, and leaves out files that nobody asks for."""
        from pyspark.sql.functions import lit

        alike: dict[tuple[tuple[str, str], ...], list[str]] = {}
        for place, paths in files.history.items():
            if place.state in states:
                alike.setdefault(tuple(place.constants.items()), []).extend(paths)
        parts = [
            self._scan(paths, fields).withColumns({column: lit(value) for column, value in constants})
            for constants, paths in alike.items()
        ]
        return reduce(lambda one, other: one.unionAll(other), parts) if parts else self._scan((), fields)

    def _scan(self, paths: Sequence[str], fields: tuple[Field, ...]) -> DataFrame:
        """Return files as one frame with the declared columns; what the files lack is missing."""
        columns = ", ".join(f"`{one.name}` {_TYPES[one.type]}" for one in fields)
        if not paths:
            return self._spark.createDataFrame([], columns)
        return self._spark.read.schema(columns).parquet(*map(_url, paths))

    def _table(self, name: str, fields: tuple[Field, ...]) -> DataFrame:
        """Return a table of the site's catalogue with the declared columns; what it lacks is missing.

        Raises:
            StoreError: there is no such table.
        """
        from pyspark.errors import AnalysisException

        place = f"{self._namespace}.{name}"
        try:
            table = self._spark.table(place)
            has = set(table.columns)
        except AnalysisException as error:
            msg = f"The session's catalogues have no table {place}, or it cannot be read: {_first_line(error)}."
            raise StoreError(msg) from error
        found: DataFrame = table.selectExpr(
            *(
                f"CAST({f'`{one.name}`' if one.name in has else 'NULL'} AS {_TYPES[one.type]}) AS `{one.name}`"
                for one in fields
            )
        )
        return found


class SparkAnswers:
    """One look at a lake through Spark; see `queries.reader.Session`."""

    def __init__(self, spark: SparkSession, state: int, *, is_told: bool) -> None:
        """Take the session with the views, what tells changes of the lake, and whether long answers show how far they are."""
        self._spark = spark
        self._is_told = is_told
        self.state = state

    def columns(self, text: str, parameters: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Run SQL of a question and return its columns."""
        table = self._run(spark_sql(text), parameters)
        return {name: _array(table.column(name).combine_chunks()) for name in table.column_names}

    def rows(self, text: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run SQL of a question and return its rows as plain values."""
        found: list[dict[str, Any]] = self._run(spark_sql(text), parameters).to_pylist()
        return found

    def frame(
        self, query: str, parameters: Mapping[str, Any], tables: Mapping[str, pd.DataFrame] | None = None
    ) -> pd.DataFrame:
        """Run any one query in Spark's SQL that only reads, its values as `:name`, and return its answer, times in UTC.

        Raises:
            InvalidQuery: the SQL does not run, or would do more than read.
        """
        import pyarrow as pa

        if not reads_only(query):
            msg = "A lake that Spark answers takes one query in Spark's SQL that only reads, with values as :name."
            raise InvalidQuery(msg)
        for name, frame in (tables or {}).items():
            self._spark.createDataFrame(pa.Table.from_pandas(frame, preserve_index=False)).createOrReplaceTempView(name)
        try:
            found: pd.DataFrame = self._run(query, parameters).to_pandas()
        finally:
            for name in tables or {}:
                self._spark.catalog.dropTempView(name)
        for column, values in found.items():
            if values.dtype.kind == "M" and values.dt.tz is None:
                found[column] = values.dt.tz_localize("UTC")
        return found

    def _run(self, text: str, parameters: Mapping[str, Any]) -> pa.Table:
        """Run a statement in Spark's SQL; an interrupt ends it in the cluster, too."""
        from pyspark.errors import AnalysisException, ParseException, PySparkException

        context = self._spark.sparkContext
        group = f"jobtype_toolkit-{uuid4().hex}"
        context.setJobGroup(group, "a question of jobtype_toolkit", interruptOnCancel=True)
        try:
            with _told(context, group, is_told=self._is_told):
                answer: pa.Table = self._spark.sql(text, args=dict(parameters)).toArrow()
                return answer
        except (AnalysisException, ParseException) as error:
            msg = f"The SQL does not run: {_first_line(error)}"
            raise InvalidQuery(msg) from error
        except PySparkException as error:
            msg = f"Spark could not answer: {_first_line(error)}. The cluster's log has the rest."
            raise StoreError(msg) from error
        except KeyboardInterrupt:
            context.cancelJobGroup(group)
            raise
        finally:
            context.setLocalProperty("spark.jobGroup.id", None)  # takes it away


@contextmanager
def _told(context: Any, group: str, *, is_told: bool) -> Iterator[None]:
    """Show how many tasks of a question are done, from its second second on."""
    if not is_told:
        yield
        return
    is_over = threading.Event()
    watch = threading.Thread(target=_watch, args=(context, group, is_over), daemon=True)
    watch.start()
    try:
        yield
    finally:
        is_over.set()
        watch.join()


def _watch(context: Any, group: str, is_over: threading.Event) -> None:
    tracker = context.statusTracker()
    with tqdm(desc="Spark", unit=" tasks", delay=1, leave=False) as bar:
        while not is_over.wait(_BEAT):
            jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(group)]
            stages = [tracker.getStageInfo(stage) for job in jobs if job for stage in job.stageIds]
            bar.total = sum(one.numTasks for one in stages if one)
            bar.n = sum(one.numCompletedTasks for one in stages if one)
            bar.refresh()


def _array(column: pa.Array) -> np.ndarray:
    """Return a column as DuckDB gives it: masked if values are missing, times without a zone."""
    import pyarrow as pa

    missing = np.asarray(column.is_null())
    kind = column.type
    if missing.any() and (pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        column = column.fill_null(0 if pa.types.is_integer(kind) else False)
    values = column.to_numpy(zero_copy_only=False)
    return np.ma.MaskedArray(values, mask=missing) if missing.any() else values


def _url(path: str) -> str:
    """Return the address of a file for Spark, which takes a path without a scheme for one of its own file system."""
    plain = _PATTERN.sub(lambda found: f"\\{found[0]}", path)
    return f"file://{plain}" if plain.startswith("/") else plain


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__).rstrip(". ")
