"""One pull from its beginning to its report."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from jobtype_toolkit import hints
from jobtype_toolkit.api.arguments import paging
from jobtype_toolkit.api.intervals import BEGINNING, Span, holds, minus
from jobtype_toolkit.api.times import Time, instant
from jobtype_toolkit.errors import (
    Ambiguous,
    AuthenticationFailed,
    InvalidParameter,
    PullStopped,
    ServerFailed,
    StoreError,
    ToolkitError,
)
from jobtype_toolkit.live.paging import LeftOut, following
from jobtype_toolkit.sqlfiles import sql
from jobtype_toolkit.store.writes import source_name
from jobtype_toolkit.sync import jobs
from jobtype_toolkit.sync.arguments import length, number
from jobtype_toolkit.sync.follow_up import FollowUp
from jobtype_toolkit.sync.identity import check_server
from jobtype_toolkit.sync.progress import bar
from jobtype_toolkit.sync.reader import Reader
from jobtype_toolkit.sync.reference_data import ReferenceData
from jobtype_toolkit.sync.report import PullReport, Tally, pull_report
from jobtype_toolkit.sync.sink import Sink, Target, before
from jobtype_toolkit.sync.spool import Spool, spool
from jobtype_toolkit.sync.verify import Verification

_CALL = "pull"
_MOST_WORKERS = 16
_SHOWN = 5
_LEFT_OUT = (
    "{:,} jobs were left out because the server fails on them, often for a broken manifest of their job type: {}. The next "
    "pull looks for them again. The first time: {}"
)


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


def pull(
    target: Target,
    reader: Reader,
    *,
    source: str | None,
    workers: int,
    executions: int,
    page_size: int,
    overlap: str | timedelta,
    since: Time | None,
    pages: int | None,
    reconcile: bool,
    snapshot: bool,
    moved: bool,
    progress: bool,
) -> PullReport:
    """Pull from a server into a store; `Store.pull` tells of the arguments.

    Raises:
        InvalidParameter: a value makes no sense, or the source was pulled from another server before.
        PullStopped: the jobs could not be read to the end; its `report` tells what is there.
        AuthenticationFailed: the server rejects the caller's credentials or permissions.
        ConnectionFailed, NotFound: there is no v6 server at this address.
        StoreLocked: another pull of this source is going on.
        StoreError: the store or its folder cannot be written.
    """
    if not hasattr(reader, "url"):
        msg = f"{hints.on('pull', reader)} takes a server. Give jt.connect({reader!r})."
        raise InvalidParameter(msg)
    paging(1, page_size)
    request = Request(
        _source(target, reader.url, source, moved=moved),
        number(_CALL, "workers", workers, 1, _MOST_WORKERS),
        number(_CALL, "executions", executions, 0, 2**31),
        page_size,
        length(_CALL, "overlap", overlap, "PT15M"),
        None if since is None else instant(since, name="since", now=target.clock()),
        None if pages is None else number(_CALL, "pages", pages, 1, 2**31),
        reconcile,
        snapshot,
        progress,
    )
    with spool(target.path, request.source) as folder:
        return Pull(target, reader, request, folder).run()


def _source(target: Target, url: str, source: str | None, *, moved: bool) -> str:
    """Return the source that a pull from an address belongs to; another server's rows must not mix with it.

    Raises:
        InvalidParameter: the source is another server's.
        Ambiguous: none is named, and several are pulled from there.
    """
    addresses = target.fetch(sql("sync/pull.pulled_from"), {})
    known: dict[str, str] = dict(zip(addresses["source"], addresses["url"], strict=True))
    if source is None:
        here = [name for name, address in known.items() if address == url]
        if len(here) > 1:
            msg = f"pull: {', '.join(map(repr, here))} are all pulled from {url}. Say which one with {hints.argument('source')}."
            raise Ambiguous(msg)
        return here[0] if here else source_name(url)
    if known.get(source, url) != url and not moved:
        msg = (
            f"{hints.either(f'pull(source={source!r})', 'pull')}: {source!r} was pulled from {known[source]} before, and this is {url}. Ids mean nothing "
            f"across servers: give the other one a source of its own, or say {hints.argument('moved', True)} if it is the same server."
        )
        raise InvalidParameter(msg)
    return source_name(source)


class Pull:
    """The state of one pull."""

    def __init__(self, target: Target, reader: Reader, request: Request, folder: Spool) -> None:
        """Take the two ends, what is asked, and where pages are kept on their way."""
        self._target, self._reader, self._request, self._spool = target, reader, request, folder
        self._tally = Tally()
        self._sink = Sink(target, request.source, reader.url, self._tally)
        self._budget = jobs.Budget(request.pages)
        self._left_out = LeftOut()
        self._began, self._at = time.monotonic(), target.clock()
        self._requests, self._slowed = reader.http.requests, reader.http.pace.slowed
        self._until: datetime | None = None

    def run(self) -> PullReport:
        """Pull everything there is to pull."""
        self._check_server()
        check_server(self._target, self._reader, self._request.source)
        self._sink.begin(self._request.overlap)
        side = ReferenceData(
            self._reader, self._sink, self._tally, self._request.workers, is_anew=self._request.reconcile
        )
        try:
            self._sink.pages(left := self._spool.left())
            self._spool.done(left)
            with self._reader.http.patiently():
                side.run()
                self._jobs()
                self._after(side)
        except StoreError:
            raise
        except KeyboardInterrupt as stop:
            stop.add_note(self._kept())
            raise
        except ToolkitError as error:
            if isinstance(error, AuthenticationFailed) and not self._tally.rows:
                raise
            self._sink.end()
            msg = f"{hints.on('pull', self._reader.url)} stopped: {error} What was fetched is in the store; pull again to go on."
            raise PullStopped(msg, self._report(is_complete=False)) from error
        self._sink.end()
        return self._report(is_complete=self._is_complete())

    def _kept(self) -> str:
        """Return what of a pull that is stopped by hand is not lost."""
        waiting = len(self._spool.left())
        pages = f", and {hints.counted(waiting, 'page waits', 'pages wait')} beside it" if waiting else ""
        return f"Stopped. {hints.counted(self._tally.rows, 'row is', 'rows are')} in the store, {self._tally.jobs:,} of them jobs{pages}; pull again to go on."

    def _check_server(self) -> None:
        """Check that this is a v6 server, before anything is written or retried."""
        try:
            self._reader.version()
        except ServerFailed as error:
            self._tally.note(f"The server does not tell its version: {error}")

    def _jobs(self) -> None:
        """Fill what is missing, newest first; then read what changed meanwhile."""
        watermark, pruned = self._sink.watermark, self._sink.pruned
        least = max((one for one in (self._request.since, pruned) if one), default=None)
        overlap, trusted = self._sink.trusted(self._request.overlap)
        missing_from = trusted[0][1] if trusted and holds(trusted, (least or BEGINNING, trusted[0][1])) else least
        newest, rows = self._reader.newest_job(since=missing_from)
        if newest is None:
            self._nothing_new(least, watermark)
            return
        self._until = self._sane(newest)
        self._sink.set_out(self._until, again_from=overlap)
        wanted = (least or BEGINNING, following(newest) or newest)
        with self._fetch(rows, self._request.workers) as fetch:
            jobs.fill(fetch, self._bounded(minus([wanted], trusted), least), rows)
            self._catch_up(fetch)
            self._verify(fetch, least, pruned)

    @contextmanager
    def _fetch(self, rows: int, workers: int) -> Iterator[jobs.Fetch]:
        """Give what fetches jobs, while a bar shows how many are in."""
        with bar(f"pull {self._request.source}", rows, is_wanted=self._request.progress) as seen:
            yield jobs.Fetch(
                self._reader.http, self._spool, self._sink, self._request.page_size, workers, seen, self._budget,
                self._left_out,
            )  # fmt: skip

    def _verify(self, fetch: jobs.Fetch, least: datetime | None, pruned: datetime | None) -> None:
        """Count what should not change any more; what was pruned on purpose is no loss."""
        if self._until is None or pruned is not None or self._budget.is_spent:
            return
        span = (least or BEGINNING, before(self._until, self._request.overlap))
        if span[0] >= span[1]:
            return
        verification = Verification(self._reader, self._sink, jobs.SLICE * self._request.page_size)
        note = verification.run(span, lambda span: jobs.fill(fetch, [span], 0))
        if note:
            self._tally.note(note)

    def _bounded(self, gaps: list[Span], least: datetime | None) -> list[Span]:
        """Begin the first gap where the server's history begins, so that it can be cut; before, there is nothing."""
        if not gaps or gaps[0][0] != BEGINNING or least is not None:
            return gaps
        oldest = self._reader.oldest_job()
        if oldest is None or oldest >= gaps[0][1]:
            return gaps
        self._sink.covers([(BEGINNING, oldest)])
        return [(oldest, gaps[0][1]), *gaps[1:]]

    def _catch_up(self, fetch: jobs.Fetch) -> None:
        """Read what was modified since the last look at the newest job."""
        if self._until is None or self._budget.is_spent:
            return
        since = self._until
        newest, _ = self._reader.newest_job(since=since)
        if newest is not None:
            jobs.follow(fetch, since, newest)
            self._until = max(self._sane(newest), since)

    def _sane(self, newest: datetime) -> datetime:
        """Return the newest stamp, or now: one job from the future must not make the next pull begin there."""
        return min(newest, self._reader.clock())

    def _nothing_new(self, least: datetime | None, watermark: datetime | None) -> None:
        """Note that there are no jobs at all, or none that were modified since."""
        self._until = watermark
        if watermark is None:
            self._sink.covers([(least or BEGINNING, self._target.clock())])

    def _after(self, side: ReferenceData) -> None:
        after = FollowUp(self._reader, self._sink, self._tally, self._request.workers)
        if self._request.executions:
            side.attempt("executions", lambda: after.executions(self._request.executions))
        if self._request.reconcile:
            side.attempt("open jobs", after.reconcile)
            side.attempt("names of nodes and batches", after.rename)
        if self._request.snapshot:
            side.attempt("live views", after.snapshot)
            side.attempt("status of the server", lambda: self._compare(after))

    def _compare(self, after: FollowUp) -> None:
        """Compare with the server's own counts; where they differ, catch up once and look again."""
        if self._until is None or not self._is_complete():
            return
        disagreements = after.compare(self._until, self._status, keep=True)
        if disagreements:
            with self._fetch(0, 1) as fetch:
                self._catch_up(fetch)
            disagreements = after.compare(self._until, self._status, keep=False)
        self._tally.disagreements = disagreements

    def _status(self, started: datetime, ended: datetime) -> pd.DataFrame:
        return self._target.status(started, ended, source=self._request.source)

    def _is_complete(self) -> bool:
        return not self._budget.is_spent

    def _report(self, *, is_complete: bool) -> PullReport:
        tally = self._tally
        if left_out := self._left_out.rows:
            tally.note(_LEFT_OUT.format(left_out, "; ".join(self._left_out.places[:_SHOWN]), self._left_out.said))
        if self._budget.is_spent:
            tally.note(f"The {self._request.pages:,} pages that were allowed are used up.")
        return pull_report(
            tally,
            self._sink.load_id,
            self._request.source,
            self._sink.spans,
            at=self._at,
            seconds=time.monotonic() - self._began,
            requests=self._reader.http.requests - self._requests,
            slowed=self._reader.http.pace.slowed - self._slowed,
            is_complete=is_complete,
        )
