"""Which stretches of a pulled history are complete, and what that means for a question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from jobtype_toolkit.api.intervals import BEGINNING, END, Span, holds, union
from jobtype_toolkit.api.services import History
from jobtype_toolkit.api.times import Window, v6_text


def complete_spans(rows: Iterable[Mapping[str, Any]]) -> Mapping[str, list[Span]]:
    """Return the stretches of every pulled source that are complete, from the rows of `coverage`."""
    found: dict[str, list[Span]] = {}
    for row in rows:
        span = (aware(row["started"]) or BEGINNING, aware(row["ended"]) or END)
        found.setdefault(row["source"], []).append(span)
    return {source: union(spans) for source, spans in found.items()}


def aware(moment: datetime | None) -> datetime | None:
    """Return an instant of the store with its zone, which is UTC."""
    return None if moment is None else moment.replace(tzinfo=UTC)


def described(spans: Sequence[Span]) -> str:
    """Return which part of the history is complete, in words."""
    if not spans:
        return "no part of the history is complete yet"
    started, ended = spans[-1]
    more = len(spans) - 1
    before = f", and in {more} earlier {'stretches' if more > 1 else 'stretch'}" if more else ""
    since = "the beginning" if started == BEGINNING else _second(started)
    return f"the pulled history is complete only from {since} to {_second(ended)}{before}"


def _second(moment: datetime) -> str:
    """Return an instant to the second, for a reader."""
    return v6_text(moment.replace(microsecond=0)) or ""


def as_texts(spans: Sequence[Span]) -> list[list[str | None]]:
    """Return stretches as pairs of v6's times; None is the beginning."""
    return [[None if one == BEGINNING else v6_text(one), v6_text(end)] for one, end in spans]


def gap_note(history: History, spans: Sequence[Span], until: datetime | None, window: Window | None) -> str | None:
    """Return what to say if a question needs more of a history than is complete; None if it does not.

    Jobs are covered by their last_modified, which is not before their last_status_change: what is complete since an instant
    is complete for all windows that begin there.
    """
    if history == "none":
        return None
    started = window.started if window and history != "all" else None
    needed = (started or BEGINNING, max(until or BEGINNING, started or BEGINNING))
    if not holds(spans, needed) or (until is None and not spans):
        return f"{described(spans)}; jobs that changed at other times may be missing"
    if history == "window and running" and not holds(spans, (BEGINNING, until or BEGINNING)):
        return f"{described(spans)}; RUNNING jobs that changed before may be missing"
    return None
