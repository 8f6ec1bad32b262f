"""One pull from its beginning to its report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from tqdm.auto import tqdm

from jobtype_toolkit.api.intervals import BEGINNING, Span, holds, minus
from jobtype_toolkit.errors import AuthenticationFailed, PullStopped, ServerFailed, StoreError, ToolkitError
from jobtype_toolkit.sync import jobs
from jobtype_toolkit.sync.follow_up import FollowUp
from jobtype_toolkit.sync.reference_data import ReferenceData
from jobtype_toolkit.sync.report import PullReport, Tally
from jobtype_toolkit.sync.sink import Sink, Writing, before
from jobtype_toolkit.sync.spool import Spool, spool
from jobtype_toolkit.sync.verify import Verification

if TYPE_CHECKING:
    from jobtype_toolkit.live.scale import Scale


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a pull."""

    source: str
    workers: int
    executions: int
    page_size: int
    overlap: timedelta
    since: datetime | None
    pages: int | None
    reconcile: bool
    snapshot: bool
    progress: bool


@dataclass(frozen=True, slots=True)
class Home:
    """What the store lends to a pull."""

    path: Path | None
    writing: Writing
    clock: Callable[[], datetime]
    status: Callable[[datetime, datetime], pd.DataFrame]


def run(home: Home, scale: Scale, request: Request) -> PullReport:
    """Pull from a server.

    Raises:
        PullStopped: the jobs could not be read to the end; its `report` tells what is there.
        AuthenticationFailed: the server does not let the caller in.
        ConnectionFailed, NotFound: there is no v6 server at this address.
        StoreLocked: another pull of this source is going on.
        StoreError: the store or its folder cannot be written.
    """
    with spool(home.path, request.source) as folder:
        return Pull(home, scale, request, folder).run()


