"""Which stretch of time to fetch next: the newest that is missing, cut so that it holds about so many jobs."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

from jobtype_toolkit.api.intervals import Span, union

_LEAST = timedelta(milliseconds=1)
_LONGEST = timedelta(days=36525)
_GROWTH = 8
"""How many times longer than the one before a stretch may be."""


class Ranges:
    """The missing stretches, shared by the workers. What a worker was given and does not give back is its own."""

    def __init__(self, gaps: Iterable[Span], *, rows: int, target: int, least: int = 1, workers: int = 1) -> None:
        """Take the gaps, how many jobs there are in all of them, and how many a stretch should hold.

        Towards the end stretches become shorter, down to `least` jobs, so that all workers have something to do until then.
        """
        self._lock = threading.Condition()
        self._busy = 0
        self._gaps = union(gaps)
        self._target = target
        self._least = least
        self._workers = workers
        seconds = sum((ended - started).total_seconds() for started, ended in self._gaps)
        self._rate = rows / seconds if seconds else 0.0
        self._length = _LONGEST

    def take(self) -> Span | None:
        """Return the newest stretch that is missing; None where nothing is left, nor will be given back. Ends with `done`."""
        with self._lock:
            self._lock.wait_for(lambda: self._gaps or not self._busy)
            if not self._gaps:
                return None
            self._busy += 1
            length = self._span()
            started, ended = self._gaps.pop()
            if ended - started > length + _LEAST:
                self._gaps.append((started, ended - length))
                started = ended - length
            return started, ended

    def done(self) -> None:
        """Tell that what was taken is dealt with."""
        with self._lock:
            self._busy -= 1
            self._lock.notify_all()

    def give_back(self, span: Span) -> None:
        """Return a part of a stretch that turned out to hold too many jobs."""
        with self._lock:
            self._gaps = union([*self._gaps, span])
            self._lock.notify_all()

    def learn(self, span: Span, rows: int) -> None:
        """Note how many jobs a stretch holds, for the size of the next ones."""
        seconds = (span[1] - span[0]).total_seconds()
        with self._lock:
            self._length = span[1] - span[0]
            self._rate = rows / seconds if seconds > 0 else self._rate

    def cut(self, started: datetime, ended: datetime, rows: int) -> datetime:
        """Return until when of a stretch with so many jobs to go on, as if they were spread evenly."""
        return started + (ended - started) * min(self._target / max(rows, 1), 1.0)

    def _span(self) -> timedelta:
        """Return how long a stretch should be, by what the last one held."""
        most = min(self._length, _LONGEST) * _GROWTH
        wanted = timedelta(seconds=min(self._rows() / self._rate, _LONGEST.total_seconds())) if self._rate else most
        return max(min(wanted, most), _LEAST)

    def _rows(self) -> float:
        """Return how many jobs the next stretch should hold."""
        left = self._rate * sum((ended - started).total_seconds() for started, ended in self._gaps)
        return min(self._target, max(left / self._workers, self._least))
