"""A backend whose history is asked by SQL: which source, which present, which SQL. What runs the SQL is a protocol."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Protocol

import numpy as np
import pandas as pd

from jobtype_toolkit import frames, hints
from jobtype_toolkit.analyses.question import Named, Question
from jobtype_toolkit.analyses.questions import Analyses
from jobtype_toolkit.api.arguments import DURATION, check_page
from jobtype_toolkit.api.fields import Field
from jobtype_toolkit.api.intervals import END, Span
from jobtype_toolkit.api.resources import SOURCE, STATUSES
from jobtype_toolkit.api.services import Order
from jobtype_toolkit.api.times import Clock, Time, Window, instant, v6_text
from jobtype_toolkit.api.versions import rank
from jobtype_toolkit.backend import Backend, Query, Scope, refuse_reversed
from jobtype_toolkit.errors import Ambiguous, NotFound
from jobtype_toolkit.hints import counted
from jobtype_toolkit.queries import job_types
from jobtype_toolkit.queries.coverage import as_texts, aware, complete_spans, gap_note
from jobtype_toolkit.sqlfiles import quoted, sql

_PLACE = re.compile(r"\$(\w+)")
_UNDATED = ("status", "pending")
"""The services that tell of PENDING jobs that never changed status: theirs is v6's answer, which leaves them out in two ways."""
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

    def session(self, window: Window | None = None) -> AbstractContextManager[Session]:
        """Give a session to read with; of a window, jobs that are not over or changed status in it are all that is needed."""


NEVER = Window(END, None)
"""A window in which no job changed."""


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
    timeless: int = 0
    """How many of its jobs have no last_status_change, though they are not PENDING: no window counts them."""
    undated: int = 0
    """How many of its PENDING jobs have no last_status_change, as v6 leaves it out until a status changes (D29)."""
    undated_since: datetime | None = None
    """When the oldest of those was created."""
    parts: tuple[Source, ...] = ()
    """The sources of which it is made, if it is all of them."""


class Reader:
    """Answers questions by SQL on an engine, and tells each frame where it comes from."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        """Take the engine, and the clock that `now` is read from."""
        self._engine = engine
        self._clock = clock
        self._known: tuple[int, list[Source]] = (-1, [])
        self.default: str | None = None
        """The source that a call means which names none; None for the only one there is."""

    def session(self) -> AbstractContextManager[Session]:
        """Give what runs several queries on one state of the history."""
        return self._engine.session()

    def fetch(self, text: str, parameters: Mapping[str, Any], window: Window | None = None) -> Mapping[str, np.ndarray]:
        """Run SQL and return its columns; a window says which jobs it needs at most."""
        with self._engine.session(window) as session:
            return session.columns(text, parameters)

    def sources(self) -> list[Source]:
        """Return all sources, by name; read again only if the history may have changed since."""
        with self._engine.session(NEVER) as session:  # besides counts, only jobs without a time are read
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
        name = self.default if name is None else name
        if name == ALL:
            return _together(known)
        if name is not None:
            for one in known:
                if one.name == name:
                    return one
            msg = f"There is no source {name!r} in this store; it has {_listed(known)}."
            raise NotFound(msg)
        if len(known) > 1:
            msg = f"This store has several sources: {_listed(known)}. Say which one with {hints.argument('source')}"
            msg += hints.either(' or store.source = …; "*" means all.', "; '*' means all.")
            raise Ambiguous(msg)
        return known[0] if known else Source("local")

    def scope(self, name: str | None, now: Time | None = None) -> Scope:
        """Return the source that a call means, and its present: given, the clock's, or that of the newest job."""
        source = self.source(name)
        return Scope(source.name, f"in the source {source.name!r}", lambda: self._present(source, now), known=source)

    def scope_until(self, name: str | None, now: Time | None = None) -> Scope:
        """Return the scope of a question that ends before its present, which comes just after the newest job then."""
        scope = self.scope(name, now)
        known: Source = scope.known
        if now is not None or known.pulled or known.as_of is None:
            return scope
        after = known.as_of + timedelta(microseconds=1)
        return replace(scope, present=lambda: (after, "just after the newest change of a job in this source"))

    def _present(self, source: Source, given: Time | None) -> tuple[datetime, str]:
        if given is not None:
            return instant(given, name="now"), "as given"
        if source.pulled or source.as_of is None:
            return self._clock(), "the clock"
        return source.as_of, "the newest change of a job in this source"

    def answer(
        self,
        query: Query,
        text: str = "",
        *,
        fields: Sequence[Field] | None = None,
        part: Mapping[str, int] | None = None,
    ) -> pd.DataFrame:
        """Return the declared frame with its attrs: the answer of the question's own SQL, or of a text in its place."""
        source: Source = query.scope.known
        text = text or sql(query.service.sql)
        bound = {**_bound(query, text), **(part or {})}
        declared = query.service.row.fields if fields is None else fields
        columns = self.fetch(text, bound, _needed(query))
        if source.name == ALL and "source" in columns and fields is None:
            declared = (SOURCE, *declared)
        frame = frames.from_columns(columns, declared)
        frame.attrs |= query.attrs(
            count=len(frame),
            parameters=bound,
            notes=tuple(_gaps(query, source)),
            sql=text,
            jobs=source.jobs,
            as_of=v6_text(source.as_of),
            observed=v6_text(source.observed),
        )
        if source.pulled and source.name != ALL:
            frame.attrs["coverage"] = as_texts(source.spans)
        return frame

    def jobs(self, query: Query) -> pd.DataFrame:
        """Return the page or the first rows asked for, or all; `attrs["count"]` is the number of all that match."""
        matching, order = sql("queries/jobs.matching"), _order_sql(query.order)
        if not query.page and not query.limit:
            return self.answer(query, sql("queries/jobs.page", matching=matching, order=order, part=""))
        counting = sql("queries/jobs.count", matching=matching)
        count = int(self.fetch(counting, _bound(query, counting))["n"][0])
        if query.page:
            check_page(query.page, count)
            number, size = query.page
            part = {"limit": min(size, query.limit or size), "offset": (number - 1) * size}
        else:
            part = {"limit": min(query.limit or count, count), "offset": 0}
        text = sql("queries/jobs.page", matching=matching, order=order, part=sql("queries/jobs.part").rstrip())
        frame = self.answer(query, text, part=part)
        frame.attrs["count"] = count
        return frame


