"""What the server knows: the rows of one source of a store, job types and errors kept while the store stays the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jobtype_toolkit import hints
from jobtype_toolkit.api.resources import ERROR
from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.queries.reader import ALL, Session, Source
from jobtype_toolkit.server.bodies import BASE, EMBEDDED_ERROR, Embed, flat_body, with_extra
from jobtype_toolkit.server.releases import Release
from jobtype_toolkit.sqlfiles import sql
from jobtype_toolkit.store.store import Store


@dataclass(frozen=True)
class Known:
    """The job types and errors of a source, by id; rows as the store has them, and as bodies."""

    state: int
    types: Mapping[int, dict[str, Any]]
    errors: Mapping[int, dict[str, Any]]
    bases: Mapping[int, dict[str, Any]]
    """The job types inside other bodies."""
    error_bodies: Mapping[int, dict[str, Any]]
    analysis_bases: Mapping[int, dict[str, Any]] = field(default_factory=dict)
    """The same inside status, pending, running, failures and the queue, which lack some keys in older releases."""

    def type_ids(self, matches: Callable[[Mapping[str, Any]], bool]) -> list[int]:
        """Return the ids of the job types that match."""
        return [id for id, row in self.types.items() if matches(row)]

    def error_ids(self, matches: Callable[[Mapping[str, Any]], bool]) -> list[int]:
        """Return the ids of the errors that match."""
        return [id for id, row in self.errors.items() if matches(row)]

    @property
    def embed(self) -> dict[str, Embed]:
        """What gives the objects inside jobs, executions and revisions."""
        return {"job_type": self.bases.get, "error": self.error_bodies.get}


class Data:
    """Reads one source of a store."""

    def __init__(self, store: Store, source: str | None, release: Release) -> None:
        """Take the store and which of its sources is served.

        Raises:
            InvalidParameter: all sources are named.
            Ambiguous: the store has several sources, and none is named.
            NotFound: there is none of that name.
        """
        if source == ALL:
            msg = f"{hints.argument('source', ALL)} cannot be served: a server has one set of ids. Name one source of the store."
            raise InvalidParameter(msg)
        self.store = store
        self._reader = store.reader
        self._wanted = source
        self._release = release
        self._known: Known | None = None
        self._reader.source(source)

    @property
    def source(self) -> Source:
        """What the store knows of the source."""
        return self._reader.source(self._wanted)

    @property
    def now(self) -> datetime:
        """The present of the source, as its analyses have it."""
        return self._reader.scope(self._wanted).now

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Give one state of the source to read."""
        name = self.source.name
        with self._reader.session() as snapshot:
            known = self._known
            if known is None or known.state != snapshot.state:
                self._known = known = _known(snapshot, name, self._release)
            yield Reading(snapshot, name, known)


@dataclass(frozen=True)
class Reading:
    """One state of a source."""

    snapshot: Session
    source: str
    known: Known

    def ask(self, query: str, bound: Mapping[str, Any], /, **fragments: str) -> list[dict[str, Any]]:
        """Run `server/sql/<query>.sql` on the source."""
        return self.snapshot.rows(sql(f"server/{query}", **fragments), {**bound, "source": self.source})


def _known(snapshot: Session, source: str, release: Release) -> Known:
    types = {row["id"]: row for row in snapshot.rows(sql("server/job_types"), {"source": source})}
    errors = {row["id"]: row for row in snapshot.rows(sql("server/errors"), {"source": source})}
    bases = {id: flat_body(row, BASE) for id, row in types.items()}
    return Known(
        snapshot.state,
        types,
        errors,
        bases,
        {id: flat_body(row, EMBEDDED_ERROR) for id, row in errors.items()},
        {id: release.based(body) for id, body in bases.items()},
    )


def error_body(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole body of an error."""
    return with_extra(flat_body(row, ERROR.fields), row["extra"])
