"""Fetching jobs: a few workers walk the missing stretches, newest first; a single writer commits what the workers fetch.

Rows are read by key, so that none is skipped while others move; what changes meanwhile is
read in the end, in one walk over everything that was modified since the pull began.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jobtype_toolkit.api.intervals import BEGINNING, END, Span
from jobtype_toolkit.sync.ranges import Ranges
from jobtype_toolkit.sync.sink import Sink
from jobtype_toolkit.sync.spool import Spool, Spooled

if TYPE_CHECKING:
    from jobtype_toolkit.live.http import Http
    from jobtype_toolkit.live.paging import KeysetPage

BATCH = 20_000
"""How many jobs go into the store at once: a batch has fixed costs, and nobody can read while it goes in."""
SLICE = 32
"""How many pages a stretch should hold that one worker walks."""
_WAITING = 8
"""How many pages of each worker may wait in memory while a batch goes into the store."""
_TURN = 0.5
"""Seconds after which a worker that waits looks whether anybody is still there."""
_TOO_MANY = 2
"""A stretch with so many times more jobs than it should hold is shared."""


@dataclass(frozen=True, slots=True)
class Fetching:
    """How jobs are fetched."""

    http: Http
    spool: Spool
    sink: Sink
    page_size: int
    workers: int
    seen: Callable[[int], None]
    """Told of each page's rows."""
    budget: Budget


class Budget:
    """How many pages of jobs may be asked for."""

    def __init__(self, most: int | None) -> None:
        """Take the number; None is no limit."""
        self._left = most
        self._lock = threading.Lock()
        self.is_spent = False
        """Whether something was left undone for it."""

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

    def get(self, *asked: Any) -> Any:
        if not self.budget.spend():
            raise _Spent
        return self.http.get(*asked)


def fill(fetching: Fetching, gaps: list[Span], rows: int) -> None:
    """Fetch the missing stretches with several workers.

    Raises:
        ToolkitError: whatever stopped a worker; what was fetched until then is in the store.
    """
    size = fetching.page_size
    slices = Ranges(
        gaps, rows=rows, target=SLICE * size - size // 2, least=2 * size - size // 2, workers=fetching.workers
    )  # half a page less: the last page of a stretch is then neither nearly empty nor one too many
    _collect(fetching, [_Worker(fetching, slices) for _ in range(fetching.workers)])


def follow(fetching: Fetching, since: datetime, until: datetime) -> None:
    """Fetch what was modified since an instant, in one walk that ends once it is past `until`."""
    _collect(fetching, [_Walk(fetching, since, until)])


@dataclass(frozen=True, slots=True)
class _Fetched:
    """A page on its way from a worker to the spool."""

    body: bytes
    span: Span | None
    rows: int


class _Fetcher(threading.Thread):
    """Fetches pages and hands them over; None is the end of it."""

    def __init__(self, fetching: Fetching) -> None:
        super().__init__(name="jobtype-toolkit-pull", daemon=True)
        self._fetching = fetching
        self.stop = threading.Event()
        """No further page is wanted."""
        self.alone = threading.Event()
        """Nobody takes anything any more."""
        self.trouble: BaseException | None = None
        self.brought: queue.Queue[_Fetched | None] = queue.Queue()

    def run(self) -> None:
        try:
            for stretch in self.stretches():
                rows, span = stretch.page.rows, _span(stretch)
                if rows or span:
                    self._bring(_Fetched(stretch.page.body if rows else b"[]", span, len(rows)))
                if self.stop.is_set():
                    break
        except BaseException as error:  # noqa: BLE001 - raised again by whoever collects
            self.trouble = error
        finally:
            self._bring(None)

    def _bring(self, found: _Fetched | None) -> None:
        """Hand a page over; wait while there are enough of them."""
        while not self.alone.is_set():
            with suppress(queue.Full):
                self.brought.put(found, timeout=_TURN)
                return

    def stretches(self) -> Iterator[KeysetPage]:
        raise NotImplementedError

    def walk(self, started: datetime, ended: datetime) -> Iterator[KeysetPage]:
        """Walk a stretch, as far as the budget goes."""
        from jobtype_toolkit.live.paging import by_key

        http: Any = _Budgeted(self._fetching.http, self._fetching.budget)
        with suppress(_Spent):
            yield from by_key(
                http,
                started=None if started == BEGINNING else started,
                ended=None if ended == END else ended,
                size=self._fetching.page_size,
            )


class _Worker(_Fetcher):
    """Walks one missing stretch after the other."""

    def __init__(self, fetching: Fetching, slices: Ranges) -> None:
        super().__init__(fetching)
        self._slices = slices

    def stretches(self) -> Iterator[KeysetPage]:
        budget = self._fetching.budget
        while not self.stop.is_set() and not budget.is_spent and (span := self._slices.take()) is not None:
            try:
                yield from self._slice(*span)
            finally:
                self._slices.done()

    def _slice(self, started: datetime, ended: datetime) -> Iterator[KeysetPage]:
        """Walk a stretch; where it holds too many jobs, give a part back for others."""
        target = SLICE * self._fetching.page_size
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
                        self._slices.give_back((cut, ended))
                        started, ended = found.ended, cut
                        break
            else:
                return


class _Walk(_Fetcher):
    """Walks from an instant to what was the end when it began."""

    def __init__(self, fetching: Fetching, since: datetime, until: datetime) -> None:
        super().__init__(fetching)
        self._since, self._until = since, until

    def stretches(self) -> Iterator[KeysetPage]:
        for found in self.walk(self._since, END):
            yield found
            if found.ended is not None and found.ended > self._until:
                return


def _collect(fetching: Fetching, fetchers: list[Any]) -> None:
    """Spool what the fetchers bring and take it in batches, until they are done; then raise what stopped any of them."""
    brought: queue.Queue[_Fetched | None] = queue.Queue(_WAITING * len(fetchers))
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
            held.append(fetching.spool.put(found.body, found.span, found.rows))
            fetching.seen(found.rows)
            if sum(one.rows for one in held) >= BATCH:
                take(fetching, held)
                held = []
    except BaseException:
        _stop(fetchers)
        for one in fetchers:
            one.alone.set()
        raise
    take(fetching, held)
    for one in fetchers:
        if one.trouble is not None:
            raise one.trouble


def take(fetching: Fetching, held: list[Spooled]) -> None:
    """Bring spooled pages into the store, and remove them."""
    fetching.sink.pages(held)
    fetching.spool.done(held)


def _stop(fetchers: list[Any]) -> None:
    for one in fetchers:
        one.stop.set()


def _span(stretch: KeysetPage) -> Span | None:
    """Return what is complete with a page; a walk without an end is complete up to its last row."""
    if stretch.ended is None:
        return None
    return (stretch.started or BEGINNING, stretch.ended)