class SqlBackend(Backend):
    """A history in tables; `reader` runs the SQL."""

    reader: Reader

    @property
    def analyses(self) -> Analyses:
        """Questions beyond the v6 services, one method each."""
        return Analyses(self._analysed)

    def _scope(self, source: str | None, now: Time | None = None, times: Sequence[Time | None] = ()) -> Scope:  # noqa: ARG002
        return self.reader.scope(source, now)

    def _answer(self, query: Query) -> pd.DataFrame:
        if query.service.is_long:
            return self.reader.jobs(query)
        if query.service.is_searched:
            return job_types.matching(
                self.reader.answer(query, sql("queries/job_types"), fields=job_types.FIELDS), query
            )
        return self.reader.answer(query)

    def _details(self, query: Query) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        text = sql(query.service.sql)
        columns = self.reader.fetch(text, _bound(query, text))
        if not len(columns["id"]):
            raise NotFound
        extra = columns["extra"][0]
        values = frames.first(frames.from_columns(columns, query.service.row.fields))
        return values, json.loads(extra) if isinstance(extra, str) else {}

    _at_hand = frozenset({"status", "job_type_name"})

    def _values(self, name: str, scope: Scope) -> Collection[str]:
        found = {str(one) for one in self.reader.fetch(sql(f"queries/known.{name}"), {"source": scope.source})["value"]}
        return {*found, *STATUSES} if name == "status" else found

    def _analysed(self, question: Question, given: Mapping[str, Any]) -> pd.DataFrame:
        """Answer a question beyond the v6 services."""
        filters = question.given({name: value for name, value in given.items() if name not in ("now", "source")})
        now, source = given.get("now"), given.get("source")
        scope = self.reader.scope_until(source, now) if question.is_half_open else None
        query = self._ask(question, filters, now=now, source=source, scope=scope)
        if question.is_half_open:
            query = _until_now(query)
        query = replace(query, filters=question.bound(query))
        refuse_reversed(query.window, filters.get("started") or filters.get("since"), filters.get("ended") or now)
        text = sql(question.sql, **question.fragments(query.filters))
        frame = self.reader.answer(query, text, fields=(SOURCE, *question.fields_of_sql(query.filters)))
        same = {"source": source, "now": query.scope.now} if question.is_windowed else {}
        others = {name: getattr(self.analyses, name)(**same, **asked) for name, asked in question.others(query).items()}
        frame = question.join(frame, query, others)
        self._refuse_typos(query, frame, name="job_type_name", error_name="error_name", node="node")
        self._refuse_missing(query, frame, question.named)
        return _finished(frame, query, question)

    def _refuse_missing(self, query: Query, frame: pd.DataFrame, named: Named | None) -> None:
        """Raise NotFound for a version or a revision that is not there; a history without the job type is merely empty."""
        given = [query.filters[one] for one in (named.revisions or named.versions)] if named else []
        if not named or {str(one) for one in given if one is not None} <= {*frame[named.column]}:
            return
        bound = {"source": query.scope.source, "name": query.filters["name"]}
        found = self.reader.fetch(sql("queries/known.revisions"), bound, NEVER)
        known = {str(name): int(newest) for name, newest in zip(found["version"], found["revision_num"], strict=True)}
        for one in named.versions if known else ():
            version = query.filters[one]
            if version is not None and version not in known:
                raise NotFound(_no_version(query, version, known))
        newest = known.get(query.filters["version"], 0) if named.revisions else 0
        for number in given if newest else ():
            if not 1 <= number <= newest:
                name, version = query.filters["name"], query.filters["version"]
                msg = self._no_job_type(name, version, query.scope, revision_num=number)
                msg += " It has revision 1 only." if newest == 1 else f" It has revisions 1 to {newest}."
                raise NotFound(msg)