class Pull:
    """The state of one pull."""

    def __init__(self, home: Home, scale: Scale, request: Request, folder: Spool) -> None:
        """Take the two ends, what is asked, and where pages are kept on their way."""
        self._home, self._scale, self._request, self._spool = home, scale, request, folder
        self._tally = Tally()
        self._taking = Sink(home.writing, request.source, scale.url, home.clock, self._tally)
        self._budget = jobs.Budget(request.pages)
        self._began, self._at = time.monotonic(), home.clock()
        self._asked = scale.http.requests, scale.http.pace.slowed
        self._until: datetime | None = None

    def run(self) -> PullReport:
        """Pull everything there is to pull."""
        self._greet()
        self._taking.begin()
        side = ReferenceData(self._scale, self._taking, self._tally, self._request.workers)
        try:
            self._taking.pages(left := self._spool.left())
            self._spool.done(left)
            side.run()
            self._jobs()
            self._after(side)
        except StoreError:
            raise
        except ToolkitError as error:
            if isinstance(error, AuthenticationFailed) and not self._tally.rows:
                raise
            msg = f"pull({self._scale.url!r}) stopped: {error} What was fetched is in the store; pull again to go on."
            raise PullStopped(msg, self._report(is_complete=False)) from error
        return self._report(is_complete=self._is_complete())

    def _greet(self) -> None:
        """Check that this is a v6 server before writing or retrying anything."""
        try:
            self._scale.version()
        except ServerFailed as error:
            self._tally.note(f"The server does not tell its version: {error}")

    def _jobs(self) -> None:
        """Fill what is missing, newest first; then read what changed meanwhile."""
        from jobtype_toolkit.live.paging import following

        spans, watermark, pruned = self._taking.known()
        least = max((one for one in (self._request.since, pruned) if one), default=None)
        overlap = BEGINNING if watermark is None else before(watermark, self._request.overlap)
        trusted = minus(spans, [(overlap, datetime.max.replace(tzinfo=overlap.tzinfo))])
        missing_from = trusted[0][1] if trusted and holds(trusted, (least or BEGINNING, trusted[0][1])) else least
        newest, rows = self._scale.newest_job(since=missing_from)
        if newest is None:
            self._nothing_new(least, watermark)
            return
        self._until = self._sane(newest)
        self._taking.set_out(self._until, again_from=overlap)
        wanted = (least or BEGINNING, following(newest) or newest)
        with self._bar(rows) as seen:
            fetching = jobs.Fetching(
                self._scale.http,
                self._spool,
                self._taking,
                self._request.page_size,
                self._request.workers,
                seen,
                self._budget,
            )
            jobs.fill(fetching, self._bounded(minus([wanted], trusted), least), rows)
            self._catch_up(fetching)
            self._verify(fetching, least, pruned)

    def _verify(self, fetching: jobs.Fetching, least: datetime | None, pruned: datetime | None) -> None:
        """Count what should not change any more; what was pruned on purpose is no loss."""
        if self._until is None or pruned is not None or self._budget.is_spent:
            return
        span = (least or BEGINNING, before(self._until, self._request.overlap))
        if span[0] >= span[1]:
            return
        checking = Verification(self._scale, self._taking, jobs.SLICE * self._request.page_size)
        said = checking.run(span, lambda span: jobs.fill(fetching, [span], 0))
        if said:
            self._tally.note(said)

    def _bounded(self, gaps: list[Span], least: datetime | None) -> list[Span]:
        """Begin the first gap where the server's history begins, so that it can be cut; before, there is nothing."""
        if not gaps or gaps[0][0] != BEGINNING or least is not None:
            return gaps
        oldest = self._scale.oldest_job()
        if oldest is None or oldest >= gaps[0][1]:
            return gaps
        self._taking.covers([(BEGINNING, oldest)])
        return [(oldest, gaps[0][1]), *gaps[1:]]

    def _catch_up(self, fetching: jobs.Fetching) -> None:
        """Read what was modified since the last look at the newest job."""
        if self._until is None or self._budget.is_spent:
            return
        since = self._until
        newest, _ = self._scale.newest_job(since=since)
        if newest is not None:
            jobs.follow(fetching, since, newest)
            self._until = max(self._sane(newest), since)

    def _sane(self, newest: datetime) -> datetime:
        """Return the newest stamp, or now: one job from the future must not make the next pull begin there."""
        return min(newest, self._scale.clock())

    def _nothing_new(self, least: datetime | None, watermark: datetime | None) -> None:
        """Note that there are no jobs at all, or none that were modified since."""
        self._until = watermark
        if watermark is None:
            self._taking.covers([(least or BEGINNING, self._home.clock())])

    def _after(self, side: ReferenceData) -> None:
        after = FollowUp(self._scale, self._taking, self._tally, self._request.workers)
        if self._request.executions:
            side.attempt("executions", lambda: after.executions(self._request.executions))
        if self._request.reconcile:
            side.attempt("open jobs", after.reconcile)
        if self._request.snapshot:
            side.attempt("live views", after.snapshot)
            side.attempt("status of the server", lambda: self._compare(after))

    def _compare(self, after: FollowUp) -> None:
        """Compare with the server's own counts; where they differ, catch up once and look again."""
        if self._until is None or not self._is_complete():
            return
        found = after.compare(self._until, self._home.status, keep=True)
        if found:
            with self._bar(0) as seen:
                request = self._request
                self._catch_up(
                    jobs.Fetching(self._scale.http, self._spool, self._taking, request.page_size, 1, seen, self._budget)
                )
            found = after.compare(self._until, self._home.status, keep=False)
        self._tally.disagreements = found

    def _is_complete(self) -> bool:
        return not self._budget.is_spent

    def _report(self, *, is_complete: bool) -> PullReport:
        requests, slowed = self._asked
        spans, _, _ = self._taking.known()
        started = spans[-1][0] if spans else None
        tally = self._tally
        if self._budget.is_spent:
            tally.note(f"The {self._request.pages:,} pages that were allowed are used up.")
        return PullReport(
            self._taking.load_id,
            self._request.source,
            self._at,
            tally.rows,
            tally.new,
            tally.changed,
            tally.unchanged,
            tally.rejected,
            tally.jobs,
            tally.executions,
            tally.purged,
            self._scale.http.requests - requests,
            self._scale.http.pace.slowed - slowed,
            round(time.monotonic() - self._began, 3),
            is_complete,
            None if started in (None, BEGINNING) else started,
            tally.disagreements,
            tuple(tally.notes),
        )

    @contextmanager
    def _bar(self, rows: int) -> Iterator[Callable[[int], None]]:
        """Show how many jobs are in and how long it will take, after a second and only where wanted."""
        with tqdm(
            total=rows, desc=f"pull {self._request.source}", unit="job", unit_scale=True, delay=1, leave=False,
            disable=not self._request.progress,
        ) as bar:  # fmt: skip

            def seen(more: int) -> None:
                bar.total = max(bar.total or 0, bar.n + more)
                bar.update(more)

            yield seen
