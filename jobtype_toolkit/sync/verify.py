"""Whether all jobs that the server counts are here: what stands in between can answer wrongly and still look right.

A page from somebody's cache, or an empty one, leaves a stretch that passes for complete. v6's `count` shows it; where a count
alone is wrong, reading a stretch again changes nothing, and it is not asked further.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jobtype_toolkit import hints
from jobtype_toolkit.api.intervals import BEGINNING, Span
from jobtype_toolkit.api.times import naive_utc
from jobtype_toolkit.live.paging import TICK
from jobtype_toolkit.sync.reader import Reader
from jobtype_toolkit.sync.sink import Sink

_LEAST = 1e-3
"""Seconds of a stretch that is not halved any more."""


@dataclass(frozen=True, slots=True)
class Verification:
    """Compares how many jobs server and store have in stretches of time."""

    reader: Reader
    sink: Sink
    enough: int
    """A stretch with so few jobs is not halved any more."""

    def run(self, span: Span, again: Callable[[Span], None]) -> str | None:
        """Read the stretches again in which the server has more jobs, the newest first; return what to say of it."""
        if self._missing(span)[0] <= 0:
            return None
        found = 0
        if span[0] == BEGINNING:
            span = (self.reader.oldest_job() or BEGINNING, span[1])
        for one in self._short(span):
            before = self._missing(one)[0]
            again(one)
            after = self._missing(one)[0]
            found += before - max(after, 0)
            if after > 0:
                return (
                    f"The server counts {hints.counted(after, 'more job')} from {one[0]} to {one[1]} than it gives. Are there rejected rows "
                    f"({hints.call('store.rejects()')}), or does something in between change its answers?"
                )
        return (
            f"{hints.counted(found, 'job')} had been left out by earlier answers of the server, and {'was' if found == 1 else 'were'} read again."
            if found
            else None
        )

    def _short(self, span: Span) -> Iterator[Span]:
        missing, there = self._missing(span)
        if missing <= 0:
            return
        started, ended = span
        if there <= self.enough or (ended - started).total_seconds() <= _LEAST:
            yield span
            return
        middle = started + (ended - started) / 2
        yield from self._short((middle, ended))
        yield from self._short((started, middle))

    def _missing(self, span: Span) -> tuple[int, int]:
        """Return how many jobs more the server has in a stretch than the store, and how many it has."""
        started, ended = span
        there = self.reader.count_jobs(None if started == BEGINNING else started, ended - TICK)
        ((here,),) = self.sink.ask("sync/pull.count", started=naive_utc(started), ended=naive_utc(ended))
        return there - int(here), there
