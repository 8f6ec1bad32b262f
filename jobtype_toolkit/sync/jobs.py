"""Jobs: a few workers walk the missing stretches, newest first; a single writer commits what they fetch.

Rows are read by key, so that none is skipped while others move; what changes meanwhile is
read in the end, in one walk over everything that was modified since the pull began.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jobtype_toolkit.api.intervals import BEGINNING, END, Span, minus, union
from jobtype_toolkit.errors import ServerFailed
from jobtype_toolkit.live.http import Http
from jobtype_toolkit.live.paging import KeysetPage, LeftOut, by_key, following, last_modified, newest_page
from jobtype_toolkit.sync.sink import Sink
from jobtype_toolkit.sync.spool import Spool, Spooled

BATCH = 20_000
"""How many jobs go into the store at once: a batch has fixed costs, and nobody can read while it goes in."""
SLICE = 32
"""How many pages a stretch should hold that one worker walks."""
_WAITING = 8
"""How many pages of each worker may wait in memory while a batch goes into the store."""
_TURN = 0.5
"""Seconds after which a worker that waits looks whether anybody is still there."""
_TOO_MANY = 2
"""A stretch that holds this many times more jobs than it should is shared."""
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
        seconds = _seconds(self._gaps)
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
        """Return from when on a stretch with that many jobs is to be read now, as if they were spread evenly."""
        return ended - (ended - started) * min(self._target / max(rows, 1), 1.0)

    def _span(self) -> timedelta:
        """Return how long a stretch should be, by what the last one held."""
        most = min(self._length, _LONGEST) * _GROWTH
        wanted = timedelta(seconds=min(self._rows() / self._rate, _LONGEST.total_seconds())) if self._rate else most
        return max(min(wanted, most), _LEAST)

    def _rows(self) -> float:
        """Return how many jobs the next stretch should hold."""
        left = self._rate * sum((ended - started).total_seconds() for started, ended in self._gaps)
        return min(self._target, max(left / self._workers, self._least))


@dataclass(frozen=True, slots=True)
class Fetch:
    """How jobs are fetched."""

    http: Http
    spool: Spool
    sink: Sink
    page_size: int
    workers: int
    seen: Callable[[int], None]
    """Told of each page's rows."""
    budget: Budget
    left_out: LeftOut

    @property
    def depth(self) -> int:
        """How many pages a stretch should hold: with few of them allowed, the newest jobs must not wait for the last."""
        left = self.budget.left
        return SLICE if left is None else max(min(SLICE, left // (2 * self.workers)), 2)


class Budget:
    """How many pages of jobs may be asked for."""

    def __init__(self, most: int | None) -> None:
        """Take the number; None is no limit."""
        self._left = most
        self._lock = threading.Lock()
        self.is_spent = False
        """Whether something was left undone for it."""

    @property
    def left(self) -> int | None:
        """How many there are still; None without a limit."""
        with self._lock:
            return None if self._left is None else max(self._left, 0)

    def spend(self) -> bool:
        """Take one; False where none is left."""
        with self._lock:
            if self._left is None:
                return True
            self._left -= 1
            self.is_spent = self.is_spent or self._left < 0
            return self._left >= 0


class _Spent(Exception):
    """There is no page left in the budget."""


@dataclass(frozen=True, slots=True)
class _Budgeted:
    """A server of which no more is asked than the budget allows."""

    http: Http
    budget: Budget

    def get(self, *asked: Any, **how: Any) -> Any:
        if not self.budget.spend():
            raise _Spent
        return self.http.get(*asked, **how)


def fill(fetch: Fetch, gaps: list[Span], rows: int) -> None:
    """Fetch the missing stretches, the newest page first, then with several workers; `rows` are the jobs since the first began.

    Raises:
        ToolkitError: whatever stopped a worker; what was fetched until then is in the store.
    """
    size = fetch.page_size
    whole = _seconds([(gaps[0][0], gaps[-1][1])]) if gaps else 0.0
    head = _Head(fetch, *gaps[-1]) if gaps and rows > fetch.depth * size else None
    if head:
        _collect(fetch, [head])
        gaps = minus(gaps, [head.read] if head.read else [])
    missing = int(rows * _seconds(gaps) / whole) if whole else rows
    slices = Ranges(
        gaps, rows=missing, target=fetch.depth * size - size // 2, least=2 * size - size // 2, workers=fetch.workers
    )  # half a page less: the last page of a stretch is then neither nearly empty nor one too many
    if head and head.read and head.rows >= size:
        slices.learn(head.read, head.rows)
    _collect(fetch, [_Worker(fetch, slices) for _ in range(fetch.workers)])


def follow(fetch: Fetch, since: datetime, until: datetime) -> None:
    """Fetch what was modified since an instant, in one walk that ends once it is past `until`."""
    _collect(fetch, [_Walk(fetch, since, until)])


@dataclass(frozen=True, slots=True)
class _FetchedPage:
    """A page on its way from a worker to the spool."""

    body: bytes
    span: Span | None
    rows: int


class _Fetcher(threading.Thread):
    """Fetches pages and hands them over; None is the end of it."""

    def __init__(self, fetch: Fetch) -> None:
        super().__init__(name="jobtype-toolkit-pull", daemon=True)
        self._fetch = fetch
        self.stop = threading.Event()
        """No further page is wanted."""
        self.alone = threading.Event()
        """Nobody takes anything any more."""
        self.trouble: BaseException | None = None
        self.brought: queue.Queue[_FetchedPage | None] = queue.Queue()

    def run(self) -> None:
        try:
            for stretch in self.stretches():
                rows, span = stretch.page.rows, _span(stretch)
                if rows or span:
                    self._bring(_FetchedPage(stretch.page.body if rows else b"[]", span, len(rows)))
                if self.stop.is_set():
                    break
        except BaseException as error:  # noqa: BLE001 - raised again by whoever collects
            self.trouble = error
        finally:
            self._bring(None)

    def _bring(self, found: _FetchedPage | None) -> None:
        """Hand a page over; wait while there are enough of them."""
        while not self.alone.is_set():
            with suppress(queue.Full):
                self.brought.put(found, timeout=_TURN)
                return

    def stretches(self) -> Iterator[KeysetPage]:
        raise NotImplementedError

    def walk(self, started: datetime, ended: datetime) -> Iterator[KeysetPage]:
        """Walk a stretch, as far as the budget goes."""
        http: Any = _Budgeted(self._fetch.http, self._fetch.budget)
        with suppress(_Spent):
            yield from by_key(
                http,
                started=None if started == BEGINNING else started,
                ended=None if ended == END else ended,
                size=self._fetch.page_size,
                left_out=self._fetch.left_out,
            )


class _Head(_Fetcher):
    """Reads the newest page of a stretch, backwards, so that the newest jobs are the first that come."""

    def __init__(self, fetch: Fetch, started: datetime, ended: datetime) -> None:
        super().__init__(fetch)
        self._span = (started, ended)
        self.read: Span | None = None
        """What of the stretch is complete with it."""
        self.rows = 0

    def stretches(self) -> Iterator[KeysetPage]:
        http: Any = _Budgeted(self._fetch.http, self._fetch.budget)
        try:
            found = newest_page(http, None if self._span[0] == BEGINNING else self._span[0], self._fetch.page_size)
        except _Spent:
            return
        except ServerFailed:
            return  # reading by key finds out which job it is
        self.rows = len(found.rows)
        oldest = following(last_modified(found.rows[-1])) if found.rows else None
        since = self._span[0] if not found.has_next else oldest
        if since is not None and since < self._span[1]:
            self.read = (since, self._span[1])
        yield KeysetPage(found, *(self.read or (None, None)))


class _Worker(_Fetcher):
    """Walks one missing stretch after the other."""

    def __init__(self, fetch: Fetch, slices: Ranges) -> None:
        super().__init__(fetch)
        self._slices = slices

    def stretches(self) -> Iterator[KeysetPage]:
        budget = self._fetch.budget
        while not self.stop.is_set() and not budget.is_spent and (span := self._slices.take()) is not None:
            try:
                yield from self._slice(*span)
            finally:
                self._slices.done()

    def _slice(self, started: datetime, ended: datetime) -> Iterator[KeysetPage]:
        """Walk a stretch; where it holds too many jobs, give a part back for others."""
        target = self._fetch.depth * self._fetch.page_size
        while True:
            first = True
            for found in self.walk(started, ended):
                yield found
                if not first:
                    continue
                first = False
                self._slices.learn((started, ended), found.page.count)
                left = found.page.count - len(found.page.rows)
                if found.ended is not None and found.ended < ended and left > _TOO_MANY * target:
                    cut = self._slices.cut(found.ended, ended, left)
                    if found.ended < cut < ended:
                        self._slices.give_back((found.ended, cut))
                        started = cut
                        break
            else:
                return


class _Walk(_Fetcher):
    """Walks from an instant to what was the end when it began."""

    def __init__(self, fetch: Fetch, since: datetime, until: datetime) -> None:
        super().__init__(fetch)
        self._since, self._until = since, until

    def stretches(self) -> Iterator[KeysetPage]:
        for found in self.walk(self._since, END):
            yield found
            if found.ended is not None and found.ended > self._until:
                return


def _collect(fetch: Fetch, fetchers: list[Any]) -> None:
    """Spool what the fetchers bring and take it in batches, until they are done; then raise what stopped any of them."""
    brought: queue.Queue[_FetchedPage | None] = queue.Queue(_WAITING * len(fetchers))
    for one in fetchers:
        one.brought = brought
        one.start()
    held: list[Spooled] = []
    running = len(fetchers)
    try:
        while running:
            found = brought.get()
            if found is None:
                running -= 1
                if any(one.trouble for one in fetchers):
                    _stop(fetchers)
                continue
            held.append(fetch.spool.put(found.body, found.span, found.rows))
            fetch.seen(found.rows)
            if sum(one.rows or 0 for one in held) >= BATCH:
                take(fetch, held)
                held = []
    except BaseException:
        _stop(fetchers)
        for one in fetchers:
            one.alone.set()
        raise
    take(fetch, held)
    for one in fetchers:
        if one.trouble is not None:
            raise one.trouble


def take(fetch: Fetch, held: list[Spooled]) -> None:
    """Bring spooled pages into the store, and remove them."""
    fetch.sink.pages(held)
    fetch.spool.done(held)


def _seconds(spans: Iterable[Span]) -> float:
    return sum((ended - started).total_seconds() for started, ended in spans)


def _stop(fetchers: list[Any]) -> None:
    for one in fetchers:
        one.stop.set()


def _span(stretch: KeysetPage) -> Span | None:
    """Return what is complete with a page; a walk without an end is complete up to its last row."""
    if stretch.ended is None:
        return None
    return (stretch.started or BEGINNING, stretch.ended)
