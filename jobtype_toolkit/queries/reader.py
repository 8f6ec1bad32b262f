"""Running SQL on a store: which source, which now, and what a frame is told of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import pandas as pd

from jobtype_toolkit import frames
from jobtype_toolkit.analyses.questions import Question
from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.intervals import Span
from jobtype_toolkit.api.times import Time, Window, instant, v6_text
from jobtype_toolkit.errors import Ambiguous, InvalidQuery, NotFound
from jobtype_toolkit.queries.coverage import as_texts, aware, coverage, gap_note
from jobtype_toolkit.sqlfiles import sql

ALL = "*"
"""The source that means all of them."""

_READING = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}

Clock = Callable[[], datetime]
Reading = Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]


def system_clock() -> datetime:
    """Return the present, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Source:
    """What a store knows of one source, or of all together."""

    name: str
    jobs: int = 0
    as_of: datetime | None = None
    observed: datetime | None = None
    pulled: bool = False
    watermark: datetime | None = None
    spans: tuple[Span, ...] = ()
    """The stretches of its history that are complete, where it is pulled."""


class Snapshot:
    """A store that nobody writes while it is asked; its rows are plain values, times naive in UTC, JSON as text."""

    def __init__(self, con: duckdb.DuckDBPyConnection, state: int) -> None:
        """Take a cursor, and what tells changes of the file."""
        self._con = con
        self.state = state
        """Grows with whatever may have changed the store; while it stays, what was read stays true."""

    def rows(self, text: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run SQL and return its rows.

        Raises:
            InvalidQuery: the SQL does not run.
        """
        try:
            answer = self._con.execute(text, dict(parameters))
        except (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError) as error:
            msg = f"The SQL does not run: {error}"
            raise InvalidQuery(msg) from error
        names = [name for name, *_ in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


class Asker:
    """Runs SQL on a store and tells each frame where it comes from."""

    def __init__(self, reading: Reading, state: Callable[[], int], clock: Clock) -> None:
        """Take what gives a cursor to read with, what tells changes of the file, and the clock `now` is read from."""
        self._reading = reading
        self._state = state
        self._clock = clock
        self._known: tuple[int, list[Source]] = (-1, [])

    def fetch(self, text: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Run SQL and return its columns as arrays.

        Raises:
            InvalidQuery: the SQL does not run.
        """
        with self._reading() as con:
            return run(con, text, parameters)

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        """Give what runs several queries on one state of the store: nobody writes it meanwhile."""
        with self._reading() as con:
            yield Snapshot(con, self._state())

    def sources(self) -> list[Source]:
        """Return all sources, by name; read anew only where the file may have changed since."""
        with self._reading() as con:
            state = self._state()
            if self._known[0] != state:
                rows = con.execute(
                    "SELECT source, jobs, as_of, observed, pulled, watermark FROM source ORDER BY source"
                ).fetchall()
                spans = coverage(con)
                self._known = (
                    state,
                    [
                        Source(
                            name,
                            jobs,
                            aware(as_of),
                            aware(observed),
                            bool(pulled),
                            aware(watermark),
                            tuple(spans.get(name, ())),
                        )
                        for name, jobs, as_of, observed, pulled, watermark in rows
                    ],
                )
        return self._known[1]

    def source(self, name: str | None) -> Source:
        """Return the source that a call means.

        Raises:
            Ambiguous: it names none and there are several.
            NotFound: there is none of that name.
        """
        known = self.sources()
        if name == ALL:
            return _together(known)
        if name is not None:
            for one in known:
                if one.name == name:
                    return one
            msg = f"There is no source {name!r} in this store; it has {_listed(known)}."
            raise NotFound(msg)
        if len(known) > 1:
            msg = (
                f'This store has several sources: {_listed(known)}. Say which one with source=…, or source="*" for all.'
            )
            raise Ambiguous(msg)
        return known[0] if known else Source("local")

    def now(self, source: Source, given: Time | None = None) -> tuple[datetime, str]:
        """Return the now of a source, and what it is: given, the clock's, or that of the newest job."""
        if given is not None:
            return instant(given, name="now"), "as given"
        if source.pulled or source.as_of is None:
            return self._clock(), "the clock"
        return source.as_of, "the newest change of a job in this source"

    def ask(
        self,
        service: str,
        text: str,
        fields: Sequence[Field],
        *,
        source: Source,
        parameters: Mapping[str, Any] | None = None,
        notes: Sequence[str] = (),
        window: Window | None = None,
        now: tuple[datetime, str] | None = None,
    ) -> pd.DataFrame:
        """Run SQL that binds `$source` and more, and return the declared frame with its attrs."""
        bound = {**(parameters or {})}
        if "$source" in text:
            bound["source"] = source.name
        frame = frames.from_columns(self.fetch(text, bound), fields)
        frame.attrs = {
            "service": service,
            "sql": text,
            "parameters": bound,
            "window": {"started": v6_text(window.started), "ended": v6_text(window.ended)} if window else None,
            "zone": "UTC",
            "count": len(frame),
            "source": source.name,
            "jobs": source.jobs,
            "as_of": v6_text(source.as_of),
            "observed": v6_text(source.observed),
            "notes": [*notes, *self._gaps(service, source, window)],
        }
        if source.pulled and source.name != ALL:
            frame.attrs["coverage"] = as_texts(source.spans)
        if now:
            frame.attrs |= {"now": v6_text(now[0]), "now_is": now[1]}
        return frame

    def _gaps(self, service: str, source: Source, window: Window | None) -> Iterator[str]:
        """Yield what is missing of pulled histories that the question needs."""
        for one in self._known[1] if source.name == ALL else [source]:
            note = gap_note(service, one.spans, one.watermark, window) if one.pulled else None
            if note:
                yield note if source.name != ALL else f"{one.name}: {note}"

    def question(
        self,
        question: Question,
        *,
        source: str | Source | None,
        now: tuple[datetime, str] | None = None,
        window: Window | None = None,
        notes: Sequence[str] = (),
        **parameters: Any,
    ) -> pd.DataFrame:
        """Run one of the analyses' questions."""
        meant = source if isinstance(source, Source) else self.source(source)
        return self.ask(
            question.name,
            sql(question.sql),
            question.row.fields,
            source=meant,
            parameters=parameters,
            notes=notes,
            window=window,
            now=now,
        )

    def free(self, query: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
        """Run the reader's own SQL; the frame is as DuckDB gives it, its times in UTC."""
        with self._reading() as con:
            frame, times = run_free(con, query, parameters)
        for name in times:
            frame[name] = frame[name].dt.tz_localize("UTC")
        return frame

    def counts(self, tables: Sequence[str]) -> dict[str, int]:
        """Return how many rows each table has."""
        return {name: self._rows(f"SELECT count(*) FROM {name}")[0][0] for name in tables}

    def _rows(self, text: str) -> list[tuple[Any, ...]]:
        with self._reading() as con:
            return con.execute(text).fetchall()


def run(con: duckdb.DuckDBPyConnection, text: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Run SQL and return its columns; InvalidQuery where it does not run."""
    try:
        return con.execute(text, dict(parameters)).fetchnumpy()
    except (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError) as error:
        msg = f"The SQL does not run: {error}"
        raise InvalidQuery(msg) from error


def run_free(
    con: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any]
) -> tuple[pd.DataFrame, list[str]]:
    """Run any one query that only reads; return its answer, and which columns of it are times without a zone."""
    try:
        kinds = {statement.type for statement in con.extract_statements(query)}
        if not kinds or not kinds <= _READING:
            msg = "sql() takes a query that reads, such as 'FROM job LIMIT 10'. load, forget and prune change a store."
            raise InvalidQuery(msg)
        answer = con.execute(query, dict(parameters))
        times = [name for name, kind, *_ in answer.description or () if str(kind) == "TIMESTAMP"]
        return answer.df(), times
    except duckdb.Error as error:
        msg = f"The SQL does not run: {error}"
        raise InvalidQuery(msg) from error


def _together(known: Sequence[Source]) -> Source:
    return Source(
        ALL,
        sum(one.jobs for one in known),
        max((one.as_of for one in known if one.as_of), default=None),
        max((one.observed for one in known if one.observed), default=None),
        any(one.pulled for one in known),
    )


def _listed(known: Sequence[Source]) -> str:
    return ", ".join(repr(one.name) for one in known) or "none: load something first"