def _no_version(query: Query, version: str, known: Mapping[str, int]) -> str:
    listed = f" It has {', '.join(sorted(known, key=rank, reverse=True))}."
    meant = hints.did_you_mean(version, known) or listed
    return f"There is no version {version!r} of the job type {query.filters['name']!r} {query.scope.place}.{meant}"


def _until_now(query: Query) -> Query:
    """Return the query with a window that ends now, if it does not end before."""
    ended = query.filters.get("ended")
    return replace(query, filters={**query.filters, "ended": min(ended or query.scope.now, query.scope.now)})


def _finished(frame: pd.DataFrame, query: Query, question: Question) -> pd.DataFrame:
    """Return what a question makes of the frame that its SQL gave, with the declared columns."""
    fields = question.fields(query.filters)
    if query.scope.source == ALL:
        fields = (SOURCE, *fields)
    told, frame.attrs = frame.attrs, {"notes": frame.attrs["notes"]}  # pandas copies them deeply at each step
    made = question.finish(frame, query)
    attrs = {**told, **frame.attrs, **made.attrs, "count": len(made)}
    made = frames.declared(made, fields)
    made.attrs = attrs
    return made


def _order_sql(keys: Order) -> str:
    """Return ORDER BY terms from names that were checked against the vocabulary; nulls as PostgreSQL has them."""
    named = [
        f"{'ended - started' if name == DURATION else quoted(name)} {'ASC NULLS LAST' if up else 'DESC NULLS FIRST'}"
        for name, up in keys
    ]
    return ", ".join([*named, '"last_modified" ASC NULLS LAST', '"id"', '"source"'])


def _needed(query: Query) -> Window | None:
    """Return the window that a question needs jobs of, as it is declared; None if it may need all of history."""
    is_narrow = query.service.history.startswith("window") and not query.service.is_about_changes
    return query.window if is_narrow else None


def _bound(query: Query, text: str) -> dict[str, Any]:
    """Return what a text binds: the filters, instants as v6 writes them, the service's constants, and the source."""
    places = _places(text)
    values = {**query.filters, **query.service.constants, "source": query.scope.source}
    if "now" in places:
        values["now"] = query.scope.now
    return {name: _plain(values[name]) for name in places if name in values}


@cache
def _places(text: str) -> frozenset[str]:
    """Return the names of the `$name` places in a text."""
    return frozenset(_PLACE.findall(text))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return v6_text(value)
    return list(value) if isinstance(value, tuple) else value


def _gaps(query: Query, source: Source) -> Iterator[str]:
    """Yield what the question needs and the history lacks: jobs without a time first, then stretches that were not pulled."""
    if source.timeless and query.window is not None and not query.service.is_about_changes:
        yield f"{counted(source.timeless, 'row has', 'rows have')} no last_status_change, so that no window counts {'it' if source.timeless == 1 else 'them'}"
    if source.undated and query.service.name in _UNDATED:
        are = source.undated > 1
        since = (
            f", {'the oldest ' if are else ''}created {source.undated_since:%Y-%m-%d %H:%M} UTC,"
            if source.undated_since
            else ""
        )
        yield (
            f"{counted(source.undated, 'PENDING job')}{since} {'have' if are else 'has'} no last_status_change (D29 in docs/v6.md): `pending` "
            f"counts {'them, but they are' if are else 'it, but it is'} in no window and not in longest_pending"
        )
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
        int(row["timeless"]),
        int(row["undated"]),
        aware(row["undated_since"]),
    )


def _together(known: Sequence[Source]) -> Source:
    return Source(
        ALL,
        sum(one.jobs for one in known),
        max((one.as_of for one in known if one.as_of), default=None),
        max((one.observed for one in known if one.observed), default=None),
        any(one.pulled for one in known),
        undated=sum(one.undated for one in known),
        undated_since=min((one.undated_since for one in known if one.undated_since), default=None),
        parts=tuple(known),
    )


def _listed(known: Sequence[Source]) -> str:
    return ", ".join(repr(one.name) for one in known) or "none: load something first"
