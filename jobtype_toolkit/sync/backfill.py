"""One backfill: from Scale's database, or its dump, into a store, slice by slice, the newest first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from os import PathLike
from pathlib import Path

from jobtype_toolkit import hints
from jobtype_toolkit.api.intervals import BEGINNING, Span, minus
from jobtype_toolkit.api.times import Time, instant, naive_utc
from jobtype_toolkit.errors import InvalidParameter, PullStopped, ServerFailed, StoreError, ToolkitError
from jobtype_toolkit.live.paging import following
from jobtype_toolkit.store.connection import Connection
from jobtype_toolkit.store.temporary import temporary
from jobtype_toolkit.store.writes import source_name
from jobtype_toolkit.sync.address import address, is_address
from jobtype_toolkit.sync.arguments import length, number
from jobtype_toolkit.sync.database import TOO_LONG, Database
from jobtype_toolkit.sync.dump import Dump
from jobtype_toolkit.sync.history import History, Origin
from jobtype_toolkit.sync.identity import check_history
from jobtype_toolkit.sync.progress import bar
from jobtype_toolkit.sync.report import PullReport, Tally, pull_report
from jobtype_toolkit.sync.sink import Sink, Target, workplace
from jobtype_toolkit.sync.spool import Spool, spool

_CALL = "backfill"
_SLICE = 100_000
"""How many jobs go into the store at once."""
_LEAST = 1_000
"""A slice that takes too long is not made smaller than this."""
_BURST = 10
"""Seconds for which a slice is read ahead where the rate is limited."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is asked of a database at once, and how long it is left alone after that."""

    pause: float = 0.0
    """Seconds after each slice."""
    rows_per_second: int | None = None
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    @property
    def most(self) -> int:
        """How many jobs a slice may have."""
        return _SLICE if self.rows_per_second is None else min(_SLICE, max(_LEAST, self.rows_per_second * _BURST))

    def rest(self, rows: int, began: float) -> None:
        """Wait after a slice."""
        due = rows / self.rows_per_second - (self.clock() - began) if self.rows_per_second else 0.0
        if (seconds := max(due, self.pause)) > 0:
            self.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a backfill."""

    source: str
    started: datetime | None
    executions: bool
    overlap: timedelta
    pace: Pace
    progress: bool


def backfill(
    target: Target,
    database: str | PathLike[str],
    *,
    source: str,
    started: Time | None,
    executions: bool,
    overlap: str | timedelta,
    pause: float,
    rows_per_second: int | None,
    statement_timeout: str | timedelta,
    progress: bool,
) -> PullReport:
    """Fill a store from a database or its dump; `Store.backfill` tells of the arguments.

    Raises:
        InvalidParameter: a value makes no sense, the driver is missing, or the source is another server's.
        InputNotFound: there is no such dump.
        LoadFailed: it is no history of Scale 6 or 7.
        PullStopped: the jobs could not be read to the end; its `report` tells what is there.
        AuthenticationFailed, ConnectionFailed: the database cannot be read.
        StoreLocked: a pull or another backfill of this source is going on.
        StoreError: the store or its folder cannot be written.
    """
    if isinstance(pause, bool) or not isinstance(pause, int | float) or not 0 <= pause <= 86_400:
        msg = f"{hints.either(f'backfill(pause={pause!r})', hints.argument('pause', pause))} is out of range. Give seconds, at most a day."
        raise InvalidParameter(msg)
    rate = None if rows_per_second is None else number(_CALL, "rows_per_second", rows_per_second, 1, 2**31)
    timeout = length(_CALL, "statement_timeout", statement_timeout, "PT5M")
    request = Request(
        source_name(source),
        None if started is None else instant(started, name="started", now=target.clock()),
        executions,
        length(_CALL, "overlap", overlap, "PT15M"),
        Pace(float(pause), rate),
        progress,
    )
    with (
        spool(target.path, request.source) as pages,
        workplace() as folder,
        temporary(folder) as con,
        _origin(database, con, folder, timeout) as origin,
    ):
        return Backfill(target, History(origin, folder), request, pages).run()


@contextmanager
def _origin(database: str | PathLike[str], con: Connection, folder: Path, timeout: timedelta) -> Iterator[Origin]:
    origin: Origin
    if isinstance(database, str) and is_address(database) and not Path(database).exists():
        origin = Database(address(database), con, timeout // timedelta(milliseconds=1))
    else:
        origin = Dump(Path(database), con, folder)
    try:
        yield origin
    finally:
        origin.close()


class Backfill:
    """The state of one backfill."""

    def __init__(self, target: Target, history: History, request: Request, pages: Spool) -> None:
        """Take the two ends, what is asked, and where a pull that was stopped left pages."""
        self._target, self._history, self._request, self._pages = target, history, request, pages
        self._tally = Tally()
        self._sink = Sink(
            target, request.source, history.origin.name, self._tally, kind=_CALL, is_live=not history.origin.is_dump
        )
        self._most = request.pace.most
        self._began, self._at = time.monotonic(), target.clock()
        self._until: datetime | None = None

    def run(self) -> PullReport:
        """Bring over all there is to bring."""
        check_history(self._target, self._history, self._request.source)
        self._sink.begin(self._request.overlap)
        try:
            self._sink.pages(left := self._pages.left())
            self._pages.done(left)
            self._beside_jobs()
            self._jobs()
        except StoreError:
            raise
        except KeyboardInterrupt as stop:
            stop.add_note(
                f"Stopped. {hints.counted(self._tally.rows, 'row is', 'rows are')} in the store, {self._tally.jobs:,} of them jobs; backfill again to go on."
            )
            raise
        except ToolkitError as error:
            self._end()
            msg = f"{hints.on(_CALL, self._history.origin.name)} stopped: {error} What was read is in the store; backfill again to go on."
            raise PullStopped(msg, self._report(is_complete=False)) from error
        self._end()
        return self._report(is_complete=True)

    def _beside_jobs(self) -> None:
        """Bring job types, revisions and errors, which jobs speak of."""
        with self._history.origin.snapshot():
            files = {"job_types": self._history.job_types()} | {
                one: self._history.plain(one) for one in ("job_type_revisions", "errors")
            }
        for resource, file in files.items():
            self._sink.parquet(resource, file)

    def _jobs(self) -> None:
        """Fill what is missing, newest first; then read what changed meanwhile."""
        least = max((one for one in (self._request.started, self._sink.pruned) if one), default=None)
        again_from, trusted = self._sink.trusted(self._request.overlap)
        newest, _, rows = self._ends()
        if newest is None:
            if self._sink.watermark is None:
                self._sink.covers([(least or BEGINNING, self._target.clock())])
            return
        self._until = self._sane(newest)
        self._sink.set_out(self._until, again_from=again_from)
        wanted = (least or BEGINNING, following(newest) or newest)
        with bar(f"{_CALL} {self._request.source}", rows, is_wanted=self._request.progress) as seen:
            self._fill(minus([wanted], trusted), seen)
            if not self._history.origin.is_dump:
                self._catch_up(seen)

    def _catch_up(self, seen: Callable[[int], None]) -> None:
        """Read what changed since the first look at the newest job; what becomes visible late is in the overlap of the next call."""
        newest, _, _ = self._ends()
        if newest is not None and self._until is not None and newest > self._until:
            self._fill([(self._until, following(newest) or newest)], seen)

    def _ends(self) -> tuple[datetime | None, datetime | None, int]:
        with self._history.origin.snapshot():
            return self._history.ends()

    def _fill(self, gaps: list[Span], seen: Callable[[int], None]) -> None:
        """Bring the jobs of the missing stretches; each slice is of one moment, and goes in as a whole."""
        for gap in reversed(gaps):
            started, ended = gap
            while started < ended:
                began = self._request.pace.clock()
                try:
                    start, rows = self._slice((started, ended))
                except ServerFailed as error:
                    if error.status != TOO_LONG or self._most <= _LEAST:
                        raise
                    self._most = max(self._most // 2, _LEAST)
                    continue
                ended = start
                seen(rows)
                if started < ended:
                    self._request.pace.rest(rows, began)

    def _slice(self, gap: Span) -> tuple[datetime, int]:
        """Bring the newest jobs of a stretch; return since when they are here, and how many there were."""
        files: dict[str, Path] = {}
        with self._history.origin.snapshot():
            start, rows = self._history.slice(gap, self._most)
            span = (start, gap[1])
            if rows:
                files["jobs"] = self._history.jobs(span)
                if self._request.executions:
                    files["job_executions"] = self._history.executions(span)
        if not files:
            self._sink.covers([span])
            return start, 0
        before = self._tally.jobs
        *some, last = files
        for resource in some:
            self._sink.parquet(resource, files[resource])
        self._sink.parquet(last, files[last], [span])
        if self._request.executions:
            bound = {"started": naive_utc(span[0]), "ended": naive_utc(span[1])}
            self._sink.write("sync/backfill.executions_asked", **bound)
        return start, self._tally.jobs - before

    def _sane(self, newest: datetime) -> datetime:
        """Return the newest stamp, or now: one job from the future must not make the next call begin there."""
        return min(newest, self._history.origin.now() or self._target.clock())

    def _end(self) -> None:
        """Write down what was counted; a dump is as fresh as its newest job."""
        self._sink.end(self._until if self._history.origin.is_dump else None)

    def _report(self, *, is_complete: bool) -> PullReport:
        return pull_report(
            self._tally,
            self._sink.load_id,
            self._request.source,
            self._sink.spans,
            at=self._at,
            seconds=time.monotonic() - self._began,
            requests=self._history.origin.statements,
            is_complete=is_complete,
            kind=_CALL,
        )
