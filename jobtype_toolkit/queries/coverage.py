"""Which stretches of a pulled history are complete, and what that means for a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import duckdb

from jobtype_toolkit.api.intervals import BEGINNING, END, Span, holds, union
from jobtype_toolkit.api.times import Window, v6_text

_OPEN_JOBS = frozenset({"pending", "running", "queue_status", "system_failures"})
"""Questions about jobs whatever their age."""
_WINDOWED = frozenset({"status", "failures", "jobs"})


def covered(con: duckdb.DuckDBPyConnection, source: str) -> list[Span]:
    """Return the stretches of a source's history that are complete."""
    return coverage(con).get(source, [])


def coverage(con: duckdb.DuckDBPyConnection) -> Mapping[str, list[Span]]:
    """Return the stretches of every pulled source that are complete."""
    found: dict[str, list[Span]] = {}
    for source, started, ended in con.execute("SELECT source, started, ended FROM coverage").fetchall():
        found.setdefault(source, []).append((aware(started) or BEGINNING, aware(ended) or END))
    return {source: union(spans) for source, spans in found.items()}


def aware(moment: datetime | None) -> datetime | None:
    """Return an instant of the store with its zone, which is UTC."""
    return None if moment is None else moment.replace(tzinfo=UTC)


def told(spans: Sequence[Span]) -> str:
    """Return stretches in words: the newest of them, and how many more there are."""
    if not spans:
        return "nowhere"
    started, ended = spans[-1]
    more = len(spans) - 1
    before = f", and in {more} {'stretches' if more > 1 else 'stretch'} before" if more else ""
    return f"from {'the beginning' if started == BEGINNING else _second(started)} to {_second(ended)}{before}"


def _second(moment: datetime) -> str:
    """Return an instant to the second, for a reader."""
    return v6_text(moment.replace(microsecond=0)) or ""


def as_texts(spans: Sequence[Span]) -> list[list[str | None]]:
    """Return stretches as pairs of v6's times; None is the beginning."""
    return [[None if one == BEGINNING else v6_text(one), v6_text(end)] for one, end in spans]


def gap_note(service: str, spans: Sequence[Span], until: datetime | None, window: Window | None) -> str | None:
    """Return what to say where a question needs more than is complete; None where it does not.

    Jobs are covered by their last_modified, which is not before their last_status_change: what is complete since an instant
    is complete for all windows that begin there.
    """
    if service not in _OPEN_JOBS | _WINDOWED:
        return None
    started = window.started if window and service in _WINDOWED else None
    needed = (started or BEGINNING, max(until or BEGINNING, started or BEGINNING))
    if not holds(spans, needed) or (until is None and not spans):
        return (
            f"the pulled history is complete only {told(spans)}: jobs that changed at other times may be missing here"
        )
    if service == "status" and not holds(spans, (BEGINNING, until or BEGINNING)):
        return (
            f"the pulled history is complete only {told(spans)}: RUNNING jobs that changed before may be missing here"
        )
    return None
