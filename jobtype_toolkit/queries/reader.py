"""Reading a history by SQL: which source, which present, and what a frame tells of both. The engine is a protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import pandas as pd

from jobtype_toolkit import frames, provenance
from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.intervals import Span
from jobtype_toolkit.api.times import Clock, Time, instant, v6_text
from jobtype_toolkit.backend import Query, Scope
from jobtype_toolkit.errors import Ambiguous, NotFound
from jobtype_toolkit.queries.coverage import as_texts, aware, complete_spans, gap_note
from jobtype_toolkit.sqlfiles import sql

ALL = "*"
"""The source that means all of them."""


class Session(Protocol):
    """A history that nobody changes while it is asked. Times are naive in UTC, JSON is text.

    Both calls raise InvalidQuery if the SQL does not run.
    """

    state: int
    """Grows with whatever may have changed the history; while it stays, what was read stays true."""

    def columns(self, text: str, parameters: Mapping[str, Any]) -> Mapping[str, np.ndarray]:
        """Run SQL and return its columns."""

    def rows(self, text: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run SQL and return its rows as plain values."""


class Engine(Protocol):
    """What runs the SQL: DuckDB on a store's file, or another engine on a lake."""

    def session(self) -> AbstractContextManager[Session]:
        """Give a session to read with."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a history knows of one source, or of all together."""

    name: str
    jobs: int = 0
    as_of: datetime | None = None
    observed: datetime | None = None
    pulled: bool = False
    watermark: datetime | None = None
    spans: tuple[Span, ...] = ()
    """The stretches of its history that are complete, if it is pulled."""
    parts: tuple[Source, ...] = ()
    """The sources of which it is made, if it is all of them."""


class Reader:
    """Answers questions by SQL on an engine, and tells each frame where it comes from."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        """Take the engine, and the clock that `now` is read from."""
        self._engine = engine
        self._clock = clock
        self._known: tuple[int, list[Source]] = (-1, [])

    def session(self) -> AbstractContextManager[Session]:
        """Give what runs several queries on one state of the history."""
        return self._engine.session()

    def fetch(self, text: str, parameters: Mapping[str, Any]) -> Mapping[str, np.ndarray]:
        """Run SQL and return its columns."""
        with self._engine.session() as session:
            return session.columns(text, parameters)

    def sources(self) -> list[Source]:
        """Return all sources, by name; read again only if the history may have changed since."""
        with self._engine.session() as session:
            if self._known[0] != session.state:
                spans = complete_spans(session.rows(sql("queries/sources.coverage"), {}))
                rows = session.rows(sql("queries/sources.all"), {})
                self._known = (session.state, [_source(row, spans) for row in rows])
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

    def scope(self, name: str | None, now: Time | None = None) -> Scope:
        """Return the source that a call means, and its present: given, the clock's, or that of the newest job."""
        source = self.source(name)
        return Scope(source.name, f"in the source {source.name!r}", lambda: self._present(source, now), known=source)

    def _present(self, source: Source, given: Time | None) -> tuple[datetime, str]:
        if given is not None:
            return instant(given, name="now"), "as given"
        if source.pulled or source.as_of is None:
            return self._clock(), "the clock"
        return source.as_of, "the newest change of a job in this source"

    def answer(
        self,
        query: Query,
        text: str,
        parameters: Mapping[str, Any],
        *,
        fields: Sequence[Field] | None = None,
        notes: Sequence[str] = (),
    ) -> pd.DataFrame:
        """Run the SQL of a question and return the declared frame with its attrs; `$source` is bound here."""
        source: Source = query.scope.known
        bound = {**parameters, **({"source": source.name} if "$source" in text else {})}
        frame = frames.from_columns(self.fetch(text, bound), query.service.row.fields if fields is None else fields)
        frame.attrs |= provenance.attrs(
            query,
            count=len(frame),
            parameters=bound,
            notes=[*notes, *_gaps(query, source)],
            sql=text,
            jobs=source.jobs,
            as_of=v6_text(source.as_of),
            observed=v6_text(source.observed),
        )
        if source.pulled and source.name != ALL:
            frame.attrs["coverage"] = as_texts(source.spans)
        return frame


def plain(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Return filters as they are bound: instants as v6 writes them."""
    return {name: v6_text(value) if isinstance(value, datetime) else value for name, value in filters.items()}


def _gaps(query: Query, source: Source) -> Iterator[str]:
    """Yield what is missing of pulled histories that the question needs."""
    for one in source.parts if source.name == ALL else (source,):
        note = gap_note(query.service.history, one.spans, one.watermark, query.window) if one.pulled else None
        if note:
            yield note if source.name != ALL else f"{one.name}: {note}"


def _source(row: Mapping[str, Any], spans: Mapping[str, Sequence[Span]]) -> Source:
    return Source(
        row["source"],
        row["jobs"],
        aware(row["as_of"]),
        aware(row["observed"]),
        bool(row["pulled"]),
        aware(row["watermark"]),
        tuple(spans.get(row["source"], ())),
    )


def _together(known: Sequence[Source]) -> Source:
    return Source(
        ALL,
        sum(one.jobs for one in known),
        max((one.as_of for one in known if one.as_of), default=None),
        max((one.observed for one in known if one.observed), default=None),
        any(one.pulled for one in known),
        parts=tuple(known),
    )


def _listed(known: Sequence[Source]) -> str:
    return ", ".join(repr(one.name) for one in known) or "none: load something first"
